//! Several others above all: a table of them, and of a migration its steps and how long old servers stay.

use maud::html;

use super::super::bits::{Section, State};
use super::super::shell::Part;
use super::cost;
use super::parts::{Decided, Rows, headlines, sentences};
use super::turned::{Turned, about, how_sure};
use crate::output::compared::in_order::{self, First, firsts, last, stays, told};
use crate::output::compared::request::losses;
use crate::output::compared::words::goals;
use crate::output::words::{count, thousands};
use crate::results::compared::{ComparedRow, Comparison, InOrder};

/// What an other is called on the page.
pub(super) fn name(comparison: &Comparison, place: usize) -> String {
    let name = &comparison.others[place].other.name;
    match &comparison.in_order {
        Some(_) => format!("Step {}: {name}", place + 1),
        None => name.clone(),
    }
}

/// What a migration comes to; `None` where it is none.
pub(super) fn verdict(comparison: &Comparison) -> Option<(State, String)> {
    comparison.in_order.as_ref()?;
    let [goal, refused, finding] = firsts(comparison).map(|(.., first)| first.map(|(step, _)| step));
    Some((judged(goal, refused), sentence(comparison.others.len(), [goal, refused, finding])))
}

fn judged(goal: Option<u32>, refused: Option<u32>) -> State {
    if goal.is_some() || refused.is_some() { State::Bad } else { State::None }
}

/// At which step each thing goes wrong first: a goal falls, somebody is refused, a finding appears.
fn sentence(steps: usize, [goal, refused, finding]: [Option<u32>; 3]) -> String {
    let parts = [(goal, "a goal falls"), (refused, "somebody is refused"), (finding, "a finding appears")];
    let told = parts.into_iter().filter_map(|(at, what)| Some(format!("{what} first at step {}", at?)));
    let told: Vec<String> = told.collect();
    match told.is_empty() {
        true => {
            format!("In {} no goal falls, nobody is refused and no finding appears", count(steps, "step"))
        }
        false => format!("Of {} {}", count(steps, "step"), told.join(", ")),
    }
}

/// What stands above all others; `title` is that of the page.
pub(super) fn overview(shown: &Decided<'_>, comparison: &Comparison, title: String, id: &str) -> Part {
    let verdict = verdict(comparison).unwrap_or_else(|| best(comparison));
    let head = shown.head(&title, &about(comparison), (verdict.0, &verdict.1), &[]);
    let mut sections = match &comparison.in_order {
        Some(in_order) => vec![migration(comparison), servers(in_order)],
        None => vec![others(comparison)],
    };
    // Of a migration what the last step has cost in all.
    let last = comparison.others.last().filter(|_| comparison.in_order.is_some());
    sections.extend(last.and_then(cost::section));
    sections.push(how_sure(shown, comparison));
    let headlines = headlines(&sections, &["steps", "servers", "cost", "others"], &verdict.1);
    Part { id: id.to_owned(), name: super::parts::overview(title, id), head, headlines, sections }
}

/// How many of several others let no goal fall.
fn best(comparison: &Comparison) -> (State, String) {
    let missing = comparison.others.iter().filter(|of| Turned::of(of).state() == State::Bad).count();
    (State::None, counted(comparison.others.len(), missing))
}

fn counted(others: usize, missing: usize) -> String {
    match missing {
        0 => format!("None of {others} others newly misses a goal"),
        missing if missing == others => format!("All {others} others newly miss a goal"),
        1 => format!("1 of {others} others newly misses a goal"),
        missing => format!("{missing} of {others} others newly miss a goal"),
    }
}

/// Others side by side.
pub(super) fn side_by_side(comparison: &Comparison) -> Rows {
    let mut rows = vec![
        ["scenario", "goals", "against the base", "clients served in another way"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.push(vec![
        comparison.base.name.clone(),
        goals(&comparison.base),
        "the base".to_owned(),
        String::new(),
    ]);
    rows.extend(comparison.others.iter().map(|against| {
        let clients: f64 = against.affected.iter().map(|of| of.clients).sum();
        vec![
            against.other.name.clone(),
            goals(&against.other),
            Turned::of(against).sentence(),
            thousands((clients + 0.5) as u64),
        ]
    }));
    Rows {
        name: "others",
        caption: "The others side by side",
        source: "comparison.csv",
        rows,
        figures: vec![3],
    }
}

fn others(comparison: &Comparison) -> Section {
    Section {
        id: "others",
        nav: "Others",
        topic: "The others side by side".to_owned(),
        finding: best(comparison).1,
        how: format!("Each against {}.", comparison.base.name),
        body: side_by_side(comparison).html(),
    }
}

/// The steps of a migration.
pub(super) fn migration_steps(comparison: &Comparison) -> Rows {
    let heads = [
        "step",
        "scenario",
        "goals",
        "newly missed",
        "newly met",
        "refused",
        "new findings",
        "changes to make",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(in_order::steps(comparison).map(|step| {
        let request = step.against.changes.as_ref();
        let mut changes = request.map_or_else(String::new, |of| of.steps.to_string());
        for loss in request.map(losses).unwrap_or_default() {
            changes += &format!("; in between {loss}");
        }
        vec![
            step.number.to_string(),
            step.against.other.name.clone(),
            goals(&step.against.other),
            told(&step.stage.before, ComparedRow::newly_missed),
            told(&step.stage.before, ComparedRow::newly_met),
            step.refused(),
            step.against.findings.iter().filter(|of| of.new).count().to_string(),
            changes,
        ]
    }));
    Rows {
        name: "steps",
        caption: "The steps of the migration",
        source: "steps.csv",
        rows,
        figures: Vec::new(),
    }
}

/// The steps of a migration, and where something goes wrong first.
fn migration(comparison: &Comparison) -> Section {
    let first = |(_, what, at): (&str, &str, First)| match at {
        Some((step, told)) => format!("First step at which {what}: {step} ({told})."),
        None => format!("First step at which {what}: none."),
    };
    let said: Vec<String> = firsts(comparison).into_iter().map(first).collect();
    Section {
        id: "steps",
        nav: "Steps",
        topic: "The steps".to_owned(),
        finding: verdict(comparison).map(|of| of.1).unwrap_or_default(),
        how: "Goals as they stand after each step; newly missed and met, refused and changes are since the step before, \
              findings since the base."
            .to_owned(),
        body: html! { (sentences(&said)) (migration_steps(comparison).html()) },
    }
}

/// Servers of the base: `2 of 3 groups of old servers are still reached in the last step`.
fn servers_title(all: usize, still: usize) -> String {
    match (all, still) {
        (0, _) => "The base has no servers".to_owned(),
        (all, 0) => {
            format!("No request reaches any of {} of the base in the last step", count(all, "server group"))
        }
        (1, _) => "The servers of the base are still reached in the last step".to_owned(),
        (all, still) => {
            format!("{still} of {all} server groups of the base are still reached in the last step")
        }
    }
}

fn servers(in_order: &InOrder) -> Section {
    let end = last(in_order);
    let still = in_order.servers.iter().filter(|of| of.last.is_some_and(|step| step >= end)).count();
    let said = in_order.servers.iter().map(|of| stays(of, end) + ".").collect::<Vec<_>>();
    Section {
        id: "servers",
        nav: "Old servers",
        topic: "How long old servers are needed".to_owned(),
        finding: servers_title(in_order.servers.len(), still),
        how: "By way of a name, a redirect or another server, as the rules decide it while nothing fails."
            .to_owned(),
        body: sentences(&said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_told_by_what_goes_wrong_first() {
        assert_eq!(
            sentence(3, [Some(2), None, Some(1)]),
            "Of 3 steps a goal falls first at step 2, a finding appears first at step 1"
        );
        assert_eq!(
            sentence(1, [None; 3]),
            "In 1 step no goal falls, nobody is refused and no finding appears"
        );
        assert_eq!(judged(None, Some(1)), State::Bad);
        assert_eq!(judged(None, None), State::None);
    }

    #[test]
    fn others_and_servers_are_counted() {
        assert_eq!(counted(3, 0), "None of 3 others newly misses a goal");
        assert_eq!(counted(3, 1), "1 of 3 others newly misses a goal");
        assert_eq!(counted(2, 2), "All 2 others newly miss a goal");
        assert_eq!(
            servers_title(2, 0),
            "No request reaches any of 2 server groups of the base in the last step"
        );
        assert_eq!(
            servers_title(3, 2),
            "2 of 3 server groups of the base are still reached in the last step"
        );
    }
}
