//! Transfers begin, end and are ended: what the engine does with [`super::flows`].
//!
//! Where nothing on a path can bind a transfer, its end is known when it begins and stands in
//! the calendar like the end of a service. Of all others one event is pending, not after the
//! next of their ends.
//!
//! Must not know how a request goes on ([`super::walk`]) or ends ([`super::leave`]).

use super::flows::Crossed;
use super::handles::NIL;
use super::link::NOT_PENDING;
use super::opening::Outcome;
use super::paths::Capped;
use super::request::State;
use super::state::{OTHER, SystemState};
use crate::itinerary::{Leg, Part};
use crate::kernel::calendar::Class;

/// Bits of a transfer at most: what is longer counts as so long. At 1 Tbit/s it takes ten minutes.
const MOST_BITS: u64 = (1 << 49) - 1;

/// The cap of a request's transfer of so many bits, bit/s, and what it is.
#[inline]
fn capped_at(state: &SystemState<'_>, index: u32, bits: u64, (leg, path): (&Leg, u32)) -> (f64, Capped) {
    let Leg::Transfer { cap, capped, slow, line, .. } = leg else {
        return (0.0, Capped::Line);
    };
    let line = line.map_or(f64::INFINITY, |line| state.requests.param(index, line).max(1) as f64);
    let (cap, by) = if line <= *cap { (line, Capped::Line) } else { (*cap, Capped::Leg(*capped)) };
    let Some(slow) = slow else { return (cap, by) };
    let client = slow.index.map_or(0, |of| state.requests.param(index, of));
    let reach = cap.min(state.crossings.least[path as usize]);
    let rate = slow.rate(bits as f64, (client + slow.fixed_ns) as f64, reach);
    if rate < reach { (rate, Capped::SlowStart(client, slow.fixed_ns)) } else { (cap, by) }
}

/// A transfer of so many bits begins; the link that refuses it, if one does.
#[inline(never)]
pub(super) fn cross(state: &mut SystemState<'_>, index: u32, bits: u64) -> Result<(), Outcome> {
    let now = state.now;
    let number = state.requests.hot[index as usize].leg;
    let leg = &state.network.legs[number as usize];
    let Leg::Transfer { links, .. } = leg else {
        return Ok(());
    };
    let bits = bits.min(MOST_BITS);
    let class = state.requests.class(index);
    if state.crossings.refusing > 0
        && let Some(link) = links.iter().find(|link| state.links[link.index()].refuses)
    {
        // Nothing is sent over the others.
        state.links[link.index()].asked(class, bits);
        state.links[link.index()].report.killed += 1;
        return Err(Outcome::LinkDown(link.index() as u32));
    }
    let path = state.crossings.path_of[number as usize];
    let (cap, by) = capped_at(state, index, bits, (leg, path));
    let (flow, alone) = state.crossings.flows.start(now, path, bits, cap, index);
    state.crossings.note_cap(flow, (cap, by));
    for link in links.iter() {
        let present = state.crossings.flows.present(link.index() as u32);
        let link = &mut state.links[link.index()];
        link.asked(class, bits);
        link.begun(present);
    }
    let pending = match alone {
        Some(at) => state.calendar.schedule(at, Class::Release, u64::from(index)),
        None => NOT_PENDING,
    };
    let hot = &mut state.requests.hot[index as usize];
    hot.at = flow;
    hot.amount = bits;
    hot.state = State::Crossing;
    hot.pending = pending;
    hot.arrived = now;
    if alone.is_none() {
        watch_flows(state);
    }
    Ok(())
}

/// The end of a transfer that nothing was to bind has come; false where something does.
#[inline(never)]
pub(super) fn crossed_alone(state: &mut SystemState<'_>, index: u32) -> bool {
    let hot = &mut state.requests.hot[index as usize];
    let (flow, took) = (hot.at, state.now.0 - hot.arrived.0);
    hot.pending = NOT_PENDING;
    let Some(alone) = state.crossings.flows.end_alone(flow) else {
        watch_flows(state);
        return false;
    };
    completed(state, index, if alone.bound_by == 0 { (took, 0) } else { (0, took) });
    if alone.among_others {
        watch_flows(state);
    }
    true
}

/// All transfers that have ended by now leave their links; they have yet to go on.
pub(super) fn leave_links(state: &mut SystemState<'_>) -> Vec<u32> {
    state.crossings.pending = NOT_PENDING;
    let mut ended = std::mem::take(&mut state.crossings.ended);
    state.crossings.flows.advance(state.now, &mut ended);
    for flow in &mut ended {
        let (owner, spans) = (state.crossings.flows.owner(*flow), taken(state, *flow));
        *flow = owner;
        completed(state, owner, spans);
    }
    watch_flows(state);
    ended
}

/// Whoever was to go on has.
pub(super) fn put_back(state: &mut SystemState<'_>, mut ended: Vec<u32>) {
    ended.clear();
    state.crossings.ended = ended;
}

/// The time of a flow that is over in which its own cap bound it, and that in which links did.
fn taken(state: &mut SystemState<'_>, flow: u32) -> (u64, u64) {
    let by = state.crossings.flows.take(flow).bound_by;
    (by[0], by[1..].iter().sum())
}

/// Books a transfer that has ended by itself, with the spans in which its own cap and links bound it.
#[inline(always)]
fn completed(state: &mut SystemState<'_>, index: u32, spans: (u64, u64)) {
    let hot = &state.requests.hot[index as usize];
    let (leg, bits, took) = (hot.leg, hot.amount as f64, state.now.0 - hot.arrived.0);
    debug_assert_eq!(spans.0 + spans.1, took, "the parts of a flow add up");
    let Leg::Transfer { links, part, .. } = &state.network.legs[leg as usize] else { return };
    let cap = book_flow(state, index, *part, spans);
    let alone = bits / state.crossings.least[state.crossings.path_of[leg as usize] as usize].min(cap) * 1e9;
    let slowdown = took as f64 / alone;
    for link in links.iter() {
        state.links[link.index()].completed(took, bits, slowdown);
    }
    let hot = &mut state.requests.hot[index as usize];
    hot.pending = NOT_PENDING;
    hot.leg += 1;
}

/// Books a transfer that is ended before its time.
pub(super) fn left_early(state: &mut SystemState<'_>, index: u32) {
    let hot = &state.requests.hot[index as usize];
    let (leg, flow, took) = (hot.leg, hot.at, state.now.0 - hot.arrived.0);
    let bits = hot.amount as f64 - state.crossings.flows.stop(state.now, flow);
    let spans = taken(state, flow);
    debug_assert_eq!(spans.0 + spans.1, took, "the parts of a flow add up");
    let Leg::Transfer { links, part, .. } = &state.network.legs[leg as usize] else { return };
    book_flow(state, index, *part, spans);
    for link in links.iter() {
        state.links[link.index()].left_early(took, bits);
    }
    watch_flows(state);
}

/// Divides the time of a flow that is over by what bound it, its own cap or links; its cap, bit/s.
#[inline(always)]
fn book_flow(state: &mut SystemState<'_>, index: u32, part: Part, (own, links): (u64, u64)) -> f64 {
    let flow = std::mem::replace(&mut state.requests.hot[index as usize].at, NIL);
    if links > 0 {
        state.book(index, part, links);
    }
    let (cap, by) = state.crossings.caps[flow as usize];
    match by {
        _ if own == 0 => {}
        Capped::Line => state.book(index, Part::ClientNetwork, own),
        Capped::Leg(capped) => state.book(index, capped, own),
        Capped::SlowStart(client, beyond) => {
            // By their shares of the round trip; what rounding leaves goes to the longer.
            let whole = u128::from(client) + u128::from(beyond);
            let less = (u128::from(own) * u128::from(client.min(beyond)) / whole.max(1)) as u64;
            let (inside, outside) = if client < beyond { (less, own - less) } else { (own - less, less) };
            state.book(index, Part::ClientNetwork, inside);
            if outside > 0 {
                state.book(index, Part::WanPropagation, outside);
            }
        }
    }
    cap
}

/// Sees to it that an event is pending not after the next end of a transfer that links may
/// bind. One that is pending earlier is left: when it comes it finds nothing over and sets the
/// next one, which is cheaper than two per arrival.
#[inline]
pub(super) fn watch_flows(state: &mut SystemState<'_>) {
    let crossings = &mut state.crossings;
    match crossings.flows.next_due() {
        None => crossings.pending = NOT_PENDING,
        Some(due) => {
            if crossings.pending == NOT_PENDING || crossings.due > due {
                crossings.due = due;
                crossings.pending = state.calendar.schedule(due.max(state.now), Class::Release, OTHER);
            }
        }
    }
}

/// What a link has seen up to now.
pub(super) fn seen(state: &SystemState<'_>, link: usize) -> Crossed {
    state.crossings.flows.crossed(state.now, link as u32)
}
