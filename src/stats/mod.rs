//! Statistics of simulation output: histograms, tallies, time averages, intervals.
//!
//! General; knows neither Exchange nor the engine. Read [`histogram`] for
//! percentiles and [`interval`]
//! for what may be said about a mean.

pub mod histogram;
pub mod interval;
