//! What a step is called, what does it and what undoes it.
//!
//! Commands are those of [`crate::model::shell`], by the key that a setting has in a scenario; what
//! has none is said in words. Must not know orders.

use toml::Value;

use super::super::renamed::{self, Name};
use super::edits::{Edit, Op};
use super::steps::{Published, Step};
use crate::check::names::Kind;
use crate::check::subject::{cas_path, mailbox_path};
use crate::kernel::Id;
use crate::model::directory::Service;
use crate::model::shell;
use crate::model::topology::{CasGroup, MailboxGroup};
use crate::results::changes::{ChangeKind, ChangeRow};
use crate::scenario::{self, Scenario};

/// What is done to get to a side.
struct Action {
    words: String,
    is_shell: bool,
}

/// Both scenarios.
#[derive(Clone, Copy)]
pub(super) struct Sides<'s> {
    pub(super) base: &'s Scenario,
    pub(super) other: &'s Scenario,
}

/// The servers at the beginning of a path, and the key below their table.
enum Owner<'s> {
    Cas(&'s CasGroup, String),
    Mailbox(&'s MailboxGroup, String),
    Nobody,
}

fn owner<'s>(scenario: &'s Scenario, path: &str) -> Owner<'s> {
    let topology = &scenario.model.topology;
    let below = |table: String| path.strip_prefix(&table)?.strip_prefix('.').map(str::to_owned);
    // The longest table: a site's own servers stand at the site, others below it.
    let store = path.contains(".mailbox.");
    let of_cas = topology.cas.iter().enumerate().filter_map(|(at, group)| {
        let key = below(cas_path(scenario, Id::new(at)))?;
        Some((key.len(), Owner::Cas(group, key)))
    });
    let of_stores = topology.mailbox.iter().enumerate().filter_map(|(at, group)| {
        let key = below(mailbox_path(scenario, Id::new(at)))?;
        Some((key.len(), Owner::Mailbox(group, key)))
    });
    let all: Vec<(usize, Owner<'s>)> = if store { of_stores.collect() } else { of_cas.collect() };
    all.into_iter().min_by_key(|(length, _)| *length).map_or(Owner::Nobody, |(_, owner)| owner)
}

/// The row of an edit, without order, test and who is refused.
pub(super) fn row(sides: Sides<'_>, step: &Step, edit: &Edit) -> ChangeRow {
    let (base, other) = values(edit);
    let (does, undoes) = (action(sides, step, edit, true), action(sides, step, edit, false));
    ChangeRow {
        step: 0,
        kind: step.kind,
        what: what(sides, edit),
        path: edit.dotted(),
        base,
        other,
        is_shell: does.is_shell && undoes.is_shell,
        command: does.words,
        undo: undoes.words,
        test: String::new(),
        asked_after: 0,
        before: String::new(),
        after: String::new(),
        refused: Vec::new(),
    }
}

/// The same of what is only called otherwise.
pub(super) fn renamed(name: &Name) -> ChangeRow {
    let table = name.kind.table();
    let (kind, what) = match name.kind {
        renamed::Kind::Population => (ChangeKind::Users, name.old.clone()),
        _ => (ChangeKind::Network, format!("{table} {}", name.old)),
    };
    ChangeRow {
        step: 1,
        kind,
        what,
        path: format!("{table}.{}.name", scenario::key(&name.old)),
        base: name.old.clone(),
        other: name.new.clone(),
        command: format!("nothing: it is called {} from here on", name.new),
        is_shell: false,
        undo: format!("nothing: it is called {} again", name.old),
        test: String::new(),
        asked_after: 1,
        before: String::new(),
        after: String::new(),
        refused: Vec::new(),
    }
}

/// The same of something to be published that no key states.
pub(super) fn published(of: &Published) -> ChangeRow {
    let row = &of.row;
    let (kind, what) = match row.kind {
        Kind::DnsInternet => (ChangeKind::Dns, format!("{} on the Internet", row.name)),
        Kind::DnsInside => (ChangeKind::Dns, format!("{} inside", row.name)),
        Kind::DnsSrv => (ChangeKind::Dns, format!("SRV record {}", row.name)),
        Kind::Certificate => {
            (ChangeKind::Certificate, format!("{} in the certificate of {}", row.name, row.to))
        }
        Kind::Port => (ChangeKind::Firewall, format!("port {} from {} to {}", row.port, row.from, row.to)),
    };
    let (set, gone) = match row.kind {
        Kind::DnsInternet | Kind::DnsInside | Kind::DnsSrv => (
            format!("DNS: have {} lead to {}", row.name, row.to),
            format!("DNS: take {} for {} away", row.name, row.to),
        ),
        Kind::Certificate => (
            format!("have {} among the names of the certificate of {}", row.name, row.to),
            format!("leave {} out when the certificate of {} is renewed", row.name, row.to),
        ),
        Kind::Port => (
            format!("firewall: open TCP {} from {} to {}", row.port, row.from, row.to),
            format!("firewall: close TCP {} from {} to {}", row.port, row.from, row.to),
        ),
    };
    let there = match row.kind {
        Kind::DnsInternet | Kind::DnsInside | Kind::DnsSrv => row.to.clone(),
        Kind::Certificate => "there".to_owned(),
        Kind::Port => "open".to_owned(),
    };
    let ((base, other), (command, undo)) = match of.comes {
        true => ((String::new(), there), (set, gone)),
        false => ((there, String::new()), (gone, set)),
    };
    ChangeRow {
        step: 0,
        kind,
        what,
        path: String::new(),
        base,
        other,
        command,
        is_shell: false,
        undo,
        test: String::new(),
        asked_after: 0,
        before: String::new(),
        after: String::new(),
        refused: Vec::new(),
    }
}

/// A value for people: nothing where it is none.
fn told(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) if text == "none" => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(|item| told(Some(item))).collect::<Vec<_>>().join(", "),
        Some(Value::Table(table)) => {
            let all = table.iter().map(|(key, value)| format!("{key} {}", told(Some(value))));
            all.collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

/// What stood there and what stands there: of a table that both have what differs.
fn values(edit: &Edit) -> (String, String) {
    let named = edit.path.first().map(String::as_str);
    match (&edit.base, &edit.other) {
        (Some(Value::Table(base)), Some(Value::Table(other))) => {
            let of = |own: &toml::Table, their: &toml::Table| {
                let differs = own.iter().filter(|(key, value)| their.get(*key) != Some(*value));
                told(Some(&Value::Table(differs.map(|(key, value)| (key.clone(), value.clone())).collect())))
            };
            (of(base, other), of(other, base))
        }
        (base, other) if edit.is_element => {
            let there = |value: &Option<Value>| match (value, named) {
                (None, _) => String::new(),
                (Some(value), Some("namespace")) => leads_to(value),
                (Some(_), _) => "there".to_owned(),
            };
            (there(base), there(other))
        }
        (base, other) => (told(base.as_ref()), told(other.as_ref())),
    }
}

/// Where a name leads: the sites on the Internet, then those inside where they are others.
fn leads_to(name: &Value) -> String {
    let sites = |key: &str| told(name.get(key));
    match (sites("leads_to"), sites("internet"), sites("inside")) {
        (other, ..) if !other.is_empty() => other,
        (_, internet, inside) if inside.is_empty() || inside == internet => internet,
        (_, internet, inside) if internet.is_empty() => format!("{inside} (inside)"),
        (_, internet, inside) => format!("{internet}; {inside} (inside)"),
    }
}

/// The name of a setting in the documentation of Exchange, where it has one.
fn official(leaf: &str) -> &str {
    match leaf {
        "external_url" => "ExternalURL",
        "internal_url" => "InternalURL",
        "auth" => "authentication",
        "internal_nlb_bypass_url" => "InternalNLBBypassUrl",
        "redirect_to_optimal_owa_server" => "RedirectToOptimalOWAServer",
        "cross_site_redirect_type" => "CrossSiteRedirectType",
        "exchange2003_url" => "Exchange2003Url",
        "failback_url" => "FailbackUrl",
        "outlook_anywhere" => "Outlook Anywhere",
        "pop" => "POP3 service",
        "imap" => "IMAP4 service",
        "allow_proxying_without_ssl" => "AllowProxyingWithoutSSL",
        "allow_internal_untrusted_certs" => "AllowInternalUntrustedCerts",
        "auto_discover_site_scope" => "AutoDiscoverSiteScope",
        "allow_cross_site_sessions" => "AllowCrossSiteSessions",
        "internal_connection_settings" => "InternalConnectionSettings",
        "max_connections" => "MaxConnections",
        "max_connections_from_single_ip" => "MaxConnectionsFromSingleIP",
        "max_connections_per_user" => "MaxConnectionsPerUser",
        "rpc_client_access_server" => "RpcClientAccessServer",
        "allow_cross_site_rpc_client_access" => "AllowCrossSiteRPCClientAccess",
        "mapi_http" => "MapiHttpEnabled",
        "internet" => "Internet connection",
        other => other,
    }
}

fn what(sides: Sides<'_>, edit: &Edit) -> String {
    let path: Vec<&str> = edit.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["namespace", host] => (*host).to_owned(),
        ["namespace", host, "internet"] => format!("{host} on the Internet"),
        ["namespace", host, "inside"] => format!("{host} inside"),
        ["namespace", host, key] => format!("{key} of {host}"),
        ["population", name] => (*name).to_owned(),
        ["firewall"] => "rule of a firewall".to_owned(),
        ["resolution"] => "fact about a name".to_owned(),
        ["organisation" | "contested", key] => official(key).to_owned(),
        [kind @ ("site" | "link" | "region" | "host" | "dag"), name] => format!("{kind} {name}"),
        ["site", site, "server", name] => format!("servers {name} of {site}"),
        _ => of_group(sides, edit),
    }
}

fn of_group(sides: Sides<'_>, edit: &Edit) -> String {
    let dotted = edit.dotted();
    let found = [sides.base, sides.other].map(|scenario| match owner(scenario, &dotted) {
        Owner::Cas(group, key) => Some((group.name.clone(), key)),
        Owner::Mailbox(group, key) => Some((group.name.clone(), key)),
        Owner::Nobody => None,
    });
    let Some((name, key)) = found.into_iter().flatten().next() else { return dotted };
    let (table, leaf) = key.split_once('.').unwrap_or(("", &key));
    let item = match &edit.op {
        Op::Add(item) | Op::Remove(item) => format!("{} in the certificate", told(Some(item))),
        Op::Set(_) => official(leaf).to_owned(),
    };
    let service = Service::ALL.iter().find(|(_, own, _)| *own == table);
    match (service, edit.path.as_slice()) {
        (Some((service, ..)), _) => {
            let path = service.path().trim_start_matches('/').split('/').next().unwrap_or("");
            format!("{item} of {name} /{path}")
        }
        // What is stated of the site itself, not of its servers.
        (None, [_, site, key]) if !is_of_servers(key) => format!("{} of {site}", official(key)),
        (None, _) => format!("{item} of {name}"),
    }
}

fn is_of_servers(key: &str) -> bool {
    matches!(key, "outlook_anywhere" | "pop" | "imap" | "pop_imap" | "cas" | "mailbox")
}

/// What is done to get to the other side, or back to the base.
fn action(sides: Sides<'_>, step: &Step, edit: &Edit, onward: bool) -> Action {
    let (from, to) = if onward { (sides.base, sides.other) } else { (sides.other, sides.base) };
    let dotted = edit.dotted();
    let shell = match (owner(to, &dotted), owner(from, &dotted)) {
        (Owner::Cas(after, key), Owner::Cas(before, _)) => shell::cas_setting(&key, Some(before), after),
        (Owner::Cas(after, key), _) => shell::cas_setting(&key, None, after),
        (Owner::Mailbox(after, key), _) => shell::mailbox_setting(&key, after),
        (Owner::Nobody, _) => shell::organisation_setting(&dotted, &to.model.topology),
    };
    // A list grows name by name; the command has the whole of it.
    let shell = shell.filter(|_| matches!(edit.op, Op::Set(_)));
    if let Some(words) = shell {
        return Action { words, is_shell: true };
    }
    let (base, other) = values(edit);
    let (value, is_there) = match onward {
        true => (other, edit.other.is_some()),
        false => (base, edit.base.is_some()),
    };
    Action { words: in_words(&what(sides, edit), step.kind, edit, (&value, is_there)), is_shell: false }
}

/// What is to be done where no command does it.
fn in_words(what: &str, kind: ChangeKind, edit: &Edit, (value, is_there): (&str, bool)) -> String {
    let closes = edit.path.first().is_some_and(|first| first == "firewall");
    match (kind, is_there) {
        (ChangeKind::Dns, true) => format!("DNS: have {what} lead to {value}"),
        (ChangeKind::Dns, false) => format!("DNS: take the record of {what} away"),
        (ChangeKind::Firewall, true) if closes => format!("firewall: set up the rule ({value})"),
        (ChangeKind::Firewall, _) => "firewall: take the rule away".to_owned(),
        (ChangeKind::Certificate, true) => format!("have the certificate renewed: {what} {value}"),
        (ChangeKind::Certificate, false) => format!("have the certificate renewed without {what}"),
        (ChangeKind::Users, true) => users(edit, value),
        (ChangeKind::Users, false) => format!("{what}: take these mailboxes away, or move them"),
        (ChangeKind::Assumption, _) => "nothing: what casim is asked or assumes".to_owned(),
        (_, true) if edit.is_element && value == "there" => format!("set up {what}"),
        (_, false) => format!("take {what} away"),
        (_, true) if value.is_empty() => format!("clear {what}"),
        (_, true) if edit.base.is_none() || edit.other.is_none() => format!("set up {what}: {value}"),
        (_, true) => format!("change {what}: {value}"),
    }
}

/// What is to be done about users: by which of their facts are others.
fn users(edit: &Edit, value: &str) -> String {
    let differs = |key: &str| {
        let of = |side: &Option<Value>| side.as_ref().and_then(|side| side.get(key).cloned());
        of(&edit.base) != of(&edit.other)
    };
    let both = edit.base.is_some() && edit.other.is_some();
    let mut todo = Vec::new();
    if differs("home") && both {
        todo.push("move the mailboxes");
    }
    if differs("namespace") && both {
        todo.push("tell users the names that they are to use (affected.csv)");
    }
    if differs("mailboxes") && both {
        todo.push("create or remove mailboxes");
    }
    let todo = if todo.is_empty() { "see that it is so".to_owned() } else { todo.join(", ") };
    format!("{todo}: {value}")
}
