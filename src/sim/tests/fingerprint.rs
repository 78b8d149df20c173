//! A fingerprint of the engine: one run that uses every leg, every amount, every
//! policy and every kind of outage, pinned figure by figure.
//!
//! A changed figure is not wrong by itself: it says that trajectories have changed,
//! and with them every result. Whoever means to change them says so in
//! CHANGELOG.md and writes the new figures here; nobody else should see this fail.

use super::*;
use crate::itinerary::{LinkDirection, SlowStart};
use crate::kernel::distribution::Distribution;
use rand::RngExt;

const PINNED: (u64, [u64; 4], u64, u64, u64) =
    (1563, [660, 148, 482, 30], 0x9ae2_7258_8323_f127, 0xb8f6_e3e7_e456_ac9f, 0xaac9_34f6_ecb0_7c14);
const RUN_OFF: (u64, u64, u64, u64) =
    (1704, 0x08c3_be2d_8abf_80a4, 0xd295_2b57_a891_3566, 0xaac9_34f6_ecb0_7c14);

/// Draws of the script itself.
fn number(n: u64, below: u64) -> u64 {
    Key::root(77, 0).child(n).stream(Role::new("script"), 0).random_range(0..below)
}

/// A unit of a station's pool that no request takes: counted as refused when full.
fn hold_unit(engine: &mut Engine<'_>, station: u32) -> bool {
    let now = engine.now();
    engine.state.stations[station as usize].take_unit(now)
}

fn free_unit(engine: &mut Engine<'_>, station: u32) {
    let now = engine.now();
    engine.state.stations[station as usize].give_unit(now);
}

fn exponential(mean: f64) -> Sampler {
    Distribution::Exponential { mean }.sampler()
}

fn lognormal(mean: f64) -> Sampler {
    Distribution::LogNormal { mean, cv: 1.2 }.sampler()
}

fn place(slot: u8, group: Id<StationGroup>) -> LegPlace {
    LegPlace::Slot { slot, group }
}

fn drawn(sampler: Sampler, name: &str) -> Amount {
    Amount::Drawn { sampler, role: Role::new(name), scale: 0.5 }
}

/// Holds a unit, crosses a link, is served twice, and comes back now and then.
fn forwarded(turns: Id<StationGroup>, least: Id<StationGroup>, few: Id<LinkDirection>) -> Vec<Leg> {
    let role = Role::new;
    vec![
        Leg::Delay { amount: Amount::Param { index: 0, factor: 1.5 }, part: Part::ClientNetwork },
        Leg::Acquire { place: place(0, turns) },
        Leg::Serve {
            place: place(0, turns),
            amount: drawn(lognormal(9e6), "cpu"),
            queue_part: Part::EntryQueue,
        },
        Leg::transfer(&[few], drawn(lognormal(8e3), "bits"), 9e4),
        Leg::Transfer {
            links: [few].into(),
            amount: drawn(lognormal(8e3), "bits"),
            cap: f64::INFINITY,
            capped: Part::WanPropagation,
            slow: Some(SlowStart { initial_bits: 1e3, window_bits: 3e3, index: Some(1), fixed_ns: 300_000 }),
            line: None,
            part: Part::WanTransfer,
        },
        Leg::Serve {
            place: place(1, least),
            amount: drawn(exponential(8e6), "store"),
            queue_part: Part::MailboxQueue,
        },
        Leg::Mark,
        Leg::Branch { role: role("again"), targets: vec![(0.3, 2), (0.4, 8), (1.0, 9)] },
        Leg::Fail { reason: 5 },
        Leg::transfer(&[few], Amount::Fixed(1_500), f64::INFINITY),
        Leg::Release { place: place(0, turns) },
        Leg::End,
    ]
}

/// Holds nothing, binds one server, branches and jumps ahead.
fn passing(turns: Id<StationGroup>, same: Id<StationGroup>) -> Vec<Leg> {
    let role = Role::new;
    vec![
        Leg::Serve {
            place: LegPlace::Any { group: turns },
            amount: drawn(exponential(6e6), "any"),
            queue_part: Part::EntryQueue,
        },
        Leg::Serve {
            place: place(2, same),
            amount: drawn(exponential(1e7), "same"),
            queue_part: Part::EntryQueue,
        },
        Leg::Delay { amount: drawn(exponential(4e6), "over"), part: Part::Dns },
        Leg::Branch { role: role("twice"), targets: vec![(0.25, 1), (1.0, 4)] },
        Leg::Jump { to: 6 },
        Leg::Fail { reason: 9 },
        Leg::Delay { amount: drawn(exponential(5e3), "short"), part: Part::Handshake },
        Leg::End,
    ]
}

struct World {
    network: Network,
    programs: Vec<Program>,
    turns: Id<StationGroup>,
}

fn world() -> World {
    let mut network = Network::default();
    let turns = network.add_group("turns", 3, 1, Some(4), Some(8), Balancing::RoundRobin);
    let least = network.add_group("least", 3, 2, None, Some(6), Balancing::LeastConnections);
    let same = network.add_group("same", 4, 1, Some(6), None, Balancing::ClientAffinity);
    for station in &mut network.stations {
        station.keep_visits = true;
    }
    let few = network.add_link("few caps", 3e5);
    let many = network.add_link("many caps", 4e5);
    let mut programs =
        vec![network.add_program(forwarded(turns, least, few)), network.add_program(passing(turns, same))];
    // More caps than are kept exactly.
    for n in 0..30 {
        programs.push(network.add_program(vec![
            Leg::Acquire { place: place(1, least) },
            Leg::transfer(&[many], drawn(exponential(9e3), "bits"), 4e4 * libm::pow(1.09, f64::from(n))),
            Leg::End,
        ]));
    }
    World { network, programs, turns }
}

/// Everything that can be asked of an engine, in a fixed order.
struct Storm {
    programs: Vec<Program>,
    turns: Id<StationGroup>,
    ids: Vec<RequestId>,
    held: Vec<u32>,
    log: u64,
    seen: [u64; 7],
    windows: u32,
    open_until: SimTime,
}

impl Storm {
    fn new(world: &World) -> Self {
        Self {
            programs: world.programs.clone(),
            turns: world.turns,
            ids: Vec::new(),
            held: Vec::new(),
            log: 0,
            seen: [0; 7],
            windows: 0,
            open_until: SimTime::MAX,
        }
    }

    fn note(&mut self, values: &[u64]) {
        for &value in values {
            self.log = Key(self.log).child(value).0;
        }
    }

    fn open(&mut self, engine: &mut Engine<'_>, n: u64) {
        let mut slots = [UNBOUND; SLOTS];
        if n.is_multiple_of(11) {
            slots[0] = engine.choose(self.turns, n);
        }
        let patience = match n % 4 {
            0 => SimSpan::from_millis(25),
            1 => SimSpan::from_millis(60),
            _ => SimSpan::ZERO,
        };
        let id = engine.open(&Opening {
            // The two long programs for a third each, the many caps for the rest.
            program: self.programs[match n % 3 {
                0 => 0,
                1 => 1,
                _ => number(n, self.programs.len() as u64) as usize,
            }],
            key: Key::root(5, 1).child(n / 2),
            owner: n as u32,
            tag: (n % 7) as u32,
            class: 0,
            params: [number(n + 1, 3 * MS), number(n + 2, 2 * MS), 1 + number(n + 3, 5_000)],
            slots,
            patience,
        });
        self.ids.push(id);
    }
}

impl Driver for Storm {
    fn start(&mut self, engine: &mut Engine<'_>) {
        let mut at = 0;
        for n in 0..450_u32 {
            at += number(u64::from(n) + 9_000, 4 * MS);
            engine.timer(SimTime(at), n);
        }
        for n in 0..60_u32 {
            engine.edge(SimTime(u64::from(n) * 15 * MS + number(u64::from(n), MS)), n);
        }
    }

    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        let n = u64::from(token);
        if engine.now() < self.open_until {
            self.open(engine, n);
        }
        match token % 17 {
            3 => {
                let which = self.ids[number(n, self.ids.len() as u64) as usize];
                self.seen[0] += u64::from(engine.abort(which, (token % 5) as u8));
            }
            5 => {
                let station = (token / 17) % 3;
                if hold_unit(engine, station) {
                    self.held.push(station);
                    self.seen[1] += 1;
                }
            }
            11 => {
                if let Some(station) = self.held.pop() {
                    free_unit(engine, station);
                }
            }
            _ => {}
        }
        let (pending, near) = engine.pending();
        self.note(&[pending as u64, u64::from(near <= pending), engine.in_flight(), engine.events()]);
    }

    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        let station = token % engine.network().stations.len() as u32;
        match token % 10 {
            0 => {
                engine.set_availability(station, Availability::Killed);
                self.seen[2] += u64::from(engine.availability(station) == Availability::Killed);
            }
            2 => engine.set_availability(station, Availability::Holding),
            4 => engine.set_availability(station, Availability::Draining),
            6 => engine.set_link(Id::new((token / 10) as usize % 2), true, token % 20 == 6),
            7 => engine.set_link(Id::new((token / 10) as usize % 2), false, false),
            8 => engine.avoid(station, true),
            9 => {
                for station in 0..10 {
                    self.seen[2] += u64::from(engine.availability(station) == Availability::Up);
                    engine.avoid(station, false);
                    engine.set_availability(station, Availability::Up);
                }
            }
            _ => engine.set_availability(station, Availability::Up),
        }
    }

    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        let outcome = match ended.outcome {
            Outcome::Completed => 0,
            Outcome::QueueFull(at) => 100 + u64::from(at),
            Outcome::PoolFull(at) => 200 + u64::from(at),
            Outcome::StationDown(at) => 300 + u64::from(at),
            Outcome::LinkDown(at) => 400 + u64::from(at),
            Outcome::Refused(reason) => 450 + u64::from(reason),
            Outcome::Failed(reason) => 500 + u64::from(reason),
            Outcome::TimedOut => 600,
            Outcome::Aborted(reason) => 700 + u64::from(reason),
        };
        self.seen[3 + (outcome / 200) as usize] += 1;
        let now = engine.now().0;
        self.note(&[u64::from(ended.owner), u64::from(ended.tag), now, ended.opened_at.0, outcome]);
        self.note(&[ended.marked_at.0]);
        self.note(&ended.parts.map(u64::from));
        self.note(&ended.slots.map(u64::from));
        // Some try again at once.
        if (100..400).contains(&outcome) && ended.owner < 2_000 && engine.now() < self.open_until {
            self.open(engine, u64::from(ended.owner) + 2_000);
        }
    }

    fn window_ended(&mut self, engine: &mut Engine<'_>) {
        self.windows += 1;
        self.open_until = engine.now();
    }
}

/// Sums over stations and links, and a hash over everything.
fn figures(run_off: bool) -> (EngineReport, Storm, u64) {
    let world = world();
    let mut storm = Storm::new(&world);
    let horizon = Horizon {
        measured_from: SimTime(120 * MS),
        ends_at: SimTime(830 * MS),
        interval: SimSpan::from_millis(100),
        run_off,
        most_in_flight: u32::MAX,
    };
    let report = run(&world.network, &mut storm, horizon, &mut Unwatched).expect("nobody stops it");
    assert_eq!(report.violations, Vec::<String>::new());
    let mut hash = Key(0);
    let mut add = |value: u64| hash = hash.child(value);
    for s in &report.stations {
        let percentile = |h: &Option<crate::stats::histogram::Histogram>| {
            h.as_ref().map_or(0, |h| h.percentile(0.5).unwrap_or(0))
        };
        for area in [s.busy, s.waiting, s.present, s.units, s.wait_sum, s.sojourn_sum, s.service_sum] {
            add(area as u64);
        }
        for count in [
            s.waiting_max,
            s.units_max,
            s.arrivals,
            s.refused_queue,
            s.refused_pool,
            s.refused_down,
            s.killed,
            s.aborted,
            s.completed,
            s.waited,
            s.wait_count,
            s.down.0,
        ] {
            add(count);
        }
        for value in [s.wait_squares, s.sojourn_squares] {
            add(value.to_bits());
        }
        add(percentile(&s.wait));
        add(percentile(&s.sojourn));
    }
    for l in &report.links {
        for value in [l.offered_bits, l.carried_bits, l.sojourn_squares, l.slowdown_sum] {
            // Not the last bits: the order of a sum of floats is no promise.
            add((value * 1e-3).round() as u64);
        }
        for count in [l.transfers, l.completed, l.killed, l.present_max, l.down.0] {
            add(count);
        }
        add(l.sojourn_sum as u64);
        add(l.present as u64);
    }
    for interval in &report.intervals {
        for value in
            interval.stations.iter().flat_map(|station| &station[..4]).chain(interval.links.iter().flatten())
        {
            add(value.round() as u64);
        }
    }
    report.requests.iter().for_each(|&count| add(count));
    let whole = hash.0;
    (report, storm, whole)
}

#[test]
fn the_engine_has_its_fingerprint() {
    let (report, storm, hash) = figures(false);
    assert_eq!(storm.windows, 1);
    assert_eq!(report.intervals.len(), 8, "the last one is shorter");
    let sums = |pick: fn(&measured::StationReport) -> u64| report.stations.iter().map(pick).sum::<u64>();
    let seen = [
        sums(|s| s.arrivals),
        sums(|s| s.completed),
        sums(|s| s.refused_queue),
        sums(|s| s.refused_pool),
        sums(|s| s.refused_down),
        sums(|s| s.killed),
        sums(|s| s.aborted),
        report.links.iter().map(|l| l.killed).sum(),
    ];
    assert!(seen.iter().all(|&count| count > 0), "everything happens: {seen:?}");
    assert!(storm.seen.iter().all(|&count| count > 0), "everything happens: {:?}", storm.seen);
    assert_eq!(
        (report.events, report.requests, report.trajectory_hash, storm.log, hash),
        PINNED,
        "trajectories have changed"
    );
}

/// Playing on changes nothing of the window; afterwards nothing is in flight.
#[test]
fn a_run_off_plays_on_without_touching_the_window() {
    let (report, storm, hash) = figures(true);
    let (short, ..) = figures(false);
    assert_eq!(report.stations, short.stations);
    assert_eq!(report.intervals, short.intervals);
    assert_eq!(storm.windows, 1);
    assert_eq!(
        (report.events, report.trajectory_hash, storm.log, hash),
        RUN_OFF,
        "trajectories have changed"
    );
}

/// A watch stops a run between two events, and hears of the clock and the events.
#[test]
fn a_watch_stops_a_run() {
    struct Stop(Vec<(SimTime, u64)>);
    impl Watch for Stop {
        fn look(&mut self, now: SimTime, events: u64) -> bool {
            self.0.push((now, events));
            self.0.len() == 2
        }
    }
    let mut network = Network::default();
    let wait = Leg::Delay { amount: fixed(1000), part: Part::Other };
    let program = network.add_program(vec![wait, Leg::Jump { to: 0 }]);
    let mut script = Script { openings: vec![at(0, program)], ..Script::default() };
    let mut stop = Stop(Vec::new());
    let horizon = Horizon {
        measured_from: SimTime::ZERO,
        ends_at: SimTime(1_000_000_000),
        interval: SimSpan::from_secs(1),
        run_off: false,
        most_in_flight: u32::MAX,
    };
    assert!(run(&network, &mut script, horizon, &mut stop).is_err());
    let events: Vec<u64> = stop.0.iter().map(|look| look.1).collect();
    assert_eq!(events, [0x4000, 0x8000]);
    assert_eq!(stop.0[0].0, SimTime(0x3FFF * 1000));
}
