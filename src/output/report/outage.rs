//! `#outage`: whom an outage hits, a section for the gravest and rows for the others.

use maud::{Markup, html};

use super::bits::{Row, Section, State, axis, count, percent, rows};
use super::layouts;
use crate::output::charts::axis as scales;
use crate::output::charts::layout::Layout;
use crate::output::lookup::{name, time_of_run};
use crate::output::tables::outages::{first_span, over, per_run};
use crate::output::words::duration;
use crate::results::{NONE, RunResult, StormRow};

/// Rows that are shown.
const SHOWN: usize = 12;

/// The section; nothing where there is neither an outage nor a change.
pub(super) fn section(run: &RunResult, [arrivals, p95]: [Option<&Layout>; 2]) -> Option<Section> {
    let totals = || run.storms.rows.iter().filter(|row| row.population == NONE);
    let worst = totals().max_by(|a, b| lost(a, run).total_cmp(&lost(b, run)))?;
    let incident = run.storms.incidents.get(worst.incident as usize)?;
    let (begin, end) = first_span(run, worst);
    let at = |ns: i128| time_of_run(run, u64::try_from(ns).unwrap_or(0));
    let mut all: Vec<&StormRow> = run
        .storms
        .rows
        .iter()
        .filter(|row| row.incident == worst.incident && row.population != NONE)
        .collect();
    all.sort_by(|a, b| lost(b, run).total_cmp(&lost(a, run)));
    let most = all.iter().flat_map(|row| [before(row), peak(row)]).fold(f64::MIN_POSITIVE, f64::max);
    let (scale, ticks) = scales::from_zero(most, scales::count_label);
    let along = |value: f64| scale.share(value).clamp(0.0, 1.0);
    let ticks: Vec<(f64, String)> = ticks
        .into_iter()
        .enumerate()
        .map(|(index, (value, label))| (along(value), if index == 0 { label + "/s" } else { label }))
        .collect();
    let lines: Vec<Markup> = all.iter().map(|row| one(run, row, &along)).collect();
    let others = totals().filter(|row| row.incident != worst.incident).count();
    let mut how = format!("{} to {}.", at(begin), at(end));
    if begin == end {
        how = format!("At {}.", at(begin));
    }
    if let Some(peak) = over(worst, |of| Some(of.peak_rate)).estimate {
        let normal = over(worst, |of| of.before_rate).estimate;
        let normal = normal.map_or(String::new(), |rate| format!(", {} before", count(rate)));
        how += &format!(" At the peak all together make {} attempts a second{normal}.", count(peak));
    }
    if others > 0 {
        how += &format!(" {others} more outages or changes: outages.csv.");
    }
    let head = p95.or(arrivals).map(layouts::head).unwrap_or_default();
    let finding =
        if head.finding.is_empty() { format!("\u{201c}{}\u{201d}", incident.name) } else { head.finding };
    let body = html! {
        p.key { span.kd { i {} "attempts a second before" } span.k9 { i {} "at the peak" } }
        (rows("", &axis(&ticks, "cut off"), &lines, SHOWN))
        @for layout in [arrivals, p95].into_iter().flatten() { (layouts::body(layout, 0)) }
    };
    Some(Section { id: "outage", nav: "The outage", topic: "The outage".to_owned(), finding, how, body })
}

/// User time lost in a run, or failed requests where that is not told.
fn lost(row: &StormRow, run: &RunResult) -> f64 {
    over(row, |of| of.lost.map(|ns| ns as f64)).estimate.unwrap_or(0.0) + per_run(row, run, |of| of.failed)
}

fn before(row: &StormRow) -> f64 {
    over(row, |of| of.before_rate).estimate.unwrap_or(0.0)
}

fn peak(row: &StormRow) -> f64 {
    over(row, |of| Some(of.peak_rate)).estimate.unwrap_or(0.0)
}

fn one(run: &RunResult, row: &StormRow, along: &dyn Fn(f64) -> f64) -> Markup {
    let (from, to) = (along(before(row)), along(peak(row)));
    let plot = html! {
        div.plot {
            i.rng style={ "left:" (percent(from.min(to))) ";width:" (percent((to - from).abs())) } {}
            i.md style={ "left:" (percent(from)) } {}
            i.p95 style={ "left:" (percent(to)) } {}
        }
    };
    let users = over(row, |of| of.users.map(|users| users as f64)).estimate.filter(|users| *users >= 0.5);
    let each = users.zip(over(row, |of| of.lost.map(|lost| lost as f64)).estimate);
    let failed = per_run(row, run, |of| of.failed);
    let value = html! {
        @match each {
            Some((users, lost)) if lost > 0.0 => { b { (count(users)) } " cut off" small { (duration(lost / users)) " each" } },
            _ if failed > 0.0 => { b { (count(failed)) } " requests failed" },
            _ => span { "nobody cut off" },
        }
    };
    let state = if each.is_some_and(|(_, lost)| lost > 0.0) { State::Bad } else { State::None };
    let words = row.protocol.map_or("", crate::model::protocol::Protocol::title);
    let population = name(&run.names.populations, row.population);
    let tip = format!("{} attempts a second before, {} at the peak", count(before(row)), count(peak(row)));
    Row { state, marked: false, name: population, words, plot, value, tip }.html()
}
