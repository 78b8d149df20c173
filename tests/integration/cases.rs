//! Cases of the kinds that are asked in public, with other releases, protocols and near
//! misses: what is decided, what `check` advises and whether that cures, what a run counts.
//! The answers were written down from the rules before casim was asked.

use std::path::{Path, PathBuf};

use casim::check::{Report, check, findings};
use casim::diagnostics::Severity;
use casim::model::access::Failure;
use casim::results::{NONE, RunResult, SessionRecord};
use casim::scenario::{self, Override, Scenario};
use serde_json::Value;

use crate::support::{self, Sandbox};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/advice").join(format!("{name}.toml"))
}

fn loaded(name: &str, sets: &[Override]) -> Scenario {
    scenario::load(&path(name), sets).unwrap_or_else(|faults| panic!("{name}: {faults}"))
}

fn overrides(sets: &[&str]) -> Vec<Override> {
    sets.iter().map(|line| Override::parse(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

/// What `explain` answers: mechanism and failure.
fn asked(sandbox: &Sandbox, name: &str, ask: &str, sets: &[Override]) -> (String, String) {
    let path = path(name).display().to_string();
    let words: Vec<&str> = ask.split(' ').collect();
    let lines: Vec<String> = sets.iter().map(|set| format!("{}={}", set.path, set.value)).collect();
    let mut all = vec!["explain", &path, "--json", "--protocol", words[0], "--entry", words[1]];
    all.extend(["--mailbox", words[2]]);
    all.extend(&words[3..]);
    all.extend(lines.iter().flat_map(|line| ["--set", line.as_str()]));
    let ran = sandbox.run(&all);
    assert_eq!(ran.code, Some(0), "{name} {ask}: {}", ran.stderr);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let word = |key: &str| answer[key].as_str().unwrap_or("").to_owned();
    (word("mechanism"), word("failure"))
}

/// File; lint; question; the answer before its fix, and after it.
type Cure =
    (&'static str, &'static str, &'static str, (&'static str, &'static str), (&'static str, &'static str));

const CURES: &[Cure] = &[
    (
        "public/01-oa-disabled-on-2010-target",
        "L63",
        "outlook-anywhere EX13 EX10",
        ("refuse", "service_disabled"),
        ("proxy", ""),
    ),
    (
        "public/02-rpc-endpoint-single-server",
        "L64",
        "outlook-cached CAS1 MBX2 --down CAS2",
        ("refuse", "server_down"),
        ("serve_local", ""),
    ),
    (
        "public/03-intranet-owa-as-setup-leaves-it",
        "L04",
        "owa MAIL EX2",
        ("refuse", "no_integrated_auth"),
        ("proxy", ""),
    ),
    (
        "public/06-2013-before-2007-one-url",
        "L29",
        "owa EX13 EX07",
        ("legacy_redirect", "redirect_loop"),
        ("legacy_redirect", ""),
    ),
    (
        "public/11-coexistence-2016-2010",
        "L63",
        "outlook-anywhere MBX16 Site3",
        ("refuse", "service_disabled"),
        ("proxy", ""),
    ),
    ("routing/host-leads-home", "L61", "eas HUB-CAS BR-MBX", ("refuse", "proxied_twice"), ("proxy", "")),
];

/// Every fix of the lint, laid on as printed; nothing graver is left, and the user is served.
#[test]
fn the_advice_is_followed_and_the_user_is_served() {
    let sandbox = Sandbox::new();
    for (name, lint, ask, before, after) in CURES {
        let found = check(&loaded(name, &[]));
        let of = |all: &[Report]| all.iter().filter(|report| report.lint.id == *lint).count();
        assert!(of(&found) > 0, "{name}: {lint}");
        let own = found.iter().filter(|report| report.lint.id == *lint);
        let sets: Vec<Override> = own.filter_map(|report| report.finding.fix.settings()).flatten().collect();
        let word = |(mechanism, failure): &(&str, &str)| ((*mechanism).to_owned(), (*failure).to_owned());
        assert_eq!(asked(&sandbox, name, ask, &[]), word(before), "{name} {ask}");
        assert_eq!(asked(&sandbox, name, ask, &sets), word(after), "{name} {ask} with {sets:?}");
        let now = findings(&loaded(name, &sets));
        assert_eq!(of(&now), 0, "{name}: {lint} stays");
        let grave = |all: &[Report]| all.iter().filter(|r| r.severity != Severity::Note).count();
        assert!(grave(&now) < grave(&found), "{name}: {lint}");
    }
}

/// File, settings, question, mechanism, failure.
type Variation = (&'static str, &'static [&'static str], &'static str, &'static str, &'static str);

const OA: &str = "public/01-oa-disabled-on-2010-target";
const ENDPOINT: &str = "public/02-rpc-endpoint-single-server";
const INTRANET: &str = "public/03-intranet-owa-as-setup-leaves-it";
const LEGACY: &str = "public/06-2013-before-2007-one-url";
const COEXISTENCE: &str = "public/11-coexistence-2016-2010";
const BASE: &str = "routing/base-2007";
const TWO: &str = "routing/one-of-two";
const BOTH: &str = "routing/both-roles-2016";
const POOL: &str = "routing/redirect-into-a-pool";

const VARIATIONS: &[Variation] = &[
    // Outlook Anywhere at an older target: on, with NTLM, without SSL offloading.
    (
        OA,
        &["site.HQ.server.EX10.outlook_anywhere={ enabled = true, auth = [\"basic\"] }"],
        "outlook-anywhere EX13 EX10",
        "refuse",
        "no_integrated_auth",
    ),
    (
        OA,
        &["site.HQ.server.EX10.outlook_anywhere={ enabled = true, auth = [\"basic\", \"ntlm\"] }"],
        "outlook-anywhere EX13 EX10",
        "proxy",
        "",
    ),
    (
        OA,
        &[
            "site.HQ.server.EX10.outlook_anywhere={ enabled = true, auth = [\"ntlm\"], ssl_offloading = true }",
        ],
        "outlook-anywhere EX13 EX10",
        "refuse",
        "no_integrated_auth",
    ),
    (
        OA,
        &["site.HQ.server.EX13.exchange=\"2016\""],
        "outlook-anywhere EX13 EX10",
        "refuse",
        "service_disabled",
    ),
    (
        OA,
        &["site.HQ.server.EX10.exchange=\"2007 SP3 RU10\""],
        "outlook-anywhere EX13 EX10",
        "refuse",
        "service_disabled",
    ),
    (OA, &[], "eas EX13 EX10", "proxy", ""),
    (OA, &[], "owa EX13 EX10", "proxy", ""),
    // The endpoint that a database names, whoever is asked.
    (
        ENDPOINT,
        &["site.HQ.server.MBX2.mailbox.rpc_client_access_server=\"outlook.corp.example\""],
        "outlook-cached CAS1 MBX2 --down CAS2",
        "serve_local",
        "",
    ),
    (ENDPOINT, &[], "outlook-online CAS1 MBX2 --down CAS2", "refuse", "server_down"),
    (ENDPOINT, &[], "outlook-cached CAS2 MBX1 --down CAS2", "serve_local", ""),
    (ENDPOINT, &[], "outlook-cached CAS1 MBX1 --down MBX1", "refuse", "server_down"),
    // OWA of an intranet site.
    (INTRANET, &["exchange=\"2007 SP3\""], "owa MAIL EX2", "refuse", "no_integrated_auth"),
    (INTRANET, &["site.Branch.server.EX2.owa.auth=[\"integrated\"]"], "owa MAIL EX2", "proxy", ""),
    (
        INTRANET,
        &["site.Branch.server.EX2.owa.auth=[\"forms\", \"integrated\"]"],
        "owa MAIL EX2",
        "refuse",
        "no_integrated_auth",
    ),
    (
        INTRANET,
        &["site.Branch.server.EX2.eas.proxy_integrated=false"],
        "eas MAIL EX2",
        "refuse",
        "no_integrated_auth",
    ),
    (
        INTRANET,
        &["site.Branch.server.EX2.ews.auth=[\"basic\"]"],
        "ews MAIL EX2",
        "refuse",
        "no_integrated_auth",
    ),
    // 2013 and later before older mailboxes.
    (
        LEGACY,
        &["site.HQ.server.EX13.exchange=\"2016\"", "site.HQ.server.EX07.exchange=\"2010 SP3\""],
        "owa EX13 EX07",
        "proxy",
        "",
    ),
    (LEGACY, &["site.HQ.server.EX13.pop=true"], "pop EX13 EX07", "refuse", "target_service_stopped"),
    (LEGACY, &["site.HQ.server.EX13.pop=true", "site.HQ.server.EX07.pop=true"], "pop EX13 EX07", "proxy", ""),
    (
        COEXISTENCE,
        &["site.Site2.owa.ExternalUrl=\"https://mail.contoso.com/owa\""],
        "owa MBX16 Site2",
        "proxy",
        "",
    ),
    (COEXISTENCE, &["site.Site3.owa.auth=[\"forms\"]"], "owa MBX16 Site3", "proxy", ""),
    (
        COEXISTENCE,
        &["site.Site3.owa.auth=[\"forms\"]", "contested.owa_2013_needs_integrated=true"],
        "owa MBX16 Site3",
        "refuse",
        "no_integrated_auth",
    ),
    (
        COEXISTENCE,
        &["site.Site3.outlook_anywhere=true"],
        "outlook-anywhere MBX16 Site3 --down Site3",
        "refuse",
        "server_down",
    ),
    // A hop goes where its URL's host leads.
    (
        BASE,
        &["site.Branch.server.BR-CAS1.owa.InternalUrl=\"https://hub-cas.example.local/owa\""],
        "owa HUB-CAS BR-MBX",
        "refuse",
        "proxied_twice",
    ),
    (
        BASE,
        &[
            "site.Branch.server.BR-CAS1.ews.internal_nlb_bypass_url=\"https://hub-cas.example.local/EWS/Exchange.asmx\"",
        ],
        "ews HUB-CAS BR-MBX",
        "refuse",
        "proxied_twice",
    ),
    (
        BASE,
        &[
            "site.Branch.server.BR-CAS1.owa.ExternalUrl=\"https://mail.example.com/owa\"",
            "site.Hub.server.HUB-CAS.owa.redirect_to_optimal_owa_server=false",
        ],
        "owa HUB-CAS BR-MBX",
        "refuse",
        "proxied_twice",
    ),
    (BASE, &[], "owa HUB-CAS BR-MBX --proxied", "refuse", "proxied_twice"),
    // Each candidate is judged by itself.
    (TWO, &[], "owa HUB-CAS BR-MBX --down BR-CAS1", "proxy", ""),
    (TWO, &[], "eas HUB-CAS BR-MBX --down BR-CAS1", "refuse", "server_down"),
    (TWO, &[], "ews HUB-CAS BR-MBX --down Branch", "refuse", "server_down"),
    (TWO, &["site.Branch.server.BR-CAS1.owa.auth=[\"basic\"]"], "owa HUB-CAS BR-MBX", "proxy", ""),
    (
        TWO,
        &["site.Branch.server.BR-CAS1.owa.auth=[\"basic\"]"],
        "owa HUB-CAS BR-MBX --down BR-CAS2",
        "refuse",
        "server_down",
    ),
    // Certificates among servers.
    (
        BASE,
        &["site.Branch.server.BR-CAS1.cas.certificate_names=[\"other.example.local\"]"],
        "owa HUB-CAS BR-MBX",
        "proxy",
        "",
    ),
    (
        BASE,
        &[
            "site.Branch.server.BR-CAS1.cas.certificate_names=[\"other.example.local\"]",
            "site.Hub.server.HUB-CAS.cas.allow_internal_untrusted_certs=false",
        ],
        "owa HUB-CAS BR-MBX",
        "refuse",
        "untrusted_certificate",
    ),
    (
        BASE,
        &[
            "site.Branch.server.BR-CAS1.cas.certificate_names=[\"*.example.local\"]",
            "site.Hub.server.HUB-CAS.cas.allow_internal_untrusted_certs=false",
        ],
        "owa HUB-CAS BR-MBX",
        "proxy",
        "",
    ),
    // POP3 and IMAP4 are two services.
    (
        BASE,
        &["exchange=\"2010 SP3\"", "site.Hub.server.HUB-CAS.pop=true"],
        "pop HUB-CAS BR-MBX",
        "refuse",
        "target_service_stopped",
    ),
    (
        BASE,
        &["exchange=\"2010 SP3\"", "site.Hub.server.HUB-CAS.pop=true", "site.Branch.server.BR-CAS1.pop=true"],
        "pop HUB-CAS BR-MBX",
        "proxy",
        "",
    ),
    (
        BASE,
        &["exchange=\"2010 SP3\"", "site.Hub.server.HUB-CAS.pop=true", "site.Branch.server.BR-CAS1.pop=true"],
        "imap HUB-CAS BR-MBX",
        "refuse",
        "service_disabled",
    ),
    (
        BASE,
        &["site.Hub.server.HUB-CAS.pop=true", "site.Branch.server.BR-CAS1.pop=true"],
        "pop HUB-CAS BR-MBX",
        "refuse",
        "pop_imap_cross_site",
    ),
    // Both roles on one machine.
    (BOTH, &["exchange=\"2013\""], "eas EX-HUB EX-BRANCH --down EX-BRANCH", "refuse", "server_down"),
    (BOTH, &["exchange=\"2019\""], "ews EX-HUB EX-BRANCH --down EX-BRANCH", "refuse", "server_down"),
    (BOTH, &[], "eas EX-HUB EX-BRANCH --down site.Branch.cas", "proxy", ""),
    (BOTH, &[], "eas EX-BRANCH EX-BRANCH --down EX-HUB", "serve_local", ""),
    // An Internet client reaches a site that is published, and no other.
    (POOL, &["site.Branch.published_from=\"Hub\""], "owa HUB-CAS BR-MBX", "redirect_manual", ""),
    (POOL, &["site.Branch.internet.bandwidth=\"10 Mbps\""], "owa HUB-CAS BR-MBX", "redirect_manual", ""),
    (POOL, &[], "eas HUB-CAS BR-MBX", "proxy", ""),
];

#[test]
fn other_cases_of_each_kind_are_answered_by_the_same_rules() {
    let sandbox = Sandbox::new();
    let mut wrong = Vec::new();
    for (name, sets, ask, mechanism, failure) in VARIATIONS {
        let (now, why) = asked(&sandbox, name, ask, &overrides(sets));
        if (now.as_str(), why.as_str()) != (*mechanism, *failure) {
            wrong.push(format!("{name} {ask} {sets:?}: {now} {why}, not {mechanism} {failure}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The fact that `explain` says an answer hangs on is one that would change it.
#[test]
fn the_fact_that_decides_would_change_the_answer() {
    let sandbox = Sandbox::new();
    for (name, ask, fact) in [
        (BASE, "owa HUB-CAS BR-MBX --down BR-MBX", "BR-MBX is up: no"),
        (BASE, "eas HUB-CAS BR-MBX --down BR-CAS1", "BR-CAS1 is up: no"),
        (BASE, "ews HUB-CAS BR-MBX --down server.BR-CAS1.ews", "EWS service on BR-CAS1 is up: no"),
        (
            POOL,
            "owa HUB-CAS BR-MBX",
            "mail-branch.example.com leads to a server that a client on the Internet can reach: no",
        ),
    ] {
        let path = path(name).display().to_string();
        let words: Vec<&str> = ask.split(' ').collect();
        let mut all =
            vec!["explain", &path, "--protocol", words[0], "--entry", words[1], "--mailbox", words[2]];
        all.extend(&words[3..]);
        let ran = sandbox.run(&all);
        let because = ran.stdout.lines().find(|line| line.starts_with("Because"));
        assert_eq!(because, Some(format!("Because   {fact}").as_str()), "{name} {ask}");
    }
}

/// A certificate without the name by which its server is proxied to is named, though servers
/// accept it of each other.
#[test]
fn a_certificate_without_its_name_is_named() {
    let sets = overrides(&["site.Branch.server.BR-CAS2.cas.certificate_names=[\"other.example.local\"]"]);
    let found = findings(&loaded(TWO, &sets));
    let named = found.iter().find(|report| report.lint.id == "L21").expect("a finding");
    assert_eq!(named.severity, Severity::Note);
    let message = &named.finding.message;
    assert!(message.contains("BR-CAS2") && message.contains("br-cas2.example.local"), "{message}");
}

fn played(name: &str, sets: &[&str]) -> (RunResult, Vec<SessionRecord>) {
    let scenario = loaded(name, &overrides(sets));
    support::play(&scenario.model, &scenario.experiment)
}

fn failed(result: &RunResult, failure: Failure) -> bool {
    result.failures.iter().any(|row| row.failure == failure)
}

/// Of 240 users of the databases that name the dead server more than 200 are cut off for
/// about half an hour, of the others nobody.
#[test]
fn databases_that_name_the_dead_server_are_cut_off_and_no_others() {
    let (result, rows) = played("public/02-rpc-endpoint-single-server", &[]);
    let people = |name: &str| result.names.populations.iter().position(|p| p == name).unwrap() as u32;
    let lost =
        |name: &str| rows.iter().filter(|r| r.population == people(name) && r.failure.is_some()).count();
    assert!(lost("db2") > 200 && lost("db1") == 0, "{} and {}", lost("db2"), lost("db1"));
    let row = result.storms.rows.iter().find(|row| row.protocol.is_none() && row.population == NONE).unwrap();
    let storm = row.replications[0].as_ref().unwrap();
    assert!((201..=240).contains(&storm.users.unwrap()), "{:?}", storm.users);
    let minutes = storm.lost.unwrap() as f64 / storm.users.unwrap() as f64 / 60e9;
    assert!((25.0..40.0).contains(&minutes), "{minutes}");
}

/// Before CU7 a guard of 150 rejects; without it nobody is.
#[test]
fn a_guard_of_150_rejects_phones_of_2010_behind_2013() {
    let name = "public/12-guard-150-in-coexistence";
    assert!(failed(&played(name, &[]).0, Failure::BackendGuard));
    let (result, _) = played(name, &["site.HQ.server.EX13.cas.target_backend_guard=\"unlimited\""]);
    assert!(result.failures.is_empty());
}

/// A carrier that forgets after 4 min costs every device Pings, and nobody an answer.
#[test]
fn a_carrier_that_forgets_costs_pings_and_no_answer() {
    let name = "public/10-heartbeats-cut-by-the-carrier";
    let ended = |result: &RunResult| result.cells.iter().map(|cell| cell.counts.idle_reconnects).sum::<u64>();
    let (calm, _) = played(name, &[]);
    assert_eq!((ended(&calm), calm.failures.len()), (0, 0));
    let (result, rows) = played(name, &["region.\"Carrier A\".idle_timeout=\"4 min\""]);
    assert!(ended(&result) as usize > rows.len(), "{}", ended(&result));
    assert!(rows.iter().all(|row| row.failure.is_none()));
}

/// 5,000 users of Outlook Anywhere need 16 connections each; two servers of 2010 SP3 take
/// 25,000 each: 3,124 users have theirs, the others are refused for that reason alone.
#[test]
fn outlook_anywhere_beyond_25_000_connections_is_refused() {
    let name = "public/13-sp3-connection-limit";
    let (result, rows) = played(name, &["run.window=\"10 min\"", "run.warmup=\"5 min\""]);
    assert!(failed(&result, Failure::OutlookAnywhereLimit));
    assert!(result.failures.iter().all(|row| row.failure == Failure::OutlookAnywhereLimit));
    // And a few who are just connecting at the end.
    let served = rows.iter().filter(|row| row.failure.is_none()).count();
    assert!((3_100..=3_300).contains(&served), "{served}");
    let (result, _) = played(
        name,
        &[
            "run.window=\"10 min\"",
            "run.warmup=\"5 min\"",
            "site.HQ.cas.outlook_anywhere_connection_limit=\"unlimited\"",
        ],
    );
    assert!(result.failures.is_empty());
}

/// Phones behind one address fill one of four servers; a cookie spreads them.
#[test]
fn phones_behind_one_address_fill_one_server_of_four() {
    let name = "public/04-source-address-behind-nat";
    let (result, _) = played(name, &[]);
    assert!(!result.failures.is_empty());
    let cas = result.servers.iter().find(|row| row.name == "DC-CAS").unwrap();
    let mut arrivals: Vec<u64> = cas.each.iter().map(|row| row.arrivals).collect();
    arrivals.sort_unstable();
    assert!(arrivals[3] > 10 * (arrivals[0] + 1), "{arrivals:?}");
    let (result, _) = played(name, &["site.DC.cas.affinity=\"cookie\""]);
    assert!(result.failures.is_empty());
    let cas = result.servers.iter().find(|row| row.name == "DC-CAS").unwrap();
    let arrivals: Vec<u64> = cas.each.iter().map(|row| row.arrivals).collect();
    let (least, most) = (arrivals.iter().min().unwrap(), arrivals.iter().max().unwrap());
    assert!(most * 10 < least * 12, "{arrivals:?}");
}

/// The sizing guidance of 2 MHz a mailbox, where nothing else is stated.
#[test]
fn the_mailbox_role_costs_what_sizing_guidance_says() {
    let (result, _) = played("public/15-mailbox-mhz-of-outlook-anywhere", &[]);
    let mailbox = result.servers.iter().find(|row| row.name == "Lab-MBX").unwrap();
    let megahertz = mailbox.utilisation_mean * 16.0 * 2_000.0 / 6_000.0;
    assert!((1.85..2.15).contains(&megahertz), "{megahertz}");
}

/// The day's load times fifty: servers and lines are too small, and that is said.
#[test]
fn check_sees_the_load_that_a_run_would_have() {
    let scenario = support::shipped("tests/scenarios/outages/acme.toml", &[("run.load", "50")]);
    let found = findings(&scenario);
    for lint in ["L42", "L26"] {
        assert!(found.iter().any(|report| report.lint.id == lint), "{lint}");
    }
}
