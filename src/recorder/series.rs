//! What happened to one protocol, interval by interval of the measured window.
//!
//! One dense histogram serves the interval that is being filled; when time moves
//! on it is kept as a list of its non-empty buckets, so that a ten-hour day of
//! five-minute intervals costs kilobytes where dense ones would cost megabytes.

use serde::{Deserialize, Serialize};

use crate::kernel::SimSpan;
use crate::stats::histogram::Histogram;

/// Intervals of a window, the last one possibly shorter.
pub(crate) fn intervals(window: SimSpan, interval: SimSpan) -> usize {
    window.0.div_ceil(interval.0.max(1)) as usize
}

/// Counts and latencies of one interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interval {
    pub(crate) offered: u64,
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    /// Sum of the latencies of requests that completed in it, ns.
    pub(crate) latency_sum: u128,
    /// Latencies of requests that completed in it: value and count.
    pub(crate) latency: Vec<(u64, u32)>,
}

/// One protocol over the window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProtocolSeries {
    length: u64,
    pub(crate) points: Vec<Interval>,
    /// The interval that `filling` belongs to.
    current: usize,
    /// When that interval ends, ns since the window began.
    until: u64,
    #[serde(skip)]
    filling: Histogram,
}

impl ProtocolSeries {
    pub(crate) fn new(window: SimSpan, interval: SimSpan) -> Self {
        Self {
            length: interval.0,
            points: vec![Interval::default(); intervals(window, interval)],
            current: 0,
            until: interval.0,
            filling: Histogram::new(),
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
        self.points.get_mut(index)
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
        }
    }

    /// A request completed at `at` after `latency` ns. Calls come in order of time.
    #[inline]
    pub(crate) fn completed(&mut self, at: SimSpan, latency: u64) {
        if at.0 >= self.until {
            self.roll(at);
        }
        if let Some(point) = self.points.get_mut(self.current) {
            point.completed += 1;
            point.latency_sum += u128::from(latency);
            self.filling.record(latency);
        }
    }

    #[cold]
    fn roll(&mut self, at: SimSpan) {
        self.close();
        self.current = (at.0 / self.length) as usize;
        self.until = (self.current as u64 + 1) * self.length;
    }

    /// Keeps the interval that was being filled.
    pub(crate) fn close(&mut self) {
        if self.filling.count() == 0 {
            return;
        }
        if let Some(point) = self.points.get_mut(self.current) {
            point.latency = self
                .filling
                .buckets()
                .map(|(value, n)| (value, u32::try_from(n).unwrap_or(u32::MAX)))
                .collect();
        }
        self.filling.clear();
    }

    /// Adds a closed series of the same window to this closed one.
    pub(crate) fn absorb(&mut self, other: &Self) {
        for (mine, theirs) in self.points.iter_mut().zip(&other.points) {
            mine.absorb(theirs);
        }
    }
}

impl Interval {
    /// Adds another replication's interval.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.offered += other.offered;
        self.completed += other.completed;
        self.failed += other.failed;
        self.latency_sum += other.latency_sum;
        // Both lists are sorted by value: merge them.
        let mut merged = Vec::with_capacity(self.latency.len() + other.latency.len());
        let (mut a, mut b) = (self.latency.iter().peekable(), other.latency.iter().peekable());
        loop {
            match (a.peek(), b.peek()) {
                (Some(&&(x, n)), Some(&&(y, m))) => {
                    if x < y {
                        merged.push((x, n));
                        a.next();
                    } else if y < x {
                        merged.push((y, m));
                        b.next();
                    } else {
                        merged.push((x, n.saturating_add(m)));
                        a.next();
                        b.next();
                    }
                }
                (Some(&&x), None) => {
                    merged.push(x);
                    a.next();
                }
                (None, Some(&&y)) => {
                    merged.push(y);
                    b.next();
                }
                (None, None) => break,
            }
        }
        self.latency = merged;
    }

    /// The 95th percentile of latency, ns; `None` when fewer than 20 completed.
    pub(crate) fn p95(&self) -> Option<u64> {
        let count: u64 = self.latency.iter().map(|&(_, n)| u64::from(n)).sum();
        if count < 20 {
            return None;
        }
        let rank = ((0.95 * count as f64).ceil() as u64).clamp(1, count);
        let mut seen = 0;
        for &(value, n) in &self.latency {
            seen += u64::from(n);
            if seen >= rank {
                return Some(value);
            }
        }
        None
    }
}
