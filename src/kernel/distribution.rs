//! Distributions of non-negative quantities, and their samplers.
//!
//! `cv` is always the standard deviation divided by the mean of the variable
//! itself, never of its logarithm. Exponential, normal and gamma variates are
//! [`super::variates`]; every logarithm and power goes through the `libm` crate,
//! because the platform's differ in the last bit. The tests below pin the first draws.
//!
//! Must not know units: the caller says whether a value is nanoseconds or bits.

use std::sync::Arc;

use rand::{Rng, RngExt};
use rand_distr::Distribution as _;

use super::variates::{Gamma, UnitExponential, UnitNormal};

/// The law of a non-negative random quantity.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always this value.
    Constant(f64),
    /// Exponential with this mean.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Lognormal by its mean and coefficient of variation.
    LogNormal {
        /// Mean of the variable.
        mean: f64,
        /// Standard deviation / mean of the variable.
        cv: f64,
    },
    /// Gamma by its mean and coefficient of variation.
    Gamma {
        /// Mean.
        mean: f64,
        /// Standard deviation / mean.
        cv: f64,
    },
    /// Uniform between two bounds.
    Uniform {
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// One of the observed values, each as likely.
    Empirical(Arc<[f64]>),
}

impl Distribution {
    /// The mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential { mean } | Self::LogNormal { mean, .. } | Self::Gamma { mean, .. } => *mean,
            Self::Uniform { low, high } => f64::midpoint(*low, *high),
            Self::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
        }
    }

    /// The same law with every value multiplied by `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value * factor),
            Self::Exponential { mean } => Self::Exponential { mean: mean * factor },
            Self::LogNormal { mean, cv } => Self::LogNormal { mean: mean * factor, cv: *cv },
            Self::Gamma { mean, cv } => Self::Gamma { mean: mean * factor, cv: *cv },
            Self::Uniform { low, high } => Self::Uniform { low: low * factor, high: high * factor },
            Self::Empirical(values) => Self::Empirical(values.iter().map(|v| v * factor).collect()),
        }
    }

    /// The law of the sum of `n` independent values: exact in the mean and the
    /// variance, exact in law for constants, exponentials and gammas; a sum of
    /// lognormals is taken as lognormal, one of anything else as gamma.
    #[must_use]
    pub fn summed(&self, n: u32) -> Self {
        let (times, shrink) = (f64::from(n), 1.0 / f64::from(n.max(1)).sqrt());
        match self {
            _ if n == 1 => self.clone(),
            Self::Constant(value) => Self::Constant(value * times),
            Self::Exponential { mean } => Self::Gamma { mean: mean * times, cv: shrink },
            Self::LogNormal { mean, cv } => Self::LogNormal { mean: mean * times, cv: cv * shrink },
            Self::Gamma { mean, cv } => Self::Gamma { mean: mean * times, cv: cv * shrink },
            Self::Uniform { low, high } if low + high > 0.0 => {
                let cv = (high - low) / 12.0_f64.sqrt() / f64::midpoint(*low, *high);
                Self::gamma_or_constant(self.mean() * times, cv * shrink)
            }
            Self::Uniform { .. } => Self::Constant(0.0),
            Self::Empirical(values) => {
                let mean = self.mean();
                let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
                let deviation = (squares / values.len() as f64).sqrt();
                let cv = if mean > 0.0 { deviation / mean } else { 0.0 };
                Self::gamma_or_constant(mean * times, cv * shrink)
            }
        }
    }

    fn gamma_or_constant(mean: f64, cv: f64) -> Self {
        if cv > 0.0 && mean > 0.0 { Self::Gamma { mean, cv } } else { Self::Constant(mean) }
    }

    /// The form that draws quickly.
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        match self {
            Self::Constant(value) => Sampler::Constant(*value),
            Self::Exponential { mean } => Sampler::Exponential(*mean),
            Self::LogNormal { mean, cv } => {
                let variance = libm::log(1.0 + cv * cv);
                Sampler::LogNormal { mu: libm::log(*mean) - variance / 2.0, sigma: variance.sqrt() }
            }
            Self::Gamma { mean, cv } => Sampler::Gamma { shape: 1.0 / (cv * cv), scale: mean * cv * cv },
            Self::Uniform { low, high } => Sampler::Uniform { low: *low, width: high - low },
            Self::Empirical(values) => Sampler::Empirical(Arc::clone(values)),
        }
    }
}

/// A distribution prepared for drawing.
#[derive(Clone, Debug, PartialEq)]
pub enum Sampler {
    /// Always this value.
    Constant(f64),
    /// Exponential with this mean.
    Exponential(f64),
    /// exp(mu + sigma Z), Z standard normal.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Gamma by shape and scale.
    Gamma {
        /// Shape, 1 / cv^2.
        shape: f64,
        /// Scale, mean cv^2.
        scale: f64,
    },
    /// `low + width U`.
    Uniform {
        /// Smallest value.
        low: f64,
        /// Range.
        width: f64,
    },
    /// One of these values.
    Empirical(Arc<[f64]>),
}

impl Sampler {
    /// The mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(mean) => *mean,
            Self::LogNormal { mu, sigma } => libm::exp(mu + sigma * sigma / 2.0),
            Self::Gamma { shape, scale } => shape * scale,
            Self::Uniform { low, width } => low + width / 2.0,
            Self::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
        }
    }

    /// One value.
    #[inline]
    pub fn draw<R: Rng>(&self, rng: &mut R) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential(mean) => mean * UnitExponential.sample(rng),
            Self::LogNormal { mu, sigma } => libm::exp(mu + sigma * UnitNormal.sample(rng)),
            &Self::Gamma { shape, scale } if shape > 0.0 && scale > 0.0 => Gamma { shape, scale }.sample(rng),
            // A mean of 0, or a cv so large that the shape vanishes.
            Self::Gamma { shape, scale } => shape * scale,
            Self::Uniform { low, width } => low + width * rng.random::<f64>(),
            Self::Empirical(values) => values[rng.random_range(0..values.len())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::{Key, Role};

    /// Mean and cv of 200,000 draws within 5 standard errors (false alarm below
    /// 1e-6 a comparison; seed fixed).
    #[test]
    fn moments_are_those_asked_for() {
        let laws = [
            (Distribution::Exponential { mean: 3.0 }, 1.0, 9.0),
            (Distribution::LogNormal { mean: 3.0, cv: 0.8 }, 0.8, 30.0),
            (Distribution::Gamma { mean: 3.0, cv: 0.5 }, 0.5, 9.0),
            (Distribution::Gamma { mean: 3.0, cv: 1.5 }, 1.5, 12.0),
            (Distribution::Uniform { low: 0.0, high: 6.0 }, 1.0 / 3.0_f64.sqrt(), 3.0),
        ];
        for (law, cv, kurtosis) in laws {
            let sampler = law.sampler();
            let n = 200_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for i in 0..n {
                let x = sampler.draw(&mut Key::root(5, 0).child(i).stream(Role::new("m"), 0));
                sum += x;
                squares += x * x;
            }
            let n = n as f64;
            let mean = sum / n;
            let deviation = (squares / n - mean * mean).sqrt();
            assert!((mean - 3.0).abs() < 5.0 * 3.0 * cv / n.sqrt(), "{law:?} mean {mean}");
            let relative: f64 = (deviation / (3.0 * cv) - 1.0).abs();
            assert!(relative < 5.0 * (kurtosis / 4.0 / n).sqrt(), "{law:?} deviation {deviation}");
        }
    }

    /// First four draws of every sampler, to the last bit: a new version of a
    /// library cannot change results unnoticed.
    #[test]
    fn first_draws_of_every_sampler_are_pinned() {
        let laws = [
            Distribution::Constant(2.5),
            Distribution::Exponential { mean: 3.0 },
            Distribution::LogNormal { mean: 3.0, cv: 0.8 },
            Distribution::LogNormal { mean: 3.0, cv: 2.0 },
            Distribution::Gamma { mean: 3.0, cv: 0.5 },
            Distribution::Gamma { mean: 3.0, cv: 1.0 },
            Distribution::Gamma { mean: 3.0, cv: 1.5 },
            Distribution::Uniform { low: 1.0, high: 6.0 },
            Distribution::Empirical(Arc::from([1.0, 2.0, 4.0, 8.0, 16.0])),
        ];
        let drawn: Vec<[u64; 4]> = laws
            .iter()
            .map(|law| {
                let mut rng = Key::root(6, 0).stream(Role::new("pinned"), 0);
                [0; 4].map(|_: u64| law.sampler().draw(&mut rng).to_bits())
            })
            .collect();
        const PINNED: [[u64; 4]; 9] = [
            [0x4004_0000_0000_0000, 0x4004_0000_0000_0000, 0x4004_0000_0000_0000, 0x4004_0000_0000_0000],
            [0x400b_b9e9_1c3b_c236, 0x401c_8418_7ad4_916a, 0x3ff6_1277_8447_211e, 0x4001_2922_f68c_c2ff],
            [0x3ff0_64db_eee6_fbb6, 0x4016_0502_a0a1_ffa3, 0x3ffe_4f1f_4a16_df0a, 0x4005_8580_3365_0e91],
            [0x3fd3_5249_a38d_4e62, 0x4019_0f1a_7715_1a04, 0x3fed_44b8_5649_3f7e, 0x3ffb_8cea_88ed_e82e],
            [0x3ff6_22d4_cac8_266a, 0x4002_b5a6_1bf6_1f69, 0x4005_4bae_8aff_9cfb, 0x4004_818b_241e_1ab0],
            [0x400b_b9e9_1c3b_c236, 0x401c_8418_7ad4_916a, 0x3ff6_1277_8447_211e, 0x4001_2922_f68c_c2ff],
            [0x3ff1_6786_2f8a_6888, 0x4000_5ea7_a9cd_bfc1, 0x3ff7_2912_ffd2_0a7a, 0x3fc0_f0f7_1f06_722a],
            [0x4002_fe69_21df_ba3c, 0x4013_93f5_a66a_178c, 0x4007_3b03_b412_2b68, 0x400f_0ea1_9078_5c32],
            [0x4000_0000_0000_0000, 0x4020_0000_0000_0000, 0x4000_0000_0000_0000, 0x4030_0000_0000_0000],
        ];
        assert_eq!(drawn, PINNED, "a sampler draws other values");
    }

    /// Means, sums and multiples of laws, by hand.
    #[test]
    fn laws_have_their_moments() {
        let empirical = Distribution::Empirical(Arc::from([1.0, 2.0, 6.0]));
        let laws = [
            (Distribution::Constant(3.0), 0.0),
            (Distribution::Exponential { mean: 3.0 }, 1.0),
            (Distribution::LogNormal { mean: 3.0, cv: 0.8 }, 0.8),
            (Distribution::Gamma { mean: 3.0, cv: 1.5 }, 1.5),
            (Distribution::Uniform { low: 1.0, high: 5.0 }, 4.0 / 12.0_f64.sqrt() / 3.0),
            (Distribution::Uniform { low: 0.0, high: 6.0 }, 6.0 / 12.0_f64.sqrt() / 3.0),
            // Variance ((1-3)^2 + (2-3)^2 + (6-3)^2) / 3 = 14 / 3.
            (empirical, (14.0_f64 / 3.0).sqrt() / 3.0),
        ];
        for (law, cv) in laws {
            assert!((law.mean() - 3.0).abs() < 1e-12, "{law:?}");
            assert!((law.sampler().mean() - 3.0).abs() < 1e-12, "{law:?}");
            let doubled = law.scaled(2.0);
            assert!((doubled.mean() - 6.0).abs() < 1e-12, "{doubled:?}");
            assert_eq!(law.summed(1), law);
            // Of four: mean 12, cv halved.
            let sum = law.summed(4);
            assert!((sum.mean() - 12.0).abs() < 1e-12, "{sum:?}");
            let spread = match sum {
                Distribution::Constant(_) => 0.0,
                Distribution::LogNormal { cv, .. } | Distribution::Gamma { cv, .. } => cv,
                ref other => panic!("{other:?} is no law of a sum"),
            };
            assert!((spread - cv / 2.0).abs() < 1e-12, "{law:?} four times: {sum:?}");
            let mut rng = Key::root(2, 0).stream(Role::new("scaled"), 0);
            let mut again = rng.clone();
            let (one, two) = (law.sampler().draw(&mut rng), doubled.sampler().draw(&mut again));
            assert!((two - 2.0 * one).abs() < 1e-9, "{law:?}: {two} for twice {one}");
        }
        // What does not vary is a constant.
        let one = Distribution::Uniform { low: 3.0, high: 3.0 };
        assert_eq!(one.summed(4), Distribution::Constant(12.0));
        let nothing = Distribution::Uniform { low: 0.0, high: 0.0 };
        assert_eq!(nothing.summed(5), Distribution::Constant(0.0));
        let zeros = Distribution::Empirical(Arc::from([0.0, 0.0]));
        assert_eq!(zeros.summed(5), Distribution::Constant(0.0));
    }
}
