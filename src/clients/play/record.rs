//! The books: what the recorder is told of requests, sessions and users, and the
//! identity S1.
//!
//! Must not decide what comes next. Next: [`crate::recorder`].

use std::collections::BTreeMap;

use super::clientele::Clientele;
use super::session::Sessions;
use crate::clients::roster::slots::{ENTRY, FIRST, TARGET};
use crate::itinerary::{PARTS, Part};
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::Failure;
use crate::recorder::{Recorded, Recorder, RequestRecord};
use crate::results::{CellKey, FlowKey, NONE, SessionOutcome, SessionRecord};
use crate::sim::Ended;

/// Sessions by fate, over the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fates {
    opened: u64,
    carried: u64,
    completed: u64,
    failed: u64,
    open: u64,
}

/// The books of one replication.
#[derive(Debug)]
pub(super) struct Books<'p> {
    recorder: Recorder<'p>,
    replication: u32,
    fates: Fates,
    /// By cohort and whether moved; [`NONE`] until used.
    cells: Vec<[u32; 2]>,
    /// The same of flows.
    flows: Vec<[u32; 2]>,
    /// Cells that clients had sessions in before they turned elsewhere: client, cell,
    /// and whether they were affected by a failure.
    visited: BTreeMap<(u32, u32), bool>,
    /// The same of flows.
    flown: BTreeMap<(u32, u32), bool>,
}

impl<'p> Books<'p> {
    pub(super) fn new(recorder: Recorder<'p>, replication: u32, cohorts: usize) -> Self {
        Self {
            recorder,
            replication,
            fates: Fates::default(),
            cells: vec![[NONE; 2]; cohorts],
            flows: vec![[NONE; 2]; cohorts],
            visited: BTreeMap::new(),
            flown: BTreeMap::new(),
        }
    }

    /// The cell of the sessions of client `c` as it is now.
    pub(super) fn cell(&mut self, who: &Clientele<'_>, c: usize) -> u32 {
        let index = who.clients[c].cohort as usize;
        let moved = usize::from(who.clients[c].moved());
        let known = self.cells[index][moved];
        if known != NONE {
            return known;
        }
        let cell = self.recorder.cell(key(who, c), "");
        self.cells[index][moved] = cell;
        cell
    }

    /// The flow of the sessions of client `c` as it is now.
    fn flow(&mut self, who: &Clientele<'_>, c: usize) -> u32 {
        let index = who.clients[c].cohort as usize;
        let moved = usize::from(who.clients[c].moved());
        let known = self.flows[index][moved];
        if known != NONE {
            return known;
        }
        let (cohort, identity) = (who.cohort(c), who.identity(c));
        let flow = self.recorder.flow(FlowKey {
            cell: key(who, c),
            client_location: cohort.location_index,
            namespace: cohort.namespace,
            mechanism: identity.mechanism,
            serving_site: if cohort.refused.is_some() { NONE } else { identity.serving_site },
        });
        self.flows[index][moved] = flow;
        flow
    }

    /// Client `c` is about to turn elsewhere: keeps where it has been seen.
    pub(super) fn turns(&mut self, who: &Clientele<'_>, c: usize) {
        let client = &who.clients[c];
        for moved in 0..2 {
            let (seen, affected) = client.seen(moved);
            if seen {
                let cohort = client.cohort as usize;
                let (cell, flow) = (self.cells[cohort][moved], self.flows[cohort][moved]);
                *self.visited.entry((c as u32, cell)).or_default() |= affected;
                *self.flown.entry((c as u32, flow)).or_default() |= affected;
            }
        }
    }

    /// A session has been opened, or carried in.
    pub(super) fn opened(&mut self, carried: bool) {
        self.fates.opened += u64::from(!carried);
        self.fates.carried += u64::from(carried);
    }

    /// The visible request of client `c` is over; `parts` is where its time went, if it
    /// was answered. A failure is booked to `incident`, or [`NONE`]. Gives its latency.
    #[inline]
    pub(super) fn request(
        &mut self,
        sessions: &mut Sessions,
        c: usize,
        (now, incident): (SimTime, u32),
        failure: Option<Failure>,
        parts: &[u64; PARTS],
    ) -> SimSpan {
        sessions.forget_parts(c);
        let session = &mut sessions[c];
        session.busy = false;
        let counts = self.recorder.counts(session.started_at);
        let latency = now.since(session.started_at);
        if counts {
            session.requests += 1;
            session.failed += u32::from(failure.is_some());
        }
        let logon = session.logon_request();
        self.recorder.request(&RequestRecord {
            cell: session.cell,
            session_id: session.key.0,
            started_at: session.started_at,
            ended_at: now,
            failure,
            incident,
            logon,
            held: false,
            parts,
        });
        if failure.is_none()
            && let Some(details) = sessions.details(c)
        {
            if counts {
                details.latency_sum += latency.0;
                details.latency_max = details.latency_max.max(latency.0);
            }
            if logon {
                details.logon_human = SimSpan(parts[Part::Human as usize]);
                details.logon = Some(SimSpan(latency.0 - details.logon_human.0));
            }
        }
        latency
    }

    /// A held request of client `c` ended well.
    pub(super) fn held(&mut self, sessions: &mut Sessions, c: usize, ended: &Ended, now: SimTime) {
        let session = &mut sessions[c];
        session.held += u32::from(self.recorder.counts(ended.opened_at));
        self.held_request(sessions, c, ended, (now, NONE), None);
    }

    /// A held request of client `c` failed.
    pub(super) fn held_failed(
        &mut self,
        sessions: &mut Sessions,
        c: usize,
        ended: &Ended,
        (now, incident): (SimTime, u32),
        failure: Failure,
    ) {
        if self.recorder.counts(ended.opened_at)
            && let Some(details) = sessions.details(c)
        {
            details.held_failed += 1;
        }
        self.held_request(sessions, c, ended, (now, incident), Some(failure));
    }

    fn held_request(
        &mut self,
        sessions: &Sessions,
        c: usize,
        ended: &Ended,
        (now, incident): (SimTime, u32),
        failure: Option<Failure>,
    ) {
        let session = &sessions[c];
        self.recorder.request(&RequestRecord {
            cell: session.cell,
            session_id: session.key.0,
            started_at: ended.opened_at,
            ended_at: now,
            failure,
            incident,
            logon: false,
            held: true,
            parts: &ended.parts,
        });
    }

    /// A connection of client `c` that an idle time-out had ended has been opened again.
    pub(super) fn reconnected(&mut self, who: &Clientele<'_>, sessions: &Sessions, c: usize, now: SimTime) {
        let cohort = who.cohort(c);
        let group = cohort.entry.unwrap_or(cohort.mailbox).index();
        self.recorder.reconnected(sessions[c].cell, group, now);
    }

    /// The session of client `c` is over.
    pub(super) fn session(
        &mut self,
        who: &mut Clientele<'_>,
        sessions: &mut Sessions,
        c: usize,
        now: SimTime,
        (outcome, failure): (SessionOutcome, Option<Failure>),
    ) {
        self.fates.completed += u64::from(outcome == SessionOutcome::Completed);
        self.fates.failed += u64::from(outcome == SessionOutcome::Failed);
        self.report(who, sessions, c, now, (outcome, failure), 0);
    }

    /// Of the session's requests, `unanswered` are.
    fn report(
        &mut self,
        who: &mut Clientele<'_>,
        sessions: &mut Sessions,
        c: usize,
        end: SimTime,
        (outcome, failure): (SessionOutcome, Option<Failure>),
        unanswered: u32,
    ) {
        let details = sessions.details(c).copied().unwrap_or_default();
        let cohort = who.cohort(c);
        let identity = who.identity(c);
        let (client, session) = (&mut who.clients[c], &sessions[c]);
        if session.start() >= self.recorder.ends_at()
            || end <= self.recorder.measured_from() && session.start() < self.recorder.measured_from()
        {
            return;
        }
        client.see(session.failed > 0 || outcome == SessionOutcome::Failed);
        let slot = |slot: u8| session.slots[usize::from(slot)];
        let redirected = cohort.first.is_some() && !client.moved();
        let refused = cohort.refused.is_some();
        let serving = if cohort.target.is_some() { slot(TARGET) } else { slot(ENTRY) };
        let record = SessionRecord {
            session_id: session.key.0,
            replication: self.replication,
            protocol: Some(cohort.protocol),
            population: cohort.population,
            client_location: cohort.location_index,
            mailbox_site: cohort.mailbox_site,
            entry_site: identity.entry_site,
            serving_site: if refused { NONE } else { identity.serving_site },
            entry_server: if redirected { slot(FIRST) } else { slot(ENTRY) },
            serving_server: if refused { NONE } else { serving },
            namespace: cohort.namespace,
            decision: identity.decision,
            mechanism: identity.mechanism,
            rule: identity.rule,
            requests: session.requests,
            failed_requests: session.failed,
            held_requests: session.held,
            held_failed_requests: details.held_failed,
            redirects: u32::from(session.redirects),
            server_hops: identity.server_hops,
            wan_hops: identity.wan_hops,
            client_wan_hops: identity.client_wan_hops,
            start: session.start(),
            carried_in: session.carried || session.start() < self.recorder.measured_from(),
            before_run: session.before_run(),
            end,
            logon_latency: details.logon,
            logon_human: details.logon_human,
            latency_sum: details.latency_sum,
            latency_count: session.requests - session.failed - unanswered,
            latency_max: SimSpan(details.latency_max),
            retries: session.retries,
            outcome,
            failure,
        };
        self.recorder.session(session.cell, &record);
        let flow = self.flow(who, c);
        self.recorder.flow_session(flow, &record);
    }

    /// What the recorder's own books do not agree on so far.
    pub(super) fn check(&self) -> Vec<String> {
        self.recorder.check()
    }

    /// Reports what is open at `now`, the end of the window, and closes the recorder.
    pub(super) fn close(
        mut self,
        who: &mut Clientele<'_>,
        sessions: &mut Sessions,
        now: SimTime,
    ) -> Recorded {
        for c in 0..who.clients.len() {
            if !sessions[c].open {
                continue;
            }
            let session = &mut sessions[c];
            let unanswered = u32::from(session.busy && self.recorder.counts(session.started_at));
            session.requests += unanswered;
            if session.busy {
                self.recorder.unfinished(session.cell, session.started_at, session.logon_request());
            }
            self.fates.open += 1;
            self.report(who, sessions, c, now, (SessionOutcome::Open, None), unanswered);
        }
        self.count_users(who);
        let fates = self.fates;
        let mut recorded = self.recorder.close();
        if fates.opened + fates.carried != fates.completed + fates.failed + fates.open {
            recorded.violations.push(format!("S1, conservation of sessions: {fates:?}"));
        }
        recorded
    }

    /// Users by cell and by flow, each once in each.
    fn count_users(&mut self, who: &Clientele<'_>) {
        for (cell, [users, affected]) in distinct(who, &self.cells, &mut self.visited) {
            self.recorder.users(cell, users, affected);
        }
        for (flow, [users, affected]) in distinct(who, &self.flows, &mut self.flown) {
            self.recorder.flow_clients(flow, users, affected);
        }
    }
}

/// The cell that sessions of client `c` are counted in as it is now.
fn key(who: &Clientele<'_>, c: usize) -> CellKey {
    let (cohort, identity) = (who.cohort(c), who.identity(c));
    CellKey {
        protocol: Some(cohort.protocol),
        population: cohort.population,
        entry_site: identity.entry_site,
        mailbox_site: cohort.mailbox_site,
        decision: identity.decision,
        class: 0,
    }
}

/// Distinct users and those affected, by what cohorts (moved or not) are counted in, with
/// what clients had visited before they turned elsewhere.
fn distinct(
    who: &Clientele<'_>,
    places: &[[u32; 2]],
    visited: &mut BTreeMap<(u32, u32), bool>,
) -> BTreeMap<u32, [u64; 2]> {
    let mut users = BTreeMap::<u32, [u64; 2]>::new();
    let mut count = |place: u32, affected: bool| {
        let of = users.entry(place).or_default();
        of[0] += 1;
        of[1] += u64::from(affected);
    };
    for (c, client) in who.clients.iter().enumerate() {
        for (moved, &place) in places[client.cohort as usize].iter().enumerate() {
            let (seen, affected) = client.seen(moved);
            if seen {
                // One that came back to where it was is counted there below.
                match visited.get_mut(&(c as u32, place)) {
                    Some(before) => *before |= affected,
                    None => count(place, affected),
                }
            }
        }
    }
    visited.iter().for_each(|(&(_, place), &affected)| count(place, affected));
    users
}
