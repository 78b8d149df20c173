//! What goes into the engine and comes out: how a request is opened, and how it ended.
//!
//! Must not know how it is walked. Next: [`super::request`], which keeps it meanwhile.

#[cfg(doc)]
use super::handles::UNBOUND;
use crate::itinerary::{PARAMS, PARTS, Program, SLOTS};
use crate::kernel::random::Key;
use crate::kernel::{SimSpan, SimTime};

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
    /// For whom it travels, by the driver's own numbers from 0: link directions tell them apart.
    pub class: u32,
    /// Parameters for [`crate::itinerary::Amount::Param`].
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
    /// It met [`crate::itinerary::Leg::Fail`] with this reason.
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
    /// Instant of the last [`crate::itinerary::Leg::Mark`], or zero.
    pub marked_at: SimTime,
}
