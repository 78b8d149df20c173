//! ActiveSync with Direct Push: a request is held until mail arrives, then a Sync
//! fetches it, and the next request is held.
//!
//! A session is a partnership period; it lasts as long as the device stays
//! connected, normally the whole run. A Ping is held for the heartbeat or until
//! the next mail of the mailbox; its time is no latency. A received mail costs
//! 1.25 Syncs in the mean, a sent one a SendMail and a Sync. Sends come as a
//! Poisson process along the day curve and do not wait for the Ping, but wait for a
//! Sync under way, and a Sync for them.
//!
//! A lost Ping is asked again after a back-off that doubles; when retries are used
//! up the session has failed. A device that was cut off or refused connects and
//! synchronises anew after `eas_backoff`, twice that, and so on up to
//! `eas_backoff_max`, until a Ping has come back.
//!
//! A device asks by its name again at each Ping: when that leads elsewhere by then, or
//! the rules have changed, it starts a session there.
//!
//! Warm start: every device holds a Ping; how long it has been held has the
//! stationary law of the age of min(heartbeat, next mail) at the rate of the run's
//! beginning.

use crate::clients::compile::affinity::FORGOTTEN;
use crate::clients::compile::request_specs::eas;
use crate::clients::play::driver::{AUX, Clients, LONG_AGO, MAIN, failure_of};
use crate::clients::play::protocols::mail::BEHIND;
use crate::kernel::random::Role;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::results::{SessionOutcome, SessionSink};
use crate::sim::{Ended, Engine, Outcome};

const PHASE: Role = Role::new("heartbeat phase");
const EXTRA: Role = Role::new("extra sync");
const SENDS: Role = Role::new("sends");

/// No Ping is held and none is due.
const QUIET: u8 = 0;
/// A Ping is held.
const HOLDING: u8 = 1;
/// A Ping came back with news while something else was under way.
const NEWS: u8 = 2;
/// A lost Ping is to be asked again.
const LOST: u8 = 3;

/// Set in `planned`: a message waits to be sent.
const OUTBOX: u32 = 1;
/// Set in `planned`: another Sync follows.
const AGAIN: u32 = 2;

impl<S: SessionSink> Clients<'_, S> {
    pub(in crate::clients) fn eas_wake(&mut self, engine: &mut Engine<'_>, c: usize) {
        self.expect_mail(c, 0.0);
        self.clients[c].work = self.clock(c).work(0.0);
        let heartbeat = self.habit(c).settings.eas_heartbeat;
        let cut = self.cohort(c).cut.filter(|cut| !cut.silent);
        let heartbeat = cut.map_or(heartbeat, |cut| cut.after.min(heartbeat)).0.max(1) as f64;
        let uniform = Self::uniform(self.key(c), PHASE, 0);
        if self.cohort(c).refused.is_some() {
            // Refused before the run: it comes back in the middle of its longest wait.
            self.clients[c].fails = LONG_AGO;
            let settings = &self.habit(c).settings;
            let wait = self.back_off(c, LONG_AGO, settings.eas_backoff, settings.eas_backoff_max).0 as f64;
            self.set(engine, c, MAIN, SimTime(nanos(uniform * wait)));
            return;
        }
        // Age of a Ping that ends at the heartbeat or, at rate `rate`, before.
        let rate = self.clock(c).intensity() * self.habit(c).profile.received;
        let age = if rate * heartbeat > 1e-9 {
            -libm::log(1.0 - uniform * (1.0 - libm::exp(-rate * heartbeat))) / rate
        } else {
            uniform * heartbeat
        };
        // How long the partnership has lasted nobody knows; a day is put down.
        self.open_session(engine, c, 0, Some(SimSpan::from_secs(86_400)));
        let left = (heartbeat - age).max(0.0).min(self.mail_at(c).0 as f64);
        self.clients[c].state = HOLDING;
        self.background(engine, c, eas::RESUMED, BEHIND, SimSpan(nanos(left)));
        self.eas_next_send(engine, c);
    }

    /// Whether a Ping is held.
    pub(in crate::clients) fn eas_holds(&self, c: usize) -> bool {
        self.clients[c].state == HOLDING
    }

    fn eas_next_send(&mut self, engine: &mut Engine<'_>, c: usize) {
        let sent = self.habit(c).profile.sent;
        if sent <= 0.0 {
            return;
        }
        let key = self.key(c);
        let client = &mut self.clients[c];
        client.aux += 1;
        let amount = Self::gap(key, SENDS, client.aux) / sent;
        let work = self.clock(c).advance(self.clients[c].work, amount);
        self.clients[c].work = work;
        let at = self.clock(c).at(work);
        self.set(engine, c, AUX, at);
    }

    /// A session begins, or a lost Ping is due again.
    pub(in crate::clients) fn eas_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        if self.lives[c].open {
            if self.clients[c].state == LOST {
                self.clients[c].state = QUIET;
                if !self.lives[c].busy {
                    self.eas_ping(engine, c);
                }
            }
            return;
        }
        let number = self.clients[c].session + 1;
        self.open_session(engine, c, number, None);
        self.lives[c].planned = 0;
        self.clients[c].state = QUIET;
        self.begin(engine, c, eas::START, 0);
    }

    /// After a failed session: later each time, until a Ping has come back.
    pub(in crate::clients) fn eas_again(&mut self, engine: &mut Engine<'_>, c: usize) {
        let settings = &self.habit(c).settings;
        let (first, most) = (settings.eas_backoff, settings.eas_backoff_max);
        let retries = settings.retries.min(u32::from(u16::MAX)) as u16;
        // The first failures in a row are those that were answered by another try.
        let client = &mut self.clients[c];
        client.fails = client.fails.max(retries.saturating_add(1));
        let sessions = client.fails - retries;
        let at = engine.now() + self.back_off(c, sessions, first, most);
        self.set(engine, c, MAIN, at);
    }

    fn eas_ping(&mut self, engine: &mut Engine<'_>, c: usize) {
        if self.elsewhere(c, engine.now()) {
            self.eas_turn(engine, c);
            return;
        }
        let heartbeat = self.habit(c).settings.eas_heartbeat;
        let hold = self.mail_at(c).since(engine.now()).min(heartbeat);
        self.clients[c].state = HOLDING;
        self.lives[c].done += 1;
        let number = BEHIND | u64::from(self.lives[c].done);
        let (step, hold) = match self.cohort(c).cut {
            // Who is not told waits for the heartbeat; mail does not come through.
            Some(cut) if hold > cut.after => (eas::CUT, if cut.silent { heartbeat } else { cut.after }),
            _ => (eas::PING, hold),
        };
        self.background(engine, c, step, number, hold);
    }

    /// HTTP has no memory: the next request is answered by what holds now, and the
    /// device starts anew there. What it was about to send is sent from there.
    fn eas_turn(&mut self, engine: &mut Engine<'_>, c: usize) {
        let sends_at = self.due(c, AUX);
        self.close_session(engine, c, SessionOutcome::Completed, None);
        let number = self.clients[c].session + 1;
        self.open_session(engine, c, number, None);
        self.clients[c].state = QUIET;
        if sends_at < SimTime::MAX {
            self.set(engine, c, AUX, sends_at);
        }
        self.begin(engine, c, eas::START, 0);
    }

    fn eas_visible(&mut self, engine: &mut Engine<'_>, c: usize, step: u8) {
        self.lives[c].done += 1;
        let number = u64::from(self.lives[c].done);
        self.begin(engine, c, step, number);
    }

    fn eas_sync(&mut self, engine: &mut Engine<'_>, c: usize) {
        let now = engine.now();
        if self.take_mail(c, now) > 0
            && Self::uniform(self.lives[c].key, EXTRA, self.lives[c].done)
                < self.habit(c).settings.eas_syncs_per_mail - 1.0
        {
            self.lives[c].planned |= AGAIN;
        }
        self.eas_visible(engine, c, eas::SYNC);
    }

    /// A Ping came back.
    pub(in crate::clients) fn eas_ping_ended(&mut self, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        let now = engine.now();
        let busy = self.lives[c].busy;
        let failure = failure_of(ended.outcome);
        if let Some(FORGOTTEN) = failure {
            // The server is there: the device asks again at once.
            self.count_held_failure(c, ended, now, FORGOTTEN);
            self.count_reconnection(c, now);
        } else if let Some(failure) = failure {
            self.count_held_failure(c, ended, now, failure);
            self.eas_ping_lost(engine, c, failure, ended.outcome);
            return;
        }
        // One that was held already when the run began did not begin in it.
        if failure.is_none() && ended.tag as u8 != eas::RESUMED {
            self.count_held(c, ended, now);
        }
        self.clients[c].fails = 0;
        let news = self.mail_at(c) <= now;
        if busy {
            self.clients[c].state = if news { NEWS } else { QUIET };
        } else if news {
            self.clients[c].state = QUIET;
            self.eas_sync(engine, c);
        } else {
            self.eas_ping(engine, c);
        }
    }

    fn eas_ping_lost(&mut self, engine: &mut Engine<'_>, c: usize, failure: Failure, outcome: Outcome) {
        let notice = self.notice(c, outcome);
        let settings = &self.habit(c).settings;
        let (retries, backoff) = (settings.retries, settings.retry_backoff);
        self.clients[c].fail();
        if u32::from(self.clients[c].fails) > retries && !self.lives[c].busy {
            self.close_session(engine, c, SessionOutcome::Failed, Some(failure));
            self.eas_again(engine, c);
            return;
        }
        // A session that ends here ended at its server; a visible request that lost the
        // same server turns to another itself.
        if !self.lives[c].busy {
            self.rebind(engine, c, outcome);
        }
        let wait = self.back_off(c, self.clients[c].fails, backoff, SimSpan(u64::MAX));
        self.clients[c].state = LOST;
        let at = engine.now() + notice + wait;
        self.set(engine, c, MAIN, at);
    }

    pub(in crate::clients) fn eas_send_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        if self.lives[c].open {
            if self.lives[c].busy {
                self.lives[c].planned |= OUTBOX;
            } else {
                self.lives[c].planned |= AGAIN;
                self.eas_visible(engine, c, eas::SEND);
            }
        }
        self.eas_next_send(engine, c);
    }

    /// A visible request is over: what waits comes next, then a Ping.
    pub(in crate::clients) fn eas_on(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        step: u8,
        failure: Option<Failure>,
    ) {
        if engine.now() >= self.ends() {
            return;
        }
        if step == eas::START {
            self.take_mail(c, engine.now());
            // What was to be sent while the device was away is not made up for.
            let work = self.clock(c).work(engine.now().0 as f64);
            let client = &mut self.clients[c];
            client.work = client.work.max(work);
            if self.due(c, AUX) == SimTime::MAX {
                self.eas_next_send(engine, c);
            }
        }
        let planned = self.lives[c].planned;
        if failure.is_none() && planned & AGAIN != 0 {
            self.lives[c].planned &= !AGAIN;
            self.eas_visible(engine, c, eas::SYNC);
        } else if planned & OUTBOX != 0 {
            self.lives[c].planned = AGAIN;
            self.eas_visible(engine, c, eas::SEND);
        } else {
            self.lives[c].planned = 0;
            match self.clients[c].state {
                NEWS => {
                    self.clients[c].state = QUIET;
                    self.eas_sync(engine, c);
                }
                QUIET => self.eas_ping(engine, c),
                _ => {}
            }
        }
    }
}
