//! What is close to its limit: bottlenecks, headroom, limits that refused or made wait.

use std::io::{self, Write};

use super::lists::{counts_within, list_within};
use crate::output::lookup;
use crate::output::sentences::sentence;
use crate::output::words::{
    columns, count, load_factor, per_run, percent, shorten_name, thousands, three_figures,
};
use crate::results::{Headroom, LimitKind, RunResult};

/// Rows of the list of bottlenecks.
const WORST: usize = 4;

/// What is closest to its limit, and how far the load could grow.
pub(super) fn bottlenecks(out: &mut dyn Write, result: &RunResult, width: usize) -> io::Result<()> {
    let rows: Vec<_> = result.bottlenecks.iter().filter(|row| row.strain() > 0.0).take(WORST).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "Bottlenecks, busiest hour (by the utilisation law), worst first:")?;
    let longest = rows.iter().map(|row| columns(&lookup::scarce_label(result, row))).max().unwrap_or(0);
    let room = longest.min(if width < 100 { 24 } else { 32 });
    for row in rows {
        let label = shorten_name(&lookup::scarce_label(result, row), room);
        let blanks = " ".repeat(room.saturating_sub(columns(&label)));
        let law = row.law_peak.map_or_else(|| "none".to_owned(), percent);
        let rest = match row.headroom() {
            Some(factor) => format!("load x{}", three_figures(factor)),
            None => "-".to_owned(),
        };
        // The mean is for those who have room.
        let mean = match width {
            0..100 => String::new(),
            _ => format!(" mean {:>7},", percent(row.utilisation_mean)),
        };
        writeln!(
            out,
            "  {label}{blanks}  {:>7} ({law:>7}) at {},{mean} limit {}, {rest}",
            percent(row.at_once.unwrap_or(row.utilisation_peak)),
            lookup::local_time(result, row.peak_at),
            percent(row.limit),
        )?;
    }
    law(out, result)?;
    if let Some(found) = &result.headroom {
        writeln!(out, "Headroom as simulated: {} ({} runs)", simulated_headroom(found), found.runs)?;
        if found.met.is_some() && found.unjudged > 0 {
            writeln!(out, "  {} saw too few requests there to be judged", count(found.unjudged, "goal"))?;
        }
        if let Some(falls) = &found.falls {
            let others = if found.others > 0 { format!("; {} more", found.others) } else { String::new() };
            writeln!(out, "  first: {}{others}", sentence(result, falls))?;
        }
        for finding in found.at_any_load.iter().take(WORST) {
            writeln!(out, "  at any load judged: {}", sentence(result, finding))?;
        }
        if !found.at_any_load.is_empty() {
            let many = count(found.at_any_load.len(), "goal");
            writeln!(out, "  {many} missed at every load judged: by the path or a refusal, not by load")?;
        }
    }
    Ok(())
}

/// How far the load could grow by the law, and what fails already.
fn law(out: &mut dyn Write, result: &RunResult) -> io::Result<()> {
    let Some((factor, row)) = result.law_headroom() else { return Ok(()) };
    let half = match row.headroom_half_width().map(three_figures) {
        Some(half) if half != "0" => format!(" ± {half}"),
        None if result.replications > 1 => " (too few runs for an interval)".to_owned(),
        _ => String::new(),
    };
    let name = lookup::scarce_label(result, row);
    writeln!(out, "Headroom by the utilisation law: load x{}{half}, then {name}", three_figures(factor))?;
    let (failed, requests) = result
        .cells
        .iter()
        .fold((0, 0), |(failed, all), cell| (failed + cell.counts.failed, all + cell.counts.requests));
    if failed > 0 {
        let share = percent(failed as f64 / requests.max(1) as f64);
        let refused: u64 = result.servers.iter().flat_map(|row| &row.limits).map(|met| met.refused).sum();
        let limits = if refused > 0 {
            format!("; limits refused {} attempts", per_run(refused, result.replications))
        } else {
            String::new()
        };
        let failed = per_run(failed, result.replications);
        writeln!(out, "  {failed} requests ({share}) fail at the load as it is{limits}")?;
    }
    if !result.storms.rows.is_empty() {
        writeln!(out, "  the law knows what is down, not who fails over to other sites, nor changes")?;
    }
    Ok(())
}

pub(super) fn simulated_headroom(found: &Headroom) -> String {
    let open = format!("{} open there", found.open);
    match (found.met.map(load_factor), found.missed.map(load_factor)) {
        (Some(met), Some(missed)) if found.open > 0 => {
            format!("no goal missed at x{met} ({open}: too few runs to tell), one missed at x{missed}")
        }
        (Some(met), None) if found.open > 0 => {
            format!("no goal missed at any load tried, up to x{met} ({open}: too few runs to tell)")
        }
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
pub(super) fn refusals(out: &mut dyn Write, result: &RunResult, width: usize) -> io::Result<()> {
    let mut met: Vec<(u64, String)> = Vec::new();
    for row in &result.servers {
        for limit in row.limits.iter().filter(|limit| limit.refused > 0) {
            let at =
                limit.limit.map_or_else(String::new, |most| format!(" at {}", thousands(u64::from(most))));
            let refused = per_run(limit.refused, result.replications);
            met.push((limit.refused, format!("{} {}{at}: {refused}", row.name, limit.kind.token())));
        }
    }
    if met.is_empty() {
        return Ok(());
    }
    met.sort_by_key(|(refused, _)| std::cmp::Reverse(*refused));
    writeln!(out, "{}", counts_within("Limits that refused:", &met, width))
}

/// Limits at which clients waited, how full they were on average, and how many waited.
pub(super) fn waits(out: &mut dyn Write, result: &RunResult, width: usize) -> io::Result<()> {
    let mut met: Vec<(u64, String)> = Vec::new();
    for row in &result.servers {
        for limit in row.limits.iter().filter(|limit| limit.waited > 0 && limit.kind != LimitKind::Queue) {
            let Some(most) = limit.limit.filter(|most| *most > 0) else { continue };
            let text = format!(
                "{} {} {} of {} in use: {}",
                row.name,
                limit.kind.token(),
                percent(limit.mean / f64::from(most)),
                thousands(u64::from(most)),
                per_run(limit.waited, result.replications)
            );
            met.push((limit.waited, text));
        }
    }
    if met.is_empty() {
        return Ok(());
    }
    met.sort_by_key(|(waited, _)| std::cmp::Reverse(*waited));
    writeln!(out, "{}", counts_within("Limits that made clients wait:", &met, width))
}

/// The three most used servers and link directions.
pub(super) fn busiest(out: &mut dyn Write, result: &RunResult, width: usize) -> io::Result<()> {
    let mut line = |head: &str, mut rows: Vec<(&str, f64, f64)>| {
        rows.retain(|row| row.1 > 0.0);
        rows.sort_by(|a, b| b.1.total_cmp(&a.1));
        let list = rows
            .iter()
            .take(3)
            .map(|(name, mean, peak)| format!("{name} {} (peak {})", percent(*mean), percent(*peak)));
        if rows.is_empty() { Ok(()) } else { writeln!(out, "{}", list_within(head, list, width)) }
    };
    let servers =
        result.servers.iter().map(|r| (r.name.as_str(), r.utilisation_mean, r.utilisation_busiest_interval));
    line("Busiest servers", servers.collect())?;
    let links =
        result.links.iter().map(|r| (r.name.as_str(), r.utilisation_mean, r.utilisation_busiest_interval));
    line("Busiest links", links.collect())
}
