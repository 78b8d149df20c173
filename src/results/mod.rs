//! What a run yields: the wall between simulating and presenting.
//!
//! Plain data with the names it needs, so that [`crate::output`] sees neither the
//! scenario nor the engine. Times in ns unless a name says otherwise. What is kept in
//! files ([`crate::store`]) holds ids and numbers; words are the output's.
//!
//! Rows stand in [`cells`], [`databases`], [`moves`], [`resources`], [`series`] and [`storms`]; [`objectives`] judges
//! them, [`run`] holds all of it; [`adaptive`] is what a study found out for itself; [`identity`] says which
//! results may stand beside each other.

pub mod adaptive;
pub mod assumed;
pub mod busiest;
pub mod cells;
pub mod changes;
pub mod compared;
pub mod databases;
pub mod findings;
pub mod flows;
pub mod identity;
pub mod limits;
pub mod moves;
pub mod names;
pub mod objectives;
pub mod percentiles;
pub mod planned;
pub mod pooled;
pub mod purchase;
pub mod resources;
pub mod run;
pub mod sensitive;
pub mod series;
pub mod sessions;
pub mod setup;
pub mod storms;
pub mod swept;
pub mod warnings;

pub use adaptive::{Goal, Headroom, Reached, Warmup};
pub use busiest::Busiest;
pub use cells::{
    Cell, CellCounts, CellKey, CellReplication, Explanation, FailureRow, LateBy, UserReplication, Users,
};
pub use databases::{Mount, Mounting, Stretch};
pub use flows::{Flow, FlowCounts, FlowKey};
pub use identity::{Identity, RESULTS};
pub use moves::{Copied, CopiedRow};
pub use names::{NONE, Names};
pub use percentiles::Percentile;
pub use resources::{
    Bottleneck, LimitKind, LimitUse, LinkEnds, LinkKind, LinkReplication, LinkRow, LinkUse, Scarce,
    ServerReplication, ServerRole, ServerRow,
};
pub use run::RunResult;
pub use series::{Series, SeriesKey, SeriesPoint};
pub use sessions::{NoSessions, RequestRow, SessionOutcome, SessionRecord, SessionSink, Sessions, SinkError};
pub use storms::{
    Incident, IncidentKind, STORM_REASON_TOKENS, STORM_REASONS, StormReplication, StormRow, StormSeries,
    Storms,
};
pub use warnings::{NotSteady, Overflow, Warning};
