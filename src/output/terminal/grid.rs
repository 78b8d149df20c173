//! The table of what users met: worst first, its names shortened to the width there is.

use crate::model::protocol::Protocol;
use crate::output::lookup::name;
use crate::output::protocols::CUSTOM;
use crate::output::words::{columns, duration, per_run, percent, shorten, shorten_name};
use crate::results::objectives::{Finding, Measure, Verdict};
use crate::results::{Cell, NONE, RunResult};
use crate::stats::verdict::Word;
use crate::stats::{PERCENTILES, reliable_percentile};

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
    let share = failed as f64 / requests.max(1) as f64;
    // Of a goal that is open nothing is shown for the row either.
    let beyond =
        findings.iter().filter(|finding| finding.verdict == Word::Met).any(|finding| match finding.measure {
            Measure::Failures => share > finding.goal,
            _ => failed * 20 > requests,
        });
    match findings.iter().any(|finding| finding.is_judged()) {
        true if beyond => FAILS,
        true if findings.iter().any(|finding| finding.verdict == Word::Open) => "open",
        true => "met",
        false => "-",
    }
}

/// A row whose own requests fail more often than the goals allow that its population meets.
pub(super) const FAILS: &str = "fails";

/// How the cells of a column give way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// A number or token: never shortened.
    Whole,
    Name,
    Path,
}

/// A column of the table, in its place.
struct Column {
    head: String,
    /// 0 is always there; of the others those of a lower rank come first.
    rank: u8,
    fit: Fit,
    right: bool,
    cells: Vec<String>,
}

/// Columns that a name is shortened to at most, so that another column finds room.
const SHORT_NAME: usize = 12;
/// The same where there is no other way.
const SHORTEST_NAME: usize = 6;
/// Blanks between columns.
const GAP: usize = 1;

/// The table: the columns that fit the width, its names shortened.
pub(super) struct Grid {
    columns: Vec<(Column, usize)>,
}

impl Grid {
    pub(super) fn new(result: &RunResult, rows: &[Row<'_>], width: usize) -> Self {
        let all = all_columns(result, rows);
        let needs = |column: &Column, name: usize| match column.fit {
            Fit::Whole => natural(column),
            Fit::Name | Fit::Path => natural(column).min(name),
        };
        let whole = |chosen: &[bool], name: usize| {
            let taken = all.iter().zip(chosen).filter(|(_, chosen)| **chosen);
            taken.map(|(column, _)| needs(column, name) + GAP).sum::<usize>().saturating_sub(GAP)
        };
        let mut chosen: Vec<bool> = all.iter().map(|column| column.rank == 0).collect();
        let mut order: Vec<usize> = (0..all.len()).filter(|&at| all[at].rank > 0).collect();
        order.sort_by_key(|&at| all[at].rank);
        for at in order {
            chosen[at] = true;
            chosen[at] = whole(&chosen, SHORT_NAME) <= width;
        }
        let mut columns: Vec<(Column, usize)> = all
            .into_iter()
            .zip(chosen)
            .filter(|(_, chosen)| *chosen)
            .map(|(column, _)| {
                let wide = natural(&column);
                (column, wide)
            })
            .collect();
        // The widest name gives way first.
        let sum = |columns: &[(Column, usize)]| columns.iter().map(|(_, wide)| wide + GAP).sum::<usize>();
        while sum(&columns) > width + GAP {
            let names = columns.iter_mut().filter(|(column, _)| column.fit != Fit::Whole);
            let Some((_, widest)) = names.max_by_key(|(_, wide)| *wide).filter(|(_, w)| *w > SHORTEST_NAME)
            else {
                break;
            };
            *widest -= 1;
        }
        Self { columns }
    }

    /// The heads.
    pub(super) fn head(&self) -> String {
        self.line(|column| &column.head, true)
    }

    /// A row by its number.
    pub(super) fn row(&self, row: usize) -> String {
        self.line(|column| &column.cells[row], false)
    }

    /// Whether a column of this head found room.
    pub(super) fn has(&self, head: &str) -> bool {
        self.columns.iter().any(|(column, _)| column.head == head)
    }

    fn line<'g>(&'g self, cell: impl Fn(&'g Column) -> &'g String, head: bool) -> String {
        let mut line = String::new();
        for (place, (column, width)) in self.columns.iter().enumerate() {
            let cell = match column.fit {
                Fit::Path if !head => shorten_path(cell(column), *width),
                Fit::Name => shorten_name(cell(column), *width),
                Fit::Path | Fit::Whole => shorten(cell(column), *width),
            };
            let blanks = " ".repeat(width.saturating_sub(columns(&cell)));
            line.extend(std::iter::repeat_n(' ', if place > 0 { GAP } else { 0 }));
            if column.right {
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

/// Terminal columns that a column takes whole.
fn natural(column: &Column) -> usize {
    column.cells.iter().map(|cell| columns(cell)).max().unwrap_or(0).max(columns(&column.head))
}

/// The column of logons.
pub(super) const LOGON: &str = "Logon*";
/// The column of half-widths.
pub(super) const HALF: &str = "\u{b1}";

/// Every column that the table may have, in order.
fn all_columns(result: &RunResult, rows: &[Row<'_>]) -> Vec<Column> {
    let column = |head: &str, rank, fit, right, cell: &dyn Fn(&Row<'_>) -> String| Column {
        head: head.to_owned(),
        rank,
        fit,
        right,
        cells: rows.iter().map(cell).collect(),
    };
    let text = |head, rank, fit, cell: &dyn Fn(&Row<'_>) -> String| column(head, rank, fit, false, cell);
    let number =
        |head: &str, rank, cell: &dyn Fn(&Row<'_>) -> String| column(head, rank, Fit::Whole, true, cell);
    let count = |n: u64| per_run(n, result.replications);
    let time = |ns: Option<u64>| ns.map_or_else(|| "-".to_owned(), |ns| duration(ns as f64));
    let site = |index| if index == NONE { "none" } else { name(&result.names.sites, index) };
    let mut all = vec![
        text("Protocol", 0, Fit::Whole, &|row| {
            row.cell.key.protocol.map_or(CUSTOM, Protocol::title).to_owned()
        }),
        text("Population", 0, Fit::Name, &|row| {
            let population = name(&result.names.populations, row.cell.key.population);
            match row.cell.class.as_str() {
                "" => population.to_owned(),
                class => format!("{population} / {class}"),
            }
        }),
        text("Entry>mailbox", 0, Fit::Path, &|row| {
            let key = &row.cell.key;
            match key.entry_site == key.mailbox_site {
                true => site(key.entry_site).to_owned(),
                false => format!("{}>{}", site(key.entry_site), site(key.mailbox_site)),
            }
        }),
        text("Decision", 3, Fit::Whole, &|row| row.cell.key.decision.token().to_owned()),
        number("Sessions", 5, &|row| count(row.cell.counts.sessions)),
        number("Requests", 6, &|row| count(row.cell.counts.requests)),
        number("Failed", 0, &|row| match row.cell.counts.requests {
            0 => "-".to_owned(),
            _ => percent(row.failure_rate),
        }),
        number(LOGON, 4, &|row| time(reliable_percentile(&row.cell.logon, 0.95))),
        number("Mean", 7, &|row| {
            let sum: u128 = row.cell.replications.iter().map(|r| r.latency_sum).sum();
            let completed: u64 = row.cell.replications.iter().map(|r| r.completed).sum();
            match completed {
                0 => "-".to_owned(),
                _ => duration(sum as f64 / completed as f64),
            }
        }),
    ];
    let usual = PERCENTILES.iter().map(|p| 100.0 * p).collect::<Vec<_>>() == result.percentiles;
    // That of the goals, or the highest that is asked for.
    let main = match result.percentiles.iter().find(|p| **p == 95.0) {
        None => result.percentiles.last().copied().unwrap_or(95.0),
        Some(goals) => *goals,
    };
    let shown = if result.percentiles.is_empty() { vec![main] } else { result.percentiles.clone() };
    for p in shown {
        let rank = if p == main { 0 } else { 2 + 6 * u8::from(usual) };
        all.push(number(&format!("p{p}"), rank, &|row| {
            time(reliable_percentile(&row.cell.latency, p / 100.0))
        }));
        if p == main && result.replications > 1 {
            all.push(number(HALF, 1, &|row| half_width(row.cell, p / 100.0)));
        }
    }
    all.push(text("SLO", 0, Fit::Whole, &|row| row.standing.to_owned()));
    all
}

/// The half-width of a percentile, with the word `rough` where it cannot be trusted.
fn half_width(cell: &Cell, p: f64) -> String {
    let Some(percentile) = cell.percentile(p) else { return "-".to_owned() };
    match (percentile.half_width, percentile.is_rough()) {
        (Some(half), false) => duration(half),
        (Some(half), true) => format!("{} rough", duration(half)),
        (None, _) => "-".to_owned(),
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
