//! How a sweep is shown: its table, its summary and its JSON.
//!
//! Decides nothing. Parts: [`tables`] for `sweep.csv`, [`text`] for the terminal and Markdown,
//! [`json`] for programs; `words` for what all of them say.

pub mod json;
pub mod tables;
pub mod text;
pub(super) mod until;
pub(super) mod words;
