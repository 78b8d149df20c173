//! From one kind of request and the way it travels to the legs of a program.
//!
//! A request's round trips stand in one delay in front (half of the last is the
//! way back), so that delays of the same part fuse and a request costs few events;
//! bytes then cross each link in order, servers work in order, and the answer
//! crosses the links back. Both sides of a decision draw the same variates, since
//! legs name the same [`Role`]s wherever they lie: routing moves no draw.
//!
//! Parameters of a request: [`RTT`] the client's round trip to its entry,
//! [`LINE`] the bandwidth of its line in bit/s, [`SPAN`] how long a held request
//! is held, or in a redirected logon the round trip to the first entry.
//!
//! Must not know the state machines. Next: [`crate::clients::compile`].

use std::sync::Arc;

use crate::clients::compile::affinity::FORGOTTEN;
use crate::clients::compile::limits::Gates;
use crate::clients::compile::placement::{Trunk, Way};
use crate::clients::compile::request_specs::{CONNECT_GIVES_UP_NS, Knock, Spec, Volume, trunk_handshake};
use crate::itinerary::{Amount, Leg, LinkDirection, Part, Place, PoolFamily, StationGroup};
use crate::kernel::distribution::{Distribution, Sampler};
use crate::kernel::random::Role;
use crate::kernel::{Id, nanos};
use crate::model::access::Failure;
use crate::model::figures::{Figure, Figures};

/// Parameter: round trip to the entry, ns.
pub(in crate::clients) const RTT: u8 = 0;
/// Parameter: bandwidth of the client's line, bit/s.
pub(in crate::clients) const LINE: u8 = 1;
/// Parameter: length of a hold, or the round trip to the first entry, ns.
pub(in crate::clients) const SPAN: u8 = 2;

/// Slot of the entry server.
pub(in crate::clients) const ENTRY: u8 = 0;
/// Slot of the server that a proxied request is forwarded to.
pub(in crate::clients) const TARGET: u8 = 1;
/// Slot of the Mailbox server.
pub(in crate::clients) const MAILBOX: u8 = 2;
/// Slot of the server that showed the link page.
pub(in crate::clients) const FIRST: u8 = 3;

/// Slot of the service at the entry, where it fails on its own.
pub(in crate::clients) const ENTRY_GATE: u8 = 4;
/// Slot of the service at the server that a proxied request is forwarded to.
pub(in crate::clients) const TARGET_GATE: u8 = 5;

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
pub(in crate::clients) struct Servers {
    pub(in crate::clients) group: Id<StationGroup>,
    pub(in crate::clients) mhz: f64,
    /// The station of the service, where it fails on its own.
    pub(in crate::clients) gate: Option<Id<StationGroup>>,
}

/// A Mailbox server group as one request sees it.
#[derive(Clone, Debug)]
pub(in crate::clients) struct Store {
    pub(in crate::clients) servers: Servers,
    /// Latency of one store access beside CPU, ns.
    pub(in crate::clients) latency: Distribution,
    /// Round trip between a CAS and the Mailbox server in its site, ns.
    pub(in crate::clients) lan_rtt: u64,
}

/// Who serves a request that has arrived at its entry.
#[derive(Clone, Debug)]
pub(in crate::clients) enum Service {
    /// The entry itself.
    Local,
    /// A CAS that the entry forwards to; `None` forwards to the Mailbox server (a legacy back end).
    Proxy(Option<Servers>, Trunk),
    /// The entry, with every store call over the trunk.
    Direct(Trunk),
    /// The Mailbox server, without a CAS.
    Inside,
}

/// Settings that colour every program of a population.
#[derive(Clone, Debug)]
pub(in crate::clients) struct Palette {
    /// Message size, bytes.
    pub(in crate::clients) size: Distribution,
    /// Coefficient of variation of processor work.
    pub(in crate::clients) work_cv: f64,
    /// Initial congestion window, bits.
    pub(in crate::clients) window_bits: f64,
    /// Name resolution on the Internet, ns.
    pub(in crate::clients) name_lookup: Distribution,
    /// What requests cost.
    pub(in crate::clients) figures: Arc<Figures>,
    /// Human time at a link page, ns.
    pub(in crate::clients) click: Distribution,
    /// Human time for typing credentials, ns.
    pub(in crate::clients) typing: Distribution,
    /// Human time until Outlook is restarted, ns.
    pub(in crate::clients) restart: Distribution,
}

/// How a client is sent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::clients) enum Hint {
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
pub(in crate::clients) struct Writer<'p> {
    palette: &'p Palette,
    gates: Gates,
    cut: bool,
    legs: Vec<Leg>,
}

impl<'p> Writer<'p> {
    pub(in crate::clients) fn new(palette: &'p Palette) -> Self {
        Self { palette, gates: Gates::default(), cut: false, legs: Vec::new() }
    }

    /// The connection is forgotten while the request is held.
    pub(in crate::clients) fn cut_off(self) -> Self {
        Self { cut: true, ..self }
    }

    /// The program meets these limits.
    pub(in crate::clients) fn through(self, gates: Gates) -> Self {
        Self { gates, ..self }
    }

    /// What follows waits until the client has noticed, after `ns`, that its connection
    /// is forgotten.
    pub(in crate::clients) fn after_silence(mut self, ns: u64) -> Self {
        self.delay(Amount::Fixed(ns), Part::Retry);
        self
    }

    /// Opens a connection anew in a session that goes on.
    pub(in crate::clients) fn reopened(
        mut self,
        knock: Option<Knock>,
        way: &Way,
        entry: Servers,
    ) -> Vec<Leg> {
        let Some(knock) = knock else { return self.end(Leg::End) };
        self.trips(way, RTT, knock.round_trips, Part::Handshake);
        self.pass(ENTRY_GATE, entry);
        self.serve(ENTRY, entry, knock.tls, CAS_WORK, Part::EntryQueue);
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
        let cv = self.palette.work_cv;
        let amount = if cv > 0.0 {
            let sampler = Distribution::LogNormal { mean: 1.0, cv }.sampler();
            Amount::Drawn { sampler, role, scale: ns }
        } else {
            Amount::Fixed(nanos(ns))
        };
        let place = Place::Slot { slot, group: servers.group };
        self.legs.push(Leg::Serve { place, amount, queue_part });
    }

    /// Holds a connection of the service, where it fails on its own.
    fn pass(&mut self, slot: u8, servers: Servers) {
        if let Some(group) = servers.gate {
            self.legs.push(Leg::Acquire { place: Place::Slot { slot, group } });
        }
    }

    fn acquire(&mut self, slot: u8, servers: Servers) {
        self.legs.push(Leg::Acquire { place: Place::Slot { slot, group: servers.group } });
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
            let place = Place::Slot { slot, group: servers.group };
            let to = to.map(|(slot, group)| Place::Slot { slot, group });
            self.legs.push(Leg::Take { family, place, to, part });
        }
    }

    /// Round trips of a client, what of them crosses site links included.
    fn trips(&mut self, way: &Way, index: u8, factor: f64, part: Part) {
        self.round_trips(index, factor, part);
        self.propagation(way, factor, part);
    }

    /// The share of a client's round trips that crosses site links.
    fn propagation(&mut self, way: &Way, factor: f64, part: Part) {
        let part = if part == Part::ClientNetwork { Part::WanPropagation } else { part };
        self.delay(Amount::Fixed(nanos(way.wan as f64 * factor)), part);
    }

    /// An amount proportional to a volume: `scale` a byte.
    fn by_volume(&self, volume: Volume, scale: f64) -> Amount {
        match volume {
            Volume::Bytes(bytes) => Amount::Fixed(nanos(bytes * scale)),
            Volume::Message(factor) => match &self.palette.size {
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
            Volume::Message(factor) => factor * self.palette.size.mean(),
        }
    }

    /// Slow start of the larger direction: rounds of the client's round trip. A volume
    /// that is spread over the round trips passes slow start while they last, and more
    /// of them than it has rounds are made anyway. Rounds of a volume that is always
    /// the same are given back, for the site links.
    fn slow_start(&mut self, spec: &Spec, way: &Way) -> f64 {
        let Spec { up, down, .. } = *spec;
        let volume = if self.mean(up) > self.mean(down) { up } else { down };
        if spec.spread {
            let rounds = slow_start_rounds(self.mean(volume) * 8.0, self.palette.window_bits) + 1.0;
            let more = (rounds - spec.round_trips).max(0.0);
            self.round_trips(RTT, more, Part::ClientNetwork);
            return more;
        }
        let window = self.palette.window_bits;
        match (volume, &self.palette.size) {
            (Volume::Message(factor), size) if !matches!(size, Distribution::Constant(_)) => {
                let amount = Amount::SlowStart {
                    sampler: size.sampler(),
                    role: SIZE,
                    scale: factor * 8.0,
                    initial_window_bits: window,
                    index: Some(RTT),
                    fixed_ns: way.wan,
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
        let (sampler, scale) = match &self.palette.size {
            size if drawn => (size.sampler(), bytes / size.mean() * 8e9),
            _ => (Sampler::Constant(1.0), bytes * 8e9),
        };
        let amount = Amount::DrawnOverParam { sampler, role: SIZE, scale, index: LINE };
        self.delay(amount, Part::ClientNetwork);
    }

    /// Name resolution; on a LAN one round trip to the site's server.
    fn dns(&mut self, way: &Way, role: Role, part: Part) {
        if way.last_mile {
            let law = self.palette.name_lookup.clone();
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
    fn approach(&mut self, spec: &Spec, way: &Way) {
        if let Some(knock) = spec.knock {
            self.dns(way, DNS, Part::Dns);
            self.trips(way, RTT, knock.round_trips, Part::Handshake);
        }
        self.exchange(spec, way);
    }

    fn exchange(&mut self, spec: &Spec, way: &Way) {
        self.round_trips(RTT, spec.round_trips, Part::ClientNetwork);
        let mut rounds = spec.round_trips;
        if way.last_mile || !way.up.is_empty() {
            rounds += self.slow_start(spec, way);
        }
        if way.last_mile {
            self.last_mile(spec.up, spec.down);
        }
        self.propagation(way, rounds, Part::ClientNetwork);
        self.transfers(&way.up, spec.up, cap(spec, way.cap));
    }

    /// The whole of a request that is served.
    pub(in crate::clients) fn served(
        mut self,
        spec: &Spec,
        way: &Way,
        entry: Servers,
        service: &Service,
        store: &Store,
    ) -> Vec<Leg> {
        self.approach(spec, way);
        self.service(spec, way, entry, service, store)
    }

    fn service(
        mut self,
        spec: &Spec,
        way: &Way,
        entry: Servers,
        service: &Service,
        store: &Store,
    ) -> Vec<Leg> {
        let through_cas = !matches!(service, Service::Inside);
        if through_cas {
            self.pass(ENTRY_GATE, entry);
        }
        if spec.web && through_cas {
            self.acquire(ENTRY, entry);
            self.take(self.gates.entry, (ENTRY, entry), None, Part::EntryQueue);
        }
        self.take(self.gates.rpc, (ENTRY, entry), None, Part::EntryQueue);
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
        let own = spec.entry + spec.knock.map_or(0.0, |knock| knock.tls) + constant * cycles_a_byte / 1e6;
        match service {
            Service::Local => self.serve(ENTRY, entry, own + spec.cas, CAS_WORK, Part::EntryQueue),
            Service::Inside => store_rtt = 0,
            Service::Direct(trunk) => {
                self.serve(ENTRY, entry, own + spec.cas, CAS_WORK, Part::EntryQueue);
                self.transfers(&trunk.out, spec.up, cap(spec, trunk.cap));
                store_rtt = 0;
                self.delay(Amount::Fixed(trunk.rtt * u64::from(spec.store_calls)), Part::WanPropagation);
            }
            Service::Proxy(target, trunk) => {
                self.serve(ENTRY, entry, own + spec.passing * spec.cas, CAS_WORK, Part::EntryQueue);
                let figures = Arc::clone(&self.palette.figures);
                let overhead =
                    figures[if spec.cold { Figure::ProxyOverheadCold } else { Figure::ProxyOverhead }];
                self.delay(Amount::Fixed(nanos(overhead)), Part::EntryService);
                let far = target.map_or((MAILBOX, store.servers.group), |target| (TARGET, target.group));
                self.take(self.gates.guard, (ENTRY, entry), Some(far), Part::TargetQueue);
                self.take(self.gates.connection, (ENTRY, entry), Some(far), Part::TargetQueue);
                // Cold: TCP, TLS and Kerberos, and one more exchange in which the
                // target asks for the user's context.
                let trips = if spec.cold { 2.0 + trunk_handshake(&figures) } else { 1.0 };
                let part = if trunk.out.is_empty() { Part::TargetService } else { Part::WanPropagation };
                self.delay(Amount::Fixed(nanos(trunk.rtt as f64 * trips)), part);
                self.transfers(&trunk.out, spec.up, cap(spec, trunk.cap));
                if let Some(target) = target {
                    self.pass(TARGET_GATE, *target);
                    if spec.web {
                        self.acquire(TARGET, *target);
                        self.take(self.gates.target, (TARGET, *target), None, Part::TargetQueue);
                    }
                    self.serve(TARGET, *target, spec.cas, CAS_WORK, Part::TargetQueue);
                }
            }
        }
        self.serve(MAILBOX, store.servers, spec.mailbox, MAILBOX_WORK, Part::MailboxQueue);
        self.store(spec.store_calls, store_rtt, &store.latency);
        if let Some(wake) = spec.hold {
            self.delay(Amount::Param { index: SPAN, factor: 1.0 }, Part::Other);
            if self.cut {
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
        if let Service::Direct(trunk) | Service::Proxy(_, trunk) = service {
            self.transfers(&trunk.back, spec.down, cap(spec, trunk.cap));
        }
        for volume in [spec.up, spec.down] {
            if cycles_a_byte > 0.0 && self.mean(volume) > 0.0 && self.is_drawn(volume) {
                let amount = self.by_volume(volume, cycles_a_byte * 1e3 / entry.mhz);
                let place = Place::Slot { slot: ENTRY, group: entry.group };
                self.legs.push(Leg::Serve { place, amount, queue_part: Part::EntryQueue });
            }
        }
        if let Some(family) = self.gates.rpc {
            let place = Place::Slot { slot: ENTRY, group: entry.group };
            self.legs.push(Leg::Give { family, place, to: None });
        }
        self.transfers(&way.down, spec.down, cap(spec, way.cap));
        self.end(Leg::End)
    }

    fn is_drawn(&self, volume: Volume) -> bool {
        matches!(volume, Volume::Message(_)) && !matches!(self.palette.size, Distribution::Constant(_))
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
    pub(in crate::clients) fn sent_on(
        mut self,
        spec: &Spec,
        first: &Way,
        entry: Servers,
        hint: Hint,
    ) -> Self {
        self.dns(first, DNS, Part::Dns);
        let knock = spec.knock;
        self.trips(first, SPAN, knock.map_or(0.0, |knock| knock.round_trips), Part::Handshake);
        let (trips, work, up, page) = match hint {
            // GET, form, POST of the form answered by the link page or a redirect.
            Hint::LinkPage | Hint::Silent | Hint::SilentAgain => (3.0, spec.entry, 1_500.0, 6_000.0),
            // A GET answered by a header.
            Hint::Path => (1.0, PATH_REDIRECT, 500.0, 500.0),
            // A device, or Outlook's first call, is told at once.
            Hint::Status | Hint::Restart => (1.0, spec.cas * 0.25, 1_500.0, 500.0),
        };
        self.trips(first, SPAN, trips, Part::ClientNetwork);
        self.transfers(&first.up, Volume::Bytes(up), first.cap);
        if let Some(group) = entry.gate {
            // Answered at once: it holds nothing, but a service that is down refuses.
            let place = Place::Any { group };
            self.legs.push(Leg::Serve { place, amount: Amount::Fixed(0), queue_part: Part::EntryQueue });
        }
        self.serve(FIRST, entry, work + knock.map_or(0.0, |knock| knock.tls), CAS_WORK, Part::EntryQueue);
        self.transfers(&first.down, Volume::Bytes(page), first.cap);
        match hint {
            Hint::LinkPage => {
                let law = self.palette.click.clone();
                self.human(&law, CLICK);
            }
            Hint::Restart => {
                let law = self.palette.restart.clone();
                self.human(&law, RESTART);
            }
            _ => {}
        }
        self
    }

    /// The second logon, after [`Self::sent_on`].
    pub(in crate::clients) fn redirected(
        mut self,
        spec: &Spec,
        way: &Way,
        entry: Servers,
        service: &Service,
        store: &Store,
        hint: Hint,
    ) -> Vec<Leg> {
        // The connection to the same server is there already.
        if hint != Hint::Path {
            self.dns(way, SECOND_DNS, Part::Redirect);
            self.trips(way, RTT, spec.knock.map_or(0.0, |knock| knock.round_trips), Part::Redirect);
        }
        if matches!(hint, Hint::LinkPage | Hint::SilentAgain) {
            let law = self.palette.typing.clone();
            self.human(&law, TYPING);
        }
        // With one logon neither the first GET nor the form is asked for again.
        let spared = if hint == Hint::Silent { 2.0 } else { 0.0 };
        let knock = spec.knock.filter(|_| hint != Hint::Path);
        let spec = &Spec { round_trips: (spec.round_trips - spared).max(1.0), knock, ..*spec };
        self.exchange(spec, way);
        self.service(spec, way, entry, service, store)
    }

    /// A redirect that does not help, after [`Self::sent_on`]: to a name that leads
    /// nowhere, or to one that redirects again.
    pub(in crate::clients) fn dead_end(mut self, way: &Way, failure: Failure) -> Vec<Leg> {
        self.dns(way, SECOND_DNS, Part::Redirect);
        if failure != Failure::RedirectLoop {
            self.delay(Amount::Fixed(CONNECT_GIVES_UP_NS), Part::Redirect);
        }
        self.end(Leg::Fail { reason: failure as u8 })
    }

    /// A request that the entry refuses once it knows who asks.
    pub(in crate::clients) fn refused(
        mut self,
        spec: &Spec,
        way: &Way,
        entry: Servers,
        failure: Failure,
    ) -> Vec<Leg> {
        self.dns(way, DNS, Part::Dns);
        if let Some(knock) = spec.knock {
            self.trips(way, RTT, knock.round_trips, Part::Handshake);
        }
        self.trips(way, RTT, spec.round_trips.min(4.0), Part::ClientNetwork);
        self.transfers(&way.up, Volume::Bytes(1_000.0), way.cap);
        self.pass(ENTRY_GATE, entry);
        if spec.web {
            self.acquire(ENTRY, entry);
        }
        // The logon's own work, and as much as a proxying CAS does before it passes on.
        let tls = spec.knock.map_or(0.0, |knock| knock.tls);
        let share = self.palette.figures[Figure::ProxyShare];
        self.serve(ENTRY, entry, tls + spec.entry + share * spec.cas, CAS_WORK, Part::EntryQueue);
        self.transfers(&way.down, Volume::Bytes(2_000.0), way.cap);
        self.end(Leg::Fail { reason: failure as u8 })
    }

    /// A request of a browser at a server that does not know its session: HTTP 440.
    pub(in crate::clients) fn unknown_session(mut self, logon: &Spec, way: &Way, entry: Servers) -> Vec<Leg> {
        self.trips(way, RTT, 1.0, Part::ClientNetwork);
        self.transfers(&way.up, Volume::Bytes(1_000.0), way.cap);
        self.acquire(ENTRY, entry);
        // As much as a server does before it passes a request on.
        let share = self.palette.figures[Figure::ProxyShare];
        self.serve(ENTRY, entry, share * logon.cas, CAS_WORK, Part::EntryQueue);
        self.transfers(&way.down, Volume::Bytes(2_000.0), way.cap);
        self.end(Leg::Fail { reason: Failure::AffinityLost as u8 })
    }

    /// A client that finds a limit of its server reached: a connection, and no answer.
    pub(in crate::clients) fn turned_away(mut self, spec: &Spec, way: &Way, failure: Failure) -> Vec<Leg> {
        self.dns(way, DNS, Part::Dns);
        let knock = spec.knock.map_or(0.0, |knock| knock.round_trips);
        self.trips(way, RTT, knock, Part::Handshake);
        self.end(Leg::Refuse { reason: failure as u8 })
    }

    /// A client that reaches nobody.
    pub(in crate::clients) fn unreachable(mut self, failure: Failure) -> Vec<Leg> {
        let law = self.palette.name_lookup.clone();
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
pub(in crate::clients) fn cap(spec: &Spec, cap: f64) -> f64 {
    if spec.spread { cap * spec.round_trips.max(1.0) } else { cap }
}

/// Round trips that slow start adds to a transfer: `ceil(log2(bits / window + 1)) - 1`.
pub(in crate::clients) fn slow_start_rounds(bits: f64, window_bits: f64) -> f64 {
    (libm::ceil(libm::log2(bits / window_bits + 1.0)) - 1.0).max(0.0)
}
