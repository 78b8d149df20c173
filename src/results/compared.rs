//! What a comparison of systems yields: rows of `comparison.csv`, of `comparison_pairs.csv`
//! and of `affected.csv`, and the words above them.
//!
//! Plain data; how it comes about: [`crate::decide::compare`]. Times in ns, shares 0 to 1.

use serde::{Deserialize, Serialize};

use super::changes::{ChangeRequest, Refused};
use super::purchase::Purchase;
use crate::model::access::Mechanism;
use crate::model::protocol::Protocol;
use crate::stats::paired::Difference;
use crate::stats::verdict::Word;

pub use super::objectives::Measure;

/// What a row is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum About {
    /// Every user of a protocol; `None` are custom sources.
    All(Option<Protocol>),
    /// The users of a protocol in a population, by its name in the base (and `-> name` in the
    /// other where that differs).
    Users(Option<Protocol>, String),
    /// A server group.
    Servers(String),
    /// A link direction.
    Link(String),
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Metric {
    /// A goal of `[slo]`.
    Goal(Measure),
    /// Requests a run.
    Requests,
    /// Share of requests that fail.
    FailedShare,
    /// Mean latency of completed requests, ns.
    Mean,
    /// Median latency where one that failed counts as later than any, ns.
    P50,
    /// 95th percentile likewise.
    P95,
    /// 99th percentile likewise.
    P99,
    /// 95th percentile of the system's share of logons, likewise.
    LogonP95,
    /// Time that all users together asked in vain, ns a run.
    TimeLost,
    /// Server hops a session.
    ServerHops,
    /// WAN hops a session.
    WanHops,
    /// Use of cores or of a link in its busiest hour.
    BusiestHour,
    /// Use of cores or of a link over the window.
    MeanUse,
}

impl Metric {
    /// Whether less of it is better; `None` where neither is.
    #[must_use]
    pub fn less_is_better(self) -> Option<bool> {
        match self {
            Self::Goal(Measure::Availability) => Some(false),
            Self::Requests => None,
            _ => Some(true),
        }
    }

    /// What is measured: of a goal the plain metric that it is about, where there is one.
    #[must_use]
    pub fn measured(self) -> Self {
        match self {
            Self::Goal(Measure::P95) => Self::P95,
            Self::Goal(Measure::LogonP95) => Self::LogonP95,
            Self::Goal(Measure::Failures) => Self::FailedShare,
            Self::Goal(Measure::Utilisation) => Self::BusiestHour,
            Self::Goal(Measure::MeanUtilisation) => Self::MeanUse,
            metric => metric,
        }
    }

    /// Whether its values are times, ns.
    #[must_use]
    pub fn is_time(self) -> bool {
        match self {
            Self::Goal(measure) => measure.is_time(),
            Self::Mean | Self::P50 | Self::P95 | Self::P99 | Self::LogonP95 => true,
            _ => false,
        }
    }
}

/// What is said of a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Said {
    /// In the good direction of its metric.
    Better,
    /// Against it.
    Worse,
    /// Higher, of a metric that has no good direction.
    Higher,
    /// Lower, likewise.
    Lower,
    /// Inside the floor.
    Same,
    /// No difference shown.
    NotShown,
    /// Too few replications, or a value that is rough.
    TooFew,
}

impl Said {
    /// In words, as every table and the terminal say it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Same => "same",
            Self::NotShown => "no difference shown",
            Self::TooFew => "too few replications",
        }
    }
}

/// A goal on both sides.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct GoalOf {
    /// The highest value that meets it (of availability the lowest), in the base, else in the other.
    pub goal: f64,
    /// The base's verdict; `None` where it has no such goal.
    pub base: Option<Word>,
    /// The other's.
    pub other: Option<Word>,
}

/// One difference, other less base.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComparedRow {
    /// About whom.
    pub about: About,
    /// Of what.
    pub metric: Metric,
    /// Where it is a goal, how it stands.
    pub goal: Option<GoalOf>,
    /// Values are shares of requests that are late, not the percentile: on a side so many
    /// failed that it has none.
    pub by_late_share: bool,
    /// Of the base over all runs; `None` where too little was seen.
    pub base: Option<f64>,
    /// Of the other.
    pub other: Option<f64>,
    /// The difference, where every run of both has a value.
    pub difference: Option<Difference>,
    /// Half-width at this look's level.
    pub half_width: Option<f64>,
    /// Half-width at this look's level over the number of rows of its family.
    pub corrected: Option<f64>,
    /// `other / base`, with its half-width.
    pub ratio: Option<(f64, f64)>,
    /// The word.
    pub said: Said,
    /// A value is rough: its interval is not to be trusted.
    pub rough: bool,
    /// About so many pairs would settle it, where nothing was shown.
    pub pairs_to_settle: Option<u64>,
    /// Values by run, base and other.
    pub runs: Vec<(Option<f64>, Option<f64>)>,
}

impl ComparedRow {
    /// Whether the other misses the goal and the base does not.
    #[must_use]
    pub fn newly_missed(&self) -> bool {
        self.goal.is_some_and(|goal| {
            goal.other.is_some_and(Word::is_missed) && !goal.base.is_some_and(Word::is_missed)
        })
    }

    /// Whether the other meets the goal and the base misses it.
    #[must_use]
    pub fn newly_met(&self) -> bool {
        self.goal.is_some_and(|goal| goal.other == Some(Word::Met) && goal.base.is_some_and(Word::is_missed))
    }
}

/// Clients whose way changes, as the rules decide it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Affected {
    /// Population, as in [`About::Users`].
    pub population: String,
    /// Protocol.
    pub protocol: Protocol,
    /// How they were served.
    pub old: Mechanism,
    /// How they are.
    pub new: Mechanism,
    /// Clients.
    pub clients: f64,
    /// They log on a second time, and did not before.
    pub second_logon: bool,
    /// The name that they have to use instead; nothing where it is the same.
    pub retype: Option<String>,
    /// A device that has to be provisioned anew.
    pub provision: bool,
}

/// A setting that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyChange {
    /// Its path, as `--set` takes it.
    pub path: String,
    /// In the base, as TOML; `None` where it has none.
    pub base: Option<String>,
    /// In the other.
    pub other: Option<String>,
}

/// A finding of `check` that one side has and the other has not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FindingChange {
    /// The other has it; else the base had it.
    pub new: bool,
    /// `error`, `warn` or `info`.
    pub severity: String,
    /// Id of the lint, as in docs/lints.md.
    pub lint: String,
    /// What the lint finds, in a phrase.
    pub title: String,
    /// What is found, in a sentence.
    pub message: String,
    /// Key of the offending setting.
    pub path: String,
    /// Mailboxes touched, by population.
    pub users: Vec<(String, u64)>,
}

/// A side: how many people it is about and how its goals stand.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Sided {
    /// Its name.
    pub name: String,
    /// Goals by [`Word`]: met, missed (and never), open, unjudged.
    pub goals: [usize; 4],
}

/// The base against one other.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Against {
    /// What it is compared with, by name.
    pub base: String,
    /// The other.
    pub other: Sided,
    /// Settings that differ.
    pub keys: Vec<KeyChange>,
    /// Whose way changes.
    pub affected: Vec<Affected>,
    /// What `check` finds on one side alone: new ones first, worst first.
    pub findings: Vec<FindingChange>,
    /// How one gets there, once that was asked.
    pub changes: Option<ChangeRequest>,
    /// What it has beyond the base, where prices are given.
    pub purchase: Option<Purchase>,
    /// The goals, then all other rows; the most important first.
    pub rows: Vec<ComparedRow>,
    /// Populations of the base that match nothing, with their clients.
    pub base_alone: Vec<(String, u64)>,
    /// Populations of the other, likewise.
    pub other_alone: Vec<(String, u64)>,
}

impl Against {
    /// Median of how many times less the differences of pairs vary than those of independent
    /// runs would; `None` without pairs that vary.
    #[must_use]
    pub fn variance_ratio(&self) -> Option<f64> {
        let of =
            |row: &ComparedRow| row.difference.as_ref()?.variance_ratio.filter(|ratio| ratio.is_finite());
        let mut ratios: Vec<f64> = self.rows.iter().filter_map(of).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied()
    }

    /// Rows of which pairing made the difference vary more.
    #[must_use]
    pub fn harmed(&self) -> usize {
        let ratio = |row: &&ComparedRow| row.difference.as_ref().and_then(|d| d.variance_ratio);
        self.rows.iter().filter(|row| ratio(row).is_some_and(|ratio| ratio < 1.0)).count()
    }

    /// Rows with this word.
    #[must_use]
    pub fn count(&self, said: Said) -> usize {
        self.rows.iter().filter(|row| row.said == said).count()
    }
}

/// A step of a migration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stage {
    /// It against the one before; of the first, against the base.
    pub before: Against,
    /// Who was served in the base and is refused in it.
    pub refused: Vec<Refused>,
}

/// Servers of the base, and how long a request reaches them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OldServers {
    /// Their name.
    pub name: String,
    /// Their site.
    pub site: String,
    /// The last step in which a request that is served reaches them; 0 is the base, `None`: none does
    /// even there.
    pub last: Option<u32>,
    /// In that step, by protocol: whose requests reach them, in clients.
    pub reached: Vec<(Protocol, f64)>,
    /// The first step in which they are not there any more.
    pub gone: Option<u32>,
}

/// A migration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InOrder {
    /// Its steps, as the comparison's others.
    pub stages: Vec<Stage>,
    /// Servers of the base.
    pub servers: Vec<OldServers>,
}

/// The whole.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// What the others are compared with.
    pub base: Sided,
    /// The others.
    pub others: Vec<Against>,
    /// Pairs of runs (of independent runs: those of the side with fewest).
    pub pairs: u32,
    /// Numbers of pairs at which it was looked at, this one included.
    pub looks: Vec<u32>,
    /// Confidence of [`ComparedRow::half_width`].
    pub level: f64,
    /// Differences below this share of the base are nothing.
    pub floor: f64,
    /// The half-width asked for, as a share of the base.
    pub precision: Option<f64>,
    /// Runs are pairs: they saw the same draws.
    pub paired: bool,
    /// The others as steps of a migration, where they are such.
    pub in_order: Option<InOrder>,
    /// Goals (without goals, rows) that are neither decided nor as precise as asked.
    pub open: usize,
}

impl Comparison {
    /// Whether a row of any other satisfies this.
    pub fn any(&self, wanted: impl Fn(&ComparedRow) -> bool) -> bool {
        self.others.iter().flat_map(|against| &against.rows).any(wanted)
    }
}
