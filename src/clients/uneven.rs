//! Groups over which work is spread unevenly by rule, so that the busiest server counts.
//!
//! Must not know how much work there is.

use super::roster::{Cohort, Roster};
use crate::itinerary::{Balancing, Network, StationGroup};
use crate::kernel::Id;

/// A balancer tells the clients of these servers by their address, or proxied requests keep to
/// the first of them.
#[must_use]
pub fn uneven(roster: &Roster, group: Id<StationGroup>, network: &Network) -> bool {
    let servers = &network.groups[group.index()];
    let by_address = servers.balancing == Balancing::ClientAffinity;
    by_address || servers.count > 1 && roster.cohorts.iter().any(|cohort| keeps_to_first(cohort, group))
}

/// Its requests reach the first server of this group alone.
pub(super) fn keeps_to_first(cohort: &Cohort, group: Id<StationGroup>) -> bool {
    cohort.target_is_first && cohort.target == Some(group)
}
