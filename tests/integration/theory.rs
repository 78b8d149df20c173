//! Queueing systems with exact results, played through the whole of casim.
//!
//! Judging rule: 20 replications of about 20,000 sessions after a warm-up; the
//! 99 % interval (Student t) of each figure should hold the exact value. With
//! correct intervals a figure falls outside once in a hundred, and more than
//! five of 86 with a chance below 1 in 1,000 (the binomial limit,
//! counting the figures as independent); none may be further than 5.5 standard
//! errors off (19 degrees of freedom: once in 37,000 a figure, so below 1 in 400
//! together). False alarm of the whole test, if the draws are changed: below 0.4 %.
//! The seeds are fixed, so it cannot come and go.
//!
//! The exact values are closed forms evaluated to 12 digits; the long version of
//! this test, with more models and 60 times the sessions, is `examples/oracles`.

use casim::kernel::distribution::Distribution;
use casim::kernel::{Id, SimSpan};
use casim::model::release::Generation;
use casim::model::topology::Topology;
use casim::model::workload::{
    Arrivals, CustomClass, CustomLink, CustomSource, CustomStation, RouteNode, Visit, Workload,
};
use casim::model::{Experiment, Model};
use casim::results::RunResult;

use crate::support;

/// A place to be served, and by what law.
enum Server {
    Station { cores: u32, queue_limit: Option<u32>, service: Distribution },
    Link { bandwidth: f64, volume: Distribution },
}

/// One model: what it is called, arrivals per second, its server, and exact
/// values by name, in seconds where they are times.
struct Case {
    name: &'static str,
    rate: f64,
    server: Server,
    exact: &'static [(&'static str, f64)],
}

fn exponential(seconds: f64) -> Distribution {
    Distribution::Exponential { mean: seconds * 1e9 }
}

fn station(cores: u32, queue_limit: Option<u32>, service: Distribution) -> Server {
    Server::Station { cores, queue_limit, service }
}

#[expect(clippy::too_many_lines, reason = "a table of systems")]
fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "M/M/1 at 0.5",
            rate: 5.0,
            server: station(1, None, exponential(0.1)),
            exact: &[
                ("utilisation", 0.5),
                ("prob_wait", 0.5),
                ("wait_mean", 0.1),
                ("sojourn_mean", 0.2),
                ("sojourn_std", 0.2),
                ("number_mean", 1.0),
                ("wait_p95", 0.460517018599),
                ("wait_p99", 0.782404601086),
                ("sojourn_p50", 0.138629436112),
                ("sojourn_p95", 0.599146454711),
                ("response_mean", 0.2),
                ("response_p95", 0.599146454711),
            ],
        },
        Case {
            name: "M/M/1 at 0.8",
            rate: 40.0,
            server: station(1, None, exponential(0.02)),
            exact: &[
                ("utilisation", 0.8),
                ("prob_wait", 0.8),
                ("wait_mean", 0.08),
                ("sojourn_mean", 0.1),
                ("sojourn_std", 0.1),
                ("number_mean", 4.0),
                ("wait_p95", 0.277258872224),
                ("sojourn_p50", 0.069314718056),
                ("sojourn_p95", 0.299573227355),
            ],
        },
        Case {
            name: "M/M/2 at 0.8",
            rate: 16.0,
            server: station(2, None, exponential(0.1)),
            exact: &[
                ("utilisation", 0.8),
                ("prob_wait", 0.711111111111),
                ("wait_mean", 0.177777777778),
                ("sojourn_mean", 0.277777777778),
                ("sojourn_std", 0.259391500665),
                ("number_mean", 4.44444444444),
                ("wait_p95", 0.663701421646),
                ("sojourn_p50", 0.204003144593),
            ],
        },
        Case {
            name: "M/M/4 at 0.7",
            rate: 28.0,
            server: station(4, None, exponential(0.1)),
            exact: &[
                ("utilisation", 0.7),
                ("prob_wait", 0.428654318233),
                ("wait_mean", 0.035721193186),
                ("sojourn_mean", 0.135721193186),
                ("sojourn_std", 0.12115085041),
                ("number_mean", 3.80019340921),
                ("wait_p95", 0.179052316973),
                ("wait_p99", 0.313172143009),
                ("sojourn_p50", 0.102854690562),
            ],
        },
        Case {
            name: "M/D/1 at 0.8",
            rate: 8.0,
            server: station(1, None, Distribution::Constant(0.1e9)),
            exact: &[
                ("utilisation", 0.8),
                ("prob_wait", 0.8),
                ("wait_mean", 0.2),
                ("wait_std", 0.230940107676),
                ("sojourn_mean", 0.3),
                ("sojourn_std", 0.230940107676),
                ("number_mean", 2.4),
                ("wait_p95", 0.662032499684),
                ("wait_p99", 1.0355886792),
                ("sojourn_p95", 0.762032499684),
            ],
        },
        Case {
            name: "M/M/4/10 at 0.9 offered",
            rate: 36.0,
            server: station(4, Some(6), exponential(0.1)),
            exact: &[
                ("loss_prob", 0.0671744079296),
                ("throughput", 33.5817213145),
                ("utilisation", 0.839543032863),
                ("prob_wait", 0.63491066513),
                ("number_mean", 5.06110235726),
                ("wait_mean", 0.050710033886),
                ("sojourn_mean", 0.150710033886),
                ("wait_p95", 0.176686250319),
                ("wait_p99", 0.247311797801),
                ("response_mean", 0.150710033886),
            ],
        },
        Case {
            name: "M/M/1/5 at 1.2 offered",
            rate: 12.0,
            server: station(1, Some(4), exponential(0.1)),
            exact: &[
                ("loss_prob", 0.250588121556),
                ("throughput", 8.99294254133),
                ("utilisation", 0.899294254133),
                ("prob_wait", 0.86562029671),
                ("number_mean", 3.02117237601),
                ("wait_mean", 0.235949258224),
                ("sojourn_mean", 0.335949258224),
                ("wait_p95", 0.629009141714),
                ("wait_p99", 0.862620483247),
            ],
        },
        Case {
            name: "M/D/5/5 (Erlang B) at 4 erlangs",
            rate: 40.0,
            server: station(5, Some(0), Distribution::Constant(0.1e9)),
            exact: &[
                ("loss_prob", 0.199066874028),
                ("throughput", 32.0373250389),
                ("utilisation", 0.640746500778),
                ("number_mean", 3.20373250389),
            ],
        },
        Case {
            name: "M/M/1-PS link at 0.7",
            rate: 28.0,
            server: Server::Link { bandwidth: 10e6, volume: Distribution::Exponential { mean: 250_000.0 } },
            exact: &[
                ("utilisation", 0.7),
                ("sojourn_mean", 0.0833333333333),
                ("sojourn_std", 0.120096115354),
                ("number_mean", 2.33333333333),
                ("slowdown_mean", 3.33333333333),
                ("goodput_bps", 7_000_000.0),
            ],
        },
        Case {
            name: "M/D/1-PS link at 0.7",
            rate: 28.0,
            server: Server::Link { bandwidth: 10e6, volume: Distribution::Constant(250_000.0) },
            exact: &[
                ("utilisation", 0.7),
                ("sojourn_mean", 0.0833333333333),
                ("number_mean", 2.33333333333),
                ("slowdown_mean", 3.33333333333),
                ("goodput_bps", 7_000_000.0),
            ],
        },
        Case {
            name: "M/G/1-PS link at 0.7, lognormal with cv 2",
            rate: 28.0,
            server: Server::Link {
                bandwidth: 10e6,
                volume: Distribution::LogNormal { mean: 250_000.0, cv: 2.0 },
            },
            exact: &[
                ("utilisation", 0.7),
                ("sojourn_mean", 0.0833333333333),
                ("number_mean", 2.33333333333),
                ("slowdown_mean", 3.33333333333),
            ],
        },
    ]
}

const REPLICATIONS: u32 = 20;
const SESSIONS: f64 = 20_000.0;
const WARMUP_SESSIONS: f64 = 2_000.0;
/// Student t with 19 degrees of freedom, two-sided 99 %.
const T99: f64 = 2.860_935;

fn play(case: &Case, seed: u64) -> RunResult {
    let mut workload = Workload::default();
    let visit = match &case.server {
        Server::Station { cores, queue_limit, service } => {
            workload.stations.push(CustomStation {
                name: "cas".into(),
                stream: "cas".into(),
                servers: 1,
                cores: *cores,
                queue_limit: *queue_limit,
                service: service.clone(),
            });
            Visit::Station(Id::new(0))
        }
        Server::Link { bandwidth, volume } => {
            workload.links.push(CustomLink {
                name: "wan".into(),
                stream: "wan".into(),
                bandwidth: *bandwidth,
                volume: volume.clone(),
            });
            Visit::Link(Id::new(0))
        }
    };
    workload.sources.push(CustomSource {
        name: "clients".into(),
        stream: "clients".into(),
        arrivals: Arrivals::Poisson { rate: case.rate },
        classes: vec![CustomClass {
            name: "all".into(),
            probability: 1.0,
            nodes: vec![RouteNode { visit, next: vec![(1.0, None)] }],
            entry: 0,
        }],
        retries: 0,
        retry_backoff: SimSpan::ZERO,
    });
    let model = Model { topology: Topology::empty(Generation::E2007), workload };
    let experiment = Experiment {
        seed,
        replications: REPLICATIONS,
        warmup: SimSpan::from_secs_f64(WARMUP_SESSIONS / case.rate),
        window: SimSpan::from_secs_f64(SESSIONS / case.rate),
        window_starts_at_utc: SimSpan::ZERO,
        interval: SimSpan::ZERO,
        run_off: false,
        most_in_flight: u32::MAX,
    };
    support::result_on(0, &model, &experiment)
}

/// The figure called `name` in each replication.
fn estimates(result: &RunResult, name: &str) -> Vec<f64> {
    let time = |value: Option<u64>| value.expect("a large sample") as f64 / 1e9;
    let window = result.window.as_secs_f64();
    if let Some(response) = name.strip_prefix("response_") {
        let replications = result.cells[0].replications.iter();
        return replications
            .map(|r| match response {
                "mean" => r.latency_sum as f64 / r.completed as f64 / 1e9,
                _ => time(r.percentiles[1]),
            })
            .collect();
    }
    if let Some(link) = result.links.first() {
        let replications = link.replications.iter();
        return replications
            .map(|r| match name {
                "utilisation" => r.utilisation,
                "sojourn_mean" => r.sojourn_mean / 1e9,
                "sojourn_std" => r.sojourn_std / 1e9,
                "number_mean" => r.number_mean,
                "slowdown_mean" => r.slowdown_mean,
                "goodput_bps" => r.goodput,
                other => panic!("no link has {other}"),
            })
            .collect();
    }
    let replications = result.servers[0].replications.iter();
    replications
        .map(|r| match name {
            "utilisation" => r.utilisation,
            "prob_wait" => r.prob_wait,
            "wait_mean" => r.wait_mean / 1e9,
            "wait_std" => r.wait_std / 1e9,
            "sojourn_mean" => r.sojourn_mean / 1e9,
            "sojourn_std" => r.sojourn_std / 1e9,
            "number_mean" => r.number_mean,
            "wait_p95" => time(r.wait_percentiles[1]),
            "wait_p99" => time(r.wait_percentiles[2]),
            "sojourn_p50" => time(r.sojourn_percentiles[0]),
            "sojourn_p95" => time(r.sojourn_percentiles[1]),
            "loss_prob" => r.rejected as f64 / r.arrivals as f64,
            "throughput" => r.completed as f64 / window,
            other => panic!("no station has {other}"),
        })
        .collect()
}

#[test]
fn classical_systems_hold_their_formulas() {
    let mut figures = 0;
    let mut outside = Vec::new();
    for (seed, case) in cases().iter().enumerate() {
        let result = play(case, seed as u64 + 1);
        for &(name, exact) in case.exact {
            let values = estimates(&result, name);
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
            let error = (variance / n).sqrt();
            let off = (mean - exact) / error;
            let line = format!("{} {name}: {mean} for {exact}, {off:+.2} standard errors", case.name);
            figures += 1;
            assert!(off.abs() < 5.5, "{line}");
            if off.abs() > T99 {
                outside.push(line);
            }
        }
    }
    assert_eq!(figures, 86, "the limit below is for 86 figures");
    assert!(outside.len() <= 5, "{} of {figures} outside: {outside:#?}", outside.len());
}
