//! `[[dag]]`: database availability groups.

use super::super::super::amounts::Time;
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::kinds::{Kind, List, Name, Text, Token};
use super::super::super::tree::{Table, Value};
use super::super::elements::named;
use super::copies::looked_up;
use crate::diagnostics::Span;
use crate::kernel::{Id, SimSpan};
use crate::model::topology::dag::MOST_MEMBERS;
use crate::model::topology::{Dag, MailboxServer, Topology, Witness};

const ACTIVATION: Token<bool> = Token { words: &[(false, "automatic"), (true, "manual")] };

/// Reads one group. Its servers are known, copies of databases are not yet.
pub(super) fn dag(cx: &mut Cx, (table, span): (&Table, Span), topology: &mut Topology) {
    cx.section("[[dag]]");
    let mut fields = named(cx, "dag", table, span);
    let name = fields.require(cx, ("name", "what it is called"), &Name).unwrap_or_default();
    if topology.dags.iter().any(|dag| dag.name == name) {
        let title = format!("two database availability groups are called `{name}`");
        cx.fault("duplicate-name", title, span, "second one");
    }
    let members = members(cx, &mut fields, topology);
    let witness = witness(cx, &mut fields, &members, topology);
    let by_hand = fields.or(
        cx,
        (
            "activation",
            "`automatic`: copies in another site are mounted after the `activation` of their \
             `mailbox`; `manual`: after `switchover` alone. Copies in the same site are always \
             mounted automatically",
        ),
        &ACTIVATION,
        false,
        "no activation policy set",
    );
    let switchover = fields.or(
        cx,
        (
            "switchover",
            "from the loss of the majority until a person has brought the side with most votes back, \
             databases and, in 2010, the DNS name of the array",
        ),
        &Time::ANY,
        SimSpan::from_secs(3_600),
        "ASSUMED: a person",
    );
    let array_ttl = fields.or(
        cx,
        ("array_ttl", "2010: time to live of the DNS record of the array's name, which Outlook inside uses"),
        &Time::ANY,
        SimSpan::from_secs(300),
        "ASSUMED",
    );
    fields.finish(cx);
    topology.dags.push(Dag { name, members, witness, by_hand, switchover, array_ttl });
}

/// The members; a fault for each name that cannot be one.
fn members(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology) -> Vec<MailboxServer> {
    let names = fields.require(
        cx,
        (
            "members",
            "its Mailbox servers, of one release, 2010 on: servers (`EX1`, `HQ-MBX-2`), groups of servers, \
             or sites, which stand for all of theirs; 16 at most",
        ),
        &List(Text),
    );
    let entry = fields.entry("members").map(|entry| &entry.node);
    let whole = entry.map_or(fields.span, |node| node.span);
    let spans: Vec<Span> = match entry.map(|node| &node.value) {
        Some(Value::List(items)) => items.iter().map(|item| item.span).collect(),
        _ => Vec::new(),
    };
    let mut members: Vec<MailboxServer> = Vec::new();
    let places = spans.into_iter().chain(std::iter::repeat(whole));
    for (name, place) in names.into_iter().flatten().zip(places) {
        let Some(found) = looked_up(topology, &name) else {
            let sites = topology.sites.iter().map(|site| site.name.as_str());
            let groups = topology.mailbox.iter().map(|group| group.name.as_str());
            cx.unknown("site or Mailbox server", &name, place, sites.chain(groups));
            continue;
        };
        let major = |server: &MailboxServer| topology.mailbox[server.group.index()].generation.major();
        let wanted = members.first().map(major);
        let fits =
            |server: &&MailboxServer| major(server) >= 2010 && wanted.is_none_or(|of| of == major(server));
        let servers: Vec<MailboxServer> = found.iter().filter(fits).copied().collect();
        if servers.is_empty() && !cx.release_is_unknown {
            let releases = found.first().map_or_else(String::new, |s| format!(", these are of {}", major(s)));
            let wanted = wanted.map_or_else(|| "2010 or later".to_owned(), |of| of.to_string());
            let title = format!("`{name}` cannot be a member of a database availability group");
            cx.fault("no-servers", title, place, format!("expected Mailbox servers of {wanted}{releases}"));
        }
        for server in servers {
            if let Some(other) = topology.dag_of(server) {
                let own = &topology.mailbox[server.group.index()].name;
                cx.fault_help(
                    "two-dags",
                    format!("`{own}` is a member of `{}` already", other.name),
                    place,
                    "a server is in one database availability group",
                    "leave it out of one of them",
                );
            } else if !members.contains(&server) {
                members.push(server);
            }
        }
    }
    if members.len() > MOST_MEMBERS {
        let many = members.len();
        let title = format!("a database availability group has {MOST_MEMBERS} members at most");
        cx.fault("out-of-range", title, whole, format!("found {many} servers"));
    }
    members
}

/// The witness: a site, or servers that are no members.
fn witness(cx: &mut Cx, fields: &mut Fields<'_>, members: &[MailboxServer], topology: &Topology) -> Witness {
    let first = members.first().map(|server| topology.site_of_store(*server));
    let default = first.map_or_else(String::new, |site| topology.sites[site.index()].name.clone());
    let stated = fields.read(
        cx,
        (
            "witness",
            "who has the vote that counts where the number of members is even: a site, whose file server \
             is lost with it alone, or a Client Access server by name; left out, the site of the first \
             member (ASSUMED)",
        ),
        &Text,
    );
    let name = stated.unwrap_or_else(|| {
        fields.write_default(cx, "witness", &Text.show(&default), "ASSUMED: in the site of the first member");
        default
    });
    let place = fields.entry("witness").map_or(fields.span, |entry| entry.node.span);
    let here = Witness::Site(first.unwrap_or(Id::new(0)));
    let machine = name.rsplit_once('-').filter(|(_, number)| number.parse::<u32>().is_ok());
    let own = |server: &MailboxServer| {
        let group = &topology.mailbox[server.group.index()].name;
        *group == name || machine.is_some_and(|(own, _)| own == group)
    };
    if members.iter().any(own) {
        cx.fault_help(
            "witness-is-member",
            format!("the witness `{name}` is a member"),
            place,
            "it would be lost with its own vote",
            "a witness is a server that is no member, best in a site of its own",
        );
        return here;
    }
    if let Some(site) = topology.site(&name) {
        return Witness::Site(site);
    }
    if let Some(cas) = topology.cas.iter().position(|group| group.name == name) {
        return Witness::Server(Id::new(cas));
    }
    if !members.is_empty() {
        let sites = topology.sites.iter().map(|site| site.name.as_str());
        let groups = topology.cas.iter().map(|group| group.name.as_str());
        cx.unknown("site or Client Access server", &name, place, sites.chain(groups));
    }
    here
}
