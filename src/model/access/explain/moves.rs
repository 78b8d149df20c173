//! The moves of a request, from machine to machine: who connects to whom, by which name
//! and port, and whose trust in the certificate it takes.
//!
//! What `explain` shows and what has to be published are read off the same list. Must not
//! decide where a request goes.

use super::names::stop_name;
use crate::kernel::{Id, SimSpan, nanos};
use crate::model::access::answer::{After, Mechanism, Route, Stop};
use crate::model::access::hop::{follows_external, hop_url};
use crate::model::access::query::{AccessQuery, ClientPlace, Index, Query};
use crate::model::protocol::{BackEnd2003, Protocol, RPC_PROXY_PORTS, Transport};
use crate::model::topology::{CasGroup, Site, SiteLink, Topology};

/// The end point mapper of RPC; dynamic ports come on top.
pub const RPC_PORT: u16 = 135;

/// Port of the back end's web site, 2013 on.
const BACK_END: u16 = 444;

/// Who has to trust the certificate at the end of a move.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trust {
    /// Nobody: the move uses none.
    Nobody,
    /// Clients.
    Clients,
    /// Servers of the organisation.
    Servers,
}

/// A move from one machine to the next.
#[derive(Clone, PartialEq, Debug)]
pub struct Move {
    /// Where it begins: `client` or a server's name.
    pub from: String,
    /// Server that it reaches.
    pub to: String,
    /// Servers at which it begins; `None`: at the client.
    pub start: Option<Stop>,
    /// Servers that it reaches.
    pub end: Stop,
    /// What it speaks: `HTTPS`, `HTTPS (Kerberos)`, `RPC`, `POP3`, `IMAP4`, `HTTP`.
    pub by: &'static str,
    /// The name that is looked up, where it is not the server's own in the directory.
    pub host: Option<String>,
    /// TCP ports, any of which may be used; 135 stands for RPC with its dynamic ports.
    pub ports: Vec<u16>,
    /// Whose trust in the certificate it takes.
    pub trust: Trust,
    /// Site links crossed, by name.
    pub links: Vec<String>,
    /// Round trip of the path when nothing else is on it; for a client on the Internet
    /// the mean of the default region. `None` where there is no path or no region.
    pub round_trip: Option<SimSpan>,
}

/// Every move, client's ones included, leg by leg.
pub(super) fn moves(ask: &AccessQuery<'_>, index: &Index, route: &Route) -> Vec<Vec<Move>> {
    parts(route).into_iter().map(|(part, host)| leg(ask, index, part, &part.stops, host)).collect()
}

/// Every move that some session of a request makes for which `route` was decided: also to
/// those over which the entry spreads sessions beside the first.
#[must_use]
pub fn connections(ask: &AccessQuery<'_>, route: &Route) -> Vec<Move> {
    let index = &Index::new(ask.topology);
    let mut all = Vec::new();
    for (part, host) in parts(route) {
        all.extend(leg(ask, index, part, &part.stops, host));
        let Some(target) = part.target else { continue };
        for &other in part.targets.iter().filter(|&&other| other != target) {
            let instead = |&stop: &Stop| if stop == Stop::Cas(target) { Stop::Cas(other) } else { stop };
            let stops: Vec<Stop> = part.stops.iter().map(instead).collect();
            all.extend(leg(ask, index, part, &stops, host));
        }
    }
    all
}

/// Every connection of the client: what is decided there, and the host that it was sent to.
fn parts(route: &Route) -> Vec<(&Route, Option<&str>)> {
    let mut all = vec![(route, None)];
    let mut last = route;
    while let Some(After::Arrives(next)) = &last.after {
        all.push((next, last.redirect_host.as_deref()));
        last = next;
    }
    all
}

fn leg(
    ask: &AccessQuery<'_>,
    index: &Index,
    route: &Route,
    stops: &[Stop],
    sent_to: Option<&str>,
) -> Vec<Move> {
    let topology = ask.topology;
    let query = Query::new(ask, index);
    let place = query.place();
    let mut leg = Vec::with_capacity(stops.len());
    let mut before: Option<Stop> = None;
    for &stop in stops {
        let to = site_of(topology, stop);
        let from = before.map(|b| site_of(topology, b));
        // Clients on the Internet come in where the site is published.
        let (start, outside) = match (from, place) {
            (Some(site), _) | (None, ClientPlace::Inside(site)) => (Some(site), false),
            (None, ClientPlace::Internet) => (topology.internet_gate(to), true),
        };
        let path = start.and_then(|start| topology.path(start, to));
        let round_trip = match (start, &path) {
            (Some(gate), Some(path)) if outside => from_internet(topology, gate, path),
            (Some(start), Some(path)) => Some(round_trip(topology, start, path)),
            _ => None,
        };
        let by = Connection::of(&query, route, before, stop, sent_to);
        leg.push(Move {
            from: before.map_or_else(|| "client".to_owned(), |b| stop_name(topology, ask.protocol, b)),
            to: stop_name(topology, ask.protocol, stop),
            start: before,
            end: stop,
            by: by.speech,
            host: by.host,
            ports: by.ports,
            trust: by.trust,
            links: path.map_or_else(Vec::new, |path| {
                path.iter().map(|(link, _)| topology.links[link.index()].name.clone()).collect()
            }),
            round_trip,
        });
        before = Some(stop);
    }
    leg
}

/// How one machine talks to the next.
struct Connection {
    speech: &'static str,
    host: Option<String>,
    ports: Vec<u16>,
    trust: Trust,
}

impl Connection {
    fn of(q: &Query<'_>, route: &Route, before: Option<Stop>, stop: Stop, sent_to: Option<&str>) -> Self {
        match (before, stop) {
            (None, _) => Self::of_client(q, route, stop, sent_to),
            (Some(before), Stop::Cas(target)) => Self::between(q, before, target),
            (Some(before), Stop::Mailbox(_)) => Self::to_store(q, route, before),
        }
    }

    fn of_client(q: &Query<'_>, route: &Route, stop: Stop, sent_to: Option<&str>) -> Self {
        let topology = q.topology();
        let transport = q.protocol().facts().transport;
        let inside = q.protocol().is_outlook_inside();
        let Stop::Cas(id) = stop else {
            // Outlook on the LAN of a 2007 site, and back ends of 2003.
            let rpc = transport == Transport::Rpc;
            let (speech, ports) = if rpc { ("RPC", vec![RPC_PORT]) } else { (transport.name(), vec![443]) };
            let trust = if rpc { Trust::Nobody } else { Trust::Clients };
            return Self { speech, host: sent_to.map(str::to_owned), ports, trust };
        };
        let group = &topology.cas[id.index()];
        // From 2013 on no RPC leaves a desk.
        if inside && group.generation.major() >= 2013 {
            let told = group.switches.outlook_anywhere.internal_host.clone();
            let host = Some(told.unwrap_or_else(|| own_name(group)));
            return Self { speech: "HTTPS", host, ports: vec![443], trust: Trust::Clients };
        }
        let typed = || {
            if inside {
                return Some(endpoint_name(q, group));
            }
            // A group whose URL was handed out is not the one that the client came by.
            match (stop == Stop::Cas(q.ask.entry), q.protocol().service()) {
                (true, _) | (false, None) => q.host_used().map(str::to_owned),
                (false, Some(service)) => {
                    let directory = group.directory(service);
                    let outside = matches!(q.place(), ClientPlace::Internet);
                    let first = if outside { &directory.external_url } else { &directory.internal_url };
                    let url = first
                        .as_ref()
                        .or(directory.external_url.as_ref())
                        .or(directory.internal_url.as_ref());
                    url.map(|url| url.host.clone())
                }
            }
        };
        let host = match sent_to {
            Some(host) if !host.is_empty() => Some(host.to_owned()),
            _ => typed(),
        };
        debug_assert!(route.through_cas);
        let ports = match transport {
            // The plain port with STARTTLS, and SSL from the first byte.
            Transport::Mail(service) => service.ports.to_vec(),
            Transport::Rpc => vec![RPC_PORT],
            Transport::Https => vec![443],
        };
        let trust = if transport == Transport::Rpc { Trust::Nobody } else { Trust::Clients };
        Self { speech: transport.name(), host, ports, trust }
    }

    /// From one Client Access server to another.
    fn between(q: &Query<'_>, before: Stop, target: Id<CasGroup>) -> Self {
        let protocol = q.protocol();
        let group = &q.topology().cas[target.index()];
        let own = protocol.facts().transport.name();
        let later = modern(q.topology(), before);
        if let Some(mail) = protocol.mail() {
            let stated = group.switches.internal_connection_settings.clone();
            let host = Some(stated.unwrap_or_else(|| own_name(group)));
            let [_, over_tls] = mail.ports;
            return Self { speech: own, host, ports: vec![over_tls], trust: Trust::Servers };
        }
        if protocol == Protocol::OutlookAnywhere && !later {
            return Self { speech: "RPC", host: None, ports: RPC_PROXY_PORTS.to_vec(), trust: Trust::Nobody };
        }
        let speech = if later || own != "HTTPS" { own } else { "HTTPS (Kerberos)" };
        let url = protocol.service().and_then(|_| {
            let external = follows_external(q);
            hop_url(q, target, external)
        });
        let secure = url.is_none_or(|url| url.secure);
        let host = url.map_or_else(|| own_name(group), |url| url.host.clone());
        let port = url.map_or(443, crate::model::directory::Url::port);
        let trust = if secure { Trust::Servers } else { Trust::Nobody };
        Self { speech, host: Some(host), ports: vec![port], trust }
    }

    /// From a server to the Mailbox server.
    fn to_store(q: &Query<'_>, route: &Route, before: Stop) -> Self {
        let protocol = q.protocol();
        let own = protocol.facts().transport.name();
        let store = q.mailbox().generation.major();
        let by = |speech, ports| Self { speech, host: None, ports, trust: Trust::Nobody };
        if store == 2003 {
            return match protocol.facts().back_end_2003 {
                BackEnd2003::Forwarded(ports) => {
                    by(if own == "HTTPS" { "HTTP" } else { own }, ports.to_vec())
                }
                BackEnd2003::Rpc(ports) => by("RPC", ports.to_vec()),
                BackEnd2003::FromClient | BackEnd2003::Never => by("RPC", vec![RPC_PORT]),
            };
        }
        // Straight there by the client's own protocol; not through another Client Access server.
        let direct =
            matches!(route.mechanism, Mechanism::Proxy | Mechanism::LegacyProxy) && route.target.is_none();
        if store >= 2013 || direct {
            let port = match protocol.mail() {
                Some(mail) => mail.back_end_port,
                None if modern(q.topology(), before) => BACK_END,
                None => 80,
            };
            return by(if protocol.is_outlook_inside() { "HTTPS" } else { own }, vec![port]);
        }
        match protocol {
            // From 2010 on the RPC Client Access service answers on the server itself.
            Protocol::OutlookAnywhere if store < 2010 => by("RPC", RPC_PROXY_PORTS.to_vec()),
            Protocol::OutlookAnywhere
            | Protocol::Owa
            | Protocol::Eas
            | Protocol::OutlookCached
            | Protocol::OutlookOnline
            | Protocol::MapiHttp
            | Protocol::Ews
            | Protocol::Autodiscover
            | Protocol::Oab
            | Protocol::Pop
            | Protocol::Imap => by("RPC", vec![RPC_PORT]),
        }
    }
}

/// The name by which Outlook inside goes to its endpoint.
fn endpoint_name(q: &Query<'_>, group: &CasGroup) -> String {
    let array = group.switches.client_access_array.as_deref();
    let stated = q.mailbox().switches.rpc_client_access_server.as_deref();
    let is = |name: &str| {
        name.eq_ignore_ascii_case(&group.name)
            || array.is_some_and(|array| array.eq_ignore_ascii_case(name))
            || group.switches.fqdn.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    let named = stated.filter(|name| is(name)).or(array);
    named.map_or_else(
        || own_name(group),
        |name| if name == group.name { own_name(group) } else { name.to_owned() },
    )
}

/// A server's own name, as setup writes it into URLs.
fn own_name(group: &CasGroup) -> String {
    let label = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    group.switches.fqdn.clone().unwrap_or_else(|| group.name.to_lowercase().chars().map(label).collect())
}

fn modern(topology: &Topology, stop: Stop) -> bool {
    match stop {
        Stop::Cas(id) => topology.cas[id.index()].generation.major() >= 2013,
        Stop::Mailbox(id) => topology.mailbox[id.index()].generation.major() >= 2013,
    }
}

fn site_of(topology: &Topology, stop: Stop) -> Id<Site> {
    match stop {
        Stop::Cas(id) => topology.cas[id.index()].site,
        Stop::Mailbox(id) => topology.mailbox[id.index()].site,
    }
}

fn round_trip(topology: &Topology, start: Id<Site>, path: &[(Id<SiteLink>, usize)]) -> SimSpan {
    // Inside one site the LAN is the whole way; between sites it is lost in the links.
    SimSpan(if path.is_empty() {
        topology.sites[start.index()].lan_rtt.0
    } else {
        topology.propagation(path)
    })
}

fn from_internet(topology: &Topology, gate: Id<Site>, path: &[(Id<SiteLink>, usize)]) -> Option<SimSpan> {
    let region = topology.regions.first()?;
    let pipe = topology.sites[gate.index()].internet.as_ref()?;
    let far = region.site_rtt.get(&gate).copied().unwrap_or(0.0);
    Some(SimSpan(nanos(region.rtt.mean() + far) + 2 * pipe.latency.0 + topology.propagation(path)))
}
