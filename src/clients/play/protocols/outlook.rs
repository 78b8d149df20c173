//! Outlook over RPC/HTTP, MAPI/RPC or MAPI/HTTP, and what it shares with IMAP4: a
//! connection that lives for the working day of its mailbox.
//!
//! A working day begins while the day curve stands between two shares of the day's
//! work, or between two times of day, and ends likewise ([`crate::clients::day::Edge`]); its
//! ends are named by the mailbox, so that all clients of a user come and go together.
//! All the tasks of a day fall into it as a Poisson process along the day curve:
//! downloads, sends, and the rest of LoadGen's mix. Along the curves of sizing
//! figures, which know no coming and going, connections have no end. An idle
//! connection is kept alive; a server that stops closes it at once, and what does not
//! answer is noticed by the next request or keep-alive. A lost one is opened again, all
//! TCP connections of it, after a back-off that doubles; so comes back who was refused.
//! While it lasts it is served as when it was opened, whatever changes meanwhile. What
//! waits when a client first connects in the run is downloaded message by message
//! before anything else.
//!
//! Warm start: who is in the middle of a working day is carried in, connected.

use crate::clients::compile::affinity::Cut;
use crate::clients::compile::program::{ENTRY, MAILBOX, TARGET};
use crate::clients::compile::request_specs::{outlook, outlook_tasks};
use crate::clients::play::driver::{AUX, Clients, GAP, LONG_AGO, MAIN, cut_off};
use crate::clients::play::protocols::mail::BEHIND;
use crate::kernel::random::Role;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::model::topology::Protocol;
use crate::results::{SessionOutcome, SessionSink};
use crate::sim::{Engine, Outcome};

const BEGIN: Role = Role::new("day begins");
const END: Role = Role::new("day ends");
const TASK: Role = Role::new("task");

/// Requests for what waited are numbered from here, apart from others.
const WAITED: u64 = 1 << 31;
/// State of a client that downloads: messages wait for its first connection.
pub(in crate::clients) const EXPECTED: u8 = 1;
/// State of an IMAP4 client: when its timer is due, its connection is gone.
pub(in crate::clients) const IDLED_OUT: u8 = 2;
/// Whether a client of this protocol keeps a connection open for the day.
fn lives_by_a_connection(protocol: Protocol) -> bool {
    matches!(
        protocol,
        Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp
            | Protocol::Imap
    )
}

/// Sessions of one day are numbered from a multiple of this.
const A_DAY: u32 = 1_024;

impl<S: SessionSink> Clients<'_, S> {
    /// Where on the work axis the working day of `day` begins and ends.
    pub(in crate::clients) fn working_day(&self, c: usize, day: u32) -> (f64, f64) {
        let key = self.mailbox_key(c);
        let [begins, ends] = &self.habit(c).edges;
        let start = f64::from(day);
        (
            start + begins.place(Self::uniform(key, BEGIN, day)),
            start + ends.place(Self::uniform(key, END, day)),
        )
    }

    /// As [`Self::working_day`], of the connection: it may have no end.
    fn connected_day(&self, c: usize, day: u32) -> (f64, f64) {
        if self.habit(c).always_connected {
            return (f64::from(day), f64::INFINITY);
        }
        self.working_day(c, day)
    }

    /// The first day from `day` on that has any work; `None` if none has.
    pub(in crate::clients) fn next_day(&self, c: usize, day: u32) -> Option<u32> {
        (day..day + 7).find(|&day| self.clock(c).factor(f64::from(day)) > 0.0)
    }

    /// What waits for a client that downloads and connects for the first time in the run.
    pub(in crate::clients) fn take_backlog(&mut self, c: usize) -> u32 {
        let first = std::mem::take(&mut self.clients[c].state) == EXPECTED;
        if first { self.habit(c).settings.backlog } else { 0 }
    }

    /// Downloads the next message that waited when the client first connected.
    pub(in crate::clients) fn backlog_next(&mut self, engine: &mut Engine<'_>, c: usize, step: u8) -> bool {
        let expected = self.take_backlog(c);
        let live = &mut self.lives[c];
        live.planned += expected;
        let waiting = live.planned;
        if waiting == 0 {
            return false;
        }
        live.planned -= 1;
        self.begin(engine, c, step, WAITED | u64::from(waiting));
        true
    }

    /// Opens the session that the run's beginning finds open, or waits for the next day.
    pub(in crate::clients) fn day_wake(&mut self, engine: &mut Engine<'_>, c: usize) {
        let now = self.clock(c).work(0.0);
        let mut day = libm::floor(now) as u32;
        if self.connected_day(c, day).1 <= now {
            day += 1;
        }
        let today = day;
        let always = self.habit(c).always_connected;
        let next = if always { Some(day) } else { self.next_day(c, day) };
        let Some(day) = next else { return };
        let (begin, _) = self.connected_day(c, day);
        self.clients[c].session = day * A_DAY;
        if begin > now || day > today {
            self.clients[c].state = EXPECTED;
            let at = self.clock(c).at(begin);
            self.set(engine, c, MAIN, at);
        } else if self.cohort(c).refused.is_some() {
            self.day_turned_away(engine, c, day);
        } else {
            let since = -self.clock(c).instant(begin);
            let number = self.clients[c].session;
            if !self.open_session(engine, c, number, Some(SimSpan(nanos(since)))) {
                self.day_turned_away(engine, c, day);
                return;
            }
            self.lives[c].done = 1;
            self.clients[c].work = now;
            if self.cohort(c).protocol == Protocol::Imap {
                self.imap_resume(engine, c);
            } else {
                self.outlook_next(engine, c);
            }
        }
    }

    /// Refused since the morning: in the middle of its longest wait.
    fn day_turned_away(&mut self, engine: &mut Engine<'_>, c: usize, day: u32) {
        self.clients[c].fails = LONG_AGO;
        let settings = &self.habit(c).settings;
        let wait = self.back_off(c, LONG_AGO, settings.reconnect, settings.reconnect_max).0 as f64;
        let left = Self::uniform(self.key(c), BEGIN, day) * wait;
        self.clients[c].fail();
        self.set(engine, c, MAIN, SimTime(nanos(left)));
    }

    fn day(&self, c: usize) -> u32 {
        self.clients[c].session / A_DAY
    }

    /// Instant at which the present working day ends.
    pub(in crate::clients) fn day_closes(&self, c: usize) -> SimTime {
        let (_, end) = self.connected_day(c, self.day(c));
        self.clock(c).at(end)
    }

    /// A session of the day begins.
    pub(in crate::clients) fn day_opens(&mut self, engine: &mut Engine<'_>, c: usize) {
        let number = self.clients[c].session;
        self.open_session(engine, c, number, None);
        let work = self.clock(c).work(engine.now().0 as f64);
        self.clients[c].work = work;
        self.begin(engine, c, outlook::CONNECT, 0);
    }

    /// The working day is over.
    pub(in crate::clients) fn day_over(&mut self, engine: &mut Engine<'_>, c: usize) {
        self.close_session(engine, c, SessionOutcome::Completed, None);
        self.tomorrow(engine, c);
    }

    fn tomorrow(&mut self, engine: &mut Engine<'_>, c: usize) {
        self.gives_up(c, engine.now());
        let Some(day) = self.next_day(c, self.day(c) + 1) else { return };
        self.clients[c].session = day * A_DAY;
        self.clients[c].fails = 0;
        let (begin, _) = self.working_day(c, day);
        let at = self.clock(c).at(begin);
        self.set(engine, c, MAIN, at);
    }

    /// The connection is lost.
    pub(in crate::clients) fn day_lost(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        failure: Failure,
        notice: SimSpan,
    ) {
        self.clients[c].fail();
        if cut_off(failure) {
            self.cut(c, engine.now());
        }
        self.close_session(engine, c, SessionOutcome::Failed, Some(failure));
        self.outlook_again(engine, c, notice);
    }

    /// An idle connection is found to be lost, after `notice`.
    pub(in crate::clients) fn connection_lost(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        failure: Failure,
        notice: SimSpan,
    ) {
        if lives_by_a_connection(self.cohort(c).protocol) {
            self.day_lost(engine, c, failure, notice);
        }
    }

    /// Servers have stopped: the connections that end there are closed at once. Who has
    /// a request under way hears of it by that.
    pub(in crate::clients) fn connections_lost(&mut self, engine: &mut Engine<'_>, stations: &[u32]) {
        for c in 0..self.clients.len() {
            let cohort = self.cohort(c);
            if !self.lives[c].open || self.lives[c].busy || !lives_by_a_connection(cohort.protocol) {
                continue;
            }
            let slots = self.lives[c].slots;
            let bound = |slot: u8, used: bool| used && stations.contains(&slots[usize::from(slot)]);
            let gates = cohort.gates.iter().flatten();
            let mut gates = gates.map(|gate| engine.network().groups[gate.index()].first);
            // Outlook's connections reach to the Mailbox server.
            let to_store = cohort.protocol != Protocol::Imap;
            if bound(ENTRY, cohort.entry.is_some())
                || bound(TARGET, cohort.target.is_some())
                || bound(MAILBOX, to_store)
                || gates.any(|gate| stations.contains(&gate))
            {
                self.blame(c, Outcome::StationDown(stations[0]));
                self.day_lost(engine, c, Failure::ServerDown, SimSpan::ZERO);
            }
        }
    }

    /// Databases of this server are mounted elsewhere, or at home again: connections to
    /// them are opened again at once, somewhere in the first wait.
    pub(in crate::clients) fn databases_moved(&mut self, engine: &mut Engine<'_>, server: u32) {
        for c in 0..self.clients.len() {
            let idle = self.lives[c].open && !self.lives[c].busy;
            if !idle
                || self.plan.members[c].mailbox_server != server
                || !lives_by_a_connection(self.cohort(c).protocol)
                || !self.store_moved(c)
            {
                continue;
            }
            self.follow_database(engine, c);
        }
    }

    /// Connects anew to where the mailbox is mounted now.
    pub(in crate::clients) fn follow_database(&mut self, engine: &mut Engine<'_>, c: usize) {
        self.close_session(engine, c, SessionOutcome::Completed, None);
        if self.clients[c].session % A_DAY == A_DAY - 1 {
            self.tomorrow(engine, c);
            return;
        }
        self.clients[c].session += 1;
        let first = self.habit(c).settings.reconnect.0;
        let key = self.key(c).child(u64::from(self.clients[c].session));
        let at = engine.now() + SimSpan(Self::spread(key, 0, first, 1.0));
        self.set(engine, c, MAIN, at);
    }

    /// When to connect again after a failed session: later and later, not beyond the day.
    pub(in crate::clients) fn outlook_again(&mut self, engine: &mut Engine<'_>, c: usize, notice: SimSpan) {
        let settings = &self.habit(c).settings;
        let wait = self.back_off(c, self.clients[c].fails, settings.reconnect, settings.reconnect_max);
        let at = engine.now() + notice + wait;
        if at >= self.day_closes(c) || self.clients[c].session % A_DAY == A_DAY - 1 {
            self.tomorrow(engine, c);
        } else {
            self.clients[c].session += 1;
            self.set(engine, c, MAIN, at);
        }
    }

    pub(in crate::clients) fn outlook_wake(&mut self, engine: &mut Engine<'_>, c: usize) {
        self.day_wake(engine, c);
    }

    /// Sets the instant of the next task, or of the day's end.
    fn outlook_next(&mut self, engine: &mut Engine<'_>, c: usize) {
        let (begin, end) = self.connected_day(c, self.day(c));
        let habit = self.habit(c);
        let tasks = outlook_tasks(&habit.profile, &habit.settings);
        // A day's tasks fall into its working day, if it has one.
        let length = if end == f64::INFINITY { 1.0 } else { end - begin };
        let live = &mut self.lives[c];
        live.done += 1;
        let gap = Self::gap(live.key, GAP, live.done);
        let amount = if tasks > 0.0 { gap * length / tasks } else { f64::INFINITY };
        let work = self.clock(c).advance(self.clients[c].work, amount);
        self.clients[c].work = work;
        let at = self.clock(c).at(work.min(end));
        self.set(engine, c, MAIN, at);
        self.used(c, engine.now());
        self.outlook_idle_later(engine, c);
    }

    fn outlook_idle_later(&mut self, engine: &mut Engine<'_>, c: usize) {
        let keep_alive = self.habit(c).settings.outlook_keep_alive;
        let heard = self.outlook_cut(c).filter(|cut| !cut.silent);
        let at = engine.now() + heard.map_or(keep_alive, |cut| cut.after.min(keep_alive));
        if self.main_at(c) > at {
            self.set(engine, c, AUX, at);
        } else {
            self.unset(c, AUX);
        }
    }

    /// What ends the connection by which Outlook lives. MAPI/HTTP has none such.
    fn outlook_cut(&self, c: usize) -> Option<Cut> {
        let cohort = self.cohort(c);
        cohort.cut.filter(|_| cohort.protocol != Protocol::MapiHttp)
    }

    /// Nothing has happened for the length of a keep-alive, or until the connection was
    /// closed for that. A forgotten one is found dead by the keep-alive.
    pub(in crate::clients) fn outlook_idle(&mut self, engine: &mut Engine<'_>, c: usize) {
        if !self.lives[c].open || self.lives[c].busy {
            return;
        }
        let client = &mut self.clients[c];
        client.aux += 1;
        let number = BEHIND | u64::from(client.aux);
        if self.outlook_cut(c).is_some() {
            self.reopen_behind(engine, c, number);
        } else {
            self.background(engine, c, outlook::KEEP_ALIVE, number, SimSpan::ZERO);
        }
        self.outlook_idle_later(engine, c);
    }

    pub(in crate::clients) fn outlook_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        if !self.lives[c].open {
            self.day_opens(engine, c);
            return;
        }
        let (_, end) = self.connected_day(c, self.day(c));
        if self.clients[c].work >= end {
            self.day_over(engine, c);
            return;
        }
        self.unset(c, AUX);
        let habit = self.habit(c);
        let (received, sent) = (habit.profile.received, habit.profile.sent);
        let whole = outlook_tasks(&habit.profile, &habit.settings).max(received + sent);
        let number = self.lives[c].done;
        let place = Self::uniform(self.lives[c].key, TASK, number) * whole;
        let step = if place < received {
            outlook::RECEIVE
        } else if place < received + sent {
            outlook::SEND
        } else {
            outlook::TASK
        };
        let gone = self.gone(c, engine.now());
        self.begin_on(engine, c, (step, u64::from(number)), gone);
    }

    pub(in crate::clients) fn outlook_on(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        failure: Option<Failure>,
    ) {
        if let Some(failure) = failure {
            self.day_lost(engine, c, failure, SimSpan::ZERO);
        } else if self.store_moved(c) {
            self.follow_database(engine, c);
        } else if !self.backlog_next(engine, c, outlook::RECEIVE) {
            self.outlook_next(engine, c);
        }
    }
}
