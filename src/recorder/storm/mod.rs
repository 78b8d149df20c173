//! What follows an outage or a change: who is cut off, and the storm of those who come back.
//!
//! Time is cut into bins of one length over the whole run, for each protocol of each
//! population (`Pair`). A bin counts what arrives at the servers (attempts, retries
//! among them, and connections), what ends, and how many of that end late; the 95th
//! percentile of a bin is taken when the bin is full, so that nothing is kept for a
//! request. *Late* is beyond the objective of the protocol, or where it has none beyond
//! [`FACTOR`] times the 95th percentile of the time before the first incident.
//!
//! Two kinds of counts. What is *booked* names its incident ([`Storm::blamed`]): failures,
//! and how being cut off ends. What is *charged* belongs to the time from the begin of an
//! outage until the next begins (`Charged`); outages that overlap share it. Charges mean
//! something as differences from the twin, the same replication without any outage, in which
//! incidents begin and end at the same instants and nothing fails.
//!
//! Run and twin are laid side by side at the end (`judge`).
//!
//! A failure is booked to one incident. Of one that was on before the window began everything
//! counts from the window's begin on; one that was over by then did not happen.
//!
//! Must not know why anything failed beyond its reason. Next: [`crate::results::Storms`].

mod counted;
mod counting;
mod judge;

pub(crate) use counted::{NEVER, Stormed};
pub(crate) use counting::close;
pub use counting::{CutEnds, FACTOR, NORMAL, SETTLED, STRETCH, Storm, bin_for};
pub(crate) use judge::{Beside, add, excess, judge};

#[cfg(test)]
mod tests;
