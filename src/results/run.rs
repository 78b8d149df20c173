//! The result of all replications, whole.

use serde::{Deserialize, Serialize};

use super::adaptive::{Headroom, Reached, Warmup};
use super::cells::{Cell, Explanation, FailureRow, Users};
use super::databases::Stretch;
use super::findings::Finding;
use super::flows::Flow;
use super::moves::CopiedRow;
use super::names::Names;
use super::resources::{Bottleneck, LinkRow, LinkUse, ServerRow};
use super::series::Series;
use super::storms::Storms;
use super::warnings::Warning;
use crate::kernel::SimSpan;

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
    /// Day of the week on which the window begins by that clock, 0 is Monday; `None` where the
    /// scenario tells no day from another.
    pub weekday: Option<u8>,
    /// Percentiles of latency that are shown, 0 to 100, ascending.
    pub percentiles: Vec<f64>,
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
    /// Rows of `objectives.csv`: every goal, judged; empty until then, and without goals.
    pub objectives: Vec<Finding>,
    /// Rows of `servers.csv`, in model order.
    pub servers: Vec<ServerRow>,
    /// Rows of `links.csv`, in model order.
    pub links: Vec<LinkRow>,
    /// Rows of `link_users.csv`, by link.
    pub link_users: Vec<LinkUse>,
    /// `timeline.csv`.
    pub series: Vec<Series>,
    /// `failures.csv`.
    pub failures: Vec<FailureRow>,
    /// What the linter knows of them; empty until it was asked.
    pub explanations: Vec<Explanation>,
    /// Rows of `flows.csv`, by key.
    pub flows: Vec<Flow>,
    /// Of a steady-state run, the warm-up that was found.
    pub steady: Option<Warmup>,
    /// Where a precision was asked for, how far the search came.
    pub precision: Option<Reached>,
    /// `outages.csv`.
    pub storms: Storms,
    /// `databases.csv`; empty where none left its server.
    pub databases: Vec<Stretch>,
    /// `moves.csv`.
    pub copied: Vec<CopiedRow>,
    /// `bottlenecks.csv`, worst first; empty until ranked.
    pub bottlenecks: Vec<Bottleneck>,
    /// How far the load could grow, where that was simulated.
    pub headroom: Option<Headroom>,
    /// Findings about the run itself.
    pub warnings: Vec<Warning>,
}

impl RunResult {
    /// By what factor the load could grow until the first server, link or limit is full, by the
    /// law and what was simulated, and which that is.
    #[must_use]
    pub fn law_headroom(&self) -> Option<(f64, &Bottleneck)> {
        let rows = self.bottlenecks.iter().filter_map(|row| Some((row.headroom()?, row)));
        rows.reduce(|lowest, row| if row.0 < lowest.0 { row } else { lowest })
    }
}
