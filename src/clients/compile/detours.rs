//! Which servers may be down at the same time, and whether that changes a client's way
//! otherwise than by going to the next of servers alike.
//!
//! Must not compile cohorts ([`super::alternatives`]). Next: [`super::redirects`].

use std::collections::BTreeSet;

use super::inputs::{Combination, Inputs};
use crate::itinerary::Network;
use crate::kernel::Id;
use crate::model::access::{After, Failure, Route, Stop};
use crate::model::topology::CasGroup;
use crate::model::workload::Outage;

/// Of so many outages every union is looked at; of more, single ones, pairs and all together.
const EVERY_UNION: usize = 4;

/// Client Access groups that may be down altogether at the same time, by number, the largest
/// first.
pub(super) fn states(inputs: &Inputs<'_>, network: &Network, outages: &[Outage]) -> Vec<Vec<u32>> {
    let topology = inputs.topology();
    let struck = |outage: &Outage| -> BTreeSet<u32> {
        let struck = inputs.placement.struck(topology, network, &outage.target);
        struck.into_iter().flat_map(|struck| struck.stations).collect()
    };
    let each: Vec<BTreeSet<u32>> = outages.iter().map(struck).collect();
    let count = each.len();
    let mut unions: Vec<Vec<usize>> = Vec::new();
    if count <= EVERY_UNION {
        unions.extend((1..1_u32 << count).map(|bits| (0..count).filter(|n| bits >> n & 1 == 1).collect()));
    } else {
        for one in 0..count {
            unions.push(vec![one]);
            unions.extend((one + 1..count).map(|other| vec![one, other]));
        }
        unions.push((0..count).collect());
    }
    let mut found: Vec<Vec<u32>> = Vec::new();
    for union in unions {
        let dead: BTreeSet<u32> = union.into_iter().flat_map(|n| each[n].iter().copied()).collect();
        let whole = |number: &u32| {
            let group = &network.groups[inputs.placement.cas[*number as usize].index()];
            group.count > 0 && (group.first..group.first + group.count).all(|station| dead.contains(&station))
        };
        let state: Vec<u32> = (0..topology.cas.len() as u32).filter(whole).collect();
        if !state.is_empty() && !found.contains(&state) {
            found.push(state);
        }
    }
    found.sort_by_key(|state| std::cmp::Reverse(state.len()));
    found
}

/// The groups of a state as the rules know them.
pub(super) fn stops(state: &[u32]) -> Vec<Stop> {
    state.iter().map(|number| Stop::Cas(Id::new(*number as usize))).collect()
}

/// Whether what is down (`down`) leads a client elsewhere who enters at `entry`, otherwise than
/// from one of several targets to the next. Back to where nothing is down for `inputs`.
pub(super) fn changes(
    inputs: &mut Inputs<'_>,
    combination: &Combination,
    entry: Id<CasGroup>,
    down: &[Stop],
) -> bool {
    if down.contains(&Stop::Cas(entry)) {
        return false;
    }
    let sound = inputs.ask(combination, entry);
    inputs.down = down.to_vec();
    let now = inputs.ask(combination, entry);
    inputs.down.clear();
    !same_way(&sound, &now)
}

/// Whether clients go the same way, or to one of the same targets; who finds all of it dead
/// goes there in vain.
fn same_way(sound: &Route, now: &Route) -> bool {
    if now.failure == Some(Failure::ServerDown) {
        return true;
    }
    let after = match (&sound.after, &now.after) {
        (Some(After::Arrives(a)), Some(After::Arrives(b))) => {
            a.stops.first() == b.stops.first() && same_way(a, b)
        }
        (a, b) => a == b,
    };
    let known = |id: &Id<CasGroup>| {
        sound.targets.contains(id) || sound.failing.iter().any(|(failing, _)| failing == id)
    };
    let narrowed = now.failure.is_none()
        && !now.targets.is_empty()
        && now.targets.iter().chain(now.failing.iter().map(|(id, _)| id)).all(known);
    let alike = narrowed || sound.stops == now.stops && sound.failing == now.failing;
    alike && after && (sound.mechanism, sound.failure) == (now.mechanism, now.failure)
}
