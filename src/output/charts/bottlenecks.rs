//! What is next to be full: use as a share of the limit, the worst first.

use super::chart::{Chart, Picture};
use super::labels;
use super::layout::Layout;
use super::letters::fit_name;
use super::ranked::{Ranked, RankedRow};
use super::scene::Head;
use super::time::when;
use super::titles;
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::output::lookup::{self, local_time};
use crate::output::tables::columns::{Column, Table, columns, name, real, text};
use crate::output::words::{duration, percent, thousands};
use crate::results::{LimitKind, LimitUse, RunResult, Scarce, ServerRow};

/// Rows of the chart.
const ROWS: usize = 20;

/// The chart.
#[derive(Debug)]
pub(super) struct Bottlenecks;

/// Something that can be full.
#[derive(Clone, Debug)]
pub(super) struct UseRow<'r> {
    run: &'r RunResult,
    kind: &'static str,
    link: Option<u32>,
    met: Option<&'r LimitUse>,
    /// What there is a limit of.
    what: String,
    name: &'r str,
    /// In the busiest hour (of a limit that bursts reach, at the peak), in the limit's unit.
    used: f64,
    half_width: Option<f64>,
    /// By the utilisation law.
    law: Option<f64>,
    limit: f64,
    /// When the busiest hour began, since the window did.
    at: Option<SimSpan>,
}

impl Table for Bottlenecks {
    type Row<'r> = UseRow<'r>;
    const NAME: &'static str = "bottlenecks";
    const ROW: &'static str = "a server group, link direction or limit, the closest to its limit first; the chart shows 20. All figures are in the unit of the limit";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "kind" Word "`server`, `link` or `limit`" => |row| text(row.kind),
        "name" Word "as in servers.csv or links.csv" => |row| name(row.name),
        "what" Word "what is limited: `cores`, `bandwidth`, or as in limits.csv" => |row| text(row.what.as_str()),
        "used" Own "in the busiest hour, mean over the replications; of a limit at its peak, where that is higher" => |row| real(row.used),
        "used_ci95" Own "half-width of its 95 % interval" => |row| real(row.half_width),
        "law" Own "the same by the utilisation law in that hour; blank where the law has none" => |row| real(row.law),
        "limit" Own "the goal for it, or all there is" => |row| real(row.limit),
        "share" Share "used of the limit, as drawn" => |row| real(row.share()),
        "at" Clock "when that hour began on the scenario's clock; blank of a peak" => |row| text(row.at.map_or(String::new(), |at| local_time(row.run, at))),
    }];
}

impl UseRow<'_> {
    fn share(&self) -> f64 {
        self.used / self.limit
    }
}

impl Chart for Bottlenecks {
    fn draw(run: &RunResult) -> Picture<'_, Self> {
        let mut rows = rows(run);
        rows.sort_by(|a, b| b.share().total_cmp(&a.share()));
        // A window of an hour or less has no busiest one.
        let hour = if run.window.0 > HOUR { "busiest hour" } else { "window" };
        let mut how =
            format!("Use in the {hour} as a share of the limit (the goal, or all there is), worst first");
        if rows.len() > ROWS {
            how += &format!("; {} more in bottlenecks.csv", rows.len() - ROWS);
        }
        let finding = rows.first().map_or(String::new(), |worst| {
            let label = fit_name(&label(worst), 420.0, 20.0, true);
            let when = match worst.at.filter(|_| run.window.0 > HOUR) {
                Some(at) => format!(" in the hour from {}", when(run, at)),
                None if worst.at.is_none() => " at its peak".to_owned(),
                None => String::new(),
            };
            titles::bottlenecks(&label, &words(worst), worst.share(), &when)
        });
        let shown = rows.iter().take(ROWS).map(|row| RankedRow {
            name: label(row),
            words: words(row),
            share: row.share(),
            half_width: row.half_width.map(|half| half / row.limit),
            // The law has means: beside a peak it would look like an error of it.
            mark: row.law.filter(|_| row.at.is_some()).map(|law| law / row.limit),
            note: note(row),
        });
        let chart = Ranked {
            head: Head { topic: "What is next to be full".to_owned(), finding, how },
            mark: "by the utilisation law".to_owned(),
            rows: shown.collect(),
            empty: "Nothing that has a limit was used".to_owned(),
        };
        Picture { layout: Layout::Ranked(chart), rows }
    }
}

const HOUR: u64 = 3_600 * NANOS_PER_SEC;

/// Everything that was used.
fn rows(run: &RunResult) -> Vec<UseRow<'_>> {
    let mut rows = Vec::new();
    for of in run.bottlenecks.iter().filter(|row| row.strain() > 0.0) {
        let (kind, name, _) = lookup::scarce(run, of);
        let what = match of.scarce {
            Scarce::Server(_) => "cores",
            Scarce::Link(_) => "bandwidth",
            Scarce::Limit(index, _) => {
                let server = run.servers.get(index as usize);
                let met = server.zip(lookup::scarce_limit(run, of));
                let row = met.and_then(|(server, met)| limit(run, server, met));
                rows.extend(
                    row.map(|row| UseRow { law: of.law_same_hour.map(|law| law * row.limit), ..row }),
                );
                continue;
            }
        };
        rows.push(UseRow {
            run,
            kind,
            link: match of.scarce {
                Scarce::Link(index) => Some(index),
                Scarce::Server(_) | Scarce::Limit(..) => None,
            },
            met: None,
            what: what.to_owned(),
            name,
            used: of.utilisation_peak,
            half_width: of.peak_half_width,
            law: of.law_same_hour,
            limit: of.limit,
            at: Some(of.peak_at),
        });
    }
    rows
}

/// A limit that was met.
fn limit<'r>(run: &'r RunResult, server: &'r ServerRow, of: &'r LimitUse) -> Option<UseRow<'r>> {
    let units = f64::from(of.limit.filter(|units| *units > 0)?);
    let hour = of.busiest_hour.as_ref();
    let of_hour = hour.map_or(0.0, |hour| hour.mean);
    let peak = of.peak_mean / units;
    // What holds a limit for long is judged by the hour, what bursts by its peak.
    let bursts = peak > of_hour;
    let what = match of.apart.as_str() {
        "" => of.kind.token().to_owned(),
        apart => format!("{}, {apart}", of.kind.token()),
    };
    (of.closest() > 0.0).then(|| UseRow {
        run,
        kind: "limit",
        link: None,
        met: Some(of),
        what,
        name: &server.name,
        used: of.closest() * units,
        half_width: hour.filter(|_| !bursts).and_then(|hour| hour.half_width).map(|half| half * units),
        law: None,
        limit: units,
        at: hour.filter(|_| !bursts).map(|hour| hour.begins_at),
    })
}

fn label(row: &UseRow<'_>) -> String {
    row.link.map_or_else(|| row.name.to_owned(), |link| labels::link(row.run, link))
}

/// What is limited, in words.
fn words(row: &UseRow<'_>) -> String {
    match row.met {
        None => row.what.clone(),
        Some(met) if met.apart.is_empty() => kind_words(met.kind).to_owned(),
        Some(met) => format!("{}, {}", kind_words(met.kind), met.apart),
    }
}

fn kind_words(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Queue => "queue for a core",
        LimitKind::Connections => "connections",
        LimitKind::RpcHttp => "RPC/HTTP connections",
        LimitKind::RpcRequests => "RPC requests in work",
        LimitKind::Pop => "POP3 connections",
        LimitKind::Imap => "IMAP4 connections",
        LimitKind::Address => "mail connections of one address",
        LimitKind::User => "connections of one user",
        LimitKind::Ports => "ports towards one server",
        LimitKind::Proxy => "proxied connections",
        LimitKind::InWork => "web requests in work",
        LimitKind::Backend => "requests at one back end",
        LimitKind::Translated => "connections of one address",
    }
}

/// Figures in the limit's own unit, and when.
fn note(row: &UseRow<'_>) -> String {
    let when = match row.at {
        Some(at) => {
            // The last hour of a window may be a part of one.
            let left = row.run.window.0.saturating_sub(at.0);
            let part = if left < HOUR { format!(" ({})", duration(left as f64)) } else { String::new() };
            // A window of an hour or less is told as a whole.
            match row.run.window.0 > HOUR {
                true => format!(", from {}{part}", when(row.run, at)),
                false => String::new(),
            }
        }
        None => ", at the peak".to_owned(),
    };
    match row.kind {
        "limit" => {
            format!("{} of {}{when}", thousands(row.used.round() as u64), thousands(row.limit.round() as u64))
        }
        _ if row.limit < 1.0 => format!("{} of {}{when}", percent(row.used), percent(row.limit)),
        _ => when.trim_start_matches(", ").to_owned(),
    }
}
