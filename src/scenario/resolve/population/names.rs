//! The names that the clients of a population use, rightly and wrongly.

use std::collections::BTreeMap;

use super::super::super::amounts::Share;
use super::super::super::context::{Cx, wrong_type};
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{Host, Kind as _};
use super::super::super::shape::{AnyOf, Named};
use super::super::super::tree::{self, Node, Value};
use crate::diagnostics::Span;
use crate::kernel::Id;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, MailboxGroup, Namespace, Site, Topology};
use crate::model::workload::Misdirected;

const NAMESPACE: Key = (
    "namespace",
    "the host name that its clients type, or one for each protocol; needed if there are several",
);

/// Names by protocol, and the one of all others.
#[derive(Default)]
pub(super) struct Used {
    /// The name of protocols that have none of their own.
    pub(super) default: Option<Id<Namespace>>,
    /// Names by protocol.
    pub(super) own: BTreeMap<Protocol, Id<Namespace>>,
}

/// The names that Autodiscover tells Outlook for Outlook Anywhere, where they are stated.
#[derive(Clone, Copy, Default)]
pub(super) struct Told {
    /// `ExternalHostname`.
    pub(super) outside: Option<Id<Namespace>>,
    /// `InternalHostname`.
    pub(super) inside: Option<Id<Namespace>>,
}

/// Those of the servers of a mailbox's site and release; of several, the first by name.
pub(super) fn outlook_anywhere_names(
    topology: &Topology,
    home: Id<Site>,
    server: Option<Id<MailboxGroup>>,
) -> Told {
    let Some(site) = topology.sites.get(home.index()) else { return Told::default() };
    let store = server.or(site.mailbox.first().copied());
    let major = store.map(|id| topology.mailbox[id.index()].generation.major().min(2013));
    let mut groups: Vec<&CasGroup> = site.cas.iter().map(|id| &topology.cas[id.index()]).collect();
    groups.retain(|group| group.outlook_anywhere && Some(group.generation.major().min(2013)) == major);
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    let first = |of: fn(&CasGroup) -> &Option<String>| {
        let host = groups.iter().find_map(|group| of(group).as_ref())?;
        topology.namespaces.iter().position(|name| name.name == *host).map(Id::new)
    };
    Told {
        outside: first(|group| &group.switches.outlook_anywhere.external_host),
        inside: first(|group| &group.switches.outlook_anywhere.internal_host),
    }
}

fn host(cx: &mut Cx, node: &Node, path: &str, topology: &Topology) -> Option<(Id<Namespace>, String)> {
    let host = Host.read(cx, node, path)?;
    match topology.namespaces.iter().position(|n| n.name == host) {
        Some(at) => Some((Id::new(at), host)),
        None => {
            cx.unknown(
                "[[namespace]]",
                &host,
                node.span,
                topology.namespaces.iter().map(|n| n.name.as_str()),
            );
            None
        }
    }
}

pub(super) fn namespaces(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology) -> Used {
    let path = fields.at("namespace");
    let tokens = Protocol::ALL.map(Protocol::token);
    let names = [&["default"][..], &tokens].concat();
    let each = Named { what: "default, PROTOCOL", names: &names, each: &Host };
    let Some(node) = fields.node(cx, NAMESPACE, &AnyOf(&[&Host, &each])) else {
        if let [only] = topology.namespaces.as_slice() {
            fields.write_default(cx, "namespace", &tree::quote(&only.name), "the only [[namespace]]");
            return Used { default: Some(Id::new(0)), ..Used::default() };
        }
        fields.missing(cx, "namespace", "the host name that its clients type");
        return Used::default();
    };
    let comment = cx.given(node.span);
    let Value::Table(table) = &node.value else {
        let default = host(cx, node, &path, topology);
        if let Some((_, host)) = &default {
            fields.write(cx, "namespace", &tree::quote(host), comment);
        }
        return Used { default: default.map(|(id, _)| id), ..Used::default() };
    };
    let mut used = Used::default();
    let mut shown = Vec::new();
    for entry in &table.entries {
        let protocol = Protocol::parse(&entry.key);
        if entry.key != "default" && protocol.is_none() {
            protocol_fault(cx, &path, &entry.key, entry.key_span, true);
            continue;
        }
        let place = format!("{path}.{}", entry.key);
        cx.spans.note(place.clone(), entry.node.span);
        let Some((id, host)) = host(cx, &entry.node, &place, topology) else { continue };
        shown.push(format!("{} = {}", entry.key, tree::quote(&host)));
        match protocol {
            Some(protocol) => {
                used.own.insert(protocol, id);
            }
            None => used.default = Some(id),
        }
    }
    fields.write(cx, "namespace", &format!("{{ {} }}", shown.join(", ")), comment);
    used
}

pub(super) fn protocol_fault(cx: &mut Cx, path: &str, word: &str, span: Span, default: bool) {
    let mut words: Vec<&str> = Protocol::ALL.iter().map(|p| p.token()).collect();
    if default {
        words.insert(0, "default");
    }
    let help = match crate::diagnostics::nearest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("protocols: {}", words.join(", ")),
    };
    cx.fault_help("unknown-key", format!("`{path}` has no key `{word}`"), span, "no protocol", help);
}

pub(super) fn misdirected(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    topology: &Topology,
) -> BTreeMap<Protocol, Misdirected> {
    let mut all = BTreeMap::new();
    let Some(table) = fields.table_by_name(
        cx,
        ("misdirected", "clients that use a wrong name"),
        &Protocol::ALL.map(Protocol::token),
    ) else {
        return all;
    };
    for entry in table.named_entries() {
        let Some(protocol) = Protocol::parse(&entry.key) else {
            protocol_fault(cx, &table.path, &entry.key, entry.key_span, false);
            continue;
        };
        let Value::Table(inner) = &entry.node.value else {
            wrong_type(cx, &entry.node, &table.at(&entry.key), "a table with `share` and `namespace`");
            continue;
        };
        let mut own = Fields::new(
            inner,
            entry.node.span,
            table.at(&entry.key),
            "population.*.misdirected.*".to_owned(),
        );
        let mark = cx.mark();
        let share = own.require(cx, ("share", "how many of them"), &Share::WHOLE);
        let name = own.needed(cx, ("namespace", "the wrong name"), &Host);
        if name.is_none() {
            own.missing(cx, "namespace", "the wrong name that they use");
        }
        let name = name.and_then(|node| host(cx, node, &own.at("namespace"), topology));
        cx.rewind(mark);
        if let (Some(share), Some((namespace, host))) = (share, name) {
            let shown =
                format!("{{ share = {}, namespace = {} }}", Share::WHOLE.show(&share), tree::quote(&host));
            table.write(cx, &entry.key, &shown, cx.given(entry.node.span));
            all.insert(protocol, Misdirected { share, namespace });
        }
        own.finish(cx);
    }
    all
}
