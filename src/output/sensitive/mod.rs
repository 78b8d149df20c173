//! How a study of sensitivity is shown: its table, its summary and its JSON.
//!
//! Decides nothing. Parts: [`tables`] for `sensitivity.csv`, [`text`] for the terminal and Markdown,
//! [`json`] for programs; `words` and `sentences` for what all of them say.

pub mod json;
pub(super) mod sentences;
pub mod tables;
pub mod text;
pub(super) mod words;
