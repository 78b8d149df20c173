//! The logon cookie of OWA: from 2013 on it is encrypted with the certificate of the server
//! at which the user logged on, and a server that holds another one cannot read it.
//!
//! Explanations, findings, names and runs ask here who loses a session so. Must not decide
//! where a request goes.

use std::collections::BTreeSet;

use super::answer::{After, Route, Stop};
use super::query::AccessQuery;
use crate::kernel::Id;
use crate::model::protocol::Protocol;
use crate::model::switches::{Affinity, Certificate};
use crate::model::topology::{Address, CasGroup, Topology};

/// A pool that keeps no session at its server and cannot read its own logon cookies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnreadableCookie {
    /// The name that leads to the pool; `None` where it is one group.
    pub name: Option<String>,
    /// Where the user logged on.
    pub entry: Id<CasGroup>,
    /// Groups whose servers cannot read that cookie; the entry itself where each of its
    /// servers holds a certificate of its own.
    pub strangers: Vec<Id<CasGroup>>,
    /// So many servers cannot read it,
    pub lost: u32,
    /// of so many over which the balancer spreads requests.
    pub servers: u32,
}

/// What becomes of the logon cookie of a browser that enters the pool behind `host` at
/// `entry`; `None` where every server that it may meet reads it: before 2013, behind a
/// balancer that keeps sessions, or where one certificate is on all, and where the
/// scenario does not tell certificates apart.
#[must_use]
pub fn unreadable_cookie(
    topology: &Topology,
    host: Option<&str>,
    entry: Id<CasGroup>,
) -> Option<UnreadableCookie> {
    let own = &topology.cas[entry.index()];
    if !scatters(own) {
        return None;
    }
    let name = topology.namespaces.iter().find(|name| host == Some(name.name.as_str()));
    // Who dials a server stays at it.
    let dialled = |address: &Address| matches!(address, Address::Server(group, _) if *group == entry);
    if name.is_some_and(|name| name.addresses.iter().any(dialled)) {
        return None;
    }
    let behind = |name: &crate::model::topology::Namespace| {
        name.groups_in(&topology.sites[own.site.index()]).collect::<Vec<_>>()
    };
    let named = name.map(behind).filter(|groups| groups.contains(&entry));
    let groups = named.unwrap_or_else(|| vec![entry]);
    let pool: Vec<Id<CasGroup>> =
        groups.into_iter().filter(|id| scatters(&topology.cas[id.index()])).collect();
    let foreign = |id: Id<CasGroup>| {
        let group = &topology.cas[id.index()];
        match id == entry {
            true if each_its_own(group) => group.servers - 1,
            true => 0,
            false if one_certificate(own, group) => 0,
            false => group.servers,
        }
    };
    let strangers: Vec<Id<CasGroup>> = pool.iter().copied().filter(|&id| foreign(id) > 0).collect();
    let servers = pool.iter().map(|id| topology.cas[id.index()].servers).sum();
    let lost = strangers.iter().map(|&id| foreign(id)).sum();
    let name = name.filter(|_| pool.len() > 1).map(|name| name.name.clone());
    (lost > 0).then_some(UnreadableCookie { name, entry, strangers, lost, servers })
}

/// The same of whoever a decision leads to in the end.
pub(super) fn at_last(ask: &AccessQuery<'_>, route: &Route) -> Option<UnreadableCookie> {
    if ask.protocol != Protocol::Owa || route.final_failure().is_some() {
        return None;
    }
    let (last, host) = arrived(route);
    match (last.stops.first(), host.or(ask.caller.host)) {
        (Some(&Stop::Cas(entry)), host) => {
            let group = &ask.topology.cas[entry.index()];
            let external = &group.directory(crate::model::directory::Service::Owa).external_url;
            let host = host.or(external.as_ref().map(|url| url.host.as_str()));
            unreadable_cookie(ask.topology, host, entry)
        }
        _ => None,
    }
}

/// What is decided where redirects end, and the host that the client was sent to last.
#[must_use]
pub fn arrived(route: &Route) -> (&Route, Option<&str>) {
    let (mut last, mut host) = (route, None);
    while let Some(After::Arrives(next)) = &last.after {
        (host, last) = (last.redirect_host.as_deref(), next);
    }
    (last, host)
}

/// Whether the balancer may send each request of a browser to another server that looks
/// for the logon in a cookie.
fn scatters(group: &CasGroup) -> bool {
    group.generation.major() >= 2013 && group.switches.publishing.affinity == Some(Affinity::None)
}

/// Whether each server of a group holds a certificate of its own.
fn each_its_own(group: &CasGroup) -> bool {
    match group.switches.publishing.certificate {
        Some(Certificate::Own) => true,
        Some(Certificate::Shared(_)) => false,
        None => group.switches.self_signed,
    }
}

/// Whether two groups hold one certificate, as far as is known.
fn one_certificate(a: &CasGroup, b: &CasGroup) -> bool {
    let (here, there) = (&a.switches.publishing, &b.switches.publishing);
    if each_its_own(a) || each_its_own(b) {
        return false;
    }
    if let (Some(here), Some(there)) = (&here.certificate, &there.certificate) {
        return here == there;
    }
    let names = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    here.certificate_names.is_empty()
        || there.certificate_names.is_empty()
        || names(&here.certificate_names) == names(&there.certificate_names)
}

/// Which certificates the servers of these groups hold, in words: told apart by the names
/// that not all of them have.
#[must_use]
pub fn certificates_in_words(groups: &[&CasGroup]) -> String {
    let names = |group: &CasGroup| group.switches.publishing.certificate_names.clone();
    let everywhere = |name: &String| groups.iter().all(|group| names(group).contains(name));
    let words = |group: &&CasGroup| match &group.switches.publishing.certificate {
        Some(Certificate::Shared(name)) => format!("{} holds certificate {name}", group.name),
        _ if each_its_own(group) && group.servers > 1 => {
            format!("each server of {} holds its own", group.name)
        }
        _ if each_its_own(group) => format!("{} holds its own", group.name),
        _ => {
            let other: Vec<String> = names(group).into_iter().filter(|name| !everywhere(name)).collect();
            match other.is_empty() {
                true => format!("{} holds one without further names", group.name),
                false => format!("{} holds the one for {}", group.name, other.join(", ")),
            }
        }
    };
    groups.iter().map(words).collect::<Vec<_>>().join("; ")
}
