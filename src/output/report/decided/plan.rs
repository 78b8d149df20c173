//! Plans: what to buy and when, what the next cheaper breaks, cases, damages, frontier, assumptions.

use std::collections::BTreeSet;

use maud::html;

use super::super::bits::{Section, State};
use super::super::rests::assumptions;
use super::super::shell::Part;
use super::parts::{Decided, drawn, head, headlines, how, sentences};
use super::plan_tables::{
    answers, broken, candidates, cost_by_site, designs, each_group, every_goal, lost, refused, what_to_buy,
};
use super::sensitivity;
use crate::output::planned::text::{self, beyond, infeasible};
use crate::output::planned::words::{name, total};
use crate::output::words::{count, percent, thousands};
use crate::results::planned::{Planned, PlannedGoal, Plans, Rests, ranked};
use crate::stats::verdict::Word;

/// What a page of plans is called.
pub(super) fn title(plans: &[Planned]) -> String {
    match plans {
        [] => String::new(),
        [one] => one.scenario.clone(),
        [first, second] => format!("{} and {}", first.scenario, second.scenario),
        [first, rest @ ..] => format!("{} and {} more designs", first.scenario, rest.len()),
    }
}

pub(super) fn verdict_of_all(plans: &[Planned]) -> String {
    match plans {
        [one] => verdict(one).1,
        plans => ranking_title(plans),
    }
}

/// What it comes to, with how that looks.
fn verdict(planned: &Planned) -> (State, String) {
    match planned.chosen.map(|at| &planned.candidates[at]) {
        None => (State::Bad, "Nothing that is on offer meets every goal".to_owned()),
        Some(chosen) => {
            let nothing = planned.quantities.iter().zip(&chosen.values).all(|(of, value)| of.now == *value);
            let cost = total(&chosen.cost, planned.currency.as_deref());
            let state =
                if planned.beyond.is_empty() && !planned.law_only { State::Good } else { State::None };
            (
                state,
                answered(
                    nothing,
                    &cost,
                    planned.currency.is_some(),
                    !planned.beyond.is_empty(),
                    planned.law_only,
                ),
            )
        }
    }
}

/// The answer in a line: what is owned, or what it costs, meets the goals.
fn answered(nothing: bool, cost: &str, priced: bool, but: bool, law_only: bool) -> String {
    let goals = match (law_only, but) {
        (true, _) => "holds cores, lines and limits by the law",
        (false, false) => "meets every goal",
        (false, true) => "meets every goal that a purchase can meet",
    };
    match (nothing, priced) {
        (true, _) => format!("What is owned {goals}"),
        (false, true) => format!("What {cost} buys {goals}"),
        (false, false) => format!("The least that {goals}: {cost}"),
    }
}

pub(super) fn parts(shown: &Decided<'_>, plans: &Plans, id: &str) -> Vec<Part> {
    let designs = plans.designs.as_slice();
    let rests = plans.rests.as_ref();
    if let [only] = designs {
        return vec![design(shown, only, rests, (0, 1), id)];
    }
    let above = overview(shown, designs, id);
    // What the answer rests on was studied of the cheapest.
    let each = ranked(designs).into_iter().zip(1..).map(|(at, number)| {
        let rests = rests.filter(|_| number == 1);
        design(shown, &designs[at], rests, (at, designs.len()), &format!("{id}-{number}"))
    });
    std::iter::once(above).chain(each).collect()
}

/// The designs by what they cost.
fn overview(shown: &Decided<'_>, plans: &[Planned], id: &str) -> Part {
    let state = if plans.iter().any(|of| of.chosen.is_some()) { State::None } else { State::Bad };
    let finding = ranking_title(plans);
    let title = shown.called(title(plans));
    let head = shown.head(&title, &count(plans.len(), "design"), (state, &finding), &[]);
    let section = Section {
        id: "designs",
        nav: "Designs",
        topic: "The designs by cost".to_owned(),
        finding,
        how:
            "The cheapest first, with what the names in its certificates cost; who has no answer comes last."
                .to_owned(),
        body: designs(plans).html(),
    };
    let sections = vec![section, how_sure(shown, plans)];
    Part { id: id.to_owned(), name: super::parts::overview(title, id), head, headlines: Vec::new(), sections }
}

/// Which design is cheapest, as far as any has an answer.
fn ranking_title(plans: &[Planned]) -> String {
    let answered: Vec<&Planned> =
        ranked(plans).into_iter().map(|at| &plans[at]).filter(|of| of.chosen.is_some()).collect();
    let cost =
        |of: &Planned| of.whole().map_or_else(String::new, |cost| total(&cost, of.currency.as_deref()));
    let designs = count(plans.len(), "design");
    let holds = if plans.iter().any(|of| of.law_only) { "holds by the law" } else { "meets every goal" };
    match answered.as_slice() {
        [] => format!("None of {designs} {holds}"),
        [one] => format!("Of {designs} only {} {holds}: {}", one.scenario, cost(one)),
        [first, second, ..] if first.whole() == second.whole() => {
            format!("{} and {} cost the same: {}", first.scenario, second.scenario, cost(first))
        }
        [first, second, ..] => {
            format!(
                "{} is the cheapest: {}; {} {}",
                first.scenario,
                cost(first),
                second.scenario,
                cost(second)
            )
        }
    }
}

fn design(
    shown: &Decided<'_>,
    planned: &Planned,
    rests: Option<&Rests>,
    (at, designs): (usize, usize),
    id: &str,
) -> Part {
    let (state, words) = verdict(planned);
    let about = format!("What to buy: {}", text::how(planned));
    let tiles = tiles(planned);
    let alone = designs == 1;
    let own = planned.scenario.clone();
    let title = if alone { shown.called(own) } else { own };
    let head = match alone {
        true => shown.head(&title, &about, (state, &words), &tiles),
        false => head(&title, &about, None, (state, &words), &tiles),
    };
    let picture = if alone { "plan".to_owned() } else { format!("plan-{}", at + 1) };
    let mut sections = vec![buy(planned)];
    sections.extend(in_the_way(planned));
    sections.extend(planned.chosen.map(|_| cheaper(planned)));
    sections.extend([cases(planned), losses(planned)]);
    let looked = candidates(planned).folded("What else was looked at");
    sections.push(drawn(("frontier", "Frontier"), id, shown.picture(&picture), &looked));
    sections.push(capacity(planned));
    sections.extend(rests.map(|rests| sensitivity::rests(shown, &rests.found, &rests.case, id)));
    sections.extend(shown.basis.assumed.get(at).map(|lines| assumptions(lines)));
    if alone {
        sections.push(how_sure(shown, std::slice::from_ref(planned)));
    }
    let headlines = headlines(&sections, &["buy", "beyond", "cheaper", "cases", "damages", "rests"], &words);
    Part { id: id.to_owned(), name: title, head, headlines, sections }
}

fn tiles(planned: &Planned) -> Vec<(String, String)> {
    let losses = asked_losses(planned);
    let mut tiles = Vec::new();
    tiles.extend(planned.chosen.map(|at| {
        let years = count(planned.years as usize, "year");
        let cost = total(&planned.candidates[at].cost, planned.currency.as_deref());
        (
            cost,
            if planned.currency.is_some() {
                format!("over {years}, beyond what is owned")
            } else {
                "in all".to_owned()
            },
        )
    }));
    tiles.push((planned.cases.len().to_string(), "cases in which every goal is to hold".to_owned()));
    tiles.push((losses.to_string(), "losses to be survived".to_owned()));
    let (played, all) = planned.events;
    if !planned.law_only && all > 0 {
        tiles.push((
            percent(played as f64 / all as f64),
            "of the events that playing everything would take".to_owned(),
        ));
    }
    tiles
}

fn buy(planned: &Planned) -> Section {
    let mut said = text::sentences(planned);
    // What stands in the way has a section.
    let told = obstacles(planned);
    said.retain(|sentence| !told.contains(sentence));
    let (first, rest) = said.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let body = html! {
        (sentences(rest))
        (what_to_buy(planned).html())
        (cost_by_site(planned).html())
        (refused(planned).folded("Numbers that cannot be had"))
    };
    Section {
        id: "buy",
        nav: "What to buy",
        topic: "What to buy, and when".to_owned(),
        finding: first.trim_end_matches('.').to_owned(),
        how: String::new(),
        body,
    }
}

/// What stands in the way, in sentences.
fn obstacles(planned: &Planned) -> Vec<String> {
    let mut said = beyond(planned);
    if planned.chosen.is_none() {
        said.extend(infeasible(planned).into_iter().skip(1));
    }
    said
}

/// What no purchase meets; nothing where nothing stands in the way.
fn in_the_way(planned: &Planned) -> Option<Section> {
    let said = obstacles(planned);
    let how = match planned.beyond.is_empty() {
        true => "",
        false => {
            "A goal that the way alone breaks, by distance and round trips, is met by no server and no line."
        }
    };
    (!said.is_empty()).then(|| Section {
        id: "beyond",
        nav: "In the way",
        topic: "What stands in the way".to_owned(),
        finding: beyond_title(planned.beyond.len()),
        how: how.to_owned(),
        body: sentences(&said),
    })
}

fn beyond_title(goals: usize) -> String {
    match goals {
        0 => "Whatever is on offer is refused".to_owned(),
        1 => "1 goal is beyond any purchase: the way alone takes longer".to_owned(),
        goals => format!("{goals} goals are beyond any purchase: the way alone takes longer"),
    }
}

fn cheaper(planned: &Planned) -> Section {
    let answer = planned.chosen.map(|at| &planned.candidates[at]);
    let other = planned.cheaper.map(|at| &planned.candidates[at]);
    let broken = broken(planned);
    let told = answer.zip(other).and_then(|(answer, other)| text::cheaper(planned, answer, other));
    let finding = told.unwrap_or_else(|| nothing_cheaper(planned.chosen == Some(0)).to_owned());
    Section {
        id: "cheaper",
        nav: "Cheaper",
        topic: "What the next cheaper breaks".to_owned(),
        finding: finding.trim_end_matches('.').to_owned(),
        how: match other.filter(|_| broken.rows.len() > 1) {
            Some(of) => format!("Goals that {} misses.", name(planned, of)),
            None => String::new(),
        },
        body: broken.html(),
    }
}

fn nothing_cheaper(is_cheapest: bool) -> &'static str {
    match is_cheapest {
        true => "Nothing that can be bought costs less",
        false => "Of nothing that costs less the refusal was seen",
    }
}

fn cases(planned: &Planned) -> Section {
    let goals: &[PlannedGoal] = planned.confirmed.as_ref().map_or(&[], |confirmed| &confirmed.goals);
    let answers = answers(planned);
    let judged = answers.rows.len() - 1;
    let runs = planned.confirmed.as_ref().map_or(0, |confirmed| confirmed.runs);
    let not_met = goals.iter().filter(|goal| goal.verdict != Word::Met).count();
    let finding = match (planned.chosen, planned.law_only) {
        (None, _) => "There is no answer whose cases could be shown".to_owned(),
        (_, true) => "By the law alone: latencies and failures were not looked at".to_owned(),
        _ => cases_title((goals.len(), not_met), (judged, planned.cases.len())),
    };
    let how = match runs {
        0 => String::new(),
        runs => format!(
            "{runs} fresh runs of each case, which the search has not seen; figures are those of these runs alone."
        ),
    };
    let body = html! { (answers.html()) (every_goal(planned).folded(&format!("All {}", count(goals.len(), "goal")))) };
    Section { id: "cases", nav: "Cases", topic: "In which cases it holds".to_owned(), finding, how, body }
}

/// `23 of 24 goals are met, over 3 of 4 cases; 1 is at the limit or saw too little`.
fn cases_title((goals, not_met): (usize, usize), (judged, cases): (usize, usize)) -> String {
    let over = match judged == cases {
        true => count(cases, "case"),
        false => format!("{judged} of {}", count(cases, "case")),
    };
    let none = if judged == cases { "" } else { "; the other cases have no goal to judge" };
    let rest = match not_met {
        0 => "",
        1 => "; 1 is at the limit or saw too little",
        _ => "; the others are at the limit or saw too little",
    };
    match goals {
        0 => format!("No goal was judged in {}", count(cases, "case")),
        goals => format!("{} of {goals} goals are met, over {over}{rest}{none}", goals - not_met),
    }
}

fn losses(planned: &Planned) -> Section {
    let without = planned.damages.iter().filter(|damage| damage.users > 0.0).count();
    let finding = match text::cut_off(planned) {
        Some(sentence) => sentence.trim_end_matches('.').to_owned(),
        None => damages_title(asked_losses(planned), planned.damages.len(), without).to_owned(),
    };
    Section {
        id: "damages",
        nav: "Damages",
        topic: "What is lost, and what that does".to_owned(),
        finding,
        how: match planned.damages.is_empty() {
            true => String::new(),
            false => "Each loss lasts the whole window, found out: checks are done and names have moved."
                .to_owned(),
        },
        body: lost(planned).html(),
    }
}

/// Losses in whose cases goals are to hold.
fn asked_losses(planned: &Planned) -> usize {
    let struck = planned.cases.iter().filter_map(|case| case.struck.as_deref());
    struck.collect::<BTreeSet<_>>().len()
}

fn damages_title(asked: usize, told: usize, without: usize) -> &'static str {
    match (asked, told, without) {
        (0, ..) => "No loss was asked for ([plan] survive)",
        (_, 0, _) => "What a loss does is told of an answer, and there is none",
        (.., 0) => "No loss leaves anybody without a way",
        _ => "Some losses leave users without a way",
    }
}

fn capacity(planned: &Planned) -> Section {
    let nearest = planned.groups.iter().filter_map(|of| Some((of, of.busiest? / of.limit)));
    let nearest = nearest.max_by(|a, b| a.1.total_cmp(&b.1));
    let finding = match nearest {
        Some((group, share)) => {
            format!("Nearest to its limit is {}: {} of it in its busiest hour", group.name, percent(share))
        }
        None => "How far anything is used was not seen".to_owned(),
    };
    Section {
        id: "capacity",
        nav: "Capacity",
        topic: "Group by group".to_owned(),
        finding,
        how: "In normal operation, as planned. What would do at least is by the law: now, with one lost, in the last year."
            .to_owned(),
        body: each_group(planned).html(),
    }
}

fn how_sure(shown: &Decided<'_>, plans: &[Planned]) -> Section {
    let mut more: Vec<(&str, String)> = Vec::new();
    for planned in plans {
        let (played, all) = planned.events;
        let events =
            format!("{} of about {} that 40 runs of everything have", thousands(played), thousands(all));
        more.push(("Looked at", format!("{}: {}", planned.scenario, text::how(planned))));
        if !planned.law_only {
            more.push(("Simulated events", events));
        }
    }
    let finding = match plans.iter().any(|of| of.law_only) {
        true => "By the utilisation law and limits: nothing was simulated",
        false => "Every goal at a confidence of 95 %, and the answer confirmed by fresh runs",
    };
    let finding = match plans.iter().all(|of| of.law_only || of.confirmed.is_some()) {
        true => finding,
        false => "Every goal at a confidence of 95 %",
    };
    how(shown.basis, finding.to_owned(), &more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample::planned::plans;

    #[test]
    fn answers_are_a_line() {
        assert_eq!(answered(true, "", true, false, false), "What is owned meets every goal");
        assert_eq!(
            answered(false, "EUR 30,800", true, false, false),
            "What EUR 30,800 buys meets every goal"
        );
        assert_eq!(
            answered(false, "3 servers with 24 cores", false, false, true),
            "The least that holds cores, lines and limits by the law: 3 servers with 24 cores"
        );
        assert!(
            answered(false, "EUR 1", true, true, false)
                .ends_with("meets every goal that a purchase can meet")
        );
    }

    #[test]
    fn headlines_of_sections() {
        assert_eq!(beyond_title(0), "Whatever is on offer is refused");
        assert_eq!(beyond_title(2), "2 goals are beyond any purchase: the way alone takes longer");
        assert_eq!(cases_title((24, 0), (4, 4)), "24 of 24 goals are met, over 4 cases");
        assert_eq!(
            cases_title((24, 1), (4, 4)),
            "23 of 24 goals are met, over 4 cases; 1 is at the limit or saw too little"
        );
        assert_eq!(
            cases_title((4, 0), (2, 3)),
            "4 of 4 goals are met, over 2 of 3 cases; the other cases have no goal to judge"
        );
        assert_eq!(damages_title(0, 0, 0), "No loss was asked for ([plan] survive)");
        assert_eq!(damages_title(3, 0, 0), "What a loss does is told of an answer, and there is none");
        assert_eq!(damages_title(3, 3, 0), "No loss leaves anybody without a way");
        assert_eq!(nothing_cheaper(true), "Nothing that can be bought costs less");
    }

    #[test]
    fn designs_are_ranked_in_a_line() {
        let of = |shape: &str| plans().into_iter().find(|(name, _)| *name == shape).unwrap().1;
        assert!(ranking_title(&of("designs")).contains("cost the same"), "{}", ranking_title(&of("designs")));
        assert_eq!(ranking_title(&of("infeasible")), "None of 1 design meets every goal");
    }
}
