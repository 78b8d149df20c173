//! Rows of a table as CSV.
//!
//! Written by hand: a row of `sessions.csv` must not allocate, and names have to be made
//! safe for spreadsheets, which no CSV library does. What is written is read back with
//! the csv crate by tests.

use super::columns::{Table, Value};
use crate::output::format::{
    push_field, push_hash, push_int, push_local, push_millis, push_real, push_seconds, safe,
};

/// Decimals of shares and counts that are means.
const PLACES: usize = 6;

/// The header line with its line end.
#[must_use]
pub fn header<T: Table>() -> String {
    let names: Vec<String> = T::columns().map(|column| column.name.concat()).collect();
    names.join(",") + "\n"
}

/// Appends one row with its line end.
#[inline]
pub fn push_row<T: Table>(out: &mut Vec<u8>, row: &T::Row<'_>) {
    for column in T::columns() {
        push_value(out, &(column.value)(row));
        out.push(b',');
    }
    // The comma after the last column is where the line ends.
    if let Some(last) = out.last_mut() {
        *last = b'\n';
    }
}

/// Appends values to the row that was written last, in front of its line end.
pub(super) fn extend_row(out: &mut Vec<u8>, values: &[Value<'_>]) {
    out.truncate(out.len().saturating_sub(1));
    for value in values {
        out.push(b',');
        push_value(out, value);
    }
    out.push(b'\n');
}

/// The bytes of a whole file.
#[must_use]
pub fn file<'r, T: Table>(rows: impl IntoIterator<Item = T::Row<'r>>) -> Vec<u8> {
    let mut out = header::<T>().into_bytes();
    rows.into_iter().for_each(|row| push_row::<T>(&mut out, &row));
    out
}

#[inline]
fn push_value(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Blank => {}
        Value::Text(text) => push_field(out, text),
        Value::Name(name) => push_field(out, &safe(name)),
        Value::Field(bytes) => out.extend_from_slice(bytes),
        Value::Int(value) => push_int(out, *value),
        Value::Real(value) => push_real(out, *value, PLACES),
        Value::Millis(ns) => push_millis(out, *ns),
        Value::Seconds(ns) => push_seconds(out, *ns),
        Value::Hash(value) => push_hash(out, *value),
        Value::Signed(value) => {
            if *value < 0 {
                out.push(b'-');
            }
            push_int(out, value.unsigned_abs());
        }
        Value::Local(local) => push_local(out, *local),
    }
}
