//! What is written and read exactly: a replication, a result.
//!
//! A file is a magic word, [`FORMAT`], a head (what it holds, and the [`Identity`] under
//! which it was played), the value, and the SHA-256 of all that. The value goes through
//! serde and postcard (MIT or Apache-2.0): integers in as few bytes as they need, floats by
//! their bits, so that what is read equals what was written. Nothing in it is a word of
//! casim's own: enums stand by their number. Read the same file on any machine.
//!
//! Must not know which command asks. Who comes with a type of their own says what it is
//! by [`Keep`]; [`crate::study`] does so for its replications.

mod system;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::results::compared::Comparison;
use crate::results::planned::Plans;
use crate::results::sensitive::Sensitivity;
use crate::results::swept::Swept;
use crate::results::{Identity, RunResult};

pub use system::{ENDING, FILE_SIZE, HANG_UP, file_id, has_name, is_ignored, sync_folder, what_is};

/// Number of the layout. Raised by hand when anything in it changes: a field, its type or
/// place, an enum's order. Other numbers are not read. A test asks for it.
pub const FORMAT: u32 = 9;

/// First bytes of a file: not text, and broken by whoever changes line ends.
const MAGIC: [u8; 8] = *b"\x89casim\r\n";

/// Bytes of the digest at the end.
const DIGEST: usize = 32;

/// What can be kept in a file.
pub trait Keep: Serialize + DeserializeOwned {
    /// What it is, in the file's head.
    const KIND: &'static str;
}

impl Keep for RunResult {
    const KIND: &'static str = "result";
}

impl Keep for Comparison {
    const KIND: &'static str = "comparison";
}

impl Keep for Swept {
    const KIND: &'static str = "sweep";
}

impl Keep for Plans {
    const KIND: &'static str = "plan";
}

impl Keep for Sensitivity {
    const KIND: &'static str = "study of sensitivity";
}

#[derive(Serialize, Deserialize)]
struct Head {
    kind: String,
    identity: Identity,
}

/// Why a file could not be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system refused. A file that was to be written is as it was before.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    System {
        /// As in "cannot *read* ...".
        doing: &'static str,
        /// Which.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// It was read, and is not what was looked for. Trying again does not help.
    #[error("`{}` cannot be used: {fault}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        fault: Fault,
    },
}

/// What is wrong with the bytes of a file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Something else's file.
    #[error("casim did not write it")]
    Foreign,
    /// Of another layout.
    #[error("it has format {found}, and this casim reads format {FORMAT}")]
    Format {
        /// Its number.
        found: u32,
    },
    /// Cut short, or changed after it was written.
    #[error("it is damaged: its digest is of other bytes")]
    Damaged,
    /// It holds something else.
    #[error("it holds a {found}, not a {wanted}")]
    Kind {
        /// What it holds.
        found: String,
        /// What was looked for.
        wanted: &'static str,
    },
    /// Its digest is right, and its bytes make no sense: a fault of casim.
    #[error("it does not follow its format: {0}")]
    Malformed(String),
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a file that keeps `value`: equal values, equal bytes.
///
/// # Panics
/// Never for what casim keeps: nothing in it is of unknown length.
#[must_use]
pub fn to_bytes<T: Keep>(identity: &Identity, value: &T) -> Vec<u8> {
    let head = Head { kind: T::KIND.to_owned(), identity: identity.clone() };
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    let bytes = postcard::to_extend(&(head, value), bytes).expect("casim keeps nothing of unknown length");
    let digest = Sha256::digest(&bytes);
    bytes.into_iter().chain(digest).collect()
}

/// What was kept in these bytes, and under which identity.
///
/// # Errors
/// [`Fault`].
pub fn from_bytes<T: Keep>(bytes: &[u8]) -> Result<(Identity, T), Fault> {
    let (identity, body) = head::<T>(bytes)?;
    let (value, left) = postcard::take_from_bytes(body).map_err(malformed)?;
    if !left.is_empty() {
        return Err(Fault::Malformed(format!("{} bytes are left over", left.len())));
    }
    Ok((identity, value))
}

/// The identity of a whole file, and the bytes of its value.
fn head<T: Keep>(bytes: &[u8]) -> Result<(Identity, &[u8]), Fault> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(Fault::Foreign)?;
    let (format, rest) = rest.split_first_chunk().ok_or(Fault::Damaged)?;
    let found = u32::from_le_bytes(*format);
    if found != FORMAT {
        return Err(Fault::Format { found });
    }
    let (body, digest) = rest.split_last_chunk::<DIGEST>().ok_or(Fault::Damaged)?;
    if Sha256::digest(&bytes[..bytes.len() - DIGEST])[..] != digest[..] {
        return Err(Fault::Damaged);
    }
    let (head, body): (Head, _) = postcard::take_from_bytes(body).map_err(malformed)?;
    if head.kind == T::KIND {
        Ok((head.identity, body))
    } else {
        Err(Fault::Kind { found: head.kind, wanted: T::KIND })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn malformed(error: postcard::Error) -> Fault {
    Fault::Malformed(error.to_string())
}

/// Keeps `value` in a file, which is whole or not there, and tells the digest of its bytes.
///
/// # Errors
/// [`StoreError::System`].
pub fn write<T: Keep>(path: &Path, identity: &Identity, value: &T) -> Result<String, StoreError> {
    let bytes = to_bytes(identity, value);
    save(path, &bytes).map_err(|source| StoreError::System {
        doing: "write",
        path: path.to_owned(),
        source,
    })?;
    Ok(digest(&bytes))
}

/// What a file keeps, and under which identity.
///
/// # Errors
/// [`StoreError`].
pub fn read<T: Keep>(path: &Path) -> Result<(Identity, T), StoreError> {
    from_bytes(&bytes_of(path)?).map_err(|fault| StoreError::Unusable { path: path.to_owned(), fault })
}

/// Under which identity a file keeps a `T`, and the first field of it, without making it: the file is whole,
/// which its digest tells.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn peek<T: Keep, First: DeserializeOwned>(path: &Path) -> Result<(Identity, First), StoreError> {
    let bytes = bytes_of(path)?;
    head::<T>(&bytes)
        .and_then(|(identity, body)| {
            postcard::take_from_bytes(body).map(|(first, _)| (identity, first)).map_err(malformed)
        })
        .map_err(|fault| StoreError::Unusable { path: path.to_owned(), fault })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, StoreError> {
    fs::read(path).map_err(|source| StoreError::System { doing: "read", path: path.to_owned(), source })
}

/// Writes a file under a temporary name beside it and renames it, so that it is whole or
/// as it was. Replaces nothing but a plain file: the rename would put one in the place of a link or a device.
///
/// # Errors
/// The system's; [`io::ErrorKind::AlreadyExists`] where something else than a plain file stands there.
pub fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(found) = fs::symlink_metadata(path).ok().filter(|found| !found.is_file()) {
        let what = system::what_is(found.file_type());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{what} stands there")));
    }
    let mut file = beside(path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Whether a file could be written at `path` now; leaves nothing.
///
/// # Errors
/// The system's.
pub fn try_beside(path: &Path) -> io::Result<()> {
    // A block, so that a full disk says so.
    beside(path)?.write_all(&[0; 4096])
}

/// A temporary file in the folder of `path`.
fn beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    system::open_to_all(&mut builder);
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests;
