//! MSER-5: how much of the beginning of a series to cut.
//!
//! The series is averaged in batches of five; the cut d is the one that makes the
//! marginal standard error of the rest smallest: the sum of squared deviations of
//! what is left divided by the square of its length (White 1997; White, Cobb and
//! Spratt 2000). A smallest value in the second half says that the series is too
//! short to be called steady: the rule is then only following noise at the end.
//!
//! The rule finds where to cut. It never gives an interval: those come from
//! replications ([`super::interval`]).

/// Observations in a batch.
pub const BATCH: usize = 5;

/// Where a series becomes steady.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truncation {
    /// Observations to leave out, a multiple of [`BATCH`].
    pub at: usize,
    /// False when the best cut falls into the last half: the series is too short.
    pub steady: bool,
    /// Mean of the whole series.
    pub before: f64,
    /// Mean of what is left.
    pub after: f64,
}

/// The cut of `series` by MSER-5; `None` for fewer than ten observations.
#[must_use]
pub fn mser5(series: &[f64]) -> Option<Truncation> {
    let batches: Vec<f64> =
        series.chunks_exact(BATCH).map(|chunk| chunk.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < 2 {
        return None;
    }
    // From the end: mean and sum of squared deviations of the last n batches
    // (Welford), so that one pass looks at every cut.
    let (mut mean, mut squares) = (0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    let total = batches.len();
    for (index, &batch) in batches.iter().enumerate().rev() {
        let n = (total - index) as f64;
        let off = batch - mean;
        mean += off / n;
        squares += off * (batch - mean);
        // The last five batches are left out of the search: a handful of nearly
        // equal values there would win by chance.
        if total - index > 5.min(total - 1) {
            let error = squares / (n * n);
            // The earliest of equals: cut no more than needed.
            if error <= best.0 {
                best = (error, index);
            }
        }
    }
    let cut = best.1 * BATCH;
    let average = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Some(Truncation {
        at: cut,
        steady: best.1 <= total / 2,
        before: average(series),
        after: average(&series[cut..]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_series_is_not_cut() {
        let series: Vec<f64> = (0..200).map(|i| if i % 2 == 0 { 1.0 } else { 3.0 }).collect();
        let cut = mser5(&series).unwrap();
        assert!(cut.at <= 5 && cut.steady, "{cut:?}");
        assert!(cut.before == 2.0 && (cut.after - 2.0).abs() < 0.01);
    }

    /// A ramp of 50 and then a level: everything before the level goes, little after it.
    #[test]
    fn a_ramp_is_cut_off() {
        let noise = |i: usize| ((i * 7919) % 101) as f64 / 101.0;
        let series: Vec<f64> = (0..500).map(|i| 10.0 * (i as f64 / 50.0).min(1.0) + noise(i)).collect();
        let cut = mser5(&series).unwrap();
        assert!((40..=75).contains(&cut.at), "{cut:?}");
        assert!(cut.steady && cut.after > cut.before);
    }

    /// By hand: batch means 9, 1, 1, 1, 1, 1, 1, 1 (40 observations). Uncut: mean 2,
    /// squares 49 + 7 = 56, over 64; cut by one: 0.
    #[test]
    fn the_smallest_marginal_error_wins() {
        let mut series = vec![9.0; 5];
        series.extend([1.0; 35]);
        assert_eq!(mser5(&series), Some(Truncation { at: 5, steady: true, before: 2.0, after: 1.0 }));
    }

    /// A fall over three quarters of the series, then a level.
    #[test]
    fn a_series_that_settles_late_is_not_steady() {
        let late: Vec<f64> = (0..400).map(|i| (100.0 - i as f64 / 3.0).max(0.0) + (i % 3) as f64).collect();
        let cut = mser5(&late).unwrap();
        assert!(!cut.steady && cut.at >= 250, "{cut:?}");
    }

    /// Five equal batches at the end win nothing: the shortest rest that is looked at is six.
    #[test]
    fn the_last_batches_do_not_win_by_chance() {
        let mut series: Vec<f64> =
            (0..75).map(|i| if (i / BATCH).is_multiple_of(2) { 0.0 } else { 10.0 }).collect();
        series.extend([5.0; 25]);
        // Of the last six (0 and five 5s) the squares are 25 - 25 / 6, over 36: 0.58; of all
        // twenty 375 over 400: 0.94; seven: (10, 0, 5 ...) 50 over 49: 1.02.
        assert_eq!(mser5(&series).unwrap().at, 70);
    }

    #[test]
    fn too_short_a_series_has_no_cut() {
        assert_eq!(mser5(&[1.0; 9]), None);
        assert_eq!(mser5(&[1.0; 10]), Some(Truncation { at: 0, steady: true, before: 1.0, after: 1.0 }));
    }
}
