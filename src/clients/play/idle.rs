//! Connections that an idle time-out ends, and what their clients do then.
//!
//! Who closes a connection in plain sight (a balancer, a publisher, a mail server) is
//! heard at once; a firewall that forgets it is noticed by who sends next, after
//! `connect_timeout`. Either costs a connection anew, which is counted, and no failure:
//!
//! * **Outlook by RPC** (RPC/HTTP, MAPI/RPC) and **IMAP4** live by their connection: one
//!   that is seen to close is opened again at once, in the background, with all that
//!   connecting costs. A forgotten one is found dead by the next task (IDLE: when it is
//!   issued anew; mail is not heard of before), which waits for the time-out and the new
//!   connection, or by the keep-alive.
//! * **MAPI/HTTP** and **OWA** keep their session when a connection goes: the next request
//!   opens another one (TCP, TLS, authentication). The long poll of MAPI/HTTP has a
//!   connection of its own, on which the server sends every few seconds.
//! * **ActiveSync** stands in [`crate::clients::play::protocols::eas`]: there the held request fails.
//!
//! [`Live::started_at`](crate::clients::play::session::Live) tells, while no visible request is under way,
//! when the connection was last used.

use crate::clients::compile::request_specs::REOPEN;
use crate::clients::play::driver::Clients;
use crate::itinerary::PARTS;
use crate::kernel::SimSpan;
use crate::kernel::SimTime;
use crate::results::SessionSink;
use crate::sim::{Ended, Engine};

/// Draws of a reopening are numbered apart from those of the request that waits for it.
const REOPENING: u64 = 1 << 30;

impl<S: SessionSink> Clients<'_, S> {
    /// The connection of client `c` is used now.
    pub(in crate::clients) fn used(&mut self, c: usize, now: SimTime) {
        if self.cohort(c).cut.is_some() && !self.lives[c].busy {
            self.lives[c].started_at = now;
        }
    }

    /// Whether the connection of client `c` has been idle for so long that it is gone.
    pub(in crate::clients) fn gone(&self, c: usize, now: SimTime) -> bool {
        let live = &self.lives[c];
        !live.busy && self.cohort(c).cut.is_some_and(|cut| now.since(live.started_at) >= cut.after)
    }

    /// Begins a visible request; where `gone`, its connection is opened again first.
    pub(in crate::clients) fn begin_on(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        (step, number): (u8, u64),
        gone: bool,
    ) {
        if gone {
            self.count_reconnection(c, engine.now());
            self.begin(engine, c, REOPEN | step, REOPENING | number);
        } else {
            self.begin(engine, c, step, number);
        }
    }

    /// Opens the connection again while nobody waits.
    pub(in crate::clients) fn reopen_behind(&mut self, engine: &mut Engine<'_>, c: usize, number: u64) {
        self.count_reconnection(c, engine.now());
        self.background(engine, c, REOPEN, REOPENING | number, SimSpan::ZERO);
        self.used(c, engine.now());
    }

    /// The connection is there again: the request that waited for it goes out. False
    /// where none did.
    #[inline]
    pub(in crate::clients) fn reopened(
        &mut self,
        engine: &mut Engine<'_>,
        c: usize,
        ended: &Ended,
        parts: &[u64; PARTS],
    ) -> bool {
        let step = ended.tag as u8;
        if step & REOPEN == 0 {
            return false;
        }
        self.lives.set_parts(c, parts);
        let number = u64::from(self.lives[c].number) & !REOPENING;
        self.stage(engine, c, step & !REOPEN, number);
        true
    }

    /// Counts a connection that an idle time-out ended.
    pub(in crate::clients) fn count_reconnection(&mut self, c: usize, now: SimTime) {
        let cohort = self.cohort(c);
        let group = cohort.entry.unwrap_or(cohort.mailbox).index();
        self.recorder.reconnected(self.lives[c].cell, group, now);
    }
}
