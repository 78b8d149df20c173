//! Text files, looked at before they are read: a folder, a pipe, a file that is too
//! large or no UTF-8 is refused with its reason, and nothing waits for a writer.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use crate::diagnostics::Diagnostic;

/// Standard input, as messages call it.
pub(super) const STDIN: &str = "<stdin>";

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads a text from standard input.
pub(super) fn read_stdin(limit: u64) -> Result<String, Diagnostic> {
    let fault = |reason: String| {
        Diagnostic::error("unreadable-file", format!("cannot read standard input: {reason}"))
    };
    let mut bytes = Vec::new();
    std::io::stdin().take(limit + 1).read_to_end(&mut bytes).map_err(|error| fault(reason(&error)))?;
    if bytes.len() as u64 > limit {
        return Err(fault(format!("it has more than {:.0} MB", limit as f64 / 1e6)));
    }
    decode(bytes).map_err(|(offset, what)| fault(format!("{what} at byte offset {offset}")))
}

/// Reads a text file after looking at what it is.
pub(super) fn read_text(path: &Path, limit: u64) -> Result<String, Diagnostic> {
    let shown = path.display();
    let fault =
        |reason: String| Diagnostic::error("unreadable-file", format!("cannot read `{shown}`: {reason}"));
    let metadata = fs::metadata(path).map_err(|error| fault(reason(&error)))?;
    if metadata.is_dir() {
        return Err(fault("it is a folder".to_owned()).help("name the scenario file inside it"));
    }
    if !metadata.is_file() {
        return Err(
            fault("it is neither a file nor a link to one".to_owned()).help("pipes and devices are not read")
        );
    }
    let too_large = || {
        let size = metadata.len() as f64 / 1e6;
        fault(format!("it has {size:.0} MB, and the limit is {:.0} MB", limit as f64 / 1e6))
    };
    if metadata.len() > limit {
        return Err(too_large());
    }
    // As large as it is now: memory that grows by doubling would be twice that.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    let file = fs::File::open(path).map_err(|error| fault(reason(&error)))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| fault(reason(&error)))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    decode(bytes).map_err(|(offset, what)| {
        fault(format!("{what} at byte offset {offset}")).help("save the file as UTF-8 text")
    })
}

/// Bytes as UTF-8 text without a byte order mark; else the offset and what is there.
pub(super) fn decode(mut bytes: Vec<u8>) -> Result<String, (usize, &'static str)> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err((0, "UTF-16 text instead of UTF-8"));
    }
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        bytes.drain(..3);
    }
    if let Some(at) = bytes.iter().position(|b| *b == 0) {
        return Err((at, "a NUL byte"));
    }
    String::from_utf8(bytes).map_err(|error| (error.utf8_error().valid_up_to(), "bytes that are not UTF-8"))
}

fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        // What has too many open files says so itself.
        _ => error.to_string(),
    }
}
