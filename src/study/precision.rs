//! Replications until the answer is precise enough.
//!
//! [`Goal`]s are what the service level objectives speak of (a percentile counts a
//! request that failed as late, as the verdict does), or, where there are
//! none, the mean latency of every protocol in every population and of every custom
//! source. Each is estimated with its 95 % interval over replications; a goal is
//! reached when the half-width is at most the asked share of the estimate.
//! [`super::Study::run`] looks at 10, 20, 40 ... replications, keeps those that are done,
//! and gives up at a limit, naming the goal that was hardest; at once where more
//! replications cannot help (a percentile that a replication is too short for).
//!
//! Looking again and again makes the last interval a little too short: it stops
//! where the deviation happens to look small. Doubling between looks keeps the
//! loss small (`examples/trust` measures it).

use crate::model::Precision;
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
pub use crate::results::{Goal, Reached};
use crate::results::{LateBy, Percentile, RunResult, UserReplication, Users};
use crate::stats::interval::{Interval, upper_bound_of_none};

/// Replications at the first look.
pub const FIRST_LOOK: u32 = 10;

/// How far `result` came towards what was asked.
#[must_use]
pub fn reached(result: &RunResult, slo: &Slo, asked: Precision, looked_before: u32) -> Reached {
    let hardest = hardest(goals(result, slo));
    Reached {
        asked: asked.relative,
        limit: asked.limit,
        replications: result.replications,
        looked_before,
        reached: hardest.as_ref().is_some_and(|goal| goal.relative <= asked.relative),
        hardest,
    }
}

/// How many replications to add after this look; `None` where it is reached, where more
/// cannot help, or at the limit.
#[must_use]
pub fn more(reached: &Reached) -> Option<u32> {
    let hopeless = reached.hardest.as_ref().is_none_or(Goal::is_hopeless);
    let played = reached.replications;
    if reached.reached || hopeless || played >= reached.limit {
        return None;
    }
    Some(played.saturating_mul(2).min(reached.limit) - played)
}

/// The goal to name: one that more replications cannot tell, before those of which only
/// nothing can be said yet; then the widest.
fn hardest(goals: Vec<Goal>) -> Option<Goal> {
    let rank = |a: &Goal, b: &Goal| {
        a.is_hopeless().cmp(&b.is_hopeless()).then_with(|| a.relative.total_cmp(&b.relative))
    };
    goals.into_iter().max_by(rank)
}

/// Every figure that `slo` speaks of, as far as it was seen.
#[must_use]
pub fn goals(result: &RunResult, slo: &Slo) -> Vec<Goal> {
    let mut goals = Vec::new();
    let silent = slo.protocols.is_empty() && slo.cpu.is_none() && slo.link.is_none();
    for users in &result.users {
        let name = |what: &str| {
            let population = result.names.populations.get(users.population as usize);
            let population = population.map_or("", String::as_str);
            match users.protocol {
                Some(protocol) => format!("{what} of {protocol}, {population}"),
                None => format!("{what} of {population}"),
            }
        };
        let all = &users.replications;
        let objective = |protocol: Protocol| slo.protocols.iter().find(|(p, _)| *p == protocol);
        match users.protocol.map(objective) {
            Some(Some((_, objective))) => {
                let percentiles = [
                    (objective.logon_p95, "logon p95", LateBy::Logon),
                    (
                        objective.logon_with_human_p95,
                        "logon p95 with the user's share",
                        LateBy::LogonWithHuman,
                    ),
                    (objective.p95, "p95", LateBy::Request),
                ];
                for (goal, what, by) in percentiles {
                    goals.extend(goal.and_then(|_| percentile(name(what), users, by)));
                }
                if let Some(most) = objective.failures {
                    goals.extend(failures(name("failure rate"), all, most));
                }
            }
            _ if silent => goals.extend(mean(name("mean latency"), all)),
            _ => {}
        }
    }
    if slo.cpu.is_some() {
        for row in &result.servers {
            let values = &row.busiest_hour.of_runs;
            goals.extend(relative(format!("busiest hour of {}", row.name), Interval::of_mean(values)));
        }
    }
    if slo.link.is_some() {
        for row in &result.links {
            let values = &row.busiest_hour.of_runs;
            goals.extend(relative(format!("busiest hour of {}", row.name), Interval::of_mean(values)));
        }
    }
    goals
}

/// A goal from its interval; nothing where the figure is zero throughout.
fn relative(name: String, interval: Option<Interval>) -> Option<Goal> {
    let Interval { estimate, half_width } = interval?;
    let relative = match half_width {
        Some(half) if estimate != 0.0 => half / estimate.abs(),
        Some(0.0) => return None,
        _ => f64::INFINITY,
    };
    Some(Goal { name, estimate, relative })
}

fn mean(name: String, all: &[UserReplication]) -> Option<Goal> {
    let sums: Vec<f64> = all.iter().map(|r| r.latency_sum as f64).collect();
    let counts: Vec<f64> = all.iter().map(|r| r.completed as f64).collect();
    relative(name, Interval::of_ratio(&sums, &counts))
}

/// A percentile is refused where a replication's sample is too small for it, and has no
/// finite value where in one of them more requests failed than may be late: neither
/// changes with more replications.
fn percentile(name: String, users: &Users, by: LateBy) -> Option<Goal> {
    let all = &users.replications;
    if all.iter().all(|r| r.requests == 0) {
        return None;
    }
    let values: Option<Vec<f64>> = all.iter().map(|r| r.late_p95[by as usize]).collect();
    let Some(values) = values else {
        return Some(Goal { name, estimate: f64::NAN, relative: f64::INFINITY });
    };
    let finite = values.iter().all(|value| value.is_finite());
    match users.late_p95[by as usize].filter(|_| finite) {
        Some(Percentile { value, half_width, .. }) => {
            relative(name, Some(Interval { estimate: value, half_width }))
        }
        None => Some(Goal { name, estimate: f64::INFINITY, relative: f64::INFINITY }),
    }
}

/// Where no failure was seen, the rate is known well enough once its upper bound
/// is within the objective.
fn failures(name: String, all: &[UserReplication], most: f64) -> Option<Goal> {
    let requests: u64 = all.iter().map(|r| r.requests).sum();
    if requests == 0 {
        return None;
    }
    if all.iter().all(|r| r.failed == 0) {
        let known = upper_bound_of_none(requests).is_some_and(|bound| bound <= most);
        let relative = if known { 0.0 } else { f64::INFINITY };
        return Some(Goal { name, estimate: 0.0, relative });
    }
    let failed: Vec<f64> = all.iter().map(|r| r.failed as f64).collect();
    let requests: Vec<f64> = all.iter().map(|r| r.requests as f64).collect();
    relative(name, Interval::of_ratio(&failed, &requests))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replication(requests: u64, failed: u64, p95: Option<f64>) -> UserReplication {
        UserReplication {
            requests,
            failed,
            completed: requests - failed,
            late_p95: [p95, None, None],
            ..UserReplication::default()
        }
    }

    /// No failure among 3,000: at most 0.1 % at 95 %. Good enough for an objective
    /// of 0.1 %, not for one of 0.01 %.
    #[test]
    fn a_rate_of_none_is_known_by_its_bound() {
        let all = [replication(1500, 0, None), replication(1500, 0, None)];
        let relative = |most| failures("f".into(), &all, most).unwrap().relative;
        assert_eq!(relative(0.001), 0.0);
        assert_eq!(relative(0.0001), f64::INFINITY);
        assert_eq!(failures("f".into(), &[replication(0, 0, None)], 0.1), None);
    }

    /// Users whose percentile over all runs is `value`, known to `half_width`.
    fn users(replications: Vec<UserReplication>, value: f64, half_width: Option<f64>) -> Users {
        let percentile = Percentile { p: 0.95, value, half_width, exceedances: None };
        let late_p95 = [Some(percentile), None, None];
        Users { protocol: None, population: 0, clients: 9, late_p95, felt: [None; 2], replications }
    }

    fn p95(replications: &[UserReplication], value: f64, half_width: Option<f64>) -> Option<Goal> {
        percentile("p95".into(), &users(replications.to_vec(), value, half_width), LateBy::Request)
    }

    #[test]
    fn a_percentile_of_too_small_a_sample_is_never_precise() {
        let all = [replication(500, 0, Some(100.0)), replication(50, 0, None)];
        let goal = p95(&all, 100.0, None).unwrap();
        assert!(goal.relative.is_infinite() && goal.estimate.is_nan());
        assert_eq!(p95(&[replication(0, 0, None); 2], 0.0, None), None);
    }

    /// In one of three replications more than 5 % failed: more of them do not help.
    #[test]
    fn a_percentile_of_those_that_failed_is_infinite() {
        let all = [500, 500, 500].map(|n| replication(n, 0, Some(90.0)));
        let late = [all[0], replication(500, 26, Some(f64::INFINITY)), all[2]];
        let goal = p95(&late, 95.0, None).unwrap();
        assert!(goal.relative == f64::INFINITY && goal.estimate == f64::INFINITY);
        assert_eq!(p95(&all, 90.0, Some(0.0)).unwrap().relative, 0.0);
    }

    /// The statistic is that of all runs together: 104 with a half-width of 13 is 12.5 %.
    #[test]
    fn the_half_width_is_relative_to_the_estimate() {
        let all = [replication(500, 0, Some(90.0)), replication(500, 0, Some(110.0))];
        let goal = p95(&all, 104.0, Some(13.0)).unwrap();
        assert_eq!((goal.estimate, goal.relative), (104.0, 0.125));
    }

    /// A rate of which nothing can be said yet settles with more replications; the
    /// percentile does not, and is why the search ends.
    #[test]
    fn what_ends_the_search_is_the_hardest() {
        let all = [replication(500, 0, Some(100.0)), replication(50, 0, None)];
        let p95 = p95(&all, 100.0, None).unwrap();
        let rate = failures("rate".into(), &all, 0.0001).unwrap();
        assert!(p95.is_hopeless() && !rate.is_hopeless() && rate.relative.is_infinite());
        let wide = Goal { name: "wide".into(), estimate: 1.0, relative: 0.5 };
        let narrow = Goal { name: "narrow".into(), estimate: 1.0, relative: 0.1 };
        let named = |goals: &[&Goal]| hardest(goals.iter().map(|&goal| goal.clone()).collect()).unwrap().name;
        assert_eq!(named(&[&wide, &p95, &rate, &narrow]), "p95");
        assert_eq!(named(&[&rate, &wide]), "rate");
        assert_eq!(named(&[&wide, &narrow]), "wide");
    }

    #[test]
    fn one_replication_says_nothing_and_a_constant_zero_needs_nothing() {
        let one = relative("x".into(), Interval::of_mean(&[3.0])).unwrap();
        assert!(one.relative.is_infinite());
        assert_eq!(relative("x".into(), Interval::of_mean(&[0.0, 0.0])), None);
    }
}
