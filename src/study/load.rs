//! What the utilisation law says of a run before and beside it: overload, and whether there
//! is a steady state to look for.

use crate::clients::expected::mean_latency::{MeanLatency, mean_latencies};
use crate::clients::expected::offered_load::{
    Counter, LimitDemand, OfferedLoad, Resource, demand, demands_of_waiting,
};
use crate::kernel::{Id, SimSpan};
use crate::model::access::Caller;
use crate::model::topology::{CasGroup, Host, MailboxGroup, Site, SiteLink};
use crate::model::{Experiment, Model};
use crate::results::{NotSteady, Overflow, RunResult, Warmup, Warning};

/// What is asked of every resource and held of every limit in the busiest hour, without a run.
#[must_use]
pub fn law(model: &Model, experiment: &Experiment) -> (Vec<OfferedLoad>, Vec<LimitDemand>) {
    demand(model, experiment)
}

/// What requests take in the mean when nobody else is there, by population and protocol, without a run.
#[must_use]
pub fn unloaded(model: &Model, experiment: &Experiment) -> Vec<MeanLatency> {
    mean_latencies(model, experiment)
}

/// What does work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Thing {
    /// A group of Client Access servers.
    Cas(Id<CasGroup>),
    /// A group of Mailbox servers.
    Mailbox(Id<MailboxGroup>),
    /// A direction of a site link.
    Link(Id<SiteLink>),
    /// A direction of a site's Internet pipe.
    Pipe(Id<Site>),
    /// A host, of which its machines ask.
    Host(Id<Host>),
    /// Anything else.
    Other,
}

/// Work that is asked for, over what is up.
#[derive(Clone, PartialEq, Debug)]
pub struct Work {
    /// Of what.
    pub thing: Thing,
    /// Its name as in tables of results.
    pub name: String,
    /// Whether it is a line; else it is cores.
    pub link: bool,
    /// Share of the capacity in the busiest hour.
    pub busiest: f64,
    /// Share over the measured window.
    pub mean: f64,
}

/// What is held of a limit of Client Access servers.
#[derive(Clone, PartialEq, Debug)]
pub struct HeldOf {
    /// Who counts.
    pub servers: Id<CasGroup>,
    /// Their name.
    pub name: String,
    /// Kind of the limit, of [`crate::results::limits::ALL`].
    pub kind: &'static str,
    /// Units that there are.
    pub limit: u32,
    /// Units that are held, over the limit, in the busiest hour.
    pub busiest: f64,
    /// The same over the measured window.
    pub mean: f64,
    /// Held for the length of a session; else for that of a request.
    pub by_sessions: bool,
}

/// What the law says, in shares.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Strain {
    /// Of cores and lines.
    pub work: Vec<Work>,
    /// Of limits.
    pub held: Vec<HeldOf>,
}

/// As [`law`], in shares, while that is lost which a caller meets and that has been found out.
#[must_use]
pub fn strain(model: &Model, experiment: &Experiment, lost: &Caller<'_>) -> Strain {
    strains(model, experiment, lost, &[SimSpan::ZERO]).remove(0)
}

/// The same where users of OWA wait so long for each answer, for each of `answers`: the more they wait the less they
/// ask for. The law itself has nobody wait.
#[must_use]
pub fn strains(
    model: &Model,
    experiment: &Experiment,
    lost: &Caller<'_>,
    answers: &[SimSpan],
) -> Vec<Strain> {
    let found = demands_of_waiting(model, experiment, lost, answers);
    found.iter().map(|(loads, held)| in_shares(loads, held)).collect()
}

fn in_shares(loads: &[OfferedLoad], held: &[LimitDemand]) -> Strain {
    let work = loads.iter().map(|load| Work {
        thing: match load.resource {
            Resource::Cas(id) => Thing::Cas(id),
            Resource::Mailbox(id) => Thing::Mailbox(id),
            Resource::Link(id, _) => Thing::Link(id),
            Resource::Pipe(site, _) => Thing::Pipe(site),
            Resource::Host(id) => Thing::Host(id),
            Resource::Publisher(_) | Resource::Station(_) | Resource::CustomLink(_) => Thing::Other,
        },
        name: load.name.clone(),
        link: load.resource.is_link(),
        busiest: load.utilisation(),
        mean: load.mean_utilisation(),
    });
    let of = |held: &LimitDemand| {
        let Counter::Cas(servers) = held.counter else { return None };
        let limit = f64::from(held.limit.max(1));
        Some(HeldOf {
            servers,
            name: held.name.clone(),
            kind: held.kind,
            limit: held.limit,
            busiest: held.mean / limit,
            mean: held.window_mean / limit,
            by_sessions: held.by_sessions,
        })
    };
    Strain { work: work.collect(), held: held.iter().filter_map(of).collect() }
}

/// Whether what a resource cannot hold is refused.
fn refuses(offered: &OfferedLoad, model: &Model) -> bool {
    matches!(offered.resource, Resource::Station(id)
        if model.workload.stations[id.index()].queue_limit.is_some())
}

/// A warning for each resource that is asked for more than it can do.
pub(super) fn overloads(load: &[OfferedLoad], model: &Model) -> Vec<Warning> {
    let over = load.iter().filter(|offered| offered.utilisation() >= 1.0);
    over.map(|offered| Warning::Overload {
        name: offered.name.clone(),
        utilisation: offered.utilisation(),
        from: offered.from,
        overflow: match offered.resource {
            _ if refuses(offered, model) => Overflow::Refused,
            Resource::Cas(id) if model.topology.cas[id.index()].queue_limit.is_some() => Overflow::Refused,
            Resource::Cas(_)
            | Resource::Mailbox(_)
            | Resource::Publisher(_)
            | Resource::Host(_)
            | Resource::Station(_) => Overflow::Queued,
            _ => Overflow::Shared,
        },
    })
    .collect()
}

/// Whether there may be a steady state.
pub(super) fn settles(load: &[OfferedLoad], model: &Model) -> bool {
    !load.iter().any(|offered| offered.utilisation() >= 1.0 && !refuses(offered, model))
}

/// Marks the rows whose means grow with the window.
pub(super) fn mark_growing(load: &[OfferedLoad], model: &Model, result: &mut RunResult) {
    for offered in load.iter().filter(|offered| offered.mean_utilisation() >= 1.0) {
        // Exchange clients lose patience, so that their queues do not grow for ever.
        match offered.resource {
            Resource::Station(_) if !refuses(offered, model) => {
                let rows = result.servers.iter_mut().filter(|row| row.name == offered.name);
                rows.for_each(|row| {
                    row.growing = true;
                    row.each.iter_mut().for_each(|row| row.growing = true);
                });
            }
            Resource::CustomLink(_) => {
                let rows = result.links.iter_mut().filter(|row| row.name == offered.name);
                rows.for_each(|row| row.growing = true);
            }
            _ => {}
        }
    }
}

/// What follows from a steady state that was not found.
pub(super) fn not_steady(found: &Warmup) -> Option<Warning> {
    (!found.steady).then_some(Warning::NotSteady(if found.pilots == 0 {
        NotSteady::Overloaded
    } else if found.before > 0.0 {
        NotSteady::Drifting
    } else {
        NotSteady::Silent
    }))
}
