//! Points that are played, item by item.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use rayon::prelude::*;

use super::grid::Point;
use super::rows;
use super::vary::Parameter;
use crate::decide::items::{ItemError, Items, Missing, Share};
use crate::decide::list::List;
use crate::diagnostics::Diagnostics;
use crate::results::RunResult;
use crate::results::swept::{Swept, SweptPoint, SweptRow};
use crate::scenario::{Override, Scenario};
use crate::store::StoreError;
use crate::study::{RunError, Workers};

/// Settings of a point that are named where it is no scenario.
const TOLD: usize = 3;

/// Why a sweep came to no end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// A point is no scenario.
    #[error("{point}:\n{faults}")]
    Point {
        /// What was set.
        point: String,
        /// What is wrong with it.
        faults: Diagnostics,
    },
    /// What `--until` asks for is not there, or not judged, in words.
    #[error("{0}")]
    Until(String),
    /// A replication failed, or it was interrupted.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An item could not be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was to be played, and items are missing.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The same in a round of values that follow from those before.
    #[error("{missing}")]
    Round {
        /// Which round, from 1.
        number: usize,
        /// The values of it, each until there are so many runs.
        values: Vec<(f64, u32)>,
        /// What is not there of its list.
        missing: Missing,
    },
}

impl From<ItemError> for SweepError {
    fn from(error: ItemError) -> Self {
        match error {
            ItemError::Run(error) => Self::Run(error),
            ItemError::Store(error) => Self::Store(error),
            ItemError::Missing(missing) => Self::Missing(missing),
        }
    }
}

/// A scenario with some values varied.
#[derive(Debug)]
pub struct Sweep<'s> {
    base: &'s Scenario,
    parameters: Vec<Parameter>,
    points: Vec<Point>,
    /// By point, which runs are its items here; those before are played already.
    runs: Vec<Range<u32>>,
}

impl<'s> Sweep<'s> {
    /// Of these points, each played `replications` times.
    #[must_use]
    pub fn of(base: &'s Scenario, parameters: Vec<Parameter>, points: Vec<Point>, replications: u32) -> Self {
        let runs = points.iter().map(|_| 0..replications.max(1)).collect();
        Self { base, parameters, points, runs }
    }

    /// The same with runs of its own for each point, of which those before the first are played already.
    pub(in crate::decide) fn with_runs(mut self, runs: Vec<Range<u32>>) -> Self {
        assert_eq!(runs.len(), self.points.len(), "each point has runs");
        self.runs = runs;
        self
    }

    /// Reads every point, so that none is found wrong when others were played.
    ///
    /// # Errors
    /// [`SweepError::Point`], of the first.
    pub fn check(&self, workers: &Workers<'_>) -> Result<(), SweepError> {
        let faults = workers.install(|| {
            self.points.par_iter().map(|point| self.scenario(point).map(drop)).collect::<Vec<_>>()
        });
        faults.into_iter().collect()
    }

    /// What the utilisation law and the limits say of every point.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn law(&self, workers: &Workers<'_>) -> Result<Swept, SweepError> {
        let one = |point: &Point| {
            let scenario = self.scenario(point)?;
            Ok(self.found(point, rows::of_law(&scenario, &scenario.model.workload.slo)))
        };
        let points: Vec<Result<SweptPoint, SweepError>> =
            workers.install(|| self.points.par_iter().map(one).collect());
        Ok(self.swept(points.into_iter().collect::<Result<_, _>>()?, true))
    }

    /// Plays what is not there yet; `told` hears how many items are done of all. Gives what was
    /// found, and the files of the items behind it.
    ///
    /// # Errors
    /// [`SweepError`]; the items that ended before are kept.
    pub fn play(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(Swept, BTreeSet<PathBuf>), SweepError> {
        let (mut found, mut files) = (Vec::with_capacity(self.points.len()), BTreeSet::new());
        self.each(items, workers, told, &mut files, |point, scenario, result| {
            found.push(self.found(point, rows::of_result(result, &scenario.model.workload.slo)));
        })?;
        Ok((self.swept(found, false), files))
    }

    /// Plays what is not there yet, and hands over each point with its result, in their order;
    /// `files` gains those of the items behind it.
    pub(in crate::decide) fn each(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
        files: &mut BTreeSet<PathBuf>,
        mut hand: impl FnMut(&Point, &Scenario, &RunResult),
    ) -> Result<(), SweepError> {
        let scenario = |place: usize| self.scenario(&self.points[place]).map(Some);
        let list = List { runs: &self.runs, scenario: &scenario };
        list.each(items, workers, told, files, |place, scenario, result| {
            hand(&self.points[place], scenario, result);
        })
    }

    /// Plays what is not there yet of a share of the items, and merges nothing; `told` hears how many
    /// are done of how many at most (points of one model have one list). Gives how many there are.
    ///
    /// # Errors
    /// As [`Self::play`].
    pub fn play_share(
        &self,
        share: Share,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<usize, SweepError> {
        let scenario = |place: usize| self.scenario(&self.points[place]).map(Some);
        List { runs: &self.runs, scenario: &scenario }.play_share(share, items, workers, told)
    }

    pub(super) fn scenario(&self, point: &Point) -> Result<Scenario, SweepError> {
        let sets = point.sets(&self.parameters);
        self.base.with(&sets).map_err(|faults| {
            let one = |set: &Override| format!("{}={}", set.path, set.value);
            let mut told: Vec<String> = sets.iter().take(TOLD).map(one).collect();
            if let Some(more) = sets.len().checked_sub(TOLD).filter(|more| *more > 0) {
                told.push(format!("and {more} more"));
            }
            SweepError::Point { point: told.join(", "), faults }
        })
    }

    pub(super) fn found(&self, point: &Point, rows: Vec<SweptRow>) -> SweptPoint {
        SweptPoint { values: point.shown(&self.parameters).map(str::to_owned).collect(), rows }
    }

    fn swept(&self, points: Vec<SweptPoint>, law_only: bool) -> Swept {
        Swept {
            scenario: self.base.name.clone(),
            parameters: self.parameters.iter().map(|parameter| parameter.path.clone()).collect(),
            points,
            law_only,
            until: None,
        }
    }
}
