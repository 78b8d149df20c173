//! The servers, hosts and flows that a rule is about.

use std::collections::BTreeMap;

use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::kernel::Id;
use crate::model::access::Failure;
use crate::model::directory::{Service, Url};
use crate::model::release::Build;
use crate::model::release::Generation;
use crate::model::topology::{CasGroup, MailboxGroup};
use crate::scenario::key;

/// Services that clients of the web reach by a URL that an administrator publishes.
pub(super) const PUBLISHED: [Service; 3] = [Service::Owa, Service::Eas, Service::Ews];

pub(super) fn service_name(service: Service) -> &'static str {
    match service {
        Service::Owa => "OWA",
        Service::Eas => "ActiveSync",
        Service::Ews => "EWS",
        Service::Autodiscover => "Autodiscover",
        Service::Oab => "OAB",
        Service::Mapi => "MAPI",
    }
}

/// Client Access groups of the mailbox's site and major version: targets of a hop.
pub(super) fn candidates(s: &Subject<'_>, mailbox: Id<MailboxGroup>) -> Vec<Id<CasGroup>> {
    let store = s.mailbox(mailbox);
    s.groups()
        .filter(|(_, group)| group.site == store.site && related(group.generation, store.generation))
        .map(|(id, _)| id)
        .collect()
}

/// Whether servers of two releases serve each other's mailboxes.
pub(super) fn related(a: Generation, b: Generation) -> bool {
    a.major() == b.major() || (a.major() >= 2013 && b.major() >= 2013)
}

/// Flows that end with one of these failures, by the servers that a hop could have
/// gone to and the service.
pub(super) fn failing<'s>(
    s: &'s Subject<'_>,
    failures: &[Failure],
) -> BTreeMap<(Id<CasGroup>, Service), Vec<&'s Flow>> {
    let mut found: BTreeMap<(Id<CasGroup>, Service), Vec<&Flow>> = BTreeMap::new();
    for flow in &s.flows {
        let (Some(failure), Some(service)) = (flow.failure(), flow.protocol.service()) else { continue };
        if !failures.contains(&failure) {
            continue;
        }
        for target in candidates(s, flow.mailbox) {
            if flow.last().0 != Some(target) {
                found.entry((target, service)).or_default().push(flow);
            }
        }
    }
    found
}

/// Hosts of the servers that a client of this flow is bound to.
pub(super) fn label(name: &str) -> String {
    name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// The servers' own name over https, as setup writes it.
pub(super) fn own_url(group: &CasGroup, service: Service) -> String {
    let host = group.switches.fqdn.clone().unwrap_or_else(|| label(&group.name));
    format!("https://{host}{}", Service::ALL[service as usize].2)
}

/// Whose name the host of a URL is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whose {
    Own,
    Shared,
    Public,
    Address,
}

pub(super) fn whose(s: &Subject<'_>, id: Id<CasGroup>, url: &Url) -> Whose {
    let (group, host) = (s.cas(id), url.host.as_str());
    if host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok()) {
        return Whose::Address;
    }
    let first = host.split('.').next().unwrap_or("");
    let own = group.switches.fqdn.as_deref().map_or_else(|| label(&group.name), str::to_owned);
    if host == own || first == own.split('.').next().unwrap_or("") {
        return Whose::Own;
    }
    let published = |g: &CasGroup| g.directories.iter().flat_map(|d| &d.external_url).any(|u| u.host == host);
    if s.groups().any(|(_, group)| published(group)) {
        return Whose::Public;
    }
    let array = |g: &CasGroup| {
        g.switches.client_access_array.as_deref().is_some_and(|array| array.eq_ignore_ascii_case(host))
    };
    let shared = s.topology.switches.balancer_names.iter().any(|name| name == host)
        || s.groups().any(|(_, group)| array(group))
        || s.groups().any(|(other, group)| {
            other != id && group.directories.iter().flat_map(|d| &d.internal_url).any(|u| u.host == host)
        })
        || group.servers > 1;
    if shared { Whose::Shared } else { Whose::Own }
}

/// Whether a host can be looked up and reached on the Internet.
pub(super) fn published(s: &Subject<'_>, host: &str) -> bool {
    if let Some(fact) = s.topology.switches.names.iter().find(|fact| fact.host == host) {
        return fact.internet;
    }
    s.topology.namespaces.iter().find(|name| name.name == host).is_none_or(|name| !name.internet.is_empty())
}

/// Path of the key that says which name a flow's clients use.
pub(super) fn namespace_path(s: &Subject<'_>, flow: &Flow) -> String {
    let population = &s.scenario.model.workload.populations[flow.population];
    let path = format!("population.{}", key(&population.name));
    let protocol = flow.protocol.token();
    if flow.misdirected {
        return format!("{path}.misdirected.{protocol}");
    }
    let own = format!("{path}.namespace.{protocol}");
    if s.scenario.spans.given(&own) { own } else { format!("{path}.namespace") }
}

pub(super) fn build_words(group: &CasGroup) -> String {
    let build = group.build();
    if build == Build::of(group.generation, 0) {
        format!("{} ({build})", group.generation)
    } else {
        build.to_string()
    }
}
