//! What single servers and their limits gave, replication by replication.
//!
//! The amounts of each interval are kept by replication, since the busiest hour is one for all
//! of them. Must not know names. Next: [`super::servers`], which makes rows of it.

use super::sums::{add_station, server_replication};
use crate::kernel::SimSpan;
use crate::results::ServerReplication;
use crate::sim::measured::{IntervalSample, PoolReport, StationReport};

/// Amounts by replication and interval.
pub(super) type Amounts = Vec<Vec<f64>>;

/// One server.
#[derive(Debug, Default)]
pub(super) struct OneStation {
    pub(super) sum: StationReport,
    pub(super) replications: Vec<ServerReplication>,
    /// Core-ns busy.
    pub(super) busy: Amounts,
    /// Time not up, ns; a replication in which it was always up has no interval.
    down: Amounts,
    /// Ns x waiting, and highest number by replication.
    pub(super) waiting: (Amounts, Vec<u64>),
    /// Ns x units of its pool, and highest number by replication.
    pub(super) units: (Amounts, Vec<u64>),
}

impl OneStation {
    /// Adds what station `index` gave in the next replication.
    pub(super) fn add(
        &mut self,
        index: usize,
        (report, intervals): (&StationReport, &[IntervalSample]),
        window: SimSpan,
        cores: f64,
    ) {
        self.replications.push(server_replication(report, window, 1.0, cores));
        add_station(&mut self.sum, report);
        let amounts = |place: usize| intervals.iter().map(|sample| sample.stations[index][place]).collect();
        self.busy.push(amounts(0));
        self.waiting.0.push(amounts(1));
        self.waiting.1.push(report.waiting_max);
        self.units.0.push(amounts(2));
        self.units.1.push(report.units_max);
        let down: Vec<f64> = amounts(4);
        self.down.push(if down.iter().all(|&down| down == 0.0) { Vec::new() } else { down });
    }

    /// Time not up in an interval of a replication, ns.
    fn down(&self, run: usize, interval: usize) -> f64 {
        self.down[run].get(interval).copied().unwrap_or(0.0)
    }
}

/// Busy share of the cores that were up, times the interval's length, of servers of `cores`
/// each together.
pub(super) fn shares(stations: &[OneStation], lengths: &[u64], cores: f64) -> Amounts {
    let runs = stations.first().map_or(0, |station| station.busy.len());
    let share = |run: usize, interval: usize| {
        let length = lengths[interval] as f64;
        let busy: f64 = stations.iter().map(|station| station.busy[run][interval]).sum();
        let up: f64 = stations.iter().map(|station| length - station.down(run, interval)).sum();
        // One that drains is not up and busy all the same.
        if busy > 0.0 { busy / (up * cores).max(busy) * length } else { 0.0 }
    };
    (0..runs).map(|run| (0..lengths.len()).map(|interval| share(run, interval)).collect()).collect()
}

/// The pools of one limit at one server.
#[derive(Debug, Default)]
pub(super) struct OnePool {
    pub(super) sum: PoolReport,
    /// Highest number of units at one of them, by replication.
    pub(super) maxima: Vec<u64>,
    /// Ns x units.
    pub(super) units: Amounts,
}

impl OnePool {
    /// Adds what the pools at place `index` gave in the next replication.
    pub(super) fn add(&mut self, index: usize, (report, intervals): (&PoolReport, &[IntervalSample])) {
        self.sum.add(report);
        self.sum.counters = report.counters;
        self.maxima.push(report.max);
        self.units.push(intervals.iter().map(|sample| sample.pools[index]).collect());
    }
}
