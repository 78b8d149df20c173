//! Timelines computed by hand, and the promises under random abuse.

mod crossing;
mod delays;
mod engine;
mod fingerprint;
mod forks;
mod measuring;
mod pools;
mod shared;

use proptest::prelude::*;

use super::measured::EngineReport;
use super::*;
use crate::itinerary::{
    Amount, Balancing, Leg, LegPlace, Network, PARAMS, PARTS, Part, Program, SLOTS, SharedCores, StationGroup,
};
use crate::kernel::distribution::{Distribution, Sampler};
use crate::kernel::random::{Key, Role};
use crate::kernel::{Id, SimSpan, SimTime};

const MS: u64 = 1_000_000;

fn fixed(ns: u64) -> Amount {
    Amount::Fixed(ns)
}

fn serve(group: Id<StationGroup>, ns: u64) -> Leg {
    Leg::Serve { place: LegPlace::Slot { slot: 0, group }, amount: fixed(ns), queue_part: Part::EntryQueue }
}

/// Opens programs at given instants and notes every end.
#[derive(Default)]
struct Script {
    openings: Vec<(SimTime, Program, SimSpan)>,
    edges: Vec<(SimTime, Edge)>,
    ends: Vec<(u32, SimTime, Outcome, [u64; PARTS])>,
    ids: Vec<RequestId>,
    aborts: Vec<(SimTime, usize)>,
    params: [u64; PARAMS],
}

#[derive(Clone, Copy, Debug)]
enum Edge {
    Station(u32, Availability),
    Link(usize, bool, bool),
}

impl Driver for Script {
    fn start(&mut self, engine: &mut Engine<'_>) {
        for (i, &(at, ..)) in self.openings.iter().enumerate() {
            engine.timer(at, i as u32);
        }
        for (i, &(at, _)) in self.aborts.iter().enumerate() {
            engine.timer(at, 1_000_000 + i as u32);
        }
        for (i, &(at, _)) in self.edges.iter().enumerate() {
            engine.edge(at, i as u32);
        }
    }
    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        if let Some(abort) = token.checked_sub(1_000_000) {
            let (_, which) = self.aborts[abort as usize];
            if let Some(&id) = self.ids.get(which) {
                engine.abort(id, 7);
            }
            return;
        }
        let (_, program, patience) = self.openings[token as usize];
        let id = engine.open(&Opening {
            program,
            key: Key::root(1, 0).child(u64::from(token)),
            owner: token,
            tag: 0,
            class: 0,
            params: self.params,
            slots: [UNBOUND; SLOTS],
            patience,
        });
        self.ids.push(id);
    }
    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        match self.edges[token as usize].1 {
            Edge::Station(station, to) => engine.set_availability(station, to),
            Edge::Link(link, down, kill) => engine.set_link(Id::new(link), down, kill),
        }
    }
    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        assert_eq!(ended.parts.iter().sum::<u64>(), (engine.now() - ended.opened_at).0, "E4");
        self.ends.push((ended.owner, engine.now(), ended.outcome, ended.parts));
    }
}

fn play(network: &Network, script: &mut Script, seconds: u64) -> EngineReport {
    let horizon = Horizon {
        measured_from: SimTime::ZERO,
        ends_at: SimTime(seconds * 1_000_000_000),
        interval: SimSpan::from_secs(1),
        most_in_flight: u32::MAX,
        run_off: false,
    };
    let report = run(network, script, horizon, &mut Unwatched).expect("nobody stops it");
    assert_eq!(report.violations, Vec::<String>::new());
    report
}

fn at(ms: u64, program: Program) -> (SimTime, Program, SimSpan) {
    (SimTime(ms * MS), program, SimSpan::ZERO)
}

fn ends(script: &Script) -> Vec<(u32, u64, Outcome)> {
    script.ends.iter().map(|&(owner, at, outcome, _)| (owner, at.0, outcome)).collect()
}

/// One core, one place to wait, demand 10 ms. #0 at 0 ms: 0 -> 10. #1 at 2 ms
/// waits 8 ms: -> 20. #2 at 3 ms finds core and place taken: refused. #3 arrives
/// at 10 ms, just as #0 leaves: by E1 the release comes first, #1 goes into
/// service and frees the place, so #3 waits 10 ms: -> 30.
#[test]
fn a_full_queue_refuses_and_a_release_comes_before_an_arrival() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, Some(1), None, Balancing::RoundRobin);
    let program = network.add_program(vec![serve(group, 10 * MS), Leg::End]);
    let mut script = Script {
        openings: vec![at(0, program), at(2, program), at(3, program), at(10, program)],
        ..Script::default()
    };
    let report = play(&network, &mut script, 1);
    assert_eq!(
        ends(&script),
        [
            (2, 3 * MS, Outcome::QueueFull(0)),
            (0, 10 * MS, Outcome::Completed),
            (1, 20 * MS, Outcome::Completed),
            (3, 30 * MS, Outcome::Completed),
        ]
    );
    let station = &report.stations[0];
    assert_eq!((station.arrivals, station.refused_queue, station.completed, station.waited), (4, 1, 3, 2));
    assert_eq!((station.busy, station.waiting), (30_000_000, 18_000_000));
    assert_eq!(script.ends[2].3[Part::EntryQueue as usize], 8 * MS);
    assert_eq!(script.ends[2].3[Part::EntryService as usize], 10 * MS);
}

/// 1 Mbit/s. #0 sends 10,000 bit from 0 ms, #1 sends 2,000 bit from 4 ms. Until
/// 4 ms #0 alone: 4,000 bit done. Then each has 500 kbit/s: #1 needs 4 ms, until
/// 8 ms; #0 has had 6,000 bit then and sends its last 4,000 alone: until 12 ms.
#[test]
fn two_transfers_share_a_link() {
    let mut network = Network::default();
    let link = network.add_link("A>B", 1e6);
    let transfer = |bits| Leg::transfer(&[link], fixed(bits), f64::INFINITY);
    let long = network.add_program(vec![transfer(10_000), Leg::End]);
    let short = network.add_program(vec![transfer(2_000), Leg::End]);
    let mut script = Script { openings: vec![at(0, long), at(4, short)], ..Script::default() };
    let report = play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(1, 8 * MS, Outcome::Completed), (0, 12 * MS, Outcome::Completed)]);
    assert!((report.links[0].carried_bits - 12_000.0).abs() < 1e-6);
    assert_eq!(report.links[0].present, 16_000_000);
}

/// 1 Mbit/s, #0 capped at 250 kbit/s, #1 not capped, 1,000 bit each at 0 ms: the
/// fair share is 500, so #0 runs at 250 and #1 at 750: #1 ends at 1.333333.. ms,
/// rounded up to 1,333,334 ns, #0 at 4 ms.
#[test]
fn a_capped_flow_leaves_its_share_to_the_others() {
    let mut network = Network::default();
    let link = network.add_link("A>B", 1e6);
    let transfer = |cap| Leg::transfer(&[link], fixed(1_000), cap);
    let capped = network.add_program(vec![transfer(250e3), Leg::End]);
    let free = network.add_program(vec![transfer(f64::INFINITY), Leg::End]);
    let mut script = Script { openings: vec![at(0, capped), at(0, free)], ..Script::default() };
    play(&network, &mut script, 1);
    assert_eq!(ends(&script), [(1, 1_333_334, Outcome::Completed), (0, 4 * MS, Outcome::Completed)]);
}

/// One core, demand 10 ms each, three at 0 ms. The outage begins at 5 ms and
/// lasts 20 ms. Hold: #0 has 5 ms left, ends at 30, #1 at 40, #2 at 50; an
/// arrival at 7 ms queues and ends at 60. Kill: all three end at 5 ms, told by the
/// order of their keys since they are of one age; the arrival is refused. Drain: 10,
/// 20, 30; the arrival is refused.
#[test]
fn outages_hold_kill_or_drain() {
    let cases = [
        (Availability::Holding, vec![(0, 30, true), (1, 40, true), (2, 50, true), (3, 60, true)]),
        (Availability::Killed, vec![(2, 5, false), (0, 5, false), (1, 5, false), (3, 7, false)]),
        (Availability::Draining, vec![(3, 7, false), (0, 10, true), (1, 20, true), (2, 30, true)]),
    ];
    for (effect, expected) in cases {
        let mut network = Network::default();
        let group = network.add_group("cas", 1, 1, None, None, Balancing::RoundRobin);
        let program = network.add_program(vec![serve(group, 10 * MS), Leg::End]);
        let mut script = Script {
            openings: vec![at(0, program), at(0, program), at(0, program), at(7, program)],
            edges: vec![
                (SimTime(5 * MS), Edge::Station(0, effect)),
                (SimTime(25 * MS), Edge::Station(0, Availability::Up)),
            ],
            ..Script::default()
        };
        let report = play(&network, &mut script, 1);
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(owner, ms, completed)| {
                let outcome = if completed { Outcome::Completed } else { Outcome::StationDown(0) };
                (owner, ms * MS, outcome)
            })
            .collect();
        assert_eq!(ends(&script), expected, "{effect:?}");
        assert_eq!(report.stations[0].down, SimSpan::from_millis(20));
    }
}

/// A request each millisecond that takes one, with a patience of 100 s; one in a
/// thousand stays for ever and is timed out. Their deadlines are forgotten soon after
/// their ends: the lane would else hold 100,000.
#[test]
fn a_lane_forgets_requests_that_have_ended() {
    #[derive(Default)]
    struct Stream {
        programs: [Option<Program>; 2],
        opened: u32,
        most: usize,
        late: Vec<(SimTime, Outcome)>,
    }
    impl Driver for Stream {
        fn start(&mut self, engine: &mut Engine<'_>) {
            engine.timer(SimTime::ZERO, 0);
        }
        fn timer(&mut self, engine: &mut Engine<'_>, _: u32) {
            let stays = usize::from(self.opened.is_multiple_of(1000));
            engine.open(&Opening {
                program: self.programs[stays].unwrap(),
                key: Key::root(1, 0),
                owner: self.opened,
                tag: 0,
                class: 0,
                params: [0; PARAMS],
                slots: [UNBOUND; SLOTS],
                patience: SimSpan::from_secs(100),
            });
            self.opened += 1;
            self.most = self.most.max(engine.state.lanes[0].deadlines.len());
            engine.timer(engine.now() + SimSpan::from_millis(1), 0);
        }
        fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
            if ended.outcome != Outcome::Completed {
                self.late.push((SimTime(engine.now().0 - ended.opened_at.0), ended.outcome));
            }
        }
    }
    let mut network = Network::default();
    let delay = |span: SimSpan| Leg::Delay { amount: fixed(span.0), part: Part::Other };
    let soon = network.add_program(vec![delay(SimSpan::from_millis(1)), Leg::End]);
    let never = network.add_program(vec![delay(SimSpan::from_secs(100_000)), Leg::End]);
    let mut stream = Stream { programs: [Some(soon), Some(never)], ..Stream::default() };
    let horizon = Horizon {
        measured_from: SimTime::ZERO,
        ends_at: SimTime(150 * 1_000 * MS),
        interval: SimSpan::from_secs(1),
        most_in_flight: u32::MAX,
        run_off: false,
    };
    run(&network, &mut stream, horizon, &mut Unwatched).unwrap();
    assert_eq!(stream.opened, 150_000);
    assert!(stream.most <= 1024, "{} deadlines", stream.most);
    // Opened at 0 s to 49 s, each timed out after its patience.
    assert_eq!(stream.late, vec![(SimTime(100 * 1_000 * MS), Outcome::TimedOut); 50]);
}

/// Patience of 15 ms against 10 ms of service on one core: #1 waits from 0 to
/// 10, is served from 10, gives up at 15 and frees the core for #2 (arrived at
/// 14, served 15 -> 25).
#[test]
fn patience_frees_the_core() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, None, None, Balancing::RoundRobin);
    let program = network.add_program(vec![serve(group, 10 * MS), Leg::End]);
    let patient = |ms| (SimTime(ms * MS), program, SimSpan::from_millis(15));
    let mut script = Script { openings: vec![at(0, program), patient(0), patient(14)], ..Script::default() };
    play(&network, &mut script, 1);
    assert_eq!(
        ends(&script),
        [(0, 10 * MS, Outcome::Completed), (1, 15 * MS, Outcome::TimedOut), (2, 25 * MS, Outcome::Completed)]
    );
}

/// Two units at the pool: the third request is refused while two hold, and a
/// request that ends gives its unit back.
#[test]
fn a_pool_refuses_and_is_given_back() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, None, Some(2), Balancing::RoundRobin);
    let place = LegPlace::Slot { slot: 0, group };
    let hold = Leg::Delay { amount: fixed(10 * MS), part: Part::Other };
    let program = network.add_program(vec![Leg::Acquire { place }, hold, Leg::End]);
    let mut script = Script {
        openings: vec![at(0, program), at(1, program), at(2, program), at(11, program)],
        ..Script::default()
    };
    let report = play(&network, &mut script, 1);
    let outcomes: Vec<_> = script.ends.iter().map(|e| (e.0, e.2)).collect();
    assert_eq!(
        outcomes,
        [
            (2, Outcome::PoolFull(0)),
            (0, Outcome::Completed),
            (1, Outcome::Completed),
            (3, Outcome::Completed)
        ]
    );
    assert_eq!((report.stations[0].units, report.stations[0].units_max), (30_000_000, 2));
}

/// Each holds a unit of #0's pool. At 5 ms, when #0 dies, one is in service there and
/// one waits for it; one is held, one in service at station #1: four lose their
/// connection and are killed at #0 once each. At #1 one has left early, nobody was
/// killed, and whoever holds no unit of #0 is served on.
#[test]
fn an_outage_kills_all_who_hold_a_connection_wherever_they_stand() {
    let mut network = Network::default();
    let group = network.add_group("cas", 1, 1, None, Some(9), Balancing::RoundRobin);
    let other = network.add_group("mailbox", 1, 2, None, None, Balancing::RoundRobin);
    let acquire = Leg::Acquire { place: LegPlace::Slot { slot: 0, group } };
    let behind = Leg::Serve {
        place: LegPlace::Slot { slot: 1, group: other },
        amount: fixed(10 * MS),
        queue_part: Part::MailboxQueue,
    };
    let hold = Leg::Delay { amount: fixed(10 * MS), part: Part::Other };
    let here = network.add_program(vec![acquire.clone(), serve(group, 10 * MS), Leg::End]);
    let held = network.add_program(vec![acquire.clone(), hold, Leg::End]);
    let away = network.add_program(vec![acquire, behind.clone(), Leg::End]);
    let free = network.add_program(vec![behind, Leg::End]);
    let mut script = Script {
        openings: vec![at(0, here), at(0, here), at(0, held), at(0, away), at(0, free)],
        edges: vec![(SimTime(5 * MS), Edge::Station(0, Availability::Killed))],
        ..Script::default()
    };
    let report = play(&network, &mut script, 1);
    let mut all = ends(&script);
    all.sort_by_key(|end| end.0);
    let down = |owner| (owner, 5 * MS, Outcome::StationDown(0));
    assert_eq!(all, [down(0), down(1), down(2), down(3), (4, 10 * MS, Outcome::Completed)]);
    let [cas, mailbox] = &report.stations[..] else { panic!("two stations") };
    assert_eq!((cas.arrivals, cas.killed, cas.killed_away, cas.aborted), (2, 2, 2, 0));
    assert_eq!((mailbox.arrivals, mailbox.killed, mailbox.killed_away), (2, 0, 0));
    assert_eq!((mailbox.aborted, mailbox.completed), (1, 1));
}

/// A slot is bound once and kept: over two servers by turns, each request's two
/// visits are at the same server (E2).
#[test]
fn a_binding_is_kept_for_the_way_back() {
    let mut network = Network::default();
    let group = network.add_group("cas", 2, 1, None, None, Balancing::RoundRobin);
    let wait = Leg::Delay { amount: fixed(MS), part: Part::Other };
    let program = network.add_program(vec![serve(group, MS), wait, serve(group, MS), Leg::End]);
    let mut script = Script { openings: (0..10).map(|i| at(7 * i, program)).collect(), ..Script::default() };
    let report = play(&network, &mut script, 1);
    assert_eq!([report.stations[0].completed, report.stations[1].completed], [10, 10]);
    assert!(script.ends.iter().all(|e| e.1.0 % (7 * MS) == 3 * MS));
}

/// With `hosted` all its servers share two cores.
fn random_network(hosted: bool) -> (Network, Vec<Program>) {
    let mut network = Network::default();
    let a = network.add_group("a", 2, 2, Some(3), Some(6), Balancing::LeastConnections);
    let b = network.add_group("b", 1, 1, None, None, Balancing::ClientAffinity);
    if hosted {
        let host = network.add_group("host", 1, 2, None, None, Balancing::RoundRobin);
        let host = network.groups[host.index()].first;
        network.shared.push(SharedCores { host, machines: vec![0, 1, 2] });
    }
    let link = network.add_link("l", 2e5);
    let law = |mean: f64| Sampler::clone(&Distribution::Exponential { mean }.sampler());
    let drawn = |mean: f64, role| Amount::Drawn { sampler: law(mean), role: Role::new(role), scale: 1.0 };
    let place = |slot, group| LegPlace::Slot { slot, group };
    let full = network.add_program(vec![
        Leg::Acquire { place: place(0, a) },
        Leg::Serve { place: place(0, a), amount: drawn(5e6, "a"), queue_part: Part::EntryQueue },
        Leg::transfer(&[link], drawn(2e3, "t"), 5e4),
        Leg::Serve { place: place(1, b), amount: drawn(3e6, "b"), queue_part: Part::MailboxQueue },
        Leg::Branch { role: Role::new("again"), targets: vec![(0.4, 1), (1.0, 5)] },
        Leg::transfer(&[link], drawn(5e3, "u"), f64::INFINITY),
        Leg::Delay { amount: drawn(4e6, "d"), part: Part::ClientNetwork },
        Leg::End,
    ]);
    let plain = network.add_program(vec![
        Leg::Delay { amount: drawn(1e6, "d"), part: Part::Dns },
        Leg::Serve { place: place(0, a), amount: drawn(8e6, "a"), queue_part: Part::EntryQueue },
        Leg::Release { place: place(0, a) },
        Leg::Fail { reason: 3 },
    ]);
    (network, vec![full, plain])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// E3, E4, E6 and E7 under outages of stations and links, aborts and patience.
    #[test]
    fn conservation_and_littles_law_hold_under_abuse(
        opens in prop::collection::vec((0_u64..400, 0_usize..2, 0_u64..40), 1..120),
        edges in prop::collection::vec((0_u64..400, 0_u32..4, 0_u8..4), 0..12),
        aborts in prop::collection::vec((0_u64..400, 0_usize..120), 0..20),
        hosted in prop::bool::ANY,
    ) {
        let (network, programs) = random_network(hosted);
        let mut script = Script {
            openings: opens.iter()
                .map(|&(ms, which, patience)| (SimTime(ms * MS), programs[which], SimSpan::from_millis(patience)))
                .collect(),
            edges: edges.iter().map(|&(ms, station, to)| {
                let to = [Availability::Up, Availability::Killed, Availability::Draining, Availability::Holding][usize::from(to)];
                let edge = if station == 3 {
                    Edge::Link(0, to != Availability::Up, to == Availability::Killed)
                } else {
                    Edge::Station(station, to)
                };
                (SimTime(ms * MS), edge)
            }).collect(),
            aborts: aborts.iter().map(|&(ms, which)| (SimTime(ms * MS), which)).collect(),
            ..Script::default()
        };
        let report = play(&network, &mut script, 2);
        prop_assert_eq!(report.requests[0], opens.len() as u64);
        prop_assert_eq!(report.requests[1] + report.requests[2], script.ends.len() as u64);
    }
}
