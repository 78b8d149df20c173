//! From one kind of request and the way it travels to the legs of a program.
//!
//! A request's round trips stand in one delay in front (half of the last is the
//! way back), so that delays of the same part fuse and a request costs few events;
//! bytes then cross each link in order, servers work in order, and the answer
//! crosses the links back. Both sides of a decision draw the same variates, since
//! legs name the same [`Role`]s wherever they lie: routing moves no draw.
//!
//! Slots and parameters of a request: [`crate::clients::roster`].
//!
//! Must not know the state machines. Next: [`super::inputs`].

use std::sync::Arc;

use super::placement::{ClientPath, SitePath};
use super::request_specs::{CONNECT_GIVES_UP_NS, ConnectionSetup, RequestSpec, Volume, path_handshake};
use crate::clients::roster::FORGOTTEN;
use crate::clients::roster::params::{LINE, RTT, SPAN};
use crate::clients::roster::slots::{ENTRY, ENTRY_SERVICE, FIRST, MAILBOX, TARGET, TARGET_SERVICE};
use crate::itinerary::{Amount, Leg, LegPlace, LinkDirection, Part, PoolFamily, StationGroup};
use crate::kernel::distribution::{Distribution, Sampler};
use crate::kernel::random::Role;
use crate::kernel::{Id, nanos};
use crate::model::access::Failure;
use crate::model::unit_costs::{Figure, Figures};

const CAS_WORK: Role = Role::new("cas work");
const WAKE_WORK: Role = Role::new("wake-up work");
const MAILBOX_WORK: Role = Role::new("mailbox work");
const STORE: Role = Role::new("store latency");
const SIZE: Role = Role::new("message size");
const DNS: Role = Role::new("name resolution");
const SECOND_DNS: Role = Role::new("second name resolution");
const CLICK: Role = Role::new("click");
const TYPING: Role = Role::new("typing");
const RESTART: Role = Role::new("restart of Outlook");
/// Work of a redirect by a header alone, megacycles (ASSUMED).
const PATH_REDIRECT: f64 = 5.0;

/// A group of servers with the clock of a core, MHz.
#[derive(Clone, Copy, Debug)]
pub(super) struct Servers {
    pub(super) group: Id<StationGroup>,
    pub(super) mhz: f64,
    /// The station of the service, where it fails on its own.
    pub(super) service_station: Option<Id<StationGroup>>,
}

/// A Mailbox server group as one request sees it.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) servers: Servers,
    /// Latency of one store access beside CPU, ns.
    pub(super) latency: Distribution,
    /// Round trip between a CAS and the Mailbox server in its site, ns.
    pub(super) lan_rtt: u64,
}

/// Who serves a request that has arrived at its entry.
#[derive(Clone, Debug)]
pub(super) enum Service {
    /// The entry itself.
    Local,
    /// A CAS that the entry forwards to; `None` forwards to the Mailbox server (a legacy back end).
    Proxy(Option<Servers>, SitePath),
    /// The entry, with every store call over the path.
    Direct(SitePath),
    /// The Mailbox server, without a CAS.
    Inside,
}

/// Limits that a request meets on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RequestLimits {
    /// RPC requests in work at the entry.
    pub(super) rpc: Option<Id<PoolFamily>>,
    /// Web requests in work at the entry.
    pub(super) entry: Option<Id<PoolFamily>>,
    /// Web requests in work at the target.
    pub(super) target: Option<Id<PoolFamily>>,
    /// Connections from the entry to the target.
    pub(super) connection: Option<Id<PoolFamily>>,
    /// Requests outstanding from the entry at its back end.
    pub(super) guard: Option<Id<PoolFamily>>,
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

/// How a client is sent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RedirectKind {
    /// A page with a link; then a second logon by hand.
    LinkPage,
    /// A redirect that the browser follows; the form is posted by itself.
    Silent,
    /// A redirect that the browser follows, to a second logon by hand.
    SilentAgain,
    /// Another path of the same server, before anybody logs on.
    Path,
    /// HTTP 451: the device asks again there.
    Status,
    /// Outlook has the wrong endpoint: it connects anew when the user has restarted it.
    Restart,
}

/// Writes the legs of one program.
#[derive(Debug)]
pub(super) struct ItineraryWriter<'p> {
    costs: &'p PopulationCosts,
    limits: RequestLimits,
    legs: Vec<Leg>,
}

impl<'p> ItineraryWriter<'p> {
    pub(super) fn new(costs: &'p PopulationCosts) -> Self {
        Self { costs, limits: RequestLimits::default(), legs: Vec::new() }
    }

    /// The program meets these limits.
    pub(super) fn through(self, limits: RequestLimits) -> Self {
        Self { limits, ..self }
    }

    /// What follows waits until the client has noticed, after `ns`, that its connection
    /// is forgotten.
    pub(super) fn after_silence(mut self, ns: u64) -> Self {
        self.delay(Amount::Fixed(ns), Part::Retry);
        self
    }

    /// Opens a connection anew in a session that goes on.
    pub(super) fn reopened(
        mut self,
        setup: Option<ConnectionSetup>,
        client_path: &ClientPath,
        entry: Servers,
    ) -> Vec<Leg> {
        let Some(setup) = setup else { return self.end(Leg::End) };
        self.trips(client_path, RTT, setup.round_trips, Part::Handshake);
        self.pass(ENTRY_SERVICE, entry);
        self.serve(ENTRY, entry, setup.tls, CAS_WORK, Part::EntryQueue);
        self.end(Leg::End)
    }

    /// Adds a delay, fused with the one before it where both are of one kind.
    fn delay(&mut self, amount: Amount, part: Part) {
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

    fn round_trips(&mut self, index: u8, factor: f64, part: Part) {
        if factor > 0.0 {
            self.delay(Amount::Param { index, factor }, part);
        }
    }

    /// Work of `megacycles` in the mean at a server.
    fn serve(&mut self, slot: u8, servers: Servers, megacycles: f64, role: Role, queue_part: Part) {
        if megacycles <= 0.0 {
            return;
        }
        let ns = megacycles / servers.mhz * 1e9;
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

    /// Holds a connection of the service, where it fails on its own.
    fn pass(&mut self, slot: u8, servers: Servers) {
        if let Some(group) = servers.service_station {
            self.legs.push(Leg::Acquire { place: LegPlace::Slot { slot, group } });
        }
    }

    fn acquire(&mut self, slot: u8, servers: Servers) {
        self.legs.push(Leg::Acquire { place: LegPlace::Slot { slot, group: servers.group } });
    }

    /// Takes a unit of a limit at `slot`'s server, where there is such a limit.
    fn take(
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
    fn trips(&mut self, client_path: &ClientPath, index: u8, factor: f64, part: Part) {
        self.round_trips(index, factor, part);
        self.propagation(client_path, factor, part);
    }

    /// The share of a client's round trips that crosses site links.
    fn propagation(&mut self, client_path: &ClientPath, factor: f64, part: Part) {
        let part = if part == Part::ClientNetwork { Part::WanPropagation } else { part };
        self.delay(Amount::Fixed(nanos(client_path.wan as f64 * factor)), part);
    }

    /// An amount proportional to a volume: `scale` a byte.
    fn by_volume(&self, volume: Volume, scale: f64) -> Amount {
        match volume {
            Volume::Bytes(bytes) => Amount::Fixed(nanos(bytes * scale)),
            Volume::Message(factor) => match &self.costs.size {
                Distribution::Constant(size) => Amount::Fixed(nanos(size * factor * scale)),
                size => Amount::Drawn { sampler: size.sampler(), role: SIZE, scale: factor * scale },
            },
        }
    }

    fn transfers(&mut self, links: &[Id<LinkDirection>], volume: Volume, cap: f64) {
        if self.mean(volume) <= 0.0 {
            return;
        }
        for &link in links {
            let amount = self.by_volume(volume, 8.0);
            self.legs.push(Leg::Transfer { link, amount, cap, part: Part::WanTransfer });
        }
    }

    fn mean(&self, volume: Volume) -> f64 {
        match volume {
            Volume::Bytes(bytes) => bytes,
            Volume::Message(factor) => factor * self.costs.size.mean(),
        }
    }

    /// Slow start of the larger direction: rounds of the client's round trip. A volume
    /// that is spread over the round trips passes slow start while they last, and more
    /// of them than it has rounds are made anyway. Rounds of a volume that is always
    /// the same are given back, for the site links.
    fn slow_start(&mut self, spec: &RequestSpec, client_path: &ClientPath) -> f64 {
        let RequestSpec { up, down, .. } = *spec;
        let volume = if self.mean(up) > self.mean(down) { up } else { down };
        if spec.spread {
            let rounds = slow_start_rounds(self.mean(volume) * 8.0, self.costs.window_bits) + 1.0;
            let more = (rounds - spec.round_trips).max(0.0);
            self.round_trips(RTT, more, Part::ClientNetwork);
            return more;
        }
        let window = self.costs.window_bits;
        match (volume, &self.costs.size) {
            (Volume::Message(factor), size) if !matches!(size, Distribution::Constant(_)) => {
                let amount = Amount::SlowStart {
                    sampler: size.sampler(),
                    role: SIZE,
                    scale: factor * 8.0,
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

    /// Serialisation on the client's own line, both directions.
    fn last_mile(&mut self, up: Volume, down: Volume) {
        let bytes = self.mean(up) + self.mean(down);
        let drawn = [up, down].into_iter().any(|v| matches!(v, Volume::Message(_)));
        // In units of the message where there is one: the small direction goes along.
        let (sampler, scale) = match &self.costs.size {
            size if drawn => (size.sampler(), bytes / size.mean() * 8e9),
            _ => (Sampler::Constant(1.0), bytes * 8e9),
        };
        let amount = Amount::DrawnOverParam { sampler, role: SIZE, scale, index: LINE };
        self.delay(amount, Part::ClientNetwork);
    }

    /// Name resolution; on a LAN one round trip to the site's server.
    fn dns(&mut self, client_path: &ClientPath, role: Role, part: Part) {
        if client_path.last_mile {
            let law = self.costs.name_lookup.clone();
            self.lasts(&law, role, part);
        }
    }

    /// A delay by a law.
    fn lasts(&mut self, law: &Distribution, role: Role, part: Part) {
        let amount = match law {
            Distribution::Constant(ns) => Amount::Fixed(nanos(*ns)),
            law => Amount::Drawn { sampler: law.sampler(), role, scale: 1.0 },
        };
        self.delay(amount, part);
    }

    fn human(&mut self, law: &Distribution, role: Role) {
        self.lasts(law, role, Part::Redirect);
    }

    /// What the client's network does to one exchange before it reaches the entry.
    fn approach(&mut self, spec: &RequestSpec, client_path: &ClientPath) {
        if let Some(setup) = spec.setup {
            self.dns(client_path, DNS, Part::Dns);
            self.trips(client_path, RTT, setup.round_trips, Part::Handshake);
        }
        self.exchange(spec, client_path);
    }

    fn exchange(&mut self, spec: &RequestSpec, client_path: &ClientPath) {
        self.round_trips(RTT, spec.round_trips, Part::ClientNetwork);
        let mut rounds = spec.round_trips;
        if client_path.last_mile || !client_path.up.is_empty() {
            rounds += self.slow_start(spec, client_path);
        }
        if client_path.last_mile {
            self.last_mile(spec.up, spec.down);
        }
        self.propagation(client_path, rounds, Part::ClientNetwork);
        self.transfers(&client_path.up, spec.up, cap(spec, client_path.cap));
    }

    /// The whole of a request that is served.
    pub(super) fn served(
        mut self,
        spec: &RequestSpec,
        client_path: &ClientPath,
        entry: Servers,
        service: &Service,
        store: &Store,
    ) -> Vec<Leg> {
        self.approach(spec, client_path);
        self.service(spec, client_path, entry, service, store)
    }

    fn service(
        mut self,
        spec: &RequestSpec,
        client_path: &ClientPath,
        entry: Servers,
        service: &Service,
        store: &Store,
    ) -> Vec<Leg> {
        let through_cas = !matches!(service, Service::Inside);
        if through_cas {
            self.pass(ENTRY_SERVICE, entry);
        }
        if spec.web && through_cas {
            self.acquire(ENTRY, entry);
            self.take(self.limits.entry, (ENTRY, entry), None, Part::EntryQueue);
        }
        self.take(self.limits.rpc, (ENTRY, entry), None, Part::EntryQueue);
        let mut store_rtt = store.lan_rtt;
        // TLS, and its renewal by who proxies. Of a volume that is always the same it
        // goes into the work; one that is drawn has a leg of its own on the way back.
        let cycles_a_byte = match service {
            Service::Inside => 0.0,
            Service::Proxy(..) => spec.tls_cycles_a_byte + spec.proxy_cycles_a_byte,
            _ => spec.tls_cycles_a_byte,
        };
        let constant: f64 = [spec.up, spec.down]
            .into_iter()
            .filter(|&volume| !self.is_drawn(volume))
            .map(|volume| self.mean(volume))
            .sum();
        let own = spec.entry + spec.setup.map_or(0.0, |setup| setup.tls) + constant * cycles_a_byte / 1e6;
        match service {
            Service::Local => self.serve(ENTRY, entry, own + spec.cas, CAS_WORK, Part::EntryQueue),
            Service::Inside => store_rtt = 0,
            Service::Direct(path) => {
                self.serve(ENTRY, entry, own + spec.cas, CAS_WORK, Part::EntryQueue);
                self.transfers(&path.out, spec.up, cap(spec, path.cap));
                store_rtt = 0;
                self.delay(Amount::Fixed(path.rtt * u64::from(spec.store_calls)), Part::WanPropagation);
            }
            Service::Proxy(target, path) => {
                self.serve(ENTRY, entry, own + spec.passing * spec.cas, CAS_WORK, Part::EntryQueue);
                let unit_costs = Arc::clone(&self.costs.unit_costs);
                let overhead =
                    unit_costs[if spec.cold { Figure::ProxyOverheadCold } else { Figure::ProxyOverhead }];
                self.delay(Amount::Fixed(nanos(overhead)), Part::EntryService);
                let far = target.map_or((MAILBOX, store.servers.group), |target| (TARGET, target.group));
                self.take(self.limits.guard, (ENTRY, entry), Some(far), Part::TargetQueue);
                self.take(self.limits.connection, (ENTRY, entry), Some(far), Part::TargetQueue);
                // Cold: TCP, TLS and Kerberos, and one more exchange in which the
                // target asks for the user's context.
                let trips = if spec.cold { 2.0 + path_handshake(&unit_costs) } else { 1.0 };
                let part = if path.out.is_empty() { Part::TargetService } else { Part::WanPropagation };
                self.delay(Amount::Fixed(nanos(path.rtt as f64 * trips)), part);
                self.transfers(&path.out, spec.up, cap(spec, path.cap));
                if let Some(target) = target {
                    self.pass(TARGET_SERVICE, *target);
                    if spec.web {
                        self.acquire(TARGET, *target);
                        self.take(self.limits.target, (TARGET, *target), None, Part::TargetQueue);
                    }
                    self.serve(TARGET, *target, spec.cas, CAS_WORK, Part::TargetQueue);
                }
            }
        }
        self.serve(MAILBOX, store.servers, spec.mailbox, MAILBOX_WORK, Part::MailboxQueue);
        self.store(spec.store_calls, store_rtt, &store.latency);
        if let Some(wake) = spec.hold {
            self.delay(Amount::Param { index: SPAN, factor: 1.0 }, Part::Other);
            if spec.forgotten {
                return self.end(Leg::Fail { reason: FORGOTTEN as u8 });
            }
            match service {
                Service::Proxy(Some(target), _) => {
                    self.serve(TARGET, *target, wake, WAKE_WORK, Part::TargetQueue);
                    self.serve(ENTRY, entry, spec.passing * wake, WAKE_WORK, Part::EntryQueue);
                }
                Service::Inside => {}
                _ => self.serve(ENTRY, entry, wake, WAKE_WORK, Part::EntryQueue),
            }
        }
        if let Service::Direct(path) | Service::Proxy(_, path) = service {
            self.transfers(&path.back, spec.down, cap(spec, path.cap));
        }
        for volume in [spec.up, spec.down] {
            if cycles_a_byte > 0.0 && self.mean(volume) > 0.0 && self.is_drawn(volume) {
                let amount = self.by_volume(volume, cycles_a_byte * 1e3 / entry.mhz);
                let place = LegPlace::Slot { slot: ENTRY, group: entry.group };
                self.legs.push(Leg::Serve { place, amount, queue_part: Part::EntryQueue });
            }
        }
        if let Some(family) = self.limits.rpc {
            let place = LegPlace::Slot { slot: ENTRY, group: entry.group };
            self.legs.push(Leg::Give { family, place, to: None });
        }
        self.transfers(&client_path.down, spec.down, cap(spec, client_path.cap));
        self.end(Leg::End)
    }

    fn is_drawn(&self, volume: Volume) -> bool {
        matches!(volume, Volume::Message(_)) && !matches!(self.costs.size, Distribution::Constant(_))
    }

    /// Sequential calls to the store: round trips on the way to it, and its latency.
    fn store(&mut self, calls: u32, rtt: u64, latency: &Distribution) {
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

    /// A logon that is sent on first: what happens at the first entry, then the
    /// way to the second one; [`Self::redirected`] or [`Self::dead_end`] follows.
    pub(super) fn sent_on(
        mut self,
        spec: &RequestSpec,
        first: &ClientPath,
        entry: Servers,
        kind: RedirectKind,
    ) -> Self {
        self.dns(first, DNS, Part::Dns);
        let setup = spec.setup;
        self.trips(first, SPAN, setup.map_or(0.0, |setup| setup.round_trips), Part::Handshake);
        let (trips, work, up, page) = match kind {
            // GET, form, POST of the form answered by the link page or a redirect.
            RedirectKind::LinkPage | RedirectKind::Silent | RedirectKind::SilentAgain => {
                (3.0, spec.entry, 1_500.0, 6_000.0)
            }
            // A GET answered by a header.
            RedirectKind::Path => (1.0, PATH_REDIRECT, 500.0, 500.0),
            // A device, or Outlook's first call, is told at once.
            RedirectKind::Status | RedirectKind::Restart => (1.0, spec.cas * 0.25, 1_500.0, 500.0),
        };
        self.trips(first, SPAN, trips, Part::ClientNetwork);
        self.transfers(&first.up, Volume::Bytes(up), first.cap);
        if let Some(group) = entry.service_station {
            // Answered at once: it holds nothing, but a service that is down refuses.
            let place = LegPlace::Any { group };
            self.legs.push(Leg::Serve { place, amount: Amount::Fixed(0), queue_part: Part::EntryQueue });
        }
        self.serve(FIRST, entry, work + setup.map_or(0.0, |setup| setup.tls), CAS_WORK, Part::EntryQueue);
        self.transfers(&first.down, Volume::Bytes(page), first.cap);
        match kind {
            RedirectKind::LinkPage => {
                let law = self.costs.click.clone();
                self.human(&law, CLICK);
            }
            RedirectKind::Restart => {
                let law = self.costs.restart.clone();
                self.human(&law, RESTART);
            }
            _ => {}
        }
        self
    }

    /// The second logon, after [`Self::sent_on`].
    pub(super) fn redirected(
        mut self,
        spec: &RequestSpec,
        client_path: &ClientPath,
        entry: Servers,
        service: &Service,
        store: &Store,
        kind: RedirectKind,
    ) -> Vec<Leg> {
        // The connection to the same server is there already.
        if kind != RedirectKind::Path {
            self.dns(client_path, SECOND_DNS, Part::Redirect);
            self.trips(client_path, RTT, spec.setup.map_or(0.0, |setup| setup.round_trips), Part::Redirect);
        }
        if matches!(kind, RedirectKind::LinkPage | RedirectKind::SilentAgain) {
            let law = self.costs.typing.clone();
            self.human(&law, TYPING);
        }
        // With one logon neither the first GET nor the form is asked for again.
        let spared = if kind == RedirectKind::Silent { 2.0 } else { 0.0 };
        let setup = spec.setup.filter(|_| kind != RedirectKind::Path);
        let spec = &RequestSpec { round_trips: (spec.round_trips - spared).max(1.0), setup, ..*spec };
        self.exchange(spec, client_path);
        self.service(spec, client_path, entry, service, store)
    }

    /// A redirect that does not help, after [`Self::sent_on`]: to a name that leads
    /// nowhere, or to one that redirects again.
    pub(super) fn dead_end(mut self, client_path: &ClientPath, failure: Failure) -> Vec<Leg> {
        self.dns(client_path, SECOND_DNS, Part::Redirect);
        if failure != Failure::RedirectLoop {
            self.delay(Amount::Fixed(CONNECT_GIVES_UP_NS), Part::Redirect);
        }
        self.end(Leg::Fail { reason: failure as u8 })
    }

    /// A request that the entry refuses once it knows who asks.
    pub(super) fn refused(
        mut self,
        spec: &RequestSpec,
        client_path: &ClientPath,
        entry: Servers,
        failure: Failure,
    ) -> Vec<Leg> {
        self.dns(client_path, DNS, Part::Dns);
        if let Some(setup) = spec.setup {
            self.trips(client_path, RTT, setup.round_trips, Part::Handshake);
        }
        self.trips(client_path, RTT, spec.round_trips.min(4.0), Part::ClientNetwork);
        self.transfers(&client_path.up, Volume::Bytes(1_000.0), client_path.cap);
        self.pass(ENTRY_SERVICE, entry);
        if spec.web {
            self.acquire(ENTRY, entry);
        }
        // The logon's own work, and as much as a proxying CAS does before it passes on.
        let tls = spec.setup.map_or(0.0, |setup| setup.tls);
        let share = self.costs.unit_costs[Figure::ProxyShare];
        self.serve(ENTRY, entry, tls + spec.entry + share * spec.cas, CAS_WORK, Part::EntryQueue);
        self.transfers(&client_path.down, Volume::Bytes(2_000.0), client_path.cap);
        self.end(Leg::Fail { reason: failure as u8 })
    }

    /// A request of a browser at a server that does not know its session: HTTP 440.
    pub(super) fn unknown_session(
        mut self,
        logon: &RequestSpec,
        client_path: &ClientPath,
        entry: Servers,
    ) -> Vec<Leg> {
        self.trips(client_path, RTT, 1.0, Part::ClientNetwork);
        self.transfers(&client_path.up, Volume::Bytes(1_000.0), client_path.cap);
        self.acquire(ENTRY, entry);
        // As much as a server does before it passes a request on.
        let share = self.costs.unit_costs[Figure::ProxyShare];
        self.serve(ENTRY, entry, share * logon.cas, CAS_WORK, Part::EntryQueue);
        self.transfers(&client_path.down, Volume::Bytes(2_000.0), client_path.cap);
        self.end(Leg::Fail { reason: Failure::AffinityLost as u8 })
    }

    /// A client that finds a limit of its server reached: a connection, and no answer.
    pub(super) fn turned_away(
        mut self,
        spec: &RequestSpec,
        client_path: &ClientPath,
        failure: Failure,
    ) -> Vec<Leg> {
        self.dns(client_path, DNS, Part::Dns);
        let setup = spec.setup.map_or(0.0, |setup| setup.round_trips);
        self.trips(client_path, RTT, setup, Part::Handshake);
        self.end(Leg::Refuse { reason: failure as u8 })
    }

    /// A client that reaches nobody.
    pub(super) fn unreachable(mut self, failure: Failure) -> Vec<Leg> {
        let law = self.costs.name_lookup.clone();
        self.lasts(&law, DNS, Part::Dns);
        if failure != Failure::NameNotResolved {
            self.delay(Amount::Fixed(CONNECT_GIVES_UP_NS), Part::Handshake);
        }
        self.end(Leg::Fail { reason: failure as u8 })
    }

    fn end(mut self, leg: Leg) -> Vec<Leg> {
        self.legs.push(leg);
        self.legs
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
