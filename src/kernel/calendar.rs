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
//! so that comparing keys is comparing integers. Near events stand in a 4-ary
//! heap. Once many are pending, events further away than the near horizon wait in
//! a two-level wheel in front of it: appended to a bucket in O(1), moved to the
//! heap when their bucket's turn comes. The bucket width adapts to the number of
//! events a bucket yields. A long timer (heartbeat, poll, think time) so costs an
//! append and a move, and the depth of the heap follows the near future only.
//!
//! Must not know what events mean. First user: [`crate::sim`].

use std::hint::select_unpredictable;

use super::SimTime;

const PAYLOAD_BITS: u32 = 33;
const SEQUENCE_BITS: u32 = 36;
const CLASS_SHIFT: u32 = PAYLOAD_BITS + SEQUENCE_BITS;
const TIME_SHIFT: u32 = CLASS_SHIFT + 2;
const PAYLOAD_MASK: u128 = (1 << PAYLOAD_BITS) - 1;
const SEQUENCE_MASK: u64 = (1 << SEQUENCE_BITS) - 1;

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

/// Events in the heap beyond which the further ones are spilled into the wheel.
const WHEEL_FROM: usize = 4096;
/// Buckets of each level; a power of two.
const BUCKETS: usize = 1024;
const MASK: u64 = BUCKETS as u64 - 1;
/// A bucket should yield about this many events.
const BUCKET_TARGET: usize = 96;

/// The future event list.
#[derive(Debug)]
pub struct Calendar {
    heap: Heap,
    wheel: Option<Box<Wheel>>,
    /// Events before this time stand in the heap, the others in the wheel.
    near_end: u64,
    now: u64,
    sequence: u64,
    /// Length of the heap at which it spills.
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
            heap: Heap::default(),
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
        self.heap.len() + self.wheel.as_ref().map_or(0, |w| w.len)
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Events in the near heap: what the cost of an event depends on.
    #[must_use]
    pub fn near_len(&self) -> usize {
        self.heap.len()
    }

    /// Puts an event down and returns its sequence number, by which its owner
    /// can tell later whether it is still the one that it waits for.
    ///
    /// # Panics
    /// When `at` is before the last popped time (K2), beyond [`SimTime::MAX`], or
    /// after 2^36 events (K3).
    #[inline]
    pub fn schedule(&mut self, at: SimTime, class: Class, payload: u64) -> u64 {
        assert!(at.0 >= self.now, "an event is scheduled before the clock");
        assert!(at.0 <= SimTime::MAX.0, "an event is scheduled after the end of time");
        debug_assert!(u128::from(payload) <= PAYLOAD_MASK);
        let sequence = self.sequence;
        assert!(sequence <= SEQUENCE_MASK, "more than 2^36 events in one run");
        self.sequence += 1;
        let key = (u128::from(at.0) << TIME_SHIFT)
            | (u128::from(class as u8) << CLASS_SHIFT)
            | (u128::from(sequence) << PAYLOAD_BITS)
            | u128::from(payload);
        if at.0 < self.near_end {
            self.heap.push(key);
            if self.heap.len() > self.limit {
                self.spill();
            }
        } else if let Some(wheel) = &mut self.wheel {
            wheel.push(key);
        }
        sequence
    }

    /// The earliest event, and the clock moves to it.
    #[inline]
    pub fn pop(&mut self) -> Option<Popped> {
        if self.heap.len() == 0 {
            self.refill();
        }
        let key = self.heap.take()?;
        let at = (key >> TIME_SHIFT) as u64;
        debug_assert!(at >= self.now, "the calendar popped out of order");
        self.now = at;
        let class = match ((key >> CLASS_SHIFT) as u8) & 3 {
            0 => Class::Edge,
            1 => Class::Release,
            2 => Class::Arrival,
            _ => Class::Rest,
        };
        Some(Popped {
            at: SimTime(at),
            class,
            sequence: ((key >> PAYLOAD_BITS) as u64) & SEQUENCE_MASK,
            payload: (key & PAYLOAD_MASK) as u64,
        })
    }

    /// Too much stands in the heap: keeps its nearest part and puts the rest into
    /// a wheel whose width follows the density of what is near.
    #[cold]
    fn spill(&mut self) {
        self.heap.settle();
        let mut keys = std::mem::take(&mut self.heap.keys);
        let keep = WHEEL_FROM / 4;
        let (_, &mut pivot, _) = keys.select_nth_unstable(keep);
        let horizon = (pivot >> TIME_SHIFT) as u64;
        let width = ((horizon - self.now) / (keep / BUCKET_TARGET) as u64).max(1);
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
            if ((key >> TIME_SHIFT) as u64) < self.near_end {
                self.heap.push(key);
            } else {
                wheel.push(key);
            }
        }
        self.wheel = Some(wheel);
        // Many events at one instant cannot be spilled: do not try at every one.
        self.limit = WHEEL_FROM.max(2 * self.heap.len());
    }

    /// Moves the next bucket that holds anything to the heap.
    #[cold]
    fn refill(&mut self) {
        self.heap.settle();
        let Some(wheel) = &mut self.wheel else { return };
        if wheel.len == 0 {
            return;
        }
        wheel.adapt();
        wheel.next_bucket(&mut self.heap.keys);
        self.near_end = wheel.near_end();
        self.heap.heapify();
        self.limit = WHEEL_FROM.max(4 * self.heap.len());
    }
}

/// A 4-ary min-heap of keys.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    keys: Vec<u128>,
    /// The root was taken and not yet replaced, see [`Self::take`].
    hole: bool,
}

impl Heap {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.keys.len() - usize::from(self.hole)
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u128> {
        self.keys.first().copied()
    }

    #[inline]
    pub(crate) fn push(&mut self, key: u128) {
        if self.hole {
            self.hole = false;
            self.sift_down(0, key);
            return;
        }
        let mut hole = self.keys.len();
        self.keys.push(key);
        while hole > 0 {
            let parent = (hole - 1) / 4;
            if self.keys[parent] <= key {
                break;
            }
            self.keys[hole] = self.keys[parent];
            hole = parent;
        }
        self.keys[hole] = key;
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<u128> {
        let last = self.keys.pop()?;
        let Some(&top) = self.keys.first() else { return Some(last) };
        self.sift_down(0, last);
        Some(top)
    }

    /// As [`Self::pop`], but leaves a hole at the root for the next push to fill:
    /// an event usually schedules another, and one sift then does for two. Nothing
    /// but `take`, `push`, `len` and [`Self::settle`] may follow.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<u128> {
        self.settle();
        let top = self.keys.first().copied();
        self.hole = top.is_some();
        top
    }

    /// Closes the hole that [`Self::take`] left.
    #[inline]
    pub(crate) fn settle(&mut self) {
        if self.hole {
            self.hole = false;
            if let Some(last) = self.keys.pop()
                && !self.keys.is_empty()
            {
                self.sift_down(0, last);
            }
        }
    }

    #[inline]
    fn sift_down(&mut self, mut hole: usize, key: u128) {
        let keys = self.keys.as_mut_slice();
        let len = keys.len();
        loop {
            let first = 4 * hole + 1;
            let (child, least) = if let Some(four) = keys.get(first..).and_then(<[u128]>::first_chunk::<4>) {
                // A tournament without branches: who wins is a matter of chance, and a
                // wrong guess costs more than the whole round.
                let i = usize::from(four[1] < four[0]);
                let j = 2 | usize::from(four[3] < four[2]);
                let least = select_unpredictable(four[j] < four[i], j, i);
                (first + least, four[least])
            } else if first < len {
                let mut child = first;
                for other in first + 1..len {
                    if keys[other] < keys[child] {
                        child = other;
                    }
                }
                (child, keys[child])
            } else {
                break;
            };
            if key <= least {
                break;
            }
            keys[hole] = least;
            hole = child;
        }
        keys[hole] = key;
    }

    fn heapify(&mut self) {
        for hole in (0..self.keys.len().div_ceil(4)).rev() {
            let key = self.keys[hole];
            self.sift_down(hole, key);
        }
    }

    /// Removes every key for which `drop` says so; linear, for rare events.
    pub(crate) fn remove(&mut self, drop: impl Fn(u128) -> bool) {
        self.keys.retain(|&key| !drop(key));
        self.heapify();
    }

    /// The keys in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u128> + '_ {
        self.keys.iter().copied()
    }
}

/// Events of a chunk: 512 bytes of keys.
const CHUNK: usize = 32;
/// No chunk.
const NIL: u32 = u32::MAX;

/// Keys in chunks that buckets borrow and give back, so that memory follows the
/// number of events, not the most that each bucket ever held.
#[derive(Debug)]
struct Chunks {
    keys: Vec<[u128; CHUNK]>,
    /// By chunk: the next one of its bucket, or of the free list.
    next: Vec<u32>,
    free: u32,
}

/// A bag of keys: a chain of chunks, all full but the first.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    head: u32,
    /// Keys in the first chunk.
    used: u32,
}

impl Bucket {
    const EMPTY: Self = Self { head: NIL, used: 0 };

    #[inline]
    fn is_empty(&self) -> bool {
        self.head == NIL
    }
}

impl Chunks {
    #[inline]
    fn push(&mut self, bucket: &mut Bucket, key: u128) {
        if bucket.used as usize == CHUNK || bucket.head == NIL {
            *bucket = Bucket { head: self.borrow(bucket.head), used: 0 };
        }
        self.keys[bucket.head as usize][bucket.used as usize] = key;
        bucket.used += 1;
    }

    /// A free chunk in front of `next`.
    fn borrow(&mut self, next: u32) -> u32 {
        let chunk = self.free;
        if chunk != NIL {
            self.free = self.next[chunk as usize];
            self.next[chunk as usize] = next;
            return chunk;
        }
        self.keys.push([0; CHUNK]);
        self.next.push(next);
        u32::try_from(self.keys.len() - 1).expect("fewer than 2^32 chunks")
    }

    /// Takes the first chunk of a bucket: its keys, and how many they are.
    fn take(&mut self, bucket: &mut Bucket) -> Option<([u128; CHUNK], usize)> {
        if bucket.is_empty() {
            return None;
        }
        let (chunk, used) = (bucket.head as usize, bucket.used as usize);
        let head = std::mem::replace(&mut self.next[chunk], self.free);
        self.free = chunk as u32;
        *bucket = if head == NIL { Bucket::EMPTY } else { Bucket { head, used: CHUNK as u32 } };
        Some((self.keys[chunk], used))
    }

    fn iter(&self, bucket: Bucket) -> impl Iterator<Item = u128> + '_ {
        let chunk = move |at: u32, used: u32| (at != NIL).then_some((at, used));
        std::iter::successors(chunk(bucket.head, bucket.used), move |&(at, _)| {
            chunk(self.next[at as usize], CHUNK as u32)
        })
        .flat_map(move |(at, used)| self.keys[at as usize][..used as usize].iter().copied())
    }
}

/// Two levels of buckets and an unsorted remainder.
#[derive(Debug)]
struct Wheel {
    chunks: Chunks,
    fine: Vec<Bucket>,
    coarse: Vec<Bucket>,
    beyond: Bucket,
    /// log2 of the fine bucket's width in ns.
    shift: u32,
    /// Number of the next fine bucket to be emptied.
    cursor: u64,
    len: usize,
    /// Events and buckets (empty ones too) since the width was last looked at.
    yielded: usize,
    visited: usize,
}

impl Wheel {
    fn new(shift: u32, cursor: u64) -> Self {
        Self {
            chunks: Chunks { keys: Vec::new(), next: Vec::new(), free: NIL },
            fine: vec![Bucket::EMPTY; BUCKETS],
            coarse: vec![Bucket::EMPTY; BUCKETS],
            beyond: Bucket::EMPTY,
            shift,
            cursor,
            len: 0,
            yielded: 0,
            visited: 0,
        }
    }

    /// Events before this time belong to the heap.
    fn near_end(&self) -> u64 {
        self.cursor << self.shift
    }

    #[inline]
    fn push(&mut self, key: u128) {
        self.len += 1;
        self.place(key);
    }

    #[inline]
    fn place(&mut self, key: u128) {
        let bucket = (key >> TIME_SHIFT) as u64 >> self.shift;
        // A fine slot belongs to the lap of the coarse bucket that the cursor is in.
        let lap = bucket / BUCKETS as u64;
        let here = self.cursor / BUCKETS as u64;
        let bucket = if lap == here {
            &mut self.fine[(bucket & MASK) as usize]
        } else if lap - here < BUCKETS as u64 {
            &mut self.coarse[(lap & MASK) as usize]
        } else {
            &mut self.beyond
        };
        self.chunks.push(bucket, key);
    }

    /// Empties the next non-empty bucket into `out`; `len` must not be 0.
    fn next_bucket(&mut self, out: &mut Vec<u128>) {
        loop {
            let slot = (self.cursor & MASK) as usize;
            let mut found = 0;
            while let Some((keys, used)) = self.chunks.take(&mut self.fine[slot]) {
                out.extend_from_slice(&keys[..used]);
                found += used;
            }
            self.len -= found;
            self.yielded += found;
            self.visited += 1;
            self.cursor += 1;
            if self.cursor & MASK == 0 {
                self.turn_lap();
            }
            if found > 0 {
                return;
            }
            if self.visited.is_multiple_of(BUCKETS) && self.fine.iter().all(Bucket::is_empty) {
                self.skip_empty_laps();
            }
        }
    }

    /// The cursor has entered a new lap: its coarse bucket is spread over the fine ones.
    fn turn_lap(&mut self) {
        let lap = self.cursor / BUCKETS as u64;
        if lap & MASK == 0 {
            let beyond = std::mem::replace(&mut self.beyond, Bucket::EMPTY);
            self.spread(beyond);
        }
        let bucket = std::mem::replace(&mut self.coarse[(lap & MASK) as usize], Bucket::EMPTY);
        self.spread(bucket);
    }

    /// Puts the keys of a bucket where they belong now.
    fn spread(&mut self, mut bucket: Bucket) {
        while let Some((keys, used)) = self.chunks.take(&mut bucket) {
            for &key in &keys[..used] {
                self.place(key);
            }
        }
    }

    /// Nothing in this lap: go to the next lap that holds something.
    fn skip_empty_laps(&mut self) {
        let here = self.cursor / BUCKETS as u64;
        let next = self
            .coarse
            .iter()
            .chain(std::iter::once(&self.beyond))
            .flat_map(|&bucket| self.chunks.iter(bucket))
            .map(|key| ((key >> TIME_SHIFT) as u64 >> self.shift) / BUCKETS as u64)
            .min();
        if let Some(next) = next
            && next > here
        {
            // Laps are entered one by one only where `beyond` must be spread.
            let stop = next.min((here / BUCKETS as u64 + 1) * BUCKETS as u64);
            self.cursor = stop * BUCKETS as u64;
            self.turn_lap();
        }
    }

    /// Doubles or halves the width when buckets yield far from the target.
    fn adapt(&mut self) {
        if self.visited < 256 {
            return;
        }
        let mean = self.yielded / self.visited;
        let crowded = mean > 4 * BUCKET_TARGET && self.shift > 0;
        let sparse = mean < BUCKET_TARGET / 8 && self.shift < 50;
        self.yielded = 0;
        self.visited = 0;
        if crowded || sparse {
            let shift = if crowded { self.shift - 1 } else { self.shift + 1 };
            // Round down: nothing in the wheel is before `near_end`, so the first new
            // bucket may begin earlier without harm as long as it is not yet emptied.
            self.reshape(shift, self.near_end() >> shift);
        }
    }

    /// Other buckets for the same keys, none of which may come before `cursor`. Chunk by
    /// chunk, each freed before its keys are placed, so that the wheel never stands twice.
    fn reshape(&mut self, shift: u32, cursor: u64) {
        let buckets = self.fine.iter_mut().chain(&mut self.coarse).chain(std::iter::once(&mut self.beyond));
        let all: Vec<Bucket> = buckets.map(|bucket| std::mem::replace(bucket, Bucket::EMPTY)).collect();
        (self.shift, self.cursor) = (shift, cursor);
        (self.yielded, self.visited) = (0, 0);
        for bucket in all {
            self.spread(bucket);
        }
    }

    /// All keys in no particular order.
    #[cfg(test)]
    fn keys(&self) -> impl Iterator<Item = u128> + '_ {
        let buckets = self.fine.iter().chain(&self.coarse).chain(std::iter::once(&self.beyond));
        buckets.flat_map(|&bucket| self.chunks.iter(bucket))
    }
}

#[cfg(test)]
mod wheel_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn simultaneous_events_come_by_class_then_first_scheduled_first() {
        let mut calendar = Calendar::new();
        let t = SimTime(5);
        calendar.schedule(t, Class::Rest, 1);
        calendar.schedule(t, Class::Arrival, 2);
        calendar.schedule(t, Class::Release, 3);
        calendar.schedule(t, Class::Arrival, 4);
        calendar.schedule(t, Class::Edge, 5);
        let order: Vec<u64> = std::iter::from_fn(|| calendar.pop()).map(|p| p.payload).collect();
        assert_eq!(order, [5, 3, 2, 4, 1]);
    }

    #[test]
    #[should_panic(expected = "before the clock")]
    fn the_clock_does_not_go_back() {
        let mut calendar = Calendar::new();
        calendar.schedule(SimTime(5), Class::Rest, 0);
        calendar.pop();
        calendar.schedule(SimTime(4), Class::Rest, 0);
    }

    /// K1 against a sorted reference, with so many pending events that the wheel
    /// is up, over spans from nanoseconds to weeks.
    fn agrees_with_reference(steps: &[(u8, u64)], prefill: u64, scale: u32) {
        let mut calendar = Calendar::new();
        let mut reference = std::collections::BTreeSet::new();
        let mut now = 0;
        let put = |calendar: &mut Calendar,
                   reference: &mut std::collections::BTreeSet<_>,
                   at: u64,
                   class: Class,
                   payload| {
            let sequence = calendar.schedule(SimTime(at), class, payload);
            reference.insert((at, class, sequence, payload));
        };
        for i in 0..prefill {
            let at = crate::kernel::random::Key::root(3, 0).child(i).0 % (1 << scale);
            put(&mut calendar, &mut reference, at, Class::Arrival, i);
        }
        for (i, &(what, delta)) in steps.iter().enumerate() {
            if what < 2 {
                let class = [Class::Edge, Class::Release, Class::Arrival, Class::Rest][(delta % 4) as usize];
                put(&mut calendar, &mut reference, now + delta % (1 << scale), class, i as u64);
            } else {
                let expected = reference.pop_first();
                let got = calendar.pop().map(|p| (p.at.0, p.class, p.sequence, p.payload));
                assert_eq!(got, expected);
                now = got.map_or(now, |g| g.0);
            }
        }
        while let Some(expected) = reference.pop_first() {
            let got = calendar.pop().map(|p| (p.at.0, p.class, p.sequence, p.payload));
            assert_eq!(got, Some(expected));
        }
        assert!(calendar.pop().is_none() && calendar.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn pops_in_order_for_any_interleaving(
            steps in prop::collection::vec((0_u8..4, any::<u64>()), 0..3000),
            prefill in prop_oneof![Just(0_u64), Just(3000), Just(9000)],
            scale in 1_u32..50,
        ) {
            agrees_with_reference(&steps, prefill, scale);
        }
    }

    /// Memory follows the number of pending events: 100,000 timers of 5 s to 80 s,
    /// set again a hundred times over, use no more chunks than at first.
    #[test]
    fn the_wheel_gives_memory_back() {
        let mut calendar = Calendar::new();
        let key = crate::kernel::random::Key::root(4, 0);
        let span = |i: u64| 5_000_000_000 << (key.child(i).0 % 5);
        for i in 0..100_000 {
            calendar.schedule(SimTime(key.child(i).child(1).0 % 5_000_000_000 + span(i)), Class::Arrival, i);
        }
        let chunks = |calendar: &Calendar| calendar.wheel.as_ref().map_or(0, |w| w.chunks.keys.len());
        let mut early = 0;
        for i in 0..3_000_000 {
            let popped = calendar.pop().unwrap();
            calendar.schedule(SimTime(popped.at.0 + span(popped.payload)), Class::Arrival, popped.payload);
            if i == 300_000 {
                early = chunks(&calendar);
            }
        }
        let late = chunks(&calendar);
        // Two chunks a bucket in part filled, at most, beside the full ones.
        assert!(late < 100_000 / CHUNK + 2 * 2 * BUCKETS, "{late} chunks, {early} early in the run");
    }

    /// A million idle timers leave the near heap small.
    #[test]
    fn idle_timers_do_not_stand_in_the_heap() {
        let mut calendar = Calendar::new();
        let key = crate::kernel::random::Key::root(4, 0);
        for i in 0..200_000 {
            calendar.schedule(SimTime(key.child(i).0 % 900_000_000_000), Class::Arrival, i);
        }
        let mut deepest = 0;
        for i in 0..200_000 {
            let popped = calendar.pop().unwrap();
            calendar.schedule(SimTime(popped.at.0 + 900_000_000_000), Class::Arrival, i);
            if i > 50_000 {
                deepest = deepest.max(calendar.near_len());
            }
        }
        assert!(deepest < 4096, "{deepest} events in the near heap");
    }

    #[test]
    #[should_panic(expected = "end of time")]
    fn the_end_of_time_is_the_last_instant() {
        let mut calendar = Calendar::new();
        calendar.schedule(SimTime::MAX, Class::Rest, 0);
        calendar.schedule(SimTime(SimTime::MAX.0 + 1), Class::Rest, 0);
    }

    #[test]
    fn what_is_scheduled_comes_out_whole() {
        let mut calendar = Calendar::new();
        assert!(calendar.is_empty());
        let last = (1 << PAYLOAD_BITS) - 1;
        let first = calendar.schedule(SimTime::MAX, Class::Rest, last);
        let second = calendar.schedule(SimTime::MAX, Class::Rest, 0);
        assert_eq!((first, second, calendar.len(), calendar.is_empty()), (0, 1, 2, false));
        let whole = |sequence, payload| Popped { at: SimTime::MAX, class: Class::Rest, sequence, payload };
        assert_eq!(calendar.pop(), Some(whole(0, last)));
        assert_eq!(calendar.pop(), Some(whole(1, 0)));
        assert_eq!((calendar.pop(), calendar.len()), (None, 0));
    }

    /// K3: the last sequence number is given out, one more panics.
    #[test]
    #[should_panic(expected = "more than 2^36 events")]
    fn sequence_numbers_do_not_wrap() {
        let mut calendar = Calendar { sequence: SEQUENCE_MASK, ..Calendar::new() };
        assert_eq!(calendar.schedule(SimTime(1), Class::Rest, 0), SEQUENCE_MASK);
        calendar.schedule(SimTime(1), Class::Rest, 0);
    }

    /// How the near heap and the far tier share a load is pinned, since nothing else
    /// shows it but speed: depth of the heap, hashed at every step, and its mean.
    #[test]
    fn the_near_heap_has_its_depths() {
        let depths = |mean: u64, jump: u64| {
            let key = crate::kernel::random::Key::root(8, 0);
            let mut calendar = Calendar::new();
            for i in 0..20_000 {
                calendar.schedule(SimTime(key.child(i).0 % mean), Class::Arrival, i);
            }
            let (mut hash, mut sum, mut deepest) = (crate::kernel::random::Key(0), 0, 0);
            for i in 0..60_000 {
                let popped = calendar.pop().unwrap();
                // Most come back soon, some late, a few very late.
                let later = match i % 100 {
                    0 => 40 * mean,
                    1..20 => mean,
                    _ => mean / 100,
                };
                calendar.schedule(
                    popped.at + crate::kernel::SimSpan(key.child(i + jump).0 % later),
                    Class::Rest,
                    i,
                );
                assert_eq!(calendar.len(), 20_000);
                hash = hash.child(calendar.near_len() as u64);
                sum += calendar.near_len();
                deepest = deepest.max(calendar.near_len());
            }
            (sum / 60_000, deepest, hash.0)
        };
        assert_eq!(
            depths(1_000_000_000, 1 << 40),
            (282, 1271, 0xfe4c_5da6_6797_39b1),
            "the far tier works in another way"
        );
        assert_eq!(
            depths(30_000, 1 << 41),
            (294, 1357, 0x48bb_a85a_dd4d_f4f5),
            "the far tier works in another way"
        );
    }

    /// A heap against sorting, with removal of some keys.
    #[test]
    fn a_heap_sorts() {
        let key = crate::kernel::random::Key::root(9, 0);
        for n in [0_u64, 1, 2, 5, 6, 21, 300] {
            let keys: Vec<u128> = (0..n).map(|i| u128::from(key.child(i).0 % (2 * n))).collect();
            let mut heap = Heap::default();
            keys.iter().for_each(|&key| heap.push(key));
            assert_eq!((heap.len(), heap.peek()), (keys.len(), keys.iter().min().copied()));
            let mut all: Vec<u128> = heap.iter().collect();
            all.sort_unstable();
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            assert_eq!(all, sorted);
            heap.remove(|key| key % 3 == 0);
            sorted.retain(|key| key % 3 != 0);
            // Alternately by `pop` and by `take`, which leaves a hole.
            let mut popped = Vec::new();
            for turn in 0.. {
                let next = if turn % 2 == 0 {
                    heap.take()
                } else {
                    heap.settle();
                    heap.pop()
                };
                let Some(next) = next else { break };
                popped.push(next);
                assert_eq!(heap.len(), sorted.len() - popped.len());
            }
            assert_eq!(popped, sorted);
        }
    }
}
