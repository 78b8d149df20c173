//! Sessions and requests: what every protocol's state machine stands on.
//!
//! [`Clients`] keeps one small record a client ([`Client`]) and one for its session
//! while it has one ([`Live`]); a client has at most one session and one user-visible request at a
//! time, beside requests in the background (a held Ping, a notification poll). The
//! protocols' files decide what comes next; this one opens, retries, records and
//! counts. A visible request may consist of several stages (a mailbox fetched
//! message by message), whose parts add up.
//!
//! Timers name the client and one of three purposes ([`MAIN`], [`AUX`], [`RETRY`]).
//! A timer that is no longer wanted is recognised by its instant.
//!
//! Must not know links, servers' speeds or rules. Next: [`crate::clients::play::protocols::owa`] for a state
//! machine in full, [`crate::clients::play::dispatch`] for who is called when.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_distr::{Distribution as _, Exp1};

use crate::clients::compile::program::{ENTRY, FIRST, MAILBOX, TARGET};
use crate::clients::compile::{Cohort, Habit, Identity, Plan};
use crate::clients::day::DayClock;
use crate::clients::play::detection::Situation;
use crate::clients::play::disrupted::Watched;
use crate::clients::play::outages::Outages;
use crate::clients::play::session::{BOUND, Client, Live, Lives, Mail};
use crate::itinerary::{PARTS, SLOTS};
use crate::kernel::distribution::Sampler;
use crate::kernel::random::{Key, Role, fnv1a};
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::model::topology::{Protocol, Topology};
use crate::model::workload::{Location, Workload};
use crate::model::{Experiment, Model};
use crate::recorder::Recorder;
use crate::results::{CellKey, NONE, SessionSink};
use crate::sim::{Ended, Engine, Opening, Outcome, UNBOUND};

/// Purpose of a timer: the state machine's next step.
pub(in crate::clients) const MAIN: u32 = 0;
/// Purpose of a timer: a second process of the client (polls, sends, keep-alives).
pub(in crate::clients) const AUX: u32 = 1;
/// Purpose of a timer: another attempt.
pub(in crate::clients) const RETRY: u32 = 2;
pub(in crate::clients) const PURPOSES: u32 = 2;
/// Failures in a row after which a client waits as long as it ever does.
pub(in crate::clients) const LONG_AGO: u16 = 40;
/// Set in the tag of a request in the background.
pub(in crate::clients) const BACKGROUND: u32 = 1 << 8;
/// Bandwidth of a client that has no last mile, bit/s; never divides anything.
const LAN: u64 = 1_000_000_000;

const ACCESS_RTT: Role = Role::new("access round trip");
const ACCESS_LINE: Role = Role::new("access line");
/// Share of a wait after being cut off.
const BACK_OFF: Role = Role::new("back-off");
/// Gap to the next event of a client's main process.
pub(in crate::clients) const GAP: Role = Role::new("gap");

/// Sessions by fate, over the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::clients) struct Fates {
    pub(in crate::clients) opened: u64,
    pub(in crate::clients) carried: u64,
    pub(in crate::clients) completed: u64,
    pub(in crate::clients) failed: u64,
    pub(in crate::clients) open: u64,
}

/// By cohort: how its clients are named and where their mail and lines stand.
#[derive(Clone, Copy, Debug)]
struct Naming {
    /// Names the population's mailboxes.
    population: Key,
    /// The protocol's name, hashed.
    protocol: u64,
    /// Number of a client minus this (wrapping) is the place of its mail.
    mail_shift: u32,
    /// Place of its line; on the Internet, that of mailbox 0.
    line: u32,
    inside: bool,
}

/// Protocols whose clients follow their mailbox.
fn follows_mail(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Eas | Protocol::Pop | Protocol::Imap)
}

/// Plays the Exchange clients of one replication.
#[derive(Debug)]
pub struct Clients<'p, S> {
    pub(in crate::clients) plan: &'p Plan,
    pub(in crate::clients) recorder: Recorder<S>,
    pub(in crate::clients) replication: u32,
    pub(in crate::clients) ends_at: SimTime,
    clocks: Vec<DayClock>,
    /// By cohort: index into `clocks`.
    clock_of: Vec<u32>,
    /// By cohort and whether moved; [`NONE`] until used.
    pub(in crate::clients) cells: Vec<[u32; 2]>,
    pub(in crate::clients) clients: Vec<Client>,
    pub(in crate::clients) lives: Lives,
    /// Mail of the clients that follow it, a range of the clients of one population
    /// and protocol after another.
    mails: Vec<Mail>,
    names: Vec<Naming>,
    /// Round trip (ns) and bandwidth (bit/s, which never divides by zero) of lines:
    /// first one a cohort inside, then one a mailbox on the Internet.
    lines: Vec<[u64; 2]>,
    pub(in crate::clients) fates: Fates,
    pub(in crate::clients) outages: Outages<'p>,
    pub(in crate::clients) situation: Situation<'p>,
    /// Cells that clients had sessions in before they turned elsewhere: client, cell,
    /// and whether they were affected by a failure.
    pub(in crate::clients) visited: std::collections::BTreeMap<(u32, u32), bool>,
    pub(in crate::clients) watched: Option<Watched>,
    /// Clients that nothing would ever wake again (K5).
    pub(in crate::clients) stranded: u64,
}

/// Minutes that local time at a population is ahead of UTC: a named region's or
/// site's own; that of the home site for clients somewhere on the Internet.
pub(in crate::clients) fn utc_offset(topology: &Topology, workload: &Workload, cohort: &Cohort) -> i32 {
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

/// The names of every cohort (lines are not placed yet), and mail for all clients
/// that follow it.
fn name_cohorts(plan: &Plan, root: Key) -> (Vec<Naming>, Vec<Mail>) {
    let mut mails = 0_u32;
    // By population and protocol, whose clients stand together.
    let mut shifts: BTreeMap<(u32, Protocol), u32> = BTreeMap::new();
    for (c, member) in plan.members.iter().enumerate() {
        let cohort = &plan.cohorts[member.cohort as usize];
        if follows_mail(cohort.protocol) {
            shifts.entry((cohort.population, cohort.protocol)).or_insert((c as u32).wrapping_sub(mails));
            mails += 1;
        }
    }
    let name = |cohort: &Cohort| Naming {
        population: root.named(&plan.habits[cohort.population as usize].stream),
        protocol: fnv1a(cohort.protocol.token()),
        mail_shift: shifts.get(&(cohort.population, cohort.protocol)).copied().unwrap_or(0),
        line: 0,
        inside: matches!(cohort.location, Location::Site(_)),
    };
    (plan.cohorts.iter().map(name).collect(), vec![Mail::NONE; mails as usize])
}

/// The lines of all clients, and in `names` where they stand. A user's clients
/// share a line.
fn draw_lines(topology: &Topology, plan: &Plan, names: &mut [Naming]) -> Vec<[u64; 2]> {
    let mut lines = Vec::with_capacity(plan.cohorts.len());
    for (cohort, name) in plan.cohorts.iter().zip(&mut *names) {
        name.line = lines.len() as u32;
        let rtt = match cohort.location {
            Location::Site(site) => topology.sites[site.index()].lan_rtt.0,
            Location::Internet(_) => 0,
        };
        lines.push([rtt, LAN]);
    }
    let samplers: Vec<[Sampler; 2]> =
        topology.regions.iter().map(|region| [region.rtt.sampler(), region.bandwidth.sampler()]).collect();
    // By population: where the line of its mailbox 0 stands.
    let mut firsts: Vec<Option<u32>> = vec![None; plan.habits.len()];
    let mut mailboxes = vec![0_u32; plan.habits.len()];
    for member in &plan.members {
        let population = plan.cohorts[member.cohort as usize].population as usize;
        mailboxes[population] = mailboxes[population].max(member.mailbox + 1);
    }
    for member in &plan.members {
        let cohort = &plan.cohorts[member.cohort as usize];
        let Location::Internet(region) = cohort.location else { continue };
        let population = cohort.population as usize;
        let first = *firsts[population].get_or_insert_with(|| {
            let first = lines.len();
            lines.resize(first + mailboxes[population] as usize, [0; 2]);
            first as u32
        });
        let name = &mut names[member.cohort as usize];
        name.line = first;
        let line = &mut lines[(first + member.mailbox) as usize];
        if *line == [0; 2] {
            let key = name.population.child(u64::from(member.mailbox));
            let [rtt, bandwidth] = &samplers[region.index()];
            *line = [
                nanos(rtt.draw(&mut key.stream(ACCESS_RTT, 0))),
                nanos(bandwidth.draw(&mut key.stream(ACCESS_LINE, 0))).max(1),
            ];
        }
    }
    // Ways that nobody takes at the beginning lead over the same lines.
    for (cohort, name) in plan.cohorts.iter().zip(names) {
        if let (Location::Internet(_), Some(first)) = (cohort.location, firsts[cohort.population as usize]) {
            name.line = first;
        }
    }
    lines
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
        let (mut names, mails) = name_cohorts(plan, root);
        let lines = draw_lines(topology, plan, &mut names);
        let clients: Vec<Client> = plan.members.iter().map(|member| Client::new(member.cohort)).collect();
        let lives = Lives::new(clients.len(), recorder.wants_rows());
        let mut situation = Situation::new(plan, root);
        situation.remember(|c| {
            let member = &plan.members[c];
            let name = &names[member.cohort as usize];
            let mailbox = name.population.child(u64::from(member.mailbox));
            mailbox.child(name.protocol).child(u64::from(member.number))
        });
        let outages = Outages::new(&plan.outages, root, recorder.ends_at(), 0).looked_after();
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
            mails,
            names,
            lines,
            fates: Fates::default(),
            outages,
            situation,
            visited: std::collections::BTreeMap::new(),
            watched: Watched::new(workload, experiment, plan.members.len()),
            stranded: 0,
        }
    }

    pub(in crate::clients) fn cohort(&self, c: usize) -> &'p Cohort {
        &self.plan.cohorts[self.clients[c].cohort as usize]
    }

    pub(in crate::clients) fn habit(&self, c: usize) -> &'p Habit {
        &self.plan.habits[self.cohort(c).population as usize]
    }

    pub(in crate::clients) fn clock(&self, c: usize) -> &DayClock {
        &self.clocks[self.clock_of[self.clients[c].cohort as usize] as usize]
    }

    /// Names the draws of a client's mailbox, which other clients share.
    pub(in crate::clients) fn mailbox_key(&self, c: usize) -> Key {
        let member = &self.plan.members[c];
        self.names[self.clients[c].cohort as usize].population.child(u64::from(member.mailbox))
    }

    /// Names a client's draws.
    pub(in crate::clients) fn key(&self, c: usize) -> Key {
        let name = &self.names[self.clients[c].cohort as usize];
        let member = &self.plan.members[c];
        let mailbox = name.population.child(u64::from(member.mailbox));
        mailbox.child(name.protocol).child(u64::from(member.number))
    }

    /// The mail of a client that follows it.
    pub(in crate::clients) fn mail(&mut self, c: usize) -> &mut Mail {
        let shift = self.names[self.clients[c].cohort as usize].mail_shift;
        &mut self.mails[(c as u32).wrapping_sub(shift) as usize]
    }

    /// When the next mail of a client that follows it arrives.
    pub(in crate::clients) fn mail_at(&self, c: usize) -> SimTime {
        let shift = self.names[self.clients[c].cohort as usize].mail_shift;
        self.mails[(c as u32).wrapping_sub(shift) as usize].at
    }

    /// Sets a timer; an earlier one of the same purpose will be ignored. That of
    /// [`AUX`] belongs to a session.
    pub(in crate::clients) fn set(&mut self, engine: &mut Engine<'_>, c: usize, purpose: u32, at: SimTime) {
        let at = at.max(engine.now());
        self.put_due(c, purpose, at);
        if at < self.ends_at {
            engine.timer(at, (c as u32) << PURPOSES | purpose);
        }
    }

    /// When the timer of [`MAIN`] is due.
    pub(in crate::clients) fn main_at(&self, c: usize) -> SimTime {
        self.clients[c].due
    }

    /// The end of the window, after which nothing begins.
    pub(in crate::clients) fn ends(&self) -> SimTime {
        self.ends_at
    }

    /// Forgets a timer.
    pub(in crate::clients) fn unset(&mut self, c: usize, purpose: u32) {
        if purpose == MAIN || self.lives[c].open {
            self.put_due(c, purpose, SimTime::MAX);
        }
    }

    fn put_due(&mut self, c: usize, purpose: u32, at: SimTime) {
        if purpose == MAIN {
            self.clients[c].due = at;
        } else {
            self.lives[c].aux_due = at;
        }
    }

    /// When a timer is due; never, when it is none that is wanted.
    pub(in crate::clients) fn due(&self, c: usize, purpose: u32) -> SimTime {
        if purpose == MAIN { self.clients[c].due } else { self.lives[c].aux_due }
    }

    /// Opens session `number` now. One that is carried in began `before_run` before
    /// the run and has no logon in it; false where a limit has turned it away then.
    pub(in crate::clients) fn open_session(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        number: u32,
        before_run: Option<SimSpan>,
    ) -> bool {
        let store = self.turn(c, engine.now());
        let cohort = self.cohort(c);
        self.clients[c].session = number;
        let member = &self.plan.members[c];
        let affinity = self.affinity(c);
        let mut live = Live::new(engine.now(), before_run);
        live.slots[usize::from(MAILBOX)] = store;
        if let Some(entry) = cohort.entry {
            live.slots[usize::from(ENTRY)] = engine.choose(entry, affinity);
        }
        if let Some(first) = cohort.first {
            live.slots[usize::from(FIRST)] = engine.choose(first, affinity);
        }
        if let Some(target) = cohort.target {
            live.slots[usize::from(TARGET)] = if cohort.target_is_first {
                engine.network().groups[target.index()].first
            } else {
                engine.choose(target, self.mailbox_key(c).0)
            };
        }
        live.key = self.key(c).child(u64::from(number));
        let moved = self.clients[c].moved();
        live.cell = self.cell(c, moved);
        let name = &self.names[self.clients[c].cohort as usize];
        live.line = name.line + if name.inside { 0 } else { member.mailbox };
        self.lives.open(c, live);
        if before_run.is_some() && self.enter(engine, c).is_err() {
            self.lives.close(c);
            return false;
        }
        self.fates.opened += u64::from(before_run.is_none());
        self.fates.carried += u64::from(before_run.is_some());
        true
    }

    /// What a balancer tells a client by: its mailbox, or the address that it shows.
    fn affinity(&self, c: usize) -> u64 {
        match self.cohort(c).address {
            Some((name, count)) => Key(name).child(u64::from(self.plan.members[c].mailbox % count)).0,
            None => self.mailbox_key(c).0,
        }
    }

    /// Turns to where the name leads now; gives the server that the mailbox is mounted on.
    fn turn(&mut self, c: usize, now: SimTime) -> u32 {
        let (cohort, store) = self.situation.turn(c, now);
        let client = &mut self.clients[c];
        if cohort != client.cohort {
            for moved in 0..2 {
                let (seen, affected) = client.seen(moved);
                if seen {
                    let cell = self.cells[client.cohort as usize][moved];
                    *self.visited.entry((c as u32, cell)).or_default() |= affected;
                }
            }
            client.turn(cohort);
        }
        store
    }

    /// Whether a client that connected now would be served in another way.
    pub(in crate::clients) fn elsewhere(&mut self, c: usize, now: SimTime) -> bool {
        let (cohort, store) = self.situation.turn(c, now);
        cohort != self.clients[c].cohort || store != self.lives[c].slots[usize::from(MAILBOX)]
    }

    /// Whether the mailbox has been mounted elsewhere since the session began.
    pub(in crate::clients) fn store_moved(&self, c: usize) -> bool {
        self.situation.store(c).1 != self.lives[c].slots[usize::from(MAILBOX)]
    }

    pub(in crate::clients) fn identity(&self, c: usize) -> &'p Identity {
        let cohort = self.cohort(c);
        if self.clients[c].moved() { &cohort.direct_identity } else { &cohort.identity }
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
    pub(in crate::clients) fn begin(&mut self, engine: &mut Engine<'_>, c: usize, step: u8, number: u64) {
        if engine.now() >= self.ends_at {
            return;
        }
        let live = &mut self.lives[c];
        debug_assert!(live.open && !live.busy, "one visible request at a time");
        live.busy = true;
        live.started_at = engine.now();
        self.stage(engine, c, step, number);
    }

    /// Begins the next stage of the visible request.
    pub(in crate::clients) fn stage(&mut self, engine: &mut Engine<'_>, c: usize, step: u8, number: u64) {
        let live = &mut self.lives[c];
        live.step = step;
        live.attempt = 0;
        live.number = u32::try_from(number).expect("visible requests are numbered below 2^32");
        self.launch(engine, c);
    }

    pub(in crate::clients) fn launch(&mut self, engine: &mut Engine<'_>, c: usize) {
        let (step, attempt) = (self.lives[c].step, self.lives[c].attempt);
        self.arrives(c, engine.now(), step == 0, attempt > 0);
        self.leave_avoided(engine, c);
        let entered = self.enter(engine, c);
        let cohort = self.cohort(c);
        let mut lost = None;
        if cohort.scattered
            && self.lives[c].step > 0
            && let Some(entry) = cohort.entry
        {
            let bound = &mut self.lives[c].slots[usize::from(ENTRY)];
            let server = engine.choose(entry, 0);
            match cohort.lost {
                Some(program) if server != *bound => lost = Some((program, server)),
                Some(_) => {}
                None => *bound = server,
            }
        }
        let (client, live) = (&self.clients[c], &self.lives[c]);
        let mut slots = slots(live);
        if let Some((_, server)) = lost {
            slots[usize::from(ENTRY)] = server;
        }
        let program = match entered {
            Err(shut) => shut,
            Ok(()) if lost.is_some() => lost.map_or(cohort.direct, |(program, _)| program),
            Ok(()) if live.step == 0 && client.moved() => cohort.direct,
            Ok(()) => cohort.steps[usize::from(live.step)],
        };
        let patience = self.habit(c).settings.request_timeout;
        let [rtt, line] = self.lines[live.line as usize];
        engine.open(&Opening {
            program,
            key: live.key.child(u64::from(live.number)),
            owner: c as u32,
            tag: u32::from(live.step) | stamp(client.session) << 16,
            params: [rtt + cohort.rtt, line, rtt + cohort.first_rtt],
            slots,
            patience,
        });
    }

    /// Opens a request that nobody waits for; its answer is held for `span`.
    pub(in crate::clients) fn background(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        step: u8,
        number: u64,
        span: SimSpan,
    ) {
        if engine.now() >= self.ends_at {
            return;
        }
        self.arrives(c, engine.now(), false, false);
        self.leave_avoided(engine, c);
        let cohort = self.cohort(c);
        let (client, live) = (&self.clients[c], &self.lives[c]);
        let [rtt, line] = self.lines[live.line as usize];
        let mut slots = slots(live);
        if let (true, None, Some(entry)) = (cohort.scattered, cohort.lost, cohort.entry) {
            slots[usize::from(ENTRY)] = engine.choose(entry, 0);
        }
        engine.open(&Opening {
            program: cohort.steps[usize::from(step)],
            key: live.key.child(number),
            owner: c as u32,
            tag: u32::from(step) | BACKGROUND | stamp(client.session) << 16,
            params: [rtt + cohort.rtt, line, span.0],
            slots,
            patience: SimSpan::ZERO,
        });
    }

    /// A stage of the visible request ended.
    pub(in crate::clients) fn foreground_ended(&mut self, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        let now = engine.now();
        let Some(failure) = failure_of(ended.outcome) else {
            let parts = self.lives.all_parts(c, ended.opened_at, &ended.parts);
            self.answered(engine, c, ended, &parts);
            return;
        };
        self.blame(c, ended.outcome);
        if cut_off(failure) {
            self.cut(c, now);
        }
        let settings = &self.habit(c).settings;
        let notice = self.notice(c, ended.outcome).0;
        let live = &mut self.lives[c];
        let hopeless = matches!(ended.outcome, Outcome::Failed(_));
        if hopeless || u32::from(live.attempt) >= settings.retries.min(255) || now >= self.ends_at {
            if notice == 0 {
                self.close_request(engine, c, Some(failure), &ended.parts);
            } else {
                live.lost = failure as u8 + 1;
                engine.timer(later(now, notice), (c as u32) << PURPOSES | RETRY);
            }
            return;
        }
        let mut wait = settings.retry_backoff.0.saturating_mul(1 << live.attempt.min(20));
        if cut_off(failure) {
            wait = Self::spread(
                live.key.child(u64::from(live.number)),
                u32::from(live.attempt),
                wait,
                settings.backoff_spread,
            );
        }
        live.attempt += 1;
        live.retries += 1;
        self.rebind(engine, c, ended.outcome);
        engine.timer(later(now, notice.saturating_add(wait)), (c as u32) << PURPOSES | RETRY);
    }

    /// Another attempt is due, or a loss is noticed at last.
    pub(in crate::clients) fn retry_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        match std::mem::take(&mut self.lives[c].lost) {
            0 => self.launch(engine, c),
            lost => {
                let failure = Failure::ALL.get(usize::from(lost) - 1).map(|row| row.0);
                self.close_request(engine, c, failure, &[0; PARTS]);
            }
        }
    }

    /// How long a client takes to notice that something is down: nothing for a refusal,
    /// the time-out of a connection for what does not answer.
    pub(in crate::clients) fn notice(&self, c: usize, outcome: Outcome) -> SimSpan {
        let silent = match outcome {
            Outcome::LinkDown(_) => true,
            Outcome::StationDown(station) => self.outages.is_silent(station),
            _ => false,
        };
        if silent { self.habit(c).settings.connect_timeout } else { SimSpan::ZERO }
    }

    /// A wait of which a share is drawn, so that not all come back together.
    pub(in crate::clients) fn spread(key: Key, number: u32, wait: u64, spread: f64) -> u64 {
        if spread <= 0.0 {
            return wait;
        }
        nanos(wait as f64 * (1.0 - spread * Self::uniform(key, BACK_OFF, number)))
    }

    /// How long a client stays away after so many failures in a row, whatever their
    /// reason: `first`, then twice as long each time, at most `most`; some of it drawn.
    pub(in crate::clients) fn back_off(
        &self,
        c: usize,
        fails: u16,
        first: SimSpan,
        most: SimSpan,
    ) -> SimSpan {
        let doubled =
            first.0.saturating_mul(1 << fails.saturating_sub(1).min(LONG_AGO)).min(most.0.max(first.0));
        let spread = self.habit(c).settings.backoff_spread;
        let key = self.key(c).child(u64::from(self.clients[c].session));
        SimSpan(Self::spread(key, u32::from(self.clients[c].fails), doubled, spread))
    }

    /// A client turns to another server where its own is known to be down.
    pub(in crate::clients) fn rebind(&mut self, engine: &mut Engine<'_>, c: usize, outcome: Outcome) {
        if let Outcome::StationDown(station) = outcome {
            if self.lives[c].slots[usize::from(ENTRY)] == station {
                // Its connections are gone with the server.
                self.leave(engine, c);
            }
            self.rebind_from(engine, c, |_, bound| bound == station);
        }
    }

    /// The balancer keeps a session at its server only as long as it takes that to be
    /// up: the next request goes to another.
    fn leave_avoided(&mut self, engine: &mut Engine<'_>, c: usize) {
        if !self.plan.outages.is_empty() {
            if engine.is_avoided(self.lives[c].slots[usize::from(ENTRY)]) {
                self.leave(engine, c);
            }
            self.rebind_from(engine, c, |engine, bound| engine.is_avoided(bound));
        }
    }

    fn rebind_from(&mut self, engine: &mut Engine<'_>, c: usize, leaves: impl Fn(&Engine<'_>, u32) -> bool) {
        let cohort = self.cohort(c);
        let affinity = self.mailbox_key(c).0;
        for (slot, group) in [(ENTRY, cohort.entry), (FIRST, cohort.first), (TARGET, cohort.target)] {
            let bound = &mut self.lives[c].slots[usize::from(slot)];
            if let Some(group) = group
                && leaves(engine, *bound)
                && !(slot == TARGET && cohort.target_is_first)
            {
                *bound = engine.choose(group, affinity);
            }
        }
    }

    /// An exponential gap of mean one, named by a client's key and a number.
    pub(in crate::clients) fn gap(key: Key, role: Role, number: u32) -> f64 {
        Exp1.sample(&mut key.child(u64::from(number)).stream(role, 0))
    }

    /// A uniform number, named likewise.
    pub(in crate::clients) fn uniform(key: Key, role: Role, number: u32) -> f64 {
        key.child(u64::from(number)).stream(role, 0).random()
    }
}

/// Whether a failure means that the client reached nobody or lost its connection.
pub(in crate::clients) fn cut_off(failure: Failure) -> bool {
    matches!(failure, Failure::ServerDown | Failure::LinkDown)
}

fn later(now: SimTime, ns: u64) -> SimTime {
    SimTime(now.0.saturating_add(ns).min(SimTime::MAX.0))
}

/// A session's number as it fits into a tag; those of a client that follow one another differ.
pub(in crate::clients) fn stamp(session: u32) -> u32 {
    (session ^ session >> 16) & 0xFFFF
}

/// The slots of a request: those bound for the session, and the rest unbound.
fn slots(live: &Live) -> [u32; SLOTS] {
    let mut slots = [UNBOUND; SLOTS];
    slots[..BOUND].copy_from_slice(&live.slots);
    slots
}

/// Why an attempt failed; `None` when it did not.
pub(in crate::clients) fn failure_of(outcome: Outcome) -> Option<Failure> {
    match outcome {
        Outcome::Completed => None,
        Outcome::QueueFull(_) => Some(Failure::QueueFull),
        Outcome::PoolFull(_) => Some(Failure::ConnectionLimit),
        Outcome::StationDown(_) => Some(Failure::ServerDown),
        Outcome::LinkDown(_) => Some(Failure::LinkDown),
        Outcome::TimedOut | Outcome::Aborted(_) => Some(Failure::TimedOut),
        Outcome::Failed(reason) | Outcome::Refused(reason) => {
            Some(Failure::ALL.get(usize::from(reason)).map_or(Failure::NotSupported, |row| row.0))
        }
    }
}
