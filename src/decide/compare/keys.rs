//! Settings in which two scenarios differ.

use std::collections::BTreeMap;

use crate::results::compared::KeyChange;
use crate::scenario::{self, Scenario};

/// Every setting of `base` and `other`, defaults included, that is not the same in both, by its
/// path as `--set` takes it; their names and what they were are not settings.
#[must_use]
pub fn differing(base: &Scenario, other: &Scenario) -> Vec<KeyChange> {
    let (before, mut now) = (settings(base), settings(other));
    let mut all: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    for (path, value) in before {
        let there = now.remove(&path);
        if there.as_ref() != Some(&value) {
            all.insert(path, (Some(value), there));
        }
    }
    all.extend(now.into_iter().map(|(path, value)| (path, (None, Some(value)))));
    all.into_iter().map(|(path, (base, other))| KeyChange { path, base, other }).collect()
}

fn settings(scenario: &Scenario) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    // The resolved text is casim's own, and loads again.
    if let Ok(table) = scenario.resolved.parse::<toml::Table>() {
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

/// What an element of a list of tables is addressed by.
pub(super) fn element(item: &toml::Value) -> Option<String> {
    let table = item.as_table()?;
    if let Some(name) = table.get("name").and_then(toml::Value::as_str) {
        return Some(name.to_owned());
    }
    let ends: Option<Vec<&str>> = table.get("between")?.as_array()?.iter().map(toml::Value::as_str).collect();
    Some(ends?.join("-"))
}
