//! Fixes are tried before they are printed.
//!
//! A fix is laid on the scenario in memory, and every client and every lint is asked
//! again: it stays only if the finding goes, nobody is refused who was served, and no
//! error or warning is new (so that no other finding's fix would undo it). What does
//! not pass alone is tried together with another finding's fix, then with all of its
//! own lint; what does not pass then is left in words. Must not know what a fix does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::finding::{Finding, Report};
use super::fixes::Fix;
use super::lints;
use super::subject::Subject;
use crate::diagnostics::Severity;
use crate::model::protocol::Protocol;
use crate::scenario::{self, Override, Scenario};

/// Fixes that are tried at most; of an organisation with more findings the rest stays in
/// words.
const MOST: usize = 150;
/// Other findings with whose fix one that does not pass alone is tried.
const PARTNERS: usize = 8;

/// A finding without its figures.
type Mark = (&'static str, String, String);

/// What is found of a scenario, and who is served.
struct State {
    grave: BTreeSet<Mark>,
    all: BTreeSet<Mark>,
    warned: BTreeSet<String>,
    served: BTreeMap<(usize, Protocol), f64>,
}

fn mark(lint: &'static str, finding: &Finding) -> Mark {
    (lint, finding.path.clone(), finding.message.chars().filter(|c| !c.is_ascii_digit()).collect())
}

impl State {
    fn of(scenario: &Scenario) -> Self {
        let subject = Subject::new(scenario);
        let (mut grave, mut all) = (BTreeSet::new(), BTreeSet::new());
        for lint in lints::all() {
            for finding in (lint.find)(&subject) {
                let mark = mark(lint.id, &finding);
                if finding.severity.unwrap_or(lint.severity) != Severity::Note {
                    grave.insert(mark.clone());
                }
                all.insert(mark);
            }
        }
        let mut served: BTreeMap<(usize, Protocol), f64> = BTreeMap::new();
        for flow in subject.flows.iter().filter(|flow| flow.failure().is_none()) {
            // Sessions that land on a server that fails them are not served.
            let (good, bad) = flow
                .last()
                .1
                .map_or((1.0, 0.0), |route| (route.targets.len().max(1) as f64, route.failing.len() as f64));
            *served.entry((flow.population, flow.protocol)).or_default() +=
                flow.clients * good / (good + bad);
        }
        let warned = scenario.warnings.iter().map(|warning| warning.title.clone()).collect();
        Self { grave, all, warned, served }
    }
}

/// The scenario to try fixes on, and how it stands without any.
struct Bench<'s> {
    resolved: &'s str,
    before: State,
    left: usize,
}

impl Bench<'_> {
    fn load(&self, overrides: &[Override]) -> Option<Scenario> {
        scenario::load_text("tried.toml", self.resolved, Path::new("."), overrides).ok()
    }

    /// Whether these settings cure the finding and harm nobody.
    fn cures(&mut self, cured: &Mark, settings: &[Override]) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let Some(changed) = self.load(settings) else { return false };
        let after = State::of(&changed);
        let before = &self.before;
        let fewer = before.served.iter().any(|(who, clients)| {
            after.served.get(who).copied().unwrap_or_default() < clients - 1e-6 * clients.max(1.0)
        });
        !after.all.contains(cured)
            && !fewer
            && after.grave.is_subset(&before.grave)
            && after.warned.is_subset(&before.warned)
    }
}

/// The reports with those fixes that cure; of the others the words alone.
pub(super) fn tried(scenario: &Scenario, reports: &mut [Report]) {
    if reports.iter().all(|report| report.finding.fix.set.is_empty()) {
        return;
    }
    let Ok(base) = scenario::load_text("tried.toml", &scenario.resolved, Path::new("."), &[]) else {
        return;
    };
    let mut bench = Bench { resolved: &scenario.resolved, before: State::of(&base), left: MOST };
    let proposed: Vec<Option<(Mark, Fix, Vec<Override>)>> = reports
        .iter()
        .map(|report| {
            let fix = &report.finding.fix;
            let settings = fix.settings()?;
            Some((mark(report.lint.id, &report.finding), fix.clone(), settings))
        })
        .collect();
    let mut known: BTreeMap<Vec<String>, Option<Fix>> = BTreeMap::new();
    for (at, report) in reports.iter_mut().enumerate() {
        let Some((mark, fix, _)) = &proposed[at] else { continue };
        // The same line for the same reason needs no second trial.
        let mut key = fix.sets();
        key.push(format!("{mark:?}"));
        let outcome = known.entry(key).or_insert_with(|| best(&mut bench, &proposed, at)).clone();
        report.finding.fix = outcome.unwrap_or_else(|| fix.in_words());
    }
}

/// The least that cures the finding at `at`: its own fix, with one other, with all of its lint.
fn best(bench: &mut Bench<'_>, proposed: &[Option<(Mark, Fix, Vec<Override>)>], at: usize) -> Option<Fix> {
    let (mark, fix, settings) = proposed[at].as_ref()?;
    if bench.cures(mark, settings) {
        return Some(fix.clone());
    }
    let others =
        || proposed.iter().enumerate().filter(|(other, _)| *other != at).filter_map(|(_, p)| p.as_ref());
    for (_, with, more) in others().filter(|(_, with, _)| with.sets() != fix.sets()).take(PARTNERS) {
        let both: Vec<Override> = settings.iter().chain(more).cloned().collect();
        if bench.cures(mark, &both) {
            return Some(fix.clone().with(with));
        }
    }
    let mut whole = fix.clone();
    for (_, with, _) in others().filter(|((lint, ..), ..)| *lint == mark.0) {
        whole = whole.with(with);
    }
    let all = whole.settings()?;
    (all.len() > 2 && bench.cures(mark, &all)).then_some(whole)
}
