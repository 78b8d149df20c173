//! Who is cut off and served again, and what arrives at the servers meanwhile: what the
//! clients tell [`Storm`].
//!
//! A client is cut off from the first attempt that reaches nobody, or the loss of its
//! connection, until the next answer, or until it gives up. Must not decide what it does
//! then. Next: [`crate::recorder::storm`].

use super::clientele::Clientele;
use super::outages::Outages;
use super::request::is_cut_off;
use super::unserved::{Unserved, patience, reaches_nobody};
use crate::kernel::{SimSpan, SimTime};
use crate::model::Experiment;
use crate::model::access::Failure;
use crate::model::workload::{Target, Workload};
use crate::recorder::UserTime;
use crate::recorder::storm::{CutEnds, Storm, Stormed, bin_for, close};
use crate::results::NONE;
use crate::sim::{Ended, Outcome};

/// A client as it is cut off.
#[derive(Clone, Copy, Debug)]
struct CutOff {
    since: SimTime,
    /// By which incident, or [`NONE`].
    incident: u32,
    /// By which it was counted last.
    counted: u32,
    /// To which the failure that it is about to report is booked, or [`NONE`].
    blamed: u32,
}

/// The incidents of a run, and who is cut off.
#[derive(Debug)]
struct Watched {
    storm: Storm,
    cut_offs: Vec<CutOff>,
    /// Incidents that are outages.
    outages: u32,
}

/// Who is without an answer, and who is cut off by the incidents of a run; costs a glance
/// where there are none.
#[derive(Debug)]
pub(super) struct Disrupted {
    unserved: Unserved,
    watched: Option<Watched>,
}

impl Disrupted {
    pub(super) fn new(workload: &Workload, experiment: &Experiment, clients: usize) -> Self {
        let outages = workload.outages.iter().any(|outage| !matches!(outage.target, Target::Station(_)));
        let (from, ends_at) = (experiment.measured_from(), experiment.ends_at());
        let unserved = Unserved::new(workload.populations.len(), from);
        if !outages && workload.changes.is_empty() {
            return Self { unserved, watched: None };
        }
        let incidents = workload.outages.len() + workload.changes.len();
        let bin = bin_for(SimSpan(ends_at.0));
        let mut storm = Storm::new(incidents, workload.populations.len(), (from, ends_at), bin);
        for (index, population) in workload.populations.iter().enumerate() {
            for usage in &population.clients {
                let goals = workload.slo.protocols.iter();
                let goal = goals.clone().find(|goal| goal.0 == usage.protocol).and_then(|goal| goal.1.p95);
                storm.pair(usage.protocol, index as u32, goal);
            }
        }
        let nobody = CutOff { since: SimTime::ZERO, incident: NONE, counted: NONE, blamed: NONE };
        let outages = workload.outages.len() as u32;
        Self { unserved, watched: Some(Watched { storm, cut_offs: vec![nobody; clients], outages }) }
    }

    /// Outage `number` of the workload begins or ends.
    pub(super) fn outage(&mut self, number: u32, begins: bool, now: SimTime) {
        let Some(Watched { storm, .. }) = &mut self.watched else { return };
        if begins {
            storm.begins(number as usize, now);
        } else {
            storm.ends(number as usize, now);
        }
    }

    /// Change `number` of the workload takes effect.
    pub(super) fn change(&mut self, number: u32, now: SimTime) {
        let Some(Watched { storm, outages, .. }) = &mut self.watched else { return };
        let incident = (*outages + number) as usize;
        storm.begins(incident, now);
        storm.ends(incident, now);
    }

    /// An attempt of client `c` failed.
    pub(super) fn attempt_failed(
        &mut self,
        outages: &Outages<'_>,
        who: &mut Clientele<'_>,
        c: usize,
        (ended, failure): (&Ended, Failure),
        now: SimTime,
    ) {
        if reaches_nobody(failure) {
            self.unserved.begins(who, c, ended.opened_at);
        }
        self.blame(outages, c, ended.outcome);
        if is_cut_off(failure) {
            self.cut_off(who, c, now);
        }
    }

    /// What client `c` had asked for and was held back failed.
    pub(super) fn held_failed(
        &mut self,
        outages: &Outages<'_>,
        who: &mut Clientele<'_>,
        c: usize,
        (ended, failure): (&Ended, Failure),
        now: SimTime,
    ) {
        let held = now.since(ended.opened_at) > patience(who, c);
        let nobody = reaches_nobody(failure);
        if held || !nobody {
            self.unserved.ends_held(who, c, ended.opened_at, now);
        }
        if nobody {
            self.unserved.begins(who, c, if held { now } else { ended.opened_at });
        }
        self.blame(outages, c, ended.outcome);
        if is_cut_off(failure) {
            self.cut_off(who, c, now);
        }
        self.ended(who, c, now, now.since(ended.opened_at), Some(failure));
    }

    /// A client that was refused before the run began is still.
    pub(super) fn refused_before(&mut self, who: &mut Clientele<'_>, c: usize) {
        self.unserved.begins(who, c, SimTime::ZERO);
    }

    /// Client `c` lost its connection.
    pub(super) fn connection_lost(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        failure: Failure,
        now: SimTime,
    ) {
        if reaches_nobody(failure) {
            self.unserved.begins(who, c, now);
        }
        if is_cut_off(failure) {
            self.cut_off(who, c, now);
        }
    }

    /// Client `c` asks for what is held back.
    #[inline]
    pub(super) fn asks_held(&mut self, who: &Clientele<'_>, c: usize, now: SimTime) {
        self.unserved.asks_held(who, c, now);
    }

    /// A request or a connection of client `c` ended so: notes which incident that is
    /// booked to when it is told.
    pub(super) fn blame(&mut self, outages: &Outages<'_>, c: usize, outcome: Outcome) {
        let Some(Watched { storm, cut_offs, .. }) = &mut self.watched else { return };
        cut_offs[c].blamed = storm.blamed(|number| outages.strikes(number, outcome)).unwrap_or(NONE);
    }

    /// Client `c` reached nobody, or lost its connection ([`Self::blame`] goes before).
    fn cut_off(&mut self, who: &Clientele<'_>, c: usize, now: SimTime) {
        let Some(Watched { storm, cut_offs, .. }) = &mut self.watched else { return };
        let Some(place) = place(storm, who, c) else { return };
        let cut_off = &mut cut_offs[c];
        let incident = cut_off.blamed;
        if cut_off.incident == NONE && incident != NONE {
            let first = cut_off.counted != incident;
            *cut_off = CutOff { since: now, incident, counted: incident, ..*cut_off };
            storm.cut_off(place, incident, first);
        }
    }

    /// What client `c` asked for at `asked` in the background was answered.
    #[inline]
    pub(super) fn restored_behind(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        asked: SimTime,
        now: SimTime,
    ) {
        self.unserved.ends_held(who, c, asked, now);
        if self.is_cut_off(c) {
            self.over(who, c, now, CutEnds::Served);
        }
    }

    /// Client `c` asks no more until it would have asked anyway.
    pub(super) fn gives_up(&mut self, who: &mut Clientele<'_>, c: usize, now: SimTime) {
        self.unserved.ends(who, c, now);
        if self.is_cut_off(c) {
            self.over(who, c, now, CutEnds::GaveUp);
        }
    }

    #[inline]
    fn is_cut_off(&self, c: usize) -> bool {
        self.watched.as_ref().is_some_and(|watched| watched.cut_offs[c].incident != NONE)
    }

    fn over(&mut self, who: &Clientele<'_>, c: usize, now: SimTime, why: CutEnds) {
        let Some(Watched { storm, cut_offs, .. }) = &mut self.watched else { return };
        let Some(place) = place(storm, who, c) else { return };
        let (cut_off, from) = (&mut cut_offs[c], storm.measured_from());
        if now <= from {
            storm.uncut(place, cut_off.incident);
            cut_off.counted = NONE;
        } else {
            storm.cut_ends(place, cut_off.incident, now.since(cut_off.since.max(from)), why);
        }
        cut_off.incident = NONE;
    }

    /// An attempt of client `c` goes out; the first of a session `opens` its connections.
    #[inline]
    pub(super) fn arrives(&mut self, who: &Clientele<'_>, c: usize, now: SimTime, opens: bool, retry: bool) {
        let Some(Watched { storm, .. }) = &mut self.watched else { return };
        let connections = if opens { who.connections(c) } else { 0 };
        if let Some(place) = place(storm, who, c) {
            storm.arrives(place, now, connections, retry);
        }
    }

    /// A request of client `c` ended.
    #[inline]
    pub(super) fn ended(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        now: SimTime,
        latency: SimSpan,
        failure: Option<Failure>,
    ) {
        if failure.is_none() {
            self.unserved.ends(who, c, now);
        }
        if self.watched.is_none() {
            return;
        }
        if failure.is_none() && self.is_cut_off(c) {
            self.over(who, c, now, CutEnds::Served);
        }
        let Some(Watched { storm, cut_offs, .. }) = &mut self.watched else { return };
        if let Some(place) = place(storm, who, c) {
            let blamed = std::mem::replace(&mut cut_offs[c].blamed, NONE);
            let incident = (blamed != NONE).then_some(blamed);
            storm.ended(place, now, latency.0, failure, incident);
        }
    }

    /// Closes the books on incidents at `now`, the end of the window.
    pub(super) fn close(mut self, who: &mut Clientele<'_>, now: SimTime) -> (Vec<UserTime>, Option<Stormed>) {
        let clients = self.watched.as_ref().map_or(0, |watched| watched.cut_offs.len());
        for c in 0..clients {
            if self.is_cut_off(c) {
                self.over(who, c, now, CutEnds::RunOver);
            }
        }
        (self.unserved.close(who, now), self.watched.map(|watched| close(watched.storm)))
    }
}

/// Where the storm keeps the pair of protocol and population of client `c`.
#[inline]
fn place(storm: &Storm, who: &Clientele<'_>, c: usize) -> Option<u32> {
    let cohort = who.cohort(c);
    storm.place(cohort.protocol, cohort.population)
}
