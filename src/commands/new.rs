//! `casim new`: a commented starter scenario.

use std::io::Write;
use std::path::PathBuf;

use super::error::Error;
use crate::output::{Inputs, NewFile};
use crate::scenario;

/// Arguments of `casim new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File to write; without it the scenario goes to stdout.
    file: Option<PathBuf>,
    /// Replace an existing file.
    #[arg(long)]
    force: bool,
}

pub(super) fn exec(args: &Args, out: &mut dyn Write) -> Result<(), Error> {
    let Some(file) = &args.file else {
        return Ok(out.write_all(scenario::starter().as_bytes())?);
    };
    NewFile::at(file, args.force, &Inputs::default())?.save(scenario::starter().as_bytes())?;
    writeln!(out, "wrote {0}; run it with: casim run {0}", file.display())?;
    Ok(())
}
