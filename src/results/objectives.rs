//! Whether a run met its service level objectives.
//!
//! A goal for a protocol is judged for every population that uses it, not for all
//! users together: an average over a well-served headquarters must not hide a
//! branch office. Entry sites and decisions of one population are one group of users. A
//! percentile is judged by the share of requests that is late: longer than the goal, or
//! failed, counted in every run ([`crate::stats::verdict`] has the rules). Requests held
//! open are no part of it. Cores and links are judged in their busiest hour. Read
//! [`crate::model::workload::Slo`] for the goals.

use super::busiest::Busiest;
use super::cells::{LateBy, UserReplication, Users};
pub use super::findings::{Finding, MAY_BE_LATE, Measure, Reason, Subject};
use super::run::RunResult;
use crate::kernel::SimSpan;
use crate::model::protocol::Protocol;
use crate::model::workload::{Objective, Slo};
use crate::stats::interval::{Interval, LEVEL};
use crate::stats::late::{Share, late_share};
use crate::stats::sample_for;
use crate::stats::verdict::{Word, look_level, of_failures, of_percentile, of_value};

/// Every goal with its finding.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Verdict {
    /// By protocol and population, then server groups, then links.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Judges `result` by `slo`.
    #[must_use]
    pub fn of(result: &RunResult, slo: &Slo) -> Self {
        let judge = Judge::of(result);
        let mut findings = Vec::new();
        for users in &result.users {
            let Some(protocol) = users.protocol else { continue };
            let goals = slo.protocols.iter().filter(|(p, _)| *p == protocol);
            goals.for_each(|(_, goals)| judge.users(protocol, users, goals, &mut findings));
        }
        judge.resources(result, slo, &mut findings);
        Self { findings }
    }

    /// Judges these users alone, at confidence `level`, in a window of this length.
    #[must_use]
    pub fn of_users(users: &Users, slo: &Slo, level: f64, window: SimSpan) -> Vec<Finding> {
        let judge = Judge { level, window };
        let mut findings = Vec::new();
        let goals = slo.protocols.iter().filter(|(protocol, _)| Some(*protocol) == users.protocol);
        goals.for_each(|(protocol, goals)| judge.users(*protocol, users, goals, &mut findings));
        findings
    }

    /// Judges the servers and links of `result` alone, at confidence `level`.
    #[must_use]
    pub fn of_resources(result: &RunResult, slo: &Slo, level: f64) -> Vec<Finding> {
        let mut findings = Vec::new();
        Judge { level, window: result.window }.resources(result, slo, &mut findings);
        findings
    }

    /// Whether no goal was missed.
    #[must_use]
    pub fn is_met(&self) -> bool {
        !self.findings.iter().any(Finding::is_missed)
    }

    /// Whether every goal was met: none is missed, open or unjudged.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.findings.iter().all(|finding| finding.verdict == Word::Met)
    }

    /// The goals with one of these verdicts, the farthest first.
    #[must_use]
    pub fn with(&self, words: &[Word]) -> Vec<Finding> {
        let mut found: Vec<Finding> =
            self.findings.iter().copied().filter(|finding| words.contains(&finding.verdict)).collect();
        found.sort_by(|a, b| b.excess().total_cmp(&a.excess()));
        found
    }

    /// The goals that were missed, the farthest first.
    #[must_use]
    pub fn missed(&self) -> Vec<Finding> {
        self.with(&[Word::Missed, Word::Never])
    }

    /// The findings for the users of a protocol in a population.
    pub fn for_users(&self, protocol: Option<Protocol>, population: u32) -> impl Iterator<Item = &Finding> {
        let subject = protocol.map(|protocol| Subject::Users(protocol, population));
        self.findings.iter().filter(move |finding| Some(finding.subject) == subject)
    }
}

/// How intervals are judged.
struct Judge {
    /// Confidence of every interval: of one that was looked at before, higher.
    level: f64,
    window: SimSpan,
}

impl Judge {
    fn of(result: &RunResult) -> Self {
        let level = result
            .precision
            .as_ref()
            .map_or(LEVEL, |reached| look_level(reached.looked_before, reached.replications, reached.limit));
        Self { level, window: result.window }
    }

    fn resources(&self, result: &RunResult, slo: &Slo, findings: &mut Vec<Finding>) {
        let servers = || (0..).map(Subject::Servers).zip(&result.servers);
        let links = || (0..).map(Subject::Link).zip(&result.links);
        let mean = |of: Vec<f64>| Interval::of_mean_at(self.level, &of);
        for (subject, row) in servers() {
            self.resource(subject, (slo.cpu, slo.cpu_mean), row.judged_hour(), findings, || {
                mean(row.replications.iter().map(|r| r.utilisation).collect())
            });
        }
        for (subject, row) in links() {
            self.resource(subject, (slo.link, slo.link_mean), &row.busiest_hour, findings, || {
                mean(row.replications.iter().map(|r| r.utilisation).collect())
            });
        }
    }

    fn users(&self, protocol: Protocol, users: &Users, goals: &Objective, findings: &mut Vec<Finding>) {
        let subject = Subject::Users(protocol, users.population);
        let percentiles = [
            (Measure::LogonP95, goals.logon_p95, LateBy::Logon),
            (Measure::LogonWithHumanP95, goals.logon_with_human_p95, LateBy::LogonWithHuman),
            (Measure::P95, goals.p95, LateBy::Request),
        ];
        for (measure, goal, by) in percentiles {
            findings.extend(goal.map(|goal| self.percentile(subject, measure, goal, by, users)));
        }
        findings.extend(goals.failures.map(|goal| self.failures(subject, goal, users)));
        findings.extend(goals.availability.map(|goal| self.availability(subject, goal, users)));
    }

    fn percentile(
        &self,
        subject: Subject,
        measure: Measure,
        goal: SimSpan,
        by: LateBy,
        users: &Users,
    ) -> Finding {
        let failed = shares(users, |r| r.tried(by));
        let late = shares(users, |r| (r.late[by as usize], r.tried(by).1));
        let least = sample_for(1.0 - MAY_BE_LATE);
        let verdict = of_percentile(self.level, MAY_BE_LATE, least, &late, &failed);
        let (failures, requests) = total(&failed);
        let share = late_share(self.level, MAY_BE_LATE, &late);
        let percentile = users.late_p95[by as usize].filter(|percentile| percentile.value.is_finite());
        let rough = share.filter(|share| of_value(MAY_BE_LATE, share) != Word::Open);
        let reason = match verdict {
            Word::Open if rough.is_some() => Reason::Rough,
            _ => Reason::of(verdict, late.len() < 2),
        };
        Finding {
            seen: percentile.map(|percentile| percentile.value).filter(|_| verdict != Word::Never),
            half_width: percentile.and_then(|percentile| percentile.half_width),
            late: share.map(|share| share.estimate),
            late_half_width: share.and_then(|share| share.half_width),
            failed: (requests > 0).then(|| failures as f64 / requests as f64),
            requests,
            exceedances: percentile.and_then(|percentile| percentile.exceedances),
            verdict,
            reason,
            ..Finding::of_value(subject, measure, goal.0 as f64, None)
        }
    }

    fn failures(&self, subject: Subject, goal: f64, users: &Users) -> Finding {
        let failed = shares(users, |r| (r.failed, r.requests));
        let (failures, requests) = total(&failed);
        let least = sample_for(1.0 - MAY_BE_LATE);
        let (verdict, at_most) = of_failures(self.level, goal, least, &failed);
        let rate = ratio(self.level, &failed);
        let reason = match verdict {
            Word::Met if failures == 0 => Reason::NoneFailed,
            _ => Reason::of(verdict, failed.len() < 2),
        };
        Finding {
            seen: rate.map(|rate| rate.estimate),
            half_width: rate.and_then(|rate| rate.half_width),
            failed: rate.map(|rate| rate.estimate),
            requests,
            at_most,
            verdict,
            reason,
            ..Finding::of_value(subject, Measure::Failures, goal, None)
        }
    }

    /// Judged by the share of the users' time that is lost, against that which may be.
    fn availability(&self, subject: Subject, goal: f64, users: &Users) -> Finding {
        let had = users.clients as f64 * self.window.0 as f64;
        let lost: Vec<f64> = users.replications.iter().map(|r| r.lost as f64).collect();
        let runs = lost.len() as f64;
        let share = Interval::of_ratio_at(self.level, &lost, &vec![had; lost.len()]);
        let verdict = share.as_ref().map_or(Word::Unjudged, |share| of_value(1.0 - goal, share));
        let (failures, requests) = total(&shares(users, |r| (r.failed, r.requests)));
        Finding {
            seen: share.map(|share| 1.0 - share.estimate),
            half_width: share.and_then(|share| share.half_width),
            failed: (requests > 0).then(|| failures as f64 / requests as f64),
            requests,
            user_time: Some((lost.iter().sum(), had * runs)),
            verdict,
            reason: Reason::of(verdict, lost.len() < 2),
            ..Finding::of_value(subject, Measure::Availability, goal, None)
        }
    }

    /// Goals on the use of cores or of a link, in the busiest hour and over the window.
    fn resource(
        &self,
        subject: Subject,
        (busiest, mean): (Option<f64>, Option<f64>),
        hour: &Busiest,
        findings: &mut Vec<Finding>,
        of_window: impl FnOnce() -> Option<Interval>,
    ) {
        if let Some(goal) = busiest {
            let value = Interval::of_mean_at(self.level, &hour.of_runs);
            findings.push(Finding::of_value(subject, Measure::Utilisation, goal, value));
        }
        if let Some(goal) = mean {
            findings.push(Finding::of_value(subject, Measure::MeanUtilisation, goal, of_window()));
        }
    }
}

fn shares(users: &Users, of: impl Fn(&UserReplication) -> (u64, u64)) -> Vec<Share> {
    users
        .replications
        .iter()
        .map(|replication| {
            let (events, trials) = of(replication);
            Share { events, trials }
        })
        .collect()
}

fn total(shares: &[Share]) -> (u64, u64) {
    shares.iter().fold((0, 0), |(events, trials), share| (events + share.events, trials + share.trials))
}

fn ratio(level: f64, shares: &[Share]) -> Option<Interval> {
    let column = |of: fn(&Share) -> u64| shares.iter().map(|share| of(share) as f64).collect::<Vec<_>>();
    Interval::of_ratio_at(level, &column(|share| share.events), &column(|share| share.trials))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;
    use crate::results::Percentile;

    /// A run of so many requests, of which so many failed and so many were late (those that
    /// failed among them).
    fn run(requests: u64, failed: u64, late: u64) -> UserReplication {
        UserReplication {
            requests,
            failed,
            completed: requests - failed,
            late: [late; 3],
            logons: requests,
            failed_logons: failed,
            ..UserReplication::default()
        }
    }

    fn users(population: u32, replications: Vec<UserReplication>) -> Users {
        let seconds = Percentile { p: 0.95, value: 1e9, half_width: None, exceedances: None };
        let late_p95 = [Some(seconds); 3];
        Users {
            protocol: Some(Protocol::Owa),
            population,
            clients: 10,
            late_p95,
            felt: [None; 2],
            replications,
        }
    }

    fn judged(goals: &Objective, replications: Vec<UserReplication>) -> Vec<Finding> {
        let slo = Slo { protocols: vec![(Protocol::Owa, goals.clone())], ..Slo::default() };
        let mut result = sample::small();
        result.users = vec![users(0, replications)];
        Verdict::of(&result, &slo).findings
    }

    fn p95() -> Objective {
        Objective { p95: Some(SimSpan::from_secs(2)), ..Objective::default() }
    }

    fn word(goals: &Objective, replications: Vec<UserReplication>) -> (Word, Reason) {
        let findings = judged(goals, replications);
        assert_eq!(findings.len(), 1);
        (findings[0].verdict, findings[0].reason)
    }

    /// Of 400 requests of a population 20 may be late, not 21; those that failed are late, and
    /// where more than 20 failed there is no 95th percentile.
    #[test]
    fn one_run_is_judged_by_its_value() {
        assert_eq!(word(&p95(), vec![run(400, 0, 20)]), (Word::Met, Reason::OneRun));
        assert_eq!(word(&p95(), vec![run(400, 0, 21)]), (Word::Missed, Reason::OneRun));
        assert_eq!(word(&p95(), vec![run(400, 20, 20)]), (Word::Met, Reason::OneRun));
        let never = judged(&p95(), vec![run(400, 21, 21)]);
        assert_eq!((never[0].verdict, never[0].reason), (Word::Never, Reason::TooManyFailed));
        assert_eq!((never[0].seen, never[0].failed), (None, Some(21.0 / 400.0)));
        assert!(never[0].is_missed() && (never[0].excess() - 1.05).abs() < 1e-12);
        assert_eq!(word(&p95(), vec![run(199, 21, 21)]), (Word::Unjudged, Reason::TooFew));
        assert_eq!(word(&p95(), vec![run(199, 22, 22)]).0, Word::Never);
    }

    /// Five runs of 10,000 with 3 %, 5 % and 7 % late.
    #[test]
    fn several_runs_are_judged_by_their_interval() {
        let of = |late: [u64; 5]| word(&p95(), late.map(|late| run(10_000, 0, late)).to_vec());
        assert_eq!(of([300, 310, 290, 305, 295]), (Word::Met, Reason::Clear));
        assert_eq!(of([700, 710, 690, 705, 695]), (Word::Missed, Reason::Clear));
        assert_eq!(of([500, 520, 480, 505, 495]), (Word::Open, Reason::HoldsTheGoal));
        // All in one run: 250 of 10,000 on the average, and worth one run.
        assert_eq!(of([0, 0, 0, 0, 800]).0, Word::Open);
    }

    /// A branch is judged beside its headquarters, each by its own.
    #[test]
    fn populations_are_judged_apart() {
        let slo = Slo { protocols: vec![(Protocol::Owa, p95())], ..Slo::default() };
        let mut result = sample::small();
        result.users = vec![users(0, vec![run(90_000, 0, 0)]), users(1, vec![run(400, 0, 300)])];
        let verdict = Verdict::of(&result, &slo);
        let missed: Vec<Subject> = verdict.missed().iter().map(|finding| finding.subject).collect();
        assert_eq!(missed, [Subject::Users(Protocol::Owa, 1)]);
        assert_eq!(verdict.for_users(Some(Protocol::Owa), 0).count(), 1);
        assert_eq!(
            (verdict.for_users(None, 0).count(), verdict.is_met(), verdict.is_shown()),
            (0, false, false)
        );
        assert!(Verdict::of(&result, &Slo::default()).findings.is_empty());
    }

    /// None of 200 failed: at most 1 - 0.05^(1/200) = 1.487 %, and met.
    #[test]
    fn no_failure_meets_a_goal_and_tells_its_bound() {
        let goals = Objective { failures: Some(0.001), ..Objective::default() };
        let finding = judged(&goals, vec![run(200, 0, 0)])[0];
        assert_eq!((finding.verdict, finding.reason), (Word::Met, Reason::NoneFailed));
        assert!((finding.at_most.unwrap() - 0.014_867).abs() < 1e-5);
        assert_eq!(word(&goals, vec![run(10_000, 10, 10)]).0, Word::Met);
        assert_eq!(word(&goals, vec![run(10_000, 11, 11)]).0, Word::Missed);
        let of_two = vec![run(10_000, 5, 5), run(10_000, 16, 16)];
        assert_eq!(word(&goals, of_two), (Word::Open, Reason::HoldsTheGoal));
    }

    /// Ten users of the sample's window lose one, then two hundredths of their time: 99 % and
    /// 98 %, in the mean 98.5 % with a half-width of t(0.975, 1) times 0.5 % = 6.35 %.
    #[test]
    fn availability_is_judged_on_the_users_time() {
        let window = sample::small().window.0;
        let lost = |hundredths: u64| UserReplication {
            lost: u128::from(window) * 10 * u128::from(hundredths) / 100,
            ..run(400, 4, 4)
        };
        let of = |goal, runs: &[u64]| {
            let goals = Objective { availability: Some(goal), ..Objective::default() };
            judged(&goals, runs.iter().map(|&hundredths| lost(hundredths)).collect())[0]
        };
        assert_eq!(of(0.99, &[1]).verdict, Word::Met);
        assert_eq!(of(0.991, &[1]).verdict, Word::Missed);
        assert!((of(0.98, &[4]).excess() - 2.0).abs() < 1e-9);
        let two = of(0.985, &[1, 2]);
        assert_eq!(two.verdict, Word::Open);
        assert!(
            (two.seen.unwrap() - 0.985).abs() < 1e-9 && (two.half_width.unwrap() - 0.063_53).abs() < 1e-4
        );
        let (lost, had) = two.user_time.unwrap();
        assert!((had - 20.0 * window as f64).abs() < 1.0 && (lost / had - 0.015).abs() < 1e-9);
    }

    /// The busiest hour decides; the mean only where its goal is stated.
    #[test]
    fn cores_are_judged_in_their_busiest_hour() {
        let mut result = sample::small();
        result.servers[0].busiest_hour.of_runs = vec![0.84, 0.86];
        result.servers[0].busiest_hour.mean = 0.85;
        let verdict = |slo: Slo| Verdict::of(&result, &slo).findings[0];
        let busiest = verdict(Slo { cpu: Some(0.5), ..Slo::default() });
        assert_eq!((busiest.measure, busiest.verdict), (Measure::Utilisation, Word::Missed));
        assert!((busiest.seen.unwrap() - 0.85).abs() < 1e-12);
        let mean = verdict(Slo { cpu_mean: Some(0.99), ..Slo::default() });
        assert_eq!((mean.measure, mean.verdict), (Measure::MeanUtilisation, Word::Met));
    }

    /// A search for precision looked at 10 runs, then at 20 of 160: the second interval has a
    /// sixteenth of 5 %, and holds what one of 95 % would not.
    #[test]
    fn an_interval_that_was_looked_at_before_is_wider() {
        let slo = Slo { protocols: vec![(Protocol::Owa, p95())], ..Slo::default() };
        let mut result = sample::small();
        let late = |n: u64| run(10_000, 0, 470 + 40 * (n % 2));
        result.users = vec![users(0, (0..20).map(late).collect())];
        assert_eq!(Verdict::of(&result, &slo).findings[0].verdict, Word::Met);
        let mut reached = sample::reached();
        (reached.looked_before, reached.replications, reached.limit) = (10, 20, 160);
        result.precision = Some(reached);
        assert_eq!(Verdict::of(&result, &slo).findings[0].verdict, Word::Open);
    }
}
