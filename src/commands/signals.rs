//! Signals that end a command (SIGINT, SIGTERM, a hang-up, the limit of processor time): the first asks it to stop, the
//! second stops at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

use super::error::{Answer, Error};
use crate::decide::items::ItemError;
use crate::store;
use crate::study::RunError;

/// What has been received. There is one, as a process has one set of signals.
#[derive(Debug, Default)]
pub(super) struct Signals {
    stop: Arc<AtomicBool>,
    /// Set while a signal ends the process at once.
    at_once: Arc<AtomicBool>,
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// Takes the signals over.
    pub(super) fn install() -> Result<&'static Self, Error> {
        static SIGNALS: OnceLock<Signals> = OnceLock::new();
        let signals = SIGNALS.get_or_init(Self::default);
        // Whoever starts a run with `nohup` wants it to outlive the terminal.
        for signal in
            store::ENDING.into_iter().filter(|&n| Some(n) != store::HANG_UP || !store::is_ignored(n))
        {
            // In this order: the shutdown looks at the flag that the last line sets.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.at_once))
                .and_then(|_| {
                    flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&signals.stop))
                })
                .and_then(|_| flag::register_usize(signal, Arc::clone(&signals.number), signal as usize))
                .and_then(|_| flag::register(signal, Arc::clone(&signals.stop)))
                .map_err(Error::Signals)?;
        }
        Ok(signals)
    }

    /// Has a file beyond the limit of sizes be a write that fails, of which somebody can tell, and not the end.
    pub(super) fn outlive_limits() {
        if let Some(signal) = store::FILE_SIZE {
            // Where it cannot be listened for, the system's way stays.
            let _ = flag::register(signal, Arc::default());
        }
    }

    /// What `ask` answers; a signal ends the process at once meanwhile: nothing was begun that could be lost, and
    /// nobody looks whether it should stop.
    pub(super) fn ending_at_once<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.at_once.store(true, Ordering::Relaxed);
        let answer = ask();
        self.at_once.store(false, Ordering::Relaxed);
        answer
    }

    /// Set when the run should stop.
    pub(super) fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// The signal that was received.
    pub(super) fn received(&self) -> Option<i32> {
        match self.number.load(Ordering::Relaxed) {
            0 => None,
            number => i32::try_from(number).ok(),
        }
    }

    /// What a study that came to no end means to the command: who interrupts has an exit
    /// code of their own.
    pub(super) fn told(&self, error: RunError) -> Error {
        match error {
            RunError::Interrupted => Error::Interrupted(self.received().unwrap_or(SIGINT)),
            error => Error::Run(error),
        }
    }

    /// The same of a study whose finished items are kept: `(done, all)` of them.
    pub(super) fn paused(&self, error: ItemError, (done, all): (usize, usize)) -> Error {
        match error {
            ItemError::Run(RunError::Interrupted) => {
                Error::Paused { signal: self.received().unwrap_or(SIGINT), done, all }
            }
            ItemError::Run(error) => Error::Run(error),
            ItemError::Store(error) => error.into(),
            ItemError::Missing(missing) => Answer::Unfinished(missing).into(),
        }
    }
}
