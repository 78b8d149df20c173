//! Mailboxes that are copied to another site before a change moves them: rows of `moves.csv`.

use serde::{Deserialize, Serialize};

use crate::kernel::SimTime;

/// How far the copying of a population's mailboxes from one site to another came, in one
/// replication.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Copied {
    /// Number of the change that moves them.
    pub change: u32,
    /// Index into [`Names::populations`](super::Names::populations).
    pub population: u32,
    /// Indices into [`Names::sites`](super::Names::sites): where they are, and will be.
    pub between: [u32; 2],
    /// How many.
    pub mailboxes: u32,
    /// Bits in all.
    pub bits: u64,
    /// When copying began, ns since the run began; before it negative.
    pub begin: i64,
    /// Bits that were there as the change took effect; `None` where it did not in the run.
    pub at_change: Option<u64>,
    /// Bits that were there at the end of the run.
    pub at_end: u64,
    /// When all were there.
    pub finished: Option<SimTime>,
}

/// The same over all replications.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CopiedRow {
    /// In the first.
    pub first: Copied,
    /// In each, in order.
    pub replications: Vec<Copied>,
}

impl CopiedRow {
    /// A row of one replication so far.
    #[must_use]
    pub fn new(first: Copied) -> Self {
        Self { first, replications: Vec::new() }
    }

    /// Mean share, 0 to 1, that was there as the change took effect.
    #[must_use]
    pub fn share_at_change(&self) -> Option<f64> {
        let shares: Option<Vec<f64>> = self
            .replications
            .iter()
            .map(|of| of.at_change.map(|bits| bits as f64 / of.bits.max(1) as f64))
            .collect();
        shares.filter(|all| !all.is_empty()).map(|all| all.iter().sum::<f64>() / all.len() as f64)
    }

    /// Mean instant at which all was there, ns since the run began; `None` where in a replication
    /// it was not.
    #[must_use]
    pub fn finished(&self) -> Option<f64> {
        let all: Option<Vec<f64>> =
            self.replications.iter().map(|of| of.finished.map(|at| at.0 as f64)).collect();
        all.filter(|all| !all.is_empty()).map(|all| all.iter().sum::<f64>() / all.len() as f64)
    }
}
