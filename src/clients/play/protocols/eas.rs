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
//!
//! Must not know servers. Next: [`super::mail`].

use super::state_machine::{StateMachine, Timer};
use crate::clients::play::clientele::{LONG_AGO, gap, uniform};
use crate::clients::play::driver::Clients;
use crate::clients::play::prehistory::is_cut_off;
use crate::clients::play::request::{AUX, BEHIND, MAIN, Over, failure_of};
use crate::clients::roster::FORGOTTEN;
use crate::clients::steps::{EasStep, Step};
use crate::kernel::random::Role;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::results::SessionOutcome;
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

/// A device with Direct Push.
#[derive(Debug)]
pub(in crate::clients::play) struct Eas;

impl StateMachine for Eas {
    fn wake(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
        driver.who.expect_mail(c, 0.0);
        driver.who.clients[c].work = driver.clock(c).work(0.0);
        let heartbeat = heartbeat(driver, c);
        let timeout = driver.cohort(c).idle_timeout.filter(|timeout| !timeout.silent);
        let heartbeat = timeout.map_or(heartbeat, |timeout| timeout.after.min(heartbeat)).0.max(1) as f64;
        let uniform = uniform(driver.key(c), PHASE, 0);
        if is_cut_off(driver, c) || driver.cohort(c).refused.is_some() {
            turned_away(driver, engine, c, uniform);
            return;
        }
        // Age of a Ping that ends at the heartbeat or, at rate `rate`, before.
        let rate = driver.clock(c).intensity() * driver.behaviour(c).profile.received;
        let age = if rate * heartbeat > 1e-9 {
            -libm::log(1.0 - uniform * (1.0 - libm::exp(-rate * heartbeat))) / rate
        } else {
            uniform * heartbeat
        };
        // How long the partnership has lasted nobody knows; a day is put down.
        if !driver.open_session(engine, c, 0, Some(SimSpan::from_secs(86_400))) {
            turned_away(driver, engine, c, uniform);
            return;
        }
        let left = (heartbeat - age).max(0.0).min(driver.who.mail_at(c).0 as f64);
        driver.who.clients[c].state = HOLDING;
        driver.background(engine, c, EasStep::Resumed, BEHIND, SimSpan(nanos(left)));
        next_send(driver, engine, c);
    }

    fn due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, timer: Timer) {
        match timer {
            Timer::Main => begin_due(driver, engine, c),
            Timer::Second => send_due(driver, engine, c),
        }
    }

    fn background_ended(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        ping_ended(driver, engine, c, ended);
    }

    fn go_on(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, over: Over) {
        match over {
            Over::Logon { .. } => again(driver, engine, c),
            Over::Request { step, failure } => request_over(driver, engine, c, EasStep::of(step), failure),
        }
    }

    /// A held Ping is a request in the background.
    fn is_stranded(driver: &Clients<'_>, c: usize) -> bool {
        !driver.sessions[c].open || driver.who.clients[c].state != HOLDING
    }
}

/// For so long the device lets its Ping be held.
fn heartbeat(driver: &Clients<'_>, c: usize) -> SimSpan {
    let settings = &driver.behaviour(c).settings;
    driver.cohort(c).heartbeat(settings, settings.eas_heartbeat.of(driver.who.member(c).number))
}

/// Refused or cut off before the run: it comes back in the middle of its longest wait.
fn turned_away(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, uniform: f64) {
    driver.who.clients[c].fails = LONG_AGO;
    let cut_off = is_cut_off(driver, c);
    driver.disrupted.refused_before(&mut driver.who, c, cut_off);
    let settings = &driver.behaviour(c).settings;
    let wait = driver.who.back_off(c, LONG_AGO, settings.eas_backoff, settings.eas_backoff_max).0 as f64;
    driver.set(engine, c, MAIN, SimTime(nanos(uniform * wait)));
}

fn next_send(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let sent = driver.behaviour(c).profile.sent;
    if sent <= 0.0 {
        return;
    }
    let key = driver.key(c);
    let client = &mut driver.who.clients[c];
    client.aux += 1;
    let amount = gap(key, SENDS, client.aux) / sent;
    let work = driver.clock(c).advance(driver.who.clients[c].work, amount);
    driver.who.clients[c].work = work;
    let at = driver.clock(c).at(work);
    driver.set(engine, c, AUX, at);
}

/// A session begins, or a lost Ping is due again.
fn begin_due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    if driver.sessions[c].open {
        if driver.who.clients[c].state == LOST {
            driver.who.clients[c].state = QUIET;
            if !driver.sessions[c].busy {
                ping(driver, engine, c);
            }
        }
        return;
    }
    let number = driver.who.clients[c].session + 1;
    driver.open_session(engine, c, number, None);
    driver.sessions[c].planned = 0;
    driver.who.clients[c].state = QUIET;
    driver.begin(engine, c, EasStep::Start, 0);
}

/// After a failed session: later each time, until a Ping has come back.
fn again(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let settings = &driver.behaviour(c).settings;
    let (first, most) = (settings.eas_backoff, settings.eas_backoff_max);
    let retries = settings.retries.min(u32::from(u16::MAX)) as u16;
    // The first failures in a row are those that were answered by another try.
    let client = &mut driver.who.clients[c];
    client.fails = client.fails.max(retries.saturating_add(1));
    let sessions = client.fails - retries;
    let at = engine.now() + driver.who.back_off(c, sessions, first, most);
    driver.set(engine, c, MAIN, at);
}

fn ping(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    if driver.elsewhere(c, engine.now()) {
        turn(driver, engine, c);
        return;
    }
    let heartbeat = heartbeat(driver, c);
    let hold = driver.who.mail_at(c).since(engine.now()).min(heartbeat);
    driver.who.clients[c].state = HOLDING;
    driver.sessions[c].done += 1;
    let number = BEHIND | u64::from(driver.sessions[c].done);
    let (step, hold) = match driver.cohort(c).idle_timeout {
        // Who is not told waits for the heartbeat; mail does not come through.
        Some(timeout) if hold > timeout.after => {
            (EasStep::Forgotten, if timeout.silent { heartbeat } else { timeout.after })
        }
        _ => (EasStep::Ping, hold),
    };
    driver.background(engine, c, step, number, hold);
}

/// HTTP has no memory: the next request is answered by what holds now, and the
/// device starts anew there. What it was about to send is sent from there.
fn turn(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let sends_at = driver.due(c, AUX);
    driver.close_session(engine, c, SessionOutcome::Completed, None);
    let number = driver.who.clients[c].session + 1;
    driver.open_session(engine, c, number, None);
    driver.who.clients[c].state = QUIET;
    if sends_at < SimTime::MAX {
        driver.set(engine, c, AUX, sends_at);
    }
    driver.begin(engine, c, EasStep::Start, 0);
}

fn ask(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, step: EasStep) {
    driver.sessions[c].done += 1;
    let number = u64::from(driver.sessions[c].done);
    driver.begin(engine, c, step, number);
}

fn sync(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let now = engine.now();
    if driver.who.take_mail(c, now) > 0
        && uniform(driver.sessions[c].key, EXTRA, driver.sessions[c].done)
            < driver.behaviour(c).settings.eas_syncs_per_mail - 1.0
    {
        driver.sessions[c].planned |= AGAIN;
    }
    ask(driver, engine, c, EasStep::Sync);
}

/// A Ping came back.
fn ping_ended(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
    let now = engine.now();
    let busy = driver.sessions[c].busy;
    let failure = failure_of(ended.outcome);
    if let Some(FORGOTTEN) = failure {
        // The server is there: the device asks again at once.
        driver.count_held_failure(c, ended, now, FORGOTTEN);
        driver.count_reconnection(c, now);
    } else if let Some(failure) = failure {
        driver.count_held_failure(c, ended, now, failure);
        ping_lost(driver, engine, c, failure, ended.outcome);
        return;
    }
    // One that was held already when the run began did not begin in it.
    if failure.is_none() && EasStep::of(Step::of_tag(ended.tag)) != EasStep::Resumed {
        driver.count_answered(c, ended, now);
    }
    driver.who.clients[c].fails = 0;
    let news = driver.who.mail_at(c) <= now;
    if busy {
        driver.who.clients[c].state = if news { NEWS } else { QUIET };
    } else if news {
        driver.who.clients[c].state = QUIET;
        sync(driver, engine, c);
    } else {
        ping(driver, engine, c);
    }
}

fn ping_lost(
    driver: &mut Clients<'_>,
    engine: &mut Engine<'_>,
    c: usize,
    failure: Failure,
    outcome: Outcome,
) {
    let notice = driver.notice(c, outcome);
    let settings = &driver.behaviour(c).settings;
    let (retries, backoff) = (settings.retries, settings.retry_backoff);
    driver.who.clients[c].fail();
    if u32::from(driver.who.clients[c].fails) > retries && !driver.sessions[c].busy {
        driver.close_session(engine, c, SessionOutcome::Failed, Some(failure));
        again(driver, engine, c);
        return;
    }
    // A session that ends here ended at its server; a visible request that lost the
    // same server turns to another itself.
    if !driver.sessions[c].busy {
        driver.rebind(engine, c, outcome);
    }
    let wait = driver.who.back_off(c, driver.who.clients[c].fails, backoff, SimSpan(u64::MAX));
    driver.who.clients[c].state = LOST;
    let at = engine.now() + notice + wait;
    driver.set(engine, c, MAIN, at);
}

fn send_due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    if driver.sessions[c].open {
        if driver.sessions[c].busy {
            driver.sessions[c].planned |= OUTBOX;
        } else {
            driver.sessions[c].planned |= AGAIN;
            ask(driver, engine, c, EasStep::Send);
        }
    }
    next_send(driver, engine, c);
}

/// A visible request is over: what waits comes next, then a Ping.
fn request_over(
    driver: &mut Clients<'_>,
    engine: &mut Engine<'_>,
    c: usize,
    step: EasStep,
    failure: Option<Failure>,
) {
    if engine.now() >= driver.ends() {
        return;
    }
    if step == EasStep::Start {
        driver.who.take_mail(c, engine.now());
        // What was to be sent while the device was away is not made up for.
        let work = driver.clock(c).work(engine.now().0 as f64);
        let client = &mut driver.who.clients[c];
        client.work = client.work.max(work);
        if driver.due(c, AUX) == SimTime::MAX {
            next_send(driver, engine, c);
        }
    }
    let planned = driver.sessions[c].planned;
    if failure.is_none() && planned & AGAIN != 0 {
        driver.sessions[c].planned &= !AGAIN;
        ask(driver, engine, c, EasStep::Sync);
    } else if planned & OUTBOX != 0 {
        driver.sessions[c].planned = AGAIN;
        ask(driver, engine, c, EasStep::Send);
    } else {
        driver.sessions[c].planned = 0;
        match driver.who.clients[c].state {
            NEWS => {
                driver.who.clients[c].state = QUIET;
                sync(driver, engine, c);
            }
            QUIET => ping(driver, engine, c),
            _ => {}
        }
    }
}
