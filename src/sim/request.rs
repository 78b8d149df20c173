//! Requests in flight: an arena with a last-in-first-out free list.
//!
//! The hot fields of a request fill one cache line ([`Hot`]); the parts of its
//! latency ([`Parts`]), what is needed at its ends ([`Cold`]) and what it brings along
//! ([`Baggage`]) stand beside it, in half a line or one. Parts, baggage and marks are kept only where
//! the network has a leg that asks for them, so that a request of a plain queueing network takes 104
//! bytes (96 of them asserted below); units of pools likewise.
//!
//! Next: [`super::walk`] walks them.

use super::handles::{NIL, RequestId, UNBOUND};
use super::opening::Opening;
use super::parts::Parts;
use crate::itinerary::{Amount, HOLDS, Leg, LegPlace, Network, PARAMS, Part, SLOTS};
use crate::kernel::SimTime;
use crate::kernel::random::Key;

/// Where a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum State {
    /// The slot of the arena is free.
    Free,
    /// In a delay.
    Delayed,
    /// Waiting at station `at`.
    Waiting,
    /// In service at station `at`.
    Serving,
    /// In service at station `at`, which holds (outage `hold`); `since` is what remains.
    Paused,
    /// Crossing links, as flow `at`.
    Crossing,
    /// Ended; its end has not been reported yet.
    Ended,
}

/// The cache line that every event touches.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Hot {
    pub(super) key: Key,
    /// Sequence of the event that it waits for; any other event for it is stale.
    pub(super) pending: u64,
    /// When the present delay began; in service: when it will end; paused: the
    /// span of service that remains.
    pub(super) since: SimTime,
    /// When it reached the present station or began to cross links.
    pub(super) arrived: SimTime,
    /// Service demand in ns, or bits of a transfer.
    pub(super) amount: u64,
    /// Absolute index of the present leg.
    pub(super) leg: u32,
    /// First leg of its program.
    pub(super) program: u32,
    /// Next in the queue of a station.
    pub(super) next: u32,
    /// Station where it is, or the flow that it is.
    pub(super) at: u32,
    /// Times that it jumped back.
    pub(super) visit: u32,
    pub(super) state: State,
    /// Bit per slot whose pool unit it holds.
    pub(super) units: u8,
    /// What the time of the present leg is booked as (its waiting, at a station), so
    /// that an event need not look at the leg that it ends.
    pub(super) part: Part,
}

/// What is needed when it opens, draws and ends.
#[derive(Clone, Debug)]
#[repr(align(32))]
pub(super) struct Cold {
    pub(super) opened_at: SimTime,
    /// Value of the lognormal draw made last, and the draw's number
    /// (`draw_of` of [`super::state`]) or [`NIL`]. A draw is a function of its
    /// name, so the legs of a request that share a name (the size of a message on
    /// every link that it crosses) need not draw it again.
    pub(super) drawn: f64,
    pub(super) draw: u32,
    pub(super) owner: u32,
    pub(super) tag: u32,
    pub(super) generation: u32,
}

/// What it brings along, and where it is bound to: all in one cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Baggage {
    params: [u64; PARAMS],
    slots: [u32; SLOTS],
    /// For whom it travels.
    class: u32,
}

const _: () = assert!(size_of::<Baggage>() == 64);
const _: () = assert!(size_of::<Hot>() == 64);
const _: () = assert!(size_of::<Cold>() == 32);

/// Which arenas the legs of a network ask for.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// Slots of a request: up to the highest that a leg names.
    slots: usize,
    params: bool,
    transfers: bool,
    marks: bool,
    holds: bool,
}

impl Asked {
    fn by(network: &Network) -> Self {
        let mut asked = Self::default();
        for leg in &network.legs {
            asked.marks |= matches!(leg, Leg::Mark);
            if let Leg::Transfer { line, slow, .. } = leg {
                asked.transfers = true;
                asked.params |= line.is_some() || slow.is_some_and(|slow| slow.index.is_some());
            }
            asked.holds |= matches!(leg, Leg::Take { .. });
            let (place, to) = match leg {
                Leg::Serve { place, .. } | Leg::Acquire { place } | Leg::Release { place } => {
                    (Some(place), None)
                }
                Leg::Take { place, to, .. } | Leg::Give { place, to, .. } => (Some(place), to.as_ref()),
                _ => (None, None),
            };
            for place in place.into_iter().chain(to) {
                if let LegPlace::Slot { slot, .. } = place {
                    asked.slots = asked.slots.max(usize::from(*slot) + 1);
                }
            }
            if let Leg::Delay { amount, .. } | Leg::Serve { amount, .. } | Leg::Transfer { amount, .. } = leg
            {
                asked.params |= match amount {
                    Amount::Fixed(_) | Amount::Drawn { .. } => false,
                    Amount::Param { .. } => true,
                };
            }
        }
        asked
    }

    fn baggage(self) -> bool {
        self.slots > 0 || self.params || self.transfers
    }
}

/// All requests.
#[derive(Debug)]
pub(super) struct Requests {
    pub(super) hot: Vec<Hot>,
    pub(super) cold: Vec<Cold>,
    pub(super) parts: Parts,
    /// Empty where no leg names a slot or a parameter, or crosses a link.
    baggage: Vec<Baggage>,
    /// Empty where no leg marks.
    marks: Vec<SimTime>,
    /// Counters of families' pools of which it holds a unit, or [`NIL`]; empty where
    /// no leg takes one.
    held: Vec<[u32; HOLDS]>,
    asked: Asked,
    free: Vec<u32>,
    /// Places beyond which the run is given up.
    pub(super) most: u32,
    pub(super) crowded: bool,
}

impl Requests {
    pub(super) fn new(network: &Network) -> Self {
        Self {
            hot: Vec::new(),
            cold: Vec::new(),
            parts: Parts::new(network),
            baggage: Vec::new(),
            marks: Vec::new(),
            held: Vec::new(),
            asked: Asked::by(network),
            free: Vec::new(),
            most: u32::MAX,
            crowded: false,
        }
    }

    #[inline]
    pub(super) fn open(&mut self, opening: &Opening, now: SimTime) -> u32 {
        let hot = Hot {
            key: opening.key,
            pending: u64::MAX,
            since: now,
            arrived: now,
            amount: 0,
            leg: opening.program.0,
            program: opening.program.0,
            next: NIL,
            at: NIL,
            visit: 0,
            state: State::Delayed,
            units: 0,
            part: Part::Other,
        };
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.grow(hot.clone()),
        };
        let i = index as usize;
        self.hot[i] = hot;
        let cold = &mut self.cold[i];
        cold.opened_at = now;
        cold.draw = NIL;
        cold.owner = opening.owner;
        cold.tag = opening.tag;
        if let Some(baggage) = self.baggage.get_mut(i) {
            let mut slots = opening.slots;
            for (place, slot) in slots.iter_mut().enumerate() {
                *slot = if place < self.asked.slots { *slot } else { UNBOUND };
            }
            *baggage = Baggage { params: opening.params, slots, class: opening.class };
        }
        if self.asked.marks {
            self.marks[i] = SimTime::ZERO;
        }
        index
    }

    #[cold]
    fn grow(&mut self, hot: Hot) -> u32 {
        let index = u32::try_from(self.cold.len()).expect("fewer than 2^32 requests in flight");
        self.crowded |= index >= self.most;
        self.hot.push(hot);
        let opened_at = SimTime::ZERO;
        self.cold.push(Cold { opened_at, drawn: 0.0, draw: NIL, owner: 0, tag: 0, generation: 0 });
        self.parts.grow();
        if self.asked.baggage() {
            self.baggage.push(Baggage { params: [0; PARAMS], slots: [UNBOUND; SLOTS], class: 0 });
        }
        if self.asked.marks {
            self.marks.push(SimTime::ZERO);
        }
        if self.asked.holds {
            self.held.push([NIL; HOLDS]);
        }
        index
    }

    /// Frees the slot; handles to it become stale.
    #[inline]
    pub(super) fn close(&mut self, index: u32) {
        self.hot[index as usize].state = State::Free;
        let cold = &mut self.cold[index as usize];
        cold.generation = cold.generation.wrapping_add(1);
        self.free.push(index);
    }

    pub(super) fn id(&self, index: u32) -> RequestId {
        RequestId { index, generation: self.cold[index as usize].generation }
    }

    /// The index, unless the request has ended.
    pub(super) fn live(&self, id: RequestId) -> Option<u32> {
        let cold = self.cold.get(id.index as usize)?;
        let state = self.hot[id.index as usize].state;
        (cold.generation == id.generation && !matches!(state, State::Free | State::Ended)).then_some(id.index)
    }

    /// The station bound to a slot; asked for by a leg that names one.
    #[inline]
    pub(super) fn slot(&self, index: u32, slot: u8) -> u32 {
        self.baggage[index as usize].slots[usize::from(slot)]
    }

    #[inline]
    pub(super) fn bind(&mut self, index: u32, slot: u8, station: u32) {
        self.baggage[index as usize].slots[usize::from(slot)] = station;
    }

    /// For whom it travels; asked for where links are crossed.
    #[inline]
    pub(super) fn class(&self, index: u32) -> u32 {
        self.baggage.get(index as usize).map_or(0, |baggage| baggage.class)
    }

    /// A number of what lies beside its hot and cold records, for whoever looks ahead.
    #[inline]
    pub(super) fn beside(&self, index: u32) -> u64 {
        u64::from(self.class(index)) ^ self.parts.look(index)
    }

    /// All slots; unbound where no leg of the network names one.
    #[inline]
    pub(super) fn slots(&self, index: u32) -> [u32; SLOTS] {
        self.baggage.get(index as usize).map_or([UNBOUND; SLOTS], |baggage| baggage.slots)
    }

    /// A parameter; asked for by a leg that names one.
    #[inline]
    pub(super) fn param(&self, index: u32, param: u8) -> u64 {
        self.baggage[index as usize].params[usize::from(param)]
    }

    #[inline]
    pub(super) fn mark(&mut self, index: u32, now: SimTime) {
        self.marks[index as usize] = now;
    }

    /// Units that a request may hold: none where no leg takes one.
    #[inline]
    pub(super) fn holds(&self) -> usize {
        if self.asked.holds { HOLDS } else { 0 }
    }

    /// Notes that it holds a unit of a counter.
    pub(super) fn take_hold(&mut self, index: u32, counter: u32) {
        let held = &mut self.held[index as usize];
        let free = held.iter().position(|held| *held == NIL);
        held[free.expect("a program takes no more units than a request may hold")] = counter;
    }

    /// Where it is noted that it holds a unit of a counter.
    pub(super) fn place_of(&self, index: u32, counter: u32) -> Option<usize> {
        self.held.get(index as usize)?.iter().position(|held| *held == counter)
    }

    /// Forgets what is noted at a place: the counter, or [`NIL`].
    pub(super) fn let_go(&mut self, index: u32, place: usize) -> u32 {
        std::mem::replace(&mut self.held[index as usize][place], NIL)
    }

    /// Instant of the last mark, or zero.
    #[inline]
    pub(super) fn marked_at(&self, index: u32) -> SimTime {
        if self.asked.marks { self.marks[index as usize] } else { SimTime::ZERO }
    }
}
