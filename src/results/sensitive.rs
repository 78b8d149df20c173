//! What a study of sensitivity found: how far each objective moves when one figure does.
//!
//! Data alone. How it comes about: [`crate::decide::sensitivity`]. Times in ns, shares 0 to 1.

use serde::{Deserialize, Serialize};

use super::compared::{About, Metric};
use crate::stats::verdict::Word;

/// What is moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Nature {
    /// A number.
    Number,
    /// The profile of the populations.
    Profile,
    /// Their day curve.
    Day,
    /// The answer to a question on which sources disagree.
    Contested,
}

/// What its value rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Rests {
    /// casim's own choice.
    Assumed,
    /// Recalled, not read again.
    Memory,
    /// The scenario states it.
    Given,
}

impl Rests {
    /// As tables have it.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
            Self::Memory => "memory",
            Self::Given => "given",
        }
    }
}

/// A value that a figure is moved to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct End {
    /// As a scenario writes it.
    pub shown: String,
    /// It may go no farther: a bound stopped it on its way.
    pub bounded: bool,
}

/// A figure.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Moved {
    /// Path of it, names replaced by `*` where all move together.
    pub path: String,
    /// What it is.
    pub nature: Nature,
    /// What its value rests on.
    pub rests: Rests,
    /// The value that it has.
    pub base: String,
    /// Lower and higher; of words the one before and the one behind. `None` where there is none.
    pub ends: [Option<End>; 2],
    /// Runs of each of its ends by itself; 0 where it was played in groups alone.
    pub runs: u32,
}

/// An objective on one side.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Side {
    /// The value; `None` where more failed than a percentile leaves over.
    pub value: Option<f64>,
    /// Half-width of the 95 % interval of its difference from the base, over pairs; `None` where
    /// a law says it, or where a run has no value.
    pub half_width: Option<f64>,
    /// That interval holds 0.
    pub within_noise: bool,
    /// It stands on the other side of its goal than the base, and not by noise.
    pub crosses: bool,
}

/// An objective, or where a scenario has none what users feel and how full things are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Objective {
    /// Whom or what it is about.
    pub about: About,
    /// Of what.
    pub metric: Metric,
    /// The goal, where there is one.
    pub goal: Option<f64>,
    /// The value as the scenario is; `None` where more failed than a percentile leaves over.
    pub base: Option<f64>,
    /// How that stands, over as many runs as the base has.
    pub word: Option<Word>,
    /// Whether the value is beyond the goal, whatever its interval.
    pub beyond: Option<bool>,
    /// With every figure of the groups at its bad end, and at its good end.
    pub all: [Option<Side>; 2],
    /// The differences of the figures played one by one at their bad ends, and at their good ends, added up.
    pub sums: [f64; 2],
}

impl Objective {
    /// Whether its values are times, ns; else they are shares.
    #[must_use]
    pub fn is_time(&self) -> bool {
        self.metric.is_time()
    }

    /// Whether more of it is better.
    #[must_use]
    pub fn is_least(&self) -> bool {
        self.metric.less_is_better() == Some(false)
    }
}

/// How an effect is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum By {
    /// From runs that saw the same draws as the base.
    Simulated,
    /// By the utilisation law, without a run.
    Law,
}

impl By {
    /// As tables have it.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Law => "law",
        }
    }
}

/// What one figure does to one objective.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Effect {
    /// Place of the figure.
    pub figure: usize,
    /// Place of the objective.
    pub objective: usize,
    /// Of the base, by the same runs or the same law.
    pub base: Option<f64>,
    /// At its ends.
    pub ends: [Option<Side>; 2],
    /// How it is known.
    pub by: By,
    /// Place among the effects on this objective, from 1, the widest first.
    pub rank: u32,
}

impl Effect {
    /// How far apart the ends and the base are.
    #[must_use]
    pub fn swing(&self) -> f64 {
        let ends = self.ends.iter().flatten().filter_map(|side| side.value);
        let all = ends.chain(self.base);
        let (low, high) =
            all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (f64::min(a, v), f64::max(b, v)));
        if high > low { high - low } else { 0.0 }
    }

    /// Whether nothing is shown: no end differs from the base but by noise.
    #[must_use]
    pub fn is_noise(&self) -> bool {
        self.ends.iter().flatten().all(|side| side.within_noise)
    }

    /// Whether an end stands on the other side of the goal.
    #[must_use]
    pub fn crosses(&self) -> bool {
        self.ends.iter().flatten().any(|side| side.crosses)
    }
}

/// Figures that were not played one by one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Their places.
    pub figures: Vec<usize>,
    /// The objective that all of them at their bad ends move most, and by how much ([`scale`]).
    pub most: Option<(usize, f64)>,
    /// Together they do not move any objective by as much as matters.
    pub is_idle: bool,
}

/// What all of it took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Runs of all variants, the base's among them.
    pub runs: u64,
    /// Simulated events of them.
    pub events: u64,
    /// Simulated events of one run of the base, in the mean.
    pub base_events: u64,
}

impl Cost {
    /// Runs of the run that it is compared with.
    pub const YARDSTICK: u64 = 20;

    /// Events over those of a run of [`Self::YARDSTICK`] replications.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.events as f64 / (self.base_events * Self::YARDSTICK).max(1) as f64
    }
}

/// The whole.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Sensitivity {
    /// Name of the scenario.
    pub scenario: String,
    /// By what numbers are multiplied, where they have no range of their own.
    pub range: [f64; 2],
    /// Figures.
    pub figures: Vec<Moved>,
    /// Objectives, in the order of a run's.
    pub objectives: Vec<Objective>,
    /// Effects, by objective, the widest first.
    pub effects: Vec<Effect>,
    /// Figures that no effect tells of by runs.
    pub groups: Vec<Group>,
    /// Places of contested switches that change nobody's way.
    pub idle_switches: Vec<usize>,
    /// Figures that matter, the most important first: those that cross a goal, then by the
    /// widest effect on any objective.
    pub order: Vec<usize>,
    /// What it took.
    pub cost: Cost,
}

impl Sensitivity {
    /// The effects on an objective, the widest first.
    pub fn of(&self, objective: usize) -> impl Iterator<Item = &Effect> {
        self.effects.iter().filter(move |effect| effect.objective == objective)
    }

    /// Effects that cross a goal, each with the end that does.
    pub fn crossings(&self) -> impl Iterator<Item = (&Effect, usize)> {
        let ends = |effect: &Effect| {
            (0..2).filter(|&end| effect.ends[end].is_some_and(|side| side.crosses)).collect::<Vec<_>>()
        };
        self.effects.iter().flat_map(move |effect| ends(effect).into_iter().map(move |end| (effect, end)))
    }

    /// The widest effect of a figure as such a share, and on which objective.
    #[must_use]
    pub fn widest(&self, figure: usize) -> Option<(&Effect, f64)> {
        let own = self.effects.iter().filter(|effect| effect.figure == figure && !effect.is_noise());
        let share = |effect: &Effect| self.share(effect);
        own.map(|effect| (effect, share(effect))).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// A swing as a share of the goal, or of the base where that is beyond it ([`scale`]).
    #[must_use]
    pub fn share(&self, effect: &Effect) -> f64 {
        let objective = &self.objectives[effect.objective];
        let scale = scale(objective.metric, effect.base, objective.goal);
        if scale > 0.0 { effect.swing() / scale } else { 0.0 }
    }
}

/// What a difference of this metric is told as a share of: the goal, or the base where that is beyond it or where
/// there is no goal; of failures and availability what the goal allows. A core that is used to 1 % and then to 3 %
/// has not moved by much. 0 where there is neither.
#[must_use]
pub fn scale(metric: Metric, base: Option<f64>, goal: Option<f64>) -> f64 {
    use super::objectives::Measure;
    match (metric, goal) {
        (Metric::Goal(Measure::Failures), Some(goal)) => goal,
        (Metric::Goal(Measure::Availability), Some(goal)) => 1.0 - goal,
        _ => base.map_or(0.0, f64::abs).max(goal.unwrap_or(0.0)),
    }
}

/// Objectives that are told first, at most.
const TOLD: usize = 4;

impl Sensitivity {
    /// The objectives to be told first: those that a figure turns, then those that are beyond their goal,
    /// then by the widest effect; of each kind of thing the one that is moved most.
    #[must_use]
    pub fn told_first(&self) -> Vec<usize> {
        let key = |at: usize| {
            let own = || self.of(at).filter(|effect| effect.by == By::Simulated && !effect.is_noise());
            let widest = own().map(|effect| self.share(effect)).fold(0.0, f64::max);
            (own().any(Effect::crosses), self.objectives[at].beyond == Some(true), widest)
        };
        let mut all: Vec<(usize, (bool, bool, f64))> =
            (0..self.objectives.len()).map(|at| (at, key(at))).collect();
        all.sort_by(|(a, own), (b, its)| {
            (its.0, its.1).cmp(&(own.0, own.1)).then(its.2.total_cmp(&own.2)).then(a.cmp(b))
        });
        let mut kinds: Vec<(Option<crate::model::protocol::Protocol>, Metric)> = Vec::new();
        let kind = |at: usize| match &self.objectives[at].about {
            About::All(protocol) | About::Users(protocol, _) => (*protocol, self.objectives[at].metric),
            About::Servers(_) | About::Link(_) => (None, self.objectives[at].metric),
        };
        all.retain(|(at, (_, _, widest))| {
            let own = kind(*at);
            let new = *widest > 0.0 && !kinds.contains(&own);
            if new {
                kinds.push(own);
            }
            new
        });
        let mut told: Vec<usize> = all.into_iter().map(|(at, _)| at).take(TOLD).collect();
        if told.is_empty() && !self.objectives.is_empty() {
            told.push(0);
        }
        told
    }
}
