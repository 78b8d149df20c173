//! Lints of what surrounds routing in deployed organisations: endpoints of Outlook,
//! balancers, certificates of a pool, leftovers of older releases.

use std::collections::BTreeSet;

use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{Fix, assigned, directory, listed};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{
    Confidence, Stop, UnreadableCookie, arrived, certificates_in_words, unreadable_cookie,
};
use crate::model::directory::Service;
use crate::model::protocol::Protocol;
use crate::model::shell;
use crate::model::switches::{Affinity, Certificate};
use crate::model::topology::{CasGroup, Site};
use crate::model::workload::Location;

/// Lints of what surrounds routing.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L64",
        severity: Severity::Warning,
        title: "database names a single server as its endpoint",
        docs: "RpcClientAccessServer of a 2010 database names one Client Access server although the site has several: \
               all its Outlook users are cut off while that one is down. It should name the array. Databases made \
               before the array keep the single server, and existing profiles keep the old endpoint while it answers, \
               until they are repaired.",
        source: "Brian Day, Demystifying the CAS array, 2010-10-19, points 5 and 6",
        confidence: Confidence::Source,
        find: single_endpoint,
    },
    Lint {
        id: "L65",
        severity: Severity::Warning,
        title: "affinity by source address and few addresses",
        docs: "Clients behind few addresses reach as many servers at most, however many there are: the worst server \
               counts, not the mean. Cookies spread them.",
        source: "blogs.technet.microsoft.com/mikehall, 2012-09-05",
        confidence: Confidence::Source,
        find: few_addresses,
    },
    Lint {
        id: "L66",
        severity: Severity::Warning,
        title: "servers of a pool hold different certificates, and nothing keeps a session",
        docs: "From 2013 on the logon cookie is encrypted with the server's certificate: another server reads it only \
               with the same one. Without affinity OWA falls back to the logon page. Install one certificate on all, \
               or use affinity.",
        source: "serverfault.com/questions/836124",
        confidence: Confidence::Source,
        find: different_certificates,
    },
    Lint {
        id: "L67",
        severity: Severity::Warning,
        title: "InternalNLBBypassUrl on 2013 or later",
        docs: "From 2013 on the bypass URL must stay empty; a value left from an upgrade misleads.",
        source: "CSS-Exchange HealthChecker",
        confidence: Confidence::Source,
        find: bypass_left,
    },
    Lint {
        id: "L68",
        severity: Severity::Warning,
        title: "separate roles from 2016 on",
        docs: "From 2016 on a server has both roles; a Client Access server alone cannot be installed.",
        source: "Exchange Team Blog, 2015-10-06",
        confidence: Confidence::Source,
        find: separate_roles,
    },
    Lint {
        id: "L69",
        severity: Severity::Warning,
        title: "array name used for something else",
        docs: "The name of a 2010 array belongs to MAPI/RPC inside alone. Resolved outside, Outlook Anywhere clients \
               try RPC first and wait; equal to the web name, or leading to a newer release that knows no RPC, Outlook \
               inside is cut off when the name moves.",
        source: "Brian Day, Demystifying the CAS array, 2010-10-19",
        confidence: Confidence::Source,
        find: array_name,
    },
];

fn single_endpoint(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, store) in s.topology.mailbox.iter().enumerate() {
        let id = Id::new(at);
        let candidates = super::search::candidates(s, id);
        let several: u32 = candidates.iter().map(|id| s.cas(*id).servers).sum();
        if store.generation.major() != 2010 || several < 2 {
            continue;
        }
        let array = candidates.iter().find_map(|id| s.cas(*id).switches.client_access_array.clone());
        let named = store.switches.rpc_client_access_server.as_deref();
        let single = named.and_then(|name| {
            candidates.iter().map(|id| s.cas(*id)).find(|group| {
                let own = group.switches.fqdn.as_deref().unwrap_or(&group.name);
                (group.name.eq_ignore_ascii_case(name) || own.eq_ignore_ascii_case(name))
                    && group.servers == 1
            })
        });
        let path = format!("{}.mailbox.rpc_client_access_server", s.mailbox_path(id));
        let users = s.flows.iter().filter(|flow| flow.mailbox == id && flow.protocol.facts().rpc_endpoint);
        let users = s.users(users);
        let fix = |finding: Finding, array: &str| {
            let command = format!(
                "{} (existing profiles keep the old endpoint while it answers, until they are repaired)",
                shell::database_endpoint(&store.name, array)
            );
            finding.fix(assigned(&path, array), command)
        };
        match (single, named, array) {
            (Some(group), _, array) => {
                let message = format!(
                    "databases of {} name {} alone, one of {several} servers of the site",
                    store.name, group.name
                );
                let finding = Finding::at(path.clone(), message).touching(users);
                found.push(match array {
                    Some(array) => fix(finding, &array),
                    None => finding
                        .fix("", "make a Client Access array for the site and name it at the databases"),
                });
            }
            (None, None, Some(array)) if candidates.len() > 1 => {
                let message = format!(
                    "databases of {} do not say whether they name the array {array}; those made before it name a \
                     single server",
                    store.name
                );
                let finding = fix(Finding::at(s.mailbox_path(id), message).touching(users), &array);
                found.push(Finding { severity: Some(Severity::Note), ..finding });
            }
            _ => {}
        }
    }
    found
}

/// Who shares addresses, and how many: a population or region, by name.
fn source(s: &Subject<'_>, flow: &Flow) -> Option<(String, u32)> {
    let population = &s.scenario.model.workload.populations[flow.population];
    if let (Some(count), true) = (population.addresses, flow.location == population.from) {
        return Some((population.name.clone(), count));
    }
    let Location::Internet(region) = flow.location else { return None };
    let region = &s.topology.regions[region.index()];
    Some((region.name.clone(), region.addresses?))
}

fn few_addresses(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        let by_address = group.switches.publishing.affinity == Some(Affinity::SourceAddress);
        if !by_address || group.servers < 2 || group.switches.publishing.hides_client_addresses {
            continue;
        }
        let few = |flow: &&Flow| {
            flow.entry == Some(id) && source(s, flow).is_some_and(|(_, addresses)| addresses < group.servers)
        };
        let sources: BTreeSet<(String, u32)> =
            s.flows.iter().filter(few).filter_map(|flow| source(s, flow)).collect();
        if sources.is_empty() {
            continue;
        }
        let words: Vec<String> = sources
            .iter()
            .map(|(name, count)| {
                let addresses =
                    if *count == 1 { "one address".to_owned() } else { format!("{count} addresses") };
                format!("{name} ({addresses})")
            })
            .collect();
        let path = format!("{}.cas.affinity", s.cas_path(id));
        let message = format!(
            "clients of {} land on as many of the {} servers of {} as they have addresses",
            words.join(", "),
            group.servers,
            group.name
        );
        found.push(
            Finding::at(path.clone(), message)
                .touching(s.users(s.flows.iter().filter(few)))
                .fix(assigned(&path, "cookie"), "switch cookie affinity on at the balancer"),
        );
    }
    found
}

fn different_certificates(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut known: Vec<BTreeSet<Id<CasGroup>>> = Vec::new();
    for flow in &s.flows {
        let Some(cookie) = logon_cookie(s, flow) else { continue };
        let pool: BTreeSet<_> = cookie.strangers.iter().copied().chain([cookie.entry]).collect();
        if known.contains(&pool) {
            continue;
        }
        let words = certificates_in_words(&pool.iter().map(|&id| s.cas(id)).collect::<Vec<_>>());
        let leads = match &cookie.name {
            Some(name) => format!("{name} leads to servers with different certificates"),
            None => format!("the servers of {} hold different certificates", s.cas(cookie.entry).name),
        };
        let message = format!("{leads} ({words}), and no affinity keeps a session of OWA");
        let touched = s
            .flows
            .iter()
            .filter(|flow| logon_cookie(s, flow).is_some_and(|other| pool.contains(&other.entry)));
        let finding = Finding::at(format!("{}.cas.{}", s.cas_path(cookie.entry), stated(s, &pool)), message);
        found.push(one_certificate(s, &pool, finding.touching(s.users(touched))));
        known.push(pool);
    }
    found
}

/// What becomes of the logon cookie of a browser that is served.
fn logon_cookie(s: &Subject<'_>, flow: &Flow) -> Option<UnreadableCookie> {
    if flow.protocol != Protocol::Owa || flow.failure().is_some() {
        return None;
    }
    let (route, sent_to) = arrived(flow.route.as_ref()?);
    let Some(&Stop::Cas(entry)) = route.stops.first() else { return None };
    let typed = s.topology.namespaces[flow.namespace.index()].name.as_str();
    unreadable_cookie(s.topology, sent_to.or(Some(typed)), entry)
}

/// The key by which certificates are told apart: their names, unless one is stated by itself.
fn stated(s: &Subject<'_>, pool: &BTreeSet<Id<CasGroup>>) -> &'static str {
    let by_names = |id: &Id<CasGroup>| {
        let group = &s.cas(*id).switches;
        group.publishing.certificate.is_none() && !group.self_signed
    };
    if pool.iter().all(by_names) { "certificate_names" } else { "certificate" }
}

/// One certificate for all servers of a pool, with the names of all.
fn one_certificate(s: &Subject<'_>, pool: &BTreeSet<Id<CasGroup>>, finding: Finding) -> Finding {
    let publishing = |id: Id<CasGroup>| &s.cas(id).switches.publishing;
    let names: BTreeSet<&str> =
        pool.iter().flat_map(|&id| publishing(id).certificate_names.iter().map(String::as_str)).collect();
    let shared = pool.iter().find_map(|&id| match &publishing(id).certificate {
        Some(Certificate::Shared(name)) => Some(name.as_str()),
        _ => None,
    });
    let by_names = stated(s, pool) == "certificate_names";
    let mut lines = Vec::new();
    for &id in pool {
        let path = format!("{}.cas", s.cas_path(id));
        if !by_names {
            lines.push(assigned(&format!("{path}.certificate"), shared.unwrap_or("one for the pool")));
        }
        if !names.is_empty() {
            lines.push(listed(&format!("{path}.certificate_names"), names.iter().copied()));
        }
    }
    let advice = "install one certificate on all servers of the pool, or switch affinity on at the balancer";
    let mut lines = lines.into_iter();
    let first = finding.fix(lines.next().unwrap_or_default(), advice);
    lines.fold(first, Finding::and)
}

fn bypass_left(s: &Subject<'_>) -> Vec<Finding> {
    let left = |group: &CasGroup| {
        group.generation.major() >= 2013 && group.switches.internal_nlb_bypass_url.is_some()
    };
    s.groups()
        .filter(|(_, group)| left(group))
        .map(|(id, group)| {
            let path = s.directory_path(id, Service::Ews, "internal_nlb_bypass_url");
            let message =
                format!("{} is Exchange {} and has an InternalNLBBypassUrl", group.name, group.generation);
            Finding::at(path.clone(), message)
                .fix(assigned(&path, "none"), directory(group, Service::Ews, "-InternalNLBBypassUrl $null"))
        })
        .collect()
}

fn separate_roles(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups().filter(|(_, group)| group.generation.major() >= 2016) {
        let site = s.site_of(id);
        // A site's own `cas` and `mailbox` are two counts of the same machines.
        let of_site = group.name.strip_suffix("-CAS") == Some(site);
        let partner = if of_site { format!("{site}-MBX") } else { group.name.clone() };
        if !s.topology.mailbox.iter().any(|store| store.name == partner) {
            let message = format!("{} is Exchange {} without the Mailbox role", group.name, group.generation);
            let path = s.cas_path(id);
            let set = format!("{path}.mailbox={{ servers = {}, cores = {} }}", group.servers, group.cores);
            found.push(
                Finding::at(path, message).fix(set, "give the server both roles: `mailbox` beside `cas`"),
            );
        }
    }
    found
}

/// A name of its own for an array, which its databases name.
fn array_of_its_own(s: &Subject<'_>, site: Id<Site>, array: &str) -> Fix {
    let own = format!("outlook-{}", super::search::label(&s.topology.sites[site.index()].name));
    let is = |name: &Option<String>| name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(array));
    let servers = s
        .groups()
        .filter(|(_, group)| group.site == site && is(&group.switches.client_access_array))
        .map(|(id, _)| format!("{}.cas.client_access_array", s.cas_path(id)));
    let stores = s.topology.mailbox.iter().enumerate();
    let stores = stores
        .filter(|(_, store)| is(&store.switches.rpc_client_access_server))
        .map(|(at, _)| format!("{}.mailbox.rpc_client_access_server", s.mailbox_path(Id::new(at))));
    let lines = servers.chain(stores).map(|path| Fix::new(assigned(&path, &own), ""));
    let fix = lines.fold(Fix::default(), |all, line| all.with(&line));
    let command = format!(
        "give the array a name of its own that resolves inside alone, such as {own}, and name it at the databases; \
         existing profiles keep the old endpoint while it answers"
    );
    Fix { command, ..fix }
}

fn array_name(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (id, group) in s.groups().filter(|(_, group)| group.generation.major() == 2010) {
        let Some(array) = &group.switches.client_access_array else { continue };
        let name = s.topology.namespaces.iter().find(|name| name.name.eq_ignore_ascii_case(array));
        let web = s.groups().any(|(_, other)| {
            other
                .directories
                .iter()
                .flat_map(|d| &d.external_url)
                .any(|url| url.host.eq_ignore_ascii_case(array))
        });
        let newer = name.is_some_and(|name| {
            let sites = if name.inside.is_empty() { &name.internet } else { &name.inside };
            sites
                .iter()
                .flat_map(|site| name.groups_in(&s.topology.sites[site.index()]))
                .any(|id| s.cas(id).generation.major() > 2010 && name.servers.contains(&id))
        });
        let what = if web {
            "is the name of the web, too"
        } else if newer {
            "leads to a newer release, which has no RPC Client Access"
        } else if name.is_some_and(|name| !name.internet.is_empty()) {
            "resolves on the Internet"
        } else {
            continue;
        };
        let path = format!("{}.cas.client_access_array", s.cas_path(id));
        let message = format!("array {array} of {} {what}", s.site_of(id));
        if found.iter().all(|known| known.message != message) {
            let fix = array_of_its_own(s, group.site, array);
            found.push(Finding { fix, ..Finding::at(path, message) });
        }
    }
    found
}
