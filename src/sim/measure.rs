//! Measuring: the warm-up is forgotten, intervals are sampled, a report is made.
//!
//! Must not decide when; [`super::run`] does.

use super::beside::settle_all;
use super::crossing::seen;
use super::measured::{EngineReport, IntervalSample};
use super::state::SystemState;

pub(super) fn begin_measuring(state: &mut SystemState<'_>) {
    let now = state.now;
    settle_all(state);
    state.stations.iter_mut().for_each(|s| s.begin_measuring(now));
    for link in 0..state.links.len() {
        let crossed = seen(state, link);
        state.links[link].begin_measuring(now, &crossed);
    }
    state.pools.begin_measuring(now);
}

pub(super) fn sample(state: &mut SystemState<'_>) {
    let now = state.now;
    settle_all(state);
    let count = state.links.len();
    let link = |link: usize| {
        let crossed = seen(state, link);
        state.links[link].sample(&crossed)
    };
    let links = (0..count).map(link).collect();
    state.intervals.push(IntervalSample {
        stations: state.stations.iter_mut().map(|s| s.sample(now)).collect(),
        links,
        pools: state.pools.sample(now),
    });
}

pub(super) fn report(state: &mut SystemState<'_>) -> EngineReport {
    let now = state.now;
    settle_all(state);
    let pools = state.pools.report(now);
    EngineReport {
        stations: state.stations.iter_mut().map(|s| s.finish(now)).collect(),
        links: state.links.iter_mut().map(|l| l.finish(now)).collect(),
        families: state.pools.of_families(&pools),
        pools,
        intervals: std::mem::take(&mut state.intervals),
        events: state.events,
        trajectory_hash: state.hash,
        requests: [state.counts[0], state.counts[1], state.counts[2], state.in_flight()],
        violations: Vec::new(),
    }
}
