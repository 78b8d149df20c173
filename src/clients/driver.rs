//! Sessions and requests: what every protocol's state machine stands on.
//!
//! [`Clients`] keeps one small record a client ([`Client`]) and one for its session
//! ([`Live`]); a client has at most one session and one user-visible request at a
//! time, beside requests in the background (a held Ping, a notification poll). The
//! protocols' files decide what comes next; this one opens, retries, records and
//! counts. A visible request may consist of several stages (a mailbox fetched
//! message by message), whose parts add up.
//!
//! Timers name the client and one of three purposes ([`MAIN`], [`AUX`], [`RETRY`]).
//! A timer that is no longer wanted is recognised by its instant.
//!
//! Must not know links, servers' speeds or rules. Next: [`super::owa`] for a state
//! machine in full.

use rand::RngExt;
use rand_distr::{Distribution as _, Exp1};

use super::compile::{Cohort, Habit, Identity, Plan};
use super::day::DayClock;
use super::program::{ENTRY, FIRST, MAILBOX, TARGET};
use crate::kernel::distribution::Sampler;
use crate::kernel::random::{Key, Role};
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::{Failure, Mechanism};
use crate::model::itinerary::{PARTS, Part, SLOTS};
use crate::model::topology::{Protocol, Topology};
use crate::model::workload::{Location, Workload};
use crate::model::{Experiment, Model};
use crate::recorder::{Recorded, Recorder, RequestRecord};
use crate::results::{CellKey, NONE, SessionOutcome, SessionRecord, SessionSink};
use crate::sim::{Driver, Ended, Engine, Opening, Outcome, UNBOUND};

/// Purpose of a timer: the state machine's next step.
pub(super) const MAIN: u32 = 0;
/// Purpose of a timer: a second process of the client (polls, sends, keep-alives).
pub(super) const AUX: u32 = 1;
/// Purpose of a timer: another attempt.
const RETRY: u32 = 2;
const PURPOSES: u32 = 2;
/// Set in the tag of a request in the background.
const BACKGROUND: u32 = 1 << 8;
/// Bandwidth of a client that has no last mile, bit/s; never divides anything.
const LAN: u64 = 1_000_000_000;

const ACCESS_RTT: Role = Role::new("access round trip");
const ACCESS_LINE: Role = Role::new("access line");
/// Gap to the next event of a client's main process.
pub(super) const GAP: Role = Role::new("gap");

/// What happens to a client between requests.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// Names the client's draws.
    pub(super) key: Key,
    /// Names the draws of its mailbox, which other clients share.
    pub(super) mailbox_key: Key,
    /// Round trip of the client's own line, ns.
    rtt: u64,
    /// Bandwidth of it, bit/s.
    line: u64,
    /// When the timers of [`MAIN`] and [`AUX`] are due.
    due: [SimTime; 2],
    /// Where the main process stands on the work axis.
    pub(super) work: f64,
    /// Where the second process stands.
    pub(super) aux_work: f64,
    /// Where mail stands.
    pub(super) mail_work: f64,
    /// Next arrival of mail.
    pub(super) mail_at: SimTime,
    /// Number of that mail.
    pub(super) mails: u32,
    /// Index of the cohort.
    pub(super) cohort: u32,
    /// Number of the present or next session.
    pub(super) session: u32,
    /// Steps done in this session.
    pub(super) done: u32,
    /// Steps planned in this session, or messages still to fetch.
    pub(super) planned: u32,
    /// Events of the second process so far.
    pub(super) aux: u32,
    /// Failed sessions in a row.
    pub(super) fails: u32,
    /// The protocol's own state.
    pub(super) state: u8,
    /// Remembers where it was sent.
    moved: bool,
    /// Had a session in the window, as itself and as moved; then: was affected.
    seen: [bool; 4],
    slots: [u32; SLOTS],
}

/// A session under way.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) open: bool,
    pub(super) key: Key,
    cell: u32,
    start: SimTime,
    before_run: SimSpan,
    carried: bool,
    requests: u32,
    failed: u32,
    held: u32,
    redirects: u32,
    retries: u32,
    logon: Option<SimSpan>,
    latency_sum: u64,
    latency_count: u32,
    latency_max: u64,
    /// A visible request is under way.
    pub(super) busy: bool,
    logon_request: bool,
    step: u8,
    attempt: u32,
    started_at: SimTime,
    request: Key,
    parts: [u64; PARTS],
}

/// Sessions by fate, over the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fates {
    opened: u64,
    carried: u64,
    completed: u64,
    failed: u64,
    open: u64,
}

/// Plays the Exchange clients of one replication.
#[derive(Debug)]
pub struct Clients<'p, S> {
    pub(super) plan: &'p Plan,
    recorder: Recorder<S>,
    replication: u32,
    ends_at: SimTime,
    clocks: Vec<DayClock>,
    /// By cohort: index into `clocks`.
    clock_of: Vec<u32>,
    /// By cohort and whether moved; [`NONE`] until used.
    cells: Vec<[u32; 2]>,
    pub(super) clients: Vec<Client>,
    pub(super) lives: Vec<Live>,
    fates: Fates,
}

/// Minutes that local time at a population is ahead of UTC: a named region's or
/// site's own; that of the home site for clients somewhere on the Internet.
fn utc_offset(topology: &Topology, workload: &Workload, cohort: &Cohort) -> i32 {
    match cohort.location {
        Location::Site(site) => topology.sites[site.index()].utc_offset_minutes,
        Location::Internet(region) if region.index() > 0 => {
            topology.regions[region.index()].utc_offset_minutes
        }
        Location::Internet(_) => {
            let home = workload.populations[cohort.population as usize].home;
            topology.sites[home.index()].utc_offset_minutes
        }
    }
}

impl<'p, S: SessionSink> Clients<'p, S> {
    /// Clients of one replication of `experiment`; `root` names their draws.
    #[must_use]
    pub fn new(
        model: &Model,
        plan: &'p Plan,
        experiment: &Experiment,
        root: Key,
        replication: u32,
        recorder: Recorder<S>,
    ) -> Self {
        let (topology, workload) = (&model.topology, &model.workload);
        let begins_at = experiment.window_starts_at_utc.0 as i64 - experiment.warmup.0 as i64;
        let mut clocks: Vec<DayClock> = Vec::new();
        let mut clock_of = Vec::with_capacity(plan.cohorts.len());
        for cohort in &plan.cohorts {
            let offset = i64::from(utc_offset(topology, workload, cohort)) * 60_000_000_000;
            let day = &workload.populations[cohort.population as usize].day;
            let clock = DayClock::new(day, begins_at + offset);
            let known = clocks.iter().position(|c| *c == clock).unwrap_or_else(|| {
                clocks.push(clock);
                clocks.len() - 1
            });
            clock_of.push(known as u32);
        }
        let access: Vec<Option<[Sampler; 2]>> = plan
            .cohorts
            .iter()
            .map(|cohort| match cohort.location {
                Location::Site(_) => None,
                Location::Internet(region) => {
                    let region = &topology.regions[region.index()];
                    Some([region.rtt.sampler(), region.bandwidth.sampler()])
                }
            })
            .collect();
        let mut clients = Vec::with_capacity(plan.members.len());
        for member in &plan.members {
            let cohort = &plan.cohorts[member.cohort as usize];
            let population = root.named(&plan.habits[cohort.population as usize].stream);
            let mailbox_key = population.child(u64::from(member.mailbox));
            let key = mailbox_key.named(cohort.protocol.token()).child(u64::from(member.number));
            // One line a mailbox: a user's clients share it.
            let (rtt, line) = match (&access[member.cohort as usize], cohort.location) {
                (Some([rtt, line]), _) => (
                    nanos(rtt.draw(&mut mailbox_key.stream(ACCESS_RTT, 0))),
                    nanos(line.draw(&mut mailbox_key.stream(ACCESS_LINE, 0))).max(1),
                ),
                (None, Location::Site(site)) => (topology.sites[site.index()].lan_rtt.0, LAN),
                (None, Location::Internet(_)) => (0, LAN),
            };
            let mut slots = [UNBOUND; SLOTS];
            slots[usize::from(MAILBOX)] = member.mailbox_server;
            clients.push(Client {
                key,
                mailbox_key,
                rtt,
                line,
                due: [SimTime::MAX; 2],
                work: 0.0,
                aux_work: 0.0,
                mail_work: 0.0,
                mail_at: SimTime::MAX,
                mails: 0,
                cohort: member.cohort,
                session: 0,
                done: 0,
                planned: 0,
                aux: 0,
                fails: 0,
                state: 0,
                moved: false,
                seen: [false; 4],
                slots,
            });
        }
        let lives = vec![Live::default(); clients.len()];
        Self {
            plan,
            ends_at: recorder.ends_at(),
            recorder,
            replication,
            clocks,
            clock_of,
            cells: vec![[NONE; 2]; plan.cohorts.len()],
            clients,
            lives,
            fates: Fates::default(),
        }
    }

    pub(super) fn cohort(&self, c: usize) -> &'p Cohort {
        &self.plan.cohorts[self.clients[c].cohort as usize]
    }

    pub(super) fn habit(&self, c: usize) -> &'p Habit {
        &self.plan.habits[self.cohort(c).population as usize]
    }

    pub(super) fn clock(&self, c: usize) -> &DayClock {
        &self.clocks[self.clock_of[self.clients[c].cohort as usize] as usize]
    }

    /// Sets a timer; an earlier one of the same purpose will be ignored.
    pub(super) fn set(&mut self, engine: &mut Engine<'_>, c: usize, purpose: u32, at: SimTime) {
        let at = at.max(engine.now());
        self.clients[c].due[purpose as usize] = at;
        if at < self.ends_at {
            engine.timer(at, (c as u32) << PURPOSES | purpose);
        }
    }

    /// When the timer of [`MAIN`] is due.
    pub(super) fn main_at(&self, c: usize) -> SimTime {
        self.clients[c].due[MAIN as usize]
    }

    /// When the present or last session began.
    pub(super) fn session_start(&self, c: usize) -> SimTime {
        self.lives[c].start
    }

    /// The end of the window, after which nothing begins.
    pub(super) fn ends(&self) -> SimTime {
        self.ends_at
    }

    /// Forgets a timer.
    pub(super) fn unset(&mut self, c: usize, purpose: u32) {
        self.clients[c].due[purpose as usize] = SimTime::MAX;
    }

    /// Opens session `number` now. One that is carried in began `before_run` before
    /// the run and has no logon in it.
    pub(super) fn open_session(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        number: u32,
        before_run: Option<SimSpan>,
    ) {
        let cohort = self.cohort(c);
        let client = &mut self.clients[c];
        client.session = number;
        client.done = 0;
        let affinity = client.mailbox_key.0;
        if let Some(entry) = cohort.entry {
            client.slots[usize::from(ENTRY)] = engine.choose(entry, affinity);
        }
        if let Some(first) = cohort.first {
            client.slots[usize::from(FIRST)] = engine.choose(first, affinity);
        }
        if let Some(target) = cohort.target {
            client.slots[usize::from(TARGET)] = if cohort.target_is_first {
                engine.network().groups[target.index()].first
            } else {
                engine.choose(target, affinity)
            };
        }
        let key = client.key.child(u64::from(number));
        let moved = client.moved;
        let cell = self.cell(c, moved);
        self.fates.opened += u64::from(before_run.is_none());
        self.fates.carried += u64::from(before_run.is_some());
        self.lives[c] = Live {
            open: true,
            key,
            cell,
            start: engine.now(),
            before_run: before_run.unwrap_or(SimSpan::ZERO),
            carried: before_run.is_some(),
            ..Live::default()
        };
    }

    fn identity(&self, c: usize) -> &'p Identity {
        let cohort = self.cohort(c);
        if self.clients[c].moved { &cohort.direct_identity } else { &cohort.identity }
    }

    fn cell(&mut self, c: usize, moved: bool) -> u32 {
        let index = self.clients[c].cohort as usize;
        let known = self.cells[index][usize::from(moved)];
        if known != NONE {
            return known;
        }
        let identity = self.identity(c);
        let cohort = &self.plan.cohorts[index];
        let key = CellKey {
            protocol: Some(cohort.protocol),
            population: cohort.population,
            entry_site: identity.entry_site,
            mailbox_site: cohort.mailbox_site,
            decision: identity.decision,
            class: 0,
        };
        let cell = self.recorder.cell(key, "");
        self.cells[index][usize::from(moved)] = cell;
        cell
    }

    /// Begins a visible request: `number` names its draws within the session.
    pub(super) fn begin(&mut self, engine: &mut Engine<'_>, c: usize, step: u8, number: u64) {
        if engine.now() >= self.ends_at {
            return;
        }
        let live = &mut self.lives[c];
        debug_assert!(live.open && !live.busy, "one visible request at a time");
        live.busy = true;
        live.logon_request = step == 0;
        live.started_at = engine.now();
        live.parts = [0; PARTS];
        self.stage(engine, c, step, number);
    }

    /// Begins the next stage of the visible request.
    pub(super) fn stage(&mut self, engine: &mut Engine<'_>, c: usize, step: u8, number: u64) {
        let live = &mut self.lives[c];
        live.step = step;
        live.attempt = 0;
        live.request = live.key.child(number);
        self.launch(engine, c);
    }

    fn launch(&mut self, engine: &mut Engine<'_>, c: usize) {
        let cohort = self.cohort(c);
        let (client, live) = (&self.clients[c], &self.lives[c]);
        let program =
            if live.step == 0 && client.moved { cohort.direct } else { cohort.steps[usize::from(live.step)] };
        let patience = self.habit(c).settings.request_timeout;
        engine.open(&Opening {
            program,
            key: live.request,
            owner: c as u32,
            tag: u32::from(live.step) | client.session << 16,
            params: [client.rtt + cohort.rtt, client.line, client.rtt + cohort.first_rtt],
            slots: client.slots,
            patience,
        });
    }

    /// Opens a request that nobody waits for; its answer is held for `span`.
    pub(super) fn background(&self, engine: &mut Engine<'_>, c: usize, step: u8, number: u64, span: SimSpan) {
        if engine.now() >= self.ends_at {
            return;
        }
        let cohort = self.cohort(c);
        let client = &self.clients[c];
        engine.open(&Opening {
            program: cohort.steps[usize::from(step)],
            key: self.lives[c].key.child(number),
            owner: c as u32,
            tag: u32::from(step) | BACKGROUND | client.session << 16,
            params: [client.rtt + cohort.rtt, client.line, span.0],
            slots: client.slots,
            patience: SimSpan::ZERO,
        });
    }

    /// A stage of the visible request ended.
    fn foreground_ended(&mut self, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        let now = engine.now();
        let live = &mut self.lives[c];
        let failure = failure_of(ended.outcome);
        let Some(failure) = failure else {
            for (sum, part) in live.parts.iter_mut().zip(&ended.parts) {
                *sum += part;
            }
            self.answered(engine, c, ended);
            return;
        };
        live.parts[Part::Retry as usize] += now.since(ended.opened_at).0;
        let settings = &self.habit(c).settings;
        let live = &mut self.lives[c];
        let hopeless = matches!(ended.outcome, Outcome::Failed(_));
        if hopeless || live.attempt >= settings.retries || now >= self.ends_at {
            self.close_request(engine, c, Some(failure));
            return;
        }
        let wait = settings.retry_backoff.0.saturating_mul(1 << live.attempt.min(20));
        live.attempt += 1;
        live.retries += 1;
        live.parts[Part::Retry as usize] += wait;
        let at = SimTime((now.0 + wait).min(SimTime::MAX.0));
        self.rebind(engine, c, ended.outcome);
        engine.timer(at, (c as u32) << PURPOSES | RETRY);
    }

    /// A client turns to another server where its own is known to be down.
    fn rebind(&mut self, engine: &mut Engine<'_>, c: usize, outcome: Outcome) {
        let Outcome::StationDown(station) = outcome else { return };
        let cohort = self.cohort(c);
        let affinity = self.clients[c].mailbox_key.0;
        for (slot, group) in [(ENTRY, cohort.entry), (FIRST, cohort.first), (TARGET, cohort.target)] {
            let bound = &mut self.clients[c].slots[usize::from(slot)];
            if let Some(group) = group
                && *bound == station
                && !(slot == TARGET && cohort.target_is_first)
            {
                *bound = engine.choose(group, affinity);
            }
        }
    }

    /// The visible request is over.
    pub(super) fn close_request(&mut self, engine: &mut Engine<'_>, c: usize, failure: Option<Failure>) {
        let now = engine.now();
        let live = &mut self.lives[c];
        live.busy = false;
        let counts = self.recorder.counts(live.started_at);
        let latency = now.since(live.started_at);
        if counts {
            live.requests += 1;
            if failure.is_some() {
                live.failed += 1;
            } else {
                live.latency_sum += latency.0;
                live.latency_count += 1;
                live.latency_max = live.latency_max.max(latency.0);
            }
        }
        if live.logon_request && failure.is_none() {
            live.logon = Some(latency);
        }
        self.recorder.request(&RequestRecord {
            cell: live.cell,
            session_id: live.key.0,
            started_at: live.started_at,
            ended_at: now,
            failure,
            logon: live.logon_request,
            held: false,
            parts: &live.parts,
        });
        let step = live.step;
        if live.logon_request {
            match failure {
                Some(failure) => {
                    self.clients[c].fails += 1;
                    self.close_session(engine, c, SessionOutcome::Failed, Some(failure));
                    self.turned_away(engine, c);
                    return;
                }
                None => self.logged_on(c),
            }
        }
        self.go_on(engine, c, step, failure);
    }

    fn logged_on(&mut self, c: usize) {
        let identity = self.identity(c);
        self.clients[c].fails = 0;
        self.lives[c].redirects += identity.redirects;
    }

    /// Counts a held request that ended well.
    pub(super) fn count_held(&mut self, c: usize, ended: &Ended, now: SimTime) {
        let live = &mut self.lives[c];
        live.held += u32::from(self.recorder.counts(ended.opened_at));
        self.recorder.request(&RequestRecord {
            cell: live.cell,
            session_id: live.key.0,
            started_at: ended.opened_at,
            ended_at: now,
            failure: None,
            logon: false,
            held: true,
            parts: &ended.parts,
        });
    }

    /// Counts a held request that failed.
    pub(super) fn count_held_failure(&mut self, c: usize, ended: &Ended, now: SimTime, failure: Failure) {
        let live = &mut self.lives[c];
        if self.recorder.counts(ended.opened_at) {
            live.requests += 1;
            live.failed += 1;
        }
        self.recorder.request(&RequestRecord {
            cell: live.cell,
            session_id: live.key.0,
            started_at: ended.opened_at,
            ended_at: now,
            failure: Some(failure),
            logon: false,
            held: true,
            parts: &ended.parts,
        });
    }

    /// The session is over.
    pub(super) fn close_session(
        &mut self,
        engine: &Engine<'_>,
        c: usize,
        outcome: SessionOutcome,
        failure: Option<Failure>,
    ) {
        self.fates.completed += u64::from(outcome == SessionOutcome::Completed);
        self.fates.failed += u64::from(outcome == SessionOutcome::Failed);
        self.report(c, engine.now(), outcome, failure);
        self.lives[c].open = false;
        self.unset(c, MAIN);
        self.unset(c, AUX);
        // What a device or Outlook is told, it writes into its profile; from the
        // next session on it turns there at once.
        let identity = self.cohort(c).identity;
        let remembers = matches!(identity.mechanism, Mechanism::Redirect451 | Mechanism::Refer);
        if remembers && self.lives[c].redirects > 0 {
            self.clients[c].moved = true;
        }
    }

    fn report(&mut self, c: usize, end: SimTime, outcome: SessionOutcome, failure: Option<Failure>) {
        let cohort = self.cohort(c);
        let identity = self.identity(c);
        let (client, live) = (&mut self.clients[c], &self.lives[c]);
        if live.start >= self.ends_at
            || end <= self.recorder.measured_from() && live.start < self.recorder.measured_from()
        {
            return;
        }
        let moved = usize::from(client.moved);
        client.seen[moved] = true;
        client.seen[2 + moved] |= live.failed > 0 || outcome == SessionOutcome::Failed;
        let slot = |slot: u8| client.slots[usize::from(slot)];
        let redirected = cohort.first.is_some() && !client.moved;
        let refused = cohort.refused.is_some();
        let serving = if cohort.target.is_some() { slot(TARGET) } else { slot(ENTRY) };
        let record = SessionRecord {
            session_id: live.key.0,
            replication: self.replication,
            protocol: Some(cohort.protocol),
            population: cohort.population,
            client_location: cohort.location_index,
            mailbox_site: cohort.mailbox_site,
            entry_site: identity.entry_site,
            serving_site: if refused { NONE } else { identity.serving_site },
            entry_server: if redirected { slot(FIRST) } else { slot(ENTRY) },
            serving_server: if refused { NONE } else { serving },
            namespace: cohort.namespace,
            decision: identity.decision,
            mechanism: identity.mechanism,
            rule: identity.rule,
            requests: live.requests,
            failed_requests: live.failed,
            held_requests: live.held,
            redirects: live.redirects,
            server_hops: identity.server_hops,
            wan_hops: identity.wan_hops,
            client_wan_hops: identity.client_wan_hops,
            start: live.start,
            carried_in: live.carried || live.start < self.recorder.measured_from(),
            before_run: live.before_run,
            end,
            logon_latency: live.logon,
            latency_sum: live.latency_sum,
            latency_count: live.latency_count,
            latency_max: SimSpan(live.latency_max),
            retries: live.retries,
            outcome,
            failure,
        };
        self.recorder.session(live.cell, &record);
    }

    /// Reports what is open at `now`, the end of the window, and closes the recorder.
    #[must_use]
    pub fn finish(mut self, now: SimTime) -> (Recorded, S) {
        for c in 0..self.clients.len() {
            if !self.lives[c].open {
                continue;
            }
            let live = &mut self.lives[c];
            if live.busy {
                live.requests += u32::from(self.recorder.counts(live.started_at));
                self.recorder.unfinished(live.cell, live.started_at);
            }
            self.fates.open += 1;
            self.report(c, now, SessionOutcome::Open, None);
        }
        let mut users = std::collections::BTreeMap::<u32, [u64; 2]>::new();
        for client in &self.clients {
            for moved in 0..2 {
                if client.seen[moved] {
                    let of = users.entry(self.cells[client.cohort as usize][moved]).or_default();
                    of[0] += 1;
                    of[1] += u64::from(client.seen[2 + moved]);
                }
            }
        }
        for (cell, [users, affected]) in users {
            self.recorder.users(cell, users, affected);
        }
        let fates = self.fates;
        let (mut recorded, sink) = self.recorder.into_parts();
        if fates.opened + fates.carried != fates.completed + fates.failed + fates.open {
            recorded.violations.push(format!("K1, conservation of sessions: {fates:?}"));
        }
        (recorded, sink)
    }

    /// An exponential gap of mean one, named by a client's key and a number.
    pub(super) fn gap(key: Key, role: Role, number: u32) -> f64 {
        Exp1.sample(&mut key.child(u64::from(number)).stream(role, 0))
    }

    /// A uniform number, named likewise.
    pub(super) fn uniform(key: Key, role: Role, number: u32) -> f64 {
        key.child(u64::from(number)).stream(role, 0).random()
    }

    /// How long to stay away after sessions that failed in a row: the first time
    /// `first`, then twice as long each time, at most 32 times.
    pub(super) fn stay_away(&self, c: usize, first: SimSpan) -> SimSpan {
        SimSpan(first.0.saturating_mul(1 << self.clients[c].fails.saturating_sub(1).min(5)))
    }
}

/// Why an attempt failed; `None` when it did not.
pub(super) fn failure_of(outcome: Outcome) -> Option<Failure> {
    match outcome {
        Outcome::Completed => None,
        Outcome::QueueFull(_) => Some(Failure::QueueFull),
        Outcome::PoolFull(_) => Some(Failure::ConnectionLimit),
        Outcome::StationDown(_) => Some(Failure::ServerDown),
        Outcome::LinkDown(_) => Some(Failure::LinkDown),
        Outcome::TimedOut | Outcome::Aborted(_) => Some(Failure::TimedOut),
        Outcome::Failed(reason) => {
            Some(Failure::ALL.get(usize::from(reason)).map_or(Failure::NotSupported, |row| row.0))
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self {
            open: false,
            key: Key::default(),
            cell: NONE,
            start: SimTime::ZERO,
            before_run: SimSpan::ZERO,
            carried: false,
            requests: 0,
            failed: 0,
            held: 0,
            redirects: 0,
            retries: 0,
            logon: None,
            latency_sum: 0,
            latency_count: 0,
            latency_max: 0,
            busy: false,
            logon_request: false,
            step: 0,
            attempt: 0,
            started_at: SimTime::ZERO,
            request: Key::default(),
            parts: [0; PARTS],
        }
    }
}

/// Which state machine: one arm a protocol.
impl<S: SessionSink> Clients<'_, S> {
    /// Puts a client into the state in which the run's beginning finds it (K3).
    fn wake(&mut self, engine: &mut Engine<'_>, c: usize) {
        match self.cohort(c).protocol {
            Protocol::Owa => self.owa_wake(engine, c),
            Protocol::Eas => self.eas_wake(engine, c),
            Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp => self.outlook_wake(engine, c),
            Protocol::Ews | Protocol::Autodiscover | Protocol::Oab => self.web_wake(engine, c),
            Protocol::Pop => self.pop_wake(engine, c),
            Protocol::Imap => self.imap_wake(engine, c),
        }
    }

    fn main_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        match self.cohort(c).protocol {
            Protocol::Owa => self.owa_due(engine, c),
            Protocol::Eas => self.eas_due(engine, c),
            Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp => self.outlook_due(engine, c),
            Protocol::Ews | Protocol::Autodiscover | Protocol::Oab => self.web_due(engine, c),
            Protocol::Pop => self.pop_due(engine, c),
            Protocol::Imap => self.imap_due(engine, c),
        }
    }

    fn aux_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        match self.cohort(c).protocol {
            Protocol::Owa => self.owa_poll_due(engine, c),
            Protocol::Eas => self.eas_send_due(engine, c),
            Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp => self.outlook_idle(engine, c),
            _ => {}
        }
    }

    /// A stage of the visible request was answered.
    fn answered(&mut self, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        if self.cohort(c).protocol == Protocol::Pop && self.pop_more(engine, c, ended.tag as u8) {
            return;
        }
        self.close_request(engine, c, None);
    }

    /// The visible request is over and the session goes on.
    fn go_on(&mut self, engine: &mut Engine<'_>, c: usize, step: u8, failure: Option<Failure>) {
        match self.cohort(c).protocol {
            Protocol::Owa => self.owa_on(engine, c, step),
            Protocol::Eas => self.eas_on(engine, c, step, failure),
            Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp => self.outlook_on(engine, c, failure),
            Protocol::Ews | Protocol::Autodiscover | Protocol::Oab => self.web_on(engine, c),
            Protocol::Pop => self.pop_on(engine, c, step, failure),
            Protocol::Imap => self.imap_on(engine, c, failure),
        }
    }

    /// A request in the background ended.
    fn background_ended(&mut self, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        match self.cohort(c).protocol {
            Protocol::Eas => self.eas_ping_ended(engine, c, ended),
            // A lost poll or keep-alive is not noticed; the next one comes anyway.
            _ if ended.outcome == Outcome::Completed => self.count_held(c, ended, engine.now()),
            _ => {}
        }
    }

    /// The logon failed and the session with it: when to try again.
    fn turned_away(&mut self, engine: &mut Engine<'_>, c: usize) {
        match self.cohort(c).protocol {
            Protocol::Owa => self.owa_next_session(engine, c),
            Protocol::Eas => self.eas_again(engine, c),
            Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp
            | Protocol::Imap => self.outlook_again(engine, c),
            Protocol::Ews | Protocol::Autodiscover | Protocol::Oab => self.web_next(engine, c),
            Protocol::Pop => self.pop_next(engine, c),
        }
    }
}

impl<S: SessionSink> Driver for Clients<'_, S> {
    fn start(&mut self, engine: &mut Engine<'_>) {
        assert!(self.clients.len() < 1 << 29, "timer tokens hold 2^29 clients");
        for c in 0..self.clients.len() {
            self.wake(engine, c);
        }
    }

    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        let (c, purpose) = ((token >> PURPOSES) as usize, token & ((1 << PURPOSES) - 1));
        let now = engine.now();
        if now >= self.ends_at {
            return;
        }
        match purpose {
            RETRY => self.launch(engine, c),
            _ if self.clients[c].due[purpose as usize] != now => {}
            MAIN => {
                self.unset(c, MAIN);
                self.main_due(engine, c);
            }
            _ => {
                self.unset(c, AUX);
                self.aux_due(engine, c);
            }
        }
    }

    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        let c = ended.owner as usize;
        // The session that asked is over, and with it the interest in the answer.
        if !self.lives[c].open || ended.tag >> 16 != self.clients[c].session & 0xFFFF {
            return;
        }
        if ended.tag & BACKGROUND != 0 {
            self.background_ended(engine, c, ended);
        } else {
            self.foreground_ended(engine, c, ended);
        }
    }
}
