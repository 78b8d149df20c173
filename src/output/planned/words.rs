//! Words and numbers that every form of a plan has.

use crate::output::compared::words::token_of;
use crate::output::format;
use crate::output::words::{count, duration, percent};
use crate::results::compared::{Measure, Metric};
use crate::results::planned::{Cost, Planned, PlannedCandidate, PlannedGoal, PlannedGroup};
use crate::stats::verdict::Word;

pub(in crate::output) use crate::output::compared::words::{columns, subject};
pub(in crate::output) use crate::output::costs::total;
use crate::output::costs::{self, money};

/// The token of what a goal is for.
pub(super) fn token(goal: &PlannedGoal) -> &'static str {
    token_of(&goal.about, Metric::Goal(goal.measure))
}

/// What is measured, for people.
pub(in crate::output) fn measure(measure: Measure) -> &'static str {
    crate::output::compared::words::metric_of(Metric::Goal(measure))
}

/// Unit of values, goals and half-widths.
pub(super) fn unit(measure: Measure) -> &'static str {
    if measure.is_time() { "ms" } else { "share" }
}

/// A value in that unit.
pub(super) fn in_own(measure: Measure, value: f64) -> f64 {
    if measure.is_time() { value / 1e6 } else { value }
}

/// A value for people.
pub(in crate::output) fn told(measure: Measure, value: f64) -> String {
    match () {
        () if measure.is_time() => duration(value),
        // What is lost of availability are its last digits.
        () if measure.is_least() => format!("{} %", format::real(value * 100.0, 3)),
        () => percent(value),
    }
}

/// What was seen and what was asked: `p95 3.5 s of at most 2 s`.
pub(in crate::output) fn seen(goal: &PlannedGoal) -> String {
    let limit = if goal.measure.is_least() { "at least" } else { "at most" };
    let asked = format!("{limit} {}", told(goal.measure, goal.goal));
    match (goal.verdict, goal.value) {
        (Word::Never, _) => {
            let failed = goal
                .failed
                .map_or_else(String::new, |share| format!(", {} of requests fail", percent(share)));
            format!("no {}{failed} ({asked})", measure(goal.measure))
        }
        (_, Some(value)) => format!("{} {} ({asked})", measure(goal.measure), told(goal.measure, value)),
        (_, None) => format!("{}: too few requests ({asked})", measure(goal.measure)),
    }
}

/// A cost with how it is paid.
pub(super) fn whole(cost: &Cost, planned: &Planned) -> String {
    costs::whole(cost, planned.currency.as_deref(), planned.years)
}

/// By how much one cost is beyond another, in words; `None` where it is not.
pub(super) fn dearer(one: &Cost, other: &Cost, currency: Option<&str>) -> Option<String> {
    match (*one, *other) {
        (Cost::Money { total: a, .. }, Cost::Money { total: b, .. }) => {
            (a > b).then(|| money(a - b, currency.unwrap_or("")))
        }
        (Cost::Machines { servers: a, .. }, Cost::Machines { servers: b, .. }) if a != b => {
            (a > b).then(|| count((a - b) as usize, "server"))
        }
        (Cost::Machines { cores: a, .. }, Cost::Machines { cores: b, .. }) => {
            (a > b).then(|| count((a - b) as usize, "core"))
        }
        _ => None,
    }
}

/// A case: `in normal operation`, `with server.EX1 lost, in year 2`.
pub(in crate::output) fn case(planned: &Planned, at: usize) -> String {
    let Some(case) = planned.cases.get(at) else { return String::new() };
    let what = case
        .struck
        .as_ref()
        .map_or_else(|| "in normal operation".to_owned(), |what| format!("with {what} lost"));
    match case.year {
        0 => what,
        year => format!("{what}, in year {year}"),
    }
}

/// What differs from what is owned: `Boston CAS 3, Boston MBX 4`; of a candidate that is owned whole
/// all of it.
pub(in crate::output) fn name(planned: &Planned, candidate: &PlannedCandidate) -> String {
    let all = || planned.quantities.iter().zip(&candidate.values);
    let differs: Vec<String> = all()
        .filter(|(quantity, value)| quantity.now != **value)
        .map(|(quantity, value)| format!("{} {value}", quantity.short))
        .collect();
    if differs.is_empty() { "as owned".to_owned() } else { some(differs, ", ") }
}

/// What differs between two candidates, with the values of the first.
pub(in crate::output) fn difference(
    planned: &Planned,
    one: &PlannedCandidate,
    other: &PlannedCandidate,
) -> String {
    let all = planned.quantities.iter().zip(one.values.iter().zip(&other.values));
    let differs =
        all.filter(|(_, (a, b))| a != b).map(|(quantity, (a, _))| format!("{} {a}", quantity.short));
    some(differs.collect(), ", ")
}

/// What nobody reads at length, of an organisation of many sites, is cut: `A, B and 48 more`.
pub(in crate::output) fn some(mut all: Vec<String>, between: &str) -> String {
    const READ: usize = 8;
    let more = all.len().saturating_sub(READ - 2);
    if all.len() <= READ {
        return all.join(between);
    }
    all.truncate(READ - 2);
    format!("{}{between}and {more} more", all.join(between))
}

/// How many candidates there are; where there are too many to be listed, how many of them were looked at.
pub(in crate::output) fn candidates(planned: &Planned) -> String {
    let listed = count(planned.candidates.len(), "candidate");
    match planned.unlisted {
        None => listed,
        Some(of) => format!("{listed} looked at of about 10^{:.0} combinations", libm::floor(of.digits)),
    }
}

/// How far a group is from its limit, as a row of a table has it.
pub(in crate::output) fn use_of(group: &PlannedGroup) -> String {
    let seen = group.busiest.map_or_else(String::new, |share| format!("{} of ", percent(share)));
    format!("{seen}{}", percent(group.limit))
}
