//! A compiled model whose demand is added up, and its hours.
//!
//! Must not know what is asked for. Next: [`super::offered_load`].

use super::shares::Shares;
use super::up::Up;
use crate::clients::roster::Roster;
use crate::itinerary::Network;
use crate::kernel::{SimSpan, SimTime};
use crate::stats::busiest::{Stretch, busiest_hour};

/// A compiled model whose demand is added up.
pub(super) struct Asked<'a> {
    pub(super) network: &'a Network,
    pub(super) roster: &'a Roster,
    pub(super) shares: Shares<'a>,
    pub(super) up: Up,
    pub(super) lengths: &'a [u64],
    /// When measuring begins.
    pub(super) from: SimTime,
}

impl Asked<'_> {
    /// The hour in which a share, by interval, is highest.
    pub(super) fn hour(&self, shares: &[f64]) -> Stretch {
        let amounts = shares.iter().zip(self.lengths).map(|(share, length)| share * *length as f64);
        let none = Stretch { first: 0, count: self.lengths.len() };
        busiest_hour(self.lengths, &[amounts.collect()]).unwrap_or(none)
    }

    /// Mean of a share over some intervals.
    pub(super) fn mean(&self, shares: &[f64], over: Stretch) -> f64 {
        let amounts: Vec<f64> =
            shares.iter().zip(self.lengths).map(|(share, length)| share * *length as f64).collect();
        over.rate(self.lengths, &amounts)
    }

    pub(super) fn whole(&self) -> Stretch {
        Stretch { first: 0, count: self.lengths.len() }
    }

    /// When a stretch begins, and how long it is.
    pub(super) fn span(&self, of: Stretch) -> (SimTime, SimSpan) {
        let before: u64 = self.lengths[..of.first].iter().sum();
        let length = self.lengths[of.first..of.first + of.count].iter().sum();
        (self.from + SimSpan(before), SimSpan(length))
    }

    /// An amount by interval over what could be done in it: `capacity` a ns, as far as it is up.
    pub(super) fn over(&self, amounts: &[f64], capacity: f64, up: &[f64]) -> Vec<f64> {
        let share = |((amount, length), up): ((&f64, &u64), &f64)| {
            if *up > 0.0 { amount / (*length as f64 * capacity * up) } else { 0.0 }
        };
        amounts.iter().zip(self.lengths).zip(up).map(share).collect()
    }
}
