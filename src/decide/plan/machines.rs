//! The machines of a scenario: servers alike that are bought with all their roles, and which of
//! them go with what is lost.
//!
//! Must not know prices nor what is judged. Next: [`super::cases`].

use crate::kernel::Id;
use crate::model::topology::{CasGroup, MailboxGroup, Site, Topology, host_of};
use crate::model::workload::Target;
use crate::scenario::{Override, Scenario, key};

/// Servers alike: a role of a site, or a `[[site.server]]` with all its roles.
#[derive(Clone, PartialEq, Debug)]
pub struct Pool {
    /// Its name as a server: `Boston-CAS`, `MBX-1`.
    pub name: String,
    /// Name of its site.
    pub site: String,
    /// Paths of the tables of its roles.
    pub roles: Vec<String>,
    /// Path of the table that has them, where that is a `[[site.server]]`.
    pub own: Option<String>,
    /// Whether they are Client Access servers, Mailbox servers.
    pub has: [bool; 2],
    /// Servers that there are, at least 1.
    pub servers: u32,
    /// Cores of each.
    pub cores: u32,
    /// Clock of a core, MHz.
    pub mhz: f64,
}

impl Pool {
    /// All of a scenario, in the order of its groups of servers. Passive nodes belong to their
    /// active ones.
    #[must_use]
    pub fn all(scenario: &Scenario) -> Vec<Self> {
        let topology = &scenario.model.topology;
        let mut pools: Vec<Self> = Vec::new();
        for group in &topology.cas {
            let site = &topology.sites[group.site.index()].name;
            let role = (site.as_str(), group.name.as_str(), "cas");
            pools.push(Self::of(role, (group.servers, group.cores, group.mhz)));
        }
        for group in topology.mailbox.iter().filter(|group| group.passive_of.is_none()) {
            let site = &topology.sites[group.site.index()].name;
            let pool =
                Self::of((site, group.name.as_str(), "mailbox"), (group.servers, group.cores, group.mhz));
            // One machine with both roles, where there are as many of either.
            let both = pools
                .iter_mut()
                .find(|known| known.own.is_some() && known.own == pool.own && known.servers == pool.servers);
            match both {
                Some(known) => {
                    known.roles.extend(pool.roles);
                    known.has[1] = true;
                }
                None => pools.push(pool),
            }
        }
        pools
    }

    fn of((site, name, role): (&str, &str, &str), (servers, cores, mhz): (u32, u32, f64)) -> Self {
        let suffix = if role == "cas" { "-CAS" } else { "-MBX" };
        let own = (name.strip_suffix(suffix) != Some(site))
            .then(|| format!("site.{}.server.{}", key(site), key(name)));
        let table = own.clone().unwrap_or_else(|| format!("site.{}", key(site)));
        Self {
            name: name.to_owned(),
            site: site.to_owned(),
            roles: vec![format!("{table}.{role}")],
            own,
            has: [role == "cas", role == "mailbox"],
            servers,
            cores,
            mhz,
        }
    }

    /// As an administrator calls so many of them.
    #[must_use]
    pub fn label(&self, servers: u32) -> String {
        let s = if servers == 1 { "" } else { "s" };
        match (&self.own, self.has) {
            (None, [true, _]) => format!("{}: {servers} Client Access server{s}", self.site),
            (None, _) => format!("{}: {servers} Mailbox server{s}", self.site),
            (Some(_), _) => format!("{}: {servers} {}", self.site, self.name),
        }
    }

    /// What sets their number.
    #[must_use]
    pub fn number(&self, servers: u32) -> Vec<Override> {
        self.set("servers", &servers.to_string())
    }

    /// What sets a key of each role.
    #[must_use]
    pub fn set(&self, name: &str, value: &str) -> Vec<Override> {
        let set = |role: &String| Override { path: format!("{role}.{name}"), value: value.to_owned() };
        self.roles.iter().map(set).collect()
    }

    /// Its groups in a topology: of Client Access and of Mailbox servers.
    #[must_use]
    pub fn groups(&self, topology: &Topology) -> (Option<Id<CasGroup>>, Option<Id<MailboxGroup>>) {
        let cas = topology.cas.iter().position(|group| group.name == self.name && self.has[0]);
        let mailbox = topology.mailbox.iter().position(|group| group.name == self.name && self.has[1]);
        (cas.map(Id::new), mailbox.map(Id::new))
    }

    /// How many there are in a topology.
    #[must_use]
    pub fn count(&self, topology: &Topology) -> u32 {
        let (cas, mailbox) = self.groups(topology);
        let front = cas.map(|id| topology.cas[id.index()].servers);
        front.or(mailbox.map(|id| topology.mailbox[id.index()].servers)).unwrap_or(0)
    }

    /// Whether its databases have copies elsewhere.
    #[must_use]
    pub fn has_copies(&self, topology: &Topology) -> bool {
        let (_, mailbox) = self.groups(topology);
        mailbox.is_some_and(|id| topology.mailbox[id.index()].copies.is_some())
    }

    /// Whether a target is these servers, one of them, or their site.
    #[must_use]
    pub fn is_struck(&self, target: &Target, topology: &Topology) -> bool {
        let (cas, mailbox) = self.groups(topology);
        let here = |site: &Id<Site>| topology.sites[site.index()].name == self.site;
        match target {
            Target::Site(site) => here(site),
            Target::Cas(site, _) => here(site) && self.has[0],
            Target::Mailbox(site, _) => here(site) && self.has[1],
            Target::Server { cas: front, mailbox: store, .. } => {
                front.is_some() && *front == cas || store.is_some() && *store == mailbox
            }
            _ => false,
        }
    }

    /// Numbers from 0 of those that stand on a host.
    #[must_use]
    pub fn on_host(&self, topology: &Topology, host: &str) -> Vec<u32> {
        let (cas, mailbox) = self.groups(topology);
        let front = cas.map(|id| &topology.cas[id.index()].hosts);
        let Some(hosts) = front.or(mailbox.map(|id| &topology.mailbox[id.index()].hosts)) else {
            return Vec::new();
        };
        let stands =
            |number: &u32| host_of(hosts, *number).is_some_and(|id| topology.hosts[id.index()].name == host);
        (0..self.count(topology)).filter(stands).collect()
    }

    /// The hosts that they stand on, but one.
    #[must_use]
    pub fn hosts_but(&self, topology: &Topology, host: &str) -> Vec<String> {
        let (cas, mailbox) = self.groups(topology);
        let front = cas.map(|id| &topology.cas[id.index()].hosts);
        let hosts = front.or(mailbox.map(|id| &topology.mailbox[id.index()].hosts));
        let names = hosts.into_iter().flatten().map(|id| topology.hosts[id.index()].name.clone());
        names.filter(|name| name != host).collect()
    }
}
