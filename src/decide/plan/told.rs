//! A plan as it is told: what the grid has, what the search found, and what stands around the answer.
//!
//! Decides nothing. Rows: [`crate::results::planned`].

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::candidate::{Candidate, Cost, PrunedBy};
use super::cases::{InCase, Lost};
use super::design::names;
use super::error::PlanError;
use super::grid::{Grid, outgrown};
use super::machines::Pool;
use super::places::{Choice, Of, Place};
use super::play::Found;
use super::search::Status;
use crate::kernel::Id;
use crate::model::purchase::{Line, Price};
use crate::model::topology::Site;
use crate::results::compared::{About, Measure};
use crate::results::planned::{
    BeyondPurchase, Confirmed, Damage, Planned, PlannedCandidate, PlannedCase, PlannedGoal, PlannedGroup,
    PlannedQuantity, Refusal, Unlisted,
};
use crate::results::{RunResult, Scarce};
use crate::scenario::Override;

/// Where links between two sites stand in what is paid.
const LINES: &str = "the lines";

/// The plan of a design by runs.
///
/// # Errors
/// [`PlanError`], of the answer in a case.
pub fn by_runs(grid: &Grid<'_>, found: &Found) -> Result<Planned, PlanError> {
    let mut goals: BTreeMap<usize, Vec<PlannedGoal>> = BTreeMap::new();
    for ((candidate, _), seen) in &found.seen {
        goals.entry(*candidate).or_default().extend(seen.goals.iter().cloned());
    }
    let candidates = grid.candidates.iter().enumerate().map(|(at, candidate)| {
        let status = found.status[at];
        PlannedCandidate {
            goals: goals.remove(&at).unwrap_or_default(),
            refusal: refusal(candidate, status, (at, found)),
            holds: status == Status::Accepted,
            ..plain(grid, candidate)
        }
    });
    let candidates = candidates.collect();
    let confirmed = found.answer.map(|_| Confirmed {
        runs: found.fresh_runs,
        refused: found.unconfirmed.len() as u32,
        goals: found.fresh.iter().flat_map(|fresh| fresh.goals.iter().cloned()).collect(),
    });
    let of_answer =
        || found.seen.iter().filter(|((one, _), _)| Some(*one) == found.answer).map(|(_, seen)| seen);
    let result = |case: usize| found.fresh.get(case).and_then(|fresh| fresh.result.as_ref());
    let missed = |case: usize| {
        let goals = found.fresh.get(case).map_or(&[][..], |fresh| &fresh.goals);
        goals.iter().filter(|goal| goal.verdict.is_missed()).count()
    };
    let planned = frame(grid, candidates, found.answer, &result, &missed)?;
    Ok(Planned {
        unlisted: planned.unlisted.map(|of| Unlisted { cheaper: leaves_open(grid, found), ..of }),
        cheaper: found.next_cheaper,
        confirmed,
        by_value: (
            of_answer().map(|seen| seen.by_value).sum(),
            of_answer().any(|seen| seen.wants_longer > 0),
        ),
        events: (found.events, found.events_of_brute_force),
        ..planned
    })
}

/// Whether something cheaper than the answer that is not listed was neither refused nor played.
fn leaves_open(grid: &Grid<'_>, found: &Found) -> bool {
    let (Some(all), Some(answer)) = (&grid.lattice, found.answer) else { return false };
    let refused = |status: &Status| matches!(status, Status::Refused(_) | Status::Unconfirmed);
    let each = grid.candidates.iter().zip(&found.status);
    let refused: Vec<&[u16]> =
        each.filter(|(_, status)| refused(status)).map(|(one, _)| one.choices.as_slice()).collect();
    all.leaves_open(&grid.candidates[answer], &refused)
}

/// The plan by the utilisation law and the limits alone.
///
/// # Errors
/// As [`by_runs`].
pub fn by_law(grid: &Grid<'_>) -> Result<Planned, PlanError> {
    let candidates = grid.candidates.iter().map(|candidate| {
        let beyond = || (candidate.expected > 1.0).then(|| expected(grid, candidate));
        let refusal = candidate.bound.as_ref().map(bound).or_else(beyond);
        PlannedCandidate { holds: refusal.is_none(), refusal, ..plain(grid, candidate) }
    });
    let candidates: Vec<PlannedCandidate> = candidates.collect();
    let chosen = candidates.iter().position(|candidate| candidate.holds);
    let cost = |at: usize| candidates[at].cost.amount();
    let most = chosen.and_then(|chosen| (0..chosen).rev().find(|&at| cost(at) < cost(chosen)));
    // Of several at one cost the one with most headroom, which is told first.
    let cheaper = most.and_then(|most| (0..=most).find(|&at| cost(at) == cost(most)));
    let planned = frame(grid, candidates, chosen, &|_| None, &|_| 0)?;
    Ok(Planned { cheaper, law_only: true, ..planned })
}

/// What the law expects to be beyond its goal, farthest, and in which case.
fn expected(grid: &Grid<'_>, candidate: &Candidate) -> Refusal {
    let expected = (0..grid.cases.all.len()).map(|case| (case, grid.expected_in(candidate, case)));
    let worst = expected.max_by(|a, b| a.1.total_cmp(&b.1));
    let (case, ratio) = (worst.map(|of| of.0), worst.map_or(candidate.expected, |of| of.1));
    let chosen = grid.chosen(candidate);
    let is_it = |(at, choice): (usize, &&Choice)| {
        let number = grid.places[at].choices.iter().position(|one| std::ptr::eq(one, *choice))?;
        let own = grid.expected_of(at, number, case?);
        (own >= ratio).then(|| called(grid, &grid.places[at]))
    };
    let what = chosen.iter().enumerate().find_map(is_it);
    let what = what.unwrap_or_else(|| "what nothing on offer changes".to_owned());
    let reason =
        format!("the law expects {what} at {ratio:.2} times its goal, or without one 90 % of what there is");
    Refusal { by: PrunedBy::Law, case, candidate: None, reason }
}

/// The name of a pool or line.
fn called(grid: &Grid<'_>, place: &Place) -> String {
    match place.of {
        Of::Pool(pool) => grid.cases.pools[pool].name.clone(),
        Of::Line(_) => {
            let path = place.quantities.first().map_or("", |of| of.path.as_str());
            path.strip_suffix(".bandwidth").unwrap_or(path).to_owned()
        }
    }
}

/// What both have; `result` is what fresh runs of the answer gave in a case.
fn frame<'r>(
    grid: &Grid<'_>,
    candidates: Vec<PlannedCandidate>,
    chosen: Option<usize>,
    result: &dyn Fn(usize) -> Option<&'r RunResult>,
    missed: &dyn Fn(usize) -> usize,
) -> Result<Planned, PlanError> {
    let base = grid.cases.base;
    let (plan, prices) = (&base.purchase.plan, base.purchase.prices.as_ref());
    let answer = chosen.map(|at| &grid.candidates[at]);
    let extend =
        outgrown(&grid.cases)?.into_iter().map(|of| (of.site.unwrap_or_else(|| LINES.to_owned()), of.year));
    let by_site = answer.filter(|_| prices.is_some()).map_or_else(Vec::new, |answer| {
        let sites = grid.by_site(answer).into_iter().filter(|(_, price)| price.total(plan.years).0 > 0);
        sites
            .map(|(site, price)| (site.unwrap_or_else(|| LINES.to_owned()), money(price, plan.years)))
            .collect()
    });
    let (count, price) = names(base);
    let cases = grid.cases.all.iter().map(|case| PlannedCase {
        struck: case.lost.as_ref().map(|lost| struck(&grid.cases.pools, lost)),
        year: case.year,
    });
    Ok(Planned {
        scenario: base.name.clone(),
        currency: prices.map(|prices| prices.currency.clone()),
        years: plan.years,
        quantities: quantities(grid),
        cases: cases.collect(),
        candidates,
        unlisted: grid.lattice.as_ref().map(|all| Unlisted { digits: all.digits(), cheaper: false }),
        chosen,
        cheaper: None,
        by_site,
        names: (count, money(price, plan.years)),
        confirmed: None,
        beyond: grid.path_bound.iter().map(beyond).collect(),
        groups: groups(grid, answer, result(0)),
        damages: damages(grid, answer, result, missed)?,
        extend: extend.collect(),
        unfit: grid.places.iter().flat_map(|place| place.unfit.iter().cloned()).collect(),
        law_only: false,
        by_value: (0, false),
        events: (0, 0),
    })
}

fn money(price: Price, years: u32) -> Cost {
    Cost::money(price.once.0, price.a_year.0, years)
}

/// What is lost, as `--down` and an `[[outage]]` name it.
fn struck(pools: &[Pool], lost: &Lost) -> String {
    match lost {
        Lost::Server(pool) => format!("one server of {}", pools[*pool].name),
        Lost::Host(name) => format!("host.{name}"),
        Lost::Link(name) => format!("link.{name}"),
        Lost::Site(name) => format!("site.{name}"),
        Lost::Other(what, _) => what.clone(),
    }
}

fn plain(grid: &Grid<'_>, candidate: &Candidate) -> PlannedCandidate {
    let values =
        grid.quantities().zip(&candidate.choices).map(|(of, &at)| of.values[usize::from(at)].clone());
    PlannedCandidate {
        values: values.collect(),
        cost: candidate.cost,
        expected: candidate.expected,
        goals: Vec::new(),
        refusal: None,
        holds: false,
    }
}

fn bound(bound: &super::candidate::Bound) -> Refusal {
    Refusal { by: bound.by, case: Some(bound.case as usize), candidate: None, reason: bound.reason.clone() }
}

fn refusal(candidate: &Candidate, status: Status, (at, found): (usize, &Found)) -> Option<Refusal> {
    let simulated = |case: Option<usize>, reason: String| Refusal {
        by: PrunedBy::Simulated,
        case,
        candidate: None,
        reason,
    };
    match status {
        Status::Unasked | Status::Accepted => None,
        Status::Bound => candidate.bound.as_ref().map(bound),
        Status::Dominated(by) => Some(Refusal {
            by: PrunedBy::Dominated,
            case: None,
            candidate: Some(by),
            reason: "one that is at least as able in everything was refused".to_owned(),
        }),
        Status::Refused(case) => {
            let seen = found.seen.get(&(at, case));
            let goal = seen.and_then(|seen| seen.goals.get(seen.refused_by?));
            Some(simulated(Some(case), goal.map_or_else(|| "its runs".to_owned(), about)))
        }
        Status::Unconfirmed => {
            let goal =
                found.unconfirmed.iter().find(|(one, _)| *one == at).and_then(|(_, goals)| goals.first());
            let reason = goal.map_or_else(String::new, about);
            Some(simulated(goal.map(|goal| goal.case), format!("fresh runs refused it: {reason}")))
        }
    }
}

/// Whom a goal is for, and of what.
fn about(goal: &PlannedGoal) -> String {
    let whom = match &goal.about {
        About::All(_) => "everyone".to_owned(),
        About::Users(protocol, population) => {
            format!("{} of {population}", protocol.map_or("custom", |protocol| protocol.title()))
        }
        About::Servers(name) | About::Link(name) => name.clone(),
    };
    let of = match goal.measure {
        Measure::LogonP95 => "logon p95",
        Measure::LogonWithHumanP95 => "whole logon p95",
        Measure::P95 => "p95",
        Measure::Failures => "failures",
        Measure::Availability => "availability",
        Measure::Utilisation => "use in the busiest hour",
        Measure::MeanUtilisation => "mean use",
    };
    format!("{of} of {whom}")
}

fn beyond(of: &super::paths::PathBound) -> BeyondPurchase {
    let cure = of.mended_by.first().map(|set| format!("`{}` sends them another way", Override::option(set)));
    BeyondPurchase {
        about: About::Users(Some(of.protocol), of.population.clone()),
        measure: Measure::P95,
        goal: of.goal.0 as f64,
        least: of.network.0 as f64,
        cure,
    }
}

/// What is owned at a place: the choice that sets nothing.
fn owned(place: &Place) -> Option<&Choice> {
    place.choices.iter().find(|choice| choice.sets.is_empty())
}

fn quantities(grid: &Grid<'_>) -> Vec<PlannedQuantity> {
    let mut all = Vec::new();
    for place in &grid.places {
        let now = owned(place);
        let (name, what) = match place.of {
            Of::Pool(pool) => {
                let pool = &grid.cases.pools[pool];
                let role = match (&pool.own, pool.has) {
                    (Some(_), _) => pool.name.clone(),
                    (None, [true, _]) => format!("{} Client Access servers", pool.site),
                    (None, _) => format!("{} Mailbox servers", pool.site),
                };
                (pool.name.clone(), role)
            }
            Of::Line(_) => {
                let path = place.quantities.first().map_or("", |of| of.path.as_str());
                let line = path.strip_suffix(".bandwidth").unwrap_or(path);
                (
                    line.trim_start_matches("link.").trim_start_matches("site.").to_owned(),
                    format!("line {line}"),
                )
            }
        };
        for (at, of) in place.quantities.iter().enumerate() {
            let last = of.path.rsplit('.').next().unwrap_or("");
            let is_number = matches!(last, "servers" | "bandwidth");
            let now = now.map_or_else(String::new, |choice| of.values[usize::from(choice.at[at])].clone());
            all.push(PlannedQuantity {
                path: of.path.clone(),
                label: if is_number { what.clone() } else { format!("{what}, {last} of each") },
                short: if is_number { name.clone() } else { format!("{name} {last}") },
                site: place.site.clone().unwrap_or_default(),
                now,
            });
        }
    }
    all
}

/// Group by group; `result` is what fresh runs gave in normal operation.
fn groups(grid: &Grid<'_>, answer: Option<&Candidate>, result: Option<&RunResult>) -> Vec<PlannedGroup> {
    let chosen = answer.map(|answer| grid.chosen(answer)).unwrap_or_default();
    let slo = &grid.cases.base.model.workload.slo;
    let first = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..grid.cases.all.len()).filter(|&case| wanted(case)).collect()
    };
    let all = &grid.cases.all;
    let (normal, lost) = (first(&|case| case == 0), first(&|case| all[case].year == 0));
    let every = first(&|_| true);
    let one = |(at, place): (usize, &Place)| {
        // The least ability that holds in these cases, and of that the fewest machines.
        let least = |cases: &[usize]| {
            let holds = |choice: &usize| cases.iter().all(|&case| grid.expected_of(at, *choice, case) <= 1.0);
            let work = |choice: &usize| {
                let of = &place.choices[*choice];
                f64::from(of.servers.max(1)) * of.ability
            };
            let able = (0..place.choices.len()).filter(holds).min_by(|a, b| work(a).total_cmp(&work(b)));
            able.map_or_else(|| "none on offer".to_owned(), |choice| short(place, &place.choices[choice]))
        };
        let name = called(grid, place);
        let is_line = matches!(place.of, Of::Line(_));
        let choice = chosen.get(at).copied();
        let place_of = |choice: &Choice| place.choices.iter().position(|one| one == choice);
        let by_law = choice.and_then(place_of).map(|choice| grid.expected_of(at, choice, 0));
        let limit = if is_line { slo.link } else { slo.cpu }.unwrap_or(1.0);
        let rows = rows(grid, place);
        let seen = result.and_then(|result| used(result, &rows));
        PlannedGroup {
            site: place.site.clone().unwrap_or_else(|| LINES.to_owned()),
            now: owned(place).map_or_else(String::new, |choice| short(place, choice)),
            planned: choice.map_or_else(String::new, |choice| short(place, choice)),
            busiest: seen.or(by_law.map(|ratio| ratio * limit)),
            limit,
            least: least(&normal),
            survive: if lost.len() > normal.len() { least(&lost) } else { String::new() },
            grown: if every.len() > lost.len() { least(&every) } else { String::new() },
            binds: result.map_or_else(String::new, |result| nearest(result, &rows)),
            name,
        }
    };
    grid.places.iter().enumerate().map(one).collect()
}

/// A choice without the name of its place.
fn short(place: &Place, choice: &Choice) -> String {
    match place.of {
        Of::Line(_) => {
            let value = place.quantities.first().map(|of| of.values[usize::from(choice.at[0])].clone());
            value.unwrap_or_else(|| "as it is".to_owned())
        }
        Of::Pool(_) => match &choice.model {
            Some(model) => format!("{} x {model}", choice.servers),
            None if choice.cores == 1 => format!("{} x 1 core", choice.servers),
            None => format!("{} x {} cores", choice.servers, choice.cores),
        },
    }
}

/// Names of the rows of a place: of its servers, or of both directions of its line.
fn rows(grid: &Grid<'_>, place: &Place) -> Vec<String> {
    let topology = &grid.cases.base.model.topology;
    let both = |a: &str, b: &str| vec![format!("{a}>{b}"), format!("{b}>{a}")];
    let name = |site: Id<Site>| topology.sites[site.index()].name.as_str();
    match place.of {
        Of::Pool(pool) => vec![grid.cases.pools[pool].name.clone()],
        Of::Line(Line::Internet(site)) => both("Internet", name(site)),
        Of::Line(Line::Link(link)) => {
            let [a, b] = topology.links[link.index()].between;
            both(name(a), name(b))
        }
    }
}

/// Use in the busiest hour, as it is judged: of servers that have both roles and of the directions of a line,
/// the higher one.
fn used(result: &RunResult, names: &[String]) -> Option<f64> {
    let servers = result.servers.iter().map(|row| (&row.name, row.judged_hour().mean));
    let links = result.links.iter().map(|row| (&row.name, row.busiest_hour.mean));
    let own = servers.chain(links).filter(|(name, _)| names.contains(name)).map(|(_, mean)| mean);
    own.max_by(f64::total_cmp)
}

/// The limit that is nearest, in words.
fn nearest(result: &RunResult, names: &[String]) -> String {
    let server = |at: u32| result.servers.get(at as usize).filter(|row| names.contains(&row.name));
    let of = |scarce: &Scarce| match *scarce {
        Scarce::Server(at) => server(at).map(|_| "cores"),
        Scarce::Limit(at, kind) => Some(server(at)?.limits.get(kind as usize)?.kind.token()),
        Scarce::Link(at) => {
            let row = result.links.get(at as usize).filter(|row| names.contains(&row.name));
            row.map(|_| "bandwidth")
        }
    };
    let found = result.bottlenecks.iter().filter_map(|row| Some((of(&row.scarce)?, row.strain())));
    found.max_by(|a, b| a.1.total_cmp(&b.1)).map_or_else(String::new, |(what, _)| what.to_owned())
}

/// Loss by loss: who is cut off, and how hot what is left runs.
fn damages<'r>(
    grid: &Grid<'_>,
    answer: Option<&Candidate>,
    result: &dyn Fn(usize) -> Option<&'r RunResult>,
    missed: &dyn Fn(usize) -> usize,
) -> Result<Vec<Damage>, PlanError> {
    let Some(answer) = answer else { return Ok(Vec::new()) };
    let lost = (0..grid.cases.all.len()).into_par_iter().filter(|&case| grid.cases.all[case].lost.is_some());
    let cut_off: Vec<_> = lost.map(|case| (case, grid.scenario(answer, case))).collect();
    let one = |(case, found): (usize, Result<InCase, PlanError>)| {
        let cut_off = found?.damages;
        let hottest = result(case).and_then(|result| {
            let servers = result.servers.iter().map(|row| (row.name.clone(), row.judged_hour().mean));
            let links = result.links.iter().map(|row| (row.name.clone(), row.busiest_hour.mean));
            servers.chain(links).max_by(|a, b| a.1.total_cmp(&b.1))
        });
        Ok(Damage {
            case,
            users: of_people(&cut_off, |of| of.users),
            user_hours: of_people(&cut_off, |of| of.user_hours),
            missed: missed(case),
            hottest,
        })
    };
    cut_off.into_iter().map(one).collect()
}

/// A sum over populations. One whose protocols are cut off has as many users as the most used of these: they are
/// the same people.
fn of_people(damages: &[super::cases::Damage], of: impl Fn(&super::cases::Damage) -> f64) -> f64 {
    let mut people: BTreeMap<&str, f64> = BTreeMap::new();
    for damage in damages {
        let most = people.entry(&damage.population).or_default();
        *most = most.max(of(damage));
    }
    people.values().sum()
}
