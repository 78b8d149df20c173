//! Is what `casim plan` finds right, and what does it cost: seven scenarios small enough to be enumerated, each
//! candidate in each case by brute force, each plan found again and again with fresh seeds.

mod runs;
mod truth;

use std::path::Path;

use casim::decide::items::Items;
use casim::decide::plan::candidate::Candidate;
use casim::decide::plan::grid::Grid;
use casim::decide::plan::play::{Asked, FRESH, Found, Planning};
use casim::decide::plan::search::Status;
use casim::decide::plan::{Field, PlanError};
use casim::kernel::random::Key;
use casim::model::workload::Zone;
use casim::scenario::{Scenario, load};
use casim::stats::feasibility::Looks;
use casim::study::Workers;
use runs::Side;
use truth::Truth;

/// Scenarios, and the folder in which they are.
const SCENARIOS: [&str; 7] = ["cores", "one-lost", "latency", "connections", "copies", "both-roles", "never"];
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/trust/plans");

/// Of so many repetitions so many are to be right.
const ASKED: f64 = 0.9;

/// What can be bought, with another seed.
#[derive(Debug)]
struct Seeded<'g> {
    grid: &'g Grid<'g>,
    seed: Key,
}

impl Field for Seeded<'_> {
    fn candidates(&self) -> &[Candidate] {
        Field::candidates(self.grid)
    }

    fn cases(&self) -> usize {
        Field::cases(self.grid)
    }

    fn scenario(&self, candidate: usize, case: usize) -> Result<Option<Scenario>, PlanError> {
        let made = Field::scenario(self.grid, candidate, case)?;
        Ok(made.map(|mut scenario| {
            scenario.experiment.seed = self.seed.0;
            scenario
        }))
    }

    fn worst(&self, candidate: usize) -> usize {
        Field::worst(self.grid, candidate)
    }
}

/// What is added up over all scenarios.
#[derive(Default)]
struct Total {
    holds: bool,
    /// Events as a share of brute force, of grids of 100 candidates and more.
    shares: Vec<f64>,
}

/// All that contain `only`; `bank` is a folder for the runs of each. Whether all is as asked.
pub(super) fn run(repetitions: u32, only: &str, bank: Option<&Path>, seed: u64, jobs: usize) -> bool {
    let workers = Workers::new(jobs).expect("threads");
    let mut total = Total { holds: true, shares: Vec::new() };
    println!(
        "Plans beside brute force of {FRESH} runs of every candidate in every case; each found {repetitions} times\n"
    );
    for name in SCENARIOS.into_iter().filter(|name| name.contains(only)) {
        let file = Path::new(FOLDER).join(format!("{name}.toml"));
        let base = load(&file, &[]).unwrap_or_else(|faults| panic!("{faults}"));
        let grid = workers.install(|| Grid::of(&base)).expect("candidates");
        one(name, &grid, (repetitions, bank), Key(seed).named(name), &workers, &mut total);
    }
    if !total.shares.is_empty() {
        let mean = total.shares.iter().sum::<f64>() / total.shares.len() as f64;
        let most = total.shares.iter().copied().fold(0.0, f64::max);
        println!(
            "grids of 100 candidates and more: events {mean:.4} of brute force in the mean, {most:.4} at most"
        );
        total.holds &= mean <= 0.2 && most <= 0.3;
    }
    total.holds
}

/// One scenario.
fn one(
    name: &str,
    grid: &Grid<'_>,
    (repetitions, bank): (u32, Option<&Path>),
    seed: Key,
    workers: &Workers<'_>,
    total: &mut Total,
) {
    let zone = Zone::of(grid.cases.base.purchase.plan.zone).expect("a zone");
    let (candidates, cases) = (grid.candidates.len(), grid.cases.all.len());
    let truth = Truth::of(grid, zone, seed.named("brute force"), workers);
    let of = |side: Side| truth.sides.iter().filter(|known| **known == side).count();
    let brute = truth.brute_force();
    println!("{name}: {candidates} candidates in {cases} cases");
    println!(
        "  truth by up to {} runs: {} keep every goal at its lower edge, {} more the goal, {} miss one, {} cost more than the \
         cheapest and are open, {} cost less",
        truth.most,
        of(Side::Within),
        of(Side::Zone),
        of(Side::Beyond),
        of(Side::Open) - truth.open,
        truth.open
    );
    told(grid, &truth, brute, "brute force");
    total.check(truth.open == 0, "candidates are open");
    total.check(truth.is_right(brute), "brute force is wrong");

    let plan = |seed: Key| found(&Seeded { grid, seed }, zone, workers);
    let first = plan(Key(grid.cases.base.experiment.seed));
    told(grid, &truth, first.answer, "plan");
    total.check(first.answer == brute, "plan and brute force differ");
    total.pruned(grid, &truth, &first);

    let all: Vec<Found> =
        (0..repetitions).map(|n| plan(seed.named("repetition").child(u64::from(n)))).collect();
    let count = all.len().max(1) as f64;
    let right = all.iter().filter(|found| truth.is_right(found.answer)).count() as f64 / count;
    let runs = all.iter().map(|found| (found.runs.0 + found.runs.1) as f64).sum::<f64>() / count;
    let events = all.iter().map(|found| found.events as f64).sum::<f64>() / count / truth.events();
    let unconfirmed = all.iter().filter(|found| !found.unconfirmed.is_empty()).count();
    let same = all.iter().filter(|found| found.answer == brute).count() as f64 / count;
    println!(
        "  {repetitions} plans: right {right:.3}, the answer of brute force {same:.3}; {runs:.0} runs, \
         {events:.4} of the events of brute force; {unconfirmed} went by an answer that fresh runs refused"
    );
    let wrongly = all.iter().filter(|found| found.status.iter().zip(&truth.sides).any(is_wrong)).count();
    println!("  in {wrongly} of them somebody was refused who keeps every goal at its lower edge");
    total.check(repetitions == 0 || right >= ASKED, "too few are right");
    if candidates >= 100 {
        total.shares.push(events);
    } else {
        total.check(repetitions == 0 || events <= 0.3, "more than 0.3 of the events of brute force");
    }
    if repetitions > 0 {
        let (number, tried) = truth.fixed(right, seed.named("fixed"));
        let tried: Vec<String> = tried.iter().map(|(runs, right)| format!("{runs}: {right:.3}")).collect();
        let number = number.map_or("more than 28".to_owned(), |number| {
            let (whole, open) = (truth.cells() * number as u64, truth.contenders() * number as u64);
            total.check(number < 3 || runs < whole as f64, "a fixed number is cheaper");
            format!("{number}, {whole} in all ({open} of those that no bound refuses)")
        });
        println!(
            "  a fixed number of runs of everybody is right as often from {number}; right by {}",
            tried.join(", ")
        );
    }
    if let Some(folder) = bank {
        truth.write(&folder.join(format!("{name}.csv"))).expect("a file");
    }
    println!();
}

/// Whether somebody who keeps every goal at its lower edge is refused.
fn is_wrong((status, side): (&Status, &Side)) -> bool {
    let refused = !matches!(status, Status::Unasked | Status::Accepted);
    refused && *side == Side::Within
}

/// Finds a plan; nothing is kept.
fn found(field: &Seeded<'_>, zone: Zone, workers: &Workers<'_>) -> Found {
    let folder = tempfile::tempdir().expect("a folder");
    let items = Items::of(vec![folder.path().to_owned()]);
    let asked = Asked { looks: Looks::USUAL, zone, fresh: FRESH };
    let played = Planning::of(field, asked).play(&items, workers, &mut |_| Ok(()), &|_, _, _| {});
    played.expect("sound runs").0
}

fn told(grid: &Grid<'_>, truth: &Truth<'_>, answer: Option<usize>, by: &str) {
    let Some(answer) = answer else { return println!("  {by}: nothing is enough") };
    let (ratio, name, spread) = truth.farthest(answer);
    println!(
        "  {by}: {}, {:?}; {:?}, farthest {ratio:.3} ({name}), runs vary by {spread:.1} half-zones at most",
        grid.label(&grid.candidates[answer]),
        grid.candidates[answer].cost.amount(),
        truth.sides[answer],
    );
}

impl Total {
    fn check(&mut self, holds: bool, or: &str) {
        if !holds {
            println!("  NOT AS ASKED: {or}");
            self.holds = false;
        }
    }

    /// Whoever was refused without a run, or with a few, is so by brute force too.
    fn pruned(&mut self, grid: &Grid<'_>, truth: &Truth<'_>, found: &Found) {
        let (mut counts, mut wrong) = ([0; 3], 0);
        for (candidate, status) in found.status.iter().enumerate() {
            let at = match status {
                Status::Bound => 0,
                Status::Dominated(_) => 1,
                Status::Refused(_) | Status::Unconfirmed => 2,
                Status::Unasked | Status::Accepted => continue,
            };
            counts[at] += 1;
            if !truth.is_refused(candidate) {
                wrong += 1;
                let (ratio, name, _) = truth.farthest(candidate);
                let label = grid.label(&grid.candidates[candidate]);
                println!("  {status:?}, and holds by brute force: {label}, farthest {ratio:.3} ({name})");
            }
        }
        let [bound, dominated, refused] = counts;
        println!(
            "  refused: {bound} by a bound, {dominated} dominated, {refused} by runs; {wrong} of them hold by brute force"
        );
        self.check(wrong == 0, "what was pruned holds");
    }
}
