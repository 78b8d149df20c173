//! Feasibility: does a system keep within a goal, by runs that are looked at more than once.
//!
//! Of many systems whose cost is known, the cheapest that keeps within every goal is found by
//! asking of one after the other whether it does: feasibility checking (Batur and Kim,
//! *Finding feasible systems in the presence of constraints on multiple performance measures*,
//! ACM TOMACS 20, 2010; Andradóttir and Kim, *Fully sequential procedures for comparing
//! constrained systems via simulation*, Naval Research Logistics 57, 2010). As there, a system
//! at the very edge of a goal could be looked at for ever, so that below each goal lies a
//! **zone** in which either answer is right: who keeps within the zone's lower edge is to be accepted,
//! who does not keep within the goal, its upper edge, is to be refused.
//!
//! Both edges are counted in each run, and each is asked a question of its own:
//!
//! ```text
//! accept where  room at the upper edge     >= t(1 - w 2.5 % / K)               sqrt(V / n)
//! refuse where  excess over the lower edge >= t(1 - w 2.5 % / (goals x cases)) sqrt(V / n)
//! ```
//!
//! with n runs, Student's t of n - 1 degrees, `w` the share of the error that this look may
//! make (that of [`super::verdict::look_level`]), `K` candidates of which any may be accepted wrongly, and
//! all goals in all cases by any of which one that is right may be refused. `V` is the variance
//! between runs, and at least that of independent requests at the share that is allowed, so
//! that few requests, of which none happened to be late, prove nothing; for accepting, times
//! [`overdispersion`]: requests that come late together are worth fewer.
//!
//! Where both hold, or nothing holds after the last look, the value decides: accepted
//! where it lies in the better half of the zone.
//!
//! General: knows neither protocols, nor who chooses among systems. Read [`super::late`] for
//! shares of one system.

use super::interval::student_t;
use super::late::{Share, overdispersion, variance_between};
use super::verdict::look_level;

/// Runs that vary by more than so many half-widths of the zone should be longer: 160 of them
/// do not tell its edges apart.
pub const SPREAD_MOST: f64 = 4.0;

/// When runs are looked at: after `first` of them, and after twice as many, until there are `most`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Looks {
    first: u32,
    most: u32,
}

impl Looks {
    /// Looks after 10, 20, 40, 80 and 160 runs.
    pub const USUAL: Self = Self { first: 10, most: 160 };

    /// Looks from `first` runs on until there are `most`. At least two runs have a variance.
    #[must_use]
    pub fn of(first: u32, most: u32) -> Self {
        let most = most.max(2);
        Self { first: first.clamp(2, most), most }
    }

    /// Runs at the first look.
    #[must_use]
    pub fn first(self) -> u32 {
        self.first
    }

    /// Runs at the last.
    #[must_use]
    pub fn most(self) -> u32 {
        self.most
    }

    /// Runs at the look after that with `runs`, 0 before the first; `None` after the last.
    #[must_use]
    pub fn after(self, runs: u32) -> Option<u32> {
        let next = if runs == 0 { self.first } else { runs.saturating_mul(2).min(self.most) };
        (runs < self.most).then_some(next)
    }

    /// Runs at the look before that with `runs`; 0 at the first.
    #[must_use]
    pub fn before(self, runs: u32) -> u32 {
        let mut before = 0;
        while let Some(next) = self.after(before).filter(|next| *next < runs) {
            before = next;
        }
        before
    }
}

/// How sure one has to be at one look, as quantiles of Student's t.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Critical {
    runs: u32,
    last: bool,
    most: u32,
    /// What the room at the upper edge is measured by.
    accept: f64,
    /// What the excess over the lower edge is measured by.
    refuse: f64,
    /// Of an interval of the value at this look, by itself.
    alone: f64,
}

impl Critical {
    /// At the look with so many `runs`, at least two, where any of `candidates` may be accepted
    /// wrongly, and one that is right refused by any of `goals` (those of all cases together).
    #[must_use]
    pub fn at(looks: Looks, runs: u32, candidates: u64, goals: u64) -> Self {
        let error = (1.0 - look_level(looks.before(runs), runs, looks.most)) / 2.0;
        let t = |family: u64| student_t(1.0 - error / family.max(1) as f64, f64::from(runs.max(2)) - 1.0);
        let (accept, refuse, alone) = (t(candidates), t(goals), t(1));
        Self { runs, last: runs >= looks.most, most: looks.most, accept, refuse, alone }
    }
}

/// What runs say at one edge of a zone: a share of trials, of which so much is allowed.
#[derive(Clone, PartialEq, Debug)]
pub struct Edge {
    /// Share that is allowed, 0 to 1.
    pub allowed: f64,
    /// Of each run.
    pub runs: Vec<Share>,
}

/// What runs say of one goal.
#[derive(Clone, PartialEq, Debug)]
pub enum Sample {
    /// A share of requests is to be as low as is allowed: late ones, counted by either edge, or failed ones.
    Counts {
        /// At the goal.
        upper: Edge,
        /// At the lower edge.
        lower: Edge,
        /// Of fewer requests over all runs nothing is accepted.
        fewest: u64,
    },
    /// A share of time is to be as low: what users lost of theirs, which is lost where requests fail.
    Times {
        /// Share that is allowed, 0 to 1.
        allowed: f64,
        /// The lower edge, 0 to 1.
        lower: f64,
        /// Share lost in each run, 0 to 1.
        runs: Vec<f64>,
        /// Requests of each run, by which it was found.
        trials: Vec<u64>,
        /// Of fewer over all runs nothing is accepted.
        fewest: u64,
    },
    /// A value, such as the use of cores, is to be as low as this.
    Values {
        /// The goal.
        upper: f64,
        /// The lower edge.
        lower: f64,
        /// The value of each run, in the unit of the edges.
        runs: Vec<f64>,
    },
}

/// What is said of a goal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Answer {
    /// It is kept.
    Accepted,
    /// It is not.
    Refused,
    /// Neither is shown.
    Open,
    /// There are too few requests, and will be.
    Unjudged,
}

/// What runs say of a goal at one look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Judgement {
    /// What is shown, or, after the last look, not.
    pub answer: Answer,
    /// By value: whether it lies in the better half of the zone, or below.
    pub holds: bool,
    /// Mean of the runs in the unit of the goal's edge: a share, or the value.
    pub value: f64,
    /// Half-width of the interval of `value` at this look, of one goal by itself; `None` for fewer than two runs.
    pub half_width: Option<f64>,
    /// Standard deviation between runs, in half-widths of the zone; `None` where the zone has no width or
    /// there are fewer than two runs.
    pub spread: Option<f64>,
}

impl Judgement {
    /// Whether a longer window is to be advised: the runs vary by more than [`SPREAD_MOST`].
    #[must_use]
    pub fn wants_longer(&self) -> bool {
        self.spread.is_some_and(|spread| spread > SPREAD_MOST)
    }
}

/// What one edge asks: how far the mean is on the right side of it, and the variance by which that is measured.
struct Asked {
    margin: f64,
    variance: f64,
}

/// What both edges ask, and of what.
struct Question {
    value: f64,
    /// Variance between runs of the value.
    variance: f64,
    room: Asked,
    excess: Asked,
    /// Half the zone, in the unit of the value.
    half_zone: f64,
    runs: usize,
    /// Trials over all runs, and the fewest.
    trials: Option<(u64, u64)>,
}

/// What the runs say at a look; where there are fewer than that look has, by the look's quantiles all the same.
#[must_use]
pub fn judge(sample: &Sample, critical: &Critical) -> Judgement {
    let question = match sample {
        Sample::Counts { upper, lower, fewest } => of_counts(upper, lower, *fewest),
        Sample::Times { allowed, lower, runs, trials, fewest } => {
            of_times((*allowed, *lower), runs, trials, *fewest)
        }
        Sample::Values { upper, lower, runs } => of_values(*upper, *lower, runs),
    };
    let size = question.runs as f64;
    let half = |t: f64, variance: f64| t * (variance / size).sqrt();
    let measured = question.runs >= 2;
    let Question { room, excess, .. } = &question;
    let enough = question.trials.is_none_or(|(seen, fewest)| seen >= fewest && seen > 0);
    // Runs are alike: what they have now times the runs that are left.
    let in_reach = question.trials.is_none_or(|(seen, fewest)| {
        seen.saturating_mul(u64::from(critical.most)) >= fewest.saturating_mul(question.runs as u64)
            && seen > 0
            && !critical.last
    });
    let accept = measured && enough && room.margin >= half(critical.accept, room.variance);
    let refuse = measured && excess.margin >= half(critical.refuse, excess.variance);
    let holds = room.margin >= excess.margin;
    let answer = match (accept, refuse) {
        (true, true) if holds => Answer::Accepted,
        (true, true) | (false, true) => Answer::Refused,
        (true, false) => Answer::Accepted,
        (false, false) if enough || in_reach => Answer::Open,
        (false, false) => Answer::Unjudged,
    };
    let deviation = question.variance.sqrt();
    let spread = (measured && question.half_zone > 0.0).then(|| deviation / question.half_zone);
    Judgement {
        answer,
        holds,
        value: question.value,
        half_width: measured.then(|| half(critical.alone, question.variance)),
        spread,
    }
}

fn of_counts(upper: &Edge, lower: &Edge, fewest: u64) -> Question {
    let of = |edge: &Edge| {
        let events: u64 = edge.runs.iter().map(|run| run.events).sum();
        let trials: u64 = edge.runs.iter().map(|run| run.trials).sum();
        let share = if trials == 0 { 0.0 } else { events as f64 / trials as f64 };
        let variance = if trials == 0 { 0.0 } else { variance_between(&edge.runs, share) };
        (share, variance, trials)
    };
    let ((at_goal, variance, trials), (at_lower, variance_at_lower, _)) = (of(upper), of(lower));
    let mean = trials as f64 / upper.runs.len().max(1) as f64;
    let independent = |share: f64| if trials == 0 { f64::INFINITY } else { share * (1.0 - share) / mean };
    let together = overdispersion(&upper.runs).max(1.0);
    let room = variance.max(together * independent(upper.allowed));
    let excess = variance_at_lower.max(independent(lower.allowed));
    Question {
        value: at_goal,
        variance,
        room: Asked { margin: upper.allowed - at_goal, variance: room },
        excess: Asked { margin: at_lower - lower.allowed, variance: excess },
        half_zone: (upper.allowed - at_goal + at_lower - lower.allowed) / 2.0,
        runs: upper.runs.len(),
        trials: Some((trials, fewest)),
    }
}

fn of_times((allowed, lower): (f64, f64), runs: &[f64], trials: &[u64], fewest: u64) -> Question {
    let (value, variance) = moments(runs);
    let seen: u64 = trials.iter().sum();
    let mean = seen as f64 / runs.len().max(1) as f64;
    let independent = |share: f64| if seen == 0 { f64::INFINITY } else { share * (1.0 - share) / mean };
    let one = value * (1.0 - value) / mean;
    let together = if value > 0.0 && value < 1.0 { (variance / one).max(1.0) } else { 1.0 };
    Question {
        value,
        variance,
        room: Asked { margin: allowed - value, variance: variance.max(together * independent(allowed)) },
        excess: Asked { margin: value - lower, variance: variance.max(independent(lower)) },
        half_zone: (allowed - lower) / 2.0,
        runs: runs.len(),
        trials: Some((seen, fewest)),
    }
}

fn of_values(upper: f64, lower: f64, runs: &[f64]) -> Question {
    let (value, variance) = moments(runs);
    Question {
        value,
        variance,
        room: Asked { margin: upper - value, variance },
        excess: Asked { margin: value - lower, variance },
        half_zone: (upper - lower) / 2.0,
        runs: runs.len(),
        trials: None,
    }
}

/// Mean and variance; 0 without a value, or without two.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, if values.len() < 2 { 0.0 } else { squares / (n - 1.0) })
}

#[cfg(test)]
mod tests;
