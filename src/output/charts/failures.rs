//! Failures over the day, a column an interval, stacked by reason.

use super::bars::{Category, Columns, Fill};
use super::chart::{Chart, Picture, of_run};
use super::layout::Layout;
use super::lines::TOGETHER;
use super::looks::{FILLS, GREY};
use super::scene::Head;
use super::time::{Instant, clock_at, clock_axis, happenings, interval_words, over, span};
use super::titles;
use crate::output::tables::columns::{Column, Table, columns, real, text};
use crate::results::{RunResult, Series, SeriesKey};
use crate::stats::interval::Interval;

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
    const OVER_TIME: bool = true;

    fn draw(run: &RunResult) -> Picture<'_, Self> {
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
            name: format!("{} ({})", failure_words(reason.0), titles::count(reason.2)),
            fill,
        })
        .collect();
    if named < reasons.len() {
        let rest: f64 = reasons[named..].iter().map(|reason| reason.2).sum();
        categories.push(Category {
            name: format!("{} other reasons ({})", reasons.len() - named, titles::count(rest)),
            fill: Fill { colour: GREY, hatch: 0 },
        });
    }
    let mean = match half_width(result) {
        Some(half) => format!(", mean over the replications, \u{b1} {} in all", titles::count(half)),
        None => String::new(),
    };
    let finding = match reasons.first() {
        Some(most) => {
            let sums: Vec<f64> =
                columns.iter().map(|column: &(f64, f64, Vec<f64>)| column.2.iter().sum()).collect();
            let when = concentrated(&sums)
                .map(|(share, from, to)| (share, clock_at(result, from), clock_at(result, to)));
            let when = when.as_ref().map(|(share, from, to)| (*share, from.as_str(), to.as_str()));
            titles::failures(all, (&failure_words(most.0), most.2 / all), when)
        }
        None => String::new(),
    };
    let head = Head {
        topic: format!("Failed requests {}", over(result)),
        finding,
        how: format!("Failures by reason in each {}{mean}", interval_words(result)),
    };
    let chart = Columns {
        head,
        x: clock_axis(result),
        happenings: happenings(result),
        categories,
        columns,
        empty: nothing(result),
    };
    Picture { layout: Layout::Columns(chart), rows }
}

/// That none failed, of how many; of a part of the window no number of requests is kept.
fn nothing(run: &RunResult) -> String {
    match run.cells.iter().map(|cell| cell.counts.requests).sum() {
        0 => "No request failed".to_owned(),
        all => format!("No request failed, of {}", titles::count(of_run(run, all))),
    }
}

/// Half-width of the 95 % interval of all failures together; nothing for one replication.
fn half_width(run: &RunResult) -> Option<f64> {
    let of_run = |n: usize| {
        run.users.iter().filter_map(move |users| users.replications.get(n)).map(|of| of.failed as f64)
    };
    let failed: Vec<f64> = (0..run.replications as usize).map(|n| of_run(n).sum()).collect();
    Interval::of_mean(&failed)?.half_width
}

/// The shortest stretch of intervals that holds four fifths of all, if it is at most a third
/// of them, with its neighbours that have a quarter of its mean at least: its share, and the first
/// interval of it and behind it.
fn concentrated(counts: &[f64]) -> Option<(f64, usize, usize)> {
    const MOST: f64 = 0.8;
    let all: f64 = counts.iter().sum();
    for length in 1..=counts.len() / 3 {
        let sums = counts.windows(length).map(|stretch| stretch.iter().sum::<f64>());
        let best = sums.enumerate().reduce(|best, sum| if sum.1 > best.1 { sum } else { best });
        if let Some((first, sum)) = best.filter(|(_, sum)| *sum >= MOST * all && all > 0.0) {
            let like = |index: &usize| counts[*index] >= 0.25 * sum / length as f64;
            let from = (0..first).rev().take_while(like).last().unwrap_or(first);
            let to = (first + length..counts.len()).take_while(like).last().map_or(first + length, |n| n + 1);
            return Some((counts[from..to].iter().sum::<f64>() / all, from, to));
        }
    }
    None
}

/// A reason in words; what people write with capitals has them.
fn failure_words(token: &str) -> String {
    let token = token.replace("pop_imap", "POP/IMAP").replace("outlook_anywhere", "Outlook Anywhere");
    let word = |word: &str| match word {
        "url" | "rpc" | "owa" | "ews" | "eas" | "dns" => word.to_uppercase(),
        _ => word.to_owned(),
    };
    token.split('_').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_words() {
        assert_eq!(failure_words("outlook_anywhere_limit"), "Outlook Anywhere limit");
        assert_eq!(failure_words("pop_imap_cross_site"), "POP/IMAP cross site");
        assert_eq!(failure_words("rpc_request_limit"), "RPC request limit");
        assert_eq!(failure_words("no_internal_url"), "no internal URL");
    }

    #[test]
    fn most_failures_in_little_time() {
        let mut counts = vec![1.0; 20];
        assert_eq!(concentrated(&counts), None);
        (counts[7], counts[8]) = (100.0, 50.0);
        let (share, from, to) = concentrated(&counts).unwrap();
        assert_eq!((from, to), (7, 9));
        assert!((share - 150.0 / 168.0).abs() < 1e-12);
        // An hour of twelve intervals alike is told as a whole, though ten hold four fifths.
        counts = vec![0.0; 36];
        counts[12..24].fill(60.0);
        counts[24] = 1.0;
        let (share, from, to) = concentrated(&counts).unwrap();
        assert_eq!((from, to), (12, 24));
        assert!((share - 720.0 / 721.0).abs() < 1e-12);
        assert_eq!(concentrated(&[0.0; 8]), None);
        assert_eq!(concentrated(&[5.0]), None, "no third of it");
    }
}
