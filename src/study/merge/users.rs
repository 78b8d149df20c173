//! Interval by interval: what users met, by protocol, by population, and by both.

use std::collections::BTreeMap;

use super::merger::{COARSE, Merger};
use crate::model::protocol::Protocol;
use crate::recorder::{Interval, UserSeries};
use crate::results::{Series, SeriesKey, SeriesPoint};
use crate::stats::late::sectioned;

/// Series of users, protocols first (custom sources last of them), then populations, then
/// both.
pub(super) fn user_series(merger: &Merger<'_>) -> Vec<Series> {
    let goals = &merger.system.model.workload.slo.protocols;
    let goal = |protocol: Option<Protocol>| {
        goals.iter().any(|(of, objective)| Some(*of) == protocol && objective.p95.is_some())
    };
    let mut all = Vec::new();
    let custom_last = |protocol: &Option<Protocol>| (protocol.is_none(), *protocol);
    let mut protocols: Vec<_> = merger.protocols.iter().collect();
    protocols.sort_by_key(|(protocol, _)| custom_last(protocol));
    for (&protocol, of) in protocols {
        let mut of = series(merger, SeriesKey::Protocol(protocol), of, goal(protocol));
        let runs = merger.protocol_p95.get(&protocol).map_or(&[][..], Vec::as_slice);
        for (interval, point) in of.points.iter_mut().enumerate() {
            point.p95_all_half = half_width(point.p95_all, runs, interval, merger.replications);
        }
        all.push(of);
    }
    let mut populations: BTreeMap<u32, (UserSeries, bool)> = BTreeMap::new();
    for (&(protocol, population), of) in &merger.series {
        let empty = || UserSeries::new(merger.experiment.window, merger.experiment.interval);
        let (sum, judged) = populations.entry(population).or_insert_with(|| (empty(), false));
        sum.absorb(of, COARSE);
        *judged |= goal(protocol);
    }
    for (&population, (of, judged)) in &populations {
        all.push(series(merger, SeriesKey::Population(population), of, *judged));
    }
    let mut users: Vec<_> = merger.series.iter().collect();
    users.sort_by_key(|((protocol, population), _)| (custom_last(protocol), *population));
    for (&(protocol, population), of) in users {
        all.push(series(merger, SeriesKey::Users(protocol, population), of, goal(protocol)));
    }
    all
}

/// Half-width of a percentile of all replications together in an interval, by their own
/// (sectioning); nothing where one of them has none.
fn half_width(pooled: Option<f64>, runs: &[Vec<Option<f64>>], interval: usize, all: u32) -> Option<f64> {
    let of_runs: Vec<f64> = runs.iter().filter_map(|run| run.get(interval).copied().flatten()).collect();
    (of_runs.len() == all as usize).then(|| sectioned(pooled?, &of_runs).half_width).flatten()
}

fn series(merger: &Merger<'_>, key: SeriesKey, of: &UserSeries, judged: bool) -> Series {
    let replications = f64::from(merger.replications.max(1));
    let mean = |count: u64| Some(count as f64 / replications);
    let point = |interval: &Interval| SeriesPoint {
        offered: mean(interval.offered),
        completed: mean(interval.completed),
        failed: mean(interval.failed),
        late: mean(interval.late).filter(|_| judged),
        p95: interval.p95().map(|ns| ns as f64),
        p95_all: interval.p95_all().map(|ns| ns as f64),
        ..SeriesPoint::default()
    };
    Series { key, points: of.points.iter().map(point).collect() }
}
