//! What has to be published, and who needs it: DNS records, certificate names,
//! firewall ports.
//!
//! Read off the flows: whatever a client or a server has to look up, trust or
//! connect to on some way that the access rules do not refuse, also after a fail-over
//! and after each change in time. Must not judge.

use std::collections::{BTreeMap, BTreeSet};

use super::flows::Flow;
use super::subject::Subject;
use crate::kernel::Id;
use crate::model::access::{Decision, Mechanism, Route, Stop};
use crate::model::directory::Service;
use crate::model::protocol::{Protocol, Transport};
use crate::model::topology::{CasGroup, Site};
use crate::model::workload::Location;
use crate::scenario::Scenario;

/// What kind of thing a row asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A DNS record on the Internet.
    DnsInternet,
    /// A DNS record inside.
    DnsInside,
    /// A subject alternative name of a certificate.
    Certificate,
    /// An open TCP port.
    Port,
}

impl Kind {
    /// The token of the `kind` column.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::DnsInternet => "dns_internet",
            Self::DnsInside => "dns_inside",
            Self::Certificate => "certificate",
            Self::Port => "port",
        }
    }
}

/// One thing to be published.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Row {
    /// Kind.
    pub kind: Kind,
    /// Host name of a DNS record or certificate; empty for ports.
    pub name: String,
    /// Where a connection begins: `Internet`, a site (its clients) or a group of servers; empty for names.
    pub from: String,
    /// What the record leads to, the group that holds the certificate, or where a connection ends.
    pub to: String,
    /// TCP port; empty for names.
    pub port: String,
    /// Protocols that need it, joined by semicolons.
    pub protocols: String,
    /// Populations that need it, joined by semicolons.
    pub populations: String,
    /// When it is needed: 1 while nothing has failed; 2 and more only after a
    /// fail-over, to the second site of the name's list and so on.
    pub order: usize,
}

impl Row {
    /// Columns of the CSV.
    pub const COLUMNS: [&'static str; 8] =
        ["kind", "name", "from", "to", "port", "protocols", "populations", "order"];

    /// The cells, as in [`Self::COLUMNS`].
    #[must_use]
    pub fn cells(&self) -> [String; 8] {
        [
            self.kind.token().to_owned(),
            self.name.clone(),
            self.from.clone(),
            self.to.clone(),
            self.port.clone(),
            self.protocols.clone(),
            self.populations.clone(),
            self.order.to_string(),
        ]
    }
}

/// Ports by which clients of a protocol reach a Client Access server from outside or inside.
fn client_ports(protocol: Protocol) -> &'static [u16] {
    match protocol.facts().transport {
        // The plain port with STARTTLS, and SSL from the first byte.
        Transport::Mail(service) => &service.ports,
        Transport::Rpc => RPC,
        Transport::Https => &[443],
    }
}

/// Port 135 maps the rest, which is dynamic: 1024 to 65535 unless fixed in the registry.
const RPC: &[u16] = &[135];
/// RPC over HTTP from a Client Access to a Mailbox server: store, referral, directory.
const RPC_HTTP: &[u16] = &[6001, 6002, 6004];

type Key = (Kind, String, String, String, u16);

/// Rows in the making: who needs each.
#[derive(Default)]
struct Table(BTreeMap<Key, Need>);

/// Who needs a row, and after how few failures.
type Need = (BTreeSet<Protocol>, BTreeSet<usize>, usize);

impl Table {
    fn add(&mut self, key: Key, flow: &Flow) {
        let blank = || (BTreeSet::new(), BTreeSet::new(), flow.failures);
        let (protocols, populations, failures) = self.0.entry(key).or_insert_with(blank);
        protocols.insert(flow.protocol);
        populations.insert(flow.population);
        *failures = flow.failures.min(*failures);
    }
}

/// Everything that has to be published at any time, sorted by kind, name, ends and port.
#[must_use]
pub fn names(scenario: &Scenario) -> Vec<Row> {
    let mut table = Table::default();
    let workload = &scenario.model.workload;
    let later = workload.changes.iter().map(|change| &change.topology);
    for topology in std::iter::once(&scenario.model.topology).chain(later) {
        let flows = super::flows::with_fail_over(topology, workload);
        let s = Subject { scenario, topology, flows, offered: Vec::new(), held: Vec::new() };
        // What is refused needs nothing but a repair.
        for flow in s.flows.iter().filter(|flow| flow.failure().is_none()) {
            one(&s, flow, &mut table);
        }
    }
    let populations = &workload.populations;
    let join = |words: Vec<&str>| words.join(";");
    table
        .0
        .into_iter()
        .map(|((kind, name, from, to, port), (protocols, users, failures))| Row {
            kind,
            name,
            from,
            to,
            port: if port == 0 { String::new() } else { port.to_string() },
            protocols: join(protocols.into_iter().map(Protocol::token).collect()),
            populations: join(users.into_iter().map(|at| populations[at].name.as_str()).collect()),
            order: failures + 1,
        })
        .collect()
}

fn site_name<'s>(s: &Subject<'s>, site: Id<Site>) -> &'s str {
    &s.topology.sites[site.index()].name
}

fn one(s: &Subject<'_>, flow: &Flow, table: &mut Table) {
    let inside = matches!(flow.location, Location::Site(_));
    let client = match flow.location {
        Location::Site(site) => site_name(s, site).to_owned(),
        Location::Internet(_) => "Internet".to_owned(),
    };
    let record = if inside { Kind::DnsInside } else { Kind::DnsInternet };
    let routes = flow.routes();
    // Outlook on a 2007 site's LAN asks the Mailbox server itself.
    if routes.first().is_some_and(|route| !route.through_cas) {
        let store = s.mailbox(flow.mailbox);
        for &port in RPC {
            table.add((Kind::Port, String::new(), client.clone(), store.name.clone(), port), flow);
        }
        return;
    }
    let mut host = s.topology.namespaces[flow.namespace.index()].name.clone();
    let mut entry = flow.entry;
    for route in routes {
        let Some(here) = entry else { return };
        let group = s.cas(here);
        let leads = site_name(s, group.site).to_owned();
        if !host.is_empty() {
            table.add((record, host.clone(), String::new(), leads, 0), flow);
            if !flow.protocol.is_outlook_inside() {
                table.add((Kind::Certificate, host.clone(), String::new(), group.name.clone(), 0), flow);
            }
        }
        for &port in client_ports(flow.protocol) {
            table.add((Kind::Port, String::new(), client.clone(), group.name.clone(), port), flow);
        }
        behind(s, flow, route, here, table);
        host = route.redirect_host.clone().unwrap_or_default();
        entry = route.target.or(entry);
    }
}

/// Connections between servers.
fn behind(s: &Subject<'_>, flow: &Flow, route: &Route, here: Id<CasGroup>, table: &mut Table) {
    let group = s.cas(here);
    let store = s.mailbox(flow.mailbox);
    let mut port = |from: &str, to: &str, port: u16| {
        if from != to {
            table.add((Kind::Port, String::new(), from.to_owned(), to.to_owned(), port), flow);
        }
    };
    let later = group.generation.major() >= 2013;
    let to_store: &[u16] = match flow.protocol {
        // Neither asks the store.
        Protocol::Oab | Protocol::Autodiscover => &[],
        // From 2010 on the RPC Client Access service answers on the CAS itself.
        Protocol::OutlookAnywhere if store.generation.major() < 2010 => RPC_HTTP,
        Protocol::OutlookAnywhere => RPC,
        Protocol::Owa
        | Protocol::Eas
        | Protocol::OutlookCached
        | Protocol::OutlookOnline
        | Protocol::MapiHttp
        | Protocol::Ews
        | Protocol::Pop
        | Protocol::Imap => RPC,
    };
    match route.mechanism {
        Mechanism::Proxy | Mechanism::LegacyProxy => {
            let Some(target) = route.target.map(|id| (id, s.cas(id))) else {
                // Straight to the server of the mailbox, by the client's own protocol.
                let own = match flow.protocol.mail() {
                    Some(service) => service.back_end_port,
                    None if later => 444,
                    None => 80,
                };
                return port(&group.name, &store.name, own);
            };
            let (id, target) = target;
            let url = flow.protocol.service().and_then(|service| {
                let bypass = target.switches.internal_nlb_bypass_url.as_ref();
                let internal = target.directory(service).internal_url.as_ref();
                if service == Service::Ews { bypass.or(internal) } else { internal }
            });
            if let Some(service) = flow.protocol.mail() {
                let [_, over_tls] = service.ports;
                port(&group.name, &target.name, over_tls);
            } else if flow.protocol == Protocol::OutlookAnywhere && !later {
                for &each in RPC_HTTP {
                    port(&group.name, &target.name, each);
                }
            } else {
                port(&group.name, &target.name, if url.is_none_or(|u| u.secure) { 443 } else { 80 });
            }
            for &each in to_store {
                port(&target.name, &store.name, each);
            }
            if let Some(url) = url {
                let leads = site_name(s, s.cas(id).site).to_owned();
                table.add((Kind::DnsInside, url.host.clone(), String::new(), leads, 0), flow);
                table.add((Kind::Certificate, url.host.clone(), String::new(), target.name.clone(), 0), flow);
            }
        }
        Mechanism::ServeLocal | Mechanism::RpcDirect if !later => {
            for &each in to_store {
                port(&group.name, &store.name, each);
            }
        }
        // Answered out of the directory, the store is not asked.
        Mechanism::ServeLocal | Mechanism::RpcDirect
            if !route.stops.contains(&Stop::Mailbox(flow.mailbox)) => {}
        Mechanism::ServeLocal | Mechanism::RpcDirect => port(&group.name, &store.name, 444),
        _ => debug_assert!(route.mechanism.decision() != Decision::Local),
    }
}

/// Names that clients use at a group, with the protocols, as its certificate has to hold them.
#[must_use]
pub fn subject_names(s: &Subject<'_>, id: Id<CasGroup>) -> BTreeMap<String, BTreeSet<Protocol>> {
    let mut found: BTreeMap<String, BTreeSet<Protocol>> = BTreeMap::new();
    for flow in s.flows.iter().filter(|flow| flow.failure().is_none()) {
        // MAPI/RPC uses no certificate.
        let inside = flow.protocol.is_outlook_inside();
        if inside || flow.routes().first().is_some_and(|route| !route.through_cas) {
            continue;
        }
        let mut host = s.topology.namespaces[flow.namespace.index()].name.clone();
        let mut entry = flow.entry;
        for route in flow.routes() {
            if entry == Some(id) && !host.is_empty() {
                found.entry(host).or_default().insert(flow.protocol);
            }
            host = route.redirect_host.clone().unwrap_or_default();
            entry = route.target.or(entry);
        }
    }
    for (service, ..) in Service::ALL {
        if let Some(url) = &s.cas(id).directory(service).external_url {
            found.entry(url.host.clone()).or_default();
        }
    }
    found
}
