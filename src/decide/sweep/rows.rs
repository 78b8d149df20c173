//! What is read off a point: goals with their verdicts, what users feel, how full servers,
//! links and limits are.
//!
//! Judges nothing that [`crate::results`] does not. Must not know files or words.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::itinerary::Part;
use crate::model::workload::Slo;
use crate::results::compared::{About, Measure, Metric};
use crate::results::objectives::{Finding, Reason, Subject, Verdict};
use crate::results::swept::{SweptMetric, SweptRow};
use crate::results::{Busiest, Cell, LateBy, RunResult, Users};
use crate::scenario::Scenario;
use crate::stats::verdict::Word;
use crate::study::law;

fn row(about: About, metric: SweptMetric) -> SweptRow {
    let (value, half_width, failed, goal) = (None, None, None, None);
    SweptRow { about, metric, value, half_width, failed, goal, rough: false, replications: 0, part: None }
}

/// What these goals say, each interval at confidence `level`, of a run whose own goals were `own`.
#[must_use]
pub fn of_goals(result: &RunResult, slo: &Slo, own: &Slo, level: f64) -> Vec<SweptRow> {
    let users = result.users.iter().flat_map(|users| {
        let users = counted_by(result, users, slo, own);
        Verdict::of_users(&users, slo, level, result.window)
    });
    let findings = users.chain(Verdict::of_resources(result, slo, level));
    findings.map(|finding| of_goal(result, &finding)).collect()
}

/// Users whose late requests are those by the goals of `slo`: a run counts them by its own. Requests that
/// are still waited for when the window ends are left out where they are counted anew.
fn counted_by<'r>(result: &'r RunResult, users: &'r Users, slo: &Slo, own: &Slo) -> Cow<'r, Users> {
    let goals = |slo: &Slo| {
        let of = slo.protocols.iter().find(|(protocol, _)| Some(*protocol) == users.protocol);
        of.map_or([None; 3], |(_, goals)| [goals.p95, goals.logon_p95, goals.logon_with_human_p95])
    };
    let mut counted = Cow::Borrowed(users);
    for ((by, goal), known) in LateBy::ALL.into_iter().zip(goals(slo)).zip(goals(own)) {
        let Some(goal) = goal.filter(|goal| Some(*goal) != known) else { continue };
        let cells = result
            .cells
            .iter()
            .filter(|cell| cell.key.protocol == users.protocol && cell.key.population == users.population);
        let cells: Vec<&Cell> = cells.collect();
        for (run, replication) in counted.to_mut().replications.iter_mut().enumerate() {
            let failed = if by == LateBy::Request { replication.failed } else { replication.failed_logons };
            let beyond: u64 = cells.iter().map(|cell| cell.beyond(by, run, goal.0 as f64)).sum();
            replication.late[by as usize] = failed + beyond;
        }
    }
    counted
}

/// Goals first, in their order, then what has none.
#[must_use]
pub fn of_result(result: &RunResult, slo: &Slo) -> Vec<SweptRow> {
    let mut rows: Vec<SweptRow> = result.objectives.iter().map(|finding| of_goal(result, finding)).collect();
    let judged: BTreeSet<(About, Measure)> = rows
        .iter()
        .filter_map(|row| match row.metric {
            SweptMetric::Of(Metric::Goal(measure)) => Some((row.about.clone(), measure)),
            _ => None,
        })
        .collect();
    let replications = result.replications;
    for users in &result.users {
        let about = About::Users(users.protocol, result.names.populations[users.population as usize].clone());
        let failed = failed(users);
        if !judged.contains(&(about.clone(), Measure::P95)) {
            let p95 = users.late_p95[LateBy::Request as usize].as_ref();
            rows.push(SweptRow {
                value: p95.map(|p95| p95.value).filter(|value| value.is_finite()),
                half_width: p95.and_then(|p95| p95.half_width),
                failed,
                replications,
                ..row(about.clone(), SweptMetric::Of(Metric::P95))
            });
        }
        if !judged.contains(&(about.clone(), Measure::Failures)) {
            let metric = SweptMetric::Of(Metric::FailedShare);
            rows.push(SweptRow { value: failed, failed, replications, ..row(about, metric) });
        }
    }
    let use_of = |hour: &Busiest, about| SweptRow {
        value: Some(hour.mean),
        half_width: hour.half_width,
        replications,
        ..row(about, SweptMetric::Of(Metric::BusiestHour))
    };
    if slo.cpu.is_none() {
        let servers = result.servers.iter();
        rows.extend(servers.map(|of| use_of(of.judged_hour(), About::Servers(of.name.clone()))));
    }
    if slo.link.is_none() {
        let links = result.links.iter();
        rows.extend(links.map(|of| use_of(&of.busiest_hour, About::Link(of.name.clone()))));
    }
    for server in &result.servers {
        for met in &server.limits {
            let Some(hour) = &met.busiest_hour else { continue };
            rows.push(SweptRow {
                metric: SweptMetric::Limit(met.kind.token()),
                ..use_of(hour, About::Servers(server.name.clone()))
            });
        }
    }
    rows
}

/// Whom or what a goal is for, by name.
pub(in crate::decide) fn about(result: &RunResult, subject: Subject) -> About {
    match subject {
        Subject::Users(protocol, population) => {
            About::Users(Some(protocol), result.names.populations[population as usize].clone())
        }
        Subject::Servers(at) => About::Servers(result.servers[at as usize].name.clone()),
        Subject::Link(at) => About::Link(result.links[at as usize].name.clone()),
    }
}

fn of_goal(result: &RunResult, finding: &Finding) -> SweptRow {
    let about = about(result, finding.subject);
    let late = finding.is_missed() && finding.measure.is_percentile();
    SweptRow {
        value: finding.seen,
        half_width: finding.half_width,
        failed: finding.failed,
        goal: Some((finding.goal, finding.verdict)),
        rough: finding.reason == Reason::Rough,
        replications: result.replications,
        part: if late { largest_part(result, finding.subject) } else { None },
        ..row(about, SweptMetric::Of(Metric::Goal(finding.measure)))
    }
}

/// The part that most of these users' latency is.
fn largest_part(result: &RunResult, subject: Subject) -> Option<(Part, f64)> {
    let Subject::Users(protocol, population) = subject else { return None };
    let cells = || {
        result
            .cells
            .iter()
            .filter(move |cell| cell.key.protocol == Some(protocol) && cell.key.population == population)
    };
    let sums = Part::ALL.map(|(part, _)| (part, cells().map(|cell| cell.parts[part as usize]).sum::<u128>()));
    let whole: u128 = sums.iter().map(|(_, sum)| sum).sum();
    let (part, most) = sums.into_iter().max_by_key(|(_, sum)| *sum)?;
    (whole > 0).then(|| (part, most as f64 / whole as f64))
}

fn failed(users: &Users) -> Option<f64> {
    let sum =
        |of: fn(&crate::results::UserReplication) -> u64| users.replications.iter().map(of).sum::<u64>();
    let requests = sum(|r| r.requests);
    (requests > 0).then(|| sum(|r| r.failed) as f64 / requests as f64)
}

/// What the utilisation law says of cores and lines, and Little's law of limits, by these goals.
#[must_use]
pub fn of_law(scenario: &Scenario, slo: &Slo) -> Vec<SweptRow> {
    let (loads, held) = law(&scenario.model, &scenario.experiment);
    let word = |met: bool| if met { Word::Met } else { Word::Missed };
    let of_load = loads.iter().map(|load| {
        let (about, goal) = match load.resource.is_link() {
            true => (About::Link(load.name.clone()), slo.link),
            false => (About::Servers(load.name.clone()), slo.cpu),
        };
        let metric = goal.map_or(Metric::BusiestHour, |_| Metric::Goal(Measure::Utilisation));
        let value = load.utilisation();
        // What is asked for more than there is cannot be carried, whatever the goal.
        let most = goal.unwrap_or(1.0);
        let goal = Some((most, word(value <= most && value < 1.0)));
        SweptRow { value: Some(value), goal, ..row(about, SweptMetric::Of(metric)) }
    });
    let of_limit = held.iter().map(|held| SweptRow {
        value: Some(held.mean / f64::from(held.limit.max(1))),
        goal: Some((1.0, word(held.growth >= 1.0))),
        ..row(About::Servers(held.name.clone()), SweptMetric::Limit(held.kind))
    });
    of_load.chain(of_limit).collect()
}
