//! Which state machine: one arm a protocol, and the engine's calls sorted by client.
//!
//! Must not know what a protocol does at a step; that stands in the protocols'
//! files. Next: [`crate::clients::play::protocols::owa`] for a state machine in full.

use crate::clients::compile::request_specs::REOPEN;
use crate::clients::play::detection::{CHANGE, KIND};
use crate::clients::play::driver::{AUX, BACKGROUND, Clients, MAIN, PURPOSES, RETRY, failure_of, stamp};
use crate::itinerary::PARTS;
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::Failure;
use crate::model::topology::Protocol;
use crate::model::workload::OutageEffect;
use crate::results::SessionSink;
use crate::sim::{Driver, Ended, Engine, Outcome};

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

    /// A stage of the visible request was answered; `parts` is where the time of all
    /// of it went so far.
    pub(in crate::clients) fn answered(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        ended: &Ended,
        parts: &[u64; PARTS],
    ) {
        if self.cohort(c).protocol == Protocol::Pop && self.pop_more(engine, c, ended, parts) {
            return;
        }
        if self.reopened(engine, c, ended, parts) {
            return;
        }
        self.close_request(engine, c, None, parts);
    }

    /// The visible request is over and the session goes on.
    pub(in crate::clients) fn go_on(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        step: u8,
        failure: Option<Failure>,
    ) {
        match self.cohort(c).protocol {
            Protocol::Owa => self.owa_on(engine, c, step, failure),
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
            _ if ended.outcome == Outcome::Completed && ended.tag as u8 & REOPEN != 0 => {
                self.restored(c, engine.now());
            }
            _ if ended.outcome == Outcome::Completed => self.count_held(c, ended, engine.now()),
            // A browser's lost poll is not noticed; the next one comes anyway. Who lives
            // by a connection has lost it.
            Protocol::Owa => {}
            _ => {
                if let Some(failure) = failure_of(ended.outcome).filter(|_| !self.lives[c].busy) {
                    let notice = self.notice(c, ended.outcome);
                    self.blame(c, ended.outcome);
                    self.connection_lost(engine, c, failure, notice);
                }
            }
        }
    }

    /// Whether nothing is under way for a client and nothing will ever be: it has neither
    /// a timer nor a request, and it is no client who wants nothing.
    fn is_stranded(&self, c: usize) -> bool {
        let live = &self.lives[c];
        let waits = self.due(c, MAIN) < SimTime::MAX || live.open && self.due(c, AUX) < SimTime::MAX;
        if waits || live.open && live.busy {
            return false;
        }
        let habit = self.habit(c);
        match self.cohort(c).protocol {
            Protocol::Owa => live.open || habit.profile.owa_logons > 0.0,
            Protocol::Ews => live.open || habit.settings.ews_requests_per_day > 0.0,
            // A held Ping is a request in the background.
            Protocol::Eas => !live.open || !self.eas_holds(c),
            _ => true,
        }
    }

    /// The logon failed and the session with it: when to try again.
    pub(in crate::clients) fn turned_away(&mut self, engine: &mut Engine<'_>, c: usize, failure: Failure) {
        match self.cohort(c).protocol {
            Protocol::Owa => self.owa_turned_away(engine, c, failure),
            Protocol::Eas => self.eas_again(engine, c),
            Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp
            | Protocol::Imap => self.outlook_again(engine, c, SimSpan::ZERO),
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
        self.outages.start(engine);
        self.situation.start(engine);
    }

    fn check(&self) -> Vec<String> {
        self.recorder.check()
    }

    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        if token >> KIND != 0 {
            if let (CHANGE, Some(watched)) = (token >> KIND, &mut self.watched) {
                watched.change(token & ((1 << KIND) - 1), engine.now());
            }
            if let Some(server) = self.situation.edge(engine, token) {
                self.databases_moved(engine, server);
            }
            return;
        }
        let edge = self.outages.edge(engine, token);
        if let Some(watched) = &mut self.watched {
            watched.outage(edge.number, edge.begins, engine.now());
        }
        self.situation.observe(engine, &self.outages);
        if edge.begins && edge.effect == OutageEffect::Kill && !edge.struck.silent {
            self.connections_lost(engine, &edge.struck.stations);
        }
    }

    fn window_ended(&mut self, _: &mut Engine<'_>) {
        self.stranded = (0..self.clients.len()).filter(|&c| self.is_stranded(c)).count() as u64;
    }

    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        let (c, purpose) = ((token >> PURPOSES) as usize, token & ((1 << PURPOSES) - 1));
        let now = engine.now();
        if now >= self.ends_at {
            return;
        }
        match purpose {
            RETRY if self.lives[c].busy => self.retry_due(engine, c),
            RETRY => {}
            _ if self.due(c, purpose) != now => {}
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
        if !self.lives[c].open || ended.tag >> 16 != stamp(self.clients[c].session) {
            return;
        }
        if ended.tag & BACKGROUND != 0 {
            self.background_ended(engine, c, ended);
        } else {
            self.foreground_ended(engine, c, ended);
        }
    }
}
