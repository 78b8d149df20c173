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
use crate::model::workload::{Outage, OutageTiming};

/// Of so many outages every union is looked at; of more, single ones and those that are on
/// together.
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
    let unions: Vec<Vec<usize>> = if count <= EVERY_UNION {
        (1..1_u32 << count).map(|bits| (0..count).filter(|n| bits >> n & 1 == 1).collect()).collect()
    } else {
        let on = |n: usize, at: i64| match (&outages[n].timing, outages[n].begin()) {
            (OutageTiming::Once { span, .. }, Some(begin)) => {
                (begin..begin.saturating_add_unsigned(span.0)).contains(&at)
            }
            _ => false,
        };
        let together = |one: &Outage| {
            let begin = one.begin()?;
            Some((0..count).filter(|&n| on(n, begin)).collect::<Vec<_>>())
        };
        (0..count).map(|one| vec![one]).chain(outages.iter().filter_map(together)).collect()
    };
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

/// One way of a client while nothing is down.
pub(super) struct Sound {
    stage: usize,
    combination: Combination,
    entry: Id<CasGroup>,
    route: Route,
    /// Groups that it meets or could meet.
    met: BTreeSet<Id<CasGroup>>,
    /// It ends in a redirect that leads nowhere, by way of whomever.
    leads_nowhere: bool,
}

impl Sound {
    /// The way of a combination that enters at `entry` after the change in force.
    pub(super) fn new(inputs: &Inputs<'_>, combination: Combination, entry: Id<CasGroup>) -> Self {
        let route = inputs.ask(&combination, entry);
        let mut met = BTreeSet::new();
        let mut leads_nowhere = false;
        let mut leg = Some(&route);
        while let Some(here) = leg {
            let stops = here.stops.iter().filter_map(|stop| match stop {
                Stop::Cas(id) => Some(*id),
                Stop::Mailbox(_) => None,
            });
            met.extend(stops.chain(here.targets.iter().copied()));
            met.extend(here.failing.iter().map(|(id, _)| *id).chain(here.target));
            leg = match &here.after {
                Some(After::Arrives(next)) => Some(next),
                Some(After::Dead | After::Loop(_)) => {
                    leads_nowhere = true;
                    None
                }
                None => None,
            };
        }
        Self { stage: inputs.stage, combination, entry, route, met, leads_nowhere }
    }

    /// Whether what is down (`down`) leads the client elsewhere, otherwise than from one of
    /// several targets to the next. Leaves `inputs` with nothing down, at another change.
    pub(super) fn changes(&self, inputs: &mut Inputs<'_>, down: &[Stop]) -> bool {
        let meets = |stop: &Stop| matches!(stop, Stop::Cas(id) if self.met.contains(id));
        if down.contains(&Stop::Cas(self.entry)) || !(self.leads_nowhere || down.iter().any(meets)) {
            return false;
        }
        inputs.stage = self.stage;
        inputs.down = down.to_vec();
        let now = inputs.ask(&self.combination, self.entry);
        inputs.down.clear();
        !same_way(&self.route, &now)
    }
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
