//! Rows of servers and of their limits.
//!
//! A group of servers has a row, and each of its servers has one. Next: [`super::rows`].

use std::ops::Range;

use super::merger::Merger;
use super::stations::{Amounts, OnePool, OneStation, shares};
use super::sums::ratio;
use crate::itinerary::PoolFamily;
use crate::results::{
    Busiest, LimitKind, LimitUse, Series, SeriesKey, SeriesPoint, ServerReplication, ServerRow,
};
use crate::sim::measured::StationReport;
use crate::stats::interval::Interval;

/// A row and a series for each group.
pub(super) fn servers(merger: &Merger<'_>) -> (Vec<ServerRow>, Vec<Series>) {
    let network = &merger.system.network;
    let mut first_pool = 0;
    // By family, the place of its first server's pools.
    let pools: Vec<usize> = network
        .families
        .iter()
        .map(|family| {
            first_pool += network.groups[family.group.index()].count as usize;
            first_pool - network.groups[family.group.index()].count as usize
        })
        .collect();
    let rows = (0..network.groups.len()).map(|group| group_row(merger, group, &pools)).collect();
    let series = (0..network.groups.len()).map(|group| {
        let points = points(merger, group);
        Series { key: SeriesKey::Server(group as u32), points }
    });
    (rows, series.collect())
}

fn points(merger: &Merger<'_>, group: usize) -> Vec<SeriesPoint> {
    let replications = f64::from(merger.replications.max(1));
    let servers = &merger.system.network.groups[group];
    let cores = f64::from(merger.system.network.stations[servers.first as usize].cores);
    let of = |(&[busy, waiting, units, arrivals], length): (&[f64; 4], u64)| {
        let whole = length as f64 * f64::from(servers.count) * replications;
        SeriesPoint {
            offered: Some(arrivals / replications),
            utilisation: Some(busy / whole / cores),
            queue: Some(waiting / whole),
            connections: Some(units / whole),
            ..SeriesPoint::default()
        }
    };
    let mut points: Vec<SeriesPoint> =
        merger.groups[group].series.iter().zip(merger.lengths()).map(of).collect();
    let first = servers.first as usize;
    let stations = &merger.stations[first..first + servers.count as usize];
    for (interval, (point, length)) in points.iter_mut().zip(merger.lengths()).enumerate() {
        let of_run = |run: usize| {
            let busy: f64 = stations.iter().map(|station| station.busy[run][interval]).sum();
            busy / (length as f64 * f64::from(servers.count) * cores)
        };
        let of_runs: Vec<f64> = (0..merger.replications as usize).map(of_run).collect();
        point.utilisation_half = Interval::of_mean(&of_runs).and_then(|mean| mean.half_width);
    }
    points
}

/// The row of a group, with those of its servers.
fn group_row(merger: &Merger<'_>, group: usize, pools: &[usize]) -> ServerRow {
    let network = &merger.system.network;
    let servers = &network.groups[group];
    let stations = servers.first as usize..(servers.first + servers.count) as usize;
    let totals = &merger.groups[group];
    let whole = (servers.name.clone(), &totals.sum, totals.replications.as_slice());
    let mut row = row(merger, group, stations.clone(), whole);
    let mut met: Vec<Vec<Met>> = Vec::new();
    for (n, station) in stations.enumerate() {
        let one = &merger.stations[station];
        let name = merger.system.names.servers[station].clone();
        let mut own =
            self::row(merger, group, station..station + 1, (name, &one.sum, one.replications.as_slice()));
        let limits = limits(merger, group, (n, one), pools);
        own.limits = limits.iter().map(|met| met.seen.clone()).collect();
        own.idle_reconnects = 0;
        met.push(limits);
        row.each.push(own);
    }
    row.limits = of_group(&met, merger.replications);
    row
}

/// The row of some servers of a group together.
fn row(
    merger: &Merger<'_>,
    group: usize,
    stations: Range<usize>,
    (name, sum, replications): (String, &StationReport, &[ServerReplication]),
) -> ServerRow {
    let network = &merger.system.network;
    let first = &network.stations[stations.start];
    let (servers, cores) = (stations.len() as u32, f64::from(first.cores));
    let about = merger.system.groups[group];
    let lengths = merger.lengths();
    let used = shares(&merger.stations[stations], &lengths, cores);
    let window = merger.experiment.window.0 as f64 * f64::from(merger.replications.max(1));
    let whole = window * f64::from(servers);
    ServerRow {
        name,
        role: about.role,
        site: about.site,
        servers,
        cores: first.cores,
        each: Vec::new(),
        uneven: merger.system.uneven(group),
        utilisation_mean: sum.busy as f64 / whole / cores,
        utilisation_busiest_interval: busiest_interval(&used, &lengths),
        busiest_hour: Busiest::of(&lengths, &used, 1.0),
        queue_mean: sum.waiting as f64 / whole,
        queue_max: sum.waiting_max,
        connections_mean: sum.units as f64 / whole,
        connections_peak: sum.units_max,
        arrivals: sum.arrivals,
        rejected: sum.refused_queue,
        rejected_connections: sum.refused_pool,
        queue_limit: limit(first.queue_limit),
        connection_limit: connection_limit(merger, group),
        limits: Vec::new(),
        idle_reconnects: merger.idle[group],
        wait_mean: ratio(sum.wait_sum as f64, sum.wait_count),
        service_mean: ratio(sum.service_sum as f64, sum.wait_count),
        number_mean: sum.present as f64 / window,
        wait: sum.wait.clone(),
        sojourn: sum.sojourn.clone(),
        growing: false,
        replications: replications.to_vec(),
    }
}

/// Highest mean over replications of one interval.
pub(super) fn busiest_interval(amounts: &Amounts, lengths: &[u64]) -> f64 {
    let mean = |interval: usize| {
        let sum: f64 = amounts.iter().map(|run| run[interval]).sum();
        sum / amounts.len().max(1) as f64 / lengths[interval] as f64
    };
    (0..lengths.len()).map(mean).fold(0.0, f64::max)
}

/// Units of a limit; nothing where there is no end of them.
fn limit(units: u32) -> Option<u32> {
    (units < u32::MAX).then_some(units)
}

fn connection_limit(merger: &Merger<'_>, group: usize) -> Option<u32> {
    let network = &merger.system.network;
    let pool = network.groups[group].first_pool?;
    network.pools.get(pool as usize).and_then(|pool| limit(pool.limit))
}

/// A limit at one server, and the highest number of units in use at once by replication.
struct Met {
    seen: LimitUse,
    maxima: Vec<u64>,
}

/// What became of one limit at one server.
struct Counted<'m> {
    kind: LimitKind,
    apart: &'m str,
    limit: Option<u32>,
    /// Pools at the server.
    pools: u64,
    amounts: &'m Amounts,
    maxima: &'m [u64],
    refused: u64,
    waited: u64,
}

impl Counted<'_> {
    fn met(self, lengths: &[u64]) -> Met {
        let pools = self.pools.max(1) as f64;
        let whole: f64 = lengths.iter().map(|&length| length as f64).sum();
        let runs = self.maxima.len().max(1) as f64;
        let units: f64 = self.amounts.iter().flatten().sum();
        let capacity = self.limit.filter(|limit| *limit > 0).map(|limit| f64::from(limit) * pools);
        let seen = LimitUse {
            kind: self.kind,
            apart: self.apart.to_owned(),
            limit: self.limit,
            pools: self.pools,
            mean: units / (whole.max(1.0) * runs * pools),
            peak: self.maxima.iter().copied().max().unwrap_or(0),
            peak_mean: self.maxima.iter().sum::<u64>() as f64 / runs,
            busiest_hour: capacity.map(|capacity| Busiest::of(lengths, self.amounts, capacity)),
            refused: self.refused,
            waited: self.waited,
        };
        Met { seen, maxima: self.maxima.to_vec() }
    }
}

/// Limits at the `n`-th server of a group.
fn limits(merger: &Merger<'_>, group: usize, (n, one): (usize, &OneStation), pools: &[usize]) -> Vec<Met> {
    let network = &merger.system.network;
    let lengths = merger.lengths();
    let station = &network.stations[network.groups[group].first as usize];
    let mut found = Vec::new();
    if let queue @ Some(_) = limit(station.queue_limit) {
        found.push(Counted {
            kind: LimitKind::Queue,
            apart: "",
            limit: queue,
            pools: 1,
            amounts: &one.waiting.0,
            maxima: &one.waiting.1,
            refused: one.sum.refused_queue,
            waited: one.sum.waited,
        });
    }
    if let connections @ Some(_) = connection_limit(merger, group) {
        found.push(Counted {
            kind: LimitKind::Connections,
            apart: "",
            limit: connections,
            pools: 1,
            amounts: &one.units.0,
            maxima: &one.units.1,
            refused: one.sum.refused_pool,
            waited: 0,
        });
    }
    for kind in LimitKind::ALL {
        let here =
            |(_, family): &(usize, &PoolFamily)| family.kind == kind.token() && family.group.index() == group;
        for (number, family) in network.families.iter().enumerate().filter(here) {
            let OnePool { sum, maxima, units } = &merger.pools[pools[number] + n];
            found.push(Counted {
                kind,
                apart: &family.apart,
                limit: limit(family.limit),
                pools: sum.counters,
                amounts: units,
                maxima,
                refused: sum.refused,
                waited: sum.waited,
            });
        }
    }
    found.into_iter().map(|counted| counted.met(&lengths)).collect()
}

/// The limits of a group from those of its servers, which all have the same.
fn of_group(servers: &[Vec<Met>], replications: u32) -> Vec<LimitUse> {
    let count = servers.first().map_or(0, Vec::len);
    (0..count)
        .filter_map(|place| {
            let all = || servers.iter().map(|limits| &limits[place]);
            let worst = all().reduce(
                |worst, met| {
                    if met.seen.closest() > worst.seen.closest() { met } else { worst }
                },
            )?;
            let highest = |run: usize| all().map(|met| met.maxima[run]).max().unwrap_or(0);
            let highest: u64 = (0..replications as usize).map(highest).sum();
            Some(LimitUse {
                peak: all().map(|met| met.seen.peak).max().unwrap_or(0),
                peak_mean: highest as f64 / f64::from(replications.max(1)),
                refused: all().map(|met| met.seen.refused).sum(),
                waited: all().map(|met| met.seen.waited).sum(),
                ..worst.seen.clone()
            })
        })
        .collect()
}
