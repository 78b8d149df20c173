//! What something costs, and what one organisation has beyond another.
//!
//! Data alone. How it comes about: [`crate::decide`].

use serde::{Deserialize, Serialize};

/// What a combination costs beyond what is owned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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

    /// Two of one kind together; of two kinds, which no plan has, the first.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Money { once, a_year, total }, Self::Money { once: more, a_year: each, total: all }) => {
                Self::Money {
                    once: once.saturating_add(more),
                    a_year: a_year.saturating_add(each),
                    total: total.saturating_add(all),
                }
            }
            (Self::Machines { servers, cores }, Self::Machines { servers: more, cores: of }) => {
                Self::Machines { servers: servers + more, cores: cores + of }
            }
            (own, _) => own,
        }
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

/// What one organisation has beyond another, at the prices that are given.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Purchase {
    /// Word of the currency.
    pub currency: String,
    /// Years that are paid for.
    pub years: u32,
    /// What is bought.
    pub items: Vec<Bought>,
    /// What is not there and has no price, in words.
    pub unpriced: Vec<String>,
    /// What is there and needed no more, in words; nothing is given back for it.
    pub left: Vec<String>,
}

/// Something that is bought.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bought {
    /// In words.
    pub what: String,
    /// The site that pays; empty: none alone.
    pub site: String,
    /// What all of it costs.
    pub cost: Cost,
}

impl Purchase {
    /// All of it together.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.items.iter().map(|item| item.cost).fold(Cost::money(0, 0, self.years), Cost::and)
    }
}
