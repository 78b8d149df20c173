//! `run.json`: where a result comes from and what it rests on.
//!
//! Holds nothing that differs between two equal runs: no wall time, host, path or
//! number of threads.

use serde_json::{Map, Value, json};

use super::columns;
use super::field;
use super::sessions::SessionPolicy;
use super::tables;
use super::warnings;
use crate::kernel::SimSpan;
use crate::kernel::random::GENERATOR;
use crate::results::objectives::{Finding, Measure, Subject, Verdict};
use crate::results::{Reached, RunResult, Warmup};
use crate::stats::sample_for;
pub use crate::store::digest as sha256;

/// What `run.json` says beyond the [`RunResult`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Command that made the folder.
    pub command: String,
    /// Name of the scenario.
    pub scenario: String,
    /// SHA-256 of the resolved scenario, in hexadecimal.
    pub scenario_digest: String,
    /// What the command line changed, in canonical order, without paths and `--jobs`.
    pub arguments: Vec<String>,
    /// Seed.
    pub seed: u64,
    /// Rows of `sessions.csv` wanted.
    pub sessions: SessionPolicy,
    /// Rows written.
    pub session_rows: u64,
    /// Settings that the scenario left to casim, in words.
    pub assumed_defaults: Vec<String>,
    /// Text of scenario.toml as it is written.
    pub scenario_file: String,
}

/// Last key of the file.
const CHECKSUM: &str = "checksum";

/// Whether the checksum of a `run.json` is that of the lines above it; `None` when
/// it has none.
#[must_use]
pub fn is_intact(text: &str) -> Option<bool> {
    let at = text.rfind(&format!("\n  \"{CHECKSUM}\": \""))?;
    Some(text == with_checksum(&text[..=at]))
}

/// The file from the lines above its checksum.
fn with_checksum(above: &str) -> String {
    format!("{above}  \"{CHECKSUM}\": \"{}\"\n}}\n", sha256(above.as_bytes()))
}

impl Manifest {
    /// The text of the file. `verdict` is `None` for a scenario without objectives.
    #[must_use]
    pub fn to_json(&self, result: &RunResult, verdict: Option<&Verdict>) -> String {
        let hash = |value: u64| format!("{value:016x}");
        // Whole and exact: seconds with the decimals they need.
        let seconds = |span: SimSpan| match span.0.is_multiple_of(1_000_000_000) {
            true => json!(span.0 / 1_000_000_000),
            false => json!(span.as_secs_f64()),
        };
        let values = [
            json!(env!("CARGO_PKG_VERSION")),
            json!(self.command),
            json!(self.scenario),
            json!(self.scenario_digest),
            json!(self.arguments),
            json!(self.seed),
            json!(GENERATOR),
            json!(result.replications),
            result.precision.as_ref().map_or(Value::Null, precision),
            json!(self.sessions.token()),
            json!(self.session_rows),
            seconds(result.warmup),
            result.steady.as_ref().map_or(Value::Null, steady_state),
            seconds(result.window),
            seconds(result.interval),
            json!(tables::local_time(result, SimSpan::ZERO)),
            totals(result),
            json!(result.events),
            json!(hash(result.trajectory_hash)),
            json!(hash(result.outcome_hash)),
            slo(result, verdict),
            headroom(result),
            json!(self.assumed_defaults),
            json!(result.warnings.iter().map(warnings::sentence).collect::<Vec<_>>()),
            json!(sha256(self.scenario_file.as_bytes())),
        ];
        let keys = columns::MANIFEST.columns.iter().map(|column| column.name.to_owned());
        debug_assert_eq!(keys.len(), values.len() + 1, "the checksum comes last");
        let object: Map<String, Value> = keys.zip(values).collect();
        let text = serde_json::to_string_pretty(&object).expect("plain values are JSON");
        let above = text.strip_suffix("\n}").expect("an object of many lines");
        with_checksum(&format!("{above},\n"))
    }
}

fn precision(reached: &Reached) -> Value {
    json!({
        "asked": reached.asked,
        "limit": reached.limit,
        "reached": reached.reached,
        "hardest": reached.hardest.as_ref().map(|goal| json!({
            "metric": goal.name,
            "half_width": goal.relative.is_finite().then_some(goal.relative),
        })),
    })
}

fn steady_state(found: &Warmup) -> Value {
    let seen = found.pilots > 0 && found.before > 0.0;
    json!({
        "pilots": found.pilots,
        "uncut_mean_ms": seen.then_some(found.before / 1e6),
        "cut_mean_ms": seen.then_some(found.after / 1e6),
        "noise": seen.then_some(found.noise),
        "steady": found.steady,
    })
}

/// How far a search for precision came, in a sentence.
#[must_use]
pub fn precision_sentence(reached: &Reached) -> String {
    let asked = percent(reached.asked);
    let many = super::terminal::thousands(u64::from(reached.replications));
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

fn totals(result: &RunResult) -> Value {
    let sum = |count: fn(&crate::results::CellCounts) -> u64| -> u64 {
        result.cells.iter().map(|cell| count(&cell.counts)).sum()
    };
    json!({
        "sessions": sum(|c| c.sessions),
        "carried_in": sum(|c| c.carried_in),
        "completed": sum(|c| c.completed),
        "failed": sum(|c| c.failed_sessions),
        "open": sum(|c| c.open),
        "requests": sum(|c| c.requests),
        "failed_requests": sum(|c| c.failed),
        "held_requests": sum(|c| c.held),
    })
}

fn slo(result: &RunResult, verdict: Option<&Verdict>) -> Value {
    let Some(verdict) = verdict.filter(|verdict| !verdict.findings.is_empty()) else {
        return json!({ "verdict": "none", "missed": [] });
    };
    let missed: Vec<String> = verdict.missed().iter().map(|finding| sentence(result, finding)).collect();
    json!({ "verdict": if missed.is_empty() { "met" } else { "missed" }, "missed": missed })
}

fn headroom(result: &RunResult) -> Value {
    let mut object = Map::new();
    if let Some((factor, name)) = tables::headroom(result) {
        object.insert("law_factor".to_owned(), json!(round(factor)));
        object.insert("law_name".to_owned(), json!(name));
    }
    if let Some(found) = &result.headroom {
        object.insert("met".to_owned(), json!(found.met.map(round)));
        object.insert("missed".to_owned(), json!(found.missed.map(round)));
        object.insert("falls_first".to_owned(), json!(found.falls.map(|falls| sentence(result, &falls))));
        object.insert("unjudged".to_owned(), json!(found.unjudged));
        object.insert("others".to_owned(), json!(found.others));
        object.insert("runs".to_owned(), json!(found.runs));
    }
    Value::Object(object)
}

/// To six decimals, as tables have it.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Who or what a finding is for: `OWA, Boston staff`.
#[must_use]
pub fn subject(result: &RunResult, finding: &Finding) -> String {
    match finding.subject {
        Subject::Users(protocol, population) => {
            format!("{}, {}", protocol.title(), tables::name(&result.names.populations, population))
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

/// Nanoseconds in words, three figures: `850 us`, `45.3 ms`, `2.1 s`, `3.5 min`, `2 h`.
#[must_use]
pub fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 999.5e3 => (ns / 1e3, "us"),
        ns if ns < 999.5e6 => (ns / 1e6, "ms"),
        ns if ns < 119.95e9 => (ns / 1e9, "s"),
        ns if ns < 7_194e9 => (ns / 60e9, "min"),
        ns => (ns / 3600e9, "h"),
    };
    format!("{} {unit}", three_figures(value))
}

/// A share in words: `12.3 %`, `0.02 %`, `0 %`; anything above zero is never shown as 0.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.01 {
        return "<0.01 %".to_owned();
    }
    format!("{} %", if percent < 9.95 { field::real(percent, 2) } else { field::real(percent, 1) })
}

/// A number to three figures.
pub(crate) fn three_figures(value: f64) -> String {
    let places = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    field::real(value, places)
}
