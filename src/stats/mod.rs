//! Statistics of simulation output: histograms, tallies, time averages, intervals.
//!
//! General; knows neither Exchange nor the engine. Read [`histogram`] for
//! percentiles and [`interval`] for what may be said about a mean.

pub mod histogram;
pub mod interval;
pub mod mser;

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

#[cfg(test)]
mod tests {
    use super::*;

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
