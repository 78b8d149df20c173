//! The utilisation law, without a run: how much of each server group and link
//! direction the clients ask for in the busiest hour.
//!
//! The means are those of the very programs that the engine would walk: each step
//! of each cohort, times how often a client takes it in that hour, times clients.
//! Sequential delays play no part in it. What it leaves out: attempts after a
//! failure, and the clients that are refused, beyond their first attempt.
//!
//! A figure of 1 or more means that no queueing formula has a steady state and that
//! a run shows a queue that grows for as long as the hour lasts.
//!
//! Must not know how it is shown, nor what follows from it.

use super::custom_load::custom_load;
use super::mean_costs::{MeanCost, mean_cost};
use super::rates::{Span, rates_of};
use crate::clients::compile::compile;
use crate::clients::day::DayClock;
use crate::clients::roster::{Placement, Roster};
use crate::clients::steps::Machine;
use crate::itinerary::{Counted, Network, StationGroup};
use crate::kernel::{Id, SimTime};
use crate::model::access::Rules;
use crate::model::{Experiment, Model};

pub use super::demands::{LimitDemand, OfferedLoad, Resource};
pub use crate::results::limits;

const HOUR: f64 = 3_600e9;

/// One hour's demand: ns of core by group and bits by link, each by population.
struct Demand {
    from: f64,
    ns: f64,
    groups: Vec<Vec<f64>>,
    links: Vec<Vec<f64>>,
    /// Units times ns by limit.
    families: Vec<Vec<f64>>,
}

/// Load offered to every resource in its busiest hour of the measured window.
#[must_use]
pub fn offered_load(model: &Model, experiment: &Experiment) -> Vec<OfferedLoad> {
    demand(model, experiment).0
}

/// As [`offered_load`], and what clients hold of every limit that there is.
#[must_use]
pub fn demand(model: &Model, experiment: &Experiment) -> (Vec<OfferedLoad>, Vec<LimitDemand>) {
    let mut network = Network::default();
    let rules = Rules::new(&model.topology);
    let roster = compile(model, &mut network, |ask| rules.decide(ask));
    let hours = hours(model, experiment, &network, &roster);
    let mut found = Vec::new();
    let topology = &model.topology;
    let placement = &roster.placement;
    let group = |resource, group: usize| {
        let servers = &network.groups[group];
        let cores = network.stations[servers.first as usize].cores;
        let capacity = f64::from(servers.count) * f64::from(cores);
        busiest(&hours, resource, servers.name.clone(), capacity, |hour| &hour.groups[group])
    };
    for (at, id) in placement.cas.iter().enumerate() {
        found.extend(group(Resource::Cas(Id::new(at)), id.index()));
    }
    for (at, id) in placement.mailbox.iter().enumerate() {
        found.extend(group(Resource::Mailbox(Id::new(at)), id.index()));
    }
    let link = |resource, link: usize| {
        let direction = &network.links[link];
        busiest(&hours, resource, direction.name.clone(), direction.bandwidth, |hour| &hour.links[link])
    };
    for at in 0..topology.links.len() {
        for way in 0..2 {
            found.extend(link(Resource::Link(Id::new(at), way), placement.links[at][way].index()));
        }
    }
    for (at, pipe) in placement.pipes.iter().enumerate() {
        for (way, direction) in pipe.iter().flatten().enumerate() {
            found.extend(link(Resource::Pipe(Id::new(at), way), direction.index()));
        }
    }
    found.extend(custom_load(model, experiment));
    (found, limit_demand(&hours, &network, placement))
}

/// What is held of the limits that tell clients apart by nothing but their server, or
/// the pair of servers.
fn limit_demand(hours: &[Demand], network: &Network, placement: &Placement) -> Vec<LimitDemand> {
    let mut found = Vec::new();
    for (number, family) in network.families.iter().enumerate() {
        let servers = |group: Id<StationGroup>| f64::from(network.groups[group.index()].count.max(1));
        let (pools, towards) = match family.counted {
            Counted::Server => (servers(family.group), None),
            Counted::Pair(far) => {
                (servers(family.group) * servers(far), Some(network.groups[far.index()].name.clone()))
            }
            Counted::Key(_) => continue,
        };
        let Some(cas) = placement.cas.iter().position(|group| *group == family.group) else { continue };
        let of = |hour: &Demand| hour.families[number].iter().sum::<f64>() / hour.ns;
        let Some(hour) = hours.iter().max_by(|a, b| of(a).total_cmp(&of(b))) else { continue };
        if family.limit == u32::MAX || of(hour) <= 0.0 {
            continue;
        }
        found.push(LimitDemand {
            kind: family.kind,
            cas: Id::new(cas),
            towards,
            mean: of(hour) / pools,
            limit: family.limit,
            by_sessions: matches!(family.kind, limits::RPC_HTTP | limits::PORTS | limits::IMAP | limits::POP),
            from: SimTime(hour.from as u64),
            by_population: hour.families[number].iter().map(|units| units / HOUR).collect(),
        });
    }
    found
}

fn busiest<'h>(
    hours: &'h [Demand],
    resource: Resource,
    name: String,
    capacity: f64,
    of: impl Fn(&'h Demand) -> &'h Vec<f64>,
) -> Option<OfferedLoad> {
    // Core seconds a second for groups, bits a second for links.
    let unit = match resource {
        Resource::Cas(_) | Resource::Mailbox(_) => 1.0,
        _ => 1e9,
    };
    let rate = |hour: &'h Demand| of(hour).iter().sum::<f64>() / hour.ns * unit;
    let whole: f64 = hours.iter().map(|hour| hour.ns).sum();
    let mean = hours.iter().map(|hour| rate(hour) * hour.ns).sum::<f64>() / whole;
    let hour = hours.iter().reduce(|best, hour| if rate(hour) > rate(best) { hour } else { best })?;
    Some(OfferedLoad {
        resource,
        name,
        demand: rate(hour),
        mean,
        capacity,
        from: SimTime(hour.from as u64),
        by_population: of(hour).clone(),
    })
}

fn hours(model: &Model, experiment: &Experiment, network: &Network, roster: &Roster) -> Vec<Demand> {
    let populations = model.workload.populations.len();
    let mut clients = vec![0.0f64; roster.cohorts.len()];
    for member in &roster.members {
        clients[member.cohort as usize] += 1.0;
    }
    let (begin, end) = (experiment.measured_from().0 as f64, experiment.ends_at().0 as f64);
    let begins_at = experiment.window_starts_at_utc.0 as i64 - experiment.warmup.0 as i64;
    let count = libm::ceil((end - begin) / HOUR).clamp(1.0, 24.0) as u32;
    let mut hours: Vec<Demand> = (0..count)
        .map(|n| {
            let from = begin + f64::from(n) * HOUR;
            Demand {
                from,
                ns: (end - from).clamp(1.0, HOUR),
                groups: vec![vec![0.0; populations]; network.groups.len()],
                links: vec![vec![0.0; populations]; network.links.len()],
                families: vec![vec![0.0; populations]; network.families.len()],
            }
        })
        .collect();
    for (cohort, clients) in roster.cohorts.iter().zip(clients) {
        let population = cohort.population as usize;
        let behaviour = &roster.behaviours[population];
        let offset = i64::from(cohort.utc_offset(&model.topology, &model.workload)) * 60_000_000_000;
        let settings = &behaviour.settings;
        let clock = DayClock::new(&model.workload.populations[population].day, begins_at + offset).with_week(
            settings.week,
            model.workload.weekday_utc,
            begins_at + offset,
        );
        let costs: Vec<MeanCost> = cohort.steps.iter().map(|step| mean_cost(network, *step)).collect();
        for hour in &mut hours {
            let work = (clock.work(hour.from), clock.work(hour.from + hour.ns));
            let factor = clock.factor(libm::floor(work.0));
            let span = Span { behaviour, work, factor, ns: hour.ns };
            for (step, rate) in rates_of(cohort, behaviour, &span) {
                let cost = &costs[step.index()];
                for &(group, ns) in &cost.groups {
                    hour.groups[group][population] += clients * rate * ns;
                }
                for &(link, bits) in &cost.links {
                    hour.links[link][population] += clients * rate * bits;
                }
                for &(family, ns) in &cost.holds {
                    hour.families[family][population] += clients * rate * ns;
                }
                for &family in &cost.held {
                    // One request is held after another, the whole hour.
                    hour.families[family][population] += clients * hour.ns;
                }
            }
            if cohort.refused.is_none() && cohort.machine != Machine::Pop {
                for limit in &cohort.session_limits {
                    let (family, units) = (limit.family, limit.units);
                    hour.families[family.index()][population] +=
                        clients * span.present() * f64::from(units) * hour.ns;
                }
            }
        }
    }
    hours
}
