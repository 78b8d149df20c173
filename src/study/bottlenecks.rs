//! Which station or link is the first to be too small, worst first.
//!
//! Two figures stand beside each other: what the run carried, hour by hour, and what
//! the utilisation law says was asked for ([`crate::clients::expected::offered_load`]). Where a
//! resource is saturated the first stops at 100 %, the second does not.
//!
//! Must not know how it is shown. Next: [`super::headroom`].

use std::collections::BTreeMap;

use crate::clients::expected::offered_load::{OfferedLoad, offered_load};
use crate::model::workload::Slo;
use crate::model::{Experiment, Model};
use crate::results::{Bottleneck, RunResult, Scarce, SeriesKey};

/// Servers and link directions of `result`, those first whose busiest hour comes
/// closest to their limit (or goes farthest beyond it): the objective for CPU or
/// links in `slo`, or 100 %. Of equals the first in the model comes first.
#[must_use]
pub fn rank(model: &Model, experiment: &Experiment, result: &RunResult, slo: &Slo) -> Vec<Bottleneck> {
    let law = offered_load(model, experiment);
    let named: BTreeMap<(bool, &str), &OfferedLoad> =
        law.iter().map(|offered| ((offered.resource.is_link(), offered.name.as_str()), offered)).collect();
    let from = experiment.measured_from();
    let mut rows: Vec<Bottleneck> = Vec::new();
    for series in &result.series {
        let (scarce, name, mean, busiest, limit) = match series.key {
            SeriesKey::Server(index) => {
                let row = &result.servers[index as usize];
                (Scarce::Server(index), &row.name, row.utilisation_mean, &row.busiest_hour, slo.cpu)
            }
            SeriesKey::Link(index) => {
                let row = &result.links[index as usize];
                (Scarce::Link(index), &row.name, row.utilisation_mean, &row.busiest_hour, slo.link)
            }
            SeriesKey::Protocol(_)
            | SeriesKey::Population(_)
            | SeriesKey::Users(..)
            | SeriesKey::Failure(_) => continue,
        };
        let offered = named.get(&(matches!(scarce, Scarce::Link(_)), name.as_str())).copied();
        rows.push(Bottleneck {
            scarce,
            utilisation_mean: mean,
            utilisation_peak: busiest.mean,
            peak_at: busiest.begins_at,
            law_mean: offered.map(|offered| offered.mean / offered.capacity),
            law_peak: offered.map(OfferedLoad::utilisation),
            law_peak_at: offered.map(|offered| offered.from.since(from)),
            limit: limit.unwrap_or(1.0),
        });
    }
    // Stable: the order of the model decides between equals.
    rows.sort_by(|a, b| b.strain().total_cmp(&a.strain()));
    rows
}
