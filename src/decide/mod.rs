//! What is decided by several studies: which of two systems is better, how much is needed.
//!
//! Everything stands on [`crate::study`]'s replications and on the verdicts of
//! [`crate::results`]; nothing here judges a goal by rules of its own, and nothing knows terminals or words.
//! Files only where finished items are kept ([`items`]). Next: [`compare`], [`sweep`], [`sensitivity`], [`plan`].

pub mod compare;
pub mod items;
mod list;
pub mod plan;
pub mod sensitivity;
pub mod sweep;
