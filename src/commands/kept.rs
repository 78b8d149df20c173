//! Folders of finished items, with a mark that says whose they are.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::Error;
use crate::decide::items::CLAIM;
use crate::output::Inputs;
use crate::output::folder::hidden_beside;
use crate::store;

pub(super) use crate::output::folder::ITEMS;

/// Key of a mark that is no reason to refuse: items do not follow from the words of a command.
const COMMAND: &str = "command";

/// What a hidden folder of items is known by.
const MARK: &str = "items.json";

/// Items of a command that came to no end, in a hidden folder beside that which it was to write.
pub(super) struct Unfinished {
    pub(super) folder: PathBuf,
}

impl Unfinished {
    pub(super) fn of(target: &Path) -> Self {
        // As the output folder does: behind a symbolic link is the one that is replaced.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        Self { folder: hidden_beside(&target, ITEMS) }
    }

    /// Makes the folder, or goes on with the one that is there.
    pub(super) fn begin(&self, own: &Value, force: bool, what: &str) -> Result<(), Error> {
        begin(&self.folder, MARK, own, (force, &Inputs::default()), what)
    }

    /// Removes what has another place now, or is needed no more; the mark last, so that whoever is killed
    /// in between leaves a folder whose it is known to be.
    pub(super) fn forget(&self) -> Result<(), Error> {
        forget(&self.folder, MARK)
    }

    /// Of a command that was refused late: a folder without a finished run goes; one that has some stays,
    /// and is told to `err`.
    pub(super) fn leave(&self, err: &mut dyn Write) {
        if !has_more(&self.folder, MARK) {
            let _ = self.forget();
        } else if self.folder.exists() {
            let folder = self.folder.display();
            let _ =
                writeln!(err, "note: the runs that were finished are in `{folder}`; --force forgets them");
        }
    }
}

/// Whether there is anything in a folder beside its mark, and what was being written when somebody was killed.
fn has_more(folder: &Path, name: &str) -> bool {
    let is_more = |entry: fs::DirEntry| {
        let own = entry.file_name();
        own != name && !own.to_string_lossy().starts_with(".tmp") && !is_claim(&entry.path())
    };
    fs::read_dir(folder).is_ok_and(|all| all.flatten().any(is_more))
}

/// Whether it says only that somebody was playing a run.
fn is_claim(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == CLAIM)
}

fn forget(folder: &Path, name: &str) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file("read", folder))?.flatten() {
        let path = entry.path();
        if entry.file_name() == name {
            continue;
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(Error::file("remove", &path))?;
    }
    fs::remove_dir_all(folder).map_err(Error::file("remove", folder))
}

/// A mark's value, if it is there and can be read.
pub(super) fn mark(path: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

/// Makes `folder` with the mark `name`, or goes on with the one that is there. One that has the
/// items of something else (`what` says of which kind), or something without a mark that can be read, as of
/// another casim, is refused, or forgotten with
/// `force`, unless it is a link or has one of the inputs in it.
pub(super) fn begin(
    folder: &Path,
    name: &str,
    own: &Value,
    (force, inputs): (bool, &Inputs),
    what: &str,
) -> Result<(), Error> {
    let path = folder.join(name);
    let whose = |mark: &Value| {
        let mut mark = mark.clone();
        mark.as_object_mut().map(|keys| keys.shift_remove(COMMAND));
        mark
    };
    if fs::symlink_metadata(folder).is_ok() {
        let known = mark(&path);
        let same = known.as_ref().is_some_and(|known| whose(known) == whose(own));
        if known.is_none() && !force && has_more(folder, name) {
            return Err(Error::question(format!(
                "`{}` is there, and does not say whose it is: {name} in it is missing or cannot be read; \
                 --force forgets it, -o names another folder",
                folder.display()
            )));
        }
        if known.is_some() && !same && !force {
            return Err(Error::question(format!(
                "`{}` holds an unfinished {what} of another scenario, or of a casim with other results; \
                 --force forgets it, -o names another folder",
                folder.display()
            )));
        }
        if !same {
            inputs.let_go(folder)?;
            fs::remove_dir_all(folder).map_err(Error::file("remove", folder))?;
        }
    }
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    // Of ranks that were killed: whoever begins here plays what they had not finished.
    for entry in fs::read_dir(folder).map_err(Error::file("read", folder))?.flatten() {
        if is_claim(&entry.path()) {
            fs::remove_file(entry.path()).map_err(Error::file("remove", &entry.path()))?;
        }
    }
    store::save(&path, format!("{own:#}\n").as_bytes()).map_err(Error::file("write", &path))
}

/// Lays items into a folder that is finished next. They stay where they are: whoever is killed
/// before it is finished has lost none.
pub(super) fn lay_into(part: &Path, items: &BTreeSet<PathBuf>) -> Result<(), Error> {
    let target = part.join(ITEMS);
    fs::create_dir(&target).map_err(Error::file("create", &target))?;
    for from in items {
        let to = target.join(from.file_name().unwrap_or_default());
        // Not every file system has links, and none links to another.
        let laid = fs::hard_link(from, &to).or_else(|_| fs::copy(from, &to).map(drop));
        laid.map_err(Error::file("write", &to))?;
    }
    Ok(())
}
