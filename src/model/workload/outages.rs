//! Outages and changes: what fails, and what is altered, in the course of a run.
//!
//! Must not know who notices ([`crate::clients`]).

use super::custom::CustomStation;
use super::population::Moved;
use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, Host, MailboxGroup, Site, SiteLink, Topology};

/// What an outage or a change strikes.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// A custom station.
    Station(Id<CustomStation>),
    /// Both directions of a site link.
    Link(Id<SiteLink>),
    /// A site: its servers, its Internet pipe and the site links that end there;
    /// nothing of it answers, not even with a refusal.
    Site(Id<Site>),
    /// The Internet pipe of a site alone.
    Pipe(Id<Site>),
    /// One service on the Client Access servers of a site.
    Service(Id<Site>, Protocol),
    /// One service of servers by their own name: of a group with all its servers, or of one
    /// by number from 0.
    ServerService {
        /// Their Client Access role.
        cas: Id<CasGroup>,
        /// Which server.
        number: Option<u32>,
        /// The service.
        protocol: Protocol,
    },
    /// The Client Access servers of a site: all, or one by number from 0.
    Cas(Id<Site>, Option<u32>),
    /// The Mailbox servers of a site: all, or one by number from 0.
    Mailbox(Id<Site>, Option<u32>),
    /// Servers by their own name: a group with all its servers, or one by number from 0.
    Server {
        /// Client Access role.
        cas: Option<Id<CasGroup>>,
        /// Mailbox role.
        mailbox: Option<Id<MailboxGroup>>,
        /// Which server.
        number: Option<u32>,
    },
    /// The balancer before the Client Access servers of a site.
    Balancer(Id<Site>),
    /// A host, with all machines on it.
    Host(Id<Host>),
}

/// What happens to the work at a thing that is down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OutageEffect {
    /// What is present fails at once, arrivals are refused.
    #[default]
    Kill,
    /// Arrivals are refused, present work is served on.
    Drain,
    /// Service stops, the queue stays, work resumes where it stood.
    Hold,
}

/// When an outage happens.
#[derive(Clone, PartialEq, Debug)]
pub enum OutageTiming {
    /// Once.
    Once {
        /// Begin; zero where it began before the run ([`Outage::before_run`]).
        at: SimTime,
        /// Length.
        span: SimSpan,
    },
    /// For ever.
    Periodic {
        /// First begin, likewise.
        first: SimTime,
        /// Length.
        span: SimSpan,
        /// From begin to begin.
        period: SimSpan,
    },
    /// Random up and down times, ns.
    Random {
        /// Time to failure.
        up: Distribution,
        /// Time to repair.
        down: Distribution,
    },
}

/// An outage.
#[derive(Clone, PartialEq, Debug)]
pub struct Outage {
    /// Name in results: as stated, else what it strikes.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// What it strikes.
    pub target: Target,
    /// When.
    pub timing: OutageTiming,
    /// How long before the run it began, once or for the first time; zero of one that
    /// begins in it, and of random ones.
    pub before_run: SimSpan,
    /// Effect.
    pub effect: OutageEffect,
}

impl Outage {
    /// Its first begin, ns since the run began; `None` of a random one.
    #[must_use]
    pub fn begin(&self) -> Option<i64> {
        match self.timing {
            OutageTiming::Once { at, .. } | OutageTiming::Periodic { first: at, .. } => {
                Some(at.0 as i64 - self.before_run.0 as i64)
            }
            OutageTiming::Random { .. } => None,
        }
    }
}

impl Change {
    /// When it takes effect, ns since the run began.
    #[must_use]
    pub fn begin(&self) -> i64 {
        self.at.0 as i64 - self.before_run.0 as i64
    }
}

/// A what-if in time: the topology from an instant on.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// Name in results: as stated, else what it sets.
    pub name: String,
    /// When it takes effect; zero where it did before the run.
    pub at: SimTime,
    /// How long before the run it took effect; zero where it does in it.
    pub before_run: SimSpan,
    /// The topology after it (same sites, groups, links and names in the same order).
    pub topology: Topology,
    /// By population: the mailboxes that have been moved after it.
    pub moved: Vec<Option<Moved>>,
}
