//! What limits count, and whom they tell apart: families of pools and keys given out
//! so far, each once.
//!
//! Must not know which limits a protocol meets. Next: [`super::limits`].

use std::collections::BTreeMap;

use super::shares::active_mailboxes;
use crate::clients::roster::{SharedBy, Whose};
use crate::itinerary::{Balancing, Counted, Network, PoolFamily, StationGroup, WhenFull};
use crate::kernel::Id;
use crate::model::access::Failure;
use crate::model::protocol::Protocol;
use crate::model::topology::{CasGroup, Region};
use crate::model::workload::{Location, Population};

/// Who stands behind an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Behind {
    /// Everybody: a publisher hides their addresses.
    Publisher,
    /// The clients of a region.
    Region(usize),
    /// The clients of a population, at one address or several.
    Population(usize),
    /// A mailbox each.
    Mailboxes(usize),
    /// A user each.
    Users(usize),
}

/// Who stands behind the address that the clients of a cohort show to a group of
/// servers, and how many such addresses there are. `index` is the population's.
pub(super) fn behind(
    group: &CasGroup,
    population: &Population,
    index: usize,
    location: Location,
    regions: &[Region],
) -> (Behind, u32) {
    if group.switches.publishing.hides_client_addresses {
        return (Behind::Publisher, 1);
    }
    match translation(population, index, location, regions) {
        Some(Translation { behind, addresses, .. }) => (behind, addresses),
        None => (Behind::Mailboxes(index), active_mailboxes(population).max(1)),
    }
}

/// Addresses that clients share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Translation {
    pub(super) behind: Behind,
    /// How many there are.
    pub(super) addresses: u32,
    /// Connections at once from each.
    pub(super) ports: Option<u32>,
}

/// The addresses that the clients of a cohort share, if they do: their population's own
/// where it sits at home, else their region's.
pub(super) fn translation(
    population: &Population,
    index: usize,
    location: Location,
    regions: &[Region],
) -> Option<Translation> {
    if let (Some(addresses), true) = (population.addresses, location == population.from) {
        return Some(Translation { behind: Behind::Population(index), addresses, ports: population.ports });
    }
    let Location::Internet(region) = location else { return None };
    let Region { addresses, ports, .. } = regions[region.index()];
    Some(Translation { behind: Behind::Region(region.index()), addresses: addresses?, ports })
}

/// Name of a family: its kind, its group, and what tells others of that kind apart.
type FamilyName = (&'static str, usize, usize);

/// A family as it is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family {
    /// Kind of the limit, of [`crate::results::limits::ALL`].
    pub(super) kind: &'static str,
    /// Tells families of one kind and group apart.
    pub(super) apart: usize,
    /// The servers that count.
    pub(super) group: Id<StationGroup>,
    /// Units that there are; `None` is no end of them.
    pub(super) limit: Option<u32>,
    /// What is told apart.
    pub(super) counted: Counted,
    /// Why a request or a session fails that finds the limit reached.
    pub(super) failure: Failure,
    /// What is counted alone, of limits that count each protocol apart.
    pub(super) of: Option<Protocol>,
}

/// Families of pools and keys given out so far.
#[derive(Debug, Default)]
pub(super) struct Registry {
    known: BTreeMap<FamilyName, Id<PoolFamily>>,
    keys: BTreeMap<(usize, Behind), (u32, u32)>,
    /// What translates addresses, as a station that serves nothing.
    translations: BTreeMap<Behind, Id<StationGroup>>,
}

impl Registry {
    /// The station of a translation, in the network by now.
    pub(super) fn translation(
        &mut self,
        network: &mut Network,
        behind: Behind,
        name: &str,
    ) -> Id<StationGroup> {
        *self.translations.entry(behind).or_insert_with(|| {
            network.add_group(&format!("addresses of {name}"), 1, 1, None, None, Balancing::RoundRobin)
        })
    }

    /// All of them.
    pub(super) fn translations(&self) -> impl Iterator<Item = (SharedBy, Id<StationGroup>)> {
        self.translations.iter().filter_map(|(behind, group)| match *behind {
            Behind::Region(region) => Some((SharedBy::Region(region), *group)),
            Behind::Population(population) => Some((SharedBy::Population(population), *group)),
            Behind::Publisher | Behind::Mailboxes(_) | Behind::Users(_) => None,
        })
    }

    /// The family, in the network by now.
    pub(super) fn family(&mut self, network: &mut Network, family: Family) -> Id<PoolFamily> {
        let Family { kind, apart, group, limit, counted, failure, of } = family;
        let waits = failure == Failure::ProxyConnectionLimit || failure == Failure::ConcurrentRequestLimit;
        *self.known.entry((kind, group.index(), apart)).or_insert_with(|| {
            let far = match counted {
                Counted::Pair(far) => Some(network.groups[far.index()].name.clone()),
                Counted::Server | Counted::Key(_) => None,
            };
            let words = far.into_iter().chain(of.map(|protocol| protocol.title().to_owned()));
            network.add_family(PoolFamily {
                kind,
                group,
                counted,
                apart: words.collect::<Vec<_>>().join(", "),
                limit: limit.unwrap_or(u32::MAX),
                when_full: if waits { WhenFull::Wait } else { WhenFull::Refuse },
                reason: failure as u8,
            })
        })
    }

    /// Keys of a family for those behind `behind`, `count` of them.
    pub(super) fn keys(
        &mut self,
        network: &mut Network,
        family: Id<PoolFamily>,
        behind: Behind,
        count: u32,
    ) -> Whose {
        let Counted::Key(all) = &mut network.families[family.index()].counted else {
            return Whose::Server;
        };
        let (base, count) = *self.keys.entry((family.index(), behind)).or_insert_with(|| {
            let base = *all;
            *all += count;
            (base, count)
        });
        Whose::Key { base, count }
    }
}
