//! Who gets the next work: balancing among the servers of a group, and what a
//! session (not a request) holds at its servers.
//!
//! Next: [`super::pool`] for limits, [`super::availability`] for what is true of a server.

use super::Engine;
use super::pool::Taken;
use crate::kernel::Id;
use crate::kernel::random::Key;
use crate::model::itinerary::{PoolFamily, StationGroup};
use crate::model::topology::Balancing;

impl Engine<'_> {
    /// A server (station index) of the group by its balancing policy among those
    /// not avoided (if all are, among all); `affinity` chooses under
    /// [`Balancing::ClientAffinity`].
    #[inline]
    pub fn choose(&mut self, group: Id<StationGroup>, affinity: u64) -> u32 {
        let servers = &self.network.groups[group.index()];
        if servers.count == 1 {
            return servers.first;
        }
        self.balance(group, affinity)
    }

    pub(super) fn balance(&mut self, group: Id<StationGroup>, affinity: u64) -> u32 {
        let servers = &self.network.groups[group.index()];
        let count = servers.count;
        let start = match servers.balancing {
            Balancing::RoundRobin => {
                let turn = self.turn[group.index()];
                self.turn[group.index()] = (turn + 1) % count;
                turn
            }
            Balancing::ClientAffinity => (Key(affinity).child(0).0 % u64::from(count)) as u32,
            Balancing::LeastConnections => {
                let load = |i: u32| {
                    let station = &self.stations[(servers.first + i) as usize];
                    (station.units, station.waiting + station.busy)
                };
                (0..count)
                    .filter(|&i| !self.avoided[(servers.first + i) as usize])
                    .min_by_key(|&i| load(i))
                    .unwrap_or(0)
            }
        };
        let candidate = (0..count)
            .map(|i| servers.first + (start + i) % count)
            .find(|&station| !self.avoided[station as usize]);
        candidate.unwrap_or(servers.first + start)
    }

    /// Keeps new bindings away from a station, or lets them come again: what a
    /// load balancer's health check has found, not what is true.
    pub fn avoid(&mut self, station: u32, avoid: bool) {
        self.avoided[station as usize] = avoid;
    }

    /// Whether new bindings are kept away from a station.
    #[must_use]
    pub fn is_avoided(&self, station: u32) -> bool {
        self.avoided.get(station as usize).is_some_and(|&avoided| avoided)
    }

    /// Takes one unit of a station's pool for a session (not for a request);
    /// false, and counted as refused, when full.
    pub fn hold_unit(&mut self, station: u32) -> bool {
        self.stations[station as usize].take_unit(self.now)
    }

    /// Gives it back.
    pub fn free_unit(&mut self, station: u32) {
        self.stations[station as usize].give_unit(self.now);
    }

    /// Takes so many units of a family's pool at `station` for a session (not for a
    /// request): all or none. `other` is the station at the far end, or the key, where
    /// the family counts them apart; a family that waits never has them for a session.
    pub fn hold(&mut self, family: Id<PoolFamily>, station: u32, other: u32, units: u32) -> bool {
        let counter = self.pools.counter(family.index(), station, other);
        self.pools.take(family.index(), counter, units, self.now) == Taken::Now
    }

    /// Whether [`Self::hold`] would have them.
    #[must_use]
    pub fn has_room(&self, family: Id<PoolFamily>, station: u32, other: u32, units: u32) -> bool {
        self.pools.has_room(family.index(), self.pools.counter(family.index(), station, other), units)
    }

    /// Gives them back.
    pub fn free(&mut self, family: Id<PoolFamily>, station: u32, other: u32, units: u32) {
        let counter = self.pools.counter(family.index(), station, other);
        self.pools.give(family.index(), counter, units, self.now);
    }
}
