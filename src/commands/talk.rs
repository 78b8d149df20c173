//! What is said beside the output, and in which colours: `--color`, `--quiet` and `--verbose` of every command.
//!
//! There is one of each, as a process has one standard error.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anstream::{AutoStream, ColorChoice};

use crate::diagnostics::{self, Diagnostic, Sources};

/// The options that every command has.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Manner {
    /// Colours: on a terminal unless NO_COLOR is set (CLICOLOR_FORCE: elsewhere too), always, or never.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colours::Auto)]
    color: Colours,
    /// Say nothing beside what was asked for: no notes, no progress.
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Say on standard error what was read and compiled, each replication, and where the time went; with
    /// --version the commit and what was built in.
    #[arg(short, long, global = true)]
    verbose: bool,
}

/// When there are colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Colours {
    /// As the terminal and the environment say.
    Auto,
    /// In files and pipes too.
    Always,
    /// Nowhere.
    Never,
}

static VERBOSE: AtomicBool = AtomicBool::new(false);

impl Manner {
    /// Has all that is printed from now on follow it.
    pub(super) fn take(self) {
        VERBOSE.store(self.verbose, Ordering::Relaxed);
        let colours = match self.color {
            Colours::Auto => ColorChoice::Auto,
            Colours::Always => ColorChoice::Always,
            Colours::Never => ColorChoice::Never,
        };
        colours.write_global();
    }
}

/// Whether standard error has colours.
pub(super) fn is_coloured() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Faults or notes for standard error.
pub(super) fn rendered(items: &[Diagnostic], sources: &Sources) -> String {
    diagnostics::render(items, sources, is_coloured())
}

/// Says so with `--verbose`; `words` are made only then. A closed stderr is no reason to stop.
pub(super) fn say(err: &mut dyn Write, words: impl FnOnce() -> String) {
    if is_verbose() {
        let _ = writeln!(err, "{}", words());
    }
}

pub(super) fn is_verbose() -> bool {
    VERBOSE.load(Ordering::Relaxed)
}

/// A stretch of the user's time, told with `--verbose` and nowhere else.
#[derive(Debug)]
pub(super) struct Watch(Instant);

impl Watch {
    // The wall clock is told to the user, and reaches no result.
    #[allow(clippy::disallowed_methods)]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0.elapsed().as_secs_f64())
    }
}
