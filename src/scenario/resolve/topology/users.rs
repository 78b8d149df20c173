//! Which sites have clients of Outlook Anywhere, read off the populations before they are
//! resolved: up to 2010 somebody enabled it there by hand.
//!
//! Looks without judging: what is wrong with a population is found when it is resolved.

use std::collections::BTreeSet;

use super::super::super::tree::{Node, Table, Value};
use crate::model::protocol::Protocol;

/// Names of the sites at which mailboxes that use Outlook Anywhere are at home, and of those
/// to which the names that their clients type lead on the Internet.
pub(super) fn sites_of_outlook_anywhere(root: &Table) -> BTreeSet<String> {
    let mut sites = BTreeSet::new();
    let names = elements(root, "namespace");
    for population in elements(root, "population") {
        if !uses_it(population) {
            continue;
        }
        sites.extend(population.text("home").map(str::to_owned));
        let typed = name_of(population).map(str::to_ascii_lowercase);
        let led = names.iter().filter(|name| match (&typed, name.text("name")) {
            (Some(typed), Some(name)) => name.eq_ignore_ascii_case(typed),
            (None, _) => names.len() == 1,
            (Some(_), None) => false,
        });
        for name in led {
            let Some(entry) = name.get("internet") else { continue };
            match &entry.node.value {
                Value::List(list) => sites.extend(list.iter().filter_map(Node::as_text).map(str::to_owned)),
                _ => sites.extend(entry.node.as_text().map(str::to_owned)),
            }
        }
    }
    sites
}

fn elements<'t>(root: &'t Table, array: &str) -> Vec<&'t Table> {
    match root.get(array).map(|entry| &entry.node.value) {
        Some(Value::List(items)) => items.iter().filter_map(Node::as_table).collect(),
        _ => Vec::new(),
    }
}

fn uses_it(population: &Table) -> bool {
    let clients = population.get("clients").and_then(|entry| entry.node.as_table());
    let is = |key: &str| Protocol::parse(key) == Some(Protocol::OutlookAnywhere);
    clients.is_some_and(|clients| {
        clients
            .entries
            .iter()
            .any(|entry| is(&entry.key) && !matches!(entry.node.to_toml().as_str(), "0" | "0.0"))
    })
}

/// The host that its clients of Outlook Anywhere type, as far as the population says.
fn name_of(population: &Table) -> Option<&str> {
    let namespace = &population.get("namespace")?.node;
    let Value::Table(names) = &namespace.value else { return namespace.as_text() };
    let own =
        names.entries.iter().find(|entry| Protocol::parse(&entry.key) == Some(Protocol::OutlookAnywhere));
    own.or_else(|| names.get("default")).and_then(|entry| entry.node.as_text())
}
