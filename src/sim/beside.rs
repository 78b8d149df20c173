//! Work beside a request: a fork that is only served, at a server that the request is bound to, and
//! ends there; nobody waits for it.
//!
//! Where a core is free its end is known at once and nothing is to be decided when it comes, so that it
//! is neither a request nor an event. The station keeps such ends and settles those that are over, in
//! their order and at their own instants, before anything else is done with it: its integrals, sums and
//! records are the same as if each had been an event. Only where somebody waits for a core the first
//! end is an event after all, with the turn among those of its instant that it would have had
//! ([`await_end`]); and where a station goes down such work becomes a request again ([`unfold`]).
//!
//! Must not know how a request goes on ([`super::walk`]) or ends ([`super::leave`]).

use super::amounts::how_much;
use super::handles::{NOBODY, UNBOUND};
use super::opening::Opening;
use super::request::State;
use super::state::{OTHER, SystemState};
use super::station::{ALONE, Availability, NO_END, WorkEnd};
use crate::itinerary::{Amount, Leg, LegPlace, PARAMS, Program, SLOTS};
use crate::kernel::calendar::Class;
use crate::kernel::{SimSpan, SimTime};

/// Such ends at a station at most: each that comes is put in order among them.
const MOST: usize = 64;

/// Begins the work of a fork's program beside a request; false where it has to be a request of its own.
#[inline]
pub(super) fn work_beside(state: &mut SystemState<'_>, index: u32, program: Program) -> bool {
    let (network, leg, i) = (state.network, program.0, index as usize);
    let (Leg::Serve { place: LegPlace::Slot { slot, .. }, amount, .. }, Leg::End) =
        (&network.legs[leg as usize], &network.legs[leg as usize + 1])
    else {
        return false;
    };
    // A draw of its own would have no visits, and parameters of its own are zero.
    if state.requests.hot[i].visit > 0 || matches!(amount, Amount::Param { .. }) {
        return false;
    }
    let at = state.requests.slot(index, *slot);
    if at == UNBOUND {
        return false;
    }
    settle(state, at);
    let station = &state.stations[at as usize];
    let serves = station.availability == Availability::Up && station.shared == ALONE;
    if !serves || station.busy >= station.cores || station.ends.len() >= MOST {
        return false;
    }
    let cold = &state.requests.cold[i];
    let drawn = (cold.drawn, cold.draw);
    let service = how_much(state, amount, leg, index);
    // The request's own last draw, which its next legs may ask for again.
    let cold = &mut state.requests.cold[i];
    (cold.drawn, cold.draw) = drawn;
    let end = state.now.0.saturating_add(service);
    if service == 0 || end >= SimTime::MAX.0 {
        return false;
    }
    let (key, class) = (state.requests.hot[i].key, state.requests.class(index));
    let sequence = state.calendar.reserve();
    state.counts[0] += 1;
    state.beside += 1;
    let station = &mut state.stations[at as usize];
    station.arrivals += 1;
    station.touch(state.now);
    station.busy += 1;
    station.next_end = station.next_end.min(end);
    let place = station.ends.partition_point(|other| (other.at, other.sequence) > (end, sequence));
    station.ends.insert(place, WorkEnd { at: end, sequence, service, key, leg, class, awaited: false });
    true
}

/// Settles the ends of a station that are over.
#[inline(always)]
pub(super) fn settle(state: &mut SystemState<'_>, at: u32) {
    if state.stations[at as usize].next_end <= state.now.0 {
        settle_due(state, at);
    }
}

/// As [`settle`], of all stations.
pub(super) fn settle_all(state: &mut SystemState<'_>) {
    (0..state.stations.len() as u32).for_each(|at| settle(state, at));
}

#[inline(never)]
fn settle_due(state: &mut SystemState<'_>, at: u32) {
    let station = &mut state.stations[at as usize];
    // Nothing is due again before what follows has been settled.
    station.next_end = NO_END;
    while let Some(&end) = station.ends.last() {
        if !end.is_over(state.now, state.turn_now) {
            station.next_end = end.at;
            return;
        }
        station.ends.pop();
        station.touch(SimTime(end.at));
        station.busy -= 1;
        station.record_visit(end.service, end.service);
        state.beside -= 1;
        state.counts[1] += 1;
    }
}

/// Somebody waits at a station: the first of its ends is an event then.
#[inline]
pub(super) fn await_end(state: &mut SystemState<'_>, at: u32) {
    if let Some(end) = state.stations[at as usize].ends.last_mut()
        && !end.awaited
    {
        end.awaited = true;
        let payload = OTHER | u64::from(at + 1);
        state.calendar.schedule_reserved(SimTime(end.at), Class::Release, end.sequence, payload);
    }
}

/// All work beside requests at a station is requests again, in service until events that end it.
pub(super) fn unfold(state: &mut SystemState<'_>, at: u32) {
    settle(state, at);
    while let Some(end) = state.stations[at as usize].ends.pop() {
        state.beside -= 1;
        let Leg::Serve { place, queue_part, .. } = &state.network.legs[end.leg as usize] else { continue };
        let mut slots = [UNBOUND; SLOTS];
        if let LegPlace::Slot { slot, .. } = place {
            slots[usize::from(*slot)] = at;
        }
        let opening = Opening {
            program: Program(end.leg),
            key: end.key,
            owner: NOBODY,
            tag: 0,
            class: end.class,
            params: [0; PARAMS],
            slots,
            patience: SimSpan::ZERO,
        };
        let index = state.requests.open(&opening, SimTime(end.at - end.service));
        let hot = &mut state.requests.hot[index as usize];
        hot.at = at;
        hot.amount = end.service;
        hot.part = *queue_part;
        hot.state = State::Serving;
        hot.since = SimTime(end.at);
        hot.pending = end.sequence;
        state.calendar.schedule_reserved(SimTime(end.at), Class::Release, end.sequence, u64::from(index));
    }
    state.stations[at as usize].next_end = NO_END;
}
