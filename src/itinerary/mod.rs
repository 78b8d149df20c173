//! Itineraries: the legs that one exchange has to travel.
//!
//! A [`Network`] is what the engine executes: stations in groups, link
//! directions, connection pools, and programs of [`Leg`]s. It would describe any
//! queueing network; nothing in it is Exchange's. The lowest layer beside
//! [`crate::kernel`]: [`crate::clients`] compiles decisions into it, [`crate::sim`]
//! walks it, results and charts name its [`Part`]s. Must know none of them.
//! Read `parts`, `resources`, `slow_start`, `legs`, then `network`.

mod legs;
mod network;
mod parts;
mod resources;
mod slow_start;

pub use legs::{Amount, HOLDS, Leg, LegPlace, PARAMS, Program, SLOTS};
pub use network::Network;
pub use parts::{PARTS, Part};
pub use resources::{
    Balancing, Counted, LinkDirection, Pool, PoolFamily, SharedCores, Station, StationGroup, WhenFull,
};
pub use slow_start::SlowStart;
