//! What is known of the variants that were played, over as many runs as there are of each.

use std::collections::BTreeMap;

use super::design::{Played, Seen, Variant};
use super::standing::{Gap, Standing};

/// What is known of the variants.
#[derive(Debug, Default)]
pub(super) struct Known {
    variants: BTreeMap<Variant, Variants>,
}

/// What is known of a variant, by number of runs.
#[derive(Debug, Default)]
struct Variants {
    played: Played,
    by_runs: BTreeMap<u32, Vec<Standing>>,
}

impl Known {
    pub(super) fn add(&mut self, variant: Variant, runs: u32, events: u64, of: Vec<Standing>) {
        let known = self.variants.entry(variant).or_default();
        let at_first = if known.played.runs == 0 { events } else { known.played.at_first };
        known.played = Played { runs, events, at_first };
        known.by_runs.insert(runs, of);
    }

    /// An objective of two variants, over as many runs of both; `None` where one has no such: nobody of its
    /// users may have asked for anything.
    pub(super) fn pair(
        &self,
        first: &Variant,
        second: &Variant,
        of: &Standing,
    ) -> Option<(&Standing, &Standing)> {
        let (first, second) = (self.variants.get(first)?, self.variants.get(second)?);
        let runs = first.played.runs.min(second.played.runs);
        let own = first.by_runs.get(&runs)?.iter().find(|one| one.is_of(of))?;
        let its = second.by_runs.get(&runs)?.iter().find(|one| one.is_of(of))?;
        Some((own, its))
    }

    /// The objectives of a variant over all its runs.
    pub(super) fn standings(&self, variant: &Variant) -> &[Standing] {
        self.variants.get(variant).and_then(|of| of.by_runs.last_key_value()).map_or(&[], |(_, all)| all)
    }

    /// Runs and events of all that was played.
    pub(super) fn cost(&self) -> (u64, u64) {
        let all = self.variants.values().map(|of| of.played);
        all.fold((0, 0), |(runs, events), of| (runs + u64::from(of.runs), events + of.events))
    }
}

impl Seen for Known {
    fn played(&self, variant: &Variant) -> Option<Played> {
        self.variants.get(variant).map(|of| of.played)
    }

    fn gaps(&self, first: &Variant, second: &Variant) -> Vec<Option<Gap>> {
        let gap = |of: &Standing| self.pair(first, second, of).and_then(|(own, its)| own.gap(its));
        self.standings(&Variant::new()).iter().map(gap).collect()
    }
}
