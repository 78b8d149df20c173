//! The hot path: a request walks its legs, is served, crosses links.
//!
//! Every leg either takes no time, or puts one event down and returns; the event
//! that is due goes on from there. How a walk ends: [`super::end`].

use rand::RngExt;
use rand_distr::{Distribution as _, Exp1};

use super::link::NOT_PENDING;
use super::pool::Taken;
use super::request::{NIL, State};
use super::station::Availability;
use super::{Engine, OTHER, Outcome, UNBOUND};
use crate::kernel::calendar::Class;
use crate::kernel::distribution::Sampler;
use crate::kernel::random::Role;
use crate::kernel::{Id, SimTime, nanos};
use crate::model::itinerary::{Amount, Leg, Part, Place, PoolFamily};

/// What a leg that binds no slot has instead; [`Network::add_program`] sees to it
/// that no leg holds units there.
const NO_SLOT: u8 = u8::MAX;

/// Whether a drawn volume of less than half a bit is a transfer all the same, of one
/// bit: left out, a law with many small values would lose them, and its mean time
/// would be too long.
#[cold]
fn is_some_bits(amount: &Amount) -> bool {
    match amount {
        Amount::Drawn { sampler, scale, .. } => *scale > 0.0 && !matches!(sampler, Sampler::Constant(_)),
        _ => false,
    }
}

impl Engine<'_> {
    /// How much leg `leg` asks for, in ns or bits.
    #[inline(always)]
    pub(super) fn amount(&mut self, amount: &Amount, leg: u32, index: u32) -> u64 {
        match amount {
            Amount::Fixed(value) => *value,
            Amount::Drawn { sampler, role, scale } => nanos(self.draw(sampler, *role, leg, index) * scale),
            Amount::Param { index: param, factor } => {
                nanos(self.requests.param(index, *param) as f64 * factor)
            }
            Amount::DrawnOverParam { sampler, role, scale, index: param } => {
                let drawn = self.draw(sampler, *role, leg, index);
                nanos(drawn * scale / self.requests.param(index, *param).max(1) as f64)
            }
            Amount::SlowStart { sampler, role, scale, initial_window_bits, index: param, fixed_ns } => {
                let bits = self.draw(sampler, *role, leg, index) * scale;
                let rounds = (libm::ceil(libm::log2(bits / initial_window_bits + 1.0)) - 1.0).max(0.0);
                let client = param.map_or(0, |p| self.requests.param(index, p));
                nanos(rounds * (client + fixed_ns) as f64)
            }
        }
    }

    /// One variate of a leg, under the request's key.
    fn draw(&mut self, sampler: &Sampler, role: Role, leg: u32, index: u32) -> f64 {
        let hot = &self.requests.hot[index as usize];
        let stream = || hot.key.stream(role, hot.visit);
        match sampler {
            // Inline, so that the generator's state stays in registers.
            Sampler::Exponential(mean) => {
                let unit: f64 = Exp1.sample(&mut stream());
                mean * unit
            }
            Sampler::LogNormal { .. } => {
                let cold = &mut self.requests.cold[index as usize];
                let number = self.draw_of[leg as usize];
                if cold.draw != number {
                    cold.drawn = sampler.draw(&mut stream());
                    cold.draw = number;
                }
                cold.drawn
            }
            _ => sampler.draw(&mut stream()),
        }
    }

    /// The server of a place, bound if it is not yet.
    #[inline]
    pub(super) fn bind(&mut self, place: Place, index: u32) -> (u32, u8) {
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
    pub(super) fn book(&mut self, index: u32, part: Part, span: u64) {
        self.requests.parts.book(index, part, span);
    }

    /// Walks from the present leg until the request has to wait for something.
    pub(super) fn walk(&mut self, index: u32) {
        let network = self.network;
        let now = self.now;
        let i = index as usize;
        loop {
            let leg = self.requests.hot[i].leg;
            match &network.legs[leg as usize] {
                Leg::Delay { amount, part } => {
                    let span = self.amount(amount, leg, index);
                    if span > 0 {
                        let until = SimTime((now.0 + span).min(SimTime::MAX.0));
                        let pending = self.calendar.schedule(until, Class::Arrival, u64::from(index));
                        let hot = &mut self.requests.hot[i];
                        hot.pending = pending;
                        hot.since = now;
                        hot.state = State::Delayed;
                        hot.part = *part;
                        return;
                    }
                }
                Leg::Serve { place, amount, queue_part } => {
                    let demand = self.amount(amount, leg, index);
                    let (at, _) = self.bind(*place, index);
                    self.requests.hot[i].part = *queue_part;
                    self.arrive(index, at, demand);
                    return;
                }
                Leg::Transfer { link, amount, cap, part } => {
                    let bits = self.amount(amount, leg, index);
                    if bits > 0 || is_some_bits(amount) {
                        let bits = bits.max(1);
                        self.requests.hot[i].part = *part;
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
                Leg::Take { family, place, to, part } => {
                    let counter = self.counter(*family, *place, *to, index);
                    match self.pools.take(family.index(), counter, 1, now) {
                        Taken::Now => self.requests.take_hold(index, counter),
                        Taken::Later => {
                            self.pools.queue(family.index(), counter, self.requests.id(index));
                            let hot = &mut self.requests.hot[i];
                            hot.pending = u64::MAX;
                            hot.since = now;
                            hot.state = State::Delayed;
                            hot.part = *part;
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
    pub(super) fn counter(
        &mut self,
        family: Id<PoolFamily>,
        place: Place,
        to: Option<Place>,
        index: u32,
    ) -> u32 {
        let (station, _) = self.bind(place, index);
        let other = to.map_or(0, |to| self.bind(to, index).0);
        self.pools.counter(family.index(), station, other)
    }

    /// A jump led back: the draws that follow have names of their own.
    #[inline]
    pub(super) fn come_back(&mut self, index: u32) {
        self.requests.hot[index as usize].visit += 1;
        self.requests.cold[index as usize].draw = NIL;
    }

    /// A request asks station `at` for service.
    #[inline]
    pub(super) fn arrive(&mut self, index: u32, at: u32, demand: u64) {
        let now = self.now;
        let down = self.stations[at as usize].availability;
        let refuses =
            down == Availability::Killed || down == Availability::Draining && !self.holds(index, at);
        let station = &mut self.stations[at as usize];
        station.arrivals += 1;
        if refuses {
            station.report.refused_down += 1;
            station.record_early(0, 0);
            return self.finish(index, Outcome::StationDown(at));
        }
        // Who gets as far as this at one that drains is present there, and served on.
        let free = station.busy < station.cores && station.availability != Availability::Holding;
        if !free && station.waiting >= station.queue_limit {
            station.report.refused_queue += 1;
            station.record_early(0, 0);
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
            station.waiting_max = station.waiting_max.max(station.waiting);
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

    /// Cores that are free take the heads of the queue; the caller has brought the
    /// station's integrals up to now.
    #[inline]
    pub(super) fn serve_waiting(&mut self, at: u32) {
        let now = self.now;
        loop {
            let station = &mut self.stations[at as usize];
            let serves = matches!(station.availability, Availability::Up | Availability::Draining);
            if station.head == NIL || station.busy >= station.cores || !serves {
                return;
            }
            let index = station.head;
            let hot = &mut self.requests.hot[index as usize];
            station.head = hot.next;
            if station.head == NIL {
                station.tail = NIL;
            }
            station.waiting -= 1;
            station.busy += 1;
            station.waited += 1;
            let end = SimTime((now.0 + hot.amount).min(SimTime::MAX.0));
            hot.since = end;
            hot.state = State::Serving;
            hot.pending = self.calendar.schedule(end, Class::Release, u64::from(index));
        }
    }

    /// Service has ended.
    #[inline]
    pub(super) fn served(&mut self, index: u32) {
        let now = self.now;
        let at = self.requests.hot[index as usize].at;
        let station = &mut self.stations[at as usize];
        station.touch(now);
        station.busy -= 1;
        let hot = &mut self.requests.hot[index as usize];
        let (part, service) = (hot.part, hot.amount);
        // The time that did not serve is waiting, whenever it fell (a hold).
        let sojourn = now.0 - hot.arrived.0;
        hot.at = NIL;
        hot.leg += 1;
        station.record_visit(sojourn, service);
        let waits = station.head != NIL;
        self.book(index, part, sojourn - service);
        self.book(index, part.service(), service);
        if waits {
            self.serve_waiting(at);
        }
        self.walk(index);
    }

    /// A transfer begins.
    #[inline]
    pub(super) fn cross(&mut self, index: u32, link: usize, bits: u64, cap: f64) {
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
    pub(super) fn watch_link(&mut self, link: usize) {
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
    pub(super) fn crossed(&mut self, link: usize) {
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
}
