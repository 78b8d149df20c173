//! `limits.csv`: how full each limit of each server was, and what it refused.

use super::columns::{Column, Table, Value, columns, int, name, real, text, whole};
use super::run_table::RunTable;
use crate::output::lookup::local_time;
use crate::results::{Busiest, LimitUse, RunResult, ServerRow};

/// The table.
#[derive(Debug)]
pub(super) struct Limits;

/// A limit at a server, or at a group of them.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    group: &'r ServerRow,
    server: &'r ServerRow,
    met: &'r LimitUse,
}

impl<'r> Row<'r> {
    fn own_name(&self) -> &'r str {
        if std::ptr::eq(self.group, self.server) { "" } else { &self.server.name }
    }

    fn per_run(&self, count: u64) -> f64 {
        count as f64 / f64::from(self.run.replications.max(1))
    }

    fn hour<T>(&self, of: impl Fn(&'r Busiest) -> T) -> Option<T> {
        self.met.busiest_hour.as_ref().map(of)
    }
}

impl RunTable for Limits {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        run.servers.iter().flat_map(move |group| {
            group
                .rows()
                .flat_map(move |server| server.limits.iter().map(move |met| Row { run, group, server, met }))
        })
    }
}

impl Table for Limits {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "limits";
    const ROW: &'static str = "a limit that clients meet at a group of servers, and at each of its servers. A limit that counts apart (users, addresses, pairs of servers) has several pools of so many units at one server. On the group's row means and the busiest hour are those of the server that comes closest to the limit, refusals and waits are sums over the servers";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "group" Word "as in servers.csv" => |row| name(&row.group.name),
        "server" Word "as in servers.csv; blank on the group's row" => |row| name(row.own_name()),
        "limit" Word "what is limited: `queue` (requests waiting for a core), `connections` (web requests at a server, held ones included), `rpc_http` (RPC/HTTP connections of Outlook Anywhere), `rpc_requests` (RPC requests in work), `pop` and `imap` (connections), `address` and `user` (POP3 or IMAP4 connections of one address, of one user), `ports` (TCP ports towards one Mailbox server), `proxy` (connections to one server that is proxied to), `in_work` (web requests in work, maxConcurrentRequestsPerCPU times cores), `backend` (requests of a protocol outstanding at one back end), `translated` (connections of all clients behind one address of a region or population: `ports`)" => |row| text(row.met.kind.token()),
        "apart" Word "what it counts apart: the servers at the far end, the protocol; blank where it is one" => |row| name(&row.met.apart),
        "value" Count "units of one pool; blank where unlimited" => |row| whole(row.met.limit),
        "pools" Count "pools at one server" => |row| int(row.met.pools),
        "mean" Count "mean units in use at one pool, over the window" => |row| real(row.met.mean),
        "peak" Count "highest number in use at one pool, mean over the runs" => |row| real(row.met.peak_mean),
        "peak_highest" Count "highest number in use at one pool, of all runs" => |row| int(row.met.peak),
        "share_at_peak" Share "`peak` / `value`" => |row| real(row.met.share_at_peak()),
        "share_busiest_hour" Share "mean units in use / `value` in the busiest hour, which is defined as in servers.csv" => |row| real(row.hour(|hour| hour.mean)),
        "share_busiest_hour_ci95" Share "half-width of its 95 % interval over replications; blank for one" => |row| real(row.hour(|hour| hour.half_width).flatten()),
        "busiest_hour_at" Clock "when that hour begins" => |row| row.hour(|hour| hour.begins_at).map_or(Value::Blank, |at| text(local_time(row.run, at))),
        "refused" Count "attempts in vain, per run: refused, or gave up waiting. A request that is tried again counts each time; failures.csv counts it once, and only if it fails in the end" => |row| real(row.per_run(row.met.refused)),
        "waited" Count "waited for a unit, per run; of the queue those who waited for a core" => |row| real(row.per_run(row.met.waited)),
    }];
}
