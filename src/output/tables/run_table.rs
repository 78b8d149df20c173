//! A table that is made from a whole result, and a list's entry for one.

use super::columns::{Description, Table};
use super::csv_table;
use crate::results::RunResult;

/// A table that is made from a whole result.
pub(super) trait RunTable: Table {
    /// Its rows in order.
    fn rows(run: &RunResult) -> impl Iterator<Item = Self::Row<'_>>;

    /// Whether the folder has it.
    fn is_written(_: &RunResult) -> bool {
        true
    }
}

/// A table in a list of them.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What the README says of it.
    pub describe: fn() -> Description,
    /// Its bytes; nothing where the folder has no such file.
    pub bytes: fn(&RunResult) -> Option<Vec<u8>>,
}

impl Entry {
    pub(super) const fn of<T: RunTable>() -> Self {
        Self {
            describe: Description::of::<T>,
            bytes: |run| T::is_written(run).then(|| csv_table::file::<T>(T::rows(run))),
        }
    }
}
