//! The CSV files of a run, a file of code each.
//!
//! [`all`] writes every one but `sessions.csv`, which [`sessions`] writes as they come.
//! Must not know how a result came to be. A new table: a file here with its columns, and
//! a line in [`ALL`]; the README of the output folder follows.

pub mod assumptions;
mod bottlenecks;
pub mod columns;
pub mod csv_table;
mod databases;
mod events;
mod failures;
mod flows;
pub(super) mod hops;
mod limits;
mod link_users;
mod links;
pub(super) mod mean;
mod moves;
mod objectives;
pub(super) mod outages;
mod replications;
mod run_table;
mod servers;
pub mod sessions;
mod summary;
mod timeline;

use self::columns::Description;
use self::run_table::Entry;
use crate::results::RunResult;

/// Every table but `sessions.csv`, in the order of the README.
pub const ALL: &[Entry] = &[
    Entry::of::<summary::Summary>(),
    Entry::of::<servers::Servers>(),
    Entry::of::<limits::Limits>(),
    Entry::of::<links::Links>(),
    Entry::of::<link_users::LinkUsers>(),
    Entry::of::<timeline::Timeline>(),
    Entry::of::<failures::Failures>(),
    Entry::of::<flows::Flows>(),
    Entry::of::<hops::Hops>(),
    Entry::of::<bottlenecks::Bottlenecks>(),
    Entry::of::<outages::Outages>(),
    Entry::of::<events::Events>(),
    Entry::of::<databases::Databases>(),
    Entry::of::<moves::Moves>(),
    Entry::of::<objectives::Objectives>(),
    Entry::of::<replications::Replications>(),
];

/// Every table of `result` but `sessions.csv`, as (file name, bytes).
#[must_use]
pub fn all(result: &RunResult) -> Vec<(String, Vec<u8>)> {
    let file = |entry: &Entry| Some((format!("{}.csv", (entry.describe)().name), (entry.bytes)(result)?));
    ALL.iter().filter_map(file).collect()
}

/// What the README says of every table, in its order.
pub fn descriptions() -> impl Iterator<Item = Description> {
    let made = ALL.iter().map(|entry| (entry.describe)());
    std::iter::once(Description::of::<sessions::Sessions>())
        .chain(made)
        .chain([Description::of::<assumptions::Assumptions>()])
}
