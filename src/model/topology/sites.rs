//! Sites with their servers and links, names and Internet regions.
//!
//! Settings keep the names that an administrator knows. Must not know the
//! organisation that they make up ([`super`]).

use std::collections::BTreeMap;

use super::publisher::Publisher;
use crate::itinerary::Balancing;
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan};
use crate::model::directory::{Service, VirtualDirectory};
use crate::model::protocol::Protocol;
use crate::model::release::{Build, Generation};
use crate::model::switches::{CasSwitches, MailboxSwitches, OperatingSystem};

/// What a balancer's check looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LooksAt {
    /// Whether the server answers at all.
    #[default]
    Server,
    /// Whether the port of a service is open: POP3 and IMAP4 have their own, and close it when
    /// they are down; web services share one, which the web server keeps open.
    Port,
    /// What a service answers: a page of it.
    Page,
}

impl LooksAt {
    /// Every choice with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Server, "server"), (Self::Port, "port"), (Self::Page, "page")];
}

/// What a balancer takes out when a service is down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TakesOut {
    /// The server, with all its services: one name, or layer 4.
    #[default]
    Server,
    /// The service: a pool, or a name, for each.
    Service,
}

impl TakesOut {
    /// Every choice with its word.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Server, "server"), (Self::Service, "service")];
}

/// The services that a check looks at, as bits by [`Protocol`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Services(u16);

impl Services {
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);

    /// These.
    #[must_use]
    pub fn of(protocols: &[Protocol]) -> Self {
        Self(protocols.iter().fold(0, |bits, protocol| bits | 1 << protocol.index()))
    }

    /// Whether one is among them.
    #[must_use]
    pub fn has(self, protocol: Protocol) -> bool {
        self.0 & 1 << protocol.index() != 0
    }
}

/// The balancer before the Client Access servers of a site, as far as it may fail itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Balancer {
    /// A second one takes over after so long; `None`: there is none.
    pub take_over: Option<SimSpan>,
    /// The second one knows the connections of the first, which go on.
    pub keeps_connections: bool,
    /// The second one knows at which server sessions are.
    pub keeps_affinity: bool,
    /// Windows NLB on the servers themselves stands in its place.
    pub nlb: bool,
}

/// How a balancer or a name service finds out that something is down, or up again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HealthCheck {
    /// From one check to the next, above zero.
    pub interval: SimSpan,
    /// Checks that must fail in a row, at least 1.
    pub failures: u32,
    /// Checks that must succeed in a row, at least 1.
    pub successes: u32,
    /// What it looks at.
    pub looks_at: LooksAt,
    /// The services that it looks at.
    pub services: Services,
    /// What it takes out when one of them is down.
    pub takes_out: TakesOut,
}

impl HealthCheck {
    /// Of a load balancer: every 5 s, three in a row (the defaults of F5's monitors,
    /// 5 s and a time-out of 16 s, MEMORY).
    pub const BALANCER: Self = Self {
        interval: SimSpan(5_000_000_000),
        failures: 3,
        successes: 1,
        looks_at: LooksAt::Server,
        services: Services::ALL,
        takes_out: TakesOut::Server,
    };
    /// Of a name service with fail-over: every 30 s, three in a row (a common public
    /// service's default, MEMORY).
    pub const NAME: Self =
        Self { interval: SimSpan(30_000_000_000), failures: 3, successes: 3, ..Self::BALANCER };

    /// Whether nobody is led to a server for `protocol` any more of which `stopped` is down.
    #[must_use]
    pub fn leads_past(&self, protocol: Protocol, stopped: Protocol) -> bool {
        self.sees(stopped) && (stopped == protocol || self.takes_out == TakesOut::Server)
    }

    /// Whether it finds out that this service is down on a server that is up.
    #[must_use]
    pub fn sees(&self, protocol: Protocol) -> bool {
        self.services.has(protocol)
            && match self.looks_at {
                LooksAt::Server => false,
                LooksAt::Port => protocol.is_mail(),
                LooksAt::Page => true,
            }
    }
}

/// A host of virtual machines, whose cores they share.
#[derive(Clone, PartialEq, Debug)]
pub struct Host {
    /// Name.
    pub name: String,
    /// Physical cores, at least 1.
    pub cores: u32,
    /// Virtual cores of its machines that are meant to stand on one physical core at most.
    pub overcommitment: f64,
}

/// One Mailbox server: its group, and its number there from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MailboxServer {
    /// The group.
    pub group: Id<MailboxGroup>,
    /// Which of its servers.
    pub number: u32,
}

/// Copies of the databases of a Mailbox group's servers: 2010 on, and on the passive nodes of 2007.
#[derive(Clone, PartialEq, Debug)]
pub struct DatabaseCopies {
    /// Databases of each server, at least 1, of one size.
    pub databases: u32,
    /// By further copy, in order of preference: the servers over which the databases
    /// spread it; never empty.
    pub places: Vec<Vec<MailboxServer>>,
    /// From the loss of a server until its databases are mounted on a copy in their own
    /// site, and in another.
    pub activation: [SimSpan; 2],
    /// From its return until they are mounted at home again.
    pub fail_back: SimSpan,
    /// Work at the server of each passive copy, by that at the server of the active one.
    pub passive: f64,
}

impl DatabaseCopies {
    /// The servers that hold a database of server `own`, that one first, in order of
    /// preference. Databases take the servers of each place in turn, and behind one server
    /// of a place all those of the next, so that what one loses spreads.
    #[must_use]
    pub fn holders(&self, own: MailboxServer, database: u32) -> Vec<MailboxServer> {
        let mut held = vec![own];
        let mut turn = own.number as usize + database as usize;
        let mut before: Option<(&[MailboxServer], usize)> = None;
        for place in &self.places {
            let free: Vec<MailboxServer> = place.iter().filter(|s| !held.contains(s)).copied().collect();
            if free.is_empty() {
                continue;
            }
            turn = match before {
                Some((same, many)) if same == place.as_slice() => turn / many,
                // Nothing was chosen: twice the turn would leave out every other server.
                Some((_, 1)) => turn,
                Some((_, many)) => turn + turn / many,
                None => turn,
            };
            held.push(free[turn % free.len()]);
            before = Some((place, free.len()));
        }
        held
    }

    /// The groups other than `own` that hold copies, in order of preference.
    #[must_use]
    pub fn groups(&self, own: Id<MailboxGroup>) -> Vec<Id<MailboxGroup>> {
        let mut groups = Vec::new();
        for server in self.places.iter().flatten() {
            if server.group != own && !groups.contains(&server.group) {
                groups.push(server.group);
            }
        }
        groups
    }
}

/// A group of identical Client Access servers of one site.
#[derive(Clone, PartialEq, Debug)]
pub struct CasGroup {
    /// Name of the group: the server's own name where there is one server.
    pub name: String,
    /// The AD site.
    pub site: Id<Site>,
    /// Release.
    pub generation: Generation,
    /// Servers, at least 1.
    pub servers: u32,
    /// Cores of each server, at least 1.
    pub cores: u32,
    /// Megacycles a second of a core, counted as its release's tables count them.
    pub mhz: f64,
    /// Hosts on which they stand as virtual machines, one after the other in turn; empty: none.
    pub hosts: Vec<Id<Host>>,
    /// Places to wait at each server, requests in service not counted; `None` is unlimited.
    pub queue_limit: Option<u32>,
    /// Requests (held ones too) that each server takes at once; `None` is unlimited.
    pub connection_limit: Option<u32>,
    /// How bindings are spread.
    pub balancing: Balancing,
    /// How the balancer before these servers, and who forwards to them, finds out that
    /// one of them is down.
    pub health_check: HealthCheck,
    /// Virtual directories, indexed by [`Service`].
    pub directories: [VirtualDirectory; 6],
    /// Whether Outlook Anywhere is enabled here.
    pub outlook_anywhere: bool,
    /// Whether the POP3 service runs here.
    pub pop: bool,
    /// Whether the IMAP4 service runs here.
    pub imap: bool,
    /// Settings that most scenarios leave alone.
    pub switches: CasSwitches,
}

/// The host on which the `number`-th of some servers stands, if they stand on any.
#[must_use]
pub fn host_of(hosts: &[Id<Host>], number: u32) -> Option<Id<Host>> {
    (!hosts.is_empty()).then(|| hosts[number as usize % hosts.len()])
}

impl CasGroup {
    /// The virtual directory of a service.
    #[must_use]
    pub fn directory(&self, service: Service) -> &VirtualDirectory {
        &self.directories[service as usize]
    }

    /// Whether the service of POP3, or else of IMAP4, runs here.
    #[must_use]
    pub fn runs(&self, mail: Protocol) -> bool {
        if mail == Protocol::Pop { self.pop } else { self.imap }
    }

    /// Megacycles of 2010's tables that a core does in a second: costs are counted in those.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.mhz * self.generation.megacycle()
    }

    /// Windows: as stated, else that of the release.
    #[must_use]
    pub fn system(&self) -> OperatingSystem {
        self.switches.os.unwrap_or_else(|| OperatingSystem::of_servers(self.generation))
    }

    /// Build: as stated, else that of the release without an update rollup.
    #[must_use]
    pub fn build(&self) -> Build {
        self.switches.build.unwrap_or_else(|| Build::of(self.generation, 0))
    }
}

/// A group of identical Mailbox servers of one site.
#[derive(Clone, PartialEq, Debug)]
pub struct MailboxGroup {
    /// Name of the group.
    pub name: String,
    /// The AD site.
    pub site: Id<Site>,
    /// Release.
    pub generation: Generation,
    /// Servers, at least 1.
    pub servers: u32,
    /// Cores of each server.
    pub cores: u32,
    /// Megacycles a second of a core, counted as its release's tables count them.
    pub mhz: f64,
    /// Hosts on which they stand, likewise.
    pub hosts: Vec<Id<Host>>,
    /// Latency of the store beside its CPU (disk), in nanoseconds a store access.
    pub store_latency: Distribution,
    /// Copies of its databases, if they have any.
    pub copies: Option<DatabaseCopies>,
    /// The group whose passive nodes these are (2007, cluster continuous replication): each holds the
    /// copy of the server of its number, and nothing is at home there.
    pub passive_of: Option<Id<MailboxGroup>>,
    /// Settings that most scenarios leave alone.
    pub switches: MailboxSwitches,
}

impl MailboxGroup {
    /// Windows: as stated, else that of the release.
    #[must_use]
    pub fn system(&self) -> OperatingSystem {
        self.switches.os.unwrap_or_else(|| OperatingSystem::of_servers(self.generation))
    }

    /// Megacycles of 2010's tables that a core does in a second, as [`CasGroup::speed`].
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.mhz * self.generation.megacycle()
    }
}

/// An AD site.
#[derive(Clone, PartialEq, Debug)]
pub struct Site {
    /// Name.
    pub name: String,
    /// Name by which its random streams are opened (`stream`, else the name).
    pub stream: String,
    /// Internet connection; `None` makes the site reachable over site links alone.
    pub internet: Option<InternetPipe>,
    /// Without a connection of its own: the site through whose connection its servers are
    /// published on the Internet, if they are.
    pub published_from: Option<Id<Site>>,
    /// What stands between the Internet and the site, if that is stated.
    pub publisher: Option<Publisher>,
    /// The balancer before its Client Access servers.
    pub balancer: Balancer,
    /// Local time minus UTC, minutes.
    pub utc_offset_minutes: i32,
    /// Round trip inside the site.
    pub lan_rtt: SimSpan,
    /// Client Access server groups.
    pub cas: Vec<Id<CasGroup>>,
    /// Mailbox server groups at which mailboxes may be at home; passive nodes are none of them.
    pub mailbox: Vec<Id<MailboxGroup>>,
}

/// A site's full-duplex Internet connection.
#[derive(Clone, PartialEq, Debug)]
pub struct InternetPipe {
    /// Bit/s in each direction available to this traffic.
    pub bandwidth: [f64; 2],
    /// One-way latency to the Internet exchange.
    pub latency: SimSpan,
}

/// A full-duplex site link. Direction 0 runs from `between[0]` to `between[1]`.
#[derive(Clone, PartialEq, Debug)]
pub struct SiteLink {
    /// Name; by default the two sites joined by a hyphen.
    pub name: String,
    /// Name by which its random streams are opened.
    pub stream: String,
    /// The ends.
    pub between: [Id<Site>; 2],
    /// Raw bit/s of each direction.
    pub bandwidth: [f64; 2],
    /// Share of the bandwidth that this traffic may use, 0 to 1; background traffic has the rest.
    pub available: f64,
    /// One-way latency.
    pub latency: SimSpan,
    /// AD site link cost.
    pub cost: u32,
    /// Largest TCP window that it lets through, bytes.
    pub window_bytes: f64,
    /// Line optimisers at its ends end TCP connections: windows hold on either side of it, and none over it.
    pub terminates: bool,
}

/// One of several addresses in the answer to a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Address {
    /// Of whatever stands in front of the servers of a site.
    Site(Id<Site>),
    /// Of one server of a group, by its number from 0 on.
    Server(Id<CasGroup>, u32),
}

/// How clients get from a name to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// An SRV record of Autodiscover (`_autodiscover._tcp`) names the other.
    Srv,
    /// A web site at port 80 sends Autodiscover on to the other.
    HttpRedirect,
    /// The name is an alias (CNAME): clients go on under their own name.
    Cname,
}

impl Way {
    /// Every way with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Srv, "srv"), (Self::HttpRedirect, "http-redirect"), (Self::Cname, "cname")];

    /// Whether clients ask for the other name from there on, in TLS and HTTP.
    #[must_use]
    pub fn renames(self) -> bool {
        self != Self::Cname
    }
}

/// A host name that clients type.
#[derive(Clone, PartialEq, Debug)]
pub struct Namespace {
    /// Host name, lower case.
    pub name: String,
    /// Sites that it resolves to on the Internet, in order of fail-over.
    pub internet: Vec<Id<Site>>,
    /// Sites that it resolves to inside (split DNS); empty means as on the Internet.
    pub inside: Vec<Id<Site>>,
    /// Client Access servers that answer by this name in the sites that it leads to;
    /// empty: all of them.
    pub servers: Vec<Id<CasGroup>>,
    /// Addresses that stand in one answer, dead or alive, of which clients begin at each in
    /// turn; empty: one address, of the first site that is up.
    pub addresses: Vec<Address>,
    /// The other name that clients are led to, and how; sites and servers are that one's.
    pub leads_to: Option<(Way, Id<Namespace>)>,
    /// Time to live of the record.
    pub ttl: SimSpan,
    /// How the name service finds out that a site of the list is down.
    pub health_check: HealthCheck,
}

impl Namespace {
    /// Client Access groups of `site` that answer by this name.
    pub fn groups_in<'t>(&'t self, site: &'t Site) -> impl Iterator<Item = Id<CasGroup>> + 't {
        // A site of which the name mentions no server is reached as a whole.
        let some = site.cas.iter().any(|id| self.servers.contains(id));
        site.cas.iter().copied().filter(move |id| !some || self.servers.contains(id))
    }
}

/// An Internet region where clients sit.
#[derive(Clone, PartialEq, Debug)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Round trip from a client to an Internet exchange near a site, nanoseconds; drawn once a client.
    pub rtt: Distribution,
    /// Last-mile bandwidth of a client, bit/s; drawn once a client.
    pub bandwidth: Distribution,
    /// Extra round trip from this region to a site, nanoseconds, where it differs from none.
    pub site_rtt: BTreeMap<Id<Site>, f64>,
    /// Local time minus UTC, minutes; `None`: those who sit there live by the clock of
    /// their home site.
    pub utc_offset_minutes: Option<i32>,
    /// Addresses behind which all its clients stand (address translation); `None`:
    /// every mailbox has its own.
    pub addresses: Option<u32>,
    /// Connections at once from each of these addresses; `None` is no end of them.
    pub ports: Option<u32>,
    /// Time after which its network (a carrier) forgets a connection on which nothing is
    /// sent; `None`: not stated.
    pub idle_timeout: Option<SimSpan>,
}

/// An offset from UTC in minutes as hours and minutes with a sign: `+01:00`.
#[must_use]
pub fn utc_offset(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}
