//! Mail, and the two protocols that fetch it by the message: POP3 and IMAP4.
//!
//! Mail arrives at a mailbox as a Poisson process along the day curve; its instants
//! are named by the mailbox, so that a device and a desktop of one user see the
//! same mail.
//!
//! A POP3 session is one poll: a logon that lists, then one retrieval of all that
//! is new, message by message. It polls the whole day in a random phase. A refused
//! or failed poll waits for the next one. An IMAP4 session lives for the working
//! day of its mailbox; it waits in IDLE, fetches what arrives, and issues IDLE
//! again before the server would end it. What ends it all the same: [`crate::clients::play::idle`].

use crate::clients::compile::affinity::Cut;
use crate::clients::compile::request_specs::{imap, pop};
use crate::clients::play::driver::{Clients, MAIN};
use crate::clients::play::protocols::outlook::{EXPECTED, IDLED_OUT};
use crate::itinerary::PARTS;
use crate::kernel::random::Role;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::results::{SessionOutcome, SessionSink};
use crate::sim::{Ended, Engine};

const MAIL: Role = Role::new("mail");
const PHASE: Role = Role::new("phase");

/// Requests of the background are numbered from here, apart from visible ones.
pub(in crate::clients) const BEHIND: u64 = 1 << 32;

impl<S: SessionSink> Clients<'_, S> {
    /// Begins to count mail at `ns` after the run's beginning (negative: before it).
    pub(in crate::clients) fn expect_mail(&mut self, c: usize, ns: f64) {
        self.mail(c).work = self.clock(c).work(ns);
        self.next_mail(c);
    }

    /// Goes on to the next mail of the mailbox.
    pub(in crate::clients) fn next_mail(&mut self, c: usize) {
        let received = self.habit(c).profile.received;
        if received <= 0.0 {
            self.mail(c).at = SimTime::MAX;
            return;
        }
        let key = self.mailbox_key(c);
        let mail = self.mail(c);
        mail.number += 1;
        let (number, stands) = (mail.number, mail.work);
        let work = self.clock(c).advance(stands, Self::gap(key, MAIL, number) / received);
        let at = self.clock(c).at(work);
        let mail = self.mail(c);
        (mail.work, mail.at) = (work, at);
    }

    /// Takes all mail up to `now`: how many messages.
    pub(in crate::clients) fn take_mail(&mut self, c: usize, now: SimTime) -> u32 {
        let mut messages = 0;
        while self.mail_at(c) <= now {
            messages += 1;
            self.next_mail(c);
        }
        messages
    }

    fn pop_interval(&self, c: usize) -> u64 {
        self.habit(c).settings.pop_poll.0.max(1)
    }

    /// The first poll after the run's beginning, ns; the others follow at the interval.
    fn pop_phase(&self, c: usize) -> f64 {
        Self::uniform(self.key(c), PHASE, 0) * self.pop_interval(c) as f64
    }

    pub(in crate::clients) fn pop_wake(&mut self, engine: &mut Engine<'_>, c: usize) {
        let interval = self.pop_interval(c) as f64;
        let first = self.pop_phase(c);
        // What has come since the last poll before the run is fetched by the first in it.
        self.expect_mail(c, first - interval);
        self.clients[c].state = EXPECTED;
        self.set(engine, c, MAIN, SimTime(nanos(first)));
    }

    pub(in crate::clients) fn pop_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        let number = self.clients[c].session + 1;
        self.open_session(engine, c, number, None);
        self.begin(engine, c, pop::OPEN, 0);
    }

    /// The next poll in the client's phase.
    pub(in crate::clients) fn pop_next(&mut self, engine: &mut Engine<'_>, c: usize) {
        let interval = self.pop_interval(c);
        let first = nanos(self.pop_phase(c));
        let passed = engine.now().since(SimTime(first)).0 / interval + 1;
        let at = SimTime((first + passed * interval).min(SimTime::MAX.0));
        self.set(engine, c, MAIN, at);
    }

    /// After an answered stage: fetches the next message, if there is one.
    pub(in crate::clients) fn pop_more(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        ended: &Ended,
        parts: &[u64; PARTS],
    ) -> bool {
        if ended.tag as u8 != pop::RETRIEVE {
            return false;
        }
        let live = &mut self.lives[c];
        live.done += 1;
        if live.done >= live.planned {
            return false;
        }
        let number = u64::from(live.done) + 1;
        self.lives.set_parts(c, parts);
        self.stage(engine, c, pop::RETRIEVE, number);
        true
    }

    pub(in crate::clients) fn pop_on(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        step: u8,
        failure: Option<Failure>,
    ) {
        if step == pop::OPEN && failure.is_none() {
            let messages = self.take_backlog(c) + self.take_mail(c, engine.now());
            if messages > 0 && engine.now() < self.ends() {
                self.lives[c].planned = messages;
                self.begin(engine, c, pop::RETRIEVE, 1);
                return;
            }
        }
        let outcome = if failure.is_some() { SessionOutcome::Failed } else { SessionOutcome::Completed };
        self.close_session(engine, c, outcome, failure);
        self.pop_next(engine, c);
    }

    pub(in crate::clients) fn imap_wake(&mut self, engine: &mut Engine<'_>, c: usize) {
        self.expect_mail(c, 0.0);
        self.day_wake(engine, c);
    }

    /// The session has begun or has been carried in: wait for mail.
    pub(in crate::clients) fn imap_wait(&mut self, engine: &mut Engine<'_>, c: usize) {
        let idle = self.habit(c).settings.imap_idle;
        self.imap_wait_at_most(engine, c, idle, SimSpan::ZERO);
    }

    /// As [`Self::imap_wait`] for an IDLE that has been waiting since before the run.
    pub(in crate::clients) fn imap_resume(&mut self, engine: &mut Engine<'_>, c: usize) {
        let idle = self.habit(c).settings.imap_idle;
        let heard = self.cohort(c).cut.filter(|cut| !cut.silent);
        let idle = heard.map_or(idle, |cut| cut.after.min(idle));
        let left = SimSpan(nanos(Self::uniform(self.key(c), PHASE, 0) * idle.0 as f64));
        self.imap_wait_at_most(engine, c, left, SimSpan(idle.0 - left.0));
    }

    /// Waits in IDLE for `most` at most, on a connection that nothing has been sent on
    /// for `since`.
    fn imap_wait_at_most(&mut self, engine: &mut Engine<'_>, c: usize, most: SimSpan, since: SimSpan) {
        let now = engine.now();
        let closes = self.day_closes(c);
        let cut = self.cohort(c).cut;
        let left = |cut: Cut| SimSpan(cut.after.0.saturating_sub(since.0));
        // Until when it waits, and until when it hears of mail.
        let (ends, hears) = match cut {
            None => (now + most, now + most),
            Some(cut) if cut.silent => (now + most, now + left(cut)),
            Some(cut) => (now + left(cut).min(most), now + most),
        };
        let mail = self.mail_at(c).max(now);
        let woken = mail < ends && mail <= hears;
        if cut.is_some() {
            self.clients[c].state = if woken { 0 } else { IDLED_OUT };
        }
        self.set(engine, c, MAIN, if woken { mail } else { ends }.min(closes));
    }

    pub(in crate::clients) fn imap_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        if !self.lives[c].open {
            self.day_opens(engine, c);
            return;
        }
        let now = engine.now();
        if now >= self.day_closes(c) {
            self.day_over(engine, c);
            return;
        }
        self.lives[c].done += 1;
        let number = u64::from(self.lives[c].done);
        let gone = self.cohort(c).cut.is_some() && std::mem::take(&mut self.clients[c].state) == IDLED_OUT;
        if self.mail_at(c) <= now {
            self.next_mail(c);
            self.begin_on(engine, c, (imap::FETCH, number), gone);
        } else if gone {
            self.reopen_behind(engine, c, BEHIND | number);
            self.imap_wait(engine, c);
        } else {
            self.background(engine, c, imap::IDLE, BEHIND | number, SimSpan::ZERO);
            self.imap_wait(engine, c);
        }
    }

    pub(in crate::clients) fn imap_on(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        failure: Option<Failure>,
    ) {
        if let Some(failure) = failure {
            self.day_lost(engine, c, failure, SimSpan::ZERO);
        } else if self.store_moved(c) {
            self.follow_database(engine, c);
        } else {
            if self.lives[c].done == 0 {
                // What came before the logon is there already.
                self.take_mail(c, engine.now());
            }
            if self.backlog_next(engine, c, imap::FETCH) {
                return;
            }
            self.imap_wait(engine, c);
        }
    }
}
