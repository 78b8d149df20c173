//! What was before the window is not in the report, and pools of several families.

use super::*;
use crate::itinerary::{Counted, PoolFamily, WhenFull};

fn family(group: Id<StationGroup>, counted: Counted, limit: u32, when_full: WhenFull) -> PoolFamily {
    PoolFamily { kind: "units", group, counted, apart: String::new(), limit, when_full, reason: 3 }
}

fn slot(slot: u8, group: Id<StationGroup>) -> LegPlace {
    LegPlace::Slot { slot, group }
}

fn take(family: Id<PoolFamily>, place: LegPlace) -> Leg {
    Leg::Take { family, place, to: None, part: Part::TargetQueue }
}

fn hold(ms: u64) -> Leg {
    Leg::Delay { amount: fixed(ms * MS), part: Part::Other }
}

/// Measured from 100 ms to 200 ms.
fn measured(network: &Network, script: &mut Script) -> EngineReport {
    let horizon = Horizon {
        measured_from: SimTime(100 * MS),
        ends_at: SimTime(200 * MS),
        interval: SimSpan(100 * MS),
        most_in_flight: u32::MAX,
        run_off: false,
    };
    let report = run(network, script, horizon, &mut Unwatched).expect("nobody stops it");
    assert_eq!(report.violations, Vec::<String>::new());
    report
}

/// One core, 60 ms each, three at 0 ms: served until 60, 120 and 180 ms. When the window
/// begins one is in service and one waits, until 120 ms. Units of the pool: three until
/// 50 ms, then two until 150 ms.
#[test]
fn a_station_is_measured_from_the_window_on() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, None, None, Balancing::RoundRobin);
    let held = network.add_group("held", 1, 1, None, Some(5), Balancing::RoundRobin);
    let work = network.add_program(vec![serve(group, 60 * MS), Leg::End]);
    let unit = |ms| vec![Leg::Acquire { place: slot(1, held) }, hold(ms), Leg::End];
    let (short, long) = (network.add_program(unit(50)), network.add_program(unit(150)));
    let mut script = Script {
        openings: [work, work, work, short, long, long].map(|program| at(0, program)).to_vec(),
        ..Script::default()
    };
    let report = measured(&network, &mut script);
    let cas = &report.stations[0];
    assert_eq!((cas.arrivals, cas.completed, cas.waited, cas.waiting_max), (0, 2, 1, 1));
    let ms = |ns: u128| ns / u128::from(MS);
    assert_eq!((ms(cas.busy), ms(cas.waiting), ms(cas.present)), (80, 20, 100));
    assert_eq!((ms(cas.sojourn_sum), ms(cas.wait_sum), ms(cas.service_sum)), (300, 180, 120));
    let held = &report.stations[1];
    assert_eq!((held.units_max, ms(held.units)), (2, 100));
    assert_eq!(report.intervals.len(), 1);
}

/// Three transfers of 100,000 bit over 1 Mbit/s from 0 ms, one of 10,000: the short one
/// leaves after 40 ms, and three are present until the end. The line is down from 110 ms,
/// told twice, to 140 ms, and told to be up again at 150 ms.
#[test]
fn a_link_is_measured_from_the_window_on() {
    let mut network = Network::default();
    let link = network.add_link("A>B", 1e6);
    let transfer = |bits| Leg::transfer(&[link], fixed(bits), f64::INFINITY);
    let long = network.add_program(vec![transfer(100_000), Leg::End]);
    let short = network.add_program(vec![transfer(10_000), Leg::End]);
    let edge = |ms, down| (SimTime(ms * MS), Edge::Link(0, down, false));
    let mut script = Script {
        openings: [long, long, long, short].map(|program| at(0, program)).to_vec(),
        edges: vec![edge(110, true), edge(120, true), edge(140, false), edge(150, false)],
        ..Script::default()
    };
    let report = measured(&network, &mut script);
    let wan = &report.links[0];
    assert_eq!((wan.transfers, wan.completed, wan.present_max), (0, 0, 3));
    assert_eq!(wan.down, SimSpan::from_millis(30));
    assert_eq!(wan.present, 300 * u128::from(MS));
    assert!((wan.carried_bits - 70_000.0).abs() < 1e-3, "{}", wan.carried_bits);
}

/// An outage that began before the window counts from its beginning on, to its end if
/// it is still on.
#[test]
fn an_outage_is_measured_from_the_window_on() {
    let mut network = Network::default();
    network.add_group("cas", 2, 1, None, None, Balancing::RoundRobin);
    network.add_link("A>B", 1e6);
    network.add_link("B>A", 1e6);
    let station = |ms, station, to| (SimTime(ms * MS), Edge::Station(station, to));
    let line = |ms, link, down| (SimTime(ms * MS), Edge::Link(link, down, true));
    let mut script = Script {
        edges: vec![
            station(50, 0, Availability::Killed),
            station(130, 0, Availability::Up),
            station(60, 1, Availability::Holding),
            // From one kind of outage to another: it has been down all the time.
            station(170, 1, Availability::Draining),
            line(40, 0, true),
            line(120, 0, false),
            line(70, 1, true),
        ],
        ..Script::default()
    };
    let report = measured(&network, &mut script);
    assert_eq!([report.stations[0].down, report.stations[1].down], [30, 100].map(SimSpan::from_millis));
    assert_eq!([report.links[0].down, report.links[1].down], [20, 100].map(SimSpan::from_millis));
}

/// Rounding each of many transfers up to a whole nanosecond carries nothing: 1,000 bits
/// at 3 bit/ns take 334 ns.
#[test]
fn rounding_carries_nothing() {
    let mut network = Network::default();
    let link = network.add_link("A>B", 3e9);
    let transfer = Leg::transfer(&[link], fixed(1000), f64::INFINITY);
    let program = network.add_program([vec![transfer; 40], vec![Leg::End]].concat());
    let mut script = Script { openings: vec![at(0, program)], ..Script::default() };
    let report = play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(0, 40 * 334, Outcome::Completed)]);
    let wan = &report.links[0];
    assert_eq!((wan.completed, wan.sojourn_sum), (40, 40 * 334));
    assert!((wan.sojourn_squares - 40.0 * 334.0 * 334.0).abs() < 1.0, "{}", wan.sojourn_squares);
    assert!((wan.carried_bits - 40_000.0).abs() < 1.0, "{}", wan.carried_bits);
}

/// Families at groups that do not begin at station 0, each with counters of its own: of
/// the second only the window's units count, and the most that one of its own servers
/// held since.
#[test]
fn families_are_measured_apart() {
    let mut network = Network::default();
    network.add_group("before", 2, 1, None, None, Balancing::RoundRobin);
    let one = network.add_group("one", 1, 1, None, None, Balancing::RoundRobin);
    let two = network.add_group("two", 2, 1, None, None, Balancing::RoundRobin);
    let server = |group, when_full| family(group, Counted::Server, 9, when_full);
    let first = network.add_family(server(one, WhenFull::Refuse));
    let second = network.add_family(server(two, WhenFull::Refuse));
    let third = network.add_family(server(one, WhenFull::Wait));
    let of = |network: &mut Network, family, group, ms| {
        network.add_program(vec![take(family, slot(0, group)), hold(ms), Leg::End])
    };
    let short = of(&mut network, first, one, 50);
    let a = of(&mut network, first, one, 180);
    let b = of(&mut network, second, two, 150);
    let c = of(&mut network, third, one, 160);
    let mut script = Script {
        // Of the second family one at its first server, two at its second.
        openings: [short, short, a, a, a, a, b, b, b, b, c, c, c, c, c, c]
            .map(|program| at(0, program))
            .to_vec(),
        aborts: vec![(SimTime(80 * MS), 6)],
        ..Script::default()
    };
    let report = measured(&network, &mut script);
    let seen: Vec<(u64, u64, u128)> =
        report.families.iter().map(|f| (f.counters, f.max, f.units / u128::from(MS))).collect();
    assert_eq!(seen, [(1, 4, 4 * 80), (2, 2, 3 * 50), (1, 6, 6 * 60)]);
}

/// One unit at each of two servers of the second waiting family: who waits at the one is
/// served when that is given back, though the other was free before; and a request gives
/// back the unit that it says, not the first that it took.
#[test]
fn waiting_families_have_queues_of_their_own() {
    let mut network = Network::default();
    let one = network.add_group("one", 1, 1, None, None, Balancing::RoundRobin);
    let two = network.add_group("two", 2, 1, None, None, Balancing::RoundRobin);
    let wait = |group| family(group, Counted::Server, 1, WhenFull::Wait);
    let first = network.add_family(wait(one));
    let second = network.add_family(wait(two));
    let long = network.add_program(vec![take(second, slot(0, two)), hold(30), Leg::End]);
    let short = network.add_program(vec![take(second, slot(0, two)), hold(10), Leg::End]);
    let (own, other) = (slot(1, one), slot(0, two));
    let both = network.add_program(vec![
        take(first, own),
        take(second, other),
        hold(10),
        Leg::Give { family: second, place: other, to: None },
        hold(20),
        Leg::Give { family: first, place: own, to: None },
        hold(5),
        Leg::End,
    ]);
    let mut script = Script {
        openings: vec![
            at(0, long),   // server 1 until 30
            at(0, short),  // server 2 until 10
            at(1, short),  // waits at 1: 30 to 40
            at(2, short),  // waits at 2: 10 to 20
            at(3, both),   // waits at 1: 40 to 50, goes on until 75
            at(51, both),  // has the first family from 70, server 2 at once: until 105
            at(52, short), // server 1, free since 50: until 62
        ],
        ..Script::default()
    };
    let report = play(&network, &mut script, 1);
    let mut all: Vec<(u32, u64)> = ends(&script).iter().map(|&(owner, at, _)| (owner, at / MS)).collect();
    all.sort_unstable();
    assert_eq!(all, [(0, 30), (1, 10), (2, 40), (3, 20), (4, 75), (5, 105), (6, 62)]);
    assert_eq!(report.families.iter().map(|f| f.waited).collect::<Vec<_>>(), [1, 3]);
    let ms = |ns: u128| ns / u128::from(MS);
    // The first: 3 to 70 and 70 to 100.
    assert_eq!(ms(report.families[0].units), 97);
}
