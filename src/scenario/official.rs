//! Official names of settings: `RedirectToOptimalOWAServer` beside
//! `redirect_to_optimal_owa_server`.
//!
//! A setting of Exchange may be written as Microsoft writes it (case does not
//! matter), in a scenario, in `--set` and in a `[[change]]`. Such a name says by itself
//! which table it belongs to, so that it may also stand directly in the site or
//! server. Here it becomes the scenario's own key, before anything is merged; the
//! resolver knows nothing of it. Must not know what a setting does.

use super::tree::{self, Entry, Table, Value};
use crate::diagnostics::{Diagnostic, Span};

/// Official name, table of a site or server, key.
const OF_SERVER: [(&str, &str, &str); 16] = [
    ("RedirectToOptimalOWAServer", "owa", "redirect_to_optimal_owa_server"),
    ("CrossSiteRedirectType", "owa", "cross_site_redirect_type"),
    ("Exchange2003Url", "owa", "exchange2003_url"),
    ("FailbackUrl", "owa", "failback_url"),
    ("InternalNLBBypassUrl", "ews", "internal_nlb_bypass_url"),
    ("AllowProxyingWithoutSSL", "cas", "allow_proxying_without_ssl"),
    ("AllowInternalUntrustedCerts", "cas", "allow_internal_untrusted_certs"),
    ("BlockLegacyMailboxes", "cas", "block_legacy_mailboxes"),
    ("AllowCrossSiteSessions", "cas", "allow_cross_site_sessions"),
    ("InternalConnectionSettings", "cas", "internal_connection_settings"),
    ("EnablePreferredSiteEnforcement", "cas", "enable_preferred_site_enforcement"),
    ("ClientAccessArray", "cas", "client_access_array"),
    ("AutoDiscoverSiteScope", "cas", "auto_discover_site_scope"),
    ("MaxConnectionsFromSingleIP", "cas", "max_connections_from_single_ip"),
    ("requestQueueLimit", "cas", "connection_limit"),
    ("RpcClientAccessServer", "mailbox", "rpc_client_access_server"),
];

/// Official names that every virtual directory has; they stay in its table.
const OF_DIRECTORY: [(&str, &str); 2] = [("ExternalUrl", "external_url"), ("InternalUrl", "internal_url")];

/// Official names of the organisation.
const OF_ORGANISATION: [(&str, &str); 2] = [
    ("AllowCrossSiteRpcClientAccess", "allow_cross_site_rpc_client_access"),
    ("MapiHttpEnabled", "mapi_http"),
];

/// Tables of a site or server in which an official name may stand.
const TABLES: [&str; 8] = ["cas", "mailbox", "owa", "eas", "ews", "autodiscover", "oab", "mapi"];

fn same(key: &str, official: &str) -> bool {
    // A scenario's own keys are lower case; an official name is told by its capitals.
    key.bytes().any(|b| b.is_ascii_uppercase()) && key.eq_ignore_ascii_case(official)
}

fn of_server(key: &str) -> Option<(&'static str, &'static str)> {
    OF_SERVER.iter().find(|(official, ..)| same(key, official)).map(|&(_, table, key)| (table, key))
}

fn of_directory(key: &str) -> Option<&'static str> {
    OF_DIRECTORY.iter().find(|(official, _)| same(key, official)).map(|&(_, key)| key)
}

fn of_organisation(key: &str) -> Option<&'static str> {
    OF_ORGANISATION.iter().find(|(official, _)| same(key, official)).map(|&(_, key)| key)
}

/// Official names of the organisation, which may stand at the top of a scenario.
pub(super) fn of_whole() -> impl Iterator<Item = &'static str> {
    OF_ORGANISATION.iter().map(|(official, _)| *official)
}

/// Official names that a table may hold, by its generic path, each with the generic path
/// of the key that it stands for.
pub(super) fn in_table(path: &str) -> Vec<(&'static str, String)> {
    let of_whole = OF_ORGANISATION.iter().map(|(official, key)| (*official, format!("organisation.{key}")));
    if matches!(path, "" | "organisation") {
        return of_whole.collect();
    }
    let (owner, table) = match path.strip_prefix("site.*.server.*") {
        Some(rest) => ("site.*.server.*", rest),
        None => match path.strip_prefix("site.*") {
            Some(rest) => ("site.*", rest),
            None => return Vec::new(),
        },
    };
    let table = table.trim_start_matches('.');
    if !table.is_empty() && !TABLES.contains(&table) {
        return Vec::new();
    }
    let server = OF_SERVER.iter().map(|(official, home, key)| (*official, format!("{owner}.{home}.{key}")));
    let directory = OF_DIRECTORY.iter().map(|(official, key)| (*official, format!("{path}.{key}")));
    server.chain(directory.filter(|_| !table.is_empty())).collect()
}

/// Every official name with the path that it stands for, for the documentation.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, String)> {
    let server = OF_SERVER.iter().map(|(official, table, key)| (*official, format!("{table}.{key}")));
    let directory = OF_DIRECTORY.iter().map(|(official, key)| (*official, format!("owa.{key}")));
    let whole = OF_ORGANISATION.iter().map(|(official, key)| (*official, format!("organisation.{key}")));
    server.chain(directory).chain(whole)
}

/// The path of `--set` or a change with official names replaced.
pub(super) fn path(mut parts: Vec<(String, Span)>) -> Vec<(String, Span)> {
    let words: Vec<&str> = parts.iter().map(|(part, _)| part.as_str()).collect();
    let own = match words.as_slice() {
        ["site", _, "server", _, ..] => 4,
        ["site", _, ..] => 2,
        ["organisation", key] | [key] => {
            if let Some(key) = of_organisation(key) {
                let span = parts[0].1;
                return vec![("organisation".to_owned(), span), (key.to_owned(), span)];
            }
            return parts;
        }
        _ => return parts,
    };
    let rest = &words[own..];
    let (inside, last) = match rest {
        [last] => (None, *last),
        [table, last] if TABLES.contains(table) => (Some(*table), *last),
        _ => return parts,
    };
    if let Some((table, key)) = of_server(last) {
        let span = parts[parts.len() - 1].1;
        parts.truncate(own);
        parts.push((table.to_owned(), span));
        parts.push((key.to_owned(), span));
    } else if let (Some(_), Some(key)) = (inside, of_directory(last))
        && let Some((part, _)) = parts.last_mut()
    {
        key.clone_into(part);
    }
    parts
}

/// Replaces the official names of a scenario's tree.
pub(super) fn tables(root: &mut Table, faults: &mut Vec<Diagnostic>) {
    let mut moved = Vec::new();
    for holder in [None, Some("organisation")] {
        let table = match holder {
            None => Some(&mut *root),
            Some(key) => root.get_mut(key).and_then(|entry| match &mut entry.node.value {
                Value::Table(table) => Some(table),
                _ => None,
            }),
        };
        if let Some(table) = table {
            take(table, &mut moved, |key| of_organisation(key).map(|key| ("organisation", key)));
        }
    }
    put(root, moved, faults);
    each(root, "site", &mut |site| {
        server(site, faults);
        each(site, "server", &mut |one| server(one, faults));
    });
}

fn each(table: &mut Table, key: &str, act: &mut dyn FnMut(&mut Table)) {
    if let Some(entry) = table.get_mut(key)
        && let Value::List(items) = &mut entry.node.value
    {
        for item in items {
            if let Value::Table(inner) = &mut item.value {
                act(inner);
            }
        }
    }
}

fn server(table: &mut Table, faults: &mut Vec<Diagnostic>) {
    let mut moved = Vec::new();
    take(table, &mut moved, of_server);
    for name in TABLES {
        let Some(entry) = table.get_mut(name) else { continue };
        let Value::Table(inner) = &mut entry.node.value else { continue };
        take(inner, &mut moved, of_server);
        let mut own = Vec::new();
        take(inner, &mut own, |key| of_directory(key).map(|key| ("", key)));
        for (_, entry) in own {
            insert(inner, entry, faults);
        }
    }
    put(table, moved, faults);
}

/// Takes the entries that `home` knows out of a table, renamed.
fn take(
    table: &mut Table,
    moved: &mut Vec<(&'static str, Entry)>,
    home: impl Fn(&str) -> Option<(&'static str, &'static str)>,
) {
    let mut at = 0;
    while at < table.entries.len() {
        match home(&table.entries[at].key) {
            Some((place, key)) => {
                let mut entry = table.entries.remove(at);
                key.clone_into(&mut entry.key);
                moved.push((place, entry));
            }
            None => at += 1,
        }
    }
}

fn put(table: &mut Table, moved: Vec<(&'static str, Entry)>, faults: &mut Vec<Diagnostic>) {
    for (place, entry) in moved {
        if table.get(place).is_none() {
            let node = tree::Node { value: Value::Table(Table::default()), span: entry.node.span };
            table.entries.push(Entry { key: place.to_owned(), key_span: entry.key_span, node });
        }
        if let Some(home) = table.get_mut(place)
            && let Value::Table(inner) = &mut home.node.value
        {
            insert(inner, entry, faults);
        }
    }
}

fn insert(table: &mut Table, entry: Entry, faults: &mut Vec<Diagnostic>) {
    if let Some(known) = table.get(&entry.key) {
        faults.push(
            Diagnostic::error("duplicate-key", format!("`{}` is written twice", entry.key))
                .at(entry.key_span, "written again here, by its official name or its key")
                .at(known.key_span, "first written here")
                .help("keep one of them"),
        );
        return;
    }
    table.entries.push(entry);
}
