//! What is to be played next, from finished rounds alone: the base with everything good and everything
//! bad, groups while they have to be told apart, then single figures, then more runs of those that
//! matter most.
//!
//! Costs are counted in simulated events: what is played at all follows from what earlier rounds cost,
//! never from threads, shards or who ended first.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::bifurcation::{Bifurcation, Groups, Next as Cut};
use super::standing::Gap;

/// A group of so many numbers is cut no more.
const LEAF: usize = 2;
/// Numbers that are played by themselves, at most.
const SINGLES: usize = 12;
/// Where the order is cut first: in front of it stand those that are likely to matter.
const FIRST_CUT: usize = 12;
/// Shares of the budget that groups, and what is no number, may take at most.
const FOR_GROUPS: f64 = 0.3;
const FOR_WORDS: f64 = 0.3;
/// Less than this share of the goal, or of the base beyond it, is no effect that matters.
pub(super) const FLOOR: f64 = 0.01;
/// An effect beyond such a share matters though its interval holds 0: the runs are too few.
const LARGE: f64 = 0.05;
/// Figures whose runs are added to as long as there is budget, and up to how many.
const LEADERS: usize = 5;
const MOST: u32 = 5;

/// Which figures are moved, each by its number with the end that it is moved to; of none the base.
pub type Variant = Vec<(u16, u8)>;

/// Variants of a round, each to be played until there are so many runs of it.
pub type Wanted = Vec<(Variant, u32)>;

/// What is known of a variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Played {
    pub(super) runs: u32,
    pub(super) events: u64,
    /// Events of the runs of its first round: what is chosen by them stays chosen as runs are added.
    pub(super) at_first: u64,
}

/// What is known of all.
pub(super) trait Seen {
    /// Runs and events of a variant.
    fn played(&self, variant: &Variant) -> Option<Played>;
    /// How far the second differs from the first, by objective.
    fn gaps(&self, first: &Variant, second: &Variant) -> Vec<Option<Gap>>;
}

/// What is designed.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Design {
    /// Numbers that stand in groups, the likeliest to matter first, each with its bad end.
    pub(super) order: Vec<(u16, u8)>,
    /// By figure, which ends it has.
    pub(super) ends: Vec<[bool; 2]>,
    /// By figure, what is expected of it, as a share.
    pub(super) scores: Vec<f64>,
    /// Numbers whose bad end is another's good one: by themselves whatever groups say.
    pub(super) divided: BTreeSet<u16>,
    /// What is no number.
    pub(super) words: Vec<u16>,
    /// Runs of the base whose events may be spent.
    pub(super) budget: f64,
    /// Runs of each variant at first.
    pub(super) first: u32,
}

/// What comes next.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Next {
    /// Play these.
    Play(Wanted),
    /// That is all.
    Done(Chosen),
}

/// What was played by itself, and what was not.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Chosen {
    pub(super) singles: Vec<u16>,
    /// Groups by place in the order, and whether they matter.
    pub(super) groups: Vec<(Range<usize>, bool)>,
}

impl Design {
    /// The first so many of the order at their bad ends.
    pub(super) fn first_at_bad(&self, many: usize) -> Variant {
        let mut variant: Variant = self.order[..many].to_vec();
        variant.sort_unstable();
        variant
    }

    /// All of the order at their good ends.
    pub(super) fn all_good(&self) -> Variant {
        let ends = |figure: u16| self.ends[usize::from(figure)];
        let good = |&(figure, bad): &(u16, u8)| (figure, 1 - bad);
        let mut variant: Variant =
            self.order.iter().map(good).filter(|&(figure, end)| ends(figure)[usize::from(end)]).collect();
        variant.sort_unstable();
        variant
    }

    /// The ends of a figure by itself.
    pub(super) fn alone(&self, figure: u16) -> impl Iterator<Item = Variant> + use<> {
        let ends = self.ends[usize::from(figure)];
        [0_u8, 1].into_iter().filter(move |end| ends[usize::from(*end)]).map(move |end| vec![(figure, end)])
    }

    /// What comes next.
    pub(super) fn next(&self, seen: &dyn Seen) -> Next {
        let base: Variant = Vec::new();
        let all = [base.clone(), self.first_at_bad(self.order.len()), self.all_good()];
        let all: BTreeSet<Variant> = all.into_iter().collect();
        if let Some(wanted) = self.unplayed(seen, &all) {
            return Next::Play(wanted);
        }
        let groups = match self.groups(seen) {
            Cut::Ask(cuts) => {
                let cuts: BTreeSet<Variant> = cuts.into_iter().map(|cut| self.first_at_bad(cut)).collect();
                return Next::Play(self.unplayed(seen, &cuts).unwrap_or_default());
            }
            Cut::Done(groups) => groups,
        };
        let singles = self.singles(seen, &groups);
        let alone: BTreeSet<Variant> = singles.iter().flat_map(|&figure| self.alone(figure)).collect();
        if let Some(wanted) = self.unplayed(seen, &alone) {
            return Next::Play(wanted);
        }
        if let Some(wanted) = self.more(seen, &singles) {
            return Next::Play(wanted);
        }
        Next::Done(self.chosen(singles, groups))
    }

    fn unplayed(&self, seen: &dyn Seen, variants: &BTreeSet<Variant>) -> Option<Wanted> {
        let new = variants.iter().filter(|variant| seen.played(variant).is_none());
        let wanted: Wanted = new.map(|variant| (variant.clone(), self.first)).collect();
        (!wanted.is_empty()).then_some(wanted)
    }

    /// Events of one run of the base.
    fn a_run(&self, seen: &dyn Seen) -> f64 {
        let base = seen.played(&Vec::new()).unwrap_or_default();
        (base.at_first as f64 / f64::from(self.first.max(1))).max(1.0)
    }

    /// Runs of the base that the first round of so many variants was worth.
    fn spent_at_first<'v>(&self, seen: &dyn Seen, variants: impl IntoIterator<Item = &'v Variant>) -> f64 {
        let events = variants.into_iter().filter_map(|variant| seen.played(variant));
        events.map(|of| of.at_first as f64).sum::<f64>() / self.a_run(seen)
    }

    /// Cuts of the order that are played.
    fn cuts(&self, seen: &dyn Seen) -> Vec<usize> {
        (1..self.order.len()).filter(|&cut| seen.played(&self.first_at_bad(cut)).is_some()).collect()
    }

    fn groups(&self, seen: &dyn Seen) -> Cut {
        let search = Bifurcation { count: self.order.len(), first: FIRST_CUT, leaf: LEAF };
        let cuts = self.cuts(seen);
        let played: Vec<Variant> = cuts.iter().map(|&cut| self.first_at_bad(cut)).collect();
        let left = FOR_GROUPS * self.budget - self.spent_at_first(seen, &played);
        let many = libm::floor(left.max(0.0) / f64::from(self.first)) as usize;
        let gaps =
            |group: &Range<usize>| seen.gaps(&self.first_at_bad(group.start), &self.first_at_bad(group.end));
        let matters = |group: &Range<usize>| gaps(group).iter().flatten().any(matters);
        match search.next(|cut| cuts.contains(&cut), matters, many == 0) {
            // The first of the order are the likeliest to matter.
            Cut::Ask(cuts) => Cut::Ask(cuts.into_iter().take(many).collect()),
            done => done,
        }
    }

    /// What is played by itself: words, then numbers, by what is expected of them, as far as the budget goes.
    fn singles(&self, seen: &dyn Seen, groups: &Groups) -> Vec<u16> {
        let cuts = self.cuts(seen);
        let mut before: BTreeSet<Variant> = cuts.iter().map(|&cut| self.first_at_bad(cut)).collect();
        before.extend([Vec::new(), self.first_at_bad(self.order.len()), self.all_good()]);
        let mut left = self.budget - self.spent_at_first(seen, &before);
        // Events of the bad ends are more than those of the base.
        let each = f64::from(self.first) * 1.1;
        let mut chosen = Vec::new();
        let mut for_words = FOR_WORDS * self.budget;
        for &figure in &self.words {
            let cost = each * self.alone(figure).count() as f64;
            if cost <= left.min(for_words) {
                (left, for_words) = (left - cost, for_words - cost);
                chosen.push(figure);
            }
        }
        let mut numbers: Vec<(f64, u16)> = Vec::new();
        for group in &groups.matter {
            let gaps = seen.gaps(&self.first_at_bad(group.start), &self.first_at_bad(group.end));
            let seen = gaps.iter().flatten().map(|gap| gap.share.abs()).fold(0.0, f64::max);
            let own = self.order[group.clone()].iter().map(|(figure, _)| *figure);
            let whole: f64 = own.clone().map(|figure| self.scores[usize::from(figure)] + FLOOR).sum();
            numbers.extend(own.map(|figure| {
                let score = self.scores[usize::from(figure)];
                (seen * (score + FLOOR) / whole, figure)
            }));
        }
        let known: BTreeSet<u16> = numbers.iter().map(|(_, figure)| *figure).collect();
        let alone = self.divided.iter().filter(|figure| !known.contains(figure));
        let alone = alone.map(|&figure| (self.scores[usize::from(figure)], figure));
        numbers.extend(alone.filter(|(expected, _)| *expected >= FLOOR));
        numbers.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, figure) in numbers.into_iter().take(SINGLES) {
            let cost = each * self.alone(figure).count() as f64;
            if cost <= left {
                left -= cost;
                chosen.push(figure);
            }
        }
        chosen
    }

    /// One more run of those that matter most, as long as the budget lasts.
    fn more(&self, seen: &dyn Seen, singles: &[u16]) -> Option<Wanted> {
        let mut widest: Vec<(f64, u16)> = singles
            .iter()
            .map(|&figure| {
                let gaps = self.alone(figure).flat_map(|variant| seen.gaps(&Vec::new(), &variant));
                (gaps.flatten().map(|gap| gap.share.abs()).fold(0.0, f64::max), figure)
            })
            .collect();
        widest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let leaders = widest.iter().take(LEADERS).flat_map(|(_, figure)| self.alone(*figure));
        let leaders: BTreeMap<Variant, Played> =
            leaders.filter_map(|variant| Some((variant.clone(), seen.played(&variant)?))).collect();
        let fewest = leaders.values().map(|of| of.runs).min().filter(|runs| *runs < MOST)?;
        let mut wanted: Wanted = leaders
            .iter()
            .filter(|(_, of)| of.runs == fewest)
            .map(|(variant, of)| (variant.clone(), of.runs + 1))
            .collect();
        if seen.played(&Vec::new()).is_some_and(|base| base.runs <= fewest) {
            wanted.insert(0, (Vec::new(), fewest + 1));
        }
        let cost = |(variant, _): &(Variant, u32)| {
            let of = seen.played(variant).unwrap_or_default();
            of.events as f64 / f64::from(of.runs.max(1)) / self.a_run(seen)
        };
        let mut all: BTreeSet<Variant> = singles.iter().flat_map(|&figure| self.alone(figure)).collect();
        all.extend(self.cuts(seen).into_iter().map(|cut| self.first_at_bad(cut)));
        all.extend([Vec::new(), self.first_at_bad(self.order.len()), self.all_good()]);
        let spent = all.iter().filter_map(|variant| seen.played(variant)).map(|of| of.events as f64);
        let spent = spent.sum::<f64>() / self.a_run(seen);
        (spent + wanted.iter().map(cost).sum::<f64>() <= self.budget).then_some(wanted)
    }

    fn chosen(&self, singles: Vec<u16>, groups: Groups) -> Chosen {
        let idle = groups.idle.into_iter().map(|group| (group, false));
        let matter = groups.matter.into_iter().map(|group| (group, true));
        let mut groups: Vec<(Range<usize>, bool)> = idle.chain(matter).collect();
        groups.sort_by_key(|(group, _)| group.start);
        Chosen { singles, groups }
    }
}

/// Whether a difference is worth being told whose it is.
fn matters(gap: &Gap) -> bool {
    gap.turns || gap.share.abs() >= FLOOR && (!gap.is_noise() || gap.share.abs() >= LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An additive system without noise: by figure, what its bad end adds to the one objective; a run of
    /// anything has 100 events.
    struct Additive {
        effects: Vec<f64>,
        played: BTreeMap<Variant, Played>,
    }

    impl Seen for Additive {
        fn played(&self, variant: &Variant) -> Option<Played> {
            self.played.get(variant).copied()
        }
        fn gaps(&self, first: &Variant, second: &Variant) -> Vec<Option<Gap>> {
            let y = |variant: &Variant| {
                let one = |&(figure, end): &(u16, u8)| {
                    self.effects[usize::from(figure)] * if end == 1 { 1.0 } else { -1.0 }
                };
                variant.iter().map(one).sum::<f64>()
            };
            vec![Some(Gap { share: y(second) - y(first), half: 0.0, turns: false })]
        }
    }

    fn played(effects: &[f64], scores: &[f64], budget: f64) -> (Chosen, BTreeMap<Variant, Played>, usize) {
        let mut order: Vec<(u16, u8)> = (0..).take(effects.len()).map(|figure| (figure, 1)).collect();
        order.sort_by(|a, b| scores[usize::from(b.0)].total_cmp(&scores[usize::from(a.0)]));
        let design = Design {
            order,
            ends: vec![[true; 2]; effects.len()],
            scores: scores.to_vec(),
            divided: BTreeSet::new(),
            words: Vec::new(),
            budget,
            first: 2,
        };
        let mut seen = Additive { effects: effects.to_vec(), played: BTreeMap::new() };
        for rounds in 0..50 {
            match design.next(&seen) {
                Next::Done(chosen) => return (chosen, seen.played, rounds),
                Next::Play(wanted) => {
                    assert!(!wanted.is_empty());
                    for (variant, runs) in wanted {
                        let of = Played { runs, events: 100 * u64::from(runs), at_first: 200 };
                        seen.played.insert(variant, of);
                    }
                }
            }
        }
        panic!("no end");
    }

    fn runs(played: &BTreeMap<Variant, Played>) -> u32 {
        played.values().map(|of| of.runs).sum()
    }

    /// Of 40 figures three matter, of which two are expected to and one (31) is not: all three are
    /// played by themselves, at both ends, within the budget; nothing else is.
    #[test]
    fn all_that_matters_is_played_by_itself() {
        let (mut effects, mut scores) = (vec![0.0; 40], vec![0.0; 40]);
        (effects[3], effects[17], effects[31]) = (0.3, 0.1, 0.2);
        (scores[3], scores[17]) = (0.25, 0.2);
        let (chosen, played, _) = played(&effects, &scores, 60.0);
        let mut singles = chosen.singles.clone();
        singles.sort_unstable();
        // Leaves have two figures: the one beside 31 shares its group's effect and is played too.
        for important in [3, 17, 31] {
            assert!(singles.contains(&important), "{singles:?}");
        }
        assert!(singles.len() <= 6, "{singles:?}");
        assert!(runs(&played) <= 60, "{}", runs(&played));
        for end in [0, 1] {
            assert!(played[&vec![(31, end)]].runs >= 2);
        }
        // Every group is told of once.
        let all: usize = chosen.groups.iter().map(|(group, _)| group.len()).sum();
        assert_eq!(all, 40);
    }

    /// Where nothing matters three variants tell it: as it is, all bad, all good.
    #[test]
    fn nothing_matters_is_soon_known() {
        let (chosen, played, rounds) = played(&[0.0; 40], &[0.0; 40], 60.0);
        assert_eq!((played.len(), runs(&played), rounds), (3, 6, 1));
        assert_eq!((chosen.singles.len(), chosen.groups), (0, vec![(0..40, false)]));
    }

    /// However many matter, the budget is kept, and the largest are among those that are played.
    #[test]
    fn the_budget_is_kept() {
        let effects: Vec<f64> = (0..40).map(|at| 0.4 / f64::from(at + 1)).collect();
        let (chosen, played, _) = played(&effects, &effects, 60.0);
        assert!((50..=60).contains(&runs(&played)), "{}", runs(&played));
        assert!([0, 1, 2, 3, 4].iter().all(|figure| chosen.singles.contains(figure)), "{:?}", chosen.singles);
        // What is left of the budget goes to the largest.
        let last = *chosen.singles.last().unwrap();
        assert!(played[&vec![(0, 1)]].runs >= played[&vec![(last, 1)]].runs);
    }
}
