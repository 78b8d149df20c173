//! What all lints find, of a scenario as it begins and after each change in time.
//!
//! Must not try a fix, nor judge what is found.

use std::collections::BTreeSet;

use super::finding::{Finding, Lint, Report};
use super::flows::Lost;
use super::lints;
use super::subject::{Subject, clock};
use crate::model::topology::Topology;
use crate::scenario::Scenario;

/// Which servers of an organisation are down; asked anew of each that a fix makes.
pub type Down<'d> = dyn Fn(&Topology) -> Lost + 'd;

/// As [`super::check`], with every fix that a lint proposes, tried or not.
#[must_use]
pub fn findings(scenario: &Scenario) -> Vec<Report> {
    findings_while(scenario, &|_| Lost::default())
}

pub(super) fn findings_while(scenario: &Scenario, down: &Down<'_>) -> Vec<Report> {
    let mut reports = Vec::new();
    // The same finding with other figures is not a new one.
    let mut seen: BTreeSet<(&str, String, String)> = BTreeSet::new();
    let mut new = |lint: &Lint, finding: &Finding| {
        let words = finding.message.chars().filter(|c| !c.is_ascii_digit()).collect();
        seen.insert((lint.id, finding.path.clone(), words))
    };
    let subject = Subject::while_down(scenario, &down(&scenario.model.topology));
    for lint in lints::all() {
        for finding in (lint.find)(&subject) {
            new(lint, &finding);
            let span = scenario.spans.find(&finding.path);
            let severity = finding.severity.unwrap_or(lint.severity);
            reports.push(Report { lint, severity, finding, span });
        }
    }
    for (number, change) in scenario.model.workload.changes.iter().enumerate() {
        if change.at >= scenario.experiment.ends_at() {
            continue;
        }
        let subject = Subject::after(scenario, change, &down(&change.topology));
        for lint in lints::all() {
            for mut finding in (lint.find)(&subject) {
                if !new(lint, &finding) {
                    continue;
                }
                finding.message = format!("{}, from {} on", finding.message, clock(scenario, change.at));
                // Laid on the beginning, the fix would be undone by the change.
                if finding.fix.path().is_some_and(|path| scenario.spans.changed(number, path)) {
                    finding.fix.set.push_str(" (in the `set` of the [[change]])");
                    finding.or.clear();
                }
                let span = scenario.spans.find_changed(number, &finding.path);
                let severity = finding.severity.unwrap_or(lint.severity);
                reports.push(Report { lint, severity, finding, span });
            }
        }
    }
    reports.sort_by(|a, b| {
        (a.severity, a.lint.id, a.span, &a.finding.path).cmp(&(
            b.severity,
            b.lint.id,
            b.span,
            &b.finding.path,
        ))
    });
    reports
}
