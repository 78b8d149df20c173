//! What is laid over a scenario: bases, tables, `--set`.

use super::*;

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

/// Every element is addressed by its number in the file too; the help lists those with a
/// name by it.
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
    assert_eq!(effects(set("outage.2.at=\"13:00\"").expect("good")), [kill; 3]);
    for (wrong, help) in [
        ("outage.4.effect=drain", "an element without a name is addressed by its number, from 1"),
        ("outage.0.effect=drain", "there are outage.1, hall, outage.3"),
    ] {
        let faults = set(wrong).expect_err(wrong).to_string();
        assert!(faults.contains(help), "{wrong}: {faults}");
    }
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

/// An outage goes by its name or by what it strikes, a change by its name or number, a link
/// by its two sites in either order, a protocol in any case.
#[test]
fn overrides_reach_outages_changes_and_links_in_any_order() {
    let text = format!(
        "{EXAMPLE}\n[[outage]]\nwhat = \"link.Boston-Amsterdam\"\nat = \"12:00\"\nfor = \"5 min\"\n\
         [[change]]\nat = \"13:00\"\nset = {{ 'site.Boston.owa.external_url' = \"none\" }}\n\
         [[change]]\nname = \"back\"\nat = \"14:00\"\nset.site.Boston.owa.external_url = \"none\"\n"
    );
    let set = |settings: &[&str]| {
        let settings: Vec<Override> =
            settings.iter().map(|text| Override::parse(text).expect("PATH=VALUE")).collect();
        load_text("test.toml", &text, Path::new(""), &settings).unwrap_or_else(|faults| panic!("{faults}"))
    };
    let span = |path: &str| match set(&[path]).model.workload.outages[1].timing {
        OutageTiming::Once { span, .. } => span,
        _ => panic!("a single outage"),
    };
    for path in ["outage.link.Boston-Amsterdam", "outage.\"link.Boston-Amsterdam\"", "outage.2"] {
        assert_eq!(span(&format!("{path}.for=7 min")), SimSpan::from_secs(420), "{path}");
    }
    for link in ["Amsterdam-Boston", "Boston-Amsterdam", "1"] {
        let scenario = set(&[&format!("link.{link}.bandwidth=7 Mbps")]);
        assert_eq!(scenario.model.topology.links[0].bandwidth, [7e6, 7e6], "{link}");
    }
    let last = |scenario: &Scenario| scenario.model.workload.changes[2].at;
    let base = last(&set(&[]));
    for path in ["change.2", "change.3", "change.back"] {
        assert!(last(&set(&[&format!("{path}.at=15:00")])) > base, "{path}");
    }
    // However a change quotes its paths, the value that is laid on it replaces its own.
    let url = "https://new.contoso.com/owa";
    for path in ["change.2.set.site.Boston.owa.external_url", "change.back.set.site.Boston.owa.external_url"]
    {
        let scenario = set(&[&format!("{path}={url}")]);
        let leads = scenario.model.workload.changes.iter().filter(|change| {
            change.topology.cas.iter().any(|group| {
                group.directories.iter().any(|d| d.external_url.as_ref().is_some_and(|u| u.text == url))
            })
        });
        assert_eq!(leads.count(), 1, "{path}");
    }
    let spelled = set(&["population.\"Boston staff\".clients.OWA=0.25", "slo.EAS.p95=3 s"]);
    let owa = spelled.model.workload.populations[0].clients.iter().find(|c| c.protocol == Protocol::Owa);
    assert_eq!(owa.map(|c| c.share), Some(0.25));
}

/// People in a region that has no time zone live by that of their home, whatever the region
/// is called.
#[test]
fn a_region_without_a_time_zone_has_that_of_the_home() {
    let scenario = good(&format!("{EXAMPLE}\n[[region]]\nname = \"US\"\n"));
    let zones: Vec<Option<i32>> =
        scenario.model.topology.regions.iter().map(|r| r.utc_offset_minutes).collect();
    assert!(zones.iter().all(Option::is_none), "{zones:?}");
    let given = good(&format!("{EXAMPLE}\n[[region]]\nname = \"US\"\ntime_zone = \"-05:00\"\n"));
    assert_eq!(given.model.topology.regions.last().and_then(|r| r.utc_offset_minutes), Some(-300));
}

/// The percentiles that are shown are the scenario's, in order and each once.
#[test]
fn percentiles_are_the_users() {
    assert_eq!(good(EXAMPLE).percentiles, [50.0, 95.0, 99.0]);
    let set = |list: &str| {
        let set = Override::parse(&format!("run.percentiles={list}")).expect("PATH=VALUE");
        load_text("test.toml", EXAMPLE, Path::new(""), &[set])
    };
    assert_eq!(set("[99.9, 50, 90, 50]").expect("good").percentiles, [50.0, 90.0, 99.9]);
    for wrong in ["[]", "[0]", "[100]", "[1,2,3,4,5,6,7,8,9]"] {
        let faults = set(wrong).expect_err(wrong).items;
        assert!(faults.iter().all(|fault| fault.code == "out-of-range"), "{wrong}: {faults:?}");
    }
}
