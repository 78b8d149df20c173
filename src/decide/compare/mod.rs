//! Is another system better, for whom, and does that matter?
//!
//! [`Compare`] plays the same replications of every side and is stepped as a
//! [`Study`](crate::study::Study): [`Compare::next_round`] says how many more pairs are wanted, [`Compare::add`]
//! plays them, [`Compare::result`] judges what is there. [`of_results`] judges results that
//! were kept. Who is matched with whom: [`matching`]; what is read off a result:
//! [`measured`]; words and families: [`judge`]; settings and ways that differ: [`keys`] and
//! [`affected`]; what `check` finds on one side alone: [`found`]; the steps
//! from one to the other: [`changes`]; the others as steps of a migration: `in_order`.

pub mod affected;
pub mod changes;
mod elements;
pub mod found;
mod in_order;
pub mod judge;
pub mod keys;
pub mod matching;
pub mod measured;
mod play;
mod renamed;
mod side;

pub use play::{Compare, of_results, play_again};
pub use side::{Asked, CompareError, Side};
