//! Tables of a plan: on its page, and as files of their own.

use super::parts::Rows;
use crate::output::planned::text::{bought, by_site, damages, groups, others, ranking, unfit};
use crate::output::planned::words::{case, measure, seen, subject, told};
use crate::results::planned::{Planned, PlannedGoal, Plans, ranked};
use crate::stats::verdict::Word;

pub(super) fn designs(plans: &[Planned]) -> Rows {
    let in_order: Vec<Planned> = ranked(plans).into_iter().map(|at| plans[at].clone()).collect();
    let rows = ranking(&in_order);
    Rows { name: "designs", caption: "The designs by cost", source: "plan.csv", rows, figures: vec![1, 2] }
}

pub(super) fn broken(planned: &Planned) -> Rows {
    let other = planned.cheaper.map(|at| &planned.candidates[at]);
    let mut rows = vec![["case", "who or what", "seen and asked", "verdict"].map(str::to_owned).to_vec()];
    let goals = other.iter().flat_map(|of| &of.goals).filter(|goal| goal.verdict.is_missed());
    rows.extend(goals.map(|goal| {
        vec![case(planned, goal.case), subject(&goal.about), seen(goal), goal.verdict.token().to_owned()]
    }));
    Rows {
        name: "cheaper",
        caption: "Goals that the next cheaper one misses",
        source: "plan.csv",
        rows,
        figures: Vec::new(),
    }
}

/// Goals of the answer, case by case.
pub(super) fn answers(planned: &Planned) -> Rows {
    let goals: &[PlannedGoal] = planned.confirmed.as_ref().map_or(&[], |confirmed| &confirmed.goals);
    let of = |at: usize| goals.iter().filter(move |goal| goal.case == at);
    let with =
        |at: usize, words: &[Word]| of(at).filter(|goal| words.contains(&goal.verdict)).count().to_string();
    let mut rows = vec![
        ["case", "met", "open", "not judged", "missed", "nearest to its limit"].map(str::to_owned).to_vec(),
    ];
    rows.extend((0..planned.cases.len()).filter(|at| of(*at).next().is_some()).map(|at| {
        let far = |goal: &&PlannedGoal| goal.excess().unwrap_or(0.0);
        let nearest = of(at).filter(|goal| goal.excess().is_some()).max_by(|a, b| far(a).total_cmp(&far(b)));
        vec![
            case(planned, at),
            with(at, &[Word::Met]),
            with(at, &[Word::Open]),
            with(at, &[Word::Unjudged]),
            with(at, &[Word::Missed, Word::Never]),
            nearest.map_or_else(String::new, |goal| format!("{}: {}", subject(&goal.about), seen(goal))),
        ]
    }));
    Rows {
        name: "cases",
        caption: "The answer in each case",
        source: "plan.csv",
        rows,
        figures: vec![1, 2, 3, 4],
    }
}

pub(super) fn every_goal(planned: &Planned) -> Rows {
    let goals: &[PlannedGoal] = planned.confirmed.as_ref().map_or(&[], |confirmed| &confirmed.goals);
    let heads = ["case", "who or what", "goal for", "value", "\u{b1}", "goal", "verdict", "runs"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let say = |goal: &PlannedGoal, value: Option<f64>| {
        value.map_or_else(String::new, |value| told(goal.measure, value))
    };
    rows.extend(goals.iter().map(|goal| {
        vec![
            case(planned, goal.case),
            subject(&goal.about),
            measure(goal.measure).to_owned(),
            say(goal, goal.value),
            say(goal, goal.half_width),
            say(goal, Some(goal.goal)),
            goal.verdict.token().to_owned(),
            goal.runs.to_string(),
        ]
    }));
    Rows {
        name: "goals",
        caption: "Each goal of the answer in each case",
        source: "plan.csv",
        rows,
        figures: vec![3, 4, 5, 7],
    }
}

pub(super) fn what_to_buy(planned: &Planned) -> Rows {
    let rows = bought(planned);
    Rows { name: "buy", caption: "What to buy", source: "plan_groups.csv", rows, figures: Vec::new() }
}

pub(super) fn cost_by_site(planned: &Planned) -> Rows {
    let rows = by_site(planned);
    Rows { name: "cost", caption: "What it costs, by site", source: "plan.json", rows, figures: vec![0] }
}

pub(super) fn refused(planned: &Planned) -> Rows {
    Rows {
        name: "unfit",
        caption: "Numbers of servers that the scenario refuses",
        source: "plan.json",
        rows: unfit(planned),
        figures: Vec::new(),
    }
}

pub(super) fn candidates(planned: &Planned) -> Rows {
    let rows = others(planned);
    Rows {
        name: "candidates",
        caption: "Candidates beside the answer",
        source: "plan.csv",
        rows,
        figures: vec![0],
    }
}

pub(super) fn each_group(planned: &Planned) -> Rows {
    let rows = groups(planned);
    Rows { name: "capacity", caption: "Group by group", source: "plan_groups.csv", rows, figures: Vec::new() }
}

pub(super) fn lost(planned: &Planned) -> Rows {
    let mut rows = damages(planned);
    // By the number alone, so that it can be sorted.
    rows.iter_mut().skip(1).for_each(|row| row[1] = row[1].trim_end_matches(" users").to_owned());
    if let Some(head) = rows.first_mut() {
        head[1] = "users cut off".to_owned();
    }
    Rows {
        name: "damages",
        caption: "What each loss does",
        source: "plan_damages.csv",
        rows,
        figures: vec![1, 2, 3],
    }
}

/// Every table of it, those of a design with its number from 1 where there are several.
pub(super) fn tables(plans: &Plans) -> Vec<(usize, Rows)> {
    let several = plans.designs.len() > 1;
    let mut all: Vec<(usize, Rows)> = several.then(|| (0, designs(&plans.designs))).into_iter().collect();
    for (at, number) in ranked(&plans.designs).into_iter().zip(1..) {
        let planned = &plans.designs[at];
        let of =
            [what_to_buy, cost_by_site, refused, broken, answers, every_goal, lost, candidates, each_group];
        all.extend(of.iter().map(|table| (if several { number } else { 0 }, table(planned))));
    }
    all
}
