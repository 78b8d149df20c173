//! `outages.csv`: who was cut off by an outage or a change, and the storm of those who
//! came back, beside the twin without any outage.

use super::columns::{Column, Table, Unit, Value, columns, int, mean_millis, name, real, text};
use super::mean::Mean;
use super::run_table::RunTable;
use crate::kernel::NANOS_PER_SEC;
use crate::model::protocol::Protocol;
use crate::output::lookup::name as named;
use crate::results::{
    Incident, IncidentKind, NONE, RunResult, STORM_REASON_TOKENS, STORM_REASONS, StormReplication, StormRow,
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

    /// A count per run.
    fn count(&self, value: impl Fn(&StormReplication) -> u64) -> f64 {
        per_run(self.storm, self.run, value)
    }

    /// Of those that it touched, s.
    fn recovery(&self) -> Mean {
        match self.storm.touched {
            Some(true) => self.mean(|r| r.recovery.map(seconds)),
            _ => Mean::default(),
        }
    }

    /// Replications of those that it touched.
    fn runs(&self, is: impl Fn(&StormReplication) -> bool) -> Value<'r> {
        match self.storm.touched {
            Some(true) => int(sum(self.storm, |r| u64::from(is(r)))),
            _ => Value::Blank,
        }
    }

    /// The others with which it shares its differences.
    fn shared(&self) -> String {
        let others = self.run.storms.shared.get(self.storm.incident as usize);
        let names = others.into_iter().flatten().map(|&other| {
            self.run.storms.incidents.get(other as usize).map_or("", |incident| incident.name.as_str())
        });
        names.collect::<Vec<_>>().join("; ")
    }
}

/// Begin and end of the first time of an incident in the window, ns since the run began: of
/// all runs alike, or those of the first run in which it happens.
pub(in crate::output) fn first_span(run: &RunResult, row: &StormRow) -> (i128, i128) {
    let incident = &run.storms.incidents[row.incident as usize];
    let warmup = i128::from(run.warmup.0);
    let is_in_it = |span: &&(i64, i64)| match incident.kind {
        IncidentKind::Outage => span.1 > 0,
        IncidentKind::Change => true,
    };
    let known = incident.spans.iter().find(is_in_it);
    let known = known.map(|&(begin, end)| (warmup + i128::from(begin), warmup + i128::from(end)));
    let seen = row.replications.iter().flatten().next();
    let seen = seen.map(|seen| (i128::from(seen.begin.0), i128::from(seen.end.0)));
    known.or(seen).unwrap_or((0, 0))
}

/// Mean over the replications that have a value.
pub(in crate::output) fn over(row: &StormRow, value: impl Fn(&StormReplication) -> Option<f64>) -> Mean {
    Mean::of_values(row.replications.iter().flatten().filter_map(value))
}

/// A count per run: of those in which it does not happen, nothing.
pub(in crate::output) fn per_run(
    row: &StormRow,
    run: &RunResult,
    value: impl Fn(&StormReplication) -> u64,
) -> f64 {
    sum(row, value) as f64 / f64::from(run.replications.max(1))
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / NANOS_PER_SEC as f64
}

/// Peak over another rate, as a ratio of sums over the runs that have it.
pub(in crate::output) fn ratio(
    row: &StormRow,
    below: impl Fn(&StormReplication) -> Option<f64>,
) -> Option<f64> {
    let runs = || row.replications.iter().flatten().filter_map(|r| Some((r.peak_rate, below(r)?)));
    let whole: f64 = runs().map(|(_, below)| below).sum();
    (whole > 0.0).then(|| runs().map(|(peak, _)| peak).sum::<f64>() / whole)
}

pub(in crate::output) fn sum(row: &StormRow, value: impl Fn(&StormReplication) -> u64) -> u64 {
    row.replications.iter().flatten().map(value).sum()
}

/// Hours that users lost, more than in the twin.
pub(in crate::output) fn hours_lost(r: &StormReplication) -> Option<f64> {
    r.lost.map(|ns| ns as f64 / 3.6e12)
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
            0 => &["of `failed`, by reason"],
            n if n + 1 == STORM_REASONS => &["the same, for every other reason"],
            _ => &["the same"],
        },
        value: |row| real(row.count(|r| r.reasons[N])),
    }];
}

impl Table for Outages {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "outages";
    const ROW: &'static str = "an outage that is on in the window or a change that happens in it x protocol x population that it touched or that has something booked to it, and a last one for all together (`all`); only where there are any, and populations: sources of one's own write no rows here. Everything is per run: the mean over the replications. Of an outage that was on before the window began everything counts from the window's begin on. Rates are taken in bins of a minute (shorter in a run of less than an hour, longer in one beyond 33 hours), from its begin until the next outage begins or the run ends. Of an outage that comes again, rates and recovery are those of its first time. The twin of a replication has the same draws and changes and no outage; columns told beside it are blank for changes and with --no-twin. Differences from it are of the time from the begin of an outage until the next begins; outages that overlap share them (`shared_with`), and both rows have the whole";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[
        columns! {
            "outage" Word "its name, else what it strikes or sets" => |row| name(&row.incident().name),
            "kind" Word "`outage` or `change`" => |row| text(row.incident().kind.token()),
            "protocol" Word "as in sessions.csv, or `all`" => |row| text(row.storm.protocol.map_or(ALL, Protocol::token)),
            "population" Word "as in sessions.csv, or `all`" => |row| name(row.population()),
            "touched" Word "`yes` where a request met what it struck, a client turned another way, or the share of requests late or failed in five bins exceeds the twin's beyond the interval of the pairs (of one run: by 5 points); else `no`" => |row| row.storm.touched.map_or(Value::Blank, |yes| text(if yes { "yes" } else { "no" })),
            "shared_with" Word "the outages with which it overlaps, if it does" => |row| name(row.shared()),
            "times" Count "how often it was on in the window" => |row| real(row.run.storms.times[row.storm.incident as usize]),
            "begin_s" S "begin of its first time, s since the run began, warm-up included; of a random outage the mean, as all that follow that are no counts" => |row| real(match row.incident().spans.is_empty() {
                true => row.mean(|r| Some(seconds(r.begin.0))).estimate,
                false => Some(first_span(row.run, row.storm).0 as f64 / NANOS_PER_SEC as f64),
            }),
            "end_s" S "its end, or the window's; of a change its begin" => |row| real(row.mean(|r| Some(seconds(r.end.0))).estimate),
            "before_per_s" PerS "attempts that clients make in a second in the half hour before, or what there is of it; blank where it begins with the window or before it" => |row| real(row.mean(|r| r.before_rate).estimate),
            "twin_per_s" PerS "the same in the twin in the busiest bin of the run" => |row| real(row.mean(|r| r.twin_rate).estimate),
            "twin_per_s_ci95" PerS "half-width of its 95 % interval over replications; blank for one" => |row| real(row.mean(|r| r.twin_rate).half_width),
            "peak_per_s" PerS "attempts in that busiest bin, retries among them" => |row| real(row.mean(|r| Some(r.peak_rate)).estimate),
            "peak_per_s_ci95" PerS "half-width of its 95 % interval; blank for one" => |row| real(row.mean(|r| Some(r.peak_rate)).half_width),
            "peak_ratio" Ratio "peak over the twin in the same bin; of a change over the time before" => |row| real(match row.incident().kind {
                IncidentKind::Outage => ratio(row.storm, |r| r.twin_rate),
                IncidentKind::Change => ratio(row.storm, |r| r.before_rate),
            }),
            "storm_per_s" PerS "peak less the twin" => |row| real(row.mean(|r| Some(r.peak_rate - r.twin_rate?)).estimate),
            "storm_per_s_ci95" PerS "half-width of its 95 % interval over the pairs; blank for one" => |row| real(row.mean(|r| Some(r.peak_rate - r.twin_rate?)).half_width),
            "peak_after_s" S "begin of that bin, s after its own begin; of one from before the run, after that of the run" => |row| real(row.mean(|r| Some(seconds(r.peak_at.0))).estimate),
            "peak_after_end_per_s" PerS "the same in the busiest bin from its end on" => |row| real(row.mean(|r| Some(r.peak_after_end)).estimate),
            "before_connections_per_s" PerS "connections that clients open in a second before: of Outlook `outlook_connections` a logon, else one" => |row| real(row.mean(|r| r.before_connections).estimate),
            "twin_connections_per_s" PerS "the same in the twin in the bin that follows" => |row| real(row.mean(|r| r.twin_connections).estimate),
            "peak_connections_per_s" PerS "the same in the busiest bin from its begin on" => |row| real(row.mean(|r| Some(r.peak_connections)).estimate),
            "peak_connections_per_s_ci95" PerS "half-width of its 95 % interval; blank for one" => |row| real(row.mean(|r| Some(r.peak_connections)).half_width),
            "threshold_ms" Ms "beyond this an answer is late: the objective of the protocol for p95, else 1.5 times the p95 of the half hour before the first outage or change; blank where neither is known, and for all together" => |row| mean_millis(row.mean(|r| r.threshold.map(|ns| ns as f64)).estimate),
            "recovery_s" S "of those that it touched, time from its end (of the last of those that overlap) until the first sixth of a bin from which on, for ten bins, no stretch of five bins has a share of requests late or failed that exceeds the twin's by 5 points, or exceeds 5 % where the twin's does not; for all together the longest. Mean over the replications in which that happens" => |row| real(row.recovery().estimate),
            "recovery_s_ci95" S "half-width of its 95 % interval over these; blank for one" => |row| real(row.recovery().half_width),
            "recovery_of_all_s" S "of an outage that is on at the same time in all runs, with several: time from its end until the first bin from which on, for ten bins, no stretch of five has a share late or failed that exceeds the twins' beyond the interval of the pairs; for all together the longest" => |row| real(row.storm.recovery.map(seconds)),
            "recovered" Count "replications in which it happens before the next outage begins or the run ends" => |row| row.runs(|r| r.recovery.is_some()),
            "judged" Count "replications with at least 50 requests in a stretch, in run and twin: of fewer, 5 points may be chance" => |row| row.runs(|r| r.judged),
            "users_cut_off" Count "users of a protocol that asked in vain, more than in the twin: whose attempts end without what they asked for, or who lost their connection; who does not ask is not cut off. Each counts once for each time that time is charged anew" => |row| real(row.mean(|r| r.users.map(|users| users as f64)).estimate),
            "users_cut_off_ci95" Count "half-width of its 95 % interval over the pairs; blank for one" => |row| real(row.mean(|r| r.users.map(|users| users as f64)).half_width),
            "user_hours_lost" H "sum of the times from the first such attempt until the first that is answered, or the last one of a user that gives up, more than in the twin" => |row| real(row.mean(hours_lost).estimate),
            "user_hours_lost_ci95" H "half-width of its 95 % interval over the pairs; blank for one" => |row| real(row.mean(hours_lost).half_width),
            "requests_lost" Count "requests that were answered in the twin, more than here" => |row| real(row.mean(|r| r.requests_lost.map(|n| n as f64)).estimate),
            "requests_lost_ci95" Count "half-width of its 95 % interval over the pairs; blank for one" => |row| real(row.mean(|r| r.requests_lost.map(|n| n as f64)).half_width),
            "longest_s" S "longest time that a user asked in vain, of those times that are booked to it; mean over the runs" => |row| real(row.mean(|r| Some(seconds(r.longest))).estimate),
            "longest_of_all_s" S "the same, of all runs" => |row| real(seconds(row.storm.replications.iter().flatten().map(|r| r.longest).max().unwrap_or(0))),
            "still_cut_off" Count "users that still ask in vain at the end, booked to it" => |row| real(row.count(|r| r.still)),
            "retries" Count "attempts after the first" => |row| real(row.count(|r| r.retries)),
            "failed" Count "failed requests that began in the window and are booked to it, as failures.csv has them: the sum of the reasons that follow. A failure is booked once: of the outages that are on, to the one that struck the server or link where it failed (of several, to the one that began last); where none did (a time-out, a full queue), to the one that began last; when none is on, to the outage or change that began last" => |row| real(row.count(|r| r.failed)),
        },
        Reason::<0>::COLUMNS,
        Reason::<1>::COLUMNS,
        Reason::<2>::COLUMNS,
        Reason::<3>::COLUMNS,
        Reason::<4>::COLUMNS,
        Reason::<5>::COLUMNS,
        Reason::<6>::COLUMNS,
        columns! {
            "held_failed" Count "requests held open (Ping, IDLE) that failed and are booked to it; not among `failed`" => |row| real(row.count(|r| r.held_failed)),
            "gave_up" Count "times that a user gave up: an OWA user who has come back `owa_returns` times, Outlook and IMAP4 as their day ends; EWS, Autodiscover and OAB after each request, since they wait until they would ask anyway" => |row| real(row.count(|r| r.gave_up)),
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
