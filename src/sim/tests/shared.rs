//! Machines that share the cores of a host, by hand.

use super::*;

/// Two machines `a` and `b` of two cores each on a host of `cores`; a program of 10 ms at each.
fn host(cores: u32) -> (Network, [Program; 2]) {
    let mut network = Network::default();
    let [a, b] = ["a", "b"].map(|name| network.add_group(name, 1, 2, None, None, Balancing::RoundRobin));
    let host = network.add_group("host", 1, cores, None, None, Balancing::RoundRobin);
    let host = network.groups[host.index()].first;
    network.shared.push(SharedCores { host, machines: vec![0, 1] });
    let programs = [a, b].map(|group| network.add_program(vec![serve(group, 10 * MS), Leg::End]));
    (network, programs)
}

fn ms(script: &Script) -> Vec<(u32, u64)> {
    ends(script).into_iter().map(|(owner, at, _)| (owner, at / MS)).collect()
}

/// Three cores, four of the machines: two at `a` and one at `b` are served from 0 ms, the
/// second at `b` has a core of its machine and none of the host, until 10 ms. The host is
/// busy for 40 core-ms of 20 ms.
#[test]
fn work_waits_for_a_core_of_the_host() {
    let (network, [a, b]) = host(3);
    let mut script = Script { openings: vec![at(0, a), at(0, a), at(0, b), at(1, b)], ..Script::default() };
    let report = play(&network, &mut script, 1);
    assert_eq!(ms(&script), [(0, 10), (1, 10), (2, 10), (3, 20)]);
    let busy = report.stations.iter().map(|station| station.busy / u128::from(MS)).collect::<Vec<_>>();
    assert_eq!(busy, [20, 20, 40]);
    assert_eq!(report.stations[1].waiting, u128::from(9 * MS));
}

/// One core: who came first is served first, of whatever machine; a machine that is killed
/// at 5 ms gives the core to the other.
#[test]
fn the_first_of_all_machines_is_served_first() {
    let (network, [a, b]) = host(1);
    let mut script = Script { openings: vec![at(0, a), at(2, b), at(1, a), at(3, a)], ..Script::default() };
    play(&network, &mut script, 1);
    assert_eq!(ms(&script), [(0, 10), (2, 20), (1, 30), (3, 40)]);
    let mut script = Script {
        openings: vec![at(0, a), at(2, b), at(1, a)],
        edges: vec![(SimTime(5 * MS), Edge::Station(0, Availability::Killed))],
        ..Script::default()
    };
    play(&network, &mut script, 1);
    let down = Outcome::StationDown(0);
    let mut all = ends(&script);
    all.sort_unstable_by_key(|end| end.0);
    assert_eq!(all, [(0, 5 * MS, down), (1, 15 * MS, Outcome::Completed), (2, 5 * MS, down)]);
}

/// A machine that hangs from 5 to 25 ms keeps the core that its work has: the other's waits
/// until it has gone on and ended, at 30 ms.
#[test]
fn a_machine_that_hangs_keeps_its_core() {
    let (network, [a, b]) = host(1);
    let mut script = Script {
        openings: vec![at(0, a), at(2, b)],
        edges: vec![
            (SimTime(5 * MS), Edge::Station(0, Availability::Holding)),
            (SimTime(25 * MS), Edge::Station(0, Availability::Up)),
        ],
        ..Script::default()
    };
    play(&network, &mut script, 1);
    assert_eq!(ms(&script), [(0, 30), (1, 40)]);
}

/// With as many cores as its machines have together a host is none: the same ends, one by one.
#[test]
fn a_host_with_cores_for_all_changes_nothing() {
    let (hosted, [a, b]) = host(4);
    let mut apart = hosted.clone();
    apart.shared.clear();
    let openings: Vec<_> = (0..60).map(|n| at(n * 7 % 50, if n % 3 == 0 { a } else { b })).collect();
    let [one, other] = [&hosted, &apart].map(|network| {
        let mut script = Script { openings: openings.clone(), ..Script::default() };
        play(network, &mut script, 2);
        ends(&script)
    });
    assert_eq!(one, other);
}
