//! The command line: one file a subcommand, each `Args` and `exec`, nothing else.
//!
//! Data goes to stdout, talk to stderr. [`Error`] carries the exit code.

#[cfg(feature = "charts")]
pub mod chart;
pub mod check;
pub mod common;
pub mod compare;
mod comparing;
pub mod completions;
mod decided;
mod down;
mod error;
pub mod explain;
mod explained;
mod form;
mod kept;
pub mod licences;
mod line;
mod load;
pub mod merge;
pub mod names;
pub mod new;
pub mod plan;
mod progress;
mod ranks;
mod recorded;
#[cfg(feature = "charts")]
pub mod report;
mod resolved;
pub mod run;
pub mod schema;
pub mod sensitivity;
mod setup;
mod signals;
mod spread;
mod stage;
pub mod sweep;
mod talk;
pub mod verify;
mod visible;

pub use error::{Answer, Error, Usage};
pub use form::{Form, Printed};
pub use line::{Cli, Command, exec, words};
pub(crate) use visible::Visible;
