//! `casim sweep` from outside: points, resumption, the same bytes however it came to its end.

use std::collections::BTreeMap;
use std::fs;
#[cfg(unix)]
use std::process::Stdio;
#[cfg(unix)]
use std::time::Duration;

use crate::support::killed::{self, killed_after, stamps, stay};
use crate::support::{SMALL, Sandbox, assert_code, page_made_again};

const GOALS: &str = "\n[slo]\nowa = { p95 = \"2 s\", failures = \"1 %\" }\ncpu = \"60 %\"\n";

pub(crate) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("small.toml", format!("{SMALL}{GOALS}"));
    sandbox
}

/// The files of a folder and of its `items`, with their bytes.
fn bytes(sandbox: &Sandbox, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for inner in ["", "items"] {
        let path = sandbox.path().join(folder).join(inner);
        for entry in fs::read_dir(path).unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
            let name = format!("{inner}/{}", entry.file_name().to_string_lossy());
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

pub(crate) fn rows(sandbox: &Sandbox, folder: &str) -> Vec<BTreeMap<String, String>> {
    let bytes = fs::read(sandbox.path().join(folder).join("sweep.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let head = reader.headers().unwrap().clone();
    let row =
        |row: csv::StringRecord| head.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

const VARY: [&str; 4] = ["--vary", "run.load=50%..150%:50%", "--vary", "site.Boston.cas.servers=1,2"];

/// A point of a sweep is the run of the scenario with its values set.
#[test]
fn a_point_is_the_run_with_its_values() {
    let sandbox = sandbox();
    let ran = sandbox.run(
        &[&["sweep", "small.toml", "--charts", "svg", "--replications", "2", "-o", "out"], &VARY[..]]
            .concat(),
    );
    assert_code(&ran, 0);
    assert!(ran.stdout.contains("6 points, simulated"), "{}", ran.stdout);
    let again = sandbox.run(&["verify", "out"]);
    assert_code(&again, 0);
    assert!(again.stdout.contains("the same, byte for byte"), "{}", again.stdout);
    page_made_again(&sandbox, "out");
    let rows = rows(&sandbox, "out");
    let sets = ["--set", "run.load=1.5", "--set", "site.Boston.cas.servers=2", "--replications", "2"];
    let args = ["run", "small.toml", "-o", "one", "--charts", "none", "--sessions", "none", "--quiet"];
    assert_code(&sandbox.run(&[&args[..], &sets[..]].concat()), 0);
    let bytes = fs::read(sandbox.path().join("one/objectives.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let mut seen = 0;
    for goal in reader.records().map(Result::unwrap) {
        let of = |row: &&BTreeMap<String, String>| {
            row["item"] == "6"
                && ["protocol", "population", "name", "metric"]
                    .iter()
                    .all(|column| row[*column] == goal[at(column)])
        };
        let row = rows.iter().find(of).unwrap_or_else(|| panic!("{goal:?}"));
        for column in ["value", "ci95", "goal", "verdict"] {
            assert_eq!(row[column], goal[at(column)], "{goal:?} {column}");
        }
        assert_eq!((row["run.load"].as_str(), row["site.Boston.cas.servers"].as_str()), ("1.5", "2"));
        seen += 1;
    }
    assert!(seen >= 3, "{seen}");
}

/// On one thread and on three, killed and gone on with, and with more replications added: the
/// bytes are those of a sweep that was never interrupted. What was finished is not played again.
#[test]
fn however_it_came_to_its_end_the_bytes_are_the_same() {
    let sandbox = sandbox();
    let all = |out: &'static str, jobs: &'static str, runs: &'static str| {
        let args = ["sweep", "small.toml", "-o", out, "--jobs", jobs, "--replications", runs, "--quiet"];
        [&args[..], &VARY[..]].concat()
    };
    assert_code(&sandbox.run(&all("whole", "1", "3")), 0);
    let whole = bytes(&sandbox, "whole");
    assert_eq!(whole.keys().filter(|name| name.ends_with(".item")).count(), 18);
    assert_code(&sandbox.run(&all("threads", "3", "3")), 0);
    assert!(bytes(&sandbox, "threads") == whole, "threads");
    assert_code(&sandbox.run(&all("more", "2", "1")), 0);
    assert_code(&sandbox.run(&all("more", "2", "3")), 0);
    assert!(bytes(&sandbox, "more") == whole, "more replications");
    let mut kills = 0;
    for wait in (0..8u64).map(|round| 40 + 35 * round) {
        kills += u32::from(killed_after(&sandbox, &all("killed", "2", "3"), "killed", wait));
    }
    assert!(kills > 0, "it was never killed while it was running");
    // What an item that was being written leaves is no part of the result.
    let items = sandbox.path().join(".killed.casim-items");
    fs::create_dir_all(&items).unwrap();
    fs::write(items.join(".tmpAbCdEf"), "half").unwrap();
    let before = stamps(&sandbox, "killed");
    assert_code(&sandbox.run(&all("killed", "2", "3")), 0);
    assert!(bytes(&sandbox, "killed") == whole, "killed");
    stay(&before, &stamps(&sandbox, "killed"));
    assert!(!items.exists());
}

/// As long as a few items take.
#[test]
#[ignore = "half a minute; a step of .ci/long, and eight kills above"]
fn killed_at_fifty_random_moments() {
    let vary = "--vary site.Boston.cas.servers=1,2 --vary run.load=50%..150%:20%";
    let sweep = format!("sweep small.toml --jobs 2 --replications 3 --quiet --charts none {vary}");
    killed::killed_at_fifty_random_moments(&sandbox(), &sweep, 600);
}

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_says_how_to_go_on() {
    let sandbox = Sandbox::new();
    sandbox.write("long.toml", SMALL.replace("09:00 - 09:30", "00:00 - 24:00").replace("300", "30000"));
    let mut command = sandbox.casim();
    command.args(["sweep", "long.toml", "--vary", "run.load=1..4", "-o", "out"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Until it has begun its folder; long before an item could be over.
    while sandbox.names().len() == 1 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("of 4 items are done and kept; the same command goes on"), "{told}");
    assert!(!sandbox.path().join("out").exists());
    // Of another scenario it is not gone on with.
    let other =
        ["sweep", "long.toml", "--vary", "run.load=0.001", "--set", "run.window=09:00 - 09:10", "-o", "out"];
    let ran = sandbox.run(&other);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("unfinished sweep of another scenario"), "{}", ran.stderr);
    // Nor of a casim with other results, or of nobody knows whom.
    let items = sandbox.path().join(".out.casim-items");
    let mark = fs::read_to_string(items.join("items.json")).unwrap();
    fs::write(items.join("a.item"), "").unwrap();
    for (mark, word) in [
        (Some(mark.replace("\"results\": ", "\"results\": 1")), "of a casim with other results"),
        (Some("{".to_owned()), "does not say whose it is"),
        (None, "does not say whose it is"),
    ] {
        match mark {
            Some(mark) => fs::write(items.join("items.json"), mark).unwrap(),
            None => fs::remove_file(items.join("items.json")).unwrap(),
        }
        let before = fs::read_dir(&items).unwrap().count();
        let ran = sandbox.run(&other);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
        assert_eq!(fs::read_dir(&items).unwrap().count(), before);
    }
    assert_code(&sandbox.run(&[&other[..], &["--force"]].concat()), 0);
    assert!(!items.exists());
}

/// What lies under a name that casim clears away when it begins or is done is never read and lost.
#[test]
fn hidden_names_are_spared_where_they_have_the_scenario() {
    let sandbox = sandbox();
    let text = fs::read(sandbox.path().join("small.toml")).unwrap();
    let run = |scenario: &str, command: &str| {
        let mut words =
            vec![command, scenario, "-q", "--force", "-o", "out", "--jobs", "1", "--charts", "none"];
        if command == "sweep" {
            words.extend(["--vary", "run.load=1,2"]);
        }
        sandbox.run(&words)
    };
    for what in ["items/small.toml", "part/deep/small.toml", "old/small.toml", "lock"] {
        let scenario = format!(".out.casim-{what}");
        let path = sandbox.path().join(&scenario);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
        for command in ["run", "sweep"] {
            let ran = run(&scenario, command);
            assert_code(&ran, 2);
            assert!(ran.stderr.contains("is read by this command"), "{}", ran.stderr);
            assert_eq!(fs::read(&path).unwrap(), text, "{what}");
            assert!(!sandbox.path().join("out").exists());
        }
        match fs::remove_file(sandbox.path().join(".out.casim-lock")) {
            Ok(()) => assert_eq!(what, "lock"),
            Err(_) => fs::remove_dir_all(sandbox.path().join(scenario.split('/').next().unwrap())).unwrap(),
        }
    }
    // Nor is what a link leads to.
    #[cfg(unix)]
    for what in ["lock", "part", "old"] {
        let link = sandbox.path().join(format!(".out.casim-{what}"));
        std::os::unix::fs::symlink("small.toml", &link).unwrap();
        let ran = run("small.toml", "run");
        assert_code(&ran, 2);
        assert!(ran.stderr.contains("is a symbolic link"), "{}", ran.stderr);
        assert_eq!(fs::read(sandbox.path().join("small.toml")).unwrap(), text, "{what}");
        fs::remove_file(link).unwrap();
    }
    assert_code(&run("small.toml", "sweep"), 0);
}

/// The law has the figures of a run's law, in no time, and says where each goal falls.
#[test]
fn the_law_alone_says_where_goals_fall() {
    let sandbox = sandbox();
    let args = ["sweep", "small.toml", "--law-only", "-o", "out", "--vary", "run.load=x1..x1000:log7"];
    let ran = sandbox.run(&args);
    assert_code(&ran, 0);
    assert!(ran.stdout.contains("by the utilisation law and limits, without a run"), "{}", ran.stdout);
    assert!(ran.stdout.contains("busiest hour at most 60 %: met up to"), "{}", ran.stdout);
    // Lines have no goal of their own: what they can carry is one.
    assert!(ran.stdout.contains("busiest hour at most 100 %: met up to"), "{}", ran.stdout);
    let of = |row: &&BTreeMap<String, String>| row["metric"] == "cpu" && row["name"] == "Boston-CAS";
    let rows = rows(&sandbox, "out");
    let values: Vec<f64> = rows.iter().filter(of).map(|row| row["value"].parse().unwrap()).collect();
    assert_eq!(values.len(), 7);
    for pair in values.windows(2) {
        let ratio = pair[1] / pair[0];
        assert!((ratio / 10f64.sqrt() - 1.0).abs() < 0.02, "{values:?}");
    }
}

#[test]
fn what_cannot_be_swept_is_told_before_anything_is_played() {
    let sandbox = sandbox();
    for (vary, word) in [
        ("site.Bostn.cas.servers=1,2", "Boston"),
        ("site.Boston.cas.servers=0,1", "site.Boston.cas.servers=0"),
        ("site.Boston.cas.servers=1..", "no range"),
        ("run.load", "="),
        ("sit.*.cas.servers=1", "nothing in the scenario"),
        ("run.nonsense=x2", "no number"),
        ("link.Amsterdam-Boston.bandwidth=1..9 Mbps", "wants a step"),
    ] {
        let ran = sandbox.run(&["sweep", "small.toml", "--vary", vary, "-o", "out"]);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(word), "{vary}: {}", ran.stderr);
    }
    let both = ["--vary", "site.*.cas.servers=1,2", "--vary", "site.Boston.cas.servers=3"];
    let ran = sandbox.run(&[&["sweep", "small.toml", "-o", "out"], &both[..]].concat());
    assert_code(&ran, 2);
    let told = "`site.Boston.cas.servers` is varied by `site.*.cas.servers` and by `site.Boston.cas.servers`";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let unlike = ["--vary", "run.load=1,2", "--vary", "site.Boston.cas.servers=1,2,3", "--zip"];
    let ran = sandbox.run(&[&["sweep", "small.toml", "-o", "out"], &unlike[..]].concat());
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("2 of run.load, 3 of site.Boston.cas.servers"), "{}", ran.stderr);
    assert!(!sandbox.path().join("out").exists());
}
