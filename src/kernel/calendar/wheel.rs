//! The far tier: two levels of buckets in front of the near events.
//!
//! Memory follows the number of events: buckets borrow chunks and give them back.
//! Must not know when its next bucket is asked for ([`super`]).

use super::key::time;

/// Buckets of each level; a power of two.
pub(super) const BUCKETS: usize = 1024;
const MASK: u64 = BUCKETS as u64 - 1;
/// A bucket should yield about this many events: what is near plays few matches more then, and what
/// one kind of event puts down is nearly always near or nearly always far, which is guessed right.
pub(super) const BUCKET_TARGET: usize = 384;

/// The same of many pending events, which name records that are not in the caches: those of a bucket
/// are looked at together, and have to fit.
pub(super) const BUCKET_TARGET_OF_MANY: usize = 96;

/// Events of a chunk: 512 bytes of keys.
pub(super) const CHUNK: usize = 32;
/// No chunk.
pub(super) const NIL: u32 = u32::MAX;

/// Keys in chunks that buckets borrow and give back, so that memory follows the
/// number of events, not the most that each bucket ever held.
#[derive(Debug)]
pub(super) struct Chunks {
    pub(super) keys: Vec<[u128; CHUNK]>,
    /// By chunk: the next one of its bucket, or of the free list.
    pub(super) next: Vec<u32>,
    pub(super) free: u32,
}

/// A bag of keys: a chain of chunks, all full but the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    pub(super) head: u32,
    /// Keys in the first chunk.
    pub(super) used: u32,
}

impl Bucket {
    pub(super) const EMPTY: Self = Self { head: NIL, used: 0 };

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.head == NIL
    }
}

impl Chunks {
    #[inline]
    pub(super) fn push(&mut self, bucket: &mut Bucket, key: u128) {
        if bucket.used as usize == CHUNK || bucket.head == NIL {
            *bucket = Bucket { head: self.borrow(bucket.head), used: 0 };
        }
        self.keys[bucket.head as usize][bucket.used as usize] = key;
        bucket.used += 1;
    }

    /// A free chunk in front of `next`.
    fn borrow(&mut self, next: u32) -> u32 {
        let chunk = self.free;
        if chunk != NIL {
            self.free = self.next[chunk as usize];
            self.next[chunk as usize] = next;
            return chunk;
        }
        self.keys.push([0; CHUNK]);
        self.next.push(next);
        u32::try_from(self.keys.len() - 1).expect("fewer than 2^32 chunks")
    }

    /// Takes the first chunk of a bucket: its keys, and how many they are.
    pub(super) fn take(&mut self, bucket: &mut Bucket) -> Option<([u128; CHUNK], usize)> {
        if bucket.is_empty() {
            return None;
        }
        let (chunk, used) = (bucket.head as usize, bucket.used as usize);
        let head = std::mem::replace(&mut self.next[chunk], self.free);
        self.free = chunk as u32;
        *bucket = if head == NIL { Bucket::EMPTY } else { Bucket { head, used: CHUNK as u32 } };
        Some((self.keys[chunk], used))
    }

    pub(super) fn iter(&self, bucket: Bucket) -> impl Iterator<Item = u128> + '_ {
        let chunk = move |at: u32, used: u32| (at != NIL).then_some((at, used));
        std::iter::successors(chunk(bucket.head, bucket.used), move |&(at, _)| {
            chunk(self.next[at as usize], CHUNK as u32)
        })
        .flat_map(move |(at, used)| self.keys[at as usize][..used as usize].iter().copied())
    }
}

/// Two levels of buckets and an unsorted remainder.
#[derive(Debug)]
pub(super) struct Wheel {
    pub(super) chunks: Chunks,
    pub(super) fine: Vec<Bucket>,
    pub(super) coarse: Vec<Bucket>,
    pub(super) beyond: Bucket,
    /// log2 of the fine bucket's width in ns.
    pub(super) shift: u32,
    /// Number of the next fine bucket to be emptied.
    pub(super) cursor: u64,
    pub(super) len: usize,
    /// Events and buckets (empty ones too) since the width was last looked at.
    pub(super) yielded: usize,
    pub(super) visited: usize,
}

impl Wheel {
    pub(super) fn new(shift: u32, cursor: u64) -> Self {
        Self {
            chunks: Chunks { keys: Vec::new(), next: Vec::new(), free: NIL },
            fine: vec![Bucket::EMPTY; BUCKETS],
            coarse: vec![Bucket::EMPTY; BUCKETS],
            beyond: Bucket::EMPTY,
            shift,
            cursor,
            len: 0,
            yielded: 0,
            visited: 0,
        }
    }

    /// Events before this time are near.
    pub(super) fn near_end(&self) -> u64 {
        self.cursor << self.shift
    }

    #[inline]
    pub(super) fn push(&mut self, key: u128) {
        self.len += 1;
        self.place(key);
    }

    #[inline]
    pub(super) fn place(&mut self, key: u128) {
        let bucket = time(key) >> self.shift;
        // A fine slot belongs to the lap of the coarse bucket that the cursor is in.
        let lap = bucket / BUCKETS as u64;
        let here = self.cursor / BUCKETS as u64;
        let bucket = if lap == here {
            &mut self.fine[(bucket & MASK) as usize]
        } else if lap - here < BUCKETS as u64 {
            &mut self.coarse[(lap & MASK) as usize]
        } else {
            &mut self.beyond
        };
        self.chunks.push(bucket, key);
    }

    /// Empties the next non-empty bucket into `out`; `len` must not be 0.
    pub(super) fn next_bucket(&mut self, out: &mut Vec<u128>) {
        loop {
            let slot = (self.cursor & MASK) as usize;
            let mut found = 0;
            while let Some((keys, used)) = self.chunks.take(&mut self.fine[slot]) {
                out.extend_from_slice(&keys[..used]);
                found += used;
            }
            self.len -= found;
            self.yielded += found;
            self.visited += 1;
            self.cursor += 1;
            if self.cursor & MASK == 0 {
                self.turn_lap();
            }
            if found > 0 {
                return;
            }
            if self.visited.is_multiple_of(BUCKETS) && self.fine.iter().all(Bucket::is_empty) {
                self.skip_empty_laps();
            }
        }
    }

    /// The cursor has entered a new lap: its coarse bucket is spread over the fine ones.
    pub(super) fn turn_lap(&mut self) {
        let lap = self.cursor / BUCKETS as u64;
        if lap & MASK == 0 {
            let beyond = std::mem::replace(&mut self.beyond, Bucket::EMPTY);
            self.spread(beyond);
        }
        let bucket = std::mem::replace(&mut self.coarse[(lap & MASK) as usize], Bucket::EMPTY);
        self.spread(bucket);
    }

    /// Puts the keys of a bucket where they belong now.
    pub(super) fn spread(&mut self, mut bucket: Bucket) {
        while let Some((keys, used)) = self.chunks.take(&mut bucket) {
            for &key in &keys[..used] {
                self.place(key);
            }
        }
    }

    /// Nothing in this lap: go to the next lap that holds something.
    pub(super) fn skip_empty_laps(&mut self) {
        let here = self.cursor / BUCKETS as u64;
        let next = self
            .coarse
            .iter()
            .chain(std::iter::once(&self.beyond))
            .flat_map(|&bucket| self.chunks.iter(bucket))
            .map(|key| (time(key) >> self.shift) / BUCKETS as u64)
            .min();
        if let Some(next) = next
            && next > here
        {
            // Laps are entered one by one only where `beyond` must be spread.
            let stop = next.min((here / BUCKETS as u64 + 1) * BUCKETS as u64);
            self.cursor = stop * BUCKETS as u64;
            self.turn_lap();
        }
    }

    /// Doubles or halves the width when buckets yield far from `target`.
    pub(super) fn adapt(&mut self, target: usize) {
        if self.visited < 256 {
            return;
        }
        let mean = self.yielded / self.visited;
        let crowded = mean > 4 * target && self.shift > 0;
        let sparse = mean < target / 8 && self.shift < 50;
        self.yielded = 0;
        self.visited = 0;
        if crowded || sparse {
            let shift = if crowded { self.shift - 1 } else { self.shift + 1 };
            // Round down: nothing in the wheel is before `near_end`, so the first new
            // bucket may begin earlier without harm as long as it is not yet emptied.
            self.reshape(shift, self.near_end() >> shift);
        }
    }

    /// Other buckets for the same keys, none of which may come before `cursor`. Chunk by
    /// chunk, each freed before its keys are placed, so that the wheel never stands twice.
    pub(super) fn reshape(&mut self, shift: u32, cursor: u64) {
        let buckets = self.fine.iter_mut().chain(&mut self.coarse).chain(std::iter::once(&mut self.beyond));
        let all: Vec<Bucket> = buckets.map(|bucket| std::mem::replace(bucket, Bucket::EMPTY)).collect();
        (self.shift, self.cursor) = (shift, cursor);
        (self.yielded, self.visited) = (0, 0);
        for bucket in all {
            self.spread(bucket);
        }
    }

    /// All keys in no particular order.
    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = u128> + '_ {
        let buckets = self.fine.iter().chain(&self.coarse).chain(std::iter::once(&self.beyond));
        buckets.flat_map(|&bucket| self.chunks.iter(bucket))
    }
}
