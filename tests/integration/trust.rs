//! What a statistician asks of the program, from outside: is the warm-up gone, is it
//! precise enough, can it be run again?

use std::fs;

use serde_json::Value;

use crate::support::{Ran, SMALL, Sandbox, assert_code};

/// An M/M/1 at a utilisation of so many percent of 10 sessions a second.
fn mm1(run: &str, rate: &str) -> String {
    format!(
        r#"
[run]
window = "200 s"
seed = 3
{run}
[[station]]
name = "cas"
service = {{ exponential = {{ mean = "100 ms" }} }}
[[source]]
name = "users"
arrivals = {{ poisson = "{rate} /s" }}
path = ["cas"]
"#
    )
}

fn manifest(sandbox: &Sandbox, folder: &str) -> Value {
    let text = fs::read_to_string(sandbox.path().join(folder).join("run.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn run(sandbox: &Sandbox, text: &str, args: &[&str]) -> Ran {
    sandbox.write("q.toml", text);
    let all = [&["run", "q.toml", "-o", "out"], args].concat();
    sandbox.run(&all)
}

/// 10, 20, 40 ... replications; those that are done are kept, so that the folder is
/// that of a plain run with as many, but for what was asked.
#[test]
fn precision_adds_replications_until_it_is_reached() {
    let sandbox = Sandbox::new();
    let ran = run(&sandbox, &mm1("", "5"), &["--precision", "4%"]);
    assert_code(&ran, 0);
    let json = manifest(&sandbox, "out");
    let replications = json["replications"].as_u64().unwrap();
    assert!(replications > 10 && (replications / 10).is_power_of_two(), "{replications}");
    assert_eq!(json["precision"]["asked"], 0.04);
    assert_eq!(json["precision"]["reached"], true);
    assert_eq!(json["precision"]["hardest"]["metric"], "mean latency of users");
    assert!(json["precision"]["hardest"]["half_width"].as_f64().unwrap() <= 0.04);
    assert!(ran.said().contains("Precision: 4 % reached with"), "{}", ran.stdout);
    let plain = ["run", "q.toml", "-o", "plain", "--replications", &replications.to_string()];
    assert_code(&sandbox.run(&plain), 0);
    for name in ["sessions.csv", "summary.csv", "servers.csv"] {
        let read = |folder: &str| fs::read(sandbox.path().join(folder).join(name)).unwrap();
        assert!(read("out") == read("plain"), "{name}");
    }
}

/// At the limit it gives up: exit 1, the folder is there and says so.
#[test]
fn precision_gives_up_honestly() {
    let sandbox = Sandbox::new();
    let stated = "precision = \"0.1 %\"\nmax_replications = 15";
    let ran = run(&sandbox, &mm1(stated, "8"), &[]);
    assert_code(&ran, 1);
    assert!(ran.stderr.contains("precision not reached"), "{}", ran.stderr);
    assert!(ran.stderr.contains("mean latency of users"), "{}", ran.stderr);
    assert!(ran.said().contains("NOT reached with 15 replications (limit 15)"), "{}", ran.stdout);
    let json = manifest(&sandbox, "out");
    assert_eq!(json["precision"]["reached"], false);
    assert_eq!(json["replications"], 15);
    assert_code(&sandbox.run(&["verify", "out"]), 0);
}

/// A percentile that a replication is too short for ends the search and is named, not a
/// rate of which more replications would say something; that rate meets its goal, by too
/// few requests to show it.
#[test]
fn precision_names_what_ends_the_search() {
    let sandbox = Sandbox::new();
    let goals = "eas = { logon_p95 = \"1 s\" }\nowa = { failures = \"0.001 %\" }";
    let ran = run(&sandbox, &format!("{SMALL}\n[slo]\n{goals}\n"), &["--precision", "2%"]);
    assert_code(&ran, 1);
    let said = "(limit 640); given up, since more of them do not help: logon p95 of eas, Boston staff";
    assert!(ran.said().contains(said), "{}", ran.stdout);
    let said = "SLO: met (1 goal saw too few requests to be judged) nothing failed, but of too few requests";
    assert!(ran.said().contains(said), "{}", ran.stdout);
    assert!(ran.said().contains("%, goal <0.01 %: OWA, Boston staff"), "{}", ran.stdout);
}

/// The metrics are those of the objectives; one that a replication is too short for
/// ends the search at once, since more replications cannot help.
#[test]
fn precision_is_judged_by_the_objectives() {
    let sandbox = Sandbox::new();
    let text = format!("{SMALL}\n[slo]\neas = {{ logon_p95 = \"1 s\" }}\n");
    let ran = run(&sandbox, &text, &["--precision", "50%", "--sessions", "none"]);
    assert_code(&ran, 1);
    assert!(
        ran.stderr.contains("more of them do not help: logon p95 of eas, Boston staff has too few values"),
        "{}",
        ran.stderr
    );
    assert_eq!(manifest(&sandbox, "out")["replications"], 10);
    let text = format!("{SMALL}\n[slo]\ncpu = \"80 %\"\n");
    let ran = run(&sandbox, &text, &["--precision", "30%", "--sessions", "none"]);
    assert_code(&ran, 0);
    let hardest = manifest(&sandbox, "out")["precision"]["hardest"]["metric"].to_string();
    assert!(hardest.starts_with("\"busiest hour of "), "{hardest}");
}

/// Requests that fail are later than any: where more than 5 % of them do, a 95th
/// percentile has no value that more replications could make precise, and that is said.
#[test]
fn precision_of_a_percentile_counts_failures_as_late() {
    let sandbox = Sandbox::new();
    let outage = "[[outage]]\nwhat = \"site.Boston\"\nat = \"09:10\"\nfor = \"10 min\"\n";
    let text = format!("{SMALL}\n[slo]\neas = {{ p95 = \"10 s\" }}\n{outage}");
    let ran = run(&sandbox, &text, &["--precision", "50%", "--sessions", "none"]);
    assert_code(&ran, 1);
    let said =
        "p95 of eas, Boston staff has no finite value: in a replication more than 5 % of the requests failed";
    assert!(ran.stderr.contains(said) && ran.said().contains(said), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(manifest(&sandbox, "out")["replications"], 10, "at once");
    assert!(manifest(&sandbox, "out")["precision"]["hardest"]["half_width"].is_null());
}

#[test]
fn precision_and_warmup_are_checked_like_all_keys() {
    let sandbox = Sandbox::new();
    for (run_key, word) in [
        ("precision = \"0 %\"", "above 0"),
        ("precision = \"soon\"", "soon"),
        ("max_replications = 20", "precision"),
        ("precision = 0.02\nmax_replications = 1", "max_replications"),
        ("warmup = \"automatic\"", "automatic"),
    ] {
        let ran = run(&sandbox, &mm1(run_key, "5"), &[]);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains("q.toml:") && ran.stderr.contains(word), "{run_key}: {}", ran.stderr);
    }
}

/// What makes a load change with the time of day or of the week is told, whichever
/// setting it comes from; without it the run is taken.
#[test]
fn a_load_that_is_not_steady_has_no_warmup_to_be_found() {
    let sandbox = Sandbox::new();
    let base = SMALL.replace("warmup = \"5 min\"", "warmup = \"auto\"");
    let day = |lines: &str| format!("{base}day = \"flat24h\"\n{lines}");
    let flat = "day = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
    for (text, word) in [
        (base.clone(), "`Boston staff` follows a day's curve"),
        (day("settings = { week = [1, 1, 1, 1, 0.5, 0, 0] }\n"), "`Boston staff` follows a `week`"),
        (day("settings = { connected = \"working day\" }\n"), "is connected for the working day"),
        (format!("{base}{flat}"), "is connected for the working day"),
        (day("[[change]]\nat = \"09:10\"\nset = { \"site.Boston.pop_imap\" = false }\n"), "a [[change]]"),
    ] {
        let ran = run(&sandbox, &text, &[]);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains("not-steady") && ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    for text in [day("settings = { week = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5] }\n"), {
        let poll = base.replace("outlook-anywhere = 0.5, ", "").replace(", imap = 0.3", "");
        format!("{poll}{flat}")
    }] {
        let scenario = casim::scenario::load_text("s.toml", &text, sandbox.path(), &[]);
        assert!(scenario.is_ok_and(|s| s.adaptive.warmup), "steady");
    }
}

/// From empty, an M/M/1 at 0.9 is quicker than it will be: the cut makes the mean
/// larger, and what it did is said.
#[test]
fn the_warmup_of_a_steady_state_run_is_found_and_shown() {
    let sandbox = Sandbox::new();
    let ran = run(&sandbox, &mm1("warmup = \"auto\"\nreplications = 2", "9"), &[]);
    assert_code(&ran, 0);
    assert!(ran.said().contains("found by MSER-5 from"), "{}", ran.stdout);
    let json = manifest(&sandbox, "out");
    let steady = &json["steady_state"];
    assert!(json["warmup_s"].as_f64().unwrap() > 1.0, "{json}");
    assert!(steady["cut_mean_ms"].as_f64() > steady["uncut_mean_ms"].as_f64(), "{steady}");
    assert!(steady["pilots"].as_u64().unwrap() >= 10, "{steady}");
    assert_eq!(json["window_s"], 200, "the window keeps its length");
    assert_code(&sandbox.run(&["verify", "out"]), 0);
    // A terminating run has none.
    let ran = run(&sandbox, &mm1("warmup = \"10 s\"", "9"), &[]);
    assert_code(&ran, 0);
    assert_eq!(manifest(&sandbox, "out")["steady_state"], Value::Null);
    assert!(!ran.stdout.contains("MSER"), "{}", ran.stdout);
}

/// Above its capacity a queue never becomes steady, and no mean of it is printed.
#[test]
fn overload_is_named_before_and_has_no_mean() {
    let sandbox = Sandbox::new();
    for (rate, figure) in [("10", "100 %"), ("12", "120 %"), ("100", "1,000 %")] {
        let text = mm1("warmup = \"auto\"", rate);
        let ran = run(&sandbox, &text, &["--sessions", "none"]);
        assert_code(&ran, 0);
        assert!(ran.stderr.contains(&format!("overload: cas is offered {figure}")), "{}", ran.stderr);
        let json = manifest(&sandbox, "out");
        assert!(json["warnings"][0].to_string().contains(figure), "{json}");
        for name in ["queue_mean", "wait_mean_ms", "number_mean", "wait_p95_ms", "sojourn_mean_ms"] {
            assert_eq!(servers_value(&sandbox, name), "", "{name} at {rate} a second");
        }
        assert_ne!(servers_value(&sandbox, "queue_max"), "", "what was seen is told");
        assert_ne!(servers_value(&sandbox, "service_mean_ms"), "");
        let steady = &json["steady_state"];
        assert_eq!((&steady["steady"], &steady["pilots"]), (&false.into(), &0.into()), "{json}");
        assert!(steady["cut_mean_ms"].is_null() && steady["noise"].is_null(), "{json}");
        let said = "Warm-up: not looked for: more is offered than can be served, so there is no steady state";
        assert!(ran.said().contains(said), "{}", ran.stdout);
        for wrong in ["MSER", "nothing completed", "the cut falls", "lengthen"] {
            assert!(!ran.stdout.contains(wrong), "{wrong}: {}", ran.stdout);
        }
    }
    // A finite queue has a steady state at any load.
    let finite = mm1("", "12").replace("name = \"cas\"", "name = \"cas\"\nqueue_limit = 4");
    assert_code(&run(&sandbox, &finite, &[]), 0);
    assert_ne!(servers_value(&sandbox, "wait_mean_ms"), "");
}

/// A value of the first row of servers.csv.
fn servers_value(sandbox: &Sandbox, column: &str) -> String {
    let text = fs::read_to_string(sandbox.path().join("out/servers.csv")).unwrap();
    let mut lines = text.lines();
    let at = lines.next().unwrap().split(',').position(|head| head == column).unwrap();
    lines.next().unwrap().split(',').nth(at).unwrap().to_owned()
}

/// A steady state needs a load that does not change.
#[test]
fn a_day_has_no_steady_state() {
    let sandbox = Sandbox::new();
    let day = SMALL.replace("warmup = \"5 min\"", "warmup = \"auto\"");
    let ran = run(&sandbox, &day, &[]);
    assert_code(&ran, 2);
    assert!(ran.stderr.contains("Boston staff") && ran.stderr.contains("flat24h"), "{}", ran.stderr);
}

/// Bases, tables, overrides, precision: the folder alone says all that is needed.
#[test]
fn verify_runs_a_folder_again() {
    let sandbox = Sandbox::new();
    sandbox.write("base.toml", SMALL);
    sandbox.write(
        "populations.csv",
        "name,home,mailboxes,clients.owa,namespace\nExtra,Amsterdam,40,0.5,mail.contoso.com\n",
    );
    sandbox.write(
        "what-if.toml",
        "base = \"base.toml\"\npopulations = \"populations.csv\"\n[slo]\ncpu = \"90 %\"\n",
    );
    let ran = sandbox.run(&[
        "run",
        "what-if.toml",
        "-o",
        "out",
        "--seed",
        "9",
        "--replications",
        "2",
        "--set",
        "site.Boston.cas.servers=2",
        "--sessions",
        "sample=0.5",
        "--charts",
        "svg",
    ]);
    assert_code(&ran, 0);
    for name in ["base.toml", "populations.csv", "what-if.toml"] {
        fs::remove_file(sandbox.path().join(name)).unwrap();
    }
    let ran = sandbox.run(&["verify", "out"]);
    assert_code(&ran, 0);
    assert!(ran.stdout.contains("the same, byte for byte"), "{}", ran.stdout);
    assert_eq!(sandbox.names(), ["out"], "verify leaves nothing behind");
    // Moved and renamed, with one thread.
    fs::rename(sandbox.path().join("out"), sandbox.path().join("elsewhere")).unwrap();
    assert_code(&sandbox.run(&["verify", "elsewhere", "--jobs", "1", "-q"]), 0);
}

/// One flipped bit anywhere is found and named; so are missing and foreign files.
#[test]
fn verify_finds_every_flipped_byte() {
    let sandbox = Sandbox::new();
    assert_code(&run(&sandbox, &mm1("", "5"), &["--replications", "2", "--charts", "svg"]), 0);
    for name in
        ["sessions.csv", "summary.csv", "servers.csv", "scenario.toml", "run.json", "charts/latency.svg"]
    {
        let path = sandbox.path().join("out").join(name);
        let original = fs::read(&path).unwrap();
        let mut bytes = original.clone();
        // A digit, so that everything can still be read.
        let at = bytes.iter().rposition(u8::is_ascii_digit).unwrap();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let ran = sandbox.run(&["verify", "out"]);
        assert_code(&ran, 1);
        assert!(ran.stdout.contains(&format!("{name}: ")), "{name}: {}", ran.stdout);
        assert_eq!(ran.stdout.lines().count(), 1, "nothing else differs: {}", ran.stdout);
        fs::write(&path, original).unwrap();
    }
    fs::rename(sandbox.path().join("out/links.csv"), sandbox.path().join("out/links2.csv")).unwrap();
    let ran = sandbox.run(&["verify", "out"]);
    assert_code(&ran, 1);
    assert!(ran.stdout.contains("links.csv: is missing"), "{}", ran.stdout);
    assert!(ran.stdout.contains("links2.csv: is not written by this run"), "{}", ran.stdout);
}

#[test]
fn verify_refuses_what_it_cannot_run_again() {
    let sandbox = Sandbox::new();
    assert_code(&run(&sandbox, &mm1("", "5"), &[]), 0);
    sandbox.write("mine/notes.txt", "not of casim");
    for (folder, word) in [("nowhere", "no folder"), ("q.toml", "no folder"), ("mine", "run.json")] {
        let ran = sandbox.run(&["verify", folder]);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
    let path = sandbox.path().join("out/run.json");
    let text = fs::read_to_string(&path).unwrap();
    let version = format!("\"casim_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version));
    for (changed, word) in [
        (text.replace(&version, "\"casim_version\": \"0.0.9\""), "casim 0.0.9 wrote it"),
        (text.replace("\"format\": ", "\"format\": 9"), "have format 9"),
        (text.replace("\"results\": ", "\"results\": 9"), "have number 9"),
        (text.replace("\"command\": \"run\"", "\"command\": \"check\""), "casim check"),
        (text[..text.len() / 2].to_owned(), "not what casim wrote"),
        ("{}".to_owned(), "casim_version"),
    ] {
        fs::write(&path, changed).unwrap();
        let ran = sandbox.run(&["verify", "out"]);
        assert_code(&ran, 2);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
}
