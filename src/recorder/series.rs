//! What happened to the users of one protocol in one population, interval by interval of
//! the measured window.
//!
//! Of the requests that began in the window, those that ended in an interval are counted
//! there, with their latencies as places of a histogram ([`Histogram::place_of`]). The
//! interval that is being filled takes places as they come; when time moves on, or there
//! are many, they are sorted into counts, so that a ten-hour day of five-minute intervals
//! costs kilobytes where a histogram an interval would cost megabytes.

use serde::{Deserialize, Serialize};

use crate::kernel::SimSpan;
use crate::stats::histogram::Histogram;

/// Intervals of a window, the last one possibly shorter.
pub(crate) fn intervals(window: SimSpan, interval: SimSpan) -> usize {
    window.0.div_ceil(interval.0.max(1)) as usize
}

/// Completions that are collected before they are counted.
const BATCH: usize = 1 << 14;

/// Counts and latencies of one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interval {
    /// Requests that began in it.
    pub(crate) offered: u64,
    /// Requests that completed in it.
    pub(crate) completed: u64,
    /// Requests that failed in it.
    pub(crate) failed: u64,
    /// Of both, late: longer than the goal, or failed.
    pub(crate) late: u64,
    /// Sum of the latencies of requests that completed in it, ns.
    pub(crate) latency_sum: u128,
    /// Latencies of requests that completed in it.
    pub(crate) latency: Places,
}

/// Values by their place in a histogram, ascending, with how many there are of each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Places(Vec<(u32, u32)>);

/// The users of one protocol in one population over the window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UserSeries {
    length: u64,
    pub(crate) points: Vec<Interval>,
    /// The interval that `filling` belongs to.
    current: usize,
    /// When that interval ends, ns since the window began.
    until: u64,
    #[serde(skip)]
    filling: Vec<u32>,
}

impl UserSeries {
    pub(crate) fn new(window: SimSpan, interval: SimSpan) -> Self {
        Self {
            length: interval.0,
            points: vec![Interval::default(); intervals(window, interval)],
            current: 0,
            until: interval.0,
            filling: Vec::new(),
        }
    }

    /// The point that holds `at`, a span since the window began. An end on the
    /// instant at which the window closes belongs to the last interval; what a
    /// run-off ends later belongs to none.
    #[inline]
    fn point(&mut self, at: SimSpan) -> Option<&mut Interval> {
        let index = if at.0 < self.until && at.0 + self.length >= self.until {
            self.current
        } else {
            (at.0 / self.length) as usize
        };
        let closes = at.0 == self.points.len() as u64 * self.length;
        self.points.get_mut(index - usize::from(closes))
    }

    #[inline]
    pub(crate) fn offered(&mut self, at: SimSpan) {
        if let Some(point) = self.point(at) {
            point.offered += 1;
        }
    }

    #[inline]
    pub(crate) fn failed(&mut self, at: SimSpan) {
        if let Some(point) = self.point(at) {
            point.failed += 1;
            point.late += 1;
        }
    }

    /// A request completed at `at` after `latency` ns. Calls come in order of time.
    #[inline]
    pub(crate) fn completed(&mut self, at: SimSpan, latency: u64, late: bool) {
        if at.0 >= self.until {
            self.roll(at);
        }
        if let Some(point) = self.points.get_mut(self.current) {
            point.completed += 1;
            point.late += u64::from(late);
            point.latency_sum += u128::from(latency);
            self.filling.push(Histogram::place_of(latency));
            if self.filling.len() >= BATCH {
                self.close();
            }
        }
    }

    #[cold]
    fn roll(&mut self, at: SimSpan) {
        let last = self.points.len() - 1;
        if at.0 == self.points.len() as u64 * self.length && self.current == last {
            // The instant at which the window closes.
            return;
        }
        self.close();
        self.current = (at.0 / self.length) as usize;
        self.until = (self.current as u64 + 1) * self.length;
    }

    /// Counts what was collected.
    pub(crate) fn close(&mut self) {
        if self.filling.is_empty() {
            return;
        }
        if let Some(point) = self.points.get_mut(self.current) {
            let taken = Places::of(&mut self.filling);
            point.latency.absorb(&taken, 0);
        }
        self.filling.clear();
    }

    /// Adds a closed series of the same window to this closed one. Latencies lose `coarse`
    /// bits of their place: 3 leave 128 buckets an octave, within 0.4 %.
    pub(crate) fn absorb(&mut self, other: &Self, coarse: u32) {
        for (mine, theirs) in self.points.iter_mut().zip(&other.points) {
            mine.absorb(theirs, coarse);
        }
    }
}

impl Interval {
    /// Adds another interval; see [`UserSeries::absorb`].
    pub(crate) fn absorb(&mut self, other: &Self, coarse: u32) {
        self.offered += other.offered;
        self.completed += other.completed;
        self.failed += other.failed;
        self.late += other.late;
        self.latency_sum += other.latency_sum;
        self.latency.absorb(&other.latency, coarse);
    }

    /// Requests that ended in it.
    pub(crate) fn ended(&self) -> u64 {
        self.completed + self.failed
    }

    /// The 95th percentile of latency of what completed, ns; `None` below 20.
    pub(crate) fn p95(&self) -> Option<u64> {
        self.ranked(self.completed)
    }

    /// As [`Self::p95`] of all that ended, those that failed as later than any; `None` too
    /// where more than 5 % failed: there is no 95th percentile.
    pub(crate) fn p95_all(&self) -> Option<u64> {
        let all = self.ended();
        if self.failed * 20 > all { None } else { self.ranked(all) }
    }

    fn ranked(&self, all: u64) -> Option<u64> {
        if all < 20 {
            return None;
        }
        // The least whole number that is not below 0.95 of them.
        self.latency.ranked((all * 19).div_ceil(20))
    }
}

impl Places {
    /// Counts places; sorts them.
    fn of(places: &mut [u32]) -> Self {
        places.sort_unstable();
        Self(places.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect())
    }

    /// The value of a rank from 1, to the middle of its bucket; `None` beyond the last.
    fn ranked(&self, rank: u64) -> Option<u64> {
        let mut seen = 0;
        self.0.iter().find_map(|&(place, n)| {
            seen += u64::from(n);
            (seen >= rank).then(|| Histogram::value_of(place))
        })
    }

    /// Merges two sorted lists; places of the other lose `coarse` bits.
    fn absorb(&mut self, other: &Self, coarse: u32) {
        if other.0.is_empty() {
            return;
        }
        self.0 =
            if coarse == 0 { merged(&self.0, &other.0) } else { merged(&self.0, &other.coarser(coarse)) };
    }

    /// Places without their last `bits`: the middle of the bucket stands for it.
    fn coarser(&self, bits: u32) -> Vec<(u32, u32)> {
        let mut all: Vec<(u32, u32)> = Vec::with_capacity(self.0.len());
        for &(place, n) in &self.0 {
            let place = (place >> bits << bits) | 1 << (bits - 1);
            match all.last_mut() {
                Some((last, count)) if *last == place => *count = count.saturating_add(n),
                _ => all.push((place, n)),
            }
        }
        all
    }
}

/// Two ascending lists as one. Which of them is next follows no pattern that a processor could guess:
/// both are looked at and the lesser taken, without a branch.
fn merged(mine: &[(u32, u32)], theirs: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut all = Vec::with_capacity(mine.len() + theirs.len());
    let (mut i, mut j) = (0, 0);
    while let (Some(&(a, of_a)), Some(&(b, of_b))) = (mine.get(i), theirs.get(j)) {
        let (from_a, from_b) = (a <= b, b <= a);
        let n = (of_a * u32::from(from_a)).saturating_add(of_b * u32::from(from_b));
        all.push((a.min(b), n));
        i += usize::from(from_a);
        j += usize::from(from_b);
    }
    all.extend_from_slice(&mine[i..]);
    all.extend_from_slice(&theirs[j..]);
    all
}
