//! Heartbeats of ActiveSync devices.
//!
//! Must not know what a heartbeat is held for ([`crate::clients`]).

use crate::kernel::SimSpan;

/// For how long devices let a Ping be held: which share of them how long.
#[derive(Clone, PartialEq, Debug)]
pub struct Heartbeats(Vec<(f64, SimSpan)>);

impl Heartbeats {
    /// The same for all.
    #[must_use]
    pub fn one(span: SimSpan) -> Self {
        Self(vec![(1.0, span)])
    }

    /// Shares that add up to 1, at least one of them.
    #[must_use]
    pub fn by_share(shares: Vec<(f64, SimSpan)>) -> Self {
        debug_assert!(!shares.is_empty());
        Self(shares)
    }

    /// Shares of the devices, 0 to 1, and the heartbeat of each.
    #[must_use]
    pub fn shares(&self) -> &[(f64, SimSpan)] {
        &self.0
    }

    /// That of the `n`-th device: a Weyl sequence by the square root of seven, so that shares
    /// are kept to within a few devices and are independent of any other trait.
    #[must_use]
    #[inline]
    pub fn of(&self, n: u32) -> SimSpan {
        const STEP: f64 = 0.645_751_311_064_590_6;
        let [(_, only)] = self.0.as_slice() else {
            let place = (f64::from(n) + 0.5) * STEP;
            let mut place = place - libm::floor(place);
            let last = self.0.last().map_or(SimSpan::ZERO, |(_, span)| *span);
            for &(share, span) in &self.0 {
                if place < share {
                    return span;
                }
                place -= share;
            }
            return last;
        };
        *only
    }

    /// The longest that any device has.
    #[must_use]
    pub fn longest(&self) -> SimSpan {
        let some = self.0.iter().filter(|(share, _)| *share > 0.0);
        some.map(|(_, span)| *span).max().unwrap_or(SimSpan::ZERO)
    }

    /// Share of the devices whose heartbeat is longer than `after`, 0 to 1.
    #[must_use]
    pub fn longer_than(&self, after: SimSpan) -> f64 {
        self.0.iter().filter(|(_, span)| *span > after).map(|(share, _)| share).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_to_within_a_device() {
        let min = |n: u64| SimSpan::from_secs(60 * n);
        let of = Heartbeats::by_share(vec![(0.6, min(8)), (0.1, min(15)), (0.3, min(28))]);
        let many = |span: SimSpan| (0..1_000).filter(|&n| of.of(n) == span).count() as f64;
        for (span, share) in [(min(8), 600.0), (min(15), 100.0), (min(28), 300.0)] {
            assert!((many(span) - share).abs() <= 4.0, "{} of {share}", many(span));
        }
        assert_eq!(of.longest(), min(28));
        assert!((of.longer_than(min(8)) - 0.4).abs() < 1e-12);
        assert_eq!(Heartbeats::one(min(8)).of(77), min(8));
    }
}
