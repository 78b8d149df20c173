//! From a [`RunResult`] to charts and the CSV behind them.
//!
//! How things look is in `super::looks`, how they are laid out in [`super::lines`],
//! [`super::bars`] and [`super::matrix`].

use std::collections::BTreeMap;

use super::bars::{Category, Columns, Fill, Row, Rows};
use super::columns::{BOTTLENECKS, DECISIONS, FAILURES, HOPS, LATENCY, P95, PARTS_TABLE};
use super::lines::{Line, LineChart, Style, TOGETHER, XAxis, YAxis};
use super::looks::{
    BLUE, FILLS, GREEN, GREY, ORANGE, SKY, SOLID, STYLES, VERMILION, part_fill, style, title,
};
use super::matrix::Matrix;
use super::ranked::{Ranked, RankedRow};
use super::{Chart, axis, scene, table};
use crate::itinerary::{PARTS, Part};
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::model::access::Decision;
use crate::model::topology::Protocol;
use crate::model::workload::{Objective, Slo};
use crate::output::field;
use crate::output::manifest::{duration, percent, three_figures};
use crate::output::tables::{self, TableWriter, local_time, name, protocol, series_key};
use crate::output::terminal::thousands;
use crate::results::{NONE, RunResult, Scarce, Series, SeriesKey, SeriesPoint, ServerRole};
use crate::stats::histogram::Histogram;
use crate::stats::{reliable_percentile, sample_for};
use scene::Scene;

fn clock_axis(result: &RunResult) -> XAxis {
    let second = (result.window_starts_at_utc.0 / NANOS_PER_SEC) as i64;
    let starts_at = (second + i64::from(result.clock_offset_minutes) * 60).rem_euclid(86_400);
    XAxis::Clock { window: result.window, starts_at }
}

/// Begin and end of an interval, s since the window began.
fn span(result: &RunResult, index: usize) -> (f64, f64) {
    let begin = result.interval.0.saturating_mul(index as u64);
    let end = (begin + result.interval.0).min(result.window.0.max(begin));
    (begin as f64 / NANOS_PER_SEC as f64, end as f64 / NANOS_PER_SEC as f64)
}

/// The first two columns of a chart over the day.
fn begin_row<'w>(out: &'w mut TableWriter, result: &RunResult, index: usize) -> &'w mut TableWriter {
    let offset = SimSpan(result.interval.0.saturating_mul(index as u64));
    let start = i128::from(result.warmup.0) + i128::from(offset.0);
    out.text(field::seconds(start)).text(local_time(result, offset))
}

/// Cuts a series where a value is missing; points stand in the middle of intervals.
fn runs(
    result: &RunResult,
    series: &Series,
    value: impl Fn(&SeriesPoint) -> Option<f64>,
) -> Vec<Vec<(f64, f64)>> {
    let mut runs = vec![Vec::new()];
    for (index, point) in series.points.iter().enumerate() {
        let (begin, end) = span(result, index);
        match value(point).filter(|v| v.is_finite()) {
            Some(v) => runs.last_mut().expect("never empty").push((f64::midpoint(begin, end), v)),
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn objective(slo: &Slo, protocol: Option<Protocol>) -> Option<&Objective> {
    slo.protocols.iter().find(|(p, _)| Some(*p) == protocol).map(|(_, objective)| objective)
}

/// Intervals in words: `15 min`, `1 h`, `30 s`.
fn interval_words(result: &RunResult) -> String {
    duration(result.interval.0 as f64).replace("60 min", "1 h").replace("60 s", "1 min")
}

/// `over the day` for a window that is one, or a good part of one.
fn over(result: &RunResult) -> &'static str {
    const HOUR: u64 = 3600 * NANOS_PER_SEC;
    if (4 * HOUR..=24 * HOUR).contains(&result.window.0) { "over the day" } else { "over time" }
}

/// Latency by percentile and protocol.
pub(super) fn latency(result: &RunResult, _: &Slo) -> Chart {
    let mut histograms: BTreeMap<Option<Protocol>, Histogram> = BTreeMap::new();
    for cell in &result.cells {
        histograms.entry(cell.key.protocol).or_default().merge(&cell.latency);
    }
    let mut out = TableWriter::new(&LATENCY);
    let (mut lines, mut high, mut slowest) = (Vec::new(), 0.95_f64, None);
    for (key, histogram) in &histograms {
        let count = histogram.count();
        if count < sample_for(0.5) {
            continue;
        }
        let end = 1.0 - 10.0 / count as f64;
        // Evenly along the axis; the last point is where the sample ends.
        let mut shares: Vec<f64> = vec![0.01, 0.05];
        shares.extend(
            (1..=250).map(|n| 1.0 - libm::pow(10.0, -0.02 * f64::from(n))).filter(|&p| p > 0.06 && p < end),
        );
        shares.push(end);
        shares.dedup_by(|a, b| a <= b);
        let mut points = Vec::new();
        for p in shares {
            let Some(ns) = histogram.percentile(p) else { continue };
            out.text(protocol(*key)).int(count).text(field::real(p * 100.0, 5)).millis(Some(ns)).end();
            points.push((p, (ns as f64).max(1.0)));
        }
        high = high.max(end);
        if let Some(p95) = reliable_percentile(histogram, 0.95) {
            slowest = slowest.max(Some((p95, title(*key))));
        }
        lines.push(Line { name: title(*key).to_owned(), style: style(*key), runs: vec![points], goal: None });
    }
    let found = slowest.map_or(String::new(), |(p95, name)| {
        format!("; slowest at the 95th percentile: {name}, {}", duration(p95 as f64))
    });
    let chart = LineChart {
        title: "Latency by protocol".to_owned(),
        subtitle: format!("Completed requests, ms or s on a logarithmic axis{found}"),
        x: XAxis::Percentile(high),
        y: YAxis::LogTime,
        lines,
        behind: Vec::new(),
        uprights: Vec::new(),
        empty: "No protocol completed 20 requests".to_owned(),
    };
    finish("latency", chart.scene(), out)
}

pub(super) fn finish(name: &'static str, scene: Scene, out: TableWriter) -> Chart {
    debug_assert_eq!(table(name).file, format!("charts/{name}.csv"));
    Chart { name, scene, data: out.into_bytes() }
}

/// 95th percentile of latency over the day by protocol.
pub(super) fn p95_over_day(result: &RunResult, slo: &Slo) -> Chart {
    let mut out = TableWriter::new(&P95);
    let mut lines = Vec::new();
    for series in &result.series {
        let SeriesKey::Protocol(key) = series.key else { continue };
        for (index, point) in series.points.iter().enumerate() {
            begin_row(&mut out, result, index).text(protocol(key)).millis_real(point.p95).end();
        }
        let runs = runs(result, series, |point| point.p95.filter(|p95| *p95 > 0.0));
        let goal = objective(slo, key).and_then(|o| o.p95).map(|goal| goal.0 as f64);
        if !runs.is_empty() {
            lines.push(Line { name: title(key).to_owned(), style: style(key), runs, goal });
        }
    }
    let chart = LineChart {
        title: format!("95th percentile of latency {}", over(result)),
        subtitle: format!(
            "By protocol, requests that ended in each {}; ms or s on a logarithmic axis",
            interval_words(result)
        ),
        x: clock_axis(result),
        y: YAxis::LogTime,
        lines,
        behind: Vec::new(),
        uprights: Vec::new(),
        empty: "No interval had 20 requests of a protocol".to_owned(),
    };
    finish("p95_over_day", chart.scene(), out)
}

/// Where the time goes, by protocol.
pub(super) fn latency_parts(result: &RunResult, _: &Slo) -> Chart {
    let mut sums: BTreeMap<Option<Protocol>, ([u128; PARTS], u64)> = BTreeMap::new();
    for ((key, _), (parts, count)) in tables::parts_by_population(result) {
        let (sum, all) = sums.entry(key).or_default();
        for (sum, part) in sum.iter_mut().zip(parts) {
            *sum += part;
        }
        *all += count;
    }
    sums.retain(|_, (_, count)| *count > 0);
    let mut out = TableWriter::new(&PARTS_TABLE);
    for (key, (parts, count)) in &sums {
        for ((_, token), part) in Part::ALL.iter().zip(parts) {
            let mean = (part + u128::from(*count) / 2) / u128::from(*count);
            out.text(protocol(*key)).text(token).int(*count).millis(Some(mean as u64)).end();
        }
    }
    let used: Vec<usize> = (0..PARTS).filter(|&i| sums.values().any(|(parts, _)| parts[i] > 0)).collect();
    let words = |token: &str| match token {
        "dns" => "DNS".to_owned(),
        token => token
            .replace("entry_", "entry CAS ")
            .replace("target_", "target CAS ")
            .replace("wan_", "WAN ")
            .replace('_', " "),
    };
    let categories = used
        .iter()
        .map(|&i| Category { name: words(Part::ALL[i].1), fill: part_fill(Part::ALL[i].0) })
        .collect();
    // One unit for all, that of the longest row.
    let longest = sums
        .values()
        .map(|(parts, count)| parts.iter().sum::<u128>() as f64 / *count as f64)
        .fold(0.0, f64::max);
    let label: fn(f64) -> String = match longest {
        ns if ns < 999.5e3 => |ns| in_unit(ns, 1e3, "us"),
        ns if ns < 999.5e6 => |ns| in_unit(ns, 1e6, "ms"),
        _ => |ns| in_unit(ns, 1e9, "s"),
    };
    let rows = sums
        .iter()
        .map(|(key, (parts, count))| {
            let mean = |sum: u128| sum as f64 / *count as f64;
            let parts: Vec<f64> = used.iter().map(|&i| mean(parts[i])).collect();
            Row { name: title(*key).to_owned(), note: label(parts.iter().sum()), parts }
        })
        .collect();
    let chart = Rows {
        title: "Where the time goes".to_owned(),
        subtitle: "Mean latency of a completed request by part, and its sum".to_owned(),
        categories,
        rows,
        label,
        full: None,
        caption: "mean time of a request".to_owned(),
        empty: "No request was completed".to_owned(),
    };
    finish("latency_parts", chart.scene(), out)
}

/// A time in one unit, to three figures.
fn in_unit(ns: f64, unit: f64, name: &str) -> String {
    if ns == 0.0 { "0".to_owned() } else { format!("{} {name}", three_figures(ns / unit)) }
}

/// Failures over the day by reason.
pub(super) fn failures_over_day(result: &RunResult, _: &Slo) -> Chart {
    let mut reasons: Vec<(&str, &Series, f64)> = result
        .series
        .iter()
        .filter_map(|series| match series.key {
            SeriesKey::Failure(failure) => {
                let sum: f64 = series.points.iter().filter_map(|point| point.failed).sum();
                Some((failure.token(), series, sum))
            }
            _ => None,
        })
        .filter(|reason| reason.2 > 0.0)
        .collect();
    reasons.sort_by(|a, b| b.2.total_cmp(&a.2));
    let all: f64 = reasons.iter().map(|reason| reason.2).sum();
    let named = if reasons.len() > TOGETHER { TOGETHER - 1 } else { reasons.len() };
    let intervals = result.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
    let mut out = TableWriter::new(&FAILURES);
    let mut columns = Vec::new();
    for index in 0..intervals {
        let at = |series: &Series| series.points.get(index).and_then(|p| p.failed).unwrap_or(0.0);
        let mut parts: Vec<f64> = reasons[..named].iter().map(|reason| at(reason.1)).collect();
        if named < reasons.len() {
            parts.push(reasons[named..].iter().map(|reason| at(reason.1)).sum());
        }
        let tokens = reasons[..named].iter().map(|reason| reason.0).chain(["other"]);
        for (part, token) in parts.iter().zip(tokens) {
            begin_row(&mut out, result, index).text(token).real(*part).end();
        }
        let (begin, end) = span(result, index);
        columns.push((begin, end, parts));
    }
    let mut categories: Vec<Category> = reasons[..named]
        .iter()
        .zip(FILLS)
        .map(|(reason, fill)| Category {
            name: format!("{} ({})", failure_words(reason.0), axis::count_label(reason.2)),
            fill,
        })
        .collect();
    if named < reasons.len() {
        let rest: f64 = reasons[named..].iter().map(|reason| reason.2).sum();
        categories.push(Category {
            name: format!("{} other reasons ({})", reasons.len() - named, axis::count_label(rest)),
            fill: Fill { colour: GREY, hatch: 0 },
        });
    }
    let mean = if result.replications > 1 { ", mean over the replications" } else { "" };
    let chart = Columns {
        title: format!("Failed requests {}", over(result)),
        subtitle: format!(
            "Failures by reason in each {}; {} in all{mean}",
            interval_words(result),
            axis::count_label(all)
        ),
        x: clock_axis(result),
        categories,
        columns,
        empty: "No request failed".to_owned(),
    };
    finish("failures_over_day", chart.scene(), out)
}

fn failure_words(token: &str) -> String {
    token.replace("pop_imap", "POP/IMAP").replace("url", "URL").replace('_', " ")
}

/// Decisions by protocol and pair of sites.
pub(super) fn decisions(result: &RunResult, _: &Slo) -> Chart {
    const PAIRS: usize = 24;
    type Counts = BTreeMap<Option<Protocol>, [u64; 5]>;
    let mut pairs: BTreeMap<(u32, u32), Counts> = BTreeMap::new();
    let mut protocols: BTreeMap<Option<Protocol>, ()> = BTreeMap::new();
    for cell in result.cells.iter().filter(|cell| cell.counts.sessions > 0) {
        let key = &cell.key;
        let counts = pairs.entry((key.entry_site, key.mailbox_site)).or_default();
        counts.entry(key.protocol).or_default()[key.decision as usize] += cell.counts.sessions;
        protocols.insert(key.protocol, ());
    }
    let mut out = TableWriter::new(&DECISIONS);
    for ((entry, mailbox), counts) in &pairs {
        for (key, counts) in counts {
            for (decision, &sessions) in
                Decision::ALL.iter().zip(counts).filter(|(_, sessions)| **sessions > 0)
            {
                out.name(name(&result.names.sites, *entry))
                    .name(name(&result.names.sites, *mailbox))
                    .text(protocol(*key))
                    .text(decision.token())
                    .int(sessions)
                    .end();
            }
        }
    }
    let site = |index: u32| if index == NONE { "no site" } else { name(&result.names.sites, index) };
    let cells = |counts: &Counts| -> Vec<Vec<u64>> {
        protocols.keys().map(|key| counts.get(key).map_or(vec![0; 5], |c| c.to_vec())).collect()
    };
    let sessions = |counts: &Counts| -> u64 { counts.values().flatten().sum() };
    let mut shown: Vec<&(u32, u32)> = pairs.keys().collect();
    let mut rest = Vec::new();
    if shown.len() > PAIRS {
        shown.sort_by_key(|pair| std::cmp::Reverse(sessions(&pairs[pair])));
        rest = shown.split_off(PAIRS - 1);
        shown.sort();
    }
    let mut rows: Vec<(String, Vec<Vec<u64>>)> = shown
        .into_iter()
        .map(|pair| {
            let name = match *pair {
                (NONE, NONE) => "no sites".to_owned(),
                (entry, mailbox) if entry == mailbox => format!("{} (same site)", site(entry)),
                (entry, mailbox) => format!("{} > {}", site(entry), site(mailbox)),
            };
            (name, cells(&pairs[pair]))
        })
        .collect();
    if !rest.is_empty() {
        let mut sum: Counts = BTreeMap::new();
        for (key, counts) in rest.iter().flat_map(|pair| &pairs[pair]) {
            for (sum, count) in sum.entry(*key).or_default().iter_mut().zip(counts) {
                *sum += count;
            }
        }
        rows.push((format!("{} other pairs", rest.len()), cells(&sum)));
    }
    let fill = |decision| match decision {
        Decision::Local => Fill { colour: BLUE, hatch: 0 },
        Decision::Redirect => Fill { colour: ORANGE, hatch: 0 },
        Decision::Proxy => Fill { colour: GREEN, hatch: 0 },
        Decision::Direct => Fill { colour: SKY, hatch: 0 },
        Decision::Refused => Fill { colour: VERMILION, hatch: 0 },
    };
    let chart = Matrix {
        title: "Decisions by protocol and pair of sites".to_owned(),
        subtitle: "First decision and number of sessions; a divided cell shows the shares of each".to_owned(),
        categories: Decision::ALL.map(|d| Category { name: d.token().to_owned(), fill: fill(d) }).to_vec(),
        columns: protocols.keys().map(|key| title(*key).to_owned()).collect(),
        rows,
        corner: "Entry > mailbox".to_owned(),
        empty: "No session overlapped the window".to_owned(),
    };
    finish("decisions", chart.scene(), out)
}

/// Server hops by protocol.
pub(super) fn server_hops(result: &RunResult, _: &Slo) -> Chart {
    let mut hops: BTreeMap<Option<Protocol>, ([u64; 4], u64)> = BTreeMap::new();
    for cell in &result.cells {
        let (counts, sum) = hops.entry(cell.key.protocol).or_default();
        for (count, more) in counts.iter_mut().zip(cell.counts.hop_counts) {
            *count += more;
        }
        *sum += cell.counts.server_hops;
    }
    hops.retain(|_, (counts, _)| counts.iter().sum::<u64>() > 0);
    let mut out = TableWriter::new(&HOPS);
    let mut rows = Vec::new();
    for (key, (counts, sum)) in &hops {
        let sessions: u64 = counts.iter().sum();
        let shares: Vec<f64> = counts.iter().map(|&count| count as f64 / sessions as f64).collect();
        for (number, (&count, &share)) in (0..).zip(counts.iter().zip(&shares)) {
            out.text(protocol(*key)).int(number).int(count).real(share).end();
        }
        let mean = field::real(*sum as f64 / sessions as f64, 2);
        rows.push(Row {
            name: title(*key).to_owned(),
            parts: shares,
            note: format!("{} sessions, mean {mean}", thousands(sessions)),
        });
    }
    let fills = [
        Fill { colour: GREY, hatch: 0 },
        Fill { colour: BLUE, hatch: 0 },
        Fill { colour: ORANGE, hatch: 0 },
        Fill { colour: VERMILION, hatch: 1 },
    ];
    let names = ["none", "1: entry to Mailbox", "2: over a second Client Access server", "3 or more"];
    let used = (0..4).map(|i| hops.values().any(|(counts, _)| counts[i] > 0)).collect::<Vec<_>>();
    let keep = |i: &usize| used[*i];
    for row in &mut rows {
        row.parts = (0..4).filter(keep).map(|i| row.parts[i]).collect();
    }
    let chart = Rows {
        title: "Server-to-server moves of a session".to_owned(),
        subtitle: "Share of sessions by number of server hops".to_owned(),
        categories: (0..4)
            .filter(keep)
            .map(|i| Category { name: names[i].to_owned(), fill: fills[i] })
            .collect(),
        rows,
        label: percent,
        full: Some(1.0),
        caption: "share of sessions".to_owned(),
        empty: "No session overlapped the window".to_owned(),
    };
    finish("server_hops", chart.scene(), out)
}

/// Words of a chart of utilisations.
struct Utilisation {
    name: &'static str,
    title: &'static str,
    of: &'static str,
    what: &'static str,
    empty: &'static str,
}

fn utilisation(
    result: &RunResult,
    goal: Option<f64>,
    wanted: impl Fn(&SeriesKey) -> bool,
    words: &Utilisation,
) -> Chart {
    let peak = |series: &Series| series.points.iter().filter_map(|p| p.utilisation).fold(0.0, f64::max);
    let all: Vec<&Series> = result.series.iter().filter(|series| wanted(&series.key)).collect();
    // Named lines: all that fit, else the busiest; in the order of the model, so that
    // colours stay when loads change a little.
    let mut named: Vec<usize> = (0..all.len()).collect();
    if all.len() > TOGETHER {
        named.sort_by(|&a, &b| peak(all[b]).total_cmp(&peak(all[a])));
        named.truncate(TOGETHER);
        named.sort_unstable();
    }
    let mut out = TableWriter::new(table(words.name));
    let line = |index: usize, style: Style| {
        let name = series_key(result, &all[index].key).1.to_owned();
        Line { name, style, runs: runs(result, all[index], |point| point.utilisation), goal }
    };
    for (index, series) in all.iter().enumerate() {
        let in_colour = named.contains(&index);
        for (interval, point) in series.points.iter().enumerate() {
            begin_row(&mut out, result, interval)
                .name(series_key(result, &series.key).1)
                .real(point.utilisation)
                .int(u64::from(in_colour))
                .end();
        }
    }
    let mut busiest: Option<(f64, &str)> = None;
    for series in &all {
        let (value, name) = (peak(series), series_key(result, &series.key).1);
        if busiest.is_none_or(|(most, _)| value > most) {
            busiest = Some((value, name));
        }
    }
    let rest = all.len() - named.len();
    let mut subtitle = format!("{}, mean of each {}", words.of, interval_words(result));
    let most = busiest.map_or(0.0, |(value, _)| value);
    let goal_words = match goal.filter(|goal| most < 0.35 && *goal > most) {
        Some(goal) => format!("; goal {}", percent(goal)),
        None => String::new(),
    };
    if rest > 0 {
        let long = format!("; the {} busiest of {} {}, the others grey", named.len(), all.len(), words.what);
        let fits = scene::subtitle_room(&(subtitle.clone() + &long + &goal_words)) >= 0.0;
        subtitle += &if fits { long } else { format!("; {} busiest of {}", named.len(), all.len()) };
    } else if let Some((value, name)) = busiest.filter(|(value, _)| *value > 0.0) {
        subtitle += &format!("; highest {}: ", percent(value));
        // The name gives way: the goal is not on the axis.
        let room = scene::subtitle_room(&(subtitle.clone() + &goal_words));
        subtitle += &scene::fit_name(name, room, scene::SUBTITLE, false);
    }
    subtitle += &goal_words;
    let faint = Style { colour: scene::FAINT, dash: SOLID };
    let chart = LineChart {
        title: format!("{} {}", words.title, over(result)),
        subtitle,
        x: clock_axis(result),
        y: YAxis::Share,
        lines: named.iter().zip(STYLES).map(|(&index, style)| line(index, style)).collect(),
        uprights: Vec::new(),
        behind: (0..all.len())
            .filter(|index| !named.contains(index))
            .map(|index| line(index, faint))
            .collect(),
        empty: words.empty.to_owned(),
    };
    finish(words.name, chart.scene(), out)
}

/// Utilisation of servers over the day.
pub(super) fn server_utilisation(result: &RunResult, slo: &Slo) -> Chart {
    let words = Utilisation {
        name: "server_utilisation",
        title: "Utilisation of servers",
        of: "Busy share of a core",
        what: "server groups",
        empty: "The scenario has no servers",
    };
    // The connections of a service that fails on its own are no work of a core.
    let works = |key: &SeriesKey| match key {
        SeriesKey::Server(n) => {
            result.servers.get(*n as usize).is_none_or(|row| row.role != ServerRole::Service)
        }
        _ => false,
    };
    utilisation(result, slo.cpu, works, &words)
}

/// Utilisation of links over the day.
pub(super) fn link_utilisation(result: &RunResult, slo: &Slo) -> Chart {
    let words = Utilisation {
        name: "link_utilisation",
        title: "Utilisation of links",
        of: "Busy share of the available bandwidth",
        what: "link directions",
        empty: "The scenario has no links",
    };
    utilisation(result, slo.link, |key| matches!(key, SeriesKey::Link(_)), &words)
}

/// What is closest to its limit.
pub(super) fn bottlenecks(result: &RunResult, _: &Slo) -> Chart {
    const ROWS: usize = 20;
    /// Beyond so many times its capacity the bar shows no more.
    const MOST: f64 = 2.0;
    const HOUR: u64 = 3_600 * NANOS_PER_SEC;
    let mut out = TableWriter::new(&BOTTLENECKS);
    let used: Vec<_> = result.bottlenecks.iter().filter(|row| row.strain() > 0.0).collect();
    let mut rows = Vec::new();
    for row in used.iter().take(ROWS) {
        let (kind, label, _) = tables::scarce(result, row);
        let at = local_time(result, row.peak_at);
        out.text(kind)
            .name(label)
            .real(row.utilisation_peak)
            .text(&at)
            .real(row.law_peak)
            .real(row.limit)
            .end();
        let law = row.law_peak.map_or(String::new(), |law| format!(", law {}", percent(law)));
        // The last hour of a window may be a part of one.
        let part = result.window.0.saturating_sub(row.peak_at.0);
        let length = match part < HOUR && result.window.0 > HOUR {
            true => format!(" ({})", duration(part as f64)),
            false => String::new(),
        };
        rows.push(RankedRow {
            name: label.to_owned(),
            value: row.utilisation_peak,
            mark: row.law_peak,
            limit: row.limit,
            category: usize::from(matches!(row.scarce, Scarce::Link(_))),
            note: format!("{at}{length}  {}{law}", percent(row.utilisation_peak)),
        });
    }
    let rest = used.len() - rows.len();
    // A window of an hour or less has no busiest one.
    let when = if result.window.0 > HOUR { "busiest hour" } else { "window" };
    let mut subtitle = format!("Busy share of cores or bandwidth in the {when}");
    if rest > 0 {
        subtitle += &format!(", worst first; {rest} more are in bottlenecks.csv");
    } else if let Some((factor, first)) = tables::headroom(result) {
        let first = scene::fit_name(first, 240.0, 15.0, false);
        subtitle += &format!("; load x{}, then {first} is full", three_figures(factor));
    }
    let category = |name: &str, colour| Category { name: name.to_owned(), fill: Fill { colour, hatch: 0 } };
    // What there is none of is not explained.
    let both = [category("servers", BLUE), category("links", GREEN)];
    let shown = |kind: usize| rows.iter().any(|row: &RankedRow| row.category == kind);
    let categories: Vec<Category> =
        (0..2).filter(|&kind| shown(kind)).map(|kind| both[kind].clone()).collect();
    if categories.len() == 1 {
        for row in &mut rows {
            row.category = 0;
        }
    }
    let chart = Ranked {
        title: "Bottlenecks".to_owned(),
        subtitle,
        categories,
        mark: "utilisation law".to_owned(),
        limit: "limit (objective, or 100 %)".to_owned(),
        rows,
        label: axis::percent_label,
        most: MOST,
        caption: when.to_owned(),
        empty: "Nothing was used".to_owned(),
    };
    finish("bottlenecks", chart.scene(), out)
}
