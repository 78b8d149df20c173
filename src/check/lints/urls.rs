//! Lints of ExternalURLs and redirects.

use super::search::{PUBLISHED, published, service_name, sharing};
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{Fix, assigned, directory, listed};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Confidence, Failure, Mechanism};
use crate::model::directory::Service;
use crate::model::protocol::Protocol;
use crate::model::switches::CrossSiteRedirectType;
use crate::model::topology::CasGroup;
use crate::scenario::key;

/// Lints of ExternalURLs and redirects.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L01",
        severity: Severity::Error,
        title: "ExternalURL in a site without the Internet",
        docs: "A Client Access server whose site has no connection to the Internet, and is not published by that \
               name from another one, has an ExternalURL. It must stay null there: it turns proxying into a redirect to a name that nobody can reach.",
        source: "the founding article; TechNet on proxying and redirection",
        confidence: Confidence::Article,
        find: external_without_internet,
    },
    Lint {
        id: "L02",
        severity: Severity::Error,
        title: "redirect URL that does not resolve on the Internet",
        docs: "The host of an ExternalURL is not published on the Internet. The server that redirects looks at \
               the directory alone, never at DNS or a firewall, so the user is sent to a dead name.",
        source: "the founding article; practitioners for what is looked at",
        confidence: Confidence::Article,
        find: unpublished,
    },
    Lint {
        id: "L10",
        severity: Severity::Note,
        title: "browsers are redirected, everything else is proxied",
        docs: "OWA has an ExternalURL and no other service of the site has one. This is the article's mixed \
               design: OWA users are sent to their own site, the rest is proxied. Reported so that it is \
               known to be meant.",
        source: "the founding article",
        confidence: Confidence::Article,
        find: mixed,
    },
    Lint {
        id: "L11",
        severity: Severity::Warning,
        title: "ActiveSync has an ExternalURL and OWA has none",
        docs: "ActiveSync has an ExternalURL and OWA has none in the same Internet-facing site. Up to 2010 devices \
               are sent there (by HTTP 451, 2007 SP1 on) while browsers are proxied; 2013 and later proxy both, and \
               Autodiscover tells devices the URL. Probably not meant.",
        source: "inverse of the article's mixed design",
        confidence: Confidence::Memory,
        find: inverse_mix,
    },
    Lint {
        id: "L12",
        severity: Severity::Error,
        title: "servers of one site have different ExternalURLs",
        docs: "Client Access servers of one site and release have different ExternalURLs for one service, or only \
               some have one. Which is used for a redirect is undefined; with ActiveSync, a server without one \
               sends devices of its own site away with HTTP 451. Make them equal.",
        source: "TechNet on HTTP 451 in ActiveSync; all equal in published designs",
        confidence: Confidence::Source,
        find: unequal,
    },
    Lint {
        id: "L13",
        severity: Severity::Error,
        title: "redirects lead in a circle",
        docs: "The ExternalURLs of two sites each lead to the other site, so that a user is sent to and fro.",
        source: "consequence of the redirection rules",
        confidence: Confidence::Memory,
        find: circle,
    },
    Lint {
        id: "L14",
        severity: Severity::Error,
        title: "two sites share an ExternalURL host",
        docs: "In Exchange 2007 and 2010 the ExternalURL of a site's OWA is where a user is sent whose mailbox is \
               there. If it is another site's name too, the user is sent back to the server that redirects.",
        source: "consequence of the redirection rules",
        confidence: Confidence::Memory,
        find: shared_external,
    },
    Lint {
        id: "L15",
        severity: Severity::Warning,
        title: "RedirectToOptimalOWAServer is off while targets have an ExternalURL",
        docs: "With the switch off, an entry server does not redirect: it proxies, to the target's ExternalURL, \
               and ignores the InternalURL. Where it cannot reach that name, the user gets HTTP 404.",
        source: "TechNet bb885049",
        confidence: Confidence::Source,
        find: optimal_off,
    },
    Lint {
        id: "L29",
        severity: Severity::Error,
        title: "2007 and 2010 servers of a site share an ExternalURL",
        docs: "Mailboxes of Exchange 2007 in the site of a 2010 Client Access server are reached by a redirect to \
               the 2007 server's ExternalURL. It needs a name of its own; with the main name the user comes back \
               to the 2010 server.",
        source: "Exchange team: upgrading OWA to 2010",
        confidence: Confidence::Source,
        find: super::legacy::legacy_name,
    },
    Lint {
        id: "L30",
        severity: Severity::Error,
        title: "FailbackUrl equals ExternalUrl",
        docs: "FailbackUrl is the name by which OWA is reached when the main name has just moved between sites; it \
               must differ from ExternalUrl.",
        source: "Set-OwaVirtualDirectory documentation",
        confidence: Confidence::Source,
        find: failback,
    },
    Lint {
        id: "L31",
        severity: Severity::Warning,
        title: "silent redirect between different authentication methods",
        docs: "A silent redirect spares the second logon where both ends have forms authentication. Where methods \
               differ the user is asked for a password again.",
        source: "Exchange team on silent redirection; TechNet Gallery",
        confidence: Confidence::Source,
        find: silent_mismatch,
    },
];

/// The directory of a group with this ExternalURL, or without any.
fn external(s: &Subject<'_>, id: Id<CasGroup>, service: Service, to: Option<&str>) -> Fix {
    let path = s.directory_path(id, service, "external_url");
    let value = to.map_or_else(|| "$null".to_owned(), |to| format!("\"{to}\""));
    let command = directory(s.cas(id), service, &format!("-ExternalUrl {value}"));
    Fix::new(assigned(&path, to.unwrap_or("none")), command)
}

fn clear(s: &Subject<'_>, id: Id<CasGroup>, service: Service, message: String) -> Finding {
    let path = s.directory_path(id, service, "external_url");
    Finding { fix: external(s, id, service, None), ..Finding::at(path, message) }
}

/// The same, but before that a name is led where it should lead, if it is one of the scenario.
fn publish(finding: Finding, s: &Subject<'_>, id: Id<CasGroup>, host: &str) -> Finding {
    let site = s.site_of(id);
    let stated = s.topology.switches.names.iter().position(|fact| fact.host == host && !fact.internet);
    let declared = s.scenario.spans.given(&format!("namespace.{}", key(host)));
    let command = format!("publish {host} on the Internet (DNS, certificate, port 443) at {site}");
    let fix = match stated {
        Some(number) => Fix::new(format!("resolution.{}.internet=true", number + 1), command),
        None if declared => Fix::new(listed(&format!("namespace.{}.internet", key(host)), [site]), command),
        None => return finding,
    };
    let clear = finding.fix;
    Finding { fix, ..Finding::at(finding.path, finding.message) }.touching(finding.users).or(clear)
}

fn external_without_internet(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        if s.topology.sites[group.site.index()].internet.is_some() {
            continue;
        }
        // Another site may publish its servers, by a name of their own.
        let gate = s.topology.internet_gate(group.site).is_some();
        for (service, ..) in Service::ALL {
            let url = group.directory(service).external_url.as_ref();
            let Some(url) = url.filter(|url| !(gate && published(s, &url.host))) else { continue };
            let name = service_name(service);
            let site = s.site_of(id);
            let flows = s.flows.iter().filter(|flow| {
                flow.failure() == Some(Failure::DeadRedirect)
                    && flow.protocol.service() == Some(service)
                    && flow.home(s.topology) == group.site
            });
            found.push(
                clear(
                    s,
                    id,
                    service,
                    format!("{site} has no Internet connection, but its {name} has the ExternalURL {url}"),
                )
                .touching(s.users(flows)),
            );
        }
    }
    found
}

fn unpublished(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        if s.topology.sites[group.site.index()].internet.is_none() {
            continue;
        }
        for (service, ..) in Service::ALL {
            let Some(url) = &group.directory(service).external_url else { continue };
            if published(s, &url.host) {
                continue;
            }
            let flows = s.flows.iter().filter(|flow| {
                flow.failure() == Some(Failure::DeadRedirect)
                    && flow.routes().iter().any(|r| r.redirect_host.as_ref() == Some(&url.host))
            });
            let message = format!(
                "{} is the ExternalURL host of {} in {}, and it does not resolve on the Internet",
                url.host,
                service_name(service),
                s.site_of(id)
            );
            let finding = clear(s, id, service, message).touching(s.users(flows));
            found.push(publish(finding, s, id, &url.host));
        }
    }
    found
}

fn mixed(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        let others = Service::ALL.iter().filter(|(service, ..)| *service != Service::Owa);
        let alone = group.directory(Service::Owa).external_url.is_some()
            && others.clone().all(|(service, ..)| group.directory(*service).external_url.is_none());
        let redirected = |flow: &&Flow| {
            flow.protocol == Protocol::Owa
                && flow.routes().first().is_some_and(|r| r.target == Some(id))
                && flow.redirected()
        };
        let open = s.topology.sites[group.site.index()].internet.is_some();
        if alone && open && s.flows.iter().any(|flow| redirected(&flow)) {
            let path = s.directory_path(id, Service::Owa, "external_url");
            let message =
                format!("OWA of {} is redirected to, the other services are proxied to", s.site_of(id));
            let host = group.directory(Service::Owa).external_url.as_ref().map_or("", |url| &url.host);
            let url = |service: Service| format!("https://{host}{}", Service::ALL[service as usize].2);
            // All are redirected, or all are proxied.
            let all =
                [Service::Eas, Service::Ews].map(|service| external(s, id, service, Some(&url(service))));
            let [first, second] = &all;
            let finding = Finding::at(path, message).touching(s.users(s.flows.iter().filter(redirected)));
            found.push(Finding { fix: first.clone().with(second), ..finding }.or(external(
                s,
                id,
                Service::Owa,
                None,
            )));
        }
    }
    found
}

fn inverse_mix(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        let (owa, eas) = (group.directory(Service::Owa), group.directory(Service::Eas));
        let open = s.topology.sites[group.site.index()].internet.is_some();
        if let (true, None, Some(url)) = (open, &owa.external_url, &eas.external_url) {
            let path = s.directory_path(id, Service::Eas, "external_url");
            let to = format!("https://{}/owa", url.host);
            let sends = group.generation.major() < 2013 || s.topology.switches.contested.eas_2013_redirects;
            let then = if sends { ": devices are redirected there, browsers are proxied" } else { "" };
            let message =
                format!("{} has an ExternalURL for ActiveSync and none for OWA{then}", s.site_of(id));
            let home = |flow: &&Flow| {
                matches!(flow.protocol.service(), Some(Service::Owa | Service::Eas))
                    && flow.home(s.topology) == group.site
            };
            found.push(Finding::at(path, message).touching(s.users(s.flows.iter().filter(home))).fix(
                assigned(&s.directory_path(id, Service::Owa, "external_url"), &to),
                directory(group, Service::Owa, &format!("-ExternalUrl \"{to}\"")),
            ));
        }
    }
    found
}

fn unequal(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for service in PUBLISHED {
        for (at, site) in s.topology.sites.iter().enumerate() {
            let mut seen: Vec<Id<CasGroup>> = Vec::new();
            for &id in &site.cas {
                let group = s.cas(id);
                if group.generation.major() >= 2013 {
                    continue;
                }
                let same =
                    |other: &&Id<CasGroup>| s.cas(**other).generation.major() == group.generation.major();
                let Some(&first) = seen.iter().find(same) else {
                    seen.push(id);
                    continue;
                };
                let ours = &group.directory(service).external_url;
                let theirs = &s.cas(first).directory(service).external_url;
                if ours == theirs {
                    continue;
                }
                let words = |url: &Option<crate::model::directory::Url>| {
                    url.as_ref().map_or("none".to_owned(), |url| url.text.clone())
                };
                let path = s.directory_path(id, service, "external_url");
                let message = format!(
                    "{} has {} for {} and {} has {}",
                    s.cas(first).name,
                    words(theirs),
                    service_name(service),
                    group.name,
                    words(ours)
                );
                let home = |flow: &&Flow| {
                    flow.protocol.service() == Some(service) && flow.home(s.topology) == Id::new(at)
                };
                // Who has none takes over the other's; of two that differ the later the first's.
                let (to, url) = if theirs.is_none() { (first, ours) } else { (id, theirs) };
                let value = url.as_ref().map_or("$null".to_owned(), |url| format!("\"{}\"", url.text));
                found.push(
                    Finding::at(path.clone(), message).touching(s.users(s.flows.iter().filter(home))).fix(
                        assigned(&s.directory_path(to, service, "external_url"), &words(url)),
                        directory(s.cas(to), service, &format!("-ExternalUrl {value}")),
                    ),
                );
            }
        }
    }
    found
}

fn shared_external(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (first, second) in sharing(s, Service::Owa, false) {
        let host = s.cas(second).directory(Service::Owa).external_url.as_ref().map_or("", |u| &u.host);
        let message = format!(
            "OWA of {} and of {} have the same ExternalURL host {host}",
            s.site_of(first),
            s.site_of(second)
        );
        let sites = [s.cas(first).site, s.cas(second).site];
        let flows = s.flows.iter().filter(|flow| {
            flow.failure() == Some(Failure::RedirectLoop)
                && flow.protocol == Protocol::Owa
                && sites.contains(&flow.home(s.topology))
        });
        let finding = clear(s, second, Service::Owa, message).touching(s.users(flows));
        found.push(match own_host(s, second, host) {
            Some(own) => {
                let own = external(s, second, Service::Owa, Some(&format!("https://{own}/owa")));
                let clear = finding.fix.clone();
                Finding { fix: own, ..finding }.or(clear)
            }
            None => finding,
        });
    }
    found
}

/// The one other host of the ExternalURLs of a group.
fn own_host<'s>(s: &'s Subject<'_>, id: Id<CasGroup>, but: &str) -> Option<&'s str> {
    let urls = s.cas(id).directories.iter().flat_map(|directory| &directory.external_url);
    let mut hosts: Vec<&str> = urls.map(|url| url.host.as_str()).filter(|host| *host != but).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let [only] = hosts[..] else { return None };
    Some(only)
}

fn circle(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let lost: Vec<&Flow> =
        s.flows.iter().filter(|flow| flow.failure() == Some(Failure::RedirectLoop)).collect();
    if lost.is_empty() {
        return found;
    }
    for service in [Service::Owa, Service::Eas] {
        let shared: Vec<_> = sharing(s, service, false)
            .into_iter()
            .chain(sharing(s, service, true))
            .flat_map(|(a, b)| [a, b])
            .collect();
        for (id, group) in s.groups() {
            let loops = |flow: &&Flow| {
                flow.protocol.service() == Some(service)
                    && flow.routes().first().is_some_and(|r| r.target == Some(id))
            };
            // One name for two sites has a rule of its own.
            let modern =
                s.groups().any(|(_, other)| other.site == group.site && other.generation.major() >= 2013);
            let own = shared.contains(&id) && (service == Service::Owa || modern);
            if own || !lost.iter().any(loops) {
                continue;
            }
            let url = group.directory(service).external_url.as_ref().map_or("", |u| u.text.as_str());
            let message = format!(
                "a user who is sent to {url} of {} arrives at a server that sends him on again",
                s.site_of(id)
            );
            let finding =
                clear(s, id, service, message).touching(s.users(lost.iter().copied().filter(loops)));
            let host = group.directory(service).external_url.as_ref().map_or("", |u| u.host.as_str());
            found.push(publish(finding, s, id, host));
        }
    }
    found
}

fn optimal_off(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        if group.switches.redirect_to_optimal_owa_server {
            continue;
        }
        let target = |flow: &&Flow| {
            flow.protocol == Protocol::Owa
                && flow.entry == Some(id)
                && flow.crosses(s.topology)
                && super::search::candidates(s, flow.mailbox)
                    .iter()
                    .any(|target| s.cas(*target).directory(Service::Owa).external_url.is_some())
        };
        if s.flows.iter().any(|flow| target(&flow)) {
            let path = s.directory_path(id, Service::Owa, "redirect_to_optimal_owa_server");
            let message = format!("{} proxies OWA to the ExternalURL of the mailbox's site", group.name);
            found.push(
                Finding::at(path.clone(), message).touching(s.users(s.flows.iter().filter(target))).fix(
                    format!("{path}=true"),
                    directory(group, Service::Owa, "-RedirectToOptimalOWAServer $true"),
                ),
            );
        }
    }
    found
}

fn failback(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        let external = &group.directory(Service::Owa).external_url;
        if let (Some(failback), Some(external)) = (&group.switches.failback_url, external)
            && failback.host == external.host
        {
            let domain = failback.host.split_once('.').map_or(failback.host.as_str(), |(_, rest)| rest);
            let to = format!("https://failback.{domain}/owa");
            let path = s.directory_path(id, Service::Owa, "failback_url");
            found.push(
                Finding::at(
                    path.clone(),
                    format!("FailbackUrl and ExternalUrl of {} are one name", group.name),
                )
                .touching(s.users(
                    s.flows.iter().filter(|flow| flow.protocol == Protocol::Owa && flow.entry == Some(id)),
                ))
                .fix(assigned(&path, &to), directory(group, Service::Owa, &format!("-FailbackUrl \"{to}\""))),
            );
        }
    }
    found
}

fn silent_mismatch(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        if group.switches.cross_site_redirect_type != CrossSiteRedirectType::Silent {
            continue;
        }
        for (target, other) in s.groups() {
            let (ours, theirs) = (group.directory(Service::Owa), other.directory(Service::Owa));
            let sent = |flow: &&Flow| {
                flow.entry == Some(id)
                    && flow.mechanism() == Mechanism::RedirectSilent
                    && flow.protocol == Protocol::Owa
                    && flow.routes().first().is_some_and(|r| r.target == Some(target))
            };
            if target == id || ours.auth == theirs.auth || !s.flows.iter().any(|flow| sent(&flow)) {
                continue;
            }
            let path = s.directory_path(target, Service::Owa, "auth");
            let words: Vec<String> = crate::model::directory::Authentication::ALL
                .iter()
                .filter(|(method, _)| ours.auth.contains(method))
                .map(|(_, token)| format!("\"{token}\""))
                .collect();
            let message = format!(
                "{} redirects silently to {}, which has other authentication",
                group.name, other.name
            );
            found.push(
                Finding::at(path.clone(), message).touching(s.users(s.flows.iter().filter(sent))).fix(
                    format!("{path}=[{}]", words.join(", ")),
                    directory(other, Service::Owa, "-FormsAuthentication $true"),
                ),
            );
        }
    }
    found
}
