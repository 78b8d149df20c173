//! `casim compare`, as a library and from outside.

use std::fs;

use casim::decide::compare::{Asked, Compare};
use casim::model::protocol::Protocol;
use casim::results::compared::{About, ComparedRow, Comparison, Metric, Said};
use casim::scenario::Scenario;
use casim::stats::interval::LEVEL;
use casim::stats::paired::Difference;
use casim::study::Workers;
use serde_json::Value;

use crate::support::{
    QUEUE, SMALL, Sandbox, assert_code, page_made_again, read, read_with, shipped, small_renamed, tree,
};

fn compared(scenarios: &[(&str, &Scenario)], asked: Asked) -> Comparison {
    let workers = Workers::new(1).unwrap();
    let mut compare = Compare::of(scenarios.iter().copied(), asked);
    compare.warm_up(&workers).unwrap().unwrap();
    while let Some(more) = compare.next_round() {
        compare.add(more, &workers).unwrap();
    }
    compare.result()
}

/// What is only called otherwise draws the same: every difference is exactly 0, not just small. Of settings
/// two names differ.
#[test]
fn what_is_only_called_otherwise_is_exactly_the_same() {
    let base = read(SMALL);
    let other = read(&small_renamed());
    let comparison = compared(&[("a", &base), ("b", &other)], Asked { pairs: 3, ..Asked::default() });
    let against = &comparison.others[0];
    assert_eq!((&against.base_alone, &against.other_alone), (&Vec::new(), &Vec::new()));
    assert!(against.affected.is_empty(), "{:?}", against.affected);
    let keys: Vec<&str> = against.keys.iter().map(|key| key.path.as_str()).collect();
    assert_eq!(keys, ["population.\"Boston staff\".name", "site.Boston.name"]);
    let known: Vec<_> = against.rows.iter().filter(|row| row.difference.is_some()).collect();
    assert!(known.len() > 20, "{}", known.len());
    for row in known {
        let difference = row.difference.as_ref().unwrap();
        assert_eq!((difference.estimate, difference.error), (0.0, 0.0), "{:?} {:?}", row.about, row.metric);
        assert!(row.runs.iter().all(|(base, other)| base == other));
    }
    let about = |wanted: fn(&About) -> bool| against.rows.iter().any(|row| wanted(&row.about));
    assert!(about(|about| matches!(about, About::Servers(name) if name.contains("Boston"))));
    assert!(about(|about| matches!(about, About::Link(name) if name.contains("Boston"))));
    assert!(about(|about| matches!(about, About::Users(_, name) if name == "Boston staff -> Bangor staff")));
}

/// One core at 0.5 against two: M/M/1 answers in 200 ms, M/M/2 at 0.25 in 106.7 ms; the same
/// draws make the interval of the difference narrower than that of independent runs.
#[test]
fn a_second_core_is_better_and_pairs_save_runs() {
    let (base, other) = (read(QUEUE), read(&QUEUE.replace("cores = 1", "cores = 2")));
    let asked = Asked { pairs: 20, ..Asked::default() };
    let comparison = compared(&[("one", &base), ("two", &other)], asked);
    let row = |metric| comparison.others[0].rows.iter().find(|row| row.metric == metric).unwrap();
    let mean = row(Metric::Mean);
    // Five standard errors: wrong in fewer than one of a million.
    let exact = (106.666_667 - 200.0) * 1e6;
    let difference = mean.difference.as_ref().unwrap();
    assert!((difference.estimate - exact).abs() < 5.0 * difference.error, "{difference:?}");
    assert_eq!(mean.said, Said::Better);
    assert!(difference.variance_ratio.unwrap() > 1.0, "{difference:?}");
    assert_eq!(row(Metric::Requests).said, Said::Same);
    assert_eq!((comparison.pairs, comparison.paired, comparison.others[0].keys.len()), (20, true, 1));
    assert_eq!(comparison.others[0].keys[0].path, "station.cas.cores");
}

/// Of the mean of OWA: by how much an interval of independent runs is wider than that of the pairs, and
/// the variance ratio that is told.
fn pairing(comparison: &Comparison) -> (f64, f64) {
    let mut rows = comparison.others.iter().flat_map(|against| &against.rows);
    let owa = |row: &&ComparedRow| {
        row.metric == Metric::Mean && matches!(&row.about, About::Users(Some(Protocol::Owa), _))
    };
    let row = rows.find(owa).expect("somebody uses OWA");
    let (base, other): (Vec<f64>, Vec<f64>) =
        row.runs.iter().map(|&(base, other)| (base.unwrap(), other.unwrap())).unzip();
    let alone = Difference::independent(row.base.unwrap(), row.other.unwrap(), &base, &other).unwrap();
    let paired = row.difference.as_ref().unwrap();
    (alone.half_width(LEVEL) / paired.half_width(LEVEL), paired.variance_ratio.unwrap())
}

/// Two more cores against the base, 40 pairs: the interval is at most half as wide as that of independent
/// runs.
#[test]
fn two_more_cores_are_told_by_half_as_wide_an_interval() {
    let asked = Asked { pairs: 40, ..Asked::default() };
    let short = [("run.window", "\"09:00 - 09:03\""), ("run.warmup", "\"30 s\"")];
    let (base, other) = (&[][..], &[("site.Amsterdam.cas.cores", "4")][..]);
    let [base, other] = [base, other].map(|set| read_with(SMALL, &[&short[..], set].concat()));
    let (wider, ratio) = pairing(&compared(&[("a", &base), ("b", &other)], asked));
    assert!(wider >= 2.0 && ratio > 4.0, "{wider} times as wide, variance ratio {ratio}");
}

/// The same of a shipped scenario in an hour, and what pairing is worth where the names change.
#[test]
#[ignore = "two minutes; a step of .ci/long"]
#[allow(clippy::print_stdout)]
fn two_more_cores_in_full() {
    let asked = Asked { pairs: 40, ..Asked::default() };
    let hour = [("run.window", "\"09:00 - 10:00\"")];
    let cores = [hour[0], ("site.Amsterdam.cas.cores", "6")];
    let base = shipped("scenarios/single-namespace.toml", &hour);
    let other = shipped("scenarios/single-namespace.toml", &cores);
    let (wider, ratio) = pairing(&compared(&[("base", &base), ("two more cores", &other)], asked));
    println!("two more cores: independent runs {wider:.1} times as wide, variance ratio {ratio:.1}");
    assert!(wider >= 2.0, "{wider}");
    let regional = shipped("scenarios/regional-namespaces.toml", &hour);
    let (wider, ratio) = pairing(&compared(&[("single", &base), ("regional", &regional)], asked));
    println!(
        "single to regional names: independent runs {wider:.1} times as wide, variance ratio {ratio:.1}"
    );
}

/// With a precision it is looked at 10, 20, 40 ... pairs, and stops where all is decided.
#[test]
fn looks_go_on_until_every_row_is_decided_or_known() {
    let (base, other) = (read(QUEUE), read(&QUEUE.replace("100 ms", "101 ms")));
    let asked = Asked { precision: Some(0.3), most: 40, ..Asked::default() };
    let loose = compared(&[("a", &base), ("b", &other)], asked);
    assert_eq!((loose.looks.as_slice(), loose.open), (&[10][..], 0));
    let asked = Asked { precision: Some(0.000_001), floor: 0.000_001, most: 40, ..Asked::default() };
    let (base, other) = (read(QUEUE), read(&QUEUE.replace("seed = 7", "seed = 8")));
    let strict = compared(&[("a", &base), ("b", &other)], Asked { unpaired: true, ..asked });
    assert_eq!(strict.looks, [10, 20, 40]);
    assert!(strict.open > 0 && !strict.paired);
    assert!((strict.level - 0.975).abs() < 1e-12, "the last look has half of the error: {}", strict.level);
}

/// Two populations that become one, and one that becomes two, are compared over all of their
/// users; who matches nobody is listed.
#[test]
fn split_and_merged_populations_are_one_row() {
    let two = SMALL.to_owned()
        + "\n[[population]]\nname = \"Boston sales\"\nhome = \"Boston\"\nmailboxes = 50\nnamespace = \"mail.contoso.com\"\nclients = { owa = 0.5 }\n";
    let merged = SMALL.replace(
        "name = \"Boston staff\"",
        "name = \"All of Boston\"\nwas = [\"Boston staff\", \"Boston sales\"]",
    );
    let (base, other) = (read(&two), read(&merged));
    let asked = Asked { pairs: 2, ..Asked::default() };
    let comparison = compared(&[("two", &base), ("one", &other)], asked);
    let against = &comparison.others[0];
    let name = "Boston staff + Boston sales -> All of Boston";
    let requests = against.rows.iter().find(|row| {
        row.metric == Metric::Requests && matches!(&row.about, About::Users(_, of) if of == name)
    });
    let requests = requests.unwrap_or_else(|| panic!("no row of {name}"));
    assert!(requests.base > requests.other, "fifty mailboxes fewer: {requests:?}");
    let apart = compared(&[("two", &base), ("one", &read(SMALL))], asked);
    assert_eq!(apart.others[0].base_alone, [("Boston sales".to_owned(), 50)]);
}

fn value(ran: &crate::support::Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

/// Each table of a decision as a file to be pasted, and its picture drawn again.
fn tables_and_pictures(sandbox: &Sandbox) {
    let read = |path: &str| fs::read(sandbox.path().join(path)).unwrap();
    assert_code(&sandbox.run(&["report", "files", "--fragments", "tables", "-q"]), 0);
    assert_code(&sandbox.run(&["report", "files", "--fragments", "tables", "-q"]), 2);
    let rows = String::from_utf8(read("tables/differences.html")).unwrap();
    let csv = String::from_utf8(read("files/comparison.csv")).unwrap();
    assert_eq!(rows.matches("<tr>").count(), csv.lines().count());
    assert!(rows.contains("comparison.csv") && rows.contains("\u{201c}Slower\u{201d}, digest "), "{rows}");
    for ending in ["svg", "csv"] {
        let file = format!("comparison.{ending}");
        assert_code(&sandbox.run(&["chart", "files", "--kind", "comparison", "-o", &file, "-q"]), 0);
        assert!(read(&file) == read(&format!("files/charts/{file}")), "{file}");
    }
    for (words, why) in [
        (["--kind", "comparisn", "--theme", "dark"], "did you mean `comparison`"),
        (["--kind", "comparison", "--where", "protocol=owa"], "-o FILE.csv"),
        (["--kind", "comparison", "--from", "09:00"], "--set run.window="),
        (["--kind", "comparison", "--percentiles", "1,2,3"], "[slo]"),
    ] {
        let ran = sandbox.run(&[&["chart", "files", "-q", "-o", "refused.svg"], &words[..]].concat());
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
}

/// Files and folders say the same, byte for byte; every form is printed; --fail-on decides the
/// exit code.
#[test]
fn files_and_folders_say_the_same() {
    let sandbox = Sandbox::new();
    sandbox.write("one.toml", QUEUE);
    sandbox.write("two.toml", "base = \"one.toml\"\nname = \"Slower\"\n[[station]]\nname = \"cas\"\nservice = { exponential = { mean = \"150 ms\" } }\n");
    let ran = sandbox.run(&["compare", "one.toml", "two.toml", "-o", "files", "--charts", "svg"]);
    assert_code(&ran, 0);
    assert!(ran.stdout.contains("Other: Slower") && ran.stdout.contains("worse"), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    for name in ["one", "two"] {
        let file = format!("{name}.toml");
        assert_code(
            &sandbox.run(&["run", &file, "--replications", "10", "--charts", "none", "-o", name, "-q"]),
            0,
        );
    }
    let ran = sandbox.run(&["compare", "one", "two", "-o", "folders", "--json"]);
    assert_code(&ran, 0);
    assert!(ran.stdout.starts_with("{\n  \"format\": 1"), "{}", ran.stdout);
    for file in [
        "comparison.csv",
        "comparison_pairs.csv",
        "affected.csv",
        "findings.csv",
        "settings.csv",
        "comparison.md",
    ] {
        let read = |folder: &str| fs::read(sandbox.path().join(folder).join(file)).unwrap();
        assert!(read("files") == read("folders"), "{file}");
    }
    assert!(value(&ran)["others"][0]["words"]["worse"].as_u64().unwrap() > 0);
    // A page of both, and of a run beside them.
    let page = page_made_again(&sandbox, "files");
    assert!(page.contains("<section id=\"differences\"") && page.contains("Slower against"), "no comparison");
    assert_code(&sandbox.run(&["report", "folders", "one", "-o", "all.html"]), 0);
    let all = fs::read_to_string(sandbox.path().join("all.html")).unwrap();
    assert!(all.contains("<section id=\"differences-1\"") && all.contains("<section id=\"objectives-2\""));
    tables_and_pictures(&sandbox);
    for folder in ["files", "folders"] {
        let again = sandbox.run(&["verify", folder]);
        assert_code(&again, 0);
        assert!(again.stdout.contains("the same, byte for byte"), "{}", again.stdout);
    }
    let base = sandbox.path().join("files/base.toml");
    fs::write(&base, fs::read_to_string(&base).unwrap() + "# later\n").unwrap();
    let again = sandbox.run(&["verify", "files"]);
    assert_code(&again, 1);
    assert!(again.stdout.contains("base.toml: was changed after it was written"), "{}", again.stdout);
    for form in ["csv", "markdown"] {
        let ran = sandbox.run(&["compare", "one", "two", "--format", form, "-o", "x"]);
        assert_code(&ran, 0);
        assert!(ran.stdout.contains("mean"), "{}", ran.stdout);
    }
    assert_code(&sandbox.run(&["compare", "one", "two", "--fail-on", "worse", "-o", "x"]), 1);
    assert_code(&sandbox.run(&["compare", "one", "two", "--fail-on", "newly-missed", "-o", "x"]), 0);
}

/// What is no pair is refused, unless it is to be compared without; files and folders do not mix.
#[test]
fn what_cannot_be_compared_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("one.toml", QUEUE);
    sandbox.write("seed.toml", QUEUE.replace("seed = 7", "seed = 8"));
    sandbox.write("window.toml", QUEUE.replace("200 s", "100 s"));
    for (other, word) in [("seed.toml", "seeds"), ("window.toml", "windows")] {
        let ran = sandbox.run(&["compare", "one.toml", other]);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(word) && ran.stderr.contains("--unpaired"), "{}", ran.stderr);
        assert_code(&sandbox.run(&["compare", "one.toml", other, "--unpaired", "-o", "x"]), 0);
    }
    assert_code(&sandbox.run(&["run", "one.toml", "--charts", "none", "-q", "-o", "folder"]), 0);
    for bad in [
        &["compare", "one.toml"][..],
        &["compare", "one.toml", "folder"],
        &["compare", "one.toml", "none.toml"],
        &["compare", "folder", "folder", "--seed", "3"],
        &["compare", "one.toml", "one.toml", "--floor", "2"],
        &["compare", "one.toml", "one.toml", "--precision", "0%"],
        &["compare", "one.toml", "one.toml", "--replications", "1"],
    ] {
        assert_code(&sandbox.run(bad), 2);
    }
    let mut names = sandbox.names();
    names.retain(|name| !name.ends_with(".toml"));
    assert_eq!(names, ["folder", "output", "x"]);
    assert_eq!(tree(&sandbox.path().join("output")), [], "nothing was written where nothing was compared");
}

/// Regional names: whoever types the common name is sent on, and logs on a second time.
#[test]
fn who_notices_is_told() {
    let asked = Asked { pairs: 2, ..Asked::default() };
    let short = [("run.window", "\"12:00 - 12:01\""), ("run.warmup", "\"0 s\"")];
    let base = shipped("scenarios/single-namespace.toml", &short);
    let other = shipped("scenarios/regional-namespaces.toml", &short);
    let comparison = compared(&[("single", &base), ("regional", &other)], asked);
    let affected = &comparison.others[0].affected;
    let owa = affected.iter().find(|of| of.protocol == Protocol::Owa);
    let owa = owa.expect("OWA of Boston is redirected");
    assert_eq!((owa.old.token(), owa.new.token()), ("proxy", "redirect_manual"));
    assert!(owa.second_logon && owa.retype.is_none() && owa.clients > 100.0, "{owa:?}");
    // Two thirds of the users no longer come through Amsterdam: its hint goes, and none comes.
    let found = |comparison: &Comparison| -> Vec<(bool, String)> {
        comparison.others[0].findings.iter().map(|of| (of.new, of.lint.clone())).collect()
    };
    assert_eq!(found(&comparison), [(false, "L36".to_owned())]);
    let back = compared(&[("regional", &other), ("single", &base)], asked);
    assert_eq!(found(&back), [(true, "L36".to_owned())]);
    // A name that is only called otherwise brings and takes no finding.
    let same = compared(&[("single", &base), ("again", &base)], asked);
    assert_eq!(found(&same), []);
}

/// Interrupted, it says how to go on; killed, and gone on with, it gives the bytes of one that was not.
#[cfg(unix)]
#[test]
fn an_interrupted_comparison_goes_on() {
    use std::process::Stdio;
    use std::time::Duration;
    let sandbox = Sandbox::new();
    sandbox.write("one.toml", SMALL.replace("09:00 - 09:30", "00:00 - 24:00").replace("300", "30000"));
    sandbox.write("two.toml", "base = \"one.toml\"\nname = \"Two\"\n[run]\nload = 1.1\n");
    let long = ["compare", "one.toml", "two.toml", "-o", "out"];
    let child = sandbox.casim().args(long).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("of 20 items are done and kept; the same command goes on"), "{told}");
    // Of other scenarios it is not gone on with.
    let other =
        ["compare", "one.toml", "one.toml", "--set", "run.load=0.001", "-o", "out", "--replications", "2"];
    let ran = sandbox.run(&other);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("unfinished comparison of another scenario"), "{}", ran.stderr);
    assert_code(&sandbox.run(&[&other[..], &["--force"]].concat()), 0);
    sandbox.write("three.toml", QUEUE);
    sandbox.write("four.toml", QUEUE.replace("100 ms", "110 ms"));
    let args =
        |out: &'static str| ["compare", "three.toml", "four.toml", "-o", out, "--charts", "none", "-q"];
    assert_code(&sandbox.run(&args("whole")), 0);
    for round in 0..3u64 {
        let mut child = sandbox.casim().args(args("killed")).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + 60 * round));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_code(&sandbox.run(&args("killed")), 0);
    assert!(tree(&sandbox.path().join("killed")) == tree(&sandbox.path().join("whole")));
    assert!(!sandbox.path().join(".killed.casim-items").exists());
}
