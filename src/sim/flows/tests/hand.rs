//! Timelines reckoned by hand, to the nanosecond.

use super::network::{End, Ending, Network, Spec, play};

const MEGA: u64 = 1_000_000;
const MS: u64 = 1_000_000;

/// A flow of so many Mbit from an instant (ms) on, under a cap in Mbit/s.
fn flow(path: &[u32], megabits: u64, cap: Option<u64>, start: u64) -> Spec {
    let cap = cap.map(|cap| cap * MEGA);
    Spec { path: path.to_vec(), bits: megabits * MEGA, cap, start: start * MS, kill: None }
}

/// Ends in ms, and ms bound by the cap and each link.
fn ends(links: &[u64], flows: Vec<Spec>, capacities: &[(u64, u32, u64)]) -> Vec<(u64, Vec<u64>)> {
    let network = Network {
        links: links.iter().map(|&link| link * MEGA).collect(),
        flows,
        capacities: capacities.iter().map(|&(at, link, to)| (at * MS, link, to * MEGA)).collect(),
    };
    let ms = |ns: u64| {
        assert_eq!(ns % MS, 0, "{ns} ns are no whole ms");
        ns / MS
    };
    let told = |end: Option<End>| {
        let end = end.expect("every flow ends");
        (ms(end.at), end.bound_by.into_iter().map(ms).collect())
    };
    play(&network).into_iter().map(told).collect()
}

/// Two equal lines in a row cost what one costs; the first is told to bind, whichever was
/// declared first.
#[test]
fn equal_links_in_a_row_cost_one() {
    assert_eq!(ends(&[8], vec![flow(&[0], 1, None, 0)], &[]), [(125, vec![0, 125])]);
    for path in [[0, 1], [1, 0]] {
        assert_eq!(ends(&[8, 8], vec![flow(&path, 1, None, 0)], &[]), [(125, vec![0, 125, 0])]);
        // Two share it: 4 Mbit/s each until the first has gone at 250 ms, then 8.
        let both = vec![flow(&path, 1, None, 0), flow(&path, 2, None, 0)];
        let told = [(250, vec![0, 250, 0]), (375, vec![0, 375, 0])];
        assert_eq!(ends(&[8, 8], both, &[]), told, "{path:?}");
    }
}

/// Site 4, trunk 6 Mbit/s. One flow of 12 Mbit over both: the site binds. From 1 s on another on
/// the trunk: 3 each, until that one's 6 Mbit are through at 3 s. 2 Mbit are left for the site.
#[test]
fn the_bottleneck_moves() {
    let flows = vec![flow(&[0, 1], 12, None, 0), flow(&[1], 6, None, 1000)];
    assert_eq!(ends(&[4, 6], flows, &[]), [(3500, vec![0, 1500, 2000]), (3000, vec![0, 2000])]);
}

/// Of 9 Mbit/s three flows get 3 each; the cap of 3 is the cap's, and it stays there when the
/// others have more.
#[test]
fn a_cap_at_the_fair_share_is_the_cap() {
    let flows = vec![flow(&[0, 1], 9, Some(3), 0), flow(&[0], 9, None, 0), flow(&[0, 1], 18, None, 0)];
    let told = [(3000, vec![3000, 0, 0]), (3000, vec![0, 3000]), (4000, vec![0, 4000, 0])];
    assert_eq!(ends(&[9, 9], flows, &[]), told);
}

/// A cap above a link's capacity is no cap; one below it binds until two others come.
/// 10 Mbit/s: 4 by its cap for 1 s, then 10 / 3 each for 3 s while the others' 10 Mbit last.
#[test]
fn caps_bind_while_links_do_not() {
    let flows = vec![flow(&[0], 18, Some(4), 0), flow(&[0], 10, Some(40), 1000), flow(&[0], 10, None, 1000)];
    let told = [(5000, vec![2000, 3000]), (4000, vec![0, 3000]), (4000, vec![0, 3000])];
    assert_eq!(ends(&[10], flows, &[]), told);
    assert_eq!(ends(&[20, 10], vec![flow(&[0, 1], 10, Some(40), 0)], &[]), [(1000, vec![0, 0, 1000])]);
}

/// A flow stands still while any of its links holds, and the link that holds is told; one that is
/// killed leaves its share to the others.
#[test]
fn holds_kills_and_other_capacities() {
    let hold = [(500, 1, 0), (1500, 1, 80)];
    assert_eq!(ends(&[8, 80], vec![flow(&[0, 1], 16, None, 0)], &hold), [(3000, vec![0, 2000, 1000])]);
    assert_eq!(ends(&[8, 80], vec![flow(&[0, 1], 16, Some(4), 0)], &hold), [(5000, vec![4000, 0, 1000])]);
    // Who comes while it holds joins and waits.
    assert_eq!(ends(&[8, 80], vec![flow(&[0, 1], 8, None, 1000)], &hold), [(2500, vec![0, 1000, 500])]);
    assert_eq!(ends(&[8], vec![flow(&[0], 16, None, 0)], &[(1000, 0, 2)]), [(5000, vec![0, 5000])]);
    assert_eq!(ends(&[2], vec![flow(&[0], 10, None, 0)], &[(1000, 0, 8)]), [(2000, vec![0, 2000])]);
    let killed = Spec { kill: Some(1000 * MS), ..flow(&[0], 16, None, 0) };
    let told = [(2500, vec![0, 2500]), (1000, vec![0, 1000])];
    assert_eq!(ends(&[8], vec![flow(&[0], 16, None, 0), killed], &[]), told);
}

/// 1,000 bits over 3 Mbit/s: 333,333.3 ns; a bit of a fast link, and no bit.
#[test]
fn ends_are_rounded_up() {
    let of = |bits: u64, link: u64| {
        let spec = Spec { bits, ..flow(&[0], 0, None, 0) };
        let network = Network { links: vec![link], flows: vec![spec], capacities: Vec::new() };
        play(&network).remove(0).map(|end| (end.at, end.ending))
    };
    assert_eq!(of(1_000, 3 * MEGA), Some((333_334, Ending::Finished)));
    assert_eq!(of(2_000, 3 * MEGA), Some((666_667, Ending::Finished)));
    assert_eq!(of(1, 1_000_000_000), Some((1, Ending::Finished)));
    assert_eq!(of(1, 10_000_000_000), Some((1, Ending::Finished)));
    assert_eq!(of(0, MEGA), Some((0, Ending::Finished)));
    // A day at 56 kbit/s, and a terabyte at 10 Gbit/s.
    assert_eq!(of(4_838_400_000, 56_000), Some((86_400_000_000_000, Ending::Finished)));
    assert_eq!(of(8_000_000_000_000, 10_000_000_000), Some((800_000_000_000, Ending::Finished)));
}
