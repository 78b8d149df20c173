//! The access rules through the public library interface: the founding article's
//! decisions, row by row.

pub(crate) mod fixture;
mod further_cases;
mod program;
mod properties;
mod truth_table;

use casim::kernel::Id;
use casim::model::access::{AccessQuery, Failure, Mechanism, RouteTable, decide, rules};
use casim::model::directory::Service;
use casim::model::protocol::Protocol;
use casim::model::release::Generation;
use casim::model::topology::Topology;
use fixture::{mixed, regional, single_name};

const A: usize = 0;
const B: usize = 1;

fn mechanism(topology: &Topology, protocol: Protocol, entry: usize, mailbox: usize) -> Mechanism {
    let query = AccessQuery::new(topology, protocol, Id::new(entry), Id::new(mailbox));
    let (route, trace) = decide(&query);
    assert_eq!(trace.steps.last().map(|s| (s.rule, s.decided)), Some((route.rule, true)));
    assert_eq!(RouteTable::build(topology).get(protocol, query.entry, query.mailbox), &route);
    assert_eq!(route.failure.is_some(), route.mechanism == Mechanism::Refuse);
    route.mechanism
}

#[test]
fn the_article_in_one_table() {
    use Mechanism::*;
    let g = Generation::E2007;
    let (f1, f2, f3) = (single_name(g), regional(g), mixed(g));
    for (topology, protocol, entry, mailbox, expected) in [
        (&f1, Protocol::Owa, A, A, ServeLocal),
        (&f1, Protocol::Owa, A, B, Proxy),
        (&f1, Protocol::Eas, A, B, Proxy),
        (&f1, Protocol::Ews, A, B, Proxy),
        (&f1, Protocol::OutlookAnywhere, A, B, RpcDirect),
        (&f1, Protocol::OutlookCached, A, B, RpcDirect),
        (&f1, Protocol::Autodiscover, A, B, ServeLocal),
        (&f1, Protocol::Oab, A, B, ServeLocal),
        (&f1, Protocol::Pop, A, B, Refuse),
        (&f1, Protocol::Imap, A, B, Refuse),
        (&f1, Protocol::Imap, B, B, ServeLocal),
        (&f1, Protocol::Owa, B, A, RedirectManual),
        (&f2, Protocol::Owa, A, B, RedirectManual),
        (&f2, Protocol::Eas, A, B, Proxy),
        (&f2, Protocol::Ews, A, B, Proxy),
        (&f3, Protocol::Owa, A, B, RedirectManual),
        (&f3, Protocol::Eas, A, B, Proxy),
        (&f3, Protocol::Ews, A, B, Proxy),
    ] {
        let found = mechanism(topology, protocol, entry, mailbox);
        assert_eq!(found, expected, "{protocol} at {entry} for {mailbox}");
    }
}

#[test]
fn a_target_without_integrated_authentication_refuses_owa_and_eas() {
    let mut topology = single_name(Generation::E2007);
    for directory in &mut topology.cas[B].directories {
        directory.auth.clear();
    }
    let routes = RouteTable::build(&topology);
    for protocol in [Protocol::Owa, Protocol::Eas, Protocol::Ews] {
        let route = routes.get(protocol, Id::new(A), Id::new(B));
        assert_eq!(route.failure, Some(Failure::NoIntegratedAuth), "{protocol}");
    }
    // An ExternalURL makes OWA alone independent of it.
    topology.cas[B].directories[Service::Owa as usize].external_url =
        fixture::url("https://mail-b.contoso.com/owa");
    let routes = RouteTable::build(&topology);
    let owa = routes.get(Protocol::Owa, Id::new(A), Id::new(B));
    assert_eq!(owa.redirect_host.as_deref(), Some("mail-b.contoso.com"));
    assert_eq!(owa.target, Some(Id::new(B)));
    assert!(routes.get(Protocol::Eas, Id::new(A), Id::new(B)).failure.is_some());
}

#[test]
fn the_document_of_the_rules_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == rules::document(), "write it anew: casim explain --list-rules > docs/rules.md");
}

#[test]
fn every_rule_tells_what_it_is() {
    for (generation, _) in Generation::ALL {
        for rule in rules::of(generation) {
            assert!(rule.id.contains('/') && !rule.title.is_empty(), "{}", rule.id);
            assert!(rule.docs.len() > 40 && !rule.source.is_empty(), "{}", rule.id);
        }
    }
}
