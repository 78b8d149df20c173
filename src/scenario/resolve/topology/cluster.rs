//! Clustered Mailbox servers of 2007 (cluster continuous replication): two nodes each, of which one
//! is active and the other holds a copy of all its databases.
//!
//! The passive nodes are a Mailbox group of their own beside the active one, so that they may fail too;
//! nothing is at home there.

use super::super::super::context::Cx;
use super::super::super::fields::Fields;
use super::super::super::kinds::Flag;
use super::copies::{activation_in_site, fail_back, passive_copy};
use super::hosts::fits;
use crate::diagnostics::Span;
use crate::kernel::{Id, SimSpan};
use crate::model::release::Generation;
use crate::model::topology::{DatabaseCopies, MailboxGroup, MailboxServer, Topology};

/// Passive nodes, as they are stated.
pub(super) struct Nodes {
    span: Span,
    activation: SimSpan,
    fail_back: SimSpan,
    passive: f64,
}

/// Whether each of these Mailbox servers has a passive node; `shared`: they are Client Access servers
/// too.
pub(super) fn nodes(
    cx: &mut Cx,
    group: &mut Fields<'_>,
    generation: Generation,
    shared: bool,
) -> Option<Nodes> {
    let key = (
        "cluster",
        "cluster continuous replication (2007 alone, in place of `copies`): each of these servers has a passive \
         node of its own, NAME-PASSIVE, with a copy of all its databases, which come up there together",
    );
    let clustered = group.read(cx, key, &Flag)?;
    let span = group.entry("cluster").map_or(group.span, |entry| entry.node.span);
    if !clustered {
        return None;
    }
    if generation.major() != 2007 && cx.release_is_unknown {
        return None;
    }
    if generation.major() != 2007 {
        cx.fault_help(
            "out-of-range",
            format!("`{}` has `cluster`, which is of 2007 alone", group.path),
            span,
            format!("these are of {generation}"),
            "from 2010 on `copies` says how many copies databases have, `fails_over_to` on which servers",
        );
        return None;
    }
    if shared {
        cx.fault_help(
            "contradiction",
            format!("`{}` has `cluster`, and its server has Client Access too", group.path),
            span,
            "a clustered Mailbox server of 2007 has no other role",
            "give Client Access a `[[site.server]]` of its own",
        );
    }
    let others = [
        ("copies", "the copy is on the passive node"),
        ("fails_over_to", "the copy is on the passive node"),
        ("databases", "all databases of a clustered server come up together"),
        ("activation", "the passive node is in the same site"),
    ];
    for (key, why) in others {
        if let Some(entry) = group.entry(key) {
            let message = format!("`{}` has both `cluster` and `{key}`", group.path);
            cx.fault_help("contradiction", message, entry.key_span, why, "leave one of them out");
        }
    }
    Some(Nodes {
        span,
        activation: activation_in_site(cx, group),
        fail_back: fail_back(cx, group),
        passive: passive_copy(cx, group, generation),
    })
}

/// Adds the active nodes and, behind them, the passive ones: as many, of the same hardware, each on
/// the host behind that of its active node.
pub(super) fn push(
    cx: &mut Cx,
    group: &Fields<'_>,
    mut active: MailboxGroup,
    nodes: &Nodes,
    topology: &mut Topology,
) {
    let id = Id::new(topology.mailbox.len());
    let mut hosts = active.hosts.clone();
    if !hosts.is_empty() {
        hosts.rotate_left(1);
    }
    if (active.servers as usize) < hosts.len() {
        fits(cx, (&group.path, nodes.span), (&hosts, active.servers, active.cores), topology);
    }
    let name = format!("{}-PASSIVE", active.name);
    let known = topology.cas.iter().map(|g| &g.name).chain(topology.mailbox.iter().map(|g| &g.name));
    if known.into_iter().any(|known| known.eq_ignore_ascii_case(&name)) {
        let message = format!("two groups of servers are called `{name}`");
        cx.fault("duplicate-name", message, nodes.span, "the passive node has this name");
    }
    let passive = MailboxGroup { name, hosts, copies: None, passive_of: Some(id), ..active.clone() };
    let place = (0..active.servers).map(|number| MailboxServer { group: Id::new(id.index() + 1), number });
    active.copies = Some(DatabaseCopies {
        // All of a server are one: the n-th goes to the n-th passive node.
        databases: 1,
        places: vec![place.collect()],
        activation: [nodes.activation; 2],
        fail_back: nodes.fail_back,
        passive: nodes.passive,
    });
    topology.mailbox.extend([active, passive]);
}
