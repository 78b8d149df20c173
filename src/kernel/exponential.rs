//! The exponential of the pinned `libm`, to the last bit, without its branches.
//!
//! Of the draws of a run most are lognormal, and each takes one. `libm::exp` (FreeBSD's `e_exp.c`,
//! Copyright 2004 Sun Microsystems, freely granted) looks at the size and sign of its argument, which
//! are a matter of chance here, and a branch that is guessed wrong costs as much as the rest. These are
//! the same operations in the same order with both sides of each such question computed; what is rare is
//! left to libm. A test holds one against the other.

use std::hint::select_unpredictable;

const LN2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);
const PER_LN2: f64 = f64::from_bits(0x3FF7_1547_652B_82FE);
const P1: f64 = f64::from_bits(0x3FC5_5555_5555_553E);
const P2: f64 = f64::from_bits(0xBF66_C16C_16BE_BD93);
const P3: f64 = f64::from_bits(0x3F11_566A_AF25_DE2C);
const P4: f64 = f64::from_bits(0xBEBB_BD41_C5D2_6BF1);
const P5: f64 = f64::from_bits(0x3E66_3769_72BE_A4D0);

/// Upper halves of arguments without their sign: of 2^-28, of half of ln 2, of one and a half times
/// ln 2, and of that beyond which a result may be no normal number.
const TINY: u32 = 0x3E30_0000;
const HALF: u32 = 0x3FD6_2E42;
const MORE: u32 = 0x3FF0_A2B2;
const HUGE: u32 = 0x4086_232B;

/// e to the power of `x`: what `libm::exp` gives.
#[inline]
#[must_use]
pub(super) fn exp(x: f64) -> f64 {
    let size = (x.to_bits() >> 32) as u32 & 0x7FFF_FFFF;
    if size <= TINY || size >= HUGE {
        return libm::exp(x);
    }
    // x = k ln 2 + rest, k being the nearest integer as libm finds it.
    let far = (PER_LN2 * x + 0.5_f64.copysign(x)) as i32;
    let near = 1 - 2 * (x.to_bits() >> 63) as i32;
    let k = select_unpredictable(size >= MORE, far, select_unpredictable(size > HALF, near, 0));
    let high = x - f64::from(k) * LN2_HIGH;
    let low = f64::from(k) * LN2_LOW;
    let rest = high - low;
    let square = rest * rest;
    let c = rest - square * (P1 + square * (P2 + square * (P3 + square * (P4 + square * P5))));
    let scaled = 1.0 + (rest * c / (2.0 - c) - low + high);
    // A power of two, by which a product is exact.
    scaled * f64::from_bits(((1023 + k) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::Key;

    fn same(x: f64) {
        assert_eq!(exp(x).to_bits(), libm::exp(x).to_bits(), "{x:e}");
    }

    /// Around everything that libm asks of its argument, of either sign.
    #[test]
    fn it_is_libm_s_at_every_edge() {
        for upper in [TINY, HALF, MORE, HUGE] {
            for near in -3_i64..=3 {
                for lower in [0_u64, 1, 0x7FFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFF] {
                    let bits = (u64::from(upper).wrapping_add_signed(near) << 32) | lower;
                    [bits, bits | 1 << 63].into_iter().for_each(|bits| same(f64::from_bits(bits)));
                }
            }
        }
        for k in -1100_i32..=1100 {
            // Where the nearest integer changes.
            let turn = (f64::from(k) + 0.5) * std::f64::consts::LN_2;
            let mut x = turn;
            (0..40).for_each(|_| x = x.next_down());
            for _ in 0..80 {
                same(x);
                x = x.next_up();
            }
        }
        for x in [0.0, -0.0, f64::MIN_POSITIVE, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY] {
            same(x);
        }
        assert!(exp(f64::NAN).is_nan());
    }

    /// Millions of arguments of all sizes, and of those that draws have.
    #[test]
    fn it_is_libm_s_everywhere() {
        for i in 0..2_000_000 {
            let bits = Key::root(13, 0).child(i).0;
            same(f64::from_bits(bits));
            let unit = (bits >> 11) as f64 / (1_u64 << 53) as f64;
            same((unit - 0.5) * 1_420.0);
            same((unit - 0.5) * 8.0);
        }
    }
}
