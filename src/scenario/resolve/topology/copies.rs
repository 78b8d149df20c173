//! Databases that fail over to another site.

use super::super::super::amounts::Time;
use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::kinds::Text;
use crate::diagnostics::Span;
use crate::kernel::{Id, SimSpan};
use crate::model::topology::{FailOver, MailboxGroup, Topology};

/// Databases of a Mailbox group that fail over: the group, the name of the site or
/// group that holds the copies, and where that is written.
pub(super) type Copies = Vec<(usize, String, Span)>;

/// Where the databases of a Mailbox group fail over to; the name is looked up when
/// all sites are known.
pub(super) fn copy(
    cx: &mut Cx,
    group: &mut Fields<'_>,
    number: usize,
    copies: &mut Copies,
) -> Option<FailOver> {
    let name = group.read(
        cx,
        (
            "fails_over_to",
            "site (or group of Mailbox servers) of the same release, 2010 on, that holds copies \
             of these servers' databases",
        ),
        &Text,
    );
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
        activation: group.or(
            cx,
            ("activation", "from the loss of a server until its databases are mounted there"),
            &Time::ANY,
            SimSpan::from_secs(300),
            "ASSUMED",
        ),
        fail_back: group.or(
            cx,
            ("fail_back", "from its return until they are mounted at home again"),
            &Time::ANY,
            SimSpan::from_secs(1_800),
            "ASSUMED",
        ),
    })
}

/// Gives every group with copies the group that holds them.
pub(super) fn fail_over(cx: &mut Cx, copies: &Copies, topology: &mut Topology) {
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
