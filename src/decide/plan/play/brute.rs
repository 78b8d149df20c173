//! Plans beside brute force: what is refused, refused by 40 runs of its own too, and what is chosen kept.

use std::path::Path;

use super::super::candidate::Candidate;
use super::super::grid::Grid;
use super::*;
use crate::scenario::{Override, load_text};
use crate::study::{Study, law};

/// Users at one site, whose servers are alike.
const SITE: &str = r#"
exchange = "2010"

[run]
window = "10:00 - 10:30"
warmup = "2 min"
interval = "30 min"

[[site]]
name = "HQ"
internet = { bandwidth = "1 Gbps" }
SERVERS

[[namespace]]
name = "mail.example.com"
internet = ["HQ"]

[[population]]
name = "HQ staff"
home = "HQ"
mailboxes = 400
namespace = "mail.example.com"
clients = { CLIENTS }

[slo]
CLIENTS_GOALS
"#;

struct Case {
    name: &'static str,
    servers: &'static str,
    clients: &'static str,
    goals: &'static str,
    more: &'static str,
    /// The goal for cores is so much more than the law has the servers of these groups use that are there.
    cpu: (&'static str, f64),
}

const ROLES: &str = "cas = { servers = 2, cores = 1 }\nmailbox = { servers = 2, cores = 1 }\n\
                     owa = { external_url = \"https://mail.example.com/owa\" }";
const OWA: &str = "owa = { p95 = \"30 s\", failures = \"2 %\" }";
const BOUND: &str = "[[plan.bound]]\nof = \"site.HQ\"\nmost = 6\ncores = [1, 2]\n";
const PRICES: &str = "[prices]\ncurrency = \"EUR\"\nbalancer = { once = 1000 }\n\
                      [[prices.server]]\nname = \"S\"\ncores = 1\nonce = 3000\n\
                      [[prices.server]]\nname = \"L\"\ncores = 2\nonce = 5000\n";

const CASES: [Case; 3] = [
    Case {
        name: "servers and cores of two roles",
        servers: ROLES,
        clients: "owa = 1",
        goals: OWA,
        more: "[plan]\n",
        cpu: ("HQ-CAS", 0.72),
    },
    Case {
        name: "the same with any server lost",
        servers: ROLES,
        clients: "owa = 1",
        goals: OWA,
        more: "[plan]\nsurvive = [\"any server\"]\n",
        cpu: ("HQ-CAS", 0.72),
    },
    Case {
        name: "two models with prices, any server lost",
        servers: ROLES,
        clients: "owa = 1",
        goals: OWA,
        more: "PRICES[plan]\nsurvive = [\"any server\"]\n",
        cpu: ("HQ-CAS", 0.55),
    },
];

fn scenario(of: &Case) -> Scenario {
    let text =
        SITE.replace("SERVERS", of.servers).replace("CLIENTS_GOALS", of.goals).replace("CLIENTS", of.clients);
    let text = format!("{text}\n{}{BOUND}", of.more.replace("PRICES", PRICES));
    let base =
        load_text("brute.toml", &text, Path::new(""), &[]).unwrap_or_else(|why| panic!("{}: {why}", of.name));
    let (group, factor) = of.cpu;
    let (loads, _) = law(&base.model, &base.experiment);
    let used = loads.iter().filter(|load| load.name.starts_with(group) && !load.resource.is_link());
    let goal = factor * used.map(|load| load.utilisation()).fold(0.0, f64::max);
    base.with(&[Override { path: "slo.cpu".into(), value: format!("{goal:?}") }]).unwrap()
}

/// The goal that is farthest, as a share of it, by 40 runs with draws of their own.
fn farthest(grid: &Grid<'_>, candidate: usize, case: usize, workers: &Workers<'_>) -> (f64, u64) {
    let Some(mut scenario) = Field::scenario(grid, candidate, case).unwrap() else { return (0.0, 0) };
    scenario.experiment.seed = Key::root(scenario.experiment.seed, 0).named("brute force").0;
    scenario.experiment.replications = FRESH;
    let result = Study::from(&scenario).without_twins().run(workers).unwrap();
    (result.objectives.iter().map(Finding::excess).fold(0.0, f64::max), result.events)
}

/// Three grids, small enough to be enumerated. By 40 runs each: whatever the search refused, by runs or because another was,
/// is beyond the middle of a goal's zone, and so is whatever a bound refused to which nothing can be added without being
/// let through; its answer keeps every goal in every case.
#[test]
#[ignore = "takes minutes: `.ci/long plan`"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn plans_are_those_of_brute_force() {
    let workers = Workers::new(0).unwrap();
    for of in &CASES {
        let base = scenario(of);
        let grid = Grid::of(&base).unwrap_or_else(|why| panic!("{}: {why}", of.name));
        let asked = Asked { looks: Looks::USUAL, zone: Zone::of(0.05).unwrap(), fresh: FRESH };
        let folder = tempfile::tempdir().unwrap();
        let items = Items::of(vec![folder.path().to_owned()]);
        let planning = Planning::of(&grid, asked);
        let (found, _) = planning
            .play(&items, &workers, &mut |_| Ok(()), &|_, _, _| {})
            .unwrap_or_else(|why| panic!("{}: {why}", of.name));
        let case_of = |status: Status| match status {
            Status::Refused(case) => Some(case),
            _ => None,
        };
        let (mut wrongly, mut pruned, mut checked) = (Vec::new(), 0, 0);
        for (candidate, status) in found.status.iter().enumerate() {
            let case = match status {
                Status::Bound => grid.candidates[candidate].bound.as_ref().map(|bound| bound.case as usize),
                Status::Dominated(by) => case_of(found.status[*by])
                    .or_else(|| grid.candidates[*by].bound.as_ref().map(|bound| bound.case as usize)),
                status => case_of(*status),
            };
            let Some(case) = case else { continue };
            pruned += 1;
            let abler = |other: &Candidate| {
                other.bound.is_some()
                    && *other != grid.candidates[candidate]
                    && other.dominates(&grid.candidates[candidate])
            };
            if *status == Status::Bound && grid.candidates.iter().any(abler) {
                continue;
            }
            checked += 1;
            let (excess, _) = farthest(&grid, candidate, case, &workers);
            if excess <= 0.95 {
                wrongly.push((grid.label(&grid.candidates[candidate]), grid.cases.label(case), excess));
            }
        }
        let kept = found.answer.map(|answer| {
            (0..grid.cases.all.len())
                .map(|case| farthest(&grid, answer, case, &workers).0)
                .fold(0.0, f64::max)
        });
        println!(
            "{}: {} candidates in {} cases, {pruned} refused, {checked} of them played; {}; farthest {}; {} + {} runs, events {:.4} of brute force",
            of.name,
            grid.candidates.len(),
            grid.cases.all.len(),
            found.answer.map_or("none".to_owned(), |answer| grid.label(&grid.candidates[answer])),
            kept.map_or("-".to_owned(), |kept| format!("{kept:.3}")),
            found.runs.0,
            found.runs.1,
            found.events as f64 / found.events_of_brute_force.max(1) as f64
        );
        assert!(wrongly.is_empty(), "{}: {wrongly:?}", of.name);
        assert!(kept.is_none_or(|kept| kept <= 1.0), "{}: {kept:?}", of.name);
        assert!(found.answer.is_some(), "{}", of.name);
    }
}
