//! Relations that hold whatever the right answer is: of a changed model the result
//! must change in a known way, or not at all. All but one are exact, session by session;
//! `relations.rs` has those that hold with Exchange clients.

use std::collections::BTreeMap;
use std::sync::Arc;

use casim::kernel::distribution::Distribution;
use casim::kernel::random::{Key, Role};
use casim::kernel::{Id, SimSpan, SimTime};
use casim::model::release::Generation;
use casim::model::topology::Topology;
use casim::model::workload::{
    Arrivals, CustomClass, CustomDelay, CustomLink, CustomSource, CustomStation, Outage, OutageEffect,
    OutageTiming, RouteNode, Target, Visit, Workload,
};
use casim::model::{Experiment, Model};
use casim::results::SessionRecord;
use rand::RngExt;

use crate::support;

const SECOND: u64 = 1_000_000_000;

/// Begin and end of every session by its id.
type Lives = BTreeMap<u64, (u64, u64)>;

fn play(workload: Workload, scale: u64) -> Vec<SessionRecord> {
    replicate(workload, scale, 1)
}

/// All rows of so many replications.
fn replicate(workload: Workload, scale: u64, replications: u32) -> Vec<SessionRecord> {
    let model = Model { topology: Topology::empty(Generation::E2007), workload };
    let experiment = Experiment {
        seed: 3,
        replications,
        warmup: SimSpan(10 * SECOND * scale),
        window: SimSpan(200 * SECOND * scale),
        window_starts_at_utc: SimSpan::ZERO,
        interval: SimSpan::ZERO,
        run_off: true,
        most_in_flight: u32::MAX,
    };
    let (_, rows) = support::play(&model, &experiment);
    assert!(rows.len() > 500, "{} sessions say little", rows.len());
    rows
}

fn lives(rows: &[SessionRecord]) -> Lives {
    rows.iter().map(|row| (row.session_id, (row.start.0, row.end.0))).collect()
}

fn station(name: &str, cores: u32, service: Distribution) -> CustomStation {
    CustomStation { name: name.into(), stream: name.into(), servers: 1, cores, queue_limit: None, service }
}

fn source(name: &str, arrivals: Arrivals, nodes: Vec<RouteNode>) -> CustomSource {
    let classes = vec![CustomClass { name: "all".into(), probability: 1.0, nodes, entry: 0 }];
    CustomSource {
        name: name.into(),
        stream: name.into(),
        arrivals,
        classes,
        retries: 0,
        retry_backoff: SimSpan::ZERO,
    }
}

fn path(stops: &[Visit]) -> Vec<RouteNode> {
    let last = stops.len() - 1;
    let node =
        |(i, &visit): (usize, &Visit)| RouteNode { visit, next: vec![(1.0, (i < last).then_some(i + 1))] };
    stops.iter().enumerate().map(node).collect()
}

/// An open and a closed source over two stations, a link and a delay.
fn network() -> Workload {
    let stops = [
        Visit::Delay(Id::new(0), 2),
        Visit::Station(Id::new(0)),
        Visit::Link(Id::new(0)),
        Visit::Station(Id::new(1)),
    ];
    Workload {
        stations: vec![
            station("cas", 2, Distribution::Exponential { mean: 0.15e9 }),
            station("mailbox", 1, Distribution::LogNormal { mean: 0.05e9, cv: 1.5 }),
        ],
        links: vec![CustomLink {
            name: "wan".into(),
            stream: "wan".into(),
            bandwidth: 1e6,
            volume: Distribution::Constant(50_000.0),
        }],
        delays: vec![CustomDelay {
            name: "rtt".into(),
            stream: "rtt".into(),
            span: Distribution::Exponential { mean: 0.04e9 },
        }],
        sources: vec![
            source("open", Arrivals::Poisson { rate: 8.0 }, path(&stops)),
            source(
                "closed",
                Arrivals::Closed { users: 12, think: Distribution::Exponential { mean: 5e9 } },
                path(&stops[1..]),
            ),
        ],
        ..Workload::default()
    }
}

fn outage(at: u64, span: u64, effect: OutageEffect) -> Outage {
    Outage {
        name: String::new(),
        stream: "cut".into(),
        target: Target::Station(Id::new(0)),
        before_run: SimSpan::ZERO,
        timing: OutageTiming::Once { at: SimTime(at), span: SimSpan(span) },
        effect,
    }
}

/// Every time doubled, every result doubled: whole nanoseconds throughout, so that
/// no rounding is in between.
#[test]
fn all_times_doubled_doubles_all_times() {
    let draw = |n: u64, below: u64| Key(n).stream(Role::new("test"), 0).random_range(1..below);
    let scaled = |scale: u64| {
        let mut at = 0;
        let instants = (0..2000)
            .map(|n| {
                at += draw(n, SECOND / 5) * scale;
                SimTime(at)
            })
            .collect();
        let services: Vec<f64> = (0..97).map(|n| (draw(n + 5000, SECOND / 6) * scale) as f64).collect();
        let stops = [Visit::Delay(Id::new(0), 1), Visit::Station(Id::new(0)), Visit::Station(Id::new(1))];
        let workload = Workload {
            stations: vec![
                station("cas", 1, Distribution::Empirical(Arc::from(services))),
                station("mailbox", 1, Distribution::Constant((SECOND / 12 * scale) as f64)),
            ],
            delays: vec![CustomDelay {
                name: "rtt".into(),
                stream: "rtt".into(),
                span: Distribution::Constant((SECOND / 25 * scale) as f64),
            }],
            sources: vec![source("trace", Arrivals::Trace(instants), path(&stops))],
            outages: vec![outage(50 * SECOND * scale, 3 * SECOND * scale, OutageEffect::Hold)],
            ..Workload::default()
        };
        lives(&play(workload, scale))
    };
    let (once, twice) = (scaled(1), scaled(2));
    let doubled: Lives = once.iter().map(|(&id, &(start, end))| (id, (2 * start, 2 * end))).collect();
    assert!(doubled == twice, "a doubled run is not the run doubled");
}

/// One more core raises no wait at an FCFS station fed by the same stream.
#[test]
fn one_more_core_raises_no_wait() {
    let with = |cores| {
        let mut workload = Workload {
            stations: vec![station("cas", cores, Distribution::LogNormal { mean: 0.2e9, cv: 2.0 })],
            ..Workload::default()
        };
        let stops = path(&[Visit::Station(Id::new(0))]);
        workload.sources.push(source("open", Arrivals::Poisson { rate: 9.0 }, stops));
        lives(&play(workload, 1))
    };
    let (two, three) = (with(2), with(3));
    assert_eq!(two.len(), three.len());
    assert!(two.iter().all(|(id, &(start, end))| three[id].0 == start && three[id].1 <= end));
    assert!(two.iter().any(|(id, &(_, end))| three[id].1 < end), "the third core does something");
}

/// Sizes and bandwidth doubled together change nothing.
#[test]
fn twice_the_bits_over_twice_the_bandwidth() {
    let mut doubled = network();
    doubled.links[0].bandwidth *= 2.0;
    doubled.links[0].volume = doubled.links[0].volume.scaled(2.0);
    assert!(lives(&play(network(), 1)) == lives(&play(doubled, 1)), "a transfer takes another time");
}

#[test]
fn an_outage_of_no_length_changes_nothing() {
    let before = play(network(), 1);
    for effect in [OutageEffect::Kill, OutageEffect::Drain, OutageEffect::Hold] {
        let mut struck = network();
        struck.outages.push(outage(60 * SECOND, 0, effect));
        assert!(play(struck, 1) == before, "{effect:?} of no length has an effect");
    }
}

/// A source that never sends anybody changes nothing.
#[test]
fn a_source_without_sessions_changes_nothing() {
    let mut with = network();
    let never = Arrivals::Trace(vec![SimTime(100_000 * SECOND)]);
    with.sources.push(source("nobody", never, path(&[Visit::Station(Id::new(0))])));
    assert!(play(network(), 1) == play(with, 1), "nobody has an effect");
}

/// The order of declarations is not in the results.
#[test]
fn reordering_declarations_changes_no_session() {
    let mut turned = network();
    turned.stations.reverse();
    turned.sources.reverse();
    for node in turned.sources.iter_mut().flat_map(|s| &mut s.classes).flat_map(|c| &mut c.nodes) {
        if let Visit::Station(id) = &mut node.visit {
            *id = Id::new(1 - id.index());
        }
    }
    assert!(lives(&play(network(), 1)) == lives(&play(turned, 1)), "the order of declarations shows");
}

/// Nor where they all come at one instant: they take their turn by name.
#[test]
fn reordering_sources_that_come_together_changes_no_session() {
    let at = |instants: &[u64]| Arrivals::Trace(instants.iter().map(|s| SimTime(s * SECOND)).collect());
    let stops = [Visit::Station(Id::new(0))];
    let pause = Distribution::Constant(1e9);
    let sources = vec![
        source("beta", at(&[11, 12, 12, 15]), path(&stops)),
        source("alpha", at(&[11, 12, 14]), path(&stops)),
        source("delta", Arrivals::Closed { users: 3, think: pause.clone() }, path(&stops)),
        source("gamma", Arrivals::Closed { users: 2, think: pause }, path(&stops)),
    ];
    let stations = vec![station("cas", 1, Distribution::Constant(1e8))];
    let declared = Workload { sources, stations, ..Workload::default() };
    let mut turned = declared.clone();
    turned.sources.reverse();
    assert!(lives(&play(declared, 1)) == lives(&play(turned, 1)), "the order of declarations shows");
}

/// Renaming with the old name as stream changes no session; without it, it does.
#[test]
fn a_renamed_station_keeps_its_stream() {
    let before = lives(&play(network(), 1));
    let mut renamed = network();
    renamed.stations[0].name = "CAS01".into();
    renamed.sources[1].name = "staff".into();
    assert!(lives(&play(renamed.clone(), 1)) == before, "a new name moves draws");
    renamed.stations[0].stream = "CAS01".into();
    let after = lives(&play(renamed, 1));
    assert!(after != before);
    // Sessions of the open source begin when they did: only services have moved.
    let same = before.iter().filter(|(id, life)| after.get(id).is_some_and(|l| l.0 == life.0)).count();
    assert!(same > 1000, "{same} of {} begin as before", before.len());
}

/// With next to no load every session takes the sum of its services and delays.
#[test]
fn without_load_nobody_waits() {
    let instants = (0..1000).map(|n| SimTime((11 * SECOND) + n * SECOND / 6)).collect();
    let stops = [Visit::Delay(Id::new(0), 3), Visit::Station(Id::new(0)), Visit::Link(Id::new(0))];
    let mut workload = network();
    workload.delays[0].span = Distribution::Constant(7e6);
    workload.stations[0].service = Distribution::Constant(11e6);
    workload.sources = vec![source("sparse", Arrivals::Trace(instants), path(&stops))];
    // 3 x 7 ms + 11 ms + 50 kbit / 1 Mbit/s.
    assert!(lives(&play(workload, 1)).values().all(|(start, end)| end - start == 82_000_000));
}

/// A source in two halves agrees with the whole in distribution, an open one (a Poisson
/// process is the sum of two of half its rate) and a closed one (its users are alike):
/// mean, second moment and tail of the sojourn, over 20 replications each, within 4.5
/// standard errors of the difference. With 38 degrees of freedom one figure is further
/// off once in 16,000 draws; false alarm of the six below 1 in 2,600, and the seed is
/// fixed.
#[test]
fn a_source_in_halves_agrees_in_distribution() {
    const REPLICATIONS: u32 = 20;
    // By source of the whole (open, closed), of its sessions in every replication.
    let figures = |workload: Workload| -> [Vec<[f64; 3]>; 2] {
        let rows = replicate(workload, 1, REPLICATIONS);
        [0, 1].map(|which| {
            let of = |n: u32| {
                let mine = |r: &&SessionRecord| r.replication == n && r.population % 2 == which;
                let spans: Vec<f64> =
                    rows.iter().filter(mine).map(|r| (r.end.0 - r.start.0) as f64 / 1e9).collect();
                let mean =
                    |of: fn(f64) -> f64| spans.iter().map(|&s| of(s)).sum::<f64>() / spans.len() as f64;
                [mean(|s| s), mean(|s| s * s), mean(|s| f64::from(u8::from(s > 0.8)))]
            };
            (0..REPLICATIONS).map(of).collect()
        })
    };
    let mut halves = network();
    let other = |name: &str, source: &CustomSource| CustomSource {
        name: name.into(),
        stream: name.into(),
        ..source.clone()
    };
    halves.sources[0].arrivals = Arrivals::Poisson { rate: 4.0 };
    halves.sources[1].arrivals =
        Arrivals::Closed { users: 6, think: Distribution::Exponential { mean: 5e9 } };
    halves.sources.push(other("other open", &halves.sources[0]));
    halves.sources.push(other("other closed", &halves.sources[1]));
    let (whole, halves) = (figures(network()), figures(halves));
    for (source, (one, two)) in whole.iter().zip(&halves).enumerate() {
        for figure in 0..3 {
            let moments = |all: &Vec<[f64; 3]>| {
                let n = all.len() as f64;
                let mean = all.iter().map(|v| v[figure]).sum::<f64>() / n;
                let squares = all.iter().map(|v| (v[figure] - mean) * (v[figure] - mean)).sum::<f64>();
                (mean, squares / (n - 1.0) / n)
            };
            let ((a, va), (b, vb)) = (moments(one), moments(two));
            let error = (va + vb).sqrt();
            let off = (a - b) / error;
            assert!(off.abs() < 4.5, "source {source}, figure {figure}: {a} whole, {b} in halves: {off:+.2}");
            assert!(error < 0.1 * a, "source {source}, figure {figure}: {error} of {a} says little");
        }
    }
}
