//! What goes into the engine and comes out: how a request is opened, how it ended,
//! and who decides what happens then.
//!
//! Next: [`super`], which calls a [`Driver`].

use super::Engine;
use crate::kernel::random::Key;
use crate::kernel::{SimSpan, SimTime};
use crate::model::itinerary::{PARAMS, PARTS, Program, SLOTS};

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
    /// Refused by a full pool of a family with this reason, or gave up waiting there.
    Refused(u8),
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
    pub(super) index: u32,
    pub(super) generation: u32,
}

/// Decides what happens at timers and at ends of requests.
pub trait Driver {
    /// Called once before the first event: open the first requests, set the first timers.
    fn start(&mut self, engine: &mut Engine<'_>);
    /// A timer set with [`Engine::timer`] is due.
    fn timer(&mut self, engine: &mut Engine<'_>, token: u32);
    /// A request ended (never called from inside [`Engine::open`]).
    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended);
    /// An edge set with [`Engine::edge`] is due.
    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        let _ = (engine, token);
    }
    /// What the driver's own books do not agree on so far, in words; asked at
    /// checkpoints inside a run.
    fn check(&self) -> Vec<String> {
        Vec::new()
    }
    /// The measured window has ended (before [`Self::edge`]s of the same instant);
    /// with `run_off` events go on until no request is in flight.
    fn window_ended(&mut self, engine: &mut Engine<'_>) {
        let _ = engine;
    }
}
