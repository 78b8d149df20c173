//! Connections that an idle time-out ends, and how their clients find out.
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
//! * **ActiveSync** stands in [`super::protocols::eas`]: there the held request fails.
//!
//! [`Session::started_at`](super::session::Session) tells, while no visible request is
//! under way, when the connection was last used. Must not open a connection. Next:
//! [`super::driver`].

use super::clientele::Clientele;
use super::session::Sessions;
use crate::kernel::SimTime;

/// Draws of a reopening are numbered apart from those of the request that waits for it.
pub(super) const REOPENING: u64 = 1 << 30;

/// The connection of client `c` is used now.
#[inline]
pub(super) fn used(who: &Clientele<'_>, sessions: &mut Sessions, c: usize, now: SimTime) {
    if who.cohort(c).idle_timeout.is_some() && !sessions[c].busy {
        sessions[c].started_at = now;
    }
}

/// Whether the connection of client `c` has been idle for so long that it is gone.
#[inline]
pub(super) fn is_gone(who: &Clientele<'_>, sessions: &Sessions, c: usize, now: SimTime) -> bool {
    let session = &sessions[c];
    let outlasts = |after| now.since(session.started_at) >= after;
    !session.busy && who.cohort(c).idle_timeout.is_some_and(|timeout| outlasts(timeout.after))
}
