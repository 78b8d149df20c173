//! What is searched, as the search sees it.
//!
//! Must not know how one searches. Next: [`super::play`].

use std::fmt::Debug;

use super::candidate::Candidate;
use super::error::PlanError;
use super::grid::Grid;
use crate::scenario::Scenario;

/// Candidates, and what each is in every case.
pub trait Field: Sync + Debug {
    /// Every combination of what can be bought.
    fn candidates(&self) -> &[Candidate];

    /// Cases in which each has to hold, at least one.
    fn cases(&self) -> usize;

    /// A candidate in a case; `None` where nobody has a way there, so that there is nothing to judge.
    ///
    /// # Errors
    /// [`PlanError::Scenario`].
    fn scenario(&self, candidate: usize, case: usize) -> Result<Option<Scenario>, PlanError>;

    /// The case that the law expects to be the worst of a candidate.
    fn worst(&self, candidate: usize) -> usize;
}

impl Field for Grid<'_> {
    fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    fn cases(&self) -> usize {
        self.cases.all.len()
    }

    fn scenario(&self, candidate: usize, case: usize) -> Result<Option<Scenario>, PlanError> {
        Grid::scenario(self, &self.candidates[candidate], case).map(|made| made.scenario)
    }

    fn worst(&self, candidate: usize) -> usize {
        let candidate = &self.candidates[candidate];
        let expected: Vec<f64> = (0..self.cases()).map(|case| self.expected_in(candidate, case)).collect();
        // Of several the first: what is nearest to normal operation.
        let worst = (0..expected.len()).rev().max_by(|&a, &b| expected[a].total_cmp(&expected[b]));
        worst.unwrap_or(0)
    }
}
