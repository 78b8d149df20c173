//! Scenarios as steps of a migration: each against the one before, who is refused, and how long
//! the servers of the base are reached.
//!
//! Must not judge a difference; [`super::judge`] does.

use std::collections::BTreeMap;

use super::changes;
use super::judge::{Family, Look};
use super::side::Side;
use crate::check::flows;
use crate::model::access::Stop;
use crate::model::protocol::Protocol;
use crate::model::topology::Topology;
use crate::results::compared::{Comparison, InOrder, OldServers, Stage};
use crate::scenario::Scenario;

/// Clients by protocol, of servers by name.
type Reached = BTreeMap<String, BTreeMap<Protocol, f64>>;

/// The steps `sides`, the base first. `compared` has each against the base; `families` keep what was
/// seen of each step against the one before, from look to look.
pub(super) fn stages(
    sides: &[Side<'_>],
    compared: &Comparison,
    look: &Look,
    families: &mut Vec<Family>,
) -> InOrder {
    families.resize_with(sides.len(), Family::default);
    let stages = (1..sides.len()).map(|at| {
        let before = match at {
            1 => compared.others[0].clone(),
            _ => families[at].look(&sides[at - 1..=at], look).others.swap_remove(0),
        };
        Stage { before, refused: changes::refused(sides[0].scenario, sides[at].scenario) }
    });
    InOrder { stages: stages.collect(), servers: old_servers(sides) }
}

fn old_servers(sides: &[Side<'_>]) -> Vec<OldServers> {
    let Some((base, _)) = sides.split_first() else { return Vec::new() };
    let reached: Vec<Reached> = sides.iter().map(|side| reached(side.scenario)).collect();
    let topology = &base.scenario.model.topology;
    let cas = topology.cas.iter().map(|group| (&group.name, group.site));
    // Passive nodes go with their active ones.
    let stores = topology.homes().map(|(_, group)| (&group.name, group.site));
    let old = |(name, site): (&String, crate::kernel::Id<crate::model::topology::Site>)| {
        let last = (0..).zip(&reached).filter(|(_, by)| by.contains_key(name)).last();
        let gone = (0..).zip(sides).find(|(_, side)| !has(&side.scenario.model.topology, name));
        OldServers {
            name: name.clone(),
            site: topology.sites[site.index()].name.clone(),
            last: last.map(|(step, _)| step),
            reached: last.map_or_else(Vec::new, |(_, by)| by[name].iter().map(|(p, n)| (*p, *n)).collect()),
            gone: gone.map(|(step, _)| step),
        }
    };
    // A server with both roles has one name.
    let also = |name: &String| topology.cas.iter().any(|group| group.name == *name);
    cas.chain(stores.filter(|(name, _)| !also(name))).map(old).collect()
}

fn has(topology: &Topology, name: &str) -> bool {
    let cas = topology.cas.iter().any(|group| group.name == name);
    cas || topology.mailbox.iter().any(|group| group.name == name)
}

/// The servers that requests reach which are served in the end: those at which clients enter, those that
/// are forwarded or sent to, and those that hold mailboxes.
fn reached(scenario: &Scenario) -> Reached {
    let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
    let name = |stop: Stop| match stop {
        Stop::Cas(id) => topology.cas[id.index()].name.clone(),
        Stop::Mailbox(id) => topology.mailbox[id.index()].name.clone(),
    };
    let mut all = Reached::new();
    for flow in flows::of(topology, workload).iter().filter(|flow| flow.failure().is_none()) {
        let mut stops = vec![Stop::Mailbox(flow.mailbox)];
        for route in flow.routes() {
            stops.extend(&route.stops);
            stops.extend(route.targets.iter().map(|id| Stop::Cas(*id)));
        }
        let mut names: Vec<String> = stops.into_iter().map(name).collect();
        names.sort();
        names.dedup();
        for name in names {
            *all.entry(name).or_default().entry(flow.protocol).or_default() += flow.clients;
        }
    }
    all
}
