//! Distributions of non-negative quantities, and their samplers.
//!
//! `cv` is always the standard deviation divided by the mean of the variable
//! itself, never of its logarithm. Samplers of the exponential, normal and gamma
//! laws are rand_distr's (pinned exactly in Cargo.toml; the tests below pin the
//! first draws); powers go through the `libm` crate, because the platform's
//! differ in the last bit.
//!
//! Must not know units: the caller says whether a value is nanoseconds or bits.

use std::sync::Arc;

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp1, Gamma, StandardNormal};

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
            Self::Exponential(mean) => {
                let unit: f64 = Exp1.sample(rng);
                mean * unit
            }
            Self::LogNormal { mu, sigma } => {
                let z: f64 = StandardNormal.sample(rng);
                libm::exp(mu + sigma * z)
            }
            Self::Gamma { shape, scale } => match Gamma::new(*shape, *scale) {
                Ok(law) => law.sample(rng),
                Err(_) => shape * scale,
            },
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
}
