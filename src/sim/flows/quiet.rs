//! What a flow is to its links when it begins, and when it has ended without having met a link that
//! could bind: most flows of most networks. Sums alone.
//!
//! Next: [`super::join`].

use super::state::{Link, Path, State};

/// A flow of so high a cap comes to a path, counted from now on; whether a quiet link of it may have to
/// become loud.
#[inline]
pub(super) fn enter(path: &mut Path, links: &mut [Link], cap: u64, now: u64) -> bool {
    let before = path.caps;
    let caps = before + u128::from(cap);
    path.caps = caps;
    let mut fills = false;
    for (&link, &lower) in path.links.iter().zip(&path.lower) {
        let link = &mut links[link as usize];
        link.counts.touch(now);
        link.counts.present += 1;
        link.counts.begun += 1;
        link.bound += more_through(before, caps, lower);
        fills |= link.bound >= u128::from(link.capacity) && !link.loud;
    }
    fills
}

/// How much more comes through links of lower rank of caps that were `less` and are `more`.
#[inline]
pub(super) fn more_through(less: u128, more: u128, lower: u64) -> u128 {
    let lower = u128::from(lower);
    // As nearly always: the branch costs less than two minima of so long numbers.
    if more <= lower { more - less } else { lower - less.min(lower) }
}

/// A flow has ended, now, that has been on a quiet path all the time, and its number is free: what bound
/// it (0 for its cap, else 1 and the place of the link).
#[inline]
pub(super) fn leave_quietly(state: &mut State, index: u32, now: u64) -> u32 {
    let flow = &mut state.flows[index as usize];
    (flow.live, flow.until, flow.tidy) = (false, 0, true);
    let (place, cap, whole) = (flow.place, u128::from(flow.cap), flow.whole);
    let (stay, bound_by_cap) = (u128::from(now - flow.began), flow.own <= flow.cap);
    let path = &mut state.paths[flow.path as usize];
    debug_assert!(path.loud == 0 && !flow.bound);
    path.members.swap_remove(place as usize);
    if let Some(&moved) = path.members.get(place as usize) {
        state.flows[moved as usize].place = place;
    }
    let before = path.caps;
    let caps = before - cap;
    path.caps = caps;
    for (&link, &lower) in path.links.iter().zip(&path.lower) {
        let link = &mut state.links[link as usize];
        link.bound -= more_through(caps, before, lower);
        link.counts.leave(now, stay, whole);
    }
    state.free.push(index);
    if bound_by_cap { 0 } else { 1 + path.narrowest }
}
