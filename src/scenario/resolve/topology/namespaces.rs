//! `[[namespace]]`: names that lead clients to sites.

use super::super::super::amounts::Time;
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{Host, List, Text};
use super::super::super::tree::{Table, Value};
use super::super::elements::{Names, named};
use super::health_check::health_check;
use crate::diagnostics::Span;
use crate::kernel::{Id, SimSpan};
use crate::model::topology::{CasGroup, HealthCheck, Namespace, Site, Topology};

/// Site names into ids; faults underline the list.
fn sites(cx: &mut Cx, fields: &mut Fields<'_>, key: Key, names: &Names) -> Vec<Id<Site>> {
    let list = fields.read(cx, key, &List(Text)).unwrap_or_default();
    let entry = fields.entry(key.0);
    let mut ids = Vec::new();
    for (at, name) in list.iter().enumerate() {
        let place = match entry.map(|e| &e.node.value) {
            Some(Value::List(items)) => items.get(at).map(|item| item.span),
            _ => entry.map(|e| e.node.span),
        };
        match names.get(name) {
            Some(site) if ids.contains(&Id::new(*site)) => {
                cx.fault(
                    "duplicate-name",
                    format!("`{name}` stands twice in the list"),
                    place.unwrap_or_default(),
                    "again here",
                );
            }
            Some(site) => ids.push(Id::new(*site)),
            None => cx.unknown("[[site]]", name, place.unwrap_or_default(), names.keys().map(String::as_str)),
        }
    }
    ids
}

/// Client Access servers by name, of whatever site.
fn servers_named(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology) -> Vec<Id<CasGroup>> {
    let names = fields
        .read(
            cx,
            (
                "servers",
                "Client Access servers that answer by it, of the sites that it leads to; left out, \
                 all of a site, or, for a name that is assumed, those in whose ExternalURL it stands",
            ),
            &List(Text),
        )
        .unwrap_or_default();
    let span = fields.entry("servers").map_or(fields.span, |entry| entry.node.span);
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        match topology.cas.iter().position(|group| group.name.eq_ignore_ascii_case(&name)) {
            Some(at) => ids.push(Id::new(at)),
            None => {
                let known = topology.cas.iter().map(|group| group.name.as_str());
                cx.unknown("Client Access server", &name, span, known);
            }
        }
    }
    ids
}

pub(super) fn namespace(cx: &mut Cx, table: &Table, span: Span, names: &Names, topology: &mut Topology) {
    cx.section("[[namespace]]");
    let mut fields = named(cx, "namespace", table, span);
    let name = fields.require(cx, ("name", "the name"), &Host).unwrap_or_default();
    if !fields.has("internet") && !fields.has("inside") {
        fields.missing(cx, "internet", "the list of sites that the name leads to, in order of fail-over");
    }
    let internet = sites(
        cx,
        &mut fields,
        (
            "internet",
            "sites that it leads to on the Internet, in order of fail-over; one of `internet` and \
             `inside` is needed",
        ),
        names,
    );
    let inside = sites(
        cx,
        &mut fields,
        ("inside", "sites that it leads to inside (split DNS); left out, as on the Internet"),
        names,
    );
    let servers = servers_named(cx, &mut fields, topology);
    let ttl = fields.or(
        cx,
        ("ttl", "time for which a client keeps the answer"),
        &Time::POSITIVE,
        SimSpan::from_secs(300),
        "ASSUMED",
    );
    let health_check = health_check(
        cx,
        &mut fields,
        HealthCheck::NAME,
        "every 30 s, three in a row: defaults of a public name service, from memory",
    );
    fields.finish(cx);
    for id in internet.iter().chain(&inside) {
        let site = topology.sites.get(id.index());
        if site.is_some_and(|site| site.cas.is_empty()) {
            cx.fault_help(
                "no-servers",
                format!(
                    "`{name}` leads to `{}`, which has no Client Access servers",
                    site.map_or("", |s| &s.name)
                ),
                span,
                "nobody answers there",
                "add cas = { servers = 1, cores = 4 } to the site, or take it out of the list",
            );
        }
    }
    topology.namespaces.push(Namespace { name, internet, inside, servers, ttl, health_check });
}
