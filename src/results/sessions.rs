//! Sessions, one by one: what `sessions.csv` has a row of, and who takes the rows.
//!
//! Must not know what a row looks like in a file. Next: [`super::cells`], where they are counted.

use super::cells::CellKey;
use crate::itinerary::PARTS;
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::{Decision, Failure, Mechanism};
use crate::model::protocol::Protocol;

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
    /// Index into [`Names::populations`](super::Names::populations).
    pub population: u32,
    /// Index into [`Names::locations`](super::Names::locations), or [`NONE`](super::NONE).
    pub client_location: u32,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE).
    pub mailbox_site: u32,
    /// Index into [`Names::sites`](super::Names::sites), or [`NONE`](super::NONE).
    pub entry_site: u32,
    /// Index into [`Names::sites`](super::Names::sites): where the session was served in the end; [`NONE`](super::NONE) when refused.
    pub serving_site: u32,
    /// Index into [`Names::servers`](super::Names::servers), or [`NONE`](super::NONE).
    pub entry_server: u32,
    /// Index into [`Names::servers`](super::Names::servers), or [`NONE`](super::NONE).
    pub serving_server: u32,
    /// Index into [`Names::namespaces`](super::Names::namespaces), or [`NONE`](super::NONE).
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
    /// Held requests (Ping, IDLE, PendingRequest) that ended well, counted apart.
    pub held_requests: u32,
    /// Held requests that failed, counted apart; 0 where no rows are kept.
    pub held_failed_requests: u32,
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
    /// The system's share of the latency of the logon, until the first page or reply; `None`
    /// where it has not been seen.
    pub logon_latency: Option<SimSpan>,
    /// The user's share of it: following a link, logging on again. Zero elsewhere.
    pub logon_human: SimSpan,
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

/// One request that began in the window: for whoever wants to count again what is counted.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct RequestRow {
    /// Where it is counted.
    pub key: CellKey,
    /// Session that it belongs to.
    pub session_id: u64,
    /// When it began.
    pub start: SimTime,
    /// When it was answered or given up; `None` where it is unanswered at the end of the window.
    pub end: Option<SimTime>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// The logon of its session.
    pub logon: bool,
    /// Held open (Ping, IDLE, PendingRequest).
    pub held: bool,
    /// Latency by part, ns; of completed ones that were not held.
    pub parts: [u64; PARTS],
}

/// Takes the rows of `sessions.csv` as they come, in the run's order.
pub trait SessionSink {
    /// One session that has ended or is open at the end.
    fn session(&mut self, record: &SessionRecord);

    /// Whether rows are wanted at all; a driver may then save making them.
    fn wants_rows(&self) -> bool {
        true
    }

    /// One request that has ended, or is unanswered at the end; told where wanted.
    fn request(&mut self, row: &RequestRow) {
        let _ = row;
    }

    /// Whether requests are wanted one by one.
    fn wants_requests(&self) -> bool {
        false
    }
}

impl std::fmt::Debug for dyn SessionSink + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSink")
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

    fn request(&mut self, row: &RequestRow) {
        self.borrow_mut().request(row);
    }

    fn wants_requests(&self) -> bool {
        self.borrow().wants_requests()
    }
}

/// Why a sink could not be made: the disk, as a rule.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Where the rows of sessions go, replication by replication.
pub trait Sessions: Sync {
    /// Takes the rows of one replication.
    type Sink: SessionSink + Send;

    /// The sink of a replication, made on the thread that plays it, before its first event.
    ///
    /// # Errors
    /// Where it cannot be made. The replications under way then stop.
    fn open(&self, replication: u32) -> Result<Self::Sink, SinkError>;

    /// Takes a sink back, in the order of the replications.
    fn close(&mut self, replication: u32, sink: Self::Sink) {
        let _ = (replication, sink);
    }
}

impl Sessions for NoSessions {
    type Sink = Self;

    fn open(&self, _: u32) -> Result<Self, SinkError> {
        Ok(Self)
    }
}

/// Keeps every row, in the order of the replications.
impl Sessions for Vec<SessionRecord> {
    type Sink = Self;

    fn open(&self, _: u32) -> Result<Self, SinkError> {
        Ok(Self::new())
    }

    fn close(&mut self, _: u32, mut sink: Self) {
        self.append(&mut sink);
    }
}

impl SessionSink for Vec<SessionRecord> {
    fn session(&mut self, record: &SessionRecord) {
        self.push(*record);
    }
}
