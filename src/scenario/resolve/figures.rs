//! `[costs]`, `[traffic]` and `[round_trips]`: every row of the registry of figures.

use super::super::amounts::{Number, Quantity, Share, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::kinds::Kind;
use crate::kernel::SimSpan;
use crate::model::unit_costs::{Figures, ROWS, Row, Unit};
use crate::quantity::Dimension;

const CYCLES: Quantity = Quantity { dimension: Dimension::Cycles, min: 0.0, closed: true, max: 1e9 };
const CLOCK: Quantity = Quantity { dimension: Dimension::Frequency, min: 0.0, closed: true, max: 1e6 };
const BYTES: Quantity = Quantity { dimension: Dimension::Bytes, min: 0.0, closed: true, max: 1e12 };
const NUMBER: Number = Number { min: 0.0, closed: true, max: 1e6 };

/// The default of a row as a scenario writes it.
pub(in super::super) fn show(row: &Row) -> String {
    let value = row.default;
    match row.unit {
        Unit::Megacycles => CYCLES.show(&value),
        Unit::Megahertz => CLOCK.show(&value),
        Unit::Bytes => BYTES.show(&value),
        Unit::Share => Share::WHOLE.show(&value),
        Unit::Time => Time::ANY.show(&SimSpan(value as u64)),
        Unit::Number | Unit::CyclesPerByte => NUMBER.show(&value),
    }
}

/// Reads the three tables.
pub(super) fn figures(cx: &mut Cx, root: &mut Fields<'_>) -> Figures {
    let mut figures = Figures::default();
    for (table, meaning) in [
        ("costs", "processor cycles of requests: see [figures.md](figures.md)"),
        ("traffic", "bytes of requests: see [figures.md](figures.md)"),
        ("round_trips", "round trips of requests: see [figures.md](figures.md)"),
    ] {
        cx.section(&format!("[{table}]"));
        let mut fields = root.table_or_empty(cx, (table, meaning)).into_section();
        for row in ROWS.iter().filter(|row| row.table == table) {
            let value = match row.unit {
                Unit::Megacycles => fields.or(cx, (row.key, row.meaning), &CYCLES, row.default, row.source),
                Unit::Megahertz => fields.or(cx, (row.key, row.meaning), &CLOCK, row.default, row.source),
                Unit::Bytes => fields.or(cx, (row.key, row.meaning), &BYTES, row.default, row.source),
                Unit::Share => fields.or(cx, (row.key, row.meaning), &Share::WHOLE, row.default, row.source),
                Unit::Time => {
                    fields
                        .or(cx, (row.key, row.meaning), &Time::ANY, SimSpan(row.default as u64), row.source)
                        .0 as f64
                }
                Unit::Number | Unit::CyclesPerByte => {
                    fields.or(cx, (row.key, row.meaning), &NUMBER, row.default, row.source)
                }
            };
            figures.set(row.figure, value);
        }
        fields.finish(cx);
    }
    figures
}
