//! Flows join their path and leave it; who binds them, until levels are settled anew, is whoever
//! did.
//!
//! Next: [`super::levels`].

use super::loud::{calm_links, enlist, set_caps, strike, wake_links};
use super::state::State;

/// A flow with `left` to transfer joins its path at the levels in force.
#[inline(always)]
pub(super) fn attach(state: &mut State, now: u64, index: u32, left: u128) {
    let flow = &mut state.flows[index as usize];
    let here = &mut state.paths[flow.path as usize];
    flow.cap = flow.own.min(here.least);
    let fills = set_caps(here, &mut state.links, here.caps + u128::from(flow.cap));
    join(state, now, index, (left, fills));
}

/// The same of a flow whose cap is among those of its path already.
#[inline(always)]
pub(super) fn join(state: &mut State, now: u64, index: u32, (left, fills): (u128, bool)) {
    let flow = &mut state.flows[index as usize];
    let here = &mut state.paths[flow.path as usize];
    if fills || here.loud > 0 {
        return attach_loud(state, now, index, (left, fills));
    }
    flow.place = here.members.len() as u32;
    here.members.push(index);
    (flow.since, flow.bound, flow.left) = (now, false, left);
}

/// The same where links may bind it, or `fills` one that could not so far.
#[inline(never)]
fn attach_loud(state: &mut State, now: u64, index: u32, (left, fills): (u128, bool)) {
    let (path, cap) = (state.flows[index as usize].path, state.flows[index as usize].cap);
    if fills {
        wake_links(state, path);
    }
    let here = &mut state.paths[path as usize];
    state.flows[index as usize].place = here.members.len() as u32;
    here.members.push(index);
    if here.loud > 1 && here.members.len() == 1 {
        enlist(state, path);
    }
    let level = state.level(path);
    let bound = cap > level;
    let flow = &mut state.flows[index as usize];
    flow.since = now;
    flow.bound = bound;
    flow.left = left;
    let key = flow.key(index);
    let here = &mut state.paths[path as usize];
    match here.loud {
        0 => return,
        1 => state.links[here.sole as usize].pool.insert(key, level),
        _ => here.group.insert(key, level),
    }
    if bound {
        let binder = state.binder(path);
        state.flows[index as usize].left += state.clock(binder, now);
        state.enter_heap(index, binder);
    }
    state.soil_path(path);
}

/// A flow leaves its path, booked up to now; what it has left to transfer.
#[inline(always)]
pub(super) fn detach(state: &mut State, now: u64, index: u32) -> u128 {
    let left = state.left(index, now);
    state.book(index, now);
    let flow = &mut state.flows[index as usize];
    (flow.left, flow.bound) = (left, false);
    let (path, place, cap, key) = (flow.path, flow.place, flow.cap, flow.key(index));
    let here = &mut state.paths[path as usize];
    here.members.swap_remove(place as usize);
    if let Some(&moved) = here.members.get(place as usize) {
        state.flows[moved as usize].place = place;
    }
    match here.loud {
        0 => {}
        1 => state.links[here.sole as usize].pool.remove(key),
        _ => {
            here.group.remove(key);
            if here.members.is_empty() {
                strike(state, path);
            }
        }
    }
    let here = &mut state.paths[path as usize];
    set_caps(here, &mut state.links, here.caps - u128::from(cap));
    if here.loud > 0 {
        state.soil_path(path);
    }
    left
}

/// After levels are settled: links of a path that need not be looked at become quiet.
#[inline]
pub(super) fn calm(state: &mut State, path: u32) {
    if state.paths[path as usize].loud > 0 {
        calm_links(state, path);
    }
}
