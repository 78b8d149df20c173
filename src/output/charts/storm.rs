//! The hours around outages and changes: what arrives, and how long it takes.

use super::axes::{XAxis, YAxis};
use std::collections::BTreeMap;

use super::chart::{Chart, Picture};
use super::happenings::{self, Happening};
use super::layout::Layout;
use super::line::Line;
use super::lines::LineChart;
use super::looks::{style, title};
use super::scene::Head;
use super::time::{Instant, band_words, span_words};
use super::titles;
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::model::protocol::Protocol;
use crate::output::tables::columns::{Column, Table, columns, int, mean_millis, real, text};
use crate::results::{IncidentKind, NONE, RunResult, StormReplication, StormRow};

/// The chart of attempts.
#[derive(Debug)]
pub(super) struct StormArrivals;

/// The chart of latencies.
#[derive(Debug)]
pub(super) struct StormP95;

/// A bin of a protocol.
#[derive(Debug)]
pub(super) struct Row<'r> {
    at: Instant<'r>,
    protocol: Protocol,
    value: Option<f64>,
    /// Half-width of its interval.
    half: Option<f64>,
    /// The same without any outage.
    twin: Option<f64>,
}

impl Table for StormArrivals {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "storm_arrivals";
    const ROW: &'static str = "a bin around an outage or a change x protocol; only where there are any";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the bin, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "protocol" Word "as in sessions.csv" => |row| text(row.protocol.token()),
        "arrivals_per_s" PerS "attempts that clients make in a second, retries among them; mean over the replications" => |row| real(row.value),
        "twin_arrivals_per_s" PerS "the same without any outage, by the twins; blank without them" => |row| real(row.twin),
        "arrivals_per_s_ci95" PerS "half-width of the 95 % interval of arrivals_per_s, a band around the line" => |row| real(row.half),
    }];
}

impl Table for StormP95 {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "storm_p95";
    const ROW: &'static str = "a bin around an outage or a change x protocol; only where there are any";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the bin, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "protocol" Word "as in sessions.csv" => |row| text(row.protocol.token()),
        "p95_all_ms" Ms "95th percentile of latency of all that ended in it, one that failed counts as later than any, of the slowest population; mean over the replications that have 20 of them. Blank without, and where in a replication more than 5 % of a population's failed, which is a bar in the place of the line" => |row| mean_millis(row.value.filter(|ns| ns.is_finite())),
        "p95_all_ms_ci95" Ms "half-width of its 95 % interval, a band around the line" => |row| mean_millis(row.half),
        "failed_too_often" Count "1 where there is such a bar, else 0" => |row| int(u64::from(row.value.is_some_and(f64::is_infinite))),
    }];
}

impl Chart for StormArrivals {
    const LACKS: &'static str = "the scenario has no [[outage]] and no [[change]]";

    fn is_drawn(run: &RunResult) -> bool {
        !run.storms.rows.is_empty()
    }

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        arrivals(run)
    }
}

impl Chart for StormP95 {
    const LACKS: &'static str = "the scenario has no [[outage]] and no [[change]]";

    fn is_drawn(run: &RunResult) -> bool {
        !run.storms.rows.is_empty()
    }

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        p95(run)
    }
}

/// Shown before the first begin and after the last end.
const AROUND: SimSpan = SimSpan(3_600 * NANOS_PER_SEC);

/// The part of the run that is shown, ns since the run began.
struct Scope {
    from: u64,
    to: u64,
}

impl Scope {
    fn of(result: &RunResult) -> Self {
        let (warmup, whole) = (result.warmup.0, result.warmup.0 + result.window.0);
        let all = happenings::between(result, warmup, whole);
        let ns = |second: f64| warmup + (second * NANOS_PER_SEC as f64) as u64;
        let begin = all.iter().map(|of| ns(of.from)).min().unwrap_or(warmup);
        let end = all.iter().map(|of| ns(of.to)).max().unwrap_or(whole);
        Self { from: begin.saturating_sub(AROUND.0).max(warmup), to: (end + AROUND.0).min(whole) }
    }

    fn happenings(&self, run: &RunResult) -> Vec<Happening> {
        happenings::between(run, self.from, self.to)
    }

    fn axis(&self, result: &RunResult) -> XAxis {
        let second = (result.window_starts_at_utc.0 / NANOS_PER_SEC) as i64;
        let since = (self.from.saturating_sub(result.warmup.0) / NANOS_PER_SEC) as i64;
        // Days are counted from the one on which the window begins.
        let begins = (second + i64::from(result.clock_offset_minutes) * 60).rem_euclid(86_400);
        let window = SimSpan(self.to.saturating_sub(self.from));
        let (offset_minutes, weekday) = (result.clock_offset_minutes, result.weekday);
        XAxis::Clock { window, starts_at: begins + since, offset_minutes, weekday }
    }
}

/// A bin inside the scope.
struct Point {
    number: u64,
    /// Its begin and end on the axis.
    from: f64,
    to: f64,
    value: Option<f64>,
    half: Option<f64>,
}

impl Point {
    fn middle(&self) -> f64 {
        f64::midpoint(self.from, self.to)
    }

    fn finite(&self) -> Option<f64> {
        self.value.filter(|value| value.is_finite())
    }
}

/// Bins of a series inside the scope, with half-widths where there are.
fn points(
    result: &RunResult,
    scope: &Scope,
    values: impl Iterator<Item = Option<f64>>,
    halves: &[Option<f64>],
) -> Vec<Point> {
    let interval = result.storms.interval.0;
    let at = |ns: u64| ns.saturating_sub(scope.from) as f64 / NANOS_PER_SEC as f64;
    (0..)
        .zip(values)
        .filter(|(n, _)| n * interval >= scope.from && (n + 1) * interval <= scope.to)
        .map(|(number, value)| Point {
            number,
            from: at(number * interval),
            to: at((number + 1) * interval),
            value,
            half: halves.get(number as usize).copied().flatten(),
        })
        .collect()
}

/// A line with its band, and bars where its values are infinite.
fn line(protocol: Option<Protocol>, points: &[Point]) -> Line {
    let neighbours = |known: fn(&Point) -> bool| {
        points.chunk_by(move |a, b| known(a) && known(b)).filter(move |run| run.iter().all(known))
    };
    let line = |point: &Point| Some((point.middle(), point.finite()?));
    let around = |point: &Point| {
        let (value, half) = (point.finite()?, point.half?);
        Some((point.middle(), (value - half).max(0.0), value + half))
    };
    let runs = neighbours(|point| point.finite().is_some());
    let runs: Vec<Vec<(f64, f64)>> = runs.map(|run| run.iter().filter_map(line).collect()).collect();
    let bands = neighbours(|point| point.finite().is_some() && point.half.is_some());
    let broken = neighbours(|point| point.value.is_some_and(f64::is_infinite));
    Line {
        band: bands.map(|run| run.iter().filter_map(around).collect()).collect(),
        broken: broken.map(|run| (run[0].from, run[run.len() - 1].to)).collect(),
        ..Line::new(title(protocol), style(protocol), runs)
    }
}

fn bin(run: &RunResult, n: u64) -> Instant<'_> {
    Instant::since_run(run, n * run.storms.interval.0)
}

/// The rows of all populations and protocols together, with the names of their incidents.
fn totals(run: &RunResult) -> impl Iterator<Item = (&str, &StormRow)> {
    let total = run.storms.rows.iter().filter(|row| row.population == NONE);
    total.filter_map(|row| Some((run.storms.incidents.get(row.incident as usize)?.name.as_str(), row)))
}

/// Mean over the replications that have a value.
fn mean(row: &StormRow, value: impl Fn(&StormReplication) -> Option<f64>) -> Option<f64> {
    let values: Vec<f64> = row.replications.iter().flatten().filter_map(value).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// What is shown, in the topic.
fn around(run: &RunResult) -> &'static str {
    let mut kinds = run.storms.incidents.iter().map(|incident| incident.kind);
    match (kinds.next(), kinds.next()) {
        (Some(IncidentKind::Outage), None) => "around an outage",
        (Some(IncidentKind::Change), None) => "around a change",
        _ => "around outages and changes",
    }
}

/// The highest rate of attempts after an incident: the mean of the runs' own (when and how much)
/// or, where one's comes only after what is `drawn` ends, hours later and for other reasons, the
/// highest that is drawn from the begin on.
fn shown_peak<'d>(of_runs: &[(u64, f64)], ends: u64, drawn: impl Iterator<Item = (&'d u64, &'d f64)>) -> f64 {
    if of_runs.iter().any(|run| run.0 >= ends) {
        return drawn.map(|bin| *bin.1).fold(0.0, f64::max);
    }
    of_runs.iter().map(|run| run.1).sum::<f64>() / of_runs.len().max(1) as f64
}

/// Attempts that go out, by protocol.
fn arrivals(result: &RunResult) -> Picture<'_, StormArrivals> {
    let scope = Scope::of(result);
    let mut rows = Vec::new();
    let mut drawn: BTreeMap<u64, f64> = BTreeMap::new();
    let (mut lines, mut twins) = (Vec::new(), Vec::new());
    for series in &result.storms.series {
        let points = points(result, &scope, series.arrivals.iter().copied().map(Some), &series.arrivals_half);
        for point in &points {
            let twin = series.twin_arrivals.get(point.number as usize).copied();
            let (at, protocol) = (bin(result, point.number), series.protocol);
            *drawn.entry(point.number).or_default() += point.value.unwrap_or(0.0);
            rows.push(Row { at, protocol, value: point.value, half: point.half, twin });
        }
        lines.push(line(Some(series.protocol), &points));
        if !series.twin_arrivals.is_empty() {
            let points = self::points(result, &scope, series.twin_arrivals.iter().copied().map(Some), &[]);
            twins.push(line(Some(series.protocol), &points));
        }
    }
    let grey = if twins.is_empty() { "" } else { "; grey: without any outage" };
    // That with the highest peak.
    let peak = |row: &StormRow| {
        let of_runs = row.replications.iter().flatten();
        let of_runs: Vec<(u64, f64)> = of_runs.map(|of| (of.begin.0 + of.peak_at.0, of.peak_rate)).collect();
        let begin = row.replications.iter().flatten().map(|of| of.begin.0).min();
        shown_peak(&of_runs, scope.to, drawn.range(begin.unwrap_or(0) / result.storms.interval.0.max(1)..))
    };
    let worst = totals(result).reduce(|worst, of| if peak(of.1) > peak(worst.1) { of } else { worst });
    let finding = worst.map_or(String::new(), |(name, row)| {
        let beside = mean(row, |of| of.twin_rate).map(|rate| (rate, "without any outage"));
        let before = || mean(row, |of| of.before_rate).map(|rate| (rate, "before"));
        titles::storm(name, lines.len(), beside.or_else(before), peak(row))
    });
    let head = Head {
        topic: format!("Requests {}", around(result)),
        finding,
        how: format!(
            "Attempts a second that clients make in each {}, by protocol; retries are among them{grey}{}",
            span_words(result.storms.interval),
            band_words(result)
        ),
    };
    let chart = LineChart {
        head,
        x: scope.axis(result),
        y: YAxis::Rate,
        behind: twins,
        happenings: scope.happenings(result),
        lines,
        empty: "No request was made".to_owned(),
    };
    Picture { layout: Layout::Lines(chart), rows }
}

/// 95th percentile of latency by protocol.
fn p95(result: &RunResult) -> Picture<'_, StormP95> {
    let scope = Scope::of(result);
    let mut rows = Vec::new();
    let mut lines = Vec::new();
    for series in &result.storms.series {
        let points = points(result, &scope, series.p95.iter().copied(), &series.p95_half);
        for point in &points {
            let (at, protocol) = (bin(result, point.number), series.protocol);
            rows.push(Row { at, protocol, value: point.value, half: point.half, twin: None });
        }
        let line = line(Some(series.protocol), &points);
        if !line.is_empty() {
            lines.push(line);
        }
    }
    let finite = rows.iter().filter_map(|row| Some((row, row.value.filter(|ns| ns.is_finite())?)));
    let slowest = finite
        .reduce(|slowest, of| if of.1 > slowest.1 { of } else { slowest })
        .map(|(row, ns)| (title(Some(row.protocol)), ns, row.at.words()));
    let failed = |row: &StormRow| mean(row, |of| Some(of.failed as f64)).unwrap_or(0.0);
    let worst = totals(result).reduce(|worst, of| if failed(of.1) > failed(worst.1) { of } else { worst });
    let finding = worst.map_or(String::new(), |(name, row)| {
        let users = mean(row, |of| of.users.map(|users| users as f64));
        let lost = mean(row, |of| of.lost.map(|lost| lost as f64));
        let cut = users.zip(lost).filter(|(users, lost)| *users >= 0.5 && *lost > 0.0);
        // Only where every replication recovered.
        let all = row.replications.iter().flatten().all(|of| of.recovery.is_some());
        let recovery = mean(row, |of| of.recovery.map(|ns| ns as f64)).filter(|_| all);
        let slowest = slowest.as_ref().map(|(protocol, ns, at)| (*protocol, *ns, at.as_str()));
        titles::outage(name, failed(row), cut.map(|(users, lost)| (users, lost / users)), recovery, slowest)
    });
    let cut = match lines.iter().any(|line| !line.broken.is_empty()) {
        true => "; a bar at the top: more than 5 % failed, there is none",
        false => "",
    };
    let head = Head {
        topic: format!("95th percentile of latency {}", around(result)),
        finding,
        how: format!(
            "By protocol, of the slowest population that has 20: all requests that ended in each {}, failed \
             ones as later than any; logarithmic{}{cut}",
            span_words(result.storms.interval),
            band_words(result)
        ),
    };
    let chart = LineChart {
        head,
        x: scope.axis(result),
        y: YAxis::LogTime,
        lines,
        behind: Vec::new(),
        happenings: scope.happenings(result),
        empty: "No bin had 20 requests of a protocol".to_owned(),
    };
    Picture { layout: Layout::Lines(chart), rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A title tells of no peak that its picture does not show.
    #[test]
    fn peaks_are_those_of_the_picture() {
        let drawn: BTreeMap<u64, f64> = [(4, 31.0), (5, 41.6), (6, 38.0)].into_iter().collect();
        assert_eq!(shown_peak(&[(300, 40.0), (310, 44.0)], 400, drawn.iter()), 42.0);
        // The second run has its own in the afternoon.
        assert_eq!(shown_peak(&[(300, 41.6), (900, 44.0)], 400, drawn.iter()), 41.6);
        assert_eq!(shown_peak(&[], 400, drawn.iter()), 0.0);
    }
}
