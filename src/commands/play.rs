//! Plays a scenario into a folder in the making: what `run` and `verify` share.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::Error;
use super::signals::Signals;
use crate::clients::expected::offered_load::{OfferedLoad, Resource, offered_load};
use crate::kernel::{SimSpan, SimTime};
use crate::output::progress::Progress;
use crate::output::{
    Manifest, OutputError, RunFolder, SessionPolicy, charts, lookup, sentences, tables, words,
};
use crate::results::objectives::Verdict;
use crate::results::{Headroom, RunResult, Warmup};
use crate::scenario::Scenario;
use crate::study::{self, Merger, Options, RunError, System, precision, warmup};

/// What does not change results.
pub(super) struct Stage<'a> {
    /// Threads; 0 is one a core.
    pub(super) jobs: usize,
    /// Where the results are to go.
    pub(super) folder: &'a RunFolder,
    /// What stops it.
    pub(super) signals: &'a Signals,
    /// What the user sees of it.
    pub(super) bar: &'a Bar,
}

/// Plays `scenario`; gives its result and the number of rows in sessions.csv.
/// What is overloaded is told to `err` before the first event.
pub(super) fn simulate(
    scenario: &Scenario,
    sessions: SessionPolicy,
    stage: &Stage<'_>,
    err: &mut dyn Write,
) -> Result<(RunResult, u64), Error> {
    let Stage { jobs, folder, signals, bar } = *stage;
    let load = offered_load(&scenario.model, &scenario.experiment);
    let limited = |offered: &OfferedLoad| {
        matches!(offered.resource, Resource::Station(id)
            if scenario.model.workload.stations[id.index()].queue_limit.is_some())
    };
    let overloads = overloads(&load, limited);
    for line in &overloads {
        // A closed stderr is no reason to stop.
        let _ = writeln!(err, "warning: {line}");
    }
    let options = Options { jobs, stop: signals.stop(), progress: bar };
    let system = System::compile(&scenario.model);
    let interrupted = || interrupted(signals.received().unwrap_or(2));
    let mut experiment = scenario.experiment.clone();
    let mut steady = None;
    if scenario.adaptive.warmup {
        bar.0.say("looking for the warm-up");
        // What is overloaded never becomes steady: there is nothing to look for.
        let steady_at_all = !load.iter().any(|offered| offered.utilisation() >= 1.0 && !limited(offered));
        let found = if steady_at_all {
            warmup::find(&system, &experiment, &options).map_err(|error| match error {
                RunError::Interrupted => interrupted(),
                other => Error::System(other.to_string()),
            })?
        } else {
            None
        };
        let found = found.unwrap_or(Warmup {
            span: SimSpan::ZERO,
            steady: false,
            before: 0.0,
            after: 0.0,
            pilots: if steady_at_all { warmup::FIRST_PILOTS } else { 0 },
            noise: 0.0,
        });
        experiment.warmup = found.span;
        steady = Some(found);
    }
    let mut merger = Merger::new(&system, &experiment);
    // Every part file is made before the first event: a full disk fails at once.
    let fault: Mutex<Option<OutputError>> = Mutex::new(None);
    let open = |n| match folder.sessions(n, sessions, &system.names) {
        Ok(writer) => Some(writer),
        Err(error) => {
            signals.stop().store(true, Ordering::Relaxed);
            if let Ok(mut fault) = fault.lock() {
                *fault = Some(error);
            }
            None
        }
    };
    let close = |_, writer| drop(writer);
    let slo = &scenario.model.workload.slo;
    let played = match scenario.adaptive.precision {
        None => {
            let wanted = experiment.replications;
            study::extend(&system, &experiment, &options, &mut merger, wanted, open, close).map(|()| None)
        }
        Some(asked) => {
            precision::to_precision(&system, &experiment, slo, asked, &options, &mut merger, open, close)
                .map(Some)
        }
    };
    let reached = played.map_err(|error| match (error, fault.lock().ok().and_then(|mut f| f.take())) {
        (RunError::Interrupted, Some(fault)) => fault.into(),
        (RunError::Interrupted, None) => interrupted(),
        (error, _) => Error::System(error.to_string()),
    })?;
    let mut result = merger.result();
    result.clock_offset_minutes = scenario.clock_offset_minutes;
    result.steady = steady;
    result.precision = reached;
    for offered in load.iter().filter(|offered| offered.mean_utilisation() >= 1.0) {
        // Exchange clients lose patience, so that their queues do not grow for ever.
        match offered.resource {
            Resource::Station(id) if scenario.model.workload.stations[id.index()].queue_limit.is_none() => {
                let rows = result.servers.iter_mut().filter(|row| row.name == offered.name);
                rows.for_each(|row| row.growing = true);
            }
            Resource::CustomLink(_) => {
                let rows = result.links.iter_mut().filter(|row| row.name == offered.name);
                rows.for_each(|row| row.growing = true);
            }
            _ => {}
        }
    }
    result.warnings.splice(0..0, overloads);
    if let Some(found) = steady.filter(|found| !found.steady) {
        result.warnings.push(not_steady(&found).to_owned());
    }
    result.bottlenecks = study::bottlenecks::rank(&scenario.model, &experiment, &result, slo);
    let rows = folder.join_sessions(result.replications)?;
    Ok((result, rows))
}

/// What follows from a steady state that was not found.
fn not_steady(found: &Warmup) -> &'static str {
    if found.pilots == 0 {
        "overloaded: there is no steady state; means are of this window, which begins with empty queues"
    } else if found.before > 0.0 {
        "the run does not become steady: means are of this window, not of a steady state; lengthen it"
    } else {
        "no warm-up was found, since next to nothing completed; lengthen the window"
    }
}

/// Runs the scenario again with other loads.
pub(super) fn headroom(
    scenario: &Scenario,
    result: &RunResult,
    verdict: &Verdict,
    stage: &Stage<'_>,
) -> Result<Headroom, Error> {
    let options = Options { jobs: stage.jobs, stop: stage.signals.stop(), progress: &study::Quiet };
    let found = study::headroom::search(
        &scenario.model,
        &scenario.experiment,
        &options,
        &scenario.model.workload.slo,
        verdict,
        lookup::headroom(result).map(|(factor, _)| factor),
        |factor| stage.bar.0.say(&format!("load x{}", words::load_factor(factor))),
    )
    .map_err(|error| match error {
        RunError::Interrupted => interrupted(stage.signals.received().unwrap_or(2)),
        error => Error::System(error.to_string()),
    })?;
    Ok(Headroom {
        met: found.met,
        unclear: found.unclear.is_some(),
        missed: found.missed,
        falls: found.falls.first().map(|finding| sentences::sentence(result, finding)),
        unjudged: found.unjudged,
        others: found.falls.len().saturating_sub(1),
        runs: found.runs,
    })
}

/// One line for each resource that is asked for more than it can do; `limited` ones
/// refuse what they cannot hold.
fn overloads(load: &[OfferedLoad], limited: impl Fn(&OfferedLoad) -> bool) -> Vec<String> {
    let over = load.iter().filter(|offered| offered.utilisation() >= 1.0);
    over.map(|offered| {
        let minute = offered.from.0 / 60_000_000_000;
        let what = match offered.resource {
            _ if limited(offered) => "its queue is full most of the time, and it refuses the rest",
            Resource::Cas(_) | Resource::Mailbox(_) | Resource::Station(_) => {
                "the queue grows as long as that lasts, and there is no steady state"
            }
            _ => "ever more transfers share it as long as that lasts, and there is no steady state",
        };
        let share = words::percent(offered.utilisation());
        format!(
            "overload: {} is offered {share} of its capacity from minute {minute} of the run on: {what}",
            offered.name
        )
    })
    .collect()
}

/// Where a result comes from.
pub(super) struct Origin {
    /// What the command line changed, in canonical form.
    pub(super) arguments: Vec<String>,
    /// Which sessions have a row.
    pub(super) sessions: SessionPolicy,
    /// Rows written.
    pub(super) rows: u64,
    /// Settings that the scenario left to casim.
    pub(super) assumed: Vec<String>,
}

/// Writes everything but sessions.csv.
pub(super) fn write(
    folder: &RunFolder,
    scenario: &Scenario,
    result: &RunResult,
    verdict: &Verdict,
    origin: Origin,
) -> Result<(), Error> {
    for (name, bytes) in tables::all(result) {
        folder.write(name, &bytes)?;
    }
    charts::write(folder, result, &scenario.model.workload.slo)?;
    folder.write("scenario.toml", scenario.resolved.as_bytes())?;
    let manifest = Manifest {
        command: "run".to_owned(),
        scenario: scenario.name.clone(),
        scenario_digest: scenario.digest.clone(),
        arguments: origin.arguments,
        seed: scenario.experiment.seed,
        sessions: origin.sessions,
        session_rows: origin.rows,
        assumed_defaults: origin.assumed,
        scenario_file: scenario.resolved.clone(),
    };
    folder.write("run.json", manifest.to_json(result, Some(verdict)).as_bytes())?;
    Ok(())
}

/// The answer to a signal.
pub(super) fn interrupted(signal: i32) -> Error {
    Error::Interrupted(
        signal,
        "interrupted; nothing was written: the same command starts the run again".to_owned(),
    )
}

/// The progress bar as the experiment sees it.
#[derive(Debug)]
pub(super) struct Bar(pub(super) Progress);

impl Bar {
    /// A bar for a scenario; `quiet` hides it.
    pub(super) fn new(scenario: &Scenario, quiet: bool) -> Self {
        let replications = scenario.experiment.replications;
        let most = scenario.adaptive.precision.map_or(replications, |p| p.limit.max(replications));
        Self(Progress::new(most, quiet))
    }
}

impl study::Progress for Bar {
    fn advanced(&self, replication: u32, now: SimTime, events: u64) {
        self.0.advance(replication, now, events);
    }

    fn planned(&self, replications: u32, length: SimSpan) {
        self.0.plan(replications, length);
    }
}

impl From<OutputError> for Error {
    fn from(error: OutputError) -> Self {
        if error.is_usage() { Self::Input(error.to_string()) } else { Self::System(error.to_string()) }
    }
}
