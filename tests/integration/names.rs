//! What has to be published is read off the moves that `explain` plays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use casim::check::flows::{self, Flow};
use casim::check::names::{Kind, names};
use casim::kernel::Id;
use casim::model::access::explain::{Move, Trust};
use casim::model::access::{AccessQuery, Caller, Route, Stop, explain};
use casim::model::topology::Topology;
use casim::model::workload::Location;
use casim::scenario::{self, Override, Scenario};

fn loaded(path: &Path) -> Scenario {
    scenario::load(path, &[]).unwrap_or_else(|faults| panic!("{}: {faults}", path.display()))
}

fn shipped() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["scenarios", "tests/advice/public", "tests/advice/routing", "tests/lints/base"] {
        let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(all.filter(|path| path.extension().is_some_and(|extension| extension == "toml")));
    }
    files.sort();
    files
}

/// Kind, name, from, to, port.
type Row = (Kind, String, String, String, String);

/// The servers over which some leg of a way spreads sessions.
fn spread(route: &Route) -> Vec<Stop> {
    flows_routes(route).iter().flat_map(|route| route.targets.iter().map(|id| Stop::Cas(*id))).collect()
}

fn flows_routes(route: &Route) -> Vec<&Route> {
    let mut all = vec![route];
    while let Some(casim::model::access::After::Arrives(next)) = &all[all.len() - 1].after {
        all.push(next);
    }
    all
}

fn group(topology: &Topology, stop: Stop) -> (String, String) {
    let (name, site) = match stop {
        Stop::Cas(id) => (&topology.cas[id.index()].name, topology.cas[id.index()].site),
        Stop::Mailbox(id) => (&topology.mailbox[id.index()].name, topology.mailbox[id.index()].site),
    };
    (name.clone(), topology.sites[site.index()].name.clone())
}

fn rows_of(topology: &Topology, flow: &Flow, step: &Move) -> Vec<Row> {
    let (to, site) = group(topology, step.end);
    let client = match flow.location {
        Location::Internet(_) => "Internet".to_owned(),
        Location::Site(id) => topology.sites[id.index()].name.clone(),
    };
    let from = step.start.map_or(client, |start| group(topology, start).0);
    if step.start.is_some() && from == to {
        return Vec::new();
    }
    let record = match (step.start, flow.location) {
        (None, Location::Internet(_)) => Kind::DnsInternet,
        _ => Kind::DnsInside,
    };
    let none = String::new;
    let mut rows: Vec<Row> = step
        .ports
        .iter()
        .map(|port| (Kind::Port, none(), from.clone(), to.clone(), port.to_string()))
        .collect();
    if let Some(host) = &step.host {
        rows.push((record, host.clone(), none(), site, none()));
        if step.trust != Trust::Nobody {
            rows.push((Kind::Certificate, host.clone(), none(), to, none()));
        }
    }
    rows
}

/// Every row comes from a move that `explain` shows for some question that the scenario's
/// clients ask, and every move of theirs has its rows. Of servers over which sessions are
/// spread `explain` shows each when the others are down.
#[test]
fn names_and_explain_cannot_disagree() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for path in shipped() {
        let scenario = loaded(&path);
        let mut expected: BTreeSet<Row> = BTreeSet::new();
        let workload = &scenario.model.workload;
        let later = workload.changes.iter().map(|change| &change.topology);
        for topology in std::iter::once(&scenario.model.topology).chain(later) {
            for flow in flows::with_fail_over(topology, workload) {
                let (Some(entry), Some(route), None) = (flow.entry, &flow.route, flow.failure()) else {
                    continue;
                };
                let mut ask = |down: &[Stop]| {
                    let plain = flow.ask(topology, entry);
                    let found = explain(&AccessQuery { caller: Caller { down, ..plain.caller }, ..plain });
                    expected
                        .extend(found.moves.iter().flatten().flat_map(|step| rows_of(topology, &flow, step)));
                };
                ask(&[]);
                let others = spread(route);
                for kept in others.iter().filter(|_| others.len() > 1) {
                    let down: Vec<Stop> = others.iter().copied().filter(|other| other != kept).collect();
                    ask(&down);
                }
            }
        }
        let found: BTreeSet<Row> = names(&scenario)
            .into_iter()
            .map(|row| (row.kind, row.name, row.from, row.to, row.port))
            .collect();
        compared += found.len();
        for row in found.symmetric_difference(&expected) {
            let whose = if found.contains(row) { "names alone" } else { "explain alone" };
            wrong.push(format!("{}: {whose}: {row:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 400, "{compared} rows");
}

/// 2010 in a site on the Internet; `server` says more of it, `population` of its users.
fn office(server: &str, population: &str) -> Scenario {
    let text = format!(
        "exchange = \"2010 SP2\"\n[run]\nwindow = \"10 min\"\nwarmup = \"1 min\"\n\
         [[site]]\nname = \"HQ\"\ninternet = {{ bandwidth = \"50 Mbps\" }}\n\
         cas = {{ servers = 1 }}\nmailbox = {{ servers = 1 }}\n{server}\n\
         [[namespace]]\nname = \"mail.corp.example\"\ninternet = [\"HQ\"]\n\
         [[population]]\nname = \"staff\"\nhome = \"HQ\"\nmailboxes = 100\n\
         namespace = \"mail.corp.example\"\n{population}\n"
    );
    scenario::load_text("office.toml", &text, Path::new("."), &[]).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Setup leaves Outlook Anywhere off up to 2010; whoever declares clients of it declares
/// that somebody enabled it, and that is told.
#[test]
fn outlook_anywhere_is_off_where_nobody_uses_it() {
    let on = |scenario: &Scenario| scenario.model.topology.cas[0].outlook_anywhere;
    assert!(!on(&office("", "clients = { owa = 1.0 }")));
    assert!(!on(&office("", "clients = { outlook-anywhere = 0, owa = 1.0 }")));
    let used = office("", "clients = { outlook-anywhere = 1.0 }");
    assert!(on(&used));
    let told = casim::check::findings(&used);
    assert!(told.iter().any(|report| report.lint.id == "L81"), "{told:?}");
    assert!(!on(&office("outlook_anywhere = false", "clients = { outlook-anywhere = 1.0 }")));
    let stated =
        casim::check::findings(&office("outlook_anywhere = true", "clients = { outlook-anywhere = 1.0 }"));
    assert!(stated.iter().all(|report| report.lint.id != "L81"), "{stated:?}");
}

/// `ExternalHostname` and `InternalHostname` are where Outlook goes over HTTP: in what has
/// to be published, in the ways that are checked, and in a run.
#[test]
fn the_hosts_of_outlook_anywhere_are_where_outlook_goes() {
    let hosts =
        "outlook_anywhere = { external_host = \"rpc.corp.example\", internal_host = \"rpc.corp.local\" }";
    let roaming = "roaming = { share = 0.5, from = \"HQ\" }\nclients = { outlook-anywhere = 1.0, owa = 1.0 }";
    let scenario = office(hosts, roaming);
    let topology = &scenario.model.topology;
    let flows = flows::of(topology, &scenario.model.workload);
    let mut used: Vec<(&str, &str)> = flows
        .iter()
        .map(|flow| {
            let inside = if matches!(flow.location, Location::Site(_)) { "inside" } else { "outside" };
            assert_eq!(flow.failure(), None, "{flow:?}");
            let name = topology.namespaces[flow.namespace.index()].name.as_str();
            (name, if flow.protocol.token() == "owa" { "owa" } else { inside })
        })
        .collect();
    used.sort_unstable();
    used.dedup();
    let expected =
        [("mail.corp.example", "owa"), ("rpc.corp.example", "outside"), ("rpc.corp.local", "inside")];
    assert_eq!(used, expected);
    let rows = names(&scenario);
    let record = |kind: Kind, name: &str| rows.iter().any(|row| row.kind == kind && row.name == name);
    assert!(record(Kind::DnsInternet, "rpc.corp.example") && record(Kind::DnsInside, "rpc.corp.local"));
    assert!(record(Kind::Certificate, "rpc.corp.example"));
    let (result, _) = crate::support::play(&scenario.model, &scenario.experiment);
    assert!(result.names.namespaces.iter().any(|name| name == "rpc.corp.local"));
    // A population's own word goes first, and check tells that Outlook is told another.
    let own = "namespace = { default = \"mail.corp.example\", outlook-anywhere = \"mail.corp.example\" }";
    let text = Override::parse(&format!("population.staff.{own}")).unwrap();
    let resolved = scenario::load_text("own.toml", &scenario.resolved, Path::new("."), &[text]).unwrap();
    let usage =
        resolved.model.workload.populations[0].clients.iter().find(|used| used.protocol.token() != "owa");
    let usage = usage.unwrap();
    assert_eq!((usage.namespace, usage.inside), (Id::new(0), None));
    let found = casim::check::findings(&resolved);
    assert!(found.iter().any(|report| report.lint.id == "L82"), "{found:?}");
}
