//! What a recorder has recorded: totals of one replication, exact, checked and kept.
//!
//! Must not know who asked for it. Next: [`crate::store`], which writes it, and
//! [`crate::study`], which merges it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::series::UserSeries;
use super::storm;
use crate::itinerary::PARTS;
use crate::kernel::SimTime;
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::results::{CellCounts, CellKey, Copied, Flow, LateBy, Mount};
use crate::stats::histogram::Histogram;

/// What requests are late by, ns by [`LateBy`]; `u64::MAX` where there is none.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Limits {
    /// The goals.
    pub(super) goals: [u64; LateBy::ALL.len()],
    /// The lower edges of the zones below them.
    pub(super) lower_edges: [u64; LateBy::ALL.len()],
}

impl Limits {
    /// Nothing is late but what failed.
    pub(super) const NONE: Self =
        Self { goals: [u64::MAX; LateBy::ALL.len()], lower_edges: [u64::MAX; LateBy::ALL.len()] };
}

/// What is known of one cell in one replication.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CellTotals {
    pub(crate) key: CellKey,
    pub(crate) class: String,
    pub(crate) counts: CellCounts,
    /// Requests as the sessions report them: started, failed, held, held in vain (the last
    /// where rows are kept).
    pub(super) reported: [u64; 4],
    /// What requests are late by.
    pub(super) limits: Limits,
    /// Started in the window and unfinished when the recorder was closed.
    pub(super) unfinished: u64,
    pub(crate) latency: Histogram,
    pub(crate) logon: Histogram,
    pub(crate) logon_with_human: Histogram,
    pub(crate) latency_sum: u128,
    pub(crate) latency_squares: f64,
    pub(crate) parts: [u128; PARTS],
}

/// Failures of one kind at one pair of sites.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FailureTotals {
    /// User-visible requests.
    pub(crate) count: u64,
    /// Requests held open.
    pub(crate) held: u64,
    pub(crate) first: SimTime,
    pub(crate) last: SimTime,
    /// Session of the first.
    pub(crate) example: u64,
}

/// The clients of one protocol in one population, and the time that they asked in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTime {
    /// Protocol.
    pub protocol: Protocol,
    /// Index of the population.
    pub population: u32,
    /// Its clients.
    pub clients: u64,
    /// What they lost inside the window, ns.
    pub lost: u128,
}

/// Reason, protocol, entry site, mailbox site, and the incident that it is booked to.
pub(crate) type FailureKey = (Failure, Option<Protocol>, u32, u32, u32);

/// Protocol (`None`: custom sources) and population.
pub(crate) type UserKey = (Option<Protocol>, u32);

/// The class of requests ([`Opening::class`](crate::sim::Opening::class)) of these users.
pub(crate) fn class_of((protocol, population): UserKey) -> u32 {
    let protocols = Protocol::ALL.len() as u32 + 1;
    population * protocols + protocol.map_or(protocols - 1, |protocol| protocol.index() as u32)
}

/// The users of a class of requests.
pub(crate) fn users_of(class: u32) -> UserKey {
    let protocols = Protocol::ALL.len() as u32 + 1;
    (Protocol::ALL.get((class % protocols) as usize).copied(), class / protocols)
}

/// Everything recorded, for merging.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub(crate) cells: Vec<CellTotals>,
    pub(crate) flows: Vec<Flow>,
    pub(crate) series: BTreeMap<UserKey, UserSeries>,
    pub(crate) failures: BTreeMap<FailureKey, FailureTotals>,
    /// By reason and interval.
    pub(crate) failure_series: Vec<Vec<u32>>,
    pub(crate) outcome_hash: u64,
    /// Idle connections ended, by the group of servers at their end.
    pub(crate) idle: Vec<u64>,
    /// By population and protocol; nothing of custom sources.
    pub(crate) user_time: Vec<UserTime>,
    /// What followed outages and changes, where there are any.
    pub(crate) storm: Option<storm::Stormed>,
    /// Where databases came to stand, as it changed.
    pub(crate) mounts: Vec<Mount>,
    /// How far mailboxes that move were copied.
    pub(crate) copied: Vec<Copied>,
    /// Breaches of the promises above, in words; empty in a sound run.
    #[serde(skip)]
    pub violations: Vec<String>,
}

/// Breaches of C1, C3 and C4.
pub(super) fn books(
    cells: &[CellTotals],
    failures: &BTreeMap<FailureKey, FailureTotals>,
    torn: (u64, u64),
) -> Vec<String> {
    let mut violations = Vec::new();
    for cell in cells {
        let c = &cell.counts;
        let name = || describe(cell);
        if c.sessions != c.completed + c.failed_sessions + c.open || c.carried_in > c.sessions {
            violations.push(format!(
                "C1: {} sessions of {} are not {} completed + {} failed + {} open",
                c.sessions,
                name(),
                c.completed,
                c.failed_sessions,
                c.open
            ));
        }
        if c.requests != cell.latency.count() + c.failed + cell.unfinished
            || c.logons < cell.logon.count() + c.failed_logons
        {
            violations.push(format!(
                "C4: {} requests of {} are not {} completed + {} failed + {} unanswered",
                c.requests,
                name(),
                cell.latency.count(),
                c.failed,
                cell.unfinished
            ));
        }
    }
    if torn.0 > 0 {
        violations.push(format!(
            "C3: the parts of {} latencies do not add up, first in session {:016x}",
            torn.0, torn.1
        ));
    }
    let failed: u64 = cells.iter().map(|c| c.counts.failed).sum();
    let reasons: u64 = failures.values().map(|f| f.count).sum();
    if failed != reasons {
        violations.push(format!("C4: {failed} requests failed, {reasons} have a reason"));
    }
    let held: u64 = cells.iter().map(|c| c.counts.held_failed).sum();
    let reasons: u64 = failures.values().map(|f| f.held).sum();
    if held != reasons {
        violations.push(format!("C4: {held} held requests failed, {reasons} have a reason"));
    }
    violations
}

impl Recorded {
    pub(super) fn check(&mut self, torn: (u64, u64), with_rows: bool) {
        self.violations = books(&self.cells, &self.failures, torn);
        for cell in &self.cells {
            let c = &cell.counts;
            let held_failed = if with_rows { c.held_failed } else { 0 };
            let counted = [c.requests, c.failed, c.held, held_failed];
            if counted != cell.reported {
                self.violations.push(format!(
                    "C2: requests, failed, held and held in vain of {} are {counted:?} one by one and {:?} by session",
                    describe(cell),
                    cell.reported
                ));
            }
        }
    }

    /// Adds what another recorder of the same replication has recorded.
    pub fn absorb(&mut self, other: Self) {
        let mine: BTreeMap<CellKey, usize> =
            self.cells.iter().enumerate().map(|(i, cell)| (cell.key, i)).collect();
        for cell in other.cells {
            match mine.get(&cell.key) {
                Some(&i) => self.cells[i].absorb(&cell),
                None => self.cells.push(cell),
            }
        }
        self.flows.extend(other.flows);
        for (key, theirs) in other.series {
            match self.series.entry(key) {
                Entry::Occupied(mut mine) => mine.get_mut().absorb(&theirs, 0),
                Entry::Vacant(place) => {
                    place.insert(theirs);
                }
            }
        }
        for (key, totals) in other.failures {
            self.failures.entry(key).and_modify(|f| f.absorb(&totals)).or_insert(totals);
        }
        for (mine, theirs) in self.failure_series.iter_mut().zip(other.failure_series) {
            add_counts(mine, &theirs);
        }
        self.outcome_hash = self.outcome_hash.wrapping_add(other.outcome_hash);
        if self.idle.len() < other.idle.len() {
            self.idle.resize(other.idle.len(), 0);
        }
        for (mine, theirs) in self.idle.iter_mut().zip(other.idle) {
            *mine += theirs;
        }
        self.user_time.extend(other.user_time);
        self.storm = self.storm.take().or(other.storm);
        self.violations.extend(other.violations);
    }
}

impl CellTotals {
    /// A request failed, and is late by every goal.
    pub(super) fn failed(&mut self, logon: bool) {
        let counts = &mut self.counts;
        counts.failed += 1;
        let late_by = |counts: &mut CellCounts, by: LateBy| {
            counts.late[by as usize] += 1;
            counts.late_by_lower_edge[by as usize] += 1;
        };
        late_by(counts, LateBy::Request);
        if logon {
            counts.logons += 1;
            counts.failed_logons += 1;
            late_by(counts, LateBy::Logon);
            late_by(counts, LateBy::LogonWithHuman);
        }
    }

    /// A request took so long, ns, or has waited so long by now: whether it is late by its goal.
    #[inline]
    pub(super) fn took(&mut self, by: LateBy, ns: u64) -> bool {
        let late = ns > self.limits.goals[by as usize];
        self.counts.late[by as usize] += u64::from(late);
        self.counts.late_by_lower_edge[by as usize] += u64::from(ns > self.limits.lower_edges[by as usize]);
        late
    }

    /// A logon took `latency` ns, of which its user took `human`.
    pub(super) fn logged_on(&mut self, latency: u64, human: u64) {
        let system = latency - human.min(latency);
        self.counts.logons += 1;
        self.logon.record(system);
        self.logon_with_human.record(latency);
        self.took(LateBy::Logon, system);
        self.took(LateBy::LogonWithHuman, latency);
    }

    fn absorb(&mut self, other: &Self) {
        add(&mut self.counts, &other.counts);
        self.latency.merge(&other.latency);
        self.logon.merge(&other.logon);
        self.logon_with_human.merge(&other.logon_with_human);
        self.latency_sum += other.latency_sum;
        self.latency_squares += other.latency_squares;
        for (a, b) in self.parts.iter_mut().zip(other.parts) {
            *a += b;
        }
    }
}

impl FailureTotals {
    /// Adds another replication's; the example stays.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.held += other.held;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        self.held += other.held;
        if other.first < self.first {
            self.first = other.first;
            self.example = other.example;
        }
        self.last = self.last.max(other.last);
    }
}

/// Adds every count of `b` to `a`.
pub(crate) fn add(a: &mut CellCounts, b: &CellCounts) {
    // Taken apart so that a new count cannot be forgotten here.
    let CellCounts {
        sessions,
        carried_in,
        completed,
        failed_sessions,
        open,
        requests,
        failed,
        held,
        held_failed,
        logons,
        failed_logons,
        late,
        late_by_lower_edge,
        redirects,
        retries,
        idle_reconnects,
        server_hops,
        wan_hops,
        users,
        users_affected,
        hop_counts,
    } = *b;
    a.sessions += sessions;
    a.carried_in += carried_in;
    a.completed += completed;
    a.failed_sessions += failed_sessions;
    a.open += open;
    a.requests += requests;
    a.failed += failed;
    a.held += held;
    a.held_failed += held_failed;
    a.logons += logons;
    a.failed_logons += failed_logons;
    for (mine, theirs) in a.late.iter_mut().zip(late) {
        *mine += theirs;
    }
    for (mine, theirs) in a.late_by_lower_edge.iter_mut().zip(late_by_lower_edge) {
        *mine += theirs;
    }
    a.redirects += redirects;
    a.retries += retries;
    a.idle_reconnects += idle_reconnects;
    a.server_hops += server_hops;
    a.wan_hops += wan_hops;
    a.users += users;
    a.users_affected += users_affected;
    for (mine, theirs) in a.hop_counts.iter_mut().zip(hop_counts) {
        *mine += theirs;
    }
}

/// Adds counts place by place; the longer one decides the length.
pub(crate) fn add_counts(mine: &mut Vec<u32>, theirs: &[u32]) {
    if mine.len() < theirs.len() {
        mine.resize(theirs.len(), 0);
    }
    for (a, &b) in mine.iter_mut().zip(theirs) {
        *a = a.saturating_add(b);
    }
}

fn describe(cell: &CellTotals) -> String {
    let protocol = cell.key.protocol.map_or("custom", Protocol::token);
    format!(
        "{protocol} {} population {} entry {} mailbox {} {}",
        cell.class,
        cell.key.population,
        cell.key.entry_site,
        cell.key.mailbox_site,
        cell.key.decision.token()
    )
}
