//! Up to which value does a condition hold?
//!
//! [`condition`] reads what is asked and finds its rows, [`search`] says from what was found
//! alone which values are to be tried next, `play` does both in turn until there is an answer.

pub mod condition;
mod play;
pub mod search;

pub use condition::Condition;
pub use play::{Looking, Values};
