//! The parts of the latency of every request in flight, to the nanosecond.
//!
//! Where few parts are booked by any leg (queueing networks have one), those alone are kept, in whole
//! nanoseconds. Where they are many (Exchange's), a request has a row of them all, of the lower 32 bits,
//! since almost every part of almost every request is below 2^32 ns (4.29 s): one cache line. A request
//! of which one is not borrows a row for the upper bits.
//!
//! Next: [`super::request`].

use super::handles::NIL;
use crate::itinerary::{Leg, Network, PARTS, Part};

/// Parts up to which cells are whole: four of them take 32 bytes.
const FEW: usize = 4;

/// The lower halves of a request's parts, and the number of its row of upper halves, or [`NIL`].
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Row {
    low: [u32; PARTS],
    high: u32,
}

const _: () = assert!(size_of::<Row>() == 64);

impl Row {
    const ZERO: Self = Self { low: [0; PARTS], high: NIL };
}

#[derive(Debug)]
pub(super) struct Parts {
    /// By part: its place in a row of whole cells.
    place: [u8; PARTS],
    /// By place in such a row: the part.
    parts: Vec<u8>,
    /// Whole cells, where there are [`FEW`] parts.
    whole: Vec<u64>,
    /// Where there are more.
    rows: Vec<Row>,
    high: Vec<[u32; PARTS]>,
    free_high: Vec<u32>,
}

impl Parts {
    pub(super) fn new(network: &Network) -> Self {
        let mut booked = [false; PARTS];
        for leg in &network.legs {
            match leg {
                Leg::Delay { part, .. } | Leg::Take { part, .. } => booked[*part as usize] = true,
                Leg::Transfer { part, capped, line, slow, .. } => {
                    booked[*part as usize] = true;
                    booked[*capped as usize] = true;
                    booked[Part::ClientNetwork as usize] |= line.is_some() || slow.is_some();
                    booked[Part::WanPropagation as usize] |= slow.is_some_and(|slow| slow.fixed_ns > 0);
                }
                Leg::Serve { queue_part, .. } => {
                    booked[*queue_part as usize] = true;
                    booked[queue_part.service() as usize] = true;
                }
                _ => {}
            }
        }
        let parts: Vec<u8> = (0..PARTS as u8).filter(|&part| booked[usize::from(part)]).collect();
        let mut place = [0; PARTS];
        for (at, &part) in parts.iter().enumerate() {
            place[usize::from(part)] = at as u8;
        }
        let (whole, rows, high, free_high) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { place, parts, whole, rows, high, free_high }
    }

    #[inline]
    fn few(&self) -> bool {
        self.parts.len() <= FEW
    }

    /// One more row, of zeros.
    pub(super) fn grow(&mut self) {
        if self.few() {
            self.whole.resize(self.whole.len() + self.parts.len(), 0);
        } else {
            self.rows.push(Row::ZERO);
        }
    }

    /// Adds `span` ns to a part.
    #[inline]
    pub(super) fn book(&mut self, row: u32, part: Part, span: u64) {
        if self.few() {
            let place = usize::from(self.place[part as usize]);
            self.whole[row as usize * self.parts.len() + place] += span;
            return;
        }
        let low = &mut self.rows[row as usize].low[part as usize];
        let sum = u64::from(*low) + span;
        *low = sum as u32;
        if sum >> 32 != 0 {
            self.carry(row, part, (sum >> 32) as u32);
        }
    }

    #[cold]
    fn carry(&mut self, row: u32, part: Part, carry: u32) {
        let high = &mut self.rows[row as usize].high;
        if *high == NIL {
            *high = self.free_high.pop().unwrap_or_else(|| {
                self.high.push([0; PARTS]);
                self.high.len() as u32 - 1
            });
        }
        self.high[*high as usize][part as usize] += carry;
    }

    /// Takes `span` ns of a part back that were added to it.
    pub(super) fn take_back(&mut self, row: u32, part: Part, span: u64) {
        if self.few() {
            let place = usize::from(self.place[part as usize]);
            self.whole[row as usize * self.parts.len() + place] -= span;
            return;
        }
        let row = &mut self.rows[row as usize];
        let low = &mut row.low[part as usize];
        let high = self.high.get_mut(row.high as usize).map(|high| &mut high[part as usize]);
        let above = high.as_ref().map_or(0, |high| u64::from(**high));
        let left = (above << 32 | u64::from(*low)) - span;
        *low = left as u32;
        if let Some(high) = high {
            *high = (left >> 32) as u32;
        }
    }

    /// A number of a row, for whoever looks ahead.
    #[inline]
    pub(super) fn look(&self, row: u32) -> u64 {
        self.rows.get(row as usize).map_or(0, |row| u64::from(row.high))
    }

    /// All parts together.
    pub(super) fn sum(&self, row: u32) -> u64 {
        if self.few() {
            let width = self.parts.len();
            return self.whole[row as usize * width..][..width].iter().sum();
        }
        let row = &self.rows[row as usize];
        let sum = |cells: &[u32; PARTS]| cells.iter().map(|&cell| u64::from(cell)).sum::<u64>();
        sum(&row.low) + self.high.get(row.high as usize).map_or(0, |high| sum(high) << 32)
    }

    /// The row of a request that has ended, and whose parts nobody asks for, is zero again.
    pub(super) fn forget(&mut self, row: u32) {
        if self.few() {
            let width = self.parts.len();
            return self.whole[row as usize * width..][..width].fill(0);
        }
        let high = std::mem::replace(&mut self.rows[row as usize], Row::ZERO).high;
        if high != NIL {
            self.free_high.push(high);
            self.high[high as usize].fill(0);
        }
    }

    /// The parts of a request that has ended; its row is zero again.
    #[inline]
    pub(super) fn take(&mut self, row: u32) -> [u64; PARTS] {
        if self.few() {
            return self.take_whole(row);
        }
        let Row { low, high } = std::mem::replace(&mut self.rows[row as usize], Row::ZERO);
        let mut taken = [0; PARTS];
        // Not `low.map`, which calls a function for each.
        for (part, cell) in taken.iter_mut().zip(low) {
            *part = u64::from(cell);
        }
        if high != NIL {
            self.take_high(high, &mut taken);
        }
        taken
    }

    #[inline(never)]
    fn take_whole(&mut self, row: u32) -> [u64; PARTS] {
        let mut taken = [0; PARTS];
        let width = self.parts.len();
        let cells = &mut self.whole[row as usize * width..][..width];
        for (cell, &part) in cells.iter_mut().zip(&self.parts) {
            taken[usize::from(part)] = std::mem::take(cell);
        }
        taken
    }

    #[cold]
    fn take_high(&mut self, high: u32, taken: &mut [u64; PARTS]) {
        self.free_high.push(high);
        for (part, cell) in taken.iter_mut().zip(&mut self.high[high as usize]) {
            *part |= u64::from(std::mem::take(cell)) << 32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::itinerary::Amount;
    use crate::kernel::SimSpan;

    fn parts(booked: &[Part]) -> Parts {
        let mut network = Network::default();
        let delay = |&part: &Part| Leg::Delay { amount: Amount::Fixed(SimSpan(1).0), part };
        network.legs = booked.iter().map(delay).collect();
        Parts::new(&network)
    }

    /// Two rows, parts of hours beside parts of nanoseconds, and rows used again.
    #[test]
    fn parts_add_up_beyond_32_bits() {
        let all = Part::ALL.map(|(part, _)| part);
        for booked in [&all[..1], &all[2..6], &all[1..6], &all[..]] {
            let mut parts = parts(booked);
            parts.grow();
            parts.grow();
            for round in 0..3_u64 {
                let mut expected = [[0_u64; PARTS]; 2];
                for (i, &part) in booked.iter().enumerate() {
                    // Booked ahead and taken back, in part.
                    let ahead = round * 3_600_000_000_000 + u64::from(u32::MAX);
                    parts.book(0, part, ahead);
                    parts.take_back(0, part, ahead - round);
                    expected[0][part as usize] += round;
                    for (row, expected) in expected.iter_mut().enumerate() {
                        let long = if (i + row) % 3 == 0 { 3_600_000_000_000 } else { 1 };
                        for span in [u64::from(u32::MAX), 1, long, round] {
                            parts.book(row as u32, part, span);
                            expected[part as usize] += span;
                        }
                    }
                }
                assert_eq!([parts.take(0), parts.take(1)], expected, "{booked:?}");
            }
            assert_eq!(parts.take(0), [0; PARTS]);
            for row in [0, 1] {
                booked.iter().for_each(|&part| parts.book(row, part, 3_600_000_000_000));
                assert_eq!(parts.sum(row), 3_600_000_000_000 * booked.len() as u64);
                parts.forget(row);
                assert_eq!((parts.sum(row), parts.take(row)), (0, [0; PARTS]));
            }
            assert!(parts.high.len() <= 2);
            assert_eq!(parts.few(), booked.len() <= 4);
        }
    }

    /// A station books waiting and service; a part that nobody books has no cell.
    #[test]
    fn only_what_is_booked_has_a_cell() {
        let mut network = Network::default();
        let group = network.add_group("a", 1, 1, None, None, crate::itinerary::Balancing::RoundRobin);
        network.add_program(vec![
            Leg::Serve {
                place: crate::itinerary::LegPlace::Any { group },
                amount: Amount::Fixed(1),
                queue_part: Part::MailboxQueue,
            },
            Leg::End,
        ]);
        assert_eq!(Parts::new(&network).parts, [Part::MailboxQueue as u8, Part::MailboxService as u8]);
    }
}
