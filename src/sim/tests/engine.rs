//! What a driver may ask the engine, what ends a run, and checks that find what was
//! broken on purpose.

use super::super::check::{check, is_check_due};
use super::super::state::SystemState;
use super::*;
use crate::itinerary::{Counted, PoolFamily, WhenFull};

/// Does something at its timers.
struct Does<F> {
    at: Vec<u64>,
    what: F,
    books: Vec<String>,
}

impl<F: FnMut(&mut Engine<'_>, u32)> Driver for Does<F> {
    fn start(&mut self, engine: &mut Engine<'_>) {
        for (i, &ms) in self.at.iter().enumerate() {
            engine.timer(SimTime(ms * MS), i as u32);
        }
    }
    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        (self.what)(engine, token);
    }
    fn ended(&mut self, _: &mut Engine<'_>, _: &Ended) {}
    fn check(&self) -> Vec<String> {
        self.books.clone()
    }
}

fn does<F: FnMut(&mut Engine<'_>, u32)>(at: Vec<u64>, what: F) -> Does<F> {
    Does { at, what, books: Vec::new() }
}

fn horizon(ms: u64, interval: u64) -> Horizon {
    Horizon {
        measured_from: SimTime::ZERO,
        ends_at: SimTime(ms * MS),
        interval: SimSpan(interval * MS),
        most_in_flight: 10,
        run_off: false,
    }
}

fn opening(program: Program) -> Opening {
    Opening {
        program,
        key: Key::root(1, 0),
        owner: 0,
        tag: 0,
        class: 0,
        params: [0; PARAMS],
        slots: [UNBOUND; SLOTS],
        patience: SimSpan::ZERO,
    }
}

/// 10 things may be kept, or requests be in flight; 11 end the run, though at the end of
/// the event there are none.
#[test]
fn what_a_driver_keeps_may_crowd_a_run() {
    let mut network = Network::default();
    network.add_group("cas", 1, 1, None, None, Balancing::RoundRobin);
    let hold = Leg::Delay { amount: fixed(100 * MS), part: Part::Other };
    let program = network.add_program(vec![hold, Leg::End]);
    let played = |counts: &[usize], requests: u32| {
        let mut driver = does(vec![1], |engine, _| {
            counts.iter().for_each(|&n| engine.crowd(n));
            (0..requests).for_each(|_| {
                engine.open(&opening(program));
            });
        });
        run(&network, &mut driver, horizon(10, 10), &mut Unwatched).map(|report| report.events)
    };
    assert_eq!(played(&[10, 0], 10), Ok(2));
    let crowd = |in_flight| Crowd { at: SimTime(MS), in_flight, queue: None };
    assert_eq!(played(&[11, 0], 0), Err(Stopped::Crowded(crowd(0))));
    assert_eq!(played(&[], 11), Err(Stopped::Crowded(crowd(11))));
}

/// Three requests at `busy`, two at `calm`, one core each: two wait at the one, one at
/// the other.
#[test]
fn a_crowd_is_told_by_where_it_waits() {
    let mut network = Network::default();
    let calm = network.add_group("calm", 1, 1, None, None, Balancing::RoundRobin);
    let busy = network.add_group("busy", 1, 1, None, None, Balancing::RoundRobin);
    let to_calm = network.add_program(vec![serve(calm, 1000 * MS), Leg::End]);
    let to_busy = network.add_program(vec![serve(busy, 1000 * MS), Leg::End]);
    let mut driver = does(vec![5], |engine, _| {
        [to_busy, to_calm, to_busy, to_calm, to_busy].into_iter().for_each(|p| {
            engine.open(&opening(p));
        });
        engine.crowd(99);
    });
    let stopped = run(&network, &mut driver, horizon(9000, 9000), &mut Unwatched).unwrap_err();
    let crowd = Crowd { at: SimTime(5 * MS), in_flight: 5, queue: Some(("busy".to_owned(), 2)) };
    assert_eq!(stopped, Stopped::Crowded(crowd.clone()));
    let told = "after 0 s of simulated time with 5 requests in flight";
    assert_eq!(crowd.to_string(), format!("{told}, 2 of them waiting at `busy`"));
    assert_eq!(Crowd { queue: None, ..crowd }.to_string(), told);
}

/// Whoever asks again at the instant at which they were answered ends a run; so does who is served beyond the end
/// of the clock, where a run goes on until all are.
#[test]
fn a_run_without_an_end_is_given_up() {
    let mut network = Network::default();
    let cas = network.add_group("cas", 1, 1, None, None, Balancing::RoundRobin);
    let nothing = network.add_program(vec![serve(cas, 0), Leg::End]);
    let mut again = does(vec![5], |engine, _| {
        engine.open(&opening(nothing));
        engine.timer(engine.now(), 0);
    });
    let stopped = run(&network, &mut again, horizon(10, 10), &mut Unwatched).unwrap_err();
    let Stopped::Endless(Endless::Standstill { at: SimTime(at), events }) = stopped else {
        panic!("{stopped:?}")
    };
    assert!(at == 5 * MS && (20_000..60_000).contains(&events), "{at}, {events}");
    let long = network.add_program(vec![serve(cas, SimTime::MAX.0 / 3 * 2), Leg::End]);
    let mut twice = does(vec![0], |engine, _| {
        engine.open(&opening(long));
        engine.open(&opening(long));
    });
    let off = Horizon { run_off: true, ..horizon(10, 10) };
    let stopped = run(&network, &mut twice, off, &mut Unwatched).unwrap_err();
    assert_eq!(stopped, Stopped::Endless(Endless::Beyond { in_flight: 1 }));
    // Within the window nobody minds: what is open is open, and the books are right.
    let report = run(&network, &mut twice, horizon(10, 10), &mut Unwatched).unwrap();
    assert_eq!(report.violations, Vec::<String>::new());
}

/// A watch is asked every 2^14 events.
#[test]
fn a_watch_may_stop_a_run() {
    struct After(u32, Vec<u64>);
    impl Watch for After {
        fn look(&mut self, now: SimTime, events: u64) -> bool {
            assert_eq!(now, SimTime(events * MS), "the clock");
            self.1.push(events);
            self.1.len() as u32 == self.0
        }
    }
    let network = Network::default();
    let mut driver = does((1..40_001).collect(), |_, _| ());
    let mut never = After(9, Vec::new());
    let report = run(&network, &mut driver, horizon(50_000, 50_000), &mut never).unwrap();
    assert_eq!((report.events, never.1), (40_001, vec![1 << 14, 2 << 14]));
    let mut second = After(2, Vec::new());
    let stopped = run(&network, &mut driver, horizon(50_000, 50_000), &mut second);
    assert_eq!(stopped.unwrap_err(), Stopped::Asked);
    let report = run(&network, &mut driver, horizon(50_000, 50_000), &mut Unwatched).unwrap();
    assert_eq!(report.events, 40_001);
}

/// One series value an interval, none of no length at the end.
#[test]
fn a_window_has_whole_intervals_and_a_rest() {
    let network = Network::default();
    for (window, interval, values) in [(1000, 1000, 1), (3000, 1000, 3), (2500, 1000, 3), (10, 1000, 1)] {
        let report =
            run(&network, &mut does(vec![], |_, _| ()), horizon(window, interval), &mut Unwatched).unwrap();
        assert_eq!(report.intervals.len(), values, "{window} ms by {interval}");
    }
}

/// What a driver's books do not agree on ends the run at the first checkpoint.
#[test]
fn a_driver_s_books_are_checked_inside_a_run() {
    let network = Network::default();
    let mut driver = does((0..30).map(|i| 100 * i).collect(), |_, _| ());
    driver.books = vec!["books".to_owned()];
    let report = run(&network, &mut driver, horizon(9000, 1000), &mut Unwatched).unwrap();
    assert_eq!(report.violations, ["books"]);
    // Timers from 0 ms on, and the end of the interval, which comes before one of its instant.
    assert_eq!(report.events, 11);
}

/// Four events for each request, station and link that a check looks at.
#[test]
fn a_check_is_due_when_it_is_cheap() {
    let mut network = Network::default();
    network.add_group("cas", 2, 1, None, None, Balancing::RoundRobin);
    network.add_link("wan", 1e6);
    let mut engine = Engine::new(&network);
    for (events, checked_at, due) in [(11, 0, false), (12, 0, true), (16, 5, false), (17, 5, true)] {
        (engine.state.events, engine.state.checked_at) = (events, checked_at);
        assert_eq!(is_check_due(&engine.state), due, "{events} events, {checked_at} at the last check");
    }
    let hold = Leg::Delay { amount: fixed(MS), part: Part::Other };
    let program = network.add_program(vec![hold, Leg::End]);
    let mut engine = Engine::new(&network);
    for _ in 0..4 {
        engine.open(&opening(program));
    }
    assert_eq!(engine.state.requests.hot.len(), 4);
    engine.state.events = 27;
    assert!(!is_check_due(&engine.state));
    engine.state.events = 28;
    assert!(is_check_due(&engine.state));
    assert_eq!(check(&mut engine.state), Vec::<String>::new());
    assert_eq!(engine.state.checked_at, 28);
}

/// Each identity, broken by one, is found, and only it.
#[test]
fn a_broken_identity_is_found() {
    let mut network = Network::default();
    network.add_group("cas", 2, 2, None, None, Balancing::RoundRobin);
    network.add_link("wan", 1e6);
    let broken = |how: fn(&mut SystemState<'_>)| -> Vec<String> {
        let mut engine = Engine::new(&network);
        engine.state.now = SimTime(10);
        engine.state.stations.iter_mut().for_each(|station| station.touch(SimTime(10)));
        // Both cores of a station busy throughout.
        let station = &mut engine.state.stations[1];
        station.busy_area = 20;
        station.arrivals = 1;
        station.record_early(20, 20);
        how(&mut engine.state);
        check(&mut engine.state)
    };
    assert_eq!(broken(|_| ()), Vec::<String>::new());
    type Break = (fn(&mut SystemState<'_>), &'static str);
    let cases: [Break; 9] = [
        (|e| e.counts[0] += 1, "conservation: 1 requests opened, 0 completed, 0 failed, but 0 in flight"),
        (|e| e.stations[1].arrivals += 1, "conservation at station 1: 2 arrived, 1 left, 0 present"),
        (
            |e| {
                e.stations[0].arrivals += 1;
                e.stations[0].record_early(1, 0);
            },
            "Little's law at station 0: integral of the number present 0 ns, sum of times 1 ns",
        ),
        (
            |e| {
                e.stations[1].busy_area += 1;
                e.stations[1].arrivals += 1;
                e.stations[1].record_early(1, 1);
            },
            "utilisation of station 1: 2 cores busy for 21 ns in 10 ns",
        ),
        (
            |e| {
                e.stations[1].arrivals += 1;
                e.stations[1].record_early(0, 1);
            },
            "work conservation at station 1: cores busy 20 ns, service delivered 21 ns",
        ),
        (|e| e.links[0].whole_begun += 1, "conservation on link 0: 1 begun, 0 left, 0 present"),
        (
            |e| e.links[0].whole_sojourn += 3,
            "Little's law on link 0: integral of the number present 0 ns, sum of times 3 ns",
        ),
        (
            |e| {
                e.links[0].whole_begun += 1;
                e.links[0].whole_left += 1;
            },
            "conservation on link 0: 1 transfers begun and 1 left, 0 flows begun and 0 left",
        ),
        (|e| e.links[0].whole_bits += 2.0, "work conservation on link 0: 0 bits carried, 2 bits transferred"),
    ];
    for (how, told) in cases {
        assert_eq!(broken(how), [told]);
    }
}

/// The first group makes station and server numbers differ.
fn three(balancing: Balancing) -> (Network, Id<StationGroup>) {
    let mut network = Network::default();
    network.add_group("before", 4, 1, None, None, Balancing::RoundRobin);
    let group = network.add_group("three", 3, 1, None, Some(9), balancing);
    (network, group)
}

/// Stations 4 to 6 in turn; who is avoided is passed over, unless all are.
#[test]
fn servers_take_turns() {
    let (network, group) = three(Balancing::RoundRobin);
    let mut engine = Engine::new(&network);
    let turns = |engine: &mut Engine<'_>| [(); 4].map(|()| engine.choose(group, 0));
    assert_eq!(turns(&mut engine), [4, 5, 6, 4]);
    engine.avoid(5, true);
    assert_eq!([4, 5, 99].map(|station| engine.is_avoided(station)), [false, true, false]);
    assert_eq!(turns(&mut engine), [6, 6, 4, 6]);
    engine.avoid(4, true);
    engine.avoid(6, true);
    assert_eq!(turns(&mut engine), [6, 4, 5, 6]);
    engine.avoid(5, false);
    assert_eq!(turns(&mut engine), [5; 4]);
}

#[test]
fn a_client_s_server_is_its_name_s() {
    let (network, group) = three(Balancing::ClientAffinity);
    let mut engine = Engine::new(&network);
    let mut seen = [0; 3];
    for client in 0..60 {
        let expected = (Key(client).child(0).0 % 3) as u32;
        assert_eq!(engine.choose(group, client), 4 + expected);
        seen[expected as usize] += 1;
    }
    assert!(seen.iter().all(|&n| n > 5), "{seen:?}");
}

/// By units held first, then by who waits or is served; a tie to the first; who is
/// avoided does not count.
#[test]
fn the_least_loaded_server_is_next() {
    let (network, group) = three(Balancing::LeastConnections);
    let mut engine = Engine::new(&network);
    let mut next = |units: [u32; 3], busy: [u32; 3], avoided: &[u32]| {
        for i in 0..3 {
            engine.state.stations[4 + i].units = units[i];
            engine.state.stations[4 + i].busy = busy[i] / 2;
            engine.state.stations[4 + i].waiting = busy[i] - busy[i] / 2;
            engine.avoid(4 + i as u32, avoided.contains(&(4 + i as u32)));
        }
        engine.choose(group, 0)
    };
    assert_eq!(next([0, 0, 0], [0, 0, 0], &[]), 4);
    assert_eq!(next([1, 0, 0], [0, 0, 0], &[]), 5);
    assert_eq!(next([1, 1, 0], [0, 0, 9], &[]), 6);
    assert_eq!(next([1, 1, 1], [3, 2, 2], &[]), 5);
    assert_eq!(next([2, 1, 0], [0, 0, 0], &[6]), 5);
    assert_eq!(next([0, 2, 1], [0, 0, 0], &[4]), 6);
    assert_eq!(next([2, 1, 0], [0, 0, 0], &[4, 5, 6]), 4);
}

#[test]
fn a_driver_sees_rooms_and_outages() {
    let mut network = Network::default();
    let group = network.add_group("cas", 2, 1, None, None, Balancing::RoundRobin);
    let family = network.add_family(PoolFamily {
        apart: String::new(),
        kind: "units",
        group,
        counted: Counted::Server,
        limit: 2,
        when_full: WhenFull::Refuse,
        reason: 3,
    });
    let mut engine = Engine::new(&network);
    let rooms = |engine: &Engine<'_>| [1, 2, 3].map(|units| engine.has_room(family, 1, 0, units));
    assert_eq!(rooms(&engine), [true, true, false]);
    assert!(engine.hold(family, 1, 0, 1));
    assert_eq!(rooms(&engine), [true, false, false]);
    assert!(engine.has_room(family, 0, 0, 2), "the other server has its own");
    assert!(!engine.has_room(family, 1, 7, 2), "the other end is not counted apart");
    assert!(!engine.hold(family, 1, 0, 2));
    engine.free(family, 1, 0, 1);
    assert_eq!(rooms(&engine), [true, true, false]);
    assert_eq!(engine.availability(1), Availability::Up);
    engine.set_availability(1, Availability::Holding);
    assert_eq!((engine.availability(0), engine.availability(1)), (Availability::Up, Availability::Holding));
}

/// The pool's only unit, bound to slot 1: #0 takes it at 0 ms, gives it back at 10 ms and
/// goes on until 30 ms; #1 has it from 11 to 41 ms, so that #2 is refused at 35 ms.
#[test]
fn a_unit_is_given_back_once_whatever_its_slot() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, None, Some(1), Balancing::RoundRobin);
    let place = LegPlace::Slot { slot: 1, group };
    let hold = |ms| Leg::Delay { amount: fixed(ms * MS), part: Part::Other };
    let back = network.add_program(vec![
        Leg::Acquire { place },
        hold(10),
        Leg::Release { place },
        hold(20),
        Leg::End,
    ]);
    let keep = network.add_program(vec![Leg::Acquire { place }, hold(30), Leg::End]);
    let mut script = Script { openings: vec![at(0, back), at(11, keep), at(35, keep)], ..Script::default() };
    play(&network, &mut script, 1);
    assert_eq!(
        ends(&script),
        [
            (0, 30 * MS, Outcome::Completed),
            (2, 35 * MS, Outcome::PoolFull(0)),
            (1, 41 * MS, Outcome::Completed)
        ]
    );
}

/// Whoever holds a unit, in slot 1, of a station that drains from 5 ms on is present and
/// served there at 10 ms; another is refused.
#[test]
fn who_is_present_at_a_draining_station_is_served_on() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, None, Some(9), Balancing::RoundRobin);
    let place = LegPlace::Slot { slot: 1, group };
    let hold = Leg::Delay { amount: fixed(10 * MS), part: Part::Other };
    let work = Leg::Serve { place, amount: fixed(MS), queue_part: Part::EntryQueue };
    let present = network.add_program(vec![Leg::Acquire { place }, hold.clone(), work.clone(), Leg::End]);
    let comes = network.add_program(vec![hold, work, Leg::End]);
    let mut script = Script {
        openings: vec![at(0, present), at(0, comes)],
        edges: vec![(SimTime(5 * MS), Edge::Station(0, Availability::Draining))],
        ..Script::default()
    };
    play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(1, 10 * MS, Outcome::StationDown(0)), (0, 11 * MS, Outcome::Completed)]);
}

/// Nothing to transfer is no transfer.
#[test]
fn a_transfer_of_nothing_is_none() {
    let mut network = Network::default();
    let link = network.add_link("A>B", 1e6);
    let transfer = |bits| Leg::transfer(&[link], fixed(bits), f64::INFINITY);
    let program = network.add_program(vec![transfer(0), transfer(1000), Leg::End]);
    let mut script = Script { openings: vec![at(0, program), at(0, program)], ..Script::default() };
    let report = play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(0, 2 * MS, Outcome::Completed), (1, 2 * MS, Outcome::Completed)]);
    let wan = &report.links[0];
    assert_eq!((wan.transfers, wan.completed, wan.present_max), (2, 2, 2));
    // 2 ms each, 1 ms alone.
    assert!((wan.slowdown_sum - 4.0).abs() < 1e-9, "{}", wan.slowdown_sum);
}

/// A drawn volume below half a bit is one bit; a share of nothing is no transfer.
#[test]
fn a_drawn_transfer_is_at_least_a_bit() {
    let played = |scale: f64, law: Distribution| {
        let mut network = Network::default();
        let link = network.add_link("A>B", 1e9);
        let amount = Amount::Drawn { sampler: law.sampler(), role: Role::new("t"), scale };
        let transfer = Leg::transfer(&[link], amount, f64::INFINITY);
        let program = network.add_program(vec![transfer, Leg::End]);
        let mut script = Script { openings: vec![at(0, program), at(1, program)], ..Script::default() };
        let report = play(&network, &mut script, 1);
        (report.links[0].completed, ends(&script).iter().map(|end| end.1).collect::<Vec<_>>())
    };
    let small = Distribution::Exponential { mean: 1e-6 };
    assert_eq!(played(1.0, small.clone()), (2, vec![1, MS + 1]));
    assert_eq!(played(0.0, small), (0, vec![0, MS]));
    assert_eq!(played(1.0, Distribution::Constant(0.0)), (0, vec![0, MS]));
}

/// A draw is a function of key, role and visits (E8): a way forward, by a jump or a
/// branch, moves none, wherever the program stands; a way back does.
#[test]
fn a_way_forward_moves_no_draw() {
    let law = Distribution::Exponential { mean: 5e6 }.sampler();
    let drawn = Leg::Delay {
        amount: Amount::Drawn { sampler: law, role: Role::new("d"), scale: 1.0 },
        part: Part::Other,
    };
    let forward = Leg::Branch { role: Role::new("b"), targets: vec![(1.0, 1)] };
    let took = |before: usize, legs: Vec<Leg>| {
        let mut network = Network::default();
        if before > 0 {
            network.add_program(vec![Leg::End; before]);
        }
        let program = network.add_program(legs);
        let mut script = Script { openings: vec![at(0, program)], ..Script::default() };
        play(&network, &mut script, 1);
        script.ends[0].1.0
    };
    let plain = took(0, vec![drawn.clone(), Leg::End]);
    assert!(plain > 0);
    for before in [0, 1, 2, 5] {
        assert_eq!(took(before, vec![Leg::Jump { to: 1 }, drawn.clone(), Leg::End]), plain);
        assert_eq!(took(before, vec![forward.clone(), drawn.clone(), Leg::End]), plain);
        let back = vec![Leg::Jump { to: 2 }, drawn.clone(), Leg::Jump { to: 4 }, Leg::End, Leg::End];
        assert_eq!(took(before, back), 0);
        let back = [Leg::Jump { to: 3 }, drawn.clone(), Leg::End, Leg::Jump { to: 1 }];
        assert_ne!(took(before, back.to_vec()), plain, "the second visit draws anew");
    }
}
