//! How much is needed, and how far does it reach: one scenario with some values varied.
//!
//! [`vary`] reads what is varied, [`mod@grid`] makes the points of it; [`Sweep`] plays them, each
//! replication an item that is kept in a file of its own, so that an interrupted sweep goes on
//! where it was. What is read off a point: [`rows`]. Up to where a condition holds: [`until`].

pub mod grid;
mod play;
pub mod rows;
pub mod until;
pub mod vary;

pub use grid::{Point, grid, zip};
pub use play::{Sweep, SweepError};
pub use until::{Condition, Looking};
pub use vary::{Parameter, Quantity, Setting, distinct, parameter};
