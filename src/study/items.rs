//! Replications of many studies in any order, each handed over as it ends: what a sweep plays,
//! and keeps before it is merged.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::error::RunError;
use super::replicate::{Outside, Replication, play, play_twin};
use super::stepped::Study;
use super::workers::{Stage, Workers};
use crate::kernel::SimSpan;
use crate::results::NoSessions;

/// Plays replications of studies whose warm-up is found, by place in `studies` and number, on all
/// threads at once. `begins` is asked before each whether it is still to be played; `done` has each as
/// it ends, on the thread that played it. What either refuses ends the whole.
///
/// # Errors
/// [`RunError`] of a replication, or what `begins` or `done` says. What was handed over before stays so.
pub fn play_items<E: From<RunError> + Send>(
    studies: &[&Study<'_>],
    items: &[(usize, u32)],
    workers: &Workers<'_>,
    begins: impl Fn(usize, u32) -> Result<bool, E> + Sync,
    done: impl Fn(usize, Replication) -> Result<(), E> + Sync,
) -> Result<(), E> {
    workers.progress().begins(Stage::Replications);
    let simulated = items.iter().map(|&(at, _)| studies[at].length().0).fold(0, u64::saturating_add);
    workers.progress().planned(SimSpan(simulated));
    let failed = AtomicBool::new(false);
    let first: Mutex<Option<E>> = Mutex::new(None);
    let outside = Outside::of(workers, &failed);
    let one = |&(at, number): &(usize, u32)| -> Result<(), E> {
        if !begins(at, number)? {
            return Ok(());
        }
        let study = studies[at];
        let (system, experiment) = (&study.system, &study.experiment);
        let (replication, _) = play(system, experiment, outside, number, || Ok(NoSessions))?;
        let twin = if study.twins { play_twin(system, experiment, outside, number)? } else { None };
        done(at, Replication { twin, ..replication })
    };
    workers.install(|| {
        items.par_iter().with_max_len(1).for_each(|item| {
            // Who is stopped because of another is not the reason.
            if failed.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = one(item)
                && let Ok(mut first) = first.lock()
                && !failed.swap(true, Ordering::Relaxed)
            {
                *first = Some(error);
            }
        });
    });
    first.into_inner().ok().flatten().map_or(Ok(()), Err)
}
