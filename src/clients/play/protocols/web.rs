//! EWS, Autodiscover and the offline address book: sessions of one request.
//!
//! EWS requests come as a Poisson process along the day curve. Autodiscover is
//! asked when the mailbox's working day begins; the address book is fetched once a
//! day, somewhere in its first half. A failed one is tried again like any request,
//! then left until the next is due.
//!
//! Must not know servers. Next: [`crate::clients::play::dispatch`].

use super::state_machine::{StateMachine, Timer};
use crate::clients::play::clientele::{GAP, gap, uniform};
use crate::clients::play::driver::Clients;
use crate::clients::play::request::{MAIN, Over};
use crate::clients::play::working_day;
use crate::clients::steps::{Machine, Recurrence, WebStep};
use crate::kernel::SimSpan;
use crate::kernel::random::Role;
use crate::results::SessionOutcome;
use crate::sim::{Ended, Engine};

const MOMENT: Role = Role::new("address book");

/// Sessions of one request.
#[derive(Debug)]
pub(in crate::clients::play) struct Web;

impl StateMachine for Web {
    fn wake(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
        let now = driver.clock(c).work(0.0);
        driver.who.clients[c].work = now;
        let day = libm::floor(now) as u32;
        match daily(driver, c, day) {
            None => schedule(driver, engine, c),
            Some(at) => once(driver, engine, c, if at < now { day + 1 } else { day }),
        }
    }

    fn due(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, timer: Timer) {
        match timer {
            Timer::Main => {
                let number = driver.who.clients[c].session;
                driver.open_session(engine, c, number, None);
                driver.begin(engine, c, WebStep::Ask, 0);
            }
            // It sets no other.
            Timer::Second => {}
        }
    }

    /// It asks for nothing in the background.
    fn background_ended(_: &mut Clients<'_>, _: &mut Engine<'_>, _: usize, _: &Ended) {}

    fn go_on(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, over: Over) {
        match over {
            Over::Logon { .. } => {}
            Over::Request { .. } => driver.close_session(engine, c, SessionOutcome::Completed, None),
        }
        next_session(driver, engine, c);
    }

    fn is_stranded(driver: &Clients<'_>, c: usize) -> bool {
        let wants = match recurrence(driver, c) {
            Recurrence::AllDay => driver.behaviour(c).settings.ews_requests_per_day > 0.0,
            Recurrence::DayBegin | Recurrence::FirstHalf => true,
        };
        driver.sessions[c].open || wants
    }
}

/// When the sessions of client `c` come.
fn recurrence(driver: &Clients<'_>, c: usize) -> Recurrence {
    match driver.cohort(c).machine {
        Machine::Web(recurrence) => recurrence,
        Machine::Owa | Machine::Eas | Machine::Outlook | Machine::Pop | Machine::Imap => {
            unreachable!("a client of another machine")
        }
    }
}

/// Where on the work axis the one request of `day` lies, if there is one a day.
fn daily(driver: &Clients<'_>, c: usize, day: u32) -> Option<f64> {
    let (begin, end) = working_day::bounds(driver, c, day);
    match recurrence(driver, c) {
        Recurrence::AllDay => None,
        Recurrence::DayBegin => Some(begin),
        Recurrence::FirstHalf => Some(begin + 0.5 * (end - begin) * uniform(driver.key(c), MOMENT, day)),
    }
}

/// The one session of the first day from `day` on that has any work.
fn once(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, day: u32) {
    let Some(day) = working_day::next_day(driver, c, day) else { return };
    driver.who.clients[c].session = day;
    if let Some(at) = daily(driver, c, day) {
        let at = driver.clock(c).at(at);
        driver.set(engine, c, MAIN, at);
    }
}

/// The next of the sessions of a day.
fn schedule(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let rate = driver.behaviour(c).settings.ews_requests_per_day;
    if rate <= 0.0 {
        return;
    }
    let key = driver.key(c);
    let client = &mut driver.who.clients[c];
    client.session += 1;
    let amount = gap(key, GAP, client.session) / rate;
    let work = driver.clock(c).advance(driver.who.clients[c].work, amount);
    driver.who.clients[c].work = work;
    // One that came during the last follows it.
    let at = driver.clock(c).at(work).max(engine.now() + SimSpan(1));
    driver.set(engine, c, MAIN, at);
}

/// The next session.
fn next_session(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    driver.gives_up(engine, c);
    match recurrence(driver, c) {
        Recurrence::AllDay => schedule(driver, engine, c),
        Recurrence::DayBegin | Recurrence::FirstHalf => {
            let tomorrow = driver.who.clients[c].session + 1;
            once(driver, engine, c, tomorrow);
        }
    }
}
