//! Paths such as `site.Boston.cas.servers`, and setting what they lead to.

use super::tree::{self, Entry, NAMED, Node, Table, Value};
use crate::diagnostics::{Diagnostic, Span, is_or_are, nearest};

/// The most parts of a path or dotted key; recursion is bounded by it.
pub(super) const KEY_DEPTH: usize = 32;

/// The parts of a path such as `site."St. Louis".cas.servers`; quotes keep dots together.
pub(super) fn split_path(path: &str) -> Vec<String> {
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
        Value::List(items) if named => {
            let (name, name_span) = &rest[0];
            let names: Vec<Option<String>> = items.iter().map(|item| tree::name_of(first, item)).collect();
            let at = names.iter().position(|known| known.as_deref() == Some(name)).or_else(|| {
                (first == "namespace")
                    .then(|| names.iter().position(|k| k.as_ref() == Some(&name.to_ascii_lowercase())))?
            });
            // What has no name is addressed by its number, from 1.
            let at = at.or_else(|| {
                let number = name.parse::<usize>().ok()?.checked_sub(1)?;
                names.get(number).filter(|known| known.is_none()).map(|_| number)
            });
            let Some(at) = at else {
                return Err(no_element(first, name, *name_span, &names));
            };
            if rest.len() == 1 {
                return Err(Diagnostic::error(
                    "bad-path",
                    format!("`{name}` is a whole [[{first}]], not a key of it"),
                )
                .at(*name_span, "expected a key after it"));
            }
            let Value::Table(inner) = &mut items[at].value else { return Ok(()) };
            set(inner, &rest[1..], value)
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
            .map(|(number, name)| name.clone().unwrap_or_else(|| format!("{first}.{number}")))
            .collect();
        let more = if names.len() > known.len() { ", ..." } else { "" };
        fault = fault.help(format!("there {} {}{more}", is_or_are(names.len()), known.join(", ")));
        if names.contains(&None) {
            fault = fault.help("an element without a name is addressed by its number, from 1");
        }
    }
    fault
}

/// Removes the value at a path, or the element of an array of tables, where it was
/// written in `source`; leaves a table that it was the only key of. A path that leads
/// nowhere changes nothing.
pub(super) fn remove(table: &mut Table, path: &[String], source: u32) {
    let [first, rest @ ..] = path else { return };
    let Some(at) = table.entries.iter().position(|entry| entry.key == *first) else { return };
    if rest.is_empty() {
        if table.entries[at].key_span.source == source {
            table.entries.remove(at);
        }
        return;
    }
    match &mut table.entries[at].node.value {
        Value::Table(inner) => remove(inner, rest, source),
        Value::List(items) => {
            let named =
                |item: &Node| NAMED.contains(&first.as_str()).then(|| tree::name_of(first, item)).flatten();
            // What has no name is addressed by its number, from 1.
            let place = items.iter().position(|item| named(item).as_ref() == Some(&rest[0])).or_else(|| {
                let number = rest[0].parse::<usize>().ok()?.checked_sub(1)?;
                items.get(number).filter(|item| named(item).is_none()).map(|_| number)
            });
            let Some(place) = place else { return };
            if rest.len() > 1 {
                if let Value::Table(inner) = &mut items[place].value {
                    remove(inner, &rest[1..], source);
                }
            } else if items[place].span.source == source {
                items.remove(place);
                if items.is_empty() {
                    table.entries.remove(at);
                }
            }
        }
        _ => {}
    }
}
