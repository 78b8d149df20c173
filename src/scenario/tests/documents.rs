//! Official names, and documents that are compared with the code.

use super::*;

#[test]
fn rare_settings_reach_the_model_under_their_official_names() {
    let scenario =
        load(Path::new("tests/scenarios/switches.toml"), &[]).unwrap_or_else(|faults| panic!("{faults}"));
    let topology = &scenario.model.topology;
    let (plain, boston) = (&topology.cas[0].switches, &topology.cas[1].switches);
    let limits = crate::model::limits::CasLimits::of(crate::model::release::Generation::E2010Sp2);
    // What setup fills in with the server's own name.
    let filled = crate::model::directory::Url::parse("https://amsterdam-cas/EWS/Exchange.asmx");
    let by_setup = crate::model::switches::CasSwitches {
        os: Some(crate::model::switches::OperatingSystem::Server2008R2),
        limits,
        internal_nlb_bypass_url: filled,
        ..Default::default()
    };
    assert_eq!(*plain, by_setup);
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
    let documentation = include_str!("../../../docs/scenario.md");
    for (official, path) in official::all() {
        assert!(documentation.contains(&format!("`{official}`")), "{official}");
        let key = path.rsplit('.').next().unwrap_or_default();
        assert!(documentation.contains(key), "{path}");
    }
}

/// Every key that a resolved scenario may hold is described in the documentation.
#[test]
fn every_key_is_documented() {
    let documentation = include_str!("../../../docs/scenario.md");
    let figures = include_str!("../../../docs/figures.md");
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
        std::fs::write(path, crate::scenario::figures_document()).unwrap();
    }
    let file = std::fs::read_to_string(path).unwrap();
    assert!(
        file == crate::scenario::figures_document(),
        "docs/figures.md is out of date; run with CASIM_BLESS=1"
    );
}
