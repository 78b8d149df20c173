//! `[[namespace]]`: names that lead clients to sites.

use super::super::super::amounts::Time;
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{Host, List, Text, Token};
use super::super::super::tree::{Table, Value};
use super::super::elements::{Names, named};
use super::health_check::health_check;
use crate::diagnostics::Span;
use crate::kernel::{Id, SimSpan};
use crate::model::topology::{Address, CasGroup, HealthCheck, Namespace, Site, Topology, Way};

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

/// Where a name is led to: how, the other name, and the place of it.
pub(super) type Led = (Way, String, Span);

/// Reads `leads_to` and `way`, which belong together.
fn led(cx: &mut Cx, fields: &mut Fields<'_>, name: &str) -> Option<Led> {
    const WAY: Token<Way> = Token { words: &Way::ALL };
    let to = fields.read(
        cx,
        (
            "leads_to",
            "another [[namespace]], to which clients of this one get by `way`; they reach its sites and servers",
        ),
        &Host,
    );
    let way = fields.read(
        cx,
        (
            "way",
            "`cname`: an alias, under whose own name clients go on; `srv`, `http-redirect`: Autodiscover of a \
             mail domain is sent to the other name by an SRV record, or by a web site at port 80",
        ),
        &WAY,
    );
    let place = |key: &'static str, fields: &mut Fields<'_>| {
        fields.entry(key).map_or(fields.span, |entry| entry.node.span)
    };
    match (to, way) {
        (Some(to), Some(way)) => {
            if way == Way::Srv && !name.starts_with("autodiscover.") {
                cx.fault_help(
                    "bad-way",
                    format!("`{name}` is no name of Autodiscover"),
                    place("way", fields),
                    "an SRV record leads Autodiscover alone",
                    "call it autodiscover. and the mail domain, or choose \"cname\"",
                );
            }
            Some((way, to, place("leads_to", fields)))
        }
        (Some(_), None) => {
            fields.missing(cx, "way", "how clients get to the other name: srv, http-redirect or cname");
            None
        }
        (None, Some(_)) => {
            fields.missing(cx, "leads_to", "the other name, to which clients get so");
            None
        }
        (None, None) => None,
    }
}

/// Sites that a name leads to and that have no servers.
fn nobody_answers<'a>(
    cx: &mut Cx,
    (name, span): (&str, Span),
    sites: impl Iterator<Item = &'a Id<Site>>,
    topology: &Topology,
) {
    for id in sites {
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
}

/// What says where a name leads contradicts another name that it leads to.
fn leads_by_the_other(cx: &mut Cx, fields: &mut Fields<'_>, stated: &[(&'static str, bool)]) {
    for &(key, stated) in stated {
        if let Some(entry) = fields.entry(key).filter(|_| stated) {
            cx.fault_help(
                "two-answers",
                format!("a name with `leads_to` has no `{key}`"),
                entry.node.span,
                "it leads to where the other name leads",
                "leave out either, or state an empty list",
            );
        }
    }
}

/// Gives names that lead to others what those have.
pub(super) fn led_to_others(cx: &mut Cx, aliases: &[(usize, Led)], topology: &mut Topology) {
    for (at, (way, to, span)) in aliases {
        let Some(other) = topology.namespaces.iter().position(|name| name.name == *to) else {
            cx.unknown("[[namespace]]", to, *span, topology.namespaces.iter().map(|name| name.name.as_str()));
            continue;
        };
        if other == *at || aliases.iter().any(|(alias, _)| *alias == other) {
            cx.fault_help(
                "bad-way",
                format!("`{to}` leads to another name itself"),
                *span,
                "one way at most",
                "name the [[namespace]] that leads to sites",
            );
            continue;
        }
        let Namespace { internet, inside, servers, addresses, .. } = topology.namespaces[other].clone();
        let own = &mut topology.namespaces[*at];
        (own.internet, own.inside, own.servers, own.addresses) = (internet, inside, servers, addresses);
        own.leads_to = Some((*way, Id::new(other)));
    }
}

pub(super) fn namespace(
    cx: &mut Cx,
    (table, span): (&Table, Span),
    names: &Names,
    topology: &mut Topology,
    aliases: &mut Vec<(usize, Led)>,
) {
    cx.section("[[namespace]]");
    let mut fields = named(cx, "namespace", table, span);
    let name = fields.require(cx, ("name", "the name"), &Host).unwrap_or_default();
    let led = led(cx, &mut fields, &name);
    if !fields.has("internet") && !fields.has("inside") && led.is_none() {
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
    if led.is_some() {
        leads_by_the_other(
            cx,
            &mut fields,
            &[
                ("internet", !internet.is_empty()),
                ("inside", !inside.is_empty()),
                ("addresses", !addresses.is_empty()),
                ("servers", !servers.is_empty()),
            ],
        );
    }
    fields.finish(cx);
    nobody_answers(cx, (&name, span), internet.iter().chain(&inside), topology);
    if let Some(led) = led {
        aliases.push((topology.namespaces.len(), led));
    }
    topology.namespaces.push(Namespace {
        name,
        internet,
        inside,
        servers,
        addresses,
        leads_to: None,
        ttl,
        health_check,
    });
}
