//! What holds for every organisation, tried on random ones (fixed seed, 256 of them).

use casim::kernel::Id;
use casim::model::access::{
    AccessQuery, After, Caller, ClientPlace, Decision, Device, OwaPath, Route, RouteTable, Stop, decide,
    explain, rules,
};
use casim::model::directory::{Authentication, Service};
use casim::model::protocol::Protocol;
use casim::model::release::Build;
use casim::model::release::Generation;
use casim::model::switches::CrossSiteRedirectType;
use casim::model::topology::Topology;
use casim::model::topology::{FirewallRule, NameFact};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::fixture::{add_cas, add_mailbox, cas, mailbox, two_sites, url};

const HOSTS: [&str; 4] = ["mail.contoso.com", "mail-b.contoso.com", "legacy.contoso.com", "10.2.0.5"];

/// Three sites, up to six servers of any release with any settings, and a question.
#[derive(Clone, Debug)]
struct World {
    servers: Vec<(usize, usize, u32, u32)>,
    mailboxes: Vec<(usize, usize)>,
    network: u32,
    caller: u32,
}

fn worlds() -> impl Strategy<Value = World> {
    let servers = prop::collection::vec((0..3usize, 0..13usize, any::<u32>(), any::<u32>()), 1..6);
    let mailboxes = prop::collection::vec((0..3usize, 0..13usize), 1..4);
    (servers, mailboxes, any::<u32>(), any::<u32>()).prop_map(|(servers, mailboxes, network, caller)| World {
        servers,
        mailboxes,
        network,
        caller,
    })
}

fn bit(word: u32, at: u32) -> bool {
    word >> at & 1 == 1
}

fn build(world: &World) -> Topology {
    let mut topology = two_sites(Generation::E2007Sp1);
    let third = {
        let mut site = topology.sites[1].clone();
        "C".clone_into(&mut site.name);
        site
    };
    topology.sites.push(third);
    if bit(world.network, 0) {
        topology.sites[1].internet = topology.sites[0].internet.clone();
    }
    if bit(world.network, 1) {
        topology.links.clear();
    }
    if bit(world.network, 2) && bit(world.network, 3) {
        topology.switches.firewall =
            vec![FirewallRule { from: None, to: None, ports: vec![443, 444, 6001], idle_timeout: None }];
    }
    topology.switches.allow_cross_site_rpc_client_access = bit(world.network, 4);
    for (number, &(site, release, urls, flags)) in world.servers.iter().enumerate() {
        let (generation, _) = Generation::ALL[release];
        let mut server = cas(&format!("CAS-{number}"), site, generation);
        for (service, _, path) in Service::ALL {
            let bits = urls >> (service as u32 * 5);
            let directory = &mut server.directories[service as usize];
            if bit(bits, 0) {
                let host = HOSTS[(bits >> 1 & 3) as usize];
                directory.external_url = url(&format!("https://{host}{path}"));
            }
            if bit(bits, 3) && bit(bits, 4) {
                let host = HOSTS[(bits >> 1 & 3) as usize];
                directory.internal_url =
                    if bit(flags, 0) { None } else { url(&format!("http://{host}{path}")) };
            }
            if bit(flags, 20 + service as u32) {
                directory.auth = vec![Authentication::Forms];
            }
        }
        server.outlook_anywhere = !bit(flags, 1);
        server.pop = !bit(flags, 2);
        server.imap = !bit(flags, 2);
        let s = &mut server.switches;
        s.redirect_to_optimal_owa_server = !bit(flags, 3);
        s.allow_proxying_without_ssl = bit(flags, 4);
        s.allow_internal_untrusted_certs = !bit(flags, 5);
        s.self_signed = bit(flags, 6);
        s.require_ssl = bit(flags, 7);
        s.allow_cross_site_sessions = bit(flags, 8);
        s.block_legacy_mailboxes = bit(flags, 9);
        s.enable_preferred_site_enforcement = bit(flags, 10);
        if bit(flags, 11) {
            s.cross_site_redirect_type = CrossSiteRedirectType::Silent;
        }
        if bit(flags, 12) {
            s.exchange2003_url = url("https://legacy.contoso.com/exchange");
        }
        if bit(flags, 13) {
            s.build = Some(Build::of(generation, u16::try_from(flags >> 14 & 7).unwrap_or(0)));
        }
        add_cas(&mut topology, server);
    }
    for (number, &(site, release)) in world.mailboxes.iter().enumerate() {
        let (generation, _) = Generation::ALL[release];
        add_mailbox(&mut topology, mailbox(&format!("MBX-{number}"), site, generation));
    }
    topology
}

fn caller(world: &World) -> Caller<'static> {
    let c = world.caller;
    Caller {
        place: if bit(c, 0) { Some(ClientPlace::Inside(Id::new(0))) } else { None },
        path: if bit(c, 1) { OwaPath::Exchange } else { OwaPath::Owa },
        device: Device { version: if bit(c, 2) { 120 } else { 121 }, follows_451: None },
        ..Caller::default()
    }
}

fn everything(topology: &Topology, caller: Caller<'static>, mut judge: impl FnMut(Protocol, Route)) {
    for protocol in Protocol::ALL {
        for entry in 0..topology.cas.len() {
            for mailbox in 0..topology.mailbox.len() {
                let ask = AccessQuery::new(topology, protocol, Id::new(entry), Id::new(mailbox));
                judge(protocol, decide(&AccessQuery { caller, ..ask }).0);
            }
        }
    }
}

fn run(test: impl Fn(World)) {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let config = Config { cases: 256, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new_with_rng(config, rng).run(&worlds(), |world| {
        test(world);
        Ok(())
    });
    if let Err(found) = outcome {
        panic!("{found}");
    }
}

fn redirects(route: &Route) -> u32 {
    let own = u32::from(route.mechanism.decision() == Decision::Redirect);
    match &route.after {
        Some(After::Arrives(next)) => own + redirects(next),
        _ => own,
    }
}

/// The decision as such, without what becomes of a redirected client.
fn choice(
    route: &Route,
) -> (
    casim::model::access::Mechanism,
    Option<Id<casim::model::topology::CasGroup>>,
    Option<casim::model::access::Failure>,
) {
    (route.mechanism, route.target, route.failure)
}

#[test]
fn every_route_is_well_formed() {
    run(|world| {
        let topology = build(&world);
        everything(&topology, caller(&world), |protocol, route| {
            for leg in route.legs() {
                let hops = leg.windows(2).filter(|w| matches!(w, [Stop::Cas(_), Stop::Cas(_)])).count();
                assert!(hops <= 1, "{protocol}: {leg:?}");
            }
            // A change of path on one server comes before the one redirect that is allowed.
            let path = caller(&world).path == OwaPath::Exchange && protocol == Protocol::Owa;
            let allowed = if path { 2 } else { 1 };
            assert!(redirects(&route) <= allowed, "{protocol}: {route:?}");
            assert_eq!(route.failure.is_some(), route.mechanism.decision() == Decision::Refused);
            assert_eq!(route.after.is_some(), route.mechanism.decision() == Decision::Redirect);
            assert!(rules::find(route.rule).is_some_and(|rule| !rule.source.is_empty()));
        });
    });
}

#[test]
fn one_directory_decides_for_its_own_protocol_alone() {
    run(|world| {
        let topology = build(&world);
        let service = Service::ALL[(world.caller >> 8) as usize % 6].0;
        let server = (world.caller >> 16) as usize % topology.cas.len();
        let mut changed = topology.clone();
        let external = &mut changed.cas[server].directories[service as usize].external_url;
        *external = if external.is_some() { None } else { url("https://new.contoso.com/x") };
        let mut before = Vec::new();
        everything(&topology, caller(&world), |protocol, route| before.push((protocol, route)));
        let mut at = 0;
        everything(&changed, caller(&world), |protocol, route| {
            if protocol.service() != Some(service) {
                assert_eq!(before[at].1, route, "{protocol} after a change of {service:?} on {server}");
            }
            at += 1;
        });
    });
}

#[test]
fn public_names_change_what_is_seen_and_nothing_else() {
    run(|world| {
        let topology = build(&world);
        let mut changed = topology.clone();
        changed.switches.names = HOSTS
            .iter()
            .map(|host| NameFact { host: (*host).to_owned(), inside: true, internet: false })
            .collect();
        let outside = Caller { place: Some(ClientPlace::Internet), ..caller(&world) };
        let mut before = Vec::new();
        everything(&topology, outside, |_, route| before.push(choice(&route)));
        let mut at = 0;
        everything(&changed, outside, |protocol, route| {
            assert_eq!(before[at], choice(&route), "{protocol}");
            at += 1;
        });
    });
}

#[test]
fn the_table_holds_what_decide_says() {
    run(|world| {
        let topology = build(&world);
        let table = RouteTable::build(&topology);
        for protocol in Protocol::ALL {
            let (entry, home) = (Id::new(0), Id::new(0));
            let ask = AccessQuery::new(&topology, protocol, entry, home);
            assert_eq!(table.get(protocol, entry, home), &decide(&ask).0);
        }
    });
}

#[test]
fn a_counterfactual_does_what_it_says() {
    // Each is decided anew on a copy of the organisation; here: they differ from what is.
    run(|world| {
        let topology = build(&world);
        let protocol = Protocol::ALL[world.caller as usize % Protocol::ALL.len()];
        let found = explain(&AccessQuery::new(&topology, protocol, Id::new(0), Id::new(0)));
        for other in &found.counterfactuals {
            assert_ne!(other.from, other.to, "{other:?}");
            let same = other.mechanism == found.mechanism
                && other.legs == found.legs
                && other.failure == found.failure;
            // The one thing not shown there is the host of a redirect.
            assert!(!same || found.redirect_host.is_some(), "{other:?}");
        }
    });
}
