//! A goal and what was seen of it: data for whoever shows or compares verdicts. How they
//! come about: [`super::objectives`].

use serde::{Deserialize, Serialize};

use crate::model::protocol::Protocol;
use crate::stats::interval::Interval;
use crate::stats::verdict::{Word, of_value};

/// Share of requests that may be late where a goal is for the 95th percentile.
pub const MAY_BE_LATE: f64 = 0.05;

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
    /// 95th percentile of the system's share of logon latency, ns.
    LogonP95,
    /// 95th percentile of logon latency with what the user takes, ns.
    LogonWithHumanP95,
    /// 95th percentile of request latency, ns.
    P95,
    /// Share of requests that fail, 0 to 1.
    Failures,
    /// Share of the users' minutes in which they are not cut off, 0 to 1.
    Availability,
    /// Utilisation in its busiest hour, of a server's cores or of a link's available bandwidth, 0 to 1.
    Utilisation,
    /// The same, mean over the window.
    MeanUtilisation,
}

impl Measure {
    /// Whether values are times, ns; others are shares, 0 to 1.
    #[must_use]
    pub fn is_time(self) -> bool {
        self.is_percentile()
    }

    /// Whether it is a percentile, judged by the share that is late.
    #[must_use]
    pub fn is_percentile(self) -> bool {
        matches!(self, Self::LogonP95 | Self::LogonWithHumanP95 | Self::P95)
    }

    /// Whether the goal is the least value allowed, not the highest.
    #[must_use]
    pub fn is_least(self) -> bool {
        self == Self::Availability
    }
}

/// Why a verdict is what it is.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Reason {
    /// The interval lies on one side of the goal.
    Clear,
    /// The interval holds the goal.
    HoldsTheGoal,
    /// One run has no interval: judged by its value.
    OneRun,
    /// Those beyond the percentile, which come together, are worth too few independent requests.
    Rough,
    /// More failed than the percentile leaves over.
    TooManyFailed,
    /// None failed of so many.
    NoneFailed,
    /// Too few requests to say.
    TooFew,
}

/// One goal and what was seen.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// For whom.
    pub subject: Subject,
    /// Of what.
    pub measure: Measure,
    /// The highest value that meets the goal; of [`Measure::Availability`] the lowest.
    pub goal: f64,
    /// The value over all runs; `None` where too little was seen, or where more failed than
    /// a percentile leaves over.
    pub seen: Option<f64>,
    /// Half-width of its 95 % interval; `None` for one run.
    pub half_width: Option<f64>,
    /// Share of requests that are late by this goal or failed, 0 to 1; of percentiles alone.
    pub late: Option<f64>,
    /// Half-width of its interval, by which the verdict was found.
    pub late_half_width: Option<f64>,
    /// Share of requests that failed, 0 to 1; of users alone.
    pub failed: Option<f64>,
    /// Requests (of logons, logons) over all runs; 0 for servers and links.
    pub requests: u64,
    /// How many independent requests beyond the percentile the runs are worth.
    pub exceedances: Option<f64>,
    /// Upper bound of the share of requests that fail, with a confidence of 95 %, where none did.
    pub at_most: Option<f64>,
    /// What all users together lost, and had, over all runs, ns; of [`Measure::Availability`] alone.
    pub user_time: Option<(f64, f64)>,
    /// The verdict.
    pub verdict: Word,
    /// Why.
    pub reason: Reason,
}

impl Finding {
    /// A goal on a value with its interval: met where the upper end is within it.
    #[must_use]
    pub fn of_value(subject: Subject, measure: Measure, goal: f64, value: Option<Interval>) -> Self {
        let verdict = value.as_ref().map_or(Word::Unjudged, |value| of_value(goal, value));
        let half_width = value.and_then(|value| value.half_width);
        Self {
            subject,
            measure,
            goal,
            seen: value.map(|value| value.estimate),
            half_width,
            late: None,
            late_half_width: None,
            failed: None,
            requests: 0,
            exceedances: None,
            at_most: None,
            user_time: None,
            verdict,
            reason: Reason::of(verdict, half_width.is_none()),
        }
    }

    /// Whether the goal was missed, by a value beyond it or by failures.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.verdict.is_missed()
    }

    /// Whether enough was seen to judge.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.verdict != Word::Unjudged
    }

    /// How far beyond the goal: value / goal, above 1 when missed; of availability the time
    /// lost over that which may be. A goal of zero that was missed is infinitely far. Of a
    /// percentile the share that is late over that which may be, if that is more.
    #[must_use]
    pub fn excess(&self) -> f64 {
        let over = |value: f64, goal: f64| match value > 0.0 {
            true => value / goal.max(0.0),
            false => 0.0,
        };
        let by_value = self.seen.map_or(0.0, |seen| match self.measure.is_least() {
            true => over(1.0 - seen, 1.0 - self.goal),
            false => over(seen, self.goal),
        });
        let late = self.late.filter(|_| self.measure.is_percentile()).unwrap_or(0.0);
        by_value.max(if self.is_missed() { late / MAY_BE_LATE } else { 0.0 })
    }
}

impl Reason {
    /// Of a verdict found from an interval, or from one run alone.
    pub(super) fn of(verdict: Word, one_run: bool) -> Self {
        match verdict {
            Word::Never => Self::TooManyFailed,
            Word::Unjudged => Self::TooFew,
            Word::Open => Self::HoldsTheGoal,
            Word::Met | Word::Missed if one_run => Self::OneRun,
            Word::Met | Word::Missed => Self::Clear,
        }
    }
}
