//! Looking ahead: what the events of a near bucket will read is read before the first is played.
//!
//! When the calendar moves a bucket to the near events, all of them are known. Records of
//! clients and requests lie far apart; read one by one, each event waits for memory several
//! times in a row. Read in rounds, first what events name, then what that names, the waits of a
//! round overlap. Plain loads, whose sum nobody uses; no value depends on them.
//!
//! Must not know what the events mean.

use std::hint::black_box;

use super::driver::Driver;
use super::engine::Engine;
use super::state::OTHER;
use crate::kernel::calendar::Class;

/// What has been found of a bucket, for a while.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    timers: Vec<u32>,
    requests: Vec<u32>,
    owners: Vec<u32>,
}

impl Ahead {
    /// Reads what the near events will.
    #[cold]
    #[inline(never)]
    pub(super) fn look<D: Driver>(&mut self, engine: &Engine<'_>, driver: &D) {
        let requests = &engine.state.requests;
        for (class, payload) in engine.state.calendar.near() {
            match (class, payload & OTHER != 0) {
                (Class::Arrival, true) => self.timers.push(payload as u32),
                (Class::Arrival | Class::Release, false) => self.requests.push(payload as u32),
                _ => {}
            }
        }
        let first = self
            .requests
            .iter()
            .map(|&index| requests.hot[index as usize].pending)
            .fold(0, u64::wrapping_add);
        self.owners.extend(self.requests.iter().map(|&index| requests.cold[index as usize].owner));
        let second = self.requests.iter().map(|&index| requests.beside(index)).fold(0, u64::wrapping_add);
        black_box((first, second, driver.look_ahead(&self.timers, &self.owners)));
        self.timers.clear();
        self.requests.clear();
        self.owners.clear();
    }
}
