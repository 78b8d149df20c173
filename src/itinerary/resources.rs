//! What a network is made of: stations in groups, link directions, pools.
//!
//! Plain data; what happens at them is [`crate::sim`]'s. Must not know the legs that
//! name them ([`super::legs`]).

use crate::kernel::Id;

/// How new work is spread over the servers of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Balancing {
    /// Each new binding goes to the next server.
    #[default]
    RoundRobin,
    /// Each new binding goes to the server with the fewest bound or present; ties to the first.
    LeastConnections,
    /// A client always reaches the same server, by a hash of its name.
    ClientAffinity,
}

/// FCFS service in order of arrival by `cores` identical cores, with a finite or
/// infinite queue. One server of a group is one station.
#[derive(Clone, PartialEq, Debug)]
pub struct Station {
    /// Cores, at least 1.
    pub cores: u32,
    /// Places to wait, those in service not counted; `u32::MAX` is unlimited.
    pub queue_limit: u32,
    /// The group that it belongs to.
    pub group: Id<StationGroup>,
    /// Keep the distribution of waiting and sojourn times (for custom models and theory tests).
    pub keep_visits: bool,
}

/// Cores that the work of several stations shares: the machines of a host. A station that
/// stands for the host is busy with what they all do; nothing visits it.
#[derive(Clone, PartialEq, Debug)]
pub struct SharedCores {
    /// The station that stands for the host; its cores are those that there are.
    pub host: u32,
    /// The stations whose work needs a core of the host beside their own.
    pub machines: Vec<u32>,
}

/// Servers among which a balancing policy chooses.
#[derive(Clone, PartialEq, Debug)]
pub struct StationGroup {
    /// Name in tables.
    pub name: String,
    /// First station of the group.
    pub first: u32,
    /// Number of stations.
    pub count: u32,
    /// How a new binding is placed.
    pub balancing: Balancing,
    /// Pool counted for each bound request or session, if there is one a server;
    /// pools of a group follow each other as its stations do.
    pub first_pool: Option<u32>,
}

/// One direction of a link: what crosses it shares it max-min fairly, with a rate cap a flow.
#[derive(Clone, PartialEq, Debug)]
pub struct LinkDirection {
    /// Name in tables: `Amsterdam>Boston`.
    pub name: String,
    /// Capacity for this traffic, bit/s.
    pub bandwidth: f64,
}

/// A counted resource: connections of a server, ports, held requests.
#[derive(Clone, PartialEq, Debug)]
pub struct Pool {
    /// Name in tables.
    pub name: String,
    /// Units, `u32::MAX` is unlimited. A full pool refuses.
    pub limit: u32,
}

/// What happens to a request that asks for a unit of a pool that is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenFull {
    /// It ends, refused with the family's reason.
    Refuse,
    /// It waits for a unit, first come, first served.
    Wait,
}

/// What a family of pools counts apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Each server of the group.
    Server,
    /// Each pair of a server of the group and a server of this one.
    Pair(Id<StationGroup>),
    /// Each server of the group and each of so many keys: users, addresses.
    Key(u32),
}

/// One limit that stands many times: a pool for each of what it counts apart.
#[derive(Clone, PartialEq, Debug)]
pub struct PoolFamily {
    /// Kind of limit.
    pub kind: &'static str,
    /// Servers at which it stands.
    pub group: Id<StationGroup>,
    /// What it counts apart.
    pub counted: Counted,
    /// What tells it from others of its kind at these servers, in words: the servers at the
    /// far end, what it counts alone. Empty where there is one.
    pub apart: String,
    /// Units of each pool, `u32::MAX` is unlimited.
    pub limit: u32,
    /// What happens when it is full.
    pub when_full: WhenFull,
    /// The caller's reason for a refusal.
    pub reason: u8,
}
