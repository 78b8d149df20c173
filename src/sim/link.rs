//! One direction of a link: what is counted of the transfers that cross it.
//!
//! Bits flow in [`super::flows`], which divides the capacity and knows what each link has
//! carried; here it is told apart by what was measured when. A transfer is counted on every
//! link of its path from its begin until its last bit is sent.
//!
//! Must not know who transfers what. Next: [`super::paths`].

use super::flows::Crossed;
use super::measured::LinkReport;
use crate::kernel::SimTime;

#[derive(Debug)]
pub(super) struct Link {
    pub(super) down: bool,
    /// Down, and new transfers fail.
    pub(super) refuses: bool,
    down_since: SimTime,
    /// Whole-run sums for the identities, by what the engine knows of its requests.
    pub(super) whole_begun: u64,
    pub(super) whole_left: u64,
    pub(super) whole_sojourn: u128,
    pub(super) whole_bits: f64,
    pub(super) report: LinkReport,
    /// Amounts at the last snapshot: bits, present area, transfers.
    mark: (f64, u128, u64),
}

/// No event pending.
pub(super) const NOT_PENDING: u64 = u64::MAX;

impl Link {
    pub(super) fn new() -> Self {
        Self {
            down: false,
            refuses: false,
            down_since: SimTime::ZERO,
            whole_begun: 0,
            whole_left: 0,
            whole_sojourn: 0,
            whole_bits: 0.0,
            report: LinkReport::default(),
            mark: (0.0, 0, 0),
        }
    }

    /// A transfer of a class asks for the link.
    #[inline]
    pub(super) fn asked(&mut self, class: u32, bits: u64) {
        self.report.transfers += 1;
        self.report.offered_bits += bits as f64;
        self.report.asked_by(class, bits);
    }

    /// A transfer began; so many are present with it.
    #[inline]
    pub(super) fn begun(&mut self, present: u32) {
        self.whole_begun += 1;
        self.report.present_max = self.report.present_max.max(u64::from(present));
    }

    /// Books a completed transfer of `bits` that took `took` ns, `slowdown` times what it would have
    /// taken alone on its path.
    #[inline]
    pub(super) fn completed(&mut self, took: u64, bits: f64, slowdown: f64) {
        self.whole_left += 1;
        self.whole_sojourn += u128::from(took);
        self.whole_bits += bits;
        self.report.completed += 1;
        self.report.sojourn_sum += u128::from(took);
        let took = took as f64;
        self.report.sojourn_squares += took * took;
        self.report.slowdown_sum += slowdown;
    }

    /// Books one that was ended `took` ns after its begin, when it had transferred `bits`.
    pub(super) fn left_early(&mut self, took: u64, bits: f64) {
        self.whole_left += 1;
        self.whole_sojourn += u128::from(took);
        self.whole_bits += bits;
        self.report.killed += 1;
    }

    pub(super) fn set_down(&mut self, down: bool, now: SimTime) {
        if down && !self.down {
            self.down_since = now;
        } else if !down && self.down {
            self.report.down += now.since(self.down_since);
        }
        self.down = down;
    }

    pub(super) fn begin_measuring(&mut self, now: SimTime, crossed: &Crossed) {
        if self.down {
            self.down_since = now;
        }
        self.report = LinkReport { present_max: u64::from(crossed.present), ..LinkReport::default() };
        self.mark = (crossed.bits, crossed.area, 0);
    }

    /// Amounts since the last snapshot: bits carried, ns x present, transfers begun.
    pub(super) fn sample(&mut self, crossed: &Crossed) -> [f64; 3] {
        let (bits, area, begun) = self.mark;
        self.report.carried_bits += crossed.bits - bits;
        self.report.present += crossed.area - area;
        self.mark = (crossed.bits, crossed.area, self.report.transfers);
        [crossed.bits - bits, (crossed.area - area) as f64, (self.report.transfers - begun) as f64]
    }

    pub(super) fn finish(&mut self, now: SimTime) -> LinkReport {
        if self.down {
            self.report.down += now.since(self.down_since);
            self.down_since = now;
        }
        self.report.clone()
    }
}
