//! What a study found out for itself: its warm-up, how precise it became, how far the
//! load could grow.

use serde::{Deserialize, Serialize};

use super::findings::Finding;
use crate::kernel::SimSpan;

/// One figure whose precision is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Goal {
    /// In words: `p95 of owa, Boston staff`.
    pub name: String,
    /// Estimate: ns, or a share of 1.
    pub estimate: f64,
    /// Half-width of the 95 % interval divided by the estimate; infinite where
    /// nothing can be said.
    pub relative: f64,
}

impl Goal {
    /// Whether more replications cannot tell it: each is too short for the percentile,
    /// or too much failed in one for the percentile to have a value.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        !self.estimate.is_finite()
    }
}

/// How far a search for precision came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reached {
    /// Largest relative half-width asked for, 0.02 for 2 %.
    pub asked: f64,
    /// Replications at most.
    pub limit: u32,
    /// Replications that were needed, or played until the limit.
    pub replications: u32,
    /// Replications at the look before, 0 at the first.
    pub looked_before: u32,
    /// Whether every goal is as precise as asked.
    pub reached: bool,
    /// A goal that more replications cannot tell, else that with the widest interval;
    /// `None` when there is none to judge.
    pub hardest: Option<Goal>,
}

/// What pilot replications say of the warm-up of a steady-state run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Warmup {
    /// How long to let the run warm up.
    pub span: SimSpan,
    /// False when the cut falls into the last half: the run is too short to be
    /// called steady. False as well where no cut was found.
    pub steady: bool,
    /// Mean of the stretches' mean latencies without a cut, ns; 0 where next to nothing
    /// completed.
    pub before: f64,
    /// The same after the cut, ns.
    pub after: f64,
    /// Pilots played; 0 where the load is more than can be served, so that there is
    /// nothing to look for.
    pub pilots: u32,
    /// Relative deviation of the second half of their series: large when the most
    /// pilots were not enough to tell a warm-up from noise.
    pub noise: f64,
}

/// By what factor the load could grow, as simulated.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Headroom {
    /// Highest factor at which no objective was missed; every one was met there but those of `unjudged` and
    /// `open`.
    pub met: Option<f64>,
    /// Below `missed` what is missed there sees too few requests to be judged, so that
    /// no factor can be called met.
    pub unclear: bool,
    /// Lowest factor at which one was missed.
    pub missed: Option<f64>,
    /// The objective that is missed by most there, as it was seen there.
    pub falls: Option<Finding>,
    /// Goals that saw too few requests to be judged at `met`, and so count as met.
    pub unjudged: usize,
    /// Goals whose interval holds the goal at `met`: not missed, and not shown to be met.
    pub open: usize,
    /// Objectives that are missed beside it there.
    pub others: usize,
    /// Objectives that are missed at every load that can be judged, down to the lowest tried: by
    /// the path or by a refusal, as far as can be seen not by load. The search is for the others, where there are any.
    pub at_any_load: Vec<Finding>,
    /// Runs that the search took.
    pub runs: u32,
}
