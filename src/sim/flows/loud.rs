//! Which links can bind at all. A quiet link keeps sums only.
//!
//! What can come over a link at most is, path by path, the sum of the caps of its flows or the
//! least capacity among its links of lower rank. Below the link's own capacity it can never be
//! full: it is quiet, and flows that cross quiet links alone wake nobody. Links are ranked by
//! capacity, then by number: without a rank two equal links would trust each other.
//!
//! Next: [`super::join`].

use super::quiet::more_through;
use super::state::{Link, Path, State};
use super::units::{SLACK, reaches};

/// What capacities say of a path: its least, and the least of lower rank by link.
pub(super) fn rank(state: &mut State, path: u32) {
    let path = &mut state.paths[path as usize];
    let ranked = |link: u32| (state.links[link as usize].capacity, link);
    let capacities = path.links.iter().map(|&link| ranked(link).0);
    let least = (0..).zip(capacities).min_by_key(|&(_, capacity)| capacity);
    (path.narrowest, path.least) = least.unwrap_or((0, 0));
    for place in 0..path.links.len() {
        let own = ranked(path.links[place]);
        let lower = path.links.iter().map(|&link| ranked(link)).filter(|other| *other < own);
        path.lower[place] = lower.map(|(capacity, _)| capacity).min().unwrap_or(SLACK);
    }
}

/// The caps of a path's flows add up to `caps` from now on; whether a quiet link of it may have to become loud.
#[inline]
pub(super) fn set_caps(path: &mut Path, links: &mut [Link], caps: u128) -> bool {
    let before = std::mem::replace(&mut path.caps, caps);
    let mut fills = false;
    for (&link, &lower) in path.links.iter().zip(&path.lower) {
        let link = &mut links[link as usize];
        if caps >= before {
            link.bound += more_through(before, caps, lower);
        } else {
            link.bound -= more_through(caps, before, lower);
        }
        fills |= link.bound >= u128::from(link.capacity) && !link.loud;
    }
    fills
}

/// A link becomes quiet when so many flows, and one for so many of its paths, have left it
/// where it could have: to turn costs a look at each path, and those that carry what they can
/// now and then would turn again and again.
const CALM: usize = 8;

/// Links of a path that could bind now become loud.
#[inline(never)]
pub(super) fn wake_links(state: &mut State, path: u32) {
    for place in 0..state.paths[path as usize].links.len() {
        let link = state.paths[path as usize].links[place];
        let here = &state.links[link as usize];
        let fills = here.bound >= u128::from(here.capacity);
        // Whoever is alone has as much as there is.
        if fills && !here.loud && (here.counts.present > 1 || here.capacity == 0) {
            become_loud(state, link);
        }
    }
}

/// Links of a path that bind nobody, and will not soon, become quiet; levels are settled.
#[inline]
pub(super) fn calm_links(state: &mut State, path: u32) {
    for place in 0..state.paths[path as usize].links.len() {
        let link = state.paths[path as usize].links[place];
        let here = &mut state.links[link as usize];
        if !here.loud {
            continue;
        }
        if here.level != SLACK || 4 * here.bound > 3 * u128::from(here.capacity) {
            here.calm = 0;
            continue;
        }
        here.calm += 1;
        if here.calm as usize * CALM > CALM * CALM + here.paths.len() {
            here.calm = 0;
            become_quiet(state, link);
        }
    }
}

/// Finds the two least levels of a path with several loud links.
#[inline]
pub(super) fn refresh(state: &mut State, path: u32) {
    let path = &mut state.paths[path as usize];
    (path.next, path.second) = (SLACK, SLACK);
    path.first = path.links[0];
    for &link in &path.links {
        let here = &state.links[link as usize];
        if !here.loud {
            continue;
        }
        if here.next < path.next {
            path.second = path.next;
            path.next = here.next;
            path.first = link;
        } else if here.next < path.second {
            path.second = here.next;
        }
    }
    let first = &state.links[path.first as usize];
    path.whole = if path.next != SLACK && first.paths.len() == 1 { first.capacity } else { 0 };
}

/// The first link of a path that is full at `level`: the one that is told to bind.
#[inline]
pub(super) fn blame(state: &State, path: u32, level: u64) -> u32 {
    let links = &state.paths[path as usize].links;
    let full = |&link: &u32| reaches(level, state.links[link as usize].mark);
    links.iter().position(full).unwrap_or(0) as u32
}

/// What is in force on a path is that of its links, between two settlements.
fn take_over(state: &mut State, path: u32) {
    refresh(state, path);
    let (level, binder) = (state.paths[path as usize].next, state.paths[path as usize].first);
    let blame = blame(state, path, level);
    let path = &mut state.paths[path as usize];
    (path.level, path.binder, path.blame) = (level, binder, blame);
}

/// A path with several loud links has its first flow.
pub(super) fn enlist(state: &mut State, path: u32) {
    for place in 0..state.paths[path as usize].links.len() {
        let link = state.paths[path as usize].links[place];
        let here = &mut state.links[link as usize];
        if here.loud {
            here.multi.push(path);
        }
    }
    take_over(state, path);
}

/// It has none any more.
pub(super) fn strike(state: &mut State, path: u32) {
    for place in 0..state.paths[path as usize].links.len() {
        let link = state.paths[path as usize].links[place];
        strike_from(&mut state.links[link as usize].multi, path);
    }
}

fn strike_from(paths: &mut Vec<u32>, path: u32) {
    if let Some(place) = paths.iter().position(|&other| other == path) {
        paths.swap_remove(place);
    }
}

/// A link takes part in dividing: flows move between pools and paths, their rates stay.
#[cold]
fn become_loud(state: &mut State, link: u32) {
    state.links[link as usize].loud = true;
    for at in 0..state.links[link as usize].paths.len() {
        let (path, _) = state.links[link as usize].paths[at];
        let here = &mut state.paths[path as usize];
        here.loud += 1;
        match here.loud {
            1 => {
                here.sole = link;
                for at in 0..here.members.len() {
                    let index = state.paths[path as usize].members[at];
                    state.links[link as usize].pool.insert(state.flows[index as usize].key(index), SLACK);
                    // Its end may come later from now on.
                    if state.flows[index as usize].until != 0 {
                        state.await_end(index);
                    }
                }
            }
            2 if !here.members.is_empty() => {
                let sole = &mut state.links[here.sole as usize];
                for &index in &here.members {
                    let key = state.flows[index as usize].key(index);
                    sole.pool.remove(key);
                    here.group.insert(key, sole.level);
                }
                enlist(state, path);
            }
            _ if !here.members.is_empty() => {
                state.links[link as usize].multi.push(path);
                take_over(state, path);
            }
            _ => {}
        }
    }
    state.soil(link);
}

/// A link that binds nobody takes no part any more.
#[cold]
fn become_quiet(state: &mut State, link: u32) {
    state.links[link as usize].loud = false;
    for at in 0..state.links[link as usize].paths.len() {
        let (path, _) = state.links[link as usize].paths[at];
        let here = &mut state.paths[path as usize];
        here.loud -= 1;
        match here.loud {
            0 => {}
            1 => {
                let other = here.links.iter().copied().find(|&other| state.links[other as usize].loud);
                let Some(other) = other else { continue };
                here.sole = other;
                let sole = &mut state.links[other as usize];
                for &index in &here.members {
                    sole.pool.insert(state.flows[index as usize].key(index), sole.level);
                }
                here.group.clear();
                strike_from(&mut sole.multi, path);
            }
            _ if !here.members.is_empty() => take_over(state, path),
            _ => {}
        }
    }
    let link = &mut state.links[link as usize];
    link.pool.clear();
    link.multi.clear();
    link.mark = SLACK;
}
