//! Replications merged, and nothing else: what only tests, benches and examples need.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::error::RunError;
use super::merge;
use super::stepped::{Study, play_all};
use super::workers::{Progress, Workers};
use crate::model::{Experiment, Model};
use crate::results::{RunResult, SessionSink, Sessions, SinkError};

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

/// Runs all replications of `experiment` and merges them. `open` makes the sink of a
/// replication's sessions, on the thread that plays it; `close` takes the sinks back, in
/// order of replication.
///
/// # Errors
/// [`RunError`].
pub fn run<S: SessionSink + Send>(
    model: &Model,
    experiment: &Experiment,
    options: &Options<'_>,
    open: impl Fn(u32) -> S + Sync,
    close: impl FnMut(u32, S) + Send,
) -> Result<RunResult, RunError> {
    let workers = Workers::watched(options.jobs, options.stop, options.progress)?;
    let mut study = Study::of(model, experiment);
    let mut sessions = Hooks { open, close: Mutex::new(close) };
    play_all(&mut [(&mut study, experiment.replications)], &workers, &mut sessions)?;
    Ok(merge::result(&study.merger))
}

struct Hooks<O, C> {
    open: O,
    /// Only ever called by the thread that merges; the lock says so to the compiler.
    close: Mutex<C>,
}

impl<S, O, C> Sessions for Hooks<O, C>
where
    S: SessionSink + Send,
    O: Fn(u32) -> S + Sync,
    C: FnMut(u32, S) + Send,
{
    type Sink = S;

    fn open(&self, replication: u32) -> Result<S, SinkError> {
        Ok((self.open)(replication))
    }

    fn close(&mut self, replication: u32, sink: S) {
        if let Ok(close) = self.close.get_mut() {
            close(replication, sink);
        }
    }
}
