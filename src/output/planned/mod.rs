//! How a plan is shown: its table, its summary and its JSON.
//!
//! Decides nothing. Parts: [`tables`] for `plan.csv` and what stands beside it, [`text`] for the
//! terminal and Markdown, [`json`] for programs; `words` for what all of them say.

pub mod json;
pub mod tables;
pub mod text;
pub(super) mod words;
