//! The warm-up of a steady-state run, found by MSER-5.
//!
//! Pilot replications play the whole length from the beginning; the mean latency
//! of each of [`POINTS`] equal stretches, over all pilots, is the series that
//! [`mser5`] cuts. One run alone will not do: its series is mostly noise, and the
//! rule then cuts away whatever happens to be high (for an M/M/1 at 0.9 and 5,000
//! sessions that biases the mean by -20 %, where the warm-up itself costs 2 %;
//! `examples/trust` measures it). So pilots are added until the series is smooth.
//! They have replication numbers of their own: what is judged after the cut is not
//! what chose it.
//!
//! Day runs have no such warm-up: they are not in a steady state.

use rayon::prelude::*;

use super::error::RunError;
use super::replicate::replicate;
use super::system::System;
use super::workers::Workers;
use crate::kernel::SimSpan;
use crate::model::Experiment;
pub use crate::results::Warmup;

use crate::results::NoSessions;
use crate::stats::mser::{BATCH, Truncation, mser5};

/// Stretches into which a run is divided.
pub const POINTS: u64 = 500;

/// Pilots of the first look; their number then doubles.
pub const FIRST_PILOTS: u32 = 10;

/// Pilots at most.
pub const MOST_PILOTS: u32 = 1280;

/// Relative deviation of the second half of the series, batch by batch, below
/// which it is smooth. A warm-up whose bias is about one and a half of this or
/// less cannot be told from noise.
pub const SMOOTH: f64 = 0.05;

/// Sum of latencies and completions by stretch.
type Stretches = Vec<(u128, u64)>;

/// Finds the warm-up of a run of `experiment`'s whole length (warm-up and window
/// together); `None` when next to nothing completed.
///
/// # Errors
/// As [`super::Study::add`].
pub fn find(
    system: &System<'_>,
    experiment: &Experiment,
    workers: &Workers<'_>,
) -> Result<Option<Warmup>, RunError> {
    let whole = experiment.warmup + experiment.window;
    let stretch = SimSpan(whole.0.div_ceil(POINTS).max(1));
    let pilot = Experiment { warmup: SimSpan::ZERO, window: whole, interval: stretch, ..experiment.clone() };
    let mut sums: Stretches = vec![(0, 0); POINTS as usize];
    let mut played = 0;
    let mut wanted = FIRST_PILOTS;
    loop {
        // From the far end of the numbers, which no run reaches.
        let play = |n| replicate(system, &pilot, workers, u32::MAX - n, NoSessions);
        workers.progress().planned(SimSpan(whole.0.saturating_mul(u64::from(wanted - played))));
        let replications: Vec<_> = workers.install(|| (played..wanted).into_par_iter().map(play).collect());
        for replication in replications {
            for series in replication?.0.recorded.series.values() {
                for (sum, point) in sums.iter_mut().zip(&series.points) {
                    sum.0 += point.latency_sum;
                    sum.1 += point.completed;
                }
            }
        }
        played = wanted;
        let (series, skipped) = means(&sums);
        let Some(Truncation { at, steady, before, after }) = mser5(&series) else { return Ok(None) };
        let noise = noise(&series);
        if noise <= SMOOTH || played >= MOST_PILOTS {
            let stretches = if at > 0 { at + skipped } else { 0 };
            let span = SimSpan(stretch.0 * stretches as u64);
            return Ok(Some(Warmup { span, steady, before, after, pilots: played, noise }));
        }
        wanted = (played * 2).min(MOST_PILOTS);
    }
}

/// Mean latency by stretch, and how many stretches passed before the first
/// completion; one without a completion repeats the one before it.
fn means(sums: &Stretches) -> (Vec<f64>, usize) {
    let mut last = None;
    let mean = |&(sum, count): &(u128, u64)| {
        if count > 0 {
            last = Some(sum as f64 / count as f64);
        }
        last
    };
    let series: Vec<f64> = sums.iter().filter_map(mean).collect();
    let skipped = sums.len() - series.len();
    (series, skipped)
}

/// Relative standard deviation of the batch means of the second half.
fn noise(series: &[f64]) -> f64 {
    let half = &series[series.len() / 2..];
    let batches: Vec<f64> =
        half.chunks_exact(BATCH).map(|chunk| chunk.iter().sum::<f64>() / BATCH as f64).collect();
    let n = batches.len() as f64;
    let mean = batches.iter().sum::<f64>() / n;
    let variance = batches.iter().map(|b| (b - mean) * (b - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    if mean > 0.0 { variance.sqrt() / mean } else { 0.0 }
}
