//! What the run folder asks of the disk: an advisory lock and a buffered file, each of which a
//! test can let fail.
//!
//! The lock is the standard library's own ([`File::try_lock`]): no crate is needed for it.
//! Knows no file by name; [`super::folder`] is the user.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
#[cfg(test)]
use std::sync::Arc;

use super::error::OutputError;
use crate::store::has_name;

/// The advisory lock of a target.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: Option<File>,
}

impl Lock {
    pub(super) fn take(path: PathBuf, target: &Path, faults: &Faults) -> Result<Self, OutputError> {
        loop {
            let system = |doing| OutputError::system(doing, &path);
            let mut file = faults
                .check()
                .and_then(|()| {
                    fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)
                })
                .map_err(system("create the lock"))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // Who holds it is a courtesy; an unreadable lock is still a lock.
                    let _ = file.read_to_string(&mut holder);
                    let holder = holder.trim();
                    let holder = if holder.is_empty() { "unknown" } else { holder }.to_owned();
                    return Err(OutputError::Locked { path: target.to_path_buf(), holder });
                }
                Err(TryLockError::Error(error)) => return Err(system("lock")(error)),
            }
            // The holder removes the file before it lets go: what we locked may be
            // a file that has no name any more.
            if !has_name(&file, &path) {
                continue;
            }
            faults
                .check()
                .and_then(|()| {
                    file.set_len(0)?;
                    file.rewind()?;
                    writeln!(file, "{}", std::process::id())
                })
                .map_err(system("write the lock"))?;
            return Ok(Self { path, file: Some(file) });
        }
    }

    pub(super) fn release(&mut self) {
        if let Some(file) = self.file.take() {
            // Removed while it is still locked, see `take`.
            let _ = fs::remove_file(&self.path);
            drop(file);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release();
    }
}

/// In tests, makes the n-th operation on the disk fail; elsewhere nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    #[cfg(test)]
    left: Option<Arc<std::sync::atomic::AtomicI64>>,
}

impl Faults {
    #[cfg(test)]
    pub(super) fn at(operation: i64) -> Self {
        Self { left: Some(Arc::new(operation.into())) }
    }

    #[cfg_attr(not(test), expect(clippy::unused_self, clippy::unnecessary_wraps))]
    pub(super) fn check(&self) -> io::Result<()> {
        #[cfg(test)]
        if let Some(left) = &self.left
            && left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) == 0
        {
            return Err(io::Error::other("a fault of the test"));
        }
        Ok(())
    }
}

/// A buffered file of which tests can let a write fail.
#[derive(Debug)]
pub(super) struct FaultyFile {
    file: BufWriter<File>,
    faults: Faults,
}

impl FaultyFile {
    /// A new file at `path`, or an old one emptied.
    pub(super) fn create(path: &Path, faults: &Faults) -> io::Result<Self> {
        Ok(Self { file: BufWriter::with_capacity(1 << 16, File::create(path)?), faults: faults.clone() })
    }
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.faults.check()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.faults.check()?;
        self.file.flush()
    }
}
