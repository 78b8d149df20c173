//! Where the time goes: mean latency by part, a row a protocol.

use std::collections::BTreeMap;

use super::bars::Category;
use super::chart::{Chart, Picture};
use super::looks::{part_fill, title};
use super::rows::{Row, Rows};
use crate::itinerary::{PARTS, Part};
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
use crate::output::lookup::protocol;
use crate::output::tables::columns::{Column, Table, columns, int, millis, text};
use crate::output::tables::hops;
use crate::output::words::three_figures;
use crate::results::RunResult;

/// The chart.
#[derive(Debug)]
pub(super) struct LatencyParts;

/// A part of a protocol's latency.
#[derive(Debug)]
pub(super) struct PartRow {
    protocol: Option<Protocol>,
    part: &'static str,
    count: u64,
    /// ns
    mean: u64,
}

impl Table for LatencyParts {
    type Row<'r> = PartRow;
    const NAME: &'static str = "latency_parts";
    const ROW: &'static str = "a protocol x part of latency";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "part" Word "as in hops.csv" => |row| text(row.part),
        "requests" Count "completed requests" => |row| int(row.count),
        "mean_ms" Ms "mean time that a completed request spent there" => |row| millis(row.mean),
    }];
}

impl Chart for LatencyParts {
    fn draw<'r>(run: &'r RunResult, _: &Slo) -> Picture<'r, Self> {
        draw(run)
    }
}

/// Where the time goes, by protocol.
fn draw(result: &RunResult) -> Picture<'_, LatencyParts> {
    let mut sums: BTreeMap<Option<Protocol>, ([u128; PARTS], u64)> = BTreeMap::new();
    for ((key, _), (parts, count)) in hops::parts_by_population(result) {
        let (sum, all) = sums.entry(key).or_default();
        for (sum, part) in sum.iter_mut().zip(parts) {
            *sum += part;
        }
        *all += count;
    }
    sums.retain(|_, (_, count)| *count > 0);
    let mut table = Vec::new();
    for (key, (parts, count)) in &sums {
        for ((_, token), part) in Part::ALL.iter().zip(parts) {
            let mean = hops::mean_part(*part, *count);
            table.push(PartRow { protocol: *key, part: token, count: *count, mean });
        }
    }
    let used: Vec<usize> = (0..PARTS).filter(|&i| sums.values().any(|(parts, _)| parts[i] > 0)).collect();
    let words = |token: &str| match token {
        "dns" => "DNS".to_owned(),
        token => token
            .replace("entry_", "entry CAS ")
            .replace("target_", "target CAS ")
            .replace("wan_", "WAN ")
            .replace('_', " "),
    };
    let categories = used
        .iter()
        .map(|&i| Category { name: words(Part::ALL[i].1), fill: part_fill(Part::ALL[i].0) })
        .collect();
    // One unit for all, that of the longest row.
    let longest = sums
        .values()
        .map(|(parts, count)| parts.iter().sum::<u128>() as f64 / *count as f64)
        .fold(0.0, f64::max);
    let label: fn(f64) -> String = match longest {
        ns if ns < 999.5e3 => |ns| in_unit(ns, 1e3, "µs"),
        ns if ns < 999.5e6 => |ns| in_unit(ns, 1e6, "ms"),
        _ => |ns| in_unit(ns, 1e9, "s"),
    };
    let rows = sums
        .iter()
        .map(|(key, (parts, count))| {
            let mean = |sum: u128| sum as f64 / *count as f64;
            let parts: Vec<f64> = used.iter().map(|&i| mean(parts[i])).collect();
            Row { name: title(*key).to_owned(), note: label(parts.iter().sum()), parts }
        })
        .collect();
    let chart = Rows {
        title: "Where the time goes".to_owned(),
        subtitle: "Mean latency of a completed request by part, and its sum".to_owned(),
        categories,
        rows,
        label,
        full: None,
        caption: "mean time of a request".to_owned(),
        empty: "No request was completed".to_owned(),
    };
    Picture { scene: chart.scene(), rows: table }
}

/// A time in one unit, to three figures.
fn in_unit(ns: f64, unit: f64, name: &str) -> String {
    if ns == 0.0 { "0".to_owned() } else { format!("{} {name}", three_figures(ns / unit)) }
}
