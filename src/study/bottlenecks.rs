//! Which station or link is the first to be too small, worst first.
//!
//! Two figures stand beside each other: what the run carried, hour by hour, and what
//! the utilisation law says was asked for ([`crate::clients::expected::offered_load`]). Where a
//! resource is saturated the first stops at 100 %, the second does not.
//!
//! Must not know how it is shown. Next: [`super::headroom`].

use std::collections::BTreeMap;

use crate::clients::expected::offered_load::{OfferedLoad, offered_load};
use crate::kernel::SimSpan;
use crate::model::workload::Slo;
use crate::model::{Experiment, Model};
use crate::results::{Bottleneck, RunResult, Scarce, SeriesKey, SeriesPoint};

const HOUR: u64 = 3_600_000_000_000;

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
        let (scarce, name, mean, limit) = match series.key {
            SeriesKey::Server(index) => {
                let row = &result.servers[index as usize];
                (Scarce::Server(index), &row.name, row.utilisation_mean, slo.cpu)
            }
            SeriesKey::Link(index) => {
                let row = &result.links[index as usize];
                (Scarce::Link(index), &row.name, row.utilisation_mean, slo.link)
            }
            SeriesKey::Protocol(_) | SeriesKey::Failure(_) => continue,
        };
        let (peak, peak_at) = busiest_hour(&series.points, result.interval, result.window);
        let offered = named.get(&(matches!(scarce, Scarce::Link(_)), name.as_str())).copied();
        rows.push(Bottleneck {
            scarce,
            utilisation_mean: mean,
            utilisation_peak: peak,
            peak_at,
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

/// Highest mean of an hour, counted from the window's beginning, and when that hour
/// began. An interval belongs to the hour in which it begins.
fn busiest_hour(points: &[SeriesPoint], interval: SimSpan, window: SimSpan) -> (f64, SimSpan) {
    let mut hours: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for (number, point) in points.iter().enumerate() {
        let begin = interval.0.saturating_mul(number as u64);
        let length = interval.0.min(window.0.saturating_sub(begin)) as f64;
        let (used, whole) = hours.entry(begin / HOUR).or_default();
        *used += point.utilisation.unwrap_or(0.0) * length;
        *whole += length;
    }
    let mut best = (0.0, SimSpan::ZERO);
    for (hour, (used, whole)) in hours {
        if whole > 0.0 && used / whole > best.0 {
            best = (used / whole, SimSpan(hour * HOUR));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[f64]) -> Vec<SeriesPoint> {
        values.iter().map(|v| SeriesPoint { utilisation: Some(*v), ..SeriesPoint::default() }).collect()
    }

    /// Half hours: 10 and 30 % are an hour of 20 %, 50 and 20 % one of 35 %; the last
    /// quarter of an hour at 90 % is all of its hour that is measured.
    #[test]
    fn the_busiest_hour_is_the_highest_mean() {
        let half = SimSpan(HOUR / 2);
        let (peak, at) = busiest_hour(&points(&[0.1, 0.3, 0.5, 0.2]), half, SimSpan(2 * HOUR));
        assert_eq!((peak, at), (0.35, SimSpan(HOUR)));
        let window = SimSpan(2 * HOUR + HOUR / 4);
        let (peak, at) = busiest_hour(&points(&[0.1, 0.3, 0.5, 0.2, 0.9]), half, window);
        assert!((peak - 0.9).abs() < 1e-12);
        assert_eq!(at, SimSpan(2 * HOUR));
        assert_eq!(busiest_hour(&[], half, window), (0.0, SimSpan::ZERO));
    }
}
