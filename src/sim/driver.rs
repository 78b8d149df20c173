//! Who decides what happens when a timer is due and when a request has ended.
//!
//! Next: [`super::run`], which calls a [`Driver`].

use super::engine::Engine;
use super::opening::Ended;

/// Decides what happens at timers and at ends of requests.
pub trait Driver {
    /// Called once before the first event: open the first requests, set the first timers.
    fn start(&mut self, engine: &mut Engine<'_>);
    /// A timer set with [`Engine::timer`] is due.
    fn timer(&mut self, engine: &mut Engine<'_>, token: u32);
    /// A request ended (never called from inside [`Engine::open`]).
    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended);
    /// An edge set with [`Engine::edge`] is due.
    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        let _ = (engine, token);
    }
    /// Timers with these tokens are due soon, and requests of these owners will be looked at: who keeps
    /// records of many reads those now. Changes nothing; the number that comes back means nothing.
    #[inline]
    fn look_ahead(&self, timers: &[u32], owners: &[u32]) -> u64 {
        let _ = (timers, owners);
        0
    }
    /// What the driver's own books do not agree on so far, in words; asked at
    /// checkpoints inside a run.
    fn check(&self) -> Vec<String> {
        Vec::new()
    }
    /// The measured window has ended (before [`Self::edge`]s of the same instant);
    /// with `run_off` events go on until no request is in flight.
    fn window_ended(&mut self, engine: &mut Engine<'_>) {
        let _ = engine;
    }
}
