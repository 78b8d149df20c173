//! The parts of the latency of every request in flight, to the nanosecond.
//!
//! Only the parts that some leg of the network books are kept, one row a request.
//! Where they are few (queueing networks, which have one), a cell is a whole number
//! of nanoseconds; where they are many (Exchange's), it is the lower 32 bits of one,
//! since almost every part of almost every request is below 2^32 ns (4.29 s), and a
//! request of which one is not borrows a row for the upper bits.
//!
//! Next: [`super::request`].

use super::handles::NIL;
use crate::itinerary::{Leg, Network, PARTS, Part};

/// Parts up to which cells are whole: a row of four takes 32 bytes, one of
/// Exchange's twelve, halved, 52.
const FEW: usize = 4;

#[derive(Debug)]
pub(super) struct Parts {
    /// By part: its place in a row.
    place: [u8; PARTS],
    /// By place in a row: the part.
    parts: Vec<u8>,
    /// Whole cells, where there are [`FEW`] parts.
    whole: Vec<u64>,
    /// Lower halves, and at the end of a row the number of its row of upper halves, or [`NIL`].
    low: Vec<u32>,
    /// Rows of upper halves.
    high: Vec<u32>,
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
        let free_high = Vec::new();
        Self { place, parts, whole: Vec::new(), low: Vec::new(), high: Vec::new(), free_high }
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
            self.low.resize(self.low.len() + self.parts.len(), 0);
            self.low.push(NIL);
        }
    }

    /// Adds `span` ns to a part.
    #[inline]
    pub(super) fn book(&mut self, row: u32, part: Part, span: u64) {
        let place = usize::from(self.place[part as usize]);
        if self.few() {
            self.whole[row as usize * self.parts.len() + place] += span;
            return;
        }
        let low = &mut self.low[row as usize * (self.parts.len() + 1) + place];
        let sum = u64::from(*low) + span;
        *low = sum as u32;
        if sum >> 32 != 0 {
            self.carry(row, place, (sum >> 32) as u32);
        }
    }

    #[cold]
    fn carry(&mut self, row: u32, place: usize, carry: u32) {
        let width = self.parts.len();
        let high = &mut self.low[row as usize * (width + 1) + width];
        if *high == NIL {
            *high = self.free_high.pop().unwrap_or_else(|| {
                self.high.resize(self.high.len() + width, 0);
                (self.high.len() / width) as u32 - 1
            });
        }
        self.high[*high as usize * width + place] += carry;
    }

    /// Takes `span` ns of a part back that were added to it.
    pub(super) fn take_back(&mut self, row: u32, part: Part, span: u64) {
        let (place, width) = (usize::from(self.place[part as usize]), self.parts.len());
        if self.few() {
            self.whole[row as usize * width + place] -= span;
            return;
        }
        let high = self.low[row as usize * (width + 1) + width];
        let low = &mut self.low[row as usize * (width + 1) + place];
        let above =
            self.high.get((high as usize).wrapping_mul(width).wrapping_add(place)).filter(|_| high != NIL);
        let left = (above.map_or(0, |&above| u64::from(above)) << 32 | u64::from(*low)) - span;
        *low = left as u32;
        if high != NIL {
            self.high[high as usize * width + place] = (left >> 32) as u32;
        }
    }

    /// A number of a row, for whoever looks ahead.
    #[inline]
    pub(super) fn look(&self, row: u32) -> u64 {
        let place = row as usize * (self.parts.len() + 1);
        self.low.get(place).map_or(0, |&cell| u64::from(cell))
    }

    /// All parts together.
    pub(super) fn sum(&self, row: u32) -> u64 {
        let width = self.parts.len();
        if self.few() {
            return self.whole[row as usize * width..][..width].iter().sum();
        }
        let cells = &self.low[row as usize * (width + 1)..][..=width];
        let low: u64 = cells[..width].iter().map(|&cell| u64::from(cell)).sum();
        let above = self.high.get((cells[width] as usize).wrapping_mul(width)..);
        let above = above.filter(|_| cells[width] != NIL).map_or(&[][..], |above| &above[..width]);
        low + above.iter().map(|&cell| u64::from(cell) << 32).sum::<u64>()
    }

    /// The row of a request that has ended, and whose parts nobody asks for, is zero again.
    pub(super) fn forget(&mut self, row: u32) {
        let width = self.parts.len();
        if self.few() {
            return self.whole[row as usize * width..][..width].fill(0);
        }
        let cells = &mut self.low[row as usize * (width + 1)..][..=width];
        cells[..width].fill(0);
        let high = std::mem::replace(&mut cells[width], NIL);
        if high != NIL {
            self.free_high.push(high);
            self.high[high as usize * width..][..width].fill(0);
        }
    }

    /// The parts of a request that has ended; its row is zero again.
    #[inline]
    pub(super) fn take(&mut self, row: u32) -> [u64; PARTS] {
        let mut taken = [0; PARTS];
        let width = self.parts.len();
        if self.few() {
            let cells = &mut self.whole[row as usize * width..][..width];
            for (cell, &part) in cells.iter_mut().zip(&self.parts) {
                taken[usize::from(part)] = std::mem::take(cell);
            }
            return taken;
        }
        let cells = &mut self.low[row as usize * (width + 1)..][..=width];
        for (cell, &part) in cells.iter_mut().zip(&self.parts) {
            taken[usize::from(part)] = u64::from(std::mem::take(cell));
        }
        let high = std::mem::replace(&mut cells[width], NIL);
        if high != NIL {
            self.free_high.push(high);
            let cells = &mut self.high[high as usize * width..][..width];
            for (cell, &part) in cells.iter_mut().zip(&self.parts) {
                taken[usize::from(part)] |= u64::from(std::mem::take(cell)) << 32;
            }
        }
        taken
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
            assert!(parts.high.len() <= 2 * booked.len());
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
