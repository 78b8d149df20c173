//! Names and certificates as they are deployed: pools whose servers hold different
//! certificates, names with several addresses, names that lead to others.

use std::path::{Path, PathBuf};

use casim::check::check;
use casim::check::names::{Kind, names};
use casim::model::access::Failure;
use casim::results::{RunResult, SessionRecord};
use casim::scenario::{self, Override, Scenario};
use serde_json::Value;

use crate::support::{self, Sandbox};

fn public(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/advice/public").join(format!("{file}.toml"))
}

fn loaded(file: &str, set: &[&str]) -> Scenario {
    let lines = set.iter().map(|line| Override::parse(line).unwrap_or_else(|_| panic!("{line}")));
    scenario::load(&public(file), &lines.collect::<Vec<_>>())
        .unwrap_or_else(|faults| panic!("{file}: {faults}"))
}

fn explained(file: &str, words: &str) -> Value {
    let path = public(file).display().to_string();
    let all: Vec<&str> = ["explain", &path, "--json"].into_iter().chain(words.split(' ')).collect();
    let ran = Sandbox::new().run(&all);
    assert_eq!(ran.code, Some(0), "{file} {words}: {}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn played(scenario: &Scenario) -> (RunResult, Vec<SessionRecord>) {
    support::play(&scenario.model, &scenario.experiment)
}

fn failures(result: &RunResult) -> Vec<(Failure, u64)> {
    result.failures.iter().map(|row| (row.failure, row.count)).collect()
}

const POOL: &str = "08-one-certificate-for-the-pool";
const NODES: [&str; 3] = ["EX13-1", "EX16-1", "EX16-2"];

/// One certificate, exported to all three, with the names of all.
fn exported() -> Vec<String> {
    let names = "certificate_names=[\"mail.lab.example\", \"autodiscover.lab.example\"]";
    let line = |node: &str, what: &str| format!("site.HQ.server.{node}.cas.{what}");
    NODES.iter().flat_map(|node| [line(node, names), line(node, "certificate=\"9F3C\"")]).collect()
}

/// Three servers with three certificates and no affinity: two of three actions land where the
/// logon cookie cannot be read. Routing is right both ways; with one certificate, or with
/// affinity, nothing fails.
#[test]
fn a_pool_needs_one_certificate() {
    for ask in ["--entry EX13-1 --mailbox EX16-1", "--entry EX16-1 --mailbox EX13-1"] {
        let answer = explained(POOL, &format!("--protocol owa {ask}"));
        assert_eq!((&answer["mechanism"], &answer["failure"]), (&"proxy".into(), &"".into()));
        let again = answer["logs_on_again"].as_str().expect("a reason");
        assert!(again.starts_with("asked to log on again by 2 of 3 servers"), "{again}");
        assert!(again.contains("EX16-2 holds the one for ex16-2.lab.example"), "{again}");
    }
    assert_eq!(
        explained(POOL, "--protocol eas --entry EX13-1 --mailbox EX16-1")["logs_on_again"],
        Value::Null
    );

    let (result, rows) = played(&loaded(POOL, &[]));
    let [(Failure::CookieUnreadable, lost)] = failures(&result)[..] else {
        panic!("{:?}", failures(&result))
    };
    let requests: u64 = result.cells.iter().map(|cell| cell.counts.requests).sum();
    let logons: u64 = result.cells.iter().map(|cell| cell.logon.count()).sum();
    let share = lost as f64 / (requests - logons) as f64;
    assert!((0.62..0.72).contains(&share), "{share} of actions");
    let ended = rows.iter().filter(|row| row.failure == Some(Failure::CookieUnreadable)).count();
    assert!(ended as u64 <= lost && logons + 10 >= lost, "{ended} sessions, {logons} logons, {lost}");

    let exported = exported();
    let exported: Vec<&str> = exported.iter().map(String::as_str).collect();
    let kept: Vec<String> =
        NODES.iter().map(|node| format!("site.HQ.server.{node}.cas.affinity=\"cookie\"")).collect();
    for cure in [exported.clone(), kept.iter().map(String::as_str).collect()] {
        let scenario = loaded(POOL, &cure);
        assert_eq!(failures(&played(&scenario).0), []);
        assert!(check(&scenario).iter().all(|report| report.lint.id != "L66"));
    }

    // The same names in certificates of their own do not help.
    let own: Vec<String> = exported.iter().map(|line| line.replace("9F3C", "own")).collect();
    let scenario = loaded(POOL, &own.iter().map(String::as_str).collect::<Vec<_>>());
    let found = check(&scenario);
    let finding = &found.iter().find(|report| report.lint.id == "L66").expect("L66").finding;
    assert!(finding.message.contains("EX13-1 holds its own"), "{}", finding.message);
    assert_eq!(failures(&played(&scenario).0)[0].0, Failure::CookieUnreadable);
    let of = |scenario: &Scenario| -> Vec<String> {
        let rows = names(scenario).into_iter().filter(|row| row.kind == Kind::Certificate);
        rows.filter(|row| row.name == "mail.lab.example")
            .map(|row| format!("{}: {}", row.to, row.remark))
            .collect()
    };
    let remarks = |words: &str| NODES.map(|node| format!("{node}: {words}"));
    let seen = "clients see the name";
    assert_eq!(of(&loaded(POOL, &exported)), remarks(&format!("certificate 9F3C; {seen}")));
    assert_eq!(of(&scenario), remarks(&format!("{seen}; each server one of its own")));
}

const ROUND_ROBIN: &str = "09-dns-round-robin-one-dies";
const FOUR: &str = "namespace.\"outlook.corp.example\".addresses=[\"HQ-CAS\"]";

/// Four addresses of an array, of which one dies for an hour with 25 of 100 users at it. They
/// stay away until it is back (and a back-off of at most 10 min longer), or are back after
/// 15 to 30 s: both answers are found in public.
#[test]
fn a_dead_address_of_an_array() {
    let struck = |set: &[&str]| {
        let (result, _) = played(&loaded(ROUND_ROBIN, set));
        let row = result.storms.rows.iter().find(|row| row.protocol.is_some()).expect("a row").clone();
        let one = row.replications[0].clone().expect("it happens");
        (one.users.unwrap(), one.lost.unwrap() as f64 / 3.6e12, one.longest as f64 / 1e9)
    };
    let (users, hours, longest) = struck(&[FOUR]);
    assert_eq!(users, 25);
    assert!((25.0..=25.0 + 25.0 / 6.0).contains(&hours), "{hours} h");
    assert!((3_600.0..=4_200.0).contains(&longest), "{longest} s");
    let (users, hours, longest) = struck(&[FOUR, "contested.rpc_next_address=true"]);
    assert_eq!(users, 25);
    assert!((15.0..=32.0).contains(&longest), "{longest} s");
    assert!((25.0 * 15.0 / 3_600.0..=25.0 * 32.0 / 3_600.0).contains(&hours), "{hours} h");

    let found = check(&loaded(ROUND_ROBIN, &[FOUR]));
    let note = &found.iter().find(|report| report.lint.id == "L91").expect("L91").finding;
    assert!(note.message.contains("25 % of its clients begin at it"), "{}", note.message);
    assert!(note.message.contains("stays disconnected"), "{}", note.message);
    let rows = names(&loaded(ROUND_ROBIN, &[FOUR]));
    let record = rows.iter().find(|row| row.kind == Kind::DnsInside).expect("a record");
    assert_eq!(
        (record.to.as_str(), record.remark.as_str()),
        ("HQ-CAS", "4 of 4 addresses in one answer: no health check",)
    );
}

const TWO: &str = r#"
exchange = "2010 SP3"
[run]
window = "09:00 - 11:00"
warmup = "0 s"
[[site]]
name = "HQ"
internet = { bandwidth = "100 Mbps" }
[[site.server]]
name = "CAS1"
cas = { servers = 1, cores = 8 }
[[site.server]]
name = "CAS2"
cas = { servers = 1, cores = 8 }
[[site.server]]
name = "MBX"
mailbox = { servers = 1, cores = 16 }
[[namespace]]
name = "mail.contoso.com"
internet = ["HQ"]
inside = ["HQ"]
addresses = ["CAS1", "CAS2"]
[[population]]
name = "staff"
home = "HQ"
from = "HQ"
mailboxes = 20
concurrent = "100 %"
clients = { ews = 1.0, owa = 1.0 }
"#;

/// Every second client begins at the address of a server that has been dead since before the
/// run, waits 21 s there, and is served by the next as if that had been its own, to the
/// nanosecond; the others are not touched.
#[test]
fn the_next_address_answers_after_21_s() {
    let outage = "[[outage]]\nwhat = \"server.CAS1\"\nat = \"08:00\"\nfor = \"9 h\"\n";
    let rows = |text: &str| {
        let scenario = support::read(text);
        let (result, rows) = played(&scenario);
        let cas1 = result.names.servers.iter().position(|name| name == "CAS1").expect("CAS1") as u32;
        let logons = rows.into_iter().filter(|row| !row.carried_in && row.failure.is_none());
        let of =
            |row: SessionRecord| Some((row.session_id, (row.entry_server == cas1, row.logon_latency?.0)));
        (logons.filter_map(of).collect::<std::collections::BTreeMap<_, _>>(), result)
    };
    let (sound, _) = rows(TWO);
    let (struck, result) = rows(&format!("{TWO}{outage}"));
    assert_eq!(failures(&result), []);
    let (mut begun, mut others) = (0, 0);
    for (session, (first, latency)) in &sound {
        // What begins so near the end of the run that it is still waiting has no answer.
        let Some((there, now)) = struck.get(session) else { continue };
        assert!(!there, "nobody is served by the dead one");
        if *first {
            begun += 1;
            assert_eq!(*now, latency + 21_000_000_000);
        } else {
            others += 1;
            assert_eq!(now, latency);
        }
    }
    assert!(begun > 10 && others > 10, "{begun} at the dead one, {others}");
}

/// What `explain` says of a dead address is what a run shows.
#[test]
fn a_dead_address_is_explained() {
    let moved = |set: &str, words: &[&str]| {
        let sandbox = Sandbox::new();
        let path = sandbox.write("two.toml", TWO).display().to_string();
        let mut all = vec!["explain", path.as_str(), "--json", "--url", "https://mail.contoso.com/owa"];
        all.extend(["--mailbox", "MBX", "--set", set]);
        all.extend(words);
        let ran = sandbox.run(&all);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        (
            answer["moved"].as_str().unwrap_or_default().to_owned(),
            answer["failure"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let one = "mail.contoso.com has 2 addresses in one answer, of which 1 leads to CAS1, down: 50 % of its clients \
               begin there and wait 21 s (connect_timeout) and go on to the next";
    assert_eq!(moved("run.seed=1", &["--down", "CAS1"]), (one.to_owned(), String::new()));
    assert_eq!(moved("run.seed=1", &[]), (String::new(), String::new()));
    let (all_dead, failure) = moved("run.seed=1", &["--down", "CAS1", "--down", "CAS2"]);
    assert_eq!((all_dead.as_str(), failure.as_str()), ("", "server_down"));
}

const DOMAINS: &str = "14-autodiscover-of-a-second-domain";

fn way(word: &str) -> [String; 3] {
    let name = "namespace.\"autodiscover.companyb.example\"";
    [
        format!("{name}.internet=[]"),
        format!("{name}.leads_to=\"autodiscover.companya.example\""),
        format!("{name}.way=\"{word}\""),
    ]
}

/// A second mail domain that the certificate lacks: clients warn. An SRV record or an http
/// redirect leads to a name that it holds, an alias does not help; all are served.
#[test]
fn a_second_domain_finds_autodiscover() {
    let url = "https://autodiscover.companyb.example/autodiscover/autodiscover.xml";
    let ask = |set: &[String]| {
        let mut words = vec!["--protocol", "autodiscover", "--url", url, "--mailbox", "Office"];
        words.extend(set.iter().flat_map(|line| ["--set", line.as_str()]));
        let path = public(DOMAINS).display().to_string();
        let all: Vec<&str> = ["explain", &path, "--json"].into_iter().chain(words).collect();
        let ran = Sandbox::new().run(&all);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["failure"], "", "{set:?}");
        let words = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        (words("moved"), words("certificate_warning"))
    };
    let lints = |scenario: &Scenario| -> Vec<&'static str> {
        check(scenario)
            .iter()
            .map(|report| report.lint.id)
            .filter(|id| matches!(*id, "L22" | "L92"))
            .collect()
    };
    let rows = |scenario: &Scenario| -> Vec<(&'static str, String, String, String)> {
        let rows = names(scenario).into_iter().filter(|row| {
            row.name.contains("companyb") || row.port == "80" || row.remark.contains("companyb")
        });
        rows.map(|row| (row.kind.token(), row.name, row.to, row.port)).collect()
    };
    let row = |kind: &'static str, name: &str, to: &str, port: &str| {
        (kind, name.to_owned(), to.to_owned(), port.to_owned())
    };
    let lacks = "the certificate of Office-CAS lacks autodiscover.companyb.example: browsers and Outlook warn, devices do not connect";

    let (plain, warning) = ask(&[]);
    assert_eq!((plain.as_str(), warning.as_str()), ("", lacks));
    let before = loaded(DOMAINS, &[]);
    assert_eq!(lints(&before), ["L22"]);
    let served = |scenario: &Scenario| {
        let (result, _) = played(scenario);
        assert_eq!(failures(&result), []);
        result.cells.iter().map(|cell| cell.counts.sessions).sum::<u64>()
    };
    let sessions = served(&before);
    let host = "autodiscover.companyb.example";
    for (word, question, warned, expected) in [
        (
            "srv",
            "An SRV record leads Autodiscover from",
            false,
            vec![row(
                "dns_srv",
                "_autodiscover._tcp.companyb.example",
                "autodiscover.companya.example",
                "443",
            )],
        ),
        (
            "http-redirect",
            "A web site at port 80 of",
            false,
            vec![row("dns_internet", host, "Office", ""), row("port", "", "Office-CAS", "80")],
        ),
        (
            "cname",
            "autodiscover.companyb.example is an alias of",
            true,
            vec![row("dns_internet", host, "Office", ""), row("certificate", host, "Office-CAS", "")],
        ),
    ] {
        let set = way(word);
        let (moved, warning) = ask(&set);
        assert!(moved.starts_with(question), "{moved}");
        assert_eq!(moved.contains("Outlook asks the user once"), !warned, "{moved}");
        assert_eq!(warning, if warned { lacks } else { "" }, "{word}");
        let after = loaded(DOMAINS, &set.each_ref().map(String::as_str));
        assert_eq!(lints(&after), if warned { vec!["L22"] } else { vec![] }, "{word}");
        assert_eq!(rows(&after), expected, "{word}");
        assert_eq!(served(&after), sessions, "{word}");
    }
}

const SITES: &str = r#"
exchange = "2013"
[run]
window = "09:00 - 11:00"
warmup = "0 s"
[[site]]
name = "North"
internet = { bandwidth = "100 Mbps" }
cas = { servers = 2, cores = 4 }
mailbox = { servers = 1, cores = 4 }
[[site]]
name = "South"
internet = { bandwidth = "100 Mbps" }
cas = { servers = 2, cores = 4 }
mailbox = { servers = 1, cores = 4 }
[[link]]
between = ["North", "South"]
bandwidth = "100 Mbps"
latency = "5 ms"
[[namespace]]
name = "mail.contoso.com"
internet = ["North", "South"]
addresses = ["North", "South"]
[[population]]
name = "staff"
home = "South"
mailboxes = 40
concurrent = "100 %"
clients = { ews = 1.0, outlook-anywhere = 1.0 }
"#;

/// Two sites in one answer, of which one loses its Internet connection for an hour: half of the
/// clients begin there, and are served by the other after 21 s.
#[test]
fn addresses_of_two_sites() {
    let outage = "[[outage]]\nwhat = \"site.North.internet\"\nat = \"09:30\"\nfor = \"60 min\"\n";
    let (result, rows) = played(&support::read(&format!("{SITES}{outage}")));
    let north = result.names.sites.iter().position(|name| name == "North").expect("North") as u32;
    let minute = |minutes: u64| minutes * 60_000_000_000;
    let ews = rows.iter().filter(|row| row.protocol.is_some_and(|protocol| protocol.token() == "ews"));
    let during = ews.filter(|row| (minute(30)..minute(90)).contains(&row.start.0) && row.failure.is_none());
    let (mut at_once, mut later) = (0, 0);
    for row in during {
        let latency = row.logon_latency.map_or(0, |latency| latency.0);
        match latency {
            21_000_000_000..26_000_000_000 => later += 1,
            0..5_000_000_000 => at_once += 1,
            other => panic!("{other} ns"),
        }
        // Whoever knocked in the very instant of the cut is not judged.
        assert!(row.entry_site != north || row.start.0 == minute(30), "nobody enters at North");
    }
    assert!(at_once > 20 && later > 20, "{at_once} at once, {later} later");
    let cut: Vec<i64> = result
        .storms
        .rows
        .iter()
        .filter(|row| row.protocol.is_some_and(|protocol| protocol.token() == "outlook-anywhere"))
        .filter_map(|row| row.replications[0].as_ref()?.users)
        .collect();
    assert_eq!(cut, [20], "half of 40");
    let records: Vec<(String, String)> = names(&support::read(SITES))
        .into_iter()
        .filter(|row| row.kind == Kind::DnsInternet)
        .map(|row| (row.to, row.remark))
        .collect();
    let remark = "1 of 2 addresses in one answer: no health check".to_owned();
    assert_eq!(records, [("North".to_owned(), remark.clone()), ("South".to_owned(), remark)]);
}

/// The dead address stays in the answer for half an hour, until somebody takes the record
/// out: only then do the Outlooks that began there go on (after at most their longest back-off
/// of 10 min).
#[test]
fn the_record_goes() {
    let array = |text: &str| {
        text.replace(
            "cas = { servers = 1, cores = 8 }",
            "cas = { servers = 1, cores = 8, client_access_array = \"outlook.contoso.local\" }",
        )
        .replace("cores = 16 }", "cores = 16, rpc_client_access_server = \"outlook.contoso.local\" }")
        .replace("mail.contoso.com", "outlook.contoso.local")
        .replace("internet = [\"HQ\"]\n", "")
        .replace("mailboxes = 20", "mailboxes = 40")
        .replace("ews = 1.0, owa = 1.0", "outlook-cached = 1.0")
    };
    let outage = "[[outage]]\nwhat = \"server.CAS1\"\nat = \"09:30\"\nfor = \"85 min\"\n\
                  [[change]]\nat = \"10:00\"\nset = { 'namespace.\"outlook.contoso.local\".addresses' = [\"CAS2\"] }\n";
    let (result, _) = played(&support::read(&format!("{}{outage}", array(TWO))));
    let row = result.storms.rows.iter().find(|row| row.protocol.is_some()).expect("a row");
    let one = row.replications[0].clone().expect("it happens");
    assert_eq!((one.users, one.still), (Some(20), 0));
    let longest = one.longest as f64 / 1e9;
    assert!((1_800.0..=2_401.0).contains(&longest), "{longest} s");
}

/// Outlook inside uses its own site's endpoint, not the name that its users type into a browser.
#[test]
fn outlook_inside_enters_at_its_own_site() {
    let scenario = support::shipped("tests/scenarios/outages/acme.toml", &[]);
    let topology = &scenario.model.topology;
    let flows = casim::check::flows::of(topology, &scenario.model.workload);
    let inside = flows.iter().filter(|flow| flow.protocol.is_outlook_inside());
    let mut sites = 0;
    for flow in inside {
        let entry = flow.entry.expect("an endpoint");
        assert_eq!(topology.cas[entry.index()].site, flow.home(topology));
        sites += 1;
    }
    assert!(sites >= 3);
}
