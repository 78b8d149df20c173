//! What happened interval by interval: `timeline.csv`.

use serde::{Deserialize, Serialize};

use crate::model::access::Failure;
use crate::model::protocol::Protocol;

/// What a value of the time series is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SeriesKey {
    /// A protocol (`None`: custom sources).
    Protocol(Option<Protocol>),
    /// A population, by index into [`Names::populations`](super::Names::populations).
    Population(u32),
    /// The users of a protocol in a population.
    Users(Option<Protocol>, u32),
    /// A server group by index into [`RunResult::servers`](super::RunResult::servers).
    Server(u32),
    /// A link direction by index into [`RunResult::links`](super::RunResult::links).
    Link(u32),
    /// A reason of failure.
    Failure(Failure),
}

/// One interval of one key. What does not apply is `None`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SeriesPoint {
    /// Requests that began (users), transfers begun (link), arrivals (server).
    pub offered: Option<f64>,
    /// Requests, of those that began in the window, that completed in the interval.
    pub completed: Option<f64>,
    /// As `completed`, that failed; failures of the reason.
    pub failed: Option<f64>,
    /// Of both, that took longer than their goal on the 95th percentile or failed; `None`
    /// without a goal.
    pub late: Option<f64>,
    /// 95th percentile of latency, ns, of requests that completed in the interval;
    /// `None` when fewer than 20 did.
    pub p95: Option<f64>,
    /// As `p95` of all that ended, those that failed as later than any; `None` too where
    /// more than 5 % failed.
    pub p95_all: Option<f64>,
    /// Utilisation, 0 to 1.
    pub utilisation: Option<f64>,
    /// Mean number waiting (server) or transferring (link).
    pub queue: Option<f64>,
    /// Mean connections held.
    pub connections: Option<f64>,
    /// Half-width of the 95 % interval of `p95_all`, ns, by the replications' own percentiles;
    /// `None` for one, and where one of them has none.
    pub p95_all_half: Option<f64>,
    /// Half-width of the 95 % interval of `utilisation`; `None` for one replication.
    pub utilisation_half: Option<f64>,
}

/// One key over all intervals of the measured window; values are means over the
/// replications (p95: of the pooled sample).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Series {
    /// What it is about.
    pub key: SeriesKey,
    /// One point an interval.
    pub points: Vec<SeriesPoint>,
}
