//! The linter: what is wrong with an organisation, before anything is run.
//!
//! A rule is a value ([`Lint`]) with id, severity, documentation and source; its
//! `find` looks at a [`Subject`]: the model, every way that a population's clients
//! take through the access rules ([`flows`]) and the load that they offer
//! ([`crate::clients::expected::offered_load`]). A [`Finding`] names the key of the offending
//! setting, the users touched, and a fix that can be typed. [`check`] runs all rules
//! and adds what none of them explains: a refusal is never silent.
//!
//! Must not decide how a request is routed ([`crate::model::access`]) nor how a
//! finding is shown (`commands::check`), and asks nothing of the engine. Read [`flows`],
//! [`subject`], [`finding`], then one file of [`lints`]; [`fixes`] makes what mends a
//! finding, `trial` tries it, [`names`] is the list of what has to be published.

pub mod document;
pub mod finding;
pub mod fixes;
pub mod flows;
pub mod groups;
pub mod lints;
pub mod names;
pub mod subject;
mod trial;

use std::collections::BTreeSet;

pub use finding::{Finding, Lint, Report, word};
pub use fixes::Fix;
pub use groups::{Group, grouped};
pub use subject::{Subject, Users};

use crate::model::topology::Topology;
use crate::scenario::Scenario;
use flows::Lost;
use subject::clock;

/// Everything that all lints find, with the fixes that cure, tried; worst first, then by id
/// and place: first as the scenario begins, then what is new after each change.
#[must_use]
pub fn check(scenario: &Scenario) -> Vec<Report> {
    check_while(scenario, &|_| Lost::default())
}

/// Which servers of an organisation are down; asked anew of each that a fix makes.
pub type Down<'d> = dyn Fn(&Topology) -> Lost + 'd;

/// As [`check`], while servers are down and that has been found out. What load finds is that of
/// everybody at servers that are up.
#[must_use]
pub fn check_while(scenario: &Scenario, down: &Down<'_>) -> Vec<Report> {
    let mut reports = findings_while(scenario, down);
    trial::tried(scenario, &mut reports, down);
    reports
}

/// As [`check`], with every fix that a lint proposes, tried or not.
#[must_use]
pub fn findings(scenario: &Scenario) -> Vec<Report> {
    findings_while(scenario, &|_| Lost::default())
}

fn findings_while(scenario: &Scenario, down: &Down<'_>) -> Vec<Report> {
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
