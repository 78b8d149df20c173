//! What a year of growth sets.
//!
//! Must not know what follows from it.

use crate::decide::sweep::vary::parameter;
use crate::model::purchase::{Growing, Growth};
use crate::scenario::{Override, Scenario, Stated, stated};

/// Path of what `"*"` stands for.
const ALL: &str = "population.*.mailboxes";

/// What year `year` of the growth asked for sets; none in year 0. Of two paths that lead to one
/// value the later one counts, which has fewer stars.
///
/// # Errors
/// A sentence, where a path leads to no number.
pub(super) fn of_year(scenario: &Scenario, growth: &[Growth], year: u32) -> Result<Vec<Override>, String> {
    let mut sets: Vec<Override> = Vec::new();
    if year == 0 {
        return Ok(sets);
    }
    for of in growth {
        let path = if of.path == "*" { ALL } else { of.path.as_str() };
        for set in one(scenario, path, &of.how, year)? {
            match sets.iter_mut().find(|known| known.path == set.path) {
                Some(known) => *known = set,
                None => sets.push(set),
            }
        }
    }
    Ok(sets)
}

fn one(scenario: &Scenario, path: &str, how: &Growing, year: u32) -> Result<Vec<Override>, String> {
    let of_list = |list: &[f64]| list.get(year as usize - 1).or(list.last()).copied().unwrap_or(1.0);
    let value = match how {
        Growing::EachYear(factor) => format!("x{}", libm::pow(*factor, f64::from(year))),
        Growing::Factors(list) => format!("x{}", of_list(list)),
        Growing::Values(list) => of_list(list).to_string(),
        Growing::To { value, year: at } if year >= *at => value.to_string(),
        Growing::To { value, year: at } => return towards(scenario, path, *value, (year, *at)),
    };
    let found = parameter(scenario, &format!("{path}={value}"))?;
    Ok(found.values.into_iter().next().map(|setting| setting.sets).unwrap_or_default())
}

/// Evenly from what there is.
fn towards(
    scenario: &Scenario,
    path: &str,
    value: f64,
    (year, at): (u32, u32),
) -> Result<Vec<Override>, String> {
    let part = f64::from(year) / f64::from(at);
    let between = |now: f64| now + (value - now) * part;
    let set = |(path, now): (String, Option<Stated>)| match now {
        Some(Stated::Integer(now)) => {
            Ok(Override { path, value: libm::round(between(now as f64)).to_string() })
        }
        Some(Stated::Number(now)) => Ok(Override { path, value: between(now).to_string() }),
        Some(Stated::Text(text)) if share(&text).is_some() => {
            Ok(Override { path, value: between(share(&text).unwrap_or_default()).to_string() })
        }
        _ => Err(format!("{path} has no number from which to go to {value}; state it")),
    };
    stated(&scenario.resolved, path)?.into_iter().map(set).collect()
}

/// What a text in per cent is as a fraction of 1.
fn share(text: &str) -> Option<f64> {
    text.strip_suffix('%')?.trim().parse::<f64>().ok().map(|share| share / 100.0)
}
