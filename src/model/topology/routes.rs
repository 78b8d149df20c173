//! Shortest paths between sites, found once for each site that anybody asks about.
//!
//! A topology is asked thousands of questions while a scenario is compiled, explained or checked, and no answer
//! differs from the last as long as its lines do. Next: [`Topology::path`](super::Topology::path).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::sync::OnceLock;

use super::sites::SiteLink;
use crate::kernel::Id;

/// How the last step to a site is made: a link, and in which direction; `None` where nobody gets.
type Steps = Box<[Option<(u32, u8)>]>;

/// What was found so far; of no account in what a topology is.
#[derive(Default)]
pub struct Routes(OnceLock<Found>);

struct Found {
    /// The lines of which it was found: their ends and latencies.
    lines: Vec<([u32; 2], u64)>,
    /// By site, the links at it in their order, each with the direction away from it.
    at: Vec<Vec<(u32, u8)>>,
    /// By the site where a path begins.
    from: Vec<OnceLock<Steps>>,
}

impl Clone for Routes {
    /// A copy is made to be changed.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Routes {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Routes {
    /// Nothing: what was asked so far is no part of a topology.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Routes")
    }
}

impl Routes {
    /// The links to cross from one of `sites` sites to another, and the direction of each.
    pub(super) fn path(
        &self,
        sites: usize,
        links: &[SiteLink],
        (from, to): (usize, usize),
    ) -> Option<Vec<(Id<SiteLink>, usize)>> {
        let found = self.0.get_or_init(|| Found::of(sites, links));
        if found.is_of(sites, links) {
            return found.path(from, to);
        }
        // Changed since it was first asked: only whoever builds a topology does that.
        Found::of(sites, links).path(from, to)
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

    fn is_of(&self, sites: usize, links: &[SiteLink]) -> bool {
        self.at.len() == sites
            && self.lines.len() == links.len()
            && self.lines.iter().zip(links).all(|(known, link)| *known == line(link))
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
