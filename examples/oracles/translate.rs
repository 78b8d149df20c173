//! A model of the file, as a workload of casim.

use std::collections::BTreeMap;

use casim::kernel::distribution::Distribution;
use casim::kernel::{Id, SimSpan, SimTime};
use casim::model::topology::{Generation, Topology};
use casim::model::workload::{
    Arrivals, CustomClass, CustomDelay, CustomLink, CustomSource, CustomStation, Outage, OutageEffect,
    OutageTiming, RouteNode, Target, Visit, Workload,
};
use casim::model::{Model, workload};

use crate::schema::{self, Law, LawKind, Mode, SourceKind};

const NANOS: f64 = 1e9;

/// A translated model, with what its figures are found by.
pub struct Translated {
    pub model: Model,
    /// Sources' names, in order.
    pub sources: Vec<String>,
    /// By class name: Client Access servers visited beyond the moves between servers.
    pub entry_hops: BTreeMap<String, f64>,
    /// Cycle of a periodic outage.
    pub cycle: Option<Cycle>,
    /// A lognormal law with cv 2 or more is in it.
    pub heavy_tail: bool,
    /// Users of all closed sources.
    pub users: u32,
}

fn law(law: &Law, unit: f64) -> Result<Distribution, String> {
    let need = |value: Option<f64>, what: &str| {
        value.ok_or_else(|| format!("a {:?} distribution needs `{what}`", law.dist))
    };
    let distribution = match law.dist {
        LawKind::Exponential => Distribution::Exponential { mean: need(law.mean, "mean")? },
        LawKind::Deterministic => Distribution::Constant(need(law.mean, "mean")?),
        LawKind::Lognormal => {
            Distribution::LogNormal { mean: need(law.mean, "mean")?, cv: need(law.cv, "cv")? }
        }
        LawKind::Gamma => Distribution::Gamma { mean: need(law.mean, "mean")?, cv: need(law.cv, "cv")? },
        LawKind::Uniform => {
            Distribution::Uniform { low: need(law.low, "low")?, high: need(law.high, "high")? }
        }
    };
    Ok(distribution.scaled(unit))
}

fn find<T>(list: &[T], id: &str, name: impl Fn(&T) -> &str) -> Option<usize> {
    list.iter().position(|item| name(item) == id)
}

/// One stop of a path: `cas`, or `client_rtt x3`.
fn visit(model: &schema::Model, stop: &str) -> Result<Visit, String> {
    let (id, times) = match stop.rsplit_once(" x") {
        Some((id, times)) => (id, times.parse().map_err(|_| format!("`{stop}` is no stop"))?),
        None => (stop, 1),
    };
    if let Some(delay) = find(&model.delays, id, |d| &d.id) {
        return Ok(Visit::Delay(Id::new(delay), times));
    }
    if times != 1 {
        return Err(format!("`{stop}`: only a delay is repeated"));
    }
    let station = find(&model.stations, id, |s| &s.id).map(|s| Visit::Station(Id::new(s)));
    let link = find(&model.links, id, |l| &l.id).map(|l| Visit::Link(Id::new(l)));
    station.or(link).ok_or_else(|| format!("`{id}` is neither station, link nor delay"))
}

fn straight(model: &schema::Model, path: &[String]) -> Result<Vec<RouteNode>, String> {
    let last = path.len().saturating_sub(1);
    path.iter()
        .enumerate()
        .map(|(i, stop)| {
            let next = vec![(1.0, (i < last).then_some(i + 1))];
            Ok(RouteNode { visit: visit(model, stop)?, next })
        })
        .collect()
}

fn routed(model: &schema::Model, routing: &schema::Routing) -> Result<Vec<RouteNode>, String> {
    let rows = routing.order.iter().zip(&routing.matrix);
    rows.map(|(id, row)| {
        let mut next: Vec<(f64, Option<usize>)> =
            row.iter().enumerate().filter(|(_, p)| **p > 0.0).map(|(to, &p)| (p, Some(to))).collect();
        let leaves = 1.0 - row.iter().sum::<f64>();
        if leaves > 1e-12 || next.is_empty() {
            next.push((leaves, None));
        }
        Ok(RouteNode { visit: visit(model, id)?, next })
    })
    .collect()
}

/// The path that `class` of `source` takes: its own, or one named after the
/// source's site (`site2_local` for class `local` of `site2_clients`).
fn path_of<'m>(model: &'m schema::Model, source: &str, class: &str) -> Option<(&'m str, &'m [String])> {
    let site = source.split('_').next().unwrap_or(source);
    let named = |name: &str| model.paths.get_key_value(name).map(|(k, v)| (k.as_str(), v.as_slice()));
    named(&format!("{site}_{class}")).or_else(|| named(class))
}

fn classes(
    model: &schema::Model,
    source: &schema::Source,
    entry_hops: &mut BTreeMap<String, f64>,
) -> Result<Vec<CustomClass>, String> {
    if let Some(routing) = &model.routing {
        let entry = match &source.entry {
            Some(id) => find(&routing.order, id, |o| o).ok_or_else(|| format!("no station `{id}`"))?,
            None => 0,
        };
        let nodes = routed(model, routing)?;
        return Ok(vec![CustomClass { name: "all".into(), probability: 1.0, nodes, entry }]);
    }
    let mut paths: Vec<(String, f64, &[String])> = Vec::new();
    if let Some(path) = &model.path {
        paths.push(("all".into(), 1.0, path));
    } else if source.mix.is_empty() {
        for (name, path) in &model.paths {
            paths.push((name.clone(), 1.0 / model.paths.len() as f64, path));
        }
    }
    for (class, &share) in &source.mix {
        if model.path.is_none() {
            let (name, path) =
                path_of(model, &source.id, class).ok_or_else(|| format!("no path for class `{class}`"))?;
            paths.push((name.to_owned(), share, path));
        }
    }
    paths
        .into_iter()
        .map(|(name, probability, path)| {
            let mut stations = path.iter().filter(|stop| model.stations.iter().any(|s| s.id == **stop));
            // Moves from server to server count the last Client Access server only
            // when something, a mailbox server, comes after it.
            let ends_at_mailbox = stations.next_back().is_some_and(|last| last.starts_with("mbx"));
            entry_hops.insert(name.clone(), if ends_at_mailbox { 0.0 } else { 1.0 });
            Ok(CustomClass { name, probability, nodes: straight(model, path)?, entry: 0 })
        })
        .collect()
}

/// End of the first outage and time from one to the next, s.
type Cycle = (f64, f64);

fn outages(model: &schema::Model) -> Result<(Vec<Outage>, Option<Cycle>), String> {
    let mut cycle = None;
    let instant = |seconds: f64| SimTime::ZERO + SimSpan::from_secs_f64(seconds);
    let list = model.outages.iter().enumerate().map(|(index, outage)| {
        let station = find(&model.stations, &outage.station, |s| &s.id)
            .ok_or_else(|| format!("outage of `{}`, which is no station", outage.station))?;
        let timing = match (&outage.up, &outage.down, outage.first_start, outage.duration) {
            (Some(up), Some(down), ..) => {
                OutageTiming::Random { up: law(up, NANOS)?, down: law(down, NANOS)? }
            }
            (_, _, Some(first), Some(duration)) => {
                let span = SimSpan::from_secs_f64(duration);
                match outage.period {
                    Some(period) => {
                        cycle = Some((first + duration, period));
                        let period = SimSpan::from_secs_f64(period);
                        OutageTiming::Periodic { first: instant(first), span, period }
                    }
                    None => OutageTiming::Once { at: instant(first), span },
                }
            }
            _ => return Err("an outage needs `first_start` and `duration`, or `up` and `down`".to_owned()),
        };
        let effect = match outage.mode {
            Mode::Hold => OutageEffect::Hold,
            Mode::Kill => OutageEffect::Kill,
            Mode::Drain => OutageEffect::Drain,
        };
        let stream = format!("{} {index}", outage.station);
        Ok(Outage { stream, target: Target::Station(Id::new(station)), timing, effect })
    });
    let list = list.collect::<Result<Vec<_>, String>>()?;
    Ok((list, cycle))
}

/// Translates one model.
pub fn translate(model: &schema::Model) -> Result<Translated, String> {
    let mut workload = Workload::default();
    for station in &model.stations {
        workload.stations.push(CustomStation {
            name: station.id.clone(),
            stream: station.id.clone(),
            servers: 1,
            cores: station.cores,
            queue_limit: station.queue_limit,
            service: law(&station.service, NANOS)?,
        });
    }
    for link in &model.links {
        let volume = link.transfer_bits.as_ref().or(model.transfer_bits.as_ref());
        let volume = volume.ok_or_else(|| format!("link `{}` has no `transfer_bits`", link.id))?;
        workload.links.push(CustomLink {
            name: link.id.clone(),
            stream: link.id.clone(),
            bandwidth: link.bandwidth_bps,
            volume: law(volume, 1.0)?,
        });
    }
    for delay in &model.delays {
        workload.delays.push(CustomDelay {
            name: delay.id.clone(),
            stream: delay.id.clone(),
            span: Distribution::Constant(delay.value_s * NANOS),
        });
    }
    let mut entry_hops = BTreeMap::new();
    let mut users = 0;
    for source in &model.sources {
        let arrivals = match source.kind {
            SourceKind::Poisson => {
                Arrivals::Poisson { rate: source.rate.ok_or("a Poisson source needs `rate`")? }
            }
            SourceKind::Closed => {
                let count = source.users.ok_or("a closed source needs `users`")?;
                users += count;
                let think = source.think.as_ref().ok_or("a closed source needs `think`")?;
                Arrivals::Closed { users: count, think: law(think, NANOS)? }
            }
        };
        workload.sources.push(CustomSource {
            name: source.id.clone(),
            stream: source.id.clone(),
            arrivals,
            classes: classes(model, source, &mut entry_hops)?,
        });
    }
    let (list, cycle) = outages(model)?;
    workload.outages = list;
    let heavy = |law: &Distribution| matches!(law, Distribution::LogNormal { cv, .. } if *cv >= 2.0);
    let heavy_tail = workload.stations.iter().any(|s: &workload::CustomStation| heavy(&s.service))
        || workload.links.iter().any(|l| heavy(&l.volume));
    Ok(Translated {
        sources: model.sources.iter().map(|s| s.id.clone()).collect(),
        model: Model { topology: Topology::empty(Generation::E2007), workload },
        entry_hops,
        cycle,
        heavy_tail,
        users,
    })
}
