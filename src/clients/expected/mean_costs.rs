//! What a program costs in the mean, told by its legs: the one interpreter of programs
//! that needs no run.
//!
//! Must not know how often a program is walked. Next: [`super::offered_load`].

use crate::clients::roster::params::SPAN;
use crate::itinerary::{Amount, Leg, LegPlace, Network, Program};
use crate::kernel::distribution::Sampler;

/// Mean cost of a program: nanoseconds of a core by group and bits by link direction,
/// and nanoseconds for which it holds a unit by limit, and of a group's own pools.
#[derive(Clone, Debug, Default)]
pub(super) struct MeanCost {
    /// Group, mean of the work, mean of its square.
    pub(super) groups: Vec<(usize, f64, f64)>,
    pub(super) links: Vec<(usize, f64)>,
    pub(super) holds: Vec<(usize, f64)>,
    /// Limits that are held while a request waits for the length of a hold.
    pub(super) held: Vec<usize>,
    /// As [`Self::holds`], of the pools of groups.
    pub(super) present: Vec<(usize, f64)>,
    /// As [`Self::held`], of the pools of groups.
    pub(super) waiting: Vec<usize>,
    /// The whole of it, ns.
    pub(super) length: f64,
}

/// What a request brings along, in the mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typical {
    /// Round trip, ns.
    pub(super) rtt: f64,
    /// Line, bit/s.
    pub(super) line: f64,
}

fn mean(amount: &Amount) -> f64 {
    match amount {
        Amount::Fixed(value) => *value as f64,
        Amount::Drawn { sampler, scale, .. } => sampler.mean() * scale,
        // Only delays are made of these.
        Amount::Param { .. } => 0.0,
    }
}

/// Mean of the square.
fn square(amount: &Amount) -> f64 {
    match amount {
        Amount::Drawn { sampler, scale, .. } => second_moment(sampler) * scale * scale,
        amount => mean(amount) * mean(amount),
    }
}

/// Mean of the square of what is drawn; of a bounded law as if its spread were that without the bound,
/// which is a little more.
fn second_moment(sampler: &Sampler) -> f64 {
    let mean = sampler.mean();
    let spread = match sampler {
        Sampler::LogNormal { sigma, .. } => libm::exp(sigma * sigma),
        Sampler::Exponential(_) => 2.0,
        Sampler::Gamma { shape, .. } => 1.0 + 1.0 / shape.max(1e-9),
        Sampler::AtMost { of, .. } => second_moment(of) / (of.mean() * of.mean()).max(f64::MIN_POSITIVE),
        Sampler::Plus(of, more) => return second_moment(of) + 2.0 * of.mean() * more + more * more,
        _ => 1.0,
    };
    mean * mean * spread
}

/// Length of a delay that may depend on the round trip that the request brings along.
fn delay(amount: &Amount, typical: Typical) -> f64 {
    match amount {
        Amount::Param { index: SPAN, .. } => 0.0,
        Amount::Param { factor, .. } => typical.rtt * factor,
        amount => mean(amount),
    }
}

pub(super) fn mean_cost(network: &Network, program: Program, typical: Typical) -> MeanCost {
    let mut cost = MeanCost::default();
    // Limits and pools of which a unit is held, and since when on the program's own clock.
    let (mut clock, mut taken): (f64, Vec<(usize, f64)>) = (0.0, Vec::new());
    let mut inside: Vec<(usize, f64)> = Vec::new();
    // Probability that a leg is reached, and of getting to one further on by a branch.
    let (mut reached, mut coming): (f64, Vec<(usize, f64)>) = (1.0, Vec::new());
    for (at, leg) in network.legs.iter().skip(program.0 as usize).enumerate() {
        coming.retain(|&(to, probability)| {
            reached += if to == at { probability } else { 0.0 };
            to > at
        });
        match leg {
            Leg::Serve { place: LegPlace::Slot { group, .. } | LegPlace::Any { group }, amount, .. } => {
                cost.groups.push((group.index(), reached * mean(amount), reached * square(amount)));
                clock += reached * mean(amount);
            }
            Leg::Transfer { links, amount, cap, slow, line, .. } => {
                // All at once, at the rate of the slowest.
                let line = line.map_or(f64::INFINITY, |_| typical.line.max(1.0));
                let mut rate = cap.min(line);
                for link in links.iter() {
                    cost.links.push((link.index(), reached * mean(amount)));
                    rate = rate.min(network.links[link.index()].bandwidth);
                }
                if let Some(slow) = slow {
                    let rtt = slow.index.map_or(0.0, |_| typical.rtt) + slow.fixed_ns as f64;
                    rate = slow.rate(mean(amount), rtt, rate);
                }
                clock += reached * mean(amount) / rate * 1e9;
            }
            Leg::Delay { amount: Amount::Param { index: SPAN, .. }, .. } => {
                cost.held.extend(taken.iter().map(|(family, _)| *family));
                cost.waiting.extend(inside.iter().map(|(group, _)| *group));
            }
            Leg::Delay { amount, .. } => clock += reached * delay(amount, typical),
            Leg::Acquire { place: LegPlace::Slot { group, .. } | LegPlace::Any { group } } => {
                inside.push((group.index(), clock));
            }
            Leg::Release { place: LegPlace::Slot { group, .. } | LegPlace::Any { group } } => {
                if let Some(at) = inside.iter().position(|(held, _)| *held == group.index()) {
                    let (group, since) = inside.swap_remove(at);
                    cost.present.push((group, clock - since));
                }
            }
            Leg::Take { family, .. } => taken.push((family.index(), clock)),
            Leg::Give { family, .. } => {
                if let Some(at) = taken.iter().position(|(held, _)| *held == family.index()) {
                    let (family, since) = taken.swap_remove(at);
                    cost.holds.push((family, clock - since));
                }
            }
            // What goes on beside it costs, and nobody waits for it.
            Leg::Fork { program } => {
                let beside = mean_cost(network, *program, typical);
                let groups = beside.groups.into_iter();
                cost.groups
                    .extend(groups.map(|(group, mean, square)| (group, reached * mean, reached * square)));
                cost.links.extend(beside.links.into_iter().map(|(link, bits)| (link, reached * bits)));
            }
            Leg::Branch { targets, .. } => {
                let mut before = 0.0;
                for &(cumulative, to) in targets {
                    coming.push((to as usize, reached * (cumulative - before)));
                    before = cumulative;
                }
                reached = 0.0;
            }
            Leg::End | Leg::Fail { .. } | Leg::Refuse { .. } if coming.is_empty() => break,
            Leg::End | Leg::Fail { .. } | Leg::Refuse { .. } => reached = 0.0,
            _ => {}
        }
    }
    cost.holds.extend(taken.into_iter().map(|(family, since)| (family, clock - since)));
    cost.present.extend(inside.into_iter().map(|(group, since)| (group, clock - since)));
    cost.length = clock;
    cost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::itinerary::{Balancing, Part};
    use crate::kernel::random::Role;

    /// One in four goes by 2 s of work and 30 s of time; all work 1 s before and 3 s after it.
    #[test]
    fn what_some_pass_by_counts_by_their_share() {
        let mut network = Network::default();
        let group = network.add_group("servers", 1, 1, None, None, Balancing::RoundRobin);
        let serve = |secs: u64| Leg::Serve {
            place: LegPlace::Any { group },
            amount: Amount::Fixed(secs * 1_000_000_000),
            queue_part: Part::EntryQueue,
        };
        let wait = Leg::Delay { amount: Amount::Fixed(30_000_000_000), part: Part::Other };
        let branch = Leg::Branch { role: Role::new("some"), targets: vec![(0.25, 4), (1.0, 2)] };
        let program = network.add_program(vec![serve(1), branch, serve(2), wait, serve(3), Leg::End]);
        let cost = mean_cost(&network, program, Typical { rtt: 0.0, line: 1e9 });
        let work: f64 = cost.groups.iter().map(|(_, mean, _)| mean).sum();
        let squares: f64 = cost.groups.iter().map(|(_, _, square)| square).sum();
        assert_eq!((work, cost.length), (5.5e9, 28e9));
        assert_eq!(squares, 13e18);
    }
}
