//! What requests take in the mean when nobody else is there, by population and protocol: the very
//! programs that the engine would walk, each as often as its clients take it.
//!
//! No queue, no failure, nothing that a user thinks. Must not know what it is used for. Next:
//! [`super::unloaded`], hop by hop.

use std::collections::BTreeMap;

use super::mean_costs::mean_cost;
use super::patterns::{Patterns, lengths};
use super::shares::typical;
use crate::clients::compile::compile;
use crate::clients::steps::Step;
use crate::itinerary::Network;
use crate::model::access::Rules;
use crate::model::protocol::Protocol;
use crate::model::{Experiment, Model};

/// Of the users of a protocol in a population.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MeanLatency {
    /// The protocol.
    pub protocol: Protocol,
    /// Index of the population.
    pub population: u32,
    /// Mean over all requests of the window, ns.
    pub request: f64,
    /// The same of those that begin a session, ns.
    pub logon: f64,
}

/// Of everybody who is served, by population and protocol.
#[must_use]
pub fn mean_latencies(model: &Model, experiment: &Experiment) -> Vec<MeanLatency> {
    let mut network = Network::default();
    let rules = Rules::new(&model.topology);
    let roster = compile(model, &mut network, |ask| rules.decide(ask));
    let mut clients = vec![0.0f64; roster.cohorts.len()];
    for member in &roster.members {
        clients[member.cohort as usize] += 1.0;
    }
    let lengths = lengths(experiment);
    let patterns = Patterns::new(model, experiment, &roster, &clients, &lengths);
    // Count and length of all requests, and of the first of each session.
    let mut sums: BTreeMap<(u32, Protocol), [(f64, f64); 2]> = BTreeMap::new();
    for (number, cohort) in roster.cohorts.iter().enumerate() {
        let Some((_, pattern)) = patterns.of(number).filter(|_| cohort.refused.is_none()) else { continue };
        let typical = typical(model, cohort);
        let all = sums.entry((cohort.population, cohort.protocol)).or_default();
        for (step, counts) in &pattern.steps {
            let count = clients[number] * counts.iter().sum::<f64>();
            let length = mean_cost(&network, cohort.steps[*step], typical).length;
            all[0].0 += count;
            all[0].1 += count * length;
            if *step == Step::FIRST {
                all[1].0 += count;
                all[1].1 += count * length;
            }
        }
    }
    let mean = |(count, length): (f64, f64)| if count > 0.0 { length / count } else { 0.0 };
    let one = |((population, protocol), [all, first]): (_, [(f64, f64); 2])| MeanLatency {
        protocol,
        population,
        request: mean(all),
        logon: mean(first),
    };
    sums.into_iter().map(one).collect()
}
