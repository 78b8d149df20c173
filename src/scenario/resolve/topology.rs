//! Sites, regions, links and names of a scenario, into [`Topology`].

mod cluster;
mod copies;
mod dag;
mod health_check;
mod hosts;
mod links;
mod namespaces;
mod outlook_anywhere;
mod publisher;
mod regions;
mod servers;
mod users;

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::amounts::{Quantity, Time};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::kinds::{Name, Offset, Text};
use super::super::shape::{AnyOf, Named};
use super::super::tree::{self, Entry, Node, Table, Value};
use super::elements::{Names, index, named};
use super::organisation::organisation;
use super::release::{Release, ReleaseKind};
use crate::diagnostics::Span;
use crate::kernel::{Id, SimSpan};
use crate::model::topology::{InternetPipe, Site, Topology};

use copies::{Pending, lay_copies};
use links::{link, pair};
use namespaces::{led_to_others, namespace};
use regions::regions;
pub(super) use regions::{addresses, ports};
use servers::{Machines, OF_CAS, servers};
use users::sites_of_outlook_anywhere;

const NAME: Key = ("name", "what it is called");

/// Directions of a site's Internet pipe.
const IN_OUT: [&str; 2] = ["in", "out"];

const BOTH_WAYS: AnyOf<'_> =
    AnyOf(&[&Quantity::BANDWIDTH, &Named { what: "in, out", names: &IN_OUT, each: &Quantity::BANDWIDTH }]);

/// Reads the organisation. Always yields one; where there are faults it is unusable.
pub(super) fn topology(cx: &mut Cx, root: &mut Fields<'_>, release: Release, clock: i32) -> Topology {
    let site_elements = root.elements(cx, ("site", "an AD site"));
    let names = index(&site_elements);
    let mut topology = Topology {
        generation: release.generation,
        sites: Vec::new(),
        cas: Vec::new(),
        mailbox: Vec::new(),
        hosts: hosts::hosts(cx, root),
        dags: Vec::new(),
        links: Default::default(),
        namespaces: Vec::new(),
        regions: Vec::new(),
        switches: organisation(cx, root, &names),
    };
    regions(cx, root, &names, &mut topology);
    let mut pending = Vec::new();
    let used = sites_of_outlook_anywhere(root.whole());
    for (table, span) in site_elements {
        let merged = inherited(table);
        let table = merged.as_ref().unwrap_or(table);
        let around = Around { names: &names, clock, release, anywhere: &used };
        site(cx, (table, span), &around, &mut topology, &mut pending);
    }
    for (table, span) in root.elements(cx, ("dag", "a database availability group, 2010 on")) {
        dag::dag(cx, (table, span), &mut topology);
    }
    lay_copies(cx, pending, &mut topology);
    let mut known = BTreeSet::new();
    for (table, span) in root.elements(cx, ("link", "a WAN link")) {
        link(cx, (table, span), (&names, &mut known), &mut topology);
    }
    let mut aliases = Vec::new();
    for (table, span) in root.elements(cx, ("namespace", "a name that clients type")) {
        namespace(cx, (table, span), &names, &mut topology, &mut aliases);
    }
    led_to_others(cx, &aliases, &mut topology);
    topology
}

/// The site's table with its settings moved into each `[[site.server]]`, where they
/// hold unless that one says otherwise. A site that has servers of its own (`cas`)
/// keeps them to itself.
fn inherited(site: &Table) -> Option<Table> {
    let common: Vec<&Entry> = OF_CAS.iter().filter_map(|key| site.get(key)).collect();
    if common.is_empty() || site.get("cas").is_some() {
        return None;
    }
    let Some(Value::List(servers)) = site.get("server").map(|entry| &entry.node.value) else { return None };
    let mut merged = Vec::with_capacity(servers.len());
    let mut taken = false;
    for server in servers {
        let mut node = server.clone();
        if let Value::Table(own) = &mut node.value
            && own.get("cas").is_some()
        {
            taken = true;
            let mut table = Table { entries: common.iter().map(|entry| (*entry).clone()).collect() };
            tree::overlay(&mut table, std::mem::take(own));
            *own = table;
        }
        merged.push(node);
    }
    taken.then(|| {
        let kept = site.entries.iter().filter(|entry| !OF_CAS.contains(&entry.key.as_str()));
        let replace = |entry: &Entry| match entry.key.as_str() {
            "server" => {
                let node = Node { value: Value::List(merged.clone()), span: entry.node.span };
                Entry { node, ..entry.clone() }
            }
            _ => entry.clone(),
        };
        Table { entries: kept.map(replace).collect() }
    })
}

/// What a `[[site]]` has from the scenario.
struct Around<'a> {
    names: &'a Names,
    clock: i32,
    release: Release,
    /// Sites with clients of Outlook Anywhere.
    anywhere: &'a BTreeSet<String>,
}

fn site(
    cx: &mut Cx,
    (table, span): (&Table, Span),
    around: &Around<'_>,
    topology: &mut Topology,
    pending: &mut Vec<Pending>,
) {
    let &Around { names, clock, release, anywhere } = around;
    cx.section("[[site]]");
    let id = Id::new(topology.sites.len());
    let mut fields = named(cx, "site", table, span);
    let name = fields.require(cx, NAME, &Name).unwrap_or_default();
    let stream = fields.or(
        cx,
        ("stream", "the name by which its random draws are opened"),
        &Text,
        name.clone(),
        "the name",
    );
    let utc_offset_minutes = fields.or(
        cx,
        ("time_zone", "populations at home here live by it"),
        &Offset,
        clock,
        "the clock of [run]",
    );
    let lan_rtt = fields.or(
        cx,
        ("lan_rtt", "round trip within the site"),
        &Time::ANY,
        SimSpan(500_000),
        "LAN 0.3 to 1 ms, from memory",
    );
    let release = fields.or(
        cx,
        ("exchange", "the release, with an update rollup if wanted"),
        &ReleaseKind,
        release,
        "the scenario's `exchange`",
    );
    let internet = internet(cx, &mut fields);
    let published_from = published_from(cx, &mut fields, names, internet.is_some());
    let publisher = publisher::publisher(cx, &mut fields, internet.is_some());
    let balancer = health_check::balancer(cx, &mut fields);
    let first = (topology.cas.len(), topology.mailbox.len());
    let anywhere_used = internet.is_some() && anywhere.contains(&name);
    let own = Machines {
        site: id,
        release,
        anywhere_used,
        cas: format!("{name}-CAS"),
        mailbox: format!("{name}-MBX"),
        hosts: None,
    };
    servers(cx, &mut fields, &own, topology, pending);
    let others = fields.elements(cx, ("server", "servers that differ from the site's others"));
    let path = fields.path.clone();
    fields.finish(cx);
    for (table, span) in others {
        let around = OfSite { site: id, path: &path, release, anywhere_used };
        one_server(cx, table, span, &around, topology, pending);
    }
    let cas = turns(first.0..topology.cas.len(), &own.cas, |group| &topology.cas[group].name);
    let groups = turns(first.1..topology.mailbox.len(), &own.mailbox, |group| &topology.mailbox[group].name);
    let active = groups.into_iter().filter(|id| topology.mailbox[id.index()].passive_of.is_none());
    let mailbox = active.collect();
    topology.sites.push(Site {
        name,
        stream,
        internet,
        published_from,
        publisher,
        balancer,
        utc_offset_minutes,
        lan_rtt,
        cas,
        mailbox,
    });
}

/// Groups of a site in the order in which they take turns: those that are declared with the site itself
/// first, then each `[[site.server]]` by its name, in whatever order they are declared.
fn turns<'t, T>(groups: Range<usize>, own: &str, name: impl Fn(usize) -> &'t str) -> Vec<Id<T>> {
    let mut groups: Vec<usize> = groups.collect();
    groups.sort_by_key(|&group| (name(group) != own, name(group)));
    groups.into_iter().map(Id::new).collect()
}

/// The site through whose Internet connection this one's servers are published.
fn published_from(cx: &mut Cx, fields: &mut Fields<'_>, names: &Names, own_pipe: bool) -> Option<Id<Site>> {
    let from = fields.read(
        cx,
        (
            "published_from",
            "site through whose Internet connection clients on the Internet reach this one, over the site \
             links, because a publisher there lets them in, or `none`; it counts for a site without `internet`",
        ),
        &Text,
    )?;
    // Its own connection, laid on later perhaps, goes first.
    if own_pipe || from == "none" {
        return None;
    }
    let span = fields.entry("published_from").map_or(fields.span, |entry| entry.node.span);
    let found = names.get(&from).copied().map(Id::new);
    if found.is_none() {
        cx.unknown("[[site]]", &from, span, names.keys().map(String::as_str));
    }
    found
}

/// The pipe of a site to the Internet, if it has one.
fn internet(cx: &mut Cx, fields: &mut Fields<'_>) -> Option<InternetPipe> {
    const KEY: Key = ("internet", "the pipe to the Internet; a site without it is intranet-only");
    let mut pipe = fields.table(cx, KEY)?;
    let bandwidth = pair(cx, &mut pipe, IN_OUT, &BOTH_WAYS);
    let latency = pipe.or(
        cx,
        ("latency", "one way to the exchange point"),
        &Time::ANY,
        SimSpan(4_000_000),
        "ASSUMED distance to the exchange point",
    );
    pipe.finish(cx);
    Some(InternetPipe { bandwidth, latency })
}

/// What a `[[site.server]]` has from its site.
struct OfSite<'a> {
    site: Id<Site>,
    path: &'a str,
    release: Release,
    anywhere_used: bool,
}

/// A `[[site.server]]`.
fn one_server(
    cx: &mut Cx,
    table: &Table,
    span: Span,
    around: &OfSite<'_>,
    topology: &mut Topology,
    pending: &mut Vec<Pending>,
) {
    let &OfSite { site: id, path, release, anywhere_used } = around;
    cx.section("[[site.server]]");
    let own = tree::name_in("server", table).unwrap_or_default();
    let path =
        if own.is_empty() { format!("{path}.server") } else { format!("{path}.server.{}", tree::key(&own)) };
    cx.spans.note(path.clone(), span);
    let mut inner = Fields::new(table, span, path, "site.*.server.*".to_owned());
    inner.demand(cx, NAME);
    let server = if inner.has("name") {
        inner.read(cx, NAME, &Name).unwrap_or_default()
    } else {
        inner.missing(cx, "name", "what these servers are called, such as \"CAS-1\"");
        String::new()
    };
    let release = inner.or(
        cx,
        ("exchange", "the release, with an update rollup if wanted"),
        &ReleaseKind,
        release,
        "the site's `exchange`",
    );
    // A server with both roles is one machine with one name.
    let hosts = Some(hosts::stands_on(cx, &mut inner, &topology.hosts));
    let own =
        Machines { site: id, release, anywhere_used, cas: server.clone(), mailbox: server.clone(), hosts };
    if !inner.has("cas") && !inner.has("mailbox") {
        inner.missing(cx, "cas", "`cas`, `mailbox` or both, such as { servers = 1, cores = 4 }");
    }
    let known = topology.cas.iter().map(|g| &g.name).chain(topology.mailbox.iter().map(|g| &g.name));
    if !server.is_empty() && known.into_iter().any(|known| known.eq_ignore_ascii_case(&server)) {
        cx.fault(
            "duplicate-name",
            format!("two groups of servers are called `{server}`"),
            span,
            "second one",
        );
    }
    servers(cx, &mut inner, &own, topology, pending);
    inner.finish(cx);
}
