//! What the utilisation law says of a run before and beside it: overload, and whether there
//! is a steady state to look for.

use crate::clients::expected::offered_load::{LimitDemand, OfferedLoad, Resource, demand};
use crate::model::{Experiment, Model};
use crate::results::{NotSteady, Overflow, RunResult, Warmup, Warning};

/// What is asked of every resource and held of every limit in the busiest hour, without a run.
#[must_use]
pub fn law(model: &Model, experiment: &Experiment) -> (Vec<OfferedLoad>, Vec<LimitDemand>) {
    demand(model, experiment)
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
