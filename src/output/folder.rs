//! The run folder: whole, or not there.
//!
//! Everything is written to a hidden sibling of the target (`.NAME.casim-part`),
//! synced, and renamed at the end. A killed run therefore leaves no file under a
//! final name. A lock file beside it (`.NAME.casim-lock`, an advisory lock of the
//! system, so that it dies with its process) keeps a second run out, and whoever
//! holds it may clear away what a killed run left. The folder that a run replaces
//! is set aside (`.NAME.casim-old`) for the instant between the two renames, and put
//! back by the next run if the process died right there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clock::Clock;
use super::disk::{Faults, FaultyFile, Lock};
use super::error::OutputError;
use super::place::Inputs;
use super::tables::sessions::{Parts, SessionPolicy, SessionWriter};
use crate::results::Names;
use crate::store::sync_folder;

/// The file by which an output folder of casim is known.
pub const MANIFEST: &str = "run.json";

/// Where finished items lie: in an output folder, in that of a shard, and hidden beside one that is not there yet.
pub const ITEMS: &str = "items";

/// The hidden name beside `target` under which casim keeps `what` until it is done.
#[must_use]
pub fn hidden_beside(target: &Path, what: &str) -> PathBuf {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    target.with_file_name(format!(".{name}.casim-{what}"))
}

/// An output folder in the making.
#[derive(Debug)]
pub struct RunFolder {
    /// As it was asked for, and told.
    asked: PathBuf,
    target: PathBuf,
    part: PathBuf,
    old: PathBuf,
    lock: Lock,
    parts: Arc<Parts>,
    notes: Vec<String>,
    faults: Faults,
    finished: bool,
}

impl RunFolder {
    /// Prepares to write the folder `target`: checks that it may be written and
    /// replaced, takes its lock, clears away what a killed run left.
    ///
    /// An empty folder and an output folder of casim (known by its `run.json`) are
    /// replaced as a whole at [`Self::finish`]; any other only with `force`; none, even so, that
    /// has one of `inputs` in it, or beside it under a hidden name that is cleared away.
    ///
    /// # Errors
    /// Every [`OutputError`] that can be known before simulating.
    pub fn create(target: &Path, force: bool, inputs: &Inputs) -> Result<Self, OutputError> {
        Self::create_with(target, force, inputs, Faults::default())
    }

    /// As [`Self::create`], and the `n`-th operation on the disk fails.
    #[cfg(test)]
    pub(super) fn failing_at(target: &Path, n: i64) -> Result<Self, OutputError> {
        Self::create_with(target, false, &Inputs::default(), Faults::at(n))
    }

    fn create_with(target: &Path, force: bool, inputs: &Inputs, faults: Faults) -> Result<Self, OutputError> {
        inputs.spare(target)?;
        let asked = target.to_path_buf();
        // The folder behind a symbolic link is the one to replace, not the link.
        let real = fs::canonicalize(target);
        if real.is_err() && fs::symlink_metadata(target).is_ok_and(|found| found.is_symlink()) {
            return Err(OutputError::BadTarget {
                path: target.to_path_buf(),
                why: "it is a symbolic link that leads nowhere",
            });
        }
        let target = real.unwrap_or_else(|_| target.to_path_buf());
        let Some(name) = target.file_name().map(ToOwned::to_owned) else {
            return Err(OutputError::BadTarget { path: target, why: "it ends in no name" });
        };
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let [lock, part, old, items] =
            ["lock", "part", "old", ITEMS].map(|what| hidden_beside(&parent.join(&name), what));
        inputs.spare_hidden(&lock, [&part, &old], &items)?;
        // Before anything is put beside it: a device stands where nobody may write.
        if fs::metadata(&target).is_ok_and(|found| !found.is_dir()) {
            return Err(OutputError::IsAFile { path: target });
        }
        faults
            .check()
            .and_then(|()| fs::create_dir_all(&parent))
            .map_err(OutputError::system("create", &parent))?;
        let lock = Lock::take(lock, &target, &faults)?;
        let mut folder = Self {
            asked,
            part,
            old,
            target,
            lock,
            parts: Arc::default(),
            notes: Vec::new(),
            faults,
            finished: false,
        };
        folder.recover()?;
        folder.inspect(force)?;
        folder.step("create", &folder.part, |path| fs::create_dir(path))?;
        Ok(folder)
    }

    /// Puts right what a killed run left. We hold the lock, so it is dead.
    fn recover(&mut self) -> Result<(), OutputError> {
        if self.old.exists() {
            if self.target.exists() {
                self.step("remove", &self.old, |path| fs::remove_dir_all(path))?;
            } else {
                self.step("put back", &self.old, |old| fs::rename(old, &self.target))?;
                self.notes
                    .push(format!("put back `{}`, which a killed run had set aside", self.target.display()));
            }
        }
        if self.part.exists() {
            self.step("remove", &self.part, |path| fs::remove_dir_all(path))?;
            self.notes.push(format!("removed `{}`, left by a killed run", self.part.display()));
        }
        Ok(())
    }

    fn inspect(&self, force: bool) -> Result<(), OutputError> {
        match fs::metadata(&self.target) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(OutputError::system("look at", &self.target)(error)),
        }
        let mut entries = fs::read_dir(&self.target).map_err(OutputError::system("read", &self.target))?;
        if force || entries.next().is_none() || is_casim_folder(&self.target) {
            return Ok(());
        }
        Err(OutputError::NotOurs { path: self.target.clone() })
    }

    /// Where the folder will stand.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where it stands while it is being written.
    #[must_use]
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// What was found and put right, in words for the terminal.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A writer for the rows of `sessions.csv` of one replication; it may be sent to
    /// another thread. Dropping it closes its part.
    ///
    /// # Errors
    /// When its file cannot be created.
    pub fn sessions(
        &self,
        replication: u32,
        policy: SessionPolicy,
        names: &Names,
        clock: Clock,
    ) -> Result<SessionWriter, OutputError> {
        let path = self.part.join(part_name(replication));
        let out = match policy {
            SessionPolicy::None => None,
            _ => Some(self.open(&path)?),
        };
        Ok(SessionWriter::new(replication, policy, (names, clock), out, Arc::clone(&self.parts)))
    }

    /// Joins the rows of all replications in their order to `sessions.csv`, which has
    /// one header, and gives the number of rows. Call it after every writer was
    /// dropped; with [`SessionPolicy::None`] there is no file.
    ///
    /// # Errors
    /// When a part is missing or the disk refuses.
    pub fn join_sessions(&self, replications: u32) -> Result<u64, OutputError> {
        let first = self.part.join(part_name(0));
        let mut rows = 0;
        for replication in 0..replications {
            let path = self.part.join(part_name(replication));
            let part = self.parts.take(replication).ok_or(OutputError::MissingReplication { replication })?;
            let part = part.map_err(OutputError::system("write", &path))?;
            rows += part.rows;
            if !part.on_disk || replication == 0 {
                continue;
            }
            self.step("join", &path, |path| {
                let mut out = fs::OpenOptions::new().append(true).open(&first)?;
                io::copy(&mut File::open(path)?, &mut out)?;
                fs::remove_file(path)
            })?;
        }
        Ok(rows)
    }

    /// Writes one file of the folder; `name` may hold one folder (`charts/x.svg`).
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.part.join(name);
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            self.step("create", folder, |folder| fs::create_dir_all(folder))?;
        }
        let mut file = self.open(&path)?;
        self.step("write", &path, |_| file.write_all(bytes).and_then(|()| file.flush()))
    }

    fn open(&self, path: &Path) -> Result<FaultyFile, OutputError> {
        self.step("create", path, |path| FaultyFile::create(path, &self.faults))
    }

    /// Syncs everything and gives the folder its name; returns it as it was asked for.
    ///
    /// # Errors
    /// When the disk refuses. The target is then what it was before, unless the
    /// message says that only the folder it replaced could not be removed.
    pub fn finish(mut self) -> Result<PathBuf, OutputError> {
        self.sync(&self.part)?;
        let replaced = self.target.exists();
        if replaced {
            self.step("set aside", &self.target, |target| fs::rename(target, &self.old))?;
        }
        if let Err(error) = self.step("rename to", &self.target, |target| fs::rename(&self.part, target)) {
            if replaced {
                // The next run does it if this one cannot.
                let _ = fs::rename(&self.old, &self.target);
            }
            return Err(error);
        }
        self.finished = true;
        if let Some(parent) = self.part.parent() {
            self.step("sync", parent, sync_folder)?;
        }
        if replaced {
            self.step("remove the replaced folder", &self.old, |old| fs::remove_dir_all(old))?;
        }
        self.lock.release();
        Ok(self.asked.clone())
    }

    fn sync(&self, folder: &Path) -> Result<(), OutputError> {
        let entries = fs::read_dir(folder).map_err(OutputError::system("read", folder))?;
        for entry in entries {
            let path = entry.map_err(OutputError::system("read", folder))?.path();
            if path.is_dir() {
                self.sync(&path)?;
            } else {
                self.step("sync", &path, |path| File::open(path)?.sync_all())?;
            }
        }
        self.step("sync", folder, sync_folder)
    }

    /// One operation on the disk; tests let the n-th of them fail.
    fn step<T>(
        &self,
        doing: &'static str,
        path: &Path,
        operation: impl FnOnce(&Path) -> io::Result<T>,
    ) -> Result<T, OutputError> {
        self.faults.check().and_then(|()| operation(path)).map_err(OutputError::system(doing, path))
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing can be done about a failure here; the next run clears it away.
            let _ = fs::remove_dir_all(&self.part);
        }
        self.lock.release();
    }
}

/// Replication 0 writes into the final file, so that a single replication is
/// written once.
fn part_name(replication: u32) -> String {
    match replication {
        0 => "sessions.csv".to_owned(),
        n => format!("sessions.csv.{n}"),
    }
}

/// Whether `folder` is an output folder of casim: its `run.json` says so.
#[must_use]
pub fn is_casim_folder(folder: &Path) -> bool {
    let Ok(text) = fs::read(folder.join(MANIFEST)) else { return false };
    serde_json::from_slice::<serde_json::Value>(&text)
        .is_ok_and(|value| value.get("casim_version").is_some_and(serde_json::Value::is_string))
}
