//! Servers, links and their limits: rows of `servers.csv`, `links.csv` and `bottlenecks.csv`.

use serde::{Deserialize, Serialize};

use super::busiest::Busiest;
use crate::kernel::SimSpan;
use crate::stats::histogram::Histogram;

/// Kinds of limits that servers count, as columns of `servers.csv` begin.
pub mod limits {
    /// RPC/HTTP connections of Outlook Anywhere.
    pub const RPC_HTTP: &str = "rpc_http";
    /// RPC requests in work.
    pub const RPC_REQUESTS: &str = "rpc_requests";
    /// POP3 connections.
    pub const POP: &str = "pop";
    /// IMAP4 connections.
    pub const IMAP: &str = "imap";
    /// POP3 or IMAP4 connections of one address.
    pub const ADDRESS: &str = "address";
    /// POP3 or IMAP4 connections of one user.
    pub const USER: &str = "user";
    /// Ports towards one Mailbox server.
    pub const PORTS: &str = "ports";
    /// Connections to one Client Access server that is proxied to.
    pub const PROXY: &str = "proxy";
    /// Web requests in work.
    pub const IN_WORK: &str = "in_work";
    /// Requests outstanding at one back end.
    pub const BACKEND: &str = "backend";

    /// Every kind with what one of its pools counts, in the order of columns and of
    /// [`LimitKind::ALL`](super::LimitKind::ALL).
    pub const ALL: [(&str, &str); 10] = [
        (RPC_HTTP, "RPC/HTTP connections of Outlook Anywhere of one server"),
        (RPC_REQUESTS, "RPC requests in work at one server"),
        (POP, "POP3 connections of one server"),
        (IMAP, "IMAP4 connections of one server"),
        (ADDRESS, "POP3 or IMAP4 connections of one address at one server"),
        (USER, "POP3 or IMAP4 connections of one user at one server"),
        (PORTS, "TCP ports of one server towards one Mailbox server"),
        (PROXY, "connections of one server to one that it proxies to"),
        (IN_WORK, "web requests in work at one server (maxConcurrentRequestsPerCPU times cores)"),
        (BACKEND, "requests of a protocol outstanding from one server at one back end"),
    ];
}

/// Kind of a limit, as results keep it. Its token and meaning stand in [`limits::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LimitKind {
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
}

impl LimitKind {
    /// Every kind, in the order of [`limits::ALL`].
    pub const ALL: [Self; limits::ALL.len()] = [
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
    ];

    /// How its columns begin.
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
        }
    }
}

/// What became of one kind of limit at a group of servers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LimitUse {
    /// Kind.
    pub kind: LimitKind,
    /// Units of each pool; `None` is unlimited.
    pub limit: Option<u32>,
    /// Mean units in use at one pool.
    pub mean: f64,
    /// Highest number of units in use at one pool.
    pub peak: u64,
    /// Asked in vain: refused, or gave up waiting.
    pub refused: u64,
    /// Had to wait until a unit was free.
    pub waited: u64,
}

/// A row of `servers.csv`: a group of servers in one replication-averaged view.
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
    /// Busy share of a core, mean over the window, 0 to 1.
    pub utilisation_mean: f64,
    /// Highest mean over one interval, 0 to 1.
    pub utilisation_busiest_interval: f64,
    /// Busy share of a core in its busiest hour.
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
    /// Other limits in force, in the order of [`limits::ALL`].
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

/// What one replication gave for a server group.
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
}

/// What may be too small.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scarce {
    /// A server group by index into [`RunResult::servers`](super::RunResult::servers).
    Server(u32),
    /// A link direction by index into [`RunResult::links`](super::RunResult::links).
    Link(u32),
}

/// A row of `bottlenecks.csv`: how much of something is used, and could be.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bottleneck {
    /// What.
    pub scarce: Scarce,
    /// Utilisation over the window as simulated, 0 to 1.
    pub utilisation_mean: f64,
    /// The same in its busiest hour; hours count from the window's beginning.
    pub utilisation_peak: f64,
    /// When that hour began, since the window did.
    pub peak_at: SimSpan,
    /// Demand over capacity by the utilisation law, over the window; `None` where
    /// the law has none (closed sources).
    pub law_mean: Option<f64>,
    /// The same in its busiest hour.
    pub law_peak: Option<f64>,
    /// When that hour begins.
    pub law_peak_at: Option<SimSpan>,
    /// The objective for its utilisation, or 1.
    pub limit: f64,
}

impl Bottleneck {
    /// Utilisation of the busiest hour by its limit, as simulated or by the
    /// utilisation law, whichever is higher.
    #[must_use]
    pub fn strain(&self) -> f64 {
        self.utilisation_peak.max(self.law_peak.unwrap_or(0.0)) / self.limit
    }

    /// By what factor the load could grow until its busiest hour reaches the limit,
    /// by the utilisation law; `None` where nobody asks for it.
    #[must_use]
    pub fn headroom(&self) -> Option<f64> {
        self.law_peak.filter(|law| *law > 0.0).map(|law| self.limit / law)
    }
}
