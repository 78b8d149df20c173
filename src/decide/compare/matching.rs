//! Whose users in one scenario are whose in another: by `was`, by name, by stream.

use std::collections::{BTreeMap, BTreeSet};

use super::side::Side;
use crate::model::workload::Workload;
use crate::scenario::Scenario;

/// Populations that stand for one another, by their places among the names of each result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// What they are called: the base's names, and the other's where they differ.
    pub name: String,
    /// Places in the base.
    pub base: Vec<u32>,
    /// Places in the other.
    pub other: Vec<u32>,
}

/// All groups, and who matches nobody.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Matching {
    /// In the order of the base.
    pub groups: Vec<Group>,
    /// Places in the base that match nobody.
    pub base_alone: Vec<u32>,
    /// Places in the other that match nobody.
    pub other_alone: Vec<u32>,
}

/// The stream of each population, then of each custom source.
fn streams(workload: &Workload) -> Vec<&str> {
    let populations = workload.populations.iter().map(|population| population.stream.as_str());
    populations.chain(workload.sources.iter().map(|source| source.stream.as_str())).collect()
}

/// The name of each, likewise.
fn names(workload: &Workload) -> Vec<String> {
    let populations = workload.populations.iter().map(|population| &population.name);
    populations.chain(workload.sources.iter().map(|source| &source.name)).cloned().collect()
}

/// Populations of either that stand for nobody of the other, by name.
#[must_use]
pub fn alone(base: &Scenario, other: &Scenario) -> [Vec<String>; 2] {
    let matching = populations(base, other);
    let named = |scenario: &Scenario, places: &[u32]| {
        let names = names(&scenario.model.workload);
        places.iter().map(|at| names[*at as usize].clone()).collect()
    };
    [named(base, &matching.base_alone), named(other, &matching.other_alone)]
}

/// Matches the populations of `other` with those of `base`: first those that say by `was`
/// what they were (several that were one, and one that was several, are one group), then
/// equal names, then equal streams.
#[must_use]
pub fn populations(base: &Scenario, other: &Scenario) -> Matching {
    let (names, other_names) = (&names(&base.model.workload), &names(&other.model.workload));
    let mut joined: Vec<(BTreeSet<u32>, BTreeSet<u32>)> = Vec::new();
    for (at, population) in (0..).zip(&other.model.workload.populations) {
        let were: BTreeSet<u32> =
            (0..).zip(names).filter(|(_, name)| population.was.contains(name)).map(|(at, _)| at).collect();
        if were.is_empty() {
            continue;
        }
        let (touching, apart): (Vec<_>, Vec<_>) =
            joined.into_iter().partition(|(of, _)| !of.is_disjoint(&were));
        joined = apart;
        let mut group = (were, BTreeSet::from([at]));
        for (of_base, of_other) in touching {
            group.0.extend(of_base);
            group.1.extend(of_other);
        }
        joined.push(group);
    }
    let mut free_base: BTreeSet<u32> = (0..).take(names.len()).collect();
    let mut free_other: BTreeSet<u32> = (0..).take(other_names.len()).collect();
    for (of_base, of_other) in &joined {
        free_base.retain(|at| !of_base.contains(at));
        free_other.retain(|at| !of_other.contains(at));
    }
    let of_streams = (streams(&base.model.workload), streams(&other.model.workload));
    let by_name = (
        names.iter().map(String::as_str).collect::<Vec<_>>(),
        other_names.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    for (ours, theirs) in [by_name, of_streams] {
        let places: BTreeMap<&str, u32> = (0..)
            .zip(&theirs)
            .filter(|(at, _)| free_other.contains(at))
            .map(|(at, &key)| (key, at))
            .collect();
        for at in free_base.clone() {
            let Some(&there) = ours.get(at as usize).and_then(|key| places.get(key)) else { continue };
            if free_other.remove(&there) {
                free_base.remove(&at);
                joined.push((BTreeSet::from([at]), BTreeSet::from([there])));
            }
        }
    }
    joined.sort();
    let group = |(of_base, of_other): (BTreeSet<u32>, BTreeSet<u32>)| {
        let told = |names: &[String], places: &BTreeSet<u32>| {
            let of = places.iter().filter_map(|at| names.get(*at as usize).cloned());
            of.collect::<Vec<_>>().join(" + ")
        };
        let (before, now) = (told(names, &of_base), told(other_names, &of_other));
        let name = if before == now { before } else { format!("{before} -> {now}") };
        Group { name, base: of_base.into_iter().collect(), other: of_other.into_iter().collect() }
    };
    Matching {
        groups: joined.into_iter().map(group).collect(),
        base_alone: free_base.into_iter().collect(),
        other_alone: free_other.into_iter().collect(),
    }
}

/// Names of the base's sites by those of the other that draw from the same streams.
#[must_use]
pub fn sites<'s>(base: &Side<'s>, other: &Side<'s>) -> BTreeMap<&'s str, &'s str> {
    let ours = &base.scenario.model.topology.sites;
    let theirs = &other.scenario.model.topology.sites;
    let known: BTreeSet<&str> = ours.iter().map(|site| site.name.as_str()).collect();
    let renamed = theirs.iter().filter(|site| !known.contains(site.name.as_str()));
    let was = renamed.filter_map(|site| {
        let before = ours.iter().find(|before| before.stream == site.stream)?;
        Some((site.name.as_str(), before.name.as_str()))
    });
    was.collect()
}
