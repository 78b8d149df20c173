//! A plan as an object for programs.

use serde_json::{Value, json};

use super::words::{columns, in_own, token, unit};
use crate::output::costs;
use crate::results::planned::{Planned, PlannedCandidate, PlannedGoal};

/// Plans as a JSON object, in the order in which they are ranked.
#[must_use]
pub fn object(plans: &[Planned]) -> Value {
    json!({ "plans": plans.iter().map(one).collect::<Vec<_>>() })
}

fn one(planned: &Planned) -> Value {
    let cases = planned.cases.iter().map(|case| json!({ "lost": case.struck, "year": case.year }));
    let quantities = planned
        .quantities
        .iter()
        .map(|of| json!({ "path": of.path, "label": of.label, "site": of.site, "now": of.now }));
    let frontier = planned.frontier();
    let candidates = planned.candidates.iter().enumerate();
    let candidates =
        candidates.map(|(at, of)| candidate(planned, (at, of), frontier.binary_search(&at).is_ok()));
    let confirmed = planned.confirmed.as_ref().map(|of| {
        json!({
            "replications": of.runs,
            "refused_before": of.refused,
            "goals": of.goals.iter().map(|of| goal(planned, of)).collect::<Vec<_>>(),
        })
    });
    let beyond = planned.beyond.iter().map(|of| {
        let (protocol, population, name) = columns(&of.about);
        json!({
            "protocol": protocol,
            "population": population,
            "name": name,
            "unit": unit(of.measure),
            "goal": in_own(of.measure, of.goal),
            "least": in_own(of.measure, of.least),
            "cure": of.cure,
        })
    });
    let groups = planned.groups.iter().map(|of| {
        json!({
            "name": of.name,
            "site": of.site,
            "now": of.now,
            "planned": of.planned,
            "utilisation_busiest_hour": of.busiest,
            "limit": of.limit,
            "least": of.least,
            "least_survive": of.survive,
            "least_grown": of.grown,
            "binds": of.binds,
        })
    });
    let damages = planned.damages.iter().map(|of| {
        json!({
            "lost": planned.cases[of.case].struck,
            "year": planned.cases[of.case].year,
            "users_cut_off": of.users,
            "user_hours": of.user_hours,
            "goals_missed": of.missed,
            "hottest": of.hottest.as_ref().map(|(name, _)| name),
            "hottest_use": of.hottest.as_ref().map(|(_, share)| share),
        })
    });
    let by_site = planned.by_site.iter().map(|(site, of)| json!({ "site": site, "cost": costs::object(of) }));
    let mut whole = json!({
        "scenario": planned.scenario,
        "currency": planned.currency,
        "years": planned.years,
        "law_only": planned.law_only,
        "feasible": planned.chosen.is_some(),
        "chosen": planned.chosen.map(|at| at + 1),
        "next_cheaper": planned.cheaper.map(|at| at + 1),
        "quantities": quantities.collect::<Vec<_>>(),
        "cases": cases.collect::<Vec<_>>(),
        "candidates": candidates.collect::<Vec<_>>(),
        "cost_by_site": by_site.collect::<Vec<_>>(),
        "confirmed": confirmed,
        "beyond_purchase": beyond.collect::<Vec<_>>(),
        "groups": groups.collect::<Vec<_>>(),
        "damages": damages.collect::<Vec<_>>(),
        "extend": planned.extend.iter().map(|(site, year)| json!({ "site": site, "year": year })).collect::<Vec<_>>(),
        "unfit": planned.unfit.iter().map(|(what, why)| json!({ "what": what, "why": why })).collect::<Vec<_>>(),
        "decided_by_value": planned.by_value.0,
        "longer_window_advised": planned.by_value.1,
        "events": planned.events.0,
        "events_of_every_candidate": planned.events.1,
    });
    unlisted(planned, &mut whole);
    whole
}

/// Of more candidates than can be listed how many there are, and whether cheaper ones are left open.
fn unlisted(planned: &Planned, whole: &mut Value) {
    if let Some(of) = planned.unlisted {
        whole["log10_of_all_candidates"] = json!(of.digits);
        whole["cheaper_left_open"] = json!(of.cheaper);
    }
}

fn candidate(planned: &Planned, (at, of): (usize, &PlannedCandidate), on_frontier: bool) -> Value {
    let refusal = of.refusal.as_ref().map(|refusal| {
        json!({
            "pruned_by": refusal.by.token(),
            "lost": refusal.case.and_then(|at| planned.cases[at].struck.as_deref()),
            "year": refusal.case.map(|at| planned.cases[at].year),
            "candidate": refusal.candidate.map(|at| at + 1),
            "reason": refusal.reason,
        })
    });
    json!({
        "candidate": at + 1,
        "values": of.values,
        "cost": costs::object(&of.cost),
        "expected": if of.expected.is_finite() { json!(of.expected) } else { Value::Null },
        "holds": of.holds,
        "refusal": refusal,
        "on_frontier": on_frontier,
        "goals": of.goals.iter().map(|of| goal(planned, of)).collect::<Vec<_>>(),
    })
}

fn goal(planned: &Planned, of: &PlannedGoal) -> Value {
    let (protocol, population, name) = columns(&of.about);
    let own = |value: f64| in_own(of.measure, value);
    let case = planned.cases.get(of.case);
    json!({
        "lost": case.and_then(|case| case.struck.as_deref()),
        "year": case.map(|case| case.year),
        "protocol": protocol,
        "population": population,
        "name": name,
        "metric": token(of),
        "unit": unit(of.measure),
        "value": of.value.map(own),
        "ci95": of.half_width.map(own),
        "goal": own(of.goal),
        "failed_share": of.failed,
        "verdict": of.verdict.token(),
        "replications": of.runs,
    })
}
