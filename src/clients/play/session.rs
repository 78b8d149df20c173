//! What is kept of a client and of its session, and how little.
//!
//! A client between two sessions is one [`Client`] of 32 bytes, a place in a table
//! (4 bytes) and its [`Member`](crate::clients::roster::Member) in the roster (20 bytes, one
//! for all replications); one that follows a mailbox has a [`Mail`] of 24 beside
//! it. All that a session needs stands in a [`Session`] of 96 bytes that exists only
//! while it is open; what only rows of sessions need stands in [`Details`], and
//! only where rows are written. The parts of a request of several stages (a
//! mailbox fetched message by message) are borrowed from a pool.
//!
//! The 32 bytes are what a timer between sessions reads and writes: where the
//! client stands on the work axis (8), when its timer is due (8: a stale timer is
//! told by its instant, and nothing shorter tells it for certain), the number of
//! its session and of its second process (8), its cohort (4), its failures, state
//! and flags (4). Its name for draws is made again from the member's numbers, at
//! three multiplications.
//!
//! Next: [`super::clientele`].

use std::collections::BTreeSet;
use std::ops::{Index, IndexMut};

use crate::clients::roster::slots::BOUND;
use crate::clients::steps::Step;
use crate::itinerary::{PARTS, Part};
use crate::kernel::random::Key;
use crate::kernel::{SimSpan, SimTime};
use crate::results::NONE;
use crate::sim::UNBOUND;

/// What happens to a client between sessions.
#[derive(Clone, Debug)]
#[repr(align(32))]
pub(super) struct Client {
    /// Where the main process stands on the work axis (a device: its sends).
    pub(super) work: f64,
    /// When the timer of [`super::request::MAIN`] is due.
    pub(super) due: SimTime,
    /// Number of the present or next session.
    pub(super) session: u32,
    /// Events of the second process so far.
    pub(super) aux: u32,
    /// Index of the cohort.
    pub(super) cohort: u32,
    /// Failed sessions in a row, at most 65,535.
    pub(super) fails: u16,
    /// The protocol's own state.
    pub(super) state: u8,
    flags: u8,
}

const MOVED: u8 = 1;
/// Had a session in the window, as itself and (the next bit) as moved.
const SEEN: u8 = 2;
/// Was affected by a failure, likewise.
const AFFECTED: u8 = 8;
/// Has been without an answer since it asked, whatever way it goes.
const UNSERVED: u8 = 32;

impl Client {
    pub(super) fn new(cohort: u32) -> Self {
        Self { work: 0.0, due: SimTime::MAX, session: 0, aux: 0, cohort, fails: 0, state: 0, flags: 0 }
    }

    /// Remembers where it was sent.
    #[inline]
    pub(super) fn moved(&self) -> bool {
        self.flags & MOVED != 0
    }

    pub(super) fn set_moved(&mut self) {
        self.flags |= MOVED;
    }

    /// Had a session in the window, as what it is now (moved or not).
    pub(super) fn see(&mut self, affected: bool) {
        let shift = u8::from(self.moved());
        self.flags |= SEEN << shift;
        self.flags |= (AFFECTED << shift) * u8::from(affected);
    }

    /// Whether it had one, and whether it was affected.
    pub(super) fn seen(&self, moved: usize) -> (bool, bool) {
        (self.flags & SEEN << moved != 0, self.flags & AFFECTED << moved != 0)
    }

    /// From now on it goes another way, and remembers nothing of the one before.
    pub(super) fn turn(&mut self, cohort: u32) {
        self.cohort = cohort;
        self.flags &= UNSERVED;
    }

    /// Whether it asks and is not answered ([`super::unserved`]).
    #[inline]
    pub(super) fn unserved(&self) -> bool {
        self.flags & UNSERVED != 0
    }

    pub(super) fn set_unserved(&mut self, unserved: bool) {
        self.flags = (self.flags & !UNSERVED) | (UNSERVED * u8::from(unserved));
    }

    /// One failed session more in a row.
    pub(super) fn fail(&mut self) {
        self.fails = self.fails.saturating_add(1);
    }
}

/// Where the mail of a client that follows its mailbox stands.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    /// On the work axis.
    pub(super) work: f64,
    /// Next arrival.
    pub(super) at: SimTime,
    /// Number of that mail.
    pub(super) number: u32,
}

impl Mail {
    pub(super) const NONE: Self = Self { work: 0.0, at: SimTime::MAX, number: 0 };
}

/// A session under way.
#[derive(Clone, Debug)]
#[repr(align(32))]
pub(super) struct Session {
    pub(super) key: Key,
    /// Instant at which it began, or for one carried in how long before the run, ns.
    began: u64,
    /// When the visible request began; while there is none, when the connection was
    /// last used, where that matters (`idle`).
    pub(super) started_at: SimTime,
    /// When the timer of [`super::request::AUX`] is due.
    pub(super) aux_due: SimTime,
    pub(super) slots: [u32; BOUND],
    pub(super) cell: u32,
    pub(super) requests: u32,
    pub(super) failed: u32,
    pub(super) held: u32,
    pub(super) retries: u32,
    /// Steps done in this session.
    pub(super) done: u32,
    /// Steps planned in this session, or messages still to fetch.
    pub(super) planned: u32,
    /// Number of the present stage, for its draws.
    pub(super) number: u32,
    /// Parts of the visible request's earlier stages in the pool, or [`NONE`].
    parts: u32,
    /// Index of the client's line.
    pub(super) line: u32,
    /// Attempts at the present stage, at most 255.
    pub(super) attempt: u8,
    /// It holds at its servers what its cohort's limits count, but for this less one of
    /// each; 0 is nothing at all.
    pub(super) inside: u8,
    /// Number of the failure that is about to be noticed, from 1; 0 is none.
    pub(super) lost: u8,
    pub(super) redirects: u8,
    pub(super) step: Step,
    pub(super) open: bool,
    pub(super) carried: bool,
    /// A visible request is under way.
    pub(super) busy: bool,
}

const _: () = assert!(size_of::<Client>() == 32);
const _: () = assert!(size_of::<Mail>() == 24);
const _: () = assert!(size_of::<Session>() == 96);

impl Session {
    const CLOSED: Self = Self {
        key: Key(0),
        began: 0,
        started_at: SimTime::ZERO,
        aux_due: SimTime::MAX,
        slots: [UNBOUND; BOUND],
        cell: NONE,
        requests: 0,
        failed: 0,
        held: 0,
        retries: 0,
        done: 0,
        planned: 0,
        number: 0,
        parts: NONE,
        line: 0,
        attempt: 0,
        inside: 0,
        lost: 0,
        redirects: 0,
        step: Step::FIRST,
        open: false,
        carried: false,
        busy: false,
    };

    /// A session that begins at `now`, or began `before_run` before a run that
    /// begins now.
    pub(super) fn new(now: SimTime, before_run: Option<SimSpan>) -> Self {
        debug_assert!(before_run.is_none() || now == SimTime::ZERO, "carried in at the beginning");
        Self {
            open: true,
            began: before_run.map_or(now.0, |span| span.0),
            carried: before_run.is_some(),
            ..Self::CLOSED
        }
    }

    /// Whether the visible request is the logon.
    pub(super) fn logon_request(&self) -> bool {
        self.step == Step::FIRST
    }

    /// When it began, or the beginning of the run.
    pub(super) fn start(&self) -> SimTime {
        if self.carried { SimTime::ZERO } else { SimTime(self.began) }
    }

    /// How long before the run it began.
    pub(super) fn before_run(&self) -> SimSpan {
        if self.carried { SimSpan(self.began) } else { SimSpan::ZERO }
    }
}

static CLOSED: Session = Session::CLOSED;

/// What a row of sessions says of latency.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Details {
    pub(super) logon: Option<SimSpan>,
    pub(super) logon_human: SimSpan,
    pub(super) held_failed: u32,
    pub(super) latency_sum: u64,
    pub(super) latency_max: u64,
}

/// The sessions of all clients: indexed by client, a table of those open.
///
/// A client without one reads as closed; writing to it is a fault of the caller
/// and panics.
#[derive(Debug)]
pub(super) struct Sessions {
    /// By client: place in `arena`, or [`NONE`].
    of: Vec<u32>,
    arena: Vec<Session>,
    free: Vec<u32>,
    /// Beside `arena` where rows are written, else empty.
    details: Vec<Details>,
    rows: bool,
    parts: Vec<[u64; PARTS]>,
    free_parts: Vec<u32>,
    /// Clients whose session is led to another server, which has not been asked yet.
    pub(super) placed_anew: BTreeSet<usize>,
}

impl Sessions {
    pub(super) fn new(clients: usize, rows: bool) -> Self {
        Self {
            of: vec![NONE; clients],
            arena: Vec::new(),
            free: Vec::new(),
            details: Vec::new(),
            rows,
            parts: Vec::new(),
            free_parts: Vec::new(),
            placed_anew: BTreeSet::new(),
        }
    }

    /// Where the session of a client stands, for whoever looks ahead.
    #[inline]
    pub(super) fn place(&self, c: usize) -> u64 {
        self.of.get(c).map_or(0, |&place| u64::from(place))
    }

    /// A number of each of its lines of memory.
    #[inline]
    pub(super) fn look(&self, c: usize) -> u64 {
        let session = self.of.get(c).and_then(|&place| self.arena.get(place as usize));
        session.map_or(0, |session| session.key.0 ^ u64::from(session.attempt))
    }

    /// Its line, for whoever looks ahead.
    #[inline]
    pub(super) fn line(&self, c: usize) -> u32 {
        let session = self.of.get(c).and_then(|&place| self.arena.get(place as usize));
        session.map_or(0, |session| session.line)
    }

    /// Puts down the session of client `c`, in place of one that it may have.
    pub(super) fn open(&mut self, c: usize, session: Session) {
        self.close(c);
        let place = match self.free.pop() {
            Some(place) => {
                self.arena[place as usize] = session;
                place
            }
            None => {
                self.arena.push(session);
                if self.rows {
                    self.details.push(Details::default());
                }
                self.arena.len() as u32 - 1
            }
        };
        if self.rows {
            self.details[place as usize] = Details::default();
        }
        self.of[c] = place;
    }

    /// Forgets the session of client `c`.
    pub(super) fn close(&mut self, c: usize) {
        let place = self.of[c];
        if place != NONE {
            self.forget_parts(c);
            self.arena[place as usize].open = false;
            self.free.push(place);
            self.of[c] = NONE;
        }
    }

    /// What rows need of the session of client `c`, where they are written.
    #[inline]
    pub(super) fn details(&mut self, c: usize) -> Option<&mut Details> {
        self.details.get_mut(self.of[c] as usize)
    }

    /// Keeps where the time of the visible request of client `c` has gone so far,
    /// for the stages that follow.
    pub(super) fn set_parts(&mut self, c: usize, parts: &[u64; PARTS]) {
        let mut place = self[c].parts;
        if place == NONE {
            place = self.free_parts.pop().unwrap_or_else(|| {
                self.parts.push([0; PARTS]);
                self.parts.len() as u32 - 1
            });
            self[c].parts = place;
        }
        self.parts[place as usize] = *parts;
    }

    /// The parts of the visible request of client `c`, whose last attempt was
    /// opened at `opened_at` and took `parts`. What lies between its beginning,
    /// its earlier stages and that instant went into trying again.
    pub(super) fn all_parts(&self, c: usize, opened_at: SimTime, parts: &[u64; PARTS]) -> [u64; PARTS] {
        let session = &self[c];
        let mut all = *parts;
        let mut before = 0;
        if session.parts != NONE {
            for (sum, part) in all.iter_mut().zip(&self.parts[session.parts as usize]) {
                *sum += part;
                before += part;
            }
        }
        all[Part::Retry as usize] += opened_at.since(session.started_at).0 - before;
        all
    }

    /// The visible request of client `c` is over.
    pub(super) fn forget_parts(&mut self, c: usize) {
        let place = self[c].parts;
        if place != NONE {
            self.free_parts.push(place);
            self[c].parts = NONE;
        }
    }

    /// Sessions open, and places that there are for them.
    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.arena.len() - self.free.len(), self.arena.len())
    }
}

impl Index<usize> for Sessions {
    type Output = Session;
    #[inline]
    fn index(&self, c: usize) -> &Session {
        self.arena.get(self.of[c] as usize).unwrap_or(&CLOSED)
    }
}

impl IndexMut<usize> for Sessions {
    #[inline]
    fn index_mut(&mut self, c: usize) -> &mut Session {
        &mut self.arena[self.of[c] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place is used again, and nothing of the session before shows in the next.
    #[test]
    fn sessions_share_places() {
        let mut sessions = Sessions::new(3, true);
        assert!(!sessions[1].open);
        sessions.open(1, Session::new(SimTime(5), None));
        sessions[1].requests = 7;
        sessions.details(1).unwrap().latency_sum = 9;
        sessions.set_parts(1, &[1; PARTS]);
        assert_eq!(sessions.counts(), (1, 1));
        sessions.close(1);
        assert!(!sessions[1].open);
        assert_eq!(sessions.counts(), (0, 1));
        sessions.open(2, Session::new(SimTime(6), None));
        assert_eq!((sessions[2].requests, sessions.details(2).unwrap().latency_sum), (0, 0));
        assert_eq!(sessions.counts(), (1, 1));
        assert_eq!(sessions.free_parts, [0]);
    }

    /// Began at 10; a stage from 10 to 30, one attempt from 30 that failed, one from
    /// 45 that took 20: 15 went into trying again, 55 in all.
    #[test]
    fn the_parts_of_several_stages_add_up() {
        let mut sessions = Sessions::new(1, false);
        sessions.open(0, Session::new(SimTime(0), None));
        sessions[0].started_at = SimTime(10);
        let mut first = [0; PARTS];
        first[Part::EntryService as usize] = 20;
        let all = sessions.all_parts(0, SimTime(10), &first);
        assert_eq!(all, first);
        sessions.set_parts(0, &all);
        let all = sessions.all_parts(0, SimTime(45), &first);
        assert_eq!(all[Part::EntryService as usize], 40);
        assert_eq!(all[Part::Retry as usize], 15);
        assert_eq!(all.iter().sum::<u64>(), 55);
        assert!(sessions.details(0).is_none());
    }

    #[test]
    fn a_client_remembers_as_what_it_was_seen() {
        let mut client = Client::new(0);
        client.see(false);
        client.set_moved();
        client.see(true);
        assert_eq!((client.seen(0), client.seen(1)), ((true, false), (true, true)));
        assert!(client.moved());
    }
}
