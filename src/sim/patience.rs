//! Patience: deadlines of equal length stand in one lane, first in, first out (E9).
//!
//! A lane has at most one pending event, so that a time-out for every request costs
//! next to nothing. Must not know what becomes of a request that waits no longer
//! ([`super::leave`]).

use std::collections::VecDeque;

use super::handles::RequestId;
use super::request::Requests;
use crate::kernel::{SimSpan, SimTime};

/// Patience of one length: deadlines in order.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) span: SimSpan,
    pub(super) deadlines: VecDeque<(SimTime, RequestId)>,
    pub(super) pending: bool,
    /// Entries at which those of requests that have ended are swept out.
    pub(super) sweep_at: usize,
}

/// Entries of a lane below which sweeping is not worth it.
const SWEEP_FROM: usize = 1024;

impl Lane {
    pub(super) fn new(span: SimSpan) -> Self {
        Self { span, deadlines: VecDeque::new(), pending: false, sweep_at: SWEEP_FROM }
    }

    /// One more deadline, not before those that stand here.
    pub(super) fn push(&mut self, deadline: SimTime, id: RequestId, requests: &Requests) {
        if self.deadlines.len() >= self.sweep_at {
            self.sweep(requests);
        }
        self.deadlines.push_back((deadline, id));
    }

    /// Forgets the deadlines of requests that have ended, which would else stand until
    /// they are due: a lane so has at most twice as many entries as it had live ones
    /// at the last sweep, and each entry is looked at once or twice.
    #[cold]
    fn sweep(&mut self, requests: &Requests) {
        self.deadlines.retain(|&(_, id)| requests.live(id).is_some());
        self.sweep_at = SWEEP_FROM.max(2 * self.deadlines.len());
    }
}
