//! A histogram of integers with a relative error of at most 2^-11 (0.05 %).
//!
//! Values below 2^10 are counted exactly; above, every octave is divided into
//! 1,024 equal buckets and a percentile is answered by the middle of its bucket.
//! An octave's page is allocated when it is first hit (4 KiB), so a histogram of
//! latencies that span six octaves costs 24 KiB. Counting is exact and merging
//! adds counts, so a merged result does not depend on the order of merging.
//! It is kept in files as its non-empty buckets.
//!
//! By hand, where crates exist (hdrhistogram): counts merge to the same bytes in any
//! order, the error is stated, and the layout that files keep is casim's own.

use serde::{Deserialize, Serialize};

const SUB: usize = 1024;
const SUB_BITS: u32 = 10;
/// Buckets that are looked at together: most are empty.
const BLOCK: usize = 16;

/// Counts of non-negative integers (here: nanoseconds).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Kept", try_from = "Kept")]
pub struct Histogram {
    /// Page 0 holds 0..1024 exactly; page k holds [2^(9+k), 2^(10+k)).
    pages: Vec<Option<Box<[u32]>>>,
    count: u64,
    max: u64,
}

/// What a file holds of a histogram: places (page x 1,024 + bucket) as differences from
/// the one before, with their counts.
#[derive(Serialize, Deserialize)]
struct Kept {
    count: u64,
    max: u64,
    buckets: Vec<(u32, u32)>,
}

impl From<Histogram> for Kept {
    fn from(histogram: Histogram) -> Self {
        let mut last = 0;
        let differences = histogram.places().into_iter().map(|(place, n)| {
            let difference = place - last;
            last = place;
            (difference, n)
        });
        Self { buckets: differences.collect(), count: histogram.count, max: histogram.max }
    }
}

impl TryFrom<Kept> for Histogram {
    type Error = &'static str;

    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        let mut histogram = Self { pages: Vec::new(), count: kept.count, max: kept.max };
        let mut place = 0_u32;
        for (difference, n) in kept.buckets {
            place = place.checked_add(difference).ok_or("a histogram has a bucket beyond the last")?;
            let (page, sub) = (place as usize / SUB, place as usize % SUB);
            if page > Self::place(u64::MAX).0 {
                return Err("a histogram has a bucket beyond the last");
            }
            if page >= histogram.pages.len() {
                histogram.pages.resize(page + 1, None);
            }
            histogram.pages[page].get_or_insert_with(|| vec![0; SUB].into_boxed_slice())[sub] = n;
        }
        Ok(histogram)
    }
}

/// Equal counts, whatever pages are allocated.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.max) == (other.count, other.max) && self.places() == other.places()
    }
}

impl Histogram {
    /// An empty histogram.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn place(value: u64) -> (usize, usize) {
        if value < SUB as u64 {
            return (0, value as usize);
        }
        let octave = 63 - value.leading_zeros();
        let page = (octave - SUB_BITS + 1) as usize;
        let sub = ((value >> (octave - SUB_BITS)) as usize) - SUB;
        (page, sub)
    }

    /// The place of the bucket of a value among all buckets, ascending.
    #[inline]
    pub(crate) fn place_of(value: u64) -> u32 {
        let (page, sub) = Self::place(value);
        (page << SUB_BITS | sub) as u32
    }

    /// The middle of the bucket at a place.
    pub(crate) fn value_of(place: u32) -> u64 {
        Self::middle(place as usize / SUB, place as usize % SUB)
    }

    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let (page, sub) = Self::place(value);
        if page >= self.pages.len() {
            self.pages.resize(page + 1, None);
        }
        let counts = self.pages[page].get_or_insert_with(|| vec![0; SUB].into_boxed_slice());
        counts[sub] = counts[sub].saturating_add(1);
        self.count += 1;
        self.max = self.max.max(value);
    }

    /// Counts `n` values at once; `value` may be the middle of a bucket.
    pub fn record_many(&mut self, value: u64, n: u64) {
        if n == 0 {
            return;
        }
        let (page, sub) = Self::place(value);
        if page >= self.pages.len() {
            self.pages.resize(page + 1, None);
        }
        let counts = self.pages[page].get_or_insert_with(|| vec![0; SUB].into_boxed_slice());
        counts[sub] = counts[sub].saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        self.count += n;
        self.max = self.max.max(value);
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest value, exact; 0 when empty.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The smallest value t with F(t) >= `p` (0 to 1), to the middle of its
    /// bucket and never above the largest value; `None` when empty.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<u64> {
        self.ranked((p * self.count as f64).ceil() as u64)
    }

    /// The value of a rank, 1 for the smallest (a rank beyond either end is that end),
    /// to the middle of its bucket and never above the largest value; `None` when empty.
    #[must_use]
    pub fn ranked(&self, rank: u64) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let rank = rank.clamp(1, self.count);
        let mut seen = 0_u64;
        for (page, counts) in self.pages.iter().enumerate() {
            let Some(counts) = counts else { continue };
            for (block, counts) in counts.chunks_exact(BLOCK).enumerate() {
                let before = seen;
                seen += counts.iter().map(|&n| u64::from(n)).sum::<u64>();
                if seen < rank {
                    continue;
                }
                let mut seen = before;
                for (sub, &n) in counts.iter().enumerate() {
                    seen += u64::from(n);
                    if seen >= rank {
                        return Some(Self::middle(page, block * BLOCK + sub).min(self.max));
                    }
                }
            }
        }
        Some(self.max)
    }

    fn middle(page: usize, sub: usize) -> u64 {
        if page == 0 {
            return sub as u64;
        }
        let shift = page as u32 - 1;
        let low = ((SUB + sub) as u64) << shift;
        low + ((1_u64 << shift) >> 1)
    }

    /// Adds all counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.pages.len() > self.pages.len() {
            self.pages.resize(other.pages.len(), None);
        }
        for (mine, theirs) in self.pages.iter_mut().zip(&other.pages) {
            let Some(theirs) = theirs else { continue };
            let mine = mine.get_or_insert_with(|| vec![0; SUB].into_boxed_slice());
            for (a, b) in mine.iter_mut().zip(theirs.iter()) {
                *a = a.saturating_add(*b);
            }
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// Forgets all values and keeps the memory.
    pub fn clear(&mut self) {
        for page in self.pages.iter_mut().flatten() {
            page.fill(0);
        }
        self.count = 0;
        self.max = 0;
    }

    /// Adds the counts of a compact one: as [`Self::merge`] of the histogram it was made from.
    pub fn absorb(&mut self, other: &Compact) {
        let max = self.max.max(other.max);
        for &(place, n) in &other.buckets {
            self.record_many(Self::value_of(place), u64::from(n));
        }
        // The middle of the highest bucket may be above the largest value in it.
        self.max = max;
    }

    /// Non-empty buckets by their place, ascending.
    fn places(&self) -> Vec<(u32, u32)> {
        let mut places = Vec::new();
        for (page, counts) in self.pages.iter().enumerate() {
            let Some(counts) = counts else { continue };
            for (block, counts) in counts.chunks_exact(BLOCK).enumerate() {
                if counts.iter().fold(0, |any, n| any | n) == 0 {
                    continue;
                }
                for (sub, &n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
                    places.push(((page * SUB + block * BLOCK + sub) as u32, n));
                }
            }
        }
        places
    }

    /// Non-empty buckets in ascending order: middle and count.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        self.places().into_iter().map(|(place, n)| (Self::value_of(place), u64::from(n)))
    }
}

/// A histogram that is only asked: its non-empty buckets in eight bytes each.
///
/// A run's histograms are kept like this, to count in each how many values are beyond a
/// percentile of all, and to pool runs of other populations with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compact {
    max: u64,
    /// Places, ascending, with their counts.
    buckets: Box<[(u32, u32)]>,
}

impl From<&Histogram> for Compact {
    fn from(histogram: &Histogram) -> Self {
        Self { max: histogram.max, buckets: histogram.places().into() }
    }
}

impl Compact {
    /// Values in buckets above that of `value`.
    #[must_use]
    pub fn beyond(&self, value: u64) -> u64 {
        let (page, sub) = Histogram::place(value);
        let place = (page * SUB + sub) as u32;
        let from = self.buckets.partition_point(|&(at, _)| at <= place);
        self.buckets[from..].iter().map(|&(_, n)| u64::from(n)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn percentiles_are_within_the_stated_error(mut values in prop::collection::vec(0_u64..1 << 50, 1..300), p in 0.0..1.0_f64) {
            let mut histogram = Histogram::new();
            for &v in &values {
                histogram.record(v);
            }
            values.sort_unstable();
            let rank = ((p * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1] as f64;
            let got = histogram.percentile(p).unwrap() as f64;
            prop_assert!((got - exact).abs() <= exact / 2048.0 + 0.5, "{got} for {exact}");
        }

        #[test]
        fn merging_is_counting_together(a in prop::collection::vec(0_u64..1 << 40, 0..50), b in prop::collection::vec(0_u64..1 << 40, 0..50)) {
            let fill = |values: &[u64]| {
                let mut h = Histogram::new();
                values.iter().for_each(|&v| h.record(v));
                h
            };
            let mut merged = fill(&a);
            merged.merge(&fill(&b));
            let all: Vec<u64> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(merged.buckets().collect::<Vec<_>>(), fill(&all).buckets().collect::<Vec<_>>());
            prop_assert_eq!(merged.count(), all.len() as u64);
        }
    }

    /// Buckets by hand: exact below 1,024; 2 wide from 2,048 on; the middle answers.
    #[test]
    fn buckets_are_where_they_should_be() {
        let mut h = Histogram::new();
        assert_eq!((h.count(), h.max(), h.percentile(0.5)), (0, 0, None));
        for value in [0, 1, 1023, 1024, 2047, 2048, 2049, 4096, 4099, (1 << 40) + 3] {
            h.record(value);
        }
        let buckets: Vec<(u64, u64)> = h.buckets().collect();
        let wide = 1 << 30;
        assert_eq!(
            buckets,
            [
                (0, 1),
                (1, 1),
                (1023, 1),
                (1024, 1),
                (2047, 1),
                (2049, 2),
                (4098, 2),
                ((1 << 40) + wide / 2, 1)
            ]
        );
        assert_eq!((h.count(), h.max()), (10, (1 << 40) + 3));
        // Ranks 1, 5 and 10 of ten; no answer is above the largest value.
        assert_eq!(h.percentile(0.0), Some(0));
        assert_eq!(h.percentile(0.5), Some(2047));
        assert_eq!(h.percentile(0.51), Some(2049));
        assert_eq!(h.percentile(1.0), Some((1 << 40) + 3));
    }

    /// Values 1 to 100 and a million: 11 are above 90, one above 100, none above itself.
    #[test]
    fn a_compact_one_counts_what_is_beyond() {
        let mut all = Histogram::new();
        (1..=100).for_each(|value| all.record(value));
        all.record(1_000_000);
        let compact = Compact::from(&all);
        let beyond = [0, 90, 100, 999_000, 1_000_000, u64::MAX].map(|value| compact.beyond(value));
        assert_eq!(beyond, [101, 11, 1, 1, 0, 0]);
        assert_eq!(Compact::default().beyond(3), 0);
        let mut again = Histogram::new();
        again.record(3_000_000);
        let mut merged = again.clone();
        again.absorb(&compact);
        merged.merge(&all);
        assert_eq!(again, merged);
        let mut alone = Histogram::new();
        alone.absorb(&compact);
        assert_eq!(alone, all);
    }

    #[test]
    fn many_at_once_is_one_by_one() {
        let (mut one, mut many) = (Histogram::new(), Histogram::new());
        for (value, n) in [(5, 3), (70_000, 2), (9, 0)] {
            (0..n).for_each(|_| one.record(value));
            many.record_many(value, n);
        }
        assert_eq!(one.buckets().collect::<Vec<_>>(), many.buckets().collect::<Vec<_>>());
        assert_eq!((one.count(), one.max()), (many.count(), many.max()));
        assert_eq!((many.count(), many.max()), (5, 70_000));
        let mut both = many.clone();
        both.merge(&one);
        assert_eq!((both.count(), both.max()), (10, 70_000));
        let mut small = Histogram::new();
        small.record(1);
        small.merge(&both);
        assert_eq!((small.count(), small.max()), (11, 70_000));
        both.clear();
        assert_eq!((both.count(), both.max(), both.buckets().count()), (0, 0, 0));
        assert_eq!(both.percentile(0.5), None);
    }
}
