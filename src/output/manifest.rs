//! `run.json`: where a result comes from and what it rests on.
//!
//! Holds nothing that differs between two equal runs: no wall time, host, path or
//! number of threads.

use serde_json::{Map, Value, json};

use super::lookup;
use super::pictures::Pictures;
use super::sentences::{sentence, verdict_token, warning_sentence};
use super::tables::sessions::SessionPolicy;
use crate::kernel::SimSpan;
use crate::kernel::random::{GENERATOR, MATHEMATICS};
use crate::model::topology::utc_offset;
use crate::results::objectives::Verdict;
use crate::results::{RESULTS, Reached, RunResult, Warmup};
use crate::stats::verdict::Word;
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
    /// Charts wanted.
    pub charts: Pictures,
    /// Rows of `sessions.csv` wanted.
    pub sessions: SessionPolicy,
    /// Rows written.
    pub session_rows: u64,
    /// Settings that the scenario left to casim, in words.
    pub assumed_defaults: Vec<String>,
    /// Text of scenario.toml as it is written.
    pub scenario_file: String,
}

/// Number of the layout of `run.json` and the tables of a folder. Within one number keys
/// and columns are only added, at the end; whoever changes or takes one away raises it.
pub const FORMAT: u32 = 2;

/// Last key of the file.
pub const CHECKSUM: &str = "checksum";

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

/// An object as the text of a `run.json`, with its checksum as the last key.
#[must_use]
pub fn sealed(object: &Value) -> String {
    let text = format!("{object:#}");
    // The lines above the brace that closes it.
    with_checksum(&format!("{},\n", text.trim_end_matches('}').trim_end()))
}

/// One key of the file.
#[derive(Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Its meaning, for the README.
    pub meaning: &'static str,
    value: fn(&Source<'_>) -> Value,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the values come from.
struct Source<'a> {
    manifest: &'a Manifest,
    run: &'a RunResult,
    verdict: Option<&'a Verdict>,
}

macro_rules! keys {
    ($($name:literal $meaning:literal => $value:expr),+ $(,)?) => {
        &[$(Key { name: $name, meaning: $meaning, value: $value }),+]
    };
}

/// Every key in order, but for the [`CHECKSUM`] at the end.
pub const KEYS: &[Key] = keys! {
    "format" "number of the layout of this file and of all tables beside it: within one number keys and columns are only added, at the end" => |_| json!(FORMAT),
    "results" "number of the results: raised whenever a sampled value changes, so that two versions with the same number give the same values" => |_| json!(RESULTS),
    "casim_version" "version of casim that wrote the folder" => |_| json!(env!("CARGO_PKG_VERSION")),
    "command" "`run`" => |from| json!(from.manifest.command),
    "scenario" "name of the scenario" => |from| json!(from.manifest.scenario),
    "scenario_digest" "SHA-256 of the resolved scenario without its comments: equal for equal models" => |from| json!(from.manifest.scenario_digest),
    "arguments" "what the command line changed, in canonical form; no paths and no `--jobs`, which do not change results" => |from| json!(from.manifest.arguments),
    "seed" "seed of every draw" => |from| json!(from.manifest.seed),
    "generator" "generator, hash and laws of the draws, by name and version" => |_| json!(GENERATOR),
    "replications" "independent replications" => |from| json!(from.run.replications),
    "precision" "null, or what was asked for and how far it came: `asked` (largest half-width of a 95 % interval as a share of its estimate), `limit` of replications, `reached`, and the `hardest` metric with its `half_width` (null where nothing can be said)" => |from| from.run.precision.as_ref().map_or(Value::Null, precision),
    "sessions" "which sessions have a row: `all`, `none` or `sample=F`" => |from| json!(from.manifest.sessions.token()),
    "session_rows" "rows of sessions.csv" => |from| json!(from.manifest.session_rows),
    "charts" "which charts there are: `none`, `svg` (and the values of each as CSV) or `png` (PNG too)" => |from| json!(from.manifest.charts.token()),
    "warmup_s" "warm-up before the measured window, s" => |from| seconds(from.run.warmup),
    "steady_state" "null for a terminating run; else how MSER-5 found the warm-up: number of `pilots`, their mean latency before and after the cut (`uncut_mean_ms`, `cut_mean_ms`), the `noise` left in their series, and `steady`: false when the cut falls into the last half. No `pilots` are played where more is offered than can be served: `steady` is false then, and the rest null, as where next to nothing completed" => |from| from.run.steady.as_ref().map_or(Value::Null, steady_state),
    "window_s" "measured window, s" => |from| seconds(from.run.window),
    "interval_s" "interval of timeline.csv, s" => |from| seconds(from.run.interval),
    "window_starts_at" "begin of the measured window on the scenario's clock, HH:MM" => |from| json!(lookup::local_time(from.run, SimSpan::ZERO)),
    "totals" "sessions (carried in, completed, failed, open) and requests (failed, held, held and failed), over all replications" => |from| totals(from.run),
    "events" "events processed, over all replications" => |from| json!(from.run.events),
    "trajectory_hash" "hash over every event; changes with any change of what happens when" => |from| json!(hash(from.run.trajectory_hash)),
    "outcome_hash" "hash over every session and its outcome; survives changes that leave those alone" => |from| json!(hash(from.run.outcome_hash)),
    "slo" "the verdict: `missed` where a goal is, else `open` where the interval of one holds the goal, else `met`; `none` without goals. The number of `goals`, and those `missed` (that have no percentile for failures among them), `open` and `unjudged` (too few requests) in words; objectives.csv has all in figures" => |from| slo(from.run, from.verdict),
    "headroom" "by the utilisation law and what was simulated (`law_factor` with its half-width `law_factor_ci95`, and `law_name` of the server group, link or limit that is full first; `failed_share` of the requests fails at the load as it is) and, with `--headroom`, as simulated (`met`, `missed`, `falls_first`, `others` missed beside it, `unjudged` goals that saw too few requests at `met` and `open` ones whose interval holds the goal there, `at_any_load` what is missed at every load that can be judged, by the path or a refusal, `runs`)" => |from| headroom(from.run),
    "assumed_defaults" "settings that the scenario left to casim" => |from| json!(from.manifest.assumed_defaults),
    "warnings" "findings about the run itself, and which names its PNG charts show as numbers" => |from| json!(from.run.warnings.iter().map(warning_sentence).chain(from.manifest.charts.warning(from.run)).collect::<Vec<_>>()),
    "utc_offset" "UTC offset of the scenario's clock, which all local times are on: `+01:00`" => |from| json!(utc_offset(from.run.clock_offset_minutes)),
    "twins" "whether each replication stands beside its twin, the same draws without any outage: what outages.csv tells of differences" => |from| json!(from.run.storms.twins),
    "scenario_file" "SHA-256 of scenario.toml as it stands in the folder, comments included" => |from| json!(sha256(from.manifest.scenario_file.as_bytes())),
    "mathematics" "where the mathematics of every value come from: not from the machine's C library, whose last digits differ. The pictures of `--charts png` alone are drawn by libraries that use that too" => |_| json!(MATHEMATICS),
};

/// Meaning of the last key.
pub const CHECKSUM_MEANING: &str = "SHA-256 of this file up to the line before this one";

impl Manifest {
    /// The text of the file. `verdict` is `None` for a scenario without objectives.
    #[must_use]
    pub fn to_json(&self, result: &RunResult, verdict: Option<&Verdict>) -> String {
        let from = Source { manifest: self, run: result, verdict };
        let object: Map<String, Value> =
            KEYS.iter().map(|key| (key.name.to_owned(), (key.value)(&from))).collect();
        let text = serde_json::to_string_pretty(&object).expect("plain values are JSON");
        let above = text.strip_suffix("\n}").expect("an object of many lines");
        with_checksum(&format!("{above},\n"))
    }
}

fn hash(value: u64) -> String {
    format!("{value:016x}")
}

/// Whole where it is, and exact: seconds with the decimals they need.
fn seconds(span: SimSpan) -> Value {
    match span.0.is_multiple_of(1_000_000_000) {
        true => json!(span.0 / 1_000_000_000),
        false => json!(span.as_secs_f64()),
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
    let sum = |count: fn(&crate::results::CellCounts) -> u64| -> Value {
        per_run(result.cells.iter().map(|cell| count(&cell.counts)).sum(), result.replications)
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
        "held_failed_requests": sum(|c| c.held_failed),
    })
}

fn slo(result: &RunResult, verdict: Option<&Verdict>) -> Value {
    let Some(verdict) = verdict.filter(|verdict| !verdict.findings.is_empty()) else {
        return json!({ "verdict": "none", "goals": 0, "missed": [], "open": [], "unjudged": [] });
    };
    let sentences = |words: &[Word]| -> Vec<String> {
        verdict.with(words).iter().map(|finding| sentence(result, finding)).collect()
    };
    json!({
        "verdict": verdict_token(verdict),
        "goals": verdict.findings.len(),
        "missed": sentences(&[Word::Missed, Word::Never]),
        "open": sentences(&[Word::Open]),
        "unjudged": sentences(&[Word::Unjudged]),
    })
}

fn headroom(result: &RunResult) -> Value {
    let mut object = Map::new();
    if let Some((factor, name)) = lookup::headroom(result) {
        object.insert("law_factor".to_owned(), json!(round(factor)));
        object.insert("law_name".to_owned(), json!(name));
        let half = result.law_headroom().and_then(|(_, row)| row.headroom_half_width());
        object.insert("law_factor_ci95".to_owned(), json!(half.map(round)));
        let (failed, requests) = result
            .cells
            .iter()
            .fold((0, 0), |(failed, all), cell| (failed + cell.counts.failed, all + cell.counts.requests));
        let share = (requests > 0).then(|| round(failed as f64 / requests as f64));
        object.insert("failed_share".to_owned(), json!(share));
    }
    if let Some(found) = &result.headroom {
        object.insert("met".to_owned(), json!(found.met.map(round)));
        object.insert("missed".to_owned(), json!(found.missed.map(round)));
        object.insert("falls_first".to_owned(), json!(found.falls.map(|falls| sentence(result, &falls))));
        object.insert("unjudged".to_owned(), json!(found.unjudged));
        object.insert("open".to_owned(), json!(found.open));
        object.insert("others".to_owned(), json!(found.others));
        let always = found.at_any_load.iter().map(|finding| sentence(result, finding));
        object.insert("at_any_load".to_owned(), json!(always.collect::<Vec<_>>()));
        object.insert("runs".to_owned(), json!(found.runs));
    }
    Value::Object(object)
}

/// A count per run, as tables have it.
fn per_run(count: u64, replications: u32) -> Value {
    match replications {
        0 | 1 => json!(count),
        runs => json!(round(count as f64 / f64::from(runs))),
    }
}

/// To six decimals, as tables have it.
fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
