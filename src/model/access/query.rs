//! What a decision is asked, and what it may look at.
//!
//! [`AccessQuery`] is the public question; [`Query`] is the rules' view of the
//! directory: the entry, the mailbox, the Client Access servers of the mailbox's
//! site. Must not decide anything ([`super::rules`] does).

use super::answer::{Ends, Stop};
use crate::kernel::Id;
use crate::model::directory::{Service, Url, VirtualDirectory};
use crate::model::protocol::Protocol;
use crate::model::release::Generation;
use crate::model::topology::{CasGroup, MailboxGroup, MailboxServer, Site, SiteLink, Topology};

/// Where a client sits, as far as names and the Internet matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientPlace {
    /// On the Internet.
    Internet,
    /// On the network of a site.
    Inside(Id<Site>),
}

/// The device of an ActiveSync user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Device {
    /// Protocol version times ten: 12.1 is 121.
    pub version: u16,
    /// Whether it follows HTTP 451; `None`: from version 12.1 on (CONTESTED: one
    /// source says that 12.1 itself does not).
    pub follows_451: Option<bool>,
}

impl Device {
    /// Whether it follows HTTP 451.
    #[must_use]
    pub fn can_follow(self) -> bool {
        self.follows_451.unwrap_or(self.version >= 121)
    }
}

impl Default for Device {
    fn default() -> Self {
        Self { version: 121, follows_451: None }
    }
}

/// The path that an OWA user typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OwaPath {
    /// `/owa`
    #[default]
    Owa,
    /// `/exchange`, `/public` or `/exchweb`
    Exchange,
}

/// What is known of the client beyond protocol, entry and mailbox; the default is
/// an up-to-date client that comes in where the entry can be reached.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller<'t> {
    /// Where it sits; `None`: on the Internet if the entry's site is connected to
    /// it, else inside that site.
    pub place: Option<ClientPlace>,
    /// Host that the user typed; `None`: that of the entry's ExternalURL.
    pub host: Option<&'t str>,
    /// Path that an OWA user typed.
    pub path: OwaPath,
    /// The device of an ActiveSync user.
    pub device: Device,
    /// Whether a Client Access server forwarded the request already.
    pub proxied: bool,
    /// Groups of servers that are down, by role: a machine with both roles has two.
    pub down: &'t [Stop],
    /// Services that are down on servers that are up. Whoever leads there does not know.
    pub stopped: &'t [(Id<CasGroup>, Protocol)],
    /// Groups whose balancer is down: no client enters there, and other servers reach them.
    pub behind: &'t [Id<CasGroup>],
    /// Site links that are down, both ways.
    pub cut: &'t [Id<SiteLink>],
}

/// What [`decide`](super::decide) is asked.
#[derive(Clone, Copy, Debug)]
pub struct AccessQuery<'t> {
    /// The organisation.
    pub topology: &'t Topology,
    /// Protocol of the client.
    pub protocol: Protocol,
    /// Group that the client's connection landed on.
    pub entry: Id<CasGroup>,
    /// Group that holds the mailbox.
    pub mailbox: Id<MailboxGroup>,
    /// The client.
    pub caller: Caller<'t>,
}

impl<'t> AccessQuery<'t> {
    /// The question for a client of which nothing more is known.
    #[must_use]
    pub fn new(
        topology: &'t Topology,
        protocol: Protocol,
        entry: Id<CasGroup>,
        mailbox: Id<MailboxGroup>,
    ) -> Self {
        Self { topology, protocol, entry, mailbox, caller: Caller::default() }
    }
}

/// What is found out about a topology once, for many decisions.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// Client Access groups of each site, by name.
    cas_of: Vec<Vec<Id<CasGroup>>>,
    /// Number of the connected part that each site lies in.
    part: Vec<usize>,
}

impl Index {
    /// Reads a topology; linear in sites, groups and links.
    pub(super) fn new(topology: &Topology) -> Self {
        let mut cas_of: Vec<Vec<Id<CasGroup>>> = vec![Vec::new(); topology.sites.len()];
        for (index, group) in topology.cas.iter().enumerate() {
            cas_of[group.site.index()].push(Id::new(index));
        }
        for groups in &mut cas_of {
            groups.sort_by(|a, b| topology.cas[a.index()].name.cmp(&topology.cas[b.index()].name));
        }
        let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); topology.sites.len()];
        for link in &topology.links {
            let [a, b] = link.between.map(Id::index);
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
        let mut part = vec![usize::MAX; topology.sites.len()];
        for start in 0..part.len() {
            if part[start] != usize::MAX {
                continue;
            }
            let mut open = vec![start];
            while let Some(site) = open.pop() {
                if part[site] == usize::MAX {
                    part[site] = start;
                    open.extend(&neighbours[site]);
                }
            }
        }
        Self { cas_of, part }
    }

    /// Client Access groups of a site, by name.
    pub(super) fn groups_of(&self, site: Id<Site>) -> &[Id<CasGroup>] {
        &self.cas_of[site.index()]
    }
}

/// The rules' view of one question.
#[derive(Debug)]
pub struct Query<'q> {
    /// The question.
    pub(super) ask: &'q AccessQuery<'q>,
    index: &'q Index,
}

impl<'q> Query<'q> {
    pub(super) fn new(ask: &'q AccessQuery<'q>, index: &'q Index) -> Self {
        Self { ask, index }
    }

    /// Protocol of the client.
    pub(super) fn protocol(&self) -> Protocol {
        self.ask.protocol
    }

    /// The organisation.
    pub(super) fn topology(&self) -> &'q Topology {
        self.ask.topology
    }

    /// The group that the client reached.
    pub(super) fn entry(&self) -> &'q CasGroup {
        self.cas(self.ask.entry)
    }

    /// The group that holds the mailbox.
    pub(super) fn mailbox(&self) -> &'q MailboxGroup {
        &self.ask.topology.mailbox[self.ask.mailbox.index()]
    }

    /// A Client Access group.
    pub(super) fn cas(&self, id: Id<CasGroup>) -> &'q CasGroup {
        &self.ask.topology.cas[id.index()]
    }

    /// Whether a Client Access group is known to be down.
    pub(super) fn down(&self, id: Id<CasGroup>) -> bool {
        self.ask.caller.down.contains(&Stop::Cas(id))
    }

    /// Whether the balancer before a Client Access group is down.
    pub(super) fn behind(&self, id: Id<CasGroup>) -> bool {
        self.ask.caller.behind.contains(&id)
    }

    /// Whether no client enters at a Client Access group: it is down, or its balancer is.
    pub(super) fn closed(&self, id: Id<CasGroup>) -> bool {
        self.down(id) || self.behind(id)
    }

    /// Whether the servers that hold the mailbox are down.
    pub(super) fn store_down(&self) -> bool {
        self.ask.caller.down.contains(&Stop::Mailbox(self.ask.mailbox))
    }

    /// Whether the service that is asked for is down on a group.
    pub(super) fn stopped(&self, id: Id<CasGroup>) -> bool {
        self.ask.caller.stopped.contains(&(id, self.protocol()))
    }

    /// What is asked of a group of servers that may be down. Members of a database availability
    /// group may be up without a majority, and mount nothing.
    pub(super) fn serves(&self, stop: Stop) -> String {
        match stop {
            Stop::Cas(id) => format!("{} is up", self.cas(id).name),
            Stop::Mailbox(group) => {
                let name = &self.topology().mailbox[group.index()].name;
                let member = self.topology().dag_of(MailboxServer { group, number: 0 }).is_some();
                if member { format!("databases are mounted on {name}") } else { format!("{name} is up") }
            }
        }
    }

    /// What is asked of a site link that may be down.
    pub(super) fn link_is_up(&self, link: Id<SiteLink>) -> String {
        format!("the line {} is up", self.topology().links[link.index()].name)
    }

    /// What is asked of the balancer before a Client Access group.
    pub(super) fn balancer_is_up(&self, id: Id<CasGroup>) -> String {
        format!("the balancer before {} is up", self.cas(id).name)
    }

    /// The first line on the way from one site to another that is down.
    pub(super) fn cut_between(&self, from: Id<Site>, to: Id<Site>) -> Option<Id<SiteLink>> {
        let cut = self.ask.caller.cut;
        if cut.is_empty() || from == to {
            return None;
        }
        let path = self.topology().path(from, to)?;
        path.into_iter().map(|(link, _)| link).find(|link| cut.contains(link))
    }

    /// That the service that is asked for is down on a server, in words.
    pub(super) fn service_down(&self, server: &str) -> (String, String) {
        (format!("{} service on {server} is up", self.protocol().title()), "no".to_owned())
    }

    /// The group with a front end on the machine that holds the mailbox, if its back end
    /// listens apart and is down: POP3 and IMAP4 from 2013 on.
    pub(super) fn stopped_back_end(&self) -> Option<Id<CasGroup>> {
        let mailbox = self.mailbox();
        let apart = self.protocol().is_mail() && mailbox.generation.major() >= 2013;
        let mut stopped = self.ask.caller.stopped.iter().filter(|(_, protocol)| *protocol == self.protocol());
        let own = |(id, _): &&(Id<CasGroup>, Protocol)| self.cas(*id).name == mailbox.name;
        stopped.find(own).filter(|_| apart).map(|(id, _)| *id)
    }

    /// The virtual directory behind the protocol on a group.
    pub(super) fn directory(&self, id: Id<CasGroup>) -> Option<&'q VirtualDirectory> {
        self.protocol().service().map(|service| self.cas(id).directory(service))
    }

    /// ExternalURL of the protocol's virtual directory on a group.
    pub(super) fn external(&self, id: Id<CasGroup>) -> Option<&'q Url> {
        self.directory(id)?.external_url.as_ref()
    }

    /// The site of a group of servers.
    pub(super) fn site_of(&self, stop: Stop) -> Id<Site> {
        match stop {
            Stop::Cas(id) => self.cas(id).site,
            Stop::Mailbox(id) => self.ask.topology.mailbox[id.index()].site,
        }
    }

    /// Name of a site.
    pub(super) fn site_name(&self, id: Id<Site>) -> &'q str {
        &self.ask.topology.sites[id.index()].name
    }

    /// Where the client sits.
    pub(super) fn place(&self) -> ClientPlace {
        self.ask.caller.place.unwrap_or_else(|| {
            let site = self.entry().site;
            if self.protocol().is_outlook_inside() {
                return ClientPlace::Inside(site);
            }
            if self.ask.topology.internet_gate(site).is_some() {
                ClientPlace::Internet
            } else {
                ClientPlace::Inside(site)
            }
        })
    }

    /// Whether a client in `place` can connect to a site at all: over the site links, or
    /// from the Internet through a pipe by which the site is published.
    pub(super) fn open_to(&self, place: ClientPlace, site: Id<Site>) -> bool {
        match place {
            ClientPlace::Internet => self.topology().internet_gate(site).is_some(),
            ClientPlace::Inside(from) => self.index.part[from.index()] == self.index.part[site.index()],
        }
    }

    /// Host by which the client came.
    pub(super) fn host_used(&self) -> Option<&'q str> {
        self.ask.caller.host.or_else(|| self.external(self.ask.entry).map(|url| url.host.as_str()))
    }

    /// Whether the entry stands in the mailbox's site.
    pub(super) fn same_site(&self) -> bool {
        self.entry().site == self.mailbox().site
    }

    /// Whether a group is the one machine that holds the mailbox, having both roles.
    pub(super) fn holds_the_mailbox(&self, id: Id<CasGroup>) -> bool {
        let (group, mailbox) = (self.cas(id), self.mailbox());
        // Several servers in a group: chance alone would hit the one with the copy.
        group.servers == 1 && mailbox.servers == 1 && group.name == mailbox.name
    }

    /// Whether entry and mailbox are of one major version.
    pub(super) fn same_major(&self) -> bool {
        self.entry().generation.major() == self.mailbox().generation.major()
    }

    /// Whether site links join the entry's site and the mailbox's.
    pub(super) fn joined(&self) -> bool {
        self.index.part[self.entry().site.index()] == self.index.part[self.mailbox().site.index()]
    }

    /// The first of these ports that a firewall closes from the entry's site to another.
    pub(super) fn closed_port(&self, to: Id<Site>, ports: &[u16]) -> Option<u16> {
        let from = self.entry().site;
        if from == to {
            return None;
        }
        ports.iter().copied().find(|port| {
            self.topology().switches.firewall.iter().any(|rule| {
                rule.from.is_none_or(|site| site == from)
                    && rule.to.is_none_or(|site| site == to)
                    && rule.ports.contains(port)
            })
        })
    }

    /// Whether a host name resolves inside.
    pub(super) fn resolves_inside(&self, host: &str) -> bool {
        let topology = self.topology();
        if let Some(fact) = topology.switches.names.iter().find(|fact| fact.host == host) {
            return fact.inside;
        }
        topology
            .namespaces
            .iter()
            .find(|n| n.name == host)
            .is_none_or(|n| !(n.inside.is_empty() && n.internet.is_empty()))
    }

    /// Client Access groups in the mailbox's site of the mailbox's major version, by name.
    pub(super) fn candidates(&self) -> impl Iterator<Item = Id<CasGroup>> + use<'q> {
        let (ask, index) = (self.ask, self.index);
        let mailbox = &ask.topology.mailbox[ask.mailbox.index()];
        let wanted = |generation: Generation| match generation.major() {
            // From 2013 on, servers of any of these releases serve one another.
            2013.. => 2013,
            major => major,
        };
        index
            .groups_of(mailbox.site)
            .iter()
            .copied()
            .filter(move |id| wanted(ask.topology.cas[id.index()].generation) == wanted(mailbox.generation))
    }

    /// Client Access groups that stand for an Exchange 2003 front end, by site and name.
    pub(super) fn front_end(&self) -> Option<Id<CasGroup>> {
        self.index.cas_of.iter().flatten().copied().find(|id| self.cas(*id).generation == Generation::E2003)
    }

    /// Where the protocol's directory lives, in words: `CAS-B1 /owa`.
    pub(super) fn directory_name(&self, id: Id<CasGroup>) -> String {
        let path = self.protocol().service().map_or("", Service::path);
        format!("{} {path}", self.cas(id).name)
    }
}

impl From<&Query<'_>> for Ends {
    fn from(q: &Query<'_>) -> Self {
        Self { protocol: q.ask.protocol, entry: q.ask.entry, mailbox: q.ask.mailbox }
    }
}

/// `on` or `off`.
pub(super) fn on_off(on: bool) -> String {
    if on { "on" } else { "off" }.to_owned()
}

/// Of what kind the certificate is that a hop to this host meets.
pub(super) fn certificate_words(target: &CasGroup, host: &str) -> &'static str {
    match (target.switches.self_signed, target.switches.publishing.certified(host)) {
        (true, _) => "self-signed",
        (false, true) => "trusted",
        (false, false) => "without the name of the URL",
    }
}

/// A URL in words.
pub(super) fn url_words(url: Option<&Url>) -> String {
    url.map_or_else(|| "not set".to_owned(), |u| u.text.clone())
}
