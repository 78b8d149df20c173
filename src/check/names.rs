//! What has to be published, and who needs it: DNS records, certificate names,
//! firewall ports.
//!
//! Read off the moves that `explain` plays of every flow: whatever a client or a server
//! has to look up, trust or connect to on some way that the access rules do not refuse,
//! also after a fail-over and after each change in time. Must not judge.

use std::collections::{BTreeMap, BTreeSet};

use super::flows::Flow;
use super::subject::Subject;
use crate::kernel::Id;
use crate::model::access::explain::{Move, RPC_PORT, Trust, connections};
use crate::model::access::{AccessQuery, Route, Stop};
use crate::model::directory::Service;
use crate::model::protocol::Protocol;
use crate::model::switches::Certificate;
pub use crate::model::switches::covers;
use crate::model::topology::{Address, CasGroup, MailboxGroup, Site, Way};
use crate::model::workload::Location;
use crate::scenario::Scenario;

/// What kind of thing a row asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A DNS record on the Internet.
    DnsInternet,
    /// A DNS record inside.
    DnsInside,
    /// An SRV record of Autodiscover.
    DnsSrv,
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
            Self::DnsSrv => "dns_srv",
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
    /// What to know when it is built; empty where there is nothing.
    pub remark: String,
}

impl Row {
    /// Columns of the CSV.
    pub const COLUMNS: [&'static str; 9] =
        ["kind", "name", "from", "to", "port", "protocols", "populations", "order", "remark"];

    /// The cells, as in [`Self::COLUMNS`].
    #[must_use]
    pub fn cells(&self) -> [String; 9] {
        [
            self.kind.token().to_owned(),
            self.name.clone(),
            self.from.clone(),
            self.to.clone(),
            self.port.clone(),
            self.protocols.clone(),
            self.populations.clone(),
            self.order.to_string(),
            self.remark.clone(),
        ]
    }
}

type Key = (Kind, String, String, String, u16);

/// Rows in the making: who needs each.
#[derive(Default)]
struct Table(BTreeMap<Key, Need>);

/// Who needs a row, after how few failures, and what to know of it.
struct Need {
    protocols: BTreeSet<Protocol>,
    populations: BTreeSet<usize>,
    failures: usize,
    remarks: BTreeSet<String>,
}

impl Table {
    fn add(&mut self, key: Key, remark: String, flow: &Flow) {
        let need = self.0.entry(key).or_insert_with(|| Need {
            protocols: BTreeSet::new(),
            populations: BTreeSet::new(),
            failures: flow.failures,
            remarks: BTreeSet::new(),
        });
        need.protocols.insert(flow.protocol);
        need.populations.insert(flow.population);
        need.failures = flow.failures.min(need.failures);
        if !remark.is_empty() {
            need.remarks.insert(remark);
        }
    }
}

/// Of a name that clients see: a self-signed certificate will not do.
const SEEN: &str = "clients see the name";
/// Of a name that servers alone see.
pub(crate) const UNSEEN: &str = "server to server: the self-signed one of setup will do";

/// The remarks of one row: of two that begin alike the longer says more.
fn remark(all: &BTreeSet<String>) -> String {
    let seen = all.iter().any(|one| one.starts_with(SEEN));
    let said = |one: &&String| {
        let longer = all.iter().any(|other| other != *one && other.starts_with(one.as_str()));
        let told = if *one == UNSEEN { !seen } else { true };
        told && !longer
    };
    all.iter().filter(said).map(String::as_str).collect::<Vec<_>>().join("; ")
}

/// Everything that has to be published at any time, sorted by kind, name, ends and port.
#[must_use]
pub fn names(scenario: &Scenario) -> Vec<Row> {
    let mut table = Table::default();
    let workload = &scenario.model.workload;
    let later = workload.changes.iter().map(|change| &change.topology);
    for topology in std::iter::once(&scenario.model.topology).chain(later) {
        let flows = super::flows::with_fail_over(topology, workload);
        let s = Subject::of_flows(scenario, topology, flows);
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
        .map(|((kind, name, from, to, port), need)| Row {
            kind,
            name,
            from,
            to,
            port: if port == 0 { String::new() } else { port.to_string() },
            protocols: join(need.protocols.iter().copied().map(Protocol::token).collect()),
            populations: join(need.populations.iter().map(|at| populations[*at].name.as_str()).collect()),
            order: need.failures + 1,
            remark: remark(&need.remarks),
        })
        .collect()
}

fn site_name<'s>(s: &Subject<'s>, site: Id<Site>) -> &'s str {
    &s.topology.sites[site.index()].name
}

/// The name by which others reach a Mailbox server: that of a cluster moves between its nodes.
fn known_as<'s>(s: &Subject<'s>, id: Id<MailboxGroup>) -> &'s str {
    s.mailbox(s.mailbox(id).passive_of.unwrap_or(id)).name.as_str()
}

/// Whether servers have passive nodes, or are some.
fn is_clustered(s: &Subject<'_>, id: Id<MailboxGroup>) -> bool {
    let nodes = |group: &MailboxGroup| group.passive_of.is_some() || s.topology.passive_nodes(id).is_some();
    nodes(s.mailbox(id))
}

/// The rows of one way, read off the moves that `explain` plays.
fn one(s: &Subject<'_>, flow: &Flow, table: &mut Table) {
    let Some((ask, route)) = question(s, flow) else { return };
    let client = match flow.location {
        Location::Site(site) => site_name(s, site).to_owned(),
        Location::Internet(_) => "Internet".to_owned(),
    };
    let record = match flow.location {
        Location::Site(_) => Kind::DnsInside,
        Location::Internet(_) => Kind::DnsInternet,
    };
    let group = |stop: Stop| match stop {
        Stop::Cas(id) => (s.cas(id).name.as_str(), s.cas(id).site),
        Stop::Mailbox(id) => (known_as(s, id), s.mailbox(id).site),
    };
    let moves = connections(&ask, route);
    let first = moves.first().map(|step| group(step.end));
    if let Some((to, site)) = first {
        led(s, flow, (record, &client), (to, site_name(s, site)), table);
    }
    for step in moves {
        let (to, site) = group(step.end);
        let from = step.start.map_or(client.as_str(), |start| group(start).0);
        // Two roles of one machine.
        if step.start.is_some() && from == to {
            continue;
        }
        if let Some(host) = &step.host {
            let kind = if step.start.is_none() { record } else { Kind::DnsInside };
            let told = several(s, flow, &step, host);
            let (leads, remark) = told.unwrap_or_else(|| (site_name(s, site).to_owned(), String::new()));
            table.add((kind, host.clone(), String::new(), leads, 0), remark, flow);
            if step.trust != Trust::Nobody {
                let key = (Kind::Certificate, host.clone(), String::new(), to.to_owned(), 0);
                table.add(key.clone(), of_certificate(s, flow, &step, host), flow);
                table.add(key, which_certificate(s, &step), flow);
            }
        }
        for &port in &step.ports {
            let key = (Kind::Port, String::new(), from.to_owned(), to.to_owned(), port);
            table.add(key, of_port(s, flow, &step, port), flow);
        }
    }
}

/// What a flow asks, and what was decided; `None` where its name leads nowhere.
fn question<'f>(s: &'f Subject<'_>, flow: &'f Flow) -> Option<(AccessQuery<'f>, &'f Route)> {
    Some((flow.ask(s.topology, flow.entry?), flow.route.as_ref()?))
}

/// What to know of a certificate: who sees the name, and how Outlook takes a wildcard.
fn of_certificate(s: &Subject<'_>, flow: &Flow, step: &Move, host: &str) -> String {
    if step.trust == Trust::Servers {
        return UNSEEN.to_owned();
    }
    let Stop::Cas(id) = step.end else { return SEEN.to_owned() };
    let held = &s.cas(id).switches.publishing.certificate_names;
    let wildcard = held.iter().find(|name| {
        name.strip_prefix("*.").is_some_and(|rest| host.split_once('.').is_some_and(|(_, tail)| tail == rest))
    });
    match wildcard {
        Some(name) if flow.protocol == Protocol::OutlookAnywhere && !held.iter().any(|name| name == host) => {
            format!("{SEEN}; by the wildcard: Set-OutlookProvider EXPR -CertPrincipalName \"msstd:{name}\"")
        }
        _ => SEEN.to_owned(),
    }
}

/// Records of a name by which clients are led to the one that they ask for.
fn led(
    s: &Subject<'_>,
    flow: &Flow,
    (record, client): (Kind, &str),
    (to, site): (&str, &str),
    table: &mut Table,
) {
    let name = &s.topology.namespaces[flow.namespace.index()];
    let Some((way, other)) = name.leads_to else { return };
    let other = &s.topology.namespaces[other.index()].name;
    let mut add = |kind: Kind, name: &str, from: &str, to: &str, port: u16, remark: String| {
        table.add((kind, name.to_owned(), from.to_owned(), to.to_owned(), port), remark, flow);
    };
    match way {
        Way::Srv => {
            let domain = name.name.strip_prefix("autodiscover.").unwrap_or(&name.name);
            let remark = format!(
                "no other record of {} and no certificate for it; Outlook asks the user before it follows",
                name.name
            );
            add(Kind::DnsSrv, &format!("_autodiscover._tcp.{domain}"), "", other, 443, remark);
        }
        Way::HttpRedirect => {
            let remark = format!(
                "its web site answers at port 80 alone and sends to https://{other}/autodiscover/autodiscover.xml; \
                 no certificate for it; Outlook asks the user before it follows"
            );
            add(record, &name.name, "", site, 0, remark);
            add(Kind::Port, "", client, to, 80, format!("http redirect of {}", name.name));
        }
        Way::Cname => add(record, &name.name, "", site, 0, format!("alias (CNAME) of {other}")),
    }
}

/// Where a record leads that is one of several addresses in an answer, and what to know of it;
/// `None` where there is one address.
fn several(s: &Subject<'_>, flow: &Flow, step: &Move, host: &str) -> Option<(String, String)> {
    let (None, Stop::Cas(id)) = (step.start, step.end) else { return None };
    let name = s.topology.namespaces.iter().find(|name| name.name.eq_ignore_ascii_case(host))?;
    let all = s.topology.addresses(name, matches!(flow.location, Location::Site(_)));
    let own = |address: &&Address| match **address {
        Address::Server(group, _) => group == id,
        Address::Site(site) => site == s.cas(id).site,
    };
    let mine: Vec<&Address> = all.iter().filter(own).collect();
    let leads = match **mine.first()? {
        Address::Server(group, _) => s.cas(group).name.clone(),
        Address::Site(site) => site_name(s, site).to_owned(),
    };
    Some((leads, format!("{} of {} addresses in one answer: no health check", mine.len(), all.len())))
}

/// Which certificate it is, where the scenario says so.
fn which_certificate(s: &Subject<'_>, step: &Move) -> String {
    let Stop::Cas(id) = step.end else { return String::new() };
    match &s.cas(id).switches.publishing.certificate {
        Some(Certificate::Shared(name)) => format!("certificate {name}"),
        Some(Certificate::Own) => "each server one of its own".to_owned(),
        None => String::new(),
    }
}

/// What to know of a port: the dynamic ones of RPC, and what is not simulated beside it.
fn of_port(s: &Subject<'_>, flow: &Flow, step: &Move, port: u16) -> String {
    let mut words = Vec::new();
    if port == RPC_PORT {
        let major = match step.end {
            Stop::Cas(id) => s.cas(id).generation.major(),
            Stop::Mailbox(id) => s.mailbox(id).generation.major(),
        };
        words.push(match major {
            ..2007 => "RPC: and the dynamic ports 1024 to 65535 of Windows 2003",
            2007 => "RPC: and the dynamic ports 1024 to 65535 of Exchange 2007 setup",
            2008.. => "RPC: and the dynamic ports 6005 to 59530 of Exchange 2010 setup or the static ones in the registry",
        });
    }
    if let Stop::Mailbox(id) = step.end
        && is_clustered(s, id)
    {
        words.push("a clustered Mailbox server: its name and address move to its passive node");
    }
    let ends = (step.start, step.end);
    if let (Some(Stop::Cas(_)), Stop::Mailbox(_)) = ends {
        words.push("no firewall is supported between Client Access and Mailbox servers");
    }
    if step.start.is_none() && flow.protocol.is_mail() {
        words.push("they send by SMTP submission (port 587): not simulated");
    }
    words.join("; ")
}

/// Names that clients use at a group, with the protocols, as its certificate has to hold them.
#[must_use]
pub fn subject_names(s: &Subject<'_>, id: Id<CasGroup>) -> BTreeMap<String, BTreeSet<Protocol>> {
    let mut found: BTreeMap<String, BTreeSet<Protocol>> = BTreeMap::new();
    for flow in s.flows.iter().filter(|flow| flow.failure().is_none()) {
        let Some((ask, route)) = question(s, flow) else { continue };
        for step in connections(&ask, route) {
            if step.end == Stop::Cas(id)
                && step.trust == Trust::Clients
                && let Some(host) = step.host
            {
                found.entry(host).or_default().insert(flow.protocol);
            }
        }
    }
    let group = s.cas(id);
    for (service, ..) in Service::ALL {
        if let Some(url) = &group.directory(service).external_url {
            found.entry(url.host.clone()).or_default();
        }
    }
    if let Some(host) =
        group.switches.outlook_anywhere.external_host.as_ref().filter(|_| group.outlook_anywhere)
    {
        found.entry(host.clone()).or_default();
    }
    found
}
