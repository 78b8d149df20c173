//! The change request of `casim compare`: its steps are followed one by one, and every population
//! and protocol is asked after each, by the public `explain` and by the command.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use casim::decide::compare::changes::{Requested, request};
use casim::model::access::{AccessQuery, Caller, ClientPlace, explain, outlook_entries};
use casim::model::protocol::Protocol;
use casim::model::shell::cas_setting;
use casim::model::workload::Location;
use casim::results::changes::{ChangeKind, ChangeRow, Order};
use casim::scenario::{self, Scenario};

use crate::support::{SMALL, Sandbox, assert_code, read, shipped, small_renamed};

/// Every population and protocol, and whether `explain` serves all of it: asked at each server
/// that its name leads to, for each server that holds its mailboxes.
fn served(scenario: &Scenario) -> BTreeMap<(String, Protocol), bool> {
    let (topology, workload) = (&scenario.model.topology, &scenario.model.workload);
    let mut all = BTreeMap::new();
    for population in &workload.populations {
        for usage in &population.clients {
            let name = usage.name_at(population.from);
            let own = &topology.namespaces[name.index()];
            let (place, sites) = match population.from {
                Location::Site(site) if own.inside.is_empty() => (ClientPlace::Inside(site), &own.internet),
                Location::Site(site) => (ClientPlace::Inside(site), &own.inside),
                Location::Internet(_) => (ClientPlace::Internet, &own.internet),
            };
            for (mailbox, _) in population.stores(topology) {
                let inside = usage.protocol.is_outlook_inside();
                let mut entries = if inside { outlook_entries(topology, mailbox) } else { Vec::new() };
                if entries.is_empty() {
                    entries = own.groups_in(&topology.sites[sites[0].index()]).collect();
                }
                assert!(!entries.is_empty(), "{} leads to servers", own.name);
                for entry in entries {
                    let host = Some(topology.host_asked(name));
                    let caller = Caller { place: Some(place), host, ..Caller::default() };
                    let ask =
                        AccessQuery { caller, ..AccessQuery::new(topology, usage.protocol, entry, mailbox) };
                    let good = explain(&ask).failure.is_none();
                    *all.entry((population.name.clone(), usage.protocol)).or_insert(true) &= good;
                }
            }
        }
    }
    all
}

fn load(text: &str) -> Scenario {
    scenario::load_text("step.toml", text, Path::new(""), &[]).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Follows the steps: whoever was served in the base is after each of them.
fn follow(base: &Scenario, found: &Requested) {
    let before = served(base);
    assert_eq!(before, served(&load(&found.scenarios[0])), "the first scenario is the base");
    assert_eq!(found.scenarios.len(), found.request.steps as usize + 1);
    for (step, text) in found.scenarios.iter().enumerate() {
        let now = served(&load(text));
        for (who, good) in &before {
            assert!(!good || now.get(who).is_none_or(|good| *good), "{who:?} is refused after step {step}");
        }
    }
}

fn step(found: &Requested, path: &str) -> u32 {
    let row = found.request.rows.iter().find(|row| row.path == path);
    row.unwrap_or_else(|| panic!("no row of {path}")).step
}

fn single_and_regional() -> (Scenario, Scenario) {
    (shipped("scenarios/single-namespace.toml", &[]), shipped("scenarios/regional-namespaces.toml", &[]))
}

/// From one name to three and back: 28 kinds of clients are served after each step. Who had the
/// order of OWA's settings the other way round would refuse Boston's and Chennai's users.
#[test]
fn regional_names_are_reached_and_left_step_by_step() {
    let (single, regional) = single_and_regional();
    let there = request(&single, &regional);
    assert_eq!((there.request.order, there.request.asked), (Order::Serves, served(&single).len()));
    follow(&single, &there);
    assert!(step(&there, "site.Boston.owa.external_url") < step(&there, "site.Boston.owa.auth"));
    let record = "namespace.\"mail.boston.contoso.com\"";
    assert!(step(&there, record) < step(&there, "site.Boston.owa.external_url"));

    let back = request(&regional, &single);
    assert_eq!(back.request.order, Order::Serves);
    follow(&regional, &back);
    assert!(step(&back, "site.Boston.owa.auth") < step(&back, "site.Boston.owa.external_url"));
    assert!(step(&back, "site.Boston.owa.external_url") < step(&back, record));

    let early =
        single.with(&[scenario::Override::parse("site.Boston.owa.auth=[\"forms\"]").unwrap()]).unwrap();
    let refused = served(&early);
    assert!(!refused[&("Boston staff".to_owned(), Protocol::Owa)], "the order matters");
}

/// What the steps make in the end is the other organisation, and what they undo the base.
#[test]
fn the_last_scenario_is_the_other() {
    let (single, regional) = single_and_regional();
    for (base, other) in [(&single, &regional), (&regional, &single)] {
        let found = request(base, other);
        let (first, last) = (load(&found.scenarios[0]), load(found.scenarios.last().unwrap()));
        assert!(first.model.topology == base.model.topology && last.model.topology == other.model.topology);
        for row in found.request.rows.iter().filter(|row| row.is_shell) {
            assert!(row.command.contains("Set-") || row.command.contains("-OutlookAnywhere"), "{row:?}");
            assert!(!row.undo.is_empty() && row.undo != row.command, "{row:?}");
        }
    }
    // What undoes a step is what makes it on the way back, where each is tried as well: whoever goes back
    // from the last step to the first gets the base.
    let (there, back) = (request(&single, &regional), request(&regional, &single));
    assert!(there.request.rows.len() == back.request.rows.len());
    for (own, way_back) in [(&there, &back), (&back, &there)] {
        for row in &own.request.rows {
            let twin = way_back.request.rows.iter().find(|of| (&of.path, &of.what) == (&row.path, &row.what));
            let twin = twin.unwrap_or_else(|| panic!("nothing undoes {row:?}"));
            assert_eq!((&row.undo, &row.base), (&twin.command, &twin.other), "{}", row.what);
        }
    }
    let nothing = request(&single, &single);
    assert_eq!((nothing.request.rows, nothing.request.steps), (Vec::new(), 0));
}

/// A site and a population that are only called otherwise are one step, which refuses nobody; what else is
/// changed comes behind it, by the new names.
#[test]
fn what_is_only_called_otherwise_is_told_as_that() {
    let base = read(SMALL);
    let line = small_renamed().replace("bandwidth = \"10 Mbps\"", "bandwidth = \"20 Mbps\"");
    for (other, steps) in [(read(&small_renamed()), 1), (read(&line), 2)] {
        let found = request(&base, &other);
        let told: Vec<_> =
            found.request.rows.iter().map(|row| (row.step, row.what.as_str(), row.other.as_str())).collect();
        let all = [
            (1, "site Boston", "Bangor"),
            (1, "Boston staff", "Bangor staff"),
            (2, "link Amsterdam-Bangor", ""),
        ];
        assert_eq!(told.len(), 1 + steps as usize, "{told:?}");
        assert_eq!(told[..2], all[..2]);
        assert!(told.len() == 2 || told[2].1 == all[2].1, "{told:?}");
        assert_eq!((found.request.steps, found.request.order), (steps, Order::Serves));
        assert!(found.request.rows.iter().all(|row| row.refused.is_empty()));
        follow(&base, &found);
        assert!(load(found.scenarios.last().unwrap()).model.topology == other.model.topology);
    }
}

/// Every test line is run: it says `after` after the step, and `before` before it.
#[test]
fn every_test_of_a_step_shows_the_difference() {
    let sandbox = Sandbox::new();
    let scenario = |name: &str| format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let (base, other) = (scenario("single-namespace"), scenario("regional-namespaces"));
    let short =
        ["--set", "run.window=\"12:00 - 12:01\"", "--set", "run.warmup=\"0 s\"", "--replications", "2"];
    let ran = sandbox.run(&[&["compare", &base, &other, "-o", "out"], &short[..]].concat());
    assert_code(&ran, 0);
    assert!(ran.stdout.contains("after each of which everybody is served"), "{}", ran.stdout);
    let mut table = csv::Reader::from_path(sandbox.path().join("out/changes.csv")).unwrap();
    let mut shown = 0;
    for row in table.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let line: Vec<&str> = row["test"].split_whitespace().skip(1).collect();
        let [ask, file, options @ ..] = line.as_slice() else { panic!("{row:?}") };
        let decided = |said: &str| said.split([' ', ',']).next().unwrap_or("").to_owned();
        let answer = |file: &str| {
            let file = format!("out/{file}");
            sandbox.run(&[&[*ask, &file], options, &["--json"]].concat())
        };
        let ran = answer(file);
        assert_code(&ran, 0);
        assert!(ran.stdout.contains(&format!("\"mechanism\": \"{}\"", decided(&row["after"]))), "{row:?}");
        let number: u32 = row["step"].parse().unwrap();
        let own = format!("steps/{number:02}.toml");
        if *file == own && !row["before"].is_empty() {
            let before = answer(&format!("steps/{:02}.toml", number - 1));
            match decided(&row["before"]).as_str() {
                "leads" => assert_code(&before, 2),
                mechanism => {
                    assert_code(&before, 0);
                    assert!(before.stdout.contains(&format!("\"mechanism\": \"{mechanism}\"")), "{row:?}");
                }
            }
            shown += usize::from(before.stdout != ran.stdout);
        }
    }
    assert!(shown >= 14, "{shown} of 24 steps change an answer");
    for file in ["comparison.md", "comparison.json"] {
        let text = fs::read_to_string(sandbox.path().join("out").join(file)).unwrap();
        assert!(text.contains("Set-OwaVirtualDirectory") && text.contains("steps/24.toml"), "{file}");
    }
}

/// Paris and Lyon on 2010. Predicted on paper before it was run: Lyon's connection and the record of
/// its name come before the ExternalURL of its OWA, that before forms authentication (until then Paris
/// proxies and needs Integrated Windows Authentication); the name of POP3 leads to Lyon before
/// Paris, which had proxied it, stops the service; six things are changed in the scenario, and the
/// name of a certificate and ports beside them.
const PARIS: &str = r#"
name = "Paris serves Lyon"
exchange = "2010 SP2"
[run]
window = "09:00 - 09:30"
[[site]]
name = "Paris"
internet = { bandwidth = "100 Mbps", latency = "4 ms" }
pop_imap = true
cas = { servers = 1, cores = 4 }
mailbox = { servers = 1, cores = 4 }
owa = { external_url = "https://mail.example.org/owa", auth = ["forms"] }
[[site]]
name = "Lyon"
pop_imap = true
cas = { servers = 1, cores = 4 }
mailbox = { servers = 1, cores = 4 }
owa = { auth = ["integrated"] }
[[link]]
between = ["Paris", "Lyon"]
bandwidth = "50 Mbps"
latency = "5 ms"
[[namespace]]
name = "mail.example.org"
internet = ["Paris"]
[[namespace]]
name = "pop.example.org"
internet = ["Paris"]
[[population]]
name = "Paris staff"
home = "Paris"
mailboxes = 500
from = "Internet"
namespace = "mail.example.org"
clients = { owa = 0.5 }
[[population]]
name = "Lyon staff"
home = "Lyon"
mailboxes = 300
from = "Internet"
namespace = { default = "mail.example.org", pop = "pop.example.org" }
clients = { owa = 0.5, pop = 0.2 }
"#;

fn lyon_by_itself() -> String {
    PARIS
        .replace("name = \"Paris serves Lyon\"", "name = \"Lyon by itself\"")
        .replace("pop_imap = true\ncas = { servers = 1, cores = 4 }\nmailbox = { servers = 1, cores = 4 }\nowa = { external", "pop_imap = true\npop = false\ncas = { servers = 1, cores = 4 }\nmailbox = { servers = 1, cores = 4 }\nowa = { external")
        .replace("name = \"Lyon\"\n", "name = \"Lyon\"\ninternet = { bandwidth = \"50 Mbps\", latency = \"4 ms\" }\n")
        .replace("owa = { auth = [\"integrated\"] }", "owa = { external_url = \"https://mail.lyon.example.org/owa\", auth = [\"forms\"] }")
        .replace("name = \"pop.example.org\"\ninternet = [\"Paris\"]", "name = \"pop.example.org\"\ninternet = [\"Lyon\"]\n[[namespace]]\nname = \"mail.lyon.example.org\"\ninternet = [\"Lyon\"]")
}

#[test]
fn lyon_leaves_paris_in_the_order_that_was_predicted() {
    let (base, other) = (read(PARIS), read(&lyon_by_itself()));
    assert!(served(&base).values().all(|good| *good), "{:?}", served(&base));
    let found = request(&base, &other);
    assert_eq!(found.request.order, Order::Serves, "{:#?}", found.request.rows);
    follow(&base, &found);
    let step = |path: &str| step(&found, path);
    let url = step("site.Lyon.owa.external_url");
    assert!(step("site.Lyon.internet") < url && step("namespace.\"mail.lyon.example.org\"") < url);
    assert!(url < step("site.Lyon.owa.auth"));
    let pop = step("namespace.\"pop.example.org\".internet");
    assert!(step("site.Lyon.internet") < pop && pop < step("site.Paris.pop"));
    let stated: BTreeSet<&str> =
        found.request.rows.iter().map(|row| row.path.as_str()).filter(|path| !path.is_empty()).collect();
    assert_eq!(stated.len(), 6, "{stated:?}");
    let unstated = |kind: ChangeKind, word: &str| {
        let fits = |row: &&ChangeRow| row.kind == kind && row.path.is_empty() && row.what.contains(word);
        found.request.rows.iter().any(|row| fits(&row))
    };
    assert!(unstated(ChangeKind::Certificate, "mail.lyon.example.org"), "{:#?}", found.request.rows);
    assert!(unstated(ChangeKind::Firewall, "from Internet to Lyon-CAS"), "{:#?}", found.request.rows);
    let stop = found.request.rows.iter().find(|row| row.path == "site.Paris.pop").unwrap();
    assert!(stop.command.starts_with("Stop-Service MSExchangePOP3"), "{}", stop.command);
    assert!(stop.undo.ends_with("Start-Service MSExchangePOP3"), "{}", stop.undo);
}

/// Who is refused in the end is refused by some step: it is said, for whom, and comes last.
#[test]
fn where_somebody_is_lost_it_is_said_for_whom() {
    let base = read(SMALL);
    let other = SMALL.replacen(
        "published_from = \"Amsterdam\"\npop_imap = true",
        "published_from = \"Amsterdam\"",
        1,
    );
    let other = read(&other.replace("bandwidth = \"10 Mbps\"", "bandwidth = \"20 Mbps\""));
    let found = request(&base, &other);
    assert_eq!(found.request.order, Order::None);
    let lost = found.request.refused();
    assert_eq!(lost.len(), 1, "{lost:?}");
    let (first, _, who) = &lost[0];
    assert_eq!((who.population.as_str(), who.protocol), ("Boston staff", Protocol::Pop));
    assert!((who.clients - 90.0).abs() < 1e-6, "{who:?}");
    assert_eq!(*first, step(&found, "site.Boston.pop"));
    assert!(*first > step(&found, "link.Amsterdam-Boston"), "as late as can be");
}

/// What is no setting of Exchange has no command, and says what to do; a whole redrawn population is
/// one step.
#[test]
fn users_and_figures_are_told_in_words() {
    let base = read(SMALL);
    let other = SMALL.replace("mailboxes = 300", "mailboxes = 400").replace("seed = 7", "seed = 8");
    let found = request(&base, &read(&other));
    let row = |kind: ChangeKind| found.request.rows.iter().find(|row| row.kind == kind).unwrap();
    let users = row(ChangeKind::Users);
    assert_eq!((users.base.as_str(), users.other.as_str()), ("mailboxes 300", "mailboxes 400"));
    assert!(!users.is_shell && users.command.starts_with("create or remove mailboxes"), "{users:?}");
    let run = row(ChangeKind::Assumption);
    assert!(!run.is_shell && run.command.starts_with("nothing"), "{run:?}");
    assert_eq!((found.request.steps, found.request.order), (2, Order::Serves));
}

/// From 2013 on POP3 and IMAP4 have a service each in front and one behind.
#[test]
fn a_mail_service_has_a_back_end_from_2013_on() {
    for (name, back_end) in [("single-namespace", false), ("unbound-2013", true)] {
        let scenario = shipped(&format!("scenarios/{name}.toml"), &[]);
        let group = &scenario.model.topology.cas[0];
        let line = cas_setting("imap", None, group).unwrap();
        assert!(line.contains("Service MSExchangeIMAP4"), "{line}");
        assert_eq!(line.contains("<# on the Mailbox servers #> "), back_end, "{line}");
        assert_eq!(
            line.ends_with("MSExchangeIMAP4BE -StartupType Disabled"),
            back_end && !group.imap,
            "{line}"
        );
    }
}
