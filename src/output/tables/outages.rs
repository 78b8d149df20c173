//! `outages.csv` and what the terminal says of it: who was cut off by an outage or a
//! change, and the storm of those who came back.

use super::columns;
use super::csv_table::TableWriter;
use crate::kernel::NANOS_PER_SEC;
use crate::output::lookup::name;
use crate::results::{NONE, RunResult, STORM_REASONS, StormReplication, StormRow};
use crate::stats::interval::Interval;

/// What stands in the columns `protocol` and `population` of the row of all together.
const ALL: &str = "all";

/// Mean over the replications that have a value, and its half-width.
pub(in crate::output) fn over(
    row: &StormRow,
    value: impl Fn(&StormReplication) -> Option<f64>,
) -> (Option<f64>, Option<f64>) {
    let values: Vec<f64> = row.replications.iter().flatten().filter_map(value).collect();
    let interval = Interval::of_mean(&values);
    (interval.map(|i| i.estimate), interval.and_then(|i| i.half_width))
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / NANOS_PER_SEC as f64
}

/// Peak over normal, as a ratio of sums.
pub(in crate::output) fn ratio(row: &StormRow) -> Option<f64> {
    let of = |value: fn(&StormReplication) -> f64| -> f64 {
        row.replications.iter().flatten().filter(|r| r.normal_rate.is_some()).map(value).sum()
    };
    let normal = of(|r| r.normal_rate.unwrap_or(0.0));
    (normal > 0.0).then(|| of(|r| r.peak_rate) / normal)
}

pub(in crate::output) fn sum(row: &StormRow, value: impl Fn(&StormReplication) -> u64) -> u64 {
    row.replications.iter().flatten().map(value).sum()
}

/// `outages.csv`.
pub(super) fn table(result: &RunResult) -> Vec<u8> {
    let mut out = TableWriter::new(&columns::OUTAGES);
    for row in &result.storms.rows {
        let incident = &result.storms.incidents[row.incident as usize];
        let times = result.storms.times[row.incident as usize];
        let (begin, _) = over(row, |r| Some(seconds(r.begin.0)));
        let (end, _) = over(row, |r| Some(seconds(r.end.0)));
        let (normal, _) = over(row, |r| r.normal_rate);
        let (peak, peak_half) = over(row, |r| Some(r.peak_rate));
        let (peak_at, _) = over(row, |r| Some(seconds(r.peak_at.0)));
        let (normal_connections, _) = over(row, |r| r.normal_connections);
        let (peak_connections, connections_half) = over(row, |r| Some(r.peak_connections));
        let (threshold, _) = over(row, |r| r.threshold.map(|ns| ns as f64));
        let (recovery, recovery_half) = over(row, |r| r.recovery.map(seconds));
        let (clients, clients_half) = over(row, |r| Some(r.clients as f64));
        let (hours, hours_half) = over(row, |r| Some(r.cut_span as f64 / 3.6e12));
        let counted = row.replications.iter().flatten();
        let longest = counted.map(|r| r.longest).max().unwrap_or(0);
        out.name(&incident.name)
            .text(incident.kind)
            .text(row.protocol.map_or(ALL, |protocol| protocol.token()))
            .name(if row.population == NONE { ALL } else { name(&result.names.populations, row.population) })
            .real(times)
            .real(begin)
            .real(end)
            .real(normal)
            .real(peak)
            .real(peak_half)
            .real(ratio(row))
            .real(peak_at)
            .real(over(row, |r| Some(r.peak_after_end)).0)
            .real(normal_connections)
            .real(peak_connections)
            .real(connections_half)
            .millis_real(threshold)
            .real(recovery)
            .real(recovery_half)
            .int(sum(row, |r| u64::from(r.recovery.is_some())))
            .int(sum(row, |r| u64::from(r.judged)))
            .real(clients)
            .real(clients_half)
            .real(hours)
            .real(hours_half)
            .real(seconds(longest))
            .int(sum(row, |r| r.still))
            .int(sum(row, |r| r.retries))
            .int(sum(row, |r| r.failed));
        for reason in 0..STORM_REASONS {
            out.int(sum(row, |r| r.reasons[reason]));
        }
        out.int(sum(row, |r| r.gave_up)).end();
    }
    out.into_bytes()
}
