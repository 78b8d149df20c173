//! Rows and series of a result, from what was merged.

use super::databases::merged;
use super::links::link_users;
use super::merger::Merger;
use super::servers::servers;
use super::sums::ratio;
use super::users::user_series;
use crate::model::access::Failure;
use crate::results::{
    Busiest, Cell, CellReplication, FailureRow, Flow, LinkRow, RunResult, Series, SeriesKey, SeriesPoint,
    ServerRow, UserReplication, Users, Warning,
};
use crate::stats::interval::Interval;

/// The result of the replications so far.
#[must_use]
pub(in crate::study) fn result(merger: &Merger<'_>) -> RunResult {
    let mut series = user_series(merger);
    let (servers, server_series) = servers(merger);
    let (links, link_series) = link_rows(merger);
    series.extend(server_series);
    series.extend(link_series);
    series.extend(failure_points(merger));
    let mut cells: Vec<Cell> = merger.cells.values().cloned().collect();
    for cell in &mut cells {
        cell.replications.resize(merger.replications as usize, CellReplication::default());
        cell.runs.resize_with(merger.replications as usize, Default::default);
        cell.state_percentiles();
    }
    let users = merger.users.iter().map(|(&(protocol, population), replications)| {
        let mut replications = replications.clone();
        replications.resize(merger.replications as usize, UserReplication::default());
        let clients = merger.clients.get(&(protocol, population)).copied().unwrap_or(0);
        let own = |cell: &&Cell| (cell.key.protocol, cell.key.population) == (protocol, population);
        let mut users =
            Users { protocol, population, clients, late_p95: [None; 3], felt: [None; 2], replications };
        users.state_percentiles(&cells.iter().filter(own).collect::<Vec<_>>());
        users
    });
    let users = users.collect();
    let from = merger.experiment.measured_from();
    let failures = merger
        .failures
        .iter()
        .map(|(&(failure, protocol, entry_site, mailbox_site, incident), totals)| FailureRow {
            failure,
            protocol,
            entry_site,
            mailbox_site,
            incident,
            count: totals.count,
            held: totals.held,
            first: totals.first.since(from),
            last: totals.last.since(from),
            example: totals.example,
        })
        .collect();
    let warnings = warnings(&servers, &links);
    RunResult {
        names: merger.system.names.clone(),
        replications: merger.replications,
        window: merger.experiment.window,
        warmup: merger.experiment.warmup,
        interval: merger.experiment.interval,
        window_starts_at_utc: merger.experiment.window_starts_at_utc,
        clock_offset_minutes: 0,
        weekday: None,
        percentiles: Vec::new(),
        events: merger.events,
        trajectory_hash: merger.trajectory.0,
        outcome_hash: merger.outcome_hash,
        cells,
        users,
        objectives: Vec::new(),
        servers,
        links,
        link_users: link_users(merger),
        series,
        failures,
        explanations: Vec::new(),
        flows: merger.flows.iter().map(|(&key, &counts)| Flow { key, counts }).collect(),
        steady: None,
        precision: None,
        storms: merger.storms.result(),
        databases: merged(&merger.databases),
        copied: merger.copied.clone(),
        bottlenecks: Vec::new(),
        headroom: None,
        warnings,
    }
}

fn link_rows(merger: &Merger<'_>) -> (Vec<LinkRow>, Vec<Series>) {
    let replications = f64::from(merger.replications.max(1));
    let window = merger.experiment.window;
    let mut rows = Vec::new();
    let mut series = Vec::new();
    for (index, totals) in merger.links.iter().enumerate() {
        let link = &merger.system.network.links[index];
        let points: Vec<SeriesPoint> = totals
            .series
            .iter()
            .zip(merger.lengths().into_iter().map(|length| length as f64))
            .enumerate()
            .map(|(interval, ([bits, present, begun], length))| {
                let capacity = link.bandwidth * length / 1e9;
                let of_runs: Vec<f64> = totals.amounts.iter().map(|run| run[interval] / capacity).collect();
                SeriesPoint {
                    offered: Some(begun / replications),
                    utilisation: Some(bits / replications / capacity),
                    queue: Some(present / length / replications),
                    utilisation_half: Interval::of_mean(&of_runs).and_then(|mean| mean.half_width),
                    ..SeriesPoint::default()
                }
            })
            .collect();
        let sum = &totals.sum;
        rows.push(LinkRow {
            name: link.name.clone(),
            bandwidth: link.bandwidth,
            raw_bandwidth: merger.system.raw_bandwidths[index],
            ends: merger.system.ends[index],
            reverse: merger.system.reverses[index],
            utilisation_mean: sum.carried_bits / replications / (link.bandwidth * window.as_secs_f64()),
            utilisation_busiest_interval: busiest_share(&points),
            busiest_hour: Busiest::of(&merger.lengths(), &totals.amounts, link.bandwidth / 1e9),
            offered_bits: sum.offered_bits,
            carried_bits: sum.carried_bits,
            transfers: sum.transfers,
            number_mean: sum.present as f64 / window.0 as f64 / replications,
            number_max: sum.present_max,
            transfer_mean: ratio(sum.sojourn_sum as f64, sum.completed),
            growing: false,
            replications: totals.replications.clone(),
        });
        series.push(Series { key: SeriesKey::Link(index as u32), points });
    }
    (rows, series)
}

fn failure_points(merger: &Merger<'_>) -> impl Iterator<Item = Series> {
    let replications = f64::from(merger.replications.max(1));
    Failure::ALL.iter().zip(&merger.failure_series).filter(|(_, counts)| !counts.is_empty()).map(
        move |(&(failure, ..), counts)| Series {
            key: SeriesKey::Failure(failure),
            points: counts
                .iter()
                .map(|&n| SeriesPoint { failed: Some(f64::from(n) / replications), ..SeriesPoint::default() })
                .collect(),
        },
    )
}

fn busiest_share(points: &[SeriesPoint]) -> f64 {
    points.iter().filter_map(|p| p.utilisation).fold(0.0, f64::max)
}

/// What a reader of the result should know before trusting it.
fn warnings(servers: &[ServerRow], links: &[LinkRow]) -> Vec<Warning> {
    let busy = |mean: f64| mean > 0.95;
    let servers = servers
        .iter()
        .filter(|row| busy(row.utilisation_mean))
        .map(|row| Warning::BusyServers { name: row.name.clone(), utilisation: row.utilisation_mean });
    let links = links
        .iter()
        .filter(|row| busy(row.utilisation_mean))
        .map(|row| Warning::BusyLink { name: row.name.clone(), utilisation: row.utilisation_mean });
    servers.chain(links).collect()
}
