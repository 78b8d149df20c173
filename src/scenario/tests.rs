//! What the reader promises: the example of the design loads, resolved scenarios load
//! again to the same model, every fault is reported with its place, nothing panics.

use std::path::Path;

use super::*;
use crate::kernel::distribution::Distribution;
use crate::kernel::{SimSpan, SimTime};
use crate::model::protocol::Protocol;
use crate::model::workload::{Arrivals, Location, OutageEffect, OutageTiming, Target, Visit};

/// The example of the documentation, all features of a plain scenario in use.
const EXAMPLE: &str = include_str!("../../tests/scenarios/example.toml");

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

/// What is read with the file cannot be laid on it afterwards.
#[test]
fn files_are_no_overrides() {
    for key in ["base", "sites", "populations"] {
        let set = Override::parse(&format!("{key}=other.csv")).expect("PATH=VALUE");
        let faults = load_text("test.toml", EXAMPLE, Path::new(""), &[set]).expect_err("no effect").items;
        assert_eq!((faults.len(), faults[0].code), (1, "bad-path"), "{key}: {faults:?}");
        assert!(faults[0].title.contains("read before"), "{}", faults[0].title);
    }
}

/// Of two ways to say how fast a core is the one laid on last counts; in one table they
/// contradict each other.
#[test]
fn the_clock_that_is_laid_on_last_counts() {
    let mhz = |text: &str, set: &[&str]| {
        let set: Vec<Override> = set.iter().map(|t| Override::parse(t).expect("PATH=VALUE")).collect();
        let scenario = load_text("test.toml", text, Path::new(""), &set)?;
        Ok::<f64, crate::diagnostics::Diagnostics>(scenario.model.topology.cas[0].mhz)
    };
    let given = EXAMPLE.replacen("cas = { servers = 2", "cas = { mhz = \"3 GHz\", servers = 2", 1);
    assert_ne!(given, EXAMPLE);
    let rated = |result: Result<f64, crate::diagnostics::Diagnostics>| (result.expect("sound")).round();
    assert_eq!(rated(mhz(&given, &[])), 3_000.0);
    // 75 for four cores are 18.75 a core: the baseline of 3,333 MHz.
    assert_eq!(rated(mhz(&given, &["site.Amsterdam.cas.specint_rate=75"])), 3_333.0);
    let both = ["site.Amsterdam.cas.specint_rate=75", "site.Amsterdam.cas.mhz=\"1 GHz\""];
    assert_eq!(rated(mhz(&given, &both)), 1_000.0);
    let contrary = given.replacen("mhz = ", "specint_rate = 75, mhz = ", 1);
    let faults = mhz(&contrary, &[]).expect_err("both in one table").items;
    assert!(faults.iter().any(|fault| fault.code == "contradiction"), "{faults:?}");
    // A file upon its base.
    let folder = std::env::temp_dir().join(format!("casim-rivals-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("base.toml"), &given).unwrap();
    let over = "base = \"base.toml\"\n[[site]]\nname = \"Amsterdam\"\ncas = { specint_rate = 75 }\n";
    let scenario = load_text("over.toml", over, &folder, &[]).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(scenario.model.topology.cas[0].mhz.round(), 3_333.0);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The labels of a URL's host are those of a host name.
#[test]
fn a_url_has_a_host_name() {
    use crate::model::directory::Url;
    for good in ["https://mail.contoso.com/owa", "http://cas-a1/owa", "https://mail.contoso.com:444/owa"] {
        assert!(Url::parse(good).is_some(), "{good}");
    }
    for bad in
        ["https://mail..contoso.com", "https://.com/owa", "https://mail.", "https:///owa", "https://-a/owa"]
    {
        assert!(Url::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn overrides_address_by_name() {
    let set = |texts: &[&str]| {
        let overrides: Vec<Override> =
            texts.iter().map(|t| Override::parse(t).expect("PATH=VALUE")).collect();
        load_text("test.toml", EXAMPLE, Path::new(""), &overrides)
    };
    let scenario = set(&[
        "site.Boston.cas.servers=3",
        "link.Amsterdam-Boston.bandwidth=20 Mbps",
        "population.\"Boston staff\".mailboxes=5000",
        "run.seed=2",
        "namespace.\"mail.contoso.com\".ttl=\"1 min\"",
        "site.Boston.lan_rtt = '1 ms'",
        "slo.eas.p95=3 s",
    ])
    .unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(scenario.model.topology.cas[1].servers, 3);
    assert_eq!(scenario.model.topology.links[0].bandwidth, [2e7, 2e7]);
    assert_eq!(scenario.model.workload.populations[0].mailboxes, 5000);
    assert_eq!(scenario.experiment.seed, 2);
    assert_eq!(scenario.model.topology.namespaces[0].ttl, SimSpan::from_secs(60));
    assert!(scenario.resolved.contains("seed = 2  # given in --set"));
    for (wrong, help) in [
        ("site.Bostn.cas.servers=3", "did you mean `Boston`?"),
        ("site.Boston.cas.cors=3", "did you mean `cores`?"),
        ("ruin.seed=3", "did you mean `run`?"),
        ("site.Boston=3", "expected a key after it"),
        ("name.x=3", "so nothing is inside it"),
        ("site..x=3", "a part of the path is empty"),
        ("run.seed=nan", "finite"),
    ] {
        let faults = set(&[wrong]).expect_err(wrong).to_string();
        assert!(faults.contains(help), "{wrong}: {faults}");
    }
    assert!(Override::parse("site.Boston.cas.servers").is_err());
}

/// Elements without a name are addressed by their number in the file; one with a name
/// is not, and the help lists both.
#[test]
fn elements_without_a_name_go_by_their_number() {
    let strike = "[[outage]]\nwhat = \"site.Boston.cas\"\nat = \"12:00\"\nfor = \"5 min\"\n";
    let text = format!("{EXAMPLE}\n{strike}name = \"hall\"\n{strike}");
    let set = |setting: &str| {
        let setting = Override::parse(setting).expect("PATH=VALUE");
        load_text("test.toml", &text, Path::new(""), &[setting])
    };
    let effects = |scenario: Scenario| -> Vec<OutageEffect> {
        scenario.model.workload.outages.iter().map(|outage| outage.effect).collect()
    };
    let (kill, drain) = (OutageEffect::Kill, OutageEffect::Drain);
    assert_eq!(effects(set("outage.1.effect=drain").expect("good")).first(), Some(&drain));
    assert_eq!(effects(set("outage.hall.at=\"13:00\"").expect("good")), [kill; 3]);
    for (wrong, help) in [
        ("outage.2.effect=drain", "there are outage.1, hall, outage.3"),
        ("outage.4.effect=drain", "an element without a name is addressed by its number, from 1"),
        ("outage.0.effect=drain", "there are outage.1, hall, outage.3"),
    ] {
        let faults = set(wrong).expect_err(wrong).to_string();
        assert!(faults.contains(help), "{wrong}: {faults}");
    }
}

/// A key in the wrong table is led to where it belongs.
#[test]
fn a_key_in_the_wrong_table_is_led_home() {
    for (from, to, help) in [
        ("[run]\n", "[run]\nexchange = \"2010\"\n", "write it before the first [table]"),
        ("[run]\n", "[run]\nslo = { cpu = 0.8 }\n", "begin it with [slo]"),
        ("[run]\n", "[run]\nlink = []\n", "begin it with [[link]]"),
        (
            "cores = 4 }",
            "cores = 4, external_url = \"none\" }",
            "belongs to a table of [[site]]: autodiscover.",
        ),
        ("cores = 4 }", "cores = 4, mailboxes = 9 }", "`mailboxes` is a key of [[population]]"),
        ("[slo]\n", "[slo]\nlogon_p95 = \"1 s\"\n", "did you mean `owa.logon_p95` of [slo]?"),
        ("[slo]\n", "[slo]\nseed = 9\n", "`seed` is a key of [run]"),
        ("[slo]\n", "[slo]\nxyzzyx = 9\n", "keys here: "),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE, "{from}");
        let faults = read(&text).expect_err(to).to_string();
        assert!(faults.contains(help), "{to}: {faults}");
    }
}

#[test]
fn a_base_states_what_a_what_if_leaves_alone() {
    let scenario =
        load(Path::new("tests/scenarios/what-if.toml"), &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let topology = &scenario.model.topology;
    assert_eq!(topology.links[0].bandwidth, [5e7, 5e7]);
    assert_eq!(topology.links[0].latency, SimSpan::from_millis(45));
    assert_eq!(topology.cas[1].servers, 4);
    assert_eq!(topology.sites.len(), 2);
    assert_eq!(scenario.model.workload.outages.len(), 1);
    assert!(scenario.resolved.contains("given in example.toml"), "{}", scenario.resolved);
    let clients = &scenario.model.workload.populations[0].clients;
    assert_eq!(clients.iter().find(|c| c.protocol == Protocol::Owa).map(|c| c.share), Some(0.5));
    assert_eq!(clients.len(), 5);
}

#[test]
fn a_what_if_takes_elements_away() {
    let without = good("base = \"tables.toml\"\n[[population]]\nname = \"Nice staff\"\nremove = true\n");
    let names: Vec<&str> = without.model.workload.populations.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["Lyon staff"]);
}

#[test]
fn tables_hold_many_sites() {
    let scenario =
        load(Path::new("tests/scenarios/tables.toml"), &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let topology = &scenario.model.topology;
    assert_eq!(topology.sites.len(), 4);
    assert_eq!(topology.sites[2].name, "Lyon 3");
    assert!(topology.sites[3].cas.is_empty());
    assert_eq!(topology.cas[1].servers, 2);
    assert_eq!(topology.links.len(), 3);
    assert_eq!(topology.links[1].bandwidth, [2e6, 2e6]);
    assert_eq!(scenario.model.workload.populations.len(), 2);
    let span = scenario.spans.find("site.Lyon.cas.servers");
    assert_eq!(span.map(|span| scenario.sources.text(span)), Some("2"));
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
fn every_fault_is_reported_at_once() {
    let text = EXAMPLE
        .replace("cores = 4 }", "cors = 4 }")
        .replace("\"10 Mbps\"", "\"10 MBps\"")
        .replace("mailboxes = 4000", "mailboxes = -1")
        .replace("home = \"Boston\"", "home = \"Bostn\"");
    assert_eq!(
        codes(&text),
        [
            "unknown-key",
            "unknown-key",
            "unknown-key",
            "unknown-key",
            "bad-quantity",
            "unknown-name",
            "out-of-range"
        ]
    );
}

#[test]
fn impossible_custom_workloads_are_refused() {
    for (more, code) in [
        ("[[outage]]\nwhat = \"station.cas\"\nat = \"10 s\"\nuntil = \"5 s\"\n", "out-of-range"),
        ("[[outage]]\nwhat = \"station.csa\"\nat = \"10 s\"\nfor = \"5 s\"\n", "unknown-name"),
        ("[[outage]]\nwhat = \"station.cas\"\nfor = \"5 s\"\nevery = \"5 s\"\n", "out-of-range"),
        ("[[source]]\nname = \"b\"\narrivals = { poisson = \"0 /s\" }\npath = [\"cas\"]\n", "out-of-range"),
        (
            "[[source]]\nname = \"b\"\narrivals = { poisson = \"1e308 /s\" }\npath = [\"cas\"]\n",
            "out-of-range",
        ),
        (
            "[[source]]\nname = \"b\"\narrivals = { poisson = \"1 /s\" }\npath = [\"cas x0\"]\n",
            "out-of-range",
        ),
        (
            "[[source]]\nname = \"b\"\narrivals = { poisson = \"1 /s\" }\nentry = \"cas\"\nrouting = { cas = { cas = 1.0 } }\n",
            "endless-route",
        ),
        (
            "[[source]]\nname = \"b\"\narrivals = { poisson = \"1 /s\" }\nentry = \"cas\"\nrouting = { cas = { cas = 0.6, src = 0.5 } }\n",
            "unknown-name",
        ),
        ("[[delay]]\nname = \"cas\"\nspan = \"1 s\"\n", "duplicate-name"),
        ("[[station]]\nname = \"CAS\"\nservice = \"1 s\"\n", "duplicate-name"),
        ("[[station]]\nname = \"x\"\nservice = { exponential = { mean = \"0 s\" } }\n", "out-of-range"),
        (
            "[[station]]\nname = \"x\"\nservice = { exponential = { mean = \"1 s\", cv = 2 } }\n",
            "unknown-key",
        ),
        ("[[station]]\nname = \"x\"\nservice = { gamma = { mean = \"1 s\", cv = 0 } }\n", "out-of-range"),
        ("[[station]]\nname = \"x\"\nservice = { gama = { mean = \"1 s\", cv = 1 } }\n", "bad-distribution"),
        ("[[station]]\nname = \"x\"\ncores = 9000000000000000000\nservice = \"1 s\"\n", "out-of-range"),
        ("[[station]]\nname = \"x\"\nservice = \"1e-320 s\"\n", "out-of-range"),
    ] {
        assert_eq!(codes(&station(more)), [code], "{more}");
    }
}

#[test]
fn no_depth_or_size_exhausts_the_reader() {
    let deep = "[".repeat(100_000);
    assert!(read(&format!("x = {deep}")).is_err());
    assert!(read(&format!("{} = 1", "a.".repeat(100_000) + "b")).is_err());
    assert!(read(&format!("x = {}", "{a=".repeat(100_000))).is_err());
    assert!(read(&format!("[{}]", "a.".repeat(100_000) + "b")).is_err());
    let overrides = [Override { path: "a.".repeat(100_000) + "b", value: "1".to_owned() }];
    assert!(load_text("test.toml", EXAMPLE, Path::new(""), &overrides).is_err());
}

#[test]
fn more_elements_than_any_organisation_has_are_refused() {
    let many: String = (0..20_001).map(|n| format!("[[site]]\nname = \"s{n}\"\n")).collect();
    assert_eq!(codes(&many), ["too-many"]);
    let changes = "[[change]]\nat = \"1 s\"\n".repeat(1001);
    assert_eq!(codes(&station(&changes)), ["too-many"]);
}

#[test]
fn line_ends_and_marks_of_other_systems_are_accepted() {
    let crlf = EXAMPLE.replace('\n', "\r\n");
    assert_eq!(good(&crlf).digest, good(EXAMPLE).digest);
    assert_eq!(good(EXAMPLE.trim_end()).digest, good(EXAMPLE).digest);
    let marked = [b"\xef\xbb\xbf".as_slice(), EXAMPLE.as_bytes()].concat();
    assert_eq!(files::decode(marked).as_deref(), Ok(EXAMPLE));
    assert_eq!(files::decode(vec![b'a', 0xff]), Err((1, "bytes that are not UTF-8")));
}

#[test]
fn what_is_no_readable_file_is_refused_at_once() {
    for path in ["tests", "no/such/file.toml", "/dev/zero", "src/\0.toml"] {
        let faults = load(Path::new(path), &[]).expect_err(path);
        assert_eq!(faults.items[0].code, "unreadable-file", "{faults}");
    }
}

#[test]
fn a_stream_keeps_its_name_when_its_entity_is_renamed() {
    let text = station("[[station]]\nname = \"b\"\nservice = \"1 ms\"\n");
    assert_eq!(good(&text).model.workload.stations[1].stream, "b");
    let renamed = station("[[station]]\nname = \"c\"\nstream = \"b\"\nservice = \"1 ms\"\n");
    assert_eq!(good(&renamed).model.workload.stations[1].stream, "b");
}

#[test]
fn rare_settings_reach_the_model_under_their_official_names() {
    let scenario =
        load(Path::new("tests/scenarios/switches.toml"), &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let topology = &scenario.model.topology;
    let (plain, boston) = (&topology.cas[0].switches, &topology.cas[1].switches);
    let limits = crate::model::limits::CasLimits::of(crate::model::release::Generation::E2010Sp2);
    assert_eq!(*plain, crate::model::switches::CasSwitches { limits, ..Default::default() });
    assert_eq!(
        boston.limits,
        crate::model::limits::CasLimits {
            outlook_anywhere_connections: Some(11),
            rpc_requests: Some(12),
            mail_connections: Some(13),
            mail_connections_from_single_ip: Some(14),
            mail_connections_per_user: Some(15),
            ephemeral_ports: Some(16),
            maxconnection: Some(17),
            concurrent_requests_per_cpu: Some(18),
            target_backend_guard: None,
            mail_idle: Some(crate::kernel::SimSpan::from_secs(19 * 60)),
        }
    );
    assert_eq!(boston.publishing.idle_timeout, Some(crate::kernel::SimSpan::from_secs(120)));
    let shown = |switches: &crate::model::switches::CasSwitches| -> Vec<String> {
        format!("{switches:#?}").lines().map(str::to_owned).collect()
    };
    // Every field of one line differs from its default.
    let same: Vec<String> = shown(plain)
        .into_iter()
        .filter(|line| line.starts_with("    ") && line.ends_with(',') && !line.starts_with("     "))
        .filter(|line| line.contains(':'))
        .filter(|line| shown(boston).contains(line))
        .collect();
    assert_eq!(same, Vec::<String>::new());
    let mailbox = &topology.mailbox[1].switches;
    assert!(!mailbox.back_end_eas_integrated && mailbox.back_end_ssl_or_forms);
    assert_eq!(topology.switches.firewall[0].ports, [6001, 6002, 6004]);
    assert_eq!((topology.switches.firewall[1].from, topology.switches.firewall[1].to), (None, None));
    assert!(
        topology.switches.contested.eas_2013_redirects && !topology.switches.contested.owa_2013_redirects
    );
    assert!(!topology.switches.names[0].inside && topology.switches.names[0].internet);
    let internal = topology.cas[1].directories[0].internal_url.as_ref().expect("the server's own name");
    assert_eq!(internal.host, "cas-b1.contoso.local");
    assert_eq!(good(&scenario.resolved).digest, scenario.digest);
}

#[test]
fn official_names_are_keys() {
    use crate::model::release::Build;
    use crate::model::release::Generation;
    use crate::model::switches::CrossSiteRedirectType;
    let text = std::fs::read_to_string("tests/scenarios/servers.toml").expect("a scenario of the tests");
    let scenario = good(&text);
    let topology = &scenario.model.topology;
    let cas = |name: &str| topology.cas.iter().find(|group| group.name == name).expect("a server");
    let a1 = cas("CAS-A1");
    assert_eq!(a1.generation, Generation::E2007Sp1);
    assert_eq!(a1.build(), Build([8, 1, 291, 2]));
    assert!(a1.switches.allow_proxying_without_ssl && !a1.switches.redirect_to_optimal_owa_server);
    // The site's directories hold for its servers, unless they say otherwise.
    assert_eq!(
        a1.directories[1].external_url.as_ref().map(|url| url.host.as_str()),
        Some("mail.contoso.com")
    );
    assert_eq!(cas("CAS-A2").directories[1].external_url, None);
    assert_eq!(cas("CAS-A2").switches.cross_site_redirect_type, CrossSiteRedirectType::Silent);
    // Another service pack by its build.
    assert_eq!(cas("CAS-A2").generation, Generation::E2007Sp2);
    let store = |name: &str| topology.mailbox.iter().find(|group| group.name == name).expect("a server");
    assert_eq!(store("MULTI").site, cas("MULTI").site);
    assert_eq!(store("BE-B").generation, Generation::E2003);
    assert!(!store("BE-B").switches.back_end_eas_integrated && store("BE-B").switches.back_end_ssl_or_forms);
    assert!(topology.switches.allow_cross_site_rpc_client_access);
    let legacy = &scenario.model.workload.populations[0];
    assert_eq!(legacy.server.map(|id| topology.mailbox[id.index()].name.as_str()), Some("BE-B"));
    let assumed = topology.namespaces.iter().find(|n| n.name == "two.contoso.com").expect("assumed");
    assert_eq!(
        assumed.servers.iter().map(|id| topology.cas[id.index()].name.as_str()).collect::<Vec<_>>(),
        ["CAS-A2"]
    );
    let set = |path: &str, value: &str| Override { path: path.to_owned(), value: value.to_owned() };
    let changed = load_text(
        "test.toml",
        &text,
        Path::new("."),
        &[
            set("site.A.server.CAS-A1.owa.RedirectToOptimalOWAServer", "true"),
            set("site.A.server.CAS-A1.AllowProxyingWithoutSSL", "$false"),
            set("allowCrossSiteRpcClientAccess", "0"),
        ],
    )
    .unwrap_or_else(|faults| panic!("{faults}"));
    let topology = &changed.model.topology;
    let a1 = &topology.cas.iter().find(|group| group.name == "CAS-A1").expect("a server").switches;
    assert!(a1.redirect_to_optimal_owa_server && !a1.allow_proxying_without_ssl);
    assert!(!topology.switches.allow_cross_site_rpc_client_access);
    let later = &scenario.model.workload.changes[0].topology.cas;
    assert!(
        later.iter().any(|group| group.name == "CAS-A1" && group.switches.redirect_to_optimal_owa_server)
    );
    let twice = text
        .replace("cas-a1.contoso.local\" }", "cas-a1.contoso.local\", allow_proxying_without_ssl = true }");
    assert_eq!(codes(&twice), ["duplicate-key"]);
}

#[test]
fn official_names_are_documented() {
    let documentation = include_str!("../../docs/scenario.md");
    for (official, path) in official::all() {
        assert!(documentation.contains(&format!("`{official}`")), "{official}");
        let key = path.rsplit('.').next().unwrap_or_default();
        assert!(documentation.contains(key), "{path}");
    }
}

/// Every key that a resolved scenario may hold is described in the documentation.
#[test]
fn every_key_is_documented() {
    let documentation = include_str!("../../docs/scenario.md");
    let figures = include_str!("../../docs/figures.md");
    let mut described: std::collections::BTreeSet<&str> = std::collections::BTreeSet::new();
    for part in documentation.split('`').skip(1).step_by(2).chain(figures.split('`').skip(1).step_by(2)) {
        described.extend(part.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-'));
    }
    let custom =
        load(Path::new("tests/scenarios/custom.toml"), &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let rare =
        load(Path::new("tests/scenarios/switches.toml"), &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let servers =
        load(Path::new("tests/scenarios/servers.toml"), &[]).unwrap_or_else(|faults| panic!("{faults}"));
    for scenario in [good(EXAMPLE), good(starter()), custom, rare, servers] {
        for line in scenario.resolved.lines().filter(|line| !line.starts_with(['[', ' '])) {
            let Some((key, _)) = line.split_once(" = ") else { continue };
            for part in key.split('.') {
                assert!(described.contains(part), "docs/scenario.md does not describe `{key}`");
            }
        }
    }
    for keys in documentation.split("```toml\n").skip(1) {
        let block = keys.split("```").next().unwrap_or("");
        let parsed = block
            .lines()
            .all(|line| toml::de::DeTable::parse(line).is_ok() || line.trim_end().ends_with(['[', '{']));
        assert!(parsed, "{block}");
    }
}

/// `CASIM_BLESS=1 cargo test` writes the file anew.
#[test]
fn the_document_of_figures_is_the_registry() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/figures.md");
    if std::env::var_os("CASIM_BLESS").is_some() {
        std::fs::write(path, super::figures_document()).unwrap();
    }
    let file = std::fs::read_to_string(path).unwrap();
    assert!(file == super::figures_document(), "docs/figures.md is out of date; run with CASIM_BLESS=1");
}

mod mutations {
    use proptest::prelude::*;

    use super::*;

    /// What a scenario may turn into under a clumsy hand.
    const WORDS: [&str; 28] = [
        "nan",
        "inf",
        "-1",
        "0",
        "1e308",
        "9223372036854775808",
        "\"",
        "[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\n",
        "'''",
        "\"1e999 s\"",
        "\"-5 ms\"",
        "\"80 %\"",
        "true",
        "[]",
        "{}",
        "[[site]]\n",
        "name = \"Boston\"\n",
        "\u{feff}",
        "\u{1f600}",
        "1979-05-27",
        "base = \"test.toml\"\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        /// Neither the reader nor the renderer panics, whatever the text; what loads
        /// loads again from its resolved form.
        #[test]
        fn no_mutation_makes_the_reader_panic(
            custom in any::<bool>(),
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, 0..WORDS.len()), 1..6),
        ) {
            let custom_text = include_str!("../../tests/scenarios/custom.toml");
            let mut text = if custom { custom_text } else { EXAMPLE }.to_owned();
            for (at, length, word) in edits {
                let mut from = at.index(text.len().max(1)).min(text.len());
                while !text.is_char_boundary(from) {
                    from -= 1;
                }
                let mut to = (from + length).min(text.len());
                while !text.is_char_boundary(to) {
                    to += 1;
                }
                text.replace_range(from..to, WORDS[word]);
            }
            match read(&text) {
                Ok(scenario) => prop_assert_eq!(good(&scenario.resolved).digest, scenario.digest),
                Err(faults) => prop_assert!(faults.render(false).contains("error")),
            }
        }

        /// A value of the wrong kind at any key is a fault, never a panic.
        #[test]
        fn no_value_makes_the_reader_panic(line in any::<prop::sample::Index>(), word in 0..WORDS.len()) {
            let mut lines: Vec<String> = starter().lines().map(str::to_owned).collect();
            let at = line.index(lines.len());
            if let Some((key, _)) = lines[at].split_once('=') {
                lines[at] = format!("{key} = {}", WORDS[word]);
            }
            let _ = read(&lines.join("\n")).map_err(|faults| faults.render(true));
        }
    }
}
