//! A 4-ary min-heap of integers: the near events, and the flows of a link.
//!
//! Must not know what the integers mean ([`super::key`], [`crate::sim`]).

use std::hint::select_unpredictable;

/// A 4-ary min-heap of keys.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    pub(super) keys: Vec<u128>,
    /// The root was taken and not yet replaced, see [`Self::take`].
    hole: bool,
}

impl Heap {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.keys.len() - usize::from(self.hole)
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u128> {
        self.keys.first().copied()
    }

    #[inline]
    pub(crate) fn push(&mut self, key: u128) {
        if self.hole {
            self.hole = false;
            self.sift_down(0, key);
            return;
        }
        let mut hole = self.keys.len();
        self.keys.push(key);
        while hole > 0 {
            let parent = (hole - 1) / 4;
            if self.keys[parent] <= key {
                break;
            }
            self.keys[hole] = self.keys[parent];
            hole = parent;
        }
        self.keys[hole] = key;
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<u128> {
        let last = self.keys.pop()?;
        let Some(&top) = self.keys.first() else { return Some(last) };
        self.sift_down(0, last);
        Some(top)
    }

    /// As [`Self::pop`], but leaves a hole at the root for the next push to fill:
    /// an event usually schedules another, and one sift then does for two. Nothing
    /// but `take`, `push`, `len` and [`Self::settle`] may follow.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<u128> {
        self.settle();
        let top = self.keys.first().copied();
        self.hole = top.is_some();
        top
    }

    /// Closes the hole that [`Self::take`] left.
    #[inline]
    pub(crate) fn settle(&mut self) {
        if self.hole {
            self.hole = false;
            if let Some(last) = self.keys.pop()
                && !self.keys.is_empty()
            {
                self.sift_down(0, last);
            }
        }
    }

    #[inline]
    fn sift_down(&mut self, mut hole: usize, key: u128) {
        let keys = self.keys.as_mut_slice();
        let len = keys.len();
        loop {
            let first = 4 * hole + 1;
            let (child, least) = if let Some(four) = keys.get(first..).and_then(<[u128]>::first_chunk::<4>) {
                // A tournament without branches: who wins is a matter of chance, and a
                // wrong guess costs more than the whole round.
                let i = usize::from(four[1] < four[0]);
                let j = 2 | usize::from(four[3] < four[2]);
                let least = select_unpredictable(four[j] < four[i], j, i);
                (first + least, four[least])
            } else if first < len {
                let mut child = first;
                for other in first + 1..len {
                    if keys[other] < keys[child] {
                        child = other;
                    }
                }
                (child, keys[child])
            } else {
                break;
            };
            if key <= least {
                break;
            }
            keys[hole] = least;
            hole = child;
        }
        keys[hole] = key;
    }

    pub(super) fn heapify(&mut self) {
        for hole in (0..self.keys.len().div_ceil(4)).rev() {
            let key = self.keys[hole];
            self.sift_down(hole, key);
        }
    }

    /// Removes every key for which `drop` says so; linear, for rare events.
    pub(crate) fn remove(&mut self, drop: impl Fn(u128) -> bool) {
        self.keys.retain(|&key| !drop(key));
        self.heapify();
    }

    /// The keys in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u128> + '_ {
        self.keys.iter().copied()
    }
}
