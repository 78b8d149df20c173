//! `hops.csv`: where the time of a request goes.

use std::collections::BTreeMap;

use super::columns::{Column, Table, columns, millis, name, per_run, real, text};
use super::run_table::RunTable;
use crate::itinerary::{PARTS, Part};
use crate::model::protocol::Protocol;
use crate::output::lookup::{name as named, protocol};
use crate::results::RunResult;

/// The table.
#[derive(Debug)]
pub(super) struct Hops;

/// A part of the latency of a protocol and population.
#[derive(Debug)]
pub(super) struct Row<'r> {
    run: &'r RunResult,
    protocol: Option<Protocol>,
    population: u32,
    token: &'static str,
    /// Completed requests.
    count: u64,
    /// Sum over them, ns.
    part: u128,
    /// Sum of all parts, ns.
    whole: u128,
}

/// Sums of the parts of latency and completed requests by protocol and population.
#[must_use]
pub(in crate::output) fn parts_by_population(
    run: &RunResult,
) -> BTreeMap<(Option<Protocol>, u32), ([u128; PARTS], u64)> {
    let mut sums: BTreeMap<_, ([u128; PARTS], u64)> = BTreeMap::new();
    for cell in &run.cells {
        let (parts, count) = sums.entry((cell.key.protocol, cell.key.population)).or_default();
        for (sum, part) in parts.iter_mut().zip(cell.parts) {
            *sum += part;
        }
        *count += cell.latency.count();
    }
    sums
}

/// Mean of a part over `count` requests, rounded to the nearest nanosecond.
pub(in crate::output) fn mean_part(sum: u128, count: u64) -> u64 {
    ((sum + u128::from(count) / 2) / u128::from(count)) as u64
}

impl RunTable for Hops {
    fn rows(run: &RunResult) -> impl Iterator<Item = Row<'_>> {
        let sums = parts_by_population(run).into_iter().filter(|(_, (_, count))| *count > 0);
        sums.flat_map(move |((protocol, population), (parts, count))| {
            let whole = parts.iter().sum();
            let row = move |((_, token), part): (&(Part, &'static str), u128)| Row {
                run,
                protocol,
                population,
                token,
                count,
                part,
                whole,
            };
            Part::ALL.iter().zip(parts).map(row)
        })
    }
}

impl Table for Hops {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "hops";
    const ROW: &'static str = "a protocol x population x part of latency; the parts of one protocol and population add up to its mean latency exactly (within half a nanosecond a row)";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "population" Word "as in sessions.csv" => |row| name(named(&row.run.names.populations, row.population)),
        "part" Word "`client_network`, `dns`, `handshake`, `entry_queue`, `entry_service`, `target_queue`, `target_service`, `mailbox_queue`, `mailbox_service`, `wan_transfer`, `wan_propagation`, `retry`, `redirect`, `other` or `human` (what the user takes to follow a link and to log on again)" => |row| text(row.token),
        "requests" Count "completed requests" => |row| per_run(row.count, row.run.replications),
        "mean_ms" Ms "mean time that a completed request spent there" => |row| millis(mean_part(row.part, row.count)),
        "share" Share "of the mean latency, 0 to 1" => |row| real((row.whole > 0).then(|| row.part as f64 / row.whole as f64)),
    }];
}
