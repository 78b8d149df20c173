//! Lints of where names and URLs lead.

use super::search::{failing, namespace_path, own_url, service_name, whom};
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{assigned, directory};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Confidence, Failure};
use crate::model::directory::Service;
use crate::model::topology::Site;
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
