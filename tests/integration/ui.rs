//! What a user reads when a scenario is wrong, word for word.
//!
//! A case is a folder of `tests/ui` with `scenario.toml`, optionally `set` (one
//! `PATH=VALUE` a line), and `stderr`, what is printed: faults, or the warnings of a
//! scenario that loads. `CASIM_BLESS=1 cargo test --test integration ui` writes the
//! `stderr` files anew; read them as a diff.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use casim::diagnostics::render;
use casim::scenario::{self, Override};

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> =
        fs::read_dir("tests/ui").unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    cases
}

fn printed(case: &Path) -> String {
    let overrides: Vec<Override> = fs::read_to_string(case.join("set"))
        .unwrap_or_default()
        .lines()
        .map(|line| Override::parse(line).expect("PATH=VALUE"))
        .collect();
    match scenario::load(&case.join("scenario.toml"), &overrides) {
        Ok(scenario) => render(&scenario.warnings, &scenario.sources, false),
        Err(faults) => faults.render(false),
    }
}

#[test]
fn messages_are_as_reviewed() {
    let bless = std::env::var_os("CASIM_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let text = printed(&case);
        let path = case.join("stderr");
        if bless {
            fs::write(&path, &text).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("--- {}\n{text}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A fault is not finished until a case shows it.
#[test]
fn every_code_has_a_case() {
    let mut source = String::new();
    let mut folders = vec![PathBuf::from("src/scenario")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend((!path.ends_with("tests")).then_some(path));
            } else {
                let text = fs::read_to_string(path).unwrap();
                source.push_str(text.split("#[cfg(test)]\nmod tests {").next().unwrap());
            }
        }
    }
    let mut codes = BTreeSet::new();
    for opening in ["error(", "warning(", "fault(", "fault_help("] {
        for part in source.split(opening).skip(1) {
            let word: Option<&str> =
                part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            codes.extend(word.filter(|w| w.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        }
    }
    assert!(codes.len() > 20, "{codes:?}");
    let shown: String =
        cases().iter().map(|case| fs::read_to_string(case.join("stderr")).unwrap_or_default()).collect();
    let missing: Vec<&str> = codes.into_iter().filter(|code| !shown.contains(&format!("[{code}]"))).collect();
    // Shown by a unit test: its case would be a file of 20,000 sites.
    let missing: Vec<&str> = missing.into_iter().filter(|code| *code != "too-many").collect();
    assert!(missing.is_empty(), "no case under tests/ui shows {missing:?}");
}
