//! What if a figure is wrong: each that nobody measured is moved, and what it does to every
//! objective is told.
//!
//! [`figures`] lists what can be moved and how far. `screen` asks the utilisation law and latency
//! without load about each, without a run; `bifurcation` finds in groups of them which can matter; `design`
//! says what is played next, from finished rounds alone; [`Study`] plays it, each run an item that is kept.
//! What is told of it: [`crate::results::sensitive`].
//!
//! All sides see the same draws, so that an effect is a difference of pairs.

pub mod bifurcation;
mod design;
mod fellows;
pub mod figures;
mod found;
mod known;
mod play;
mod screen;
mod standing;
mod swaps;

pub use design::{Variant, Wanted};
pub use figures::{Figure, Setting};
pub use play::{Asked, SensitivityError, Study};
