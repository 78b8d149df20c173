//! What a reader of a result should know before trusting it.
//!
//! Facts; [`crate::output`] has the sentences.

use serde::{Deserialize, Serialize};

use crate::kernel::SimTime;

/// A finding about a run itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Warning {
    /// More is asked of a server group or link than it can do, by the utilisation law.
    Overload {
        /// Which.
        name: String,
        /// Demand over capacity in its busiest hour, 1 and above.
        utilisation: f64,
        /// When that hour begins; the run begins at zero.
        from: SimTime,
        /// What follows.
        overflow: Overflow,
    },
    /// A group of servers was busy nearly all the time as simulated.
    BusyServers {
        /// Which.
        name: String,
        /// Mean over the window, 0 to 1.
        utilisation: f64,
    },
    /// So was a link.
    BusyLink {
        /// Which.
        name: String,
        /// Mean over the window, 0 to 1.
        utilisation: f64,
    },
    /// A steady state was asked for and not found.
    NotSteady(NotSteady),
}

/// What becomes of what is asked for beyond a capacity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Overflow {
    /// The queue has a limit and refuses the rest.
    Refused,
    /// The queue grows.
    Queued,
    /// Ever more transfers share a link.
    Shared,
}

/// Why there is no steady state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum NotSteady {
    /// More is offered than can be served: it was not looked for.
    Overloaded,
    /// The run does not settle.
    Drifting,
    /// Next to nothing completed.
    Silent,
}
