//! Lints of Outlook: Outlook Anywhere, Autodiscover, RPC Client Access.

use std::collections::BTreeSet;

use super::ports::closed_ports;
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{assigned, listed};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Confidence, Mechanism};
use crate::model::protocol::Protocol;
use crate::model::shell;
use crate::model::switches::OperatingSystem;
use crate::model::topology::{CasGroup, Site};
use crate::model::unit_costs::Figure;
use crate::model::workload::Location;

/// Mailboxes elsewhere from which L36 speaks of many.
const MANY: f64 = 1_000.0;

/// Lints of Outlook.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L24",
        severity: Severity::Error,
        title: "firewall closes RPC to Mailbox servers of another site",
        docs: "Outlook Anywhere in 2007 goes from the entry server straight to the Mailbox server, on ports 6001, \
               6002 and 6004. A firewall between the sites closes them; Outlook cannot connect and tells no \
               reason.",
        source: "TechNet on Outlook Anywhere",
        confidence: Confidence::Source,
        find: rpc_closed,
    },
    Lint {
        id: "L32",
        severity: Severity::Warning,
        title: "Client Access array spans sites",
        docs: "Servers of several sites carry the name of one array. Arrays belong to one Active Directory site: \
               across sites they are unsupported in 2007 and advised against in 2010.",
        source: "TechNet on load balancing Client Access servers",
        confidence: Confidence::Source,
        find: array_spans,
    },
    Lint {
        id: "L33",
        severity: Severity::Warning,
        title: "no AutoDiscoverSiteScope covers a site of clients",
        docs: "Domain-joined Outlook looks for a Client Access server whose AutoDiscoverSiteScope holds its own \
               site. None does, so it takes any one of the organisation, possibly across the world.",
        source: "TechNet white paper on Autodiscover",
        confidence: Confidence::Source,
        find: no_scope,
    },
    Lint {
        id: "L36",
        severity: Severity::Note,
        title: "Outlook Anywhere to far mailboxes",
        docs: "Outlook Anywhere is enabled at one site only and serves many mailboxes of other sites: each store \
               call crosses the wide-area network, and chatty RPC pays its round trip every time.",
        source: "the founding article; TechNet on Outlook Anywhere",
        confidence: Confidence::Article,
        find: far_mailboxes,
    },
    Lint {
        id: "L38",
        severity: Severity::Warning,
        title: "RpcClientAccessServer in another site than the database",
        docs: "Outlook's endpoint is the database's RpcClientAccessServer. It names a server or array outside the \
               database's site: RPC crosses the wide-area network, or Outlook is referred away and asks for a \
               restart.",
        source: "Exchange team on RPC Client Access",
        confidence: Confidence::Source,
        find: far_endpoint,
    },
    Lint {
        id: "L50",
        severity: Severity::Note,
        title: "cost of Outlook Anywhere on 2007 is assumed",
        docs: "No figure is published for the processor time of Outlook Anywhere on an Exchange 2007 Client Access \
               server. casim takes that of a 2010 server with few users for every task, since most of it was spent \
               in the operating system's RPC proxy. State `os` to let it grow with the users of a server as \
               measured on Windows 2008, or `outlook_task` of `[costs]` if you have measured your own.",
        source: "docs/figures.md, outlook_task",
        confidence: Confidence::Memory,
        find: assumed_cost,
    },
];

fn assumed_cost(s: &Subject<'_>) -> Vec<Finding> {
    if s.scenario.spans.given("costs.outlook_task") {
        return Vec::new();
    }
    let entered = |flow: &Flow| flow.protocol == Protocol::OutlookAnywhere && flow.failure().is_none();
    s.by_entry(entered)
        .into_iter()
        .map(|(id, flows)| (id, s.cas(id), flows))
        .filter(|(_, group, _)| {
            group.generation.major() == 2007 && group.system() == OperatingSystem::Server2003
        })
        .map(|(id, group, flows)| {
            let task = s.scenario.model.workload.figures[Figure::OutlookTask];
            let message = format!(
                "Outlook Anywhere at {} costs an assumed {task} megacycles a task, whatever the number of users",
                group.name
            );
            Finding::at(format!("{}.cas", s.cas_path(id)), message)
                .touching(s.users(flows.into_iter()))
                .fix(assigned(&format!("{}.cas.os", s.cas_path(id)), "2008 R2"), "")
        })
        .collect()
}

fn rpc_closed(s: &Subject<'_>) -> Vec<Finding> {
    closed_ports(s, |protocol| protocol == Protocol::OutlookAnywhere, "RPC to Mailbox servers")
        .into_iter()
        .map(|finding| {
            let set = finding.fix.set.clone();
            finding.fix(set, "Open TCP 6001, 6002 and 6004 from the Client Access to the Mailbox servers")
        })
        .collect()
}

fn array_spans(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        let Some(array) = &group.switches.client_access_array else { continue };
        let first = s.groups().take(id.index()).find(|(_, other)| {
            other.site != group.site
                && other.switches.client_access_array.as_ref().is_some_and(|a| a.eq_ignore_ascii_case(array))
        });
        if let Some((first, _)) = first {
            let path = format!("{}.cas.client_access_array", s.cas_path(id));
            let message =
                format!("array {array} has servers in {} and in {}", s.site_of(first), s.site_of(id));
            let to = format!("outlook-{}", super::search::label(s.site_of(id)));
            let home = s
                .flows
                .iter()
                .filter(|flow| flow.home(s.topology) == group.site && flow.protocol.is_outlook_inside());
            found.push(Finding::at(path.clone(), message).touching(s.users(home)).fix(
                assigned(&path, &to),
                format!("New-ClientAccessArray -Name \"{to}\" -Fqdn \"{to}\" -Site \"{}\"", s.site_of(id)),
            ));
        }
    }
    found
}

fn no_scope<'s>(s: &Subject<'s>) -> Vec<Finding> {
    let mut found = Vec::new();
    let stated = s.groups().any(|(_, group)| group.switches.publishing.auto_discover_site_scope.is_some());
    let scopes = |group: &'s CasGroup| group.switches.publishing.auto_discover_site_scope.as_ref();
    let named: BTreeSet<String> = s
        .groups()
        .filter_map(|(_, group)| scopes(group))
        .flatten()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let own: BTreeSet<Id<Site>> =
        s.groups().filter(|(_, group)| scopes(group).is_none()).map(|(_, group)| group.site).collect();
    for (at, site) in s.topology.sites.iter().enumerate() {
        let here: Id<Site> = Id::new(at);
        let clients =
            |flow: &&Flow| flow.protocol == Protocol::Autodiscover && flow.location == Location::Site(here);
        let covered = own.contains(&here) || named.contains(&site.name.to_ascii_lowercase());
        if covered || !s.flows.iter().any(|flow| clients(&flow)) {
            continue;
        }
        // Any server could take it on: the one of the site that the clients' name leads to.
        let entry = s.flows.iter().filter(clients).find_map(|flow| flow.entry);
        let Some(entry) = entry else { continue };
        let group = s.cas(entry);
        let mut scope = group
            .switches
            .publishing
            .auto_discover_site_scope
            .clone()
            .unwrap_or(vec![s.site_of(entry).to_owned()]);
        scope.push(site.name.clone());
        let scope = || scope.iter().map(String::as_str);
        let key = format!("{}.cas.auto_discover_site_scope", s.cas_path(entry));
        let path = if stated { key.clone() } else { format!("site.{}", crate::scenario::key(&site.name)) };
        let message =
            format!("clients in {} look for Autodiscover, and no server's scope holds the site", site.name);
        found.push(
            Finding::at(path, message)
                .touching(s.users(s.flows.iter().filter(clients)))
                .fix(listed(&key, scope()), shell::site_scope(group, scope())),
        );
    }
    found
}

fn far_mailboxes(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut enabled: Vec<Id<Site>> =
        s.groups().filter(|(_, group)| group.outlook_anywhere).map(|(_, group)| group.site).collect();
    enabled.dedup();
    let [only] = enabled[..] else { return found };
    let far = |flow: &&Flow| {
        flow.protocol == Protocol::OutlookAnywhere
            && flow.mechanism() == Mechanism::RpcDirect
            && flow.crosses(s.topology)
            && flow.entry.is_some_and(|entry| s.cas(entry).site == only)
    };
    let mailboxes: f64 = s.flows.iter().filter(far).map(|flow| flow.mailboxes).sum();
    if mailboxes >= MANY {
        let site = &s.topology.sites[only.index()].name;
        let path = format!("site.{}.outlook_anywhere", crate::scenario::key(site));
        let message = format!(
            "Outlook Anywhere of {site} serves {mailboxes:.0} mailboxes of other sites over the wide-area network"
        );
        found.push(Finding::at(path, message).touching(s.users(s.flows.iter().filter(far))).fix(
            "",
            "Enable-OutlookAnywhere -Server ... -ExternalHostname ... at the other sites, if they face the Internet",
        ));
    }
    found
}

fn far_endpoint(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, group) in s.topology.mailbox.iter().enumerate() {
        let id = Id::new(at);
        let Some(name) = &group.switches.rpc_client_access_server else { continue };
        let named = |site: Option<Id<Site>>| {
            s.groups().any(|(_, cas)| {
                let array = cas.switches.client_access_array.as_deref();
                let own = cas.switches.fqdn.as_deref();
                site.is_none_or(|site| cas.site == site)
                    && (cas.name.eq_ignore_ascii_case(name)
                        || array.is_some_and(|array| array.eq_ignore_ascii_case(name))
                        || own.is_some_and(|own| own.eq_ignore_ascii_case(name)))
            })
        };
        if !named(None) || named(Some(group.site)) {
            continue;
        }
        let path = format!("{}.mailbox.rpc_client_access_server", s.mailbox_path(id));
        let site = &s.topology.sites[group.site.index()].name;
        let message = format!("databases of {} name {name}, which is not in {site}", group.name);
        let local = super::search::candidates(s, id).first().map(|local| {
            let local = s.cas(*local);
            local.switches.client_access_array.clone().unwrap_or_else(|| local.name.clone())
        });
        let users = s.flows.iter().filter(|flow| flow.mailbox == id && flow.protocol.facts().rpc_endpoint);
        let finding = Finding::at(path.clone(), message).touching(s.users(users));
        found.push(match local {
            Some(to) => finding.fix(assigned(&path, &to), shell::database_endpoint(&group.name, &to)),
            None => finding,
        });
    }
    found
}
