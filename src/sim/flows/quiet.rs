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

#[cfg(test)]
mod tests {
    use super::super::{Alone, Flows};
    use super::more_through;
    use crate::kernel::SimTime;
    use proptest::prelude::*;

    proptest! {
        /// It is the difference of two minima, whatever side of the limit both are on.
        #[test]
        fn what_comes_through_is_bounded(less in 0_u128..200, further in 0_u128..200, lower in 0_u64..300) {
            let (more, limit) = (less + further, u128::from(lower));
            prop_assert_eq!(more_through(less, more, lower), more.min(limit) - less.min(limit));
        }
    }

    /// 1,000 bits over links of 4, 2 and 3 kbit/s take half a second, bound by the second of them; at a cap of
    /// 1 kbit/s a second, bound by that.
    #[test]
    fn who_is_alone_is_bound_by_the_narrowest_link_or_by_its_cap() {
        for (cap, ends_at, bound_by) in [(f64::INFINITY, 500_000_000, 2), (1e3, 1_000_000_000, 0)] {
            let mut flows = Flows::new(&[4e3, 2e3, 3e3], 0.0, &[&[0, 1, 2]]);
            let (number, end) = flows.start(SimTime(0), 0, 1_000, cap, 7);
            assert_eq!(end, Some(SimTime(ends_at)));
            assert_eq!(flows.end_alone(number), Some(Alone { bound_by, among_others: false }));
            assert_eq!(flows.check(SimTime(ends_at)), [""; 0]);
            assert_eq!((flows.on(1), flows.end_alone(number)), (vec![], None));
        }
    }
}
