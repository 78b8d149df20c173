//! What is asked of a comparison, its sides, and whether their runs are pairs.

use crate::results::identity::Differs;
use crate::results::{Identity, RunResult};
use crate::scenario::Scenario;

/// What is asked of a comparison.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Asked {
    /// Pairs at the first look, and without `precision` at the only one.
    pub pairs: u32,
    /// Pairs are added until every goal (without goals, every row) is decided or its
    /// half-width is this share of the base, above 0.
    pub precision: Option<f64>,
    /// At most so many pairs.
    pub most: u32,
    /// Differences below this share of the base are nothing, 0 or more.
    pub floor: f64,
    /// Compare what is not paired, by Welch.
    pub unpaired: bool,
}

impl Default for Asked {
    /// One look at 10 pairs; a floor of 1 %; 160 pairs at most.
    fn default() -> Self {
        Self { pairs: 10, precision: None, most: 160, floor: 0.01, unpaired: false }
    }
}

/// One side of a comparison, as it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Side<'s> {
    /// What it is called.
    pub name: &'s str,
    /// What was played.
    pub scenario: &'s Scenario,
    /// What came of it.
    pub result: &'s RunResult,
}

/// Why sides cannot be compared.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// They are no pairs, and were not to be compared without.
    #[error("`{other}` and `{base}` {}: their runs are no pairs", differs_words(*differs))]
    NoPairs {
        /// Name of the base.
        base: String,
        /// Name of the other.
        other: String,
        /// The first figure in which they differ.
        differs: Differs,
    },
}

fn differs_words(differs: Differs) -> &'static str {
    match differs {
        Differs::Results => "were played by versions of casim that give other values",
        Differs::Seed => "have other seeds",
        Differs::Warmup => "have other warm-ups",
        Differs::Window => "have windows of other lengths",
        Differs::Interval => "have other intervals",
    }
}

/// Whether every other is paired with the base, or, with `unpaired` only, may do without.
pub(super) fn paired(identities: &[(&str, Identity)], unpaired: bool) -> Result<bool, CompareError> {
    let Some(((base_name, base), others)) = identities.split_first() else { return Ok(true) };
    for (name, other) in others {
        match base.pairs_with(other) {
            Err(_) if unpaired => return Ok(false),
            Err(differs) => {
                let (base, other) = ((*base_name).to_owned(), (*name).to_owned());
                return Err(CompareError::NoPairs { base, other, differs });
            }
            Ok(()) => {}
        }
    }
    Ok(!unpaired)
}
