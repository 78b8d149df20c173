//! What a folder keeps of a decision beside its tables: the whole, exact, so that its page can be made again.

use serde_json::Value;

use super::error::Error;
use crate::output::about::Basis;
use crate::output::format;
use crate::output::{Decision, Pictures, RunFolder, words};
use crate::results::{Identity, RESULTS};
use crate::scenario::Scenario;
use crate::store::{self, Keep};

/// The whole of a comparison, a sweep, plans or a study of sensitivity.
pub(super) const DECIDED: &str = "decided.bin";

/// Keys of `run.json` that say what was asked, with what a page calls them.
const ASKED: [(&str, &str); 18] = [
    ("vary", "Varied"),
    ("zip", "Value by value"),
    ("until", "Condition"),
    ("step", "No closer than"),
    ("replications", "Runs asked for"),
    ("max_replications", "Runs at most"),
    ("precision", "Precision asked for"),
    ("floor", "Smallest difference that counts"),
    ("unpaired", "Not paired"),
    ("in_order", "Steps of a migration"),
    ("runs_of_folders", "Runs of each folder"),
    ("range", "Numbers are multiplied by"),
    ("also", "Moved as well"),
    ("only", "Moved alone"),
    ("budget", "Budget, in runs of the scenario"),
    ("law_only", "By the law alone"),
    ("sensitivity", "The answer is studied"),
    ("arguments", "Changed by"),
];

/// Writes pictures, page and the whole of a decision into its folder; `first` is its first scenario, and
/// `manifest` the text of its `run.json`.
pub(super) fn write<T: Keep>(
    folder: &RunFolder,
    (kept, decision): (&T, Decision<'_>),
    (first, manifest): (&Scenario, &str),
    charts: Pictures,
) -> Result<(), Error> {
    folder.write(DECIDED, &store::to_bytes(&identity(first), kept))?;
    let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
    charts.write_decided(folder, decision, &basis(&manifest, RESULTS))?;
    Ok(())
}

/// Of several scenarios that of the first; of each `run.json` has the digest.
fn identity(scenario: &Scenario) -> Identity {
    let experiment = &scenario.experiment;
    Identity {
        results: RESULTS,
        scenario: scenario.digest.clone(),
        seed: experiment.seed,
        warmup: experiment.warmup,
        window: experiment.window,
        interval: experiment.interval,
        zone: None,
    }
}

/// What a page says beside a decision, by the `run.json` of its folder.
pub(super) fn basis(manifest: &Value, results: u32) -> Basis {
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |of: &Value| -> Vec<String> {
        let items = of.get("assumed_defaults").and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let several = manifest.get("scenarios").and_then(Value::as_array);
    let scenarios = match several {
        Some(all) => all.iter().map(|one| (text(one, "name"), text(one, "scenario_digest"))).collect(),
        None => vec![(String::new(), text(manifest, "scenario_digest"))],
    };
    let knows = |one: &&Value| one.get("assumed_defaults").is_some();
    Basis {
        title: None,
        notes: None,
        decided_by: (text(manifest, "casim_version"), u64::from(results)),
        scenarios,
        asked: ASKED
            .iter()
            .filter_map(|(key, name)| Some(((*name).to_owned(), told(key, manifest.get(key)?)?)))
            .collect(),
        assumed: several.into_iter().flatten().filter(knows).map(list).collect(),
    }
}

/// A value of `run.json` for people; `None` where it says nothing.
fn told(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Number(number) => Some(number.as_u64().map_or_else(|| number.to_string(), words::thousands)),
        Value::String(text) => Some(match (key, text.parse::<f64>()) {
            ("precision" | "floor", Ok(share)) => words::percent(share),
            ("range", Ok(factor)) => format::real(factor, 3),
            _ => text.clone(),
        }),
        Value::Array(all) if !all.is_empty() => {
            Some(all.iter().filter_map(|one| told(key, one)).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manifest_says_what_was_asked() {
        let basis = basis(
            &json!({
                "casim_version": "0.0.9", "scenario_digest": "00ff", "vary": ["a=1", "b=2"], "zip": false,
                "replications": 1000, "floor": "0.01", "until": null, "range": ["0.5", "1.5"], "also": []
            }),
            8,
        );
        assert_eq!(basis.scenarios, [(String::new(), "00ff".to_owned())]);
        assert_eq!(basis.decided_by, ("0.0.9".to_owned(), 8));
        let asked: Vec<(&str, &str)> = basis.asked.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            asked,
            [
                ("Varied", "a=1, b=2"),
                ("Runs asked for", "1,000"),
                ("Smallest difference that counts", "1 %"),
                ("Numbers are multiplied by", "0.5, 1.5"),
            ]
        );
        assert!(basis.assumed.is_empty());
    }
}
