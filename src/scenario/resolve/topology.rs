//! Sites, regions, links and names of a scenario, into [`Topology`].

mod links;
mod namespaces;
mod regions;

use std::collections::BTreeMap;

use super::super::amounts::{Count, Limit, Number, Quantity, Time};
use super::super::fields::{Cx, Fields};
use super::super::kinds::{Address, Flag, List, Name, Offset, Text, Token};
use super::super::law::Law;
use super::super::tree::{self, Entry, Node, Table, Value};
use super::release::{Release, ReleaseKind};
use super::{index, named, switches};
use crate::diagnostics::Span;
use crate::itinerary::Balancing;
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan};
use crate::model::directory::{Authentication, Service, VirtualDirectory};
use crate::model::release::Generation;
use crate::model::switches::CasSwitches;
use crate::model::topology::{CasGroup, FailOver, HealthCheck, InternetPipe, MailboxGroup, Site, Topology};

use links::{link, pair};
use namespaces::namespace;
pub(super) use regions::addresses;
use regions::regions;

const BALANCING: Token<Balancing> = Token {
    words: &[
        (Balancing::RoundRobin, "round robin"),
        (Balancing::LeastConnections, "least connections"),
        (Balancing::ClientAffinity, "client affinity"),
    ],
};
const AUTH: List<Token<Authentication>> = List(Token { words: &Authentication::ALL });

/// Rule head of the routing facts: what a virtual directory has unless it says otherwise.
const AUTH_SOURCE: &str = "setup's authentication methods for this kind of site";

/// Names of sites by which the rest of the scenario refers to them.
pub(super) type Names = BTreeMap<String, usize>;

/// Reads the organisation. Always yields one; where there are faults it is unusable.
pub(super) fn topology(cx: &mut Cx, root: &mut Fields<'_>, release: Release, clock: i32) -> Topology {
    let site_elements = root.elements(cx, "site");
    let names = index(&site_elements);
    let mut topology = Topology {
        generation: release.generation,
        sites: Vec::new(),
        cas: Vec::new(),
        mailbox: Vec::new(),
        links: Vec::new(),
        namespaces: Vec::new(),
        regions: Vec::new(),
        switches: switches::organisation(cx, root, &names),
    };
    regions(cx, root, &names, clock, &mut topology);
    let mut copies = Vec::new();
    for (table, span) in site_elements {
        let merged = inherited(table);
        site(cx, merged.as_ref().unwrap_or(table), span, clock, release, &mut topology, &mut copies);
    }
    fail_over(cx, &copies, &mut topology);
    for (table, span) in root.elements(cx, "link") {
        link(cx, table, span, &names, &mut topology);
    }
    for (table, span) in root.elements(cx, "namespace") {
        namespace(cx, table, span, &names, &mut topology);
    }
    topology
}

/// Databases of a Mailbox group that fail over: the group, the name of the site or
/// group that holds the copies, and where that is written.
type Copies = Vec<(usize, String, Span)>;

/// Settings of a site's Client Access servers, as its tables and keys are called.
const OF_CAS: [&str; 8] =
    ["owa", "eas", "ews", "autodiscover", "oab", "mapi", "outlook_anywhere", "pop_imap"];

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

fn site(
    cx: &mut Cx,
    table: &Table,
    span: Span,
    clock: i32,
    release: Release,
    topology: &mut Topology,
    copies: &mut Copies,
) {
    cx.section("[[site]]");
    let id = Id::new(topology.sites.len());
    let mut fields = named(cx, "site", table, span);
    let name = fields.require(cx, "name", &Name).unwrap_or_default();
    let stream = fields.or(cx, "stream", &Text, name.clone(), "the name");
    let utc_offset_minutes = fields.or(cx, "time_zone", &Offset, clock, "the clock of [run]");
    let lan_rtt = fields.or(cx, "lan_rtt", &Time::ANY, SimSpan(500_000), "LAN 0.3 to 1 ms, from memory");
    let release = fields.or(cx, "exchange", &ReleaseKind, release, "the scenario's `exchange`");
    let internet = fields.has("internet").then(|| fields.table(cx, "internet")).flatten().map(|mut pipe| {
        let bandwidth = pair(cx, &mut pipe, ["in", "out"]);
        let latency =
            pipe.or(cx, "latency", &Time::ANY, SimSpan(4_000_000), "ASSUMED distance to the exchange point");
        pipe.finish(cx);
        InternetPipe { bandwidth, latency }
    });
    let first = (topology.cas.len(), topology.mailbox.len());
    let faces_internet = internet.is_some();
    let own = Machines {
        site: id,
        release,
        faces_internet,
        cas: format!("{name}-CAS"),
        mailbox: format!("{name}-MBX"),
    };
    servers(cx, &mut fields, own, topology, copies);
    let others = fields.elements(cx, "server");
    let path = fields.path.clone();
    fields.finish(cx);
    for (table, span) in others {
        cx.section("[[site.server]]");
        let own = tree::name_in("server", table).unwrap_or_default();
        let path = if own.is_empty() {
            format!("{path}.server")
        } else {
            format!("{path}.server.{}", tree::key(&own))
        };
        cx.spans.note(path.clone(), span);
        let mut inner = Fields::new(table, span, path, "site.*.server.*".to_owned());
        let server = if inner.has("name") {
            inner.read(cx, "name", &Name).unwrap_or_default()
        } else {
            inner.missing(cx, "name", "what these servers are called, such as \"CAS-1\"");
            String::new()
        };
        let release = inner.or(cx, "exchange", &ReleaseKind, release, "the site's `exchange`");
        // A server with both roles is one machine with one name.
        let own =
            Machines { site: id, release, faces_internet, cas: server.clone(), mailbox: server.clone() };
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
        servers(cx, &mut inner, own, topology, copies);
        inner.finish(cx);
    }
    let cas = (first.0..topology.cas.len()).map(Id::new).collect();
    let mailbox = (first.1..topology.mailbox.len()).map(Id::new).collect();
    topology.sites.push(Site { name, stream, internet, utc_offset_minutes, lan_rtt, cas, mailbox });
}

/// A site's own servers, or one of its `[[site.server]]`.
struct Machines {
    site: Id<Site>,
    release: Release,
    faces_internet: bool,
    /// Name of the Client Access server group.
    cas: String,
    /// Name of the Mailbox server group.
    mailbox: String,
}

fn servers(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    own: Machines,
    topology: &mut Topology,
    copies: &mut Copies,
) {
    let Machines { site: id, release, faces_internet, cas: group_name, mailbox: store_name } = own;
    if let Some(mut group) = fields.table(cx, "cas") {
        let (servers, cores, mhz) = machines(cx, &mut group, release.generation);
        let queue_limit =
            group.or(cx, "queue_limit", &Limit, Some(1000), "IIS application pool queue length");
        let connection_limit =
            group.or(cx, "connection_limit", &Limit, Some(5000), "ASP.NET 2.0 requestQueueLimit");
        let balancing = group.or(cx, "balancing", &BALANCING, Balancing::RoundRobin, "ASSUMED");
        let health_check = health_check(
            cx,
            &mut group,
            HealthCheck::BALANCER,
            "every 5 s, three in a row: defaults of a hardware balancer, from memory",
        );
        let mut switches = switches::of_cas(cx, &mut group);
        let generation = build(cx, &mut group, release, &mut switches);
        switches.limits = switches::limits(cx, &mut group, generation);
        group.finish(cx);
        let directories = Service::ALL.map(|(service, key, path)| {
            directory(cx, fields, (service, key, path), faces_internet, &group_name, &mut switches)
        });
        let outlook_anywhere = fields.or(
            cx,
            "outlook_anywhere",
            &Flag,
            faces_internet,
            "enabled where the site has an Internet connection",
        );
        let pop_imap = fields.or(cx, "pop_imap", &Flag, true, "ASSUMED: the services are started");
        topology.cas.push(CasGroup {
            name: group_name,
            site: id,
            generation,
            servers,
            cores,
            mhz,
            queue_limit,
            connection_limit,
            balancing,
            health_check,
            directories,
            outlook_anywhere,
            pop_imap,
            switches,
        });
    } else {
        // The directories of a 2003 back end are read with its mailboxes.
        let back_end = release.generation == Generation::E2003 && fields.has("mailbox");
        for key in OF_CAS.iter().copied().filter(|key| !back_end || !matches!(*key, "owa" | "eas")) {
            if let Some(entry) = fields.entry(key) {
                cx.fault_help(
                    "no-servers",
                    format!("`{}` has `{key}` but no Client Access servers", fields.path),
                    entry.key_span,
                    "nothing serves this",
                    "add cas = { servers = 1, cores = 4 }",
                );
            }
        }
    }
    if let Some(mut group) = fields.table(cx, "mailbox") {
        let (servers, cores, mhz) = machines(cx, &mut group, release.generation);
        let store_latency = group.or(
            cx,
            "store_latency",
            &Law::TIME,
            Distribution::LogNormal { mean: 10e6, cv: 1.0 },
            "ASSUMED disk read of 10 ms",
        );
        let mut switches = switches::of_mailbox(cx, &mut group);
        let fail_over = copy(cx, &mut group, topology.mailbox.len(), copies);
        group.finish(cx);
        let alone = !fields.has("cas");
        if alone && release.generation == Generation::E2003 {
            switches::of_back_end(cx, fields, &mut switches);
        }
        topology.mailbox.push(MailboxGroup {
            name: store_name,
            site: id,
            generation: release.generation,
            servers,
            cores,
            mhz,
            store_latency,
            fail_over,
            switches,
        });
    }
}

/// How something is found to be down.
fn health_check(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    default: HealthCheck,
    source: &'static str,
) -> HealthCheck {
    let mut own = fields.table_or_empty(cx, "health_check");
    let checks = Count { min: 1, max: 1000 };
    let count = |cx: &mut Cx, own: &mut Fields<'_>, key, default: u32| {
        u32::try_from(own.or(cx, key, &checks, u64::from(default), source)).unwrap_or(default)
    };
    let check = HealthCheck {
        interval: own.or(cx, "interval", &Time::POSITIVE, default.interval, source),
        failures: count(cx, &mut own, "failures", default.failures),
        successes: count(cx, &mut own, "successes", default.successes),
    };
    own.finish(cx);
    check
}

/// Where the databases of a Mailbox group fail over to; the name is looked up when
/// all sites are known.
fn copy(cx: &mut Cx, group: &mut Fields<'_>, number: usize, copies: &mut Copies) -> Option<FailOver> {
    let name = group.read(cx, "fails_over_to", &Text);
    let Some(name) = name else {
        for key in ["activation", "fail_back"] {
            if let Some(entry) = group.entry(key) {
                cx.fault(
                    "missing-key",
                    format!("`{}` has `{key}` but no `fails_over_to`", group.path),
                    entry.key_span,
                    "nothing fails over",
                );
            }
        }
        return None;
    };
    let place = group.entry("fails_over_to").map_or(group.span, |entry| entry.node.span);
    copies.push((number, name, place));
    Some(FailOver {
        to: Id::new(number),
        activation: group.or(cx, "activation", &Time::ANY, SimSpan::from_secs(300), "ASSUMED"),
        fail_back: group.or(cx, "fail_back", &Time::ANY, SimSpan::from_secs(1_800), "ASSUMED"),
    })
}

/// Gives every group with copies the group that holds them.
fn fail_over(cx: &mut Cx, copies: &Copies, topology: &mut Topology) {
    for (number, name, place) in copies {
        let own = &topology.mailbox[*number];
        if own.generation.major() < 2010 {
            cx.fault(
                "out-of-range",
                format!("databases of {} do not fail over", own.generation),
                *place,
                "copies in another site come with 2010",
            );
            continue;
        }
        let of_site = topology.site(name).map(|site| &topology.sites[site.index()].mailbox);
        let by_name = topology.mailbox.iter().position(|group| group.name == *name).map(Id::new);
        let fits = |id: &Id<MailboxGroup>| {
            let group = &topology.mailbox[id.index()];
            group.generation.major() == own.generation.major() && group.site != own.site
        };
        let found = by_name.or_else(|| of_site.and_then(|groups| groups.iter().copied().find(fits)));
        match found {
            Some(id) if fits(&id) => {
                if let Some(over) = &mut topology.mailbox[*number].fail_over {
                    over.to = id;
                }
            }
            None if of_site.is_none() => {
                let sites = topology.sites.iter().map(|site| site.name.as_str());
                cx.unknown("[[site]]", name, *place, sites);
            }
            _ => cx.fault_help(
                "no-servers",
                format!("databases cannot fail over to `{name}`"),
                *place,
                format!("expected Mailbox servers of {} in another site", own.generation.major()),
                "a copy stands in another site, on Mailbox servers of the same release",
            ),
        }
    }
}

/// Takes the build over, and tells which release's rules the servers follow.
fn build(cx: &mut Cx, cas: &mut Fields<'_>, release: Release, switches: &mut CasSwitches) -> Generation {
    let generation = release.generation;
    let Some(build) = switches.build else {
        switches.build = release.build();
        return generation;
    };
    match build.generation() {
        // `2007` is the article's rule set, whatever the build.
        Some(of) if of.major() == generation.major() && generation == Generation::E2007 => generation,
        Some(of) if of.major() == generation.major() => of,
        of => {
            let span = cas.entry("build").map_or(cas.span, |entry| entry.node.span);
            let found = of.map_or("none that is known".to_owned(), |of| of.major().to_string());
            cx.fault_help(
                "out-of-range",
                format!("`{}.build` is no build of Exchange {}", cas.path, generation.major()),
                span,
                format!("the release of this build is {found}"),
                "say `exchange = \"...\"` for the server",
            );
            generation
        }
    }
}

/// SPECint_rate2006 of a core, and its MHz, of the machine on which the published
/// megacycles of a release were measured (Exchange Team, 2010-09-14, and the sizing
/// of 2013): 2 x Xeon X5470, 150 over 8 cores of 3,333 MHz; 2 x Xeon E5-2650, 540 over
/// 16 cores of 2,000 MHz.
fn baseline(generation: Generation) -> (f64, f64) {
    if generation.major() >= 2013 { (33.75, 2_000.0) } else { (18.75, 3_333.0) }
}

/// Servers, cores of each, and the MHz of a core by which megacycles become time:
/// its clock, or by the published conversion of a SPECint_rate2006 result,
/// (result / cores) x MHz of the baseline / result a core of the baseline.
fn machines(cx: &mut Cx, group: &mut Fields<'_>, generation: Generation) -> (u32, u32, f64) {
    let servers = group.or(cx, "servers", &Count::SERVERS, 1, "ASSUMED");
    let cores =
        group.or(cx, "cores", &Count::CORES, 4, "4 cores recommended for a 2007 Client Access server");
    let rated = Number { min: 0.0, closed: false, max: 1e6 };
    let mhz = if group.has("specint_rate") {
        if let (true, Some(entry)) = (group.has("mhz"), group.entry("specint_rate")) {
            cx.fault_help(
                "contradiction",
                format!("`{}` has both `specint_rate` and `mhz`", group.path),
                entry.key_span,
                "each of them says how fast a core is",
                "leave one of them out",
            );
        }
        let (value_a_core, mhz) = baseline(generation);
        let rate = group.read(cx, "specint_rate", &rated).unwrap_or(value_a_core * cores as f64);
        rate / cores as f64 * mhz / value_a_core
    } else {
        group.or(cx, "mhz", &Quantity::CLOCK, 2000.0, "the 2 GHz reference core of the published costs")
    };
    (u32::try_from(servers).unwrap_or(1), u32::try_from(cores).unwrap_or(1), mhz)
}

fn directory(
    cx: &mut Cx,
    site: &mut Fields<'_>,
    (service, key, path): (Service, &'static str, &str),
    faces_internet: bool,
    group: &str,
    switches: &mut CasSwitches,
) -> VirtualDirectory {
    let mut fields = site.table_or_empty(cx, key);
    let host = switches.fqdn.clone().unwrap_or_else(|| {
        group.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    });
    let own = Address::parsed(&format!("https://{host}{path}"));
    let internal_url = fields.or(cx, "internal_url", &Address, own, "the server's own name");
    let external_url = fields.or(cx, "external_url", &Address, None, "setup leaves ExternalURL empty");
    let default = match (faces_internet, service) {
        (true, Service::Owa) => vec![Authentication::Forms],
        (true, Service::Eas) => vec![Authentication::Basic],
        (true, _) => vec![Authentication::Basic, Authentication::Integrated],
        (false, _) => vec![Authentication::Integrated],
    };
    let mut auth = fields.or(cx, "auth", &AUTH, default, AUTH_SOURCE);
    auth.sort_unstable();
    auth.dedup();
    match service {
        Service::Owa => switches::of_owa(cx, &mut fields, switches),
        Service::Eas => switches::of_eas(cx, &mut fields, switches),
        Service::Ews => switches::of_ews(cx, &mut fields, switches),
        Service::Autodiscover | Service::Oab | Service::Mapi => {}
    }
    fields.finish(cx);
    VirtualDirectory { internal_url, external_url, auth }
}
