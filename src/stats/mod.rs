//! Statistics of simulation output: histograms, tallies, time averages, intervals.
//!
//! General; knows neither Exchange nor the engine. Read [`histogram`] for
//! percentiles and [`interval`] for what may be said about a mean.

pub mod histogram;
pub mod interval;

/// The percentiles that tables and results carry.
pub const PERCENTILES: [f64; 3] = [0.50, 0.95, 0.99];

/// The percentiles of [`PERCENTILES`]; `None` where the sample is
/// smaller than [`interval::percentile_needs`].
#[must_use]
pub fn percentiles(histogram: &histogram::Histogram) -> [Option<u64>; 3] {
    PERCENTILES.map(|p| interval::reliable_percentile(histogram, p))
}

/// Percentile `p` (0 to 1), or `None` when the sample is smaller than [`sample_for`].
#[must_use]
pub fn reliable_percentile(histogram: &histogram::Histogram, p: f64) -> Option<u64> {
    if histogram.count() >= sample_for(p) { histogram.percentile(p) } else { None }
}
