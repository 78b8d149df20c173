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

mod link;
mod pool;
pub mod report;
mod request;
mod station;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use rand::RngExt;

use crate::kernel::calendar::{Calendar, Class, Popped};
use crate::kernel::distribution::Sampler;
use crate::kernel::random::{Key, Role};
use crate::kernel::{Id, SimSpan, SimTime, nanos};
use crate::model::itinerary::{
    Amount, Leg, LinkDirection, Network, PARAMS, PARTS, Part, Place, PoolFamily, Program, SLOTS, StationGroup,
};
use crate::model::topology::Balancing;
use link::{Link, NOT_PENDING};
use pool::{Pools, Taken};
use report::{EngineReport, IntervalSample};
use request::{NIL, Requests, State};
pub use station::Availability;
use station::Station;

/// A slot that is not bound yet.
pub const UNBOUND: u32 = u32::MAX;

/// What opens a request.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Program to walk.
    pub program: Program,
    /// Name of its draws.
    pub key: Key,
    /// The driver's own number, given back in [`Ended`].
    pub owner: u32,
    /// The driver's second number (which step, which attempt), given back too.
    pub tag: u32,
    /// Parameters for [`crate::model::itinerary::Amount::Param`].
    pub params: [u64; PARAMS],
    /// Stations (indices) already bound, or [`UNBOUND`].
    pub slots: [u32; SLOTS],
    /// After this long the request is aborted with [`Outcome::TimedOut`]; zero is never.
    pub patience: SimSpan,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It walked its program to the end.
    Completed,
    /// Refused by a full queue of this station.
    QueueFull(u32),
    /// Refused by a full pool of this station.
    PoolFull(u32),
    /// Refused by a full pool of a family with this reason, or gave up waiting there.
    Refused(u8),
    /// Refused by, or killed at, a station that is down.
    StationDown(u32),
    /// Refused by, or killed on, a link direction that is down.
    LinkDown(u32),
    /// It met [`crate::model::itinerary::Leg::Fail`] with this reason.
    Failed(u8),
    /// Its patience ran out.
    TimedOut,
    /// The driver aborted it with this reason.
    Aborted(u8),
}

/// What the driver hears of a request that ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// From [`Opening`].
    pub owner: u32,
    /// From [`Opening`].
    pub tag: u32,
    /// When it was opened.
    pub opened_at: SimTime,
    /// How.
    pub outcome: Outcome,
    /// Time by part, ns; the parts add up to the whole to the nanosecond.
    pub parts: [u64; PARTS],
    /// Stations bound, or [`UNBOUND`].
    pub slots: [u32; SLOTS],
    /// Instant of the last [`crate::model::itinerary::Leg::Mark`], or zero.
    pub marked_at: SimTime,
}

/// Names a request in flight; stale once it has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestId {
    index: u32,
    generation: u32,
}

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
    ended: VecDeque<(u32, Outcome)>,
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

/// Patience of one length: deadlines in order.
#[derive(Debug)]
struct Lane {
    span: SimSpan,
    deadlines: VecDeque<(SimTime, RequestId)>,
    pending: bool,
}

/// What a leg that binds no slot has instead; [`Network::add_program`] sees to it
/// that no leg holds units there.
const NO_SLOT: u8 = u8::MAX;

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
            ended: VecDeque::new(),
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

    fn crowded(&self) -> Crowd {
        let worst = self.stations.iter().zip(&self.network.stations).max_by_key(|(state, _)| state.waiting);
        let queue = worst
            .filter(|(state, _)| state.waiting > 0)
            .map(|(state, station)| (self.network.groups[station.group.index()].name.clone(), state.waiting));
        Crowd { at: self.now, in_flight: self.in_flight(), queue }
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

    /// What a station does at present.
    #[must_use]
    pub fn availability(&self, station: u32) -> Availability {
        self.stations[station as usize].availability
    }

    /// Takes a station down or brings it up. `Killed`: all who are present, or hold
    /// a unit of its pool, fail now with [`Outcome::StationDown`]. `Draining`: who
    /// holds a unit is present and served on. `Holding`: those in service stop where
    /// they stand. `Up`: held work resumes, in the order of the arena, and the
    /// queue moves up.
    pub fn set_availability(&mut self, station: u32, to: Availability) {
        let from = self.stations[station as usize].availability;
        if from == to {
            return;
        }
        let now = self.now;
        self.stations[station as usize].set_availability(to, now);
        match to {
            Availability::Killed => {
                // Whoever holds a connection of it loses it, wherever its work stands.
                for index in self.requests_at(station) {
                    self.stop(index, Outcome::StationDown(station));
                }
                for index in self.holders_of(station) {
                    self.stations[station as usize].report.killed_away += 1;
                    self.stop(index, Outcome::StationDown(station));
                }
            }
            Availability::Holding => {
                for index in self.requests_at(station) {
                    let hot = &mut self.requests.hot[index as usize];
                    if hot.state == State::Serving {
                        // `since` is the end of service while serving.
                        hot.pending = u64::MAX;
                        hot.state = State::Paused;
                        hot.since = SimTime(hot.since.0 - now.0);
                    }
                }
            }
            Availability::Up | Availability::Draining => {
                for index in self.requests_at(station) {
                    let hot = &self.requests.hot[index as usize];
                    if hot.state == State::Paused {
                        let end = SimTime(now.0 + hot.since.0);
                        let pending = self.calendar.schedule(end, Class::Release, u64::from(index));
                        let hot = &mut self.requests.hot[index as usize];
                        hot.since = end;
                        hot.pending = pending;
                        hot.state = State::Serving;
                    }
                }
                self.serve_waiting(station);
            }
        }
    }

    fn requests_at(&self, station: u32) -> Vec<u32> {
        let hot = self.requests.hot.iter().enumerate();
        let here = hot.filter(|(_, hot)| {
            hot.at == station && matches!(hot.state, State::Waiting | State::Serving | State::Paused)
        });
        here.map(|(index, _)| index as u32).collect()
    }

    /// Requests that hold a unit of the station's pool, in the order of the arena.
    fn holders_of(&self, station: u32) -> Vec<u32> {
        let all = 0..self.requests.hot.len() as u32;
        let live =
            |index: &u32| !matches!(self.requests.hot[*index as usize].state, State::Free | State::Ended);
        all.filter(live).filter(|&index| self.holds(index, station)).collect()
    }

    /// Whether the request holds a unit of the station's pool: it is present there.
    fn holds(&self, index: u32, station: u32) -> bool {
        let units = self.requests.hot[index as usize].units;
        units != 0
            && (0..SLOTS as u8)
                .any(|slot| units & (1 << slot) != 0 && self.requests.slot(index, slot) == station)
    }

    /// Takes a link direction down (`kill`: its transfers fail now; otherwise they
    /// stop where they stand) or brings it up (they resume). While it is down, new
    /// transfers fail if `kill`, else they join and wait.
    pub fn set_link(&mut self, link: Id<LinkDirection>, down: bool, kill: bool) {
        let index = link.index();
        let now = self.now;
        self.links[index].set_down(down, now);
        if down && kill {
            self.links[index].refuses = true;
            for request in self.links[index].flows() {
                self.stop(request, Outcome::LinkDown(index as u32));
            }
        } else if !down {
            self.links[index].refuses = false;
        }
        self.watch_link(index);
    }

    fn be_patient(&mut self, id: RequestId, span: SimSpan) {
        let lane = match self.lanes.iter().position(|lane| lane.span == span) {
            Some(lane) => lane,
            None => {
                self.lanes.push(Lane { span, deadlines: VecDeque::new(), pending: false });
                self.lanes.len() - 1
            }
        };
        let deadline = self.now + span;
        self.lanes[lane].deadlines.push_back((deadline, id));
        if !self.lanes[lane].pending {
            self.lanes[lane].pending = true;
            self.calendar.schedule(deadline.min(SimTime::MAX), Class::Rest, lane as u64);
        }
    }

    fn lane_due(&mut self, lane: usize) {
        while let Some(&(deadline, id)) = self.lanes[lane].deadlines.front() {
            let live = self.requests.live(id);
            if live.is_some() && deadline > self.now {
                self.calendar.schedule(deadline.min(SimTime::MAX), Class::Rest, lane as u64);
                return;
            }
            self.lanes[lane].deadlines.pop_front();
            if let Some(index) = live {
                self.stop(index, Outcome::TimedOut);
            }
        }
        self.lanes[lane].pending = false;
    }

    /// How much leg `leg` asks for, in ns or bits.
    #[inline(always)]
    fn amount(&mut self, amount: &Amount, leg: u32, index: u32) -> u64 {
        let hot = &self.requests.hot[index as usize];
        let cold = &mut self.requests.cold[index as usize];
        let draw_of = &self.draw_of;
        let mut draw = |sampler: &Sampler, role: Role| match sampler {
            Sampler::LogNormal { .. } => {
                let number = draw_of[leg as usize];
                if cold.draw != number {
                    cold.drawn = sampler.draw(&mut hot.key.stream(role, hot.visit));
                    cold.draw = number;
                }
                cold.drawn
            }
            _ => sampler.draw(&mut hot.key.stream(role, hot.visit)),
        };
        match amount {
            Amount::Fixed(value) => *value,
            Amount::Drawn { sampler, role, scale } => nanos(draw(sampler, *role) * scale),
            Amount::Param { index: param, factor } => {
                nanos(self.requests.param(index, *param) as f64 * factor)
            }
            Amount::DrawnOverParam { sampler, role, scale, index: param } => {
                let drawn = draw(sampler, *role);
                nanos(drawn * scale / self.requests.param(index, *param).max(1) as f64)
            }
            Amount::SlowStart { sampler, role, scale, initial_window_bits, index: param, fixed_ns } => {
                let bits = draw(sampler, *role) * scale;
                let rounds = (libm::ceil(libm::log2(bits / initial_window_bits + 1.0)) - 1.0).max(0.0);
                let client = param.map_or(0, |p| self.requests.param(index, p));
                nanos(rounds * (client + fixed_ns) as f64)
            }
        }
    }

    /// The server of a place, bound if it is not yet.
    #[inline]
    fn bind(&mut self, place: Place, index: u32) -> (u32, u8) {
        let (slot, group) = match place {
            Place::Slot { slot, group } => (slot, group),
            Place::Any { group } => {
                let key = self.requests.hot[index as usize].key.0;
                return (self.choose(group, key), NO_SLOT);
            }
        };
        let bound = self.requests.slot(index, slot);
        if bound != UNBOUND {
            return (bound, slot);
        }
        let key = self.requests.hot[index as usize].key.0;
        let station = self.choose(group, key);
        self.requests.bind(index, slot, station);
        (station, slot)
    }

    #[inline]
    fn book(&mut self, index: u32, part: Part, span: u64) {
        self.requests.book(index, part as usize, span);
    }

    /// Walks from the present leg until the request has to wait for something.
    fn walk(&mut self, index: u32) {
        let network = self.network;
        let now = self.now;
        let i = index as usize;
        loop {
            let leg = self.requests.hot[i].leg;
            match &network.legs[leg as usize] {
                Leg::Delay { amount, .. } => {
                    let span = self.amount(amount, leg, index);
                    if span > 0 {
                        let until = SimTime((now.0 + span).min(SimTime::MAX.0));
                        let pending = self.calendar.schedule(until, Class::Arrival, u64::from(index));
                        let hot = &mut self.requests.hot[i];
                        hot.pending = pending;
                        hot.since = now;
                        hot.state = State::Delayed;
                        return;
                    }
                }
                Leg::Serve { place, amount, .. } => {
                    let demand = self.amount(amount, leg, index);
                    let (at, _) = self.bind(*place, index);
                    self.arrive(index, at, demand);
                    return;
                }
                Leg::Transfer { link, amount, cap, .. } => {
                    let bits = self.amount(amount, leg, index);
                    if bits > 0 {
                        self.cross(index, link.index(), bits, *cap);
                        return;
                    }
                }
                Leg::Acquire { place } => {
                    let (station, slot) = self.bind(*place, index);
                    let down = self.stations[station as usize].availability;
                    if matches!(down, Availability::Killed | Availability::Draining) {
                        return self.finish(index, Outcome::StationDown(station));
                    }
                    if !self.stations[station as usize].take_unit(now) {
                        return self.finish(index, Outcome::PoolFull(station));
                    }
                    self.requests.hot[i].units |= 1 << slot;
                }
                Leg::Release { place } => {
                    let (station, slot) = self.bind(*place, index);
                    if self.requests.hot[i].units & (1 << slot) != 0 {
                        self.stations[station as usize].give_unit(now);
                        self.requests.hot[i].units &= !(1 << slot);
                    }
                }
                Leg::Take { family, place, to, .. } => {
                    let counter = self.counter(*family, *place, *to, index);
                    match self.pools.take(family.index(), counter, 1, now) {
                        Taken::Now => self.requests.take_hold(index, counter),
                        Taken::Later => {
                            self.pools.queue(family.index(), counter, self.requests.id(index));
                            let hot = &mut self.requests.hot[i];
                            hot.pending = u64::MAX;
                            hot.since = now;
                            hot.state = State::Delayed;
                            return;
                        }
                        Taken::Refused => {
                            let reason = network.families[family.index()].reason;
                            return self.finish(index, Outcome::Refused(reason));
                        }
                    }
                }
                Leg::Give { family, place, to } => {
                    let counter = self.counter(*family, *place, *to, index);
                    if let Some(place) = self.requests.place_of(index, counter) {
                        self.requests.let_go(index, place);
                        self.give_back(counter);
                    }
                }
                Leg::Branch { role, targets } => {
                    let hot = &mut self.requests.hot[i];
                    let u: f64 = hot.key.stream(*role, hot.visit).random();
                    let to = targets.iter().find(|(cumulative, _)| u < *cumulative);
                    let to = to.or(targets.last()).map_or(0, |(_, to)| *to);
                    let back = hot.program + to <= leg;
                    hot.leg = hot.program + to;
                    if back {
                        self.come_back(index);
                    }
                    continue;
                }
                Leg::Jump { to } => {
                    let hot = &mut self.requests.hot[i];
                    let back = hot.program + to <= leg;
                    hot.leg = hot.program + to;
                    if back {
                        self.come_back(index);
                    }
                    continue;
                }
                Leg::Mark => self.requests.mark(index, now),
                Leg::End => return self.finish(index, Outcome::Completed),
                Leg::Fail { reason } => return self.finish(index, Outcome::Failed(*reason)),
                Leg::Refuse { reason } => return self.finish(index, Outcome::Refused(*reason)),
            }
            self.requests.hot[i].leg += 1;
        }
    }

    /// The counter of a family at the request's servers.
    fn counter(&mut self, family: Id<PoolFamily>, place: Place, to: Option<Place>, index: u32) -> u32 {
        let (station, _) = self.bind(place, index);
        let other = to.map_or(0, |to| self.bind(to, index).0);
        self.pools.counter(family.index(), station, other)
    }

    /// A unit is free again: the first who waits for it goes on at this instant.
    fn give_back(&mut self, counter: u32) {
        let family = self.pools.family_of(counter);
        self.pools.give(family, counter, 1, self.now);
        while let Some(next) = self.pools.next_waiting(family, counter) {
            let Some(index) = self.requests.live(next) else { continue };
            let taken = self.pools.take(family, counter, 1, self.now);
            debug_assert_eq!(taken, Taken::Now, "the unit that was given back is free");
            self.requests.take_hold(index, counter);
            self.requests.hot[index as usize].pending =
                self.calendar.schedule(self.now, Class::Arrival, u64::from(index));
            return;
        }
    }

    /// A jump led back: the draws that follow have names of their own.
    #[inline]
    fn come_back(&mut self, index: u32) {
        self.requests.hot[index as usize].visit += 1;
        self.requests.cold[index as usize].draw = NIL;
    }

    /// A request asks station `at` for service.
    #[inline]
    fn arrive(&mut self, index: u32, at: u32, demand: u64) {
        let now = self.now;
        let down = self.stations[at as usize].availability;
        let refuses =
            down == Availability::Killed || down == Availability::Draining && !self.holds(index, at);
        let station = &mut self.stations[at as usize];
        station.report.arrivals += 1;
        station.whole_arrivals += 1;
        if refuses {
            station.report.refused_down += 1;
            station.whole_left += 1;
            return self.finish(index, Outcome::StationDown(at));
        }
        let free = station.busy < station.cores && station.availability == Availability::Up;
        if !free && station.waiting >= station.queue_limit {
            station.report.refused_queue += 1;
            station.whole_left += 1;
            return self.finish(index, Outcome::QueueFull(at));
        }
        station.touch(now);
        let hot = &mut self.requests.hot[index as usize];
        hot.at = at;
        hot.arrived = now;
        if free {
            station.busy += 1;
            let end = SimTime((now.0 + demand).min(SimTime::MAX.0));
            hot.amount = demand;
            hot.since = end;
            hot.state = State::Serving;
            hot.pending = self.calendar.schedule(end, Class::Release, u64::from(index));
        } else {
            station.waiting += 1;
            station.report.waiting_max = station.report.waiting_max.max(u64::from(station.waiting));
            hot.amount = demand;
            hot.state = State::Waiting;
            hot.pending = u64::MAX;
            hot.next = NIL;
            let tail = station.tail;
            station.tail = index;
            if tail == NIL {
                station.head = index;
            } else {
                self.requests.hot[tail as usize].next = index;
            }
        }
    }

    /// Cores that are free take the heads of the queue.
    #[inline]
    fn serve_waiting(&mut self, at: u32) {
        let now = self.now;
        loop {
            let station = &mut self.stations[at as usize];
            let serves = matches!(station.availability, Availability::Up | Availability::Draining);
            if station.head == NIL || station.busy >= station.cores || !serves {
                return;
            }
            station.touch(now);
            let index = station.head;
            let hot = &mut self.requests.hot[index as usize];
            station.head = hot.next;
            if station.head == NIL {
                station.tail = NIL;
            }
            station.waiting -= 1;
            station.busy += 1;
            station.report.waited += 1;
            let end = SimTime((now.0 + hot.amount).min(SimTime::MAX.0));
            hot.since = end;
            hot.state = State::Serving;
            hot.pending = self.calendar.schedule(end, Class::Release, u64::from(index));
        }
    }

    /// Service has ended.
    #[inline]
    fn served(&mut self, index: u32) {
        let now = self.now;
        let at = self.requests.hot[index as usize].at;
        let station = &mut self.stations[at as usize];
        station.touch(now);
        station.busy -= 1;
        let leg = self.requests.hot[index as usize].leg;
        let arrived = self.requests.hot[index as usize].arrived;
        let sojourn = now.0 - arrived.0;
        // The time that did not serve is waiting, whenever it fell (a hold).
        let service = self.requests.hot[index as usize].amount;
        station.whole_sojourn += u128::from(sojourn);
        station.whole_service += u128::from(service);
        station.whole_left += 1;
        station.record_visit(sojourn - service, service);
        if let Leg::Serve { queue_part, .. } = &self.network.legs[leg as usize] {
            self.book(index, *queue_part, sojourn - service);
            self.book(index, queue_part.service(), service);
        }
        let hot = &mut self.requests.hot[index as usize];
        hot.at = NIL;
        hot.leg += 1;
        if self.stations[at as usize].head != NIL {
            self.serve_waiting(at);
        }
        self.walk(index);
    }

    /// A transfer begins.
    #[inline]
    fn cross(&mut self, index: u32, link: usize, bits: u64, cap: f64) {
        let now = self.now;
        let direction = &mut self.links[link];
        direction.report.transfers += 1;
        direction.report.offered_bits += bits as f64;
        if direction.refuses {
            direction.report.killed += 1;
            return self.finish(index, Outcome::LinkDown(link as u32));
        }
        direction.whole_begun += 1;
        let hot = &mut self.requests.hot[index as usize];
        hot.at = link as u32;
        hot.amount = bits;
        hot.state = State::Crossing;
        hot.pending = u64::MAX;
        hot.arrived = now;
        direction.enter(now, index, bits as f64, cap);
        self.watch_link(link);
    }

    /// Sees to it that an event is pending not after the link's next completion.
    /// One that is pending earlier is left: when it comes it finds nothing
    /// complete and sets the next one, which is cheaper than two per arrival.
    #[inline]
    fn watch_link(&mut self, link: usize) {
        let direction = &mut self.links[link];
        match direction.next_due(self.now) {
            None => direction.pending = NOT_PENDING,
            Some(due) => {
                if direction.pending == NOT_PENDING || direction.due > due {
                    direction.due = due;
                    direction.pending = self.calendar.schedule(due, Class::Release, OTHER | link as u64);
                }
            }
        }
    }

    /// Transfers have ended.
    fn crossed(&mut self, link: usize) {
        let now = self.now;
        self.links[link].pending = NOT_PENDING;
        self.links[link].touch(now);
        // Almost always one; all who end now leave before the first of them goes on.
        let mut first = None;
        let mut others = Vec::new();
        while let Some(index) = self.links[link].take_complete() {
            let leg = self.requests.hot[index as usize].leg;
            let bits = self.requests.hot[index as usize].amount as f64;
            let took = now.0 - self.requests.hot[index as usize].arrived.0;
            if let Leg::Transfer { cap, part, .. } = &self.network.legs[leg as usize] {
                self.links[link].completed(took, bits, *cap);
                self.book(index, *part, took);
            }
            let hot = &mut self.requests.hot[index as usize];
            hot.at = NIL;
            hot.leg += 1;
            if first.is_none() {
                first = Some(index);
            } else {
                others.push(index);
            }
        }
        self.watch_link(link);
        for index in first.into_iter().chain(others) {
            self.walk(index);
        }
    }

    /// Ends a request wherever it is, releasing all it holds (E3).
    fn stop(&mut self, index: u32, outcome: Outcome) {
        let now = self.now;
        let i = index as usize;
        let leg = &self.network.legs[self.requests.hot[i].leg as usize];
        let at = self.requests.hot[i].at;
        match self.requests.hot[i].state {
            State::Free | State::Ended => return,
            State::Delayed => {
                if let Leg::Delay { part, .. } | Leg::Take { part, .. } = leg {
                    let span = now.0 - self.requests.hot[i].since.0;
                    self.book(index, *part, span);
                }
                // Whoever still has no unit has waited for it in vain.
                if let (Leg::Take { family, .. }, u64::MAX, Outcome::TimedOut) =
                    (leg, self.requests.hot[i].pending, outcome)
                {
                    self.pools.refuse(family.index());
                    let reason = self.network.families[family.index()].reason;
                    return self.finish(index, Outcome::Refused(reason));
                }
            }
            State::Waiting => {
                self.leave_queue(index, at);
                self.left_station(index, at, 0, outcome);
            }
            State::Serving => {
                let left = self.requests.hot[i].since.0 - now.0;
                let delivered = self.requests.hot[i].amount - left;
                self.stations[at as usize].touch(now);
                self.stations[at as usize].busy -= 1;
                self.left_station(index, at, delivered, outcome);
                self.serve_waiting(at);
            }
            State::Paused => {
                let delivered = self.requests.hot[i].amount - self.requests.hot[i].since.0;
                self.stations[at as usize].touch(now);
                self.stations[at as usize].busy -= 1;
                self.left_station(index, at, delivered, outcome);
            }
            State::Crossing => {
                let took = now.0 - self.requests.hot[i].arrived.0;
                let bits = self.requests.hot[i].amount as f64;
                self.links[at as usize].leave_early(now, index, bits, took);
                if let Leg::Transfer { part, .. } = leg {
                    self.book(index, *part, took);
                }
                self.watch_link(at as usize);
            }
        }
        self.finish(index, outcome);
    }

    fn leave_queue(&mut self, index: u32, at: u32) {
        let station = &mut self.stations[at as usize];
        station.touch(self.now);
        station.waiting -= 1;
        let next = self.requests.hot[index as usize].next;
        if station.head == index {
            station.head = next;
            if next == NIL {
                station.tail = NIL;
            }
            return;
        }
        let mut before = station.head;
        while self.requests.hot[before as usize].next != index {
            before = self.requests.hot[before as usize].next;
        }
        self.requests.hot[before as usize].next = next;
        if self.stations[at as usize].tail == index {
            self.stations[at as usize].tail = before;
        }
    }

    /// Books a stay at a station that did not end by service.
    fn left_station(&mut self, index: u32, at: u32, delivered: u64, outcome: Outcome) {
        let sojourn = self.now.0 - self.requests.hot[index as usize].arrived.0;
        let station = &mut self.stations[at as usize];
        station.whole_sojourn += u128::from(sojourn);
        station.whole_service += u128::from(delivered);
        station.whole_left += 1;
        // One that loses its connection at another station only leaves this one early.
        if outcome == Outcome::StationDown(at) {
            station.report.killed += 1;
        } else {
            station.report.aborted += 1;
        }
        let leg = &self.network.legs[self.requests.hot[index as usize].leg as usize];
        if let Leg::Serve { queue_part, .. } = leg {
            self.book(index, *queue_part, sojourn - delivered);
            self.book(index, queue_part.service(), delivered);
        }
        self.requests.hot[index as usize].at = NIL;
    }

    /// The request has left everything it was in; gives back its units and queues its end.
    #[inline]
    fn finish(&mut self, index: u32, outcome: Outcome) {
        let i = index as usize;
        self.counts[if outcome == Outcome::Completed { 1 } else { 2 }] += 1;
        let units = self.requests.hot[i].units;
        if units != 0 {
            for slot in 0..SLOTS {
                if units & (1 << slot) != 0 {
                    let station = self.requests.slot(index, slot as u8);
                    self.stations[station as usize].give_unit(self.now);
                }
            }
        }
        let hot = &mut self.requests.hot[i];
        hot.units = 0;
        hot.state = State::Ended;
        hot.pending = u64::MAX;
        self.ended.push_back((index, outcome));
        for place in 0..self.requests.holds() {
            let counter = self.requests.let_go(index, place);
            if counter != NIL {
                self.give_back(counter);
            }
        }
    }

    /// Plays one event.
    #[inline]
    fn play<D: Driver>(&mut self, popped: Popped, driver: &mut D) {
        let index = popped.payload as u32;
        let other = popped.payload & OTHER != 0;
        match popped.class {
            Class::Arrival if other => driver.timer(self, index),
            Class::Arrival => {
                let hot = &mut self.requests.hot[index as usize];
                if hot.pending != popped.sequence {
                    return;
                }
                let span = self.now.0 - hot.since.0;
                let leg = hot.leg;
                hot.leg += 1;
                if let Leg::Delay { part, .. } | Leg::Take { part, .. } = &self.network.legs[leg as usize] {
                    self.book(index, *part, span);
                }
                self.walk(index);
            }
            Class::Release if other => {
                if self.links[index as usize].pending == popped.sequence {
                    self.crossed(index as usize);
                }
            }
            Class::Release => {
                if self.requests.hot[index as usize].pending == popped.sequence {
                    self.served(index);
                }
            }
            Class::Rest => self.lane_due(index as usize),
            Class::Edge => driver.edge(self, index),
        }
    }

    /// Tells the driver of every end so far (E5).
    #[inline]
    fn report_ends<D: Driver>(&mut self, driver: &mut D) {
        while let Some((index, outcome)) = self.ended.pop_front() {
            let cold = &self.requests.cold[index as usize];
            let ended = Ended {
                owner: cold.owner,
                tag: cold.tag,
                opened_at: cold.opened_at,
                outcome,
                parts: self.requests.parts(index),
                slots: self.requests.slots(index),
                marked_at: self.requests.marked_at(index),
            };
            debug_assert_eq!(
                ended.parts.iter().sum::<u64>(),
                self.now.0 - ended.opened_at.0,
                "E4: the parts of a latency add up to the whole"
            );
            self.requests.close(index);
            driver.ended(self, &ended);
        }
    }

    fn begin_measuring(&mut self) {
        let now = self.now;
        self.stations.iter_mut().for_each(|s| s.begin_measuring(now));
        self.links.iter_mut().for_each(|l| l.begin_measuring(now));
        self.pools.begin_measuring(now);
    }

    fn sample(&mut self) {
        let now = self.now;
        self.intervals.push(IntervalSample {
            stations: self.stations.iter_mut().map(|s| s.sample(now)).collect(),
            links: self.links.iter_mut().map(|l| l.sample(now)).collect(),
        });
    }

    fn report(&mut self) -> EngineReport {
        let now = self.now;
        EngineReport {
            stations: self.stations.iter_mut().map(|s| s.finish(now)).collect(),
            links: self.links.iter_mut().map(|l| l.finish(now)).collect(),
            families: self.pools.report(now),
            intervals: std::mem::take(&mut self.intervals),
            events: self.events,
            trajectory_hash: self.hash,
            requests: [self.counts[0], self.counts[1], self.counts[2], self.in_flight()],
            violations: Vec::new(),
        }
    }

    /// Whether enough events were played since the last check for the next one to
    /// cost next to nothing beside them.
    fn is_check_due(&self) -> bool {
        let looked_at = self.requests.hot.len() + self.stations.len() + self.links.len();
        self.events - self.checked_at >= CHECK_EVERY * looked_at as u64
    }

    /// E6 and E7 over the whole run so far.
    fn check(&mut self) -> Vec<String> {
        let now = self.now;
        let mut violations = Vec::new();
        self.checked_at = self.events;
        let live = |hot: &&request::Hot| !matches!(hot.state, State::Free | State::Ended);
        let present = self.requests.hot.iter().filter(live).count() as u64;
        if present != self.in_flight() {
            violations.push(format!(
                "conservation: {} requests opened, {} completed, {} failed, but {present} in flight",
                self.counts[0], self.counts[1], self.counts[2]
            ));
        }
        let mut stays = vec![(0_u64, 0_u128, 0_u128); self.stations.len()];
        let mut crossings = vec![(0_u64, 0_u128); self.links.len()];
        for hot in &self.requests.hot {
            let stay = u128::from(now.0 - hot.arrived.0.min(now.0));
            let delivered = match hot.state {
                State::Waiting => 0,
                State::Serving => hot.amount - (hot.since.0 - now.0).min(hot.amount),
                State::Paused => hot.amount - hot.since.0,
                State::Crossing => {
                    let crossing = &mut crossings[hot.at as usize];
                    crossing.0 += 1;
                    crossing.1 += stay;
                    continue;
                }
                _ => continue,
            };
            let entry = &mut stays[hot.at as usize];
            entry.0 += 1;
            entry.1 += stay;
            entry.2 += u128::from(delivered);
        }
        for (i, (station, (count, stay, delivered))) in self.stations.iter_mut().zip(stays).enumerate() {
            station.touch(now);
            if station.whole_arrivals != station.whole_left + count {
                violations.push(format!(
                    "conservation at station {i}: {} arrived, {} left, {count} present",
                    station.whole_arrivals, station.whole_left
                ));
            }
            if station.whole_area() != station.whole_sojourn + stay {
                violations.push(format!(
                    "Little's law at station {i}: integral of the number present {} ns, sum of times {} ns",
                    station.whole_area(),
                    station.whole_sojourn + stay
                ));
            }
            if station.busy_area > u128::from(station.cores) * u128::from(now.0) {
                violations.push(format!(
                    "utilisation of station {i}: {} cores busy for {} ns in {} ns",
                    station.cores, station.busy_area, now.0
                ));
            }
            if station.busy_area != station.whole_service + delivered {
                violations.push(format!(
                    "work conservation at station {i}: cores busy {} ns, service delivered {} ns",
                    station.busy_area,
                    station.whole_service + delivered
                ));
            }
        }
        for (i, (link, (count, stay))) in self.links.iter_mut().zip(crossings).enumerate() {
            link.touch(now);
            if link.whole_begun != link.whole_left + count {
                violations.push(format!(
                    "conservation on link {i}: {} begun, {} left, {count} present",
                    link.whole_begun, link.whole_left
                ));
            }
            if link.present_area != link.whole_sojourn + stay {
                violations.push(format!(
                    "Little's law on link {i}: integral of the number present {} ns, sum of times {} ns",
                    link.present_area,
                    link.whole_sojourn + stay
                ));
            }
            if link.carried() > link.could_carry(now) * (1.0 + 1e-9) + 1.0 {
                violations.push(format!(
                    "utilisation of link {i}: {} bits carried, {} could be",
                    link.carried(),
                    link.could_carry(now)
                ));
            }
            let moved = link.moved(&self.requests.hot);
            if (moved - link.carried()).abs() > 1e-9 * moved.max(1e9) {
                violations.push(format!(
                    "work conservation on link {i}: {} bits carried, {moved} bits transferred",
                    link.carried()
                ));
            }
        }
        violations
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

/// When the engine measures and stops.
#[derive(Clone, Copy, Debug)]
pub struct Horizon {
    /// Measuring begins.
    pub measured_from: SimTime,
    /// Measuring ends; no event after it is played unless `run_off`.
    pub ends_at: SimTime,
    /// Interval of the time series.
    pub interval: SimSpan,
    /// Play on until no request is in flight (the driver opens no new ones).
    pub run_off: bool,
    /// Requests in flight, or things that the driver counts by [`Engine::crowd`],
    /// beyond which the run is given up.
    pub most_in_flight: u32,
}

/// Why a run was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The watch asked for it.
    Asked,
    /// Too many requests in flight.
    Crowded(Crowd),
}

/// How a run stood that was given up for too many requests in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// When.
    pub at: SimTime,
    /// Requests in flight.
    pub in_flight: u64,
    /// Name of the station group where most wait, and how many wait at one of its
    /// servers; `None` where nobody waits.
    pub queue: Option<(String, u32)>,
}

impl std::fmt::Display for Crowd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "after {:.0} s of simulated time with {} requests in flight",
            self.at.as_secs_f64(),
            self.in_flight
        )?;
        match &self.queue {
            Some((name, waiting)) => write!(f, ", {waiting} of them waiting at `{name}`"),
            None => Ok(()),
        }
    }
}

/// Asked every few thousand events; true stops the run (Ctrl-C).
pub trait Watch {
    /// Called with the clock and the events so far.
    fn look(&mut self, now: SimTime, events: u64) -> bool;
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn look(&mut self, _: SimTime, _: u64) -> bool {
        false
    }
}

/// Events that have to be played between two checks for each request, station and
/// link that a check looks at: an event takes some 50 to 100 ns, a look 2 to 5.
const CHECK_EVERY: u64 = 4;

/// Internal edges.
const BEGIN: u64 = 0;
const INTERVAL: u64 = 1;
const END: u64 = 2;

/// Plays `driver` on `network` until the horizon.
///
/// # Errors
/// [`Stopped`]: the watch stopped it, or too many requests were in flight.
pub fn run<D: Driver, W: Watch>(
    network: &Network,
    driver: &mut D,
    horizon: Horizon,
    watch: &mut W,
) -> Result<EngineReport, Stopped> {
    let mut engine = Engine::new(network);
    engine.requests.most = horizon.most_in_flight;
    let interval = horizon.interval.max(SimSpan(1));
    if horizon.measured_from > SimTime::ZERO {
        engine.calendar.schedule(horizon.measured_from, Class::Edge, BEGIN);
    }
    let first = horizon.measured_from + interval;
    if first < horizon.ends_at {
        engine.calendar.schedule(first, Class::Edge, INTERVAL);
    }
    engine.calendar.schedule(horizon.ends_at, Class::Edge, END);
    driver.start(&mut engine);
    engine.report_ends(driver);
    let mut report = None;
    while let Some(popped) = engine.calendar.pop() {
        engine.now = popped.at;
        engine.events += 1;
        engine.hash =
            (engine.hash ^ popped.at.0 ^ (popped.payload << 24)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        engine.hash ^= engine.hash >> 29;
        if popped.class == Class::Edge && popped.payload & OTHER == 0 {
            match popped.payload {
                BEGIN => engine.begin_measuring(),
                INTERVAL => {
                    engine.sample();
                    if engine.is_check_due() {
                        let mut violations = engine.check();
                        violations.extend(driver.check());
                        if !violations.is_empty() {
                            return Ok(EngineReport { violations, ..engine.report() });
                        }
                    }
                    let next = popped.at + interval;
                    if next < horizon.ends_at {
                        engine.calendar.schedule(next, Class::Edge, INTERVAL);
                    }
                }
                _ => {
                    engine.sample();
                    report = Some(engine.report());
                    driver.window_ended(&mut engine);
                    engine.report_ends(driver);
                    if !horizon.run_off {
                        break;
                    }
                }
            }
            continue;
        }
        engine.play(popped, driver);
        engine.report_ends(driver);
        if engine.events & 0x3FFF == 0 && watch.look(engine.now, engine.events) {
            return Err(Stopped::Asked);
        }
        if engine.requests.crowded {
            return Err(Stopped::Crowded(engine.crowded()));
        }
        if report.is_some() && engine.in_flight() == 0 {
            break;
        }
    }
    let mut report = report.unwrap_or_else(|| engine.report());
    report.violations = engine.check();
    report.events = engine.events;
    report.trajectory_hash = engine.hash;
    Ok(report)
}
