//! Points that are played, item by item.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::grid::Point;
use super::rows;
use super::vary::Parameter;
use crate::decide::items::{ItemError, Items, Missing, Share, Wanted};
use crate::diagnostics::Diagnostics;
use crate::model::Adaptive;
use crate::results::RunResult;
use crate::results::swept::{Swept, SweptPoint, SweptRow};
use crate::scenario::{Override, Scenario};
use crate::store::StoreError;
use crate::study::{RunError, Study, Workers};

/// Points that are compiled at once; a multiple of the threads.
const ABREAST: usize = 8;

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
    pub(super) fn with_runs(mut self, runs: Vec<Range<u32>>) -> Self {
        assert_eq!(runs.len(), self.points.len(), "each point has runs");
        self.runs = runs;
        self
    }

    /// Items in all.
    #[must_use]
    pub fn items(&self) -> usize {
        self.runs.iter().map(ExactSizeIterator::len).sum()
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
    pub(super) fn each(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
        files: &mut BTreeSet<PathBuf>,
        mut hand: impl FnMut(&Point, &Scenario, &RunResult),
    ) -> Result<(), SweepError> {
        let done = AtomicUsize::new(0);
        let count = |more: usize| told(done.fetch_add(more, Ordering::Relaxed) + more, self.items());
        let (mut order, mut missing) = (Order::default(), Vec::new());
        let abreast = workers.threads() * ABREAST;
        for (points, runs) in self.points.chunks(abreast).zip(self.runs.chunks(abreast)) {
            let scenarios = self.scenarios(points, workers)?;
            let mut studies: Vec<Study<'_>> = workers.install(|| scenarios.par_iter().map(study).collect());
            for study in &mut studies {
                study.warm_up(workers)?;
            }
            let wanted = order.next(&scenarios, runs, |_| true);
            let all: Vec<&Study<'_>> = studies.iter().collect();
            let absent = items.missing(&all, &wanted);
            count(runs.iter().map(ExactSizeIterator::len).sum::<usize>() - absent.len());
            match items.play(&all, (&absent, wanted.len()), workers, &|| count(1)) {
                Err(ItemError::Missing(of)) => missing.extend(of.places),
                played => played?,
            }
            let all = points.iter().zip(runs).zip(&mut studies).zip(&scenarios);
            for (((point, runs), study), scenario) in all {
                // All that is missing is told, of the points behind too.
                if !missing.is_empty() {
                    break;
                }
                files.extend(items.add_to(study, runs.end)?);
                hand(point, scenario, &study.result());
            }
        }
        if !missing.is_empty() {
            return Err(Missing { places: missing, all: order.items }.into());
        }
        Ok(())
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
        let done = AtomicUsize::new(0);
        let most = share.count(self.items());
        let count = |more: usize| told(done.fetch_add(more, Ordering::Relaxed) + more, most);
        let (mut order, mut all) = (Order::default(), 0);
        let abreast = workers.threads() * ABREAST;
        for (points, runs) in self.points.chunks(abreast).zip(self.runs.chunks(abreast)) {
            let scenarios = self.scenarios(points, workers)?;
            let own = order.next(&scenarios, runs, |place| share.has(place));
            all += own.len();
            // Points of which nothing is in this share are not compiled.
            let at: BTreeSet<usize> = own.iter().map(|item| item.study).collect();
            let at: Vec<usize> = at.into_iter().collect();
            let mut studies: Vec<Study<'_>> =
                workers.install(|| at.par_iter().map(|&at| study(&scenarios[at])).collect());
            for study in &mut studies {
                study.warm_up(workers)?;
            }
            let compiled = |item: &Wanted| at.binary_search(&item.study).unwrap_or_default();
            let own: Vec<Wanted> = own.iter().map(|item| Wanted { study: compiled(item), ..*item }).collect();
            let studies: Vec<&Study<'_>> = studies.iter().collect();
            let missing = items.missing(&studies, &own);
            count(own.len() - missing.len());
            items.play(&studies, (&missing, own.len()), workers, &|| count(1))?;
        }
        Ok(all)
    }

    fn scenarios(&self, points: &[Point], workers: &Workers<'_>) -> Result<Vec<Scenario>, SweepError> {
        let read: Vec<Result<Scenario, SweepError>> =
            workers.install(|| points.par_iter().map(|point| self.scenario(point)).collect());
        read.into_iter().collect()
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

/// The list of all items: point by point, of points of one model those of the first alone.
#[derive(Debug, Default)]
struct Order {
    models: BTreeSet<(String, u32, u32)>,
    items: usize,
}

impl Order {
    /// The items of the next points, each with its runs, whose places are `wanted`.
    fn next(
        &mut self,
        scenarios: &[Scenario],
        runs: &[Range<u32>],
        wanted: impl Fn(usize) -> bool,
    ) -> Vec<Wanted> {
        let mut next = Vec::new();
        for (study, (scenario, runs)) in scenarios.iter().zip(runs).enumerate() {
            if self.models.insert((scenario.digest.clone(), runs.start, runs.end)) {
                let items = runs.clone().zip(self.items..);
                let items = items.map(|(number, place)| Wanted { study, number, place });
                next.extend(items.filter(|item| wanted(item.place)));
                self.items += runs.len();
            }
        }
        next
    }
}

/// A point's own number of replications and precision are not asked.
fn study(scenario: &Scenario) -> Study<'_> {
    let adaptive = Adaptive { precision: None, ..scenario.adaptive };
    Study::from(scenario).adaptive(adaptive).without_twins()
}
