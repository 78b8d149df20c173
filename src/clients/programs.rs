//! Programs by step. Next: [`super::roster`], whose cohorts have them.

use std::ops::{Index, IndexMut};

use super::steps::{STEPS, Step};
use crate::itinerary::Program;

/// Programs by step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Programs([Program; STEPS]);

impl Programs {
    /// The same program for every step.
    pub(super) fn all(program: Program) -> Self {
        Self([program; STEPS])
    }

    /// By this program a connection is opened again, whatever step waits for it.
    pub(super) fn set_reopening(&mut self, program: Program) {
        self.0[Step::REOPENING.index()..].fill(program);
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Program> {
        self.0.iter()
    }

    /// All of them, to be written.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Program> {
        self.0.iter_mut()
    }
}

impl Index<Step> for Programs {
    type Output = Program;
    #[inline]
    fn index(&self, step: Step) -> &Program {
        &self.0[step.index()]
    }
}

impl IndexMut<Step> for Programs {
    fn index_mut(&mut self, step: Step) -> &mut Program {
        &mut self.0[step.index()]
    }
}
