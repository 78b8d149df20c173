//! Work that goes on beside a request, by hand.

use super::*;

/// Serves 10 ms, leaves 30 ms of work behind, and answers 5 ms later.
fn leaves_work(network: &mut Network, group: Id<StationGroup>) -> Program {
    let beside = network.add_program(vec![serve(group, 30 * MS), Leg::End]);
    network.add_program(vec![
        serve(group, 10 * MS),
        Leg::Fork { program: beside },
        Leg::Delay { amount: fixed(5 * MS), part: Part::Other },
        Leg::End,
    ])
}

/// One core, two at 0 ms. #0 is served until 10 and answered at 15; its work queues behind #1, which is
/// served until 20 and answered at 25. The work of #0 lasts until 50, that of #1 until 80. The driver hears of
/// two ends, the station of four.
#[test]
fn work_beside_a_request_queues_and_nobody_hears_of_it() {
    let mut network = Network::default();
    let group = network.add_group("mailbox", 1, 1, None, None, Balancing::RoundRobin);
    let program = leaves_work(&mut network, group);
    let mut script = Script { openings: vec![at(0, program), at(0, program)], ..Script::default() };
    let report = play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(0, 15 * MS, Outcome::Completed), (1, 25 * MS, Outcome::Completed)]);
    let station = &report.stations[0];
    assert_eq!((station.arrivals, station.completed, station.waited), (4, 4, 3));
    assert_eq!(station.busy, u128::from(80 * MS));
    // 10 of #1, 10 of the work of #0 (from 10 to 20), 30 of that of #1 (from 20 to 50).
    assert_eq!(station.waiting, u128::from(50 * MS));
    assert_eq!(report.requests, [4, 4, 0, 0]);
}

/// The server is lost at 12 ms, when #0 has been served and is on its way back: it is answered all the same,
/// and its work is gone. #1 was in service. Both works are nobody's loss.
#[test]
fn a_lost_server_takes_the_work_beside_along() {
    let mut network = Network::default();
    let group = network.add_group("mailbox", 1, 1, None, None, Balancing::RoundRobin);
    let program = leaves_work(&mut network, group);
    let mut script = Script {
        openings: vec![at(0, program), at(0, program)],
        edges: vec![(SimTime(12 * MS), Edge::Station(0, Availability::Killed))],
        ..Script::default()
    };
    let report = play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(1, 12 * MS, Outcome::StationDown(0)), (0, 15 * MS, Outcome::Completed)]);
    assert_eq!(report.stations[0].killed, 2);
    assert_eq!(report.requests, [3, 1, 2, 0]);
}

/// Whoever gives up has left its work behind already.
#[test]
fn work_beside_outlives_its_request() {
    let mut network = Network::default();
    let group = network.add_group("mailbox", 1, 1, None, None, Balancing::RoundRobin);
    let program = leaves_work(&mut network, group);
    let mut script =
        Script { openings: vec![(SimTime::ZERO, program, SimSpan(12 * MS))], ..Script::default() };
    let report = play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(0, 12 * MS, Outcome::TimedOut)]);
    assert_eq!((report.stations[0].completed, report.stations[0].busy), (2, u128::from(40 * MS)));
}

/// Two tiers of two servers each, the work beside at the second; with `plain` it passes a leg that does nothing, so that it
/// is a request with events of its own.
fn two_tiers(cores: [u32; 2], demands: [u64; 3], plain: bool) -> (Network, Program) {
    let mut network = Network::default();
    let groups =
        cores.map(|cores| network.add_group("tier", 2, cores, Some(3), Some(6), Balancing::LeastConnections));
    let at = |slot: usize, ns: u64| Leg::Serve {
        place: LegPlace::Slot { slot: slot as u8, group: groups[slot] },
        amount: fixed(ns),
        queue_part: Part::EntryQueue,
    };
    let mut beside = vec![at(1, demands[2])];
    if plain {
        beside.push(Leg::Jump { to: 2 });
    }
    beside.push(Leg::End);
    let beside = network.add_program(beside);
    let program = network.add_program(vec![
        Leg::Acquire { place: LegPlace::Slot { slot: 1, group: groups[1] } },
        at(0, demands[0]),
        at(1, demands[1]),
        Leg::Fork { program: beside },
        Leg::Delay { amount: fixed(2 * MS), part: Part::Other },
        at(0, demands[0]),
        Leg::End,
    ]);
    (network, program)
}

proptest! {
    /// Work beside requests that is no request and no event, and the same as a request with events: stations,
    /// intervals, counts and what the driver hears are the same, at whole milliseconds, where much happens at
    /// one instant, with servers that go down, hold, drain and come back.
    #[test]
    fn work_beside_is_the_same_with_and_without_events(
        cores in [1_u32..4, 1..4],
        demands in [0_u64..6, 1..6, 0..30],
        openings in prop::collection::vec((0_u64..120, 0_u64..60), 1..40),
        edges in prop::collection::vec((0_u64..150, 0_u32..4, 0_usize..4), 0..8),
        aborts in prop::collection::vec((0_u64..150, 0_usize..40), 0..6),
        run_off in any::<bool>(),
    ) {
        let all = [Availability::Up, Availability::Killed, Availability::Draining, Availability::Holding];
        let played = |plain: bool| {
            let (network, program) = two_tiers(cores, demands.map(|ms| ms * MS), plain);
            let mut script = Script {
                openings: openings
                    .iter()
                    .map(|&(at, patience)| (SimTime(at * MS), program, SimSpan(patience.saturating_sub(20) * MS)))
                    .collect(),
                edges: edges
                    .iter()
                    .map(|&(at, station, to)| (SimTime(at * MS), Edge::Station(station, all[to])))
                    // Nobody is held for ever.
                    .chain([0, 1, 2, 3].map(|station| (SimTime(160 * MS), Edge::Station(station, Availability::Up))))
                    .collect(),
                aborts: aborts.iter().map(|&(at, which)| (SimTime(at * MS), which)).collect(),
                ..Script::default()
            };
            let horizon = Horizon {
                measured_from: SimTime(30 * MS),
                ends_at: SimTime(170 * MS),
                interval: SimSpan::from_millis(20),
                most_in_flight: u32::MAX,
                run_off,
            };
            let report = run(&network, &mut script, horizon, &mut Unwatched).expect("nobody stops it");
            assert_eq!(report.violations, Vec::<String>::new());
            (report.stations, report.intervals, report.requests, script.ends)
        };
        prop_assert_eq!(played(false), played(true));
    }
}
