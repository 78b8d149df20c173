//! Requests and sessions counted: rows of `summary.csv` and `failures.csv`, and the users
//! by whom objectives are judged.
//!
//! Next: [`super::objectives`].

use serde::{Deserialize, Serialize};

use super::percentiles::Percentile;
use crate::itinerary::PARTS;
use crate::kernel::SimSpan;
use crate::model::access::{Decision, Failure};
use crate::model::protocol::Protocol;
use crate::stats::histogram::{Compact, Histogram};
use crate::stats::late::Share;
use crate::stats::{PERCENTILES, reliable_percentile};

/// Key of a row of `summary.csv`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct CellKey {
    /// `None` for custom sources.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::populations`](super::Names::populations).
    pub population: u32,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE).
    pub entry_site: u32,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE).
    pub mailbox_site: u32,
    /// Decision; of a custom source the class is told apart by `class`.
    pub decision: Decision,
    /// Class of a custom source's sessions, 0 elsewhere.
    pub class: u32,
}

/// A goal on a percentile that requests can be late by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LateBy {
    /// Latency of every request.
    Request,
    /// The system's share of a logon.
    Logon,
    /// A whole logon, with what the user takes.
    LogonWithHuman,
}

impl LateBy {
    /// Every one, in the order of [`CellCounts::late`].
    pub const ALL: [Self; 3] = [Self::Request, Self::Logon, Self::LogonWithHuman];
}

/// Counts of one cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CellCounts {
    /// Sessions that overlap the window.
    pub sessions: u64,
    /// Of these, running when it began.
    pub carried_in: u64,
    /// Completed.
    pub completed: u64,
    /// Failed.
    pub failed_sessions: u64,
    /// Open at the end.
    pub open: u64,
    /// User-visible requests that started in the window.
    pub requests: u64,
    /// Of these, failed.
    pub failed: u64,
    /// Held requests that ended well.
    pub held: u64,
    /// Held requests that failed: in no other count.
    pub held_failed: u64,
    /// Of the requests, logons.
    pub logons: u64,
    /// Of these, failed.
    pub failed_logons: u64,
    /// Late by [`LateBy`]: took longer than the goal, or failed, or waited longer than it
    /// when the window ended. Without a goal, those that failed.
    pub late: [u64; LateBy::ALL.len()],
    /// The same by the lower edge of the zone below the goal, so at least as many; without a zone,
    /// those that failed.
    pub late_by_lower_edge: [u64; LateBy::ALL.len()],
    /// Redirects followed.
    pub redirects: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Connections opened again because an idle time-out had ended them.
    pub idle_reconnects: u64,
    /// Sum over sessions of server hops.
    pub server_hops: u64,
    /// Sum over sessions of WAN hops.
    pub wan_hops: u64,
    /// Distinct users (clients) with a session.
    pub users: u64,
    /// Of these, with a failed session or request.
    pub users_affected: u64,
    /// Sessions with 0, 1, 2, and 3 or more server hops.
    pub hop_counts: [u64; 4],
}

/// What one replication gave for a cell: the unit of every interval.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CellReplication {
    /// Completed requests.
    pub completed: u64,
    /// Started requests.
    pub requests: u64,
    /// Failed requests.
    pub failed: u64,
    /// Sum of latencies, ns.
    pub latency_sum: u128,
    /// Sum of squares of latencies, ns^2.
    pub latency_squares: f64,
    /// 50th, 95th and 99th percentile of latency, ns; `None` where the sample is too small.
    pub percentiles: [Option<u64>; 3],
    /// 95th percentile of the system's share of logons, ns; `None` where the sample is too small.
    pub logon_p95: Option<u64>,
    /// Logons that completed.
    pub logons: u64,
    /// Largest latency, ns; `None` where nothing completed.
    pub max: Option<u64>,
    /// Sessions.
    pub sessions: u64,
    /// Sum of server hops.
    pub server_hops: u64,
    /// Sum of WAN hops.
    pub wan_hops: u64,
}

/// One row of `summary.csv` before it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cell {
    /// Key.
    pub key: CellKey,
    /// Name of the class of a custom source; empty elsewhere.
    pub class: String,
    /// Counts over all replications.
    pub counts: CellCounts,
    /// Latency of completed requests, ns, over all replications.
    pub latency: Histogram,
    /// The system's share of the latency of logons, ns, over all replications.
    pub logon: Histogram,
    /// Latency of logons with what users take, ns, over all replications.
    pub logon_with_human: Histogram,
    /// Parts of the latency summed over completed requests, ns.
    pub parts: [u128; PARTS],
    /// Percentiles of the latency of completed requests; those of which the sample is large enough.
    pub percentiles: Vec<Percentile>,
    /// 95th percentile of [`Self::logon`], where the sample is large enough.
    pub logon_p95: Option<Percentile>,
    /// By replication, in order.
    pub replications: Vec<CellReplication>,
    /// Latencies by [`LateBy`] of each replication, ns, in order: how many requests of a run are
    /// beyond a percentile of all is known only at the end, and who pools populations needs them.
    pub runs: Vec<[Compact; LateBy::ALL.len()]>,
}

impl Cell {
    /// Latencies of all replications that [`LateBy`] means, ns.
    #[must_use]
    pub fn latencies(&self, by: LateBy) -> &Histogram {
        match by {
            LateBy::Request => &self.latency,
            LateBy::Logon => &self.logon,
            LateBy::LogonWithHuman => &self.logon_with_human,
        }
    }

    /// Requests of replication `run` that took longer than `value` ns.
    #[must_use]
    pub fn beyond(&self, by: LateBy, run: usize, value: f64) -> u64 {
        let of_run = self.runs.get(run).map(|of_run| &of_run[by as usize]);
        of_run.filter(|_| value.is_finite()).map_or(0, |compact| compact.beyond(value as u64))
    }

    /// States its percentiles, once its replications are complete.
    pub(crate) fn state_percentiles(&mut self) {
        let shares = |by, value: u64, trials: fn(&CellReplication) -> u64| {
            let of_run = |(run, replication): (usize, &CellReplication)| Share {
                events: self.beyond(by, run, value as f64),
                trials: trials(replication),
            };
            self.replications.iter().enumerate().map(of_run).collect::<Vec<_>>()
        };
        let latency = |(which, &p): (usize, &f64)| {
            let value = reliable_percentile(&self.latency, p)?;
            let of_runs = self.replications.iter().map(|r| r.percentiles[which].map(|ns| ns as f64));
            let beyond = shares(LateBy::Request, value, |r| r.completed);
            Some(Percentile::of(p, value as f64, &of_runs.collect::<Vec<_>>(), &beyond))
        };
        let percentiles = PERCENTILES.iter().enumerate().filter_map(latency).collect();
        let logon_p95 = reliable_percentile(&self.logon, 0.95).map(|value| {
            let of_runs = self.replications.iter().map(|r| r.logon_p95.map(|ns| ns as f64));
            let beyond = shares(LateBy::Logon, value, |r| r.logons);
            Percentile::of(0.95, value as f64, &of_runs.collect::<Vec<_>>(), &beyond)
        });
        (self.percentiles, self.logon_p95) = (percentiles, logon_p95);
    }

    /// Percentile `p` (0 to 1), where it is stated.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<&Percentile> {
        self.percentiles.iter().find(|percentile| percentile.p == p)
    }
}

/// The users of one protocol in one population, whatever their entry and decision:
/// the unit by which service level objectives are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Users {
    /// `None` for custom sources.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::populations`](super::Names::populations).
    pub population: u32,
    /// Clients that there are; 0 of custom sources.
    pub clients: u64,
    /// 95th percentiles by [`LateBy`] where one that failed counts as later than any; `None`
    /// where the sample is too small.
    pub late_p95: [Option<Percentile>; LateBy::ALL.len()],
    /// 50th and 99th percentile of the latency of requests, where one that failed counts as
    /// later than any; `None` where the sample is too small.
    pub felt: [Option<Percentile>; 2],
    /// By replication, in order.
    pub replications: Vec<UserReplication>,
}

/// What one replication gave for [`Users`].
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct UserReplication {
    /// Started requests.
    pub requests: u64,
    /// Failed requests.
    pub failed: u64,
    /// Completed requests.
    pub completed: u64,
    /// Sum of their latencies, ns.
    pub latency_sum: u128,
    /// 50th, 95th and 99th percentile of latency, ns; `None` where the sample is too small.
    pub percentiles: [Option<u64>; 3],
    /// The same of logons.
    pub logon_percentiles: [Option<u64>; 3],
    /// 95th percentiles by [`LateBy`], ns, where one that failed counts as later than any
    /// ([`percentile_with_lost`](crate::stats::percentile_with_lost)).
    pub late_p95: [Option<f64>; LateBy::ALL.len()],
    /// 50th and 99th percentile of latency, ns, in the same way.
    pub felt: [Option<f64>; 2],
    /// What all clients together lost of the window, ns: each from the first attempt that
    /// reaches nobody, or from the loss of its connection, until its first that is answered
    /// or the end, and nothing while it does not ask. Attempts reach nobody where a server or a line is down,
    /// a queue full, a limit reached, nobody answers in time, or no way leads to the mailbox.
    pub lost: u128,
    /// Late by [`LateBy`].
    pub late: [u64; LateBy::ALL.len()],
    /// The same by the lower edge of the zone below the goal; without a zone, those that failed.
    pub late_by_lower_edge: [u64; LateBy::ALL.len()],
    /// Logons.
    pub logons: u64,
    /// Of these, failed.
    pub failed_logons: u64,
    /// Held requests that ended well.
    pub held: u64,
    /// Held requests that failed.
    pub held_failed: u64,
}

/// A row of `failures.csv`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FailureRow {
    /// Reason.
    pub failure: Failure,
    /// Protocol.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE).
    pub entry_site: u32,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE).
    pub mailbox_site: u32,
    /// The outage or change that they are booked to: index into
    /// [`Storms::incidents`](super::Storms::incidents), or [`NONE`](super::NONE).
    pub incident: u32,
    /// Failed requests.
    pub count: u64,
    /// Requests held open that failed, beside these.
    pub held: u64,
    /// First, since the window began.
    pub first: SimSpan,
    /// Last.
    pub last: SimSpan,
    /// A session that it happened to.
    pub example: u64,
}

/// Why a row of failures happened, as the linter knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Explanation {
    /// Key of the rows of `failures.csv` that it is about.
    pub failure: Failure,
    /// See [`FailureRow::protocol`].
    pub protocol: Option<Protocol>,
    /// See [`FailureRow::entry_site`].
    pub entry_site: u32,
    /// See [`FailureRow::mailbox_site`].
    pub mailbox_site: u32,
    /// Id of the lint.
    pub lint: String,
    /// What mends it, as `--set` takes it; empty where that is a matter of design.
    pub fix: String,
    /// The shell's command that does the same; empty where there is none.
    pub command: String,
}
