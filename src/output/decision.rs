//! What was decided, whichever command did: what pictures and pages are made of.

use crate::results::compared::Comparison;
use crate::results::planned::Plans;
use crate::results::sensitive::Sensitivity;
use crate::results::swept::Swept;

/// One of the four.
#[derive(Clone, Copy, Debug)]
pub enum Decision<'r> {
    /// Of `casim compare`.
    Comparison(&'r Comparison),
    /// Of `casim sweep`.
    Sweep(&'r Swept),
    /// Of `casim plan`.
    Plans(&'r Plans),
    /// Of `casim sensitivity`.
    Sensitivity(&'r Sensitivity),
}
