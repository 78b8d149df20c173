//! The engine: a clock, stations, links and pools, walking itineraries.
//!
//! Knows no Exchange. A [`Driver`] (in casim: [`crate::clients`]) opens requests
//! and sets timers; the [`Engine`] walks each request's program leg by leg and
//! reports its end. Dispatch is static: one `match` over four event classes.
//!
//! # Promises (tests cite them by number)
//!
//! - **E1 Order.** Simultaneous events are played in the order of
//!   [`Class`]: edges (outages, changes,
//!   measuring), then releases (end of a service or a transfer), then arrivals
//!   (end of a delay, a driver's timer), then the rest (patience); within a class
//!   first scheduled, first played. A release so frees its core before an arrival
//!   of the same instant asks for one.
//! - **E2 Binding.** A leg names a slot, not a server. A slot is bound when it is
//!   first reached, by the balancing policy of its group among the servers that
//!   are not known to be down, and keeps its server until the request ends.
//! - **E3 Holding.** A request owns what it holds (a place in a queue, a core, a
//!   share of a link, pool units). However it ends (completion, refusal, outage,
//!   patience, [`Engine::abort`]), all of it is released at that instant, the part
//!   of latency that it was in is closed, and events scheduled for it fall flat,
//!   since each event carries the sequence number that its request waits for.
//! - **E4 Latency.** The parts of a request's latency add up to its whole, to the
//!   nanosecond.
//! - **E5 Reporting.** [`Driver::ended`] is called after the event that ended the
//!   request, never from inside a call into the engine, in the order of the ends.
//! - **E6 Conservation.** Opened = completed + failed + in flight, and at every
//!   station arrivals = served + refused + killed + aborted + present, as integers;
//!   core-busy time = service delivered, as an integer; a link's bits = the sum of
//!   its transfers, within 1e-9.
//! - **E7 Little.** At every station and link the time integral of the number
//!   present equals the sum of the times spent there, as integers.
//! - **E8 Draws.** A leg's draw is a function of the request's key, the leg's role
//!   and the request's visit count alone, so neither routing nor queueing moves it.
//! - **E9 Idle timers.** Patience of equal length is a first-in-first-out lane with
//!   at most one pending event; other timers wait in the calendar's far tier.
//!
//! E6 and E7 are checked at the end of every run and at checkpoints inside it (the
//! intervals of the time series; one that comes sooner than as many events as a
//! check has to look at things is passed over, which keeps the cost below 3 %). A
//! violation ends the run and is reported in [`report::EngineReport::violations`].
//!
//! Read `request`, `station` and `link` for what is kept of each.

mod availability;
mod balance;
mod check;
mod driver;
mod end;
mod link;
mod parts;
mod pool;
pub mod report;
mod request;
mod run;
mod station;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;

use crate::kernel::calendar::{Calendar, Class};
use crate::kernel::distribution::Sampler;
use crate::kernel::{SimSpan, SimTime};
use crate::model::itinerary::{Amount, Leg, Network};
pub use driver::{Driver, Ended, Opening, Outcome, RequestId, UNBOUND};
use end::Lane;
use link::Link;
use pool::Pools;
use report::IntervalSample;
use request::Requests;
pub use run::{Crowd, Horizon, Stopped, Unwatched, Watch, run};
pub use station::Availability;
use station::Station;

/// The state that changes: clock, calendar, requests, stations, links, pools.
#[derive(Debug)]
pub struct Engine<'n> {
    network: &'n Network,
    now: SimTime,
    calendar: Calendar,
    requests: Requests,
    stations: Vec<Station>,
    links: Vec<Link>,
    pools: Pools,
    /// Next server of each group, for round robin.
    turn: Vec<u32>,
    /// Servers that new work is kept away from (known to be down).
    avoided: Vec<bool>,
    lanes: Vec<Lane>,
    /// Requests that have ended and are not yet reported, in order, and how.
    ended: Vec<(u32, Outcome)>,
    /// By leg: number of its lognormal draw; legs with the same role and law share one.
    draw_of: Vec<u32>,
    events: u64,
    hash: u64,
    /// Opened, completed, failed.
    counts: [u64; 3],
    intervals: Vec<IntervalSample>,
    /// Events played at the last check.
    checked_at: u64,
}

/// Second kind of a class's payload.
const OTHER: u64 = 1 << 32;

impl<'n> Engine<'n> {
    /// An engine at time zero with nothing in it.
    #[must_use]
    pub fn new(network: &'n Network) -> Self {
        let mut caps = vec![Vec::new(); network.links.len()];
        for leg in &network.legs {
            if let Leg::Transfer { link, cap, .. } = leg
                && cap.is_finite()
            {
                caps[link.index()].push(*cap);
            }
        }
        Self {
            network,
            now: SimTime::ZERO,
            calendar: Calendar::new(),
            requests: Requests::new(network),
            stations: network
                .stations
                .iter()
                .zip(&network.pools)
                .map(|(s, pool)| Station::new(s.cores, s.queue_limit, pool.limit, s.keep_visits))
                .collect(),
            links: network.links.iter().zip(&caps).map(|(l, caps)| Link::new(l.bandwidth, caps)).collect(),
            pools: Pools::new(network),
            turn: vec![0; network.groups.len()],
            avoided: vec![false; network.stations.len()],
            lanes: Vec::new(),
            ended: Vec::new(),
            draw_of: draws(network),
            events: 0,
            hash: 0,
            counts: [0; 3],
            intervals: Vec::new(),
            checked_at: 0,
        }
    }

    /// The clock.
    #[inline]
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// What is executed.
    #[must_use]
    pub fn network(&self) -> &'n Network {
        self.network
    }

    /// Events played so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Pending events, and how many of them stand in the near heap.
    #[must_use]
    pub fn pending(&self) -> (usize, usize) {
        (self.calendar.len(), self.calendar.near_len())
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.counts[0] - self.counts[1] - self.counts[2]
    }

    /// Opens a request now. Legs that take no time are walked at once; an end at
    /// this very instant is reported after the present event (E5).
    #[inline]
    pub fn open(&mut self, opening: &Opening) -> RequestId {
        self.counts[0] += 1;
        let index = self.requests.open(opening, self.now);
        let id = self.requests.id(index);
        if opening.patience > SimSpan::ZERO {
            self.be_patient(id, opening.patience);
        }
        self.walk(index);
        id
    }

    /// Tells the engine how many things the driver keeps; beyond
    /// [`Horizon::most_in_flight`] the run is given up after the present event.
    pub fn crowd(&mut self, count: usize) {
        self.requests.crowded |= count > self.requests.most as usize;
    }

    /// Ends a request now with [`Outcome::Aborted`]; false if it has ended already.
    pub fn abort(&mut self, request: RequestId, reason: u8) -> bool {
        match self.requests.live(request) {
            Some(index) => {
                self.stop(index, Outcome::Aborted(reason));
                true
            }
            None => false,
        }
    }

    /// Calls [`Driver::timer`] with `token` at `at` (not before now). There is no
    /// cancel: a driver that no longer wants a timer ignores it when it comes.
    #[inline]
    pub fn timer(&mut self, at: SimTime, token: u32) {
        self.calendar.schedule(at.min(SimTime::MAX), Class::Arrival, OTHER | u64::from(token));
    }

    /// Calls [`Driver::edge`] with `token` at `at`, before everything else of that instant.
    pub fn edge(&mut self, at: SimTime, token: u32) {
        self.calendar.schedule(at.min(SimTime::MAX), Class::Edge, OTHER | u64::from(token));
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
        let (Amount::Drawn { sampler, role, .. }
        | Amount::DrawnOverParam { sampler, role, .. }
        | Amount::SlowStart { sampler, role, .. }) = amount
        else {
            return 0;
        };
        let Sampler::LogNormal { mu, sigma } = sampler else { return 0 };
        let next = known.len() as u32 + 1;
        *known.entry((role.0, mu.to_bits(), sigma.to_bits())).or_insert(next)
    };
    network.legs.iter().map(number).collect()
}
