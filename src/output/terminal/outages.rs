//! What the terminal says of outages and changes, per run: whom they touched and cut off,
//! and the storm of those who came back, beside the twin without any outage.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::kernel::NANOS_PER_SEC;
use crate::output::clock::Clock;
use crate::output::lookup::name;
use crate::output::tables::mean::Mean;
use crate::output::tables::outages::{first_span, over, per_run, ratio, sum};
use crate::output::words::{duration, thousands};
use crate::results::{IncidentKind, NONE, RunResult, STORM_REASON_TOKENS, STORM_REASONS, StormRow};

/// A figure with its half-width, if it has one.
fn with_half(mean: Mean, words: impl Fn(f64) -> String) -> String {
    match (mean.estimate, mean.half_width) {
        (Some(value), Some(half)) if half > 0.0 => format!("{} \u{b1} {}", words(value), words(half)),
        (Some(value), _) => words(value),
        (None, _) => "-".to_owned(),
    }
}

/// Incidents that are told.
const SHOWN: usize = 8;
/// Reasons that are named in a line.
const REASONS: usize = 3;
/// Populations that are named in a line.
const NAMED: usize = 4;

fn whole(value: f64) -> String {
    let digits = thousands(value.abs().round() as u64);
    if value <= -0.5 { format!("-{digits}") } else { digits }
}

/// How many requests fewer are answered than in the twin, or more.
pub(super) fn requests_lost(lost: Mean) -> String {
    match lost.estimate {
        Some(estimate) if estimate <= -0.5 => {
            let more = with_half(lost, |value| whole(value.abs()));
            format!("{more} requests more are answered than without it: who connects anew asks for more")
        }
        _ => format!("{} requests lost: answered without it, and not with it", with_half(lost, whole)),
    }
}

/// What failed in a run by the most frequent reasons.
fn failures(result: &RunResult, row: &StormRow) -> String {
    let failed = per_run(row, result, |r| r.failed);
    if failed == 0.0 {
        return "no request failed".to_owned();
    }
    let mut reasons: Vec<(f64, &str)> = (0..STORM_REASONS)
        .map(|reason| (per_run(row, result, |r| r.reasons[reason]), STORM_REASON_TOKENS[reason]))
        .filter(|(count, _)| *count > 0.0)
        .collect();
    reasons.sort_by(|a, b| b.0.total_cmp(&a.0));
    let rest: f64 = reasons.iter().skip(REASONS).map(|(count, _)| count).sum();
    let mut words: Vec<String> =
        reasons.iter().take(REASONS).map(|(count, token)| format!("{token} {}", whole(*count))).collect();
    if rest > 0.0 {
        words.push(format!("others {}", whole(rest)));
    }
    format!("{} requests failed: {}", whole(failed), words.join(", "))
}

/// Whom it touched: populations; outages.csv says over which protocols.
fn touched(result: &RunResult, incident: u32) -> String {
    let rows = result.storms.rows.iter().filter(|row| row.incident == incident && row.population != NONE);
    let touched = rows.filter(|row| row.touched == Some(true)).map(|row| row.population);
    let touched: BTreeSet<u32> = touched.collect();
    if touched.is_empty() {
        return "touched nobody".to_owned();
    }
    let names = touched.iter().take(NAMED).map(|&population| name(&result.names.populations, population));
    let more = touched.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("touched {}{more}", names.collect::<Vec<_>>().join(", "))
}

/// How long until no more is late or failed than in the twin, beyond what is chance.
fn recovery(result: &RunResult, row: &StormRow) -> String {
    let until = result.warmup.0 + result.window.0;
    let over_by_then = row.replications.iter().flatten().any(|r| r.end.0 < until);
    let judged = sum(row, |r| u64::from(r.judged));
    let recovered = sum(row, |r| u64::from(r.recovery.is_some()));
    if !over_by_then {
        return "still on at the end".to_owned();
    }
    if judged == 0 {
        return "too few requests to judge recovery".to_owned();
    }
    if recovered == 0 {
        return "still more late or failed than without it at the end".to_owned();
    }
    if sum(row, |r| r.recovery.unwrap_or(0)) == 0 && recovered == judged {
        return "no more late or failed than without it from its end on".to_owned();
    }
    let time = with_half(over(row, |r| r.recovery.map(|ns| ns as f64)), duration);
    let of = if recovered < judged { format!(" in {recovered} of {judged} runs") } else { String::new() };
    format!("no more late or failed than without it {time} after its end{of}")
}

/// A few lines an incident, from the row of all together, in order of begin.
pub(super) fn section(out: &mut dyn Write, result: &RunResult) -> io::Result<()> {
    let mut totals: Vec<&StormRow> = result.storms.rows.iter().filter(|row| row.population == NONE).collect();
    totals.sort_by_key(|row| first_span(result, row));
    if totals.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let runs = if result.replications > 1 { ", per run" } else { "" };
    writeln!(out, "Outages and changes{runs} (outages.csv)")?;
    for row in totals.iter().take(SHOWN) {
        for (n, line) in incident(result, row).iter().enumerate() {
            let indent = if n == 0 { "  " } else { "    " };
            writeln!(out, "{indent}{line}")?;
        }
    }
    if totals.len() > SHOWN {
        writeln!(out, "  ... and {} more in outages.csv", totals.len() - SHOWN)?;
    }
    Ok(())
}

/// The lines of one of them.
fn incident(result: &RunResult, row: &StormRow) -> Vec<String> {
    let incident = &result.storms.incidents[row.incident as usize];
    let is_outage = incident.kind == IncidentKind::Outage;
    let clock = Clock::of(result);
    let at = |ns: i128| {
        let local = clock.at(ns);
        let minutes = local.since_midnight / NANOS_PER_SEC / 60;
        let day = if local.day < 1 { "the day before " } else { "" };
        format!("{day}{:02}:{:02}", minutes / 60, minutes % 60)
    };
    let (begin, end) = first_span(result, row);
    let when = if is_outage { format!("{} - {}", at(begin), at(end)) } else { at(begin) };
    let more = match result.storms.times[row.incident as usize] {
        times if times > 1.5 => format!(", the first of {times:.0}"),
        _ => String::new(),
    };
    let mut lines = vec![format!("{} ({when}{more})", incident.name)];
    let rate = |value: f64| format!("{value:.1}");
    let peak = with_half(over(row, |r| Some(r.peak_rate)), rate);
    let mean = |value: Mean| value.estimate.map_or("-".to_owned(), rate);
    let times = |ratio: Option<f64>| ratio.map_or(String::new(), |ratio| format!(" ({ratio:.1} times)"));
    let beside = is_outage && result.storms.twins;
    if beside {
        let shared = result.storms.shared.get(row.incident as usize).filter(|others| !others.is_empty());
        if let Some(others) = shared {
            let others = others.iter().map(|&other| result.storms.incidents[other as usize].name.as_str());
            lines.push(format!("overlaps {}: what follows is of all", others.collect::<Vec<_>>().join(", ")));
        }
        lines.push(touched(result, row.incident));
        let users = over(row, |r| r.users.map(|users| users as f64));
        let lost = over(row, |r| r.requests_lost.map(|lost| lost as f64));
        let each = over(row, |r| Some(r.lost? as f64)).estimate.unwrap_or(0.0);
        lines.push(match users.estimate {
            Some(count) if count.round() > 0.0 => format!(
                "{} users cut off, {} each in the mean",
                with_half(users, whole),
                duration((each / count).max(0.0)),
            ),
            _ => "nobody was cut off".to_owned(),
        });
        lines.push(requests_lost(lost));
    }
    lines.push(failures(result, row));
    lines.push(if beside {
        let twin = mean(over(row, |r| r.twin_rate));
        format!("{peak} requests/s at the peak, {twin} without it{}", times(ratio(row, |r| r.twin_rate)))
    } else {
        let before = mean(over(row, |r| r.before_rate));
        format!("{peak} requests/s at the peak, {before} before{}", times(ratio(row, |r| r.before_rate)))
    });
    if beside && row.touched == Some(true) {
        lines.push(recovery(result, row));
    } else if is_outage && !result.storms.twins {
        lines.push("whom it touched, and for how long, is not known without its twin (--no-twin)".to_owned());
    }
    lines
}
