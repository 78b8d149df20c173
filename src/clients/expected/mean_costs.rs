//! What a program costs in the mean, told by its legs: the one interpreter of programs
//! that needs no run.
//!
//! Must not know how often a program is walked. Next: [`super::offered_load`].

use crate::clients::roster::params::SPAN;
use crate::itinerary::{Amount, Leg, LegPlace, Network, Program};

/// Mean cost of a program: nanoseconds of a core by group and bits by link direction,
/// and nanoseconds for which it holds a unit by limit.
#[derive(Clone, Debug, Default)]
pub(super) struct MeanCost {
    pub(super) groups: Vec<(usize, f64)>,
    pub(super) links: Vec<(usize, f64)>,
    pub(super) holds: Vec<(usize, f64)>,
    /// Limits that are held while a request waits for the length of a hold.
    pub(super) held: Vec<usize>,
}

fn mean(amount: &Amount) -> f64 {
    match amount {
        Amount::Fixed(value) => *value as f64,
        Amount::Drawn { sampler, scale, .. } => sampler.mean() * scale,
        // Only delays are made of these.
        Amount::Param { .. } | Amount::DrawnOverParam { .. } | Amount::SlowStart { .. } => 0.0,
    }
}

pub(super) fn mean_cost(network: &Network, program: Program) -> MeanCost {
    let mut cost = MeanCost::default();
    // Limits of which a unit is held, and since when on the program's own clock.
    let (mut clock, mut taken): (f64, Vec<(usize, f64)>) = (0.0, Vec::new());
    for leg in network.legs.iter().skip(program.0 as usize) {
        match leg {
            Leg::Serve { place: LegPlace::Slot { group, .. } | LegPlace::Any { group }, amount, .. } => {
                cost.groups.push((group.index(), mean(amount)));
                clock += mean(amount);
            }
            Leg::Transfer { link, amount, cap, .. } => {
                cost.links.push((link.index(), mean(amount)));
                clock += mean(amount) / network.links[link.index()].bandwidth.min(*cap) * 1e9;
            }
            Leg::Delay { amount: Amount::Param { index: SPAN, .. }, .. } => {
                cost.held.extend(taken.iter().map(|(family, _)| *family));
            }
            Leg::Delay { amount, .. } => clock += mean(amount),
            Leg::Take { family, .. } => taken.push((family.index(), clock)),
            Leg::Give { family, .. } => {
                if let Some(at) = taken.iter().position(|(held, _)| *held == family.index()) {
                    let (family, since) = taken.swap_remove(at);
                    cost.holds.push((family, clock - since));
                }
            }
            Leg::End | Leg::Fail { .. } | Leg::Refuse { .. } => break,
            _ => {}
        }
    }
    cost.holds.extend(taken.into_iter().map(|(family, since)| (family, clock - since)));
    cost
}
