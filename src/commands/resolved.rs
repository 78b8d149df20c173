//! A resolved scenario as an output folder keeps it: its text, and the files of values that it names.

use std::path::Path;

use super::error::Error;
use crate::output::RunFolder;
use crate::scenario::Scenario;

/// Writes both.
pub(super) fn write(folder: &RunFolder, name: impl AsRef<Path>, scenario: &Scenario) -> Result<(), Error> {
    folder.write(name, scenario.resolved.as_bytes())?;
    write_beside(folder, Path::new(""), scenario)
}

/// Writes the files that it names, to stand beside a text in this folder of the folder.
pub(super) fn write_beside(folder: &RunFolder, within: &Path, scenario: &Scenario) -> Result<(), Error> {
    for file in &scenario.beside {
        folder.write(within.join(&file.name), file.text.as_bytes())?;
    }
    Ok(())
}
