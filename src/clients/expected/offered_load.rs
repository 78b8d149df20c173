//! The utilisation law, without a run: how much of each server group and link
//! direction the clients ask for, interval by interval and in the busiest hour.
//!
//! The means are those of the very programs that the engine would walk: each step
//! of each cohort, times how often a client takes it then, times clients. What a
//! session asks for follows over its length (`owa_sessions`). Sequential delays play no
//! part in it. What it leaves out: attempts after a failure, and the clients that are
//! refused, beyond their first attempt. Of outages it knows which servers of a group and
//! which links are down; who has none left asks for nothing, and where clients fail over to
//! is left out, as are changes.
//!
//! A figure of 1 or more means that no queueing formula has a steady state and that
//! a run shows a queue that grows for as long as the hour lasts. Closed sources have no
//! figure: what they ask for depends on the answers.
//!
//! Must not know how it is shown, nor what follows from it.

use std::collections::BTreeMap;

use super::asked::Asked;
use super::custom_load::custom_load;
use super::limit_demand::limit_demand;
use super::patterns::{Patterns, lengths};
use super::shares::{Of, Shares};
use super::up::Up;
use crate::clients::compile::copies::stages;
use crate::clients::compile::{compile, compile_stages};
use crate::itinerary::Network;
use crate::kernel::{Id, SimSpan};
use crate::model::access::{AccessQuery, Caller, Rules, Stop};
use crate::model::topology::{Address, CasGroup};
use crate::model::{Experiment, Model};

pub use super::demands::{Counter, LimitDemand, OfferedLoad, Resource};
pub use crate::results::limits;

/// Load offered to every resource in its busiest hour of the measured window.
#[must_use]
pub fn offered_load(model: &Model, experiment: &Experiment) -> Vec<OfferedLoad> {
    demand(model, experiment).0
}

/// As [`offered_load`], and what clients hold of every limit that there is.
#[must_use]
pub fn demand(model: &Model, experiment: &Experiment) -> (Vec<OfferedLoad>, Vec<LimitDemand>) {
    demand_while(model, experiment, &Caller::default())
}

/// As [`demand`], while that is down which `lost` tells, and that has been found out: who is left
/// has what they had.
#[must_use]
pub fn demand_while(
    model: &Model,
    experiment: &Experiment,
    lost: &Caller<'_>,
) -> (Vec<OfferedLoad>, Vec<LimitDemand>) {
    demands_of_waiting(model, experiment, lost, &[SimSpan::ZERO]).remove(0)
}

/// As [`demand_while`], of users of OWA who wait so long for an answer before they think of the next action, for
/// each of `answers`: the more they wait the less they ask for, and the law itself has no queues.
#[must_use]
pub fn demands_of_waiting(
    model: &Model,
    experiment: &Experiment,
    lost: &Caller<'_>,
    answers: &[SimSpan],
) -> Vec<(Vec<OfferedLoad>, Vec<LimitDemand>)> {
    let Caller { down, stopped, behind, cut, .. } = *lost;
    // Databases with a copy are somewhere; their load is told where they are at home.
    let lost = |stop: &&Stop| match stop {
        Stop::Cas(_) => true,
        Stop::Mailbox(id) => model.topology.mailbox[id.index()].copies.is_none(),
    };
    let down: Vec<Stop> = down.iter().filter(lost).copied().collect();
    let down = down.as_slice();
    let left = (!(down.is_empty() && behind.is_empty())).then(|| without(model, (down, behind)));
    let model = left.as_ref().unwrap_or(model);
    let decide = |rules: &Rules, ask: &AccessQuery<'_>| {
        if down.is_empty() && stopped.is_empty() && behind.is_empty() && cut.is_empty() {
            return rules.decide(ask);
        }
        rules.decide(&AccessQuery { caller: Caller { down, stopped, behind, cut, ..ask.caller }, ..*ask })
    };
    let mut network = Network::default();
    // Passive copies work along where databases have any.
    let copies = model.topology.mailbox.iter().any(|group| group.copies.is_some());
    let mut roster = if model.workload.outages.is_empty() && !copies {
        let rules = Rules::new(&model.topology);
        compile(model, &mut network, |ask| decide(&rules, ask))
    } else {
        let stages = stages(model);
        let rules: Vec<Rules> = stages.iter().map(Rules::new).collect();
        compile_stages(model, &mut network, &stages, |stage, ask| decide(&rules[stage], ask))
    };
    let mut clients = vec![0.0f64; roster.cohorts.len()];
    for member in &roster.members {
        clients[member.cohort as usize] += 1.0;
    }
    let lengths = lengths(experiment);
    let thinks: Vec<f64> = roster.behaviours.iter().map(|behaviour| behaviour.owa_think_mean).collect();
    let one = |wait: &SimSpan| {
        for (behaviour, think) in roster.behaviours.iter_mut().zip(&thinks) {
            behaviour.owa_think_mean = think + wait.0 as f64;
        }
        let patterns = Patterns::new(model, experiment, &roster, &clients, &lengths);
        let asked = Asked {
            network: &network,
            roster: &roster,
            shares: Shares::new(model, &network, &roster, (&clients, patterns), &lengths),
            up: Up::new(&roster, experiment, &lengths),
            lengths: &lengths,
            from: experiment.measured_from(),
        };
        let mut found = servers(&asked, model.topology.mailbox.len());
        found.extend(hosts(&asked, &found));
        found.extend(links(&asked, model));
        found.extend(custom_load(model, experiment));
        (found, limit_demand(&asked))
    };
    answers.iter().map(one).collect()
}

/// The organisation as names and balancers lead through it that know what is down.
fn without(model: &Model, (down, behind): (&[Stop], &[Id<CasGroup>])) -> Model {
    let mut model = model.clone();
    let topology = &mut model.topology;
    let dead = |id: &Id<CasGroup>| down.contains(&Stop::Cas(*id));
    let closed = |id: &Id<CasGroup>| dead(id) || behind.contains(id);
    for name in &mut topology.namespaces {
        let up: Vec<bool> =
            topology.sites.iter().map(|site| name.groups_in(site).any(|id| !closed(&id))).collect();
        for sites in [&mut name.inside, &mut name.internet] {
            // Where nobody is left, the first of the list answers in vain.
            if sites.iter().any(|site| up[site.index()]) {
                sites.retain(|site| up[site.index()]);
            }
        }
        name.addresses.retain(|address| match address {
            Address::Server(id, _) => !closed(id),
            Address::Site(site) => up[site.index()],
        });
    }
    for site in &mut topology.sites {
        site.cas.retain(|id| !dead(id));
    }
    for group in down {
        if let Stop::Cas(id) = group {
            topology.cas[id.index()].switches.client_access_array = None;
        }
    }
    model
}

/// `stores`: groups of Mailbox servers; behind them the roster has those on which databases may be
/// mounted once more.
fn servers(asked: &Asked<'_>, stores: usize) -> Vec<OfferedLoad> {
    let placement = &asked.roster.placement;
    let cas = placement.cas.iter().enumerate().map(|(at, id)| (Resource::Cas(Id::new(at)), *id));
    let mailbox = placement.mailbox.iter().take(stores).enumerate();
    let mailbox = mailbox.map(|(at, id)| (Resource::Mailbox(Id::new(at)), *id));
    let publishers = placement.publishers.iter().enumerate();
    let publishers = publishers.filter_map(|(at, id)| Some((Resource::Publisher(Id::new(at)), (*id)?)));
    cas.chain(mailbox)
        .chain(publishers)
        .map(|(resource, id)| {
            let group = &asked.network.groups[id.index()];
            let cores = f64::from(asked.network.stations[group.first as usize].cores);
            let of = Of::Work(id.index());
            let shares =
                asked.over(&asked.shares.one_server(of, id, asked.network), cores, &asked.up.group(group));
            load(asked, (resource, group.name.clone()), f64::from(group.count) * cores, shares, (of, 1.0))
        })
        .collect()
}

/// Of a host its machines ask together what they ask for each by itself.
fn hosts(asked: &Asked<'_>, servers: &[OfferedLoad]) -> Vec<OfferedLoad> {
    let network = asked.network;
    let found = asked.roster.placement.hosts.iter().enumerate();
    found
        .filter_map(|(at, group)| {
            let group = &network.groups[(*group)?.index()];
            let cores = f64::from(network.stations[group.first as usize].cores);
            let shared = network.shared.iter().find(|shared| shared.host == group.first)?;
            let mut shares = vec![0.0; asked.lengths.len()];
            let mut machines = Vec::new();
            for &machine in &shared.machines {
                let station = &network.stations[machine as usize];
                let of =
                    servers.iter().find(|load| load.name == network.groups[station.group.index()].name)?;
                // Only what is up asks: `shares` is over the servers that are.
                let up = asked.up.station(machine as usize);
                let own = f64::from(station.cores) / cores;
                for ((share, of), up) in shares.iter_mut().zip(&of.shares).zip(&up) {
                    *share += of * own * up;
                }
                machines.push(station.group);
            }
            let up = asked.up.station(group.first as usize);
            let of_up = |(share, up): (&f64, &f64)| if *up > 0.0 { share / up } else { 0.0 };
            let shares: Vec<f64> = shares.iter().zip(&up).map(of_up).collect();
            let (resource, name) = (Resource::Host(Id::new(at)), group.name.clone());
            let hour = asked.hour(&shares);
            let (from, length) = asked.span(hour);
            let mut by_population: BTreeMap<u32, f64> = BTreeMap::new();
            for of in machines {
                let count = f64::from(network.groups[of.index()].count);
                let own =
                    asked.shares.by_population(Of::Work(of.index()), hour.first..hour.first + hour.count);
                for (population, own) in own {
                    *by_population.entry(population).or_default() += own / count;
                }
            }
            Some(OfferedLoad {
                resource,
                name,
                demand: asked.mean(&shares, hour) * cores,
                mean: asked.mean(&shares, asked.whole()) * cores,
                capacity: cores,
                from,
                length,
                by_population: by_population.into_iter().collect(),
                shares,
            })
        })
        .collect()
}

fn links(asked: &Asked<'_>, model: &Model) -> Vec<OfferedLoad> {
    let placement = &asked.roster.placement;
    let links = (0..model.topology.links.len())
        .flat_map(|at| (0..2).map(move |way| (Resource::Link(Id::new(at), way), placement.links[at][way])));
    let pipes = placement.pipes.iter().enumerate().flat_map(|(at, pipe)| {
        let ways = pipe.iter().flatten().enumerate();
        ways.map(move |(way, direction)| (Resource::Pipe(Id::new(at), way), *direction))
    });
    links
        .chain(pipes)
        .map(|(resource, id)| {
            let link = &asked.network.links[id.index()];
            let of = Of::Bits(id.index());
            let amounts = asked.shares.whole(of);
            let shares = asked.over(&amounts, link.bandwidth / 1e9, &asked.up.link(id.index()));
            load(asked, (resource, link.name.clone()), link.bandwidth, shares, (of, 1.0))
        })
        .collect()
}

fn load(
    asked: &Asked<'_>,
    (resource, name): (Resource, String),
    capacity: f64,
    shares: Vec<f64>,
    (of, scale): (Of, f64),
) -> OfferedLoad {
    let hour = asked.hour(&shares);
    let (from, length) = asked.span(hour);
    let by_population = asked.shares.by_population(of, hour.first..hour.first + hour.count);
    OfferedLoad {
        resource,
        name,
        demand: asked.mean(&shares, hour) * capacity,
        mean: asked.mean(&shares, asked.whole()) * capacity,
        capacity,
        from,
        length,
        by_population: by_population.into_iter().map(|(own, amount)| (own, amount * scale)).collect(),
        shares,
    }
}
