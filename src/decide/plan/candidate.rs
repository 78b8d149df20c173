//! One combination of what can be bought, and how two of them stand to each other.
//!
//! Must not know scenarios: the search decides by this alone.

use std::cmp::Ordering;

pub use crate::results::planned::{Cost, PrunedBy};

/// One combination of what can be bought.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// Place in the choices of each quantity, which rise in ability.
    pub choices: Vec<u16>,
    /// What it costs.
    pub cost: Cost,
    /// By the law: the result over its goal in the case that is farthest; holds at 1 and below.
    pub expected: f64,
    /// What refuses it without a run.
    pub bound: Option<Bound>,
}

/// Why a candidate needs no run.
#[derive(Clone, PartialEq, Debug)]
pub struct Bound {
    /// Which bound.
    pub by: PrunedBy,
    /// In which case, by its number in the list of cases.
    pub case: u32,
    /// In words, without a full stop: what is asked, and what there is.
    pub reason: String,
}

impl Candidate {
    /// Whether it is at least as able in every quantity.
    #[must_use]
    pub fn dominates(&self, other: &Self) -> bool {
        self.choices.len() == other.choices.len()
            && self.choices.iter().zip(&other.choices).all(|(own, other)| own >= other)
    }

    /// The order in which candidates are told: by cost, then the one with more headroom: by the law
    /// where that is least, then quantity by quantity, the more able one first. No two are equal, so that
    /// names need not decide.
    #[must_use]
    pub fn in_order(&self, other: &Self) -> Ordering {
        let headroom = || self.expected.total_cmp(&other.expected);
        let amounts = self.cost.amount().cmp(&other.cost.amount());
        amounts.then_with(headroom).then_with(|| other.choices.cmp(&self.choices))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(choices: &[u16], cost: Cost, expected: f64) -> Candidate {
        Candidate { choices: choices.to_vec(), cost, expected, bound: None }
    }

    #[test]
    fn cost_orders_then_headroom_then_the_name() {
        let cheap = one(&[3], Cost::money(100, 50, 2), 0.9);
        // 150 once is less than 100 and twice 50.
        let once = one(&[4], Cost::money(150, 0, 2), 0.95);
        let same = one(&[1], Cost::money(200, 0, 2), 0.8);
        let tied = one(&[2], Cost::money(0, 100, 2), 0.8);
        let mut all = [&cheap, &tied, &same, &once];
        all.sort_by(|a, b| a.in_order(b));
        assert_eq!(all.map(|c| c.choices[0]), [4, 2, 1, 3]);
        let few = one(&[0], Cost::Machines { servers: 2, cores: 64 }, 0.5);
        let many = one(&[0], Cost::Machines { servers: 3, cores: 12 }, 0.5);
        assert_eq!(few.in_order(&many), Ordering::Less);
    }

    #[test]
    fn domination_is_quantity_by_quantity() {
        let cost = Cost::Machines { servers: 1, cores: 1 };
        let (a, b, c) = (one(&[1, 2], cost, 1.0), one(&[1, 1], cost, 1.0), one(&[2, 0], cost, 1.0));
        assert!(a.dominates(&b) && a.dominates(&a) && !b.dominates(&a));
        assert!(!a.dominates(&c) && !c.dominates(&a));
    }
}
