//! What is simulated: topology, workload, access rules.
//!
//! Everything here is plain data with typed indices, immutable during a run, and
//! free of clock and of TOML. Read [`topology`] for the organisation, [`access`]
//! for the rules that route a request, [`workload`] for who asks for what.
//! [`crate::scenario`] fills it in, [`crate::clients`] turns it into itineraries
//! ([`crate::itinerary`]), [`crate::sim`] runs those.

pub mod access;
pub mod directory;
pub mod limits;
pub mod protocol;
pub mod purchase;
pub mod release;
pub mod setup;
pub mod shell;
pub mod switches;
pub mod topology;
pub mod unit_costs;
pub mod workload;

use crate::kernel::{SimSpan, SimTime};
use topology::Topology;
use workload::Workload;

/// The whole model of one scenario.
#[derive(Clone, Debug)]
pub struct Model {
    /// Sites, servers, links, names.
    pub topology: Topology,
    /// Populations, custom sources, outages and changes.
    pub workload: Workload,
}

/// How a model is to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Seed of every draw.
    pub seed: u64,
    /// Independent replications, at least 1.
    pub replications: u32,
    /// Length of the warm-up that precedes the measured window; the run begins at
    /// [`SimTime::ZERO`], the window at `warmup`.
    pub warmup: SimSpan,
    /// Length of the measured window.
    pub window: SimSpan,
    /// Wall-clock time of day (UTC, nanoseconds since midnight) at which the
    /// measured window begins; day curves and outages are placed by it.
    pub window_starts_at_utc: SimSpan,
    /// Interval of the time series; zero is one interval of the whole window.
    pub interval: SimSpan,
    /// Play on without new arrivals until the measured ones end (`run_off`).
    pub run_off: bool,
    /// Requests in flight, or sessions of custom sources under way, at which a
    /// replication is given up ([`MOST_IN_FLIGHT`] by default).
    pub most_in_flight: u32,
}

/// Requests in flight at which a replication is given up unless the scenario says
/// otherwise: they take about 0.7 GB.
pub const MOST_IN_FLIGHT: u32 = 4_000_000;

/// What a run finds out for itself, beside what [`Experiment`] fixes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Adaptive {
    /// A steady-state run: its warm-up is found from pilots, and until then
    /// [`Experiment::warmup`] is zero. Otherwise the run is a terminating one (a day)
    /// and its warm-up is as written.
    pub warmup: bool,
    /// Replications are added until the answer is as precise as this.
    pub precision: Option<Precision>,
}

/// When replications suffice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Largest half-width of a 95 % interval as a share of its estimate, above 0.
    pub relative: f64,
    /// Replications at most, 2 and up.
    pub limit: u32,
}

impl Experiment {
    /// Interval of the time series, above zero.
    #[must_use]
    pub fn series_interval(&self) -> SimSpan {
        let interval = if self.interval == SimSpan::ZERO { self.window } else { self.interval };
        interval.max(SimSpan(1))
    }

    /// The instant at which measuring begins.
    #[must_use]
    pub fn measured_from(&self) -> SimTime {
        SimTime::ZERO + self.warmup
    }

    /// The instant at which measuring, and unless `run_off` the run, ends.
    #[must_use]
    pub fn ends_at(&self) -> SimTime {
        SimTime::ZERO + self.warmup + self.window
    }
}
