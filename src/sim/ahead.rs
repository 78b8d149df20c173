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
use super::request::State;
use super::state::{OTHER, SystemState};
use super::station::Station;
use crate::itinerary::{Leg, LegPlace};
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
        let third =
            self.requests.iter().map(|&index| beyond(&engine.state, index)).fold(0, u64::wrapping_add);
        black_box((first, second, third, driver.look_ahead(&self.timers, &self.owners)));
        self.timers.clear();
        self.requests.clear();
        self.owners.clear();
    }
}

/// A number of what a request is at when its event comes, and of where it goes then.
#[inline]
fn beyond(state: &SystemState<'_>, index: u32) -> u64 {
    let hot = &state.requests.hot[index as usize];
    let here = match hot.state {
        State::Crossing => state.crossings.look(hot.at),
        State::Serving => state.stations[hot.at as usize].look(),
        _ => 0,
    };
    // One whose event is stale may stand at the last leg of all.
    let there = match state.network.legs.get(hot.leg as usize + 1) {
        Some(Leg::Serve { place: LegPlace::Slot { slot, .. }, .. }) => {
            state.stations.get(state.requests.slot(index, *slot) as usize).map_or(0, Station::look)
        }
        _ => 0,
    };
    here ^ there
}
