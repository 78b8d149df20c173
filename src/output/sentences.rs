//! What a result says, in sentences: findings against goals, how far a search for
//! precision or a warm-up came. The terminal and `run.json` say the same.

use super::lookup::name;
use super::words::{duration, percent, thousands};
use crate::kernel::SimSpan;
use crate::results::objectives::{Finding, MAY_BE_LATE, Measure, Reason, Subject, Verdict};
use crate::results::{NotSteady, Overflow, Reached, RunResult, Warmup, Warning};
use crate::stats::sample_for;
use crate::stats::verdict::Word;

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

/// A finding in words: `OWA, Boston staff: p95 3.2 s, 8.1 % late, goal 2 s`, or where failures
/// miss it `OWA, Boston staff: no p95, 12.3 % failed, goal 2 s`.
#[must_use]
pub fn sentence(result: &RunResult, finding: &Finding) -> String {
    let words = |value: f64| value_words(finding.measure, value);
    let seen = match finding.seen {
        Some(seen) => match finding.half_width {
            Some(half) if half > 0.0 => format!("{} ± {}", words(seen), words(half)),
            _ => words(seen),
        },
        None => String::new(),
    };
    let what = match finding.measure {
        Measure::LogonP95 => "logon p95",
        Measure::LogonWithHumanP95 => "logon p95 with the user's share",
        Measure::P95 => "p95",
        Measure::Failures => "failed requests",
        Measure::Availability => "availability",
        Measure::Utilisation => "busiest hour",
        Measure::MeanUtilisation => "mean utilisation",
    };
    let about = match (finding.verdict, finding.late, finding.failed) {
        (Word::Never, _, Some(failed)) => format!("no {what}, {} failed", percent(failed)),
        (Word::Unjudged, ..) => format!("{what} not judged, {}", reason_words(finding)),
        (_, Some(late), failed) if finding.measure.is_percentile() => {
            let failed = failed.filter(|failed| *failed > 0.0);
            let failed = failed.map_or(String::new(), |failed| {
                format!(", {} of them failed", percent(failed / late.max(failed)))
            });
            let seen = if seen.is_empty() { "unknown".to_owned() } else { seen };
            let late = match finding.late_half_width.filter(|_| finding.verdict == Word::Open) {
                Some(half) => {
                    let allowed = percent(MAY_BE_LATE);
                    format!("{} ± {} late where {allowed} may be", percent(late), percent(half))
                }
                None => format!("{} late", percent(late)),
            };
            format!("{what} {seen}, {late}{failed}")
        }
        _ => format!("{what} {seen}"),
    };
    let why = match finding.reason {
        Reason::HoldsTheGoal | Reason::Rough => format!(" ({})", reason_words(finding)),
        _ => String::new(),
    };
    format!("{}: {about}, goal {}{why}", subject(result, finding), words(finding.goal))
}

/// What all goals together come to: `missed`, `open` or `met`.
#[must_use]
pub fn verdict_token(verdict: &Verdict) -> &'static str {
    let any = |word| verdict.findings.iter().any(|finding: &Finding| finding.verdict == word);
    match verdict.is_met() {
        false => Word::Missed.token(),
        true if any(Word::Open) => Word::Open.token(),
        true => Word::Met.token(),
    }
}

/// A value of a goal, with its unit.
#[must_use]
pub fn value_words(measure: Measure, value: f64) -> String {
    if measure.is_time() { duration(value) } else { percent(value) }
}

/// Why a verdict is what it is.
#[must_use]
pub fn reason_words(finding: &Finding) -> String {
    match finding.reason {
        Reason::Clear => "the interval lies on one side of the goal".to_owned(),
        Reason::HoldsTheGoal => "the interval holds the goal".to_owned(),
        Reason::OneRun => "one run, by its value".to_owned(),
        Reason::Rough => "too few independent requests beyond it to tell".to_owned(),
        Reason::TooManyFailed => {
            let failed = finding.failed.map_or(String::new(), |failed| format!(", {} did", percent(failed)));
            format!("no 95th percentile where more than {} fail{failed}", percent(MAY_BE_LATE))
        }
        Reason::NoneFailed => {
            let bound =
                finding.at_most.map_or(String::new(), |bound| format!(": at most {}", percent(bound)));
            format!("none failed of {}{bound}", thousands(finding.requests))
        }
        Reason::TooFew if finding.measure.is_percentile() || finding.measure == Measure::Failures => {
            format!("fewer than {} requests", sample_for(1.0 - MAY_BE_LATE))
        }
        Reason::TooFew => "nothing to judge by".to_owned(),
    }
}

/// A finding about a run itself, in one line without an end.
#[must_use]
pub fn warning_sentence(warning: &Warning) -> String {
    match warning {
        Warning::Overload { name, utilisation, from, overflow } => {
            let minute = from.0 / 60_000_000_000;
            let share = percent(*utilisation);
            let what = match overflow {
                Overflow::Refused => "its queue is full as long as that lasts, and it refuses the rest",
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
