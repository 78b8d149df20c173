//! The table of what users met: worst first, its names shortened to the width there is.

use crate::model::protocol::Protocol;
use crate::output::lookup::name;
use crate::output::protocols::CUSTOM;
use crate::output::words::{columns, duration, percent, shorten, shorten_name, thousands};
use crate::results::objectives::{Finding, Measure, Verdict};
use crate::results::{Cell, NONE, RunResult};
use crate::stats::reliable_percentile;
use crate::stats::verdict::Word;

/// Rows shown; the rest is in summary.csv.
const ROWS: usize = 20;

/// A row of the table with what it is sorted by.
pub(super) struct Row<'r> {
    cell: &'r Cell,
    pub(super) standing: &'static str,
    pub(super) missed: bool,
    pub(super) failure_rate: f64,
    p95: Option<u64>,
}

pub(super) fn worst_first<'r>(result: &'r RunResult, verdict: &Verdict) -> Vec<Row<'r>> {
    let mut rows: Vec<Row<'_>> = result
        .cells
        .iter()
        .map(|cell| {
            let findings: Vec<&Finding> = verdict.for_users(cell.key.protocol, cell.key.population).collect();
            let missed = findings.iter().any(|finding| finding.is_missed());
            Row {
                cell,
                standing: standing(cell, &findings, missed),
                missed,
                failure_rate: cell.counts.failed as f64 / cell.counts.requests.max(1) as f64,
                p95: reliable_percentile(&cell.latency, 0.95),
            }
        })
        .collect();
    // Stable: equal rows keep the order of summary.csv.
    rows.sort_by(|a, b| {
        b.missed
            .cmp(&a.missed)
            .then_with(|| b.failure_rate.total_cmp(&a.failure_rate))
            .then_with(|| b.p95.cmp(&a.p95))
    });
    rows.truncate(ROWS);
    rows
}

/// What a row says of the goals of its population. Those are judged for all requests of
/// the population; a row of which more fails than they allow is not called met.
fn standing(cell: &Cell, findings: &[&Finding], missed: bool) -> &'static str {
    if missed {
        return "miss";
    }
    let (requests, failed) = (cell.counts.requests, cell.counts.failed);
    let goal = findings.iter().find(|finding| finding.measure == Measure::Failures);
    let late = findings.iter().any(|finding| finding.measure != Measure::Failures);
    let share = failed as f64 / requests.max(1) as f64;
    let beyond = goal.is_some_and(|goal| share > goal.goal) || late && failed * 20 > requests;
    match findings.iter().any(|finding| finding.is_judged()) {
        true if beyond => FAILS,
        true if findings.iter().any(|finding| finding.verdict == Word::Open) => "open",
        true => "met",
        false => "-",
    }
}

/// A row whose own requests fail more often than the goals allow that its population meets.
pub(super) const FAILS: &str = "fails";

pub(super) const HEADS: [&str; 9] =
    ["Protocol", "Population", "Entry>mailbox", "Decision", "Sessions", "Failed", "Logon*", "p95", "SLO"];
/// Columns that may be shortened to fit; the others are numbers and tokens.
const SHORTENED: [usize; 2] = [1, 2];
/// Blanks before each column; numbers bring some of their own.
const GAPS: [usize; 9] = [0, 2, 2, 2, 1, 1, 1, 1, 2];
const RIGHT: [bool; 9] = [false, false, false, false, true, true, true, true, false];

pub(super) struct Grid {
    pub(super) rows: Vec<[String; 9]>,
    widths: [usize; 9],
}

impl Grid {
    pub(super) fn new(result: &RunResult, rows: &[Row<'_>], width: usize) -> Self {
        let dash = || "-".to_owned();
        let cells: Vec<[String; 9]> = rows
            .iter()
            .map(|row| {
                let key = &row.cell.key;
                let site = |index| if index == NONE { "none" } else { name(&result.names.sites, index) };
                [
                    key.protocol.map_or(CUSTOM, Protocol::title).to_owned(),
                    match row.cell.class.as_str() {
                        "" => name(&result.names.populations, key.population).to_owned(),
                        class => format!("{} / {class}", name(&result.names.populations, key.population)),
                    },
                    match key.entry_site == key.mailbox_site {
                        true => site(key.entry_site).to_owned(),
                        false => format!("{}>{}", site(key.entry_site), site(key.mailbox_site)),
                    },
                    key.decision.token().to_owned(),
                    thousands(row.cell.counts.sessions),
                    if row.cell.counts.requests == 0 { dash() } else { percent(row.failure_rate) },
                    reliable_percentile(&row.cell.logon, 0.95).map_or_else(dash, |ns| duration(ns as f64)),
                    row.p95.map_or_else(dash, |ns| duration(ns as f64)),
                    row.standing.to_owned(),
                ]
            })
            .collect();
        let mut widths = HEADS.map(columns);
        for row in &cells {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(columns(cell));
            }
        }
        // The widest name gives way first.
        while widths.iter().sum::<usize>() + GAPS.iter().sum::<usize>() > width {
            let widest = SHORTENED.into_iter().max_by_key(|&column| widths[column]).unwrap_or(1);
            if widths[widest] <= 8 {
                break;
            }
            widths[widest] -= 1;
        }
        Self { rows: cells, widths }
    }

    pub(super) fn line(&self, cells: &[String; 9]) -> String {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            let width = self.widths[column];
            let cell = match column {
                2 if cell != HEADS[2] => shorten_path(cell, width),
                1 => shorten_name(cell, width),
                _ => shorten(cell, width),
            };
            let blanks = " ".repeat(width.saturating_sub(columns(&cell)));
            line.extend(std::iter::repeat_n(' ', GAPS[column]));
            if RIGHT[column] {
                line.push_str(&blanks);
                line.push_str(&cell);
            } else {
                line.push_str(&cell);
                line.push_str(&blanks);
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// Both sites of a path keep their beginnings.
fn shorten_path(path: &str, width: usize) -> String {
    let Some((from, to)) = path.split_once('>').filter(|_| columns(path) > width) else {
        return path.to_owned();
    };
    let room = width.saturating_sub(1);
    let (long_from, long_to) = (columns(from), columns(to));
    // What one does not need, the other may have.
    let half = room / 2;
    let width_from = if long_to <= room - half { room - long_to } else { half.min(long_from) };
    format!("{}>{}", shorten_name(from, width_from), shorten_name(to, room - width_from.min(long_from)))
}
