//! The servers, hosts and flows that a rule is about.

use std::collections::BTreeMap;

use crate::check::finding::Finding;
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Failure, Rules};
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
    let here = s.topology.sites[store.site.index()].cas.iter().copied();
    here.filter(|id| related(s.cas(*id).generation, store.generation)).collect()
}

/// Whether servers of two releases serve each other's mailboxes.
pub(super) fn related(a: Generation, b: Generation) -> bool {
    a.major() == b.major() || (a.major() >= 2013 && b.major() >= 2013)
}

/// The flows for which a server of the mailbox's site is unfit as the target of a hop.
#[derive(Default)]
pub(super) struct Unfit<'s> {
    /// Everybody whose entry forwards, or would forward, there.
    pub(super) flows: Vec<&'s Flow>,
    /// Some of them are refused; else other servers of the site serve.
    cut_off: bool,
    /// The entry takes it for fit, and those who land there fail.
    unforeseen: bool,
}

impl<'s> Unfit<'s> {
    /// Those of them that come in at `entry`.
    pub(super) fn of(&self, entry: Id<CasGroup>) -> Unfit<'s> {
        let flows = self.flows.iter().copied().filter(|flow| flow.last().0 == Some(entry));
        let flows: Vec<&Flow> = flows.collect();
        let cut_off = flows.iter().any(|flow| flow.failure().is_some());
        Unfit { flows, cut_off, unforeseen: self.unforeseen }
    }

    /// What becomes of the users where the site works all the same; empty where it does not.
    pub(super) fn consequence(&self) -> &'static str {
        match (self.cut_off, self.unforeseen) {
            (true, _) => "",
            (false, true) => {
                "; the entry cannot tell, and sessions that land there fail, while others are served"
            }
            (false, false) => "; the entry passes it over, and other servers of the site serve",
        }
    }

    /// Its gravity: that of the lint where somebody is cut off.
    pub(super) fn severity(&self) -> Option<Severity> {
        (!self.cut_off).then_some(Severity::Warning)
    }

    /// A finding about it.
    pub(super) fn finding(&self, s: &Subject<'_>, path: impl Into<String>, message: &str) -> Finding {
        let message = format!("{message}{}", self.consequence());
        let finding = Finding::at(path, message).touching(s.users(self.flows.iter().copied()));
        Finding { severity: self.severity(), ..finding }
    }
}

/// Servers to which a hop of some flow ends with one of these failures, by service: each
/// is judged by itself, also where the site works by others.
pub(super) fn failing<'s>(
    s: &'s Subject<'_>,
    failures: &[Failure],
) -> BTreeMap<(Id<CasGroup>, Service), Unfit<'s>> {
    let mut found: BTreeMap<(Id<CasGroup>, Service), Unfit<'_>> = BTreeMap::new();
    let rules = Rules::new(s.topology);
    for flow in &s.flows {
        let (Some(service), (Some(entry), Some(route))) = (flow.protocol.service(), flow.last()) else {
            continue;
        };
        // Only where the request gets as far as a hop.
        if !route.rule.starts_with("hop/") {
            continue;
        }
        for hop in rules.hops(&flow.ask(s.topology, entry)) {
            let here = hop.failure.is_some_and(|failure| failures.contains(&failure));
            if !here {
                continue;
            }
            // What the server itself answers is its own fault; the rest is its directory's.
            let unfit = if hop.unforeseen { hop.at } else { hop.directory };
            let unfit = found.entry((unfit, service)).or_default();
            unfit.flows.push(flow);
            unfit.cut_off |= flow.failure().is_some();
            unfit.unforeseen |= hop.unforeseen;
        }
    }
    found
}

/// A server in words, with its site where its name does not say it.
pub(super) fn whom(s: &Subject<'_>, id: Id<CasGroup>) -> String {
    let (name, site) = (&s.cas(id).name, s.site_of(id));
    let own = name.strip_prefix(site) == Some("-CAS");
    if own { site.to_owned() } else { format!("{name} in {site}") }
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

/// Pairs of groups in different sites (or, `same_site`, in one) with one ExternalURL host.
pub(super) fn sharing(
    s: &Subject<'_>,
    service: Service,
    same_site: bool,
) -> Vec<(Id<CasGroup>, Id<CasGroup>)> {
    let mut pairs = Vec::new();
    // Those with one host, in their order.
    let mut by_host: BTreeMap<&str, Vec<(Id<CasGroup>, &CasGroup)>> = BTreeMap::new();
    for (id, group) in s.groups() {
        let Some(url) = &group.directory(service).external_url else { continue };
        let alike = by_host.entry(url.host.as_str()).or_default();
        let early = |group: &CasGroup| (2007..2013).contains(&group.generation.major());
        let other = alike.iter().find(|(_, other)| {
            (other.site == group.site) == same_site
                && (early(other) || same_site)
                && (early(group) || same_site)
                && (other.generation.major() < 2013 || group.generation.major() < 2013)
                && (!same_site || other.generation.major() != group.generation.major())
        });
        pairs.extend(other.map(|(other, _)| (*other, id)));
        alike.push((id, group));
    }
    pairs
}
