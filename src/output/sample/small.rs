//! A small result whose every number is plain.

use crate::itinerary::PARTS;
use crate::kernel::{SimSpan, SimTime};
use crate::model::access::{Decision, Failure, Mechanism};
use crate::model::protocol::Protocol;
use crate::model::workload::{Objective, Slo};
use crate::results::*;
use crate::stats::histogram::Histogram;

pub(super) const MS: u64 = 1_000_000;
pub(super) const HOUR: u64 = 3_600_000_000_000;

/// 200 latencies 10 ms, 20 ms, ... 2,000 ms: median 1,000 ms, p95 1,900 ms, mean 1,005 ms.
fn ramp() -> Histogram {
    let mut histogram = Histogram::new();
    (1..=200).for_each(|n| histogram.record(n * 10 * MS));
    histogram
}

/// Two sites, two populations, three cells, two replications, two hours.
pub(crate) fn small() -> RunResult {
    let cells = small_cells();
    judged(RunResult {
        names: small_names(),
        replications: 2,
        window: SimSpan(2 * HOUR),
        warmup: SimSpan(HOUR / 2),
        interval: SimSpan(HOUR),
        window_starts_at_utc: SimSpan(22 * HOUR),
        clock_offset_minutes: 90,
        weekday: Some(3),
        percentiles: vec![50.0, 95.0, 99.0],
        events: 123_456,
        trajectory_hash: 0xabc,
        outcome_hash: 0xdef0,
        users: super::users_of(&cells, 2),
        cells,
        objectives: Vec::new(),
        servers: vec![small_server()],
        links: vec![small_link()],
        series: small_series(),
        failures: small_failures(),
        explanations: Vec::new(),
        flows: Vec::new(),
        link_users: Vec::new(),
        steady: None,
        precision: None,
        storms: crate::results::Storms::default(),
        databases: Vec::new(),
        copied: Vec::new(),
        bottlenecks: Vec::new(),
        headroom: None,
        warnings: vec![Warning::NotSteady(NotSteady::Silent)],
    })
}

fn small_names() -> Names {
    Names {
        populations: vec!["HQ staff".into(), "Branch, \"west\"".into()],
        sites: vec!["Amsterdam".into(), "=Boston".into()],
        locations: vec!["Amsterdam".into(), "=Boston".into(), "Internet".into()],
        namespaces: vec!["mail.contoso.com".into()],
        servers: vec!["Amsterdam CAS 1".into(), "Boston CAS 1".into()],
        mailboxes: vec![4000, 400],
    }
}

fn small_replication(completed: u64, mean_ms: u64, failed: u64) -> CellReplication {
    CellReplication {
        completed,
        max: (completed > 0).then_some(mean_ms * 4_000_000),
        requests: completed + failed,
        failed,
        latency_sum: u128::from(completed * mean_ms * MS),
        latency_squares: 0.0,
        percentiles: [Some((mean_ms - 5) * MS), Some(1900 * MS), None],
        logon_p95: Some(1900 * MS),
        logons: completed,
        sessions: 10,
        server_hops: 10,
        wan_hops: 0,
    }
}

fn small_cells() -> Vec<Cell> {
    let local = small_local();
    let mut proxied = local.clone();
    proxied.key = CellKey { population: 1, mailbox_site: 1, decision: Decision::Proxy, ..local.key };
    proxied.counts = CellCounts {
        hop_counts: [0, 0, 20, 0],
        server_hops: 40,
        wan_hops: 20,
        failed: 0,
        requests: 200,
        ..local.counts
    };
    proxied.replications = vec![small_replication(100, 1005, 0); 2];
    for r in &mut proxied.replications {
        (r.server_hops, r.wan_hops) = (20, 10);
    }
    vec![local, proxied, small_refused()]
}

fn small_local() -> Cell {
    let mut parts = [0; PARTS];
    parts[2] = u128::from(200 * 5 * MS);
    parts[4] = u128::from(200 * 1000 * MS);
    Cell {
        key: CellKey {
            protocol: Some(Protocol::Owa),
            population: 0,
            entry_site: 0,
            mailbox_site: 0,
            decision: Decision::Local,
            class: 0,
        },
        class: String::new(),
        counts: CellCounts {
            sessions: 20,
            carried_in: 4,
            completed: 17,
            failed_sessions: 1,
            open: 2,
            requests: 202,
            failed: 2,
            held: 7,
            held_failed: 0,
            logons: 202,
            failed_logons: 2,
            late: [14, 12, 40],
            late_by_lower_edge: [20, 15, 44],
            redirects: 0,
            retries: 3,
            idle_reconnects: 0,
            server_hops: 20,
            wan_hops: 0,
            users: 15,
            users_affected: 1,
            hop_counts: [0, 20, 0, 0],
        },
        latency: ramp(),
        logon: ramp(),
        logon_with_human: ramp(),
        parts,
        percentiles: Vec::new(),
        runs: Vec::new(),
        logon_p95: None,
        replications: vec![small_replication(100, 1000, 0), small_replication(100, 1010, 2)],
    }
}

fn small_refused() -> Cell {
    Cell {
        key: CellKey {
            protocol: Some(Protocol::Pop),
            population: 1,
            entry_site: NONE,
            mailbox_site: 1,
            decision: Decision::Refused,
            class: 0,
        },
        class: String::new(),
        counts: CellCounts {
            sessions: 3,
            failed_sessions: 3,
            requests: 3,
            failed: 3,
            late: [3, 0, 0],
            users: 1,
            users_affected: 1,
            hop_counts: [3, 0, 0, 0],
            ..CellCounts::default()
        },
        latency: Histogram::new(),
        logon: Histogram::new(),
        logon_with_human: Histogram::new(),
        parts: [0; PARTS],
        percentiles: Vec::new(),
        runs: Vec::new(),
        logon_p95: None,
        replications: vec![
            CellReplication { requests: 2, failed: 2, sessions: 2, ..CellReplication::default() },
            CellReplication { requests: 1, failed: 1, sessions: 1, ..CellReplication::default() },
        ],
    }
}

/// A busiest hour that begins so many hours into the window.
pub(super) fn busiest(hour: u64, of_runs: &[f64]) -> Busiest {
    let amounts: Vec<Vec<f64>> = of_runs.iter().map(|used| vec![*used]).collect();
    Busiest { begins_at: SimSpan(hour * HOUR), ..Busiest::of(&[HOUR], &amounts, 1.0 / HOUR as f64) }
}

fn small_server() -> ServerRow {
    let all = small_servers();
    let one = |name: &str| ServerRow { name: name.into(), servers: 1, ..all.clone() };
    ServerRow { each: vec![one("Amsterdam CAS-1"), one("Amsterdam CAS-2")], ..all.clone() }
}

fn small_servers() -> ServerRow {
    ServerRow {
        name: "Amsterdam CAS".into(),
        role: ServerRole::Cas,
        site: 0,
        servers: 2,
        cores: 4,
        each: Vec::new(),
        uneven: false,
        utilisation_mean: 0.42,
        utilisation_busiest_interval: 0.81,
        busiest_hour: busiest(0, &[0.8, 0.82]),
        queue_mean: 0.125,
        queue_max: 17,
        connections_mean: 312.5,
        connections_peak: 800,
        arrivals: 405,
        rejected: 2,
        rejected_connections: 0,
        queue_limit: None,
        connection_limit: None,
        limits: vec![small_limit()],
        idle_reconnects: 0,
        wait_mean: 1.5e6,
        service_mean: 20e6,
        number_mean: 3.25,
        wait: None,
        sojourn: None,
        growing: false,
        replications: vec![
            ServerReplication {
                utilisation: 0.40,
                wait_mean: 1e6,
                availability: 1.0,
                sojourn_mean: 21e6,
                ..Default::default()
            },
            ServerReplication {
                utilisation: 0.44,
                wait_mean: 2e6,
                availability: 1.0,
                sojourn_mean: 22e6,
                ..Default::default()
            },
        ],
    }
}

fn small_limit() -> LimitUse {
    LimitUse {
        kind: LimitKind::InWork,
        apart: String::new(),
        limit: Some(48),
        pools: 1,
        mean: 4.5,
        peak: 40,
        peak_mean: 36.0,
        busiest_hour: Some(busiest(0, &[0.125, 0.25])),
        refused: 0,
        waited: 0,
    }
}

fn small_link() -> LinkRow {
    LinkRow {
        name: "Amsterdam>=Boston".into(),
        bandwidth: 7e6,
        raw_bandwidth: 10e6,
        ends: crate::results::LinkEnds::default(),
        reverse: None,
        utilisation_mean: 0.55,
        utilisation_busiest_interval: 0.9,
        busiest_hour: busiest(0, &[0.85, 0.95]),
        offered_bits: 2.0 * 7200.0 * 4e6,
        carried_bits: 2.0 * 7200.0 * 3.85e6,
        transfers: 200,
        number_mean: 1.75,
        number_max: 9,
        transfer_mean: 81.25e6,
        growing: false,
        replications: vec![
            LinkReplication {
                utilisation: 0.5,
                sojourn_mean: 80e6,
                slowdown_mean: 1.5,
                completed: 100,
                ..Default::default()
            },
            LinkReplication {
                utilisation: 0.6,
                sojourn_mean: 82.5e6,
                slowdown_mean: 1.75,
                completed: 100,
                ..Default::default()
            },
        ],
    }
}

fn small_series() -> Vec<Series> {
    let point = |offered: f64, p95: Option<f64>| SeriesPoint {
        offered: Some(offered),
        completed: Some(offered - 1.0),
        failed: Some(1.0),
        p95,
        ..SeriesPoint::default()
    };
    let used = |utilisation: f64, connections: Option<f64>| SeriesPoint {
        utilisation: Some(utilisation),
        queue: Some(0.5),
        connections,
        ..SeriesPoint::default()
    };
    vec![
        Series {
            key: SeriesKey::Protocol(Some(Protocol::Owa)),
            points: vec![point(101.0, Some(1.9e9)), point(99.5, None)],
        },
        Series { key: SeriesKey::Server(0), points: vec![used(0.81, Some(400.0)), used(0.03, Some(225.0))] },
        Series { key: SeriesKey::Link(0), points: vec![used(0.9, None), used(0.2, None)] },
        Series {
            key: SeriesKey::Failure(Failure::PopImapCrossSite),
            points: vec![
                SeriesPoint { failed: Some(1.5), ..SeriesPoint::default() },
                SeriesPoint { failed: Some(0.0), ..SeriesPoint::default() },
            ],
        },
    ]
}

fn small_failures() -> Vec<FailureRow> {
    vec![
        FailureRow {
            failure: Failure::PopImapCrossSite,
            protocol: Some(Protocol::Pop),
            entry_site: NONE,
            mailbox_site: 1,
            incident: NONE,
            count: 3,
            held: 0,
            first: SimSpan(12_345_678),
            last: SimSpan(HOUR),
            example: 0x00ff,
        },
        FailureRow {
            failure: Failure::QueueFull,
            protocol: Some(Protocol::Owa),
            entry_site: 0,
            mailbox_site: 0,
            incident: NONE,
            count: 2,
            held: 1,
            first: SimSpan(HOUR),
            last: SimSpan(HOUR + 1),
            example: 0x1_0000,
        },
    ]
}

/// How far a search for precision came that looked at 10, then at 20 replications.
pub(crate) fn reached() -> Reached {
    Reached { asked: 0.02, limit: 160, replications: 20, looked_before: 10, reached: true, hardest: None }
}

/// Objectives that [`small`] partly misses.
pub(crate) fn slo() -> Slo {
    let goals = Objective {
        logon_p95: Some(SimSpan::from_secs(10)),
        p95: Some(SimSpan::from_millis(1_950)),
        failures: Some(0.001),
        ..Objective::default()
    };
    Slo { protocols: vec![(Protocol::Owa, goals)], cpu: Some(0.4), link: Some(0.7), ..Slo::default() }
}

/// A session of [`small`].
pub(crate) fn session() -> SessionRecord {
    SessionRecord {
        session_id: 0x0123_4567_89ab_cdef,
        replication: 0,
        protocol: Some(Protocol::Owa),
        population: 1,
        client_location: 2,
        mailbox_site: 1,
        entry_site: 0,
        serving_site: 1,
        entry_server: 0,
        serving_server: 1,
        namespace: 0,
        decision: Decision::Proxy,
        mechanism: Mechanism::Proxy,
        rule: "owa-proxy",
        requests: 5,
        failed_requests: 1,
        held_requests: 2,
        held_failed_requests: 0,
        redirects: 0,
        server_hops: 2,
        wan_hops: 1,
        client_wan_hops: 0,
        start: SimTime(1_800_000_000_001),
        carried_in: false,
        before_run: SimSpan::ZERO,
        end: SimTime(1_900_500_000_000),
        logon_latency: Some(SimSpan(812_345_678)),
        logon_human: SimSpan(6_000_000_000),
        latency_sum: 1_000_000_010,
        latency_count: 4,
        latency_max: SimSpan(400_000_000),
        retries: 1,
        outcome: SessionOutcome::Failed,
        failure: Some(Failure::TimedOut),
    }
}

/// Judges a sample by [`slo`], with percentiles whose half-widths are a fiftieth of them.
fn judged(mut result: RunResult) -> RunResult {
    for cell in &mut result.cells {
        let of = |histogram: &Histogram, p: f64| {
            let value = crate::stats::reliable_percentile(histogram, p)? as f64;
            Some(Percentile { p, value, half_width: Some(value / 50.0), exceedances: Some(42.5) })
        };
        cell.percentiles = crate::stats::PERCENTILES.iter().filter_map(|&p| of(&cell.latency, p)).collect();
        cell.logon_p95 = of(&cell.logon, 0.95);
    }
    result.objectives = objectives::Verdict::of(&result, &slo()).findings;
    ranked(result)
}

/// Ranks what a sample has: peaks as its rows say, at noon of its window, and by the
/// utilisation law a tenth more.
pub(super) fn ranked(mut result: RunResult) -> RunResult {
    let row = |scarce, mean: f64, peak: f64| Bottleneck {
        scarce,
        utilisation_mean: mean,
        utilisation_peak: peak,
        peak_at: SimSpan(result.window.0 / 2),
        peak_half_width: Some(peak * 0.05),
        at_once: None,
        refused: 0,
        law_mean: Some(mean * 1.1),
        law_same_hour: Some(peak * 1.1),
        law_peak: Some(peak * 1.1),
        law_growth: Some(0.8 / (peak * 1.1)),
        law_peak_at: Some(SimSpan(result.window.0 / 2)),
        limit: 0.8,
    };
    let servers = (0..).zip(&result.servers);
    let mut rows: Vec<Bottleneck> =
        servers.map(|(i, r)| row(Scarce::Server(i), r.utilisation_mean, r.busiest_hour.mean)).collect();
    for (i, server) in (0..).zip(&result.servers) {
        for (place, met) in (0..).zip(&server.limits) {
            let share = met.busiest_hour.as_ref().map_or(0.0, |hour| hour.mean);
            let units = f64::from(met.limit.unwrap_or(1));
            let of = row(Scarce::Limit(i, place), met.mean / units, share);
            rows.push(Bottleneck { at_once: met.share_at_peak(), limit: 1.0, law_growth: Some(2.5), ..of });
        }
    }
    let links = (0..).zip(&result.links);
    rows.extend(links.map(|(i, r)| row(Scarce::Link(i), r.utilisation_mean, r.busiest_hour.mean)));
    rows.sort_by(|a, b| b.strain().total_cmp(&a.strain()));
    result.bottlenecks = rows;
    result
}
