//! Outlook over RPC/HTTP, MAPI/RPC or MAPI/HTTP: a connection for the working day, and
//! tasks on it.
//!
//! All the tasks of a day fall into its working day ([`working_day`]) as a Poisson
//! process along the day curve: downloads, sends, and the rest of LoadGen's mix. An idle
//! connection is kept alive; what does not answer is noticed by the next request or
//! keep-alive.
//!
//! Warm start: who is in the middle of a working day is carried in, connected. Must not
//! know servers. Next: [`super::web`].

use super::state_machine::{StateMachine, Timer};
use crate::clients::compile::request_specs::outlook_tasks;
use crate::clients::play::clientele::{GAP, gap, uniform};
use crate::clients::play::driver::Clients;
use crate::clients::play::request::{AUX, BEHIND, MAIN, Over};
use crate::clients::play::working_day;
use crate::clients::roster::IdleTimeout;
use crate::clients::steps::{OutlookStep, ProtocolFacts, Silence};
use crate::kernel::SimSpan;
use crate::kernel::random::Role;
use crate::model::access::Failure;
use crate::sim::{Ended, Engine};

const TASK: Role = Role::new("task");

/// Outlook, however it is connected.
#[derive(Debug)]
pub(in crate::clients::play) struct Outlook;

impl StateMachine for Outlook {
    fn wake(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
        if working_day::wake(driver, engine, c) {
            next_task(driver, engine, c);
        }
    }

    fn due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, timer: Timer) {
        match timer {
            Timer::Main => task_due(driver, engine, c),
            Timer::Second => idle(driver, engine, c),
        }
    }

    fn background_ended(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        working_day::background_ended(driver, engine, c, ended);
    }

    fn go_on(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, over: Over) {
        match over {
            Over::Logon { .. } => working_day::again(driver, engine, c, SimSpan::ZERO),
            Over::Request { failure, .. } => request_over(driver, engine, c, failure),
        }
    }

    fn is_stranded(_: &Clients<'_>, _: usize) -> bool {
        true
    }
}

/// Sets the instant of the next task, or of the day's end.
fn next_task(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let (begin, end) = working_day::today(driver, c);
    let behaviour = driver.behaviour(c);
    let tasks = outlook_tasks(&behaviour.profile, &behaviour.settings);
    // A day's tasks fall into its working day, if it has one.
    let length = if end == f64::INFINITY { 1.0 } else { end - begin };
    let session = &mut driver.sessions[c];
    session.done += 1;
    let gap = gap(session.key, GAP, session.done);
    let amount = if tasks > 0.0 { gap * length / tasks } else { f64::INFINITY };
    let work = driver.clock(c).advance(driver.who.clients[c].work, amount);
    driver.who.clients[c].work = work;
    let at = driver.clock(c).at(work.min(end));
    driver.set(engine, c, MAIN, at);
    driver.used(c, engine.now());
    idle_later(driver, engine, c);
}

fn idle_later(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let keep_alive = driver.behaviour(c).settings.outlook_keep_alive;
    let heard = idle_timeout(driver, c).filter(|timeout| !timeout.silent);
    let at = engine.now() + heard.map_or(keep_alive, |timeout| timeout.after.min(keep_alive));
    if driver.due(c, MAIN) > at {
        driver.set(engine, c, AUX, at);
    } else {
        driver.unset(c, AUX);
    }
}

/// What ends the connection by which Outlook lives. MAPI/HTTP has none such.
fn idle_timeout(driver: &Clients<'_>, c: usize) -> Option<IdleTimeout> {
    let cohort = driver.cohort(c);
    cohort.idle_timeout.filter(|_| ProtocolFacts::of(cohort.protocol).silence == Silence::KeepAlive)
}

/// Nothing has happened for the length of a keep-alive, or until the connection was
/// closed for that. A forgotten one is found dead by the keep-alive.
fn idle(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    if !driver.sessions[c].open || driver.sessions[c].busy {
        return;
    }
    let client = &mut driver.who.clients[c];
    client.aux += 1;
    let number = BEHIND | u64::from(client.aux);
    if idle_timeout(driver, c).is_some() {
        driver.reopen_behind(engine, c, number);
    } else {
        driver.background(engine, c, OutlookStep::KeepAlive, number, SimSpan::ZERO);
    }
    idle_later(driver, engine, c);
}

fn task_due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    if !driver.sessions[c].open {
        working_day::opens(driver, engine, c);
        return;
    }
    let end = working_day::today_ends(driver, c);
    if driver.who.clients[c].work >= end {
        working_day::over(driver, engine, c);
        return;
    }
    driver.unset(c, AUX);
    let behaviour = driver.behaviour(c);
    let (received, sent) = (behaviour.profile.received, behaviour.profile.sent);
    let whole = outlook_tasks(&behaviour.profile, &behaviour.settings).max(received + sent);
    let number = driver.sessions[c].done;
    let place = uniform(driver.sessions[c].key, TASK, number) * whole;
    let step = if place < received {
        OutlookStep::Receive
    } else if place < received + sent {
        OutlookStep::Send
    } else {
        OutlookStep::Task
    };
    let gone = driver.gone(c, engine.now());
    driver.begin_on(engine, c, (step.into(), u64::from(number)), gone);
}

fn request_over(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, failure: Option<Failure>) {
    if let Some(failure) = failure {
        working_day::lost(driver, engine, c, failure, SimSpan::ZERO);
    } else if driver.store_moved(c) {
        working_day::follow_database(driver, engine, c);
    } else if !working_day::download_next(driver, engine, c, OutlookStep::Receive) {
        next_task(driver, engine, c);
    }
}
