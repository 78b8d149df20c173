//! Rates, volumes and instants as integers.
//!
//! A rate is a `u64` in units of 2^-s bit/ns, s being as large as lets the fastest link fit 63
//! bits. Inside, time runs in ticks of 1/128 ns, and a volume or a clock is a `u128` in units of
//! rate times ticks. Sums of them are exact, whatever their order, so that nothing drifts in the
//! course of a run.
//!
//! Ticks are for the sake of exactness: if flows ended at whole nanoseconds, each end would make
//! those that follow late or early by a part of one, and by more where they go on at a lower rate.
//!
//! Must not know what flows.

use crate::kernel::SimTime;

/// Level of a link that binds nobody; the rate of no flow.
pub(super) const SLACK: u64 = u64::MAX;

/// Largest s, for slow networks: 2^49 bits still fit.
const FINEST: u32 = 70;

/// Ticks of a nanosecond, as a power of two.
const TICK_BITS: u32 = 7;

/// Ticks that are not waited for: rates are rounded down, so that what ends at a whole
/// nanosecond may seem to end a little after it.
const HAIR: u64 = 2;

/// A billion without its factors of two, of which it has [`TWOS`].
const ODD_OF_BILLION: u64 = 1_953_125;

const TWOS: u32 = 9;

/// The whole part of a billionth of `value`, above zero; `None` from 2^63 billions on. In two digits of 32 bits each, as the
/// division of what does not fit 64 bits takes as long as twenty others.
#[inline]
fn divided(value: f64) -> Option<u64> {
    const LIMIT: f64 = (1_u128 << 63) as f64 * 1e9;
    const DIGIT: f64 = (1_u64 << 32) as f64;
    if value >= LIMIT {
        return None;
    }
    // Every step is exact: floats of 53 bits are multiplied by powers of two, or lose their upper bits.
    let value = value / f64::from(1_u32 << TWOS);
    // Below 2^63, and signed: a processor has one step for those.
    let high = (value / DIGIT) as i64;
    let low = (value - high as f64 * DIGIT) as i64 as u64;
    let high = high as u64;
    let rest = (high % ODD_OF_BILLION) << 32 | low;
    Some(((high / ODD_OF_BILLION) << 32) + rest / ODD_OF_BILLION)
}

/// How bits become units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    shift: u32,
    /// 2^`shift`.
    units: f64,
}

impl Scale {
    /// The finest in which `fastest` bit/s fit 63 bits.
    pub(super) fn new(fastest: f64) -> Self {
        let fits = |shift: &u32| fastest * ((1_u128 << shift) as f64) < (1_u128 << 63) as f64 * 1e9;
        let shift = (0..=FINEST).rev().find(fits).unwrap_or(0);
        Self { shift, units: (1_u128 << shift) as f64 }
    }

    /// `bits_per_s`, rounded down; what has any rate at all has at least one unit, and what
    /// does not fit (infinity too) has the most that does.
    #[inline]
    pub(super) fn rate(self, bits_per_s: f64) -> u64 {
        if bits_per_s <= 0.0 {
            return 0;
        }
        // A product with a power of two is exact.
        let most = (1_u64 << 63) - 1;
        divided(bits_per_s * self.units).map_or(most, |rate| rate.clamp(1, most))
    }

    /// A rate in bit/s.
    pub(super) fn bits_per_s(self, rate: u64) -> f64 {
        rate as f64 / self.units * 1e9
    }

    /// Bits.
    #[inline]
    pub(super) fn volume(self, bits: u64) -> u128 {
        assert!(bits < 1 << 49, "a transfer of less than 2^49 bits");
        u128::from(bits) << (self.shift + TICK_BITS)
    }

    /// A volume in bits.
    #[inline]
    pub(super) fn bits(self, volume: u128) -> f64 {
        volume as f64 / (1_u128 << (self.shift + TICK_BITS)) as f64
    }
}

/// The tick of an instant.
#[inline]
pub(super) fn tick(at: SimTime) -> u64 {
    at.0 << TICK_BITS
}

/// The last tick that belongs to an instant.
#[inline]
pub(super) fn last_tick(at: SimTime) -> u64 {
    tick(at) + HAIR
}

/// The nanosecond to which a tick belongs: it is rounded up, here and nowhere else.
#[inline]
pub(super) fn nanosecond(tick: u64) -> u64 {
    tick.saturating_sub(HAIR).div_ceil(1 << TICK_BITS)
}

/// What half a tick carries: who has no more left has ended.
#[inline]
pub(super) fn half(rate: u64) -> u128 {
    u128::from(rate / 2)
}

/// The tick at which `left` is done at `rate`; `None` if never, or after the end of time.
#[inline]
pub(super) fn done_at(now: u64, left: u128, rate: u64) -> Option<u64> {
    let span = left.saturating_sub(half(rate)).div_ceil(u128::from(rate).max(1));
    let at = u64::try_from(span).ok()?.checked_add(now)?;
    (rate > 0 && at <= last_tick(SimTime::MAX)).then_some(at)
}

/// Whether two rates are the same but for rounding: levels are rounded down one on another.
#[inline]
pub(super) fn reaches(rate: u64, level: u64) -> bool {
    level <= rate.saturating_add(rate >> 24)
}

/// What of a capacity may be missing where a link is full but for rounding.
#[inline]
pub(super) fn rounding(capacity: u64) -> u128 {
    u128::from(capacity >> 24)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A billionth in two digits is that of whole numbers.
    fn divides(value: f64) {
        let exact = value as u128 / 1_000_000_000;
        match divided(value) {
            Some(quotient) => assert_eq!(u128::from(quotient), exact, "{value}"),
            None => assert!(exact >= 1 << 63, "{value}"),
        }
    }

    #[test]
    fn a_billionth_is_exact_at_the_edges() {
        for power in 0..96 {
            let two = libm::exp2(f64::from(power));
            for value in [two, two.next_down(), two.next_up(), two * 1.5, two * 1e9, (two * 1e9).next_down()]
            {
                divides(value);
            }
        }
        for value in [f64::MIN_POSITIVE, 0.5, 1e9, 1e9_f64.next_down(), f64::INFINITY, f64::MAX] {
            divides(value);
        }
    }

    proptest! {
        #[test]
        fn a_billionth_is_exact(mantissa in 1.0..2.0_f64, power in 0_i32..93) {
            divides(mantissa * libm::exp2(f64::from(power)));
        }
    }
}
