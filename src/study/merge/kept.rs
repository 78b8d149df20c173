//! What each run had in its cells, kept until the last run has ended: how many requests of a
//! run are beyond a percentile of all runs is known only then.
//!
//! Eight bytes a bucket that is not empty: a run of 20,000 requests in a cell takes some
//! 20 KB. Next: [`super::rows`].

use std::collections::BTreeMap;

use crate::model::protocol::Protocol;
use crate::recorder::CellTotals;
use crate::results::{Cell, CellKey, CellReplication, LateBy, Percentile, UserReplication};
use crate::stats::histogram::{Compact, Histogram};
use crate::stats::late::Share;
use crate::stats::{PERCENTILES, percentile_with_lost, reliable_percentile};

/// The latencies of one cell in one run, by [`LateBy`].
type OfRun = [Compact; LateBy::ALL.len()];

/// The latencies of all cells in all runs.
#[derive(Debug, Default)]
pub(super) struct KeptRuns {
    cells: BTreeMap<CellKey, Vec<OfRun>>,
}

impl KeptRuns {
    /// Keeps what a cell had in the run after the first `before`.
    pub(super) fn add(&mut self, before: usize, totals: &CellTotals) {
        let runs = self.cells.entry(totals.key).or_default();
        runs.resize_with(before, OfRun::default);
        runs.push([&totals.latency, &totals.logon, &totals.logon_with_human].map(Compact::from));
    }

    /// Requests of `run` in a cell beyond `value` ns.
    fn beyond(&self, key: &CellKey, by: LateBy, run: usize, value: f64) -> u64 {
        let runs = self.cells.get(key);
        let of_run = runs.and_then(|runs| runs.get(run)).map(|of_run| &of_run[by as usize]);
        of_run.filter(|_| value.is_finite()).map_or(0, |compact| compact.beyond(value as u64))
    }

    /// The percentiles of a cell whose replications are complete.
    pub(super) fn of_cell(&self, cell: &mut Cell) {
        let shares = |by, value: u64, trials: fn(&CellReplication) -> u64| {
            let of_run = |(run, replication): (usize, &CellReplication)| Share {
                events: self.beyond(&cell.key, by, run, value as f64),
                trials: trials(replication),
            };
            cell.replications.iter().enumerate().map(of_run).collect::<Vec<_>>()
        };
        let latency = |(which, &p): (usize, &f64)| {
            let value = reliable_percentile(&cell.latency, p)?;
            let of_runs = cell.replications.iter().map(|r| r.percentiles[which].map(|ns| ns as f64));
            let beyond = shares(LateBy::Request, value, |r| r.completed);
            Some(Percentile::of(p, value as f64, &of_runs.collect::<Vec<_>>(), &beyond))
        };
        let percentiles = PERCENTILES.iter().enumerate().filter_map(latency).collect();
        let logon_p95 = reliable_percentile(&cell.logon, 0.95).map(|value| {
            let of_runs = cell.replications.iter().map(|r| r.logon_p95.map(|ns| ns as f64));
            let beyond = shares(LateBy::Logon, value, |r| r.logons);
            Percentile::of(0.95, value as f64, &of_runs.collect::<Vec<_>>(), &beyond)
        });
        (cell.percentiles, cell.logon_p95) = (percentiles, logon_p95);
    }

    /// 95th percentiles of the users of a protocol in a population, who are in these
    /// `cells`, where one that failed counts as later than any.
    pub(super) fn of_users(
        &self,
        cells: &[Cell],
        (protocol, population): (Option<Protocol>, u32),
        replications: &[UserReplication],
    ) -> ([Option<Percentile>; LateBy::ALL.len()], [Option<Percentile>; FELT.len()]) {
        let own = || cells.iter().filter(|c| (c.key.protocol, c.key.population) == (protocol, population));
        let percentile = |by: LateBy, p: f64, of_run_p: &dyn Fn(&UserReplication) -> Option<f64>| {
            let mut all = Histogram::new();
            own().for_each(|cell| all.merge(latency(cell, by)));
            let tried = |r: &UserReplication| match by {
                LateBy::Request => (r.failed, r.requests),
                LateBy::Logon | LateBy::LogonWithHuman => (r.failed_logons, r.logons),
            };
            let (failed, requests) =
                replications.iter().map(tried).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            let value = percentile_with_lost(&all, p, failed, requests)?;
            let of_run = |(run, replication)| {
                let (failed, requests) = tried(replication);
                let beyond: u64 = own().map(|cell| self.beyond(&cell.key, by, run, value)).sum();
                Share { events: beyond + failed, trials: requests }
            };
            let beyond: Vec<Share> = replications.iter().enumerate().map(of_run).collect();
            let of_runs: Vec<_> = replications.iter().map(of_run_p).collect();
            Some(Percentile::of(p, value, &of_runs, &beyond))
        };
        let late = LateBy::ALL.map(|by| percentile(by, 0.95, &|r| r.late_p95[by as usize]));
        let felt = [0, 1].map(|which| percentile(LateBy::Request, FELT[which], &|r| r.felt[which]));
        (late, felt)
    }
}

/// Percentiles that users feel beside the 95th: [`Users::felt`](crate::results::Users::felt).
pub(super) const FELT: [f64; 2] = [0.5, 0.99];

fn latency(cell: &Cell, by: LateBy) -> &Histogram {
    match by {
        LateBy::Request => &cell.latency,
        LateBy::Logon => &cell.logon,
        LateBy::LogonWithHuman => &cell.logon_with_human,
    }
}
