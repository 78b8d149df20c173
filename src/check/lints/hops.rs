//! Lints of the hop from server to server.

use std::collections::BTreeMap;

use super::ports::closed_ports;
use super::search::{Unfit, Whose, build_words, candidates, failing, own_url, service_name, whom, whose};
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{assigned, directory, listed};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Confidence, Decision, Failure, Mechanism};
use crate::model::directory::{Authentication, Service};
use crate::model::protocol::Protocol;
use crate::model::release::Generation;
use crate::model::topology::CasGroup;

/// Lints of the hop from server to server.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L03",
        severity: Severity::Error,
        title: "no Integrated Windows Authentication on a proxy target",
        docs: "Proxying authenticates the hop by Integrated Windows Authentication. The target's virtual directory \
               does not have it, so the hop is refused.",
        source: "the founding article; TechNet on proxying",
        confidence: Confidence::Article,
        find: not_integrated,
    },
    Lint {
        id: "L04",
        severity: Severity::Error,
        title: "forms authentication on a proxy target",
        docs: "Forms-based authentication on the target's OWA directory excludes Integrated Windows \
               Authentication there, which proxying needs.",
        source: "Windows IT Pro on OWA proxying",
        confidence: Confidence::Source,
        find: forms_on_target,
    },
    Lint {
        id: "L05",
        severity: Severity::Error,
        title: "mailboxes in a site without Client Access servers of their release",
        docs: "Every site with Mailbox servers of Exchange 2007 or 2010 needs a Client Access server of the same \
               release: OWA, ActiveSync, EWS, POP3 and IMAP4 users there are cut off otherwise.",
        source: "TechNet on planning Client Access servers; Exchange team",
        confidence: Confidence::Source,
        find: no_cas,
    },
    Lint {
        id: "L06",
        severity: Severity::Error,
        title: "InternalURL unfit for proxying",
        docs: "The InternalURL of a proxy target is cleared, uses http, is an IP address or a public name. The \
               hop needs https (event 42) and a name that Kerberos knows (event 71).",
        source: "event documentation: MSExchange OWA 42 and 71",
        confidence: Confidence::Source,
        find: internal_url,
    },
    Lint {
        id: "L16",
        severity: Severity::Error,
        title: "entry server older than a proxy target",
        docs: "The entry server's build must not be older than the target's, and it must hold the OWA resource \
               folder of the target's build (event 46). Patch Internet-facing servers first.",
        source: "KB947168",
        confidence: Confidence::Source,
        find: older_entry,
    },
    Lint {
        id: "L17",
        severity: Severity::Warning,
        title: "2010 SP2 RU1 before older targets",
        docs: "2010 SP2 RU1 writes a user context cookie that older servers do not understand: OWA proxied to them \
               fails with event 4999. Cured by 2010 SP2 RU2 and 2007 SP3 RU7.",
        source: "release notes of 2010 SP2 RU1",
        confidence: Confidence::Source,
        find: cookie,
    },
    Lint {
        id: "L18",
        severity: Severity::Error,
        title: "OWA InternalURL is a load-balanced name",
        docs: "For OWA the entry server balances over the target's servers itself and needs each one's own name: \
               Kerberos knows none by a shared name, and a balancer breaks sessions.",
        source: "Exchange team on load balancing and proxying",
        confidence: Confidence::Source,
        find: shared_owa,
    },
    Lint {
        id: "L19",
        severity: Severity::Warning,
        title: "ActiveSync InternalURL names one of several servers",
        docs: "ActiveSync is proxied to one target without fail-over. From 2007 SP1 on the InternalURL of a site \
               with several servers should be the balancer's name; without service pack that name is an error, \
               since Kerberos does not know it.",
        source: "Exchange team on load balancing and proxying",
        confidence: Confidence::Source,
        find: eas_single,
    },
    Lint {
        id: "L20",
        severity: Severity::Error,
        title: "EWS InternalURL is a load-balanced name without a bypass URL",
        docs: "EWS proxying has to reach a certain server. Where the InternalURL is a shared name, \
               InternalNLBBypassUrl has to name the server itself.",
        source: "EWS proxying in 2007 SP1; Exchange team",
        confidence: Confidence::Source,
        find: no_bypass,
    },
    Lint {
        id: "L21",
        severity: Severity::Warning,
        title: "self-signed target and AllowInternalUntrustedCerts=0",
        docs: "An entry server accepts a self-signed certificate of a target, or one without the name in the URL \
               that it is proxied by, unless the registry value AllowInternalUntrustedCerts is 0 (event 43). While \
               it is accepted, a certificate without the name is a note.",
        source: "event documentation: MSExchange OWA 43",
        confidence: Confidence::Source,
        find: untrusted,
    },
    Lint {
        id: "L25",
        severity: Severity::Error,
        title: "firewall closes the port of a proxied pair",
        docs: "Proxying runs over HTTPS between Client Access servers, from 2013 on to the back end's port 444. A \
               firewall between the two sites closes it.",
        source: "TechNet on proxying; port 444 from practitioners",
        confidence: Confidence::Source,
        find: closed,
    },
];

/// What `auth` is to be so that a hop is accepted.
fn integrated_fix(s: &Subject<'_>, id: Id<CasGroup>, service: Service) -> (String, String, String) {
    let group = s.cas(id);
    let path = s.directory_path(id, service, "auth");
    if service == Service::Eas && group.switches.eas_proxy_integrated == Some(false) {
        let path = s.directory_path(id, service, "proxy_integrated");
        let command = "Enable Windows Authentication on Microsoft-Server-ActiveSync/Proxy in IIS Manager";
        return (path.clone(), format!("{path}=true"), command.to_owned());
    }
    let mut auth: Vec<Authentication> = group.directory(service).auth.clone();
    auth.push(Authentication::Integrated);
    if service == Service::Owa {
        auth.retain(|method| *method != Authentication::Forms);
    }
    auth.sort_unstable();
    auth.dedup();
    let words: Vec<String> = Authentication::ALL
        .iter()
        .filter(|(method, _)| auth.contains(method))
        .map(|(_, token)| format!("\"{token}\""))
        .collect();
    let parameters = match service {
        Service::Owa => "-FormsAuthentication $false -WindowsAuthentication $true",
        Service::Eas => "-WindowsAuthEnabled $true",
        _ => "-WindowsAuthentication $true",
    };
    (path.clone(), format!("{path}=[{}]", words.join(", ")), directory(group, service, parameters))
}

fn without_integrated(s: &Subject<'_>, forms: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for ((id, service), unfit) in failing(s, &[Failure::NoIntegratedAuth]) {
        let directory = s.cas(id).directory(service);
        let has_forms = service == Service::Owa && directory.auth.contains(&Authentication::Forms);
        let fit = directory.integrated() && s.cas(id).switches.eas_proxy_integrated != Some(false);
        if has_forms != forms || (fit && !has_forms) {
            continue;
        }
        let (path, set, command) = integrated_fix(s, id, service);
        let what = if forms { "has forms-based" } else { "lacks Integrated Windows" };
        let message =
            format!("{} of {} {what} authentication, and is proxied to", service_name(service), whom(s, id));
        found.push(unfit.finding(s, path, &message).fix(set, command));
    }
    found
}

fn not_integrated(s: &Subject<'_>) -> Vec<Finding> {
    without_integrated(s, false)
}

fn forms_on_target(s: &Subject<'_>) -> Vec<Finding> {
    without_integrated(s, true)
}

fn no_cas(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, group) in s.topology.mailbox.iter().enumerate() {
        let (id, major) = (Id::new(at), group.generation.major());
        let old = (2007..2013).contains(&major) && group.passive_of.is_none();
        if !old || !candidates(s, id).is_empty() {
            continue;
        }
        let served =
            |flow: &&Flow| flow.mailbox == id && (flow.protocol.facts().proxied || flow.protocol.is_mail());
        let site = &s.topology.sites[group.site.index()].name;
        let message = format!("{site} has mailboxes of Exchange {major} and no Client Access server of it");
        let set = format!("site.{}.cas={{ servers = 1, cores = 4 }}", crate::scenario::key(site));
        let set = if s.topology.sites[group.site.index()].cas.is_empty() { set } else { String::new() };
        found.push(
            Finding::at(format!("{}.mailbox", s.mailbox_path(id)), message)
                .touching(s.users(s.flows.iter().filter(served)))
                .fix(set, "setup.com /mode:Install /roles:ClientAccess"),
        );
    }
    found
}

fn internal_url(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let failures = [Failure::NoInternalUrl, Failure::UrlNotSecure, Failure::NoServicePrincipal];
    for ((id, service), unfit) in failing(s, &failures) {
        let group = s.cas(id);
        let what = match &group.directory(service).internal_url {
            None => "is not set".to_owned(),
            Some(url) if !url.secure => format!("{url} does not use SSL"),
            Some(url) => match whose(s, id, url) {
                Whose::Address => format!("{url} is an IP address"),
                Whose::Public => format!("{url} is a public name"),
                Whose::Own | Whose::Shared => continue,
            },
        };
        let path = s.directory_path(id, service, "internal_url");
        let to = own_url(group, service);
        let message = format!("InternalURL of {} of {} {what}", service_name(service), whom(s, id));
        found.push(
            unfit
                .finding(s, path.clone(), &message)
                .fix(assigned(&path, &to), directory(group, service, &format!("-InternalUrl \"{to}\""))),
        );
    }
    found
}

/// Pairs of entry and target between which hops fail so.
fn pairs<'s>(s: &'s Subject<'_>, failures: &[Failure]) -> Vec<(Id<CasGroup>, Id<CasGroup>, Unfit<'s>)> {
    let mut pairs = Vec::new();
    for ((target, _), unfit) in failing(s, failures) {
        let mut entries: Vec<Id<CasGroup>> = unfit.flows.iter().filter_map(|flow| flow.last().0).collect();
        entries.sort_unstable();
        entries.dedup();
        pairs.extend(entries.into_iter().map(|entry| (entry, target, unfit.of(entry))));
    }
    pairs
}

fn older_entry(s: &Subject<'_>) -> Vec<Finding> {
    let failures = [Failure::EntryBuildTooOld, Failure::NoResourceFolder];
    let mut found = Vec::new();
    for (entry, target, unfit) in pairs(s, &failures) {
        let (ours, theirs) = (s.cas(entry), s.cas(target));
        if ours.build() < theirs.build() {
            let path = format!("{}.cas.build", s.cas_path(entry));
            let message = format!(
                "{} is {} and proxies OWA to {}, which is {}",
                ours.name,
                build_words(ours),
                theirs.name,
                build_words(theirs)
            );
            found.push(
                unfit
                    .finding(s, path.clone(), &message)
                    .fix(assigned(&path, &theirs.build().to_string()), ""),
            );
        } else if ours.build() != theirs.build() {
            let path = format!("{}.cas.owa_resource_folders", s.cas_path(entry));
            let build = theirs.build();
            let message = format!("{} lacks the OWA resource folder {build} of {}", ours.name, theirs.name);
            let copy = format!(
                "Copy-Item -Recurse \"\\\\{}\\c$\\Program Files\\Microsoft\\Exchange Server\\ClientAccess\\Owa\\{build}\" \
                 \"C:\\Program Files\\Microsoft\\Exchange Server\\ClientAccess\\Owa\"",
                theirs.name
            );
            found.push(unfit.finding(s, path.clone(), &message).fix(format!("{path}=[\"{build}\"]"), copy));
        }
    }
    found
}

fn cookie(s: &Subject<'_>) -> Vec<Finding> {
    pairs(s, &[Failure::InvalidUserContext])
        .into_iter()
        .map(|(entry, target, unfit)| {
            let path = format!("{}.cas.build", s.cas_path(entry));
            let message = format!(
                "{} is 2010 SP2 RU1 and proxies OWA to {}, which is {}",
                s.cas(entry).name,
                s.cas(target).name,
                build_words(s.cas(target))
            );
            unfit.finding(s, path.clone(), &message).fix(assigned(&path, "2010 SP2 RU2"), "")
        })
        .collect()
}

fn shared_owa(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for ((id, service), unfit) in failing(s, &[Failure::NoServicePrincipal]) {
        let group = s.cas(id);
        let Some(url) = &group.directory(service).internal_url else { continue };
        if service != Service::Owa || whose(s, id, url) != Whose::Shared {
            continue;
        }
        let path = s.directory_path(id, service, "internal_url");
        let to = own_url(group, service);
        let message =
            format!("InternalURL {url} of OWA of {} is a name that several servers share", whom(s, id));
        found.push(
            unfit
                .finding(s, path.clone(), &message)
                .fix(assigned(&path, &to), directory(group, service, &format!("-InternalUrl \"{to}\""))),
        );
    }
    found
}

fn eas_single(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Without service pack: the balancer's name is the fault.
    for ((id, service), unfit) in failing(s, &[Failure::NoServicePrincipal]) {
        let group = s.cas(id);
        let Some(url) = &group.directory(service).internal_url else { continue };
        if service == Service::Eas && whose(s, id, url) == Whose::Shared {
            let path = s.directory_path(id, service, "internal_url");
            let to = own_url(group, service);
            let message = format!("InternalURL {url} of ActiveSync of {} is a shared name", whom(s, id));
            let finding = unfit
                .finding(s, path.clone(), &message)
                .fix(assigned(&path, &to), directory(group, service, &format!("-InternalUrl \"{to}\"")));
            found.push(Finding { severity: unfit.severity().or(Some(Severity::Error)), ..finding });
        }
    }
    for (id, group) in s.groups() {
        let later = matches!(
            group.generation,
            Generation::E2007Sp1
                | Generation::E2007Sp2
                | Generation::E2007Sp3
                | Generation::E2010Rtm
                | Generation::E2010Sp1
                | Generation::E2010Sp2
                | Generation::E2010Sp3
        );
        let several: u32 = candidates_of(s, id).map(|other| s.cas(other).servers).sum();
        let proxied = |flow: &&Flow| {
            flow.protocol == Protocol::Eas
                && flow.last().1.is_some_and(|r| {
                    r.mechanism.decision() == Decision::Proxy && r.target == Some(id) && r.failure.is_none()
                })
        };
        let Some(url) = &group.directory(Service::Eas).internal_url else { continue };
        if !later || several < 2 || whose(s, id, url) != Whose::Own || !s.flows.iter().any(|f| proxied(&f)) {
            continue;
        }
        let path = s.directory_path(id, Service::Eas, "internal_url");
        let message = format!(
            "ActiveSync of {} is proxied to {} alone, one of {several} servers, without fail-over",
            s.site_of(id),
            url.host
        );
        let to = format!("https://nlb-{}/Microsoft-Server-ActiveSync", super::search::label(s.site_of(id)));
        let mut finding = Finding::at(path.clone(), message)
            .touching(s.users(s.flows.iter().filter(proxied)))
            .fix(assigned(&path, &to), directory(group, Service::Eas, &format!("-InternalUrl \"{to}\"")));
        // Every server of the site takes the balancer's name.
        for other in candidates_of(s, id).filter(|&other| other != id) {
            finding = finding.and(assigned(&s.directory_path(other, Service::Eas, "internal_url"), &to));
        }
        let host = to.split('/').nth(2).unwrap_or_default();
        let names = s.topology.switches.balancer_names.iter().map(String::as_str).chain([host]);
        found.push(finding.and(listed("organisation.balancer_names", names)));
    }
    found
}

/// Groups of the same site and major version, itself included.
fn candidates_of(s: &Subject<'_>, id: Id<CasGroup>) -> impl Iterator<Item = Id<CasGroup>> {
    let group = s.cas(id);
    let here = s.topology.sites[group.site.index()].cas.iter().copied();
    here.filter(|other| s.cas(*other).generation.major() == group.generation.major())
}

fn no_bypass(s: &Subject<'_>) -> Vec<Finding> {
    failing(s, &[Failure::NoBypassUrl])
        .into_iter()
        .map(|((id, service), unfit)| {
            let group = s.cas(id);
            let path = s.directory_path(id, service, "internal_nlb_bypass_url");
            let to = own_url(group, service);
            let url = group.directory(service).internal_url.as_ref().map_or("", |u| u.text.as_str());
            let at = s.directory_path(id, service, "internal_url");
            let message =
                format!("InternalURL {url} of EWS of {} is shared, and there is no bypass URL", whom(s, id));
            unfit.finding(s, at, &message).fix(
                assigned(&path, &to),
                directory(group, service, &format!("-InternalNLBBypassUrl \"{to}\"")),
            )
        })
        .collect()
}

fn untrusted(s: &Subject<'_>) -> Vec<Finding> {
    let refused = pairs(s, &[Failure::UntrustedCertificate]);
    let refused = refused.into_iter().map(|(entry, target, unfit)| {
        let path = format!("{}.cas.allow_internal_untrusted_certs", s.cas_path(entry));
        let (entry, target) = (s.cas(entry), s.cas(target));
        let which = if target.switches.self_signed { "self-signed certificate" } else { "certificate" };
        let why = if target.switches.self_signed { "" } else { ", which lacks the name of its URL" };
        let message = format!("{} does not accept the {which} of {}{why}", entry.name, target.name);
        unfit.finding(s, path.clone(), &message).fix(
            format!("{path}=true"),
            "Set-ItemProperty \"HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\" \
                 AllowInternalUntrustedCerts 1 -Type DWord",
        )
    });
    refused.chain(unnamed(s)).collect()
}

/// Targets whose certificate lacks a name by which they are proxied to, while that is accepted.
fn unnamed(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: BTreeMap<(Id<CasGroup>, &str), Vec<&Flow>> = BTreeMap::new();
    for flow in &s.flows {
        let (Some(service), (_, Some(route))) = (flow.protocol.service(), flow.last()) else { continue };
        if !(route.rule.starts_with("hop/") && route.mechanism == Mechanism::Proxy) {
            continue;
        }
        for id in super::search::candidates(s, flow.mailbox) {
            let group = s.cas(id);
            let bypass = group.switches.internal_nlb_bypass_url.as_ref().filter(|_| service == Service::Ews);
            let url = bypass.or(group.directory(service).internal_url.as_ref()).filter(|url| url.secure);
            let Some(url) = url.filter(|url| !group.switches.publishing.certified(&url.host)) else {
                continue;
            };
            found.entry((id, &url.host)).or_default().push(flow);
        }
    }
    let finding = |((id, host), flows): ((Id<CasGroup>, &str), Vec<&Flow>)| {
        let path = format!("{}.cas.certificate_names", s.cas_path(id));
        let message = format!(
            "the certificate of {} lacks {host}, by which it is proxied to; servers accept that of each other \
             unless AllowInternalUntrustedCerts is 0",
            s.cas(id).name
        );
        let held = s.cas(id).switches.publishing.certificate_names.iter().map(String::as_str);
        let names: Vec<String> = held.chain([host]).map(|name| format!("\"{name}\"")).collect();
        let names = names.join(", ");
        let command = format!("New-ExchangeCertificate -GenerateRequest -DomainName {names}");
        let found = Finding::at(&path, message).touching(s.users(flows.into_iter()));
        Finding { severity: Some(Severity::Note), ..found.fix(format!("{path}=[{names}]"), command) }
    };
    found.into_iter().map(finding).collect()
}

fn closed(s: &Subject<'_>) -> Vec<Finding> {
    closed_ports(s, |protocol| protocol != Protocol::OutlookAnywhere, "the port that proxying needs")
        .into_iter()
        .map(|finding| {
            let (set, open) = (finding.fix.set.clone(), finding.fix.command.clone());
            let open = if open.is_empty() { "Open TCP 443 (2013 on: 444)".to_owned() } else { open };
            finding.fix(set, format!("{open} between the Client Access servers"))
        })
        .collect()
}
