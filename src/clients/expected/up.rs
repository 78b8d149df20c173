//! How much of each server and link is up, interval by interval, by the outages that are stated.
//!
//! Who has servers left turns to them: that is followed inside a group, and only there. Must
//! not know who asks. Next: [`super::offered_load`].

use std::collections::BTreeMap;

use crate::clients::roster::{Roster, Timing};
use crate::itinerary::StationGroup;
use crate::model::Experiment;

/// Shares of time up, 0 to 1, of what any outage strikes.
#[derive(Debug, Default)]
pub(super) struct Up {
    intervals: usize,
    stations: BTreeMap<usize, Vec<f64>>,
    links: BTreeMap<usize, Vec<f64>>,
}

impl Up {
    pub(super) fn new(roster: &Roster, experiment: &Experiment, lengths: &[u64]) -> Self {
        let mut up = Self { intervals: lengths.len(), ..Self::default() };
        for plan in &roster.outages {
            let lost = lost(&plan.timing, experiment, lengths);
            let take = |shares: &mut Vec<f64>| {
                shares.iter_mut().zip(&lost).for_each(|(share, lost)| *share = (*share - lost).max(0.0));
            };
            let whole = || vec![1.0; lengths.len()];
            for &station in &plan.struck.stations {
                take(up.stations.entry(station as usize).or_insert_with(whole));
            }
            for link in &plan.struck.links {
                take(up.links.entry(link.index()).or_insert_with(whole));
            }
        }
        up
    }

    /// Of the servers of a group together.
    pub(super) fn group(&self, group: &StationGroup) -> Vec<f64> {
        let mut mean = vec![0.0; self.intervals];
        for station in group.first..group.first + group.count {
            let shares = self.stations.get(&(station as usize));
            for (interval, mean) in mean.iter_mut().enumerate() {
                *mean += shares.map_or(1.0, |shares| shares[interval]) / f64::from(group.count);
            }
        }
        mean
    }

    /// Of one server.
    pub(super) fn station(&self, station: usize) -> Vec<f64> {
        self.stations.get(&station).cloned().unwrap_or_else(|| vec![1.0; self.intervals])
    }

    /// Of a link direction.
    pub(super) fn link(&self, link: usize) -> Vec<f64> {
        self.links.get(&link).cloned().unwrap_or_else(|| vec![1.0; self.intervals])
    }
}

/// Share of each interval in which an outage is on.
fn lost(timing: &Timing, experiment: &Experiment, lengths: &[u64]) -> Vec<f64> {
    let end = experiment.ends_at().0;
    let mut spells: Vec<(u64, u64)> = Vec::new();
    match timing {
        Timing::Once { at, span } => spells.push((at.0, at.0.saturating_add(span.0))),
        Timing::Periodic { first, span, period } => {
            let mut begin = first.0;
            while begin < end {
                spells.push((begin, begin.saturating_add(span.0)));
                begin = begin.saturating_add(period.0.max(1));
            }
        }
        Timing::Random { up, down } => {
            let share = down.mean() / (up.mean() + down.mean()).max(1.0);
            return vec![share; lengths.len()];
        }
    }
    let mut from = experiment.measured_from().0;
    let shares = lengths.iter().map(|&length| {
        let to = from + length;
        let overlap = |(begin, over): &(u64, u64)| to.min(*over).saturating_sub(from.max(*begin));
        let lost: u64 = spells.iter().map(overlap).sum();
        from = to;
        lost as f64 / length.max(1) as f64
    });
    shares.collect()
}
