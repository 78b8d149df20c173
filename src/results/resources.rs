//! Servers, links and their limits: rows of `servers.csv`, `links.csv` and `bottlenecks.csv`.

use serde::{Deserialize, Serialize};

use super::busiest::Busiest;
use super::limits;
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::stats::histogram::Histogram;

/// Kind of a limit, as results keep it. Its token and meaning stand in [`limits::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LimitKind {
    /// [`limits::QUEUE`].
    Queue,
    /// [`limits::CONNECTIONS`].
    Connections,
    /// [`limits::RPC_HTTP`].
    RpcHttp,
    /// [`limits::RPC_REQUESTS`].
    RpcRequests,
    /// [`limits::POP`].
    Pop,
    /// [`limits::IMAP`].
    Imap,
    /// [`limits::ADDRESS`].
    Address,
    /// [`limits::USER`].
    User,
    /// [`limits::PORTS`].
    Ports,
    /// [`limits::PROXY`].
    Proxy,
    /// [`limits::IN_WORK`].
    InWork,
    /// [`limits::BACKEND`].
    Backend,
    /// [`limits::TRANSLATED`].
    Translated,
}

impl LimitKind {
    /// Every kind, in the order of [`limits::ALL`].
    pub const ALL: [Self; limits::ALL.len()] = [
        Self::Queue,
        Self::Connections,
        Self::RpcHttp,
        Self::RpcRequests,
        Self::Pop,
        Self::Imap,
        Self::Address,
        Self::User,
        Self::Ports,
        Self::Proxy,
        Self::InWork,
        Self::Backend,
        Self::Translated,
    ];

    /// What one of its pools counts.
    #[must_use]
    pub fn counts(self) -> &'static str {
        limits::ALL[self as usize].1
    }

    /// The token of the `limit` column.
    #[must_use]
    pub fn token(self) -> &'static str {
        limits::ALL[self as usize].0
    }
}

/// What a group of servers is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ServerRole {
    /// Client Access servers.
    Cas,
    /// Mailbox servers.
    Mailbox,
    /// A service of Client Access servers with a queue and threads of its own.
    Service,
    /// A station of a custom workload.
    Custom,
    /// Address translation before clients: it serves nothing, and its ports are a limit.
    Translation,
    /// A publisher or balancer between the Internet and a site.
    Publisher,
    /// A host, busy with the work of the machines on it.
    Host,
}

impl ServerRole {
    /// The token of the `role` column.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Cas => "cas",
            Self::Mailbox => "mailbox",
            Self::Service => "service",
            Self::Custom => "custom",
            Self::Translation => "translation",
            Self::Publisher => "publisher",
            Self::Host => "host",
        }
    }
}

/// A row of `limits.csv`: what became of one limit at one server, or at a group of them. Of a
/// group the worst server's: means, peaks and the busiest hour are those of the server that is
/// closest to the limit; refusals and waits are sums.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LimitUse {
    /// Kind.
    pub kind: LimitKind,
    /// What tells it from others of its kind at these servers: those at the far end, what it
    /// counts alone; empty where there is one.
    pub apart: String,
    /// Units of each pool; `None` is unlimited.
    pub limit: Option<u32>,
    /// Pools at one server: one for each of what is counted apart there.
    pub pools: u64,
    /// Mean units in use at one pool.
    pub mean: f64,
    /// Highest number of units in use at one pool, of all replications.
    pub peak: u64,
    /// Mean over replications of the highest number in use at one pool.
    pub peak_mean: f64,
    /// Share of the limit in use in its busiest hour, mean over the pools of one server; `None`
    /// where unlimited.
    pub busiest_hour: Option<Busiest>,
    /// Asked in vain: refused, or gave up waiting. Over all replications.
    pub refused: u64,
    /// Had to wait until a unit was free. Over all replications.
    pub waited: u64,
}

impl LimitUse {
    /// Highest share of the limit in use, mean over replications; `None` where unlimited.
    #[must_use]
    pub fn share_at_peak(&self) -> Option<f64> {
        self.limit.filter(|limit| *limit > 0).map(|limit| self.peak_mean / f64::from(limit))
    }

    /// How close the limit came, 0 to 1: in its busiest hour where sessions hold it, at the
    /// peak where requests do, who are refused in a burst.
    #[must_use]
    pub fn closest(&self) -> f64 {
        let hour = self.busiest_hour.as_ref().map_or(0.0, |hour| hour.mean);
        hour.max(self.share_at_peak().unwrap_or(0.0))
    }
}

/// A row of `servers.csv`: a group of servers, or one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerRow {
    /// Group name.
    pub name: String,
    /// What they are.
    pub role: ServerRole,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE).
    pub site: u32,
    /// Servers in the group.
    pub servers: u32,
    /// Cores of each.
    pub cores: u32,
    /// Each of them, in order; empty for one server's own row.
    pub each: Vec<Self>,
    /// A balancer tells clients by their source address, and each reaches one server alone, or
    /// ActiveSync of 2007 is proxied to the first of them alone: work is spread unevenly, and the
    /// busiest server counts.
    pub uneven: bool,
    /// Busy share of a core, mean over the window and all servers, up or not; 0 to 1.
    pub utilisation_mean: f64,
    /// Highest mean over one interval of the busy share of the cores that were up, 0 to 1.
    pub utilisation_busiest_interval: f64,
    /// Busy share of the cores that were up, in its busiest hour.
    pub busiest_hour: Busiest,
    /// Mean of the number waiting at one server.
    pub queue_mean: f64,
    /// Highest number waiting at one server.
    pub queue_max: u64,
    /// Mean of held connections of one server.
    pub connections_mean: f64,
    /// Highest number of held connections of one server.
    pub connections_peak: u64,
    /// Requests that arrived.
    pub arrivals: u64,
    /// Refused by the queue limit.
    pub rejected: u64,
    /// Refused by the connection limit.
    pub rejected_connections: u64,
    /// Places to wait at each server; `None` is unlimited.
    pub queue_limit: Option<u32>,
    /// Requests that each server takes at once; `None` is unlimited.
    pub connection_limit: Option<u32>,
    /// Limits in force, in the order of [`limits::ALL`]: that of the queue and of connections
    /// where there is one, the others where somebody meets them.
    pub limits: Vec<LimitUse>,
    /// Connections to these servers that an idle time-out ended and clients opened again.
    pub idle_reconnects: u64,
    /// Mean wait of accepted requests, ns.
    pub wait_mean: f64,
    /// Mean service demand, ns.
    pub service_mean: f64,
    /// Mean number present (waiting and in service) at the group.
    pub number_mean: f64,
    /// Distribution of waiting times over accepted requests, ns, where kept.
    pub wait: Option<Histogram>,
    /// Distribution of wait plus service, ns, where kept.
    pub sojourn: Option<Histogram>,
    /// Offered as much as it can do, or more, over the whole window, with no limit of
    /// its queue: its means grow with the window, and none of them is shown.
    pub growing: bool,
    /// By replication: utilisation, wait mean (ns), number mean, arrivals, rejected.
    pub replications: Vec<ServerReplication>,
}

impl ServerRow {
    /// The row of the group, and those of its servers.
    pub fn rows(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.each)
    }

    /// The busiest hour by which these servers are judged: that of the busiest of them where
    /// work is spread unevenly, else of all together.
    #[must_use]
    pub fn judged_hour(&self) -> &Busiest {
        let all = std::iter::once(&self.busiest_hour).chain(self.each.iter().map(|row| &row.busiest_hour));
        let busiest = all.reduce(|best, hour| if hour.mean > best.mean { hour } else { best });
        busiest.filter(|_| self.uneven).unwrap_or(&self.busiest_hour)
    }

    /// The mean of those by which these servers are judged, as [`Self::judged_hour`].
    #[must_use]
    pub fn judged_mean(&self) -> f64 {
        let busiest = self.each.iter().map(|row| row.utilisation_mean).reduce(f64::max);
        busiest.filter(|_| self.uneven).unwrap_or(self.utilisation_mean)
    }
}

/// What one replication gave for a server group, or a server.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerReplication {
    /// Busy share of a core.
    pub utilisation: f64,
    /// Mean wait of accepted requests, ns.
    pub wait_mean: f64,
    /// Standard deviation of the wait, ns.
    pub wait_std: f64,
    /// Share of accepted requests that waited.
    pub prob_wait: f64,
    /// Mean of wait plus service, ns.
    pub sojourn_mean: f64,
    /// Standard deviation of wait plus service, ns.
    pub sojourn_std: f64,
    /// 50th, 95th, 99th percentile of the wait, ns, where kept.
    pub wait_percentiles: [Option<u64>; 3],
    /// 50th, 95th, 99th percentile of wait plus service, ns, where kept.
    pub sojourn_percentiles: [Option<u64>; 3],
    /// Mean number present.
    pub number_mean: f64,
    /// Arrivals offered.
    pub arrivals: u64,
    /// Refused by the queue limit.
    pub rejected: u64,
    /// Departures after service.
    pub completed: u64,
    /// Killed by an outage: present, or holding a connection.
    pub killed: u64,
    /// Turned away while down, before they had a connection or after.
    pub refused_down: u64,
    /// Share of time not down.
    pub availability: f64,
}

/// A row of `links.csv`: one direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LinkRow {
    /// `Amsterdam>Boston`, `Internet>Amsterdam`, or a custom link's name.
    pub name: String,
    /// Bit/s available to this traffic.
    pub bandwidth: f64,
    /// What kind of link, where it begins and ends, and how long a bit takes.
    pub ends: LinkEnds,
    /// Raw bit/s of the direction.
    pub raw_bandwidth: f64,
    /// Index of the row of the other direction, of a link that has two.
    pub reverse: Option<u32>,
    /// Busy share of the available bandwidth, mean over the window.
    pub utilisation_mean: f64,
    /// Highest mean over one interval.
    pub utilisation_busiest_interval: f64,
    /// Busy share of the available bandwidth in its busiest hour.
    pub busiest_hour: Busiest,
    /// Bits offered in the window.
    pub offered_bits: f64,
    /// Bits carried in the window.
    pub carried_bits: f64,
    /// Transfers begun in the window.
    pub transfers: u64,
    /// Mean number of concurrent transfers.
    pub number_mean: f64,
    /// Highest number of concurrent transfers.
    pub number_max: u64,
    /// Mean time of a transfer, ns.
    pub transfer_mean: f64,
    /// As for a group of servers: offered as much as it can carry, or more.
    pub growing: bool,
    /// By replication.
    pub replications: Vec<LinkReplication>,
}

/// What one replication gave for a link direction.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LinkReplication {
    /// Busy share of the available bandwidth.
    pub utilisation: f64,
    /// Mean time of a transfer, ns.
    pub sojourn_mean: f64,
    /// Standard deviation of it, ns.
    pub sojourn_std: f64,
    /// Mean of transfer time divided by the time it would take alone.
    pub slowdown_mean: f64,
    /// Mean number of concurrent transfers.
    pub number_mean: f64,
    /// Carried bit/s.
    pub goodput: f64,
    /// Completed transfers.
    pub completed: u64,
    /// Highest number of concurrent transfers.
    pub number_max: u64,
}

/// What kind of link a direction belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum LinkKind {
    /// A link of the scenario between two sites.
    Wan,
    /// A site's way to the Internet.
    Internet,
    /// A link of the user's own network of queues.
    #[default]
    Custom,
}

/// Where a link direction begins and ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LinkEnds {
    /// What kind of link.
    pub kind: LinkKind,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE): the
    /// Internet, or nowhere of a custom link.
    pub from: u32,
    /// The same of its other end.
    pub to: u32,
    /// One-way latency, ns; `None` for a custom link, where delays stand beside it.
    pub latency: Option<u64>,
}

impl Default for LinkEnds {
    fn default() -> Self {
        Self { kind: LinkKind::Custom, from: super::NONE, to: super::NONE, latency: None }
    }
}

/// What the users of a protocol in a population asked of a link direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LinkUse {
    /// Index into [`RunResult::links`](super::RunResult::links).
    pub link: u32,
    /// `None` for custom sources.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::populations`](super::Names::populations).
    pub population: u32,
    /// Bits of transfers that began in the window, over all replications.
    pub bits: u64,
}

/// What may be too small.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scarce {
    /// A server group by index into [`RunResult::servers`](super::RunResult::servers).
    Server(u32),
    /// A link direction by index into [`RunResult::links`](super::RunResult::links).
    Link(u32),
    /// A limit: index of the server group, and place among [`ServerRow::limits`].
    Limit(u32, u32),
}

/// A row of `bottlenecks.csv`: how much of something is used, and could be. Of a limit it is
/// the share of its units in use.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bottleneck {
    /// What.
    pub scarce: Scarce,
    /// Share used over the window as simulated, 0 to 1.
    pub utilisation_mean: f64,
    /// The same in its busiest hour: of servers to which clients hash, of the busiest of them.
    pub utilisation_peak: f64,
    /// Half-width of its 95 % interval; `None` for one replication.
    pub peak_half_width: Option<f64>,
    /// When that hour began, since the window did.
    pub peak_at: SimSpan,
    /// Of a limit, the highest share in use at once, mean over replications.
    pub at_once: Option<f64>,
    /// Of a limit, asked in vain, over all replications.
    pub refused: u64,
    /// Demand over capacity by the utilisation law, over the window; `None` where
    /// the law has none (closed sources).
    pub law_mean: Option<f64>,
    /// The same in the hour of [`Self::utilisation_peak`].
    pub law_same_hour: Option<f64>,
    /// The same in the busiest hour by the law, which is another where more is asked for than
    /// can be done.
    pub law_peak: Option<f64>,
    /// When that hour begins.
    pub law_peak_at: Option<SimSpan>,
    /// The objective for its utilisation, or 1.
    pub limit: f64,
    /// By what factor the load can grow until it reaches the limit, by the law; `None` where
    /// the law has none. Of limits that are met in bursts, until a burst reaches it now and then; infinite of those of one
    /// user, whatever the number of users.
    pub law_growth: Option<f64>,
}

impl Bottleneck {
    /// Share of the busiest hour by its limit, as simulated or by the utilisation law, or of a
    /// limit the highest at once: whichever is highest.
    #[must_use]
    pub fn strain(&self) -> f64 {
        self.used().max(self.law_peak.unwrap_or(0.0)) / self.limit
    }

    /// Whether [`Self::strain`] is what the law says, which is more than was seen.
    #[must_use]
    pub fn is_by_law(&self) -> bool {
        self.law_peak.unwrap_or(0.0) > self.used()
    }

    /// The highest share that was seen, in an hour or of a limit at once.
    fn used(&self) -> f64 {
        self.utilisation_peak.max(self.at_once.unwrap_or(0.0))
    }

    /// By what factor the load could grow until it reaches its limit: by the law, and no further
    /// than what was simulated allows. `None` where nobody asks for it, and where the law has
    /// none.
    #[must_use]
    pub fn headroom(&self) -> Option<f64> {
        let used = self.used();
        let seen = if used > 0.0 { self.limit / used } else { f64::INFINITY };
        let is_limit = matches!(self.scarce, Scarce::Limit(..));
        match self.law_growth {
            Some(f64::INFINITY) => None,
            Some(growth) => Some(growth.min(seen)),
            None => Some(seen).filter(|seen| is_limit && seen.is_finite()),
        }
    }

    /// Half-width of the 95 % interval of [`Self::headroom`], as far as the spread between
    /// replications tells; `None` for one replication, and where what is used may be next to
    /// nothing, so that the factor has no upper end.
    #[must_use]
    pub fn headroom_half_width(&self) -> Option<f64> {
        let half = self.peak_half_width.filter(|half| *half < self.utilisation_peak)?;
        self.headroom().map(|factor| factor * half / self.utilisation_peak)
    }
}
