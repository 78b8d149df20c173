//! Lints of mailboxes that are still on Exchange 2003, and what L29 finds of 2007 servers
//! beside newer ones.

use super::search::sharing;
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{assigned, directory, listed};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Confidence, Failure};
use crate::model::directory::{Service, Url};
use crate::model::protocol::Protocol;
use crate::model::topology::CasGroup;

/// Lints of mailboxes on Exchange 2003.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L27",
        severity: Severity::Error,
        title: "Exchange 2003 back end refuses forwarded requests",
        docs: "Devices and browsers are forwarded to an Exchange 2003 back end. Its \
               Microsoft-Server-ActiveSync directory needs Integrated Windows Authentication, and its Exchange \
               directory must neither require SSL nor have forms-based authentication.",
        source: "KB937031, KB817379",
        confidence: Confidence::Source,
        find: back_end,
    },
    Lint {
        id: "L28",
        severity: Severity::Error,
        title: "Exchange2003Url missing or without a directory",
        docs: "A 2010 Client Access server sends browsers with mailboxes on Exchange 2003 to Exchange2003Url, which \
               has to be a whole URL with the virtual directory.",
        source: "Exchange team: upgrading OWA to 2010; Set-OwaVirtualDirectory documentation",
        confidence: Confidence::Source,
        find: no_legacy_url,
    },
];

fn back_end(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, group) in s.topology.mailbox.iter().enumerate() {
        let id = Id::new(at);
        let switches = &group.switches;
        if group.generation.major() != 2003 {
            continue;
        }
        let touched = |protocol: Protocol| {
            s.flows.iter().filter(move |flow: &&Flow| {
                flow.mailbox == id
                    && flow.protocol == protocol
                    && flow.entry.is_some_and(|entry| s.cas(entry).generation.major() > 2003)
            })
        };
        let name = &group.name;
        let path = s.mailbox_path(id);
        let integrated = touched(Protocol::Eas).next().is_some() && !switches.back_end_eas_integrated;
        if integrated {
            let path = format!("{path}.mailbox.back_end_eas_integrated");
            let message = format!("ActiveSync of {name} (2003) has no Integrated Windows Authentication");
            found.push(Finding::at(path.clone(), message).touching(s.users(touched(Protocol::Eas))).fix(
                format!("{path}=true"),
                "Exchange System Manager (with KB937031): Microsoft-Server-ActiveSync, Access, \
                     Authentication, Integrated Windows Authentication",
            ));
        }
        let web = || touched(Protocol::Owa).chain(touched(Protocol::Eas));
        if switches.back_end_ssl_or_forms && web().next().is_some() {
            let path = format!("{path}.mailbox.back_end_ssl_or_forms");
            let message =
                format!("the Exchange directory of {name} (2003) demands SSL or forms authentication");
            found.push(Finding::at(path.clone(), message).touching(s.users(web())).fix(
                format!("{path}=false"),
                "IIS Manager: directory Exchange, Directory Security, no Require SSL; Exchange System Manager: \
                 no Forms Based Authentication",
            ));
        }
    }
    found
}

fn no_legacy_url(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if s.topology.switches.contested.owa_2010_proxies_2003 {
        return found;
    }
    for (id, group) in s.groups() {
        let legacy = |flow: &&Flow| {
            flow.protocol == Protocol::Owa
                && flow.entry == Some(id)
                && s.mailbox(flow.mailbox).generation.major() == 2003
        };
        if group.generation.major() != 2010 || !s.flows.iter().any(|flow| legacy(&flow)) {
            continue;
        }
        let what = match &group.switches.exchange2003_url {
            None => "has no Exchange2003Url",
            Some(url) if !names_directory(url) => "has an Exchange2003Url without a virtual directory",
            Some(_) => continue,
        };
        let domain = group
            .directory(Service::Owa)
            .external_url
            .as_ref()
            .and_then(|url| url.host.split_once('.').map(|(_, rest)| rest.to_owned()))
            .unwrap_or_else(|| "example.com".to_owned());
        let to = format!("https://legacy.{domain}/exchange");
        let path = s.directory_path(id, Service::Owa, "exchange2003_url");
        let message = format!("{} serves browsers with mailboxes on Exchange 2003 and {what}", group.name);
        found.push(Finding::at(path.clone(), message).touching(s.users(s.flows.iter().filter(legacy))).fix(
            assigned(&path, &to),
            directory(group, Service::Owa, &format!("-Exchange2003Url \"{to}\"")),
        ));
    }
    found
}

fn names_directory(url: &Url) -> bool {
    let rest = url.text.split_once("://").map_or("", |(_, rest)| rest);
    rest.split_once('/').is_some_and(|(_, path)| !path.trim_matches('/').is_empty())
}

/// Servers of 2007 beside newer ones that need a name of their own.
pub(super) fn legacy_name(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (first, second) in sharing(s, Service::Owa, true) {
        let (old, new) = if s.cas(first).generation.major() < s.cas(second).generation.major() {
            (first, second)
        } else {
            (second, first)
        };
        let group = s.cas(old);
        // From 2013 on a 2010 server is proxied to, whatever its name.
        if s.cas(new).generation.major() >= 2013 && group.generation.major() != 2007 {
            continue;
        }
        let Some(url) = &group.directory(Service::Owa).external_url else { continue };
        let message =
            format!("{} still has the main name {}, like {}", group.name, url.host, s.cas(new).name);
        found.push(legacy_url(s, old, message, &url.host));
    }
    // Without any name 2013 has nowhere to send the browser.
    let nowhere: Vec<&Flow> =
        s.flows.iter().filter(|flow| flow.failure() == Some(Failure::NoLegacyUrl)).collect();
    for (id, group) in s.groups().filter(|(_, group)| group.generation.major() == 2007) {
        let lost = |flow: &&&Flow| {
            flow.home(s.topology) == group.site && s.mailbox(flow.mailbox).generation.major() == 2007
        };
        let Some(flow) = nowhere.iter().find(lost) else { continue };
        if group.directory(Service::Owa).external_url.is_none() {
            let host = &s.topology.namespaces[flow.namespace.index()].name;
            let message = format!("{} has no legacy name to which a newer server could send OWA", group.name);
            found.push(legacy_url(s, id, message, host));
        }
    }
    found
}

/// A 2007 server gets a legacy name beside `main`, with its certificate.
fn legacy_url(s: &Subject<'_>, old: Id<CasGroup>, message: String, main: &str) -> Finding {
    let group = s.cas(old);
    let domain = main.split_once('.').map_or(main, |(_, rest)| rest);
    let host = format!("legacy.{domain}");
    let to = format!("https://{host}/owa");
    let path = s.directory_path(old, Service::Owa, "external_url");
    let home = |flow: &&Flow| {
        flow.protocol == Protocol::Owa
            && flow.home(s.topology) == group.site
            && s.mailbox(flow.mailbox).generation.major() == group.generation.major()
    };
    let mut finding = Finding::at(path.clone(), message)
        .touching(s.users(s.flows.iter().filter(home)))
        .fix(assigned(&path, &to), directory(group, Service::Owa, &format!("-ExternalUrl \"{to}\"")));
    let ews = &group.directory(Service::Ews).external_url;
    if ews.as_ref().is_some_and(|url| url.host == main) {
        let path = s.directory_path(old, Service::Ews, "external_url");
        finding = finding.and(assigned(&path, &format!("https://{host}/EWS/Exchange.asmx")));
    }
    let held = &group.switches.publishing.certificate_names;
    if !held.is_empty() && !held.contains(&host) {
        let names = held.iter().map(String::as_str).chain([host.as_str()]);
        finding = finding.and(listed(&format!("{}.cas.certificate_names", s.cas_path(old)), names));
    }
    finding
}
