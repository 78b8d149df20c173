//! Which of many sites are hubs, and what stands behind each.
//!
//! Knows how sites are reached and nothing else of them. Next: [`super::swarm`], which draws it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Hubs that have a row of their own at most; beyond that the last row has all others.
pub(super) const ROWS: usize = 8;
/// Sites behind one that is itself behind another, from which on it is a hub.
const TRANSIT: usize = 3;

/// A site where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    /// The site through which it is reached.
    pub(super) above: Option<usize>,
    /// Mailboxes there.
    pub(super) mailboxes: u64,
    /// Use of its own line, the worse direction, as a share of its limit.
    pub(super) share: f64,
}

/// A row: its hubs, of which there are several in the last one alone, and the sites behind it with the use of
/// the line that is closest to its limit on the way.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Row {
    pub(super) hubs: Vec<usize>,
    pub(super) behind: Vec<(usize, f64)>,
    /// The row through which the hub is reached.
    pub(super) above: Option<usize>,
}

/// Rows of hubs, those with most mailboxes first, each followed by those that are reached through it.
pub(super) fn rows(sites: &[Placed]) -> Vec<Row> {
    let roots: Vec<usize> = (0..sites.len()).filter(|at| sites[*at].above.is_none()).collect();
    let mut children: BTreeMap<usize, usize> = BTreeMap::new();
    for above in sites.iter().filter_map(|site| site.above) {
        *children.entry(above).or_default() += 1;
    }
    let mut is_hub: Vec<bool> = sites.iter().map(|site| site.above.is_none()).collect();
    let transit: Vec<usize> = children
        .iter()
        .filter(|(at, many)| sites[**at].above.is_some() && **many >= TRANSIT)
        .map(|(at, _)| *at)
        .collect();
    if roots.len() + transit.len() <= ROWS {
        transit.iter().for_each(|at| is_hub[*at] = true);
    }
    // The way upwards from a site that is none: the nearest hub, and the use of the fullest line.
    let up = |from: usize| {
        let (mut at, mut most) = (from, 0.0_f64);
        while !is_hub[at] || at == from {
            let Some(above) = sites[at].above else { break };
            most = most.max(sites[at].share);
            at = above;
        }
        (at, most)
    };
    let mut behind: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
    for at in (0..sites.len()).filter(|at| !is_hub[*at]) {
        let (hub, most) = up(at);
        behind.entry(hub).or_default().push((at, most));
    }
    let of = |hub: &usize| behind.get(hub).map_or(&[][..], Vec::as_slice);
    let weight =
        |hub: &usize| sites[*hub].mailboxes + of(hub).iter().map(|(at, _)| sites[*at].mailboxes).sum::<u64>();
    let mut ranked = roots;
    ranked.sort_by_key(|hub| (Reverse(weight(hub)), *hub));
    let shown = if ranked.len() > ROWS { ROWS - 1 } else { ranked.len() };
    let mut rows: Vec<Row> = Vec::new();
    for hub in &ranked[..shown] {
        let mut waiting = vec![(*hub, None)];
        while let Some((hub, above)) = waiting.pop() {
            let row = rows.len();
            rows.push(Row { hubs: vec![hub], behind: of(&hub).to_vec(), above });
            let below = (0..sites.len()).rev().filter(|at| is_hub[*at] && *at != hub && up(*at).0 == hub);
            waiting.extend(below.map(|at| (at, Some(row))));
        }
    }
    let rest = &ranked[shown..];
    if !rest.is_empty() {
        let own = rest.iter().map(|hub| (*hub, sites[*hub].share));
        let behind = own.chain(rest.iter().flat_map(|hub| of(hub).iter().copied())).collect();
        rows.push(Row { hubs: rest.to_vec(), behind, above: None });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(above: Option<usize>, mailboxes: u64, share: f64) -> Placed {
        Placed { above, mailboxes, share }
    }

    /// 0 and 1 face the Internet; 2, 3 and 4 are behind 1, and 5 behind 4 by a fuller line of 4.
    #[test]
    fn what_is_behind_counts_by_the_fullest_line_of_its_way() {
        let sites = [
            site(None, 10, 0.0),
            site(None, 100, 0.0),
            site(Some(1), 5, 0.1),
            site(Some(1), 5, 0.2),
            site(Some(1), 5, 0.6),
            site(Some(4), 5, 0.3),
        ];
        let rows = rows(&sites);
        let hubs: Vec<&[usize]> = rows.iter().map(|row| row.hubs.as_slice()).collect();
        assert_eq!(hubs, [[1], [0]], "most mailboxes first");
        assert_eq!(rows[0].behind, [(2, 0.1), (3, 0.2), (4, 0.6), (5, 0.6)]);
    }

    /// A site behind another that three are behind of has a row of its own, below that.
    #[test]
    fn what_carries_transit_is_a_hub() {
        let mut sites = vec![site(None, 1, 0.0), site(Some(0), 1, 0.5)];
        sites.extend((0..3).map(|_| site(Some(1), 1, 0.1)));
        sites.push(site(None, 2, 0.0));
        let rows = rows(&sites);
        assert_eq!(rows.iter().map(|row| row.hubs[0]).collect::<Vec<_>>(), [5, 0, 1]);
        assert_eq!(rows.iter().map(|row| row.above).collect::<Vec<_>>(), [None, None, Some(1)]);
        assert_eq!(rows[2].behind, [(2, 0.1), (3, 0.1), (4, 0.1)]);
    }

    /// Of twelve that face the Internet seven have a row, and the others are dots of the last.
    #[test]
    fn the_last_row_has_all_other_hubs() {
        let sites: Vec<Placed> = (0..12).map(|at| site(None, 12 - at, 0.05)).collect();
        let rows = rows(&sites);
        assert_eq!((rows.len(), rows[7].hubs.len(), rows[7].behind.len()), (8, 5, 5));
        assert!(super::rows(&[]).is_empty());
    }
}
