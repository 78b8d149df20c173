//! What the recorder is told: requests, sessions, users, and the identity K1.
//!
//! Must not decide what comes next. Next: [`crate::recorder`].

use crate::clients::compile::program::{ENTRY, FIRST, TARGET};
use crate::clients::compile::request_specs::REOPEN;
use crate::clients::play::driver::{Clients, MAIN, cut_off};
use crate::itinerary::PARTS;
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::{Failure, Mechanism};
use crate::model::topology::Protocol;
use crate::recorder::{Recorded, RequestRecord};
use crate::results::{NONE, SessionOutcome, SessionRecord, SessionSink};
use crate::sim::{Ended, Engine};

impl<S: SessionSink> Clients<'_, S> {
    /// The visible request is over; `parts` is where its time went, if it was answered.
    pub(in crate::clients) fn close_request(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        failure: Option<Failure>,
        parts: &[u64; PARTS],
    ) {
        let now = engine.now();
        self.lives.forget_parts(c);
        let live = &mut self.lives[c];
        live.busy = false;
        let counts = self.recorder.counts(live.started_at);
        let latency = now.since(live.started_at);
        if counts {
            live.requests += 1;
            live.failed += u32::from(failure.is_some());
        }
        let logon = live.logon_request();
        self.weathered(c, now, latency, failure);
        if failure.is_none()
            && let Some(details) = self.lives.details(c)
        {
            if counts {
                details.latency_sum += latency.0;
                details.latency_max = details.latency_max.max(latency.0);
            }
            if logon {
                details.logon = Some(latency);
            }
        }
        let live = &self.lives[c];
        self.recorder.request(&RequestRecord {
            cell: live.cell,
            session_id: live.key.0,
            started_at: live.started_at,
            ended_at: now,
            failure,
            logon: live.logon_request(),
            held: false,
            parts,
        });
        let step = live.step & !REOPEN;
        if live.logon_request() {
            match failure {
                Some(failure) => {
                    self.clients[c].fail();
                    self.close_session(engine, c, SessionOutcome::Failed, Some(failure));
                    self.turned_away(engine, c, failure);
                    return;
                }
                None => self.logged_on(c),
            }
        }
        self.go_on(engine, c, step, failure);
    }

    fn logged_on(&mut self, c: usize) {
        let identity = self.identity(c);
        // A device is served only when its Ping has come back.
        if self.cohort(c).protocol != Protocol::Eas {
            self.clients[c].fails = 0;
        }
        self.lives[c].redirects += identity.redirects as u8;
    }

    /// Counts a held request that ended well.
    pub(in crate::clients) fn count_held(&mut self, c: usize, ended: &Ended, now: SimTime) {
        self.restored(c, now);
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
    pub(in crate::clients) fn count_held_failure(
        &mut self,
        c: usize,
        ended: &Ended,
        now: SimTime,
        failure: Failure,
    ) {
        self.blame(c, ended.outcome);
        if cut_off(failure) {
            self.cut(c, now);
        }
        self.weathered(c, now, now.since(ended.opened_at), Some(failure));
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
    pub(in crate::clients) fn close_session(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        outcome: SessionOutcome,
        failure: Option<Failure>,
    ) {
        self.fates.completed += u64::from(outcome == SessionOutcome::Completed);
        self.fates.failed += u64::from(outcome == SessionOutcome::Failed);
        self.report(c, engine.now(), outcome, failure, 0);
        self.leave(engine, c);
        // Whoever was connected before the run began was told then.
        let told = self.lives[c].redirects > 0 || self.lives[c].carried;
        self.lives.close(c);
        self.unset(c, MAIN);
        // What a device or Outlook is told, it writes into its profile; from the
        // next session on it turns there at once.
        let identity = self.cohort(c).identity;
        let remembers = matches!(identity.mechanism, Mechanism::Redirect451 | Mechanism::Refer);
        if remembers && told {
            self.clients[c].set_moved();
        }
    }

    /// Of the session's requests, `unanswered` are.
    fn report(
        &mut self,
        c: usize,
        end: SimTime,
        outcome: SessionOutcome,
        failure: Option<Failure>,
        unanswered: u32,
    ) {
        let details = self.lives.details(c).copied().unwrap_or_default();
        let cohort = self.cohort(c);
        let identity = self.identity(c);
        let (client, live) = (&mut self.clients[c], &self.lives[c]);
        if live.start() >= self.ends_at
            || end <= self.recorder.measured_from() && live.start() < self.recorder.measured_from()
        {
            return;
        }
        client.see(live.failed > 0 || outcome == SessionOutcome::Failed);
        let slot = |slot: u8| live.slots[usize::from(slot)];
        let redirected = cohort.first.is_some() && !client.moved();
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
            redirects: u32::from(live.redirects),
            server_hops: identity.server_hops,
            wan_hops: identity.wan_hops,
            client_wan_hops: identity.client_wan_hops,
            start: live.start(),
            carried_in: live.carried || live.start() < self.recorder.measured_from(),
            before_run: live.before_run(),
            end,
            logon_latency: details.logon,
            latency_sum: details.latency_sum,
            latency_count: live.requests - live.failed - unanswered,
            latency_max: SimSpan(details.latency_max),
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
            let unanswered = u32::from(live.busy && self.recorder.counts(live.started_at));
            live.requests += unanswered;
            if live.busy {
                self.recorder.unfinished(live.cell, live.started_at);
            }
            self.fates.open += 1;
            self.report(c, now, SessionOutcome::Open, None, unanswered);
        }
        let mut users = std::collections::BTreeMap::<u32, [u64; 2]>::new();
        for (c, client) in self.clients.iter().enumerate() {
            for moved in 0..2 {
                let (seen, affected) = client.seen(moved);
                if seen {
                    let cell = self.cells[client.cohort as usize][moved];
                    // One that came back to where it was is counted there below.
                    if let Some(before) = self.visited.get_mut(&(c as u32, cell)) {
                        *before |= affected;
                        continue;
                    }
                    let of = users.entry(cell).or_default();
                    of[0] += 1;
                    of[1] += u64::from(affected);
                }
            }
        }
        for (&(_, cell), &affected) in &self.visited {
            let of = users.entry(cell).or_default();
            of[0] += 1;
            of[1] += u64::from(affected);
        }
        for (cell, [users, affected]) in users {
            self.recorder.users(cell, users, affected);
        }
        let (fates, stranded) = (self.fates, self.stranded);
        let storm = self.close_storm(now);
        let (mut recorded, sink) = self.recorder.into_parts();
        if stranded > 0 {
            recorded.violations.push(format!("K5: nothing would ever wake {stranded} clients again"));
        }
        if let Some(storm) = storm {
            recorded.violations.extend(storm.violations.iter().cloned());
            recorded.storm = Some(storm);
        }
        if fates.opened + fates.carried != fates.completed + fates.failed + fates.open {
            recorded.violations.push(format!("K1, conservation of sessions: {fates:?}"));
        }
        (recorded, sink)
    }
}
