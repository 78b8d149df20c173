//! One decision with everything that led to it and everything that would change it.
//!
//! Plain data for the terminal, JSON and tests; rendering is the commands' work.

mod because;
mod counterfactual;
mod matrix;
mod moves;
mod names;

pub use counterfactual::{Counterfactual, Owner, SetLine, Turned};
pub use matrix::RouteTable;
use moves::moves;
pub use moves::{Move, RPC_PORT, Trust, connections};
use names::names;
pub use names::names as leg_names;

use super::answer::{After, ClientSees, Decision, LogEvent, Mechanism, Route, Stop};
use super::cookie::{self, UnreadableCookie};
use super::decision::decide_with;
use super::failure::Failure;
use super::query::{AccessQuery, Index};
use super::rules::{self, Rule};
use super::trace::{Fact, Trace};

/// A decision, explained.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Class of the decision.
    pub decision: Decision,
    /// Its finer kind.
    pub mechanism: Mechanism,
    /// Names of the servers reached, one list for each time that the client connects.
    pub legs: Vec<Vec<String>>,
    /// The same as ids.
    pub stops: Vec<Vec<Stop>>,
    /// What was decided at each of those times.
    pub mechanisms: Vec<Mechanism>,
    /// Every move, client's ones included, leg by leg.
    pub moves: Vec<Vec<Move>>,
    /// Host that the client is sent to.
    pub redirect_host: Option<String>,
    /// What the client is shown first.
    pub client_sees: ClientSees,
    /// What it is shown in the end, redirects followed.
    pub then_sees: ClientSees,
    /// Why it does not get what it asked for in the end.
    pub failure: Option<Failure>,
    /// Whether a redirect spares the second logon.
    pub single_sign_on: bool,
    /// What the entry logs.
    pub event: Option<LogEvent>,
    /// The rule that decided.
    pub rule: &'static Rule,
    /// Where requests land that cannot read the logon cookie of a browser.
    pub unreadable_cookie: Option<UnreadableCookie>,
    /// The fact whose change would change the answer.
    pub because: Option<Fact>,
    /// What was looked at, in order.
    pub trace: Trace,
    /// Single settings that would change the decision.
    pub counterfactuals: Vec<Counterfactual>,
}

impl Explanation {
    /// Whether a redirect of OWA asks for a second logon; `None` where there is none, or where
    /// nobody is there to ask.
    #[must_use]
    pub fn second_logon(&self) -> Option<bool> {
        let dead = matches!(self.failure, Some(Failure::DeadRedirect | Failure::ServerDown));
        match self.mechanism {
            _ if dead => None,
            Mechanism::RedirectManual => Some(true),
            Mechanism::RedirectSilent | Mechanism::LegacyRedirect => Some(!self.single_sign_on),
            Mechanism::ServeLocal
            | Mechanism::Redirect451
            | Mechanism::Proxy
            | Mechanism::RpcDirect
            | Mechanism::LegacyProxy
            | Mechanism::Refer
            | Mechanism::Refuse => None,
        }
    }

    /// Names of the servers reached, in order, over all legs.
    #[must_use]
    pub fn hops(&self) -> Vec<&str> {
        self.legs.iter().flatten().map(String::as_str).collect()
    }
}

/// Explains one decision.
///
/// # Panics
///
/// If a rule that answered is not in its own list: a fault of this module.
#[must_use]
pub fn explain(ask: &AccessQuery<'_>) -> Explanation {
    let index = Index::new(ask.topology);
    let mut trace = Trace::spoken();
    let route = decide_with(ask, &index, &mut trace);
    let rule = rules::find(route.rule).expect("a rule that answered is in a list");
    let counterfactuals = counterfactual::search(ask, &route);
    let because = because::deciding(ask, &index, &route, (&trace, &counterfactuals));
    Explanation {
        decision: route.mechanism.decision(),
        mechanism: route.mechanism,
        legs: names(ask, &route),
        stops: route.legs().into_iter().map(<[Stop]>::to_vec).collect(),
        mechanisms: mechanisms(&route),
        moves: moves(ask, &index, &route),
        redirect_host: route.redirect_host.clone(),
        client_sees: route.sees,
        then_sees: route.sees_at_last(),
        failure: route.final_failure(),
        single_sign_on: route.single_sign_on,
        event: route.event,
        rule,
        unreadable_cookie: cookie::at_last(ask, &route),
        because,
        counterfactuals,
        trace,
    }
}

fn mechanisms(route: &Route) -> Vec<Mechanism> {
    let mut all = vec![route.mechanism];
    if let Some(After::Arrives(next)) = &route.after {
        all.extend(mechanisms(next));
    }
    all
}
