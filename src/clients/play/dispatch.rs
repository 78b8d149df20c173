//! Which state machine: the engine's calls sorted by client, and told to the machine
//! that plays it.
//!
//! Must not know what a protocol does at a step; that stands in the protocols'
//! files. Next: [`super::protocols::owa`] for a state machine in full.

use super::copying::{Copying, Later};
use super::driver::Clients;
use super::protocols::eas::Eas;
use super::protocols::mail::{Imap, Pop};
use super::protocols::outlook::Outlook;
use super::protocols::owa::Owa;
use super::protocols::state_machine::{StateMachine, Timer};
use super::protocols::web::Web;
use super::request::{
    AUX, MAIN, MOST_CLIENTS, Over, RETRY, failure_of, is_background, is_of_session, of_token,
};
use super::{copying, detection, prehistory, replay, take_over, working_day};
use crate::clients::steps::Machine;
use crate::kernel::SimTime;
use crate::model::workload::OutageEffect;
use crate::sim::{Driver, Ended, Engine};

/// Calls the machine that plays a client.
macro_rules! tell {
    ($machine:expr, $call:ident($($argument:expr),*)) => {
        match $machine {
            Machine::Owa => Owa::$call($($argument),*),
            Machine::Eas => Eas::$call($($argument),*),
            Machine::Outlook => Outlook::$call($($argument),*),
            Machine::Pop => Pop::$call($($argument),*),
            Machine::Imap => Imap::$call($($argument),*),
            Machine::Web(_) => Web::$call($($argument),*),
        }
    };
}

/// What is over, if anything is, for the machine to go on from.
fn go_on(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, over: Option<Over>) {
    if let Some(over) = over {
        tell!(driver.cohort(c).machine, go_on(driver, engine, c, over));
    }
}

/// A stage of the visible request ended.
fn foreground_ended(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
    let over = match failure_of(ended.outcome) {
        Some(failure) => driver.attempt_failed(engine, c, ended, failure),
        None => {
            let parts = driver.all_parts(c, ended);
            if tell!(driver.cohort(c).machine, answered(driver, engine, c, ended, &parts))
                || driver.reopened(engine, c, ended, &parts)
            {
                return;
            }
            Some(driver.close_request(engine, c, None, &parts))
        }
    };
    go_on(driver, engine, c, over);
}

/// Whether nothing is under way for a client and nothing will ever be: it has neither
/// a timer nor a request, and it is no client who wants nothing.
fn is_stranded(driver: &Clients<'_>, c: usize) -> bool {
    let session = &driver.sessions[c];
    if driver.waits(c) || session.open && session.busy {
        return false;
    }
    tell!(driver.cohort(c).machine, is_stranded(driver, c))
}

/// Lets what is copied go on, and sets the edges at which it goes on again.
fn copy_on(
    driver: &mut Clients<'_>,
    engine: &mut Engine<'_>,
    act: impl FnOnce(&mut Copying<'_>, &mut Engine<'_>, Later<'_>),
) {
    let mut due = Vec::new();
    act(&mut driver.detection.copying, engine, &mut |at, number| due.push((at, number)));
    for (at, number) in due {
        engine.edge(at, detection::copying(number));
    }
}

impl Driver for Clients<'_> {
    fn start(&mut self, engine: &mut Engine<'_>) {
        let clients = self.who.clients.len();
        assert!(clients < MOST_CLIENTS, "timer tokens hold {MOST_CLIENTS} clients");
        prehistory::relive(self, engine);
        for c in 0..clients {
            tell!(self.cohort(c).machine, wake(self, engine, c));
        }
        prehistory::is_over(self);
        self.outages.start(engine);
        self.detection.start(engine);
        copy_on(self, engine, |copying, engine, later| copying.start(engine, later));
    }

    fn check(&self) -> Vec<String> {
        self.check_books()
    }

    fn look_ahead(&self, timers: &[u32], owners: &[u32]) -> u64 {
        let clients = || {
            let of_timers = timers.iter().map(|&token| of_token(token).0);
            of_timers.chain(owners.iter().map(|&owner| owner as usize))
        };
        // First what is found by the number of a client, then what that names.
        let first = clients().map(|c| self.who.look(c) ^ self.sessions.place(c));
        let first = first.fold(0, u64::wrapping_add);
        let second = clients().map(|c| self.sessions.look(c) ^ self.who.look_at_mail(c));
        let second = second.fold(first, u64::wrapping_add);
        let third = clients().map(|c| self.who.look_at_line(self.sessions.line(c)));
        third.fold(second, u64::wrapping_add)
    }

    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        if detection::is_ours(token) {
            if let Some(number) = detection::copying_of(token) {
                if engine.now() < self.ends() {
                    copy_on(self, engine, |copying, engine, later| copying.wake(engine, number, later));
                }
                return;
            }
            if let Some(change) = detection::change_of(token) {
                self.disrupted.change(change, engine.now());
                self.detection.copying.changed(change);
            }
            if let Some(dag) = detection::switchover_of(token) {
                let now = engine.now().0 as i64;
                if self.detection.quorums.switched(now, dag, &mut self.outages, engine) {
                    let later = |at: i64, token| engine.edge(SimTime(at.unsigned_abs()), token);
                    self.detection.mount_by_hand(now, &self.outages, later);
                }
                return;
            }
            if let Some(server) = self.detection.due(engine.now().0 as i64, engine, token) {
                working_day::databases_moved(self, engine, server);
            }
            if let Some(change) = detection::change_of(token) {
                working_day::mailboxes_moved(self, engine, change);
            }
            return;
        }
        let change = self.outages.change(engine, token);
        self.disrupted.outage(change.number, change.begins, engine.now());
        if self.outages.is_harmless() {
            return;
        }
        let now = engine.now().0 as i64;
        let mut switchovers = Vec::new();
        let later = |at, number| switchovers.push((at, number));
        let dismounted = self.detection.quorums.observe(now, &mut self.outages, engine, later);
        for (at, number) in switchovers {
            engine.edge(SimTime(at.unsigned_abs()), detection::switchover(number));
        }
        self.detection
            .observe(now, &self.outages, |at, token| engine.edge(SimTime(at.unsigned_abs()), token));
        if change.begins && change.effect == OutageEffect::Kill && !change.struck.silent {
            working_day::connections_lost(self, engine, &change.struck.stations);
        }
        if change.begins && change.struck.loses_affinity {
            take_over::affinity_lost(self, engine, change.struck);
        }
        if !dismounted.is_empty() {
            working_day::connections_lost(self, engine, &dismounted);
        }
    }

    fn window_ended(&mut self, _: &mut Engine<'_>) {
        self.stranded = (0..self.who.clients.len()).filter(|&c| is_stranded(self, c)).count() as u64;
    }

    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        let (c, purpose) = of_token(token);
        let now = engine.now();
        if now >= self.ends() {
            return;
        }
        match purpose {
            RETRY if self.sessions[c].busy => {
                let over = self.retry_due(engine, c);
                go_on(self, engine, c, over);
            }
            RETRY => {}
            _ if self.due(c, purpose) != now => {}
            MAIN => {
                self.unset(c, MAIN);
                tell!(self.cohort(c).machine, due(self, engine, c, Timer::Main));
            }
            _ => {
                self.unset(c, AUX);
                tell!(self.cohort(c).machine, due(self, engine, c, Timer::Second));
            }
        }
    }

    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        if ended.owner == replay::OWNER {
            return;
        }
        if ended.owner == copying::OWNER {
            copy_on(self, engine, |copying, engine, later| copying.ended(engine, ended, later));
            return;
        }
        let c = ended.owner as usize;
        // The session that asked is over, and with it the interest in the answer.
        if !self.sessions[c].open || !is_of_session(ended.tag, self.who.clients[c].session) {
            return;
        }
        if !self.who.roster.databases.is_empty() {
            let (asks, knows) = ((&self.who, &self.sessions[c]), (&self.detection, &self.outages));
            replay::follow(engine, asks, knows, c, ended);
        }
        if is_background(ended.tag) {
            tell!(self.cohort(c).machine, background_ended(self, engine, c, ended));
        } else {
            foreground_ended(self, engine, c, ended);
        }
    }
}
