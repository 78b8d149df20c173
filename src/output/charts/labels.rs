//! What pictures call things that have two ends.

use crate::results::RunResult;

/// A direction of a link: `A → B`; a link of a custom workload by its name.
#[must_use]
pub(super) fn link(run: &RunResult, index: u32) -> String {
    run.links.get(index as usize).map_or(String::new(), |row| arrow(&row.name))
}

/// The name of a link's row with an arrow between its ends.
#[must_use]
pub(super) fn arrow(name: &str) -> String {
    match name.split_once('>') {
        Some((from, to)) => format!("{} \u{2192} {}", from.trim(), to.trim()),
        None => name.to_owned(),
    }
}
