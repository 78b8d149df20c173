//! `timeline.csv`: the window interval by interval.

use super::columns::{Column, Table, Value, columns, mean_millis, name, real, text};
use super::run_table::RunTable;
use crate::kernel::SimSpan;
use crate::output::lookup::{local_time, series_key};
use crate::results::{RunResult, Series, SeriesPoint};

/// The table.
#[derive(Debug)]
pub(super) struct Timeline;

/// An interval of a series.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    /// Ns since the run began.
    start: i128,
    clock: String,
    series: &'r Series,
    point: &'r SeriesPoint,
}

impl RunTable for Timeline {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        let intervals = run.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
        (0..intervals).flat_map(move |interval| {
            let offset = SimSpan(run.interval.0.saturating_mul(interval as u64));
            let start = i128::from(run.warmup.0) + i128::from(offset.0);
            let clock = local_time(run, offset);
            run.series.iter().filter_map(move |series| {
                let point = series.points.get(interval)?;
                Some(Row { run, start, clock: clock.clone(), series, point })
            })
        })
    }
}

impl Table for Timeline {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "timeline";
    const ROW: &'static str = "an interval of the measured window x a key; means over the replications";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the interval, s since the run began" => |row| Value::Seconds(row.start),
        "local_time" Clock "the same on the scenario's clock, HH:MM (HH:MM:SS for intervals that are not whole minutes)" => |row| text(row.clock.clone()),
        "kind" Word "`protocol`, `server`, `link` or `failure`" => |row| text(series_key(row.run, &row.series.key).0),
        "key" Word "the protocol, server group, link direction or failure reason" => |row| name(series_key(row.run, &row.series.key).1),
        "offered" Count "requests that started (protocol), arrivals (server), transfers begun (link)" => |row| real(row.point.offered),
        "completed" Count "requests that completed" => |row| real(row.point.completed),
        "failed" Count "requests that failed; failures of the reason" => |row| real(row.point.failed),
        "p95_ms" Ms "95th percentile of latency of requests that ended in the interval, all replications together; blank below 20" => |row| mean_millis(row.point.p95),
        "utilisation" Share "0 to 1" => |row| real(row.point.utilisation),
        "queue" Count "mean number waiting at one server, or of concurrent transfers of a link" => |row| real(row.point.queue),
        "connections" Count "mean number of connections held" => |row| real(row.point.connections),
    }];
}
