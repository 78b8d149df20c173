//! Counted resources beside the stations' own pools: connections of a server, of a
//! pair of servers, of a user or an address at a server.
//!
//! A [`PoolFamily`] is one limit that stands many times: once a server, once a pair
//! of servers, or once a server and key. The numbers of its counters follow one another,
//! so that one is found by an addition; what they count stands in [`super::counters`]. A family
//! that waits has a queue a counter; a request that gives up leaves a stale name in it, which
//! the next unit skips. Only bookkeeping; [`super::walk`] moves the requests.

use std::collections::VecDeque;

use super::counters::Counters;
use super::handles::RequestId;
use super::measured::PoolReport;
use crate::itinerary::{Counted, Network, PoolFamily, StationGroup, WhenFull};
use crate::kernel::{Id, SimTime};

#[derive(Debug)]
struct Family {
    limit: u32,
    waits: bool,
    /// First station of the group.
    station: u32,
    /// Counters a station.
    width: u32,
    /// What the second coordinate counts from (first station of the far group, or key 0).
    far: u32,
    /// First counter.
    first: u32,
    /// First queue, where it waits.
    first_queue: u32,
    /// Place of its first server in [`Pools::servers`].
    first_server: u32,
}

/// The counters of one family at one server.
#[derive(Debug)]
struct AtServer {
    /// Units in use at all of them.
    units: u64,
    touched: SimTime,
    area: u128,
    mark: u128,
    sampled: u128,
    report: PoolReport,
}

/// All families with their counters.
#[derive(Debug)]
pub(super) struct Pools {
    families: Vec<Family>,
    /// By family and server.
    servers: Vec<AtServer>,
    counters: Counters,
    queues: Vec<VecDeque<RequestId>>,
}

impl Pools {
    pub(super) fn new(network: &Network) -> Self {
        let group = |id: Id<StationGroup>| &network.groups[id.index()];
        let (mut counters, mut queues) = (0_u32, 0_u32);
        let mut families = Vec::with_capacity(network.families.len());
        let mut servers = Vec::new();
        for PoolFamily { group: at, counted, limit, when_full, .. } in &network.families {
            let (width, far) = match *counted {
                Counted::Server => (1, 0),
                Counted::Pair(to) => (group(to).count, group(to).first),
                Counted::Key(keys) => (keys, 0),
            };
            let waits = *when_full == WhenFull::Wait;
            let count = group(*at).count.checked_mul(width).expect("fewer than 2^32 counters");
            families.push(Family {
                limit: *limit,
                waits,
                station: group(*at).first,
                width,
                far,
                first: counters,
                first_queue: queues,
                first_server: servers.len() as u32,
            });
            servers.extend((0..group(*at).count).map(|_| AtServer {
                units: 0,
                touched: SimTime::ZERO,
                area: 0,
                mark: 0,
                sampled: 0,
                report: PoolReport { counters: u64::from(width), ..PoolReport::default() },
            }));
            counters = counters.checked_add(count).expect("fewer than 2^32 counters");
            queues += if waits { count } else { 0 };
        }
        Self {
            families,
            servers,
            counters: Counters::new(counters),
            queues: vec![VecDeque::new(); queues as usize],
        }
    }

    /// The counter of a station and the other end: a station of the far group, or a key.
    pub(super) fn counter(&self, family: usize, station: u32, other: u32) -> u32 {
        let family = &self.families[family];
        let other = if family.width == 1 && family.far == 0 { 0 } else { other - family.far };
        debug_assert!(other < family.width, "a key of the family");
        family.first + (station - family.station) * family.width + other
    }

    /// The server of the family that a counter belongs to.
    fn server(&mut self, family: usize, counter: u32) -> &mut AtServer {
        let family = &self.families[family];
        &mut self.servers[(family.first_server + (counter - family.first) / family.width.max(1)) as usize]
    }

    /// The family that a counter belongs to.
    pub(super) fn family_of(&self, counter: u32) -> usize {
        self.families.partition_point(|family| family.first <= counter) - 1
    }

    pub(super) fn has_room(&self, family: usize, counter: u32, units: u32) -> bool {
        self.counters.get(counter).saturating_add(units) <= self.families[family].limit
    }

    /// Takes so many units, all or none; none are refused by a family that waits.
    pub(super) fn take(&mut self, family: usize, counter: u32, units: u32, now: SimTime) -> Taken {
        let used = self.counters.get(counter).saturating_add(units);
        if used > self.families[family].limit {
            if self.families[family].waits {
                return Taken::Later;
            }
            self.server(family, counter).report.refused += 1;
            return Taken::Refused;
        }
        self.counters.set(counter, used);
        let server = self.server(family, counter);
        server.report.max = server.report.max.max(u64::from(used));
        server.touch(now);
        server.units += u64::from(units);
        Taken::Now
    }

    /// Gives units back.
    pub(super) fn give(&mut self, family: usize, counter: u32, units: u32, now: SimTime) {
        let used = self.counters.get(counter);
        debug_assert!(used >= units, "units are given back that nobody took");
        self.counters.set(counter, used - units);
        let server = self.server(family, counter);
        server.touch(now);
        server.units -= u64::from(units);
    }

    /// A request waits for a unit.
    pub(super) fn queue(&mut self, family: usize, counter: u32, request: RequestId) {
        self.server(family, counter).report.waited += 1;
        let state = &self.families[family];
        self.queues[(state.first_queue + counter - state.first) as usize].push_back(request);
    }

    /// The next who waits, where somebody may.
    pub(super) fn next_waiting(&mut self, family: usize, counter: u32) -> Option<RequestId> {
        let state = &self.families[family];
        if !state.waits {
            return None;
        }
        self.queues[(state.first_queue + counter - state.first) as usize].pop_front()
    }

    /// Somebody waited in vain.
    pub(super) fn refuse(&mut self, family: usize, counter: u32) {
        self.server(family, counter).report.refused += 1;
    }

    pub(super) fn begin_measuring(&mut self, now: SimTime) {
        for server in &mut self.servers {
            server.touch(now);
            (server.mark, server.sampled) = (server.area, server.area);
            let counters = server.report.counters;
            server.report = PoolReport { counters, ..PoolReport::default() };
        }
        let used: Vec<(u32, u32)> = self.counters.used().collect();
        for (counter, units) in used {
            let server = self.server(self.family_of(counter), counter);
            server.report.max = server.report.max.max(u64::from(units));
        }
    }

    /// Units times ns since the last sample, by family and server.
    pub(super) fn sample(&mut self, now: SimTime) -> Vec<f64> {
        let amount = |server: &mut AtServer| {
            server.touch(now);
            let amount = server.area - server.sampled;
            server.sampled = server.area;
            amount as f64
        };
        self.servers.iter_mut().map(amount).collect()
    }

    /// By family and server.
    pub(super) fn report(&mut self, now: SimTime) -> Vec<PoolReport> {
        let finish = |server: &mut AtServer| {
            server.touch(now);
            PoolReport { units: server.area - server.mark, ..server.report }
        };
        self.servers.iter_mut().map(finish).collect()
    }

    /// The reports of all servers of each family together.
    pub(super) fn of_families(&self, of_servers: &[PoolReport]) -> Vec<PoolReport> {
        let range = |number: usize| {
            let first = self.families[number].first_server as usize;
            let next = self.families.get(number + 1).map(|next| next.first_server as usize);
            first..next.unwrap_or(of_servers.len())
        };
        (0..self.families.len())
            .map(|number| {
                let mut sum = PoolReport::default();
                of_servers[range(number)].iter().for_each(|server| sum.add(server));
                sum
            })
            .collect()
    }
}

impl AtServer {
    fn touch(&mut self, now: SimTime) {
        self.area += u128::from(now.0 - self.touched.0) * u128::from(self.units);
        self.touched = now;
    }
}

/// Whether units were there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// They are taken.
    Now,
    /// They will be, in turn.
    Later,
    /// There are none.
    Refused,
}
