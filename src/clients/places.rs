//! Where a topology lies in a network: which stations and link directions stand for what.
//!
//! Data alone; `compile` lays it out. Must not know who travels there.

use crate::itinerary::{LinkDirection, StationGroup};
use crate::kernel::Id;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, Site};

/// Where each part of a topology lies in the network.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// Station group of each Client Access server group.
    pub cas: Vec<Id<StationGroup>>,
    /// Station group of each Mailbox server group.
    pub mailbox: Vec<Id<StationGroup>>,
    /// Directions of each site link, as in [`crate::model::topology::SiteLink::between`].
    pub links: Vec<[Id<LinkDirection>; 2]>,
    /// By site: into it from the Internet, and out of it.
    pub pipes: Vec<Option<[Id<LinkDirection>; 2]>>,
    /// By site: the publisher before it, where its capacity is stated.
    pub publishers: Vec<Option<Id<StationGroup>>>,
    /// By host: what stands for it, where machines stand on it.
    pub hosts: Vec<Option<Id<StationGroup>>>,
    /// Bit/s of each direction before the share that other traffic has, with its id.
    pub raw_bandwidths: Vec<(Id<LinkDirection>, f64)>,
    /// TCP window of a flow over an Internet pipe, bytes.
    pub(super) internet_window: f64,
    /// Services that fail on their own, or with the balancer before them: Client Access group,
    /// protocol, and a station whose connections are those of the service.
    pub service_stations: Vec<(Id<CasGroup>, Protocol, Id<StationGroup>)>,
    /// The same for requests that other servers forward past the balancer, where it may fail.
    pub forwarded_stations: Vec<(Id<CasGroup>, Protocol, Id<StationGroup>)>,
    /// Sites whose balancer may fail.
    pub failing_balancers: Vec<Id<Site>>,
    /// What translates the addresses of clients, as stations that serve nothing.
    pub translations: Vec<(SharedBy, Id<StationGroup>)>,
}

/// Whose clients share addresses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SharedBy {
    /// Those of a region.
    Region(usize),
    /// Those of a population, where it sits at home.
    Population(usize),
}
