//! Organisations built by hand, named as the truth table of the access rules names them.

use casim::itinerary::Balancing;
use casim::kernel::distribution::Distribution;
use casim::kernel::{Id, SimSpan};
use casim::model::directory::{Authentication, Service, Url, VirtualDirectory};
use casim::model::release::Generation;
use casim::model::topology::{CasGroup, InternetPipe, MailboxGroup, Site, SiteLink, Topology};

/// Parses a URL that a test wrote down.
pub(crate) fn url(text: &str) -> Option<Url> {
    Some(Url::parse(text).expect("a URL of a test is well formed"))
}

/// A Client Access server as setup leaves it on a server without Internet access.
pub(crate) fn cas(name: &str, site: usize, generation: Generation) -> CasGroup {
    let host = format!("{}.contoso.local", name.to_lowercase());
    CasGroup {
        name: name.to_owned(),
        site: Id::new(site),
        generation,
        servers: 1,
        cores: 4,
        mhz: 2000.0,
        hosts: Vec::new(),
        queue_limit: None,
        connection_limit: None,
        balancing: Balancing::RoundRobin,
        health_check: casim::model::topology::HealthCheck::BALANCER,
        directories: Service::ALL.map(|(_, _, path)| VirtualDirectory {
            internal_url: url(&format!("https://{host}{path}")),
            external_url: None,
            auth: vec![Authentication::Integrated],
        }),
        outlook_anywhere: true,
        pop: true,
        imap: true,
        switches: Default::default(),
    }
}

/// A Mailbox server.
pub(crate) fn mailbox(name: &str, site: usize, generation: Generation) -> MailboxGroup {
    MailboxGroup {
        name: name.to_owned(),
        site: Id::new(site),
        generation,
        servers: 1,
        cores: 4,
        mhz: 2000.0,
        hosts: Vec::new(),
        store_latency: Distribution::Constant(0.0),
        copies: None,
        passive_of: None,
        switches: Default::default(),
    }
}

/// Publishes OWA, EAS and EWS of a server under a host.
pub(crate) fn publish(server: &mut CasGroup, host: &str) {
    for (service, _, path) in &Service::ALL[..3] {
        server.directories[*service as usize].external_url = url(&format!("https://{host}{path}"));
    }
    server.directories[Service::Owa as usize].auth = vec![Authentication::Forms];
    server.directories[Service::Eas as usize].auth = vec![Authentication::Basic, Authentication::Integrated];
    server.directories[Service::Ews as usize].auth = vec![Authentication::Basic, Authentication::Integrated];
}

/// Two sites A and B joined by one link, without servers.
pub(crate) fn two_sites(generation: Generation) -> Topology {
    let site = |name: &str, internet: bool| Site {
        name: name.to_owned(),
        stream: name.to_owned(),
        internet: internet.then_some(InternetPipe { bandwidth: [1e8; 2], latency: SimSpan::from_millis(4) }),
        published_from: None,
        publisher: None,
        balancer: Default::default(),
        utc_offset_minutes: 0,
        lan_rtt: SimSpan::from_millis(1),
        cas: Vec::new(),
        mailbox: Vec::new(),
    };
    Topology {
        generation,
        sites: vec![site("A", true), site("B", false)],
        cas: Vec::new(),
        mailbox: Vec::new(),
        hosts: Vec::new(),
        dags: Vec::new(),
        links: vec![SiteLink {
            name: "A-B".to_owned(),
            stream: "A-B".to_owned(),
            between: [Id::new(0), Id::new(1)],
            bandwidth: [1e7; 2],
            available: 1.0,
            latency: SimSpan::from_millis(45),
            cost: 100,
            window_bytes: 65_536.0,
            terminates: false,
        }]
        .into(),
        namespaces: Vec::new(),
        regions: Vec::new(),
        switches: Default::default(),
    }
}

/// Adds a Client Access server to a topology.
pub(crate) fn add_cas(topology: &mut Topology, server: CasGroup) -> Id<CasGroup> {
    let id = Id::new(topology.cas.len());
    topology.sites[server.site.index()].cas.push(id);
    topology.cas.push(server);
    id
}

/// Adds a Mailbox server to a topology.
pub(crate) fn add_mailbox(topology: &mut Topology, server: MailboxGroup) -> Id<MailboxGroup> {
    let id = Id::new(topology.mailbox.len());
    topology.sites[server.site.index()].mailbox.push(id);
    topology.mailbox.push(server);
    id
}

/// F1: A publishes `mail.contoso.com`, B is intranet-only behind it.
pub(crate) fn single_name(generation: Generation) -> Topology {
    let mut topology = two_sites(generation);
    let mut a = cas("CAS-A1", 0, generation);
    publish(&mut a, "mail.contoso.com");
    add_cas(&mut topology, a);
    add_cas(&mut topology, cas("CAS-B1", 1, generation));
    add_mailbox(&mut topology, mailbox("MBX-A", 0, generation));
    add_mailbox(&mut topology, mailbox("MBX-B", 1, generation));
    topology
}

/// F2: both sites publish a name of their own.
pub(crate) fn regional(generation: Generation) -> Topology {
    let mut topology = single_name(generation);
    publish(&mut topology.cas[1], "mail-b.contoso.com");
    topology.sites[1].internet = topology.sites[0].internet.clone();
    topology
}

/// F3: F1 with an ExternalURL on B's OWA directory alone.
pub(crate) fn mixed(generation: Generation) -> Topology {
    let mut topology = regional(generation);
    for service in [Service::Eas, Service::Ews] {
        topology.cas[1].directories[service as usize].external_url = None;
    }
    topology
}

/// F7: F1 and a 2003 back end in B (the third Mailbox group).
pub(crate) fn legacy(generation: Generation) -> Topology {
    let mut topology = single_name(generation);
    add_mailbox(&mut topology, mailbox("BE-B", 1, Generation::E2003));
    topology
}

/// F6: a multi-role server in each site, names as in F2.
pub(crate) fn multi_role(generation: Generation) -> Topology {
    let mut topology = regional(generation);
    for (index, name) in ["EX-A1", "EX-B1"].into_iter().enumerate() {
        let host = format!("{}.contoso.local", name.to_lowercase());
        let server = &mut topology.cas[index];
        name.clone_into(&mut server.name);
        for (service, _, path) in Service::ALL {
            server.directories[service as usize].internal_url = url(&format!("https://{host}{path}"));
        }
        name.clone_into(&mut topology.mailbox[index].name);
    }
    topology
}
