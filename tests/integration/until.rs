//! `casim sweep --until` from outside: up to which value a condition holds.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{QUEUE, Sandbox, assert_code, tree};
use crate::sweep::{rows, sandbox};

/// By the law utilisation is in proportion to the load: where 60 % of the cores are asked for follows from one
/// point, and the search ends within 2 % of it.
#[test]
fn until_finds_by_the_law_what_proportion_says() {
    let sandbox = sandbox();
    let vary = ["--vary", "run.load=1,10,100"];
    let args = [&["sweep", "small.toml", "--law-only", "-o", "grid"], &vary[..]].concat();
    assert_code(&sandbox.run(&args), 0);
    let of = |row: &&BTreeMap<String, String>| row["metric"] == "cpu" && row["name"] == "Boston-CAS";
    let at_one: f64 = rows(&sandbox, "grid").iter().find(of).unwrap()["value"].parse().unwrap();
    let expected = 0.3 / at_one;
    let until = ["--until", "server.Boston-CAS <= 30 %", "--json"];
    let args = [&["sweep", "small.toml", "--law-only", "-o", "out"], &vary[..], &until[..]].concat();
    let ran = sandbox.run(&args);
    assert_code(&ran, 0);
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let found = &found["until"];
    assert_eq!((found["holds"].as_str(), found["rough"].as_bool()), (Some("up_to"), Some(false)), "{found}");
    let answer: f64 = found["answer"].as_str().unwrap().parse().unwrap();
    assert!(answer <= expected * 1.0001 && answer > 0.975 * expected, "{answer} of {expected}");
    // A line that is wide enough: from where on? And by a step.
    let args = ["sweep", "small.toml", "--law-only", "-o", "out", "--set", "run.load=100", "--vary"];
    let line = ["link.Amsterdam-Boston.bandwidth=1,10,100,1000 Mbps", "--step", "5", "--until"];
    let ran = sandbox.run(&[&args[..], &line[..], &["link.Amsterdam-Boston <= 30 %"]].concat());
    assert_code(&ran, 0);
    let said = ran.said();
    assert!(
        said.contains("link.Amsterdam-Boston <= 30 %: holds from link.Amsterdam-Boston.bandwidth ="),
        "{said}"
    );
}

/// A search with runs, interrupted and gone on with, gives the bytes of one that was not; it ends where the law
/// has four times the use of the scenario as it is, to the step that is asked for.
#[test]
fn until_goes_on_with_what_is_there() {
    let sandbox = sandbox();
    let ten_minutes = ["--set", "run.window=09:00 - 09:10"];
    let law = ["sweep", "small.toml", "--law-only", "-o", "law", "--vary", "run.load=1,2"];
    let law = [&law[..], &ten_minutes[..]].concat();
    assert_code(&sandbox.run(&law), 0);
    let of = |row: &&BTreeMap<String, String>| row["metric"] == "cpu" && row["name"] == "Boston-CAS";
    let at_one: f64 = rows(&sandbox, "law").iter().find(of).unwrap()["value"].parse().unwrap();
    let until = format!("server.Boston-CAS <= {:.4} %", 400.0 * at_one);
    let args = |out: &'static str, jobs: &'static str| {
        let args = ["sweep", "small.toml", "-o", out, "--jobs", jobs, "--vary", "run.load=1,9"];
        let looks = ["--replications", "2", "--max-replications", "4", "--step", "2", "--until"];
        let all = args.into_iter().chain(looks).chain([until.as_str(), "--charts", "none"]);
        let all = all.chain(ten_minutes);
        all.map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |args: Vec<String>| sandbox.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let ran = run(args("whole", "1"));
    assert_code(&ran, 0);
    assert!(ran.said().contains("holds up to run.load = "), "{}", ran.stdout);
    assert!(ran.said().contains("What binds at "), "{}", ran.stdout);
    let answer = ran.said().split("run.load = ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert!(["3", "5"].contains(&answer.as_str()), "{}", ran.stdout);
    let whole = tree(&sandbox.path().join("whole"));
    for round in 0..4u64 {
        let mut child = sandbox.casim().args(args("killed", "2")).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100 + 150 * round));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_code(&run(args("killed", "2")), 0);
    assert!(tree(&sandbox.path().join("killed")) == whole, "killed");
    assert_code(&sandbox.run(&["verify", "killed"]), 0);
    // What was changed since is found.
    let table = sandbox.path().join("killed/sweep.csv");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.replacen("met", "mat", 1)).unwrap();
    let ran = sandbox.run(&["verify", "killed"]);
    assert_code(&ran, 1);
    assert!(ran.stdout.contains("sweep.csv: differs from byte"), "{}", ran.stdout);
}

/// One core, 5 requests a second of 100 ms each: half of it is busy, and 70 % at 1.4 times the load, on paper. The law
/// says it to 2 %, runs of 200 s to a tenth.
#[test]
fn a_queue_is_at_seven_tenths_where_paper_says() {
    let sandbox = Sandbox::new();
    sandbox.write("queue.toml", QUEUE);
    let answer = |more: &[&str]| -> (f64, serde_json::Value) {
        let args = ["sweep", "queue.toml", "-o", "out", "--json", "--until", "server.cas <= 70 %", "--vary"];
        let ran = sandbox.run(&[&args[..], &["run.load=0.2..1.8:0.4"], more].concat());
        assert_code(&ran, 0);
        let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        (found["until"]["answer"].as_str().unwrap().parse().unwrap(), found["until"].clone())
    };
    let (law, _) = answer(&["--law-only"]);
    assert!(law <= 1.4 && law > 1.4 * 0.98, "{law}");
    let (played, until) = answer(&["--replications", "10", "--max-replications", "40"]);
    assert!((played / 1.4 - 1.0).abs() < 0.1, "{until}");
    let shown = |key: &str| until[key].as_str().map_or(f64::NAN, |value| value.parse::<f64>().unwrap());
    assert!(shown("last_met") <= played && shown("first_missed") > played, "{until}");
}

#[test]
fn conditions_that_cannot_be_looked_for_are_told() {
    let sandbox = sandbox();
    let load = "run.load=1,2";
    for (vary, until, more, word) in [
        (load, "link.Mars-Venus <= 70 %", &[][..], "no link is called `Mars-Venus`; there are"),
        (load, "link.* <= 70", &[], "a share such as 70 %"),
        (load, "link.* > 70 %", &[], "is no condition"),
        (load, "owa.p77 <= 2 s", &[], "nothing is measured as `p77`"),
        (load, "mapi-http.p95 <= 2 s", &[], "nobody uses MAPI/HTTP"),
        ("run.load=1", "slo", &[], "looks between values"),
        ("site.Boston.balancing=round robin,source address", "slo", &[], "has words"),
        (load, "slo", &["--vary", "site.Boston.cas.servers=1,2"], "one --vary"),
        (load, "slo", &["--step", "1 Mbps"], "no distance"),
        (load, "owa.p95 <= 2 s", &["--law-only"], "the law knows nothing of users"),
    ] {
        let args = [
            "sweep",
            "small.toml",
            "-o",
            "out",
            "--replications",
            "1",
            "--max-replications",
            "1",
            "--vary",
            vary,
            "--until",
            until,
        ];
        let ran = sandbox.run(&[&args[..], more].concat());
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(word), "{until}: {}", ran.stderr);
    }
    assert!(!sandbox.path().join("out").exists());
    assert_code(&sandbox.run(&["sweep", "small.toml", "--vary", load, "--step", "1"]), 2);
    // What always holds and what never does is an answer.
    for (until, word) in
        [("server.* <= 100 %", "holds at every value"), ("owa.p95 <= 1 ms", "holds at no value")]
    {
        let args = [
            "sweep",
            "small.toml",
            "-o",
            "x",
            "--replications",
            "2",
            "--max-replications",
            "2",
            "--vary",
            load,
            "--until",
            until,
        ];
        let ran = sandbox.run(&args);
        assert_code(&ran, 0);
        assert!(ran.said().contains(word), "{until}: {}", ran.stdout);
    }
}
