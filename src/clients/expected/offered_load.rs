//! The utilisation law, without a run: how much of each server group and link
//! direction the clients ask for, interval by interval and in the busiest hour.
//!
//! The means are those of the very programs that the engine would walk: each step
//! of each cohort, times how often a client takes it then, times clients. What a
//! session asks for follows over its length (`owa_sessions`). Sequential delays play no
//! part in it. What it leaves out: attempts after a failure, and the clients that are
//! refused, beyond their first attempt. Of outages it knows which servers of a group and
//! which links are down; who has none left asks for nothing, and where clients fail over to
//! is left out, as are changes.
//!
//! A figure of 1 or more means that no queueing formula has a steady state and that
//! a run shows a queue that grows for as long as the hour lasts. Closed sources have no
//! figure: what they ask for depends on the answers.
//!
//! Must not know how it is shown, nor what follows from it.

use super::custom_load::custom_load;
use super::limit_demand::limit_demand;
use super::patterns::{Patterns, lengths};
use super::shares::{Of, Shares};
use super::up::Up;
use crate::clients::compile::alternatives::stages;
use crate::clients::compile::{compile, compile_stages};
use crate::clients::roster::Roster;
use crate::itinerary::Network;
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::access::Rules;
use crate::model::{Experiment, Model};
use crate::stats::busiest::{Stretch, busiest_hour};

pub use super::demands::{LimitDemand, OfferedLoad, Resource};
pub use crate::results::limits;

/// Load offered to every resource in its busiest hour of the measured window.
#[must_use]
pub fn offered_load(model: &Model, experiment: &Experiment) -> Vec<OfferedLoad> {
    demand(model, experiment).0
}

/// A compiled model whose demand is added up.
pub(super) struct Asked<'a> {
    pub(super) network: &'a Network,
    pub(super) roster: &'a Roster,
    pub(super) shares: Shares<'a>,
    pub(super) up: Up,
    pub(super) lengths: &'a [u64],
    from: SimTime,
}

/// As [`offered_load`], and what clients hold of every limit that there is.
#[must_use]
pub fn demand(model: &Model, experiment: &Experiment) -> (Vec<OfferedLoad>, Vec<LimitDemand>) {
    let mut network = Network::default();
    let roster = if model.workload.outages.is_empty() {
        let rules = Rules::new(&model.topology);
        compile(model, &mut network, |ask| rules.decide(ask))
    } else {
        let stages = stages(model);
        let rules: Vec<Rules> = stages.iter().map(Rules::new).collect();
        compile_stages(model, &mut network, &stages, |stage, ask| rules[stage].decide(ask))
    };
    let mut clients = vec![0.0f64; roster.cohorts.len()];
    for member in &roster.members {
        clients[member.cohort as usize] += 1.0;
    }
    let lengths = lengths(experiment);
    let patterns = Patterns::new(model, experiment, &roster, &clients, &lengths);
    let asked = Asked {
        network: &network,
        roster: &roster,
        shares: Shares::new(model, &network, &roster, (&clients, patterns), &lengths),
        up: Up::new(&roster, experiment, &lengths),
        lengths: &lengths,
        from: experiment.measured_from(),
    };
    let mut found = asked.servers();
    found.extend(asked.links(model));
    found.extend(custom_load(model, experiment));
    (found, limit_demand(&asked))
}

impl Asked<'_> {
    /// The hour in which a share, by interval, is highest.
    pub(super) fn hour(&self, shares: &[f64]) -> Stretch {
        let amounts = shares.iter().zip(self.lengths).map(|(share, length)| share * *length as f64);
        let none = Stretch { first: 0, count: self.lengths.len() };
        busiest_hour(self.lengths, &[amounts.collect()]).unwrap_or(none)
    }

    /// Mean of a share over some intervals.
    pub(super) fn mean(&self, shares: &[f64], over: Stretch) -> f64 {
        let amounts: Vec<f64> =
            shares.iter().zip(self.lengths).map(|(share, length)| share * *length as f64).collect();
        over.rate(self.lengths, &amounts)
    }

    pub(super) fn whole(&self) -> Stretch {
        Stretch { first: 0, count: self.lengths.len() }
    }

    /// When a stretch begins, and how long it is.
    pub(super) fn span(&self, of: Stretch) -> (SimTime, SimSpan) {
        let before: u64 = self.lengths[..of.first].iter().sum();
        let length = self.lengths[of.first..of.first + of.count].iter().sum();
        (self.from + SimSpan(before), SimSpan(length))
    }

    /// An amount by interval over what could be done in it: `capacity` a ns, as far as it is up.
    pub(super) fn over(&self, amounts: &[f64], capacity: f64, up: &[f64]) -> Vec<f64> {
        let share = |((amount, length), up): ((&f64, &u64), &f64)| {
            if *up > 0.0 { amount / (*length as f64 * capacity * up) } else { 0.0 }
        };
        amounts.iter().zip(self.lengths).zip(up).map(share).collect()
    }

    fn servers(&self) -> Vec<OfferedLoad> {
        let placement = &self.roster.placement;
        let cas = placement.cas.iter().enumerate().map(|(at, id)| (Resource::Cas(Id::new(at)), *id));
        let mailbox =
            placement.mailbox.iter().enumerate().map(|(at, id)| (Resource::Mailbox(Id::new(at)), *id));
        cas.chain(mailbox)
            .map(|(resource, id)| {
                let group = &self.network.groups[id.index()];
                let cores = f64::from(self.network.stations[group.first as usize].cores);
                let of = Of::Work(id.index());
                let shares =
                    self.over(&self.shares.one_server(of, id, self.network), cores, &self.up.group(group));
                self.load((resource, group.name.clone()), f64::from(group.count) * cores, shares, (of, 1.0))
            })
            .collect()
    }

    fn links(&self, model: &Model) -> Vec<OfferedLoad> {
        let placement = &self.roster.placement;
        let links = (0..model.topology.links.len()).flat_map(|at| {
            (0..2).map(move |way| (Resource::Link(Id::new(at), way), placement.links[at][way]))
        });
        let pipes = placement.pipes.iter().enumerate().flat_map(|(at, pipe)| {
            let ways = pipe.iter().flatten().enumerate();
            ways.map(move |(way, direction)| (Resource::Pipe(Id::new(at), way), *direction))
        });
        links
            .chain(pipes)
            .map(|(resource, id)| {
                let link = &self.network.links[id.index()];
                let of = Of::Bits(id.index());
                let amounts = self.shares.whole(of);
                let shares = self.over(&amounts, link.bandwidth / 1e9, &self.up.link(id.index()));
                self.load((resource, link.name.clone()), link.bandwidth, shares, (of, 1.0))
            })
            .collect()
    }

    fn load(
        &self,
        (resource, name): (Resource, String),
        capacity: f64,
        shares: Vec<f64>,
        (of, scale): (Of, f64),
    ) -> OfferedLoad {
        let hour = self.hour(&shares);
        let (from, length) = self.span(hour);
        let by_population = self.shares.by_population(of, hour.first..hour.first + hour.count);
        OfferedLoad {
            resource,
            name,
            demand: self.mean(&shares, hour) * capacity,
            mean: self.mean(&shares, self.whole()) * capacity,
            capacity,
            from,
            length,
            by_population: by_population.into_iter().map(|amount| amount * scale).collect(),
            shares,
        }
    }
}
