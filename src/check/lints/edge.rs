//! Lints of certificates, balancers, firewalls and publishers.

use std::collections::BTreeMap;

use super::search::service_name;
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{Fix, assigned, directory};
use crate::check::flows::{self, Flow};
use crate::check::names::{covers, subject_names};
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::{Id, SimSpan};
use crate::model::access::{Confidence, Decision, Failure, Mechanism};
use crate::model::directory::Service;
use crate::model::protocol::Protocol;
use crate::model::switches::Affinity;
use crate::model::topology::{CasGroup, Namespace, Site};
use crate::model::workload::Location;
use crate::scenario::key;

/// Idle time-out that Direct Push wants of everything on its way.
const DIRECT_PUSH: SimSpan = SimSpan::from_secs(15 * 60);

/// Lints of certificates, balancers, firewalls and publishers.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L22",
        severity: Severity::Error,
        title: "certificate lacks a name that clients use",
        docs: "The certificate of a Client Access server does not hold a name by which clients reach it: the host \
               of an ExternalURL, a name of Autodiscover, POP3, IMAP4 or Outlook Anywhere; also one that leads \
               there only when another site fails. Clients warn or refuse.",
        source: "TechNet on certificates of Client Access servers",
        confidence: Confidence::Source,
        find: certificate,
    },
    Lint {
        id: "L23",
        severity: Severity::Warning,
        title: "idle time-out below 15 minutes on the way of ActiveSync",
        docs: "Direct Push holds a request open for the heartbeat, on the way from the device and, if proxied, \
               between Client Access servers. A firewall that forgets idle connections earlier breaks it; 15 to \
               30 minutes are recommended. Devices with a heartbeat (`eas_heartbeat`) below the time-out are not cut.",
        source: "KB905013; TechNet on Direct Push",
        confidence: Confidence::Source,
        find: idle_timeout,
    },
    Lint {
        id: "L26",
        severity: Severity::Warning,
        title: "more ActiveSync requests held than a server's limit",
        docs: "Every device holds a request for as long as it is connected, and a proxied one holds a second at the \
               target. Beyond the limit (ASP.NET requestQueueLimit, 5000) devices get HTTP 503.",
        source: "practitioners on requestQueueLimit and ActiveSync",
        confidence: Confidence::Source,
        find: held,
    },
    Lint {
        id: "L34",
        severity: Severity::Warning,
        title: "HTTP 451 for devices that do not know it",
        docs: "Devices are redirected by HTTP 451 and cannot follow: some are below protocol version 12.1 or \
               otherwise unable, so that they do not sync; or the threshold for HTTP 451 is set below 12.1, so \
               that old ones would be sent it. Sources disagree whether 12.1 itself can.",
        source: "Exchange team on ActiveSync in 2010; KB2751417",
        confidence: Confidence::Contested,
        find: old_devices,
    },
    Lint {
        id: "L35",
        severity: Severity::Warning,
        title: "no affinity before servers of 2007 or 2010",
        docs: "OWA and EWS keep a session's state in one Client Access server. A balancer without affinity sends \
               the next request to another one, and the session breaks.",
        source: "TechNet on load balancing Client Access servers",
        confidence: Confidence::Source,
        find: no_affinity,
    },
    Lint {
        id: "L40",
        severity: Severity::Warning,
        title: "affinity by source address behind a publisher that hides addresses",
        docs: "The publisher shows its own address for every client, so that affinity by source address sends all \
               of them to one server.",
        source: "practitioners",
        confidence: Confidence::Memory,
        find: one_source,
    },
];

fn certificate(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Names that lead there when another site fails are needed there too.
    let flows = flows::with_fail_over(s.topology, &s.scenario.model.workload);
    let wide = Subject::of_flows(s.scenario, s.topology, flows);
    for (id, group) in s.groups() {
        let held = &group.switches.publishing.certificate_names;
        if held.is_empty() {
            continue;
        }
        let missing: Vec<_> =
            subject_names(&wide, id).into_iter().filter(|(name, _)| !covers(held, name)).collect();
        if missing.is_empty() {
            continue;
        }
        let path = format!("{}.cas.certificate_names", s.cas_path(id));
        let words: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!("the certificate of {} lacks {}", group.name, words.join(", "));
        let all: Vec<String> = held
            .iter()
            .map(String::as_str)
            .chain(words.iter().copied())
            .map(|n| format!("\"{n}\""))
            .collect();
        let users = wide.flows.iter().filter(|flow| {
            flow.entry == Some(id)
                && words.contains(&s.topology.namespaces[flow.namespace.index()].name.as_str())
        });
        let finding = Finding::at(path.clone(), message).touching(s.users(users)).fix(
            format!("{path}=[{}]", all.join(", ")),
            format!(
                "New-ExchangeCertificate -GenerateRequest -SubjectName \"cn={}\" -DomainName {}{}",
                held[0],
                all.join(","),
                if words.iter().any(|name| name.starts_with("autodiscover.")) {
                    "; or let an SRV record, or an http redirect, of that domain lead to a name that the certificate holds \
                     (`leads_to`, `way`)"
                } else {
                    ""
                }
            ),
        );
        found.push(match by_srv(s, held, &words) {
            Some(other) => finding.or(other),
            None => finding,
        });
    }
    found
}

/// Another way to Autodiscover of each of these names: an SRV record that leads to a declared
/// name that the certificate holds. `None` where there is none, or a name is no Autodiscover's.
fn by_srv(s: &Subject<'_>, held: &[String], missing: &[&str]) -> Option<Fix> {
    let good =
        s.topology.namespaces.iter().filter(|name| name.leads_to.is_none() && covers(held, &name.name));
    let autodiscover = |name: &&Namespace| name.name.starts_with("autodiscover.");
    let to = good.clone().find(autodiscover).or_else(|| good.clone().next())?;
    let mut fix = Fix::default();
    for host in missing {
        let name = s.topology.namespaces.iter().find(|name| name.name == *host)?;
        if !host.starts_with("autodiscover.") || !name.addresses.is_empty() || !name.servers.is_empty() {
            return None;
        }
        let path = format!("namespace.{}", key(host));
        for (of, list) in [("internet", &name.internet), ("inside", &name.inside)] {
            if !list.is_empty() {
                fix = fix.and(format!("{path}.{of}=[]"));
            }
        }
        fix = fix
            .and(assigned(&format!("{path}.leads_to"), &to.name))
            .and(assigned(&format!("{path}.way"), "srv"));
    }
    let command =
        format!("in its DNS zone: _autodiscover._tcp SRV 0 0 443 {}; no other record of the name", to.name);
    Some(Fix { command, ..Fix::default() }.with(&fix))
}

fn idle_timeout(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, rule) in s.topology.switches.firewall.iter().enumerate() {
        let Some(timeout) = rule.idle_timeout.filter(|timeout| *timeout < DIRECT_PUSH) else { continue };
        let on_way = |flow: &&Flow| {
            if flow.protocol != Protocol::Eas || flow.failure().is_some() {
                return false;
            }
            let Some(entry) = flow.entry else { return false };
            let here = s.cas(entry).site;
            let matches = |from: Option<Id<Site>>, to: Id<Site>| {
                rule.to.is_none_or(|site| site == to)
                    && match (rule.from, from) {
                        (None, _) => true,
                        (Some(site), Some(from)) => site == from,
                        (Some(_), None) => false,
                    }
            };
            let from = match flow.location {
                Location::Site(site) => Some(site),
                Location::Internet(_) => None,
            };
            let hop = flow.crosses(s.topology)
                && flow.mechanism().decision() == Decision::Proxy
                && matches(Some(here), flow.home(s.topology));
            (from != Some(here) && matches(from, here)) || hop
        };
        if !s.flows.iter().any(|flow| on_way(&flow)) {
            continue;
        }
        let path = format!("firewall.{}.idle_timeout", number + 1);
        let who = cut(s, timeout, s.flows.iter().filter(on_way));
        let message = format!(
            "a firewall forgets connections after {:.0} s without traffic, and {who}",
            timeout.as_secs_f64()
        );
        found.push(
            Finding::at(path.clone(), message)
                .touching(s.users(s.flows.iter().filter(on_way)))
                .fix(assigned(&path, "30 min"), "raise the firewall's idle time-out to 30 min"),
        );
    }
    found.extend(idle_timeout_of_others(s));
    found
}

/// Balancers before servers, the inner ones of proxied requests too, and carriers.
fn idle_timeout_of_others(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let short = |timeout: Option<SimSpan>| timeout.filter(|timeout| *timeout < DIRECT_PUSH);
    let works = |flow: &&Flow| flow.protocol == Protocol::Eas && flow.failure().is_none();
    let mut add = |path: String, what: String, timeout: SimSpan, flows: Vec<&Flow>, advice: &str| {
        if !flows.is_empty() {
            let seconds = timeout.as_secs_f64();
            let who = cut(s, timeout, flows.iter().copied());
            let message = format!("{what} connections after {seconds:.0} s without traffic, and {who}");
            found.push(
                Finding::at(path.clone(), message)
                    .touching(s.users(flows.into_iter()))
                    .fix(assigned(&path, "30 min"), advice),
            );
        }
    };
    for (id, group) in s.groups() {
        let Some(timeout) = short(group.switches.publishing.idle_timeout) else { continue };
        // A hop passes the balancer where a shared name leads to it.
        let passes = |flow: &&Flow| {
            let inner = flow.last().1.is_some_and(|route| route.targets.contains(&id));
            works(flow) && (flow.last().0 == Some(id) || inner)
        };
        let flows = s.flows.iter().filter(passes).collect();
        let path = format!("{}.cas.idle_timeout", s.cas_path(id));
        let what = format!("the balancer before {} closes", group.name);
        add(path, what, timeout, flows, "raise the balancer's idle time-out to 30 min");
    }
    for site in &s.topology.sites {
        let Some(publisher) = &site.publisher else { continue };
        let Some(timeout) = short(publisher.idle_timeout) else { continue };
        let passes = |flow: &&Flow| {
            let before = flow.last().0.and_then(|entry| s.topology.publisher_before(s.cas(entry).site));
            let internet = matches!(flow.location, Location::Internet(_));
            works(flow) && internet && before.is_some_and(|before| std::ptr::eq(before, publisher))
        };
        let flows = s.flows.iter().filter(passes).collect();
        let path = format!("site.{}.publisher.idle_timeout", crate::scenario::key(&site.name));
        let what = format!("the publisher before {} closes", site.name);
        add(path, what, timeout, flows, "raise the publisher's idle time-out to 30 min");
    }
    for (at, region) in s.topology.regions.iter().enumerate() {
        let Some(timeout) = short(region.idle_timeout) else { continue };
        let there = |flow: &&Flow| works(flow) && flow.location == Location::Internet(Id::new(at));
        let flows = s.flows.iter().filter(there).collect();
        let path = format!("region.{}.idle_timeout", crate::scenario::key(&region.name));
        let what = format!("the network of {} forgets", region.name);
        add(path, what, timeout, flows, "the carrier's; devices learn a heartbeat below it");
    }
    found
}

/// Which of the devices of some flows hold their requests longer than a time-out.
fn cut<'f>(s: &Subject<'_>, timeout: SimSpan, flows: impl Iterator<Item = &'f Flow>) -> String {
    let (mut all, mut longer, mut adapt) = (0.0, 0.0, false);
    for flow in flows {
        let population = &s.scenario.model.workload.populations[flow.population];
        let devices = flow.clients * population.concurrent;
        all += devices;
        longer += devices * population.settings.eas_heartbeat.longer_than(timeout);
        adapt |= population.settings.eas_heartbeat.adapt();
    }
    if longer <= 0.0 {
        return if adapt {
            "ActiveSync devices keep their heartbeats below that, at the cost of their batteries".to_owned()
        } else {
            "no ActiveSync device holds a request so long yet: heartbeats grow to 15 to 30 min".to_owned()
        };
    }
    let share = 100.0 * longer / all;
    if share > 99.95 {
        return format!("each of {all:.0} ActiveSync devices holds a request longer");
    }
    format!("{longer:.0} of {all:.0} ActiveSync devices ({share:.0} %) hold a request longer")
}

fn held(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Where each flow of devices ends, looked up once.
    let mut at: BTreeMap<Id<CasGroup>, Vec<&Flow>> = BTreeMap::new();
    for flow in s.flows.iter().filter(|flow| flow.protocol == Protocol::Eas && flow.failure().is_none()) {
        let (entry, route) = flow.last();
        let ends = [entry, route.and_then(|route| route.target).filter(|target| Some(*target) != entry)];
        for group in ends.into_iter().flatten() {
            at.entry(group).or_default().push(flow);
        }
    }
    for (id, group) in s.groups() {
        let Some(limit) = group.connection_limit else { continue };
        let held = at.get(&id).map_or(&[][..], Vec::as_slice);
        let clients: f64 = held
            .iter()
            .map(|flow| flow.clients * s.scenario.model.workload.populations[flow.population].concurrent)
            .sum();
        let each = worst(s, group, held.iter().copied(), clients);
        if each <= f64::from(limit) {
            continue;
        }
        let path = format!("{}.cas.connection_limit", s.cas_path(id));
        let servers = (clients / f64::from(limit)).ceil();
        let message =
            format!("{each:.0} devices hold a request at a server of {}, and {limit} may", group.name);
        let spread = clients / f64::from(group.servers) <= f64::from(limit);
        let finding = Finding::at(path, message).touching(s.users(held.iter().copied()));
        found.push(if spread {
            let advice =
                "switch cookie affinity on at the balancer: addresses that many share fill one server";
            finding.fix(assigned(&format!("{}.cas.affinity", s.cas_path(id)), "cookie"), advice)
        } else {
            finding.fix(
                format!("{}.cas.servers={servers:.0}", s.cas_path(id)),
                "raise requestQueueLimit in the processModel of machine.config (up to 9000), or add servers",
            )
        });
    }
    found
}

/// Clients at the fullest server: an equal share, unless the balancer goes by addresses
/// that many of them share.
fn worst<'f>(s: &Subject<'_>, group: &CasGroup, flows: impl Iterator<Item = &'f Flow>, all: f64) -> f64 {
    let servers = f64::from(group.servers);
    if group.switches.publishing.affinity != Some(Affinity::SourceAddress) {
        return all / servers;
    }
    let mut sources: BTreeMap<(bool, usize, u32), f64> = BTreeMap::new();
    for flow in flows {
        let population = &s.scenario.model.workload.populations[flow.population];
        let clients = flow.clients * population.concurrent;
        let own = population.addresses.filter(|_| flow.location == population.from);
        let source = match (own, flow.location) {
            (Some(count), _) => Some((true, flow.population, count)),
            (None, Location::Internet(region)) => {
                let addresses = s.topology.regions[region.index()].addresses;
                addresses.map(|count| (false, region.index(), count))
            }
            (None, Location::Site(_)) => None,
        };
        let hidden = group.switches.publishing.hides_client_addresses;
        let source = if hidden { Some((false, usize::MAX, 1)) } else { source };
        if let Some(source) = source {
            *sources.entry(source).or_default() += clients;
        }
    }
    // So many of its addresses share the fullest server at least.
    let fullest = |((_, _, count), clients): (&(bool, usize, u32), &f64)| {
        clients / f64::from(*count) * f64::from(count.div_ceil(group.servers))
    };
    let shared: f64 = sources.values().sum();
    let most = sources.iter().map(fullest).fold(0.0, f64::max);
    most.max(all / servers).max((all - shared) / servers)
}

fn old_devices(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let told = |flow: &&Flow| flow.mechanism() == Mechanism::Redirect451 && flow.protocol == Protocol::Eas;
    let told: Vec<&Flow> = s.flows.iter().filter(told).collect();
    for (id, group) in s.groups() {
        let from = group.switches.eas_451_from;
        let sent: Vec<&Flow> = told.iter().copied().filter(|flow| flow.entry == Some(id)).collect();
        if from >= 121 || sent.is_empty() {
            continue;
        }
        let path = s.directory_path(id, Service::Eas, "redirect_451_from");
        let message = format!(
            "{} answers HTTP 451 to devices of protocol {:.1}, which do not know it",
            group.name,
            f64::from(from) / 10.0
        );
        found.push(
            Finding::at(path.clone(), message)
                .touching(s.users(sent.into_iter()))
                .fix(format!("{path}=12.1"), ""),
        );
    }
    found.extend(stranded(s));
    found
}

/// Devices that are answered 451 or 403 because they cannot go where they should.
fn stranded(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let cannot = |flow: &&Flow| flow.failure() == Some(Failure::DeviceCannotFollow);
    let cannot: Vec<&Flow> = s.flows.iter().filter(cannot).collect();
    for (id, group) in s.groups() {
        let lost = |flow: &&Flow| {
            group.directory(Service::Eas).external_url.is_some()
                && group.site == flow.home(s.topology)
                && flow.entry != Some(id)
        };
        let users = s.users(cannot.iter().copied().filter(lost));
        if users.is_empty() {
            continue;
        }
        let path = s.directory_path(id, Service::Eas, "external_url");
        let message = format!(
            "devices that do not follow HTTP 451 are to go to the ActiveSync ExternalURL of {}",
            s.site_of(id)
        );
        found.push(
            Finding::at(path.clone(), message)
                .touching(users)
                .fix(format!("{path}=\"none\""), directory(group, Service::Eas, "-ExternalUrl $null")),
        );
    }
    found
}

fn balanced(s: &Subject<'_>, id: Id<CasGroup>) -> bool {
    let site = s.cas(id).site;
    s.topology.sites[site.index()].cas.iter().map(|other| s.cas(*other).servers).sum::<u32>() > 1
}

fn no_affinity(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        let early = (2007..2013).contains(&group.generation.major());
        let bound = |flow: &&Flow| {
            flow.entry == Some(id) && matches!(flow.protocol.service(), Some(Service::Owa | Service::Ews))
        };
        let none = group.switches.publishing.affinity == Some(Affinity::None);
        if !none || !early || !balanced(s, id) || !s.flows.iter().any(|flow| bound(&flow)) {
            continue;
        }
        let path = format!("{}.cas.affinity", s.cas_path(id));
        let services = format!("{} and {}", service_name(Service::Owa), service_name(Service::Ews));
        let message =
            format!("the balancer before {} keeps no client of {services} at its server", group.name);
        found.push(
            Finding::at(path.clone(), message)
                .touching(s.users(s.flows.iter().filter(bound)))
                .fix(format!("{path}=\"cookie\""), "switch cookie affinity on at the balancer"),
        );
    }
    found
}

fn one_source(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        let publishing = &group.switches.publishing;
        let by_address = publishing.affinity == Some(Affinity::SourceAddress);
        if !by_address || !publishing.hides_client_addresses || !balanced(s, id) {
            continue;
        }
        let path = format!("{}.cas.affinity", s.cas_path(id));
        let message =
            format!("all clients of {} seem to come from one address, and land on one server", group.name);
        let users = s
            .flows
            .iter()
            .filter(|flow| flow.entry == Some(id) && matches!(flow.location, Location::Internet(_)));
        found.push(Finding::at(path.clone(), message).touching(s.users(users)).fix(
            format!("{path}=\"cookie\""),
            "switch cookie affinity on at the balancer, or let the publisher pass client addresses on",
        ));
    }
    found
}
