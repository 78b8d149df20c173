//! Mailboxes that are copied before a change moves them: what crosses which lines, and how fast.
//! Data alone. Next: [`super::roster`], which holds them.

use crate::itinerary::Program;
use crate::kernel::SimSpan;

/// The mailboxes of a population that a change moves from one site to another.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct CopyPlan {
    /// Number of the change.
    pub(super) change: u32,
    /// Index of the population.
    pub(super) population: u32,
    /// Numbers of the sites.
    pub(super) between: [u32; 2],
    /// How many.
    pub(super) mailboxes: u32,
    /// Bits in all.
    pub(super) bits: u64,
    /// Bits of a piece, which crosses the lines one by one; the last one may be smaller.
    pub(super) piece: u64,
    /// From the begin of a piece until the next may begin, of the rate that is asked for.
    pub(super) gap: SimSpan,
    /// Pieces under way at once.
    pub(super) at_once: u32,
    /// When copying begins, ns since the run began; may be before it.
    pub(super) begin: i64,
    /// Carries a piece, of as many bits as its first parameter says.
    pub(super) program: Program,
}
