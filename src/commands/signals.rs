//! SIGINT and SIGTERM: the first asks the run to stop, the second stops at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::Error;

/// What has been received.
#[derive(Debug)]
pub(super) struct Signals {
    stop: Arc<AtomicBool>,
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// Takes the signals over.
    pub(super) fn install() -> Result<Self, Error> {
        let stop = Arc::new(AtomicBool::new(false));
        let number = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the shutdown looks at the flag that the last line sets.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))
                .and_then(|_| flag::register_usize(signal, Arc::clone(&number), signal as usize))
                .and_then(|_| flag::register(signal, Arc::clone(&stop)))
                .map_err(|e| Error::System(format!("cannot listen for signals: {e}")))?;
        }
        Ok(Self { stop, number })
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
}
