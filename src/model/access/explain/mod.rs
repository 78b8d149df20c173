//! One decision with everything that led to it and everything that would change it.
//!
//! Plain data for the terminal, JSON and tests; rendering is the commands' work.

mod counterfactual;
mod matrix;
mod names;

pub use counterfactual::{Counterfactual, SetLine};
pub use matrix::RouteTable;
use names::{names, stop_name};

use super::answer::{After, ClientSees, Decision, LogEvent, Mechanism, Route, Stop};
use super::decision::decide_with;
use super::failure::Failure;
use super::query::{AccessQuery, ClientPlace, Index, Query};
use super::rules::{self, Rule};
use super::trace::Trace;
use crate::kernel::{Id, SimSpan, nanos};
use crate::model::protocol::Protocol;
use crate::model::topology::{Site, SiteLink, Topology};

/// A move from one machine to the next.
#[derive(Clone, PartialEq, Debug)]
pub struct Move {
    /// Where it begins: `client` or a server's name.
    pub from: String,
    /// Server that it reaches.
    pub to: String,
    /// What it speaks: `HTTPS`, `HTTPS (Kerberos)`, `RPC`, `POP3`, `IMAP4`, `HTTP`.
    pub by: &'static str,
    /// Site links crossed, by name.
    pub links: Vec<String>,
    /// Round trip of the path when nothing else is on it; for a client on the Internet
    /// the mean of the default region. `None` where there is no path or no region.
    pub round_trip: Option<SimSpan>,
}

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
    /// What was looked at, in order.
    pub trace: Trace,
    /// Single settings that would change the decision.
    pub counterfactuals: Vec<Counterfactual>,
}

impl Explanation {
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
        counterfactuals: counterfactual::search(ask, &route),
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

fn site_of(topology: &Topology, stop: Stop) -> Id<Site> {
    match stop {
        Stop::Cas(id) => topology.cas[id.index()].site,
        Stop::Mailbox(id) => topology.mailbox[id.index()].site,
    }
}

fn moves(ask: &AccessQuery<'_>, index: &Index, route: &Route) -> Vec<Vec<Move>> {
    let topology = ask.topology;
    let place = Query::new(ask, index).place();
    let mut out = Vec::new();
    let mut part = Some(route);
    while let Some(route) = part {
        let mut leg = Vec::new();
        let mut before: Option<Stop> = None;
        for &stop in &route.stops {
            let to = site_of(topology, stop);
            let from = before.map(|b| site_of(topology, b));
            let start = match (from, place) {
                (Some(site), _) | (None, ClientPlace::Inside(site)) => Some(site),
                (None, ClientPlace::Internet) => None,
            };
            let path = start.and_then(|start| topology.path(start, to));
            let round_trip = match (start, &path) {
                (Some(start), Some(path)) => Some(round_trip(topology, start, path)),
                (None, _) => from_internet(topology, to),
                _ => None,
            };
            leg.push(Move {
                from: before.map_or_else(|| "client".to_owned(), |b| stop_name(topology, ask.protocol, b)),
                to: stop_name(topology, ask.protocol, stop),
                by: speech(ask, before, stop, route),
                links: path.map_or_else(Vec::new, |path| {
                    path.iter().map(|(link, _)| topology.links[link.index()].name.clone()).collect()
                }),
                round_trip,
            });
            before = Some(stop);
        }
        out.push(leg);
        part = match &route.after {
            Some(After::Arrives(next)) => Some(next),
            _ => None,
        };
    }
    out
}

fn round_trip(topology: &Topology, start: Id<Site>, path: &[(Id<SiteLink>, usize)]) -> SimSpan {
    let links: u64 = path.iter().map(|(link, _)| 2 * topology.links[link.index()].latency.0).sum();
    // Inside one site the LAN is the whole way; between sites it is lost in the links.
    SimSpan(if path.is_empty() { topology.sites[start.index()].lan_rtt.0 } else { links })
}

fn from_internet(topology: &Topology, to: Id<Site>) -> Option<SimSpan> {
    let region = topology.regions.first()?;
    let pipe = topology.sites[to.index()].internet.as_ref()?;
    let far = region.site_rtt.get(&to).copied().unwrap_or(0.0);
    Some(SimSpan(nanos(region.rtt.mean() + far) + 2 * pipe.latency.0))
}

fn speech(ask: &AccessQuery<'_>, before: Option<Stop>, stop: Stop, route: &Route) -> &'static str {
    let own = ask.protocol.facts().transport.name();
    let Some(before) = before else { return own };
    let modern = |stop: Stop| match stop {
        Stop::Cas(id) => ask.topology.cas[id.index()].generation.major() >= 2013,
        Stop::Mailbox(id) => ask.topology.mailbox[id.index()].generation.major() >= 2013,
    };
    match stop {
        Stop::Cas(_) if modern(before) => own,
        Stop::Cas(_) if ask.protocol == Protocol::OutlookAnywhere => "RPC",
        Stop::Cas(_) if own == "HTTPS" => "HTTPS (Kerberos)",
        Stop::Cas(_) => own,
        Stop::Mailbox(_) if route.mechanism == Mechanism::LegacyProxy && own == "HTTPS" => "HTTP",
        Stop::Mailbox(_) if modern(stop) || route.mechanism == Mechanism::LegacyProxy => own,
        Stop::Mailbox(_) => "RPC",
    }
}
