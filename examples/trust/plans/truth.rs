//! The truth about a grid: every candidate in every case by runs of its own, and by more of them until none
//! is open; what brute force makes of such runs.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use casim::decide::plan::grid::Grid;
use casim::kernel::random::{Key, Role};
use casim::model::workload::Zone;
use casim::study::Workers;
use rand::RngExt;
use rayon::prelude::*;

use super::runs::{Cell, Side};

/// Runs of everybody, as many as brute force plays.
const RUNS: u32 = 40;
/// Runs at most of whoever is open.
const MOST: u32 = 20_480;
/// Fixed numbers of runs that are tried.
const FIXED: [usize; 11] = [1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 28];
/// How often each is.
const DRAWS: u32 = 1_000;

/// By candidate, then case; nothing where nobody has a way.
pub(super) struct Truth<'g> {
    grid: &'g Grid<'g>,
    /// [`RUNS`] of everybody.
    cells: Vec<Vec<Option<Cell>>>,
    /// By as many runs as that took.
    pub(super) sides: Vec<Side>,
    /// Runs of whoever took most.
    pub(super) most: u32,
    /// Who is open all the same, of those that decide what is right.
    pub(super) open: usize,
}

/// Of several cases.
fn worst(sides: impl IntoIterator<Item = Side>) -> Side {
    sides.into_iter().max().unwrap_or(Side::Within)
}

impl<'g> Truth<'g> {
    pub(super) fn of(grid: &'g Grid<'g>, zone: Zone, seed: Key, workers: &Workers<'_>) -> Self {
        let cases = grid.cases.all.len();
        let play = |candidate, case, runs| Cell::of(grid, (candidate, case), (runs, seed), zone, workers);
        let all: Vec<(usize, usize)> =
            (0..grid.candidates.len()).flat_map(|one| (0..cases).map(move |case| (one, case))).collect();
        let mut cells: Vec<Vec<Option<Cell>>> = grid.candidates.iter().map(|_| Vec::new()).collect();
        let played: Vec<Option<Cell>> =
            workers.install(|| all.par_iter().map(|&(one, case)| play(one, case, RUNS)).collect());
        for ((one, _), cell) in all.iter().zip(played) {
            cells[*one].push(cell);
        }
        let mut truth = Self { grid, cells, sides: Vec::new(), most: RUNS, open: 0 };
        truth.sides = (0..truth.cells.len()).map(|one| worst(truth.known(one))).collect();
        let mut order: Vec<usize> = (0..truth.cells.len()).collect();
        order.sort_by_key(|&one| truth.cost(one));
        let mut enough = None;
        for candidate in order {
            // What costs more than one that is surely within its zones decides nothing.
            if enough.is_some_and(|enough| truth.cost(candidate) > enough) {
                break;
            }
            let (mut sides, mut runs) = (truth.known(candidate), RUNS);
            while worst(sides.iter().copied()) == Side::Open && runs < MOST {
                runs *= 2;
                for (case, side) in sides.iter_mut().enumerate().filter(|(_, side)| **side == Side::Open) {
                    *side = play(candidate, case, runs).map_or(Side::Within, |cell| cell.side());
                }
            }
            truth.most = truth.most.max(runs);
            let side = worst(sides.iter().copied());
            truth.sides[candidate] = side;
            truth.open += usize::from(side == Side::Open);
            if side == Side::Within {
                enough = Some(truth.cost(candidate));
            }
        }
        truth
    }

    /// By case, by the runs of everybody; within where nobody has a way.
    fn known(&self, candidate: usize) -> Vec<Side> {
        self.cells[candidate].iter().map(|cell| cell.as_ref().map_or(Side::Within, Cell::side)).collect()
    }

    fn cost(&self, candidate: usize) -> (u64, u64) {
        self.grid.candidates[candidate].cost.amount()
    }

    /// Whether this answer is right: it meets every goal, and nothing cheaper meets each at its lower edge.
    pub(super) fn is_right(&self, answer: Option<usize>) -> bool {
        let cheaper = |one: &usize| answer.is_none_or(|answer| self.cost(*one) < self.cost(answer));
        let mut all = (0..self.sides.len()).filter(cheaper);
        answer.is_none_or(|answer| matches!(self.sides[answer], Side::Within | Side::Zone))
            && !all.any(|one| self.sides[one] == Side::Within)
    }

    /// What brute force answers: the cheapest whose goals all hold by these runs.
    pub(super) fn brute(&self, of: &[usize]) -> Option<usize> {
        let holds = |one: &usize| self.cells[*one].iter().flatten().all(|cell| cell.holds(of));
        let all = (0..self.cells.len()).filter(holds);
        all.min_by(|&a, &b| self.grid.candidates[a].in_order(&self.grid.candidates[b]))
    }

    /// The same by as many as it usually plays.
    pub(super) fn brute_force(&self) -> Option<usize> {
        self.brute(&(0..RUNS as usize).collect::<Vec<_>>())
    }

    /// Whether 40 runs have it miss a goal somewhere.
    pub(super) fn is_refused(&self, candidate: usize) -> bool {
        let of: Vec<usize> = (0..RUNS as usize).collect();
        !self.cells[candidate].iter().flatten().all(|cell| cell.holds(&of))
    }

    /// Candidates in cases in which somebody has a way.
    pub(super) fn cells(&self) -> u64 {
        self.cells.iter().flatten().flatten().count() as u64
    }

    /// The same of those that no bound refuses.
    pub(super) fn contenders(&self) -> u64 {
        let open = self.cells.iter().zip(&self.grid.candidates).filter(|(_, one)| one.bound.is_none());
        open.map(|(cells, _)| cells.iter().flatten().count() as u64).sum()
    }

    /// Events of brute force.
    pub(super) fn events(&self) -> f64 {
        let all = self.cells.iter().flatten().flatten();
        all.map(|cell| cell.events as f64 / f64::from(cell.runs)).sum::<f64>() * f64::from(RUNS)
    }

    /// The goal that is farthest of a candidate, as a share of it, with its name and case; and the
    /// widest spread between runs, in half-widths of its zone.
    pub(super) fn farthest(&self, candidate: usize) -> (f64, String, f64) {
        let mut far = (0.0, String::new(), 0.0_f64);
        for (case, cell) in self.cells[candidate].iter().enumerate() {
            let Some((ratio, name, spread)) = cell.as_ref().map(Cell::farthest) else { continue };
            let widest = far.2.max(spread);
            far = if ratio > far.0 {
                (ratio, format!("{name}, {}", self.grid.cases.label(case)), widest)
            } else {
                (far.0, far.1, widest)
            };
        }
        far
    }

    /// The least fixed number of runs of everybody by which brute force is right in at least this share,
    /// and in what share each number is.
    pub(super) fn fixed(&self, share: f64, seed: Key) -> (Option<usize>, Vec<(usize, f64)>) {
        let mut tried = Vec::new();
        for runs in FIXED {
            let right = |draw: &u32| {
                let mut rng = seed.child(runs as u64).stream(Role::new("fixed"), *draw);
                // Drawn with replacement; all candidates see the same.
                let which = |_| ((rng.random::<f64>() * f64::from(RUNS)) as usize).min(RUNS as usize - 1);
                let of: Vec<usize> = (0..runs).map(which).collect();
                self.is_right(self.brute(&of))
            };
            let right = (0..DRAWS).into_par_iter().filter(right).count();
            tried.push((runs, right as f64 / f64::from(DRAWS)));
            if tried.last().is_some_and(|(_, right)| *right >= share) {
                return (Some(runs), tried);
            }
        }
        (None, tried)
    }

    /// Goals that each run misses by itself, of all candidates that no bound refuses, as CSV.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = "candidate,label,cost,cost_2,side,run,missed\n".to_owned();
        for (candidate, one) in self.grid.candidates.iter().enumerate() {
            if one.bound.is_some() {
                continue;
            }
            let ((cost, second), label) = (one.cost.amount(), self.grid.label(one));
            for run in 0..RUNS as usize {
                let missed: usize =
                    self.cells[candidate].iter().flatten().map(|cell| cell.missed_by(run)).sum();
                let side = self.sides[candidate];
                writeln!(text, "{candidate},\"{label}\",{cost},{second},{side:?},{run},{missed}")
                    .expect("a text");
            }
        }
        std::fs::write(path, text)
    }
}
