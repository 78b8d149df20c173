//! Writes LICENCES.txt: what is built into `casim`, under which licences, with their texts.
//!
//! `cargo run --example licences` after Cargo.lock has changed. Asks `cargo metadata` for the crates of the
//! default features, without those that only build or test, and reads the texts in their packages; a text that several share stands once.

#![expect(clippy::print_stderr, reason = "what is wrong is told on the terminal")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde_json::Value;

const FILE: &str = "LICENCES.txt";

/// What is built in beside crates: whose, under which licence, and where its text is.
const BESIDE: [(&str, &str, &str); 2] = [
    ("Inter (the font of charts)", "OFL-1.1", "src/output/assets/OFL.txt"),
    ("the standard library of Rust", "MIT OR Apache-2.0", "LICENSE-APACHE"),
];

/// The crates that are linked, by identity.
fn linked(whole: &Value) -> BTreeSet<String> {
    let nodes: BTreeMap<&str, &Value> = whole["resolve"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let mut open = vec![whole["resolve"]["root"].as_str().unwrap_or_default()];
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !found.insert(id.to_owned()) {
            continue;
        }
        for needed in nodes.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten() {
            let kinds = needed["dep_kinds"].as_array().into_iter().flatten();
            // Of a kind that has no name are those that a program needs to run.
            if kinds.clone().any(|kind| kind["kind"].is_null()) {
                open.extend(needed["pkg"].as_str());
            }
        }
    }
    found
}

/// Texts of licences in a folder, by the names of their files.
fn texts(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    let wanted = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        ["licen", "copying", "notice", "unlicense"].iter().any(|begin| name.starts_with(begin))
            && path.is_file()
    };
    let read = |path: &std::path::PathBuf| fs::read_to_string(path).ok();
    files.iter().filter(|path| wanted(path)).filter_map(read).map(|text| text.replace('\r', "")).collect()
}

fn document() -> Result<String, String> {
    let asked =
        ["metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"];
    let said = Command::new("cargo").args(asked).output().map_err(|error| error.to_string())?;
    if !said.status.success() {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned());
    }
    let whole: Value = serde_json::from_slice(&said.stdout).map_err(|error| error.to_string())?;
    let linked = linked(&whole);
    let mut list = String::new();
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut of = |name: String, texts: Vec<String>| {
        for text in texts {
            by_text.entry(text.trim_matches('\n').to_owned()).or_default().push(name.clone());
        }
    };
    for package in whole["packages"].as_array().into_iter().flatten() {
        let id = package["id"].as_str().unwrap_or_default();
        let name = package["name"].as_str().unwrap_or_default();
        if !linked.contains(id) || name == "casim" {
            continue;
        }
        let name = format!("{name} {}", package["version"].as_str().unwrap_or_default());
        list += &format!("{name}: {}\n", package["license"].as_str().unwrap_or("see its text"));
        let folder = Path::new(package["manifest_path"].as_str().unwrap_or_default()).parent();
        of(name, texts(folder.unwrap_or(Path::new(""))));
    }
    for (name, licence, file) in BESIDE {
        list += &format!("{name}: {licence}\n");
        of(name.to_owned(), vec![fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?]);
    }
    let mut out = format!(
        "casim is under MIT or Apache-2.0, at your choice. Built into it is what others have written:\n\n{list}"
    );
    let mut texts: Vec<(String, Vec<String>)> = by_text.into_iter().collect();
    texts.sort_by(|a, b| (b.1.len(), &a.1).cmp(&(a.1.len(), &b.1)));
    for (text, names) in texts {
        out += &format!("\n{}\nOf {}:\n\n{text}\n", "=".repeat(80), names.join(", "));
    }
    Ok(out)
}

fn main() -> ExitCode {
    match document().and_then(|text| fs::write(FILE, text).map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
