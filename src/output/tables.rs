//! `summary.csv`, `servers.csv`, `links.csv`, `timeline.csv`, `failures.csv` and
//! `hops.csv`, made from a [`RunResult`].
//!
//! The order of values in a row is that of [`super::columns`]; a row of another
//! length is refused by the CSV writer.

use std::collections::BTreeMap;

use super::columns::{self, CUSTOM, Table};
use super::field::{self, real};
use super::manifest::sentence;
use crate::itinerary::{PARTS, Part};
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::model::topology::Protocol;
use crate::results::{Bottleneck, Cell, LinkRow, RunResult, Scarce, SeriesKey, ServerRow, limits};
use crate::stats::histogram::Histogram;
use crate::stats::interval::{Interval, upper_bound_of_none};
use crate::stats::reliable_percentile;

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

/// The token of a `protocol` column.
#[must_use]
pub fn protocol(protocol: Option<Protocol>) -> &'static str {
    protocol.map_or(CUSTOM, Protocol::token)
}

/// The name at `index`, or nothing.
#[must_use]
pub fn name(names: &[String], index: u32) -> &str {
    names.get(index as usize).map_or("", String::as_str)
}

/// Every table of `result` but `sessions.csv`, as (file name, bytes).
#[must_use]
pub fn all(result: &RunResult) -> Vec<(&'static str, Vec<u8>)> {
    let mut tables = vec![
        (columns::SUMMARY.file, summary(result)),
        (columns::SERVERS.file, servers(result)),
        (columns::LINKS.file, links(result)),
        (columns::TIMELINE.file, timeline(result)),
        (columns::FAILURES.file, failures(result)),
        (columns::HOPS.file, hops(result)),
        (columns::BOTTLENECKS.file, bottlenecks(result)),
    ];
    if !result.storms.rows.is_empty() {
        tables.push((columns::OUTAGES.file, super::outages::table(result)));
    }
    tables
}

/// A ratio over replications of two of a cell's values.
fn ratio(
    cell: &Cell,
    above: impl Fn(&crate::results::CellReplication) -> f64,
    below: impl Fn(&crate::results::CellReplication) -> f64,
) -> (Option<f64>, Option<f64>) {
    let above: Vec<f64> = cell.replications.iter().map(above).collect();
    let below: Vec<f64> = cell.replications.iter().map(below).collect();
    split(Interval::of_ratio(&above, &below))
}

fn split(interval: Option<Interval>) -> (Option<f64>, Option<f64>) {
    (interval.map(|i| i.estimate), interval.and_then(|i| i.half_width))
}

/// Half-width from the percentiles of the replications; nothing where one is blank.
fn percentile_half_width(cell: &Cell, which: usize) -> Option<f64> {
    let values: Option<Vec<f64>> =
        cell.replications.iter().map(|r| r.percentiles[which].map(|ns| ns as f64)).collect();
    Interval::of_mean(&values?)?.half_width
}

fn summary(result: &RunResult) -> Vec<u8> {
    let mut out = TableWriter::new(&columns::SUMMARY);
    for cell in &result.cells {
        let (key, counts) = (&cell.key, &cell.counts);
        let (mean, mean_half) = ratio(cell, |r| r.latency_sum as f64, |r| r.completed as f64);
        let (rate, rate_half) = ratio(cell, |r| r.failed as f64, |r| r.requests as f64);
        let (hops, hops_half) = ratio(cell, |r| r.server_hops as f64, |r| r.sessions as f64);
        let (wan, wan_half) = ratio(cell, |r| r.wan_hops as f64, |r| r.sessions as f64);
        out.text(protocol(key.protocol))
            .name(name(&result.names.populations, key.population))
            .name(name(&result.names.sites, key.entry_site))
            .name(name(&result.names.sites, key.mailbox_site))
            .text(key.decision.token())
            .name(&cell.class)
            .int(counts.users)
            .int(counts.users_affected)
            .int(counts.sessions)
            .int(counts.carried_in)
            .int(counts.completed)
            .int(counts.failed_sessions)
            .int(counts.open)
            .int(counts.requests)
            .int(counts.failed)
            .real(rate)
            .real(rate_half)
            .real(if counts.failed == 0 { upper_bound_of_none(counts.requests) } else { None })
            .millis_real(mean)
            .millis_real(mean_half)
            .millis(reliable_percentile(&cell.latency, 0.5))
            .millis(reliable_percentile(&cell.latency, 0.95))
            .millis(reliable_percentile(&cell.latency, 0.99))
            .millis((cell.latency.count() > 0).then(|| cell.latency.max()))
            .real(hops)
            .real(wan)
            .int(counts.redirects)
            .millis(reliable_percentile(&cell.logon, 0.95))
            .millis_real(percentile_half_width(cell, 0))
            .millis_real(percentile_half_width(cell, 1))
            .millis_real(percentile_half_width(cell, 2))
            .real(hops_half)
            .real(wan_half)
            .int(counts.retries)
            .int(counts.held)
            .int(counts.server_hops)
            .int(counts.wan_hops)
            .int(cell.replications.iter().map(|r| r.completed).sum())
            .int(counts.idle_reconnects)
            .end();
    }
    out.into_bytes()
}

fn servers(result: &RunResult) -> Vec<u8> {
    let mut out = TableWriter::new(&columns::SERVERS);
    for row in &result.servers {
        let mean = |value: fn(&crate::results::ServerReplication) -> f64| {
            split(Interval::of_mean(&row.replications.iter().map(value).collect::<Vec<_>>()))
        };
        let (_, utilisation_half) = mean(|r| r.utilisation);
        let (_, wait_half) = mean(|r| r.wait_mean);
        let (sojourn, _) = mean(|r| r.sojourn_mean);
        let (availability, _) = mean(|r| r.availability);
        // Means that grow with the window are none.
        let level = !row.growing;
        let kept = |histogram: &Option<Histogram>, p| {
            histogram.as_ref().filter(|_| level).and_then(|histogram| reliable_percentile(histogram, p))
        };
        let served = has_served(row);
        out.name(&row.name)
            .text(row.role.token())
            .name(name(&result.names.sites, row.site))
            .int(u64::from(row.servers))
            .int(u64::from(row.cores))
            .real(row.utilisation_mean)
            .real(utilisation_half)
            .real(row.utilisation_peak)
            .real(level.then_some(row.queue_mean))
            .int(row.queue_max)
            .real(row.connections_mean)
            .int(row.connections_peak)
            .int(row.arrivals)
            .int(row.rejected)
            .int(row.rejected_connections)
            .int(row.replications.iter().map(|r| r.completed).sum())
            .int(row.replications.iter().map(|r| r.killed).sum())
            .millis_real((served && level).then_some(row.wait_mean))
            .millis_real(wait_half.filter(|_| served && level))
            .millis_real(served.then_some(row.service_mean))
            .real(level.then_some(row.number_mean))
            .millis(kept(&row.wait, 0.5))
            .millis(kept(&row.wait, 0.95))
            .millis(kept(&row.wait, 0.99))
            .millis_real(sojourn.filter(|_| served && level))
            .millis(kept(&row.sojourn, 0.95))
            .real(availability)
            .whole(row.queue_limit)
            .whole(row.connection_limit);
        for (kind, ..) in limits::ALL {
            let met = row.limits.iter().find(|met| met.kind == kind);
            out.whole(met.and_then(|met| met.limit))
                .real(met.map(|met| met.mean))
                .whole(met.map(|met| met.peak))
                .whole(met.map(|met| met.refused));
        }
        out.int(row.idle_reconnects).end();
    }
    out.into_bytes()
}

/// Whether there is anything that a mean wait could be of.
fn has_served(row: &ServerRow) -> bool {
    row.arrivals > row.rejected
}

fn links(result: &RunResult) -> Vec<u8> {
    let mut out = TableWriter::new(&columns::LINKS);
    let seconds = result.window.as_secs_f64() * f64::from(result.replications);
    let mbps = |bits: f64| (seconds > 0.0).then(|| bits / seconds / 1e6);
    for row in &result.links {
        let mean = |value: fn(&crate::results::LinkReplication) -> f64| {
            split(Interval::of_mean(&row.replications.iter().map(value).collect::<Vec<_>>()))
        };
        let (_, utilisation_half) = mean(|r| r.utilisation);
        let (_, transfer_half) = mean(|r| r.sojourn_mean);
        let used = row.transfers > 0 && !row.growing;
        out.name(&row.name)
            .real(row.bandwidth / 1e6)
            .real(row.raw_bandwidth / 1e6)
            .real(row.utilisation_mean)
            .real(utilisation_half)
            .real(row.utilisation_peak)
            .real(mbps(row.offered_bits))
            .real(mbps(row.carried_bits))
            .text(real(row.carried_bits / 8.0, 0))
            .int(row.transfers)
            .real((!row.growing).then_some(row.number_mean))
            .int(row.number_max)
            .millis_real(used.then_some(row.transfer_mean))
            .millis_real(transfer_half.filter(|_| used))
            .real(slowdown(row).filter(|_| !row.growing))
            .real(both_over_one(result, row))
            .end();
    }
    out.into_bytes()
}

/// Carried load of both directions over the raw bandwidth of one.
fn both_over_one(result: &RunResult, row: &LinkRow) -> Option<f64> {
    let reverse = result.links.get(row.reverse? as usize)?;
    let seconds = result.window.as_secs_f64() * f64::from(result.replications);
    (seconds > 0.0).then(|| (row.carried_bits + reverse.carried_bits) / seconds / row.raw_bandwidth)
}

fn slowdown(row: &LinkRow) -> Option<f64> {
    let used: Vec<f64> =
        row.replications.iter().filter(|r| r.completed > 0).map(|r| r.slowdown_mean).collect();
    Interval::of_mean(&used).map(|mean| mean.estimate)
}

/// Kind and name of a key of the series.
#[must_use]
pub fn series_key<'r>(result: &'r RunResult, key: &SeriesKey) -> (&'static str, &'r str) {
    match key {
        SeriesKey::Protocol(p) => ("protocol", protocol(*p)),
        SeriesKey::Server(index) => {
            ("server", result.servers.get(*index as usize).map_or("", |row| row.name.as_str()))
        }
        SeriesKey::Link(index) => {
            ("link", result.links.get(*index as usize).map_or("", |row| row.name.as_str()))
        }
        SeriesKey::Failure(failure) => ("failure", failure.token()),
    }
}

fn timeline(result: &RunResult) -> Vec<u8> {
    let mut out = TableWriter::new(&columns::TIMELINE);
    let intervals = result.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
    for interval in 0..intervals {
        let offset = SimSpan(result.interval.0.saturating_mul(interval as u64));
        let start = field::seconds(i128::from(result.warmup.0) + i128::from(offset.0));
        let clock = local_time(result, offset);
        for series in &result.series {
            let Some(point) = series.points.get(interval) else { continue };
            let (kind, key) = series_key(result, &series.key);
            out.text(&start)
                .text(&clock)
                .text(kind)
                .name(key)
                .real(point.offered)
                .real(point.completed)
                .real(point.failed)
                .millis_real(point.p95)
                .real(point.utilisation)
                .real(point.queue)
                .real(point.connections)
                .end();
        }
    }
    out.into_bytes()
}

/// The scenario's clock `offset` after the window began, HH:MM; with seconds where
/// the intervals are not whole minutes.
#[must_use]
pub fn local_time(result: &RunResult, offset: SimSpan) -> String {
    time_of_run(result, result.warmup.0 + offset.0)
}

/// As [`local_time`], `at` ns after the run began: in the warm-up it is before the window.
pub(super) fn time_of_run(result: &RunResult, at: u64) -> String {
    const DAY: i128 = 86_400;
    let at = i128::from(at) - i128::from(result.warmup.0);
    let second = (i128::from(result.window_starts_at_utc.0) + at).div_euclid(i128::from(NANOS_PER_SEC));
    let second = (second + i128::from(result.clock_offset_minutes) * 60).rem_euclid(DAY);
    let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
    let whole = |span: SimSpan| span.0.is_multiple_of(60 * NANOS_PER_SEC);
    if whole(result.interval) && whole(result.window_starts_at_utc) {
        format!("{hours:02}:{minutes:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    }
}

fn failures(result: &RunResult) -> Vec<u8> {
    let mut out = TableWriter::new(&columns::FAILURES);
    let since_run = |span: SimSpan| field::seconds(i128::from(result.warmup.0) + i128::from(span.0));
    for row in &result.failures {
        out.text(row.failure.token())
            .text(protocol(row.protocol))
            .name(name(&result.names.sites, row.entry_site))
            .name(name(&result.names.sites, row.mailbox_site))
            .int(row.count)
            .text(since_run(row.first))
            .text(since_run(row.last))
            .text(format!("{:016x}", row.example))
            .text(row.failure.sentence())
            .end();
    }
    out.into_bytes()
}

/// Sums of the parts of latency and completed requests by protocol and population.
#[must_use]
pub fn parts_by_population(result: &RunResult) -> BTreeMap<(Option<Protocol>, u32), ([u128; PARTS], u64)> {
    let mut sums: BTreeMap<_, ([u128; PARTS], u64)> = BTreeMap::new();
    for cell in &result.cells {
        let (parts, count) = sums.entry((cell.key.protocol, cell.key.population)).or_default();
        for (sum, part) in parts.iter_mut().zip(cell.parts) {
            *sum += part;
        }
        *count += cell.latency.count();
    }
    sums
}

fn hops(result: &RunResult) -> Vec<u8> {
    let mut out = TableWriter::new(&columns::HOPS);
    for ((key, population), (parts, count)) in parts_by_population(result) {
        let whole: u128 = parts.iter().sum();
        if count == 0 {
            continue;
        }
        for ((_, token), part) in Part::ALL.iter().zip(parts) {
            let mean = (part + u128::from(count) / 2) / u128::from(count);
            out.text(protocol(key))
                .name(name(&result.names.populations, population))
                .text(token)
                .int(count)
                .millis(Some(mean as u64))
                .real((whole > 0).then(|| part as f64 / whole as f64))
                .end();
        }
    }
    out.into_bytes()
}

/// Kind, name and site of a row of bottlenecks.
#[must_use]
pub fn scarce<'r>(result: &'r RunResult, row: &Bottleneck) -> (&'static str, &'r str, &'r str) {
    match row.scarce {
        Scarce::Server(index) => result.servers.get(index as usize).map_or(("server", "", ""), |server| {
            ("server", server.name.as_str(), name(&result.names.sites, server.site))
        }),
        Scarce::Link(index) => {
            ("link", result.links.get(index as usize).map_or("", |link| link.name.as_str()), "")
        }
    }
}

/// By what factor the load could grow by the utilisation law, and what reaches its
/// limit first.
#[must_use]
pub fn headroom(result: &RunResult) -> Option<(f64, &str)> {
    result.law_headroom().map(|(factor, row)| (factor, scarce(result, row).1))
}

fn bottlenecks(result: &RunResult) -> Vec<u8> {
    let mut out = TableWriter::new(&columns::BOTTLENECKS);
    for (rank, row) in (1..).zip(&result.bottlenecks) {
        let (kind, label, site) = scarce(result, row);
        out.int(rank)
            .text(kind)
            .name(label)
            .name(site)
            .real(row.utilisation_mean)
            .real(row.utilisation_peak)
            .text(local_time(result, row.peak_at))
            .real(row.law_mean)
            .real(row.law_peak)
            .text(row.law_peak_at.map_or_else(String::new, |at| local_time(result, at)))
            .real(row.limit)
            .real(row.headroom())
            .text("")
            .text("")
            .text("")
            .end();
    }
    if !result.bottlenecks.is_empty() {
        let found = result.headroom.as_ref();
        out.text("").text("scenario");
        for _ in 2..11 {
            out.text("");
        }
        out.real(headroom(result).map(|(factor, _)| factor))
            .real(found.and_then(|found| found.met))
            .real(found.and_then(|found| found.missed))
            .name(
                &found
                    .and_then(|found| found.falls)
                    .map_or_else(String::new, |falls| sentence(result, &falls)),
            )
            .end();
    }
    out.into_bytes()
}
