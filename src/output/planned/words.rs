//! Words and numbers that every form of a plan has.

use crate::model::purchase::Money;
use crate::output::compared::words::token_of;
use crate::output::format;
use crate::output::words::{count, duration, percent};
use crate::results::compared::{Measure, Metric};
use crate::results::planned::{Cost, Planned, PlannedCandidate, PlannedGoal, PlannedGroup};
use crate::stats::verdict::Word;

pub(in crate::output) use crate::output::compared::words::{columns, subject};

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

/// An amount of money with its currency.
fn money(amount: u64, currency: &str) -> String {
    format!("{currency} {}", Money(amount))
}

/// All of a cost, to be compared.
pub(in crate::output) fn total(cost: &Cost, currency: Option<&str>) -> String {
    match *cost {
        Cost::Money { total, .. } => money(total, currency.unwrap_or("")),
        Cost::Machines { servers, cores } => {
            format!("{} with {}", count(servers as usize, "server"), count(cores as usize, "core"))
        }
    }
}

/// A cost with how it is paid.
pub(super) fn whole(cost: &Cost, planned: &Planned) -> String {
    let currency = planned.currency.as_deref();
    let all = total(cost, currency);
    let years = count(planned.years as usize, "year");
    match (*cost, currency) {
        (Cost::Money { total: 0, .. }, _) => "nothing".to_owned(),
        (Cost::Money { once, a_year: 0, .. }, Some(_)) if once > 0 => format!("{all}, once"),
        (Cost::Money { once: 0, a_year, .. }, Some(word)) => {
            format!("{all} over {years}: {} a year", money(a_year, word))
        }
        (Cost::Money { once, a_year, .. }, Some(word)) => {
            format!("{all} over {years}: {} once and {} a year", money(once, word), money(a_year, word))
        }
        _ => all,
    }
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
pub(super) fn use_of(group: &PlannedGroup) -> String {
    let seen = group.busiest.map_or_else(String::new, |share| format!("{} of ", percent(share)));
    format!("{seen}{}", percent(group.limit))
}
