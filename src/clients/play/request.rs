//! The words between driver and engine: purposes of timers, tags of requests, slots,
//! and why an attempt failed.
//!
//! Must not know who asks. Next: [`super::driver`].

use super::session::Session;
use crate::clients::roster::slots::BOUND;
use crate::clients::steps::Step;
use crate::itinerary::SLOTS;
use crate::kernel::SimTime;
use crate::model::access::Failure;
use crate::sim::{Outcome, UNBOUND};

/// Purpose of a timer: the state machine's next step.
pub(super) const MAIN: u32 = 0;
/// Purpose of a timer: a second process of the client (polls, sends, keep-alives).
pub(super) const AUX: u32 = 1;
/// Purpose of a timer: another attempt.
pub(super) const RETRY: u32 = 2;
/// Bits of a timer's token that say its purpose; the client's number stands above.
const PURPOSE_BITS: u32 = 2;

/// Clients that timers can tell apart.
pub(super) const MOST_CLIENTS: usize = 1 << 29;

/// Requests of the background are numbered from here, apart from visible ones.
pub(super) const BEHIND: u64 = 1 << 32;

/// Set in the tag of a request in the background.
const BACKGROUND: u32 = 1 << 8;

/// The token of a timer of client `c`.
#[inline]
pub(super) fn token(c: usize, purpose: u32) -> u32 {
    (c as u32) << PURPOSE_BITS | purpose
}

/// Client and purpose of a timer's token.
#[inline]
pub(super) fn of_token(token: u32) -> (usize, u32) {
    ((token >> PURPOSE_BITS) as usize, token & ((1 << PURPOSE_BITS) - 1))
}

/// The tag of a visible request of session `number`.
#[inline]
pub(super) fn tag(step: Step, number: u32) -> u32 {
    step.to_tag() | stamp(number) << 16
}

/// The tag of a request in the background.
#[inline]
pub(super) fn background_tag(step: Step, number: u32) -> u32 {
    tag(step, number) | BACKGROUND
}

/// Whether a tag is that of a request in the background.
#[inline]
pub(super) fn is_background(tag: u32) -> bool {
    tag & BACKGROUND != 0
}

/// Whether a tag is that of a request of session `number`.
#[inline]
pub(super) fn is_of_session(tag: u32, number: u32) -> bool {
    tag >> 16 == stamp(number)
}

/// A session's number as it fits into a tag; those of a client that follow one another differ.
fn stamp(number: u32) -> u32 {
    (number ^ number >> 16) & 0xFFFF
}

/// The slots of a request: those bound for the session, and the rest unbound.
#[inline]
pub(super) fn slots(session: &Session) -> [u32; SLOTS] {
    let mut slots = [UNBOUND; SLOTS];
    slots[..BOUND].copy_from_slice(&session.slots);
    slots
}

/// `ns` after `now`, at most the end of time.
#[inline]
pub(super) fn later(now: SimTime, ns: u64) -> SimTime {
    SimTime(now.0.saturating_add(ns).min(SimTime::MAX.0))
}

/// Whether a failure means that the client reached nobody or lost its connection.
pub(super) fn is_cut_off(failure: Failure) -> bool {
    matches!(failure, Failure::ServerDown | Failure::LinkDown)
}

/// Why an attempt failed; `None` when it did not.
#[inline]
pub(super) fn failure_of(outcome: Outcome) -> Option<Failure> {
    match outcome {
        Outcome::Completed => None,
        Outcome::QueueFull(_) => Some(Failure::QueueFull),
        Outcome::PoolFull(_) => Some(Failure::ConnectionLimit),
        Outcome::StationDown(_) => Some(Failure::ServerDown),
        Outcome::LinkDown(_) => Some(Failure::LinkDown),
        Outcome::TimedOut | Outcome::Aborted(_) => Some(Failure::TimedOut),
        Outcome::Failed(reason) | Outcome::Refused(reason) => {
            Some(Failure::ALL.get(usize::from(reason)).map_or(Failure::NotSupported, |row| row.0))
        }
    }
}
