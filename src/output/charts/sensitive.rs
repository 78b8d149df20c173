//! The pictures of a study of sensitivity: for each objective that is moved most what moves it.
//!
//! Chooses rows and words; `tornado` lays them out.

use super::chart::Drawn;
use super::scene::Head;
use super::tornado::{End, Row, Tornado};
use crate::output::sensitive::tables;
use crate::output::sensitive::words::{goal, metric_of, moved, named, subject, told, told_or_none};
use crate::output::words::{count, duration, percent};
use crate::results::sensitive::{By, Effect, Objective, Sensitivity};

/// Rows of a picture, and which part of the widest one's swing they have at least.
const ROWS: usize = 12;
const LEAST: f64 = 0.02;

/// Every picture; those behind the first are numbered.
#[must_use]
pub(super) fn of_sensitivity(found: &Sensitivity) -> Vec<Drawn> {
    let one = |(number, objective): (usize, usize)| {
        let shown: Vec<&Effect> = shown(found, objective).collect();
        let has = |effect: &Effect| shown.iter().any(|one| std::ptr::eq(*one, effect));
        let name = if number == 1 { "tornado".to_owned() } else { format!("tornado-{number}") };
        Drawn::drawing(name, tornado(found, objective, &shown).scene(), tables::shown_rows(found, has))
    };
    (1..).zip(found.told_first()).map(one).collect()
}

/// The rows of a picture: what was simulated, and what the law says where that is all there is.
fn shown(found: &Sensitivity, objective: usize) -> impl Iterator<Item = &Effect> {
    let widest = found.of(objective).map(Effect::swing).fold(0.0, f64::max);
    let told = move |effect: &&Effect| effect.swing() > LEAST * widest || has_none(effect);
    found.of(objective).filter(told).take(ROWS)
}

fn has_none(effect: &Effect) -> bool {
    effect.ends.iter().flatten().any(|side| side.value.is_none())
}

fn tornado(found: &Sensitivity, at: usize, shown: &[&Effect]) -> Tornado {
    let objective = &found.objectives[at];
    let what = format!("{} of {}", metric_of(objective.metric), subject(&objective.about));
    let head = Head {
        topic: format!("What if a figure is wrong? {what}"),
        finding: finding(found, objective, shown),
        how: how(found, objective, shown),
    };
    Tornado {
        head,
        base: objective.base.unwrap_or(0.0),
        goal: objective.goal.map(|value| (value, format!("goal {}", told(objective, value)))),
        more_is_better: objective.is_least(),
        // Without a value there is nothing from which bars could go.
        rows: if objective.base.is_none() {
            Vec::new()
        } else {
            shown.iter().map(|of| row(found, of)).collect()
        },
        ends: ["lower, or the one before".to_owned(), "higher, or the one behind".to_owned()],
        label: if objective.is_time() { duration } else { percent },
        foot: foot(found, at, shown),
        empty: match objective.base {
            None => format!("{what} has no value: more failed than the percentile leaves over"),
            Some(_) => format!("No figure that was moved changes {what}"),
        },
    }
}

fn row(found: &Sensitivity, effect: &Effect) -> Row {
    let (figure, objective) = (&found.figures[effect.figure], &found.objectives[effect.objective]);
    // What the law says is a difference from what the law says of the base.
    let from = match effect.by {
        By::Simulated => 0.0,
        By::Law => objective.base.zip(effect.base).map_or(0.0, |(seen, law)| seen - law),
    };
    let end = |at: usize| {
        let side = effect.ends[at]?;
        let value = side.value.map(|value| (value + from).max(0.0));
        Some(End {
            value,
            half_width: side.half_width,
            noise: side.within_noise,
            label: told_or_none(objective, value),
        })
    };
    let law = if effect.by == By::Law { ", by the law" } else { "" };
    Row { name: figure.path.clone(), words: format!("{}{law}", moved(figure)), ends: [end(0), end(1)] }
}

/// What the picture shows, the first that applies.
fn finding(found: &Sensitivity, objective: &Objective, shown: &[&Effect]) -> String {
    let path = |effect: &Effect| found.figures[effect.figure].path.clone();
    if let Some((effect, end)) = shown.iter().find_map(|effect| {
        (0..2).find(|&end| effect.ends[end].is_some_and(|side| side.crosses)).map(|end| (effect, end))
    }) {
        let to = found.figures[effect.figure].ends[end].as_ref().map_or("", |end| end.shown.as_str());
        let verb = if objective.beyond == Some(true) { "meets" } else { "misses" };
        let value = effect.ends[end].and_then(|side| side.value);
        return format!(
            "{} decides: at {to} {} {verb} its goal ({})",
            path(effect),
            named(objective),
            told_or_none(objective, value)
        );
    }
    match shown.iter().find(|effect| !effect.is_noise()) {
        Some(effect) => {
            let ends = effect.ends.iter().flatten().filter_map(|side| side.value).chain(objective.base);
            let (low, high) =
                ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (f64::min(a, v), f64::max(b, v)));
            let turns = if objective.goal.is_some() { ", and nothing turns its verdict" } else { "" };
            let (low, high) = (told(objective, low), told(objective, high));
            format!("{} moves it most, {low} to {high}{turns}", path(effect))
        }
        None => "No figure moves it by more than chance does".to_owned(),
    }
}

fn how(found: &Sensitivity, objective: &Objective, shown: &[&Effect]) -> String {
    let [low, high] = found.range.map(percent);
    let goal = goal(objective).map_or_else(String::new, |goal| format!(", goal {goal}"));
    let runs = shown.iter().filter(|effect| effect.by == By::Simulated);
    let runs: Vec<u32> = runs.map(|effect| found.figures[effect.figure].runs).collect();
    let pairs = match (runs.iter().min(), runs.iter().max()) {
        (Some(few), Some(many)) if few == many => format!(" over {few} pairs of runs"),
        (Some(few), Some(many)) => format!(" over {few} to {many} pairs of runs"),
        _ => String::new(),
    };
    format!(
        "One figure moves at a time, numbers to {low} and {high} of what they are. As it is {}{goal}. Whiskers: \
         95 % intervals of the difference{pairs}",
        told_or_none(objective, objective.base)
    )
}

fn foot(found: &Sensitivity, at: usize, shown: &[&Effect]) -> Vec<String> {
    let mut foot = Vec::new();
    let more = found.of(at).filter(|effect| effect.swing() > 0.0).count().saturating_sub(shown.len());
    let is_shown = |effect: &&Effect| !shown.iter().any(|one| std::ptr::eq(*one, *effect));
    if let Some(widest) = found.of(at).find(is_shown).filter(|_| more > 0) {
        let share = found.share(widest);
        foot.push(format!(
            "{} move it by at most {} of it or of its goal.",
            count(more, "more figure"),
            percent(share)
        ));
    }
    let idle: usize =
        found.groups.iter().filter(|group| group.is_idle).map(|group| group.figures.len()).sum();
    if idle > 0 {
        foot.push(format!("{} were moved together and matter to no objective.", count(idle, "figure")));
    }
    let bounded: Vec<&str> = shown
        .iter()
        .map(|effect| &found.figures[effect.figure])
        .filter(|figure| figure.ends.iter().flatten().any(|end| end.bounded))
        .map(|figure| figure.path.as_str())
        .collect();
    if !bounded.is_empty() {
        foot.push(format!("Moved as far as they may: {}.", bounded.join(", ")));
    }
    foot
}
