//! A study of sensitivity: what matters, the tornado, all effects, what turns a verdict, everything at once.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::super::bits::{Section, State};
use super::super::layouts;
use super::super::shell::Part;
use super::parts::{Decided, Rows, headlines, how, sentences};
use crate::output::charts::scene::Scene;
use crate::output::sensitive::sentences::sentences as said;
use crate::output::sensitive::text;
use crate::output::sensitive::words::{goal, moved, named, side, told_or_none};
use crate::output::words::{count, percent, thousands};
use crate::results::sensitive::{By, Sensitivity};

/// What it comes to.
pub(super) fn verdict(found: &Sensitivity) -> (State, String) {
    let mut turning: Vec<usize> = found.crossings().map(|(effect, _)| effect.figure).collect();
    turning.sort_unstable();
    turning.dedup();
    let first = found.order.iter().find(|at| turning.contains(at)).or(turning.first());
    let widest = found.order.first().copied().filter(|at| found.widest(*at).is_some());
    let path = |at: usize| found.figures[at].path.as_str();
    let goals = found.objectives.iter().any(|objective| objective.goal.is_some());
    let state = if turning.is_empty() { State::None } else { State::Bad };
    (state, sentence(turning.len(), first.map(|at| path(*at)), widest.map(path), goals))
}

/// How many figures turn a verdict, and which is first; else which moves most.
fn sentence(turning: usize, first: Option<&str>, widest: Option<&str>, goals: bool) -> String {
    match (turning, first, widest) {
        (1, Some(first), _) => format!("One figure turns a verdict: {first}"),
        (2.., Some(first), _) => format!("{turning} figures turn a verdict, first {first}"),
        (_, _, Some(widest)) if goals => format!("No figure turns a verdict; {widest} moves most"),
        (_, _, Some(widest)) => format!("No goals are set; {widest} moves most"),
        _ => "No figure moves anything by more than chance does".to_owned(),
    }
}

pub(super) fn part(shown: &Decided<'_>, found: &Sensitivity, id: &str) -> Part {
    let title = shown.called(found.scenario.clone());
    let (state, words) = verdict(found);
    let about = text::head(found);
    let about = about.strip_prefix(&format!("{}: ", found.scenario)).unwrap_or(&about);
    let head = shown.head(&title, about, (state, &words), &[]);
    let sections = vec![
        matters(found, &words),
        tornado(shown, id),
        effects(found),
        flips(found),
        together(found),
        how_sure(shown, found),
    ];
    let headlines = headlines(&sections, &["tornado", "flips", "together"], &words);
    Part { id: id.to_owned(), name: title, head, headlines, sections }
}

fn matters(found: &Sensitivity, finding: &str) -> Section {
    Section {
        id: "matters",
        nav: "What matters",
        topic: "What matters, and what to measure first".to_owned(),
        finding: finding.to_owned(),
        how: String::new(),
        body: sentences(&said(found)),
    }
}

/// What the answer of a plan rests on.
pub(super) fn rests(shown: &Decided<'_>, found: &Sensitivity, case: &str, id: &str) -> Section {
    let scenes: Vec<&Scene> = tornados(shown).collect();
    Section {
        id: "rests",
        nav: "Rests on",
        topic: format!("What the answer rests on, in the case that is nearest to its goals: {case}"),
        finding: verdict(found).1,
        how: String::new(),
        body: html! { (sentences(&said(found))) (drawings(&scenes, 0, id)) },
    }
}

fn tornados<'r>(shown: &Decided<'r>) -> impl Iterator<Item = &'r Scene> {
    shown.pictures.iter().filter(|drawn| drawn.name.starts_with("tornado")).map(|drawn| &drawn.scene)
}

/// Drawings, each below its head but the first `told`.
fn drawings(scenes: &[&Scene], told: usize, id: &str) -> Markup {
    html! { @for (at, scene) in scenes.iter().enumerate() {
        @if at >= told { h3 { (scene.head.finding) } p.sub { (scene.head.topic) ". " (scene.head.how) } }
        (layouts::drawing(scene, &format!("tornado-{}{id}", at + 1)))
    } }
}

/// A drawing for each objective that is moved most; the first gives the section its finding.
fn tornado(shown: &Decided<'_>, id: &str) -> Section {
    let scenes: Vec<&Scene> = tornados(shown).collect();
    let first = scenes.first().map(|scene| scene.head.clone()).unwrap_or_default();
    let body = drawings(&scenes, 1, id);
    Section {
        id: "tornado",
        nav: "Tornado",
        topic: if first.topic.is_empty() { "What if a figure is wrong?".to_owned() } else { first.topic },
        finding: if first.finding.is_empty() {
            "No objective was looked at".to_owned()
        } else {
            first.finding
        },
        how: first.how,
        body,
    }
}

/// What each figure does to each objective.
fn every_effect(found: &Sensitivity) -> Rows {
    let heads = ["figure", "value: low / high", "rests on", "objective", "low", "high", "swing", "known by"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let moving = found.effects.iter().filter(|effect| effect.swing() > 0.0);
    rows.extend(moving.map(|effect| {
        let (figure, objective) = (&found.figures[effect.figure], &found.objectives[effect.objective]);
        let [low, high] = [0, 1].map(|end| side(objective, effect.ends[end].as_ref()));
        vec![
            figure.path.clone(),
            moved(figure),
            figure.rests.token().to_owned(),
            named(objective),
            low,
            high,
            percent(found.share(effect)),
            effect.by.token().to_owned(),
        ]
    }));
    Rows {
        name: "effects",
        caption: "What each figure does to each objective",
        source: "sensitivity.csv",
        rows,
        figures: vec![6],
    }
}

fn effects(found: &Sensitivity) -> Section {
    let moving = || found.effects.iter().filter(|effect| effect.swing() > 0.0);
    let moved_by = |by: By| {
        let own = moving().filter(|effect| effect.by == by && !effect.is_noise());
        own.map(|effect| effect.figure).collect::<BTreeSet<_>>().len()
    };
    let summary = format!("All {}", count(moving().count(), "effect"));
    Section {
        id: "effects",
        nav: "Effects",
        topic: "Every figure and objective".to_owned(),
        finding: effects_title(found.figures.len(), moved_by(By::Simulated), moved_by(By::Law)),
        how: "In brackets: within the noise. !: on the other side of the goal. The swing is a share of the goal, or of \
              the value where that is beyond it."
            .to_owned(),
        body: every_effect(found).folded(&summary),
    }
}

/// `Of 124 figures 3 move an objective by more than chance does, 27 by the law`.
fn effects_title(figures: usize, by_runs: usize, by_law: usize) -> String {
    let figures = count(figures, "figure");
    let move_it = |many: usize| if many == 1 { "moves" } else { "move" };
    match (by_runs, by_law) {
        (0, 0) => format!("None of {figures} moves an objective by more than chance does"),
        (0, law) => format!(
            "Of {figures} {law} {} an objective by the law, none by more than chance in runs",
            move_it(law)
        ),
        (runs, 0) => format!("Of {figures} {runs} {} an objective by more than chance does", move_it(runs)),
        (runs, law) => {
            format!(
                "Of {figures} {runs} {} an objective by more than chance does, {law} by the law",
                move_it(runs)
            )
        }
    }
}

/// Verdicts that turn.
fn turns(found: &Sensitivity) -> Rows {
    let mut rows = vec![
        ["figure", "at", "instead of", "objective", "becomes", "as it is", "goal"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(found.crossings().map(|(effect, end)| {
        let (figure, objective) = (&found.figures[effect.figure], &found.objectives[effect.objective]);
        vec![
            figure.path.clone(),
            figure.ends[end].as_ref().map_or_else(String::new, |end| end.shown.clone()),
            figure.base.clone(),
            named(objective),
            told_or_none(objective, effect.ends[end].and_then(|side| side.value)),
            told_or_none(objective, effect.base),
            goal(objective).unwrap_or_default(),
        ]
    }));
    Rows {
        name: "flips",
        caption: "Figures that put an objective on the other side of its goal",
        source: "sensitivity.csv",
        rows,
        figures: vec![4, 5],
    }
}

fn flips(found: &Sensitivity) -> Section {
    let turns = turns(found);
    let goals = found.objectives.iter().filter(|objective| objective.goal.is_some()).count();
    Section {
        id: "flips",
        nav: "Flips",
        topic: "Verdicts that turn".to_owned(),
        finding: flips_title(turns.rows.len() - 1, goals),
        how: String::new(),
        body: turns.html(),
    }
}

fn flips_title(turns: usize, goals: usize) -> String {
    match (turns, goals) {
        (_, 0) => "No goals are set: there is no verdict to turn".to_owned(),
        (0, _) => "No figure that was moved by itself turns a verdict".to_owned(),
        (1, _) => "One verdict turns with one figure".to_owned(),
        (turns, _) => format!("{turns} verdicts turn, each with one figure"),
    }
}

fn at_once(found: &Sensitivity) -> Rows {
    let heads = ["objective", "as it is", "all bad", "bad effects added", "all good", "good effects added"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(found.objectives.iter().filter(|of| of.all.iter().any(Option::is_some)).map(|objective| {
        let value = |at: usize| {
            objective.all[at].map_or_else(String::new, |side| told_or_none(objective, side.value))
        };
        let sum = |at: usize| {
            let sum = objective.base.map(|base| (base + objective.sums[at]).max(0.0));
            told_or_none(objective, sum)
        };
        vec![named(objective), told_or_none(objective, objective.base), value(0), sum(0), value(1), sum(1)]
    }));
    Rows {
        name: "together",
        caption: "Everything at once",
        source: "sensitivity.json",
        rows,
        figures: vec![1, 2, 3, 4, 5],
    }
}

/// Every table of it.
pub(super) fn tables(found: &Sensitivity) -> [Rows; 3] {
    [every_effect(found), turns(found), at_once(found)]
}

fn together(found: &Sensitivity) -> Section {
    let at_once = at_once(found);
    let first = found
        .told_first()
        .first()
        .and_then(|at| at_once.rows.iter().find(|row| row[0] == named(&found.objectives[*at])));
    let finding = match first {
        Some(row) => together_title(&row[0], &row[1], &row[2], &row[4]),
        None => "Nothing was moved together".to_owned(),
    };
    Section {
        id: "together",
        nav: "Together",
        topic: "Everything at once".to_owned(),
        finding,
        how:
            "With every number at its bad end, and at its good end; beside it what single effects add up to."
                .to_owned(),
        body: at_once.html(),
    }
}

/// `As it is, p95 of OWA, Boston is 1.2 s; 4 s with everything bad; 300 ms with everything good`.
fn together_title(what: &str, now: &str, bad: &str, good: &str) -> String {
    let end = |value: &str, which: &str| {
        if value.is_empty() { String::new() } else { format!("; {value} with everything {which}") }
    };
    format!("As it is, {what} is {now}{}{}", end(bad, "bad"), end(good, "good"))
}

fn how_sure(shown: &Decided<'_>, found: &Sensitivity) -> Section {
    let runs = found.figures.iter().map(|figure| figure.runs).filter(|runs| *runs > 0);
    let finding = match (runs.clone().min(), runs.max()) {
        (Some(few), Some(many)) if few == many => {
            format!("Differences over {} of runs", count(few as usize, "pair"))
        }
        (Some(few), Some(many)) => format!("Differences over {few} to {many} pairs of runs"),
        _ => "No figure was played by itself".to_owned(),
    };
    let more =
        [("Runs in all", thousands(found.cost.runs)), ("Simulated events", thousands(found.cost.events))];
    how(shown.basis, finding, &more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_is_a_sentence() {
        assert_eq!(sentence(1, Some("a"), Some("b"), true), "One figure turns a verdict: a");
        assert_eq!(sentence(3, Some("a"), Some("b"), true), "3 figures turn a verdict, first a");
        assert_eq!(sentence(0, None, Some("b"), true), "No figure turns a verdict; b moves most");
        assert_eq!(sentence(0, None, Some("b"), false), "No goals are set; b moves most");
        assert_eq!(sentence(0, None, None, true), "No figure moves anything by more than chance does");
    }

    #[test]
    fn headlines_of_sections() {
        assert_eq!(effects_title(80, 1, 0), "Of 80 figures 1 moves an objective by more than chance does");
        assert_eq!(
            effects_title(80, 3, 27),
            "Of 80 figures 3 move an objective by more than chance does, 27 by the law"
        );
        assert!(
            effects_title(80, 0, 2)
                .ends_with("2 move an objective by the law, none by more than chance in runs")
        );
        assert_eq!(flips_title(0, 2), "No figure that was moved by itself turns a verdict");
        assert_eq!(flips_title(4, 2), "4 verdicts turn, each with one figure");
        assert_eq!(flips_title(0, 0), "No goals are set: there is no verdict to turn");
        assert_eq!(
            together_title("p95 of OWA, Boston", "1.2 s", "4 s", "300 ms"),
            "As it is, p95 of OWA, Boston is 1.2 s; 4 s with everything bad; 300 ms with everything good"
        );
    }
}
