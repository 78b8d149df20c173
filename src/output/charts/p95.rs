//! 95th percentile of latency over the day, a line a protocol.

use super::chart::{Chart, Picture};
use super::lines::{Line, LineChart, YAxis};
use super::looks::{style, title};
use super::time::{Instant, clock_axis, interval_words, objective, over, runs};
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
use crate::output::lookup::protocol;
use crate::output::tables::columns::{Column, Table, columns, mean_millis, text};
use crate::results::{RunResult, SeriesKey};

/// The chart.
#[derive(Debug)]
pub(super) struct P95OverDay;

/// An interval of a protocol.
#[derive(Debug)]
pub(super) struct Row<'r> {
    at: Instant<'r>,
    protocol: Option<Protocol>,
    /// ns
    p95: Option<f64>,
}

impl Table for P95OverDay {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "p95_over_day";
    const ROW: &'static str = "an interval x protocol";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the interval, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "p95_ms" Ms "95th percentile of latency; blank below 20 requests, a gap in the line" => |row| mean_millis(row.p95),
    }];
}

impl Chart for P95OverDay {
    fn draw<'r>(run: &'r RunResult, slo: &Slo) -> Picture<'r, Self> {
        draw(run, slo)
    }
}

/// 95th percentile of latency over the day by protocol.
fn draw<'r>(result: &'r RunResult, slo: &Slo) -> Picture<'r, P95OverDay> {
    let mut rows = Vec::new();
    let mut lines = Vec::new();
    for series in &result.series {
        let SeriesKey::Protocol(key) = series.key else { continue };
        for (index, point) in series.points.iter().enumerate() {
            rows.push(Row { at: Instant::of(result, index), protocol: key, p95: point.p95 });
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
    Picture { scene: chart.scene(), rows }
}
