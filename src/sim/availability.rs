//! Outages: stations and links go down and come up, and what becomes of those who
//! are there (E3).
//!
//! Must not know why. Next: [`super::leave`].

use super::beside::unfold;
use super::crossing::watch_flows;
use super::leave::stop;
use super::opening::Outcome;
use super::request::State;
use super::serving::serve_waiting;
use super::state::SystemState;
use super::station::Availability;
use crate::itinerary::LinkDirection;
use crate::kernel::calendar::Class;
use crate::kernel::{Id, SimTime};

/// Takes a station down or brings it up. `Killed`: all who are present, or hold
/// a unit of its pool, fail now with [`Outcome::StationDown`]. `Draining`: who
/// holds a unit is present and served on. `Holding`: those in service stop where
/// they stand. `Up`: held work resumes and the queue moves up. All this happens to
/// the oldest request first.
pub(super) fn set_availability(state: &mut SystemState<'_>, station: u32, to: Availability) {
    let from = state.stations[station as usize].availability;
    if from == to {
        return;
    }
    let now = state.now;
    unfold(state, station);
    state.stations[station as usize].set_availability(to, now);
    match to {
        Availability::Killed => {
            // Whoever holds a connection of it loses it, wherever its work stands.
            for index in state.requests_at(station) {
                stop(state, index, Outcome::StationDown(station));
            }
            for index in state.holders_of(station) {
                state.stations[station as usize].report.killed_away += 1;
                stop(state, index, Outcome::StationDown(station));
            }
        }
        Availability::Holding => {
            for index in state.requests_at(station) {
                let hot = &mut state.requests.hot[index as usize];
                if hot.state == State::Serving {
                    // `since` is the end of service while serving.
                    hot.pending = u64::MAX;
                    hot.state = State::Paused;
                    hot.since = SimTime(hot.since.0 - now.0);
                }
            }
        }
        Availability::Up | Availability::Draining => {
            for index in state.requests_at(station) {
                let hot = &state.requests.hot[index as usize];
                if hot.state == State::Paused {
                    let end = SimTime(now.0 + hot.since.0);
                    let pending = state.calendar.schedule(end, Class::Release, u64::from(index));
                    let hot = &mut state.requests.hot[index as usize];
                    hot.since = end;
                    hot.pending = pending;
                    hot.state = State::Serving;
                }
            }
            serve_waiting(state, station);
        }
    }
}

/// Takes a link direction down (`kill`: its transfers fail now; otherwise they
/// stop where they stand) or brings it up (they resume). While it is down, new
/// transfers fail if `kill`, else they join and wait.
pub(super) fn set_link(state: &mut SystemState<'_>, link: Id<LinkDirection>, down: bool, kill: bool) {
    let index = link.index();
    let now = state.now;
    if state.links[index].down != down {
        let bandwidth = if down { 0.0 } else { state.network.links[index].bandwidth };
        state.crossings.flows.set_capacity(now, index as u32, bandwidth);
        watch_flows(state);
    }
    state.links[index].set_down(down, now);
    let refuses = down && (kill || state.links[index].refuses);
    if state.links[index].refuses != refuses {
        state.links[index].refuses = refuses;
        state.crossings.refusing =
            if refuses { state.crossings.refusing + 1 } else { state.crossings.refusing - 1 };
    }
    if down && kill {
        for flow in state.crossings.flows.on(index as u32) {
            let request = state.crossings.flows.owner(flow);
            stop(state, request, Outcome::LinkDown(index as u32));
        }
    }
}
