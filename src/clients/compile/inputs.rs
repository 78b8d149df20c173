//! What a compilation reads: the organisation in force, the rules, the unit costs and
//! where everything lies; and what a [`Combination`] of client and mailbox asks of them.
//!
//! The access rules are asked here and nowhere else, in the name of a client of that
//! combination: its place, the host and path that it typed, its device. Must not write
//! legs. Next: [`super::redirects`].

use std::sync::Arc;

use super::legs::{PopulationCosts, Servers};
use super::placement::{ClientPath, SitePath};
use super::request_specs::{self, RequestSpec, Terms};
use super::service::Store;
use super::step_specs::{RequestSpecs, specs};
use super::tcp::{self, End};
use crate::clients::roster::Placement;
use crate::clients::steps::{Machine, ProtocolFacts, Step};
use crate::kernel::Id;
use crate::model::access::{AccessQuery, Caller, ClientPlace, Device, Failure, OwaPath, Route, Stop};
use crate::model::protocol::Protocol;
use crate::model::switches::OperatingSystem;
use crate::model::topology::{CasGroup, MailboxGroup, Namespace, Site, Topology};
use crate::model::unit_costs::{Figure, Figures};
use crate::model::workload::{ClientSettings, Location, Population, Profile};

/// What decides a cohort, in the order of tables.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct ClientTraits {
    pub(super) roams: bool,
    pub(super) misdirected: bool,
    /// A device that does not follow HTTP 451.
    pub(super) blind: bool,
    /// A browser at `/exchange`.
    pub(super) old_path: bool,
    /// The group entered, if the name resolves.
    pub(super) entry: Option<Id<CasGroup>>,
    pub(super) mailbox: Id<MailboxGroup>,
    /// The groups entered after changes and fail-over, where there are any.
    pub(super) entries: Vec<Option<Id<CasGroup>>>,
}

impl ClientTraits {
    /// The same wherever the client enters.
    pub(super) fn anywhere(&self) -> Self {
        Self { entry: None, entries: Vec::new(), ..self.clone() }
    }

    /// The same with the mailbox there.
    pub(super) fn at(&self, mailbox: Id<MailboxGroup>) -> Self {
        Self { mailbox, ..self.clone() }
    }
}

/// The population and the name of clients that are compiled together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Users<'p> {
    /// Index of the population.
    pub(super) index: usize,
    pub(super) population: &'p Population,
    pub(super) protocol: Protocol,
    pub(super) location: Location,
    pub(super) name: Id<Namespace>,
}

/// Everything about one cohort that its programs need.
#[derive(Clone, Debug)]
pub(super) struct Combination {
    pub(super) protocol: Protocol,
    pub(super) facts: ProtocolFacts,
    pub(super) location: Location,
    pub(super) name: Id<Namespace>,
    pub(super) mailbox: Id<MailboxGroup>,
    profile: Profile,
    pub(super) settings: Arc<ClientSettings>,
    /// Times a day that Outlook connects.
    connects: f64,
    device: Device,
    path: OwaPath,
    /// The client's end of TCP.
    client: End,
    /// Which of the groups over which sessions are spread.
    pub(super) pick: usize,
    pub(super) costs: PopulationCosts,
    /// The Mailbox servers.
    pub(super) store: Store,
}

/// What a compilation reads.
pub(super) struct Inputs<'m> {
    /// The organisation before the first change and after each.
    pub(super) stages: &'m [Topology],
    /// Which of them is being compiled.
    pub(super) stage: usize,
    /// Client Access groups that are known to be down.
    pub(super) down: Vec<Stop>,
    pub(super) placement: Placement,
    /// What the rules answer, by the number of the stage.
    pub(super) route: &'m dyn Fn(usize, &AccessQuery<'_>) -> Route,
    pub(super) unit_costs: Arc<Figures>,
    /// Outlook Anywhere users at one server of each Client Access group.
    pub(super) outlook_users: Vec<f64>,
}

impl<'m> Inputs<'m> {
    /// The organisation that is being compiled.
    pub(super) fn topology(&self) -> &'m Topology {
        &self.stages[self.stage]
    }

    /// The combination of `users` with these traits.
    pub(super) fn combination(&self, users: &Users<'_>, traits: &ClientTraits) -> Combination {
        let Users { population, protocol, location, name, .. } = *users;
        let mailbox = traits.mailbox;
        let servers = &self.topology().mailbox[mailbox.index()];
        let settings = &population.settings;
        Combination {
            protocol,
            facts: ProtocolFacts::of(protocol),
            location,
            name,
            mailbox,
            profile: population.profile,
            settings: Arc::clone(settings),
            connects: f64::from(u8::from(!population.always_connected())),
            device: Device { version: settings.eas_version, follows_451: traits.blind.then_some(false) },
            path: if traits.old_path { OwaPath::Exchange } else { OwaPath::Owa },
            client: End::of(&ProtocolFacts::of(protocol), population.os),
            pick: 0,
            costs: PopulationCosts {
                size: settings.messages(),
                work_cv: settings.service_cv,
                stays_open: stays_open(protocol, settings, &self.unit_costs),
                name_lookup: settings.name_lookup.clone(),
                unit_costs: Arc::clone(&self.unit_costs),
                click: settings.redirect_click.clone(),
                typing: settings.logon_typing.clone(),
                restart: settings.outlook_restart.clone(),
            },
            store: Store {
                servers: Servers {
                    group: self.placement.mailbox[mailbox.index()],
                    speed: servers.speed(),
                    service_station: self.placement.back_end_service(self.topology(), mailbox, protocol),
                },
                latency: servers.store_latency.clone(),
                lan_rtt: self.topology().sites[servers.site.index()].lan_rtt.0,
            },
        }
    }

    /// The path of its clients to servers of a site that run `server`.
    pub(super) fn client_path(
        &self,
        combination: &Combination,
        server: OperatingSystem,
        site: Id<Site>,
    ) -> Result<ClientPath, Failure> {
        let windows = tcp::to_client(&combination.facts, combination.client, server, &self.unit_costs);
        self.placement.client_path(self.topology(), combination.location, site, &windows)
    }

    /// The path from servers to those behind them, or to a store (`in_store`).
    pub(super) fn site_path(
        &self,
        combination: &Combination,
        in_store: bool,
        systems: [OperatingSystem; 2],
        sites: (Id<Site>, Id<Site>),
    ) -> Option<SitePath> {
        let windows = tcp::between(&combination.facts, in_store, systems, &self.unit_costs);
        self.placement.site_path(self.topology(), sites, &windows)
    }

    /// Windows of a group.
    pub(super) fn system(&self, cas: Id<CasGroup>) -> OperatingSystem {
        self.topology().cas[cas.index()].system()
    }

    /// Windows of the servers that hold its mailboxes.
    pub(super) fn store_system(&self, combination: &Combination) -> OperatingSystem {
        self.topology().mailbox[combination.mailbox.index()].system()
    }

    /// What the first request asks for when it enters at `entry`.
    pub(super) fn logon(&self, combination: &Combination, entry: Id<CasGroup>) -> RequestSpec {
        self.specs(combination, Some(entry))[Step::FIRST]
    }

    /// What the combination's requests ask for when they enter at `entry`.
    pub(super) fn specs(&self, combination: &Combination, entry: Option<Id<CasGroup>>) -> RequestSpecs {
        specs(&self.terms(combination, entry))
    }

    /// What the combination's requests depend on when they enter at `entry`.
    pub(super) fn terms<'c>(
        &'c self,
        combination: &'c Combination,
        entry: Option<Id<CasGroup>>,
    ) -> Terms<'c> {
        let (settings, unit_costs) = (&combination.settings, &self.unit_costs);
        let mailbox = &self.topology().mailbox[combination.mailbox.index()];
        let major = mailbox.generation.major();
        let cas = entry.map(|entry| &self.topology().cas[entry.index()]);
        let methods = match (combination.protocol.service(), cas) {
            (Some(service), Some(cas)) => cas.directory(service).auth.as_slice(),
            _ => &[],
        };
        let inside = matches!(combination.location, Location::Site(_));
        let (release, os, users) = match (cas, entry) {
            (Some(cas), Some(entry)) => {
                (cas.generation.major(), cas.system(), self.outlook_users[entry.index()])
            }
            _ => (major, mailbox.system(), 0.0),
        };
        Terms {
            protocol: combination.protocol,
            major,
            profile: &combination.profile,
            settings,
            unit_costs,
            access: request_specs::access(combination.protocol, methods, inside, settings, unit_costs),
            outlook_task: request_specs::outlook_task(release, os, users, settings, unit_costs),
            connects: combination.connects,
        }
    }

    /// What the rules say to a client of this combination at a group.
    pub(super) fn ask(&self, combination: &Combination, entry: Id<CasGroup>) -> Route {
        let own = self.topology().host_asked(combination.name);
        let place = match combination.location {
            Location::Site(site) => ClientPlace::Inside(site),
            Location::Internet(_) => ClientPlace::Internet,
        };
        let caller = Caller {
            place: Some(place),
            host: Some(own),
            path: combination.path,
            device: combination.device,
            down: &self.down,
            ..Caller::default()
        };
        let ask = AccessQuery {
            topology: self.topology(),
            protocol: combination.protocol,
            entry,
            mailbox: combination.mailbox,
            caller,
        };
        (self.route)(self.stage, &ask)
    }

    /// The servers of a group, as requests of `protocol` see them.
    pub(super) fn servers(&self, protocol: Protocol, cas: Id<CasGroup>) -> Servers {
        Servers {
            group: self.placement.cas[cas.index()],
            speed: self.topology().cas[cas.index()].speed(),
            service_station: self.placement.service_station(cas, protocol),
        }
    }

    /// The same, as requests see them that another server forwards.
    pub(super) fn forwarded_to(&self, protocol: Protocol, cas: Id<CasGroup>) -> Servers {
        let service_station = self.placement.forwarded_station(self.topology(), cas, protocol);
        Servers { service_station, ..self.servers(protocol, cas) }
    }

    /// The site of a group.
    pub(super) fn site_of(&self, cas: Id<CasGroup>) -> Id<Site> {
        self.topology().cas[cas.index()].site
    }
}

/// Whether clients ask again before their connection begins with the initial window again.
fn stays_open(protocol: Protocol, settings: &ClientSettings, unit_costs: &Figures) -> bool {
    let pause = match ProtocolFacts::of(protocol).machine {
        Machine::Owa => settings.owa_think.mean(),
        // Their volumes are spread over round trips, or each opens a connection of its own.
        Machine::Eas | Machine::Outlook | Machine::Pop | Machine::Imap | Machine::Web(_) => f64::INFINITY,
    };
    unit_costs[Figure::RestartAfter] > pause
}
