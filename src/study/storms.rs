//! Merges what followed outages and changes over the replications.

use crate::kernel::SimSpan;
use crate::model::Experiment;
use crate::model::protocol::Protocol;
use crate::model::workload::Workload;
use crate::recorder::storm::{Stormed, bin_for};
use crate::results::{Incident, IncidentKind, StormReplication, StormRow, StormSeries, Storms};

/// Protocol, population, and by incident one value a replication.
type Rows = Vec<(Option<Protocol>, u32, Vec<Vec<Option<StormReplication>>>)>;

/// By protocol and bin: sums of attempts and of 95th percentiles, and how many of these.
type Sums = Vec<(Protocol, Vec<(f64, f64, u32)>)>;

/// Replications so far.
#[derive(Debug, Default)]
pub(super) struct StormMerger {
    incidents: Vec<Incident>,
    interval: SimSpan,
    times: Vec<u64>,
    rows: Rows,
    series: Sums,
    replications: u32,
}

impl StormMerger {
    pub(super) fn new(workload: &Workload, experiment: &Experiment) -> Self {
        let outages = workload.outages.iter().map(|outage| (&outage.name, IncidentKind::Outage));
        let changes = workload.changes.iter().map(|change| (&change.name, IncidentKind::Change));
        let incident = |(name, kind): (&String, _)| Incident { name: name.clone(), kind };
        let incidents: Vec<Incident> = outages.chain(changes).map(incident).collect();
        Self {
            times: vec![0; incidents.len()],
            incidents,
            interval: bin_for(SimSpan(experiment.ends_at().0)),
            ..Self::default()
        }
    }

    /// Adds a replication.
    pub(super) fn add(&mut self, stormed: Option<Stormed>) {
        let Some(stormed) = stormed else { return };
        for (sum, (_, times)) in self.times.iter_mut().zip(&stormed.spans) {
            *sum += u64::from(*times);
        }
        for (place, (protocol, population, rows)) in stormed.pairs.into_iter().enumerate() {
            if place == self.rows.len() {
                self.rows.push((protocol, population, vec![Vec::new(); rows.len()]));
            }
            // The pairs of a model are the same in every replication.
            for (into, row) in self.rows[place].2.iter_mut().zip(rows) {
                into.push(row);
            }
        }
        for (place, (protocol, bins)) in stormed.series.into_iter().enumerate() {
            if place == self.series.len() {
                self.series.push((protocol, vec![(0.0, 0.0, 0); bins.len()]));
            }
            for (sum, bin) in self.series[place].1.iter_mut().zip(bins) {
                sum.0 += f64::from(bin.arrivals);
                if bin.p95 > 0 {
                    sum.1 += bin.p95 as f64;
                    sum.2 += 1;
                }
            }
        }
        self.replications += 1;
    }

    pub(super) fn result(&self) -> Storms {
        if self.replications == 0 {
            return Storms::default();
        }
        let replications = f64::from(self.replications);
        let mut rows = Vec::new();
        for incident in 0..self.incidents.len() {
            for (protocol, population, of) in &self.rows {
                if of[incident].iter().any(Option::is_some) {
                    rows.push(StormRow {
                        incident: incident as u32,
                        protocol: *protocol,
                        population: *population,
                        replications: of[incident].clone(),
                    });
                }
            }
        }
        let seconds = self.interval.as_secs_f64() * replications;
        let series = self.series.iter().map(|(protocol, bins)| StormSeries {
            protocol: *protocol,
            arrivals: bins.iter().map(|bin| bin.0 / seconds).collect(),
            p95: bins.iter().map(|bin| (bin.2 > 0).then(|| bin.1 / f64::from(bin.2))).collect(),
        });
        Storms {
            interval: self.interval,
            incidents: self.incidents.clone(),
            times: self.times.iter().map(|&times| times as f64 / replications).collect(),
            rows,
            series: series.collect(),
        }
    }
}
