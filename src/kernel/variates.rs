//! Standard variates: exponential, normal, gamma.
//!
//! rand_distr's algorithms (0.6.0: ziggurat in the ZIGNOR variant of Doornik 2005,
//! gamma by Marsaglia and Tsang 2000), written out, with every logarithm, exponential
//! and power from the pinned `libm`. rand_distr itself takes them from `num-traits`,
//! and any crate of the build that switches on `num-traits/std` (plotters does) turns
//! those into the C library's, whose last bit depends on the processor's features.
//! Nobody's feature reaches these.
//!
//! Must not know what the variates mean. Next: [`super::distribution`].

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Open01};

use super::ziggurat;

/// The unit exponential law, mean 1.
#[derive(Clone, Copy, Debug)]
pub struct UnitExponential;

/// The standard normal law, mean 0 and variance 1.
#[derive(Clone, Copy, Debug)]
pub struct UnitNormal;

/// The gamma law, mean `shape * scale`.
#[derive(Clone, Copy, Debug)]
pub struct Gamma {
    /// Shape, above 0.
    pub shape: f64,
    /// Scale, above 0, in the unit of the value.
    pub scale: f64,
}

/// One value by the ziggurat of these tables: `symmetric` laws have a sign; `tail`
/// draws beyond the last layer.
#[inline(always)] // the callers' closures must fold into the loop
fn layers<R: Rng + ?Sized>(
    rng: &mut R,
    symmetric: bool,
    x_of: &[f64; 257],
    f_of: &[f64; 257],
    density: impl Fn(f64) -> f64,
    tail: impl Fn(&mut R, f64) -> f64,
) -> f64 {
    /// 52 random bits as the fraction of a number in [2^e, 2^(e+1)).
    fn float(bits: u64, exponent: u64) -> f64 {
        f64::from_bits((bits >> 12) | ((1023 + exponent) << 52))
    }
    loop {
        // The layer comes from the lowest 8 bits, the place in it from the highest 52.
        let bits = rng.next_u64();
        let layer = bits as usize & 0xff;
        let u = if symmetric { float(bits, 1) - 3.0 } else { float(bits, 0) - (1.0 - f64::EPSILON / 2.0) };
        let x = u * x_of[layer];
        let distance = if symmetric { x.abs() } else { x };
        if distance < x_of[layer + 1] {
            return x;
        }
        if layer == 0 {
            return tail(rng, u);
        }
        if f_of[layer + 1] + (f_of[layer] - f_of[layer + 1]) * rng.random::<f64>() < density(x) {
            return x;
        }
    }
}

impl Distribution<f64> for UnitExponential {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        layers(
            rng,
            false,
            &ziggurat::EXPONENTIAL_X,
            &ziggurat::EXPONENTIAL_F,
            |x| libm::exp(-x),
            |rng, _| ziggurat::EXPONENTIAL_R - libm::log(rng.random::<f64>()),
        )
    }
}

impl Distribution<f64> for UnitNormal {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        layers(
            rng,
            true,
            &ziggurat::NORMAL_X,
            &ziggurat::NORMAL_F,
            |x| libm::exp(-x * x / 2.0),
            |rng, u| {
                let x = loop {
                    let x = libm::log(rng.sample(Open01)) / ziggurat::NORMAL_R;
                    let y: f64 = libm::log(rng.sample(Open01));
                    if -2.0 * y >= x * x {
                        break x;
                    }
                };
                if u < 0.0 { x - ziggurat::NORMAL_R } else { ziggurat::NORMAL_R - x }
            },
        )
    }
}

/// A gamma variate of shape `d + 1/3`, at least 1, divided by `d`.
fn concentrated<R: Rng + ?Sized>(d: f64, rng: &mut R) -> f64 {
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = UnitNormal.sample(rng);
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u: f64 = rng.sample(Open01);
        let square = x * x;
        if u < 1.0 - 0.0331 * square * square || libm::log(u) < 0.5 * square + d * (1.0 - v + libm::log(v)) {
            return v;
        }
    }
}

impl Distribution<f64> for Gamma {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        const THIRD: f64 = 1.0 / 3.0;
        let Self { shape, scale } = *self;
        if shape == 1.0 {
            return UnitExponential.sample(rng) * scale;
        }
        if shape < 1.0 {
            // Boosting: a gamma of shape + 1 times U^(1/shape). The scale comes last:
            // before, it could overflow against an underflow.
            let u: f64 = rng.sample(Open01);
            let d = shape + 1.0 - THIRD;
            return concentrated(d, rng) * libm::pow(u, 1.0 / shape) * d * scale;
        }
        let d = shape - THIRD;
        concentrated(d, rng) * (d * scale)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_types, reason = "ours are held against rand_distr's")]

    use super::*;
    use crate::kernel::random::{Key, Role};
    use rand_distr::{Exp1, StandardNormal};

    /// A million draws beside rand_distr's from the same stream: the same algorithm and
    /// tables, so all but the few that pass through a logarithm, an exponential or a
    /// power are the same to the bit, and those differ in the last places at most
    /// (a relative 1e-12).
    #[test]
    fn draws_are_those_of_rand_distr() {
        fn pairs(ours: &impl Distribution<f64>, theirs: &impl Distribution<f64>, name: &str) {
            for i in 0..250_000 {
                let mut rng = Key::root(11, 0).child(i).stream(Role::new(name), 0);
                let mut again = rng.clone();
                let (a, b) = (ours.sample(&mut rng), theirs.sample(&mut again));
                assert!((a - b).abs() <= 1e-12 * b.abs(), "{name} {i}: {a} for {b}");
                assert_eq!(rng, again, "{name} {i} took other random bits");
            }
        }
        pairs(&UnitExponential, &Exp1, "exponential");
        pairs(&UnitNormal, &StandardNormal, "normal");
        for shape in [0.16, 0.5, 1.0, 1.5, 40.0] {
            pairs(&Gamma { shape, scale: 3.0 }, &rand_distr::Gamma::new(shape, 3.0).unwrap(), "gamma");
        }
    }

    /// Draws from beyond the last layer, to the last bit: those are the ones that pass
    /// through the mathematics.
    #[test]
    fn draws_in_the_tails_are_pinned() {
        let first = |law: &dyn Fn(&mut rand_pcg::Pcg64Mcg) -> f64, beyond: f64| {
            (0..)
                .map(|i| law(&mut Key::root(12, 0).child(i).stream(Role::new("tail"), 0)))
                .filter(|x| x.abs() > beyond)
                .take(3)
                .map(f64::to_bits)
                .collect::<Vec<_>>()
        };
        let exponential = first(&|rng| UnitExponential.sample(rng), ziggurat::EXPONENTIAL_R);
        let normal = first(&|rng| UnitNormal.sample(rng), ziggurat::NORMAL_R);
        let gamma = first(&|rng| Gamma { shape: 0.16, scale: 1.0 }.sample(rng), 4.0);
        let drawn = [exponential, normal, gamma];
        let pinned = [
            [0x4021_2ea4_652f_3c8c, 0x4020_09cb_e9c1_552a, 0x4020_7d0e_057f_9fac],
            [0x400f_30be_6bd1_6aaf, 0x400d_be1d_096a_c515, 0xc010_373d_759a_634f],
            [0x401c_24b5_8f36_3785, 0x4010_193a_913a_48e3, 0x4010_ee1d_9a01_6f04],
        ];
        assert_eq!(drawn, pinned, "{drawn:x?}");
    }
}
