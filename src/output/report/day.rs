//! `#day`: four plots over one time axis, with one cursor through all of them.

use maud::html;
use serde_json::{Value, json};

use super::bits::Section;
use super::colours::paint;
use super::layouts;
use super::stretched::{self, columns, lines, slug};
use crate::kernel::NANOS_PER_SEC;
use crate::output::charts::axes::{XAxis, YAxis};
use crate::output::charts::layout::Layout;
use crate::output::charts::line::Line;
use crate::output::charts::lines::LineChart;
use crate::output::clock;
use crate::output::words::duration;
use crate::results::{RunResult, Series, SeriesKey};

/// Lines of a plot: protocols by requests, and servers and links by use.
const PROTOCOLS: usize = 5;
const BUSIEST: usize = 4;

/// The pictures that it shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pictures<'p> {
    pub(super) p95: Option<&'p Layout>,
    pub(super) failures: Option<&'p Layout>,
    pub(super) servers: Option<&'p Layout>,
    pub(super) links: Option<&'p Layout>,
}

pub(super) fn section(run: &RunResult, pictures: Pictures<'_>, part: &str) -> Section {
    let Some(Layout::Lines(p95)) = pictures.p95 else {
        let head = pictures.p95.map(layouts::head).unwrap_or_default();
        let finding =
            if head.finding.is_empty() { "Nothing happened over the day".to_owned() } else { head.finding };
        return made(run, finding, html! {});
    };
    let shown = busiest_protocols(run);
    let keep = |line: &&Line| shown.iter().any(|(name, _)| *name == line.name);
    let p95 = LineChart { lines: p95.lines.iter().filter(keep).cloned().collect(), ..p95.clone() };
    let requests = requests(run, &p95, &shown);
    let used = used(&p95, [pictures.servers, pictures.links]);
    let failed = match pictures.failures {
        Some(Layout::Columns(chart)) if !chart.categories.is_empty() => Some(chart),
        _ => None,
    };
    let body = html! {
        @if requests.lines.len() > 1 {
            p.tog.noprint hidden { "Show: "
                @for line in &requests.lines {
                    button type="button" aria-pressed="true" data-p=(slug(line)) style={ "--k:" (paint(line.style.colour)) } {
                        (line.name)
                    }
                }
            }
        }
        div.day data-day={ "the-day" (part) } {
            (lines(&requests, "Requests that end, a second", 120, true))
            @if let Some(chart) = failed { (columns(chart, "Failed requests", 80, false)) }
            (lines(&p95, "95th percentile of latency, logarithmic", 150, false))
            (lines(&used, "Busiest servers and links, share of cores or bandwidth", 120, false))
            (stretched::times(p95.x))
            output.rd.noprint {}
        }
        (stretched::data(&format!("the-day{part}"), &told(run, &requests, &p95, &used, failed.map(|chart| chart.columns.as_slice()))))
    };
    made(run, p95.head.finding.clone(), body)
}

fn made(run: &RunResult, finding: String, body: maud::Markup) -> Section {
    let outages = if run.storms.incidents.is_empty() { "" } else { "; outages and changes are shaded" };
    let how = format!(
        "Clock {}; intervals of {}{outages}{}.",
        clock::zone(run.clock_offset_minutes),
        duration(run.interval.0 as f64),
        if run.replications > 1 { "; bands are 95 % intervals" } else { "" }
    );
    Section { id: "day", nav: "The day", topic: "The day".to_owned(), finding, how, body }
}

/// Protocols by requests, and their series.
fn busiest_protocols(run: &RunResult) -> Vec<(&'static str, &Series)> {
    let ended = |series: &Series| -> f64 {
        series.points.iter().map(|point| point.completed.unwrap_or(0.0) + point.failed.unwrap_or(0.0)).sum()
    };
    let mut all: Vec<(&'static str, &Series)> = run
        .series
        .iter()
        .filter_map(|series| match series.key {
            SeriesKey::Protocol(key) => {
                Some((key.map_or("Custom", crate::model::protocol::Protocol::title), series))
            }
            _ => None,
        })
        .filter(|(_, series)| ended(series) > 0.0)
        .collect();
    all.sort_by(|a, b| ended(b.1).total_cmp(&ended(a.1)));
    all.truncate(PROTOCOLS);
    all
}

/// Not `offered`: a request that is held open would count when it was opened, hours before it ends.
fn requests(run: &RunResult, like: &LineChart, shown: &[(&'static str, &Series)]) -> LineChart {
    let of = |(name, series): &(&'static str, &Series)| {
        let look = like.lines.iter().find(|line| line.name == *name)?;
        let points = series.points.iter().enumerate().map(|(index, point)| {
            let begin = run.interval.0.saturating_mul(index as u64);
            let end = (begin + run.interval.0).min(run.window.0.max(begin + 1));
            let [begin, end] = [begin, end].map(|ns| ns as f64 / NANOS_PER_SEC as f64);
            let ended = point.completed.unwrap_or(0.0) + point.failed.unwrap_or(0.0);
            (f64::midpoint(begin, end), ended / (end - begin))
        });
        Some(Line::new(name, look.style, vec![points.collect()]))
    };
    let lines = shown.iter().filter_map(of).collect();
    LineChart { y: YAxis::Rate, lines, behind: Vec::new(), ..like.clone() }
}

/// The busiest of two pictures.
fn used(like: &LineChart, of: [Option<&Layout>; 2]) -> LineChart {
    let all = of.into_iter().flatten().filter_map(|layout| match layout {
        Layout::Lines(chart) => Some(&chart.lines),
        _ => None,
    });
    let peak = |line: &Line| line.runs.iter().flatten().map(|point| point.1).fold(0.0, f64::max);
    let mut lines: Vec<Line> = all.flatten().filter(|line| peak(line) > 0.0).cloned().collect();
    lines.sort_by(|a, b| peak(b).total_cmp(&peak(a)));
    lines.truncate(BUSIEST);
    // Colours of two pictures would meet.
    for (line, style) in lines.iter_mut().zip(crate::output::charts::styles()) {
        line.style = style;
    }
    LineChart { y: YAxis::Share, lines, behind: Vec::new(), ..like.clone() }
}

/// Columns of failures: begin, end and parts.
type Failed<'c> = Option<&'c [(f64, f64, Vec<f64>)]>;

/// What the cursor tells of each interval.
fn told(
    run: &RunResult,
    requests: &LineChart,
    p95: &LineChart,
    used: &LineChart,
    failed: Failed<'_>,
) -> Value {
    let step = run.interval.0 as f64 / NANOS_PER_SEC as f64;
    let intervals = run.window.0.div_ceil(run.interval.0.max(1)) as usize;
    let values = |line: &Line, of: &dyn Fn(f64) -> f64| {
        let mut values = vec![Value::Null; intervals];
        for (x, y) in line.runs.iter().flatten() {
            if let Some(place) = values.get_mut((x / step) as usize) {
                *place = json!(of(*y));
            }
        }
        for (from, to) in &line.broken {
            let (from, to) = ((from / step).round() as usize, (to / step).round() as usize);
            values.iter_mut().take(to).skip(from).for_each(|value| *value = json!(0));
        }
        json!([line.name, values])
    };
    let panel = |name: &str, unit: &str, chart: &LineChart, of: &dyn Fn(f64) -> f64| json!({ "n": name, "u": unit, "s": chart.lines.iter().map(|line| values(line, of)).collect::<Vec<_>>() });
    let tenth = |value: f64| (value * 10.0).round() / 10.0;
    let XAxis::Clock { starts_at, .. } = p95.x;
    let mut panels = vec![panel("requests", "/s", requests, &tenth)];
    if let Some(columns) = failed {
        let sums: Vec<f64> = columns.iter().map(|column| tenth(column.2.iter().sum())).collect();
        panels.push(json!({ "n": "failed", "u": "", "s": [["all", sums]] }));
    }
    panels.push(panel("95th percentile", "ms", p95, &|ns| tenth(ns / 1e6)));
    panels.push(panel("use", "%", used, &|share| tenth(100.0 * share)));
    json!({
        "m": starts_at as f64 / 60.0, "s": step / 60.0, "n": intervals,
        "w": run.window.0 as f64 / NANOS_PER_SEC as f64 / 60.0, "p": panels,
    })
}
