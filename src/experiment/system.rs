//! A model compiled for the engine, and the cast that plays it.

use crate::clients::custom::compile::{Compiled, compile};
use crate::clients::custom::{CUSTOM, CustomDriver};
use crate::kernel::SimTime;
use crate::kernel::random::Key;
use crate::model::Model;
use crate::model::itinerary::Network;
use crate::model::workload::Arrivals;
use crate::recorder::{Recorded, Recorder};
use crate::results::{NONE, Names, SessionSink};
use crate::sim::{Driver, Ended, Engine};

/// What a row of `servers.csv` says of its group beside figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// `cas`, `mailbox` or `custom`.
    pub role: &'static str,
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
    custom: Compiled,
}

impl<'m> System<'m> {
    /// Compiles `model`.
    #[must_use]
    pub fn compile(model: &'m Model) -> Self {
        let mut network = Network::default();
        let custom = compile(&model.workload, &mut network, true);
        let mut groups = vec![GroupRow { role: "custom", site: NONE }; network.groups.len()];
        let mut raw_bandwidths: Vec<f64> = network.links.iter().map(|link| link.bandwidth).collect();
        describe_groups(model, &network, &custom, &mut groups);
        describe_links(model, &network, &custom, &mut raw_bandwidths);
        let names = names(model, &network);
        Self { model, network, names, groups, raw_bandwidths, custom }
    }

    /// The drivers of one replication; each gets a recorder of its own.
    pub(super) fn cast<S: SessionSink>(
        &self,
        seed: u64,
        replication: u32,
        recorder: impl Fn() -> Recorder<S>,
    ) -> Cast<'_, S> {
        let root = Key::root(seed, replication);
        Cast { custom: CustomDriver::new(&self.custom, root, replication, recorder()) }
    }
}

/// Everybody who opens requests in one run. Owners and tokens say by their top
/// bit whose they are.
#[derive(Debug)]
pub(super) struct Cast<'c, S> {
    custom: CustomDriver<'c, S>,
}

impl<S: SessionSink> Cast<'_, S> {
    /// Closes the books of all at `now`, the end of the window.
    pub(super) fn finish(self, now: SimTime) -> Recorded {
        self.custom.finish(now).0
    }
}

impl<S: SessionSink> Driver for Cast<'_, S> {
    fn start(&mut self, engine: &mut Engine<'_>) {
        self.custom.start(engine);
    }

    fn timer(&mut self, engine: &mut Engine<'_>, token: u32) {
        if token & CUSTOM != 0 {
            self.custom.timer(engine, token);
        }
    }

    fn ended(&mut self, engine: &mut Engine<'_>, ended: &Ended) {
        if ended.owner & CUSTOM != 0 {
            self.custom.ended(engine, ended);
        }
    }

    fn edge(&mut self, engine: &mut Engine<'_>, token: u32) {
        if token & CUSTOM != 0 {
            self.custom.edge(engine, token);
        }
    }

    fn window_ended(&mut self, engine: &mut Engine<'_>) {
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

/// Role and site of the groups that are Exchange's, found by their names.
fn describe_groups(model: &Model, network: &Network, custom: &Compiled, rows: &mut [GroupRow]) {
    for (index, group) in network.groups.iter().enumerate() {
        if custom.groups.iter().any(|id| id.index() == index) {
            continue;
        }
        if let Some(cas) = model.topology.cas.iter().find(|cas| cas.name == group.name) {
            rows[index] = GroupRow { role: "cas", site: cas.site.index() as u32 };
        } else if let Some(mailbox) = model.topology.mailbox.iter().find(|m| m.name == group.name) {
            rows[index] = GroupRow { role: "mailbox", site: mailbox.site.index() as u32 };
        }
    }
}

/// Raw bandwidth of the directions that are site links, found by their ends.
fn describe_links(model: &Model, network: &Network, custom: &Compiled, raw: &mut [f64]) {
    let site =
        |id: crate::kernel::Id<_>| model.topology.sites.get(id.index()).map_or("", |s| s.name.as_str());
    for (index, direction) in network.links.iter().enumerate() {
        if custom.links.iter().any(|id| id.index() == index) {
            continue;
        }
        for link in &model.topology.links {
            for way in 0..2 {
                if direction.name == format!("{}>{}", site(link.between[way]), site(link.between[1 - way])) {
                    raw[index] = link.bandwidth[way];
                }
            }
        }
    }
}
