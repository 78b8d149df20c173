//! The levels of links: what max-min fairness says of each, given the others, until all agree.
//!
//! The level of a link is the highest rate x at which its flows, each at min(its cap, x, the
//! least level of its other links), take no more than its capacity; a link that they cannot fill
//! has none. Levels that agree are the one max-min fair division: a flow that does not run at its
//! cap crosses a full link on which nobody runs faster. Looking for them again and again leads
//! there from anywhere, since the lowest level depends on no other, and so on upwards; the
//! lowest is looked for first.
//!
//! Must not know clocks and events ([`super::commit`]).

use super::loud::refresh;
use super::state::{Link, Path, State};
use super::units::{SLACK, rounding};

/// Searches after which a level that rises by rounding alone stays where it is: levels are
/// rounded down one on another, and links that bind equally could pass a unit on for ever.
const PATIENCE: usize = 64;

/// Looks for the level of every link that is dirty, and of those that this moves.
pub(super) fn settle(state: &mut State) {
    let mut patience = PATIENCE + 8 * state.dirty.len();
    while let Some(link) = lowest(state) {
        patience = patience.saturating_sub(1);
        let (old, mark) = (state.links[link as usize].next, state.links[link as usize].mark);
        let mut new = solve(&mut state.links[link as usize], &mut state.paths);
        if patience == 0 && old < new && new - old <= 1 << 16 {
            new = old;
        }
        let here = &mut state.links[link as usize];
        if old == new && mark == here.mark {
            continue;
        }
        here.next = new;
        if !std::mem::replace(&mut here.changed, true) {
            state.changed.push(link);
        }
        if old != new {
            spread(state, link, old, new);
        }
    }
}

/// The dirty link of the lowest level, of equals the first; it is clean from now on.
#[inline]
fn lowest(state: &mut State) -> Option<u32> {
    let level = |link: u32| (state.links[link as usize].next, link);
    let place = (0..state.dirty.len()).min_by_key(|&place| level(state.dirty[place]))?;
    let link = state.dirty.swap_remove(place);
    state.links[link as usize].dirty = false;
    Some(link)
}

/// The level of a link has moved: what the others on its paths make of it.
fn spread(state: &mut State, link: u32, old: u64, new: u64) {
    for at in 0..state.links[link as usize].multi.len() {
        let path = state.links[link as usize].multi[at];
        let before = state.paths[path as usize].first;
        refresh(state, path);
        let here = &state.paths[path as usize];
        // Full before and after, and nobody else's: it lets through its capacity as ever.
        let alike = old != SLACK && here.whole > 0 && before == link && here.first == link;
        // What it can add to the load of another link.
        let top = here.group.highest();
        let rise = here.group.len() as u128 * u128::from(new.min(top).saturating_sub(old.min(top)));
        for &other in &here.links {
            let there = &mut state.links[other as usize];
            if other == link || !there.loud || there.dirty || there.next < old.min(new) {
                continue;
            }
            if alike && there.next >= old.max(new) {
                continue;
            }
            if there.next == SLACK && there.mark == SLACK && rise <= there.room {
                there.room -= rise;
                continue;
            }
            there.dirty = true;
            state.dirty.push(other);
        }
    }
}

/// The level of a link under the present ones of all others; notes its mark and its room.
fn solve(link: &mut Link, paths: &mut [Path]) -> u64 {
    let (level, most) = if link.multi.is_empty() {
        (link.pool.fill(link.capacity), link.pool.total())
    } else {
        root(link, paths)
    };
    let full = u128::from(link.capacity) - rounding(link.capacity);
    (link.mark, link.room) = if level != SLACK {
        (level, 0)
    } else if most >= full {
        (fastest(link, paths), 0)
    } else {
        (SLACK, full - most)
    };
    level
}

/// What a link's flows take at a level of its own, and how many of them run at it.
#[inline]
fn load(link: &mut Link, paths: &mut [Path], level: u64) -> (u128, u64) {
    let (mut load, mut bound) = link.pool.load(level);
    for &path in &link.multi {
        let path = &mut paths[path as usize];
        let other = if path.first == link.number { path.second } else { path.next };
        if path.whole > 0 && path.first != link.number && level >= other {
            load += u128::from(path.whole);
            continue;
        }
        let (more, at) = path.group.load(level.min(other));
        load += more;
        if other > level {
            bound += at;
        }
    }
    (load, bound)
}

/// The highest rate on a slack link.
#[cold]
fn fastest(link: &Link, paths: &[Path]) -> u64 {
    let path = |&path: &u32| paths[path as usize].group.highest().min(paths[path as usize].next);
    link.multi.iter().map(path).max().unwrap_or(0).max(link.pool.highest())
}

/// The highest level at which the load is not more than the capacity, and what the load is there;
/// [`SLACK`] where it never is more.
///
/// The load is concave in the level, and linear between caps: from the left Newton's tangents
/// lead to the root in steps that never pass it; from the right they may pass it, a secant from
/// the origin does not. Where a path's load is a full link's capacity, it may step by rounding,
/// and a tangent pass the root by as much.
fn root(link: &mut Link, paths: &mut [Path]) -> (u64, u128) {
    let capacity = u128::from(link.capacity);
    let mut level = link.next;
    if level == SLACK || capacity == 0 {
        let (most, _) = load(link, paths, SLACK);
        if most <= capacity {
            return (SLACK, most);
        }
        level = if capacity == 0 { 0 } else { fastest(link, paths) };
    }
    // The highest level that is known to fit, the lowest that is known not to.
    let (mut fits, mut fails) = (None, SLACK);
    loop {
        let (taken, bound) = load(link, paths, level);
        if taken <= capacity {
            if bound == 0 {
                return (SLACK, taken);
            }
            let step = (capacity - taken) / u128::from(bound);
            if step == 0 || level + 1 == fails {
                return (level, taken);
            }
            fits = Some(level);
            level = (u128::from(level) + step).min(u128::from(fails) - 1) as u64;
            continue;
        }
        fails = level;
        let tangent = u128::from(level).saturating_sub((taken - capacity).div_ceil(u128::from(bound.max(1))));
        let secant = u128::from(level) * capacity / taken;
        level = tangent.max(secant - secant / 8).min(u128::from(level) - 1) as u64;
        match fits {
            Some(fits) if fits + 1 == fails => return (fits, capacity),
            Some(fits) => level = level.max(fits + 1),
            None => {}
        }
    }
}
