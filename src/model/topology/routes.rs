//! Shortest paths between sites, found once for each site that anybody asks about.
//!
//! A topology is asked thousands of questions while a scenario is compiled, explained or checked, and no answer
//! differs from the last as long as its lines do. Next: [`Topology::path`](super::Topology::path).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use super::sites::SiteLink;
use crate::kernel::Id;

/// How the last step to a site is made: a link, and in which direction; `None` where nobody gets.
type Steps = Box<[Option<(u32, u8)>]>;

/// The lines of an organisation, and the shortest paths that were found over them: whoever changes a line has the
/// paths sought anew.
#[derive(Default)]
pub struct Links {
    lines: Vec<SiteLink>,
    found: OnceLock<Found>,
}

struct Found {
    /// The lines of which it was found: their ends and latencies.
    lines: Vec<([u32; 2], u64)>,
    /// By site, the links at it in their order, each with the direction away from it.
    at: Vec<Vec<(u32, u8)>>,
    /// By the site where a path begins.
    from: Vec<OnceLock<Steps>>,
}

impl Deref for Links {
    type Target = Vec<SiteLink>;

    fn deref(&self) -> &Vec<SiteLink> {
        &self.lines
    }
}

impl DerefMut for Links {
    fn deref_mut(&mut self) -> &mut Vec<SiteLink> {
        self.found.take();
        &mut self.lines
    }
}

impl From<Vec<SiteLink>> for Links {
    fn from(lines: Vec<SiteLink>) -> Self {
        Self { lines, found: OnceLock::new() }
    }
}

impl<'l> IntoIterator for &'l Links {
    type Item = &'l SiteLink;
    type IntoIter = std::slice::Iter<'l, SiteLink>;

    fn into_iter(self) -> Self::IntoIter {
        self.lines.iter()
    }
}

impl Clone for Links {
    /// A copy is made to be changed.
    fn clone(&self) -> Self {
        self.lines.clone().into()
    }
}

impl PartialEq for Links {
    fn eq(&self, other: &Self) -> bool {
        self.lines == other.lines
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.fmt(f)
    }
}

impl Links {
    /// The links to cross from one of `sites` sites to another, and the direction of each.
    pub(super) fn path(
        &self,
        sites: usize,
        (from, to): (usize, usize),
    ) -> Option<Vec<(Id<SiteLink>, usize)>> {
        let found = self.found.get_or_init(|| Found::of(sites, &self.lines));
        if found.at.len() == sites {
            return found.path(from, to);
        }
        // Sites were added since it was first asked: only whoever builds a topology does that.
        Found::of(sites, &self.lines).path(from, to)
    }
}

fn line(link: &SiteLink) -> ([u32; 2], u64) {
    (link.between.map(|site| site.index() as u32), link.latency.0)
}

impl Found {
    fn of(sites: usize, links: &[SiteLink]) -> Self {
        let lines: Vec<_> = links.iter().map(line).collect();
        let mut at = vec![Vec::new(); sites];
        for (number, (between, _)) in (0..).zip(&lines) {
            for direction in 0..2 {
                at[between[usize::from(direction)] as usize].push((number, direction));
            }
        }
        Self { lines, at, from: (0..sites).map(|_| OnceLock::new()).collect() }
    }

    fn path(&self, from: usize, to: usize) -> Option<Vec<(Id<SiteLink>, usize)>> {
        let steps = self.from[from].get_or_init(|| self.steps(from));
        let mut path = Vec::new();
        let mut here = to;
        while here != from {
            let (number, direction) = steps[here]?;
            path.push((Id::new(number as usize), usize::from(direction)));
            here = self.lines[number as usize].0[usize::from(direction)] as usize;
        }
        path.reverse();
        Some(path)
    }

    /// Dijkstra's way: by latency, then by number of links, then by the order of sites and of links.
    fn steps(&self, from: usize) -> Steps {
        let mut best: Vec<Option<(u64, u32)>> = vec![None; self.at.len()];
        let mut steps: Steps = vec![None; self.at.len()].into();
        let mut done = vec![false; self.at.len()];
        best[from] = Some((0, 0));
        let mut next = BinaryHeap::from([Reverse((0_u64, 0_u32, from))]);
        while let Some(Reverse((latency, hops, here))) = next.pop() {
            if std::mem::replace(&mut done[here], true) {
                continue;
            }
            for &(number, direction) in &self.at[here] {
                let (between, own) = self.lines[number as usize];
                let there = between[1 - usize::from(direction)] as usize;
                let candidate = (latency + own, hops + 1);
                if best[there].is_none_or(|known| candidate < known) {
                    best[there] = Some(candidate);
                    steps[there] = Some((number, direction));
                    next.push(Reverse((candidate.0, candidate.1, there)));
                }
            }
        }
        steps
    }
}
