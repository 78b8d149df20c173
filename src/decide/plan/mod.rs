//! The cheapest of what can be bought that meets every goal: which combinations there are, in which
//! cases each is judged, and what refuses one without a run.
//!
//! Only bounds prune; everything else is decided by runs. Next: [`candidate`].

pub mod candidate;
pub mod goals;
pub mod search;
