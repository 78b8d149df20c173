//! The near events: a tournament of integers, each against its neighbour, the lesser one on.
//!
//! What is put down or taken plays its own matches up to the root again, as many as the tree is
//! high, and no branch depends on who wins. A heap makes fewer steps but guesses at each whether it
//! is the last, and a wrong guess costs as much as several matches. Must not know what the integers
//! mean ([`super::key`]).

use std::hint::select_unpredictable;

/// The key of a leaf where nothing stands; above all others.
pub(super) const VACANT: u128 = u128::MAX;

/// Leaves at least.
const LEAST: usize = 16;

/// No leaf.
const NIL: u32 = u32::MAX;

/// A tournament of keys below [`VACANT`].
#[derive(Debug)]
pub(super) struct Tournament {
    /// By leaf, as many as a power of two.
    pub(super) keys: Vec<u128>,
    /// By node from the root, 1, on: the leaf with the least key below it. Below node `i` are `2 i`
    /// and `2 i + 1`; those from the number of leaves on are the leaves.
    winners: Vec<u32>,
    /// Leaves from here on were never used; of the others these stand vacant.
    fresh: u32,
    free: Vec<u32>,
    /// The leaf whose key was taken and not yet replaced, see [`Self::take`].
    hole: u32,
}

impl Default for Tournament {
    fn default() -> Self {
        let mut near = Self { keys: Vec::new(), winners: Vec::new(), fresh: 0, free: Vec::new(), hole: NIL };
        near.build();
        near
    }
}

impl Tournament {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.fresh as usize - self.free.len() - usize::from(self.hole != NIL)
    }

    /// Adds a key; whether more stand here now than have stood since the last [`Self::build`].
    #[inline]
    pub(super) fn push(&mut self, key: u128) -> bool {
        debug_assert!(key < VACANT);
        let (leaf, more) = if self.hole != NIL {
            (std::mem::replace(&mut self.hole, NIL), false)
        } else if let Some(leaf) = self.free.pop() {
            (leaf, false)
        } else {
            (self.next_fresh(), true)
        };
        self.play(leaf, key);
        more
    }

    #[cold]
    fn next_fresh(&mut self) -> u32 {
        if self.fresh as usize == self.keys.len() {
            self.build();
        }
        self.fresh += 1;
        self.fresh - 1
    }

    /// Takes the least, and leaves a hole for the next push to fill: an event usually schedules
    /// another, whose matches then do for both.
    #[inline]
    pub(super) fn take(&mut self) -> Option<u128> {
        self.settle();
        let leaf = self.winners[1];
        let key = self.keys[leaf as usize];
        if key == VACANT {
            return None;
        }
        self.hole = leaf;
        Some(key)
    }

    /// Closes the hole that [`Self::take`] left.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.hole != NIL {
            self.free.push(self.hole);
            self.play(self.hole, VACANT);
            self.hole = NIL;
        }
    }

    /// Another key for a leaf, which plays its matches again.
    #[inline(always)]
    fn play(&mut self, leaf: u32, key: u128) {
        match self.keys.len() {
            16 => self.play_among::<16>(leaf, key),
            32 => self.play_among::<32>(leaf, key),
            64 => self.play_among::<64>(leaf, key),
            128 => self.play_among::<128>(leaf, key),
            256 => self.play_among::<256>(leaf, key),
            _ => self.play_among_many(leaf, key),
        }
    }

    /// The same among `N` leaves: the number of matches is known, and so is that no place is outside.
    #[inline(never)]
    fn play_among<const N: usize>(&mut self, leaf: u32, key: u128) {
        let both = (self.keys.first_chunk_mut::<N>(), self.winners.first_chunk_mut::<N>());
        let (Some(keys), Some(winners)) = both else { return };
        let leaf = leaf as usize % N;
        keys[leaf] = key;
        let (mut least, mut winner, mut rival, mut node) = (key, leaf, leaf ^ 1, (N + leaf) / 2);
        for _ in 0..N.trailing_zeros() {
            let other = keys[rival % N];
            let wins = other < least;
            least = select_unpredictable(wins, other, least);
            winner = select_unpredictable(wins, rival, winner);
            winners[node % N] = winner as u32;
            rival = winners[(node ^ 1) % N] as usize;
            node /= 2;
        }
    }

    #[inline(never)]
    fn play_among_many(&mut self, leaf: u32, key: u128) {
        let (keys, winners) = (self.keys.as_mut_slice(), self.winners.as_mut_slice());
        keys[leaf as usize] = key;
        let (mut least, mut winner, mut rival) = (key, leaf, leaf ^ 1);
        let mut node = (keys.len() + leaf as usize) / 2;
        while node > 0 {
            let other = keys[rival as usize];
            let wins = other < least;
            least = select_unpredictable(wins, other, least);
            winner = select_unpredictable(wins, rival, winner);
            winners[node] = winner;
            rival = winners[node ^ 1];
            node /= 2;
        }
    }

    /// Plays all matches anew: of the keys that stand in a row, with room for some more.
    #[inline(never)]
    pub(super) fn build(&mut self) {
        let count = self.keys.len();
        let leaves = (count + count / 4 + 4).next_power_of_two().max(LEAST);
        self.keys.resize(leaves, VACANT);
        if self.winners.len() < leaves {
            self.winners.resize(leaves, 0);
        }
        self.fresh = u32::try_from(count).expect("fewer than 2^32 near events");
        self.free.clear();
        self.hole = NIL;
        let half = leaves / 2;
        let winners = &mut self.winners[..leaves];
        for ((left, pair), winner) in
            (0..).step_by(2).zip(self.keys.chunks_exact(2)).zip(&mut winners[half..])
        {
            *winner = left + u32::from(pair[1] < pair[0]);
        }
        for node in (1..half).rev() {
            let (left, right) = (winners[2 * node], winners[2 * node + 1]);
            let less = self.keys[right as usize] < self.keys[left as usize];
            winners[node] = select_unpredictable(less, right, left);
        }
    }
}
