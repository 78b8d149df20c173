//! Custom sources: open, time-varying, closed and traced arrivals of sessions of
//! one request each, over stations, links and delays of the scenario's own.
//!
//! [`compile::compile`] turns the custom part of a workload into stations, links
//! and programs of a [`Network`](crate::itinerary::Network);
//! [`CustomDriver`] opens the requests. Every classical queueing system is
//! expressed this way, which is how the engine is verified.
//!
//! * One next arrival is pending a source, however long the run; a closed source
//!   has one timer a thinking user.
//! * Draws are named: a session by its source's `stream` and its number (or its
//!   user's and the user's session number), a service by its station's `stream`.
//!   A second stop at the same station of one route draws under a role of its own.
//! * Users of a closed source begin by thinking.
//! * A session that is refused or cut off tries again, if its source says so, after
//!   a wait that doubles. Its draws stay the same, its latency counts from the first
//!   attempt, and what lies before the last one is [`Part::Retry`].
//!
//! Must not know Exchange. Next: [`crate::sim`].

pub mod compile;

use rand::RngExt;
use rand_distr::Distribution as _;
use rand_pcg::Pcg64Mcg;

use crate::clients::play::outages::Outages;
use crate::itinerary::{PARAMS, Part, SLOTS};
use crate::kernel::random::{Key, Role};
use crate::kernel::variates::UnitExponential;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::{Decision, Failure, Mechanism};
use crate::recorder::{Recorded, Recorder, RequestRecord, class_of};
use crate::results::{CellKey, NONE, SessionOutcome, SessionRecord};
use crate::sim::{Driver, Ended, Engine, Opening, Outcome, UNBOUND};
use compile::{ArrivalPlan, Compiled};

/// Set in every owner and timer token of this driver, so that it can share an
/// engine with another one.
pub const CUSTOM: u32 = 1 << 31;

const GAPS: Role = Role::new("arrivals");
const CLASS: Role = Role::new("class");
const THINK: Role = Role::new("think");

/// A session under way.
#[derive(Clone, Copy, Debug)]
struct Live {
    key: Key,
    started_at: SimTime,
    /// Index into the classes of all sources; [`NONE`] on the free list.
    class: u32,
    /// User of a closed source, or [`NONE`].
    user: u32,
    /// Attempts that have failed.
    attempt: u32,
}

// With a request in flight (at most 152 bytes) and its timer or place in a queue, a
// session stays below 200 bytes.
const _: () = assert!(size_of::<Live>() == 32);

#[derive(Clone, Debug)]
struct SourceState {
    key: Key,
    gaps: Pcg64Mcg,
    /// Number of the next session, and for a trace its place in it.
    next: u64,
    /// When the next session of a varying source comes, ns, before rounding.
    clock: f64,
}

#[derive(Clone, Copy, Debug)]
struct User {
    key: Key,
    source: u32,
    sessions: u32,
}

/// Plays the custom sources of one replication.
#[derive(Debug)]
pub struct CustomDriver<'c> {
    plan: &'c Compiled,
    recorder: Recorder<'c>,
    replication: u32,
    sources: Vec<SourceState>,
    users: Vec<User>,
    /// By class and user: bit 0 had a session in the window, bit 1 a failure.
    touched: Vec<u8>,
    live: Vec<Live>,
    free: Vec<u32>,
    /// By class of all sources.
    cells: Vec<u32>,
    rows: bool,
    outages: Outages<'c>,
}

impl<'c> CustomDriver<'c> {
    /// A driver for one replication, or for its twin; `root` names its draws.
    #[must_use]
    pub fn new(
        plan: &'c Compiled,
        root: Key,
        (replication, twin): (u32, bool),
        mut recorder: Recorder<'c>,
    ) -> Self {
        let mut sources = Vec::with_capacity(plan.sources.len());
        let mut users = Vec::with_capacity(plan.users as usize);
        let mut cells = Vec::with_capacity(plan.classes.len());
        for (index, source) in plan.sources.iter().enumerate() {
            let key = root.named("source").named(&source.stream);
            sources.push(SourceState { key, gaps: key.stream(GAPS, 0), next: 0, clock: 0.0 });
            if let ArrivalPlan::Closed { users: count, .. } = source.arrivals {
                users.extend((0..count).map(|user| User {
                    key: key.child(u64::from(user)),
                    source: index as u32,
                    sessions: 0,
                }));
            }
            for (number, class) in plan.classes_of(source).iter().enumerate() {
                let key = CellKey {
                    protocol: None,
                    population: plan.first_population + index as u32,
                    entry_site: NONE,
                    mailbox_site: NONE,
                    decision: Decision::Local,
                    class: number as u32,
                };
                cells.push(recorder.cell(key, &class.name));
            }
        }
        let rows = recorder.wants_rows();
        let outages = Outages::new(&plan.outages, root, recorder.ends_at(), CUSTOM).harmless(twin);
        let touched = vec![0; users.len() * plan.most_classes()];
        Self {
            plan,
            recorder,
            replication,
            sources,
            users,
            touched,
            live: Vec::new(),
            free: Vec::new(),
            cells,
            rows,
            outages,
        }
    }

    /// Sets the timer of the source's next arrival, if one falls into the run.
    fn schedule(&mut self, engine: &mut Engine<'_>, index: u32) {
        let state = &mut self.sources[index as usize];
        let at = match &self.plan.sources[index as usize].arrivals {
            ArrivalPlan::Poisson { mean_gap } => {
                let unit: f64 = UnitExponential.sample(&mut state.gaps);
                engine.now().0.saturating_add(nanos(mean_gap * unit))
            }
            ArrivalPlan::Varying(pieces) => {
                let unit: f64 = UnitExponential.sample(&mut state.gaps);
                state.clock = compile::advance(pieces, state.clock, unit);
                nanos(state.clock)
            }
            ArrivalPlan::Trace(instants) => match instants.get(state.next as usize) {
                Some(at) => at.0,
                None => return,
            },
            ArrivalPlan::Closed { .. } => return,
        };
        if at < self.recorder.ends_at().0 {
            engine.timer(SimTime(at), CUSTOM | index);
        }
    }

    /// Lets a user think; the session that follows exists, by name, already.
    fn think(&mut self, engine: &mut Engine<'_>, index: u32) {
        let user = &self.users[index as usize];
        let ArrivalPlan::Closed { think, .. } = &self.plan.sources[user.source as usize].arrivals else {
            return;
        };
        let session = user.key.child(u64::from(user.sessions));
        let at = engine.now().0.saturating_add(nanos(think.draw(&mut session.stream(THINK, 0))));
        if at < self.recorder.ends_at().0 {
            engine.timer(SimTime(at), CUSTOM | (self.plan.sources.len() as u32 + index));
        }
    }

    #[inline]
    fn open(&mut self, engine: &mut Engine<'_>, source: u32, key: Key, user: u32) {
        let source = &self.plan.sources[source as usize];
        let mut class = source.first_class;
        if source.cumulative.len() > 1 {
            let unit: f64 = key.stream(CLASS, 0).random();
            let last = source.cumulative.len() - 1;
            class += source.cumulative[..last].iter().filter(|&&bound| unit >= bound).count() as u32;
        }
        let live = Live { key, started_at: engine.now(), class, user, attempt: 0 };
        let owner = match self.free.pop() {
            Some(index) => {
                self.live[index as usize] = live;
                index
            }
            None => {
                self.live.push(live);
                engine.crowd(self.live.len());
                u32::try_from(self.live.len() - 1).expect("fewer than 2^31 sessions at once")
            }
        };
        self.launch(engine, owner);
    }

    /// For whom a session's requests travel.
    fn class_of(&self, live: &Live) -> u32 {
        let source = self.plan.classes[live.class as usize].source;
        class_of((None, self.plan.first_population + source))
    }

    /// Opens the request of a session, the first time or again.
    #[inline]
    fn launch(&self, engine: &mut Engine<'_>, owner: u32) {
        let live = &self.live[owner as usize];
        engine.open(&Opening {
            program: self.plan.classes[live.class as usize].program,
            key: live.key,
            owner: CUSTOM | owner,
            tag: 0,
            class: self.class_of(live),
            params: [0; PARAMS],
            slots: [UNBOUND; SLOTS],
            patience: SimSpan::ZERO,
        });
    }

    /// After a failed attempt: whether the session tries again, and if so it waits.
    fn tries_again(&mut self, engine: &mut Engine<'_>, owner: u32) -> bool {
        let live = &mut self.live[owner as usize];
        let source = &self.plan.sources[self.plan.classes[live.class as usize].source as usize];
        let now = engine.now();
        if live.attempt >= source.retries || now >= self.recorder.ends_at() {
            return false;
        }
        let wait = source.backoff.0.saturating_mul(1 << live.attempt.min(20));
        live.attempt += 1;
        let at = SimTime(now.0.saturating_add(wait).min(SimTime::MAX.0));
        if at < self.recorder.ends_at() {
            let token = self.sources.len() as u32 + self.users.len() as u32 + owner;
            debug_assert!(token < CUSTOM, "timer tokens hold 2^31 sessions");
            engine.timer(at, CUSTOM | token);
        }
        true
    }

    fn touch(&mut self, live: &Live, end: SimTime, failed: bool) {
        let overlaps = live.started_at < self.recorder.ends_at() && end > self.recorder.measured_from();
        if live.user != NONE && overlaps {
            let source = &self.plan.sources[self.users[live.user as usize].source as usize];
            let class = (live.class - source.first_class) as usize;
            self.touched[class * self.users.len() + live.user as usize] |= 1 | u8::from(failed) << 1;
        }
    }

    fn row(
        &self,
        live: &Live,
        end: SimTime,
        outcome: SessionOutcome,
        failure: Option<Failure>,
    ) -> SessionRecord {
        let class = &self.plan.classes[live.class as usize];
        let inside = u32::from(self.recorder.counts(live.started_at));
        let latency = end.since(live.started_at);
        let completed = outcome == SessionOutcome::Completed && inside == 1;
        SessionRecord {
            session_id: live.key.0,
            replication: self.replication,
            protocol: None,
            population: self.plan.first_population + class.source,
            client_location: NONE,
            mailbox_site: NONE,
            entry_site: NONE,
            serving_site: NONE,
            entry_server: NONE,
            serving_server: NONE,
            namespace: NONE,
            decision: Decision::Local,
            mechanism: Mechanism::ServeLocal,
            rule: "",
            requests: inside,
            failed_requests: if outcome == SessionOutcome::Failed { inside } else { 0 },
            held_requests: 0,
            held_failed_requests: 0,
            redirects: 0,
            server_hops: class.server_hops,
            wan_hops: 0,
            client_wan_hops: 0,
            start: live.started_at,
            carried_in: live.started_at < self.recorder.measured_from(),
            before_run: SimSpan::ZERO,
            end,
            logon_latency: None,
            logon_human: SimSpan::ZERO,
            latency_sum: if completed { latency.0 } else { 0 },
            latency_count: u32::from(completed),
            latency_max: if completed { latency } else { SimSpan::ZERO },
            retries: live.attempt,
            outcome,
            failure,
        }
    }

    /// Reports what is still under way at `now`, the end of the run, and closes
    /// the recorder.
    #[must_use]
    pub fn finish(mut self, now: SimTime) -> Recorded {
        let now = now.max(self.recorder.measured_from());
        // In order of their start, not of the table's places, which others share.
        let mut open = std::mem::take(&mut self.live);
        open.retain(|live| live.class != NONE);
        open.sort_unstable_by_key(|live| (live.started_at, live.key.0));
        for live in open {
            let cell = self.cells[live.class as usize];
            let row = self.row(&live, now, SessionOutcome::Open, None);
            self.recorder.unfinished(cell, live.started_at, false);
            self.recorder.session(cell, &row);
            self.touch(&live, now, false);
        }
        for source in &self.plan.sources {
            for class in source.first_class..source.first_class + source.cumulative.len() as u32 {
                let cell = self.cells[class as usize];
                let (users, affected) = if let ArrivalPlan::Closed { users, first_user, .. } = source.arrivals
                {
                    let row = (class - source.first_class) as usize * self.users.len();
                    let mine = &self.touched[row + first_user as usize..][..users as usize];
                    let with = |bit: u8| mine.iter().filter(|&&touched| touched & bit != 0).count() as u64;
                    (with(1), with(2))
                } else {
                    // Every session of an open source is a user of its own.
                    let counts = self.recorder.counts_of(cell);
                    (counts.sessions, counts.failed_sessions)
                };
                self.recorder.users(cell, users, affected);
            }
        }
        self.recorder.close()
    }
}

impl Driver for CustomDriver<'_> {
    fn start(&mut self, engine: &mut Engine<'_>) {
        self.outages.lay(engine);
        for past in self.outages.past() {
            self.outages.relive(engine, past);
        }
        self.outages.start(engine);
        // Who begins first comes first at one instant: by name, not in the order of the file.
        let plan = self.plan;
        let mut order: Vec<u32> = (0..self.sources.len() as u32).collect();
        order.sort_by_key(|source| &plan.sources[*source as usize].stream);
        for &source in &order {
            self.schedule(engine, source);
        }
        for source in order {
            // Users of one source stand together.
            let first = self.users.partition_point(|user| user.source < source);
            let next = self.users.partition_point(|user| user.source <= source);
            for user in first..next {
                self.think(engine, user as u32);
            }
        }
    }

    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        let index = token & !CUSTOM;
        if let Some(state) = self.sources.get_mut(index as usize) {
            let key = state.key.child(state.next);
            state.next += 1;
            self.open(engine, index, key, NONE);
            self.schedule(engine, index);
            return;
        }
        let user = index - self.sources.len() as u32;
        if user < self.users.len() as u32 {
            let User { key, source, sessions } = self.users[user as usize];
            self.users[user as usize].sessions += 1;
            self.open(engine, source, key.child(u64::from(sessions)), user);
        } else {
            self.launch(engine, user - self.users.len() as u32);
        }
    }

    fn check(&self) -> Vec<String> {
        self.recorder.check()
    }

    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        self.outages.change(engine, token);
    }

    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        let owner = ended.owner & !CUSTOM;
        let failure = failure(ended.outcome);
        if failure.is_some() && self.tries_again(engine, owner) {
            return;
        }
        let live = self.live[owner as usize];
        self.live[owner as usize].class = NONE;
        self.free.push(owner);
        let now = engine.now();
        let mut parts = ended.parts;
        parts[Part::Retry as usize] += ended.opened_at.since(live.started_at).0;
        let cell = self.cells[live.class as usize];
        self.recorder.request(&RequestRecord {
            incident: NONE,
            cell,
            session_id: live.key.0,
            started_at: live.started_at,
            ended_at: now,
            failure,
            logon: false,
            held: false,
            parts: &parts,
        });
        if self.rows || live.attempt > 0 {
            let outcome = if failure.is_some() { SessionOutcome::Failed } else { SessionOutcome::Completed };
            let row = self.row(&live, now, outcome, failure);
            self.recorder.session(cell, &row);
        } else {
            let hops = self.plan.classes[live.class as usize].server_hops;
            self.recorder.brief_session(cell, live.key.0, live.started_at, now, failure, hops);
        }
        if live.user != NONE {
            self.touch(&live, now, failure.is_some());
            self.think(engine, live.user);
        }
    }
}

/// The reason in the user's words.
fn failure(outcome: Outcome) -> Option<Failure> {
    match outcome {
        Outcome::Completed => None,
        Outcome::QueueFull(_) => Some(Failure::QueueFull),
        Outcome::PoolFull(_) => Some(Failure::ConnectionLimit),
        Outcome::StationDown(_) => Some(Failure::ServerDown),
        Outcome::LinkDown(_) => Some(Failure::LinkDown),
        Outcome::TimedOut => Some(Failure::TimedOut),
        // Custom programs have no failing leg, and this driver aborts nothing.
        Outcome::Failed(_) | Outcome::Refused(_) | Outcome::Aborted(_) => Some(Failure::NotSupported),
    }
}
