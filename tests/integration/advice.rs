//! Advice that cures: questions asked in public with the answers that are right, small
//! routing inputs, and every fix that is printed, applied literally.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use casim::check::flows::{self, Flow};
use casim::check::{Report, check, findings};
use casim::diagnostics::Severity;
use casim::scenario::{self, Override, Scenario};
use serde_json::Value;

use crate::support::{self, Sandbox};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/advice").join(name)
}

fn loaded(path: &Path, overrides: &[Override]) -> Scenario {
    scenario::load(path, overrides).unwrap_or_else(|faults| panic!("{}: {faults}", path.display()))
}

fn set(line: &str) -> Override {
    Override::parse(line).unwrap_or_else(|_| panic!("{line}"))
}

/// What is found beyond notes, by lint.
fn grave(reports: &[Report]) -> Vec<&'static str> {
    let mut ids: Vec<_> =
        reports.iter().filter(|r| r.severity != Severity::Note).map(|r| r.lint.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// File, findings beyond notes.
const PUBLIC: &[(&str, &[&str])] = &[
    ("01-oa-disabled-on-2010-target", &["L63"]),
    ("02-rpc-endpoint-single-server", &["L64"]),
    ("03-intranet-owa-as-setup-leaves-it", &["L04", "L12"]),
    ("04-source-address-behind-nat", &["L26", "L65"]),
    ("05-proxied-ping-through-a-balancer", &["L23"]),
    ("06-2013-before-2007-one-url", &["L29"]),
    ("07-array-name-not-in-certificate", &[]),
    ("08-one-certificate-for-the-pool", &["L66"]),
    ("11-coexistence-2016-2010", &["L63"]),
    ("12-guard-150-in-coexistence", &["L11", "L48"]),
    ("13-sp3-connection-limit", &["L43"]),
    ("14-autodiscover-of-a-second-domain", &["L22"]),
];

#[test]
fn public_questions_have_their_findings() {
    for (file, expected) in PUBLIC {
        let found = check(&loaded(&folder("public").join(format!("{file}.toml")), &[]));
        assert_eq!(grave(&found), *expected, "{file}");
    }
}

#[test]
fn the_carrier_is_named() {
    let path = folder("public").join("10-heartbeats-cut-by-the-carrier.toml");
    let found = check(&loaded(&path, &[set("region.\"Carrier A\".idle_timeout=\"4 min\"")]));
    let carrier = found.iter().find(|report| report.lint.id == "L23").expect("a finding");
    assert_eq!(carrier.finding.path, "region.\"Carrier A\".idle_timeout");
    assert!(carrier.finding.message.contains("Carrier A"), "{}", carrier.finding.message);
}

/// What has to be published follows the releases: no back end's port and no RPC ports at a
/// 2007 server behind 2013, no certificate for an array.
#[test]
fn names_follow_the_releases() {
    let rows = |file: &str| casim::check::names::names(&loaded(&folder("public").join(file), &[]));
    for row in rows("06-2013-before-2007-one-url.toml") {
        assert!(!["444", "6001", "6002", "6004"].contains(&row.port.as_str()) || row.to != "EX07", "{row:?}");
    }
    for row in rows("07-array-name-not-in-certificate.toml") {
        assert!(row.kind.token() != "certificate" || row.name != "outlook.corp.local", "{row:?}");
        assert!(row.to != "HQ-MBX" || !row.port.starts_with("600"), "{row:?}");
    }
}

/// File, arguments of `explain`, mechanism, failure.
const EXPLAINED: &[(&str, &str, &str, &str)] = &[
    ("public/01-oa-disabled-on-2010-target", "outlook-anywhere EX13 EX10", "refuse", "service_disabled"),
    ("public/02-rpc-endpoint-single-server", "outlook-cached CAS1 MBX2", "serve_local", ""),
    ("public/03-intranet-owa-as-setup-leaves-it", "owa MAIL EX2", "refuse", "no_integrated_auth"),
    ("public/03-intranet-owa-as-setup-leaves-it", "eas MAIL EX2", "proxy", ""),
    ("public/03-intranet-owa-as-setup-leaves-it", "ews MAIL EX2", "proxy", ""),
    ("public/06-2013-before-2007-one-url", "owa EX13 EX07", "legacy_redirect", "redirect_loop"),
    ("public/06-2013-before-2007-one-url", "eas EX13 EX07", "proxy", ""),
    ("public/06-2013-before-2007-one-url", "outlook-anywhere EX13 EX07", "proxy", ""),
    ("public/08-one-certificate-for-the-pool", "owa EX13-1 EX16-1", "proxy", ""),
    ("public/08-one-certificate-for-the-pool", "owa EX16-1 EX13-1", "proxy", ""),
    ("public/11-coexistence-2016-2010", "owa MBX16 EX10-1", "proxy", ""),
    ("public/11-coexistence-2016-2010", "owa MBX16 Site2", "redirect_silent", ""),
    ("public/11-coexistence-2016-2010", "owa MBX16 Site3", "proxy", ""),
    ("public/11-coexistence-2016-2010", "eas MBX16 EX10-1", "proxy", ""),
    ("public/11-coexistence-2016-2010", "eas MBX16 Site2", "proxy", ""),
    ("public/11-coexistence-2016-2010", "ews MBX16 Site3", "proxy", ""),
    ("public/11-coexistence-2016-2010", "autodiscover MBX16 Site3", "proxy", ""),
    ("public/11-coexistence-2016-2010", "outlook-anywhere MBX16 Site3", "refuse", "service_disabled"),
    ("routing/host-leads-home", "eas HUB-CAS BR-MBX", "refuse", "proxied_twice"),
    ("routing/one-of-two", "owa HUB-CAS BR-MBX", "proxy", ""),
    ("routing/redirect-into-a-pool", "owa HUB-CAS BR-MBX", "redirect_manual", "dead_redirect"),
    ("routing/both-roles-2016", "eas EX-HUB EX-BRANCH --down EX-BRANCH", "refuse", "server_down"),
    ("routing/base-2007", "owa HUB-CAS BR-MBX --down BR-MBX", "refuse", "server_down"),
];

#[test]
fn questions_are_answered_as_they_are_right() {
    let sandbox = Sandbox::new();
    for (file, ask, mechanism, failure) in EXPLAINED {
        let path = folder(&format!("{file}.toml")).display().to_string();
        let words: Vec<&str> = ask.split(' ').collect();
        let mut all = vec!["explain", &path, "--json", "--protocol", words[0], "--entry", words[1]];
        all.extend(["--mailbox", words[2]]);
        all.extend(&words[3..]);
        let ran = sandbox.run(&all);
        assert_eq!(ran.code, Some(0), "{file} {ask}: {}", ran.stderr);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["mechanism"], *mechanism, "{file} {ask}");
        assert_eq!(answer["failure"], *failure, "{file} {ask}");
    }
}

#[test]
fn a_name_in_a_site_without_the_internet_is_one_answer_in_all() {
    let path = folder("routing").join("redirect-into-a-pool.toml");
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&[
        "explain",
        &path.display().to_string(),
        "--json",
        "--url",
        "https://mail-branch.example.com/owa",
        "--mailbox",
        "BR-MBX",
    ]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["client_sees"], "connect error");
    let scenario = loaded(&path, &[set("run.window=09:00 - 10:00"), set("run.warmup=1 min")]);
    let branch = |name: &str| name == "branch";
    let of = |flow: &&Flow| {
        let population = &scenario.model.workload.populations[flow.population];
        branch(&population.name) && flow.protocol.token() == "owa"
    };
    let flows = flows::of(&scenario.model.topology, &scenario.model.workload);
    assert!(flows.iter().filter(of).all(|flow| flow.failure().is_some()));
    let (result, _) = support::play(&scenario.model, &scenario.experiment);
    let lost = result.cells.iter().filter(|cell| {
        cell.key.protocol.is_some_and(|protocol| protocol.token() == "owa")
            && branch(&result.names.populations[cell.key.population as usize])
    });
    let (sessions, failed) =
        lost.fold((0, 0), |(all, bad), cell| (all + cell.counts.sessions, bad + cell.counts.failed_sessions));
    assert!(sessions > 5 && failed == sessions, "{failed} of {sessions}");
}

/// Setting of BR-CAS2, lint that names it.
const UNFIT: &[(&str, &str)] = &[
    ("exchange=\"2007 SP2\"", "L16"),
    ("owa.auth=[\"basic\"]", "L03"),
    ("owa.InternalUrl=\"http://br-cas2.example.local/owa\"", "L06"),
    ("owa.InternalUrl=\"https://10.0.0.7/owa\"", "L06"),
    ("owa.InternalUrl=\"none\"", "L06"),
    ("owa.InternalUrl=\"https://hub-cas.example.local/owa\"", "L61"),
];

#[test]
fn the_unfit_server_is_named_although_the_site_works() {
    for (line, lint) in UNFIT {
        let overrides = [set(&format!("site.Branch.server.BR-CAS2.{line}"))];
        let scenario = loaded(&folder("routing").join("one-of-two.toml"), &overrides);
        let found = check(&scenario);
        let named = found.iter().find(|report| report.lint.id == *lint);
        let named = named.unwrap_or_else(|| panic!("{line}: {:?}", grave(&found)));
        assert!(named.finding.message.contains("BR-CAS2"), "{line}: {}", named.finding.message);
        assert_eq!(named.severity, Severity::Warning, "{line}: the site works");
    }
}

/// A finding without its figures.
fn marks(reports: &[Report], gravest: bool) -> BTreeSet<(&'static str, String, String)> {
    let of = reports.iter().filter(|report| !gravest || report.severity != Severity::Note);
    let words = |report: &Report| {
        let finding = &report.finding;
        let words = finding.message.chars().filter(|c| !c.is_ascii_digit()).collect();
        (report.lint.id, finding.path.clone(), words)
    };
    of.map(words).collect()
}

fn served(scenario: &Scenario) -> f64 {
    let flows = flows::of(&scenario.model.topology, &scenario.model.workload);
    flows.iter().filter(|flow| flow.failure().is_none()).map(|flow| flow.clients).sum()
}

/// Every fix of every lint's scenario, of the shipped ones and of the public questions, laid
/// on literally: the finding goes, as many are served, nothing new is found.
#[test]
fn every_fix_that_is_printed_cures() {
    let mut files = Vec::new();
    for folder in ["tests/lints", "scenarios", "tests/advice/public", "tests/advice/routing"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
    }
    files.sort();
    let (mut fixes, mut all, mut wrong) = (0, 0, Vec::new());
    for path in files {
        let before = loaded(&path, &[]);
        let reports = check(&before);
        for report in &reports {
            all += 1;
            let Some(settings) = report.finding.fix.settings() else { continue };
            fixes += 1;
            let line = report.finding.fix.line();
            let Ok(after) = scenario::load(&path, &settings) else {
                wrong.push(format!("{}: {line} is refused", path.display()));
                continue;
            };
            let now = findings(&after);
            let own = marks(std::slice::from_ref(report), false);
            if !marks(&now, false).is_disjoint(&own) {
                wrong.push(format!("{}: {line} does not help", path.display()));
            }
            if !marks(&now, true).is_subset(&marks(&reports, true)) {
                wrong.push(format!("{}: {line} brings {:?}", path.display(), grave(&now)));
            }
            if served(&after) < served(&before) - 0.5 {
                wrong.push(format!("{}: {line} cuts clients off", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(fixes >= 143, "{fixes} fixes of {all} findings");
}

/// Questions about an organisation: every protocol at every server for every mailbox, of
/// which one in so many is asked.
fn questions(scenario: &Scenario, each: usize) -> Vec<[String; 3]> {
    let topology = &scenario.model.topology;
    let mut all = Vec::new();
    for protocol in casim::model::protocol::Protocol::ALL {
        for entry in &topology.cas {
            for mailbox in &topology.mailbox {
                all.push([protocol.token().to_owned(), entry.name.clone(), mailbox.name.clone()]);
            }
        }
    }
    all.into_iter().step_by(each).collect()
}

/// What `explain` says a single setting would change, laid on literally by its `--set` line.
#[test]
fn counterfactuals_do_what_they_promise() {
    let sandbox = Sandbox::new();
    let (mut promised, mut lines, mut wrong) = (0, 0, Vec::new());
    for (file, each) in [
        ("tests/advice/routing/one-of-two.toml", 1),
        ("tests/advice/routing/both-roles-2016.toml", 1),
        ("tests/advice/public/11-coexistence-2016-2010.toml", 5),
        ("scenarios/regional-2010-silent.toml", 3),
        ("scenarios/back-end-2003.toml", 3),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        for [protocol, entry, mailbox] in questions(&loaded(&path, &[]), each) {
            let ask = |set: Option<&str>| -> Value {
                let file = path.display().to_string();
                let mut all = vec!["explain", &file, "--json", "--protocol", &protocol, "--entry", &entry];
                all.extend(["--mailbox", &mailbox]);
                all.extend(set.map(|line| ["--set", line]).into_iter().flatten());
                let ran = sandbox.run(&all);
                assert_eq!(ran.code, Some(0), "{all:?}: {}", ran.stderr);
                serde_json::from_str(&ran.stdout).unwrap()
            };
            for other in ask(None)["counterfactuals"].as_array().unwrap() {
                promised += 1;
                let Some(line) = other["set"].as_str() else { continue };
                lines += 1;
                let now = ask(Some(line));
                if (&now["mechanism"], &now["failure"]) != (&other["mechanism"], &other["failure"]) {
                    wrong.push(format!("{file} {protocol} {entry} {mailbox}: {line}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lines >= 150 && lines * 10 >= promised * 9, "{lines} lines of {promised}");
}
