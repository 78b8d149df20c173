//! Words and numbers that every form of a study of sensitivity has.

use crate::output::format;
use crate::output::words::{duration, percent};
use crate::results::compared::Metric;
use crate::results::sensitive::{Effect, Moved, Nature, Objective, Side};

pub(in crate::output) use crate::output::compared::words::{columns, metric_of, subject, token_of};

/// Unit of values and half-widths.
pub(super) fn unit(objective: &Objective) -> &'static str {
    if objective.is_time() { "ms" } else { "share" }
}

/// A value in that unit.
pub(super) fn own(objective: &Objective, value: Option<f64>) -> Option<f64> {
    value.map(|value| if objective.is_time() { value / 1e6 } else { value })
}

/// For people.
pub(in crate::output) fn told(objective: &Objective, value: f64) -> String {
    match () {
        () if objective.is_time() => duration(value),
        // What is lost of availability are its last digits.
        () if objective.is_least() => format!("{} %", format::real(value * 100.0, 3)),
        () => percent(value),
    }
}

/// The same of a value that there may not be.
pub(in crate::output) fn told_or_none(objective: &Objective, value: Option<f64>) -> String {
    value.map_or_else(|| "no value".to_owned(), |value| told(objective, value))
}

/// What an objective is: `p95 of OWA, Boston staff`.
pub(in crate::output) fn named(objective: &Objective) -> String {
    let metric = match objective.metric {
        Metric::Goal(_) | Metric::BusiestHour => metric_of(objective.metric),
        metric => metric_of(metric),
    };
    format!("{metric} of {}", subject(&objective.about))
}

/// Its goal: `at most 2 s`.
pub(in crate::output) fn goal(objective: &Objective) -> Option<String> {
    let words = if objective.is_least() { "at least" } else { "at most" };
    objective.goal.map(|goal| format!("{words} {}", told(objective, goal)))
}

/// Where a figure goes: `50 KB: 25 KB / 75 KB`.
pub(in crate::output) fn moved(figure: &Moved) -> String {
    let end = |at: usize| {
        figure.ends[at].as_ref().map_or_else(
            || "\u{2013}".to_owned(),
            |end| format!("{}{}", end.shown, if end.bounded { " (as far as it may)" } else { "" }),
        )
    };
    match figure.nature {
        Nature::Contested => format!("{}: {}", figure.base, end(1)),
        _ => format!("{}: {} / {}", figure.base, end(0), end(1)),
    }
}

/// The value of a side, with what may be said of it.
pub(in crate::output) fn side(objective: &Objective, side: Option<&Side>) -> String {
    let Some(side) = side else { return "\u{2013}".to_owned() };
    let value = told_or_none(objective, side.value);
    match () {
        () if side.crosses => format!("{value} !"),
        () if side.within_noise => format!("({value})"),
        () => value,
    }
}

/// What an end of a figure is called in a sentence: `25 KB instead of 50 KB`.
pub(super) fn instead(figure: &Moved, end: usize) -> String {
    let to = figure.ends[end].as_ref().map_or("", |end| end.shown.as_str());
    format!("{to} instead of {}", figure.base)
}

/// The farthest of an effect's ends from the base, and its value.
pub(super) fn farthest(effect: &Effect) -> Option<(usize, Option<f64>)> {
    let base = effect.base.unwrap_or(0.0);
    let far = |side: &Side| side.value.map_or(f64::INFINITY, |value| (value - base).abs());
    let ends = (0..2).filter_map(|end| Some((end, effect.ends[end].as_ref()?)));
    ends.max_by(|a, b| far(a.1).total_cmp(&far(b.1))).map(|(end, side)| (end, side.value))
}
