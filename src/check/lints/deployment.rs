//! Lints of what surrounds routing in deployed organisations: endpoints of Outlook,
//! balancers, certificates of a pool, leftovers of older releases, names and values
//! that are probably slips.

use std::collections::BTreeSet;

use super::search::{service_name, whom};
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{assigned, directory, listed};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::Confidence;
use crate::model::directory::{Authentication, Service};
use crate::model::protocol::Protocol;
use crate::model::switches::Affinity;
use crate::model::topology::CasGroup;
use crate::model::workload::Location;
use crate::scenario::key;

/// One-way latency above which a link is probably a slip: no path on Earth is so long.
const IMPLAUSIBLE: u64 = 1_000_000_000;

/// Lints of what surrounds routing.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L63",
        severity: Severity::Error,
        title: "Outlook Anywhere unfit at an older target",
        docs: "From 2013 on a server forwards Outlook Anywhere of a 2007 or 2010 mailbox to a Client Access server \
               of that release, also in a site without the Internet. It must be enabled there, with NTLM among \
               its IIS authentication methods and without SSL offloading, before names move.",
        source: "Exchange Team Blog, 2015-10-26, client connectivity of 2016 with 2010; practical365.com",
        confidence: Confidence::Source,
        find: outlook_target,
    },
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
    Lint {
        id: "L70",
        severity: Severity::Warning,
        title: "host name a letter or two from a declared one",
        docs: "The host of a URL is not declared and differs from a declared name by one or two letters.",
        source: "edit distance",
        confidence: Confidence::Memory,
        find: near_miss,
    },
    Lint {
        id: "L71",
        severity: Severity::Warning,
        title: "implausible value",
        docs: "A one-way latency above one second, an ExternalURL without SSL, or a URL whose path is not that of its \
               service.",
        source: "plausibility",
        confidence: Confidence::Memory,
        find: implausible,
    },
];

fn outlook_target(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<(Id<CasGroup>, bool, Vec<&Flow>)> = Vec::new();
    for flow in s.flows.iter().filter(|flow| flow.protocol == Protocol::OutlookAnywhere) {
        let rule = flow.last().1.map_or("", |route| route.rule);
        if !matches!(rule, "2013/outlook-anywhere-older" | "2013/proxy-older") {
            continue;
        }
        for id in
            super::search::candidates(s, flow.mailbox).into_iter().filter(|&id| unfit(s.cas(id)).is_some())
        {
            match found.iter_mut().find(|(known, ..)| *known == id) {
                Some((_, cut_off, flows)) => {
                    *cut_off |= flow.failure().is_some();
                    flows.push(flow);
                }
                None => found.push((id, flow.failure().is_some(), vec![flow])),
            }
        }
    }
    found
        .into_iter()
        .map(|(id, cut_off, flows)| {
            let group = s.cas(id);
            let path = format!("{}.outlook_anywhere", s.cas_path(id));
            let why = unfit(group).unwrap_or_default();
            let message = format!("Outlook Anywhere of {} {why}, and a newer server forwards to it", whom(s, id));
            let host = &s.topology.namespaces[flows[0].namespace.index()].name;
            let verb = if group.outlook_anywhere { "Set" } else { "Enable" };
            let whose = if group.outlook_anywhere { "-Identity" } else { "-Server" };
            let place =
                if group.outlook_anywhere { format!("{}\\Rpc (Default Web Site)", group.name) } else { group.name.clone() };
            let command = format!(
                "{verb}-OutlookAnywhere {whose} \"{place}\" -ExternalHostname {host} -ClientAuthenticationMethod Basic \
                 -IISAuthenticationMethods Basic,NTLM -SSLOffloading $false"
            );
            let finding = Finding::at(path.clone(), message)
                .touching(s.users(flows.into_iter()))
                .fix(format!("{path}=true"), command);
            Finding { severity: (!cut_off).then_some(Severity::Warning), ..finding }
        })
        .collect()
}

/// Why a server does not take Outlook Anywhere that is forwarded to it.
fn unfit(group: &CasGroup) -> Option<&'static str> {
    let settings = &group.switches.outlook_anywhere;
    let basic = settings.auth.as_ref().is_some_and(|auth| !auth.contains(&Authentication::Integrated));
    match (group.outlook_anywhere, basic, settings.ssl_offloading) {
        (false, ..) => Some("is off"),
        (true, true, _) => Some("has no NTLM among its IIS authentication methods"),
        (true, false, true) => Some("has SSL offloading"),
        (true, false, false) => None,
    }
}

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
                "Get-MailboxDatabase -Server \"{}\" | Set-MailboxDatabase -RpcClientAccessServer \"{array}\" (existing \
                 profiles keep the old endpoint while it answers, until they are repaired)",
                store.name
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
    for (at, name) in s.topology.namespaces.iter().enumerate() {
        let flows: Vec<&Flow> =
            s.flows.iter().filter(|f| f.namespace.index() == at && f.protocol == Protocol::Owa).collect();
        let mut pool: Vec<Id<CasGroup>> = flows.iter().filter_map(|flow| flow.entry).collect();
        pool.sort_unstable();
        pool.dedup();
        pool.retain(|&id| {
            let (group, publishing) = (s.cas(id), &s.cas(id).switches.publishing);
            group.generation.major() >= 2013
                && publishing.affinity == Some(Affinity::None)
                && !publishing.certificate_names.is_empty()
        });
        let [first, rest @ ..] = pool.as_slice() else { continue };
        let names = |id: Id<CasGroup>| -> BTreeSet<&str> {
            s.cas(id).switches.publishing.certificate_names.iter().map(String::as_str).collect()
        };
        let Some(&other) = rest.iter().find(|&&id| names(id) != names(*first)) else { continue };
        let all: BTreeSet<&str> = pool.iter().flat_map(|&id| names(id)).collect();
        let path = |id: Id<CasGroup>| format!("{}.cas.certificate_names", s.cas_path(id));
        let message = format!(
            "{} leads to {} and {}, which hold different certificates, and no affinity keeps a session of OWA",
            name.name,
            s.cas(*first).name,
            s.cas(other).name
        );
        let mut finding = Finding::at(path(other), message).touching(s.users(flows.into_iter())).fix(
            listed(&path(*first), all.iter().copied()),
            "install one certificate on all servers of the pool, or switch affinity on at the balancer",
        );
        for &id in rest {
            finding = finding.and(listed(&path(id), all.iter().copied()));
        }
        found.push(finding);
    }
    found
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
            let finding = Finding::at(s.cas_path(id), message);
            found.push(finding.fix("", "give the server both roles: `mailbox` beside `cas`"));
        }
    }
    found
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
            let advice = "give the array a name of its own that resolves inside alone, and name it at the databases; \
                          existing profiles keep the old endpoint while it answers";
            found.push(Finding::at(path, message).fix("", advice));
        }
    }
    found
}

fn near_miss(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let declared = |name: &str| s.scenario.spans.given(&format!("namespace.{}", key(name)));
    let own = |host: &str| {
        s.groups().any(|(_, group)| group.switches.fqdn.as_deref() == Some(host)) || declared(host)
    };
    for (id, group) in s.groups() {
        for (service, ..) in Service::ALL {
            let directory = group.directory(service);
            for (name, url) in
                [("external_url", &directory.external_url), ("internal_url", &directory.internal_url)]
            {
                let Some(url) = url.as_ref().filter(|url| !own(&url.host)) else { continue };
                let near = s.topology.namespaces.iter().find(|known| {
                    known.name != url.host
                        && declared(&known.name)
                        && (1..=2).contains(&strsim::osa_distance(&known.name, &url.host))
                });
                let Some(near) = near else { continue };
                let path = s.directory_path(id, service, name);
                let to = url.text.to_lowercase().replacen(&url.host, &near.name, 1);
                let message = format!(
                    "{} of {} of {} is not declared; did you mean {}?",
                    url.host,
                    service_name(service),
                    whom(s, id),
                    near.name
                );
                let parameter = if name == "external_url" { "-ExternalUrl" } else { "-InternalUrl" };
                let command =
                    crate::check::fixes::directory(group, service, &format!("{parameter} \"{to}\""));
                found.push(Finding::at(path.clone(), message).fix(assigned(&path, &to), command));
            }
        }
    }
    found
}

fn implausible(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for link in s.topology.links.iter().filter(|link| link.latency.0 > IMPLAUSIBLE) {
        let path = format!("link.{}.latency", key(&link.name));
        let seconds = link.latency.as_secs_f64();
        found.push(Finding::at(path, format!("{} has a one-way latency of {seconds:.1} s", link.name)));
    }
    for (id, group) in s.groups() {
        for (service, _, own) in Service::ALL {
            let name = service_name(service);
            let set = group.directory(service);
            for (which, url) in [("external_url", &set.external_url), ("internal_url", &set.internal_url)] {
                let Some(url) = url else { continue };
                let path = s.directory_path(id, service, which);
                let wanted = own.trim_matches('/').split('/').next().unwrap_or_default();
                let after_host = url.text.splitn(4, '/').nth(3).unwrap_or_default();
                let first = after_host.split('/').next().unwrap_or_default();
                let command = |to: &str| {
                    let parameter = if which == "external_url" { "-ExternalUrl" } else { "-InternalUrl" };
                    directory(group, service, &format!("{parameter} \"{to}\""))
                };
                if which == "external_url" && !url.secure {
                    let to = format!("https{}", &url.text[4..]);
                    let message = format!("ExternalURL {url} of {name} of {} does not use SSL", whom(s, id));
                    found.push(
                        Finding::at(path, message)
                            .fix(assigned(&s.directory_path(id, service, which), &to), command(&to)),
                    );
                } else if !first.is_empty() && !first.eq_ignore_ascii_case(wanted) {
                    let scheme = if url.secure { "https" } else { "http" };
                    let to = format!("{scheme}://{}{own}", url.host);
                    let message =
                        format!("{url} of {} is no URL of {name}, whose path is {own}", whom(s, id));
                    found.push(Finding::at(path.clone(), message).fix(assigned(&path, &to), command(&to)));
                }
            }
        }
    }
    found
}
