//! The busiest hour of a resource: what its goals, its bottleneck and its headroom are read in.
//!
//! One hour for all replications ([`crate::stats::busiest`] finds it), so that the interval
//! beside its mean is that of one statistic. Must not know what kind of resource it is.
//! Next: [`super::resources`], whose rows hold one each.

use serde::{Deserialize, Serialize};

use crate::kernel::SimSpan;
use crate::stats::busiest::busiest_hour;
use crate::stats::interval::Interval;

/// How much of a resource was used in its busiest hour.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Busiest {
    /// When that hour began, since the window did.
    pub begins_at: SimSpan,
    /// How long it is: an hour, the whole window where that is shorter, or as many whole
    /// intervals as reach an hour where they do not divide one.
    pub length: SimSpan,
    /// Share of the capacity used in it, mean over replications; 0 to 1.
    pub mean: f64,
    /// Half-width of the 95 % interval of the mean; `None` for one replication.
    pub half_width: Option<f64>,
    /// The share by replication.
    pub of_runs: Vec<f64>,
}

impl Busiest {
    /// The busiest hour of what was used, `amounts` by replication and interval, of a
    /// resource that can give `capacity` of it a nanosecond; `lengths` are those of the
    /// intervals, ns. Nothing used at all where there is no interval.
    ///
    /// # Panics
    /// When a replication has another number of intervals than `lengths`.
    #[must_use]
    pub fn of(lengths: &[u64], amounts: &[Vec<f64>], capacity: f64) -> Self {
        let Some(hour) = busiest_hour(lengths, amounts) else { return Self::default() };
        let of_runs: Vec<f64> = amounts.iter().map(|run| hour.rate(lengths, run) / capacity).collect();
        let interval = Interval::of_mean(&of_runs);
        Self {
            begins_at: SimSpan(lengths[..hour.first].iter().sum()),
            length: SimSpan(lengths[hour.first..hour.first + hour.count].iter().sum()),
            mean: interval.map_or(0.0, |interval| interval.estimate),
            half_width: interval.and_then(|interval| interval.half_width),
            of_runs,
        }
    }

    /// Whether it stands for the whole `window`, which is no longer than it.
    #[must_use]
    pub fn is_window(&self, window: SimSpan) -> bool {
        self.length >= window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: u64 = 1_800_000_000_000;

    /// Half-hours of two runs, 1 2 5 3 and 3 2 1 7 of 10: the hour from 1:00 on has 8 and 8 of
    /// 20, and both runs say 40 %.
    #[test]
    fn one_hour_for_all_runs_with_their_values_in_it() {
        let capacity = 10.0 / HALF as f64;
        let runs = [vec![1.0, 2.0, 5.0, 3.0], vec![3.0, 2.0, 1.0, 7.0]];
        let busiest = Busiest::of(&[HALF; 4], &runs, capacity);
        assert_eq!((busiest.begins_at, busiest.length), (SimSpan(2 * HALF), SimSpan(2 * HALF)));
        assert!((busiest.mean - 0.4).abs() < 1e-12 && busiest.half_width.is_some_and(|half| half < 1e-12));
        assert_eq!(busiest.of_runs.len(), 2);
        assert!(!busiest.is_window(SimSpan(4 * HALF)) && busiest.is_window(SimSpan(2 * HALF)));
        assert_eq!(Busiest::of(&[], &[], 1.0), Busiest::default());
        assert_eq!(Busiest::of(&[HALF], &[vec![5.0]], capacity).half_width, None, "one run");
    }
}
