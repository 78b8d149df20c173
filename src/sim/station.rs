//! A station: one FCFS queue in front of `cores` cores, and the pool of its server.
//!
//! Only bookkeeping; [`super::walk`] moves the requests. All integrals run from
//! the beginning of the run, so that conservation and Little's law are identities
//! of integers at its end (promises E6 and E7); what is reported is the difference
//! between two snapshots.

use super::handles::NIL;
use super::measured::StationReport;
use crate::itinerary::Network;
use crate::kernel::SimTime;
use crate::kernel::calendar::{Class, turn};
use crate::kernel::random::Key;
use crate::stats::histogram::Histogram;

/// What a station does at present.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Availability {
    /// Serves.
    #[default]
    Up,
    /// Down: what was present has failed, arrivals are refused.
    Killed,
    /// Refuses arrivals and serves on what is present.
    Draining,
    /// Accepts arrivals into the queue and serves nobody; work resumes where it stood.
    Holding,
}

/// Of a station that has no work beside requests.
pub(super) const NO_END: u64 = u64::MAX;

/// An end of service that is no event ([`super::beside`]).
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkEnd {
    /// When, ns.
    pub(super) at: u64,
    /// Its turn among the releases of that instant.
    pub(super) sequence: u64,
    /// Service until then, ns: it began when it arrived.
    pub(super) service: u64,
    /// Its name, its leg, for whom.
    pub(super) key: Key,
    pub(super) leg: u32,
    pub(super) class: u32,
    /// An event is pending for whoever waits for the core.
    pub(super) awaited: bool,
}

impl WorkEnd {
    /// Whether it would have been played by now, the present event having this turn.
    #[inline]
    pub(super) fn is_over(&self, now: SimTime, turn_now: u64) -> bool {
        (self.at, turn(Class::Release, self.sequence)) <= (now.0, turn_now)
    }
}

/// A station whose cores are its own.
pub(super) const ALONE: u16 = u16::MAX;

/// What every arrival and departure touches fills the first two cache lines; sums
/// run from the beginning of the run.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Station {
    pub(super) busy_area: u128,
    pub(super) waiting_area: u128,
    touched: SimTime,
    pub(super) cores: u32,
    pub(super) busy: u32,
    pub(super) waiting: u32,
    pub(super) queue_limit: u32,
    pub(super) head: u32,
    pub(super) tail: u32,
    /// Of those served.
    sojourns: u128,
    services: u128,
    served: u64,
    pub(super) arrivals: u64,
    /// The first of [`Self::ends`], ns, or [`NO_END`].
    pub(super) next_end: u64,
    pub(super) waiting_max: u32,
    pub(super) availability: Availability,
    keep_visits: bool,
    /// Number of the cores that it shares with others, or [`ALONE`].
    pub(super) shared: u16,
    pub(super) units: u32,
    pub(super) unit_limit: u32,
    /// Ends of work beside requests that are no events, the first one last.
    pub(super) ends: Vec<WorkEnd>,
    /// Of those who began service, how many had waited.
    pub(super) waited: u64,
    units_touched: SimTime,
    down_since: SimTime,
    units_area: u128,
    /// Of those who left in another way than by being served.
    early_sojourns: u128,
    early_services: u128,
    early: u64,
    /// What is counted over the measured window alone.
    pub(super) report: StationReport,
    /// Sums when the window began.
    base: Sums,
    /// Areas at the last snapshot: busy, waiting, units, arrivals, time not up.
    mark: [u128; 5],
}

/// What stations share cores of.
#[derive(Debug)]
pub(super) struct Host<'n> {
    /// The station that stands for it.
    pub(super) host: u32,
    /// Its machines.
    pub(super) machines: &'n [u32],
}

/// The hosts of a network; each machine is told its own. Panics where there are 2^16 - 1 or more.
pub(super) fn lay_hosts<'n>(network: &'n Network, stations: &mut [Station]) -> Vec<Host<'n>> {
    assert!(network.shared.len() < usize::from(ALONE), "hosts have numbers of 16 bits");
    for (number, shared) in (0..).zip(&network.shared) {
        for &machine in &shared.machines {
            stations[machine as usize].shared = number;
        }
    }
    network.shared.iter().map(|shared| Host { host: shared.host, machines: &shared.machines }).collect()
}

/// The sums of a station at an instant.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    sojourns: u128,
    services: u128,
    served: u64,
    arrivals: u64,
    waited: u64,
}

const _: () = assert!(std::mem::offset_of!(Station, units) <= 128);

impl Station {
    pub(super) fn new(cores: u32, queue_limit: u32, unit_limit: u32, keep_visits: bool) -> Self {
        let keep = || keep_visits.then(Histogram::new);
        Self {
            busy_area: 0,
            waiting_area: 0,
            touched: SimTime::ZERO,
            cores,
            busy: 0,
            waiting: 0,
            queue_limit,
            head: NIL,
            tail: NIL,
            sojourns: 0,
            services: 0,
            served: 0,
            arrivals: 0,
            next_end: NO_END,
            waiting_max: 0,
            availability: Availability::Up,
            keep_visits,
            shared: ALONE,
            units: 0,
            unit_limit,
            ends: Vec::new(),
            waited: 0,
            units_touched: SimTime::ZERO,
            down_since: SimTime::ZERO,
            units_area: 0,
            early_sojourns: 0,
            early_services: 0,
            early: 0,
            report: StationReport { wait: keep(), sojourn: keep(), ..StationReport::default() },
            base: Sums::default(),
            mark: [0; 5],
        }
    }

    /// Brings the integrals up to `now`; called before any count changes.
    #[inline]
    pub(super) fn touch(&mut self, now: SimTime) {
        debug_assert!(now.0 <= self.next_end, "an end that is over is settled first");
        let span = u128::from(now.0 - self.touched.0);
        self.touched = now;
        let working = if self.availability == Availability::Holding { 0 } else { self.busy };
        self.busy_area += span * u128::from(working);
        // Someone whose service is held counts as present, not as busy.
        self.waiting_area += span * u128::from(self.waiting + self.busy - working);
    }

    /// Cores that are busy, without those whose work is over and has not been settled.
    pub(super) fn busy_by(&self, now: SimTime, turn_now: u64) -> u32 {
        self.busy - self.ends.iter().filter(|end| end.is_over(now, turn_now)).count() as u32
    }

    #[inline]
    fn touch_units(&mut self, now: SimTime) {
        self.units_area += u128::from(now.0 - self.units_touched.0) * u128::from(self.units);
        self.units_touched = now;
    }

    /// Takes a unit of the pool; false (and counted) when it is full.
    #[inline]
    pub(super) fn take_unit(&mut self, now: SimTime) -> bool {
        if self.units >= self.unit_limit {
            self.report.refused_pool += 1;
            return false;
        }
        self.touch_units(now);
        self.units += 1;
        self.report.units_max = self.report.units_max.max(u64::from(self.units));
        true
    }

    #[inline]
    pub(super) fn give_unit(&mut self, now: SimTime) {
        self.touch_units(now);
        debug_assert!(self.units > 0, "a unit is given back that nobody took");
        self.units = self.units.saturating_sub(1);
    }

    pub(super) fn set_availability(&mut self, to: Availability, now: SimTime) {
        self.touch(now);
        if self.availability == Availability::Up {
            self.down_since = now;
        } else if to == Availability::Up {
            self.report.down += now.since(self.down_since);
        }
        self.availability = to;
    }

    /// Books a stay that ended by service.
    #[inline]
    pub(super) fn record_visit(&mut self, sojourn: u64, service: u64) {
        self.served += 1;
        self.sojourns += u128::from(sojourn);
        self.services += u128::from(service);
        if self.keep_visits {
            self.keep_visit(sojourn, sojourn - service);
        }
    }

    fn keep_visit(&mut self, sojourn: u64, wait: u64) {
        let report = &mut self.report;
        report.wait_squares += wait as f64 * wait as f64;
        report.sojourn_squares += sojourn as f64 * sojourn as f64;
        if let (Some(waits), Some(sojourns)) = (&mut report.wait, &mut report.sojourn) {
            waits.record(wait);
            sojourns.record(sojourn);
        }
    }

    /// Books a stay that ended in another way: refused, killed, aborted.
    pub(super) fn record_early(&mut self, sojourn: u64, delivered: u64) {
        self.early += 1;
        self.early_sojourns += u128::from(sojourn);
        self.early_services += u128::from(delivered);
    }

    /// A number of each line of memory that an event touches, for whoever looks ahead.
    #[inline]
    pub(super) fn look(&self) -> u64 {
        let end = self.ends.last().map_or(0, |end| end.at);
        self.touched.0 ^ self.arrivals ^ end
    }

    fn sums(&self) -> Sums {
        Sums {
            sojourns: self.sojourns,
            services: self.services,
            served: self.served,
            arrivals: self.arrivals,
            waited: self.waited,
        }
    }

    /// Forgets the warm-up.
    pub(super) fn begin_measuring(&mut self, now: SimTime) {
        self.touch(now);
        self.touch_units(now);
        if self.availability != Availability::Up {
            self.down_since = now;
        }
        let keep = self.keep_visits.then(Histogram::new);
        self.report = StationReport {
            wait: keep.clone(),
            sojourn: keep,
            units_max: u64::from(self.units),
            ..StationReport::default()
        };
        self.waiting_max = self.waiting;
        self.base = self.sums();
        self.mark = [self.busy_area, self.waiting_area, self.units_area, u128::from(self.arrivals), 0];
    }

    /// Time not up since measuring began.
    fn down(&self, now: SimTime) -> u128 {
        let since = if self.availability == Availability::Up { 0 } else { now.since(self.down_since).0 };
        u128::from(self.report.down.0) + u128::from(since)
    }

    /// Amounts since the last snapshot: busy, waiting, units, arrivals, time not up.
    pub(super) fn sample(&mut self, now: SimTime) -> [f64; 5] {
        self.touch(now);
        self.touch_units(now);
        let arrivals = u128::from(self.arrivals);
        let areas = [self.busy_area, self.waiting_area, self.units_area, arrivals, self.down(now)];
        let delta = [0, 1, 2, 3, 4].map(|i| (areas[i] - self.mark[i]) as f64);
        self.report.busy += areas[0] - self.mark[0];
        self.report.waiting += areas[1] - self.mark[1];
        self.report.present += areas[0] + areas[1] - self.mark[0] - self.mark[1];
        self.report.units += areas[2] - self.mark[2];
        self.mark = areas;
        delta
    }

    pub(super) fn finish(&mut self, now: SimTime) -> StationReport {
        if self.availability != Availability::Up {
            self.report.down += now.since(self.down_since);
            self.down_since = now;
        }
        let (sums, base) = (self.sums(), self.base);
        let (sojourns, services) = (sums.sojourns - base.sojourns, sums.services - base.services);
        StationReport {
            arrivals: sums.arrivals - base.arrivals,
            completed: sums.served - base.served,
            waited: sums.waited - base.waited,
            waiting_max: u64::from(self.waiting_max),
            wait_count: sums.served - base.served,
            wait_sum: sojourns - services,
            sojourn_sum: sojourns,
            service_sum: services,
            ..self.report.clone()
        }
    }

    /// Those who left, since the run began.
    pub(super) fn left(&self) -> u64 {
        self.served + self.early
    }

    /// Sum of their stays.
    pub(super) fn whole_sojourn(&self) -> u128 {
        self.sojourns + self.early_sojourns
    }

    /// Sum of the service that they were given.
    pub(super) fn whole_service(&self) -> u128 {
        self.services + self.early_services
    }

    /// Whole-run integral of the number present.
    pub(super) fn whole_area(&self) -> u128 {
        self.busy_area + self.waiting_area
    }
}
