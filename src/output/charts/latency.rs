//! Latency by percentile, a line a protocol.

use std::collections::BTreeMap;

use super::chart::{Chart, Picture};
use super::lines::{Line, LineChart, XAxis, YAxis};
use super::looks::{style, title};
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
use crate::output::format;
use crate::output::lookup::protocol;
use crate::output::tables::columns::{Column, Table, columns, int, millis, text};
use crate::output::words::duration;
use crate::results::RunResult;
use crate::stats::histogram::Histogram;
use crate::stats::{reliable_percentile, sample_for};

/// The chart.
#[derive(Debug)]
pub(super) struct Latency;

/// A point of a protocol's line.
#[derive(Debug)]
pub(super) struct Row {
    protocol: Option<Protocol>,
    count: u64,
    /// 0 to 1.
    percentile: f64,
    ns: u64,
}

impl Table for Latency {
    type Row<'r> = Row;
    const NAME: &'static str = "latency";
    const ROW: &'static str = "a point of a protocol's line";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "requests" Count "completed requests behind the line" => |row| int(row.count),
        "percentile" Percent "0 to 100; a line ends where ten requests are beyond it" => |row| text(format::real(row.percentile * 100.0, 5)),
        "latency_ms" Ms "this share of the requests was answered within this time" => |row| millis(row.ns),
    }];
}

impl Chart for Latency {
    fn draw<'r>(run: &'r RunResult, _: &Slo) -> Picture<'r, Self> {
        draw(run)
    }
}

/// Latency by percentile and protocol.
fn draw(result: &RunResult) -> Picture<'_, Latency> {
    let mut histograms: BTreeMap<Option<Protocol>, Histogram> = BTreeMap::new();
    for cell in &result.cells {
        histograms.entry(cell.key.protocol).or_default().merge(&cell.latency);
    }
    let mut rows = Vec::new();
    let (mut lines, mut high, mut slowest) = (Vec::new(), 0.95_f64, None);
    for (key, histogram) in &histograms {
        let count = histogram.count();
        if count < sample_for(0.5) {
            continue;
        }
        let end = 1.0 - 10.0 / count as f64;
        // Evenly along the axis; the last point is where the sample ends.
        let mut shares: Vec<f64> = vec![0.01, 0.05];
        shares.extend(
            (1..=250).map(|n| 1.0 - libm::pow(10.0, -0.02 * f64::from(n))).filter(|&p| p > 0.06 && p < end),
        );
        shares.push(end);
        shares.dedup_by(|a, b| a <= b);
        let mut points = Vec::new();
        for p in shares {
            let Some(ns) = histogram.percentile(p) else { continue };
            rows.push(Row { protocol: *key, count, percentile: p, ns });
            points.push((p, (ns as f64).max(1.0)));
        }
        high = high.max(end);
        if let Some(p95) = reliable_percentile(histogram, 0.95) {
            slowest = slowest.max(Some((p95, title(*key))));
        }
        lines.push(Line { name: title(*key).to_owned(), style: style(*key), runs: vec![points], goal: None });
    }
    let found = slowest.map_or(String::new(), |(p95, name)| {
        format!("; slowest at the 95th percentile: {name}, {}", duration(p95 as f64))
    });
    let chart = LineChart {
        title: "Latency by protocol".to_owned(),
        subtitle: format!("Completed requests, ms or s on a logarithmic axis{found}"),
        x: XAxis::Percentile(high),
        y: YAxis::LogTime,
        lines,
        behind: Vec::new(),
        uprights: Vec::new(),
        empty: "No protocol completed 20 requests".to_owned(),
    };
    Picture { scene: chart.scene(), rows }
}
