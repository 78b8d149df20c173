//! Conservation, work conservation and Little's law, as identities of integers (E6, E7).
//!
//! Next: [`super::run`], which asks for it.

use super::link::Link;
use super::request::{Hot, State};
use super::state::SystemState;
use super::station::Station;
use crate::kernel::SimTime;

/// Events that have to be played between two checks for each request, station and
/// link that a check looks at: an event takes some 50 to 100 ns, a look 2 to 5.
const CHECK_EVERY: u64 = 4;

/// Whether enough events were played since the last check for the next one to
/// cost next to nothing beside them.
pub(super) fn is_check_due(state: &SystemState<'_>) -> bool {
    let looked_at = state.requests.hot.len() + state.stations.len() + state.links.len();
    state.events - state.checked_at >= CHECK_EVERY * looked_at as u64
}

/// E6 and E7 over the whole run so far.
pub(super) fn check(state: &mut SystemState<'_>) -> Vec<String> {
    let now = state.now;
    let mut violations = Vec::new();
    state.checked_at = state.events;
    let live = |hot: &&Hot| !matches!(hot.state, State::Free | State::Ended);
    let present = state.requests.hot.iter().filter(live).count() as u64;
    if present != state.in_flight() {
        violations.push(format!(
            "conservation: {} requests opened, {} completed, {} failed, but {present} in flight",
            state.counts[0], state.counts[1], state.counts[2]
        ));
    }
    let mut stays = vec![(0_u64, 0_u128, 0_u128); state.stations.len()];
    let mut crossings = vec![(0_u64, 0_u128); state.links.len()];
    for hot in &state.requests.hot {
        let stay = u128::from(now.0 - hot.arrived.0.min(now.0));
        let delivered = match hot.state {
            State::Waiting => 0,
            State::Serving => hot.amount - (hot.since.0 - now.0).min(hot.amount),
            State::Paused => hot.amount - hot.since.0,
            State::Crossing => {
                let crossing = &mut crossings[hot.at as usize];
                crossing.0 += 1;
                crossing.1 += stay;
                continue;
            }
            _ => continue,
        };
        let entry = &mut stays[hot.at as usize];
        entry.0 += 1;
        entry.1 += stay;
        entry.2 += u128::from(delivered);
    }
    let mut hosts = vec![false; state.stations.len()];
    for shared in &state.shared {
        hosts[shared.host as usize] = true;
        let busy: u32 = shared.machines.iter().map(|&machine| state.stations[machine as usize].busy).sum();
        let host = &mut state.stations[shared.host as usize];
        host.touch(now);
        if host.busy != busy || host.busy > host.cores {
            violations.push(format!(
                "work conservation at host {}: {} of {} cores busy, {busy} at its machines",
                shared.host, host.busy, host.cores
            ));
        }
    }
    for (i, (station, stays)) in state.stations.iter_mut().zip(stays).enumerate().filter(|&(i, _)| !hosts[i])
    {
        check_station(i, station, stays, now, &mut violations);
    }
    for (i, (link, crossings)) in state.links.iter_mut().zip(crossings).enumerate() {
        check_link(i, link, crossings, &state.requests.hot, now, &mut violations);
    }
    violations
}

/// A station with who is there: how many, the sum of their stays, the service that
/// they were given.
fn check_station(
    i: usize,
    station: &mut Station,
    (count, stay, delivered): (u64, u128, u128),
    now: SimTime,
    violations: &mut Vec<String>,
) {
    station.touch(now);
    if station.arrivals != station.left() + count {
        violations.push(format!(
            "conservation at station {i}: {} arrived, {} left, {count} present",
            station.arrivals,
            station.left()
        ));
    }
    if station.whole_area() != station.whole_sojourn() + stay {
        violations.push(format!(
            "Little's law at station {i}: integral of the number present {} ns, sum of times {} ns",
            station.whole_area(),
            station.whole_sojourn() + stay
        ));
    }
    if station.busy_area > u128::from(station.cores) * u128::from(now.0) {
        violations.push(format!(
            "utilisation of station {i}: {} cores busy for {} ns in {} ns",
            station.cores, station.busy_area, now.0
        ));
    }
    if station.busy_area != station.whole_service() + delivered {
        violations.push(format!(
            "work conservation at station {i}: cores busy {} ns, service delivered {} ns",
            station.busy_area,
            station.whole_service() + delivered
        ));
    }
}

/// A link direction with who crosses it: how many, and the sum of their stays.
fn check_link(
    i: usize,
    link: &mut Link,
    (count, stay): (u64, u128),
    requests: &[Hot],
    now: SimTime,
    violations: &mut Vec<String>,
) {
    link.touch(now);
    if link.whole_begun != link.whole_left + count {
        violations.push(format!(
            "conservation on link {i}: {} begun, {} left, {count} present",
            link.whole_begun, link.whole_left
        ));
    }
    if link.present_area != link.whole_sojourn + stay {
        violations.push(format!(
            "Little's law on link {i}: integral of the number present {} ns, sum of times {} ns",
            link.present_area,
            link.whole_sojourn + stay
        ));
    }
    if link.carried() > link.could_carry(now) * (1.0 + 1e-9) + 1.0 {
        violations.push(format!(
            "utilisation of link {i}: {} bits carried, {} could be",
            link.carried(),
            link.could_carry(now)
        ));
    }
    let moved = link.moved(requests);
    if (moved - link.carried()).abs() > 1e-9 * moved.max(1e9) {
        violations.push(format!(
            "work conservation on link {i}: {} bits carried, {moved} bits transferred",
            link.carried()
        ));
    }
}
