//! The checks of a link's bits at their limits, and how its capacity is divided.

use super::super::check::check;
use super::super::engine::Engine;
use super::*;
use crate::itinerary::Network;

/// What the check says of a link of `bandwidth` after `ns`, of so many bits carried and
/// transferred.
fn checked(bandwidth: f64, ns: u64, carried: f64, moved: f64) -> Vec<String> {
    let mut network = Network::default();
    network.add_link("wan", bandwidth);
    let mut engine = Engine::new(&network);
    engine.state.now = SimTime(ns);
    engine.state.links[0].carried = carried;
    engine.state.links[0].whole_bits = moved;
    let words = |told: String| told.split(':').next().unwrap_or("").to_owned();
    check(&mut engine.state).into_iter().map(words).collect()
}

/// A bit, or 1e-9 of what could be, is rounding.
#[test]
fn a_link_carries_no_more_than_it_can() {
    let over = ["utilisation of link 0"];
    let none: [&str; 0] = [];
    // 1 Mbit/s for a second: a million bits.
    let million = |carried: f64| checked(1e6, 1_000_000_000, carried, carried);
    assert_eq!(million(1e6), none);
    assert_eq!(million(1e6 + 0.5), none);
    assert_eq!(million(1e6 * (1.0 + 1e-9) + 1.0), none);
    assert_eq!(million(1e6 + 1.5), over);
    // 1 Gbit/s for ten seconds: of 1e10 bits 1e-9 are ten.
    let many = |carried: f64| checked(1e9, 10_000_000_000, carried, carried);
    assert_eq!(many(1e10), none);
    assert_eq!(many(1e10 + 10.0), none);
    assert_eq!(many(1e10 + 12.0), over);
}

#[test]
fn what_is_carried_is_what_is_transferred() {
    let lost = ["work conservation on link 0"];
    let none: [&str; 0] = [];
    let of = |carried: f64, moved: f64| checked(1e9, 100_000_000_000, carried, moved);
    assert_eq!(of(1e6, 1e6), none);
    assert_eq!(of(1e6 - 0.5, 1e6), none);
    assert_eq!(of(1e6 - 1.0, 1e6), none);
    assert_eq!(of(1e6 - 1.5, 1e6), lost);
    assert_eq!(of(1e6 + 1.5, 1e6), lost);
    // Of 5e9 bits 1e-9 are five.
    assert_eq!(of(5e9 - 4.0, 5e9), none);
    assert_eq!(of(5e9 - 6.0, 5e9), lost);
}

/// 10 bit/ns among flows with caps of 1, 3 and none: 1, 3 and the rest; two of each: 1, 2
/// (fair) and 2.
#[test]
fn the_capacity_is_filled_from_the_lowest_cap() {
    let mut link = Link::new(10e9, &[1e9, 3e9, 30e9]);
    let rates = |link: &Link| -> Vec<(f64, usize)> {
        link.classes.iter().map(|class| (class.rate, class.flows.len())).collect()
    };
    for (request, cap) in [(0, 1e9), (1, 3e9), (2, f64::INFINITY)] {
        link.enter(SimTime::ZERO, request, 1e6, cap);
    }
    assert_eq!(rates(&link), [(1.0, 1), (3.0, 1), (6.0, 1)]);
    // A cap at or above the capacity is none.
    link.enter(SimTime::ZERO, 3, 1e6, 30e9);
    link.enter(SimTime::ZERO, 4, 1e6, 3e9);
    link.enter(SimTime::ZERO, 5, 1e6, 10e9);
    assert_eq!(rates(&link), [(1.0, 1), (9.0 / 5.0, 2), (9.0 / 5.0, 3)]);
    assert_eq!(link.flows(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(link.alone(1e6, 30e9), 1e5);
    assert_eq!(link.alone(1e6, 2e9), 5e5);
    // 2 bit/ns of the only class left in the middle: 4 leaves after 100 ns.
    link.leave_early(SimTime(100), 4, 1e6, 100);
    assert_eq!(link.whole_bits, 180.0);
    assert_eq!(link.carried(), 1000.0);
    assert_eq!(rates(&link), [(1.0, 1), (2.25, 1), (2.25, 3)]);
    assert_eq!(link.next_due(SimTime(100)), Some(SimTime(100 + 444_365)));
    link.set_down(true, SimTime(200));
    assert_eq!(link.next_due(SimTime(200)), None);
    link.touch(SimTime(500));
    assert_eq!((link.carried(), link.present_area), (2000.0, 6 * 100 + 5 * 400));
}
