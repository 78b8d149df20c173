//! Links, paths and flows, and what is asked of them from everywhere.
//!
//! Must not know how levels are found ([`super::levels`]) or put in force ([`super::commit`]).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::group::{Group, key};
use super::units::{SLACK, Scale, done_at, nanosecond};

/// Something may end, at a tick: an event of a flow or a link, by number of the event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Event {
    pub(super) at: u64,
    pub(super) number: u64,
    pub(super) of: Due,
}

/// Whose event it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Due {
    Flow(u32),
    Link(u32),
}

/// No event pending.
pub(super) const NOT_PENDING: u64 = u64::MAX;

/// Who is next on a link: by virtual finish, then by arrival.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Entry {
    /// On the link's clock; the flow may end later, never earlier.
    pub(super) finish: u128,
    pub(super) serial: u64,
    pub(super) flow: u32,
}

/// One direction of a link.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) number: u32,
    pub(super) capacity: u64,
    /// What it could have carried up to the tick `capable`, since when its capacity is the present one.
    pub(super) could: u128,
    pub(super) capable: u64,
    /// Rate of each flow that it binds, in force since `clocked`; [`SLACK`] binds nobody.
    pub(super) level: u64,
    /// The level that is being looked for.
    pub(super) next: u64,
    /// The highest rate on it while it is full, be it by its own level or by others'; [`SLACK`]
    /// while it is not.
    pub(super) mark: u64,
    /// What a slack link's load may still grow by.
    pub(super) room: u128,
    /// What each flow that it binds has received since it became full, up to the tick `clocked`.
    pub(super) clock: u128,
    pub(super) clocked: u64,
    pub(super) entries: BinaryHeap<Reverse<Entry>>,
    /// Entries of an earlier one are gone.
    pub(super) epoch: u32,
    /// The tick of its event and its number.
    pub(super) due: u64,
    pub(super) pending: u64,
    /// Could bind somebody.
    pub(super) loud: bool,
    /// Flows that left it one after another when it could have been quiet.
    pub(super) calm: u32,
    /// What can come at most, by what links of lower rank let through.
    pub(super) bound: u128,
    /// Flows for which it is the only loud link.
    pub(super) pool: Group,
    /// Paths that have flows, and more loud links than this.
    pub(super) multi: Vec<u32>,
    /// Every path over it, and which of its links it is.
    pub(super) paths: Vec<(u32, u32)>,
    pub(super) dirty: bool,
    pub(super) changed: bool,
    pub(super) woken: bool,
    pub(super) counts: Counts,
}

impl Link {
    /// One without flows.
    pub(super) fn new(number: u32, capacity: u64) -> Self {
        Self {
            number,
            capacity,
            could: 0,
            capable: 0,
            level: SLACK,
            next: SLACK,
            mark: SLACK,
            room: 0,
            clock: 0,
            clocked: 0,
            entries: BinaryHeap::new(),
            epoch: 1,
            due: 0,
            pending: NOT_PENDING,
            loud: false,
            calm: 0,
            bound: 0,
            pool: Group::default(),
            multi: Vec::new(),
            paths: Vec::new(),
            dirty: false,
            changed: false,
            woken: false,
            counts: Counts::default(),
        }
    }
}

/// What a link has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) present: u32,
    /// Integral of the number present, up to the nanosecond `touched`.
    pub(super) area: u128,
    pub(super) touched: u64,
    pub(super) begun: u64,
    pub(super) left: u64,
    /// Sum of the stays of those that have left, ns.
    pub(super) stays: u128,
    /// What those have transferred.
    pub(super) moved: u128,
}

impl Counts {
    /// A flow leaves at a nanosecond after a stay in which it has transferred so much.
    #[inline]
    pub(super) fn leave(&mut self, now: u64, stay: u128, moved: u128) {
        self.touch(now);
        self.present -= 1;
        self.left += 1;
        self.stays += stay;
        self.moved += moved;
    }

    /// Brings the integral up to a nanosecond.
    #[inline]
    pub(super) fn touch(&mut self, now: u64) {
        self.area += u128::from(now - self.touched) * u128::from(self.present);
        self.touched = now;
    }
}

/// Links in the order in which flows cross them.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) links: Box<[u32]>,
    /// By link: the least capacity of those of lower rank.
    pub(super) lower: Box<[u64]>,
    /// Least capacity, and the place of the first link that has it.
    pub(super) least: u64,
    pub(super) narrowest: u32,
    /// Sum of the caps of its flows.
    pub(super) caps: u128,
    pub(super) members: Vec<u32>,
    /// How many of its links are loud; if one, `sole` is it and the flows stand in its pool.
    pub(super) loud: u32,
    pub(super) sole: u32,
    /// The flows of a path with several loud links.
    pub(super) group: Group,
    /// Least level of its links that is being looked for, the first link that has it, and the
    /// least of the others.
    pub(super) next: u64,
    pub(super) first: u32,
    pub(super) second: u64,
    /// Capacity of that first link if it is full and has no other path: what the flows take
    /// together. Else 0.
    pub(super) whole: u64,
    /// In force: the level, the link on whose clock its bound flows run, the link (by place)
    /// that is told to bind them.
    pub(super) level: u64,
    pub(super) binder: u32,
    pub(super) blame: u32,
    pub(super) touched: bool,
}

impl Path {
    /// One without flows.
    pub(super) fn new(links: &[u32]) -> Self {
        Self {
            links: links.into(),
            lower: vec![SLACK; links.len()].into(),
            least: 0,
            narrowest: 0,
            caps: 0,
            members: Vec::new(),
            loud: 0,
            sole: 0,
            group: Group::default(),
            next: SLACK,
            first: 0,
            second: SLACK,
            whole: 0,
            level: SLACK,
            binder: 0,
            blame: 0,
            touched: false,
        }
    }
}

/// A transfer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    /// Number of its arrival; no two have the same.
    pub(super) serial: u64,
    /// At its cap: what is left at the tick `since`. Bound by a link: when it ends on that
    /// link's clock.
    pub(super) left: u128,
    /// All that there is to transfer.
    pub(super) whole: u128,
    /// Rate at most: its own cap, or the least capacity of its path.
    pub(super) cap: u64,
    /// Its own cap.
    pub(super) own: u64,
    pub(super) since: u64,
    /// The nanosecond up to which its time is booked.
    pub(super) booked: u64,
    /// The nanosecond at which it began.
    pub(super) began: u64,
    /// Number of the event that ends it at its cap.
    pub(super) pending: u64,
    /// The tick at which it ends at its cap while no event of its own is put down here, since
    /// whoever began it waits for it; else 0.
    pub(super) until: u64,
    pub(super) path: u32,
    /// Among the members of its path.
    pub(super) place: u32,
    pub(super) owner: u32,
    pub(super) bound: bool,
    pub(super) live: bool,
    /// Nothing was put down in its rows of `epochs` and `booked`.
    pub(super) tidy: bool,
}

impl Flow {
    /// One that begins at a tick, which is that of a nanosecond, at its cap.
    #[inline]
    pub(super) fn new(
        serial: u64,
        (whole, cap, own): (u128, u64, u64),
        (since, began): (u64, u64),
        (path, owner): (u32, u32),
    ) -> Self {
        Self {
            serial,
            left: whole,
            whole,
            cap,
            own,
            since,
            booked: began,
            began,
            pending: NOT_PENDING,
            until: 0,
            path,
            place: 0,
            owner,
            bound: false,
            live: true,
            tidy: false,
        }
    }

    /// As it is sorted in a group.
    #[inline]
    pub(super) fn key(&self, index: u32) -> u128 {
        key(self.cap, index)
    }
}

/// All of it.
#[derive(Debug)]
pub(super) struct State {
    pub(super) scale: Scale,
    pub(super) links: Vec<Link>,
    pub(super) paths: Vec<Path>,
    pub(super) flows: Vec<Flow>,
    /// Links of the longest path.
    pub(super) width: usize,
    /// By flow and place of a link on its path: epoch of its entry there.
    pub(super) epochs: Vec<u32>,
    /// By flow: ns bound by its cap, then by each link of its path.
    pub(super) booked: Vec<u64>,
    pub(super) free: Vec<u32>,
    pub(super) serial: u64,
    /// The tick up to which everything has been played.
    pub(super) now: u64,
    /// What may end when.
    pub(super) events: BinaryHeap<Reverse<Event>>,
    /// No event is before this tick.
    pub(super) soonest: u64,
    pub(super) numbers: u64,
    /// Flows that have ended and have not been told.
    pub(super) over: Vec<u32>,
    /// Links whose level is to be looked for.
    pub(super) dirty: Vec<u32>,
    /// Links whose level or mark is another than that in force, paths that this touches.
    pub(super) changed: Vec<u32>,
    pub(super) touched: Vec<u32>,
    /// Links whose next end may be earlier than their event.
    pub(super) woken: Vec<u32>,
    /// For a while: flows that end together, flows of a link of another capacity.
    pub(super) scratch: Vec<u32>,
}

impl State {
    /// What a link's clock shows.
    #[inline]
    pub(super) fn clock(&self, link: u32, now: u64) -> u128 {
        let link = &self.links[link as usize];
        if link.level == SLACK {
            return link.clock;
        }
        link.clock + u128::from(link.level) * u128::from(now - link.clocked)
    }

    /// The link on whose clock bound flows of a path run.
    #[inline]
    pub(super) fn binder(&self, path: u32) -> u32 {
        let path = &self.paths[path as usize];
        if path.loud == 1 { path.sole } else { path.binder }
    }

    /// The level that is in force on a path.
    #[inline]
    pub(super) fn level(&self, path: u32) -> u64 {
        let path = &self.paths[path as usize];
        match path.loud {
            0 => SLACK,
            1 => self.links[path.sole as usize].level,
            _ => path.level,
        }
    }

    /// What a flow has still to transfer.
    #[inline]
    pub(super) fn left(&self, index: u32, now: u64) -> u128 {
        let flow = &self.flows[index as usize];
        let gone = if flow.bound {
            self.clock(self.binder(flow.path), now)
        } else {
            u128::from(flow.cap) * u128::from(now - flow.since)
        };
        flow.left.saturating_sub(gone)
    }

    /// The rate at which a flow runs.
    pub(super) fn rate(&self, index: u32) -> u64 {
        let flow = &self.flows[index as usize];
        if flow.bound { self.level(flow.path) } else { flow.cap }
    }

    /// Place of a link on a path that crosses it.
    #[inline]
    pub(super) fn place(&self, path: u32, link: u32) -> usize {
        let links = &self.paths[path as usize].links;
        links.iter().position(|&other| other == link).unwrap_or(0)
    }

    /// Books the time since the last booking as bound by what binds the flow.
    #[inline(always)]
    pub(super) fn book(&mut self, index: u32, now: u64) {
        let now = nanosecond(now);
        let flow = &self.flows[index as usize];
        let span = now - flow.booked;
        if span > 0 {
            let by = self.blamed(flow);
            self.booked[index as usize * (self.width + 1) + by] += span;
            self.flows[index as usize].booked = now;
        }
    }

    /// What binds a flow: 0 for its cap, else 1 and the place of the link.
    #[inline]
    fn blamed(&self, flow: &Flow) -> usize {
        let path = &self.paths[flow.path as usize];
        if flow.bound {
            return 1 + if path.loud == 1 { self.place(flow.path, path.sole) } else { path.blame as usize };
        }
        if flow.own <= flow.cap {
            return 0;
        }
        debug_assert_eq!(flow.cap, path.least);
        1 + path.narrowest as usize
    }

    /// A link's level is to be looked for.
    #[inline]
    pub(super) fn soil(&mut self, link: u32) {
        if !std::mem::replace(&mut self.links[link as usize].dirty, true) {
            self.dirty.push(link);
        }
    }

    /// The loud links of a path are.
    #[inline]
    pub(super) fn soil_path(&mut self, path: u32) {
        match self.paths[path as usize].loud {
            0 => {}
            1 => self.soil(self.paths[path as usize].sole),
            _ => {
                for place in 0..self.paths[path as usize].links.len() {
                    let link = self.paths[path as usize].links[place];
                    if self.links[link as usize].loud {
                        self.soil(link);
                    }
                }
            }
        }
    }

    /// A link's next end may be earlier than its event.
    #[inline]
    pub(super) fn wake(&mut self, link: u32) {
        if !std::mem::replace(&mut self.links[link as usize].woken, true) {
            self.woken.push(link);
        }
    }

    /// Puts an event down; its number.
    #[inline]
    pub(super) fn put(&mut self, at: u64, of: Due) -> u64 {
        self.numbers += 1;
        self.soonest = self.soonest.min(at);
        self.events.push(Reverse(Event { at, number: self.numbers, of }));
        self.numbers
    }

    /// Sees to it that the end of a flow that runs at its cap is pending.
    #[inline]
    pub(super) fn await_end(&mut self, index: u32) {
        let flow = &mut self.flows[index as usize];
        flow.until = 0;
        if flow.pending != NOT_PENDING || flow.bound {
            return;
        }
        if let Some(at) = done_at(flow.since, flow.left, flow.cap) {
            self.flows[index as usize].pending = self.put(at, Due::Flow(index));
        }
    }

    /// A bound flow stands in the heap of the link that binds it, once.
    #[inline]
    pub(super) fn enter_heap(&mut self, index: u32, binder: u32) {
        let flow = &self.flows[index as usize];
        let (serial, finish) = (flow.serial, flow.left);
        let at = index as usize * self.width + self.place(flow.path, binder);
        let link = &mut self.links[binder as usize];
        if self.epochs[at] != link.epoch {
            self.epochs[at] = link.epoch;
            link.entries.push(Reverse(Entry { finish, serial, flow: index }));
            self.wake(binder);
        }
    }
}
