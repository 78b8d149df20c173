//! The busiest hour: one hour for all runs.
//!
//! The 60 minutes, in steps of the interval and inside the window, with the highest mean
//! over runs. One hour for all runs, so that the interval of what is read in it is that of
//! one statistic; the maximum of each run apart would be biased upwards. A window under an
//! hour is judged whole.
//!
//! General: knows neither servers nor links.

/// A stretch of whole intervals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Index of its first interval.
    pub first: usize,
    /// Number of intervals.
    pub count: usize,
}

/// An hour, ns.
const HOUR: u64 = 3_600_000_000_000;

/// The busiest hour of `of_runs`: for each run the amount of each interval (busy time, bits;
/// amounts, not rates). `lengths` are the intervals' lengths in ns, of which the last may be
/// short. The first of equally busy hours; `None` without an interval.
///
/// # Panics
/// When a run has another number of intervals than `lengths`.
#[must_use]
pub fn busiest_hour(lengths: &[u64], of_runs: &[Vec<f64>]) -> Option<Stretch> {
    assert!(of_runs.iter().all(|run| run.len() == lengths.len()), "one amount an interval");
    let interval = *lengths.first()?;
    // Intervals that do not divide an hour: as many whole ones as reach it.
    let count = usize::try_from(HOUR.div_ceil(interval)).unwrap_or(usize::MAX).min(lengths.len());
    let mut best = (f64::NEG_INFINITY, Stretch { first: 0, count });
    for first in 0..=lengths.len() - count {
        let length: u64 = lengths[first..first + count].iter().sum();
        // Summed anew for each: the same bits wherever the hour lies.
        let amount: f64 = of_runs.iter().map(|run| run[first..first + count].iter().sum::<f64>()).sum();
        let rate = amount / length as f64;
        if rate > best.0 {
            best = (rate, Stretch { first, count });
        }
    }
    Some(best.1)
}

impl Stretch {
    /// Amount of one run in it, over its length in ns.
    #[must_use]
    pub fn rate(self, lengths: &[u64], run: &[f64]) -> f64 {
        let range = self.first..self.first + self.count;
        run[range.clone()].iter().sum::<f64>() / lengths[range].iter().sum::<u64>() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: u64 = HOUR / 2;

    /// Half-hours 1 2 5 3 and 3 2 1 7: sums 4 4 6 10; pairs 8 10 16: from the third on.
    #[test]
    fn one_hour_for_all_runs() {
        let lengths = [HALF; 4];
        let runs = [vec![1.0, 2.0, 5.0, 3.0], vec![3.0, 2.0, 1.0, 7.0]];
        let hour = busiest_hour(&lengths, &runs).unwrap();
        assert_eq!(hour, Stretch { first: 2, count: 2 });
        assert_eq!(hour.rate(&lengths, &runs[0]), 8.0 / HOUR as f64);
        assert_eq!(busiest_hour(&[], &[]), None);
    }

    /// A window under an hour is judged whole; the first of equals wins.
    #[test]
    fn a_short_window_is_one_stretch() {
        assert_eq!(busiest_hour(&[HALF], &[vec![3.0]]), Some(Stretch { first: 0, count: 1 }));
        let even = busiest_hour(&[HALF; 4], &[vec![1.0; 4]]).unwrap();
        assert_eq!(even, Stretch { first: 0, count: 2 });
    }

    /// A short last interval counts by its length: 30 min with 3, then 6 min with 1, is a
    /// higher rate than an hour with 4 + 1.
    #[test]
    fn a_short_last_interval_counts_by_its_length() {
        let lengths = [HALF, HALF, HALF / 5];
        let hour = busiest_hour(&lengths, &[vec![1.0, 3.0, 1.0]]).unwrap();
        assert_eq!(hour, Stretch { first: 1, count: 2 });
    }
}
