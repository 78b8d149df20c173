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
use crate::model::topology::{Address, CasGroup, HealthCheck, Namespace, Site, Topology};

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

/// Addresses in one answer: Client Access servers, each with one, and sites, whose balancer
/// has one. They contradict what else says where a name leads.
fn addresses(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    sites: &[Id<Site>],
    names: &Names,
    topology: &Topology,
) -> Vec<Address> {
    let list = fields
        .read(
            cx,
            (
                "addresses",
                "Client Access servers, and sites whose balancer has the address, that all stand in one \
                 answer (DNS round robin without a health check); clients begin at each in turn, and go on \
                 from one that is dead by themselves: [several addresses](#several-addresses-in-a-name)",
            ),
            &List(Text),
        )
        .unwrap_or_default();
    let Some(entry) = fields.entry("addresses") else { return Vec::new() };
    let span = entry.node.span;
    let mut found: Vec<Address> = Vec::new();
    for (at, name) in list.iter().enumerate() {
        let place = match &entry.node.value {
            Value::List(items) => items.get(at).map_or(span, |item| item.span),
            _ => span,
        };
        let group = topology.cas.iter().position(|group| group.name.eq_ignore_ascii_case(name));
        let meant: Vec<Address> = match (group, names.get(name)) {
            (Some(at), _) => (0..topology.cas[at].servers).map(|n| Address::Server(Id::new(at), n)).collect(),
            (None, Some(&site)) => vec![Address::Site(Id::new(site))],
            (None, None) => {
                let known = topology.cas.iter().map(|group| group.name.as_str());
                let known = known.chain(names.keys().map(String::as_str));
                cx.unknown("Client Access server or [[site]]", name, place, known);
                continue;
            }
        };
        let site = meant.first().map(|address| topology.site_of_address(*address));
        if let Some(site) = site.filter(|site| !sites.contains(site)) {
            let site = topology.sites.get(site.index()).map_or("", |site| site.name.as_str());
            let help = format!("add `{site}` to `internet` or `inside`, or take `{name}` out");
            cx.fault_help(
                "address-elsewhere",
                format!("the address of `{name}` lies in `{site}`, to which the name does not lead"),
                place,
                "not in a site of the name",
                help,
            );
        }
        // A server beside its own site has two addresses; that is said in one way only.
        let twice = |old: &Address| match (old, meant.first()) {
            (Address::Site(_), Some(Address::Server(..))) | (Address::Server(..), Some(Address::Site(_))) => {
                site == Some(topology.site_of_address(*old))
            }
            (old, Some(new)) => old == new,
            (_, None) => false,
        };
        if found.iter().any(twice) {
            let title = format!("`{name}` has an address in the list already");
            cx.fault("duplicate-name", title, place, "again here");
        }
        found.extend(meant);
    }
    for (key, why) in [
        ("servers", "`addresses` says which servers answer"),
        ("health_check", "addresses in one answer stay there, dead or alive"),
    ] {
        if let Some(other) = fields.entry(key) {
            cx.fault_help(
                "two-answers",
                format!("a name with `addresses` has no `{key}`"),
                other.node.span,
                why,
                "leave out either; a name service that checks gives the first site of a list that is up",
            );
        }
    }
    found
}

/// Groups behind addresses; none, and so all of a site, where that has the address itself.
fn behind(addresses: &[Address]) -> Vec<Id<CasGroup>> {
    let mut groups: Vec<Id<CasGroup>> = addresses
        .iter()
        .filter_map(|address| match address {
            Address::Server(group, _) => Some(*group),
            Address::Site(_) => None,
        })
        .collect();
    groups.dedup();
    groups
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
    let mut servers = servers_named(cx, &mut fields, topology);
    let sites: Vec<Id<Site>> = internet.iter().chain(&inside).copied().collect();
    let addresses = addresses(cx, &mut fields, &sites, names, topology);
    if servers.is_empty() {
        servers = behind(&addresses);
    }
    let ttl = fields.or(
        cx,
        ("ttl", "time for which a client keeps the answer"),
        &Time::POSITIVE,
        SimSpan::from_secs(300),
        "ASSUMED",
    );
    let why = "every 30 s, three in a row: defaults of a public name service, from memory";
    let health_check = match addresses.is_empty() {
        true => health_check(cx, &mut fields, HealthCheck::NAME, why),
        // Nobody checks them.
        false => HealthCheck::NAME,
    };
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
    topology.namespaces.push(Namespace { name, internet, inside, servers, addresses, ttl, health_check });
}
