//! Mailboxes that are copied before they are moved: pieces that cross the lines between the
//! sites, so many at once, not faster than they may, until all are there.
//!
//! A piece that a dead line takes is sent again. Nobody waits for it; the change takes effect when
//! it is stated, copied or not. Must not know who uses the mailboxes. Next:
//! [`super::detection`].

use super::request::{MOST_CLIENTS, later as after};
use crate::clients::copy_plans::CopyPlan;
use crate::itinerary::{PARAMS, SLOTS};
use crate::kernel::random::Key;
use crate::kernel::{SimSpan, SimTime};
use crate::recorder::class_of;
use crate::results::Copied;
use crate::sim::{Ended, Engine, Opening, Outcome, UNBOUND};

/// Owner of pieces: no client has this number.
pub(super) const OWNER: u32 = MOST_CLIENTS as u32 + 1;

/// From a loss until the same piece is sent again: 30 s, ASSUMED (the replication service tries
/// again by itself; how soon is not published).
const AGAIN: SimSpan = SimSpan(30_000_000_000);

/// Hears when something is to be copied on, and what.
pub(super) type Later<'l> = &'l mut dyn FnMut(SimTime, usize);

/// How far the copying of one plan is.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Pieces that have been sent, lost ones not counted.
    sent: u64,
    /// Pieces under way.
    open: u32,
    /// Bits that are there.
    done: u64,
    /// Bits that were there as the change took effect.
    at_change: Option<u64>,
    /// When all were there.
    finished: Option<SimTime>,
    /// A wake-up is due.
    waits: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Copying<'p> {
    plans: &'p [CopyPlan],
    states: Vec<State>,
    key: Key,
}

impl<'p> Copying<'p> {
    /// None is under way.
    pub(super) fn new(plans: &'p [CopyPlan], root: Key) -> Self {
        Self { plans, states: vec![State::default(); plans.len()], key: root.named("copied mailboxes") }
    }

    /// Begins those that began before the run, as far as their rate lets them be by then, and
    /// has the others woken: `later` hears when, and which.
    pub(super) fn start(&mut self, engine: &mut Engine<'_>, later: Later<'_>) {
        for (number, plan) in self.plans.iter().enumerate() {
            if plan.begin >= 0 {
                later(SimTime(plan.begin.unsigned_abs()), number);
                continue;
            }
            let before = plan.begin.unsigned_abs().checked_div(plan.gap.0).unwrap_or(0);
            let state = &mut self.states[number];
            state.sent = before.min(plan.bits.div_ceil(plan.piece));
            state.done = (state.sent * plan.piece).min(plan.bits);
            if state.done == plan.bits {
                state.finished = Some(SimTime::ZERO);
            }
            later(SimTime::ZERO.max(engine.now()), number);
        }
    }

    /// Plan `number` may go on.
    pub(super) fn wake(&mut self, engine: &mut Engine<'_>, number: usize, later: Later<'_>) {
        self.states[number].waits = false;
        self.send(engine, number, later);
    }

    /// A piece has arrived or was lost.
    pub(super) fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended, later: Later<'_>) {
        let number = ended.tag as usize;
        let (plan, state) = (&self.plans[number], &mut self.states[number]);
        state.open -= 1;
        if ended.outcome == Outcome::Completed {
            state.done = (state.done + plan.piece).min(plan.bits);
            if state.open == 0 && state.sent * plan.piece >= plan.bits {
                (state.done, state.finished) = (plan.bits, Some(engine.now()));
            }
            self.send(engine, number, later);
            return;
        }
        state.sent -= 1;
        if !state.waits {
            state.waits = true;
            later(after(engine.now(), AGAIN.0), number);
        }
    }

    /// Change `change` takes effect: what is there by then.
    pub(super) fn changed(&mut self, change: u32) {
        for (plan, state) in self.plans.iter().zip(&mut self.states) {
            if plan.change == change {
                state.at_change = Some(state.done);
            }
        }
    }

    /// Sends as many pieces as may be under way, and not before their time.
    fn send(&mut self, engine: &mut Engine<'_>, number: usize, later: Later<'_>) {
        let (plan, state) = (&self.plans[number], &mut self.states[number]);
        while !state.waits && state.open < plan.at_once && state.sent * plan.piece < plan.bits {
            let due = i128::from(plan.begin) + i128::from(plan.gap.0) * i128::from(state.sent);
            let due = SimTime(u64::try_from(due).unwrap_or(0));
            if due > engine.now() {
                state.waits = true;
                later(due, number);
                return;
            }
            let bits = plan.piece.min(plan.bits - state.sent * plan.piece);
            let mut params = [0; PARAMS];
            params[0] = bits;
            engine.open(&Opening {
                program: plan.program,
                key: self.key.child(number as u64).child(state.sent),
                owner: OWNER,
                tag: number as u32,
                class: class_of((None, plan.population)),
                params,
                slots: [UNBOUND; SLOTS],
                patience: SimSpan::ZERO,
            });
            state.sent += 1;
            state.open += 1;
        }
    }

    /// How far each came.
    pub(super) fn into_copied(self) -> Vec<Copied> {
        let copied = |(plan, state): (&CopyPlan, State)| Copied {
            change: plan.change,
            population: plan.population,
            between: plan.between,
            mailboxes: plan.mailboxes,
            bits: plan.bits,
            begin: plan.begin,
            at_change: state.at_change,
            at_end: state.done,
            finished: state.finished,
        };
        self.plans.iter().zip(self.states).map(copied).collect()
    }
}
