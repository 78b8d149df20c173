//! The examples of the documentation are read by the reader that they describe.

use std::fs;
use std::path::Path;

use casim::scenario::load_text;

use crate::support::{SMALL, Sandbox, result};

/// Every fenced TOML block of a file, with its first line's number.
fn blocks(file: &str) -> Vec<(usize, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((_, line)) = lines.next() {
        if line.trim() == "```toml" {
            let inside: Vec<(usize, &str)> =
                lines.by_ref().take_while(|(_, line)| line.trim() != "```").collect();
            let first = inside.first().map_or(0, |(at, _)| at + 1);
            found.push((first, inside.iter().map(|(_, line)| format!("{line}\n")).collect()));
        }
    }
    found
}

/// What a fragment may lack: the rest of the scenario that it is a part of.
const MAY_LACK: &[&str] =
    &["missing-key", "unknown-name", "no-load", "cannot-read", "no-servers", "unreadable"];

#[test]
fn every_example_of_the_scenario_s_documentation_is_read() {
    let sandbox = Sandbox::new();
    // The files that examples name.
    sandbox.write("observed.csv", "ms\n12\n20\n");
    sandbox.write("contoso.toml", SMALL);
    let found = blocks("docs/scenario.md");
    assert!(found.len() >= 12, "{} examples", found.len());
    for (line, text) in found {
        // Alternatives of one key, one a line; and fragments of a source.
        let texts: Vec<String> = if text.lines().all(|line| line.starts_with("think = ")) {
            text.lines()
                .map(|line| {
                    let law = line.trim_start_matches("think = ").split("  #").next().unwrap().trim();
                    format!("[clients]\nowa_think = {law}\n")
                })
                .collect()
        } else if text.starts_with("entry = ") || text.starts_with("[[source.class]]") {
            vec![format!("[[source]]\nname = \"s\"\narrivals = {{ poisson = \"1 /s\" }}\n{text}")]
        } else if text.starts_with("[[site.") {
            vec![format!("[[site]]\nname = \"Amsterdam\"\n{text}")]
        } else {
            vec![text]
        };
        for text in texts {
            if let Err(faults) = load_text("example.toml", &text, sandbox.path(), &[]) {
                for fault in &faults.items {
                    assert!(
                        MAY_LACK.contains(&fault.code),
                        "docs/scenario.md, example at line {line}: {}: {}\n{text}",
                        fault.code,
                        fault.title
                    );
                }
            }
        }
    }
}

/// The workloads of one's own are whole scenarios, one for each kind of arrivals, path,
/// limit and outage: each is read without a fault or warning, and every source of it
/// plays.
#[test]
fn every_workload_of_one_s_own_is_a_whole_scenario() {
    let sandbox = Sandbox::new();
    sandbox.write("observed.csv", "ms\n1200\n2000\n");
    let whole: Vec<(usize, String)> =
        blocks("docs/scenario.md").into_iter().filter(|(_, text)| text.contains("[[source]]")).collect();
    assert!(whole.len() >= 9, "{} examples", whole.len());
    let mut kinds = String::new();
    for (line, text) in whole {
        let at = format!("docs/scenario.md, example at line {line}");
        let scenario = load_text("whole.toml", &text, sandbox.path(), &[])
            .unwrap_or_else(|faults| panic!("{at}: {faults}"));
        assert!(scenario.warnings.is_empty(), "{at}: {:?}", scenario.warnings);
        let mut experiment = scenario.experiment.clone();
        experiment.window = experiment.window.min(casim::kernel::SimSpan(600_000_000_000));
        let result = result(&scenario.model, &experiment);
        for users in &result.users {
            assert!(users.replications[0].completed > 0, "{at}: nobody of {}", users.population);
        }
        assert_eq!(result.users.len(), scenario.model.workload.sources.len(), "{at}");
        kinds.push_str(&text);
    }
    for kind in [
        "poisson",
        "varying",
        "trace = { file",
        "trace = { times",
        "closed",
        "[[source.class]]",
        "routing",
        "queue_limit",
        "retries",
        "\"kill\"",
        "\"drain\"",
        "\"hold\"",
        "every",
        "at = ",
        "mtbf",
        "[[pipe]]",
    ] {
        assert!(kinds.contains(kind), "no example of {kind}");
    }
}
