//! The loop: plays events in order, measures between two instants, checks, stops.

use super::driver::Driver;
use super::report::{EngineReport, IntervalSample};
use super::{Engine, OTHER};
use crate::kernel::calendar::{Class, Popped};
use crate::kernel::{SimSpan, SimTime};
use crate::model::itinerary::Network;

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
/// [`Stopped`]: the watch stopped it, or too many requests were in flight.
pub fn run<D: Driver, W: Watch>(
    network: &Network,
    driver: &mut D,
    horizon: Horizon,
    watch: &mut W,
) -> Result<EngineReport, Stopped> {
    let mut engine = Engine::new(network);
    engine.requests.most = horizon.most_in_flight;
    let interval = horizon.interval.max(SimSpan(1));
    if horizon.measured_from > SimTime::ZERO {
        engine.calendar.schedule(horizon.measured_from, Class::Edge, BEGIN);
    }
    let first = horizon.measured_from + interval;
    if first < horizon.ends_at {
        engine.calendar.schedule(first, Class::Edge, INTERVAL);
    }
    engine.calendar.schedule(horizon.ends_at, Class::Edge, END);
    driver.start(&mut engine);
    engine.report_ends(driver);
    let mut report = None;
    while let Some(popped) = engine.calendar.pop() {
        engine.now = popped.at;
        engine.events += 1;
        engine.hash =
            (engine.hash ^ popped.at.0 ^ (popped.payload << 24)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        engine.hash ^= engine.hash >> 29;
        if popped.class == Class::Edge && popped.payload & OTHER == 0 {
            match popped.payload {
                BEGIN => engine.begin_measuring(),
                INTERVAL => {
                    engine.sample();
                    if engine.is_check_due() {
                        let mut violations = engine.check();
                        violations.extend(driver.check());
                        if !violations.is_empty() {
                            return Ok(EngineReport { violations, ..engine.report() });
                        }
                    }
                    let next = popped.at + interval;
                    if next < horizon.ends_at {
                        engine.calendar.schedule(next, Class::Edge, INTERVAL);
                    }
                }
                _ => {
                    engine.sample();
                    report = Some(engine.report());
                    driver.window_ended(&mut engine);
                    engine.report_ends(driver);
                    if !horizon.run_off {
                        break;
                    }
                }
            }
            continue;
        }
        engine.play(popped, driver);
        engine.report_ends(driver);
        if engine.events & 0x3FFF == 0 && watch.look(engine.now, engine.events) {
            return Err(Stopped::Asked);
        }
        if engine.requests.crowded {
            return Err(Stopped::Crowded(engine.crowded()));
        }
        if report.is_some() && engine.in_flight() == 0 {
            break;
        }
    }
    let mut report = report.unwrap_or_else(|| engine.report());
    report.violations = engine.check();
    report.events = engine.events;
    report.trajectory_hash = engine.hash;
    Ok(report)
}

impl Engine<'_> {
    /// Plays one event.
    #[inline]
    pub(super) fn play<D: Driver>(&mut self, popped: Popped, driver: &mut D) {
        let index = popped.payload as u32;
        let other = popped.payload & OTHER != 0;
        match popped.class {
            Class::Arrival if other => driver.timer(self, index),
            Class::Arrival => {
                let hot = &mut self.requests.hot[index as usize];
                if hot.pending != popped.sequence {
                    return;
                }
                let (part, span) = (hot.part, self.now.0 - hot.since.0);
                hot.leg += 1;
                self.book(index, part, span);
                self.walk(index);
            }
            Class::Release if other => {
                if self.links[index as usize].pending == popped.sequence {
                    self.crossed(index as usize);
                }
            }
            Class::Release => {
                if self.requests.hot[index as usize].pending == popped.sequence {
                    self.served(index);
                }
            }
            Class::Rest => self.lane_due(index as usize),
            Class::Edge => driver.edge(self, index),
        }
    }

    pub(super) fn crowded(&self) -> Crowd {
        let worst = self.stations.iter().zip(&self.network.stations).max_by_key(|(state, _)| state.waiting);
        let queue = worst
            .filter(|(state, _)| state.waiting > 0)
            .map(|(state, station)| (self.network.groups[station.group.index()].name.clone(), state.waiting));
        Crowd { at: self.now, in_flight: self.in_flight(), queue }
    }

    pub(super) fn begin_measuring(&mut self) {
        let now = self.now;
        self.stations.iter_mut().for_each(|s| s.begin_measuring(now));
        self.links.iter_mut().for_each(|l| l.begin_measuring(now));
        self.pools.begin_measuring(now);
    }

    pub(super) fn sample(&mut self) {
        let now = self.now;
        self.intervals.push(IntervalSample {
            stations: self.stations.iter_mut().map(|s| s.sample(now)).collect(),
            links: self.links.iter_mut().map(|l| l.sample(now)).collect(),
        });
    }

    pub(super) fn report(&mut self) -> EngineReport {
        let now = self.now;
        EngineReport {
            stations: self.stations.iter_mut().map(|s| s.finish(now)).collect(),
            links: self.links.iter_mut().map(|l| l.finish(now)).collect(),
            families: self.pools.report(now),
            intervals: std::mem::take(&mut self.intervals),
            events: self.events,
            trajectory_hash: self.hash,
            requests: [self.counts[0], self.counts[1], self.counts[2], self.in_flight()],
            violations: Vec::new(),
        }
    }
}
