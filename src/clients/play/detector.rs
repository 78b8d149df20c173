//! A truth that somebody finds out who looks at intervals.
//!
//! Must not know what is looked at. Next: [`super::detection`].

use rand::RngExt;

use crate::kernel::SimTime;
use crate::kernel::random::{Key, Role};
use crate::model::topology::HealthCheck;

const PHASE: Role = Role::new("phase of checks");

/// A truth as somebody sees it who looks at intervals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detector {
    pub(super) down: bool,
    truth: bool,
    /// When the verdict follows, ns since the run began.
    due: i64,
}

/// No verdict is to come.
const NEVER: i64 = SimTime::MAX.0 as i64;

impl Detector {
    pub(super) const UP: Self = Self { down: false, truth: false, due: NEVER };

    /// The truth is `down` from now on: when the verdict will follow, if it changes.
    pub(super) fn observe(&mut self, down: bool, verdict: impl FnOnce() -> i64) -> Option<i64> {
        if down == self.truth {
            return None;
        }
        self.truth = down;
        self.due = if down == self.down { NEVER } else { verdict() };
        (self.due < NEVER).then_some(self.due)
    }

    /// The verdict may be due now: whether it has changed.
    pub(super) fn decide(&mut self, now: i64) -> bool {
        let due = self.due == now;
        if due {
            self.due = NEVER;
            self.down = self.truth;
        }
        due
    }
}

/// Checks at a fixed interval from a phase on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    check: HealthCheck,
    phase: u64,
}

impl Checks {
    pub(super) fn new(check: HealthCheck, key: Key) -> Self {
        let interval = check.interval.0.max(1);
        let share: f64 = key.stream(PHASE, 0).random();
        Self { check, phase: ((share * interval as f64) as u64).min(interval - 1) }
    }

    /// Instant of the check after `now` at which enough have agreed.
    pub(super) fn verdict(&self, now: i64, down: bool) -> i64 {
        let wanted = i64::from(if down { self.check.failures } else { self.check.successes }.max(1));
        let (interval, phase) = (self.check.interval.0.max(1) as i64, self.phase as i64);
        // The first check strictly after now; phase is less than the interval.
        let first = (now - phase).div_euclid(interval) + 1;
        phase.saturating_add((first + wanted - 1).saturating_mul(interval)).min(NEVER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimSpan;

    const SEC: i64 = 1_000_000_000;

    /// Checks at 2, 7, 12, ... s: a failure at 4 s is found by the third check, at
    /// 17 s; one at 7 s exactly, after that instant's check, at 22 s.
    #[test]
    fn a_verdict_takes_so_many_checks() {
        let check = HealthCheck { interval: SimSpan::from_secs(5), ..HealthCheck::BALANCER };
        let checks = Checks { check, phase: SimSpan::from_secs(2).0 };
        assert_eq!(checks.verdict(4 * SEC, true), 17 * SEC);
        assert_eq!(checks.verdict(7 * SEC, true), 22 * SEC);
        assert_eq!(checks.verdict(7 * SEC - 1, true), 17 * SEC);
        assert_eq!(checks.verdict(0, false), 2 * SEC);
        assert_eq!(checks.verdict(100 * SEC, false), 102 * SEC);
        // Before the run: checks at -13, -8, -3 and 2 s.
        assert_eq!(checks.verdict(-9 * SEC, true), 2 * SEC);
        assert_eq!(checks.verdict(-8 * SEC, false), -3 * SEC);
    }

    /// A truth that is taken back before the verdict leaves no trace.
    #[test]
    fn a_blink_is_not_detected() {
        let mut detector = Detector::UP;
        assert_eq!(detector.observe(true, || 10), Some(10));
        assert_eq!(detector.observe(false, || 7), None);
        assert!(!detector.decide(10));
        assert_eq!(detector.observe(true, || 20), Some(20));
        assert!(detector.decide(20) && detector.down);
        assert_eq!(detector.observe(false, || 31), Some(31));
        assert!(detector.decide(31) && !detector.down);
    }
}
