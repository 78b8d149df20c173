//! What is known of a replication's incidents at its end, and kept.
//!
//! Next: [`super::judge`], which lays it beside that of the twin.

use serde::{Deserialize, Serialize};

use crate::kernel::SimTime;
use crate::model::protocol::Protocol;
use crate::results::STORM_REASONS;

/// Later than any answer.
pub(crate) const NEVER: u64 = u64::MAX;

/// One bin of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bin {
    pub(crate) arrivals: u32,
    pub(crate) connections: u32,
    pub(crate) retries: u32,
    pub(crate) completed: u32,
    pub(crate) failed: u32,
    /// 95th percentile of the latency of what ended in it, what failed as later than any, ns;
    /// 0 below 20, [`NEVER`] where more than 5 % failed.
    pub(crate) p95: u64,
}

/// What ended in a part of a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Judged {
    /// Completed and failed.
    pub(crate) ended: u32,
    /// Late and failed.
    pub(crate) bad: u32,
}

/// What is booked to one incident, of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Booked {
    /// Failed requests by reason.
    pub(crate) reasons: [u64; STORM_REASONS],
    /// Requests held open that failed.
    pub(crate) held_failed: u64,
    /// Attempts and connections that met what it struck.
    pub(crate) struck: u64,
    /// Times that a client was cut off.
    pub(super) times: u64,
    /// Of these, served again.
    pub(super) restored: u64,
    /// Of these, given up.
    pub(crate) gave_up: u64,
    /// Of these, still so at the end.
    pub(crate) still: u64,
    /// Longest of these times, ns.
    pub(crate) longest: u64,
}

/// What falls into the time from the begin of an outage until the next begins, of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Charged {
    /// Distinct clients that asked in vain.
    pub(crate) users: u64,
    /// How long they did, ns.
    pub(crate) lost: u128,
    /// Requests that completed.
    pub(crate) completed: u64,
    /// Times that a client turned another way: to another site, server or copy.
    pub(crate) turned: u64,
}

/// From the begin of an outage while none is on, until the next such begin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) begin: SimTime,
    /// The outages that were on in it: more than one where they overlap.
    pub(crate) incidents: Vec<u32>,
}

/// What is known of all pairs at the end of a replication.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stormed {
    /// Length of a bin and of a part of one, ns.
    pub(crate) interval: u64,
    pub(crate) part: u64,
    pub(crate) measured_from: SimTime,
    pub(crate) ends_at: SimTime,
    /// By incident: begin and end, if it happened in the window, and how often it did.
    pub(crate) spans: Vec<(Option<(SimTime, SimTime)>, u32)>,
    pub(crate) charges: Vec<Charge>,
    /// By protocol and population.
    pub(crate) pairs: Vec<PairStormed>,
    /// Breaches of the books, in words.
    #[serde(skip)]
    pub(crate) violations: Vec<String>,
}

/// What is known of one of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PairStormed {
    pub(crate) protocol: Protocol,
    pub(crate) population: u32,
    /// Beyond this an answer was late.
    pub(crate) threshold: Option<u64>,
    pub(crate) bins: Vec<Bin>,
    pub(crate) parts: Vec<Judged>,
    /// By incident.
    pub(crate) booked: Vec<Booked>,
    /// By charge.
    pub(crate) charged: Vec<Charged>,
}
