//! Lints of Outlook Anywhere: where it is on, fit for what is forwarded, and by which names.

use super::search::whom;
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::assigned;
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::Confidence;
use crate::model::directory::Authentication;
use crate::model::protocol::Protocol;
use crate::model::topology::CasGroup;
use crate::model::workload::Location;
use crate::scenario::key;

/// Lints of Outlook Anywhere.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L63",
        severity: Severity::Error,
        title: "Outlook Anywhere unfit at an older target",
        docs: "From 2013 on a server forwards Outlook Anywhere of a 2007 or 2010 mailbox to a Client Access server \
               of that release, also in a site without the Internet. It must be enabled there, with NTLM among \
               its IIS authentication methods and without SSL offloading, before names move.",
        source: "Exchange Team Blog, 2015-10-26, client connectivity of 2016 with 2010; practical365.com",
        confidence: Confidence::Source,
        find: outlook_target,
    },
    Lint {
        id: "L81",
        severity: Severity::Note,
        title: "Outlook Anywhere is taken for enabled by hand",
        docs: "Setup leaves Outlook Anywhere off up to 2010. The scenario does not state it for a server of a site on \
               the Internet and has clients of it at home there, or led there by name: somebody is taken to have \
               enabled it. State it, so that it is known.",
        source: "docs/defaults.md",
        confidence: Confidence::Memory,
        find: taken_for_enabled,
    },
    Lint {
        id: "L82",
        severity: Severity::Warning,
        title: "Outlook Anywhere by another name than Outlook is told",
        docs: "Autodiscover tells Outlook the ExternalHostname (inside, from 2013 on, the InternalHostname) of Outlook \
               Anywhere of the mailbox's site and rewrites its profile. A population that is stated to use another \
               name will not keep it.",
        source: "TechNet white paper on Autodiscover",
        confidence: Confidence::Source,
        find: other_name,
    },
];

fn taken_for_enabled(s: &Subject<'_>) -> Vec<Finding> {
    s.groups()
        .filter(|(_, group)| group.generation.major() < 2013 && group.outlook_anywhere)
        .filter_map(|(id, group)| {
            let path = format!("{}.outlook_anywhere", s.cas_path(id));
            if s.scenario.spans.given(&path) || s.scenario.spans.given(&format!("{path}.enabled")) {
                return None;
            }
            let entered = |flow: &&Flow| {
                flow.protocol == Protocol::OutlookAnywhere
                    && (flow.entry == Some(id) || flow.home(s.topology) == group.site)
            };
            let message = format!(
                "Outlook Anywhere of {} is taken for enabled, since clients use it; setup leaves it off",
                whom(s, id)
            );
            let command = format!("see: Get-OutlookAnywhere -Server \"{}\"", group.name);
            let finding =
                Finding::at(path.clone(), message).touching(s.users(s.flows.iter().filter(entered)));
            Some(finding.fix(format!("{path}=true"), command))
        })
        .collect()
}

fn other_name(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<(String, String, Vec<&Flow>)> = Vec::new();
    for flow in s.flows.iter().filter(|flow| flow.protocol == Protocol::OutlookAnywhere && !flow.misdirected)
    {
        let told = super::search::candidates(s, flow.mailbox).into_iter().find_map(|id| {
            let hosts = &s.cas(id).switches.outlook_anywhere;
            let host = match flow.location {
                Location::Internet(_) => &hosts.external_host,
                Location::Site(_) => &hosts.internal_host,
            };
            host.clone().filter(|_| s.cas(id).outlook_anywhere)
        });
        let used = &s.topology.namespaces[flow.namespace.index()].name;
        let Some(told) = told.filter(|told| told != used) else { continue };
        let population = &s.scenario.model.workload.populations[flow.population].name;
        let path = format!("population.{}.namespace.outlook-anywhere", key(population));
        let message =
            format!("clients of `{population}` are stated to use {used}, and Outlook is told {told}");
        match found.iter_mut().find(|(_, known, _)| *known == message) {
            Some((.., flows)) => flows.push(flow),
            None => found.push((path, message, vec![flow])),
        }
    }
    let told = |message: &str| message.rsplit(' ').next().unwrap_or_default().to_owned();
    found
        .into_iter()
        .map(|(path, message, flows)| {
            let set = assigned(&path, &told(&message));
            Finding::at(path, message).touching(s.users(flows.into_iter())).fix(set, "")
        })
        .collect()
}

fn outlook_target(s: &Subject<'_>) -> Vec<Finding> {
    let mut found: Vec<(Id<CasGroup>, bool, Vec<&Flow>)> = Vec::new();
    for flow in s.flows.iter().filter(|flow| flow.protocol == Protocol::OutlookAnywhere) {
        let rule = flow.last().1.map_or("", |route| route.rule);
        if !matches!(rule, "2013/outlook-anywhere-older" | "2013/proxy-older") {
            continue;
        }
        for id in
            super::search::candidates(s, flow.mailbox).into_iter().filter(|&id| unfit(s.cas(id)).is_some())
        {
            match found.iter_mut().find(|(known, ..)| *known == id) {
                Some((_, cut_off, flows)) => {
                    *cut_off |= flow.failure().is_some();
                    flows.push(flow);
                }
                None => found.push((id, flow.failure().is_some(), vec![flow])),
            }
        }
    }
    found
        .into_iter()
        .map(|(id, cut_off, flows)| {
            let group = s.cas(id);
            let path = format!("{}.outlook_anywhere", s.cas_path(id));
            let why = unfit(group).unwrap_or_default();
            let message = format!("Outlook Anywhere of {} {why}, and a newer server forwards to it", whom(s, id));
            let host = &s.topology.namespaces[flows[0].namespace.index()].name;
            let verb = if group.outlook_anywhere { "Set" } else { "Enable" };
            let whose = if group.outlook_anywhere { "-Identity" } else { "-Server" };
            let place =
                if group.outlook_anywhere { format!("{}\\Rpc (Default Web Site)", group.name) } else { group.name.clone() };
            let command = format!(
                "{verb}-OutlookAnywhere {whose} \"{place}\" -ExternalHostname {host} -ClientAuthenticationMethod Basic \
                 -IISAuthenticationMethods Basic,NTLM -SSLOffloading $false"
            );
            let finding = Finding::at(path.clone(), message)
                .touching(s.users(flows.into_iter()))
                .fix(format!("{path}=true"), command);
            Finding { severity: (!cut_off).then_some(Severity::Warning), ..finding }
        })
        .collect()
}

/// Why a server does not take Outlook Anywhere that is forwarded to it.
fn unfit(group: &CasGroup) -> Option<&'static str> {
    let settings = &group.switches.outlook_anywhere;
    let basic = settings.auth.as_ref().is_some_and(|auth| !auth.contains(&Authentication::Integrated));
    match (group.outlook_anywhere, basic, settings.ssl_offloading) {
        (false, ..) => Some("is off"),
        (true, true, _) => Some("has no NTLM among its IIS authentication methods"),
        (true, false, true) => Some("has SSL offloading"),
        (true, false, false) => None,
    }
}
