//! The progress bar: simulated time, events a second, time left; on standard error, and
//! only when that is a terminal.
//!
//! Reads the wall clock (inside indicatif) for the user's eyes alone; nothing of it
//! reaches a result.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::talk::{self, Watch};
use crate::kernel::SimSpan;
use crate::output::words;
use crate::study::{Progress, Stage};

/// A bar over all that is played; shared by the threads. It leaves the screen when dropped.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    planned: AtomicU64,
    simulated: AtomicU64,
    events: AtomicU64,
    /// Whether a stage is told in place of events a second.
    named: AtomicBool,
    /// Begins with the bar.
    watch: Watch,
}

impl Bar {
    /// A bar; `quiet` hides it.
    pub(super) fn new(quiet: bool) -> Self {
        // Hidden by itself when standard error is no terminal.
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        // At its longest, a search for headroom of 1,000 h, 80 columns wide.
        let template = "{bar:12.cyan/dim} {percent:>3}%  {simulated}  {msg}{left}";
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ")
            .with_key("simulated", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let hours = |ns: u64| ns as f64 / 3600e9;
                let total = state.len().unwrap_or(0);
                let _ = write!(out, "{:.1} of {:.1} h", hours(state.pos()), hours(total));
            })
            .with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                if state.pos() > 0 {
                    let _ = write!(out, "  {:#} left", HumanDuration(state.eta()));
                }
            });
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style);
        Self {
            bar,
            planned: 0.into(),
            simulated: 0.into(),
            events: 0.into(),
            named: false.into(),
            watch: Watch::start(),
        }
    }

    /// Says what is going on after the last event (`writing`).
    pub(super) fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Says so with `--verbose`, above the bar.
    pub(super) fn note(&self, words: impl FnOnce() -> String) {
        if talk::is_verbose() {
            let line = format!("{}: {}", self.watch, words());
            self.bar.suspend(|| talk::say(&mut std::io::stderr(), || line));
        }
    }

    /// Removes the bar from the screen.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Wall time since the bar was made, for the closing line on the terminal.
    pub(super) fn elapsed(&self) -> Duration {
        self.bar.elapsed()
    }
}

impl Progress for Bar {
    fn planned(&self, more: SimSpan) {
        let before = self.planned.fetch_add(more.0, Ordering::Relaxed);
        self.bar.set_length(before.saturating_add(more.0));
    }

    fn advanced(&self, simulated: SimSpan, events: u64) {
        let simulated = self.simulated.fetch_add(simulated.0, Ordering::Relaxed).saturating_add(simulated.0);
        let events = self.events.fetch_add(events, Ordering::Relaxed).saturating_add(events);
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(simulated);
        if !self.named.load(Ordering::Relaxed) {
            let seconds = self.bar.elapsed().as_secs_f64().max(1e-3);
            self.bar.set_message(format!("{:.1} M events/s", events as f64 / seconds / 1e6));
        }
    }

    fn begins(&self, what: Stage) {
        let named = match what {
            Stage::WarmUp => Some("looking for the warm-up".to_owned()),
            Stage::Load { factor, run, most } => {
                Some(format!("run {run} of at most {most}, load x{}", words::load_factor(factor)))
            }
            _ => None,
        };
        self.note(|| match &named {
            Some(named) => named.clone(),
            None => "playing".to_owned(),
        });
        self.named.store(named.is_some(), Ordering::Relaxed);
        if let Some(named) = named {
            self.bar.set_message(named);
        }
    }

    fn played(&self, number: u32, twin: bool, events: u64) {
        self.note(|| {
            let of = if twin { "the twin of replication" } else { "replication" };
            format!("{of} {number} played, {} events", words::thousands(events))
        });
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}
