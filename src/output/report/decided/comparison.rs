//! A comparison: verdict, who notices, what changes, findings, what pairing saved, differences.

use maud::{Markup, html};

use super::super::bits::Section;
use super::super::shell::Part;
use super::parts::{Decided, Rows, drawn, head, headlines, shortened};
use super::turned::{Turned, about, how_sure};
use super::{changes, cost, steps};
use crate::output::compared::text::what_to_do;
use crate::output::compared::words::{Unit, metric, subject};
use crate::output::words::{count, thousands, three_figures};
use crate::results::compared::{Against, ComparedRow, Comparison, FindingChange, Sided};

/// Findings that are shown; the others are folded.
const FINDINGS: usize = 8;
/// Ways of users in the table that is not folded.
const WAYS: usize = 12;

/// What a page of a comparison is called.
pub(super) fn title(comparison: &Comparison) -> String {
    let others: Vec<&str> = comparison.others.iter().map(|of| of.other.name.as_str()).collect();
    let base = &comparison.base.name;
    match others.as_slice() {
        [.., last] if comparison.in_order.is_some() => {
            format!("From {base} to {last} in {}", count(others.len(), "step"))
        }
        [] => comparison.base.name.clone(),
        [one] => format!("{one} against {}", comparison.base.name),
        [first, second] => format!("{first} and {second} against {}", comparison.base.name),
        [first, rest @ ..] => format!("{first} and {} more against {}", rest.len(), comparison.base.name),
    }
}

/// What all others come to, in a sentence.
pub(super) fn verdict_of_all(comparison: &Comparison) -> String {
    if let Some(sentence) = steps::verdict(comparison) {
        return sentence.1;
    }
    let told = |against: &Against| match comparison.others.len() {
        1 => Turned::of(against).sentence(),
        _ => format!("{}: {}", against.other.name, Turned::of(against).sentence()),
    };
    comparison.others.iter().map(told).collect::<Vec<_>>().join("; ")
}

pub(super) fn parts(shown: &Decided<'_>, comparison: &Comparison, id: &str) -> Vec<Part> {
    if comparison.in_order.is_none() && comparison.others.len() == 1 {
        return vec![only(shown, comparison, id)];
    }
    let above = steps::overview(shown, comparison, shown.called(title(comparison)), id);
    let each = (0..comparison.others.len()).map(|place| one(shown, comparison, place, id));
    std::iter::once(above).chain(each).collect()
}

/// The whole page of a base and one other.
fn only(shown: &Decided<'_>, comparison: &Comparison, id: &str) -> Part {
    let against = &comparison.others[0];
    let turned = Turned::of(against);
    let title = shown.called(title(comparison));
    let head = shown.head(
        &title,
        &about(comparison),
        (turned.state(), &turned.sentence()),
        &tiles(comparison, against),
    );
    let mut sections = sections(shown, comparison, 0, id);
    sections.push(how_sure(shown, comparison));
    let headlines = headlines(&sections, &TOLD, &turned.sentence());
    Part { id: id.to_owned(), name: title, head, headlines, sections }
}

/// One other of several.
fn one(shown: &Decided<'_>, comparison: &Comparison, place: usize, id: &str) -> Part {
    let against = &comparison.others[place];
    let turned = Turned::of(against);
    let name = steps::name(comparison, place);
    let id = format!("{id}-{}", place + 1);
    let about = format!("Against {}", comparison.base.name);
    let verdict = turned.sentence();
    let head = head(&name, &about, None, (turned.state(), &verdict), &tiles(comparison, against));
    let sections = sections(shown, comparison, place, &id);
    let headlines = headlines(&sections, &TOLD, &verdict);
    Part { id, name, head, headlines, sections }
}

/// What is told first, each with the section that says more.
const TOLD: [&str; 5] = ["differences", "cost", "notice", "changes", "findings"];

fn tiles(comparison: &Comparison, against: &Against) -> Vec<(String, String)> {
    let missed = |side: &Sided| {
        let all: usize = side.goals.iter().sum();
        (all > 0).then(|| {
            (side.goals[1].to_string(), format!("of {} missed in {}", count(all, "goal"), side.name))
        })
    };
    let clients: f64 = against.affected.iter().map(|of| of.clients).sum();
    let mut tiles: Vec<(String, String)> =
        missed(&comparison.base).into_iter().chain(missed(&against.other)).collect();
    tiles.extend(against.purchase.as_ref().map(cost::tile));
    tiles.push((thousands((clients + 0.5) as u64), "clients are served in another way".to_owned()));
    tiles.extend(against.changes.as_ref().map(|request| {
        (
            request.steps.to_string(),
            if request.steps == 1 { "step to make it" } else { "steps to make it" }.to_owned(),
        )
    }));
    tiles
}

/// What a decision needs, in its order.
fn sections(shown: &Decided<'_>, comparison: &Comparison, place: usize, id: &str) -> Vec<Section> {
    let against = &comparison.others[place];
    let named = |name: &str| match comparison.others.len() {
        1 => name.to_owned(),
        _ => format!("{name}-{}", place + 1),
    };
    let all = format!("All {}", count(against.rows.len(), "row"));
    let mut sections: Vec<Section> = cost::section(against).into_iter().collect();
    sections.extend([
        drawn(("notice", "Who notices"), id, shown.picture(&named("affected")), &notice(against)),
        changes::section(comparison, place),
        findings(against),
        pairing(comparison, against),
        drawn(
            ("differences", "Differences"),
            id,
            shown.picture(&named("comparison")),
            &rows(against).folded(&all),
        ),
    ]);
    sections
}

/// Who is served in another way.
fn ways(against: &Against) -> Rows {
    let mut rows = vec![
        ["population", "protocol", "before", "after", "clients", "what they have to do"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(against.affected.iter().map(|of| {
        vec![
            of.population.clone(),
            of.protocol.title().to_owned(),
            of.old.token().to_owned(),
            of.new.token().to_owned(),
            thousands((of.clients + 0.5) as u64),
            what_to_do(of).trim().to_owned(),
        ]
    }));
    Rows {
        name: "affected",
        caption: "Whose way changes, as the rules decide it while nothing fails",
        source: "affected.csv",
        rows,
        figures: vec![4],
    }
}

/// The same, and who is on one side alone.
fn notice(against: &Against) -> Markup {
    let ways = ways(against);
    let alone = [(&against.base_alone, "base"), (&against.other_alone, "other")];
    html! {
        @if against.affected.len() > WAYS { (ways.folded(&format!("All {}", against.affected.len()))) }
        @else { (ways.html()) }
        @for (all, whose) in alone { @for (population, mailboxes) in all {
            p { "Only in the " (whose) ": " (population) ", " (thousands(*mailboxes)) " mailboxes" }
        } }
    }
}

/// `2 new findings, 1 gone`.
fn findings_title(new: usize, gone: usize) -> String {
    match (new, gone) {
        (0, 0) => "casim check finds the same on both sides".to_owned(),
        (0, gone) => format!("{} gone, none new", count(gone, "finding")),
        (new, 0) => format!("{}, none gone", count(new, "new finding")),
        (new, gone) => format!("{}, {gone} gone", count(new, "new finding")),
    }
}

fn findings(against: &Against) -> Section {
    let new = against.findings.iter().filter(|of| of.new).count();
    let one = |of: &FindingChange| {
        let users: Vec<String> = of
            .users
            .iter()
            .map(|(population, many)| format!("{} of {population}", thousands(*many)))
            .collect();
        let is_grave = of.new && of.severity != "info";
        html! { li class=[is_grave.then_some("grave")] {
            p { b { (if of.new { "new" } else { "gone" }) } " " (of.severity) " " (of.lint) ": " (of.message) }
            p.small {
                (of.title) " at " code { (of.path) }
                @if !users.is_empty() { "; mailboxes: " (users.join(", ")) }
            }
        } }
    };
    let all: Vec<Markup> = against.findings.iter().map(one).collect();
    Section {
        id: "findings",
        nav: "Findings",
        topic: "Findings of casim check".to_owned(),
        finding: findings_title(new, against.findings.len() - new),
        how: "What it finds on one side alone; the same finding with other figures is none.".to_owned(),
        body: shortened(&all, FINDINGS, "found"),
    }
}

/// What pairs saved: `ratio` is how many times less their differences vary than those of independent runs.
fn pairing_title(paired: bool, ratio: Option<f64>) -> String {
    match (paired, ratio) {
        (false, _) => "The runs are no pairs: they are compared as independent ones, by Welch".to_owned(),
        (_, None) => "No pair of runs differs otherwise than another".to_owned(),
        (_, Some(ratio)) if ratio < 1.0 => {
            format!(
                "Pairing harmed: differences vary {} times more than between independent runs",
                three_figures(1.0 / ratio)
            )
        }
        (_, Some(ratio)) => {
            format!(
                "Pairing saved runs: differences vary {} times less than between independent ones",
                three_figures(ratio)
            )
        }
    }
}

fn pairing(comparison: &Comparison, against: &Against) -> Section {
    let ratio = against.variance_ratio();
    let harmed = against.harmed();
    let how = match (comparison.paired && ratio.is_some(), harmed) {
        (false, _) => String::new(),
        (true, 0) => "Ratio of variances, the median of all rows; it harmed none.".to_owned(),
        (true, n) => format!("Ratio of variances, the median of all rows; it harmed {}.", count(n, "row")),
    };
    Section {
        id: "pairing",
        nav: "Pairing",
        topic: "What pairing saved".to_owned(),
        finding: pairing_title(comparison.paired, ratio),
        how,
        body: html! {},
    }
}

/// Every row, the most important first.
fn rows(against: &Against) -> Rows {
    let heads = [
        "who or what",
        "metric",
        "base",
        "other",
        "difference",
        "\u{b1}",
        "ratio",
        "from",
        "to",
        "goal",
        "verdict",
        "word",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(against.rows.iter().map(cells));
    Rows {
        name: "differences",
        caption: "Differences, the most important first; intervals at 95 %",
        source: "comparison.csv",
        rows,
        figures: (2..10).collect(),
    }
}

/// Every table of it, those of an other with its number from 1 where there are several.
pub(super) fn tables(comparison: &Comparison) -> Vec<(usize, Rows)> {
    let mut all = Vec::new();
    if comparison.in_order.is_some() {
        all.push((0, steps::migration_steps(comparison)));
    } else if comparison.others.len() > 1 {
        all.push((0, steps::side_by_side(comparison)));
    }
    for (place, against) in comparison.others.iter().enumerate() {
        let number = if comparison.others.len() == 1 { 0 } else { place + 1 };
        let of = against.purchase.iter().map(cost::bought).chain([ways(against)]);
        let of = of.chain(changes::tables(comparison, place)).chain([rows(against)]);
        all.extend(of.map(|rows| (number, rows)));
    }
    all
}

fn cells(row: &ComparedRow) -> Vec<String> {
    let unit = Unit::of(row);
    let told = |value: Option<f64>| value.map_or_else(String::new, |value| unit.words(value));
    let ratio = |value: Option<f64>| value.map_or_else(String::new, three_figures);
    let late = if row.by_late_share { ", late share" } else { "" };
    let goal = row.goal.filter(|_| !row.by_late_share).map(|goal| goal.goal);
    let word =
        |of: Option<crate::stats::verdict::Word>| of.map_or("\u{2013}", crate::stats::verdict::Word::token);
    let verdict = row.goal.map_or_else(String::new, |goal| match (goal.base, goal.other) {
        (a, b) if a == b => word(a).to_owned(),
        (a, b) => format!("{} \u{2192} {}", word(a), word(b)),
    });
    vec![
        subject(&row.about),
        format!("{}{late}", metric(row)),
        told(row.base),
        told(row.other),
        told(row.difference.as_ref().map(|of| of.estimate)),
        told(row.half_width),
        ratio(row.ratio.map(|of| of.0)),
        ratio(row.ratio.map(|of| of.0 - of.1)),
        ratio(row.ratio.map(|of| of.0 + of.1)),
        told(goal),
        verdict,
        if row.rough { "rough" } else { row.said.words() }.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_findings_and_pairing() {
        assert_eq!(findings_title(0, 0), "casim check finds the same on both sides");
        assert_eq!(findings_title(1, 0), "1 new finding, none gone");
        assert_eq!(findings_title(2, 3), "2 new findings, 3 gone");
        assert_eq!(findings_title(0, 1), "1 finding gone, none new");
        assert!(pairing_title(false, Some(4.0)).contains("Welch"));
        assert!(pairing_title(true, Some(23.04)).contains("23 times less"));
        assert!(pairing_title(true, Some(0.5)).contains("2 times more"));
        assert_eq!(pairing_title(true, None), "No pair of runs differs otherwise than another");
    }
}
