//! Service level objectives.

use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;

/// A service level objective for one protocol.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Objective {
    /// 95th percentile of logon latency.
    pub logon_p95: Option<SimSpan>,
    /// 95th percentile of request latency.
    pub p95: Option<SimSpan>,
    /// Share of requests that fail.
    pub failures: Option<f64>,
}

/// The service level objectives.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Slo {
    /// By protocol.
    pub protocols: Vec<(Protocol, Objective)>,
    /// Highest mean CPU utilisation of a server group, 0 to 1.
    pub cpu: Option<f64>,
    /// Highest mean utilisation of a link direction's available bandwidth, 0 to 1.
    pub link: Option<f64>,
}
