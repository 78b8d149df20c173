//! What is asked for of resources and limits: the rows of the utilisation law.
//!
//! Must not know how it is found. Next: [`super::offered_load`].

use crate::clients::roster::SharedBy;
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::topology::{CasGroup, Host, MailboxGroup, Site, SiteLink};
use crate::model::workload::{CustomLink, CustomStation};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Resource {
    /// Cores of a Client Access server group.
    Cas(Id<CasGroup>),
    /// Cores of a Mailbox server group.
    Mailbox(Id<MailboxGroup>),
    /// Cores of the publisher before a site.
    Publisher(Id<Site>),
    /// Cores of a host, of which its machines ask.
    Host(Id<Host>),
    /// A direction (0 or 1) of a site link.
    Link(Id<SiteLink>, usize),
    /// A site's Internet pipe: 0 is inwards, 1 outwards.
    Pipe(Id<Site>, usize),
    /// A custom station.
    Station(Id<CustomStation>),
    /// A custom link.
    CustomLink(Id<CustomLink>),
}

/// Who counts what a limit allows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Counter {
    /// A Client Access server group.
    Cas(Id<CasGroup>),
    /// The addresses that clients share.
    Translation(SharedBy),
}

impl Resource {
    /// Whether it is a link direction; else it is servers.
    #[must_use]
    pub fn is_link(self) -> bool {
        matches!(self, Self::Link(..) | Self::Pipe(..) | Self::CustomLink(_))
    }
}

/// Load offered to one resource in its busiest hour.
#[derive(Clone, PartialEq, Debug)]
pub struct OfferedLoad {
    /// The resource.
    pub resource: Resource,
    /// Its name as in tables of results.
    pub name: String,
    /// Demand in that hour: cores, or bit/s. Where some of it is down then, as much as asks the
    /// same of the rest; where clients hash to servers, as much as the busiest server is asked for
    /// at each.
    pub demand: f64,
    /// Mean demand over the measured window, likewise.
    pub mean: f64,
    /// Capacity: cores of the whole group, or bit/s for this traffic.
    pub capacity: f64,
    /// Beginning of the hour.
    pub from: SimTime,
    /// Its length: an hour, or the window where that is shorter.
    pub length: SimSpan,
    /// Core-ns or bits in it of the populations that ask for any, each with its number, in their order; empty for
    /// custom ones.
    pub by_population: Vec<(u32, f64)>,
    /// Demand over capacity by interval of the window; empty for custom ones.
    pub shares: Vec<f64>,
}

impl OfferedLoad {
    /// Demand over capacity.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        self.demand / self.capacity
    }

    /// Demand over capacity, over the whole measured window.
    #[must_use]
    pub fn mean_utilisation(&self) -> f64 {
        self.mean / self.capacity
    }
}

/// What clients hold of one limit in its busiest hour, by Little's law: rate times mean
/// time held, without queues.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitDemand {
    /// Kind of the limit, of [`crate::results::limits::ALL`].
    pub kind: &'static str,
    /// Who counts.
    pub counter: Counter,
    /// The name of the servers there, or of what counts, as in tables of results.
    pub name: String,
    /// What tells it from others of its kind there: the servers at the far end, what is counted
    /// alone.
    pub apart: String,
    /// Mean units in that hour at one server, one pair of servers, or of the user or address that
    /// has most.
    pub mean: f64,
    /// Units that there are there.
    pub limit: u32,
    /// Mean units over the measured window, likewise.
    pub window_mean: f64,
    /// Held for the length of a session; else for that of a request, so that bursts
    /// exceed the mean.
    pub by_sessions: bool,
    /// By what factor the load can grow until the limit is met now and then.
    pub growth: f64,
    /// Beginning of the hour.
    pub from: SimTime,
    /// Its length: an hour, or the window where that is shorter.
    pub length: SimSpan,
    /// Unit-ns in it of the populations that hold any, each with its number, in their order; core-ns where it is a
    /// queue.
    pub by_population: Vec<(u32, f64)>,
    /// Mean units over the limit by interval of the window.
    pub shares: Vec<f64>,
}

/// Standard deviations of a Poisson number that a burst lies above its mean.
const BURST: f64 = 3.0;

impl LimitDemand {
    /// Units that are held now and then: three standard deviations above the mean,
    /// where requests come at random (Poisson) and hold one each.
    #[must_use]
    pub fn peak(&self) -> f64 {
        if self.by_sessions { self.mean } else { self.mean + BURST * self.mean.sqrt() }
    }

    /// The factor at which [`Self::peak`] reaches the limit: units grow with the load.
    #[must_use]
    pub fn growth_by_units(&self) -> f64 {
        let limit = f64::from(self.limit);
        if self.by_sessions {
            return limit / self.mean;
        }
        // m + 3 sqrt(m) = limit.
        let root = ((BURST * BURST + 4.0 * limit).sqrt() - BURST) / 2.0;
        root * root / self.mean
    }
}
