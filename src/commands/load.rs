//! A scenario read for a command.

use std::io::Write;
use std::path::Path;

use super::error::Error;
use crate::diagnostics::{self, Diagnostics};
use crate::scenario::{self, Override, Scenario};

/// Reads a scenario with its overrides; its warnings go to `err`.
pub(super) fn load(path: &Path, set: &[Override], err: &mut dyn Write) -> Result<Scenario, Error> {
    loaded(scenario::load(path, set), err)
}

/// As [`load`], of a scenario whose organisation alone is asked about.
pub(super) fn load_organisation(
    path: &Path,
    set: &[Override],
    err: &mut dyn Write,
) -> Result<Scenario, Error> {
    loaded(scenario::load_organisation(path, set), err)
}

pub(super) fn loaded(result: Result<Scenario, Diagnostics>, err: &mut dyn Write) -> Result<Scenario, Error> {
    let scenario = result.map_err(|faults| Error::Scenario(Box::new(faults)))?;
    // A closed stderr is no reason to stop.
    let _ = err.write_all(diagnostics::render(&scenario.warnings, &scenario.sources, false).as_bytes());
    Ok(scenario)
}
