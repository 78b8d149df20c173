//! Heartbeats of ActiveSync devices.
//!
//! Must not know what a heartbeat is held for ([`crate::clients`]).

use crate::kernel::SimSpan;

/// The first heartbeat that a device asks for, from memory (KB905013 has 540 s as the mean below which
/// something on the way is too short).
const START: SimSpan = SimSpan::from_secs(480);
/// So much below a time-out on the way a device settles (ASSUMED: it tries in steps of a minute).
const STEP_BACK: SimSpan = SimSpan::from_secs(60);

/// For how long devices let a Ping be held: which share of them how long.
#[derive(Clone, PartialEq, Debug)]
pub struct Heartbeats {
    shares: Vec<(f64, SimSpan)>,
    adapt: bool,
}

impl Heartbeats {
    /// As devices of the time have them: they begin at 480 s, grow while nothing on the way forgets
    /// the connection, and hover at 780 to 1,080 s (log on a device, msexchange.blogspot.com
    /// 2006-06-20). One in ten is at its beginning (ASSUMED), the others are spread evenly.
    #[must_use]
    pub fn adaptive() -> Self {
        let grown = [780, 855, 930, 1_005, 1_080].map(|secs| (0.18, SimSpan::from_secs(secs)));
        let shares = std::iter::once((0.1, START)).chain(grown).collect();
        Self { shares, adapt: true }
    }

    /// The same for all.
    #[must_use]
    pub fn one(span: SimSpan) -> Self {
        Self { shares: vec![(1.0, span)], adapt: false }
    }

    /// Shares that add up to 1, at least one of them.
    #[must_use]
    pub fn by_share(shares: Vec<(f64, SimSpan)>) -> Self {
        debug_assert!(!shares.is_empty());
        Self { shares, adapt: false }
    }

    /// Whether devices find out what the way to their server lets through.
    #[must_use]
    pub fn adapt(&self) -> bool {
        self.adapt
    }

    /// Shares of the devices, 0 to 1, and the heartbeat that each would have.
    #[must_use]
    pub fn shares(&self) -> &[(f64, SimSpan)] {
        &self.shares
    }

    /// What becomes of one of them on a way that `forgets` a silent connection, at a server that has bounds of its own.
    #[must_use]
    #[inline]
    pub fn settled(&self, own: SimSpan, forgets: Option<SimSpan>, [least, most]: [SimSpan; 2]) -> SimSpan {
        let asked = match forgets {
            Some(after) if self.adapt && own >= after => {
                SimSpan(after.0.saturating_sub(STEP_BACK.0)).max(START).min(own)
            }
            _ => own,
        };
        asked.clamp(least, most)
    }

    /// That of the `n`-th device: a Weyl sequence by the square root of seven, so that shares
    /// are kept to within a few devices and are independent of any other trait.
    #[must_use]
    #[inline]
    pub fn of(&self, n: u32) -> SimSpan {
        const STEP: f64 = 0.645_751_311_064_590_6;
        let [(_, only)] = self.shares.as_slice() else {
            let place = (f64::from(n) + 0.5) * STEP;
            let mut place = place - libm::floor(place);
            let last = self.shares.last().map_or(SimSpan::ZERO, |(_, span)| *span);
            for &(share, span) in &self.shares {
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
        let some = self.shares.iter().filter(|(share, _)| *share > 0.0);
        some.map(|(_, span)| *span).max().unwrap_or(SimSpan::ZERO)
    }

    /// Share of the devices whose heartbeat is longer than `after` on a way that forgets a connection by
    /// then, 0 to 1.
    #[must_use]
    pub fn longer_than(&self, after: SimSpan) -> f64 {
        let bounds = [SimSpan::ZERO, SimSpan(u64::MAX)];
        let longer = |span: SimSpan| self.settled(span, Some(after), bounds) > after;
        self.shares.iter().filter(|(_, span)| longer(*span)).map(|(share, _)| share).sum()
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

    /// By hand: a device that adapts stays a minute below a time-out of more than its first heartbeat.
    #[test]
    fn devices_settle_below_a_time_out() {
        let secs = SimSpan::from_secs;
        let open = [secs(60), secs(3_540)];
        let adaptive = Heartbeats::adaptive();
        let settled = |own, after| adaptive.settled(secs(own), Some(secs(after)), open);
        assert_eq!(settled(1_080, 900), secs(840));
        assert_eq!(settled(780, 900), secs(780));
        assert_eq!(settled(1_080, 500), secs(480));
        assert_eq!(settled(1_080, 240), secs(480), "the first heartbeat is tried and cut");
        assert_eq!(adaptive.longer_than(secs(900)), 0.0);
        assert!((adaptive.longer_than(secs(240)) - 1.0).abs() < 1e-12);
        assert!((adaptive.shares().iter().map(|(share, _)| share).sum::<f64>() - 1.0).abs() < 1e-12);
        let stated = Heartbeats::one(secs(4_000));
        assert_eq!(stated.settled(secs(4_000), Some(secs(900)), open), secs(3_540));
        assert_eq!(stated.settled(secs(30), None, open), secs(60));
    }
}
