//! The objectives of a result, and how far two results differ in each.
//!
//! Where a scenario has no goal, the 95th percentile of its users and the busiest hours of servers and
//! links stand for them. Judges nothing that [`crate::results`] does not.

use crate::decide::compare::measured::{Judged, Measured, UsersOf, uses};
use crate::model::workload::Slo;
use crate::results::RunResult;
use crate::results::compared::{About, Measure, Metric};
use crate::results::objectives::{Finding, Subject, Verdict};
use crate::results::sensitive::{Side, scale};
use crate::stats::interval::LEVEL;
use crate::stats::paired::Difference;
use crate::stats::verdict::Word;

/// An objective in a result.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Standing {
    pub(super) about: About,
    pub(super) metric: Metric,
    pub(super) goal: Option<f64>,
    pub(super) word: Option<Word>,
    measured: Measured,
    /// The share that is late, of a percentile.
    late: Option<Measured>,
}

/// How far one result differs from another in an objective.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Gap {
    /// The other less this one, as a share of what this metric is told by; of a percentile that one of
    /// them has none of the share that is late, over that which may be.
    pub(super) share: f64,
    /// Half-width of its 95 % interval, likewise; 0 where all pairs differ by the same.
    pub(super) half: f64,
    /// Both stand on different sides of the goal.
    pub(super) turns: bool,
}

impl Gap {
    pub(super) fn is_noise(&self) -> bool {
        self.share.abs() <= self.half
    }
}

/// Every objective, in the order of a run's.
pub(super) fn standings(result: &RunResult, slo: &Slo) -> Vec<Standing> {
    let mut all = Vec::new();
    for users in &result.users {
        let name = || result.names.populations[users.population as usize].clone();
        let Some(of) = UsersOf::of(result, users.protocol, &[users.population]) else { continue };
        let about = About::Users(users.protocol, name());
        all.extend(of.goals(result, slo, LEVEL).into_iter().map(|goal| goal_of(about.clone(), goal)));
    }
    all.extend(Verdict::of_resources(result, slo, LEVEL).iter().filter_map(|finding| used(result, finding)));
    if all.is_empty() { bare(result) } else { all }
}

fn goal_of(about: About, judged: Judged) -> Standing {
    let Judged { measure, goal, verdict, measured, late } = judged;
    Standing { about, metric: Metric::Goal(measure), goal: Some(goal), word: Some(verdict), measured, late }
}

fn used(result: &RunResult, finding: &Finding) -> Option<Standing> {
    let [hour, mean] = match finding.subject {
        Subject::Servers(at) => of_servers(result, at as usize),
        Subject::Link(at) => of_link(result, at as usize),
        Subject::Users(..) => return None,
    };
    let about = match finding.subject {
        Subject::Servers(at) => About::Servers(result.servers[at as usize].name.clone()),
        _ => About::Link(match finding.subject {
            Subject::Link(at) => result.links[at as usize].name.clone(),
            _ => String::new(),
        }),
    };
    let measured = if finding.measure == Measure::Utilisation { hour } else { mean };
    Some(Standing {
        about,
        metric: Metric::Goal(finding.measure),
        goal: Some(finding.goal),
        word: Some(finding.verdict),
        measured,
        late: None,
    })
}

fn of_servers(result: &RunResult, at: usize) -> [Measured; 2] {
    let row = &result.servers[at];
    uses(row.judged_hour(), row.replications.iter().map(|r| r.utilisation)).map(|(_, measured)| measured)
}

fn of_link(result: &RunResult, at: usize) -> [Measured; 2] {
    let row = &result.links[at];
    uses(&row.busiest_hour, row.replications.iter().map(|r| r.utilisation)).map(|(_, measured)| measured)
}

/// What is told of a scenario without goals.
fn bare(result: &RunResult) -> Vec<Standing> {
    let plain =
        |about, metric, measured| Standing { about, metric, goal: None, word: None, measured, late: None };
    let mut all = Vec::new();
    for users in &result.users {
        let Some(of) = UsersOf::of(result, users.protocol, &[users.population]) else { continue };
        let about = About::Users(users.protocol, result.names.populations[users.population as usize].clone());
        let p95 = of.metrics().into_iter().find(|(metric, _)| *metric == Metric::P95);
        all.extend(p95.map(|(metric, measured)| plain(about, metric, measured)));
    }
    for (at, row) in result.servers.iter().enumerate() {
        let [hour, _] = of_servers(result, at);
        all.push(plain(About::Servers(row.name.clone()), Metric::BusiestHour, hour));
    }
    for (at, row) in result.links.iter().enumerate() {
        let [hour, _] = of_link(result, at);
        all.push(plain(About::Link(row.name.clone()), Metric::BusiestHour, hour));
    }
    all
}

impl Standing {
    /// Whether it is about the same as another.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        self.metric == other.metric && self.about == other.about
    }

    pub(super) fn value(&self) -> Option<f64> {
        self.measured.value
    }

    /// Whether the value is beyond the goal; what has none since too much failed is.
    pub(super) fn beyond(&self) -> Option<bool> {
        let goal = self.goal?;
        match (self.measured.value, self.word) {
            (_, Some(Word::Never)) => Some(true),
            (Some(value), _) if self.metric.less_is_better() == Some(false) => Some(value < goal),
            (Some(value), _) => Some(value > goal),
            (None, _) => None,
        }
    }

    fn is_whole(&self) -> bool {
        self.measured.value.is_some() && self.measured.runs.iter().all(Option::is_some)
    }

    /// The difference of another from this one, and whether it is of shares that are late.
    fn difference(&self, other: &Self) -> Option<(Difference, bool)> {
        let (own, its, by_late) = match (self.is_whole() && other.is_whole(), &self.late, &other.late) {
            (true, ..) => (&self.measured, &other.measured, false),
            (false, Some(own), Some(its)) => (own, its, true),
            _ => return None,
        };
        let pairs = own.runs.iter().zip(&its.runs).map(|(a, b)| Some(((*a)?, (*b)?)));
        let pairs: Vec<(f64, f64)> = pairs.collect::<Option<_>>()?;
        Some((Difference::sectioned(own.value?, its.value?, &pairs)?, by_late))
    }

    /// How far another differs from this one; `None` where a run of either has no value.
    pub(super) fn gap(&self, other: &Self) -> Option<Gap> {
        let (difference, by_late) = self.difference(other)?;
        let scale = match by_late {
            true => crate::results::findings::MAY_BE_LATE,
            false => scale(self.metric, self.measured.value, self.goal),
        };
        let over = |value: f64| if scale > 0.0 { value / scale } else { 0.0 };
        let turns = self.beyond().zip(other.beyond()).is_some_and(|(own, its)| own != its);
        let half = over(difference.half_width(LEVEL));
        Some(Gap { share: over(difference.estimate), half, turns })
    }

    /// Another beside this one.
    pub(super) fn side(&self, other: &Self) -> Side {
        let difference = self.difference(other);
        let half_width = difference.filter(|(_, by_late)| !by_late).map(|(of, _)| of.half_width(LEVEL));
        let noise = difference.is_none_or(|(of, _)| of.estimate.abs() <= of.half_width(LEVEL));
        let turns = self.beyond().zip(other.beyond()).is_some_and(|(own, its)| own != its);
        Side { value: other.value(), half_width, within_noise: noise, crosses: turns && !noise }
    }
}
