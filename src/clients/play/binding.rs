//! The servers that a session is bound to, and when it leaves one for another.
//!
//! Must not know what is asked of them. Next: [`super::driver`].

use super::addresses::dials_servers;
use super::clientele::Clientele;
use super::holds;
use super::session::Sessions;
use crate::clients::roster::slots::{BOUND, ENTRY, FIRST, MAILBOX, TARGET};
use crate::clients::roster::{Cohort, ServiceCheck};
use crate::itinerary::StationGroup;
use crate::kernel::Id;
use crate::model::topology::TakesOut;
use crate::sim::{Engine, Outcome, UNBOUND};

/// Binds a session of client `c` whose mailbox is mounted at `store`; `dialled`: the server
/// whose address it has picked, where its name has several.
pub(super) fn bind(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    c: usize,
    store: u32,
    dialled: Option<u32>,
) -> [u32; BOUND] {
    let cohort = who.cohort(c);
    let affinity = who.affinity(c);
    let mut slots = [UNBOUND; BOUND];
    slots[usize::from(MAILBOX)] = store;
    let meets = if cohort.first.is_some() { FIRST } else { ENTRY };
    for (slot, group) in [(ENTRY, cohort.entry), (FIRST, cohort.first)] {
        let Some(group) = group else { continue };
        let servers = &engine.network().groups[group.index()];
        let own =
            dialled.filter(|&server| slot == meets && server.wrapping_sub(servers.first) < servers.count);
        slots[usize::from(slot)] = own.unwrap_or_else(|| choose(engine, who, cohort, group, affinity));
    }
    if let Some(target) = cohort.target {
        slots[usize::from(TARGET)] = if cohort.target_is_first {
            engine.network().groups[target.index()].first
        } else {
            engine.choose(target, who.mailbox_key(c).0)
        };
    }
    slots
}

/// A server for what enters by a group: of the service's own pool where the balancer takes
/// services out by themselves.
fn choose(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    cohort: &Cohort,
    group: Id<StationGroup>,
    affinity: u64,
) -> u32 {
    if let Some(service) = cohort.service_stations[0] {
        let groups = &engine.network().groups;
        let (service_group, servers) = (&groups[service.index()], &groups[group.index()]);
        let mut checks = who.roster.service_checks.iter();
        let own_pool =
            |check: &ServiceCheck| check.first == service_group.first && check.takes_out == TakesOut::Service;
        if service_group.count == servers.count && checks.any(own_pool) {
            return servers.first + (engine.choose(service, affinity) - service_group.first);
        }
    }
    engine.choose(group, affinity)
}

/// A client turns to another server where its own is known to be down.
pub(super) fn rebind(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    sessions: &mut Sessions,
    c: usize,
    outcome: Outcome,
) {
    if let Outcome::StationDown(station) = outcome {
        if sessions[c].slots[usize::from(ENTRY)] == station {
            // Its connections are gone with the server.
            holds::leave(engine, who, sessions, c);
        }
        rebind_from(engine, who, sessions, c, |_, bound| bound == station);
    }
}

/// The balancer does not know at which server the session of client `c` is, and chooses one: whether it
/// is another.
pub(super) fn place_anew(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    sessions: &mut Sessions,
    c: usize,
) -> bool {
    let cohort = who.cohort(c);
    let Some(entry) = cohort.entry else { return false };
    let server = choose(engine, who, cohort, entry, who.affinity(c));
    if server == sessions[c].slots[usize::from(ENTRY)] {
        return false;
    }
    holds::leave(engine, who, sessions, c);
    sessions[c].slots[usize::from(ENTRY)] = server;
    true
}

/// A client dials the address of another server (`other`) that serves it like its own, which
/// has failed it. Where there is none its session ends, and the next begins elsewhere.
pub(super) fn redial(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    sessions: &mut Sessions,
    c: usize,
    (outcome, other): (Outcome, Option<u32>),
) {
    let slot = usize::from(if who.cohort(c).first.is_some() { FIRST } else { ENTRY });
    if let (Outcome::StationDown(station), Some(other)) = (outcome, other)
        && sessions[c].slots[slot] == station
    {
        holds::leave(engine, who, sessions, c);
        sessions[c].slots[slot] = other;
    }
}

/// The balancer keeps a session at its server only as long as it takes that to be
/// up: the next request goes to another. Whether it does.
#[inline]
pub(super) fn leave_avoided(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    sessions: &mut Sessions,
    c: usize,
) -> bool {
    if who.roster.outages.is_empty() {
        return false;
    }
    if dials_servers(who, c) {
        return false;
    }
    let entry = sessions[c].slots[usize::from(ENTRY)];
    let [service, _] = services(engine, who.cohort(c), &sessions[c].slots);
    let service_out = engine.is_avoided(service);
    if service_out || engine.is_avoided(entry) {
        holds::leave(engine, who, sessions, c);
    }
    rebind_from(engine, who, sessions, c, |engine, bound| {
        engine.is_avoided(bound) || service_out && bound == entry
    })
}

/// The stations of the services that fail on their own, at the servers to which slots are
/// bound: at the entry and behind it.
pub(super) fn services(engine: &Engine<'_>, cohort: &Cohort, slots: &[u32]) -> [u32; 2] {
    let groups = &engine.network().groups;
    let behind = cohort.target.map_or((MAILBOX, Some(cohort.mailbox)), |target| (TARGET, Some(target)));
    let mut found = [UNBOUND; 2];
    let places = [(ENTRY, cohort.entry), behind];
    for ((station, service), (slot, servers)) in found.iter_mut().zip(cohort.service_stations).zip(places) {
        let (Some(service), Some(servers)) = (service, servers) else { continue };
        let (service, servers) = (&groups[service.index()], &groups[servers.index()]);
        let bound = slots[usize::from(slot)];
        // One station stands for all servers, or each has its own.
        let number = bound.checked_sub(servers.first).filter(|number| *number < service.count);
        *station = match number {
            _ if service.count == 1 => service.first,
            Some(number) => service.first + number,
            None => UNBOUND,
        };
    }
    found
}

fn rebind_from(
    engine: &mut Engine<'_>,
    who: &Clientele<'_>,
    sessions: &mut Sessions,
    c: usize,
    leaves: impl Fn(&Engine<'_>, u32) -> bool,
) -> bool {
    let mut left = false;
    let cohort = who.cohort(c);
    let affinity = who.mailbox_key(c).0;
    for (slot, group) in [(ENTRY, cohort.entry), (FIRST, cohort.first), (TARGET, cohort.target)] {
        let bound = &mut sessions[c].slots[usize::from(slot)];
        if let Some(group) = group
            && leaves(engine, *bound)
            && !(slot == TARGET && cohort.target_is_first)
        {
            *bound = if slot == TARGET {
                engine.choose(group, affinity)
            } else {
                choose(engine, who, cohort, group, affinity)
            };
            left = true;
        }
    }
    left
}
