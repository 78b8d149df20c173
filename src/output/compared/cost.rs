//! What an organisation has beyond the base and what that costs: `cost.csv`, and the lines above a comparison.

use std::io::{self, Write};

use serde_json::{Value as Json, json};

use crate::output::costs::{self, amount, total, whole};
use crate::output::tables::columns::{Column, Table, Value, columns, name, text};
use crate::results::compared::{Against, Comparison};
use crate::results::purchase::{Bought, Cost, Purchase};

/// What is bought, one by one, at most; cost.csv has all.
const FEW: usize = 8;

/// A row of `cost.csv`.
#[derive(Debug)]
pub(super) struct Costs;

/// What is bought, has no price, or is needed no more.
#[derive(Debug)]
pub(super) struct Row<'r> {
    against: &'r Against,
    purchase: &'r Purchase,
    state: &'static str,
    site: &'r str,
    what: &'r str,
    cost: Option<Cost>,
}

impl Row<'_> {
    fn amount(&self, of: fn(u64, u64, u64) -> u64) -> Value<'_> {
        match self.cost {
            Some(Cost::Money { once, a_year, total }) => text(amount(of(once, a_year, total))),
            _ => Value::Blank,
        }
    }
}

/// Whether any side has prices.
pub(super) fn is_priced(comparison: &Comparison) -> bool {
    comparison.others.iter().any(|against| against.purchase.is_some())
}

pub(super) fn rows(comparison: &Comparison) -> impl Iterator<Item = Row<'_>> {
    comparison.others.iter().flat_map(|against| {
        against.purchase.iter().flat_map(move |purchase| {
            let row =
                |state, what: &'static str| Row { against, purchase, state, site: "", what, cost: None };
            let bought = purchase.items.iter().map(move |item: &Bought| Row {
                site: &item.site,
                what: &item.what,
                cost: Some(item.cost),
                ..row("bought", "")
            });
            let unpriced =
                purchase.unpriced.iter().map(move |what| Row { what, ..row("without a price", "") });
            let left = purchase.left.iter().map(move |what| Row { what, ..row("needed no more", "") });
            bought.chain(unpriced).chain(left)
        })
    })
}

impl Table for Costs {
    type Row<'r> = Row<'r>;
    const NAME: &'static str = "cost";
    const ROW: &'static str = "something that the other has beyond the base, or the base beyond the other; where either has `[prices]`, those of the other before those of the base";
    const COLUMNS: &'static [&'static [Column<Self>]] = &[columns! {
        "other" Word "the scenario" => |row| name(&row.against.other.name),
        "state" Word "`bought`; `without a price`: it is not there and nothing for sale is like it; `needed no more`: nothing is given back for it" => |row| text(row.state),
        "site" Word "that pays; blank where it is no single one" => |row| name(row.site),
        "what" Word "what it is" => |row| name(row.what),
        "cost" Own "over all years, in units of `currency`" => |row| row.amount(|_, _, total| total),
        "cost_once" Own "paid once" => |row| row.amount(|once, _, _| once),
        "cost_a_year" Own "paid each year" => |row| row.amount(|_, a_year, _| a_year),
        "currency" Word "of `[prices]`" => |row| name(&row.purchase.currency),
    }];
}

/// The cost, and what it is made of.
pub(super) fn summary(out: &mut dyn Write, against: &Against) -> io::Result<()> {
    let Some(purchase) = &against.purchase else { return Ok(()) };
    writeln!(out, "{}", sentence(purchase))?;
    for line in lines(purchase).take(FEW) {
        writeln!(out, "  {line}")?;
    }
    if let Some(more) = lines(purchase).count().checked_sub(FEW).filter(|more| *more > 0) {
        writeln!(out, "  and {more} more in cost.csv")?;
    }
    Ok(())
}

pub(super) fn markdown(out: &mut dyn Write, against: &Against, safe: fn(&str) -> String) -> io::Result<()> {
    let Some(purchase) = &against.purchase else { return Ok(()) };
    writeln!(out, "{}\n", safe(&sentence(purchase)))?;
    for line in lines(purchase) {
        writeln!(out, "- {}", safe(&line))?;
    }
    if lines(purchase).next().is_some() { writeln!(out) } else { Ok(()) }
}

/// What all of it costs, in a sentence.
#[must_use]
pub fn sentence(purchase: &Purchase) -> String {
    let all = whole(&purchase.cost(), Some(&purchase.currency), purchase.years);
    match (purchase.items.is_empty(), purchase.unpriced.is_empty()) {
        (true, true) => "Cost: nothing beyond what the base has.".to_owned(),
        (false, true) => format!("Cost: {all}, beyond what the base has:"),
        (true, false) => "Cost: not known, since what comes has no price:".to_owned(),
        (false, false) => format!("Cost: at least {all}, beyond what the base has; not all has a price:"),
    }
}

/// What is bought with its cost, what has no price, and what is needed no more.
pub fn lines(purchase: &Purchase) -> impl Iterator<Item = String> {
    let bought = |item: &Bought| {
        let site = if item.site.is_empty() { String::new() } else { format!("{}: ", item.site) };
        format!("{site}{}: {}", item.what, total(&item.cost, Some(&purchase.currency)))
    };
    let items: Vec<String> = purchase.items.iter().map(bought).collect();
    let unpriced = purchase.unpriced.iter().map(|what| format!("{what}: nothing for sale is like it"));
    let left = purchase.left.iter().map(|what| format!("needed no more, and nothing is given back: {what}"));
    items.into_iter().chain(unpriced).chain(left)
}

pub(super) fn object(against: &Against) -> Json {
    against.purchase.as_ref().map_or(Json::Null, |purchase| {
        json!({
            "currency": purchase.currency,
            "years": purchase.years,
            "cost": costs::object(&purchase.cost()),
            "bought": purchase.items.iter().map(|item| json!({
                "what": item.what,
                "site": Some(&item.site).filter(|site| !site.is_empty()),
                "cost": costs::object(&item.cost),
            })).collect::<Vec<_>>(),
            "without_price": purchase.unpriced,
            "needed_no_more": purchase.left,
        })
    })
}
