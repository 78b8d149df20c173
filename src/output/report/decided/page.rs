//! Which page a decision has.

use super::super::shell::Part;
use super::parts::{Decided, Rows};
use super::{comparison, plan, plan_tables, sensitivity, sweep};
use crate::output::decision::Decision;

/// What the page is called.
#[must_use]
pub fn title(shown: &Decided<'_>) -> String {
    shown.called(match shown.decision {
        Decision::Comparison(comparison) => comparison::title(comparison),
        Decision::Sweep(swept) => swept.scenario.clone(),
        Decision::Plans(plans) => plan::title(&plans.designs),
        Decision::Sensitivity(found) => found.scenario.clone(),
    })
}

/// Which command it is of.
pub(in crate::output::report) fn kind(shown: &Decided<'_>) -> &'static str {
    match shown.decision {
        Decision::Comparison(_) => "comparison",
        Decision::Sweep(_) => "sweep",
        Decision::Plans(_) => "plan",
        Decision::Sensitivity(_) => "sensitivity",
    }
}

/// What it comes to, in a sentence.
pub(in crate::output::report) fn verdict(shown: &Decided<'_>) -> String {
    match shown.decision {
        Decision::Comparison(comparison) => comparison::verdict_of_all(comparison),
        Decision::Sweep(swept) => sweep::verdict(swept).1,
        Decision::Plans(plans) => plan::verdict_of_all(&plans.designs),
        Decision::Sensitivity(found) => sensitivity::verdict(found).1,
    }
}

/// What it is shown in: one part, or one above all others.
pub(in crate::output::report) fn parts(shown: &Decided<'_>, id: &str) -> Vec<Part> {
    match shown.decision {
        Decision::Comparison(of) => comparison::parts(shown, of, id),
        Decision::Sweep(swept) => vec![sweep::part(shown, swept, id)],
        Decision::Plans(plans) => plan::parts(shown, plans, id),
        Decision::Sensitivity(found) => vec![sensitivity::part(shown, found, id)],
    }
}

/// Every table of the page, those of one of several with its number from 1.
pub(in crate::output::report) fn tables(shown: &Decided<'_>) -> Vec<(usize, Rows)> {
    let alone = |rows: Rows| (0, rows);
    match shown.decision {
        Decision::Comparison(comparison) => comparison::tables(comparison),
        Decision::Sweep(swept) => sweep::tables(swept).into_iter().map(alone).collect(),
        Decision::Plans(plans) => {
            let rests = plans.rests.iter().flat_map(|rests| sensitivity::tables(&rests.found)).map(alone);
            plan_tables::tables(plans).into_iter().chain(rests).collect()
        }
        Decision::Sensitivity(found) => sensitivity::tables(found).into_iter().map(alone).collect(),
    }
}
