//! Points that are played, item by item.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::grid::Point;
use super::rows;
use super::vary::Parameter;
use crate::diagnostics::Diagnostics;
use crate::model::Adaptive;
use crate::results::Identity;
use crate::results::swept::{Swept, SweptPoint, SweptRow};
use crate::scenario::Scenario;
use crate::store::{self, StoreError};
use crate::study::{Replication, RunError, Study, Workers, play_items};

/// Points that are compiled at once; a multiple of the threads.
const ABREAST: usize = 8;

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
    /// A replication failed, or it was interrupted.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An item could not be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Finished items in a folder: one file each, named by the digest of the point's whole model, its
/// window and seed, and the replication.
#[derive(Debug)]
pub struct Items {
    folders: Vec<PathBuf>,
}

impl Items {
    /// Kept in the first of these folders, and looked for in all of them.
    ///
    /// # Panics
    /// Without a folder.
    #[must_use]
    pub fn of(folders: Vec<PathBuf>) -> Self {
        assert!(!folders.is_empty(), "items are kept somewhere");
        Self { folders }
    }

    fn name(identity: &Identity, number: u32) -> String {
        let Identity { results, scenario, seed, warmup, window, interval } = identity;
        let whole = format!("{results} {scenario} {seed} {} {} {} {number}", warmup.0, window.0, interval.0);
        format!("{}.item", &store::digest(whole.as_bytes())[..32])
    }

    /// The item, where a folder has it whole. One that is not whole is played again.
    fn find(&self, identity: &Identity, number: u32) -> Option<(usize, Replication)> {
        let name = Self::name(identity, number);
        let read = |folder: &PathBuf| {
            let (of, item) = store::read::<Replication>(&folder.join(&name)).ok()?;
            (of == *identity && item.number == number).then_some(item)
        };
        self.folders.iter().enumerate().find_map(|(at, folder)| Some((at, read(folder)?)))
    }

    /// Whether it is there; one that lies elsewhere is kept in the first folder too.
    fn has(&self, identity: &Identity, number: u32) -> Result<bool, StoreError> {
        match self.find(identity, number) {
            Some((0, _)) => Ok(true),
            Some((_, item)) => self.keep(identity, &item).map(|()| true),
            None => Ok(false),
        }
    }

    fn keep(&self, identity: &Identity, item: &Replication) -> Result<(), StoreError> {
        store::write(&self.folders[0].join(Self::name(identity, item.number)), identity, item).map(|_| ())
    }
}

/// A scenario with some values varied.
#[derive(Debug)]
pub struct Sweep<'s> {
    base: &'s Scenario,
    parameters: Vec<Parameter>,
    points: Vec<Point>,
    replications: u32,
}

impl<'s> Sweep<'s> {
    /// Of these points, each played `replications` times.
    #[must_use]
    pub fn of(base: &'s Scenario, parameters: Vec<Parameter>, points: Vec<Point>, replications: u32) -> Self {
        Self { base, parameters, points, replications: replications.max(1) }
    }

    /// Items in all.
    #[must_use]
    pub fn items(&self) -> usize {
        self.points.len() * self.replications as usize
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
        let one = |point: &Point| Ok(self.found(point, rows::of_law(&self.scenario(point)?)));
        let points: Vec<Result<SweptPoint, SweepError>> =
            workers.install(|| self.points.par_iter().map(one).collect());
        Ok(self.swept(points.into_iter().collect::<Result<_, _>>()?, true))
    }

    /// Plays what is not there yet; `told` hears how many items are done of all. Gives what was
    /// found, and the names of the items behind it.
    ///
    /// # Errors
    /// [`SweepError`]; the items that ended before are kept.
    pub fn play(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(Swept, BTreeSet<String>), SweepError> {
        let done = AtomicUsize::new(0);
        let count = |more: usize| told(done.fetch_add(more, Ordering::Relaxed) + more, self.items());
        let mut found = Vec::with_capacity(self.points.len());
        // Points of one model share their items.
        let mut names = BTreeSet::new();
        for points in self.points.chunks(workers.threads() * ABREAST) {
            let read: Vec<Result<Scenario, SweepError>> =
                workers.install(|| points.par_iter().map(|point| self.scenario(point)).collect());
            let scenarios: Vec<Scenario> = read.into_iter().collect::<Result<_, _>>()?;
            let mut studies: Vec<Study<'_>> = workers.install(|| scenarios.par_iter().map(study).collect());
            for study in &mut studies {
                study.warm_up(workers)?;
            }
            let mut missing = Vec::new();
            for (at, study) in studies.iter().enumerate() {
                let identity = study.identity();
                for number in 0..self.replications {
                    if !names.insert(Items::name(&identity, number)) || items.has(&identity, number)? {
                        count(1);
                    } else {
                        missing.push((at, number));
                    }
                }
            }
            play_items(&studies, &missing, workers, |at, item| -> Result<(), SweepError> {
                items.keep(&studies[at].identity(), &item)?;
                count(1);
                Ok(())
            })?;
            for ((point, study), scenario) in points.iter().zip(&mut studies).zip(&scenarios) {
                let identity = study.identity();
                for number in 0..self.replications {
                    let (_, item) = items.find(&identity, number).ok_or(RunError::Interrupted)?;
                    study.merge(&identity, item)?;
                }
                found.push(self.found(point, rows::of_result(&study.result(), &scenario.model.workload.slo)));
            }
        }
        Ok((self.swept(found, false), names))
    }

    fn scenario(&self, point: &Point) -> Result<Scenario, SweepError> {
        let sets = point.sets(&self.parameters);
        self.base.with(&sets).map_err(|faults| {
            let told: Vec<String> = sets.iter().map(|set| format!("{}={}", set.path, set.value)).collect();
            SweepError::Point { point: told.join(", "), faults }
        })
    }

    fn found(&self, point: &Point, rows: Vec<SweptRow>) -> SweptPoint {
        SweptPoint { values: point.shown(&self.parameters).map(str::to_owned).collect(), rows }
    }

    fn swept(&self, points: Vec<SweptPoint>, law_only: bool) -> Swept {
        Swept {
            scenario: self.base.name.clone(),
            parameters: self.parameters.iter().map(|parameter| parameter.path.clone()).collect(),
            points,
            law_only,
        }
    }
}

/// A point's own number of replications and precision are not asked.
fn study(scenario: &Scenario) -> Study<'_> {
    let adaptive = Adaptive { precision: None, ..scenario.adaptive };
    Study::from(scenario).adaptive(adaptive).without_twins()
}
