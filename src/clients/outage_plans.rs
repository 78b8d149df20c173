//! Outages, compiled: what each strikes of a network, and when.
//!
//! Must not know who finds out. Next: [`super::roster`].

use crate::itinerary::LinkDirection;
use crate::kernel::distribution::Sampler;
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::workload::{OutageEffect, OutageTiming, Target, Workload};

/// When an outage is on.
#[derive(Clone, Debug)]
pub(super) enum Timing {
    /// Once.
    Once { at: SimTime, span: SimSpan },
    /// From `first` on, at a constant period.
    Periodic { first: SimTime, span: SimSpan, period: SimSpan },
    /// After a time up that is drawn, for a time that is drawn.
    Random { up: Sampler, down: Sampler },
}

/// What an outage strikes.
#[derive(Clone, Debug, Default)]
pub(super) struct Struck {
    /// Stations, by index.
    pub(super) stations: Vec<u32>,
    /// Link directions.
    pub(super) links: Vec<Id<LinkDirection>>,
    /// Nothing of it answers, not even with a refusal.
    pub(super) silent: bool,
    /// The other one of a pair takes over after so long.
    pub(super) take_over: Option<SimSpan>,
    /// And keeps the connections that there are.
    pub(super) keeps_connections: bool,
    /// But not at which servers sessions are.
    pub(super) loses_affinity: bool,
}

/// One outage, compiled.
#[derive(Clone, Debug)]
pub(super) struct OutagePlan {
    /// Its number in the workload.
    pub(super) number: u32,
    /// What it strikes.
    pub(super) struck: Struck,
    /// When it is on.
    pub(super) timing: Timing,
    /// How long before the run it began, where it did.
    pub(super) before_run: SimSpan,
    /// What it does there.
    pub(super) effect: OutageEffect,
    /// Its name for draws.
    pub(super) stream: String,
}

/// Over once the other one of a pair has taken over, at the latest.
fn until_taken_over(timing: Timing, most: SimSpan) -> Timing {
    match timing {
        Timing::Once { at, span } => Timing::Once { at, span: span.min(most) },
        Timing::Periodic { first, span, period } => Timing::Periodic { first, span: span.min(most), period },
        Timing::Random { up, .. } => Timing::Random { up, down: Sampler::Constant(most.0 as f64) },
    }
}

/// The outages of `workload` whose target `locate` knows.
pub(super) fn outage_plans(
    workload: &Workload,
    locate: impl Fn(&Target) -> Option<Struck>,
) -> Vec<OutagePlan> {
    let mut plans = Vec::new();
    for (number, outage) in workload.outages.iter().enumerate() {
        let Some(struck) = locate(&outage.target) else { continue };
        let timing = match &outage.timing {
            OutageTiming::Once { at, span } => Timing::Once { at: *at, span: *span },
            OutageTiming::Periodic { first, span, period } => {
                Timing::Periodic { first: *first, span: *span, period: *period }
            }
            OutageTiming::Random { up, down } => Timing::Random { up: up.sampler(), down: down.sampler() },
        };
        let timing = match struck.take_over {
            Some(most) => until_taken_over(timing, most),
            None => timing,
        };
        // Who is there is served on where the other one knows the connections.
        let effect = if struck.keeps_connections { OutageEffect::Drain } else { outage.effect };
        let stream = outage.stream.clone();
        let (number, before_run) = (number as u32, outage.before_run);
        plans.push(OutagePlan { number, struck, timing, before_run, effect, stream });
    }
    plans
}
