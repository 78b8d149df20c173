//! Who goes where: rows of `flows.csv`.
//!
//! A flow is finer than a [`Cell`](super::Cell): what makes two sessions take one way
//! through the organisation. Next: [`super::sessions`], whose rows add up to it.

use serde::{Deserialize, Serialize};

use super::cells::CellKey;
use crate::model::access::Mechanism;

/// Key of a row of `flows.csv`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FlowKey {
    /// The cell that its sessions are counted in.
    pub cell: CellKey,
    /// Index into [`Names::locations`](super::Names::locations), or [`NONE`](super::NONE).
    pub client_location: u32,
    /// Index into [`Names::namespaces`](super::Names::namespaces), or [`NONE`](super::NONE).
    pub namespace: u32,
    /// Finer kind of its decision.
    pub mechanism: Mechanism,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE).
    pub serving_site: u32,
}

/// Counts of one flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FlowCounts {
    /// Distinct clients with a session in it.
    pub clients: u64,
    /// Of these, with a failed session or request in it.
    pub clients_affected: u64,
    /// Sessions that overlap the window.
    pub sessions: u64,
    /// User-visible requests that started in the window.
    pub requests: u64,
    /// Of these, failed.
    pub failed: u64,
}

impl FlowCounts {
    /// Adds every count of `other`.
    pub fn add(&mut self, other: &Self) {
        // Taken apart so that a new count cannot be forgotten here.
        let Self { clients, clients_affected, sessions, requests, failed } = *other;
        self.clients += clients;
        self.clients_affected += clients_affected;
        self.sessions += sessions;
        self.requests += requests;
        self.failed += failed;
    }
}

/// A row of `flows.csv` before it is written: sums over all replications.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Flow {
    /// Key.
    pub key: FlowKey,
    /// Counts over all replications.
    pub counts: FlowCounts,
}

impl Flow {
    /// A flow of which nothing was counted yet.
    #[must_use]
    pub fn new(key: FlowKey) -> Self {
        Self { key, counts: FlowCounts::default() }
    }
}
