//! What may be asked of flows, and what [`Flows::check`] finds.

use super::super::Flows;
use super::super::state::State;
use crate::kernel::SimTime;

const MEGA: f64 = 1e6;

/// Two flows of 8 Mbit on the first of two links, one of them on the second too.
fn two() -> Flows {
    let mut flows = Flows::new(&[8.0 * MEGA, 80.0 * MEGA], 0.0, &[&[0, 1][..], &[0]]);
    assert_eq!(flows.next_due(), None);
    flows.begin(SimTime(0), 0, 8_000_000, f64::INFINITY, 7);
    flows.begin(SimTime(500), 1, 8_000_000, 40.0 * MEGA, 8);
    flows
}

#[test]
fn what_is_wrong_is_told() {
    let told = |breaks: fn(&mut State)| {
        let mut flows = two();
        assert_eq!(flows.check(SimTime(1_000)), [""; 0]);
        breaks(&mut flows.state);
        let words = |told: String| told.split(' ').take(3).collect::<Vec<_>>().join(" ");
        flows.check(SimTime(1_000)).into_iter().map(words).collect::<Vec<_>>()
    };
    assert_eq!(told(|s| s.links[0].counts.begun += 1), ["conservation on link"]);
    assert_eq!(told(|s| s.links[1].counts.present += 1), ["conservation on link", "Little's law on"]);
    assert_eq!(told(|s| s.links[0].counts.area += 1), ["Little's law on"]);
    assert_eq!(told(|s| s.links[0].counts.moved += 1 << 100), ["link 0 moved"]);
    assert_eq!(told(|s| s.links[0].level *= 2)[0], "link 0 carries");
    assert_eq!(told(|s| s.links[0].level /= 2), ["flow 0 runs", "flow 1 runs"]);
}

/// 4 Mbit/s each; after 1 s 4 Mbit are left of the first.
#[test]
fn rates_and_what_is_left_are_told() {
    let mut flows = two();
    let second = SimTime(1_000_000_500);
    assert!((flows.rate(0) - 4.0 * MEGA).abs() < 1e-6 && (flows.rate(1) - 4.0 * MEGA).abs() < 1e-6);
    // 8 Mbit/s for 500 ns, then half of it.
    assert!((flows.left(second, 0) - 3_999_996.0).abs() < 1e-3);
    assert_eq!((flows.on(0), flows.on(1)), (vec![0, 1], vec![0]));
    let crossed = flows.crossed(second, 0);
    assert_eq!((crossed.begun, crossed.left, crossed.present), (2, 0, 2));
    assert_eq!((crossed.area, crossed.stays), (2_000_000_500, 2_000_000_500));
    assert!((crossed.bits - 8_000_004.0).abs() < 1e-3, "{}", crossed.bits);
    flows.stop(second, 1);
    assert_eq!((flows.take(1).owner, flows.on(0)), (8, vec![0]));
    assert!((flows.rate(0) - 8.0 * MEGA).abs() < 1e-6);
}

/// 1,000 bits at 3 Mbit/s end a third of a nanosecond after 333,333: who stops the flow at 333,334
/// finds it ended, and nobody else is told.
#[test]
fn who_is_stopped_in_the_last_nanosecond_has_ended() {
    for (at, bits) in [(333_334, 1_000.0), (333_333, 999.999)] {
        let mut flows = Flows::new(&[3.0 * MEGA], 0.0, &[[0]]);
        let flow = flows.begin(SimTime(0), 0, 1_000, f64::INFINITY, 0);
        assert_eq!(flows.next_due(), Some(SimTime(333_334)));
        flows.stop(SimTime(at), flow);
        assert_eq!(flows.take(flow).bound_by, [0, at]);
        let mut ended = Vec::new();
        flows.advance(SimTime(333_334), &mut ended);
        assert_eq!((ended, flows.next_due()), (vec![], None));
        assert!((flows.crossed(SimTime(333_334), 0).bits - bits).abs() < 1e-6);
    }
}
