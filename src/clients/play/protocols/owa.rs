//! OWA: a user logs on, looks into the inbox, reads, searches, sends and deletes with time to think in
//! between, and logs off or walks away.
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
//!
//! Must not know servers. Next: [`super::eas`].

use super::state_machine::{StateMachine, Timer};
use crate::clients::compile::request_specs::{owa_actions, owa_day};
use crate::clients::play::clientele::{GAP, gap, uniform};
use crate::clients::play::driver::Clients;
use crate::clients::play::prehistory;
use crate::clients::play::request::{AUX, BEHIND, MAIN, Over, is_cut_off};
use crate::clients::steps::OwaStep;
use crate::kernel::random::Role;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::results::SessionOutcome;
use crate::sim::{Ended, Engine};

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

/// A user in a browser.
#[derive(Debug)]
pub(in crate::clients::play) struct Owa;

impl StateMachine for Owa {
    fn wake(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
        if driver.behaviour(c).profile.owa_logons <= 0.0 {
            return;
        }
        driver.who.clients[c].work = driver.clock(c).work(-LOOK_BACK);
        let mut free_at = -LOOK_BACK;
        let mut number = 0;
        loop {
            number += 1;
            let arrival = arrival(driver, c, number).max(free_at);
            driver.who.clients[c].session = number;
            if arrival >= 0.0 {
                driver.set(engine, c, MAIN, SimTime(nanos(arrival)));
                return;
            }
            let planned = actions_of(driver, c, number);
            let mut at = arrival;
            for action in 1..=planned {
                at += think(driver, c, number, action);
                if at > 0.0 {
                    carry_in(driver, engine, c, arrival, planned, action, at);
                    return;
                }
            }
            free_at = at;
        }
    }

    fn due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, timer: Timer) {
        match timer {
            Timer::Main => act(driver, engine, c),
            Timer::Second => poll(driver, engine, c),
        }
    }

    /// A browser's lost poll is not noticed; the next one comes anyway.
    fn background_ended(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        driver.count_answered(c, ended, engine.now());
    }

    fn go_on(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, over: Over) {
        match over {
            Over::Logon { failure } => turned_away(driver, engine, c, failure),
            Over::Request { step, failure } => request_over(driver, engine, c, OwaStep::of(step), failure),
        }
    }

    fn is_stranded(driver: &Clients<'_>, c: usize) -> bool {
        driver.sessions[c].open || driver.behaviour(c).profile.owa_logons > 0.0
    }
}

/// Carries in a session that began at `arrival` and has its `action`-th action at `at`.
fn carry_in(
    driver: &mut Clients<'_>,
    engine: &mut Engine<'_>,
    c: usize,
    arrival: f64,
    planned: u32,
    action: u32,
    at: f64,
) {
    let number = driver.who.clients[c].session;
    if prehistory::is_cut_off(driver, c) || driver.cohort(c).refused.is_some() {
        // Turned away before the run.
        next_session(driver, engine, c);
        return;
    }
    if !driver.open_session(engine, c, number, Some(SimSpan(nanos(-arrival)))) {
        next_session(driver, engine, c);
        return;
    }
    driver.who.clients[c].state = ACTIVE;
    let session = &mut driver.sessions[c];
    session.planned = planned;
    session.done = action - 1;
    driver.set(engine, c, MAIN, SimTime(nanos(at)));
    let poll = driver.behaviour(c).settings.owa_poll.0 as f64;
    let phase = uniform(driver.sessions[c].key, POLL_PHASE, 0) * poll;
    driver.set(engine, c, AUX, SimTime(nanos(phase)));
}

/// Instant at which the user wants session `number`, ns after the run's beginning.
fn arrival(driver: &mut Clients<'_>, c: usize, number: u32) -> f64 {
    let logons = driver.behaviour(c).profile.owa_logons;
    let amount = gap(driver.key(c), GAP, number) / logons;
    let work = driver.clock(c).advance(driver.who.clients[c].work, amount);
    driver.who.clients[c].work = work;
    if work == f64::INFINITY { work } else { driver.clock(c).instant(work) }
}

fn actions_of(driver: &Clients<'_>, c: usize, number: u32) -> u32 {
    let mean = owa_actions(&driver.behaviour(c).profile, &driver.behaviour(c).settings);
    let uniform = uniform(driver.key(c), ACTIONS, number);
    let spread = driver.behaviour(c).settings.owa_session_spread;
    // Rounding a uniform number on a range symmetric about the mean keeps the mean;
    // a mean by itself is rounded up as often as keeps it.
    let rounding = if spread > 0.0 { 0.5 } else { uniform };
    ((mean * (1.0 + spread * (2.0 * uniform - 1.0)) + rounding) as u32).max(1)
}

fn think(driver: &Clients<'_>, c: usize, number: u32, action: u32) -> f64 {
    let key = driver.key(c).child(u64::from(number)).child(u64::from(action));
    driver.behaviour(c).owa_think.draw(&mut key.stream(THINK, 0))
}

/// What a session's present action is.
fn action(driver: &Clients<'_>, c: usize) -> OwaStep {
    let behaviour = driver.behaviour(c);
    let day = owa_day(&behaviour.profile, &behaviour.settings);
    let whole: f64 = day.iter().map(|(_, count)| count).sum();
    let place = uniform(driver.sessions[c].key, ACTION, driver.sessions[c].done) * whole;
    let mut until = 0.0;
    let found = day.iter().find(|(_, count)| {
        until += count;
        place < until
    });
    found.map_or(OwaStep::Delete, |(step, _)| *step)
}

/// Sets the instant of the next action, logoff included.
fn think_next(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let think = think(driver, c, driver.who.clients[c].session, driver.sessions[c].done + 1);
    let at = SimTime(engine.now().0.saturating_add(nanos(think)).min(SimTime::MAX.0));
    driver.set(engine, c, MAIN, at);
    driver.used(c, engine.now());
}

fn next_session(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    driver.gives_up(engine, c);
    let number = (driver.who.clients[c].session & NATURAL) + 1;
    let arrival = arrival(driver, c, number);
    let client = &mut driver.who.clients[c];
    client.session = number;
    client.state = AWAY;
    client.aux &= POLLS;
    let soonest = engine.now() + SimSpan::from_secs(1);
    driver.set(engine, c, MAIN, SimTime(nanos(arrival)).max(soonest));
}

/// Prepares the session in which a user comes back for what is left; false when that
/// has been tried as often as can be. The session before is still open, or had no logon.
fn comeback(driver: &mut Clients<'_>, c: usize, most: u32) -> Option<u32> {
    let session = &driver.sessions[c];
    let left = if session.open { session.planned.saturating_sub(session.done).max(1) } else { 0 };
    let client = &mut driver.who.clients[c];
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
fn come_back(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, session: u32) {
    driver.who.clients[c].session = session;
    let key = driver.key(c).child(u64::from(session));
    let away = nanos(driver.behaviour(c).settings.owa_return.sampler().draw(&mut key.stream(RETURN, 0)));
    let at = SimTime(engine.now().0.saturating_add(away).min(SimTime::MAX.0));
    driver.set(engine, c, MAIN, at);
}

/// The server that knew the session is gone, or out of reach.
fn lose_session(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, failure: Failure) {
    let most = driver.behaviour(c).settings.owa_returns;
    let session = comeback(driver, c, most);
    driver.close_session(engine, c, SessionOutcome::Failed, Some(failure));
    match session {
        Some(session) => come_back(driver, engine, c, session),
        None => {
            next_session(driver, engine, c);
        }
    }
}

/// A server that does not know the session has answered: the user types name and
/// password again and goes on with what is left.
fn log_on_again(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, failure: Failure) {
    let session = comeback(driver, c, 255);
    driver.close_session(engine, c, SessionOutcome::Failed, Some(failure));
    let Some(session) = session else {
        next_session(driver, engine, c);
        return;
    };
    driver.who.clients[c].session = session;
    let key = driver.key(c).child(u64::from(session));
    let typing = nanos(driver.behaviour(c).settings.logon_typing.sampler().draw(&mut key.stream(TYPES, 0)));
    let at = SimTime(engine.now().0.saturating_add(typing).min(SimTime::MAX.0));
    driver.set(engine, c, MAIN, at);
}

/// The mailbox has been mounted elsewhere: the session there is a new one.
fn follows_mailbox(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) -> bool {
    if !driver.store_moved(c) {
        return false;
    }
    let Some(session) = comeback(driver, c, 255) else { return false };
    driver.close_session(engine, c, SessionOutcome::Completed, None);
    driver.open_session(engine, c, session, None);
    driver.begin(engine, c, OwaStep::Logon, 0);
    true
}

fn poll_later(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let at = engine.now() + driver.behaviour(c).settings.owa_poll;
    driver.set(engine, c, AUX, at);
}

/// A logon failed: who was cut off comes back.
fn turned_away(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, failure: Failure) {
    let most = driver.behaviour(c).settings.owa_returns;
    match comeback(driver, c, most).filter(|_| is_cut_off(failure)) {
        Some(session) => come_back(driver, engine, c, session),
        None => {
            next_session(driver, engine, c);
        }
    }
}

fn act(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let state = driver.who.clients[c].state;
    match state {
        AWAY => {
            let number = driver.who.clients[c].session;
            driver.open_session(engine, c, number, None);
            driver.begin(engine, c, OwaStep::Logon, 0);
        }
        ACTIVE if follows_mailbox(driver, engine, c) => {}
        ACTIVE => {
            driver.sessions[c].done += 1;
            let number = u64::from(driver.sessions[c].done);
            let step = action(driver, c);
            let gone = driver.gone(c, engine.now());
            driver.begin_on(engine, c, (step.into(), number), gone);
        }
        LEAVING => {
            driver.sessions[c].done += 1;
            let number = u64::from(driver.sessions[c].done);
            let gone = driver.gone(c, engine.now());
            driver.begin_on(engine, c, (OwaStep::Logoff.into(), number), gone);
        }
        _ => {
            driver.close_session(engine, c, SessionOutcome::Completed, None);
            next_session(driver, engine, c);
        }
    }
}

fn poll(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    if !matches!(driver.who.clients[c].state, ACTIVE | LEAVING) {
        return;
    }
    let client = &mut driver.who.clients[c];
    client.aux += 1;
    let number = BEHIND | u64::from(client.aux);
    if driver.gone(c, engine.now()) {
        driver.reopen_behind(engine, c, number);
    }
    driver.background(engine, c, OwaStep::Poll, number, SimSpan::ZERO);
    driver.used(c, engine.now());
    poll_later(driver, engine, c);
}

fn request_over(
    driver: &mut Clients<'_>,
    engine: &mut Engine<'_>,
    c: usize,
    step: OwaStep,
    failure: Option<Failure>,
) {
    if let Some(failure @ (Failure::AffinityLost | Failure::CookieUnreadable)) = failure
        && step != OwaStep::Logoff
    {
        log_on_again(driver, engine, c, failure);
        return;
    }
    if let Some(failure) = failure.filter(|&failure| is_cut_off(failure)) {
        lose_session(driver, engine, c, failure);
        return;
    }
    match step {
        OwaStep::Logon => {
            let number = driver.who.clients[c].session;
            let planned = actions_of(driver, c, number & NATURAL);
            let client = &mut driver.who.clients[c];
            client.state = ACTIVE;
            // Who comes back goes on with what was left.
            let left = if number >> RETURNS == 0 { 0 } else { client.aux >> LEFT };
            client.aux &= POLLS;
            let session = &mut driver.sessions[c];
            session.planned = if left > 0 { left } else { planned };
            session.done = 0;
            think_next(driver, engine, c);
            poll_later(driver, engine, c);
        }
        OwaStep::Logoff => {
            driver.close_session(engine, c, SessionOutcome::Completed, None);
            next_session(driver, engine, c);
        }
        OwaStep::Read
        | OwaStep::Send
        | OwaStep::Delete
        | OwaStep::Inbox
        | OwaStep::Search
        | OwaStep::Poll => action_over(driver, engine, c),
    }
}

/// An action is over: think about the next, or leave.
fn action_over(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let session = &driver.sessions[c];
    if session.done < session.planned {
        think_next(driver, engine, c);
    } else if uniform(session.key, LEAVE, 0) < driver.behaviour(c).settings.owa_logoff_share {
        driver.who.clients[c].state = LEAVING;
        think_next(driver, engine, c);
    } else {
        driver.who.clients[c].state = LINGERING;
        driver.gives_up(engine, c);
        let at = engine.now() + driver.behaviour(c).settings.owa_idle_timeout;
        driver.set(engine, c, MAIN, at);
    }
}
