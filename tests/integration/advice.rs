//! Advice that cures: questions asked in public with the answers that are right, small
//! routing inputs, and every fix that is printed, applied literally.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use casim::check::flows::{self, Flow};
use casim::check::{Report, check, findings};
use casim::diagnostics::Severity;
use casim::scenario::{self, Override, Scenario};
use serde_json::Value;

use crate::organisations::literal::{self, Promises};
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
        let found = findings(&loaded(&folder("public").join(format!("{file}.toml")), &[]));
        assert_eq!(grave(&found), *expected, "{file}");
    }
}

#[test]
fn the_carrier_is_named() {
    let path = folder("public").join("10-heartbeats-cut-by-the-carrier.toml");
    let found = findings(&loaded(&path, &[set("region.\"Carrier A\".idle_timeout=\"4 min\"")]));
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
        let found = findings(&scenario);
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

/// Findings, those with a fix, and fixes that do not do what they should.
#[derive(Default)]
pub(crate) struct Cured {
    pub(crate) findings: usize,
    pub(crate) fixes: usize,
    pub(crate) wrong: Vec<String>,
}

/// Lays every fix on literally: the finding goes, as many are served, nothing new is found.
pub(crate) fn cure(
    whose: &str,
    before: &Scenario,
    reports: &[Report],
    load: impl Fn(&[Override]) -> Option<Scenario>,
    all: &mut Cured,
) {
    for report in reports {
        all.findings += 1;
        let Some(settings) = report.finding.fix.settings() else { continue };
        all.fixes += 1;
        let line = report.finding.fix.line();
        let Some(after) = load(&settings) else {
            all.wrong.push(format!("{whose}: {line} is refused"));
            continue;
        };
        let now = findings(&after);
        let own = marks(std::slice::from_ref(report), false);
        if !marks(&now, false).is_disjoint(&own) {
            all.wrong.push(format!("{whose}: {line} does not help"));
        }
        if !marks(&now, true).is_subset(&marks(reports, true)) {
            all.wrong.push(format!("{whose}: {line} brings {:?}", grave(&now)));
        }
        if served(&after) < served(before) - 0.5 {
            all.wrong.push(format!("{whose}: {line} cuts clients off"));
        }
    }
}

/// Every fix of every lint's scenario, of the shipped ones and of the public questions.
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
    let mut all = Cured::default();
    for path in files {
        let before = loaded(&path, &[]);
        let load = |set: &[Override]| scenario::load(&path, set).ok();
        cure(&path.display().to_string(), &before, &check(&before), load, &mut all);
    }
    assert!(all.wrong.is_empty(), "{}", all.wrong.join("\n"));
    assert!(all.fixes >= 143, "{} fixes of {} findings", all.fixes, all.findings);
}

/// What `explain` says a single setting would change, laid on literally by its `--set` line.
#[test]
fn counterfactuals_do_what_they_promise() {
    let mut all = Promises::default();
    for (file, each) in [
        ("tests/advice/routing/one-of-two.toml", 1),
        ("tests/advice/routing/both-roles-2016.toml", 1),
        ("tests/advice/public/11-coexistence-2016-2010.toml", 5),
        ("scenarios/missing-integrated-auth.toml", 9),
        ("scenarios/regional-2010-silent.toml", 3),
        ("scenarios/back-end-2003.toml", 3),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        literal::keep_promises(&path, &loaded(&path, &[]), each, 40, &mut all);
    }
    assert!(all.wrong.is_empty(), "{}", all.wrong.join("\n"));
    assert!(all.promised >= 150, "{} of {} questions", all.promised, all.questions);
}

/// A refusal tells first what mends it, and of that settings of servers before what the client
/// could do.
#[test]
fn what_mends_stands_first_and_the_servers_before_the_client() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/missing-integrated-auth.toml");
    let ask = ["--protocol", "owa", "--entry", "Amsterdam", "--mailbox", "Boston"];
    let ran = Sandbox::new().run(&[&["explain", &path.display().to_string(), "--json"], &ask[..]].concat());
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let others = answer["counterfactuals"].as_array().unwrap();
    let rank = |other: &Value| (other["failure"] != "", other["set"].is_null());
    assert_eq!(others[0]["set"], "site.Boston.owa.auth=[\"integrated\"]", "{answer:#}");
    assert_eq!(others[0]["failure"], "");
    let servers =
        others.iter().filter(|other| !other["set"].as_str().unwrap_or("").starts_with("contested."));
    let ranks: Vec<_> = servers.map(rank).collect();
    assert!(ranks.is_sorted(), "{ranks:?}");
}

/// File, arguments of `explain`, whether a second logon is asked for.
#[test]
fn redirects_say_whether_a_second_logon_is_asked_for() {
    let sandbox = Sandbox::new();
    for (file, entry, mailbox, second) in [
        ("owa-redirect-others-proxy", "Amsterdam", "Boston", Some(true)),
        ("regional-2010-silent", "Amsterdam", "Boston", Some(false)),
        ("single-namespace", "Amsterdam", "Boston", None),
    ] {
        let path = format!("{}/scenarios/{file}.toml", env!("CARGO_MANIFEST_DIR"));
        let ask = ["--protocol", "owa", "--entry", entry, "--mailbox", mailbox];
        let ran = sandbox.run(&[&["explain", &path, "--json"], &ask[..]].concat());
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["second_logon"].as_bool(), second, "{file}: {answer:#}");
        let text = sandbox.run(&[&["explain", &path], &ask[..]].concat()).stdout;
        assert_eq!(text.contains("\nLogon     "), second.is_some(), "{text}");
    }
}

/// A new front end and an older back end behind a firewall that closes both ports of IMAP4.
const BEHIND_A_FIREWALL: &str = r#"
exchange = "2016"
[run]
window = "10:00 - 10:05"
[[site]]
name = "New"
internet = { bandwidth = "100 Mbps" }
cas = { servers = 1, cores = 4 }
mailbox = { servers = 1, cores = 4 }
pop_imap = true
[[site]]
name = "Old"
[[site.server]]
name = "OLD"
exchange = "2010 SP3"
cas = { servers = 1, cores = 4 }
mailbox = { servers = 1, cores = 4 }
pop_imap = true
[[link]]
between = ["New", "Old"]
bandwidth = "100 Mbps"
latency = "5 ms"
[[firewall]]
from = "New"
to = "Old"
closed = [143, 993]
[[namespace]]
name = "mail.contoso.com"
internet = ["New"]
[[population]]
name = "Staff"
home = "Old"
mailboxes = 10
from = "Internet"
namespace = "mail.contoso.com"
clients = { imap = 1.0 }
"#;

/// Why somebody is refused is what the rule that refuses looked at, not an earlier switch that would have it refused
/// for another reason; and the ports to open are those of the protocol.
#[test]
fn a_closed_port_is_the_reason_and_the_ports_to_open_are_told() {
    let sandbox = Sandbox::new();
    sandbox.write("fw.toml", BEHIND_A_FIREWALL);
    let text = sandbox
        .run(&["explain", "fw.toml", "--protocol", "imap", "--entry", "New", "--mailbox", "Old"])
        .stdout;
    assert!(text.contains("\nBecause   port 993 from New to Old: 993 closed\n"), "{text}");
    let text = sandbox.run(&["check", "fw.toml"]).stdout;
    assert!(text.contains("shell: Open TCP 143 and 993 between the Client Access servers"), "{text}");
}

/// MAPI/HTTP that is off in the organisation is turned on there, in `explain` and in `check`.
#[test]
fn mapi_http_is_turned_on_in_the_organisation() {
    let sandbox = Sandbox::new();
    let text = BEHIND_A_FIREWALL
        .replace("exchange = \"2016\"", "exchange = \"2013 SP1\"")
        .replace("imap = 1.0", "mapi-http = 1.0")
        .replace("home = \"Old\"", "home = \"New\"");
    sandbox.write("off.toml", &text);
    let ran = sandbox.run(&["check", "off.toml"]);
    for told in ["organisation.mapi_http=true", "Set-OrganizationConfig -MapiHttpEnabled $true"] {
        assert!(ran.stdout.contains(told), "{}", ran.stdout);
    }
    let ran = sandbox.run(&["check", "off.toml", "--set", "organisation.mapi_http=true"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
}

/// What is printed is pasted as it stands: a shell takes it, and the finding is gone.
#[cfg(unix)]
#[test]
fn a_fix_is_pasted_as_it_is_printed() {
    let sandbox = Sandbox::new();
    let file = format!("{}/scenarios/missing-integrated-auth.toml", env!("CARGO_MANIFEST_DIR"));
    let found = sandbox.run(&["check", &file]).stdout;
    let printed = |text: &str| -> Vec<String> {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix("= help: scenario: "))
            .map(str::to_owned)
            .collect()
    };
    let fixes = printed(&found);
    assert_eq!(fixes[0], "--set 'site.Boston.eas.auth=[\"basic\", \"integrated\"]'");
    let pasted = format!("{} check {file} {}", env!("CARGO_BIN_EXE_casim"), fixes[..2].join(" "));
    let ran = std::process::Command::new("sh").args(["-c", &pasted]).env("NO_COLOR", "1").output().unwrap();
    let left = String::from_utf8(ran.stdout).unwrap();
    assert!(found.contains("error[L03]") && found.contains("error[L04]"), "{found}");
    assert!(!left.contains("error["), "{pasted}: {left}");
    // An apostrophe ends no quotes.
    let line = Override::option("site.\"O'Hare\".pop=true");
    let said = std::process::Command::new("sh").args(["-c", &format!("echo {line}")]).output().unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "--set site.\"O'Hare\".pop=true\n");
}
