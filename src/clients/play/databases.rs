//! Where databases are mounted: at home, or on the first of their copies whose server is up,
//! a while after the loss.
//!
//! What stands here changes as outages begin and end, and when an activation is due; nothing
//! is asked of it for a request but the server that a mailbox is on. Must not know who uses
//! the mailboxes. Next: [`super::detection`].

use super::outages::Outages;
use crate::clients::stores::{Database, Holder};
use crate::kernel::SimTime;
use crate::results::{Mount, Mounting, NONE};
use crate::sim::Availability;

/// No move is to come.
const NEVER: i64 = SimTime::MAX.0 as i64;

/// How one database stands.
#[derive(Clone, Copy, Debug)]
struct State {
    /// Which of its holders it is mounted on, or was before that was lost.
    mounted: usize,
    /// Which it moves to.
    target: usize,
    /// When, ns since the run began.
    due: i64,
    /// A person moves it.
    by_hand: bool,
    /// Since when it has been where a person has switched it over to, if it is.
    switched: Option<i64>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Databases<'p> {
    databases: &'p [Database],
    states: Vec<State>,
    /// As it changed.
    mounts: Vec<Mount>,
    /// How each stood last.
    noted: Vec<(u32, Mounting)>,
}

impl<'p> Databases<'p> {
    pub(super) fn new(databases: &'p [Database]) -> Self {
        let at_home = State { mounted: 0, target: 0, due: NEVER, by_hand: false, switched: None };
        Self {
            databases,
            states: vec![at_home; databases.len()],
            mounts: Vec::new(),
            noted: databases.iter().map(|database| (database.home(), Mounting::Home)).collect(),
        }
    }

    /// Where they came to stand, as it changed.
    pub(super) fn into_mounts(self) -> Vec<Mount> {
        self.mounts
    }

    /// Notes how a database stands from `now` on; `stands` has what a station does that is down.
    fn note(&mut self, now: i64, number: usize, stands: impl Fn(u32) -> Option<Mounting>) {
        let state = &self.states[number];
        let station = self.databases[number].holders[state.mounted].station;
        let how = match stands(station) {
            Some(nowhere) => (NONE, nowhere),
            None if state.mounted == 0 => (station, Mounting::Home),
            None if state.switched.is_some() => (station, Mounting::ByHand),
            None => (station, Mounting::Copy),
        };
        if self.noted[number] != how {
            self.noted[number] = how;
            self.mounts.push(Mount::new(number as u32, now, how));
        }
    }

    /// The place and the server that a database is mounted on, or was.
    #[inline]
    pub(super) fn mounted(&self, database: usize) -> (u32, u32) {
        let holder = self.databases[database].holders[self.states[database].mounted];
        (holder.place, holder.station)
    }

    /// The stations of the copies of a database that are not mounted.
    pub(super) fn passive(&self, database: usize) -> impl Iterator<Item = u32> {
        let mounted = self.states[database].mounted;
        let holders = self.databases[database].holders.iter().enumerate();
        holders.filter(move |(at, _)| *at != mounted).map(|(_, holder)| holder.station)
    }

    /// The same place for a client that asks for the array's name at `now`, having kept its
    /// address from before the switchover for `share` of its time to live, 0 to 1.
    pub(super) fn place(&self, database: usize, now: i64, share: impl FnOnce() -> f64) -> u32 {
        let (state, database) = (&self.states[database], &self.databases[database]);
        let holder = database.holders[state.mounted];
        let Some(since) = state.switched.filter(|_| holder.moved_place != holder.place) else {
            return holder.place;
        };
        let kept = (share() * database.array_ttl.0 as f64) as u64;
        if now >= since.saturating_add_unsigned(kept) { holder.moved_place } else { holder.place }
    }

    /// The true state has changed at `now`, ns since the run began, or a person has switched
    /// over (`by_hand`) what is to be mounted; `later` hears when some databases of a server
    /// will move, by one of them.
    pub(super) fn observe(
        &mut self,
        now: i64,
        outages: &Outages<'_>,
        by_hand: bool,
        mut later: impl FnMut(i64, usize),
    ) {
        let mut told = None;
        for (number, (database, state)) in self.databases.iter().zip(&mut self.states).enumerate() {
            let up = |holder: &Holder| outages.station(holder.station) != Availability::Killed;
            let elsewhere = !up(&database.holders[state.mounted]);
            if by_hand && elsewhere {
                state.due = NEVER;
            }
            let Some((target, wait)) = next(database, state, up) else {
                state.due = NEVER;
                continue;
            };
            if state.due == NEVER || state.target != target {
                state.target = target;
                state.by_hand = by_hand && elsewhere || database.holders[target].by_hand;
                let wait = if by_hand && elsewhere { 0 } else { wait };
                state.due = now.saturating_add_unsigned(wait).min(NEVER);
                // One event moves all that a server loses at once.
                let what = Some((database.home(), state.due));
                if state.due < NEVER && told != what {
                    told = what;
                    later(state.due, number);
                }
            }
        }
        for number in 0..self.states.len() {
            self.note(now, number, |station| match outages.station(station) {
                Availability::Killed if outages.machine(station) == Availability::Killed => {
                    Some(Mounting::Down)
                }
                Availability::Killed => Some(Mounting::Minority),
                _ => None,
            });
        }
    }

    /// Databases of the server of database `number` may be due to move at `now`. Gives the
    /// server, if any has moved.
    pub(super) fn due(&mut self, now: i64, number: usize) -> Option<u32> {
        let home = self.databases[number].home();
        let mut moved = false;
        for number in number..self.states.len() {
            if self.databases[number].home() != home {
                break;
            }
            let state = &mut self.states[number];
            if state.due == now {
                state.mounted = state.target;
                state.due = NEVER;
                state.switched = state.by_hand.then_some(now);
                moved = true;
                // Where it moves to is up: `observe` would have turned it elsewhere.
                self.note(now, number, |_| None);
            }
        }
        moved.then_some(home)
    }
}

/// Where a database moves to and after how many ns: home where that is up again, from a lost
/// server to the first holder that is up.
fn next(database: &Database, state: &State, up: impl Fn(&Holder) -> bool) -> Option<(usize, u64)> {
    let holders = &database.holders;
    if up(&holders[state.mounted]) {
        return (state.mounted != 0 && up(&holders[0])).then_some((0, database.fail_back.0));
    }
    // An activation under way goes on.
    if state.due < NEVER && up(&holders[state.target]) {
        return Some((state.target, 0));
    }
    let target = holders.iter().position(up)?;
    Some((target, holders[target].activation.0))
}
