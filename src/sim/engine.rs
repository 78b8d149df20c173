//! What a driver may ask of the engine: open and abort requests, set timers, hold
//! units for a session, take servers and links down.
//!
//! Thin: each call is a step in [`super::state`], [`super::walk`], [`super::leave`] or
//! [`super::availability`]. Next: [`super::driver`].

use super::availability::{set_availability, set_link};
use super::handles::RequestId;
use super::leave::{be_patient, stop};
use super::opening::{Opening, Outcome};
use super::pool::Taken;
use super::state::{OTHER, SystemState};
use super::station::Availability;
use super::walk::walk;
use crate::itinerary::{LinkDirection, Network, PoolFamily, StationGroup};
use crate::kernel::calendar::Class;
use crate::kernel::{Id, SimSpan, SimTime};

/// The engine as a driver sees it.
#[derive(Debug)]
pub struct Engine<'n> {
    pub(super) state: SystemState<'n>,
}

impl<'n> Engine<'n> {
    /// An engine at time zero with nothing in it.
    #[must_use]
    pub fn new(network: &'n Network) -> Self {
        Self { state: SystemState::new(network) }
    }

    /// The clock.
    #[inline]
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.state.now
    }

    /// What is executed.
    #[must_use]
    pub fn network(&self) -> &'n Network {
        self.state.network
    }

    /// Events played so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.state.events
    }

    /// Pending events, and how many of them are near.
    #[must_use]
    pub fn pending(&self) -> (usize, usize) {
        (self.state.calendar.len(), self.state.calendar.near_len())
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.state.in_flight()
    }

    /// Opens a request now. Legs that take no time are walked at once; an end at
    /// this very instant is reported after the present event (E5).
    #[inline]
    pub fn open(&mut self, opening: &Opening) -> RequestId {
        self.state.counts[0] += 1;
        let index = self.state.requests.open(opening, self.state.now);
        let id = self.state.requests.id(index);
        if opening.patience > SimSpan::ZERO {
            be_patient(&mut self.state, id, opening.patience);
        }
        walk(&mut self.state, index);
        id
    }

    /// Tells the engine how many things the driver keeps; beyond
    /// [`most_in_flight`](super::Horizon::most_in_flight) the run is given up after the present event.
    pub fn crowd(&mut self, count: usize) {
        self.state.requests.crowded |= count > self.state.requests.most as usize;
    }

    /// Ends a request now with [`Outcome::Aborted`]; false if it has ended already.
    pub fn abort(&mut self, request: RequestId, reason: u8) -> bool {
        match self.state.requests.live(request) {
            Some(index) => {
                stop(&mut self.state, index, Outcome::Aborted(reason));
                true
            }
            None => false,
        }
    }

    /// Calls [`timer`](super::Driver::timer) with `token` at `at` (not before now). There is no
    /// cancel: a driver that no longer wants a timer ignores it when it comes.
    #[inline]
    pub fn timer(&mut self, at: SimTime, token: u32) {
        self.state.calendar.schedule(at.min(SimTime::MAX), Class::Arrival, OTHER | u64::from(token));
    }

    /// Calls [`edge`](super::Driver::edge) with `token` at `at`, before everything else of that instant.
    pub fn edge(&mut self, at: SimTime, token: u32) {
        self.state.calendar.schedule(at.min(SimTime::MAX), Class::Edge, OTHER | u64::from(token));
    }

    /// A server (station index) of the group by its balancing policy among those
    /// not avoided (if all are, among all); `affinity` chooses under
    /// [`Balancing::ClientAffinity`](crate::itinerary::Balancing::ClientAffinity).
    #[inline]
    pub fn choose(&mut self, group: Id<StationGroup>, affinity: u64) -> u32 {
        self.state.choose(group, affinity)
    }

    /// Keeps new bindings away from a station, or lets them come again: what a
    /// load balancer's health check has found, not what is true.
    pub fn avoid(&mut self, station: u32, avoid: bool) {
        self.state.avoided[station as usize] = avoid;
    }

    /// Whether new bindings are kept away from a station.
    #[must_use]
    pub fn is_avoided(&self, station: u32) -> bool {
        self.state.avoided.get(station as usize).is_some_and(|&avoided| avoided)
    }

    /// Takes so many units of a family's pool at `station` for a session (not for a
    /// request): all or none. `other` is the station at the far end, or the key, where
    /// the family counts them apart; a family that waits never has them for a session.
    pub fn hold(&mut self, family: Id<PoolFamily>, station: u32, other: u32, units: u32) -> bool {
        let counter = self.state.pools.counter(family.index(), station, other);
        self.state.pools.take(family.index(), counter, units, self.state.now) == Taken::Now
    }

    /// Whether [`Self::hold`] would have them.
    #[must_use]
    pub fn has_room(&self, family: Id<PoolFamily>, station: u32, other: u32, units: u32) -> bool {
        self.state.pools.has_room(
            family.index(),
            self.state.pools.counter(family.index(), station, other),
            units,
        )
    }

    /// Gives them back.
    pub fn free(&mut self, family: Id<PoolFamily>, station: u32, other: u32, units: u32) {
        let counter = self.state.pools.counter(family.index(), station, other);
        self.state.pools.give(family.index(), counter, units, self.state.now);
    }

    /// What a station does at present.
    #[must_use]
    pub fn availability(&self, station: u32) -> Availability {
        self.state.stations[station as usize].availability
    }

    /// Takes a station down or brings it up. `Killed`: all who are present, or hold
    /// a unit of its pool, fail now with [`Outcome::StationDown`]. `Draining`: who
    /// holds a unit is present and served on. `Holding`: those in service stop where
    /// they stand. `Up`: held work resumes and the queue moves up. All this happens to
    /// the oldest request first.
    pub fn set_availability(&mut self, station: u32, to: Availability) {
        set_availability(&mut self.state, station, to);
    }

    /// Takes a link direction down (`kill`: its transfers fail now; otherwise they
    /// stop where they stand) or brings it up (they resume). While it is down, new
    /// transfers fail if `kill`, else they join and wait.
    pub fn set_link(&mut self, link: Id<LinkDirection>, down: bool, kill: bool) {
        set_link(&mut self.state, link, down, kill);
    }
}
