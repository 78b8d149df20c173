//! The protocols' state machines, one a file.
//!
//! Must not know routes or servers. Read [`owa`] for a state machine in full.

pub(in crate::clients) mod eas;
pub(in crate::clients) mod mail;
pub(in crate::clients) mod outlook;
pub(in crate::clients) mod owa;
pub(in crate::clients) mod web;
