//! The table that `casim run` prints: worst first, within 100 columns, with the
//! verdict on the objectives and what to look at next.

mod outages;

use std::io::{self, Write};

use super::lookup::{self, name};
use super::sentences::{precision_sentence, sentence, steady_sentence, subject, warning_sentence};
use super::words::{count, duration, load_factor, percent, shorten, shorten_name, thousands, three_figures};
use crate::model::topology::Protocol;
use crate::model::workload::Slo;
use crate::results::objectives::{Finding, Measure, Verdict};
use crate::results::{Cell, Headroom, LimitUse, NONE, RunResult};
use crate::stats::reliable_percentile;

/// Columns of a terminal that the table fits.
const WIDTH: usize = 100;
/// Rows shown; the rest is in summary.csv.
const ROWS: usize = 20;
/// Lines of the list of missed goals.
const MISSED: usize = 6;
/// Lines of the list of goals that too few requests show.
const OPEN: usize = 3;

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// Writes the summary of `result` and returns whether the objectives were met
/// (true when there are none). Colours only when `colour` says that `out` is a
/// terminal.
///
/// # Errors
/// When `out` cannot be written.
pub fn summary(out: &mut dyn Write, result: &RunResult, slo: &Slo, colour: bool) -> io::Result<bool> {
    let verdict = Verdict::of(result, slo);
    let paint = |code: &'static str, text: &str| match colour {
        true => format!("{code}{text}{PLAIN}"),
        false => text.to_owned(),
    };
    let rows = worst_first(result, &verdict);
    let table = Grid::new(result, &rows);
    writeln!(out, "{}", paint(BOLD, &table.line(&HEADS.map(str::to_owned))))?;
    for (row, cells) in rows.iter().zip(&table.rows) {
        let line = table.line(cells);
        writeln!(out, "{}", if row.missed { paint(RED, &line) } else { line })?;
    }
    let hidden = result.cells.len() - rows.len();
    if hidden > 0 {
        let more = format!("... and {} in summary.csv", count(hidden, "more row"));
        writeln!(out, "{}", paint(DIM, &more))?;
    }
    writeln!(out, "{}", paint(DIM, "* 95th percentile of logon latency; p95 is that of all requests"))?;
    if rows.iter().any(|row| row.standing == FAILS) {
        let note = "fails: the population meets its goals, of these requests more fail than they allow";
        writeln!(out, "{}", paint(DIM, note))?;
    }
    writeln!(out)?;
    totals(out, result)?;
    match result.bottlenecks.is_empty() {
        true => busiest(out, result)?,
        false => bottlenecks(out, result)?,
    }
    refusals(out, result)?;
    waits(out, result)?;
    if let Some(found) = &result.steady {
        writeln!(out, "Warm-up: {}", steady_sentence(found))?;
    }
    if let Some(reached) = &result.precision {
        writeln!(out, "Precision: {}", precision_sentence(reached))?;
    }
    outages::section(out, result, WIDTH)?;
    for warning in &result.warnings {
        writeln!(out, "warning: {}", warning_sentence(warning))?;
    }
    writeln!(out)?;
    if verdict.findings.is_empty() {
        writeln!(out, "SLO: none stated")?;
    } else if verdict.is_met() {
        let unjudged = verdict.findings.iter().filter(|finding| !finding.is_judged()).count();
        let rest = match unjudged {
            0 => String::new(),
            n => format!("; {} saw too few requests to be judged", count(n, "goal")),
        };
        writeln!(out, "{}{rest}", paint(GREEN, "SLO: met"))?;
        not_shown(out, result, &verdict)?;
    } else {
        let missed = verdict.missed();
        writeln!(
            out,
            "{} ({} of {})",
            paint(RED, "SLO: missed"),
            thousands(missed.len() as u64),
            count(verdict.findings.len(), "goal")
        )?;
        for finding in missed.iter().take(MISSED) {
            writeln!(out, "  {}", shorten(&sentence(result, finding), WIDTH - 2))?;
        }
        if missed.len() > MISSED {
            writeln!(out, "  ... and {} more in run.json", missed.len() - MISSED)?;
        }
    }
    Ok(verdict.is_met())
}

/// Goals on failures that are met, by samples too small to show it: those first whose
/// failure rate may be highest.
fn not_shown(out: &mut dyn Write, result: &RunResult, verdict: &Verdict) -> io::Result<()> {
    let open = verdict.findings.iter().filter_map(|finding| Some((finding.at_most?, finding)));
    let mut open: Vec<(f64, &Finding)> = open.collect();
    if open.is_empty() {
        return Ok(());
    }
    open.sort_by(|a, b| b.0.total_cmp(&a.0));
    let goals = count(open.len(), "goal");
    writeln!(out, "  nothing failed, but of too few requests to show {goals} on failures:")?;
    for (bound, finding) in open.iter().take(OPEN) {
        let subject = subject(result, finding);
        let line = format!("  0 to {}, goal {}: {subject}", percent(*bound), percent(finding.goal));
        writeln!(out, "  {}", shorten(&line, WIDTH - 2))?;
    }
    if open.len() > OPEN {
        writeln!(out, "    ... and {} more", open.len() - OPEN)?;
    }
    Ok(())
}

/// A row of the table with what it is sorted by.
struct Row<'r> {
    cell: &'r Cell,
    standing: &'static str,
    missed: bool,
    failure_rate: f64,
    p95: Option<u64>,
}

fn worst_first<'r>(result: &'r RunResult, verdict: &Verdict) -> Vec<Row<'r>> {
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
        true => "met",
        false => "-",
    }
}

/// A row whose own requests fail more often than the goals allow that its population meets.
const FAILS: &str = "fails";

const HEADS: [&str; 9] =
    ["Protocol", "Population", "Entry>mailbox", "Decision", "Sessions", "Failed", "Logon*", "p95", "SLO"];
/// Columns that may be shortened to fit; the others are numbers and tokens.
const SHORTENED: [usize; 2] = [1, 2];
/// Blanks before each column; numbers bring some of their own.
const GAPS: [usize; 9] = [0, 2, 2, 2, 1, 1, 1, 1, 2];
const RIGHT: [bool; 9] = [false, false, false, false, true, true, true, true, false];

struct Grid {
    rows: Vec<[String; 9]>,
    widths: [usize; 9],
}

impl Grid {
    fn new(result: &RunResult, rows: &[Row<'_>]) -> Self {
        let dash = || "-".to_owned();
        let cells: Vec<[String; 9]> = rows
            .iter()
            .map(|row| {
                let key = &row.cell.key;
                let site = |index| if index == NONE { "none" } else { name(&result.names.sites, index) };
                [
                    key.protocol.map_or("custom", Protocol::title).to_owned(),
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
        let mut widths = HEADS.map(|head| head.chars().count());
        for row in &cells {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        // The widest name gives way first.
        while widths.iter().sum::<usize>() + GAPS.iter().sum::<usize>() > WIDTH {
            let widest = SHORTENED.into_iter().max_by_key(|&column| widths[column]).unwrap_or(1);
            if widths[widest] <= 8 {
                break;
            }
            widths[widest] -= 1;
        }
        Self { rows: cells, widths }
    }

    fn line(&self, cells: &[String; 9]) -> String {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            let width = self.widths[column];
            let cell = match column {
                2 if cell != HEADS[2] => shorten_path(cell, width),
                1 => shorten_name(cell, width),
                _ => shorten(cell, width),
            };
            let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
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
    let Some((from, to)) = path.split_once('>').filter(|_| path.chars().count() > width) else {
        return path.to_owned();
    };
    let room = width.saturating_sub(1);
    let (long_from, long_to) = (from.chars().count(), to.chars().count());
    // What one does not need, the other may have.
    let half = room / 2;
    let width_from = if long_to <= room - half { room - long_to } else { half.min(long_from) };
    format!("{}>{}", shorten_name(from, width_from), shorten_name(to, room - width_from.min(long_from)))
}

fn totals(out: &mut dyn Write, result: &RunResult) -> io::Result<()> {
    let sum = |count: fn(&crate::results::CellCounts) -> u64| -> u64 {
        result.cells.iter().map(|cell| count(&cell.counts)).sum()
    };
    let (requests, failed) = (sum(|c| c.requests), sum(|c| c.failed));
    writeln!(
        out,
        "Sessions: {} ({} carried in): {} completed, {} failed, {} open at the end",
        thousands(sum(|c| c.sessions)),
        thousands(sum(|c| c.carried_in)),
        thousands(sum(|c| c.completed)),
        thousands(sum(|c| c.failed_sessions)),
        thousands(sum(|c| c.open)),
    )?;
    let share = match requests {
        0 => String::new(),
        _ => format!(" ({})", percent(failed as f64 / requests as f64)),
    };
    writeln!(out, "Requests: {}, {} failed{share}", thousands(requests), thousands(failed))?;
    let mut reasons: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for row in &result.failures {
        *reasons.entry(row.failure.token()).or_default() += row.count;
    }
    if !reasons.is_empty() {
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.1));
        let list: Vec<(u64, String)> =
            reasons.iter().map(|(token, count)| (*count, format!("{token} {}", thousands(*count)))).collect();
        writeln!(out, "{}", counts_within("Failures:", &list, WIDTH))?;
    }
    Ok(())
}

/// Rows of the list of bottlenecks.
const WORST: usize = 4;

/// What is closest to its limit, and how far the load could grow.
fn bottlenecks(out: &mut dyn Write, result: &RunResult) -> io::Result<()> {
    let rows: Vec<_> = result.bottlenecks.iter().filter(|row| row.strain() > 0.0).take(WORST).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "Bottlenecks, busiest hour (by the utilisation law), worst first:")?;
    let longest = rows.iter().map(|row| lookup::scarce(result, row).1.chars().count()).max().unwrap_or(0);
    let width = longest.min(32);
    for row in rows {
        let label = shorten_name(lookup::scarce(result, row).1, width);
        let law = row.law_peak.map_or_else(|| "none".to_owned(), percent);
        let rest = match row.headroom() {
            Some(factor) => format!("load x{}", three_figures(factor)),
            None => "-".to_owned(),
        };
        let line = format!(
            "  {label:<width$}  {:>7} ({law:>7}) at {}, mean {:>7}, limit {}, {rest}",
            percent(row.utilisation_peak),
            lookup::local_time(result, row.peak_at),
            percent(row.utilisation_mean),
            percent(row.limit),
        );
        writeln!(out, "{}", shorten(&line, WIDTH))?;
    }
    if let Some((factor, name)) = lookup::headroom(result) {
        let line = format!("Headroom by the utilisation law: load x{}, then {name}", three_figures(factor));
        writeln!(out, "{}", shorten(&line, WIDTH))?;
        let met = |limit: &LimitUse| limit.refused > 0 || limit.waited > 0;
        if result.servers.iter().any(|row| row.limits.iter().any(met)) {
            writeln!(out, "  the law knows cores and bandwidth, not the limits below that were reached")?;
        }
        if !result.storms.rows.is_empty() {
            writeln!(
                out,
                "  the law knows the organisation as it begins: no outage, no fail-over, no change"
            )?;
        }
    }
    if let Some(found) = &result.headroom {
        writeln!(out, "Headroom as simulated: {} ({} runs)", simulated_headroom(found), found.runs)?;
        if found.met.is_some() && found.unjudged > 0 {
            writeln!(out, "  {} saw too few requests there to be judged", count(found.unjudged, "goal"))?;
        }
        if let Some(falls) = &found.falls {
            let others = if found.others > 0 { format!("; {} more", found.others) } else { String::new() };
            let room = WIDTH.saturating_sub(others.chars().count());
            writeln!(out, "{}{others}", shorten(&format!("  first: {}", sentence(result, falls)), room))?;
        }
    }
    Ok(())
}

fn simulated_headroom(found: &Headroom) -> String {
    match (found.met.map(load_factor), found.missed.map(load_factor)) {
        (Some(met), Some(missed)) => format!("goals met at x{met}, missed at x{missed}"),
        (Some(met), None) => format!("goals met at every load tried, up to x{met}"),
        (None, Some(missed)) if found.unclear => {
            format!("missed at every load that can be judged, down to x{missed}")
        }
        (None, Some(missed)) => format!("missed at every load tried, down to x{missed}"),
        (None, None) => "too few requests to judge any load".to_owned(),
    }
}

/// Limits that refused somebody.
fn refusals(out: &mut dyn Write, result: &RunResult) -> io::Result<()> {
    let mut met: Vec<(u64, String)> = Vec::new();
    for row in &result.servers {
        let mut note = |what: &str, refused: u64, limit: Option<u32>| {
            if refused > 0 {
                let limit =
                    limit.map_or_else(String::new, |limit| format!(" at {}", thousands(u64::from(limit))));
                met.push((refused, format!("{} {what}{limit}: {}", row.name, thousands(refused))));
            }
        };
        note("queue", row.rejected, row.queue_limit);
        note("requests", row.rejected_connections, row.connection_limit);
        for limit in &row.limits {
            note(limit.kind.token(), limit.refused, limit.limit);
        }
    }
    if met.is_empty() {
        return Ok(());
    }
    met.sort_by_key(|(refused, _)| std::cmp::Reverse(*refused));
    writeln!(out, "{}", counts_within("Limits that refused:", &met, WIDTH))
}

/// Limits at which clients waited, how full they were on average, and how many waited.
fn waits(out: &mut dyn Write, result: &RunResult) -> io::Result<()> {
    let mut met: Vec<(u64, String)> = Vec::new();
    for row in &result.servers {
        for limit in row.limits.iter().filter(|limit| limit.waited > 0) {
            let Some(most) = limit.limit.filter(|most| *most > 0) else { continue };
            let text = format!(
                "{} {} {} of {} in use: {}",
                row.name,
                limit.kind.token(),
                percent(limit.mean / f64::from(most)),
                thousands(u64::from(most)),
                thousands(limit.waited)
            );
            met.push((limit.waited, text));
        }
    }
    if met.is_empty() {
        return Ok(());
    }
    met.sort_by_key(|(waited, _)| std::cmp::Reverse(*waited));
    writeln!(out, "{}", counts_within("Limits that made clients wait:", &met, WIDTH))
}

/// The three most used servers and link directions.
fn busiest(out: &mut dyn Write, result: &RunResult) -> io::Result<()> {
    let mut line = |head: &str, mut rows: Vec<(&str, f64, f64)>| {
        rows.retain(|row| row.1 > 0.0);
        rows.sort_by(|a, b| b.1.total_cmp(&a.1));
        let list = rows
            .iter()
            .take(3)
            .map(|(name, mean, peak)| format!("{name} {} (peak {})", percent(*mean), percent(*peak)));
        if rows.is_empty() { Ok(()) } else { writeln!(out, "{}", list_within(head, list)) }
    };
    let servers = result.servers.iter().map(|r| (r.name.as_str(), r.utilisation_mean, r.utilisation_peak));
    line("Busiest servers", servers.collect())?;
    let links = result.links.iter().map(|r| (r.name.as_str(), r.utilisation_mean, r.utilisation_peak));
    line("Busiest links", links.collect())
}

/// `head item, item and 2 others 34`: as many items as fit the width whole, at least one,
/// and what the counts of the others add up to.
fn counts_within(head: &str, items: &[(u64, String)], width: usize) -> String {
    let line = |shown: usize| {
        let texts: Vec<&str> = items[..shown].iter().map(|(_, text)| text.as_str()).collect();
        let rest = match &items[shown..] {
            [] => String::new(),
            rest => format!(
                " and {} {}",
                count(rest.len(), "other"),
                thousands(rest.iter().map(|(count, _)| count).sum())
            ),
        };
        (format!("{head} {}", texts.join(", ")), rest)
    };
    let fits = |shown: &usize| {
        let (line, rest) = line(*shown);
        line.chars().count() + rest.chars().count() <= width
    };
    let (line, rest) = line((1..=items.len()).rev().find(fits).unwrap_or(items.len().min(1)));
    // A single name that is too long gives way to what is said of the others.
    shorten(&line, width.saturating_sub(rest.chars().count())) + &rest
}

/// `head: item, item`, with as many items as fit the width whole, at least one.
fn list_within(head: &str, items: impl Iterator<Item = String>) -> String {
    let mut line = format!("{head}:");
    for (place, item) in items.enumerate() {
        if place > 0 && line.chars().count() + 2 + item.chars().count() > WIDTH {
            break;
        }
        line.push_str(if place > 0 { ", " } else { " " });
        line.push_str(&item);
    }
    shorten(&line, WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::LimitKind;

    /// A pool that was full and made clients wait is named beside the law, which does not
    /// know it; one that nobody met is not.
    #[test]
    fn limits_that_make_wait_are_named() {
        let mut result = crate::output::sample::small();
        let limit = |kind, mean, waited| LimitUse { kind, limit: Some(4), mean, peak: 4, refused: 0, waited };
        let shown = |result: &RunResult| {
            let mut out = Vec::new();
            summary(&mut out, result, &Slo::default(), false).unwrap();
            String::from_utf8(out).unwrap()
        };
        result.servers[0].limits = vec![limit(LimitKind::InWork, 2.0, 0)];
        assert!(!shown(&result).contains("limits"), "{}", shown(&result));
        result.servers[0].limits.push(limit(LimitKind::Proxy, 3.0, 1200));
        let text = shown(&result);
        let said = "Limits that made clients wait: Amsterdam CAS proxy 75 % of 4 in use: 1,200\n";
        assert!(text.contains(said), "{text}");
        assert!(text.contains("the law knows cores and bandwidth, not the limits below"), "{text}");
    }

    #[test]
    fn factors_close_together_differ() {
        assert_eq!(
            [0.0156, 0.0412, 0.123, 1.5, 12.4].map(load_factor),
            ["0.0156", "0.0412", "0.123", "1.5", "12.4"]
        );
        let mut found = Headroom {
            met: Some(0.0412),
            unclear: false,
            missed: Some(0.0431),
            falls: None,
            unjudged: 0,
            others: 0,
            runs: 9,
        };
        assert_eq!(simulated_headroom(&found), "goals met at x0.0412, missed at x0.0431");
        (found.met, found.unclear) = (None, true);
        assert_eq!(simulated_headroom(&found), "missed at every load that can be judged, down to x0.0431");
        found.unclear = false;
        assert_eq!(simulated_headroom(&found), "missed at every load tried, down to x0.0431");
    }

    /// Three of three requests of one row fail among 203 of their population: 1.5 %, which
    /// meets its goals of 2 % and of a p95; the row does not.
    #[test]
    fn a_row_of_failures_is_never_met() {
        use crate::kernel::SimSpan;
        use crate::model::workload::Objective;
        let goals = Objective { p95: Some(SimSpan(u64::MAX)), failures: Some(0.02), ..Objective::default() };
        let standings = |goals: Objective| {
            let mut result = crate::output::sample::small();
            result.cells.retain(|cell| cell.key.protocol == Some(Protocol::Owa));
            let [big, small] = &mut result.cells[..] else { panic!("two cells of OWA") };
            (big.counts.requests, big.counts.failed) = (200, 0);
            (small.counts.requests, small.counts.failed) = (3, 3);
            small.key.population = big.key.population;
            let slo = Slo { protocols: vec![(Protocol::Owa, goals)], ..Slo::default() };
            let verdict = Verdict::of(&result, &slo);
            assert!(verdict.is_met());
            worst_first(&result, &verdict).iter().map(|row| row.standing).collect::<Vec<_>>()
        };
        assert_eq!(standings(goals.clone()), [FAILS, "met"]);
        assert_eq!(standings(Objective { failures: None, ..goals.clone() }), [FAILS, "met"]);
        assert_eq!(standings(Objective { p95: None, ..goals.clone() }), [FAILS, "met"]);
        assert_eq!(standings(Objective { p95: None, failures: Some(1.0), ..goals }), ["met", "met"]);
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let items: Vec<(u64, String)> =
            [30, 20, 4, 3].map(|count| (count, format!("reason {count}"))).to_vec();
        let line = |width| counts_within("Failures:", &items, width);
        assert_eq!(line(100), "Failures: reason 30, reason 20, reason 4, reason 3");
        assert_eq!(line(49), "Failures: reason 30, reason 20 and 2 others 7");
        assert_eq!(line(30), "Failures: rea\u{2026} and 3 others 27");
        assert_eq!(counts_within("F:", &items[..1], 40), "F: reason 30");
        assert_eq!(count(1, "goal") + &count(1234, "goal"), "1 goal1,234 goals");
    }
}
