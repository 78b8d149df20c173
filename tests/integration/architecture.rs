//! The layer table, read from the code: who may import whom.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module and what it may name with `crate::`. Its own subtree is always allowed.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("diagnostics", &["kernel"]),
    ("quantity", &["kernel"]),
    ("stats", &["kernel"]),
    ("itinerary", &["kernel"]),
    ("model", &["kernel", "itinerary"]),
    ("results", &["kernel", "itinerary", "model", "stats"]),
    ("scenario", &["kernel", "diagnostics", "quantity", "itinerary", "model"]),
    ("sim", &["kernel", "stats", "itinerary"]),
    ("recorder", &["kernel", "itinerary", "model", "stats", "results"]),
    ("clients", &["kernel", "itinerary", "model", "stats", "results", "sim", "recorder"]),
    ("store", &["kernel", "model", "stats", "results"]),
    (
        "study",
        &[
            "kernel",
            "itinerary",
            "model",
            "stats",
            "results",
            "sim",
            "recorder",
            "store",
            "clients",
            "scenario",
        ],
    ),
    ("output", &["kernel", "itinerary", "model", "stats", "results", "store"]),
    ("check", &["kernel", "diagnostics", "model", "scenario", "clients"]),
    ("cli", &["commands"]),
    (
        "commands",
        &[
            "kernel",
            "diagnostics",
            "quantity",
            "stats",
            "itinerary",
            "model",
            "results",
            "scenario",
            "sim",
            "recorder",
            "store",
            "clients",
            "study",
            "output",
            "check",
        ],
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    paths
        .into_iter()
        .filter_map(|path| {
            let relative = path.strip_prefix(&root).unwrap();
            let module =
                relative.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            (module != "main" && module != "lib").then_some((module, path, text))
        })
        .collect()
}

/// Modules named after `crate::` in code; comments, doc links and tests are left out.
fn named(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut names = Vec::new();
    for after in code.split("crate::").skip(1) {
        if let Some(group) = after.strip_prefix('{') {
            // `use crate::{a::x, b}`: the first word of each item at depth one.
            let mut depth = 0;
            let mut item = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(std::mem::take(&mut item)),
                    _ if depth == 0 => item.push(c),
                    _ => {}
                }
            }
            names.push(item);
        } else {
            names.push(after.to_owned());
        }
    }
    let word = |name: String| -> String {
        name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    names.into_iter().map(word).filter(|name| !name.is_empty()).collect()
}

#[test]
fn imports_follow_the_layer_table() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    let mut faults = Vec::new();
    for (module, path, text) in all() {
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests" || stem == "sample");
        if is_test || path.components().any(|c| c.as_os_str() == "tests") {
            continue;
        }
        let Some(may) = allowed.get(module.as_str()) else {
            faults.push(format!("{module} is not in the layer table"));
            continue;
        };
        for name in named(&text) {
            if name != module && !may.contains(&name.as_str()) {
                faults.push(format!("{}: {module} must not import {name}", path.display()));
            }
        }
    }
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_has_a_head() {
    for (_, path, text) in all() {
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
    }
}
