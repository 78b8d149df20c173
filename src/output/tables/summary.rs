//! `summary.csv`: what each population met, by protocol, pair of sites and decision.

use super::columns::{Column, Table, Value, columns, mean_millis, millis, name, per_run, real, text};
use super::mean::Mean;
use super::run_table::RunTable;
use crate::output::lookup::{name as named, protocol};
use crate::results::{Cell, CellReplication, Percentile, RunResult};
use crate::stats::interval::{Interval, upper_bound_of_none};
use crate::stats::{PERCENTILES, reliable_percentile};

/// The table.
#[derive(Debug)]
pub(super) struct Summary;

/// A cell with the ratios over replications of which both estimate and half-width are written.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    cell: &'r Cell,
    failure_rate: Mean,
    latency: Mean,
    server_hops: Mean,
    wan_hops: Mean,
}

impl Row<'_> {
    fn per_run(&self, count: u64) -> Value<'static> {
        per_run(count, self.run.replications)
    }
}

impl RunTable for Summary {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.cells.iter().map(move |cell| Row {
            run,
            cell,
            failure_rate: ratio(cell, |r| r.failed as f64, |r| r.requests as f64),
            latency: ratio(cell, |r| r.latency_sum as f64, |r| r.completed as f64),
            server_hops: ratio(cell, |r| r.server_hops as f64, |r| r.sessions as f64),
            wan_hops: ratio(cell, |r| r.wan_hops as f64, |r| r.sessions as f64),
        })
    }

    fn more(run: &RunResult) -> Vec<String> {
        own_percentiles(run).map(|p| format!("p{p}_ms")).collect()
    }

    fn more_values<'a>(row: &'a Row<'_>) -> Vec<Value<'a>> {
        own_percentiles(row.run).map(|p| millis(reliable_percentile(&row.cell.latency, p / 100.0))).collect()
    }
}

/// The percentiles that the scenario asks for beside those of every summary.
fn own_percentiles(run: &RunResult) -> impl Iterator<Item = f64> {
    let usual = |p: &f64| PERCENTILES.iter().any(|usual| (p - 100.0 * usual).abs() < 1e-9);
    run.percentiles.iter().copied().filter(move |p| !usual(p))
}

/// A ratio over replications of two of a cell's values.
fn ratio(
    cell: &Cell,
    above: impl Fn(&CellReplication) -> f64,
    below: impl Fn(&CellReplication) -> f64,
) -> Mean {
    let above: Vec<f64> = cell.replications.iter().map(above).collect();
    let below: Vec<f64> = cell.replications.iter().map(below).collect();
    Mean::of(Interval::of_ratio(&above, &below))
}

fn half_width(percentile: Option<&Percentile>) -> Value<'static> {
    mean_millis(percentile.and_then(|percentile| percentile.half_width))
}

fn exceedances(percentile: Option<&Percentile>) -> Value<'static> {
    real(percentile.and_then(|percentile| percentile.exceedances))
}

/// Mean of the largest latencies of the replications in which something completed, ns.
fn mean_maximum(cell: &Cell) -> Option<f64> {
    let values: Vec<f64> = cell.replications.iter().filter_map(|r| Some(r.max? as f64)).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Half-width of the interval of a count.
fn count_half_width(cell: &Cell, count: fn(&CellReplication) -> u64) -> Value<'static> {
    real(Mean::of_values(cell.replications.iter().map(|r| count(r) as f64)).half_width)
}

fn bound_of_none(cell: &Cell) -> Option<f64> {
    if cell.counts.failed == 0 { upper_bound_of_none(cell.counts.requests) } else { None }
}

impl Table for Summary {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "summary";
    const ROW: &'static str = "a protocol x population x entry site x mailbox site x decision (x class of a custom source), over all replications; behind these columns stand those of other percentiles that `run.percentiles` asks for (`p90_ms`)";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.cell.key.protocol)),
        "population" Word "as in sessions.csv" => |row| name(named(&row.run.names.populations, row.cell.key.population)),
        "entry_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.cell.key.entry_site)),
        "mailbox_site" Word "as in sessions.csv" => |row| name(named(&row.run.names.sites, row.cell.key.mailbox_site)),
        "decision" Word "as in sessions.csv" => |row| text(row.cell.key.decision.token()),
        "class" Word "class of a custom source; blank elsewhere" => |row| name(&row.cell.class),
        "users" Count "distinct clients with a session" => |row| row.per_run(row.cell.counts.users),
        "users_affected" Count "of these, with a failed session or request" => |row| row.per_run(row.cell.counts.users_affected),
        "sessions" Count "sessions that overlap the measured window; times the replications the number of such rows in sessions.csv" => |row| row.per_run(row.cell.counts.sessions),
        "carried_in" Count "of these, running when the window began" => |row| row.per_run(row.cell.counts.carried_in),
        "completed" Count "sessions that ended as their client wanted" => |row| row.per_run(row.cell.counts.completed),
        "failed_sessions" Count "sessions that ended by a failure" => |row| row.per_run(row.cell.counts.failed_sessions),
        "open" Count "sessions running at the end; completed + failed_sessions + open = sessions" => |row| row.per_run(row.cell.counts.open),
        "requests" Count "user-visible requests that started in the window" => |row| row.per_run(row.cell.counts.requests),
        "failed" Count "of these, failed" => |row| row.per_run(row.cell.counts.failed),
        "failure_rate" Share "failed / requests, 0 to 1; blank without requests" => |row| real(row.failure_rate.estimate),
        "failure_rate_ci95" Share "half-width of its 95 % interval over replications (ratio estimator, Student t); blank for one replication" => |row| real(row.failure_rate.half_width),
        "failure_rate_upper95" Share "where none failed: the 95 % upper bound of the rate, 1 - 0.05^(1/requests), about 3 / requests, if requests were independent; blank elsewhere" => |row| real(bound_of_none(row.cell)),
        "mean_ms" Ms "mean latency of completed requests" => |row| mean_millis(row.latency.estimate),
        "mean_ms_ci95" Ms "half-width of its 95 % interval over replications; blank for one" => |row| mean_millis(row.latency.half_width),
        "p50_ms" Ms "median; the smallest t with F(t) >= 0.5, within 0.05 %; blank below 20 requests" => |row| millis(reliable_percentile(&row.cell.latency, 0.5)),
        "p95_ms" Ms "95th percentile of completed requests (a goal on it counts those that failed as late: findings of run.json); blank below 200" => |row| millis(reliable_percentile(&row.cell.latency, 0.95)),
        "p99_ms" Ms "99th percentile; blank below 1,000 requests" => |row| millis(reliable_percentile(&row.cell.latency, 0.99)),
        "max_ms" Ms "largest latency, mean of the replications; blank without completed requests" => |row| mean_millis(mean_maximum(row.cell)),
        "mean_server_hops" Count "mean over sessions of server_hops" => |row| real(row.server_hops.estimate),
        "mean_wan_hops" Count "mean over sessions of wan_hops" => |row| real(row.wan_hops.estimate),
        "redirects" Count "redirects followed" => |row| row.per_run(row.cell.counts.redirects),
        "logon_p95_ms" Ms "95th percentile of the latency of completed logons, without what users take; blank below 200 logons" => |row| millis(reliable_percentile(&row.cell.logon, 0.95)),
        "p50_ms_ci95" Ms "half-width of the 95 % interval of p50_ms, from the medians of the replications spread about it (sectioning); blank for one replication, or where one of them has no median" => |row| half_width(row.cell.percentile(0.5)),
        "p95_ms_ci95" Ms "the same of p95" => |row| half_width(row.cell.percentile(0.95)),
        "p99_ms_ci95" Ms "the same of p99" => |row| half_width(row.cell.percentile(0.99)),
        "mean_server_hops_ci95" Count "half-width of the 95 % interval of mean_server_hops" => |row| real(row.server_hops.half_width),
        "mean_wan_hops_ci95" Count "half-width of the 95 % interval of mean_wan_hops" => |row| real(row.wan_hops.half_width),
        "retries" Count "attempts after the first" => |row| row.per_run(row.cell.counts.retries),
        "held_requests" Count "requests held open for the server's pleasure; not in requests" => |row| row.per_run(row.cell.counts.held),
        "server_hops" Count "sum over sessions of server_hops" => |row| row.per_run(row.cell.counts.server_hops),
        "wan_hops" Count "sum over sessions of wan_hops" => |row| row.per_run(row.cell.counts.wan_hops),
        "completed_requests" Count "requests that completed: what mean_ms and the percentiles are over, and the weight to merge means of rows with; requests less failed and those unanswered at the end" => |row| row.per_run(row.cell.replications.iter().map(|r| r.completed).sum()),
        "idle_reconnects" Count "connections (held requests of ActiveSync included) that an idle time-out of a balancer, publisher, firewall or mail server ended, and that the client opened again" => |row| row.per_run(row.cell.counts.idle_reconnects),
        "p50_exceedances" Count "how many independent requests beyond p50_ms the replications are worth: replications x requests x (1 - p), divided by how much more the share beyond it varies between replications than that of independent requests would; below 30 the value is rough, and so is its interval; blank for one replication" => |row| exceedances(row.cell.percentile(0.5)),
        "p95_exceedances" Count "the same of p95_ms" => |row| exceedances(row.cell.percentile(0.95)),
        "p99_exceedances" Count "the same of p99_ms" => |row| exceedances(row.cell.percentile(0.99)),
        "logon_p95_ms_ci95" Ms "half-width of the 95 % interval of logon_p95_ms" => |row| half_width(row.cell.logon_p95.as_ref()),
        "logon_p95_exceedances" Count "as p50_exceedances, of logon_p95_ms" => |row| exceedances(row.cell.logon_p95.as_ref()),
        "logon_with_human_p95_ms" Ms "95th percentile of the latency of completed logons with what users take to follow a redirect; blank below 200 logons" => |row| millis(reliable_percentile(&row.cell.logon_with_human, 0.95)),
        "held_failed_requests" Count "held requests that failed; in neither failed nor held_requests" => |row| row.per_run(row.cell.counts.held_failed),
        "logons" Count "of the requests, logons" => |row| row.per_run(row.cell.counts.logons),
        "failed_logons" Count "of these, failed" => |row| row.per_run(row.cell.counts.failed_logons),
        "max_ms_highest" Ms "largest latency of all replications, exact" => |row| millis((row.cell.latency.count() > 0).then(|| row.cell.latency.max())),
        "sessions_ci95" Count "half-width of the 95 % interval of sessions; blank for one replication" => |row| count_half_width(row.cell, |r| r.sessions),
        "requests_ci95" Count "the same of requests" => |row| count_half_width(row.cell, |r| r.requests),
        "failed_ci95" Count "the same of failed" => |row| count_half_width(row.cell, |r| r.failed),
    }];
}
