//! Circles of arrows between files.

use std::collections::BTreeMap;

/// The groups of nodes, two or more each, in which every one leads to every other.
pub(crate) fn circles(nodes: usize, arrows: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut reach = vec![vec![false; nodes]; nodes];
    let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in arrows {
        next.entry(from).or_default().push(to);
    }
    for (start, reached) in reach.iter_mut().enumerate() {
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for &to in next.get(&at).into_iter().flatten() {
                if !reached[to] {
                    reached[to] = true;
                    open.push(to);
                }
            }
        }
    }
    let mut circles: Vec<Vec<usize>> = Vec::new();
    for (at, reached) in reach.iter().enumerate() {
        if reached[at] && !circles.iter().any(|circle| circle.contains(&at)) {
            circles.push((0..nodes).filter(|&to| reached[to] && reach[to][at]).collect());
        }
    }
    circles.retain(|circle| circle.len() > 1);
    circles
}
