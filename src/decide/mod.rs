//! What is decided by several studies: which of two systems is better.
//!
//! Everything stands on [`crate::study`]'s replications and on the verdicts of
//! [`crate::results`]; nothing here judges a goal by rules of its own, and nothing knows files,
//! terminals or words. Next: [`compare`].

pub mod compare;
