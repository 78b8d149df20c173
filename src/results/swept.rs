//! What a sweep found: a row a point and what it is about.
//!
//! Data alone. How it comes about: [`crate::decide::sweep`].

use serde::{Deserialize, Serialize};

use super::compared::{About, Metric};
use super::limits;
use crate::itinerary::Part;
use crate::stats::verdict::Word;

/// What is told of a point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SweptMetric {
    /// As in a comparison.
    Of(Metric),
    /// Share of a limit of this kind that is held in the busiest hour.
    Limit(#[serde(with = "limits::by_token")] limits::Token),
}

impl SweptMetric {
    /// What is measured: of a goal what it is about.
    #[must_use]
    pub fn measured(self) -> Self {
        match self {
            Self::Of(metric) => Self::Of(metric.measured()),
            limit => limit,
        }
    }
}

/// A metric at one point.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SweptRow {
    /// Whom or what it is about.
    pub about: About,
    /// What was measured.
    pub metric: SweptMetric,
    /// Over all runs, in its own unit (ns, share, number); `None` where too little was seen, or
    /// where more failed than a percentile leaves over.
    pub value: Option<f64>,
    /// Half-width of its 95 % interval; `None` for one run and of the law.
    pub half_width: Option<f64>,
    /// Share of requests that failed, of users alone.
    pub failed: Option<f64>,
    /// The goal and how it stands, where there is one.
    pub goal: Option<(f64, Word)>,
    /// Open because those beyond the percentile are worth too few independent requests.
    pub rough: bool,
    /// Runs behind it; 0 where the law alone says it.
    pub replications: u32,
    /// Of a goal on latency that is missed: the largest part of the latency, and its share.
    pub part: Option<(Part, f64)>,
}

impl SweptRow {
    /// Whether more of it is better.
    #[must_use]
    pub fn is_least(&self) -> bool {
        matches!(self.metric, SweptMetric::Of(metric) if metric.less_is_better() == Some(false))
    }

    /// Whether its values are times, ns; else they are shares.
    #[must_use]
    pub fn is_time(&self) -> bool {
        matches!(self.metric, SweptMetric::Of(metric) if metric.is_time())
    }

    /// Whether it is about the same as another.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        self.about == other.about && self.metric == other.metric
    }

    /// The value over its goal, above 1 where it is beyond; of availability the time lost over
    /// that which may be. Infinite where there is no value since too much failed; `None`
    /// without a goal or where too little was seen.
    #[must_use]
    pub fn excess(&self) -> Option<f64> {
        let (goal, word) = self.goal?;
        if word == Word::Never {
            return Some(f64::INFINITY);
        }
        let (value, most) = match (self.value?, self.is_least()) {
            (value, true) => (1.0 - value, 1.0 - goal),
            (value, false) => (value, goal),
        };
        Some(if value > 0.0 { value / most.max(0.0) } else { 0.0 })
    }
}

/// A point with what was found there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SweptPoint {
    /// By parameter, the value as it is shown.
    pub values: Vec<String>,
    /// Rows, goals first.
    pub rows: Vec<SweptRow>,
}

/// A whole sweep.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Swept {
    /// Name of the scenario.
    pub scenario: String,
    /// Paths that were varied.
    pub parameters: Vec<String>,
    /// Points, in their order.
    pub points: Vec<SweptPoint>,
    /// The utilisation law alone was asked.
    pub law_only: bool,
    /// The value up to which, or from which on, a condition holds, where it was looked for.
    pub until: Option<Until>,
}

/// A value that was tried.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Try {
    /// As it is shown.
    pub value: String,
    /// The number.
    pub number: f64,
    /// Runs behind it; 0 for the law.
    pub runs: u32,
    /// How the condition stands: `Met`, `Missed`, or `Open` at the last look.
    pub word: Word,
    /// Whether it holds; where it is open, by value.
    pub holds: bool,
    /// So many of the point's rows, the first ones, are what was asked.
    pub asked: usize,
}

/// Where a condition holds, by places among the values that were tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Holds {
    /// From the least value up to this one.
    UpTo(usize),
    /// From this value up to the highest.
    From(usize),
    /// At every value.
    Everywhere,
    /// At none.
    Nowhere,
    /// Neither at the least nor at the highest, but in between.
    Between,
}

/// What was looked for, and found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Until {
    /// The condition, as it was given.
    pub condition: String,
    /// What was tried, upwards.
    pub tries: Vec<Try>,
    /// The answer.
    pub holds: Holds,
    /// The nearest value on the holding side that is `Met`, and on the other that is `Missed`.
    pub shown: (Option<usize>, Option<usize>),
    /// These two are farther apart than they may be.
    pub rough: bool,
    /// Beyond the answer the condition holds again somewhere.
    pub alternates: bool,
}

impl SweptPoint {
    /// The row that is about the same as `of`.
    #[must_use]
    pub fn row(&self, of: &SweptRow) -> Option<&SweptRow> {
        self.rows.iter().find(|row| row.is_of(of))
    }
}

impl Swept {
    /// The first row about each that a row is about anywhere; one with a goal where there is such.
    #[must_use]
    pub fn subjects(&self) -> Vec<&SweptRow> {
        let mut found: Vec<&SweptRow> = Vec::new();
        for row in self.points.iter().flat_map(|point| &point.rows) {
            match found.iter_mut().find(|known| known.is_of(row)) {
                Some(known) if known.goal.is_none() && row.goal.is_some() => *known = row,
                Some(_) => {}
                None => found.push(row),
            }
        }
        found
    }

    /// The values of a parameter as they are shown, each once, in their order.
    #[must_use]
    pub fn values(&self, parameter: usize) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for point in &self.points {
            let value = point.values[parameter].as_str();
            if !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }

    /// Whether every combination of the parameters' values is there once, and there are at least two
    /// parameters of more than one value.
    #[must_use]
    pub fn is_grid(&self) -> bool {
        let many: Vec<usize> = (0..self.parameters.len()).map(|at| self.values(at).len()).collect();
        let all = many.iter().try_fold(1usize, |all, many| all.checked_mul(*many));
        many.iter().filter(|many| **many > 1).count() > 1 && all == Some(self.points.len())
    }
}
