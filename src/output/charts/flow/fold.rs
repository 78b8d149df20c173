//! Which sites have a node of their own where there are many.

use std::collections::{BTreeMap, BTreeSet};

use crate::output::charts::reach::{facing, reached};
use crate::output::lookup::name as named;
use crate::output::words::count;
use crate::results::{Flow, NONE, RunResult};

/// Sites up to which each has its own.
const EACH: usize = 16;
/// Hubs that have one; of more, one less, and the others are added up.
const HUBS: usize = 8;
/// Branches that have one.
const BRANCHES: usize = 8;

/// What stands for a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Key {
    /// One site (or place) by its index.
    Site(u32),
    /// Other sites that are reached through this one.
    Behind(u32),
    /// All others.
    Others,
    /// No site.
    None,
}

/// Sites and the nodes that they are drawn at.
pub(super) struct Fold<'r> {
    run: &'r RunResult,
    /// Of many sites: the node of each, and the hub that each is reached through.
    folded: Option<(BTreeMap<u32, Key>, BTreeMap<u32, u32>)>,
}

/// What a site has to do with clients.
#[derive(Clone, Copy, Default)]
struct Hit {
    clients: u64,
    affected: u64,
}

/// Places with most clients, each by itself; all others have one node.
pub(super) fn places(ways: &[&Flow], most: usize) -> BTreeMap<u32, Key> {
    let mut clients: BTreeMap<u32, u64> = BTreeMap::new();
    for way in ways {
        *clients.entry(way.key.client_location).or_default() += way.counts.clients;
    }
    let mut order: Vec<(u32, u64)> = clients.into_iter().collect();
    order.sort_by_key(|&(place, clients)| (std::cmp::Reverse(clients), place));
    // One that would stand for a single place is that place.
    let shown = if order.len() <= most + 1 { order.len() } else { most };
    order.into_iter().take(shown).map(|(place, _)| (place, Key::Site(place))).collect()
}

impl<'r> Fold<'r> {
    pub(super) fn of(run: &'r RunResult, ways: &[&Flow]) -> Self {
        let mut hits: BTreeMap<u32, Hit> = BTreeMap::new();
        for way in ways {
            let cell = &way.key.cell;
            for site in [cell.entry_site, cell.mailbox_site].into_iter().filter(|site| *site != NONE) {
                hits.entry(site).or_default();
            }
            if let Some(hit) = hits.get_mut(&cell.mailbox_site) {
                hit.clients += way.counts.clients;
                hit.affected += way.counts.clients_affected;
            }
        }
        let folded = (hits.len() > EACH).then(|| fold(run, &hits));
        Self { run, folded }
    }

    pub(super) fn is_folded(&self) -> bool {
        self.folded.is_some()
    }

    /// The node of a site.
    pub(super) fn key(&self, site: u32) -> Key {
        match &self.folded {
            _ if site == NONE => Key::None,
            None => Key::Site(site),
            Some((keys, _)) => keys.get(&site).copied().unwrap_or(Key::Others),
        }
    }

    /// Nodes that stand together: those of one hub.
    pub(super) fn group(&self, key: Key) -> Key {
        match (key, &self.folded) {
            (Key::Site(site), Some((keys, hubs))) => {
                let hub = hubs.get(&site).copied().unwrap_or(site);
                // A branch of a hub that has no node of its own stands with all others.
                if keys.get(&hub) == Some(&Key::Site(hub)) { Key::Site(hub) } else { Key::Others }
            }
            (Key::Behind(hub), _) => Key::Site(hub),
            (key, _) => key,
        }
    }

    /// Names of the nodes of a column through whose sites ways lead.
    pub(super) fn names(&self, keys: &[Key], sites: impl Iterator<Item = u32>) -> BTreeMap<Key, String> {
        let sites: BTreeSet<u32> = sites.filter(|site| *site != NONE).collect();
        let others = |key: Key| sites.iter().filter(|site| self.key(**site) == key).count();
        let name = |key: Key| match key {
            Key::Site(site) => named(&self.run.names.sites, site).to_owned(),
            Key::Behind(hub) => {
                format!("{} more behind {}", others(key), named(&self.run.names.sites, hub))
            }
            Key::Others => count(others(key), "other site"),
            Key::None => "no site".to_owned(),
        };
        keys.iter().map(|key| (*key, name(*key))).collect()
    }
}

/// The node of each of many sites, and the hub that each is reached through.
fn fold(run: &RunResult, hits: &BTreeMap<u32, Hit>) -> (BTreeMap<u32, Key>, BTreeMap<u32, u32>) {
    let facing = facing(run);
    let reached = reached(run, &facing);
    let transit: BTreeSet<u32> = reached.values().filter_map(|of| of.above).collect();
    let is_hub = |site: u32| facing.contains(&site) || transit.contains(&site);
    let mut hubs: Vec<u32> = hits.keys().copied().filter(|site| is_hub(*site)).collect();
    hubs.sort_by_key(|site| (std::cmp::Reverse(hits[site].clients), *site));
    if hubs.len() > HUBS {
        hubs.truncate(HUBS - 1);
    }
    // The nearest site on the way to the Internet that has a node of its own.
    let hub_of = |site: u32| {
        let ways = std::iter::successors(Some(site), |at| reached.get(at).and_then(|of| of.above));
        ways.take(reached.len()).find(|at| hubs.contains(at))
    };
    let mut branches: Vec<u32> = hits.keys().copied().filter(|site| !is_hub(*site)).collect();
    branches.sort_by_key(|site| {
        let Hit { clients, affected } = hits[site];
        (std::cmp::Reverse(affected), std::cmp::Reverse(clients), *site)
    });
    branches.truncate(BRANCHES);
    let mut keys: BTreeMap<u32, Key> = BTreeMap::new();
    for &site in hits.keys() {
        let key = match hub_of(site) {
            _ if hubs.contains(&site) || branches.contains(&site) => Key::Site(site),
            Some(hub) => Key::Behind(hub),
            None => Key::Others,
        };
        keys.insert(site, key);
    }
    // What would stand for one site alone is that site.
    let mut many: BTreeMap<Key, usize> = BTreeMap::new();
    keys.values().for_each(|key| *many.entry(*key).or_default() += 1);
    for (site, key) in &mut keys {
        if many[key] == 1 {
            *key = Key::Site(*site);
        }
    }
    let hubs = hits.keys().filter_map(|&site| Some((site, hub_of(site)?))).collect();
    (keys, hubs)
}
