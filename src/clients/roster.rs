//! The roster: who the clients are and where each can turn to, compiled before a run
//! and shared by all replications.
//!
//! A [`Cohort`] is a set of clients that are alike in everything that decides legs. A
//! client is a [`Member`]; where its name, its server and its databases lead in the
//! course of a run is a cohort too, found through `Alternatives` by the change in
//! force, the site and the place of its database. Data alone: `compile` writes it, `play` and `expected`
//! read it. Must not know how it is found nor how it is played. Next: [`super::steps`].

use std::sync::Arc;

use super::address_list::AddressList;
use super::copy_plans::CopyPlan;
use super::day::DayBound;
use super::detours::Detours;
pub(super) use super::outage_plans::{OutagePlan, Struck, Timing, outage_plans};
pub use super::places::{Placement, SharedBy};
pub use super::programs::Programs;
pub use super::session_limit::SessionLimit;
pub(super) use super::session_limit::Whose;
use super::steps::Machine;
use super::stores::{Database, QuorumPlan, Replay, SiteJoint, Stored};
use crate::itinerary::{LinkDirection, Program, StationGroup};
use crate::kernel::distribution::Sampler;
use crate::kernel::{Id, SimSpan};
use crate::model::access::{Decision, Failure, Mechanism};
use crate::model::protocol::Protocol;
use crate::model::topology::{HealthCheck, Site, TakesOut, Topology};
use crate::model::workload::{ClientSettings, Location, Profile, Workload};
use crate::recorder::class_of;
use crate::results::NONE;

/// Slots of a request: which server does what.
pub(super) mod slots {
    /// The entry server.
    pub(in crate::clients) const ENTRY: u8 = 0;
    /// The server that a proxied request is forwarded to.
    pub(in crate::clients) const TARGET: u8 = 1;
    /// The Mailbox server.
    pub(in crate::clients) const MAILBOX: u8 = 2;
    /// The server that showed the link page.
    pub(in crate::clients) const FIRST: u8 = 3;
    /// Slots that are bound for a session: those above.
    pub(in crate::clients) const BOUND: usize = 4;
    /// The service at the entry, where it fails on its own.
    pub(in crate::clients) const ENTRY_SERVICE: u8 = 4;
    /// The service at the server that a proxied request is forwarded to.
    pub(in crate::clients) const TARGET_SERVICE: u8 = 5;
}

/// Parameters of a request.
pub(super) mod params {
    /// Round trip to the entry, ns.
    pub(in crate::clients) const RTT: u8 = 0;
    /// Bandwidth of the client's line, bit/s.
    pub(in crate::clients) const LINE: u8 = 1;
    /// Length of a hold, or in a redirected logon the round trip to the first entry, ns.
    pub(in crate::clients) const SPAN: u8 = 2;
}

/// Why a request fails that was held when its connection was forgotten.
pub(super) const FORGOTTEN: Failure = Failure::IdleTimeout;

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
    /// Who plays it.
    pub machine: Machine,
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
    /// Servers behind the entry that refuse it.
    pub(super) refused_by: Option<Id<StationGroup>>,
    /// Services at entry and target that fail on their own.
    pub service_stations: [Option<Id<StationGroup>>; 2],
    /// The target is always the first server (2007 EAS neither balances nor fails over).
    pub target_is_first: bool,
    /// Round trip to the entry beyond the client's own line and without site links, ns.
    pub rtt: u64,
    /// The same to the first entry of a redirected logon.
    pub first_rtt: u64,
    /// Programs by step.
    pub steps: Programs,
    /// First step of a client that remembers where it was sent.
    pub direct: Program,
    /// Limits that a session meets when it begins, in order.
    pub session_limits: Vec<SessionLimit>,
    /// Name of the address that its clients show to a balancer with affinity by source
    /// address, and how many there are; `None`: each mailbox its own, or no such balancer.
    pub(super) address: Option<(u64, u32)>,
    /// No affinity: each request goes to a server of its own.
    pub(super) scattered: bool,
    /// What becomes of a request at a server that does not know its session.
    pub(super) unknown_session: Option<Program>,
    /// The same where the balancer has forgotten at which server the session is.
    pub(super) placed_anew: Option<Program>,
    /// Servers of other groups behind the same name that cannot read its logon cookie.
    pub(super) strangers: Vec<Strangers>,
    /// Servers over which the balancer spreads its requests, where there are such.
    pub(super) pool: u32,
    /// Between which heartbeats its server holds a Ping.
    pub(super) heartbeats: [SimSpan; 2],
    /// Something on the way forgets a connection that is idle, or the server does.
    pub(super) idle_timeout: Option<IdleTimeout>,
    /// What its requests cost where passive copies of its databases are.
    pub(super) replays: Vec<Replay>,
    /// Why the session is refused, if it always is.
    pub refused: Option<Failure>,
    /// How a session appears.
    pub identity: Identity,
    /// How it appears once the client remembers where it was sent.
    pub direct_identity: Identity,
}

impl Cohort {
    /// For how long a Ping of a device is held that would have the heartbeat `own`.
    #[inline]
    pub(super) fn heartbeat(&self, settings: &ClientSettings, own: SimSpan) -> SimSpan {
        let forgets = self.idle_timeout.map(|timeout| timeout.after);
        settings.eas_heartbeat.settled(own, forgets, self.heartbeats)
    }

    /// For whom its requests travel.
    pub(super) fn class(&self) -> u32 {
        class_of((Some(self.protocol), self.population))
    }

    /// Whether another differs at most in its programs.
    pub(super) fn alike(&self, other: &Self) -> bool {
        let own = (self.population, self.protocol, self.location, self.namespace, self.mailbox_site);
        own == (other.population, other.protocol, other.location, other.namespace, other.mailbox_site)
            && (self.mailbox, self.entry, self.first, self.target, self.service_stations)
                == (other.mailbox, other.entry, other.first, other.target, other.service_stations)
            && (self.rtt, self.first_rtt, self.refused, self.refused_by, self.target_is_first)
                == (other.rtt, other.first_rtt, other.refused, other.refused_by, other.target_is_first)
            && (self.idle_timeout, self.scattered, self.address, self.pool)
                == (other.idle_timeout, other.scattered, other.address, other.pool)
            && self.unknown_session.is_some() == other.unknown_session.is_some()
            && self.placed_anew.is_some() == other.placed_anew.is_some()
            && self.strangers.iter().map(|s| s.first).eq(other.strangers.iter().map(|s| s.first))
            && (self.identity, self.direct_identity) == (other.identity, other.direct_identity)
    }

    /// The servers that its clients meet first: those that send them on, or else serve.
    pub(super) fn meets(&self) -> Option<Id<StationGroup>> {
        self.first.or(self.entry)
    }

    /// Every step is this program.
    pub(super) fn fill(&mut self, program: Program) {
        self.steps = Programs::all(program);
        self.direct = program;
    }

    /// Minutes that local time is ahead of UTC: the site's or region's own; that of the
    /// home site for clients in a region that has none.
    pub(super) fn utc_offset(&self, topology: &Topology, workload: &Workload) -> i32 {
        let of_site = |site: Id<Site>| topology.sites[site.index()].utc_offset_minutes;
        match self.location {
            Location::Site(site) => of_site(site),
            Location::Internet(region) => topology.regions[region.index()]
                .utc_offset_minutes
                .unwrap_or_else(|| of_site(workload.populations[self.population as usize].home)),
        }
    }
}

/// Servers of a pool that cannot read a logon cookie, and what they answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strangers {
    /// First station, and number of stations.
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) program: Program,
}

/// What forgets a connection on which nothing is sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct IdleTimeout {
    /// After this long.
    pub(super) after: SimSpan,
    /// Without a word: the client waits on.
    pub(super) silent: bool,
}

/// What a population's clients do, prepared for drawing.
#[derive(Clone, Debug)]
pub struct Behaviour {
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
    pub(super) day_bounds: [DayBound; 2],
}

impl Behaviour {
    /// Whether users of another population do the same, on days of the same curve.
    pub(super) fn same_habits(&self, other: &Self) -> bool {
        let same_settings = Arc::ptr_eq(&self.settings, &other.settings) || self.settings == other.settings;
        same_settings
            && self.profile == other.profile
            && self.owa_think_mean == other.owa_think_mean
            && self.always_connected == other.always_connected
    }
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
    /// Index of its [`Alternatives`].
    pub(super) alternatives: u32,
}

/// A service that a balancer's checks look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServiceCheck {
    /// Number of the balancer in [`Roster::balancers`].
    pub(super) balancer: u32,
    pub(super) protocol: Protocol,
    /// First of the stations that are down with the service, and with nothing else.
    pub(super) truth: u32,
    /// First of those whose connections are the service's, as clients enter.
    pub(super) first: u32,
    /// How many: one for all servers, or one each.
    pub(super) count: u32,
    pub(super) takes_out: TakesOut,
}

/// A mailbox that is moved in the course of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct MailboxMove {
    /// Number of the change that moves it.
    pub(super) change: u32,
    /// Index of a client of it.
    pub(super) client: u32,
    /// From then on, as in [`Member`].
    pub(super) alternatives: u32,
    /// Likewise.
    pub(super) mailbox_server: u32,
    /// The user has to start Outlook again.
    pub(super) restarts: bool,
}

/// The cohorts between which clients that are alike change, by change in force, site
/// and place of the databases.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alternatives {
    /// Place of the first in [`Roster::cohort_of`]; places vary fastest, then sites.
    pub(super) first: u32,
    /// Sites that the name may lead to.
    pub(super) sites: u32,
    /// Groups of Mailbox servers on which the databases may be mounted, that at home first.
    pub(super) places: u32,
    /// The name's view, or [`NONE`] where it leads to one site all the time.
    pub(super) view: u32,
    /// Which databases their mailboxes are in.
    pub(super) stored: Stored,
    /// Place in [`Roster::standbys`] of those that take its clients over, or [`NONE`].
    pub(super) standbys: u32,
    /// Place in [`Roster::address_lists`], or [`NONE`] where their name has one address.
    pub(super) addresses: u32,
    /// Place in [`Roster::detours`], or [`NONE`] where nothing that is down changes the way.
    pub(super) detours: u32,
}

/// A name as clients inside or on the Internet see it, where it may lead to several
/// sites in the course of the run.
#[derive(Clone, Debug)]
pub(super) struct NameView {
    /// The name.
    pub(super) host: String,
    /// As seen from inside.
    pub(super) inside: bool,
    /// Sites that it may lead to; [`NONE`] where it does not resolve.
    pub(super) sites: Vec<u32>,
    /// Their names, by which their draws are named.
    pub(super) names: Vec<String>,
    /// By change in force: the sites in order of fail-over, as places in `sites`.
    pub(super) order: Vec<Vec<u32>>,
    /// How long an answer is kept, by change in force.
    pub(super) ttl: Vec<SimSpan>,
    /// How the name service looks after the sites.
    pub(super) check: HealthCheck,
    /// By site: its Client Access servers, and the pipe where the Internet enters.
    pub(super) needs: Vec<(Vec<u32>, Vec<Id<LinkDirection>>)>,
    /// By site: the services before which a balancer stands that may fail; else none.
    pub(super) balancers: Vec<Vec<u32>>,
}

/// The balancer before a Client Access group.
#[derive(Clone, Debug)]
pub(super) struct Balancer {
    /// Name of the group.
    pub(super) name: String,
    /// How it looks after the servers.
    pub(super) check: HealthCheck,
    /// First station of the group.
    pub(super) first: u32,
    /// Its servers.
    pub(super) count: u32,
}

/// A model compiled for the Exchange clients.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// Where the topology lies.
    pub placement: Placement,
    /// By population.
    pub behaviours: Vec<Behaviour>,
    /// Cohorts, in order of population, protocol, location, name and groups.
    pub cohorts: Vec<Cohort>,
    /// Clients.
    pub members: Vec<Member>,
    /// Outages of sites, servers and links.
    pub(super) outages: Vec<OutagePlan>,
    /// Cohorts between which clients change in the course of the run.
    pub(super) alternatives: Vec<Alternatives>,
    /// Cohorts by alternatives, change in force, site and place of the databases.
    pub(super) cohort_of: Vec<u32>,
    /// Alternatives that take each other's clients over.
    pub(super) standbys: Vec<Vec<u32>>,
    /// What clients do instead while servers are down.
    pub(super) detours: Detours,
    /// Answers with several addresses.
    pub(super) address_lists: Vec<AddressList>,
    /// Names that may lead to several sites.
    pub(super) name_views: Vec<NameView>,
    /// Databases that have copies, by server at home.
    pub(super) databases: Vec<Database>,
    /// Database availability groups, where there are outages.
    pub(super) dags: Vec<QuorumPlan>,
    /// What joins sites, and how many there are; empty without such groups.
    pub(super) joints: (usize, Vec<SiteJoint>),
    /// By Client Access group, where there are outages.
    pub(super) balancers: Vec<Balancer>,
    /// Services that balancers look at.
    pub(super) service_checks: Vec<ServiceCheck>,
    /// When the changes take effect, ns since the run began, ascending.
    pub(super) changes: Vec<i64>,
    /// Mailboxes that they move, in order of changes and clients.
    pub(super) moves: Vec<MailboxMove>,
    /// What is copied over lines before they are.
    pub(super) copying: Vec<CopyPlan>,
}

impl Roster {
    /// By database with copies: its station at home, and which of that server's databases it
    /// is, numbered from 1.
    #[must_use]
    pub fn databases_at_home(&self) -> Vec<(u32, u32)> {
        let mut homes: Vec<(u32, u32)> = Vec::with_capacity(self.databases.len());
        for database in &self.databases {
            let home = database.home();
            let before = homes.last().filter(|last| last.0 == home).map_or(0, |last| last.1);
            homes.push((home, before + 1));
        }
        homes
    }
}

impl Identity {
    /// Of clients whom nobody serves.
    pub(super) const NOWHERE: Self = Self {
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
}
