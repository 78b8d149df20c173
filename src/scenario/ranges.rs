//! A number with the range in which it may lie: `{ value = 4000, from = 3500, to = 6000 }`.
//!
//! Wherever a number stands, such a table may; the value is what is read, and the range is kept beside
//! it, by its path: in a resolved scenario, which writes values as they are, in the table `[ranges]`. Must not
//! know which key wants what: who moves a value asks the scenario whether it takes it.

use std::collections::BTreeMap;

use serde_json::json;

use super::context::Cx;
use super::shape::{Definitions, Named, Shape};
use super::tree::{self, Entry, NAMED, Node, Table, Value};
use crate::quantity::{self, Dimension};

/// Lower and upper end, as `--set` takes them; `None` where one is not stated.
pub type Range = [Option<String>; 2];

/// Key of the table.
pub(super) const TABLE: &str = "ranges";

/// What stands behind a path in that table.
struct Ends;

impl Shape for Ends {
    fn words(&self) -> String {
        "table of `from` and `to`".to_owned()
    }
    fn schema(&self, _: &mut Definitions) -> serde_json::Value {
        let end = json!({ "type": "string" });
        json!({ "type": "object", "properties": { "from": end, "to": end }, "additionalProperties": false })
    }
}

/// Puts the values in the places of such tables, and gives the ranges by path; what is wrong with one is
/// told.
pub(super) fn take(cx: &mut Cx, tree: &mut Table) -> BTreeMap<String, Range> {
    if let Some(keys) = &mut cx.keys {
        let key = (TABLE, "in which range a value may lie, as a resolved scenario has it");
        keys.value("", key, &Named { what: "PATH", names: &[], each: &Ends });
    }
    let listed = tree.take(TABLE);
    let mut found = listed.map(|entry| listed_in(cx, &entry)).unwrap_or_default();
    walk(cx, tree, &mut Vec::new(), &mut found);
    found
}

/// What the table of a resolved scenario says; it is not trusted, since a value may have been edited.
fn listed_in(cx: &mut Cx, entry: &Entry) -> BTreeMap<String, Range> {
    let Some(table) = entry.node.as_table() else {
        super::context::wrong_type(cx, &entry.node, TABLE, "a table of ranges by path");
        return BTreeMap::new();
    };
    read(table)
}

/// The ranges of such a table.
pub(super) fn read(table: &Table) -> BTreeMap<String, Range> {
    let range = |entry: &Entry| {
        let ends = entry.node.as_table()?;
        Some((entry.key.clone(), ["from", "to"].map(|key| ends.get(key).map(|end| plain(&end.node)))))
    };
    table.entries.iter().filter_map(range).collect()
}

fn walk(cx: &mut Cx, table: &mut Table, before: &mut Vec<String>, found: &mut BTreeMap<String, Range>) {
    for entry in &mut table.entries {
        before.push(tree::key(&entry.key).into_owned());
        match &mut entry.node.value {
            Value::Table(inner) if is_range(inner) => {
                let range = checked(cx, inner, &before.join("."));
                if let Some(value) = inner.take("value") {
                    entry.node = value.node;
                }
                found.extend(range.map(|range| (before.join("."), range)));
            }
            Value::Table(inner) => walk(cx, inner, before, found),
            Value::List(items) => {
                for (number, item) in (1_usize..).zip(items) {
                    let name = NAMED.contains(&entry.key.as_str()).then(|| tree::name_of(&entry.key, item));
                    let name = name
                        .flatten()
                        .map_or_else(|| number.to_string(), |name| tree::key(&name).into_owned());
                    if let Value::Table(inner) = &mut item.value {
                        before.push(name);
                        walk(cx, inner, before, found);
                        before.pop();
                    }
                }
            }
            _ => {}
        }
        before.pop();
    }
}

/// A value with at least one end, and nothing else.
fn is_range(table: &Table) -> bool {
    let known = |key: &str| ["value", "from", "to"].contains(&key);
    let scalar = |node: &Node| !matches!(node.value, Value::List(_) | Value::Table(_));
    table.get("value").is_some()
        && table.entries.len() > 1
        && table.entries.iter().all(|entry| known(&entry.key) && scalar(&entry.node))
}

fn checked(cx: &mut Cx, table: &Table, path: &str) -> Option<Range> {
    let value = &table.get("value")?.node;
    let mut range = [None, None];
    let mut whole = true;
    for (at, (key, word)) in [("from", "begins above"), ("to", "ends below")].into_iter().enumerate() {
        let Some(end) = table.get(key).map(|entry| &entry.node) else { continue };
        match compared(value, end) {
            None => {
                whole = false;
                cx.fault_help(
                    "wrong-type",
                    format!("the range of `{path}` has another unit than its value, or is no number"),
                    end.span,
                    format!("found {}", end.to_toml()),
                    format!("the value is {}", value.to_toml()),
                );
            }
            Some((own, end_at)) if (at == 0 && end_at > own) || (at == 1 && end_at < own) => {
                whole = false;
                cx.fault_help(
                    "out-of-range",
                    format!("the range of `{path}` {word} its value"),
                    end.span,
                    format!("found {}", end.to_toml()),
                    format!("the value is {}; from <= value <= to", value.to_toml()),
                );
            }
            Some(_) => range[at] = Some(plain(end)),
        }
    }
    whole.then_some(range)
}

/// As `--set` takes it.
fn plain(node: &Node) -> String {
    node.as_text().map_or_else(|| node.to_toml(), str::to_owned)
}

/// Both as numbers of one kind.
fn compared(value: &Node, end: &Node) -> Option<(f64, f64)> {
    let number = |node: &Node| match &node.value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Text(text) | Value::Cell(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    if let (Some(value), Some(end)) = (number(value), number(end)) {
        return Some((value, end));
    }
    let of = |node: &Node, dimension| match node.as_text() {
        Some(text) => quantity::parse(text, dimension).ok(),
        // A share may be written either way.
        None => number(node).filter(|_| dimension == Dimension::Share),
    };
    Dimension::ALL.into_iter().find_map(|dimension| of(value, dimension).zip(of(end, dimension)))
}
