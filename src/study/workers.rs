//! Threads, a stop and somebody who watches: what several studies share.
//!
//! Nothing here changes a result. Next: [`super::replicate`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::RunError;
use crate::kernel::SimSpan;

/// Hears how studies get on, from any thread, a few times a second at most.
pub trait Progress: Sync {
    /// So much more simulated time is going to be played, over all replications.
    fn planned(&self, more: SimSpan) {
        let _ = more;
    }

    /// So much more simulated time has been played, in so many events.
    fn advanced(&self, simulated: SimSpan, events: u64) {
        let _ = (simulated, events);
    }

    /// What is being done from now on.
    fn begins(&self, what: Stage) {
        let _ = what;
    }

    /// A replication, by its number from 0, or its twin, has been played to its end, in so many events.
    fn played(&self, number: u32, twin: bool, events: u64) {
        let _ = (number, twin, events);
    }
}

/// What a study does.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Stage {
    /// Pilots are played, to find a warm-up.
    WarmUp,
    /// Replications are played.
    Replications,
    /// The load is multiplied, to find where an objective falls.
    Load {
        /// By this.
        factor: f64,
        /// Number of the run, from 1.
        run: u32,
        /// Runs at most, as far as is known by now.
        most: u32,
    },
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {}

impl<P: Progress + ?Sized> Progress for &P {
    fn planned(&self, more: SimSpan) {
        (**self).planned(more);
    }

    fn advanced(&self, simulated: SimSpan, events: u64) {
        (**self).advanced(simulated, events);
    }

    fn begins(&self, what: Stage) {
        (**self).begins(what);
    }

    fn played(&self, number: u32, twin: bool, events: u64) {
        (**self).played(number, twin, events);
    }
}

impl<P: Progress + Send + ?Sized> Progress for Arc<P> {
    fn planned(&self, more: SimSpan) {
        (**self).planned(more);
    }

    fn advanced(&self, simulated: SimSpan, events: u64) {
        (**self).advanced(simulated, events);
    }

    fn begins(&self, what: Stage) {
        (**self).begins(what);
    }

    fn played(&self, number: u32, twin: bool, events: u64) {
        (**self).played(number, twin, events);
    }
}

/// The threads that play replications, of one study or of many; whoever draws or reckons
/// in parallel beside them uses them too ([`Workers::install`]).
pub struct Workers<'a> {
    pool: rayon::ThreadPool,
    stop: &'a AtomicBool,
    progress: Box<dyn Progress + Send + 'a>,
}

impl fmt::Debug for Workers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

impl Workers<'static> {
    /// So many threads, 0 for one a core, that nobody stops or watches.
    ///
    /// # Errors
    /// [`RunError::Threads`].
    pub fn new(jobs: usize) -> Result<Self, RunError> {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self::watched(jobs, &NEVER, Quiet)
    }
}

impl<'a> Workers<'a> {
    /// So many threads, 0 for one a core. They stop between two events when `stop` is set,
    /// and tell `progress` how they get on.
    ///
    /// # Errors
    /// [`RunError::Threads`].
    pub fn watched(
        jobs: usize,
        stop: &'a AtomicBool,
        progress: impl Progress + Send + 'a,
    ) -> Result<Self, RunError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
        let pool = pool.map_err(|error| RunError::Threads { jobs, reason: error.to_string() })?;
        Ok(Self { pool, stop, progress: Box::new(progress) })
    }

    /// How many they are.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Whether they were told to stop.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn stop_flag(&self) -> &AtomicBool {
        self.stop
    }

    /// Who watches.
    #[must_use]
    pub fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    /// Does `work`; what is parallel in it (rayon) uses these threads and no others.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.pool.install(work)
    }
}
