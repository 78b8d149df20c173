//! Copies of databases, as a compilation sees them: each other group of servers on which
//! databases may be mounted is asked about as a Mailbox group of its own ([`stages`]). It
//! stands where it stands, while its databases keep the RPC Client Access endpoint that they
//! have at home; in 2010 a person who switches over to another site moves that too.
//!
//! Must not know when something fails. Next: [`super::alternatives`].

use super::inputs::Inputs;
use crate::clients::roster::Roster;
use crate::clients::stores::{Database, Holder, QuorumPlan};
use crate::itinerary::Network;
use crate::kernel::{Id, SimSpan};
use crate::model::Model;
use crate::model::topology::{DatabaseCopies, MailboxGroup, MailboxServer, Topology, Witness};
use crate::results::NONE;

/// The organisation before the first change and after each, with a Mailbox group more for
/// every other group on which the databases of one may be mounted, in the order of these.
#[must_use]
pub fn stages(model: &Model) -> Vec<Topology> {
    let changed = model.workload.changes.iter().map(|change| &change.topology);
    std::iter::once(&model.topology).chain(changed).map(with_copies).collect()
}

fn with_copies(base: &Topology) -> Topology {
    let mut topology = base.clone();
    for (number, home) in base.mailbox.iter().enumerate() {
        let Some(copies) = &home.copies else { continue };
        for (away, moved) in other_places(base, Id::new(number), copies) {
            let mut copy = base.mailbox[away.index()].clone();
            copy.copies = None;
            // `RpcClientAccessServer` is the database's: it does not move with it.
            if !moved {
                copy.switches.rpc_client_access_server =
                    home.switches.rpc_client_access_server.clone().or_else(|| endpoint(base, home));
            }
            topology.mailbox.push(copy);
        }
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

/// The places of a group's databases beside their home: the groups that hold copies, and those
/// in another site once more with the array's name moved there (2010, in a database
/// availability group).
fn other_places(topology: &Topology, home: Id<MailboxGroup>, copies: &DatabaseCopies) -> Vec<Place> {
    let own = &topology.mailbox[home.index()];
    let dag = topology.dag_of(MailboxServer { group: home, number: 0 });
    let array = dag.is_some() && own.generation.major() == 2010;
    let groups = copies.groups(home);
    let far = |group: &Id<MailboxGroup>| array && topology.mailbox[group.index()].site != own.site;
    let moved = groups.iter().copied().filter(far).map(|group| (group, true));
    groups.iter().map(|&group| (group, false)).chain(moved).collect()
}

/// Whether the name of the web leads Outlook inside to another site as databases of this group
/// are mounted there. In a database availability group a person moves the array's name.
pub(super) fn by_name_of_web(topology: &Topology, home: Id<MailboxGroup>) -> bool {
    let own = &topology.mailbox[home.index()];
    let groups = own.copies.as_ref().map_or_else(Vec::new, |copies| copies.groups(home));
    topology.dag_of(MailboxServer { group: home, number: 0 }).is_none()
        && groups.iter().any(|group| topology.mailbox[group.index()].site != own.site)
}

/// A group on which databases may be mounted, and whether the array's name has moved there.
pub(super) type Place = (Id<MailboxGroup>, bool);

/// Where databases may be mounted, as Mailbox groups behind those at home.
#[derive(Debug, Default)]
pub(super) struct Copies {
    /// By Mailbox group: the places of its databases, that at home first, each with whether the
    /// array's name has moved there; and where they begin in [`Roster::databases`].
    of: Vec<(Vec<Place>, u32)>,
}

impl Copies {
    /// Notes every database that has copies, and who holds it, where databases may move.
    pub(super) fn lay(inputs: &mut Inputs<'_>, network: &Network, moves: bool, roster: &mut Roster) -> Self {
        let topology = inputs.topology();
        let mut copies = Self::default();
        let homes = inputs.placement.mailbox.len();
        let mut laid = homes;
        for (number, group) in topology.mailbox[..homes].iter().enumerate() {
            let home = Id::new(number);
            let mut places = vec![(home, false)];
            let Some(held) = group.copies.as_ref().filter(|_| moves) else {
                copies.of.push((places, NONE));
                continue;
            };
            let others = other_places(topology, home, held);
            let first = roster.databases.len() as u32;
            roster.databases.extend(databases(inputs, network, (home, held), &others));
            for (other, moved) in others {
                inputs.placement.mailbox.push(inputs.placement.mailbox[other.index()]);
                places.push((Id::new(laid), moved));
                laid += 1;
            }
            copies.of.push((places, first));
        }
        copies
    }

    /// The places of a group's databases, and where these begin in [`Roster::databases`].
    pub(super) fn places(&self, home: Id<MailboxGroup>) -> (&[Place], u32) {
        let (places, first) = &self.of[home.index()];
        (places, *first)
    }
}

/// The databases of a group, server by server.
fn databases(
    inputs: &Inputs<'_>,
    network: &Network,
    (home, held): (Id<MailboxGroup>, &DatabaseCopies),
    others: &[Place],
) -> Vec<Database> {
    let topology = inputs.topology();
    let own = &topology.mailbox[home.index()];
    let dag = topology.dag_of(MailboxServer { group: home, number: 0 });
    let place = |group: Id<MailboxGroup>, moved: bool| {
        others.iter().position(|other| *other == (group, moved)).map(|at| at as u32 + 1)
    };
    let holder = |server: MailboxServer| {
        let group = &network.groups[inputs.placement.mailbox[server.group.index()].index()];
        let near = place(server.group, false).unwrap_or(0);
        let elsewhere = topology.site_of_store(server) != own.site;
        let by_hand = dag.filter(|dag| dag.by_hand && elsewhere);
        let automatic = held.activation[usize::from(elsewhere)];
        Holder {
            station: group.first + server.number,
            place: near,
            moved_place: place(server.group, true).unwrap_or(near),
            activation: by_hand.map_or(automatic, |dag| dag.switchover),
            by_hand: by_hand.is_some(),
        }
    };
    let array_ttl = dag.map_or(SimSpan::ZERO, |dag| dag.array_ttl);
    let mut databases = Vec::new();
    for number in 0..own.servers {
        for database in 0..held.databases {
            let holders = held.holders(MailboxServer { group: home, number }, database);
            let holders = holders.into_iter().map(holder).collect();
            databases.push(Database { holders, fail_back: held.fail_back, array_ttl });
        }
    }
    databases
}

/// Notes the database availability groups, and what joins their sites.
pub(super) fn note_dags(topology: &Topology, network: &Network, roster: &mut Roster) {
    if topology.dags.is_empty() {
        return;
    }
    let links = topology.links.iter().zip(&roster.placement.links);
    let joints = links.map(|(link, directions)| (link.between.map(Id::index), *directions)).collect();
    roster.joints = (topology.sites.len(), joints);
    for dag in &topology.dags {
        let station = |server: &MailboxServer| {
            let group = &network.groups[roster.placement.mailbox[server.group.index()].index()];
            (group.first + server.number, topology.site_of_store(*server).index())
        };
        let stations = match dag.witness {
            Witness::Site(_) => Vec::new(),
            Witness::Server(cas) => {
                let group = &network.groups[roster.placement.cas[cas.index()].index()];
                (group.first..group.first + group.count).collect()
            }
        };
        roster.dags.push(QuorumPlan {
            members: dag.members.iter().map(station).collect(),
            witness: (topology.site_of_witness(dag.witness).index(), stations),
            dag: dag.clone(),
        });
    }
}
