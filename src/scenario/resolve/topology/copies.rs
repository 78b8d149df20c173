//! Copies of databases: how many, on which servers, and how long it takes to mount them.

use super::super::super::amounts::{Count, Share, Time};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::kinds::{List, Text};
use super::super::super::tree::Value;
use crate::diagnostics::Span;
use crate::kernel::{Id, SimSpan};
use crate::model::release::Generation;
use crate::model::topology::{DatabaseCopies, MailboxGroup, MailboxServer, Topology};

/// Databases of a server that says nothing: as many as spread evenly over 1, 2, 3, 4, 6 or
/// 12 others.
const DATABASES: u64 = 12;

/// Where the further copies stand, as it is written.
enum Places {
    /// So many copies in all, on other servers of the site.
    Count(u64, Span),
    /// One on each of these servers, groups or sites.
    Named(Vec<(String, Span)>),
}

/// Copies of a Mailbox group's databases, before all servers are known.
pub(super) struct Pending {
    /// Number of the group.
    group: usize,
    places: Places,
    copies: DatabaseCopies,
}

/// The copies of the databases of group `number`; names are looked up when all sites are known.
pub(super) fn copies_of(
    cx: &mut Cx,
    group: &mut Fields<'_>,
    (number, generation): (usize, Generation),
    pending: &mut Vec<Pending>,
) {
    let named = group.read(
        cx,
        (
            "fails_over_to",
            "servers (`EX2`, `HQ-MBX-2`), groups of Mailbox servers or sites of the same release, 2010 \
             on, in order of preference, each of which holds a copy of every database of these servers, \
             spread over its servers; the own site means its other servers, and a name that is given \
             twice holds two",
        ),
        &List(Text),
    );
    let count = group.read(
        cx,
        (
            "copies",
            "in place of `fails_over_to`: copies of each database in all, the active one among them, \
             spread over the other Mailbox servers of the release in the site; of a member of a `[[dag]]` over \
             its other members, those of the site first",
        ),
        &Count { min: 1, max: 16 },
    );
    let span = |group: &mut Fields<'_>, key| group.entry(key).map_or(group.span, |entry| entry.node.span);
    let places = match (named, count) {
        (Some(_), Some(_)) => {
            cx.fault_help(
                "contradiction",
                format!("`{}` has both `copies` and `fails_over_to`", group.path),
                span(group, "copies"),
                "each of them says where copies are",
                "leave one of them out; a name that stands twice in `fails_over_to` holds two copies",
            );
            return;
        }
        (Some(names), None) => {
            let spans: Vec<Span> = match group.entry("fails_over_to").map(|entry| &entry.node) {
                Some(node) => match &node.value {
                    Value::List(items) => items.iter().map(|item| item.span).collect(),
                    _ => vec![node.span],
                },
                None => Vec::new(),
            };
            let whole = span(group, "fails_over_to");
            let spans = spans.into_iter().chain(std::iter::repeat(whole));
            Places::Named(names.into_iter().zip(spans).collect())
        }
        (None, Some(count)) => Places::Count(count, span(group, "copies")),
        (None, None) => {
            for key in ["databases", "activation", "activation_in_site", "fail_back", "passive_copy"] {
                if let Some(entry) = group.entry(key) {
                    cx.fault(
                        "missing-key",
                        format!("`{}` has `{key}` but neither `copies` nor `fails_over_to`", group.path),
                        entry.key_span,
                        "nothing fails over",
                    );
                }
            }
            return;
        }
    };
    let copies = times(cx, group, generation);
    pending.push(Pending { group: number, places, copies });
}

/// Databases and times of a group with copies.
fn times(cx: &mut Cx, group: &mut Fields<'_>, generation: Generation) -> DatabaseCopies {
    let databases = group.or(
        cx,
        (
            "databases",
            "databases of each server, of one size: mailboxes take turns over servers, then over these; \
             each is mounted on a copy of its own",
        ),
        &Count { min: 1, max: 150 },
        DATABASES,
        "ASSUMED: spreads evenly over 1, 2, 3, 4, 6 or 12 others",
    );
    let activation = group.or(
        cx,
        ("activation", "from the loss of a server until its databases are mounted in another site"),
        &Time::ANY,
        SimSpan::from_secs(300),
        "ASSUMED",
    );
    let in_site = activation_in_site(cx, group);
    let fail_back = fail_back(cx, group);
    let passive = passive_copy(cx, group, generation);
    DatabaseCopies {
        databases: u32::try_from(databases).unwrap_or(1),
        places: Vec::new(),
        activation: [in_site, activation],
        fail_back,
        passive,
    }
}

/// From the loss of a server until its databases are mounted in its site.
pub(super) fn activation_in_site(cx: &mut Cx, group: &mut Fields<'_>) -> SimSpan {
    group.or(
        cx,
        ("activation_in_site", "the same where the copy stands in their own site"),
        &Time::ANY,
        SimSpan::from_secs(30),
        "ASSUMED",
    )
}

/// From the return of a server until its databases are there again.
pub(super) fn fail_back(cx: &mut Cx, group: &mut Fields<'_>) -> SimSpan {
    group.or(
        cx,
        ("fail_back", "from its return until they are mounted at home again"),
        &Time::ANY,
        SimSpan::from_secs(1_800),
        "ASSUMED",
    )
}

/// Work of a passive copy by that of the active one.
pub(super) fn passive_copy(cx: &mut Cx, group: &mut Fields<'_>, generation: Generation) -> f64 {
    let (share, source) = passive(generation);
    group.or(
        cx,
        (
            "passive_copy",
            "work at the server of each passive copy (checking and replaying logs, index), by that of the \
             active one at its server",
        ),
        &Share::WHOLE,
        share,
        source,
    )
}

/// What a passive copy costs by the active one, and where that is known from.
fn passive(generation: Generation) -> (f64, &'static str) {
    match generation.major() {
        ..2010 => (0.15, "ASSUMED as in 2010"),
        2010 => (0.15, "2010: 15 % of the active mailbox (ee712771)"),
        2013 => (0.32, "0.0137 by 0.0425 megacycles a message (SizingChecker.ps1)"),
        _ => (0.32, "ASSUMED as in 2013"),
    }
}

/// Gives every group with copies the servers that hold them.
pub(super) fn lay_copies(cx: &mut Cx, pending: Vec<Pending>, topology: &mut Topology) {
    for Pending { group, places, mut copies } in pending {
        let own = &topology.mailbox[group];
        let place = match &places {
            Places::Count(1, _) => continue,
            Places::Count(_, span) => Some(*span),
            Places::Named(names) => names.first().map(|(_, span)| *span),
        };
        let Some(place) = place else { continue };
        if own.generation.major() < 2010 {
            let title = format!("databases of {} do not fail over", own.generation);
            let why = "copies on other servers come with 2010; `cluster` gives a Mailbox server of 2007 a passive node";
            if !cx.release_is_unknown {
                cx.fault("out-of-range", title, place, why);
            }
            continue;
        }
        copies.places = match places {
            Places::Count(count, span) => counted(cx, topology, Id::new(group), (count, span)),
            Places::Named(names) => {
                // Every fault is told, not the first alone.
                let servers: Vec<_> =
                    names.iter().map(|name| named(cx, topology, Id::new(group), name)).collect();
                servers.into_iter().collect::<Option<Vec<_>>>().unwrap_or_default()
            }
        };
        if !copies.places.is_empty() {
            topology.mailbox[group].copies = Some(copies);
        }
    }
}

/// Every server of some groups.
fn servers_of(topology: &Topology, groups: impl Iterator<Item = Id<MailboxGroup>>) -> Vec<MailboxServer> {
    let each = |group: Id<MailboxGroup>| {
        let servers = topology.mailbox[group.index()].servers;
        (0..servers).map(move |number| MailboxServer { group, number })
    };
    groups.flat_map(each).collect()
}

/// So many copies in all: on the other servers of the site, or the other members of the
/// database availability group, those of the site first.
fn counted(
    cx: &mut Cx,
    topology: &Topology,
    group: Id<MailboxGroup>,
    (count, span): (u64, Span),
) -> Vec<Vec<MailboxServer>> {
    let own = &topology.mailbox[group.index()];
    let major = own.generation.major();
    let fits = |id: &Id<MailboxGroup>| topology.mailbox[id.index()].generation.major() == major;
    let dag = topology.dag_of(MailboxServer { group, number: 0 });
    let (near, far): (Vec<_>, Vec<_>) = match dag {
        Some(dag) => dag.members.iter().partition(|server| topology.site_of_store(**server) == own.site),
        None => {
            let all = topology.sites[own.site.index()].mailbox.iter().copied().filter(fits);
            (servers_of(topology, all), Vec::new())
        }
    };
    let many = near.len() + far.len();
    if (many as u64) < count {
        let servers = if many == 1 { "server" } else { "servers" };
        let there = match dag {
            Some(dag) => format!("`{}` has {many} {servers}", dag.name),
            None => {
                let site = &topology.sites[own.site.index()].name;
                format!("`{site}` has {many} Mailbox {servers} of {major}")
            }
        };
        cx.fault_help(
            "no-servers",
            format!("{count} copies of a database of `{}` need {count} servers", own.name),
            span,
            there,
            "each copy stands on a server of its own; `fails_over_to` names servers of other sites",
        );
        return Vec::new();
    }
    (1..count as usize).map(|copy| if copy < near.len() { near.clone() } else { far.clone() }).collect()
}

/// The servers behind a name, but for the group itself where it is a single server.
fn named(
    cx: &mut Cx,
    topology: &Topology,
    group: Id<MailboxGroup>,
    (name, span): &(String, Span),
) -> Option<Vec<MailboxServer>> {
    let own = &topology.mailbox[group.index()];
    let own_name = &own.name;
    let Some(found) = looked_up(topology, name) else {
        let sites = topology.sites.iter().map(|site| site.name.as_str());
        let groups = topology.mailbox.iter().map(|group| group.name.as_str());
        cx.unknown("site or Mailbox server", name, *span, sites.chain(groups));
        return None;
    };
    let major = own.generation.major();
    let dag = topology.dag_of(MailboxServer { group, number: 0 });
    let same_dag =
        |server: &MailboxServer| topology.dag_of(*server).map(|dag| &dag.name) == dag.map(|d| &d.name);
    let of_release =
        |server: &MailboxServer| topology.mailbox[server.group.index()].generation.major() == major;
    let fits = |server: &MailboxServer| of_release(server) && same_dag(server);
    let itself = |server: &MailboxServer| server.group == group && own.servers == 1;
    let servers: Vec<MailboxServer> = found.iter().copied().filter(|s| fits(s) && !itself(s)).collect();
    if servers.is_empty() && cx.release_is_unknown && !found.iter().any(of_release) {
        return None;
    }
    if servers.is_empty() {
        let why = if found.is_empty() {
            format!("expected Mailbox servers of {major}")
        } else if found.iter().any(fits) {
            "this is the server itself".to_owned()
        } else if found.iter().any(of_release) {
            let own = dag.map_or_else(|| "no member of one".to_owned(), |dag| format!("in `{}`", dag.name));
            format!("another database availability group; `{}` is {own}", own_name)
        } else {
            let other = topology.mailbox[found[0].group.index()].generation.major();
            format!("expected Mailbox servers of {major}, these are of {other}")
        };
        cx.fault_help(
            "no-servers",
            format!("databases of `{}` cannot fail over to `{name}`", own.name),
            *span,
            why,
            "a copy stands on another Mailbox server of the same release",
        );
        return None;
    }
    Some(servers)
}

/// The Mailbox servers behind a name: of a group, one server of a group by its number from 1
/// behind a hyphen, or of a site.
pub(super) fn looked_up(topology: &Topology, name: &str) -> Option<Vec<MailboxServer>> {
    let by_name = |name: &str| topology.mailbox.iter().position(|group| group.name == name).map(Id::new);
    if let Some(group) = by_name(name) {
        return Some(servers_of(topology, std::iter::once(group)));
    }
    if let Some(site) = topology.site(name) {
        return Some(servers_of(topology, topology.sites[site.index()].mailbox.iter().copied()));
    }
    let (group, number) = name.rsplit_once('-')?;
    let (group, number) = (by_name(group)?, number.parse::<u32>().ok()?);
    let known = (1..=topology.mailbox[group.index()].servers).contains(&number);
    known.then(|| vec![MailboxServer { group, number: number - 1 }])
}
