//! What balancers have found out of single services of servers, where their checks look at
//! them.
//!
//! Costs nothing where no service fails on its own. Must not know what follows from it. Next:
//! [`super::detection`].

use super::detector::{Checks, Detector};
use super::outages::Outages;
use crate::clients::roster::{Roster, ServiceCheck};
use crate::kernel::random::Key;
use crate::model::protocol::Protocol;
use crate::model::topology::TakesOut;
use crate::sim::Availability;

/// The verdicts on services of one replication.
#[derive(Debug)]
pub(super) struct ServiceChecks<'p> {
    all: &'p [ServiceCheck],
    /// By check: its series, and where its stations begin in `detectors`.
    series: Vec<(Checks, usize)>,
    detectors: Vec<Detector>,
}

impl<'p> ServiceChecks<'p> {
    pub(super) fn new(roster: &'p Roster, key: Key) -> Self {
        let (mut series, mut detectors) = (Vec::new(), Vec::new());
        for check in &roster.service_checks {
            let balancer = &roster.balancers[check.balancer as usize];
            let key = key.named(&balancer.name).named(check.protocol.token());
            series.push((Checks::new(balancer.check, key), detectors.len()));
            detectors.resize(detectors.len() + check.count as usize, Detector::UP);
        }
        Self { all: &roster.service_checks, series, detectors }
    }

    /// The truth has changed at `now`; `later` hears when a verdict is due, and its number.
    pub(super) fn observe(&mut self, now: i64, outages: &Outages<'_>, mut later: impl FnMut(i64, usize)) {
        for (check, &(series, begin)) in self.all.iter().zip(&self.series) {
            for place in 0..check.count {
                let number = begin + place as usize;
                let down = outages.station(check.truth + place) != Availability::Up;
                if let Some(at) = self.detectors[number].observe(down, || series.verdict(now, down)) {
                    later(at, number);
                }
            }
        }
    }

    /// A verdict may be due now: the balancer that has reached one.
    pub(super) fn decide(&mut self, number: usize, now: i64) -> Option<usize> {
        let check = self.series.partition_point(|&(_, begin)| begin <= number) - 1;
        self.detectors[number].decide(now).then_some(self.all[check].balancer as usize)
    }

    /// The checks of a balancer's servers with its verdicts on one of them: the station whose
    /// connections are those of the service, and whether it is down.
    fn of(&self, group: usize, place: u32) -> impl Iterator<Item = (&ServiceCheck, u32, bool)> {
        let own =
            self.all.iter().zip(&self.series).filter(move |(check, _)| check.balancer as usize == group);
        own.map(move |(check, &(_, begin))| {
            // One station stands for all servers, or each has its own.
            let place = if check.count == 1 { 0 } else { place };
            (check, check.first + place, self.detectors[begin + place as usize].down)
        })
    }

    /// Whether a service that is down takes the whole server out.
    pub(super) fn take_out_server(&self, group: usize, place: u32) -> bool {
        self.of(group, place).any(|(check, _, down)| down && check.takes_out == TakesOut::Server)
    }

    /// Stations of services that are taken out by themselves, and whether they are.
    pub(super) fn at(&self, group: usize, place: u32) -> impl Iterator<Item = (u32, bool)> {
        let alone = self.of(group, place).filter(|(check, ..)| check.takes_out == TakesOut::Service);
        alone.map(|(_, station, down)| (station, down))
    }

    /// Whether this service of a server is taken out by itself.
    pub(super) fn is_out(&self, (group, protocol): (usize, Protocol), place: u32) -> bool {
        let mut own = self.of(group, place).filter(|(check, ..)| check.protocol == protocol);
        own.any(|(check, _, down)| down && check.takes_out == TakesOut::Service)
    }
}
