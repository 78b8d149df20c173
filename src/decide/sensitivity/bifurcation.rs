//! Sequential bifurcation: which of many factors matter, by few evaluations.
//!
//! Factors stand in an order; `y(k)` is what comes out with the first `k` of them at their bad ends
//! and all others as they are. Where no factor works against another, the difference of `y(b)` and
//! `y(a)` bounds what each of those in between does: a group that moves nothing is left as a whole, one that
//! does is halved (Bettonvil and Kleijnen, European Journal of Operational Research 96, 1997). With
//! factors that are likely to matter first in the order, and a first cut behind them, few groups are
//! halved.
//!
//! Pure: knows neither factors nor what comes out. Several outcomes share the evaluations: a group
//! matters where it does to one of them.

use std::ops::Range;

/// Factors in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bifurcation {
    /// How many.
    pub count: usize,
    /// Where the whole is cut first, above 0; the middle where that is not inside.
    pub first: usize,
    /// Groups of so many, 1 or more, are not cut.
    pub leaf: usize,
}

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Evaluate `y` of these, ascending.
    Ask(Vec<usize>),
    /// These groups, in their order, matter and are cut no more, and those do not matter.
    Done(Groups),
}

/// Groups that are cut no more.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Groups {
    /// Those that matter.
    pub matter: Vec<Range<usize>>,
    /// Those that do not.
    pub idle: Vec<Range<usize>>,
}

impl Bifurcation {
    /// What comes next, with `y` of 0 and of all factors evaluated; `known` says of which others too,
    /// `matters` what is seen of the difference over a group. Once `enough` was spent nothing is
    /// asked any more, and groups that would be cut stay whole.
    #[must_use]
    pub fn next(
        &self,
        known: impl Fn(usize) -> bool,
        matters: impl Fn(&Range<usize>) -> bool,
        enough: bool,
    ) -> Next {
        let (mut ask, mut groups) = (Vec::new(), Groups::default());
        let mut open: Vec<Range<usize>> = (self.count > 0).then_some(0..self.count).into_iter().collect();
        // The last one is the first in order.
        while let Some(group) = open.pop() {
            if !matters(&group) {
                groups.idle.push(group);
                continue;
            }
            if group.len() <= self.leaf.max(1) {
                groups.matter.push(group);
                continue;
            }
            let cut = self.cut(&group);
            match (known(cut), enough) {
                (true, _) => open.extend([cut..group.end, group.start..cut]),
                (false, true) => groups.matter.push(group),
                (false, false) => ask.push(cut),
            }
        }
        if ask.is_empty() { Next::Done(groups) } else { Next::Ask(ask) }
    }

    fn cut(&self, group: &Range<usize>) -> usize {
        let whole = *group == (0..self.count);
        if whole && (1..self.count).contains(&self.first) {
            return self.first;
        }
        group.start + group.len() / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays an additive function, and counts evaluations beside those of 0 and all.
    fn played(search: Bifurcation, effects: &[f64], floor: f64) -> (Groups, usize, usize) {
        let y = |k: usize| effects[..k].iter().sum::<f64>();
        let mut known: Vec<usize> = Vec::new();
        for rounds in 0..100 {
            let matters = |group: &Range<usize>| y(group.end) - y(group.start) >= floor;
            match search.next(|k| known.contains(&k), matters, false) {
                Next::Done(groups) => return (groups, known.len(), rounds),
                Next::Ask(more) => known.extend(more),
            }
        }
        panic!("no end");
    }

    fn with(count: usize, important: &[usize]) -> Vec<f64> {
        (0..count).map(|at| if important.contains(&at) { 1.0 } else { 0.0 }).collect()
    }

    /// One of 64 takes log2(64) = 6 evaluations, each in a round of its own; of two in different
    /// halves the first cut is shared: 1 + 5 + 5 in 6 rounds.
    #[test]
    fn what_matters_is_found_by_halving() {
        let search = Bifurcation { count: 64, first: 0, leaf: 1 };
        let (groups, evaluations, rounds) = played(search, &with(64, &[37]), 0.5);
        assert_eq!((groups.matter, evaluations, rounds), (vec![Range { start: 37, end: 38 }], 6, 6));
        let (groups, evaluations, rounds) = played(search, &with(64, &[3, 37]), 0.5);
        assert_eq!((groups.matter, evaluations, rounds), (vec![3..4, 37..38], 11, 6));
        // Idle groups and those that matter are a partition.
        let all: usize = groups.idle.iter().map(Range::len).sum();
        assert_eq!(all, 62);
    }

    /// Nothing matters: no evaluation. Everything does: each cut once, 15 for 16.
    #[test]
    fn nothing_and_everything() {
        let search = Bifurcation { count: 16, first: 0, leaf: 1 };
        assert_eq!(played(search, &with(16, &[]), 0.5).1, 0);
        let all: Vec<usize> = (0..16).collect();
        let (groups, evaluations, rounds) = played(search, &with(16, &all), 0.5);
        assert_eq!((groups.matter.len(), evaluations, rounds), (16, 15, 4));
        let none = Bifurcation { count: 0, ..search };
        assert_eq!(none.next(|_| true, |_| true, false), Next::Done(Groups::default()));
    }

    /// Those that are likely to matter stand first: one cut leaves 88 of 100, and three more
    /// tell 12 into leaves of 3.
    #[test]
    fn a_good_order_is_cheap() {
        let search = Bifurcation { count: 100, first: 12, leaf: 3 };
        let all: Vec<usize> = (0..12).collect();
        let (groups, evaluations, rounds) = played(search, &with(100, &all), 0.5);
        assert_eq!(groups.matter, [0..3, 3..6, 6..9, 9..12]);
        assert_eq!((groups.idle, evaluations, rounds), (vec![Range { start: 12, end: 100 }], 4, 3));
    }

    /// Many small ones in one group are found out, and those below the floor are left.
    #[test]
    fn small_effects_add_up_until_they_are_told_apart() {
        let search = Bifurcation { count: 8, first: 0, leaf: 1 };
        let (groups, ..) = played(search, &[0.2; 8], 0.5);
        assert_eq!((groups.matter, groups.idle.len()), (Vec::new(), 4));
    }

    /// Who may ask no more is told the groups as they are.
    #[test]
    fn enough_leaves_groups_whole() {
        let search = Bifurcation { count: 64, first: 0, leaf: 1 };
        let next = search.next(|k| k == 32, |group| group.contains(&37), true);
        let groups =
            Groups { matter: vec![Range { start: 32, end: 64 }], idle: vec![Range { start: 0, end: 32 }] };
        assert_eq!(next, Next::Done(groups));
    }
}
