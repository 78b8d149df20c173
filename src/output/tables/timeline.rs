//! `timeline.csv`: the window interval by interval.

use super::columns::{Column, Table, Value, columns, mean_millis, name, real, text};
use super::run_table::RunTable;
use crate::kernel::SimSpan;
use crate::output::clock::{Clock, Local};
use crate::output::lookup::{name as named, protocol, series_key};
use crate::results::objectives::{Measure, Subject};
use crate::results::{RunResult, Series, SeriesKey, SeriesPoint};

/// The table.
#[derive(Debug)]
pub(super) struct Timeline;

/// An interval of a series.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    /// Ns since the run began.
    start: i128,
    local: Local,
    series: &'r Series,
    point: &'r SeriesPoint,
}

impl Row<'_> {
    /// Requests that ended, well or not.
    fn ended(&self) -> Option<f64> {
        Some(self.point.completed? + self.point.failed?)
    }

    /// Share of them that failed; nothing where none ended.
    fn failed_share(&self) -> Option<f64> {
        let ended = self.ended().filter(|ended| *ended > 0.0)?;
        Some(self.point.failed? / ended)
    }

    fn end(&self) -> Value<'_> {
        let end = self.run.warmup.0 + self.run.window.0;
        Value::Seconds((self.start + i128::from(self.run.interval.0)).min(i128::from(end)))
    }

    /// The goal on the 95th percentile, ns.
    fn goal(&self) -> Option<f64> {
        let SeriesKey::Users(Some(protocol), population) = self.series.key else { return None };
        let subject = Subject::Users(protocol, population);
        let goals = &self.run.objectives;
        goals.iter().find(|of| of.subject == subject && of.measure == Measure::P95).map(|of| of.goal)
    }

    fn protocol(&self) -> Value<'_> {
        match self.series.key {
            SeriesKey::Protocol(of) | SeriesKey::Users(of, _) => text(protocol(of)),
            _ => Value::Blank,
        }
    }

    fn population(&self) -> Value<'_> {
        match self.series.key {
            SeriesKey::Population(of) | SeriesKey::Users(_, of) => {
                name(named(&self.run.names.populations, of))
            }
            _ => Value::Blank,
        }
    }
}

impl RunTable for Timeline {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        let intervals = run.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
        let clock = Clock::of(run);
        (0..intervals).flat_map(move |interval| {
            let offset = SimSpan(run.interval.0.saturating_mul(interval as u64));
            let start = i128::from(run.warmup.0) + i128::from(offset.0);
            let local = clock.at(start);
            run.series.iter().filter_map(move |series| {
                let point = series.points.get(interval)?;
                Some(Row { run, start, local, series, point })
            })
        })
    }
}

impl Table for Timeline {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "timeline";
    const ROW: &'static str = "an interval of the measured window x a protocol, population, both (`users`), server group, link direction or failure reason; requests are those that began in the window, counted where they end";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the interval, s since the run began" => |row| Value::Seconds(row.start),
        "day" Count "day of that on the scenario's clock; 1 is the day on which the window begins" => |row| Value::Signed(row.local.day),
        "local_time" Iso "the same on the scenario's clock, with its offset from UTC" => |row| Value::Local(row.local),
        "kind" Word "`protocol`, `population`, `users`, `server`, `link` or `failure`" => |row| text(series_key(row.run, &row.series.key).0),
        "name" Word "the protocol (of `users` too), population, server group, link direction or failure reason" => |row| name(series_key(row.run, &row.series.key).1),
        "protocol" Word "of `protocol` and `users`" => |row| row.protocol(),
        "population" Word "of `population` and `users`" => |row| row.population(),
        "offered" Count "requests that began (users), arrivals (server), transfers begun (link)" => |row| real(row.point.offered),
        "ended" Count "requests that ended, those that failed among them; over all intervals the requests less those unanswered when the window ends" => |row| real(row.ended()),
        "late" Count "of these, took longer than their protocol's goal `p95`, or failed; blank where there is no such goal" => |row| real(row.point.late),
        "failed" Count "of these, failed; failures of the reason" => |row| real(row.point.failed),
        "p95_ms" Ms "95th percentile of latency of those that completed, all replications together; blank below 20; by population within 0.4 %" => |row| mean_millis(row.point.p95),
        "p95_all_ms" Ms "the same of all that ended, those that failed as later than any; blank too where more than 5 % failed: there is none" => |row| mean_millis(row.point.p95_all),
        "utilisation" Share "0 to 1" => |row| real(row.point.utilisation),
        "queue" Count "mean number waiting at one server, or of concurrent transfers of a link" => |row| real(row.point.queue),
        "connections" Count "mean number of connections held" => |row| real(row.point.connections),
        "end_s" S "end of the interval, s since the run began; the last one may be shorter" => |row| row.end(),
        "failed_share" Share "of those that ended, failed, 0 to 1" => |row| real(row.failed_share()),
        "p95_all_ms_ci95" Ms "half-width of the 95 % interval of p95_all_ms; blank for one replication" => |row| mean_millis(row.point.p95_all_half),
        "goal_ms" Ms "goal for the 95th percentile of latency, of `users`" => |row| mean_millis(row.goal()),
    }];
}
