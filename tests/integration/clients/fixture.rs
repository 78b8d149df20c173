//! The organisations of the access rules' tests, with clients.

use std::sync::Arc;

use casim::kernel::Id;
use casim::kernel::distribution::Distribution;
use casim::model::protocol::Protocol;
use casim::model::release::Generation;
use casim::model::switches::OperatingSystem;
use casim::model::topology::{Namespace, Region, Topology};
use casim::model::workload::{
    ClientSettings, DayCurve, Location, Population, Profile, ProtocolUse, Workload,
};

use crate::access::fixture as access;

fn with_names(mut topology: Topology) -> Topology {
    topology.regions = vec![Region {
        name: "Internet".to_owned(),
        rtt: Distribution::Constant(30e6),
        bandwidth: Distribution::Constant(1e7),
        site_rtt: Default::default(),
        utc_offset_minutes: None,
        addresses: None,
        ports: None,
        idle_timeout: None,
    }];
    let name = |host: &str, site: usize| Namespace {
        name: host.to_owned(),
        internet: vec![Id::new(site)],
        inside: Vec::new(),
        servers: Vec::new(),
        addresses: Vec::new(),
        leads_to: None,
        ttl: casim::kernel::SimSpan::from_secs(300),
        health_check: casim::model::topology::HealthCheck::NAME,
    };
    topology.namespaces = vec![
        name("mail.contoso.com", 0),
        name("mail-b.contoso.com", 1),
        name("pop.a.contoso.com", 0),
        name("pop.b.contoso.com", 1),
    ];
    topology
}

/// F1 of the truth table.
pub(crate) fn single_name() -> Topology {
    let mut topology = access::single_name(Generation::E2007);
    // POP3 and IMAP4 of B have a name of their own on the Internet.
    topology.sites[1].published_from = Some(Id::new(0));
    with_names(topology)
}

/// F2 of the truth table.
pub(crate) fn regional() -> Topology {
    with_names(access::regional(Generation::E2007))
}

/// Heavy users of every protocol of the time who sit on the Internet.
pub(crate) fn population(topology: &Topology, name: &str, home: usize, mailboxes: u32) -> Population {
    assert!(home < topology.sites.len());
    let protocols = [
        Protocol::Owa,
        Protocol::Eas,
        Protocol::OutlookAnywhere,
        Protocol::Ews,
        Protocol::Autodiscover,
        Protocol::Oab,
        Protocol::Pop,
        Protocol::Imap,
    ];
    let usage = |protocol| ProtocolUse {
        protocol,
        share: 1.0,
        namespace: Id::new(match protocol {
            Protocol::Pop | Protocol::Imap => 2 + home,
            _ => 0,
        }),
        inside: None,
        misdirected: None,
    };
    Population {
        name: name.to_owned(),
        stream: name.to_owned(),
        was: Vec::new(),
        home: Id::new(home),
        mailboxes,
        from: Location::Internet(Id::new(0)),
        server: None,
        moved: None,
        roaming: None,
        addresses: None,
        ports: None,
        profile: Profile::parse("heavy").unwrap(),
        concurrent: 1.0,
        day: DayCurve::parse("office").unwrap(),
        clients: protocols.map(usage).to_vec(),
        settings: Arc::new(ClientSettings {
            message_size: Distribution::Constant(20_000.0),
            ..ClientSettings::default()
        }),
        os: OperatingSystem::Server2003,
    }
}

/// So many mailboxes in each site.
pub(crate) fn everything(topology: &Topology, mailboxes: u32) -> Workload {
    Workload {
        populations: vec![
            population(topology, "Staff of A", 0, mailboxes),
            population(topology, "Staff of B", 1, mailboxes),
        ],
        ..Workload::default()
    }
}
