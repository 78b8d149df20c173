//! Alternatives of a client's way in the course of a run: after each change, for each
//! site that its name may lead to, with its databases at home or on their copy.
//!
//! A `Family` is a block of cohorts, one for each combination, compiled before the
//! run (`situation` looks up which is in force). What a change does not touch
//! keeps its cohort, so that nobody moves who has no reason to.
//!
//! A copy in another site is asked about as a Mailbox group of its own ([`stages`]):
//! it stands in the other site, while its databases keep the RPC Client Access
//! endpoint that they have at home.

use std::collections::BTreeMap;

use crate::clients::compile::placement::{nth_by_name, resolve};
use crate::clients::compile::{Compiler, Plan, Traits, Turn};
use crate::clients::play::detection::{Copy, View};
use crate::itinerary::{Leg, LinkDirection, Network, Program};
use crate::kernel::Id;
use crate::model::Model;
use crate::model::access::{AccessQuery, Failure, Route};
use crate::model::topology::{MailboxGroup, Namespace, Protocol, Site, Topology};
use crate::model::workload::{Location, Population, Target, Workload};
use crate::results::NONE;

/// Cohorts of clients that are alike, by change in force, site and copy.
#[derive(Clone, Copy, Debug)]
pub(in crate::clients) struct Family {
    /// Place of the first in [`Plan::turns`]; copies vary fastest, then sites.
    pub(in crate::clients) first: u32,
    /// Sites that the name may lead to.
    pub(in crate::clients) sites: u32,
    /// 1, or 2 where the databases have a copy.
    pub(in crate::clients) copies: u32,
    /// The name's view, or [`NONE`] where it leads to one site all the time.
    pub(in crate::clients) view: u32,
    /// First station of the Mailbox group at home.
    pub(in crate::clients) home_first: u32,
    /// First station and number of those that hold the copies.
    pub(in crate::clients) away_first: u32,
    pub(in crate::clients) away_count: u32,
    /// Place of the group's first server in [`Plan::copies`].
    pub(in crate::clients) first_copy: u32,
    /// Place in [`Plan::fellows`] of those that take its clients over, or [`NONE`].
    pub(in crate::clients) fellows: u32,
}

/// The organisation before the first change and after each, with a Mailbox group
/// more for every group that has copies: the copies, in the order of their groups.
#[must_use]
pub fn stages(model: &Model) -> Vec<Topology> {
    let changed = model.workload.changes.iter().map(|change| &change.topology);
    std::iter::once(&model.topology).chain(changed).map(with_copies).collect()
}

fn with_copies(base: &Topology) -> Topology {
    let mut topology = base.clone();
    for home in &base.mailbox {
        let Some(over) = home.fail_over else { continue };
        let away = &base.mailbox[over.to.index()];
        let mut copy = away.clone();
        copy.fail_over = None;
        // `RpcClientAccessServer` is the database's: it does not move with it.
        copy.switches.rpc_client_access_server =
            home.switches.rpc_client_access_server.clone().or_else(|| endpoint(base, home));
        topology.mailbox.push(copy);
    }
    topology
}

/// Name of the endpoint of a database that names none: the first server by name of
/// its site and release.
fn endpoint(topology: &Topology, home: &MailboxGroup) -> Option<String> {
    let groups = topology.sites[home.site.index()].cas.iter().map(|cas| &topology.cas[cas.index()]);
    let fits = groups.filter(|cas| cas.generation.major() == home.generation.major());
    fits.map(|cas| cas.name.clone()).min()
}

/// Whether an outage may make a site look down to a name service.
fn may_fail(workload: &Workload, topology: &Topology, site: Id<Site>, inside: bool) -> bool {
    workload.outages.iter().any(|outage| match &outage.target {
        Target::Site(struck) | Target::Cas(struck, _) => *struck == site,
        Target::Pipe(struck) => *struck == site && !inside,
        Target::Server { cas: Some(cas), .. } => topology.cas[cas.index()].site == site,
        _ => false,
    })
}

fn list(name: &Namespace, inside: bool) -> &[Id<Site>] {
    if inside && !name.inside.is_empty() { &name.inside } else { &name.internet }
}

/// A name for which `order` keeps of a list the sites that can come into question:
/// each as long as all before it may fail.
fn in_question(
    workload: &Workload,
    topology: &Topology,
    name: &Namespace,
    inside: bool,
) -> Vec<Option<Id<Site>>> {
    let sites = list(name, inside);
    let doubtful = sites.iter().take_while(|&&site| may_fail(workload, topology, site, inside)).count();
    let mut kept: Vec<_> = sites.iter().take(doubtful + 1).copied().map(Some).collect();
    if kept.is_empty() {
        kept.push(None);
    }
    kept
}

/// Whether the program at `a` has the same legs as that at `b`.
fn same_program(network: &Network, a: Program, b: Program) -> bool {
    let legs = |program: Program| network.legs[program.0 as usize..].iter();
    for (x, y) in legs(a).zip(legs(b)) {
        if x != y {
            return false;
        }
        if matches!(x, Leg::End | Leg::Fail { .. }) {
            return true;
        }
    }
    false
}

impl<R: Fn(usize, &AccessQuery<'_>) -> Route> Compiler<'_, '_, R> {
    /// The view of a name, if it may lead to more than one site.
    pub(in crate::clients) fn view(
        &mut self,
        workload: &Workload,
        name: Id<Namespace>,
        inside: bool,
        plan: &mut Plan,
    ) -> u32 {
        let host = &self.stages[0].namespaces[name.index()].name;
        let known = plan.views.iter().position(|view| view.host == *host && view.inside == inside);
        if let Some(known) = known {
            return known as u32;
        }
        let lists: Vec<Vec<Option<Id<Site>>>> = self
            .stages
            .iter()
            .map(|topology| in_question(workload, topology, &topology.namespaces[name.index()], inside))
            .collect();
        let mut sites: Vec<Option<Id<Site>>> = Vec::new();
        for site in lists.iter().flatten() {
            if !sites.contains(site) {
                sites.push(*site);
            }
        }
        if sites.len() == 1 {
            return NONE;
        }
        let place = |site: &Option<Id<Site>>| sites.iter().position(|s| s == site).unwrap_or(0) as u32;
        let order = lists.iter().map(|list| list.iter().map(place).collect()).collect();
        let namespaces = self.stages.iter().map(|topology| &topology.namespaces[name.index()]);
        let ttl = namespaces.map(|name| name.ttl).collect();
        let topology = &self.stages[0];
        let needs = sites
            .iter()
            .map(|site| {
                let Some(site) = site else { return (Vec::new(), Vec::new()) };
                let name = &topology.namespaces[name.index()];
                let stations = name.groups_in(&topology.sites[site.index()]).flat_map(|cas| {
                    let group = &self.network.groups[self.ground.cas[cas.index()].index()];
                    group.first..group.first + group.count
                });
                let pipe: Vec<Id<LinkDirection>> = match self.ground.pipes[site.index()] {
                    Some(pipe) if !inside => pipe.to_vec(),
                    _ => Vec::new(),
                };
                (stations.collect(), pipe)
            })
            .collect();
        plan.views.push(View {
            host: host.clone(),
            inside,
            sites: sites.iter().map(|site| site.map_or(NONE, |site| site.index() as u32)).collect(),
            order,
            ttl,
            check: topology.namespaces[name.index()].health_check,
            needs,
        });
        plan.views.len() as u32 - 1
    }

    /// Where a client lands whose name leads to `site`, after change `stage`.
    pub(in crate::clients) fn landing(
        &mut self,
        stage: usize,
        location: Location,
        site: Option<Option<Id<Site>>>,
        name: Id<Namespace>,
        number: u32,
    ) -> Turn {
        let topology = &self.stages[stage];
        let site = match site {
            Some(site) => site.ok_or(Failure::NameNotResolved),
            None => resolve(topology, name, location),
        };
        (site, site.ok().and_then(|site| nth_by_name(topology, name, site, u64::from(number))))
    }

    /// Sites that a name may lead to for those who see it so; `None` is wherever the
    /// list says first.
    pub(in crate::clients) fn sites_of(plan: &Plan, view: u32) -> Vec<Option<Option<Id<Site>>>> {
        if view == NONE {
            return vec![None];
        }
        let site = |&site: &u32| Some((site != NONE).then(|| Id::new(site as usize)));
        plan.views[view as usize].sites.iter().map(site).collect()
    }

    /// Compiles the families of traits that have not been seen yet: one for each group
    /// over which the server that serves in the end spreads sessions, with its weight.
    pub(in crate::clients) fn families(
        &mut self,
        (index, population, protocol): (usize, &Population, Protocol),
        location: Location,
        (name, view): (Id<Namespace>, u32),
        number: u32,
        traits: &Traits,
        plan: &mut Plan,
    ) -> Vec<(u32, u32)> {
        let home = traits.mailbox;
        let copy = self.copies.iter().position(|&group| group == home).map(|n| Id::new(self.homes + n));
        let stored: Vec<Id<MailboxGroup>> = std::iter::once(home).chain(copy).collect();
        let sites = Self::sites_of(plan, view);
        // How things stand at the beginning decides how many there are.
        let begin = if view == NONE { 0 } else { plan.views[view as usize].order[0][0] as usize };
        let (site, landing) = self.landing(0, location, sites[begin], name, number);
        self.stage = 0;
        let case = self.case(population, protocol, location, name, traits);
        let entry = self.turns_to(&case, site, landing).1;
        let targets = entry.map_or_else(Vec::new, |entry| self.targets(&case, entry));
        let mut families = Vec::new();
        for pick in 0..targets.len().max(1) {
            let first = plan.turns.len();
            let block = sites.len() * stored.len();
            for stage in 0..self.stages.len() {
                for &site in &sites {
                    for &mailbox in &stored {
                        let legs = self.network.legs.len();
                        let (site, landing) = self.landing(stage, location, site, name, number);
                        self.stage = stage;
                        let traits = traits.at(mailbox);
                        let mut case = self.case(population, protocol, location, name, &traits);
                        let (site, entry) = self.turns_to(&case, site, landing);
                        let targets = entry.map_or_else(Vec::new, |entry| self.targets(&case, entry));
                        case.pick = pick % targets.len().max(1);
                        let cohort =
                            self.cohort(&case, (index, population), name.index() as u32, site, entry);
                        let before = (stage > 0).then(|| plan.turns[plan.turns.len() - block]);
                        let same = before.filter(|&before| {
                            let before = &plan.cohorts[before as usize];
                            let steps = before.steps.iter().zip(&cohort.steps);
                            let mut programs = steps.chain([(&before.direct, &cohort.direct)]);
                            before.alike(&cohort) && programs.all(|(a, b)| same_program(self.network, *a, *b))
                        });
                        plan.turns.push(match same {
                            Some(same) => {
                                self.network.legs.truncate(legs);
                                same
                            }
                            None => {
                                plan.cohorts.push(cohort);
                                plan.cohorts.len() as u32 - 1
                            }
                        });
                    }
                }
            }
            self.stage = 0;
            let group = |mailbox: Id<MailboxGroup>| {
                &self.network.groups[self.ground.mailbox[mailbox.index()].index()]
            };
            let (at_home, away) = (group(home), group(stored[stored.len() - 1]));
            let first_copy = plan.copies.iter().position(|copy| copy.home == at_home.first).unwrap_or(0);
            plan.families.push(Family {
                first: first as u32,
                sites: sites.len() as u32,
                copies: stored.len() as u32,
                view,
                home_first: at_home.first,
                away_first: away.first,
                away_count: away.count,
                first_copy: first_copy as u32,
                fellows: NONE,
            });
            let weight = targets.get(pick).map_or(1, |id| self.stages[0].cas[id.index()].servers);
            families.push((plan.families.len() as u32 - 1, weight));
        }
        families
    }

    /// Clients of one kind that enter by different groups, or whose sessions are forwarded
    /// to different groups, stand in for each other: a balancer that finds one of the
    /// groups down, or an entry that finds a target down, goes to the next.
    pub(in crate::clients) fn fellows(known: &BTreeMap<Traits, Vec<(u32, u32)>>, plan: &mut Plan) {
        let mut alike: BTreeMap<Traits, Vec<u32>> = BTreeMap::new();
        for (traits, families) in known {
            let ids = families.iter().map(|(family, _)| *family);
            alike.entry(traits.anywhere()).or_default().extend(ids);
        }
        for mut families in alike.into_values().filter(|families| families.len() > 1) {
            families.sort_unstable();
            for &family in &families {
                plan.families[family as usize].fellows = plan.fellows.len() as u32;
            }
            plan.fellows.push(families);
        }
    }

    /// Notes the servers whose databases have copies.
    pub(in crate::clients) fn lay_copies(&mut self, plan: &mut Plan) {
        for &home in &self.copies {
            let Some(over) = self.stages[0].mailbox[home.index()].fail_over else { continue };
            let group = &self.network.groups[self.ground.mailbox[home.index()].index()];
            for server in group.first..group.first + group.count {
                let (activation, fail_back) = (over.activation, over.fail_back);
                plan.copies.push(Copy { home: server, activation, fail_back });
            }
        }
        for &home in &self.copies {
            let Some(over) = self.stages[0].mailbox[home.index()].fail_over else { continue };
            self.ground.mailbox.push(self.ground.mailbox[over.to.index()]);
        }
    }
}
