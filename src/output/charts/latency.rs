//! What users feel: the median, 95th and 99th percentile of latency, a row a protocol of a
//! population, the worst first.

use std::collections::BTreeMap;

use super::chart::{Chart, Picture, per_run};
use super::layout::Layout;
use super::letters::fit_name;
use super::looks::title;
use super::percentiles::USUAL;
use super::ranges::{Mark, Range, Ranges};
use super::scene::Head;
use super::titles::{self, Felt};
use super::view::By;
use crate::model::protocol::Protocol;
use crate::output::lookup::{name as named, protocol};
use crate::output::tables::columns::{Column, Table, Value, columns, mean_millis, name, real, text};
use crate::output::words::{duration, percent};
use crate::results::objectives::{Finding, MAY_BE_LATE, Measure, Subject};
use crate::results::{LateBy, RunResult, Users};
use crate::stats::histogram::Histogram;
use crate::stats::percentile_with_lost;
use crate::stats::verdict::Word;

/// Rows of the chart.
const ROWS: usize = 24;

/// The chart.
#[derive(Debug)]
pub(super) struct Latency;

/// What the users of a protocol in a population felt. Percentiles, ns: of all requests, where
/// one that failed counts as later than any; infinite where more failed than one leaves over.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    users: &'r Users,
    requests: u64,
    failed: u64,
    median: Option<f64>,
    p95: Option<f64>,
    p95_half: Option<f64>,
    rough: bool,
    p99: Option<f64>,
    /// Half-widths of the median's interval and of the 99th percentile's.
    felt_half: [Option<f64>; 2],
    /// The 95th percentile of those that were answered.
    answered: Option<f64>,
    finding: Option<&'r Finding>,
}

/// A time that there is.
fn finite<'v>(ns: Option<f64>) -> Value<'v> {
    mean_millis(ns.filter(|ns| ns.is_finite()))
}

impl Table for Latency {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "latency";
    const ROW: &'static str = "a protocol of a population, the worst first; the chart shows 24. Percentiles are of all requests, one that failed counts as later than any";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "population" Word "as in sessions.csv" => |row| name(named(&row.run.names.populations, row.users.population)),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.users.protocol)),
        "requests" Count "requests, mean over the replications" => |row| per_run(row.run, row.requests),
        "failed_share" Share "of these, failed, 0 to 1" => |row| real(row.failed_share()),
        "p50_ms" Ms "median; blank where there is none" => |row| finite(row.median),
        "p50_ms_ci95" Ms "half-width of its 95 % interval" => |row| finite(row.felt_half[0]),
        "p95_ms" Ms "95th percentile; blank where more than 5 % failed, and below 200 requests" => |row| finite(row.p95),
        "p95_ms_ci95" Ms "half-width of its 95 % interval" => |row| finite(row.p95_half),
        "p99_ms" Ms "99th percentile; blank where more than 1 % failed, and below 1,000 requests" => |row| finite(row.p99),
        "p99_ms_ci95" Ms "half-width of its 95 % interval" => |row| finite(row.felt_half[1]),
        "goal_ms" Ms "goal for the 95th percentile" => |row| mean_millis(row.finding.map(|finding| finding.goal)),
        "verdict" Word "of that goal, as in objectives.csv" => |row| text(row.finding.map_or("", |finding| finding.verdict.token())),
    }];
}

impl Row<'_> {
    fn failed_share(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.failed as f64 / self.requests as f64 }
    }

    /// How bad it is: without a percentile, then goals by what is beyond them, then times.
    fn rank(&self) -> (bool, f64, f64) {
        let never = self.never();
        let over = match (self.p95, self.finding) {
            (Some(p95), Some(finding)) if !never => p95 / finding.goal,
            _ => 0.0,
        };
        (never, if never { self.failed_share() } else { over }, self.p95.unwrap_or(0.0))
    }

    /// More than 5 % failed: there is no 95th percentile, however few they were.
    fn never(&self) -> bool {
        self.failed_share() > MAY_BE_LATE
    }

    fn is(&self, words: &[Word]) -> bool {
        self.finding.is_some_and(|finding| words.contains(&finding.verdict))
    }
}

impl Chart for Latency {
    const BY: &'static [By] = &[By::Protocol, By::Population];
    const HAS_PERCENTILES: bool = true;

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let rows = rows(run);
        let felt: Vec<Felt<'_>> = rows
            .iter()
            .map(|row| Felt {
                population: named(&run.names.populations, row.users.population),
                protocol: row.users.protocol.map_or("", Protocol::title),
                p95: row.p95,
                failed: row.failed_share(),
                goal: row.finding.map(|finding| finding.goal),
                missed: row.is(&[Word::Missed, Word::Never]),
                open: row.is(&[Word::Open]),
                unjudged: row.is(&[Word::Unjudged]),
            })
            .collect();
        let mut how = String::from(
            "Time until a request is answered, logarithmic; one that failed counts as later than any answer",
        );
        let goals = rows.iter().any(|row| row.finding.is_some());
        how += match (goals, rows.iter().any(Row::never)) {
            (true, true) => "; worst first: those without a 95th percentile, those with a goal, the others",
            (true, false) => "; worst first, those with a goal before those without",
            (false, _) if rows.len() > 1 => "; worst first",
            (false, _) => "",
        };
        if rows.len() > ROWS {
            how += &format!("; {} more in latency.csv", rows.len() - ROWS);
        }
        if rows.iter().take(ROWS).any(|row| row.rough) {
            how += "; rough: too few independent requests beyond it for its interval to be trusted";
        }
        let head = Head { topic: "What users feel".to_owned(), finding: titles::latency(&felt), how };
        let shown = rows.iter().take(ROWS).map(|row| range(run, row)).collect();
        let chart = Ranges { head, percentiles: USUAL, rows: shown, empty: "No request was made".to_owned() };
        Picture { layout: Layout::Ranges(chart), rows }
    }
}

/// Every row, the worst first.
fn rows(run: &RunResult) -> Vec<Row<'_>> {
    let mut answered: BTreeMap<(Option<Protocol>, u32), Histogram> = BTreeMap::new();
    for cell in &run.cells {
        answered.entry((cell.key.protocol, cell.key.population)).or_default().merge(&cell.latency);
    }
    let mut rows: Vec<Row<'_>> = run
        .users
        .iter()
        .filter_map(|users| {
            let sum = |count: fn(&crate::results::UserReplication) -> u64| -> u64 {
                users.replications.iter().map(count).sum()
            };
            let (requests, failed) = (sum(|r| r.requests), sum(|r| r.failed));
            let answered = answered.get(&(users.protocol, users.population)).filter(|_| requests > 0)?;
            let late = users.late_p95[LateBy::Request as usize].as_ref();
            let finding = users.protocol.and_then(|protocol| {
                let subject = Subject::Users(protocol, users.population);
                run.objectives.iter().find(|of| of.subject == subject && of.measure == Measure::P95)
            });
            Some(Row {
                run,
                users,
                requests,
                failed,
                median: users.felt[0].map(|of| of.value),
                felt_half: users.felt.map(|of| of.and_then(|of| of.half_width)),
                p95: late.map(|late| late.value),
                p95_half: late.and_then(|late| late.half_width),
                rough: late.is_some_and(|late| late.is_rough()),
                p99: users.felt[1].map(|of| of.value),
                answered: percentile_with_lost(answered, 0.95, 0, answered.count()),
                finding,
            })
        })
        .collect();
    let order = |a: &Row<'_>, b: &Row<'_>| {
        let ((a0, a1, a2), (b0, b1, b2)) = (a.rank(), b.rank());
        b0.cmp(&a0).then(b1.total_cmp(&a1)).then(b2.total_cmp(&a2))
    };
    rows.sort_by(order);
    rows
}

/// A row as it is drawn.
fn range(run: &RunResult, row: &Row<'_>) -> Range {
    let never = row.never();
    let half = row.p95_half.map_or(String::new(), |half| format!(" ± {}", duration(half)));
    let rough = if row.rough { ", rough" } else { "" };
    let note = match row.p95 {
        _ if never => "never".to_owned(),
        None => "too few requests".to_owned(),
        Some(p95) => format!("{}{half}{rough}", duration(p95)),
    };
    let mut more = Vec::new();
    if row.failed > 0 {
        more.push(format!("{} failed", percent(row.failed_share())));
    }
    if let Some(answered) = row.answered.filter(|_| never) {
        more.push(format!("answered ones {}", duration(answered)));
    }
    if row.is(&[Word::Open]) {
        more.push("open".to_owned());
    }
    let mark = match row.finding.map(|finding| finding.verdict) {
        Some(Word::Missed | Word::Never) => Mark::Bad,
        Some(Word::Met) => Mark::Good,
        Some(Word::Open | Word::Unjudged) | None => Mark::None,
    };
    Range {
        name: fit_name(named(&run.names.populations, row.users.population), 320.0, 13.0, true),
        words: title(row.users.protocol).to_owned(),
        median: row.median,
        judged: if never { Some(f64::INFINITY) } else { row.p95 },
        far: row.p99,
        half_widths: [row.felt_half[0], row.p95_half, row.felt_half[1]],
        goal: row.finding.map(|finding| finding.goal),
        mark,
        note,
        more: more.join(", "),
        // A few that failed are not why a goal is missed.
        more_is_bad: never || row.is(&[Word::Missed, Word::Never]) && row.failed_share() > 0.2 * MAY_BE_LATE,
    }
}
