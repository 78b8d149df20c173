//! The streaming recorder: drivers tell it what ended, it keeps statistics.
//!
//! Sits between [`crate::clients`] (who calls it), and [`crate::study`] (who
//! merges one recorder a replication into a [`crate::results::RunResult`]).
//! Rows of sessions go straight to a [`SessionSink`]; nothing else is kept per
//! session or per request. A driver looks a cell up once a session and then
//! records by handle, which costs some tens of nanoseconds a request.
//!
//! Promises, checked at every checkpoint of a run ([`Recorder::check`], but for C2)
//! and when the recorder is closed (a breach is a fault of casim
//! and ends the run with [`crate::study::RunError::CheckFailed`]):
//!
//! * **C1** every session that opened in the window or was carried into it
//!   completed, failed or is open;
//! * **C2** the requests and failures counted one by one are those that the
//!   sessions report, cell by cell;
//! * **C3** the parts of every latency add up to the whole, to the nanosecond;
//! * **C4** a request has a failure exactly when it failed, and each failure has
//!   one reason: the failure table adds up to the failed requests.
//!
//! Must not know how a request was served. Next: [`crate::results`].

mod flows;
mod recorded;
mod series;
pub mod storm;

use std::collections::BTreeMap;

pub(crate) use recorded::{
    CellTotals, FailureKey, FailureTotals, UserKey, add, add_counts, class_of, users_of,
};
use recorded::{Limits, books};
pub use recorded::{Recorded, UserTime};
pub(crate) use series::{Interval, UserSeries, intervals};

use crate::itinerary::{PARTS, Part};
use crate::kernel::random::{Key, Role};
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
use crate::results::{
    CellCounts, CellKey, FlowKey, LateBy, RequestRow, SessionOutcome, SessionRecord, SessionSink,
};
use crate::stats::histogram::Histogram;

/// Reasons of failure that there are.
pub(crate) const FAILURES: usize = Failure::ALL.len();

/// A user-visible request that has ended.
#[derive(Clone, Copy, Debug)]
pub struct RequestRecord<'a> {
    /// The cell it is counted in, from [`Recorder::cell`]; its session's cell.
    pub cell: u32,
    /// Session that it belongs to.
    pub session_id: u64,
    /// When the user (or device) began it; the first attempt, redirect included.
    pub started_at: SimTime,
    /// When it was answered or given up.
    pub ended_at: SimTime,
    /// `None` when it completed.
    pub failure: Option<Failure>,
    /// The outage or change that a failure is booked to, or `NONE`.
    pub incident: u32,
    /// The logon of its session.
    pub logon: bool,
    /// Held for the server's pleasure (Ping, IDLE): counted apart, no latency.
    pub held: bool,
    /// Latency by part, ns; adds up to `ended_at - started_at` unless held.
    pub parts: &'a [u64; PARTS],
}

/// Statistics of one replication.
#[derive(Debug)]
pub struct Recorder<'s> {
    /// Behind a pointer: engine, clients and recorder would be compiled anew for each kind of sink.
    sink: Box<dyn SessionSink + 's>,
    wants_rows: bool,
    wants_requests: bool,
    measured_from: SimTime,
    ends_at: SimTime,
    interval: SimSpan,
    handles: BTreeMap<CellKey, u32>,
    cells: Vec<CellTotals>,
    flows: flows::Flows,
    /// The place in `series` of each cell's users.
    series_of: Vec<u32>,
    series: Vec<(UserKey, UserSeries)>,
    failures: BTreeMap<FailureKey, FailureTotals>,
    failure_series: Vec<Vec<u32>>,
    outcome_hash: u64,
    /// Idle connections ended, by the group of servers at their end.
    idle: Vec<u64>,
    /// Latencies whose parts do not add up: how many, and the first session.
    torn: (u64, u64),
    /// By protocol, custom sources last: what requests are late by.
    limits: Vec<Limits>,
}

impl<'s> Recorder<'s> {
    /// A recorder for the window `measured_from .. ends_at` in intervals of
    /// `interval`, above zero.
    #[must_use]
    pub fn new(
        sink: Box<dyn SessionSink + 's>,
        measured_from: SimTime,
        ends_at: SimTime,
        interval: SimSpan,
    ) -> Self {
        let (wants_rows, wants_requests) = (sink.wants_rows(), sink.wants_requests());
        Self {
            sink,
            wants_rows,
            wants_requests,
            measured_from,
            ends_at,
            interval: interval.max(SimSpan(1)),
            handles: BTreeMap::new(),
            cells: Vec::new(),
            flows: flows::Flows::default(),
            series_of: Vec::new(),
            series: Vec::new(),
            failures: BTreeMap::new(),
            failure_series: vec![Vec::new(); FAILURES],
            outcome_hash: 0,
            idle: Vec::new(),
            torn: (0, 0),
            limits: vec![Limits::NONE; Protocol::ALL.len() + 1],
        }
    }

    /// Counts as late what takes longer than the goals of `slo`, and by the lower edge of its zone where
    /// it has one. Without it only what failed is.
    #[must_use]
    pub fn with_goals(mut self, slo: &Slo) -> Self {
        for (protocol, objective) in &slo.protocols {
            let goals = [objective.p95, objective.logon_p95, objective.logon_with_human_p95];
            let lower_edge = |goal: SimSpan| slo.zone.map(|zone| zone.lower_edge(goal));
            self.limits[protocol.index()] = Limits {
                goals: goals.map(|goal| goal.map_or(u64::MAX, |goal| goal.0)),
                lower_edges: goals.map(|goal| goal.and_then(lower_edge).map_or(u64::MAX, |edge| edge.0)),
            };
        }
        self
    }

    /// Start of the measured window.
    #[must_use]
    pub fn measured_from(&self) -> SimTime {
        self.measured_from
    }

    /// End of the measured window.
    #[must_use]
    pub fn ends_at(&self) -> SimTime {
        self.ends_at
    }

    /// Whether rows of sessions are kept; if not, [`Self::brief_session`] will do.
    #[must_use]
    pub fn wants_rows(&self) -> bool {
        self.wants_rows
    }

    /// Whether something that starts at `at` counts.
    #[inline]
    #[must_use]
    pub fn counts(&self, at: SimTime) -> bool {
        at >= self.measured_from && at < self.ends_at
    }

    /// The handle of the cell with this key (made on first use); `class` names
    /// the class of a custom source and is empty elsewhere.
    pub fn cell(&mut self, key: CellKey, class: &str) -> u32 {
        if let Some(&handle) = self.handles.get(&key) {
            return handle;
        }
        let handle = u32::try_from(self.cells.len()).expect("fewer than 2^32 cells");
        self.handles.insert(key, handle);
        self.cells.push(CellTotals {
            key,
            class: class.to_owned(),
            counts: CellCounts::default(),
            reported: [0; 4],
            limits: self.limits[slot(key.protocol)],
            unfinished: 0,
            latency: Histogram::new(),
            logon: Histogram::new(),
            logon_with_human: Histogram::new(),
            latency_sum: 0,
            latency_squares: 0.0,
            parts: [0; PARTS],
        });
        let users = (key.protocol, key.population);
        let known = self.series.iter().position(|(known, _)| *known == users);
        let place = known.unwrap_or_else(|| {
            let window = self.ends_at.since(self.measured_from);
            self.series.push((users, UserSeries::new(window, self.interval)));
            self.series.len() - 1
        });
        self.series_of.push(place as u32);
        handle
    }

    /// What has been counted in a cell so far.
    #[must_use]
    pub fn counts_of(&self, cell: u32) -> &CellCounts {
        &self.cells[cell as usize].counts
    }

    /// A request ended. It counts where it starts: one that began before the
    /// window or after its end is left out of the statistics.
    #[inline]
    pub fn request(&mut self, request: &RequestRecord<'_>) {
        if !self.counts(request.started_at) {
            return;
        }
        if self.wants_requests {
            self.tell(request);
        }
        let cell = &mut self.cells[request.cell as usize];
        if request.held {
            self.held(request);
            return;
        }
        let series = &mut self.series[self.series_of[request.cell as usize] as usize].1;
        let started = request.started_at.since(self.measured_from);
        let ended = request.ended_at.since(self.measured_from);
        cell.counts.requests += 1;
        series.offered(started);
        if let Some(failure) = request.failure {
            cell.failed(request.logon);
            series.failed(ended);
            let CellKey { protocol, entry_site, mailbox_site, .. } = cell.key;
            let key = (failure, protocol, entry_site, mailbox_site, request.incident);
            self.failure(key, request);
            return;
        }
        let latency = request.ended_at.since(request.started_at).0;
        let late = cell.took(LateBy::Request, latency);
        let mut whole = 0_u64;
        for (sum, &part) in cell.parts.iter_mut().zip(request.parts) {
            *sum += u128::from(part);
            whole = whole.wrapping_add(part);
        }
        if whole != latency {
            if self.torn.0 == 0 {
                self.torn.1 = request.session_id;
            }
            self.torn.0 += 1;
        }
        cell.latency.record(latency);
        cell.latency_sum += u128::from(latency);
        cell.latency_squares += latency as f64 * latency as f64;
        if request.logon {
            cell.logged_on(latency, request.parts[Part::Human as usize]);
        }
        series.completed(ended, latency, late);
    }

    #[cold]
    fn tell(&mut self, request: &RequestRecord<'_>) {
        let end = Some(request.ended_at);
        let RequestRecord { session_id, started_at: start, failure, logon, held, .. } = *request;
        let key = self.cells[request.cell as usize].key;
        let parts = *request.parts;
        self.sink.request(&RequestRow { key, session_id, start, end, failure, logon, held, parts });
    }

    /// A request held open ended: counted apart from what users see.
    fn held(&mut self, request: &RequestRecord<'_>) {
        let cell = &mut self.cells[request.cell as usize];
        match request.failure {
            None => cell.counts.held += 1,
            Some(failure) => {
                cell.counts.held_failed += 1;
                let CellKey { protocol, entry_site, mailbox_site, .. } = cell.key;
                let key = (failure, protocol, entry_site, mailbox_site, request.incident);
                self.failure(key, request);
            }
        }
    }

    fn failure(&mut self, key: FailureKey, request: &RequestRecord<'_>) {
        let at = request.ended_at;
        let totals = self.failures.entry(key).or_insert(FailureTotals {
            count: 0,
            held: 0,
            first: at,
            last: at,
            example: request.session_id,
        });
        totals.count += u64::from(!request.held);
        totals.held += u64::from(request.held);
        if at < totals.first {
            totals.first = at;
            totals.example = request.session_id;
        }
        totals.last = totals.last.max(at);
        if request.held {
            return;
        }
        let interval = (at.since(self.measured_from).0 / self.interval.0) as usize;
        let intervals = intervals(self.ends_at.since(self.measured_from), self.interval);
        let series = &mut self.failure_series[key.0 as usize];
        if series.is_empty() {
            series.resize(intervals, 0);
        }
        if let Some(count) = series.get_mut(interval) {
            *count = count.saturating_add(1);
        }
    }

    /// A request of `cell` that is still unanswered when the window ends: it was
    /// offered, and is neither completed nor failed. Held ones are not reported.
    pub fn unfinished(&mut self, cell: u32, started_at: SimTime, logon: bool) {
        if !self.counts(started_at) {
            return;
        }
        if self.wants_requests {
            let key = self.cells[cell as usize].key;
            let (session_id, parts) = (0, [0; PARTS]);
            let (end, failure, held) = (None, None, false);
            let start = started_at;
            self.sink.request(&RequestRow { key, session_id, start, end, failure, logon, held, parts });
        }
        let series = &mut self.series[self.series_of[cell as usize] as usize].1;
        series.offered(started_at.since(self.measured_from));
        let cell = &mut self.cells[cell as usize];
        cell.counts.requests += 1;
        cell.unfinished += 1;
        // How long a user took of it is known when it ends: it is late by the whole alone.
        let waited = self.ends_at.since(started_at).0;
        cell.took(LateBy::Request, waited);
        if logon {
            cell.counts.logons += 1;
            cell.took(LateBy::LogonWithHuman, waited);
        }
    }

    /// Whether a session that ran from `start` to `end` overlaps the window.
    #[inline]
    fn overlaps(&self, start: SimTime, end: SimTime) -> bool {
        start < self.ends_at && (start >= self.measured_from || end > self.measured_from)
    }

    /// A session ended, or is open at the end of the window. The row is written
    /// when the session overlaps the window.
    pub fn session(&mut self, cell: u32, record: &SessionRecord) {
        if !self.overlaps(record.start, record.end) {
            return;
        }
        let carried = record.start < self.measured_from || record.before_run > SimSpan::ZERO;
        self.count_session(cell, record.session_id, carried, record.outcome, record.failure);
        let totals = &mut self.cells[cell as usize];
        totals.reported[0] += u64::from(record.requests);
        totals.reported[1] += u64::from(record.failed_requests);
        totals.reported[2] += u64::from(record.held_requests);
        totals.reported[3] += u64::from(record.held_failed_requests);
        totals.counts.redirects += u64::from(record.redirects);
        totals.counts.retries += u64::from(record.retries);
        totals.counts.server_hops += u64::from(record.server_hops);
        totals.counts.hop_counts[record.server_hops.min(3) as usize] += 1;
        totals.counts.wan_hops += u64::from(record.wan_hops);
        if self.wants_rows {
            self.sink.session(record);
        }
    }

    /// As [`Self::session`] for a session of one request that moved over
    /// `server_hops`, where no rows are kept; the request itself is told apart.
    #[inline]
    pub fn brief_session(
        &mut self,
        cell: u32,
        session_id: u64,
        start: SimTime,
        end: SimTime,
        failure: Option<Failure>,
        server_hops: u32,
    ) {
        if !self.overlaps(start, end) {
            return;
        }
        let outcome = if failure.is_some() { SessionOutcome::Failed } else { SessionOutcome::Completed };
        let inside = start >= self.measured_from;
        self.count_session(cell, session_id, !inside, outcome, failure);
        let totals = &mut self.cells[cell as usize];
        totals.reported[0] += u64::from(inside);
        totals.reported[1] += u64::from(inside && failure.is_some());
        totals.counts.server_hops += u64::from(server_hops);
        totals.counts.hop_counts[server_hops.min(3) as usize] += 1;
    }

    #[inline]
    fn count_session(
        &mut self,
        cell: u32,
        session_id: u64,
        carried: bool,
        outcome: SessionOutcome,
        failure: Option<Failure>,
    ) {
        let counts = &mut self.cells[cell as usize].counts;
        counts.sessions += 1;
        counts.carried_in += u64::from(carried);
        match outcome {
            SessionOutcome::Completed => counts.completed += 1,
            SessionOutcome::Failed => counts.failed_sessions += 1,
            SessionOutcome::Open => counts.open += 1,
        }
        self.outcome_hash = self.outcome_hash.wrapping_add(outcome_hash(session_id, outcome, failure));
    }

    /// The handle of the flow with this key (made on first use).
    pub fn flow(&mut self, key: FlowKey) -> u32 {
        self.flows.handle(key)
    }

    /// The session that [`Self::session`] is told of went this way.
    pub fn flow_session(&mut self, flow: u32, record: &SessionRecord) {
        if self.overlaps(record.start, record.end) {
            self.flows.session(flow, record);
        }
    }

    /// So many distinct clients of `flow` had a session, of whom so many were affected by a failure.
    pub fn flow_clients(&mut self, flow: u32, clients: u64, affected: u64) {
        self.flows.clients(flow, clients, affected);
    }

    /// A connection of `cell` to the servers of `group` has been closed or forgotten
    /// because nothing was sent on it, and its client opens one in its place.
    pub fn reconnected(&mut self, cell: u32, group: usize, at: SimTime) {
        if !self.counts(at) {
            return;
        }
        self.cells[cell as usize].counts.idle_reconnects += 1;
        if self.idle.len() <= group {
            self.idle.resize(group + 1, 0);
        }
        self.idle[group] += 1;
    }

    /// So many distinct users of `cell` had a session, of whom so many were affected by a failure.
    pub fn users(&mut self, cell: u32, users: u64, affected: u64) {
        let counts = &mut self.cells[cell as usize].counts;
        counts.users += users;
        counts.users_affected += affected;
    }

    /// What the books do not agree on so far, in words: C1, C3 and C4. What sessions
    /// report (C2) is known when they end.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        books(&self.cells, &self.failures, self.torn)
    }

    /// Closes the books: everything recorded, checked against the promises of
    /// the module's head. The sink goes.
    #[must_use]
    pub fn close(self) -> Recorded {
        let mut series: BTreeMap<UserKey, UserSeries> = self.series.into_iter().collect();
        series.values_mut().for_each(UserSeries::close);
        let mut recorded = Recorded {
            flows: self.flows.into_flows(&self.cells),
            cells: self.cells,
            series,
            failures: self.failures,
            failure_series: self.failure_series,
            outcome_hash: self.outcome_hash,
            idle: self.idle,
            mounts: Vec::new(),
            copied: Vec::new(),
            user_time: Vec::new(),
            storm: None,
            violations: Vec::new(),
        };
        recorded.check(self.torn, self.wants_rows);
        recorded
    }
}

/// Place of a protocol in tables by protocol; custom sources come last.
#[inline]
fn slot(protocol: Option<Protocol>) -> usize {
    protocol.map_or(Protocol::ALL.len(), Protocol::index)
}

/// One session's share of the outcome hash; the shares are summed, so that the
/// order in which sessions end does not matter.
fn outcome_hash(session_id: u64, outcome: SessionOutcome, failure: Option<Failure>) -> u64 {
    const OUTCOME: Role = Role::new("outcome");
    let reason = failure.map_or(0, |f| f as u64 + 1);
    Key(session_id ^ OUTCOME.0).child(((outcome as u64) << 8) | reason).0
}

#[cfg(test)]
mod tests;
