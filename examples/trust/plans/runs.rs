//! Runs of one candidate in one case, and on which side of its goals' zones they lie.

use casim::decide::plan::Field;
use casim::decide::plan::goals::samples;
use casim::kernel::random::Key;
use casim::model::workload::Zone;
use casim::results::RunResult;
use casim::results::objectives::Subject;
use casim::stats::feasibility::{Edge, Sample};
use casim::stats::interval::student_t;
use casim::study::{Study, Workers};

/// How sure the truth is of each candidate in each case, at each edge of each goal: one of 1,000 errs.
const SURE: f64 = 1.0 - 1e-3 / 2.0;

/// A goal: what each run has at either edge, and of how much.
pub(super) struct Goal {
    /// Of whom, and what.
    name: String,
    /// What is allowed at the goal, and at its zone's lower edge.
    allowed: [f64; 2],
    /// By run: what counts at the goal, at the lower edge, and of how much.
    of_runs: Vec<[f64; 3]>,
    /// A share of requests: how many of them a goal needs to be judged.
    fewest: Option<f64>,
}

/// What the runs say of a goal at an edge.
#[derive(Clone, Copy)]
struct At {
    /// How far beyond what is allowed.
    excess: f64,
    /// The half-width of the interval by which it is known.
    half: f64,
}

/// All goals of a candidate in a case.
pub(super) struct Cell {
    goals: Vec<Goal>,
    /// Runs behind it.
    pub(super) runs: u32,
    /// Events of these runs.
    pub(super) events: u64,
}

/// On which side of all its goals a candidate lies, as far as that is sure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Side {
    /// It keeps every goal at its lower edge.
    Within,
    /// It keeps every goal, and not all at the lower edge.
    Zone,
    /// So many runs do not tell.
    Open,
    /// It misses one.
    Beyond,
}

impl Cell {
    /// Plays so many runs; `None` where nobody has a way.
    pub(super) fn of(
        field: &dyn Field,
        (candidate, case): (usize, usize),
        (runs, seed): (u32, Key),
        zone: Zone,
        workers: &Workers<'_>,
    ) -> Option<Self> {
        let mut scenario = field.scenario(candidate, case).expect("a scenario")?;
        scenario.experiment.seed = seed.0;
        scenario.experiment.replications = runs;
        scenario.model.workload.slo.zone = Some(zone);
        let result = Study::from(&scenario).without_twins().run(workers).expect("a sound run");
        let all = samples(&result, &scenario.model.workload.slo, zone);
        let goals = all.into_iter().map(|(finding, sample)| Goal {
            name: format!("{} {:?}", about(&result, finding.subject), finding.measure),
            ..Goal::of(sample)
        });
        Some(Self { goals: goals.collect(), runs, events: result.events })
    }

    /// By the runs `of`, each goal in the better half of its zone, or below: as `plan` takes what stays open.
    pub(super) fn holds(&self, of: &[usize]) -> bool {
        self.goals.iter().filter(|goal| goal.is_judged(of)).all(|goal| {
            let [upper, lower] = [0, 1].map(|edge| goal.mean(edge, of) - goal.allowed[edge]);
            upper + lower <= 0.0
        })
    }

    /// Goals that one run misses by itself.
    pub(super) fn missed_by(&self, run: usize) -> usize {
        self.goals.iter().filter(|goal| goal.mean(0, &[run]) > goal.allowed[0]).count()
    }

    /// Where it lies, by all runs.
    pub(super) fn side(&self) -> Side {
        let all: Vec<usize> = (0..self.runs as usize).collect();
        let mut side = Side::Within;
        for goal in self.goals.iter().filter(|goal| goal.is_judged(&all)) {
            let [upper, lower] = [0, 1].map(|edge| goal.at(edge, &all));
            let own = if upper.excess > upper.half {
                return Side::Beyond;
            } else if upper.excess > -upper.half || lower.excess.abs() <= lower.half {
                Side::Open
            } else if lower.excess > 0.0 {
                Side::Zone
            } else {
                Side::Within
            };
            side = match (side, own) {
                (Side::Open, _) | (_, Side::Open) => Side::Open,
                (Side::Zone, _) | (_, Side::Zone) => Side::Zone,
                _ => Side::Within,
            };
        }
        side
    }

    /// The goal that is farthest, as a share of what is allowed, with its name; and the largest spread between
    /// runs, in half-widths of the zone.
    pub(super) fn farthest(&self) -> (f64, &str, f64) {
        let all: Vec<usize> = (0..self.runs as usize).collect();
        let mut far = (0.0, "", 0.0_f64);
        for goal in self.goals.iter().filter(|goal| goal.is_judged(&all)) {
            let ratio = goal.mean(0, &all) / goal.allowed[0];
            let [upper, lower] = [0, 1].map(|edge| goal.mean(edge, &all) - goal.allowed[edge]);
            let spread = goal.deviation(0, &all) / ((lower - upper) / 2.0);
            far = if ratio > far.0 {
                (ratio, &goal.name, far.2.max(spread))
            } else {
                (far.0, far.1, far.2.max(spread))
            };
        }
        far
    }
}

impl Goal {
    fn of(sample: Sample) -> Self {
        let (allowed, of_runs, fewest) = match sample {
            Sample::Counts { upper, lower, fewest } => {
                let both = upper.runs.iter().zip(&lower.runs);
                let of = both.map(|(a, b)| [a.events as f64, b.events as f64, a.trials as f64]);
                let allowed = |edge: &Edge| edge.allowed;
                ([allowed(&upper), allowed(&lower)], of.collect(), Some(fewest as f64))
            }
            Sample::Times { allowed, lower, runs, .. } => {
                ([allowed, lower], runs.into_iter().map(|lost| [lost, lost, 1.0]).collect(), None)
            }
            Sample::Values { upper, lower, runs } => {
                ([upper, lower], runs.into_iter().map(|value| [value, value, 1.0]).collect(), None)
            }
        };
        Self { name: String::new(), allowed, of_runs, fewest }
    }

    fn trials(&self, of: &[usize]) -> f64 {
        of.iter().map(|&run| self.of_runs[run][2]).sum()
    }

    /// Whether there is enough to be judged by, in all runs that there are.
    fn is_judged(&self, of: &[usize]) -> bool {
        let all: f64 = self.of_runs.iter().map(|run| run[2]).sum();
        self.trials(of) > 0.0 && self.fewest.is_none_or(|fewest| all >= fewest)
    }

    fn mean(&self, edge: usize, of: &[usize]) -> f64 {
        of.iter().map(|&run| self.of_runs[run][edge]).sum::<f64>() / self.trials(of).max(1e-12)
    }

    /// Between runs, of a ratio; shares vary as independent requests do at least.
    fn deviation(&self, edge: usize, of: &[usize]) -> f64 {
        let (n, mean, each) = (of.len() as f64, self.mean(edge, of), self.trials(of) / of.len() as f64);
        let squares = of.iter().map(|&run| {
            let [at_goal, at_lower, trials] = self.of_runs[run];
            let off = ([at_goal, at_lower][edge] - mean * trials) / each;
            off * off
        });
        let between = squares.sum::<f64>() / (n - 1.0).max(1.0);
        let q = self.allowed[edge];
        let independent = if self.fewest.is_some() { q * (1.0 - q) / each } else { 0.0 };
        between.max(independent).sqrt()
    }

    fn at(&self, edge: usize, of: &[usize]) -> At {
        let n = of.len() as f64;
        let half = student_t(SURE, n - 1.0) * self.deviation(edge, of) / n.sqrt();
        At { excess: self.mean(edge, of) - self.allowed[edge], half }
    }
}

fn about(result: &RunResult, subject: Subject) -> String {
    match subject {
        Subject::Users(protocol, _) => format!("{protocol:?}"),
        Subject::Servers(at) => result.servers[at as usize].name.clone(),
        Subject::Link(at) => result.links[at as usize].name.clone(),
        other => format!("{other:?}"),
    }
}
