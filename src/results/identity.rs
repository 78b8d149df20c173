//! Which results may stand beside each other: where one comes from, in figures.

use serde::{Deserialize, Serialize};

use crate::kernel::SimSpan;
use crate::model::workload::Zone;

/// Raised by hand whenever a sampled value changes for some scenario: two builds with the
/// same number give the same results. A test beside the engine's fingerprint asks for it.
pub const RESULTS: u32 = 14;

/// What a replication's values follow from, beside its number. Equal identities give
/// equal values, on any machine, with any number of threads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// [`RESULTS`] of the casim that played it.
    pub results: u32,
    /// SHA-256 of the resolved scenario, in hexadecimal; empty for a model without one,
    /// of which nobody can say whether it is another's equal.
    pub scenario: String,
    /// Seed of every draw.
    pub seed: u64,
    /// Warm-up, as it was found or stated.
    pub warmup: SimSpan,
    /// Measured window.
    pub window: SimSpan,
    /// Interval of the series.
    pub interval: SimSpan,
    /// By whose lower edge requests were counted too, which the scenario does not say.
    pub zone: Option<Zone>,
}

/// A figure in which two identities differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Differs {
    /// Another [`RESULTS`].
    Results,
    /// Another seed.
    Seed,
    /// Another warm-up.
    Warmup,
    /// Another window.
    Window,
    /// Another interval.
    Interval,
}

impl Identity {
    /// Whether replications of `self` and `other` with the same number are a pair: they
    /// see the same draws over the same time. The scenarios may differ, and what is counted beside.
    ///
    /// # Errors
    /// The first figure in which they differ.
    pub fn pairs_with(&self, other: &Self) -> Result<(), Differs> {
        let agree = [
            (self.results == other.results, Differs::Results),
            (self.seed == other.seed, Differs::Seed),
            (self.warmup == other.warmup, Differs::Warmup),
            (self.window == other.window, Differs::Window),
            (self.interval == other.interval, Differs::Interval),
        ];
        agree.into_iter().find(|(same, _)| !same).map_or(Ok(()), |(_, differs)| Err(differs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_agrees_in_all_but_the_scenario() {
        let one = Identity {
            results: RESULTS,
            scenario: "a".into(),
            seed: 1,
            warmup: SimSpan(2),
            window: SimSpan(3),
            interval: SimSpan(4),
            zone: None,
        };
        assert_eq!(one.pairs_with(&Identity { scenario: "b".into(), ..one.clone() }), Ok(()));
        let others = [
            (Identity { results: RESULTS + 1, ..one.clone() }, Differs::Results),
            (Identity { seed: 2, ..one.clone() }, Differs::Seed),
            (Identity { warmup: SimSpan(0), ..one.clone() }, Differs::Warmup),
            (Identity { window: SimSpan(0), ..one.clone() }, Differs::Window),
            (Identity { interval: SimSpan(0), ..one.clone() }, Differs::Interval),
        ];
        for (other, differs) in others {
            assert_eq!(one.pairs_with(&other), Err(differs));
        }
    }
}
