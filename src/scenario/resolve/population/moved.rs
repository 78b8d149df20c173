//! `moved`: mailboxes that are at another server than the population's others.

use super::super::super::amounts::{Count, Quantity, Share, Time};
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::keys::Key;
use super::super::super::kinds::{List, Text};
use super::super::super::tree::{Node, Table, Value};
use crate::kernel::Id;
use crate::model::topology::{MailboxGroup, Topology};
use crate::model::workload::{MoveTraffic, Moved};

const KEY: Key = ("moved", "a share of the mailboxes has been moved to another server");
const TO: Key = (
    "to",
    "the Mailbox servers that hold them, in turn: a `[[site.server]]`, or a site for all that it has, of any site and release",
);
const SHARE: Key = (
    "share",
    "how many of them; a larger share holds those of a smaller one; left out, none yet: a `[[change]]` moves them",
);
const TRAFFIC: Key = (
    "traffic",
    "what is copied over the lines between sites before a `[[change]]` moves mailboxes; left out, nothing",
);

/// The mailboxes that have been moved.
pub(super) fn moved(cx: &mut Cx, fields: &mut Fields<'_>, topology: &Topology) -> Option<Moved> {
    let mut own = fields.table(cx, KEY)?;
    own.demand(cx, TO);
    if !own.has("to") {
        own.missing(cx, "to", "the Mailbox server that holds them");
    }
    let names = own.read(cx, TO, &List(Text)).unwrap_or_default();
    let span = own.entry("to").map_or(own.span, |entry| entry.node.span);
    let mut to: Vec<Id<MailboxGroup>> = Vec::new();
    for name in names {
        let mut homes = topology.homes();
        let group = homes.find(|(_, group)| group.name.eq_ignore_ascii_case(&name)).map(|(id, _)| id);
        match (group, topology.site(&name)) {
            (Some(id), _) => to.push(id),
            (None, Some(site)) if !topology.sites[site.index()].mailbox.is_empty() => {
                to.extend(&topology.sites[site.index()].mailbox);
            }
            _ => {
                let groups = topology.homes().map(|(_, group)| group.name.as_str());
                cx.unknown("Mailbox server, or site that has any,", &name, span, groups);
            }
        }
    }
    let share = own.or(cx, SHARE, &Share::WHOLE, 0.0, "none yet");
    let traffic = traffic(cx, &mut own);
    own.finish(cx);
    (!to.is_empty()).then_some(Moved { to, share, traffic })
}

/// What copying the mailboxes costs the lines.
fn traffic(cx: &mut Cx, moved: &mut Fields<'_>) -> Option<MoveTraffic> {
    let mut own = moved.table(cx, TRAFFIC)?;
    let mailbox_bytes = own.require(
        cx,
        (
            "per_mailbox",
            "what a mailbox holds, in the mean, as it crosses the lines; compression is not published",
        ),
        &Quantity::BYTES,
    );
    let rate = own.read(
        cx,
        ("rate", "of all mailboxes of the population together, at most; left out, what the lines give"),
        &Quantity::BANDWIDTH,
    );
    let at_once = own.or(
        cx,
        ("at_once", "pieces of mailboxes (8 MB and more) under way at once, each of which has a flow's share of a line"),
        &Count { min: 1, max: 100 },
        5,
        "ASSUMED: moves at once to a server of 2010",
    );
    let ahead = own.read(
        cx,
        ("ahead", "how long before the change copying begins; left out, as long as it takes at `rate`"),
        &Time::POSITIVE,
    );
    if rate.is_none() && ahead.is_none() && mailbox_bytes.is_some() {
        own.missing(
            cx,
            "ahead",
            "a length such as \"8 h\" before the change, or `rate`, by which it follows",
        );
    }
    own.finish(cx);
    Some(MoveTraffic {
        mailbox_bytes: mailbox_bytes?,
        rate: rate.unwrap_or(f64::INFINITY),
        at_once: u32::try_from(at_once).unwrap_or(1),
        ahead,
    })
}

/// The mailboxes of every population that have been moved in a scenario that a change has been
/// laid on. Of what else a population says nothing is read again.
pub(in super::super) fn moved_after(cx: &mut Cx, root: &Table, topology: &Topology) -> Vec<Option<Moved>> {
    let Some(Value::List(items)) = root.get("population").map(|entry| &entry.node.value) else {
        return Vec::new();
    };
    let of = |item: &Node| {
        let table = item.as_table()?;
        table.get(KEY.0)?;
        let path = format!("population.{}", super::super::super::tree::key(table.text("name").unwrap_or("")));
        moved(cx, &mut Fields::new(table, item.span, path, "population.*".to_owned()), topology)
    };
    items.iter().map(of).collect()
}
