//! `casim schema`: the JSON Schema of the scenario file, for editors.

use std::io::Write;

use super::error::Error;
use crate::scenario;

/// Arguments of `casim schema`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An editor that knows the schema completes keys, says what they mean, and marks what casim would refuse.\n\
                  A scenario that `casim new` wrote names it in its first line:\n  \
                  casim schema > casim.schema.json"
)]
pub struct Args {}

pub(super) fn exec(_: &Args, out: &mut dyn Write) -> Result<(), Error> {
    Ok(writeln!(out, "{:#}", scenario::schema())?)
}
