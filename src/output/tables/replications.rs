//! `replications.csv`: what each replication gave, by which results are paired with those of
//! another scenario.

use super::columns::{Column, Table, columns, int, name, real, text};
use super::run_table::RunTable;
use crate::output::lookup::{name as named, protocol};
use crate::results::{LateBy, LinkReplication, RunResult, ServerReplication, UserReplication, Users};

/// The table.
#[derive(Debug)]
pub(super) struct Replications;

/// Who or what a value is about.
#[derive(Clone, Copy, Debug)]
enum About<'r> {
    Users(&'r Users),
    Resource(&'r str),
}

/// One value of one replication.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    replication: usize,
    about: About<'r>,
    metric: &'static str,
    value: Option<f64>,
}

/// A metric and how it is read: of users with the window in ns and the number of clients.
type OfUsers = (&'static str, fn(&UserReplication, (f64, f64)) -> Option<f64>);

fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

fn ms(ns: Option<f64>) -> Option<f64> {
    ns.filter(|ns| ns.is_finite()).map(|ns| ns / 1e6)
}

const OF_USERS: &[OfUsers] = &[
    ("requests", |r, _| Some(r.requests as f64)),
    ("failed", |r, _| Some(r.failed as f64)),
    ("failed_share", |r, _| share(r.failed, r.requests)),
    ("late_share", |r, _| share(r.late[LateBy::Request as usize], r.requests)),
    ("mean_ms", |r, _| ms((r.completed > 0).then(|| r.latency_sum as f64 / r.completed as f64))),
    ("p50_ms", |r, _| ms(r.percentiles[0].map(|ns| ns as f64))),
    ("p95_ms", |r, _| ms(r.percentiles[1].map(|ns| ns as f64))),
    ("p99_ms", |r, _| ms(r.percentiles[2].map(|ns| ns as f64))),
    ("p95_all_ms", |r, _| ms(r.late_p95[LateBy::Request as usize])),
    ("logons", |r, _| Some(r.logons as f64)),
    ("failed_logons", |r, _| Some(r.failed_logons as f64)),
    ("logon_late_share", |r, _| share(r.late[LateBy::Logon as usize], r.logons)),
    ("logon_p95_all_ms", |r, _| ms(r.late_p95[LateBy::Logon as usize])),
    ("logon_with_human_late_share", |r, _| share(r.late[LateBy::LogonWithHuman as usize], r.logons)),
    ("logon_with_human_p95_all_ms", |r, _| ms(r.late_p95[LateBy::LogonWithHuman as usize])),
    ("held_requests", |r, _| Some(r.held as f64)),
    ("held_failed_requests", |r, _| Some(r.held_failed as f64)),
    ("user_minutes_lost", |r, _| Some(r.lost as f64 / 60e9)),
    ("availability", |r, (window, clients)| {
        (clients > 0.0).then(|| 1.0 - r.lost as f64 / (window * clients))
    }),
];

/// A metric of a server group or a link, and how it is read.
type OfResource<T> = (&'static str, fn(&T) -> f64);

const OF_SERVERS: &[OfResource<ServerReplication>] = &[
    ("utilisation_mean", |r| r.utilisation),
    ("arrivals", |r| r.arrivals as f64),
    ("rejected", |r| r.rejected as f64),
    ("killed", |r| r.killed as f64),
    ("wait_mean_ms", |r| r.wait_mean / 1e6),
    ("number_mean", |r| r.number_mean),
    ("server_availability", |r| r.availability),
];

const OF_LINKS: &[OfResource<LinkReplication>] = &[
    ("utilisation_mean", |r| r.utilisation),
    ("goodput_mbps", |r| r.goodput / 1e6),
    ("transfer_mean_ms", |r| r.sojourn_mean / 1e6),
];

impl RunTable for Replications {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        (0..run.replications as usize).flat_map(move |replication| of_replication(run, replication))
    }
}

fn of_replication(run: &RunResult, replication: usize) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let row = |about, metric, value| Row { run, replication, about, metric, value };
    for users in &run.users {
        let Some(of) = users.replications.get(replication) else { continue };
        let time = (run.window.0 as f64, users.clients as f64);
        rows.extend(OF_USERS.iter().map(|(metric, read)| row(About::Users(users), *metric, read(of, time))));
    }
    let hour = "utilisation_busiest_hour";
    for servers in run.servers.iter().filter(|servers| !servers.growing) {
        let about = About::Resource(&servers.name);
        rows.push(row(about, hour, servers.busiest_hour.of_runs.get(replication).copied()));
        let Some(of) = servers.replications.get(replication) else { continue };
        rows.extend(OF_SERVERS.iter().map(|(metric, read)| row(about, metric, Some(read(of)))));
    }
    for link in run.links.iter().filter(|link| !link.growing) {
        let about = About::Resource(&link.name);
        rows.push(row(about, hour, link.busiest_hour.of_runs.get(replication).copied()));
        let Some(of) = link.replications.get(replication) else { continue };
        rows.extend(OF_LINKS.iter().map(|(metric, read)| row(about, metric, Some(read(of)))));
    }
    rows
}

impl Table for Replications {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "replications";
    const ROW: &'static str = "a value of one replication. Of users of a protocol in a population: `requests`, `failed`, `failed_share`, `late_share` (longer than the goal `p95`, or failed; without a goal those that failed), `mean_ms`, `p50_ms`, `p95_ms`, `p99_ms` (of completed requests), `p95_all_ms` (those that failed count as later than any; blank where more than 5 % failed), `logons`, `failed_logons`, `logon_late_share`, `logon_p95_all_ms`, `logon_with_human_late_share`, `logon_with_human_p95_all_ms`, `held_requests`, `held_failed_requests`, `user_minutes_lost`, `availability`. Of server groups and links: `utilisation_busiest_hour` (in the hour that is busiest over all replications), `utilisation_mean`, and of servers `arrivals`, `rejected`, `killed`, `wait_mean_ms`, `number_mean`, `server_availability`, of links `goodput_mbps`, `transfer_mean_ms`; nothing of what is offered its capacity or more over the whole window";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "replication" Count "from 0, as in sessions.csv" => |row| int(row.replication as u64),
        "protocol" Word "as in sessions.csv; blank for servers and links" => |row| match row.about {
            About::Users(users) => text(protocol(users.protocol)),
            About::Resource(_) => text(""),
        },
        "population" Word "as in sessions.csv; blank for servers and links" => |row| match row.about {
            About::Users(users) => name(named(&row.run.names.populations, users.population)),
            About::Resource(_) => text(""),
        },
        "name" Word "server group or link direction; blank for users" => |row| match row.about {
            About::Users(_) => text(""),
            About::Resource(resource) => name(resource),
        },
        "metric" Word "see above; its name ends in its unit, else a count or a share" => |row| text(row.metric),
        "value" Own "blank where the sample is too small" => |row| real(row.value),
    }];
}
