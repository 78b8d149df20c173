//! Outages in time: of stations and of link directions, whoever they belong to.
//!
//! Outages that overlap at one of them are merged: it is up when none is on, and
//! while several are, killing goes before holding and holding before draining.
//! An outage of no length changes nothing. A link that drains takes no new
//! transfers and loses those under way, as one that is killed does.
//!
//! One that began before the run is on from the run's first instant. In a twin they come and
//! go by the same calendar, and nothing fails.
//!
//! Here stands what is true. Custom stations that take no new work are kept out of new
//! bindings from that instant on; who finds out about servers, and when, stands in
//! [`super::detection`].

use crate::clients::roster::{OutagePlan, Struck, Timing};
use crate::itinerary::LinkDirection;
use crate::kernel::random::{Key, Role};
use crate::kernel::{Id, SimSpan, SimTime, nanos};
use crate::model::workload::OutageEffect;
use crate::sim::{Availability, Engine, Outcome};

const UP: Role = Role::new("up");
const DOWN: Role = Role::new("down");

/// How outages stand in one replication.
#[derive(Debug)]
pub(in crate::clients) struct Outages<'c> {
    plans: &'c [OutagePlan],
    /// By outage: its name, and how often it has begun.
    states: Vec<(Key, u64)>,
    /// By station, then link direction of the network: outages on, by [`OutageEffect`].
    on: Vec<[u32; 3]>,
    /// By station: outages on that leave it silent.
    silent: Vec<u32>,
    /// Mailbox stations whose databases are dismounted though the machine is up.
    dismounted: Vec<u32>,
    /// Stations of the network.
    stations: usize,
    ends_at: SimTime,
    /// Set in every token.
    mark: u32,
    /// Somebody else finds out which servers are down.
    looked_after: bool,
    /// Nothing fails.
    harmless: bool,
    /// By cohort, while clients wake to a run in which something is on: whether nobody
    /// answers them. Else empty.
    pub(in crate::clients) unreachable: Vec<bool>,
}

/// An outage that began or ended before the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::clients) struct Past {
    /// Ns since the run began, at most zero.
    pub(in crate::clients) at: i64,
    begins: bool,
    plan: u32,
}

/// What has begun or ended.
#[derive(Clone, Copy, Debug)]
pub(in crate::clients) struct StateChange<'c> {
    /// Number of the outage in the workload.
    pub(in crate::clients) number: u32,
    /// It has begun.
    pub(in crate::clients) begins: bool,
    pub(in crate::clients) effect: OutageEffect,
    pub(in crate::clients) struck: &'c Struck,
}

impl<'c> Outages<'c> {
    pub(in crate::clients) fn new(plans: &'c [OutagePlan], root: Key, ends_at: SimTime, mark: u32) -> Self {
        let states = plans.iter().map(|plan| (root.named("outage").named(&plan.stream), 0)).collect();
        Self {
            plans,
            states,
            on: Vec::new(),
            silent: Vec::new(),
            dismounted: Vec::new(),
            stations: 0,
            ends_at,
            mark,
            looked_after: false,
            harmless: false,
            unreachable: Vec::new(),
        }
    }

    /// They come and go, and nothing fails.
    pub(in crate::clients) fn harmless(self, harmless: bool) -> Self {
        Self { harmless, ..self }
    }

    /// Whether anything fails at all.
    pub(in crate::clients) fn is_harmless(&self) -> bool {
        self.harmless
    }

    /// Leaves it to others to find out which servers are down.
    pub(in crate::clients) fn looked_after(self) -> Self {
        Self { looked_after: true, ..self }
    }

    /// What a station does in truth.
    pub(in crate::clients) fn station(&self, station: u32) -> Availability {
        if self.dismounted.contains(&station) { Availability::Killed } else { self.machine(station) }
    }

    /// What the machine of a station does, whatever its databases.
    pub(in crate::clients) fn machine(&self, station: u32) -> Availability {
        self.on.get(station as usize).map_or(Availability::Up, state)
    }

    /// The databases of a station are dismounted though its machine is up, or may be mounted.
    pub(in crate::clients) fn dismount(&mut self, engine: &mut Engine<'_>, station: u32, dismounted: bool) {
        self.dismounted.retain(|known| *known != station);
        if dismounted {
            self.dismounted.push(station);
        }
        engine.set_availability(station, self.station(station));
    }

    /// What a link direction does in truth.
    pub(in crate::clients) fn link(&self, link: Id<LinkDirection>) -> Availability {
        self.on.get(self.stations + link.index()).map_or(Availability::Up, state)
    }

    /// Whether a station that is down does not even refuse.
    pub(in crate::clients) fn is_silent(&self, station: u32) -> bool {
        self.silent.get(station as usize).is_some_and(|&on| on > 0)
    }

    /// Whether outage `number` of the workload struck what a request that ended so met.
    pub(in crate::clients) fn strikes(&self, number: u32, outcome: Outcome) -> bool {
        let struck = |of: &Struck| match outcome {
            // What parts a group, or takes a vote from it, dismounts databases elsewhere.
            Outcome::StationDown(station) => {
                of.stations.contains(&station) || self.dismounted.contains(&station)
            }
            Outcome::LinkDown(link) => of.links.iter().any(|id| id.index() == link as usize),
            _ => false,
        };
        self.plans.iter().any(|plan| plan.number == number && struck(&plan.struck))
    }

    /// Makes room for what is true.
    pub(in crate::clients) fn lay(&mut self, engine: &Engine<'_>) {
        if !self.plans.is_empty() {
            let network = engine.network();
            self.stations = network.stations.len();
            self.on = vec![[0; 3]; self.stations + network.links.len()];
            self.silent = vec![0; self.stations];
        }
    }

    /// What began or ended before the run, in order.
    pub(in crate::clients) fn past(&self) -> Vec<Past> {
        let mut past = Vec::new();
        for plan in 0..self.plans.len() as u32 {
            for times in 0.. {
                let Some((begin, end)) = self.calendar(plan, times).filter(|&(begin, _)| begin < 0) else {
                    break;
                };
                past.push(Past { at: begin, begins: true, plan });
                if end <= 0 {
                    past.push(Past { at: end, begins: false, plan });
                }
            }
        }
        past.sort_unstable();
        past
    }

    /// Begin and end of an outage at stated times, once it has been on so often, ns since
    /// the run began.
    fn calendar(&self, plan: u32, times: u64) -> Option<(i64, i64)> {
        let plan = &self.plans[plan as usize];
        let (first, span, period) = match plan.timing {
            Timing::Once { at, span } if times == 0 => (at, span, SimSpan::ZERO),
            Timing::Periodic { first, span, period } if period > SimSpan::ZERO => (first, span, period),
            _ => return None,
        };
        let begin = (first.0 as i64 - plan.before_run.0 as i64)
            .saturating_add_unsigned(period.0.saturating_mul(times));
        (span > SimSpan::ZERO).then_some((begin, begin.saturating_add_unsigned(span.0)))
    }

    /// Something began or ended before the run.
    pub(in crate::clients) fn relive(&mut self, engine: &mut Engine<'_>, past: Past) -> StateChange<'c> {
        self.states[past.plan as usize].1 += u64::from(past.begins);
        self.apply(engine, past.plan, past.begins)
    }

    /// Sets the edges of what comes next, and of the end of what is on.
    pub(in crate::clients) fn start(&mut self, engine: &mut Engine<'_>) {
        for outage in 0..self.plans.len() as u32 {
            let begun = self.states[outage as usize].1;
            let last = begun.checked_sub(1).and_then(|last| self.calendar(outage, last));
            if let Some((_, end)) = last.filter(|&(_, end)| end > 0) {
                engine.edge(SimTime(end.unsigned_abs()), self.mark | outage << 1 | 1);
            }
            self.schedule(engine, outage);
        }
    }

    /// Sets the edge of the next begin, if it falls into the run.
    fn schedule(&mut self, engine: &mut Engine<'_>, outage: u32) {
        let (key, begun) = self.states[outage as usize];
        let at = match &self.plans[outage as usize].timing {
            Timing::Random { up, .. } => {
                let span = nanos(up.draw(&mut key.child(begun).stream(UP, 0)));
                engine.now().0.saturating_add(span)
            }
            Timing::Once { .. } | Timing::Periodic { .. } => match self.calendar(outage, begun) {
                Some((begin, _)) => begin.unsigned_abs(),
                None => return,
            },
        };
        if at < self.ends_at.0 {
            engine.edge(SimTime(at), self.mark | outage << 1);
        }
    }

    pub(in crate::clients) fn change(&mut self, engine: &mut Engine<'_>, token: u32) -> StateChange<'c> {
        let token = token & !self.mark;
        let (outage, begins) = (token >> 1, token & 1 == 0);
        let change = self.apply(engine, outage, begins);
        let plan = &self.plans[outage as usize];
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
        change
    }

    /// What is true from now on.
    fn apply(&mut self, engine: &mut Engine<'_>, outage: u32, begins: bool) -> StateChange<'c> {
        let plans: &'c [OutagePlan] = self.plans;
        let plan = &plans[outage as usize];
        let change = StateChange { number: plan.number, begins, effect: plan.effect, struck: &plan.struck };
        if self.harmless {
            return change;
        }
        for &station in &plan.struck.stations {
            let on = note(&mut self.on[station as usize], plan.effect, begins);
            let silent = &mut self.silent[station as usize];
            if plan.struck.silent {
                *silent = if begins { *silent + 1 } else { silent.saturating_sub(1) };
            }
            engine.set_availability(
                station,
                if self.dismounted.contains(&station) { Availability::Killed } else { on },
            );
            if !self.looked_after {
                engine.avoid(station, matches!(on, Availability::Killed | Availability::Draining));
            }
        }
        for &link in &plan.struck.links {
            let on = note(&mut self.on[self.stations + link.index()], plan.effect, begins);
            let down = on != Availability::Up;
            engine.set_link(link, down, down && on != Availability::Holding);
        }
        change
    }
}

/// Counts an outage in or out, and tells what is left.
fn note(on: &mut [u32; 3], effect: OutageEffect, begins: bool) -> Availability {
    let count = &mut on[effect as usize];
    *count = if begins { *count + 1 } else { count.saturating_sub(1) };
    state(on)
}

/// What is left while so many outages of each effect are on.
fn state(on: &[u32; 3]) -> Availability {
    match *on {
        [kill, _, _] if kill > 0 => Availability::Killed,
        [_, _, hold] if hold > 0 => Availability::Holding,
        [_, drain, _] if drain > 0 => Availability::Draining,
        _ => Availability::Up,
    }
}
