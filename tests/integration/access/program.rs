//! The access rules through the program: scenarios as files, `casim explain --json`.
//!
//! The cases stand in `tests/access/cases.toml`, the organisations that they start from
//! beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::Sandbox;

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

const TWO_SITES: &str = r#"
name = "Two sites"
exchange = "2010 SP3"
[[site]]
name = "Amsterdam"
pop_imap = true
outlook_anywhere = true
internet = { bandwidth = "100 Mbps", latency = "4 ms" }
cas = { servers = 2 }
mailbox = { servers = 1 }
owa = { external_url = "https://mail.fabrikam.com/owa" }
[[site]]
name = "Boston"
pop_imap = true
outlook_anywhere = true
internet = { bandwidth = "100 Mbps", latency = "4 ms" }
cas = { servers = 1 }
mailbox = { servers = 1 }
[[site.server]]
name = "BOS-OLD"
cas = { servers = 1 }
outlook_anywhere = false
[[link]]
between = ["Amsterdam", "Boston"]
bandwidth = "30 Mbps"
latency = "35 ms"
[[namespace]]
name = "mail.fabrikam.com"
internet = ["Amsterdam", "Boston"]
"#;

/// What `explain` says of [`TWO_SITES`]: standard output, or error where it fails.
fn of_two_sites(arguments: &str) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("two.toml", TWO_SITES);
    let mut all = vec!["explain", "two.toml"];
    all.extend(arguments.split_whitespace());
    let ran = sandbox.run(&all);
    if ran.code == Some(0) { ran.stdout } else { ran.stderr }
}

fn json_of_two_sites(arguments: &str) -> Value {
    serde_json::from_str(&of_two_sites(&format!("{arguments} --json"))).expect("an answer")
}

/// What a rule of OWA asks is no reason of an answer to a device.
#[test]
fn devices_are_not_asked_for_the_redirect_of_owa() {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/regional-2010-silent.toml");
    let asked = |protocol: &str| {
        let ask = ["--protocol", protocol, "--entry", "Amsterdam", "--mailbox", "Boston", "--json"];
        let ran = Sandbox::new().run(&[&["explain", scenario][..], &ask].concat());
        ran.stdout.contains("CrossSiteRedirectType on Amsterdam-CAS")
    };
    assert_eq!(["owa", "eas", "ews"].map(asked), [true, false, false]);
}

#[test]
fn a_name_leads_past_servers_that_are_down() {
    let ask = "--url https://mail.fabrikam.com/owa --mailbox Amsterdam";
    assert_eq!(json_of_two_sites(ask)["entry"], "Amsterdam-CAS");
    let moved = json_of_two_sites(&format!("{ask} --down Amsterdam"));
    assert_eq!(moved["entry"], "BOS-OLD");
    assert_eq!(moved["moved"], "Amsterdam-CAS is down, so mail.fabrikam.com leads to BOS-OLD");
    let text = of_two_sites(&format!("{ask} --down Amsterdam --plain"));
    assert!(text.starts_with("Amsterdam-CAS is down, so mail.fabrikam.com leads to BOS-OLD. "), "{text}");
    let none = json_of_two_sites(&format!("{ask} --down Amsterdam --down Boston"));
    assert_eq!((&none["decision"], &none["failure"]), (&"refused".into(), &"server_down".into()));
}

#[test]
fn an_entry_that_is_down_refuses_everybody() {
    for protocol in ["owa", "eas", "outlook-anywhere", "outlook-cached", "ews", "autodiscover", "oab", "pop"]
    {
        let ask = format!("--protocol {protocol} --entry Amsterdam --mailbox Amsterdam --down Amsterdam");
        let found = json_of_two_sites(&ask);
        let answer = [&found["decision"], &found["failure"], &found["client_sees"], &found["rule"]];
        assert_eq!(answer, ["refused", "server_down", "connect error", "common/entry-down"], "{protocol}");
    }
}

#[test]
fn a_target_that_is_down_is_named_and_never_offered() {
    for protocol in ["outlook-anywhere", "pop", "imap", "ews"] {
        let ask = format!("--protocol {protocol} --entry Amsterdam --mailbox Boston --down Boston");
        let found = json_of_two_sites(&ask);
        assert_eq!(found["failure"], "server_down", "{protocol}: {found:#}");
        for other in found["counterfactuals"].as_array().unwrap() {
            let down = |hop: &Value| ["BOS-OLD", "Boston-CAS"].contains(&hop.as_str().unwrap());
            let works = other["failure"] == "";
            assert!(!(works && other["hops"].as_array().unwrap().iter().any(down)), "{protocol}: {other:#}");
        }
    }
    // One of two: the other one takes over.
    let found = json_of_two_sites("--protocol pop --entry Amsterdam --mailbox Boston --down BOS-OLD");
    assert_eq!(found["hops"], serde_json::json!(["Amsterdam-CAS", "Boston-CAS", "Boston-MBX"]));
}

#[test]
fn a_site_as_the_entry_tells_of_its_other_servers() {
    let text = of_two_sites("--protocol outlook-anywhere --entry Boston --mailbox Boston");
    let line = text.lines().next().unwrap();
    let expected = "Boston is taken as its server BOS-OLD; it also has Boston-CAS (decides serve_local).";
    assert_eq!(line, expected);
    let text = of_two_sites("--protocol owa --entry Boston --mailbox Boston");
    assert!(
        text.starts_with("Boston is taken as its server BOS-OLD; it also has Boston-CAS (decides the same).")
    );
    let text = of_two_sites("--protocol owa --entry Boston-CAS --mailbox Boston");
    assert!(!text.contains("taken as"), "{text}");
}

#[test]
fn versions_of_devices_and_places_are_held_to_what_is_known() {
    let ask = "--protocol eas --entry Amsterdam --mailbox Boston";
    for version in ["99", "16.2", "0.9", "x"] {
        let text = of_two_sites(&format!("{ask} --device {version}"));
        assert!(text.contains("a version from 1.0 to 16.1"), "{version}: {text}");
    }
    for version in ["1.0", "14.1", "16.1"] {
        assert_eq!(json_of_two_sites(&format!("{ask} --device {version}"))["protocol"], "eas", "{version}");
    }
    let sandbox = Sandbox::new();
    sandbox.write("three.toml", format!("{TWO_SITES}\n[[region]]\nname = \"Asia\"\nrtt = \"200 ms\"\n"));
    let mut all = vec!["explain", "three.toml", "--from", "Mars"];
    all.extend(ask.split_whitespace());
    let told = sandbox.run(&all).stderr;
    assert!(told.contains("one of the sites: Amsterdam, Boston; regions: Asia"), "{told}");
}

#[test]
fn a_proxy_within_a_site_crosses_nothing() {
    let sandbox = Sandbox::new();
    let text = TWO_SITES.replace("name = \"BOS-OLD\"\n", "name = \"BOS-OLD\"\nexchange = \"2007 SP3\"\n");
    let text = text.replace(
        "cas = { servers = 1 }\noutlook",
        "cas = { servers = 1 }\nmailbox = { servers = 1 }\noutlook",
    );
    sandbox.write("two.toml", text);
    let plain = |entry: &str| {
        let ask = ["explain", "two.toml", "--plain", "--protocol", "ews", "--entry", entry, "--mailbox"];
        let ran = sandbox.run(&[&ask[..], &["BOS-OLD"]].concat());
        format!("{}{}", ran.stdout, ran.stderr)
    };
    let here = plain("Boston-CAS");
    assert!(here.ends_with("The user notices nothing.\n"), "{here}");
    let far = plain("Amsterdam");
    assert!(far.ends_with("except that every request travels between the sites.\n"), "{far}");
}
