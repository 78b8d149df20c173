//! The working day of a mailbox, and the connection that lives for it: what Outlook and
//! IMAP4 share.
//!
//! A working day begins while the day curve stands between two shares of the day's
//! work, or between two times of day, and ends likewise
//! ([`DayBound`](crate::clients::day::DayBound)); its ends are named by the mailbox, so
//! that all clients of a user come and go together. Along the curves of sizing figures,
//! which know no coming and going, connections have no end. A server that stops closes
//! its connections at once. A lost one is opened again, all TCP connections of it, after
//! a back-off that doubles; so comes back who was refused. While it lasts it is served
//! as when it was opened, whatever changes meanwhile. What waits when a client first
//! connects in the run is downloaded message by message before anything else.
//!
//! Must not know what is done on the connection. Next: [`super::protocols::outlook`].

use super::binding::services;
use super::clientele::{LONG_AGO, spread, uniform};
use super::driver::Clients;
use super::homes::moves;
use super::prehistory::is_cut_off;
use super::request::{MAIN, failure_of};
use crate::clients::roster::slots::{ENTRY, MAILBOX, TARGET};
use crate::clients::steps::{Machine, Step};
use crate::kernel::random::Role;
use crate::kernel::{SimSpan, SimTime, nanos};
use crate::model::access::Failure;
use crate::results::SessionOutcome;
use crate::sim::{Ended, Engine, Outcome};

const BEGIN: Role = Role::new("day begins");
const END: Role = Role::new("day ends");
const RESTART: Role = Role::new("restart after a move");

/// Requests for what waited are numbered from here, apart from others.
const WAITED: u64 = 1 << 31;
/// State of a client that downloads: messages wait for its first connection.
pub(super) const EXPECTED: u8 = 1;

/// Sessions of one day are numbered from a multiple of this.
const A_DAY: u32 = 1_024;

/// Where on the work axis the working day of `day` begins.
fn begins(driver: &Clients<'_>, c: usize, day: u32) -> f64 {
    let place = driver.behaviour(c).day_bounds[0].place(uniform(driver.who.mailbox_key(c), BEGIN, day));
    f64::from(day) + place
}

/// Where on the work axis the working day of `day` ends.
fn ends(driver: &Clients<'_>, c: usize, day: u32) -> f64 {
    let place = driver.behaviour(c).day_bounds[1].place(uniform(driver.who.mailbox_key(c), END, day));
    f64::from(day) + place
}

/// Where on the work axis the working day of `day` begins and ends.
pub(super) fn bounds(driver: &Clients<'_>, c: usize, day: u32) -> (f64, f64) {
    (begins(driver, c, day), ends(driver, c, day))
}

/// As [`begins`], of the connection on `day`.
fn connects(driver: &Clients<'_>, c: usize, day: u32) -> f64 {
    if driver.behaviour(c).always_connected { f64::from(day) } else { begins(driver, c, day) }
}

/// As [`ends`], of the connection on `day`: it may have no end.
fn disconnects(driver: &Clients<'_>, c: usize, day: u32) -> f64 {
    if driver.behaviour(c).always_connected { f64::INFINITY } else { ends(driver, c, day) }
}

/// As [`bounds`], of the connection on the present day: it may have no end.
pub(super) fn today(driver: &Clients<'_>, c: usize) -> (f64, f64) {
    let day = day(driver, c);
    (connects(driver, c, day), disconnects(driver, c, day))
}

/// Where on the work axis the connection of the present day ends, if it does.
pub(super) fn today_ends(driver: &Clients<'_>, c: usize) -> f64 {
    disconnects(driver, c, day(driver, c))
}

/// The first day from `day` on that has any work; `None` if none has.
pub(super) fn next_day(driver: &Clients<'_>, c: usize, day: u32) -> Option<u32> {
    (day..day + 7).find(|&day| driver.clock(c).factor(f64::from(day)) > 0.0)
}

/// What waits for a client that downloads and connects for the first time in the run.
pub(super) fn take_backlog(driver: &mut Clients<'_>, c: usize) -> u32 {
    let first = std::mem::take(&mut driver.who.clients[c].state) == EXPECTED;
    if first { driver.behaviour(c).settings.backlog } else { 0 }
}

/// Downloads the next message that waited when the client first connected.
pub(super) fn download_next(
    driver: &mut Clients<'_>,
    engine: &mut Engine<'_>,
    c: usize,
    step: impl Into<Step>,
) -> bool {
    let expected = take_backlog(driver, c);
    let session = &mut driver.sessions[c];
    session.planned += expected;
    let waiting = session.planned;
    if waiting == 0 {
        return false;
    }
    session.planned -= 1;
    driver.begin(engine, c, step, WAITED | u64::from(waiting));
    true
}

/// Opens the session that the run's beginning finds open, or waits for the next day.
/// Whether there is one, its state machine to go on from it.
pub(super) fn wake(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) -> bool {
    let now = driver.clock(c).work(0.0);
    let mut day = libm::floor(now) as u32;
    if disconnects(driver, c, day) <= now {
        day += 1;
    }
    let today = day;
    let always = driver.behaviour(c).always_connected;
    let next = if always { Some(day) } else { next_day(driver, c, day) };
    let Some(day) = next else { return false };
    let begin = connects(driver, c, day);
    driver.who.clients[c].session = day * A_DAY;
    if begin > now || day > today {
        driver.who.clients[c].state = EXPECTED;
        let at = driver.clock(c).at(begin);
        driver.set(engine, c, MAIN, at);
        return false;
    }
    if is_cut_off(driver, c) || driver.cohort(c).refused.is_some() {
        turned_away(driver, engine, c, day);
        return false;
    }
    let since = -driver.clock(c).instant(begin);
    if !driver.open_session(engine, c, day * A_DAY, Some(SimSpan(nanos(since)))) {
        turned_away(driver, engine, c, day);
        return false;
    }
    driver.sessions[c].done = 1;
    driver.who.clients[c].work = now;
    true
}

/// Refused since the morning: in the middle of its longest wait.
fn turned_away(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, day: u32) {
    driver.who.clients[c].fails = LONG_AGO;
    let cut_off = is_cut_off(driver, c);
    driver.disrupted.refused_before(&mut driver.who, c, cut_off);
    let settings = &driver.behaviour(c).settings;
    let wait = driver.who.back_off(c, LONG_AGO, settings.reconnect, settings.reconnect_max).0 as f64;
    let left = uniform(driver.key(c), BEGIN, day) * wait;
    driver.who.clients[c].fail();
    driver.set(engine, c, MAIN, SimTime(nanos(left)));
}

fn day(driver: &Clients<'_>, c: usize) -> u32 {
    driver.who.clients[c].session / A_DAY
}

/// Instant at which the present working day ends.
pub(super) fn closes(driver: &Clients<'_>, c: usize) -> SimTime {
    driver.clock(c).at(today_ends(driver, c))
}

/// A session of the day begins.
pub(super) fn opens(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    let number = driver.who.clients[c].session;
    driver.open_session(engine, c, number, None);
    let work = driver.clock(c).work(engine.now().0 as f64);
    driver.who.clients[c].work = work;
    driver.begin(engine, c, Step::FIRST, 0);
}

/// The working day is over.
pub(super) fn over(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    driver.close_session(engine, c, SessionOutcome::Completed, None);
    tomorrow(driver, engine, c);
}

fn tomorrow(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    driver.gives_up(engine, c);
    driver.detection.homes.take_restart(c);
    let Some(day) = next_day(driver, c, day(driver, c) + 1) else { return };
    driver.who.clients[c].session = day * A_DAY;
    driver.who.clients[c].fails = 0;
    let begin = begins(driver, c, day);
    let at = driver.clock(c).at(begin);
    driver.set(engine, c, MAIN, at);
}

/// The connection is lost; that is noticed after `notice`.
pub(super) fn lost(
    driver: &mut Clients<'_>,
    engine: &mut Engine<'_>,
    c: usize,
    failure: Failure,
    notice: SimSpan,
) {
    driver.who.clients[c].fail();
    driver.connection_lost(c, failure, engine.now());
    driver.close_session(engine, c, SessionOutcome::Failed, Some(failure));
    again(driver, engine, c, notice);
}

/// A request in the background ended; who lives by a connection has lost it with a
/// request that failed, unless a visible one is under way to find out.
pub(super) fn background_ended(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, ended: &Ended) {
    if driver.count_answered(c, ended, engine.now()) || driver.sessions[c].busy {
        return;
    }
    if let Some(failure) = failure_of(ended.outcome) {
        let notice = driver.notice(c, ended.outcome);
        driver.blame(c, ended.outcome);
        lost(driver, engine, c, failure, notice);
    }
}

/// Servers have stopped: the connections that end there are closed at once. Who has
/// a request under way hears of it by that.
pub(super) fn connections_lost(driver: &mut Clients<'_>, engine: &mut Engine<'_>, stations: &[u32]) {
    for c in 0..driver.who.clients.len() {
        let cohort = driver.cohort(c);
        let session = &driver.sessions[c];
        if !session.open || session.busy || !cohort.machine.lives_by_a_connection() {
            continue;
        }
        let bound = |slot: u8, used: bool| used && stations.contains(&session.slots[usize::from(slot)]);
        let mut services = services(engine, cohort, &session.slots).into_iter();
        // Outlook's connections reach to the Mailbox server.
        let to_store = cohort.machine == Machine::Outlook;
        if bound(ENTRY, cohort.entry.is_some())
            || bound(TARGET, cohort.target.is_some())
            || bound(MAILBOX, to_store)
            || services.any(|service| stations.contains(&service))
        {
            driver.blame(c, Outcome::StationDown(stations[0]));
            lost(driver, engine, c, Failure::ServerDown, SimSpan::ZERO);
        }
    }
}

/// Databases of this server are mounted elsewhere, or at home again: connections to
/// them are opened again at once, somewhere in the first wait.
pub(super) fn databases_moved(driver: &mut Clients<'_>, engine: &mut Engine<'_>, server: u32) {
    for c in 0..driver.who.clients.len() {
        let idle = driver.sessions[c].open && !driver.sessions[c].busy;
        if idle
            && driver.detection.homes.member(c).mailbox_server == server
            && driver.cohort(c).machine.lives_by_a_connection()
            && driver.store_moved(c)
        {
            follow_database(driver, engine, c);
        }
    }
}

/// Change `number` moves mailboxes: connections to them end, and those of Outlook are opened
/// again by who starts it again, or by itself.
pub(super) fn mailboxes_moved(driver: &mut Clients<'_>, engine: &mut Engine<'_>, number: u32) {
    for moved in moves(driver.who.roster, number) {
        let c = moved.client as usize;
        let session = &driver.sessions[c];
        if !session.open {
            driver.detection.homes.take_restart(c);
        } else if !session.busy && driver.cohort(c).machine.lives_by_a_connection() && driver.store_moved(c) {
            follow_database(driver, engine, c);
        }
    }
}

/// Connects anew to where the mailbox is mounted now.
pub(super) fn follow_database(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize) {
    driver.close_session(engine, c, SessionOutcome::Completed, None);
    if driver.who.clients[c].session % A_DAY == A_DAY - 1 {
        tomorrow(driver, engine, c);
        return;
    }
    driver.who.clients[c].session += 1;
    let first = driver.behaviour(c).settings.reconnect.0;
    let session = driver.who.clients[c].session;
    let key = driver.key(c).child(u64::from(session));
    let wait = if driver.detection.homes.take_restart(c) {
        nanos(driver.behaviour(c).settings.outlook_restart.sampler().draw(&mut key.stream(RESTART, 0)))
    } else {
        spread(key, 0, first, 1.0)
    };
    let at = SimTime(engine.now().0.saturating_add(wait).min(SimTime::MAX.0));
    driver.set(engine, c, MAIN, at);
}

/// When to connect again after a failed session: later and later, not beyond the day.
pub(super) fn again(driver: &mut Clients<'_>, engine: &mut Engine<'_>, c: usize, notice: SimSpan) {
    driver.detection.homes.take_restart(c);
    let settings = &driver.behaviour(c).settings;
    let client = &driver.who.clients[c];
    let last = client.session % A_DAY == A_DAY - 1;
    let wait = driver.who.back_off(c, client.fails, settings.reconnect, settings.reconnect_max);
    let at = engine.now() + notice + wait;
    if last || at >= closes(driver, c) {
        tomorrow(driver, engine, c);
    } else {
        driver.who.clients[c].session += 1;
        driver.set(engine, c, MAIN, at);
    }
}
