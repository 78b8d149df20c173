//! Lints of publishers that log users on.

use std::collections::BTreeMap;

use super::search::service_name;
use crate::check::finding::{Finding, Lint};
use crate::check::fixes::{directory, listed};
use crate::check::flows::Flow;
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::kernel::Id;
use crate::model::access::{Confidence, Failure};
use crate::model::directory::{Authentication, Service};
use crate::model::topology::{CasGroup, Delegation, PreAuthentication};
use crate::model::workload::Location;

/// Lints of publishers that log users on.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "L73",
        severity: Severity::Error,
        title: "servers do not take the logon that the publisher passes on",
        docs: "A publisher that logs users on passes their logon on to the servers: as Basic, which the virtual \
               directory must accept, or by NTLM or Kerberos constrained delegation, for which it needs Integrated \
               Windows Authentication. Otherwise nobody from the Internet gets past it.",
        source: "practitioners on publishing Exchange with ISA and TMG",
        confidence: Confidence::Memory,
        find: not_taken,
    },
    Lint {
        id: "L74",
        severity: Severity::Warning,
        title: "forms authentication behind a publisher that logs users on",
        docs: "The publisher has a logged-on user, and the server answers with its own form: OWA users log on twice. \
               Where a publisher logs on, the OWA directory has Basic or Integrated Windows Authentication alone.",
        source: "practitioners on publishing Exchange with ISA and TMG",
        confidence: Confidence::Memory,
        find: asked_twice,
    },
];

fn not_taken(s: &Subject<'_>) -> Vec<Finding> {
    let mut refused: BTreeMap<(Id<CasGroup>, Service), Vec<&Flow>> = BTreeMap::new();
    for flow in s.flows.iter().filter(|flow| flow.failure() == Some(Failure::DelegationRefused)) {
        if let (Some(entry), Some(service)) = (flow.last().0, flow.protocol.service()) {
            refused.entry((entry, service)).or_default().push(flow);
        }
    }
    let finding = |((id, service), flows): ((Id<CasGroup>, Service), Vec<&Flow>)| {
        let delegation = publisher_before(s, id)?.1;
        let (method, how) = match delegation {
            Delegation::Basic => ("Basic", "as Basic"),
            Delegation::Ntlm => ("Integrated Windows Authentication", "by NTLM"),
            Delegation::Kerberos => {
                ("Integrated Windows Authentication", "by Kerberos constrained delegation")
            }
        };
        let group = s.cas(id);
        let message = format!(
            "the publisher passes logons on {how}, and {} of {} does not have {method}",
            service_name(service),
            group.name
        );
        let mut auth = group.directory(service).auth.clone();
        auth.retain(|method| *method != Authentication::Forms);
        auth.push(delegation.needs());
        Some(fixed(s, (id, service), auth, message, &flows))
    };
    refused.into_iter().filter_map(finding).collect()
}

fn asked_twice(s: &Subject<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, group) in s.groups() {
        let Some((_, delegation)) = publisher_before(s, id) else { continue };
        let owa = group.directory(Service::Owa);
        if !owa.auth.contains(&Authentication::Forms) || !delegation.is_taken_by(owa) {
            continue;
        }
        let asked = |flow: &&Flow| {
            let internet = matches!(flow.location, Location::Internet(_));
            internet
                && flow.last().0 == Some(id)
                && flow.failure().is_none()
                && flow.protocol.service() == Some(Service::Owa)
        };
        let flows: Vec<&Flow> = s.flows.iter().filter(asked).collect();
        if flows.is_empty() {
            continue;
        }
        let message =
            format!("OWA users log on at the publisher, and once more at the form of {}", group.name);
        let mut auth = owa.auth.clone();
        auth.retain(|method| *method != Authentication::Forms);
        auth.push(delegation.needs());
        found.push(fixed(s, (id, Service::Owa), auth, message, &flows));
    }
    found
}

/// How the publisher before a group logs users on and passes their logon on, if it does.
fn publisher_before(s: &Subject<'_>, id: Id<CasGroup>) -> Option<(PreAuthentication, Delegation)> {
    let publisher = s.topology.publisher_before(s.cas(id).site)?;
    let pre = publisher.pre_authentication;
    (pre != PreAuthentication::None).then_some((pre, publisher.delegation))
}

fn fixed(
    s: &Subject<'_>,
    (id, service): (Id<CasGroup>, Service),
    mut auth: Vec<Authentication>,
    message: String,
    flows: &[&Flow],
) -> Finding {
    auth.sort_unstable();
    auth.dedup();
    let path = s.directory_path(id, service, "auth");
    let words = Authentication::ALL.iter().filter(|(method, _)| auth.contains(method)).map(|(_, word)| *word);
    let on = |method| if auth.contains(&method) { "$true" } else { "$false" };
    let forms = if service == Service::Owa { "-FormsAuthentication $false " } else { "" };
    let parameters = format!(
        "{forms}-BasicAuthentication {} -WindowsAuthentication {}",
        on(Authentication::Basic),
        on(Authentication::Integrated)
    );
    Finding::at(path.clone(), message)
        .touching(s.users(flows.iter().copied()))
        .fix(listed(&path, words), directory(s.cas(id), service, &parameters))
}
