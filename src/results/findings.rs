//! A goal and what was seen of it. How it is judged: [`super::objectives`].

use serde::{Deserialize, Serialize};

use crate::model::protocol::Protocol;

/// Share of requests that may be late where a goal is for the 95th percentile.
pub(super) const MAY_BE_LATE: f64 = 0.05;

/// Who or what a goal is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Subject {
    /// The users of a protocol in a population (index into the names of a run).
    Users(Protocol, u32),
    /// A server group by index into [`RunResult::servers`](super::RunResult::servers).
    Servers(u32),
    /// A link direction by index into [`RunResult::links`](super::RunResult::links).
    Link(u32),
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Measure {
    /// 95th percentile of logon latency, ns.
    LogonP95,
    /// 95th percentile of request latency, ns.
    P95,
    /// Share of requests that fail, 0 to 1.
    Failures,
    /// Mean utilisation of a server's cores or of a link's available bandwidth, 0 to 1.
    Utilisation,
}

/// One goal and what was seen.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// For whom.
    pub subject: Subject,
    /// Of what.
    pub measure: Measure,
    /// The highest value that meets the goal.
    pub goal: f64,
    /// The value; `None` when too little was seen to judge.
    pub seen: Option<f64>,
    /// Share of requests that failed, 0 to 1, where it alone misses a goal for a 95th
    /// percentile: more than 5 %. `seen` is then that of the requests that were answered.
    pub failed: Option<f64>,
    /// Share of requests that failed and count as late in `seen`, up to 5 %; 0 where none
    /// did, where [`Self::failed`] is told, and for what is not a percentile.
    pub late: f64,
    /// Upper bound of the share of requests that fail, with a confidence of 95 %, where
    /// none failed and that bound is above the goal: it is met, by too small a sample to
    /// show it.
    pub at_most: Option<f64>,
}

impl Finding {
    /// Whether the goal was missed; false when too little was seen.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.failed.is_some() || self.seen.is_some_and(|seen| seen > self.goal)
    }

    /// Whether enough was seen to judge.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.seen.is_some() || self.failed.is_some()
    }

    /// How far beyond the goal: value / goal, above 1 when missed. A goal of zero
    /// that was missed is infinitely far. Where failures miss a percentile it is their
    /// share / 5 %, if that is more.
    #[must_use]
    pub fn excess(&self) -> f64 {
        let seen = match self.seen {
            Some(seen) if seen > self.goal => seen / self.goal,
            Some(seen) if self.goal > 0.0 => seen / self.goal,
            _ => 0.0,
        };
        self.failed.map_or(seen, |share| seen.max(share / MAY_BE_LATE))
    }
}
