//! What stands at a path of a scenario, defaults included, and the names behind a `*`.
//!
//! Must not set anything. Next: `path`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::path::split_path;
use super::ranges::{self, Range};
use super::reader::Reader;
use super::tree::{self, NAMED, Table, Value};

/// A value as a scenario has it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Stated {
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// A text: a word, or a number with its unit.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Something that is no single value.
    Other,
}

/// A resolved scenario ([`Scenario::resolved`](super::Scenario::resolved)) in which values are looked up.
#[derive(Debug)]
pub struct Resolved {
    whole: Table,
}

impl Resolved {
    /// Reads its text.
    #[must_use]
    pub fn of(resolved: &str) -> Self {
        let mut reader = Reader::default();
        let source = reader.add("resolved", "", Path::new(""), resolved.to_owned());
        Self { whole: reader.tree(source, &mut Vec::new()).unwrap_or_default() }
    }

    /// Every path that `path` stands for, where `*` is any name or key, with what stands there.
    #[must_use]
    pub fn find(&self, path: &str) -> Vec<(String, Option<Stated>)> {
        let mut found = Vec::new();
        walk(&self.whole, &split_path(path), &mut Vec::new(), &mut found);
        found
    }

    /// Ranges in which values may lie, by path.
    #[must_use]
    pub fn ranges(&self) -> BTreeMap<String, Range> {
        let table = self.whole.get(ranges::TABLE).and_then(|entry| entry.node.as_table());
        table.map(ranges::read).unwrap_or_default()
    }

    /// Paths of the values that nobody gave.
    #[must_use]
    pub fn defaults(&self) -> BTreeSet<String> {
        let origin = self.whole.get(super::origin::TABLE).and_then(|entry| entry.node.as_table());
        let list = origin.and_then(|table| table.get("defaults")).map(|entry| &entry.node.value);
        let Some(Value::List(items)) = list else { return BTreeSet::new() };
        items.iter().filter_map(|item| item.as_text().map(str::to_owned)).collect()
    }
}

/// Every path that `path` stands for, where `*` is any name or key, with what a resolved scenario
/// ([`Scenario::resolved`](super::Scenario::resolved)) has there; `None` where it has nothing.
///
/// # Errors
/// A sentence, where a `*` stands for nothing.
pub fn stated(resolved: &str, path: &str) -> Result<Vec<(String, Option<Stated>)>, String> {
    let found = Resolved::of(resolved).find(path);
    let starred = split_path(path).iter().any(|part| part == "*");
    match found.is_empty() {
        true if starred => Err(format!("nothing in the scenario is called as in `{path}`")),
        true => Ok(vec![(path.to_owned(), None)]),
        false => Ok(found),
    }
}

fn walk(
    table: &Table,
    parts: &[String],
    before: &mut Vec<String>,
    found: &mut Vec<(String, Option<Stated>)>,
) {
    let [first, rest @ ..] = parts else { return };
    let keys: Vec<&str> = match first.as_str() {
        "*" => table.entries.iter().map(|entry| entry.key.as_str()).collect(),
        key => vec![key],
    };
    for key in keys {
        let Some(entry) = table.get(key) else { continue };
        before.push(tree::key(key).into_owned());
        match &entry.node.value {
            Value::Table(inner) if !rest.is_empty() => walk(inner, rest, before, found),
            Value::List(items) if NAMED.contains(&key) && rest.len() > 1 => {
                for (name, inner) in elements(key, items, &rest[0]) {
                    before.push(tree::key(&name).into_owned());
                    walk(inner, &rest[1..], before, found);
                    before.pop();
                }
            }
            // Elements without names go by their numbers, from 1.
            Value::List(items) if rest.len() > 1 && items.iter().all(|item| item.as_table().is_some()) => {
                for (number, inner) in (1..).zip(items.iter().filter_map(tree::Node::as_table)) {
                    let number: usize = number;
                    if rest[0] == "*" || rest[0] == number.to_string() {
                        before.push(number.to_string());
                        walk(inner, &rest[1..], before, found);
                        before.pop();
                    }
                }
            }
            value if rest.is_empty() => found.push((before.join("."), Some(of(value)))),
            _ => {}
        }
        before.pop();
    }
}

/// The elements of an array of tables that a part of a path leads to, with their names.
fn elements<'t>(array: &str, items: &'t [tree::Node], part: &str) -> Vec<(String, &'t Table)> {
    let table = |at: usize| items[at].as_table();
    match part {
        "*" => {
            items.iter().filter_map(|item| Some((tree::name_of(array, item)?, item.as_table()?))).collect()
        }
        name => {
            let at = tree::place_of(array, items, name);
            at.and_then(table).map(|inner| (name.to_owned(), inner)).into_iter().collect()
        }
    }
}

fn of(value: &Value) -> Stated {
    match value {
        Value::Text(text) | Value::Cell(text) => Stated::Text(text.clone()),
        Value::Integer(whole) => i64::try_from(*whole).map_or(Stated::Other, Stated::Integer),
        Value::Float(number) => Stated::Number(*number),
        Value::Flag(flag) => Stated::Flag(*flag),
        Value::List(_) | Value::Column(_) | Value::Table(_) | Value::Bad => Stated::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_stars_find_what_is_stated() {
        let scenario =
            crate::scenario::load_text("starter.toml", crate::scenario::starter(), Path::new(""), &[]);
        let scenario = scenario.unwrap();
        let one = stated(&scenario.resolved, "run.load").unwrap();
        assert_eq!(one, [("run.load".to_owned(), Some(Stated::Number(1.0)))]);
        let all = stated(&scenario.resolved, "population.*.mailboxes").unwrap();
        assert_eq!(all.len(), scenario.model.workload.populations.len());
        assert!(all.iter().all(|(_, value)| matches!(value, Some(Stated::Integer(_)))), "{all:?}");
        let nothing = stated(&scenario.resolved, "run.nonsense").unwrap();
        assert_eq!(nothing, [("run.nonsense".to_owned(), None)]);
        assert!(stated(&scenario.resolved, "sit.*.cas.servers").is_err());
    }
}
