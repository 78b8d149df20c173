//! The program from outside: exit codes, bad input, interruption, same bytes.

use std::fs;
#[cfg(unix)]
use std::time::Duration;

use crate::support::{Ran, SMALL, Sandbox, assert_code, tree};

#[test]
fn a_run_writes_the_whole_folder_and_nothing_else() {
    let sandbox = Sandbox::small();
    let ran = sandbox.run(&["run", "small.toml"]);
    assert_code(&ran, 0);
    assert_eq!(sandbox.names(), ["output", "small.toml"]);
    let files = tree(&sandbox.path().join("output"));
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for name in [
        "sessions.csv",
        "summary.csv",
        "servers.csv",
        "limits.csv",
        "links.csv",
        "timeline.csv",
        "failures.csv",
        "scenario.toml",
        "run.json",
    ] {
        assert!(names.contains(&format!("small/{name}").as_str()), "{name} is missing in {names:?}");
    }
    let owa = |line: &str| line.split_whitespace().take(3).eq(["OWA", "Boston", "staff"]);
    assert!(ran.stdout.lines().any(owa), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "no colour codes in a pipe");
    // The folder is told as it was asked for, whether it was there or not.
    assert!(ran.stdout.ends_with("; results in output/small\n"), "{}", ran.stdout);
    let again = sandbox.run(&["run", "small.toml", "--set", "run.window=09:00 - 09:06", "--charts", "none"]);
    assert!(again.stdout.ends_with("; results in output/small\n"), "{}", again.stdout);
}

/// Two runs, one and two threads, another folder, another time zone and locale.
#[test]
fn same_scenario_same_bytes() {
    let first = Sandbox::small();
    let whole = ["--set", "run.window=09:00 - 09:06", "--replications", "2", "--charts", "png", "-o"];
    for (jobs, out) in [("1", "a"), ("2", "b")] {
        let ran = first.run(&[&["run", "small.toml", "--jobs", jobs], &whole[..], &[out]].concat());
        assert_code(&ran, 0);
    }
    let second = Sandbox::new();
    second.write("elsewhere/small.toml", SMALL);
    let mut command = second.casim();
    command.env("TZ", "Asia/Kolkata").env("LC_ALL", "de_DE.UTF-8");
    command.args(["run", "elsewhere/small.toml"]).args(whole).arg("deep/c");
    assert_code(&Ran::from(command.output().unwrap()), 0);
    let a = tree(&first.path().join("a"));
    assert_eq!(names_of(&a), names_of(&tree(&first.path().join("b"))));
    for (other, what) in [
        (tree(&first.path().join("b")), "two threads"),
        (tree(&second.path().join("deep/c")), "another folder"),
    ] {
        for ((name, bytes), (_, theirs)) in a.iter().zip(&other) {
            assert!(bytes == theirs, "{name} differs with {what}");
        }
    }
}

fn names_of(tree: &[(String, Vec<u8>)]) -> Vec<&str> {
    tree.iter().map(|(name, _)| name.as_str()).collect()
}

/// Title of the case, change to the small scenario, words that the message must hold.
const BAD: &[(&str, &str, &str, &[&str])] = &[
    ("unknown key", "seed = 7", "sede = 7", &["sede", "seed"]),
    ("negative bandwidth", "\"10 Mbps\"", "\"-10 Mbps\"", &["-10 Mbps"]),
    ("nan", "owa = 0.5", "owa = nan", &["nan"]),
    ("unknown site", "home = \"Boston\"", "home = \"Bostn\"", &["Bostn", "Boston"]),
    ("broken toml", "[run]", "[run", &["small.toml:4"]),
    (
        "duplicate site",
        "name = \"Boston\"\npublished_from",
        "name = \"Amsterdam\"\npublished_from",
        &["Amsterdam"],
    ),
    ("wrong type", "servers = 2", "servers = \"two\"", &["two"]),
    ("no unit", "latency = \"45 ms\"", "latency = 45", &["45", "ms"]),
    (
        "mailbox site without a link",
        "between = [\"Amsterdam\", \"Boston\"]\nbandwidth = \"10 Mbps\"\nlatency = \"45 ms\"",
        "between = [\"Amsterdam\", \"Chennai\"]\nbandwidth = \"10 Mbps\"\nlatency = \"45 ms\"\n[[site]]\nname = \"Chennai\"",
        &["Boston"],
    ),
];

#[test]
fn bad_scenarios_are_refused_with_their_place() {
    for (title, from, to, words) in BAD {
        let sandbox = Sandbox::new();
        assert!(SMALL.contains(from), "{title}");
        sandbox.write("small.toml", SMALL.replacen(from, to, 1));
        let ran = sandbox.run(&["run", "small.toml"]);
        assert_code(&ran, 2);
        for word in *words {
            assert!(ran.stderr.contains(word), "{title}: no `{word}` in\n{}", ran.stderr);
        }
        assert!(ran.stderr.contains("small.toml:"), "{title}: no place in\n{}", ran.stderr);
        assert_eq!(sandbox.names(), ["small.toml"], "{title}: something was written");
    }
}

#[test]
fn empty_missing_and_unreadable_scenarios_are_bad_input() {
    let sandbox = Sandbox::new();
    sandbox.write("empty.toml", "");
    sandbox.write("comments.toml", "# nothing\n\n");
    fs::create_dir(sandbox.path().join("folder.toml")).unwrap();
    sandbox.write("utf16.toml", [0xFF, 0xFE, b'a', 0]);
    for name in ["empty.toml", "comments.toml", "folder.toml", "utf16.toml", "missing.toml"] {
        let ran = sandbox.run(&["run", name]);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
    }
    assert!(sandbox.run(&["run", "empty.toml"]).stderr.contains("casim new"));
    assert!(!sandbox.path().join("output").exists());
}

#[test]
fn what_cannot_be_written_is_known_before_simulating() {
    let sandbox = Sandbox::small();
    sandbox.write("file", "not a folder");
    sandbox.write("mine/thesis.txt", "years of work");
    // What may not be replaced, and what the system refuses.
    for (target, code) in [("file", 2), ("mine", 2), ("/dev/null", 2), ("file/below", 3), ("/proc/casim", 3)]
    {
        let ran = sandbox.run(&["run", "small.toml", "-o", target]);
        assert_code(&ran, code);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    }
    assert_eq!(fs::read_to_string(sandbox.path().join("mine/thesis.txt")).unwrap(), "years of work");
    assert_code(&sandbox.run(&["run", "small.toml", "-o", "mine", "--force"]), 0);
    assert!(sandbox.path().join("mine/run.json").exists());
    // A folder of casim's own is replaced without being asked.
    assert_code(&sandbox.run(&["run", "small.toml", "-o", "mine"]), 0);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing_that_looks_whole() {
    use std::process::Stdio;
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let sandbox = Sandbox::new();
        sandbox.write("long.toml", SMALL.replace("09:00 - 09:30", "00:00 - 24:00").replace("300", "30000"));
        let mut command = sandbox.casim();
        let child = command
            .args(["run", "long.toml", "--charts", "none", "-o", "out"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Until it has begun its folder; long before the run could be over.
        while sandbox.names().len() == 1 {
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid = child.id().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap();
        assert!(sent.success());
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_code(&ran, code);
        assert_eq!(sandbox.names(), ["long.toml"], "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::Stdio;
    let sandbox = Sandbox::small();
    let mut command = sandbox.casim();
    command.args(["run", "small.toml", "--charts", "none"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_code(&ran, 0);
    assert!(sandbox.path().join("output/small/run.json").exists());
}

#[test]
fn the_starter_scenario_runs_without_a_finding_or_a_failure() {
    let sandbox = Sandbox::new();
    assert_code(&sandbox.run(&["new", "my.toml"]), 0);
    assert_code(&sandbox.run(&["new", "my.toml"]), 2);
    let checked = sandbox.run(&["check", "my.toml"]);
    assert_code(&checked, 0);
    assert!(checked.said().contains("nothing found"), "{}", checked.stdout);
    let ran =
        sandbox.run(&["run", "my.toml", "--set", "run.window=\"10 min\"", "--set", "run.warmup=\"1 min\""]);
    assert_code(&ran, 0);
    assert!(ran.said().contains(", 0 failed (0 %)"), "{}", ran.stdout);
}

#[test]
fn set_changes_one_value_and_unknown_paths_are_refused() {
    let sandbox = Sandbox::small();
    assert_code(&sandbox.run(&["run", "small.toml", "--set", "site.Boston.cas.servers=3"]), 0);
    let resolved = fs::read_to_string(sandbox.path().join("output/small/scenario.toml")).unwrap();
    assert!(resolved.contains("servers = 3"), "{resolved}");
    let ran = sandbox.run(&["run", "small.toml", "--set", "site.Bosten.cas.servers=3"]);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("Boston"), "{}", ran.stderr);
}

#[test]
fn a_missed_objective_is_exit_one_only_when_enforced() {
    let sandbox = Sandbox::new();
    sandbox.write("small.toml", format!("{SMALL}\n[slo]\nowa = {{ p95 = \"1 ms\" }}\n"));
    assert_code(&sandbox.run(&["run", "small.toml"]), 0);
    assert_code(&sandbox.run(&["run", "small.toml", "--enforce-slo"]), 1);
}

/// Scripts need the exit codes where they look for them.
#[test]
fn help_lists_the_exit_codes() {
    let sandbox = Sandbox::new();
    for arguments in [&["--help"][..], &["run", "--help"]] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, Some(0));
        let (_, codes) = ran.stdout.split_once("Exit codes:").expect("a list of exit codes");
        for code in ["  0 ", "  1 ", "  2 ", "  3 ", "  130 "] {
            assert!(codes.lines().any(|line| line.starts_with(code)), "{code:?} in\n{}", ran.stdout);
        }
    }
}

/// A folder's scenario.toml, played again, still says what nobody gave: run.json and
/// scenario.toml are the same to the byte.
#[test]
fn a_folder_played_again_says_the_same_of_its_defaults() {
    let sandbox = Sandbox::small();
    let run = |scenario: &str, out: &str| {
        let ran = sandbox.run(&["run", scenario, "-q", "-o", out]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
        ["scenario.toml", "run.json", "summary.csv"]
            .map(|file| fs::read_to_string(sandbox.path().join(out).join(file)).unwrap())
    };
    let first = run("small.toml", "first");
    let again = run("first/scenario.toml", "again");
    // What a person gave is given by another file now; nothing else differs.
    let plain = |text: &str| text.replace("default: the file's name", "given");
    assert_eq!(plain(&first[0]), plain(&again[0]));
    let assumed = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        value["assumed_defaults"].as_array().expect("listed").clone()
    };
    assert!(assumed(&first[1]).len() > 100);
    assert_eq!(assumed(&first[1]), assumed(&again[1]));
    assert_eq!(first[2], again[2]);
}

/// Pictures are a matter of choice, and `verify` compares those that were chosen.
#[test]
fn charts_are_those_that_were_asked_for() {
    let sandbox = Sandbox::small();
    for (which, endings) in [("none", &[][..]), ("svg", &["csv", "svg"][..])] {
        assert_code(&sandbox.run(&["run", "small.toml", "--charts", which, "-o", which]), 0);
        let files = tree(&sandbox.path().join(which));
        let charts = files.iter().filter_map(|(name, _)| name.strip_prefix("charts/"));
        let mut found: Vec<&str> = charts.filter_map(|name| name.rsplit('.').next()).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, endings, "--charts {which}");
        assert_code(&sandbox.run(&["verify", which]), 0);
    }
    let ran = sandbox.run(&["run", "small.toml", "--charts", "gif"]);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("none, svg, png"), "{}", ran.stderr);
}

/// One argument chooses the form of every command's data; JSON begins with its number.
#[test]
fn data_is_printed_in_the_form_that_was_asked_for() {
    let sandbox = Sandbox::new();
    let scenario = format!("{}/tests/lints/base/two-sites.toml", env!("CARGO_MANIFEST_DIR"));
    let one = ["explain", &scenario, "--protocol", "owa", "--entry", "Amsterdam", "--mailbox", "Boston"];
    let commands: [Vec<&str>; 6] = [
        vec!["check", &scenario],
        vec!["check", "--list-lints"],
        vec!["names", &scenario],
        one.to_vec(),
        vec!["explain", &scenario, "--matrix"],
        vec!["explain", "--list-failures"],
    ];
    for command in commands {
        let print = |form: &str| {
            let ran = sandbox.run(&[&command[..], &["--format", form]].concat());
            assert_code(&ran, 0);
            ran.stdout
        };
        let json = print("json");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["format"], 1, "{command:?}");
        let compact: String = json.split_whitespace().collect();
        assert!(compact.starts_with("{\"format\":1,"), "{command:?}: {compact:.40}");
        let csv = print("csv");
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        assert!(rows.headers().unwrap().len() > 1, "{command:?}");
        assert!(rows.records().all(|row| row.is_ok()), "{command:?}");
        assert!(print("markdown").contains("---|"), "{command:?}");
        assert!(!print("text").is_empty(), "{command:?}");
        let short = sandbox.run(&[&command[..], &["--json"]].concat());
        assert_eq!(short.stdout, json, "{command:?}");
    }
}

#[test]
fn faults_are_json_where_json_was_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.write("bad.toml", "[run]\nwindwo = \"1 h\"\n");
    for command in ["check", "names", "run"] {
        let ran = sandbox.run(&[command, "bad.toml", "--json"]);
        assert_code(&ran, 2);
        let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(value["format"], 1);
        let faults = value["faults"].as_array().unwrap();
        let fault = faults.iter().find(|fault| fault["line"] == 2).expect("the line of the wrong key");
        assert_eq!((&fault["code"], &fault["file"]), (&"unknown-key".into(), &"bad.toml".into()));
        assert_eq!((&fault["column"], &fault["severity"]), (&1.into(), &"error".into()));
        assert!(fault["help"][0].as_str().unwrap().contains("window"), "{fault}");
        let text = sandbox.run(&[command, "bad.toml", "--format", "text"]);
        assert_code(&text, 2);
        assert_eq!(text.stdout, "");
    }
}

#[test]
fn a_run_prints_its_table_in_any_form() {
    let sandbox = Sandbox::small();
    let read = |name: &str| fs::read_to_string(sandbox.path().join(name)).unwrap();
    let print = |form: &str| {
        let ran = sandbox.run(&["run", "small.toml", "-o", "out", "--charts", "none", "--format", form]);
        assert_code(&ran, 0);
        ran.stdout
    };
    assert_eq!(print("json"), read("out/run.json"));
    assert!(print("json").starts_with("{\n  \"format\": 2,\n  \"results\": "));
    assert_eq!(print("csv"), read("out/summary.csv"));
    assert!(print("markdown").starts_with("| protocol | population |"));
}
