//! The system state: clock, calendar, requests, stations, links, pools, and what is
//! asked of them from everywhere: which server a leg means, who is where.
//!
//! Must not know how a request goes on ([`super::walk`]) or ends ([`super::leave`]).

use std::collections::BTreeMap;

use super::handles::{NIL, UNBOUND};
use super::link::Link;
use super::measured::IntervalSample;
use super::opening::Outcome;
use super::paths::Crossings;
use super::patience::Lane;
use super::pool::Pools;
use super::request::{Requests, State};
use super::station::{Host, Station, lay_hosts};
use crate::itinerary::{Amount, Balancing, Leg, LegPlace, Network, Part, PoolFamily, SLOTS, StationGroup};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::Sampler;
use crate::kernel::random::Key;
use crate::kernel::{Id, SimTime};

/// Second kind of a class's payload.
pub(super) const OTHER: u64 = 1 << 32;

/// What a leg that binds no slot has instead; [`Network::add_program`] sees to it
/// that no leg holds units there.
const NO_SLOT: u8 = u8::MAX;

/// The state that changes: clock, calendar, requests, stations, links, pools.
#[derive(Debug)]
pub(super) struct SystemState<'n> {
    pub(super) network: &'n Network,
    pub(super) now: SimTime,
    pub(super) calendar: Calendar,
    pub(super) requests: Requests,
    pub(super) stations: Vec<Station>,
    /// Cores that several stations share.
    pub(super) shared: Vec<Host<'n>>,
    pub(super) links: Vec<Link>,
    pub(super) crossings: Crossings,
    pub(super) pools: Pools,
    /// Next server of each group, for round robin.
    pub(super) turn: Vec<u32>,
    /// Servers that new work is kept away from (known to be down).
    pub(super) avoided: Vec<bool>,
    pub(super) lanes: Vec<Lane>,
    /// Requests that have ended and are not yet reported, in order, and how.
    pub(super) ended: Vec<(u32, Outcome)>,
    /// By leg: number of its lognormal draw; legs with the same role and law share one.
    pub(super) draw_of: Vec<u32>,
    /// Class and sequence of the present event: its turn among those of its instant.
    pub(super) turn_now: u64,
    /// How many of those in flight are work beside requests, which stations keep.
    pub(super) beside: u64,
    pub(super) events: u64,
    pub(super) hash: u64,
    /// Opened, completed, failed.
    pub(super) counts: [u64; 3],
    pub(super) intervals: Vec<IntervalSample>,
    /// Events played at the last check.
    pub(super) checked_at: u64,
}

impl<'n> SystemState<'n> {
    /// A system at time zero with nothing in it.
    pub(super) fn new(network: &'n Network) -> Self {
        let mut stations: Vec<Station> = network
            .stations
            .iter()
            .zip(&network.pools)
            .map(|(s, pool)| Station::new(s.cores, s.queue_limit, pool.limit, s.keep_visits))
            .collect();
        Self {
            network,
            shared: lay_hosts(network, &mut stations),
            now: SimTime::ZERO,
            calendar: Calendar::new(),
            requests: Requests::new(network),
            stations,
            links: network.links.iter().map(|_| Link::new()).collect(),
            crossings: Crossings::new(network),
            pools: Pools::new(network),
            turn: vec![0; network.groups.len()],
            avoided: vec![false; network.stations.len()],
            lanes: Vec::new(),
            ended: Vec::new(),
            draw_of: draws(network),
            turn_now: 0,
            beside: 0,
            events: 0,
            hash: 0,
            counts: [0; 3],
            intervals: Vec::new(),
            checked_at: 0,
        }
    }

    /// Requests in flight.
    pub(super) fn in_flight(&self) -> u64 {
        self.counts[0] - self.counts[1] - self.counts[2]
    }

    /// A server (station index) of the group by its balancing policy among those
    /// not avoided (if all are, among all); `affinity` chooses under
    /// [`Balancing::ClientAffinity`].
    #[inline]
    pub(super) fn choose(&mut self, group: Id<StationGroup>, affinity: u64) -> u32 {
        let servers = &self.network.groups[group.index()];
        if servers.count == 1 {
            return servers.first;
        }
        self.balance(group, affinity)
    }

    fn balance(&mut self, group: Id<StationGroup>, affinity: u64) -> u32 {
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
                    (station.units, station.waiting + station.busy_by(self.now, self.turn_now))
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

    /// The server of a place, bound if it is not yet.
    #[inline(always)]
    pub(super) fn bind(&mut self, place: LegPlace, index: u32) -> (u32, u8) {
        let (slot, group) = match place {
            LegPlace::Slot { slot, group } => (slot, group),
            LegPlace::Any { group } => {
                let key = self.requests.hot[index as usize].key.0;
                return (self.choose(group, key), NO_SLOT);
            }
        };
        let bound = self.requests.slot(index, slot);
        if bound != UNBOUND { (bound, slot) } else { (self.bind_anew(slot, group, index), slot) }
    }

    #[inline(never)]
    fn bind_anew(&mut self, slot: u8, group: Id<StationGroup>, index: u32) -> u32 {
        let key = self.requests.hot[index as usize].key.0;
        let station = self.choose(group, key);
        self.requests.bind(index, slot, station);
        station
    }

    /// The counter of a family at the request's servers.
    pub(super) fn counter(
        &mut self,
        family: Id<PoolFamily>,
        place: LegPlace,
        to: Option<LegPlace>,
        index: u32,
    ) -> u32 {
        let (station, _) = self.bind(place, index);
        let other = to.map_or(0, |to| self.bind(to, index).0);
        self.pools.counter(family.index(), station, other)
    }

    #[inline]
    pub(super) fn book(&mut self, index: u32, part: Part, span: u64) {
        self.requests.parts.book(index, part, span);
    }

    /// A jump led back: the draws that follow have names of their own.
    #[inline]
    pub(super) fn come_back(&mut self, index: u32) {
        self.requests.hot[index as usize].visit += 1;
        self.requests.cold[index as usize].draw = NIL;
    }

    /// Whether the request holds a unit of the station's pool: it is present there.
    pub(super) fn holds(&self, index: u32, station: u32) -> bool {
        let units = self.requests.hot[index as usize].units;
        units != 0
            && (0..SLOTS as u8)
                .any(|slot| units & (1 << slot) != 0 && self.requests.slot(index, slot) == station)
    }

    pub(super) fn requests_at(&self, station: u32) -> Vec<u32> {
        let hot = self.requests.hot.iter().enumerate();
        let here = hot.filter(|(_, hot)| {
            hot.at == station && matches!(hot.state, State::Waiting | State::Serving | State::Paused)
        });
        self.oldest_first(here.map(|(index, _)| index as u32).collect())
    }

    /// Requests that hold a unit of the station's pool, the oldest first.
    pub(super) fn holders_of(&self, station: u32) -> Vec<u32> {
        let all = 0..self.requests.hot.len() as u32;
        let live =
            |index: &u32| !matches!(self.requests.hot[*index as usize].state, State::Free | State::Ended);
        self.oldest_first(all.filter(live).filter(|&index| self.holds(index, station)).collect())
    }

    /// In the order in which they were opened, those of one instant by their names: the
    /// order of the arena would tell who else is in the model.
    fn oldest_first(&self, mut requests: Vec<u32>) -> Vec<u32> {
        let age = |index: u32| {
            let i = index as usize;
            (self.requests.cold[i].opened_at, self.requests.hot[i].key.0)
        };
        requests.sort_by_key(|&index| age(index));
        requests
    }
}

/// What tells a lognormal law, bounded or with something added, from others.
fn lognormal(sampler: &Sampler) -> Option<[u64; 4]> {
    match sampler {
        Sampler::LogNormal { mu, sigma } => {
            Some([mu.to_bits(), sigma.to_bits(), f64::INFINITY.to_bits(), 0.0_f64.to_bits()])
        }
        Sampler::AtMost { of, most, .. } => {
            lognormal(of).map(|[mu, sigma, ..]| [mu, sigma, most.to_bits(), 0.0_f64.to_bits()])
        }
        Sampler::Plus(of, more) => {
            lognormal(of).map(|[mu, sigma, most, _]| [mu, sigma, most, more.to_bits()])
        }
        _ => None,
    }
}

/// By leg, the number of its lognormal draw, equal for equal roles and laws; 0 for
/// legs that make none.
fn draws(network: &Network) -> Vec<u32> {
    let mut known = BTreeMap::new();
    let number = |leg: &Leg| {
        let (Leg::Delay { amount, .. } | Leg::Serve { amount, .. } | Leg::Transfer { amount, .. }) = leg
        else {
            return 0;
        };
        let Amount::Drawn { sampler, role, .. } = amount else { return 0 };
        let Some(law) = lognormal(sampler) else { return 0 };
        let next = known.len() as u32 + 1;
        *known.entry((role.0, law)).or_insert(next)
    };
    network.legs.iter().map(number).collect()
}
