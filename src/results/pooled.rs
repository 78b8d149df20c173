//! Percentiles of users who are in several cells: of one population, of all,
//! or of populations that another scenario has as one.
//!
//! Next: [`super::percentiles`], for what may be said of one.

use super::cells::{Cell, LateBy, UserReplication, Users};
use super::percentiles::Percentile;
use crate::stats::histogram::Histogram;
use crate::stats::late::Share;
use crate::stats::{percentile_with_lost, percentiles};

/// Percentiles that users feel beside the 95th: [`Users::felt`].
pub const FELT: [f64; 2] = [0.5, 0.99];

impl UserReplication {
    /// States its percentiles from the latencies, ns, of its requests by [`LateBy`].
    pub(crate) fn state_percentiles(&mut self, [latency, logon, with_human]: &[Histogram; 3]) {
        self.percentiles = percentiles(latency);
        self.logon_percentiles = percentiles(logon);
        let of_logons = |of| percentile_with_lost(of, 0.95, self.failed_logons, self.logons);
        self.felt = FELT.map(|p| percentile_with_lost(latency, p, self.failed, self.requests));
        self.late_p95 = [
            percentile_with_lost(latency, 0.95, self.failed, self.requests),
            of_logons(logon),
            of_logons(with_human),
        ];
    }

    /// Failed, and all, of what a goal on a percentile is about.
    #[must_use]
    pub fn tried(&self, by: LateBy) -> (u64, u64) {
        match by {
            LateBy::Request => (self.failed, self.requests),
            LateBy::Logon | LateBy::LogonWithHuman => (self.failed_logons, self.logons),
        }
    }

    /// Adds every count of `other`; percentiles are to be stated again.
    fn add(&mut self, other: &Self) {
        // Taken apart so that a new count cannot be forgotten here.
        let Self {
            requests,
            failed,
            completed,
            latency_sum,
            percentiles: _,
            logon_percentiles: _,
            late_p95: _,
            felt: _,
            lost,
            late,
            late_by_lower_edge,
            logons,
            failed_logons,
            held,
            held_failed,
        } = *other;
        self.requests += requests;
        self.failed += failed;
        self.completed += completed;
        self.latency_sum += latency_sum;
        self.lost += lost;
        self.late.iter_mut().zip(late).for_each(|(mine, theirs)| *mine += theirs);
        self.late_by_lower_edge.iter_mut().zip(late_by_lower_edge).for_each(|(mine, theirs)| *mine += theirs);
        self.logons += logons;
        self.failed_logons += failed_logons;
        self.held += held;
        self.held_failed += held_failed;
    }
}

impl Users {
    /// States the percentiles of the users in these `cells`, where one that failed counts as
    /// later than any, once their replications are complete.
    pub(crate) fn state_percentiles(&mut self, cells: &[&Cell]) {
        let percentile = |by: LateBy, p: f64, of_run_p: &dyn Fn(&UserReplication) -> Option<f64>| {
            let mut all = Histogram::new();
            cells.iter().for_each(|cell| all.merge(cell.latencies(by)));
            let tried = self.replications.iter().map(|r| r.tried(by));
            let (failed, requests) = tried.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            let value = percentile_with_lost(&all, p, failed, requests)?;
            let of_run = |(run, replication): (usize, &UserReplication)| {
                let (failed, requests) = replication.tried(by);
                let beyond: u64 = cells.iter().map(|cell| cell.beyond(by, run, value)).sum();
                Share { events: beyond + failed, trials: requests }
            };
            let beyond: Vec<Share> = self.replications.iter().enumerate().map(of_run).collect();
            let of_runs: Vec<_> = self.replications.iter().map(of_run_p).collect();
            Some(Percentile::of(p, value, &of_runs, &beyond))
        };
        let late = LateBy::ALL.map(|by| percentile(by, 0.95, &|r| r.late_p95[by as usize]));
        let felt = [0, 1].map(|which| percentile(LateBy::Request, FELT[which], &|r| r.felt[which]));
        (self.late_p95, self.felt) = (late, felt);
    }

    /// These users together, who are in these `cells`, as if they were one population: the
    /// first one's. `None` of nobody.
    #[must_use]
    pub fn together(parts: &[&Self], cells: &[&Cell]) -> Option<Self> {
        let first = *parts.first()?;
        if parts.len() == 1 {
            return Some(first.clone());
        }
        let runs = parts.iter().map(|part| part.replications.len()).max().unwrap_or(0);
        let one = |run: usize| {
            let mut sum = UserReplication::default();
            parts.iter().filter_map(|part| part.replications.get(run)).for_each(|of| sum.add(of));
            let mut latencies: [Histogram; LateBy::ALL.len()] = Default::default();
            for of_run in cells.iter().filter_map(|cell| cell.runs.get(run)) {
                latencies.iter_mut().zip(of_run).for_each(|(all, one)| all.absorb(one));
            }
            sum.state_percentiles(&latencies);
            sum
        };
        let mut together = Self {
            clients: parts.iter().map(|part| part.clients).sum(),
            replications: (0..runs).map(one).collect(),
            ..first.clone()
        };
        together.state_percentiles(cells);
        Some(together)
    }
}
