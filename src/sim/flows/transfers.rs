//! What may be asked of flows: to begin, to end early, to live with another capacity; and what
//! became of them up to now.
//!
//! Next: [`super::join`], [`super::levels`], [`super::commit`], in this order at every change.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::commit::{commit, next_over, watch};
use super::join::{attach, calm, detach, join};
use super::levels::settle;
use super::loud::rank;
use super::quiet::{enter, leave_quietly};
use super::state::{Counts, Due, Event, Flow, Link, NOT_PENDING, Path, State};
use super::units::{Scale, done_at, half, last_tick, nanosecond, tick};
use super::verify::verify;
use crate::kernel::SimTime;

/// Transfers over links, each of which occupies all links of its path at once.
#[derive(Debug)]
pub struct Flows {
    pub(super) state: State,
}

/// A flow that has ended or was ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transferred<'f> {
    /// Whom [`Flows::begin`] was told.
    pub owner: u32,
    /// When it began.
    pub began: SimTime,
    /// Nanoseconds in which its own cap bound it, then those in which each link of its path did;
    /// together its whole time. Of links that bind equally it is the first on the path; where cap
    /// and link do, it is the cap.
    pub bound_by: &'f [u64],
}

/// A flow that ended at the instant that was told for its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alone {
    /// What bound it, all the time: 0 for its own cap, else 1 and the place of the link on its path.
    pub bound_by: u32,
    /// Others may be over too; else [`Flows::next_due`] is what it was.
    pub among_others: bool,
}

/// What a link has seen so far; of flows that have not left it too.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Crossed {
    /// Flows that began, and those that left, ended or not.
    pub begun: u64,
    /// See `begun`.
    pub left: u64,
    /// Flows on it now.
    pub present: u32,
    /// Integral of the number of flows on it, ns.
    pub area: u128,
    /// Sum of the stays of all flows so far, ns; by Little's law the same.
    pub stays: u128,
    /// Bits that they have transferred.
    pub bits: f64,
}

impl Flows {
    /// No flows, on directions of links of so many bit/s, above zero, and paths over them by
    /// index. No capacity will be above `fastest` bit/s.
    ///
    /// # Panics
    /// If a path has no links, names one twice, or one that there is not.
    #[must_use]
    pub fn new<P: AsRef<[u32]>>(capacities: &[f64], fastest: f64, paths: &[P]) -> Self {
        let scale = Scale::new(capacities.iter().copied().fold(fastest, f64::max));
        let links = (0..).zip(capacities).map(|(number, &capacity)| Link::new(number, scale.rate(capacity)));
        let mut state = State {
            scale,
            links: links.collect(),
            paths: Vec::with_capacity(paths.len()),
            flows: Vec::new(),
            width: paths.iter().map(|path| path.as_ref().len()).max().unwrap_or(0),
            epochs: Vec::new(),
            booked: Vec::new(),
            free: Vec::new(),
            serial: 0,
            now: 0,
            events: BinaryHeap::new(),
            soonest: u64::MAX,
            numbers: 0,
            over: Vec::new(),
            dirty: Vec::new(),
            changed: Vec::new(),
            touched: Vec::new(),
            woken: Vec::new(),
            scratch: Vec::new(),
        };
        for (number, links) in (0..).zip(paths) {
            let links = links.as_ref();
            let once = |(place, link): (usize, &u32)| !links[..place].contains(link);
            assert!(
                !links.is_empty() && links.iter().enumerate().all(once),
                "a path crosses links once each"
            );
            state.paths.push(Path::new(links));
            for (place, &link) in (0..).zip(links) {
                state.links[link as usize].paths.push((number, place));
            }
            rank(&mut state, number);
        }
        Self { state }
    }

    /// A flow of `bits` begins on a path, at `cap` bit/s at most (infinity for no cap). Its
    /// number is its own until it is taken ([`Self::take`]).
    ///
    /// # Panics
    /// From 2^49 bits on.
    pub fn begin(&mut self, now: SimTime, path: u32, bits: u64, cap: f64, owner: u32) -> u32 {
        let (index, alone) = self.start(now, path, bits, cap, owner);
        if alone.is_some() {
            self.state.await_end(index);
        }
        index
    }

    /// The same; where nothing on the path can bind it, with the instant of its end, at which
    /// whoever began it asks for it ([`Self::end_alone`]): [`Self::advance`] does not tell of
    /// it, unless something changes meanwhile. [`SimTime::MAX`] is never.
    ///
    /// # Panics
    /// From 2^49 bits on.
    pub fn start(
        &mut self,
        now: SimTime,
        path: u32,
        bits: u64,
        cap: f64,
        owner: u32,
    ) -> (u32, Option<SimTime>) {
        let state = &mut self.state;
        let at = come_to(state, now);
        let (whole, own) = (state.scale.volume(bits), state.scale.rate(cap));
        state.serial += 1;
        let here = &mut state.paths[path as usize];
        let cap = own.min(here.least);
        let fills = enter(here, &mut state.links, cap, now.0);
        let index = place_for(state, Flow::new(state.serial, (whole, cap, own), (at, now.0), (path, owner)));
        join(state, at, index, (whole, fills));
        if state.paths[path as usize].loud == 0 {
            let until = done_at(at, whole, cap).unwrap_or(last_tick(SimTime::MAX));
            state.flows[index as usize].until = until;
            return (index, Some(SimTime(nanosecond(until))));
        }
        divide(state, at);
        state.await_end(index);
        (index, None)
    }

    /// Ends a flow whose instant ([`Self::start`]) has come, and whose number may be another's from now
    /// on. `None` where something has changed since it began: [`Self::advance`] tells of its end then.
    #[inline]
    pub fn end_alone(&mut self, index: u32) -> Option<Alone> {
        let state = &mut self.state;
        let until = state.flows[index as usize].until;
        if until == 0 || until == last_tick(SimTime::MAX) {
            return None;
        }
        // Nothing of this can concern its path.
        let among_others = play(state, until);
        state.now = state.now.max(until);
        Some(Alone { bound_by: leave_quietly(state, index, nanosecond(until)), among_others })
    }

    /// When [`Self::advance`] has something to do next; it may find that nothing has ended.
    #[inline]
    pub fn next_due(&mut self) -> Option<SimTime> {
        let state = &mut self.state;
        let at = if state.over.is_empty() { next_event(state)?.at } else { state.now };
        Some(SimTime(nanosecond(at)))
    }

    /// Plays all that happens up to `now`; adds the flows that have ended to `ended`, by when
    /// they ended, at one instant of one link by when they began.
    #[inline]
    pub fn advance(&mut self, now: SimTime, ended: &mut Vec<u32>) {
        play(&mut self.state, last_tick(now));
        ended.append(&mut self.state.over);
    }

    /// Ends a flow before its time; the bits that it had still to transfer. What would have ended
    /// earlier has; it is told by [`Self::advance`] all the same.
    pub fn stop(&mut self, now: SimTime, index: u32) -> f64 {
        let state = &mut self.state;
        let at = come_to(state, now);
        if !state.flows[index as usize].live {
            // It ended in the last nanosecond, and nobody has been told.
            state.over.retain(|&over| over != index);
            return 0.0;
        }
        let left = leave(state, index, at, false);
        state.scale.bits(left)
    }

    /// The capacity of a link is another from now on, in bit/s; 0 holds all its flows where they
    /// are.
    ///
    /// # Panics
    /// If it is above the fastest that was announced.
    pub fn set_capacity(&mut self, now: SimTime, link: u32, bits_per_s: f64) {
        let state = &mut self.state;
        let at = come_to(state, now);
        let capacity = state.scale.rate(bits_per_s);
        assert!(capacity < (1 << 63) - 1, "a capacity is above the fastest that was announced");
        let mut flows = std::mem::take(&mut state.scratch);
        for &(path, _) in &state.links[link as usize].paths {
            flows.extend(&state.paths[path as usize].members);
        }
        flows.sort_unstable_by_key(|&index| state.flows[index as usize].serial);
        for &index in &flows {
            detach(state, at, index);
            // Its cap may rise: what is pending is no bound any more.
            let flow = &mut state.flows[index as usize];
            (flow.pending, flow.until) = (NOT_PENDING, 0);
        }
        let here = &mut state.links[link as usize];
        here.could += u128::from(here.capacity) * u128::from(at - here.capable);
        (here.capacity, here.capable) = (capacity, at);
        for place in 0..state.links[link as usize].paths.len() {
            let (path, _) = state.links[link as usize].paths[place];
            rank(state, path);
        }
        for &index in &flows {
            attach(state, at, index, state.flows[index as usize].left);
        }
        if state.links[link as usize].loud {
            state.soil(link);
        }
        divide(state, at);
        for &index in &flows {
            state.await_end(index);
        }
        for place in 0..state.links[link as usize].paths.len() {
            let (path, _) = state.links[link as usize].paths[place];
            calm(state, path);
        }
        flows.clear();
        state.scratch = flows;
    }

    /// What became of a flow that has ended; its number may be another's from now on.
    #[inline]
    pub fn take(&mut self, index: u32) -> Transferred<'_> {
        let flow = &self.state.flows[index as usize];
        debug_assert!(!flow.live);
        self.state.free.push(index);
        let width = self.state.width + 1;
        let links = self.state.paths[flow.path as usize].links.len();
        Transferred {
            owner: flow.owner,
            began: SimTime(flow.began),
            bound_by: &self.state.booked[index as usize * width..][..=links],
        }
    }

    /// What is wrong with the division in force or with what was counted, in words: nothing in
    /// a sound run. Looks at every flow.
    #[must_use]
    pub fn check(&self, now: SimTime) -> Vec<String> {
        verify(&self.state, now)
    }

    /// A number of each line of memory of a flow, for whoever looks ahead.
    #[must_use]
    #[inline]
    pub fn look(&self, index: u32) -> u64 {
        self.state
            .flows
            .get(index as usize)
            .map_or(0, |flow| flow.serial ^ flow.until ^ u64::from(flow.place))
    }

    /// The flows on a link, in the order in which they began.
    #[must_use]
    pub fn on(&self, link: u32) -> Vec<u32> {
        let paths = self.state.links[link as usize].paths.iter();
        let mut all: Vec<u32> =
            paths.flat_map(|&(path, _)| self.state.paths[path as usize].members.iter().copied()).collect();
        all.sort_unstable_by_key(|&index| self.state.flows[index as usize].serial);
        all
    }

    /// Whom [`Self::begin`] was told of a flow.
    #[must_use]
    #[inline]
    pub fn owner(&self, index: u32) -> u32 {
        self.state.flows[index as usize].owner
    }

    /// How many flows are on a link.
    #[must_use]
    #[inline]
    pub fn present(&self, link: u32) -> u32 {
        self.state.links[link as usize].counts.present
    }

    /// The rate of a flow at present, bit/s.
    #[must_use]
    pub fn rate(&self, index: u32) -> f64 {
        self.state.scale.bits_per_s(self.state.rate(index))
    }

    /// Bits that a flow has still to transfer.
    #[must_use]
    pub fn left(&self, now: SimTime, index: u32) -> f64 {
        self.state.scale.bits(self.state.left(index, self.state.now.max(tick(now))))
    }

    /// What a link has seen up to now. Looks at every flow on it.
    #[must_use]
    pub fn crossed(&self, now: SimTime, link: u32) -> Crossed {
        let Counts { present, mut area, touched, begun, left, mut stays, mut moved } =
            self.state.links[link as usize].counts;
        area += u128::from(now.0 - touched) * u128::from(present);
        let paths = self.state.links[link as usize].paths.iter();
        for &index in paths.flat_map(|&(path, _)| &self.state.paths[path as usize].members) {
            let flow = &self.state.flows[index as usize];
            stays += u128::from(now.0 - flow.began);
            moved += flow.whole - self.state.left(index, self.state.now.max(tick(now)));
        }
        Crossed { begun, left, present, area, stays, bits: self.state.scale.bits(moved) }
    }
}

/// Plays all that comes before `now`; the tick at which something may happen from outside.
fn come_to(state: &mut State, now: SimTime) -> u64 {
    play(state, tick(now).saturating_sub(1));
    state.now = state.now.max(tick(now));
    state.now
}

/// Plays all events up to a tick; whether there may have been one.
#[inline(always)]
fn play(state: &mut State, until: u64) -> bool {
    debug_assert!(state.events.peek().is_none_or(|event| state.soonest <= event.0.at));
    let due = state.soonest <= until;
    if due {
        play_due(state, until);
    }
    due
}

#[inline(never)]
fn play_due(state: &mut State, until: u64) {
    while let Some(event) = next_event(state).filter(|event| event.at <= until) {
        state.events.pop();
        state.now = state.now.max(event.at);
        let now = state.now;
        match event.of {
            Due::Flow(index) => {
                state.flows[index as usize].pending = NOT_PENDING;
                let left = state.left(index, now);
                if left <= half(state.flows[index as usize].cap) {
                    leave(state, index, now, true);
                    state.over.push(index);
                } else {
                    // It was held up by a link for a while.
                    let flow = &mut state.flows[index as usize];
                    (flow.left, flow.since) = (left, now);
                    state.await_end(index);
                }
            }
            Due::Link(link) => end_on(state, link, now),
        }
    }
    state.soonest = state.events.peek().map_or(u64::MAX, |event| event.0.at);
}

/// The next event that means anything.
fn next_event(state: &mut State) -> Option<Event> {
    loop {
        let Reverse(event) = *state.events.peek()?;
        match event.of {
            Due::Flow(index) => {
                let flow = &mut state.flows[index as usize];
                if flow.pending == event.number {
                    if !flow.bound {
                        return Some(event);
                    }
                    // Its link sees to its end.
                    flow.pending = NOT_PENDING;
                }
            }
            Due::Link(link) if state.links[link as usize].pending == event.number => return Some(event),
            Due::Link(_) => {}
        }
        state.events.pop();
    }
}

/// A link's event is due: all that end on it now leave before the capacity is divided anew.
fn end_on(state: &mut State, link: u32, now: u64) {
    state.links[link as usize].pending = NOT_PENDING;
    let mut ended = std::mem::take(&mut state.scratch);
    while let Some(index) = next_over(state, link, now) {
        ended.push(index);
    }
    ended.sort_unstable_by_key(|&index| state.flows[index as usize].serial);
    for &index in &ended {
        end(state, index, now, true);
    }
    state.wake(link);
    divide(state, now);
    for &index in &ended {
        calm(state, state.flows[index as usize].path);
    }
    state.over.extend(&ended);
    ended.clear();
    state.scratch = ended;
}

/// Divides capacities anew where something has changed.
fn divide(state: &mut State, now: u64) {
    if !state.dirty.is_empty() {
        settle(state);
        commit(state, now);
    }
    watch(state, now);
}

/// A flow ends, and the others have what it had; what it had left to transfer.
fn leave(state: &mut State, index: u32, now: u64, done: bool) -> u128 {
    let left = end(state, index, now, done);
    divide(state, now);
    calm(state, state.flows[index as usize].path);
    left
}

/// A flow leaves its path and what is counted of its links; what it had left to transfer.
#[inline(always)]
fn end(state: &mut State, index: u32, now: u64, done: bool) -> u128 {
    // Who is done has transferred all of it, to the half of a tick.
    let left = detach(state, now, index);
    let left = if done { 0 } else { left };
    let flow = &mut state.flows[index as usize];
    flow.live = false;
    (flow.pending, flow.until) = (NOT_PENDING, 0);
    let now = nanosecond(now);
    let (stay, moved) = (u128::from(now - flow.began), flow.whole - left);
    for &link in &state.paths[flow.path as usize].links {
        state.links[link as usize].counts.leave(now, stay, moved);
    }
    left
}

/// A place for a flow.
fn place_for(state: &mut State, flow: Flow) -> u32 {
    let Some(index) = state.free.pop() else {
        let index = u32::try_from(state.flows.len()).expect("fewer than 2^32 flows at once");
        state.flows.push(flow);
        state.epochs.resize(state.epochs.len() + state.width, 0);
        state.booked.resize(state.booked.len() + state.width + 1, 0);
        return index;
    };
    let i = index as usize;
    let place = &mut state.flows[i];
    let tidy = place.tidy;
    *place = flow;
    if !tidy {
        state.epochs[i * state.width..][..state.width].fill(0);
        state.booked[i * (state.width + 1)..][..=state.width].fill(0);
    }
    index
}
