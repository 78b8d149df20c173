//! A request goes out: by which program, with which draws, to which servers.
//!
//! Must not know why it is asked, nor what follows. Next: [`super::driver`].

use super::binding::{leave_avoided, services};
use super::clientele::{Clientele, uniform};
use super::disrupted::Disrupted;
use super::holds;
use super::request::{background_tag, slots, tag};
use super::session::{Session, Sessions};
use crate::clients::roster::Cohort;
use crate::clients::roster::slots::{ENTRY, ENTRY_SERVICE, TARGET_SERVICE};
use crate::clients::steps::Step;
use crate::itinerary::{Program, SLOTS};
use crate::kernel::SimSpan;
use crate::kernel::random::Role;
use crate::sim::{Engine, Opening};

/// Place in its pool to which the balancer sends a request.
const POOL: Role = Role::new("server of the pool");

/// Opens an attempt at the present stage of the visible request of client `c`.
#[inline]
pub(super) fn launch(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    sessions: &mut Sessions,
    disrupted: &mut Disrupted,
    c: usize,
) {
    let (step, attempt) = (sessions[c].step, sessions[c].attempt);
    disrupted.arrives(who, c, engine.now(), step == Step::FIRST, attempt > 0);
    if leave_avoided(engine, who, sessions, c) {
        disrupted.turned(who, c);
    }
    let entered = holds::enter(engine, who, sessions, c);
    let cohort = who.cohort(c);
    let mut unknown = if step == Step::FIRST { None } else { stranger(engine, cohort, &sessions[c]) };
    if cohort.scattered
        && unknown.is_none()
        && step != Step::FIRST
        && let Some(entry) = cohort.entry
    {
        let bound = &mut sessions[c].slots[usize::from(ENTRY)];
        let server = engine.choose(entry, 0);
        match cohort.unknown_session {
            Some(program) if server != *bound => unknown = Some((program, server)),
            Some(_) => {}
            None => *bound = server,
        }
    }
    if !sessions.placed_anew.is_empty() && sessions.placed_anew.remove(&c) && step != Step::FIRST {
        unknown = cohort.placed_anew.map(|program| (program, sessions[c].slots[usize::from(ENTRY)]));
    }
    let (client, session) = (&who.clients[c], &sessions[c]);
    let mut slots = slots(session);
    if let Some((_, server)) = unknown {
        slots[usize::from(ENTRY)] = server;
    }
    bind_services(engine, cohort, &mut slots);
    let program = match (entered, unknown) {
        (Err(turned_away), _) => turned_away,
        (Ok(()), Some((program, _))) => program,
        (Ok(()), None) if step == Step::FIRST && client.moved() => cohort.direct,
        (Ok(()), None) => cohort.steps[step],
    };
    let patience = who.behaviour(c).settings.request_timeout;
    let [rtt, line] = who.line(session.line);
    engine.open(&Opening {
        program,
        key: session.key.child(u64::from(session.number)),
        owner: c as u32,
        tag: tag(step, client.session),
        class: cohort.class(),
        params: [rtt + cohort.rtt, line, rtt + cohort.first_rtt],
        slots,
        patience,
    });
}

/// The server of its pool on which a request lands that cannot read its logon cookie, and what
/// that answers; none where another reads it, or is chosen because the balancer takes that one
/// to be down.
fn stranger(engine: &Engine<'_>, cohort: &Cohort, session: &Session) -> Option<(Program, u32)> {
    if cohort.strangers.is_empty() {
        return None;
    }
    let mut place = (uniform(session.key, POOL, session.number) * f64::from(cohort.pool)) as u32;
    for strangers in &cohort.strangers {
        if place < strangers.count {
            let server = strangers.first + place;
            return (!engine.is_avoided(server)).then_some((strangers.program, server));
        }
        place -= strangers.count;
    }
    None
}

/// Binds a request to the services of the servers to which it is bound.
#[inline]
fn bind_services(engine: &Engine<'_>, cohort: &Cohort, slots: &mut [u32; SLOTS]) {
    if cohort.service_stations.iter().any(Option::is_some) {
        let [entry, behind] = services(engine, cohort, slots);
        slots[usize::from(ENTRY_SERVICE)] = entry;
        slots[usize::from(TARGET_SERVICE)] = behind;
    }
}

/// A request that nobody waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    pub(super) step: Step,
    /// Names its draws within the session.
    pub(super) number: u64,
    /// Its answer is held for so long.
    pub(super) span: SimSpan,
}

/// Opens a request of client `c` that nobody waits for.
#[inline]
pub(super) fn launch_behind(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    sessions: &mut Sessions,
    disrupted: &mut Disrupted,
    c: usize,
    behind: Behind,
) {
    disrupted.arrives(who, c, engine.now(), false, false);
    if leave_avoided(engine, who, sessions, c) {
        disrupted.turned(who, c);
    }
    let cohort = who.cohort(c);
    let (client, session) = (&who.clients[c], &sessions[c]);
    let [rtt, line] = who.line(session.line);
    let mut slots = slots(session);
    if let (true, None, Some(entry)) = (cohort.scattered, cohort.unknown_session, cohort.entry) {
        slots[usize::from(ENTRY)] = engine.choose(entry, 0);
    }
    bind_services(engine, cohort, &mut slots);
    engine.open(&Opening {
        program: cohort.steps[behind.step],
        key: session.key.child(behind.number),
        owner: c as u32,
        tag: background_tag(behind.step, client.session),
        class: cohort.class(),
        params: [rtt + cohort.rtt, line, behind.span.0],
        slots,
        patience: SimSpan::ZERO,
    });
}
