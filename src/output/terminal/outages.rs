//! What the terminal says of outages and changes: who was cut off, and the storm of
//! those who came back.

use std::io::{self, Write};

use crate::output::lookup::time_of_run;
use crate::output::tables::mean::Mean;
use crate::output::tables::outages::{over, ratio, sum};
use crate::output::words::{count, duration, shorten, thousands};
use crate::results::{IncidentKind, NONE, RunResult, STORM_REASON_TOKENS, STORM_REASONS, StormRow};

/// A figure with its half-width, if it has one.
fn with_half(mean: Mean, words: impl Fn(f64) -> String) -> String {
    match (mean.estimate, mean.half_width) {
        (Some(value), Some(half)) if half > 0.0 => format!("{} \u{b1} {}", words(value), words(half)),
        (Some(value), _) => words(value),
        (None, _) => "-".to_owned(),
    }
}

/// Reasons that are named in a line.
const REASONS: usize = 3;

/// What failed by the most frequent reasons, in all replications together.
fn failures(row: &StormRow) -> String {
    let failed = sum(row, |r| r.failed);
    if failed == 0 {
        return "nothing failed".to_owned();
    }
    let mut reasons: Vec<(u64, &str)> = (0..STORM_REASONS)
        .map(|reason| (sum(row, |r| r.reasons[reason]), STORM_REASON_TOKENS[reason]))
        .filter(|(count, _)| *count > 0)
        .collect();
    reasons.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let rest: u64 = reasons.iter().skip(REASONS).map(|(count, _)| count).sum();
    let mut words: Vec<String> =
        reasons.iter().take(REASONS).map(|(count, token)| format!("{token} {}", thousands(*count))).collect();
    if rest > 0 {
        words.push(format!("others {}", thousands(rest)));
    }
    format!("{} failed: {}", thousands(failed), words.join(", "))
}

/// Five lines an incident, from the row of all together, in order of begin.
pub(super) fn section(out: &mut dyn Write, result: &RunResult, width: usize) -> io::Result<()> {
    const SHOWN: usize = 8;
    let mut totals: Vec<&StormRow> = result.storms.rows.iter().filter(|row| row.population == NONE).collect();
    totals.sort_by_key(|row| row.replications.iter().flatten().next().map(|first| first.begin));
    if totals.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(out, "Outages and changes (outages.csv)")?;
    for row in totals.iter().take(SHOWN) {
        let incident = &result.storms.incidents[row.incident as usize];
        let at = |ns: u64| time_of_run(result, ns);
        let Some(first) = row.replications.iter().flatten().next() else { continue };
        let when = match incident.kind {
            IncidentKind::Change => at(first.begin.0),
            _ => format!("{} - {}", at(first.begin.0), at(first.end.0)),
        };
        let more = match result.storms.times[row.incident as usize] {
            times if times > 1.5 => format!(", the first of {times:.0}"),
            _ => String::new(),
        };
        let rate = |value: f64| format!("{value:.1}");
        let peak = with_half(over(row, |r| Some(r.peak_rate)), rate);
        let normal = over(row, |r| r.normal_rate).estimate.map_or("-".to_owned(), rate);
        let after = over(row, |r| Some(r.peak_after_end)).estimate.map_or("-".to_owned(), rate);
        let times = ratio(row).map_or(String::new(), |ratio| format!(" ({ratio:.1} times)"));
        writeln!(out, "{}", shorten(&format!("  {} ({when}{more})", incident.name), width))?;
        let line = format!("    {peak} requests/s at the peak, {normal} before{times}, {after} after");
        writeln!(out, "{}", shorten(&line, width))?;
        let clients = over(row, |r| Some(r.clients as f64)).estimate.unwrap_or(0.0);
        let each = row.replications.iter().flatten().map(|r| r.cut_span).sum::<u128>() as f64
            / sum(row, |r| r.clients).max(1) as f64;
        let longest = row.replications.iter().flatten().map(|r| r.longest).max().unwrap_or(0);
        let cut = match clients {
            0.0 => "    nobody was cut off".to_owned(),
            clients => format!(
                "    {} cut off, {} each in the mean, {} at a time at most",
                count(clients.round() as usize, "client"),
                duration(each),
                duration(longest as f64)
            ),
        };
        let judged = sum(row, |r| u64::from(r.judged));
        let recovered = sum(row, |r| u64::from(r.recovery.is_some()));
        let back = if judged == 0 {
            "too few requests to judge recovery".to_owned()
        } else if recovered == 0 {
            "p95 not back by the end".to_owned()
        } else if sum(row, |r| r.recovery.unwrap_or(0)) == 0 && recovered == judged {
            "p95 good from its end on".to_owned()
        } else {
            let time = with_half(over(row, |r| r.recovery.map(|ns| ns as f64)), duration);
            let of =
                if recovered < judged { format!(" in {recovered} of {judged} runs") } else { String::new() };
            format!("p95 back {time} after its end{of}")
        };
        writeln!(out, "{}", shorten(&cut, width))?;
        writeln!(out, "{}", shorten(&format!("    {}", failures(row)), width))?;
        writeln!(out, "    {back}")?;
    }
    if totals.len() > SHOWN {
        writeln!(out, "  ... and {} more in outages.csv", totals.len() - SHOWN)?;
    }
    Ok(())
}
