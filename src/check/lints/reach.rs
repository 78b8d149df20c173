//! Lints of where names and URLs lead.

use super::search::{failing, namespace_path, own_url, service_name, whom};
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{assigned, directory};
use crate::check::flows::Flow;
use crate::check::names::covers;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Confidence, Failure, endpoint_host};
use crate::model::directory::Service;
use crate::model::protocol::Protocol;
use crate::model::topology::{Namespace, Site};
use crate::model::workload::Location;
use crate::scenario::key;

/// Lints of where names and URLs lead.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L61",
        severity: Severity::Error,
        title: "URL of a proxy target leads to another server",
        docs: "A hop goes where the host of its URL leads, whatever directory the URL stands in. It leads to a \
               server outside the mailbox's site or of another release, perhaps to the entry itself: the request \
               arrives there as one that was proxied already, and is refused.",
        source: "TechNet on proxying and redirection, for the one hop",
        confidence: Confidence::Source,
        find: astray,
    },
    Lint {
        id: "L62",
        severity: Severity::Error,
        title: "name leads where its clients cannot get",
        docs: "A name leads clients on the Internet to a site that has no Internet connection and is not published \
               from another site, or clients inside to a site to which no site links lead. They find nobody.",
        source: "consequence of the network",
        confidence: Confidence::Memory,
        find: out_of_reach,
    },
    Lint {
        id: "L92",
        severity: Severity::Warning,
        title: "a mail domain has no way to Autodiscover",
        docs: "Outlook looks for Autodiscover at the name of its mail domain, at a web site there that sends it on (port \
               80), and by an SRV record. None of them is there for these clients, who have to be set up by hand and \
               get no free/busy, no address book and no out-of-office. An SRV record or an http redirect leads to a \
               name of another domain that the certificate holds; an alias (CNAME) needs its own name in it.",
        source: "serverfault.com/questions/627870; Exchange team, white paper on Autodiscover",
        confidence: Confidence::Source,
        find: no_autodiscover,
    },
    Lint {
        id: "L91",
        severity: Severity::Note,
        title: "several addresses in one answer, and nobody takes out a dead one",
        docs: "DNS round robin spreads clients and checks nothing: the address of a dead server stays in the answer, and \
               as many clients as it has a share of the addresses begin there. Browsers, devices and Outlook over HTTP \
               go on to the next after the time-out of a connection (21 s). Outlook over MAPI/RPC stays disconnected \
               until the server is back or its record has gone and the cached answer has expired, or goes on after 15 \
               to 30 s: two tests of 2010 arrays disagree (`contested.rpc_next_address`). A balancer with a health \
               check has one address for all.",
        source: "telnet25.wordpress.com, 2012-01-05; garrettdowns.blogspot, 2011-12-11",
        confidence: Confidence::Contested,
        find: round_robin,
    },
];

fn astray(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for ((at, service), _) in failing(s, &[Failure::ProxiedTwice]) {
        for (id, group) in s.groups() {
            let urls = [
                ("internal_url", "-InternalUrl", group.directory(service).internal_url.as_ref()),
                (
                    "internal_nlb_bypass_url",
                    "-InternalNLBBypassUrl",
                    group.switches.internal_nlb_bypass_url.as_ref().filter(|_| service == Service::Ews),
                ),
                ("external_url", "-ExternalUrl", group.directory(service).external_url.as_ref()),
            ];
            let led = |flow: &&Flow| led_astray(s, flow, id, at, service);
            if !s.flows.iter().any(|flow| led(&flow)) {
                continue;
            }
            // The URL that the hop followed: the bypass URL before the InternalURL, and the
            // ExternalURL where the entry was told to ignore both.
            let external = s.flows.iter().filter(led).any(|flow| {
                service == Service::Owa
                    && flow.last().0.is_some_and(|e| !s.cas(e).switches.redirect_to_optimal_owa_server)
            });
            let which = if external { 2 } else { usize::from(urls[1].2.is_some()) };
            let (name, parameter, Some(url)) = urls[which] else { continue };
            let path = s.directory_path(id, service, name);
            let message = format!(
                "{url} of {} of {} leads to {}, which may not proxy again",
                service_name(service),
                whom(s, id),
                whom(s, at)
            );
            let to = own_url(group, service);
            let cut_off = s.flows.iter().filter(led).any(|flow| flow.failure().is_some());
            let finding = Finding::at(path.clone(), message).touching(s.users(s.flows.iter().filter(led)));
            let finding = Finding { severity: (!cut_off).then_some(Severity::Warning), ..finding };
            found.push(if external {
                finding
            } else {
                finding.fix(assigned(&path, &to), directory(group, service, &format!("{parameter} \"{to}\"")))
            });
        }
    }
    found
}

/// Whether a hop of a flow that follows a URL of `directory` ends astray at `at`.
fn led_astray(
    s: &Subject<'_>,
    flow: &Flow,
    directory: Id<crate::model::topology::CasGroup>,
    at: Id<crate::model::topology::CasGroup>,
    service: Service,
) -> bool {
    let (Some(entry), Some(route)) = flow.last() else { return false };
    if flow.protocol.service() != Some(service) || !route.rule.starts_with("hop/") {
        return false;
    }
    let hops = crate::model::access::Rules::new(s.topology).hops(&flow.ask(s.topology, entry));
    hops.iter()
        .any(|hop| hop.directory == directory && hop.at == at && hop.failure == Some(Failure::ProxiedTwice))
}

/// Where clients are led, and where they sit; `None` is the Internet.
type Ends = (Id<Site>, Option<Id<Site>>);

fn out_of_reach(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<(Ends, String, Vec<&Flow>)> = Vec::new();
    for flow in &s.flows {
        if flow.route.as_ref().is_none_or(|route| !route.out_of_reach()) {
            continue;
        }
        let Some(to) = flow.entry.map(|entry| s.cas(entry).site) else { continue };
        let from = match flow.location {
            Location::Site(site) => Some(site),
            Location::Internet(_) => None,
        };
        let path = namespace_path(s, flow);
        match found.iter_mut().find(|(ends, at, _)| *ends == (to, from) && *at == path) {
            Some((.., flows)) => flows.push(flow),
            None => found.push(((to, from), path, vec![flow])),
        }
    }
    let name = |site: Id<Site>| s.topology.sites[site.index()].name.as_str();
    found
        .into_iter()
        .map(|((to, from), path, flows)| {
            let host = &s.topology.namespaces[flows[0].namespace.index()].name;
            let users = s.users(flows.iter().copied());
            let Some(from) = from else {
                let message = format!(
                    "{host} leads clients on the Internet to {}, which has no Internet connection and is not \
                     published from another site",
                    name(to)
                );
                let open = |site: &&Site| site.internet.is_some();
                let gate = s.topology.sites.iter().filter(open).find(|site| {
                    s.topology.site(&site.name).is_some_and(|gate| s.topology.path(gate, to).is_some())
                });
                let set = gate.map_or_else(String::new, |gate| {
                    assigned(&format!("site.{}.published_from", key(name(to))), &gate.name)
                });
                let command = "publish its servers by the publisher of a site on the Internet, or give it a \
                               connection of its own";
                return Finding::at(path, message).touching(users).fix(set, command);
            };
            let message =
                format!("{host} leads clients in {} to {}, and no site links do", name(from), name(to));
            Finding::at(path, message).touching(users)
        })
        .collect()
}

/// Names of which several addresses stand in one answer.
fn round_robin(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, name) in s.topology.namespaces.iter().enumerate().filter(|(_, name)| name.addresses.len() > 1) {
        let by_rpc = |flow: &&Flow| {
            let host = || endpoint_host(s.topology, flow.mailbox);
            flow.protocol.is_outlook_inside()
                && host().is_some_and(|host| host.eq_ignore_ascii_case(&name.name))
        };
        let dials = |flow: &&Flow| {
            flow.failure().is_none()
                && (by_rpc(flow) || (!flow.protocol.is_outlook_inside() && flow.namespace.index() == at))
        };
        let rpc = s.flows.iter().filter(dials).filter(by_rpc);
        let rpc = rpc.filter(|flow| s.mailbox(flow.mailbox).generation.major() <= 2010).count() > 0;
        let web = s.flows.iter().filter(dials).any(|flow| !flow.protocol.is_outlook_inside());
        if !rpc && !web {
            continue;
        }
        let over_rpc = match s.topology.switches.contested.rpc_next_address {
            true => "Outlook over MAPI/RPC goes on after 15 to 30 s",
            false => "Outlook over MAPI/RPC stays disconnected until it answers or its record goes",
        };
        let web = web.then_some("over HTTP they go on to the next after 21 s (connect_timeout)");
        let what: Vec<&str> = web.into_iter().chain(rpc.then_some(over_rpc)).collect();
        let message = format!(
            "{} has {} addresses in one answer without a health check: where one is dead, {:.0} % of its clients begin \
             at it; {}",
            name.name,
            name.addresses.len(),
            100.0 / name.addresses.len() as f64,
            what.join("; ")
        );
        let path = format!("namespace.{}.addresses", key(&name.name));
        found.push(Finding::at(path.clone(), message).touching(s.users(s.flows.iter().filter(dials))).fix(
            format!("{path}=[]"),
            "put a balancer with a health check before the servers, with one address",
        ));
    }
    found
}

/// Names of Autodiscover that lead nowhere for those who use them.
fn no_autodiscover(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, name) in s.topology.namespaces.iter().enumerate() {
        let lost = |flow: &&Flow| {
            flow.protocol == Protocol::Autodiscover && flow.namespace.index() == at && flow.site.is_none()
        };
        let users = s.users(s.flows.iter().filter(lost));
        if users.is_empty() {
            continue;
        }
        let outside = s.flows.iter().filter(lost).any(|flow| matches!(flow.location, Location::Internet(_)));
        let place = if outside { "on the Internet" } else { "inside" };
        let message =
            format!("{} leads nowhere {place}, and no other way to Autodiscover is stated", name.name);
        let path = format!("namespace.{}", key(&name.name));
        let finding = Finding::at(path.clone(), message).touching(users);
        let good = |other: &&Namespace| {
            let sites = if outside || other.inside.is_empty() { &other.internet } else { &other.inside };
            other.leads_to.is_none() && !sites.is_empty() && held(s, other, sites)
        };
        let to = s.topology.namespaces.iter().find(good);
        let domain = name
            .name
            .strip_prefix("autodiscover.")
            .filter(|_| name.addresses.is_empty() && name.servers.is_empty());
        found.push(match (to, domain) {
            (Some(to), Some(domain)) => {
                let emptied = |of: &str| format!("{path}.{of}=[]");
                let finding = finding
                    .fix(
                        format!("{path}.leads_to=\"{}\"", to.name),
                        format!("in its DNS zone: _autodiscover._tcp.{domain} SRV 0 0 443 {}", to.name),
                    )
                    .and(format!("{path}.way=\"srv\""));
                let finding =
                    if name.internet.is_empty() { finding } else { finding.and(emptied("internet")) };
                if name.inside.is_empty() { finding } else { finding.and(emptied("inside")) }
            }
            _ => finding.fix(
                "",
                "publish the name, or let an SRV record or an http redirect lead to one that is published",
            ),
        });
    }
    found
}

/// Whether no certificate that is stated at these sites lacks a name.
fn held(s: &Subject<'_>, name: &Namespace, sites: &[Id<Site>]) -> bool {
    let groups = sites.iter().flat_map(|site| name.groups_in(&s.topology.sites[site.index()]));
    groups
        .map(|id| &s.cas(id).switches.publishing.certificate_names)
        .all(|held| held.is_empty() || covers(held, &name.name))
}
