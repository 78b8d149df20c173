//! How sites are reached from the Internet: by the fewest lines.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::results::{LinkKind, NONE, RunResult};

/// How a site is reached.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached {
    /// The site through which it is reached; none of those that face the Internet, and of those
    /// that no line reaches.
    pub(super) above: Option<u32>,
    /// Lines between it and the first site.
    pub(super) depth: usize,
    /// From above and to above: places among the links.
    pub(super) lines: Option<[usize; 2]>,
}

/// Sites with a way to the Internet of their own.
pub(super) fn facing(run: &RunResult) -> BTreeSet<u32> {
    run.links
        .iter()
        .filter(|link| link.ends.kind == LinkKind::Internet)
        .flat_map(|link| [link.ends.from, link.ends.to])
        .filter(|site| *site != NONE)
        .collect()
}

/// By the fewest lines from those that face the Internet; what no line reaches stands for itself.
pub(super) fn reached(run: &RunResult, facing: &BTreeSet<u32>) -> BTreeMap<u32, Reached> {
    let mut near: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
    for (index, link) in run.links.iter().enumerate().filter(|(_, link)| link.ends.kind == LinkKind::Wan) {
        near.entry(link.ends.from).or_default().push((link.ends.to, index));
    }
    let mut reached: BTreeMap<u32, Reached> = facing.iter().map(|site| (*site, Reached::default())).collect();
    let mut waiting: VecDeque<u32> = facing.iter().copied().collect();
    for alone in 0..run.names.sites.len() as u32 {
        while let Some(site) = waiting.pop_front() {
            let depth = reached[&site].depth + 1;
            for &(next, index) in near.get(&site).into_iter().flatten() {
                if let Entry::Vacant(place) = reached.entry(next) {
                    let back = run.links[index].reverse.map_or(index, |back| back as usize);
                    place.insert(Reached { above: Some(site), depth, lines: Some([index, back]) });
                    waiting.push_back(next);
                }
            }
        }
        if let Entry::Vacant(place) = reached.entry(alone) {
            place.insert(Reached::default());
            waiting.push_back(alone);
        }
    }
    reached
}
