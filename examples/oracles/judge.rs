//! The judging rule.

use casim::stats::interval::Interval;

use crate::schema::{Kind, Metric};

/// Largest relative standard error of a mean at which a run is long enough.
pub const LONG_ENOUGH: f64 = 0.0025;

/// Probability with which a right model is called outside.
pub const MAY_ERR: f64 = 0.01;

/// What kind of figure a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    Mean,
    P50,
    P95,
    P99,
    Deviation,
}

impl Figure {
    pub fn of(name: &str) -> Self {
        match name.rsplit('_').next() {
            Some("p50") => Self::P50,
            Some("p95") => Self::P95,
            Some("p99") => Self::P99,
            Some("std") => Self::Deviation,
            _ => Self::Mean,
        }
    }

    /// How far off it may be, relative; a deviation has no such limit.
    fn limit(self) -> f64 {
        match self {
            Self::Mean => 0.01,
            Self::P50 | Self::P95 => 0.02,
            Self::P99 => 0.03,
            Self::Deviation => f64::INFINITY,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The interval holds the value.
    Holds,
    /// It does not, as in one of a hundred right models.
    Outside,
    /// Too far off in any case.
    Wrong,
    /// The interval is too wide to say anything.
    Wide,
    /// Not judged (deviation under a heavy tail).
    Left,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "ok",
            Self::Outside => "outside",
            Self::Wrong => "WRONG",
            Self::Wide => "WIDE",
            Self::Left => "not judged",
        }
    }
}

/// One line of the table.
pub struct Line {
    pub oracle: String,
    pub metric: String,
    pub exact: f64,
    pub estimate: f64,
    /// Half-width of the interval; 0 for an exact comparison.
    pub half_width: f64,
    /// Standard errors off; relative error for an exact comparison.
    pub off: f64,
    pub kind: Kind,
    pub verdict: Verdict,
}

/// Mean and standard error.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

pub fn label(metric: &Metric) -> String {
    match &metric.scope {
        Some(scope) => format!("{} {scope}", metric.name),
        None => metric.name.clone(),
    }
}

/// Judges one of so many stochastic metrics of a model, by one value a replication. They come
/// from the same runs: each interval has its share of the 1 % by which the model may err
/// (Bonferroni), which holds however they hang together.
pub fn stochastic(
    oracle: &str,
    metric: &Metric,
    values: &[f64],
    heavy_tail: bool,
    comparisons: usize,
) -> Line {
    let figure = Figure::of(&metric.name);
    let (estimate, error) = moments(values);
    let interval =
        Interval::of_mean_at(1.0 - MAY_ERR / comparisons.max(1) as f64, values).expect("replications");
    let half_width = interval.half_width.expect("more than one replication");
    let difference = estimate - metric.value;
    // Exact values are given to 12 digits; below that nothing can be told apart.
    let same = difference.abs() <= 1e-9 * metric.value.abs().max(1e-3);
    let off = if same { 0.0 } else { difference / error };
    let relative = difference.abs() / metric.value.abs();
    let verdict = if figure == Figure::Deviation && heavy_tail {
        Verdict::Left
    } else if same {
        Verdict::Holds
    } else if !off.is_finite() || off.abs() > 5.0 || relative > figure.limit() {
        Verdict::Wrong
    } else if figure == Figure::Mean && half_width > 0.02 * metric.value.abs() {
        Verdict::Wide
    } else if difference.abs() <= half_width {
        Verdict::Holds
    } else {
        Verdict::Outside
    };
    Line {
        oracle: oracle.to_owned(),
        metric: label(metric),
        exact: metric.value,
        estimate,
        half_width,
        off,
        kind: Kind::Stochastic,
        verdict,
    }
}

/// Judges an exact metric: 1e-9 relative or 10 ns, the larger.
pub fn deterministic(oracle: &str, metric: &Metric, estimate: f64) -> Line {
    let difference = (estimate - metric.value).abs();
    let holds = difference <= (1e-9 * metric.value.abs()).max(10e-9);
    Line {
        oracle: oracle.to_owned(),
        metric: label(metric),
        exact: metric.value,
        estimate,
        half_width: 0.0,
        off: difference / metric.value.abs().max(f64::MIN_POSITIVE),
        kind: Kind::Deterministic,
        verdict: if holds { Verdict::Holds } else { Verdict::Wrong },
    }
}

/// How many of `n` right models may be outside: the chance of more is at most 1 in 1,000
/// when each is so at most once in a hundred, all by themselves.
pub fn allowance(n: usize) -> usize {
    let p: f64 = MAY_ERR;
    let mut term = libm::pow(1.0 - p, n as f64);
    let mut sum = term;
    let mut k = 0;
    while 1.0 - sum > 0.001 && k < n {
        term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
        k += 1;
        sum += term;
    }
    k
}
