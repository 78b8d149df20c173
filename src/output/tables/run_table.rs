//! A table that is made from a whole result. Knows no table; [`super`] lists them.

use super::columns::Table;
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
