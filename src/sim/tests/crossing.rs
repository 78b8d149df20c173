//! Transfers over several links at once, by hand: how long, on which links they count, what
//! their time is booked as.

use super::*;
use crate::itinerary::{LinkDirection, SlowStart};

/// A line of 2 Mbit/s and one of 1 Mbit/s behind it.
fn two() -> (Network, [Id<LinkDirection>; 2]) {
    let mut network = Network::default();
    let links = [network.add_link("A>B", 2e6), network.add_link("B>C", 1e6)];
    (network, links)
}

fn over(links: &[Id<LinkDirection>], bits: u64) -> Vec<Leg> {
    vec![Leg::transfer(links, fixed(bits), f64::INFINITY), Leg::End]
}

/// #0 sends 10,000 bit over both from 0 ms, at the rate of the second; #1 2,000 bit over the
/// second from 4 ms. They share it until #1 has ended at 8 ms, #0 with 6,000 bit gone: 12 ms. On
/// each link #0 counts until its last bit is sent.
#[test]
fn a_transfer_occupies_all_links_of_its_path_at_once() {
    let (mut network, [first, second]) = two();
    let long = network.add_program(over(&[first, second], 10_000));
    let short = network.add_program(over(&[second], 2_000));
    let mut script = Script { openings: vec![at(0, long), at(4, short)], ..Script::default() };
    let report = play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(1, 8 * MS, Outcome::Completed), (0, 12 * MS, Outcome::Completed)]);
    let seen = |link: usize| {
        let link = &report.links[link];
        (link.present, link.present_max, link.transfers, link.completed, libm::rint(link.carried_bits) as u64)
    };
    assert_eq!(seen(0), (12_000_000, 1, 1, 1, 10_000));
    assert_eq!(seen(1), (16_000_000, 2, 2, 2, 12_000));
    // Alone on its path #0 takes 10 ms, and #1 takes 2.
    assert!((report.links[0].slowdown_sum - 1.2).abs() < 1e-9);
    assert!((report.links[1].slowdown_sum - 3.2).abs() < 1e-9);
    assert_eq!(script.ends[1].3[Part::WanTransfer as usize], 12 * MS);
}

/// Either link is killed at 4 ms: 4,000 bit have crossed both, and the transfer counts as killed on
/// both. One that begins at 6 ms is refused by the dead link, and nothing is sent over the other;
/// one that begins at 9 ms, when it is up again, takes 10 ms.
#[test]
fn a_transfer_dies_with_any_link_of_its_path() {
    for dead in 0..2 {
        let (mut network, links) = two();
        let program = network.add_program(over(&links, 10_000));
        let mut script = Script {
            openings: vec![at(0, program), at(6, program), at(9, program)],
            edges: vec![
                (SimTime(4 * MS), Edge::Link(dead, true, true)),
                (SimTime(8 * MS), Edge::Link(dead, false, true)),
            ],
            ..Script::default()
        };
        let report = play(&network, &mut script, 1);
        let killed = Outcome::LinkDown(dead as u32);
        assert_eq!(
            ends(&script),
            [(0, 4 * MS, killed), (1, 6 * MS, killed), (2, 19 * MS, Outcome::Completed)]
        );
        for (number, link) in report.links.iter().enumerate() {
            let refused = u64::from(number == dead);
            assert_eq!((link.transfers, link.killed, link.completed), (2 + refused, 1 + refused, 1));
            assert!((link.carried_bits - 14_000.0).abs() < 1e-3, "{}", link.carried_bits);
            assert_eq!(link.present, 14 * 1_000_000);
        }
    }
}

/// Either link holds from 4 to 7 ms: 3 ms later than 10, all of it the link's; one that comes
/// meanwhile joins, and they share the second: #0 has 6,000 bit left at 7 ms and #1 3,000, which
/// end at 13 and 16 ms.
#[test]
fn a_transfer_stands_still_with_any_link_of_its_path() {
    for held in 0..2 {
        let (mut network, links) = two();
        let long = network.add_program(over(&links, 10_000));
        let short = network.add_program(over(&links, 3_000));
        let mut script = Script {
            openings: vec![at(0, long), at(5, short)],
            edges: vec![
                (SimTime(4 * MS), Edge::Link(held, true, false)),
                (SimTime(7 * MS), Edge::Link(held, false, false)),
            ],
            ..Script::default()
        };
        let report = play(&network, &mut script, 1);
        assert_eq!(ends(&script), [(1, 13 * MS, Outcome::Completed), (0, 16 * MS, Outcome::Completed)]);
        assert_eq!(script.ends[1].3[Part::WanTransfer as usize], 16 * MS);
        assert_eq!(report.links[held].down, SimSpan::from_millis(3));
    }
}

/// 10,000 bit alone over both links, by what binds: a client's line of 0.5 Mbit/s 20 ms of its
/// network; a window of 0.4 Mbit/s 25 ms of propagation; both alike the line; a line above the
/// second link 10 ms of it.
#[test]
fn time_is_booked_as_what_binds() {
    let cases = [
        (500_000, f64::INFINITY, 20, Part::ClientNetwork),
        (500_000, 4e5, 25, Part::WanPropagation),
        (400_000, 4e5, 25, Part::ClientNetwork),
        (1_500_000, f64::INFINITY, 10, Part::WanTransfer),
    ];
    for (line, cap, ms, part) in cases {
        let (mut network, links) = two();
        let program = network.add_program(vec![
            Leg::Transfer {
                links: links.into(),
                amount: fixed(10_000),
                cap,
                capped: Part::WanPropagation,
                slow: None,
                line: Some(1),
                part: Part::WanTransfer,
            },
            Leg::End,
        ]);
        let mut script = Script { openings: vec![at(0, program)], params: [0, line, 0], ..Script::default() };
        play(&network, &mut script, 1);
        assert_eq!(ends(&script), [(0, ms * MS, Outcome::Completed)]);
        assert_eq!(script.ends[0].3[part as usize], ms * MS, "{line} {cap}");
    }
}

/// 40,000 bit, 4,000 in the first round: 4,000 and 8,000 in a round of 10 ms each (7 the client's, 3
/// over site links), then 28,000 at once at 1 Mbit/s, since the next window of 16,000 would fill the path for 10 ms: 48 ms,
/// of which 33.6 are the client's network and 14.4 propagation. A second of 6,000 bit at 100 ms, with
/// 1 Mbit/s to share from 104 ms on: 4,000 and 2,000, so 12 ms, at 0.5 Mbit/s, which the share is
/// too.
#[test]
fn slow_start_takes_its_rounds_and_is_divided_by_its_round_trip() {
    let (mut network, links) = two();
    let slow = |bits| {
        vec![
            Leg::Transfer {
                links: links.into(),
                amount: fixed(bits),
                cap: f64::INFINITY,
                capped: Part::Other,
                slow: Some(SlowStart {
                    initial_bits: 4_000.0,
                    window_bits: 1e6,
                    index: Some(0),
                    fixed_ns: 3 * MS,
                }),
                line: None,
                part: Part::WanTransfer,
            },
            Leg::End,
        ]
    };
    let long = network.add_program(slow(40_000));
    let short = network.add_program(slow(6_000));
    let other = network.add_program(over(&links[1..], 4_000));
    let mut script = Script {
        openings: vec![at(0, long), at(100, short), at(104, other)],
        params: [7 * MS, 0, 0],
        ..Script::default()
    };
    let report = play(&network, &mut script, 1);
    let hand = [(0, 48 * MS), (2, 112 * MS), (1, 112 * MS)];
    let mut told: Vec<_> = script.ends.iter().map(|&(owner, at, ..)| (owner, at.0)).collect();
    told.sort_by_key(|&(owner, at)| (at, std::cmp::Reverse(owner)));
    assert_eq!(told, hand);
    let of = |owner: u32| script.ends.iter().find(|end| end.0 == owner).expect("it ended").3;
    assert_eq!(of(0)[Part::ClientNetwork as usize], 33_600_000);
    assert_eq!(of(0)[Part::WanPropagation as usize], 14_400_000);
    assert_eq!(of(1)[Part::WanPropagation as usize], 3_600_000);
    assert_eq!(of(2)[Part::WanTransfer as usize], 8 * MS);
    assert_eq!(report.links[0].present, 60_000_000);
}
