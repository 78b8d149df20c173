//! `#cost`: what an other has beyond the base, and what that costs; only where prices are given.

use maud::html;

use super::super::bits::Section;
use super::parts::{Rows, sentences};
use crate::output::compared::cost::sentence;
use crate::output::costs::total;
use crate::output::words::count;
use crate::results::compared::Against;
use crate::results::purchase::Purchase;

/// What the terminal says of it, as a headline.
fn title(purchase: &Purchase) -> String {
    sentence(purchase).trim_end_matches(['.', ':']).to_owned()
}

/// The figure beside the verdict.
pub(super) fn tile(purchase: &Purchase) -> (String, String) {
    let years = count(purchase.years as usize, "year");
    let least = if purchase.unpriced.is_empty() { "" } else { ", and what has no price" };
    (total(&purchase.cost(), Some(&purchase.currency)), format!("over {years}, beyond the base{least}"))
}

pub(super) fn section(against: &Against) -> Option<Section> {
    let purchase = against.purchase.as_ref()?;
    let unpriced = purchase.unpriced.iter().map(|what| format!("{what}: nothing for sale is like it"));
    let left = purchase.left.iter().map(|what| format!("Needed no more, and nothing is given back: {what}"));
    let rest: Vec<String> = unpriced.chain(left).collect();
    Some(Section {
        id: "cost",
        nav: "Cost",
        topic: "What it costs".to_owned(),
        finding: title(purchase),
        how: String::new(),
        body: html! { (bought(purchase).html()) @if !rest.is_empty() { (sentences(&rest)) } },
    })
}

/// What is bought, where prices are given.
pub(super) fn bought(purchase: &Purchase) -> Rows {
    let mut rows = vec![["site", "what", "cost"].map(str::to_owned).to_vec()];
    rows.extend(
        purchase.items.iter().map(|item| {
            vec![item.site.clone(), item.what.clone(), total(&item.cost, Some(&purchase.currency))]
        }),
    );
    Rows { name: "cost", caption: "What is bought", source: "cost.csv", rows, figures: vec![2] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_a_headline() {
        let mut purchase = Purchase { currency: "EUR".to_owned(), years: 3, ..Purchase::default() };
        assert_eq!(title(&purchase), "Cost: nothing beyond what the base has");
        purchase.unpriced.push("a publisher".to_owned());
        assert_eq!(title(&purchase), "Cost: not known, since what comes has no price");
        assert_eq!(tile(&purchase).1, "over 3 years, beyond the base, and what has no price");
    }
}
