//! What the network takes on the way of a flow, and which settings would shorten it.
//!
//! Must not know goals.

use super::flows::{self, Flow};
use super::subject::{cas_path, mailbox_path};
use crate::clients::expected::unloaded::{HopTime, unloaded};
use crate::kernel::SimSpan;
use crate::model::access::{Explanation, explain};
use crate::scenario::{Override, Scenario};

/// What round trips and transfers of a typical request take where nobody else is there, in the mean
/// of its draws: of a session that was redirected, at the server where it is now. `None` for clients
/// who are not served.
#[must_use]
pub fn network(scenario: &Scenario, flow: &Flow) -> Option<SimSpan> {
    explained(scenario, flow).map(|(_, span)| span)
}

fn explained(scenario: &Scenario, flow: &Flow) -> Option<(Explanation, SimSpan)> {
    let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
    let entry = flow.entry.filter(|_| flow.served() > 0.0)?;
    let ask = flow.ask(topology, entry);
    let found = explain(&ask);
    let legs = unloaded(&ask, &found, workload);
    let hops: &[HopTime] = legs.last().map_or(&[], Vec::as_slice);
    let span = SimSpan(hops.iter().map(|hop| hop.network.0).sum());
    Some((found, span))
}

/// Settings of the organisation, as `--set` takes them, each of which alone brings the network's
/// part of a flow within `goal`: they were laid on the scenario and asked about again.
#[must_use]
pub fn shortened_by(scenario: &Scenario, flow: &Flow, goal: SimSpan) -> Vec<String> {
    let Some((found, _)) = explained(scenario, flow) else { return Vec::new() };
    let lines = found.counterfactuals.iter().filter_map(|other| other.set.as_ref());
    let lines = lines.map(|set| set.whole(|id| cas_path(scenario, id), |id| mailbox_path(scenario, id)));
    // Nobody can set what sources disagree on.
    let mut lines: Vec<String> = lines.filter(|line| !line.starts_with("contested.")).collect();
    lines.dedup();
    lines.retain(|line| shortens(scenario, flow, line, goal).unwrap_or(false));
    lines
}

fn shortens(scenario: &Scenario, flow: &Flow, line: &str, goal: SimSpan) -> Option<bool> {
    let changed = scenario.with(&[Override::parse(line).ok()?]).ok()?;
    let all = flows::of(&changed.model.topology, &changed.model.workload);
    let same = |other: &&Flow| {
        (other.population, other.protocol, other.location, other.misdirected, other.path)
            == (flow.population, flow.protocol, flow.location, flow.misdirected, flow.path)
            && (other.entry, other.mailbox) == (flow.entry, flow.mailbox)
    };
    let now = all.iter().find(same)?;
    network(&changed, now).map(|span| span <= goal)
}
