//! Passive copies work along: what an answered request cost its Mailbox server costs the servers
//! of the passive copies their share, while they are up. Nobody waits for it, nor hears of it.

use super::clientele::Clientele;
use super::detection::Detection;
use super::outages::Outages;
use super::request::{MOST_CLIENTS, is_background, slots};
use super::session::Session;
use crate::clients::roster::slots::MAILBOX;
use crate::clients::steps::Step;
use crate::itinerary::PARAMS;
use crate::kernel::SimSpan;
use crate::kernel::random::Key;
use crate::sim::{Availability, Ended, Engine, Opening, Outcome};

/// Owner of the work of passive copies: no client has this number.
pub(super) const OWNER: u32 = MOST_CLIENTS as u32;

/// Opens the work that a request of client `c` which ended makes at passive copies.
pub(super) fn follow(
    engine: &mut Engine<'_>,
    (who, session): (&Clientele<'_>, &Session),
    (detection, outages): (&Detection<'_>, &Outages<'_>),
    c: usize,
    ended: &Ended,
) {
    let cohort = who.cohort(c);
    if cohort.replays.is_empty() || ended.outcome != Outcome::Completed {
        return;
    }
    let step = Step::of_tag(ended.tag);
    for (station, number) in detection.passive(c).zip(0..) {
        let of = |first: u32, count: u32| station.wrapping_sub(first) < count;
        let Some(replay) = cohort.replays.iter().find(|replay| of(replay.first, replay.count)) else {
            continue;
        };
        if outages.station(station) != Availability::Up {
            continue;
        }
        let mut slots = slots(session);
        slots[usize::from(MAILBOX)] = station;
        engine.open(&Opening {
            program: replay.programs[step],
            key: named(session, ended).child(number),
            owner: OWNER,
            tag: 0,
            class: cohort.class(),
            params: [0; PARAMS],
            slots,
            patience: SimSpan::ZERO,
        });
    }
}

/// Names the draws of the work that follows a request: by the number of a visible one, by the
/// instant at which one in the background was opened.
fn named(session: &Session, ended: &Ended) -> Key {
    let own = session.key.named("passive copy");
    if is_background(ended.tag) {
        own.child(1).child(ended.opened_at.0)
    } else {
        own.child(0).child(u64::from(session.number))
    }
}
