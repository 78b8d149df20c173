//! Verdicts: what an interval says of a goal.
//!
//! | verdict | when |
//! |---|---|
//! | [`Met`](Word::Met) | the upper end of the interval is within the goal |
//! | [`Missed`](Word::Missed) | its lower end is beyond |
//! | [`Open`](Word::Open) | it holds the goal |
//! | [`Never`](Word::Never) | more failed than the percentile leaves over: it has no value |
//! | [`Unjudged`](Word::Unjudged) | too few requests to say |
//!
//! One run has no interval and is judged by its value. A goal on a percentile is judged by
//! the share of requests that is late, never by the milliseconds. General: knows neither
//! protocols nor where the counts come from. Read [`super::late`] for the intervals.

use serde::{Deserialize, Serialize};

use super::interval::{Interval, LEVEL, upper_bound_of_none};
use super::late::{ROUGH_BELOW, Share, independent_exceedances, late_share};

/// How a goal stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub enum Word {
    /// Within the goal.
    Met,
    /// Beyond it.
    Missed,
    /// The interval holds the goal.
    Open,
    /// More failed than the percentile leaves over: counts as missed everywhere.
    Never,
    /// Too few requests.
    Unjudged,
}

impl Word {
    /// The word of the `verdict` column.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Open => "open",
            Self::Never => "never",
            Self::Unjudged => "unjudged",
        }
    }

    /// Whether the goal is taken for missed.
    #[must_use]
    pub fn is_missed(self) -> bool {
        matches!(self, Self::Missed | Self::Never)
    }
}

/// Probability at which so many failures among few requests are not put down to chance.
pub const BY_CHANCE: f64 = 0.001;

/// What `value`, an estimate with its interval, says of a goal that is the highest value
/// allowed. Without a half-width (one run) the value decides.
#[must_use]
pub fn of_value(goal: f64, value: &Interval) -> Word {
    let half = value.half_width.unwrap_or(0.0);
    if value.estimate + half <= goal {
        Word::Met
    } else if value.estimate - half > goal {
        Word::Missed
    } else {
        Word::Open
    }
}

/// What runs say of a goal on a percentile that leaves over the share `allowed` (0.05 for
/// p95), at confidence `level`.
///
/// For each run, `late` counts the requests that took longer than the goal or failed among
/// all, `failed` those that failed. `fewest` is the smallest number of requests, over all
/// runs, of which the percentile is stated (200 for p95, 1,000 for p99): fewer are judged
/// only where so many failures would be chance below [`BY_CHANCE`].
#[must_use]
pub fn of_percentile(level: f64, allowed: f64, fewest: u64, late: &[Share], failed: &[Share]) -> Word {
    let total = |shares: &[Share]| {
        shares.iter().fold((0, 0), |(events, trials), s| (events + s.events, trials + s.trials))
    };
    let (failures, requests) = total(failed);
    let enough = requests >= fewest && requests > 0;
    let never = if enough {
        failures as f64 > allowed * requests as f64
    } else {
        chance_of_as_many(allowed, requests, failures) < BY_CHANCE
    };
    if never {
        return Word::Never;
    }
    if !enough {
        return Word::Unjudged;
    }
    let Some(share) = late_share(level, allowed, late) else { return Word::Unjudged };
    let word = of_value(allowed, &share);
    // Requests late together are worth few independent ones: only what is far from the
    // allowed share on either side is told by them.
    let rough = independent_exceedances(1.0 - allowed, late).is_some_and(|n| n < ROUGH_BELOW);
    let half = share.half_width.unwrap_or(0.0);
    let far = share.estimate - half > 2.0 * allowed || share.estimate + half < allowed / 2.0;
    if rough && !far { Word::Open } else { word }
}

/// What runs say of a goal on the share that fails, `goal` at most; the second value is the
/// upper 95 % bound of that share where none failed. Fewer than `fewest` requests over all
/// runs with a failure among them are judged only where so many would be chance below
/// [`BY_CHANCE`].
#[must_use]
pub fn of_failures(level: f64, goal: f64, fewest: u64, failed: &[Share]) -> (Word, Option<f64>) {
    let requests: u64 = failed.iter().map(|run| run.trials).sum();
    let failures: u64 = failed.iter().map(|run| run.events).sum();
    if requests == 0 {
        return (Word::Unjudged, None);
    }
    if failures == 0 {
        return (Word::Met, upper_bound_of_none(requests));
    }
    if requests < fewest {
        let beyond = chance_of_as_many(goal, requests, failures) < BY_CHANCE;
        return (if beyond { Word::Missed } else { Word::Unjudged }, None);
    }
    let column = |of: fn(&Share) -> u64| failed.iter().map(|run| of(run) as f64).collect::<Vec<_>>();
    let share = Interval::of_ratio_at(level, &column(|run| run.events), &column(|run| run.trials));
    (share.map_or(Word::Unjudged, |share| of_value(goal, &share)), None)
}

/// Confidence level of an interval that is looked at after `now` runs, was looked at last
/// after `before` of them (0 at the first look) and may be looked at until there are `most`:
/// each look takes its share, `(now - before) / most`, of the 5 % by which all looks together
/// may err (alpha spending by the increase in runs; Lan and DeMets, *Discrete sequential
/// boundaries for clinical trials*, Biometrika 70, 1983).
#[must_use]
pub fn look_level(before: u32, now: u32, most: u32) -> f64 {
    if now <= before || most == 0 {
        return LEVEL;
    }
    let share = (f64::from(now - before) / f64::from(most)).min(1.0);
    1.0 - (1.0 - LEVEL) * share
}

/// P(at least `events` of `trials`) where each happens with probability `p` (binomial).
#[must_use]
pub fn chance_of_as_many(p: f64, trials: u64, events: u64) -> f64 {
    if events == 0 {
        return 1.0;
    }
    if p <= 0.0 || events > trials {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    // Few trials (below a thousand): term by term from none upwards.
    let odds = p / (1.0 - p);
    let mut term = libm::pow(1.0 - p, trials as f64);
    let mut fewer = 0.0;
    for k in 0..events {
        fewer += term;
        term *= (trials - k) as f64 / (k + 1) as f64 * odds;
    }
    (1.0 - fewer).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(pairs: &[(u64, u64)]) -> Vec<Share> {
        pairs.iter().map(|&(events, trials)| Share { events, trials }).collect()
    }

    #[test]
    fn an_interval_is_within_beyond_or_holds_the_goal() {
        let of = |estimate, half_width| of_value(0.8, &Interval { estimate, half_width });
        assert_eq!(of(0.7, Some(0.1)), Word::Met, "its upper end is the goal");
        assert_eq!(of(0.7, Some(0.11)), Word::Open);
        assert_eq!(of(0.9, Some(0.1)), Word::Open, "its lower end is the goal");
        assert_eq!(of(0.9, Some(0.09)), Word::Missed);
        assert_eq!((of(0.8, None), of(0.81, None)), (Word::Met, Word::Missed), "one run, by value");
    }

    /// p95 of runs of 10,000: none of them differs from the next by more than chance.
    #[test]
    fn a_percentile_is_judged_by_the_share_that_is_late() {
        let none = shares(&[(0, 10_000); 5]);
        let of = |late: &[u64], failed: &[Share]| {
            let late: Vec<_> = late.iter().map(|&events| Share { events, trials: 10_000 }).collect();
            of_percentile(0.95, 0.05, 200, &late, failed)
        };
        assert_eq!(of(&[300, 310, 290, 305, 295], &none), Word::Met);
        assert_eq!(of(&[700, 710, 690, 705, 695], &none), Word::Missed);
        assert_eq!(of(&[500, 520, 480, 505, 495], &none), Word::Open);
        // 5 % may fail, not one more.
        let five = shares(&[(500, 10_000); 5]);
        let more = shares(&[(500, 10_000), (500, 10_000), (500, 10_000), (500, 10_000), (501, 10_000)]);
        assert_eq!(of(&[500; 5], &five), Word::Met, "as many as may be, in every run");
        assert_eq!(of(&[500, 500, 500, 500, 501], &more), Word::Never);
    }

    /// Late requests that all fall into one run of five are worth few independent ones: 800
    /// of 10,000 there leave the goal open, 100 (0.2 %, with an interval that ends below half
    /// of the 5 % allowed) meet it all the same.
    #[test]
    fn late_requests_that_come_together_leave_a_goal_open() {
        let none = shares(&[(0, 10_000); 5]);
        let late = shares(&[(0, 10_000), (0, 10_000), (0, 10_000), (0, 10_000), (800, 10_000)]);
        assert!(independent_exceedances(0.95, &late).unwrap() < ROUGH_BELOW);
        assert_eq!(of_percentile(0.95, 0.05, 200, &late, &none), Word::Open);
        let few = shares(&[(0, 10_000), (0, 10_000), (0, 10_000), (0, 10_000), (100, 10_000)]);
        assert_eq!(of_percentile(0.95, 0.05, 200, &few, &none), Word::Met, "wholly below half");
    }

    /// Of fewer than 200 requests P(20 or more of 199 fail) is 0.26 %, of 21 0.11 %, of 22
    /// 0.05 %; all of two 0.25 %, of three 0.0125 %.
    #[test]
    fn too_few_requests_are_judged_only_beyond_chance() {
        let of = |failed, all| {
            let shares = shares(&[(failed, all)]);
            of_percentile(0.95, 0.05, 200, &shares, &shares)
        };
        assert_eq!((of(21, 199), of(22, 199)), (Word::Unjudged, Word::Never));
        assert_eq!((of(2, 2), of(3, 3)), (Word::Unjudged, Word::Never));
        assert_eq!((of(0, 0), of(0, 199), of(0, 200)), (Word::Unjudged, Word::Unjudged, Word::Met));
    }

    /// Looks at 10, 20, 40, 80 and 160: sixteenths 1, 1, 2, 4 and 8 of 5 %.
    #[test]
    fn looks_share_the_error_that_may_be_made() {
        let looks = [(0, 10), (10, 20), (20, 40), (40, 80), (80, 160)];
        let errors = looks.map(|(before, now)| (1.0 - look_level(before, now, 160)) / 0.05 * 16.0);
        for (error, sixteenths) in errors.into_iter().zip([1.0, 1.0, 2.0, 4.0, 8.0]) {
            assert!((error - sixteenths).abs() < 1e-9, "{error}");
        }
        assert_eq!((look_level(0, 5, 0), look_level(0, 160, 160)), (LEVEL, LEVEL));
    }

    /// None of 200 failed: at most 1 - 0.05^(1/200) = 1.4867 %.
    #[test]
    fn no_failure_meets_any_goal_and_tells_its_bound() {
        let (word, bound) = of_failures(0.95, 0.001, 200, &shares(&[(0, 100), (0, 100)]));
        assert_eq!(word, Word::Met);
        assert!((bound.unwrap() - 0.014_867).abs() < 1e-6);
        let of = |pairs: &[(u64, u64)]| of_failures(0.95, 0.01, 200, &shares(pairs)).0;
        assert_eq!(of(&[(50, 10_000), (55, 10_000)]), Word::Met);
        assert_eq!(of(&[(50, 1_000), (55, 1_000)]), Word::Missed);
        assert_eq!(of(&[(5, 1_000), (15, 1_000)]), Word::Open);
        assert_eq!(of(&[(101, 10_000)]), Word::Missed, "one run, by value");
        assert_eq!((of(&[(1, 100)]), of(&[(9, 100)])), (Word::Unjudged, Word::Missed));
        assert_eq!(of(&[]), Word::Unjudged);
    }
}
