//! One direction of a link: egalitarian processor sharing with a rate cap a flow.
//!
//! Flows fall into classes of equal cap. Each class has a virtual clock that
//! counts the bits every flow of it has received; a flow that enters at virtual
//! time v with b bits leaves at v + b. The capacity is water-filled over the
//! classes: those whose cap is below the fair share run at their cap, the others
//! share what is left equally. Up to 24 different caps on a direction are kept
//! exactly; beyond that all are rounded to steps of 2^(1/8) (at most 4.5 % off),
//! which keeps the number of classes small. A cap at or above the capacity is no
//! cap.
//!
//! A completion is rounded up to a whole nanosecond, here and nowhere else.
//! Must not know who transfers what. Next: [`super::walk`].

use super::measured::LinkReport;
use super::request::Hot;
use crate::kernel::SimTime;
use crate::kernel::calendar::Heap;

/// Flows with the same cap.
#[derive(Debug)]
struct Class {
    /// Bit/ns; infinite for uncapped.
    cap: f64,
    /// Bit/ns that each flow gets at present.
    rate: f64,
    /// Bits that each flow has received since the class was last empty.
    clock: f64,
    /// Virtual finish (bits of the float, which order as it does) | order | request.
    flows: Heap,
}

#[derive(Debug)]
pub(super) struct Link {
    /// Bit/ns.
    capacity: f64,
    /// In ascending order of cap, the last one uncapped.
    classes: Vec<Class>,
    rounded: bool,
    present: u32,
    order: u32,
    touched: SimTime,
    /// When the pending event is due and its sequence.
    pub(super) due: SimTime,
    pub(super) pending: u64,
    pub(super) down: bool,
    /// Down, and new transfers fail.
    pub(super) refuses: bool,
    down_since: SimTime,
    /// Whole-run sums for the identities.
    carried: f64,
    pub(super) present_area: u128,
    pub(super) whole_sojourn: u128,
    pub(super) whole_bits: f64,
    pub(super) whole_begun: u64,
    pub(super) whole_left: u64,
    pub(super) report: LinkReport,
    /// Amounts at the last snapshot: bits, present area, transfers.
    mark: (f64, u128, u64),
}

/// Caps on one direction that are kept exactly.
const EXACT_CAPS: usize = 24;

/// The nearest step of 2^(1/8), by libm: the platform's log2 differs in the last bit.
fn round_cap(cap: f64) -> f64 {
    libm::exp2(libm::rint(8.0 * libm::log2(cap)) / 8.0)
}

/// No event pending.
pub(super) const NOT_PENDING: u64 = u64::MAX;

impl Link {
    /// `bandwidth` and the caps that will occur, in bit/s, above zero.
    pub(super) fn new(bandwidth: f64, caps: &[f64]) -> Self {
        let capacity = bandwidth / 1e9;
        let mut exact: Vec<f64> = caps.iter().map(|cap| cap / 1e9).filter(|&cap| cap < capacity).collect();
        exact.sort_by(f64::total_cmp);
        exact.dedup();
        let rounded = exact.len() > EXACT_CAPS;
        if rounded {
            exact = exact.into_iter().map(round_cap).collect();
            exact.dedup();
        }
        exact.push(f64::INFINITY);
        let class = |cap| Class { cap, rate: 0.0, clock: 0.0, flows: Heap::default() };
        Self {
            capacity,
            classes: exact.into_iter().map(class).collect(),
            rounded,
            present: 0,
            order: 0,
            touched: SimTime::ZERO,
            due: SimTime::MAX,
            pending: NOT_PENDING,
            down: false,
            refuses: false,
            down_since: SimTime::ZERO,
            carried: 0.0,
            present_area: 0,
            whole_sojourn: 0,
            whole_bits: 0.0,
            whole_begun: 0,
            whole_left: 0,
            report: LinkReport::default(),
            mark: (0.0, 0, 0),
        }
    }

    /// Bits that the link could have carried since the run began.
    pub(super) fn could_carry(&self, now: SimTime) -> f64 {
        self.capacity * now.0 as f64
    }

    /// Time that `bits` would take alone, ns.
    pub(super) fn alone(&self, bits: f64, cap: f64) -> f64 {
        bits / self.capacity.min(cap / 1e9)
    }

    /// Brings clocks and integrals up to `now`.
    pub(super) fn touch(&mut self, now: SimTime) {
        let span = now.0 - self.touched.0;
        self.touched = now;
        if span == 0 || self.present == 0 {
            return;
        }
        self.present_area += u128::from(span) * u128::from(self.present);
        if self.down {
            return;
        }
        let ns = span as f64;
        for class in &mut self.classes {
            let flows = class.flows.len();
            if flows > 0 {
                let bits = class.rate * ns;
                class.clock += bits;
                self.carried += bits * flows as f64;
            }
        }
    }

    /// Divides the capacity anew among the classes.
    fn fill(&mut self) {
        let mut left = self.capacity;
        let mut flows = self.present;
        // Classes stand in ascending order of cap.
        for class in &mut self.classes {
            let n = class.flows.len() as u32;
            if n == 0 {
                continue;
            }
            let fair = left / f64::from(flows);
            class.rate = fair.min(class.cap);
            left -= class.rate * f64::from(n);
            flows -= n;
        }
    }

    /// A transfer of `bits` with a rate cap in bit/s begins.
    pub(super) fn enter(&mut self, now: SimTime, request: u32, bits: f64, cap: f64) {
        self.touch(now);
        let cap = cap / 1e9;
        let cap = if cap >= self.capacity {
            f64::INFINITY
        } else if self.rounded {
            round_cap(cap)
        } else {
            cap
        };
        let place = self.classes.iter().position(|c| c.cap >= cap).unwrap_or(self.classes.len() - 1);
        let class = &mut self.classes[place];
        if class.flows.len() == 0 {
            // Precision: a clock restarts whenever its class has been empty.
            class.clock = 0.0;
        }
        let finish = class.clock + bits;
        self.order = self.order.wrapping_add(1);
        class.flows.push(
            (u128::from(finish.to_bits()) << 64) | (u128::from(self.order) << 32) | u128::from(request),
        );
        self.present += 1;
        self.fill();
        self.report.present_max = self.report.present_max.max(u64::from(self.present));
    }

    /// The next completion under the present rates, not before `now`; `None` when idle or down.
    pub(super) fn next_due(&self, now: SimTime) -> Option<SimTime> {
        if self.down {
            return None;
        }
        let mut least = f64::INFINITY;
        for class in &self.classes {
            if let Some(first) = class.flows.peek() {
                let finish = f64::from_bits((first >> 64) as u64);
                least = least.min((finish - class.clock).max(0.0) / class.rate);
            }
        }
        // A hair less than the next integer: 4.000000000001 s of float noise is 4 s.
        least.is_finite().then(|| {
            let ns = (least - 1e-3).ceil().max(0.0);
            SimTime(now.0.saturating_add(ns as u64).min(SimTime::MAX.0))
        })
    }

    /// A flow that is complete at `now`, if there is one. [`Self::touch`] first.
    pub(super) fn take_complete(&mut self) -> Option<u32> {
        let mut found = None;
        for class in &mut self.classes {
            if let Some(first) = class.flows.peek() {
                let finish = f64::from_bits((first >> 64) as u64);
                // Whatever would end within half a nanosecond has ended.
                if finish - class.clock <= 0.5 * class.rate {
                    class.flows.pop();
                    // Rounding up to a whole nanosecond carried nothing.
                    self.carried -= class.clock - finish;
                    found = Some(first as u32);
                    break;
                }
            }
        }
        if found.is_some() {
            self.present -= 1;
            self.fill();
        }
        found
    }

    /// Books a completed transfer of `bits` that took `took` ns.
    #[inline]
    pub(super) fn completed(&mut self, took: u64, bits: f64, cap: f64) {
        self.whole_left += 1;
        self.whole_sojourn += u128::from(took);
        self.whole_bits += bits;
        self.report.completed += 1;
        self.report.sojourn_sum += u128::from(took);
        let took = took as f64;
        self.report.sojourn_squares += took * took;
        self.report.slowdown_sum += took / self.alone(bits, cap);
    }

    /// Takes a flow of `bits` out before its end, `took` ns after its begin.
    pub(super) fn leave_early(&mut self, now: SimTime, request: u32, bits: f64, took: u64) {
        self.touch(now);
        self.whole_left += 1;
        self.whole_sojourn += u128::from(took);
        self.report.killed += 1;
        for class in &mut self.classes {
            let found = class.flows.iter().find(|&key| key as u32 == request);
            if let Some(key) = found {
                let finish = f64::from_bits((key >> 64) as u64);
                self.whole_bits += bits - (finish - class.clock);
                class.flows.remove(|other| other == key);
                self.present -= 1;
                break;
            }
        }
        self.fill();
    }

    /// Every flow, in the order in which they began.
    pub(super) fn flows(&self) -> Vec<u32> {
        let all = self.classes.iter().flat_map(|class| class.flows.iter());
        let mut all: Vec<u64> = all.map(|key| key as u64).collect();
        all.sort_unstable();
        all.into_iter().map(|key| key as u32).collect()
    }

    pub(super) fn set_down(&mut self, down: bool, now: SimTime) {
        self.touch(now);
        if down && !self.down {
            self.down_since = now;
        } else if !down && self.down {
            self.report.down += now.since(self.down_since);
        }
        self.down = down;
    }

    pub(super) fn begin_measuring(&mut self, now: SimTime) {
        self.touch(now);
        if self.down {
            self.down_since = now;
        }
        self.report = LinkReport { present_max: u64::from(self.present), ..LinkReport::default() };
        self.mark = (self.carried, self.present_area, 0);
    }

    /// Amounts since the last snapshot: bits carried, ns x present, transfers begun.
    pub(super) fn sample(&mut self, now: SimTime) -> [f64; 3] {
        self.touch(now);
        let (bits, area, begun) = self.mark;
        self.report.carried_bits += self.carried - bits;
        self.report.present += self.present_area - area;
        self.mark = (self.carried, self.present_area, self.report.transfers);
        [self.carried - bits, (self.present_area - area) as f64, (self.report.transfers - begun) as f64]
    }

    pub(super) fn finish(&mut self, now: SimTime) -> LinkReport {
        if self.down {
            self.report.down += now.since(self.down_since);
            self.down_since = now;
        }
        self.report.clone()
    }

    /// Bits carried since the run began.
    pub(super) fn carried(&self) -> f64 {
        self.carried
    }

    /// Bits that all transfers have received since the run began.
    pub(super) fn moved(&self, requests: &[Hot]) -> f64 {
        let received = |class: &Class, key: u128| {
            let remaining = f64::from_bits((key >> 64) as u64) - class.clock;
            requests[key as u32 as usize].amount as f64 - remaining
        };
        let partly: f64 =
            self.classes.iter().map(|c| c.flows.iter().map(|key| received(c, key)).sum::<f64>()).sum();
        self.whole_bits + partly
    }
}

#[cfg(test)]
mod tests;
