//! A 4-ary min-heap of integers: the near events.
//!
//! Must not know what the integers mean ([`super::key`]).

use std::hint::select_unpredictable;

/// A 4-ary min-heap of keys.
#[derive(Debug, Default)]
pub(super) struct Heap {
    pub(super) keys: Vec<u128>,
    /// The root was taken and not yet replaced, see [`Self::take`].
    hole: bool,
}

impl Heap {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.keys.len() - usize::from(self.hole)
    }

    #[inline]
    pub(super) fn push(&mut self, key: u128) {
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

    /// Takes the least, and leaves a hole at the root for the next push to fill:
    /// an event usually schedules another, and one sift then does for two.
    #[inline]
    pub(super) fn take(&mut self) -> Option<u128> {
        self.settle();
        let top = self.keys.first().copied();
        self.hole = top.is_some();
        top
    }

    /// Closes the hole that [`Self::take`] left.
    #[inline]
    pub(super) fn settle(&mut self) {
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
}
