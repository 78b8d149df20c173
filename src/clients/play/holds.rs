//! What a session holds at its servers: connections, and the ports behind them.
//!
//! Taken when the session turns to its server, all of them or (IMAP4) as many as there
//! are; given back when it ends or leaves the server. Must not know what the limits are.
//! Next: [`super::binding`].

use super::clientele::Clientele;
use super::session::Sessions;
use crate::clients::roster::slots::{ENTRY, MAILBOX};
use crate::clients::roster::{SessionLimit, Whose};
use crate::clients::steps::Machine;
use crate::itinerary::Program;
use crate::sim::Engine;

/// Takes what the session of client `c` needs at its servers, of IMAP4 as much as there
/// is of it; or nothing and the program of a client that is turned away.
#[inline]
pub(super) fn enter(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    sessions: &mut Sessions,
    c: usize,
) -> Result<(), Program> {
    let limits = &who.cohort(c).session_limits;
    if limits.is_empty() || sessions[c].inside > 0 {
        return Ok(());
    }
    let at = servers(sessions, c);
    let imap = who.cohort(c).machine == Machine::Imap;
    let most = if imap { limits.first().map_or(1, |limit| limit.units) } else { 1 };
    let mailbox = who.member(c).mailbox;
    let full = |engine: &Engine<'_>, short: u32| {
        limits.iter().find(|limit| {
            !engine.has_room(limit.family, station(limit, at), other(mailbox, limit, at), limit.units - short)
        })
    };
    let accepted = (0..most).find(|&short| full(&*engine, short).is_none());
    // Asked for in vain, so that it is counted: each connection that the client goes
    // without, or the one with which it would begin.
    for short in accepted.map_or(most - 1..most, |short| 0..short) {
        if let Some(limit) = full(&*engine, short) {
            engine.hold(limit.family, station(limit, at), other(mailbox, limit, at), limit.units - short);
        }
    }
    let Some(short) = accepted else {
        return full(&*engine, most - 1).map_or(Ok(()), |limit| Err(limit.turned_away));
    };
    for limit in limits {
        engine.hold(limit.family, station(limit, at), other(mailbox, limit, at), limit.units - short);
    }
    sessions[c].inside = 1 + short as u8;
    Ok(())
}

/// Gives it back.
#[inline]
pub(super) fn leave(engine: &mut Engine<'_>, who: &Clientele<'_>, sessions: &mut Sessions, c: usize) {
    if let Some(short) = sessions[c].inside.checked_sub(1) {
        let (at, mailbox) = (servers(sessions, c), who.member(c).mailbox);
        for limit in &who.cohort(c).session_limits {
            engine.free(
                limit.family,
                station(limit, at),
                other(mailbox, limit, at),
                limit.units - u32::from(short),
            );
        }
        sessions[c].inside = 0;
    }
}

/// Entry and Mailbox server of the session.
fn servers(sessions: &Sessions, c: usize) -> [u32; 2] {
    [ENTRY, MAILBOX].map(|slot| sessions[c].slots[usize::from(slot)])
}

/// Where a limit is counted.
fn station(limit: &SessionLimit, at: [u32; 2]) -> u32 {
    limit.station.unwrap_or(at[0])
}

/// By what a limit tells the client with this mailbox apart.
fn other(mailbox: u32, limit: &SessionLimit, at: [u32; 2]) -> u32 {
    match limit.whose {
        Whose::Server => 0,
        Whose::Mailbox => at[1],
        Whose::Key { base, count } => base + mailbox % count,
    }
}
