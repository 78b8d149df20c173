//! A network: all that the engine executes, and how it is put together.
//!
//! Indices are handed out here and stay valid; nothing is ever taken away. Must not
//! know who walks it ([`crate::sim`]) nor who writes it ([`crate::clients`]).

use super::legs::{Leg, LegPlace, Program, is_path};
use super::resources::{Balancing, LinkDirection, Pool, PoolFamily, SharedCores, Station, StationGroup};
use crate::kernel::Id;

/// All that the engine executes.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Network {
    /// Stations.
    pub stations: Vec<Station>,
    /// Groups of stations.
    pub groups: Vec<StationGroup>,
    /// Link directions.
    pub links: Vec<LinkDirection>,
    /// Pools of the stations, one each.
    pub pools: Vec<Pool>,
    /// Limits that stand at many pools.
    pub families: Vec<PoolFamily>,
    /// Cores that several stations share.
    pub shared: Vec<SharedCores>,
    /// Legs of all programs, one after another.
    pub legs: Vec<Leg>,
}

impl Network {
    /// Adds a group of `count` stations with a pool each.
    pub fn add_group(
        &mut self,
        name: &str,
        count: u32,
        cores: u32,
        queue_limit: Option<u32>,
        connection_limit: Option<u32>,
        balancing: Balancing,
    ) -> Id<StationGroup> {
        let group = Id::new(self.groups.len());
        let first = u32::try_from(self.stations.len()).expect("fewer than 2^32 stations");
        let first_pool = u32::try_from(self.pools.len()).expect("fewer than 2^32 pools");
        for _ in 0..count {
            self.stations.push(Station {
                cores,
                queue_limit: queue_limit.unwrap_or(u32::MAX),
                group,
                keep_visits: false,
            });
            self.pools.push(Pool { name: name.to_owned(), limit: connection_limit.unwrap_or(u32::MAX) });
        }
        self.groups.push(StationGroup {
            name: name.to_owned(),
            first,
            count,
            balancing,
            first_pool: Some(first_pool),
        });
        group
    }

    /// Adds one direction of a link.
    pub fn add_link(&mut self, name: &str, bandwidth: f64) -> Id<LinkDirection> {
        self.links.push(LinkDirection { name: name.to_owned(), bandwidth });
        Id::new(self.links.len() - 1)
    }

    /// Adds a limit that stands at many pools.
    pub fn add_family(&mut self, family: PoolFamily) -> Id<PoolFamily> {
        self.families.push(family);
        Id::new(self.families.len() - 1)
    }

    /// Adds a program.
    ///
    /// # Panics
    /// When `legs` does not end in [`Leg::End`], [`Leg::Fail`] or [`Leg::Refuse`], or
    /// holds units of a pool at a place that is not a slot, or crosses no link, or one twice, at
    /// once.
    pub fn add_program(&mut self, legs: Vec<Leg>) -> Program {
        assert!(
            matches!(
                legs.last(),
                Some(
                    Leg::End | Leg::Fail { .. } | Leg::Refuse { .. } | Leg::Jump { .. } | Leg::Branch { .. }
                )
            ),
            "a program ends in a leg that ends or leaves it"
        );
        assert!(
            legs.iter().all(|leg| !matches!(
                leg,
                Leg::Acquire { place: LegPlace::Any { .. } }
                    | Leg::Release { place: LegPlace::Any { .. } }
                    | Leg::Take { place: LegPlace::Any { .. }, .. }
                    | Leg::Give { place: LegPlace::Any { .. }, .. }
            )),
            "units are held by slot"
        );
        assert!(
            legs.iter().all(|leg| !matches!(leg, Leg::Transfer { links, .. } if !is_path(links))),
            "a transfer crosses links once each"
        );
        let first = u32::try_from(self.legs.len()).expect("fewer than 2^32 legs");
        self.legs.extend(legs);
        Program(first)
    }
}
