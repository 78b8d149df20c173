//! `outages.csv`: who was cut off by an outage or a change, and the storm of those who
//! came back.

use super::columns::{Column, Table, Unit, columns, int, mean_millis, name, real, text};
use super::mean::Mean;
use super::run_table::RunTable;
use crate::kernel::NANOS_PER_SEC;
use crate::model::protocol::Protocol;
use crate::output::lookup::name as named;
use crate::results::{
    Incident, NONE, RunResult, STORM_REASON_TOKENS, STORM_REASONS, StormReplication, StormRow,
};

/// What stands in the columns `protocol` and `population` of the row of all together.
const ALL: &str = "all";

/// The table.
#[derive(Debug)]
pub(super) struct Outages;

/// How one protocol of one population, or all together, came through an incident.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    storm: &'r StormRow,
}

impl<'r> Row<'r> {
    fn incident(&self) -> &'r Incident {
        &self.run.storms.incidents[self.storm.incident as usize]
    }

    fn population(&self) -> &'r str {
        match self.storm.population {
            NONE => ALL,
            population => named(&self.run.names.populations, population),
        }
    }

    fn mean(&self, value: impl Fn(&StormReplication) -> Option<f64>) -> Mean {
        over(self.storm, value)
    }

    /// s
    fn longest(&self) -> f64 {
        let counted = self.storm.replications.iter().flatten();
        seconds(counted.map(|r| r.longest).max().unwrap_or(0))
    }
}

/// Mean over the replications that have a value.
pub(in crate::output) fn over(row: &StormRow, value: impl Fn(&StormReplication) -> Option<f64>) -> Mean {
    Mean::of_values(row.replications.iter().flatten().filter_map(value))
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

impl RunTable for Outages {
    /// Only where there are any.
    fn is_written(run: &RunResult) -> bool {
        !run.storms.rows.is_empty()
    }

    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.storms.rows.iter().map(move |storm| Row { run, storm })
    }
}

/// The column of the reason at place `N` of [`STORM_REASON_TOKENS`].
struct Reason<const N: usize>;

impl<const N: usize> Reason<N> {
    const COLUMNS: &'static [Column<Outages>] = &[Column {
        name: &[STORM_REASON_TOKENS[N]],
        unit: Unit::Count,
        meaning: match N {
            0 => &["failed requests by reason, over all replications"],
            n if n + 1 == STORM_REASONS => &["the same, for every other reason"],
            _ => &["the same"],
        },
        value: |row| int(sum(row.storm, |r| r.reasons[N])),
    }];
}

impl Table for Outages {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "outages";
    const ROW: &'static str = "an outage that is on in the window or a change that happens in it x protocol x population, and a last one for all together (`all`); only where there are any, and populations: sources of one's own write no rows here. Of an outage that was on before the window began everything counts from the window's begin on. Rates are taken in bins of a minute (shorter in a run of less than an hour, longer in one beyond 33 hours), from its begin until something else begins or the run ends; normal is the half hour before, or what there is of it. Of an outage that comes again, rates and recovery are those of its first time";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[
        columns! {
            "outage" Word "its name, else what it strikes or sets" => |row| name(&row.incident().name),
            "kind" Word "`outage` or `change`" => |row| text(row.incident().kind.token()),
            "protocol" Word "as in sessions.csv, or `all`" => |row| text(row.storm.protocol.map_or(ALL, Protocol::token)),
            "population" Word "as in sessions.csv, or `all`" => |row| name(row.population()),
            "times" Count "how often it was on in the window, mean over the replications" => |row| real(row.run.storms.times[row.storm.incident as usize]),
            "begin_s" S "begin, s since the run began, warm-up included; mean over the replications, as all that follow that are no counts" => |row| real(row.mean(|r| Some(seconds(r.begin.0))).estimate),
            "end_s" S "end; of a change its begin" => |row| real(row.mean(|r| Some(seconds(r.end.0))).estimate),
            "normal_per_s" PerS "attempts that clients make in a second before; blank where it begins with the window or before it" => |row| real(row.mean(|r| r.normal_rate).estimate),
            "peak_per_s" PerS "the same in the busiest bin from its begin on, retries among them" => |row| real(row.mean(|r| Some(r.peak_rate)).estimate),
            "peak_per_s_ci95" PerS "half-width of its 95 % interval over replications; blank for one" => |row| real(row.mean(|r| Some(r.peak_rate)).half_width),
            "peak_ratio" Ratio "peak over normal" => |row| real(ratio(row.storm)),
            "peak_after_s" S "begin of that bin, s after its own begin" => |row| real(row.mean(|r| Some(seconds(r.peak_at.0))).estimate),
            "peak_after_end_per_s" PerS "the same in the busiest bin from its end on" => |row| real(row.mean(|r| Some(r.peak_after_end)).estimate),
            "normal_connections_per_s" PerS "connections that clients open in a second before: of Outlook `outlook_connections` a logon, else one" => |row| real(row.mean(|r| r.normal_connections).estimate),
            "peak_connections_per_s" PerS "the same in the busiest bin from its begin on" => |row| real(row.mean(|r| Some(r.peak_connections)).estimate),
            "peak_connections_per_s_ci95" PerS "half-width of its 95 % interval; blank for one" => |row| real(row.mean(|r| Some(r.peak_connections)).half_width),
            "threshold_ms" Ms "beyond this an answer is late: the objective of the protocol for p95, else 1.5 times the p95 of the time before; blank where neither is known, and for all together" => |row| mean_millis(row.mean(|r| r.threshold.map(|ns| ns as f64)).estimate),
            "recovery_s" S "time from its end until p95 is below the threshold again, a failed request counted as never answered: until the first sixth of a bin from which on, for ten bins, no stretch of five bins has more than 5 % late; for all together the longest; mean over the replications in which that happens" => |row| real(row.mean(|r| r.recovery.map(seconds)).estimate),
            "recovery_s_ci95" S "half-width of its 95 % interval over these; blank for one" => |row| real(row.mean(|r| r.recovery.map(seconds)).half_width),
            "recovered" Count "replications in which it happens before something else begins or the run ends" => |row| int(sum(row.storm, |r| u64::from(r.recovery.is_some()))),
            "judged" Count "replications with a threshold and at least 20 requests in a stretch" => |row| int(sum(row.storm, |r| u64::from(r.judged))),
            "clients_cut_off" Count "distinct clients that reached nobody or lost their connection (`server_down` or `link_down`) and noticed: who does not ask is not cut off; booked as failures are" => |row| real(row.mean(|r| Some(r.clients as f64)).estimate),
            "clients_cut_off_ci95" Count "half-width of its 95 % interval; blank for one" => |row| real(row.mean(|r| Some(r.clients as f64)).half_width),
            "client_hours" H "sum of the times from the first such attempt until the first that is answered, or the last one of a client that gives up, h" => |row| real(row.mean(|r| Some(r.cut_span as f64 / 3.6e12)).estimate),
            "client_hours_ci95" H "half-width of its 95 % interval; blank for one" => |row| real(row.mean(|r| Some(r.cut_span as f64 / 3.6e12)).half_width),
            "longest_s" S "longest of these times, over all replications" => |row| real(row.longest()),
            "still_cut_off" Count "clients that are still trying at the end, over all replications" => |row| int(sum(row.storm, |r| r.still)),
            "retries" Count "attempts after the first, over all replications" => |row| int(sum(row.storm, |r| r.retries)),
            "failed" Count "failed requests that began in the window and are booked to it, over all replications: the sum of the reasons that follow. A failure is booked once: of the outages that are on, to the one that struck the server or link where it failed (of several, to the one that began last); where none did (a time-out, a full queue), to the one that began last; when none is on, to the outage or change that began last" => |row| int(sum(row.storm, |r| r.failed)),
        },
        Reason::<0>::COLUMNS,
        Reason::<1>::COLUMNS,
        Reason::<2>::COLUMNS,
        Reason::<3>::COLUMNS,
        Reason::<4>::COLUMNS,
        Reason::<5>::COLUMNS,
        Reason::<6>::COLUMNS,
        columns! {
            "gave_up" Count "times that a client gave up: an OWA user who has come back `owa_returns` times, Outlook and IMAP4 as their day ends; EWS, Autodiscover and OAB after each request, since they wait until they would ask anyway; over all replications" => |row| int(sum(row.storm, |r| r.gave_up)),
        },
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new reason needs its group here.
    #[test]
    fn every_reason_has_its_column() {
        let names: Vec<String> = Outages::columns().map(|column| column.name.concat()).collect();
        for token in STORM_REASON_TOKENS {
            assert!(names.iter().any(|name| name == token), "{token}");
        }
    }
}
