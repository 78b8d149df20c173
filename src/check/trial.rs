//! Fixes are tried before they are printed.
//!
//! A fix is laid on the scenario in memory, as if its lines had been given with `--set`, and
//! every client and every lint is asked again: it stays only if the finding goes, nobody is
//! refused who was served, and no error or warning is new (so that no other finding's fix would undo it). Where a fix
//! cures and brings other findings (a site that is proxied to again, and whose servers are
//! not fit for it), theirs are laid on with it, as long as they leave alone what it sets.
//! Then it is tried with the fix of one other finding, then with all of its own lint, of
//! which only the part is kept that is needed; what does not pass then is left in words.
//! Must not know what a fix does.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::finding::{Mark, Report};
use super::fixes::Fix;
use super::lints;
use super::looked::{Down, Looked};
use crate::diagnostics::Severity;
use crate::model::protocol::Protocol;
use crate::scenario::{Override, Scenario};

/// Trials at most; of an organisation with more findings the rest stays in words, and that
/// is said.
const MOST: usize = 150;
/// Fewer of an organisation so large that this many ways would be asked again and again, so that the price of
/// `check` grows as the organisation does.
const WAYS: usize = 300_000;
/// So many in any case.
const LEAST: usize = 10;
/// Other findings with whose fix one that does not pass alone is tried.
const PARTNERS: usize = 8;
/// How often what a fix brings is mended in turn.
const ROUNDS: usize = 3;
/// Lines that a fix may have in the end: nobody follows more.
const LINES: usize = 12;

/// What is found of a scenario, and who is served.
struct State {
    /// Errors and warnings, with what their lints propose.
    grave: BTreeMap<Mark, Vec<Fix>>,
    all: BTreeSet<Mark>,
    warned: BTreeSet<String>,
    served: BTreeMap<(usize, Protocol), f64>,
}

impl State {
    fn of(scenario: &Scenario, looked: &Looked<'_>, reports: &[Report]) -> Self {
        let (mut grave, mut all) = (BTreeMap::new(), BTreeSet::new());
        for report in reports {
            let mark = report.finding.mark(report.lint.id);
            if report.severity != Severity::Note {
                grave.insert(mark.clone(), report.finding.proposals());
            }
            all.insert(mark);
        }
        let mut served: BTreeMap<(usize, Protocol), f64> = BTreeMap::new();
        for flow in looked.flows() {
            *served.entry((flow.population, flow.protocol)).or_default() += flow.served();
        }
        let warned = scenario.warnings.iter().map(|warning| warning.title.clone()).collect();
        Self { grave, all, warned, served }
    }
}

/// What is known of one set of settings.
#[derive(Default)]
struct Known {
    /// Everything, or that the scenario refuses them; once one finding was seen to go.
    whole: Option<Option<Rc<State>>>,
    /// Findings that stay with them.
    stay: BTreeSet<Mark>,
}

/// The scenario to try fixes on, and how it stands without any.
struct Bench<'s> {
    scenario: &'s Scenario,
    down: &'s Down<'s>,
    before: State,
    left: usize,
    known: BTreeMap<Vec<(String, String)>, Known>,
}

impl Bench<'_> {
    /// The state with these settings; `None` where the scenario refuses them, or the finding is there still.
    fn tried(&mut self, cured: &Mark, settings: &[Override]) -> Option<Rc<State>> {
        let key: Vec<(String, String)> =
            settings.iter().map(|set| (set.path.clone(), set.value.clone())).collect();
        let known = self.known.entry(key).or_default();
        if let Some(whole) = &known.whole {
            return whole.clone();
        }
        if known.stay.contains(cured) || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let Ok(changed) = self.scenario.with(settings) else {
            known.whole = Some(None);
            return None;
        };
        let looked = Looked::while_down(&changed, self.down);
        // Most trials end here, at the price of one lint.
        let lint = lints::all().find(|lint| lint.id == cured.0)?;
        if looked.by(lint).any(|finding| finding.mark(lint.id) == *cured) {
            known.stay.insert(cured.clone());
            return None;
        }
        let state = Rc::new(State::of(&changed, &looked, &looked.reports()));
        known.whole = Some(Some(state.clone()));
        Some(state)
    }

    /// What becomes of the finding and of everybody with these settings.
    fn verdict(&mut self, cured: &Mark, settings: &[Override]) -> Verdict {
        let Some(after) = self.tried(cured, settings) else { return Verdict::Fails };
        let before = &self.before;
        if after.all.contains(cured) || !after.warned.is_subset(&before.warned) {
            return Verdict::Fails;
        }
        let new = after.grave.iter().filter(|(mark, _)| !before.grave.contains_key(*mark));
        let new: Vec<Vec<Fix>> = new.map(|(_, fixes)| fixes.clone()).collect();
        let fewer = before.served.iter().any(|(who, clients)| {
            after.served.get(who).copied().unwrap_or_default() < clients - 1e-6 * clients.max(1.0)
        });
        match (new.is_empty(), fewer) {
            (true, false) => Verdict::Cures,
            (true, true) => Verdict::Fails,
            (false, _) => Verdict::Brings(new),
        }
    }

    fn cures(&mut self, cured: &Mark, parts: &[Fix]) -> bool {
        let settings = joined(parts).and_then(|whole| whole.settings());
        settings.is_some_and(|settings| matches!(self.verdict(cured, &settings), Verdict::Cures))
    }

    /// These fixes, and those of what they bring; `None` where nobody would be helped.
    fn followed(&mut self, cured: &Mark, mut parts: Vec<Fix>) -> Option<Vec<Fix>> {
        for _ in 0..ROUNDS {
            let settings = joined(&parts)?.settings()?;
            let new = match self.verdict(cured, &settings) {
                Verdict::Cures => return Some(parts),
                Verdict::Fails => return None,
                Verdict::Brings(new) => new,
            };
            let before = parts.len();
            for fixes in new {
                // One that sets what is set already would reverse it.
                let fits = |fix: &&Fix| fix.paths().all(|path| parts.iter().all(|part| !part.sets_at(path)));
                let same = |fix: &Fix| {
                    parts.iter().any(|part| fix.sets().iter().all(|set| part.sets().contains(set)))
                };
                if fixes.iter().any(same) {
                    continue;
                }
                let next = fixes.iter().find(fits)?.clone();
                parts.push(next);
            }
            if parts.len() == before {
                return None;
            }
        }
        None
    }

    /// Those of the fixes that are needed.
    fn needed(&mut self, cured: &Mark, mut parts: Vec<Fix>) -> Vec<Fix> {
        let mut at = parts.len();
        while at > 0 && parts.len() > 1 {
            at -= 1;
            let mut fewer = parts.clone();
            fewer.remove(at);
            if self.cures(cured, &fewer) {
                parts = fewer;
            }
        }
        parts
    }
}

/// What a trial shows.
enum Verdict {
    /// The finding goes, and nobody is worse off.
    Cures,
    /// It goes, and errors or warnings are new: what their lints propose.
    Brings(Vec<Vec<Fix>>),
    Fails,
}

/// Several fixes as one; `None` where there are none, or too many lines.
fn joined(parts: &[Fix]) -> Option<Fix> {
    let (first, rest) = parts.split_first()?;
    let whole = rest.iter().fold(first.clone(), |whole, part| whole.with(part));
    (whole.sets().len() <= LINES).then_some(whole)
}

/// A finding with what its lint proposes.
struct Proposed {
    mark: Mark,
    fixes: Vec<Fix>,
}

/// The reports with those fixes that cure; of the others the words alone.
pub(super) fn tried(scenario: &Scenario, looked: &Looked<'_>, reports: &mut [Report], down: &Down<'_>) {
    if reports.iter().all(|report| report.finding.proposals().is_empty()) {
        return;
    }
    let before = State::of(scenario, looked, reports);
    let left = (WAYS / looked.flows().len().max(1)).clamp(LEAST, MOST);
    let mut bench = Bench { scenario, down, before, left, known: BTreeMap::new() };
    let proposed: Vec<Proposed> = reports
        .iter()
        .map(|report| Proposed {
            mark: report.finding.mark(report.lint.id),
            fixes: report.finding.proposals(),
        })
        .collect();
    let mut known: BTreeMap<(Vec<String>, Mark), Option<Fix>> = BTreeMap::new();
    for (at, report) in reports.iter_mut().enumerate() {
        let Proposed { mark, fixes } = &proposed[at];
        let Some(first) = fixes.first() else { continue };
        // The same line for the same reason needs no second trial.
        let key = (first.sets(), mark.clone());
        let outcome = known.entry(key).or_insert_with(|| best(&mut bench, &proposed, at)).clone();
        let left_out = outcome.is_none() && bench.left == 0;
        report.finding.fix =
            outcome.unwrap_or_else(|| Fix { untried: left_out, ..report.finding.fix.in_words() });
    }
}

/// The least that cures the finding at `at`: one of its own fixes, one with those of what it
/// brings, with that of one other finding, with all of its lint.
fn best(bench: &mut Bench<'_>, proposed: &[Proposed], at: usize) -> Option<Fix> {
    let Proposed { mark, fixes } = &proposed[at];
    for fix in fixes {
        if bench.cures(mark, std::slice::from_ref(fix)) {
            return Some(fix.clone());
        }
    }
    for fix in fixes {
        if let Some(parts) = bench.followed(mark, vec![fix.clone()]) {
            return joined(&parts);
        }
    }
    let others = || proposed.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, p)| p);
    let fix = fixes.first()?;
    let alone = |with: &Fix| with.sets() != fix.sets();
    for with in others().filter_map(|p| p.fixes.first()).filter(|with| alone(with)).take(PARTNERS) {
        let both = [fix.clone(), with.clone()];
        if bench.cures(mark, &both) {
            return joined(&both);
        }
    }
    // Of several fixes the last is the most thorough.
    let own = fixes.last()?.clone();
    let of_lint = others().filter(|p| p.mark.0 == mark.0).filter_map(|p| p.fixes.last());
    let whole: Vec<Fix> = std::iter::once(own).chain(of_lint.cloned()).collect();
    if whole.len() < 2 {
        return None;
    }
    let parts = bench.followed(mark, whole)?;
    joined(&bench.needed(mark, parts))
}
