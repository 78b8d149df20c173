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
