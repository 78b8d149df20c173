//! Lints of POP3 and IMAP4.

use std::collections::BTreeMap;

use super::search::namespace_path;
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{Fix, assigned};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Confidence, Failure, Mechanism};
use crate::model::protocol::Protocol;
use crate::model::release::Generation;
use crate::model::shell;
use crate::model::switches::Affinity;
use crate::model::topology::CasGroup;
use crate::model::workload::Location;
use crate::scenario::key;

/// Lints of POP3 and IMAP4.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L07",
        severity: Severity::Error,
        title: "POP3 or IMAP4 users pointed at a foreign site",
        docs: "Exchange 2007 does not proxy POP3 and IMAP4. A client that reaches a Client Access server outside \
               its mailbox's site is refused (event 1008); it needs a name that leads to its own site.",
        source: "the founding article; TechNet on POP3 and IMAP4 in 2007",
        confidence: Confidence::Article,
        find: foreign_site,
    },
    Lint {
        id: "L08",
        severity: Severity::Warning,
        title: "POP3 or IMAP4 across sites over RPC",
        docs: "With AllowCrossSiteSessions a Client Access server opens RPC sessions to Mailbox servers of other \
               sites: it works, slowly, and costs wide-area bandwidth.",
        source: "TechNet on POP3 and IMAP4 in 2007 SP1",
        confidence: Confidence::Source,
        find: across_sites,
    },
    Lint {
        id: "L09",
        severity: Severity::Warning,
        title: "AllowCrossSiteSessions is reset by the next service pack",
        docs: "The setup of a service pack writes the POP3 and IMAP4 configuration files anew, and refusal comes \
               back. Note it for the day of the upgrade.",
        source: "TechNet on POP3 and IMAP4 in 2007 SP1",
        confidence: Confidence::Source,
        find: reset,
    },
    Lint {
        id: "L37",
        severity: Severity::Warning,
        title: "POP3 or IMAP4 service stopped on a proxy target",
        docs: "Exchange 2010 proxies POP3 and IMAP4 to the service on a Client Access server of the mailbox's site. \
               The services are started by hand after setup.",
        source: "practitioners; manual start from the product's service list",
        confidence: Confidence::Memory,
        find: stopped,
    },
    Lint {
        id: "L39",
        severity: Severity::Warning,
        title: "more connections from one address than MaxConnectionsFromSingleIP",
        docs: "A publisher that hides client addresses makes all POP3 and IMAP4 clients come from one, and address \
               translation (`addresses` of a population or region) from a few. Beyond \
               MaxConnectionsFromSingleIP (2007: 20) connections are refused, which looks like an outage.",
        source: "Set-PopSettings and Set-ImapSettings documentation",
        confidence: Confidence::Source,
        find: single_address,
    },
];

fn word(protocol: Protocol) -> &'static str {
    protocol.title()
}

/// A name that leads to a site, else one that could.
fn name_for(s: &Subject<'_>, flow: &Flow) -> String {
    let home = flow.home(s.topology);
    let known = s.topology.namespaces.iter().find(|name| name.internet.first() == Some(&home));
    let used = &s.topology.namespaces[flow.namespace.index()].name;
    let domain = used.split_once('.').map_or(used.as_str(), |(_, rest)| rest);
    let label = super::search::label(&s.topology.sites[home.index()].name);
    known.map_or_else(|| format!("pop.{label}.{domain}"), |name| name.name.clone())
}

fn foreign_site(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<(String, &Flow, Vec<&Flow>)> = Vec::new();
    for flow in s.flows.iter().filter(|flow| flow.failure() == Some(Failure::PopImapCrossSite)) {
        let path = namespace_path(s, flow);
        match found
            .iter_mut()
            .find(|(known, first, _)| *known == path && first.misdirected == flow.misdirected)
        {
            Some((_, _, all)) => all.push(flow),
            None => found.push((path, flow, vec![flow])),
        }
    }
    found
        .into_iter()
        .map(|(path, flow, all)| {
            let population = &s.scenario.model.workload.populations[flow.population];
            let used = &s.topology.namespaces[flow.namespace.index()].name;
            let mut protocols: Vec<&str> = all.iter().map(|flow| word(flow.protocol)).collect();
            protocols.dedup();
            let message = format!(
                "{} users of `{}` are given {used}, which leads to another site than their mailboxes",
                protocols.join(" and "),
                population.name
            );
            Finding { fix: own_name(s, flow), ..Finding::at(path, message) }
                .touching(s.users(all.into_iter()))
        })
        .collect()
}

/// POP3 or IMAP4 of these users by a name of their own site.
fn own_name(s: &Subject<'_>, flow: &Flow) -> Fix {
    let path = namespace_path(s, flow);
    let population = &s.scenario.model.workload.populations[flow.population];
    let used = &s.topology.namespaces[flow.namespace.index()].name;
    let to = name_for(s, flow);
    let own = format!("population.{}.namespace", key(&population.name));
    let set = if flow.misdirected {
        format!("{path}.share=0")
    } else if path.ends_with("namespace") && !s.scenario.spans.given(&format!("{own}.default")) {
        format!("{own}={{ default = \"{used}\", pop = \"{to}\", imap = \"{to}\" }}")
    } else {
        assigned(&format!("{own}.{}", flow.protocol), &to)
    };
    Fix::new(set, format!("publish {to} (DNS, certificate, ports) and give it to these users"))
}

fn entries<'s>(s: &'s Subject<'_>, of: impl Fn(&Flow) -> bool) -> Vec<(Id<CasGroup>, Vec<&'s Flow>)> {
    let mut found: Vec<(Id<CasGroup>, Vec<&Flow>)> = Vec::new();
    for flow in s.flows.iter().filter(|flow| of(flow)) {
        let Some(entry) = flow.entry else { continue };
        match found.iter_mut().find(|(known, _)| *known == entry) {
            Some((_, all)) => all.push(flow),
            None => found.push((entry, vec![flow])),
        }
    }
    found
}

fn is_mail(flow: &Flow) -> bool {
    flow.protocol.is_mail()
}

fn across_sites(s: &Subject<'_>) -> Vec<Finding> {
    let direct = |flow: &Flow| {
        is_mail(flow)
            && flow.crosses(s.topology)
            && flow.mechanism() == Mechanism::RpcDirect
            && flow.entry.is_some_and(|entry| s.cas(entry).generation.major() == 2007)
    };
    entries(s, direct)
        .into_iter()
        .map(|(entry, flows)| {
            let path = format!("{}.cas.allow_cross_site_sessions", s.cas_path(entry));
            let message =
                format!("{} opens POP3 and IMAP4 mailboxes of other sites over RPC", s.cas(entry).name);
            let names: Vec<Fix> = flows.iter().map(|flow| own_name(s, flow)).collect();
            let fix = names.iter().fold(Fix::default(), |all, name| all.with(name));
            let words = "give these users a name that leads to their own site; the switch is then not needed";
            let fix = Fix { command: words.to_owned(), ..fix };
            Finding { fix, ..Finding::at(path, message) }.touching(s.users(flows.into_iter()))
        })
        .collect()
}

fn reset(s: &Subject<'_>) -> Vec<Finding> {
    s.groups()
        .filter(|(_, group)| {
            matches!(group.generation, Generation::E2007Rtm | Generation::E2007Sp1 | Generation::E2007Sp2)
                && group.switches.allow_cross_site_sessions
        })
        .map(|(id, group)| {
            let path = format!("{}.cas.allow_cross_site_sessions", s.cas_path(id));
            let message = format!(
                "AllowCrossSiteSessions of {} ({}) goes back to false with the next service pack",
                group.name, group.generation
            );
            let users = s
                .flows
                .iter()
                .filter(|flow| is_mail(flow) && flow.entry == Some(id) && flow.crosses(s.topology));
            Finding::at(path, message).touching(s.users(users)).fix(
                "",
                "after the upgrade: AllowCrossSiteSessions=true in Microsoft.Exchange.Pop3.exe.config and \
                 Microsoft.Exchange.Imap4.exe.config, then restart the services",
            )
        })
        .collect()
}

/// POP3 and IMAP4 that are proxied to an older server, or would be if its service ran.
fn proxied_mail(flow: &Flow) -> bool {
    let proxied =
        flow.last().1.is_some_and(|route| route.mechanism == Mechanism::Proxy && route.target.is_some());
    flow.protocol.is_mail() && (proxied || flow.failure() == Some(Failure::TargetServiceStopped))
}

fn stopped(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<(Id<CasGroup>, Protocol, Vec<&Flow>)> = Vec::new();
    for flow in s.flows.iter().filter(|flow| proxied_mail(flow)) {
        let (last, _) = flow.last();
        for target in super::search::candidates(s, flow.mailbox) {
            if s.cas(target).runs(flow.protocol) || last == Some(target) {
                continue;
            }
            match found.iter_mut().find(|(id, mail, _)| (*id, *mail) == (target, flow.protocol)) {
                Some((_, _, all)) => all.push(flow),
                None => found.push((target, flow.protocol, vec![flow])),
            }
        }
    }
    found
        .into_iter()
        .map(|(id, mail, flows)| {
            let path = format!("{}.{}", s.cas_path(id), mail.token());
            let name = word(mail);
            let message = format!("{name} does not run on {}, and is proxied to it", s.cas(id).name);
            let start =
                |mail| format!("<# on {} #> {}", s.cas(id).name, shell::mail_service(mail, s.cas(id), true));
            let command = mail.mail().map_or_else(String::new, start);
            Finding::at(path.clone(), message)
                .touching(s.users(flows.into_iter()))
                .fix(format!("{path}=true"), command)
        })
        .collect()
}

/// Where an address that several clients share is stated, and how many such there are.
fn shared(s: &Subject<'_>, flow: &Flow, hidden: bool, cas: &str) -> Option<(String, u32)> {
    if hidden {
        return Some((format!("{cas}.cas.hides_client_addresses"), 1));
    }
    let population = &s.scenario.model.workload.populations[flow.population];
    if let (Some(count), true) = (population.addresses, flow.location == population.from) {
        return Some((format!("population.{}.addresses", key(&population.name)), count));
    }
    let Location::Internet(region) = flow.location else { return None };
    let region = &s.topology.regions[region.index()];
    Some((format!("region.{}.addresses", key(&region.name)), region.addresses?))
}

fn single_address(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, flows) in s.by_entry(|flow| flow.protocol == Protocol::Imap) {
        let group = s.cas(id);
        let Some(most) = group.switches.limits.mail_connections_from_single_ip else { continue };
        let hidden = group.switches.publishing.hides_client_addresses;
        let cas = s.cas_path(id);
        let mut behind: BTreeMap<(String, u32), (f64, Vec<&Flow>)> = BTreeMap::new();
        for flow in flows {
            let Some(address) = shared(s, flow, hidden, &cas) else { continue };
            let (clients, flows) = behind.entry(address).or_default();
            // An IMAP4 client stays connected while its user works; POP3 polls are short.
            *clients += flow.clients * s.scenario.model.workload.populations[flow.population].concurrent;
            flows.push(flow);
        }
        // By source address all connections of an address reach one server.
        let by_address = group.switches.publishing.affinity == Some(Affinity::SourceAddress);
        let servers = if by_address { 1 } else { group.servers };
        let each = |count: u32, clients: f64| clients / f64::from(count) / f64::from(servers);
        behind.retain(|(_, count), (clients, _)| each(*count, *clients) > f64::from(most));
        let all = behind.iter().map(|((_, count), (clients, _))| each(*count, *clients));
        // One limit has to do for all.
        let to = (all.fold(0.0, f64::max) * 1.25).ceil();
        let limit = format!("{cas}.cas.max_connections_from_single_ip");
        for ((stated, count), (clients, flows)) in behind {
            let at = if s.scenario.spans.given(&limit) { limit.clone() } else { stated };
            let message = format!(
                "{:.0} IMAP4 clients reach {} server of {} from {}, and {most} may",
                each(count, clients),
                if by_address { "one" } else { "each" },
                group.name,
                if count == 1 { "one address".to_owned() } else { format!("each of {count} addresses") },
            );
            found.push(Finding::at(at, message).touching(s.users(flows.into_iter())).fix(
                format!("{limit}={to:.0}"),
                format!("Set-ImapSettings -MaxConnectionsFromSingleIP {to:.0}; Set-PopSettings -MaxConnectionsFromSingleIP {to:.0}"),
            ));
        }
    }
    found
}
