//! Load that a scenario's own open sources offer to its own stations and links.
//!
//! Must not know Exchange. Next: [`super::offered_load`].

use super::demands::{OfferedLoad, Resource};
use crate::kernel::Id;
use crate::model::workload::{Arrivals, CustomSource, Visit};
use crate::model::{Experiment, Model};

/// Visits a session pays to each node of its class: the traffic equations, iterated.
fn visits(source: &CustomSource, class: usize) -> Vec<f64> {
    let nodes = &source.classes[class].nodes;
    let mut total = vec![0.0; nodes.len()];
    let mut now = vec![0.0; nodes.len()];
    if let Some(entry) = now.get_mut(source.classes[class].entry) {
        *entry = 1.0;
    }
    // A session that stays longer than this many steps with any weight has no steady state.
    for _ in 0..100_000 {
        if now.iter().sum::<f64>() < 1e-12 {
            break;
        }
        let mut next = vec![0.0; nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            total[at] += now[at];
            for &(probability, to) in &node.next {
                if let Some(to) = to {
                    next[to] += now[at] * probability;
                }
            }
        }
        now = next;
    }
    total
}

/// Open sources of the scenario's own network; a closed one cannot be overloaded.
pub(super) fn custom_load(model: &Model, experiment: &Experiment) -> Vec<OfferedLoad> {
    let workload = &model.workload;
    let (begin, end) = (experiment.measured_from(), experiment.ends_at());
    let window = end.since(begin).as_secs_f64().max(1e-9);
    // Highest and mean flow.
    let mut stations = vec![[0.0; 2]; workload.stations.len()];
    let mut links = vec![[0.0; 2]; workload.links.len()];
    for source in &workload.sources {
        let rates = match &source.arrivals {
            Arrivals::Poisson { rate } => [*rate; 2],
            // The highest of the rates that hold in the window, and their mean.
            Arrivals::Varying(pieces) => {
                let (mut highest, mut arrivals) = (0.0_f64, 0.0);
                for (at, &(from, rate)) in pieces.iter().enumerate() {
                    let until = pieces.get(at + 1).map_or(end, |(next, _)| *next).min(end);
                    let held = until.since(from.max(begin)).as_secs_f64();
                    if held > 0.0 {
                        highest = highest.max(rate);
                        arrivals += rate * held;
                    }
                }
                [highest, arrivals / window]
            }
            Arrivals::Trace(instants) => {
                [instants.iter().filter(|at| **at >= begin && **at < end).count() as f64 / window; 2]
            }
            Arrivals::Closed { .. } => continue,
        };
        for (class, kind) in source.classes.iter().enumerate() {
            for (node, visits) in kind.nodes.iter().zip(visits(source, class)) {
                let flows = rates.map(|rate| rate * kind.probability * visits);
                let sums = match node.visit {
                    Visit::Station(id) => &mut stations[id.index()],
                    Visit::Link(id) => &mut links[id.index()],
                    Visit::Delay(..) => continue,
                };
                for (sum, flow) in sums.iter_mut().zip(flows) {
                    *sum += flow;
                }
            }
        }
    }
    let mut found = Vec::new();
    for (at, (station, flow)) in workload.stations.iter().zip(stations).enumerate() {
        found.push(OfferedLoad {
            resource: Resource::Station(Id::new(at)),
            name: station.name.clone(),
            demand: flow[0] * station.service.mean() / 1e9,
            mean: flow[1] * station.service.mean() / 1e9,
            capacity: f64::from(station.servers) * f64::from(station.cores),
            from: begin,
            length: end.since(begin),
            by_population: Vec::new(),
            shares: Vec::new(),
        });
    }
    for (at, (link, flow)) in workload.links.iter().zip(links).enumerate() {
        found.push(OfferedLoad {
            resource: Resource::CustomLink(Id::new(at)),
            name: link.name.clone(),
            demand: flow[0] * link.volume.mean(),
            mean: flow[1] * link.volume.mean(),
            capacity: link.bandwidth,
            from: begin,
            length: end.since(begin),
            by_population: Vec::new(),
            shares: Vec::new(),
        });
    }
    found
}
