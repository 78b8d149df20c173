//! The organisation: sites, servers, virtual directories, links, names.
//!
//! Settings keep the names that an administrator knows (`ExternalURL`, Integrated
//! Windows Authentication, AD site). Must not know the rules ([`super::access`])
//! nor the load ([`super::workload`]).

use std::collections::BTreeMap;
use std::fmt;

use super::switches::{CasSwitches, MailboxSwitches, OrganisationSwitches};
pub use crate::itinerary::Balancing;
use crate::kernel::{Id, SimSpan};

/// Which Exchange release a server runs, as far as routing differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Generation {
    /// Exchange 2003 (back end or front end).
    E2003,
    /// The rules of the founding article, word for word (`exchange = "2007"`).
    E2007,
    /// The documentation's reading of the release without service pack.
    E2007Rtm,
    /// 2007 Service Pack 1.
    E2007Sp1,
    /// 2007 Service Pack 2.
    E2007Sp2,
    /// 2007 Service Pack 3.
    E2007Sp3,
    /// 2010 without service pack.
    E2010Rtm,
    /// 2010 Service Pack 1.
    E2010Sp1,
    /// 2010 Service Pack 2.
    E2010Sp2,
    /// 2010 Service Pack 3.
    E2010Sp3,
    /// 2013.
    E2013,
    /// 2016.
    E2016,
    /// 2019.
    E2019,
}

impl Generation {
    /// Every generation with the token that a scenario writes.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::E2003, "2003"),
        (Self::E2007, "2007"),
        (Self::E2007Rtm, "2007 RTM"),
        (Self::E2007Sp1, "2007 SP1"),
        (Self::E2007Sp2, "2007 SP2"),
        (Self::E2007Sp3, "2007 SP3"),
        (Self::E2010Rtm, "2010 RTM"),
        (Self::E2010Sp1, "2010 SP1"),
        (Self::E2010Sp2, "2010 SP2"),
        (Self::E2010Sp3, "2010 SP3"),
        (Self::E2013, "2013"),
        (Self::E2016, "2016"),
        (Self::E2019, "2019"),
    ];

    /// The token that a scenario writes.
    #[must_use]
    pub fn token(self) -> &'static str {
        Self::ALL.iter().find(|(g, _)| *g == self).map_or("", |(_, token)| token)
    }

    /// The major version: 2003, 2007, 2010, 2013, 2016 or 2019.
    #[must_use]
    pub fn major(self) -> u16 {
        match self {
            Self::E2003 => 2003,
            Self::E2007 | Self::E2007Rtm | Self::E2007Sp1 | Self::E2007Sp2 | Self::E2007Sp3 => 2007,
            Self::E2010Rtm | Self::E2010Sp1 | Self::E2010Sp2 | Self::E2010Sp3 => 2010,
            Self::E2013 => 2013,
            Self::E2016 => 2016,
            Self::E2019 => 2019,
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// A kind of client traffic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum Protocol {
    /// Outlook Web Access.
    Owa,
    /// Exchange ActiveSync.
    Eas,
    /// Outlook over RPC/HTTP, cached mode.
    OutlookAnywhere,
    /// Outlook inside, cached mode, MAPI/RPC.
    OutlookCached,
    /// Outlook inside, online mode, MAPI/RPC.
    OutlookOnline,
    /// Outlook over MAPI/HTTP (2013 SP1 on).
    MapiHttp,
    /// Exchange Web Services.
    Ews,
    /// Autodiscover.
    Autodiscover,
    /// Offline address book download.
    Oab,
    /// POP3.
    Pop,
    /// IMAP4.
    Imap,
}

impl Protocol {
    /// Every protocol in the order of tables and reports.
    pub const ALL: [Self; 11] = [
        Self::Owa,
        Self::Eas,
        Self::OutlookAnywhere,
        Self::OutlookCached,
        Self::OutlookOnline,
        Self::MapiHttp,
        Self::Ews,
        Self::Autodiscover,
        Self::Oab,
        Self::Pop,
        Self::Imap,
    ];

    /// The token of scenario files, CSV and the command line.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Owa => "owa",
            Self::Eas => "eas",
            Self::OutlookAnywhere => "outlook-anywhere",
            Self::OutlookCached => "outlook-cached",
            Self::OutlookOnline => "outlook-online",
            Self::MapiHttp => "mapi-http",
            Self::Ews => "ews",
            Self::Autodiscover => "autodiscover",
            Self::Oab => "oab",
            Self::Pop => "pop",
            Self::Imap => "imap",
        }
    }

    /// The protocol of this token.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.token() == token)
    }

    /// The name for headings and charts.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Owa => "OWA",
            Self::Eas => "ActiveSync",
            Self::OutlookAnywhere => "Outlook Anywhere",
            Self::OutlookCached => "Outlook cached",
            Self::OutlookOnline => "Outlook online",
            Self::MapiHttp => "MAPI/HTTP",
            Self::Ews => "EWS",
            Self::Autodiscover => "Autodiscover",
            Self::Oab => "OAB",
            Self::Pop => "POP3",
            Self::Imap => "IMAP4",
        }
    }

    /// Position in [`Self::ALL`].
    #[must_use]
    #[inline]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// An authentication method of a virtual directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Authentication {
    /// Forms-based authentication.
    Forms,
    /// Basic.
    Basic,
    /// Integrated Windows Authentication (Kerberos or NTLM).
    Integrated,
    /// Digest.
    Digest,
    /// Client certificate.
    Certificate,
}

impl Authentication {
    /// Every method with the token that a scenario writes.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Forms, "forms"),
        (Self::Basic, "basic"),
        (Self::Integrated, "integrated"),
        (Self::Digest, "digest"),
        (Self::Certificate, "certificate"),
    ];
}

/// An absolute URL as an administrator writes it into a virtual directory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Url {
    /// The whole text.
    pub text: String,
    /// `https` (true) or `http`.
    pub secure: bool,
    /// The host, lower case, without port.
    pub host: String,
}

impl Url {
    /// Parses `http://` or `https://` followed by a host and an optional port and
    /// path; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let (secure, rest) = if let Some(rest) = lower.strip_prefix("https://") {
            (true, rest)
        } else {
            (false, lower.strip_prefix("http://")?)
        };
        let authority = rest.split('/').next().unwrap_or("");
        let host = authority.split(':').next().unwrap_or("");
        let valid = !host.is_empty()
            && host.len() <= 253
            && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
            && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
        valid.then(|| Self { text: text.to_owned(), secure, host: host.to_owned() })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The settings of one service's virtual directory on a group of Client Access servers.
#[derive(Clone, PartialEq, Debug)]
pub struct VirtualDirectory {
    /// `InternalURL`; `None` when an administrator has cleared it.
    pub internal_url: Option<Url>,
    /// `ExternalURL`; `None` makes the site intranet-only for this service.
    pub external_url: Option<Url>,
    /// Enabled authentication methods, sorted.
    pub auth: Vec<Authentication>,
}

impl VirtualDirectory {
    /// Whether Integrated Windows Authentication is on.
    #[must_use]
    pub fn integrated(&self) -> bool {
        self.auth.contains(&Authentication::Integrated)
    }
}

/// The services that have a virtual directory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[repr(u8)]
pub enum Service {
    /// /owa
    Owa,
    /// /Microsoft-Server-ActiveSync
    Eas,
    /// /EWS
    Ews,
    /// /Autodiscover
    Autodiscover,
    /// /OAB
    Oab,
    /// /mapi
    Mapi,
}

impl Service {
    /// Every service with its scenario key and the path of its directory.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Owa, "owa", "/owa"),
        (Self::Eas, "eas", "/Microsoft-Server-ActiveSync"),
        (Self::Ews, "ews", "/EWS/Exchange.asmx"),
        (Self::Autodiscover, "autodiscover", "/Autodiscover/Autodiscover.xml"),
        (Self::Oab, "oab", "/OAB"),
        (Self::Mapi, "mapi", "/mapi"),
    ];

    /// The service behind a protocol, if it has a virtual directory.
    #[must_use]
    pub fn of(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::Owa => Some(Self::Owa),
            Protocol::Eas => Some(Self::Eas),
            Protocol::Ews => Some(Self::Ews),
            Protocol::Autodiscover => Some(Self::Autodiscover),
            Protocol::Oab => Some(Self::Oab),
            Protocol::MapiHttp => Some(Self::Mapi),
            Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::Pop
            | Protocol::Imap => None,
        }
    }
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
}

impl HealthCheck {
    /// Of a load balancer: every 5 s, three in a row (the defaults of F5's monitors,
    /// 5 s and a time-out of 16 s, MEMORY).
    pub const BALANCER: Self = Self { interval: SimSpan(5_000_000_000), failures: 3, successes: 1 };
    /// Of a name service with fail-over: every 30 s, three in a row (a common public
    /// service's default, MEMORY).
    pub const NAME: Self = Self { interval: SimSpan(30_000_000_000), failures: 3, successes: 3 };
}

/// A copy of the databases of a Mailbox group in another site (2010 on).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FailOver {
    /// Mailbox servers that hold the copies.
    pub to: Id<MailboxGroup>,
    /// From the loss of a server until its databases are mounted there.
    pub activation: SimSpan,
    /// From its return until they are mounted at home again.
    pub fail_back: SimSpan,
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
    /// Clock of a core in MHz, by which costs in megacycles become time.
    pub mhz: f64,
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
    /// Whether POP3 and IMAP4 services run here.
    pub pop_imap: bool,
    /// Settings that most scenarios leave alone.
    pub switches: CasSwitches,
}

impl CasGroup {
    /// The virtual directory of a service.
    #[must_use]
    pub fn directory(&self, service: Service) -> &VirtualDirectory {
        &self.directories[service as usize]
    }

    /// Build: as stated, else that of the release without an update rollup.
    #[must_use]
    pub fn build(&self) -> super::switches::Build {
        self.switches.build.unwrap_or_else(|| super::switches::Build::of(self.generation, 0))
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
    /// Clock of a core in MHz.
    pub mhz: f64,
    /// Latency of the store beside its CPU (disk), in nanoseconds a store access.
    pub store_latency: crate::kernel::distribution::Distribution,
    /// Where its databases fail over to, if anywhere.
    pub fail_over: Option<FailOver>,
    /// Settings that most scenarios leave alone.
    pub switches: MailboxSwitches,
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
    /// Local time minus UTC, minutes.
    pub utc_offset_minutes: i32,
    /// Round trip inside the site.
    pub lan_rtt: SimSpan,
    /// Client Access server groups.
    pub cas: Vec<Id<CasGroup>>,
    /// Mailbox server groups.
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
    /// Largest TCP window of one flow, bytes; with the path's round trip it caps a flow's rate.
    pub window_bytes: f64,
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
    /// Time to live of the record.
    pub ttl: SimSpan,
    /// How the name service finds out that a site of the list is down.
    pub health_check: HealthCheck,
}

/// An Internet region where clients sit.
#[derive(Clone, PartialEq, Debug)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Round trip from a client to an Internet exchange near a site, nanoseconds; drawn once a client.
    pub rtt: crate::kernel::distribution::Distribution,
    /// Last-mile bandwidth of a client, bit/s; drawn once a client.
    pub bandwidth: crate::kernel::distribution::Distribution,
    /// Extra round trip from this region to a site, nanoseconds, where it differs from none.
    pub site_rtt: BTreeMap<Id<Site>, f64>,
    /// Local time minus UTC, minutes.
    pub utc_offset_minutes: i32,
    /// Addresses behind which all its clients stand (address translation); `None`:
    /// every mailbox has its own.
    pub addresses: Option<u32>,
}

/// The organisation.
#[derive(Clone, PartialEq, Debug)]
pub struct Topology {
    /// The rule set that servers follow unless they say otherwise.
    pub generation: Generation,
    /// Sites.
    pub sites: Vec<Site>,
    /// Client Access server groups.
    pub cas: Vec<CasGroup>,
    /// Mailbox server groups.
    pub mailbox: Vec<MailboxGroup>,
    /// Site links.
    pub links: Vec<SiteLink>,
    /// Names.
    pub namespaces: Vec<Namespace>,
    /// Internet regions; the first is the default one, called `Internet`.
    pub regions: Vec<Region>,
    /// Firewalls, facts about names, contested rules.
    pub switches: OrganisationSwitches,
}

impl Namespace {
    /// Client Access groups of `site` that answer by this name.
    pub fn groups_in<'t>(&'t self, site: &'t Site) -> impl Iterator<Item = Id<CasGroup>> + 't {
        // A site of which the name mentions no server is reached as a whole.
        let some = site.cas.iter().any(|id| self.servers.contains(id));
        site.cas.iter().copied().filter(move |id| !some || self.servers.contains(id))
    }
}

impl Topology {
    /// An organisation without a site, for models of custom sources alone.
    #[must_use]
    pub fn empty(generation: Generation) -> Self {
        Self {
            generation,
            sites: Vec::new(),
            cas: Vec::new(),
            mailbox: Vec::new(),
            links: Vec::new(),
            namespaces: Vec::new(),
            regions: Vec::new(),
            switches: OrganisationSwitches::default(),
        }
    }

    /// The site of this name.
    #[must_use]
    pub fn site(&self, name: &str) -> Option<Id<Site>> {
        self.sites.iter().position(|s| s.name == name).map(Id::new)
    }

    /// Shortest path by one-way latency, then by number of links, then by link
    /// order: the links to cross and the direction (0 or 1) of each. Empty for
    /// the same site, `None` where no path exists.
    #[must_use]
    pub fn path(&self, from: Id<Site>, to: Id<Site>) -> Option<Vec<(Id<SiteLink>, usize)>> {
        // Bellman-Ford order over tens of sites; called while building, never in a run.
        let n = self.sites.len();
        let mut best: Vec<Option<(u64, u32)>> = vec![None; n];
        let mut via: Vec<Option<(usize, usize)>> = vec![None; n];
        let mut done = vec![false; n];
        best[from.index()] = Some((0, 0));
        while let Some(here) = (0..n).filter(|&s| !done[s] && best[s].is_some()).min_by_key(|&s| best[s]) {
            done[here] = true;
            let (latency, hops) = best[here].unwrap_or_default();
            for (index, link) in self.links.iter().enumerate() {
                for direction in 0..2 {
                    if link.between[direction].index() != here {
                        continue;
                    }
                    let there = link.between[1 - direction].index();
                    let candidate = (latency + link.latency.0, hops + 1);
                    if best[there].is_none_or(|known| candidate < known) {
                        best[there] = Some(candidate);
                        via[there] = Some((index, direction));
                    }
                }
            }
        }
        best[to.index()]?;
        let mut path = Vec::new();
        let mut here = to.index();
        while here != from.index() {
            let (index, direction) = via[here]?;
            path.push((Id::new(index), direction));
            here = self.links[index].between[direction].index();
        }
        path.reverse();
        Some(path)
    }
}
