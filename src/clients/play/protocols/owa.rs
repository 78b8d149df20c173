//! OWA: a user logs on, reads, sends and deletes with time to think in between,
//! and logs off or walks away.
//!
//! Logons come as a Poisson process along the day curve; a logon that falls into a
//! session that is still running waits for its end, so that a day has as many as
//! its profile says. A session has between half and one and a half times the mean
//! number of actions. While it lasts the browser asks for notifications at a
//! constant interval, in the background. Half of the users log off; the others
//! close the browser, and the server keeps their session until its idle time-out.
//!
//! A failed action is shown to the user, who goes on with the next one. A failed or
//! refused logon ends the session; the user comes back for the next one. Who is cut
//! off (a server or a link on the way is down) has lost the session: he logs on again
//! after `owa_return`, for the actions that were left, at most `owa_returns` times; then
//! he gives up until he would have come anyway. When the mailbox has been mounted in
//! another site, the next action logs on again at once. What else changes meanwhile
//! holds from the next logon on.
//!
//! Warm start: sessions of the day before are played on paper, from named draws of
//! arrivals, actions and think times, up to the run's beginning. Whoever stands in
//! the middle of one is carried in there.

use crate::clients::compile::request_specs::{owa, owa_actions};
use crate::clients::play::driver::{AUX, Clients, GAP, MAIN, cut_off};
use crate::clients::play::protocols::mail::BEHIND;
use crate::kernel::random::Role;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::results::{SessionOutcome, SessionSink};
use crate::sim::Engine;

const ACTIONS: Role = Role::new("actions");
const THINK: Role = Role::new("think");
const ACTION: Role = Role::new("action");
const LEAVE: Role = Role::new("leave");
const RETURN: Role = Role::new("comes back");
const TYPES: Role = Role::new("types again");
const POLL_PHASE: Role = Role::new("poll phase");

/// Between sessions, or waiting for the logon.
const AWAY: u8 = 0;
/// Thinking or acting.
const ACTIVE: u8 = 1;
/// The next step is the logoff.
const LEAVING: u8 = 2;
/// The browser is closed, the session is not.
const LINGERING: u8 = 3;

/// Sessions in which a user comes back are numbered above this bit.
const RETURNS: u32 = 24;
const NATURAL: u32 = (1 << RETURNS) - 1;
/// While a user is away that was cut off, the actions left stand above this bit of the
/// count of polls.
const LEFT: u32 = 20;
const POLLS: u32 = (1 << LEFT) - 1;
const MOST_LEFT: u32 = (1 << (32 - LEFT)) - 1;

const LOOK_BACK: f64 = 24.0 * 3_600e9;

impl<S: SessionSink> Clients<'_, S> {
    pub(in crate::clients) fn owa_wake(&mut self, engine: &mut Engine<'_>, c: usize) {
        if self.habit(c).profile.owa_logons <= 0.0 {
            return;
        }
        self.clients[c].work = self.clock(c).work(-LOOK_BACK);
        let mut free_at = -LOOK_BACK;
        let mut number = 0;
        loop {
            number += 1;
            let arrival = self.owa_arrival(c, number).max(free_at);
            self.clients[c].session = number;
            if arrival >= 0.0 {
                self.set(engine, c, MAIN, SimTime(nanos(arrival)));
                return;
            }
            let planned = self.owa_planned(c, number);
            let mut at = arrival;
            for action in 1..=planned {
                at += self.owa_think(c, number, action);
                if at > 0.0 {
                    self.owa_carry(engine, c, arrival, planned, action, at);
                    return;
                }
            }
            free_at = at;
        }
    }

    /// Carries in a session that began at `arrival` and has its `action`-th action at `at`.
    fn owa_carry(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        arrival: f64,
        planned: u32,
        action: u32,
        at: f64,
    ) {
        let number = self.clients[c].session;
        let refused = self.cohort(c).refused.is_some();
        if refused {
            // Turned away before the run.
            self.owa_next_session(engine, c);
            return;
        }
        self.open_session(engine, c, number, Some(SimSpan(nanos(-arrival))));
        self.clients[c].state = ACTIVE;
        let live = &mut self.lives[c];
        live.planned = planned;
        live.done = action - 1;
        self.set(engine, c, MAIN, SimTime(nanos(at)));
        let poll = self.habit(c).settings.owa_poll.0 as f64;
        let phase = Self::uniform(self.lives[c].key, POLL_PHASE, 0) * poll;
        self.set(engine, c, AUX, SimTime(nanos(phase)));
    }

    /// Instant at which the user wants session `number`, ns after the run's beginning.
    fn owa_arrival(&mut self, c: usize, number: u32) -> f64 {
        let logons = self.habit(c).profile.owa_logons;
        let amount = Self::gap(self.key(c), GAP, number) / logons;
        let work = self.clock(c).advance(self.clients[c].work, amount);
        self.clients[c].work = work;
        if work == f64::INFINITY { work } else { self.clock(c).instant(work) }
    }

    fn owa_planned(&self, c: usize, number: u32) -> u32 {
        let mean = owa_actions(&self.habit(c).profile);
        let uniform = Self::uniform(self.key(c), ACTIONS, number);
        let spread = self.habit(c).settings.owa_session_spread;
        // Rounding a uniform number on a range symmetric about the mean keeps the mean;
        // a mean by itself is rounded up as often as keeps it.
        let rounding = if spread > 0.0 { 0.5 } else { uniform };
        ((mean * (1.0 + spread * (2.0 * uniform - 1.0)) + rounding) as u32).max(1)
    }

    fn owa_think(&self, c: usize, number: u32, action: u32) -> f64 {
        let key = self.key(c).child(u64::from(number)).child(u64::from(action));
        self.habit(c).owa_think.draw(&mut key.stream(THINK, 0))
    }

    /// Sets the instant of the next action, logoff included.
    fn owa_think_next(&mut self, engine: &mut Engine<'_>, c: usize) {
        let think = self.owa_think(c, self.clients[c].session, self.lives[c].done + 1);
        let at = SimTime(engine.now().0.saturating_add(nanos(think)).min(SimTime::MAX.0));
        self.set(engine, c, MAIN, at);
        self.used(c, engine.now());
    }

    pub(in crate::clients) fn owa_next_session(&mut self, engine: &mut Engine<'_>, c: usize) {
        let number = (self.clients[c].session & NATURAL) + 1;
        let arrival = self.owa_arrival(c, number);
        let client = &mut self.clients[c];
        client.session = number;
        client.state = AWAY;
        client.aux &= POLLS;
        let soonest = engine.now() + SimSpan::from_secs(1);
        self.set(engine, c, MAIN, SimTime(nanos(arrival)).max(soonest));
    }

    /// Prepares the session in which a user comes back for what is left; false when that
    /// has been tried as often as can be. The session before is still open, or had no logon.
    fn owa_comeback(&mut self, c: usize, most: u32) -> Option<u32> {
        let live = &self.lives[c];
        let left = if live.open { live.planned.saturating_sub(live.done).max(1) } else { 0 };
        let client = &mut self.clients[c];
        if client.session >> RETURNS >= most.min(255) {
            return None;
        }
        if left > 0 && client.state == ACTIVE {
            client.aux = client.aux & POLLS | left.min(MOST_LEFT) << LEFT;
        }
        client.state = AWAY;
        Some(client.session + (1 << RETURNS))
    }

    /// Comes back after a while, until he gives up.
    fn owa_back(&mut self, engine: &mut Engine<'_>, c: usize, session: u32) {
        self.clients[c].session = session;
        let key = self.key(c).child(u64::from(session));
        let away = nanos(self.habit(c).settings.owa_return.sampler().draw(&mut key.stream(RETURN, 0)));
        let at = SimTime(engine.now().0.saturating_add(away).min(SimTime::MAX.0));
        self.set(engine, c, MAIN, at);
    }

    /// A logon failed: who was cut off comes back.
    pub(in crate::clients) fn owa_turned_away(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        failure: Failure,
    ) {
        let most = self.habit(c).settings.owa_returns;
        match self.owa_comeback(c, most).filter(|_| cut_off(failure)) {
            Some(session) => self.owa_back(engine, c, session),
            None => {
                self.gives_up(c, engine.now());
                self.owa_next_session(engine, c);
            }
        }
    }

    /// The server that knew the session is gone, or out of reach.
    fn owa_cut_off(&mut self, engine: &mut Engine<'_>, c: usize, failure: Failure) {
        let most = self.habit(c).settings.owa_returns;
        let session = self.owa_comeback(c, most);
        self.close_session(engine, c, SessionOutcome::Failed, Some(failure));
        match session {
            Some(session) => self.owa_back(engine, c, session),
            None => {
                self.gives_up(c, engine.now());
                self.owa_next_session(engine, c);
            }
        }
    }

    /// A server that does not know the session has answered: the user types name and
    /// password again and goes on with what is left.
    fn owa_forgotten(&mut self, engine: &mut Engine<'_>, c: usize) {
        let session = self.owa_comeback(c, 255);
        self.close_session(engine, c, SessionOutcome::Failed, Some(Failure::AffinityLost));
        let Some(session) = session else {
            self.owa_next_session(engine, c);
            return;
        };
        self.clients[c].session = session;
        let key = self.key(c).child(u64::from(session));
        let typing = nanos(self.habit(c).settings.logon_typing.sampler().draw(&mut key.stream(TYPES, 0)));
        let at = SimTime(engine.now().0.saturating_add(typing).min(SimTime::MAX.0));
        self.set(engine, c, MAIN, at);
    }

    /// The mailbox has been mounted elsewhere: the session there is a new one.
    fn owa_follows(&mut self, engine: &mut Engine<'_>, c: usize) -> bool {
        if !self.store_moved(c) {
            return false;
        }
        let Some(session) = self.owa_comeback(c, 255) else { return false };
        self.close_session(engine, c, SessionOutcome::Completed, None);
        self.open_session(engine, c, session, None);
        self.begin(engine, c, owa::LOGON, 0);
        true
    }

    pub(in crate::clients) fn owa_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        let state = self.clients[c].state;
        match state {
            AWAY => {
                let number = self.clients[c].session;
                self.open_session(engine, c, number, None);
                self.begin(engine, c, owa::LOGON, 0);
            }
            ACTIVE if self.owa_follows(engine, c) => {}
            ACTIVE => {
                self.lives[c].done += 1;
                let number = u64::from(self.lives[c].done);
                let profile = &self.habit(c).profile;
                let (read, sent) = (profile.read, profile.sent);
                let whole = read + sent + profile.deleted;
                let place = Self::uniform(self.lives[c].key, ACTION, self.lives[c].done) * whole;
                let step = if place < read {
                    owa::READ
                } else if place < read + sent {
                    owa::SEND
                } else {
                    owa::DELETE
                };
                let gone = self.gone(c, engine.now());
                self.begin_on(engine, c, (step, number), gone);
            }
            LEAVING => {
                self.lives[c].done += 1;
                let number = u64::from(self.lives[c].done);
                let gone = self.gone(c, engine.now());
                self.begin_on(engine, c, (owa::LOGOFF, number), gone);
            }
            _ => {
                self.close_session(engine, c, SessionOutcome::Completed, None);
                self.owa_next_session(engine, c);
            }
        }
    }

    pub(in crate::clients) fn owa_poll_due(&mut self, engine: &mut Engine<'_>, c: usize) {
        if !matches!(self.clients[c].state, ACTIVE | LEAVING) {
            return;
        }
        let client = &mut self.clients[c];
        client.aux += 1;
        let number = BEHIND | u64::from(client.aux);
        if self.gone(c, engine.now()) {
            self.reopen_behind(engine, c, number);
        }
        self.background(engine, c, owa::POLL, number, SimSpan::ZERO);
        self.used(c, engine.now());
        self.owa_poll_later(engine, c);
    }

    fn owa_poll_later(&mut self, engine: &mut Engine<'_>, c: usize) {
        let poll = self.habit(c).settings.owa_poll;
        if poll > SimSpan::ZERO {
            let at = engine.now() + poll;
            self.set(engine, c, AUX, at);
        }
    }

    pub(in crate::clients) fn owa_on(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        step: u8,
        failure: Option<Failure>,
    ) {
        if failure == Some(Failure::AffinityLost) && step != owa::LOGOFF {
            self.owa_forgotten(engine, c);
            return;
        }
        if let Some(failure) = failure.filter(|&failure| cut_off(failure)) {
            self.owa_cut_off(engine, c, failure);
            return;
        }
        match step {
            owa::LOGON => {
                let number = self.clients[c].session;
                let planned = self.owa_planned(c, number & NATURAL);
                let client = &mut self.clients[c];
                client.state = ACTIVE;
                // Who comes back goes on with what was left.
                let left = if number >> RETURNS == 0 { 0 } else { client.aux >> LEFT };
                client.aux &= POLLS;
                let live = &mut self.lives[c];
                live.planned = if left > 0 { left } else { planned };
                live.done = 0;
                self.owa_think_next(engine, c);
                self.owa_poll_later(engine, c);
            }
            owa::LOGOFF => {
                self.close_session(engine, c, SessionOutcome::Completed, None);
                self.owa_next_session(engine, c);
            }
            _ if self.lives[c].done < self.lives[c].planned => self.owa_think_next(engine, c),
            _ if Self::uniform(self.lives[c].key, LEAVE, 0) < self.habit(c).settings.owa_logoff_share => {
                self.clients[c].state = LEAVING;
                self.owa_think_next(engine, c);
            }
            _ => {
                self.clients[c].state = LINGERING;
                let at = engine.now() + self.habit(c).settings.owa_idle_timeout;
                self.set(engine, c, MAIN, at);
            }
        }
    }
}
