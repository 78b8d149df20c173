//! The whole experiment below the command line: independent replications of one model,
//! merged in order, and everything that is found out around them.
//!
//! A [`Study`] is stepped. [`Study::warm_up`] finds the warm-up where it is to be found,
//! [`Study::add`] plays more replications, [`Study::next_round`] says how many more the
//! asked precision wants, [`Study::result`] merges what is there. [`Study::run`] is the
//! loop over them. [`Study::replication`] plays one and keeps it out, for
//! [`crate::store`] or another machine; [`Study::merge`] takes it in again.
//!
//! Several studies share the threads, the stop and the progress of one [`Workers`]
//! ([`add_to_all`]). Replications of two studies with the same number see the same draws,
//! so that they can be compared pair by pair ([`crate::results::Identity`]). The result
//! does not depend on threads, on rounds, or on where a replication was played.
//!
//! ```
//! use casim::{scenario, study};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = "scenarios/single-namespace.toml".as_ref();
//! # let short = ["run.window=10:00 - 10:05", "run.warmup=1 min"];
//! # let short = short.map(scenario::Override::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
//! let scenario = scenario::load(path, &short)?;
//! let workers = study::Workers::new(0)?;
//! let result = study::Study::from(&scenario).run(&workers)?;
//! println!("{} events, {} groups of servers", result.events, result.servers.len());
//! # assert!(result.events > 0);
//! # Ok(())
//! # }
//! ```
//!
//! Must not know files, terminals or words; the scenario's text only where
//! `Study::from(&scenario)` takes what it needs. Next: [`crate::results`] for what comes
//! out, [`crate::recorder`] for how it is counted.

pub mod bottlenecks;
mod error;
pub mod headroom;
mod items;
mod load;
mod merge;
#[doc(hidden)]
pub mod plain;
pub mod precision;
mod replicate;
mod scenario;
mod stepped;
mod storms;
mod system;
pub mod warmup;
mod workers;

pub use error::RunError;
pub use items::play_items;
pub use load::{HeldOf, Strain, Thing, Work, law, strain, strains, unloaded};
#[doc(hidden)]
pub use plain::{Options, run};
pub use replicate::Replication;
#[doc(hidden)]
pub use replicate::replicate;
pub use stepped::{Study, add_to_all};
#[doc(hidden)]
pub use system::System;
pub use workers::{Progress, Quiet, Stage, Workers};

#[cfg(test)]
mod tests;
