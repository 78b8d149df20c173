//! What the answer of a plan rests on: the study of sensitivity of it, in the case that is nearest to its goals.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::super::error::Error;
use super::super::progress::Bar;
use super::super::ranks::Ranks;
use super::super::sensitivity::{Rounds, told};
use super::super::signals::Signals;
use super::super::spread::{OTHER_LIST, Round};
use crate::decide::items::{Items, Missing, Share};
use crate::decide::plan::grid::Grid;
use crate::decide::plan::play::{Found, Place};
use crate::decide::plan::{Field, PlanError};
use crate::decide::sensitivity::{Asked, SensitivityError, Study, Wanted};
use crate::output::RunFolder;
use crate::output::sensitive::{json, tables, text};
use crate::results::planned;
use crate::results::sensitive::Sensitivity;
use crate::study::{RunError, Workers};

/// A study of one.
#[derive(Debug)]
pub(super) struct Answer {
    at: Place,
    study: Study,
}

/// What was found of the answer.
pub(super) struct Rests {
    /// The case, as an administrator calls it.
    case: String,
    /// The study, or why there is nothing to be moved.
    found: Result<Sensitivity, String>,
}

/// The answer in the case whose fresh runs are nearest to a goal that they keep.
pub(super) fn place(design: usize, found: &Found) -> Option<Place> {
    let candidate = found.answer?;
    let kept = |case: &usize| {
        let goals = found.fresh[*case].goals.iter().filter_map(|goal| goal.excess());
        goals.filter(|excess| *excess <= 1.0).fold(0.0, f64::max)
    };
    let played = (0..found.fresh.len()).filter(|&case| found.fresh[case].result.is_some());
    // Of several the first: what is nearest to normal operation.
    let case = played.rev().max_by(|a, b| kept(a).total_cmp(&kept(b)))?;
    Some(Place { design, candidate, case })
}

/// Makes it, once it is known, and plays it.
pub(super) struct Studying<'m> {
    pub(super) grids: &'m [Grid<'m>],
    pub(super) made: &'m OnceLock<Result<Answer, SensitivityError>>,
    pub(super) workers: &'m Workers<'static>,
    pub(super) bar: &'m Bar,
    pub(super) signals: &'static Signals,
}

/// What is made of items that are missing, with the number of their round and its list.
pub(super) type Tell<'t> = dyn FnMut(&Missing, usize, &Round) -> Error + 't;

pub(super) fn refused(error: PlanError) -> Error {
    Error::question(error.to_string())
}

impl Studying<'_> {
    /// The study of a candidate in a case; `None` where there is no such candidate. Every process makes the same.
    fn answer(&self, at: Place) -> Result<Option<&Result<Answer, SensitivityError>>, Error> {
        let known = self
            .grids
            .get(at.design)
            .is_some_and(|grid| at.candidate < grid.candidates().len() && at.case < grid.cases.all.len());
        if !known {
            return Ok(None);
        }
        let made = self.grids[at.design].scenario(&self.grids[at.design].candidates[at.candidate], at.case);
        let Some(scenario) = made.map_err(refused)?.scenario else { return Ok(None) };
        let made = self.made.get_or_init(|| {
            self.bar.say("asking the law about every figure");
            let study = Study::of(&scenario, &Asked::default(), self.workers);
            study.map(|study| Answer { at, study })
        });
        Ok(Some(made).filter(|made| made.as_ref().map_or(true, |answer| answer.at == at)))
    }

    /// Plays a share of the items of a round, and gives how many there are in it.
    pub(super) fn play_moved(
        &self,
        (at, wanted): (Place, &Wanted),
        share: Share,
        items: &Items,
    ) -> Result<usize, Error> {
        let other = || Error::question(OTHER_LIST);
        let Some(Ok(answer)) = self.answer(at)? else { return Err(other()) };
        if !answer.study.knows(wanted) {
            return Err(other());
        }
        let (done, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let count = |now: usize, all: usize| {
            done.fetch_max(now, Ordering::Relaxed);
            most.store(all, Ordering::Relaxed);
            self.bar.say(&format!("{now} of {all} items"));
        };
        let played = answer.study.play_share(wanted, share, items, self.workers, &count);
        let counted = || (done.load(Ordering::Relaxed), most.load(Ordering::Relaxed));
        played.map_err(|error| told(error, self.signals, counted()))
    }

    /// Studies the answer; `rounds` were played before.
    pub(super) fn rests(
        &self,
        at: Place,
        (items, ranks): (&Items, Option<&Ranks>),
        (rounds, missing): (usize, &mut Tell<'_>),
        files: &mut BTreeSet<PathBuf>,
    ) -> Result<Option<Rests>, Error> {
        let case = self.grids[at.design].cases.label(at.case);
        let answer = match self.answer(at)? {
            None => return Ok(None),
            Some(Ok(answer)) => answer,
            Some(Err(SensitivityError::Asked(why))) => {
                return Ok(Some(Rests { case, found: Err(why.clone()) }));
            }
            Some(Err(SensitivityError::Run(RunError::Interrupted))) => {
                return Err(self.signals.told(RunError::Interrupted));
            }
            Some(Err(error)) => return Err(Error::question(error.to_string())),
        };
        let (workers, bar, signals) = (self.workers, self.bar, self.signals);
        let rounds = Rounds { workers, bar, signals, before: rounds, what: "what the answer rests on, " };
        let round = |wanted| Round::Moved(at, wanted);
        let (found, played) = rounds.play(&answer.study, (items, ranks), round, missing)?;
        files.extend(played);
        Ok(Some(Rests { case, found: Ok(found) }))
    }
}

impl Rests {
    /// Its own table; pictures are among those of the plan.
    pub(super) fn write(&self, folder: &RunFolder) -> Result<(), Error> {
        let Ok(found) = &self.found else { return Ok(()) };
        folder.write("sensitivity.csv", &tables::file(found))?;
        Ok(())
    }

    /// What a folder keeps of it; `None` where there is nothing to be moved.
    pub(super) fn kept(&self) -> Option<planned::Rests> {
        let found = self.found.as_ref().ok()?;
        Some(planned::Rests { case: self.case.clone(), found: found.clone() })
    }

    fn head(&self) -> String {
        format!("What the answer rests on, studied in the case that is nearest to its goals: {}", self.case)
    }

    /// For a terminal of this width.
    pub(super) fn summary(&self, out: &mut dyn Write, width: usize) -> Result<(), Error> {
        writeln!(out, "\n{}.\n", self.head())?;
        match &self.found {
            Ok(found) => text::summary(out, found, width)?,
            Err(why) => writeln!(out, "{why}.")?,
        }
        Ok(())
    }

    /// The same to paste.
    pub(super) fn markdown(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        writeln!(out, "\n{}.\n", self.head())?;
        match &self.found {
            Ok(found) => text::markdown(out, found)?,
            Err(why) => writeln!(out, "{why}.")?,
        }
        Ok(())
    }

    pub(super) fn object(&self) -> Value {
        match &self.found {
            Ok(found) => {
                let mut whole = json::object(found);
                whole["case"] = json!(self.case);
                whole
            }
            Err(why) => json!({ "case": self.case, "nothing": why }),
        }
    }
}
