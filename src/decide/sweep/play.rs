//! Points that are played, item by item.

use std::path::{Path, PathBuf};
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

    /// The item, where it is whole. One that is not is played again.
    fn read(&self, identity: &Identity, number: u32) -> Option<Replication> {
        let name = Self::name(identity, number);
        let read = |folder: &PathBuf| store::read::<Replication>(&folder.join(&name)).ok();
        let found = self.folders.iter().find_map(read);
        found.filter(|(of, item)| of == identity && item.number == number).map(|(_, item)| item)
    }

    fn keep(&self, identity: &Identity, item: &Replication) -> Result<(), StoreError> {
        store::write(&self.folders[0].join(Self::name(identity, item.number)), identity, item).map(|_| ())
    }

    /// Brings an item that lies elsewhere into the first folder.
    fn bring(&self, identity: &Identity, number: u32) -> Result<(), StoreError> {
        let name = Self::name(identity, number);
        let here = self.folders[0].join(&name);
        if here.exists() {
            return Ok(());
        }
        let there = self.folders[1..].iter().map(|folder| folder.join(&name)).find(|path| path.exists());
        there.map_or(Ok(()), |there| copy(&there, &here))
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let fault = |doing, path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::System { doing, path, source }
    };
    let bytes = std::fs::read(from).map_err(fault("read", from))?;
    store::save(to, &bytes).map_err(fault("write", to))
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
        self.swept(points.into_iter().collect::<Result<_, _>>()?, true)
    }

    /// Plays what is not there yet; `told` hears how many items are done of all.
    ///
    /// # Errors
    /// [`SweepError`]; the items that ended before are kept.
    pub fn play(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Swept, SweepError> {
        let done = AtomicUsize::new(0);
        let count = |more: usize| told(done.fetch_add(more, Ordering::Relaxed) + more, self.items());
        let mut found = Vec::with_capacity(self.points.len());
        for points in self.points.chunks(workers.threads() * ABREAST) {
            let read: Vec<Result<Scenario, SweepError>> =
                workers.install(|| points.par_iter().map(|point| self.scenario(point)).collect());
            let scenarios: Vec<Scenario> = read.into_iter().collect::<Result<_, _>>()?;
            let mut studies: Vec<Study<'_>> = workers.install(|| scenarios.par_iter().map(study).collect());
            for study in &mut studies {
                study.warm_up(workers)?;
            }
            let all =
                (0..studies.len()).flat_map(|at| (0..self.replications).map(move |number| (at, number)));
            let known = |&(at, number): &(usize, u32)| items.read(&studies[at].identity(), number).is_some();
            let (there, missing): (Vec<_>, Vec<_>) = all.partition(known);
            for &(at, number) in &there {
                items.bring(&studies[at].identity(), number)?;
            }
            count(there.len());
            play_items(&studies, &missing, workers, |at, item| -> Result<(), SweepError> {
                items.keep(&studies[at].identity(), &item)?;
                count(1);
                Ok(())
            })?;
            for ((point, study), scenario) in points.iter().zip(&mut studies).zip(&scenarios) {
                let identity = study.identity();
                for number in 0..self.replications {
                    let item = items.read(&identity, number).ok_or(RunError::Interrupted)?;
                    study.merge(&identity, item)?;
                }
                found.push(self.found(point, rows::of_result(&study.result(), &scenario.model.workload.slo)));
            }
        }
        self.swept(found, false)
    }

    fn scenario(&self, point: &Point) -> Result<Scenario, SweepError> {
        let sets = point.sets(&self.parameters);
        self.base.with(&sets).map_err(|faults| {
            let told: Vec<String> = sets.iter().map(|set| format!("{}={}", set.path, set.value)).collect();
            SweepError::Point { point: told.join(", "), faults }
        })
    }

    fn found(&self, point: &Point, rows: Vec<SweptRow>) -> SweptPoint {
        let settings = || point.places.iter().zip(&self.parameters).map(|(&place, of)| &of.values[place]);
        SweptPoint {
            values: settings().map(|setting| setting.shown.clone()).collect(),
            numbers: settings().map(|setting| setting.number).collect(),
            rows,
        }
    }

    fn swept(&self, points: Vec<SweptPoint>, law_only: bool) -> Result<Swept, SweepError> {
        Ok(Swept {
            scenario: self.base.name.clone(),
            parameters: self.parameters.iter().map(|parameter| parameter.path.clone()).collect(),
            points,
            law_only,
        })
    }
}

/// A point's own number of replications and precision are not asked.
fn study(scenario: &Scenario) -> Study<'_> {
    let adaptive = Adaptive { precision: None, ..scenario.adaptive };
    Study::from(scenario).adaptive(adaptive).without_twins()
}
