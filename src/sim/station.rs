//! A station: one FCFS queue in front of `cores` cores, and the pool of its server.
//!
//! Only bookkeeping; [`super::Engine`] moves the requests. All integrals run from
//! the beginning of the run, so that conservation and Little's law are identities
//! of integers at its end (promises E6 and E7); what is reported is the difference
//! between two snapshots.

use super::report::StationReport;
use super::request::NIL;
use crate::kernel::SimTime;
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

#[derive(Debug)]
pub(super) struct Station {
    pub(super) cores: u32,
    pub(super) busy: u32,
    pub(super) waiting: u32,
    pub(super) queue_limit: u32,
    pub(super) head: u32,
    pub(super) tail: u32,
    pub(super) availability: Availability,
    pub(super) units: u32,
    pub(super) unit_limit: u32,
    touched: SimTime,
    units_touched: SimTime,
    down_since: SimTime,
    pub(super) busy_area: u128,
    pub(super) waiting_area: u128,
    units_area: u128,
    /// Whole-run sums for the identities.
    pub(super) whole_sojourn: u128,
    pub(super) whole_service: u128,
    pub(super) whole_arrivals: u64,
    pub(super) whole_left: u64,
    /// Sums over the measured window.
    pub(super) report: StationReport,
    /// Areas at the last snapshot: busy, waiting, units, arrivals.
    mark: [u128; 4],
}

impl Station {
    pub(super) fn new(cores: u32, queue_limit: u32, unit_limit: u32, keep_visits: bool) -> Self {
        let keep = || keep_visits.then(Histogram::new);
        Self {
            cores,
            busy: 0,
            waiting: 0,
            queue_limit,
            head: NIL,
            tail: NIL,
            availability: Availability::Up,
            units: 0,
            unit_limit,
            touched: SimTime::ZERO,
            units_touched: SimTime::ZERO,
            down_since: SimTime::ZERO,
            busy_area: 0,
            waiting_area: 0,
            units_area: 0,
            whole_sojourn: 0,
            whole_service: 0,
            whole_arrivals: 0,
            whole_left: 0,
            report: StationReport { wait: keep(), sojourn: keep(), ..StationReport::default() },
            mark: [0; 4],
        }
    }

    /// Brings the integrals up to `now`; called before any count changes.
    #[inline]
    pub(super) fn touch(&mut self, now: SimTime) {
        let span = u128::from(now.0 - self.touched.0);
        self.touched = now;
        let working = if self.availability == Availability::Holding { 0 } else { self.busy };
        self.busy_area += span * u128::from(working);
        // Someone whose service is held counts as present, not as busy.
        self.waiting_area += span * u128::from(self.waiting + self.busy - working);
    }

    fn touch_units(&mut self, now: SimTime) {
        self.units_area += u128::from(now.0 - self.units_touched.0) * u128::from(self.units);
        self.units_touched = now;
    }

    /// Takes a unit of the pool; false (and counted) when it is full.
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

    #[inline]
    pub(super) fn record_visit(&mut self, wait: u64, service: u64) {
        let report = &mut self.report;
        report.completed += 1;
        let sojourn = wait + service;
        report.wait_count += 1;
        report.wait_sum += u128::from(wait);
        report.sojourn_sum += u128::from(sojourn);
        report.service_sum += u128::from(service);
        if let Some(histogram) = &mut report.wait {
            report.wait_squares += wait as f64 * wait as f64;
            report.sojourn_squares += sojourn as f64 * sojourn as f64;
            histogram.record(wait);
            if let Some(histogram) = &mut report.sojourn {
                histogram.record(sojourn);
            }
        }
    }

    /// Forgets the warm-up.
    pub(super) fn begin_measuring(&mut self, now: SimTime) {
        self.touch(now);
        self.touch_units(now);
        if self.availability != Availability::Up {
            self.down_since = now;
        }
        let keep = self.report.wait.is_some().then(Histogram::new);
        self.report = StationReport {
            wait: keep.clone(),
            sojourn: keep,
            waiting_max: u64::from(self.waiting),
            units_max: u64::from(self.units),
            ..StationReport::default()
        };
        self.mark = [self.busy_area, self.waiting_area, self.units_area, 0];
    }

    /// Amounts since the last snapshot: busy, waiting, units, arrivals.
    pub(super) fn sample(&mut self, now: SimTime) -> [f64; 4] {
        self.touch(now);
        self.touch_units(now);
        let areas = [self.busy_area, self.waiting_area, self.units_area, u128::from(self.report.arrivals)];
        let delta = [0, 1, 2, 3].map(|i| (areas[i] - self.mark[i]) as f64);
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
        self.report.clone()
    }

    /// Whole-run integral of the number present.
    pub(super) fn whole_area(&self) -> u128 {
        self.busy_area + self.waiting_area
    }
}
