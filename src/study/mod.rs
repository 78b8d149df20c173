//! Experiments: independent replications of one model, merged in order.
//!
//! [`run`] compiles a model once ([`System`]), plays each replication on one
//! thread with an engine, drivers and a recorder of its own, and merges them by
//! replication number, so that the result does not depend on the number of
//! threads. A run stops between two events when asked to, and a breach of
//! conservation inside it is an error, never a result.
//!
//! Must not know files, terminals or the scenario's text. Next:
//! [`crate::results`] for what comes out, [`crate::recorder`] for how it is counted.

pub mod bottlenecks;
pub mod headroom;
mod merge;
pub mod precision;
mod storms;
mod system;
pub mod warmup;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

pub use merge::Merger;
pub use system::{GroupRow, System};

use crate::kernel::{SimSpan, SimTime};
use crate::model::{Experiment, Model};
use crate::recorder::{Recorded, Recorder};
use crate::results::{RunResult, SessionSink};
use crate::sim::measured::EngineReport;
use crate::sim::{self, Crowd, Horizon, Stopped, Watch};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The stop flag was set; the command exits 130 or 143.
    #[error("the run was interrupted")]
    Interrupted,
    /// A check inside the run failed: casim itself is wrong. Exit 3.
    #[error("a check inside replication {replication} failed: {}", violations.join("; "))]
    CheckFailed {
        /// Replication, from 0.
        replication: u32,
        /// What was broken, in words.
        violations: Vec<String>,
    },
    /// More requests in flight, or sessions under way, than the scenario allows. Exit 3.
    #[error(
        "replication {replication} was given up {crowd}: more than `run.most_in_flight` = {most} requests in \
         flight or sessions under way. More is offered than can be served; give the queue a limit, add \
         capacity, or raise the key (about 0.2 KB each)"
    )]
    Crowded {
        /// Replication, from 0.
        replication: u32,
        /// What the scenario allows.
        most: u32,
        /// When, and where they are.
        crowd: Crowd,
    },
    /// Threads could not be started. Exit 3.
    #[error("cannot start {jobs} threads: {reason}")]
    Threads {
        /// Threads asked for.
        jobs: usize,
        /// What the system said.
        reason: String,
    },
}

/// Hears how a run gets on, from any thread, a few times a second at most.
pub trait Progress: Sync {
    /// Replication `replication` has reached `now` after `events` events.
    fn advanced(&self, replication: u32, now: SimTime, events: u64) {
        let _ = (replication, now, events);
    }

    /// So many replications of `length` are to be played by now.
    fn planned(&self, replications: u32, length: SimSpan) {
        let _ = (replications, length);
    }

    /// Replication `replication` has ended after `events` events.
    fn finished(&self, replication: u32, events: u64) {
        let _ = (replication, events);
    }
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {}

/// How replications are carried out; nothing here changes a result.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Threads; 0 is one a core.
    pub jobs: usize,
    /// Set from outside to stop the run.
    pub stop: &'a AtomicBool,
    /// Hears how it gets on.
    pub progress: &'a dyn Progress,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

/// One finished replication.
#[derive(Debug)]
pub struct Replication<S> {
    /// What the engine measured.
    pub report: EngineReport,
    /// What the recorder counted.
    pub recorded: Recorded,
    /// The sink of its sessions.
    pub sink: S,
}

/// Runs all replications of `experiment` and merges them.
///
/// `open` makes the sink of a replication's sessions, on the thread that plays
/// it; `close` takes the sinks back, in order of replication.
///
/// # Errors
/// [`RunError`]: interrupted, a check inside the run failed, or no threads.
pub fn run<S: SessionSink + Send>(
    model: &Model,
    experiment: &Experiment,
    options: &Options<'_>,
    open: impl Fn(u32) -> S + Sync,
    close: impl FnMut(u32, S),
) -> Result<RunResult, RunError> {
    let system = System::compile(model);
    let mut merger = Merger::new(&system, experiment);
    extend(&system, experiment, options, &mut merger, experiment.replications, open, close)?;
    Ok(merger.result())
}

/// Adds replications to `merger` until it has `replications` of them: those that
/// it holds already are kept as they are.
///
/// # Errors
/// As [`run`].
pub fn extend<S: SessionSink + Send>(
    system: &System<'_>,
    experiment: &Experiment,
    options: &Options<'_>,
    merger: &mut Merger<'_>,
    replications: u32,
    open: impl Fn(u32) -> S + Sync,
    mut close: impl FnMut(u32, S),
) -> Result<(), RunError> {
    let pool = pool(options)?;
    options.progress.planned(replications, experiment.warmup + experiment.window);
    // A few replications at a time, so that memory does not grow with their number.
    let batch = u32::try_from(pool.current_num_threads()).unwrap_or(u32::MAX).saturating_mul(4);
    while merger.replications() < replications {
        let first = merger.replications();
        let last = first.saturating_add(batch).min(replications);
        let play = |n| replicate(system, experiment, options, n, open(n));
        let finished: Vec<_> = pool.install(|| (first..last).into_par_iter().map(play).collect());
        for (n, finished) in (first..last).zip(finished) {
            let Replication { report, recorded, sink } = finished?;
            merger.add(&report, recorded);
            close(n, sink);
        }
    }
    Ok(())
}

/// Threads for replications.
fn pool(options: &Options<'_>) -> Result<rayon::ThreadPool, RunError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(options.jobs)
        .build()
        .map_err(|error| RunError::Threads { jobs: options.jobs, reason: error.to_string() })
}

/// Plays one replication.
///
/// # Errors
/// As [`run`].
pub fn replicate<S: SessionSink>(
    system: &System<'_>,
    experiment: &Experiment,
    options: &Options<'_>,
    replication: u32,
    sink: S,
) -> Result<Replication<S>, RunError> {
    let horizon = Horizon {
        measured_from: experiment.measured_from(),
        ends_at: experiment.ends_at(),
        interval: experiment.series_interval(),
        run_off: experiment.run_off,
        most_in_flight: experiment.most_in_flight,
    };
    let sink = Rc::new(RefCell::new(sink));
    let recorder =
        || Recorder::new(Rc::clone(&sink), horizon.measured_from, horizon.ends_at, horizon.interval);
    let mut cast = system.cast(experiment, replication, recorder);
    let mut lookout = Lookout::new(options, replication);
    let report =
        sim::run(&system.network, &mut cast, horizon, &mut lookout).map_err(|stopped| match stopped {
            Stopped::Asked => RunError::Interrupted,
            Stopped::Crowded(crowd) => {
                RunError::Crowded { replication, most: experiment.most_in_flight, crowd }
            }
        })?;
    let recorded = cast.finish(horizon.ends_at);
    let mut violations = report.violations.clone();
    violations.extend(recorded.violations.iter().cloned());
    if !violations.is_empty() {
        return Err(RunError::CheckFailed { replication, violations });
    }
    options.progress.finished(replication, report.events);
    let sink = Rc::into_inner(sink).expect("the drivers have given their sinks back").into_inner();
    Ok(Replication { report, recorded, sink })
}

/// Looks at the stop flag and passes progress on.
struct Lookout<'a> {
    stop: &'a AtomicBool,
    progress: &'a dyn Progress,
    replication: u32,
    last: Instant,
}

impl<'a> Lookout<'a> {
    // The wall clock decides how often progress is shown, and nothing else.
    #[allow(clippy::disallowed_methods)]
    fn new(options: &Options<'a>, replication: u32) -> Self {
        Self { stop: options.stop, progress: options.progress, replication, last: Instant::now() }
    }
}

impl Watch for Lookout<'_> {
    fn look(&mut self, now: SimTime, events: u64) -> bool {
        if self.last.elapsed() >= Duration::from_millis(250) {
            self.last += self.last.elapsed();
            self.progress.advanced(self.replication, now, events);
        }
        self.stop.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
