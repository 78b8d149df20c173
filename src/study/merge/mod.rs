//! Merges replications, in their order, into a [`RunResult`].
//!
//! Counts and histograms add up; means over the window are means over the
//! replications; a sum of floats is taken in order of replication, so that the
//! threads leave no trace in its last bit.

mod databases;
mod links;
mod merger;
mod rows;
mod servers;
mod stations;
mod sums;
mod users;

pub(super) use merger::Merger;
pub(super) use rows::result;
