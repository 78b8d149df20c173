//! One replication: an engine, drivers and a recorder of its own, on one thread.
//!
//! A run stops between two events when asked to, and a breach of conservation inside it
//! is an error, never a result. Next: [`super::merge`].

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::error::RunError;
use super::system::System;
use super::workers::{Progress, Workers};
use crate::kernel::{SimSpan, SimTime};
use crate::model::Experiment;
use crate::recorder::storm::Stormed;
use crate::recorder::{Recorded, Recorder};
use crate::results::{NoSessions, SessionSink, SinkError};
use crate::sim::measured::EngineReport;
use crate::sim::{self, Horizon, Stopped, Watch};
use crate::store::Keep;

/// A finished replication: exact, so that merging it now or after it was kept in a file
/// ([`crate::store`]) gives the same bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Replication {
    /// Its number, from 0; with the seed it decides every draw.
    pub number: u32,
    /// What the engine measured.
    pub report: EngineReport,
    /// What the recorder counted.
    pub recorded: Recorded,
    /// What followed nothing in its twin: the same draws without any outage.
    pub(crate) twin: Option<Stormed>,
}

impl Keep for Replication {
    const KIND: &'static str = "replication";
}

/// What ends a replication from outside.
#[derive(Clone, Copy)]
pub(super) struct Outside<'a> {
    stop: &'a AtomicBool,
    /// Set where the sink of another replication cannot be made.
    pub(super) failed: &'a AtomicBool,
    progress: &'a dyn Progress,
}

impl<'a> Outside<'a> {
    pub(super) fn of(workers: &'a Workers<'_>, failed: &'a AtomicBool) -> Self {
        Self { stop: workers.stop_flag(), failed, progress: workers.progress() }
    }
}

/// Plays replication `number` with the sink of its sessions, which it gives back.
///
/// # Errors
/// [`RunError`]: interrupted, a check inside the run failed, or too many in flight.
#[doc(hidden)]
pub fn replicate<S: SessionSink>(
    system: &System<'_>,
    experiment: &Experiment,
    workers: &Workers<'_>,
    number: u32,
    sink: S,
) -> Result<(Replication, S), RunError> {
    let failed = AtomicBool::new(false);
    play(system, experiment, Outside::of(workers, &failed), number, || Ok(sink))
}

/// As [`replicate`]; `open` makes the sink.
pub(super) fn play<S: SessionSink>(
    system: &System<'_>,
    experiment: &Experiment,
    outside: Outside<'_>,
    number: u32,
    open: impl FnOnce() -> Result<S, SinkError>,
) -> Result<(Replication, S), RunError> {
    let sink = open().map_err(|source| {
        outside.failed.store(true, Ordering::Relaxed);
        RunError::Sessions { replication: number, source }
    })?;
    let sink = Rc::new(RefCell::new(sink));
    let replication = play_one(system, experiment, outside, (number, false), &|| Box::new(Rc::clone(&sink)))?;
    let sink = Rc::into_inner(sink).expect("the drivers have given their sinks back").into_inner();
    Ok((replication, sink))
}

/// Plays the twin of replication `number`: the same draws without any outage.
pub(super) fn play_twin(
    system: &System<'_>,
    experiment: &Experiment,
    outside: Outside<'_>,
    number: u32,
) -> Result<Option<Stormed>, RunError> {
    let twin = play_one(system, experiment, outside, (number, true), &|| Box::new(NoSessions))?;
    Ok(twin.recorded.storm)
}

/// Each driver gets a sink of its own.
fn play_one<'s>(
    system: &System<'_>,
    experiment: &Experiment,
    outside: Outside<'_>,
    (number, twin): (u32, bool),
    sink: &dyn Fn() -> Box<dyn SessionSink + 's>,
) -> Result<Replication, RunError> {
    let horizon = Horizon {
        measured_from: experiment.measured_from(),
        ends_at: experiment.ends_at(),
        interval: experiment.series_interval(),
        run_off: experiment.run_off,
        most_in_flight: experiment.most_in_flight,
    };
    let recorder = || Recorder::new(sink(), horizon.measured_from, horizon.ends_at, horizon.interval);
    let mut cast = system.cast(experiment, (number, twin), recorder);
    let mut lookout = Lookout::new(outside);
    let report =
        sim::run(&system.network, &mut cast, horizon, &mut lookout).map_err(|stopped| match stopped {
            Stopped::Asked => RunError::Interrupted,
            Stopped::Crowded(crowd) => {
                RunError::Crowded { replication: number, most: experiment.most_in_flight, crowd }
            }
            Stopped::Endless(endless) => RunError::Endless { replication: number, endless },
        })?;
    let recorded = cast.finish(horizon.ends_at);
    let mut violations = report.violations.clone();
    violations.extend(recorded.violations.iter().cloned());
    if !violations.is_empty() {
        return Err(RunError::CheckFailed { replication: number, violations });
    }
    lookout.tell(horizon.ends_at.max(lookout.told.0), report.events);
    outside.progress.played(number, twin, report.events);
    Ok(Replication { number, report, recorded, twin: None })
}

/// Looks at the stop flags and passes progress on.
struct Lookout<'a> {
    outside: Outside<'a>,
    last: Instant,
    /// What was told so far.
    told: (SimTime, u64),
}

impl<'a> Lookout<'a> {
    // The wall clock decides how often progress is shown, and nothing else.
    #[allow(clippy::disallowed_methods)]
    fn new(outside: Outside<'a>) -> Self {
        Self { outside, last: Instant::now(), told: (SimTime::ZERO, 0) }
    }

    fn tell(&mut self, now: SimTime, events: u64) {
        let (before, counted) = std::mem::replace(&mut self.told, (now, events));
        self.outside.progress.advanced(SimSpan(now.0.saturating_sub(before.0)), events - counted);
    }
}

impl Watch for Lookout<'_> {
    fn look(&mut self, now: SimTime, events: u64) -> bool {
        if self.last.elapsed() >= Duration::from_millis(250) {
            self.last += self.last.elapsed();
            self.tell(now, events);
        }
        self.outside.stop.load(Ordering::Relaxed) || self.outside.failed.load(Ordering::Relaxed)
    }
}
