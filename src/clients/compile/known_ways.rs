//! The ways that clients of one protocol of a population have been found to have.
//!
//! Servers and addresses take turns, so that the ways of clients of one kind repeat after so
//! many of them: what was found of one turn is not looked for again, since a large population
//! is enrolled for each trial of `check`. Must not know how a way is compiled. Next:
//! [`super::alternatives`].

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

use super::alternatives::{alternatives, by_name, entering, name_view, turns};
use super::blocks::Alike;
use super::copies::Copies;
use super::inputs::{ClientTraits, Inputs, Users};
use super::registry::Registry;
use crate::clients::roster::Roster;
use crate::itinerary::Network;
use crate::kernel::Id;
use crate::model::topology::{Namespace, Site};
use crate::model::workload::{Location, Workload};
use crate::results::NONE;

/// Alternatives between which clients take turns, each with its weight.
pub(super) type Weighted = Rc<[(u32, u32)]>;

/// More turns than so many are looked up one by one.
const MOST_TURNS: u64 = 4_096;

/// Clients of one kind: who they are, the view of their name, and what was found of each turn.
pub(super) struct Kind<'p> {
    pub(super) users: Users<'p>,
    pub(super) view: u32,
    by_turn: Vec<Option<Weighted>>,
}

impl Kind<'_> {
    fn turn(&self, number: u32) -> Option<usize> {
        (number as usize).checked_rem(self.by_turn.len())
    }
}

/// What is known of the clients of one protocol of a population.
pub(super) struct KnownWays<'w, 'p> {
    /// By all that decides a way.
    pub(super) found: BTreeMap<ClientTraits, Weighted>,
    /// By what is known of a client before it is asked where it enters.
    pub(super) kinds: BTreeMap<ClientTraits, Kind<'p>>,
    views: Vec<(Id<Namespace>, bool, u32)>,
    copies: &'w Copies,
    happens: &'w Workload,
}

impl<'w, 'p> KnownWays<'w, 'p> {
    pub(super) fn new(copies: &'w Copies, happens: &'w Workload) -> Self {
        Self { found: BTreeMap::new(), kinds: BTreeMap::new(), views: Vec::new(), copies, happens }
    }

    /// The alternatives of the `number`-th client, of this kind, and the view of its name.
    pub(super) fn of(
        &mut self,
        inputs: &mut Inputs<'_>,
        (network, registry): (&mut Network, &mut Registry),
        users: &Users<'p>,
        kind: ClientTraits,
        number: u32,
        roster: &mut Roster,
    ) -> (u32, u32) {
        if let Some(known) = self.kinds.get(&kind)
            && let Some(found) = known.turn(number).and_then(|turn| known.by_turn[turn].as_ref())
        {
            #[cfg(test)]
            {
                let traits = entering(inputs, users, &kind, (known.view, number), roster);
                assert_eq!(*found, self.found[&traits], "turn {number} of {kind:?}");
            }
            return (in_turn(found, number), known.view);
        }
        let view = self.view(inputs, network, users, &kind, roster);
        let traits = entering(inputs, users, &kind, (view, number), roster);
        let found = match self.found.get(&traits) {
            Some(found) => Rc::clone(found),
            None => {
                let alike = Alike { users: *users, number, view, traits: &traits };
                let found: Weighted =
                    alternatives(inputs, (network, registry), self.copies, &alike, roster).into();
                self.found.insert(traits, Rc::clone(&found));
                found
            }
        };
        let alternative = in_turn(&found, number);
        let known = self.kinds.entry(kind).or_insert_with_key(|kind| {
            let turns = turns(inputs, users, kind.mailbox, view, roster);
            let kept = if turns <= MOST_TURNS { turns as usize } else { 0 };
            Kind { users: *users, view, by_turn: vec![None; kept] }
        });
        if let Some(turn) = known.turn(number) {
            known.by_turn[turn] = Some(found);
        }
        (alternative, view)
    }

    fn view(
        &mut self,
        inputs: &Inputs<'_>,
        network: &Network,
        users: &Users<'p>,
        kind: &ClientTraits,
        roster: &mut Roster,
    ) -> u32 {
        if !by_name(inputs, users, kind.mailbox) {
            return NONE;
        }
        let (name, inside) = (users.name, matches!(users.location, Location::Site(_)));
        if let Some(view) = self.views.iter().find(|view| (view.0, view.1) == (name, inside)) {
            return view.2;
        }
        let view = name_view(inputs, network, self.happens, (name, inside), roster);
        self.views.push((name, inside, view));
        view
    }
}

/// The alternatives of the `n`-th client: they take turns by their weights.
fn in_turn(found: &[(u32, u32)], n: u32) -> u32 {
    let whole: u32 = found.iter().map(|(_, weight)| weight).sum();
    let mut place = n % whole.max(1);
    for &(id, weight) in found {
        if place < weight {
            return id;
        }
        place -= weight;
    }
    found.first().map_or(0, |(id, _)| *id)
}

/// Compiles what clients of each kind would do who enter by the groups by which none of them
/// does: where their own is lost, a balancer leads them there.
pub(super) fn stand_by(
    inputs: &mut Inputs<'_>,
    (network, registry): (&mut Network, &mut Registry),
    copies: &Copies,
    kinds: &BTreeMap<ClientTraits, Kind<'_>>,
    known: &mut BTreeMap<ClientTraits, Weighted>,
    roster: &mut Roster,
) {
    // Servers take turns: so many clients in a row meet each of a site.
    let topology = inputs.topology();
    let servers = |site: &Site| site.cas.iter().map(|id| topology.cas[id.index()].servers).sum::<u32>();
    let turns = topology.sites.iter().map(servers).max().unwrap_or(0);
    // As many meet each address of a name.
    let told = topology.namespaces.iter().map(|name| name.addresses.len() as u32);
    let turns = told.max().unwrap_or(0).max(turns);
    for (kind, &Kind { users, view, .. }) in kinds {
        for number in 0..turns {
            let traits = entering(inputs, &users, kind, (view, number), roster);
            if let Entry::Vacant(place) = known.entry(traits) {
                let alike = Alike { users, number, view, traits: place.key() };
                let books = (&mut *network, &mut *registry);
                let found = alternatives(inputs, books, copies, &alike, roster);
                place.insert(found.into());
            }
        }
    }
}

/// Clients of one kind that enter by different groups, or whose sessions are forwarded
/// to different groups, stand in for each other: a balancer that finds one of the
/// groups down, or an entry that finds a target down, goes to the next.
pub(super) fn note_standbys(known: &BTreeMap<ClientTraits, Weighted>, roster: &mut Roster) {
    let mut alike: BTreeMap<ClientTraits, Vec<u32>> = BTreeMap::new();
    for (traits, found) in known {
        let ids = found.iter().map(|(id, _)| *id);
        alike.entry(traits.anywhere()).or_default().extend(ids);
    }
    for mut ids in alike.into_values().filter(|ids| ids.len() > 1) {
        ids.sort_unstable();
        for &id in &ids {
            roster.alternatives[id as usize].standbys = roster.standbys.len() as u32;
        }
        roster.standbys.push(ids);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::clients::expected::offered_load::demand;
    use crate::scenario::{self, Override};

    /// What is kept by turns is what would be found, client by client ([`super::KnownWays::of`]
    /// compares in tests): several addresses and servers, sites that fail over, databases with
    /// copies, changes, clients that roam.
    #[test]
    fn ways_repeat_by_turns() {
        for name in [
            "tests/lints/L91",
            "scenarios/dag-two-sites",
            "scenarios/site-loss",
            "scenarios/migration-in-waves",
            "scenarios/two-names-one-site",
            "scenarios/unbound-2013",
        ] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{name}.toml"));
            let set = [Override { path: "run.load".to_owned(), value: "0.3".to_owned() }];
            let scenario = scenario::load(&path, &set).unwrap_or_else(|faults| panic!("{faults}"));
            let (loads, _) = demand(&scenario.model, &scenario.experiment);
            assert!(!loads.is_empty(), "{name}");
        }
    }

    /// Two addresses whose sites have 2 and 3 servers and an endpoint of 4.
    #[test]
    fn turns_meet_again_after_their_lowest_common_multiple() {
        use super::super::turns::lowest_common_multiple;
        assert_eq!([2, 3, 4].into_iter().fold(1, lowest_common_multiple), 12);
        assert_eq!(lowest_common_multiple(1, 1), 1);
        assert_eq!(lowest_common_multiple(u64::MAX, u64::MAX - 1), u64::MAX, "it saturates");
    }
}
