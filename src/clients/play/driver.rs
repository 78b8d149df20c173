//! Sessions and requests: what every protocol's state machine stands on.
//!
//! [`Clients`] keeps one small record a client and one for its session while it has one;
//! a client has at most one session and one user-visible request at a time, beside
//! requests in the background (a held Ping, a notification poll). The protocols' files
//! decide what comes next; this one opens, retries, records and counts. A visible
//! request may consist of several stages (a mailbox fetched message by message), whose
//! parts add up.
//!
//! Timers name the client and one of three purposes ([`super::request`]). A timer that
//! is no longer wanted is recognised by its instant.
//!
//! Must not know links, servers' speeds, rules or protocols: what ended is handed back
//! as [`Over`], and who is told stands in [`super::dispatch`]. Next:
//! [`super::protocols::state_machine`].

use super::addresses::dials_servers;
use super::binding::{bind, rebind, redial};
use super::clientele::{Clientele, spread};
use super::detection::Detection;
use super::disrupted::Disrupted;
use super::holds;
use super::idle::{self, REOPENING};
use super::launch::{Behind, launch, launch_behind};
use super::outages::Outages;
use super::record::Books;
use super::request::{AUX, MAIN, Over, RETRY, is_cut_off, later, token};
use super::session::{Session, Sessions};
use crate::clients::day::DayClock;
use crate::clients::roster::slots::MAILBOX;
use crate::clients::roster::{Behaviour, Cohort, Roster};
use crate::clients::steps::{Machine, Step};
use crate::itinerary::PARTS;
use crate::kernel::random::Key;
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::{Failure, Mechanism};
use crate::model::{Experiment, Model};
use crate::recorder::{Recorded, Recorder};
use crate::results::SessionOutcome;
use crate::sim::{Ended, Engine, Outcome};

/// Plays the Exchange clients of one replication.
#[derive(Debug)]
pub struct Clients<'p> {
    pub(super) who: Clientele<'p>,
    pub(super) sessions: Sessions,
    pub(super) outages: Outages<'p>,
    pub(super) detection: Detection<'p>,
    pub(super) disrupted: Disrupted,
    books: Books<'p>,
    ends_at: SimTime,
    /// Clients that nothing would ever wake again (S5).
    pub(super) stranded: u64,
}

impl<'p> Clients<'p> {
    /// Clients of one replication of `experiment`, or of its twin; `root` names their draws.
    #[must_use]
    pub fn new(
        model: &Model,
        roster: &'p Roster,
        experiment: &Experiment,
        root: Key,
        (replication, twin): (u32, bool),
        recorder: Recorder<'p>,
    ) -> Self {
        let who = Clientele::new(model, roster, experiment, root);
        let mut detection = Detection::new(roster, root);
        detection.remember(|c| who.key(c));
        let ends_at = recorder.ends_at();
        Self {
            sessions: Sessions::new(who.clients.len(), recorder.wants_rows()),
            outages: Outages::new(&roster.outages, root, ends_at, 0).looked_after().harmless(twin),
            detection,
            disrupted: Disrupted::new(&model.workload, experiment),
            books: Books::new(recorder, replication, roster.cohorts.len()),
            ends_at,
            stranded: 0,
            who,
        }
    }

    #[inline]
    pub(super) fn cohort(&self, c: usize) -> &'p Cohort {
        self.who.cohort(c)
    }

    #[inline]
    pub(super) fn behaviour(&self, c: usize) -> &'p Behaviour {
        self.who.behaviour(c)
    }

    #[inline]
    pub(super) fn clock(&self, c: usize) -> &DayClock {
        self.who.clock(c)
    }

    #[inline]
    pub(super) fn key(&self, c: usize) -> Key {
        self.who.key(c)
    }

    /// The end of the window, after which nothing begins.
    #[inline]
    pub(super) fn ends(&self) -> SimTime {
        self.ends_at
    }

    /// Sets a timer; an earlier one of the same purpose will be ignored. That of
    /// [`AUX`] belongs to a session.
    #[inline]
    pub(super) fn set(&mut self, engine: &mut Engine<'_>, c: usize, purpose: u32, at: SimTime) {
        let at = at.max(engine.now());
        self.put_due(c, purpose, at);
        if at < self.ends_at {
            engine.timer(at, token(c, purpose));
        }
    }

    /// Forgets a timer.
    #[inline]
    pub(super) fn unset(&mut self, c: usize, purpose: u32) {
        if purpose == MAIN || self.sessions[c].open {
            self.put_due(c, purpose, SimTime::MAX);
        }
    }

    fn put_due(&mut self, c: usize, purpose: u32, at: SimTime) {
        if purpose == MAIN {
            self.who.clients[c].due = at;
        } else {
            self.sessions[c].aux_due = at;
        }
    }

    /// When a timer is due; never, when it is none that is wanted.
    #[inline]
    pub(super) fn due(&self, c: usize, purpose: u32) -> SimTime {
        if purpose == MAIN { self.who.clients[c].due } else { self.sessions[c].aux_due }
    }

    /// Whether a timer of client `c` waits.
    pub(super) fn waits(&self, c: usize) -> bool {
        self.due(c, MAIN) < SimTime::MAX || self.sessions[c].open && self.due(c, AUX) < SimTime::MAX
    }

    /// Opens session `number` now. One that is carried in began `before_run` before
    /// the run and has no logon in it; false where a limit has turned it away then.
    pub(super) fn open_session(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        number: u32,
        before_run: Option<SimSpan>,
    ) -> bool {
        let store = self.turn(c, engine.now());
        self.who.clients[c].session = number;
        let mut session = Session::new(engine.now(), before_run);
        session.slots = bind(engine, &self.who, c, store, self.detection.addresses.server(c));
        session.key = self.who.key(c).child(u64::from(number));
        session.cell = self.books.cell(&self.who, c);
        session.line = self.who.line_of(c);
        self.sessions.open(c, session);
        if before_run.is_some() && holds::enter(engine, &self.who, &mut self.sessions, c).is_err() {
            self.sessions.close(c);
            return false;
        }
        self.books.opened(before_run.is_some());
        true
    }

    /// Turns to where the name leads now; gives the server that the mailbox is mounted on.
    pub(super) fn turn(&mut self, c: usize, now: SimTime) -> u32 {
        let (cohort, store) = self.detection.turn(c, now, &self.outages);
        if cohort != self.who.clients[c].cohort {
            self.books.turns(&self.who, c);
            self.who.clients[c].turn(cohort);
            self.disrupted.turned(&self.who, c);
        }
        store
    }

    /// Whether a client that connected now would be served in another way.
    pub(super) fn elsewhere(&mut self, c: usize, now: SimTime) -> bool {
        let (cohort, store) = self.detection.turn(c, now, &self.outages);
        cohort != self.who.clients[c].cohort || store != self.sessions[c].slots[usize::from(MAILBOX)]
    }

    /// Whether the mailbox has been mounted elsewhere since the session began.
    #[inline]
    pub(super) fn store_moved(&self, c: usize) -> bool {
        self.detection.store(c).1 != self.sessions[c].slots[usize::from(MAILBOX)]
    }

    /// Begins a visible request: `number` names its draws within the session.
    pub(super) fn begin(&mut self, engine: &mut Engine<'_>, c: usize, step: impl Into<Step>, number: u64) {
        if engine.now() >= self.ends_at {
            return;
        }
        let session = &mut self.sessions[c];
        debug_assert!(session.open && !session.busy, "one visible request at a time");
        session.busy = true;
        session.started_at = engine.now();
        self.stage(engine, c, step.into(), number);
    }

    /// Begins a visible request; where `gone`, its connection is opened again first.
    pub(super) fn begin_on(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        (step, number): (Step, u64),
        gone: bool,
    ) {
        if gone {
            self.count_reconnection(c, engine.now());
            self.begin(engine, c, step.reopened_first(), REOPENING | number);
        } else {
            self.begin(engine, c, step, number);
        }
    }

    /// Begins the next stage of the visible request.
    pub(super) fn stage(&mut self, engine: &mut Engine<'_>, c: usize, step: Step, number: u64) {
        let session = &mut self.sessions[c];
        session.step = step;
        session.attempt = 0;
        session.number = u32::try_from(number).expect("visible requests are numbered below 2^32");
        self.launch(engine, c);
    }

    fn launch(&mut self, engine: &mut Engine<'_>, c: usize) {
        if let Some((wait, dead)) = self.detection.addresses.wait(&self.who, c, &self.sessions[c]) {
            self.blame(c, Outcome::StationDown(dead));
            self.connection_lost(c, Failure::ServerDown, engine.now());
            engine.timer(later(engine.now(), wait), token(c, RETRY));
            return;
        }
        launch(engine, &self.who, &mut self.sessions, &mut self.disrupted, c);
    }

    /// Opens a request that nobody waits for; its answer is held for `span`.
    pub(super) fn background(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        step: impl Into<Step>,
        number: u64,
        span: SimSpan,
    ) {
        if engine.now() >= self.ends_at {
            return;
        }
        if span > SimSpan::ZERO {
            self.disrupted.asks_held(&self.who, c, engine.now());
        }
        let behind = Behind { step: step.into(), number, span };
        launch_behind(engine, &self.who, &mut self.sessions, &mut self.disrupted, c, behind);
    }

    /// Where the time of the visible request of client `c` went, whose last stage `ended`.
    #[inline]
    pub(super) fn all_parts(&self, c: usize, ended: &Ended) -> [u64; PARTS] {
        self.sessions.all_parts(c, ended.opened_at, &ended.parts)
    }

    /// An attempt of the visible request failed: it is tried again, or is over.
    pub(super) fn attempt_failed(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        ended: &Ended,
        failure: Failure,
    ) -> Option<Over> {
        let now = engine.now();
        self.disrupted.attempt_failed(&self.outages, &mut self.who, c, (ended, failure));
        let settings = &self.behaviour(c).settings;
        let notice = self.notice(c, ended.outcome).0;
        let session = &mut self.sessions[c];
        let hopeless = matches!(ended.outcome, Outcome::Failed(_));
        if hopeless || u32::from(session.attempt) >= settings.retries.min(255) || now >= self.ends_at {
            if notice == 0 {
                return Some(self.close_request(engine, c, Some(failure), &ended.parts));
            }
            session.lost = failure as u8 + 1;
            engine.timer(later(now, notice), token(c, RETRY));
            return None;
        }
        let mut wait = settings.retry_backoff.0.saturating_mul(1 << session.attempt.min(20));
        if is_cut_off(failure) {
            let key = session.key.child(u64::from(session.number));
            wait = spread(key, u32::from(session.attempt), wait, settings.backoff_spread);
        }
        session.attempt += 1;
        session.retries += 1;
        self.rebind(engine, c, ended.outcome);
        engine.timer(later(now, notice.saturating_add(wait)), token(c, RETRY));
        None
    }

    /// Another attempt is due, or a loss is noticed at last and the request over.
    pub(super) fn retry_due(&mut self, engine: &mut Engine<'_>, c: usize) -> Option<Over> {
        match std::mem::take(&mut self.sessions[c].lost) {
            0 => {
                self.launch(engine, c);
                None
            }
            lost => {
                let failure = Failure::ALL.get(usize::from(lost) - 1).map(|row| row.0);
                Some(self.close_request(engine, c, failure, &[0; PARTS]))
            }
        }
    }

    /// The connection of client `c` is there again: the request that waited for it goes
    /// out. False where none did.
    #[inline]
    pub(super) fn reopened(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        ended: &Ended,
        parts: &[u64; PARTS],
    ) -> bool {
        let step = Step::of_tag(ended.tag);
        if !step.reopens() {
            return false;
        }
        self.sessions.set_parts(c, parts);
        let number = u64::from(self.sessions[c].number) & !REOPENING;
        self.stage(engine, c, step.itself(), number);
        true
    }

    /// The visible request is over; `parts` is where its time went, if it was answered.
    pub(super) fn close_request(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        failure: Option<Failure>,
        parts: &[u64; PARTS],
    ) -> Over {
        let now = engine.now();
        let incident = self.disrupted.booked(c);
        let latency = self.books.request(&mut self.sessions, c, (now, incident), failure, parts);
        self.disrupted.ended(&mut self.who, c, (now, latency), failure, incident);
        let session = &self.sessions[c];
        let step = session.step.itself();
        match failure {
            Some(failure) if session.logon_request() => {
                self.who.clients[c].fail();
                self.close_session(engine, c, SessionOutcome::Failed, Some(failure));
                Over::Logon { failure }
            }
            None if session.logon_request() => {
                self.logged_on(c);
                Over::Request { step, failure: None }
            }
            failure => Over::Request { step, failure },
        }
    }

    fn logged_on(&mut self, c: usize) {
        // A device is served only when its Ping has come back.
        if self.cohort(c).machine != Machine::Eas {
            self.who.clients[c].fails = 0;
        }
        self.sessions[c].redirects += self.who.identity(c).redirects as u8;
    }

    /// A request in the background was answered: counts it. False where it failed.
    pub(super) fn count_answered(&mut self, c: usize, ended: &Ended, now: SimTime) -> bool {
        if ended.outcome != Outcome::Completed {
            return false;
        }
        self.disrupted.restored_behind(&mut self.who, c, ended.opened_at, now);
        if !Step::of_tag(ended.tag).reopens() {
            self.books.held(&mut self.sessions, c, ended, now);
        }
        true
    }

    /// Counts a held request that failed.
    pub(super) fn count_held_failure(&mut self, c: usize, ended: &Ended, now: SimTime, failure: Failure) {
        let incident = self.disrupted.held_failed(&self.outages, &mut self.who, c, (ended, failure), now);
        self.books.held_failed(&mut self.sessions, c, ended, (now, incident), failure);
    }

    /// The session is over.
    pub(super) fn close_session(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        outcome: SessionOutcome,
        failure: Option<Failure>,
    ) {
        let now = engine.now();
        self.books.session(&mut self.who, &mut self.sessions, c, now, (outcome, failure));
        holds::leave(engine, &self.who, &mut self.sessions, c);
        // Whoever was connected before the run began was told then.
        let told = self.sessions[c].redirects > 0 || self.sessions[c].carried;
        self.sessions.close(c);
        self.unset(c, MAIN);
        // What a device or Outlook is told, it writes into its profile; from the
        // next session on it turns there at once.
        let mechanism = self.cohort(c).identity.mechanism;
        if matches!(mechanism, Mechanism::Redirect451 | Mechanism::Refer) && told {
            self.who.clients[c].set_moved();
        }
    }

    /// How long a client takes to notice that something is down: nothing for a refusal,
    /// the time-out of a connection for what does not answer.
    pub(super) fn notice(&self, c: usize, outcome: Outcome) -> SimSpan {
        let silent = match outcome {
            Outcome::LinkDown(_) => true,
            Outcome::StationDown(station) => {
                let dialled = &self.detection.addresses;
                self.outages.is_silent(station) || dialled.hears_nothing(&self.who, c, station)
            }
            _ => false,
        };
        if silent { self.behaviour(c).settings.connect_timeout } else { SimSpan::ZERO }
    }

    /// A client turns to another server where its own is known to be down.
    pub(super) fn rebind(&mut self, engine: &mut Engine<'_>, c: usize, outcome: Outcome) {
        if !dials_servers(&self.who, c) {
            rebind(engine, &self.who, &mut self.sessions, c, outcome);
            return;
        }
        let (cohort, _) = self.detection.turn(c, engine.now(), &self.outages);
        let like_its_own = cohort == self.who.clients[c].cohort;
        let other = self.detection.addresses.server(c).filter(|_| like_its_own);
        redial(engine, &self.who, &mut self.sessions, c, (outcome, other));
    }

    /// A request or a connection of client `c` ended so: notes which incident that is
    /// booked to when it is told.
    pub(super) fn blame(&mut self, c: usize, outcome: Outcome) {
        self.disrupted.blame(&self.outages, &self.who, c, outcome);
    }

    /// Client `c` lost its connection ([`Self::blame`] goes before).
    pub(super) fn connection_lost(&mut self, c: usize, failure: Failure, now: SimTime) {
        self.disrupted.connection_lost(&mut self.who, c, failure, now);
    }

    /// Client `c` asks no more until it would have asked anyway, and closes its connections.
    pub(super) fn gives_up(&mut self, engine: &mut Engine<'_>, c: usize) {
        holds::leave(engine, &self.who, &mut self.sessions, c);
        self.disrupted.gives_up(&mut self.who, c, engine.now());
    }

    /// The connection of client `c` is used now.
    #[inline]
    pub(super) fn used(&mut self, c: usize, now: SimTime) {
        idle::used(&self.who, &mut self.sessions, c, now);
    }

    /// Whether the connection of client `c` has been idle for so long that it is gone.
    #[inline]
    pub(super) fn gone(&self, c: usize, now: SimTime) -> bool {
        idle::is_gone(&self.who, &self.sessions, c, now)
    }

    /// Opens the connection again while nobody waits.
    pub(super) fn reopen_behind(&mut self, engine: &mut Engine<'_>, c: usize, number: u64) {
        self.count_reconnection(c, engine.now());
        self.background(engine, c, Step::REOPENING, REOPENING | number, SimSpan::ZERO);
        self.used(c, engine.now());
    }

    /// Counts a connection that an idle time-out ended.
    pub(super) fn count_reconnection(&mut self, c: usize, now: SimTime) {
        self.books.reconnected(&self.who, &self.sessions, c, now);
    }

    /// What the books do not agree on so far.
    pub(super) fn check_books(&self) -> Vec<String> {
        self.books.check()
    }

    /// Reports what is open at `now`, the end of the window, and closes the recorder.
    #[must_use]
    pub fn finish(self, now: SimTime) -> Recorded {
        let Self { mut who, mut sessions, books, disrupted, detection, stranded, .. } = self;
        let mut recorded = books.close(&mut who, &mut sessions, now);
        if stranded > 0 {
            recorded.violations.push(format!("S5: nothing would ever wake {stranded} clients again"));
        }
        let (user_time, storm) = disrupted.close(&mut who, now);
        recorded.user_time = user_time;
        (recorded.mounts, recorded.copied) = detection.close();
        recorded.violations.extend(storm.iter().flat_map(|storm| storm.violations.iter().cloned()));
        recorded.storm = storm;
        recorded
    }
}
