//! The streaming recorder: drivers tell it what ended, it keeps statistics.
//!
//! Sits between [`crate::clients`] (who calls it), and [`crate::experiment`] (who
//! merges one recorder a replication into a [`crate::results::RunResult`]).
//! Rows of sessions go straight to a [`SessionSink`]; nothing else is kept per
//! session or per request.

use crate::kernel::{SimSpan, SimTime};
use crate::model::access::Failure;
use crate::model::itinerary::PARTS;
use crate::results::{CellKey, SessionRecord, SessionSink};

/// A user-visible request that has ended.
#[derive(Clone, Copy, Debug)]
pub struct RequestRecord<'a> {
    /// The cell it is counted in, from [`Recorder::cell`].
    pub cell: u32,
    /// Session that it belongs to.
    pub session_id: u64,
    /// When the user (or device) began it; the first attempt, redirect included.
    pub started_at: SimTime,
    /// When it was answered or given up.
    pub ended_at: SimTime,
    /// `None` when it completed.
    pub failure: Option<Failure>,
    /// The logon of its session.
    pub logon: bool,
    /// Held for the server's pleasure (Ping, IDLE): counted apart, no latency.
    pub held: bool,
    /// Latency by part, ns; adds up to `ended_at - started_at` unless held.
    pub parts: &'a [u64; PARTS],
}

/// Statistics of one replication.
#[derive(Debug)]
pub struct Recorder<S> {
    sink: S,
    measured_from: SimTime,
    ends_at: SimTime,
    interval: SimSpan,
}

impl<S: SessionSink> Recorder<S> {
    /// A recorder for the window `measured_from .. ends_at`.
    #[must_use]
    pub fn new(sink: S, measured_from: SimTime, ends_at: SimTime, interval: SimSpan) -> Self {
        Self { sink, measured_from, ends_at, interval }
    }

    /// Start of the measured window.
    #[must_use]
    pub fn measured_from(&self) -> SimTime {
        self.measured_from
    }

    /// The handle of the cell with this key (made on first use); `class` names
    /// the class of a custom source and is empty elsewhere.
    pub fn cell(&mut self, key: CellKey, class: &str) -> u32 {
        let _ = (key, class, self.interval);
        unimplemented!()
    }

    /// A request ended. It counts where it starts: one that began before the
    /// window or after its end is left out of the statistics.
    pub fn request(&mut self, request: &RequestRecord<'_>) {
        let _ = request;
        unimplemented!()
    }

    /// A session ended, or is open at the end of the window. The row is written
    /// when the session overlaps the window.
    pub fn session(&mut self, cell: u32, record: &SessionRecord) {
        let _ = (cell, self.ends_at);
        self.sink.session(record);
        unimplemented!()
    }

    /// So many distinct users of `cell` had a session, of whom so many were affected by a failure.
    pub fn users(&mut self, cell: u32, users: u64, affected: u64) {
        let _ = (cell, users, affected);
        unimplemented!()
    }
}
