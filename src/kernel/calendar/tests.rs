//! Promises K1 to K4 against plain models.

use super::wheel::{BUCKETS, CHUNK};
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

/// A million idle timers leave the near events few.
#[test]
fn idle_timers_are_not_near() {
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
    assert!(deepest < 4096, "{deepest} near events");
}

#[test]
fn the_end_of_time_is_the_last_instant() {
    let mut calendar = Calendar::new();
    calendar.schedule(SimTime(u64::MAX), Class::Rest, 1);
    calendar.schedule(SimTime::MAX, Class::Rest, 2);
    calendar.schedule(SimTime(SimTime::MAX.0 - 1), Class::Rest, 0);
    let popped = std::iter::from_fn(|| calendar.pop()).map(|popped| (popped.at, popped.payload));
    let end = SimTime::MAX;
    assert_eq!(popped.collect::<Vec<_>>(), [(SimTime(end.0 - 1), 0), (end, 1), (end, 2)]);
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

/// How near and far events share a load is pinned, since nothing else
/// shows it but speed: the number of near events, hashed at every step, and its mean.
#[test]
fn near_events_are_as_many() {
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
        (617, 1104, 0xcc3f_fcc7_c988_f866),
        "the far tier works in another way"
    );
    assert_eq!(
        depths(30_000, 1 << 41),
        (423, 895, 0xca31_135a_90a8_7c4b),
        "the far tier works in another way"
    );
}

/// A tournament against sorting.
#[test]
fn a_tournament_sorts() {
    let key = crate::kernel::random::Key::root(9, 0);
    for n in [0_u64, 1, 2, 5, 6, 21, 300] {
        let keys: Vec<u128> = (0..n).map(|i| u128::from(key.child(i).0 % (2 * n))).collect();
        let mut near = Tournament::default();
        let fresh = keys.iter().filter(|&&key| near.push(key)).count();
        assert_eq!(fresh, keys.len());
        assert_eq!(near.len(), keys.len());
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        // Now and then the hole is closed that `take` leaves.
        let mut popped = Vec::new();
        for turn in 0.. {
            if turn % 2 == 0 {
                near.settle();
            }
            let Some(next) = near.take() else { break };
            popped.push(next);
            assert_eq!(near.len(), sorted.len() - popped.len());
        }
        assert_eq!(popped, sorted);
    }
}
