//! Presenting results: the run folder with its CSV files and charts, the
//! terminal's table and the progress bar.
//!
//! Reads [`crate::results`] only; it decides nothing and
//! must not know the scenario, the engine or how replications were run. Read
//! [`folder`] for how a folder comes to be whole or not at all, [`tables`] for
//! what stands in every file, [`tables::sessions`] for the one file that grows with
//! the number of sessions, [`charts`] for the pictures.
//!
//! Every arrow goes down: `error`, `disk`, `place`, `clock`, `format`, `words`, `protocols`, `lookup`, `tokens`, `sentences`,
//! `tables`, `folder`, then `terminal`, `manifest`, `charts`, then `report`, `reference`.

pub mod about;
#[cfg(feature = "charts")]
pub mod charts;
pub mod clock;
pub mod compared;
mod costs;
pub mod decision;
pub mod disk;
pub mod error;
pub mod folder;
pub mod format;
#[cfg(feature = "charts")]
pub mod junit;
pub mod lookup;
pub mod manifest;
mod pictures;
pub mod place;
pub mod planned;
mod protocols;
pub mod reference;
#[cfg(feature = "charts")]
pub mod report;
pub mod sensitive;
pub mod sentences;
pub mod swept;
pub mod tables;
pub mod terminal;
mod tokens;
pub mod words;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use decision::Decision;
pub use error::OutputError;
pub use folder::RunFolder;
pub use manifest::Manifest;
pub use pictures::Pictures;
pub use place::{Inputs, NewFile};
pub use tables::sessions::{SessionPolicy, SessionWriter};
