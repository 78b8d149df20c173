//! Why a study has no result.

use crate::results::SinkError;
use crate::sim::{Crowd, Endless};

/// Why replications were not played. What a study held before stays as it was: it can be
/// asked for its result, and asked again to go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The stop flag was set. Nothing is wrong: the replications under way are lost, those
    /// before them are kept.
    #[error("the run was interrupted")]
    Interrupted,
    /// A check inside the run failed: casim itself is wrong, and will be so again.
    #[error("a check inside replication {replication} failed: {}", violations.join("; "))]
    CheckFailed {
        /// Replication, from 0.
        replication: u32,
        /// What was broken, in words.
        violations: Vec<String>,
    },
    /// More requests in flight, or sessions under way, than the scenario allows. It will
    /// be so again until the scenario is changed.
    #[error(
        "replication {replication} was given up {crowd}: more than `run.most_in_flight` = {most} requests in \
         flight or sessions under way. More is offered than can be served; give the queue a limit, add \
         capacity, or raise the key (about 0.2 KB each)"
    )]
    Crowded {
        /// Replication, from 0.
        replication: u32,
        /// What the scenario allows.
        most: u32,
        /// When, and where they are.
        crowd: Crowd,
    },
    /// The replication would come to no end. It will be so again until the scenario is changed.
    #[error("replication {replication} was given up {endless}. {}", remedy(endless))]
    Endless {
        /// Replication, from 0.
        replication: u32,
        /// Why.
        endless: Endless,
    },
    /// The rows of sessions have nowhere to go: the caller's [`Sessions`](crate::results::Sessions)
    /// refused. Rows of the replications under way are lost with them.
    #[error("{source}")]
    Sessions {
        /// Replication, from 0.
        replication: u32,
        /// What it said.
        source: SinkError,
    },
    /// A replication that was played elsewhere is not the next one, or another study's.
    /// It was not added.
    #[error("replication {found} of {scenario} cannot be added: {expected} is the next one here")]
    NotNext {
        /// Digest of its scenario.
        scenario: String,
        /// Its number.
        found: u32,
        /// The number that is.
        expected: u32,
    },
    /// Threads could not be started: the system is short of something.
    #[error("cannot start {jobs} threads: {reason}")]
    Threads {
        /// Threads asked for.
        jobs: usize,
        /// What the system said.
        reason: String,
    },
}

/// What to change in a scenario that comes to no end.
fn remedy(endless: &Endless) -> &'static str {
    match endless {
        Endless::Standstill { .. } => {
            "Give `think` of a `closed` source a length: a user who thinks for no time and is refused, or served \
             in none, asks again at the same instant"
        }
        Endless::Beyond { .. } => {
            "`run_off` plays on until whoever is measured has ended: leave it out, or shorten what they wait for"
        }
        Endless::Uncounted { .. } => "Shorten the window: one run counts no more events",
    }
}
