//! The hours around outages and changes: what arrives, and how long it takes.

use super::chart::{Chart, Picture};
use super::lines::{Line, LineChart, XAxis, YAxis};
use super::looks::{style, title};
use super::time::Instant;
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
use crate::output::tables::columns::{Column, Table, columns, mean_millis, real, text};
use crate::output::words::duration;
use crate::results::{NONE, RunResult, StormRow};

/// The chart of attempts.
#[derive(Debug)]
pub(super) struct StormArrivals;

/// The chart of latencies.
#[derive(Debug)]
pub(super) struct StormP95;

/// A bin of a protocol.
#[derive(Debug)]
pub(super) struct Row<'r> {
    at: Instant<'r>,
    protocol: Protocol,
    value: Option<f64>,
}

impl Table for StormArrivals {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "storm_arrivals";
    const ROW: &'static str = "a bin around an outage or a change x protocol; only where there are any";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the bin, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "protocol" Word "as in sessions.csv" => |row| text(row.protocol.token()),
        "arrivals_per_s" PerS "attempts that clients make in a second, retries among them; mean over the replications" => |row| real(row.value),
    }];
}

impl Table for StormP95 {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "storm_p95";
    const ROW: &'static str = "a bin around an outage or a change x protocol; only where there are any";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the bin, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "protocol" Word "as in sessions.csv" => |row| text(row.protocol.token()),
        "p95_ms" Ms "95th percentile of the latency of requests that ended in it, of the slowest population; mean over the replications that have 20 of them, blank without" => |row| mean_millis(row.value),
    }];
}

impl Chart for StormArrivals {
    fn is_drawn(run: &RunResult) -> bool {
        !run.storms.rows.is_empty()
    }

    fn draw<'r>(run: &'r RunResult, _: &Slo) -> Picture<'r, Self> {
        arrivals(run)
    }
}

impl Chart for StormP95 {
    fn is_drawn(run: &RunResult) -> bool {
        !run.storms.rows.is_empty()
    }

    fn draw<'r>(run: &'r RunResult, slo: &Slo) -> Picture<'r, Self> {
        p95(run, slo)
    }
}

/// Shown before the first begin and after the last end.
const AROUND: SimSpan = SimSpan(3_600 * NANOS_PER_SEC);

/// What is shown: the part of the run, and the instants that are marked, all in ns
/// since the run began.
struct Scope {
    from: u64,
    to: u64,
    /// Instants, and what begins or ends there.
    marks: Vec<(u64, String)>,
}

impl Scope {
    fn of(result: &RunResult) -> Self {
        let totals = result.storms.rows.iter().filter(|row| row.population == NONE);
        // Those of the first replication that has them; random outages differ.
        let first = |row: &StormRow| row.replications.iter().flatten().next().map(|r| (r.begin.0, r.end.0));
        let name = |row: &StormRow| result.storms.incidents[row.incident as usize].name.as_str();
        let spans: Vec<(u64, u64, &str)> =
            totals.filter_map(|row| first(row).map(|(begin, end)| (begin, end, name(row)))).collect();
        let begin = spans.iter().map(|span| span.0).min().unwrap_or(0);
        let end = spans.iter().map(|span| span.1).max().unwrap_or(0);
        // One that stands in the title needs no name at its lines.
        let alone = spans.len() == 1;
        let word = |name: &str, word: &str| match (alone, word) {
            (true, "") => String::new(),
            (true, word) => word.to_owned(),
            (false, "") => name.to_owned(),
            (false, word) => format!("{name} {word}"),
        };
        let mut marks: Vec<(u64, String)> = spans
            .iter()
            .flat_map(|&(a, b, name)| match a == b {
                true => vec![(a, word(name, ""))],
                false => vec![(a, word(name, "begins")), (b, word(name, "ends"))],
            })
            .collect();
        marks.sort();
        let (warmup, whole) = (result.warmup.0, result.warmup.0 + result.window.0);
        Self {
            from: begin.saturating_sub(AROUND.0).max(warmup),
            to: (end + AROUND.0).min(whole),
            marks: marks.into_iter().filter(|(at, _)| (warmup..whole).contains(at)).collect(),
        }
    }

    fn axis(&self, result: &RunResult) -> XAxis {
        let second = (result.window_starts_at_utc.0 / NANOS_PER_SEC) as i64;
        let since = (self.from.saturating_sub(result.warmup.0) / NANOS_PER_SEC) as i64;
        let starts_at = (second + since + i64::from(result.clock_offset_minutes) * 60).rem_euclid(86_400);
        let window = SimSpan(self.to.saturating_sub(self.from));
        XAxis::Clock { window, starts_at, offset_minutes: result.clock_offset_minutes }
    }

    fn x(&self, at: u64) -> f64 {
        at.saturating_sub(self.from) as f64 / NANOS_PER_SEC as f64
    }

    /// Upright lines where incidents begin and end.
    fn uprights(&self) -> Vec<(f64, String)> {
        self.marks.iter().map(|(at, name)| (self.x(*at), name.clone())).collect()
    }
}

/// Bins of a series inside the scope: number, middle on the axis, value.
fn points<'s>(
    result: &RunResult,
    scope: &Scope,
    values: impl Iterator<Item = Option<f64>> + 's,
) -> Vec<(u64, f64, Option<f64>)> {
    let interval = result.storms.interval.0;
    let (from, to) = (scope.from, scope.to);
    let middle = |n: u64| (n * interval + interval / 2).saturating_sub(from) as f64 / NANOS_PER_SEC as f64;
    values
        .enumerate()
        .map(|(n, value)| (n as u64, middle(n as u64), value))
        .filter(|(n, ..)| n * interval >= from && (n + 1) * interval <= to)
        .collect()
}

fn runs(points: &[(u64, f64, Option<f64>)]) -> Vec<Vec<(f64, f64)>> {
    let mut runs = vec![Vec::new()];
    for &(_, x, value) in points {
        match value {
            Some(y) => runs.last_mut().expect("never empty").push((x, y)),
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn bin(run: &RunResult, n: u64) -> Instant<'_> {
    Instant::since_run(run, n * run.storms.interval.0)
}

fn incidents(result: &RunResult) -> String {
    let total = result.storms.rows.iter().filter(|row| row.population == NONE);
    let names: Vec<&str> =
        total.map(|row| result.storms.incidents[row.incident as usize].name.as_str()).collect();
    match names[..] {
        [one] => format!("around \u{201c}{one}\u{201d}"),
        _ => "around outages and changes".to_owned(),
    }
}

/// Attempts that go out, by protocol.
fn arrivals(result: &RunResult) -> Picture<'_, StormArrivals> {
    let scope = Scope::of(result);
    let mut rows = Vec::new();
    let mut lines = Vec::new();
    for series in &result.storms.series {
        let points = points(result, &scope, series.arrivals.iter().copied().map(Some));
        for &(n, _, value) in &points {
            rows.push(Row { at: bin(result, n), protocol: series.protocol, value });
        }
        let protocol = Some(series.protocol);
        let name = title(protocol).to_owned();
        lines.push(Line { name, style: style(protocol), runs: runs(&points), goal: None });
    }
    let chart = LineChart {
        title: format!("Requests {}", incidents(result)),
        subtitle: format!(
            "Attempts a second that clients make in each {}; retries are among them",
            duration(result.storms.interval.0 as f64)
        ),
        x: scope.axis(result),
        y: YAxis::Rate,
        behind: Vec::new(),
        uprights: scope.uprights(),
        lines,
        empty: "No request was made".to_owned(),
    };
    Picture { scene: chart.scene(), rows }
}

/// 95th percentile of latency by protocol.
fn p95<'r>(result: &'r RunResult, slo: &Slo) -> Picture<'r, StormP95> {
    let scope = Scope::of(result);
    let mut rows = Vec::new();
    let mut lines = Vec::new();
    for series in &result.storms.series {
        let points = points(result, &scope, series.p95.iter().copied());
        for &(n, _, value) in &points {
            rows.push(Row { at: bin(result, n), protocol: series.protocol, value });
        }
        let protocol = Some(series.protocol);
        let goals = slo.protocols.iter().find(|goal| goal.0 == series.protocol);
        let goal = goals.and_then(|goal| goal.1.p95).map(|goal| goal.0 as f64);
        let runs = runs(&points);
        if !runs.is_empty() {
            lines.push(Line { name: title(protocol).to_owned(), style: style(protocol), runs, goal });
        }
    }
    let chart = LineChart {
        title: format!("95th percentile of latency {}", incidents(result)),
        subtitle: format!(
            "Completed requests alone, by end, in each {}; logarithmic axis; upright lines: begin and end",
            duration(result.storms.interval.0 as f64)
        ),
        x: scope.axis(result),
        y: YAxis::LogTime,
        lines,
        behind: Vec::new(),
        uprights: scope.uprights(),
        empty: "No bin had 20 requests of a protocol".to_owned(),
    };
    Picture { scene: chart.scene(), rows }
}
