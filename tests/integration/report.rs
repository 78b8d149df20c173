//! `report.html` from outside: written by `run`, made again by `report`, with the figures of the tables.

use std::fs;

use crate::support::{Sandbox, assert_code};

/// The small scenario with a goal that is missed and one that is met, a line that is cut, and few minutes.
fn short(sandbox: &Sandbox) {
    let goals = "[slo]\nowa = { p95 = \"1 ms\", failures = \"90 %\" }\n[[outage]]\nname = \"the line\"\nwhat = \"link.Amsterdam-Boston\"\n\
                 at = \"09:03\"\nfor = \"2 min\"\n";
    let text =
        crate::support::SMALL.replace("09:30", "09:10").replace("mailboxes = 300", "mailboxes = 900") + goals;
    sandbox.write("short.toml", text);
}

/// The same bytes without simulating; what the tables say; one page of two; what is refused.
#[test]
fn a_page_is_made_again_from_its_folder() {
    let sandbox = Sandbox::new();
    short(&sandbox);
    let args = [
        "run",
        "short.toml",
        "--charts",
        "svg",
        "--sessions",
        "none",
        "-q",
        "-o",
        "out",
        "--junit",
        "goals.xml",
    ];
    assert_code(&sandbox.run(&args), 0);
    assert_code(&sandbox.run(&args), 2);
    let written = fs::read_to_string(sandbox.path().join("out/report.html")).unwrap();
    assert_code(&sandbox.run(&["report", "out", "-o", "again.html"]), 0);
    assert_eq!(written, fs::read_to_string(sandbox.path().join("again.html")).unwrap());
    assert!(written.contains("<section id=\"outage\"") && written.contains("the line"));

    // Every goal and every reason of failure, with the figures of the tables.
    let table = |name: &str| {
        let mut reader = csv::Reader::from_path(sandbox.path().join("out").join(name)).unwrap();
        let head = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        move |column: &str| -> Vec<String> {
            let at = head.iter().position(|name| name == column).unwrap();
            rows.iter().map(|row| row[at].to_owned()).collect()
        }
    };
    let verdicts = table("objectives.csv")("verdict");
    let missed = verdicts.iter().filter(|verdict| ["missed", "never"].contains(&verdict.as_str())).count();
    assert!(written.contains(&format!("{missed} of {} objectives missed", verdicts.len())), "{verdicts:?}");
    let junit = fs::read_to_string(sandbox.path().join("goals.xml")).unwrap();
    assert!(junit.contains(&format!("tests=\"{}\" failures=\"{missed}\"", verdicts.len())), "{junit}");
    for meaning in table("failures.csv")("meaning") {
        assert!(written.contains(&meaning), "{meaning}");
    }
    for path in table("assumptions.csv")("path") {
        assert!(written.contains(&path), "{path}");
    }

    // A title and a text of the author's, and both on one page.
    sandbox.write("notes.md", "First & foremost");
    let args = ["report", "out", "out", "-o", "both.html", "--title", "A < B", "--notes", "notes.md"];
    assert_code(&sandbox.run(&args), 0);
    let both = fs::read_to_string(sandbox.path().join("both.html")).unwrap();
    assert!(both.contains("small (out)"), "of one name: told apart by their folders");
    assert!(both.contains("<h1>A &lt; B</h1>") && both.contains("First &amp; foremost"));

    // Others may read it as they may read the folder's own.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| fs::metadata(sandbox.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("again.html"), mode("out/report.html"));
    }

    // What is there stays; what is no run is told.
    assert_code(&sandbox.run(&["report", "out", "-o", "both.html"]), 2);
    assert_code(&sandbox.run(&["report", "out", "out"]), 2);
    assert_code(&sandbox.run(&["report", "nowhere", "-o", "x.html"]), 2);
    sandbox.write("empty/run.json", r#"{ "command": "run", "casim_version": "0.1.0" }"#);
    assert_code(&sandbox.run(&["report", "empty", "-o", "x.html"]), 2);
    assert_code(&sandbox.run(&["report", "out", "-o", "out"]), 2);
    assert_code(&sandbox.run(&["verify", "out", "-q"]), 0);
}

/// What the linter finds is the same of a scenario and of the one that a folder keeps, or a page could not
/// be made again.
#[test]
fn a_resolved_scenario_is_set_up_as_it_was() {
    let sandbox = Sandbox::new();
    for name in ["missing-integrated-auth", "two-names-one-site-2016"] {
        let file = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let args = [
            "run",
            &file,
            "--set",
            "run.window=10:00-10:01",
            "--set",
            "run.warmup=0 s",
            "--set",
            "run.load=0.01",
        ];
        let rest = ["--charts", "svg", "--sessions", "none", "-q", "-o", name];
        assert_code(&sandbox.run(&[args.as_slice(), rest.as_slice()].concat()), 0);
        assert_code(&sandbox.run(&["report", name, "-o", "again.html", "--force", "-q"]), 0);
        let read = |path: &str| fs::read(sandbox.path().join(path)).unwrap();
        assert!(read(&format!("{name}/report.html")) == read("again.html"), "{name}");
    }
}
