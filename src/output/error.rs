//! Why results could not be written, and what state is left.
//!
//! The lowest file of this layer: knows no file, table or chart. Read [`super::folder`]
//! for how the promise is kept that nothing half-written stands under a final name.

use std::path::{Path, PathBuf};

/// Why results could not be written. The target of a failed run holds what it
/// held before; nothing half-written stands under a final name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The path given cannot name a folder (a fault of the caller's input).
    #[error("`{}` cannot be an output folder: {why}", path.display())]
    BadTarget {
        /// The path as given.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// Something stands at the target that casim must not replace.
    #[error(
        "`{}` holds files that casim did not write; choose another folder with -o, or add --force to replace it",
        path.display()
    )]
    NotOurs {
        /// The target.
        path: PathBuf,
    },
    /// A file, or a device, stands where the folder should be.
    #[error("`{}` is no folder; choose another place with -o", path.display())]
    IsAFile {
        /// The target.
        path: PathBuf,
    },
    /// What a command writes would replace what it reads, and does not, even if forced to.
    #[error("`{}` is read by this command (`{}`): it cannot be what it writes", path.display(), input.display())]
    IsRead {
        /// The target.
        path: PathBuf,
        /// What is read: the target itself, or something in it.
        input: PathBuf,
    },
    /// A file is there already, and nobody said that it may go.
    #[error("{} exists already; choose another name or add --force", path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// Something else than a file stands where a file was to be written.
    #[error("`{}` is {what}, which casim does not replace: name another place", path.display())]
    NotAFile {
        /// The target.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Another run writes into the same folder now.
    #[error("another run (process {holder}) is writing to `{}`; wait for it or choose another folder with -o", path.display())]
    Locked {
        /// The target.
        path: PathBuf,
        /// Process id of the other run, as it wrote it into the lock.
        holder: String,
    },
    /// The system refused: disk, permission, limits.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    System {
        /// What was being done, as in "cannot *create* ...".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A chart could not be drawn.
    #[error("cannot draw the chart `{name}`: {why}")]
    Chart {
        /// File name without ending.
        name: String,
        /// The drawing library's answer.
        why: String,
    },
    /// The sessions of a replication are not all on disk.
    #[error("the rows of replication {replication} are missing: its writer was never closed")]
    MissingReplication {
        /// From 0.
        replication: u32,
    },
}

impl OutputError {
    /// Whether the caller's input is at fault (exit code 2) and not the system (3).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::BadTarget { .. }
                | Self::NotOurs { .. }
                | Self::IsAFile { .. }
                | Self::IsRead { .. }
                | Self::Exists { .. }
                | Self::NotAFile { .. }
        )
    }

    /// Wraps an answer of the system.
    pub(crate) fn system(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::System { doing, path, source }
    }
}
