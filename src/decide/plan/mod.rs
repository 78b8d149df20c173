//! The cheapest of what can be bought that meets every goal: which combinations there are, in which
//! cases each is judged, and what refuses one without a run.
//!
//! Only bounds prune; everything else is decided by runs. Next: [`candidate`], [`cases`], [`grid`]; what is
//! played and decided: [`play`], [`search`], [`goals`].

pub mod bought;
mod bounds;
pub mod candidate;
mod case;
pub mod cases;
pub mod design;
mod error;
mod field;
pub mod goals;
pub mod grid;
mod growth;
pub mod lattice;
mod loads;
mod loss;
pub mod machines;
pub mod paths;
pub mod places;
pub mod play;
pub mod search;
pub mod told;

#[cfg(test)]
mod tests;

pub use error::PlanError;
pub use field::Field;
