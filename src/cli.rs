//! The `casim` command: parse, execute, exit code. Hidden: what the command line does is
//! told by `casim --help`, and kept by its own promises.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use crate::commands::{self, Error};

/// All that `src/main.rs` does.
#[must_use]
pub fn main() -> ExitCode {
    let cli = commands::words(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let mut out = BufWriter::new(io::stdout().lock());
    let mut talk = io::stderr();
    let mut err = commands::Visible(&mut talk);
    let result = commands::exec(cli, &mut out, &mut err);
    // What was said before a failure comes first.
    let result = match (result, out.flush()) {
        // An answer that nobody can have read is none.
        (Ok(()) | Err(Error::Answer(_)), Err(full)) if full.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Stdout(full))
        }
        (result, _) => result,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = error.report(&mut err);
            ExitCode::from(error.code())
        }
    }
}

/// Whether words are a command line; for those who try any.
pub fn understands(words: impl IntoIterator<Item = OsString>) -> bool {
    commands::words(words).is_ok()
}
