//! Who asks for how much of what: the sums behind the utilisation law.
//!
//! Each part of a demand is a series over the intervals (how often a client of a cohort takes
//! a step, how long it is there) times a factor (clients times what the step costs there).
//! Where a balancer tells clients by their address, the demand of each server is followed, and
//! the one that most is asked of stands for its group. Next: [`super::offered_load`].

use std::collections::BTreeMap;

use super::mean_costs::{MeanCost, Typical, mean_cost};
use super::patterns::Patterns;
use crate::clients::roster::{Cohort, Roster, Whose};
use crate::clients::steps::{Machine, OwaStep, Step};
use crate::clients::uneven::{keeps_to_first, uneven};
use crate::itinerary::{Balancing, Network, StationGroup};
use crate::kernel::Id;
use crate::kernel::random::Key;
use crate::model::Model;
use crate::model::workload::Location;

/// Of what something is asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Of {
    /// Core-ns of a group.
    Work(usize),
    /// Squares of the works, ns^2.
    Squares(usize),
    /// Visits of a group.
    Visits(usize),
    /// Bits over a link direction.
    Bits(usize),
    /// Unit-ns of a group's own pools.
    Pool(usize),
    /// Unit-ns of a family of pools.
    Family(usize),
}

/// Which series a part follows.
#[derive(Clone, Copy, Debug)]
enum Follows {
    /// A step of a pattern, by their places.
    Step(usize, usize),
    /// The time at work of a pattern.
    Present(usize),
    /// All the time.
    Always,
}

/// A part of what is asked for.
#[derive(Clone, Copy, Debug)]
struct Part {
    cohort: usize,
    follows: Follows,
    factor: f64,
}

/// All of it.
pub(super) struct Shares<'s> {
    roster: &'s Roster,
    patterns: Patterns,
    lengths: &'s [u64],
    parts: BTreeMap<Of, Vec<Part>>,
    /// By cohort whose clients a balancer tells by their address: share of each server.
    spread: Vec<Option<Vec<f64>>>,
}

impl<'s> Shares<'s> {
    pub(super) fn new(
        model: &Model,
        network: &Network,
        roster: &'s Roster,
        (clients, patterns): (&[f64], Patterns),
        lengths: &'s [u64],
    ) -> Self {
        let spread = spread(network, roster);
        let mut shares = Self { roster, patterns, lengths, parts: BTreeMap::new(), spread };
        let worst = worst_keys(network, roster);
        for (number, cohort) in roster.cohorts.iter().enumerate() {
            let Some((place, pattern)) = shares.patterns.of(number) else { continue };
            let typical = typical(model, cohort);
            let steps: Vec<(usize, Step, MeanCost)> = pattern
                .steps
                .iter()
                .enumerate()
                .map(|(at, (step, _))| (at, *step, mean_cost(network, cohort.steps[*step], typical)))
                .collect();
            let many = clients[number];
            for (at, _, cost) in &steps {
                shares.costs((number, many), Follows::Step(place, *at), cost);
            }
            for replay in &cohort.replays {
                for (at, step, _) in &steps {
                    let cost = mean_cost(network, replay.programs[*step], typical);
                    shares.costs((number, many * replay.weight), Follows::Step(place, *at), &cost);
                }
            }
            if cohort.refused.is_some() {
                continue;
            }
            for (at, limit) in cohort.session_limits.iter().enumerate() {
                let of = Of::Family(limit.family.index());
                let many = match limit.whose {
                    Whose::Server | Whose::Mailbox => many,
                    Whose::Key { .. } => worst.get(&(number, at)).copied().unwrap_or(0.0),
                };
                let factor = many * f64::from(limit.units);
                match cohort.machine {
                    Machine::Outlook | Machine::Imap => {
                        shares.add(of, number, Follows::Present(place), factor);
                    }
                    Machine::Eas => shares.add(of, number, Follows::Always, factor),
                    Machine::Owa | Machine::Pop | Machine::Web(_) => {
                        let think = roster.behaviours[cohort.population as usize].owa_think_mean;
                        for (at, step, cost) in &steps {
                            let length = length(cohort.machine, *step, cost.length, think);
                            shares.add(of, number, Follows::Step(place, *at), factor * length);
                        }
                    }
                }
            }
        }
        shares
    }

    fn add(&mut self, of: Of, cohort: usize, follows: Follows, factor: f64) {
        if factor > 0.0 {
            self.parts.entry(of).or_default().push(Part { cohort, follows, factor });
        }
    }

    fn costs(&mut self, (cohort, clients): (usize, f64), follows: Follows, cost: &MeanCost) {
        for &(group, ns, square) in cost.groups.iter().filter(|(_, ns, _)| *ns > 0.0) {
            self.add(Of::Work(group), cohort, follows, clients * ns);
            self.add(Of::Squares(group), cohort, follows, clients * square);
            self.add(Of::Visits(group), cohort, follows, clients);
        }
        for &(link, bits) in &cost.links {
            self.add(Of::Bits(link), cohort, follows, clients * bits);
        }
        for &(family, ns) in &cost.holds {
            self.add(Of::Family(family), cohort, follows, clients * ns);
        }
        for &(group, ns) in &cost.present {
            self.add(Of::Pool(group), cohort, follows, clients * ns);
        }
        // One request is held after another, all the time.
        for &family in &cost.held {
            self.add(Of::Family(family), cohort, Follows::Always, clients);
        }
        for &group in &cost.waiting {
            self.add(Of::Pool(group), cohort, Follows::Always, clients);
        }
    }

    fn at(&self, part: &Part, interval: usize) -> f64 {
        let amount = match part.follows {
            Follows::Step(pattern, step) => self.patterns.all[pattern].steps[step].1[interval],
            Follows::Present(pattern) => self.patterns.all[pattern].present[interval],
            Follows::Always => self.lengths[interval] as f64,
        };
        amount * part.factor
    }

    /// The sum by interval.
    pub(super) fn whole(&self, of: Of) -> Vec<f64> {
        self.summed(of, |_| 1.0)
    }

    fn summed(&self, of: Of, weight: impl Fn(&Part) -> f64) -> Vec<f64> {
        let mut sum = vec![0.0; self.lengths.len()];
        for part in self.parts.get(&of).into_iter().flatten() {
            let weight = weight(part);
            if weight > 0.0 {
                for (interval, sum) in sum.iter_mut().enumerate() {
                    *sum += weight * self.at(part, interval);
                }
            }
        }
        sum
    }

    /// What is asked of one server of a group, by interval: of each alike, or where clients
    /// hash to servers or keep to the first of them of the one of which most is asked.
    pub(super) fn one_server(&self, of: Of, group: Id<StationGroup>, network: &Network) -> Vec<f64> {
        let servers = &network.groups[group.index()];
        let each = 1.0 / f64::from(servers.count);
        let weight = |part: &Part, server: usize| {
            let cohort = &self.roster.cohorts[part.cohort];
            if keeps_to_first(cohort, group) {
                return if server == 0 { 1.0 } else { 0.0 };
            }
            let spread = self.spread[part.cohort].as_ref().filter(|_| cohort.entry == Some(group));
            spread.map_or(each, |spread| spread[server])
        };
        let lanes = 0..if uneven(self.roster, group, network) { servers.count as usize } else { 1 };
        let lanes = lanes.map(|server| self.summed(of, |part| weight(part, server)));
        let sum = |lane: &Vec<f64>| lane.iter().sum::<f64>();
        lanes.reduce(|most, lane| if sum(&lane) > sum(&most) { lane } else { most }).unwrap_or_default()
    }

    /// What each population asks for in some intervals; nothing stands of those that ask for nothing, which are nearly
    /// all where thousands have their servers to themselves.
    pub(super) fn by_population(&self, of: Of, intervals: std::ops::Range<usize>) -> BTreeMap<u32, f64> {
        let mut sums = BTreeMap::new();
        for part in self.parts.get(&of).into_iter().flatten() {
            let amount = intervals.clone().map(|interval| self.at(part, interval)).sum::<f64>();
            *sums.entry(self.roster.cohorts[part.cohort].population).or_default() += amount;
        }
        sums
    }
}

/// How long a step lets a session last, ns, of those whose sessions are made up of their
/// requests: a poll of POP3, one request of a service, and a browser's with the time that
/// its user thinks after each.
fn length(machine: Machine, step: Step, request: f64, think: f64) -> f64 {
    match machine {
        // In the background.
        Machine::Owa if step == OwaStep::Poll.into() => 0.0,
        Machine::Owa if step == OwaStep::Logoff.into() => request,
        Machine::Owa => request + think,
        _ if step.reopens() => 0.0,
        _ => request,
    }
}

/// What a request of a cohort brings along, in the mean.
pub(super) fn typical(model: &Model, cohort: &Cohort) -> Typical {
    let (rtt, line) = match cohort.location {
        Location::Site(site) => (model.topology.sites[site.index()].lan_rtt.0 as f64, 1e9),
        Location::Internet(region) => {
            let region = &model.topology.regions[region.index()];
            (region.rtt.mean(), region.bandwidth.mean())
        }
    };
    Typical { rtt: rtt + cohort.rtt as f64, line }
}

/// By cohort behind a balancer that tells clients by an address that several share: which part
/// of its clients reaches each server.
fn spread(network: &Network, roster: &Roster) -> Vec<Option<Vec<f64>>> {
    let mut spread: Vec<Option<Vec<f64>>> = roster
        .cohorts
        .iter()
        .map(|cohort| {
            let servers = &network.groups[cohort.entry?.index()];
            let hashed = servers.balancing == Balancing::ClientAffinity && cohort.address.is_some();
            hashed.then(|| vec![0.0; servers.count as usize])
        })
        .collect();
    for member in &roster.members {
        let cohort = &roster.cohorts[member.cohort as usize];
        if let (Some(spread), Some((name, count))) = (&mut spread[member.cohort as usize], cohort.address) {
            let affinity = Key(name).child(u64::from(member.mailbox % count.max(1)));
            let server = affinity.child(0).0 % spread.len() as u64;
            spread[server as usize] += 1.0;
        }
    }
    for spread in spread.iter_mut().flatten() {
        let whole: f64 = spread.iter().sum();
        spread.iter_mut().for_each(|share| *share /= whole.max(1.0));
    }
    spread
}

/// By cohort and place of a limit that tells users or addresses apart: its clients behind the
/// one key of the limit that has most units.
fn worst_keys(network: &Network, roster: &Roster) -> BTreeMap<(usize, usize), f64> {
    let key = |cohort: &Cohort, at: usize, mailbox: u32| match cohort.session_limits[at].whose {
        Whose::Key { base, count } => Some(base + mailbox % count.max(1)),
        Whose::Server | Whose::Mailbox => None,
    };
    let mut units: BTreeMap<usize, BTreeMap<u32, f64>> = BTreeMap::new();
    for member in &roster.members {
        let cohort = &roster.cohorts[member.cohort as usize];
        for (at, limit) in cohort.session_limits.iter().enumerate() {
            if let Some(key) = key(cohort, at, member.mailbox) {
                let family = units.entry(limit.family.index()).or_default();
                *family.entry(key).or_default() += f64::from(limit.units);
            }
        }
    }
    let mut worst: BTreeMap<usize, (u32, f64)> = BTreeMap::new();
    for (family, keys) in units {
        for (key, units) in keys {
            let best = worst.entry(family).or_insert((key, units));
            if units > best.1 {
                *best = (key, units);
            }
        }
    }
    let mut found: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for member in &roster.members {
        let cohort = &roster.cohorts[member.cohort as usize];
        for (at, limit) in cohort.session_limits.iter().enumerate() {
            let family = limit.family.index();
            debug_assert!(family < network.families.len());
            if key(cohort, at, member.mailbox).is_some_and(|key| worst.get(&family).map(|w| w.0) == Some(key))
            {
                *found.entry((member.cohort as usize, at)).or_default() += 1.0;
            }
        }
    }
    found
}
