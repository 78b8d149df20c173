//! What a study of sensitivity says, in sentences for who has to decide what is measured first.

use super::words::{farthest, goal, instead, named, told, told_or_none};
use crate::output::words::{count, percent, thousands};
use crate::results::sensitive::{Cost, Effect, Moved, Nature, Objective, Sensitivity};

/// Crossings that are told one by one.
const CROSSINGS: usize = 12;
/// Figures that are named as those to be measured first.
const FIRST: usize = 5;
/// Figures of a group that are named.
const NAMED: usize = 4;

/// All of them, the most important first.
pub(in crate::output) fn sentences(found: &Sensitivity) -> Vec<String> {
    let mut all = crossings(found);
    all.extend(first(found));
    all.extend(switches(found));
    all.extend(groups(found));
    all.extend(together(found));
    all.push(cost(found));
    all
}

fn number(figure: &Moved) -> bool {
    figure.nature == Nature::Number
}

/// What turns a verdict; where nothing does, that.
fn crossings(found: &Sensitivity) -> Vec<String> {
    let crossing: Vec<(&Effect, usize)> = found.crossings().collect();
    let (disputed, plain): (Vec<_>, Vec<_>) =
        crossing.iter().partition(|(effect, _)| found.figures[effect.figure].nature == Nature::Contested);
    let place = |figure: usize| found.order.iter().position(|at| *at == figure).unwrap_or(usize::MAX);
    let mut plain: Vec<(&Effect, usize)> = plain;
    plain.sort_by_key(|(effect, end)| (place(effect.figure), effect.objective, *end));
    let mut all: Vec<String> = plain.iter().take(CROSSINGS).map(|one| turned(found, one)).collect();
    if let Some(more) = plain.len().checked_sub(CROSSINGS).filter(|more| *more > 0) {
        all.push(format!(
            "... and {} more; sensitivity.csv has all.",
            count(more, "verdict that a figure turns")
        ));
    }
    if plain.is_empty() && found.objectives.iter().any(|objective| objective.goal.is_some()) {
        all.push("No figure that was moved by itself turns a verdict.".to_owned());
    }
    all.extend(disputed.iter().map(|one| format!("A disputed rule flips a verdict: {}", turned(found, one))));
    all
}

fn turned(found: &Sensitivity, &(effect, end): &(&Effect, usize)) -> String {
    let (figure, objective) = (&found.figures[effect.figure], &found.objectives[effect.objective]);
    let value = effect.ends[end].and_then(|side| side.value);
    let verb = if objective.beyond == Some(true) { "would meet" } else { "would miss" };
    let of = |value: Option<f64>| told_or_none(objective, value);
    format!(
        "With `{}` {}, {} {verb} its goal ({}): {} instead of {}.",
        figure.path,
        instead(figure, end),
        named(objective),
        goal(objective).unwrap_or_default(),
        of(value),
        of(effect.base),
    )
}

/// What is to be measured first.
fn first(found: &Sensitivity) -> Vec<String> {
    let told: Vec<String> = found
        .order
        .iter()
        .filter(|at| found.figures[**at].runs > 0)
        .take(FIRST)
        .enumerate()
        .filter_map(|(place, &at)| {
            let (effect, share) = found.widest(at)?;
            let objective = &found.objectives[effect.objective];
            let (end, value) = farthest(effect)?;
            Some(format!(
                "{}. `{}` moves {} most: by {}; with {} it is {} instead of {}.",
                place + 1,
                found.figures[at].path,
                named(objective),
                share_words(objective, share),
                found.figures[at].ends[end].as_ref().map_or("", |end| end.shown.as_str()),
                told_or_none(objective, value),
                told_or_none(objective, effect.base),
            ))
        })
        .collect();
    if found.figures.iter().all(|figure| figure.runs == 0) {
        let idle: usize =
            found.groups.iter().filter(|group| group.is_idle).map(|group| group.figures.len()).sum();
        let numbers = found.groups.iter().map(|group| group.figures.len()).sum::<usize>();
        let why = match idle > 0 && idle == numbers {
            true => "no group of them moves an objective.",
            false => "the budget leaves no room, and what is said is by the law.",
        };
        return vec![format!("No figure was played by itself: {why}")];
    }
    if told.is_empty() {
        return vec!["No figure moves an objective by more than chance does.".to_owned()];
    }
    std::iter::once("What to measure first:".to_owned()).chain(told).collect()
}

/// A swing in words: of what it is a share.
fn share_words(objective: &Objective, share: f64) -> String {
    use crate::results::compared::{Measure, Metric};
    let share = percent(share);
    match (objective.metric, objective.goal, objective.base) {
        (Metric::Goal(Measure::Failures | Measure::Availability), ..) => {
            format!("{share} of what is allowed")
        }
        (_, Some(goal), Some(base)) if goal > base.abs() => format!("{share} of the goal"),
        _ => format!("{share} of it"),
    }
}

fn switches(found: &Sensitivity) -> Option<String> {
    let many = found.figures.iter().filter(|figure| figure.nature == Nature::Contested).count();
    let idle = found.idle_switches.len();
    match (many, idle) {
        (0, _) => None,
        (many, idle) if many == idle => Some(format!(
            "None of {} changes anybody's way in this organisation, whichever answer is right.",
            count(many, "disputed rule")
        )),
        (many, idle) => {
            let names: Vec<String> = (0..found.figures.len())
                .filter(|at| found.figures[*at].nature == Nature::Contested)
                .filter(|at| !found.idle_switches.contains(at))
                .map(|at| format!("`{}`", found.figures[at].path))
                .collect();
            Some(format!(
                "Of {} {} matter to who is served how here: {}.",
                count(many, "disputed rule"),
                thousands((many - idle) as u64),
                names.join(", ")
            ))
        }
    }
}

fn groups(found: &Sensitivity) -> Vec<String> {
    let idle: usize =
        found.groups.iter().filter(|group| group.is_idle).map(|group| group.figures.len()).sum();
    let most = found.groups.iter().filter(|group| group.is_idle).filter_map(|group| group.most);
    let most = most.map(|(_, share)| share.abs()).fold(0.0, f64::max);
    let mut all = Vec::new();
    if idle > 0 {
        let how = match most > 0.0 {
            true => format!("by more than {} of its goal or of what it is", percent(most)),
            false => "at all".to_owned(),
        };
        all.push(format!(
            "{} need not be measured: all of a group at their bad ends together move no objective {how}.",
            count(idle, "figure")
        ));
    }
    for group in found.groups.iter().filter(|group| !group.is_idle) {
        let names = group.figures.iter().take(NAMED).map(|at| format!("`{}`", found.figures[*at].path));
        let mut names: Vec<String> = names.collect();
        if let Some(more) = group.figures.len().checked_sub(NAMED).filter(|more| *more > 0) {
            names.push(format!("{more} more"));
        }
        let Some((objective, share)) = group.most else { continue };
        all.push(format!(
            "Not played by themselves: {}; with the rest of their group they move {} by {}.",
            names.join(", "),
            named(&found.objectives[objective]),
            percent(share.abs())
        ));
    }
    all
}

/// Everything bad and everything good, beside the sum of single effects.
fn together(found: &Sensitivity) -> Option<String> {
    let at = *found.told_first().first()?;
    let objective = &found.objectives[at];
    let base = objective.base?;
    let of = |at: usize| {
        let side = objective.all[at]?;
        let sum = told(objective, (base + objective.sums[at]).max(0.0));
        Some((told_or_none(objective, side.value), sum))
    };
    let ((bad, sum), (good, of_good)) = (of(0)?, of(1)?);
    let numbers = found.figures.iter().filter(|figure| number(figure)).count();
    if numbers < 2 {
        return None;
    }
    Some(format!(
        "With all {} at their bad ends, each for what it moves most, {} is {bad} (single effects added up give {sum}), \
         with all at their good ends {good} ({of_good}).",
        count(numbers, "number"),
        named(objective),
    ))
}

fn cost(found: &Sensitivity) -> String {
    let Cost { runs, .. } = found.cost;
    format!(
        "{} of the scenario moved; {} simulated events as a run of {} replications has.",
        count(usize::try_from(runs).unwrap_or(usize::MAX), "run"),
        format_args!("{} times as many", crate::output::format::real(found.cost.ratio(), 2)),
        Cost::YARDSTICK,
    )
}
