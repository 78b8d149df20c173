//! Differences of pairs: is B better than A, by runs that saw the same draws.
//!
//! A difference is judged by a plain paired t interval (of percentiles by sectioning with
//! pairs). Who looks more than once divides the error that may be made: look k has the share
//! w of it, and its interval the confidence 1 - w 5 % (alpha spending by the increase in
//! runs; Lan and DeMets, Biometrika 70, 1983). The words for a family of differences follow
//! Holm's steps (Scandinavian Journal of Statistics 6, 1979) over sequential p-values, the
//! least p / w of the looks so far, so that a family of equal systems is called different in
//! at most 5 %, however often it is looked at and however its members hang together.
//!
//! General: knows neither metrics nor which direction is good. Read [`super::late`] for
//! percentiles of one system and [`super::verdict`] for goals.

use super::interval::{Interval, LEVEL, student_t, two_sided_p};

/// Fewer pairs say nothing.
pub const FEWEST: usize = 10;
/// Beyond this skewness the corrected level of a difference is not kept.
pub const SKEWED_BEYOND: f64 = 1.0;

/// A difference of two systems over pairs of runs, other less base.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Difference {
    /// Estimate, in the unit of the values.
    pub estimate: f64,
    /// Standard error of it; 0 where all pairs differ by the same.
    pub error: f64,
    /// Pairs; of independent runs those of the side that has fewer.
    pub pairs: usize,
    /// Degrees of freedom of Student's t.
    pub freedom: f64,
    /// Skewness of the pairs' differences (third moment over the 3/2 power of the second).
    pub skewness: f64,
    /// Variance of a difference of independent runs over that of these: above 1 where
    /// pairing helped, below where it harmed. `None` where the pairs do not vary.
    pub variance_ratio: Option<f64>,
}

impl Difference {
    /// Of the means of pairs `(base, other)`; `None` for fewer than two.
    #[must_use]
    pub fn of_means(pairs: &[(f64, f64)]) -> Option<Self> {
        let n = pairs.len() as f64;
        let mean = pairs.iter().map(|(base, other)| other - base).sum::<f64>() / n;
        Self::about(mean, pairs)
    }

    /// Of a statistic of all runs together (a percentile), `base` and `other`, with the runs'
    /// own in `pairs` spread about its difference (sectioning); `None` for fewer than two.
    #[must_use]
    pub fn sectioned(base: f64, other: f64, pairs: &[(f64, f64)]) -> Option<Self> {
        Self::about(other - base, pairs)
    }

    fn about(estimate: f64, pairs: &[(f64, f64)]) -> Option<Self> {
        if pairs.len() < 2 {
            return None;
        }
        let n = pairs.len() as f64;
        let deviations = pairs.iter().map(|(base, other)| other - base - estimate);
        let (squares, cubes) = deviations.fold((0.0, 0.0), |(s, c), d| (s + d * d, c + d * d * d));
        let variance = squares / n;
        let skewness = if squares > 0.0 { cubes / n / (variance * variance.sqrt()) } else { 0.0 };
        let alone = spread(pairs.iter().map(|pair| pair.0)) + spread(pairs.iter().map(|pair| pair.1));
        let variance_ratio = (squares > 0.0).then(|| alone / (squares / (n - 1.0)));
        let error = (squares / (n - 1.0) / n).sqrt();
        Some(Self { estimate, error, pairs: pairs.len(), freedom: n - 1.0, skewness, variance_ratio })
    }

    /// Of statistics `base` and `other` of independent runs, whose own values spread about
    /// them (Welch, Biometrika 34, 1947); `None` for fewer than two of either.
    #[must_use]
    pub fn independent(base: f64, other: f64, of_base: &[f64], of_other: &[f64]) -> Option<Self> {
        if of_base.len() < 2 || of_other.len() < 2 {
            return None;
        }
        let one = |about: f64, values: &[f64]| {
            let n = values.len() as f64;
            let squares: f64 = values.iter().map(|value| (value - about) * (value - about)).sum();
            (squares / (n - 1.0) / n, n - 1.0)
        };
        let ((a, of_a), (b, of_b)) = (one(base, of_base), one(other, of_other));
        let whole = a + b;
        let freedom = if whole > 0.0 { whole * whole / (a * a / of_a + b * b / of_b) } else { of_a + of_b };
        let pairs = of_base.len().min(of_other.len());
        let error = whole.sqrt();
        Some(Self { estimate: other - base, error, pairs, freedom, skewness: 0.0, variance_ratio: None })
    }

    /// Half-width at confidence `level`, above 0 and below 1.
    #[must_use]
    pub fn half_width(&self, level: f64) -> f64 {
        student_t(f64::midpoint(1.0, level), self.freedom) * self.error
    }

    /// The estimate with its half-width at confidence `level`.
    #[must_use]
    pub fn interval(&self, level: f64) -> Interval {
        Interval { estimate: self.estimate, half_width: Some(self.half_width(level)) }
    }

    /// Probability of a difference as large where there is none, two-sided. 1 where all pairs
    /// are equal, 0 where all differ by the same.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        match (self.error > 0.0, self.estimate == 0.0) {
            (true, _) => two_sided_p(self.estimate / self.error, self.freedom),
            (false, true) => 1.0,
            (false, false) => 0.0,
        }
    }

    /// Whether its corrected level is not kept.
    #[must_use]
    pub fn is_skewed(&self) -> bool {
        self.skewness.abs() > SKEWED_BEYOND
    }
}

/// `other / base` and its half-width at confidence `level`, from pairs whose residuals spread
/// about that ratio (as those of a ratio of means do); without pairs of independent runs
/// (`paired` false) by the variances of both. `None` where the base is 0.
#[must_use]
pub fn ratio(level: f64, base: f64, other: f64, pairs: &[(f64, f64)], paired: bool) -> Option<Interval> {
    if base == 0.0 || pairs.len() < 2 {
        return None;
    }
    let ratio = other / base;
    let n = pairs.len() as f64;
    let residual = |&(a, b): &(f64, f64)| match paired {
        true => (b - ratio * a) * (b - ratio * a),
        false => (b - other) * (b - other) + ratio * ratio * (a - base) * (a - base),
    };
    let error = (pairs.iter().map(residual).sum::<f64>() / (n - 1.0) / n).sqrt() / base.abs();
    let half = student_t(f64::midpoint(1.0, level), n - 1.0) * error;
    Some(Interval { estimate: ratio, half_width: Some(half) })
}

/// Variance of values, about their mean.
fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let (n, sum) = values.clone().fold((0.0, 0.0), |(n, sum), value| (n + 1.0, sum + value));
    values.map(|value| (value - sum / n) * (value - sum / n)).sum::<f64>() / (n - 1.0)
}

/// The sequential p-value after looks with these p-values and shares of the error: the least
/// `p / w`, at most 1.
#[must_use]
pub fn sequential_p(looks: &[(f64, f64)]) -> f64 {
    looks.iter().map(|(p, share)| p / share).fold(1.0, f64::min)
}

/// Which of a family's p-values Holm's steps reject at a family's error of `1 - level`, in
/// their order.
#[must_use]
pub fn holm(level: f64, p_values: &[f64]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut rejected = vec![false; p_values.len()];
    for (step, &which) in order.iter().enumerate() {
        if p_values[which] > (1.0 - level) / (p_values.len() - step) as f64 {
            break;
        }
        rejected[which] = true;
    }
    rejected
}

/// What is said of a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Change {
    /// Inside the floor, whatever else.
    Same,
    /// Lower, by the family's steps.
    Lower,
    /// Higher, by the family's steps.
    Higher,
    /// Fewer than [`FEWEST`] pairs.
    TooFew,
    /// None of these.
    NotShown,
}

/// The word for a difference whose `interval` was printed, `floor` (in its unit) being what
/// nobody minds, and `rejected` what its family's steps say.
#[must_use]
pub fn word(interval: &Interval, pairs: usize, floor: f64, rejected: bool) -> Change {
    if pairs < FEWEST {
        return Change::TooFew;
    }
    let half = interval.half_width.unwrap_or(f64::INFINITY);
    let inside = interval.estimate + half <= floor && interval.estimate - half >= -floor;
    match (inside, rejected, interval.estimate > 0.0) {
        (true, ..) => Change::Same,
        (false, true, true) => Change::Higher,
        (false, true, false) => Change::Lower,
        (false, false, _) => Change::NotShown,
    }
}

/// How many pairs would make the half-width at 95 % as small as `wanted`, from those that
/// there are; `None` where it is already, or is 0.
#[must_use]
pub fn pairs_for(difference: &Difference, wanted: f64) -> Option<u64> {
    let half = difference.half_width(LEVEL);
    if half <= wanted || wanted <= 0.0 {
        return None;
    }
    Some((difference.pairs as f64 * (half / wanted) * (half / wanted)).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::super::verdict::look_level;
    use super::*;

    /// Pairs 1-2, 2-4, 3-4, 4-6: differences 1, 2, 1, 2; mean 1.5, s^2 = 1/3, error
    /// sqrt(1/12) = 0.288675; t(0.975, 3) = 3.182446: half-width 0.918693. Alone 5/3 + 8/3
    /// = 13/3, so that pairing is worth 13.
    #[test]
    fn a_difference_by_hand() {
        let pairs = [(1.0, 2.0), (2.0, 4.0), (3.0, 4.0), (4.0, 6.0)];
        let difference = Difference::of_means(&pairs).unwrap();
        assert_eq!((difference.estimate, difference.skewness, difference.pairs), (1.5, 0.0, 4));
        assert!((difference.half_width(LEVEL) - 0.918_693).abs() < 1e-6);
        assert!((difference.variance_ratio.unwrap() - 13.0).abs() < 1e-9);
        // t = 5.196152 with 3 degrees: p = 0.013847 by the closed form of that distribution.
        assert!((difference.p_value() - 0.013_847).abs() < 1e-6, "{}", difference.p_value());
        assert_eq!(Difference::of_means(&pairs[..1]), None);
        let sectioned = Difference::sectioned(2.0, 4.0, &pairs).unwrap();
        assert_eq!(sectioned.estimate, 2.0);
        // Means 2.5 and 4 of four each, squares 5/3/4 and 8/3/4 about them: 13/12 with
        // (13/12)^2 / ((5/12)^2 / 3 + (8/12)^2 / 3) = 169 * 3 / 89 degrees.
        let welch = Difference::independent(2.5, 4.0, &[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 4.0, 6.0]).unwrap();
        assert!((welch.error - (13.0_f64 / 12.0).sqrt()).abs() < 1e-12);
        assert!((welch.freedom - 507.0 / 89.0).abs() < 1e-9 && welch.estimate == 1.5);
        // 4 / 2.5 = 1.6; residuals 0.4, 0.8, -0.8, -0.4: error sqrt(1.6 / 3 / 4) / 2.5.
        let of = ratio(LEVEL, 2.5, 4.0, &pairs, true).unwrap();
        assert!((of.half_width.unwrap() - 3.182_446 * (1.6_f64 / 12.0).sqrt() / 2.5).abs() < 1e-6);
        assert_eq!((of.estimate, ratio(LEVEL, 0.0, 4.0, &pairs, true)), (1.6, None));
        // Squares about 2: 1 + 0 + 1 + 0, error sqrt(2 / 3 / 4).
        assert!((sectioned.error - (2.0_f64 / 12.0).sqrt()).abs() < 1e-12);
    }

    /// Equal pairs are exactly equal; pairs that differ by the same are certain.
    #[test]
    fn what_does_not_vary_is_certain() {
        let none = Difference::of_means(&[(3.0, 3.0); 12]).unwrap();
        assert_eq!((none.estimate, none.half_width(LEVEL), none.p_value()), (0.0, 0.0, 1.0));
        assert_eq!(word(&none.interval(LEVEL), 12, 0.0, false), Change::Same);
        let one = Difference::of_means(&[(3.0, 4.0), (5.0, 6.0)]).unwrap();
        assert_eq!((one.p_value(), one.variance_ratio, one.is_skewed()), (0.0, None, false));
    }

    /// The quantiles of five looks at 10, 20, 40, 80 and 160 pairs: 3.997, 3.383, 2.891,
    /// 2.556 and 2.263.
    #[test]
    fn looks_have_quantiles_of_their_own() {
        let looks = [(0, 10), (10, 20), (20, 40), (40, 80), (80, 160)];
        let quantiles = looks.map(|(before, now)| {
            student_t(f64::midpoint(1.0, look_level(before, now, 160)), f64::from(now) - 1.0)
        });
        for (quantile, table) in quantiles.into_iter().zip([3.997, 3.383, 2.891, 2.556, 2.263]) {
            assert!((quantile - table).abs() < 5e-4, "{quantile} for {table}");
        }
        let p = sequential_p(&[(0.01, 1.0 / 16.0), (0.001, 1.0 / 16.0), (0.2, 1.0 / 8.0)]);
        assert!((p - 0.016).abs() < 1e-12);
        assert_eq!(sequential_p(&[(0.5, 1.0 / 16.0)]), 1.0);
        assert_eq!(sequential_p(&[]), 1.0);
    }

    /// Holm at 5 %: 0.01 against 0.05/4, 0.015 against 0.05/3, 0.03 against 0.05/2 stops.
    #[test]
    fn holm_goes_down_step_by_step() {
        assert_eq!(holm(0.95, &[0.03, 0.01, 0.2, 0.015]), [false, true, false, true]);
        assert_eq!(holm(0.95, &[0.05]), [true]);
        assert_eq!(holm(0.95, &[0.02, 0.03]), [true, true]);
        assert_eq!(holm(0.95, &[0.03, 0.03]), [false, false], "the first needs 2.5 %");
        assert_eq!(holm(0.75, &[0.5, 0.125]), [false, true], "what just reaches its share is rejected");
        assert!(holm(0.95, &[]).is_empty());
    }

    #[test]
    fn the_floor_wins_and_few_pairs_say_nothing() {
        let of = |estimate, half| Interval { estimate, half_width: Some(half) };
        assert_eq!(word(&of(0.5, 0.2), 10, 1.0, true), Change::Same);
        assert_eq!(word(&of(0.9, 0.2), 10, 1.0, true), Change::Higher, "may be less than the floor");
        assert_eq!(word(&of(-3.0, 0.2), 10, 1.0, true), Change::Lower);
        assert_eq!(word(&of(3.0, 5.0), 10, 1.0, false), Change::NotShown);
        assert_eq!(word(&of(3.0, 0.1), 9, 1.0, true), Change::TooFew);
        let wide = Difference {
            estimate: 1.0,
            error: 1.0,
            pairs: 10,
            freedom: 9.0,
            skewness: 0.0,
            variance_ratio: None,
        };
        // Half-width 2.262157: four times as many for half of it, and one for the rounding.
        assert!((40..=41).contains(&pairs_for(&wide, 2.262_157 / 2.0).unwrap()));
        assert_eq!(pairs_for(&wide, 3.0), None);
    }
}
