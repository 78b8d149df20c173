//! `servers.csv`: how busy each group of servers was, and each of its servers.
//!
//! Their limits stand in `limits.csv`.

use super::columns::{Column, Table, Value, columns, int, mean_millis, millis, name, real, text};
use super::mean::Mean;
use super::run_table::RunTable;
use crate::output::lookup::{local_time, name as named};
use crate::results::{RunResult, ServerReplication, ServerRow};
use crate::stats::histogram::Histogram;
use crate::stats::reliable_percentile;

/// The table.
#[derive(Debug)]
pub(super) struct Servers;

/// A group of servers with its means over replications.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    group: &'r ServerRow,
    server: &'r ServerRow,
    utilisation: Mean,
    wait: Mean,
    sojourn: Mean,
    availability: Mean,
}

impl<'r> Row<'r> {
    fn of(run: &'r RunResult, group: &'r ServerRow, server: &'r ServerRow) -> Self {
        let mean =
            |value: fn(&ServerReplication) -> f64| Mean::of_values(server.replications.iter().map(value));
        Self {
            run,
            group,
            server,
            utilisation: mean(|r| r.utilisation),
            wait: mean(|r| r.wait_mean),
            sojourn: mean(|r| r.sojourn_mean),
            availability: mean(|r| r.availability),
        }
    }

    /// Its own name; nothing for a group.
    fn own_name(&self) -> &'r str {
        if self.is_group() { "" } else { &self.server.name }
    }

    fn is_group(&self) -> bool {
        std::ptr::eq(self.group, self.server)
    }

    /// A count per run.
    fn per_run(&self, count: u64) -> f64 {
        count as f64 / f64::from(self.run.replications.max(1))
    }

    fn of_all(&self, count: fn(&ServerReplication) -> u64) -> f64 {
        self.per_run(self.server.replications.iter().map(count).sum())
    }

    fn group_count(&self, count: u64) -> Value<'static> {
        real(self.is_group().then(|| self.per_run(count)))
    }

    /// Means that grow with the window are none.
    fn level(&self, mean: f64) -> Option<f64> {
        (!self.server.growing).then_some(mean)
    }

    /// Nothing where there is nothing that it could be a mean of.
    fn served(&self, mean: Option<f64>) -> Option<f64> {
        mean.filter(|_| self.server.arrivals > self.server.rejected)
    }

    fn kept(&self, histogram: Option<&Histogram>, p: f64) -> Option<u64> {
        histogram.filter(|_| !self.server.growing).and_then(|histogram| reliable_percentile(histogram, p))
    }
}

impl RunTable for Servers {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.servers.iter().flat_map(move |group| group.rows().map(move |server| Row::of(run, group, server)))
    }
}

impl Table for Servers {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "servers";
    const ROW: &'static str = "a group of servers (the Client Access or the Mailbox servers of a site, or custom stations), followed by a row for each of its servers. Their limits are in limits.csv. Means of queues and waits are blank for a custom station that is offered its capacity or more over the whole window and has no queue limit: they grow with the window";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "group" Word "name of the group" => |row| name(&row.group.name),
        "server" Word "name of the server; blank on the group's row" => |row| name(row.own_name()),
        "role" Word "`cas`, `mailbox`, `service` (a service of a server that an outage can strike alone, with the connections that it holds), `custom`, `publisher` (before a site) or `translation` (the addresses that clients share: nothing is served there, but its ports are a limit)" => |row| text(row.server.role.token()),
        "site" Word "its site; blank for custom stations" => |row| name(named(&row.run.names.sites, row.server.site)),
        "servers" Count "servers in the group; 1 on a server's row" => |row| int(row.server.servers),
        "cores" Count "cores of each" => |row| int(row.server.cores),
        "utilisation_mean" Share "busy share of a core, mean over the window and the servers, up or not, 0 to 1" => |row| real(row.server.utilisation_mean),
        "utilisation_mean_ci95" Share "half-width of its 95 % interval over replications; blank for one" => |row| real(row.utilisation.half_width),
        "utilisation_busiest_interval" Share "highest mean over one interval of the busy share of the cores that were up, 0 to 1" => |row| real(row.server.utilisation_busiest_interval),
        "utilisation_busiest_hour" Share "the same in the busiest hour: the 60 minutes, in steps of the interval and inside the window, with the highest mean over all runs; a window under an hour is taken whole" => |row| real(row.server.busiest_hour.mean),
        "utilisation_busiest_hour_ci95" Share "half-width of its 95 % interval over replications; blank for one" => |row| real(row.server.busiest_hour.half_width),
        "busiest_hour_at" Clock "when that hour begins" => |row| text(local_time(row.run, row.server.busiest_hour.begins_at)),
        "queue_mean" Count "mean number of requests waiting at one server" => |row| real(row.level(row.server.queue_mean)),
        "queue_max" Count "highest number waiting at one server" => |row| int(row.server.queue_max),
        "connections_mean" Count "mean number of web requests at one server, held ones included" => |row| real(row.server.connections_mean),
        "connections_peak" Count "highest number of them at one server" => |row| int(row.server.connections_peak),
        "arrivals" Count "requests that arrived, per run" => |row| real(row.per_run(row.server.arrivals)),
        "rejected" Count "requests refused by the queue limit (HTTP 503), per run" => |row| real(row.per_run(row.server.rejected)),
        "rejected_connections" Count "requests refused by the connection limit (HTTP 503), per run" => |row| real(row.per_run(row.server.rejected_connections)),
        "completed" Count "requests served, per run" => |row| real(row.of_all(|r| r.completed)),
        "killed" Count "requests killed by an outage of its servers: waiting or in service there, or holding a connection there (Ping, IDLE) without being among the arrivals; per run" => |row| real(row.of_all(|r| r.killed)),
        "wait_mean_ms" Ms "mean wait for a core, accepted requests" => |row| mean_millis(row.served(row.level(row.server.wait_mean))),
        "wait_mean_ms_ci95" Ms "half-width of its 95 % interval over replications; blank for one" => |row| mean_millis(row.wait.half_width.and_then(|half| row.served(row.level(half)))),
        "service_mean_ms" Ms "mean service demand" => |row| mean_millis(row.served(Some(row.server.service_mean))),
        "number_mean" Count "mean number present (waiting and in service) at the group" => |row| real(row.level(row.server.number_mean)),
        "wait_p50_ms" Ms "median wait, where the distribution is kept (custom stations); blank below 20" => |row| millis(row.kept(row.server.wait.as_ref(), 0.5)),
        "wait_p95_ms" Ms "95th percentile of the wait; blank below 200" => |row| millis(row.kept(row.server.wait.as_ref(), 0.95)),
        "wait_p99_ms" Ms "99th percentile of the wait; blank below 1,000" => |row| millis(row.kept(row.server.wait.as_ref(), 0.99)),
        "sojourn_mean_ms" Ms "mean of wait plus service" => |row| mean_millis(row.sojourn.estimate.and_then(|mean| row.served(row.level(mean)))),
        "sojourn_p95_ms" Ms "95th percentile of wait plus service, where kept; blank below 200" => |row| millis(row.kept(row.server.sojourn.as_ref(), 0.95)),
        "availability" Share "share of the window in which the servers were not down, 0 to 1" => |row| real(row.availability.estimate),
        "idle_reconnects" Count "connections to these servers (held requests of ActiveSync included) that an idle time-out on the way, or of their own mail services, ended, and that clients opened again; blank on a server's row" => |row| row.group_count(row.server.idle_reconnects),
        "refused_down" Count "requests that were turned away because the server was down or drained, connections that it refused included; per run" => |row| real(row.of_all(|r| r.refused_down)),
    }];
}
