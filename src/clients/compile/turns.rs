//! Whose turn it is: the site that a name leads to, the servers on which the n-th client lands,
//! and those that hold the n-th mailbox.
//!
//! Must not know where they lie in a network. Next: [`super::arrivals`].

use super::shares::{MOVED, chosen};
use crate::kernel::Id;
use crate::model::access::Failure;
use crate::model::topology::{CasGroup, MailboxGroup, Namespace, Site, Topology};
use crate::model::workload::{Location, Moved, Population};

/// The site that a name leads a client to: the first of its list.
pub(super) fn resolve(topology: &Topology, name: Id<Namespace>, from: Location) -> Result<Id<Site>, Failure> {
    let name = &topology.namespaces[name.index()];
    let inside = matches!(from, Location::Site(_)) && !name.inside.is_empty();
    let sites = if inside { &name.inside } else { &name.internet };
    sites.first().copied().ok_or(Failure::NameNotResolved)
}

/// The group of a site on which the `n`-th client lands, and the server in it:
/// servers take turns.
fn nth<T>(groups: &[Id<T>], servers: impl Fn(Id<T>) -> u32, n: u64) -> Option<(Id<T>, u32)> {
    let whole: u64 = groups.iter().map(|&group| u64::from(servers(group))).sum();
    let mut place = n.checked_rem(whole)?;
    for &group in groups {
        let here = u64::from(servers(group));
        if place < here {
            return Some((group, place as u32));
        }
        place -= here;
    }
    None
}

/// Servers of groups: after so many clients [`nth_of`] begins anew. At least 1.
pub(super) fn servers_of(topology: &Topology, groups: impl IntoIterator<Item = Id<CasGroup>>) -> u64 {
    let servers = groups.into_iter().map(|group| u64::from(topology.cas[group.index()].servers));
    servers.sum::<u64>().max(1)
}

/// After so many turns two that take turns by `a` and by `b` begin anew together; saturates.
pub(super) fn lowest_common_multiple(a: u64, b: u64) -> u64 {
    let (mut large, mut small) = (a, b);
    while small != 0 {
        (large, small) = (small, large % small);
    }
    (a / large).saturating_mul(b)
}

/// The Client Access group of a site on which the `n`-th client lands.
pub(super) fn nth_cas(topology: &Topology, site: Id<Site>, n: u64) -> Option<Id<CasGroup>> {
    let servers = |group: Id<CasGroup>| topology.cas[group.index()].servers;
    nth(&topology.sites[site.index()].cas, servers, n).map(|(group, _)| group)
}

/// As [`nth_cas`], of these groups.
pub(super) fn nth_of(topology: &Topology, groups: &[Id<CasGroup>], n: u64) -> Option<Id<CasGroup>> {
    nth(groups, |group| topology.cas[group.index()].servers, n).map(|(group, _)| group)
}

/// As [`nth_cas`], of those servers of the site that answer by a name.
pub(super) fn nth_by_name(
    topology: &Topology,
    name: Id<Namespace>,
    site: Id<Site>,
    n: u64,
) -> Option<Id<CasGroup>> {
    let name = &topology.namespaces[name.index()];
    let groups: Vec<Id<CasGroup>> = name.groups_in(&topology.sites[site.index()]).collect();
    nth(&groups, |group| topology.cas[group.index()].servers, n).map(|(group, _)| group)
}

/// Mailbox servers between which the mailboxes of a population take turns.
pub(super) fn mailbox_servers(topology: &Topology, population: &Population) -> u32 {
    let servers = |group: &Id<MailboxGroup>| topology.mailbox[group.index()].servers;
    match population.server {
        Some(group) => servers(&group),
        None => topology.sites[population.home.index()].mailbox.iter().map(servers).sum(),
    }
}

/// The Mailbox group that holds the `n`-th mailbox of a population, of which so many have been
/// moved, and the server in it.
pub(super) fn nth_mailbox(
    topology: &Topology,
    population: &Population,
    moved: Option<&Moved>,
    n: u32,
) -> Option<(Id<MailboxGroup>, u32)> {
    let servers = |group: Id<MailboxGroup>| topology.mailbox[group.index()].servers;
    let n = match moved.filter(|moved| chosen(n, moved.share, MOVED)) {
        Some(moved) => return nth(&moved.to, servers, u64::from(n)),
        None => u64::from(n),
    };
    match population.server {
        Some(group) => nth(&[group], servers, n),
        None => nth(&topology.sites[population.home.index()].mailbox, servers, n),
    }
}
