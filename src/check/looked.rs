//! What all lints find, of a scenario as it begins and after each change in time.
//!
//! Must not try a fix, nor judge what is found.

use std::collections::BTreeSet;

use super::finding::{Finding, Lint, Report};
use super::fixes::IN_A_CHANGE;
use super::flows::{Flow, Lost};
use super::lints;
use super::subject::{Subject, clock};
use crate::model::topology::Topology;
use crate::scenario::Scenario;

/// Which servers of an organisation are down; asked anew of each that a fix makes.
pub type Down<'d> = dyn Fn(&Topology) -> Lost + 'd;

/// As [`super::check`], with every fix that a lint proposes, tried or not.
#[must_use]
pub fn findings(scenario: &Scenario) -> Vec<Report> {
    Looked::while_down(scenario, &|_| Lost::default()).reports()
}

/// A scenario with every way that its clients take, as it begins and after each change in time.
pub(super) struct Looked<'s> {
    scenario: &'s Scenario,
    begins: Subject<'s>,
    /// With the number of the change.
    changed: Vec<(usize, Subject<'s>)>,
}

impl<'s> Looked<'s> {
    pub(super) fn while_down(scenario: &'s Scenario, down: &Down<'_>) -> Self {
        let begins = Subject::while_down(scenario, &down(&scenario.model.topology));
        let ends = scenario.experiment.ends_at();
        let changes = scenario.model.workload.changes.iter().enumerate();
        let changed = changes
            .filter(|(_, change)| change.at < ends)
            .map(|(number, change)| (number, Subject::after(scenario, change, &down(&change.topology))))
            .collect();
        Self { scenario, begins, changed }
    }

    /// The ways as it begins.
    pub(super) fn flows(&self) -> &[Flow] {
        &self.begins.flows
    }

    /// What one lint finds.
    pub(super) fn by<'f>(&'f self, lint: &'f Lint) -> impl Iterator<Item = Finding> + use<'f, 's> {
        let later = |(number, subject): &'f (usize, Subject<'s>)| {
            (lint.find)(subject).into_iter().map(|finding| self.later(*number, finding))
        };
        (lint.find)(&self.begins).into_iter().chain(self.changed.iter().flat_map(later))
    }

    /// A finding as it is told of the time after a change.
    fn later(&self, number: usize, mut finding: Finding) -> Finding {
        let change = &self.scenario.model.workload.changes[number];
        finding.message = format!("{}, from {} on", finding.message, clock(self.scenario, change.at));
        // Laid on the beginning, the fix would be undone by the change.
        if finding.fix.path().is_some_and(|path| self.scenario.spans.changed(number, path)) {
            finding.fix.set.push_str(IN_A_CHANGE);
            finding.or.clear();
        }
        finding
    }

    /// What all lints find; after a change what is new.
    pub(super) fn reports(&self) -> Vec<Report> {
        let spans = &self.scenario.spans;
        let mut reports = Vec::new();
        // The same finding with other figures is not a new one.
        let mut seen: BTreeSet<(&str, String, String)> = BTreeSet::new();
        let mut new = |lint: &Lint, finding: &Finding| {
            let words = finding.message.chars().filter(|c| !c.is_ascii_digit()).collect();
            seen.insert((lint.id, finding.path.clone(), words))
        };
        for lint in lints::all() {
            for finding in (lint.find)(&self.begins) {
                new(lint, &finding);
                let span = spans.find(&finding.path);
                let severity = finding.severity.unwrap_or(lint.severity);
                reports.push(Report { lint, severity, finding, span });
            }
        }
        for (number, subject) in &self.changed {
            for lint in lints::all() {
                for finding in (lint.find)(subject) {
                    if !new(lint, &finding) {
                        continue;
                    }
                    let finding = self.later(*number, finding);
                    let span = spans.find_changed(*number, &finding.path);
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
}
