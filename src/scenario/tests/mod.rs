//! What the reader promises: the example of the design loads, resolved scenarios load
//! again to the same model, every fault is reported with its place, nothing panics.

mod documents;
mod faults;
mod keys;
mod mutations;
mod overlays;
mod purchase;
mod ranges;

use std::path::Path;

use super::*;
use crate::kernel::distribution::Distribution;
use crate::kernel::{SimSpan, SimTime};
use crate::model::protocol::Protocol;
use crate::model::workload::{Arrivals, Location, OutageEffect, OutageTiming, Target, Visit};

/// The example of the documentation, all features of a plain scenario in use.
const EXAMPLE: &str = include_str!("../../../tests/scenarios/example.toml");

fn read(text: &str) -> Result<Scenario, Diagnostics> {
    load_text("test.toml", text, Path::new("tests/scenarios"), &[])
}

fn good(text: &str) -> Scenario {
    read(text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Codes of the faults, in order.
fn codes(text: &str) -> Vec<&'static str> {
    read(text).expect_err("faults").items.iter().map(|item| item.code).collect()
}

/// A whole scenario around a single station.
fn station(more: &str) -> String {
    format!(
        "[run]\nwindow = \"1 h\"\n[[station]]\nname = \"cas\"\nservice = {{ exponential = {{ mean = \"100 ms\" }} }}\n\
         [[source]]\nname = \"src\"\narrivals = {{ poisson = \"5 /s\" }}\npath = [\"cas\"]\n{more}"
    )
}

#[test]
fn the_example_loads_as_documented() {
    let scenario = good(EXAMPLE);
    let model = &scenario.model;
    assert_eq!(scenario.name, "Contoso, one Internet-facing site");
    assert_eq!(scenario.experiment.window, SimSpan::from_secs(36_000));
    assert_eq!(scenario.experiment.warmup, SimSpan::from_secs(1800));
    assert_eq!(scenario.experiment.window_starts_at_utc, SimSpan::from_secs(8 * 3600));
    let link = &model.topology.links[0];
    assert_eq!(
        (link.name.as_str(), link.available, link.latency),
        ("Amsterdam-Boston", 0.7, SimSpan::from_millis(45))
    );
    assert_eq!(link.bandwidth, [1e7, 1e7]);
    let boston = &model.topology.cas[1];
    assert!(boston.directories[0].external_url.is_none() && boston.directories[0].integrated());
    let staff = &model.workload.populations[0];
    assert_eq!(staff.mailboxes, 4000);
    assert!(matches!(staff.from, Location::Internet(region) if region.index() == 0));
    let name = |protocol| {
        let used = staff.clients.iter().find(|c| c.protocol == protocol).expect("in use");
        model.topology.namespaces[used.namespace.index()].name.as_str()
    };
    assert_eq!(name(Protocol::Pop), "pop.boston.contoso.com");
    assert_eq!(name(Protocol::Owa), "mail.contoso.com");
    let outage = &model.workload.outages[0];
    assert!(matches!(outage.target, Target::Link(link) if link.index() == 0));
    let OutageTiming::Once { at, span } = outage.timing else { panic!("once") };
    assert_eq!((at, span), (SimTime(12_600_000_000_000), SimSpan::from_secs(1200)));
    let change = &model.workload.changes[0];
    assert_eq!(change.at, SimTime(19_800_000_000_000));
    let url = change.topology.cas[1].directories[0].external_url.as_ref().expect("published");
    assert_eq!(url.host, "mail.boston.contoso.com");
    assert_eq!(change.topology.namespaces.len(), model.topology.namespaces.len());
    assert_eq!(model.workload.slo.cpu, Some(0.8));
    assert!(
        scenario.assumed.iter().any(|line| line.starts_with("site.*.lan_rtt = ")),
        "{:#?}",
        scenario.assumed
    );
    assert!(scenario.assumed.iter().any(|line| line.contains("pop.boston.contoso.com")));
}

#[test]
fn a_resolved_scenario_loads_again_to_the_same_model() {
    let mut texts = vec![EXAMPLE.to_owned(), starter().to_owned(), station("")];
    for entry in std::fs::read_dir("scenarios").expect("the shipped scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "toml") {
            let scenario = load(&path, &[]).unwrap_or_else(|faults| panic!("{faults}"));
            texts.push(scenario.resolved);
        }
    }
    for name in ["custom.toml", "servers.toml"] {
        texts.push(
            std::fs::read_to_string(format!("tests/scenarios/{name}")).expect("a scenario of the tests"),
        );
    }
    // Nobody asks for anything; a name that is not declared, of a home without Client Access servers, beside a balancer
    // that is no pair; a law by its median and its 95th percentile.
    let law = "{ lognormal = { median = \"17 ms\", p95 = \"131 ms\" } }";
    texts.push(station("").replacen("{ exponential = { mean = \"100 ms\" } }", law, 1));
    texts.push(include_str!("written/nobody-asks.toml").to_owned());
    texts.push(include_str!("written/nobody-answers.toml").to_owned());
    for text in texts {
        let first = good(&text);
        let again = good(&first.resolved);
        assert_eq!(format!("{:?}", first.model), format!("{:?}", again.model));
        assert_eq!(first.experiment, again.experiment);
        let model_text = |s: &Scenario| {
            s.resolved.lines().map(|l| l.split("  # ").next().unwrap_or("").to_owned()).collect::<Vec<_>>()
        };
        for (a, b) in model_text(&first).into_iter().zip(model_text(&again)) {
            assert_eq!(a, b);
        }
        assert_eq!(first.digest, again.digest);
        // What nobody gave is still known, with its source.
        assert_eq!(first.assumed, again.assumed);
        let defaults = |s: &Scenario| s.resolved.matches("  # default").count();
        assert_eq!(defaults(&first), defaults(&again));
        assert_eq!(good(&again.resolved).resolved, again.resolved);
    }
}

/// A list of defaults is checked, comments say nothing: what was edited, what is no
/// default, and what another file lays over it was given.
#[test]
fn the_list_of_defaults_is_not_trusted() {
    let first = good(EXAMPLE);
    let line = |s: &Scenario, key: &str| {
        let line = s.resolved.lines().find(|line| line.starts_with(key));
        line.unwrap_or_else(|| panic!("{key}")).split("  # ").nth(1).unwrap_or("").to_owned()
    };
    assert!(line(&first, "lan_rtt = ").starts_with("default: "));
    assert!(line(&first, "retry_backoff = ").starts_with("default: "));
    let edited = first.resolved.replace("retry_backoff = \"5 s\"", "retry_backoff = \"7 s\"");
    assert_ne!(edited, first.resolved);
    let edited = good(&edited);
    assert_eq!(line(&edited, "retry_backoff = "), "given");
    assert!(line(&edited, "lan_rtt = ").starts_with("default: "), "the others are what they were");
    assert_eq!(edited.assumed.len() + 1, first.assumed.len());
    // Without the list all was given, whatever comments say.
    let bare = first.resolved.split("[origin]").next().unwrap();
    let bare = good(bare);
    assert_eq!((line(&bare, "lan_rtt = ").as_str(), bare.assumed.len()), ("given", 0));
    assert_eq!(bare.digest, first.digest);
    // What is no default is none because it is listed; what leads nowhere is nothing.
    let listed =
        "defaults = [\n    \"site.Amsterdam.cas.servers\",\n    \"link.none.bandwidth\",\n    \"..\",\n";
    let forged = first.resolved.replace("defaults = [\n", listed);
    assert_ne!(forged, first.resolved);
    for (a, b) in good(&forged).resolved.lines().zip(first.resolved.lines()) {
        assert_eq!(a, b);
    }
    // Given on the command line as it would be by default: given.
    let set = Override::parse("clients.retry_backoff=5 s").expect("a path and a value");
    let over = load_text("test.toml", &first.resolved, Path::new(""), &[set])
        .unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(line(&over, "retry_backoff = "), "given in --set");
    assert_eq!(over.digest, first.digest);
    for (text, code) in [
        ("[origin]\ndefaults = 1\n", "wrong-type"),
        ("[origin]\nassumed = []\n", "unknown-key"),
        ("origin = 3\n", "wrong-type"),
    ] {
        let faults = load_text("test.toml", &format!("{text}{EXAMPLE}"), Path::new(""), &[]);
        let faults = faults.expect_err("refused").items;
        assert!(faults.iter().any(|fault| fault.code == code), "{text}: {faults:?}");
    }
}

#[test]
fn places_of_keys_are_kept() {
    let scenario = good(EXAMPLE);
    let span = scenario.spans.find("site.Amsterdam.owa.external_url").expect("a place");
    assert_eq!(scenario.sources.text(span), "\"https://mail.contoso.com/owa\"");
    let around = scenario.spans.find("site.Boston.owa.external_url").expect("the table around it");
    assert_eq!(scenario.sources.text(around), "{ auth = [\"integrated\"] }");
    assert!(scenario.spans.given("population.\"Boston staff\".clients.pop"));
    assert!(!scenario.spans.given("site.Boston.lan_rtt"));
}

#[test]
fn workloads_of_ones_own() {
    let scenario =
        load(Path::new("tests/scenarios/custom.toml"), &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let workload = &scenario.model.workload;
    assert_eq!(workload.stations[0].queue_limit, Some(6));
    assert_eq!(workload.links[0].volume.mean(), 250_000.0);
    let users = &workload.sources[0];
    assert!(
        matches!(&users.arrivals, Arrivals::Closed { users: 20, think: Distribution::Uniform { low, high } } if *low == 0.0 && *high == 1e10)
    );
    assert_eq!(users.classes[0].nodes.len(), 5);
    assert!(matches!(users.classes[0].nodes[0].visit, Visit::Delay(_, 3)));
    let routed = &workload.sources[1].classes[0];
    assert_eq!(routed.nodes[1].next, vec![(0.25, Some(0)), (0.75, None)]);
    let mix = &workload.sources[2];
    assert_eq!(mix.classes.iter().map(|c| c.probability).collect::<Vec<_>>(), [0.5, 0.3, 0.2]);
    assert!(matches!(&workload.sources[3].arrivals, Arrivals::Trace(times) if times.len() == 3));
    assert!(matches!(&workload.sources[4].arrivals, Arrivals::Varying(pieces) if pieces.len() == 2));
    assert!(
        matches!(workload.outages[0].timing, OutageTiming::Periodic { first, .. } if first == SimTime(50_000_000_000))
    );
    assert!(matches!(workload.outages[1].timing, OutageTiming::Random { .. }));
}

#[test]
fn a_stream_keeps_its_name_when_its_entity_is_renamed() {
    let text = station("[[station]]\nname = \"b\"\nservice = \"1 ms\"\n");
    assert_eq!(good(&text).model.workload.stations[1].stream, "b");
    let renamed = station("[[station]]\nname = \"c\"\nstream = \"b\"\nservice = \"1 ms\"\n");
    assert_eq!(good(&renamed).model.workload.stations[1].stream, "b");
}
