//! The layer table, circles and sizes, read from the code: who may import whom, judged by
//! the file that defines what is named ([`code`]). What is not yet as it should be is
//! listed in `KNOWN_*`; those lists may only shrink: an entry that is no longer true fails.
//!
//! `cargo test --test integration architecture -- --ignored --nocapture` prints every
//! circle with the names that make it, room by room.

mod code;
mod graph;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use code::{Survey, room};

/// Room and the rooms that it may name. `commands` and `cli` may name all but `sim`.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("itinerary", &["kernel"]),
    ("diagnostics", &["kernel"]),
    ("quantity", &["kernel"]),
    ("stats", &["kernel"]),
    ("sim", &["kernel", "stats", "itinerary"]),
    ("model", &["kernel", "itinerary"]),
    ("results", &["kernel", "stats", "itinerary", "model"]),
    ("scenario", &["kernel", "diagnostics", "quantity", "itinerary", "model"]),
    ("recorder", &["kernel", "stats", "itinerary", "model", "results"]),
    ("clients", &["kernel", "stats", "itinerary", "sim", "model", "results", "recorder"]),
    ("check", &["kernel", "diagnostics", "quantity", "itinerary", "model", "results", "scenario", "clients"]),
    ("store", &["kernel", "diagnostics", "stats", "itinerary", "model", "results", "recorder"]),
    (
        "study",
        &[
            "kernel",
            "diagnostics",
            "stats",
            "itinerary",
            "sim",
            "model",
            "results",
            "scenario",
            "recorder",
            "clients",
            "check",
            "store",
        ],
    ),
    (
        "decide",
        &[
            "kernel",
            "diagnostics",
            "quantity",
            "stats",
            "itinerary",
            "model",
            "results",
            "scenario",
            "check",
            "store",
            "study",
        ],
    ),
    ("output", &["kernel", "stats", "itinerary", "model", "results", "store"]),
];

/// Imports against the table.
const KNOWN_IMPORTS: &[(&str, &str)] = &[];

/// Room and how many of its files stand in circles, at most.
const KNOWN_CIRCLES: &[(&str, usize)] = &[("check", 11), ("scenario", 12)];

/// Types whose inherent `impl` stands in several files.
const KNOWN_SCATTERED: &[&str] = &[];

/// The tables of facts about protocols: exhaustive there, asked by everybody else.
const PROTOCOL_TABLES: &[&str] = &["clients/steps.rs", "model/protocol.rs"];

/// Room and how often it matches protocols with an arm for the rest or asks `matches!`.
const KNOWN_LOOSE: &[(&str, usize)] = &[("check", 13), ("scenario", 1)];

/// Room and how many of its files have more than 500 lines, at most.
const KNOWN_LONG: &[(&str, usize)] = &[("scenario", 2), ("tests", 2)];

/// Read once for all tests of this file.
fn survey() -> &'static Survey {
    static SURVEY: OnceLock<Survey> = OnceLock::new();
    SURVEY.get_or_init(|| Survey::of(&root().join("src"), "model/", "Protocol"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Faults of a list that may only shrink: more than it says, or an entry that is no longer
/// needed.
fn judge<'a>(known: &[(&'a str, usize)], found: &BTreeMap<&'a str, Vec<String>>) -> Vec<String> {
    let mut faults = Vec::new();
    for (room, what) in found {
        let allowed = known.iter().find(|(name, _)| name == room).map_or(0, |(_, count)| *count);
        if what.len() > allowed {
            faults.push(format!(
                "{room}: {} instead of {allowed} at most:\n  {}",
                what.len(),
                what.join("\n  ")
            ));
        }
    }
    for (room, _) in known.iter().filter(|(room, _)| !found.contains_key(room)) {
        faults.push(format!("{room} has none any more: take it out of the list"));
    }
    faults
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn imports_follow_the_layer_table() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let code = survey();
    let mut faults = BTreeSet::new();
    let mut used = BTreeSet::new();
    for ((from, to), names) in &code.arrows {
        let (from, to) = (&code.files[*from].path, &code.files[*to].path);
        let (importer, imported) = (room(from), room(to));
        let may = match importer {
            "commands" | "cli" => imported != "sim",
            _ => allowed.get(importer).is_some_and(|may| may.contains(&imported)),
        };
        if importer == imported || may {
            continue;
        }
        match KNOWN_IMPORTS.iter().find(|known| **known == (importer, imported)) {
            Some(known) => _ = used.insert(known),
            None => _ = faults.insert(format!("{from}: must not name {names:?} of {to}")),
        }
    }
    for known in KNOWN_IMPORTS.iter().filter(|known| !used.contains(known)) {
        faults.insert(format!("{known:?} is no longer needed: take it out of the list"));
    }
    let rooms: BTreeSet<&str> = code.files.iter().map(|file| room(&file.path)).collect();
    for unknown in rooms.iter().filter(|room| !allowed.contains_key(*room)) {
        if !["lib", "commands", "cli"].contains(unknown) {
            faults.insert(format!("{unknown} is not in the layer table"));
        }
    }
    assert_none(&faults.into_iter().collect::<Vec<_>>());
}

/// Files of a room in circles, by room.
fn in_circles(code: &Survey) -> BTreeMap<&str, Vec<String>> {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for circle in graph::circles(code.files.len(), code.arrows.keys().copied()) {
        for file in circle {
            let path = code.files[file].path.as_str();
            found.entry(room(path)).or_default().push(path.to_owned());
        }
    }
    found
}

#[test]
fn imports_go_round_in_no_circle() {
    assert_none(&judge(KNOWN_CIRCLES, &in_circles(survey())));
}

#[test]
#[ignore = "prints what is left"]
#[expect(clippy::print_stdout, reason = "that is what it is for")]
fn print_circles() {
    let code = survey();
    for circle in graph::circles(code.files.len(), code.arrows.keys().copied()) {
        println!("{} files", circle.len());
        for ((from, to), names) in &code.arrows {
            if circle.contains(from) && circle.contains(to) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                println!("  {} -> {}: {}", code.files[*from].path, code.files[*to].path, names.join(", "));
            }
        }
    }
}

#[test]
fn the_impl_of_a_type_stands_in_one_file() {
    let code = survey();
    let mut faults = Vec::new();
    let mut scattered = BTreeSet::new();
    for (of, files) in &code.inherent {
        if files.len() > 1 {
            scattered.insert(of.name.clone());
            if !KNOWN_SCATTERED.contains(&of.name.as_str()) {
                let files: Vec<&str> = files.iter().map(|&file| code.files[file].path.as_str()).collect();
                faults.push(format!("impl {} stands in {}", of.name, files.join(" and ")));
            }
        }
    }
    for known in KNOWN_SCATTERED.iter().filter(|known| !scattered.contains(**known)) {
        faults.push(format!("impl {known} stands in one file now: take it out of the list"));
    }
    assert_none(&faults);
}

/// A new protocol is met by the compiler wherever something is known about protocols.
#[test]
fn what_is_known_about_protocols_stands_in_exhaustive_tables() {
    let code = survey();
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for loose in &code.loose {
        let path = code.files[loose.file].path.as_str();
        if !PROTOCOL_TABLES.contains(&path) {
            found.entry(room(path)).or_default().push(format!("{path}: {}", loose.what));
        }
    }
    assert_none(&judge(KNOWN_LOOSE, &found));
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn files_are_short() {
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches"] {
        sources(&root().join(folder), &mut paths);
    }
    let names: Vec<(String, usize)> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
            (name.trim_start_matches("src/").to_owned(), fs::read_to_string(path).unwrap().lines().count())
        })
        .collect();
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, lines) in names.iter().filter(|(_, lines)| *lines > 500) {
        found.entry(room(name)).or_default().push(format!("{name} has {lines} lines"));
    }
    assert_none(&judge(KNOWN_LONG, &found));
}

#[test]
fn every_module_has_a_head() {
    let mut paths = Vec::new();
    sources(&root().join("src"), &mut paths);
    for path in paths.iter().filter(|path| path.file_stem().is_some_and(|stem| stem != "tests")) {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
    }
}
