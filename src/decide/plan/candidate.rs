//! One combination of what can be bought, and how two of them stand to each other.
//!
//! Must not know scenarios: the search decides by this alone.

use std::cmp::Ordering;

/// What a combination costs beyond what is owned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Cost {
    /// Where prices are given, in hundredths of the unit of the currency.
    Money {
        /// Paid once.
        once: u64,
        /// Paid each year.
        a_year: u64,
        /// `once`, and `a_year` for each year of the plan.
        total: u64,
    },
    /// Without prices, all there are: servers count before cores.
    Machines {
        /// Servers, with all their roles each.
        servers: u64,
        /// Cores of all servers.
        cores: u64,
    },
}

impl Cost {
    /// Money for so many years.
    ///
    /// Saturates: bounds of single prices keep sums far from the largest number.
    #[must_use]
    pub fn money(once: u64, a_year: u64, years: u32) -> Self {
        let total = once.saturating_add(a_year.saturating_mul(u64::from(years)));
        Self::Money { once, a_year, total }
    }

    /// What is compared: one unit is one hundredth of the currency, or one server and one core.
    #[must_use]
    pub fn amount(&self) -> (u64, u64) {
        match self {
            Self::Money { total, .. } => (*total, 0),
            Self::Machines { servers, cores } => (*servers, *cores),
        }
    }
}

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

/// Who refused a candidate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum PrunedBy {
    /// More is asked of a resource than its goal allows.
    Law,
    /// More is held of a limit than there is.
    Limit,
    /// The latency without load is beyond the goal.
    Unloaded,
    /// Another one that is at least as able in everything was refused.
    Dominated,
    /// Its own runs.
    Simulated,
}

impl PrunedBy {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 5] = [Self::Law, Self::Limit, Self::Unloaded, Self::Dominated, Self::Simulated];

    /// As `plan.csv` has it.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::Limit => "limit",
            Self::Unloaded => "unloaded",
            Self::Dominated => "dominated",
            Self::Simulated => "simulated",
        }
    }
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

    /// The order in which candidates are told: by cost, then the one with more headroom, then by
    /// what is chosen, which stands for the name.
    #[must_use]
    pub fn in_order(&self, other: &Self) -> Ordering {
        let headroom = || self.expected.total_cmp(&other.expected);
        let amounts = self.cost.amount().cmp(&other.cost.amount());
        amounts.then_with(headroom).then_with(|| self.choices.cmp(&other.choices))
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
        assert_eq!(all.map(|c| c.choices[0]), [4, 1, 2, 3]);
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
