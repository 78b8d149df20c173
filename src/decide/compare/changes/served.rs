//! Who is served in a scenario, of those who were there in the base.
//!
//! Asked of the rules, way by way, as `explain` asks them, while nothing fails and before any
//! `[[change]]`. Must not know why it is asked.

use std::collections::BTreeMap;

use crate::check::flows::{self, Flow};
use crate::model::access::Stop;
use crate::model::access::explain::{Trust, connections};
use crate::model::protocol::Protocol;
use crate::model::topology::Topology;
use crate::model::workload::Population;
use crate::results::changes::Refused;
use crate::scenario::Scenario;

/// Clients of one kind.
#[derive(Clone, Copy, Default, Debug)]
struct Clients {
    all: f64,
    served: f64,
}

impl Clients {
    fn share(self) -> f64 {
        if self.all > 0.0 { self.served / self.all } else { 1.0 }
    }
}

/// Who is served, by population (as the base calls it) and protocol.
#[derive(Clone, Default, Debug)]
pub(super) struct Served(BTreeMap<(String, Protocol), Clients>);

impl Served {
    /// Of a scenario; `base` has the names by which populations are known.
    pub(super) fn of(scenario: &Scenario, base: &Scenario) -> Self {
        let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
        let before = &base.model.workload.populations;
        let known = |name: &str| before.iter().any(|of| of.name == name);
        // What is only called otherwise draws from the same stream.
        let stream =
            |of: &Population| before.iter().find(|was| was.stream == of.stream).map(|was| was.name.clone());
        let called = |own: &Population| {
            let was: Vec<String> = own.was.iter().filter(|name| known(name)).cloned().collect();
            match known(&own.name) || was.is_empty() {
                true if known(&own.name) => vec![own.name.clone()],
                true => vec![stream(own).unwrap_or_else(|| own.name.clone())],
                false => was,
            }
        };
        let names: Vec<Vec<String>> = workload.populations.iter().map(called).collect();
        let mut all: BTreeMap<(String, Protocol), Clients> = BTreeMap::new();
        for flow in flows::of(topology, workload) {
            let served = if warned(topology, &flow) { 0.0 } else { flow.served() };
            for name in &names[flow.population] {
                let clients = all.entry((name.clone(), flow.protocol)).or_default();
                clients.all += flow.clients;
                clients.served += served;
            }
        }
        Self(all)
    }

    /// Kinds of clients.
    pub(super) fn kinds(&self) -> usize {
        self.0.len()
    }

    /// Who is served to a lesser share in `now`; who is not there any more asks for nothing.
    pub(super) fn refused_in(&self, now: &Self) -> Vec<Refused> {
        let fewer = self.0.iter().filter_map(|((population, protocol), before)| {
            let after = now.0.get(&(population.clone(), *protocol))?;
            let lost = before.share() - after.share();
            (lost > 1e-9).then(|| Refused {
                population: population.clone(),
                protocol: *protocol,
                clients: before.all * lost,
            })
        });
        fewer.collect()
    }
}

/// Whether the certificate that a client meets first is known to lack the name that it asks for.
fn warned(topology: &Topology, flow: &Flow) -> bool {
    let (Some(entry), Some(route)) = (flow.entry, flow.route.as_ref()) else { return false };
    // The first name that a client asks for is its own; only a certificate that may lack it is looked at.
    if topology.cas[entry.index()].switches.publishing.certified(topology.host_asked(flow.namespace)) {
        return false;
    }
    let moves = connections(&flow.ask(topology, entry), route);
    let first = moves.first().filter(|first| first.trust == Trust::Clients);
    first.is_some_and(|first| match (&first.host, first.end) {
        (Some(host), Stop::Cas(id)) => !topology.cas[id.index()].switches.publishing.certified(host),
        _ => false,
    })
}

/// A kind of clients with all of them and those that are served.
#[cfg(test)]
type Made<'m> = ((&'m str, Protocol), (f64, f64));

#[cfg(test)]
impl Served {
    /// Of kinds with all clients and those that are served.
    pub(super) fn made<const N: usize>(kinds: [Made<'_>; N]) -> Self {
        let kind = |((name, protocol), (all, served)): Made<'_>| {
            ((name.to_owned(), protocol), Clients { all, served })
        };
        Self(kinds.into_iter().map(kind).collect())
    }
}
