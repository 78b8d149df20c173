//! What the engine measured between the end of the warm-up and the end of the window.

use crate::kernel::SimSpan;
use crate::stats::histogram::Histogram;

/// One station. Integrals are over the measured window; sums are over requests
/// that left the station inside it. Times in ns.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StationReport {
    /// Core-nanoseconds busy.
    pub busy: u128,
    /// Integral of the number waiting.
    pub waiting: u128,
    /// Integral of the number present (waiting and in service).
    pub present: u128,
    /// Highest number waiting.
    pub waiting_max: u64,
    /// Integral of the units of the station's pool in use.
    pub units: u128,
    /// Highest number of units in use.
    pub units_max: u64,
    /// Requests that asked for service.
    pub arrivals: u64,
    /// Refused by the queue limit.
    pub refused_queue: u64,
    /// Units refused by the pool's limit.
    pub refused_pool: u64,
    /// Refused because the station was down.
    pub refused_down: u64,
    /// Refused a unit of its pool because it was down: these never arrived.
    pub refused_away: u64,
    /// Present here (waiting or in service) and killed by an outage of the station.
    pub killed: u64,
    /// Killed by it while they held a unit of its pool and stood elsewhere: no arrivals
    /// are open of these.
    pub killed_away: u64,
    /// Left before service ended (aborted, timed out).
    pub aborted: u64,
    /// Served.
    pub completed: u64,
    /// Of those who began service, how many had waited.
    pub waited: u64,
    /// Of those served: number that wait statistics are over.
    pub wait_count: u64,
    /// Sum of waits.
    pub wait_sum: u128,
    /// Sum of squares of waits, ns^2.
    pub wait_squares: f64,
    /// Sum of wait plus service.
    pub sojourn_sum: u128,
    /// Sum of its squares, ns^2.
    pub sojourn_squares: f64,
    /// Sum of service demands.
    pub service_sum: u128,
    /// Time down.
    pub down: SimSpan,
    /// Waits, where kept.
    pub wait: Option<Histogram>,
    /// Wait plus service, where kept.
    pub sojourn: Option<Histogram>,
}

/// One limit that stands at many pools, over those of one server or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PoolReport {
    /// Pools: one for each of what is counted apart.
    pub counters: u64,
    /// Integral of the units in use at all of them, ns.
    pub units: u128,
    /// Highest number of units in use at one of them.
    pub max: u64,
    /// Asked in vain: refused, or gave up waiting.
    pub refused: u64,
    /// Had to wait.
    pub waited: u64,
}

impl PoolReport {
    /// Adds the pools of another server, or of another replication.
    pub fn add(&mut self, other: &Self) {
        self.counters += other.counters;
        self.units += other.units;
        self.max = self.max.max(other.max);
        self.refused += other.refused;
        self.waited += other.waited;
    }
}

/// One link direction.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LinkReport {
    /// Bits offered by transfers that began.
    pub offered_bits: f64,
    /// The same by [`Opening::class`](super::Opening::class), as far as there were any.
    pub asked_bits: Vec<u64>,
    /// Bits carried.
    pub carried_bits: f64,
    /// Transfers begun.
    pub transfers: u64,
    /// Transfers completed.
    pub completed: u64,
    /// Transfers killed or aborted.
    pub killed: u64,
    /// Sum of transfer times, ns.
    pub sojourn_sum: u128,
    /// Sum of their squares, ns^2.
    pub sojourn_squares: f64,
    /// Sum of transfer time / time alone on the link.
    pub slowdown_sum: f64,
    /// Integral of the number of concurrent transfers, ns.
    pub present: u128,
    /// Highest number of concurrent transfers.
    pub present_max: u64,
    /// Time down.
    pub down: SimSpan,
}

impl LinkReport {
    /// A transfer of a class began.
    #[inline]
    pub(super) fn asked_by(&mut self, class: u32, bits: u64) {
        let class = class as usize;
        if class >= self.asked_bits.len() {
            self.asked_bits.resize(class + 1, 0);
        }
        self.asked_bits[class] += bits;
    }
}

/// Values of one interval of the time series (amounts inside the interval).
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct IntervalSample {
    /// By station: core-ns busy, ns x waiting, ns x units, arrivals, ns not up.
    pub stations: Vec<[f64; 5]>,
    /// By link direction: bits carried, ns x concurrent transfers, transfers begun.
    pub links: Vec<[f64; 3]>,
    /// By family of pools and server: ns x units.
    pub pools: Vec<f64>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EngineReport {
    /// By station index.
    pub stations: Vec<StationReport>,
    /// By link direction index.
    pub links: Vec<LinkReport>,
    /// By family of pools.
    pub families: Vec<PoolReport>,
    /// By family of pools and server of its group.
    pub pools: Vec<PoolReport>,
    /// By interval of the measured window, the last one possibly shorter.
    pub intervals: Vec<IntervalSample>,
    /// Events processed, warm-up included.
    pub events: u64,
    /// Hash over (time, kind, index) of every event.
    pub trajectory_hash: u64,
    /// Requests opened, completed, failed (refused, killed, timed out, aborted) and open at the end.
    pub requests: [u64; 4],
    /// Violations of conservation or of Little's law, in words; empty in a sound run.
    #[serde(skip)]
    pub violations: Vec<String>,
}
