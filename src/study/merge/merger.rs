//! Replications, added up in their order.
//!
//! Next: [`super::rows`], which makes a result of the sums.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::replicate::Replication;
use super::super::storms::StormMerger;
use super::super::system::System;
use super::databases::stretches;
use super::stations::{OnePool, OneStation};
use super::sums::{add_link, add_station, link_replication, server_replication};
use crate::itinerary::PARTS;
use crate::kernel::random::Key;
use crate::model::Experiment;
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::recorder::{
    CellTotals, FailureKey, FailureTotals, Recorded, UserKey, UserSeries, add, add_counts, intervals,
};
use crate::results::{
    Cell, CellCounts, CellKey, CellReplication, CopiedRow, FlowCounts, FlowKey, LinkReplication,
    ServerReplication, Stretch, UserReplication,
};
use crate::sim::measured::{EngineReport, LinkReport, StationReport};
use crate::stats::histogram::{Compact, Histogram};
use crate::stats::{percentiles, reliable_percentile};

/// Bits of a bucket that latencies of users lose in an interval: 128 buckets an octave.
pub(super) const COARSE: u32 = 3;

/// Collects replications.
#[derive(Debug)]
pub(in crate::study) struct Merger<'m> {
    pub(super) system: Arc<System<'m>>,
    pub(super) experiment: Experiment,
    pub(super) replications: u32,
    pub(super) cells: BTreeMap<CellKey, Cell>,
    pub(super) users: BTreeMap<(Option<Protocol>, u32), Vec<UserReplication>>,
    /// Clients behind `users`.
    pub(super) clients: BTreeMap<(Option<Protocol>, u32), u64>,
    pub(super) flows: BTreeMap<FlowKey, FlowCounts>,
    /// Exact to the bucket.
    pub(super) protocols: BTreeMap<Option<Protocol>, UserSeries>,
    /// 95th percentiles of all requests that ended in an interval, ns, by replication; of one
    /// in which nobody used the protocol there are none.
    pub(super) protocol_p95: BTreeMap<Option<Protocol>, Vec<Vec<Option<f64>>>>,
    /// To [`COARSE`] buckets.
    pub(super) series: BTreeMap<UserKey, UserSeries>,
    pub(super) failures: BTreeMap<FailureKey, FailureTotals>,
    pub(super) failure_series: Vec<Vec<u32>>,
    pub(super) groups: Vec<Totals<StationReport, ServerReplication, 4>>,
    pub(super) links: Vec<Totals<LinkReport, LinkReplication, 3>>,
    pub(super) stations: Vec<OneStation>,
    /// By family of pools and server.
    pub(super) pools: Vec<OnePool>,
    /// Idle connections ended, by group.
    pub(super) idle: Vec<u64>,
    pub(super) events: u64,
    pub(super) trajectory: Key,
    pub(super) outcome_hash: u64,
    pub(super) storms: StormMerger,
    /// Where databases stood, by replication.
    pub(super) databases: Vec<Vec<Stretch>>,
    /// Mailboxes that were copied.
    pub(super) copied: Vec<CopiedRow>,
}

/// A group or link over the replications so far.
#[derive(Debug)]
pub(super) struct Totals<R, P, const N: usize> {
    pub(super) sum: R,
    /// Amounts by interval, summed over replications.
    pub(super) series: Vec<[f64; N]>,
    /// The first of them by replication and interval, where the whole is one resource (links).
    pub(super) amounts: Vec<Vec<f64>>,
    pub(super) replications: Vec<P>,
}

impl<R: Default, P, const N: usize> Totals<R, P, N> {
    fn new(intervals: usize) -> Self {
        Self {
            sum: R::default(),
            series: vec![[0.0; N]; intervals],
            amounts: Vec::new(),
            replications: Vec::new(),
        }
    }
}

impl<'m> Merger<'m> {
    /// A merger that has seen no replication.
    #[must_use]
    pub(in crate::study) fn new(system: Arc<System<'m>>, experiment: &Experiment) -> Self {
        let mut experiment = experiment.clone();
        experiment.interval = experiment.series_interval();
        let intervals = intervals(experiment.window, experiment.interval);
        let families = system.network.families.iter();
        let pools: u32 = families.map(|family| system.network.groups[family.group.index()].count).sum();
        Self {
            replications: 0,
            cells: BTreeMap::new(),
            users: BTreeMap::new(),
            clients: BTreeMap::new(),
            flows: BTreeMap::new(),
            protocols: BTreeMap::new(),
            protocol_p95: BTreeMap::new(),
            series: BTreeMap::new(),
            failures: BTreeMap::new(),
            failure_series: vec![Vec::new(); Failure::ALL.len()],
            groups: system.network.groups.iter().map(|_| Totals::new(intervals)).collect(),
            links: system.network.links.iter().map(|_| Totals::new(intervals)).collect(),
            stations: system.network.stations.iter().map(|_| OneStation::default()).collect(),
            pools: (0..pools).map(|_| OnePool::default()).collect(),
            idle: vec![0; system.network.groups.len()],
            events: 0,
            trajectory: Key(0),
            outcome_hash: 0,
            storms: StormMerger::new(&system.model.topology, &system.model.workload, &experiment),
            databases: Vec::new(),
            copied: Vec::new(),
            experiment,
            system,
        }
    }

    /// Replications merged so far.
    #[must_use]
    pub(in crate::study) fn replications(&self) -> u32 {
        self.replications
    }

    /// Length of each interval, ns.
    pub(super) fn lengths(&self) -> Vec<u64> {
        let (window, interval) = (self.experiment.window, self.experiment.interval);
        let count = intervals(window, interval) as u64;
        (0..count).map(|n| interval.0.min(window.0 - n * interval.0)).collect()
    }

    /// Adds the next replication.
    pub(in crate::study) fn add(&mut self, replication: Replication) {
        let Replication { report, mut recorded, twin, .. } = replication;
        self.storms.add(recorded.storm.take(), twin.as_ref());
        let span = (self.experiment.warmup.0, self.experiment.window.0);
        self.databases.push(stretches(&self.system.databases, &recorded.mounts, span));
        if self.copied.is_empty() {
            self.copied = recorded.copied.iter().copied().map(CopiedRow::new).collect();
        }
        for (row, copied) in self.copied.iter_mut().zip(&recorded.copied) {
            row.replications.push(*copied);
        }
        self.events += report.events;
        self.trajectory = self.trajectory.child(report.trajectory_hash);
        self.outcome_hash = self.outcome_hash.wrapping_add(recorded.outcome_hash);
        self.add_groups(&report);
        self.add_links(&report);
        for (mine, theirs) in self.idle.iter_mut().zip(&recorded.idle) {
            *mine += theirs;
        }
        self.add_users(&recorded);
        self.add_cells(recorded.cells);
        for flow in &recorded.flows {
            self.flows.entry(flow.key).or_default().add(&flow.counts);
        }
        let (window, interval) = (self.experiment.window, self.experiment.interval);
        let empty = || UserSeries::new(window, interval);
        let before = self.replications as usize;
        let mut own: BTreeMap<Option<Protocol>, UserSeries> = BTreeMap::new();
        for (key, theirs) in &recorded.series {
            self.protocols.entry(key.0).or_insert_with(empty).absorb(theirs, 0);
            own.entry(key.0).or_insert_with(empty).absorb(theirs, 0);
            self.series.entry(*key).or_insert_with(empty).absorb(theirs, COARSE);
        }
        for (protocol, of) in own {
            let runs = self.protocol_p95.entry(protocol).or_default();
            runs.resize(before, Vec::new());
            runs.push(of.points.iter().map(|point| point.p95_all().map(|ns| ns as f64)).collect());
        }
        for (key, totals) in recorded.failures {
            // The example stays that of the first replication that has one.
            self.failures.entry(key).and_modify(|f| f.merge(&totals)).or_insert(totals);
        }
        for (mine, theirs) in self.failure_series.iter_mut().zip(recorded.failure_series) {
            add_counts(mine, &theirs);
        }
        self.replications += 1;
    }

    fn add_cells(&mut self, cells: Vec<CellTotals>) {
        let before = self.replications as usize;
        for totals in cells {
            let cell = self.cells.entry(totals.key).or_insert_with(|| Cell {
                key: totals.key,
                class: totals.class.clone(),
                counts: CellCounts::default(),
                latency: Histogram::new(),
                logon: Histogram::new(),
                logon_with_human: Histogram::new(),
                parts: [0; PARTS],
                percentiles: Vec::new(),
                logon_p95: None,
                replications: Vec::new(),
                runs: Vec::new(),
            });
            cell.runs.resize_with(before, Default::default);
            cell.runs.push([&totals.latency, &totals.logon, &totals.logon_with_human].map(Compact::from));
            cell.replications.resize(before, CellReplication::default());
            cell.replications.push(CellReplication {
                completed: totals.latency.count(),
                requests: totals.counts.requests,
                failed: totals.counts.failed,
                latency_sum: totals.latency_sum,
                latency_squares: totals.latency_squares,
                percentiles: percentiles(&totals.latency),
                logon_p95: reliable_percentile(&totals.logon, 0.95),
                logons: totals.logon.count(),
                max: (totals.latency.count() > 0).then(|| totals.latency.max()),
                sessions: totals.counts.sessions,
                server_hops: totals.counts.server_hops,
                wan_hops: totals.counts.wan_hops,
            });
            add(&mut cell.counts, &totals.counts);
            cell.latency.merge(&totals.latency);
            cell.logon.merge(&totals.logon);
            cell.logon_with_human.merge(&totals.logon_with_human);
            for (a, b) in cell.parts.iter_mut().zip(totals.parts) {
                *a += b;
            }
        }
    }

    fn add_users(&mut self, recorded: &Recorded) {
        let mut pools: BTreeMap<(Option<Protocol>, u32), (UserReplication, [Histogram; 3])> = BTreeMap::new();
        for cell in &recorded.cells {
            let (sum, histograms) = pools.entry((cell.key.protocol, cell.key.population)).or_default();
            sum.requests += cell.counts.requests;
            sum.failed += cell.counts.failed;
            sum.completed += cell.latency.count();
            sum.latency_sum += cell.latency_sum;
            histograms[0].merge(&cell.latency);
            histograms[1].merge(&cell.logon);
            histograms[2].merge(&cell.logon_with_human);
            sum.logons += cell.counts.logons;
            sum.failed_logons += cell.counts.failed_logons;
            sum.held += cell.counts.held;
            sum.held_failed += cell.counts.held_failed;
            for (mine, theirs) in sum.late.iter_mut().zip(cell.counts.late) {
                *mine += theirs;
            }
            for (mine, theirs) in sum.late_by_lower_edge.iter_mut().zip(cell.counts.late_by_lower_edge) {
                *mine += theirs;
            }
        }
        for of in &recorded.user_time {
            let key = (Some(of.protocol), of.population);
            if of.lost > 0 || pools.contains_key(&key) {
                pools.entry(key).or_default().0.lost = of.lost;
                self.clients.insert(key, of.clients);
            }
        }
        for (key, (mut sum, latencies)) in pools {
            sum.state_percentiles(&latencies);
            let replications = self.users.entry(key).or_default();
            replications.resize(self.replications as usize, UserReplication::default());
            replications.push(sum);
        }
    }

    fn add_groups(&mut self, report: &EngineReport) {
        let window = self.experiment.window;
        for (index, station) in self.stations.iter_mut().enumerate() {
            let cores = f64::from(self.system.network.stations[index].cores);
            station.add(index, (&report.stations[index], &report.intervals), window, cores);
        }
        for (index, pool) in self.pools.iter_mut().enumerate() {
            pool.add(index, (&report.pools[index], &report.intervals));
        }
        for (totals, group) in self.groups.iter_mut().zip(&self.system.network.groups) {
            let stations = group.first as usize..(group.first + group.count) as usize;
            let mut sum = StationReport::default();
            for station in &report.stations[stations.clone()] {
                add_station(&mut sum, station);
            }
            let cores = f64::from(self.system.network.stations[group.first as usize].cores);
            totals.replications.push(server_replication(&sum, window, f64::from(group.count), cores));
            add_station(&mut totals.sum, &sum);
            for (into, sample) in totals.series.iter_mut().zip(&report.intervals) {
                for values in &sample.stations[stations.clone()] {
                    for (a, b) in into.iter_mut().zip(values) {
                        *a += b;
                    }
                }
            }
        }
    }

    fn add_links(&mut self, report: &EngineReport) {
        let window = self.experiment.window;
        for (index, totals) in self.links.iter_mut().enumerate() {
            let link = &report.links[index];
            let bandwidth = self.system.network.links[index].bandwidth;
            totals.replications.push(link_replication(link, window, bandwidth));
            add_link(&mut totals.sum, link);
            totals.amounts.push(report.intervals.iter().map(|sample| sample.links[index][0]).collect());
            for (into, sample) in totals.series.iter_mut().zip(&report.intervals) {
                for (a, b) in into.iter_mut().zip(&sample.links[index]) {
                    *a += b;
                }
            }
        }
    }
}
