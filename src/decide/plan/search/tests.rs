use rand::RngExt;

use super::super::candidate::{Bound, Cost, PrunedBy};
use super::*;
use crate::kernel::random::{Key, Role};
use crate::stats::feasibility::{Answer, Critical, Edge, Sample, judge};
use crate::stats::late::Share;
use crate::stats::verdict::of_percentile;

const LOOKS: Looks = Looks::USUAL;
/// Runs of a confirmation, and of each candidate of brute force.
const FRESH: u32 = 40;

fn candidate(choices: &[u16], cost: u64, expected: f64) -> Candidate {
    Candidate { choices: choices.to_vec(), cost: Cost::money(cost, 0, 1), expected, bound: None }
}

/// A grid of servers at two sites, a server of the second costs twice as much; the law expects as `expected` says.
fn grid(most: (u16, u16), expected: impl Fn(u16, u16) -> f64) -> Vec<Candidate> {
    let all = (0..most.0).flat_map(|a| (0..most.1).map(move |b| (a, b)));
    all.map(|(a, b)| candidate(&[a, b], u64::from(a) + 2 * u64::from(b), expected(a, b))).collect()
}

/// Plays a search whose every look is answered by `stand`; gives the answer and the runs.
fn played(
    search: &mut Search<'_>,
    stand: impl Fn(&Look) -> Stand,
    sound: impl Fn(usize) -> bool,
) -> (Option<usize>, u64) {
    played_by(search, |_| 0, stand, sound)
}

/// The same, each first in the case that is `worst` for it.
fn played_by(
    search: &mut Search<'_>,
    worst: impl Fn(usize) -> usize,
    stand: impl Fn(&Look) -> Stand,
    sound: impl Fn(usize) -> bool,
) -> (Option<usize>, u64) {
    let mut runs = 0;
    for _ in 0..10_000 {
        match search.step(&worst) {
            Next::Done(found) => return (found, runs),
            Next::Confirm(candidate) => search.confirmed(candidate, sound(candidate)),
            Next::Play(looks) => {
                assert!(!looks.is_empty());
                for look in looks {
                    runs += u64::from(look.runs - look.from);
                    search.found(look, stand(&look));
                }
            }
        }
    }
    panic!("no end");
}

/// Three of the first and two of the second are needed: 3 + 2 x 2 = 7, at places (3, 2). The law expects so. Asked
/// are the largest, the answer, and those to which nothing can be added below 7: (6, 0), (4, 1),
/// (2, 2) and (0, 3), with 10 runs in one of two cases each.
#[test]
fn the_cheapest_is_found_and_all_below_it_refused() {
    let enough = |one: &Candidate| one.choices[0] >= 3 && one.choices[1] >= 2;
    let grid = grid((8, 5), |a, b| (3.0 / f64::from(a.max(1))).max(2.0 / f64::from(b.max(1))));
    let mut search = Search::of(&grid, 2, LOOKS);
    assert_eq!(search.by_law().map(|one| grid[one].choices.clone()), Some(vec![3, 2]));
    let stand = |look: &Look| match enough(&grid[look.candidate]) {
        true => Stand::Accepted,
        false => Stand::Refused,
    };
    let (found, runs) = played_by(&mut search, |_| 1, stand, |_| true);
    assert_eq!(grid[found.unwrap()].choices, [3, 2]);
    let tried: Vec<&[u16]> = search.trials().iter().map(|trial| &grid[trial.candidate].choices[..]).collect();
    assert_eq!(tried[..2], [&[7, 4], &[3, 2]]);
    assert_eq!((tried.len(), runs), (6, 2 * 20 + 4 * 10), "{tried:?}");
    for (place, status) in search.status().iter().enumerate() {
        let cheaper = search.rank[place] < search.rank[found.unwrap()];
        match status {
            Status::Refused(case) => assert!(cheaper && *case == 1),
            Status::Dominated(by) => assert!(cheaper && grid[*by].dominates(&grid[place])),
            Status::Accepted => assert!(!cheaper),
            other => assert!(!cheaper && *other == Status::Unasked, "{other:?}"),
        }
    }
    let next = &grid[search.next_cheaper(found.unwrap()).unwrap()];
    assert_eq!((next.choices.as_slice(), next.cost.amount().0), (&[2, 2][..], 6));
}

/// Where the largest is refused there is no answer, after one case.
#[test]
fn what_is_never_enough_is_told_by_the_largest() {
    let grid = grid((4, 4), |_, _| 0.5);
    let mut search = Search::of(&grid, 3, LOOKS);
    let (found, runs) = played(&mut search, |_| Stand::Refused, |_| true);
    assert_eq!((found, runs, search.trials().len()), (None, 10, 1));
    // Nothing that no bound refuses.
    let bound = Some(Bound { by: PrunedBy::Law, case: 0, reason: String::new() });
    let refused: Vec<Candidate> =
        grid.iter().map(|one| Candidate { bound: bound.clone(), ..one.clone() }).collect();
    let mut search = Search::of(&refused, 1, LOOKS);
    assert_eq!((search.step(|_| 0), search.contenders(), search.by_law()), (Next::Done(None), 0, None));
}

/// A law that hopes too much, or fears too much, or knows nothing, leads to the same answer.
#[test]
fn the_law_orders_and_decides_nothing() {
    let enough = |one: &Candidate| one.choices[0] >= 9 && one.choices[1] >= 5;
    let of = |expected: &dyn Fn(u16, u16) -> f64| {
        let grid = grid((20, 20), expected);
        let mut search = Search::of(&grid, 1, LOOKS);
        let stand =
            |look: &Look| if enough(&grid[look.candidate]) { Stand::Accepted } else { Stand::Refused };
        let (found, runs) = played(&mut search, stand, |_| true);
        assert_eq!(grid[found.unwrap()].choices, [9, 5]);
        runs / 10
    };
    let need = |a: u16, b: u16| (9.0 / f64::from(a.max(1))).max(5.0 / f64::from(b.max(1)));
    let right = of(&need);
    let tried =
        [of(&|a, b| 0.6 * need(a, b)), of(&|a, b| 2.0 * need(a, b)), of(&|_, _| 0.0), of(&|_, _| 9.0)];
    // Ten below 19 in cost to which nothing can be added, the largest and the answer.
    assert!(right <= 13, "{right}");
    assert!(tried.iter().all(|&tried| tried <= 32), "{tried:?}");
}

/// Open cases get twice as many runs together, up to the most; then the value decides.
#[test]
fn what_is_open_is_looked_at_again() {
    let grid = [candidate(&[0], 1, 0.9)];
    let mut search = Search::of(&grid, 3, LOOKS);
    let mut looks = Vec::new();
    let found = loop {
        match search.step(|_| 2) {
            Next::Play(round) => {
                looks.push(round.iter().map(|look| (look.case, look.from, look.runs)).collect::<Vec<_>>());
                for look in round {
                    let decided = look.case == 0 || (look.case == 2 && look.runs >= 20);
                    search.found(look, if decided { Stand::Accepted } else { Stand::Open(true) });
                }
            }
            Next::Confirm(candidate) => search.confirmed(candidate, true),
            Next::Done(found) => break found,
        }
    };
    assert_eq!(found, Some(0));
    assert_eq!(looks[..3], [vec![(2, 0, 10)], vec![(0, 0, 10), (1, 0, 10)], vec![(1, 10, 20), (2, 10, 20)]]);
    assert_eq!(looks[3..], [vec![(1, 20, 40)], vec![(1, 40, 80)], vec![(1, 80, 160)]]);
}

/// A winner that fresh runs refuse is followed by the next, and what it dominates is not asked again.
#[test]
fn a_winner_that_is_not_confirmed_is_followed_by_the_next() {
    let grid = grid((6, 6), |a, b| (2.0 / f64::from(a.max(1))).max(2.0 / f64::from(b.max(1))));
    let mut search = Search::of(&grid, 1, LOOKS);
    let enough = |one: &Candidate| one.choices[0] >= 2 && one.choices[1] >= 2;
    let stand = |look: &Look| if enough(&grid[look.candidate]) { Stand::Accepted } else { Stand::Refused };
    let (found, _) = played(&mut search, stand, |one| grid[one].choices != [2, 2]);
    assert_eq!(grid[found.unwrap()].choices, [3, 2]);
    let unconfirmed = search.status().iter().filter(|status| **status == Status::Unconfirmed);
    assert_eq!(unconfirmed.count(), 1);
}

/// Tiers of servers like M/M/c: what a case asks of each, how late it may be, what a server costs.
struct World {
    seed: Key,
    grid: Vec<Candidate>,
    /// By case and tier: load in servers, and servers that are dead.
    cases: Vec<Vec<(f64, u16)>>,
    critical: Vec<(u32, Critical)>,
    /// By candidate and case: share late by the goal, and by the lower edge of its zone.
    late: Vec<Vec<(f64, f64)>>,
    /// Share that may be late.
    allowed: f64,
}

/// Requests of a run, and how much more their late ones vary than independent ones would.
const REQUESTS: u64 = 4_000;
const TOGETHER: f64 = 6.0;

/// P(wait > t mean services) of M/M/c with `load` servers' worth of work.
fn late(servers: f64, load: f64, t: f64) -> f64 {
    if load >= servers {
        return 1.0;
    }
    let blocking = (1..=servers as u32).fold(1.0, |b, n| load * b / (f64::from(n) + load * b));
    let waits = servers * blocking / (servers - load * (1.0 - blocking));
    waits * libm::exp(-(servers - load) * t)
}

impl World {
    /// So many tiers with up to so many servers each.
    fn of(seed: u64, tiers: usize, most: u16) -> Self {
        let key = Key::root(seed, 0).named("world");
        let mut rng = key.stream(Role::new("world"), 0);
        let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        let loads: Vec<f64> = (0..tiers).map(|_| between(0.08, 0.5) * f64::from(most)).collect();
        let prices: Vec<u64> = (0..tiers).map(|_| between(100.0, 1_000.0) as u64).collect();
        let bent: Vec<f64> = (0..tiers).map(|_| between(0.9, 1.15)).collect();
        // Nothing lost, and one server of each tier.
        let lost = |at: usize| (0..tiers).map(|tier| (loads[tier], u16::from(at == tier + 1))).collect();
        let cases: Vec<Vec<(f64, u16)>> = (0..=tiers).map(lost).collect();
        let left = |servers: u16, dead: u16| f64::from((servers + 1).saturating_sub(dead));
        let all: usize = (0..tiers).map(|_| usize::from(most)).product();
        let mut grid = Vec::new();
        for place in 0..all {
            let digit = |tier: usize| (place / usize::from(most).pow(tier as u32)) % usize::from(most);
            let choices: Vec<u16> = (0..tiers).map(|tier| digit(tier) as u16).collect();
            let cost = (0..tiers).map(|tier| prices[tier] * (u64::from(choices[tier]) + 1)).sum();
            // The law knows use alone, and that not quite: 80 % would do.
            let used =
                (0..tiers).map(|tier| bent[tier] * loads[tier] / left(choices[tier], 1).max(0.1) / 0.8);
            grid.push(candidate(&choices, cost, used.fold(0.0, f64::max)));
        }
        for one in &mut grid {
            let short = (0..tiers).any(|tier| left(one.choices[tier], 1) < loads[tier] * 0.98);
            let bound = Bound { by: PrunedBy::Law, case: 1, reason: String::new() };
            one.bound = short.then_some(bound);
        }
        let contenders = grid.iter().filter(|one| one.bound.is_none()).count() as u64;
        let rounds = std::iter::successors(LOOKS.after(0), |&runs| LOOKS.after(runs));
        let critical =
            rounds.map(|runs| (runs, Critical::at(LOOKS, runs, contenders, cases.len() as u64))).collect();
        let share = |one: &Candidate, case: &[(f64, u16)], t: f64| {
            let tier =
                |(at, (load, dead)): (usize, &(f64, u16))| late(left(one.choices[at], *dead), *load, t);
            1.0 - case.iter().enumerate().map(|of| 1.0 - tier(of)).product::<f64>()
        };
        let of_candidate = |one: &Candidate| {
            cases.iter().map(|case| (share(one, case, 0.5), share(one, case, 0.45))).collect()
        };
        let late = grid.iter().map(of_candidate).collect();
        Self { seed: key, grid, cases, critical, late, allowed: 0.05 }
    }

    /// The same where just as much may be late as the cheapest needs, by the goal itself or by the lower edge.
    fn at_the_edge(mut self, lower: bool) -> Self {
        let own = (0..self.grid.len()).filter(|&one| self.meets(one));
        let Some(cheapest) = own.min_by(|&a, &b| self.grid[a].in_order(&self.grid[b])) else { return self };
        let late = self.late[cheapest].iter().map(|late| if lower { late.1 } else { late.0 });
        self.allowed = late.fold(0.005, f64::max);
        self
    }

    /// Runs of a candidate in a case; `fresh` ones see other draws. Half of what they vary by is that of all candidates.
    fn runs(&self, candidate: usize, case: usize, runs: u32, fresh: bool) -> [Vec<Share>; 2] {
        let normal = |key: Key, run: u32| {
            let mut rng = key.stream(Role::new(if fresh { "fresh" } else { "search" }), run);
            let (a, b): (f64, f64) = (rng.random(), rng.random());
            (-2.0 * libm::log(1.0 - a)).sqrt() * libm::cos(std::f64::consts::TAU * b)
        };
        let (all, own) =
            (self.seed.child(case as u64), self.seed.child(case as u64).child(1 + candidate as u64));
        let share = |p: f64, z: f64| {
            let deviation = (TOGETHER * p * (1.0 - p) * REQUESTS as f64).sqrt();
            let events = (p * REQUESTS as f64 + z * deviation).round().clamp(0.0, REQUESTS as f64);
            Share { events: events as u64, trials: REQUESTS }
        };
        let (by_goal, by_lower_edge) = self.late[candidate][case];
        let z: Vec<f64> = (0..runs)
            .map(|run| std::f64::consts::FRAC_1_SQRT_2 * (normal(all, run) + normal(own, run)))
            .collect();
        [by_goal, by_lower_edge].map(|p| z.iter().map(|&z| share(p, z)).collect())
    }

    fn stand(&self, look: &Look) -> Stand {
        let [upper, lower] = self.runs(look.candidate, look.case, look.runs, false);
        let edge = |runs| Edge { allowed: self.allowed, runs };
        let sample = Sample::Counts { upper: edge(upper), lower: edge(lower), fewest: 200 };
        let critical = &self.critical.iter().find(|(runs, _)| *runs == look.runs).unwrap().1;
        let judgement = judge(&sample, critical);
        match judgement.answer {
            Answer::Accepted => Stand::Accepted,
            Answer::Refused => Stand::Refused,
            Answer::Open | Answer::Unjudged => Stand::Open(judgement.holds),
        }
    }

    fn sound(&self, candidate: usize) -> bool {
        (0..self.cases.len()).all(|case| {
            let [upper, _] = self.runs(candidate, case, FRESH, true);
            !of_percentile(
                0.95,
                self.allowed,
                200,
                &upper,
                &vec![Share { events: 0, trials: REQUESTS }; upper.len()],
            )
            .is_missed()
        })
    }

    fn meets(&self, candidate: usize) -> bool {
        self.late[candidate].iter().all(|late| late.0 <= self.allowed)
    }

    fn meets_lower_edges(&self, candidate: usize) -> bool {
        self.late[candidate].iter().all(|late| late.1 <= self.allowed)
    }

    /// Whether an answer is right, whether something was wrongly refused, the runs of the search and those
    /// of brute force.
    fn played(&self) -> (bool, bool, bool, f64) {
        let mut search = Search::of(&self.grid, self.cases.len(), LOOKS);
        let worst = |one: usize| {
            let used = |case: usize| {
                let of = self.cases[case].iter().zip(&self.grid[one].choices);
                let used = |((load, dead), servers): (&(f64, u16), &u16)| {
                    load / f64::from((servers + 1).saturating_sub(*dead)).max(0.1)
                };
                of.map(used).fold(0.0, f64::max)
            };
            (0..self.cases.len()).max_by(|&a, &b| used(a).total_cmp(&used(b))).unwrap_or(0)
        };
        let (stand, sound) = (|look: &Look| self.stand(look), |one| self.sound(one));
        let (found, runs) = played_by(&mut search, worst, stand, sound);
        let below = found.map_or(self.grid.len(), |found| search.rank[found]);
        let cost = |place: usize| self.grid[place].cost.amount();
        let cheaper = |place: &usize| found.is_none_or(|found| cost(*place) < cost(found));
        let cheapest =
            !search.order[..below].iter().filter(|one| cheaper(one)).any(|&one| self.meets_lower_edges(one));
        let right = found.is_none_or(|found| self.meets(found)) && cheapest;
        let refused = |status: &Status| {
            matches!(status, Status::Refused(_) | Status::Dominated(_) | Status::Bound | Status::Unconfirmed)
        };
        let refused = search.status.iter().enumerate().filter(|(_, status)| refused(status));
        let wrongly = refused.into_iter().any(|(one, _)| self.meets_lower_edges(one));
        let brute = self.grid.len() * self.cases.len() * FRESH as usize;
        (right, wrongly, found.is_some(), runs as f64 / brute as f64)
    }
}

/// What many searches did.
#[derive(Default)]
struct Counted {
    right: f64,
    /// Refused one that meets every lower edge.
    wrongly: f64,
    /// Found a plan.
    feasible: f64,
    /// Runs as a share of brute force with 40.
    runs: f64,
}

/// In worlds of these seeds; half of those at an edge are at the lower one.
fn many(worlds: std::ops::Range<u64>, tiers: usize, most: u16, edge: bool) -> Counted {
    let (count, mut all) = ((worlds.end - worlds.start) as f64, Counted::default());
    for seed in worlds {
        let world = World::of(seed, tiers, most);
        let world = if edge { world.at_the_edge(seed % 2 == 0) } else { world };
        let (right, wrongly, feasible, runs) = world.played();
        let one = |yes: bool| f64::from(u8::from(yes));
        all.right += one(right);
        all.wrongly += one(wrongly);
        all.feasible += one(feasible);
        all.runs += runs;
    }
    let Counted { right, wrongly, feasible, runs } = all;
    Counted { right: right / count, wrongly: wrongly / count, feasible: feasible / count, runs: runs / count }
}

/// Every world has another load, price and law. 49 candidates in three cases: 40 times, and 20 times with the
/// cheapest at an edge, of which one may be wrong.
#[test]
fn the_answer_is_that_of_brute_force() {
    let (any, edge) = (many(0..40, 2, 7, false), many(0..20, 2, 7, true));
    assert!(any.right == 1.0 && any.wrongly == 0.0, "{} {}", any.right, any.wrongly);
    assert!(any.feasible > 0.4 && any.runs < 0.1, "{} {}", any.feasible, any.runs);
    assert!(edge.right >= 0.95 && edge.runs < 0.3, "{} {}", edge.right, edge.runs);
}

/// The whole of it, for docs/verification.md.
#[test]
#[ignore = "takes minutes: `.ci/long plan`"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn answers_are_those_of_brute_force_in_full() {
    let mut worst = 1.0_f64;
    for (tiers, most, worlds) in [(1, 20, 1_000), (2, 5, 1_000), (2, 10, 1_000), (3, 6, 500), (2, 20, 500)] {
        for edge in [false, true] {
            let all = many(1_000..1_000 + worlds, tiers, most, edge);
            let candidates = usize::from(most).pow(tiers as u32);
            let what = if edge { ", the cheapest at an edge" } else { "" };
            println!(
                "{candidates} candidates in {} cases{what}: right {:.3}, refused wrongly {:.3}, a plan in {:.2}, \
                 runs {:.4} of brute force",
                tiers + 1,
                all.right,
                all.wrongly,
                all.feasible,
                all.runs
            );
            worst = worst.min(all.right);
        }
    }
    assert!(worst >= 0.98, "{worst}");
}

/// 161,051 candidates of five quantities: what is decided takes seconds, whatever is played.
#[test]
#[ignore = "takes seconds: `.ci/long plan`"]
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn large_grids_are_searched_in_seconds() {
    let needs = [3, 7, 5, 2, 8_u16];
    let prices = [700, 310, 450, 990, 170_u64];
    let digits = |place: u64| (0..5).map(move |at| (place / 11_u64.pow(at) % 11) as u16);
    let one = |place: u64| {
        let choices: Vec<u16> = digits(place).collect();
        let cost = choices.iter().zip(prices).map(|(choice, price)| u64::from(*choice) * price).sum();
        let used =
            choices.iter().zip(needs).map(|(choice, need)| f64::from(need) / f64::from((*choice).max(1)));
        candidate(&choices, cost, used.fold(0.0, f64::max))
    };
    let grid: Vec<Candidate> = (0..11_u64.pow(5)).map(one).collect();
    let enough = |one: &Candidate| one.choices.iter().zip(needs).all(|(choice, need)| *choice >= need);
    let mut search = Search::of(&grid, 1, LOOKS);
    let stand = |look: &Look| if enough(&grid[look.candidate]) { Stand::Accepted } else { Stand::Refused };
    let (found, runs) = played(&mut search, stand, |_| true);
    println!("{} candidates of {} played, {runs} runs", search.trials().len(), grid.len());
    assert_eq!(grid[found.unwrap()].choices, needs);
}
