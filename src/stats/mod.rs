//! Statistics of simulation output: histograms, tallies, time averages, intervals.
//!
//! General; knows neither Exchange nor the engine. Read [`histogram`] for
//! percentiles, [`interval`] for what may be said about a mean, [`late`] for goals on
//! percentiles, [`busiest`] for the hour in which utilisation is judged and [`paired`] for
//! differences of two systems.

pub mod busiest;
pub mod feasibility;
pub mod histogram;
pub mod interval;
pub mod late;
pub mod mser;
pub mod paired;
pub mod verdict;

/// The percentiles that tables and results carry.
pub const PERCENTILES: [f64; 3] = [0.50, 0.95, 0.99];

/// Observations that are wanted beyond a percentile before it is stated.
const BEYOND: f64 = 10.0;

/// The smallest sample of which the percentile `p` (0 to 1) is stated: ten values
/// are expected beyond it, so 20 for the median, 200 for p95, 1,000 for p99.
#[must_use]
pub fn sample_for(p: f64) -> u64 {
    // Rounded, because 1 - 0.99 is not a hundredth.
    (BEYOND / (1.0 - p)).round() as u64
}

/// Percentile `p` (0 to 1), or `None` when the sample is smaller than [`sample_for`].
#[must_use]
pub fn reliable_percentile(histogram: &histogram::Histogram, p: f64) -> Option<u64> {
    if histogram.count() >= sample_for(p) { histogram.percentile(p) } else { None }
}

/// The percentiles of [`PERCENTILES`]; `None` where the sample is too small.
#[must_use]
pub fn percentiles(histogram: &histogram::Histogram) -> [Option<u64>; 3] {
    PERCENTILES.map(|p| reliable_percentile(histogram, p))
}

/// Percentile `p` (0 to 1) where of `all` trials `lost` have no value and count as
/// later than any: of those with a value, one that is further out, and infinite where
/// more than 1 - `p` are lost. The histogram may hold a part of the trials; the share
/// lost is taken to be the same in it. `None` where the sample, with those lost, is
/// smaller than [`sample_for`].
#[must_use]
pub fn percentile_with_lost(histogram: &histogram::Histogram, p: f64, lost: u64, all: u64) -> Option<f64> {
    if all < sample_for(p) {
        return None;
    }
    if lost as f64 / all as f64 > 1.0 - p {
        return Some(f64::INFINITY);
    }
    // Of `tried`, as many have a value as the histogram holds.
    let tried = histogram.count() as f64 * all as f64 / (all - lost) as f64;
    if tried < sample_for(p) as f64 {
        return None;
    }
    histogram.ranked((p * tried).ceil() as u64).map(|ns| ns as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values 1 to 380 of 400 trials: the 380th of 400 is the largest value; of 390 of
    /// 400 likewise the 380th; with a 21st lost it is none of them.
    #[test]
    fn what_is_lost_counts_as_late() {
        let of = |n: u64| {
            let mut sample = histogram::Histogram::new();
            (1..=n).for_each(|value| sample.record(value));
            sample
        };
        let p95 = |n, lost, all| percentile_with_lost(&of(n), 0.95, lost, all);
        assert_eq!(p95(400, 0, 400), Some(380.0));
        assert_eq!(p95(390, 10, 400), Some(380.0));
        assert_eq!(p95(380, 20, 400), Some(380.0));
        assert_eq!(p95(379, 21, 400), Some(f64::INFINITY));
        assert_eq!(p95(0, 400, 400), Some(f64::INFINITY));
        // A part of the trials, as logons are: 195 with a value stand for 200 of 1,000.
        assert_eq!(p95(195, 25, 1000), Some(190.0));
        assert_eq!(p95(194, 25, 1000), None, "199 are too few");
        assert_eq!(p95(199, 0, 199), None);
        assert_eq!(p95(0, 199, 199), None);
        assert_eq!(p95(200, 0, 200), Some(190.0));
        assert_eq!(p95(0, 0, 1000), None);
        // Half lost is not more than half.
        assert_eq!(percentile_with_lost(&of(10), 0.5, 10, 20), Some(10.0));
        assert_eq!(percentile_with_lost(&of(9), 0.5, 11, 20), Some(f64::INFINITY));
    }

    /// Ten values beyond: 20 for the median, 200 for p95, 1,000 for p99.
    #[test]
    fn a_percentile_of_too_small_a_sample_is_refused() {
        assert_eq!(PERCENTILES.map(sample_for), [20, 200, 1000]);
        let mut sample = histogram::Histogram::new();
        (1..=19).for_each(|value| sample.record(value));
        assert_eq!(percentiles(&sample), [None; 3]);
        sample.record(20);
        assert_eq!(percentiles(&sample), [Some(10), None, None]);
        (21..=199).for_each(|value| sample.record(value));
        assert_eq!(reliable_percentile(&sample, 0.95), None);
        sample.record(200);
        assert_eq!(percentiles(&sample), [Some(100), Some(190), None]);
        (201..=999).for_each(|value| sample.record(value));
        assert_eq!(reliable_percentile(&sample, 0.99), None);
        sample.record(1000);
        assert_eq!(percentiles(&sample), [Some(500), Some(950), Some(990)]);
    }
}
