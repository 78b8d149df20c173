//! Who is without an answer, and what arrives at the servers meanwhile: what the clients
//! tell [`Unserved`] in every run, and [`Storm`] where there are outages or changes.
//!
//! Must not decide what a client does then. Next: [`super::unserved`],
//! [`crate::recorder::storm`].

use super::clientele::Clientele;
use super::outages::Outages;
use super::request::is_cut_off;
use super::unserved::{Unserved, of_storm, patience, reaches_nobody};
use crate::kernel::{SimSpan, SimTime};
use crate::model::Experiment;
use crate::model::access::Failure;
use crate::model::workload::{Target, Workload};
use crate::recorder::UserTime;
use crate::recorder::storm::{CutEnds, Storm, Stormed, bin_for, close};
use crate::results::NONE;
use crate::sim::{Ended, Outcome};

/// The incidents of a run, and who is without an answer; costs a glance where all is well.
#[derive(Debug)]
pub(super) struct Disrupted {
    unserved: Unserved,
    storm: Option<Storm>,
    /// Incidents that are outages.
    outages: u32,
}

impl Disrupted {
    pub(super) fn new(workload: &Workload, experiment: &Experiment) -> Self {
        let (from, ends_at) = (experiment.measured_from(), experiment.ends_at());
        let unserved = Unserved::new(workload.populations.len(), from);
        let outages = workload.outages.len();
        let any = workload.outages.iter().any(|outage| !matches!(outage.target, Target::Station(_)));
        if !any && workload.changes.is_empty() {
            return Self { unserved, storm: None, outages: 0 };
        }
        let bin = bin_for(SimSpan(ends_at.0));
        let incidents = (outages, workload.changes.len());
        let mut storm = Storm::new(incidents, workload.populations.len(), (from, ends_at), bin);
        for (index, population) in workload.populations.iter().enumerate() {
            for usage in &population.clients {
                let goals = workload.slo.protocols.iter();
                let goal = goals.clone().find(|goal| goal.0 == usage.protocol).and_then(|goal| goal.1.p95);
                storm.pair(usage.protocol, index as u32, goal);
            }
        }
        Self { unserved, storm: Some(storm), outages: outages as u32 }
    }

    /// Outage `number` of the workload begins or ends.
    pub(super) fn outage(&mut self, number: u32, begins: bool, now: SimTime) {
        let Some(storm) = &mut self.storm else { return };
        if begins {
            storm.begins(number as usize, now);
        } else {
            storm.ends(number as usize, now);
        }
    }

    /// Change `number` of the workload takes effect.
    pub(super) fn change(&mut self, number: u32, now: SimTime) {
        let Some(storm) = &mut self.storm else { return };
        let incident = (self.outages + number) as usize;
        storm.begins(incident, now);
        storm.ends(incident, now);
    }

    /// A request or a connection of client `c` ended so: notes which incident that is
    /// booked to when it is told.
    pub(super) fn blame(&mut self, outages: &Outages<'_>, who: &Clientele<'_>, c: usize, outcome: Outcome) {
        let Some(storm) = &mut self.storm else { return };
        let strikes = |number| outages.strikes(number, outcome);
        let blamed = storm.blamed(strikes);
        if let (Some(incident), Some(place)) =
            (blamed.filter(|&number| strikes(number)), of_storm(storm, who, c))
        {
            storm.struck(place, incident);
        }
        self.unserved.blame(who, c, blamed.unwrap_or(NONE));
    }

    /// The incident that the failure which client `c` is about to report is booked to, or [`NONE`].
    #[inline]
    pub(super) fn booked(&mut self, c: usize) -> u32 {
        if self.storm.is_some() { self.unserved.booked(c) } else { NONE }
    }

    /// An attempt of client `c` failed.
    pub(super) fn attempt_failed(
        &mut self,
        outages: &Outages<'_>,
        who: &mut Clientele<'_>,
        c: usize,
        (ended, failure): (&Ended, Failure),
    ) {
        self.blame(outages, who, c, ended.outcome);
        if reaches_nobody(failure) {
            self.begins(who, c, ended.opened_at);
        }
    }

    /// What client `c` had asked for and was held back failed. Gives the incident that it is
    /// booked to, or [`NONE`].
    pub(super) fn held_failed(
        &mut self,
        outages: &Outages<'_>,
        who: &mut Clientele<'_>,
        c: usize,
        (ended, failure): (&Ended, Failure),
        now: SimTime,
    ) -> u32 {
        // A request that somebody waits for may have failed before, and is told later.
        let pending = self.booked(c);
        self.blame(outages, who, c, ended.outcome);
        let held = now.since(ended.opened_at) > patience(who, c);
        let nobody = reaches_nobody(failure);
        if held || !nobody {
            self.unserved.ends_held(who, c, (ended.opened_at, now), self.storm.as_mut());
        }
        if nobody {
            self.begins(who, c, if held { now } else { ended.opened_at });
        }
        let incident = self.booked(c);
        if pending != NONE {
            self.unserved.blame(who, c, pending);
        }
        self.tell_storm(who, c, now, (now.since(ended.opened_at).0, true), Some(failure), incident);
        incident
    }

    /// Client `c` has had nobody to turn to since before the run; what is on is to blame
    /// where it is `cut_off`.
    pub(super) fn refused_before(&mut self, who: &mut Clientele<'_>, c: usize, cut_off: bool) {
        if let Some(storm) = self.storm.as_ref().filter(|_| cut_off) {
            let blamed = storm.blamed(|_| false);
            self.unserved.blame(who, c, blamed.unwrap_or(NONE));
        }
        self.begins(who, c, SimTime::ZERO);
    }

    /// Client `c` lost its connection ([`Self::blame`] goes before).
    pub(super) fn connection_lost(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        failure: Failure,
        now: SimTime,
    ) {
        if is_cut_off(failure) || reaches_nobody(failure) {
            self.begins(who, c, now);
        }
    }

    fn begins(&mut self, who: &mut Clientele<'_>, c: usize, since: SimTime) {
        self.unserved.begins(who, c, since, self.storm.as_mut());
    }

    /// Client `c` asks for what is held back.
    #[inline]
    pub(super) fn asks_held(&mut self, who: &Clientele<'_>, c: usize, now: SimTime) {
        self.unserved.asks_held(who, c, now);
    }

    /// Client `c` turns another way.
    pub(super) fn turned(&mut self, who: &Clientele<'_>, c: usize) {
        if let Some(storm) = &mut self.storm
            && let Some(place) = of_storm(storm, who, c)
        {
            storm.turned(place);
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
        self.unserved.ends_held(who, c, (asked, now), self.storm.as_mut());
    }

    /// Client `c` asks no more until it would have asked anyway.
    pub(super) fn gives_up(&mut self, who: &mut Clientele<'_>, c: usize, now: SimTime) {
        self.unserved.ends(who, c, (now, CutEnds::GaveUp), self.storm.as_mut());
    }

    /// An attempt of client `c` goes out; the first of a session `opens` its connections.
    #[inline]
    pub(super) fn arrives(&mut self, who: &Clientele<'_>, c: usize, now: SimTime, opens: bool, retry: bool) {
        let Some(storm) = &mut self.storm else { return };
        let connections = if opens { who.connections(c) } else { 0 };
        if let Some(place) = of_storm(storm, who, c) {
            storm.arrives(place, now, connections, retry);
        }
    }

    /// A visible request of client `c` ended; a failure is booked to `incident`.
    #[inline]
    pub(super) fn ended(
        &mut self,
        who: &mut Clientele<'_>,
        c: usize,
        (now, latency): (SimTime, SimSpan),
        failure: Option<Failure>,
        incident: u32,
    ) {
        if failure.is_none() {
            self.unserved.ends(who, c, (now, CutEnds::Served), self.storm.as_mut());
        }
        self.tell_storm(who, c, now, (latency.0, false), failure, incident);
    }

    #[inline]
    fn tell_storm(
        &mut self,
        who: &Clientele<'_>,
        c: usize,
        now: SimTime,
        latency: (u64, bool),
        failure: Option<Failure>,
        incident: u32,
    ) {
        if let Some(storm) = &mut self.storm
            && let Some(place) = of_storm(storm, who, c)
        {
            storm.ended(place, now, latency, failure, (incident != NONE).then_some(incident));
        }
    }

    /// Closes the books at `now`, the end of the window.
    pub(super) fn close(mut self, who: &mut Clientele<'_>, now: SimTime) -> (Vec<UserTime>, Option<Stormed>) {
        let user_time = self.unserved.close(who, now, self.storm.as_mut());
        (user_time, self.storm.map(close))
    }
}
