//! What the lints look at: the model, every way that clients take through the access
//! rules, and the load that they offer.
//!
//! Must not judge.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;

use super::flows::{self, Flow, Lost};
use crate::clients::expected::offered_load::{LimitDemand, OfferedLoad, demand_while};
use crate::kernel::{Id, SimSpan, SimTime};
use crate::model::Model;
use crate::model::directory::Service;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, MailboxGroup, Topology};
use crate::model::workload::{Change, Workload};
use crate::scenario::{Scenario, key};

/// What a lint looks at.
#[derive(Debug)]
pub struct Subject<'s> {
    /// The scenario.
    pub scenario: &'s Scenario,
    /// Its organisation.
    pub topology: &'s Topology,
    /// Every way that clients take, with the number of mailboxes behind it.
    pub flows: Vec<Flow>,
    change: Option<&'s Change>,
    /// What is down.
    down: Lost,
    // Every client is compiled for it: only where a lint asks.
    demand: OnceCell<(Vec<OfferedLoad>, Vec<LimitDemand>)>,
}

/// Who asks for what after a change: mailboxes may have been moved.
fn workload_after(scenario: &Scenario, change: &Change) -> Workload {
    let mut workload = scenario.model.workload.clone();
    for (population, moved) in workload.populations.iter_mut().zip(&change.moved) {
        population.moved.clone_from(moved);
    }
    workload
}

impl<'s> Subject<'s> {
    /// Looks at a scenario.
    #[must_use]
    pub fn new(scenario: &'s Scenario) -> Self {
        Self::while_down(scenario, &Lost::default())
    }

    /// Looks at a scenario while some servers are down; who is left has their load.
    #[must_use]
    pub fn while_down(scenario: &'s Scenario, down: &Lost) -> Self {
        let model = &scenario.model;
        let flows = flows::while_down(&model.topology, &model.workload, down);
        Self {
            scenario,
            topology: &model.topology,
            flows,
            change: None,
            down: down.clone(),
            demand: OnceCell::new(),
        }
    }

    /// Looks at a scenario from the instant of a change on, while some servers are down.
    #[must_use]
    pub fn after(scenario: &'s Scenario, change: &'s Change, down: &Lost) -> Self {
        let flows = flows::while_down(&change.topology, &workload_after(scenario, change), down);
        Self {
            scenario,
            topology: &change.topology,
            flows,
            change: Some(change),
            down: down.clone(),
            demand: OnceCell::new(),
        }
    }

    /// Looks at some ways through an organisation.
    #[must_use]
    pub(super) fn of_flows(scenario: &'s Scenario, topology: &'s Topology, flows: Vec<Flow>) -> Self {
        Self { scenario, topology, flows, change: None, down: Lost::default(), demand: OnceCell::new() }
    }

    /// Load offered in the busiest hour.
    #[must_use]
    pub fn offered(&self) -> &[OfferedLoad] {
        &self.demand().0
    }

    /// What is held of limits in the busiest hour.
    #[must_use]
    pub fn held(&self) -> &[LimitDemand] {
        &self.demand().1
    }

    /// The users of populations that ask for something.
    pub(super) fn asking(&self, amounts: &[(u32, f64)]) -> Vec<Users> {
        let populations = &self.scenario.model.workload.populations;
        let of = |(number, amount): &(u32, f64)| {
            let population = populations.get(*number as usize).filter(|_| *amount > 0.0)?;
            Some(Users { population: population.name.clone(), mailboxes: u64::from(population.mailboxes) })
        };
        amounts.iter().filter_map(of).collect()
    }

    fn demand(&self) -> &(Vec<OfferedLoad>, Vec<LimitDemand>) {
        let down = self.down.caller();
        self.demand.get_or_init(|| {
            let Some(change) = self.change else {
                return demand_while(&self.scenario.model, &self.scenario.experiment, &down);
            };
            let workload = workload_after(self.scenario, change);
            let model = Model { topology: change.topology.clone(), workload };
            // The rest of the window, in which the hours of load are sought.
            let mut rest = self.scenario.experiment.clone();
            let gone = change.at.since(rest.measured_from().min(change.at));
            rest.warmup = SimSpan(rest.warmup.0 + gone.0);
            rest.window = SimSpan(rest.window.0.saturating_sub(gone.0));
            rest.window_starts_at_utc = SimSpan(rest.window_starts_at_utc.0 + gone.0);
            demand_while(&model, &rest, &down)
        })
    }

    /// A group of Client Access servers.
    #[must_use]
    pub fn cas(&self, id: Id<CasGroup>) -> &'s CasGroup {
        &self.topology.cas[id.index()]
    }

    /// A group of Mailbox servers.
    #[must_use]
    pub fn mailbox(&self, id: Id<MailboxGroup>) -> &'s MailboxGroup {
        &self.topology.mailbox[id.index()]
    }

    /// Name of a group's site.
    #[must_use]
    pub fn site_of(&self, id: Id<CasGroup>) -> &'s str {
        &self.topology.sites[self.cas(id).site.index()].name
    }

    /// Path of the table that states a group: its site, or its `[[site.server]]`.
    #[must_use]
    pub fn cas_path(&self, id: Id<CasGroup>) -> String {
        cas_path(self.scenario, id)
    }

    /// As [`Self::cas_path`] for Mailbox servers.
    #[must_use]
    pub fn mailbox_path(&self, id: Id<MailboxGroup>) -> String {
        mailbox_path(self.scenario, id)
    }

    /// Path of a key of a group's virtual directory.
    #[must_use]
    pub fn directory_path(&self, id: Id<CasGroup>, service: Service, name: &str) -> String {
        format!("{}.{}.{name}", self.cas_path(id), Service::ALL[service as usize].1)
    }

    /// Client Access groups with their ids.
    pub fn groups(&self) -> impl Iterator<Item = (Id<CasGroup>, &'s CasGroup)> + use<'s> {
        self.topology.cas.iter().enumerate().map(|(at, group)| (Id::new(at), group))
    }

    /// The flows that a lint is about, by the group that they enter.
    pub(super) fn by_entry(&self, about: impl Fn(&Flow) -> bool) -> BTreeMap<Id<CasGroup>, Vec<&Flow>> {
        let mut found: BTreeMap<_, Vec<&Flow>> = BTreeMap::new();
        for flow in self.flows.iter().filter(|flow| about(flow)) {
            if let Some(entry) = flow.entry {
                found.entry(entry).or_default().push(flow);
            }
        }
        found
    }

    /// The populations behind the flows that a lint is about, with the number of
    /// mailboxes each. A mailbox that uses several protocols counts once: the users
    /// of the rarer protocol are taken to use the commoner one too.
    pub fn users<'f>(&self, flows: impl Iterator<Item = &'f Flow>) -> Vec<Users> {
        let populations = &self.scenario.model.workload.populations;
        let mut by: BTreeMap<(usize, Protocol), f64> = BTreeMap::new();
        for flow in flows {
            *by.entry((flow.population, flow.protocol)).or_default() += flow.mailboxes;
        }
        let mut users: Vec<Users> = Vec::new();
        for ((population, _), mailboxes) in by {
            let name = &populations[population].name;
            let mailboxes = (mailboxes.round() as u64).min(u64::from(populations[population].mailboxes));
            match users.iter_mut().find(|known| known.population == *name) {
                Some(known) => known.mailboxes = known.mailboxes.max(mailboxes),
                None => users.push(Users { population: name.clone(), mailboxes }),
            }
        }
        users.retain(|users| users.mailboxes > 0);
        users
    }
}

/// Mailboxes of a population.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Users {
    /// Name of the population.
    pub population: String,
    /// How many of its mailboxes.
    pub mailboxes: u64,
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.mailboxes, self.population)
    }
}

/// Time of day of an instant, by the scenario's clock.
pub(crate) fn clock(scenario: &Scenario, at: SimTime) -> String {
    let experiment = &scenario.experiment;
    let since = i128::from(at.0) - i128::from(experiment.measured_from().0);
    let utc = i128::from(experiment.window_starts_at_utc.0) + since;
    let minutes = utc.div_euclid(60_000_000_000) + i128::from(scenario.clock_offset_minutes);
    let minutes = minutes.rem_euclid(24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Path of the table that states a group of Client Access servers.
#[must_use]
pub fn cas_path(scenario: &Scenario, id: Id<CasGroup>) -> String {
    let topology = &scenario.model.topology;
    let group = &topology.cas[id.index()];
    group_path(scenario, &topology.sites[group.site.index()].name, &group.name, "-CAS")
}

/// Path of the table that states a group of Mailbox servers.
#[must_use]
pub fn mailbox_path(scenario: &Scenario, id: Id<MailboxGroup>) -> String {
    let topology = &scenario.model.topology;
    let group = &topology.mailbox[id.index()];
    // A passive node is stated by its active one.
    let group = group.passive_of.map_or(group, |active| &topology.mailbox[active.index()]);
    group_path(scenario, &topology.sites[group.site.index()].name, &group.name, "-MBX")
}

fn group_path(scenario: &Scenario, site: &str, group: &str, role: &str) -> String {
    if group.strip_suffix(role) == Some(site) {
        return format!("site.{}", key(site));
    }
    let own = group.strip_suffix(role).unwrap_or(group);
    let path = |name: &str| format!("site.{}.server.{}", key(site), key(name));
    let spans = &scenario.spans;
    if spans.given(&path(group)) || !spans.given(&path(own)) { path(group) } else { path(own) }
}
