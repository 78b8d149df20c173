//! Ways that clients go while servers are known to be down: the rules, asked in that state.
//!
//! Who stands in for a server among servers alike is no matter of these
//! ([`super::roster::Alternatives`]'s standbys); here names lead elsewhere, of URLs that servers
//! follow and of those that clients are given. Must not know who has found out what. Next:
//! [`super::roster`].

use crate::results::NONE;

/// Ways by what is down.
#[derive(Clone, Debug, Default)]
pub(super) struct Detours {
    /// Client Access groups that may be down altogether at the same time, by number; the
    /// largest first.
    pub(super) states: Vec<Vec<u32>>,
    /// For each list of alternatives that has detours, a place in `Roster::cohort_of` by state:
    /// its block of cohorts, or [`NONE`] where the state changes nothing for it.
    pub(super) blocks: Vec<u32>,
}

impl Detours {
    /// The first cohort of the block in force for alternatives whose list begins at `detours`;
    /// `down` tells of groups.
    #[inline]
    pub(super) fn in_force(&self, detours: u32, down: impl Fn(u32) -> bool) -> Option<u32> {
        if detours == NONE {
            return None;
        }
        let state = self.states.iter().position(|state| state.iter().all(|group| down(*group)))?;
        Some(self.blocks[detours as usize + state]).filter(|block| *block != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest state that is wholly known to be down holds, changed by it or not.
    #[test]
    fn the_largest_state_is_in_force() {
        let detours = Detours { states: vec![vec![1, 2], vec![1], vec![2]], blocks: vec![NONE, 40, 50] };
        assert_eq!(detours.in_force(0, |group| group == 1), Some(40));
        assert_eq!(detours.in_force(0, |group| group == 2), Some(50));
        assert_eq!(detours.in_force(0, |_| true), None);
        assert_eq!(detours.in_force(0, |_| false), None);
        assert_eq!(detours.in_force(NONE, |group| group == 1), None);
    }
}
