//! Statistics of simulation output: histograms, tallies, time averages, intervals.
//!
//! General; knows neither Exchange nor the engine. Read [`histogram`] for
//! percentiles.

pub mod histogram;
