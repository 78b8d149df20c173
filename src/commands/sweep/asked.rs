//! What a sweep is asked for: on the command line, and as its folder keeps it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::error::Error;
use crate::decide::items::{Items, Share};
use crate::decide::sweep::until::Values;
use crate::decide::sweep::{self, Condition, Looking, Quantity, Sweep, SweepError, parameter};
use crate::output::{Pictures, manifest};
use crate::results::RESULTS;
use crate::results::swept::Swept;
use crate::scenario::Scenario;
use crate::study::Workers;

/// Runs of a value with --until at its first look, and at most.
pub(super) const FIRST: u32 = 10;
pub(super) const MOST: u32 = 160;

/// What is played.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    /// Paths with their values.
    pub(super) vary: Vec<String>,
    /// Value by value.
    pub(super) zip: bool,
    /// Runs of a point; with a condition at its first look.
    pub(super) replications: u32,
    /// The law alone.
    pub(super) law_only: bool,
    /// A condition whose end is looked for.
    pub(super) until: Option<String>,
    /// How close.
    pub(super) step: Option<String>,
    /// Runs of a value at most, with a condition.
    pub(super) most: u32,
    /// Which charts there are.
    pub(super) charts: Pictures,
}

impl Asked {
    /// By which the folder is known, and can be made again.
    pub(super) fn manifest(&self, base: &Scenario) -> String {
        manifest::sealed(&json!({
            "format": manifest::FORMAT,
            "results": RESULTS,
            "casim_version": env!("CARGO_PKG_VERSION"),
            "command": "sweep",
            "scenario_digest": base.digest,
            "scenario_file": manifest::sha256(base.resolved.as_bytes()),
            "vary": self.vary,
            "zip": self.zip,
            "replications": self.replications,
            "law_only": self.law_only,
            "until": self.until,
            "step": self.step,
            "max_replications": self.until.as_ref().map(|_| self.most),
            "charts": self.charts.token(),
        }))
    }

    /// What a folder says that it was asked for; nothing where it says not enough.
    pub(super) fn of_manifest(manifest: &Value) -> Option<Self> {
        let text = |key: &str| manifest.get(key).and_then(Value::as_str).map(str::to_owned);
        let flag = |key: &str| manifest.get(key).and_then(Value::as_bool);
        let number =
            |key: &str| manifest.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let vary = manifest.get("vary")?.as_array()?.iter().map(|value| value.as_str().map(str::to_owned));
        Some(Self {
            vary: vary.collect::<Option<_>>()?,
            zip: flag("zip")?,
            replications: number("replications")?,
            law_only: flag("law_only")?,
            until: text("until"),
            step: text("step"),
            most: number("max_replications").unwrap_or(MOST),
            charts: Pictures::parse(&text("charts")?).ok()?,
        })
    }

    /// What is to be played on a scenario.
    pub(super) fn plan<'s>(&self, base: &'s Scenario) -> Result<Plan<'s>, Error> {
        match &self.until {
            Some(condition) => Ok(Plan::Until(Box::new(self.looking(base, condition)?))),
            None => self.sweep(base).map(Plan::Grid),
        }
    }

    fn sweep<'s>(&self, base: &'s Scenario) -> Result<Sweep<'s>, Error> {
        let read = self.vary.iter().map(|text| parameter(base, text));
        let parameters = read.collect::<Result<Vec<_>, String>>().map_err(Error::question)?;
        sweep::distinct(&parameters).map_err(Error::question)?;
        let points = if self.zip { sweep::zip(&parameters) } else { sweep::grid(&parameters) };
        Ok(Sweep::of(base, parameters, points.map_err(Error::question)?, self.replications))
    }

    fn looking<'s>(&self, base: &'s Scenario, condition: &str) -> Result<Looking<'s>, Error> {
        let [vary] = self.vary.as_slice() else {
            return Err(Error::question("--until looks along one quantity: one --vary"));
        };
        let condition = Condition::of(base, condition).map_err(Error::question)?;
        if self.law_only && !condition.is_of_law() {
            return Err(Error::question(format!(
                "the law knows nothing of users: `{}` wants runs, without --law-only",
                condition.text
            )));
        }
        let quantity = Quantity::of(base, vary).map_err(Error::question)?;
        let step =
            self.step.as_deref().map(|step| quantity.step(step)).transpose().map_err(Error::question)?;
        Ok(Looking::of(base, quantity, condition, step, (self.replications, self.most)))
    }
}

/// What is played: points, or values until an end is found.
pub(super) enum Plan<'s> {
    Grid(Sweep<'s>),
    Until(Box<Looking<'s>>),
}

impl Plan<'_> {
    pub(super) fn check(&self, workers: &Workers<'_>) -> Result<(), SweepError> {
        match self {
            Self::Grid(sweep) => sweep.check(workers),
            Self::Until(looking) => looking.check(workers),
        }
    }

    pub(super) fn law(&self, workers: &Workers<'_>) -> Result<Swept, SweepError> {
        match self {
            Self::Grid(sweep) => sweep.law(workers),
            Self::Until(looking) => looking.law(),
        }
    }

    /// Plays what is not there yet of a share of a round, of a grid of all; `told` hears how many items are
    /// done of how many. Gives how many there are in the share.
    pub(super) fn play_share(
        &self,
        values: &Values,
        share: Share,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<usize, SweepError> {
        match self {
            Self::Grid(sweep) => sweep.play_share(share, items, workers, told),
            Self::Until(looking) => looking.play_share(values, share, items, workers, told),
        }
    }

    /// `begins` hears the values of each round before it is played, of a grid, which is one round, none;
    /// `told` the round, where there are several, and how many items are done of all.
    pub(super) fn play(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        begins: &mut dyn FnMut(&Values) -> Result<(), SweepError>,
        told: &(dyn Fn(Option<usize>, usize, usize) + Sync),
    ) -> Result<(Swept, BTreeSet<PathBuf>), SweepError> {
        match self {
            Self::Grid(sweep) => {
                begins(&[])?;
                sweep.play(items, workers, &|done, all| told(None, done, all))
            }
            Self::Until(looking) => {
                looking.play(items, workers, begins, &|round, done, all| told(Some(round), done, all))
            }
        }
    }
}
