//! The rules, as values, a list per release; the first that answers wins.
//!
//! Read `rule` for what a rule is, `lists` for which release follows which, then the
//! release's own file. Must not know what becomes of an answer (`access::decision`).

mod common;
pub mod contested;
mod document;
mod e2007;
mod e2010;
mod e2013;
mod endpoint;
mod hops;
mod legacy;
mod lists;
mod newer;
mod rule;

pub use document::document;
pub use endpoint::{endpoint_host, outlook_endpoints, outlook_entries};
pub use lists::{all, find, of};
pub use rule::{Confidence, Rule};
