//! How a request ends: at the end of its program, by refusal, by an outage, by its
//! patience or by its driver; what it holds is released (E3), and its driver hears
//! of it after the event (E5).

use std::collections::VecDeque;

use super::Engine;
use super::driver::{Driver, Ended, Outcome, RequestId};
use super::pool::Taken;
use super::request::{NIL, State};
use crate::kernel::calendar::Class;
use crate::kernel::{SimSpan, SimTime};
use crate::model::itinerary::{Leg, SLOTS};

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

impl Engine<'_> {
    pub(super) fn be_patient(&mut self, id: RequestId, span: SimSpan) {
        let lane = match self.lanes.iter().position(|lane| lane.span == span) {
            Some(lane) => lane,
            None => {
                self.lanes.push(Lane {
                    span,
                    deadlines: VecDeque::new(),
                    pending: false,
                    sweep_at: SWEEP_FROM,
                });
                self.lanes.len() - 1
            }
        };
        let deadline = self.now + span;
        if self.lanes[lane].deadlines.len() >= self.lanes[lane].sweep_at {
            self.sweep(lane);
        }
        self.lanes[lane].deadlines.push_back((deadline, id));
        if !self.lanes[lane].pending {
            self.lanes[lane].pending = true;
            self.calendar.schedule(deadline.min(SimTime::MAX), Class::Rest, lane as u64);
        }
    }

    /// Forgets the deadlines of requests that have ended, which would else stand until
    /// they are due: a lane so has at most twice as many entries as it had live ones
    /// at the last sweep, and each entry is looked at once or twice.
    #[cold]
    fn sweep(&mut self, lane: usize) {
        let lane = &mut self.lanes[lane];
        lane.deadlines.retain(|&(_, id)| self.requests.live(id).is_some());
        lane.sweep_at = SWEEP_FROM.max(2 * lane.deadlines.len());
    }

    pub(super) fn lane_due(&mut self, lane: usize) {
        while let Some(&(deadline, id)) = self.lanes[lane].deadlines.front() {
            let live = self.requests.live(id);
            if live.is_some() && deadline > self.now {
                self.calendar.schedule(deadline.min(SimTime::MAX), Class::Rest, lane as u64);
                return;
            }
            self.lanes[lane].deadlines.pop_front();
            if let Some(index) = live {
                self.stop(index, Outcome::TimedOut);
            }
        }
        self.lanes[lane].pending = false;
    }

    /// Ends a request wherever it is, releasing all it holds (E3).
    pub(super) fn stop(&mut self, index: u32, outcome: Outcome) {
        let now = self.now;
        let i = index as usize;
        let leg = &self.network.legs[self.requests.hot[i].leg as usize];
        let at = self.requests.hot[i].at;
        match self.requests.hot[i].state {
            State::Free | State::Ended => return,
            State::Delayed => {
                if let Leg::Delay { part, .. } | Leg::Take { part, .. } = leg {
                    let span = now.0 - self.requests.hot[i].since.0;
                    self.book(index, *part, span);
                }
                // Whoever still has no unit has waited for it in vain.
                if let (Leg::Take { family, .. }, u64::MAX, Outcome::TimedOut) =
                    (leg, self.requests.hot[i].pending, outcome)
                {
                    self.pools.refuse(family.index());
                    let reason = self.network.families[family.index()].reason;
                    return self.finish(index, Outcome::Refused(reason));
                }
            }
            State::Waiting => {
                self.leave_queue(index, at);
                self.left_station(index, at, 0, outcome);
            }
            State::Serving => {
                let left = self.requests.hot[i].since.0 - now.0;
                let delivered = self.requests.hot[i].amount - left;
                self.stations[at as usize].touch(now);
                self.stations[at as usize].busy -= 1;
                self.left_station(index, at, delivered, outcome);
                self.serve_waiting(at);
            }
            State::Paused => {
                let delivered = self.requests.hot[i].amount - self.requests.hot[i].since.0;
                self.stations[at as usize].touch(now);
                self.stations[at as usize].busy -= 1;
                self.left_station(index, at, delivered, outcome);
            }
            State::Crossing => {
                let took = now.0 - self.requests.hot[i].arrived.0;
                let bits = self.requests.hot[i].amount as f64;
                self.links[at as usize].leave_early(now, index, bits, took);
                if let Leg::Transfer { part, .. } = leg {
                    self.book(index, *part, took);
                }
                self.watch_link(at as usize);
            }
        }
        self.finish(index, outcome);
    }

    pub(super) fn leave_queue(&mut self, index: u32, at: u32) {
        let station = &mut self.stations[at as usize];
        station.touch(self.now);
        station.waiting -= 1;
        let next = self.requests.hot[index as usize].next;
        if station.head == index {
            station.head = next;
            if next == NIL {
                station.tail = NIL;
            }
            return;
        }
        let mut before = station.head;
        while self.requests.hot[before as usize].next != index {
            before = self.requests.hot[before as usize].next;
        }
        self.requests.hot[before as usize].next = next;
        if self.stations[at as usize].tail == index {
            self.stations[at as usize].tail = before;
        }
    }

    /// Books a stay at a station that did not end by service.
    pub(super) fn left_station(&mut self, index: u32, at: u32, delivered: u64, outcome: Outcome) {
        let sojourn = self.now.0 - self.requests.hot[index as usize].arrived.0;
        let station = &mut self.stations[at as usize];
        station.record_early(sojourn, delivered);
        // One that loses its connection at another station only leaves this one early.
        if outcome == Outcome::StationDown(at) {
            station.report.killed += 1;
        } else {
            station.report.aborted += 1;
        }
        let leg = &self.network.legs[self.requests.hot[index as usize].leg as usize];
        if let Leg::Serve { queue_part, .. } = leg {
            self.book(index, *queue_part, sojourn - delivered);
            self.book(index, queue_part.service(), delivered);
        }
        self.requests.hot[index as usize].at = NIL;
    }

    /// The request has left everything it was in; gives back its units and queues its end.
    #[inline]
    pub(super) fn finish(&mut self, index: u32, outcome: Outcome) {
        let i = index as usize;
        self.counts[if outcome == Outcome::Completed { 1 } else { 2 }] += 1;
        let units = self.requests.hot[i].units;
        if units != 0 {
            for slot in 0..SLOTS {
                if units & (1 << slot) != 0 {
                    let station = self.requests.slot(index, slot as u8);
                    self.stations[station as usize].give_unit(self.now);
                }
            }
        }
        let hot = &mut self.requests.hot[i];
        hot.units = 0;
        hot.state = State::Ended;
        hot.pending = u64::MAX;
        self.ended.push((index, outcome));
        for place in 0..self.requests.holds() {
            let counter = self.requests.let_go(index, place);
            if counter != NIL {
                self.give_back(counter);
            }
        }
    }

    /// A unit is free again: the first who waits for it goes on at this instant.
    pub(super) fn give_back(&mut self, counter: u32) {
        let family = self.pools.family_of(counter);
        self.pools.give(family, counter, 1, self.now);
        while let Some(next) = self.pools.next_waiting(family, counter) {
            let Some(index) = self.requests.live(next) else { continue };
            let taken = self.pools.take(family, counter, 1, self.now);
            debug_assert_eq!(taken, Taken::Now, "the unit that was given back is free");
            self.requests.take_hold(index, counter);
            self.requests.hot[index as usize].pending =
                self.calendar.schedule(self.now, Class::Arrival, u64::from(index));
            return;
        }
    }

    /// Tells the driver of every end so far (E5).
    #[inline]
    pub(super) fn report_ends<D: Driver>(&mut self, driver: &mut D) {
        // Almost always none or one; the driver may end further ones.
        let mut told = 0;
        while let Some(&(index, outcome)) = self.ended.get(told) {
            told += 1;
            self.report_end(index, outcome, driver);
        }
        self.ended.clear();
    }

    fn report_end<D: Driver>(&mut self, index: u32, outcome: Outcome, driver: &mut D) {
        let cold = &self.requests.cold[index as usize];
        let ended = Ended {
            owner: cold.owner,
            tag: cold.tag,
            opened_at: cold.opened_at,
            outcome,
            parts: self.requests.parts.take(index),
            slots: self.requests.slots(index),
            marked_at: self.requests.marked_at(index),
        };
        debug_assert_eq!(
            ended.parts.iter().sum::<u64>(),
            self.now.0 - ended.opened_at.0,
            "E4: the parts of a latency add up to the whole"
        );
        self.requests.close(index);
        driver.ended(self, &ended);
    }
}
