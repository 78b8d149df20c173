//! What can be bought, at which price, and what is asked of a plan.
//!
//! Nothing here changes what is simulated: a scenario with prices is the same scenario.

use super::topology::{Site, SiteLink};
use super::workload::{Slo, Target};
use crate::kernel::Id;

/// An amount of money in hundredths of the unit of the currency, exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Money(pub u64);

impl std::fmt::Display for Money {
    /// `1,234,500` or `19.90`: cents only where there are any.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, cents) = ((self.0 / 100).to_string(), self.0 % 100);
        for (at, digit) in whole.char_indices() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if cents > 0 { write!(f, ".{cents:02}") } else { Ok(()) }
    }
}

/// What something costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Price {
    /// Paid once.
    pub once: Money,
    /// Paid each year.
    pub a_year: Money,
}

impl Price {
    /// Of both together; bounds of single prices keep the sums exact.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let sum = |a: Money, b: Money| Money(a.0.saturating_add(b.0));
        Self { once: sum(self.once, other.once), a_year: sum(self.a_year, other.a_year) }
    }

    /// Of so many.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        let times = |money: Money| Money(money.0.saturating_mul(count));
        Self { once: times(self.once), a_year: times(self.a_year) }
    }

    /// Over so many years.
    #[must_use]
    pub fn total(self, years: u32) -> Money {
        Money(self.once.0.saturating_add(self.a_year.0.saturating_mul(u64::from(years))))
    }
}

/// How fast a core of a server model is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Speed {
    /// As a core of the servers in whose place it comes.
    Same,
    /// Clock of a core, MHz.
    Mhz(f64),
    /// `SPECint_rate2006` result of the whole server.
    SpecintRate(f64),
}

/// A server that can be bought.
#[derive(Clone, PartialEq, Debug)]
pub struct ServerModel {
    /// Its name.
    pub name: String,
    /// Cores, at least 1.
    pub cores: u32,
    /// How fast each is.
    pub speed: Speed,
    /// The machine.
    pub price: Price,
    /// Licences for it.
    pub licences: Price,
}

/// A line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Line {
    /// A site link, both directions alike.
    Link(Id<SiteLink>),
    /// The Internet connection of a site, both directions alike.
    Internet(Id<Site>),
}

/// A speed at which lines can be had.
#[derive(Clone, PartialEq, Debug)]
pub struct LineOffer {
    /// For which lines.
    pub of: Vec<Line>,
    /// Bit/s each way, above 0.
    pub bandwidth: f64,
    /// For each line.
    pub price: Price,
}

/// What is for sale. What is owned costs nothing.
#[derive(Clone, PartialEq, Debug)]
pub struct Prices {
    /// Word of the currency.
    pub currency: String,
    /// Servers, in the order of the file.
    pub servers: Vec<ServerModel>,
    /// Speeds of lines, likewise.
    pub lines: Vec<LineOffer>,
    /// A balancer before the Client Access servers of a site.
    pub balancer: Price,
    /// A name in a certificate.
    pub certificate_name: Price,
}

/// How something grows.
#[derive(Clone, PartialEq, Debug)]
pub enum Growing {
    /// By this factor each year.
    EachYear(f64),
    /// Values in the first year, the second ...; the last one stays.
    Values(Vec<f64>),
    /// Factors of what there is now, likewise.
    Factors(Vec<f64>),
    /// Evenly to a value, which it has from this year on.
    To {
        /// The value.
        value: f64,
        /// The year, at least 1.
        year: u32,
    },
}

/// How a value of the scenario grows.
#[derive(Clone, PartialEq, Debug)]
pub struct Growth {
    /// Path of the value, where `*` is any name.
    pub path: String,
    /// How.
    pub how: Growing,
}

/// A loss that a plan is to survive.
#[derive(Clone, PartialEq, Debug)]
pub enum Survive {
    /// Each machine that serves, one at a time.
    AnyServer,
    /// Each host.
    AnyHost,
    /// Each site link.
    AnyLink,
    /// Each site.
    AnySite,
    /// One thing.
    One {
        /// As the scenario calls it: `site.Boston`.
        what: String,
        /// What it is.
        target: Target,
    },
}

/// How many servers there may be.
#[derive(Clone, PartialEq, Debug)]
pub struct CountBound {
    /// Of which servers: a site, a role in a site, or servers by name.
    pub of: Target,
    /// At least so many of each kind, at least 1.
    pub least: Option<u32>,
    /// At most.
    pub most: Option<u32>,
    /// From `least` on in such steps, at least 1.
    pub step: u32,
    /// Cores that each may have, ascending; where server models have no price.
    pub cores: Vec<u32>,
}

/// What is asked of a plan.
#[derive(Clone, PartialEq, Debug)]
pub struct PlanAsked {
    /// Years that costs are added up over, at least 1; years of growth that are looked at.
    pub years: u32,
    /// How load grows, widest paths first.
    pub growth: Vec<Growth>,
    /// Losses beside normal operation.
    pub survive: Vec<Survive>,
    /// Half of the zone below a goal in which either answer is right, as a share of the goal.
    pub zone: f64,
    /// A plan by which anybody has no way in a case is none.
    pub all_served: bool,
    /// All servers that are bought are of one model.
    pub one_model: bool,
    /// Least and most.
    pub bounds: Vec<CountBound>,
}

impl Default for PlanAsked {
    fn default() -> Self {
        Self {
            years: 1,
            growth: Vec::new(),
            survive: Vec::new(),
            zone: 0.05,
            all_served: false,
            one_model: false,
            bounds: Vec::new(),
        }
    }
}

/// What a scenario says for whoever plans by it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Purchase {
    /// What is for sale, if that is stated.
    pub prices: Option<Prices>,
    /// What is asked.
    pub plan: PlanAsked,
    /// Goals while something of [`PlanAsked::survive`] is lost, where they differ from `[slo]`.
    pub survive: Slo,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_told_exactly() {
        let told: Vec<String> =
            [5, 100, 1_990, 123_450_000].map(|cents| Money(cents).to_string()).into_iter().collect();
        assert_eq!(told, ["0.05", "1", "19.90", "1,234,500"]);
        let price = Price { once: Money(100), a_year: Money(7) };
        assert_eq!(price.times(3).and(price).total(2), Money(400 + 28 * 2));
    }
}
