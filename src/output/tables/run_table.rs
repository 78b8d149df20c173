//! A table that is made from a whole result, and a list's entry for one.

use super::columns::{Description, Table, Value};
use super::csv_table;
use crate::results::RunResult;

/// A table that is made from a whole result.
pub(super) trait RunTable: Table {
    /// Its rows in order.
    fn rows(run: &RunResult) -> impl Iterator<Item = Self::Row<'_>>;

    /// Columns behind the fixed ones that this run asks for.
    fn more(_: &RunResult) -> Vec<String> {
        Vec::new()
    }

    /// What stands in the columns of [`Self::more`], in their order.
    fn more_values<'a>(_: &'a Self::Row<'_>) -> Vec<Value<'a>> {
        Vec::new()
    }

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
        Self { describe: Description::of::<T>, bytes: |run| T::is_written(run).then(|| bytes::<T>(run)) }
    }
}

fn bytes<T: RunTable>(run: &RunResult) -> Vec<u8> {
    let more = T::more(run);
    if more.is_empty() {
        return csv_table::file::<T>(T::rows(run));
    }
    let mut out = csv_table::header::<T>().into_bytes();
    let names: Vec<Value<'_>> = more.iter().map(|name| Value::Text(name.into())).collect();
    csv_table::extend_row(&mut out, &names);
    for row in T::rows(run) {
        csv_table::push_row::<T>(&mut out, &row);
        csv_table::extend_row(&mut out, &T::more_values(&row));
    }
    out
}
