//! `servers.csv`: how busy each group of servers was, and which of its limits were met.

use super::columns::{Column, Table, Unit, columns, int, mean_millis, millis, name, real, text, whole};
use super::mean::Mean;
use super::run_table::RunTable;
use crate::output::lookup::name as named;
use crate::results::{LimitUse, RunResult, ServerReplication, ServerRow, limits};
use crate::stats::histogram::Histogram;
use crate::stats::reliable_percentile;

/// The table.
#[derive(Debug)]
pub(super) struct Servers;

/// A group of servers with its means over replications.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    server: &'r ServerRow,
    utilisation: Mean,
    wait: Mean,
    sojourn: Mean,
    availability: Mean,
}

impl Row<'_> {
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
        run.servers.iter().map(move |server| {
            let mean =
                |value: fn(&ServerReplication) -> f64| Mean::of_values(server.replications.iter().map(value));
            Row {
                run,
                server,
                utilisation: mean(|r| r.utilisation),
                wait: mean(|r| r.wait_mean),
                sojourn: mean(|r| r.sojourn_mean),
                availability: mean(|r| r.availability),
            }
        })
    }
}

/// The columns of the limit at place `N` of [`limits::ALL`].
struct Limit<const N: usize>;

impl<const N: usize> Limit<N> {
    fn met<'r>(row: &Row<'r>) -> Option<&'r LimitUse> {
        row.server.limits.iter().find(|met| met.kind.token() == limits::ALL[N].0)
    }

    const COLUMNS: &'static [Column<Servers>] = &[
        Column {
            name: &[limits::ALL[N].0, "_limit"],
            unit: Unit::Count,
            meaning: &["most ", limits::ALL[N].1, "; blank where unlimited"],
            value: |row| whole(Self::met(row).and_then(|met| met.limit)),
        },
        Column {
            name: &[limits::ALL[N].0, "_mean"],
            unit: Unit::Count,
            meaning: &[
                "mean of them, over the window and over all that are counted apart; blank where nobody meets the limit",
            ],
            value: |row| real(Self::met(row).map(|met| met.mean)),
        },
        Column {
            name: &[limits::ALL[N].0, "_peak"],
            unit: Unit::Count,
            meaning: &["highest number of them"],
            value: |row| whole(Self::met(row).map(|met| met.peak)),
        },
        Column {
            name: &[limits::ALL[N].0, "_refused"],
            unit: Unit::Count,
            meaning: &["refused by this limit, or gave up waiting"],
            value: |row| whole(Self::met(row).map(|met| met.refused)),
        },
    ];
}

impl Table for Servers {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "servers";
    const ROW: &'static str = "a group of servers (the Client Access or the Mailbox servers of a site, or custom stations). Means of queues and waits are blank for a custom station that is offered its capacity or more over the whole window and has no queue limit: they grow with the window";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[
        columns! {
            "group" Word "name of the group" => |row| name(&row.server.name),
            "role" Word "`cas`, `mailbox`, `service` (a service of a server that an outage can strike alone, with the connections that it holds) or `custom`" => |row| text(row.server.role.token()),
            "site" Word "its site; blank for custom stations" => |row| name(named(&row.run.names.sites, row.server.site)),
            "servers" Count "servers in the group" => |row| int(row.server.servers),
            "cores" Count "cores of each" => |row| int(row.server.cores),
            "utilisation_mean" Share "busy share of a core, mean over the window and the servers, 0 to 1" => |row| real(row.server.utilisation_mean),
            "utilisation_mean_ci95" Share "half-width of its 95 % interval over replications; blank for one" => |row| real(row.utilisation.half_width),
            "utilisation_peak" Share "highest mean over one interval, 0 to 1" => |row| real(row.server.utilisation_busiest_interval),
            "queue_mean" Count "mean number of requests waiting at one server" => |row| real(row.level(row.server.queue_mean)),
            "queue_max" Count "highest number waiting at one server" => |row| int(row.server.queue_max),
            "connections_mean" Count "mean number of web requests at one server, held ones included" => |row| real(row.server.connections_mean),
            "connections_peak" Count "highest number of them at one server" => |row| int(row.server.connections_peak),
            "arrivals" Count "requests that arrived" => |row| int(row.server.arrivals),
            "rejected" Count "requests refused by the queue limit (HTTP 503)" => |row| int(row.server.rejected),
            "rejected_connections" Count "requests refused by the connection limit (HTTP 503)" => |row| int(row.server.rejected_connections),
            "completed" Count "requests served" => |row| int(row.server.replications.iter().map(|r| r.completed).sum::<u64>()),
            "killed" Count "requests killed by an outage of its servers: waiting or in service there, or holding a connection there (Ping, IDLE) without being among the arrivals" => |row| int(row.server.replications.iter().map(|r| r.killed).sum::<u64>()),
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
            "queue_limit" Count "places to wait at one server; blank where unlimited" => |row| whole(row.server.queue_limit),
            "connection_limit" Count "requests that one server takes at once; blank where unlimited" => |row| whole(row.server.connection_limit),
        },
        Limit::<0>::COLUMNS,
        Limit::<1>::COLUMNS,
        Limit::<2>::COLUMNS,
        Limit::<3>::COLUMNS,
        Limit::<4>::COLUMNS,
        Limit::<5>::COLUMNS,
        Limit::<6>::COLUMNS,
        Limit::<7>::COLUMNS,
        Limit::<8>::COLUMNS,
        Limit::<9>::COLUMNS,
        columns! {
            "idle_reconnects" Count "connections to these servers (held requests of ActiveSync included) that an idle time-out on the way, or of their own mail services, ended, and that clients opened again" => |row| int(row.server.idle_reconnects),
        },
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new kind of limit needs its group here.
    #[test]
    fn every_limit_has_its_columns() {
        let names: Vec<String> = Servers::columns().map(|column| column.name.concat()).collect();
        for (kind, _) in limits::ALL {
            for what in ["limit", "mean", "peak", "refused"] {
                assert!(names.contains(&format!("{kind}_{what}")), "{kind}_{what}");
            }
        }
    }
}
