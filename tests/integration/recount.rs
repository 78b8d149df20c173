//! Everything that is counted while a run is played, counted again by a sink that keeps each
//! request: five scenarios, three replications each, played once for all tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use casim::itinerary::{PARTS, Part};
use casim::kernel::{SimSpan, SimTime};
use casim::model::protocol::Protocol;
use casim::results::{
    LateBy, LimitKind, RequestRow, RunResult, SeriesKey, SessionRecord, SessionSink, Sessions, SinkError,
};
use casim::scenario::Scenario;
use casim::stats::sample_for;
use casim::study::{Study, Workers};

use crate::support::{self, SMALL};

/// Every request and session of one replication.
#[derive(Default)]
struct Kept {
    requests: Vec<RequestRow>,
    sessions: Vec<SessionRecord>,
}

impl SessionSink for Kept {
    fn session(&mut self, record: &SessionRecord) {
        self.sessions.push(*record);
    }

    fn request(&mut self, row: &RequestRow) {
        self.requests.push(*row);
    }

    fn wants_requests(&self) -> bool {
        true
    }
}

#[derive(Default)]
struct All(Vec<Kept>);

impl Sessions for All {
    type Sink = Kept;

    fn open(&self, _: u32) -> Result<Kept, SinkError> {
        Ok(Kept::default())
    }

    fn close(&mut self, _: u32, sink: Kept) {
        self.0.push(sink);
    }
}

/// Goals that some requests miss and some meet.
const GOALS: &str = r#"
[slo]
owa = { logon_p95 = "2 s", logon_with_human_p95 = "5 s", p95 = "600 ms", failures = "1 %" }
eas = { p95 = "400 ms" }
ews = { p95 = "300 ms" }
pop = { p95 = "1 s" }
outlook-anywhere = { p95 = "300 ms" }
"#;

fn scenarios() -> Vec<(&'static str, Scenario)> {
    let redirect = r#"
owa = { external_url = "https://mail.boston.contoso.com/owa", auth = ["forms"] }
internet = { bandwidth = "50 Mbps", latency = "8 ms" }
mailbox = { servers = 1, cores = 4 }
[[namespace]]
name = "mail.boston.contoso.com"
internet = ["Boston"]
[[link]]"#;
    let boston = "cas = { servers = 1, cores = 2 }\nmailbox = { servers = 1, cores = 4 }\n[[link]]";
    assert!(SMALL.contains(boston), "the scenario has a site to publish");
    let own = SMALL.replace("owa = { auth = [\"integrated\"] }\n", "");
    let published = own.replace(boston, &format!("cas = {{ servers = 1, cores = 2 }}{redirect}"));
    let outage = "[[outage]]\nwhat = \"link.Amsterdam-Boston\"\nat = \"09:10\"\nfor = \"6 min\"\n";
    let custom = r#"
name = "custom"
[run]
window = "200 s"
warmup = "20 s"
[[station]]
name = "cas"
queue_limit = 4
service = { exponential = { mean = "100 ms" } }
[[source]]
name = "users"
arrivals = { poisson = "9 /s" }
path = ["cas"]
"#;
    let read = |text: &str| {
        let mut scenario = support::read(text);
        scenario.experiment.replications = 3;
        scenario
    };
    vec![
        ("every protocol", read(&format!("{SMALL}{GOALS}"))),
        ("redirected by hand", read(&format!("{published}{GOALS}"))),
        (
            "a line is cut",
            read(&format!("{SMALL}{outage}{GOALS}").replace("[run]\n", "[run]\ninterval = \"1 min\"\n")),
        ),
        ("a source with a queue", read(custom)),
        (
            "no warm-up",
            read(&SMALL.replace("warmup = \"5 min\"", "warmup = \"0 s\"").replace("09:30", "09:05")),
        ),
    ]
}

struct Played {
    name: &'static str,
    scenario: Scenario,
    result: RunResult,
    kept: Vec<Kept>,
}

static PLAYED: LazyLock<Vec<Played>> = LazyLock::new(|| {
    let play = |(name, scenario): (&'static str, Scenario)| {
        let (result, kept) = played(&scenario);
        Played { name, scenario, result, kept }
    };
    scenarios().into_iter().map(play).collect()
});

/// As they came, and how they are called.
fn each() -> impl Iterator<Item = (&'static str, &'static Scenario, &'static RunResult, &'static [Kept])> {
    PLAYED.iter().map(|of| (of.name, &of.scenario, &of.result, of.kept.as_slice()))
}

fn played(scenario: &Scenario) -> (RunResult, Vec<Kept>) {
    let workers = Workers::new(2).expect("threads");
    let mut all = All::default();
    let result = Study::from(scenario).run_with(&workers, &mut all).expect("a sound run");
    (result, all.0)
}

/// A request with its latency, where it completed.
fn latency(row: &RequestRow) -> Option<u64> {
    row.end.filter(|_| row.failure.is_none()).map(|end| end.since(row.start).0)
}

fn late(row: &RequestRow, by: LateBy, goal: Option<u64>, ends_at: SimTime) -> bool {
    let goal = goal.unwrap_or(u64::MAX);
    match (latency(row), row.failure) {
        (_, Some(_)) => true,
        (Some(latency), None) => {
            let human = if by == LateBy::Logon { row.parts[Part::Human as usize] } else { 0 };
            latency - human > goal
        }
        (None, None) => by != LateBy::Logon && ends_at.since(row.start).0 > goal,
    }
}

/// The 95th percentile where those that failed are later than any, by sorting.
fn p95(mut latencies: Vec<u64>, failed: usize, all: usize) -> Option<f64> {
    if (all as u64) < sample_for(0.95) {
        return None;
    }
    if failed as f64 > 0.05 * all as f64 {
        return Some(f64::INFINITY);
    }
    latencies.sort_unstable();
    let tried = latencies.len() as f64 * all as f64 / (all - failed) as f64;
    let rank = ((0.95 * tried).ceil() as usize).clamp(1, latencies.len());
    Some(latencies[rank - 1] as f64)
}

fn near(what: &str, seen: Option<f64>, exact: Option<f64>) {
    match (seen, exact) {
        (Some(seen), Some(exact)) if seen.is_finite() || exact.is_finite() => {
            assert!((seen - exact).abs() <= exact / 2000.0 + 1.0, "{what}: {seen} for {exact}");
        }
        _ => assert_eq!(seen, exact, "{what}"),
    }
}

#[test]
fn counts_late_shares_and_percentiles_are_those_of_the_requests() {
    for (name, scenario, result, kept) in each().filter(|of| of.0 != "no warm-up") {
        let ends_at = scenario.experiment.ends_at();
        assert_eq!((result.replications, kept.len()), (3, 3));
        let mut seen_late = 0;
        for users in &result.users {
            let goals = users.protocol.and_then(|protocol| {
                scenario.model.workload.slo.protocols.iter().find(|(p, _)| *p == protocol)
            });
            let goal = |by: LateBy| {
                let goals = &goals?.1;
                let of = match by {
                    LateBy::Request => goals.p95,
                    LateBy::Logon => goals.logon_p95,
                    _ => goals.logon_with_human_p95,
                };
                of.map(|goal| goal.0)
            };
            let own = |row: &&RequestRow| {
                (row.key.protocol, row.key.population) == (users.protocol, users.population)
            };
            for (replication, kept) in users.replications.iter().zip(kept) {
                let about = format!("{name}, {:?}", users.protocol);
                let all: Vec<&RequestRow> = kept.requests.iter().filter(own).collect();
                let visible: Vec<&RequestRow> = all.iter().copied().filter(|row| !row.held).collect();
                let failed = |row: &&&RequestRow| row.failure.is_some();
                let logons: Vec<&RequestRow> = visible.iter().copied().filter(|row| row.logon).collect();
                let held = |failed: bool| {
                    all.iter().filter(|row| row.held && row.failure.is_some() == failed).count() as u64
                };
                let counted = [
                    visible.len() as u64,
                    visible.iter().filter(failed).count() as u64,
                    visible.iter().filter(|row| latency(row).is_some()).count() as u64,
                    logons.len() as u64,
                    logons.iter().filter(failed).count() as u64,
                    held(false),
                    held(true),
                ];
                let said = [
                    replication.requests,
                    replication.failed,
                    replication.completed,
                    replication.logons,
                    replication.failed_logons,
                    replication.held,
                    replication.held_failed,
                ];
                assert_eq!(said, counted, "{about}");
                let sum: u128 = visible.iter().filter_map(|row| latency(row)).map(u128::from).sum();
                assert_eq!(replication.latency_sum, sum, "{about}");
                for by in LateBy::ALL {
                    let of = if by == LateBy::Request { &visible } else { &logons };
                    let late = of.iter().filter(|row| late(row, by, goal(by), ends_at)).count() as u64;
                    assert_eq!(replication.late[by as usize], late, "{about}, {by:?}");
                    seen_late += late;
                    let human = |row: &RequestRow| {
                        if by == LateBy::Logon { row.parts[Part::Human as usize] } else { 0 }
                    };
                    let took = of.iter().filter_map(|row| Some(latency(row)? - human(row))).collect();
                    let exact = p95(took, of.iter().filter(failed).count(), of.len());
                    near(&about, replication.late_p95[by as usize], exact);
                }
            }
        }
        assert!(seen_late > 0, "{name}: something is late");
    }
}

/// Percentiles of all runs together, the parts of latency, and the counts of cells.
#[test]
fn cells_are_those_of_the_requests_of_all_runs() {
    for (name, _, result, kept) in each() {
        let mut cells: BTreeMap<_, Vec<&RequestRow>> = BTreeMap::new();
        for row in kept.iter().flat_map(|kept| &kept.requests).filter(|row| !row.held) {
            cells.entry(row.key).or_default().push(row);
        }
        for cell in &result.cells {
            let rows = cells.remove(&cell.key).unwrap_or_default();
            assert_eq!(cell.counts.requests, rows.len() as u64, "{name}");
            let mut took: Vec<u64> = rows.iter().filter_map(|row| latency(row)).collect();
            took.sort_unstable();
            let mut parts = [0_u128; PARTS];
            for row in rows.iter().filter(|row| latency(row).is_some()) {
                for (sum, part) in parts.iter_mut().zip(row.parts) {
                    *sum += u128::from(part);
                }
            }
            assert_eq!(cell.parts, parts, "{name}");
            assert_eq!(parts.iter().sum::<u128>(), took.iter().map(|&ns| u128::from(ns)).sum(), "{name}");
            for p in [0.5, 0.95, 0.99] {
                let enough = took.len() as u64 >= sample_for(p);
                let rank = ((p * took.len() as f64).ceil() as usize).clamp(1, took.len().max(1));
                let exact = enough.then(|| took[rank - 1] as f64);
                near(name, cell.percentile(p).map(|percentile| percentile.value), exact);
            }
        }
        assert!(cells.is_empty(), "{name}: requests outside every cell");
    }
}

/// What sessions say of themselves is what their requests say.
#[test]
fn sessions_are_those_of_their_requests() {
    for (name, _, _, kept) in each() {
        for kept in kept {
            let mut by_session: BTreeMap<u64, Vec<&RequestRow>> = BTreeMap::new();
            let ended = kept.requests.iter().filter(|row| row.end.is_some());
            ended.for_each(|row| by_session.entry(row.session_id).or_default().push(row));
            for session in &kept.sessions {
                let rows = by_session.remove(&session.session_id).unwrap_or_default();
                let count = |held: bool, failed: bool| {
                    let of = |row: &&&RequestRow| row.held == held && row.failure.is_some() == failed;
                    rows.iter().filter(of).count() as u32
                };
                assert_eq!(session.failed_requests, count(false, true), "{name}");
                assert_eq!(session.held_requests, count(true, false), "{name}");
                assert_eq!(session.held_failed_requests, count(true, true), "{name}");
                assert_eq!(session.latency_count, count(false, false), "{name}");
                let took = |row: &&RequestRow| latency(row).filter(|_| !row.held);
                assert_eq!(session.latency_sum, rows.iter().filter_map(took).sum::<u64>(), "{name}");
                if let Some(logon) = rows.iter().find(|row| row.logon && row.failure.is_none()) {
                    let human = logon.parts[Part::Human as usize];
                    assert_eq!(session.logon_human.0, human, "{name}");
                    assert_eq!(session.logon_latency.map(|span| span.0 + human), latency(logon), "{name}");
                }
            }
            assert!(by_session.is_empty(), "{name}: requests without a session");
        }
    }
}

/// The user's share is told apart where somebody is redirected by hand.
#[test]
fn a_redirect_by_hand_takes_the_user_time() {
    let (.., kept) = each().nth(1).expect("it is the second");
    let of = |owa: bool| -> Vec<&SessionRecord> {
        let all = kept.iter().flat_map(|kept| &kept.sessions);
        all.filter(|s| s.logon_latency.is_some() && (s.protocol == Some(Protocol::Owa)) == owa).collect()
    };
    let (owa, others) = (of(true), of(false));
    assert!(!owa.is_empty() && owa.iter().all(|session| session.logon_human.0 > 1_000_000_000));
    assert!(!others.is_empty() && others.iter().all(|session| session.logon_human.0 == 0));
}

/// Rows of failures: how many, the first, the last, and the session of the first; and the same by interval, which
/// is a mean over the replications.
#[test]
fn failures_are_those_of_the_requests() {
    for (name, scenario, result, kept) in each() {
        let from = scenario.experiment.measured_from();
        let interval = result.interval.0;
        // By reason and way: all of a replication in order of time.
        let mut of_run: Vec<BTreeMap<_, Vec<&RequestRow>>> = Vec::new();
        let mut by_time: BTreeMap<_, Vec<f64>> = BTreeMap::new();
        for kept in kept {
            let mut ways: BTreeMap<_, Vec<&RequestRow>> = BTreeMap::new();
            for row in &kept.requests {
                let (Some(failure), Some(end)) = (row.failure, row.end) else { continue };
                let way = (failure, row.key.protocol, row.key.entry_site, row.key.mailbox_site);
                ways.entry(way).or_default().push(row);
                if !row.held {
                    let intervals = vec![0.0; result.window.0.div_ceil(interval) as usize];
                    let counts = by_time.entry(failure).or_insert(intervals);
                    counts[(end.since(from).0 / interval) as usize] += 1.0 / 3.0;
                }
            }
            ways.values_mut().for_each(|rows| rows.sort_by_key(|row| row.end));
            of_run.push(ways);
        }
        let mut told: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in &result.failures {
            told.entry((row.failure, row.protocol, row.entry_site, row.mailbox_site)).or_default().push(row);
        }
        for (way, told) in &told {
            let runs: Vec<&Vec<&RequestRow>> = of_run.iter().filter_map(|ways| ways.get(way)).collect();
            let all = || runs.iter().copied().flatten();
            let ends = || all().filter_map(|row| row.end).map(|end| end.since(from));
            let about = format!("{name}, {way:?}");
            let held = all().filter(|row| row.held).count() as u64;
            assert_eq!(told.iter().map(|row| row.held).sum::<u64>(), held, "{about}");
            assert_eq!(told.iter().map(|row| row.count).sum::<u64>() + held, all().count() as u64, "{about}");
            assert_eq!(told.iter().map(|row| row.first).min(), ends().min(), "{about}");
            assert_eq!(told.iter().map(|row| row.last).max(), ends().max(), "{about}");
            // Those of one outage are one row, so that the earliest of the first run is its example.
            if let [row] = told.as_slice() {
                let first = runs[0].iter().filter(|other| other.end == runs[0][0].end);
                assert!(first.map(|row| row.session_id).any(|id| id == row.example), "{about}");
            }
        }
        assert_eq!(
            told.len(),
            of_run.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>().len(),
            "{name}"
        );
        for series in &result.series {
            let SeriesKey::Failure(failure) = series.key else { continue };
            let counted = by_time.remove(&failure).unwrap_or_default();
            let told: Vec<f64> = series.points.iter().map(|point| point.failed.unwrap_or(0.0)).collect();
            assert_eq!(told.len(), counted.len(), "{name}, {failure:?}");
            for (told, counted) in told.iter().zip(counted) {
                assert!((told - counted).abs() < 1e-9, "{name}, {failure:?}: {told} for {counted}");
            }
        }
        assert!(by_time.is_empty(), "{name}: {:?} are in no series", by_time.keys());
    }
}

/// Who had a session as the run began is carried into its window, also where that is the run's first instant.
#[test]
fn sessions_from_before_are_carried_in() {
    for (name, scenario, result, kept) in each() {
        let from = scenario.experiment.measured_from();
        let all = || kept.iter().flat_map(|kept| &kept.sessions);
        let before = |row: &&SessionRecord| row.start < from || row.before_run > SimSpan::ZERO;
        for row in all() {
            assert!(row.carried_in || !before(&row), "{name}: {row:?}");
            assert!(!row.carried_in || row.start <= from, "{name}: {row:?}");
        }
        let carried = all().filter(|row| row.carried_in).count() as u64;
        assert_eq!(result.cells.iter().map(|cell| cell.counts.carried_in).sum::<u64>(), carried, "{name}");
        assert_eq!(carried > 0, name != "a source with a queue" || all().any(|row| before(&row)), "{name}");
    }
}

/// A line that is cut carries nothing either way meanwhile, and something both ways before.
#[test]
fn a_cut_is_of_both_directions() {
    let (_, _, result, _) = each().nth(2).expect("it is the third");
    let minutes = |name: &str| -> Vec<f64> {
        let at = result.links.iter().position(|link| link.name == name).expect("a line between the sites");
        let key = SeriesKey::Link(at as u32);
        let series = result.series.iter().find(|series| series.key == key).expect("it has a series");
        series.points.iter().map(|point| point.utilisation.unwrap_or(0.0)).collect()
    };
    let both = [minutes("Amsterdam>Boston"), minutes("Boston>Amsterdam")];
    for minutes in &both {
        assert_eq!(minutes.len(), 30);
        assert!(minutes[10..16].iter().all(|share| *share == 0.0), "{minutes:?}");
        assert!(minutes[..10].iter().chain(&minutes[17..]).all(|share| *share > 0.0), "{minutes:?}");
    }
    assert_ne!(both[0], both[1], "each has its own figures");
}

/// The highest of each replication, the highest of them, and their mean.
#[test]
fn peaks_are_those_of_the_replications() {
    let mut fell = 0;
    for place in 0..4 {
        let (name, scenario, result, _) = each().nth(place).expect("it is there");
        let workers = Workers::new(2).expect("threads");
        let mut study = Study::from(scenario);
        let mut runs = |number| study.replication(number, &workers).expect("a sound run").report;
        let reports: Vec<_> = (0..3).map(&mut runs).collect();
        let mut at = 0;
        for group in &result.servers {
            let stations = at..at + group.servers as usize;
            at = stations.end;
            let peaks: Vec<u64> = reports
                .iter()
                .map(|report| {
                    report.stations[stations.clone()].iter().map(|s| s.units_max).max().unwrap_or(0)
                })
                .collect();
            fell += u32::from(peaks[2] < peaks[0].max(peaks[1]));
            assert_eq!(group.connections_peak, *peaks.iter().max().expect("three"), "{name}, {}", group.name);
            for limit in group.limits.iter().filter(|limit| limit.kind == LimitKind::Queue) {
                let waiting = |report: &casim::sim::measured::EngineReport| {
                    report.stations[stations.clone()].iter().map(|s| s.waiting_max).max().unwrap_or(0)
                };
                let peaks: Vec<u64> = reports.iter().map(waiting).collect();
                assert_eq!(limit.peak, *peaks.iter().max().expect("three"), "{name}");
                assert!((limit.peak_mean - peaks.iter().sum::<u64>() as f64 / 3.0).abs() < 1e-9, "{name}");
            }
        }
        assert_eq!(at, reports[0].stations.len(), "{name}: every station is in a group");
    }
    assert!(fell > 0, "somewhere the last replication has not the highest peak");
}
