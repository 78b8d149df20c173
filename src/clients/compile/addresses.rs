//! Names with several addresses in one answer: which address a client begins at, and what
//! is behind each.
//!
//! Clients take turns: the n-th begins at the n-th address. Outlook inside goes by the name
//! of its endpoint, others by the name that they use. Must not know what is dead in a run
//! ([`crate::clients::play`]). Next: [`super::alternatives`].

use super::inputs::{Inputs, Users};
use super::redirects::Arrival;
use super::turns::{lowest_common_multiple, nth_by_name, nth_of, servers_of};
use crate::clients::address_list::{AddressList, Dialled, GoesOn};
use crate::clients::steps::{ProtocolFacts, Transport};
use crate::itinerary::Network;
use crate::kernel::Id;
use crate::model::access::{endpoint_host, outlook_entries};
use crate::model::protocol::Protocol;
use crate::model::topology::{Address, CasGroup, MailboxGroup, Namespace, Topology};
use crate::model::workload::Location;

/// The name by which clients of a protocol look for their servers.
fn looked_up(
    topology: &Topology,
    (protocol, name): (Protocol, Id<Namespace>),
    mailbox: Id<MailboxGroup>,
) -> Option<&Namespace> {
    if ProtocolFacts::of(protocol).transport != Transport::Rpc {
        return Some(&topology.namespaces[name.index()]);
    }
    let host = endpoint_host(topology, mailbox)?;
    topology.namespaces.iter().find(|name| name.name.eq_ignore_ascii_case(&host))
}

/// The addresses that such clients are told, in the order of the answer; empty where their
/// name leads to one place at a time.
pub(super) fn addresses(topology: &Topology, users: &Users<'_>, mailbox: Id<MailboxGroup>) -> Vec<Address> {
    let inside = matches!(users.location, Location::Site(_));
    let name = looked_up(topology, (users.protocol, users.name), mailbox);
    name.map_or_else(Vec::new, |name| topology.addresses(name, inside))
}

/// Where the `number`-th of such clients begins; `None` where there is one address.
pub(super) fn begins(
    inputs: &Inputs<'_>,
    stage: usize,
    users: &Users<'_>,
    mailbox: Id<MailboxGroup>,
    number: u32,
) -> Option<Arrival> {
    let topology = &inputs.stages[stage];
    let all = addresses(topology, users, mailbox);
    let first = *all.get((number as usize).checked_rem(all.len())?)?;
    let site = topology.site_of_address(first);
    let round = u64::from(number) / all.len() as u64;
    let group = match first {
        Address::Server(group, _) => Some(group),
        Address::Site(_) if is_rpc(users.protocol) => {
            nth_of(topology, &endpoints_in(topology, mailbox, first), round)
        }
        Address::Site(_) => nth_by_name(topology, users.name, site, round),
    };
    Some((Ok(site), group))
}

/// After so many clients [`begins`] begins anew with the first; `None` where there is one
/// address.
pub(super) fn address_turns(
    inputs: &Inputs<'_>,
    stage: usize,
    users: &Users<'_>,
    mailbox: Id<MailboxGroup>,
) -> Option<u64> {
    let topology = &inputs.stages[stage];
    let all = addresses(topology, users, mailbox);
    let behind = |&address: &Address| match address {
        Address::Server(..) => 1,
        Address::Site(_) if is_rpc(users.protocol) => {
            servers_of(topology, endpoints_in(topology, mailbox, address))
        }
        Address::Site(_) => {
            let site = topology.site_of_address(address);
            let name = &topology.namespaces[users.name.index()];
            servers_of(topology, name.groups_in(&topology.sites[site.index()]))
        }
    };
    let rounds = all.iter().map(behind).fold(1, lowest_common_multiple);
    (!all.is_empty()).then(|| rounds.saturating_mul(all.len() as u64))
}

fn is_rpc(protocol: Protocol) -> bool {
    ProtocolFacts::of(protocol).transport == Transport::Rpc
}

fn endpoints_in(topology: &Topology, mailbox: Id<MailboxGroup>, address: Address) -> Vec<Id<CasGroup>> {
    let site = topology.site_of_address(address);
    let here = |id: &Id<CasGroup>| topology.cas[id.index()].site == site;
    outlook_entries(topology, mailbox).into_iter().filter(here).collect()
}

/// What is behind the addresses of such clients, by change in force; `None` where there is
/// one address all the time.
pub(super) fn list(
    inputs: &Inputs<'_>,
    network: &Network,
    users: &Users<'_>,
    mailbox: Id<MailboxGroup>,
) -> Option<AddressList> {
    let by_stage: Vec<Vec<Dialled>> = inputs
        .stages
        .iter()
        .map(|topology| {
            let all = addresses(topology, users, mailbox);
            all.into_iter()
                .map(|address| dialled(inputs, network, (topology, users), mailbox, address))
                .collect()
        })
        .collect();
    let topology = &inputs.stages[0];
    // From 2013 on Outlook inside comes by HTTP, too.
    let rpc = is_rpc(users.protocol) && topology.mailbox[mailbox.index()].generation.major() <= 2010;
    let goes_on = match (rpc, topology.switches.contested.rpc_next_address) {
        (false, _) => GoesOn::AfterTimeout,
        (true, true) => GoesOn::Rpc,
        (true, false) => GoesOn::Never,
    };
    by_stage.iter().any(|all| !all.is_empty()).then_some(AddressList { by_stage, goes_on })
}

fn dialled(
    inputs: &Inputs<'_>,
    network: &Network,
    (topology, users): (&Topology, &Users<'_>),
    mailbox: Id<MailboxGroup>,
    address: Address,
) -> Dialled {
    let site = topology.site_of_address(address);
    let groups: Vec<Id<CasGroup>> = match address {
        Address::Server(group, _) => vec![group],
        Address::Site(_) if is_rpc(users.protocol) => endpoints_in(topology, mailbox, address),
        Address::Site(_) => {
            topology.namespaces[users.name.index()].groups_in(&topology.sites[site.index()]).collect()
        }
    };
    let stations = groups.iter().flat_map(|group| {
        let group = &network.groups[inputs.placement.cas[group.index()].index()];
        group.first..group.first + group.count
    });
    let stations: Vec<u32> = match address {
        Address::Server(_, number) => stations.skip(number as usize).take(1).collect(),
        Address::Site(_) => stations.collect(),
    };
    let outside = matches!(users.location, Location::Internet(_));
    let gate = topology.internet_gate(site).filter(|_| outside);
    let pipe = gate.and_then(|gate| inputs.placement.pipes[gate.index()]);
    Dialled {
        groups: groups.iter().map(|group| inputs.placement.cas[group.index()]).collect(),
        server: matches!(address, Address::Server(..)),
        stations,
        pipe: pipe.map_or_else(Vec::new, |pipe| pipe.to_vec()),
    }
}
