//! How a comparison is shown: its tables, its summary and its JSON.
//!
//! Decides nothing. Parts: [`tables`] for the CSV files, [`text`] for the terminal and
//! Markdown, [`json`] for programs; `words` for what all of them say.

pub mod cost;
pub(super) mod in_order;
pub mod json;
pub mod request;
pub mod tables;
pub mod text;
pub(super) mod words;
