//! What passive copies cost: the work at the Mailbox server of each step once more, smaller, at
//! a server that holds a copy. Nobody waits for it.
//!
//! It is read off the programs that were written for clients, so that whatever costs the active
//! copy something costs its passive copies their share. Must not know which copy is active.
//! Next: [`super::alternatives`].

use super::inputs::Inputs;
use crate::clients::roster::slots::MAILBOX;
use crate::clients::roster::{Cohort, Programs};
use crate::clients::stores::Replay;
use crate::itinerary::{Amount, Leg, LegPlace, Network, Program, StationGroup};
use crate::kernel::{Id, nanos};
use crate::model::topology::{DatabaseCopies, MailboxGroup, MailboxServer};

/// Writes what the passive copies of databases of `home` cost as clients of `cohort` use the
/// active one on servers of `speed`.
pub(super) fn write(
    inputs: &Inputs<'_>,
    network: &mut Network,
    (home, speed): (Id<MailboxGroup>, f64),
    cohort: &mut Cohort,
) {
    let topology = inputs.topology();
    let Some(copies) = &topology.mailbox[home.index()].copies else { return };
    if cohort.refused.is_some() || copies.passive <= 0.0 {
        return;
    }
    for (group, weight) in weights(copies, home, topology.mailbox[home.index()].servers) {
        let servers = inputs.placement.mailbox[group.index()];
        let scale = copies.passive * speed / topology.mailbox[group.index()].speed();
        let mut known: Vec<(Program, Program)> = Vec::new();
        let mut programs = Programs::all(Program(0));
        for (own, replay) in cohort.steps.iter().zip(programs.iter_mut()) {
            *replay = match known.iter().find(|(of, _)| of == own) {
                Some((_, same)) => *same,
                None => {
                    let legs = legs(network, *own, servers, scale);
                    let written = network.add_program(legs);
                    known.push((*own, written));
                    written
                }
            };
        }
        let own = &network.groups[servers.index()];
        cohort.replays.push(Replay { first: own.first, count: own.count, weight, programs });
    }
}

/// The groups that hold copies, with how many of a database's further copies stand there in the
/// mean.
fn weights(copies: &DatabaseCopies, home: Id<MailboxGroup>, servers: u32) -> Vec<(Id<MailboxGroup>, f64)> {
    let mut weights = vec![(home, 0.0)];
    weights.extend(copies.groups(home).into_iter().map(|group| (group, 0.0)));
    let each = 1.0 / (f64::from(servers) * f64::from(copies.databases));
    for number in 0..servers {
        for database in 0..copies.databases {
            for holder in copies.holders(MailboxServer { group: home, number }, database).iter().skip(1) {
                if let Some(of) = weights.iter_mut().find(|of| of.0 == holder.group) {
                    of.1 += each;
                }
            }
        }
    }
    weights
}

/// The work at the Mailbox server in a program, `scale` times, at a server of another group.
fn legs(network: &Network, program: Program, group: Id<StationGroup>, scale: f64) -> Vec<Leg> {
    let mut legs = Vec::new();
    for leg in &network.legs[program.0 as usize..] {
        match leg {
            Leg::Serve { place: LegPlace::Slot { slot: MAILBOX, .. }, amount, queue_part } => {
                let amount = match amount {
                    Amount::Fixed(ns) => Amount::Fixed(nanos(*ns as f64 * scale)),
                    Amount::Drawn { sampler, role, scale: own } => {
                        Amount::Drawn { sampler: sampler.clone(), role: *role, scale: own * scale }
                    }
                    // Work is fixed or drawn.
                    _ => continue,
                };
                let place = LegPlace::Slot { slot: MAILBOX, group };
                legs.push(Leg::Serve { place, amount, queue_part: *queue_part });
            }
            Leg::Fork { program } => {
                // What the active copy does beside the answer is copied too.
                let mut beside = self::legs(network, *program, group, scale);
                beside.pop();
                legs.extend(beside);
            }
            Leg::End | Leg::Fail { .. } | Leg::Refuse { .. } => break,
            _ => {}
        }
    }
    legs.push(Leg::End);
    legs
}
