//! The legs of a program, one kind after another: delays that fuse, work, transfers,
//! what is acquired and taken.
//!
//! Both sides of a decision draw the same variates, since legs name the same [`Role`]s
//! wherever they lie: routing moves no draw. Must not know what a request is for. Next:
//! [`super::program`].

use std::sync::Arc;

use super::placement::{ClientPath, SitePath};
use super::request_specs::{PageFiles, RequestSpec, Volume};
use super::tcp::{DOWN, UP};
use crate::clients::roster::params::{LINE, RTT};
use crate::itinerary::{Amount, Leg, LegPlace, LinkDirection, Part, PoolFamily, SlowStart, StationGroup};
use crate::kernel::distribution::Distribution;
use crate::kernel::random::Role;
use crate::kernel::{Id, nanos};
use crate::model::unit_costs::Figures;

const STORE: Role = Role::new("store latency");
const PUBLISHER: Role = Role::new("publisher work");
const CACHED: Role = Role::new("files in the browser");
const SIZE: Role = Role::new("message size");

/// A group of servers with what a core does in a second, megacycles of 2010's tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Servers {
    pub(super) group: Id<StationGroup>,
    pub(super) speed: f64,
    /// The station of the service, where it fails on its own.
    pub(super) service_station: Option<Id<StationGroup>>,
}

/// What decides the cost of every request of a population.
#[derive(Clone, Debug)]
pub(super) struct PopulationCosts {
    /// Message size, bytes.
    pub(super) size: Distribution,
    /// Coefficient of variation of processor work.
    pub(super) work_cv: f64,
    /// Clients are silent for so short a time between requests that the window of their connection stays open.
    pub(super) stays_open: bool,
    /// Name resolution on the Internet, ns.
    pub(super) name_lookup: Distribution,
    /// What requests cost.
    pub(super) unit_costs: Arc<Figures>,
    /// Human time at a link page, ns.
    pub(super) click: Distribution,
    /// Human time for typing credentials, ns.
    pub(super) typing: Distribution,
    /// Human time until Outlook is restarted, ns.
    pub(super) restart: Distribution,
}

/// The legs of one program, as they are written.
#[derive(Debug)]
pub(super) struct LegWriter<'p> {
    pub(super) costs: &'p PopulationCosts,
    legs: Vec<Leg>,
}

impl<'p> LegWriter<'p> {
    pub(super) fn new(costs: &'p PopulationCosts) -> Self {
        Self { costs, legs: Vec::new() }
    }

    /// Adds a leg as it is.
    pub(super) fn push(&mut self, leg: Leg) {
        self.legs.push(leg);
    }

    /// Adds a delay, fused with the one before it where both are of one kind.
    pub(super) fn delay(&mut self, amount: Amount, part: Part) {
        if matches!(amount, Amount::Fixed(0)) {
            return;
        }
        if let Some(Leg::Delay { amount: before, part: same }) = self.legs.last_mut()
            && *same == part
        {
            match (before, &amount) {
                (Amount::Fixed(a), Amount::Fixed(b)) => {
                    *a += b;
                    return;
                }
                (Amount::Param { index: i, factor: f }, Amount::Param { index: j, factor: g }) if i == j => {
                    *f += g;
                    return;
                }
                _ => {}
            }
        }
        self.legs.push(Leg::Delay { amount, part });
    }

    pub(super) fn round_trips(&mut self, index: u8, factor: f64, part: Part) {
        if factor > 0.0 {
            self.delay(Amount::Param { index, factor }, part);
        }
    }

    /// Work of `megacycles` in the mean at a server.
    pub(super) fn serve(
        &mut self,
        slot: u8,
        servers: Servers,
        megacycles: f64,
        role: Role,
        queue_part: Part,
    ) {
        if megacycles <= 0.0 {
            return;
        }
        let ns = megacycles / servers.speed * 1e9;
        let cv = self.costs.work_cv;
        let amount = if cv > 0.0 {
            let sampler = Distribution::LogNormal { mean: 1.0, cv }.sampler();
            Amount::Drawn { sampler, role, scale: ns }
        } else {
            Amount::Fixed(nanos(ns))
        };
        let place = LegPlace::Slot { slot, group: servers.group };
        self.legs.push(Leg::Serve { place, amount, queue_part });
    }

    /// Reaches servers that have nothing to do: one that is down refuses.
    pub(super) fn meets(&mut self, slot: u8, servers: Servers, queue_part: Part) {
        let place = LegPlace::Slot { slot, group: servers.group };
        self.legs.push(Leg::Serve { place, amount: Amount::Fixed(0), queue_part });
    }

    /// The same of whichever of them is up, for a request that is bound to none.
    pub(super) fn meets_any(&mut self, servers: Servers, queue_part: Part) {
        let place = LegPlace::Any { group: servers.group };
        self.legs.push(Leg::Serve { place, amount: Amount::Fixed(0), queue_part });
    }

    /// Answered at once by a service that may fail on its own: it holds nothing, but refuses
    /// while it is down.
    pub(super) fn answered(&mut self, servers: Servers) {
        if let Some(group) = servers.service_station {
            let place = LegPlace::Any { group };
            self.legs.push(Leg::Serve { place, amount: Amount::Fixed(0), queue_part: Part::EntryQueue });
        }
    }

    /// Holds a connection of the service, where it fails on its own.
    pub(super) fn pass(&mut self, slot: u8, servers: Servers) {
        if let Some(group) = servers.service_station {
            self.legs.push(Leg::Acquire { place: LegPlace::Slot { slot, group } });
        }
    }

    pub(super) fn acquire(&mut self, slot: u8, servers: Servers) {
        self.legs.push(Leg::Acquire { place: LegPlace::Slot { slot, group: servers.group } });
    }

    /// Takes a unit of a limit at `slot`'s server, where there is such a limit.
    pub(super) fn take(
        &mut self,
        family: Option<Id<PoolFamily>>,
        (slot, servers): (u8, Servers),
        to: Option<(u8, Id<StationGroup>)>,
        part: Part,
    ) {
        if let Some(family) = family {
            let place = LegPlace::Slot { slot, group: servers.group };
            let to = to.map(|(slot, group)| LegPlace::Slot { slot, group });
            self.legs.push(Leg::Take { family, place, to, part });
        }
    }

    /// Round trips of a client, what of them crosses site links included.
    pub(super) fn trips(&mut self, client_path: &ClientPath, index: u8, factor: f64, part: Part) {
        self.round_trips(index, factor, part);
        self.propagation(client_path, factor, part);
    }

    /// The share of a client's round trips that crosses site links.
    pub(super) fn propagation(&mut self, client_path: &ClientPath, factor: f64, part: Part) {
        let part = if part == Part::ClientNetwork { Part::WanPropagation } else { part };
        self.delay(Amount::Fixed(nanos(client_path.wan as f64 * factor)), part);
    }

    /// An amount proportional to a volume: `scale` a byte.
    pub(super) fn by_volume(&self, volume: Volume, scale: f64) -> Amount {
        match volume {
            Volume::Bytes(bytes) => Amount::Fixed(nanos(bytes * scale)),
            Volume::Message(message) => self.by_message((0.0, message), scale),
            Volume::Page { bytes, message } => self.by_message((bytes, message), scale),
        }
    }

    fn by_message(&self, (page, message): (f64, f64), scale: f64) -> Amount {
        match &self.costs.size {
            Distribution::Constant(size) => Amount::Fixed(nanos((page + size * message) * scale)),
            size => {
                let sampler = size.plus(page / message).sampler();
                Amount::Drawn { sampler, role: SIZE, scale: message * scale }
            }
        }
    }

    /// Bytes over site links, between servers, over a connection that is open already.
    pub(super) fn transfers(&mut self, links: &Arc<[Id<LinkDirection>]>, volume: Volume, cap: f64) {
        self.transfer(links, volume, (cap, Part::WanPropagation, None), None);
    }

    /// Bytes over all links of a path at once, and a client's line among them: one flow, with its
    /// cap, what that is booked as, and slow start.
    fn transfer(
        &mut self,
        links: &Arc<[Id<LinkDirection>]>,
        volume: Volume,
        (cap, capped, slow): (f64, Part, Option<SlowStart>),
        line: Option<u8>,
    ) {
        if links.is_empty() || self.mean(volume) <= 0.0 {
            return;
        }
        let (links, amount) = (Arc::clone(links), self.by_volume(volume, 8.0));
        self.legs.push(Leg::Transfer { links, amount, cap, capped, slow, line, part: Part::WanTransfer });
    }

    /// Bytes between a client and its entry, over the client's own line if it has one.
    fn between(
        &mut self,
        client_path: &ClientPath,
        (way, links): (usize, &Arc<[Id<LinkDirection>]>),
        volume: Volume,
        pace: Pace,
    ) {
        let connection = match pace {
            Pace::Spread(trips) => {
                let capped = if client_path.hops > 0 { Part::WanPropagation } else { Part::ClientNetwork };
                (client_path.cap[way] * trips, capped, None)
            }
            Pace::Anew(index) => {
                let window_bits = client_path.window_bits[way];
                let slow = SlowStart {
                    initial_bits: if self.costs.stays_open {
                        window_bits
                    } else {
                        client_path.initial_bits[way]
                    },
                    window_bits,
                    index: Some(index),
                    fixed_ns: client_path.beyond,
                };
                (client_path.inner_cap[way], Part::WanPropagation, Some(slow))
            }
        };
        self.transfer(links, volume, connection, client_path.last_mile.then_some(LINE));
    }

    /// Bytes back to the client.
    pub(super) fn answers(&mut self, client_path: &ClientPath, volume: Volume, pace: Pace) {
        self.between(client_path, (DOWN, &client_path.down), volume, pace);
    }

    /// Bytes back to the client out of another site, which the entry passes on as they come: one
    /// flow over both connections (MEMORY: a proxy copies the stream of a response; proxies of RPC
    /// and mail copy both ways).
    ///
    /// A request it has received before it sends it on: up to 2010 by ASP.NET, whose input stream
    /// waits for the whole of it (Microsoft's reference of `HttpRequest.GetBufferlessInputStream`,
    /// which does not wait and came with .NET 4); ASSUMED of 2013 on, since requests are small. Who
    /// fetches the data of an answer from a store has all of it before it answers.
    pub(super) fn answers_from(
        &mut self,
        path: &SitePath,
        client_path: &ClientPath,
        volume: Volume,
        pace: Pace,
    ) {
        let links: Arc<[_]> = path.back.iter().chain(client_path.down.iter()).copied().collect();
        if client_path.down.is_empty() {
            // Inside its entry's site a client is next to it: the connection between the sites is all.
            let trips = if let Pace::Spread(trips) = pace { trips } else { 1.0 };
            return self.transfers(&links, volume, path.cap[DOWN] * trips);
        }
        let both = ClientPath {
            hops: client_path.hops + path.hops(),
            cap: client_path.cap.map(|cap| cap.min(path.cap[DOWN])),
            inner_cap: client_path.inner_cap.map(|cap| cap.min(path.cap[DOWN])),
            ..client_path.clone()
        };
        self.between(&both, (DOWN, &links), volume, pace);
    }

    /// The files behind a page that has come, of a browser that does not have them: out of the
    /// entry, or from `beyond` it.
    pub(super) fn fetches(
        &mut self,
        files: &PageFiles,
        client_path: &ClientPath,
        beyond: Option<&SitePath>,
        pace: Pace,
    ) {
        if files.cached >= 1.0 {
            return;
        }
        let branch = self.legs.len();
        let fetched = branch as u32 + 1;
        if files.cached > 0.0 {
            let targets = vec![(files.cached, fetched), (1.0, fetched)];
            self.legs.push(Leg::Branch { role: CACHED, targets });
        }
        self.trips(client_path, RTT, files.round_trips, Part::ClientNetwork);
        let volume = Volume::Bytes(files.bytes);
        match beyond {
            Some(path) => {
                let away = nanos(path.rtt as f64 * files.round_trips);
                self.delay(Amount::Fixed(away), Part::WanPropagation);
                self.answers_from(path, client_path, volume, pace);
            }
            None => self.answers(client_path, volume, pace),
        }
        let over = self.legs.len() as u32;
        if let Some(Leg::Branch { targets, .. }) = self.legs.get_mut(branch) {
            targets[0].1 = over;
        }
    }

    /// Bytes towards the servers, and the work of the publisher that they pass.
    pub(super) fn arrive(&mut self, client_path: &ClientPath, volume: Volume, pace: Pace) {
        self.between(client_path, (UP, &client_path.up), volume, pace);
        if let Some((group, service_time)) = &client_path.publisher {
            let amount = match service_time {
                Distribution::Constant(ns) => Amount::Fixed(nanos(*ns)),
                law => Amount::Drawn { sampler: law.sampler(), role: PUBLISHER, scale: 1.0 },
            };
            let place = LegPlace::Any { group: *group };
            self.legs.push(Leg::Serve { place, amount, queue_part: Part::EntryQueue });
        }
    }

    pub(super) fn mean(&self, volume: Volume) -> f64 {
        match volume {
            Volume::Bytes(bytes) => bytes,
            Volume::Message(factor) => factor * self.costs.size.mean(),
            Volume::Page { bytes, message } => bytes + message * self.costs.size.mean(),
        }
    }

    /// A delay by a law.
    pub(super) fn lasts(&mut self, law: &Distribution, role: Role, part: Part) {
        let amount = match law {
            Distribution::Constant(ns) => Amount::Fixed(nanos(*ns)),
            law => Amount::Drawn { sampler: law.sampler(), role, scale: 1.0 },
        };
        self.delay(amount, part);
    }

    pub(super) fn is_drawn(&self, volume: Volume) -> bool {
        !matches!(volume, Volume::Bytes(_)) && !matches!(self.costs.size, Distribution::Constant(_))
    }

    /// Sequential calls to the store: round trips on the way to it, and its latency.
    pub(super) fn store(&mut self, calls: u32, rtt: u64, latency: &Distribution) {
        self.delay(Amount::Fixed(rtt * u64::from(calls)), Part::MailboxService);
        if calls == 0 {
            return;
        }
        match latency.summed(calls) {
            Distribution::Constant(ns) => self.delay(Amount::Fixed(nanos(ns)), Part::MailboxService),
            law => {
                let amount = Amount::Drawn { sampler: law.sampler(), role: STORE, scale: 1.0 };
                self.delay(amount, Part::MailboxService);
            }
        }
    }

    pub(super) fn end(mut self, leg: Leg) -> Vec<Leg> {
        self.legs.push(leg);
        self.legs
    }

    /// Round trips that a volume that is spread over them takes beyond those that are made
    /// anyway: it passes slow start while they last.
    pub(super) fn more_rounds(&self, spec: &RequestSpec, client_path: &ClientPath) -> f64 {
        let (up, down) = (self.mean(spec.up), self.mean(spec.down));
        let (way, bytes) = if up > down { (UP, up) } else { (DOWN, down) };
        if spec.spread {
            more_rounds(bytes * 8.0, client_path.initial_bits[way], spec.round_trips)
        } else {
            0.0
        }
    }

    /// Name resolution; on a LAN one round trip to the site's server.
    pub(super) fn dns(&mut self, client_path: &ClientPath, role: Role, part: Part) {
        if client_path.last_mile {
            let law = self.costs.name_lookup.clone();
            self.lasts(&law, role, part);
        }
    }
}

/// How a client's volume is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// At once, by a window that opens anew, unless it stays open between requests. The
    /// parameter is the client's share of the round trip.
    Anew(u8),
    /// A window in each of so many round trips.
    Spread(f64),
}

impl Pace {
    /// Of a request whose client's share of the round trip is parameter [`RTT`].
    pub(super) fn of(spec: &RequestSpec) -> Self {
        if spec.spread { Self::Spread(spec.round_trips.max(1.0)) } else { Self::Anew(RTT) }
    }
}

/// Rate of a request's transfers between servers at most. What is spread over round trips has a
/// window in each of them.
pub(in crate::clients) fn cap(spec: &RequestSpec, cap: f64) -> f64 {
    if spec.spread { cap * spec.round_trips.max(1.0) } else { cap }
}

/// Rounds of slow start, `ceil(log2(bits / window + 1))`, beyond round trips that are made anyway.
pub(in crate::clients) fn more_rounds(bits: f64, window_bits: f64, round_trips: f64) -> f64 {
    let rounds = libm::ceil(libm::log2(bits / window_bits + 1.0)).max(1.0);
    (rounds - round_trips).max(0.0)
}
