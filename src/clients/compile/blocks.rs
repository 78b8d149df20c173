//! Blocks of cohorts: what clients that are alike do after each change, at each site that
//! their name may lead to, with their databases at home or on a copy; and the same while
//! servers are down that lead them elsewhere.
//!
//! Must not know which is in force. Next: [`super::detours`], [`super::arrivals`].

use super::arrivals::arrives;
use super::cohort::CohortWriter;
use super::detours::{self, Sound};
use super::inputs::{ClientTraits, Combination, Inputs, Users};
use super::redirects::{follow_redirects, turns_to};
use super::registry::Registry;
use super::replay;
use crate::clients::roster::Roster;
use crate::itinerary::{Leg, Network, Program};
use crate::kernel::Id;
use crate::model::topology::{CasGroup, MailboxGroup, Site};
use crate::results::NONE;

/// Clients that are alike, before their alternatives are compiled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alike<'a> {
    pub(super) users: Users<'a>,
    /// Number of the first of them.
    pub(super) number: u32,
    /// View of their name, or [`NONE`].
    pub(super) view: u32,
    pub(super) traits: &'a ClientTraits,
}

/// The groups over which the server that serves in the end spreads sessions, those at
/// which they fail last.
pub(super) fn targets(
    inputs: &Inputs<'_>,
    combination: &Combination,
    entry: Option<Id<CasGroup>>,
) -> Vec<Id<CasGroup>> {
    let Some(entry) = entry else { return Vec::new() };
    follow_redirects(inputs, combination, entry).last.map_or_else(
        |_| Vec::new(),
        |(_, answer)| {
            let failing = answer.failing.into_iter().map(|(id, _)| id);
            answer.targets.into_iter().chain(failing).collect()
        },
    )
}

/// The alternatives of clients that are alike.
pub(super) struct Ways<'a> {
    pub(super) alike: &'a Alike<'a>,
    /// Which of the groups over which sessions are spread.
    pub(super) pick: usize,
    pub(super) sites: &'a [Option<Option<Id<Site>>>],
    /// Where the databases may be mounted, with whether the array's name has been moved there.
    pub(super) stored: &'a [(Id<MailboxGroup>, bool)],
    /// The databases have copies.
    pub(super) copied: bool,
}

/// Adds a cohort for each change, site and copy; `sound`: where the block begins that holds
/// while nothing is down.
pub(super) fn block(
    inputs: &mut Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    ways: &Ways<'_>,
    sound: Option<usize>,
    roster: &mut Roster,
) {
    let begin = roster.cohort_of.len();
    let before = ways.sites.len() * ways.stored.len();
    for stage in 0..inputs.stages.len() {
        inputs.stage = stage;
        for &site in ways.sites {
            for &(mailbox, moved) in ways.stored {
                let before = match sound {
                    Some(sound) => Some(begin - sound),
                    None => (stage > 0).then_some(before),
                };
                let one = One { ways, site, mailbox, moved, before };
                add_cohort(inputs, (network, registry), &one, roster);
            }
        }
    }
    inputs.stage = 0;
}

/// Compiles the detours of alternatives whose block begins at `sound`: their place in
/// [`Detours::blocks`](crate::clients::detours::Detours::blocks), or [`NONE`].
pub(super) fn lay_detours(
    inputs: &mut Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    ways: &Ways<'_>,
    sound: usize,
    roster: &mut Roster,
) -> u32 {
    if roster.detours.states.is_empty() {
        return NONE;
    }
    let ways_now = sound_ways(inputs, ways);
    let states: Vec<_> = roster.detours.states.iter().map(|state| detours::stops(state)).collect();
    let mut blocks = Vec::new();
    for down in states {
        if !ways_now.iter().any(|way| way.changes(inputs, &down)) {
            blocks.push(NONE);
            continue;
        }
        blocks.push(roster.cohort_of.len() as u32);
        inputs.down = down;
        block(inputs, (network, registry), ways, Some(sound), roster);
        inputs.down.clear();
    }
    if blocks.iter().all(|&block| block == NONE) {
        return NONE;
    }
    roster.detours.blocks.extend(blocks.iter());
    (roster.detours.blocks.len() - blocks.len()) as u32
}

/// The alternatives while nothing is down, of those who arrive.
fn sound_ways(inputs: &mut Inputs<'_>, ways: &Ways<'_>) -> Vec<Sound> {
    let Alike { users, number, view, traits } = *ways.alike;
    let mut found = Vec::new();
    for stage in 0..inputs.stages.len() {
        inputs.stage = stage;
        for &site in ways.sites {
            for &(mailbox, moved) in ways.stored {
                let endpoint = if moved { mailbox } else { traits.mailbox };
                let entry = arrives(inputs, stage, (&users, endpoint), (view, site), number).1;
                let Some(entry) = entry else { continue };
                let combination = inputs.combination(&users, &traits.at(mailbox));
                found.push(Sound::new(inputs, combination, entry));
            }
        }
    }
    inputs.stage = 0;
    found
}

/// One of the alternatives.
struct One<'a> {
    ways: &'a Ways<'a>,
    site: Option<Option<Id<Site>>>,
    mailbox: Id<MailboxGroup>,
    /// The array's name has been moved to where the mailbox is.
    moved: bool,
    /// How far back in [`Roster::cohort_of`] the same stands before the change in force, or
    /// while nothing is down.
    before: Option<usize>,
}

/// Adds one cohort, or takes the one before the change where that is the same.
fn add_cohort(
    inputs: &Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    one: &One<'_>,
    roster: &mut Roster,
) {
    let Alike { users, number, view, traits } = *one.ways.alike;
    let legs = network.legs.len();
    let endpoint = if one.moved { one.mailbox } else { traits.mailbox };
    let (site, entry) = arrives(inputs, inputs.stage, (&users, endpoint), (view, one.site), number);
    let mut combination = inputs.combination(&users, &traits.at(one.mailbox));
    let (site, entry) = turns_to(inputs, &combination, site, entry);
    combination.pick = one.ways.pick % targets(inputs, &combination, entry).len().max(1);
    let mut writer = CohortWriter { inputs, network: &mut *network, registry };
    let mut cohort = writer.cohort(&combination, &users, (site, entry));
    if one.ways.copied {
        replay::write(inputs, network, (traits.mailbox, combination.store.servers.speed), &mut cohort);
    }
    let before = one.before.map(|back| roster.cohort_of[roster.cohort_of.len() - back]);
    let same = before.filter(|&before| {
        let before = &roster.cohorts[before as usize];
        let steps = before.steps.iter().zip(cohort.steps.iter());
        let mut programs = steps.chain([(&before.direct, &cohort.direct)]);
        before.alike(&cohort) && programs.all(|(a, b)| same_program(network, *a, *b))
    });
    roster.cohort_of.push(match same {
        Some(same) => {
            network.legs.truncate(legs);
            same
        }
        None => {
            roster.cohorts.push(cohort);
            roster.cohorts.len() as u32 - 1
        }
    });
}

/// Whether the program at `a` has the same legs as that at `b`.
fn same_program(network: &Network, a: Program, b: Program) -> bool {
    let legs = |program: Program| network.legs[program.0 as usize..].iter();
    for (x, y) in legs(a).zip(legs(b)) {
        let alike = match (x, y) {
            (Leg::Fork { program: a }, Leg::Fork { program: b }) => same_program(network, *a, *b),
            (x, y) => x == y,
        };
        if !alike {
            return false;
        }
        if matches!(x, Leg::End | Leg::Fail { .. }) {
            return true;
        }
    }
    false
}
