//! Where a host name leads inside: the servers behind it, and whose name it is.
//!
//! A URL says by its host who receives a request, whatever directory it stands in: a
//! namespace, a server's own name, the name of an array or of a balancer, else the
//! server in whose directory it stands. Must not judge what becomes of the request there
//! ([`super::hop`]).

use super::query::Query;
use crate::kernel::Id;
use crate::model::topology::{CasGroup, Namespace, Site, Topology};

/// Whose name a host is, as far as a directory can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NameKind {
    /// A server's own.
    Own,
    /// A balancer's, or one that stands for several servers.
    Shared,
    /// A published one.
    Public,
    /// An IP address.
    Address,
}

/// The servers behind a host name.
#[derive(Clone, Debug)]
pub(super) struct Leads {
    /// Groups that receive what is sent there; empty where it leads nowhere.
    pub(super) groups: Vec<Id<CasGroup>>,
    /// Whose name it is.
    pub(super) kind: NameKind,
}

impl Leads {
    /// Where `host` leads, which stands in a URL of `owner`.
    ///
    /// A name counts as a server's own unless something tells otherwise: administrators
    /// alone know their servers' host names, and a model may call a server anything.
    pub(super) fn of(q: &Query<'_>, owner: Id<CasGroup>, host: &str) -> Self {
        let (topology, server) = (q.topology(), q.cas(owner));
        let lead = |groups: Vec<Id<CasGroup>>, kind| Self { groups, kind };
        if host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok()) {
            return lead(vec![owner], NameKind::Address);
        }
        if own_name(server, host) {
            return lead(vec![owner], NameKind::Own);
        }
        let all = || (0..topology.cas.len()).map(Id::<CasGroup>::new);
        let declared = topology.namespaces.iter().find(|name| name.name == host);
        let declared = declared.map(|name| answering(topology, name, |id| q.down(id)));
        // Within one service: a setting of one directory must not decide for another's clients.
        let published: Vec<_> =
            all().filter(|&id| q.external(id).is_some_and(|external| external.host == host)).collect();
        let stated = server.switches.fqdn.is_some();
        if !published.is_empty() {
            let kind = if stated { NameKind::Shared } else { NameKind::Public };
            return lead(declared.unwrap_or(published), kind);
        }
        let of_another = all().find(|&id| id != owner && own_name(q.cas(id), host));
        if let (Some(other), None) = (of_another, &declared) {
            return lead(vec![other], NameKind::Own);
        }
        let array = |group: &CasGroup| {
            group
                .switches
                .client_access_array
                .as_deref()
                .is_some_and(|array| array.eq_ignore_ascii_case(host))
        };
        let members: Vec<_> = all().filter(|&id| array(q.cas(id))).collect();
        let carrying: Vec<_> = all().filter(|&id| carries(q.cas(id), host)).collect();
        let balanced = topology.switches.balancer_names.iter().any(|name| name == host);
        let several = !members.is_empty() || balanced || carrying.iter().any(|&id| id != owner);
        // One host for several servers cannot be each one's own.
        let kind = if several || stated || server.servers > 1 { NameKind::Shared } else { NameKind::Own };
        let behind = match declared {
            Some(answering) => answering,
            None if !members.is_empty() => members,
            None if carrying.is_empty() => vec![owner],
            None => carrying,
        };
        lead(behind, kind)
    }
}

/// The Client Access groups that answer inside by a declared name: those of its first
/// site that has one that is up.
fn answering(
    topology: &Topology,
    name: &Namespace,
    down: impl Fn(Id<CasGroup>) -> bool,
) -> Vec<Id<CasGroup>> {
    let sites = if name.inside.is_empty() { &name.internet } else { &name.inside };
    let of_site = |site: &Id<Site>| -> Vec<_> { name.groups_in(&topology.sites[site.index()]).collect() };
    let sites: Vec<Vec<Id<CasGroup>>> = sites.iter().map(of_site).collect();
    let live = sites.iter().find(|groups| groups.iter().any(|&id| !down(id)));
    live.or(sites.first()).cloned().unwrap_or_default()
}

/// Whether a host is the server's own name.
fn own_name(group: &CasGroup, host: &str) -> bool {
    let label = first_label(host);
    match &group.switches.fqdn {
        Some(fqdn) => host == fqdn || label == first_label(fqdn),
        None => label == label_of(&group.name),
    }
}

/// Whether a host stands in an InternalURL or the bypass URL of a group.
fn carries(group: &CasGroup, host: &str) -> bool {
    let internal = group.directories.iter().filter_map(|directory| directory.internal_url.as_ref());
    internal.chain(&group.switches.internal_nlb_bypass_url).any(|url| url.host == host)
}

fn first_label(host: &str) -> &str {
    host.split('.').next().unwrap_or("")
}

fn label_of(name: &str) -> String {
    name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
