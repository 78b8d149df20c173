//! The share of requests that are late, and what may be said about a percentile.
//!
//! A goal on a percentile is judged by counting: how many requests took longer than the
//! goal, or failed, against the share that may. That count is exact in every run, its
//! interval is that of a ratio over runs, and it stays finite whatever fails. The
//! percentile itself is that of all runs together; its half-width comes from the runs'
//! own percentiles spread about it (sectioning: Nakayama, *Confidence intervals for
//! quantiles using sectioning when applying variance-reduction techniques*, ACM TOMACS
//! 24, 2014), so that estimate and interval belong to one statistic.
//!
//! General: knows neither protocols nor the engine. Read [`super::interval`] for means.

use super::interval::{Interval, LEVEL, half_width, skewness, student_t};

/// Below so many independent exceedances a percentile is rough.
pub const ROUGH_BELOW: f64 = 30.0;

/// What one run saw of a share: events among trials.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// Requests that count: late, beyond a value, failed.
    pub events: u64,
    /// All requests.
    pub trials: u64,
}

/// The pooled percentile with the half-width of sectioning: the runs' own percentiles
/// spread about the pooled one, widened for the skewness of the runs' own about their mean
/// as the interval of a mean is (near saturation the runs' p99 are skewed, and a plain t
/// interval holds the exact value too rarely: docs/verification.md). No half-width for fewer
/// than two runs that have one; same unit as the values.
#[must_use]
pub fn sectioned(pooled: f64, of_runs: &[f64]) -> Interval {
    sectioned_at(LEVEL, pooled, of_runs)
}

/// [`sectioned`] at another confidence level, above 0 and below 1.
#[must_use]
pub fn sectioned_at(level: f64, pooled: f64, of_runs: &[f64]) -> Interval {
    let n = of_runs.len() as f64;
    let mean = of_runs.iter().sum::<f64>() / n;
    let squares: f64 = of_runs.iter().map(|q| (q - pooled) * (q - pooled)).sum();
    let skewness = skewness(of_runs.iter().map(|q| q - mean));
    Interval { estimate: pooled, half_width: half_width(level, of_runs.len(), squares, skewness) }
}

/// How many independent requests beyond a percentile the runs are worth: all requests
/// times `1 - p`, divided by how much more the share beyond the printed value varies
/// between runs than that of independent requests would (never multiplied: fewer than
/// independent is chance). `None` for fewer than two runs or no requests.
///
/// `beyond` has, for each run, the requests beyond the value of all runs; `p` is 0 to 1.
#[must_use]
pub fn independent_exceedances(p: f64, beyond: &[Share]) -> Option<f64> {
    let trials: u64 = beyond.iter().map(|share| share.trials).sum();
    if beyond.len() < 2 || trials == 0 {
        return None;
    }
    Some(trials as f64 * (1.0 - p) / overdispersion(beyond).max(1.0))
}

/// How much more a share varies between runs than that of independent trials would:
/// `V m / (p (1 - p))`, V the variance of a ratio between runs, m the mean number of
/// trials. 1 where no run or every trial of every run had an event, or with one run.
#[must_use]
pub fn overdispersion(runs: &[Share]) -> f64 {
    let n = runs.len() as f64;
    let events: u64 = runs.iter().map(|run| run.events).sum();
    let trials: u64 = runs.iter().map(|run| run.trials).sum();
    if runs.len() < 2 || events == 0 || events >= trials {
        return 1.0;
    }
    let share = events as f64 / trials as f64;
    let mean = trials as f64 / n;
    variance_between(runs, share) * mean / (share * (1.0 - share))
}

/// Variance of a run's share about `share`, runs weighted by their size (the residuals
/// of a ratio); 0 for fewer than two runs.
pub(super) fn variance_between(runs: &[Share], share: f64) -> f64 {
    if runs.len() < 2 {
        return 0.0;
    }
    let n = runs.len() as f64;
    let mean = runs.iter().map(|run| run.trials).sum::<u64>() as f64 / n;
    let residual = |run: &Share| run.events as f64 - share * run.trials as f64;
    let squares: f64 = runs.iter().map(|run| residual(run) * residual(run)).sum();
    squares / (n - 1.0) / (mean * mean)
}

/// The share of events over all runs with its half-width; `None` without a trial.
///
/// `allowed` is the share that may be late, above 0 and below 1. Where no trial had an event
/// the runs show no variance, and that of independent trials at the allowed share,
/// `q (1 - q) / m` a run, stands in, so that few requests never prove a goal.
#[must_use]
pub fn late_share(level: f64, allowed: f64, runs: &[Share]) -> Option<Interval> {
    let n = runs.len();
    let events: u64 = runs.iter().map(|run| run.events).sum();
    let trials: u64 = runs.iter().map(|run| run.trials).sum();
    if trials == 0 {
        return None;
    }
    if events == 0 {
        let variance = allowed * (1.0 - allowed) / (trials as f64 / n as f64);
        let half = |t: f64| t * (variance / n as f64).sqrt();
        let half_width = (n >= 2).then(|| half(student_t(f64::midpoint(1.0, level), n as f64 - 1.0)));
        return Some(Interval { estimate: 0.0, half_width });
    }
    let column = |of: fn(&Share) -> u64| runs.iter().map(|run| of(run) as f64).collect::<Vec<_>>();
    Interval::of_ratio_at(level, &column(|run| run.events), &column(|run| run.trials))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(pairs: &[(u64, u64)]) -> Vec<Share> {
        pairs.iter().map(|&(events, trials)| Share { events, trials }).collect()
    }

    /// Runs with 9, 10 and 14 about a pooled 10: squares 1 + 0 + 16 = 17, standard error
    /// sqrt(17 / 2 / 3) = 1.683251. About their mean 11 they are -2, -1 and 3: cubes 18,
    /// squares 14, skewness (18 / 3) / (14 / 3)^1.5 = 0.595170; t = t(0.975, 2) = 4.302653,
    /// so t + 0.595170 (1 + 2 t^2) / (6 sqrt 3) = 6.480392 standard errors: 10.908125.
    /// Skewed to the other side, 6, 10 and 11 about 10, they are worth plain t: 7.242443.
    #[test]
    fn sectioning_spreads_about_the_pooled_value() {
        let interval = sectioned(10.0, &[9.0, 10.0, 14.0]);
        assert_eq!(interval.estimate, 10.0);
        assert!((interval.half_width.unwrap() - 10.908_125).abs() < 1e-5, "{interval:?}");
        let left = sectioned(10.0, &[6.0, 10.0, 11.0]).half_width.unwrap();
        assert!((left - 7.242_443).abs() < 1e-5, "{left}");
        assert_eq!(sectioned(10.0, &[9.0]).half_width, None);
        assert_eq!(sectioned(10.0, &[]).half_width, None);
    }

    /// Two runs of 1,000 with 40 and 60 beyond: share 5 %, residuals -10 and 10, variance
    /// between 200 / 1 / 1000^2 = 0.0002, of independent ones 0.05 * 0.95 / 1000 =
    /// 0.0000475: 4.2105 times as much, so 2,000 * 5 % = 100 are worth 23.75.
    #[test]
    fn exceedances_are_fewer_where_runs_differ() {
        let beyond = shares(&[(40, 1_000), (60, 1_000)]);
        assert!((overdispersion(&beyond) - 4.210_526).abs() < 1e-5);
        assert!((independent_exceedances(0.95, &beyond).unwrap() - 23.75).abs() < 1e-9);
        // Runs more alike than chance are worth what they are, not more.
        let alike = shares(&[(50, 1_000), (50, 1_000)]);
        assert!((independent_exceedances(0.95, &alike).unwrap() - 100.0).abs() < 1e-9);
        assert_eq!(independent_exceedances(0.95, &beyond[..1]), None);
        assert_eq!(independent_exceedances(0.95, &shares(&[(0, 0), (0, 0)])), None);
    }

    /// 40 and 60 of 1,000: 5 % with t(0.975, 1) = 12.706205 times sqrt(0.0002 / 2) =
    /// 0.127062. None of twice 1,000, 5 % allowed: sqrt(0.0000475 / 2) * 12.706205 =
    /// 0.061923.
    #[test]
    fn a_late_share_has_an_interval_even_where_none_is_late() {
        let share = late_share(0.95, 0.05, &shares(&[(40, 1_000), (60, 1_000)])).unwrap();
        assert!((share.estimate - 0.05).abs() < 1e-12);
        assert!((share.half_width.unwrap() - 0.127_062).abs() < 1e-5, "{share:?}");
        let none = late_share(0.95, 0.05, &shares(&[(0, 1_000), (0, 1_000)])).unwrap();
        assert_eq!(none.estimate, 0.0);
        assert!((none.half_width.unwrap() - 0.061_923).abs() < 1e-5, "{none:?}");
        assert_eq!(late_share(0.95, 0.05, &shares(&[(0, 0)])), None);
        assert_eq!(late_share(0.95, 0.05, &shares(&[(3, 9)])).unwrap().half_width, None);
        // All failed: the share is 1 and certain.
        let all = late_share(0.95, 0.05, &shares(&[(9, 9), (7, 7)])).unwrap();
        assert_eq!((all.estimate, all.half_width), (1.0, Some(0.0)));
    }
}
