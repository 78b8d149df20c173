//! A study of sensitivity that is played, round by round, item by item.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::prelude::*;

use super::design::{Design, Next, Variant, Wanted};
use super::figures::{self, Candidate, Figure};
use super::found;
use super::known::Known;
use super::screen::Screen;
use super::standing::standings;
use super::swaps;
use crate::decide::items::{Items, Missing, Share};
use crate::decide::sweep::{self, Parameter, Point, Sweep, SweepError};
use crate::results::sensitive::{Nature, Sensitivity};
use crate::scenario::{Override, Scenario};
use crate::store::StoreError;
use crate::study::{self, RunError, Workers};

/// What clients do and cost, and what sources disagree about.
const OF_PEOPLE: [&str; 6] = ["clients.", "costs.", "traffic.", "round_trips.", "region.", "contested."];

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    /// By what numbers are multiplied that have no range of their own: below 1 and above.
    pub range: [f64; 2],
    /// Paths of given numbers that are moved too, each by itself; `*` is any part.
    pub also: Vec<String>,
    /// Of the figures that rest on assumptions only those that one of these paths stands for; empty: all.
    pub only: Vec<String>,
    /// Simulated events that may be spent, in runs of the base, 10 or more.
    pub budget: u32,
    /// Runs of each variant at first, 2 or more.
    pub runs: u32,
}

impl Default for Asked {
    /// Half of it and half as much again, at three times the cost of 20 runs, 2 runs at first.
    fn default() -> Self {
        Self { range: [0.5, 1.5], also: Vec::new(), only: Vec::new(), budget: 60, runs: 2 }
    }
}

/// Why a study came to no end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SensitivityError {
    /// What is asked makes no sense for the scenario, in words.
    #[error("{0}")]
    Asked(String),
    /// A replication failed, or it was interrupted.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An item could not be kept or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was to be played, and items of a round are missing.
    #[error("{missing}")]
    Missing {
        /// Which round, from 1.
        round: usize,
        /// What it plays.
        wanted: Wanted,
        /// What is not there of its list.
        missing: Missing,
    },
}

impl SensitivityError {
    fn of(error: SweepError, round: usize, wanted: &Wanted) -> Self {
        match error {
            SweepError::Run(error) => Self::Run(error),
            SweepError::Store(error) => Self::Store(error),
            SweepError::Missing(missing) | SweepError::Round { missing, .. } => {
                Self::Missing { round, wanted: wanted.clone(), missing }
            }
            error => Self::Asked(error.to_string()),
        }
    }
}

/// A scenario whose figures are moved.
#[derive(Debug)]
pub struct Study {
    base: Scenario,
    figures: Vec<Figure>,
    screen: Screen,
    design: Design,
    asked: Asked,
}

impl Study {
    /// Finds what can be moved and how far, and what law and latency without load say of it; where the
    /// warm-up is to be found, finds it for all sides.
    ///
    /// # Errors
    /// [`SensitivityError::Asked`] where a path stands for no number; [`RunError`] of a pilot.
    pub fn of(base: &Scenario, asked: &Asked, workers: &Workers<'_>) -> Result<Self, SensitivityError> {
        let base = with_warm_up(base, workers)?;
        // Where nobody uses Exchange nothing of it can matter.
        let people = !base.model.workload.populations.is_empty();
        let of_people = |path: &str| OF_PEOPLE.iter().any(|section| path.starts_with(section));
        let wanted = |path: &str| {
            if !people && of_people(path) {
                return false;
            }
            asked.only.is_empty() || asked.only.iter().any(|pattern| figures::fits(pattern, path))
        };
        let mut given: Vec<Candidate> = Vec::new();
        // Who states a range says that the value is a guess.
        let ranged = figures::ranged(&base);
        for pattern in asked.also.iter().chain(&ranged) {
            given.extend(figures::given(&base, pattern, asked.range).map_err(SensitivityError::Asked)?);
        }
        let mut seen = BTreeSet::new();
        given.retain(|one| seen.insert(one.path.clone()));
        let mut candidates = figures::assumed(&base, asked.range, wanted);
        candidates.retain(|one| !given.iter().any(|given| figures::fits(&one.path, &given.path)));
        candidates.extend(given);
        let mut figures: Vec<Figure> =
            workers.install(|| candidates.into_par_iter().map(|candidate| candidate.figure(&base)).collect());
        figures.extend(swaps::swaps(&base, wanted));
        figures.retain(|figure| figure.ends.iter().any(Option::is_some));
        if figures.is_empty() {
            return Err(SensitivityError::Asked(
                "nothing is left to be moved: no figure of the scenario that was asked for rests on an \
                 assumption; --also moves given ones"
                    .to_owned(),
            ));
        }
        if figures.len() > usize::from(u16::MAX) {
            return Err(SensitivityError::Asked("more than 65,535 figures: narrower paths".to_owned()));
        }
        let screen = Screen::of(&base, &figures, workers);
        let design = design(&figures, &screen, asked);
        Ok(Self { base, figures, screen, design, asked: asked.clone() })
    }

    /// What the first round plays, which follows from nothing.
    #[must_use]
    pub fn first_round(&self) -> Wanted {
        match self.design.next(&Known::default()) {
            Next::Play(wanted) => wanted,
            Next::Done(_) => Vec::new(),
        }
    }

    /// Whether these are variants of this study.
    #[must_use]
    pub fn knows(&self, wanted: &Wanted) -> bool {
        let is_end = |&(figure, end): &(u16, u8)| {
            let ends = self.design.ends.get(usize::from(figure));
            ends.and_then(|ends| ends.get(usize::from(end))) == Some(&true)
        };
        wanted.iter().all(|(variant, _)| variant.iter().all(is_end))
    }

    /// Plays what is not there yet of a share of the items of a round, and decides nothing; `told` hears
    /// how many are done of how many. Gives how many there are in the share.
    ///
    /// # Errors
    /// As [`Self::play`].
    pub fn play_share(
        &self,
        wanted: &Wanted,
        share: Share,
        items: &Items,
        workers: &Workers<'_>,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<usize, SensitivityError> {
        let played = self.sweep(wanted).play_share(share, items, workers, told);
        played.map_err(|error| SensitivityError::of(error, 0, wanted))
    }

    /// Plays what is not there yet; `begins` hears what each round plays before it is played, `told` the
    /// round and how many of its items are done of all. Gives what was found, and the files of the
    /// items behind it.
    ///
    /// # Errors
    /// [`SensitivityError`], also that of `begins`; the items that ended before are kept.
    pub fn play(
        &self,
        items: &Items,
        workers: &Workers<'_>,
        begins: &mut dyn FnMut(&Wanted) -> Result<(), SensitivityError>,
        told: &(dyn Fn(usize, usize, usize) + Sync),
    ) -> Result<(Sensitivity, BTreeSet<PathBuf>), SensitivityError> {
        let (mut known, mut files, mut round) = (Known::default(), BTreeSet::new(), 0);
        loop {
            let wanted = match self.design.next(&known) {
                Next::Play(wanted) => wanted,
                Next::Done(chosen) => {
                    let found = found::found(
                        &self.base,
                        (&self.figures, &self.screen),
                        &self.design,
                        &chosen,
                        &known,
                    );
                    return Ok((Sensitivity { range: self.asked.range, ..found }, files));
                }
            };
            round += 1;
            begins(&wanted)?;
            let count = |done: usize, all: usize| told(round, done, all);
            let sweep = self.sweep(&wanted);
            let mut new = Vec::new();
            let played = sweep.each(items, workers, &count, &mut files, |point, scenario, result| {
                let (variant, runs) = &wanted[point.places[0]];
                let of = standings(result, &scenario.model.workload.slo);
                new.push((variant.clone(), *runs, result.events, of));
            });
            played.map_err(|error| SensitivityError::of(error, round, &wanted))?;
            for (variant, runs, events, of) in new {
                known.add(variant, runs, events, of);
            }
        }
    }

    /// These variants, each to be played until there are so many runs of it, after those of the round
    /// before: runs are added one by one, so that whoever has a share of a round knows how many those are.
    fn sweep(&self, wanted: &Wanted) -> Sweep<'_> {
        let setting =
            |(variant, _): &(Variant, u32)| sweep::Setting { shown: String::new(), sets: self.sets(variant) };
        let values: Vec<sweep::Setting> = wanted.iter().map(setting).collect();
        let points = (0..values.len()).map(|place| Point { places: vec![place] }).collect();
        let before = |runs: u32| if runs <= self.design.first { 0 } else { runs - 1 };
        let runs = wanted.iter().map(|(_, runs)| before(*runs)..*runs).collect();
        let parameter = Parameter { path: String::new(), values };
        Sweep::of(&self.base, vec![parameter], points, 1).with_runs(runs)
    }

    fn sets(&self, variant: &Variant) -> Vec<Override> {
        let sets = variant
            .iter()
            .filter_map(|&(figure, end)| self.figures[usize::from(figure)].ends[usize::from(end)].as_ref());
        sets.flat_map(|setting| setting.sets.iter().cloned()).collect()
    }
}

/// The scenario with the warm-up that was found, where it was to be found: sides that are pairs share one.
fn with_warm_up(base: &Scenario, workers: &Workers<'_>) -> Result<Scenario, SensitivityError> {
    if !base.adaptive.warmup {
        return Ok(base.clone());
    }
    let mut study = study::Study::from(base).without_twins();
    study.warm_up(workers)?;
    let found = study.experiment().warmup;
    let set = Override { path: "run.warmup".to_owned(), value: format!("{} ns", found.0) };
    base.with(&[set]).map_err(|faults| SensitivityError::Asked(faults.to_string()))
}

fn design(figures: &[Figure], screen: &Screen, asked: &Asked) -> Design {
    let number = |at: &usize| u16::try_from(*at).unwrap_or(u16::MAX);
    let of = |at: usize| &screen.figures[at];
    let is_number = |at: &usize| figures[*at].nature == Nature::Number;
    let mut numbers: Vec<usize> = (0..figures.len()).filter(is_number).collect();
    numbers.sort_by(|&a, &b| of(b).score.total_cmp(&of(a).score).then(a.cmp(&b)));
    let bad = |at: &usize| (number(at), u8::from(of(*at).bad == 1));
    let words = (0..figures.len()).filter(|at| !is_number(at) && !of(*at).idle);
    Design {
        order: numbers.iter().map(bad).collect(),
        ends: figures.iter().map(|figure| [figure.ends[0].is_some(), figure.ends[1].is_some()]).collect(),
        scores: screen.figures.iter().map(|one| one.score).collect(),
        divided: numbers.iter().filter(|at| of(**at).divided).map(number).collect(),
        words: words.map(|at| number(&at)).collect(),
        budget: f64::from(asked.budget),
        first: asked.runs.max(2),
    }
}
