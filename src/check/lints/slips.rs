//! Lints of names and values that are probably slips.

use std::collections::BTreeSet;

use super::search::{service_name, whom};
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{assigned, directory};
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::Confidence;
use crate::model::directory::{Service, Url};
use crate::model::topology::CasGroup;
use crate::scenario::key;

/// One-way latency above which a link is probably a slip: no path on Earth is so long.
const IMPLAUSIBLE: u64 = 1_000_000_000;

/// Lints of slips.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L70",
        severity: Severity::Warning,
        title: "host name a letter or two from a declared one",
        docs: "The host of a URL is not declared and differs from a declared name by one or two letters. A note where \
               what differs is so short that it may be another name.",
        source: "edit distance",
        confidence: Confidence::Memory,
        find: near_miss,
    },
    Lint {
        id: "L71",
        severity: Severity::Warning,
        title: "implausible value",
        docs: "A one-way latency above one second, a mean round trip of a region above two, an ExternalURL without SSL, a URL whose path is not that of its \
               service or whose port is not that of the web site, or a share of 1 % and less where nobody means so \
               little (`0.8 %` for `80 %`).",
        source: "plausibility",
        confidence: Confidence::Memory,
        find: implausible,
    },
];

/// The line and the command that put another host in its place.
type Instead<'s> = Box<dyn Fn(&str) -> (String, String) + 's>;

/// A setting that holds a host: its path, the host, what it is in words, the value with
/// another host in its place, and the command that sets it.
struct Held<'s> {
    path: String,
    host: String,
    what: String,
    with: Instead<'s>,
}

/// Every setting of a group that holds a host name.
fn hosts<'s>(s: &Subject<'s>, id: Id<CasGroup>) -> Vec<Held<'s>> {
    let group = s.cas(id);
    let mut all = Vec::new();
    let mut add = |service: Service, name: &'static str, parameter: &'static str, url: Option<&Url>| {
        let Some(url) = url.cloned() else { return };
        let path = s.directory_path(id, service, name);
        all.push(Held {
            host: url.host.clone(),
            what: format!("{parameter} of {} of {}", service_name(service), whom(s, id)),
            with: Box::new({
                let path = path.clone();
                move |host| {
                    let to = url.text.to_lowercase().replacen(&url.host, host, 1);
                    (assigned(&path, &to), directory(group, service, &format!("-{parameter} \"{to}\"")))
                }
            }),
            path,
        });
    };
    for (service, ..) in Service::ALL {
        let set = group.directory(service);
        add(service, "external_url", "ExternalUrl", set.external_url.as_ref());
        add(service, "internal_url", "InternalUrl", set.internal_url.as_ref());
    }
    let bypass = group.switches.internal_nlb_bypass_url.as_ref();
    add(Service::Ews, "internal_nlb_bypass_url", "InternalNLBBypassUrl", bypass);
    add(Service::Owa, "failback_url", "FailbackUrl", group.switches.failback_url.as_ref());
    add(Service::Owa, "exchange2003_url", "Exchange2003Url", group.switches.exchange2003_url.as_ref());
    all
}

fn near_miss(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let declared = |name: &str| s.scenario.spans.given(&format!("namespace.{}", key(name)));
    let full: BTreeSet<&str> = s.groups().filter_map(|(_, group)| group.switches.fqdn.as_deref()).collect();
    let labels: BTreeSet<String> = s.groups().map(|(_, group)| super::search::label(&group.name)).collect();
    let own = |host: &str| {
        full.contains(host) || labels.contains(host.split('.').next().unwrap_or_default()) || declared(host)
    };
    for (id, _) in s.groups() {
        for held in hosts(s, id).into_iter().filter(|held| !own(&held.host)) {
            let known = s.topology.namespaces.iter().filter(|known| declared(&known.name));
            let Some((near, doubtful)) = known
                .filter_map(|known| Some((&known.name, slip(&known.name, &held.host)?)))
                .min_by_key(|(_, d)| *d)
            else {
                continue;
            };
            let message = format!("{} of {} is not declared; did you mean {near}?", held.host, held.what);
            let (set, command) = (held.with)(near);
            let finding = Finding::at(held.path.clone(), message).fix(set, command);
            found.push(Finding { severity: doubtful.then_some(Severity::Note), ..finding });
        }
    }
    found
}

/// Whether a host is a slip of a declared one, by one or two letters; `true` where it may as
/// well be another name, because what differs is short. Names of a series (`mail1`, `mail2`)
/// are no slips.
fn slip(declared: &str, host: &str) -> Option<bool> {
    let letters = |name: &str| name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let distance = strsim::osa_distance(declared, host);
    if !(1..=2).contains(&distance) || letters(declared) == letters(host) {
        return None;
    }
    let differing = declared.split('.').zip(host.split('.')).filter(|(a, b)| a != b);
    let shortest = differing.map(|(a, b)| a.len().max(b.len())).min().unwrap_or_default();
    Some(shortest < 4 * distance && declared.split('.').count() == host.split('.').count())
}

fn implausible(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = hundredths(s);
    found.extend(ports(s));
    for link in s.topology.links.iter().filter(|link| link.latency.0 > IMPLAUSIBLE) {
        let path = format!("link.{}.latency", key(&link.name));
        let seconds = link.latency.as_secs_f64();
        let message =
            format!("{} has a one-way latency of {seconds:.1} s: were {seconds:.1} ms meant?", link.name);
        let meant = assigned(&path, &format!("{seconds} ms"));
        found.push(Finding::at(path, message).fix(meant, ""));
    }
    for region in &s.topology.regions {
        let (mean, path) = (region.rtt.mean(), format!("region.{}.rtt", key(&region.name)));
        if mean > 2.0 * IMPLAUSIBLE as f64 {
            let message = format!("clients in {} have a mean round trip of {:.1} s", region.name, mean / 1e9);
            found.push(Finding::at(path, message));
        }
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

/// Shares of one in a hundred and less where nobody means so little: `0.8 %` for `80 %`.
fn hundredths(s: &Subject<'_>) -> Vec<Finding> {
    let mut shares: Vec<(String, String, f64)> = Vec::new();
    for link in &s.topology.links {
        let what = format!("of {} for clients", link.name);
        shares.push((format!("link.{}.available", key(&link.name)), what, link.available));
    }
    let workload = &s.scenario.model.workload;
    for population in &workload.populations {
        let path = format!("population.{}.concurrent", key(&population.name));
        shares.push((path, format!("of `{}` active", population.name), population.concurrent));
    }
    let slo = &workload.slo;
    let goals =
        [("cpu", slo.cpu), ("cpu_mean", slo.cpu_mean), ("link", slo.link), ("link_mean", slo.link_mean)];
    for (name, goal) in goals {
        shares.extend(goal.map(|goal| (format!("slo.{name}"), "of use as a goal".to_owned(), goal)));
    }
    for (protocol, goal) in &slo.protocols {
        let available = goal.availability.map(|share| (format!("slo.{protocol}.availability"), share));
        let words = || format!("of {} available as a goal", protocol.title());
        shares.extend(available.map(|(path, share)| (path, words(), share)));
    }
    shares
        .into_iter()
        .filter(|(path, _, share)| *share > 0.0 && *share <= 0.01 && s.scenario.spans.given(path))
        .map(|(path, what, share)| {
            let message = format!(
                "{} % {what} is probably {} %: a share is 0.8 or \"80 %\"",
                rounded(share * 100.0),
                rounded(share * 10_000.0)
            );
            Finding::at(path.clone(), message).fix(format!("{path}={}", rounded(share * 100.0)), "")
        })
        .collect()
}

fn rounded(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

/// Ports in URLs and settings by which no service of setup is reached.
fn ports(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        for (service, ..) in Service::ALL {
            let set = group.directory(service);
            let bypass = group.switches.internal_nlb_bypass_url.as_ref().filter(|_| service == Service::Ews);
            for (name, parameter, url) in [
                ("external_url", "ExternalUrl", set.external_url.as_ref()),
                ("internal_url", "InternalUrl", set.internal_url.as_ref()),
                ("internal_nlb_bypass_url", "InternalNLBBypassUrl", bypass),
            ] {
                let Some(url) = url else { continue };
                let right = if url.secure { 443 } else { 80 };
                if url.port() == right {
                    continue;
                }
                let path = s.directory_path(id, service, name);
                let to = url.text.replacen(&format!(":{}", url.port()), "", 1);
                let message = format!(
                    "{url} of {} of {} names port {}; the web site of Exchange answers at {right}",
                    service_name(service),
                    whom(s, id),
                    url.port()
                );
                let command = directory(group, service, &format!("-{parameter} \"{to}\""));
                found.push(Finding::at(path.clone(), message).fix(assigned(&path, &to), command));
            }
        }
    }
    found
}
