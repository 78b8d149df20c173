//! A model compiled for the engine, and the cast that plays it.

use crate::clients::custom::compile::{Compiled, compile};
use crate::clients::custom::{CUSTOM, CustomDriver};
use crate::clients::{self, Clients, Roster};
use crate::itinerary::Network;
use crate::kernel::random::Key;
use crate::kernel::{Id, SimTime};
use crate::model::access::Rules;
use crate::model::workload::Arrivals;
use crate::model::{Experiment, Model};
use crate::recorder::{Recorded, Recorder};
use crate::results::{LinkEnds, LinkKind, NONE, Names, ServerRole};
use crate::sim::{Driver, Ended, Engine};

/// What a row of `servers.csv` says of its group beside figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// What they are.
    pub role: ServerRole,
    /// Index into [`Names::sites`], or [`NONE`].
    pub site: u32,
}

/// A model compiled once for all replications.
#[derive(Debug)]
pub struct System<'m> {
    /// The model.
    pub model: &'m Model,
    /// Stations, links and programs.
    pub network: Network,
    /// Names behind the indices of results.
    pub names: Names,
    /// By station group.
    pub groups: Vec<GroupRow>,
    /// Raw bit/s by link direction.
    pub raw_bandwidths: Vec<f64>,
    /// Where each link direction begins and ends.
    pub ends: Vec<LinkEnds>,
    /// The other direction of each link direction that has one.
    pub reverses: Vec<Option<u32>>,
    /// By database with copies: its server at home, and which of that server's databases it is.
    pub databases: Vec<(u32, u32)>,
    clients: Roster,
    custom: Compiled,
}

impl<'m> System<'m> {
    /// Whether work is spread unevenly over the servers of a group by rule.
    #[must_use]
    pub fn uneven(&self, group: usize) -> bool {
        clients::uneven(&self.clients, Id::new(group), &self.network)
    }

    /// Compiles `model`.
    #[must_use]
    pub fn compile(model: &'m Model) -> Self {
        let mut network = Network::default();
        let stages = clients::stages(model);
        let rules: Vec<Rules> = stages.iter().map(Rules::new).collect();
        let clients =
            clients::compile_stages(model, &mut network, &stages, |stage, ask| rules[stage].decide(ask));
        let custom = compile(&model.workload, &mut network, true);
        let groups = groups(model, &network, &clients);
        let raw_bandwidths = raw_bandwidths(&network, &clients);
        let reverses = reverses(&network, &clients);
        let ends = ends(model, &network, &clients);
        let names = names(model, &network);
        let databases = clients.databases_at_home();
        Self { model, network, names, groups, raw_bandwidths, ends, reverses, databases, clients, custom }
    }

    /// Whether another is compiled to the very same programs, clients and stations: where the models differ
    /// in what the rules of access read, and nowhere else, both play the same run.
    #[must_use]
    pub fn plays_as(&self, other: &System<'_>) -> bool {
        let written = |of: &System<'_>| format!("{:?} {:?} {:?}", of.network, of.clients, of.custom);
        written(self) == written(other)
    }

    /// The drivers of one replication, or of its twin without any outage; each gets a
    /// recorder of its own.
    pub(super) fn cast<'c>(
        &'c self,
        experiment: &Experiment,
        (replication, twin): (u32, bool),
        recorder: impl Fn() -> Recorder<'c>,
    ) -> Cast<'c> {
        let root = Key::root(experiment.seed, replication);
        let (plan, custom) = (&self.clients, &self.custom);
        Cast {
            clients: (!plan.members.is_empty()).then(|| {
                Clients::new(
                    self.model,
                    plan,
                    experiment,
                    root,
                    (replication, twin),
                    recorder().with_goals(&self.model.workload.slo),
                )
            }),
            custom: CustomDriver::new(custom, root, (replication, twin), recorder()),
        }
    }
}

/// Everybody who opens requests in one run. Owners and tokens say by their top
/// bit whose they are.
#[derive(Debug)]
pub(super) struct Cast<'c> {
    clients: Option<Clients<'c>>,
    custom: CustomDriver<'c>,
}

impl Cast<'_> {
    /// Closes the books of all at `now`, the end of the window.
    pub(super) fn finish(self, now: SimTime) -> Recorded {
        let custom = self.custom.finish(now);
        match self.clients {
            Some(clients) => {
                let mut recorded = clients.finish(now);
                recorded.absorb(custom);
                recorded
            }
            None => custom,
        }
    }
}

impl Driver for Cast<'_> {
    fn start(&mut self, engine: &mut Engine<'_>) {
        if let Some(clients) = &mut self.clients {
            clients.start(engine);
        }
        self.custom.start(engine);
    }

    #[inline]
    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        if token & CUSTOM != 0 {
            self.custom.timer(engine, token);
        } else if let Some(clients) = &mut self.clients {
            clients.timer(engine, token);
        }
    }

    #[inline]
    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        if ended.owner & CUSTOM != 0 {
            self.custom.ended(engine, ended);
        } else if let Some(clients) = &mut self.clients {
            clients.ended(engine, ended);
        }
    }

    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        if token & CUSTOM != 0 {
            self.custom.edge(engine, token);
        } else if let Some(clients) = &mut self.clients {
            clients.edge(engine, token);
        }
    }

    fn look_ahead(&self, timers: &[u32], owners: &[u32]) -> u64 {
        self.clients.as_ref().map_or(0, |clients| clients.look_ahead(timers, owners))
    }

    fn check(&self) -> Vec<String> {
        let clients = self.clients.as_ref().map(Driver::check).unwrap_or_default();
        clients.into_iter().chain(self.custom.check()).collect()
    }

    fn window_ended(&mut self, engine: &mut Engine<'_>) {
        if let Some(clients) = &mut self.clients {
            clients.window_ended(engine);
        }
        self.custom.window_ended(engine);
    }
}

fn names(model: &Model, network: &Network) -> Names {
    let (topology, workload) = (&model.topology, &model.workload);
    let mut names = Names {
        sites: topology.sites.iter().map(|site| site.name.clone()).collect(),
        namespaces: topology.namespaces.iter().map(|n| n.name.clone()).collect(),
        ..Names::default()
    };
    names.locations = names.sites.clone();
    names.locations.extend(topology.regions.iter().map(|region| region.name.clone()));
    for population in &workload.populations {
        names.populations.push(population.name.clone());
        names.mailboxes.push(population.mailboxes);
    }
    for source in &workload.sources {
        names.populations.push(source.name.clone());
        names.mailboxes.push(if let Arrivals::Closed { users, .. } = source.arrivals { users } else { 0 });
    }
    for group in &network.groups {
        if group.count == 1 {
            names.servers.push(group.name.clone());
        } else {
            names.servers.extend((1..=group.count).map(|n| format!("{}-{n}", group.name)));
        }
    }
    names
}

/// Role and site of every group.
fn groups(model: &Model, network: &Network, clients: &Roster) -> Vec<GroupRow> {
    let mut rows = vec![GroupRow { role: ServerRole::Custom, site: NONE }; network.groups.len()];
    for (group, cas) in clients.placement.cas.iter().zip(&model.topology.cas) {
        rows[group.index()] = GroupRow { role: ServerRole::Cas, site: cas.site.index() as u32 };
    }
    let services = clients.placement.service_stations.iter().chain(&clients.placement.forwarded_stations);
    for (cas, _, group) in services {
        let site = model.topology.cas[cas.index()].site.index() as u32;
        rows[group.index()] = GroupRow { role: ServerRole::Service, site };
    }
    for (site, group) in clients.placement.publishers.iter().enumerate() {
        if let Some(group) = group {
            rows[group.index()] = GroupRow { role: ServerRole::Publisher, site: site as u32 };
        }
    }
    for group in clients.placement.hosts.iter().flatten() {
        rows[group.index()] = GroupRow { role: ServerRole::Host, site: NONE };
    }
    for (_, group) in &clients.placement.translations {
        rows[group.index()] = GroupRow { role: ServerRole::Translation, site: NONE };
    }
    for (group, mailbox) in clients.placement.mailbox.iter().zip(&model.topology.mailbox) {
        rows[group.index()] = GroupRow { role: ServerRole::Mailbox, site: mailbox.site.index() as u32 };
    }
    rows
}

/// The other direction of site links and Internet pipes, by direction.
fn reverses(network: &Network, clients: &Roster) -> Vec<Option<u32>> {
    let mut reverses = vec![None; network.links.len()];
    let placement = &clients.placement;
    for [there, back] in placement.links.iter().chain(placement.pipes.iter().flatten()) {
        reverses[there.index()] = Some(back.index() as u32);
        reverses[back.index()] = Some(there.index() as u32);
    }
    reverses
}

/// Bandwidth of every direction before the share that other traffic has, bit/s.
fn raw_bandwidths(network: &Network, clients: &Roster) -> Vec<f64> {
    let mut raw: Vec<f64> = network.links.iter().map(|link| link.bandwidth).collect();
    for &(direction, bandwidth) in &clients.placement.raw_bandwidths {
        raw[direction.index()] = bandwidth;
    }
    raw
}

/// Where every direction begins and ends.
fn ends(model: &Model, network: &Network, clients: &Roster) -> Vec<LinkEnds> {
    let mut ends = vec![LinkEnds::default(); network.links.len()];
    let (topology, placement) = (&model.topology, &clients.placement);
    for ([there, back], link) in placement.links.iter().zip(&topology.links) {
        let [from, to] = link.between.map(|site| site.index() as u32);
        let of = |from, to| LinkEnds { kind: LinkKind::Wan, from, to, latency: Some(link.latency.0) };
        (ends[there.index()], ends[back.index()]) = (of(from, to), of(to, from));
    }
    for (site, pipe) in (0..).zip(&placement.pipes) {
        let Some([into, out]) = pipe else { continue };
        let latency = topology.sites[site as usize].internet.as_ref().map(|pipe| pipe.latency.0);
        let of = |from, to| LinkEnds { kind: LinkKind::Internet, from, to, latency };
        (ends[into.index()], ends[out.index()]) = (of(NONE, site), of(site, NONE));
    }
    ends
}
