//! Where a command may write: the one place that decides what an output may replace.
//!
//! Never what the command itself reads, never a link or what stands behind it, never a device or a pipe; a
//! file only with force. Folders: [`super::folder`], which asks here first. Next: [`crate::store::save`], which
//! writes a file whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::OutputError;
use crate::store;

/// The files and folders that a command reads.
#[derive(Clone, Debug, Default)]
pub struct Inputs(Vec<PathBuf>);

impl Inputs {
    /// These; what is not there is left out.
    pub fn of<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self(paths.into_iter().filter_map(|path| fs::canonicalize(path).ok()).collect())
    }

    /// Whether a folder that a command kept something in, or that stands where it would, may go as a whole: it is no
    /// link, and nothing in it is read.
    ///
    /// # Errors
    /// [`OutputError`], a fault of the caller's input.
    pub fn let_go(&self, folder: &Path) -> Result<(), OutputError> {
        match fs::symlink_metadata(folder) {
            Ok(found) if !found.is_dir() => {
                let what = store::what_is(found.file_type());
                Err(OutputError::NotAFile { path: folder.to_path_buf(), what })
            }
            _ => self.spare(folder),
        }
    }

    /// Whether what casim keeps beside an output folder under hidden names may be made, cleared away and
    /// removed: a lock is a file of its own, folders are no links, and none is, or has, what is read.
    pub(super) fn spare_hidden(
        &self,
        lock: &Path,
        folders: [&Path; 2],
        items: &Path,
    ) -> Result<(), OutputError> {
        match fs::symlink_metadata(lock) {
            Ok(found) if !found.is_file() => {
                let what = store::what_is(found.file_type());
                return Err(OutputError::NotAFile { path: lock.to_path_buf(), what });
            }
            _ => self.spare(lock)?,
        }
        folders.into_iter().try_for_each(|folder| self.let_go(folder))?;
        // Whose mark fits may lie behind a link, on another disk.
        self.spare(items)
    }

    /// Refuses a target that is one of them, or a folder around one.
    pub(super) fn spare(&self, target: &Path) -> Result<(), OutputError> {
        let Ok(real) = fs::canonicalize(target) else { return Ok(()) };
        // Names differ where a file has several: what counts is which file it is.
        let same = |input: &&PathBuf| input.starts_with(&real) || is_same(input, &real);
        match self.0.iter().find(same) {
            Some(input) => {
                Err(OutputError::IsRead { path: target.to_path_buf(), input: input.to_path_buf() })
            }
            None => Ok(()),
        }
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((store::file_id(a), store::file_id(b)), (Some(a), Some(b)) if a == b)
}

/// A file that a command is to write, looked at before anything is reckoned.
#[derive(Debug)]
pub struct NewFile(PathBuf);

impl NewFile {
    /// The file `path`, if it may be written: it is new, or a plain file that may be replaced (`force`) and
    /// is none of `inputs`, in a folder that takes files.
    ///
    /// # Errors
    /// [`OutputError`]; all but the system's refusal are faults of the caller's input.
    pub fn at(path: &Path, force: bool, inputs: &Inputs) -> Result<Self, OutputError> {
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_file() => {
                let what = store::what_is(found.file_type());
                return Err(OutputError::NotAFile { path: path.to_path_buf(), what });
            }
            Ok(_) => {
                inputs.spare(path)?;
                if !force {
                    return Err(OutputError::Exists { path: path.to_path_buf() });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(OutputError::system("look at", path)(error)),
        }
        // A folder that takes none is found out now, and not after an hour of simulating.
        store::try_beside(path).map_err(OutputError::system("write", path))?;
        Ok(Self(path.to_path_buf()))
    }

    /// Where it stands.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes it: whole, or as it was before.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, bytes: &[u8]) -> Result<(), OutputError> {
        store::save(&self.0, bytes).map_err(OutputError::system("write", &self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_links_and_folders_are_never_replaced() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let (read, kept) = (at("read.toml"), at("kept.csv"));
        fs::write(&read, "read").unwrap();
        fs::write(&kept, "kept").unwrap();
        fs::create_dir(at("folder")).unwrap();
        let inputs = Inputs::of([&read, &at("nothing")]);
        let refused = |path: &Path, force| NewFile::at(path, force, &inputs).map(drop).unwrap_err();
        for path in [read.clone(), place.path().join("folder/../read.toml")] {
            assert!(matches!(refused(&path, true), OutputError::IsRead { .. }), "{path:?}");
        }
        assert!(matches!(refused(&at("folder"), true), OutputError::NotAFile { what: "a folder", .. }));
        assert!(matches!(refused(&kept, false), OutputError::Exists { .. }));
        assert!(matches!(refused(&at("none/new.csv"), false), OutputError::System { .. }));
        NewFile::at(&kept, true, &inputs).unwrap().save(b"new").unwrap();
        assert_eq!(fs::read(&kept).unwrap(), b"new");
        NewFile::at(&at("new.csv"), false, &inputs).unwrap();
        #[cfg(unix)]
        for (name, to) in [("link", kept.clone()), ("dangling", at("nowhere"))] {
            std::os::unix::fs::symlink(to, at(name)).unwrap();
            let error = refused(&at(name), true);
            assert!(matches!(error, OutputError::NotAFile { what: "a symbolic link", .. }), "{error}");
            // Nor by who asks nobody.
            assert_eq!(store::save(&at(name), b"x").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert!(fs::symlink_metadata(at(name)).unwrap().is_symlink());
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("folder", at("latest")).unwrap();
            fs::hard_link(&read, at("again.toml")).unwrap();
            assert!(matches!(refused(&at("again.toml"), true), OutputError::IsRead { .. }));
        }
        assert!(matches!(inputs.spare(place.path()), Err(OutputError::IsRead { .. })));
        assert_eq!(fs::read(&read).unwrap(), b"read");
        let left: Vec<_> = fs::read_dir(place.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".tmp")), "{left:?}");
    }
}
