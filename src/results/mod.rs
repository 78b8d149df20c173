//! What a run yields: the wall between simulating and presenting.
//!
//! Plain data with the names it needs, so that [`crate::output`] sees neither the
//! scenario nor the engine. Times in ns unless a name says otherwise.

pub mod objectives;

use crate::itinerary::PARTS;
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::{Decision, Failure, Mechanism};
use crate::model::protocol::Protocol;
use crate::stats::histogram::Histogram;

/// No site, server or namespace.
pub const NONE: u32 = u32::MAX;

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

    /// Every kind with what one of its pools counts, in the order of columns.
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

/// What became of one kind of limit at a group of servers.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitUse {
    /// Kind, of [`limits::ALL`].
    pub kind: &'static str,
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

/// Names behind the indices of records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    /// Populations, then custom sources.
    pub populations: Vec<String>,
    /// Sites.
    pub sites: Vec<String>,
    /// Client locations: sites, then regions.
    pub locations: Vec<String>,
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Servers: one name a station of the engine.
    pub servers: Vec<String>,
    /// Mailboxes (or users of a closed source) of each population.
    pub mailboxes: Vec<u32>,
}

/// How a session stood at the end of the window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum SessionOutcome {
    /// Ended as its client wanted.
    Completed,
    /// Ended by a failure.
    Failed,
    /// Still running at the end of the window.
    Open,
}

impl SessionOutcome {
    /// The token of the `outcome` column.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Open => "open",
        }
    }
}

/// One session that overlaps the measured window.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SessionRecord {
    /// Hash of the session's name; the same whatever else the scenario holds.
    pub session_id: u64,
    /// Replication, from 0.
    pub replication: u32,
    /// `None` for custom sources.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::populations`].
    pub population: u32,
    /// Index into [`Names::locations`], or [`NONE`].
    pub client_location: u32,
    /// Index into [`Names::sites`], or [`NONE`].
    pub mailbox_site: u32,
    /// Index into [`Names::sites`], or [`NONE`].
    pub entry_site: u32,
    /// Index into [`Names::sites`]: where the session was served in the end; [`NONE`] when refused.
    pub serving_site: u32,
    /// Index into [`Names::servers`], or [`NONE`].
    pub entry_server: u32,
    /// Index into [`Names::servers`], or [`NONE`].
    pub serving_server: u32,
    /// Index into [`Names::namespaces`], or [`NONE`].
    pub namespace: u32,
    /// First decision.
    pub decision: Decision,
    /// Its mechanism.
    pub mechanism: Mechanism,
    /// Id of the rule that decided; empty for custom sources.
    pub rule: &'static str,
    /// User-visible requests that started inside the measured window.
    pub requests: u32,
    /// Of those, how many failed.
    pub failed_requests: u32,
    /// Held requests (Ping, IDLE, PendingRequest), counted apart.
    pub held_requests: u32,
    /// Redirects followed.
    pub redirects: u32,
    /// Server-to-server moves of the steady-state request.
    pub server_hops: u32,
    /// Site links crossed between servers.
    pub wan_hops: u32,
    /// Site links between the client and the entry server.
    pub client_wan_hops: u32,
    /// Begin; before the window for a session that was carried in.
    pub start: SimTime,
    /// Whether it was running when the window (or the run) began.
    pub carried_in: bool,
    /// Began before the run did: how long before its start at [`SimTime::ZERO`].
    pub before_run: SimSpan,
    /// End, or the end of the window for an open one.
    pub end: SimTime,
    /// Latency of the logon until the first page or reply; `None` where it has not been seen.
    pub logon_latency: Option<SimSpan>,
    /// Sum of the latencies of completed requests, ns.
    pub latency_sum: u64,
    /// Completed requests in that sum.
    pub latency_count: u32,
    /// Largest latency.
    pub latency_max: SimSpan,
    /// Attempts after the first, of any request.
    pub retries: u32,
    /// How it ended.
    pub outcome: SessionOutcome,
    /// Why, when it failed.
    pub failure: Option<Failure>,
}

/// Takes the rows of `sessions.csv` as they come, in the run's order.
pub trait SessionSink {
    /// One session that has ended or is open at the end.
    fn session(&mut self, record: &SessionRecord);

    /// Whether rows are wanted at all; a driver may then save making them.
    fn wants_rows(&self) -> bool {
        true
    }
}

/// A sink that keeps nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoSessions;

impl SessionSink for NoSessions {
    fn session(&mut self, _: &SessionRecord) {}

    fn wants_rows(&self) -> bool {
        false
    }
}

/// `None` keeps nothing.
impl<S: SessionSink> SessionSink for Option<S> {
    fn session(&mut self, record: &SessionRecord) {
        if let Some(sink) = self {
            sink.session(record);
        }
    }

    fn wants_rows(&self) -> bool {
        self.as_ref().is_some_and(SessionSink::wants_rows)
    }
}

/// Drivers of one replication share one sink.
impl<S: SessionSink> SessionSink for std::rc::Rc<std::cell::RefCell<S>> {
    fn session(&mut self, record: &SessionRecord) {
        self.borrow_mut().session(record);
    }

    fn wants_rows(&self) -> bool {
        self.borrow().wants_rows()
    }
}

impl SessionSink for Vec<SessionRecord> {
    fn session(&mut self, record: &SessionRecord) {
        self.push(*record);
    }
}

/// Key of a row of `summary.csv`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CellKey {
    /// `None` for custom sources.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::populations`].
    pub population: u32,
    /// Index into [`Names::sites`], or [`NONE`].
    pub entry_site: u32,
    /// Index into [`Names::sites`], or [`NONE`].
    pub mailbox_site: u32,
    /// Decision; of a custom source the class is told apart by `class`.
    pub decision: Decision,
    /// Class of a custom source's sessions, 0 elsewhere.
    pub class: u32,
}

/// Counts of one cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CellCounts {
    /// Sessions that overlap the window.
    pub sessions: u64,
    /// Of these, running when it began.
    pub carried_in: u64,
    /// Completed.
    pub completed: u64,
    /// Failed.
    pub failed_sessions: u64,
    /// Open at the end.
    pub open: u64,
    /// User-visible requests that started in the window.
    pub requests: u64,
    /// Of these, failed.
    pub failed: u64,
    /// Held requests.
    pub held: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Connections opened again because an idle time-out had ended them.
    pub idle_reconnects: u64,
    /// Sum over sessions of server hops.
    pub server_hops: u64,
    /// Sum over sessions of WAN hops.
    pub wan_hops: u64,
    /// Distinct users (clients) with a session.
    pub users: u64,
    /// Of these, with a failed session or request.
    pub users_affected: u64,
    /// Sessions with 0, 1, 2, and 3 or more server hops.
    pub hop_counts: [u64; 4],
}

/// What one replication gave for a cell: the unit of every interval.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct CellReplication {
    /// Completed requests.
    pub completed: u64,
    /// Started requests.
    pub requests: u64,
    /// Failed requests.
    pub failed: u64,
    /// Sum of latencies, ns.
    pub latency_sum: u128,
    /// Sum of squares of latencies, ns^2.
    pub latency_squares: f64,
    /// 50th, 95th and 99th percentile of latency, ns; `None` where the sample is too small.
    pub percentiles: [Option<u64>; 3],
    /// Sessions.
    pub sessions: u64,
    /// Sum of server hops.
    pub server_hops: u64,
    /// Sum of WAN hops.
    pub wan_hops: u64,
}

/// One row of `summary.csv` before it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Key.
    pub key: CellKey,
    /// Name of the class of a custom source; empty elsewhere.
    pub class: String,
    /// Counts over all replications.
    pub counts: CellCounts,
    /// Latency of completed requests, ns, over all replications.
    pub latency: Histogram,
    /// Latency of logons, ns, over all replications.
    pub logon: Histogram,
    /// Parts of the latency summed over completed requests, ns.
    pub parts: [u128; PARTS],
    /// By replication, in order.
    pub replications: Vec<CellReplication>,
}

/// The users of one protocol in one population, whatever their entry and decision:
/// the unit by which service level objectives are judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Users {
    /// `None` for custom sources.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::populations`].
    pub population: u32,
    /// By replication, in order.
    pub replications: Vec<UserReplication>,
}

/// What one replication gave for [`Users`].
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct UserReplication {
    /// Started requests.
    pub requests: u64,
    /// Failed requests.
    pub failed: u64,
    /// Completed requests.
    pub completed: u64,
    /// Sum of their latencies, ns.
    pub latency_sum: u128,
    /// 50th, 95th and 99th percentile of latency, ns; `None` where the sample is too small.
    pub percentiles: [Option<u64>; 3],
    /// The same of logons.
    pub logon_percentiles: [Option<u64>; 3],
    /// 95th percentiles, ns, of requests and of logons where one that failed counts as
    /// later than any ([`percentile_with_lost`](crate::stats::percentile_with_lost)).
    pub late_p95: [Option<f64>; 2],
}

/// A row of `servers.csv`: a group of servers in one replication-averaged view.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerRow {
    /// Group name.
    pub name: String,
    /// `cas`, `mailbox` or `custom`.
    pub role: &'static str,
    /// Index into [`Names::sites`], or [`NONE`].
    pub site: u32,
    /// Servers in the group.
    pub servers: u32,
    /// Cores of each.
    pub cores: u32,
    /// Busy share of a core, mean over the window, 0 to 1.
    pub utilisation_mean: f64,
    /// Highest mean over one interval, 0 to 1.
    pub utilisation_peak: f64,
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
#[derive(Clone, Copy, Debug, PartialEq, Default)]
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
#[derive(Clone, Debug, PartialEq)]
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
    pub utilisation_peak: f64,
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
#[derive(Clone, Copy, Debug, PartialEq, Default)]
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

/// What a value of the time series is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SeriesKey {
    /// A protocol (`None`: custom sources).
    Protocol(Option<Protocol>),
    /// A server group by index into [`RunResult::servers`].
    Server(u32),
    /// A link direction by index into [`RunResult::links`].
    Link(u32),
    /// A failure reason by its token.
    Failure(&'static str),
}

/// One interval of one key. What does not apply is `None`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SeriesPoint {
    /// Requests that started (protocol), transfers begun (link), arrivals (server).
    pub offered: Option<f64>,
    /// Requests that completed.
    pub completed: Option<f64>,
    /// Requests that failed; failures of the reason.
    pub failed: Option<f64>,
    /// 95th percentile of latency, ns, of requests that ended in the interval;
    /// `None` when fewer than 20 did.
    pub p95: Option<f64>,
    /// Utilisation, 0 to 1.
    pub utilisation: Option<f64>,
    /// Mean number waiting (server) or transferring (link).
    pub queue: Option<f64>,
    /// Mean connections held.
    pub connections: Option<f64>,
}

/// One key over all intervals of the measured window; values are means over the
/// replications (p95: of the pooled sample).
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// What it is about.
    pub key: SeriesKey,
    /// One point an interval.
    pub points: Vec<SeriesPoint>,
}

/// A row of `failures.csv`.
#[derive(Clone, PartialEq, Debug)]
pub struct FailureRow {
    /// Reason.
    pub failure: Failure,
    /// Protocol.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::sites`], or [`NONE`].
    pub entry_site: u32,
    /// Index into [`Names::sites`], or [`NONE`].
    pub mailbox_site: u32,
    /// Failed requests.
    pub count: u64,
    /// First, since the window began.
    pub first: SimSpan,
    /// Last.
    pub last: SimSpan,
    /// A session that it happened to.
    pub example: u64,
}

/// One figure whose precision is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// In words: `p95 of owa, Boston staff`.
    pub name: String,
    /// Estimate: ns, or a share of 1.
    pub estimate: f64,
    /// Half-width of the 95 % interval divided by the estimate; infinite where
    /// nothing can be said.
    pub relative: f64,
}

impl Goal {
    /// Whether more replications cannot tell it: each is too short for the percentile,
    /// or too much failed in one for the percentile to have a value.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        !self.estimate.is_finite()
    }
}

/// How far a search for precision came.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// Largest relative half-width asked for, 0.02 for 2 %.
    pub asked: f64,
    /// Replications at most.
    pub limit: u32,
    /// Replications that were needed, or played until the limit.
    pub replications: u32,
    /// Whether every goal is as precise as asked.
    pub reached: bool,
    /// A goal that more replications cannot tell, else that with the widest interval;
    /// `None` when there is none to judge.
    pub hardest: Option<Goal>,
}

/// What pilot replications say of the warm-up of a steady-state run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warmup {
    /// How long to let the run warm up.
    pub span: SimSpan,
    /// False when the cut falls into the last half: the run is too short to be
    /// called steady. False as well where no cut was found.
    pub steady: bool,
    /// Mean of the stretches' mean latencies without a cut, ns; 0 where next to nothing
    /// completed.
    pub before: f64,
    /// The same after the cut, ns.
    pub after: f64,
    /// Pilots played; 0 where the load is more than can be served, so that there is
    /// nothing to look for.
    pub pilots: u32,
    /// Relative deviation of the second half of their series: large when the most
    /// pilots were not enough to tell a warm-up from noise.
    pub noise: f64,
}

/// Reasons of failure that are told apart around an outage.
pub const STORM_REASONS: usize = 7;

/// Their tokens; the last stands for all others.
pub const STORM_REASON_TOKENS: [&str; STORM_REASONS] =
    ["server_down", "link_down", "timed_out", "queue_full", "connection_limit", "redirect_loop", "other"];

/// An outage or a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incident {
    /// Its name.
    pub name: String,
    /// `outage` or `change`.
    pub kind: &'static str,
}

/// How one protocol of one population (or all together) came through an incident, in
/// one replication. Rates in 1/s. Of an outage that comes again, rates and recovery
/// are those of its first time in the window, the rest of all times.
#[derive(Clone, PartialEq, Debug)]
pub struct StormReplication {
    /// Begin, since the run began.
    pub begin: SimSpan,
    /// End; of a change its begin.
    pub end: SimSpan,
    /// Mean rate of attempts in the time before; `None` at the window's beginning.
    pub normal_rate: Option<f64>,
    /// Highest rate of attempts in a bin from the begin on.
    pub peak_rate: f64,
    /// When that bin began, after the incident did.
    pub peak_at: SimSpan,
    /// Highest rate of attempts in a bin from the end on.
    pub peak_after_end: f64,
    /// Mean rate of connections opened in the time before.
    pub normal_connections: Option<f64>,
    /// Highest rate of connections opened in a bin from the begin on.
    pub peak_connections: f64,
    /// Latency beyond which an answer was late, ns.
    pub threshold: Option<u64>,
    /// Time from the end until users are well served again, ns; `None` when that
    /// does not happen, or is not judged.
    pub recovery: Option<u64>,
    /// Whether there were enough requests and a threshold to judge by.
    pub judged: bool,
    /// Distinct clients that were cut off.
    pub clients: u64,
    /// Sum of the times that they were, ns.
    pub cut_span: u128,
    /// Longest of these times, ns.
    pub longest: u64,
    /// Clients that are still cut off at the end.
    pub still: u64,
    /// Clients that gave up: they asked no more until they would have asked anyway.
    pub gave_up: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Failed requests.
    pub failed: u64,
    /// Failed requests by [`STORM_REASON_TOKENS`].
    pub reasons: [u64; STORM_REASONS],
}

/// A row of `outages.csv` before it is written.
#[derive(Clone, PartialEq, Debug)]
pub struct StormRow {
    /// Index into [`Storms::incidents`].
    pub incident: u32,
    /// Protocol; `None` for all together.
    pub protocol: Option<Protocol>,
    /// Index into [`Names::populations`]; [`NONE`] for all together.
    pub population: u32,
    /// By replication, in order; `None` where the incident did not happen in the window.
    pub replications: Vec<Option<StormReplication>>,
}

/// One protocol around the incidents, bin by bin of the whole run; means over the
/// replications.
#[derive(Clone, PartialEq, Debug)]
pub struct StormSeries {
    /// Protocol.
    pub protocol: Protocol,
    /// Attempts that go out, 1/s.
    pub arrivals: Vec<f64>,
    /// 95th percentile of latency, ns; of several populations that of the slowest.
    pub p95: Vec<Option<f64>>,
}

/// What followed outages and changes; empty where there are none.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Storms {
    /// Length of a bin.
    pub interval: SimSpan,
    /// Outages in file order, then changes by time.
    pub incidents: Vec<Incident>,
    /// Mean number of times that each happened in the window.
    pub times: Vec<f64>,
    /// By incident, then protocol and population, all together last.
    pub rows: Vec<StormRow>,
    /// By protocol.
    pub series: Vec<StormSeries>,
}

/// What may be too small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scarce {
    /// A server group by index into [`RunResult::servers`].
    Server(u32),
    /// A link direction by index into [`RunResult::links`].
    Link(u32),
}

/// A row of `bottlenecks.csv`: how much of something is used, and could be.
#[derive(Clone, Copy, PartialEq, Debug)]
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

/// By what factor the load could grow, as simulated.
#[derive(Clone, PartialEq, Debug)]
pub struct Headroom {
    /// Highest factor at which every objective was met.
    pub met: Option<f64>,
    /// Below `missed` what is missed there sees too few requests to be judged, so that
    /// no factor can be called met.
    pub unclear: bool,
    /// Lowest factor at which one was missed.
    pub missed: Option<f64>,
    /// The objective that is missed by most there, in words.
    pub falls: Option<String>,
    /// Goals that saw too few requests to be judged at `met`, and so count as met.
    pub unjudged: usize,
    /// Objectives that are missed beside it there.
    pub others: usize,
    /// Runs that the search took.
    pub runs: u32,
}

/// The result of all replications of one scenario.
#[derive(Clone, PartialEq, Debug)]
pub struct RunResult {
    /// Names.
    pub names: Names,
    /// Replications merged.
    pub replications: u32,
    /// Length of the measured window.
    pub window: SimSpan,
    /// Warm-up before it.
    pub warmup: SimSpan,
    /// Interval of the series.
    pub interval: SimSpan,
    /// UTC time of day at which the window began, ns since midnight.
    pub window_starts_at_utc: SimSpan,
    /// Offset for display: local time of the scenario's clock minus UTC, minutes.
    pub clock_offset_minutes: i32,
    /// Events processed over all replications.
    pub events: u64,
    /// Hash over every event (time, kind, index) of every replication.
    pub trajectory_hash: u64,
    /// Hash over every session's id and outcome, independent of their order.
    pub outcome_hash: u64,
    /// Rows of `summary.csv`, by key.
    pub cells: Vec<Cell>,
    /// By protocol and population.
    pub users: Vec<Users>,
    /// Rows of `servers.csv`, in model order.
    pub servers: Vec<ServerRow>,
    /// Rows of `links.csv`, in model order.
    pub links: Vec<LinkRow>,
    /// `timeline.csv`.
    pub series: Vec<Series>,
    /// `failures.csv`.
    pub failures: Vec<FailureRow>,
    /// Of a steady-state run, the warm-up that was found.
    pub steady: Option<Warmup>,
    /// Where a precision was asked for, how far the search came.
    pub precision: Option<Reached>,
    /// `outages.csv`.
    pub storms: Storms,
    /// `bottlenecks.csv`, worst first; empty until ranked.
    pub bottlenecks: Vec<Bottleneck>,
    /// How far the load could grow, where that was simulated.
    pub headroom: Option<Headroom>,
    /// Findings about the run itself, in words.
    pub warnings: Vec<String>,
}
