//! Service level objectives.

use serde::{Deserialize, Serialize};

use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;

/// How far below a goal on a percentile lies the lower edge of the zone in which a plan may be
/// accepted as well as refused ([`crate::stats::feasibility`]). A run counts what is late by
/// either edge, so that its counts follow from the zone too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize)]
pub struct Zone {
    /// Half the width, in millionths of the goal: whole numbers are the same everywhere.
    millionths: u32,
}

impl Zone {
    /// A zone from a goal times 1 - 2 `half` up to the goal; `None` unless `half` is above 0 and below
    /// 0.5. Rounded to millionths, at least one.
    #[must_use]
    pub fn of(half: f64) -> Option<Self> {
        let millionths = (half * 1e6).round().max(1.0);
        (half > 0.0 && millionths < 500_000.0).then_some(Self { millionths: millionths as u32 })
    }

    /// Half the width, as a share of the goal: below 0.5.
    #[must_use]
    pub fn half(self) -> f64 {
        f64::from(self.millionths) / 1e6
    }

    /// The lower edge below a goal.
    #[must_use]
    pub fn lower_edge(self, goal: SimSpan) -> SimSpan {
        let left = 1_000_000 - 2 * u128::from(self.millionths);
        SimSpan((u128::from(goal.0) * left / 1_000_000) as u64)
    }
}

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
    /// Requests are counted by the lower edge of this zone too.
    pub zone: Option<Zone>,
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
            zone: other.zone.or(self.zone),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 % of 2 s to either side of its middle: from 1.8 s on.
    #[test]
    fn a_zone_lies_below_the_goal() {
        let zone = Zone::of(0.05).unwrap();
        assert_eq!(zone.lower_edge(SimSpan::from_secs(2)), SimSpan(1_800_000_000));
        assert_eq!((zone.half(), zone.lower_edge(SimSpan(u64::MAX)).0), (0.05, 16_602_069_666_338_596_453));
        assert_eq!([0.0, -1.0, 0.5, f64::NAN].map(Zone::of), [None; 4]);
        assert_eq!(Zone::of(1e-9).unwrap().half(), 1e-6);
    }
}
