//! What follows an outage or a change: who is cut off, and the storm of those who come back.
//!
//! Time is cut into bins of one length over the whole run, for each protocol of each
//! population (`Pair`). A bin counts what arrives at the servers (attempts, retries
//! among them, and connections), what ends, and how many of that end late; the 95th
//! percentile of a bin is taken when the bin is full, so that nothing is kept for a
//! request. At the end of a replication each incident is judged (`judge::close`).
//!
//! *Normal* is the mean rate over [`NORMAL`] before the incident begins; *late* is
//! beyond the objective of the protocol, or where it has none beyond [`FACTOR`] times
//! the 95th percentile of that time. Users are well served again from the first instant
//! on from which, for [`SETTLED`] bins, no stretch of [`STRETCH`] bins has more than 5 %
//! that end late or fail; stretches begin every sixth of a bin (`FINER`).
//!
//! A client is cut off from the first attempt that reaches nobody until the first that
//! is answered, or until the last one when it gives up: who does not ask is not cut off.
//!
//! A failure is booked to one incident ([`Storm::blamed`]). Of one that was on before the
//! window began everything counts from the window's begin on; one that was over by then
//! did not happen.
//!
//! Must not know why anything failed beyond its reason. Next: [`crate::results::Storms`].

mod counting;
mod judge;

pub(crate) use counting::Stormed;
pub use counting::{CutEnds, FACTOR, NORMAL, SETTLED, STRETCH, Storm, bin_for};
pub(crate) use judge::close;

#[cfg(test)]
mod tests;
