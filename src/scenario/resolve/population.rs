//! Populations: who asks, from where, for what.

mod moved;
mod names;
mod reach;

use std::collections::BTreeMap;

use super::super::amounts::{Count, Number, Share};
use super::super::context::Cx;
use super::super::fields::Fields;
use super::super::keys::Key;
use super::super::kinds::{Kind, List, Name, Text, Token};
use super::super::shape::{AnyOf, Items, Named, Words};
use super::super::tree::{self, Value};
use super::elements::named;
use super::settings::{self, Settings};
use crate::diagnostics::{Diagnostic, Span};
use crate::kernel::Id;
use crate::model::protocol::Protocol;
use crate::model::release::Generation;
use crate::model::switches::OperatingSystem;
use crate::model::topology::{MailboxGroup, Site, Topology};
use crate::model::workload::{DayCurve, Location, Misdirected, Population, Profile, ProtocolUse};

pub(super) use moved::moved_after;
use names::{Told, Used, misdirected, namespaces, outlook_anywhere_names, protocol_fault};
pub(super) use reach::{autodiscover_alone, reachable};

const FROM: Key = ("from", "where its clients sit: `\"Internet\"`, a region, or a site (then on its LAN)");

const ELSEWHERE: Key = ("from", "`\"Internet\"`, a region or a site");

const PROFILE: Key = ("profile", "messages and logons of a mailbox a day: a published profile, or figures");

const DAY: Key = (
    "day",
    "when they work: a curve, or 24 weights from 00:00 local time. `flat8h`: evenly over \
     09:00 to 17:00; `peak2x`: the same with 10:00 to 12:00 at twice the mean of the 8 \
     hours and the other six lowered. Outlook that is connected for the working day does \
     all of its work while it is, so that along `office` its busiest hour has 14.0 % of \
     the day, where the curve has 11.8 %",
);

const CLIENTS: Key = ("clients", "share of the mailboxes that use each protocol; above 1: several devices");
const CURVES: [&str; 4] = ["office", "flat8h", "peak2x", "flat24h"];

const WEIGHT: Number = Number { min: 0.0, closed: true, max: 1e9 };

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
    for (table, span) in root.elements(cx, ("population", "users of one kind")) {
        cx.section("[[population]]");
        let mut fields = named(cx, "population", table, span);
        populations.push(population(cx, &mut fields, topology, base));
        fields.finish(cx);
    }
    populations
}

fn population(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology, base: &Settings) -> Population {
    let name = fields.require(cx, ("name", "what it is called"), &Name).unwrap_or_default();
    let stream = fields.or(
        cx,
        ("stream", "the name by which its random draws are opened"),
        &Text,
        name.clone(),
        "the name",
    );
    let was = fields.read(
        cx,
        ("was", "the populations that it was in a scenario that `casim compare` sets beside this one"),
        &List(Text),
    );
    let home_name = fields.require(cx, ("home", "site of the mailboxes; must have Mailbox servers"), &Text);
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
    let server = server(cx, fields, home, topology);
    let moved = moved::moved(cx, fields, topology);
    let mailboxes =
        fields.require(cx, ("mailboxes", "how many"), &Count { min: 0, max: 10_000_000 }).unwrap_or(1);
    let from = match fields.node(cx, FROM, &Text) {
        Some(_) => location(cx, fields, FROM, topology),
        None => {
            fields.write_default(cx, "from", "\"Internet\"", "ASSUMED");
            Location::Internet(Id::new(0))
        }
    };
    let roaming = roaming(cx, fields, topology);
    let addresses = super::topology::addresses(cx, fields);
    let ports = super::topology::ports(cx, fields, addresses);
    let profile = profile(cx, fields);
    let concurrent = fields.or(
        cx,
        ("concurrent", "share of the mailboxes active in the simulated day"),
        &Share::WHOLE,
        0.8,
        "75 to 80 % of users at peak on a full server",
    );
    let day = day(cx, fields);
    let told = outlook_anywhere_names(topology, home, server);
    let names = namespaces(cx, fields, topology);
    let misdirected = misdirected(cx, fields, topology);
    let clients = clients(cx, fields, (&names, told), &misdirected, topology);
    let settings = settings::of_population(cx, fields, base);
    let os = system(cx, fields, home, topology);
    Population {
        name,
        stream,
        was: was.unwrap_or_default(),
        home,
        server,
        moved,
        mailboxes: u32::try_from(mailboxes).unwrap_or(0),
        from,
        roaming,
        addresses,
        ports,
        profile,
        concurrent,
        day,
        clients,
        settings,
        os,
    }
}

/// What Windows the computers of the users run.
fn system(cx: &mut Cx, fields: &mut Fields<'_>, home: Id<Site>, topology: &Topology) -> OperatingSystem {
    const OS: Token<OperatingSystem> = Token { words: &OperatingSystem::CLIENTS };
    let store = topology.sites.get(home.index()).and_then(|site| site.mailbox.first());
    let generation = store.map_or(Generation::E2007, |id| topology.mailbox[id.index()].generation);
    fields.or(
        cx,
        ("os", "Windows of the users' computers: how much TCP has under way; telephones have their own"),
        &OS,
        OperatingSystem::of_clients(generation),
        "ASSUMED of the years of the home's release",
    )
}

/// The Mailbox servers of the home that hold the mailboxes, where that is said.
fn server(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    home: Id<Site>,
    topology: &Topology,
) -> Option<Id<MailboxGroup>> {
    fields
        .read(
            cx,
            (
                "server",
                "the Mailbox server (`[[site.server]]`) of `home` that holds them; left out, all in turn",
            ),
            &Text,
        )
        .and_then(|name| {
            let span = fields.entry("server").map_or(fields.span, |entry| entry.node.span);
            // Without a site, which is a fault told before, the home is a placeholder.
            let held = topology.sites.get(home.index()).map_or(&[][..], |site| &site.mailbox);
            let known = |id: &Id<MailboxGroup>| topology.mailbox[id.index()].name.as_str();
            let found = held.iter().copied().find(|id| known(id).eq_ignore_ascii_case(&name));
            if found.is_none() {
                cx.unknown("Mailbox server of the home site", &name, span, held.iter().map(known));
            }
            found
        })
}

/// The share of the clients that sits elsewhere, and where.
fn roaming(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology) -> Option<(f64, Location)> {
    fields.table(cx, ("roaming", "a share of the clients sits elsewhere")).map(|mut roaming| {
        let share = roaming.require(cx, ("share", "how many of them"), &Share::WHOLE).unwrap_or(0.0);
        if !roaming.has("from") {
            roaming.missing(cx, "from", "\"Internet\", a region or a site");
        }
        let place = location(cx, &mut roaming, ELSEWHERE, topology);
        roaming.finish(cx);
        (share, place)
    })
}

fn site_named(cx: &mut Cx, topology: &Topology, name: &str, span: Span) -> Option<Id<Site>> {
    let found = topology.site(name);
    if found.is_none() {
        cx.unknown("[[site]]", name, span, topology.sites.iter().map(|s| s.name.as_str()));
    }
    found
}

fn location(cx: &mut Cx, fields: &mut Fields<'_>, key: Key, topology: &Topology) -> Location {
    const NOWHERE: fn() -> Location = || Location::Internet(Id::new(0));
    let Some(name) = fields.read(cx, key, &Text) else { return NOWHERE() };
    if let Some(at) = topology.regions.iter().position(|region| region.name == name) {
        return Location::Internet(Id::new(at));
    }
    if let Some(site) = topology.site(&name) {
        return Location::Site(site);
    }
    let span = fields.entry(key.0).map_or(fields.span, |entry| entry.node.span);
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
    let Some(node) = fields.node(cx, PROFILE, &Words(&Profile::ALL.map(|p| p.name))) else {
        fields.write_default(cx, "profile", &tree::quote(medium.name), "ASSUMED");
        return medium;
    };
    if matches!(node.value, Value::Table(_)) {
        let Some(mut own) = fields.table(cx, PROFILE) else { return medium };
        let kind = Number { min: 0.0, closed: true, max: 100_000.0 };
        let source = "as in profile \"medium\"";
        let profile = Profile {
            name: "custom",
            sent: own.or(cx, ("sent", "messages sent a day"), &kind, medium.sent, source),
            received: own.or(cx, ("received", "messages received a day"), &kind, medium.received, source),
            read: own.or(cx, ("read", "messages read a day"), &kind, medium.read, source),
            deleted: own.or(cx, ("deleted", "messages deleted a day"), &kind, medium.deleted, source),
            owa_logons: own.or(cx, ("owa_logons", "logons to OWA a day"), &kind, medium.owa_logons, source),
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
    let Some(node) = fields.node(cx, DAY, &AnyOf(&[&Words(&CURVES), &Items(&WEIGHT, Some(24))])) else {
        fields.write_default(cx, "day", "\"office\"", "ASSUMED shape of two humps, peak hour 11.8 %");
        return office();
    };
    let path = fields.at("day");
    let comment = cx.given(node.span);
    let Value::List(items) = &node.value else {
        let Some(word) = Text.read(cx, node, &path) else { return office() };
        fields.write(cx, "day", &tree::quote(&word), comment);
        return DayCurve::parse(&word).unwrap_or_else(|| {
            word_fault(cx, &path, &word, node.span, &CURVES, "or a list of 24 weights");
            office()
        });
    };
    let weights: Vec<f64> = items.iter().filter_map(|item| WEIGHT.read(cx, item, &path)).collect();
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

fn clients(
    cx: &mut Cx,
    fields: &mut Fields<'_>,
    (names, told): (&Used, Told),
    misdirected: &BTreeMap<Protocol, Misdirected>,
    topology: &Topology,
) -> Vec<ProtocolUse> {
    fields.demand(cx, CLIENTS);
    if !fields.has("clients") {
        fields.missing(
            cx,
            "clients",
            "the share of mailboxes that use each protocol, such as { owa = 0.3, eas = 0.4 }",
        );
        return Vec::new();
    }
    let Some(table) = fields.map(
        cx,
        CLIENTS,
        &Named { what: "PROTOCOL", names: &Protocol::ALL.map(Protocol::token), each: &DEVICES },
    ) else {
        return Vec::new();
    };
    let mut shares: BTreeMap<Protocol, f64> = BTreeMap::new();
    if table.named_entries().next().is_none() {
        // Nobody asks for anything, and that is what was written.
        fields.write(cx, "clients", "{}", cx.given(table.span));
    }
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
        let own = names.own.get(&protocol).copied();
        // What Outlook is told of Outlook Anywhere, unless the population says otherwise.
        let told =
            if protocol == Protocol::OutlookAnywhere && own.is_none() { told } else { Told::default() };
        let Some(namespace) = told.outside.or(own).or(names.default) else {
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
            inside: told.inside.or(told.outside.and(names.default)),
            misdirected: misdirected.get(&protocol).cloned(),
        });
    }
    clients
}
