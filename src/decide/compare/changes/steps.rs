//! Edits as steps: which are made at once, what each is about, and in which order they are
//! tried first.
//!
//! Must not know whom a step serves; `order` tries that.

use std::collections::BTreeMap;

use toml::Value;

use super::edits::{Edit, Op};
use crate::check::names::{self, Kind, Row};
use crate::model::switches::{Certificate, covers};
use crate::model::topology::{CasGroup, Topology};
use crate::results::changes::{ChangeKind, Refused};
use crate::scenario::Scenario;

/// Something to be published that no key states: it comes before the first step that may need
/// it, and goes after the last.
#[derive(Clone, Debug)]
pub(super) struct Published {
    pub(super) row: Row,
    /// It comes; else it goes.
    pub(super) comes: bool,
}

/// What is made at once.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Numbers of its edits, in their order; those behind `shown` only repeat it.
    pub(super) edits: Vec<usize>,
    /// How many of them are told.
    pub(super) shown: usize,
    /// What it is about.
    pub(super) kind: ChangeKind,
}

/// Keys of `cas` and `mailbox` that are settings of Exchange and no property of machines.
const SETTINGS: [&str; 20] = [
    "allow_cross_site_sessions",
    "allow_internal_untrusted_certs",
    "allow_proxying_without_ssl",
    "authenticated_connection_timeout",
    "auto_discover_site_scope",
    "back_end_eas_integrated",
    "back_end_ssl_or_forms",
    "block_legacy_mailboxes",
    "client_access_array",
    "enable_preferred_site_enforcement",
    "internal_connection_settings",
    "max_connections",
    "max_connections_from_single_ip",
    "max_connections_per_user",
    "negotiate_provider",
    "outlook_anywhere_connection_limit",
    "require_ssl",
    "rpc_client_access_server",
    "rpc_request_limit",
    "service_principal_names",
];

/// What an edit is about.
fn kind(edit: &Edit) -> ChangeKind {
    let path: Vec<&str> = edit.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["namespace" | "resolution", ..] => ChangeKind::Dns,
        ["firewall", ..] => ChangeKind::Firewall,
        ["population", ..] => ChangeKind::Users,
        ["organisation", ..] => ChangeKind::Setting,
        ["exchange" | "host" | "dag", ..] | ["site", _, "server", _] => ChangeKind::Servers,
        ["link" | "region", ..] | ["site", _] => ChangeKind::Network,
        ["site", _, "server", _, rest @ ..] | ["site", _, rest @ ..] => of_group(rest),
        _ => ChangeKind::Assumption,
    }
}

fn of_group(path: &[&str]) -> ChangeKind {
    match path {
        ["cas", "certificate_names" | "certificate" | "self_signed"] => ChangeKind::Certificate,
        ["cas" | "mailbox", key] if SETTINGS.contains(key) => ChangeKind::Setting,
        ["owa" | "eas" | "ews" | "autodiscover" | "oab" | "mapi", ..] => ChangeKind::Setting,
        ["outlook_anywhere" | "pop" | "imap" | "pop_imap"] => ChangeKind::Setting,
        ["cas" | "mailbox" | "exchange" | "server" | "balancer", ..] => ChangeKind::Servers,
        _ => ChangeKind::Network,
    }
}

/// The steps of some edits.
pub(super) fn steps(edits: &[Edit], base: &Scenario, other: &Scenario) -> Vec<Step> {
    let mut by: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut steps: Vec<Step> = Vec::new();
    let mut repeated: Vec<usize> = Vec::new();
    for (at, edit) in edits.iter().enumerate() {
        let both = edit.path.last().is_some_and(|key| key == "pop_imap");
        if both {
            repeated.push(at);
            continue;
        }
        let together = together(edit, edits, base, other);
        match by.get(&together) {
            Some(&step) => {
                steps[step].edits.push(at);
                steps[step].shown += 1;
            }
            None => {
                by.insert(together, steps.len());
                steps.push(Step { edits: vec![at], shown: 1, kind: kind(edit) });
            }
        }
    }
    // `pop_imap` is short for two keys of the same table, which say what changes.
    for at in repeated {
        let table = |of: usize| edits[of].path.split_last().map(|(_, table)| table.to_vec());
        let service = |of: &usize| matches!(edits[*of].path.last().map(String::as_str), Some("pop" | "imap"));
        let meant =
            steps.iter_mut().find(|step| step.edits.iter().any(|of| service(of) && table(*of) == table(at)));
        match meant {
            Some(step) => step.edits.push(at),
            None => steps.push(Step { edits: vec![at], shown: 1, kind: ChangeKind::Setting }),
        }
    }
    steps
}

/// By what an edit is known that has to be made at once with others: the same name in one certificate
/// wherever that was exported to, a split or merged population, the two ways to state a clock.
fn together(edit: &Edit, edits: &[Edit], base: &Scenario, other: &Scenario) -> Vec<String> {
    let mut own = edit.path.clone();
    match (&edit.op, own.last().map(String::as_str)) {
        (Op::Add(name) | Op::Remove(name), Some("certificate_names")) => {
            let shared = shared_certificate(edit, base).or_else(|| shared_certificate(edit, other));
            own = shared.map_or(own, |certificate| vec!["certificate".to_owned(), certificate]);
            own.push(name.to_string());
        }
        (Op::Add(item) | Op::Remove(item), _) => own.push(item.to_string()),
        (_, Some("specint_rate")) => {
            own.pop();
            own.push("mhz".to_owned());
        }
        _ if own.first().is_some_and(|first| first == "population") => {
            // Who goes is known by the first of those that came of it.
            let came = |new: &&Edit| {
                let was = new.other.as_ref().and_then(|value| value.get("was")?.as_array());
                let stream = new.other.as_ref().and_then(|value| value.get("stream")?.as_str());
                let is_own = |name: Option<&str>| name == own.last().map(String::as_str);
                let named = was.is_some_and(|was| was.iter().any(|name| is_own(name.as_str())));
                new.path.first() == own.first() && (named || is_own(stream))
            };
            if let Some(new) = edits.iter().find(came) {
                own.clone_from(&new.path);
            }
        }
        _ => {}
    }
    own
}

/// The word for the certificate of the servers at an edit's path, where it was exported to several.
fn shared_certificate(edit: &Edit, scenario: &Scenario) -> Option<String> {
    let path = edit.dotted();
    let groups = scenario.model.topology.cas.iter().enumerate();
    let mut own = groups.filter(|(at, _)| {
        let table = crate::check::subject::cas_path(scenario, crate::kernel::Id::new(*at));
        path.strip_prefix(&table).is_some_and(|rest| rest == ".cas.certificate_names")
    });
    match &own.next()?.1.switches.publishing.certificate {
        Some(Certificate::Shared(word)) => Some(word.clone()),
        Some(Certificate::Own) | None => None,
    }
}

/// The order in which steps are tried: what comes is there before it is used, and what goes is
/// not used any more.
pub(super) fn rank(step: &Step, edits: &[Edit]) -> u8 {
    let first = &edits[step.edits[0]];
    // A rule of a firewall closes, and a fact about a name takes it away.
    let closes = matches!(first.path.first().map(String::as_str), Some("firewall" | "resolution"));
    let goes = first.goes() != closes;
    match step.kind {
        ChangeKind::Assumption => 9,
        ChangeKind::Users => 4,
        ChangeKind::Setting => 3,
        ChangeKind::Dns if goes => 8,
        ChangeKind::Certificate | ChangeKind::Firewall if goes => 7,
        ChangeKind::Network | ChangeKind::Servers if goes => 6,
        ChangeKind::Network | ChangeKind::Servers => 0,
        ChangeKind::Certificate | ChangeKind::Firewall => 1,
        ChangeKind::Dns => 2,
    }
}

/// What has to be published in one of two scenarios alone and is stated by no key; steps before `base` have
/// `left` something to go. Then what is left now: the ways of those whom the other refuses need it when
/// that is mended, and say nothing of it before.
pub(super) fn published(
    (base, left): (&Scenario, &[Row]),
    other: &Scenario,
    edits: &[Edit],
    refused: &[Refused],
) -> (Vec<Published>, Vec<Row>) {
    let (mut before, after) = (names::names(base), names::names(other));
    let key = |row: &Row| (row.kind, row.name.clone(), row.from.clone(), row.to.clone(), row.port.clone());
    for row in left {
        if !before.iter().any(|known| key(known) == key(row)) {
            before.push(row.clone());
        }
    }
    let (mut all, mut stays) = (Vec::new(), Vec::new());
    for (own, others, here, there, comes) in
        [(&after, &before, other, base, true), (&before, &after, base, other, false)]
    {
        let new = own.iter().filter(|row| !others.iter().any(|known| key(known) == key(row)));
        let told = new.filter(|row| is_work(row, here) && !is_stated(row, edits, there));
        let (waiting, told): (Vec<_>, Vec<_>) = told.partition(|row| !comes && needs(row, refused));
        all.extend(told.into_iter().map(|row| Published { row: row.clone(), comes }));
        stays.extend(waiting.into_iter().cloned());
    }
    (all, stays)
}

/// Whether one of these clients needs it.
fn needs(row: &Row, clients: &[Refused]) -> bool {
    let of = |list: &str, name: &str| list.split(';').any(|one| one == name);
    clients
        .iter()
        .any(|one| of(&row.populations, &one.population) && of(&row.protocols, one.protocol.token()))
}

/// The site of servers by name, and of a place where clients sit.
fn site_of<'t>(topology: &'t Topology, name: &'t str) -> &'t str {
    let cas = topology.cas.iter().find(|group| group.name == name).map(|group| group.site);
    let store = || topology.mailbox.iter().find(|group| group.name == name).map(|group| group.site);
    cas.or_else(store).map_or(name, |site| topology.sites[site.index()].name.as_str())
}

/// Whether somebody has to do something for it: not for the names that servers register
/// themselves, certificates that setup makes, nor inside of a site.
fn is_work(row: &Row, scenario: &Scenario) -> bool {
    let topology = &scenario.model.topology;
    match row.kind {
        Kind::Port => site_of(topology, &row.from) != site_of(topology, &row.to),
        Kind::DnsInside => !topology.cas.iter().any(|group| own_name(group) == row.name),
        Kind::Certificate => !row.remark.starts_with(names::UNSEEN),
        Kind::DnsInternet | Kind::DnsSrv => true,
    }
}

fn own_name(group: &CasGroup) -> String {
    let label = |name: &str| {
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    };
    group.switches.fqdn.clone().unwrap_or_else(|| label(&group.name))
}

/// Whether an edit says it, or the other side has it already.
fn is_stated(row: &Row, edits: &[Edit], there: &Scenario) -> bool {
    match row.kind {
        Kind::DnsInternet | Kind::DnsInside | Kind::DnsSrv => {
            let host = row.name.strip_prefix("_autodiscover._tcp.").unwrap_or(&row.name);
            let known = |name: &str| name == host || name == format!("autodiscover.{host}");
            let of = |edit: &Edit| match edit.path.as_slice() {
                [table, name, ..] => table == "namespace" && known(name),
                _ => false,
            };
            // A name that the other side has as well leads there, whether somebody needs it or not.
            edits.iter().any(of) || there.model.topology.namespaces.iter().any(|name| known(&name.name))
        }
        Kind::Certificate => {
            let named = |edit: &Edit| match &edit.op {
                Op::Add(Value::String(name)) | Op::Remove(Value::String(name)) => *name == row.name,
                _ => false,
            };
            let group = there.model.topology.cas.iter().find(|group| group.name == row.to);
            edits.iter().any(named)
                || group.is_some_and(|group| covers(&group.switches.publishing.certificate_names, &row.name))
        }
        Kind::Port => false,
    }
}
