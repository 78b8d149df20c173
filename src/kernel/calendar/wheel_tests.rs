//! The far tier against plain models. A wrong place in it mostly costs time, not
//! order, so that places and visits are pinned beside what comes out.

use super::wheel::{BUCKETS, Bucket, CHUNK, Chunks, NIL};
use super::*;
use crate::kernel::random::Key;
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

const LAP: u64 = BUCKETS as u64;

/// A key at a time; `n` tells keys of one time apart.
fn key(at: u64, n: u64) -> u128 {
    (u128::from(at) << TIME_SHIFT) | u128::from(n)
}

fn sorted(keys: impl IntoIterator<Item = u128>) -> Vec<u128> {
    let mut keys: Vec<u128> = keys.into_iter().collect();
    keys.sort_unstable();
    keys
}

/// Numbers of keys in the fine buckets, the coarse ones, and beyond.
fn tiers(wheel: &Wheel) -> (usize, usize, usize) {
    let count = |buckets: &[Bucket]| buckets.iter().map(|&b| wheel.chunks.iter(b).count()).sum::<usize>();
    (count(&wheel.fine), count(&wheel.coarse), count(&[wheel.beyond]))
}

/// A wheel beside its model: the keys by the number of their bucket.
struct Twin {
    wheel: Wheel,
    model: BTreeMap<u64, Vec<u128>>,
    count: usize,
}

impl Twin {
    fn new(shift: u32, cursor: u64) -> Self {
        Self { wheel: Wheel::new(shift, cursor), model: BTreeMap::new(), count: 0 }
    }

    fn push(&mut self, at: u64) {
        let key = key(at, self.count as u64);
        self.count += 1;
        self.wheel.push(key);
        self.model.entry(at >> self.wheel.shift).or_default().push(key);
        self.agrees();
    }

    /// The next bucket yields exactly what the model has first, and the wheel stands
    /// right behind it.
    fn next(&mut self) {
        let Some((bucket, keys)) = self.model.pop_first() else { return };
        // What was there before stays.
        let mut out = vec![u128::MAX];
        let yielded = self.wheel.yielded;
        self.wheel.next_bucket(&mut out);
        assert_eq!(out[0], u128::MAX);
        assert_eq!(sorted(out[1..].iter().copied()), sorted(keys.iter().copied()));
        assert_eq!(self.wheel.cursor, bucket + 1);
        assert_eq!(self.wheel.near_end(), (bucket + 1) << self.wheel.shift);
        assert_eq!(self.wheel.yielded, yielded + keys.len());
        self.agrees();
    }

    fn agrees(&self) {
        assert_eq!(self.wheel.len, self.model.values().map(Vec::len).sum::<usize>());
        assert_eq!(sorted(self.wheel.keys()), sorted(self.model.values().flatten().copied()));
    }
}

/// A lap's own fine buckets, then laps less than a round of coarse buckets away, then
/// the rest.
#[test]
fn a_key_stands_in_its_tier() {
    let here = 5 * LAP + 17;
    let placed = |bucket: u64| {
        let mut wheel = Wheel::new(4, here);
        wheel.push(key(bucket << 4, 0));
        wheel.push(key((bucket << 4) + 15, 1));
        let slot = |buckets: &[Bucket]| buckets.iter().position(|b| !b.is_empty());
        (tiers(&wheel), slot(&wheel.fine), slot(&wheel.coarse))
    };
    assert_eq!(placed(here), ((2, 0, 0), Some(17), None));
    assert_eq!(placed(6 * LAP - 1), ((2, 0, 0), Some(1023), None));
    assert_eq!(placed(6 * LAP), ((0, 2, 0), None, Some(6)));
    assert_eq!(placed((5 + 1023) * LAP + 900), ((0, 2, 0), None, Some(4)));
    assert_eq!(placed((5 + 1024) * LAP), ((0, 0, 2), None, None));
    assert_eq!(placed(1 << 40), ((0, 0, 2), None, None));
}

/// Spread over the fine buckets as their lap begins, over the coarse ones as a round does.
#[test]
fn keys_move_down_as_their_lap_begins() {
    let mut twin = Twin::new(0, LAP - 1);
    for at in [LAP - 1, LAP, LAP + 5, 2 * LAP, 3 * LAP, LAP * LAP + LAP - 1, LAP * LAP + LAP, 3 * LAP * LAP] {
        twin.push(at);
    }
    assert_eq!(tiers(&twin.wheel), (1, 4, 3), "1,024 laps on is beyond");
    twin.next();
    assert_eq!(tiers(&twin.wheel), (2, 2, 3), "the cursor entered lap 1");
    while twin.wheel.len > 2 {
        twin.next();
    }
    // The last of the first two rounds: beyond what lies another round on.
    assert_eq!((twin.wheel.cursor, tiers(&twin.wheel)), (LAP * LAP + LAP, (1, 0, 1)));
    twin.next();
    twin.next();
    assert_eq!(tiers(&twin.wheel), (0, 0, 0));
}

/// How many buckets are looked at until a lone key is found: at most as many as a lap
/// has, for every round of coarse buckets once, then those of its own lap.
#[test]
fn empty_laps_are_skipped() {
    let visits = |cursor: u64, bucket: u64| {
        let mut twin = Twin::new(3, cursor);
        twin.push(bucket << 3);
        twin.next();
        twin.wheel.visited as u64
    };
    assert_eq!(visits(0, 0), 1);
    assert_eq!(visits(0, 700), 701);
    assert_eq!(visits(300, 1500), 1201, "a lap that holds something is not skipped");
    assert_eq!(visits(0, 500 * LAP + 7), LAP + 8);
    assert_eq!(visits(0, LAP), LAP + 1, "the lap that the cursor has entered anyway");
    assert_eq!(visits(LAP - 1, 3 * LAP), LAP + 1, "looked for after as many buckets as a lap has");
    assert_eq!(visits(0, 3 * LAP * LAP + 5 * LAP + 9), 4 * LAP + 10);
    assert_eq!(visits(0, LAP * LAP), LAP + 1);
    assert_eq!(visits(7 * LAP, LAP * LAP - 1), 2 * LAP);
}

/// All keys of a bucket come, whatever number of chunks they fill, and their chunks
/// are used again.
#[test]
fn chunks_are_borrowed_and_given_back() {
    for n in [1, 31, 32, 33, 63, 64, 65, 100, 321] {
        let mut twin = Twin::new(10, 0);
        for round in 0..3_u64 {
            (0..n).for_each(|i| twin.push((round << 10) + i));
            assert_eq!(twin.wheel.chunks.keys.len(), (n as usize).div_ceil(CHUNK), "{n} keys");
            twin.next();
        }
    }
    let mut chunks = Chunks { keys: Vec::new(), next: Vec::new(), free: NIL };
    assert!(chunks.take(&mut Bucket::EMPTY.clone()).is_none());
    let mut bucket = Bucket::EMPTY;
    (0..40).for_each(|i| chunks.push(&mut bucket, i));
    // The chunk in front is the one that is not full.
    let (keys, used) = chunks.take(&mut bucket).unwrap();
    assert_eq!(keys[..used], [32, 33, 34, 35, 36, 37, 38, 39]);
    assert_eq!(chunks.take(&mut bucket).map(|(keys, used)| (keys[0], used)), Some((0, 32)));
    assert!(bucket.is_empty() && chunks.take(&mut bucket).is_none());
}

/// Whether and how the width follows what buckets yielded, at the limits.
#[test]
fn the_width_adapts_at_its_limits() {
    let adapted_to = |target, shift, visited: usize, yielded: usize| {
        let mut twin = Twin::new(shift, 3);
        // Spans of all tiers.
        [3 << shift, 1000 << shift, 5000 << shift, (1 << 21) << shift]
            .into_iter()
            .for_each(|at| twin.push(at));
        (twin.wheel.visited, twin.wheel.yielded) = (visited, yielded);
        let (cursor, shift_before) = (twin.wheel.cursor, shift);
        twin.wheel.adapt(target);
        let wheel = &twin.wheel;
        assert_eq!(wheel.len, 4);
        assert_eq!(sorted(wheel.keys()), sorted(twin.model.values().flatten().copied()));
        assert_eq!(wheel.cursor, (cursor << shift_before) >> wheel.shift, "rounded down");
        (wheel.shift, wheel.visited, wheel.yielded)
    };
    let adapted = |shift, visited, yielded| adapted_to(96, shift, visited, yielded);
    assert_eq!(adapted(9, 255, 255 * 900), (9, 255, 255 * 900), "too early to say");
    assert_eq!(adapted(9, 256, 256 * 385), (8, 0, 0), "crowded");
    assert_eq!(adapted(9, 256, 256 * 385 - 1), (9, 0, 0));
    assert_eq!(adapted(9, 300, 300 * 12), (9, 0, 0));
    assert_eq!(adapted(9, 300, 300 * 12 - 1), (10, 0, 0), "sparse");
    assert_eq!(adapted(0, 256, 256 * 900), (0, 0, 0), "no narrower than 1 ns");
    assert_eq!(adapted(1, 256, 256 * 900), (0, 0, 0));
    assert_eq!(adapted(35, 256, 0), (36, 0, 0));
    assert_eq!(adapted_to(384, 9, 256, 256 * 1537), (8, 0, 0), "crowded, where more is wanted");
    assert_eq!(adapted_to(384, 9, 256, 256 * 1537 - 1), (9, 0, 0));
    assert_eq!(adapted_to(384, 9, 300, 300 * 48), (9, 0, 0));
    assert_eq!(adapted_to(384, 9, 300, 300 * 48 - 1), (10, 0, 0));
    let mut widest = Wheel::new(50, 0);
    widest.visited = 256;
    widest.adapt(96);
    assert_eq!(widest.shift, 50);
    widest = Wheel::new(49, 0);
    widest.visited = 256;
    widest.adapt(96);
    assert_eq!(widest.shift, 50);
}

/// The 1,025th near event brings the wheel up: the nearest 513 decide how wide
/// its buckets are (384 of their mean distances, down to a power of two) and where it begins.
#[test]
fn what_is_far_is_spilled() {
    let mut calendar = Calendar::new();
    calendar.schedule(SimTime(1_000_000), Class::Rest, 0);
    calendar.pop();
    for i in 0..WHEEL_FROM as u64 {
        calendar.schedule(SimTime(1_000_000 + (i ^ 5) * 1000), Class::Rest, i);
    }
    assert_eq!((calendar.near_len(), calendar.wheel.is_some()), (1024, false));
    assert_eq!(calendar.near_end, u64::MAX);
    calendar.schedule(SimTime(1_000_000 + 1024 * 1000), Class::Rest, 9999);
    let wheel = calendar.wheel.as_ref().unwrap();
    // The 513th stands at 1.512 ms, 0.512 ms from now: buckets of 262,144 ns, the first
    // of which to be emptied is the seventh.
    assert_eq!((wheel.shift, wheel.cursor), (18, 6));
    assert_eq!((calendar.near_end, calendar.limit), (6 << 18, 2 * 573));
    // Events every 1,000 ns from 1 ms to before 1.572864 ms.
    assert_eq!((calendar.near_len(), wheel.len, calendar.len()), (573, 1025 - 573, 1025));
    // From now on what is scheduled goes to its side of the near end.
    calendar.schedule(SimTime((6 << 18) - 1), Class::Rest, 0);
    assert_eq!(calendar.near_len(), 574);
    calendar.schedule(SimTime(6 << 18), Class::Rest, 0);
    assert_eq!((calendar.near_len(), calendar.len()), (574, 1027));
}

/// What stands in the wheel is kept when near events are spilled again.
#[test]
fn a_second_spill_keeps_the_wheel_s_keys() {
    let mut calendar = Calendar::new();
    let mut expected = Vec::new();
    let mut put = |calendar: &mut Calendar, at| {
        let n = calendar.schedule(SimTime(at), Class::Rest, 0);
        expected.push((at, n));
    };
    (0..6000).for_each(|i| put(&mut calendar, 1_000_000 + i * 1_000_000));
    let (before, end) = (calendar.wheel.as_ref().unwrap().len, calendar.near_end);
    assert!(before > 4000);
    // Crowd in before the near end.
    (0..5000).for_each(|i| put(&mut calendar, i * 10));
    assert!(calendar.near_end < end, "the second wheel begins earlier");
    assert_eq!(calendar.len(), 11_000);
    expected.sort_unstable();
    let popped: Vec<(u64, u64)> =
        std::iter::from_fn(|| calendar.pop()).map(|p| (p.at.0, p.sequence)).collect();
    assert!(popped == expected);
}

/// Events of one instant cannot be spread: they stay near, and it is not tried again
/// before there are twice as many; after a refill, four times as many.
#[test]
fn a_crowd_at_one_instant_raises_the_limit() {
    let mut calendar = Calendar::new();
    let at = SimTime(777_777);
    for i in 0..=WHEEL_FROM as u64 {
        calendar.schedule(at, Class::Rest, i);
    }
    assert_eq!((calendar.near_len(), calendar.limit), (1025, 2 * 1025));
    // The horizon is the instant itself.
    let wheel = calendar.wheel.as_ref().unwrap();
    assert_eq!(wheel.near_end(), ((777_777 >> wheel.shift) + 1) << wheel.shift);
    // 3,000 at one later instant come with one bucket.
    for i in 0..3000 {
        calendar.schedule(SimTime(900_000_000), Class::Rest, 10_000 + i);
    }
    for _ in 0..1025 {
        calendar.pop().unwrap();
    }
    assert_eq!((calendar.near_len(), calendar.limit), (0, 2 * 1025));
    assert_eq!(calendar.pop().unwrap().payload, 10_000);
    assert_eq!((calendar.near_len(), calendar.limit), (2999, 4 * 3000));
    assert_eq!(calendar.near_end, calendar.wheel.as_ref().unwrap().near_end());
    for i in 1..3000 {
        assert_eq!(calendar.pop().unwrap().payload, 10_000 + i);
    }
    assert!(calendar.pop().is_none());
    // A single event after that: the limit is the least again.
    calendar.schedule(SimTime(60_000_000_000), Class::Rest, 1);
    calendar.pop();
    assert_eq!(calendar.limit, WHEEL_FROM);
    // All at this very instant: a width of 1 ns at least.
    let mut calendar = Calendar::new();
    (0..=WHEEL_FROM as u64).for_each(|i| {
        calendar.schedule(SimTime(0), Class::Rest, i);
    });
    assert_eq!(calendar.wheel.as_ref().map(|w| (w.shift, w.cursor)), Some((0, 1)));
}

/// Spans of a workload: from ties to more than a round of coarse buckets.
fn span() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => Just(0_u64),
        6 => 0_u64..2000,
        3 => 0_u64..1_000_000,
        3 => 0_u64..1_000_000_000,
        1 => 0_u64..(1 << 45),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Bucket by bucket as the model says, for any width and beginning, with keys that
    /// come in between, from the present bucket to beyond the last round.
    #[test]
    fn a_wheel_yields_bucket_by_bucket(
        shift in 0_u32..20,
        cursor in prop_oneof![0_u64..3000, LAP * LAP - 1500..LAP * LAP + 1500],
        steps in prop::collection::vec((0_u8..3, span(), 0_u64..4), 1..120),
    ) {
        let mut twin = Twin::new(shift, cursor);
        for (what, ahead, laps) in steps {
            if what == 0 {
                twin.next();
            } else {
                // Some right at the edges of laps and rounds.
                let ahead = match laps {
                    0 => ahead % (8 * LAP),
                    1 => ahead % (4 * LAP * LAP),
                    2 => (ahead % 4) * LAP - twin.wheel.cursor % LAP % (LAP * (ahead % 4)).max(1),
                    _ => (ahead % 3 + 1) * LAP * LAP - twin.wheel.cursor % (LAP * LAP),
                };
                twin.push((twin.wheel.cursor + ahead) << shift);
            }
        }
        while twin.wheel.len > 0 {
            twin.next();
        }
    }

    /// The calendar against a binary heap, from the first event on through spills,
    /// refills and other widths: order to the last tie, and lengths.
    #[test]
    fn a_calendar_agrees_with_a_binary_heap(
        seed in any::<u64>(),
        pending in prop_oneof![Just(4_095_u64), Just(4_097), Just(12_000)],
        spans in prop::collection::vec(span(), 1..9),
        burst in 1_u64..6000,
    ) {
        let draw = Key(seed);
        let mut calendar = Calendar::new();
        let mut model = BinaryHeap::new();
        let put = |calendar: &mut Calendar, model: &mut BinaryHeap<_>, now: u64, i: u64| {
            let class = [Class::Edge, Class::Release, Class::Arrival, Class::Rest][(i % 4) as usize];
            let span = spans[(draw.child(i).0 % spans.len() as u64) as usize];
            let at = now + if span > 0 { draw.child(i).child(1).0 % span } else { 0 };
            let sequence = calendar.schedule(SimTime(at), class, i);
            model.push(Reverse((at, class, sequence, i)));
        };
        let take = |calendar: &mut Calendar, model: &mut BinaryHeap<_>| {
            let Reverse(expected) = model.pop()?;
            let got = calendar.pop().map(|p| (p.at.0, p.class, p.sequence, p.payload));
            assert_eq!(got, Some(expected));
            assert_eq!(calendar.len(), model.len());
            assert!(calendar.near_len() <= calendar.limit);
            Some(expected.0)
        };
        let (mut now, mut i) = (0, 0);
        while i < pending {
            put(&mut calendar, &mut model, now, i);
            i += 1;
        }
        // As many as before for a while, then a burst, then to the end.
        for _ in 0..12_000 {
            now = take(&mut calendar, &mut model).unwrap();
            put(&mut calendar, &mut model, now, i);
            i += 1;
        }
        for _ in 0..burst {
            put(&mut calendar, &mut model, now, i);
            i += 1;
        }
        while take(&mut calendar, &mut model).is_some() {}
        prop_assert!(calendar.is_empty() && calendar.pop().is_none());
    }
}
