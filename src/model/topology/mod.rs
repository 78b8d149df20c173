//! The organisation: sites, servers, virtual directories, links, names.
//!
//! Must not know the rules ([`super::access`]) nor the load ([`super::workload`]).
//! Read `sites` for what there is, `organisation` for what holds everywhere.

pub mod dag;
mod organisation;
mod publisher;
mod routes;
mod sites;

pub use dag::{Dag, Loss, Stopped, Witness};
pub use organisation::{Contested, FirewallRule, NameFact, OrganisationSwitches, RtmDevice};
pub use publisher::{Delegation, PreAuthentication, Publisher, PublisherCapacity};
pub use routes::Links;
pub use sites::{
    Address, Balancer, CasGroup, DatabaseCopies, HealthCheck, Host, InternetPipe, LooksAt, MailboxGroup,
    MailboxServer, Namespace, Region, Services, Site, SiteLink, TakesOut, Way, host_of, utc_offset,
};

use super::release::Generation;
use crate::kernel::Id;

/// Servers that stand on a host: groups by role, and the numbers of their servers from 0.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Machines {
    /// Client Access servers.
    pub cas: Vec<(Id<CasGroup>, Vec<u32>)>,
    /// Mailbox servers.
    pub mailbox: Vec<(Id<MailboxGroup>, Vec<u32>)>,
}

impl Machines {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cas.is_empty() && self.mailbox.is_empty()
    }
}

/// The organisation.
#[derive(Clone, PartialEq, Debug)]
pub struct Topology {
    /// The rule set that servers follow unless they say otherwise.
    pub generation: Generation,
    /// Sites.
    pub sites: Vec<Site>,
    /// Client Access server groups.
    pub cas: Vec<CasGroup>,
    /// Mailbox server groups.
    pub mailbox: Vec<MailboxGroup>,
    /// Hosts of virtual machines.
    pub hosts: Vec<Host>,
    /// Database availability groups.
    pub dags: Vec<Dag>,
    /// Site links.
    pub links: Links,
    /// Names.
    pub namespaces: Vec<Namespace>,
    /// Internet regions; the first is the default one, called `Internet`.
    pub regions: Vec<Region>,
    /// Firewalls, facts about names, contested rules.
    pub switches: OrganisationSwitches,
}

impl Topology {
    /// An organisation without a site, for models of custom sources alone.
    #[must_use]
    pub fn empty(generation: Generation) -> Self {
        Self {
            generation,
            sites: Vec::new(),
            cas: Vec::new(),
            mailbox: Vec::new(),
            hosts: Vec::new(),
            dags: Vec::new(),
            links: Links::default(),
            namespaces: Vec::new(),
            regions: Vec::new(),
            switches: OrganisationSwitches::default(),
        }
    }

    /// The site of this name.
    #[must_use]
    pub fn site(&self, name: &str) -> Option<Id<Site>> {
        self.sites.iter().position(|s| s.name == name).map(Id::new)
    }

    /// The machines on a host: Client Access groups and Mailbox groups with the numbers of
    /// the servers that stand there, from 0.
    #[must_use]
    pub fn machines_on(&self, host: Id<Host>) -> Machines {
        let here = |hosts: &[Id<Host>], servers: u32| -> Vec<u32> {
            (0..servers).filter(|&number| host_of(hosts, number) == Some(host)).collect()
        };
        let cas = self.cas.iter().enumerate().map(|(at, cas)| (Id::new(at), here(&cas.hosts, cas.servers)));
        let mailbox = self.mailbox.iter().enumerate();
        let mailbox = mailbox.map(|(at, store)| (Id::new(at), here(&store.hosts, store.servers)));
        Machines {
            cas: cas.filter(|(_, numbers)| !numbers.is_empty()).collect(),
            mailbox: mailbox.filter(|(_, numbers)| !numbers.is_empty()).collect(),
        }
    }

    /// Whether MAPI over HTTP is on.
    #[must_use]
    pub fn mapi_http(&self) -> bool {
        let releases = self.cas.iter().map(|group| group.generation);
        self.switches.mapi_http.unwrap_or_else(|| super::setup::mapi_http(releases))
    }

    /// A site link by its name, or as the only one between two sites, which may be named in
    /// either order.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<Id<SiteLink>> {
        let site = |id: Id<Site>| self.sites[id.index()].name.as_str();
        let joins = |link: &SiteLink| {
            let [a, b] = link.between.map(site);
            name == format!("{a}-{b}") || name == format!("{b}-{a}")
        };
        let by_name = self.links.iter().position(|link| link.name == name);
        let by_ends = || {
            let mut found = self.links.iter().enumerate().filter(|(_, link)| joins(link));
            found.next().filter(|_| found.next().is_none()).map(|(at, _)| at)
        };
        by_name.or_else(by_ends).map(Id::new)
    }

    /// The group to whose members a Mailbox server belongs, if it does.
    #[must_use]
    pub fn dag_of(&self, server: MailboxServer) -> Option<&Dag> {
        self.dags.iter().find(|dag| dag.members.contains(&server))
    }

    /// The site of a Mailbox server.
    #[must_use]
    pub fn site_of_store(&self, server: MailboxServer) -> Id<Site> {
        self.mailbox[server.group.index()].site
    }

    /// The groups of Mailbox servers at which mailboxes are at home: all but passive nodes.
    pub fn homes(&self) -> impl Iterator<Item = (Id<MailboxGroup>, &MailboxGroup)> {
        let all = self.mailbox.iter().enumerate().map(|(at, group)| (Id::new(at), group));
        all.filter(|(_, group)| group.passive_of.is_none())
    }

    /// The passive nodes of a group of Mailbox servers (2007), if it has any.
    #[must_use]
    pub fn passive_nodes(&self, id: Id<MailboxGroup>) -> Option<&MailboxGroup> {
        self.mailbox.iter().find(|group| group.passive_of == Some(id))
    }

    /// Every group of Mailbox servers that stands in a site, the passive nodes behind all others.
    #[must_use]
    pub fn stores_in(&self, site: Id<Site>) -> Vec<Id<MailboxGroup>> {
        let here = |passive: bool| {
            let all = self.mailbox.iter().enumerate();
            all.filter(move |(_, group)| group.site == site && group.passive_of.is_some() == passive)
        };
        here(false).chain(here(true)).map(|(at, _)| Id::new(at)).collect()
    }

    /// The site of a witness.
    #[must_use]
    pub fn site_of_witness(&self, witness: Witness) -> Id<Site> {
        match witness {
            Witness::Site(site) => site,
            Witness::Server(cas) => self.cas[cas.index()].site,
        }
    }

    /// The Mailbox servers that mount no databases after a loss, before any person has done
    /// something about it: those that are lost, and members without a majority.
    #[must_use]
    pub fn stopped(&self, loss: &Loss) -> Vec<(MailboxServer, Stopped)> {
        let gone = |site: Id<Site>| loss.sites.contains(&site);
        let down = |server: MailboxServer| loss.servers.contains(&server) || gone(self.site_of_store(server));
        let mut stopped = Vec::new();
        if self.dags.is_empty() && loss.servers.is_empty() && loss.sites.is_empty() {
            return stopped;
        }
        for (number, group) in self.mailbox.iter().enumerate() {
            let servers = (0..group.servers)
                .map(|number_of| MailboxServer { group: Id::new(number), number: number_of });
            stopped.extend(servers.filter(|server| down(*server)).map(|server| (server, Stopped::Down)));
        }
        if self.dags.is_empty() {
            return stopped;
        }
        let whole = |(at, link): &(usize, &SiteLink)| {
            !loss.links.contains(&Id::new(*at)) && !link.between.iter().any(|site| gone(*site))
        };
        let links = self.links.iter().enumerate().filter(whole);
        let part = dag::parts(self.sites.len(), links.map(|(_, link)| link.between.map(Id::index)));
        for dag in &self.dags {
            let place = |server: MailboxServer| part[self.site_of_store(server).index()];
            let home = self.site_of_witness(dag.witness);
            let lost = gone(home) || matches!(dag.witness, Witness::Server(cas) if loss.cas.contains(&cas));
            let witness = (!lost).then(|| part[home.index()]);
            let up = |member: usize| Some(dag.members[member]).filter(|server| !down(*server)).map(place);
            let sides = dag.sides(up, witness);
            for side in sides.iter().filter(|side| side.votes < dag.majority()) {
                let why = Stopped::Minority { votes: side.votes, of: dag.votes() };
                stopped.extend(side.members.iter().map(|member| (dag.members[*member], why)));
            }
        }
        stopped
    }

    /// Where the databases of a Mailbox group are mounted while the servers that `lost` tells are
    /// lost: groups, with their shares of the databases, that at home first. What has no copy left
    /// stays at home.
    #[must_use]
    pub fn mounted(
        &self,
        home: Id<MailboxGroup>,
        lost: impl Fn(MailboxServer) -> bool,
    ) -> Vec<(Id<MailboxGroup>, f64)> {
        let group = &self.mailbox[home.index()];
        let Some(copies) = &group.copies else { return vec![(home, 1.0)] };
        let share = 1.0 / (f64::from(group.servers) * f64::from(copies.databases));
        let mut mounted: Vec<(Id<MailboxGroup>, f64)> = vec![(home, 0.0)];
        for number in 0..group.servers {
            for database in 0..copies.databases {
                let holders = copies.holders(MailboxServer { group: home, number }, database);
                let at =
                    holders.into_iter().find(|server| !lost(*server)).map_or(home, |server| server.group);
                match mounted.iter_mut().find(|known| known.0 == at) {
                    Some(known) => known.1 += share,
                    None => mounted.push((at, share)),
                }
            }
        }
        mounted.retain(|known| known.1 > 0.0);
        mounted
    }

    /// The host that clients of a name ask for in the end, in TLS and HTTP.
    #[must_use]
    pub fn host_asked(&self, name: Id<Namespace>) -> &str {
        let own = &self.namespaces[name.index()];
        match own.leads_to {
            Some((way, to)) if way.renames() => &self.namespaces[to.index()].name,
            _ => &own.name,
        }
    }

    /// The site in which an address lies.
    #[must_use]
    pub fn site_of_address(&self, address: Address) -> Id<Site> {
        match address {
            Address::Site(site) => site,
            Address::Server(group, _) => self.cas[group.index()].site,
        }
    }

    /// The addresses of a name that has several in one answer, as they are told inside or
    /// on the Internet; empty for any other name.
    #[must_use]
    pub fn addresses(&self, name: &Namespace, inside: bool) -> Vec<Address> {
        let sites = if inside && !name.inside.is_empty() { &name.inside } else { &name.internet };
        let told = |address: &&Address| sites.contains(&self.site_of_address(**address));
        name.addresses.iter().filter(told).copied().collect()
    }

    /// The site through whose Internet connection clients on the Internet reach a site:
    /// itself, else the one from which its servers are published.
    #[must_use]
    pub fn internet_gate(&self, site: Id<Site>) -> Option<Id<Site>> {
        let here = &self.sites[site.index()];
        if here.internet.is_some() {
            return Some(site);
        }
        let gate = here.published_from?;
        (self.sites[gate.index()].internet.is_some() && self.path(gate, site).is_some()).then_some(gate)
    }

    /// What clients on the Internet pass on their way to a site, if that is stated.
    #[must_use]
    pub fn publisher_before(&self, site: Id<Site>) -> Option<&Publisher> {
        self.sites[self.internet_gate(site)?.index()].publisher.as_ref()
    }

    /// Shortest path by one-way latency, then by number of links, then by link
    /// order: the links to cross and the direction (0 or 1) of each. Empty for
    /// the same site, `None` where no path exists.
    #[must_use]
    pub fn path(&self, from: Id<Site>, to: Id<Site>) -> Option<Vec<(Id<SiteLink>, usize)>> {
        self.links.path(self.sites.len(), (from.index(), to.index()))
    }

    /// Propagation over the links of a path and back, ns.
    #[must_use]
    pub fn propagation(&self, path: &[(Id<SiteLink>, usize)]) -> u64 {
        path.iter().map(|&(link, _)| 2 * self.links[link.index()].latency.0).sum()
    }
}
