//! Paths such as `site.Boston.cas.servers`, and setting what they lead to.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::tree::{self, Entry, NAMED, Node, Table, Value};
use crate::diagnostics::{Diagnostic, Span, is_or_are, nearest};

/// The most parts of a path or dotted key; recursion is bounded by it.
pub(super) const KEY_DEPTH: usize = 32;

/// The parts of a path such as `site."St. Louis".cas.servers`; quotes keep dots together.
pub(crate) fn split_path(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for c in path.trim().chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('.', None) => parts.push(String::new()),
            (c, _) => {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    if quote.is_none() {
        for part in &mut parts {
            *part = part.trim().to_owned();
        }
    }
    parts
}

/// Sets the value at a path, making tables on the way. After the key of an array of
/// named elements comes the name of one.
pub(super) fn set(table: &mut Table, path: &[(String, Span)], value: Node) -> Result<(), Diagnostic> {
    let Some((_, whole)) = path.first() else { return Ok(()) };
    if path.iter().any(|(part, _)| part.is_empty()) {
        return Err(Diagnostic::error("bad-path", "a part of the path is empty")
            .at(*whole, "expected names joined by dots")
            .help("for example site.Boston.cas.servers; a part that holds a dot is quoted"));
    }
    let [(first, span), rest @ ..] = path else { return Ok(()) };
    if path.len() > KEY_DEPTH {
        return Err(Diagnostic::error("bad-path", format!("a path has more than {KEY_DEPTH} parts"))
            .at(*span, "no key of a scenario is that deep"));
    }
    let named = NAMED.contains(&first.as_str());
    if let ("region", [(name, at), _, ..]) = (first.as_str(), rest)
        && name == INTERNET
    {
        add_internet(table, *span, *at);
    }
    for (a, b) in tree::RIVALS.into_iter().filter(|_| rest.is_empty()) {
        if let Some(old) = [(a, b), (b, a)].into_iter().find(|(new, _)| first == new) {
            table.take(old.1);
        }
    }
    if table.get(first).is_none() {
        let value = if rest.is_empty() {
            value
        } else {
            let mut inner = Table::default();
            set(&mut inner, rest, value)?;
            Node { value: Value::Table(inner), span: *span }
        };
        if named && !rest.is_empty() {
            return Err(Diagnostic::error("unknown-name", format!("the scenario has no [[{first}]]"))
                .at(*span, "nothing to address here"));
        }
        table.entries.push(Entry { key: first.clone(), key_span: *span, node: value });
        return Ok(());
    }
    let Some(entry) = table.get_mut(first) else { return Ok(()) };
    if rest.is_empty() {
        entry.node = value;
        entry.key_span = *span;
        return Ok(());
    }
    match &mut entry.node.value {
        Value::List(items) if named || first == "change" => {
            let (name, name_span) = &rest[0];
            let Some((at, parts)) = element(first, items, rest) else {
                let names: Vec<Option<String>> =
                    items.iter().map(|item| tree::name_of(first, item)).collect();
                return Err(no_element(first, name, *name_span, &names));
            };
            let rest = &rest[parts..];
            let Some((key, inside)) = rest.split_first() else {
                return Err(Diagnostic::error(
                    "bad-path",
                    format!("`{name}` is a whole [[{first}]], not a key of it"),
                )
                .at(*name_span, "expected a key after it"));
            };
            let Value::Table(inner) = &mut items[at].value else { return Ok(()) };
            if first == "change" && key.0 == "set" && !inside.is_empty() {
                set_in_change(inner, key, inside, value);
                return Ok(());
            }
            set(inner, rest, value)
        }
        // Elements without a name are addressed by their number, from 1.
        Value::List(items) if items.iter().all(|item| item.as_table().is_some()) && rest.len() > 1 => {
            set_numbered(items, first, rest, value)
        }
        Value::Table(inner) => set(inner, rest, value),
        Value::Bad => Ok(()),
        other => Err(Diagnostic::error(
            "bad-path",
            format!("`{first}` is {}, so nothing is inside it", other.noun()),
        )
        .at(*span, "the path ends here")),
    }
}

/// The region that is always there, whether it is written or not.
const INTERNET: &str = "Internet";

/// Writes it, where it is not written.
fn add_internet(table: &mut Table, key_span: Span, span: Span) {
    if table.get("region").is_none() {
        let node = Node { value: Value::List(Vec::new()), span: key_span };
        table.entries.push(Entry { key: "region".to_owned(), key_span, node });
    }
    let Some(Value::List(items)) = table.get_mut("region").map(|entry| &mut entry.node.value) else { return };
    if tree::place_of("region", items, INTERNET).is_none() {
        let name = Node { value: Value::Text(INTERNET.to_owned()), span };
        let entries = vec![Entry { key: "name".to_owned(), key_span: span, node: name }];
        items.push(Node { value: Value::Table(Table { entries }), span });
    }
}

/// The element of an array of tables that a path leads to, and how many of its parts
/// are its name: the whole of it, or of an outage what it strikes, whose dots need no
/// quotes. A link goes by its two sites in either order too, and everything by its number
/// in the file, from 1.
fn element(array: &str, items: &[Node], path: &[(String, Span)]) -> Option<(usize, usize)> {
    let (name, _) = path.first()?;
    if let Some(at) = tree::place_of(array, items, name) {
        return Some((at, 1));
    }
    let joined = |parts: usize| {
        let words: Vec<&str> = path[..parts].iter().map(|(part, _)| part.as_str()).collect();
        words.join(".")
    };
    let parts = if array == "outage" { 2..path.len() } else { 0..0 };
    let mut by_parts = parts.filter_map(|parts| Some((tree::place_of(array, items, &joined(parts))?, parts)));
    by_parts.next().or_else(|| {
        let number = name.parse::<usize>().ok()?.checked_sub(1)?;
        (number < items.len()).then_some((number, 1))
    })
}

/// Sets what a change sets: the path that it has already, however it is quoted there, or
/// a new one.
fn set_in_change(change: &mut Table, key: &(String, Span), path: &[(String, Span)], value: Node) {
    let words: Vec<String> = path.iter().map(|(part, _)| part.clone()).collect();
    if change.get(&key.0).is_none() {
        let node = Node { value: Value::Table(Table::default()), span: key.1 };
        change.entries.push(Entry { key: key.0.clone(), key_span: key.1, node });
    }
    let Some(entry) = change.get_mut(&key.0) else { return };
    let Value::Table(paths) = &mut entry.node.value else { return };
    if let Some(known) = in_change(paths, &words, &mut Vec::new()) {
        *known = value;
        return;
    }
    let path: Vec<Cow<'_, str>> = words.iter().map(|word| tree::key(word)).collect();
    paths.entries.push(Entry { key: path.join("."), key_span: key.1, node: value });
}

/// The value of a path that a change sets.
fn in_change<'t>(table: &'t mut Table, wanted: &[String], before: &mut Vec<String>) -> Option<&'t mut Node> {
    for entry in &mut table.entries {
        let depth = before.len();
        if depth == 0 {
            before.extend(split_path(&entry.key));
        } else {
            before.push(entry.key.clone());
        }
        if before.as_slice() == wanted {
            return Some(&mut entry.node);
        }
        let further = wanted.starts_with(before);
        if let (true, Value::Table(inner)) = (further, &mut entry.node.value)
            && let Some(found) = in_change(inner, wanted, before)
        {
            return Some(found);
        }
        before.truncate(depth);
    }
    None
}

/// Sets a value in the element of this number, from 1.
fn set_numbered(
    items: &mut [Node],
    first: &str,
    rest: &[(String, Span)],
    value: Node,
) -> Result<(), Diagnostic> {
    let (number, number_span) = &rest[0];
    let at = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < items.len());
    let Some(at) = at else {
        let title = format!("[[{first}]] has {} elements and none of number `{number}`", items.len());
        return Err(Diagnostic::error("unknown-name", title)
            .at(*number_span, "expected a number from 1")
            .help(format!("for example {first}.1")));
    };
    let Value::Table(inner) = &mut items[at].value else { return Ok(()) };
    set(inner, &rest[1..], value)
}

/// No element of an array is called so.
fn no_element(first: &str, name: &str, span: Span, names: &[Option<String>]) -> Diagnostic {
    let mut fault = Diagnostic::error("unknown-name", format!("no [[{first}]] is called `{name}`"))
        .at(span, "not in the scenario");
    if let Some(near) = nearest(name, names.iter().flatten().map(String::as_str)) {
        fault = fault.help(format!("did you mean `{near}`?"));
    } else {
        let known: Vec<String> = (1..)
            .zip(names)
            .take(12)
            .map(|(number, name)| {
                let name = name.clone().filter(|name| !name.is_empty());
                name.unwrap_or_else(|| format!("{first}.{number}"))
            })
            .collect();
        let more = if names.len() > known.len() { ", ..." } else { "" };
        fault = fault.help(format!("there {} {}{more}", is_or_are(names.len()), known.join(", ")));
        if names.contains(&None) {
            fault = fault.help("an element without a name is addressed by its number, from 1");
        }
    }
    fault
}

/// Where the elements of the arrays of a whole scenario are, by name, so that thousands of paths
/// are followed without looking through thousands of elements for each.
#[derive(Default)]
struct Places(BTreeMap<String, BTreeMap<String, usize>>);

impl Places {
    /// As [`tree::place_of`].
    fn of(&mut self, array: &str, items: &[Node], name: &str) -> Option<usize> {
        let places = self.0.entry(array.to_owned()).or_insert_with(|| {
            let named = items.iter().enumerate().rev();
            named.filter_map(|(at, item)| Some((tree::name_of(array, item)?, at))).collect()
        });
        let found =
            if array == "namespace" { places.get(&name.to_ascii_lowercase()) } else { places.get(name) };
        found.copied().or_else(|| tree::place_of(array, items, name))
    }

    /// Elements of an array moved.
    fn forget(&mut self, array: &str) {
        self.0.remove(array);
    }
}

/// Removes the value at a path, or the element of an array of tables, wherever it was written; leaves
/// a table that it was the only key of. A path that leads nowhere changes nothing.
pub(super) fn remove(table: &mut Table, path: &[String]) {
    take_out(table, path, None, &mut Places::default());
}

/// As [`remove`] of one path after the other, of what was written in `source`.
pub(super) fn remove_all<'p>(tree: &mut Table, paths: impl Iterator<Item = &'p str>, source: u32) {
    let mut places = Places::default();
    for path in paths {
        take_out(tree, &split_path(path), Some(source), &mut places);
    }
}

fn take_out(table: &mut Table, path: &[String], source: Option<u32>, places: &mut Places) {
    let [first, rest @ ..] = path else { return };
    let Some(at) = table.entries.iter().position(|entry| entry.key == *first) else { return };
    let written = |span: Span| source.is_none_or(|source| span.source == source);
    if rest.is_empty() {
        if written(table.entries[at].key_span) {
            table.entries.remove(at);
            places.forget(first);
        }
        return;
    }
    // What is inside has places of its own.
    match &mut table.entries[at].node.value {
        Value::Table(inner) => take_out(inner, rest, source, &mut Places::default()),
        Value::List(items) => {
            let place = places.of(first, items, &rest[0]).or_else(|| {
                let number = rest[0].parse::<usize>().ok()?.checked_sub(1)?;
                (number < items.len()).then_some(number)
            });
            let Some(place) = place else { return };
            if rest.len() > 1 {
                let called = tree::name_of(first, &items[place]);
                if let Value::Table(inner) = &mut items[place].value {
                    take_out(inner, &rest[1..], source, &mut Places::default());
                }
                if tree::name_of(first, &items[place]) != called {
                    places.forget(first);
                }
            } else if written(items[place].span) {
                items.remove(place);
                places.forget(first);
                if items.is_empty() {
                    table.entries.remove(at);
                }
            }
        }
        _ => {}
    }
}
