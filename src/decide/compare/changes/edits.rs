//! What has to be edited in a resolved scenario so that it becomes another one.
//!
//! Settings that an administrator changes one by one are edits of their own; what belongs
//! together (a line, a population, the goals) is one. Must not know what an edit means for
//! anybody.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::super::elements::element;
use crate::scenario;

/// Tables of a site, or of one of its servers, whose keys are changed one by one.
const OPEN: [&str; 8] = ["owa", "eas", "ews", "autodiscover", "oab", "mapi", "cas", "mailbox"];

/// What is done at a path.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Op {
    /// The value is replaced; `None`: it goes.
    Set(Option<Value>),
    /// The list gets one more item.
    Add(Value),
    /// The list loses an item.
    Remove(Value),
}

/// One edit.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Edit {
    /// Keys, and behind that of an array of named elements the name of one.
    pub(super) path: Vec<String>,
    /// The last part is the name of an element.
    pub(super) is_element: bool,
    /// What is done.
    pub(super) op: Op,
    /// The value before; of a list its item.
    pub(super) base: Option<Value>,
    /// The value after.
    pub(super) other: Option<Value>,
}

impl Edit {
    /// The path as `--set` takes it.
    pub(super) fn dotted(&self) -> String {
        let parts: Vec<String> = self.path.iter().map(|part| scenario::key(part)).collect();
        parts.join(".")
    }

    /// Whether what is below its path keeps its place.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self.op, Op::Set(_))
    }

    /// Whether something goes and nothing comes.
    pub(super) fn goes(&self) -> bool {
        let empty = |value: &Value| {
            matches!(value, Value::String(text) if text == "none") || *value == Value::Boolean(false)
        };
        self.other.as_ref().is_none_or(empty)
    }
}

/// Every edit between two resolved scenarios, in their order; name, marks of defaults and what
/// populations were called are none.
pub(super) fn between(base: &Table, other: &Table) -> Vec<Edit> {
    let mut all = Vec::new();
    walk(base, other, &mut Vec::new(), &mut all);
    all
}

fn walk(base: &Table, other: &Table, path: &mut Vec<String>, all: &mut Vec<Edit>) {
    let keys: BTreeSet<&String> = base.keys().chain(other.keys()).collect();
    for key in keys {
        let (before, after) = (base.get(key), other.get(key));
        let no_setting = key == "was" || (path.is_empty() && (key == "name" || key == "origin"));
        if no_setting || before == after {
            continue;
        }
        path.push(key.clone());
        match (before, after) {
            (Some(Value::Table(before)), Some(Value::Table(after))) if opens(path) => {
                walk(before, after, path, all);
            }
            (Some(Value::Array(_)) | None, Some(Value::Array(_)) | None)
                if is_list_of_tables(before) || is_list_of_tables(after) =>
            {
                elements(items(before), items(after), path, all);
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) if key == "certificate_names" => {
                one_by_one(before, after, path, all);
            }
            _ => all.push(set(path, false, before, after)),
        }
        path.pop();
    }
}

/// Whether the keys of the table at a path, or of the element, are edits of their own.
fn opens(path: &[String]) -> bool {
    match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["organisation" | "contested"] | ["site" | "namespace", _] => true,
        ["site", _, "server", _] => true,
        ["site", _, key] | ["site", _, "server", _, key] => OPEN.contains(key),
        _ => false,
    }
}

fn set(path: &[String], is_element: bool, base: Option<&Value>, other: Option<&Value>) -> Edit {
    let op = Op::Set(other.cloned());
    Edit { path: path.to_vec(), is_element, op, base: base.cloned(), other: other.cloned() }
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_list_of_tables(value: Option<&Value>) -> bool {
    items(value).iter().any(Value::is_table)
}

/// Elements by name; those without one by their whole value.
fn elements(base: &[Value], other: &[Value], path: &mut Vec<String>, all: &mut Vec<Edit>) {
    if !base.iter().chain(other).all(|item| element(item).is_some()) {
        one_by_one(base, other, path, all);
        return;
    }
    let find = |among: &'_ [Value], name: &str| {
        among.iter().find(|item| element(item).as_deref() == Some(name)).cloned()
    };
    let new = other.iter().filter(|item| element(item).is_some_and(|name| find(base, &name).is_none()));
    for item in base.iter().chain(new) {
        let Some(name) = element(item) else { continue };
        let (before, after) = (find(base, &name), find(other, &name));
        if before == after {
            continue;
        }
        path.push(name);
        match (&before, &after) {
            (Some(Value::Table(before)), Some(Value::Table(after))) if opens(path) => {
                walk(before, after, path, all);
            }
            _ => all.push(set(path, true, before.as_ref(), after.as_ref())),
        }
        path.pop();
    }
}

/// Items that one list has and the other has not, each by itself.
fn one_by_one(base: &[Value], other: &[Value], path: &[String], all: &mut Vec<Edit>) {
    let mut edit = |op: Op, base: Option<&Value>, other: Option<&Value>| {
        let path = path.to_vec();
        all.push(Edit { path, is_element: false, op, base: base.cloned(), other: other.cloned() });
    };
    for item in other.iter().filter(|item| !base.contains(item)) {
        edit(Op::Add(item.clone()), None, Some(item));
    }
    for item in base.iter().filter(|item| !other.contains(item)) {
        edit(Op::Remove(item.clone()), Some(item), None);
    }
}

/// Makes an edit.
pub(super) fn make(table: &mut Table, edit: &Edit) {
    lay(table, &edit.path, edit);
}

fn lay(table: &mut Table, path: &[String], edit: &Edit) {
    let [key, rest @ ..] = path else { return };
    let of_element = edit.is_element && rest.len() == 1;
    match (rest, table.get_mut(key)) {
        ([], _) => here(table, key, &edit.op),
        (_, Some(Value::Table(inner))) => lay(inner, rest, edit),
        ([name, further @ ..], Some(Value::Array(list))) => {
            let place = list.iter().position(|item| element(item).as_ref() == Some(name));
            match (place, &edit.op) {
                (Some(at), Op::Set(None)) if of_element => {
                    list.remove(at);
                    if list.is_empty() {
                        table.remove(key);
                    }
                }
                (Some(at), Op::Set(Some(value))) if of_element => list[at] = value.clone(),
                (None, Op::Set(Some(value))) if of_element => list.push(value.clone()),
                (Some(at), _) => {
                    if let Value::Table(inner) = &mut list[at] {
                        lay(inner, further, edit);
                    }
                }
                (None, _) => {}
            }
        }
        (_, None) => {
            if let (true, Op::Set(Some(value))) = (of_element, &edit.op) {
                table.insert(key.clone(), Value::Array(vec![value.clone()]));
            }
        }
        (_, Some(_)) => {}
    }
}

fn here(table: &mut Table, key: &str, op: &Op) {
    match op {
        Op::Set(Some(value)) => {
            table.insert(key.to_owned(), value.clone());
        }
        Op::Set(None) => {
            table.remove(key);
        }
        Op::Add(item) => {
            let list = table.entry(key.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(item.clone());
            }
        }
        Op::Remove(item) => {
            if let Some(Value::Array(list)) = table.get_mut(key) {
                list.retain(|known| known != item);
                if list.is_empty() {
                    table.remove(key);
                }
            }
        }
    }
}
