//! The legs of a program, one kind after another: delays that fuse, work, transfers,
//! what is acquired and taken.
//!
//! Both sides of a decision draw the same variates, since legs name the same [`Role`]s
//! wherever they lie: routing moves no draw. Must not know what a request is for. Next:
//! [`super::program`].

use std::sync::Arc;

use super::placement::ClientPath;
use super::request_specs::{RequestSpec, Volume};
use crate::clients::roster::params::{LINE, RTT};
use crate::itinerary::{Amount, Leg, LegPlace, LinkDirection, Part, PoolFamily, StationGroup};
use crate::kernel::distribution::{Distribution, Sampler};
use crate::kernel::random::Role;
use crate::kernel::{Id, nanos};
use crate::model::unit_costs::Figures;

const STORE: Role = Role::new("store latency");
const PUBLISHER: Role = Role::new("publisher work");
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
    /// Initial congestion window, bits.
    pub(super) window_bits: f64,
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

    pub(super) fn transfers(&mut self, links: &[Id<LinkDirection>], volume: Volume, cap: f64) {
        if self.mean(volume) <= 0.0 {
            return;
        }
        for &link in links {
            let amount = self.by_volume(volume, 8.0);
            self.legs.push(Leg::Transfer { link, amount, cap, part: Part::WanTransfer });
        }
    }

    /// Bytes towards the servers, and the work of the publisher that they pass.
    pub(super) fn arrive(&mut self, client_path: &ClientPath, volume: Volume, cap: f64) {
        self.transfers(&client_path.up, volume, cap);
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

    /// Serialisation on the client's own line, both directions.
    pub(super) fn last_mile(&mut self, up: Volume, down: Volume) {
        let of = |volume: Volume| match volume {
            Volume::Bytes(bytes) => (bytes, 0.0),
            Volume::Message(message) => (0.0, message),
            Volume::Page { bytes, message } => (bytes, message),
        };
        let ((page_up, up), (page_down, down)) = (of(up), of(down));
        let (page, message) = (page_up + page_down, up + down);
        let (sampler, scale) = match &self.costs.size {
            size if message > 0.0 => (size.plus(page / message).sampler(), message * 8e9),
            _ => (Sampler::Constant(1.0), page * 8e9),
        };
        let amount = Amount::DrawnOverParam { sampler, role: SIZE, scale, index: LINE };
        self.delay(amount, Part::ClientNetwork);
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

    /// Slow start of the larger direction: rounds of the client's round trip. A volume
    /// that is spread over the round trips passes slow start while they last, and more
    /// of them than it has rounds are made anyway. Rounds of a volume that is always
    /// the same are given back, for the site links.
    pub(super) fn slow_start(&mut self, spec: &RequestSpec, client_path: &ClientPath) -> f64 {
        let RequestSpec { up, down, .. } = *spec;
        let volume = if self.mean(up) > self.mean(down) { up } else { down };
        if spec.spread {
            let rounds = slow_start_rounds(self.mean(volume) * 8.0, self.costs.window_bits) + 1.0;
            let more = (rounds - spec.round_trips).max(0.0);
            self.round_trips(RTT, more, Part::ClientNetwork);
            return more;
        }
        let window = self.costs.window_bits;
        match self.by_volume(volume, 8.0) {
            Amount::Drawn { sampler, scale, .. } => {
                let amount = Amount::SlowStart {
                    sampler,
                    role: SIZE,
                    scale,
                    initial_window_bits: window,
                    index: Some(RTT),
                    fixed_ns: client_path.wan,
                };
                self.delay(amount, Part::ClientNetwork);
                0.0
            }
            _ => {
                let rounds = slow_start_rounds(self.mean(volume) * 8.0, window);
                self.round_trips(RTT, rounds, Part::ClientNetwork);
                rounds
            }
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

/// Rate of a request's transfers at most. What is spread over round trips has a
/// window in each of them.
pub(in crate::clients) fn cap(spec: &RequestSpec, cap: f64) -> f64 {
    if spec.spread { cap * spec.round_trips.max(1.0) } else { cap }
}

/// Round trips that slow start adds to a transfer: `ceil(log2(bits / window + 1)) - 1`.
pub(in crate::clients) fn slow_start_rounds(bits: f64, window_bits: f64) -> f64 {
    (libm::ceil(libm::log2(bits / window_bits + 1.0)) - 1.0).max(0.0)
}
