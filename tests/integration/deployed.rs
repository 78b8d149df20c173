//! Names and certificates as they are deployed: pools whose servers hold different
//! certificates.

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
