//! The loop: plays events in order, measures between two instants, checks, stops.

use super::ahead::Ahead;
use super::check::{check, is_check_due};
use super::crossing::crossed_alone;
use super::driver::Driver;
use super::engine::Engine;
use super::handles::NOBODY;
use super::leave::lane_due;
use super::measure::{begin_measuring, report, sample};
use super::measured::EngineReport;
use super::opening::{Ended, Outcome};
use super::request::State;
use super::serving::awaited;
use super::state::{OTHER, SystemState};
use super::walk::{crossed, served, walk};
use crate::itinerary::Network;
use crate::kernel::calendar::{Class, Popped, turn};
use crate::kernel::{SimSpan, SimTime};

/// When the engine measures and stops.
#[derive(Clone, Copy, Debug)]
pub struct Horizon {
    /// Measuring begins.
    pub measured_from: SimTime,
    /// Measuring ends; no event after it is played unless `run_off`.
    pub ends_at: SimTime,
    /// Interval of the time series.
    pub interval: SimSpan,
    /// Play on until no request is in flight (the driver opens no new ones).
    pub run_off: bool,
    /// Requests in flight, or things that the driver counts by [`Engine::crowd`],
    /// beyond which the run is given up.
    pub most_in_flight: u32,
}

/// Why a run was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The watch asked for it.
    Asked,
    /// Too many requests in flight.
    Crowded(Crowd),
    /// It comes to no end.
    Endless(Endless),
}

/// Why a run comes to no end, or to none within what the engine can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endless {
    /// The clock stands still.
    Standstill {
        /// Where.
        at: SimTime,
        /// Events at that instant so far.
        events: u64,
    },
    /// Requests are in flight at [`SimTime::MAX`], the end of the clock.
    Beyond {
        /// So many.
        in_flight: u64,
    },
    /// More events than have numbers of their own.
    Uncounted {
        /// When.
        at: SimTime,
        /// Events so far.
        events: u64,
    },
}

impl std::fmt::Display for Endless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Standstill { at, events } => write!(
                f,
                "after {} s of simulated time, at which the clock stands still: {events} events at one instant, \
                 by somebody who waits for nothing between one request and the next",
                at.as_secs_f64()
            ),
            Self::Beyond { in_flight } => write!(
                f,
                "after {:.0} days of simulated time, the end of the clock, with {in_flight} requests in flight",
                SimTime::MAX.as_secs_f64() / 86_400.0
            ),
            Self::Uncounted { at, events } => {
                write!(f, "after {:.0} s of simulated time and {events} events", at.as_secs_f64())
            }
        }
    }
}

/// Notices a clock that stands still; looks only as often as a [`Watch`] is asked.
#[derive(Debug, Default)]
struct Standing {
    at: SimTime,
    /// Events when it was first seen there.
    since: u64,
    /// The most that was pending or in flight at once since.
    most: u64,
}

impl Standing {
    /// Events at one instant, beside those of whoever is there, that are no standstill: ASSUMED.
    const FREE: u64 = if cfg!(test) { 20_000 } else { 1_000_000 };
    /// Of each that is pending or in flight, beside one a leg.
    const EACH: u64 = 100;

    fn look(&mut self, state: &SystemState<'_>) -> Option<Endless> {
        if self.at != state.now || self.since == 0 {
            *self = Self { at: state.now, since: state.events, most: 0 };
        }
        self.most = self.most.max(state.calendar.len() as u64 + state.in_flight());
        let events = state.events - self.since;
        let each = Self::EACH + state.network.legs.len() as u64;
        if events > Self::FREE + each * self.most {
            return Some(Endless::Standstill { at: state.now, events });
        }
        let exhausted = state.calendar.is_exhausted();
        exhausted.then_some(Endless::Uncounted { at: state.now, events: state.events })
    }
}

/// How a run stood that was given up for too many requests in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// When.
    pub at: SimTime,
    /// Requests in flight.
    pub in_flight: u64,
    /// Name of the station group where most wait, and how many wait at one of its
    /// servers; `None` where nobody waits.
    pub queue: Option<(String, u32)>,
}

impl std::fmt::Display for Crowd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "after {:.0} s of simulated time with {} requests in flight",
            self.at.as_secs_f64(),
            self.in_flight
        )?;
        match &self.queue {
            Some((name, waiting)) => write!(f, ", {waiting} of them waiting at `{name}`"),
            None => Ok(()),
        }
    }
}

/// Asked every few thousand events; true stops the run (Ctrl-C).
pub trait Watch {
    /// Called with the clock and the events so far.
    fn look(&mut self, now: SimTime, events: u64) -> bool;
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn look(&mut self, _: SimTime, _: u64) -> bool {
        false
    }
}

/// Internal edges.
const BEGIN: u64 = 0;

const INTERVAL: u64 = 1;

const END: u64 = 2;

/// Plays `driver` on `network` until the horizon.
///
/// # Errors
/// [`Stopped`]: the watch stopped it, too many requests were in flight, or there would be no end.
pub fn run<D: Driver, W: Watch>(
    network: &Network,
    driver: &mut D,
    horizon: Horizon,
    watch: &mut W,
) -> Result<EngineReport, Stopped> {
    let mut engine = Engine::new(network);
    engine.state.requests.most = horizon.most_in_flight;
    let interval = horizon.interval.max(SimSpan(1));
    set_edges(&mut engine.state, horizon, interval);
    driver.start(&mut engine);
    report_ends(&mut engine, driver);
    let mut measured = None;
    let mut standing = Standing::default();
    let mut ahead = Ahead::default();
    loop {
        let Some(popped) = engine.state.calendar.pop_near() else {
            if !engine.state.calendar.bring() {
                break;
            }
            if engine.state.calendar.is_far_flung() {
                ahead.look(&engine, driver);
            }
            continue;
        };
        engine.state.now = popped.at;
        engine.state.turn_now = turn(popped.class, popped.sequence);
        engine.state.events += 1;
        engine.state.hash =
            (engine.state.hash ^ popped.at.0 ^ (popped.payload << 24)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        engine.state.hash ^= engine.state.hash >> 29;
        if popped.class == Class::Edge && popped.payload & OTHER == 0 {
            match popped.payload {
                BEGIN => begin_measuring(&mut engine.state),
                INTERVAL => {
                    sample(&mut engine.state);
                    if is_check_due(&engine.state) {
                        let mut violations = check(&mut engine.state);
                        violations.extend(driver.check());
                        if !violations.is_empty() {
                            return Ok(EngineReport { violations, ..report(&mut engine.state) });
                        }
                    }
                    let next = popped.at + interval;
                    if next < horizon.ends_at {
                        engine.state.calendar.schedule(next, Class::Edge, INTERVAL);
                    }
                }
                _ => {
                    sample(&mut engine.state);
                    measured = Some(report(&mut engine.state));
                    driver.window_ended(&mut engine);
                    report_ends(&mut engine, driver);
                    if !horizon.run_off {
                        break;
                    }
                }
            }
            continue;
        }
        if popped.at >= SimTime::MAX {
            return Err(Stopped::Endless(Endless::Beyond { in_flight: engine.in_flight() }));
        }
        play(&mut engine, popped, driver);
        report_ends(&mut engine, driver);
        if engine.state.events & 0x3FFF == 0 {
            if watch.look(engine.state.now, engine.state.events) {
                return Err(Stopped::Asked);
            }
            if let Some(endless) = standing.look(&engine.state) {
                return Err(Stopped::Endless(endless));
            }
        }
        if engine.state.requests.crowded {
            return Err(Stopped::Crowded(crowded(&engine.state)));
        }
        if measured.is_some() && engine.in_flight() == engine.state.beside {
            break;
        }
    }
    let mut measured = measured.unwrap_or_else(|| report(&mut engine.state));
    measured.violations = check(&mut engine.state);
    measured.events = engine.state.events;
    measured.trajectory_hash = engine.state.hash;
    Ok(measured)
}

/// Puts down when measuring begins, its first interval ends, and it ends.
fn set_edges(state: &mut SystemState<'_>, horizon: Horizon, interval: SimSpan) {
    if horizon.measured_from > SimTime::ZERO {
        state.calendar.schedule(horizon.measured_from, Class::Edge, BEGIN);
    }
    let first = horizon.measured_from + interval;
    if first < horizon.ends_at {
        state.calendar.schedule(first, Class::Edge, INTERVAL);
    }
    state.calendar.schedule(horizon.ends_at, Class::Edge, END);
}

/// Plays one event.
#[inline]
fn play<D: Driver>(engine: &mut Engine<'_>, popped: Popped, driver: &mut D) {
    let state = &mut engine.state;
    let index = popped.payload as u32;
    let other = popped.payload & OTHER != 0;
    match popped.class {
        Class::Arrival if other => driver.timer(engine, index),
        Class::Arrival => {
            let hot = &mut state.requests.hot[index as usize];
            if hot.pending != popped.sequence {
                return;
            }
            let (part, span) = (hot.part, state.now.0 - hot.since.0);
            hot.leg += 1;
            state.book(index, part, span);
            walk(state, index);
        }
        Class::Release if other && index > 0 => awaited(state, index - 1),
        Class::Release if other => {
            if state.crossings.pending == popped.sequence {
                crossed(state);
            }
        }
        Class::Release => {
            let hot = &state.requests.hot[index as usize];
            if hot.pending != popped.sequence {
                return;
            }
            if hot.state != State::Crossing {
                served(state, index);
            } else if crossed_alone(state, index) {
                walk(state, index);
            }
        }
        Class::Rest => lane_due(state, index as usize),
        Class::Edge => driver.edge(engine, index),
    }
}

/// How the run stands that is given up.
fn crowded(state: &SystemState<'_>) -> Crowd {
    let worst = state.stations.iter().zip(&state.network.stations).max_by_key(|(here, _)| here.waiting);
    let queue = worst
        .filter(|(here, _)| here.waiting > 0)
        .map(|(here, station)| (state.network.groups[station.group.index()].name.clone(), here.waiting));
    Crowd { at: state.now, in_flight: state.in_flight(), queue }
}

/// Tells the driver of every end so far (E5): of none, after most events.
#[inline(always)]
fn report_ends<D: Driver>(engine: &mut Engine<'_>, driver: &mut D) {
    if !engine.state.ended.is_empty() {
        report_some(engine, driver);
    }
}

#[inline(never)]
fn report_some<D: Driver>(engine: &mut Engine<'_>, driver: &mut D) {
    // The driver may end further ones.
    let mut told = 0;
    while let Some(&(index, outcome)) = engine.state.ended.get(told) {
        told += 1;
        report_end(engine, index, outcome, driver);
    }
    engine.state.ended.clear();
}

fn report_end<D: Driver>(engine: &mut Engine<'_>, index: u32, outcome: Outcome, driver: &mut D) {
    let state = &mut engine.state;
    let cold = &state.requests.cold[index as usize];
    if cold.owner == NOBODY {
        debug_assert_eq!(state.requests.parts.sum(index), state.now.0 - cold.opened_at.0, "E4");
        state.requests.parts.forget(index);
        return state.requests.close(index);
    }
    let ended = Ended {
        owner: cold.owner,
        tag: cold.tag,
        opened_at: cold.opened_at,
        outcome,
        parts: state.requests.parts.take(index),
        slots: state.requests.slots(index),
        marked_at: state.requests.marked_at(index),
    };
    debug_assert_eq!(
        ended.parts.iter().sum::<u64>(),
        state.now.0 - ended.opened_at.0,
        "E4: the parts of a latency add up to the whole"
    );
    state.requests.close(index);
    driver.ended(engine, &ended);
}
