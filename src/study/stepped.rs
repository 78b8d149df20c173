//! A study, step by step; [`super`] says how the steps go together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::error::RunError;
use super::headroom::Look;
use super::merge::{self, Merger};
use super::replicate::{Outside, Replication, play, play_twin};
use super::system::System;
use super::workers::{Stage, Workers};
use super::{bottlenecks, headroom, load, precision, storms, warmup};
use crate::clients::expected::offered_load::{LimitDemand, OfferedLoad, demand};
use crate::kernel::SimSpan;
use crate::model::workload::Slo;
use crate::model::{Adaptive, Experiment, Model};
use crate::recorder::storm::Stormed;
use crate::results::objectives::Verdict;
use crate::results::{
    Headroom, Identity, NoSessions, RESULTS, Reached, RunResult, Sessions, Warmup, Warning,
};
use crate::stats::PERCENTILES;

/// Replications of one model, as many as there are by now.
pub struct Study<'m> {
    pub(super) system: Arc<System<'m>>,
    pub(super) experiment: Experiment,
    pub(super) adaptive: Adaptive,
    pub(super) clock_offset_minutes: i32,
    /// Day of the week on which the window begins by that clock, where it is told.
    pub(super) weekday: Option<u8>,
    /// Percentiles that are shown.
    pub(super) percentiles: Vec<f64>,
    /// Digest of the scenario; empty without one.
    pub(super) scenario: String,
    /// What is asked of each resource, by the utilisation law.
    pub(super) load: Vec<OfferedLoad>,
    /// What is held of limits, likewise.
    pub(super) held: Vec<LimitDemand>,
    pub(super) merger: Merger<'m>,
    /// Each replication is laid beside its twin.
    pub(super) twins: bool,
    pub(super) steady: Option<Warmup>,
    pub(super) precision: Option<Reached>,
    pub(super) headroom: Option<Headroom>,
}

impl fmt::Debug for Study<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut study = f.debug_struct("Study");
        study.field("identity", &self.identity()).field("replications", &self.replications());
        study.finish_non_exhaustive()
    }
}

impl<'m> Study<'m> {
    /// A study of `model` that plays what `experiment` states: its warm-up and its number
    /// of replications. [`Self::adaptive`] lets it find these for itself.
    #[must_use]
    pub fn of(model: &'m Model, experiment: &Experiment) -> Self {
        let system = Arc::new(System::compile(model));
        let (load, held) = demand(model, experiment);
        Self {
            merger: Merger::new(Arc::clone(&system), experiment),
            load,
            held,
            twins: storms::has_twin(&model.workload, experiment),
            system,
            experiment: experiment.clone(),
            adaptive: Adaptive::default(),
            clock_offset_minutes: 0,
            weekday: None,
            percentiles: PERCENTILES.map(|p| 100.0 * p).to_vec(),
            scenario: String::new(),
            steady: None,
            precision: None,
            headroom: None,
        }
    }

    /// The same with what it is to find for itself.
    #[must_use]
    pub fn adaptive(mut self, adaptive: Adaptive) -> Self {
        self.adaptive = adaptive;
        self
    }

    /// The same without twins, which else are played where there are outages that can happen:
    /// what is told beside the twin is then not known.
    #[must_use]
    pub fn without_twins(mut self) -> Self {
        self.twins = false;
        self
    }

    /// How much the model was compiled to: stations, directions of lines, and legs of all programs.
    #[must_use]
    pub fn compiled(&self) -> (usize, usize, usize) {
        let network = &self.system.network;
        (network.stations.len(), network.links.len(), network.legs.len())
    }

    /// What it plays; the warm-up is that which was found, once it was.
    #[must_use]
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// Its objectives.
    #[must_use]
    pub fn objectives(&self) -> &'m Slo {
        &self.system.model.workload.slo
    }

    /// Names behind the indices of its results.
    #[must_use]
    pub fn names(&self) -> &crate::results::Names {
        &self.system.names
    }

    /// What its replications follow from. Complete once the warm-up was found.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            results: RESULTS,
            scenario: self.scenario.clone(),
            seed: self.experiment.seed,
            warmup: self.experiment.warmup,
            window: self.experiment.window,
            interval: self.experiment.interval,
            zone: self.objectives().zone,
        }
    }

    /// Replications merged so far.
    #[must_use]
    pub fn replications(&self) -> u32 {
        self.merger.replications()
    }

    /// What is asked for more than it can do, known before the first event.
    #[must_use]
    pub fn overloads(&self) -> Vec<Warning> {
        load::overloads(&self.load, self.system.model)
    }

    /// Finds the warm-up of a steady-state run, where it was not found yet; of others it
    /// stays as stated. [`Self::add`] begins with it.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn warm_up(&mut self, workers: &Workers<'_>) -> Result<(), RunError> {
        if !self.adaptive.warmup || self.steady.is_some() {
            return Ok(());
        }
        workers.progress().begins(Stage::WarmUp);
        // What is overloaded never becomes steady: there is nothing to look for.
        let settles = load::settles(&self.load, self.system.model);
        let found = if settles { warmup::find(&self.system, &self.experiment, workers)? } else { None };
        let found = found.unwrap_or(Warmup {
            span: SimSpan::ZERO,
            steady: false,
            before: 0.0,
            after: 0.0,
            pilots: if settles { warmup::FIRST_PILOTS } else { 0 },
            noise: 0.0,
        });
        self.begin_window_after(found.span);
        self.steady = Some(found);
        Ok(())
    }

    /// Sets the warm-up before the window: studies that are compared share the longest.
    ///
    /// # Panics
    /// Once replications were added.
    pub fn begin_window_after(&mut self, warmup: SimSpan) {
        assert_eq!(self.replications(), 0, "replications of one study have one window");
        self.experiment.warmup = warmup;
        (self.load, self.held) = demand(self.system.model, &self.experiment);
        self.merger = Merger::new(Arc::clone(&self.system), &self.experiment);
    }

    /// How many replications are to be added next: those that the experiment states, or 10,
    /// 20, 40 ... in all until the asked precision is reached. `None` when that is all.
    /// It follows from the replications so far alone.
    pub fn next_round(&mut self) -> Option<u32> {
        let played = self.replications();
        let wanted = self.experiment.replications;
        let Some(asked) = self.adaptive.precision else {
            return (played < wanted).then(|| wanted - played);
        };
        let first = precision::FIRST_LOOK.max(wanted).min(asked.limit);
        if played < first {
            return Some(first - played);
        }
        let before = self.precision.as_ref().map_or(0, |reached| reached.replications);
        let reached = precision::reached(&merge::result(&self.merger), self.objectives(), asked, before);
        let more = precision::more(&reached);
        self.precision = Some(reached);
        more
    }

    /// Adds so many replications to those that are there.
    ///
    /// # Errors
    /// [`RunError`]; the replications added before, and those before the one that failed,
    /// are kept.
    pub fn add(&mut self, replications: u32, workers: &Workers<'_>) -> Result<(), RunError> {
        self.add_with(replications, workers, &mut NoSessions)
    }

    /// As [`Self::add`]; the rows of their sessions go to `sessions`.
    ///
    /// # Errors
    /// As [`Self::add`], and where `sessions` refuses.
    pub fn add_with<S: Sessions>(
        &mut self,
        replications: u32,
        workers: &Workers<'_>,
        sessions: &mut S,
    ) -> Result<(), RunError> {
        self.warm_up(workers)?;
        workers.progress().begins(Stage::Replications);
        play_all(&mut [(self, replications)], workers, sessions)
    }

    /// Plays one replication, and leaves the study as it is but for its warm-up.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn replication(&mut self, number: u32, workers: &Workers<'_>) -> Result<Replication, RunError> {
        self.warm_up(workers)?;
        let failed = AtomicBool::new(false);
        let outside = Outside::of(workers, &failed);
        workers.progress().planned(self.length());
        let (system, experiment) = (&*self.system, &self.experiment);
        let run = || play(system, experiment, outside, number, || Ok(NoSessions));
        let twin = || if self.twins { play_twin(system, experiment, outside, number) } else { Ok(None) };
        let (run, twin) = workers.install(|| rayon::join(run, twin));
        let (replication, _) = run?;
        Ok(Replication { twin: twin?, ..replication })
    }

    /// Adds the next replication, which was played elsewhere under `identity`.
    ///
    /// # Errors
    /// [`RunError::NotNext`] where it is another study's, or not the next one.
    pub fn merge(&mut self, identity: &Identity, replication: Replication) -> Result<(), RunError> {
        let expected = self.replications();
        if *identity != self.identity() || replication.number != expected {
            let scenario = identity.scenario.clone();
            return Err(RunError::NotNext { scenario, found: replication.number, expected });
        }
        self.merger.add(replication);
        Ok(())
    }

    /// The replications that are there, merged, ranked and with what should be known before
    /// they are trusted.
    #[must_use]
    pub fn result(&self) -> RunResult {
        let mut result = merge::result(&self.merger);
        result.clock_offset_minutes = self.clock_offset_minutes;
        result.weekday = self.weekday;
        result.percentiles.clone_from(&self.percentiles);
        result.steady = self.steady;
        result.precision = self.precision.clone();
        result.headroom = self.headroom.clone();
        result.objectives = Verdict::of(&result, self.objectives()).findings;
        load::mark_growing(&self.load, self.system.model, &mut result);
        result.warnings.splice(0..0, self.overloads());
        result.warnings.extend(self.steady.and_then(|found| load::not_steady(&found)));
        result.bottlenecks =
            bottlenecks::rank_by((&self.load, &self.held), &self.experiment, &result, self.objectives());
        result
    }

    /// Runs the whole again with other loads, to find by what factor the load could grow
    /// until the first objective falls; [`Self::result`] then tells it.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn look_for_headroom(&mut self, workers: &Workers<'_>) -> Result<(), RunError> {
        let result = self.result();
        let first = Verdict::of(&result, self.objectives());
        let guess = result.law_headroom().map(|(factor, _)| factor);
        let found = headroom::bracket(first.findings, guess, |look| {
            let Look { factor, run, most } = look;
            workers.progress().begins(Stage::Load { factor, run, most });
            let mut model = self.system.model.clone();
            model.workload.scale(factor);
            let mut study = Study::of(&model, &self.experiment).without_twins();
            play_all(&mut [(&mut study, self.experiment.replications)], workers, &mut NoSessions)?;
            Ok(Verdict::of(&merge::result(&study.merger), self.objectives()).findings)
        })?;
        self.headroom = Some(found.into());
        Ok(())
    }

    /// The whole: warm-up, and rounds of replications until there are enough.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn run(&mut self, workers: &Workers<'_>) -> Result<RunResult, RunError> {
        self.run_with(workers, &mut NoSessions)
    }

    /// As [`Self::run`]; the rows of sessions go to `sessions`.
    ///
    /// # Errors
    /// As [`Self::add_with`].
    pub fn run_with<S: Sessions>(
        &mut self,
        workers: &Workers<'_>,
        sessions: &mut S,
    ) -> Result<RunResult, RunError> {
        self.warm_up(workers)?;
        while let Some(more) = self.next_round() {
            self.add_with(more, workers, sessions)?;
        }
        Ok(self.result())
    }

    /// Simulated time of one replication and its twin.
    pub(super) fn length(&self) -> SimSpan {
        let one = self.experiment.warmup + self.experiment.window;
        if self.twins { one + one } else { one }
    }
}

/// Adds to each study so many replications, all of them on the same threads at once: none
/// waits until the last of another study has ended. No rows of sessions are kept.
///
/// # Errors
/// [`RunError`], of the first replication that failed by study and number. Those before it
/// are added.
pub fn add_to_all(studies: &mut [(&mut Study<'_>, u32)], workers: &Workers<'_>) -> Result<(), RunError> {
    for (study, _) in studies.iter_mut() {
        study.warm_up(workers)?;
    }
    workers.progress().begins(Stage::Replications);
    play_all(studies, workers, &mut NoSessions)
}

pub(super) fn play_all<S: Sessions>(
    studies: &mut [(&mut Study<'_>, u32)],
    workers: &Workers<'_>,
    sessions: &mut S,
) -> Result<(), RunError> {
    let mut items: Vec<Item> = Vec::new();
    for (index, (study, more)) in studies.iter().enumerate() {
        let first = study.replications();
        for number in first..first.saturating_add(*more) {
            items.push(Item { index, number, twin: false });
            items.extend(study.twins.then_some(Item { index, number, twin: true }));
        }
        workers.progress().planned(SimSpan(study.length().0.saturating_mul(u64::from(*more))));
    }
    let failed = AtomicBool::new(false);
    let outside = Outside::of(workers, &failed);
    // A replication whose twin comes next.
    let mut waiting = None;
    // A few at a time, so that memory does not grow with their number.
    for batch in items.chunks(workers.threads() * 4) {
        let (shared, open) = (&*studies, &*sessions);
        let one = |&Item { index, number, twin }: &Item| {
            let study = &shared[index].0;
            let (system, experiment) = (&study.system, &study.experiment);
            if twin {
                return play_twin(system, experiment, outside, number).map(Finished::Twin);
            }
            play(system, experiment, outside, number, || open.open(number))
                .map(|whole| Finished::Replication(Box::new(whole)))
        };
        let finished: Vec<_> = workers.install(|| batch.par_iter().map(one).collect());
        let mut stopped = None;
        for (&Item { index, number, .. }, finished) in batch.iter().zip(finished) {
            let study = &mut studies[index].0;
            let (replication, sink) = match (finished, &stopped) {
                (Ok(Finished::Replication(whole)), None) if study.twins => {
                    waiting = Some(*whole);
                    continue;
                }
                (Ok(Finished::Replication(whole)), None) => *whole,
                (Ok(Finished::Twin(twin)), None) => match waiting.take() {
                    Some((replication, sink)) => (Replication { twin, ..replication }, sink),
                    None => continue,
                },
                // Whose sink was refused is the reason why others were interrupted.
                (Err(error @ RunError::Sessions { .. }), _) => return Err(error),
                (Err(error), None) => {
                    stopped = Some(error);
                    continue;
                }
                (_, Some(_)) => continue,
            };
            study.merger.add(replication);
            sessions.close(number, sink);
        }
        if let Some(error) = stopped {
            return Err(error);
        }
    }
    Ok(())
}

/// What a thread plays next.
#[derive(Clone, Copy)]
struct Item {
    /// Which study.
    index: usize,
    /// Which replication, or its twin.
    number: u32,
    twin: bool,
}

/// What it has played.
enum Finished<S> {
    Replication(Box<(Replication, S)>),
    Twin(Option<Stormed>),
}
