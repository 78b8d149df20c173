//! Requests in flight: an arena with a last-in-first-out free list.
//!
//! The hot fields of a request fill one cache line, what is needed only at some
//! legs or at the end stands beside it. Next: [`super`] walks them.

use super::{Opening, Outcome, RequestId, UNBOUND};
use crate::kernel::SimTime;
use crate::kernel::random::Key;
use crate::model::itinerary::{HOLDS, PARAMS, PARTS, SLOTS};

/// No request.
pub(super) const NIL: u32 = u32::MAX;

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
    /// In service at station `at`, which holds (outage `hold`); `amount` is what remains.
    Paused,
    /// Crossing link direction `at`.
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
    /// When the present delay began; in service: when it will end.
    pub(super) since: SimTime,
    /// When it reached the present station or link.
    pub(super) arrived: SimTime,
    /// Service demand in ns, or bits of a transfer.
    pub(super) amount: u64,
    /// Absolute index of the present leg.
    pub(super) leg: u32,
    /// First leg of its program.
    pub(super) program: u32,
    /// Next in the queue of a station.
    pub(super) next: u32,
    /// Station or link direction where it is.
    pub(super) at: u32,
    /// Times that it jumped back.
    pub(super) visit: u32,
    pub(super) state: State,
    /// Bit per slot whose pool unit it holds.
    pub(super) units: u8,
}

/// The rest.
#[derive(Clone, Debug)]
pub(super) struct Cold {
    pub(super) slots: [u32; SLOTS],
    pub(super) params: [u64; PARAMS],
    pub(super) parts: [u64; PARTS],
    pub(super) opened_at: SimTime,
    pub(super) marked_at: SimTime,
    /// Service that remains while it is paused, ns.
    pub(super) remaining: u64,
    /// Counters of families' pools of which it holds a unit, or [`NIL`].
    pub(super) held: [u32; HOLDS],
    pub(super) owner: u32,
    pub(super) tag: u32,
    pub(super) generation: u32,
    pub(super) outcome: Outcome,
    /// The lognormal draw made last.
    pub(super) last_draw: LastDraw,
}

/// A draw is a function of its name, so the legs of a request that share a name (the
/// size of a message on every link that it crosses) need not draw it again.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastDraw {
    pub(super) role: u64,
    pub(super) mu: f64,
    pub(super) sigma: f64,
    pub(super) value: f64,
    pub(super) visit: u32,
}

impl LastDraw {
    /// Matches no draw: no visit count comes so far.
    pub(super) const NONE: Self = Self { role: 0, mu: 0.0, sigma: 0.0, value: 0.0, visit: u32::MAX };
}

const _: () = assert!(size_of::<Hot>() == 64);

/// All requests.
#[derive(Debug, Default)]
pub(super) struct Requests {
    pub(super) hot: Vec<Hot>,
    pub(super) cold: Vec<Cold>,
    free: Vec<u32>,
}

impl Requests {
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
        };
        let generation;
        let index = if let Some(index) = self.free.pop() {
            generation = self.cold[index as usize].generation;
            index
        } else {
            generation = 0;
            self.hot.push(hot.clone());
            let index = u32::try_from(self.cold.len()).expect("fewer than 2^32 requests in flight");
            self.cold.push(Cold {
                slots: [UNBOUND; SLOTS],
                params: [0; PARAMS],
                parts: [0; PARTS],
                opened_at: now,
                marked_at: SimTime::ZERO,
                remaining: 0,
                held: [NIL; HOLDS],
                owner: 0,
                tag: 0,
                generation: 0,
                outcome: Outcome::Completed,
                last_draw: LastDraw::NONE,
            });
            index
        };
        self.hot[index as usize] = hot;
        let cold = &mut self.cold[index as usize];
        cold.slots = opening.slots;
        cold.params = opening.params;
        cold.parts = [0; PARTS];
        cold.opened_at = now;
        cold.marked_at = SimTime::ZERO;
        cold.owner = opening.owner;
        cold.tag = opening.tag;
        cold.generation = generation;
        cold.last_draw.visit = u32::MAX;
        index
    }

    /// Frees the slot; handles to it become stale.
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
}
