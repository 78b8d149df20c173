//! From a model to what a run needs: placement, programs, cohorts, members.
//!
//! The files below are read upwards: what a request costs (`request_specs`), where
//! everything lies (`placement`), the legs of one program (`program`), what a
//! combination of client and mailbox asks of the rules (`inputs`), the cohorts
//! (`cohort`) and those between which clients change (`alternatives`). Here the
//! clients are enrolled. Must not know what happens in a run. Next:
//! `crate::clients::play`.

mod addresses;
mod affinity;
mod alternatives;
mod arrivals;
mod blocks;
mod cohort;
pub(in crate::clients) mod copies;
mod copying;
mod detours;
mod inputs;
mod known_ways;
pub(in crate::clients) mod legs;
mod limits;
pub(in crate::clients) mod pieces;
mod placement;
mod program;
pub(in crate::clients) mod provisioned;
mod redirects;
mod registry;
mod replay;
pub(in crate::clients) mod request_specs;
mod service;
mod shares;
pub(in crate::clients) mod step_specs;
pub(in crate::clients) mod tcp;
mod turns;

use std::sync::Arc;

use self::copies::{Copies, note_dags};
use self::inputs::{ClientTraits, Inputs, Users};
use self::known_ways::{KnownWays, note_standbys, stand_by};
use self::provisioned::outlook_users;
use self::registry::Registry;
use self::shares::{BLIND, OLD_PATH, Whereabouts, chosen, clients, whereabouts};
use self::turns::nth_mailbox;
use super::day::DayBound;
use super::roster::{
    Balancer, Behaviour, MailboxMove, Member, Placement, Roster, ServiceCheck, outage_plans,
};
use super::steps::{Machine, ProtocolFacts};
use crate::itinerary::{Network, StationGroup};
use crate::kernel::Id;
use crate::model::Model;
use crate::model::access::{AccessQuery, Route};
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, MailboxGroup, Topology};
use crate::model::unit_costs::Figure;
use crate::model::workload::{Change, Moved, Population, ProtocolUse, Workload};
use crate::results::NONE;

/// Compiles `model` into `network` under the rules that `route` answers, as it stands
/// at the beginning: without changes, fail-over and outages of services.
pub fn compile(model: &Model, network: &mut Network, route: impl Fn(&AccessQuery<'_>) -> Route) -> Roster {
    let stages = std::slice::from_ref(&model.topology);
    let calm = Workload::default();
    compile_with(model, network, (stages, false), &calm, &|_, ask| route(ask))
}

/// Compiles `model` into `network` with all that happens in the course of the run.
/// `stages` are those of [`copies::stages`]; `route` answers by the number of
/// the stage as well.
pub fn compile_stages(
    model: &Model,
    network: &mut Network,
    stages: &[Topology],
    route: impl Fn(usize, &AccessQuery<'_>) -> Route,
) -> Roster {
    compile_with(model, network, (stages, true), &model.workload, &route)
}

/// `moves`: `stages` hold the places of databases too.
fn compile_with(
    model: &Model,
    network: &mut Network,
    (stages, moves): (&[Topology], bool),
    happens: &Workload,
    route: &dyn Fn(usize, &AccessQuery<'_>) -> Route,
) -> Roster {
    let unit_costs = Arc::clone(&model.workload.figures);
    let mut placement = Placement::lay(&model.topology, network);
    placement.internet_window = unit_costs[Figure::InternetWindow];
    let used = |protocol: &Protocol| {
        let mut clients = model.workload.populations.iter().flat_map(|population| &population.clients);
        clients.any(|usage| usage.protocol == *protocol)
    };
    let used: Vec<Protocol> = Protocol::ALL.into_iter().filter(used).collect();
    placement.lay_service_stations(&model.topology, (&happens.outages, &used), network);
    let outlook_users = outlook_users(&model.topology, &model.workload);
    let mut inputs =
        Inputs { stages, stage: 0, down: Vec::new(), placement, route, unit_costs, outlook_users };
    let mut registry = Registry::default();
    let mut roster =
        Roster { changes: happens.changes.iter().map(Change::begin).collect(), ..Roster::default() };
    let copies = Copies::lay(&mut inputs, network, moves, &mut roster);
    roster.detours.states = detours::states(&inputs, network, &happens.outages);
    roster.behaviours.extend(model.workload.populations.iter().map(behaviour));
    // Who is enrolled first comes first at one instant, as the run begins: it may not matter in which
    // order populations are declared.
    let mut populations: Vec<(usize, &Population)> = model.workload.populations.iter().enumerate().collect();
    populations.sort_by_key(|(_, population)| (&population.stream, &population.name));
    for (index, population) in populations {
        let homes = homes(happens, index, population);
        copying::note_copies(&inputs, network, (index, population), &homes, &mut roster);
        for usage in &population.clients {
            let books = (&mut *network, &mut registry);
            enrol(&mut inputs, books, &copies, (index, population, usage), happens, &mut roster);
        }
    }
    roster.moves.sort_unstable_by_key(|moved| (moved.change, moved.client));
    inputs.placement.translations = registry.translations().collect();
    roster.placement = inputs.placement;
    roster.outages =
        outage_plans(happens, |target| roster.placement.struck(&model.topology, network, target));
    if !roster.outages.is_empty() {
        let groups = model.topology.cas.iter().zip(&roster.placement.cas);
        let balancer = |(cas, group): (&crate::model::topology::CasGroup, &Id<_>)| {
            let group = &network.groups[group.index()];
            let (name, check) = (cas.name.clone(), cas.health_check);
            Balancer { name, check, first: group.first, count: group.count }
        };
        roster.balancers = groups.map(balancer).collect();
        note_dags(&model.topology, network, &mut roster);
        roster.service_checks = service_checks(&model.topology, network, &roster.placement);
    }
    roster
}

/// The services that fail on their own and that balancers look at.
fn service_checks(topology: &Topology, network: &Network, placement: &Placement) -> Vec<ServiceCheck> {
    let check = |&(cas, protocol, group): &(Id<CasGroup>, Protocol, Id<StationGroup>)| {
        let check = topology.cas[cas.index()].health_check;
        // What fails with the balancer alone, nobody looks at.
        let truth = placement.forwarded_station(topology, cas, protocol)?;
        let (own, truth) = (&network.groups[group.index()], &network.groups[truth.index()]);
        check.sees(protocol).then_some(ServiceCheck {
            balancer: cas.index() as u32,
            protocol,
            truth: truth.first,
            first: own.first,
            count: own.count,
            takes_out: check.takes_out,
        })
    };
    placement.service_stations.iter().filter_map(check).collect()
}

fn behaviour(population: &Population) -> Behaviour {
    let settings = &population.settings;
    Behaviour {
        stream: population.stream.clone(),
        settings: Arc::clone(settings),
        owa_think: settings.owa_think.sampler(),
        owa_think_mean: settings.owa_think.mean(),
        profile: population.profile,
        always_connected: population.always_connected(),
        day_bounds: [settings.day_begins, settings.day_ends]
            .map(|moments| DayBound::new(moments, &population.day)),
    }
}

/// Enters the clients of one protocol of a population in the roster.
fn enrol(
    inputs: &mut Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    copies: &Copies,
    (index, population, usage): (usize, &Population, &ProtocolUse),
    happens: &Workload,
    roster: &mut Roster,
) {
    let protocol = usage.protocol;
    let machine = ProtocolFacts::of(protocol).machine;
    let homes = homes(happens, index, population);
    let mut ways = KnownWays::new(copies, happens);
    for number in 0..clients(population, usage.share) {
        let Whereabouts { mailbox, location, name, roams, misdirected } =
            whereabouts(population, usage, number);
        let users = Users { index, population, protocol, location, name };
        let settings = &population.settings;
        let kind = |mailbox: Id<MailboxGroup>| ClientTraits {
            roams,
            misdirected,
            blind: machine == Machine::Eas && chosen(number, settings.eas_without_451, BLIND),
            old_path: machine == Machine::Owa && chosen(number, settings.owa_exchange, OLD_PATH),
            entry: None,
            mailbox,
            entries: Vec::new(),
        };
        let home = |moved: Option<&Moved>| nth_mailbox(inputs.topology(), population, moved, mailbox);
        let Some(begins) = home(homes[0].1) else { return };
        let mut stores = (begins, begins);
        let (group, server) = begins;
        let (found, view) = ways.of(inputs, (network, registry), &users, kind(group), number, roster);
        let first = network.groups[inputs.placement.mailbox[group.index()].index()].first;
        let order = if view == NONE { 0 } else { roster.name_views[view as usize].order[0][0] };
        let of = &roster.alternatives[found as usize];
        let cohort = roster.cohort_of[(of.first + order * of.places) as usize];
        let client = roster.members.len() as u32;
        roster.members.push(Member {
            cohort,
            mailbox,
            number,
            mailbox_server: first + server,
            alternatives: found,
        });
        for &(change, moved) in &homes[1..] {
            let Some(now) = nth_mailbox(inputs.topology(), population, moved, mailbox) else { continue };
            stores = (stores.1, now);
            let (before, after) = stores;
            if before == after {
                continue;
            }
            let (alternatives, _) =
                ways.of(inputs, (network, registry), &users, kind(after.0), number, roster);
            let first = network.groups[inputs.placement.mailbox[after.0.index()].index()].first;
            let releases =
                [before.0, after.0].map(|id| inputs.topology().mailbox[id.index()].generation.major());
            // From 2013 on Outlook names its mailbox, not its server, and connects anew by itself.
            let restarts = machine == Machine::Outlook && releases.iter().any(|major| *major < 2013);
            let mailbox_server = first + after.1;
            roster.moves.push(MailboxMove { change, client, alternatives, mailbox_server, restarts });
        }
    }
    let KnownWays { kinds, mut found, .. } = ways;
    if !happens.outages.is_empty() {
        let books = (&mut *network, &mut *registry);
        stand_by(inputs, books, copies, &kinds, &mut found, roster);
    }
    note_standbys(&found, roster);
}

/// Where the mailboxes of a population have been moved: at the beginning, and after each change
/// that moves any, with its number.
fn homes<'m>(
    happens: &'m Workload,
    index: usize,
    population: &'m Population,
) -> Vec<(u32, Option<&'m Moved>)> {
    let mut homes = vec![(0, population.moved.as_ref())];
    for (number, change) in (0..).zip(&happens.changes) {
        let moved = change.moved.get(index).and_then(Option::as_ref);
        if homes.last().is_none_or(|(_, before)| *before != moved) {
            homes.push((number, moved));
        }
    }
    homes
}
