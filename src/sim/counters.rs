//! How many units of each counter are in use.
//!
//! Limits that are counted user by user have a counter for each user at each server: thousands of
//! millions, of which as many are above zero as there are connections. Few are kept in a row; of many,
//! those above zero, in a table.
//!
//! By hand: a table of the standard library hashes by a random key, which costs more than all the rest.
//!
//! Must not know what is counted ([`super::pool`]).

/// Counters up to which all are kept: 4 MiB. A table costs 1 % of a run where they would do.
const FEW: u32 = 1 << 20;

/// No counter.
const EMPTY: u32 = u32::MAX;

/// Units in use, by counter.
#[derive(Debug)]
pub(super) enum Counters {
    /// Of every counter.
    All(Vec<u32>),
    /// Of those above zero.
    Used(Table),
}

impl Counters {
    /// So many counters, all zero.
    pub(super) fn new(counters: u32) -> Self {
        if counters <= FEW { Self::All(vec![0; counters as usize]) } else { Self::Used(Table::new()) }
    }

    /// Those of a counter.
    #[inline]
    pub(super) fn get(&self, counter: u32) -> u32 {
        match self {
            Self::All(units) => units[counter as usize],
            Self::Used(table) => table.get(counter),
        }
    }

    /// A counter has so many from now on.
    #[inline]
    pub(super) fn set(&mut self, counter: u32, units: u32) {
        match self {
            Self::All(all) => all[counter as usize] = units,
            Self::Used(table) => table.set(counter, units),
        }
    }

    /// Counters above zero with their units, in no order.
    pub(super) fn used(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (all, table): (&[u32], &[(u32, u32)]) = match self {
            Self::All(all) => (all, &[]),
            Self::Used(table) => (&[], &table.places),
        };
        let all = (0..).zip(all.iter().copied()).filter(|&(_, units)| units > 0);
        all.chain(table.iter().copied().filter(|&(counter, _)| counter != EMPTY))
    }
}

/// Open addressing with linear probing; what is gone leaves no trace.
#[derive(Debug)]
pub(super) struct Table {
    /// A power of two, at most half of them in use.
    places: Vec<(u32, u32)>,
    used: usize,
}

impl Table {
    fn new() -> Self {
        Self { places: vec![(EMPTY, 0); 1024], used: 0 }
    }

    /// Where a counter stands if nobody is in its way (Fibonacci hashing).
    #[inline]
    fn home(&self, counter: u32) -> usize {
        let bits = self.places.len().trailing_zeros();
        (counter.wrapping_mul(0x9E37_79B1) >> (u32::BITS - bits)) as usize
    }

    /// Where a counter stands, or would.
    #[inline]
    fn place(&self, counter: u32) -> usize {
        let mask = self.places.len() - 1;
        let mut place = self.home(counter);
        while self.places[place].0 != counter && self.places[place].0 != EMPTY {
            place = (place + 1) & mask;
        }
        place
    }

    #[inline]
    fn get(&self, counter: u32) -> u32 {
        self.places[self.place(counter)].1
    }

    #[inline]
    fn set(&mut self, counter: u32, units: u32) {
        let place = self.place(counter);
        let known = self.places[place].0 != EMPTY;
        match (known, units) {
            (false, 0) => {}
            (true, 0) => self.remove(place),
            (true, _) => self.places[place].1 = units,
            (false, _) => {
                self.places[place] = (counter, units);
                self.used += 1;
                if 2 * self.used > self.places.len() {
                    self.grow();
                }
            }
        }
    }

    /// Those behind move up, each as far as its home lets it.
    fn remove(&mut self, place: usize) {
        let mask = self.places.len() - 1;
        let (mut hole, mut next) = (place, (place + 1) & mask);
        while self.places[next].0 != EMPTY {
            let home = self.home(self.places[next].0);
            if (next.wrapping_sub(home) & mask) >= (next.wrapping_sub(hole) & mask) {
                self.places[hole] = self.places[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.places[hole] = (EMPTY, 0);
        self.used -= 1;
    }

    #[cold]
    fn grow(&mut self) {
        let places = vec![(EMPTY, 0); 2 * self.places.len()];
        for (counter, units) in std::mem::replace(&mut self.places, places) {
            if counter != EMPTY {
                let place = self.place(counter);
                self.places[place] = (counter, units);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A table beside a map, with counters that crowd at a few homes and at the end.
        #[test]
        fn a_table_is_a_map(steps in prop::collection::vec((0_u32..3000, 0_u32..3), 0..6000), stride in 1_u32..5) {
            let mut found = Counters::new(FEW + 1);
            let mut model = BTreeMap::new();
            for (counter, number) in steps {
                // Of each multiple of 2^32 / 3000 some, so that homes are shared and wrap around.
                let counter = counter.wrapping_mul(1_431_655 * stride) % (u32::MAX - 1);
                found.set(counter, number);
                if number > 0 { model.insert(counter, number); } else { model.remove(&counter); }
                prop_assert_eq!(found.get(counter), number);
            }
            prop_assert!(model.iter().all(|(&counter, &number)| found.get(counter) == number));
            let used: BTreeMap<u32, u32> = found.used().collect();
            prop_assert_eq!(used, model);
        }
    }

    #[test]
    fn few_are_kept_in_a_row() {
        for counters in [FEW, FEW + 1] {
            let mut found = Counters::new(counters);
            assert_eq!(matches!(found, Counters::All(_)), counters == FEW);
            assert_eq!((found.get(7), found.used().count()), (0, 0));
            found.set(7, 3);
            found.set(counters - 1, 2);
            found.set(7, 0);
            assert_eq!(found.used().collect::<Vec<_>>(), [(counters - 1, 2)]);
        }
    }
}
