//! Whether a run met its service level objectives.
//!
//! A goal for a protocol is judged for every population that uses it, not for all
//! users together: an average over a well-served headquarters must not hide a
//! branch office. Entry sites and decisions of one population are pooled. A
//! percentile of too small a sample is not judged. A request that failed counts as
//! later than any that was answered: where 2 % failed, p95 is the slowest but 3 of
//! what all 100 would show, and where more than one in twenty failed there is none. Of
//! fewer than 200 requests so many must have failed that one in twenty cannot be the
//! cause ([`too_many_failed`]). Read
//! [`crate::model::workload::Slo`] for the goals.

use std::collections::BTreeMap;

use super::cells::Cell;
use super::findings::MAY_BE_LATE;
pub use super::findings::{Finding, Measure, Subject};
use super::run::RunResult;
use crate::model::protocol::Protocol;
use crate::model::workload::Slo;
use crate::stats::histogram::Histogram;
use crate::stats::interval::upper_bound_of_none;
use crate::stats::{percentile_with_lost, reliable_percentile, sample_for};

/// Probability at which so many failures among few requests are taken for more than
/// one in twenty.
const BY_CHANCE: f64 = 0.001;

/// Whether `failed` of `requests` is more than one in twenty: by the share where there
/// are enough requests to state a p95; among fewer, where a request that fails one time
/// in twenty would make so many with a probability below 0.1 % (binomial). `None` where
/// too few requests say too little.
#[must_use]
pub fn too_many_failed(requests: u64, failed: u64) -> Option<bool> {
    if requests >= sample_for(1.0 - MAY_BE_LATE) {
        return Some(failed as f64 / requests as f64 > MAY_BE_LATE);
    }
    // P(fewer than `failed`), term by term; (1 - p)^n is no smaller than e^-11 here.
    let odds = MAY_BE_LATE / (1.0 - MAY_BE_LATE);
    let mut term = (0..requests).fold(1.0, |power, _| power * (1.0 - MAY_BE_LATE));
    let mut fewer = 0.0;
    for k in 0..failed {
        fewer += term;
        term *= (requests - k) as f64 / (k + 1) as f64 * odds;
    }
    (1.0 - fewer < BY_CHANCE).then_some(true)
}

/// Every goal with its finding.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Verdict {
    /// By subject, then measure.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Judges `result` by `slo`.
    #[must_use]
    pub fn of(result: &RunResult, slo: &Slo) -> Self {
        let mut findings = Vec::new();
        for (&(protocol, population), users) in &pool(&result.cells) {
            let goals = slo.protocols.iter().filter(|(p, _)| *p == protocol).map(|(_, goals)| goals);
            for goals in goals {
                let rate = (users.requests > 0).then(|| users.failed as f64 / users.requests as f64);
                let late = rate.filter(|_| too_many_failed(users.requests, users.failed) == Some(true));
                let mut judge = |measure, goal: Option<f64>, seen: Option<f64>| {
                    if let Some(goal) = goal {
                        let subject = Subject::Users(protocol, population);
                        let percentile = measure != Measure::Failures;
                        let failed = late.filter(|_| percentile);
                        let late = rate.filter(|_| percentile && failed.is_none()).unwrap_or(0.0);
                        let at_most = (!percentile && users.failed == 0)
                            .then(|| upper_bound_of_none(users.requests))
                            .flatten()
                            .filter(|bound| *bound > goal);
                        findings.push(Finding { subject, measure, goal, seen, failed, late, at_most });
                    }
                };
                let p95 = |histogram| match late {
                    Some(_) => reliable_percentile(histogram, 0.95).map(|ns| ns as f64),
                    None => percentile_with_lost(histogram, 0.95, users.failed, users.requests),
                };
                judge(Measure::LogonP95, goals.logon_p95.map(|g| g.0 as f64), p95(&users.logon));
                judge(Measure::P95, goals.p95.map(|g| g.0 as f64), p95(&users.latency));
                judge(Measure::Failures, goals.failures, rate);
            }
        }
        let utilisation = |subject, goal: f64, seen| Finding {
            subject,
            measure: Measure::Utilisation,
            goal,
            seen: Some(seen),
            failed: None,
            late: 0.0,
            at_most: None,
        };
        if let Some(goal) = slo.cpu {
            findings.extend(
                (0..)
                    .zip(&result.servers)
                    .map(|(i, row)| utilisation(Subject::Servers(i), goal, row.utilisation_mean)),
            );
        }
        if let Some(goal) = slo.link {
            findings.extend(
                (0..)
                    .zip(&result.links)
                    .map(|(i, row)| utilisation(Subject::Link(i), goal, row.utilisation_mean)),
            );
        }
        Self { findings }
    }

    /// Whether no goal was missed.
    #[must_use]
    pub fn is_met(&self) -> bool {
        !self.findings.iter().any(Finding::is_missed)
    }

    /// The goals that were missed, the farthest first.
    #[must_use]
    pub fn missed(&self) -> Vec<Finding> {
        let mut missed: Vec<Finding> = self.findings.iter().copied().filter(Finding::is_missed).collect();
        missed.sort_by(|a, b| b.excess().total_cmp(&a.excess()));
        missed
    }

    /// The findings for the users of a protocol in a population.
    pub fn for_users(&self, protocol: Option<Protocol>, population: u32) -> impl Iterator<Item = &Finding> {
        let subject = protocol.map(|protocol| Subject::Users(protocol, population));
        self.findings.iter().filter(move |finding| Some(finding.subject) == subject)
    }
}

/// What the cells of one protocol and population add up to.
#[derive(Default)]
struct Users {
    latency: Histogram,
    logon: Histogram,
    requests: u64,
    failed: u64,
}

fn pool(cells: &[Cell]) -> BTreeMap<(Protocol, u32), Users> {
    let mut pools: BTreeMap<(Protocol, u32), Users> = BTreeMap::new();
    for cell in cells {
        let Some(protocol) = cell.key.protocol else { continue };
        let pool = pools.entry((protocol, cell.key.population)).or_default();
        pool.latency.merge(&cell.latency);
        pool.logon.merge(&cell.logon);
        pool.requests += cell.counts.requests;
        pool.failed += cell.counts.failed;
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimSpan;
    use crate::model::workload::Objective;
    use crate::output::sample;

    fn measured(verdict: &Verdict, measure: Measure) -> Vec<Option<f64>> {
        verdict.findings.iter().filter(|f| f.measure == measure).map(|f| f.seen).collect()
    }

    /// HQ has 2 failures in 202 requests, the branch none in 200: only HQ misses 0.1 %.
    #[test]
    fn populations_are_judged_apart() {
        let verdict = Verdict::of(&sample::small(), &sample::slo());
        assert!(!verdict.is_met());
        assert_eq!(measured(&verdict, Measure::Failures), [Some(2.0 / 202.0), Some(0.0)]);
        let missed: Vec<Subject> = verdict.missed().iter().map(|finding| finding.subject).collect();
        assert_eq!(missed, [Subject::Users(Protocol::Owa, 0), Subject::Servers(0)], "the farthest first");
        assert_eq!(verdict.for_users(Some(Protocol::Owa), 1).count(), 3);
        assert_eq!(verdict.for_users(None, 0).count(), 0);
    }

    /// POP has two requests, and none that completed: its latency is not judged, its
    /// failures are.
    #[test]
    fn too_small_a_sample_is_not_judged() {
        let goals = Objective { p95: Some(SimSpan(1)), failures: Some(1.0), ..Objective::default() };
        let slo = Slo { protocols: vec![(Protocol::Pop, goals)], ..Slo::default() };
        let mut result = sample::small();
        let pop = result.cells.iter_mut().find(|cell| cell.key.protocol == Some(Protocol::Pop)).unwrap();
        (pop.counts.requests, pop.counts.failed) = (2, 2);
        let verdict = Verdict::of(&result, &slo);
        assert_eq!(measured(&verdict, Measure::P95), [None]);
        assert_eq!(measured(&verdict, Measure::Failures), [Some(1.0)]);
        assert!(verdict.is_met(), "a rate equal to the goal meets it");
        assert!(Verdict::of(&sample::small(), &Slo::default()).findings.is_empty());
    }

    /// Of 400 requests of a population 20 may fail, not 21, whatever those that are
    /// answered take: one in twenty may be late.
    #[test]
    fn a_failed_request_is_late() {
        let goals = Objective {
            logon_p95: Some(SimSpan(u64::MAX)),
            p95: Some(SimSpan(u64::MAX)),
            failures: Some(1.0),
            ..Objective::default()
        };
        let slo = Slo { protocols: vec![(Protocol::Owa, goals)], ..Slo::default() };
        let missed = |requests, failed| {
            let mut result = sample::small();
            result.cells.truncate(1);
            result.cells[0].counts.requests = requests;
            result.cells[0].counts.failed = failed;
            let missed = Verdict::of(&result, &slo).missed();
            missed.iter().map(|finding| (finding.measure, finding.failed)).collect::<Vec<_>>()
        };
        assert_eq!(missed(400, 20), []);
        let share = Some(21.0 / 400.0);
        assert_eq!(missed(400, 21), [(Measure::LogonP95, share), (Measure::P95, share)]);
        // Of fewer than 200, what one in twenty hardly makes: P(20 or more of 199) is
        // 0.26 %, of 21 0.11 %, of 22 0.05 %; all of two 0.25 %, of three 0.0125 %.
        assert_eq!((missed(199, 21), missed(199, 22).len()), (vec![], 2));
        assert_eq!((missed(2, 2), missed(3, 3).len()), (vec![], 2));
        assert_eq!(missed(200, 200).len(), 2);

        // None was answered: judged all the same, 20 times as many late as may be.
        let mut result = sample::small();
        result.cells.truncate(1);
        result.cells[0].latency = Histogram::default();
        result.cells[0].counts.failed = result.cells[0].counts.requests;
        let verdict = Verdict::of(&result, &slo);
        let p95 = verdict.findings.iter().find(|finding| finding.measure == Measure::P95).unwrap();
        assert!(p95.is_judged() && p95.is_missed() && p95.seen.is_none());
        assert_eq!(p95.excess(), 20.0);
    }

    /// None of 200 failed: that shows at most 1 - 0.05^(1/200) = 1.487 %, enough for a
    /// goal of 2 %, not for one of 0.1 %, which is met all the same.
    #[test]
    fn a_rate_of_none_is_met_and_may_be_too_small_a_sample() {
        let at_most = |goal| {
            let goals = Objective { failures: Some(goal), ..Objective::default() };
            let slo = Slo { protocols: vec![(Protocol::Owa, goals)], ..Slo::default() };
            let mut result = sample::small();
            result.cells.truncate(1);
            (result.cells[0].counts.requests, result.cells[0].counts.failed) = (200, 0);
            let verdict = Verdict::of(&result, &slo);
            assert!(verdict.is_met() && verdict.findings[0].is_judged());
            verdict.findings[0].at_most
        };
        assert_eq!(at_most(0.02), None);
        assert!((at_most(0.001).unwrap() - 0.014_867).abs() < 1e-5, "{:?}", at_most(0.001));
    }

    /// Up to 5 % that failed push the percentile outwards: of values 1 to 384 of 400
    /// requests (16 failed, 4 %) the 380th of 400 is judged, not the 365th of 384.
    #[test]
    fn a_few_failures_make_the_percentile_later() {
        let goals = Objective { p95: Some(SimSpan(370)), ..Objective::default() };
        let slo = Slo { protocols: vec![(Protocol::Owa, goals)], ..Slo::default() };
        let mut result = sample::small();
        result.cells.truncate(1);
        result.cells[0].latency = Histogram::default();
        (1..=384).for_each(|ns| result.cells[0].latency.record(ns));
        result.cells[0].counts.requests = 400;
        result.cells[0].counts.failed = 16;
        let verdict = Verdict::of(&result, &slo);
        let finding = verdict.findings[0];
        assert_eq!((finding.seen, finding.failed, finding.late), (Some(380.0), None, 0.04));
        assert!(finding.is_missed());
    }

    /// A population that reaches two entry sites is one group of users.
    #[test]
    fn cells_of_a_population_are_pooled() {
        let mut result = sample::small();
        result.cells[1].key.population = 0;
        let verdict = Verdict::of(&result, &sample::slo());
        assert_eq!(measured(&verdict, Measure::Failures), [Some(2.0 / 402.0)]);
    }
}
