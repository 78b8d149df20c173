//! docs/conventions.md, held against the program: standard input, colours, what is said beside.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::{QUEUE, Ran, SMALL, Sandbox, assert_code};

/// With this on standard input.
fn fed(mut command: Command, text: &str) -> Ran {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn a_scenario_comes_on_standard_input() {
    let sandbox = Sandbox::new();
    sandbox.write("queue.toml", QUEUE);
    let casim = |words: &[&str]| {
        let mut command = sandbox.casim();
        command.args(words);
        command
    };
    assert_code(&fed(casim(&["run", "-", "-q", "--charts", "none"]), QUEUE), 0);
    assert_code(&sandbox.run(&["run", "queue.toml", "-q", "-o", "file"]), 0);
    let of = |folder: &str, name: &str| std::fs::read(sandbox.path().join(folder).join(name)).unwrap();
    for name in ["summary.csv", "sessions.csv", "scenario.toml", "result.bin"] {
        assert!(of("output/stdin", name) == of("file", name), "{name}");
    }
    // What it names is sought in the present folder, faults have a place, and nothing is bad input.
    let ran = fed(casim(&["check", "-"]), "base = \"queue.toml\"\n[run]\nwarmup = \"1 h\"\n");
    assert_code(&ran, 2);
    assert!(
        ran.stderr.contains("<stdin>:3:10") && ran.stderr.contains("the warm-up is as long"),
        "{}",
        ran.stderr
    );
    assert_code(&fed(casim(&["run", "-"]), ""), 2);
    assert_code(
        &fed(
            casim(&[
                "compare",
                "-",
                "queue.toml",
                "--replications",
                "2",
                "-q",
                "--charts",
                "none",
                "-o",
                "both",
            ]),
            QUEUE,
        ),
        0,
    );
}

/// Whether there are colours on standard output, and on standard error.
fn colours(sandbox: &Sandbox, words: &[&str], environment: &[(&str, &str)]) -> [bool; 2] {
    let mut command = sandbox.casim();
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").args(words).envs(environment.iter().copied());
    let ran = command.output().unwrap();
    [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap().contains("\u{1b}["))
}

#[test]
fn colours_are_as_asked_for() {
    let sandbox = Sandbox::small();
    sandbox.write("bad.toml", SMALL.replace("seed = 7", "sead = 7"));
    let bad = ["check", "bad.toml"];
    let good = ["check", "small.toml"];
    let asks = ["explain", "small.toml", "--protocol", "owa", "--entry", "Amsterdam", "--mailbox", "Boston"];
    let with = |words: &[&'static str], more: &[&'static str]| [words, more].concat();
    // Pipes are no terminal.
    for words in [&bad[..], &good, &asks] {
        assert_eq!(colours(&sandbox, words, &[]), [false; 2], "{words:?}");
        let never = with(words, &["--color", "never"]);
        assert_eq!(colours(&sandbox, &never, &[("CLICOLOR_FORCE", "1")]), [false; 2], "{never:?}");
        // What they ask for is where they say something: faults on standard error, answers on the other.
        let place = usize::from(words == bad);
        for (more, environment) in [
            (&["--color", "always"][..], &[][..]),
            (&["--color", "always"], &[("NO_COLOR", "1")]),
            (&[], &[("CLICOLOR_FORCE", "1")]),
        ] {
            let asked = with(words, more);
            assert!(colours(&sandbox, &asked, environment)[place], "{asked:?} {environment:?}");
        }
        let both = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")];
        assert_eq!(colours(&sandbox, words, &[both[0]]), [false; 2], "{words:?}");
    }
    // Data is never coloured.
    let json = with(&good, &["--format", "json", "--color", "always"]);
    assert!(!colours(&sandbox, &json, &[])[0]);
}

#[test]
fn verbose_says_where_the_time_went_and_quiet_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("queue.toml", QUEUE);
    let run = ["run", "queue.toml", "-o", "out"];
    let ran = sandbox.run(&[&run[..], &["-v", "--replications", "2"]].concat());
    assert_code(&ran, 0);
    for word in [
        "read `One core` in ",
        "1 source",
        "compiled to 1 station",
        "replication 0 played, ",
        "replication 1 played, ",
        "merging",
        "written",
        " s in all",
    ] {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    for words in [
        &["check", "queue.toml", "-v"][..],
        &["verify", "out", "-v"],
        &["report", "out", "-v", "-o", "r.html"],
    ] {
        let ran = sandbox.run(words);
        assert_code(&ran, 0);
        assert!(ran.stderr.trim_end().ends_with(" s in all"), "{words:?}: {}", ran.stderr);
    }
    let quiet = |more: &[&str]| {
        let ran = sandbox.run(&[&run[..], &["-q", "--charts", "none"], more].concat());
        assert_code(&ran, 0);
        assert_eq!(ran.stderr, "", "{more:?}");
        ran.stdout
    };
    assert_eq!(quiet(&[]), "");
    // What was asked for is printed all the same.
    assert!(quiet(&["--json"]).starts_with('{'));
    assert!(quiet(&["--format", "csv"]).starts_with("protocol,"));
    assert!(quiet(&["--format", "markdown"]).starts_with("| "));
}
