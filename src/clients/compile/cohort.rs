//! One cohort: its servers, its programs and how its sessions appear.
//!
//! Its programs are compiled once, so that opening a request in a run is a look-up by
//! step. Must not know when a cohort is in force. Next: [`super::alternatives`].

use super::affinity::{affinity, idle_timeout, idle_timeout_inside, lost_with_the_balancer};
use super::inputs::{Combination, Inputs, Users};
use super::legs::Servers;
use super::limits::{request_limits, session_limits};
use super::placement::ClientPath;
use super::program::ItineraryWriter;
use super::redirects::{self, Arrival, Redirects};
use super::registry::Registry;
use super::request_specs::RequestSpec;
use super::service::{RedirectKind, RequestLimits, Service};
use super::step_specs::RequestSpecs;
use super::turns::nth_cas;
use crate::clients::roster::{Cohort, Identity, Programs, Strangers};
use crate::clients::steps::{Machine, Silence, Step, Transport};
use crate::itinerary::{Leg, Network, Program};
use crate::kernel::Id;
use crate::model::access::{Decision, Failure, Mechanism, Route, Stop, arrived, unreadable_cookie};
use crate::model::topology::{CasGroup, Site};
use crate::model::workload::Location;
use crate::results::NONE;

/// Where the clients of a cohort come in, and who serves them there.
struct Served<'c> {
    /// The group that serves, or passes on.
    last: Id<CasGroup>,
    client_path: &'c ClientPath,
    servers: Servers,
    service: Service,
    specs: RequestSpecs,
    limits: RequestLimits,
}

/// Writes cohorts into a network.
pub(super) struct CohortWriter<'a, 'm> {
    pub(super) inputs: &'a Inputs<'m>,
    pub(super) network: &'a mut Network,
    pub(super) registry: &'a mut Registry,
}

impl CohortWriter<'_, '_> {
    /// The cohort of a combination whose clients arrive so.
    pub(super) fn cohort(
        &mut self,
        combination: &Combination,
        users: &Users<'_>,
        arrival: Arrival,
    ) -> Cohort {
        let (site, entry) = arrival;
        let blank = self.blank(combination, users);
        if self.reaches_mailbox_itself(combination, entry) {
            return self.inside(combination, blank, entry);
        }
        let path = site.and_then(|site| {
            let entry = entry.ok_or(Failure::NoTarget)?;
            let path = self.inputs.client_path(combination, self.inputs.system(entry), site)?;
            Ok((entry, path))
        });
        match path {
            Ok((entry, path)) => self.entered(combination, users, blank, entry, &path),
            Err(failure) => {
                let mut cohort = blank;
                self.refuse(
                    &mut cohort,
                    failure,
                    ItineraryWriter::new(&combination.costs).unreachable(failure),
                );
                cohort.identity.entry_site = site.map_or(NONE, |site| site.index() as u32);
                cohort.direct_identity = cohort.identity;
                cohort
            }
        }
    }

    fn blank(&self, combination: &Combination, users: &Users<'_>) -> Cohort {
        let topology = self.inputs.topology();
        let location_index = match combination.location {
            Location::Site(site) => site.index(),
            Location::Internet(region) => topology.sites.len() + region.index(),
        };
        Cohort {
            population: users.index as u32,
            protocol: combination.protocol,
            machine: combination.facts.machine,
            location: combination.location,
            location_index: location_index as u32,
            namespace: combination.name.index() as u32,
            mailbox_site: topology.mailbox[combination.mailbox.index()].site.index() as u32,
            mailbox: combination.store.servers.group,
            entry: None,
            first: None,
            target: None,
            service_stations: [None; 2],
            target_is_first: false,
            refused_by: None,
            rtt: 0,
            first_rtt: 0,
            steps: Programs::all(Program(0)),
            direct: Program(0),
            session_limits: Vec::new(),
            address: None,
            scattered: false,
            unknown_session: None,
            placed_anew: None,
            strangers: Vec::new(),
            pool: 0,
            heartbeats: topology.mailbox[combination.mailbox.index()].generation.heartbeats(),
            idle_timeout: None,
            replays: Vec::new(),
            refused: None,
            identity: Identity::NOWHERE,
            direct_identity: Identity::NOWHERE,
        }
    }

    /// Whatever the clients of `cohort` ask for, this is what becomes of it.
    fn refuse(&mut self, cohort: &mut Cohort, failure: Failure, legs: Vec<Leg>) {
        cohort.fill(self.network.add_program(legs));
        cohort.refused = Some(failure);
    }

    /// Outlook inside talks to a Mailbox server of 2007 and before without a CAS.
    fn reaches_mailbox_itself(&self, combination: &Combination, entry: Option<Id<CasGroup>>) -> bool {
        let topology = self.inputs.topology();
        let servers = &topology.mailbox[combination.mailbox.index()];
        let asked = nth_cas(topology, servers.site, 0).or(entry);
        combination.facts.transport == Transport::Rpc
            && asked.map_or(servers.generation.major() <= 2007, |cas| {
                !self.inputs.ask(combination, cas).through_cas
            })
    }

    fn inside(
        &mut self,
        combination: &Combination,
        mut cohort: Cohort,
        entry: Option<Id<CasGroup>>,
    ) -> Cohort {
        let inputs = self.inputs;
        let home = inputs.topology().mailbox[combination.mailbox.index()].site;
        // The rules are asked at a CAS of the mailbox's site, for their name alone.
        let asked = nth_cas(inputs.topology(), home, 0).or(entry);
        let rule = asked.map_or("", |cas| inputs.ask(combination, cas).rule);
        let here = home.index() as u32;
        cohort.identity = Identity {
            entry_site: here,
            serving_site: here,
            decision: Decision::Direct,
            mechanism: Mechanism::RpcDirect,
            rule,
            ..cohort.identity
        };
        match inputs.client_path(combination, inputs.store_system(combination), home) {
            Ok(path) => {
                cohort.rtt = path.rtt - path.wan;
                cohort.identity.client_wan_hops = path.hops;
                let store = &combination.store;
                let specs = inputs.specs(combination, None);
                for (step, spec) in specs.iter() {
                    let writer = self.writer(combination, spec);
                    let legs = writer.served(spec, &path, store.servers, &Service::Inside, store);
                    cohort.steps[*step] = self.network.add_program(legs);
                }
                cohort.direct = cohort.steps[Step::FIRST];
                cohort.idle_timeout = idle_timeout_inside(inputs, combination, home);
                if let Some(timeout) = cohort.idle_timeout {
                    let silence = if timeout.silent { combination.settings.connect_timeout.0 } else { 0 };
                    let writer = self.writer(combination, &specs[Step::FIRST]).after_silence(silence);
                    let legs =
                        writer.served(&specs[Step::FIRST], &path, store.servers, &Service::Inside, store);
                    cohort.steps.set_reopening(self.network.add_program(legs));
                }
            }
            Err(failure) => {
                self.refuse(
                    &mut cohort,
                    failure,
                    ItineraryWriter::new(&combination.costs).unreachable(failure),
                );
                cohort.identity.serving_site = NONE;
                cohort.identity.decision = Decision::Refused;
                cohort.identity.mechanism = Mechanism::Refuse;
            }
        }
        cohort.direct_identity = cohort.identity;
        cohort
    }

    fn entered(
        &mut self,
        combination: &Combination,
        users: &Users<'_>,
        mut cohort: Cohort,
        entry: Id<CasGroup>,
        client_path: &ClientPath,
    ) -> Cohort {
        let inputs = self.inputs;
        let redirects = redirects::follow_redirects(inputs, combination, entry);
        let servers = inputs.servers(combination.protocol, entry);
        cohort.entry = Some(servers.group);
        cohort.rtt = client_path.rtt - client_path.wan;
        cohort.first_rtt = cohort.rtt;
        cohort.identity = Identity {
            entry_site: inputs.site_of(entry).index() as u32,
            decision: redirects.first.mechanism.decision(),
            mechanism: redirects.first.mechanism,
            rule: redirects.first.rule,
            redirects: redirects.told.len() as u32,
            client_wan_hops: client_path.hops,
            ..cohort.identity
        };
        cohort.direct_identity = cohort.identity;
        if !redirects.told.is_empty() {
            cohort.first = Some(servers.group);
        }
        let (last, mut answer) = match &redirects.last {
            Ok((last, answer)) => (*last, answer.clone()),
            Err(nowhere) => {
                let kind = redirects.told.first().map_or(RedirectKind::Silent, |told| told.1);
                let logon = inputs.logon(combination, entry);
                self.lead_nowhere(combination, &logon, (client_path, servers, kind), nowhere, &mut cohort);
                return cohort;
            }
        };
        let (site, last_servers) = self.last_servers(combination, last, &answer);
        let last_path = if redirects.told.is_empty() {
            client_path.clone()
        } else {
            // Whoever followed the redirect has seen that there is one.
            let path = inputs.client_path(combination, inputs.system(last), site);
            path.unwrap_or_else(|_| client_path.clone())
        };
        cohort.entry = Some(last_servers.group);
        cohort.service_stations[0] = last_servers.service_station;
        cohort.rtt = last_path.rtt - last_path.wan;
        if let Some(&target) = answer.targets.get(combination.pick) {
            answer.target = Some(target);
        }
        let specs = inputs.specs(combination, Some(last));
        let service = match falls_on(combination, &answer) {
            // The entry took it for fit.
            Some(&(_, failure)) => Err(failure),
            None => redirects::service(inputs, combination, last, &answer, &mut cohort),
        };
        let service = match service {
            Ok(service) => service,
            Err(failure) => {
                let at = (&specs[Step::FIRST], &last_path, last_servers);
                let beyond = refuses_behind(inputs, combination, &answer);
                let writer = ItineraryWriter::new(&combination.costs);
                let writer = self.sent_on(combination, &redirects, client_path, writer);
                let sent_by = redirects.told.last().map(|told| told.1);
                let legs = refusal(writer, &answer, (at, sent_by), beyond, failure);
                cohort.refused_by = beyond.map(|servers| servers.group);
                self.refuse(&mut cohort, failure, legs);
                cohort.direct_identity = cohort.identity;
                return cohort;
            }
        };
        cohort.direct_identity = Identity {
            entry_site: site.index() as u32,
            decision: answer.mechanism.decision(),
            mechanism: answer.mechanism,
            rule: answer.rule,
            redirects: 0,
            client_wan_hops: last_path.hops,
            ..cohort.identity
        };
        let books = (&mut *self.network, &mut *self.registry);
        cohort.session_limits = session_limits(inputs, books, combination, users, (last, &last_path));
        let books = (&mut *self.network, &mut *self.registry);
        let limits = request_limits(inputs, books, combination, last, &service);
        let served = Served { last, client_path: &last_path, servers: last_servers, service, specs, limits };
        self.write_steps(combination, users, &served, &mut cohort);
        self.write_strangers(combination, &served, arrived(&redirects.first).1, &mut cohort);
        self.write_reopening(combination, &served, &mut cohort);
        self.write_redirected(combination, &redirects, client_path, &served, &mut cohort);
        cohort
    }

    /// Refuses whom `first`, the servers met on `client_path`, send where nobody serves.
    fn lead_nowhere(
        &mut self,
        combination: &Combination,
        logon: &RequestSpec,
        (client_path, first, kind): (&ClientPath, Servers, RedirectKind),
        nowhere: &redirects::Nowhere,
        cohort: &mut Cohort,
    ) {
        let inputs = self.inputs;
        let sends_on = nowhere.sends_on.map(|group| inputs.servers(combination.protocol, group));
        let legs = ItineraryWriter::new(&combination.costs)
            .sent_on(logon, client_path, (first, None), kind)
            .dead_end(client_path, sends_on, nowhere.failure);
        self.refuse(cohort, nowhere.failure, legs);
    }

    /// The site and the servers at which a client ends up; the back ends themselves
    /// where it was sent to a back end of 2003.
    fn last_servers(
        &self,
        combination: &Combination,
        last: Id<CasGroup>,
        answer: &Route,
    ) -> (Id<Site>, Servers) {
        if answer.mechanism == Mechanism::LegacyRedirect {
            let home = self.inputs.topology().mailbox[combination.mailbox.index()].site;
            (home, combination.store.servers)
        } else {
            (self.inputs.site_of(last), self.inputs.servers(combination.protocol, last))
        }
    }

    /// Writes a request after which the Mailbox server goes on.
    fn writer<'w>(&mut self, combination: &'w Combination, spec: &RequestSpec) -> ItineraryWriter<'w> {
        let writer = ItineraryWriter::new(&combination.costs);
        let legs = ItineraryWriter::new(&combination.costs).background(spec, &combination.store);
        writer.beside(legs.map(|legs| self.network.add_program(legs)))
    }

    /// A program for each step, and for a request at a server that does not know its session.
    fn write_steps(
        &mut self,
        combination: &Combination,
        users: &Users<'_>,
        served: &Served<'_>,
        cohort: &mut Cohort,
    ) {
        let Served { last, client_path, servers, service, specs, limits } = served;
        if affinity(self.inputs, combination, users.population, *last, cohort) {
            let writer = ItineraryWriter::new(&combination.costs);
            let lost = Failure::AffinityLost;
            let legs = writer.unknown_session(&specs[Step::FIRST], client_path, *servers, lost);
            cohort.unknown_session = Some(self.network.add_program(legs));
        }
        if let Some(lost) = lost_with_the_balancer(self.inputs, combination, *last) {
            let writer = ItineraryWriter::new(&combination.costs);
            let legs = writer.unknown_session(&specs[Step::FIRST], client_path, *servers, lost);
            cohort.placed_anew = Some(self.network.add_program(legs));
        }
        let shared = combination.facts.machine == Machine::Eas && !cohort.target_is_first;
        cohort.idle_timeout = idle_timeout(self.inputs, combination, *last, (service, shared));
        for (step, spec) in specs.iter() {
            if spec.forgotten && cohort.idle_timeout.is_none() {
                continue;
            }
            let way = self.inputs.topology().namespaces[combination.name.index()].leads_to;
            let writer = self.writer(combination, spec).through(*limits);
            let writer = writer.led(way.map(|(way, _)| way));
            let legs = writer.served(spec, client_path, *servers, service, &combination.store);
            cohort.steps[*step] = self.network.add_program(legs);
        }
        cohort.direct = cohort.steps[Step::FIRST];
    }

    /// What a browser is answered by servers of its pool that cannot read its logon cookie;
    /// `sent_to`: the host that it was sent to, if it was.
    fn write_strangers(
        &mut self,
        combination: &Combination,
        served: &Served<'_>,
        sent_to: Option<&str>,
        cohort: &mut Cohort,
    ) {
        let topology = self.inputs.topology();
        let typed = topology.namespaces[combination.name.index()].name.as_str();
        if combination.facts.machine != Machine::Owa {
            return;
        }
        let Some(cookie) = unreadable_cookie(topology, sent_to.or(Some(typed)), served.last) else { return };
        cohort.pool = cookie.servers;
        for id in cookie.strangers {
            let servers = self.inputs.servers(combination.protocol, id);
            let writer = ItineraryWriter::new(&combination.costs);
            let (logon, unread) = (&served.specs[Step::FIRST], Failure::CookieUnreadable);
            let legs = writer.unknown_session(logon, served.client_path, servers, unread);
            let program = self.network.add_program(legs);
            if id == served.last {
                cohort.unknown_session = Some(program);
            } else {
                let group = &self.network.groups[servers.group.index()];
                let (first, count) = (group.first, group.count);
                cohort.strangers.push(Strangers { first, count, program });
            }
        }
    }

    /// The program by which a client opens its connection again that an idle time-out
    /// has ended.
    fn write_reopening(&mut self, combination: &Combination, served: &Served<'_>, cohort: &mut Cohort) {
        let Some(timeout) = cohort.idle_timeout else { return };
        let Served { last, client_path, servers, service, specs, .. } = served;
        let silence = if timeout.silent { combination.settings.connect_timeout.0 } else { 0 };
        let writer = self.writer(combination, &specs[Step::FIRST]).after_silence(silence);
        let legs = match combination.facts.silence {
            // The session outlives its connection.
            Silence::Poll | Silence::Unbounded => {
                let setup = self.inputs.terms(combination, Some(*last)).reopening();
                writer.reopened(setup, client_path, *servers)
            }
            Silence::KeepAlive | Silence::Idle => {
                writer.served(&specs[Step::FIRST], client_path, *servers, service, &combination.store)
            }
            // A held request fails, and its device asks again.
            Silence::Heartbeat | Silence::NoConnection => return,
        };
        cohort.steps.set_reopening(self.network.add_program(legs));
    }

    /// What happens at the servers that send a client on, before it gets where it is sent.
    fn sent_on<'w>(
        &self,
        combination: &Combination,
        redirects: &Redirects,
        first_path: &ClientPath,
        mut writer: ItineraryWriter<'w>,
    ) -> ItineraryWriter<'w> {
        let inputs = self.inputs;
        for &(group, kind) in &redirects.told {
            let path = inputs
                .client_path(combination, inputs.system(group), inputs.site_of(group))
                .unwrap_or_else(|_| first_path.clone());
            let told = inputs.logon(combination, group);
            let of = |group| inputs.servers(combination.protocol, group);
            let by = redirects.referrer.filter(|_| kind == RedirectKind::Restart);
            writer = writer.sent_on(&told, &path, (of(group), by.map(of)), kind);
        }
        writer
    }

    /// The logon of a client that is sent on, where it is.
    fn write_redirected(
        &mut self,
        combination: &Combination,
        redirects: &Redirects,
        first_path: &ClientPath,
        served: &Served<'_>,
        cohort: &mut Cohort,
    ) {
        let Some(&(_, kind)) = redirects.told.last() else { return };
        let Served { client_path, servers, service, specs, limits, .. } = served;
        let logon = &specs[Step::FIRST];
        let writer = self.writer(combination, logon).through(*limits);
        let writer = self.sent_on(combination, redirects, first_path, writer);
        let legs = writer.redirected(logon, client_path, *servers, service, &combination.store, kind);
        cohort.steps[Step::FIRST] = self.network.add_program(legs);
    }
}

/// The group on which sessions are spread, and fail, if it is one.
fn falls_on<'r>(combination: &Combination, answer: &'r Route) -> Option<&'r (Id<CasGroup>, Failure)> {
    answer.failing.get(combination.pick.checked_sub(answer.targets.len())?)
}

/// The servers behind the entry that refuse a request, and have to be up to do so.
fn refuses_behind(inputs: &Inputs<'_>, combination: &Combination, answer: &Route) -> Option<Servers> {
    if answer.out_of_reach() {
        return None;
    }
    let stop = match falls_on(combination, answer) {
        Some(&(id, _)) => Some(Stop::Cas(id)),
        None => answer.stops.get(1).copied(),
    };
    match stop {
        Some(Stop::Cas(id)) => Some(inputs.forwarded_to(combination.protocol, id)),
        Some(Stop::Mailbox(_)) | None => None,
    }
}

/// What becomes of a request that is refused at the last servers that its client turns to,
/// or `beyond` them; `sent_by`: how it was sent there, if it was, which `writer` has already.
fn refusal(
    writer: ItineraryWriter<'_>,
    answer: &Route,
    ((spec, path, servers), sent_by): ((&RequestSpec, &ClientPath, Servers), Option<RedirectKind>),
    beyond: Option<Servers>,
    failure: Failure,
) -> Vec<Leg> {
    match sent_by {
        None if answer.out_of_reach() => writer.unreachable(failure),
        Some(_) if answer.out_of_reach() => writer.dead_end(path, None, failure),
        _ => writer.refused(spec, path, (servers, beyond), sent_by, failure),
    }
}
