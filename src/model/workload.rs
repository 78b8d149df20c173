//! Who asks for what: populations of mailboxes, their clients' settings, custom
//! sources, objectives, outages and changes.
//!
//! Figures that are defaults stand in [`ClientSettings::default`], each with its
//! source. Must not know how a request is routed ([`super::access`]).

use std::sync::Arc;

use super::figures::Figures;
use super::topology::{MailboxGroup, Namespace, Protocol, Region, Site};
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan, SimTime};

/// Where a client sits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Location {
    /// In an AD site, on its LAN.
    Site(Id<Site>),
    /// On the Internet, in a region.
    Internet(Id<Region>),
}

/// A profile of use by messages a working day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Profile {
    /// Token of the scenario: `light`, `medium`, `heavy`, `very heavy` or `custom`.
    pub name: &'static str,
    /// Messages sent a working day.
    pub sent: f64,
    /// Messages received a working day.
    pub received: f64,
    /// Messages read a working day.
    pub read: f64,
    /// Messages deleted a working day.
    pub deleted: f64,
    /// OWA logons a working day.
    pub owa_logons: f64,
}

impl Profile {
    /// The published profiles (workload figures of Exchange 2010-era client network
    /// requirements, restated at cgoosen.com 2010/07).
    pub const ALL: [Self; 4] = [
        Self { name: "light", sent: 5.0, received: 20.0, read: 20.0, deleted: 10.0, owa_logons: 2.0 },
        Self { name: "medium", sent: 10.0, received: 40.0, read: 40.0, deleted: 20.0, owa_logons: 2.0 },
        Self { name: "heavy", sent: 20.0, received: 80.0, read: 80.0, deleted: 40.0, owa_logons: 2.0 },
        Self { name: "very heavy", sent: 30.0, received: 120.0, read: 120.0, deleted: 60.0, owa_logons: 2.0 },
    ];

    /// The profile of this token.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name == token)
    }
}

/// The shape of the day: what share of a day's work falls into each hour of local time.
#[derive(Clone, PartialEq, Debug)]
pub struct DayCurve {
    /// Token or `custom`.
    pub name: String,
    /// Share of the day's work in each local hour 0 to 23; sums to 1.
    pub hours: [f64; 24],
}

impl DayCurve {
    /// Hourly weights in percent of a day (ASSUMED; two humps, peak hour 11.8 %);
    /// they sum to 100.2 as printed and are normalised.
    const OFFICE: [f64; 24] = [
        0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 2.8, 7.6, 11.4, 11.8, 10.0, 6.6, 9.0, 10.4, 9.5, 7.6, 4.3, 1.9,
        1.1, 0.9, 0.8, 0.6, 0.4,
    ];

    /// Share of the day's work done by so many hours after midnight, 0 to 24.
    #[must_use]
    pub fn until(&self, hours: f64) -> f64 {
        let hours = hours.clamp(0.0, 24.0);
        let whole = (hours as usize).min(23);
        self.hours[..whole].iter().sum::<f64>() + self.hours[whole] * (hours - whole as f64)
    }

    /// Whether Outlook users come and go along this curve. The curves of sizing
    /// figures know no coming and going: their users are there all the time.
    #[must_use]
    pub fn comes_and_goes(&self) -> bool {
        !matches!(self.name.as_str(), "flat8h" | "peak2x" | "flat24h")
    }

    /// The curve of this token: `office` (the default), `flat8h` (the day's work
    /// evenly over 09:00 to 17:00), `peak2x` (as `flat8h` with 10:00 to 12:00 at
    /// twice the 8-hour mean, the rest of the 8 hours lowered to keep the day's
    /// sum) or `flat24h`.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let mut hours = [0.0; 24];
        match token {
            "office" => {
                let sum: f64 = Self::OFFICE.iter().sum();
                hours = Self::OFFICE.map(|w| w / sum);
            }
            "flat8h" => hours[9..17].fill(1.0 / 8.0),
            "peak2x" => {
                hours[9..17].fill((1.0 - 0.5) / 6.0);
                hours[10..12].fill(0.25);
            }
            "flat24h" => hours.fill(1.0 / 24.0),
            _ => return None,
        }
        Some(Self { name: token.to_owned(), hours })
    }
}

/// How long the connections of Outlook and IMAP4 live.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Connected {
    /// As [`DayCurve::comes_and_goes`] says.
    #[default]
    ByCurve,
    /// For the working day of the mailbox.
    WorkingDay,
    /// Without an end.
    Always,
}

impl Connected {
    /// Every choice with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::ByCurve, "by curve"), (Self::WorkingDay, "working day"), (Self::Always, "always")];
}

/// How Outlook authenticates over HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutlookAuthentication {
    /// Basic.
    Basic,
    /// NTLM.
    Ntlm,
    /// Kerberos.
    Kerberos,
}

impl OutlookAuthentication {
    /// Every choice with its word.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Basic, "basic"), (Self::Ntlm, "ntlm"), (Self::Kerberos, "kerberos")];
}

/// Between which moments the working days of mailboxes begin, or end, uniformly.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Moments {
    /// While the day curve stands between these shares of the day's work.
    Work(f64, f64),
    /// Between these local times of day, minutes after midnight.
    Clock(u32, u32),
}

/// What clients do when they do it: every figure that a scenario may override,
/// with the published or assumed default. Times in ns, volumes in bytes.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientSettings {
    /// Message size, bytes.
    pub message_size: Distribution,
    /// EAS heartbeat interval.
    pub eas_heartbeat: SimSpan,
    /// Think time between two actions of an OWA user.
    pub owa_think: Distribution,
    /// OWA notification poll interval.
    pub owa_poll: SimSpan,
    /// Actions of an OWA session lie uniformly within this share of their mean, 0 to 1.
    pub owa_session_spread: f64,
    /// Share of OWA sessions that end by a logoff rather than a closed browser.
    pub owa_logoff_share: f64,
    /// Idle time after which the server ends an OWA session.
    pub owa_idle_timeout: SimSpan,
    /// Syncs of a device for a received mail, 1 to 2.
    pub eas_syncs_per_mail: f64,
    /// POP3 poll interval.
    pub pop_poll: SimSpan,
    /// IMAP4 IDLE re-issue interval.
    pub imap_idle: SimSpan,
    /// RPC associations of one Outlook client, each a TCP connection, and two of
    /// them where it is tunnelled through HTTP.
    pub outlook_connections: u32,
    /// Tasks of Outlook for every message sent or received.
    pub outlook_tasks_per_message: f64,
    /// Keep-alive of an idle Outlook connection.
    pub outlook_keep_alive: SimSpan,
    /// How Outlook authenticates over HTTP.
    pub outlook_auth: OutlookAuthentication,
    /// How long connections of Outlook and IMAP4 live.
    pub connected: Connected,
    /// When working days begin.
    pub day_begins: Moments,
    /// When working days end.
    pub day_ends: Moments,
    /// Work of each day of the week by that of the profile's, Monday first.
    pub week: [f64; 7],
    /// Messages that wait for clients that download when they first connect in the run.
    pub backlog: u32,
    /// Share of new connections that resume a TLS session, 0 to 1.
    pub tls_resumption: f64,
    /// Name resolution on the Internet, ns.
    pub name_lookup: Distribution,
    /// Connections of one IMAP4 client.
    pub imap_connections: u32,
    /// EWS requests of one client a working day.
    pub ews_requests_per_day: f64,
    /// Protocol version of ActiveSync devices, times ten.
    pub eas_version: u16,
    /// Share of the ActiveSync devices that do not follow HTTP 451, 0 to 1.
    pub eas_without_451: f64,
    /// Share of the OWA users who type `/exchange`, 0 to 1.
    pub owa_exchange: f64,
    /// Human time at an OWA link page before the click.
    pub redirect_click: Distribution,
    /// Human time to type credentials at a second logon.
    pub logon_typing: Distribution,
    /// Human time until Outlook is restarted that asked for it.
    pub outlook_restart: Distribution,
    /// Coefficient of variation of service demands (lognormal).
    pub service_cv: f64,
    /// Patience of a client before it gives a request up.
    pub request_timeout: SimSpan,
    /// Attempts after the first that a client makes on 503 or a lost connection.
    pub retries: u32,
    /// First wait before trying again; it doubles each time.
    pub retry_backoff: SimSpan,
    /// How long it takes until a connection to something that does not answer (a dead
    /// site or link, not a stopped server, which refuses at once) is given up.
    pub connect_timeout: SimSpan,
    /// How long an OWA user who was cut off stays away before logging on again, ns.
    pub owa_return: Distribution,
    /// Times that an OWA user who was cut off comes back in vain before giving up.
    pub owa_returns: u32,
    /// First wait of a device that was cut off before it connects again; it doubles.
    pub eas_backoff: SimSpan,
    /// Longest such wait.
    pub eas_backoff_max: SimSpan,
    /// First wait of Outlook or an IMAP4 client that lost its connection; it doubles.
    pub reconnect: SimSpan,
    /// Longest such wait.
    pub reconnect_max: SimSpan,
    /// Share of a wait after being cut off that is drawn: a wait of w lasts between
    /// (1 - spread) w and w, 0 to 1.
    pub backoff_spread: f64,
}

impl Default for ClientSettings {
    fn default() -> Self {
        let secs = |s: f64| s * 1e9;
        Self {
            // Mean 50 KB: Exchange 2007 paper's assumption; cv 2.9 = lognormal sigma 1.5, ASSUMED.
            message_size: Distribution::LogNormal { mean: 50_000.0, cv: 2.9 },
            // Client start value 480 s (MEMORY), KB905013.
            eas_heartbeat: SimSpan::from_secs(480),
            // 10 min for 11 actions (TechNet bb124014, measured script): about 55 s.
            owa_think: Distribution::Exponential { mean: secs(55.0) },
            // OWA 2007 keep-alive 60 s (MEMORY).
            owa_poll: SimSpan::from_secs(60),
            // ASSUMED.
            owa_session_spread: 0.5,
            // ASSUMED.
            owa_logoff_share: 0.5,
            // 15 min for a public computer (KB2573296).
            owa_idle_timeout: SimSpan::from_secs(900),
            // 110 Pings, 120 Syncs and 20 SendMails a day reproduce 1.60 MHz a device.
            eas_syncs_per_mail: 1.25,
            // 10 min (MEMORY, range 5 to 30).
            pop_poll: SimSpan::from_secs(600),
            // Re-issue before 29 min (RFC 2177).
            imap_idle: SimSpan::from_secs(28 * 60),
            // Up to 8 TCP connections a cached client.
            outlook_connections: 8,
            // LoadGen: 132 tasks in the 8 hours of a heavy user (Dell BP1013 p. 19), 100 messages.
            outlook_tasks_per_message: 1.32,
            // 12 min from client to server (CSS-Exchange HealthChecker).
            outlook_keep_alive: SimSpan::from_secs(720),
            // ASSUMED.
            outlook_auth: OutlookAuthentication::Ntlm,
            connected: Connected::ByCurve,
            // ASSUMED; 07:11 to 08:45 and 16:22 to 19:00 of the office curve.
            day_begins: Moments::Work(0.04, 0.12),
            day_ends: Moments::Work(0.86, 0.98),
            // ASSUMED: every day alike, and nothing waits.
            week: [1.0; 7],
            backlog: 0,
            // ASSUMED: servers behind a balancer share no session cache.
            tls_resumption: 0.0,
            // Recursion of 20 to 120 ms (MEMORY).
            name_lookup: Distribution::Uniform { low: 20e6, high: 120e6 },
            // ASSUMED; some clients open up to five.
            imap_connections: 1,
            // ASSUMED.
            ews_requests_per_day: 24.0,
            // Oldest version that is documented to follow 451.
            eas_version: 121,
            eas_without_451: 0.0,
            owa_exchange: 0.0,
            // 3 to 5 s click (MEMORY).
            redirect_click: Distribution::Uniform { low: secs(3.0), high: secs(5.0) },
            // About 10 s of typing (MEMORY).
            logon_typing: Distribution::LogNormal { mean: secs(10.0), cv: 0.4 },
            // ASSUMED.
            outlook_restart: Distribution::Uniform { low: secs(20.0), high: secs(60.0) },
            // ASSUMED.
            service_cv: 1.5,
            // Browser and device default patience, ASSUMED.
            request_timeout: SimSpan::from_secs(110),
            // ASSUMED.
            retries: 2,
            retry_backoff: SimSpan::from_secs(5),
            // Three SYNs of Windows: 3 + 6 + 12 s (MEMORY).
            connect_timeout: SimSpan::from_secs(21),
            // ASSUMED.
            owa_return: Distribution::LogNormal { mean: secs(120.0), cv: 1.0 },
            owa_returns: 4,
            eas_backoff: SimSpan::from_secs(60),
            eas_backoff_max: SimSpan::from_secs(1_800),
            reconnect: SimSpan::from_secs(30),
            reconnect_max: SimSpan::from_secs(600),
            backoff_spread: 0.5,
        }
    }
}

/// A share of one protocol's clients of a population that use a wrong name.
#[derive(Clone, PartialEq, Debug)]
pub struct Misdirected {
    /// Share of that protocol's clients, 0 to 1.
    pub share: f64,
    /// The name that they use.
    pub namespace: Id<Namespace>,
}

/// One protocol in use by a population.
#[derive(Clone, PartialEq, Debug)]
pub struct ProtocolUse {
    /// The protocol.
    pub protocol: Protocol,
    /// Share of the population's mailboxes that use it, 0 to 1 (above 1: several devices).
    pub share: f64,
    /// The name that these clients use.
    pub namespace: Id<Namespace>,
    /// Those who use a wrong one.
    pub misdirected: Option<Misdirected>,
}

/// Mailboxes with a common home and habit.
#[derive(Clone, PartialEq, Debug)]
pub struct Population {
    /// Name.
    pub name: String,
    /// Name by which its random streams are opened.
    pub stream: String,
    /// AD site that holds the mailboxes.
    pub home: Id<Site>,
    /// Mailbox servers of that site that hold them; `None`: all of them in turn.
    pub server: Option<Id<MailboxGroup>>,
    /// Number of mailboxes.
    pub mailboxes: u32,
    /// Where the clients sit.
    pub from: Location,
    /// Share of the clients that sit elsewhere, and where.
    pub roaming: Option<(f64, Location)>,
    /// Addresses behind which the clients at `from` stand (address translation);
    /// `None`: those of the region, or every mailbox has its own.
    pub addresses: Option<u32>,
    /// Profile of use.
    pub profile: Profile,
    /// Share of the mailboxes that are active in the simulated day, 0 to 1.
    pub concurrent: f64,
    /// Shape of the day.
    pub day: DayCurve,
    /// Protocols, in [`Protocol::ALL`] order.
    pub clients: Vec<ProtocolUse>,
    /// Figures.
    pub settings: Arc<ClientSettings>,
}

impl Population {
    /// Whether connections of Outlook and IMAP4 are there all the time, not for the
    /// working day of their mailboxes.
    #[must_use]
    pub fn always_connected(&self) -> bool {
        match self.settings.connected {
            Connected::ByCurve => !self.day.comes_and_goes(),
            Connected::WorkingDay => false,
            Connected::Always => true,
        }
    }
}

/// A custom station.
#[derive(Clone, PartialEq, Debug)]
pub struct CustomStation {
    /// Name.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// Servers that share the work round robin, each with its own queue.
    pub servers: u32,
    /// Cores of each.
    pub cores: u32,
    /// Places to wait at each; `None` is unlimited.
    pub queue_limit: Option<u32>,
    /// Service demand, ns.
    pub service: Distribution,
}

/// A custom processor-sharing link (one direction).
#[derive(Clone, PartialEq, Debug)]
pub struct CustomLink {
    /// Name.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// Bit/s.
    pub bandwidth: f64,
    /// Volume of a transfer, bits.
    pub volume: Distribution,
}

/// A custom delay without contention.
#[derive(Clone, PartialEq, Debug)]
pub struct CustomDelay {
    /// Name.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// Length, ns.
    pub span: Distribution,
}

/// One stop of a custom route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visit {
    /// A station.
    Station(Id<CustomStation>),
    /// A link.
    Link(Id<CustomLink>),
    /// A delay, so many times.
    Delay(Id<CustomDelay>, u32),
}

/// A stop and where it leads.
#[derive(Clone, PartialEq, Debug)]
pub struct RouteNode {
    /// The stop.
    pub visit: Visit,
    /// Probability and next node; `None` leaves. Sums to 1.
    pub next: Vec<(f64, Option<usize>)>,
}

/// A class of a source's sessions.
#[derive(Clone, PartialEq, Debug)]
pub struct CustomClass {
    /// Name.
    pub name: String,
    /// Probability that a session is of this class.
    pub probability: f64,
    /// Stops; empty means that a session ends where it begins.
    pub nodes: Vec<RouteNode>,
    /// Node at which it begins.
    pub entry: usize,
}

/// How a source's sessions arrive.
#[derive(Clone, PartialEq, Debug)]
pub enum Arrivals {
    /// Poisson at a constant rate, 1/s.
    Poisson {
        /// 1/s.
        rate: f64,
    },
    /// Poisson with a rate that is constant on pieces: (from, rate in 1/s), sorted; zero before the first.
    Varying(Vec<(SimTime, f64)>),
    /// So many users who think, ask, and think again; they begin by thinking.
    Closed {
        /// Number of users.
        users: u32,
        /// Think time, ns.
        think: Distribution,
    },
    /// At these instants.
    Trace(Vec<SimTime>),
}

/// A custom source of sessions of one request each.
#[derive(Clone, PartialEq, Debug)]
pub struct CustomSource {
    /// Name.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// Arrival process.
    pub arrivals: Arrivals,
    /// Classes, probabilities sum to 1.
    pub classes: Vec<CustomClass>,
    /// Attempts after the first that a session makes when it is refused or cut off.
    pub retries: u32,
    /// First wait before trying again; it doubles each time.
    pub retry_backoff: SimSpan,
}

/// A service level objective for one protocol.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Objective {
    /// 95th percentile of logon latency.
    pub logon_p95: Option<SimSpan>,
    /// 95th percentile of request latency.
    pub p95: Option<SimSpan>,
    /// Share of requests that fail.
    pub failures: Option<f64>,
}

/// The service level objectives.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Slo {
    /// By protocol.
    pub protocols: Vec<(Protocol, Objective)>,
    /// Highest mean CPU utilisation of a server group, 0 to 1.
    pub cpu: Option<f64>,
    /// Highest mean utilisation of a link direction's available bandwidth, 0 to 1.
    pub link: Option<f64>,
}

/// What an outage or a change strikes.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// A custom station.
    Station(Id<CustomStation>),
    /// Both directions of a site link.
    Link(Id<super::topology::SiteLink>),
    /// A site: its servers, its Internet pipe and the site links that end there;
    /// nothing of it answers, not even with a refusal.
    Site(Id<Site>),
    /// The Internet pipe of a site alone.
    Pipe(Id<Site>),
    /// One service on the Client Access servers of a site.
    Service(Id<Site>, Protocol),
    /// The Client Access servers of a site: all, or one by number from 0.
    Cas(Id<Site>, Option<u32>),
    /// The Mailbox servers of a site: all, or one by number from 0.
    Mailbox(Id<Site>, Option<u32>),
    /// Servers by their own name: a group with all its servers, or one by number from 0.
    Server {
        /// Client Access role.
        cas: Option<Id<super::topology::CasGroup>>,
        /// Mailbox role.
        mailbox: Option<Id<super::topology::MailboxGroup>>,
        /// Which server.
        number: Option<u32>,
    },
}

/// What happens to the work at a thing that is down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OutageEffect {
    /// What is present fails at once, arrivals are refused.
    #[default]
    Kill,
    /// Arrivals are refused, present work is served on.
    Drain,
    /// Service stops, the queue stays, work resumes where it stood.
    Hold,
}

/// When an outage happens.
#[derive(Clone, PartialEq, Debug)]
pub enum OutageTiming {
    /// Once.
    Once {
        /// Begin.
        at: SimTime,
        /// Length.
        span: SimSpan,
    },
    /// For ever.
    Periodic {
        /// First begin.
        first: SimTime,
        /// Length.
        span: SimSpan,
        /// From begin to begin.
        period: SimSpan,
    },
    /// Random up and down times, ns.
    Random {
        /// Time to failure.
        up: Distribution,
        /// Time to repair.
        down: Distribution,
    },
}

/// An outage.
#[derive(Clone, PartialEq, Debug)]
pub struct Outage {
    /// Name in results: as stated, else what it strikes.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// What it strikes.
    pub target: Target,
    /// When.
    pub timing: OutageTiming,
    /// Effect.
    pub effect: OutageEffect,
}

/// A what-if in time: the topology from an instant on.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// Name in results: as stated, else what it sets.
    pub name: String,
    /// When it takes effect.
    pub at: SimTime,
    /// The topology after it (same sites, groups, links and names in the same order).
    pub topology: super::topology::Topology,
}

impl Workload {
    /// Multiplies the load: the mailboxes of every population, the rates of open
    /// sources and the users of closed ones. Who was there before keeps their draws;
    /// traces stay as they are.
    pub fn scale(&mut self, factor: f64) {
        let times = |count: u32| (f64::from(count) * factor + 0.5) as u32;
        for population in &mut self.populations {
            population.mailboxes = times(population.mailboxes);
        }
        for source in &mut self.sources {
            match &mut source.arrivals {
                Arrivals::Poisson { rate } => *rate *= factor,
                Arrivals::Varying(pieces) => pieces.iter_mut().for_each(|(_, rate)| *rate *= factor),
                Arrivals::Closed { users, .. } => *users = times(*users),
                Arrivals::Trace(_) => {}
            }
        }
    }
}

/// All load.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Workload {
    /// Populations.
    pub populations: Vec<Population>,
    /// Custom stations.
    pub stations: Vec<CustomStation>,
    /// Custom links.
    pub links: Vec<CustomLink>,
    /// Custom delays.
    pub delays: Vec<CustomDelay>,
    /// Custom sources.
    pub sources: Vec<CustomSource>,
    /// Outages, in file order.
    pub outages: Vec<Outage>,
    /// Changes, by time.
    pub changes: Vec<Change>,
    /// Objectives.
    pub slo: Slo,
    /// What one request costs.
    pub figures: Arc<Figures>,
    /// Day of the week of the UTC date on which the measured window begins, 0 is Monday.
    pub weekday_utc: u8,
}
