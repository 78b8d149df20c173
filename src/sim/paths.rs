//! Which paths the transfers of a network take, and the flows over them.
//!
//! Legs that cross the same links in the same order have one path. Must not know who transfers
//! what. Next: [`super::crossing`].

use std::collections::BTreeMap;

use super::flows::Flows;
use super::link::NOT_PENDING;
use crate::itinerary::{Leg, LinkDirection, Network, Part};
use crate::kernel::{Id, SimTime};

/// What caps a transfer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Capped {
    /// The client's own line.
    Line,
    /// The cap of its leg, booked as this.
    Leg(Part),
    /// Slow start: the client's share of the round trip, and the rest, ns.
    SlowStart(u64, u64),
}

/// The transfers in flight and what is known of their paths.
#[derive(Debug)]
pub(super) struct Crossings {
    pub(super) flows: Flows,
    /// By leg: the number of its path.
    pub(super) path_of: Vec<u32>,
    /// By path: least bandwidth, bit/s.
    pub(super) least: Vec<f64>,
    /// When the pending event is due and its sequence.
    pub(super) due: SimTime,
    pub(super) pending: u64,
    /// By flow: its cap, bit/s, and what that is.
    pub(super) caps: Vec<(f64, Capped)>,
    /// Directions that refuse.
    pub(super) refusing: u32,
    /// Flows that have ended, for a while.
    pub(super) ended: Vec<u32>,
}

impl Crossings {
    pub(super) fn new<'n>(network: &'n Network) -> Self {
        let mut known: BTreeMap<&[Id<LinkDirection>], u32> = BTreeMap::new();
        let mut paths: Vec<Vec<u32>> = Vec::new();
        let path_of = |leg: &'n Leg| {
            let Leg::Transfer { links, .. } = leg else { return 0 };
            *known.entry(links.as_ref()).or_insert_with(|| {
                paths.push(links.iter().map(|link| link.index() as u32).collect());
                paths.len() as u32 - 1
            })
        };
        let path_of = network.legs.iter().map(path_of).collect();
        let capacities: Vec<f64> = network.links.iter().map(|link| link.bandwidth).collect();
        let least = |path: &Vec<u32>| {
            path.iter().map(|&link| capacities[link as usize]).fold(f64::INFINITY, f64::min)
        };
        Self {
            path_of,
            least: paths.iter().map(least).collect(),
            flows: Flows::new(&capacities, 0.0, &paths),
            due: SimTime::MAX,
            pending: NOT_PENDING,
            caps: Vec::new(),
            refusing: 0,
            ended: Vec::new(),
        }
    }

    /// Notes the cap of a flow that begins.
    #[inline]
    pub(super) fn note_cap(&mut self, flow: u32, cap: (f64, Capped)) {
        match self.caps.get_mut(flow as usize) {
            Some(of) => *of = cap,
            // Numbers of flows are handed out one after another.
            None => self.caps.push(cap),
        }
    }

    /// A number of what is known of a flow, for whoever looks ahead.
    #[inline]
    pub(super) fn look(&self, flow: u32) -> u64 {
        let cap = self.caps.get(flow as usize).map_or(0, |(cap, _)| cap.to_bits());
        cap ^ self.flows.look(flow)
    }

    /// How many paths there are.
    pub(super) fn paths(&self) -> usize {
        self.least.len()
    }
}
