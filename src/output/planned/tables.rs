//! `plan.csv`, whose columns follow what can be bought, so that it is no table of fixed columns, and
//! `plan_groups.csv` and `plan_damages.csv` beside it.

use super::words::{columns, in_own, token, unit};
use crate::output::costs::amount;
use crate::output::format;
use crate::results::planned::{Cost, Planned, PlannedCandidate, PlannedGoal, PrunedBy};

/// What the README says of the columns, in order; what can be bought stands behind the second.
pub const COLUMNS: [(&str, &str); 23] = [
    ("candidate", "number of the combination, from 1, the cheapest first"),
    ("cost", "over all years, in units of `[prices] currency`; without prices servers"),
    (
        "case",
        "what is lost, as `--down` names it; blank in normal operation and where the candidate was not played",
    ),
    ("metric", "goals as in objectives.csv"),
    ("population", "blank for servers and links"),
    (
        "value",
        "over all runs, in `unit`; of the answer those of the fresh runs alone; blank where too little was seen, or where more failed than a percentile leaves over",
    ),
    ("ci95", "half-width of its 95 % interval"),
    ("goal", "that of `[slo]`, or of `[slo.survive]` where something is lost"),
    (
        "verdict",
        "`met` where it was accepted, `missed` or `never` where it was refused, `open` where neither was decided before the candidate was dropped, or by value alone, `unjudged`",
    ),
    (
        "refused_by",
        "of a candidate that is none, why; of `dominated` the number of the one that is at least as able in everything and was refused",
    ),
    ("on_frontier", "`yes` where nothing cheaper was seen to be nearer to its goals"),
    ("chosen", "`yes` of the answer"),
    (
        "pruned_by",
        "`law`: more is asked of cores or a line than the goal allows; `limit`: more is held than there is; `unloaded`: the latency without load is beyond the goal; `dominated`; `simulated`: by its own runs; blank of those that hold and of those nobody had to ask",
    ),
    ("year", "years from now"),
    ("protocol", "as in sessions.csv; blank for servers and links"),
    ("name", "server group or link direction; blank for users"),
    ("unit", "of value, ci95 and goal: `ms` or `share`"),
    ("failed_share", "share of the requests that failed, of users"),
    ("replications", "runs behind the row"),
    ("cost_once", "paid once; blank without prices"),
    ("cost_a_year", "paid each year; blank without prices"),
    ("cores", "of all servers, where there are no prices"),
    (
        "expected",
        "by the law: the farthest use over its goal, in the case that is worst; holds at 1 and below",
    ),
];

/// Cost, once, a year, cores.
fn costs(cost: &Cost) -> [String; 4] {
    match *cost {
        Cost::Money { once, a_year, total } => [amount(total), amount(once), amount(a_year), String::new()],
        Cost::Machines { servers, cores } => {
            [servers.to_string(), String::new(), String::new(), cores.to_string()]
        }
    }
}

fn yes(is: bool) -> String {
    if is { "yes".to_owned() } else { String::new() }
}

/// Why a candidate is none: a number or words.
fn refused_by(candidate: &PlannedCandidate) -> String {
    let Some(refusal) = &candidate.refusal else { return String::new() };
    match (refusal.by, refusal.candidate) {
        (PrunedBy::Dominated, Some(of)) => (of + 1).to_string(),
        _ => refusal.reason.clone(),
    }
}

/// The bytes of `plan.csv`.
#[must_use]
pub fn file(planned: &Planned) -> Vec<u8> {
    rows_of(planned, |_| true)
}

/// The same of some of the candidates.
#[must_use]
pub fn rows_of(planned: &Planned, wanted: impl Fn(usize) -> bool) -> Vec<u8> {
    let names = |range: std::ops::Range<usize>| COLUMNS[range].iter().map(|(name, _)| (*name).to_owned());
    let quantities = planned.quantities.iter().map(|quantity| quantity.path.clone());
    let head: Vec<String> = names(0..2).chain(quantities).chain(names(2..COLUMNS.len())).collect();
    let (mut rows, frontier) = (vec![head], planned.frontier());
    let marked = |at: usize| frontier.binary_search(&at).is_ok();
    for (at, candidate) in planned.candidates.iter().enumerate().filter(|(at, _)| wanted(*at)) {
        let fresh = planned.confirmed.as_ref().filter(|_| planned.chosen == Some(at));
        let goals = fresh.map_or(&candidate.goals, |confirmed| &confirmed.goals);
        if goals.is_empty() {
            rows.push(row(planned, (at, candidate), marked(at), None));
        }
        rows.extend(goals.iter().map(|goal| row(planned, (at, candidate), marked(at), Some(goal))));
    }
    written(rows)
}

fn row(
    planned: &Planned,
    (at, candidate): (usize, &PlannedCandidate),
    on_frontier: bool,
    goal: Option<&PlannedGoal>,
) -> Vec<String> {
    let [cost, once, a_year, cores] = costs(&candidate.cost);
    let of_goal = |of: &dyn Fn(&PlannedGoal) -> String| goal.map_or_else(String::new, of);
    let real = |value: Option<f64>| value.map_or_else(String::new, |value| format::real(value, 6));
    let safe = |text: &str| format::safe(text).into_owned();
    let case = goal.and_then(|goal| planned.cases.get(goal.case));
    let refusal = candidate.refusal.as_ref();
    let mut cells = vec![(at + 1).to_string(), cost];
    cells.extend(candidate.values.iter().map(|value| safe(value)));
    cells.extend([
        case.and_then(|case| case.struck.as_deref()).map_or_else(String::new, safe),
        of_goal(&|goal| token(goal).to_owned()),
        of_goal(&|goal| safe(columns(&goal.about).1)),
        of_goal(&|goal| real(goal.value.map(|value| in_own(goal.measure, value)))),
        of_goal(&|goal| real(goal.half_width.map(|half| in_own(goal.measure, half)))),
        of_goal(&|goal| real(Some(in_own(goal.measure, goal.goal)))),
        of_goal(&|goal| goal.verdict.token().to_owned()),
        safe(&refused_by(candidate)),
        yes(on_frontier),
        yes(planned.chosen == Some(at)),
        refusal.map_or_else(String::new, |refusal| refusal.by.token().to_owned()),
        case.map_or_else(String::new, |case| case.year.to_string()),
        of_goal(&|goal| columns(&goal.about).0.to_owned()),
        of_goal(&|goal| safe(columns(&goal.about).2)),
        of_goal(&|goal| unit(goal.measure).to_owned()),
        of_goal(&|goal| real(goal.failed)),
        of_goal(&|goal| goal.runs.to_string()),
        once,
        a_year,
        cores,
        real(Some(candidate.expected).filter(|expected| expected.is_finite())),
    ]);
    cells
}

/// What the README says of `plan_groups.csv`.
pub const GROUPS: [(&str, &str); 10] = [
    ("name", "group of servers or line"),
    ("site", "its site, or both ends of a line"),
    ("now", "what is owned"),
    ("planned", "what the answer has"),
    (
        "utilisation_busiest_hour",
        "share of cores or of the line in its busiest hour, as planned, in normal operation",
    ),
    ("limit", "what the goal allows of it"),
    ("least", "the least that would do in normal operation, by the law"),
    ("least_survive", "the least that would do in the worst case of `plan.survive`, by the law"),
    ("least_grown", "the same in the last year"),
    ("binds", "the goal or limit that is nearest"),
];

/// The bytes of `plan_groups.csv`.
#[must_use]
pub fn groups(planned: &Planned) -> Vec<u8> {
    let mut rows = vec![GROUPS.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()];
    rows.extend(planned.groups.iter().map(|group| {
        let safe = |text: &str| format::safe(text).into_owned();
        vec![
            safe(&group.name),
            safe(&group.site),
            safe(&group.now),
            safe(&group.planned),
            group.busiest.map_or_else(String::new, |share| format::real(share, 6)),
            format::real(group.limit, 6),
            safe(&group.least),
            safe(&group.survive),
            safe(&group.grown),
            safe(&group.binds),
        ]
    }));
    written(rows)
}

/// What the README says of `plan_damages.csv`.
pub const DAMAGES: [(&str, &str); 7] = [
    ("lost", "what is dead all the time"),
    ("year", "years from now"),
    ("users_cut_off", "users who have no way left, mean over runs"),
    ("user_hours", "hours that these lose together in the window, mean over runs"),
    ("goals_missed", "goals missed by those who still have a way"),
    ("hottest", "the group of servers or line that is used most"),
    ("hottest_use", "share of it in its busiest hour"),
];

/// The bytes of `plan_damages.csv`.
#[must_use]
pub fn damages(planned: &Planned) -> Vec<u8> {
    let mut rows = vec![DAMAGES.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()];
    rows.extend(planned.damages.iter().map(|damage| {
        let case = &planned.cases[damage.case];
        let hottest = damage.hottest.as_ref();
        vec![
            case.struck.as_deref().map_or_else(String::new, |what| format::safe(what).into_owned()),
            case.year.to_string(),
            format::real(damage.users, 6),
            format::real(damage.user_hours, 6),
            damage.missed.to_string(),
            hottest.map_or_else(String::new, |(name, _)| format::safe(name).into_owned()),
            hottest.map_or_else(String::new, |(_, share)| format::real(*share, 6)),
        ]
    }));
    written(rows)
}

fn written(rows: Vec<Vec<String>>) -> Vec<u8> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    for row in rows {
        table.write_record(&row).expect("a vector takes every byte");
    }
    table.into_inner().expect("a vector takes every byte")
}
