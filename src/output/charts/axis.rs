//! Axes: from values to positions, and where the ticks stand.

use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::output::clock::weekday as weekday_name;
use crate::output::format::real;

/// A tick: value and label.
pub type Tick = (f64, String);

/// How values become a share of the axis' length, 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scale {
    /// In proportion.
    Linear {
        /// Value at the begin.
        low: f64,
        /// Value at the end.
        high: f64,
    },
    /// By logarithm; values are positive.
    Log {
        /// Value at the begin.
        low: f64,
        /// Value at the end.
        high: f64,
    },
}

impl Scale {
    /// Share of the axis' length.
    #[must_use]
    pub fn share(self, value: f64) -> f64 {
        match self {
            Self::Linear { low, high } => (value - low) / (high - low),
            Self::Log { low, high } => libm::log(value.max(low * 1e-3) / low) / libm::log(high / low),
        }
    }
}

/// A linear axis from zero that holds `max`, with about five ticks at round values;
/// `max` zero or less gives 0 to 1.
#[must_use]
pub fn from_zero(max: f64, label: impl Fn(f64) -> String) -> (Scale, Vec<Tick>) {
    let max = if max > 0.0 && max.is_finite() { max } else { 1.0 };
    let step = round_up(max / 5.0);
    let count = (max / step - 1e-9).ceil().max(1.0);
    let ticks = (0..=count as u32).map(|n| (f64::from(n) * step, label(f64::from(n) * step))).collect();
    (Scale::Linear { low: 0.0, high: count * step }, ticks)
}

/// The same of a count: where it reaches 1, ticks stand at whole numbers alone.
#[must_use]
pub fn counts(max: f64) -> (Scale, Vec<Tick>) {
    let (scale, ticks) = from_zero(max, count_label);
    if max < 1.0 || !max.is_finite() || ticks.get(1).is_none_or(|tick| tick.0 >= 1.0) {
        return (scale, ticks);
    }
    let high = max.ceil();
    let ticks = (0..=high as u32).map(|n| (f64::from(n), count_label(f64::from(n)))).collect();
    (Scale::Linear { low: 0.0, high }, ticks)
}

/// The next of 1, 2, 5 times a power of ten.
#[must_use]
pub fn round_up(value: f64) -> f64 {
    let power = libm::pow(10.0, libm::log10(value).floor());
    let factor =
        [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= value * (1.0 - 1e-9)).unwrap_or(10.0);
    factor * power
}

/// A logarithmic axis of nanoseconds around `low` to `high`. It begins at 1, 2 or 5 times
/// a power of ten and ends at such a value or, where that is far, just above `high`; ticks
/// at each of these or, where they are more than `most`, at powers of ten and near both ends.
#[must_use]
pub fn log_time(low: f64, high: f64, most: usize) -> (Scale, Vec<Tick>) {
    let (low, high) = if low > 0.0 && high.is_finite() && low <= high { (low, high) } else { (1e7, 1e9) };
    let mut steps: Vec<f64> = Vec::new();
    for power in 0..=18 {
        steps.extend([1.0, 2.0, 5.0].map(|factor| factor * libm::pow(10.0, f64::from(power))));
    }
    let mut first = steps.iter().rposition(|&s| s <= low * 1.0001).unwrap_or(0);
    let mut last = steps.iter().position(|&s| s >= high * 0.9999).unwrap_or(steps.len() - 1);
    let mut end = steps[last].min(high * 1.2);
    // Less than a decade would make small differences look large.
    while last - first < 3 {
        last = (last + 1).min(steps.len() - 1);
        end = steps[last];
        first = first.saturating_sub(usize::from(last - first < 3));
    }
    let scale = Scale::Log { low: steps[first], high: end };
    let inside: Vec<f64> = steps[first..=last].iter().copied().filter(|&s| s <= end * 1.0001).collect();
    let mut ticks = inside.clone();
    if inside.len() > most {
        ticks.retain(|s| (libm::log10(*s) - libm::log10(*s).round()).abs() < 1e-9);
        let apart = |a: f64, b: f64| scale.share(b) - scale.share(a) >= 1.0 / most as f64;
        let (bottom, top) = (inside[0], inside[inside.len() - 1]);
        if ticks.first().is_none_or(|&tick| apart(bottom, tick)) {
            ticks.insert(0, bottom);
        }
        if ticks.last().is_none_or(|&tick| apart(tick, top)) {
            ticks.push(top);
        }
    }
    (scale, ticks.into_iter().map(|s| (s, time_label(s))).collect())
}

/// `200 ms`, `5 s`, `50 µs`, `1,000 s`.
#[must_use]
pub fn time_label(ns: f64) -> String {
    match ns {
        ns if ns < 999.0 => format!("{} ns", real(ns, 1)),
        ns if ns < 999e3 => format!("{} µs", real(ns / 1e3, 2)),
        ns if ns < 999e6 => format!("{} ms", real(ns / 1e6, 2)),
        ns if ns < 999.5e9 => format!("{} s", real(ns / 1e9, 2)),
        ns => format!("{} s", crate::output::words::thousands((ns / 1e9) as u64)),
    }
}

/// A count as an axis shows it: `1,200`, `0.5`.
#[must_use]
pub fn count_label(value: f64) -> String {
    if value >= 1000.0 { crate::output::words::thousands(value.round() as u64) } else { real(value, 2) }
}

/// A share as an axis shows it: `60 %`.
#[must_use]
pub fn percent_label(share: f64) -> String {
    match share * 100.0 {
        percent if percent >= 1000.0 => {
            format!("{} %", crate::output::words::thousands(percent.round() as u64))
        }
        percent => format!("{} %", real(percent, 1)),
    }
}

/// Time since the window began, on the scenario's clock: ticks at round times of day,
/// at most `most` of them. Values are seconds since the axis begins, `starts_at_local` s after
/// midnight of the day that is counted as the first, of which `weekday` (0 is Monday) is the name.
#[must_use]
pub fn clock(window: SimSpan, starts_at_local: i64, weekday: Option<u8>, most: usize) -> (Scale, Vec<Tick>) {
    const STEPS: [i64; 20] = [
        1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
        172_800, 604_800,
    ];
    const DAY: i64 = 86_400;
    let length = (window.0 as f64 / NANOS_PER_SEC as f64).max(1e-3);
    let whole = length.ceil() as i64;
    let step = STEPS.into_iter().find(|step| whole / step < most as i64).unwrap_or(whole.max(1));
    let days = (starts_at_local + whole - 1).div_euclid(DAY) - starts_at_local.div_euclid(DAY) + 1;
    let first = starts_at_local.div_euclid(step) * step;
    let mut ticks = Vec::new();
    let mut at = first;
    while at <= starts_at_local + whole {
        let value = (at - starts_at_local) as f64;
        if value >= 0.0 && value <= length {
            let second = at.rem_euclid(DAY);
            let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
            let time = if step < 60 { format!("{h:02}:{m:02}:{s:02}") } else { format!("{h:02}:{m:02}") };
            let day = at.div_euclid(DAY);
            // Days are told apart where a time of day alone would come twice.
            let several = days > 1 && length > DAY as f64;
            let label = if several && second == 0 { day_label(day, weekday) } else { time };
            ticks.push((value, label));
        }
        at += step;
    }
    (Scale::Linear { low: 0.0, high: length }, ticks)
}

/// A day as an axis shows it, 0 the first: `Wed`, or where the scenario has no week `day 3`.
fn day_label(day: i64, weekday: Option<u8>) -> String {
    match weekday {
        Some(first) => weekday_name(i64::from(first) + day)[..3].to_owned(),
        None => format!("day {}", day + 1),
    }
}

/// Whether a tick of a clock is where a day begins, with the day's name.
pub(super) fn is_day(label: &str) -> bool {
    !label.is_empty() && !label.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn linear_axes_end_at_round_values() {
        assert_eq!(
            labels(&from_zero(0.83, percent_label).1),
            ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
        );
        assert_eq!(labels(&from_zero(4.0, count_label).1), ["0", "1", "2", "3", "4"]);
        assert_eq!(labels(&from_zero(0.0, count_label).1), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(&counts(2.0).1), ["0", "1", "2"]);
        assert_eq!(labels(&counts(1.4).1), ["0", "1", "2"]);
        assert_eq!(labels(&counts(0.4).1), ["0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(labels(&counts(12.0).1), ["0", "5", "10", "15"]);
        assert_eq!(from_zero(f64::NAN, count_label).0, Scale::Linear { low: 0.0, high: 1.0 });
    }

    #[test]
    fn logarithmic_axes_hold_their_values() {
        let (scale, ticks) = log_time(45e6, 1.8e9, 7);
        assert_eq!(scale, Scale::Log { low: 20e6, high: 2e9 });
        assert_eq!(labels(&ticks), ["20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1 s", "2 s"]);
        assert_eq!(labels(&log_time(1e6, 60e9, 12).1), ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "50 s"]);
        assert!((scale.share(200e6) - 0.5).abs() < 1e-12);
        // The end is near the highest value, and what is near an end has a label.
        let (scale, ticks) = log_time(25e6, 6e9, 7);
        assert_eq!(scale, Scale::Log { low: 20e6, high: 7.2e9 });
        assert_eq!(labels(&ticks), ["20 ms", "100 ms", "1 s", "5 s"]);
    }

    #[test]
    fn clocks_tick_at_round_times() {
        let hours = |h: u64| SimSpan::from_secs(3600 * h);
        assert_eq!(
            labels(&clock(hours(10), 8 * 3600, None, 8).1),
            ["08:00", "10:00", "12:00", "14:00", "16:00", "18:00"]
        );
        assert_eq!(
            labels(&clock(hours(4), 22 * 3600, None, 5).1),
            ["22:00", "23:00", "00:00", "01:00", "02:00"]
        );
        assert_eq!(labels(&clock(SimSpan::from_secs(20), 3600, None, 5).1).len(), 5);
        assert_eq!(labels(&clock(hours(48), 0, None, 5).1), ["day 1", "12:00", "day 2", "12:00", "day 3"]);
        // A Friday; and what begins later than the day that is counted as the first.
        assert_eq!(labels(&clock(hours(48), 0, Some(4), 5).1), ["Fri", "12:00", "Sat", "12:00", "Sun"]);
        assert_eq!(labels(&clock(hours(36), 36 * 3600, None, 4).1), ["12:00", "day 3", "12:00", "day 4"]);
        assert_eq!(labels(&clock(SimSpan(1_000), 0, None, 5).1), ["00:00:00"]);
    }
}
