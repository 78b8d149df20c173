//! Keys are recorded where they are read; the tables of the documentation follow them.

use std::fmt::Write as _;

use super::*;
use crate::scenario::keys::{Entry, Keys};

/// What opens and closes a table of keys in the documentation: `<!-- keys site.*.cas -->`.
const OPENS: &str = "<!-- keys ";
const CLOSES: &str = "<!-- end of keys -->";

/// The generic paths whose tables the documentation holds.
fn documented(text: &str) -> Vec<&str> {
    text.split(OPENS).skip(1).filter_map(|rest| rest.split(" -->").next()).collect()
}

/// Every key of a table, and of those inside it that have no table of their own.
fn rows(keys: &Keys, path: &str, prefix: &str, own: &[&str], out: &mut String) {
    let Some(table) = keys.tables.get(path) else { return };
    for entry in &table.keys {
        let name = if entry.names.is_empty() { entry.key.as_str() } else { "*" };
        let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let within = entry.table && !path.is_empty() && !own.iter().any(|own| same(keys, own, &inner));
        if entry.value.is_some() || !within || !keys.tables.contains_key(&inner) {
            row(entry, prefix, table.readings, out);
        }
        if within {
            rows(keys, &inner, &format!("{prefix}{}.", entry.key), own, out);
        }
    }
}

/// Whether the table that the documentation has is the one that would stand here: a
/// server's `cas` is a site's, a population's `settings` are `[clients]`.
fn same(keys: &Keys, documented: &str, path: &str) -> bool {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let names = |path: &str| -> Vec<&str> {
        keys.tables.get(path).map_or(Vec::new(), |t| t.keys.iter().map(|entry| entry.key.as_str()).collect())
    };
    (last(documented) == last(path) && last(path) != "*") || names(documented) == names(path)
}

fn row(entry: &Entry, prefix: &str, readings: usize, out: &mut String) {
    let mut value: Vec<String> = entry.value.iter().map(|(words, _)| words.clone()).collect();
    if entry.table {
        value.push("table".to_owned());
    }
    if entry.elements {
        value.push("tables".to_owned());
    }
    let default = match entry.defaults.as_slice() {
        _ if entry.needed(readings) => "needed".to_owned(),
        [] => String::new(),
        [shown] => format!("`{shown}`: {}", entry.source),
        _ => entry.source.clone(),
    };
    let cells = [format!("`{prefix}{}`", entry.key), value.join(", or "), default, entry.meaning.to_owned()];
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

/// The documentation with every table of keys as the code has it.
fn rewritten(text: &str, keys: &Keys) -> String {
    let own = documented(text);
    let mut parts = text.split(OPENS);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (path, rest) = part.split_once(" -->").expect("a marker ends");
        let (_, after) = rest.split_once(CLOSES).expect("a table of keys ends");
        let _ = write!(out, "{OPENS}{path} -->\n| key | value | default | meaning |\n|---|---|---|---|\n");
        let path = if path == "root" { "" } else { path };
        rows(keys, path, "", &own, &mut out);
        let _ = write!(out, "{CLOSES}{after}");
    }
    out
}

/// `CASIM_BLESS=1 cargo test` writes the tables anew.
#[test]
fn the_tables_of_keys_are_what_the_reader_asks_for() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario.md");
    let file = std::fs::read_to_string(path).unwrap();
    let current = rewritten(&file, &keys());
    if std::env::var_os("CASIM_BLESS").is_some() {
        std::fs::write(path, &current).unwrap();
    } else {
        assert!(file == current, "docs/scenario.md is out of date; run with CASIM_BLESS=1");
    }
}

/// A key that was only looked for has neither a meaning nor a shape.
#[test]
fn every_key_that_is_known_is_recorded() {
    let keys = keys();
    for text in EXEMPLARS.into_iter().chain([EXAMPLE, starter()]) {
        let (known, faults) = known_keys(text);
        assert!(faults.is_empty(), "{faults:?}");
        for (key, tables) in known {
            let silent = tables.iter().find(|table| !recorded(&keys, table, key));
            assert_eq!(silent, None, "a table that knows `{key}`, and nobody says what it means");
        }
    }
}

type Known = std::collections::BTreeMap<&'static str, std::collections::BTreeSet<String>>;

fn known_keys(text: &str) -> (Known, Vec<Diagnostic>) {
    let mut cx = Cx::new(&[]);
    let mut reader = Reader::default();
    let source = reader.add("test", "", Path::new("tests/scenarios"), text.to_owned());
    let mut tree = reader.tree(source, &mut Vec::new()).expect("TOML");
    law::load_columns(&mut reader, &mut tree);
    origin::take(&mut cx, &mut tree);
    resolve::resolve(&mut cx, &tree, Span::default(), "test", true);
    (cx.known, cx.faults)
}

/// Tables by the name of a protocol are recorded as one.
fn recorded(keys: &Keys, table: &str, key: &str) -> bool {
    let own = |path: &str| {
        keys.tables.get(path).is_some_and(|table| {
            table.keys.iter().any(|entry| entry.key == key || entry.names.contains(&key))
        })
    };
    own(table) || table.rsplit_once('.').is_some_and(|(head, _)| own(&format!("{head}.*")))
}

#[test]
fn what_a_default_depends_on_is_told_from_what_it_does_not() {
    let keys = keys();
    let entry = |table: &str, key: &str| {
        keys.tables[table].keys.iter().find(|entry| entry.key == key).expect("recorded")
    };
    assert_eq!(entry("namespace.*", "ttl").defaults, ["\"5 min\""]);
    assert!(entry("site.*", "time_zone").defaults.len() > 1);
    assert!(entry("site.*.server.*.cas", "max_connections_per_user").defaults.len() > 1);
    for (path, table) in &keys.tables {
        for entry in &table.keys {
            assert!(!entry.meaning.is_empty(), "`{}` of `{path}`", entry.key);
            assert!(entry.value.is_some() || entry.table || entry.elements, "`{}` of `{path}`", entry.key);
            let inner = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
            let read = [&inner, &format!("{inner}.*"), &format!("{path}.*")]
                .iter()
                .any(|path| keys.tables.contains_key(path.as_str()));
            assert!(read || !(entry.table || entry.elements), "no exemplar has `{inner}`");
        }
    }
}
