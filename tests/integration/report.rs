//! `report.html` from outside: written by `run`, made again by `report`, with the figures of the tables.

use std::fs;

use casim::results::{Identity, RunResult};
use casim::store;

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

    pictures_are_drawn_again(&sandbox);
    tables_and_summaries(&sandbox, missed);

    // What is there stays; what is no run is told.
    assert_code(&sandbox.run(&["report", "out", "-o", "both.html"]), 2);
    assert_code(&sandbox.run(&["report", "out", "out"]), 2);
    assert_code(&sandbox.run(&["report", "nowhere", "-o", "x.html"]), 2);
    sandbox.write("empty/run.json", r#"{ "command": "run", "casim_version": "0.1.0" }"#);
    assert_code(&sandbox.run(&["report", "empty", "-o", "x.html"]), 2);
    assert_code(&sandbox.run(&["report", "out", "-o", "out"]), 2);
    assert_code(&sandbox.run(&["report", "out", "--notes", "nowhere.md", "-o", "x.html"]), 2);
    assert_code(&sandbox.run(&["report", "out", "--fragments", "short.toml", "--force"]), 2);
    assert_code(&sandbox.run(&["verify", "out", "-q"]), 0);
    names_by_hand(&sandbox);
}

/// Names that the reader of scenarios refuses, in a folder that somebody wrote by hand.
fn names_by_hand(sandbox: &Sandbox) {
    let path = sandbox.path().join("out/result.bin");
    let (identity, mut run): (Identity, RunResult) = store::read(&path).unwrap();
    let long = "M".repeat(200);
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img onerror=x>",
        "A\u{202e}\u{2066}\u{0}\u{1b}B",
        "</svg>]]>",
        &long,
    ];
    let names = &mut run.names;
    for list in [
        &mut names.populations,
        &mut names.sites,
        &mut names.locations,
        &mut names.namespaces,
        &mut names.servers,
    ] {
        list.iter_mut().zip(hostile.iter().cycle()).for_each(|(one, name)| *one = (*name).to_owned());
    }
    run.servers.iter_mut().for_each(|row| hostile[0].clone_into(&mut row.name));
    run.links.iter_mut().for_each(|row| hostile[1].clone_into(&mut row.name));
    store::write(&path, &identity, &run).unwrap();
    let manifest = fs::read_to_string(sandbox.path().join("out/run.json")).unwrap();
    let manifest = manifest.replace(env!("CARGO_PKG_VERSION"), "<script>alert(2)</script>");
    sandbox.write("out/run.json", &manifest);
    assert_code(
        &sandbox.run(&["report", "out", "-q", "--force", "--fragments", "hostile", "-o", "hostile.html"]),
        0,
    );
    let page = fs::read_to_string(sandbox.path().join("hostile.html")).unwrap();
    assert_eq!(page.matches("<script").count(), 2, "the page's own and its data");
    let mut files = vec![page];
    // A picture that is not well-formed cannot be made to PNG.
    for kind in ["latency", "flow", "topology", "decisions", "server_utilisation", "link_utilisation"] {
        for file in ["hostile.png", "hostile.svg"] {
            assert_code(&sandbox.run(&["chart", "out", "--kind", kind, "-q", "--force", "-o", file]), 0);
        }
        files.push(fs::read_to_string(sandbox.path().join("hostile.svg")).unwrap());
    }
    files.extend(
        crate::support::tree(&sandbox.path().join("hostile"))
            .into_iter()
            .map(|(_, bytes)| String::from_utf8(bytes).unwrap()),
    );
    for text in files {
        for harm in ["<script>alert", "<img", "]]><", "\u{202e}", "\u{2066}", "\u{0}", "\u{1b}"] {
            assert!(!text.contains(harm), "{harm}: {text}");
        }
    }
}

/// Every picture of the folder with its own bytes; parts of some; what it does not hold is refused.
fn pictures_are_drawn_again(sandbox: &Sandbox) {
    let read = |path: &str| fs::read(sandbox.path().join(path)).unwrap();
    for kind in ["latency", "flow", "storm_p95", "p95_over_day"] {
        for ending in ["svg", "csv"] {
            let file = format!("{kind}.{ending}");
            assert_code(&sandbox.run(&["chart", "out", "--kind", kind, "-o", &file, "-q"]), 0);
            assert!(read(&file) == read(&format!("out/charts/{file}")), "{file}");
        }
    }
    let chart = |more: &[&str]| {
        let words = [&["chart", "out", "--force", "-q"], more].concat();
        let done = sandbox.run(&words);
        (done.code, done.stderr)
    };
    let part = ["--kind", "p95_over_day", "--where", "protocol=owa", "--from", "09:02", "--to", "09:05"];
    assert_eq!(chart(&[&part[..], &["-o", "part.csv"]].concat()).0, Some(0));
    let part = String::from_utf8(read("part.csv")).unwrap();
    assert!(part.contains(",owa,") && !part.contains(",eas,"), "{part}");
    let other = ["--kind", "latency", "--percentiles", "50,90,99", "--theme", "dark", "-o", "dark.svg"];
    assert_eq!(chart(&[&other[..], &["--size", "1600x900"]].concat()).0, Some(0));
    let dark = String::from_utf8(read("dark.svg")).unwrap();
    assert!(dark.contains("width=\"1600\" height=\"900\"") && dark.contains("90th percentile"), "{dark}");
    let refused: [(&[&str], &str); 8] = [
        (&["--kind", "latncy"], "did you mean `latency`"),
        (&["--kind", "latency", "--from", "09:02"], "casim run --set run.window=09:02-09:10"),
        (&["--kind", "p95_over_day", "--from", "12:00"], "not in the window"),
        (&["--kind", "p95_over_day", "--where", "population=staff"], "can be narrowed by protocol"),
        (&["--kind", "flow", "--where", "protocol=owaa"], "did you mean `owa`"),
        (&["--kind", "databases_over_time"], "no database left its server"),
        (&["--kind", "flow", "-o", "out/charts/flow.svg"], "in the folder that is drawn"),
        (&["--kind", "flow", "--percentiles", "1,2,3"], "no other percentiles"),
    ];
    for (words, why) in refused {
        let (code, said) = chart(words);
        assert!(code == Some(2) && said.contains(why), "{words:?}: {code:?} {said}");
    }
}

/// Each table as a file to be pasted, and the summaries with the figures of the tables.
fn tables_and_summaries(sandbox: &Sandbox, missed: usize) {
    let read = |path: &str| fs::read_to_string(sandbox.path().join(path)).unwrap();
    assert_code(&sandbox.run(&["report", "out", "--fragments", "tables", "-q"]), 0);
    assert_code(&sandbox.run(&["report", "out", "--fragments", "tables", "-q"]), 2);
    assert_code(&sandbox.run(&["report", "out", "out", "--fragments", "others", "-q"]), 2);
    let digest = &read("out/summary.json")["{".len()..];
    assert!(digest.contains(&format!("\"missed\": {missed}")), "{digest}");
    for name in
        ["objectives", "failures", "latency", "parts", "flow", "sites", "capacity", "urls", "assumptions"]
    {
        let text = read(&format!("tables/{name}.html"));
        assert!(text.contains("<table") && text.contains("digest") && !text.contains("<script"), "{name}");
    }
    let rows = read("tables/objectives.html").matches("<tr>").count() - 1;
    assert_eq!(rows, read("out/objectives.csv").lines().count() - 1);
    let summary = read("out/summary.md");
    assert!(summary.starts_with("# small: ") && summary.contains("never: OWA, Boston staff"), "{summary}");
    // How grave a finding is, in the digest, the summary and the page.
    assert!(digest.contains("\"gravity\": \"error\"") && summary.contains("- error L07: "), "{summary}");
    assert!(read("out/report.html").contains("<b>error L07</b>"));
    // Made again in a folder with the same bytes.
    assert_code(&sandbox.run(&["report", "out", "-q"]), 0);
    assert_eq!(read("out/summary.md"), summary);
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
