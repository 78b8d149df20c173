//! Service level objectives.

use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;

/// A service level objective for one protocol.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Objective {
    /// 95th percentile of the system's share of logon latency.
    pub logon_p95: Option<SimSpan>,
    /// 95th percentile of logon latency with what users take to follow a redirect.
    pub logon_with_human_p95: Option<SimSpan>,
    /// 95th percentile of request latency.
    pub p95: Option<SimSpan>,
    /// Share of requests that fail.
    pub failures: Option<f64>,
    /// Share of the users' minutes in which they are not cut off, 0 to 1.
    pub availability: Option<f64>,
}

/// The service level objectives.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Slo {
    /// By protocol.
    pub protocols: Vec<(Protocol, Objective)>,
    /// Highest CPU utilisation of a server group in its busiest hour, 0 to 1.
    pub cpu: Option<f64>,
    /// The same, mean over the window.
    pub cpu_mean: Option<f64>,
    /// Highest utilisation of a link direction's available bandwidth in its busiest hour, 0 to 1.
    pub link: Option<f64>,
    /// The same, mean over the window.
    pub link_mean: Option<f64>,
}

impl Slo {
    /// These goals, and those of `other` in place of the same ones here.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut protocols = self.protocols.clone();
        for (protocol, goals) in &other.protocols {
            match protocols.iter_mut().find(|(known, _)| known == protocol) {
                Some((_, known)) => *known = known.with(goals),
                None => protocols.push((*protocol, goals.clone())),
            }
        }
        Self {
            protocols,
            cpu: other.cpu.or(self.cpu),
            cpu_mean: other.cpu_mean.or(self.cpu_mean),
            link: other.link.or(self.link),
            link_mean: other.link_mean.or(self.link_mean),
        }
    }
}

impl Objective {
    fn with(&self, other: &Self) -> Self {
        Self {
            logon_p95: other.logon_p95.or(self.logon_p95),
            logon_with_human_p95: other.logon_with_human_p95.or(self.logon_with_human_p95),
            p95: other.p95.or(self.p95),
            failures: other.failures.or(self.failures),
            availability: other.availability.or(self.availability),
        }
    }
}
