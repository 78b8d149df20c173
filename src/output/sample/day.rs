//! Days of any size, to draw: log-normal latencies, a double-humped day, links busier than
//! servers; the same every time.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::small::{HOUR, MS, ranked, small};
use crate::itinerary::PARTS;
use crate::kernel::SimSpan;
use crate::kernel::random::{Key, Role};
use crate::model::access::{Decision, Failure};
use crate::model::protocol::Protocol;
use crate::results::*;
use crate::stats::histogram::Histogram;

/// A day of any shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day<'a> {
    pub(crate) sites: usize,
    pub(crate) protocols: &'a [Option<Protocol>],
    pub(crate) intervals: usize,
    pub(crate) interval: SimSpan,
    pub(crate) failures: usize,
    pub(crate) long_names: bool,
    /// Requests a protocol, an interval and a site.
    pub(crate) load: u64,
}

/// A plausible result.
pub(crate) fn day(day: Day<'_>) -> RunResult {
    let mut maker = Maker::new(day);
    let cells = maker.cells();
    let mut series = maker.protocols();
    let servers = maker.servers(&mut series);
    let links = maker.links(&mut series);
    maker.failures(&mut series);
    let sites = maker.sites;
    ranked(RunResult {
        names: Names {
            populations: sites.iter().map(|s| format!("{s} staff")).collect(),
            locations: sites.clone(),
            sites,
            ..Names::default()
        },
        replications: 1,
        window: SimSpan(day.interval.0 * day.intervals as u64),
        warmup: SimSpan(HOUR / 2),
        interval: day.interval,
        window_starts_at_utc: SimSpan(7 * HOUR),
        clock_offset_minutes: 60,
        weekday: None,
        percentiles: vec![50.0, 95.0, 99.0],
        users: super::users_of(&cells, 1),
        flows: super::flows_of(&cells),
        cells,
        objectives: Vec::new(),
        servers,
        links,
        series,
        failures: Vec::new(),
        explanations: Vec::new(),
        link_users: Vec::new(),
        steady: None,
        precision: None,
        storms: crate::results::Storms::default(),
        databases: Vec::new(),
        copied: Vec::new(),
        bottlenecks: Vec::new(),
        headroom: None,
        warnings: Vec::new(),
        ..small()
    })
}

/// Draws in a fixed order.
struct Maker<'a> {
    day: Day<'a>,
    sites: Vec<String>,
    even: Pcg64Mcg,
    bell: Pcg64Mcg,
}

/// A site in the middle is reached from the first one in the way that each protocol has.
fn decision(site: usize, protocol: Option<Protocol>) -> Decision {
    if site == 0 {
        return Decision::Local;
    }
    match protocol {
        Some(Protocol::Pop | Protocol::Imap) => Decision::Refused,
        Some(Protocol::OutlookAnywhere) => Decision::Direct,
        Some(Protocol::Owa) if site == 1 => Decision::Redirect,
        None
        | Some(
            Protocol::Owa
            | Protocol::Eas
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp
            | Protocol::Ews
            | Protocol::Autodiscover
            | Protocol::Oab,
        ) => Decision::Proxy,
    }
}

fn median_ms(protocol: Option<Protocol>) -> f64 {
    40.0 + 95.0 * protocol.map_or(0, |p| p.index() * 7 % 11) as f64
}

impl<'a> Maker<'a> {
    fn new(day: Day<'a>) -> Self {
        const CITIES: [&str; 8] =
            ["Amsterdam", "Boston", "Chennai", "Dublin", "Edinburgh", "Frankfurt", "Geneva", "Houston"];
        let site_name = |i: usize| match (i < CITIES.len(), day.long_names) {
            (_, true) => format!("{} regional headquarters and data centre {i}", CITIES[i % CITIES.len()]),
            (true, false) => CITIES[i].to_owned(),
            (false, false) => format!("{} {i}", CITIES[i % CITIES.len()]),
        };
        let stream = |seed| Key::root(seed, 0).stream(Role::new("sample"), 0);
        Self { day, sites: (0..day.sites).map(site_name).collect(), even: stream(1), bell: stream(2) }
    }

    fn uniform(&mut self) -> f64 {
        self.even.random::<f64>()
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.bell.random::<f64>()).sum::<f64>() - 6.0
    }

    fn hump(&self, i: usize) -> f64 {
        let x = (i as f64 + 0.5) / self.day.intervals as f64;
        let bell = |at: f64, width: f64| libm::exp(-((x - at) / width) * ((x - at) / width));
        0.25 + 0.75 * (bell(0.25, 0.12) + 0.8 * bell(0.68, 0.14))
    }

    fn cells(&mut self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for &protocol in self.day.protocols {
            for site in 0..self.day.sites {
                cells.push(self.cell(protocol, site));
            }
        }
        cells
    }

    fn cell(&mut self, protocol: Option<Protocol>, site: usize) -> Cell {
        let decision = decision(site, protocol);
        let mut latency = Histogram::new();
        let n = if decision == Decision::Refused { 0 } else { self.day.load * self.day.intervals as u64 };
        for _ in 0..n.min(4000) {
            let factor = if decision == Decision::Local { 1.0 } else { 2.2 };
            latency.record((median_ms(protocol) * factor * libm::exp(0.6 * self.normal()) * 1e6) as u64);
        }
        let sessions = n / 5 + 3;
        let failed =
            if decision == Decision::Refused { sessions } else { n / 200 * self.day.failures.min(1) as u64 };
        let hops: usize = match decision {
            Decision::Refused => 0,
            Decision::Local | Decision::Direct => 1,
            _ => 2,
        };
        let mut hop_counts = [0; 4];
        hop_counts[hops] = sessions;
        let mut parts = [0_u128; PARTS];
        for (i, part) in parts.iter_mut().enumerate() {
            *part = u128::from(latency.count()) * u128::from(MS) * (7 * i as u128 % 13) * 5;
        }
        Cell {
            key: CellKey {
                protocol,
                population: site as u32,
                entry_site: 0,
                mailbox_site: site as u32,
                decision,
                class: 0,
            },
            class: String::new(),
            counts: CellCounts {
                sessions,
                completed: sessions - 1,
                open: 1,
                requests: n + failed,
                failed,
                server_hops: sessions * hops as u64,
                wan_hops: u64::from(site > 0) * sessions,
                users: sessions / 2,
                hop_counts,
                ..CellCounts::default()
            },
            logon: latency.clone(),
            logon_with_human: latency.clone(),
            latency,
            parts,
            percentiles: Vec::new(),
            runs: Vec::new(),
            logon_p95: None,
            replications: Vec::new(),
        }
    }

    fn protocols(&mut self) -> Vec<Series> {
        let mut series = Vec::new();
        for &protocol in self.day.protocols {
            let points = (0..self.day.intervals)
                .map(|i| {
                    let level = self.hump(i);
                    let enough = self.day.load >= 20 || i % 7 < 5;
                    let p95 = enough.then(|| {
                        median_ms(protocol)
                            * 2.6e6
                            * (1.0 + 3.0 * level * level * level)
                            * (0.93 + 0.14 * self.uniform())
                    });
                    // For a while more fail than a 95th percentile leaves over.
                    let broken = self.day.failures > 0 && (15..18).contains(&i);
                    let share = if broken { 0.2 } else { 0.01 };
                    SeriesPoint {
                        offered: Some(level * 1000.0),
                        completed: Some(level * 1000.0 * (1.0 - share)),
                        failed: Some(level * 1000.0 * share),
                        p95,
                        p95_all: p95.filter(|_| !broken),
                        ..SeriesPoint::default()
                    }
                })
                .collect();
            series.push(Series { key: SeriesKey::Protocol(protocol), points });
        }
        series
    }

    fn servers(&mut self, series: &mut Vec<Series>) -> Vec<ServerRow> {
        let mut servers = Vec::new();
        for (site, name) in self.sites.clone().iter().enumerate() {
            for role in ["cas", "mailbox"] {
                let level = 0.15 + 0.75 * self.uniform() * if site == 0 { 1.0 } else { 0.6 };
                let index = servers.len() as u32;
                let points: Vec<SeriesPoint> = (0..self.day.intervals)
                    .map(|i| SeriesPoint {
                        utilisation: Some((level * self.hump(i) * (0.9 + 0.2 * self.uniform())).min(1.0)),
                        queue: Some(level),
                        connections: Some(100.0 * level),
                        ..SeriesPoint::default()
                    })
                    .collect();
                let values: Vec<f64> = points.iter().filter_map(|p| p.utilisation).collect();
                servers.push(ServerRow {
                    name: format!("{name} {}", if role == "cas" { "CAS" } else { "Mailbox" }),
                    role: if role == "cas" { ServerRole::Cas } else { ServerRole::Mailbox },
                    site: site as u32,
                    servers: 2,
                    cores: 4,
                    utilisation_mean: values.iter().sum::<f64>() / values.len().max(1) as f64,
                    utilisation_busiest_interval: values.iter().copied().fold(0.0, f64::max),
                    busiest_hour: self.busiest(&values),
                    ..small().servers.remove(0)
                });
                series.push(Series { key: SeriesKey::Server(index), points });
            }
        }
        servers
    }

    fn links(&mut self, series: &mut Vec<Series>) -> Vec<LinkRow> {
        let mut links = Vec::new();
        for (site, name) in (0_u32..).zip(self.sites.clone()).skip(1) {
            let out = (format!("{}>{name}", self.sites[0]), 0, site);
            for (direction, from, to) in [out, (format!("{name}>{}", self.sites[0]), site, 0)] {
                let level = 0.1 + 0.85 * self.uniform();
                let index = links.len() as u32;
                let points: Vec<SeriesPoint> = (0..self.day.intervals)
                    .map(|i| SeriesPoint {
                        utilisation: Some((level * self.hump(i) * (0.85 + 0.3 * self.uniform())).min(1.0)),
                        queue: Some(level),
                        ..SeriesPoint::default()
                    })
                    .collect();
                let values: Vec<f64> = points.iter().filter_map(|p| p.utilisation).collect();
                links.push(LinkRow {
                    name: direction,
                    ends: LinkEnds { kind: LinkKind::Wan, from, to, latency: Some(40 * MS) },
                    utilisation_mean: values.iter().sum::<f64>() / values.len().max(1) as f64,
                    utilisation_busiest_interval: values.iter().copied().fold(0.0, f64::max),
                    busiest_hour: self.busiest(&values),
                    ..small().links.remove(0)
                });
                series.push(Series { key: SeriesKey::Link(index), points });
            }
        }
        links
    }

    /// The busiest hour of one replication with these shares of busy time by interval.
    fn busiest(&self, values: &[f64]) -> Busiest {
        let interval = self.day.interval.0;
        let amounts = values.iter().map(|share| share * interval as f64).collect();
        Busiest::of(&vec![interval; values.len()], &[amounts], 1.0)
    }

    fn failures(&mut self, series: &mut Vec<Series>) {
        for (rank, (failure, _, _)) in Failure::ALL.iter().take(self.day.failures).enumerate() {
            let points = (0..self.day.intervals)
                .map(|i| SeriesPoint {
                    failed: Some((self.hump(i) * 120.0 / (1 + rank) as f64 * self.uniform()).round()),
                    ..SeriesPoint::default()
                })
                .collect();
            series.push(Series { key: SeriesKey::Failure(*failure), points });
        }
    }
}
