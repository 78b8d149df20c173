//! The `--set` lines of what would change a decision: each is laid on the scenario and the
//! question asked again, so that a line that is printed does what is said.

use std::path::Path;

use crate::check::subject::{cas_path, mailbox_path};
use crate::model::access::{AccessQuery, Counterfactual, decide};
use crate::scenario::{self, Override, Scenario};

/// One for each counterfactual; `None` where no line makes the change.
pub(super) fn lines(
    path: &Path,
    set: &[Override],
    scenario: &Scenario,
    ask: &AccessQuery<'_>,
    others: &[Counterfactual],
) -> Vec<Option<String>> {
    others.iter().map(|other| line(path, set, scenario, ask, other)).collect()
}

fn line(
    path: &Path,
    set: &[Override],
    scenario: &Scenario,
    ask: &AccessQuery<'_>,
    other: &Counterfactual,
) -> Option<String> {
    let change = other.set.as_ref()?;
    let line = change.whole(|id| cas_path(scenario, id), |id| mailbox_path(scenario, id));
    let all: Vec<Override> = set.iter().cloned().chain([Override::parse(&line).ok()?]).collect();
    let changed = scenario::load_organisation(path, &all).ok()?;
    let (route, _) = decide(&AccessQuery { topology: &changed.model.topology, ..*ask });
    let same = route.mechanism == other.mechanism
        && route.final_failure() == other.failure
        && route.redirect_host == other.redirect_host;
    same.then_some(line)
}
