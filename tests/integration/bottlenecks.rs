//! What is named as the first bottleneck, and what a multiplied load asks for.

use casim::clients::expected::offered_load::offered_load;
use casim::results::{Bottleneck, RunResult, Scarce};
use casim::scenario::Scenario;
use casim::study::bottlenecks;

use crate::support::{Sandbox, assert_code, result, shipped};

fn branches(set: &[(&str, &str)]) -> Scenario {
    let hour = [("run.window", "\"11:00 - 12:00\""), ("run.warmup", "\"10 min\"")];
    shipped("scenarios/branch-offices-t1.toml", &[&hour, set].concat())
}

fn ranked(scenario: &Scenario) -> (RunResult, Vec<Bottleneck>) {
    let (model, experiment) = (&scenario.model, &scenario.experiment);
    let result = result(model, experiment);
    let rows = bottlenecks::rank(model, experiment, &result, &model.workload.slo);
    (result, rows)
}

/// 800 medium users, 640 of them active, on a T1 of which 70 % is available: cached mode
/// asks for 640 x 3,900 KB x 80 % x 8 bit / 28,800 s x 2 = 72 % of the line in the busiest
/// hour, 32 users of OWA for 17 % less what their sessions of 42 minutes put off beyond it, so together for more
/// than the available 70 %.
#[test]
fn a_t1_is_too_small_for_800_users() {
    let (result, rows) = ranked(&branches(&[("population.North.mailboxes", "800")]));
    let Scarce::Link(index) = rows[0].scarce else { panic!("{:?}", rows[0]) };
    let link = &result.links[index as usize];
    assert_eq!(link.name, "Datacentre>Branch North");
    assert!((link.bandwidth / link.raw_bandwidth - 0.7).abs() < 1e-12);
    let law = rows[0].law_peak.expect("clients ask for it");
    assert!((law * 0.7 - 0.88).abs() < 0.01, "{law} of the available bandwidth");
    assert!(rows[0].utilisation_peak > 0.95 && rows[0].utilisation_peak < 1.0 + 1e-9);
    assert!(rows.windows(2).all(|pair| pair[0].strain() >= pair[1].strain()));
}

/// Twice the load is twice the demand everywhere, by the utilisation law.
#[test]
fn load_multiplies_demand() {
    let once = branches(&[]);
    let twice = branches(&[("run.load", "2")]);
    let of = |scenario: &Scenario| offered_load(&scenario.model, &scenario.experiment);
    for (a, b) in of(&once).iter().zip(of(&twice)) {
        assert_eq!(a.name, b.name);
        assert!((b.demand - 2.0 * a.demand).abs() <= 1e-6 * b.demand, "{}", a.name);
    }
}

/// One core, one slot for the work of 1,000 clients that ask 33 times a second, each for
/// 80 ms and more: never free, while the core is idle most of the time. The slot is what is
/// full first, and named as what makes clients wait.
#[test]
fn a_full_limit_is_named_beside_an_idle_core() {
    let sandbox = Sandbox::new();
    let text = r#"
exchange = "2007 SP1"
[run]
window = "2 min"
warmup = "1 min"
[clients]
service_cv = 0
retries = 0
ews_requests_per_day = 2880
[[site]]
name = "Alpha"
internet = { bandwidth = "1 Gbps" }
cas = { servers = 1, cores = 1, max_concurrent_requests_per_cpu = 1 }
mailbox = { servers = 1, cores = 32 }
[[namespace]]
name = "mail.x.com"
internet = ["Alpha"]
[[population]]
name = "U"
home = "Alpha"
mailboxes = 1000
concurrent = 1.0
profile = "light"
day = "flat24h"
clients = { ews = 1.0 }
"#;
    sandbox.write("slot.toml", text);
    let ran = sandbox.run(&["run", "slot.toml", "--sessions", "none"]);
    assert_code(&ran, 0);
    let said = "Limits that made clients wait: Alpha-CAS in_work 100 % of 1 in use: ";
    assert!(ran.said().contains(said), "{}", ran.stdout);
    assert!(ran.said().contains("then Alpha-CAS in_work"), "{}", ran.stdout);
}

/// A limit of each user is no nearer with more users: nothing grows until it is met.
#[test]
fn a_limit_of_one_user_has_no_load_headroom() {
    let sandbox = Sandbox::new();
    let text = r#"
exchange = "2010 SP3"
[run]
window = "2 min"
warmup = "1 min"
[[site]]
name = "Alpha"
internet = { bandwidth = "1 Gbps" }
cas = { servers = 1, cores = 4 }
mailbox = { servers = 1, cores = 4 }
pop_imap = true
[[namespace]]
name = "mail.x.com"
internet = ["Alpha"]
[[population]]
name = "U"
home = "Alpha"
mailboxes = 100
concurrent = 1.0
day = "flat24h"
clients = { imap = 1.0 }
"#;
    sandbox.write("user.toml", text);
    assert_code(&sandbox.run(&["run", "user.toml", "--sessions", "none", "-o", "out"]), 0);
    let table = std::fs::read_to_string(sandbox.path().join("out/bottlenecks.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let head = rows.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|own| own == name).unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let of = |kind: &str| rows.iter().find(|row| &row[at("limited")] == kind).expect("a limit");
    assert_eq!(&of("user")[at("headroom")], "", "{table}");
    assert_ne!(&of("imap")[at("headroom")], "", "{table}");
}
