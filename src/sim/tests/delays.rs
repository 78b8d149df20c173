//! Delays in a row are one event, and each is booked by itself, by hand.

use super::*;

const PARTS_OF_IT: [Part; 3] = [Part::Dns, Part::Handshake, Part::ClientNetwork];

/// 10 ms, then 5 ms by a parameter, then 20 ms.
fn row() -> [Leg; 3] {
    let amounts = [fixed(10 * MS), Amount::Param { index: 0, factor: 0.5 }, fixed(20 * MS)];
    let mut at = 0;
    amounts.map(|amount| {
        at += 1;
        Leg::Delay { amount, part: PARTS_OF_IT[at - 1] }
    })
}

fn booked(script: &Script, which: usize) -> [u64; 3] {
    PARTS_OF_IT.map(|part| script.ends[which].3[part as usize] / MS)
}

/// Three delays, and one event beside those of the start and of the end.
#[test]
fn delays_in_a_row_are_one_event() {
    let played = |legs: Vec<Leg>| {
        let mut network = Network::default();
        let program = network.add_program(legs);
        let mut script =
            Script { openings: vec![at(0, program)], params: [10 * MS; PARAMS], ..Script::default() };
        let report = play(&network, &mut script, 1);
        (report.events, ends(&script), booked(&script, 0))
    };
    let [a, b, c] = row();
    let together = played(vec![a.clone(), b.clone(), c.clone(), Leg::End]);
    // A mark takes no time, and stands between them.
    let apart = played(vec![a, Leg::Mark, b, Leg::Mark, c, Leg::End]);
    assert_eq!(together.1, [(0, 35 * MS, Outcome::Completed)]);
    assert_eq!(together.2, [10, 5, 20]);
    assert_eq!((&together.1, together.2), (&apart.1, apart.2));
    assert_eq!(together.0 + 2, apart.0);
}

/// Given up at 4, 12, 15 and 30 ms by its patience, and at 10 ms by its driver: what has not passed
/// is no part of it.
#[test]
fn what_was_booked_ahead_and_has_not_passed_is_taken_back() {
    for (gives_up, parts) in
        [(4, [4, 0, 0]), (12, [10, 2, 0]), (15, [10, 5, 0]), (30, [10, 5, 15]), (10, [10, 0, 0])]
    {
        let mut network = Network::default();
        let program = network.add_program(row().into_iter().chain([Leg::End]).collect());
        let mut script = Script { params: [10 * MS; PARAMS], ..Script::default() };
        let outcome = if gives_up == 10 {
            script.openings = vec![at(0, program)];
            script.aborts = vec![(SimTime(10 * MS), 0)];
            Outcome::Aborted(7)
        } else {
            script.openings = vec![(SimTime::ZERO, program, SimSpan(gives_up * MS))];
            Outcome::TimedOut
        };
        play(&network, &mut script, 1);
        assert_eq!(ends(&script), [(0, gives_up * MS, outcome)]);
        assert_eq!(booked(&script, 0), parts);
    }
}

/// It holds a unit of a server, which is lost at 12 ms: of 10, 5 and 20 ms two of the second have
/// passed. The same in half hours, whose parts have upper halves.
#[test]
fn a_lost_server_ends_a_row_of_delays() {
    for unit in [MS, 1_800_000 * MS] {
        let mut network = Network::default();
        let group = network.add_group("cas", 1, 1, None, None, Balancing::RoundRobin);
        let place = LegPlace::Slot { slot: 0, group };
        let mut legs = vec![Leg::Acquire { place }];
        for (part, times) in PARTS_OF_IT.into_iter().zip([10, 5, 20]) {
            legs.push(Leg::Delay { amount: fixed(times * unit), part });
        }
        // Enough other parts that cells are halves.
        for part in [Part::WanPropagation, Part::WanTransfer] {
            legs.push(Leg::Delay { amount: fixed(unit), part });
        }
        legs.push(Leg::End);
        let program = network.add_program(legs);
        let mut script = Script {
            openings: vec![at(0, program)],
            edges: vec![(SimTime(12 * unit), Edge::Station(0, Availability::Killed))],
            ..Script::default()
        };
        play(&network, &mut script, 40_000);
        assert_eq!(ends(&script), [(0, 12 * unit, Outcome::StationDown(0))]);
        assert_eq!(PARTS_OF_IT.map(|part| script.ends[0].3[part as usize] / unit), [10, 2, 0]);
    }
}
