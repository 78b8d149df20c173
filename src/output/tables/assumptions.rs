//! `assumptions.csv`: what the scenario left to casim, and where each value comes from.

use super::columns::{Column, Table, columns, text};
use super::csv_table;
use crate::results::assumed::{self, Assumption};

/// The table.
#[derive(Debug)]
pub(super) struct Assumptions;

/// The bytes of the file, from lines `path = value (source)` as run.json has them.
#[must_use]
pub fn file(assumed: &[String]) -> Vec<u8> {
    csv_table::file::<Assumptions>(assumed::read(assumed))
}

impl Table for Assumptions {
    type Row<'r> = Assumption<'r>;
    const NAME: &'static str = "assumptions";
    const ROW: &'static str = "a setting that the scenario left to casim, as in `assumed_defaults` of run.json; of many sites, links or populations (`site.*`) the value of the first";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "path" Word "path of the key" => |row| text(row.path),
        "value" Word "what was taken, as a scenario writes it" => |row| text(row.value),
        "kind" Word "`published`: somebody's published figure or documented default, or arithmetic on one; `memory`: recalled, not read again; `assumed`: casim's own choice" => |row| text(row.kind.token()),
        "source" Word "where it comes from" => |row| text(row.source),
    }];
}
