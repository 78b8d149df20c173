//! A study played into a folder in the making: what `run` and `verify` share.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::error::Error;
use super::explained::explanations;
use super::kept::Unfinished;
use super::progress::Bar;
use super::ranks::Ranks;
use super::resolved;
use super::signals::Signals;
use super::spread::{Round, Runs, Shard};
use crate::decide::items::{ItemError, Items, Missing, Share, Wanted as Item};
use crate::output::about::About;
use crate::output::{
    Clock, Inputs, Manifest, Pictures, RunFolder, SessionPolicy, SessionWriter, sentences, tables,
};
use crate::results::objectives::Verdict;
use crate::results::{Identity, Names, RESULTS, RunResult, Sessions, SinkError};
use crate::scenario::Scenario;
use crate::store;
use crate::study::{Quiet, RunError, Study, Workers};

/// The whole result of a folder, exact: histograms and the values of each replication, which
/// no table has.
pub(super) const RESULT: &str = "result.bin";

/// Overloads that are told before the first event.
const OVERLOADS: usize = 3;

/// What is wanted of a run beside its results.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Threads; 0 is one a core. Does not change results.
    pub(super) jobs: usize,
    /// Which sessions have a row.
    pub(super) sessions: SessionPolicy,
    /// Which charts there are.
    pub(super) charts: Pictures,
    /// Whether to look for the load at which an objective falls.
    pub(super) headroom: bool,
    /// Whether replications have twins where there are outages.
    pub(super) twins: bool,
    /// No progress bar.
    pub(super) quiet: bool,
}

/// A folder in the making, threads, a stop and a bar.
pub(super) struct Stage<'s> {
    scenario: &'s Scenario,
    wanted: Wanted,
    folder: RunFolder,
    signals: &'static Signals,
    bar: Arc<Bar>,
    workers: Workers<'static>,
}

/// What was played.
pub(super) struct Played {
    /// Merged.
    pub(super) result: RunResult,
    /// Judged by the scenario's objectives.
    pub(super) verdict: Verdict,
    /// What it follows from.
    identity: Identity,
    /// Rows of sessions.csv.
    pub(super) rows: u64,
}

/// Where a result comes from, as its folder says.
pub(super) struct Origin {
    /// What the command line changed, in canonical form.
    pub(super) arguments: Vec<String>,
    /// Settings that the scenario left to casim.
    pub(super) assumed: Vec<String>,
}

impl Origin {
    /// What a page says of it.
    pub(super) fn about(&self, scenario: &Scenario) -> About {
        About {
            title: scenario.name.clone(),
            notes: None,
            played_by: (env!("CARGO_PKG_VERSION").to_owned(), u64::from(RESULTS)),
            digest: scenario.digest.clone(),
            seed: scenario.experiment.seed,
            arguments: self.arguments.clone(),
            assumed: self.assumed.clone(),
        }
    }
}

impl<'s> Stage<'s> {
    /// Takes the folder and the signals; what was put right there is told to `err`.
    pub(super) fn open(
        scenario: &'s Scenario,
        target: &Path,
        force: bool,
        wanted: Wanted,
        err: &mut dyn Write,
    ) -> Result<Self, Error> {
        let signals = Signals::install()?;
        let folder = RunFolder::create(target, force, &Inputs::of(scenario.files()))?;
        for note in folder.notes() {
            // A closed stderr is no reason to stop.
            let _ = writeln!(err, "note: {note}");
        }
        let bar = Arc::new(Bar::new(wanted.quiet));
        let workers = Workers::watched(wanted.jobs, signals.stop(), Arc::clone(&bar))
            .map_err(|error| signals.told(error))?;
        Ok(Self { scenario, wanted, folder, signals, bar, workers })
    }

    /// Plays the whole study. What is overloaded is told to `err` before the first event.
    pub(super) fn play(&self, err: &mut dyn Write) -> Result<Played, Error> {
        let mut study = study(self.scenario, self.wanted);
        self.bar.note(|| {
            let ((stations, links, legs), threads) = (study.compiled(), self.workers.threads());
            format!("compiled to {stations} stations, {links} directions of lines and {legs} legs; {threads} threads")
        });
        let overloads = study.overloads();
        for warning in overloads.iter().take(OVERLOADS) {
            let _ = writeln!(err, "warning: {}", sentences::warning_sentence(warning));
        }
        if let Some(more) = overloads.len().checked_sub(OVERLOADS).filter(|more| *more > 0) {
            let _ = writeln!(err, "warning: ... and {more} overloads more; run.json has them");
        }
        let told = |error: RunError| self.signals.told(error);
        // Rows have times of day, which follow from the warm-up.
        study.warm_up(&self.workers).map_err(told)?;
        study.run_with(&self.workers, &mut self.session_files(&study)).map_err(told)?;
        if self.wanted.headroom {
            study.look_for_headroom(&self.workers).map_err(told)?;
        }
        self.played(&study)
    }

    /// What was played elsewhere, or what `unfinished` makes of the runs that are missing in a round
    /// (its number, from 1, and its list).
    pub(super) fn merge(
        &self,
        items: &Items,
        mut unfinished: impl FnMut(&Missing, (usize, &Round)) -> Error,
    ) -> Result<Played, Error> {
        let mut study = study(self.scenario, self.wanted);
        study.warm_up(&self.workers).map_err(|error| self.signals.told(error))?;
        let files = self.session_files(&study);
        let mut round = 0;
        while let Some(more) = study.next_round() {
            round += 1;
            let first = study.replications();
            let missing = items.missing(&[&study], &wanted(first, more));
            let done = items
                .play(&[&study], (&missing, more as usize), &self.workers, &|| ())
                .and_then(|()| Ok(items.add_to(&mut study, more)?));
            done.map_err(|error| match error {
                ItemError::Missing(missing) => unfinished(&missing, (round, &Round::Runs((first, more)))),
                error => self.signals.paused(error, (0, 0)),
            })?;
            for number in first..first + more {
                // No rows are kept; that there are none is known by a writer of each run.
                drop(files.open(number));
            }
        }
        self.played(&study)
    }

    /// Plays the study with other ranks, each a share of each round; runs are kept until all are merged.
    pub(super) fn play_with(&self, ranks: &Ranks, force: bool) -> Result<Played, Error> {
        let unfinished = Unfinished::of(self.folder.target());
        let digest = &self.scenario.digest;
        let own = json!({ "results": RESULTS, "scenario_digest": digest, "twins": self.wanted.twins });
        unfinished.begin(&own, force, "run")?;
        let items = Items::of(vec![unfinished.folder.clone()]);
        let mut study = study(self.scenario, self.wanted);
        study.warm_up(&self.workers).map_err(|error| self.signals.told(error))?;
        let files = self.session_files(&study);
        while let (Some(more), Some(share)) = (study.next_round(), ranks.share()) {
            let first = study.replications();
            ranks.agree(Some(&Round::Runs((first, more))));
            play_runs(&study, (first, more), share, &items, (&self.workers, self.signals))?;
            ranks.wait();
            items.add_to(&mut study, more).map_err(|error| self.signals.told(error))?;
            for number in first..first + more {
                drop(files.open(number));
            }
        }
        ranks.agree(None);
        unfinished.forget()?;
        self.played(&study)
    }

    fn session_files(&self, study: &Study<'_>) -> SessionFiles<'_> {
        let (experiment, offset) = (study.experiment(), self.scenario.clock_offset_minutes);
        let clock = Clock::new(experiment.window_starts_at_utc, experiment.warmup, offset);
        let (folder, policy) = (&self.folder, self.wanted.sessions);
        SessionFiles { folder, policy, names: study.names().clone(), clock }
    }

    fn played(&self, study: &Study<'_>) -> Result<Played, Error> {
        self.bar.note(|| "all played; merging".to_owned());
        let mut result = study.result();
        let rows = self.folder.join_sessions(result.replications)?;
        result.explanations = explanations(self.scenario, &result);
        let verdict = Verdict::of(&result, study.objectives());
        Ok(Played { result, verdict, identity: study.identity(), rows })
    }

    /// Writes everything but sessions.csv, which is there.
    pub(super) fn write(&self, played: &Played, origin: Origin) -> Result<(), Error> {
        let Played { result, verdict, identity, rows } = played;
        let (folder, scenario) = (&self.folder, self.scenario);
        self.bar.say("writing");
        self.bar.note(|| "merged and judged; writing".to_owned());
        let about = origin.about(scenario);
        let (charts, assumed) = (self.wanted.charts, &origin.assumed);
        let beside = || {
            for (name, bytes) in tables::all(result) {
                folder.write(name, &bytes)?;
            }
            folder.write("assumptions.csv", &tables::assumptions::file(assumed))?;
            resolved::write(folder, "scenario.toml", scenario)?;
            Ok::<(), Error>(folder.write(RESULT, &store::to_bytes(identity, result))?)
        };
        let pictures = || charts.write(folder, result, &about, || super::setup::of(scenario));
        let (tables, pictures) = self.workers.install(|| rayon::join(beside, pictures));
        tables?;
        pictures?;
        let manifest = Manifest {
            command: "run".to_owned(),
            scenario: scenario.name.clone(),
            scenario_digest: scenario.digest.clone(),
            arguments: origin.arguments,
            seed: scenario.experiment.seed,
            charts: self.wanted.charts,
            sessions: self.wanted.sessions,
            session_rows: *rows,
            assumed_defaults: origin.assumed,
            scenario_file: scenario.resolved.clone(),
        };
        folder.write("run.json", manifest.to_json(result, Some(verdict)).as_bytes())?;
        self.bar.note(|| "written".to_owned());
        self.bar.finish();
        self.signals.received().map_or(Ok(()), |signal| Err(Error::Interrupted(signal)))
    }

    /// Where the folder stands as long as it has no name.
    pub(super) fn part(&self) -> &Path {
        self.folder.part()
    }

    /// Gives the folder its name, and tells it with the time that all took.
    pub(super) fn finish(self) -> Result<(PathBuf, Duration), Error> {
        let elapsed = self.bar.elapsed();
        Ok((self.folder.finish()?, elapsed))
    }
}

/// The study of a scenario.
fn study(scenario: &Scenario, wanted: Wanted) -> Study<'_> {
    let study = Study::from(scenario);
    if wanted.twins { study } else { study.without_twins() }
}

/// The list of so many runs.
fn wanted(first: u32, runs: u32) -> Vec<Item> {
    let numbers = (first..first.saturating_add(runs)).zip(0..);
    numbers.map(|(number, place)| Item { study: 0, number, place }).collect()
}

/// Plays the runs of one shard, of the first round where it was not told another; gives how many
/// there are in it.
pub(super) fn play_share(scenario: &Scenario, shard: &Shard, settings: Wanted) -> Result<usize, Error> {
    let signals = Signals::install()?;
    let told = |error| signals.told(error);
    let bar = Bar::new(settings.quiet);
    let workers = Workers::watched(settings.jobs, signals.stop(), bar).map_err(told)?;
    let mut study = study(scenario, settings);
    study.warm_up(&workers).map_err(told)?;
    let runs = shard.runs(study.next_round().unwrap_or(0))?;
    play_runs(&study, runs, shard.share, &shard.items(), (&workers, signals))
}

/// Plays a share of the runs of each round, of a study that rank 0 merges.
pub(super) fn follow(
    scenario: &Scenario,
    target: &Path,
    settings: Wanted,
    ranks: &Ranks,
) -> Result<(), Error> {
    let signals = Signals::install()?;
    let told = |error| signals.told(error);
    let workers = Workers::watched(settings.jobs, signals.stop(), Quiet).map_err(told)?;
    let mut study = study(scenario, settings);
    study.warm_up(&workers).map_err(told)?;
    let items = Items::of(vec![Unfinished::of(target).folder]);
    ranks.follow(|round, share| {
        let Round::Runs(runs) = round else { return Ok(()) };
        play_runs(&study, runs, share, &items, (&workers, signals)).map(drop)
    })
}

/// Plays a share of so many runs; gives how many there are in it.
fn play_runs(
    study: &Study<'_>,
    (first, runs): Runs,
    share: Share,
    items: &Items,
    (workers, signals): (&Workers<'_>, &'static Signals),
) -> Result<usize, Error> {
    let done = AtomicUsize::new(0);
    let count = || {
        done.fetch_add(1, Ordering::Relaxed);
    };
    let played = items.play_share(&[study], wanted(first, runs), share, workers, &count);
    played.map_err(|error| signals.paused(error, (done.load(Ordering::Relaxed), share.count(runs as usize))))
}

/// The rows of sessions, a file a replication. Every file is made before the first event
/// of its replication: a full disk fails at once.
struct SessionFiles<'f> {
    folder: &'f RunFolder,
    policy: SessionPolicy,
    names: Names,
    clock: Clock,
}

impl Sessions for SessionFiles<'_> {
    type Sink = SessionWriter;

    fn open(&self, replication: u32) -> Result<SessionWriter, SinkError> {
        Ok(self.folder.sessions(replication, self.policy, &self.names, self.clock)?)
    }
}
