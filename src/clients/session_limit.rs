//! Limits that a session meets when it begins.
//!
//! Must not know what holds them besides. Next: [`super::roster`].

use crate::itinerary::{PoolFamily, Program};
use crate::kernel::Id;

/// By what a limit tells clients apart.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    /// Not at all: the server's own limit.
    Server,
    /// By the Mailbox server behind it.
    Mailbox,
    /// By user or address: the mailbox's number, taken modulo `count`, from `base` on.
    Key { base: u32, count: u32 },
}

/// A limit that a session meets when it begins.
#[derive(Clone, Debug)]
pub struct SessionLimit {
    pub(super) family: Id<PoolFamily>,
    /// What a session holds of it.
    pub(super) units: u32,
    pub(super) whose: Whose,
    /// The station that counts, where it is not the server entered by.
    pub(super) station: Option<u32>,
    /// What a client does that finds it reached.
    pub(super) turned_away: Program,
}
