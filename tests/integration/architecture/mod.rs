//! The layer table, circles and sizes, read from the code: who may import whom, judged by
//! the file that defines what is named ([`code`]).

mod code;
mod graph;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use code::{Survey, room};

use crate::support::Sandbox;

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

/// Where facts about protocols are read off more loosely than by an exhaustive match.
const PROTOCOL_TABLES: &[&str] = &["clients/steps.rs", "model/protocol.rs"];

/// Files of more than 500 lines, and why.
const LONG: &[(&str, &str)] = &[
    ("tests/integration/access/further_cases.rs", "one table of cases, release by release"),
    ("tests/integration/calibration.rs", "one published result after another, and the document made of them"),
];

/// Read once for all tests of this file.
fn survey() -> &'static Survey {
    static SURVEY: OnceLock<Survey> = OnceLock::new();
    SURVEY.get_or_init(|| Survey::of(&root().join("src"), "model/", "Protocol"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
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
    for ((from, to), names) in &code.arrows {
        let (from, to) = (&code.files[*from].path, &code.files[*to].path);
        let (importer, imported) = (room(from), room(to));
        let may = match importer {
            "commands" | "cli" => imported != "sim",
            _ => allowed.get(importer).is_some_and(|may| may.contains(&imported)),
        };
        if importer != imported && !may {
            faults.insert(format!("{from}: must not name {names:?} of {to}"));
        }
    }
    let rooms: BTreeSet<&str> = code.files.iter().map(|file| room(&file.path)).collect();
    for unknown in rooms.iter().filter(|room| !allowed.contains_key(*room)) {
        if !["lib", "commands", "cli"].contains(unknown) {
            faults.insert(format!("{unknown} is not in the layer table"));
        }
    }
    assert_none(&faults.into_iter().collect::<Vec<_>>());
}

/// A circle is named with the arrows that make it.
#[test]
fn imports_go_round_in_no_circle() {
    let code = survey();
    let mut faults = Vec::new();
    for circle in graph::circles(code.files.len(), code.arrows.keys().copied()) {
        faults.push(format!("a circle of {} files", circle.len()));
        for ((from, to), names) in &code.arrows {
            if circle.contains(from) && circle.contains(to) {
                faults.push(format!(
                    "  {} names {names:?} of {}",
                    code.files[*from].path, code.files[*to].path
                ));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn the_impl_of_a_type_stands_in_one_file() {
    let code = survey();
    let mut faults = Vec::new();
    for (of, files) in code.inherent.iter().filter(|(_, files)| files.len() > 1) {
        let files: Vec<&str> = files.iter().map(|&file| code.files[file].path.as_str()).collect();
        faults.push(format!("impl {} stands in {}", of.name, files.join(" and ")));
    }
    assert_none(&faults);
}

/// A new protocol is met by the compiler wherever something is known about protocols.
#[test]
fn what_is_known_about_protocols_stands_in_exhaustive_tables() {
    let code = survey();
    let elsewhere = |file: usize| !PROTOCOL_TABLES.contains(&code.files[file].path.as_str());
    let loose = code.loose.iter().filter(|loose| elsewhere(loose.file));
    let faults: Vec<String> =
        loose.map(|loose| format!("{}: {}", code.files[loose.file].path, loose.what)).collect();
    assert_none(&faults);
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
    for folder in ["src", "tests", "benches", "examples"] {
        sources(&root().join(folder), &mut paths);
    }
    let mut faults = Vec::new();
    let mut long = BTreeSet::new();
    for path in paths {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        if lines > 500 {
            if !LONG.iter().any(|(listed, _)| *listed == name) {
                faults.push(format!("{name} has {lines} lines"));
            }
            long.insert(name);
        }
    }
    for (listed, _) in LONG.iter().filter(|(listed, _)| !long.contains(*listed)) {
        faults.push(format!("{listed} is short now: take it out of the list"));
    }
    assert_none(&faults);
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

/// What the survey must see: through a re-export, `super::`, a glob, a macro's argument;
/// an `impl` elsewhere; and what it must not: tests, and a folder's list of its files.
/// The page is written by its template crate, which escapes: no text of it is put together by hand.
#[test]
fn no_tag_of_the_page_is_formatted() {
    let mut files = Vec::new();
    sources(&root().join("src/output/report"), &mut files);
    let formatted = |text: &str| -> Vec<String> {
        let calls = ["format!(", "format_args!(", "write!(", "writeln!(", "push_str("];
        let lines = text.lines().filter(|line| calls.iter().any(|call| line.contains(call)));
        lines.filter(|line| line.contains("<") && !line.contains("::<")).map(str::to_owned).collect()
    };
    assert!(formatted("let x = format!(\"<b>{name}</b>\");").len() == 1, "the test sees them");
    for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
        let found = formatted(&fs::read_to_string(file).unwrap());
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

#[test]
fn the_survey_follows_names_to_their_files() {
    let sandbox = Sandbox::new();
    for (name, text) in [
        ("lib.rs", "pub mod low; pub mod high;"),
        ("low/mod.rs", "mod kind; mod odd; pub use kind::Kind; pub use odd::odd;"),
        ("low/kind.rs", "pub enum Kind { A, B } impl Kind { fn x() { println!(\"{}\", super::odd()); } }"),
        ("low/odd.rs", "use super::*; pub fn odd() -> bool { matches!(Kind::A, Kind::B) }"),
        (
            "high.rs",
            "use crate::low::Kind; impl Kind { fn y() { match Kind::A { Kind::A => {} _ => {} } } }
            #[cfg(test)] mod tests { use crate::low::odd; fn z() { odd(); } }",
        ),
    ] {
        sandbox.write(name, text);
    }
    let found = Survey::of(sandbox.path(), "low/", "Kind");
    let path = |file: &usize| found.files[*file].path.as_str();
    let arrows: Vec<(&str, &str)> = found.arrows.keys().map(|(from, to)| (path(from), path(to))).collect();
    let expected = [("high.rs", "low/kind.rs"), ("low/kind.rs", "low/odd.rs"), ("low/odd.rs", "low/kind.rs")];
    assert_eq!(BTreeSet::from_iter(arrows), BTreeSet::from(expected));
    assert_eq!(graph::circles(found.files.len(), found.arrows.keys().copied()).len(), 1);
    let (of, files) = found.inherent.first_key_value().expect("one type");
    assert_eq!((of.name.as_str(), files.len()), ("Kind", 2));
    let loose: BTreeSet<&str> = found.loose.iter().map(|loose| path(&loose.file)).collect();
    assert_eq!(loose, BTreeSet::from(["high.rs", "low/odd.rs"]));
}
