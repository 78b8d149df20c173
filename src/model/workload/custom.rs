//! Custom sources: sessions of one request each over stations, links and delays that
//! are no Exchange.

use crate::kernel::distribution::Distribution;
use crate::kernel::{Id, SimSpan, SimTime};

/// A custom station.
#[derive(Clone, PartialEq, Debug)]
pub struct CustomStation {
    /// Name.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// Servers that share the work round robin, each with its own queue.
    pub servers: u32,
    /// Cores of each.
    pub cores: u32,
    /// Places to wait at each; `None` is unlimited.
    pub queue_limit: Option<u32>,
    /// Service demand, ns.
    pub service: Distribution,
}

/// A custom processor-sharing link (one direction).
#[derive(Clone, PartialEq, Debug)]
pub struct CustomLink {
    /// Name.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// Bit/s.
    pub bandwidth: f64,
    /// Volume of a transfer, bits.
    pub volume: Distribution,
}

/// A custom delay without contention.
#[derive(Clone, PartialEq, Debug)]
pub struct CustomDelay {
    /// Name.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// Length, ns.
    pub span: Distribution,
}

/// One stop of a custom route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visit {
    /// A station.
    Station(Id<CustomStation>),
    /// A link.
    Link(Id<CustomLink>),
    /// A delay, so many times.
    Delay(Id<CustomDelay>, u32),
}

/// A stop and where it leads.
#[derive(Clone, PartialEq, Debug)]
pub struct RouteNode {
    /// The stop.
    pub visit: Visit,
    /// Probability and next node; `None` leaves. Sums to 1.
    pub next: Vec<(f64, Option<usize>)>,
}

/// A class of a source's sessions.
#[derive(Clone, PartialEq, Debug)]
pub struct CustomClass {
    /// Name.
    pub name: String,
    /// Probability that a session is of this class.
    pub probability: f64,
    /// Stops; empty means that a session ends where it begins.
    pub nodes: Vec<RouteNode>,
    /// Node at which it begins.
    pub entry: usize,
}

/// How a source's sessions arrive.
#[derive(Clone, PartialEq, Debug)]
pub enum Arrivals {
    /// Poisson at a constant rate, 1/s.
    Poisson {
        /// 1/s.
        rate: f64,
    },
    /// Poisson with a rate that is constant on pieces: (from, rate in 1/s), sorted; zero before the first.
    Varying(Vec<(SimTime, f64)>),
    /// So many users who think, ask, and think again; they begin by thinking.
    Closed {
        /// Number of users.
        users: u32,
        /// Think time, ns.
        think: Distribution,
    },
    /// At these instants.
    Trace(Vec<SimTime>),
}

/// A custom source of sessions of one request each.
#[derive(Clone, PartialEq, Debug)]
pub struct CustomSource {
    /// Name.
    pub name: String,
    /// Name by which its draws are opened.
    pub stream: String,
    /// Arrival process.
    pub arrivals: Arrivals,
    /// Classes, probabilities sum to 1.
    pub classes: Vec<CustomClass>,
    /// Attempts after the first that a session makes when it is refused or cut off.
    pub retries: u32,
    /// First wait before trying again; it doubles each time.
    pub retry_backoff: SimSpan,
}
