//! The access rules: who serves a request, and how.
//!
//! [`decide`] is a pure function of the topology, the protocol, the Client Access
//! group that the client reached and the mailbox group that holds its mailbox. A
//! rule is a value ([`Rule`]) with id, documentation and source; the first rule of
//! a release's list that answers wins. [`RouteTable`] is the dense table of
//! every decision, built before a run; the event loop reads nothing else.
//!
//! The decision looks at directory data, firewalls and names *inside*, never at
//! public name resolution; whether a redirect then leads anywhere is a fact about
//! the client ([`After`]), found by following it.
//!
//! Must not know the clock, the load or random numbers. Read [`query`] for what is
//! asked, [`rules`] for the lists, [`decision`] for the vocabulary of answers,
//! [`explain()`] for the answer with everything that led to it.

mod counterfactual;
pub mod decision;
pub mod explain;
mod follow;
mod hop;
pub mod query;
pub mod rules;
mod table;

pub use counterfactual::Counterfactual;
pub use decision::{ClientSees, Decision, Failure, LogEvent, Mechanism};
pub use explain::{Explanation, explain};
pub use query::{AccessQuery, Caller, Device, Fact, OwaPath, Place, Step, Trace};
pub use rules::{Confidence, Rule};
pub use table::RouteTable;

use super::topology::{CasGroup, MailboxGroup, Topology};
use crate::kernel::Id;
use query::{Index, Query};

/// A server group that a request reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Client Access servers.
    Cas(Id<CasGroup>),
    /// Mailbox servers.
    Mailbox(Id<MailboxGroup>),
}

/// What becomes of a client that was sent elsewhere.
#[derive(Clone, PartialEq, Debug)]
pub enum After {
    /// It arrives, and this is decided there.
    Arrives(Box<Route>),
    /// The name does not lead to a server that it can reach.
    Dead,
    /// It is sent on again; the chain is cut here.
    Loop,
}

/// The answer for one (protocol, entry group, mailbox group).
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    /// How the request is dealt with.
    pub mechanism: Mechanism,
    /// `proxy`: the group forwarded to, `None` where it goes straight to the Mailbox
    /// server over HTTP, POP or IMAP (2013 on). `redirect`: the group whose URL the
    /// client is given. `serve_local` of an address book download: the group whose
    /// URL was handed out, where that is not the entry. Otherwise `None`.
    pub target: Option<Id<CasGroup>>,
    /// `proxy`: the groups over which the entry spreads sessions and fails over, the
    /// target among them; empty where it has one target for good.
    pub targets: Vec<Id<CasGroup>>,
    /// Host that the client is sent to by a redirect.
    pub redirect_host: Option<String>,
    /// Why it is refused.
    pub failure: Option<Failure>,
    /// Id of the rule that decided.
    pub rule: &'static str,
    /// False where the client talks to the Mailbox server itself, without any
    /// Client Access server: Outlook inside on 2007.
    pub through_cas: bool,
    /// What the client is shown first.
    pub sees: ClientSees,
    /// What the entry server writes into its event log.
    pub event: Option<LogEvent>,
    /// Groups that the request reaches, in order; a redirect ends at its first.
    pub stops: Vec<Stop>,
    /// Whether a silent redirect spares the second logon.
    pub single_sign_on: bool,
    /// After a redirect: how it goes on.
    pub after: Option<After>,
}

impl Route {
    /// The groups reached, one list for each time that the client connects.
    #[must_use]
    pub fn legs(&self) -> Vec<&[Stop]> {
        let mut legs = vec![self.stops.as_slice()];
        if let Some(After::Arrives(next)) = &self.after {
            legs.extend(next.legs());
        }
        legs
    }

    /// Why the client does not get what it asked for, redirects followed.
    #[must_use]
    pub fn final_failure(&self) -> Option<Failure> {
        match &self.after {
            _ if self.failure.is_some() => self.failure,
            Some(After::Arrives(next)) => next.final_failure(),
            Some(After::Dead) => Some(Failure::DeadRedirect),
            Some(After::Loop) => Some(Failure::RedirectLoop),
            None => None,
        }
    }

    /// What the client is shown last, redirects followed.
    #[must_use]
    pub fn sees_at_last(&self) -> ClientSees {
        match &self.after {
            Some(After::Arrives(next)) => next.sees_at_last(),
            Some(After::Dead | After::Loop) => ClientSees::ConnectError,
            None => self.sees,
        }
    }
}

/// The rules of one organisation, for many questions about it.
#[derive(Clone, Debug)]
pub struct Rules {
    index: Index,
}

impl Rules {
    /// Reads the organisation.
    #[must_use]
    pub fn new(topology: &Topology) -> Self {
        Self { index: Index::new(topology) }
    }

    /// Decides one request to the organisation that was given to [`Self::new`].
    #[must_use]
    pub fn decide(&self, query: &AccessQuery<'_>) -> Route {
        decide_with(query, &self.index, &mut Trace::silent())
    }
}

/// Decides one request and tells which facts were looked at, in order.
#[must_use]
pub fn decide(query: &AccessQuery<'_>) -> (Route, Trace) {
    let index = Index::new(query.topology);
    let mut trace = Trace::spoken();
    let route = decide_with(query, &index, &mut trace);
    (route, trace)
}

/// The decision, with a redirect followed to its end.
fn decide_with(ask: &AccessQuery<'_>, index: &Index, trace: &mut Trace) -> Route {
    let mut route = first_answer(&Query::new(ask, index), trace);
    if route.mechanism.decision() == Decision::Redirect {
        route.after = Some(follow::follow(ask, index, &route, 1));
    }
    route
}

/// What the first rule of the entry server's release that answers says.
fn first_answer(query: &Query<'_>, trace: &mut Trace) -> Route {
    for rule in rules::of(query.entry().generation) {
        trace.consider(rule.id);
        if let Some(verdict) = (rule.apply)(query, trace) {
            let verdict = verdict.unless_down(query, trace);
            trace.decided();
            return verdict.into_route(rule.id);
        }
    }
    // A list ends in a rule that answers everything; a test holds each to it.
    unreachable!("the rules of {} leave a request unanswered", query.entry().generation)
}
