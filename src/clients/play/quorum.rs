//! Database availability groups in time: which members see a majority, and which a person
//! has brought back without one.
//!
//! The side without the majority dismounts its databases: its Mailbox stations take no work,
//! though the machines run. Where no side has it, the side with most votes is brought back
//! after the switchover (activation coordination, DAC, ASSUMED on: the others stay dismounted
//! until they see it), until a majority holds all of its members again. Must not know
//! databases. Next: [`super::databases`].

use super::outages::Outages;
use crate::clients::roster::Roster;
use crate::clients::stores::QuorumPlan;
use crate::kernel::SimTime;
use crate::model::topology::dag::{Side, parts};
use crate::sim::{Availability, Engine};

/// No switchover is to come.
const NEVER: i64 = SimTime::MAX.0 as i64;

/// How one group stands.
#[derive(Clone, Debug)]
struct State {
    /// By member: its databases are dismounted though it is up.
    dismounted: Vec<bool>,
    /// By member: a person has brought it back without a majority.
    restored: Vec<bool>,
    /// When a person will have switched over, ns since the run began.
    due: i64,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Quorums<'p> {
    roster: &'p Roster,
    states: Vec<State>,
}

impl<'p> Quorums<'p> {
    pub(super) fn new(roster: &'p Roster) -> Self {
        let whole = |plan: &QuorumPlan| {
            let none = vec![false; plan.members.len()];
            State { dismounted: none.clone(), restored: none, due: NEVER }
        };
        Self { roster, states: roster.dags.iter().map(whole).collect() }
    }

    /// The true state has changed at `now`: dismounts and mounts. `later` hears when a person
    /// will switch a group over, by its number. Gives the stations that have just dismounted.
    pub(super) fn observe(
        &mut self,
        now: i64,
        outages: &mut Outages<'_>,
        engine: &mut Engine<'_>,
        mut later: impl FnMut(i64, usize),
    ) -> Vec<u32> {
        let mut lost = Vec::new();
        for (number, (plan, state)) in self.roster.dags.iter().zip(&mut self.states).enumerate() {
            let sides = sides(plan, self.roster, outages);
            let quorum = standing(plan, state, &sides);
            if quorum.is_some() {
                state.due = NEVER;
            } else if state.due == NEVER && !sides.is_empty() {
                state.due = now.saturating_add_unsigned(plan.dag.switchover.0).min(NEVER);
                if state.due < NEVER {
                    later(state.due, number);
                }
            }
            let quorum = quorum.unwrap_or_default();
            lost.extend(mount(plan, state, &quorum, outages, engine));
        }
        lost
    }

    /// A person may have switched group `number` over at `now`: whether one has.
    pub(super) fn switched(
        &mut self,
        now: i64,
        number: usize,
        outages: &mut Outages<'_>,
        engine: &mut Engine<'_>,
    ) -> bool {
        let (plan, state) = (&self.roster.dags[number], &mut self.states[number]);
        if state.due != now {
            return false;
        }
        state.due = NEVER;
        let sides = sides(plan, self.roster, outages);
        let Some(side) = sides.first() else { return false };
        for &member in &side.members {
            state.restored[member] = true;
        }
        mount(plan, state, &side.members, outages, engine);
        true
    }
}

/// The sides into which a group has fallen.
fn sides(plan: &QuorumPlan, roster: &Roster, outages: &Outages<'_>) -> Vec<Side> {
    let (sites, joints) = &roster.joints;
    let whole = |directions: &[_; 2]| directions.iter().all(|link| outages.link(*link) == Availability::Up);
    let links = joints.iter().filter(|(_, directions)| whole(directions)).map(|(ends, _)| *ends);
    let part = parts(*sites, links);
    let up = |station: u32| outages.machine(station) != Availability::Killed;
    let (site, stations) = &plan.witness;
    let witness = stations.is_empty() || stations.iter().any(|station| up(*station));
    plan.dag.sides(
        |member| {
            let (station, site) = plan.members[member];
            up(station).then(|| part[site])
        },
        witness.then(|| part[*site]),
    )
}

/// The members whose databases may be mounted, by a majority or a person; `None` where
/// nobody has brought any back. A majority that holds all that a person has brought back
/// takes over from them.
fn standing(plan: &QuorumPlan, state: &mut State, sides: &[Side]) -> Option<Vec<usize>> {
    let up = |member: &usize| sides.iter().any(|side| side.members.contains(member));
    let restored: Vec<usize> = (0..state.restored.len()).filter(|m| state.restored[*m] && up(m)).collect();
    let majority = plan.dag.with_majority(sides);
    let holds_all = |side: &&Side| restored.iter().all(|member| side.members.contains(member));
    if let Some(side) = majority.filter(holds_all) {
        state.restored.fill(false);
        return Some(side.members.clone());
    }
    if restored.is_empty() {
        state.restored.fill(false);
        return None;
    }
    Some(restored)
}

/// Dismounts who is up and not of `quorum`, and mounts the others. Gives the stations that
/// have just dismounted.
fn mount(
    plan: &QuorumPlan,
    state: &mut State,
    quorum: &[usize],
    outages: &mut Outages<'_>,
    engine: &mut Engine<'_>,
) -> Vec<u32> {
    let mut lost = Vec::new();
    for (member, &(station, _)) in plan.members.iter().enumerate() {
        let dismounted = outages.machine(station) != Availability::Killed && !quorum.contains(&member);
        if dismounted == state.dismounted[member] {
            continue;
        }
        if dismounted {
            lost.push(station);
        }
        outages.dismount(engine, station, dismounted);
        state.dismounted[member] = dismounted;
    }
    lost
}
