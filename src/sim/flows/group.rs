//! Flows that a common level binds, sorted by their caps: those whose caps it reaches run at
//! these, the others at the level.
//!
//! Two places are kept: the cursor, up to where flows *are* bound by their caps, and a probe
//! that walks while a level is looked for. They meet when a level comes into force.
//!
//! Must not know links or paths.

use std::collections::VecDeque;

use super::units::SLACK;

/// A flow as it is sorted: its cap, then its place in the arena.
#[inline]
pub(super) fn key(cap: u64, flow: u32) -> u128 {
    (u128::from(cap) << 32) | u128::from(flow)
}

#[inline]
fn cap_of(key: u128) -> u64 {
    (key >> 32) as u64
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Thousands that are alike begin together and end in that order: either end is to be cheap.
    keys: VecDeque<u128>,
    /// Sum of all caps.
    total: u128,
    /// Flows before it run at their caps.
    cursor: usize,
    probe: usize,
    /// Sum of the caps before the probe.
    below: u128,
}

impl Group {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Sum of all caps.
    #[inline]
    pub(super) fn total(&self) -> u128 {
        self.total
    }

    /// The flow at a place of the order.
    #[inline]
    pub(super) fn flow(&self, place: usize) -> u32 {
        self.keys[place] as u32
    }

    /// Highest cap, 0 where there is no flow.
    #[inline]
    pub(super) fn highest(&self) -> u64 {
        self.keys.back().map_or(0, |&key| cap_of(key))
    }

    /// Adds a flow where `level` is in force.
    pub(super) fn insert(&mut self, key: u128, level: u64) {
        let place = self.keys.partition_point(|&other| other < key);
        self.keys.insert(place, key);
        let cap = cap_of(key);
        self.total += u128::from(cap);
        if cap <= level {
            debug_assert!(place <= self.cursor);
            self.cursor += 1;
        }
        if place < self.probe {
            self.probe += 1;
            self.below += u128::from(cap);
        }
    }

    /// Takes a flow out.
    pub(super) fn remove(&mut self, key: u128) {
        let place = self.keys.partition_point(|&other| other < key);
        debug_assert_eq!(self.keys.get(place), Some(&key));
        self.keys.remove(place);
        let cap = u128::from(cap_of(key));
        self.total -= cap;
        if place < self.cursor {
            self.cursor -= 1;
        }
        if place < self.probe {
            self.probe -= 1;
            self.below -= cap;
        }
    }

    pub(super) fn clear(&mut self) {
        self.keys.clear();
        (self.total, self.cursor, self.probe, self.below) = (0, 0, 0, 0);
    }

    #[inline]
    fn step_up(&mut self) {
        self.below += u128::from(cap_of(self.keys[self.probe]));
        self.probe += 1;
    }

    #[inline]
    fn step_down(&mut self) {
        self.probe -= 1;
        self.below -= u128::from(cap_of(self.keys[self.probe]));
    }

    /// Leads the probe to `level`.
    #[inline]
    fn seek(&mut self, level: u64) {
        if level == SLACK {
            self.probe = self.keys.len();
            self.below = self.total;
            return;
        }
        while self.probe < self.keys.len() && cap_of(self.keys[self.probe]) <= level {
            self.step_up();
        }
        while self.probe > 0 && cap_of(self.keys[self.probe - 1]) > level {
            self.step_down();
        }
    }

    /// What the group would take at `level`, and how many of its flows would run at it.
    #[inline]
    pub(super) fn load(&mut self, level: u64) -> (u128, u64) {
        if level >= self.highest() {
            return (self.total, 0);
        }
        self.seek(level);
        let bound = (self.keys.len() - self.probe) as u64;
        (self.below + u128::from(bound) * u128::from(level), bound)
    }

    /// The highest level at which the group takes at most `capacity`; [`SLACK`] where the caps do.
    #[inline]
    pub(super) fn fill(&mut self, capacity: u64) -> u64 {
        let capacity = u128::from(capacity);
        if self.total <= capacity {
            return SLACK;
        }
        // What it would take if the flow at `place`, and all behind it, ran at that one's cap.
        let at = |group: &Self, place: usize, below: u128| {
            below + (group.keys.len() - place) as u128 * u128::from(cap_of(group.keys[place]))
        };
        while self.probe < self.keys.len() && at(self, self.probe, self.below) <= capacity {
            self.step_up();
        }
        while self.probe > 0 {
            let place = self.probe - 1;
            let below = self.below - u128::from(cap_of(self.keys[place]));
            if at(self, place, below) <= capacity {
                break;
            }
            self.step_down();
        }
        (capacity - self.below) as u64 / (self.keys.len() - self.probe) as u64
    }

    /// Puts `level` in force; the cursor before and after.
    pub(super) fn commit(&mut self, level: u64) -> (usize, usize) {
        self.seek(level);
        (std::mem::replace(&mut self.cursor, self.probe), self.probe)
    }
}
