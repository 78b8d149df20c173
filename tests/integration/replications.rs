//! Exchange clients and custom sources in one run: the books balance, and neither
//! threads nor neighbours show in the results.

use std::sync::Arc;

use casim::kernel::distribution::Distribution;
use casim::kernel::{Id, SimSpan};
use casim::model::protocol::Protocol;
use casim::model::release::Generation;
use casim::model::switches::OperatingSystem;
use casim::model::topology::{Namespace, Region};
use casim::model::workload::{
    Arrivals, ClientSettings, CustomClass, CustomSource, CustomStation, DayCurve, Location, Population,
    Profile, ProtocolUse, RouteNode, Visit, Workload,
};
use casim::model::{Experiment, Model};
use casim::results::{RunResult, SessionRecord};

use crate::access::fixture;
use crate::support;

const HOUR: u64 = 3600;

fn population(name: &str, home: usize, mailboxes: u32) -> Population {
    let usage = |protocol| ProtocolUse {
        protocol,
        share: 0.3,
        namespace: Id::new(0),
        inside: None,
        misdirected: None,
    };
    Population {
        name: name.to_owned(),
        stream: name.to_owned(),
        was: Vec::new(),
        home: Id::new(home),
        mailboxes,
        from: Location::Internet(Id::new(0)),
        server: None,
        moved: None,
        roaming: None,
        addresses: None,
        ports: None,
        profile: Profile::parse("heavy").unwrap(),
        concurrent: 1.0,
        day: DayCurve::parse("office").unwrap(),
        clients: [
            Protocol::Owa,
            Protocol::Eas,
            Protocol::OutlookAnywhere,
            Protocol::Ews,
            Protocol::Pop,
            Protocol::Imap,
        ]
        .map(usage)
        .to_vec(),
        settings: Arc::new(ClientSettings::default()),
        os: OperatingSystem::Server2003,
    }
}

/// Two sites behind one name, a population at each, and a source of its own.
fn model() -> Model {
    let mut topology = fixture::single_name(Generation::E2007);
    topology.namespaces.push(Namespace {
        name: "mail.contoso.com".to_owned(),
        internet: vec![Id::new(0)],
        inside: Vec::new(),
        servers: Vec::new(),
        addresses: Vec::new(),
        leads_to: None,
        ttl: SimSpan::from_secs(300),
        health_check: casim::model::topology::HealthCheck::NAME,
    });
    topology.regions.push(Region {
        name: "Internet".to_owned(),
        rtt: Distribution::Constant(40e6),
        bandwidth: Distribution::Constant(5e6),
        site_rtt: Default::default(),
        utc_offset_minutes: None,
        addresses: None,
        ports: None,
        idle_timeout: None,
    });
    let workload = Workload {
        populations: vec![population("A staff", 0, 150), population("B staff", 1, 100)],
        stations: vec![CustomStation {
            name: "probe".to_owned(),
            stream: "probe".to_owned(),
            servers: 2,
            cores: 1,
            queue_limit: None,
            service: Distribution::Exponential { mean: 0.2e9 },
        }],
        sources: vec![CustomSource {
            name: "probes".to_owned(),
            stream: "probes".to_owned(),
            arrivals: Arrivals::Poisson { rate: 2.0 },
            classes: vec![CustomClass {
                name: "all".to_owned(),
                probability: 1.0,
                nodes: vec![RouteNode { visit: Visit::Station(Id::new(0)), next: vec![(1.0, None)] }],
                entry: 0,
            }],
            retries: 0,
            retry_backoff: SimSpan::ZERO,
        }],
        ..Workload::default()
    };
    Model { topology, workload }
}

fn play(model: &Model, jobs: usize) -> (RunResult, Vec<SessionRecord>) {
    let experiment = Experiment {
        seed: 11,
        replications: 2,
        warmup: SimSpan::from_secs(HOUR / 4),
        window: SimSpan::from_secs(HOUR),
        window_starts_at_utc: SimSpan::from_secs(9 * HOUR),
        interval: SimSpan::from_secs(300),
        run_off: false,
        most_in_flight: u32::MAX,
    };
    support::play_on(jobs, model, &experiment)
}

#[test]
fn threads_do_not_show() {
    let model = model();
    assert!(play(&model, 1) == play(&model, 2), "the number of threads shows");
}

/// The books balance (a run whose books do not is an error), every cell is the sum
/// of its rows, and the parts of latency add up to the nanosecond.
#[test]
fn cells_are_the_sums_of_their_rows() {
    let (result, rows) = play(&model(), 1);
    let protocols: std::collections::BTreeSet<_> = rows.iter().map(|r| r.protocol).collect();
    assert_eq!(protocols.len(), 7, "six protocols and the custom source: {protocols:?}");
    for cell in &result.cells {
        let key = |r: &&SessionRecord| {
            (r.protocol, r.population, r.entry_site, r.mailbox_site, r.decision)
                == (
                    cell.key.protocol,
                    cell.key.population,
                    cell.key.entry_site,
                    cell.key.mailbox_site,
                    cell.key.decision,
                )
        };
        let sum = |pick: fn(&SessionRecord) -> u64| rows.iter().filter(key).map(pick).sum::<u64>();
        let counts = &cell.counts;
        assert_eq!(counts.sessions, rows.iter().filter(key).count() as u64);
        assert_eq!(counts.requests, sum(|r| u64::from(r.requests)));
        assert_eq!(counts.failed, sum(|r| u64::from(r.failed_requests)));
        assert_eq!(counts.held, sum(|r| u64::from(r.held_requests)));
        assert_eq!(counts.redirects, sum(|r| u64::from(r.redirects)));
        assert_eq!(counts.retries, sum(|r| u64::from(r.retries)));
        assert_eq!(counts.carried_in, sum(|r| u64::from(r.carried_in)));
        assert_eq!(counts.server_hops, sum(|r| u64::from(r.server_hops)));
        assert_eq!(counts.wan_hops, sum(|r| u64::from(r.wan_hops)));
        assert_eq!(cell.parts.iter().sum::<u128>(), u128::from(sum(|r| r.latency_sum)));
        assert_eq!(cell.latency.count(), sum(|r| u64::from(r.latency_count)));
    }
}

/// A source that shares nothing with the clients moves none of their rows.
#[test]
fn an_unrelated_source_changes_no_row() {
    let with = model();
    let mut without = with.clone();
    without.workload.sources.clear();
    without.workload.stations.clear();
    let mut rows = play(&with, 1).1;
    rows.retain(|r| r.protocol.is_some());
    assert!(rows == play(&without, 1).1, "the clients' rows have changed");
}
