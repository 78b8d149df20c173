//! A CSV file in memory, row by row.

use super::columns::Table;
use crate::output::format::{self as field, real};

/// Decimals of shares and counts that are means.
const PLACES: usize = 6;

/// Builds the bytes of one CSV file.
#[derive(Debug)]
pub struct TableWriter {
    out: csv::Writer<Vec<u8>>,
    row: csv::ByteRecord,
}

impl TableWriter {
    /// A file that has its header.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(table.columns.iter().map(|column| column.name)).expect("memory takes every header");
        Self { out, row: csv::ByteRecord::new() }
    }

    /// A name.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.row.push_field(field::safe(name).as_bytes());
        self
    }

    /// Text of our own, or a number that is text already.
    pub fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.row.push_field(text.as_ref().as_bytes());
        self
    }

    /// A whole number.
    pub fn int(&mut self, value: u64) -> &mut Self {
        self.row.push_field(itoa::Buffer::new().format(value).as_bytes());
        self
    }

    /// A whole number; blank for `None`.
    pub fn whole<N: Into<u64>>(&mut self, value: Option<N>) -> &mut Self {
        match value {
            Some(value) => self.int(value.into()),
            None => self.text(""),
        }
    }

    /// A real number to six decimals; blank for `None`.
    pub fn real(&mut self, value: impl Into<Option<f64>>) -> &mut Self {
        self.text(value.into().map_or_else(String::new, |value| real(value, PLACES)))
    }

    /// Whole nanoseconds as exact milliseconds; blank for `None`.
    pub fn millis(&mut self, ns: Option<u64>) -> &mut Self {
        self.text(ns.map_or_else(String::new, field::millis))
    }

    /// Nanoseconds as milliseconds to six decimals; blank for `None`.
    pub fn millis_real(&mut self, ns: Option<f64>) -> &mut Self {
        self.real(ns.map(|ns| ns / 1e6))
    }

    /// Ends the row.
    ///
    /// # Panics
    /// When the row has not as many values as the table has columns.
    pub fn end(&mut self) {
        self.out.write_byte_record(&self.row).expect("a row has a value for every column");
        self.row.clear();
    }

    /// The bytes of the file.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out.into_inner().expect("memory takes every row")
    }
}
