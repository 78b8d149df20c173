//! Why a command did not succeed, and the exit code that follows: errors come here as
//! they were made, and nobody else chooses a code.

use std::io::{self, Write};
use std::path::PathBuf;

use super::talk;
use crate::decide::compare::CompareError;
use crate::decide::items::Missing;
use crate::diagnostics::Diagnostics;
use crate::output::{OutputError, sentences};
use crate::results::Reached;
use crate::store::StoreError;
use crate::study::RunError;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command worked, and the answer is no. What it was to write is written.
    #[error(transparent)]
    Answer(#[from] Answer),
    /// Bad usage or input. Nothing was written.
    #[error(transparent)]
    Usage(#[from] Usage),
    /// Faults of a scenario. Nothing was written.
    #[error(transparent)]
    Scenario(Box<Diagnostics>),
    /// The study came to no end. No folder was written.
    #[error(transparent)]
    Run(RunError),
    /// The folder could not be written; what stood there before stands there.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Another file could not be read or written; a file that was to be written is whole
    /// or as it was.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    File {
        /// As in "cannot *read* ...".
        doing: &'static str,
        /// Which.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Signals cannot be listened for. Nothing was begun.
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
    /// By this signal.
    #[error("interrupted; nothing was written: the same command starts the run again")]
    Interrupted(i32),
    /// By a signal, where finished items are kept: in a sweep, in a shard.
    #[error("interrupted: {done} of {all} items are done and kept; the same command goes on with them")]
    Paused {
        /// The signal.
        signal: i32,
        /// Finished items.
        done: usize,
        /// All of them.
        all: usize,
    },
    /// Standard output cannot be written; a folder that was written stays.
    #[error("writing to stdout: {0}")]
    Stdout(#[from] io::Error),
}

/// What a command says beside its output where the answer is no.
#[derive(Debug, thiserror::Error)]
pub enum Answer {
    /// Objectives were missed, and that matters (`--enforce-slo`).
    #[error("the service level objectives are missed")]
    Missed,
    /// None was missed, but not all were shown to be met (`--enforce-slo=strict`).
    #[error("{goals} of the service level objectives {} open or saw too few requests", if *goals == 1 { "is" } else { "are" })]
    NotShown {
        /// How many.
        goals: usize,
    },
    /// A precision was asked for.
    #[error("precision not reached: {}", sentences::precision_sentence(reached))]
    NotPrecise {
        /// How far it came.
        reached: Reached,
    },
    /// `check` found errors.
    #[error("check found {errors} error{}", if *errors == 1 { "" } else { "s" })]
    Faults {
        /// How many.
        errors: usize,
    },
    /// `compare` found a difference for the worse (`--fail-on worse`).
    #[error("a difference is for the worse")]
    Worse,
    /// `compare` found a goal newly missed (`--fail-on newly-missed`).
    #[error("a goal is missed that the base does not miss")]
    NewlyMissed,
    /// A precision was asked of `compare`.
    #[error("{rows} rows are open after {pairs} pairs: neither shown nor as precise as asked")]
    Open {
        /// How many.
        rows: usize,
        /// After so many pairs.
        pairs: u32,
    },
    /// `plan` found nothing that is enough.
    #[error("nothing that is on offer meets every goal")]
    Infeasible,
    /// `merge` has not all that it wants; what plays it was printed.
    #[error("{0}: these commands play them, then merge again")]
    Unfinished(Missing),
    /// `verify` found differences.
    #[error("{} differs from what casim writes ({files} files){}", folder.display(), if *again { "" } else { "; it was not run again" })]
    Differs {
        /// The folder.
        folder: PathBuf,
        /// Files that differ.
        files: usize,
        /// Whether it was run again.
        again: bool,
    },
}

/// What is wrong with a command line or with a file that it names.
#[derive(Debug, thiserror::Error)]
pub enum Usage {
    /// `--headroom` without objectives.
    #[error("--headroom asks when an objective falls, and the scenario has no [slo]")]
    NoObjectives,
    /// A folder that cannot be made again.
    #[error("`{}` cannot be verified: {why}", folder.display())]
    NotVerifiable {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        why: String,
    },
    /// Sides of a comparison that are no pairs.
    #[error("{0}; --unpaired compares them without")]
    NoPairs(CompareError),
    /// A question about the organisation that it has no answer to, in words.
    #[error("{0}")]
    Question(String),
}

impl Error {
    /// A question that cannot be asked of this organisation.
    pub(super) fn question(words: impl Into<String>) -> Self {
        Self::Usage(Usage::Question(words.into()))
    }

    /// Wraps an answer of the system about a file.
    pub(super) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }

    /// The exit code: 1 no, 2 bad input, 3 the system failed or a check inside the run,
    /// 128 and its number by a signal; a closed pipe is no error.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Answer(_) => 1,
            Self::Usage(_) | Self::Scenario(_) => 2,
            Self::Output(error) if error.is_usage() => 2,
            // What is to be read is an input.
            Self::File { doing: "read", source, .. } if source.kind() == io::ErrorKind::NotFound => 2,
            Self::Run(_) | Self::Output(_) | Self::File { .. } | Self::Signals(_) => 3,
            Self::Interrupted(signal) | Self::Paused { signal, .. } => {
                u8::try_from(128 + signal).unwrap_or(130)
            }
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Stdout(_) => 3,
        }
    }

    /// Says on `err` what went wrong.
    ///
    /// # Errors
    /// When `err` cannot be written.
    pub fn report(&self, err: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Answer(_) | Self::Interrupted(_) | Self::Paused { .. } => writeln!(err, "{self}"),
            Self::Scenario(found) => write!(err, "{}", talk::rendered(&found.items, &found.sources)),
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            _ if talk::is_coloured() => {
                let style = anstyle::AnsiColor::BrightRed.on_default().bold();
                writeln!(err, "{style}error{style:#}: {self}")
            }
            _ => writeln!(err, "error: {self}"),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::System { doing, path, source } => Self::File { doing, path, source },
            error => Self::question(error.to_string()),
        }
    }
}

impl From<csv::Error> for Error {
    fn from(error: csv::Error) -> Self {
        // A closed pipe must be known as one.
        Self::Stdout(error.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Stdout(error.into())
    }
}
