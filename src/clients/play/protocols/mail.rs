//! The two protocols that fetch mail by the message: POP3 and IMAP4.
//!
//! A POP3 session is one poll: a logon that lists, then one retrieval of all that
//! is new, message by message. It polls the whole day in a random phase. A refused
//! or failed poll waits for the next one. An IMAP4 session lives for the working
//! day of its mailbox ([`working_day`]); it waits in IDLE, fetches what arrives, and
//! issues IDLE again before the server would end it. What ends it all the same:
//! [`crate::clients::play::idle`].
//!
//! Must not know servers. Next: [`super::outlook`].

use super::state_machine::{StateMachine, Timer};
use crate::clients::play::clientele::uniform;
use crate::clients::play::driver::Clients;
use crate::clients::play::request::{BEHIND, MAIN, Over};
use crate::clients::play::working_day::{self, EXPECTED};
use crate::clients::roster::IdleTimeout;
use crate::clients::steps::{ImapStep, PopStep, Step};
use crate::itinerary::PARTS;
use crate::kernel::random::Role;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::results::SessionOutcome;
use crate::sim::{Ended, Engine};

const PHASE: Role = Role::new("phase");

/// State of an IMAP4 client: when its timer is due, its connection is gone.
const IDLED_OUT: u8 = 2;

/// POP3.
#[derive(Debug)]
pub(in crate::clients::play) struct Pop;

impl StateMachine for Pop {
    fn wake(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
        let interval = poll_interval(driver, c) as f64;
        let first = poll_phase(driver, c);
        // What has come since the last poll before the run is fetched by the first in it.
        driver.who.expect_mail(c, first - interval);
        driver.who.clients[c].state = EXPECTED;
        driver.set(engine, c, MAIN, SimTime(nanos(first)));
    }

    fn due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, timer: Timer) {
        match timer {
            Timer::Main => poll(driver, engine, c),
            // It sets no other.
            Timer::Second => {}
        }
    }

    /// Fetches the next message, if there is one.
    fn answered(
        driver: &mut Clients<'_>,
        engine: &mut Engine<'_>,
        c: usize,
        ended: &Ended,
        parts: &[u64; PARTS],
    ) -> bool {
        if PopStep::of(Step::of_tag(ended.tag)) != PopStep::Retrieve {
            return false;
        }
        let session = &mut driver.sessions[c];
        session.done += 1;
        if session.done >= session.planned {
            return false;
        }
        let number = u64::from(session.done) + 1;
        driver.sessions.set_parts(c, parts);
        driver.stage(engine, c, PopStep::Retrieve.into(), number);
        true
    }

    /// It asks for nothing in the background.
    fn background_ended(_: &mut Clients<'_>, _: &mut Engine<'_>, _: usize, _: &Ended) {}

    fn go_on(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, over: Over) {
        match over {
            Over::Logon { .. } => next_poll(driver, engine, c),
            Over::Request { step, failure } => poll_over(driver, engine, c, PopStep::of(step), failure),
        }
    }

    fn is_stranded(_: &Clients<'_>, _: usize) -> bool {
        true
    }
}

fn poll_interval(driver: &Clients<'_>, c: usize) -> u64 {
    driver.behaviour(c).settings.pop_poll.0.max(1)
}

/// The first poll after the run's beginning, ns; the others follow at the interval.
fn poll_phase(driver: &Clients<'_>, c: usize) -> f64 {
    uniform(driver.key(c), PHASE, 0) * poll_interval(driver, c) as f64
}

fn poll(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let number = driver.who.clients[c].session + 1;
    driver.open_session(engine, c, number, None);
    driver.begin(engine, c, PopStep::Open, 0);
}

/// The next poll in the client's phase.
fn next_poll(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let interval = poll_interval(driver, c);
    let first = nanos(poll_phase(driver, c));
    let passed = engine.now().since(SimTime(first)).0 / interval + 1;
    let at = SimTime((first + passed * interval).min(SimTime::MAX.0));
    driver.set(engine, c, MAIN, at);
}

fn poll_over(
    driver: &mut Clients<'_>,
    engine: &mut Engine<'_>,
    c: usize,
    step: PopStep,
    failure: Option<Failure>,
) {
    if step == PopStep::Open && failure.is_none() {
        let messages = working_day::take_backlog(driver, c) + driver.who.take_mail(c, engine.now());
        if messages > 0 && engine.now() < driver.ends() {
            driver.sessions[c].planned = messages;
            driver.begin(engine, c, PopStep::Retrieve, 1);
            return;
        }
    }
    let outcome = if failure.is_some() { SessionOutcome::Failed } else { SessionOutcome::Completed };
    driver.close_session(engine, c, outcome, failure);
    next_poll(driver, engine, c);
}

/// IMAP4.
#[derive(Debug)]
pub(in crate::clients::play) struct Imap;

impl StateMachine for Imap {
    fn wake(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
        driver.who.expect_mail(c, 0.0);
        if working_day::wake(driver, engine, c) {
            resume(driver, engine, c);
        }
    }

    fn due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, timer: Timer) {
        match timer {
            Timer::Main => wait_over(driver, engine, c),
            // It sets no other.
            Timer::Second => {}
        }
    }

    fn background_ended(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
        working_day::background_ended(driver, engine, c, ended);
    }

    fn go_on(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, over: Over) {
        match over {
            Over::Logon { .. } => working_day::again(driver, engine, c, SimSpan::ZERO),
            Over::Request { failure, .. } => fetch_over(driver, engine, c, failure),
        }
    }

    fn is_stranded(_: &Clients<'_>, _: usize) -> bool {
        true
    }
}

/// The session has begun or has been carried in: wait for mail.
fn wait(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let idle = driver.behaviour(c).settings.imap_idle;
    wait_at_most(driver, engine, c, idle, SimSpan::ZERO);
}

/// As [`wait`] for an IDLE that has been waiting since before the run.
fn resume(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let idle = driver.behaviour(c).settings.imap_idle;
    let heard = driver.cohort(c).idle_timeout.filter(|timeout| !timeout.silent);
    let idle = heard.map_or(idle, |timeout| timeout.after.min(idle));
    let left = SimSpan(nanos(uniform(driver.key(c), PHASE, 0) * idle.0 as f64));
    wait_at_most(driver, engine, c, left, SimSpan(idle.0 - left.0));
}

/// Waits in IDLE for `most` at most, on a connection that nothing has been sent on
/// for `since`.
fn wait_at_most(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, most: SimSpan, since: SimSpan) {
    let now = engine.now();
    let closes = working_day::closes(driver, c);
    let timeout = driver.cohort(c).idle_timeout;
    let left = |timeout: IdleTimeout| SimSpan(timeout.after.0.saturating_sub(since.0));
    // Until when it waits, and until when it hears of mail.
    let (ends, hears) = match timeout {
        None => (now + most, now + most),
        Some(timeout) if timeout.silent => (now + most, now + left(timeout)),
        Some(timeout) => (now + left(timeout).min(most), now + most),
    };
    let mail = driver.who.mail_at(c).max(now);
    let woken = mail < ends && mail <= hears;
    if timeout.is_some() {
        driver.who.clients[c].state = if woken { 0 } else { IDLED_OUT };
    }
    driver.set(engine, c, MAIN, if woken { mail } else { ends }.min(closes));
}

fn wait_over(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    if !driver.sessions[c].open {
        working_day::opens(driver, engine, c);
        return;
    }
    let now = engine.now();
    if now >= working_day::closes(driver, c) {
        working_day::over(driver, engine, c);
        return;
    }
    driver.sessions[c].done += 1;
    let number = u64::from(driver.sessions[c].done);
    let gone = driver.cohort(c).idle_timeout.is_some()
        && std::mem::take(&mut driver.who.clients[c].state) == IDLED_OUT;
    if driver.who.mail_at(c) <= now {
        driver.who.next_mail(c);
        driver.begin_on(engine, c, (ImapStep::Fetch.into(), number), gone);
    } else if gone {
        driver.reopen_behind(engine, c, BEHIND | number);
        wait(driver, engine, c);
    } else {
        driver.background(engine, c, ImapStep::Idle, BEHIND | number, SimSpan::ZERO);
        wait(driver, engine, c);
    }
}

fn fetch_over(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, failure: Option<Failure>) {
    if let Some(failure) = failure {
        working_day::lost(driver, engine, c, failure, SimSpan::ZERO);
    } else if driver.store_moved(c) {
        working_day::follow_database(driver, engine, c);
    } else {
        if driver.sessions[c].done == 0 {
            // What came before the logon is there already.
            driver.who.take_mail(c, engine.now());
        }
        if working_day::download_next(driver, engine, c, ImapStep::Fetch) {
            return;
        }
        wait(driver, engine, c);
    }
}
