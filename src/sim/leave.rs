//! How a request ends: at the end of its program, by refusal, by an outage, by its
//! patience or by its driver; what it holds is released (E3), and whoever waits for
//! that goes on.
//!
//! Must not know the legs that follow ([`super::walk`]).

use super::amounts::how_much;
use super::beside::settle;
use super::crossing::left_early;
use super::handles::{NIL, RequestId};
use super::opening::Outcome;
use super::patience::Lane;
use super::pool::Taken;
use super::request::State;
use super::serving::{give_core, serve_waiting};
use super::state::SystemState;
use super::station::ALONE;
use crate::itinerary::{Leg, SLOTS};
use crate::kernel::calendar::Class;
use crate::kernel::{SimSpan, SimTime};

/// A request is given up when `span` has passed.
pub(super) fn be_patient(state: &mut SystemState<'_>, id: RequestId, span: SimSpan) {
    let number = match state.lanes.iter().position(|lane| lane.span == span) {
        Some(number) => number,
        None => {
            state.lanes.push(Lane::new(span));
            state.lanes.len() - 1
        }
    };
    let deadline = state.now + span;
    let lane = &mut state.lanes[number];
    lane.push(deadline, id, &state.requests);
    if !lane.pending {
        lane.pending = true;
        state.calendar.schedule(deadline.min(SimTime::MAX), Class::Rest, number as u64);
    }
}

/// The first deadlines of a lane have come.
pub(super) fn lane_due(state: &mut SystemState<'_>, lane: usize) {
    while let Some(&(deadline, id)) = state.lanes[lane].deadlines.front() {
        let live = state.requests.live(id);
        if live.is_some() && deadline > state.now {
            state.calendar.schedule(deadline.min(SimTime::MAX), Class::Rest, lane as u64);
            return;
        }
        state.lanes[lane].deadlines.pop_front();
        if let Some(index) = live {
            stop(state, index, Outcome::TimedOut);
        }
    }
    state.lanes[lane].pending = false;
}

/// Ends a request wherever it is, releasing all it holds (E3).
pub(super) fn stop(state: &mut SystemState<'_>, index: u32, outcome: Outcome) {
    let now = state.now;
    let i = index as usize;
    let leg = &state.network.legs[state.requests.hot[i].leg as usize];
    let at = state.requests.hot[i].at;
    match state.requests.hot[i].state {
        State::Free | State::Ended => return,
        State::Delayed => {
            match leg {
                Leg::Delay { .. } if at != NIL => undo_delays(state, index, at),
                Leg::Delay { part, .. } | Leg::Take { part, .. } => {
                    let span = now.0 - state.requests.hot[i].since.0;
                    state.book(index, *part, span);
                }
                _ => {}
            }
            // Whoever still has no unit has waited for it in vain.
            if let (Leg::Take { family, place, to, .. }, u64::MAX, Outcome::TimedOut) =
                (leg, state.requests.hot[i].pending, outcome)
            {
                let counter = state.counter(*family, *place, *to, index);
                state.pools.refuse(family.index(), counter);
                let reason = state.network.families[family.index()].reason;
                return finish(state, index, Outcome::Refused(reason));
            }
        }
        State::Waiting => {
            leave_queue(state, index, at);
            left_station(state, index, at, 0, outcome);
        }
        State::Serving => {
            let left = state.requests.hot[i].since.0 - now.0;
            let delivered = state.requests.hot[i].amount - left;
            leave_core(state, at);
            left_station(state, index, at, delivered, outcome);
            serve_waiting(state, at);
        }
        State::Paused => {
            let delivered = state.requests.hot[i].amount - state.requests.hot[i].since.0;
            leave_core(state, at);
            left_station(state, index, at, delivered, outcome);
            if state.stations[at as usize].shared != ALONE {
                serve_waiting(state, at);
            }
        }
        State::Crossing => left_early(state, index),
    }
    finish(state, index, outcome);
}

/// Delays in a row, the first of which is leg `first`, end before the last is over: of what was
/// booked ahead that is taken back which has not passed.
fn undo_delays(state: &mut SystemState<'_>, index: u32, first: u32) {
    let hot = &state.requests.hot[index as usize];
    let (last, mut passed) = (hot.leg, state.now.0 - hot.arrived.0);
    for leg in first..=last {
        let Leg::Delay { amount, part } = &state.network.legs[leg as usize] else { continue };
        if leg == last {
            state.book(index, *part, passed);
            return;
        }
        // Drawn again: a draw is a function of its name.
        let span = how_much(state, amount, leg, index);
        let here = span.min(passed);
        state.requests.parts.take_back(index, *part, span - here);
        passed -= here;
    }
}

/// Somebody in service leaves a core of a station, and of its host.
fn leave_core(state: &mut SystemState<'_>, at: u32) {
    settle(state, at);
    let station = &mut state.stations[at as usize];
    station.touch(state.now);
    station.busy -= 1;
    if station.shared != ALONE {
        let shared = station.shared;
        give_core(state, shared);
    }
}

pub(super) fn leave_queue(state: &mut SystemState<'_>, index: u32, at: u32) {
    settle(state, at);
    let station = &mut state.stations[at as usize];
    station.touch(state.now);
    station.waiting -= 1;
    let next = state.requests.hot[index as usize].next;
    if station.head == index {
        station.head = next;
        if next == NIL {
            station.tail = NIL;
        }
        return;
    }
    let mut before = station.head;
    while state.requests.hot[before as usize].next != index {
        before = state.requests.hot[before as usize].next;
    }
    state.requests.hot[before as usize].next = next;
    if state.stations[at as usize].tail == index {
        state.stations[at as usize].tail = before;
    }
}

/// Books a stay at a station that did not end by service.
pub(super) fn left_station(
    state: &mut SystemState<'_>,
    index: u32,
    at: u32,
    delivered: u64,
    outcome: Outcome,
) {
    let sojourn = state.now.0 - state.requests.hot[index as usize].arrived.0;
    let station = &mut state.stations[at as usize];
    station.record_early(sojourn, delivered);
    // One that loses its connection at another station only leaves this one early.
    if outcome == Outcome::StationDown(at) {
        station.report.killed += 1;
    } else {
        station.report.aborted += 1;
    }
    let leg = &state.network.legs[state.requests.hot[index as usize].leg as usize];
    if let Leg::Serve { queue_part, .. } = leg {
        state.book(index, *queue_part, sojourn - delivered);
        state.book(index, queue_part.service(), delivered);
    }
    state.requests.hot[index as usize].at = NIL;
}

/// The request has left everything it was in; gives back its units and queues its end.
#[inline]
pub(super) fn finish(state: &mut SystemState<'_>, index: u32, outcome: Outcome) {
    let i = index as usize;
    state.counts[if outcome == Outcome::Completed { 1 } else { 2 }] += 1;
    let units = state.requests.hot[i].units;
    if units != 0 {
        for slot in 0..SLOTS {
            if units & (1 << slot) != 0 {
                let station = state.requests.slot(index, slot as u8);
                state.stations[station as usize].give_unit(state.now);
            }
        }
    }
    let hot = &mut state.requests.hot[i];
    hot.units = 0;
    hot.state = State::Ended;
    hot.pending = u64::MAX;
    state.ended.push((index, outcome));
    for place in 0..state.requests.holds() {
        let counter = state.requests.let_go(index, place);
        if counter != NIL {
            give_back(state, counter);
        }
    }
}

/// A unit is free again: the first who waits for it goes on at this instant.
pub(super) fn give_back(state: &mut SystemState<'_>, counter: u32) {
    let family = state.pools.family_of(counter);
    state.pools.give(family, counter, 1, state.now);
    while let Some(next) = state.pools.next_waiting(family, counter) {
        let Some(index) = state.requests.live(next) else { continue };
        let taken = state.pools.take(family, counter, 1, state.now);
        debug_assert_eq!(taken, Taken::Now, "the unit that was given back is free");
        state.requests.take_hold(index, counter);
        state.requests.hot[index as usize].pending =
            state.calendar.schedule(state.now, Class::Arrival, u64::from(index));
        return;
    }
}
