//! The access rules: who serves a request, and how.
//!
//! [`decide`] is a pure function of the topology, the protocol, the Client Access
//! group that the client reached and the mailbox group that holds its mailbox. A
//! rule is a value ([`Rule`]) with id, documentation and source; the first rule of
//! a generation's list that answers wins. [`RouteTable`] is the dense table of
//! every decision, built before a run; the event loop reads nothing else.
//!
//! Must not know the clock, the load or random numbers. Read [`query`] for what is
//! asked, [`rules`] for the lists, [`decision`] for the vocabulary of answers.

pub mod decision;
pub mod query;
pub mod rules;
mod table;

pub use decision::{Decision, Failure, Mechanism};
pub use query::{AccessQuery, Fact, Step, Trace};
pub use rules::{Confidence, Rule};
pub use table::RouteTable;

use super::topology::CasGroup;
use crate::kernel::Id;
use query::{Index, Query};

/// The answer for one (protocol, entry group, mailbox group).
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    /// How the request is dealt with.
    pub mechanism: Mechanism,
    /// `proxy`: the group forwarded to. `redirect`: the group whose ExternalURL the
    /// client is given. `serve_local` of an address book download: the group whose
    /// URL was handed out, where that is not the entry. Otherwise `None`.
    pub target: Option<Id<CasGroup>>,
    /// Host that the client is sent to by a redirect.
    pub redirect_host: Option<String>,
    /// Why it is refused.
    pub failure: Option<Failure>,
    /// Id of the rule that decided.
    pub rule: &'static str,
    /// False where the client talks to the Mailbox server itself, without any
    /// Client Access server: Outlook inside on 2007.
    pub through_cas: bool,
}

/// Decides one request and tells which facts were looked at, in order.
#[must_use]
pub fn decide(query: &AccessQuery<'_>) -> (Route, Trace) {
    let index = Index::new(query.topology);
    let mut trace = Trace::spoken();
    let route = decide_with(&Query::new(query, &index), &mut trace);
    (route, trace)
}

/// The first rule of the entry server's release that answers.
fn decide_with(query: &Query<'_>, trace: &mut Trace) -> Route {
    for rule in rules::of(query.entry().generation) {
        trace.consider(rule.id);
        if let Some(verdict) = (rule.apply)(query, trace) {
            trace.decided();
            return verdict.into_route(rule.id);
        }
    }
    // A list ends in a rule that answers everything; a test holds each to it.
    unreachable!("the rules of {} leave a request unanswered", query.entry().generation)
}
