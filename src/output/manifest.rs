//! `run.json`: where a result comes from and what it rests on.
//!
//! Holds nothing that differs between two equal runs: no wall time, host, path or
//! number of threads.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::lookup;
use super::sentences::sentence;
use super::tables::columns;
use super::tables::sessions::SessionPolicy;
use crate::kernel::SimSpan;
use crate::kernel::random::GENERATOR;
use crate::results::objectives::Verdict;
use crate::results::{Reached, RunResult, Warmup};

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

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

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
            json!(lookup::local_time(result, SimSpan::ZERO)),
            totals(result),
            json!(result.events),
            json!(hash(result.trajectory_hash)),
            json!(hash(result.outcome_hash)),
            slo(result, verdict),
            headroom(result),
            json!(self.assumed_defaults),
            json!(result.warnings),
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
    if let Some((factor, name)) = lookup::headroom(result) {
        object.insert("law_factor".to_owned(), json!(round(factor)));
        object.insert("law_name".to_owned(), json!(name));
    }
    if let Some(found) = &result.headroom {
        object.insert("met".to_owned(), json!(found.met.map(round)));
        object.insert("missed".to_owned(), json!(found.missed.map(round)));
        object.insert("falls_first".to_owned(), json!(found.falls));
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
