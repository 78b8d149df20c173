//! What followed outages and changes: rows of `outages.csv`.

use serde::{Deserialize, Serialize};

use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;

/// Reasons of failure that are told apart around an outage.
pub const STORM_REASONS: usize = 7;

/// Their tokens; the last stands for all others.
pub const STORM_REASON_TOKENS: [&str; STORM_REASONS] =
    ["server_down", "link_down", "timed_out", "queue_full", "connection_limit", "redirect_loop", "other"];

/// An outage or a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Incident {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: IncidentKind,
    /// What it strikes or sets, as the scenario writes it.
    pub target: String,
    /// What it does there: `kill`, `drain` or `hold`; empty for a change.
    pub effect: String,
    /// Begins and ends that are known before the run, ns since the window began, ascending:
    /// those that reach into the warm-up or the window. Empty of a random outage.
    pub spans: Vec<(i64, i64)>,
}

/// What strikes, or is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum IncidentKind {
    /// An outage: it begins and ends.
    Outage,
    /// A change of the organisation: an instant.
    Change,
}

impl IncidentKind {
    /// The token of the `kind` column.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::Change => "change",
        }
    }
}

/// How one protocol of one population (or all together) came through an incident, in
/// one replication. Rates in 1/s. Of an outage that comes again, rates and recovery
/// are those of its first time in the window, the rest of all times. What is told beside the
/// twin, the same replication without any outage, is `None` without one and for changes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StormReplication {
    /// Begin, since the run began; zero of one that began before it.
    pub begin: SimSpan,
    /// End; of a change its begin.
    pub end: SimSpan,
    /// Mean rate of attempts in the time before; `None` at the window's beginning.
    pub before_rate: Option<f64>,
    /// Highest rate of attempts in a bin from the begin on.
    pub peak_rate: f64,
    /// When that bin began, after the incident did.
    pub peak_at: SimSpan,
    /// Rate of the twin in that bin.
    pub twin_rate: Option<f64>,
    /// Highest rate of attempts in a bin from the end on.
    pub peak_after_end: f64,
    /// Mean rate of connections opened in the time before.
    pub before_connections: Option<f64>,
    /// Highest rate of connections opened in a bin from the begin on.
    pub peak_connections: f64,
    /// Rate of the twin in that bin.
    pub twin_connections: Option<f64>,
    /// Latency beyond which an answer was late, ns.
    pub threshold: Option<u64>,
    /// Whether it reached them: a request met what it struck, a client turned another way, or
    /// a share of requests late or failed in five bins exceeds the twin's by 5 points.
    pub touched: Option<bool>,
    /// Whether a request met what it struck, or a client turned another way.
    pub reached: bool,
    /// End of the last of those that overlap, since the run began.
    pub over: SimSpan,
    /// Until when it is charged, since the run began: until the next outage begins.
    pub until: SimSpan,
    /// Time from the end (of the last of those that overlap) until users are served as well as
    /// the twin's again, ns; `None` when that does not happen, or is not judged.
    pub recovery: Option<u64>,
    /// Whether there were enough requests to judge by.
    pub judged: bool,
    /// Clients that asked in vain, more than in the twin; each counts once a charge.
    pub users: Option<i64>,
    /// How long they did, more than in the twin, ns.
    pub lost: Option<i128>,
    /// Requests that completed in the twin, more than here.
    pub requests_lost: Option<i64>,
    /// Longest time that a client asked in vain for which this is booked, ns.
    pub longest: u64,
    /// Clients that still do at the end.
    pub still: u64,
    /// Times that a client gave up: it asked no more until it would have asked anyway.
    pub gave_up: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Failed requests that are booked to it.
    pub failed: u64,
    /// Requests held open that failed and are booked to it.
    pub held_failed: u64,
    /// Failed requests by [`STORM_REASON_TOKENS`].
    pub reasons: [u64; STORM_REASONS],
}

/// A row of `outages.csv` before it is written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StormRow {
    /// Index into [`Storms::incidents`].
    pub incident: u32,
    /// Protocol; `None` for all together.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::populations`](super::Names::populations); [`NONE`](super::NONE) for all together.
    pub population: u32,
    /// Whether it reached them, over all replications; `None` of a change, and without twins.
    pub touched: Option<bool>,
    /// Of an outage that is on at the same time in all replications, and of those that it
    /// touched: time from the end until the first bin from which on, for ten bins, the share
    /// late or failed of no stretch exceeds the twins' beyond the interval of the pairs, ns.
    /// `None` where that does not happen, and for one replication.
    pub recovery: Option<u64>,
    /// By replication, in order; `None` where the incident did not happen in the window.
    pub replications: Vec<Option<StormReplication>>,
}

/// One protocol around the incidents, bin by bin of the whole run; means over the
/// replications.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StormSeries {
    /// Protocol.
    pub protocol: Protocol,
    /// Attempts that go out, 1/s.
    pub arrivals: Vec<f64>,
    /// Half-widths of their 95 % intervals; `None` for one replication.
    pub arrivals_half: Vec<Option<f64>>,
    /// The same attempts in the twins; empty without.
    pub twin_arrivals: Vec<f64>,
    /// 95th percentile of latency of all that ended, what failed as later than any, ns; of several
    /// populations that of the slowest. Infinite where in a replication more than 5 % of one
    /// failed; `None` where none has 20 in any.
    pub p95: Vec<Option<f64>>,
    /// Half-widths of their 95 % intervals, where every replication has such a percentile.
    pub p95_half: Vec<Option<f64>>,
}

/// What followed outages and changes; empty where there are none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Storms {
    /// Length of a bin.
    pub interval: SimSpan,
    /// Outages in file order, then changes by time.
    pub incidents: Vec<Incident>,
    /// Mean number of times that each happened in the window.
    pub times: Vec<f64>,
    /// Whether replications have twins.
    pub twins: bool,
    /// By incident: those that it overlaps with, and shares all differences with.
    pub shared: Vec<Vec<u32>>,
    /// By incident and replication: begin and end of its first time, ns since the window
    /// began, where it happened in the window.
    pub spans: Vec<Vec<Option<(i64, i64)>>>,
    /// By incident, then protocol and population, all together last.
    pub rows: Vec<StormRow>,
    /// By protocol.
    pub series: Vec<StormSeries>,
}
