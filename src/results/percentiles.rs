//! Percentiles over all runs together, with what may be said of them.
//!
//! Next: [`super::cells`], whose rows have them, and [`crate::stats::late`] for the rules.

use serde::{Deserialize, Serialize};

use crate::stats::late::{ROUGH_BELOW, Share, independent_exceedances, sectioned};

/// A percentile of latency, of all runs together.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Percentile {
    /// Which, 0 to 1.
    pub p: f64,
    /// ns; infinite where more failed than it leaves over.
    pub value: f64,
    /// Half-width of its 95 % interval, from the runs' own percentiles spread about `value`
    /// (sectioning); `None` for one run, or where a run has no such percentile.
    pub half_width: Option<f64>,
    /// How many independent requests beyond it the runs are worth; `None` for one run.
    pub exceedances: Option<f64>,
}

impl Percentile {
    /// Percentile `p` (0 to 1) of `value` ns over all runs. `of_runs` are the runs' own, ns,
    /// `beyond` counts in each the requests beyond `value`.
    #[must_use]
    pub fn of(p: f64, value: f64, of_runs: &[Option<f64>], beyond: &[Share]) -> Self {
        let finite: Option<Vec<f64>> =
            of_runs.iter().map(|value| value.filter(|value| value.is_finite())).collect();
        let half_width =
            finite.filter(|_| value.is_finite()).and_then(|of_runs| sectioned(value, &of_runs).half_width);
        Self { p, value, half_width, exceedances: independent_exceedances(p, beyond) }
    }

    /// Whether too few independent requests are beyond it for its interval to be trusted.
    #[must_use]
    pub fn is_rough(&self) -> bool {
        self.exceedances.is_some_and(|worth| worth < ROUGH_BELOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of 900 and 1,100 about 1,000: squares 20,000, t(0.975, 1) = 12.706205 times
    /// sqrt(20,000 / 1 / 2) = 1,270.62. Twice 500 requests with 25 beyond in each are worth 50.
    #[test]
    fn a_percentile_has_an_interval_of_its_own() {
        let beyond = [Share { events: 25, trials: 500 }; 2];
        let percentile = Percentile::of(0.95, 1000.0, &[Some(900.0), Some(1100.0)], &beyond);
        assert!((percentile.half_width.unwrap() - 1_270.62).abs() < 1e-2, "{percentile:?}");
        assert!((percentile.exceedances.unwrap() - 50.0).abs() < 1e-9 && !percentile.is_rough());
        let few = Percentile::of(0.99, 1000.0, &[Some(900.0), None], &beyond);
        assert_eq!((few.half_width, few.is_rough()), (None, true));
        let failed = Percentile::of(0.95, f64::INFINITY, &[Some(f64::INFINITY), Some(9.0)], &beyond);
        assert_eq!(failed.half_width, None);
        assert_eq!(Percentile::of(0.95, 1.0, &[Some(1.0)], &beyond[..1]).exceedances, None);
    }
}
