//! What something costs, in words.
//!
//! Must not know what is bought.

use serde_json::{Value, json};

use crate::model::purchase::Money;
use crate::output::words::count;
use crate::results::purchase::Cost;

/// An amount of money with its currency.
pub(in crate::output) fn money(amount: u64, currency: &str) -> String {
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
pub(in crate::output) fn whole(cost: &Cost, currency: Option<&str>, years: u32) -> String {
    let all = total(cost, currency);
    let years = count(years as usize, "year");
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

/// As JSON has it: money in units of the currency.
#[must_use]
pub(in crate::output) fn object(of: &Cost) -> Value {
    let units = |hundredths: u64| hundredths as f64 / 100.0;
    match *of {
        Cost::Money { once, a_year, total } => {
            json!({ "total": units(total), "once": units(once), "a_year": units(a_year) })
        }
        Cost::Machines { servers, cores } => json!({ "servers": servers, "cores": cores }),
    }
}

/// An amount of money as a number: `1234.50`, cents only where there are any.
#[must_use]
pub(in crate::output) fn amount(hundredths: u64) -> String {
    if hundredths.is_multiple_of(100) {
        (hundredths / 100).to_string()
    } else {
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    }
}
