//! The warm-up of a steady-state run, found by MSER-5.
//!
//! A few pilot replications play the whole length from the beginning; the mean
//! latency of each of [`POINTS`] equal stretches, averaged over the replications
//! stretch by stretch, is the series that [`mser5`] cuts. The pilots use
//! replication numbers of their own, so that what is judged by the cut is not what
//! chose it.
//!
//! Day runs have no such warm-up: they are not in a steady state.

use super::{Options, RunError, System, replicate};
use crate::kernel::SimSpan;
use crate::model::Experiment;
use crate::results::NoSessions;
use crate::stats::mser::{Cut, mser5};

/// Stretches into which a run is divided.
pub const POINTS: u64 = 500;

/// Pilot replications.
pub const PILOTS: u32 = 5;

/// What the pilots say of a warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmup {
    /// How long to let the run warm up.
    pub span: SimSpan,
    /// False when the cut falls into the last half: the run is too short to be
    /// called steady.
    pub steady: bool,
    /// Mean of the stretches' mean latencies without a cut, ns.
    pub before: f64,
    /// The same after the cut, ns.
    pub after: f64,
}

/// Finds the warm-up of a run of `experiment`'s whole length (warm-up and window
/// together); `None` when no request completed.
///
/// # Errors
/// As [`super::run`].
pub fn find(
    system: &System<'_>,
    experiment: &Experiment,
    options: &Options<'_>,
) -> Result<Option<Warmup>, RunError> {
    let whole = experiment.warmup + experiment.window;
    let stretch = SimSpan(whole.0.div_ceil(POINTS).max(1));
    let pilot = Experiment { warmup: SimSpan::ZERO, window: whole, interval: stretch, ..experiment.clone() };
    let mut sums = vec![(0_u128, 0_u64); POINTS as usize];
    for n in 0..PILOTS {
        // From the far end of the numbers, which no run reaches.
        let replication = replicate(system, &pilot, options, u32::MAX - n, NoSessions)?;
        for series in replication.recorded.protocols.iter().flatten() {
            for (sum, point) in sums.iter_mut().zip(&series.points) {
                sum.0 += point.latency_sum;
                sum.1 += point.completed;
            }
        }
    }
    // A stretch without a completion repeats the one before it.
    let mut last = None;
    let series: Vec<f64> = sums
        .iter()
        .filter_map(|&(sum, count)| {
            if count > 0 {
                last = Some(sum as f64 / count as f64);
            }
            last
        })
        .collect();
    let skipped = sums.len() - series.len();
    Ok(mser5(&series).map(|Cut { at, steady, before, after }| Warmup {
        span: SimSpan(stretch.0 * (at + if at > 0 { skipped } else { 0 }) as u64),
        steady,
        before,
        after,
    }))
}
