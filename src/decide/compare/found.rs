//! What `check` finds of one scenario and not of another.
//!
//! Findings are known by lint, key and words without figures: the same with another number
//! is the same finding, told of both. Fixes are not tried here; `casim check` does.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::finding::Mark;
use crate::check::{self, Report, word};
use crate::results::compared::FindingChange;
use crate::scenario::Scenario;

/// The findings of one side alone: those that are new in `other`, then those that are gone,
/// worst first. `renamed` gives the base's name of each site that is called otherwise.
#[must_use]
pub fn changes(base: &Scenario, other: &Scenario, renamed: &BTreeMap<&str, &str>) -> Vec<FindingChange> {
    let (before, now) = (check::findings(base), check::findings(other));
    let as_before = |report: &Report| {
        let (lint, path, words) = report.finding.mark(report.lint.id);
        let called = |text: String| renamed.iter().fold(text, |text, (now, was)| text.replace(now, was));
        (lint, called(path), called(words))
    };
    let plain = |report: &Report| report.finding.mark(report.lint.id);
    let known: BTreeSet<Mark> = before.iter().map(plain).collect();
    let stays: BTreeSet<Mark> = now.iter().map(as_before).collect();
    let new = now.iter().filter(|report| !known.contains(&as_before(report))).map(|of| change(of, true));
    let gone = before.iter().filter(|report| !stays.contains(&plain(report))).map(|of| change(of, false));
    new.chain(gone).collect()
}

fn change(report: &Report, new: bool) -> FindingChange {
    let users = report.finding.users.iter().map(|users| (users.population.clone(), users.mailboxes));
    FindingChange {
        new,
        severity: word(report.severity).to_owned(),
        lint: report.lint.id.to_owned(),
        title: report.lint.title.to_owned(),
        message: report.finding.message.clone(),
        path: report.finding.path.clone(),
        users: users.collect(),
    }
}
