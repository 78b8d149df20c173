//! A mean over replications, and its interval.

use crate::stats::interval::Interval;

/// Estimate and half-width of the 95 % interval, each where there is one.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(in crate::output) struct Mean {
    /// Estimate.
    pub(in crate::output) estimate: Option<f64>,
    /// Half-width; nothing for a single replication.
    pub(in crate::output) half_width: Option<f64>,
}

impl Mean {
    pub(in crate::output) fn of(interval: Option<Interval>) -> Self {
        Self {
            estimate: interval.map(|interval| interval.estimate),
            half_width: interval.and_then(|interval| interval.half_width),
        }
    }

    /// Of the values of the replications.
    pub(in crate::output) fn of_values(values: impl Iterator<Item = f64>) -> Self {
        Self::of(Interval::of_mean(&values.collect::<Vec<_>>()))
    }
}
