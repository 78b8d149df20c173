//! Named elements of arrays of tables: their keys, and where each name stands.

use std::collections::BTreeMap;

use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::tree::{self, Table};
use crate::diagnostics::Span;

/// Positions of elements by the names by which the rest of the scenario refers to them.
pub(super) type Names = BTreeMap<String, usize>;

/// The keys of a named element; its path carries its name.
pub(super) fn named<'t>(cx: &mut Cx, array: &str, table: &'t Table, span: Span) -> Fields<'t> {
    let name = tree::name_in(array, table).unwrap_or_default();
    let path = if name.is_empty() { array.to_owned() } else { format!("{array}.{}", tree::key(&name)) };
    cx.spans.note(path.clone(), span);
    let mut fields = Fields::new(table, span, path, format!("{array}.*"));
    fields.has("name");
    fields
}

/// Positions of named elements.
pub(super) fn index(elements: &[(&Table, Span)]) -> Names {
    let mut names = BTreeMap::new();
    for (at, (table, _)) in elements.iter().enumerate() {
        if let Some(name) = table.text("name") {
            // Of two with one name, which is a fault, the first counts.
            names.entry(name.to_owned()).or_insert(at);
        }
    }
    names
}
