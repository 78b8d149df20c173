//! A study of sensitivity as an object for programs.

use serde_json::{Value, json};

use super::words::{columns, own, token_of, unit};
use crate::results::sensitive::{Effect, Nature, Objective, Sensitivity, Side};

/// The study as a JSON object.
#[must_use]
pub fn object(found: &Sensitivity) -> Value {
    let figures: Vec<Value> = found
        .figures
        .iter()
        .map(|figure| {
            let end = |at: usize| {
                let end = figure.ends[at].as_ref()?;
                Some(json!({ "value": end.shown, "bounded": end.bounded }))
            };
            json!({
                "path": figure.path,
                "kind": match figure.nature {
                    Nature::Number => "number",
                    Nature::Profile => "profile",
                    Nature::Day => "day",
                    Nature::Contested => "contested",
                },
                "source": figure.rests.token(),
                "value": figure.base,
                "low": end(0),
                "high": end(1),
                "replications": figure.runs,
            })
        })
        .collect();
    let path = |at: &usize| found.figures[*at].path.as_str();
    let groups: Vec<Value> = found
        .groups
        .iter()
        .map(|group| {
            json!({
                "paths": group.figures.iter().map(path).collect::<Vec<_>>(),
                "matters": !group.is_idle,
                "most": group.most.map(|(_, share)| share),
                "objective": group.most.map(|(objective, _)| objective),
            })
        })
        .collect();
    json!({
        "scenario": found.scenario,
        "range": found.range,
        "objectives": found.objectives.iter().map(objective).collect::<Vec<_>>(),
        "figures": figures,
        "effects": found.effects.iter().map(|effect| row(found, effect)).collect::<Vec<_>>(),
        "groups": groups,
        "order": found.order.iter().map(path).collect::<Vec<_>>(),
        "idle_switches": found.idle_switches.iter().map(path).collect::<Vec<_>>(),
        "cost": {
            "replications": found.cost.runs,
            "events": found.cost.events,
            "events_of_a_replication": found.cost.base_events,
            "times_a_run_of_20": found.cost.ratio(),
        },
    })
}

fn objective(objective: &Objective) -> Value {
    let (protocol, population, name) = columns(&objective.about);
    let own = |value: Option<f64>| own(objective, value);
    json!({
        "protocol": protocol,
        "population": population,
        "name": name,
        "metric": token_of(&objective.about, objective.metric),
        "unit": unit(objective),
        "goal": own(objective.goal),
        "value": own(objective.base),
        "verdict": objective.word.map(|word| word.token()),
        "all_bad": objective.all[0].map(|side| own(side.value)),
        "all_good": objective.all[1].map(|side| own(side.value)),
        "sum_bad": own(Some(objective.sums[0])),
        "sum_good": own(Some(objective.sums[1])),
    })
}

fn row(found: &Sensitivity, effect: &Effect) -> Value {
    let objective = &found.objectives[effect.objective];
    let end = |side: &Option<Side>| {
        side.map(|side| {
            json!({
                "value": own(objective, side.value),
                "ci95": own(objective, side.half_width),
                "within_noise": side.within_noise,
                "crosses_goal": side.crosses,
            })
        })
    };
    json!({
        "path": found.figures[effect.figure].path,
        "objective": effect.objective,
        "base": own(objective, effect.base),
        "low": end(&effect.ends[0]),
        "high": end(&effect.ends[1]),
        "by": effect.by.token(),
        "rank": effect.rank,
    })
}
