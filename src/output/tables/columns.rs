//! What a table is: columns that are values, each with its name, unit, meaning and what
//! stands in it. The CSV, `output/README.md` and the golden samples are made from them.
//!
//! Knows no table; each file beside this one is one. Read `tables::summary` as an example,
//! [`super::csv_table`] for how a row is written.

use std::borrow::Cow;

use crate::output::clock::Local;

/// What is in a field. Names and texts are borrowed.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'r> {
    /// Not known, or does not apply.
    Blank,
    /// Words of our own.
    Text(Cow<'r, str>),
    /// A name of the user's: it may look like a spreadsheet's formula, see
    /// [`crate::output::format::safe`].
    Name(Cow<'r, str>),
    /// A field that is CSV already.
    Field(&'r [u8]),
    /// A whole number.
    Int(u64),
    /// A real number, to six decimals; blank where it is not finite.
    Real(f64),
    /// Nanoseconds, written as milliseconds, exact.
    Millis(u64),
    /// Nanoseconds, written as seconds, exact.
    Seconds(i128),
    /// A hash, 16 hexadecimal digits.
    Hash(u64),
    /// A whole number that may be negative.
    Signed(i64),
    /// A time of day on the scenario's clock with its offset from UTC.
    Local(Local),
}

/// Words of our own.
#[must_use]
pub fn text<'r>(text: impl Into<Cow<'r, str>>) -> Value<'r> {
    Value::Text(text.into())
}

/// A name of the user's.
#[must_use]
pub fn name<'r>(name: impl Into<Cow<'r, str>>) -> Value<'r> {
    Value::Name(name.into())
}

/// A whole number.
#[must_use]
pub fn int<'r>(value: impl Into<u64>) -> Value<'r> {
    Value::Int(value.into())
}

/// A whole number; blank for `None`.
#[must_use]
pub fn whole<'r>(value: Option<impl Into<u64>>) -> Value<'r> {
    value.map_or(Value::Blank, int)
}

/// A count per run: the mean over replications of what was counted in all of them. Times
/// the replications and rounded it is the count again.
#[must_use]
pub fn per_run<'r>(count: impl Into<u64>, replications: u32) -> Value<'r> {
    match (count.into(), replications) {
        (count, 0 | 1) => Value::Int(count),
        (count, runs) => Value::Real(count as f64 / f64::from(runs)),
    }
}

/// A real number; blank for `None`.
#[must_use]
pub fn real<'r>(value: impl Into<Option<f64>>) -> Value<'r> {
    value.into().map_or(Value::Blank, Value::Real)
}

/// Nanoseconds as exact milliseconds; blank for `None`.
#[must_use]
pub fn millis<'r>(ns: impl Into<Option<u64>>) -> Value<'r> {
    ns.into().map_or(Value::Blank, Value::Millis)
}

/// Nanoseconds as milliseconds to six decimals; blank for `None`.
#[must_use]
pub fn mean_millis<'r>(ns: impl Into<Option<f64>>) -> Value<'r> {
    real(ns.into().map(|ns| ns / 1e6))
}

/// What a column counts in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Words, a name or an id.
    Word,
    /// Time of day on the scenario's clock.
    Clock,
    /// The same by ISO 8601, with the offset from UTC.
    Iso,
    /// A number of things.
    Count,
    /// A part of a whole, 0 to 1; of demand also above it.
    Share,
    /// One quantity over another.
    Ratio,
    /// Per cent, 0 to 100.
    Percent,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
    /// Hours.
    H,
    /// Bytes.
    Bytes,
    /// Megabits in a second, 10^6.
    Mbps,
    /// Events in a second.
    PerS,
    /// That of the row, told by another column.
    Own,
}

impl Unit {
    /// As the README prints it; blank for words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Word => "",
            Self::Clock => "hh:mm",
            Self::Iso => "hh:mm:ss+hh:mm",
            Self::Count => "count",
            Self::Share => "share",
            Self::Ratio => "ratio",
            Self::Percent => "%",
            Self::Ms => "ms",
            Self::S => "s",
            Self::H => "h",
            Self::Bytes => "bytes",
            Self::Mbps => "Mbit/s",
            Self::PerS => "1/s",
            Self::Own => "own",
        }
    }

    /// How the name of a column with this unit ends, where the unit is told by it.
    #[must_use]
    pub const fn ending(self) -> Option<&'static str> {
        match self {
            Self::Ms => Some("_ms"),
            Self::S => Some("_s"),
            Self::Bytes => Some("_bytes"),
            Self::Mbps => Some("_mbps"),
            Self::PerS => Some("_per_s"),
            Self::Word
            | Self::Clock
            | Self::Iso
            | Self::Count
            | Self::Share
            | Self::Ratio
            | Self::Percent
            | Self::H
            | Self::Own => None,
        }
    }
}

/// One column of the table `T`.
pub struct Column<T: Table> {
    /// Its header, in parts that are joined: columns of a family differ in one of them.
    pub name: &'static [&'static str],
    /// Its unit.
    pub unit: Unit,
    /// Its meaning, in parts that are joined.
    pub meaning: &'static [&'static str],
    /// What stands in it.
    pub value: for<'a, 'r> fn(&'a T::Row<'r>) -> Value<'a>,
}

impl<T: Table> std::fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Column").field("name", &self.name).field("unit", &self.unit).finish_non_exhaustive()
    }
}

/// A file of rows.
pub trait Table: Sized + 'static {
    /// What a row is made of; borrows from the result.
    type Row<'r>;
    /// Name of the file without its ending.
    const NAME: &'static str;
    /// What a row is, for the README.
    const ROW: &'static str;
    /// Columns in order, in groups: a family of columns is a group.
    const COLUMNS: &'static [&'static [Column<Self>]];

    /// Every column in order.
    fn columns() -> impl Iterator<Item = &'static Column<Self>> {
        Self::COLUMNS.iter().copied().flatten()
    }
}

/// Columns of a table: name, unit, meaning, value.
macro_rules! columns {
    ($($name:literal $unit:ident $meaning:literal => $value:expr),+ $(,)?) => {
        &[$($crate::output::tables::columns::Column {
            name: &[$name],
            unit: $crate::output::tables::columns::Unit::$unit,
            meaning: &[$meaning],
            value: $value,
        }),+]
    };
}
pub(in crate::output) use columns;

/// What the README says of a column or key.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Name.
    pub name: String,
    /// Unit, blank for words.
    pub unit: Unit,
    /// Meaning.
    pub meaning: String,
}

/// What the README says of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Name of the file without folder and ending.
    pub name: &'static str,
    /// What a row is.
    pub row: &'static str,
    /// Its columns in order.
    pub columns: Vec<Described>,
}

impl Description {
    /// Of the table `T`.
    #[must_use]
    pub fn of<T: Table>() -> Self {
        let columns = T::columns().map(|column| Described {
            name: column.name.concat(),
            unit: column.unit,
            meaning: column.meaning.concat(),
        });
        Self { name: T::NAME, row: T::ROW, columns: columns.collect() }
    }
}
