//! Where requests travel: stations, link directions, and the paths over them.
//!
//! [`Placement`] lays a topology's servers and links into a [`Network`]; a
//! [`ClientPath`] is what lies between a client and the servers that it enters by, a
//! [`SitePath`] what lies between two sites. Must not know protocols' requests. Next:
//! [`super::program`].

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pieces::{Piece, least, pieces};
use super::tcp::{DOWN, UP, Windows};
use crate::clients::roster::{Placement, Struck};
use crate::itinerary::Balancing;
use crate::itinerary::{LinkDirection, Network, SharedCores, StationGroup};
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, nanos};
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::model::switches::Affinity;
use crate::model::topology::{CasGroup, MailboxGroup, Region, Site, Topology};
use crate::model::workload::{Location, Outage, Target};

impl Placement {
    /// Lays `topology` into `network`.
    #[must_use]
    pub fn lay(topology: &Topology, network: &mut Network) -> Self {
        let mut placement = Self::default();
        // Both roles on one machine are two stations, told apart by their role.
        let names: [BTreeSet<&str>; 2] = [
            topology.cas.iter().map(|cas| cas.name.as_str()).collect(),
            topology.mailbox.iter().map(|mailbox| mailbox.name.as_str()).collect(),
        ];
        let both = |name: &str| names.iter().all(|of_role| of_role.contains(name));
        let label =
            |name: &str, role: &str| if both(name) { format!("{name}-{role}") } else { name.to_owned() };
        for cas in &topology.cas {
            placement.cas.push(network.add_group(
                &label(&cas.name, "CAS"),
                cas.servers,
                cas.cores,
                cas.queue_limit,
                cas.connection_limit,
                balancing(cas),
            ));
        }
        for mailbox in &topology.mailbox {
            placement.mailbox.push(network.add_group(
                &label(&mailbox.name, "MBX"),
                mailbox.servers,
                mailbox.cores,
                None,
                None,
                Balancing::RoundRobin,
            ));
        }
        for link in &topology.links {
            let [a, b] = link.between.map(|site| topology.sites[site.index()].name.as_str());
            // Parallel links are told apart by their names.
            let label = |from: &str, to: &str| {
                if link.name == format!("{a}-{b}") {
                    format!("{from}>{to}")
                } else {
                    format!("{} {from}>{to}", link.name)
                }
            };
            let directions = [
                network.add_link(&label(a, b), link.bandwidth[0] * link.available),
                network.add_link(&label(b, a), link.bandwidth[1] * link.available),
            ];
            for (direction, raw) in directions.into_iter().zip(link.bandwidth) {
                placement.raw_bandwidths.push((direction, raw));
            }
            placement.links.push(directions);
        }
        for site in &topology.sites {
            let capacity = site.publisher.as_ref().and_then(|publisher| publisher.capacity.as_ref());
            placement.publishers.push(capacity.map(|capacity| {
                let (name, turns) = (format!("publisher of {}", site.name), Balancing::RoundRobin);
                network.add_group(&name, capacity.servers, capacity.cores, None, None, turns)
            }));
        }
        placement.lay_hosts(topology, network);
        for site in &topology.sites {
            placement.pipes.push(site.internet.as_ref().map(|pipe| {
                let directions = [
                    network.add_link(&format!("Internet>{}", site.name), pipe.bandwidth[0]),
                    network.add_link(&format!("{}>Internet", site.name), pipe.bandwidth[1]),
                ];
                for (direction, raw) in directions.into_iter().zip(pipe.bandwidth) {
                    placement.raw_bandwidths.push((direction, raw));
                }
                directions
            }));
        }
        placement
    }

    /// Lays the hosts on which servers stand.
    fn lay_hosts(&mut self, topology: &Topology, network: &mut Network) {
        for (number, host) in topology.hosts.iter().enumerate() {
            let machines = topology.machines_on(Id::new(number));
            if machines.is_empty() {
                self.hosts.push(None);
                continue;
            }
            let turns = Balancing::RoundRobin;
            let group = network.add_group(&format!("host {}", host.name), 1, host.cores, None, None, turns);
            let host = network.groups[group.index()].first;
            let mut shared = SharedCores { host, machines: Vec::new() };
            let cas = machines.cas.iter().map(|(id, numbers)| (self.cas[id.index()], numbers));
            let mailbox = machines.mailbox.iter().map(|(id, numbers)| (self.mailbox[id.index()], numbers));
            for (group, numbers) in cas.chain(mailbox) {
                let first = network.groups[group.index()].first;
                shared.machines.extend(numbers.iter().map(|number| first + number));
            }
            network.shared.push(shared);
            self.hosts.push(Some(group));
        }
    }

    /// Lays the services that outages strike on their own, and all that `used` ones of a site
    /// whose balancer may fail.
    pub(super) fn lay_service_stations(
        &mut self,
        topology: &Topology,
        (outages, used): (&[Outage], &[Protocol]),
        network: &mut Network,
    ) {
        // One stands for all servers of a group, unless they fail one by one.
        let apart = |cas: Id<CasGroup>, protocol: Protocol| {
            outages.iter().any(|outage| match outage.target {
                Target::ServerService { cas: other, number, protocol: of } => {
                    (other, of) == (cas, protocol) && number.is_some()
                }
                _ => false,
            })
        };
        let mut lay = |cas: Id<CasGroup>, protocol: Protocol, behind: &str| {
            let group = &topology.cas[cas.index()];
            let name = format!("{} {protocol}{behind}", group.name);
            let count = if apart(cas, protocol) { group.servers } else { 1 };
            network.add_group(&name, count, 1, None, None, balancing(group))
        };
        for outage in outages {
            let (groups, protocol) = match &outage.target {
                Target::Service(site, protocol) => (topology.sites[site.index()].cas.as_slice(), *protocol),
                Target::ServerService { cas, protocol, .. } => (std::slice::from_ref(cas), *protocol),
                _ => continue,
            };
            for &cas in groups {
                if self.service_station(cas, protocol).is_none() {
                    let group = lay(cas, protocol, "");
                    self.service_stations.push((cas, protocol, group));
                }
            }
        }
        for outage in outages {
            let Target::Balancer(site) = outage.target else { continue };
            if self.failing_balancers.contains(&site) {
                continue;
            }
            self.failing_balancers.push(site);
            for &cas in &topology.sites[site.index()].cas {
                for &protocol in used {
                    if self.service_station(cas, protocol).is_some() {
                        let group = lay(cas, protocol, ", forwarded");
                        self.forwarded_stations.push((cas, protocol, group));
                    } else {
                        let group = lay(cas, protocol, "");
                        self.service_stations.push((cas, protocol, group));
                    }
                }
            }
        }
    }

    /// The station of a service that fails on its own, or with its balancer.
    pub(super) fn service_station(&self, cas: Id<CasGroup>, protocol: Protocol) -> Option<Id<StationGroup>> {
        self.service_stations
            .iter()
            .find(|(group, of, _)| *group == cas && *of == protocol)
            .map(|found| found.2)
    }

    /// The same of a service to which other servers forward, past the balancer.
    pub(super) fn forwarded_station(
        &self,
        topology: &Topology,
        cas: Id<CasGroup>,
        protocol: Protocol,
    ) -> Option<Id<StationGroup>> {
        if !self.failing_balancers.contains(&topology.cas[cas.index()].site) {
            return self.service_station(cas, protocol);
        }
        let mut all = self.forwarded_stations.iter();
        all.find(|(group, of, _)| *group == cas && *of == protocol).map(|found| found.2)
    }

    /// Every station of a service.
    fn all_stations(&self, cas: Id<CasGroup>, protocol: Protocol) -> Vec<Id<StationGroup>> {
        let all = self.service_stations.iter().chain(&self.forwarded_stations);
        all.filter(|(group, of, _)| *group == cas && *of == protocol).map(|found| found.2).collect()
    }

    /// All services that are reached through the balancer of a site.
    pub(super) fn behind_balancer(&self, topology: &Topology, site: Id<Site>) -> Vec<Id<StationGroup>> {
        let here =
            |(cas, ..): &&(Id<CasGroup>, Protocol, Id<StationGroup>)| topology.cas[cas.index()].site == site;
        self.service_stations.iter().filter(here).map(|found| found.2).collect()
    }

    /// The station of the back end behind a service that fails on its own, where it listens
    /// apart: POP3 and IMAP4 of the machine that holds the mailbox, from 2013 on.
    pub(super) fn back_end_service(
        &self,
        topology: &Topology,
        mailbox: Id<MailboxGroup>,
        protocol: Protocol,
    ) -> Option<Id<StationGroup>> {
        let group = &topology.mailbox[mailbox.index()];
        if !protocol.is_mail() || group.generation.major() < 2013 {
            return None;
        }
        let own = topology.cas.iter().position(|cas| cas.name == group.name)?;
        self.forwarded_station(topology, Id::new(own), protocol)
    }

    /// What an outage of `target` strikes; `None` for what is not Exchange's.
    pub(super) fn struck(&self, topology: &Topology, network: &Network, target: &Target) -> Option<Struck> {
        // One server is named by its number among all of its site.
        let stations = |groups: Vec<Id<StationGroup>>, one: Option<u32>| {
            let all: Vec<u32> = groups
                .into_iter()
                .map(|group| &network.groups[group.index()])
                .flat_map(|group| group.first..group.first + group.count)
                .collect();
            match one {
                Some(n) => all.get(n as usize).copied().into_iter().collect(),
                None => all,
            }
        };
        let cas = |site: Id<Site>| -> Vec<_> {
            topology.sites[site.index()].cas.iter().map(|cas| self.cas[cas.index()]).collect()
        };
        let mailbox = |site: Id<Site>| -> Vec<_> {
            topology.stores_in(site).into_iter().map(|group| self.mailbox[group.index()]).collect()
        };
        Some(match *target {
            Target::Station(_) => return None,
            Target::Link(link) => Struck { links: self.links[link.index()].to_vec(), ..Struck::default() },
            Target::Site(site) => Struck {
                stations: stations([cas(site), mailbox(site)].concat(), None),
                links: self.pipes[site.index()]
                    .into_iter()
                    .flatten()
                    .chain((0..topology.links.len()).flat_map(|link| {
                        let ends = topology.links[link].between.contains(&site);
                        self.links[link].into_iter().filter(move |_| ends)
                    }))
                    .collect(),
                silent: true,
                ..Struck::default()
            },
            Target::Pipe(site) => Struck {
                links: self.pipes[site.index()].into_iter().flatten().collect(),
                ..Struck::default()
            },
            Target::Service(site, protocol) => {
                let services = topology.sites[site.index()].cas.iter();
                let services = services.flat_map(|&cas| self.all_stations(cas, protocol)).collect();
                Struck { stations: stations(services, None), ..Struck::default() }
            }
            Target::ServerService { cas, number, protocol } => {
                let services = self.all_stations(cas, protocol).into_iter();
                let all = services.flat_map(|service| stations(vec![service], number)).collect();
                Struck { stations: all, ..Struck::default() }
            }
            Target::Server { cas, mailbox, number } => {
                let groups = cas.map(|cas| self.cas[cas.index()]).into_iter();
                let groups = groups.chain(mailbox.map(|group| self.mailbox[group.index()]));
                let all = groups.flat_map(|group| stations(vec![group], number)).collect();
                Struck { stations: all, ..Struck::default() }
            }
            Target::Balancer(site) => {
                let balancer = topology.sites[site.index()].balancer;
                Struck {
                    stations: stations(self.behind_balancer(topology, site), None),
                    // Of a pair the other one answers for it.
                    silent: balancer.take_over.is_none(),
                    take_over: balancer.take_over,
                    keeps_connections: balancer.take_over.is_some() && balancer.keeps_connections,
                    loses_affinity: balancer.take_over.is_some() && !balancer.keeps_affinity,
                    ..Struck::default()
                }
            }
            Target::Host(host) => {
                let group = self.hosts[host.index()]?;
                let first = network.groups[group.index()].first;
                let shared = network.shared.iter().find(|shared| shared.host == first)?;
                let all = std::iter::once(first).chain(shared.machines.iter().copied()).collect();
                Struck { stations: all, ..Struck::default() }
            }
            Target::Cas(site, one) => Struck { stations: stations(cas(site), one), ..Struck::default() },
            Target::Mailbox(site, one) => {
                Struck { stations: stations(mailbox(site), one), ..Struck::default() }
            }
        })
    }

    /// The path from a site to another, or to itself, of connections that have `windows` under way.
    pub(super) fn site_path(
        &self,
        topology: &Topology,
        (from, to): (Id<Site>, Id<Site>),
        windows: &Windows,
    ) -> Option<SitePath> {
        let path = topology.path(from, to)?;
        if path.is_empty() {
            let rtt = topology.sites[from.index()].lan_rtt.0;
            return Some(SitePath { rtt, cap: [f64::INFINITY; 2], ..SitePath::default() });
        }
        let rtt = topology.propagation(&path);
        Some(SitePath {
            out: path.iter().map(|&(link, way)| self.links[link.index()][way]).collect(),
            back: path.iter().rev().map(|&(link, way)| self.links[link.index()][1 - way]).collect(),
            rtt,
            cap: least(&pieces(topology, &path), windows),
        })
    }

    /// The path of a client at `from` to the servers of `site`, whose connection has `windows` under way. From the
    /// Internet a site without a pipe is reached through the site from which it is published, and the
    /// site links from there; else not at all.
    pub(super) fn client_path(
        &self,
        topology: &Topology,
        from: Location,
        site: Id<Site>,
        windows: &Windows,
    ) -> Result<ClientPath, Failure> {
        match from {
            Location::Site(here) => {
                let path = self.site_path(topology, (here, site), windows).ok_or(Failure::NoRoute)?;
                let hops = path.hops();
                // The client's own LAN is its access line; the rest lies between the sites.
                let rtt = if hops == 0 { 0 } else { path.rtt };
                let pieces = pieces(topology, &topology.path(here, site).unwrap_or_default());
                let (own, rest) = pieces.split_first().expect("a path has a piece");
                let (up, down) = (path.out, path.back);
                Ok(ClientPath {
                    up,
                    down,
                    rtt,
                    wan: rtt,
                    cap: path.cap,
                    initial_bits: windows.initial_bits,
                    window_bits: windows.bytes.map(|bytes| bytes.min(own.window) * 8.0),
                    beyond: own.rtt,
                    inner_cap: least(rest, windows),
                    hops,
                    last_mile: false,
                    publisher: None,
                })
            }
            Location::Internet(region) => {
                let gate = topology.internet_gate(site).ok_or(Failure::NameNotResolved)?;
                let region = &topology.regions[region.index()];
                Ok(self.client_path_through(topology, region, (gate, site), windows))
            }
        }
    }

    fn client_path_through(
        &self,
        topology: &Topology,
        region: &Region,
        (internet_site, site): (Id<Site>, Id<Site>),
        windows: &Windows,
    ) -> ClientPath {
        let [into, out_of] = self.pipes[internet_site.index()].expect("an Internet site has a pipe");
        let latency =
            topology.sites[internet_site.index()].internet.as_ref().map_or(0, |pipe| pipe.latency.0);
        let inner = self.site_path(topology, (internet_site, site), windows).unwrap_or_default();
        let detour = if inner.out.is_empty() { 0 } else { inner.rtt };
        let far = region.site_rtt.get(&internet_site).copied().unwrap_or(0.0);
        let rtt = 2 * latency + detour + nanos(far);
        let pieces = pieces(topology, &topology.path(internet_site, site).unwrap_or_default());
        let typical = rtt + nanos(region.rtt.mean());
        let publisher = topology.sites[internet_site.index()].publisher.as_ref();
        let (window, beyond, inner_cap) = if publisher.is_some_and(|publisher| publisher.ends_connections) {
            // Two connections with windows of their own, one on either side of it.
            (self.internet_window, 0, least(&pieces, windows))
        } else {
            let (own, rest) = pieces.split_first().expect("a path has a piece");
            (own.window.min(self.internet_window), own.rtt, least(rest, windows))
        };
        let outer = Piece { rtt: typical - detour + beyond, window };
        let cap = [UP, DOWN].map(|way| inner_cap[way].min(outer.cap(windows.bytes[way])));
        let capacity = publisher.and_then(|publisher| publisher.capacity.as_ref());
        let station = self.publishers.get(internet_site.index()).copied().flatten();
        let publisher = station.zip(capacity.map(|capacity| capacity.service_time.clone()));
        ClientPath {
            hops: inner.hops(),
            up: std::iter::once(into).chain(inner.out.iter().copied()).collect(),
            down: inner.back.iter().copied().chain(std::iter::once(out_of)).collect(),
            rtt,
            wan: detour,
            cap,
            initial_bits: windows.initial_bits,
            window_bits: windows.bytes.map(|bytes| bytes.min(window) * 8.0),
            beyond,
            inner_cap,
            last_mile: true,
            publisher,
        }
    }
}

/// How bindings to a group are spread: affinity by source address is a hash of it.
fn balancing(cas: &CasGroup) -> Balancing {
    match cas.switches.publishing.affinity {
        Some(Affinity::SourceAddress) => Balancing::ClientAffinity,
        _ => cas.balancing,
    }
}

/// What lies between two sites.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SitePath {
    /// Directions to cross, there.
    pub(super) out: Arc<[Id<LinkDirection>]>,
    /// Directions to cross on the way back.
    pub(super) back: Arc<[Id<LinkDirection>]>,
    /// Round trip of propagation, ns; inside a site its LAN's.
    pub(super) rtt: u64,
    /// Rate of one flow at most, there and back: window over round trip, bit/s.
    pub(super) cap: [f64; 2],
}

impl SitePath {
    /// Site links crossed.
    pub(super) fn hops(&self) -> u32 {
        self.out.len() as u32
    }
}

/// What lies between a client and its entry servers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClientPath {
    /// Directions to cross towards the servers.
    pub(super) up: Arc<[Id<LinkDirection>]>,
    /// Directions to cross towards the client.
    pub(super) down: Arc<[Id<LinkDirection>]>,
    /// Round trip beyond the client's own access line, ns.
    pub(super) rtt: u64,
    /// What of it is propagation over site links, ns.
    pub(super) wan: u64,
    /// Rate of one flow at most once windows are open, bit/s, [`UP`] and [`DOWN`].
    pub(super) cap: [f64; 2],
    /// What the client's connection has under way in its first round trip, bits, likewise.
    pub(super) initial_bits: [f64; 2],
    /// In any other, likewise.
    pub(super) window_bits: [f64; 2],
    /// What of that connection's round trip is propagation over site links, ns.
    pub(super) beyond: u64,
    /// Rate at most of the connections behind it, where something on the way ends the client's, bit/s.
    pub(super) inner_cap: [f64; 2],
    /// Site links among the directions.
    pub(super) hops: u32,
    /// The client has a last mile; otherwise it sits on a site's LAN.
    pub(super) last_mile: bool,
    /// The publisher that requests pass, with the time of a core that each costs, ns.
    pub(super) publisher: Option<(Id<StationGroup>, Distribution)>,
}
