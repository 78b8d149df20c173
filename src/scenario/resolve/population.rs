//! Populations: who asks, from where, for what.

use std::collections::BTreeMap;

use super::super::amounts::{Count, Number, Share};
use super::super::fields::{Cx, Fields};
use super::super::kinds::{Host, Kind, Name, Text};
use super::super::tree::{self, Node, Value};
use super::{Settings, named, settings};
use crate::diagnostics::{Diagnostic, Span};
use crate::kernel::Id;
use crate::model::protocol::Protocol;
use crate::model::topology::{MailboxGroup, Namespace, Site, Topology};
use crate::model::workload::{DayCurve, Location, Misdirected, Population, Profile, ProtocolUse, Workload};

/// Several devices of one protocol a mailbox, at most so many.
const DEVICES: Share = Share { max: 10.0 };

/// Reads every `[[population]]`.
pub(super) fn populations(
    cx: &mut Cx,
    root: &mut Fields<'_>,
    topology: &Topology,
    base: &Settings,
) -> Vec<Population> {
    let mut populations = Vec::new();
    for (table, span) in root.elements(cx, "population") {
        cx.section("[[population]]");
        let mut fields = named(cx, "population", table, span);
        populations.push(population(cx, &mut fields, topology, base));
        fields.finish(cx);
    }
    populations
}

fn population(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology, base: &Settings) -> Population {
    let name = fields.require(cx, "name", &Name).unwrap_or_default();
    let stream = fields.or(cx, "stream", &Text, name.clone(), "the name");
    let home_name = fields.require(cx, "home", &Text);
    let home_span = fields.entry("home").map_or(fields.span, |entry| entry.node.span);
    let home =
        home_name.as_deref().and_then(|n| site_named(cx, topology, n, home_span)).unwrap_or(Id::new(0));
    if let Some(site) = home_name.and_then(|n| topology.site(&n))
        && topology.sites[site.index()].mailbox.is_empty()
    {
        cx.fault_help(
            "no-servers",
            format!("`{}` has no Mailbox servers", topology.sites[site.index()].name),
            home_span,
            "mailboxes cannot be here",
            "add mailbox = { servers = 1, cores = 4 } to the site",
        );
    }
    let server = fields.read(cx, "server", &Text).and_then(|name| {
        let span = fields.entry("server").map_or(fields.span, |entry| entry.node.span);
        let held = &topology.sites[home.index()].mailbox;
        let known = |id: &Id<MailboxGroup>| topology.mailbox[id.index()].name.as_str();
        let found = held.iter().copied().find(|id| known(id).eq_ignore_ascii_case(&name));
        if found.is_none() {
            cx.unknown("Mailbox server of the home site", &name, span, held.iter().map(known));
        }
        found
    });
    let mailboxes = fields.require(cx, "mailboxes", &Count { min: 0, max: 10_000_000 }).unwrap_or(1);
    let from = match fields.has("from") {
        true => location(cx, fields, "from", topology),
        false => {
            fields.write_default(cx, "from", "\"Internet\"", "ASSUMED");
            Location::Internet(Id::new(0))
        }
    };
    let roaming = fields.table(cx, "roaming").map(|mut roaming| {
        let share = roaming.require(cx, "share", &Share::WHOLE).unwrap_or(0.0);
        if !roaming.has("from") {
            roaming.missing(cx, "from", "\"Internet\", a region or a site");
        }
        let place = location(cx, &mut roaming, "from", topology);
        roaming.finish(cx);
        (share, place)
    });
    let addresses = super::topology::addresses(cx, fields);
    let profile = profile(cx, fields);
    let concurrent =
        fields.or(cx, "concurrent", &Share::WHOLE, 0.8, "75 to 80 % of users at peak on a full server");
    let day = day(cx, fields);
    let names = namespaces(cx, fields, topology);
    let misdirected = misdirected(cx, fields, topology);
    let clients = clients(cx, fields, &names, &misdirected, topology);
    let settings = settings::of_population(cx, fields, base);
    Population {
        name,
        stream,
        home,
        server,
        mailboxes: u32::try_from(mailboxes).unwrap_or(0),
        from,
        roaming,
        addresses,
        profile,
        concurrent,
        day,
        clients,
        settings,
    }
}

fn site_named(cx: &mut Cx, topology: &Topology, name: &str, span: Span) -> Option<Id<Site>> {
    let found = topology.site(name);
    if found.is_none() {
        cx.unknown("[[site]]", name, span, topology.sites.iter().map(|s| s.name.as_str()));
    }
    found
}

fn location(cx: &mut Cx, fields: &mut Fields<'_>, key: &'static str, topology: &Topology) -> Location {
    const NOWHERE: fn() -> Location = || Location::Internet(Id::new(0));
    let Some(name) = fields.read(cx, key, &Text) else { return NOWHERE() };
    if let Some(at) = topology.regions.iter().position(|region| region.name == name) {
        return Location::Internet(Id::new(at));
    }
    if let Some(site) = topology.site(&name) {
        return Location::Site(site);
    }
    let span = fields.entry(key).map_or(fields.span, |entry| entry.node.span);
    let known = topology
        .regions
        .iter()
        .map(|r| r.name.as_str())
        .chain(topology.sites.iter().map(|s| s.name.as_str()));
    cx.unknown("[[region]] or [[site]]", &name, span, known);
    NOWHERE()
}

fn profile(cx: &mut Cx, fields: &mut Fields<'_>) -> Profile {
    const DEFAULT: usize = 1;
    let medium = Profile::ALL[DEFAULT];
    let Some(node) = fields.node(cx, "profile") else {
        fields.write_default(cx, "profile", &tree::quote(medium.name), "ASSUMED");
        return medium;
    };
    if matches!(node.value, Value::Table(_)) {
        let Some(mut own) = fields.table(cx, "profile") else { return medium };
        let kind = Number { min: 0.0, closed: true, max: 100_000.0 };
        let source = "as in profile \"medium\"";
        let profile = Profile {
            name: "custom",
            sent: own.or(cx, "sent", &kind, medium.sent, source),
            received: own.or(cx, "received", &kind, medium.received, source),
            read: own.or(cx, "read", &kind, medium.read, source),
            deleted: own.or(cx, "deleted", &kind, medium.deleted, source),
            owa_logons: own.or(cx, "owa_logons", &kind, medium.owa_logons, source),
        };
        own.finish(cx);
        return profile;
    }
    let path = fields.at("profile");
    let Some(word) = Text.read(cx, node, &path) else { return medium };
    let comment = cx.given(node.span);
    fields.write(cx, "profile", &tree::quote(&word), comment);
    Profile::parse(&word).unwrap_or_else(|| {
        word_fault(
            cx,
            &path,
            &word,
            node.span,
            &Profile::ALL.map(|p| p.name),
            "or a table of sent, received, read, deleted and owa_logons a day",
        );
        medium
    })
}

fn word_fault(cx: &mut Cx, path: &str, word: &str, span: Span, words: &[&str], or: &str) {
    let help = match crate::diagnostics::nearest(word, words.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"? words: {}, {or}", words.join(", ")),
        None => format!("words: {}, {or}", words.join(", ")),
    };
    cx.fault_help(
        "unknown-word",
        format!("`{path}` cannot be \"{word}\""),
        span,
        "not one of the words",
        help,
    );
}

fn day(cx: &mut Cx, fields: &mut Fields<'_>) -> DayCurve {
    let office = || {
        DayCurve::parse("office").unwrap_or(DayCurve { name: "office".to_owned(), hours: [1.0 / 24.0; 24] })
    };
    let Some(node) = fields.node(cx, "day") else {
        fields.write_default(cx, "day", "\"office\"", "ASSUMED shape of two humps, peak hour 11.8 %");
        return office();
    };
    let path = fields.at("day");
    let comment = cx.given(node.span);
    let Value::List(items) = &node.value else {
        let Some(word) = Text.read(cx, node, &path) else { return office() };
        fields.write(cx, "day", &tree::quote(&word), comment);
        return DayCurve::parse(&word).unwrap_or_else(|| {
            let words = ["office", "flat8h", "peak2x", "flat24h"];
            word_fault(cx, &path, &word, node.span, &words, "or a list of 24 weights");
            office()
        });
    };
    let kind = Number { min: 0.0, closed: true, max: 1e9 };
    let weights: Vec<f64> = items.iter().filter_map(|item| kind.read(cx, item, &path)).collect();
    if weights.len() < items.len() {
        return office();
    }
    let sum: f64 = weights.iter().sum();
    let (Ok(hours), true) = (<[f64; 24]>::try_from(weights.as_slice()), sum > 0.0) else {
        let found = format!("found {} that sum to {sum}", weights.len());
        cx.fault(
            "out-of-range",
            format!("`{path}` needs 24 weights, one an hour from 00:00, not all 0"),
            node.span,
            found,
        );
        return office();
    };
    fields.write(cx, "day", &node.to_toml(), comment);
    DayCurve { name: "custom".to_owned(), hours: hours.map(|w| w / sum) }
}

/// Names by protocol, and the one of all others.
#[derive(Default)]
struct Used {
    default: Option<Id<Namespace>>,
    own: BTreeMap<Protocol, Id<Namespace>>,
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

fn namespaces(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology) -> Used {
    let path = fields.at("namespace");
    let Some(node) = fields.node(cx, "namespace") else {
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

fn protocol_fault(cx: &mut Cx, path: &str, word: &str, span: Span, default: bool) {
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

fn misdirected(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology) -> BTreeMap<Protocol, Misdirected> {
    let mut all = BTreeMap::new();
    let Some(table) = fields.table(cx, "misdirected") else { return all };
    for entry in table.named_entries() {
        let Some(protocol) = Protocol::parse(&entry.key) else {
            protocol_fault(cx, &table.path, &entry.key, entry.key_span, false);
            continue;
        };
        let Value::Table(inner) = &entry.node.value else {
            super::super::fields::wrong_type(
                cx,
                &entry.node,
                &table.at(&entry.key),
                "a table with `share` and `namespace`",
            );
            continue;
        };
        let mut own = Fields::new(
            inner,
            entry.node.span,
            table.at(&entry.key),
            "population.*.misdirected.*".to_owned(),
        );
        let mark = cx.mark();
        let share = own.require(cx, "share", &Share::WHOLE);
        let name = own.node(cx, "namespace");
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

fn clients(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    names: &Used,
    misdirected: &BTreeMap<Protocol, Misdirected>,
    topology: &Topology,
) -> Vec<ProtocolUse> {
    if !fields.has("clients") {
        fields.missing(
            cx,
            "clients",
            "the share of mailboxes that use each protocol, such as { owa = 0.3, eas = 0.4 }",
        );
        return Vec::new();
    }
    let Some(table) = fields.table(cx, "clients") else { return Vec::new() };
    let mut shares: BTreeMap<Protocol, f64> = BTreeMap::new();
    for entry in table.named_entries() {
        let Some(protocol) = Protocol::parse(&entry.key) else {
            protocol_fault(cx, &table.path, &entry.key, entry.key_span, false);
            continue;
        };
        let path = table.at(&entry.key);
        cx.spans.note(path.clone(), entry.node.span);
        if let Some(share) = DEVICES.read(cx, &entry.node, &path) {
            table.write(cx, &entry.key, &DEVICES.show(&share), cx.given(entry.node.span));
            shares.insert(protocol, share);
        }
    }
    for protocol in misdirected.keys().filter(|protocol| !shares.contains_key(protocol)) {
        cx.warnings.push(
            Diagnostic::warning(
                "no-effect",
                format!("`{}` has misdirected {protocol} clients but no {protocol} clients", fields.path),
            )
            .at(fields.span, "nobody is misdirected"),
        );
    }
    let mut clients = Vec::new();
    for protocol in Protocol::ALL {
        let Some(share) = shares.get(&protocol).copied() else { continue };
        let Some(namespace) = names.own.get(&protocol).copied().or(names.default) else {
            if !topology.namespaces.is_empty() {
                let span = fields.entry("namespace").map_or(fields.span, |entry| entry.node.span);
                cx.fault(
                    "missing-key",
                    format!("`{}.namespace` has no name for {protocol}", fields.path),
                    span,
                    format!("add `default` or `{protocol}`"),
                );
            }
            continue;
        };
        clients.push(ProtocolUse {
            protocol,
            share,
            namespace,
            misdirected: misdirected.get(&protocol).cloned(),
        });
    }
    clients
}

/// Reports mailboxes that the entries of some protocol in use cannot reach over site
/// links, and clients in a site that reach no entry.
pub(super) fn reachable(cx: &mut Cx, topology: &Topology, workload: &Workload) {
    let component = components(topology);
    for population in &workload.populations {
        let sites = |id: Id<Namespace>, inside: bool| {
            let name = &topology.namespaces[id.index()];
            if inside && !name.inside.is_empty() { &name.inside } else { &name.internet }
        };
        let inside = matches!(population.from, Location::Site(_));
        let uses: Vec<(Protocol, &[Id<Site>])> = population
            .clients
            .iter()
            .map(|used| (used.protocol, sites(used.namespace, inside).as_slice()))
            .filter(|(_, entries)| !entries.is_empty())
            .collect();
        if uses.is_empty() || population.mailboxes == 0 {
            continue;
        }
        let home = component[population.home.index()];
        let path = format!("population.{}", tree::key(&population.name));
        let apart = |entries: &[Id<Site>]| entries.iter().all(|entry| component[entry.index()] != home);
        let cut_off: Vec<&(Protocol, &[Id<Site>])> =
            uses.iter().filter(|(_, entries)| apart(entries)).collect();
        if let Some((_, first)) = cut_off.first() {
            let span = cx.spans.find(&format!("{path}.home")).unwrap_or_default();
            let name = &topology.sites[population.home.index()].name;
            let protocols: Vec<&str> = cut_off.iter().map(|(protocol, _)| protocol.token()).collect();
            let reached: Vec<&str> = first.iter().map(|e| topology.sites[e.index()].name.as_str()).collect();
            cx.fault_help(
                "unreachable-site",
                format!("no chain of site links joins `{name}` to an entry that `{}` uses", population.name),
                span,
                format!("its {} clients enter at {}", protocols.join(", "), reached.join(", ")),
                format!("add a [[link]] with between = [\"{}\", \"{name}\"]", reached.first().unwrap_or(&"")),
            );
        } else if let Location::Site(from) = population.from
            && uses
                .iter()
                .flat_map(|(_, entries)| entries.iter())
                .all(|entry| component[entry.index()] != component[from.index()])
        {
            let span = cx.spans.find(&format!("{path}.from")).unwrap_or_default();
            let name = &topology.sites[from.index()].name;
            cx.fault_help(
                "unreachable-site",
                format!(
                    "no chain of site links joins `{name}`, where `{}` sits, to an entry that it uses",
                    population.name
                ),
                span,
                "its clients reach nobody",
                "add a [[link]] from there",
            );
        }
    }
}

/// The connected component of each site.
fn components(topology: &Topology) -> Vec<usize> {
    let mut of: Vec<usize> = (0..topology.sites.len()).collect();
    fn root(of: &mut [usize], mut at: usize) -> usize {
        while of[at] != at {
            of[at] = of[of[at]];
            at = of[at];
        }
        at
    }
    for link in &topology.links {
        let [a, b] = link.between.map(|id| root(&mut of, id.index()));
        of[a.max(b)] = a.min(b);
    }
    (0..of.len()).map(|site| root(&mut of, site)).collect()
}
