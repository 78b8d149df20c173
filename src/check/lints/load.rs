//! Lints of what no other rule explains: refusals, and load beyond capacity.

use super::search::namespace_path;
use super::{anywhere, deployment, edge, hops, legacy, mail, outlook, publisher, reach, urls};
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{Fix, listed};
use crate::check::flows::Flow;
use crate::check::subject::{Subject, clock};
use crate::clients::expected::offered_load::{OfferedLoad, Resource};
use crate::diagnostics::Severity;
use crate::model::access::{Confidence, Counterfactual, Failure, explain};
use crate::model::protocol::Protocol;
use crate::model::shell;
use crate::scenario::key;

/// Settings by which a refusal is tried to be mended.
const MENDING: usize = 4;
/// Refusals for which settings are looked for.
const TOLD: usize = 20;

/// Refusals without a rule of their own, and overload.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L41",
        severity: Severity::Error,
        title: "clients are refused",
        docs: "The access rules refuse these clients for a reason that has no lint of its own. `casim explain` \
               shows the rule, what it looked at, and which changes of single settings would help.",
        source: "the access rules (docs/rules.md)",
        confidence: Confidence::Article,
        find: refused,
    },
    Lint {
        id: "L42",
        severity: Severity::Error,
        title: "offered load of 100 % or more",
        docs: "By the utilisation law, clients ask for more work (or more bits) in the busiest hour than the servers \
               (or the link) can do in it. The queue grows for as long as that lasts; no mean of a steady state \
               exists. Retries come on top and are not counted.",
        source: "utilisation law: arrival rate times mean demand over capacity",
        confidence: Confidence::Source,
        find: overload,
    },
];

/// The lints that explain a failure when they find something.
fn explaining(failure: Failure) -> &'static [&'static str] {
    match failure {
        Failure::ServiceDisabled => &["L63"],
        Failure::DelegationRefused => &["L73"],
        Failure::ProxiedTwice => &["L61"],
        Failure::NameNotResolved | Failure::NoRoute => &["L62"],
        Failure::NoIntegratedAuth => &["L03", "L04", "L63"],
        Failure::PopImapCrossSite => &["L07"],
        Failure::NoInternalUrl | Failure::UrlNotSecure => &["L06"],
        Failure::NoServicePrincipal => &["L06", "L18", "L19"],
        Failure::NoTarget => &["L05"],
        Failure::EntryBuildTooOld | Failure::NoResourceFolder => &["L16"],
        Failure::InvalidUserContext => &["L17"],
        Failure::NoBypassUrl => &["L20"],
        Failure::UntrustedCertificate => &["L21"],
        Failure::PortClosed => &["L24", "L25"],
        Failure::DeadRedirect => &["L01", "L02"],
        Failure::RedirectLoop => &["L13", "L14", "L29"],
        Failure::TargetServiceStopped => &["L37"],
        Failure::BackEndRefused => &["L27"],
        Failure::NoLegacyUrl => &["L28", "L29"],
        Failure::NameNotReachable => &["L15"],
        Failure::DeviceCannotFollow => &["L34"],
        _ => &[],
    }
}

/// Lints of rooms in which refusals are explained.
const EXPLAINING: [&[Lint]; 10] = [
    publisher::LINTS,
    anywhere::LINTS,
    deployment::LINTS,
    urls::LINTS,
    reach::LINTS,
    hops::LINTS,
    legacy::LINTS,
    mail::LINTS,
    outlook::LINTS,
    edge::LINTS,
];

fn refused(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<(String, Failure, Vec<&Flow>)> = Vec::new();
    let mut told: Vec<(Failure, Vec<Finding>)> = Vec::new();
    for flow in &s.flows {
        let Some(failure) = flow.failure() else { continue };
        let known = told.iter().position(|(known, _)| *known == failure).unwrap_or_else(|| {
            let rules = explaining(failure);
            let lints = EXPLAINING.into_iter().flatten().filter(|lint| rules.contains(&lint.id));
            told.push((failure, lints.flat_map(|lint| (lint.find)(s)).collect()));
            told.len() - 1
        });
        // What others are refused for does not explain this.
        let population = &s.scenario.model.workload.populations[flow.population].name;
        let touches = |finding: &Finding| {
            finding.users.is_empty() || finding.users.iter().any(|users| users.population == *population)
        };
        if told[known].1.iter().any(touches) {
            continue;
        }
        let path = match (failure, flow.entry) {
            (Failure::ServiceDisabled, Some(entry)) if is_mail(flow) => {
                format!("{}.{}", s.cas_path(entry), flow.protocol.token())
            }
            (Failure::ServiceDisabled, Some(entry)) if flow.protocol != Protocol::MapiHttp => {
                format!("{}.outlook_anywhere", s.cas_path(entry))
            }
            _ => namespace_path(s, flow),
        };
        match found.iter_mut().find(|(p, f, _)| *p == path && *f == failure) {
            Some((_, _, all)) => all.push(flow),
            None => found.push((path, failure, vec![flow])),
        }
    }
    found
        .into_iter()
        .enumerate()
        .map(|(number, (path, failure, flows))| {
            let mut protocols: Vec<&str> = flows.iter().map(|flow| flow.protocol.title()).collect();
            protocols.sort_unstable();
            protocols.dedup();
            let first = flows[0];
            let behind = first.entry.filter(|id| first.down.behind.contains(id));
            let why = behind.map_or_else(
                || failure.sentence().to_owned(),
                |id| format!("The balancer before {} is down.", s.cas(id).name),
            );
            let message = format!("{} clients are refused: {why}", protocols.join(" and "));
            let mailbox = &s.mailbox(first.mailbox).name;
            let entry = first.entry.map_or("...", |entry| s.cas(entry).name.as_str());
            let see = format!(
                "see: casim explain SCENARIO --protocol {} --entry \"{entry}\" --mailbox \"{mailbox}\"",
                first.protocol
            );
            // Off in the organisation, whatever its servers have.
            let organisation = first.protocol == Protocol::MapiHttp;
            let (set, command) = match failure {
                Failure::ServiceDisabled if organisation => {
                    ("organisation.mapi_http=true".to_owned(), shell::mapi_http(true))
                }
                Failure::ServiceDisabled => (format!("{path}=true"), see),
                _ => (String::new(), see),
            };
            let finding =
                Finding::at(path, message).touching(s.users(flows.iter().copied())).fix(set, command);
            // Where very many are refused nobody reads a proposal for each.
            let mends = if number < TOLD { mending(s, first) } else { Vec::new() };
            mends.into_iter().chain(without_old(s, &flows)).fold(finding, Finding::or)
        })
        .collect()
}

/// Settings that would mend a refusal by themselves, as `explain` finds them.
fn mending(s: &Subject<'_>, flow: &Flow) -> Vec<Fix> {
    let Some(entry) = flow.entry else { return Vec::new() };
    let found = explain(&flow.ask(s.topology, entry));
    // Nobody can set what sources disagree about.
    let open = |line: &str| line.starts_with("contested.");
    let mends = found.counterfactuals.into_iter().filter(|other| other.failure.is_none());
    let of = |other: Counterfactual| {
        let set = other.set.filter(|set| !open(&set.line))?;
        Some(Fix::new(set.whole(|id| s.cas_path(id), |id| s.mailbox_path(id)), other.shell))
    };
    mends.filter_map(of).take(MENDING).collect()
}

/// The name of these clients without the servers that are too old for them.
fn without_old(s: &Subject<'_>, flows: &[&Flow]) -> Option<Fix> {
    let first = flows.first().filter(|flow| flow.failure() == Some(Failure::MailboxNewer))?;
    let name = &s.topology.namespaces[first.namespace.index()];
    let sites = name.internet.iter().chain(&name.inside);
    let all = sites.flat_map(|site| name.groups_in(&s.topology.sites[site.index()]));
    let mut fit: Vec<&str> = all
        .filter(|id| s.cas(*id).generation.major() >= s.mailbox(first.mailbox).generation.major())
        .map(|id| s.cas(id).name.as_str())
        .collect();
    fit.sort_unstable();
    fit.dedup();
    let path = format!("namespace.{}.servers", key(&name.name));
    let command = format!("let {} lead to {} alone", name.name, fit.join(", "));
    (!fit.is_empty()).then(|| Fix::new(listed(&path, fit), command))
}

fn is_mail(flow: &Flow) -> bool {
    flow.protocol.is_mail()
}

fn overload(s: &Subject<'_>) -> Vec<Finding> {
    s.offered()
        .iter()
        .filter(|offered| offered.utilisation() >= 1.0)
        .map(|offered| overloaded(s, offered))
        .collect()
}

/// A quantity of bits a second in words.
fn rate(bits: f64) -> String {
    if bits >= 1e6 { format!("{:.1} Mbit/s", bits / 1e6) } else { format!("{:.0} kbit/s", bits / 1e3) }
}

fn overloaded(s: &Subject<'_>, offered: &OfferedLoad) -> Finding {
    let workload = &s.scenario.model.workload;
    let percent = offered.utilisation() * 100.0;
    let servers = |path: String, n: u32| {
        let to = (f64::from(n) * offered.utilisation() / 0.7).ceil();
        (format!("{path}.servers={to:.0}"), format!("{path}.servers"))
    };
    let words = |unit: &str| format!("{:.1} of {:.0} {unit}", offered.demand, offered.capacity);
    // To 70 %: what a planner leaves for bursts.
    let wider = |raw: f64, available: f64| {
        let mbps = (offered.demand / 0.7 / available).max(raw) / 1e6;
        // Rounded up to what somebody would order.
        let step = if mbps >= 10.0 { 1.0 } else { 100.0 };
        format!("{} Mbps", (mbps * step).ceil() / step)
    };
    let (figure, (set, path)) = match offered.resource {
        Resource::Cas(id) => (words("cores"), servers(format!("{}.cas", s.cas_path(id)), s.cas(id).servers)),
        Resource::Mailbox(id) => {
            (words("cores"), servers(format!("{}.mailbox", s.mailbox_path(id)), s.mailbox(id).servers))
        }
        Resource::Publisher(id) => {
            let site = &s.topology.sites[id.index()];
            let count = site.publisher.as_ref().and_then(|p| p.capacity.as_ref()).map_or(1, |c| c.servers);
            (words("cores"), servers(format!("site.{}.publisher", key(&site.name)), count))
        }
        Resource::Host(id) => {
            let host = &s.topology.hosts[id.index()];
            let path = format!("host.{}.cores", key(&host.name));
            let to = (f64::from(host.cores) * offered.utilisation() / 0.7).ceil();
            (words("cores"), (format!("{path}={to:.0}"), path))
        }
        Resource::Link(id, way) => {
            let link = &s.topology.links[id.index()];
            let path = format!("link.{}.bandwidth", key(&link.name));
            let to = wider(link.bandwidth[way], link.available);
            (bits(offered), (format!("{path}=\"{to}\""), path))
        }
        Resource::Pipe(id, way) => {
            let site = &s.topology.sites[id.index()];
            let path = format!("site.{}.internet.bandwidth", key(&site.name));
            let raw = site.internet.as_ref().map_or(0.0, |pipe| pipe.bandwidth[way]);
            (bits(offered), (format!("{path}=\"{}\"", wider(raw, 1.0)), path))
        }
        Resource::Station(id) => {
            let station = &workload.stations[id.index()];
            (words("cores"), servers(format!("station.{}", key(&station.name)), station.servers))
        }
        Resource::CustomLink(id) => {
            let path = format!("pipe.{}.bandwidth", key(&workload.links[id.index()].name));
            (bits(offered), (format!("{path}=\"{}\"", wider(0.0, 1.0)), path))
        }
    };
    let message = format!(
        "{} is offered {percent:.0} % of its capacity in the hour from {} ({figure})",
        offered.name,
        clock(s.scenario, offered.from)
    );
    Finding::at(path, message).touching(s.asking(&offered.by_population)).fix(set, "")
}

fn bits(offered: &OfferedLoad) -> String {
    format!("{} of {}", rate(offered.demand), rate(offered.capacity))
}
