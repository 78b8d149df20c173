//! Why there is no plan.

use crate::diagnostics::Diagnostics;

/// Why candidates or their cases cannot be had. Nothing was played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A candidate in a case is no scenario.
    #[error("{what}:\n{faults}")]
    Scenario {
        /// Which.
        what: String,
        /// What is wrong with it.
        faults: Diagnostics,
    },
    /// There are too many combinations.
    #[error(
        "{} combinations of what can be bought at places whose costs hang together, and {most} are looked at: bound them with `least`, \
         `most` and `step` of [[plan.bound]], or leave out models and speeds; most choices have {widest}",
        told(*count)
    )]
    TooMany {
        /// How many there are.
        count: u128,
        /// How many are looked at.
        most: u128,
        /// What there is most to choose of, in words.
        widest: String,
    },
    /// There is nothing to choose.
    #[error("{0}")]
    Nothing(String),
    /// Growth that cannot be laid on the scenario, in words.
    #[error("plan.growth: {0}")]
    Growth(String),
}

/// A number of combinations, which saturates: nobody reads forty digits.
fn told(count: u128) -> String {
    const READ: u128 = 1_000_000_000;
    if count > READ { format!("more than {READ}") } else { count.to_string() }
}
