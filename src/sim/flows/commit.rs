//! Levels come into force: flows change sides, clocks run at other rates, ends move.
//!
//! A flow that runs at its cap has an event of its own; one that a link binds ends when that
//! link's clock has come to its virtual finish, by the link's event. Both may be too early,
//! since no flow runs faster than its cap or than the level of a full link on its path, and
//! never too late: who changes sides cancels nothing, and what is due too early is put right
//! when it comes.
//!
//! Must not know how levels are found ([`super::levels`]).

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;

use super::loud::blame;
use super::state::{Due, Entry, NOT_PENDING, State};
use super::units::{SLACK, done_at, half};

/// The levels that were found come into force now.
pub(super) fn commit(state: &mut State, now: u64) {
    for at in 0..state.changed.len() {
        let link = state.changed[at];
        let clock = state.clock(link, now);
        let here = &mut state.links[link as usize];
        (here.clock, here.clocked) = (clock, now);
        for &path in &here.multi {
            if !std::mem::replace(&mut state.paths[path as usize].touched, true) {
                state.touched.push(path);
            }
        }
    }
    for at in 0..state.changed.len() {
        commit_pool(state, state.changed[at], now);
    }
    while let Some(path) = state.touched.pop() {
        state.paths[path as usize].touched = false;
        commit_path(state, path, now);
    }
    while let Some(link) = state.changed.pop() {
        let here = &mut state.links[link as usize];
        here.changed = false;
        here.level = here.next;
        if here.level == SLACK {
            here.entries.clear();
            here.epoch += 1;
            here.clock = 0;
            here.pending = NOT_PENDING;
        } else {
            state.wake(link);
        }
    }
}

/// Flows for which the link is the only one that may bind.
fn commit_pool(state: &mut State, link: u32, now: u64) {
    let here = &mut state.links[link as usize];
    let (old, new) = here.pool.commit(here.next);
    for place in old..new {
        let flow = state.links[link as usize].pool.flow(place);
        run_at_cap(state, flow, now);
    }
    for place in new..old {
        let flow = state.links[link as usize].pool.flow(place);
        be_bound(state, flow, link, now);
    }
}

/// Flows of a path on which several links may.
fn commit_path(state: &mut State, path: u32, now: u64) {
    let p = path as usize;
    let (level, binder) = (state.paths[p].next, state.paths[p].first);
    let blamed = blame(state, path, level);
    let (old, new) = state.paths[p].group.commit(level);
    for place in old..new {
        let flow = state.paths[p].group.flow(place);
        run_at_cap(state, flow, now);
    }
    for place in new..old {
        let flow = state.paths[p].group.flow(place);
        be_bound(state, flow, binder, now);
    }
    let (moves, tells) = (binder != state.paths[p].binder, blamed != state.paths[p].blame);
    if moves || tells {
        for place in old.max(new)..state.paths[p].group.len() {
            let flow = state.paths[p].group.flow(place);
            if moves {
                be_bound(state, flow, binder, now);
            } else {
                state.book(flow, now);
            }
        }
    }
    let here = &mut state.paths[p];
    (here.level, here.binder, here.blame) = (level, binder, blamed);
}

/// A flow runs at its cap from now on.
fn run_at_cap(state: &mut State, index: u32, now: u64) {
    let left = state.left(index, now);
    state.book(index, now);
    let flow = &mut state.flows[index as usize];
    (flow.left, flow.since, flow.bound) = (left, now, false);
    state.await_end(index);
}

/// A link binds a flow from now on.
fn be_bound(state: &mut State, index: u32, binder: u32, now: u64) {
    let left = state.left(index, now);
    state.book(index, now);
    let finish = left + state.clock(binder, now);
    let flow = &mut state.flows[index as usize];
    (flow.left, flow.bound) = (finish, true);
    state.enter_heap(index, binder);
}

/// Sees to it that the events of links that were woken come no later than their next end.
pub(super) fn watch(state: &mut State, now: u64) {
    while let Some(link) = state.woken.pop() {
        state.links[link as usize].woken = false;
        let level = state.links[link as usize].level;
        if level == SLACK || level == 0 {
            continue;
        }
        let Some(first) = first(state, link) else { continue };
        let left = first.finish.saturating_sub(state.clock(link, now));
        let Some(at) = done_at(now, left, level) else { continue };
        let here = &mut state.links[link as usize];
        if here.pending == NOT_PENDING || at < here.due {
            here.due = at;
            state.links[link as usize].pending = state.put(at, Due::Link(link));
        }
    }
}

/// Who ends first on a link, of those that it binds; entries before that are put right.
fn first(state: &mut State, link: u32) -> Option<Entry> {
    loop {
        let here = &state.links[link as usize];
        let Reverse(entry) = *here.entries.peek()?;
        let flow = &state.flows[entry.flow as usize];
        let lives = flow.serial == entry.serial && flow.live;
        let binds = lives && flow.bound && state.binder(flow.path) == link;
        if binds && flow.left <= entry.finish {
            return Some(entry);
        }
        let (finish, path) = (flow.left, flow.path);
        let here = &mut state.links[link as usize];
        let Some(mut top) = here.entries.peek_mut() else { continue };
        if binds {
            top.0.finish = finish;
            continue;
        }
        PeekMut::pop(top);
        if lives {
            let at = entry.flow as usize * state.width + state.place(path, link);
            state.epochs[at] = 0;
        }
    }
}

/// The next flow of a link that has ended by now, if there is one; it stands in its heap no more.
pub(super) fn next_over(state: &mut State, link: u32, now: u64) -> Option<u32> {
    let level = state.links[link as usize].level;
    let entry = first(state, link)?;
    if level == SLACK || entry.finish.saturating_sub(state.clock(link, now)) > half(level) {
        return None;
    }
    state.links[link as usize].entries.pop();
    let at = entry.flow as usize * state.width + state.place(state.flows[entry.flow as usize].path, link);
    state.epochs[at] = 0;
    Some(entry.flow)
}
