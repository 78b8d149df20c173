//! What a sweep found: a row a point and what it is about.
//!
//! Data alone. How it comes about: [`crate::decide::sweep`].

use super::compared::{About, Metric};
use crate::itinerary::Part;
use crate::stats::verdict::Word;

/// What is told of a point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum SweptMetric {
    /// As in a comparison.
    Of(Metric),
    /// Share of a limit of this kind that is held in the busiest hour.
    Limit(&'static str),
}

/// A metric at one point.
#[derive(Clone, PartialEq, Debug)]
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
    /// Runs behind it; 0 where the law alone says it.
    pub replications: u32,
    /// Of a goal on latency that is missed: the largest part of the latency, and its share.
    pub part: Option<(Part, f64)>,
}

/// A point with what was found there.
#[derive(Clone, PartialEq, Debug)]
pub struct SweptPoint {
    /// By parameter, the value as it is shown.
    pub values: Vec<String>,
    /// Rows, goals first.
    pub rows: Vec<SweptRow>,
}

/// A whole sweep.
#[derive(Clone, PartialEq, Debug)]
pub struct Swept {
    /// Name of the scenario.
    pub scenario: String,
    /// Paths that were varied.
    pub parameters: Vec<String>,
    /// Points, in their order.
    pub points: Vec<SweptPoint>,
    /// The utilisation law alone was asked.
    pub law_only: bool,
}
