//! What pictures call things that have two ends.

use crate::output::lookup::name;
use crate::results::{LinkKind, NONE, RunResult};

/// A direction of a link: `A → B`; a link of a custom workload by its name.
#[must_use]
pub(super) fn link(run: &RunResult, index: u32) -> String {
    let Some(row) = run.links.get(index as usize) else { return String::new() };
    let end = |site: u32| if site == NONE { "Internet" } else { name(&run.names.sites, site) };
    match row.ends.kind {
        LinkKind::Custom => row.name.clone(),
        LinkKind::Wan | LinkKind::Internet => {
            format!("{} \u{2192} {}", end(row.ends.from), end(row.ends.to))
        }
    }
}
