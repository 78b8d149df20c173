//! The calendar of future events: one priority queue keyed by (time, class,
//! sequence).
//!
//! # Promises
//!
//! - **K1** Events are popped in order of time, at equal times in order of
//!   [`Class`], and within a class in the order in which they were scheduled.
//! - **K2** The clock never goes back: scheduling before the last popped time
//!   panics.
//! - **K3** A sequence number never wraps: the 2^36-th event of a run panics.
//! - **K4** In steady state neither scheduling nor popping allocates.
//!
//! # Shape
//!
//! An event is one `u128`: time (57 bits), class (2), sequence (36), payload (33),
//! so that comparing keys is comparing integers. Near events stand in a tournament
//! tree. Once many are pending, events further away than the near horizon wait in
//! a two-level wheel in front of it: appended to a bucket in O(1), moved to the
//! tree when their bucket's turn comes. The bucket width adapts to the number of
//! events a bucket yields. A long timer (heartbeat, poll, think time) so costs an
//! append and a move, and the height of the tree follows the near future only.
//!
//! By hand, though crates have heaps and timer wheels: those keep no order among equal times,
//! or allocate as they go, and the order of events is a promise here and the time of one
//! event most of the time of a run.
//!
//! Must not know what events mean. First user: [`crate::sim`].

mod key;
#[cfg(test)]
mod tests;
mod tournament;
mod wheel;
#[cfg(test)]
mod wheel_tests;

use super::SimTime;
use key::{CLASS_SHIFT, PAYLOAD_BITS, PAYLOAD_MASK, SEQUENCE_BITS, SEQUENCE_MASK, TIME_SHIFT, time};
use tournament::{Tournament, VACANT};
use wheel::{BUCKET_TARGET, BUCKET_TARGET_OF_MANY, Wheel};

/// Order of simultaneous events; part of the semantics of a model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Class {
    /// Edges of outages, of changes and of measuring.
    Edge = 0,
    /// Releases: a service or a transfer ends.
    Release = 1,
    /// Arrivals: a delay ends, a driver's timer is due.
    Arrival = 2,
    /// The rest: patience runs out.
    Rest = 3,
}

/// Class of a key.
#[inline]
fn class(key: u128) -> Class {
    match ((key >> CLASS_SHIFT) as u8) & 3 {
        0 => Class::Edge,
        1 => Class::Release,
        2 => Class::Arrival,
        _ => Class::Rest,
    }
}

/// Class and sequence in one number: who is played first of one instant has the lesser.
#[inline]
#[must_use]
pub fn turn(class: Class, sequence: u64) -> u64 {
    u64::from(class as u8) << SEQUENCE_BITS | sequence
}

/// An event as popped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Popped {
    /// When.
    pub at: SimTime,
    /// Class.
    pub class: Class,
    /// The number that [`Calendar::schedule`] returned.
    pub sequence: u64,
    /// 33 bits of the caller's.
    pub payload: u64,
}

/// Near events beyond which the further ones are spilled into the wheel.
const WHEEL_FROM: usize = 1024;

/// Further events beyond which what they name is no longer in the caches, so that it pays to look at
/// those of a bucket before they are played ([`Calendar::bring`]): 18,000 mailboxes were 2.6 % slower
/// with it, 400,000 4 % faster.
const MANY: usize = if cfg!(test) { 100 } else { 65_536 };

/// The future event list.
#[derive(Debug)]
pub struct Calendar {
    near: Tournament,
    wheel: Option<Box<Wheel>>,
    /// Events before this time are near, the others stand in the wheel.
    near_end: u64,
    now: u64,
    sequence: u64,
    /// Near events at which the further ones are spilled.
    limit: usize,
}

impl Default for Calendar {
    fn default() -> Self {
        Self::new()
    }
}

impl Calendar {
    /// An empty calendar at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self {
            near: Tournament::default(),
            wheel: None,
            near_end: u64::MAX,
            now: 0,
            sequence: 0,
            limit: WHEEL_FROM,
        }
    }

    /// Number of pending events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.near.len() + self.wheel.as_ref().map_or(0, |w| w.len)
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Near events: what the cost of an event depends on.
    #[must_use]
    pub fn near_len(&self) -> usize {
        self.near.len()
    }

    /// Whether so many events are pending that it pays to look at [`Self::near`] before they are played.
    #[must_use]
    pub fn is_far_flung(&self) -> bool {
        self.wheel.as_ref().is_some_and(|wheel| wheel.len > MANY)
    }

    /// Class and payload of the near events, in no order; one that was popped may be among them until
    /// the next call.
    pub fn near(&self) -> impl Iterator<Item = (Class, u64)> + '_ {
        let keys = self.near.keys.iter().filter(|&&key| key != VACANT);
        keys.map(|&key| (class(key), (key & PAYLOAD_MASK) as u64))
    }

    /// Whether so many events were scheduled that K3 is near.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.sequence > SEQUENCE_MASK / 2
    }

    /// Puts an event down and returns its sequence number, by which its owner
    /// can tell later whether it is still the one that it waits for. What is due after
    /// [`SimTime::MAX`], the end of the clock, is due then; nobody plays on from there.
    ///
    /// # Panics
    /// When `at` is before the last popped time (K2), or after 2^36 events (K3).
    #[inline]
    pub fn schedule(&mut self, at: SimTime, class: Class, payload: u64) -> u64 {
        let sequence = self.reserve();
        self.schedule_reserved(at, class, sequence, payload);
        sequence
    }

    /// The sequence number of an event that may be put down later ([`Self::schedule_reserved`]), which
    /// then takes its turn among those of its instant as if it had been put down now.
    ///
    /// # Panics
    /// After 2^36 events (K3).
    #[inline]
    pub fn reserve(&mut self) -> u64 {
        let sequence = self.sequence;
        assert!(sequence <= SEQUENCE_MASK, "more than 2^36 events in one run");
        self.sequence += 1;
        sequence
    }

    /// As [`Self::schedule`], under a number that was reserved.
    ///
    /// # Panics
    /// When `at` is before the last popped time (K2).
    #[inline]
    pub fn schedule_reserved(&mut self, at: SimTime, class: Class, sequence: u64, payload: u64) {
        assert!(at.0 >= self.now, "an event is scheduled before the clock");
        let at = at.0.min(SimTime::MAX.0);
        debug_assert!(u128::from(payload) <= PAYLOAD_MASK);
        let key = (u128::from(at) << TIME_SHIFT)
            | (u128::from(class as u8) << CLASS_SHIFT)
            | (u128::from(sequence) << PAYLOAD_BITS)
            | u128::from(payload);
        if at < self.near_end {
            let more = self.near.push(key);
            if more && self.near.len() > self.limit {
                self.spill();
            }
        } else if let Some(wheel) = &mut self.wheel {
            wheel.push(key);
        }
    }

    /// The earliest event, and the clock moves to it.
    #[inline]
    pub fn pop(&mut self) -> Option<Popped> {
        if self.near.len() == 0 {
            self.bring();
        }
        self.pop_near()
    }

    /// As [`Self::pop`] while there are near events; then [`Self::bring`] has to bring further ones.
    #[inline]
    pub fn pop_near(&mut self) -> Option<Popped> {
        let key = self.near.take()?;
        let at = time(key);
        debug_assert!(at >= self.now, "the calendar popped out of order");
        self.now = at;
        Some(Popped {
            at: SimTime(at),
            class: class(key),
            sequence: ((key >> PAYLOAD_BITS) as u64) & SEQUENCE_MASK,
            payload: (key & PAYLOAD_MASK) as u64,
        })
    }

    /// Too many are near: keeps the nearest and puts the rest into
    /// a wheel whose width follows the density of what is near.
    #[cold]
    fn spill(&mut self) {
        self.near.settle();
        let mut keys = std::mem::take(&mut self.near).keys;
        keys.retain(|&key| key != VACANT);
        let keep = WHEEL_FROM / 2;
        let (_, &mut pivot, _) = keys.select_nth_unstable(keep);
        let horizon = time(pivot);
        let width = ((horizon - self.now) / keep as u64).saturating_mul(BUCKET_TARGET as u64).max(1);
        let shift = 63 - width.leading_zeros();
        let cursor = (horizon >> shift) + 1;
        let mut wheel = match self.wheel.take() {
            Some(mut wheel) => {
                // What stands in it must not come before its cursor.
                wheel.reshape(shift, cursor.min(wheel.near_end() >> shift));
                wheel
            }
            None => Box::new(Wheel::new(shift, cursor)),
        };
        self.near_end = wheel.near_end();
        for key in keys {
            if time(key) < self.near_end {
                self.near.push(key);
            } else {
                wheel.push(key);
            }
        }
        self.wheel = Some(wheel);
        // Many events at one instant cannot be spilled: do not try at every one.
        self.limit = WHEEL_FROM.max(2 * self.near.len());
    }

    /// Moves the next bucket of further events that holds any to the near ones, of which there are none.
    /// False where nothing is pending, and so no event comes any more.
    #[cold]
    pub fn bring(&mut self) -> bool {
        self.near.settle();
        let Some(wheel) = self.wheel.as_mut().filter(|wheel| wheel.len > 0) else { return false };
        wheel.adapt(if wheel.len > MANY { BUCKET_TARGET_OF_MANY } else { BUCKET_TARGET });
        self.near.keys.clear();
        wheel.next_bucket(&mut self.near.keys);
        self.near_end = wheel.near_end();
        self.near.build();
        self.limit = WHEEL_FROM.max(4 * self.near.len());
        true
    }
}
