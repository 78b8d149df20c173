//! Failures over the day, a column an interval, stacked by reason.

use super::axis;
use super::bars::{Category, Columns, Fill};
use super::chart::{Chart, Picture};
use super::lines::TOGETHER;
use super::looks::{FILLS, GREY};
use super::time::{Instant, clock_axis, interval_words, over, span};
use crate::model::workload::Slo;
use crate::output::tables::columns::{Column, Table, columns, real, text};
use crate::results::{RunResult, Series, SeriesKey};

/// The chart.
#[derive(Debug)]
pub(super) struct FailuresOverDay;

/// A reason in an interval.
#[derive(Debug)]
pub(super) struct Row<'r> {
    at: Instant<'r>,
    failure: &'r str,
    failed: f64,
}

impl Table for FailuresOverDay {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "failures_over_day";
    const ROW: &'static str = "an interval x reason";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "start_s" S "begin of the interval, s since the run began" => |row| row.at.start(),
        "local_time" Clock "the same on the scenario's clock" => |row| row.at.clock(),
        "failure" Word "the reason, or `other` for all beyond the six most frequent" => |row| text(row.failure),
        "failed" Count "failures in the interval, mean over the replications" => |row| real(row.failed),
    }];
}

impl Chart for FailuresOverDay {
    fn draw<'r>(run: &'r RunResult, _: &Slo) -> Picture<'r, Self> {
        draw(run)
    }
}

/// Failures over the day by reason.
fn draw(result: &RunResult) -> Picture<'_, FailuresOverDay> {
    let mut reasons: Vec<(&str, &Series, f64)> = result
        .series
        .iter()
        .filter_map(|series| match series.key {
            SeriesKey::Failure(failure) => {
                let sum: f64 = series.points.iter().filter_map(|point| point.failed).sum();
                Some((failure.token(), series, sum))
            }
            SeriesKey::Protocol(_)
            | SeriesKey::Population(_)
            | SeriesKey::Users(..)
            | SeriesKey::Server(_)
            | SeriesKey::Link(_) => None,
        })
        .filter(|reason| reason.2 > 0.0)
        .collect();
    reasons.sort_by(|a, b| b.2.total_cmp(&a.2));
    let all: f64 = reasons.iter().map(|reason| reason.2).sum();
    let named = if reasons.len() > TOGETHER { TOGETHER - 1 } else { reasons.len() };
    let intervals = result.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
    let mut rows = Vec::new();
    let mut columns = Vec::new();
    for index in 0..intervals {
        let at = |series: &Series| series.points.get(index).and_then(|p| p.failed).unwrap_or(0.0);
        let mut parts: Vec<f64> = reasons[..named].iter().map(|reason| at(reason.1)).collect();
        if named < reasons.len() {
            parts.push(reasons[named..].iter().map(|reason| at(reason.1)).sum());
        }
        let tokens = reasons[..named].iter().map(|reason| reason.0).chain(["other"]);
        for (part, token) in parts.iter().zip(tokens) {
            rows.push(Row { at: Instant::of(result, index), failure: token, failed: *part });
        }
        let (begin, end) = span(result, index);
        columns.push((begin, end, parts));
    }
    let mut categories: Vec<Category> = reasons[..named]
        .iter()
        .zip(FILLS)
        .map(|(reason, fill)| Category {
            name: format!("{} ({})", failure_words(reason.0), axis::count_label(reason.2)),
            fill,
        })
        .collect();
    if named < reasons.len() {
        let rest: f64 = reasons[named..].iter().map(|reason| reason.2).sum();
        categories.push(Category {
            name: format!("{} other reasons ({})", reasons.len() - named, axis::count_label(rest)),
            fill: Fill { colour: GREY, hatch: 0 },
        });
    }
    let mean = if result.replications > 1 { ", mean over the replications" } else { "" };
    let chart = Columns {
        title: format!("Failed requests {}", over(result)),
        subtitle: format!(
            "Failures by reason in each {}; {} in all{mean}",
            interval_words(result),
            axis::count_label(all)
        ),
        x: clock_axis(result),
        categories,
        columns,
        empty: "No request failed".to_owned(),
    };
    Picture { scene: chart.scene(), rows }
}

fn failure_words(token: &str) -> String {
    token.replace("pop_imap", "POP/IMAP").replace("url", "URL").replace('_', " ")
}
