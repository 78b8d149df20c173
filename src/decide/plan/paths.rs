//! Goals that no purchase meets: what the network takes without any load is beyond them.
//!
//! A typical request stands for all of its protocol. It has to be beyond the goal for most clients of a
//! population, by the margin of the law, with every line at its highest speed; then hardly one request
//! in twenty can be within. What mends it is another way. Next: `check::ways`.

use std::collections::BTreeMap;

use super::candidate::{Bound, PrunedBy};
use super::loads::MARGIN;
use crate::check::flows::{self, Flow};
use crate::check::ways::{network, shortened_by};
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::scenario::Scenario;

/// The share of a population's clients whose way has to be too long.
const MOST_OF_THEM: f64 = 0.5;

/// A goal that is beyond any purchase.
#[derive(Clone, PartialEq, Debug)]
pub struct PathBound {
    /// Name of the population.
    pub population: String,
    /// What it uses.
    pub protocol: Protocol,
    /// The goal on the 95th percentile of requests.
    pub goal: SimSpan,
    /// What the network alone takes of a typical request of those whose way is longest.
    pub network: SimSpan,
    /// Settings, as `--set` takes them, each of which brings that within the goal; empty where none
    /// does.
    pub mended_by: Vec<String>,
}

/// Goals of a scenario that its ways make impossible; `mend`: look for what would mend them.
pub(super) fn beyond(scenario: &Scenario, mend: bool) -> Vec<PathBound> {
    let workload = &scenario.model.workload;
    let goals: BTreeMap<Protocol, SimSpan> = workload
        .slo
        .protocols
        .iter()
        .filter_map(|(protocol, goals)| goals.p95.map(|goal| (*protocol, goal)))
        .collect();
    if goals.is_empty() {
        return Vec::new();
    }
    let mut clients: BTreeMap<(usize, Protocol), (f64, f64)> = BTreeMap::new();
    let mut longest: BTreeMap<(usize, Protocol), (SimSpan, Flow)> = BTreeMap::new();
    for flow in flows::of(&scenario.model.topology, workload) {
        let Some(&goal) = goals.get(&flow.protocol) else { continue };
        let key = (flow.population, flow.protocol);
        let (whole, late) = clients.entry(key).or_default();
        *whole += flow.clients;
        let Some(span) = network(scenario, &flow) else { continue };
        if span.0 as f64 > goal.0 as f64 * (1.0 + MARGIN) {
            *late += flow.clients;
            if longest.get(&key).is_none_or(|(known, _)| span > *known) {
                longest.insert(key, (span, flow));
            }
        }
    }
    let most =
        |key: &(usize, Protocol)| clients.get(key).is_some_and(|(whole, late)| *late > MOST_OF_THEM * whole);
    longest
        .into_iter()
        .filter(|(key, _)| most(key))
        .map(|((population, protocol), (network, flow))| {
            let goal = goals[&protocol];
            let mended_by = if mend { shortened_by(scenario, &flow, goal) } else { Vec::new() };
            let population = workload.populations[population].name.clone();
            PathBound { population, protocol, goal, network, mended_by }
        })
        .collect()
}

/// As what refuses a choice.
pub(super) fn bound(path: &PathBound) -> Bound {
    let PathBound { population, protocol, goal, network, .. } = path;
    let (network, goal) = (network.as_millis_f64(), goal.as_millis_f64());
    let reason = format!(
        "{protocol} of {population} takes {network:.0} ms on the network when nobody else is there, and {goal:.0} ms \
         are allowed"
    );
    Bound { by: PrunedBy::Unloaded, case: 0, reason }
}
