//! Families of pools: by server, by pair, by key; refused or kept waiting.

use super::*;
use crate::itinerary::{Counted, PoolFamily, WhenFull};

fn family(group: Id<StationGroup>, counted: Counted, limit: u32, when_full: WhenFull) -> PoolFamily {
    PoolFamily { kind: "units", group, counted, apart: String::new(), limit, when_full, reason: 3 }
}

fn slot(slot: u8, group: Id<StationGroup>) -> LegPlace {
    LegPlace::Slot { slot, group }
}

fn take(family: Id<PoolFamily>, place: LegPlace, to: Option<LegPlace>) -> Leg {
    Leg::Take { family, place, to, part: Part::TargetQueue }
}

fn hold(ms: u64) -> Leg {
    Leg::Delay { amount: fixed(ms * MS), part: Part::Other }
}

/// Two entry servers in turn and two back ends in turn: #0 holds the pair (0, 2), #1 the
/// pair (1, 3), #2 would be the second at (0, 2) and is refused, #3 the second at (1, 3);
/// #4 finds (0, 2) given back at 10 ms.
#[test]
fn a_pair_of_servers_has_a_pool_of_its_own() {
    let mut network = Network::default();
    let near = network.add_group("near", 2, 1, None, None, Balancing::RoundRobin);
    let far = network.add_group("far", 2, 1, None, None, Balancing::RoundRobin);
    let pairs = network.add_family(family(near, Counted::Pair(far), 1, WhenFull::Refuse));
    let program =
        network.add_program(vec![take(pairs, slot(0, near), Some(slot(1, far))), hold(10), Leg::End]);
    let mut script = Script {
        openings: vec![at(0, program), at(1, program), at(2, program), at(10, program), at(11, program)],
        ..Script::default()
    };
    let report = play(&network, &mut script, 1);
    let refused = Outcome::Refused(3);
    assert_eq!(
        ends(&script),
        [
            (2, 2 * MS, refused),
            (3, 10 * MS, refused),
            (0, 10 * MS, Outcome::Completed),
            (1, 11 * MS, Outcome::Completed),
            (4, 21 * MS, Outcome::Completed),
        ]
    );
    let pool = report.families[0];
    assert_eq!((pool.counters, pool.max, pool.refused, pool.waited), (4, 1, 2, 0));
    assert_eq!(pool.units, 30 * u128::from(MS));
}

/// One unit, held for 10 ms: #1 to #4 wait in order. #2 has patience for 5 ms and gives
/// up at 7 ms; #3 is aborted at 15 ms; so #1 has it from 10 to 20 ms, #4 from 20 to 30.
#[test]
fn who_waits_for_a_unit_is_served_in_order_and_may_give_up() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, None, None, Balancing::RoundRobin);
    let units = network.add_family(family(group, Counted::Server, 1, WhenFull::Wait));
    let program = network.add_program(vec![take(units, slot(0, group), None), hold(10), Leg::End]);
    let mut script = Script {
        openings: vec![
            at(0, program),
            at(1, program),
            (SimTime(2 * MS), program, SimSpan(5 * MS)),
            at(3, program),
            at(4, program),
        ],
        aborts: vec![(SimTime(15 * MS), 3)],
        ..Script::default()
    };
    let report = play(&network, &mut script, 1);
    assert_eq!(
        ends(&script),
        [
            (2, 7 * MS, Outcome::Refused(3)),
            (0, 10 * MS, Outcome::Completed),
            (3, 15 * MS, Outcome::Aborted(7)),
            (1, 20 * MS, Outcome::Completed),
            (4, 30 * MS, Outcome::Completed),
        ]
    );
    let waited: Vec<u64> = script.ends.iter().map(|end| end.3[Part::TargetQueue as usize]).collect();
    assert_eq!(waited, [5 * MS, 0, 12 * MS, 9 * MS, 16 * MS]);
    let pool = report.families[0];
    assert_eq!((pool.max, pool.refused, pool.waited), (1, 1, 4));
    assert_eq!(pool.units, 30 * u128::from(MS));
}

/// A unit given back in the middle of a program is free from then on, and an abort gives
/// back what is held.
#[test]
fn units_are_given_back_in_the_middle_and_by_an_abort() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, None, None, Balancing::RoundRobin);
    let units = network.add_family(family(group, Counted::Server, 1, WhenFull::Refuse));
    let give = Leg::Give { family: units, place: slot(0, group), to: None };
    let program =
        network.add_program(vec![take(units, slot(0, group), None), hold(10), give, hold(90), Leg::End]);
    let mut script = Script {
        openings: vec![at(0, program), at(9, program), at(11, program), at(13, program)],
        aborts: vec![(SimTime(12 * MS), 2)],
        ..Script::default()
    };
    play(&network, &mut script, 1);
    assert_eq!(
        ends(&script),
        [
            (1, 9 * MS, Outcome::Refused(3)),
            (2, 12 * MS, Outcome::Aborted(7)),
            (0, 100 * MS, Outcome::Completed),
            (3, 113 * MS, Outcome::Completed),
        ]
    );
}

/// Sessions hold several units by key; all or none are taken.
#[test]
fn keys_are_counted_apart() {
    let mut network = Network::default();
    let group = network.add_group("cas", 2, 1, None, None, Balancing::RoundRobin);
    let keys = network.add_family(family(group, Counted::Key(3), 10, WhenFull::Refuse));
    let mut engine = Engine::new(&network);
    assert!(engine.hold(keys, 0, 2, 8));
    assert!(!engine.hold(keys, 0, 2, 3), "eleven are too many");
    assert!(engine.hold(keys, 0, 2, 2), "ten are not, and none of the three were taken");
    assert!(engine.hold(keys, 0, 1, 10) && engine.hold(keys, 1, 2, 10), "other keys and servers");
    engine.free(keys, 0, 2, 8);
    assert!(engine.hold(keys, 0, 2, 8));
}
