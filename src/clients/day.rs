//! The shape of a day as a clock: local time to work done and back.
//!
//! A rate that follows a day curve is a constant rate on another time axis, the
//! cumulative share of the day's work. An inhomogeneous Poisson process is drawn
//! there (exponential gaps) and read back, so that no draw is ever thrown away.
//! Must not know who works. Next: [`super::population`].

use crate::kernel::{SimTime, nanos};
use crate::model::workload::DayCurve;

const HOUR: f64 = 3_600e9;
const DAY: f64 = 24.0 * HOUR;

/// Where a run's instants lie on the work axis of one day curve and time zone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DayClock {
    /// Work done until each full hour, 0 to 1.
    cumulative: [f64; 25],
    /// Local time of the run's beginning, ns since the midnight that starts day 0;
    /// at least a day, so that looking back a day stays positive.
    origin: f64,
}

impl DayClock {
    /// A clock for a run that begins `begins_at` ns after midnight, local time
    /// (negative for the evening before).
    pub(super) fn new(curve: &DayCurve, begins_at: i64) -> Self {
        let mut cumulative = [0.0; 25];
        for (hour, share) in curve.hours.iter().enumerate() {
            cumulative[hour + 1] = cumulative[hour] + share;
        }
        let whole = cumulative[24];
        if whole > 0.0 {
            cumulative.iter_mut().for_each(|c| *c /= whole);
        }
        let day = DAY as i64;
        Self { cumulative, origin: (begins_at.rem_euclid(day) + 2 * day) as f64 }
    }

    /// Days of work done at `ns` after the run's beginning (before it: negative).
    pub(super) fn work(&self, ns: f64) -> f64 {
        let local = self.origin + ns;
        let day = libm::floor(local / DAY);
        let hours = (local - day * DAY) / HOUR;
        let hour = (hours as usize).min(23);
        let (from, to) = (self.cumulative[hour], self.cumulative[hour + 1]);
        day + from + (to - from) * (hours - hour as f64)
    }

    /// Instant, ns after the run's beginning, at which `work` days of work are done
    /// (the last such instant where nothing is done for a while).
    pub(super) fn instant(&self, work: f64) -> f64 {
        let day = libm::floor(work);
        let share = work - day;
        // The last hour whose beginning is not beyond the share.
        let mut hour = self.cumulative.partition_point(|&c| c <= share).clamp(1, 24) - 1;
        while hour < 23 && self.cumulative[hour + 1] <= self.cumulative[hour] {
            hour += 1;
        }
        let width = self.cumulative[hour + 1] - self.cumulative[hour];
        let part = if width > 0.0 { ((share - self.cumulative[hour]) / width).clamp(0.0, 1.0) } else { 0.0 };
        day * DAY + (hour as f64 + part) * HOUR - self.origin
    }

    /// As [`Self::instant`], as an instant of the run; what lies before it is its beginning.
    pub(super) fn at(&self, work: f64) -> SimTime {
        SimTime(nanos(self.instant(work)))
    }

    /// Days of work a nanosecond at the run's beginning.
    pub(super) fn intensity(&self) -> f64 {
        (self.work(1e9) - self.work(0.0)) / 1e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_instant_are_inverse() {
        for token in ["office", "flat8h", "peak2x", "flat24h"] {
            let curve = DayCurve::parse(token).unwrap();
            for begins_at in [-3 * HOUR as i64, 0, 7 * HOUR as i64, 30 * HOUR as i64] {
                let clock = DayClock::new(&curve, begins_at);
                for i in 0..200 {
                    let work = clock.work(0.0) - 0.9 + 0.0137 * f64::from(i);
                    let back = clock.work(clock.instant(work));
                    assert!((back - work).abs() < 1e-9, "{token}: {work} came back as {back}");
                }
            }
        }
    }

    /// `flat8h` from 08:00: nothing for an hour, then an eighth of the day an hour.
    #[test]
    fn a_flat_day_by_hand() {
        let clock = DayClock::new(&DayCurve::parse("flat8h").unwrap(), 8 * HOUR as i64);
        assert_eq!(clock.work(0.0), clock.work(HOUR));
        assert!((clock.work(3.0 * HOUR) - clock.work(0.0) - 0.25).abs() < 1e-12);
        assert_eq!(clock.at(clock.work(0.0) + 0.5), SimTime(nanos(5.0 * HOUR)));
        assert_eq!(clock.intensity(), 0.0);
    }
}
