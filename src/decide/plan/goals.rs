//! What the runs of a candidate in a case say of each goal, at both edges of its zone.
//!
//! The goals are those of the case's scenario, and they are measured as everywhere
//! ([`crate::results::objectives`]); only the question differs: not whether a goal is shown to be
//! met, but on which side of its zone a candidate lies ([`crate::stats::feasibility`]).

use super::search::Stand;
use crate::model::workload::{Slo, Zone};
use crate::results::objectives::{Finding, MAY_BE_LATE, Measure, Subject, Verdict};
use crate::results::{LateBy, RunResult, UserReplication, Users};
use crate::stats::feasibility::{Answer, Critical, Edge, Judgement, Looks, Sample, judge};
use crate::stats::interval::LEVEL;
use crate::stats::late::Share;
use crate::stats::sample_for;
use crate::stats::verdict::look_level;

/// For whom one may err: the families over which the error is divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Family {
    /// Candidates that no bound refuses: any may be accepted wrongly.
    pub candidates: u64,
    /// Cases: in any, each goal may refuse wrongly.
    pub cases: u64,
}

/// A goal of a candidate in a case.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Judged {
    /// The goal and what was seen, with the interval of this look.
    pub finding: Finding,
    /// On which side of the zone it lies.
    pub judgement: Judgement,
}

/// Every goal of `slo` that `result` speaks of, judged at the look with as many runs as it has.
#[must_use]
pub fn judged(result: &RunResult, slo: &Slo, zone: Zone, looks: Looks, family: Family) -> Vec<Judged> {
    let runs = result.replications;
    let level = look_level(looks.before(runs), runs, looks.most());
    let findings = findings(result, slo, level);
    let goals = (findings.len() as u64).saturating_mul(family.cases);
    let critical = Critical::at(looks, runs, family.candidates, goals);
    let one = |finding: Finding| {
        let sample = sample(result, &finding, zone)?;
        Some(Judged { finding, judgement: judge(&sample, &critical) })
    };
    findings.into_iter().filter_map(one).collect()
}

/// What each run says of every goal of `slo` that `result` speaks of, at both edges of its zone.
#[must_use]
pub fn samples(result: &RunResult, slo: &Slo, zone: Zone) -> Vec<(Finding, Sample)> {
    let all = findings(result, slo, LEVEL).into_iter();
    all.filter_map(|finding| sample(result, &finding, zone).map(|sample| (finding, sample))).collect()
}

fn findings(result: &RunResult, slo: &Slo, level: f64) -> Vec<Finding> {
    let users = result.users.iter().flat_map(|users| Verdict::of_users(users, slo, level, result.window));
    let mut findings: Vec<Finding> = users.collect();
    findings.extend(Verdict::of_resources(result, slo, level));
    findings
}

/// What all goals of a case say of a candidate. Those of which too little is known, and will be, refuse
/// nobody; who shows the answer tells them.
#[must_use]
pub fn stand(judged: &[Judged]) -> Stand {
    let answers = || judged.iter().map(|goal| goal.judgement.answer);
    if answers().any(|answer| answer == Answer::Refused) {
        return Stand::Refused;
    }
    if answers().all(|answer| matches!(answer, Answer::Accepted | Answer::Unjudged)) {
        return Stand::Accepted;
    }
    let open = judged.iter().filter(|goal| goal.judgement.answer == Answer::Open);
    Stand::Open(open.into_iter().all(|goal| goal.judgement.holds))
}

/// What each run says of a goal; `None` where there is nobody and nothing that it is about.
fn sample(result: &RunResult, finding: &Finding, zone: Zone) -> Option<Sample> {
    let goal = finding.goal;
    match finding.subject {
        Subject::Users(protocol, population) => {
            let own = |users: &&Users| (users.protocol, users.population) == (Some(protocol), population);
            of_users(result.users.iter().find(own)?, finding.measure, goal, result)
        }
        Subject::Servers(at) => {
            let row = result.servers.get(at as usize)?;
            let runs = match finding.measure {
                Measure::MeanUtilisation => row.replications.iter().map(|run| run.utilisation).collect(),
                _ => row.judged_hour().of_runs.clone(),
            };
            Some(of_use(goal, zone, runs))
        }
        Subject::Link(at) => {
            let row = result.links.get(at as usize)?;
            let runs = match finding.measure {
                Measure::MeanUtilisation => row.replications.iter().map(|run| run.utilisation).collect(),
                _ => row.busiest_hour.of_runs.clone(),
            };
            Some(of_use(goal, zone, runs))
        }
    }
}

fn of_use(goal: f64, zone: Zone, runs: Vec<f64>) -> Sample {
    Sample::Values { upper: goal, lower: goal * (1.0 - 2.0 * zone.half()), runs }
}

fn of_users(users: &Users, measure: Measure, goal: f64, result: &RunResult) -> Option<Sample> {
    let fewest = sample_for(1.0 - MAY_BE_LATE);
    let edge = |allowed: f64, of: &dyn Fn(&UserReplication) -> (u64, u64)| {
        let share = |run| {
            let (events, trials) = of(run);
            Share { events, trials }
        };
        Edge { allowed, runs: users.replications.iter().map(share).collect() }
    };
    let late = |by: LateBy| Sample::Counts {
        upper: edge(MAY_BE_LATE, &|run| (run.late[by as usize], run.tried(by).1)),
        lower: edge(MAY_BE_LATE, &|run| (run.late_by_lower_edge[by as usize], run.tried(by).1)),
        fewest,
    };
    match measure {
        Measure::P95 => Some(late(LateBy::Request)),
        Measure::LogonP95 => Some(late(LateBy::Logon)),
        Measure::LogonWithHumanP95 => Some(late(LateBy::LogonWithHuman)),
        Measure::Failures => {
            let failed = |run: &UserReplication| (run.failed, run.requests);
            Some(Sample::Counts { upper: edge(goal, &failed), lower: edge(goal / 2.0, &failed), fewest })
        }
        Measure::Availability => {
            let had = users.clients as f64 * result.window.0 as f64;
            let share = |run: &UserReplication| if had > 0.0 { run.lost as f64 / had } else { 0.0 };
            Some(Sample::Times {
                allowed: 1.0 - goal,
                lower: (1.0 - goal) / 2.0,
                runs: users.replications.iter().map(share).collect(),
                trials: users.replications.iter().map(|run| run.requests).collect(),
                fewest,
            })
        }
        Measure::Utilisation | Measure::MeanUtilisation => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimSpan;
    use crate::model::protocol::Protocol;
    use crate::model::workload::Objective;
    use crate::output::sample;

    const FAMILY: Family = Family { candidates: 1, cases: 1 };

    /// Ten runs of 2,000 requests each, of which so many were late by the goal, by the lower edge, and failed.
    fn judged_of(requests: u64, late: u64, by_lower_edge: u64, failed: u64, slo: &Slo) -> Vec<Judged> {
        let mut result = sample::small();
        result.replications = 10;
        result.users.truncate(1);
        result.users[0].clients = 10;
        let run = |run: u64| UserReplication {
            requests,
            failed,
            late: [late + run % 2; 3],
            late_by_lower_edge: [by_lower_edge + run % 2; 3],
            lost: u128::from(result.window.0) * u128::from(failed) / 100,
            ..UserReplication::default()
        };
        result.users[0].replications = (0..10).map(run).collect();
        result.servers[0].busiest_hour.of_runs =
            (0..10).map(|run| 0.60 + 0.01 * f64::from(run % 2)).collect();
        judged(&result, slo, Zone::of(0.05).unwrap(), Looks::USUAL, FAMILY)
    }

    fn slo(goals: Objective) -> Slo {
        Slo { protocols: vec![(Protocol::Owa, goals)], ..Slo::default() }
    }

    fn p95() -> Slo {
        slo(Objective { p95: Some(SimSpan::from_secs(2)), ..Objective::default() })
    }

    /// 1 % late by either edge: kept. Late by the lower edge alone: refused. In between: open. Of one
    /// request a run nothing will be known, and nobody is refused for it.
    #[test]
    fn a_percentile_is_asked_at_both_edges() {
        let of = |requests, late, lower| {
            let judged = judged_of(requests, late, lower, 0, &p95());
            assert_eq!(judged.len(), 1);
            (judged[0].judgement.answer, stand(&judged))
        };
        assert_eq!(of(2_000, 20, 30), (Answer::Accepted, Stand::Accepted));
        assert_eq!(of(2_000, 30, 150), (Answer::Accepted, Stand::Accepted), "both edges say so; by value");
        assert_eq!(of(2_000, 90, 150), (Answer::Refused, Stand::Refused));
        assert_eq!(of(2_000, 94, 104), (Answer::Open, Stand::Open(true)));
        assert_eq!(of(2_000, 99, 109), (Answer::Open, Stand::Open(false)));
        assert_eq!(of(1, 0, 0), (Answer::Unjudged, Stand::Accepted));
    }

    /// 1 % may fail, zone from 0.5 %; 1 % of the users' time may be lost, and each failure is a hundredth of one
    /// user's window, a thousandth of all.
    #[test]
    fn failures_and_lost_time_have_half_of_what_is_allowed_for_a_lower_edge() {
        let failures = slo(Objective { failures: Some(0.01), ..Objective::default() });
        let time = slo(Objective { availability: Some(0.99), ..Objective::default() });
        let of = |slo: &Slo, failed| stand(&judged_of(20_000, failed, failed, failed, slo));
        assert_eq!(
            [40, 150, 300].map(|failed| of(&failures, failed)),
            [Stand::Accepted, Stand::Accepted, Stand::Refused]
        );
        assert_eq!([2, 20].map(|failed| of(&time, failed)), [Stand::Accepted, Stand::Refused]);
    }

    /// Cores are used by 60 and 61 % in turn: half of the ten runs each, 0.00527 between runs.
    #[test]
    fn the_use_of_cores_is_a_value() {
        let of = |goal| {
            let judged = judged_of(2_000, 0, 0, 0, &Slo { cpu: Some(goal), ..Slo::default() });
            let own = judged.iter().find(|goal| goal.finding.subject == Subject::Servers(0)).unwrap();
            (own.judgement.answer, own.judgement.value)
        };
        let (answer, value) = of(0.7);
        assert!(answer == Answer::Accepted && (value - 0.605).abs() < 1e-9, "{answer:?} {value}");
        assert_eq!(
            (of(0.5).0, of(0.605).0, of(0.66).0),
            (Answer::Refused, Answer::Refused, Answer::Accepted)
        );
    }
}
