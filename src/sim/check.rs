//! Conservation, work conservation and Little's law, as identities of integers (E6, E7).
//!
//! Next: [`super::run`], which asks for it.

use super::beside::settle_all;
use super::crossing::seen;
use super::flows::Crossed;
use super::link::Link;
use super::request::{Hot, State};
use super::state::SystemState;
use super::station::Station;
use crate::itinerary::Leg;
use crate::kernel::SimTime;

/// Events that have to be played between two checks for each request, station and
/// link that a check looks at: an event takes some 50 to 100 ns, a look 2 to 5.
const CHECK_EVERY: u64 = 4;

/// Whether enough events were played since the last check for the next one to
/// cost next to nothing beside them.
pub(super) fn is_check_due(state: &SystemState<'_>) -> bool {
    let looked_at =
        state.requests.hot.len() + state.stations.len() + state.links.len() + state.crossings.paths();
    state.events - state.checked_at >= CHECK_EVERY * looked_at as u64
}

/// E6 and E7 over the whole run so far.
pub(super) fn check(state: &mut SystemState<'_>) -> Vec<String> {
    let now = state.now;
    settle_all(state);
    let mut violations = Vec::new();
    state.checked_at = state.events;
    let live = |hot: &&Hot| !matches!(hot.state, State::Free | State::Ended);
    let present = state.requests.hot.iter().filter(live).count() as u64 + state.beside;
    if present != state.in_flight() {
        violations.push(format!(
            "conservation: {} requests opened, {} completed, {} failed, but {present} in flight",
            state.counts[0], state.counts[1], state.counts[2]
        ));
    }
    let mut stays = vec![(0_u64, 0_u128, 0_u128); state.stations.len()];
    let mut crossings = vec![Present::default(); state.links.len()];
    for hot in &state.requests.hot {
        let stay = u128::from(now.0 - hot.arrived.0.min(now.0));
        let delivered = match hot.state {
            State::Waiting => 0,
            State::Serving => hot.amount - (hot.since.0 - now.0).min(hot.amount),
            State::Paused => hot.amount - hot.since.0,
            State::Crossing => {
                let bits = hot.amount as f64 - state.crossings.flows.left(now, hot.at);
                let Leg::Transfer { links, .. } = &state.network.legs[hot.leg as usize] else { continue };
                for link in links.iter() {
                    let crossing = &mut crossings[link.index()];
                    crossing.count += 1;
                    crossing.stay += stay;
                    crossing.bits += bits;
                }
                continue;
            }
            _ => continue,
        };
        let entry = &mut stays[hot.at as usize];
        entry.0 += 1;
        entry.1 += stay;
        entry.2 += u128::from(delivered);
    }
    for (station, entry) in state.stations.iter().zip(&mut stays) {
        for end in &station.ends {
            let done = u128::from(end.service - (end.at - now.0));
            entry.0 += 1;
            entry.1 += done;
            entry.2 += done;
        }
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
    for (i, (link, crossings)) in state.links.iter().zip(crossings).enumerate() {
        let seen = seen(state, i);
        check_link(i, link, crossings, &seen, &mut violations);
        check_capacity(i, state.network.links[i].bandwidth * now.0 as f64 / 1e9, seen.bits, &mut violations);
    }
    violations.extend(state.crossings.flows.check(now));
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

/// Who crosses a link direction: how many, the sum of their stays, the bits that they have sent.
#[derive(Clone, Copy, Default)]
struct Present {
    count: u64,
    stay: u128,
    bits: f64,
}

/// A link direction with who crosses it, beside what the flows have seen on it.
fn check_link(i: usize, link: &Link, present: Present, seen: &Crossed, violations: &mut Vec<String>) {
    if link.whole_begun != link.whole_left + present.count {
        violations.push(format!(
            "conservation on link {i}: {} begun, {} left, {} present",
            link.whole_begun, link.whole_left, present.count
        ));
    } else if (link.whole_begun, link.whole_left) != (seen.begun, seen.left) {
        violations.push(format!(
            "conservation on link {i}: {} transfers begun and {} left, {} flows begun and {} left",
            link.whole_begun, link.whole_left, seen.begun, seen.left
        ));
    }
    if seen.area != link.whole_sojourn + present.stay {
        violations.push(format!(
            "Little's law on link {i}: integral of the number present {} ns, sum of times {} ns",
            seen.area,
            link.whole_sojourn + present.stay
        ));
    }
    let moved = link.whole_bits + present.bits;
    if (moved - seen.bits).abs() > 1e-9 * moved.max(1e9) {
        violations.push(format!(
            "work conservation on link {i}: {} bits carried, {moved} bits transferred",
            seen.bits
        ));
    }
}

/// Bits that a link direction has carried, beside those that it could have.
fn check_capacity(i: usize, could: f64, carried: f64, violations: &mut Vec<String>) {
    if carried > could * (1.0 + 1e-9) + 1.0 {
        violations.push(format!("utilisation of link {i}: {carried} bits carried of {could}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bit, or 1e-9 of what could be, is rounding.
    #[test]
    fn a_link_carries_no_more_than_it_can() {
        let over = |could: f64, carried: f64| {
            let mut violations = Vec::new();
            check_capacity(0, could, carried, &mut violations);
            !violations.is_empty()
        };
        // 1 Mbit/s for a second: a million bits.
        assert!(!over(1e6, 1e6));
        assert!(!over(1e6, 1e6 + 0.5));
        assert!(!over(1e6, 1e6 * (1.0 + 1e-9) + 1.0));
        assert!(over(1e6, 1e6 + 1.5));
        // 1 Gbit/s for ten seconds: of 1e10 bits 1e-9 are ten.
        assert!(!over(1e10, 1e10));
        assert!(!over(1e10, 1e10 + 10.0));
        assert!(over(1e10, 1e10 + 12.0));
    }

    /// What the check says of a link of which so many bits left with their requests, and so many were
    /// carried by its flows.
    fn checked(moved: f64, carried: f64) -> Vec<String> {
        let mut link = Link::new();
        link.whole_bits = moved;
        let seen = Crossed { bits: carried, ..Crossed::default() };
        let mut violations = Vec::new();
        check_link(0, &link, Present::default(), &seen, &mut violations);
        violations.iter().map(|told| told.split(':').next().unwrap_or("").to_owned()).collect()
    }

    #[test]
    fn what_is_carried_is_what_is_transferred() {
        let lost = ["work conservation on link 0"];
        let none: [&str; 0] = [];
        let of = |carried: f64, moved: f64| checked(moved, carried);
        assert_eq!(of(1e6, 1e6), none);
        assert_eq!(of(1e6 - 0.5, 1e6), none);
        assert_eq!(of(1e6 - 1.0, 1e6), none);
        assert_eq!(of(1e6 - 1.5, 1e6), lost);
        assert_eq!(of(1e6 + 1.5, 1e6), lost);
        // Of 5e9 bits 1e-9 are five.
        assert_eq!(of(5e9 - 4.0, 5e9), none);
        assert_eq!(of(5e9 - 6.0, 5e9), lost);
    }

    /// Who began and has not left is present, in both books, and for as long as they say.
    #[test]
    fn who_is_present_is_counted_twice_alike() {
        let of = |begun: u64, left: u64, area: u128, seen: (u64, u64)| {
            let mut link = Link::new();
            (link.whole_begun, link.whole_left, link.whole_sojourn) = (begun, left, 500);
            let (begun, left) = seen;
            let seen = Crossed { begun, left, area, ..Crossed::default() };
            let present = Present { count: 2, stay: 70, bits: 0.0 };
            let mut violations = Vec::new();
            check_link(0, &link, present, &seen, &mut violations);
            violations.iter().map(|told| told.split(' ').next().unwrap_or("").to_owned()).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(of(7, 5, 570, (7, 5)), none);
        assert_eq!(of(7, 6, 570, (7, 6)), ["conservation"]);
        assert_eq!(of(7, 5, 570, (7, 4)), ["conservation"]);
        assert_eq!(of(7, 5, 571, (7, 5)), ["Little's"]);
    }
}
