//! Settings in which two scenarios differ.

use std::collections::BTreeMap;

use super::elements::element;
use super::renamed::renamed;
use crate::results::compared::KeyChange;
use crate::scenario::{self, Scenario};

/// Every setting of `base` and `other`, defaults included, that is not the same in both, by its
/// path as `--set` takes it; their names and what they were are not settings.
#[must_use]
pub fn differing(base: &Scenario, other: &Scenario) -> Vec<KeyChange> {
    // What is only called otherwise is one setting: its name.
    let called = renamed(base, other);
    let before = settings(called.as_ref().map_or(base, |called| &called.scenario));
    let mut now = settings(other);
    let mut all: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    for (path, value) in before {
        let there = now.remove(&path);
        if there.as_ref() != Some(&value) {
            all.insert(path, (Some(value), there));
        }
    }
    all.extend(now.into_iter().map(|(path, value)| (path, (None, Some(value)))));
    for name in called.iter().flat_map(|called| &called.names) {
        let path = format!("{}.{}.name", name.kind.table(), scenario::key(&name.old));
        let text = |name: &str| Some(toml::Value::String(name.to_owned()).to_string());
        all.insert(path, (text(&name.old), text(&name.new)));
    }
    all.into_iter().map(|(path, (base, other))| KeyChange { path, base, other }).collect()
}

fn settings(scenario: &Scenario) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    // The resolved text is casim's own, and loads again.
    if let Ok(mut table) = scenario.resolved.parse::<toml::Table>() {
        // Which values nobody gave is no setting.
        table.remove("origin");
        flatten("", &toml::Value::Table(table), &mut all);
    }
    all.remove("name");
    all
}

fn flatten(path: &str, value: &toml::Value, all: &mut BTreeMap<String, String>) {
    let join = |key: &str| match path {
        "" => scenario::key(key),
        path => format!("{path}.{}", scenario::key(key)),
    };
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table.iter().filter(|(key, _)| *key != "was") {
                flatten(&join(key), value, all);
            }
        }
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            for (at, item) in items.iter().enumerate() {
                let key = element(item).unwrap_or_else(|| (at + 1).to_string());
                flatten(&join(&key), item, all);
            }
        }
        value => {
            all.insert(path.to_owned(), value.to_string());
        }
    }
}
