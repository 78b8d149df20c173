//! A network of transfers with all that happens to it, and how the kernel plays it.

use super::super::Flows;
use crate::kernel::SimTime;

#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    /// bit/s.
    pub(super) links: Vec<u64>,
    pub(super) flows: Vec<Spec>,
    /// When (ns), which link, what capacity (bit/s).
    pub(super) capacities: Vec<(u64, u32, u64)>,
}

#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) path: Vec<u32>,
    pub(super) bits: u64,
    /// bit/s.
    pub(super) cap: Option<u64>,
    /// ns.
    pub(super) start: u64,
    pub(super) kill: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Change {
    Capacity(u32, u64),
    Kill(usize),
    Begin(usize),
}

impl Change {
    fn is_begin(self) -> bool {
        matches!(self, Self::Begin(_))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Finished,
    Killed,
}

/// How a flow ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct End {
    pub(super) at: u64,
    pub(super) ending: Ending,
    /// ns bound by its cap, and by each link of its path.
    pub(super) bound_by: Vec<u64>,
}

impl Network {
    /// All that comes from outside, in order; of one instant as the engine orders it.
    pub(super) fn changes(&self) -> Vec<(u64, Change)> {
        let capacities = self.capacities.iter().map(|&(at, link, to)| (at, Change::Capacity(link, to)));
        let kills = self.flows.iter().enumerate().filter_map(|(i, f)| f.kill.map(|at| (at, Change::Kill(i))));
        let begins = self.flows.iter().enumerate().map(|(i, f)| (f.start, Change::Begin(i)));
        let mut all: Vec<_> = capacities.chain(kills).chain(begins).collect();
        all.sort_by_key(|&(at, change)| (at, change.is_begin()));
        all
    }

    /// The same with links and flows declared the other way round.
    pub(super) fn reversed(&self) -> Self {
        let last = self.links.len() as u32 - 1;
        let other = |link: u32| last - link;
        Self {
            links: self.links.iter().rev().copied().collect(),
            flows: self
                .flows
                .iter()
                .rev()
                .map(|flow| Spec { path: flow.path.iter().map(|&l| other(l)).collect(), ..flow.clone() })
                .collect(),
            capacities: self.capacities.iter().map(|&(at, link, to)| (at, other(link), to)).collect(),
        }
    }
}

/// How each flow ends; `None` where it never does. After every event the division is verified.
pub(super) fn play(network: &Network) -> Vec<Option<End>> {
    let capacities: Vec<f64> = network.links.iter().map(|&c| c as f64).collect();
    let fastest = network.capacities.iter().map(|&(_, _, to)| to as f64).fold(1.0, f64::max);
    let mut paths: Vec<&[u32]> = network.flows.iter().map(|flow| flow.path.as_slice()).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut flows = Flows::new(&capacities, fastest, &paths);
    let mut numbers = vec![None; network.flows.len()];
    let mut ends = vec![None; network.flows.len()];
    let changes = network.changes();
    let mut changes = changes.iter().peekable();
    let (mut over, mut ending) = (Vec::new(), Ending::Finished);
    // Ends that nobody but whoever began a flow waits for.
    let mut alone: Vec<(u64, u32, u64)> = Vec::new();
    loop {
        // Of one instant as the engine orders it: edges, ends, arrivals.
        let own = alone.iter().map(|&(at, ..)| at).min().unwrap_or(u64::MAX);
        let within = flows.next_due().map_or(u64::MAX, |due| due.0);
        let due = own.min(within);
        let change = changes.next_if(|(at, change)| *at < due || *at == due && !change.is_begin());
        let now = SimTime(change.map_or(due, |&(at, _)| at));
        match change.map(|(_, change)| *change) {
            None if due == u64::MAX => return ends,
            None if within == due => flows.advance(now, &mut over),
            None => {
                let place = alone.iter().position(|&(at, ..)| at == due).unwrap_or(0);
                let (_, number, began) = alone.swap_remove(place);
                let i = flows.owner(number) as usize;
                if let Some(told) = flows.end_alone(number) {
                    let mut bound_by = vec![0; network.flows[i].path.len() + 1];
                    bound_by[told.bound_by as usize] = now.0 - began;
                    ends[i] = Some(End { at: now.0, ending: Ending::Finished, bound_by });
                    numbers[i] = None;
                }
            }
            Some(Change::Begin(i)) => {
                let spec = &network.flows[i];
                let path = paths.binary_search(&spec.path.as_slice()).unwrap_or(0) as u32;
                let cap = spec.cap.map_or(f64::INFINITY, |cap| cap as f64);
                // Every other one awaits its end outside where it may.
                if i % 2 == 0 {
                    numbers[i] = Some(flows.begin(now, path, spec.bits, cap, i as u32));
                } else {
                    let (number, own) = flows.start(now, path, spec.bits, cap, i as u32);
                    alone.extend(own.filter(|&at| at < SimTime::MAX).map(|at| (at.0, number, now.0)));
                    numbers[i] = Some(number);
                }
            }
            Some(Change::Kill(i)) => {
                if let Some(number) = numbers[i] {
                    flows.stop(now, number);
                    over.push(number);
                    ending = Ending::Killed;
                }
            }
            Some(Change::Capacity(link, to)) => flows.set_capacity(now, link, to as f64),
        }
        for number in over.drain(..) {
            alone.retain(|&(_, other, _)| other != number);
            let told = flows.take(number);
            let i = told.owner as usize;
            assert_eq!(told.bound_by.iter().sum::<u64>(), now.0 - told.began.0, "the parts of {i} add up");
            ends[i] = Some(End { at: now.0, ending, bound_by: told.bound_by.to_vec() });
            numbers[i] = None;
        }
        ending = Ending::Finished;
        assert_eq!(flows.check(now), [""; 0], "at {now:?} of {network:?}");
    }
}
