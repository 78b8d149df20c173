//! What a plan found: what can be bought, what each combination of it costs, and who refused it.
//!
//! Data alone. How it comes about: [`crate::decide`].

use serde::{Deserialize, Serialize};

use super::compared::{About, Measure};
pub use super::purchase::Cost;
use super::sensitive::Sensitivity;
use crate::stats::verdict::Word;

/// Who refused a candidate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PrunedBy {
    /// More is asked of a resource than its goal allows.
    Law,
    /// More is held of a limit than there is.
    Limit,
    /// The latency without load is beyond the goal.
    Unloaded,
    /// Another one that is at least as able in everything was refused.
    Dominated,
    /// Its own runs.
    Simulated,
}

impl PrunedBy {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 5] = [Self::Law, Self::Limit, Self::Unloaded, Self::Dominated, Self::Simulated];

    /// As `plan.csv` has it.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::Limit => "limit",
            Self::Unloaded => "unloaded",
            Self::Dominated => "dominated",
            Self::Simulated => "simulated",
        }
    }
}

/// What can be bought: one of the things in which candidates differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlannedQuantity {
    /// Its path, as `--set` has it.
    pub path: String,
    /// For people, without its value: `Boston, Client Access servers`.
    pub label: String,
    /// In a label of a picture: `Boston CAS`.
    pub short: String,
    /// The site that pays for it; empty of links.
    pub site: String,
    /// The value that is owned.
    pub now: String,
}

/// A situation in which every goal is to hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlannedCase {
    /// What is dead all the time, as `--down` names it; `None` in normal operation.
    pub struck: Option<String>,
    /// Years from now.
    pub year: u32,
}

/// One goal of a candidate in a case.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlannedGoal {
    /// By place among the cases.
    pub case: usize,
    /// For whom.
    pub about: About,
    /// Of what.
    pub measure: Measure,
    /// The highest value that meets it; of availability the lowest.
    pub goal: f64,
    /// Over all runs, ns or a share; `None` where too little was seen or too much failed.
    pub value: Option<f64>,
    /// Half-width of its 95 % interval.
    pub half_width: Option<f64>,
    /// Share of requests that failed, of users.
    pub failed: Option<f64>,
    /// Accepted (`Met`), refused (`Missed`, `Never`), not decided (`Open`) or too few requests.
    pub verdict: Word,
    /// Runs behind it; 0 where the law alone says it.
    pub runs: u32,
}

impl PlannedGoal {
    /// The value over its goal, above 1 where it is beyond; of availability the time lost over that
    /// which may be. Infinite where too much failed for a value; `None` where too little was seen.
    #[must_use]
    pub fn excess(&self) -> Option<f64> {
        if self.verdict == Word::Never {
            return Some(f64::INFINITY);
        }
        let value = self.value?;
        let (value, most) =
            if self.measure.is_least() { (1.0 - value, 1.0 - self.goal) } else { (value, self.goal) };
        Some(if value > 0.0 { value / most.max(0.0) } else { 0.0 })
    }
}

/// Why a candidate is none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// What refused it.
    pub by: PrunedBy,
    /// In which case, by place.
    pub case: Option<usize>,
    /// Of [`PrunedBy::Dominated`], the candidate that is at least as able and was refused.
    pub candidate: Option<usize>,
    /// In words, without a full stop: what is asked, and what there is.
    pub reason: String,
}

/// One combination of what can be bought.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlannedCandidate {
    /// By quantity, the value as it is shown.
    pub values: Vec<String>,
    /// What it costs.
    pub cost: Cost,
    /// The farthest result over its goal by the law; holds at 1 and below.
    pub expected: f64,
    /// What was seen of its goals, case by case; empty where it was not played.
    pub goals: Vec<PlannedGoal>,
    /// Why it is refused; `None` where it holds, or where nobody had to ask.
    pub refusal: Option<Refusal>,
    /// Every goal was accepted in every case.
    pub holds: bool,
}

impl PlannedCandidate {
    /// The goal that is farthest from being met, among those that were judged.
    #[must_use]
    pub fn farthest(&self) -> Option<&PlannedGoal> {
        let judged = self.goals.iter().filter(|goal| goal.excess().is_some());
        judged.max_by(|a, b| a.excess().unwrap_or(0.0).total_cmp(&b.excess().unwrap_or(0.0)))
    }
}

/// The runs that confirmed the answer, with draws that the search has not seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Confirmed {
    /// Fresh runs of each case.
    pub runs: u32,
    /// Winners that fresh runs refused before this one.
    pub refused: u32,
    /// What they say of each goal.
    pub goals: Vec<PlannedGoal>,
}

/// A goal that no purchase meets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BeyondPurchase {
    /// For whom.
    pub about: About,
    /// Of what.
    pub measure: Measure,
    /// The goal.
    pub goal: f64,
    /// What the way alone takes, in the same unit.
    pub least: f64,
    /// What would mend it, in words; `None` where nothing known does.
    pub cure: Option<String>,
}

/// A group of servers or a line, as planned.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlannedGroup {
    /// Name.
    pub name: String,
    /// The site, or the two ends of a line.
    pub site: String,
    /// What is owned.
    pub now: String,
    /// What is planned.
    pub planned: String,
    /// Use in its busiest hour, 0 to 1: as planned, in normal operation; `None` without an answer.
    pub busiest: Option<f64>,
    /// What the goal allows of it.
    pub limit: f64,
    /// The least that would do by the law in normal operation.
    pub least: String,
    /// The least that would do by the law in the worst case asked for.
    pub survive: String,
    /// The same in the last year.
    pub grown: String,
    /// The limit or goal that is nearest, in words.
    pub binds: String,
}

/// What the loss of one element does to the answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Damage {
    /// By place among the cases.
    pub case: usize,
    /// Users who have no way left, mean over runs.
    pub users: f64,
    /// Hours that these lose together in the window, mean over runs.
    pub user_hours: f64,
    /// Goals missed by those who still have a way.
    pub missed: usize,
    /// The server group or line that is used most in it, and how much of it.
    pub hottest: Option<(String, f64)>,
}

/// Combinations that are too many to be listed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Unlisted {
    /// Decimal logarithm of how many there are in all.
    pub digits: f64,
    /// Some cost less than the answer, and neither a bound nor a run refuses them, so far as was looked.
    pub cheaper: bool,
}

/// A whole plan of one design.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Planned {
    /// Name of the scenario.
    pub scenario: String,
    /// Word of the currency; `None` where there are no prices.
    pub currency: Option<String>,
    /// Years that are paid and grown through.
    pub years: u32,
    /// What can be bought.
    pub quantities: Vec<PlannedQuantity>,
    /// In which cases goals are to hold, normal operation of now first.
    pub cases: Vec<PlannedCase>,
    /// Candidates, the cheapest first; of more than can be listed those that were looked at.
    pub candidates: Vec<PlannedCandidate>,
    /// Of these, what is known of all others.
    pub unlisted: Option<Unlisted>,
    /// The answer.
    pub chosen: Option<usize>,
    /// The next cheaper candidate whose refusal was seen, if any is cheaper.
    pub cheaper: Option<usize>,
    /// Cost of the answer by site, where there are prices; links between two stand under `lines`.
    pub by_site: Vec<(String, Cost)>,
    /// Names in the certificates of this design, and what they cost, whatever is bought: it tells designs apart.
    pub names: (u32, Cost),
    /// What confirmed it; `None` by the law alone.
    pub confirmed: Option<Confirmed>,
    /// Goals that no purchase meets.
    pub beyond: Vec<BeyondPurchase>,
    /// Group by group.
    pub groups: Vec<PlannedGroup>,
    /// Failure by failure.
    pub damages: Vec<Damage>,
    /// Sites whose owned equipment no longer suffices from a year on.
    pub extend: Vec<(String, u32)>,
    /// Numbers of servers that cannot be had, and why: who has them, and the fault.
    pub unfit: Vec<(String, String)>,
    /// Law and limits alone were asked.
    pub law_only: bool,
    /// Goals that were accepted or refused by value alone after the most runs, and whether a longer
    /// window is advised.
    pub by_value: (usize, bool),
    /// Events that were simulated, and those of 40 runs of every candidate in every case, estimated.
    pub events: (u64, u64),
}

/// All that a plan comes to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Plans {
    /// One a design, in the order of the designs.
    pub designs: Vec<Planned>,
    /// What the answer of the cheapest rests on, where that was asked and anything could be moved.
    pub rests: Option<Rests>,
}

/// What an answer rests on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rests {
    /// The case in which that was studied, as an administrator calls it.
    pub case: String,
    /// The study.
    pub found: Sensitivity,
}

/// Places of designs by what they cost, the cheapest first; who has no answer comes last.
#[must_use]
pub fn ranked(plans: &[Planned]) -> Vec<usize> {
    let cost = |planned: &Planned| planned.whole().map_or((1, (0, 0)), |cost| (0, cost.amount()));
    let mut places: Vec<usize> = (0..plans.len()).collect();
    places.sort_by_key(|design| (cost(&plans[*design]), *design));
    places
}

impl Planned {
    /// What the answer and the names of the design cost together, to be compared with other designs; `None`
    /// where there is no answer.
    #[must_use]
    pub fn whole(&self) -> Option<Cost> {
        let cost = self.candidates[self.chosen?].cost;
        Some(match (cost, self.names.1) {
            (Cost::Money { once, a_year, .. }, Cost::Money { once: names, a_year: each, .. }) => {
                Cost::money(once.saturating_add(names), a_year.saturating_add(each), self.years)
            }
            (cost, _) => cost,
        })
    }

    /// Candidates than which nothing cheaper is better, cheapest first: those that were played, and whose
    /// farthest goal is nearer than that of every cheaper one.
    #[must_use]
    pub fn frontier(&self) -> Vec<usize> {
        let (mut found, mut best) = (Vec::new(), f64::INFINITY);
        for (at, candidate) in self.candidates.iter().enumerate() {
            let Some(excess) = candidate.farthest().and_then(PlannedGoal::excess) else { continue };
            if excess < best || found.is_empty() {
                best = best.min(excess);
                found.push(at);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 s where 2 s may be, and 0.15 % of the time lost where 0.1 % may be: both 1.5 times the goal.
    #[test]
    fn how_far_a_value_is_from_its_goal() {
        let excess = |measure, goal, value, verdict| {
            let (about, half_width, failed) = (About::All(None), None, None);
            PlannedGoal { case: 0, about, measure, goal, value, half_width, failed, verdict, runs: 10 }
                .excess()
        };
        assert_eq!(excess(Measure::P95, 2e9, Some(3e9), Word::Missed), Some(1.5));
        let available = |value| excess(Measure::Availability, 0.999, Some(value), Word::Missed).unwrap();
        assert!((available(0.9985) - 1.5).abs() < 1e-9 && available(1.0) == 0.0);
        assert_eq!(excess(Measure::P95, 2e9, Some(1e9), Word::Never), Some(f64::INFINITY));
        assert_eq!(excess(Measure::P95, 2e9, None, Word::Unjudged), None);
    }
}
