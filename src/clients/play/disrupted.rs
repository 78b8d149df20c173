//! Who is cut off and served again, and what arrives at the servers meanwhile: what the
//! clients tell [`Storm`].
//!
//! A client is cut off from the first attempt that reaches nobody, or the loss of its
//! connection, until the next answer, or until it gives up. Must not decide what it does then.

use crate::clients::play::driver::Clients;
use crate::kernel::{SimSpan, SimTime};
use crate::model::Experiment;
use crate::model::access::Failure;
use crate::model::topology::Protocol;
use crate::model::workload::{Target, Workload};
use crate::recorder::storm::{CutEnds, Storm, bin_for, close};
use crate::results::{NONE, SessionSink};
use crate::sim::Outcome;

/// A client as it is cut off.
#[derive(Clone, Copy, Debug)]
struct Cut {
    since: SimTime,
    /// By which incident, or [`NONE`].
    incident: u32,
    /// By which it was counted last.
    counted: u32,
    /// To which the failure that it is about to report is booked, or [`NONE`].
    blamed: u32,
}

/// The incidents of a run, and who is cut off. Nothing where there are none.
#[derive(Debug)]
pub(in crate::clients) struct Watched {
    storm: Storm,
    cuts: Vec<Cut>,
    /// Incidents that are outages.
    outages: u32,
}

impl Watched {
    pub(in crate::clients) fn new(
        workload: &Workload,
        experiment: &Experiment,
        clients: usize,
    ) -> Option<Self> {
        let outages = workload.outages.iter().any(|outage| !matches!(outage.target, Target::Station(_)));
        if !outages && workload.changes.is_empty() {
            return None;
        }
        let (from, ends_at) = (experiment.measured_from(), experiment.ends_at());
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
        let cut = Cut { since: SimTime::ZERO, incident: NONE, counted: NONE, blamed: NONE };
        Some(Self { storm, cuts: vec![cut; clients], outages: workload.outages.len() as u32 })
    }

    pub(in crate::clients) fn outage(&mut self, number: u32, begins: bool, now: SimTime) {
        if begins {
            self.storm.begins(number as usize, now);
        } else {
            self.storm.ends(number as usize, now);
        }
    }

    pub(in crate::clients) fn change(&mut self, number: u32, now: SimTime) {
        let incident = (self.outages + number) as usize;
        self.storm.begins(incident, now);
        self.storm.ends(incident, now);
    }
}

impl<S: SessionSink> Clients<'_, S> {
    fn place(&self, c: usize) -> Option<u32> {
        let cohort = self.cohort(c);
        self.watched.as_ref()?.storm.place(cohort.protocol, cohort.population)
    }

    /// A request or a connection of client `c` ended so: notes which incident that is
    /// booked to when it is told.
    pub(in crate::clients) fn blame(&mut self, c: usize, outcome: Outcome) {
        let Some(Watched { storm, cuts, .. }) = &mut self.watched else { return };
        let outages = &self.outages;
        cuts[c].blamed = storm.blamed(|number| outages.strikes(number, outcome)).unwrap_or(NONE);
    }

    /// Client `c` reached nobody, or lost its connection ([`Self::blame`] goes before).
    pub(in crate::clients) fn cut(&mut self, c: usize, now: SimTime) {
        let Some(place) = self.place(c) else { return };
        let Some(Watched { storm, cuts, .. }) = &mut self.watched else { return };
        let cut = &mut cuts[c];
        let incident = cut.blamed;
        if cut.incident == NONE && incident != NONE {
            let first = cut.counted != incident;
            *cut = Cut { since: now, incident, counted: incident, ..*cut };
            storm.cut_off(place, incident, first);
        }
    }

    /// Client `c` was answered.
    #[inline]
    pub(in crate::clients) fn restored(&mut self, c: usize, now: SimTime) {
        if self.watched.as_ref().is_some_and(|watched| watched.cuts[c].incident != NONE) {
            self.uncut(c, now, CutEnds::Served);
        }
    }

    /// Client `c` asks no more until it would have asked anyway.
    pub(in crate::clients) fn gives_up(&mut self, c: usize, now: SimTime) {
        if self.watched.as_ref().is_some_and(|watched| watched.cuts[c].incident != NONE) {
            self.uncut(c, now, CutEnds::GaveUp);
        }
    }

    fn uncut(&mut self, c: usize, now: SimTime, why: CutEnds) {
        let Some(place) = self.place(c) else { return };
        let Some(Watched { storm, cuts, .. }) = &mut self.watched else { return };
        let (cut, from) = (&mut cuts[c], storm.measured_from());
        if now <= from {
            storm.uncut(place, cut.incident);
            cut.counted = NONE;
        } else {
            storm.cut_ends(place, cut.incident, now.since(cut.since.max(from)), why);
        }
        cut.incident = NONE;
    }

    /// An attempt of client `c` goes out; the first of a session opens its connections.
    #[inline]
    pub(in crate::clients) fn arrives(&mut self, c: usize, now: SimTime, opens: bool, retry: bool) {
        if self.watched.is_none() {
            return;
        }
        let connections = match self.cohort(c).protocol {
            _ if !opens => 0,
            Protocol::OutlookAnywhere
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp => self.habit(c).settings.outlook_connections,
            _ => 1,
        };
        if let (Some(place), Some(watched)) = (self.place(c), &mut self.watched) {
            watched.storm.arrives(place, now, connections, retry);
        }
    }

    /// A request of client `c` ended.
    #[inline]
    pub(in crate::clients) fn weathered(
        &mut self,
        c: usize,
        now: SimTime,
        latency: SimSpan,
        failure: Option<Failure>,
    ) {
        if self.watched.is_none() {
            return;
        }
        if failure.is_none() {
            self.restored(c, now);
        }
        if let (Some(place), Some(watched)) = (self.place(c), &mut self.watched) {
            let blamed = std::mem::replace(&mut watched.cuts[c].blamed, NONE);
            let incident = (blamed != NONE).then_some(blamed);
            watched.storm.ended(place, now, latency.0, failure, incident);
        }
    }

    /// Closes the books on incidents at `now`, the end of the window.
    pub(in crate::clients) fn close_storm(
        &mut self,
        now: SimTime,
    ) -> Option<crate::recorder::storm::Stormed> {
        let cuts = self.watched.as_ref().map_or(0, |watched| watched.cuts.len());
        for c in 0..cuts {
            if self.watched.as_ref().is_some_and(|watched| watched.cuts[c].incident != NONE) {
                self.uncut(c, now, CutEnds::RunOver);
            }
        }
        self.watched.take().map(|watched| close(watched.storm))
    }
}
