//! Lints of mailboxes that are still on Exchange 2003.

use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{assigned, directory};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::Confidence;
use crate::model::directory::{Service, Url};
use crate::model::protocol::Protocol;

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
