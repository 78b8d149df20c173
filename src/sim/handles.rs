//! Numbers by which things are called: requests in flight, and nothing.
//!
//! The lowest file of the engine; must not know what stands behind a number.

/// A slot that is not bound yet.
pub const UNBOUND: u32 = u32::MAX;

/// Owner of a request that a leg opened ([`Leg::Fork`](crate::itinerary::Leg::Fork)): no driver hears of it.
pub(super) const NOBODY: u32 = u32::MAX;

/// No request, no counter, no row.
pub(super) const NIL: u32 = u32::MAX;

/// Names a request in flight; stale once it has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestId {
    pub(super) index: u32,
    pub(super) generation: u32,
}
