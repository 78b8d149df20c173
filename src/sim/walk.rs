//! The hot path: a request walks its legs, is served, crosses links.
//!
//! Every leg either takes no time, or puts one event down and returns; the event
//! that is due goes on from there. How a walk ends: [`super::leave`].

use rand::RngExt;

use super::amounts::{how_much, is_some_bits};
use super::beside::{await_end, settle, work_beside};
use super::crossing::{cross, leave_links, put_back};
use super::handles::{NIL, NOBODY};
use super::leave::{finish, give_back};
use super::opening::{Opening, Outcome};
use super::pool::Taken;
use super::request::State;
use super::serving::{give_core, has_core, serve_waiting, take_core};
use super::state::SystemState;
use super::station::{ALONE, Availability};
use crate::itinerary::{Leg, LegPlace, PARAMS, Part, PoolFamily, Program};
use crate::kernel::calendar::Class;
use crate::kernel::{Id, SimSpan, SimTime};

/// Walks from the present leg until the request has to wait for something.
pub(super) fn walk(state: &mut SystemState<'_>, index: u32) {
    let network = state.network;
    let now = state.now;
    let i = index as usize;
    loop {
        let leg = state.requests.hot[i].leg;
        match &network.legs[leg as usize] {
            Leg::Delay { amount, part } => {
                if let Leg::Delay { .. } = network.legs[leg as usize + 1] {
                    if delays(state, index, leg) {
                        return;
                    }
                } else {
                    let span = how_much(state, amount, leg, index);
                    if span > 0 {
                        wait(state, index, now, (*part, span));
                        return;
                    }
                }
            }
            Leg::Serve { place, amount, queue_part } => {
                let demand = how_much(state, amount, leg, index);
                let (at, _) = state.bind(*place, index);
                state.requests.hot[i].part = *queue_part;
                arrive(state, index, at, demand);
                return;
            }
            Leg::Transfer { amount, .. } => {
                let bits = how_much(state, amount, leg, index);
                if bits > 0 || is_some_bits(amount) {
                    return match cross(state, index, bits.max(1)) {
                        Ok(()) => {}
                        Err(outcome) => finish(state, index, outcome),
                    };
                }
            }
            Leg::Acquire { place } => {
                if let Err(outcome) = acquire(state, index, *place) {
                    return finish(state, index, outcome);
                }
            }
            Leg::Release { place } => release(state, index, *place),
            Leg::Take { family, place, to, part } => {
                let counter = state.counter(*family, *place, *to, index);
                match state.pools.take(family.index(), counter, 1, now) {
                    Taken::Now => state.requests.take_hold(index, counter),
                    Taken::Later => return wait_for_unit(state, index, *family, counter, *part),
                    Taken::Refused => {
                        let reason = network.families[family.index()].reason;
                        return finish(state, index, Outcome::Refused(reason));
                    }
                }
            }
            Leg::Give { family, place, to } => {
                let counter = state.counter(*family, *place, *to, index);
                if let Some(place) = state.requests.place_of(index, counter) {
                    state.requests.let_go(index, place);
                    give_back(state, counter);
                }
            }
            Leg::Branch { role, targets } => {
                let hot = &state.requests.hot[i];
                let u: f64 = hot.key.stream(*role, hot.visit).random();
                let to = targets.iter().find(|(cumulative, _)| u < *cumulative);
                go_to(state, index, to.or(targets.last()).map_or(0, |(_, to)| *to));
                continue;
            }
            Leg::Jump { to } => {
                go_to(state, index, *to);
                continue;
            }
            Leg::Fork { program } => fork(state, index, *program),
            Leg::Mark => state.requests.mark(index, now),
            Leg::End => return finish(state, index, Outcome::Completed),
            Leg::Fail { reason } => return finish(state, index, Outcome::Failed(*reason)),
            Leg::Refuse { reason } => return finish(state, index, Outcome::Refused(*reason)),
        }
        state.requests.hot[i].leg += 1;
    }
}

/// A delay of `span` ns, booked as `part`, begins at `since`, which may be ahead.
#[inline(always)]
fn wait(state: &mut SystemState<'_>, index: u32, since: SimTime, (part, span): (Part, u64)) {
    let until = SimTime(since.0.saturating_add(span));
    let pending = state.calendar.schedule(until, Class::Arrival, u64::from(index));
    let hot = &mut state.requests.hot[index as usize];
    hot.at = NIL;
    hot.pending = pending;
    hot.since = since;
    hot.state = State::Delayed;
    hot.part = part;
}

/// Delays in a row from leg `first` on are one event, which is due when the last is over; each before
/// it is booked ahead ([`undo_delays`](super::leave::undo_delays) for a request that does not get so far).
/// The last of them is the present leg then. False where no time passes.
#[inline(never)]
fn delays(state: &mut SystemState<'_>, index: u32, first: u32) -> bool {
    let (network, now) = (state.network, state.now);
    let (mut leg, mut since) = (first, now);
    while let Leg::Delay { amount, part } = &network.legs[leg as usize] {
        let span = how_much(state, amount, leg, index);
        if !matches!(network.legs[leg as usize + 1], Leg::Delay { .. }) {
            state.requests.hot[index as usize].leg = leg;
            if since == now && span == 0 {
                return false;
            }
            wait(state, index, since, (*part, span));
            let hot = &mut state.requests.hot[index as usize];
            hot.at = first;
            hot.arrived = now;
            return true;
        }
        state.book(index, *part, span);
        since = SimTime(since.0.saturating_add(span));
        leg += 1;
    }
    unreachable!("it was called at a delay")
}

/// Opens the request that goes on beside this one.
#[inline(never)]
fn fork(state: &mut SystemState<'_>, index: u32, program: Program) {
    if work_beside(state, index, program) {
        return;
    }
    state.counts[0] += 1;
    let i = index as usize;
    let opening = Opening {
        program,
        key: state.requests.hot[i].key,
        owner: NOBODY,
        tag: 0,
        class: state.requests.class(index),
        params: [0; PARAMS],
        slots: state.requests.slots(index),
        patience: SimSpan::ZERO,
    };
    let beside = state.requests.open(&opening, state.now);
    walk(state, beside);
}

/// Queues a request for a unit of a family's pool; the unit that is given back wakes it.
#[inline]
fn wait_for_unit(state: &mut SystemState<'_>, index: u32, family: Id<PoolFamily>, counter: u32, part: Part) {
    state.pools.queue(family.index(), counter, state.requests.id(index));
    let hot = &mut state.requests.hot[index as usize];
    hot.pending = u64::MAX;
    hot.since = state.now;
    hot.state = State::Delayed;
    hot.part = part;
}

/// Takes a unit of the pool of a place's server, or says how the request ends.
#[inline]
fn acquire(state: &mut SystemState<'_>, index: u32, place: LegPlace) -> Result<(), Outcome> {
    let (station, slot) = state.bind(place, index);
    let server = &mut state.stations[station as usize];
    if matches!(server.availability, Availability::Killed | Availability::Draining) {
        server.report.refused_away += 1;
        return Err(Outcome::StationDown(station));
    }
    if !server.take_unit(state.now) {
        return Err(Outcome::PoolFull(station));
    }
    state.requests.hot[index as usize].units |= 1 << slot;
    Ok(())
}

/// Gives it back, if the request holds one there.
#[inline]
fn release(state: &mut SystemState<'_>, index: u32, place: LegPlace) {
    let (station, slot) = state.bind(place, index);
    let units = &mut state.requests.hot[index as usize].units;
    if *units & (1 << slot) != 0 {
        *units &= !(1 << slot);
        state.stations[station as usize].give_unit(state.now);
    }
}

/// Goes on at a leg of the program. After a jump back the draws that follow have names
/// of their own.
#[inline]
fn go_to(state: &mut SystemState<'_>, index: u32, to: u32) {
    let hot = &mut state.requests.hot[index as usize];
    let target = hot.program + to;
    let back = target <= hot.leg;
    hot.leg = target;
    if back {
        state.come_back(index);
    }
}

/// A request asks station `at` for service.
#[inline]
pub(super) fn arrive(state: &mut SystemState<'_>, index: u32, at: u32, demand: u64) {
    settle(state, at);
    let station = &mut state.stations[at as usize];
    station.arrivals += 1;
    let serves = station.availability == Availability::Up && station.shared == ALONE;
    if serves && station.busy < station.cores {
        begin(state, index, at, demand);
    } else {
        arrive_otherwise(state, index, at, demand);
    }
}

/// It is served from now on, by a core that is free.
#[inline(always)]
fn begin(state: &mut SystemState<'_>, index: u32, at: u32, demand: u64) {
    let now = state.now;
    let station = &mut state.stations[at as usize];
    station.touch(now);
    station.busy += 1;
    let end = SimTime(now.0 + demand);
    let pending = state.calendar.schedule(end, Class::Release, u64::from(index));
    let hot = &mut state.requests.hot[index as usize];
    hot.at = at;
    hot.arrived = now;
    hot.amount = demand;
    hot.since = end;
    hot.state = State::Serving;
    hot.pending = pending;
}

/// The same where the station may refuse it, or let it wait.
#[inline(never)]
fn arrive_otherwise(state: &mut SystemState<'_>, index: u32, at: u32, demand: u64) {
    let down = state.stations[at as usize].availability;
    let refuses = down == Availability::Killed || down == Availability::Draining && !state.holds(index, at);
    let shared = state.stations[at as usize].shared;
    let has_core = shared == ALONE || has_core(state, shared);
    let station = &mut state.stations[at as usize];
    if refuses {
        station.report.refused_down += 1;
        station.record_early(0, 0);
        return finish(state, index, Outcome::StationDown(at));
    }
    // Who gets as far as this at one that drains is present there, and served on.
    let free = station.busy < station.cores && has_core && station.availability != Availability::Holding;
    if free {
        begin(state, index, at, demand);
        if shared != ALONE {
            take_core(state, shared);
        }
        return;
    }
    if station.waiting >= station.queue_limit {
        station.report.refused_queue += 1;
        station.record_early(0, 0);
        return finish(state, index, Outcome::QueueFull(at));
    }
    station.touch(state.now);
    station.waiting += 1;
    station.waiting_max = station.waiting_max.max(station.waiting);
    let tail = std::mem::replace(&mut station.tail, index);
    if tail == NIL {
        station.head = index;
    } else {
        state.requests.hot[tail as usize].next = index;
    }
    let hot = &mut state.requests.hot[index as usize];
    hot.at = at;
    hot.arrived = state.now;
    hot.amount = demand;
    hot.state = State::Waiting;
    hot.pending = u64::MAX;
    hot.next = NIL;
    await_end(state, at);
}

/// Service has ended.
#[inline]
pub(super) fn served(state: &mut SystemState<'_>, index: u32) {
    let now = state.now;
    let at = state.requests.hot[index as usize].at;
    settle(state, at);
    let station = &mut state.stations[at as usize];
    station.touch(now);
    station.busy -= 1;
    let hot = &mut state.requests.hot[index as usize];
    let (part, service) = (hot.part, hot.amount);
    // The time that did not serve is waiting, whenever it fell (a hold).
    let sojourn = now.0 - hot.arrived.0;
    hot.at = NIL;
    hot.leg += 1;
    station.record_visit(sojourn, service);
    let (waits, shared) = (station.head != NIL, station.shared);
    if shared != ALONE {
        give_core(state, shared);
    }
    state.book(index, part, sojourn - service);
    state.book(index, part.service(), service);
    if waits || shared != ALONE {
        serve_waiting(state, at);
    }
    walk(state, index);
}

/// Transfers that links may bind have ended: all who end now leave before the first goes on.
pub(super) fn crossed(state: &mut SystemState<'_>) {
    let ended = leave_links(state);
    for &index in &ended {
        walk(state, index);
    }
    put_back(state, ended);
}
