//! The axes of pictures over time: which ticks have room, and what a value is called.

use std::cmp::Reverse;

use super::axis::{self, Scale, Tick};
use super::letters::text_width;
use super::scene::TEXT;
use crate::kernel::{NANOS_PER_SEC, SimSpan};
use crate::output::clock::{self, zone};
use crate::output::words::{duration, percent};

/// A plot that is less wide stands beside others.
pub(super) const NARROW: f64 = 400.0;
/// What a label may stand beyond the ends of a narrow plot: a neighbour's begin behind.
pub(super) const SPILL: f64 = 2.0;
/// Ticks are not closer.
const TICKS: f64 = 10.0;

/// Horizontal axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum XAxis {
    /// Seconds since the window began, shown as time of day.
    Clock {
        /// Length.
        window: SimSpan,
        /// Local time at which it begins, s since midnight of the day that is counted as the first.
        starts_at: i64,
        /// What day of the week that is, 0 is Monday, where it is told.
        weekday: Option<u8>,
        /// Local time minus UTC, minutes.
        offset_minutes: i32,
    },
}

impl XAxis {
    pub(super) fn ticks(self, width: f64) -> (Scale, Vec<Tick>) {
        let Self::Clock { window, starts_at, weekday, .. } = self;
        // A narrow plot has ticks without a label between those with one. Three labels tell an
        // axis, best at round hours; then more of them, and one where it begins.
        let most_apart = if width < NARROW { 4 } else { 1 };
        let mut best: Option<(_, Scale, Vec<Tick>)> = None;
        for most in 2..=12 {
            let (scale, ticks) = axis::clock(window, starts_at, weekday, most);
            for every in 1..=most_apart {
                for first in 0..every {
                    let ticks = labelled(ticks.clone(), first, every);
                    let labels = || ticks.iter().filter(|tick| !tick.1.is_empty());
                    let begins = labels().next().is_some_and(|tick| tick.0 == 0.0);
                    let round = is_round(&ticks, starts_at, every);
                    let many = labels().count();
                    let score = (many.min(3), round, many, begins, Reverse(every));
                    let better = best.as_ref().is_none_or(|(best, ..)| score > *best);
                    if best.is_none() || better && have_room(scale, &ticks, width) {
                        best = Some((score, scale, ticks));
                    }
                }
            }
        }
        best.map(|(_, scale, ticks)| (scale, ticks)).expect("at least two ticks are always tried")
    }

    /// What its values are.
    pub(super) fn caption(self) -> String {
        let Self::Clock { window, starts_at, offset_minutes, weekday } = self;
        const DAY: i64 = 86_400;
        let last = starts_at + (window.0.saturating_sub(1) / NANOS_PER_SEC) as i64;
        let (first, last) = (starts_at.div_euclid(DAY), last.div_euclid(DAY));
        let zone = zone(offset_minutes);
        match weekday.map(i64::from) {
            Some(day) if first == last => format!("{}, {zone}", clock::weekday(day + first)),
            Some(day) => {
                format!("{} to {}, {zone}", clock::weekday(day + first), clock::weekday(day + last))
            }
            None => zone,
        }
    }
}

/// Vertical axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum YAxis {
    /// Nanoseconds by logarithm.
    LogTime,
    /// Shares from 0 to 100 %.
    Share,
    /// A rate or a count, from zero.
    Rate,
}

impl YAxis {
    /// Scale and at most about `most` ticks.
    pub(in crate::output) fn ticks(
        self,
        values: impl Iterator<Item = f64>,
        most: usize,
    ) -> (Scale, Vec<Tick>) {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        match self {
            Self::LogTime => axis::log_time(low, high, most),
            // The whole, so that half-used looks half-used, unless hardly anything is.
            Self::Share if high < 0.35 => axis::from_zero(high.max(0.05), axis::percent_label),
            Self::Share => axis::from_zero(1.0, axis::percent_label),
            Self::Rate => axis::from_zero(high, axis::count_label),
        }
    }

    /// A value in a sentence.
    pub(super) fn words(self, value: f64) -> String {
        match self {
            Self::LogTime => duration(value),
            Self::Share => percent(value),
            Self::Rate => axis::count_label(value),
        }
    }

    pub(super) fn label(self, value: f64) -> String {
        match self {
            Self::LogTime => axis::time_label(value),
            Self::Share => axis::percent_label(value),
            Self::Rate => axis::count_label(value),
        }
    }
}

/// Leaves a label to every so many ticks alone, from the `first` on.
fn labelled(mut ticks: Vec<Tick>, first: usize, every: usize) -> Vec<Tick> {
    for (index, tick) in ticks.iter_mut().enumerate() {
        if index % every != first {
            tick.1.clear();
        }
    }
    ticks
}

/// Whether the labels stand at multiples of their distance, counted from midnight, which is a
/// part of an hour or whole hours.
fn is_round(ticks: &[Tick], starts_at: i64, every: usize) -> bool {
    let [a, b, ..] = ticks else { return true };
    let apart = (every as i64 * (b.0 - a.0) as i64).max(1);
    const HOUR: i64 = 3_600;
    let label = ticks.iter().find(|tick| !tick.1.is_empty());
    (HOUR % apart == 0 || apart % HOUR == 0)
        && label.is_none_or(|tick| (tick.0 as i64 + starts_at) % apart == 0)
}

/// Whether every label has its room. Those at both ends of a narrow plot move inwards.
fn have_room(scale: Scale, ticks: &[Tick], width: f64) -> bool {
    let (spill, between) = if width < NARROW { (SPILL, 8.0) } else { (f64::INFINITY, 16.0) };
    let apart = match ticks {
        [a, b, ..] => (scale.share(b.0) - scale.share(a.0)) * width,
        _ => f64::INFINITY,
    };
    let places = ticks.iter().filter(|tick| !tick.1.is_empty()).map(|(value, label)| {
        let half = text_width(label, TEXT, false) / 2.0;
        let x = (scale.share(*value) * width).min(width + spill - half).max(half - spill);
        (x - half, x + half)
    });
    let places: Vec<(f64, f64)> = places.collect();
    apart >= TICKS && places.windows(2).all(|pair| pair[1].0 - pair[0].1 >= between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis_of(hours: u64, weekday: Option<u8>) -> XAxis {
        XAxis::Clock {
            window: SimSpan(hours * 3_600 * NANOS_PER_SEC),
            starts_at: 8 * 3_600,
            offset_minutes: 60,
            weekday,
        }
    }

    #[test]
    fn captions_tell_the_day() {
        assert_eq!(axis_of(10, Some(0)).caption(), "Monday, UTC+01:00");
        assert_eq!(axis_of(16, Some(0)).caption(), "Monday, UTC+01:00");
        assert_eq!(axis_of(48, Some(5)).caption(), "Saturday to Monday, UTC+01:00");
        assert_eq!(axis_of(48, None).caption(), "UTC+01:00");
    }

    /// Labels and, between them, ticks without one.
    #[test]
    fn narrow_plots_label_some_ticks() {
        let starting = |starts_at, hours: u64, width| {
            let window = SimSpan(hours * 3_600 * NANOS_PER_SEC);
            let axis = XAxis::Clock { window, starts_at, offset_minutes: 60, weekday: None };
            axis.ticks(width).1.into_iter().map(|tick| tick.1).collect::<Vec<String>>()
        };
        let labels = |hours, width| starting(8 * 3_600, hours, width);
        assert_eq!(labels(10, 166.0), ["08:00", "", "12:00", "", "16:00", ""]);
        // Round hours come before the begin, and three labels before both.
        assert_eq!(starting(9 * 3_600 + 1_800, 4, 222.0), ["10:00", "11:00", "12:00", "13:00"]);
        assert_eq!(starting(11 * 3_600, 4, 166.0), ["11:00", "", "13:00", "", "15:00"]);
        assert_eq!(labels(3, 166.0), ["08:00", "", "", "09:30", "", "", "11:00"]);
        assert_eq!(labels(10, 640.0).len(), 11);
        assert!(labels(10, 640.0).iter().all(|label| !label.is_empty()));
        // Where there is no room for any, the drawing leaves out what would overlap.
        assert!(labels(10, 20.0).iter().filter(|label| !label.is_empty()).count() <= 2);
    }
}
