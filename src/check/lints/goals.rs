//! Lints of what is asked of the service (`[slo]`).

use crate::check::finding::{Finding, Lint};
use crate::check::subject::Subject;
use crate::diagnostics::Severity;
use crate::model::access::Confidence;
use crate::model::protocol::Protocol;

/// Lints of goals.
pub const LINTS: &[Lint] = &[Lint {
    id: "L84",
    severity: Severity::Warning,
    title: "goal for a protocol that nobody uses",
    docs: "A goal is stated for a protocol that no population's clients speak: no request is ever held against it, and the \
           table of goals leaves it out. Give somebody the protocol (`clients`), or take the goal away.",
    source: "what a run can judge",
    confidence: Confidence::Source,
    find: unused,
}];

fn unused(s: &Subject<'_>) -> Vec<Finding> {
    let workload = &s.scenario.model.workload;
    let uses = |protocol: Protocol| {
        let people = workload.populations.iter().filter(|people| people.mailboxes > 0);
        people.flat_map(|people| &people.clients).any(|used| used.protocol == protocol && used.share > 0.0)
    };
    let goals = workload.slo.protocols.iter().filter(|(protocol, _)| !uses(*protocol));
    goals
        .map(|(protocol, _)| {
            let path = format!("slo.{}", protocol.token());
            Finding::at(path, format!("a goal is stated for {}, and nobody uses it", protocol.title()))
        })
        .collect()
}
