//! The scenario's clock: what time it is `ns` after a run began, and on which day.
//!
//! A scenario has no date, so days are counted: 1 is the day on which the measured window
//! begins. Next: [`super::format::push_local`], which writes a time.

use crate::kernel::SimSpan;
use crate::model::topology::utc_offset;
use crate::results::RunResult;

const DAY: i128 = 86_400_000_000_000;

/// The clock of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Clock {
    /// The begin of the run, ns since midnight of the day on which the window begins.
    begin: i128,
    /// Local time minus UTC, minutes.
    offset_minutes: i32,
}

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Local {
    /// 1 is the day on which the window begins.
    pub day: i64,
    /// Ns since midnight.
    pub since_midnight: u64,
    /// Local time minus UTC, minutes.
    pub offset_minutes: i32,
}

impl Clock {
    /// The clock of a run whose window begins `warmup` after it, at a UTC time of day.
    #[must_use]
    pub fn new(window_starts_at_utc: SimSpan, warmup: SimSpan, offset_minutes: i32) -> Self {
        let local = i128::from(window_starts_at_utc.0) + i128::from(offset_minutes) * 60_000_000_000;
        Self { begin: local.rem_euclid(DAY) - i128::from(warmup.0), offset_minutes }
    }

    /// The clock of a result.
    #[must_use]
    pub fn of(run: &RunResult) -> Self {
        Self::new(run.window_starts_at_utc, run.warmup, run.clock_offset_minutes)
    }

    /// The time `ns` after the run began; before it where that is negative.
    #[must_use]
    pub fn at(self, ns: i128) -> Local {
        let at = self.begin + ns;
        Local {
            day: i64::try_from(at.div_euclid(DAY)).unwrap_or(i64::MAX - 1) + 1,
            since_midnight: at.rem_euclid(DAY).unsigned_abs() as u64,
            offset_minutes: self.offset_minutes,
        }
    }
}

/// `Monday`; 0 is that.
#[must_use]
pub fn weekday(day: i64) -> &'static str {
    const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    NAMES[day.rem_euclid(7) as usize]
}

/// `UTC+01:00`, or `UTC`: what times of day are in, so many minutes ahead of UTC.
#[must_use]
pub fn zone(minutes: i32) -> String {
    if minutes == 0 { "UTC".to_owned() } else { format!("UTC{}", utc_offset(minutes)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window from 23:30 on by a clock an hour ahead of UTC, half an hour after the run
    /// began: the next day begins half an hour into it.
    #[test]
    fn days_are_counted_from_the_one_on_which_the_window_begins() {
        let minutes = |n: u64| SimSpan(n * 60_000_000_000);
        let clock = Clock::new(minutes(22 * 60 + 30), minutes(30), 60);
        let at = |n: i128| {
            let local = clock.at(n * 60_000_000_000);
            (local.day, local.since_midnight / 60_000_000_000)
        };
        assert_eq!(at(0), (1, 23 * 60));
        assert_eq!(at(30), (1, 23 * 60 + 30));
        assert_eq!(at(60), (2, 0));
        assert_eq!(at(60 + 24 * 60), (3, 0));
        assert_eq!(at(-23 * 60 - 1), (0, 24 * 60 - 1));
        // 01:00 by the clock is 23:30 UTC of the day before.
        let early = Clock::new(minutes(23 * 60 + 30), minutes(0), 90);
        assert_eq!((early.at(0).day, early.at(0).since_midnight), (1, 3_600_000_000_000));
        assert_eq!([zone(90), zone(0), zone(-270)], ["UTC+01:30", "UTC", "UTC-04:30"]);
    }
}
