//! The access rules through the program: scenarios as files, `casim explain --json`.
//!
//! The cases stand in `tests/access/cases.toml`, the organisations that they start from
//! beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::sandbox::Sandbox;

#[derive(Debug)]
struct Case {
    id: String,
    base: String,
    delta: String,
    ask: Vec<String>,
    expect: Vec<String>,
    event: Option<i64>,
}

fn cases() -> Vec<Case> {
    let text = fs::read_to_string("tests/access/cases.toml").unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let word = |case: &toml::Value, key: &str| {
        case.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned()
    };
    let list = table["case"].as_array().unwrap();
    list.iter()
        .map(|case| Case {
            id: word(case, "id"),
            base: word(case, "base"),
            delta: word(case, "delta"),
            ask: word(case, "ask").split_whitespace().map(str::to_owned).collect(),
            expect: case["expect"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| e.as_str().unwrap().to_owned())
                .collect(),
            event: case.get("event").and_then(toml::Value::as_integer),
        })
        .collect()
}

/// The arguments behind `explain FILE`.
fn arguments(ask: &[String]) -> Vec<&str> {
    let [first, second, mailbox, more @ ..] = ask else { panic!("{ask:?}") };
    let mut arguments =
        if first == "URL" { vec!["--url", second] } else { vec!["--protocol", first, "--entry", second] };
    arguments.extend(["--mailbox", mailbox.as_str()]);
    arguments.extend(more.iter().map(String::as_str));
    arguments
}

fn decision(mechanism: &str) -> &'static str {
    match mechanism {
        "serve_local" => "local",
        "proxy" | "legacy_proxy" => "proxy",
        "rpc_direct" => "direct",
        "refuse" => "refused",
        _ => "redirect",
    }
}

#[test]
fn every_case_comes_out_of_the_program() {
    let sandbox = Sandbox::new();
    for entry in fs::read_dir("tests/access").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        sandbox.write(&name, fs::read_to_string(&path).unwrap());
    }
    let cases = cases();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len(), "an id stands twice");
    let open = ids.iter().filter(|id| id.len() == 3 && id.starts_with('C')).count();
    assert_eq!(open, 45, "cases of the truth table");
    assert!(cases.len() >= 180, "further cases");
    let mut wrong = Vec::new();
    for case in &cases {
        let text = format!("base = \"{}.toml\"\n{}", case.base, case.delta);
        let file = format!("case-{}.toml", case.id);
        sandbox.write(&file, text);
        let mut all = vec!["explain", file.as_str(), "--json"];
        all.extend(arguments(&case.ask));
        let ran = sandbox.run(&all);
        if ran.code != Some(0) {
            wrong.push(format!("{}: {}", case.id, ran.stderr));
            continue;
        }
        let found: Value = serde_json::from_str(&ran.stdout).unwrap();
        let word = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        let hops: Vec<&str> = found["hops"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
        let answer = [word("mechanism"), hops.join(" "), word("client_sees"), word("failure")];
        if answer.as_slice() != case.expect || found["event_id"].as_i64() != case.event {
            wrong.push(format!(
                "{}: {answer:?} event {}, expected {:?} event {:?}",
                case.id, found["event_id"], case.expect, case.event
            ));
        }
        assert_eq!(word("decision"), decision(&answer[0]), "{}", case.id);
        // What else there has to be.
        for key in ["rule", "source"] {
            assert!(!word(key).is_empty(), "{}: no {key}", case.id);
        }
        let confidence = word("confidence");
        assert!(["ARTICLE", "SOURCE", "MEMORY", "CONTESTED"].contains(&confidence.as_str()), "{}", case.id);
        let trace = found["trace"].as_array().unwrap();
        assert_eq!(trace.iter().filter(|step| step["decided"] == true).count(), 1, "{}", case.id);
        assert_eq!(trace.last().map(|step| step["rule"].clone()), Some(found["rule"].clone()));
        assert!(found["counterfactuals"].is_array(), "{}", case.id);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_organisations_of_the_cases_load_alone() {
    for entry in fs::read_dir("tests/access").unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name != "cases.toml") {
            let loaded = casim::scenario::load_organisation(Path::new(&path), &[]);
            let scenario = loaded.unwrap_or_else(|faults| panic!("{}: {faults}", path.display()));
            assert!(scenario.warnings.is_empty(), "{}: {:?}", path.display(), scenario.warnings);
        }
    }
}
