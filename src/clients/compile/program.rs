//! From one kind of request and the way it travels to the legs of a program.
//!
//! A request's round trips stand in one delay in front (half of the last is the
//! way back), so that delays of the same part fuse and a request costs few events;
//! bytes then cross all links up to a server at once, servers work in order, and the answer
//! crosses the links back. Both sides of a decision draw the same variates, since
//! legs name the same [`Role`]s wherever they lie: routing moves no draw.
//!
//! Slots and parameters of a request: [`crate::clients::roster`].
//!
//! Must not know the state machines. Next: [`super::inputs`].

use std::sync::Arc;

use super::legs::{LegWriter, Pace, PopulationCosts, Servers, cap};
use super::placement::{ClientPath, SitePath};
use super::request_specs::{CONNECT_GIVES_UP_NS, ConnectionSetup, RequestSpec, Volume, path_handshake};
use super::service::{RedirectKind, RequestLimits, Service, Store};
use super::tcp::{DOWN, UP};
use crate::clients::roster::FORGOTTEN;
use crate::clients::roster::params::{RTT, SPAN};
use crate::clients::roster::slots::{ENTRY, ENTRY_SERVICE, FIRST, MAILBOX, TARGET, TARGET_SERVICE};
use crate::itinerary::{Amount, Leg, LegPlace, Part, Program};
use crate::kernel::distribution::Distribution;
use crate::kernel::nanos;
use crate::kernel::random::Role;
use crate::model::access::Failure;
use crate::model::topology::Way;
use crate::model::unit_costs::Figure;

const CAS_WORK: Role = Role::new("cas work");
const BACKGROUND_WORK: Role = Role::new("background work");
const WAKE_WORK: Role = Role::new("wake-up work");
const MAILBOX_WORK: Role = Role::new("mailbox work");
const DNS: Role = Role::new("name resolution");
const SECOND_DNS: Role = Role::new("second name resolution");
const CLICK: Role = Role::new("click");
const TYPING: Role = Role::new("typing");
const RESTART: Role = Role::new("restart of Outlook");
/// Work of a redirect by a header alone, megacycles (ASSUMED).
const PATH_REDIRECT: f64 = 5.0;

/// Writes the legs of one program.
#[derive(Debug)]
pub(super) struct ItineraryWriter<'p> {
    limits: RequestLimits,
    led: Option<Way>,
    beside: Option<Program>,
    legs: LegWriter<'p>,
}

impl<'p> ItineraryWriter<'p> {
    pub(super) fn new(costs: &'p PopulationCosts) -> Self {
        Self { limits: RequestLimits::default(), led: None, beside: None, legs: LegWriter::new(costs) }
    }

    /// The program meets these limits.
    pub(super) fn through(self, limits: RequestLimits) -> Self {
        Self { limits, ..self }
    }

    /// Clients are led to the name by another.
    pub(super) fn led(self, way: Option<Way>) -> Self {
        Self { led: way, ..self }
    }

    /// The Mailbox server goes on with this when it has done what is waited for.
    pub(super) fn beside(self, program: Option<Program>) -> Self {
        Self { beside: program, ..self }
    }

    /// What a Mailbox server does when a request has been answered, if it does anything.
    pub(super) fn background(mut self, spec: &RequestSpec, store: &Store) -> Option<Vec<Leg>> {
        let work = spec.background();
        (work > 0.0).then(|| {
            self.legs.serve(MAILBOX, store.servers, work, BACKGROUND_WORK, Part::MailboxQueue);
            self.legs.end(Leg::End)
        })
    }

    /// What follows waits until the client has noticed, after `ns`, that its connection
    /// is forgotten.
    pub(super) fn after_silence(mut self, ns: u64) -> Self {
        self.legs.delay(Amount::Fixed(ns), Part::Retry);
        self
    }

    /// Opens a connection anew in a session that goes on.
    pub(super) fn reopened(
        mut self,
        setup: Option<ConnectionSetup>,
        client_path: &ClientPath,
        entry: Servers,
    ) -> Vec<Leg> {
        let Some(setup) = setup else { return self.legs.end(Leg::End) };
        self.legs.trips(client_path, RTT, setup.round_trips, Part::Handshake);
        self.legs.pass(ENTRY_SERVICE, entry);
        self.legs.serve(ENTRY, entry, setup.tls, CAS_WORK, Part::EntryQueue);
        self.legs.end(Leg::End)
    }

    fn human(&mut self, law: &Distribution, role: Role) {
        self.legs.lasts(law, role, Part::Human);
    }

    /// What the client's network does to one exchange before it reaches the entry.
    fn approach(&mut self, spec: &RequestSpec, client_path: &ClientPath) {
        if let Some(setup) = spec.setup {
            // The record or the answer at port 80 first: that is a look-up, or also a connection
            // and an exchange of a few hundred bytes.
            if self.led.is_some_and(Way::renames) {
                self.legs.dns(client_path, SECOND_DNS, Part::Dns);
            }
            if self.led == Some(Way::HttpRedirect) {
                self.legs.trips(client_path, RTT, 2.0, Part::Handshake);
            }
            self.legs.dns(client_path, DNS, Part::Dns);
            self.legs.trips(client_path, RTT, setup.round_trips, Part::Handshake);
        }
        self.exchange(spec, client_path);
    }

    fn exchange(&mut self, spec: &RequestSpec, client_path: &ClientPath) {
        let mut rounds = spec.round_trips;
        if client_path.last_mile || !client_path.up.is_empty() {
            rounds += self.legs.more_rounds(spec, client_path);
        }
        self.legs.round_trips(RTT, rounds, Part::ClientNetwork);
        self.legs.propagation(client_path, rounds, Part::ClientNetwork);
        self.legs.arrive(client_path, spec.up, Pace::of(spec));
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
            self.legs.pass(ENTRY_SERVICE, entry);
        }
        if spec.web && through_cas {
            self.legs.acquire(ENTRY, entry);
            self.legs.take(self.limits.entry, (ENTRY, entry), None, Part::EntryQueue);
        }
        self.legs.take(self.limits.rpc, (ENTRY, entry), None, Part::EntryQueue);
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
            .filter(|&volume| !self.legs.is_drawn(volume))
            .map(|volume| self.legs.mean(volume))
            .sum();
        let files =
            spec.files.map_or(0.0, |files| files.bytes * (1.0 - files.cached)) * spec.tls_cycles_a_byte;
        let own =
            spec.entry + spec.setup.map_or(0.0, |setup| setup.tls) + (constant * cycles_a_byte + files) / 1e6;
        match service {
            Service::Local | Service::OwnBackEnd => {
                self.legs.serve(ENTRY, entry, own + spec.cas, CAS_WORK, Part::EntryQueue)
            }
            Service::Inside => store_rtt = 0,
            Service::Direct(path) => {
                self.legs.serve(ENTRY, entry, own + spec.cas, CAS_WORK, Part::EntryQueue);
                self.legs.transfers(&path.out, spec.up, cap(spec, path.cap[UP]));
                store_rtt = 0;
                self.legs.delay(Amount::Fixed(path.rtt * u64::from(spec.store_calls)), Part::WanPropagation);
            }
            Service::Proxy(target, path) => {
                self.legs.serve(ENTRY, entry, own + spec.passing * spec.cas, CAS_WORK, Part::EntryQueue);
                self.passed_on(spec, entry, *target, path, store);
            }
        }
        if matches!(service, Service::Proxy(None, _) | Service::OwnBackEnd) && spec.mailbox <= 0.0 {
            self.legs.meets(MAILBOX, store.servers, Part::MailboxQueue);
        }
        self.legs.serve(MAILBOX, store.servers, spec.waited_for(), MAILBOX_WORK, Part::MailboxQueue);
        if let Some(program) = self.beside {
            self.legs.push(Leg::Fork { program });
        }
        self.legs.store(spec.store_calls, store_rtt, &store.latency);
        if let Some(wake) = spec.hold {
            self.legs.delay(Amount::Param { index: SPAN, factor: 1.0 }, Part::Other);
            if spec.forgotten {
                return self.legs.end(Leg::Fail { reason: FORGOTTEN as u8 });
            }
            self.woken(spec, entry, service, wake);
        }
        if let Service::Direct(path) = service {
            self.legs.transfers(&path.back, spec.down, cap(spec, path.cap[DOWN]));
        }
        for volume in [spec.up, spec.down] {
            if cycles_a_byte > 0.0 && self.legs.mean(volume) > 0.0 && self.legs.is_drawn(volume) {
                let amount = self.legs.by_volume(volume, cycles_a_byte * 1e3 / entry.speed);
                let place = LegPlace::Slot { slot: ENTRY, group: entry.group };
                self.legs.push(Leg::Serve { place, amount, queue_part: Part::EntryQueue });
            }
        }
        if let Some(family) = self.limits.rpc {
            let place = LegPlace::Slot { slot: ENTRY, group: entry.group };
            self.legs.push(Leg::Give { family, place, to: None });
        }
        match service {
            Service::Proxy(_, path) => self.legs.answers_from(path, client_path, spec.down, Pace::of(spec)),
            _ => self.legs.answers(client_path, spec.down, Pace::of(spec)),
        }
        if let Some(files) = spec.files {
            // A Client Access server that proxies to another has them itself (its resource folders,
            // KB947168); one that passes on to where the page is made asks there.
            let beyond = if let Service::Proxy(None, path) = service { Some(path) } else { None };
            self.legs.fetches(&files, client_path, beyond, Pace::of(spec));
        }
        self.legs.end(Leg::End)
    }

    /// What a proxying entry does beyond its own work, and the work at the target.
    fn passed_on(
        &mut self,
        spec: &RequestSpec,
        entry: Servers,
        target: Option<Servers>,
        path: &SitePath,
        store: &Store,
    ) {
        let unit_costs = Arc::clone(&self.legs.costs.unit_costs);
        let overhead = unit_costs[if spec.cold { Figure::ProxyOverheadCold } else { Figure::ProxyOverhead }];
        self.legs.delay(Amount::Fixed(nanos(overhead)), Part::EntryService);
        let far = target.map_or((MAILBOX, store.servers.group), |target| (TARGET, target.group));
        self.legs.take(self.limits.guard, (ENTRY, entry), Some(far), Part::TargetQueue);
        self.legs.take(self.limits.connection, (ENTRY, entry), Some(far), Part::TargetQueue);
        // Cold: TCP, TLS and Kerberos, and one more exchange in which the
        // target asks for the user's context.
        let trips = if spec.cold { 2.0 + path_handshake(&unit_costs) } else { 1.0 };
        let part = if path.out.is_empty() { Part::TargetService } else { Part::WanPropagation };
        self.legs.delay(Amount::Fixed(nanos(path.rtt as f64 * trips)), part);
        self.legs.transfers(&path.out, spec.up, cap(spec, path.cap[UP]));
        if let Some(target) = target {
            self.legs.pass(TARGET_SERVICE, target);
            if spec.web {
                self.legs.acquire(TARGET, target);
                self.legs.take(self.limits.target, (TARGET, target), None, Part::TargetQueue);
            }
            self.legs.serve(TARGET, target, spec.cas, CAS_WORK, Part::TargetQueue);
        } else {
            self.legs.pass(TARGET_SERVICE, store.servers);
        }
    }

    /// The work of `wake` megacycles after a hold, and its share at a proxying entry.
    fn woken(&mut self, spec: &RequestSpec, entry: Servers, service: &Service, wake: f64) {
        match service {
            Service::Proxy(Some(target), _) => {
                self.legs.serve(TARGET, *target, wake, WAKE_WORK, Part::TargetQueue);
                self.legs.serve(ENTRY, entry, spec.passing * wake, WAKE_WORK, Part::EntryQueue);
            }
            Service::Inside => {}
            Service::Local | Service::OwnBackEnd | Service::Direct(_) | Service::Proxy(None, _) => {
                self.legs.serve(ENTRY, entry, wake, WAKE_WORK, Part::EntryQueue);
            }
        }
    }

    /// A logon that is sent on first: what happens at the first entry, and behind it at
    /// the `referrer` that has to be up to tell where to go, then the
    /// way to the second one; [`Self::redirected`] or [`Self::dead_end`] follows.
    pub(super) fn sent_on(
        mut self,
        spec: &RequestSpec,
        first: &ClientPath,
        (entry, referrer): (Servers, Option<Servers>),
        kind: RedirectKind,
    ) -> Self {
        self.legs.dns(first, DNS, Part::Dns);
        let setup = spec.setup;
        self.legs.trips(first, SPAN, setup.map_or(0.0, |setup| setup.round_trips), Part::Handshake);
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
        self.legs.trips(first, SPAN, trips, Part::ClientNetwork);
        self.legs.arrive(first, Volume::Bytes(up), Pace::Anew(SPAN));
        self.legs.answered(entry);
        self.legs.serve(
            FIRST,
            entry,
            work + setup.map_or(0.0, |setup| setup.tls),
            CAS_WORK,
            Part::EntryQueue,
        );
        if let Some(referrer) = referrer {
            self.legs.meets_any(referrer, Part::TargetQueue);
        }
        self.legs.answers(first, Volume::Bytes(page), Pace::Anew(SPAN));
        match kind {
            RedirectKind::LinkPage => {
                let law = self.legs.costs.click.clone();
                self.human(&law, CLICK);
            }
            RedirectKind::Restart => {
                let law = self.legs.costs.restart.clone();
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
        self.turned(spec, client_path, kind);
        // With one logon neither the first GET nor the form is asked for again.
        let spared = if kind == RedirectKind::Silent { 2.0 } else { 0.0 };
        let setup = spec.setup.filter(|_| kind != RedirectKind::Path);
        let spec = &RequestSpec { round_trips: (spec.round_trips - spared).max(1.0), setup, ..*spec };
        self.exchange(spec, client_path);
        self.service(spec, client_path, entry, service, store)
    }

    /// The way to where a client was sent on, up to its second logon.
    fn turned(&mut self, spec: &RequestSpec, client_path: &ClientPath, kind: RedirectKind) {
        // The connection to the same server is there already.
        if kind != RedirectKind::Path {
            self.legs.dns(client_path, SECOND_DNS, Part::Redirect);
            self.legs.trips(
                client_path,
                RTT,
                spec.setup.map_or(0.0, |setup| setup.round_trips),
                Part::Redirect,
            );
        }
        if matches!(kind, RedirectKind::LinkPage | RedirectKind::SilentAgain) {
            let law = self.legs.costs.typing.clone();
            self.human(&law, TYPING);
        }
    }

    /// A redirect that does not help, after [`Self::sent_on`]: to a name that leads
    /// nowhere, or to servers that redirect again (`sends_on`).
    pub(super) fn dead_end(
        mut self,
        client_path: &ClientPath,
        sends_on: Option<Servers>,
        failure: Failure,
    ) -> Vec<Leg> {
        self.legs.dns(client_path, SECOND_DNS, Part::Redirect);
        match sends_on {
            Some(servers) => self.legs.answered(servers),
            None => self.legs.delay(Amount::Fixed(CONNECT_GIVES_UP_NS), Part::Redirect),
        }
        self.legs.end(Leg::Fail { reason: failure as u8 })
    }

    /// A request that the entry refuses once it knows who asks; after [`Self::sent_on`] where
    /// it was `sent_by` another.
    pub(super) fn refused(
        mut self,
        spec: &RequestSpec,
        client_path: &ClientPath,
        (entry, beyond): (Servers, Option<Servers>),
        sent_by: Option<RedirectKind>,
        failure: Failure,
    ) -> Vec<Leg> {
        match sent_by {
            Some(kind) => self.turned(spec, client_path, kind),
            None => {
                self.legs.dns(client_path, DNS, Part::Dns);
                let setup = spec.setup.map_or(0.0, |setup| setup.round_trips);
                self.legs.trips(client_path, RTT, setup, Part::Handshake);
            }
        }
        self.legs.trips(client_path, RTT, spec.round_trips.min(4.0), Part::ClientNetwork);
        self.legs.arrive(client_path, Volume::Bytes(1_000.0), Pace::Anew(RTT));
        self.legs.pass(ENTRY_SERVICE, entry);
        if spec.web {
            self.legs.acquire(ENTRY, entry);
        }
        // The logon's own work, and as much as a proxying CAS does before it passes on.
        let tls = spec.setup.map_or(0.0, |setup| setup.tls);
        let share = self.legs.costs.unit_costs[Figure::ProxyShare];
        self.legs.serve(ENTRY, entry, tls + spec.entry + share * spec.cas, CAS_WORK, Part::EntryQueue);
        if let Some(beyond) = beyond {
            self.legs.meets(TARGET, beyond, Part::TargetQueue);
        }
        self.legs.answers(client_path, Volume::Bytes(2_000.0), Pace::Anew(RTT));
        self.legs.end(Leg::Fail { reason: failure as u8 })
    }

    /// A request of a browser at a server that does not know its session, or cannot read its
    /// logon cookie.
    pub(super) fn unknown_session(
        mut self,
        logon: &RequestSpec,
        client_path: &ClientPath,
        entry: Servers,
        failure: Failure,
    ) -> Vec<Leg> {
        self.legs.trips(client_path, RTT, 1.0, Part::ClientNetwork);
        self.legs.arrive(client_path, Volume::Bytes(1_000.0), Pace::Anew(RTT));
        self.legs.acquire(ENTRY, entry);
        // As much as a server does before it passes a request on.
        let share = self.legs.costs.unit_costs[Figure::ProxyShare];
        self.legs.serve(ENTRY, entry, share * logon.cas, CAS_WORK, Part::EntryQueue);
        self.legs.answers(client_path, Volume::Bytes(2_000.0), Pace::Anew(RTT));
        self.legs.end(Leg::Fail { reason: failure as u8 })
    }

    /// A client that finds a limit of its server reached: a connection, and no answer.
    pub(super) fn turned_away(
        mut self,
        spec: &RequestSpec,
        client_path: &ClientPath,
        failure: Failure,
    ) -> Vec<Leg> {
        self.legs.dns(client_path, DNS, Part::Dns);
        let setup = spec.setup.map_or(0.0, |setup| setup.round_trips);
        self.legs.trips(client_path, RTT, setup, Part::Handshake);
        self.legs.end(Leg::Refuse { reason: failure as u8 })
    }

    /// A client whose attempt to connect nobody answers for `ns`, since something on its own
    /// side of the way lets no further connection out.
    pub(super) fn unanswered(mut self, ns: u64, failure: Failure) -> Vec<Leg> {
        self.legs.delay(Amount::Fixed(ns), Part::Handshake);
        self.legs.end(Leg::Refuse { reason: failure as u8 })
    }

    /// A client that reaches nobody.
    pub(super) fn unreachable(mut self, failure: Failure) -> Vec<Leg> {
        let law = self.legs.costs.name_lookup.clone();
        self.legs.lasts(&law, DNS, Part::Dns);
        if failure != Failure::NameNotResolved {
            self.legs.delay(Amount::Fixed(CONNECT_GIVES_UP_NS), Part::Handshake);
        }
        self.legs.end(Leg::Fail { reason: failure as u8 })
    }
}
