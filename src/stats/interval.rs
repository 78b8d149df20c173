//! What may be said about a mean: Student t intervals over replications.
//!
//! The replication is the unit of every interval; sessions inside one are not
//! independent and are never treated so. General: knows neither the engine nor
//! what is measured. Read [`super::histogram`] for percentiles.
//!
//! # Skewness
//!
//! What queues yield is skewed to the right: among ten replications there is often
//! none that holds one of the rare long waits, and the interval from those ten is
//! both too low and too narrow. Johnson's modified t (*Modified t tests and
//! confidence intervals for asymmetrical populations*, JASA 73, 1978),
//!
//! ```text
//! t1 = ((m - mu) + m3 / (6 s^2 n) + m3 / (3 s^4) (m - mu)^2) sqrt(n) / s
//! ```
//!
//! solved for mu to first order moves the upper end of the interval by
//! `g (1 + 2 t^2) / (6 sqrt n)` standard errors, `g` being the sample's skewness. Since a
//! table states one half-width, both ends are moved so. A skewness below zero
//! moves nothing: among non-negative quantities it is chance. `docs/verification.md`
//! has the coverage with and without.
//!
//! Quantiles of t are by hand: one function, exact to its last digits and the same on every
//! machine, where a crate (statrs) brings linear algebra and the C library's mathematics
//! with it.

use std::cell::Cell;

/// Confidence level of every interval that casim prints.
pub const LEVEL: f64 = 0.95;

/// An estimate with its half-width at [`LEVEL`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// Half-width; `None` for fewer than two replications.
    pub half_width: Option<f64>,
}

impl Interval {
    /// Mean of one non-negative value a replication, with a Student t interval
    /// widened for skewness; `None` when there is no value.
    #[must_use]
    pub fn of_mean(values: &[f64]) -> Option<Self> {
        Self::of_mean_at(LEVEL, values)
    }

    /// [`Self::of_mean`] at another confidence level, above 0 and below 1.
    #[must_use]
    pub fn of_mean_at(level: f64, values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let deviations = || values.iter().map(|v| v - mean);
        let squares = deviations().fold(0.0, |squares, d| squares + d * d);
        let half_width = half_width(level, n, squares, skewness(deviations()));
        Some(Self { estimate: mean, half_width })
    }

    /// Ratio of two sums, `numerators` over `denominators`, one pair a
    /// replication: a mean latency (sum of latencies over requests) or a failure
    /// rate. The variance is that of the residuals `y - R x` (the delta method), so
    /// that a replication counts by its size; `None` when the denominators sum to 0.
    ///
    /// # Panics
    /// When the slices differ in length.
    #[must_use]
    pub fn of_ratio(numerators: &[f64], denominators: &[f64]) -> Option<Self> {
        Self::of_ratio_at(LEVEL, numerators, denominators)
    }

    /// [`Self::of_ratio`] at another confidence level, above 0 and below 1.
    ///
    /// # Panics
    /// When the slices differ in length.
    #[must_use]
    pub fn of_ratio_at(level: f64, numerators: &[f64], denominators: &[f64]) -> Option<Self> {
        assert_eq!(numerators.len(), denominators.len(), "one pair a replication");
        let n = denominators.len();
        let (above, below) = (numerators.iter().sum::<f64>(), denominators.iter().sum::<f64>());
        if below == 0.0 {
            return None;
        }
        let ratio = above / below;
        let residuals = || numerators.iter().zip(denominators).map(|(y, x)| y - ratio * x);
        let squares = residuals().fold(0.0, |squares, d| squares + d * d);
        let half_width = half_width(level, n, squares, skewness(residuals()));
        Some(Self { estimate: ratio, half_width: half_width.map(|half| half / (below / n as f64)) })
    }
}

/// Half-width of the interval of an estimate from `n` runs, from the sum of `squares` of
/// their deviations from it, widened for their skewness (Johnson, JASA 73, 1978, to first
/// order); `None` for fewer than two.
pub(super) fn half_width(level: f64, n: usize, squares: f64, skewness: f64) -> Option<f64> {
    if n < 2 {
        return None;
    }
    let size = n as f64;
    let t = student_t(f64::midpoint(1.0, level), size - 1.0);
    let error = (squares / (size - 1.0) / size).sqrt();
    Some(error * (t + skewness.max(0.0) * (1.0 + 2.0 * t * t) / (6.0 * size.sqrt())))
}

/// Skewness of values from their deviations from their mean: the third moment over the 3/2
/// power of the second; 0 where they do not vary.
pub(super) fn skewness(deviations: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = deviations.len() as f64;
    let (squares, cubes) =
        deviations.fold((0.0, 0.0), |(squares, cubes), d| (squares + d * d, cubes + d * d * d));
    let variance = squares / n;
    if squares > 0.0 { cubes / n / (variance * variance.sqrt()) } else { 0.0 }
}

/// Upper 95 % bound of a rate of which no event was seen in `n` independent
/// trials: `1 - 0.05^(1/n)`, about `3 / n`; `None` for no trials.
#[must_use]
pub fn upper_bound_of_none(n: u64) -> Option<f64> {
    (n > 0).then(|| 1.0 - libm::pow(1.0 - LEVEL, 1.0 / n as f64))
}

/// Quantile of Student's t distribution: the x with P(T <= x) = `p`.
///
/// Found by bisection on the distribution function, correct to about 1e-12
/// relative for 1 to 1e6 `degrees` of freedom (not necessarily whole) and
/// 1e-9 < `p` < 1 - 1e-9.
///
/// # Panics
/// Unless 0 < `p` < 1 and `degrees` > 0.
#[must_use]
pub fn student_t(p: f64, degrees: f64) -> f64 {
    assert!(p > 0.0 && p < 1.0 && degrees > 0.0, "no t quantile of p = {p} with {degrees} degrees");
    if p < 0.5 {
        return -student_t(1.0 - p, degrees);
    }
    if p == 0.5 {
        return 0.0;
    }
    // Intervals of a result ask for one and the same quantile some thousand times in a row.
    thread_local!(static LAST: Cell<(f64, f64, f64)> = const { Cell::new((0.0, 0.0, 0.0)) });
    let (of_p, of_degrees, last) = LAST.get();
    if (of_p, of_degrees) == (p, degrees) {
        return last;
    }
    let quantile = upper_quantile(p, degrees);
    LAST.set((p, degrees, quantile));
    quantile
}

/// [`student_t`] of `p` above a half.
fn upper_quantile(p: f64, degrees: f64) -> f64 {
    // Upper tail = I_x(v/2, 1/2) / 2 at x = v / (v + t^2).
    let tail = |t: f64| 0.5 * incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t));
    let target = 1.0 - p;
    let (mut low, mut high) = (0.0, 1.0);
    while tail(high) > target {
        low = high;
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle == low || middle == high {
            break;
        }
        if tail(middle) > target {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// P(|T| >= |t|) of Student's t distribution with `degrees` of freedom, above 0.
#[must_use]
pub fn two_sided_p(t: f64, degrees: f64) -> f64 {
    incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// Regularised incomplete beta function I_x(a, b), 0 <= x <= 1, by the continued
/// fraction of Lentz (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let ln_front =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    libm::exp(ln_front) * fraction / a
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed tables of the t distribution (two-sided 95 % and 99 %, one-sided 95 %).
    #[test]
    fn quantiles_agree_with_the_tables() {
        for (p, degrees, table) in [
            (0.975, 1.0, 12.7062047362),
            (0.975, 2.0, 4.3026527297),
            (0.975, 4.0, 2.7764451052),
            (0.975, 9.0, 2.2621571628),
            (0.975, 29.0, 2.0452296421),
            (0.975, 120.0, 1.9799304051),
            (0.95, 5.0, 2.0150483733),
            (0.995, 1.0, 63.6567411629),
            (0.995, 9.0, 3.2498355416),
            (0.995, 1e6, 2.5758340000),
            (0.9995, 10.0, 4.5868938587),
        ] {
            let got = student_t(p, degrees);
            assert!((got / table - 1.0).abs() < 1e-6, "t({p}, {degrees}) = {got}, table {table}");
            assert!((student_t(1.0 - p, degrees) + got).abs() < 1e-9 * got);
        }
        assert_eq!(student_t(0.5, 3.0), 0.0);
    }

    /// Values 1 to 5: mean 3, s = sqrt(2.5), t(0.975, 4) = 2.776445; half-width
    /// 2.776445 * sqrt(2.5 / 5) = 1.963243.
    #[test]
    fn a_mean_of_five_by_hand() {
        let interval = Interval::of_mean(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(interval.estimate, 3.0);
        assert!((interval.half_width.unwrap() - 1.963_243).abs() < 1e-6);
        assert_eq!(Interval::of_mean(&[7.0]), Some(Interval { estimate: 7.0, half_width: None }));
        assert_eq!(Interval::of_mean(&[]), None);
    }

    /// Values 0, 0, 0, 0, 5: mean 1, deviations -1 four times and 4: squares 20, cubes
    /// 60, so the variance is 4 and the skewness 12 / 8 = 1.5; s^2 = 5 and the standard
    /// error 1. Half-width 2.776445 + 1.5 (1 + 2 * 7.708647) / (6 sqrt 5) = 4.611954.
    /// Turned round (5, 5, 5, 5, 0) nothing is added.
    #[test]
    fn skewness_to_the_right_widens_by_johnson() {
        let right = Interval::of_mean(&[0.0, 0.0, 0.0, 0.0, 5.0]).unwrap();
        assert_eq!(right.estimate, 1.0);
        assert!((right.half_width.unwrap() - 4.611_954).abs() < 1e-6, "{right:?}");
        let left = Interval::of_mean(&[5.0, 5.0, 5.0, 5.0, 0.0]).unwrap();
        assert!((left.half_width.unwrap() - 2.776_445).abs() < 1e-6, "{left:?}");
    }

    /// 99 % of 1 to 5: t(0.995, 4) = 4.604095 times sqrt(2.5 / 5) = 3.255587.
    #[test]
    fn another_level_has_another_quantile() {
        let wide = Interval::of_mean_at(0.99, &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((wide.half_width.unwrap() - 3.255_587).abs() < 1e-6, "{wide:?}");
        assert_eq!(Interval::of_mean(&[2.0, 2.0]).unwrap().half_width, Some(0.0));
    }

    /// Equal denominators make a ratio the mean of the quotients.
    #[test]
    fn a_ratio_of_equal_denominators_is_a_mean() {
        let ratio = Interval::of_ratio(&[2.0, 4.0, 9.0], &[2.0; 3]).unwrap();
        let mean = Interval::of_mean(&[1.0, 2.0, 4.5]).unwrap();
        assert!((ratio.estimate - mean.estimate).abs() < 1e-12);
        assert!((ratio.half_width.unwrap() - mean.half_width.unwrap()).abs() < 1e-12);
        assert_eq!(Interval::of_ratio(&[0.0], &[0.0]), None);
    }

    #[test]
    fn a_rate_of_nothing_seen_has_an_upper_bound() {
        assert!((upper_bound_of_none(1000).unwrap() - 0.002_991).abs() < 1e-6);
        assert_eq!(upper_bound_of_none(0), None);
    }

    /// By hand: ratio 15 / 6 = 2.5; residuals 4 - 2.5 = 1.5, 5 - 5 = 0, 6 - 7.5 =
    /// -1.5: squares 4.5, s^2 = 2.25, standard error sqrt(2.25 / 3) / (6 / 3) =
    /// 0.433013; t(0.975, 2) = 4.302653: half-width 1.863103.
    #[test]
    fn a_ratio_by_hand() {
        let ratio = Interval::of_ratio(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0]).unwrap();
        assert_eq!(ratio.estimate, 2.5);
        assert!((ratio.half_width.unwrap() - 1.863_103).abs() < 1e-6, "{ratio:?}");
        let one = Interval::of_ratio(&[4.0], &[2.0]).unwrap();
        assert_eq!(one, Interval { estimate: 2.0, half_width: None });
    }

    /// Cauchy (1 degree): tan(pi (p - 1/2)); 2 degrees: 2 q sqrt(2 / (1 - 4 q^2)) with
    /// q = p - 1/2. Both in closed form, far into the tail and between.
    #[test]
    fn quantiles_agree_with_closed_forms() {
        for p in [0.501, 0.6, 0.75, 0.9, 0.99, 0.9999, 1.0 - 1e-8] {
            let q = p - 0.5;
            let one = libm::tan(std::f64::consts::PI * q);
            let two = 2.0 * q * (2.0 / (1.0 - 4.0 * q * q)).sqrt();
            assert!((student_t(p, 1.0) / one - 1.0).abs() < 1e-7, "{p}: {} for {one}", student_t(p, 1.0));
            assert!((student_t(p, 2.0) / two - 1.0).abs() < 1e-7, "{p}: {} for {two}", student_t(p, 2.0));
        }
        assert!(student_t(0.1, 7.0) < 0.0);
    }

    #[test]
    #[should_panic(expected = "no t quantile")]
    fn there_is_no_quantile_of_one() {
        let _ = student_t(1.0, 3.0);
    }

    #[test]
    #[should_panic(expected = "no t quantile")]
    fn there_is_no_quantile_of_zero() {
        let _ = student_t(0.0, 3.0);
    }

    #[test]
    #[should_panic(expected = "no t quantile")]
    fn there_is_no_quantile_without_degrees() {
        let _ = student_t(0.9, 0.0);
    }

    /// I_x(a, b) of small whole a and b are polynomials: I_x(1, 1) = x, I_x(2, 1) =
    /// x^2, I_x(1, 2) = 1 - (1 - x)^2, I_x(2, 2) = x^2 (3 - 2 x).
    #[test]
    fn the_incomplete_beta_function_is_right() {
        for x in [0.0, 0.01, 0.3, 0.5, 0.8, 0.999, 1.0] {
            for (got, exact) in [
                (incomplete_beta(1.0, 1.0, x), x),
                (incomplete_beta(2.0, 1.0, x), x * x),
                (incomplete_beta(1.0, 2.0, x), 1.0 - (1.0 - x) * (1.0 - x)),
                (incomplete_beta(2.0, 2.0, x), x * x * (3.0 - 2.0 * x)),
            ] {
                assert!((got - exact).abs() < 1e-13, "{got} for {exact} at {x}");
            }
        }
    }
}
