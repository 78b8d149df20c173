//! The `casim` command: parse, execute, exit code. Hidden: what the command line does is
//! told by `casim --help`, and kept by its own promises.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::commands::{self, Cli};

/// All that `src/main.rs` does.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut err = io::stderr();
    let result = commands::exec(cli, &mut out, &mut err).and_then(|()| Ok(out.flush()?));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // What was said before the failure comes first; both may be closed.
            let _ = out.flush();
            let _ = error.report(&mut err);
            ExitCode::from(error.code())
        }
    }
}
