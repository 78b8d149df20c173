//! What charts over the day share: their axis, intervals and gaps.

use super::axes::XAxis;
use super::happenings::{self, Happening};
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::output::clock::{Clock, weekday};
use crate::output::lookup::local_time;
use crate::output::tables::columns::{Value, text};
use crate::output::words::duration;
use crate::results::{RunResult, Series, SeriesPoint};

const HOUR: u64 = 3600 * NANOS_PER_SEC;

pub(super) fn clock_axis(result: &RunResult) -> XAxis {
    let second = (result.window_starts_at_utc.0 / NANOS_PER_SEC) as i64;
    let starts_at = (second + i64::from(result.clock_offset_minutes) * 60).rem_euclid(86_400);
    let (offset_minutes, weekday) = (result.clock_offset_minutes, result.weekday);
    XAxis::Clock { window: result.window, starts_at, offset_minutes, weekday }
}

/// Outages and changes of the window, for that axis.
pub(super) fn happenings(run: &RunResult) -> Vec<Happening> {
    happenings::between(run, run.warmup.0, run.warmup.0 + run.window.0)
}

/// When an interval begins, on the scenario's clock.
pub(super) fn clock_at(run: &RunResult, index: usize) -> String {
    when(run, SimSpan(run.interval.0.saturating_mul(index as u64).min(run.window.0)))
}

/// A time of day `offset` after the window began; of a window of more than a day with the day,
/// without which it would be several times.
pub(super) fn when(run: &RunResult, offset: SimSpan) -> String {
    let time = local_time(run, offset);
    if run.window.0 <= 24 * HOUR {
        return time;
    }
    let day = Clock::of(run).at(i128::from(run.warmup.0) + i128::from(offset.0)).day;
    match run.weekday {
        Some(first) => format!("{time} on {}", weekday(i64::from(first) + day - 1)),
        None => format!("{time} on day {day}"),
    }
}

/// Begin and end of an interval, s since the window began.
pub(super) fn span(result: &RunResult, index: usize) -> (f64, f64) {
    let begin = result.interval.0.saturating_mul(index as u64);
    let end = (begin + result.interval.0).min(result.window.0.max(begin));
    (begin as f64 / NANOS_PER_SEC as f64, end as f64 / NANOS_PER_SEC as f64)
}

/// An interval of the window, as the first two columns of a chart over the day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant<'r> {
    run: &'r RunResult,
    offset: SimSpan,
}

impl<'r> Instant<'r> {
    pub(super) fn of(run: &'r RunResult, interval: usize) -> Self {
        Self { run, offset: SimSpan(run.interval.0.saturating_mul(interval as u64)) }
    }

    /// `at` ns after the run began.
    pub(super) fn since_run(run: &'r RunResult, at: u64) -> Self {
        Self { run, offset: SimSpan(at.saturating_sub(run.warmup.0)) }
    }

    /// Seconds since the run began.
    pub(super) fn start(&self) -> Value<'r> {
        Value::Seconds(i128::from(self.run.warmup.0) + i128::from(self.offset.0))
    }

    /// The same in a sentence.
    pub(super) fn words(&self) -> String {
        when(self.run, self.offset)
    }

    /// The same on the scenario's clock.
    pub(super) fn clock(&self) -> Value<'r> {
        text(local_time(self.run, self.offset))
    }
}

/// Cuts a series where a value is missing; points stand in the middle of intervals.
pub(super) fn runs(
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

/// Around a series where its true values may be: runs of neighbouring points with an interval.
pub(super) fn bands(
    result: &RunResult,
    series: &Series,
    interval: impl Fn(&SeriesPoint) -> Option<(f64, f64)>,
) -> Vec<Vec<(f64, f64, f64)>> {
    let mut bands = vec![Vec::new()];
    for (index, point) in series.points.iter().enumerate() {
        let (begin, end) = span(result, index);
        match interval(point) {
            Some((value, half)) => {
                let around = (f64::midpoint(begin, end), (value - half).max(0.0), value + half);
                bands.last_mut().expect("never empty").push(around);
            }
            None => bands.push(Vec::new()),
        }
    }
    bands.retain(|band| !band.is_empty());
    bands
}

/// What the band around a line is, where there is one.
pub(super) fn band_words(run: &RunResult) -> &'static str {
    if run.replications > 1 { "; band: 95 % interval" } else { "" }
}

/// Intervals in words, behind "each": `15 min`, `hour`, `30 s`.
pub(super) fn interval_words(result: &RunResult) -> String {
    span_words(result.interval)
}

pub(super) fn span_words(span: SimSpan) -> String {
    const MINUTE: u64 = HOUR / 60;
    match span.0 {
        HOUR => "hour".to_owned(),
        MINUTE => "minute".to_owned(),
        NANOS_PER_SEC => "second".to_owned(),
        ns => duration(ns as f64),
    }
}

/// `over the day` for a window that is one, or a good part of one.
pub(super) fn over(result: &RunResult) -> &'static str {
    if (4 * HOUR..=24 * HOUR).contains(&result.window.0) { "over the day" } else { "over time" }
}
