//! What a run yields: the wall between simulating and presenting.
//!
//! Plain data with the names it needs, so that [`crate::output`] sees neither the
//! scenario nor the engine. Times in ns unless a name says otherwise. What is kept in
//! files ([`crate::store`]) holds ids and numbers; words are the output's.
//!
//! Rows stand in [`cells`], [`resources`], [`series`] and [`storms`]; [`objectives`] judges
//! them; [`adaptive`] is what a study found out for itself; [`identity`] says which
//! results may stand beside each other.

pub mod adaptive;
pub mod cells;
pub mod identity;
pub mod objectives;
pub mod resources;
pub mod series;
pub mod sessions;
pub mod storms;
pub mod warnings;

use serde::{Deserialize, Serialize};

pub use adaptive::{Goal, Headroom, Reached, Warmup};
pub use cells::{Cell, CellCounts, CellKey, CellReplication, FailureRow, UserReplication, Users};
pub use identity::{Identity, RESULTS};
pub use resources::{
    Bottleneck, LimitKind, LimitUse, LinkReplication, LinkRow, Scarce, ServerReplication, ServerRole,
    ServerRow, limits,
};
pub use series::{Series, SeriesKey, SeriesPoint};
pub use sessions::{NoSessions, SessionOutcome, SessionRecord, SessionSink, Sessions, SinkError};
pub use storms::{
    Incident, IncidentKind, STORM_REASON_TOKENS, STORM_REASONS, StormReplication, StormRow, StormSeries,
    Storms,
};
pub use warnings::{NotSteady, Overflow, Warning};

use crate::kernel::SimSpan;

/// No site, server or namespace.
pub const NONE: u32 = u32::MAX;

/// Names behind the indices of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    /// Populations, then custom sources.
    pub populations: Vec<String>,
    /// Sites.
    pub sites: Vec<String>,
    /// Client locations: sites, then regions.
    pub locations: Vec<String>,
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Servers: one name a station of the engine.
    pub servers: Vec<String>,
    /// Mailboxes (or users of a closed source) of each population.
    pub mailboxes: Vec<u32>,
}

/// The result of all replications of one scenario.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunResult {
    /// Names.
    pub names: Names,
    /// Replications merged.
    pub replications: u32,
    /// Length of the measured window.
    pub window: SimSpan,
    /// Warm-up before it.
    pub warmup: SimSpan,
    /// Interval of the series.
    pub interval: SimSpan,
    /// UTC time of day at which the window began, ns since midnight.
    pub window_starts_at_utc: SimSpan,
    /// Offset for display: local time of the scenario's clock minus UTC, minutes.
    pub clock_offset_minutes: i32,
    /// Events processed over all replications.
    pub events: u64,
    /// Hash over every event (time, kind, index) of every replication.
    pub trajectory_hash: u64,
    /// Hash over every session's id and outcome, independent of their order.
    pub outcome_hash: u64,
    /// Rows of `summary.csv`, by key.
    pub cells: Vec<Cell>,
    /// By protocol and population.
    pub users: Vec<Users>,
    /// Rows of `servers.csv`, in model order.
    pub servers: Vec<ServerRow>,
    /// Rows of `links.csv`, in model order.
    pub links: Vec<LinkRow>,
    /// `timeline.csv`.
    pub series: Vec<Series>,
    /// `failures.csv`.
    pub failures: Vec<FailureRow>,
    /// Of a steady-state run, the warm-up that was found.
    pub steady: Option<Warmup>,
    /// Where a precision was asked for, how far the search came.
    pub precision: Option<Reached>,
    /// `outages.csv`.
    pub storms: Storms,
    /// `bottlenecks.csv`, worst first; empty until ranked.
    pub bottlenecks: Vec<Bottleneck>,
    /// How far the load could grow, where that was simulated.
    pub headroom: Option<Headroom>,
    /// Findings about the run itself.
    pub warnings: Vec<Warning>,
}

impl RunResult {
    /// By what factor the load could grow by the utilisation law, and what reaches its
    /// limit first.
    #[must_use]
    pub fn law_headroom(&self) -> Option<(f64, &Bottleneck)> {
        let rows = self.bottlenecks.iter().filter_map(|row| Some((row.headroom()?, row)));
        rows.reduce(|lowest, row| if row.0 < lowest.0 { row } else { lowest })
    }
}
