//! The run: what clients do, from timer to timer and from answer to answer.
//!
//! From below: what is kept of a client ([`session`], [`clientele`]), what its requests
//! and timers are called ([`request`]), what it is bound to and holds ([`binding`],
//! [`holds`], [`launch`]), what is true and what is known of the organisation ([`outages`],
//! [`quorum`], [`databases`], [`detection`], [`prehistory`]), the books ([`record`], [`disrupted`], [`unserved`]); then sessions and requests
//! ([`driver`]), the protocols' state machines, and who is told what ([`dispatch`]).
//! Must not know the scenario's text, the rules, nor the legs that a request walks.
//! Next: [`driver`], then one file of [`protocols`].

mod addresses;
mod binding;
mod clientele;
mod copying;
mod databases;
mod detection;
mod detector;
mod dispatch;
mod disrupted;
pub(super) mod driver;
mod holds;
mod homes;
mod idle;
mod launch;
pub(super) mod outages;
mod prehistory;
mod protocols;
mod quorum;
mod record;
mod replay;
mod request;
mod services;
mod session;
mod take_over;
mod unserved;
mod working_day;
