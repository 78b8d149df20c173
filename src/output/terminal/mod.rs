//! The summary that `casim run` prints: the table of what users met, worst first, what is
//! close to its limit, the verdict on the objectives and what to look at next.
//!
//! Decides nothing and knows no file. Parts: `grid`, `limits`, `outages`; `lists`
//! fits lists into lines.

mod grid;
mod limits;
pub(super) mod lists;
mod outages;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use self::grid::{FAILS, Grid, HALF, LOGON, worst_first};
use super::sentences::{precision_sentence, sentence, steady_sentence, subject, warning_sentence};
use super::words::{count, per_run, percent, thousands};
use crate::model::workload::Slo;
use crate::results::objectives::{Finding, Verdict};
use crate::results::{RunResult, Warning};
use crate::stats::verdict::Word;

/// Lines of the list of missed goals.
const MISSED: usize = 6;
/// Lines of the list of goals that too few requests show.
const OPEN: usize = 3;

const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// How the summary looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// Columns that a line may take.
    pub width: usize,
}

impl Look {
    /// For files and pipes: what is kept is the same wherever it was made.
    pub const PLAIN: Self = Self { colour: false, width: 80 };

    /// For standard output: on a terminal its width (80 to 160) and, unless `NO_COLOR` and
    /// the like forbid it, colours; elsewhere 80 columns, or as many as `COLUMNS` says.
    #[must_use]
    pub fn of_stdout() -> Self {
        let stdout = io::stdout();
        let colour = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
        let terminal = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
        let told = || std::env::var("COLUMNS").ok()?.parse().ok();
        let width = terminal.or_else(told).unwrap_or(Self::PLAIN.width).clamp(80, 160);
        Self { colour, width }
    }
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes the summary of `result` and returns whether the objectives were met
/// (true when there are none).
///
/// # Errors
/// When `out` cannot be written.
pub fn summary(out: &mut dyn Write, result: &RunResult, slo: &Slo, look: Look) -> io::Result<bool> {
    let verdict = Verdict::of(result, slo);
    let mut text: Vec<u8> = Vec::new();
    table(&mut text, result, &verdict, look.width)?;
    writeln!(text)?;
    totals(&mut text, result, look.width)?;
    match result.bottlenecks.is_empty() {
        true => limits::busiest(&mut text, result, look.width)?,
        false => limits::bottlenecks(&mut text, result, look.width)?,
    }
    limits::refusals(&mut text, result, look.width)?;
    limits::waits(&mut text, result, look.width)?;
    if let Some(found) = &result.steady {
        writeln!(text, "Warm-up: {}", steady_sentence(found))?;
    }
    if let Some(reached) = &result.precision {
        writeln!(text, "Precision: {}", precision_sentence(reached))?;
    }
    outages::section(&mut text, result)?;
    warnings(&mut text, result)?;
    writeln!(text)?;
    objectives(&mut text, result, &verdict)?;
    let text = lists::wrapped(&String::from_utf8_lossy(&text), look.width).into_bytes();
    match look.colour {
        true => out.write_all(&text)?,
        false => out.write_all(&anstream::adapter::strip_bytes(&text).into_vec())?,
    }
    Ok(verdict.is_met())
}

/// Findings about the run itself: the first few of each kind, so that an organisation of
/// many sites is not told the same of each.
fn warnings(out: &mut dyn Write, result: &RunResult) -> io::Result<()> {
    const EACH: usize = 3;
    let mut kinds: Vec<(std::mem::Discriminant<Warning>, usize)> = Vec::new();
    for warning in &result.warnings {
        let kind = std::mem::discriminant(warning);
        let known = kinds.iter().position(|(known, _)| *known == kind);
        let at = known.unwrap_or_else(|| {
            kinds.push((kind, 0));
            kinds.len() - 1
        });
        kinds[at].1 += 1;
        if kinds[at].1 <= EACH {
            writeln!(out, "warning: {}", warning_sentence(warning))?;
        }
    }
    let more: usize = kinds.iter().map(|(_, count)| count.saturating_sub(EACH)).sum();
    if more > 0 {
        writeln!(out, "warning: ... and {} like these in run.json", thousands(more as u64))?;
    }
    Ok(())
}

/// The table of what users met, with its notes.
fn table(out: &mut dyn Write, result: &RunResult, verdict: &Verdict, width: usize) -> io::Result<()> {
    let rows = worst_first(result, verdict);
    let table = Grid::new(result, &rows, width);
    writeln!(out, "{}", paint(BOLD, &table.head()))?;
    for (number, row) in rows.iter().enumerate() {
        let line = table.row(number);
        writeln!(out, "{}", if row.missed { paint(RED, &line) } else { line })?;
    }
    let hidden = result.cells.len() - rows.len();
    if hidden > 0 {
        let more = format!("... and {} in summary.csv", count(hidden, "more row"));
        writeln!(out, "{}", paint(DIM, &more))?;
    }
    if table.has(LOGON) {
        let note = "* 95th percentile of the latency of logons, without what users take";
        writeln!(out, "{}", paint(DIM, note))?;
    }
    if table.has(HALF) {
        let note =
            format!("{HALF} half-width of the 95 % interval of the percentile before it, from the runs");
        writeln!(out, "{}", paint(DIM, &note))?;
    }
    let failures_count = |finding: &Finding| {
        finding.measure.is_percentile() && finding.failed.is_some_and(|failed| failed > 0.0)
    };
    if verdict.findings.iter().any(failures_count) {
        let note = "p95: of completed requests; goals on a p95 count those that failed as late";
        writeln!(out, "{}", paint(DIM, note))?;
    }
    if rows.iter().any(|row| row.standing == FAILS) {
        let note = "fails: the population meets its goals, of these requests more fail than they allow";
        writeln!(out, "{}", paint(DIM, note))?;
    }
    Ok(())
}

/// The verdict, what is missed, and what is open.
fn objectives(out: &mut dyn Write, result: &RunResult, verdict: &Verdict) -> io::Result<()> {
    if verdict.findings.is_empty() {
        return writeln!(out, "SLO: none stated");
    }
    let (missed, open) = (verdict.missed(), verdict.with(&[Word::Open]));
    let unjudged = verdict.with(&[Word::Unjudged]).len();
    let (style, word) = match () {
        () if !missed.is_empty() => (RED, "SLO: missed"),
        () if !open.is_empty() => (YELLOW, "SLO: open"),
        () => (GREEN, "SLO: met"),
    };
    let mut parts = Vec::new();
    if !missed.is_empty() || !open.is_empty() {
        let first = if missed.is_empty() { &open } else { &missed };
        parts.push(format!("{} of {}", thousands(first.len() as u64), count(verdict.findings.len(), "goal")));
    }
    if !missed.is_empty() && !open.is_empty() {
        parts.push(format!("{} open", thousands(open.len() as u64)));
    }
    if unjudged > 0 {
        parts.push(format!("{} saw too few requests to be judged", count(unjudged, "goal")));
    }
    if result.replications == 1 {
        parts.push("one run, judged by values".to_owned());
    }
    let rest = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) };
    writeln!(out, "{}{rest}", paint(style, word))?;
    listed(out, result, "", &missed)?;
    listed(out, result, "open: ", &open)?;
    if missed.is_empty() { not_shown(out, result, verdict) } else { Ok(()) }
}

/// The first of `findings` in words, a line each.
fn listed(out: &mut dyn Write, result: &RunResult, mark: &str, findings: &[Finding]) -> io::Result<()> {
    for finding in findings.iter().take(MISSED) {
        writeln!(out, "  {mark}{}", sentence(result, finding))?;
    }
    if findings.len() > MISSED {
        writeln!(out, "  {mark}... and {} more in objectives.csv", findings.len() - MISSED)?;
    }
    Ok(())
}

/// Goals on failures that are met, by samples too small to show it: those first whose
/// failure rate may be highest.
fn not_shown(out: &mut dyn Write, result: &RunResult, verdict: &Verdict) -> io::Result<()> {
    let open = verdict
        .findings
        .iter()
        .filter_map(|finding| Some((finding.at_most.filter(|bound| *bound > finding.goal)?, finding)));
    let mut open: Vec<(f64, &Finding)> = open.collect();
    if open.is_empty() {
        return Ok(());
    }
    open.sort_by(|a, b| b.0.total_cmp(&a.0));
    let goals = count(open.len(), "goal");
    writeln!(out, "  nothing failed, but of too few requests to show {goals} on failures:")?;
    for (bound, finding) in open.iter().take(OPEN) {
        let subject = subject(result, finding);
        writeln!(out, "    0 to {}, goal {}: {subject}", percent(*bound), percent(finding.goal))?;
    }
    if open.len() > OPEN {
        writeln!(out, "    ... and {} more", open.len() - OPEN)?;
    }
    Ok(())
}

fn totals(out: &mut dyn Write, result: &RunResult, width: usize) -> io::Result<()> {
    let told = |count: u64| per_run(count, result.replications);
    let all = |count: fn(&crate::results::CellCounts) -> u64| -> u64 {
        result.cells.iter().map(|cell| count(&cell.counts)).sum()
    };
    let sum = |count| told(all(count));
    let (requests, failed) = (all(|c| c.requests), all(|c| c.failed));
    writeln!(
        out,
        "Sessions: {} ({} carried in): {} completed, {} failed, {} open at the end",
        sum(|c| c.sessions),
        sum(|c| c.carried_in),
        sum(|c| c.completed),
        sum(|c| c.failed_sessions),
        sum(|c| c.open),
    )?;
    let share = match requests {
        0 => String::new(),
        _ => format!(" ({})", percent(failed as f64 / requests as f64)),
    };
    let (requests, failed) = (told(requests), told(failed));
    writeln!(out, "Requests: {requests}, {failed} failed{share}")?;
    if result.replications > 1 {
        let runs = thousands(u64::from(result.replications));
        writeln!(out, "  means of {runs} runs, as all counts here")?;
    }
    let mut reasons: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for row in result.failures.iter().filter(|row| row.count > 0) {
        *reasons.entry(row.failure.token()).or_default() += row.count;
    }
    if !reasons.is_empty() {
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.1));
        let list: Vec<(u64, String)> =
            reasons.iter().map(|(token, count)| (*count, format!("{token} {}", told(*count)))).collect();
        writeln!(out, "{}", lists::counts_within("Failures:", &list, width))?;
    }
    Ok(())
}
