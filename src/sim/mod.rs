//! The engine: a clock, stations, links and pools, walking itineraries.
//!
//! Knows no Exchange. A [`Driver`] (in casim: [`crate::clients`]) opens requests
//! and sets timers; the [`Engine`] walks each request's program leg by leg and
//! reports its end.

pub mod report;

use crate::kernel::random::Key;
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::itinerary::{Network, PARAMS, PARTS, Program, SLOTS, StationGroup};

/// A slot that is not bound yet.
pub const UNBOUND: u32 = u32::MAX;

/// What opens a request.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Program to walk.
    pub program: Program,
    /// Name of its draws.
    pub key: Key,
    /// The driver's own number, given back in [`Ended`].
    pub owner: u32,
    /// The driver's second number (which step, which attempt), given back too.
    pub tag: u32,
    /// Parameters for [`crate::model::itinerary::Amount::Param`].
    pub params: [u64; PARAMS],
    /// Stations (indices) already bound, or [`UNBOUND`].
    pub slots: [u32; SLOTS],
    /// After this long the request is aborted with [`Outcome::TimedOut`]; zero is never.
    pub patience: SimSpan,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It walked its program to the end.
    Completed,
    /// Refused by a full queue of this station.
    QueueFull(u32),
    /// Refused by a full pool of this station.
    PoolFull(u32),
    /// Refused by, or killed at, a station that is down.
    StationDown(u32),
    /// Refused by, or killed on, a link direction that is down.
    LinkDown(u32),
    /// It met [`crate::model::itinerary::Leg::Fail`] with this reason.
    Failed(u8),
    /// Its patience ran out.
    TimedOut,
    /// The driver aborted it with this reason.
    Aborted(u8),
}

/// What the driver hears of a request that ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// From [`Opening`].
    pub owner: u32,
    /// From [`Opening`].
    pub tag: u32,
    /// When it was opened.
    pub opened_at: SimTime,
    /// How.
    pub outcome: Outcome,
    /// Time by part, ns; the parts add up to the whole to the nanosecond.
    pub parts: [u64; PARTS],
    /// Stations bound, or [`UNBOUND`].
    pub slots: [u32; SLOTS],
    /// Instant of the last [`crate::model::itinerary::Leg::Mark`], or zero.
    pub marked_at: SimTime,
}

/// Names a request in flight; stale once it has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestId {
    index: u32,
    generation: u32,
}

/// Decides what happens at timers and at ends of requests.
pub trait Driver {
    /// Called once before the first event: open the first requests, set the first timers.
    fn start(&mut self, engine: &mut Engine<'_>);
    /// A timer set with [`Engine::timer`] is due.
    fn timer(&mut self, engine: &mut Engine<'_>, token: u32);
    /// A request ended (never called from inside [`Engine::open`]).
    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended);
    /// An interval of the time series ended at `now`.
    fn interval(&mut self, engine: &mut Engine<'_>) {
        let _ = engine;
    }
}

/// The state that changes: clock, calendar, requests, stations, links, pools.
#[derive(Debug)]
pub struct Engine<'n> {
    network: &'n Network,
    now: SimTime,
}

impl<'n> Engine<'n> {
    /// An engine at time zero with nothing in it.
    #[must_use]
    pub fn new(network: &'n Network) -> Self {
        Self { network, now: SimTime::ZERO }
    }

    /// The clock.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// What is executed.
    #[must_use]
    pub fn network(&self) -> &'n Network {
        self.network
    }

    /// Opens a request now.
    pub fn open(&mut self, opening: &Opening) -> RequestId {
        let _ = opening;
        unimplemented!()
    }

    /// Ends a request now with [`Outcome::Aborted`]; false if it has ended already.
    pub fn abort(&mut self, request: RequestId, reason: u8) -> bool {
        let _ = (request, reason);
        unimplemented!()
    }

    /// Calls [`Driver::timer`] with `token` at `at` (not before now). There is no
    /// cancel: a driver that no longer wants a timer ignores it when it comes.
    pub fn timer(&mut self, at: SimTime, token: u32) {
        let _ = (at, token);
        unimplemented!()
    }

    /// A server (station index) of the group by its balancing policy; `affinity`
    /// chooses under [`crate::model::topology::Balancing::ClientAffinity`].
    pub fn choose(&mut self, group: Id<StationGroup>, affinity: u64) -> u32 {
        let _ = (group, affinity);
        unimplemented!()
    }

    /// Takes one unit of a station's pool for a session (not for a request); false when full.
    pub fn hold_unit(&mut self, station: u32) -> bool {
        let _ = station;
        unimplemented!()
    }

    /// Gives it back.
    pub fn free_unit(&mut self, station: u32) {
        let _ = station;
        unimplemented!()
    }
}

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

/// Plays `driver` on `network` until the horizon; `None` when the watch stopped it.
pub fn run<D: Driver, W: Watch>(
    network: &Network,
    driver: &mut D,
    horizon: Horizon,
    watch: &mut W,
) -> Option<report::EngineReport> {
    let _ = (network, driver, horizon, watch);
    unimplemented!()
}
