//! Protocol names in any case: `OWA` beside `owa`, as a key in a scenario and in `--set`.
//!
//! They become the scenario's own keys before anything is merged, as official names do
//! ([`super::official`]), so that a base that says `owa` and a file upon it that says
//! `OWA` speak of one. Must not know what a protocol is for.

use super::tree::{Node, Table, Value};
use crate::diagnostics::{Diagnostic, Span};
use crate::model::protocol::Protocol;

/// Tables of a population whose keys are protocols.
const OF_POPULATION: [&str; 3] = ["clients", "namespace", "misdirected"];

/// The scenario's own spelling of a key that is a protocol's in another case.
fn own(key: &str) -> Option<&'static str> {
    Protocol::parse(key).map(Protocol::token).filter(|token| *token != key)
}

/// The path of `--set` with protocols in the scenario's own spelling.
pub(super) fn path(mut parts: Vec<(String, Span)>) -> Vec<(String, Span)> {
    let words: Vec<&str> = parts.iter().map(|(part, _)| part.as_str()).collect();
    let at = match words.as_slice() {
        ["slo", _, ..] => 1,
        ["site", _, "server", _, _, ..] => 4,
        ["site", _, _, ..] => 2,
        ["population", _, table, _, ..] if OF_POPULATION.contains(table) => 3,
        _ => return parts,
    };
    if let Some(token) = own(words[at]) {
        token.clone_into(&mut parts[at].0);
    }
    parts
}

/// Puts the keys of a scenario's tree that are protocols into its own spelling.
pub(super) fn tables(root: &mut Table, faults: &mut Vec<Diagnostic>) {
    inside(root, "slo", &mut |slo| keys(slo, faults));
    inside(root, "population", &mut |population| {
        for name in OF_POPULATION {
            inside(population, name, &mut |table| keys(table, faults));
        }
    });
    inside(root, "site", &mut |site| {
        keys(site, faults);
        inside(site, "server", &mut |server| keys(server, faults));
    });
}

/// Visits a table, or each table of an array of them.
fn inside(table: &mut Table, key: &str, act: &mut dyn FnMut(&mut Table)) {
    let Some(entry) = table.get_mut(key) else { return };
    match &mut entry.node.value {
        Value::Table(inner) => act(inner),
        Value::List(items) => {
            for item in items {
                if let Node { value: Value::Table(inner), .. } = item {
                    act(inner);
                }
            }
        }
        _ => {}
    }
}

fn keys(table: &mut Table, faults: &mut Vec<Diagnostic>) {
    for at in 0..table.entries.len() {
        let Some(token) = own(&table.entries[at].key) else { continue };
        if let Some(known) = table.get(token) {
            faults.push(
                Diagnostic::error("duplicate-key", format!("`{token}` is written twice"))
                    .at(table.entries[at].key_span, "written again here, in other letters")
                    .at(known.key_span, "first written here")
                    .help("keep one of them"),
            );
            continue;
        }
        token.clone_into(&mut table.entries[at].key);
    }
}
