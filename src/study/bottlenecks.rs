//! Which station, link or limit is the first to be too small, worst first.
//!
//! Two figures stand beside each other: what the run carried, hour by hour, and what
//! the utilisation law says was asked for ([`crate::clients::expected::offered_load`]). Where a
//! resource is saturated the first stops at 100 %, the second does not.
//!
//! Must not know how it is shown. Next: [`super::headroom`].

use std::collections::BTreeMap;

use crate::clients::expected::offered_load::{LimitDemand, OfferedLoad, demand};
use crate::kernel::SimSpan;
use crate::model::workload::Slo;
use crate::model::{Experiment, Model};
use crate::results::{Bottleneck, Busiest, LimitKind, LimitUse, RunResult, Scarce, ServerRole, ServerRow};

/// Servers, link directions and limits of `result`, those first whose busiest hour comes
/// closest to their limit (or goes farthest beyond it): the objective for CPU or
/// links in `slo`, or 100 %. Of equals the first in the model comes first.
#[must_use]
pub fn rank(model: &Model, experiment: &Experiment, result: &RunResult, slo: &Slo) -> Vec<Bottleneck> {
    let (loads, held) = demand(model, experiment);
    rank_by((&loads, &held), experiment, result, slo)
}

/// As [`rank`], by what the law says already.
pub(super) fn rank_by(
    (loads, held): (&[OfferedLoad], &[LimitDemand]),
    experiment: &Experiment,
    result: &RunResult,
    slo: &Slo,
) -> Vec<Bottleneck> {
    ranked(&Law::new(loads, held, experiment), result, slo)
}

/// What the law says, by name.
struct Law<'l> {
    loads: BTreeMap<(bool, &'l str), &'l OfferedLoad>,
    held: BTreeMap<(&'l str, &'l str, &'l str), &'l LimitDemand>,
    experiment: &'l Experiment,
}

impl<'l> Law<'l> {
    fn new(loads: &'l [OfferedLoad], held: &'l [LimitDemand], experiment: &'l Experiment) -> Self {
        let load = |load: &'l OfferedLoad| ((load.resource.is_link(), load.name.as_str()), load);
        let held = held.iter().map(|held| ((held.name.as_str(), held.kind, held.apart.as_str()), held));
        Self { loads: loads.iter().map(load).collect(), held: held.collect(), experiment }
    }

    /// Mean of a share in the hour that is judged.
    fn in_hour(&self, shares: &[f64], hour: &Busiest) -> Option<f64> {
        let interval = self.experiment.series_interval().0;
        let window = self.experiment.window.0;
        let end = (hour.begins_at + hour.length).0;
        let (mut sum, mut length) = (0.0, 0.0);
        for (number, share) in shares.iter().enumerate() {
            let from = interval * number as u64;
            if from >= hour.begins_at.0 && from < end {
                let span = interval.min(window - from) as f64;
                sum += share * span;
                length += span;
            }
        }
        (length > 0.0).then_some(sum / length)
    }

    /// When something begins, since the window did.
    fn since(&self, at: crate::kernel::SimTime) -> SimSpan {
        at.since(self.experiment.measured_from())
    }

    fn resource(&self, link: bool, name: &str, mut row: Bottleneck, hour: &Busiest) -> Bottleneck {
        if let Some(load) = self.loads.get(&(link, name)) {
            row.law_mean = Some(load.mean_utilisation());
            row.law_peak = Some(load.utilisation());
            row.law_same_hour = self.in_hour(&load.shares, hour).or(row.law_peak);
            row.law_peak_at = Some(self.since(load.from));
            row.law_growth = row.law_peak.filter(|law| *law > 0.0).map(|law| row.limit / law);
        }
        row
    }

    fn limit(&self, server: &ServerRow, met: &LimitUse, mut row: Bottleneck, hour: &Busiest) -> Bottleneck {
        let key = (server.name.as_str(), met.kind.token(), met.apart.as_str());
        if let Some(held) = self.held.get(&key) {
            let limit = f64::from(held.limit);
            row.law_mean = Some(held.window_mean / limit);
            row.law_peak = Some(held.mean / limit);
            row.law_same_hour = self.in_hour(&held.shares, hour);
            row.law_peak_at = Some(self.since(held.from));
            row.law_growth = Some(held.growth);
        }
        if met.kind == LimitKind::User {
            // More users ask for no more each.
            row.law_growth = Some(f64::INFINITY);
        }
        row
    }
}

/// A row with nothing of the law.
fn seen(scarce: Scarce, mean: f64, hour: &Busiest, limit: Option<f64>) -> Bottleneck {
    Bottleneck {
        scarce,
        utilisation_mean: mean,
        utilisation_peak: hour.mean,
        peak_half_width: hour.half_width,
        peak_at: hour.begins_at,
        at_once: None,
        refused: 0,
        law_mean: None,
        law_same_hour: None,
        law_peak: None,
        law_peak_at: None,
        limit: limit.unwrap_or(1.0),
        law_growth: None,
    }
}

fn ranked(law: &Law<'_>, result: &RunResult, slo: &Slo) -> Vec<Bottleneck> {
    let mut rows: Vec<Bottleneck> = Vec::new();
    for (index, server) in (0..).zip(&result.servers) {
        // Nothing is served there.
        if server.role == ServerRole::Translation {
            continue;
        }
        let hour = server.judged_hour();
        let row = seen(Scarce::Server(index), server.judged_mean(), hour, slo.cpu);
        rows.push(law.resource(false, &server.name, row, hour));
    }
    for (index, link) in (0..).zip(&result.links) {
        let hour = &link.busiest_hour;
        let row = seen(Scarce::Link(index), link.utilisation_mean, hour, slo.link);
        rows.push(law.resource(true, &link.name, row, hour));
    }
    for (index, server) in (0..).zip(&result.servers) {
        for (place, met) in (0..).zip(&server.limits) {
            let (Some(units), Some(hour)) = (met.limit, &met.busiest_hour) else { continue };
            let mut row = seen(Scarce::Limit(index, place), met.mean / f64::from(units.max(1)), hour, None);
            (row.at_once, row.refused) = (met.share_at_peak(), met.refused);
            rows.push(law.limit(server, met, row, hour));
        }
    }
    // Stable: the order of the model decides between equals.
    rows.sort_by(|a, b| b.strain().total_cmp(&a.strain()));
    rows
}
