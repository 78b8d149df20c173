//! Who is served next: the heads of queues take free cores, first come, first served. Where
//! stations share the cores of a host, a request needs a core of its station and one of the
//! host, and who came first of all its stations is the next.
//!
//! The station of a host has its busy cores counted with those of its machines, by the same
//! instants, so that what is measured at stations is measured there. Costs a glance where
//! nothing is shared. Must not know how a request goes on ([`super::walk`]).

use super::beside::{await_end, settle};
use super::handles::NIL;
use super::request::State;
use super::state::SystemState;
use super::station::{ALONE, Availability, Station};
use crate::kernel::SimTime;
use crate::kernel::calendar::Class;

/// Cores that are free take the heads of the queue, of a host those of all its machines; the
/// caller has brought the station's integrals up to now.
#[inline]
pub(super) fn serve_waiting(state: &mut SystemState<'_>, at: u32) {
    loop {
        let station = &state.stations[at as usize];
        if station.shared != ALONE {
            let shared = station.shared;
            return serve_machines(state, shared);
        }
        let serves = matches!(station.availability, Availability::Up | Availability::Draining);
        if station.head == NIL {
            return;
        }
        if station.busy >= station.cores || !serves {
            return await_end(state, at);
        }
        begin_first(state, at);
    }
}

/// The head of a station's queue is served from now on; the caller has brought the station's
/// integrals up to now.
#[inline]
pub(super) fn begin_first(state: &mut SystemState<'_>, at: u32) {
    let station = &mut state.stations[at as usize];
    let index = station.head;
    let hot = &mut state.requests.hot[index as usize];
    station.head = hot.next;
    if station.head == NIL {
        station.tail = NIL;
    }
    station.waiting -= 1;
    station.busy += 1;
    station.waited += 1;
    // May lie beyond the end of the clock: then nobody is served to the end.
    let end = SimTime(state.now.0 + hot.amount);
    hot.since = end;
    hot.state = State::Serving;
    hot.pending = state.calendar.schedule(end, Class::Release, u64::from(index));
}

/// An end of work beside a request has come, for which somebody waited.
pub(super) fn awaited(state: &mut SystemState<'_>, at: u32) {
    settle(state, at);
    state.stations[at as usize].touch(state.now);
    serve_waiting(state, at);
}

/// Whether a host has a core left.
pub(super) fn has_core(state: &SystemState<'_>, shared: u16) -> bool {
    let host = &state.stations[state.shared[shared as usize].host as usize];
    host.busy < host.cores && host.availability != Availability::Killed
}

/// Work of a machine takes a core of its host.
pub(super) fn take_core(state: &mut SystemState<'_>, shared: u16) {
    let host = &mut state.stations[state.shared[shared as usize].host as usize];
    host.touch(state.now);
    host.busy += 1;
}

/// It gives the core back.
pub(super) fn give_core(state: &mut SystemState<'_>, shared: u16) {
    let host = &mut state.stations[state.shared[shared as usize].host as usize];
    host.touch(state.now);
    host.busy -= 1;
}

/// Cores of a host that are free take the heads of its machines' queues, who came first goes
/// first; of one instant by their names.
pub(super) fn serve_machines(state: &mut SystemState<'_>, shared: u16) {
    while has_core(state, shared) {
        let machines = state.shared[shared as usize].machines.iter().copied();
        let ready = machines.filter(|&machine| is_ready(&state.stations[machine as usize]));
        let first = ready.min_by_key(|&machine| {
            let hot = &state.requests.hot[state.stations[machine as usize].head as usize];
            (hot.arrived, hot.key.0)
        });
        let Some(machine) = first else { return };
        state.stations[machine as usize].touch(state.now);
        take_core(state, shared);
        begin_first(state, machine);
    }
}

/// Whether somebody waits at a station that would be served if the host had a core.
fn is_ready(station: &Station) -> bool {
    station.head != NIL
        && station.busy < station.cores
        && matches!(station.availability, Availability::Up | Availability::Draining)
}
