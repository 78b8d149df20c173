//! What is printed to be pasted, pasted: `--set` lines and options of what `explain` says would
//! change a decision, and the fixes of `check`.

use std::path::{Path, PathBuf};

use casim::check::check;
use casim::scenario::{self, Scenario};
use serde_json::Value;

use super::draw;
use crate::advice::{self, Cured};
use crate::support::Sandbox;

/// What was promised, and what was not kept.
#[derive(Default)]
pub(crate) struct Promises {
    pub(crate) questions: usize,
    pub(crate) promised: usize,
    pub(crate) wrong: Vec<String>,
}

/// A question about an organisation: protocol, entry, mailbox.
type Question = [String; 3];

/// Every protocol at every server for every mailbox.
fn questions(scenario: &Scenario) -> Vec<Question> {
    let topology = &scenario.model.topology;
    let mut all = Vec::new();
    for protocol in casim::model::protocol::Protocol::ALL {
        for entry in &topology.cas {
            for mailbox in &topology.mailbox {
                all.push([protocol.token().to_owned(), entry.name.clone(), mailbox.name.clone()]);
            }
        }
    }
    all
}

/// Words of a command line; quotes keep blanks together.
fn split(options: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in options.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("never empty").push(c),
        }
    }
    words
}

fn asked(sandbox: &Sandbox, path: &Path, [protocol, entry, mailbox]: &Question, more: &[String]) -> Value {
    let mut all = vec!["explain".to_owned(), path.display().to_string(), "--json".to_owned()];
    for (option, value) in [("--protocol", protocol), ("--entry", entry), ("--mailbox", mailbox)] {
        if !more.iter().any(|word| word == option) {
            all.extend([option.to_owned(), value.clone()]);
        }
    }
    all.extend_from_slice(more);
    let words: Vec<&str> = all.iter().map(String::as_str).collect();
    let ran = sandbox.run(&words);
    assert_eq!(ran.code, Some(0), "{all:?}: {}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Asks one question in so many, and of each every counterfactual anew, as it is printed, until
/// so many are seen.
pub(crate) fn keep_promises(path: &Path, scenario: &Scenario, each: usize, most: usize, all: &mut Promises) {
    let sandbox = Sandbox::new();
    let seen = all.promised;
    for question in questions(scenario).iter().step_by(each) {
        if all.promised - seen >= most {
            return;
        }
        all.questions += 1;
        let before = asked(&sandbox, path, question, &[]);
        let mut mending = true;
        for other in before["counterfactuals"].as_array().unwrap() {
            all.promised += 1;
            let line = other["set"].as_str().map(|line| vec!["--set".to_owned(), line.to_owned()]);
            let ask = other["ask"].as_str().map(split);
            let Some(options) = line.or(ask) else {
                all.wrong.push(format!("{} {question:?}: no way to ask {other}", path.display()));
                continue;
            };
            let now = asked(&sandbox, path, question, &options);
            let what = |of: &Value| {
                ["mechanism", "failure", "redirect_host", "hops", "client_sees"].map(|key| of[key].clone())
            };
            if what(&now) != what(other) || what(&now)[..4] == what(&before)[..4] {
                all.wrong.push(format!("{} {question:?}: {options:?}: {now:#}", path.display()));
            }
            // What mends stands before what does not.
            let mends = other["failure"] == "";
            if mends && !mending {
                all.wrong.push(format!("{} {question:?}: {options:?} stands too late", path.display()));
            }
            mending = mends;
        }
    }
}

/// The scenarios of the repository.
fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    all.sort();
    all
}

/// Counterfactuals of drawn organisations from a seed on, applied until there are so many.
pub(super) fn of_drawn(mut seed: u64, least: usize, all: &mut Promises) {
    let (sandbox, until) = (Sandbox::new(), all.promised + least);
    while all.promised < until {
        let draft = draw::draw(seed);
        if let Some(scenario) = draft.load() {
            let path = sandbox.write(&format!("drawn-{seed}.toml"), draft.text());
            let each = 1 + questions(&scenario).len() / 8;
            keep_promises(&path, &scenario, each, 15.min(until - all.promised), all);
        }
        seed += 1;
    }
}

/// The same of the scenarios of the repository, so many at most of each.
pub(super) fn of_shipped(most: usize, all: &mut Promises) {
    for path in shipped() {
        let scenario = scenario::load_organisation(&path, &[]).unwrap_or_else(|faults| panic!("{faults}"));
        let each = 1 + questions(&scenario).len() / 12;
        keep_promises(&path, &scenario, each, most, all);
    }
}

/// Fixes of drawn organisations from a seed on, applied.
pub(super) fn fixes_of_drawn(seeds: std::ops::Range<u64>) -> Cured {
    let mut all = Cured::default();
    for seed in seeds {
        let draft = draw::draw(seed);
        let Some(before) = draft.load() else { continue };
        let load = |set: &[scenario::Override]| {
            scenario::load_text("drawn.toml", &draft.text(), Path::new("."), set).ok()
        };
        advice::cure(&format!("seed {seed}"), &before, &check(&before), load, &mut all);
    }
    all
}

#[test]
fn promises_of_drawn_organisations_are_kept() {
    let mut all = Promises::default();
    of_drawn(1, 60, &mut all);
    assert!(all.wrong.is_empty(), "{}", all.wrong.join("\n"));
}

#[test]
fn fixes_of_drawn_organisations_cure() {
    let all = fixes_of_drawn(1..9);
    assert!(all.wrong.is_empty(), "{}", all.wrong.join("\n"));
    assert!(all.fixes * 2 > all.findings, "{} fixes of {} findings", all.fixes, all.findings);
}
