//! 95th percentile of latency over the day, a line a protocol.

use super::axes::YAxis;
use super::chart::{Chart, Picture};
use super::layout::Layout;
use super::line::Line;
use super::lines::LineChart;
use super::looks::{style, title};
use super::scene::Head;
use super::time::{
    Instant, band_words, bands, clock_at, clock_axis, happenings, interval_words, over, runs, span,
};
use super::titles::{self, Stretch, Swing};
use super::view::By;
use crate::model::protocol::Protocol;
use crate::output::lookup::protocol;
use crate::output::tables::columns::{Column, Table, columns, mean_millis, real, text};
use crate::results::objectives::{Measure, Subject};
use crate::results::{RunResult, Series, SeriesKey, SeriesPoint};

/// More than this share failed: there is no 95th percentile.
const LEFT_OVER: f64 = 0.05;

/// The chart.
#[derive(Debug)]
pub(super) struct P95OverDay;

/// An interval of a protocol.
#[derive(Debug)]
pub(super) struct Row<'r> {
    at: Instant<'r>,
    protocol: Option<Protocol>,
    point: &'r SeriesPoint,
}

impl Table for P95OverDay {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "p95_over_day";
    const ROW: &'static str = "an interval x protocol";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the interval, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "ended" Count "requests that ended in it, mean over the replications" => |row| real(ended(row.point)),
        "failed_share" Share "of these, failed, 0 to 1; above 0.05 there is a bar in the place of the line" => |row| real(failed_share(row.point)),
        "p95_all_ms" Ms "95th percentile of latency of all that ended, one that failed counts as later than any; blank where more than 5 % failed, and below 20 requests, a gap in the line" => |row| mean_millis(row.point.p95_all),
        "p95_all_ms_ci95" Ms "half-width of its 95 % interval, a band around the line" => |row| mean_millis(row.point.p95_all_half),
    }];
}

/// Requests that ended in an interval.
fn ended(point: &SeriesPoint) -> Option<f64> {
    Some(point.completed? + point.failed.unwrap_or(0.0))
}

/// Share of them that failed; nothing where none ended.
fn failed_share(point: &SeriesPoint) -> Option<f64> {
    let ended = ended(point).filter(|ended| *ended > 0.0)?;
    Some(point.failed.unwrap_or(0.0) / ended)
}

/// Whether so much failed that there is no 95th percentile.
fn is_broken(point: &SeriesPoint) -> bool {
    failed_share(point).is_some_and(|share| share > LEFT_OVER)
}

impl Chart for P95OverDay {
    const BY: &'static [By] = &[By::Protocol];
    const OVER_TIME: bool = true;

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let mut rows = Vec::new();
        let mut lines = Vec::new();
        let mut swings = Vec::new();
        let mut worst: Option<(f64, Stretch<'_>)> = None;
        let mut stretches = 0;
        for series in &run.series {
            let SeriesKey::Protocol(key) = series.key else { continue };
            for (index, point) in series.points.iter().enumerate() {
                rows.push(Row { at: Instant::of(run, index), protocol: key, point });
            }
            let line = line(run, series, key);
            if line.is_empty() {
                continue;
            }
            swings.extend(swing(run, series, title(key)));
            if let Some((failed, stretch)) = stretch(run, series, title(key))
                && worst.as_ref().is_none_or(|(most, _)| failed > *most)
            {
                worst = Some((failed, stretch));
            }
            stretches += line.broken.len();
            lines.push(line);
        }
        if let Some((_, worst)) = &mut worst {
            worst.others = stretches - 1;
        }
        let broken = match &worst {
            Some(_) => "; a bar at the top: more than 5 % failed, there is none",
            None => "",
        };
        let head = Head {
            topic: format!("95th percentile of latency {}", over(run)),
            finding: titles::day(worst.as_ref().map(|worst| &worst.1), &swings),
            how: format!(
                "By protocol, all requests that ended in each {}, failed ones as later than any; logarithmic{}{broken}",
                interval_words(run),
                band_words(run)
            ),
        };
        let chart = LineChart {
            head,
            x: clock_axis(run),
            y: YAxis::LogTime,
            lines,
            behind: Vec::new(),
            happenings: happenings(run),
            empty: "No interval had 20 requests of a protocol".to_owned(),
        };
        Picture { layout: Layout::Lines(chart), rows }
    }
}

/// Where more than 5 % of a protocol's requests failed: from and to, s since the window began.
fn broken(run: &RunResult, key: Option<Protocol>) -> Vec<(f64, f64)> {
    let mut broken: Vec<(f64, f64)> = Vec::new();
    let Some(series) = run.series.iter().find(|series| series.key == SeriesKey::Protocol(key)) else {
        return broken;
    };
    for (index, _) in series.points.iter().enumerate().filter(|(_, point)| is_broken(point)) {
        let (from, to) = span(run, index);
        match broken.last_mut() {
            Some(last) if last.1 >= from => last.1 = to,
            _ => broken.push((from, to)),
        }
    }
    broken
}

/// A protocol's line, broken where too much failed. The goal is judged by population and over
/// the whole window, so that it is here for orientation alone.
fn line(run: &RunResult, series: &Series, key: Option<Protocol>) -> Line {
    let runs = runs(run, series, |point| point.p95_all.filter(|p95| *p95 > 0.0));
    let broken = broken(run, key);
    let goal = run.objectives.iter().find(|of| {
        of.measure == Measure::P95 && matches!(of.subject, Subject::Users(of, _) if Some(of) == key)
    });
    let band = bands(run, series, |point| Some((point.p95_all?, point.p95_all_half?)));
    Line { band, broken, orientation: goal.map(|of| of.goal), ..Line::new(title(key), style(key), runs) }
}

/// How a protocol's percentile moves.
fn swing<'a>(run: &RunResult, series: &Series, protocol: &'a str) -> Option<Swing<'a>> {
    let mut values: Vec<(f64, usize)> =
        series.points.iter().enumerate().filter_map(|(index, point)| Some((point.p95_all?, index))).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let &(highest, index) = values.last()?;
    let usual = values[values.len() / 2].0;
    Some(Swing { protocol, at: clock_at(run, index), highest, usual, intervals: values.len() })
}

/// The stretch in which most of a protocol's requests failed, and how many.
fn stretch<'a>(run: &RunResult, series: &Series, protocol: &'a str) -> Option<(f64, Stretch<'a>)> {
    let stretches = series.points.chunk_by(|a, b| is_broken(a) == is_broken(b));
    let mut begin = 0;
    let mut worst: Option<(f64, Stretch<'a>)> = None;
    for points in stretches {
        let end = begin + points.len();
        if is_broken(&points[0]) {
            let failed: f64 = points.iter().filter_map(|point| point.failed).sum();
            let most = points.iter().filter_map(failed_share).fold(0.0, f64::max);
            if worst.as_ref().is_none_or(|(so_far, _)| failed > *so_far) {
                let (from, to) = (clock_at(run, begin), clock_at(run, end));
                worst = Some((failed, Stretch { protocol, from, to, failed: most, others: 0 }));
            }
        }
        begin = end;
    }
    worst
}
