//! Names that nobody declared: hosts of ExternalURLs, and names that populations use.
//!
//! A name without a `[[namespace]]` is taken to be published for the site whose
//! ExternalURL carries it, or for the home of the population that uses it. Each such
//! assumption is listed. Where it could mean two sites it is a fault.

use std::collections::BTreeMap;

use super::super::amounts::Time;
use super::super::context::Cx;
use super::super::kinds::Kind as _;
use super::super::tree::{self, Table, Value};
use crate::diagnostics::{Diagnostic, Span, nearest};
use crate::kernel::{Id, SimSpan};
use crate::model::directory::Service;
use crate::model::topology::{CasGroup, HealthCheck, Namespace, Topology};

/// A name that is assumed, and why.
pub(super) struct Assumed {
    host: String,
    sites: Vec<Id<crate::model::topology::Site>>,
    servers: Vec<Id<crate::model::topology::CasGroup>>,
    on_internet: bool,
    why: String,
}

/// Hosts of ExternalURLs and of Outlook Anywhere, now or after a change, that no
/// `[[namespace]]` declares.
pub(super) fn of_external_urls(base: &Topology, changed: &[Topology]) -> Vec<Assumed> {
    let mut assumed: Vec<Assumed> = Vec::new();
    for topology in std::iter::once(base).chain(changed) {
        for (number, group) in topology.cas.iter().enumerate() {
            let open = base.sites[group.site.index()].internet.is_some();
            for (service, ..) in Service::ALL {
                if let Some(url) = &group.directory(service).external_url {
                    publish(base, &mut assumed, (number, group), &url.host, ("an ExternalURL", open));
                }
            }
            let hosts = &group.switches.outlook_anywhere;
            if let Some(host) = &hosts.external_host {
                let what = ("the ExternalHostname of Outlook Anywhere", open);
                publish(base, &mut assumed, (number, group), host, what);
            }
            if let Some(host) = &hosts.internal_host {
                let what = ("the InternalHostname of Outlook Anywhere", false);
                publish(base, &mut assumed, (number, group), host, what);
            }
        }
    }
    assumed
}

/// Takes a host for published for the servers that name it, unless it is declared.
fn publish(
    base: &Topology,
    assumed: &mut Vec<Assumed>,
    (number, group): (usize, &CasGroup),
    host: &str,
    (what, on_internet): (&str, bool),
) {
    if base.namespaces.iter().any(|known| known.name == host) {
        return;
    }
    let site = &base.sites[group.site.index()];
    match assumed.iter_mut().find(|known| known.host == host) {
        Some(known) => {
            if !known.servers.contains(&Id::new(number)) {
                known.servers.push(Id::new(number));
            }
            if !known.sites.contains(&group.site) {
                known.sites.push(group.site);
                known.why = format!("{} and {}", known.why, site.name);
            }
        }
        None => assumed.push(Assumed {
            host: host.to_owned(),
            sites: vec![group.site],
            servers: vec![Id::new(number)],
            on_internet,
            why: format!("it stands in {what} of {}", site.name),
        }),
    }
}

/// Names that populations use and nothing declares.
pub(super) fn of_populations(cx: &mut Cx, root: &Table, topology: &Topology, assumed: &mut Vec<Assumed>) {
    let Some(Value::List(populations)) = root.get("population").map(|entry| &entry.node.value) else {
        return;
    };
    let mut users: BTreeMap<String, (usize, String, Span)> = BTreeMap::new();
    let mut order = Vec::new();
    for population in populations.iter().filter_map(|node| node.as_table()) {
        let home = population.text("home").and_then(|name| topology.site(name));
        let label = population.text("name").unwrap_or_default();
        let Some(namespace) = population.get("namespace") else { continue };
        let mut hosts = Vec::new();
        match &namespace.node.value {
            Value::Table(table) => {
                hosts.extend(table.entries.iter().filter_map(|e| Some((e.node.as_text()?, e.node.span))));
            }
            _ => hosts.extend(namespace.node.as_text().map(|host| (host, namespace.node.span))),
        }
        for (host, span) in hosts {
            let host = host.to_ascii_lowercase();
            let known =
                topology.namespaces.iter().any(|n| n.name == host) || assumed.iter().any(|a| a.host == host);
            if known {
                continue;
            }
            // An unknown home is a fault of its own; its names should not be others.
            let Some(home) = home else {
                assumed.push(Assumed {
                    host,
                    sites: Vec::new(),
                    servers: Vec::new(),
                    on_internet: true,
                    why: String::new(),
                });
                continue;
            };
            if let Some(near) = nearest_host(&host, topology) {
                cx.warnings.push(
                    Diagnostic::warning("assumed-name", format!("no [[namespace]] is called `{host}`"))
                        .at(
                            span,
                            format!("assumed to be published for {}", topology.sites[home.index()].name),
                        )
                        .help(format!("did you mean `{near}`? else declare the name to silence this")),
                );
            }
            match users.get(&host) {
                None => {
                    order.push(host.clone());
                    users.insert(host, (home.index(), label.to_owned(), span));
                }
                Some((site, ..)) if *site == home.index() => {}
                Some((site, first, place)) => {
                    let title = format!("`{host}` is not declared and could mean two sites");
                    let there = format!("used by `{first}` of {}", topology.sites[*site].name);
                    cx.faults.push(
                        Diagnostic::error("ambiguous-name", title)
                            .at(span, format!("used by `{label}` of {}", topology.sites[home.index()].name))
                            .at(*place, there)
                            .help(format!(
                                "add a [[namespace]] with name = \"{host}\" and the sites it leads to"
                            )),
                    );
                }
            }
        }
    }
    for host in order {
        let Some((site, ..)) = users.get(&host) else { continue };
        let home = &topology.sites[*site];
        // Nobody would answer there: the name leads nowhere, and is written so.
        let serves = !home.cas.is_empty();
        let without = if serves { "" } else { ", which has no Client Access servers" };
        let why = format!("used by a population of {}{without}", home.name);
        assumed.push(Assumed {
            host,
            sites: if serves { vec![Id::new(*site)] } else { Vec::new() },
            servers: Vec::new(),
            on_internet: true,
            why,
        });
    }
}

/// A declared name that differs by a slip only: hosts share long endings, so all but
/// two letters have to agree from the two sides.
fn nearest_host<'t>(host: &str, topology: &'t Topology) -> Option<&'t str> {
    let near = nearest(host, topology.namespaces.iter().map(|n| n.name.as_str()))?;
    let (a, b) = (host.len(), near.len());
    let common = host.chars().zip(near.chars()).take_while(|(x, y)| x == y).count()
        + host.chars().rev().zip(near.chars().rev()).take_while(|(x, y)| x == y).count();
    (common + 2 >= a.max(b)).then_some(near)
}

/// Adds the assumed names to the topology and, at the same places, to what it becomes.
pub(super) fn add(
    cx: &mut Cx,
    topology: &mut Topology,
    mut changed: Vec<Topology>,
    assumed: &[Assumed],
    declared: usize,
) -> Vec<Topology> {
    debug_assert_eq!(topology.namespaces.len(), declared);
    for name in assumed {
        let (ttl, health_check) = (SimSpan::from_secs(300), HealthCheck::NAME);
        let (internet, inside) = if name.on_internet {
            (name.sites.clone(), Vec::new())
        } else {
            (Vec::new(), name.sites.clone())
        };
        // Named only where that says more than the sites.
        let whole = name
            .sites
            .iter()
            .all(|site| topology.sites[site.index()].cas.iter().all(|group| name.servers.contains(group)));
        let servers = if whole { Vec::new() } else { name.servers.clone() };
        let (addresses, leads_to) = (Vec::new(), None);
        let entry = Namespace {
            name: name.host.clone(),
            internet,
            inside,
            servers,
            addresses,
            leads_to,
            ttl,
            health_check,
        };
        let sites: Vec<String> =
            name.sites.iter().map(|id| tree::quote(&topology.sites[id.index()].name)).collect();
        let list = format!("[{}]", sites.join(", "));
        let comment = format!("assumed: {}", name.why);
        let path = format!("namespace.{}", tree::key(&name.host));
        cx.section("[[namespace]]");
        cx.is_default(path.clone());
        let mut line = |key: &str, value: &str, comment: &str| {
            cx.line(format!("{path}.{key}"), &[key], value, comment.into());
        };
        line("name", &tree::quote(&name.host), &comment);
        line(if name.on_internet { "internet" } else { "inside" }, &list, &comment);
        if !entry.servers.is_empty() {
            let groups: Vec<String> =
                entry.servers.iter().map(|id| tree::quote(&topology.cas[id.index()].name)).collect();
            line("servers", &format!("[{}]", groups.join(", ")), &comment);
        }
        line("ttl", "\"5 min\"", "default: ASSUMED");
        for (key, value) in [
            ("interval", Time::ANY.show(&health_check.interval)),
            ("failures", health_check.failures.to_string()),
            ("successes", health_check.successes.to_string()),
        ] {
            line(&format!("health_check.{key}"), &value, "default");
        }
        cx.assume(path, &format!("leads to {list}"), &name.why);
        for later in &mut changed {
            later.namespaces.push(entry.clone());
        }
        topology.namespaces.push(entry);
    }
    changed
}
