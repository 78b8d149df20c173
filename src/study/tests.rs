use std::sync::atomic::AtomicBool;

use super::system::System;
use super::*;
use crate::itinerary::Part;
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::release::Generation;
use crate::model::topology::Topology;
use crate::model::workload::{
    Arrivals, CustomClass, CustomDelay, CustomLink, CustomSource, CustomStation, Outage, OutageEffect,
    OutageTiming, RouteNode, Target, Visit, Workload,
};
use crate::model::{Adaptive, Experiment, Model, Precision};
use crate::results::{NoSessions, RunResult, SessionOutcome, SessionRecord, Sessions, SinkError};
use crate::store;

fn seconds(secs: f64) -> f64 {
    secs * 1e9
}

fn experiment(replications: u32, window: u64) -> Experiment {
    Experiment {
        seed: 7,
        replications,
        warmup: SimSpan::from_secs(20),
        window: SimSpan::from_secs(window),
        window_starts_at_utc: SimSpan::ZERO,
        interval: SimSpan::from_secs(30),
        run_off: false,
        most_in_flight: u32::MAX,
    }
}

fn model(workload: Workload) -> Model {
    Model { topology: Topology::empty(Generation::E2007), workload }
}

fn station(name: &str, cores: u32, queue_limit: Option<u32>, service: Distribution) -> CustomStation {
    CustomStation { name: name.into(), stream: name.into(), servers: 1, cores, queue_limit, service }
}

fn class(nodes: Vec<RouteNode>) -> CustomClass {
    CustomClass { name: "all".into(), probability: 1.0, nodes, entry: 0 }
}

fn source(name: &str, arrivals: Arrivals, classes: Vec<CustomClass>) -> CustomSource {
    CustomSource {
        name: name.into(),
        stream: name.into(),
        arrivals,
        classes,
        retries: 0,
        retry_backoff: SimSpan::ZERO,
    }
}

fn stop(visit: Visit, next: Option<usize>) -> RouteNode {
    RouteNode { visit, next: vec![(1.0, next)] }
}

/// Two sources over two stations, a link and a delay, with feedback, a finite
/// queue and an outage: something of everything.
fn mixed() -> Model {
    let cas = Id::new(0);
    let mailbox = Id::new(1);
    let mut workload = Workload {
        stations: vec![
            station("cas", 2, Some(6), Distribution::Exponential { mean: seconds(0.1) }),
            station("mailbox", 1, None, Distribution::LogNormal { mean: seconds(0.03), cv: 1.2 }),
        ],
        links: vec![CustomLink {
            name: "wan".into(),
            stream: "wan".into(),
            bandwidth: 1e6,
            volume: Distribution::Exponential { mean: 40_000.0 },
        }],
        delays: vec![CustomDelay {
            name: "rtt".into(),
            stream: "rtt".into(),
            span: Distribution::Constant(seconds(0.04)),
        }],
        ..Workload::default()
    };
    let there = vec![
        stop(Visit::Delay(Id::new(0), 3), Some(1)),
        RouteNode { visit: Visit::Station(cas), next: vec![(0.7, Some(2)), (0.3, None)] },
        stop(Visit::Link(Id::new(0)), Some(3)),
        RouteNode { visit: Visit::Station(mailbox), next: vec![(0.2, Some(1)), (0.8, None)] },
    ];
    workload.sources = vec![
        source("open", Arrivals::Poisson { rate: 12.0 }, vec![class(there.clone())]),
        source(
            "users",
            Arrivals::Closed { users: 15, think: Distribution::Exponential { mean: seconds(4.0) } },
            vec![class(there)],
        ),
    ];
    workload.outages = vec![Outage {
        name: String::new(),
        stream: "cut".into(),
        target: Target::Station(cas),
        before_run: SimSpan::ZERO,
        timing: OutageTiming::Once {
            at: SimTime::ZERO + SimSpan::from_secs(60),
            span: SimSpan::from_secs(5),
        },
        effect: OutageEffect::Kill,
    }];
    model(workload)
}

fn options(stop: &AtomicBool, jobs: usize) -> Options<'_> {
    Options { jobs, stop, progress: &Quiet }
}

fn play(model: &Model, experiment: &Experiment, jobs: usize) -> (RunResult, Vec<SessionRecord>) {
    let stop = AtomicBool::new(false);
    let mut rows = Vec::new();
    let result =
        run(model, experiment, &options(&stop, jobs), |_| Vec::new(), |_, mut sink| rows.append(&mut sink));
    (result.expect("a sound run"), rows)
}

#[test]
fn threads_leave_no_trace() {
    let model = mixed();
    let experiment = experiment(5, 120);
    let one = play(&model, &experiment, 1);
    assert!(one == play(&model, &experiment, 3), "the number of threads shows");
    assert!(one.0.events > 10_000);
}

/// The rows of sessions, under the cells, add up to the counts of the cells.
#[test]
fn cells_are_the_sums_of_their_rows() {
    let (result, rows) = play(&mixed(), &experiment(3, 120), 2);
    assert!(rows.iter().any(|r| r.outcome == SessionOutcome::Open));
    assert!(rows.iter().any(|r| r.outcome == SessionOutcome::Failed));
    for cell in &result.cells {
        let mine = || rows.iter().filter(|r| r.population == cell.key.population);
        assert_eq!(cell.counts.sessions, mine().count() as u64);
        assert_eq!(cell.counts.requests, mine().map(|r| u64::from(r.requests)).sum::<u64>());
        assert_eq!(cell.counts.failed, mine().map(|r| u64::from(r.failed_requests)).sum::<u64>());
        assert_eq!(cell.counts.carried_in, mine().filter(|r| r.carried_in).count() as u64);
        let latency: u128 = mine().map(|r| u128::from(r.latency_sum)).sum();
        assert_eq!(cell.parts.iter().sum::<u128>(), latency, "parts add up exactly");
        assert_eq!(cell.replications.iter().map(|r| r.latency_sum).sum::<u128>(), latency);
    }
    let failed: u64 = result.cells.iter().map(|c| c.counts.failed).sum();
    assert_eq!(result.failures.iter().map(|f| f.count).sum::<u64>(), failed);
    assert!(result.failures.iter().any(|f| f.failure == crate::model::access::Failure::ServerDown));
}

/// A run without rows counts the same.
#[test]
fn rows_change_no_figure() {
    let model = mixed();
    let experiment = experiment(2, 100);
    let stop = AtomicBool::new(false);
    let quiet = run(&model, &experiment, &options(&stop, 1), |_| NoSessions, |_, _| ()).expect("a sound run");
    assert!(quiet == play(&model, &experiment, 1).0, "rows have changed a figure");
}

/// Five replications are the same however they were asked for.
#[test]
fn extending_keeps_what_is_done() {
    let model = mixed();
    let experiment = experiment(5, 60);
    let workers = Workers::new(1).expect("threads");
    let mut study = Study::of(&model, &experiment);
    for more in [2, 3] {
        study.add(more, &workers).expect("a sound run");
    }
    assert!(merge::result(&study.merger) == play(&model, &experiment, 2).0, "extending has changed a figure");
}

/// Two studies on the same threads, in rounds of different size, give what each gives
/// alone; a replication that was played apart and merged is the same.
#[test]
fn studies_share_threads_and_leave_no_trace() {
    let (one, other) = (mixed(), mm1(0.5, 500.0).0);
    let (long, short) = (experiment(3, 60), experiment(2, 40));
    let workers = Workers::new(2).expect("threads");
    let mut first = Study::of(&one, &long);
    let mut second = Study::of(&other, &short);
    add_to_all(&mut [(&mut first, 2), (&mut second, 1)], &workers).expect("a sound run");
    add_to_all(&mut [(&mut first, 0), (&mut second, 1)], &workers).expect("a sound run");
    let apart = first.replication(2, &workers).expect("a sound run");
    assert_eq!((first.replications(), apart.number), (2, 2), "it is not added by itself");
    let wrong = Replication { number: 3, ..apart.clone() };
    let refused = first.merge(&first.identity(), wrong);
    assert!(matches!(refused, Err(RunError::NotNext { found: 3, expected: 2, .. })));
    assert!(matches!(first.merge(&second.identity(), apart.clone()), Err(RunError::NotNext { .. })));
    first.merge(&first.identity(), apart).expect("the next one");
    assert!(merge::result(&first.merger) == play(&one, &long, 1).0);
    assert!(merge::result(&second.merger) == play(&other, &short, 1).0);
}

/// A sink that cannot be made ends the run with its own words, whichever replication it
/// was; what was added before stays.
#[test]
fn a_sink_that_fails_is_told() {
    struct Full;
    impl Sessions for Full {
        type Sink = NoSessions;
        fn open(&self, replication: u32) -> Result<NoSessions, SinkError> {
            if replication == 4 { Err("the disk is full".into()) } else { Ok(NoSessions) }
        }
    }
    let (model, experiment) = (mixed(), experiment(2, 60));
    let workers = Workers::new(2).expect("threads");
    let mut study = Study::of(&model, &experiment);
    study.add_with(2, &workers, &mut Full).expect("a sound run");
    let failed = study.add_with(6, &workers, &mut Full).expect_err("no sink for the fifth");
    assert!(matches!(failed, RunError::Sessions { replication: 4, .. }), "{failed:?}");
    assert_eq!(failed.to_string(), "the disk is full");
    assert!((2..=4).contains(&study.replications()));
}

/// Kept and read again, replications merge to the same result, and a result is the same.
#[test]
fn what_is_kept_is_exact() {
    let (model, experiment) = (mixed(), experiment(3, 60));
    let workers = Workers::new(2).expect("threads");
    let mut study = Study::of(&model, &experiment);
    let mut again = Study::of(&model, &experiment);
    for number in 0..3 {
        let replication = study.replication(number, &workers).expect("a sound run");
        let bytes = store::to_bytes(&study.identity(), &replication);
        let (identity, read) = store::from_bytes::<Replication>(&bytes).expect("what was written");
        assert_eq!(store::to_bytes(&identity, &read), bytes);
        again.merge(&identity, read).expect("the next one");
    }
    study.add(3, &workers).expect("a sound run");
    let result = study.result();
    assert!(again.result() == result, "a figure was lost on the way");
    let bytes = store::to_bytes(&study.identity(), &result);
    assert!(store::from_bytes::<RunResult>(&bytes).expect("what was written").1 == result);
    assert!(store::from_bytes::<Replication>(&bytes).is_err(), "a result is no replication");
}

/// Another source, declared first, moves no draw of those that were there; it
/// shares nothing with them here, so their rows stay as they were.
#[test]
fn an_unrelated_source_changes_no_row() {
    let mut other = mixed();
    let experiment = experiment(1, 100);
    let mut before = play(&other, &experiment, 1).1;
    other.workload.stations.push(station("aside", 1, None, Distribution::Constant(seconds(0.01))));
    let aside = class(vec![stop(Visit::Station(Id::new(2)), None)]);
    other.workload.sources.insert(0, source("aside", Arrivals::Poisson { rate: 3.0 }, vec![aside]));
    let mut after = play(&other, &experiment, 1).1;
    after.retain(|r| r.population != 0);
    after.iter_mut().for_each(|r| r.population -= 1);
    // Who dies in one instant is reported in an order that others may move.
    before.sort_by_key(|r| (r.end, r.session_id));
    after.sort_by_key(|r| (r.end, r.session_id));
    assert!(before == after, "rows have changed");
}

#[test]
fn a_stopped_run_has_no_result() {
    let stop = AtomicBool::new(true);
    let result = run(&mixed(), &experiment(1, 10_000), &options(&stop, 1), |_| NoSessions, |_, _| ());
    assert!(matches!(result, Err(RunError::Interrupted)));
}

/// A trace of two arrivals and a constant service, by hand: the first is served
/// from 1 s to 1.5 s; the second comes at 1.2 s, waits 0.3 s and leaves at 2 s.
#[test]
fn a_trace_is_played_to_the_nanosecond() {
    let workload = Workload {
        stations: vec![station("cas", 1, None, Distribution::Constant(seconds(0.5)))],
        sources: vec![source(
            "trace",
            Arrivals::Trace(vec![SimTime(1_200_000_000), SimTime(1_000_000_000)]),
            vec![class(vec![stop(Visit::Station(Id::new(0)), None)])],
        )],
        ..Workload::default()
    };
    let experiment = Experiment { warmup: SimSpan::ZERO, ..experiment(1, 10) };
    let (result, rows) = play(&model(workload), &experiment, 1);
    let ends: Vec<u64> = rows.iter().map(|r| r.end.0).collect();
    assert_eq!(ends, [1_500_000_000, 2_000_000_000]);
    assert_eq!(result.servers[0].wait_mean, 0.15e9);
    assert_eq!(result.cells[0].replications[0].latency_sum, 1_300_000_000);
}

/// One core without a queue, service 1 s, arrivals at 0, 0.5 and 0.6 s, one retry
/// after 2 s. The first is served until 1 s. The second is refused at 0.5 s, comes
/// again at 2.5 s and leaves at 3.5 s: 3 s in all, 2 of them retry. The third comes
/// again at 2.6 s, finds the second in service and has failed.
#[test]
fn a_retry_is_played_to_the_nanosecond() {
    let times = [0, 500_000_000, 600_000_000].map(SimTime).to_vec();
    let nodes = vec![stop(Visit::Station(Id::new(0)), None)];
    let workload = Workload {
        stations: vec![station("cas", 1, Some(0), Distribution::Constant(seconds(1.0)))],
        sources: vec![CustomSource {
            retries: 1,
            retry_backoff: SimSpan::from_secs(2),
            ..source("trace", Arrivals::Trace(times), vec![class(nodes)])
        }],
        ..Workload::default()
    };
    let experiment = Experiment { warmup: SimSpan::ZERO, ..experiment(1, 10) };
    let (result, rows) = play(&model(workload), &experiment, 1);
    let seen: Vec<_> = rows.iter().map(|r| (r.end.0, r.retries, r.outcome)).collect();
    let expected = [
        (1_000_000_000, 0, SessionOutcome::Completed),
        (2_600_000_000, 1, SessionOutcome::Failed),
        (3_500_000_000, 1, SessionOutcome::Completed),
    ];
    assert_eq!(seen, expected);
    assert_eq!(result.cells[0].replications[0].latency_sum, 4_000_000_000);
    assert_eq!(result.cells[0].parts[Part::Retry as usize], 2_000_000_000);
    assert_eq!(result.cells[0].counts.retries, 2);
    assert_eq!(result.cells[0].counts.failed, 1);
}

/// Conservation (S1, C1 to C4, E6, checked inside the run) under an overload of ten
/// times the capacity with retries; what is in back-off at the end is open.
#[test]
fn retries_under_overload_conserve_sessions() {
    let workload = Workload {
        stations: vec![station("cas", 1, Some(3), Distribution::Exponential { mean: seconds(0.1) })],
        sources: vec![CustomSource {
            retries: 3,
            retry_backoff: SimSpan::from_secs(2),
            ..source(
                "crowd",
                Arrivals::Poisson { rate: 100.0 },
                vec![class(vec![stop(Visit::Station(Id::new(0)), None)])],
            )
        }],
        ..Workload::default()
    };
    let (result, rows) = play(&model(workload), &experiment(1, 60), 1);
    let counts = &result.cells[0].counts;
    assert_eq!(counts.sessions, counts.completed + counts.failed_sessions + counts.open);
    assert!(rows.iter().all(|r| r.retries <= 3));
    assert!(rows.iter().all(|r| r.outcome != SessionOutcome::Failed || r.retries == 3));
    assert!(counts.open > 100 && counts.failed_sessions > 1000);
}

/// Ten arrivals a second on a core that takes 10 s each: with at most 5 in flight
/// the sixth ends the run, and the message says where they wait.
#[test]
fn a_crowd_ends_the_run() {
    let workload = Workload {
        stations: vec![station("cas", 1, None, Distribution::Constant(seconds(10.0)))],
        sources: vec![source(
            "trace",
            Arrivals::Trace((1..20).map(|i| SimTime(i * 1_000_000_000)).collect()),
            vec![class(vec![stop(Visit::Station(Id::new(0)), None)])],
        )],
        ..Workload::default()
    };
    let experiment = Experiment { warmup: SimSpan::ZERO, most_in_flight: 5, ..experiment(1, 60) };
    let stop = AtomicBool::new(false);
    let result = run(&model(workload), &experiment, &options(&stop, 1), |_| NoSessions, |_, _| ());
    let Err(RunError::Crowded { replication: 0, most: 5, crowd }) = result else { panic!("{result:?}") };
    assert_eq!((crowd.at, crowd.in_flight), (SimTime(6_000_000_000), 6));
    assert_eq!(crowd.queue, Some(("cas".to_owned(), 5)));
}

/// With a rate of zero but for the third second, all arrivals fall into it; about
/// 1,000 are expected (6 standard deviations: false alarm below 1e-8, seed fixed).
#[test]
fn a_varying_rate_is_followed() {
    let at = |secs: u64| SimTime::ZERO + SimSpan::from_secs(secs);
    let workload = Workload {
        sources: vec![source(
            "burst",
            Arrivals::Varying(vec![(at(1), 0.0), (at(2), 1000.0), (at(3), 0.0)]),
            vec![class(Vec::new())],
        )],
        ..Workload::default()
    };
    let experiment = Experiment { warmup: SimSpan::ZERO, ..experiment(1, 10) };
    let rows = play(&model(workload), &experiment, 1).1;
    assert!(rows.iter().all(|r| r.start >= at(2) && r.start < at(3)));
    assert!((rows.len() as f64 - 1000.0).abs() < 6.0 * 1000.0_f64.sqrt(), "{}", rows.len());
}

/// With `run_off` everything that came in the window ends: nothing is open.
#[test]
fn a_run_off_leaves_nothing_open() {
    let experiment = Experiment { run_off: true, ..experiment(1, 60) };
    let (result, rows) = play(&mixed(), &experiment, 1);
    assert!(result.cells.iter().all(|c| c.counts.open == 0));
    assert!(rows.iter().all(|r| r.outcome != SessionOutcome::Open));
}

/// An M/M/1 at a utilisation, service 0.1 s, for some sessions.
fn mm1(utilisation: f64, sessions: f64) -> (Model, Experiment) {
    let workload = Workload {
        stations: vec![station("cas", 1, None, Distribution::Exponential { mean: seconds(0.1) })],
        sources: vec![source(
            "clients",
            Arrivals::Poisson { rate: utilisation * 10.0 },
            vec![class(vec![stop(Visit::Station(Id::new(0)), None)])],
        )],
        ..Workload::default()
    };
    let experiment = Experiment {
        warmup: SimSpan::ZERO,
        window: SimSpan::from_secs_f64(sessions / utilisation / 10.0),
        interval: SimSpan::ZERO,
        ..experiment(1, 1)
    };
    (model(workload), experiment)
}

/// Counts how often each sink is taken back.
#[derive(Default)]
struct Closed(Vec<u32>);

impl Sessions for Closed {
    type Sink = NoSessions;

    fn open(&self, _: u32) -> Result<NoSessions, SinkError> {
        Ok(NoSessions)
    }

    fn close(&mut self, replication: u32, _: NoSessions) {
        self.0.push(replication);
    }
}

fn precise(model: &Model, experiment: &Experiment, asked: f64, limit: u32) -> precision::Reached {
    let workers = Workers::new(1).expect("threads");
    let asked = Precision { relative: asked, limit };
    let mut study = Study::of(model, experiment).adaptive(Adaptive { warmup: false, precision: Some(asked) });
    let mut closed = Closed::default();
    let reached = study.run_with(&workers, &mut closed).expect("a sound run").precision.expect("a goal");
    assert_eq!(closed.0, (0..reached.replications).collect::<Vec<_>>(), "each replication is played once");
    assert_eq!(study.replications(), reached.replications);
    reached
}

#[test]
fn replications_are_added_until_precise_enough() {
    let (model, experiment) = mm1(0.5, 500.0);
    let rough = precise(&model, &experiment, 0.5, 1000);
    assert!(rough.reached && rough.replications == precision::FIRST_LOOK, "{rough:?}");
    let fine = precise(&model, &experiment, 0.03, 1000);
    assert!(fine.reached && fine.replications > 10, "{fine:?}");
    // Looks at 10, 20, 40 ...
    assert!((fine.replications / 10).is_power_of_two() && fine.replications.is_multiple_of(10), "{fine:?}");
    let goal = fine.hardest.expect("a goal");
    assert_eq!(goal.name, "mean latency of clients");
    assert!(goal.relative <= 0.03 && (goal.estimate / seconds(0.2) - 1.0).abs() < 0.1, "{goal:?}");
}

#[test]
fn a_search_for_precision_gives_up_at_its_limit() {
    let (model, experiment) = mm1(0.8, 100.0);
    let reached = precise(&model, &experiment, 0.001, 25);
    assert!(!reached.reached && reached.replications == 25, "{reached:?}");
    assert!(reached.hardest.expect("a goal").relative > 0.001);
}

/// From empty, an M/M/1 at 0.9 forgets its beginning in some hundred sessions; a
/// source that meets no queue has nothing to forget.
#[test]
fn the_warmup_is_found() {
    let workers = Workers::new(0).expect("threads");
    let found = |utilisation: f64, sessions| {
        let (model, experiment) = mm1(utilisation, sessions);
        let system = System::compile(&model);
        let found = warmup::find(&system, &experiment, &workers).expect("a sound run");
        (found.expect("sessions"), utilisation * 10.0)
    };
    let (busy, rate) = found(0.9, 3000.0);
    let cut = busy.span.as_secs_f64() * rate;
    assert!((100.0..1500.0).contains(&cut) && busy.steady, "{busy:?} cuts {cut} sessions");
    assert!(busy.after > busy.before && busy.pilots > warmup::FIRST_PILOTS, "{busy:?}");
    let (idle, rate) = found(0.05, 3000.0);
    assert!(idle.span.as_secs_f64() * rate < 300.0, "{idle:?}");
}
