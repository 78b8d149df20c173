//! The run: what clients do, from timer to timer and from answer to answer.
//!
//! Must not know the scenario's text, the rules, nor the legs that a request walks.
//! Read [`driver`] for sessions and requests, then one file of [`protocols`].

pub(in crate::clients) mod detection;
mod dispatch;
pub(in crate::clients) mod disrupted;
pub(in crate::clients) mod driver;
pub(in crate::clients) mod idle;
pub(in crate::clients) mod outages;
pub(in crate::clients) mod protocols;
mod record;
pub(in crate::clients) mod session;
