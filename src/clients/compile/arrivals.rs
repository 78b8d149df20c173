//! Where a client arrives: at an address of its own, at its endpoint, or where its name leads.
//!
//! Must not decide what becomes of it there. Next: [`super::placement`].

use super::addresses::{address_turns, begins};
use super::inputs::{Inputs, Users};
use super::redirects::Arrival;
use super::turns::{nth_by_name, nth_of, resolve, servers_of};
use crate::clients::steps::{ProtocolFacts, Transport};
use crate::kernel::Id;
use crate::model::access::{Failure, outlook_entries};
use crate::model::protocol::Protocol;
use crate::model::topology::{MailboxGroup, Namespace, Site};
use crate::model::workload::Location;
use crate::results::NONE;

/// Where a client arrives whose name leads to `site`, after change `stage`.
fn arrival(
    inputs: &Inputs<'_>,
    stage: usize,
    (location, name): (Location, Id<Namespace>),
    site: Option<Option<Id<Site>>>,
    number: u32,
) -> Arrival {
    let topology = &inputs.stages[stage];
    let site = match site {
        Some(site) => site.ok_or(Failure::NameNotResolved),
        None => resolve(topology, name, location),
    };
    (site, site.ok().and_then(|site| nth_by_name(topology, name, site, u64::from(number))))
}

/// Where Outlook inside arrives: at its database's endpoint, whatever its user's name for the
/// web. `None` for other clients, and where that name decides ([`by_name`]).
fn at_endpoint(
    inputs: &Inputs<'_>,
    stage: usize,
    (protocol, mailbox): (Protocol, Id<MailboxGroup>),
    view: u32,
    number: u32,
) -> Option<Arrival> {
    if view != NONE || ProtocolFacts::of(protocol).transport != Transport::Rpc {
        return None;
    }
    let topology = &inputs.stages[stage];
    let entry = nth_of(topology, &outlook_entries(topology, mailbox), u64::from(number))?;
    Some((Ok(topology.cas[entry.index()].site), Some(entry)))
}

/// Where the `number`-th client arrives after change `stage`: at its own of several
/// addresses, at its endpoint, or where its name leads.
pub(super) fn arrives(
    inputs: &Inputs<'_>,
    stage: usize,
    (users, mailbox): (&Users<'_>, Id<MailboxGroup>),
    (view, site): (u32, Option<Option<Id<Site>>>),
    number: u32,
) -> Arrival {
    begins(inputs, stage, users, mailbox, number)
        .or_else(|| at_endpoint(inputs, stage, (users.protocol, mailbox), view, number))
        .unwrap_or_else(|| arrival(inputs, stage, (users.location, users.name), site, number))
}

/// After so many clients [`arrives`] begins anew with the first.
pub(super) fn arrival_turns(
    inputs: &Inputs<'_>,
    stage: usize,
    (users, mailbox): (&Users<'_>, Id<MailboxGroup>),
    (view, site): (u32, Option<Option<Id<Site>>>),
) -> u64 {
    let topology = &inputs.stages[stage];
    if let Some(turns) = address_turns(inputs, stage, users, mailbox) {
        return turns;
    }
    if view == NONE && ProtocolFacts::of(users.protocol).transport == Transport::Rpc {
        let endpoints = outlook_entries(topology, mailbox);
        if !endpoints.is_empty() {
            return servers_of(topology, endpoints);
        }
    }
    let site = site.unwrap_or_else(|| resolve(topology, users.name, users.location).ok());
    let name = &topology.namespaces[users.name.index()];
    site.map_or(1, |site| servers_of(topology, name.groups_in(&topology.sites[site.index()])))
}
