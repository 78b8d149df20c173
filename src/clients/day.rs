//! The shape of a day as a clock: local time to work done and back.
//!
//! A rate that follows a day curve is a constant rate on another time axis, the
//! cumulative share of the day's work. An inhomogeneous Poisson process is drawn
//! there (exponential gaps) and read back, so that no draw is ever thrown away.
//! Must not know who works. Next: [`super::roster`].

use crate::kernel::{SimTime, nanos};
use crate::model::workload::{DayCurve, Moments};

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
    /// Work of each day of the week by that of the profile's, Monday first.
    week: [f64; 7],
    /// Whether all days have that of the profile's.
    even: bool,
    /// Day of the week of day 0.
    weekday: u8,
}

/// The day's work between two moments, or after one: when working days begin or end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DayBound {
    moments: Moments,
    cumulative: [f64; 25],
}

impl DayBound {
    /// `moments` of days that have this curve.
    pub(super) fn new(moments: Moments, curve: &DayCurve) -> Self {
        let mut cumulative = [0.0; 25];
        for (hour, until) in cumulative.iter_mut().enumerate() {
            *until = curve.until(hour as f64);
        }
        Self { moments, cumulative }
    }

    /// Where on the work axis of a day the bound of the mailbox with this uniform number lies.
    pub(super) fn place(&self, uniform: f64) -> f64 {
        match self.moments {
            Moments::Work(from, to) => from + (to - from) * uniform,
            Moments::Clock(from, to) => {
                let minutes = f64::from(from) + (f64::from(to) - f64::from(from)) * uniform;
                let hour = ((minutes / 60.0) as usize).min(23);
                let (below, above) = (self.cumulative[hour], self.cumulative[hour + 1]);
                below + (above - below) * (minutes / 60.0 - hour as f64)
            }
        }
    }

    /// Share of mailboxes whose bound lies before `work`, 0 to 1 of a day.
    pub(super) fn passed(&self, work: f64) -> f64 {
        let ramp = |x: f64, from: f64, to: f64| {
            if to > from {
                ((x - from) / (to - from)).clamp(0.0, 1.0)
            } else {
                f64::from(u8::from(x >= from))
            }
        };
        match self.moments {
            Moments::Work(from, to) => ramp(work, from, to),
            Moments::Clock(from, to) => {
                let hour = self.cumulative.partition_point(|&c| c <= work).clamp(1, 24) - 1;
                let width = self.cumulative[hour + 1] - self.cumulative[hour];
                let part = if width > 0.0 { (work - self.cumulative[hour]) / width } else { 1.0 };
                ramp((hour as f64 + part) * 60.0, f64::from(from), f64::from(to))
            }
        }
    }
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
        let origin = (begins_at.rem_euclid(day) + 2 * day) as f64;
        Self { cumulative, origin, week: [1.0; 7], even: true, weekday: 0 }
    }

    /// With the work of each day of the week; `weekday` is that of the midnight from
    /// which `begins_at` of [`Self::new`] is counted, 0 is Monday.
    pub(super) fn with_week(mut self, week: [f64; 7], weekday: u8, begins_at: i64) -> Self {
        if week != [1.0; 7] {
            (self.week, self.even) = (week, false);
            let day = i64::from(weekday) + begins_at.div_euclid(DAY as i64) - 2;
            self.weekday = day.rem_euclid(7) as u8;
        }
        self
    }

    /// Work of a day by that of the profile's.
    pub(super) fn factor(&self, day: f64) -> f64 {
        self.week[(day.rem_euclid(7.0) as usize + usize::from(self.weekday)) % 7]
    }

    /// Where a process that stands at `work` and does `amount` days of the profile's
    /// work next stands then; infinite when no day has any work.
    pub(super) fn advance(&self, work: f64, amount: f64) -> f64 {
        if self.even || !amount.is_finite() {
            return work + amount;
        }
        let (mut work, mut left) = (work, amount);
        // A week without any work would never end.
        if self.week.iter().all(|&factor| factor <= 0.0) {
            return f64::INFINITY;
        }
        loop {
            let day = libm::floor(work);
            let factor = self.factor(day);
            let rest = (day + 1.0 - work) * factor;
            if left <= rest && factor > 0.0 {
                return work + left / factor;
            }
            left -= rest;
            work = day + 1.0;
        }
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
    #[inline]
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
    #[inline]
    pub(super) fn at(&self, work: f64) -> SimTime {
        if work == f64::INFINITY {
            return SimTime::MAX;
        }
        SimTime(nanos(self.instant(work)))
    }

    /// Days of the profile's work a nanosecond at the run's beginning.
    pub(super) fn intensity(&self) -> f64 {
        (self.work(1e9) - self.work(0.0)) / 1e9 * self.factor(libm::floor(self.work(0.0)))
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

    /// Saturday at half work, Sunday none: from Friday 16:00 of `flat24h`, a third of a
    /// day's work lasts until midnight, half a day's fills Saturday, the rest is Monday's.
    #[test]
    fn a_weekend_by_hand() {
        let flat = DayCurve::parse("flat24h").unwrap();
        let week = [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0];
        let clock = DayClock::new(&flat, 16 * HOUR as i64).with_week(week, 4, 16 * HOUR as i64);
        let now = clock.work(0.0);
        let after = |amount: f64| clock.instant(clock.advance(now, amount)) / HOUR;
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        close(after(0.25), 6.0);
        close(after(1.0 / 3.0 + 0.25), 8.0 + 12.0);
        close(after(1.0 / 3.0 + 0.5 + 0.25), 8.0 + 48.0 + 6.0);
        let idle = DayClock::new(&flat, 0).with_week([0.0; 7], 0, 0);
        assert_eq!(idle.at(idle.advance(idle.work(0.0), 0.1)), SimTime::MAX);
    }

    /// Between 09:00 and 10:00 of `flat8h`, that is the first eighth of the work.
    #[test]
    fn bounds_of_a_day_by_hand() {
        let curve = DayCurve::parse("flat8h").unwrap();
        let bound = DayBound::new(Moments::Clock(9 * 60, 10 * 60), &curve);
        assert!((bound.place(0.5) - 0.0625).abs() < 1e-12);
        assert!((bound.passed(0.0625) - 0.5).abs() < 1e-12);
        assert_eq!((bound.passed(0.0), bound.passed(0.5)), (0.0, 1.0));
        let work = DayBound::new(Moments::Work(0.04, 0.12), &curve);
        assert!((work.place(0.25) - 0.06).abs() < 1e-12);
        assert!((work.passed(0.10) - 0.75).abs() < 1e-12);
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
