//! Words and numbers that every form of a sweep has.

use crate::itinerary::Part;
use crate::output::format;
use crate::output::words::{columns as wide, duration, percent};
use crate::results::compared::{Measure, Metric};
use crate::results::swept::{SweptMetric, SweptRow};
use crate::stats::verdict::Word;

pub(super) use crate::output::compared::words::columns;
pub(in crate::output) use crate::output::compared::words::subject;

/// The token of a metric; a limit stands as `limit:` with its kind.
pub(in crate::output) fn token(row: &SweptRow) -> String {
    match row.metric {
        SweptMetric::Of(metric) => crate::output::compared::words::token_of(&row.about, metric).to_owned(),
        SweptMetric::Limit(kind) => format!("limit:{kind}"),
    }
}

/// The metric for people.
pub(in crate::output) fn metric(row: &SweptRow) -> String {
    match row.metric {
        SweptMetric::Of(metric) => crate::output::compared::words::metric_of(metric).to_owned(),
        SweptMetric::Limit(kind) => format!("limit `{kind}`"),
    }
}

/// Unit of values, goals and half-widths.
pub(super) fn unit(row: &SweptRow) -> &'static str {
    if row.is_time() { "ms" } else { "share" }
}

/// A value in that unit.
pub(super) fn own(row: &SweptRow, value: Option<f64>) -> String {
    let value = value.map(|value| if row.is_time() { value / 1e6 } else { value });
    value.map_or_else(String::new, |value| format::real(value, 6))
}

/// For people.
pub(in crate::output) fn told(row: &SweptRow, value: f64) -> String {
    match () {
        () if row.is_time() => duration(value),
        // What is lost of availability are its last digits.
        () if row.is_least() => format!("{} %", format::real(value * 100.0, 3)),
        () => percent(value),
    }
}

/// A value with its half-width.
pub(in crate::output) fn with_interval(row: &SweptRow) -> String {
    match (row.value, row.half_width) {
        (Some(value), Some(half)) => format!("{} \u{b1} {}", told(row, value), told(row, half)),
        (Some(value), None) => told(row, value),
        (None, _) => "no value".to_owned(),
    }
}

/// Whom a goal is for and what it asks: `OWA, Boston staff: p95 2 s`.
pub(in crate::output) fn goal(row: &SweptRow) -> String {
    let limit = row.goal.map_or_else(String::new, |(goal, _)| match row.metric {
        SweptMetric::Limit(_) => " holds".to_owned(),
        SweptMetric::Of(Metric::Goal(Measure::Availability)) => format!(" at least {}", told(row, goal)),
        SweptMetric::Of(_) => format!(" at most {}", told(row, goal)),
    });
    format!("{}: {}{limit}", subject(&row.about), metric(row))
}

/// What a row that is not met fails by, to follow its value: the largest part of its latency, or, where more fail than
/// a percentile leaves over, the failures, whatever the answered ones take.
pub(super) fn blame(row: &SweptRow) -> Option<String> {
    if row.goal.is_some_and(|(_, word)| word == Word::Never) {
        return Some(
            "; more fail than it leaves over, whatever the others take: see failures.csv".to_owned(),
        );
    }
    row.part.map(|(part, share)| {
        format!("; {} of its latency is {}: {}", percent(share), part.token().replace('_', " "), cure(part))
    })
}

/// What shortens a part of latency, and what does not.
pub(super) fn cure(part: Part) -> &'static str {
    match part {
        Part::WanPropagation | Part::ClientNetwork => {
            "distance and round trips, which neither lines nor servers shorten; a server nearer to its users does"
        }
        Part::WanTransfer => "a faster line, or less on it, helps; servers do not",
        Part::EntryQueue | Part::TargetQueue | Part::MailboxQueue => {
            "more cores or servers there help; lines do not"
        }
        Part::EntryService | Part::TargetService | Part::MailboxService => {
            "faster cores help; more of them and lines do not"
        }
        Part::Dns | Part::Handshake => "connections that are kept, or a server nearer to its users, help",
        Part::Retry => "what fails has to be mended first",
        Part::Redirect | Part::Human => "a name that needs no redirect helps; lines and servers do not",
        Part::Other => "neither lines nor servers are the cause",
    }
}

/// How far a row is beyond its goal; nothing where it is met, or not judged.
pub(super) fn excess(row: &SweptRow) -> f64 {
    match row.goal {
        Some((_, Word::Missed | Word::Never | Word::Open)) => row.excess().unwrap_or(0.0),
        _ => f64::NEG_INFINITY,
    }
}

/// Blanks behind a text, to so many columns.
pub(in crate::output) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(wide(text))))
}
