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
/// are those of its first time in the window, the rest of all times.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StormReplication {
    /// Begin, since the run began.
    pub begin: SimSpan,
    /// End; of a change its begin.
    pub end: SimSpan,
    /// Mean rate of attempts in the time before; `None` at the window's beginning.
    pub normal_rate: Option<f64>,
    /// Highest rate of attempts in a bin from the begin on.
    pub peak_rate: f64,
    /// When that bin began, after the incident did.
    pub peak_at: SimSpan,
    /// Highest rate of attempts in a bin from the end on.
    pub peak_after_end: f64,
    /// Mean rate of connections opened in the time before.
    pub normal_connections: Option<f64>,
    /// Highest rate of connections opened in a bin from the begin on.
    pub peak_connections: f64,
    /// Latency beyond which an answer was late, ns.
    pub threshold: Option<u64>,
    /// Time from the end until users are well served again, ns; `None` when that
    /// does not happen, or is not judged.
    pub recovery: Option<u64>,
    /// Whether there were enough requests and a threshold to judge by.
    pub judged: bool,
    /// Distinct clients that were cut off.
    pub clients: u64,
    /// Sum of the times that they were, ns.
    pub cut_span: u128,
    /// Longest of these times, ns.
    pub longest: u64,
    /// Clients that are still cut off at the end.
    pub still: u64,
    /// Clients that gave up: they asked no more until they would have asked anyway.
    pub gave_up: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Failed requests.
    pub failed: u64,
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
    /// 95th percentile of latency, ns; of several populations that of the slowest.
    pub p95: Vec<Option<f64>>,
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
    /// By incident, then protocol and population, all together last.
    pub rows: Vec<StormRow>,
    /// By protocol.
    pub series: Vec<StormSeries>,
}
