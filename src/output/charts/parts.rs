//! Where the time goes: mean latency by part, a row a protocol of a population.

use super::bars::Category;
use super::chart::{Chart, Picture, of_run};
use super::layout::Layout;
use super::letters::fit_name;
use super::looks::{part_fill, title};
use super::rows::{Row, Rows};
use super::scene::Head;
use super::titles;
use super::view::By;
use crate::itinerary::{PARTS, Part};
use crate::model::protocol::Protocol;
use crate::output::lookup::{name as named, protocol};
use crate::output::tables::columns::{Column, Table, columns, mean_millis, millis, name, real, text};
use crate::output::tables::hops;
use crate::output::words::{duration, percent, thousands, three_figures};
use crate::results::RunResult;
use crate::stats::interval::Interval;

/// Rows of the chart.
const ROWS: usize = 16;

/// The chart.
#[derive(Debug)]
pub(super) struct LatencyParts;

/// A part of the latency of a protocol's users in a population.
#[derive(Debug)]
pub(super) struct PartRow<'r> {
    population: &'r str,
    protocol: Option<Protocol>,
    part: &'static str,
    /// Mean over the replications.
    count: f64,
    /// ns
    mean: u64,
    /// Of the sum of all parts, ns.
    half_width: Option<f64>,
    /// Share of the requests that failed.
    failed: f64,
}

impl Table for LatencyParts {
    type Row<'r> = PartRow<'r>;
    const NAME: &'static str = "latency_parts";
    const ROW: &'static str =
        "a protocol of a population x part of latency, longest first; the chart shows 16 rows";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "population" Word "as in sessions.csv" => |row| name(row.population),
        "protocol" Word "as in sessions.csv" => |row| text(protocol(row.protocol)),
        "part" Word "as in hops.csv" => |row| text(row.part),
        "requests" Count "completed requests, mean over the replications" => |row| real(row.count),
        "mean_ms" Ms "mean time that a completed request spent there" => |row| millis(row.mean),
        "whole_ms_ci95" Ms "half-width of the 95 % interval of the sum of all parts" => |row| mean_millis(row.half_width),
        "failed_share" Share "of all requests, failed: they are in no part; 0 to 1" => |row| real(row.failed),
    }];
}

/// The users of a protocol in a population: sums of parts, ns, and completed requests.
struct Sums {
    protocol: Option<Protocol>,
    population: u32,
    parts: [u128; PARTS],
    count: u64,
}

impl Sums {
    fn mean(&self) -> f64 {
        self.parts.iter().sum::<u128>() as f64 / self.count as f64
    }
}

impl Chart for LatencyParts {
    const BY: &'static [By] = &[By::Protocol, By::Population];

    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let mut sums: Vec<Sums> = hops::parts_by_population(run)
            .into_iter()
            .map(|((protocol, population), (parts, count))| Sums { protocol, population, parts, count })
            .filter(|sums| sums.count > 0)
            .collect();
        sums.sort_by(|a, b| b.mean().total_cmp(&a.mean()));
        let mut table = Vec::new();
        for of in &sums {
            let half_width = half_width(run, of);
            let failed = failed_share(run, of);
            for ((_, token), part) in Part::ALL.iter().zip(of.parts) {
                table.push(PartRow {
                    population: named(&run.names.populations, of.population),
                    protocol: of.protocol,
                    part: token,
                    count: of_run(run, of.count),
                    mean: hops::mean_part(part, of.count),
                    half_width,
                    failed,
                });
            }
        }
        let mut how = "Mean time of a completed request by part, and its sum".to_owned();
        if sums.len() > 1 {
            how += ", longest first";
        }
        if sums.iter().take(ROWS).any(|of| failed_share(run, of) > 0.0) {
            how += "; those that failed are left out";
        }
        if sums.len() > ROWS {
            how += &format!("; {} more in latency_parts.csv", sums.len() - ROWS);
        }
        let head = Head { topic: "Where the time goes".to_owned(), finding: finding(run, &sums), how };
        sums.truncate(ROWS);
        let used: Vec<usize> = (0..PARTS).filter(|&i| sums.iter().any(|of| of.parts[i] > 0)).collect();
        let categories = used
            .iter()
            .map(|&i| Category { name: words(Part::ALL[i].1), fill: part_fill(Part::ALL[i].0) })
            .collect();
        // One unit for all, that of the longest row.
        let label: fn(f64) -> String = match sums.first().map_or(0.0, Sums::mean) {
            ns if ns < 999.5e3 => |ns| in_unit(ns, 1e3, "µs"),
            ns if ns < 999.5e6 => |ns| in_unit(ns, 1e6, "ms"),
            _ => |ns| in_unit(ns, 1e9, "s"),
        };
        let rows = sums
            .iter()
            .map(|of| Row {
                name: named(&run.names.populations, of.population).to_owned(),
                words: match failed_share(run, of) {
                    failed if failed > 0.0 => format!("{}, {} failed", title(of.protocol), percent(failed)),
                    _ => title(of.protocol).to_owned(),
                },
                note: match half_width(run, of) {
                    Some(half) => format!("{} ± {}", label(of.mean()), duration(half)),
                    None => label(of.mean()),
                },
                parts: used.iter().map(|&i| of.parts[i] as f64 / of.count as f64).collect(),
            })
            .collect();
        let chart = Rows {
            head,
            categories,
            rows,
            label,
            caption: "mean time of a request".to_owned(),
            empty: "No request was completed".to_owned(),
        };
        Picture { layout: Layout::Rows(chart), rows: table }
    }
}

/// Half-width of the 95 % interval of a mean, ns; nothing for one replication.
fn half_width(run: &RunResult, of: &Sums) -> Option<f64> {
    let users = run.users.iter().find(|u| (u.protocol, u.population) == (of.protocol, of.population))?;
    let sums: Vec<f64> = users.replications.iter().map(|run| run.latency_sum as f64).collect();
    let counts: Vec<f64> = users.replications.iter().map(|run| run.completed as f64).collect();
    Interval::of_ratio(&sums, &counts)?.half_width
}

/// Share of the requests that failed, which no part counts.
fn failed_share(run: &RunResult, of: &Sums) -> f64 {
    let users = run.users.iter().find(|u| (u.protocol, u.population) == (of.protocol, of.population));
    let (requests, failed) = users
        .iter()
        .flat_map(|users| &users.replications)
        .fold((0, 0), |(requests, failed), run| (requests + run.requests, failed + run.failed));
    if requests == 0 { 0.0 } else { failed as f64 / requests as f64 }
}

/// Who waits longest, and what for.
fn finding(run: &RunResult, sums: &[Sums]) -> String {
    let Some(longest) = sums.first() else { return String::new() };
    let whole: u128 = longest.parts.iter().sum();
    let largest = (0..PARTS).rev().max_by_key(|&i| longest.parts[i]).unwrap_or(0);
    let share = longest.parts[largest] as f64 / (whole as f64).max(1.0);
    let who = fit_name(named(&run.names.populations, longest.population), 300.0, 20.0, true);
    let part = words(Part::ALL[largest].1);
    let alone = sums.get(1).map(|next| next.mean() < longest.mean());
    titles::parts(alone, &who, longest.protocol.map_or("", Protocol::title), longest.mean(), (&part, share))
}

/// A part in words.
fn words(token: &str) -> String {
    match token {
        "dns" => "DNS".to_owned(),
        token => token
            .replace("entry_", "entry CAS ")
            .replace("target_", "target CAS ")
            .replace("wan_", "WAN ")
            .replace('_', " "),
    }
}

/// A time in one unit, to three figures.
fn in_unit(ns: f64, unit: f64, name: &str) -> String {
    match ns / unit {
        0.0 => "0".to_owned(),
        value if value < 999.5 => format!("{} {name}", three_figures(value)),
        value => format!("{} {name}", thousands(value.round() as u64)),
    }
}
