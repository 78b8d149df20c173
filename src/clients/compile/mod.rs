//! From a model to what a run needs: ground, programs, cohorts, members.
//!
//! A [`Cohort`] is a set of clients that are alike in everything that decides
//! legs: population, protocol, where they sit, the name they use, the server
//! groups they land on. Its programs are compiled once, so that opening a request
//! in a run is a look-up by step.
//!
//! The access rules are asked through a closure and only here, in the name of a client of
//! that cohort: its place, the host and path that it typed, its device. Next:
//! [`crate::clients::play::driver`], which plays the members.

pub(in crate::clients) mod affinity;
pub(in crate::clients) mod alternatives;
pub(in crate::clients) mod limits;
pub(in crate::clients) mod placement;
pub(in crate::clients) mod program;
pub(in crate::clients) mod provisioned;
pub(in crate::clients) mod redirects;
pub(in crate::clients) mod request_specs;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clients::compile::affinity::Cut;
use crate::clients::compile::alternatives::Family;
use crate::clients::compile::limits::{Door, Limits};
use crate::clients::compile::placement::{Ground, Way, nth_cas, nth_mailbox};
use crate::clients::compile::program::{Hint, Palette, Servers, Service, Store, Writer};
use crate::clients::compile::provisioned::{clients, outlook_users};
use crate::clients::compile::request_specs::{STEPS, Spec, Terms, specs};
use crate::clients::day::Edge;
use crate::clients::play::detection::{Copy, View};
use crate::clients::play::outages::{self, OutagePlan};
use crate::itinerary::{Network, Program, StationGroup};
use crate::kernel::distribution::Sampler;
use crate::kernel::{Id, SimTime};
use crate::model::Model;
use crate::model::access::{
    AccessQuery, Caller, Decision, Device, Failure, Mechanism, OwaPath, Place, Route,
};
use crate::model::figures::{Figure, Figures};
use crate::model::topology::{CasGroup, HealthCheck, MailboxGroup, Namespace, Protocol, Site, Topology};
use crate::model::workload::{ClientSettings, Location, Population, Profile, ProtocolUse, Workload};
use crate::results::NONE;

/// How the sessions of a cohort appear in results.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identity {
    /// Site entered first, or [`NONE`].
    pub entry_site: u32,
    /// Site that serves in the end, or [`NONE`].
    pub serving_site: u32,
    /// First decision.
    pub decision: Decision,
    /// Its mechanism.
    pub mechanism: Mechanism,
    /// Its rule.
    pub rule: &'static str,
    /// Redirects that a logon follows.
    pub redirects: u32,
    /// Server-to-server moves of the steady state.
    pub server_hops: u32,
    /// Site links between servers.
    pub wan_hops: u32,
    /// Site links between client and entry.
    pub client_wan_hops: u32,
}

/// Clients that are alike in everything that decides legs.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// Index of the population.
    pub population: u32,
    /// Protocol.
    pub protocol: Protocol,
    /// Where the clients sit.
    pub location: Location,
    /// Index into the locations of results.
    pub location_index: u32,
    /// Index of the name that they use.
    pub namespace: u32,
    /// Site of the mailboxes.
    pub mailbox_site: u32,
    /// Mailbox servers.
    pub mailbox: Id<StationGroup>,
    /// Servers that steady-state requests enter by.
    pub entry: Option<Id<StationGroup>>,
    /// Servers that a redirected logon enters by.
    pub first: Option<Id<StationGroup>>,
    /// Servers that the entry forwards to, when bound for the session.
    pub target: Option<Id<StationGroup>>,
    /// Services at entry and target that fail on their own.
    pub gates: [Option<Id<StationGroup>>; 2],
    /// The target is always the first server (2007 EAS neither balances nor fails over).
    pub target_is_first: bool,
    /// Round trip to the entry beyond the client's own line and without site links, ns.
    pub rtt: u64,
    /// The same to the first entry of a redirected logon.
    pub first_rtt: u64,
    /// Programs by step.
    pub steps: [Program; STEPS],
    /// First step of a client that remembers where it was sent.
    pub direct: Program,
    /// Limits that a session meets when it begins, in order.
    pub doors: Vec<Door>,
    /// Name of the address that its clients show to a balancer with affinity by source
    /// address, and how many there are; `None`: each mailbox its own, or no such balancer.
    pub(in crate::clients) address: Option<(u64, u32)>,
    /// No affinity: each request goes to a server of its own.
    pub(in crate::clients) scattered: bool,
    /// What becomes of a request at a server that does not know its session.
    pub(in crate::clients) lost: Option<Program>,
    /// Something on the way forgets a connection that is idle, or the server does.
    pub(in crate::clients) cut: Option<Cut>,
    /// Why the session is refused, if it always is.
    pub refused: Option<Failure>,
    /// How a session appears.
    pub identity: Identity,
    /// How it appears once the client remembers where it was sent.
    pub direct_identity: Identity,
}

/// Figures and laws of one population, prepared for drawing.
#[derive(Clone, Debug)]
pub struct Habit {
    /// The population's name for draws.
    pub stream: String,
    /// Settings.
    pub settings: Arc<ClientSettings>,
    /// Time between two actions of an OWA user.
    pub owa_think: Sampler,
    /// Mean of it, ns.
    pub owa_think_mean: f64,
    /// Profile of use.
    pub profile: Profile,
    /// Connections of Outlook and IMAP4 have no end.
    pub always_connected: bool,
    /// When working days begin and end.
    pub(in crate::clients) edges: [Edge; 2],
}

/// One client.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Index of its cohort.
    pub cohort: u32,
    /// Number of its mailbox in the population.
    pub mailbox: u32,
    /// Number of the client among those of its protocol and population.
    pub number: u32,
    /// Station that holds its mailbox.
    pub mailbox_server: u32,
    /// Index of its family.
    pub(in crate::clients) family: u32,
}

/// A model compiled for the Exchange clients.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Where the topology lies.
    pub ground: Ground,
    /// By population.
    pub habits: Vec<Habit>,
    /// Cohorts, in order of population, protocol, location, name and groups.
    pub cohorts: Vec<Cohort>,
    /// Clients.
    pub members: Vec<Member>,
    /// Outages of sites, servers and links.
    pub(in crate::clients) outages: Vec<OutagePlan>,
    /// Alternatives in the course of the run.
    pub(in crate::clients) families: Vec<Family>,
    /// Cohorts by family, change in force, site and copy.
    pub(in crate::clients) turns: Vec<u32>,
    /// Families that take each other's clients over.
    pub(in crate::clients) fellows: Vec<Vec<u32>>,
    /// Names that may lead to several sites.
    pub(in crate::clients) views: Vec<View>,
    /// Servers whose databases have copies.
    pub(in crate::clients) copies: Vec<Copy>,
    /// Name, checks, first station and number of servers of each Client Access group.
    pub(in crate::clients) balancers: Vec<(String, HealthCheck, u32, u32)>,
    /// When the changes take effect.
    pub(in crate::clients) changes: Vec<SimTime>,
}

/// Compiles `model` into `network` under the rules that `route` answers, as it stands
/// at the beginning: without changes, fail-over and outages of services.
pub fn compile(model: &Model, network: &mut Network, route: impl Fn(&AccessQuery<'_>) -> Route) -> Plan {
    let stages = std::slice::from_ref(&model.topology);
    let calm = Workload::default();
    compile_with(model, network, stages, &calm, |_, ask| route(ask))
}

/// Compiles `model` into `network` with all that happens in the course of the run.
/// `stages` are those of [`crate::clients::compile::alternatives::stages`]; `route` answers by the number of
/// the stage as well.
pub fn compile_stages(
    model: &Model,
    network: &mut Network,
    stages: &[Topology],
    route: impl Fn(usize, &AccessQuery<'_>) -> Route,
) -> Plan {
    compile_with(model, network, stages, &model.workload, route)
}

fn compile_with(
    model: &Model,
    network: &mut Network,
    stages: &[Topology],
    happens: &Workload,
    route: impl Fn(usize, &AccessQuery<'_>) -> Route,
) -> Plan {
    let figures = Arc::clone(&model.workload.figures);
    let outlook_users = outlook_users(&model.topology, &model.workload);
    let mut ground = Ground::lay(&model.topology, network);
    ground.internet_window = figures[Figure::InternetWindow];
    ground.lay_gates(&model.topology, &happens.outages, network);
    let homes = model.topology.mailbox.len();
    let with_copy =
        |n: &usize| stages[0].mailbox.len() > homes && model.topology.mailbox[*n].fail_over.is_some();
    let copies = (0..homes).filter(with_copy).map(Id::new).collect();
    let limits = Limits::default();
    let mut compiler =
        Compiler { stages, stage: 0, copies, homes, network, ground, limits, route, figures, outlook_users };
    let mut plan =
        Plan { changes: happens.changes.iter().map(|change| change.at).collect(), ..Plan::default() };
    compiler.lay_copies(&mut plan);
    for (index, population) in model.workload.populations.iter().enumerate() {
        plan.habits.push(Habit {
            stream: population.stream.clone(),
            settings: Arc::clone(&population.settings),
            owa_think: population.settings.owa_think.sampler(),
            owa_think_mean: population.settings.owa_think.mean(),
            profile: population.profile,
            always_connected: population.always_connected(),
            edges: [population.settings.day_begins, population.settings.day_ends]
                .map(|moments| Edge::new(moments, &population.day)),
        });
        for usage in &population.clients {
            compiler.enrol(index, population, usage, happens, &mut plan);
        }
    }
    plan.ground = compiler.ground;
    plan.outages = outages::compile(happens, |target| plan.ground.struck(&model.topology, network, target));
    if !plan.outages.is_empty() {
        plan.balancers = (model.topology.cas.iter().zip(&plan.ground.cas))
            .map(|(cas, group)| {
                let group = &network.groups[group.index()];
                (cas.name.clone(), cas.health_check, group.first, group.count)
            })
            .collect();
    }
    plan
}

/// Whether the `n`-th of many belongs to a `share` of them: a Weyl sequence, so
/// that shares are kept to within a few clients, are nested (a larger share holds
/// the smaller one's), and two traits with different steps are independent.
fn chosen(n: u32, share: f64, step: f64) -> bool {
    let place = (f64::from(n) + 0.5) * step;
    place - libm::floor(place) < share
}

/// Steps of [`chosen`]: fractional parts of the golden ratio and of the square roots
/// of two, three and five.
const ROAMING: f64 = 0.618_033_988_749_894_9;
const MISDIRECTED: f64 = 0.414_213_562_373_095_03;
const BLIND: f64 = 0.732_050_807_568_877_2;
const OLD_PATH: f64 = 0.236_067_977_499_789_8;

/// Where the `number`-th client of a protocol sits and which name it uses; whether it
/// roams and whether it is misdirected.
pub(in crate::clients) fn chosen_location(
    population: &Population,
    usage: &ProtocolUse,
    number: u32,
    active: u32,
) -> (Location, Id<Namespace>, bool, bool) {
    let mailbox = number % active.max(1);
    let roams = population.roaming.is_some_and(|(share, _)| chosen(mailbox, share, ROAMING));
    let lost = usage.misdirected.as_ref().is_some_and(|m| chosen(number, m.share, MISDIRECTED));
    let location = match population.roaming {
        Some((_, elsewhere)) if roams => elsewhere,
        _ => population.from,
    };
    let name = match &usage.misdirected {
        Some(misdirected) if lost => misdirected.namespace,
        _ => usage.namespace,
    };
    (location, name, roams, lost)
}

/// What decides a cohort, in the order of tables.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::clients) struct Traits {
    roams: bool,
    misdirected: bool,
    /// A device that does not follow HTTP 451.
    blind: bool,
    /// A browser at `/exchange`.
    old_path: bool,
    /// The group entered, if the name resolves.
    entry: Option<Id<CasGroup>>,
    pub(in crate::clients) mailbox: Id<MailboxGroup>,
    /// The groups entered after changes and fail-over, where there are any.
    entries: Vec<Option<Id<CasGroup>>>,
}

impl Traits {
    /// The same wherever the client enters.
    pub(in crate::clients) fn anywhere(&self) -> Self {
        Self { entry: None, entries: Vec::new(), ..self.clone() }
    }

    /// The same with the mailbox there.
    pub(in crate::clients) fn at(&self, mailbox: Id<MailboxGroup>) -> Self {
        Self { mailbox, ..self.clone() }
    }
}

pub(in crate::clients) struct Compiler<'m, 'n, R> {
    /// The organisation before the first change and after each.
    pub(in crate::clients) stages: &'m [Topology],
    /// Which of them is being compiled.
    pub(in crate::clients) stage: usize,
    /// Mailbox groups that have copies; those follow behind the groups at home.
    pub(in crate::clients) copies: Vec<Id<MailboxGroup>>,
    /// Mailbox groups at home.
    pub(in crate::clients) homes: usize,
    pub(in crate::clients) network: &'n mut Network,
    pub(in crate::clients) ground: Ground,
    pub(in crate::clients) limits: Limits,
    pub(in crate::clients) route: R,
    figures: Arc<Figures>,
    /// Outlook Anywhere users at one server of each Client Access group.
    outlook_users: Vec<f64>,
}

/// Where a client turns to: the site, and the group that it enters.
pub(in crate::clients) type Turn = (Result<Id<Site>, Failure>, Option<Id<CasGroup>>);

/// Everything about one cohort that its programs need.
pub(in crate::clients) struct Case {
    pub(in crate::clients) protocol: Protocol,
    pub(in crate::clients) location: Location,
    pub(in crate::clients) name: Id<Namespace>,
    pub(in crate::clients) mailbox: Id<MailboxGroup>,
    profile: Profile,
    pub(in crate::clients) settings: Arc<ClientSettings>,
    /// Times a day that Outlook connects.
    connects: f64,
    pub(in crate::clients) device: Device,
    pub(in crate::clients) path: OwaPath,
    /// Which of the groups over which sessions are spread.
    pub(in crate::clients) pick: usize,
    pub(in crate::clients) palette: Palette,
    store: Store,
}

impl Case {
    /// The Mailbox servers.
    pub(in crate::clients) fn store(&self) -> &Store {
        &self.store
    }

    /// Whether its requests are web requests.
    pub(in crate::clients) fn is_web(&self) -> bool {
        !self.is_rpc() && !matches!(self.protocol, Protocol::MapiHttp | Protocol::Pop | Protocol::Imap)
    }

    /// Whether its requests are RPC.
    pub(in crate::clients) fn is_rpc(&self) -> bool {
        matches!(self.protocol, Protocol::OutlookAnywhere | Protocol::OutlookCached | Protocol::OutlookOnline)
    }
}

/// Mailboxes of a population that are active.
pub(in crate::clients) fn active(population: &Population) -> u32 {
    (f64::from(population.mailboxes) * population.concurrent + 0.5) as u32
}

impl<'m, R: Fn(usize, &AccessQuery<'_>) -> Route> Compiler<'m, '_, R> {
    /// The organisation that is being compiled.
    pub(in crate::clients) fn topology(&self) -> &'m Topology {
        &self.stages[self.stage]
    }

    fn enrol(
        &mut self,
        index: usize,
        population: &Population,
        usage: &ProtocolUse,
        happens: &Workload,
        plan: &mut Plan,
    ) {
        let (active, clients) = clients(population, usage.share);
        let mut known: BTreeMap<Traits, Vec<(u32, u32)>> = BTreeMap::new();
        let mut views: Vec<(Id<Namespace>, bool, u32)> = Vec::new();
        let settings = &population.settings;
        for number in 0..clients {
            let mailbox = number % active.max(1);
            let (location, name, roams, lost) = chosen_location(population, usage, number, active);
            let device = usage.protocol == Protocol::Eas;
            let browser = usage.protocol == Protocol::Owa;
            let Some((group, server)) = nth_mailbox(self.topology(), population, u64::from(mailbox)) else {
                return;
            };
            let inside = matches!(location, Location::Site(_));
            let view = match views.iter().find(|view| (view.0, view.1) == (name, inside)) {
                Some(view) => view.2,
                None => {
                    let view = self.view(happens, name, inside, plan);
                    views.push((name, inside, view));
                    view
                }
            };
            let sites = Self::sites_of(plan, view);
            let mut entries = Vec::new();
            if self.stages.len() * sites.len() > 1 {
                for stage in 0..self.stages.len() {
                    entries.extend(
                        sites.iter().map(|&site| self.landing(stage, location, site, name, number).1),
                    );
                }
            }
            let traits = Traits {
                roams,
                misdirected: lost,
                blind: device && chosen(number, settings.eas_without_451, BLIND),
                old_path: browser && chosen(number, settings.owa_exchange, OLD_PATH),
                entry: self.landing(0, location, sites[0], name, number).1,
                mailbox: group,
                entries,
            };
            if !known.contains_key(&traits) {
                let of = (index, population, usage.protocol);
                let families = self.families(of, location, (name, view), number, &traits, plan);
                known.insert(traits.clone(), families);
            }
            let family = in_turn(&known[&traits], number);
            let first = self.network.groups[self.ground.mailbox[group.index()].index()].first;
            let order = (view != NONE).then(|| plan.views[view as usize].order[0][0]);
            let of = &plan.families[family as usize];
            let cohort = plan.turns[(of.first + order.unwrap_or(0) * of.copies) as usize];
            let mailbox_server = first + server;
            plan.members.push(Member { cohort, mailbox, number, mailbox_server, family });
        }
        Self::fellows(&known, plan);
    }

    pub(in crate::clients) fn case(
        &self,
        population: &Population,
        protocol: Protocol,
        location: Location,
        name: Id<Namespace>,
        traits: &Traits,
    ) -> Case {
        let mailbox = traits.mailbox;
        let servers = &self.topology().mailbox[mailbox.index()];
        let major = servers.generation.major();
        let settings = &population.settings;
        Case {
            protocol,
            location,
            name,
            mailbox,
            profile: population.profile,
            settings: Arc::clone(settings),
            connects: f64::from(u8::from(!population.always_connected())),
            device: Device { version: settings.eas_version, follows_451: traits.blind.then_some(false) },
            path: if traits.old_path { OwaPath::Exchange } else { OwaPath::Owa },
            pick: 0,
            palette: Palette {
                size: settings.message_size.clone(),
                work_cv: settings.service_cv,
                window_bits: request_specs::initial_window_bits(major, &self.figures),
                name_lookup: settings.name_lookup.clone(),
                figures: Arc::clone(&self.figures),
                click: settings.redirect_click.clone(),
                typing: settings.logon_typing.clone(),
                restart: settings.outlook_restart.clone(),
            },
            store: Store {
                servers: Servers {
                    group: self.ground.mailbox[mailbox.index()],
                    mhz: servers.mhz,
                    gate: None,
                },
                latency: servers.store_latency.clone(),
                lan_rtt: self.topology().sites[servers.site.index()].lan_rtt.0,
            },
        }
    }

    /// What the first request asks for when it enters at `entry`.
    pub(in crate::clients) fn logon(&self, case: &Case, entry: Id<CasGroup>) -> Spec {
        self.specs(case, Some(entry))[0]
    }

    /// What the case's requests ask for when they enter at `entry`.
    pub(in crate::clients) fn specs(&self, case: &Case, entry: Option<Id<CasGroup>>) -> Vec<Spec> {
        specs(&self.terms(case, entry))
    }

    /// What the case's requests depend on when they enter at `entry`.
    pub(in crate::clients) fn terms<'c>(&'c self, case: &'c Case, entry: Option<Id<CasGroup>>) -> Terms<'c> {
        let (settings, figures) = (&case.settings, &self.figures);
        let mailbox = &self.topology().mailbox[case.mailbox.index()];
        let major = mailbox.generation.major();
        let cas = entry.map(|entry| &self.topology().cas[entry.index()]);
        let methods = match (case.protocol.service(), cas) {
            (Some(service), Some(cas)) => cas.directory(service).auth.as_slice(),
            _ => &[],
        };
        let inside = matches!(case.location, Location::Site(_));
        let (release, os, users) = match (cas, entry) {
            (Some(cas), Some(entry)) => {
                (cas.generation.major(), cas.switches.os, self.outlook_users[entry.index()])
            }
            _ => (major, None, 0.0),
        };
        Terms {
            protocol: case.protocol,
            major,
            profile: &case.profile,
            settings,
            figures,
            access: request_specs::access(case.protocol, methods, inside, settings, figures),
            outlook_task: request_specs::outlook_task(release, os, users, settings, figures),
            connects: case.connects,
        }
    }

    /// What the rules say to a client of this case at a group; `host` is the name that
    /// brought it there, where that is not the one it started with.
    pub(in crate::clients) fn ask(&self, case: &Case, entry: Id<CasGroup>, host: Option<&str>) -> Route {
        let own = self.topology().namespaces[case.name.index()].name.as_str();
        let place = match case.location {
            Location::Site(site) => Place::Inside(site),
            Location::Internet(_) => Place::Internet,
        };
        // Whoever was sent on was sent to /owa.
        let path = if host.is_some() { OwaPath::Owa } else { case.path };
        let caller = Caller {
            place: Some(place),
            host: Some(host.unwrap_or(own)),
            path,
            device: case.device,
            ..Caller::default()
        };
        let ask = AccessQuery {
            topology: self.topology(),
            protocol: case.protocol,
            entry,
            mailbox: case.mailbox,
            caller,
        };
        (self.route)(self.stage, &ask)
    }

    /// The groups over which the server that serves in the end spreads sessions.
    pub(in crate::clients) fn targets(&self, case: &Case, entry: Id<CasGroup>) -> Vec<Id<CasGroup>> {
        self.land(case, entry).last.map_or_else(|_| Vec::new(), |(_, answer)| answer.targets)
    }

    pub(in crate::clients) fn servers(&self, protocol: Protocol, cas: Id<CasGroup>) -> Servers {
        Servers {
            group: self.ground.cas[cas.index()],
            mhz: self.topology().cas[cas.index()].mhz,
            gate: self.ground.gate(cas, protocol),
        }
    }

    pub(in crate::clients) fn site_of(&self, cas: Id<CasGroup>) -> Id<Site> {
        self.topology().cas[cas.index()].site
    }

    pub(in crate::clients) fn cohort(
        &mut self,
        case: &Case,
        population: (usize, &Population),
        namespace: u32,
        site: Result<Id<Site>, Failure>,
        entry: Option<Id<CasGroup>>,
    ) -> Cohort {
        let mailbox_site = self.topology().mailbox[case.mailbox.index()].site;
        let location_index = match case.location {
            Location::Site(site) => site.index(),
            Location::Internet(region) => self.topology().sites.len() + region.index(),
        };
        let nowhere = Identity {
            entry_site: NONE,
            serving_site: NONE,
            decision: Decision::Refused,
            mechanism: Mechanism::Refuse,
            rule: "",
            redirects: 0,
            server_hops: 0,
            wan_hops: 0,
            client_wan_hops: 0,
        };
        let blank = Cohort {
            population: population.0 as u32,
            protocol: case.protocol,
            location: case.location,
            location_index: location_index as u32,
            namespace,
            mailbox_site: mailbox_site.index() as u32,
            mailbox: case.store.servers.group,
            entry: None,
            first: None,
            target: None,
            gates: [None; 2],
            target_is_first: false,
            rtt: 0,
            first_rtt: 0,
            steps: [Program(0); STEPS],
            direct: Program(0),
            doors: Vec::new(),
            address: None,
            scattered: false,
            lost: None,
            cut: None,
            refused: None,
            identity: nowhere,
            direct_identity: nowhere,
        };
        if self.reaches_mailbox_itself(case, entry) {
            return self.inside(case, blank, entry, mailbox_site);
        }
        let way = site.and_then(|site| {
            let way = self.ground.way(self.topology(), case.location, site)?;
            Ok((entry.ok_or(Failure::NoTarget)?, way))
        });
        match way {
            Ok((entry, way)) => self.entered(case, population, blank, entry, &way),
            Err(failure) => {
                let legs = Writer::new(&case.palette).unreachable(failure);
                let mut cohort = blank;
                cohort.fill(self.network.add_program(legs));
                cohort.refused = Some(failure);
                cohort.identity.entry_site = site.map_or(NONE, |site| site.index() as u32);
                cohort.direct_identity = cohort.identity;
                cohort
            }
        }
    }

    /// Outlook inside talks to a Mailbox server of 2007 and before without a CAS.
    fn reaches_mailbox_itself(&self, case: &Case, entry: Option<Id<CasGroup>>) -> bool {
        let servers = &self.topology().mailbox[case.mailbox.index()];
        let asked = nth_cas(self.topology(), servers.site, 0).or(entry);
        matches!(case.protocol, Protocol::OutlookCached | Protocol::OutlookOnline)
            && asked.map_or(servers.generation.major() <= 2007, |cas| !self.ask(case, cas, None).through_cas)
    }

    fn inside(
        &mut self,
        case: &Case,
        mut cohort: Cohort,
        entry: Option<Id<CasGroup>>,
        mailbox_site: Id<Site>,
    ) -> Cohort {
        // The rules are asked at a CAS of the mailbox's site, for their name alone.
        let asked = nth_cas(self.topology(), mailbox_site, 0).or(entry);
        let rule = asked.map_or("", |cas| self.ask(case, cas, None).rule);
        let here = mailbox_site.index() as u32;
        cohort.identity = Identity {
            entry_site: here,
            serving_site: here,
            decision: Decision::Direct,
            mechanism: Mechanism::RpcDirect,
            rule,
            ..cohort.identity
        };
        match self.ground.way(self.topology(), case.location, mailbox_site) {
            Ok(way) => {
                cohort.rtt = way.rtt - way.wan;
                cohort.identity.client_wan_hops = way.hops;
                for (step, spec) in self.specs(case, None).iter().enumerate() {
                    let writer = Writer::new(&case.palette);
                    let legs = writer.served(spec, &way, case.store.servers, &Service::Inside, &case.store);
                    cohort.steps[step] = self.network.add_program(legs);
                }
                cohort.direct = cohort.steps[0];
                self.edge_inside(case, mailbox_site, &way, &mut cohort);
            }
            Err(failure) => {
                cohort.fill(self.network.add_program(Writer::new(&case.palette).unreachable(failure)));
                cohort.refused = Some(failure);
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
        case: &Case,
        population: (usize, &Population),
        mut cohort: Cohort,
        entry: Id<CasGroup>,
        way: &Way,
    ) -> Cohort {
        let landing = self.land(case, entry);
        let servers = self.servers(case.protocol, entry);
        cohort.entry = Some(servers.group);
        cohort.rtt = way.rtt - way.wan;
        cohort.first_rtt = way.rtt - way.wan;
        cohort.identity = Identity {
            entry_site: self.site_of(entry).index() as u32,
            decision: landing.first.mechanism.decision(),
            mechanism: landing.first.mechanism,
            rule: landing.first.rule,
            redirects: landing.told.len() as u32,
            client_wan_hops: way.hops,
            ..cohort.identity
        };
        cohort.direct_identity = cohort.identity;
        if !landing.told.is_empty() {
            cohort.first = Some(servers.group);
        }
        let first_logon = self.specs(case, Some(entry))[0];
        let (last, answer) = match &landing.last {
            Ok((last, answer)) => (*last, answer.clone()),
            Err(failure) => {
                // A redirect that leads nowhere.
                let hint = landing.told.first().map_or(Hint::Silent, |told| told.1);
                let legs = Writer::new(&case.palette)
                    .sent_on(&first_logon, way, servers, hint)
                    .dead_end(way, *failure);
                cohort.fill(self.network.add_program(legs));
                cohort.refused = Some(*failure);
                return cohort;
            }
        };
        let specs = self.specs(case, Some(last));
        let logon = specs[0];
        // Sent to a 2003 back end itself.
        let back_end = answer.mechanism == Mechanism::LegacyRedirect;
        let home = self.topology().mailbox[case.mailbox.index()].site;
        let (site, last_servers) = if back_end {
            (home, case.store.servers)
        } else {
            (self.site_of(last), self.servers(case.protocol, last))
        };
        let last_way = if landing.told.is_empty() {
            way.clone()
        } else {
            // `follow` has seen that there is one.
            self.ground.way(self.topology(), case.location, site).unwrap_or_else(|_| way.clone())
        };
        cohort.entry = Some(last_servers.group);
        cohort.gates[0] = last_servers.gate;
        cohort.rtt = last_way.rtt - last_way.wan;
        let mut answer = answer;
        if let Some(&target) = answer.targets.get(case.pick) {
            answer.target = Some(target);
        }
        let service = self.service(case, last, &answer, &mut cohort);
        let service = match service {
            Ok(service) => service,
            Err(failure) => {
                let legs = Writer::new(&case.palette).refused(&logon, &last_way, last_servers, failure);
                cohort.fill(self.network.add_program(legs));
                cohort.refused = Some(failure);
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
            client_wan_hops: last_way.hops,
            ..cohort.identity
        };
        cohort.doors = self.doors(case, population, last, &last_way);
        let gates = self.gates(case, last, &service);
        self.edge(case, population.1, (last, &last_way, last_servers), &service, &mut cohort);
        for (step, spec) in specs.iter().enumerate() {
            let writer = Writer::new(&case.palette).through(gates);
            let legs = writer.served(spec, &last_way, last_servers, &service, &case.store);
            cohort.steps[step] = self.network.add_program(legs);
        }
        if cohort.cut.is_some() && case.protocol == Protocol::Eas {
            let writer = Writer::new(&case.palette).through(gates).cut_off();
            let spec = &specs[usize::from(request_specs::eas::PING)];
            let legs = writer.served(spec, &last_way, last_servers, &service, &case.store);
            cohort.steps[usize::from(request_specs::eas::CUT)] = self.network.add_program(legs);
        }
        cohort.direct = cohort.steps[0];
        self.reopening(case, last, (&last_way, last_servers), &service, &mut cohort);
        if let Some(&(_, hint)) = landing.told.first() {
            let mut writer = Writer::new(&case.palette).through(gates);
            for &(group, hint) in &landing.told {
                let servers = self.servers(case.protocol, group);
                let told_way = self
                    .ground
                    .way(self.topology(), case.location, self.site_of(group))
                    .unwrap_or_else(|_| way.clone());
                let told = self.specs(case, Some(group))[0];
                writer = writer.sent_on(&told, &told_way, servers, hint);
            }
            let legs = writer.redirected(&logon, &last_way, last_servers, &service, &case.store, hint);
            cohort.steps[0] = self.network.add_program(legs);
        }
        cohort
    }
}

/// The family of the `n`-th client: they take turns by their weights.
pub(in crate::clients) fn in_turn(cohorts: &[(u32, u32)], n: u32) -> u32 {
    let whole: u32 = cohorts.iter().map(|(_, weight)| weight).sum();
    let mut place = n % whole.max(1);
    for &(cohort, weight) in cohorts {
        if place < weight {
            return cohort;
        }
        place -= weight;
    }
    cohorts.first().map_or(0, |(cohort, _)| *cohort)
}

impl Cohort {
    /// Whether another differs at most in its programs.
    pub(in crate::clients) fn alike(&self, other: &Self) -> bool {
        let own = (self.population, self.protocol, self.location, self.namespace, self.mailbox_site);
        own == (other.population, other.protocol, other.location, other.namespace, other.mailbox_site)
            && (self.mailbox, self.entry, self.first, self.target, self.gates)
                == (other.mailbox, other.entry, other.first, other.target, other.gates)
            && (self.rtt, self.first_rtt, self.refused, self.target_is_first)
                == (other.rtt, other.first_rtt, other.refused, other.target_is_first)
            && (self.cut, self.scattered, self.address) == (other.cut, other.scattered, other.address)
            && (self.identity, self.direct_identity) == (other.identity, other.direct_identity)
    }

    /// By this program a connection is opened again, whatever step waits for it.
    pub(in crate::clients) fn fill_reopening(&mut self, program: Program) {
        self.steps[usize::from(request_specs::REOPEN)..].fill(program);
    }

    /// Every step is this program.
    fn fill(&mut self, program: Program) {
        self.steps = [program; STEPS];
        self.direct = program;
    }
}
