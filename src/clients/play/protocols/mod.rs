//! The protocols' state machines, one a file.
//!
//! Must not know routes or servers. Read [`state_machine`] for what they have in common,
//! then [`owa`] for one in full.

pub(super) mod eas;
pub(super) mod mail;
pub(super) mod outlook;
pub(super) mod owa;
pub(super) mod state_machine;
pub(super) mod web;
