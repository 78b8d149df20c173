//! What is compared, read off a result: a value over all runs, and that of each run, from one
//! statistic.

use crate::model::workload::Slo;
use crate::results::compared::{Measure, Metric};
use crate::results::objectives::{Finding, Verdict};
use crate::results::{Cell, CellReplication, LateBy, Percentile, RunResult, UserReplication, Users};
use crate::stats::verdict::Word;

/// A value over all runs and by run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Measured {
    /// Over all runs; `None` where too little was seen, or where more failed than a percentile
    /// leaves over.
    pub value: Option<f64>,
    /// By run, in order.
    pub runs: Vec<Option<f64>>,
    /// Its interval is not to be trusted.
    pub rough: bool,
}

/// A goal on a side.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// What it is.
    pub measure: Measure,
    /// Its value.
    pub goal: f64,
    /// How it stands.
    pub verdict: Word,
    /// The value that is judged.
    pub measured: Measured,
    /// The share that is late, where it is a percentile.
    pub late: Option<Measured>,
}

fn over(sum: f64, by: f64) -> Option<f64> {
    (by > 0.0).then(|| sum / by)
}

/// A mean of runs.
fn mean(runs: impl Iterator<Item = Option<f64>>) -> Measured {
    let runs: Vec<Option<f64>> = runs.collect();
    let known: Option<Vec<f64>> = runs.iter().copied().collect();
    let value = known.and_then(|known| over(known.iter().sum(), known.len() as f64));
    Measured { value, runs, rough: false }
}

/// A ratio of sums over runs.
fn ratio(runs: impl Iterator<Item = (f64, f64)> + Clone) -> Measured {
    let (sum, by) = runs.clone().fold((0.0, 0.0), |(sum, by), (a, b)| (sum + a, by + b));
    Measured { value: over(sum, by), runs: runs.map(|(a, b)| over(a, b)).collect(), rough: false }
}

fn percentile(of: Option<&Percentile>, runs: impl Iterator<Item = Option<f64>>) -> Measured {
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    Measured {
        value: of.and_then(|of| finite(of.value)),
        runs: runs.map(|value| value.and_then(finite)).collect(),
        rough: of.is_some_and(Percentile::is_rough),
    }
}

/// A group of users in a result: populations together, with the cells they are in.
#[derive(Debug)]
pub struct UsersOf<'r> {
    users: Users,
    cells: Vec<&'r Cell>,
}

impl<'r> UsersOf<'r> {
    /// The users of `protocol` in these populations; `None` where there are none.
    #[must_use]
    pub fn of(
        result: &'r RunResult,
        protocol: Option<crate::model::protocol::Protocol>,
        populations: &[u32],
    ) -> Option<Self> {
        let own = |of, population: &u32| of == protocol && populations.contains(population);
        let cells: Vec<&Cell> =
            result.cells.iter().filter(|cell| own(cell.key.protocol, &cell.key.population)).collect();
        let parts: Vec<&Users> =
            result.users.iter().filter(|users| own(users.protocol, &users.population)).collect();
        Some(Self { users: Users::together(&parts, &cells)?, cells })
    }

    /// What its goals say, at confidence `level`.
    #[must_use]
    pub fn goals(&self, result: &RunResult, slo: &Slo, level: f64) -> Vec<Judged> {
        let findings = Verdict::of_users(&self.users, slo, level, result.window);
        findings.iter().map(|finding| self.goal(result, finding)).collect()
    }

    fn goal(&self, result: &RunResult, finding: &Finding) -> Judged {
        let late = |by: LateBy| {
            ratio(
                self.users
                    .replications
                    .iter()
                    .map(move |r| (r.late[by as usize] as f64, r.tried(by).1 as f64)),
            )
        };
        let (measured, late) = match finding.measure {
            Measure::P95 => (self.late(LateBy::Request), Some(late(LateBy::Request))),
            Measure::LogonP95 => (self.late(LateBy::Logon), Some(late(LateBy::Logon))),
            Measure::LogonWithHumanP95 => {
                (self.late(LateBy::LogonWithHuman), Some(late(LateBy::LogonWithHuman)))
            }
            Measure::Availability => {
                let had = self.users.clients as f64 * result.window.0 as f64;
                let part = |r: &UserReplication| (had > 0.0).then(|| 1.0 - r.lost as f64 / had);
                (mean(self.users.replications.iter().map(part)), None)
            }
            Measure::Failures | Measure::Utilisation | Measure::MeanUtilisation => (self.failed(), None),
        };
        Judged { measure: finding.measure, goal: finding.goal, verdict: finding.verdict, measured, late }
    }

    fn late(&self, by: LateBy) -> Measured {
        let runs = self.users.replications.iter().map(|r| r.late_p95[by as usize]);
        percentile(self.users.late_p95[by as usize].as_ref(), runs)
    }

    fn failed(&self) -> Measured {
        ratio(self.users.replications.iter().map(|r| (r.failed as f64, r.requests as f64)))
    }

    /// Everything that is compared of users beside their goals.
    #[must_use]
    pub fn metrics(&self) -> Vec<(Metric, Measured)> {
        let runs = &self.users.replications;
        let felt = |which: usize| {
            percentile(self.users.felt[which].as_ref(), runs.iter().map(move |r| r.felt[which]))
        };
        let mut all = vec![
            (Metric::Requests, mean(runs.iter().map(|r| Some(r.requests as f64)))),
            (Metric::FailedShare, self.failed()),
            (Metric::Mean, ratio(runs.iter().map(|r| (r.latency_sum as f64, r.completed as f64)))),
            (Metric::P50, felt(0)),
            (Metric::P95, self.late(LateBy::Request)),
            (Metric::P99, felt(1)),
            (Metric::LogonP95, self.late(LateBy::Logon)),
            (Metric::ServerHops, self.hops(|r| r.server_hops)),
            (Metric::WanHops, self.hops(|r| r.wan_hops)),
        ];
        if self.users.clients > 0 {
            all.push((Metric::TimeLost, mean(runs.iter().map(|r| Some(r.lost as f64)))));
        }
        all
    }

    fn hops(&self, of: fn(&CellReplication) -> u64) -> Measured {
        let runs = self.users.replications.len();
        let sum = |run: usize, of: fn(&CellReplication) -> u64| {
            self.cells.iter().filter_map(|cell| cell.replications.get(run)).map(of).sum::<u64>() as f64
        };
        ratio((0..runs).map(move |run| (sum(run, of), sum(run, |r| r.sessions))))
    }
}

/// Use in the busiest hour and over the window, of a server group or a link.
#[must_use]
pub fn uses(hour: &crate::results::Busiest, whole: impl Iterator<Item = f64>) -> [(Metric, Measured); 2] {
    [
        (Metric::BusiestHour, mean(hour.of_runs.iter().copied().map(Some))),
        (Metric::MeanUse, mean(whole.map(Some))),
    ]
}
