//! Models with exact results.

use casim::kernel::distribution::Distribution;
use casim::kernel::{Id, SimSpan};
use casim::model::Model;
use casim::model::release::Generation;
use casim::model::topology::Topology;
use casim::model::workload::{
    Arrivals, CustomClass, CustomLink, CustomSource, CustomStation, RouteNode, Visit, Workload,
};

/// A model, how long it takes to forget how it began, and what is exact of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) model: Model,
    /// Sessions a second.
    pub(crate) rate: f64,
    /// Warm-up, sessions.
    pub(crate) warmup: f64,
    /// Mean response, s.
    pub(crate) mean: f64,
    /// 95th percentile of the response, s, where it is known.
    pub(crate) p95: Option<f64>,
    /// The 99th.
    pub(crate) p99: Option<f64>,
}

/// A model whose coverage is measured.
pub(crate) struct Covered {
    pub(crate) case: Case,
    /// Sessions a run.
    pub(crate) sessions: f64,
    /// Whether coverage is asked for, or told alone.
    pub(crate) asked: bool,
}

fn model(rate: f64, station: Option<(u32, Distribution)>, link: Option<(f64, Distribution)>) -> Model {
    let mut workload = Workload::default();
    let visit = if let Some((cores, service)) = station {
        workload.stations.push(CustomStation {
            name: "cas".into(),
            stream: "cas".into(),
            servers: 1,
            cores,
            queue_limit: None,
            service,
        });
        Visit::Station(Id::new(0))
    } else {
        Visit::Link(Id::new(0))
    };
    if let Some((bandwidth, volume)) = link {
        workload.links.push(CustomLink { name: "wan".into(), stream: "wan".into(), bandwidth, volume });
    }
    workload.sources.push(CustomSource {
        name: "clients".into(),
        stream: "clients".into(),
        arrivals: Arrivals::Poisson { rate },
        classes: vec![CustomClass {
            name: "all".into(),
            probability: 1.0,
            nodes: vec![RouteNode { visit, next: vec![(1.0, None)] }],
            entry: 0,
        }],
        retries: 0,
        retry_backoff: SimSpan::ZERO,
    });
    Model { topology: Topology::empty(Generation::E2007), workload }
}

const SERVICE: f64 = 0.1;

/// M/M/1 at a utilisation, service 0.1 s: the response is exponential.
pub(crate) fn mm1(utilisation: f64) -> Case {
    let mean = SERVICE / (1.0 - utilisation);
    Case {
        name: format!("M/M/1 at {utilisation}"),
        model: model(
            utilisation / SERVICE,
            Some((1, Distribution::Exponential { mean: SERVICE * 1e9 })),
            None,
        ),
        rate: utilisation / SERVICE,
        warmup: 500.0 / (1.0 - utilisation) / (1.0 - utilisation) / 10.0 + 1000.0,
        mean,
        p95: Some(mean * libm::log(20.0)),
        p99: Some(mean * libm::log(100.0)),
    }
}

/// M/M/c at a utilisation, service 0.1 s: mean by Erlang C, the percentile by
/// bisection on P(T > t).
pub(crate) fn mmc(cores: u32, utilisation: f64) -> Case {
    let c = f64::from(cores);
    let offered = c * utilisation;
    // Erlang B by its recursion, then C.
    let blocked = (1..=cores).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b));
    let waits = blocked / (1.0 - utilisation * (1.0 - blocked));
    let (mu, drain) = (1.0 / SERVICE, c / SERVICE * (1.0 - utilisation));
    let beyond = |t: f64| {
        let served = libm::exp(-mu * t);
        // Service alone, or an exponential wait before it.
        (1.0 - waits) * served + waits * (drain * served - mu * libm::exp(-drain * t)) / (drain - mu)
    };
    let at = |share: f64| {
        let (mut low, mut high) = (0.0, 100.0);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if beyond(middle) > share { low = middle } else { high = middle }
        }
        low
    };
    Case {
        name: format!("M/M/{cores} at {utilisation}"),
        model: model(
            offered / SERVICE,
            Some((cores, Distribution::Exponential { mean: SERVICE * 1e9 })),
            None,
        ),
        rate: offered / SERVICE,
        warmup: 3000.0,
        mean: SERVICE + waits / drain,
        p95: Some(at(0.05)),
        p99: Some(at(0.01)),
    }
}

/// M/M/1-PS link at 0.7: the mean does not depend on the law.
pub(crate) fn ps_link() -> Case {
    Case {
        name: "PS link at 0.7".to_owned(),
        model: model(28.0, None, Some((10e6, Distribution::Exponential { mean: 250_000.0 }))),
        rate: 28.0,
        warmup: 3000.0,
        mean: 0.025 / 0.3,
        p95: None,
        p99: None,
    }
}

/// M/G/1 with lognormal service of cv 2 at 0.7, by Pollaczek and Khinchine.
pub(crate) fn lognormal() -> Case {
    let (utilisation, cv) = (0.7, 2.0);
    Case {
        name: "M/G/1 at 0.7, lognormal with cv 2".to_owned(),
        model: model(
            utilisation / SERVICE,
            Some((1, Distribution::LogNormal { mean: SERVICE * 1e9, cv })),
            None,
        ),
        rate: utilisation / SERVICE,
        warmup: 6000.0,
        mean: SERVICE + utilisation * SERVICE * (1.0 + cv * cv) / 2.0 / (1.0 - utilisation),
        p95: None,
        p99: None,
    }
}

/// Far from saturation, near it, and so near that 20,000 sessions are too few to be asked.
pub(crate) fn covered() -> Vec<Covered> {
    let of = |case, sessions, asked| Covered { case, sessions, asked };
    vec![
        of(mm1(0.5), 20_000.0, true),
        of(mm1(0.9), 20_000.0, true),
        of(mm1(0.95), 20_000.0, false),
        of(mm1(0.95), 100_000.0, true),
        of(mmc(4, 0.7), 20_000.0, true),
        of(ps_link(), 20_000.0, true),
        of(lognormal(), 20_000.0, true),
    ]
}
