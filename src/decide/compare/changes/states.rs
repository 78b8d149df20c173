//! The scenarios between two: the base with some of the edits made.
//!
//! Each is a text that loads by itself, made of the two resolved scenarios, so that what is
//! tried is what a reader can try again. Values that nobody gave stay such.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::edits::{Edit, between, make};
use crate::scenario::{self, Beside, Scenario};

/// Tables that say the same on both sides, and whose values do not depend on the rest: they
/// are left to their defaults.
const COMMON: [&str; 4] = ["costs", "traffic", "round_trips", "clients"];

/// Two scenarios and the edits between them.
#[derive(Debug)]
pub(super) struct Between {
    base: Table,
    /// Paths of the values that nobody gave: in the base, and in the other.
    defaults: [BTreeSet<String>; 2],
    names: BTreeSet<String>,
    /// Files of values that stand beside either.
    beside: BTreeSet<Beside>,
    /// Every edit.
    pub(super) edits: Vec<Edit>,
}

impl Between {
    pub(super) fn of(base: &Scenario, other: &Scenario) -> Self {
        let (mut before, mut after) = (table(base), table(other));
        let mut defaults = [given_by_nobody(&mut before), given_by_nobody(&mut after)];
        let edits = between(&before, &after);
        if before.get("exchange") == after.get("exchange") {
            for key in COMMON {
                shorten(&mut before, &after, &mut defaults, key);
            }
        }
        let names = namespaces(&before).chain(namespaces(&after)).collect();
        let beside = base.beside.iter().chain(&other.beside).cloned().collect();
        Self { base: before, defaults, names, beside, edits }
    }

    /// The scenario with the edits made whose numbers `made` holds, as a text of this name.
    pub(super) fn text(&self, name: &str, made: &BTreeSet<usize>) -> String {
        let mut table = self.base.clone();
        let mut defaults = self.defaults[0].clone();
        for edit in made.iter().map(|at| &self.edits[*at]) {
            make(&mut table, edit);
            let path = edit.dotted();
            for gone in below(&defaults, &path) {
                defaults.remove(&gone);
            }
            // Elements without a name are known by their place, and have another now.
            if edit.is_settled() {
                defaults.extend(below(&self.defaults[1], &path));
            }
        }
        table.insert("name".to_owned(), Value::String(name.to_owned()));
        if made.len() < self.edits.len() {
            self.hide_names(&mut table);
        }
        let paths = defaults.into_iter().map(Value::String).collect();
        let origin = Table::from_iter([("defaults".to_owned(), Value::Array(paths))]);
        table.insert("origin".to_owned(), Value::Table(origin));
        table.to_string()
    }

    /// The scenario with these edits made; `None` where it cannot be: a name leads to a site that
    /// is not there yet.
    pub(super) fn load(&self, made: &BTreeSet<usize>) -> Option<Scenario> {
        scenario::load_made("step.toml", &self.text("step", made), &self.beside).ok()
    }

    /// A name whose record is not there yet, or no longer, leads nowhere: it is not to be
    /// taken for published because it stands in a URL.
    fn hide_names(&self, table: &mut Table) {
        let there: BTreeSet<String> = namespaces(table).collect();
        let text = table.to_string();
        let absent = self.names.iter().filter(|name| !there.contains(*name) && text.contains(name.as_str()));
        let facts: Vec<Value> = absent
            .map(|name| {
                let fact = [
                    ("host".to_owned(), Value::String(name.clone())),
                    ("inside".to_owned(), Value::Boolean(false)),
                    ("internet".to_owned(), Value::Boolean(false)),
                ];
                Value::Table(Table::from_iter(fact))
            })
            .collect();
        if facts.is_empty() {
            return;
        }
        let list = table.entry("resolution".to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.extend(facts);
        }
    }
}

/// The path, and those below it.
fn below(paths: &BTreeSet<String>, path: &str) -> Vec<String> {
    let start = format!("{path}.");
    let inner = paths.range(start.clone()..).take_while(|of| of.starts_with(&start));
    paths.get(path).into_iter().chain(inner).cloned().collect()
}

fn table(scenario: &Scenario) -> Table {
    // The resolved text is casim's own, and loads again.
    scenario.resolved.parse().unwrap_or_default()
}

fn given_by_nobody(table: &mut Table) -> BTreeSet<String> {
    let origin = table.remove("origin");
    let paths = origin.as_ref().and_then(|origin| origin.get("defaults")).and_then(Value::as_array);
    paths.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Takes a table out that both sides have alike, as far as nobody gave its values.
fn shorten(before: &mut Table, after: &Table, defaults: &mut [BTreeSet<String>; 2], key: &str) {
    if before.get(key) != after.get(key) {
        return;
    }
    let [base, other] = defaults;
    let Some(Value::Table(own)) = before.get_mut(key) else { return };
    prune(own, key, &|path| base.contains(path) && other.contains(path));
    let below = format!("{key}.");
    let gone: Vec<String> =
        base.intersection(other).filter(|path| path.starts_with(&below)).cloned().collect();
    for path in gone {
        base.remove(&path);
        other.remove(&path);
    }
    if before.get(key).and_then(Value::as_table).is_some_and(Table::is_empty) {
        before.remove(key);
    }
}

fn prune(table: &mut Table, path: &str, is_default: &impl Fn(&str) -> bool) {
    table.retain(|key, value| {
        let path = format!("{path}.{}", scenario::key(key));
        if is_default(&path) {
            return false;
        }
        let Value::Table(inner) = value else { return true };
        prune(inner, &path, is_default);
        !inner.is_empty()
    });
}

fn namespaces(table: &Table) -> impl Iterator<Item = String> + use<'_> {
    let all = table.get("namespace").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|name| name.get("name")?.as_str().map(str::to_owned))
}
