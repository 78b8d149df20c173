//! What the recorder is told: requests, sessions, users, and the identity K1.
//!
//! Must not decide what comes next. Next: [`crate::recorder`].

use super::driver::{AUX, Clients, MAIN};
use super::program::{ENTRY, FIRST, TARGET};
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::{Failure, Mechanism};
use crate::recorder::{Recorded, RequestRecord};
use crate::results::{NONE, SessionOutcome, SessionRecord, SessionSink};
use crate::sim::{Ended, Engine};

impl<S: SessionSink> Clients<'_, S> {
    /// The visible request is over.
    pub(super) fn close_request(&mut self, engine: &mut Engine<'_>, c: usize, failure: Option<Failure>) {
        let now = engine.now();
        let live = &mut self.lives[c];
        live.busy = false;
        let counts = self.recorder.counts(live.started_at);
        let latency = now.since(live.started_at);
        if counts {
            live.requests += 1;
            if failure.is_some() {
                live.failed += 1;
            } else {
                live.latency_sum += latency.0;
                live.latency_count += 1;
                live.latency_max = live.latency_max.max(latency.0);
            }
        }
        if live.logon_request && failure.is_none() {
            live.logon = Some(latency);
        }
        self.recorder.request(&RequestRecord {
            cell: live.cell,
            session_id: live.key.0,
            started_at: live.started_at,
            ended_at: now,
            failure,
            logon: live.logon_request,
            held: false,
            parts: &live.parts,
        });
        let step = live.step;
        if live.logon_request {
            match failure {
                Some(failure) => {
                    self.clients[c].fails += 1;
                    self.close_session(engine, c, SessionOutcome::Failed, Some(failure));
                    self.turned_away(engine, c);
                    return;
                }
                None => self.logged_on(c),
            }
        }
        self.go_on(engine, c, step, failure);
    }

    fn logged_on(&mut self, c: usize) {
        let identity = self.identity(c);
        self.clients[c].fails = 0;
        self.lives[c].redirects += identity.redirects;
    }

    /// Counts a held request that ended well.
    pub(super) fn count_held(&mut self, c: usize, ended: &Ended, now: SimTime) {
        let live = &mut self.lives[c];
        live.held += u32::from(self.recorder.counts(ended.opened_at));
        self.recorder.request(&RequestRecord {
            cell: live.cell,
            session_id: live.key.0,
            started_at: ended.opened_at,
            ended_at: now,
            failure: None,
            logon: false,
            held: true,
            parts: &ended.parts,
        });
    }

    /// Counts a held request that failed.
    pub(super) fn count_held_failure(&mut self, c: usize, ended: &Ended, now: SimTime, failure: Failure) {
        let live = &mut self.lives[c];
        if self.recorder.counts(ended.opened_at) {
            live.requests += 1;
            live.failed += 1;
        }
        self.recorder.request(&RequestRecord {
            cell: live.cell,
            session_id: live.key.0,
            started_at: ended.opened_at,
            ended_at: now,
            failure: Some(failure),
            logon: false,
            held: true,
            parts: &ended.parts,
        });
    }

    /// The session is over.
    pub(super) fn close_session(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        outcome: SessionOutcome,
        failure: Option<Failure>,
    ) {
        self.fates.completed += u64::from(outcome == SessionOutcome::Completed);
        self.fates.failed += u64::from(outcome == SessionOutcome::Failed);
        self.report(c, engine.now(), outcome, failure);
        self.leave(engine, c);
        self.lives[c].open = false;
        self.unset(c, MAIN);
        self.unset(c, AUX);
        // What a device or Outlook is told, it writes into its profile; from the
        // next session on it turns there at once.
        let identity = self.cohort(c).identity;
        let remembers = matches!(identity.mechanism, Mechanism::Redirect451 | Mechanism::Refer);
        if remembers && self.lives[c].redirects > 0 {
            self.clients[c].moved = true;
        }
    }

    fn report(&mut self, c: usize, end: SimTime, outcome: SessionOutcome, failure: Option<Failure>) {
        let cohort = self.cohort(c);
        let identity = self.identity(c);
        let (client, live) = (&mut self.clients[c], &self.lives[c]);
        if live.start >= self.ends_at
            || end <= self.recorder.measured_from() && live.start < self.recorder.measured_from()
        {
            return;
        }
        let moved = usize::from(client.moved);
        client.seen[moved] = true;
        client.seen[2 + moved] |= live.failed > 0 || outcome == SessionOutcome::Failed;
        let slot = |slot: u8| client.slots[usize::from(slot)];
        let redirected = cohort.first.is_some() && !client.moved;
        let refused = cohort.refused.is_some();
        let serving = if cohort.target.is_some() { slot(TARGET) } else { slot(ENTRY) };
        let record = SessionRecord {
            session_id: live.key.0,
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
            requests: live.requests,
            failed_requests: live.failed,
            held_requests: live.held,
            redirects: live.redirects,
            server_hops: identity.server_hops,
            wan_hops: identity.wan_hops,
            client_wan_hops: identity.client_wan_hops,
            start: live.start,
            carried_in: live.carried || live.start < self.recorder.measured_from(),
            before_run: live.before_run,
            end,
            logon_latency: live.logon,
            latency_sum: live.latency_sum,
            latency_count: live.latency_count,
            latency_max: SimSpan(live.latency_max),
            retries: live.retries,
            outcome,
            failure,
        };
        self.recorder.session(live.cell, &record);
    }

    /// Reports what is open at `now`, the end of the window, and closes the recorder.
    #[must_use]
    pub fn finish(mut self, now: SimTime) -> (Recorded, S) {
        for c in 0..self.clients.len() {
            if !self.lives[c].open {
                continue;
            }
            let live = &mut self.lives[c];
            if live.busy {
                live.requests += u32::from(self.recorder.counts(live.started_at));
                self.recorder.unfinished(live.cell, live.started_at);
            }
            self.fates.open += 1;
            self.report(c, now, SessionOutcome::Open, None);
        }
        let mut users = std::collections::BTreeMap::<u32, [u64; 2]>::new();
        for client in &self.clients {
            for moved in 0..2 {
                if client.seen[moved] {
                    let of = users.entry(self.cells[client.cohort as usize][moved]).or_default();
                    of[0] += 1;
                    of[1] += u64::from(client.seen[2 + moved]);
                }
            }
        }
        for (cell, [users, affected]) in users {
            self.recorder.users(cell, users, affected);
        }
        let fates = self.fates;
        let (mut recorded, sink) = self.recorder.into_parts();
        if fates.opened + fates.carried != fates.completed + fates.failed + fates.open {
            recorded.violations.push(format!("K1, conservation of sessions: {fates:?}"));
        }
        (recorded, sink)
    }
}
