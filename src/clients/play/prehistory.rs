//! What began before the run: in effect from the run's first instant, and found out as of
//! its own begin.
//!
//! Outages and changes from before the run are lived through again, with the verdicts of
//! health checks and name services that followed. What a client remembers of its name is
//! the answer of the instant at which it last asked. Who then wakes and has nobody to turn
//! to has been cut off for as long: a device, Outlook or IMAP4 stands in the middle of its
//! longest wait, a browser's session is over.
//!
//! Must not know what comes after. Next: [`super::outages`], [`super::detection`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::detection;
use super::driver::Clients;
use crate::clients::roster::Cohort;
use crate::clients::steps::Step;
use crate::itinerary::{Leg, LegPlace, Network};
use crate::kernel::SimTime;
use crate::sim::{Availability, Engine};

/// Lives through what was before the run.
pub(super) fn relive(driver: &mut Clients<'_>, engine: &mut Engine<'_>) {
    driver.outages.lay(engine);
    let past = driver.outages.past();
    // Verdicts and changes by instant, in the order in which they became known.
    let mut order = 0_u64;
    let mut due = BinaryHeap::new();
    let mut put = |due: &mut BinaryHeap<_>, at: i64, token: u32| {
        order += 1;
        due.push(Reverse((at, order, token)));
    };
    for (at, token) in driver.detection.past() {
        put(&mut due, at, token);
    }
    let mut told = Vec::new();
    let mut past = past.into_iter().peekable();
    let mut on: Vec<u32> = Vec::new();
    loop {
        let next = due.peek().map(|&Reverse((at, ..))| at).filter(|&at| at <= 0);
        if let Some(event) = past.next_if(|event| next.is_none_or(|next| event.at <= next)) {
            let at = event.at;
            let change = driver.outages.relive(engine, event);
            on.retain(|&number| number != change.number);
            if change.begins {
                on.push(change.number);
            }
            let mut switchovers = Vec::new();
            let later = |at, number| switchovers.push((at, number));
            driver.detection.quorums.observe(at, &mut driver.outages, engine, later);
            for (at, number) in switchovers {
                put(&mut due, at, detection::switchover(number));
            }
            driver.detection.observe(at, &driver.outages, |at, token| put(&mut due, at, token));
        } else if next.is_some()
            && let Some(Reverse((at, _, token))) = due.pop()
        {
            if let Some(dag) = detection::switchover_of(token) {
                if driver.detection.quorums.switched(at, dag, &mut driver.outages, engine) {
                    let later = |at, token| put(&mut due, at, token);
                    driver.detection.mount_by_hand(at, &driver.outages, later);
                }
                continue;
            }
            driver.detection.due(at, engine, token);
            told.push((at, driver.detection.answers().to_vec()));
        } else {
            break;
        }
    }
    for Reverse((at, _, token)) in due.into_sorted_vec().into_iter().rev() {
        engine.edge(SimTime(at.unsigned_abs()), token);
    }
    driver.detection.remember_told(&told);
    for &number in &on {
        driver.disrupted.outage(number, true, SimTime::ZERO);
    }
    if !on.is_empty() && !driver.outages.is_harmless() {
        let cut = |cohort| is_dead(driver, engine.network(), cohort);
        driver.outages.unreachable = driver.who.roster.cohorts.iter().map(cut).collect();
    }
}

/// All clients have woken.
pub(super) fn is_over(driver: &mut Clients<'_>) {
    driver.outages.unreachable = Vec::new();
}

/// Whether client `c`, who wakes, has had nobody to turn to.
pub(super) fn is_cut_off(driver: &mut Clients<'_>, c: usize) -> bool {
    if driver.outages.unreachable.is_empty() {
        return false;
    }
    let store = driver.turn(c, SimTime::ZERO);
    driver.outages.unreachable[driver.who.clients[c].cohort as usize]
        || is_gone(driver.outages.station(store))
}

/// Whether a logon of this cohort meets a line or a group of servers that is down.
fn is_dead(driver: &Clients<'_>, network: &Network, cohort: &Cohort) -> bool {
    let legs = network.legs.iter().skip(cohort.steps[Step::FIRST].0 as usize);
    legs.take_while(|leg| !matches!(leg, Leg::End | Leg::Fail { .. })).any(|leg| match leg {
        Leg::Transfer { links, .. } => links.iter().any(|&link| is_gone(driver.outages.link(link))),
        Leg::Serve { place, .. } | Leg::Acquire { place } => {
            let (LegPlace::Slot { group, .. } | LegPlace::Any { group }) = place;
            let group = &network.groups[group.index()];
            (group.first..group.first + group.count).all(|station| is_gone(driver.outages.station(station)))
        }
        _ => false,
    })
}

/// Whether what comes to it fails.
fn is_gone(availability: Availability) -> bool {
    matches!(availability, Availability::Killed | Availability::Draining)
}
