//! Outages of custom stations, in time.
//!
//! Outages that overlap at a station are merged: it is up when none is on, and
//! while several are, killing goes before holding and holding before draining.
//! An outage of no length changes nothing.

use std::ops::Range;

use crate::kernel::distribution::Sampler;
use crate::kernel::random::{Key, Role};
use crate::kernel::{Id, SimSpan, SimTime, nanos};
use crate::model::itinerary::{Network, StationGroup};
use crate::model::workload::{OutageEffect, OutageTiming, Target, Workload};
use crate::sim::{Availability, Engine};

const UP: Role = Role::new("up");
const DOWN: Role = Role::new("down");

#[derive(Clone, Debug)]
enum Timing {
    Once { at: SimTime, span: SimSpan },
    Periodic { first: SimTime, span: SimSpan, period: SimSpan },
    Random { up: Sampler, down: Sampler },
}

/// One outage, compiled.
#[derive(Clone, Debug)]
pub(super) struct OutagePlan {
    stations: Range<u32>,
    timing: Timing,
    effect: OutageEffect,
    stream: String,
}

/// The outages that strike custom stations.
pub(super) fn compile(
    workload: &Workload,
    groups: &[Id<StationGroup>],
    network: &Network,
) -> Vec<OutagePlan> {
    let mut plans = Vec::new();
    for outage in &workload.outages {
        let Target::Station(id) = &outage.target else { continue };
        let group = &network.groups[groups[id.index()].index()];
        let timing = match &outage.timing {
            OutageTiming::Once { at, span } => Timing::Once { at: *at, span: *span },
            OutageTiming::Periodic { first, span, period } => {
                Timing::Periodic { first: *first, span: *span, period: *period }
            }
            OutageTiming::Random { up, down } => Timing::Random { up: up.sampler(), down: down.sampler() },
        };
        plans.push(OutagePlan {
            stations: group.first..group.first + group.count,
            timing,
            effect: outage.effect,
            stream: outage.stream.clone(),
        });
    }
    plans
}

/// How outages stand in one replication.
#[derive(Debug)]
pub(super) struct Outages<'c> {
    plans: &'c [OutagePlan],
    /// By outage: its name, and how often it has begun.
    states: Vec<(Key, u64)>,
    /// By station of the network: outages on, by [`OutageEffect`].
    on: Vec<[u32; 3]>,
    ends_at: SimTime,
    /// Set in every token.
    mark: u32,
}

impl<'c> Outages<'c> {
    pub(super) fn new(plans: &'c [OutagePlan], root: Key, ends_at: SimTime, mark: u32) -> Self {
        let states = plans.iter().map(|plan| (root.named("outage").named(&plan.stream), 0)).collect();
        Self { plans, states, on: Vec::new(), ends_at, mark }
    }

    pub(super) fn start(&mut self, engine: &mut Engine<'_>) {
        self.on = vec![[0; 3]; if self.plans.is_empty() { 0 } else { engine.network().stations.len() }];
        for outage in 0..self.plans.len() as u32 {
            self.schedule(engine, outage);
        }
    }

    /// Sets the edge of the next begin, if it falls into the run.
    fn schedule(&mut self, engine: &mut Engine<'_>, outage: u32) {
        let (key, begun) = self.states[outage as usize];
        let at = match &self.plans[outage as usize].timing {
            Timing::Once { at, span } if begun == 0 && span.0 > 0 => at.0,
            Timing::Periodic { first, span, period } if span.0 > 0 && period.0 > 0 => {
                first.0.saturating_add(period.0.saturating_mul(begun))
            }
            Timing::Random { up, .. } => {
                let span = nanos(up.draw(&mut key.child(begun).stream(UP, 0)));
                engine.now().0.saturating_add(span)
            }
            Timing::Once { .. } | Timing::Periodic { .. } => return,
        };
        if at < self.ends_at.0 {
            engine.edge(SimTime(at), self.mark | outage << 1);
        }
    }

    pub(super) fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        let token = token & !self.mark;
        let (outage, begins) = (token >> 1, token & 1 == 0);
        let plan = &self.plans[outage as usize];
        for station in plan.stations.clone() {
            let on = &mut self.on[station as usize];
            let count = &mut on[plan.effect as usize];
            *count = if begins { *count + 1 } else { count.saturating_sub(1) };
            let [kill, drain, hold] = *on;
            let availability = if kill > 0 {
                Availability::Killed
            } else if hold > 0 {
                Availability::Holding
            } else if drain > 0 {
                Availability::Draining
            } else {
                Availability::Up
            };
            engine.set_availability(station, availability);
        }
        let random = matches!(plan.timing, Timing::Random { .. });
        if begins {
            let (key, begun) = self.states[outage as usize];
            self.states[outage as usize].1 += 1;
            let span = match &plan.timing {
                Timing::Once { span, .. } | Timing::Periodic { span, .. } => span.0,
                Timing::Random { down, .. } => nanos(down.draw(&mut key.child(begun).stream(DOWN, 0))),
            };
            engine.edge(
                SimTime(engine.now().0.saturating_add(span)).min(SimTime::MAX),
                self.mark | outage << 1 | 1,
            );
        }
        // A breakdown's next up time begins with the repair; others keep their calendar.
        if begins != random {
            self.schedule(engine, outage);
        }
    }
}
