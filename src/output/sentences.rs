//! What a result says, in sentences: findings against goals, how far a search for
//! precision or a warm-up came. The terminal and `run.json` say the same.

use super::lookup::name;
use super::words::{duration, percent, thousands};
use crate::kernel::SimSpan;
use crate::results::objectives::{Finding, Measure, Subject};
use crate::results::{NotSteady, Overflow, Reached, RunResult, Warmup, Warning};
use crate::stats::sample_for;

/// How far a search for precision came, in a sentence.
#[must_use]
pub fn precision_sentence(reached: &Reached) -> String {
    let asked = percent(reached.asked);
    let many = thousands(u64::from(reached.replications));
    let hardest = match &reached.hardest {
        None => "there is no metric to judge".to_owned(),
        Some(goal) if goal.estimate.is_nan() => {
            // Every goal that is a percentile is a 95th.
            let least = sample_for(0.95);
            format!(
                "{} has too few values in a replication, where {least} are needed; lengthen the window",
                goal.name
            )
        }
        Some(goal) if goal.estimate.is_infinite() => format!(
            "{} has no finite value: in a replication more than 5 % of the requests failed, which count as late",
            goal.name
        ),
        Some(goal) if goal.relative.is_infinite() => format!("of {} nothing can be said yet", goal.name),
        Some(goal) => format!("the hardest, {}, is known to {}", goal.name, percent(goal.relative)),
    };
    if reached.reached {
        format!("{asked} reached with {many} replications; {hardest}")
    } else {
        let gives_up = match &reached.hardest {
            Some(goal) if goal.is_hopeless() => "given up, since more of them do not help: ",
            _ => "",
        };
        format!("{asked} NOT reached with {many} replications (limit {}); {gives_up}{hardest}", reached.limit)
    }
}

/// What the search for a warm-up found, in a sentence.
#[must_use]
pub fn steady_sentence(found: &Warmup) -> String {
    if found.pilots == 0 {
        return "not looked for: more is offered than can be served, so there is no steady state".to_owned();
    }
    if found.before <= 0.0 {
        return format!("none found: next to nothing completed in {} pilots", found.pilots);
    }
    let effect = format!(
        "mean latency {} without it, {} after it ({:+.1} %)",
        duration(found.before),
        duration(found.after),
        100.0 * (found.after / found.before - 1.0)
    );
    let cut = match found.span {
        SimSpan::ZERO => "none needed".to_owned(),
        span => duration(span.0 as f64),
    };
    let steady = if found.steady { "" } else { "; NOT STEADY: the cut falls into the last half of the run" };
    format!("{cut}, found by MSER-5 from {} pilots; {effect}{steady}", found.pilots)
}

/// Who or what a finding is for: `OWA, Boston staff`.
#[must_use]
pub fn subject(result: &RunResult, finding: &Finding) -> String {
    match finding.subject {
        Subject::Users(protocol, population) => {
            format!("{}, {}", protocol.title(), name(&result.names.populations, population))
        }
        Subject::Servers(index) => {
            result.servers.get(index as usize).map_or(String::new(), |row| row.name.clone())
        }
        Subject::Link(index) => {
            result.links.get(index as usize).map_or(String::new(), |row| row.name.clone())
        }
    }
}

/// A finding in words: `OWA, Boston staff: p95 3.2 s, goal 2 s`, or where failures miss
/// it `OWA, Boston staff: p95 missed, 12.3 % failed, goal 2 s`.
#[must_use]
pub fn sentence(result: &RunResult, finding: &Finding) -> String {
    let subject = subject(result, finding);
    let value = |v: f64| match finding.measure {
        Measure::LogonP95 | Measure::P95 => duration(v),
        Measure::Failures | Measure::Utilisation => percent(v),
    };
    let measure = match finding.measure {
        Measure::LogonP95 => "logon p95",
        Measure::P95 => "p95",
        Measure::Failures => "failed requests",
        Measure::Utilisation => "mean utilisation",
    };
    let seen = finding.seen.map_or_else(|| "too few to judge".to_owned(), value);
    let seen = match finding.failed {
        // What the answered ones took adds something only where it is too long as well.
        Some(share) if finding.seen.is_some_and(|seen| seen > finding.goal) => {
            format!("{seen}, {} failed", percent(share))
        }
        Some(share) => format!("missed, {} failed", percent(share)),
        None if finding.late > 0.0 && finding.seen.is_some() => {
            format!("{seen} counting {} that failed as late", percent(finding.late))
        }
        None => seen,
    };
    format!("{subject}: {measure} {seen}, goal {}", value(finding.goal))
}

/// A finding about a run itself, in one line without an end.
#[must_use]
pub fn warning_sentence(warning: &Warning) -> String {
    match warning {
        Warning::Overload { name, utilisation, from, overflow } => {
            let minute = from.0 / 60_000_000_000;
            let share = percent(*utilisation);
            let what = match overflow {
                Overflow::Refused => "its queue is full most of the time, and it refuses the rest",
                Overflow::Queued => "the queue grows as long as that lasts, and there is no steady state",
                Overflow::Shared => {
                    "ever more transfers share it as long as that lasts, and there is no steady state"
                }
            };
            format!(
                "overload: {name} is offered {share} of its capacity from minute {minute} of the run on: {what}"
            )
        }
        Warning::BusyServers { name, utilisation } => busy("server group", name, *utilisation),
        Warning::BusyLink { name, utilisation } => busy("link", name, *utilisation),
        Warning::NotSteady(NotSteady::Overloaded) => {
            "overloaded: there is no steady state; means are of this window, which begins with empty queues"
                .to_owned()
        }
        Warning::NotSteady(NotSteady::Drifting) => {
            "the run does not become steady: means are of this window, not of a steady state; lengthen it"
                .to_owned()
        }
        Warning::NotSteady(NotSteady::Silent) => {
            "no warm-up was found, since next to nothing completed; lengthen the window".to_owned()
        }
    }
}

fn busy(what: &str, name: &str, utilisation: f64) -> String {
    format!(
        "{what} {name} was busy {:.1} % of the window: waiting times grow with the length of the run",
        utilisation * 100.0
    )
}
