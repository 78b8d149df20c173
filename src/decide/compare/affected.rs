//! Whose way changes: who is served by another mechanism, logs on twice, or has to use
//! another name.
//!
//! Asked of the rules, not of the runs: every client has its way as long as nothing fails.

use std::collections::BTreeMap;

use super::matching::Matching;
use super::side::Side;
use crate::check::flows::{self, Flow};
use crate::model::access::Mechanism;
use crate::model::protocol::Protocol;
use crate::model::topology::Topology;
use crate::model::workload::Location;
use crate::results::compared::Affected;

/// How a client is served, as far as its user notices.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Way {
    mechanism: Mechanism,
    second_logon: bool,
    name: String,
}

/// Who a client is, on both sides.
type Who = (usize, Protocol, String, bool);

/// Clients by who they are and how they are served.
type Ways = BTreeMap<Who, BTreeMap<Way, f64>>;

/// Everyone whose mechanism, logon or name changes, by population and protocol; those who are
/// refused afterwards first, then the most.
#[must_use]
pub fn affected(base: &Side<'_>, other: &Side<'_>, matching: &Matching) -> Vec<Affected> {
    let (mut before, now) = (ways(base, matching, true), ways(other, matching, false));
    let mut all: Vec<Affected> = Vec::new();
    for (who, mut new) in now {
        let Some(mut old) = before.remove(&who) else { continue };
        // Clients of one kind are not told apart: as many as are served as before are unchanged.
        for (way, clients) in &mut old {
            if let Some(same) = new.get_mut(way) {
                let unchanged = clients.min(*same);
                *clients -= unchanged;
                *same -= unchanged;
            }
        }
        let (group, protocol, ..) = who;
        let lost: f64 = old.values().sum();
        for (was, clients) in old.iter().filter(|(_, clients)| **clients > 1e-9) {
            let left: f64 = new.values().sum();
            for (is, share) in new.iter().filter(|(_, share)| **share > 1e-9) {
                let moved = clients * share / left.max(lost);
                add(&mut all, matching, (group, protocol), (was, is), moved);
            }
        }
    }
    let refused = |of: &Affected| of.new == Mechanism::Refuse;
    all.sort_by(|a, b| refused(b).cmp(&refused(a)).then_with(|| b.clients.total_cmp(&a.clients)));
    all
}

fn add(
    all: &mut Vec<Affected>,
    matching: &Matching,
    (group, protocol): (usize, Protocol),
    (was, is): (&Way, &Way),
    clients: f64,
) {
    let retype = (was.name != is.name && !follows_autodiscover(protocol)).then(|| is.name.clone());
    let one = Affected {
        population: matching.groups[group].name.clone(),
        protocol,
        old: was.mechanism,
        new: is.mechanism,
        clients,
        second_logon: is.second_logon && !was.second_logon,
        provision: protocol == Protocol::Eas && retype.is_some(),
        retype,
    };
    let noticed = one.old != one.new || one.second_logon || one.retype.is_some();
    let same = |of: &&mut Affected| Affected { clients: one.clients, ..(**of).clone() } == one;
    match all.iter_mut().find(same) {
        Some(of) => of.clients += one.clients,
        None if noticed => all.push(one),
        None => {}
    }
}

/// Whether its clients learn their server from Autodiscover, and are told a new one.
fn follows_autodiscover(protocol: Protocol) -> bool {
    match protocol {
        Protocol::OutlookAnywhere
        | Protocol::OutlookCached
        | Protocol::OutlookOnline
        | Protocol::MapiHttp
        | Protocol::Ews
        | Protocol::Autodiscover
        | Protocol::Oab => true,
        Protocol::Owa | Protocol::Eas | Protocol::Pop | Protocol::Imap => false,
    }
}

fn ways(side: &Side<'_>, matching: &Matching, is_base: bool) -> Ways {
    let (topology, workload) = (&side.scenario.model.topology, &side.scenario.model.workload);
    let mut all = Ways::new();
    for flow in flows::of(topology, workload) {
        let place = u32::try_from(flow.population).unwrap_or(u32::MAX);
        let has = |group: &super::matching::Group| {
            if is_base { group.base.contains(&place) } else { group.other.contains(&place) }
        };
        let Some(group) = matching.groups.iter().position(has) else { continue };
        let who = (group, flow.protocol, location(topology, flow.location), flow.misdirected);
        *all.entry(who).or_default().entry(way(topology, &flow)).or_default() += flow.clients;
    }
    all
}

/// Where a client sits, as far as both sides can say the same of it: inside or not.
fn location(topology: &Topology, location: Location) -> String {
    match location {
        Location::Site(site) => format!("site {}", topology.sites[site.index()].stream),
        Location::Internet(_) => "Internet".to_owned(),
    }
}

fn way(topology: &Topology, flow: &Flow) -> Way {
    let refused = flow.failure().is_some();
    let silent = flow.route.as_ref().is_some_and(|route| route.single_sign_on);
    Way {
        mechanism: if refused { Mechanism::Refuse } else { flow.mechanism() },
        second_logon: flow.protocol == Protocol::Owa && flow.redirected() && !silent && !refused,
        name: topology.namespaces[flow.namespace.index()].name.clone(),
    }
}
