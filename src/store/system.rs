//! What the systems do in ways of their own: the one file where a target is asked for.
//!
//! Links, locks, signals, and the wish that a folder outlives a power cut differ between Unix and Windows; each function
//! has both branches side by side, so that whoever reads one reads the other. The lock itself is the standard
//! library's ([`File::try_lock`]) on both.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Which file something is, whatever it is called: equal for two names of one file.
#[cfg(unix)]
#[must_use]
pub fn file_id(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Which file something is. Stable Rust does not tell it on Windows, so that a second name (a hard
/// link) is not known as one; [`fs::canonicalize`] takes care of links and letters' cases.
#[cfg(not(unix))]
#[must_use]
pub fn file_id(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Whether an open file still has the name `path`: whoever let go of a lock has removed it.
#[cfg(unix)]
#[must_use]
pub fn has_name(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|own| Some((own.dev(), own.ino())) == file_id(path))
}

/// Whether an open file still has the name `path`. A file that is open is not removed on Windows.
#[cfg(not(unix))]
#[must_use]
pub fn has_name(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Sees to it that what was renamed in a folder stays so after a power cut.
///
/// # Errors
/// The system's.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Sees to it that what was renamed in a folder stays so. Windows lets no folder be opened for that, and writes its journal
/// by itself.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Gives a temporary file the rights of any new one: those of one's own alone would stay with what is handed on.
#[cfg(unix)]
pub(super) fn open_to_all(builder: &mut tempfile::Builder<'_, '_>) {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
}

/// Nothing to be done: on Windows a file has the rights of its folder.
#[cfg(not(unix))]
pub(super) fn open_to_all(_: &mut tempfile::Builder<'_, '_>) {}

/// What stands where a file was to be, in words.
#[must_use]
pub fn what_is(kind: fs::FileType) -> &'static str {
    if kind.is_symlink() {
        return "a symbolic link";
    }
    if kind.is_dir() {
        return "a folder";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    "no plain file"
}

/// Signals that end a command, each with its number: the first asks it to stop, the second stops at once.
#[cfg(unix)]
pub const ENDING: [i32; 4] = [2, 15, 1, 24];

/// Signals that end a command: Windows has CTRL-C, as SIGINT, and SIGTERM of the C library.
#[cfg(not(unix))]
pub const ENDING: [i32; 2] = [2, 15];

/// The hang-up of a terminal.
#[cfg(unix)]
pub const HANG_UP: Option<i32> = Some(1);

/// The hang-up of a terminal: none on Windows, which ends a process whose window is closed.
#[cfg(not(unix))]
pub const HANG_UP: Option<i32> = None;

/// What a write beyond the limit of file sizes sends, beside its error.
#[cfg(unix)]
pub const FILE_SIZE: Option<i32> = Some(25);

/// What a write beyond the limit of file sizes sends: nothing on Windows, which has no such limit.
#[cfg(not(unix))]
pub const FILE_SIZE: Option<i32> = None;

/// Whether a signal was ignored when the process began, as `nohup` has it: then it stays so. Linux tells it in
/// /proc; elsewhere it is not known, and taken for ignored, which leaves the system's own way.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return true };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask >> (signal - 1) & 1 == 1)
}
