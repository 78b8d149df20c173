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
//! machine in full, [`super::dispatch`] for who is called when.

use rand::RngExt;
use rand_distr::{Distribution as _, Exp1};

use super::compile::{Cohort, Habit, Identity, Plan};
use super::day::DayClock;
use super::outages::Outages;
use super::program::{ENTRY, FIRST, MAILBOX, TARGET};
use crate::kernel::distribution::Sampler;
use crate::kernel::random::{Key, Role};
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::model::itinerary::{PARTS, Part, SLOTS};
use crate::model::topology::Topology;
use crate::model::workload::{Location, Workload};
use crate::model::{Experiment, Model};
use crate::recorder::Recorder;
use crate::results::{CellKey, NONE, SessionSink};
use crate::sim::{Ended, Engine, Opening, Outcome, UNBOUND};

/// Purpose of a timer: the state machine's next step.
pub(super) const MAIN: u32 = 0;
/// Purpose of a timer: a second process of the client (polls, sends, keep-alives).
pub(super) const AUX: u32 = 1;
/// Purpose of a timer: another attempt.
pub(super) const RETRY: u32 = 2;
pub(super) const PURPOSES: u32 = 2;
/// Set in the tag of a request in the background.
pub(super) const BACKGROUND: u32 = 1 << 8;
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
    pub(super) due: [SimTime; 2],
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
    pub(super) moved: bool,
    /// Had a session in the window, as itself and as moved; then: was affected.
    pub(super) seen: [bool; 4],
    pub(super) slots: [u32; SLOTS],
}

/// A session under way.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) open: bool,
    pub(super) key: Key,
    pub(super) cell: u32,
    pub(super) start: SimTime,
    pub(super) before_run: SimSpan,
    pub(super) carried: bool,
    pub(super) requests: u32,
    pub(super) failed: u32,
    pub(super) held: u32,
    pub(super) redirects: u32,
    pub(super) retries: u32,
    pub(super) logon: Option<SimSpan>,
    pub(super) latency_sum: u64,
    pub(super) latency_count: u32,
    pub(super) latency_max: u64,
    /// A visible request is under way.
    pub(super) busy: bool,
    pub(super) logon_request: bool,
    pub(super) step: u8,
    attempt: u32,
    pub(super) started_at: SimTime,
    request: Key,
    pub(super) parts: [u64; PARTS],
}

/// Sessions by fate, over the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fates {
    pub(super) opened: u64,
    pub(super) carried: u64,
    pub(super) completed: u64,
    pub(super) failed: u64,
    pub(super) open: u64,
}

/// Plays the Exchange clients of one replication.
#[derive(Debug)]
pub struct Clients<'p, S> {
    pub(super) plan: &'p Plan,
    pub(super) recorder: Recorder<S>,
    pub(super) replication: u32,
    pub(super) ends_at: SimTime,
    clocks: Vec<DayClock>,
    /// By cohort: index into `clocks`.
    clock_of: Vec<u32>,
    /// By cohort and whether moved; [`NONE`] until used.
    pub(super) cells: Vec<[u32; 2]>,
    pub(super) clients: Vec<Client>,
    pub(super) lives: Vec<Live>,
    pub(super) fates: Fates,
    pub(super) outages: Outages<'p>,
}

/// Minutes that local time at a population is ahead of UTC: a named region's or
/// site's own; that of the home site for clients somewhere on the Internet.
pub(super) fn utc_offset(topology: &Topology, workload: &Workload, cohort: &Cohort) -> i32 {
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
            let week = workload.populations[cohort.population as usize].settings.week;
            let clock = DayClock::new(day, begins_at + offset).with_week(
                week,
                workload.weekday_utc,
                begins_at + offset,
            );
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
        let outages = Outages::new(&plan.outages, root, recorder.ends_at(), 0);
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
            outages,
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

    pub(super) fn identity(&self, c: usize) -> &'p Identity {
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

    pub(super) fn launch(&mut self, engine: &mut Engine<'_>, c: usize) {
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
    pub(super) fn foreground_ended(&mut self, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
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
    pub(super) fn rebind(&mut self, engine: &mut Engine<'_>, c: usize, outcome: Outcome) {
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
