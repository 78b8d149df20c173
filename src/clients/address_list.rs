//! Names with several addresses in one answer, as they are compiled for a run.
//!
//! Must not know who dials them. Next: [`super::roster`].

use crate::itinerary::{LinkDirection, StationGroup};
use crate::kernel::Id;

/// One of several addresses in the answer to a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Dialled {
    /// Client Access groups behind it.
    pub(super) groups: Vec<Id<StationGroup>>,
    /// It is that of one server.
    pub(super) server: bool,
    /// Stations behind it.
    pub(super) stations: Vec<u32>,
    /// Pipe by which the Internet comes to it.
    pub(super) pipe: Vec<Id<LinkDirection>>,
}

/// What a client does at an address that is dead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum GoesOn {
    /// It goes on to the next after the time-out of a connection.
    AfterTimeout,
    /// It goes on as Outlook over MAPI/RPC is said to.
    Rpc,
    /// It tries that one again.
    Never,
}

/// Addresses of a name in one answer, in their order, by change in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct AddressList {
    pub(super) by_stage: Vec<Vec<Dialled>>,
    pub(super) goes_on: GoesOn,
}
