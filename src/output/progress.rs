//! The progress bar: simulated time, events a second, time left; on standard
//! error, and only when that is a terminal.
//!
//! Reads the wall clock (inside indicatif) for the user's eyes alone; nothing of
//! it reaches a result.

use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::kernel::{SimSpan, SimTime};

/// A bar over all replications; shared by their threads.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Simulated ns and events by replication.
    seen: Vec<[AtomicU64; 2]>,
}

impl Progress {
    /// A bar for at most `replications`; [`Self::plan`] says how many there will be and
    /// how long. `quiet` hides it.
    #[must_use]
    pub fn new(replications: u32, quiet: bool) -> Self {
        // Hidden by itself when standard error is no terminal.
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = "{bar:24.cyan/dim} {percent:>3}%  {simulated}  {message}  {left}";
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ")
            .with_key("simulated", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let hours = |ns: u64| ns as f64 / 3600e9;
                let total = state.len().unwrap_or(0);
                let _ = write!(out, "{:.1} of {:.1} h simulated", hours(state.pos()), hours(total));
            })
            .with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                if state.pos() > 0 {
                    let _ = write!(out, "{} left", HumanDuration(state.eta()));
                }
            });
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style);
        let seen = (0..replications).map(|_| Default::default()).collect();
        Self { bar, seen }
    }

    /// So many replications of `length` (warm-up and window) are to be played.
    pub fn plan(&self, replications: u32, length: SimSpan) {
        self.bar.set_length(length.0.saturating_mul(u64::from(replications)));
    }

    /// Replication `replication` has come to `now` with `events` processed. Cheap enough
    /// for a call every few thousand events; the bar draws itself at most 20 times a second.
    pub fn advance(&self, replication: u32, now: SimTime, events: u64) {
        let Some([time, count]) = self.seen.get(replication as usize) else { return };
        time.store(now.0, Ordering::Relaxed);
        count.store(events, Ordering::Relaxed);
        if self.bar.is_hidden() {
            return;
        }
        let sum =
            |which: usize| -> u64 { self.seen.iter().map(|pair| pair[which].load(Ordering::Relaxed)).sum() };
        let seconds = self.bar.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_position(sum(0));
        self.bar.set_message(format!("{:.1} M events/s", sum(1) as f64 / seconds / 1e6));
    }

    /// Says what is going on after the last event (`writing charts`).
    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Removes the bar from the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Wall time since the bar was made, for the closing line on the terminal.
    #[must_use]
    pub fn elapsed(&self) -> std::time::Duration {
        self.bar.elapsed()
    }
}
