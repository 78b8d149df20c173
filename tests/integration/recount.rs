//! Everything that is counted while a run is played, counted again by a sink that keeps each
//! request: four scenarios, three replications each.

use std::collections::BTreeMap;

use casim::itinerary::{PARTS, Part};
use casim::kernel::SimTime;
use casim::model::protocol::Protocol;
use casim::results::{LateBy, RequestRow, RunResult, SessionRecord, SessionSink, Sessions, SinkError};
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
        ("a line is cut", read(&format!("{SMALL}{outage}{GOALS}"))),
        ("a source with a queue", read(custom)),
    ]
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
    for (name, scenario) in scenarios() {
        let (result, kept) = played(&scenario);
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
            for (replication, kept) in users.replications.iter().zip(&kept) {
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
    for (name, scenario) in scenarios() {
        let (result, kept) = played(&scenario);
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
    for (name, scenario) in scenarios() {
        let (_, kept) = played(&scenario);
        for kept in &kept {
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
    let (_, scenario) = scenarios().swap_remove(1);
    let (_, kept) = played(&scenario);
    let of = |owa: bool| -> Vec<&SessionRecord> {
        let all = kept.iter().flat_map(|kept| &kept.sessions);
        all.filter(|s| s.logon_latency.is_some() && (s.protocol == Some(Protocol::Owa)) == owa).collect()
    };
    let (owa, others) = (of(true), of(false));
    assert!(!owa.is_empty() && owa.iter().all(|session| session.logon_human.0 > 1_000_000_000));
    assert!(!others.is_empty() && others.iter().all(|session| session.logon_human.0 == 0));
}
