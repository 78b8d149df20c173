//! What the utilisation law and latency without load say of each figure, without a run: which are
//! likely to matter, and which of their ends is the bad one.
//!
//! Orders what is played, and leaves nothing out: queues, refusals and what clients do in vain are
//! not seen here, and a figure that is expected to do nothing is played with the others.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::figures::{Figure, Setting};
use crate::model::workload::Slo;
use crate::results::compared::{About, Measure, Metric};
use crate::results::sensitive::Nature;
use crate::scenario::Scenario;
use crate::study::{System, Workers, law, unloaded};

/// Below this share of the base an expected effect is none.
const NOTHING: f64 = 1e-6;

/// What is expected of an objective: its share of a core or line, or ns.
type Expected = BTreeMap<(About, Metric), f64>;

/// What is known of a figure without a run.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Screened {
    /// What is expected at each end.
    ends: [Option<Expected>; 2],
    /// The widest effect on any objective, as a share of the base, or of the goal where that is more.
    pub(super) score: f64,
    /// The end at which that objective is worse.
    pub(super) bad: usize,
    /// An objective is worse at the other end.
    pub(super) divided: bool,
    /// A contested answer that changes nobody's way.
    pub(super) idle: bool,
}

/// Of every figure.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Screen {
    base: Expected,
    pub(super) figures: Vec<Screened>,
}

impl Screen {
    pub(super) fn of(base: &Scenario, figures: &[Figure], workers: &Workers<'_>) -> Self {
        let expected_base = expected(base);
        let goals = goals(base, &expected_base);
        let contested = figures.iter().any(|figure| figure.nature == Nature::Contested);
        let system = contested.then(|| System::compile(&base.model));
        let one = |figure: &Figure| {
            if figure.nature == Nature::Contested {
                return contested_one(base, system.as_ref(), figure);
            }
            let end = |setting: &Option<Setting>| {
                let scenario = base.with(&setting.as_ref()?.sets).ok()?;
                Some(expected(&scenario))
            };
            let ends = [end(&figure.ends[0]), end(&figure.ends[1])];
            judged((&expected_base, &goals), ends, figure)
        };
        let figures = workers.install(|| figures.par_iter().map(one).collect());
        Self { base: expected_base, figures }
    }

    /// What the law says of an objective at both ends of a figure, and without it moved: of cores and lines
    /// alone.
    pub(super) fn law(&self, figure: usize, objective: &(About, Metric)) -> Option<(f64, [Option<f64>; 2])> {
        if !matches!(objective.0, About::Servers(_) | About::Link(_)) {
            return None;
        }
        // Law and run have the same busiest hour; the mean is not asked.
        let key = match objective.1 {
            Metric::Goal(Measure::Utilisation) | Metric::BusiestHour => {
                (objective.0.clone(), Metric::BusiestHour)
            }
            _ => return None,
        };
        let base = *self.base.get(&key)?;
        let screened = &self.figures[figure];
        let end = |end: usize| Some(*screened.ends[end].as_ref()?.get(&key)?);
        let ends = [end(0), end(1)];
        let moves = |value: &f64| (value - base).abs() > NOTHING * base;
        ends.iter().flatten().any(moves).then_some((base, ends))
    }
}

/// A contested answer is read by the rules of access alone: where it changes nothing that they lead to, the
/// run is the same.
fn contested_one(base: &Scenario, system: Option<&System<'_>>, figure: &Figure) -> Screened {
    let other = figure.ends[1].as_ref().and_then(|end| base.with(&end.sets).ok());
    let same = match (system, &other) {
        (Some(system), Some(other)) => system.plays_as(&System::compile(&other.model)),
        _ => false,
    };
    Screened { ends: [None, None], score: 0.0, bad: 1, divided: false, idle: same }
}

fn judged((base, goals): (&Expected, &Expected), ends: [Option<Expected>; 2], figure: &Figure) -> Screened {
    let (mut score, mut bad, mut worse) = (0.0_f64, 1, [false; 2]);
    for (key, value) in base {
        let change = |end: usize| match ends[end].as_ref().and_then(|end| end.get(key)) {
            Some(moved) if *value > 0.0 => (moved - value) / value.max(*goals.get(key).unwrap_or(&0.0)),
            _ => 0.0,
        };
        let (low, high) = (change(0), change(1));
        let own = (low - high).abs().max(low.abs()).max(high.abs());
        if own <= NOTHING {
            continue;
        }
        let end = usize::from(high > low);
        worse[end] = true;
        if own > score {
            (score, bad) = (own, end);
        }
    }
    // Where nothing is expected the higher one, as far as there is one.
    if figure.ends[bad].is_none() {
        bad = 1 - bad;
    }
    Screened { ends, score, bad, divided: worse == [true, true], idle: false }
}

/// Goals of cores and lines. Latency without load has none: those are for a percentile under load.
fn goals(scenario: &Scenario, expected: &Expected) -> Expected {
    let slo = &scenario.model.workload.slo;
    let of = |about: &About| match about {
        About::Servers(_) => slo.cpu.or(slo.cpu_mean),
        About::Link(_) => slo.link.or(slo.link_mean),
        About::All(_) | About::Users(..) => None,
    };
    expected.keys().filter_map(|key| Some((key.clone(), of(&key.0)?))).collect()
}

/// Of everything that has a goal; where nothing has, of everything.
fn expected(scenario: &Scenario) -> Expected {
    let slo = &scenario.model.workload.slo;
    let bare = *slo == Slo::default();
    let (loads, _) = law(&scenario.model, &scenario.experiment);
    let mut all = Expected::new();
    for load in loads {
        let (about, goal) = match load.resource.is_link() {
            true => (About::Link(load.name.clone()), slo.link.or(slo.link_mean)),
            false => (About::Servers(load.name.clone()), slo.cpu.or(slo.cpu_mean)),
        };
        if bare || goal.is_some() {
            all.insert((about, Metric::BusiestHour), load.utilisation());
        }
    }
    let names = &scenario.model.workload.populations;
    for of in unloaded(&scenario.model, &scenario.experiment) {
        let name = names[of.population as usize].name.clone();
        if bare || slo.protocols.iter().any(|(protocol, _)| *protocol == of.protocol) {
            all.insert((About::Users(Some(of.protocol), name.clone()), Metric::P95), of.request);
            all.insert((About::Users(Some(of.protocol), name), Metric::LogonP95), of.logon);
        }
    }
    all
}
